// SPDX-License-Identifier: GPL-2.0
/*
 * Example VMM: give a VM a PCI function, and let its guest lock, attest and
 * start it as a TDI. Start reading at main(), then serve_call(); what comes
 * before the VM runs is in tsm_setup.c, what the guest does in tsm_vmm_guest.c.
 *
 * All that is special about assigning a TDI is here: tsm_add_device_to_vm()
 * before tsm_bind_iommufd(), IOMMU_VDEVICE_TSM_OP to bind, and for each guest
 * call an IOMMU_VDEVICE_TSM_GUEST_REQUEST with the scope of that call. The guest
 * is not a confidential one, the emulated TSM does not mind.
 */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kvm.h>

#include "tsm_setup.h"
#include "tsm_tdisp.h"
#include "tsm_vmm.h"

#define EXIT_MISSING 4 /* what kselftest takes for "skipped" */

#define GUEST_PAGE 4096UL
#define GUEST_PAGE_TABLES 32
#define GUEST_STACK_PAGES 4
#define GUEST_CALL_PAGES 1

#define X86_CR0_PE BIT(0)
#define X86_CR0_ET BIT(4)
#define X86_CR0_NE BIT(5)
#define X86_CR0_PG BIT(31)
#define X86_CR4_PAE BIT(5)
#define X86_EFER_LME BIT(8)
#define X86_EFER_LMA BIT(10)
#define X86_RFLAGS_FIXED BIT(1)
#define X86_PTE_PRESENT BIT(0)
#define X86_PTE_WRITE BIT(1)

static_assert(sizeof(struct tsm_vmm_call) <= GUEST_CALL_PAGES * GUEST_PAGE,
	      "struct tsm_vmm_call has outgrown its pages");

/**
 * struct vmm - the VMM
 * @setup: the assigned function and the VM
 * @vcpu: the only vCPU
 * @run: how KVM reports the vCPU's exits
 * @ram: guest memory from address 0 on: page tables, image, stack, @call
 * @ram_size: length of @ram
 * @nr_tables: number of page tables in use
 * @call: memory shared with the guest
 * @tsm_type: protocol that the TSM speaks
 * @msgs: messages that it understands, for the transcript
 * @nr_msgs: number of @msgs
 * @nr_exits: number of guest calls so far
 */
struct vmm {
	struct tsm_setup setup;
	int vcpu;
	struct kvm_run *run;
	char *ram;
	size_t ram_size;
	unsigned int nr_tables;
	struct tsm_vmm_call *call;
	u32 tsm_type;
	struct iommu_tsm_msg msgs[64];
	u32 nr_msgs;
	unsigned int nr_exits;
};

/*
 * The policy: what each guest call may do. Whatever a guest puts into a call,
 * the kernel admits no more than this scope.
 */
static const struct policy {
	enum tsm_vmm_call_nr call;
	enum iommu_vdevice_tsm_scope scope;
} policies[] = {
	{ TSM_VMM_CALL_READ, IOMMU_VDEVICE_TSM_SCOPE_INFO },
	{ TSM_VMM_CALL_CONTROL, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE },
};

static const char * const scope_names[] = {
	[IOMMU_VDEVICE_TSM_SCOPE_INFO] = "INFO",
	[IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE] = "STATE_CHANGE",
	[IOMMU_VDEVICE_TSM_SCOPE_DEBUG_READ] = "DEBUG_READ",
	[IOMMU_VDEVICE_TSM_SCOPE_DEBUG_WRITE] = "DEBUG_WRITE",
};

static const char * const message_names[] = {
	[PCI_TDISP_GET_VERSION & ~PCI_TDISP_REQ] = "GET_TDISP_VERSION",
	[PCI_TDISP_GET_CAPABILITIES & ~PCI_TDISP_REQ] = "GET_TDISP_CAPABILITIES",
	[PCI_TDISP_LOCK_INTERFACE & ~PCI_TDISP_REQ] = "LOCK_INTERFACE_REQUEST",
	[PCI_TDISP_GET_INTERFACE_REPORT & ~PCI_TDISP_REQ] = "GET_DEVICE_INTERFACE_REPORT",
	[PCI_TDISP_GET_INTERFACE_STATE & ~PCI_TDISP_REQ] = "GET_DEVICE_INTERFACE_STATE",
	[PCI_TDISP_START_INTERFACE & ~PCI_TDISP_REQ] = "START_INTERFACE_REQUEST",
	[PCI_TDISP_STOP_INTERFACE & ~PCI_TDISP_REQ] = "STOP_INTERFACE_REQUEST",
};

static const char * const state_names[] = {
	[PCI_TDISP_STATE_CONFIG_UNLOCKED] = "CONFIG_UNLOCKED",
	[PCI_TDISP_STATE_CONFIG_LOCKED] = "CONFIG_LOCKED",
	[PCI_TDISP_STATE_RUN] = "RUN",
	[PCI_TDISP_STATE_ERROR] = "ERROR",
};

static const char * const verdicts[TSM_VMM_NR_VERDICTS] = {
	[TSM_VMM_RUNNING] = "it is in state RUN",
	[TSM_VMM_BAD_VERSION] = "it does not speak TDISP 1.0",
	[TSM_VMM_BAD_CAPABILITIES] = "its capabilities are not what the guest needs",
	[TSM_VMM_NOT_LOCKED] = "it could not be locked",
	[TSM_VMM_NONCE_IS_WEAK] = "its nonce is not random",
	[TSM_VMM_STOP_NOT_REFUSED] = "STOP was not refused in a call that only reads",
	[TSM_VMM_STOP_TOOK_EFFECT] = "a refused STOP has unlocked it",
	[TSM_VMM_BAD_REPORT] = "its interface report is not sound",
	[TSM_VMM_WRONG_NONCE_ACCEPTED] = "it took a wrong nonce",
	[TSM_VMM_NOT_STARTED] = "it could not be started",
};

/* What any line of the transcript begins with */
static const char *line_prefix = "";

static const char *name_of(const char * const *names, size_t nr, u64 value)
{
	return value < nr && names[value] ? names[value] : "?";
}

static void __printf(1, 2) say(const char *fmt, ...)
{
	va_list ap;

	fputs(line_prefix, stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/*
 * Learn what the TSM speaks. Guest requests name the protocol, so that no TSM
 * takes a message of one for a message of another.
 */
static int read_tsm_info(struct vmm *vmm)
{
	struct iommu_vdevice_tsm_info info = {
		.size = sizeof(info),
		.vdevice_id = vmm->setup.vdevice_id,
		.num_msgs = ARRAY_SIZE(vmm->msgs),
		.msgs_uptr = (uintptr_t)vmm->msgs,
	};

	if (ioctl(vmm->setup.iommufd, IOMMU_VDEVICE_TSM_INFO, &info))
		return tsm_fail(&vmm->setup, errno, "IOMMU_VDEVICE_TSM_INFO");
	if (info.out_tsm_type != IOMMU_TSM_TYPE_TDISP)
		return tsm_lack(&vmm->setup, EPROTONOSUPPORT,
				"speak TDISP to a TSM of type %u",
				info.out_tsm_type);

	vmm->tsm_type = info.out_tsm_type;
	vmm->nr_msgs = info.num_msgs < ARRAY_SIZE(vmm->msgs) ?
		       info.num_msgs : ARRAY_SIZE(vmm->msgs);
	return 0;
}

/* Make the guest see the page at @gpa at address @va */
static void map_page(struct vmm *vmm, uintptr_t va, u64 gpa, u64 flags)
{
	u64 *table = (u64 *)vmm->ram;

	for (int shift = 39; shift > 12; shift -= 9) {
		u64 *entry = &table[(va >> shift) & 511];

		if (!*entry)
			*entry = vmm->nr_tables++ * GUEST_PAGE |
				 X86_PTE_PRESENT | X86_PTE_WRITE;
		table = (u64 *)(vmm->ram + (*entry & ~(GUEST_PAGE - 1)));
	}
	table[(va >> 12) & 511] = gpa | flags | X86_PTE_PRESENT;
}

/*
 * The guest gets a copy of the program's image, and its own memory, both at the
 * addresses where the VMM has them.
 */
static int create_guest_memory(struct vmm *vmm)
{
	uintptr_t image = (uintptr_t)__executable_start & ~(GUEST_PAGE - 1);
	size_t image_size = ((uintptr_t)_end - image + GUEST_PAGE - 1) &
			    ~(GUEST_PAGE - 1);
	u64 image_gpa = GUEST_PAGE_TABLES * GUEST_PAGE;
	u64 data_gpa = image_gpa + image_size;
	struct kvm_userspace_memory_region region = {};

	vmm->ram_size = data_gpa +
			(GUEST_STACK_PAGES + GUEST_CALL_PAGES) * GUEST_PAGE;
	vmm->ram = mmap(NULL, vmm->ram_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vmm->ram == MAP_FAILED)
		return tsm_fail(&vmm->setup, errno, "mmap guest memory");

	vmm->call = (void *)(vmm->ram + data_gpa + GUEST_STACK_PAGES * GUEST_PAGE);
	vmm->call->function_id = vmm->setup.virt_id;
	memcpy(vmm->ram + image_gpa, (void *)image, image_size);

	vmm->nr_tables = 1;
	for (size_t at = 0; at < image_size; at += GUEST_PAGE)
		map_page(vmm, image + at, image_gpa + at, 0);
	for (u64 gpa = data_gpa; gpa < vmm->ram_size; gpa += GUEST_PAGE)
		map_page(vmm, (uintptr_t)vmm->ram + gpa, gpa, X86_PTE_WRITE);
	if (vmm->nr_tables > GUEST_PAGE_TABLES)
		return tsm_fail(&vmm->setup, ENOSPC, "map guest memory");

	region.memory_size = vmm->ram_size;
	region.userspace_addr = (uintptr_t)vmm->ram;
	if (ioctl(vmm->setup.vm, KVM_SET_USER_MEMORY_REGION, &region))
		return tsm_fail(&vmm->setup, errno, "KVM_SET_USER_MEMORY_REGION");
	return 0;
}

static int set_cpuid(struct vmm *vmm)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid = { .head.nent = ARRAY_SIZE(cpuid.entries) };

	if (ioctl(vmm->setup.kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) ||
	    ioctl(vmm->vcpu, KVM_SET_CPUID2, &cpuid))
		return tsm_fail(&vmm->setup, errno, "KVM_SET_CPUID2");
	return 0;
}

/* Long mode at the guest's entry, with what is mapped above and nothing else */
static int set_registers(struct vmm *vmm)
{
	struct kvm_segment code = {
		.limit = ~0U, .selector = 8, .type = 11, .present = 1, .s = 1,
		.l = 1, .g = 1,
	};
	struct kvm_segment data = {
		.limit = ~0U, .selector = 16, .type = 3, .present = 1, .s = 1,
		.db = 1, .g = 1,
	};
	struct kvm_regs regs = {
		.rip = (uintptr_t)tsm_vmm_guest,
		.rdi = (uintptr_t)vmm->call,
		/* as if a call had pushed its return address */
		.rsp = (uintptr_t)vmm->call - sizeof(u64),
		.rflags = X86_RFLAGS_FIXED,
	};
	struct kvm_sregs sregs;

	if (ioctl(vmm->vcpu, KVM_GET_SREGS, &sregs))
		return tsm_fail(&vmm->setup, errno, "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.ss = data;
	sregs.cr0 = X86_CR0_PE | X86_CR0_ET | X86_CR0_NE | X86_CR0_PG;
	sregs.cr3 = 0;
	sregs.cr4 = X86_CR4_PAE;
	sregs.efer = X86_EFER_LME | X86_EFER_LMA;
	if (ioctl(vmm->vcpu, KVM_SET_SREGS, &sregs))
		return tsm_fail(&vmm->setup, errno, "KVM_SET_SREGS");
	if (ioctl(vmm->vcpu, KVM_SET_REGS, &regs))
		return tsm_fail(&vmm->setup, errno, "KVM_SET_REGS");
	return 0;
}

static int create_vcpu(struct vmm *vmm)
{
	int size, rc;

	vmm->vcpu = ioctl(vmm->setup.vm, KVM_CREATE_VCPU, 0);
	if (vmm->vcpu < 0)
		return tsm_fail(&vmm->setup, errno, "KVM_CREATE_VCPU");

	size = ioctl(vmm->setup.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < 0)
		return tsm_fail(&vmm->setup, errno, "KVM_GET_VCPU_MMAP_SIZE");
	vmm->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			vmm->vcpu, 0);
	if (vmm->run == MAP_FAILED)
		return tsm_fail(&vmm->setup, errno, "mmap vCPU");

	rc = set_cpuid(vmm);
	return rc ?: set_registers(vmm);
}

/* For the transcript; a VMM has no need to know the state */
static const char *tdisp_state(struct vmm *vmm)
{
	struct pci_tdisp_header req =
		tdisp_header(PCI_TDISP_GET_INTERFACE_STATE, vmm->setup.virt_id);
	u8 resp[TDISP_RESP_MAX];
	const struct pci_tdisp_interface_state_rsp *state = (void *)resp;
	struct iommu_vdevice_tsm_guest_request cmd = {
		.size = sizeof(cmd),
		.vdevice_id = vmm->setup.vdevice_id,
		.scope = IOMMU_VDEVICE_TSM_SCOPE_INFO,
		.tsm_type = vmm->tsm_type,
		.req_uptr = (uintptr_t)&req,
		.req_len = sizeof(req),
		.resp_uptr = (uintptr_t)resp,
		.resp_len = sizeof(resp),
	};

	if (ioctl(vmm->setup.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, &cmd) ||
	    !tdisp_is_response(resp, cmd.out_resp_len,
			       PCI_TDISP_GET_INTERFACE_STATE, sizeof(*state)))
		return "unknown";
	return name_of(state_names, ARRAY_SIZE(state_names), state->state);
}

static const char *class_of(const struct vmm *vmm, u32 id)
{
	for (u32 i = 0; i < vmm->nr_msgs; i++)
		if (vmm->msgs[i].id == id)
			return name_of(scope_names, ARRAY_SIZE(scope_names),
				       vmm->msgs[i].scope);
	return "none";
}

static void print_exit(struct vmm *vmm, u8 type,
		       const struct iommu_vdevice_tsm_guest_request *cmd, int err)
{
	const char *message = type & PCI_TDISP_REQ ?
		name_of(message_names, ARRAY_SIZE(message_names),
			type & ~PCI_TDISP_REQ) : "?";
	bool dispatched = cmd->out_flags & IOMMU_VDEVICE_TSM_DISPATCHED;
	char result[64] = "ok", code[24];

	if (err)
		snprintf(result, sizeof(result), "%s, %s", strerrorname_np(err),
			 dispatched ? "TSM called" : "untouched");
	snprintf(code, sizeof(code), cmd->out_tsm_code ? "%#llx" : "%llu",
		 (unsigned long long)cmd->out_tsm_code);

	say("%2u  OUT %#x  %-28s %-13s %-13s %-17s %4u  %-9s %s",
	    ++vmm->nr_exits, TSM_VMM_PORT_CALL, message, class_of(vmm, type),
	    name_of(scope_names, ARRAY_SIZE(scope_names), cmd->scope), result,
	    cmd->out_resp_len, code, tdisp_state(vmm));
}

/*
 * The guest can change the shared memory at any time. Its lengths are therefore
 * read once and checked here; the request is not even looked at, but for the
 * transcript, and the kernel, too, reads it once.
 */
static int serve_call(struct vmm *vmm, const struct policy *policy)
{
	struct tsm_vmm_call *call = vmm->call;
	struct iommu_vdevice_tsm_guest_request cmd = {
		.size = sizeof(cmd),
		.vdevice_id = vmm->setup.vdevice_id,
		.scope = policy->scope,
		.tsm_type = vmm->tsm_type,
		.req_uptr = (uintptr_t)call->req,
		.req_len = __atomic_load_n(&call->req_len, __ATOMIC_RELAXED),
		.resp_uptr = (uintptr_t)call->resp,
		.resp_len = __atomic_load_n(&call->resp_len, __ATOMIC_RELAXED),
	};
	u8 type = ((struct pci_tdisp_header *)call->req)->type;
	int err = 0;

	if (cmd.req_len > sizeof(call->req) || cmd.resp_len > sizeof(call->resp))
		return tsm_fail(&vmm->setup, EINVAL, "serve a call beyond the shared memory");

	if (ioctl(vmm->setup.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, &cmd))
		err = errno;

	call->error = err;
	call->dispatched = !!(cmd.out_flags & IOMMU_VDEVICE_TSM_DISPATCHED);
	call->resp_len = err ? 0 : cmd.out_resp_len;
	call->tsm_code = cmd.out_tsm_code;
	print_exit(vmm, type, &cmd, err);
	return 0;
}

/* Return: 0 to go on, 1 if the guest is done and @verdict is set, or -errno */
static int handle_io(struct vmm *vmm, enum tsm_vmm_verdict *verdict)
{
	struct kvm_run *run = vmm->run;
	u32 value;

	if (run->io.direction != KVM_EXIT_IO_OUT || run->io.size != sizeof(value) ||
	    run->io.count != 1)
		return tsm_fail(&vmm->setup, EINVAL, "handle the guest's I/O");
	memcpy(&value, (char *)run + run->io.data_offset, sizeof(value));

	if (run->io.port == TSM_VMM_PORT_DONE) {
		if (value >= TSM_VMM_NR_VERDICTS)
			return tsm_fail(&vmm->setup, EINVAL, "make sense of the guest's verdict %u",
					value);
		*verdict = value;
		return 1;
	}

	if (run->io.port == TSM_VMM_PORT_CALL)
		for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
			if (policies[i].call == value)
				return serve_call(vmm, &policies[i]);

	return tsm_fail(&vmm->setup, EOPNOTSUPP, "serve OUT %#x with %u",
			run->io.port, value);
}

static int run_guest(struct vmm *vmm, enum tsm_vmm_verdict *verdict)
{
	int rc = 0;

	say("guest exit     %-28s %-13s %-13s %-17s %s  %-9s %s", "message", "class",
	    "scope", "result", "resp", "TSM code", "state");
	while (!rc) {
		if (ioctl(vmm->vcpu, KVM_RUN, 0)) {
			if (errno == EINTR)
				continue;
			return tsm_fail(&vmm->setup, errno, "KVM_RUN");
		}
		if (vmm->run->exit_reason != KVM_EXIT_IO)
			return tsm_fail(&vmm->setup, EIO, "run the guest, KVM exit reason %u",
					vmm->run->exit_reason);
		rc = handle_io(vmm, verdict);
	}
	return rc < 0 ? rc : 0;
}

static void print_attr(char *text, size_t size, u16 attr)
{
	snprintf(text, size, "%s%s%s%s",
		 attr & PCI_TDISP_MMIO_NON_TEE ? "not for the TEE" : "TEE",
		 attr & PCI_TDISP_MMIO_MSIX_TABLE ? ", MSI-X table" : "",
		 attr & PCI_TDISP_MMIO_MSIX_PBA ? ", MSI-X PBA" : "",
		 attr & PCI_TDISP_MMIO_ATTR_UPDATABLE ? ", updatable" : "");
}

/* The guest has found this report sound, but guests can be wrong */
static void print_report(struct vmm *vmm)
{
	struct tsm_vmm_call copy;
	const struct pci_tdisp_interface_report *report = (void *)copy.report;
	char attr[64];
	u64 end;

	memcpy(&copy, vmm->call, sizeof(copy));
	end = sizeof(*report) + (u64)le32toh(report->mmio_range_count) *
				sizeof(report->mmio_range[0]);
	if (copy.report_len > sizeof(copy.report) || end > copy.report_len)
		return;

	say("%s", "");
	say("interface report, %u bytes", copy.report_len);
	say("MMIO range  address             size      access");
	for (u32 i = 0; i < le32toh(report->mmio_range_count); i++) {
		const struct pci_tdisp_mmio_range *range = &report->mmio_range[i];

		print_attr(attr, sizeof(attr), le16toh(range->attr));
		say("BAR %-7u %#018llx  %5lluK    %s", le16toh(range->range_id),
		    (unsigned long long)le64toh(range->first_page) << 12,
		    (unsigned long long)le32toh(range->pages) * 4, attr);
	}
}

/* Return: 0 if the guest has its device, or -errno */
static int run_vmm(struct vmm *vmm)
{
	int (* const steps[])(struct vmm *vmm) = {
		read_tsm_info,
		create_guest_memory,
		create_vcpu,
	};
	struct tsm_setup *setup = &vmm->setup;
	enum tsm_vmm_verdict verdict = TSM_VMM_NR_VERDICTS;
	int rc;

	rc = tsm_prepare_host(setup);
	if (!rc)
		rc = tsm_assign(setup);
	if (!rc)
		rc = tsm_bind_tdi(setup);
	for (size_t i = 0; !rc && i < ARRAY_SIZE(steps); i++)
		rc = steps[i](vmm);
	if (!rc)
		rc = run_guest(vmm, &verdict);
	if (rc)
		return rc;

	if (verdict != TSM_VMM_RUNNING)
		return tsm_fail(setup, EPROTO, "let the guest use %s, which says that %s",
				setup->fn->bdf, verdicts[verdict]);

	print_report(vmm);
	say("%s", "");
	say("The guest has locked, attested and started %s: %s,", setup->fn->bdf,
	    verdicts[verdict]);
	say("and the STOP that it sent by a call that only reads did not get through.");

	rc = tsm_op(setup, IOMMU_VDEVICE_TSM_UNBIND);
	return rc ? tsm_fail(setup, -rc, "IOMMU_VDEVICE_TSM_UNBIND") : 0;
}

static int report_result(const struct vmm *vmm, int rc, bool tap)
{
	const struct tsm_setup *setup = &vmm->setup;
	bool skip = rc && setup->missing;

	if (rc && !skip)
		say("FAILED to %s", setup->error);
	if (skip && !tap)
		say("MISSING: could not %s", setup->error);
	if (skip && tap)
		printf("ok 1 %s # SKIP could not %s\n", setup->fn->name,
		       setup->error);
	else if (tap)
		printf("%sok 1 %s\n", rc ? "not " : "", setup->fn->name);

	if (skip)
		return EXIT_MISSING;
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void print_usage(FILE *file)
{
	fprintf(file,
		"usage: tsm_vmm [--device NAME] [--tap]\n"
		"\n"
		"Run a VM whose guest locks, attests and starts a PCI function of the emulated\n"
		"TEE I/O platform (CONFIG_TSM_EMU), and print a line for each call that it makes.\n"
		"Takes root, /dev/kvm, /dev/iommu and VFIO.\n"
		"\n"
		"  --device NAME  the function, one of:");
	for (const struct tsm_function *fn = tsm_functions; fn->name; fn++)
		fprintf(file, " %s (%s)", fn->name, fn->bdf);
	fprintf(file,
		"\n"
		"  --tap          print the result as KTAP\n"
		"  -h, --help     this text\n"
		"\n"
		"Exit status: 0 if the guest saw its device in state RUN, and its STOP through a\n"
		"call that only reads refused; 1 if not, %d if the machine lacks something.\n",
		EXIT_MISSING);
}

static const struct option options[] = {
	{ "device", required_argument, NULL, 'd' },
	{ "tap", no_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

/* Return: -1 to go on, or the exit status */
static int parse_options(int argc, char *argv[], const struct tsm_function **fn,
			 bool *tap)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			*fn = tsm_find_function(optarg);
			if (*fn)
				break;
			fprintf(stderr, "tsm_vmm: there is no device %s\n", optarg);
			print_usage(stderr);
			return EXIT_FAILURE;
		case 't':
			*tap = true;
			break;
		case 'h':
			print_usage(stdout);
			return EXIT_SUCCESS;
		default:
			print_usage(stderr);
			return EXIT_FAILURE;
		}
	}

	if (optind == argc)
		return -1;
	fprintf(stderr, "tsm_vmm: what is %s?\n", argv[optind]);
	print_usage(stderr);
	return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	const struct tsm_function *fn = tsm_functions;
	struct vmm vmm = {};
	bool tap = false;
	int rc;

	rc = parse_options(argc, argv, &fn, &tap);
	if (rc >= 0)
		return rc;

	if (tap) {
		printf("TAP version 13\n1..1\n");
		line_prefix = "# ";
	}
	tsm_setup_init(&vmm.setup, fn);
	rc = run_vmm(&vmm);
	tsm_setup_close(&vmm.setup);
	return report_result(&vmm, rc, tap);
}
