// SPDX-License-Identifier: GPL-2.0
/*
 * Example VMM: give a VM a PCI function, and let its guest lock, attest and
 * start it as a TDI. Start reading at main(), then run_guest(), then a front end,
 * of which tsm_vmm_tdisp.c is the shortest; what comes before the VM runs and
 * after it is in tsm_setup.c, what the guest does in tsm_vmm_guest_*.c.
 *
 * All that is special about assigning a TDI: tsm_add_device_to_vm() before
 * tsm_bind_iommufd(), IOMMU_VDEVICE_TSM_OP to bind, for each guest call an
 * IOMMU_VDEVICE_TSM_GUEST_REQUEST with the scope of that call, and the order of
 * tsm_release(). The guest is not a confidential one, the emulated TSM does not
 * mind.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tsm_firmware.h"
#include "tsm_vmm_core.h"

#define EXIT_MISSING 4 /* what kselftest takes for "skipped" */

static const struct vmm_front * const fronts[] = {
	&vmm_tdisp, &vmm_sev, &vmm_cca, &vmm_tdx
};

static const char * const verdicts[TSM_VMM_NR_VERDICTS] = {
	[TSM_VMM_STOPPED] = "it was in state RUN, and is stopped again",
	[TSM_VMM_BAD_VERSION] = "the protocol is not the one that it knows",
	[TSM_VMM_BAD_CAPABILITIES] = "something that the guest needs is missing",
	[TSM_VMM_NOT_LOCKED] = "it could not be locked",
	[TSM_VMM_NONCE_IS_WEAK] = "its nonce is not random",
	[TSM_VMM_CHANGE_NOT_REFUSED] = "a change of its state got through that should not",
	[TSM_VMM_CHANGE_TOOK_EFFECT] = "a refused change has changed its state",
	[TSM_VMM_BAD_OBJECT] = "its certificates or measurements are not genuine",
	[TSM_VMM_STALE_MEASUREMENTS] = "its measurements are not fresh",
	[TSM_VMM_BAD_REPORT] = "its interface report is not sound",
	[TSM_VMM_FORGERY_ACCEPTED] = "a forged message was taken",
	[TSM_VMM_BAD_MMIO] = "its MMIO could not be validated as reported",
	[TSM_VMM_NOT_STARTED] = "it could not be started",
	[TSM_VMM_NO_DMA] = "it got no access to memory",
	[TSM_VMM_NOT_STOPPED] = "it could not be stopped",
};

/**
 * struct args - of the command line
 * @device: name of the function
 * @front: front end
 * @tap: print the result as KTAP
 */
struct args {
	const char *device;
	const struct vmm_front *front;
	bool tap;
};

/* Return: 0 to go on, 1 if the guest is done and @verdict is set, or -errno */
static int handle_io(struct vmm *vmm, enum tsm_vmm_verdict *verdict)
{
	struct kvm_run *run = vmm->run;
	u32 value;
	int rc;

	if (run->io.direction != KVM_EXIT_IO_OUT || run->io.size != sizeof(value) ||
	    run->io.count != 1)
		return tsm_fail(&vmm->setup, EINVAL, "handle the guest's I/O");

	if (run->io.port == TSM_VMM_PORT_DONE) {
		memcpy(&value, (char *)run + run->io.data_offset, sizeof(value));
		if (value >= TSM_VMM_NR_VERDICTS)
			return tsm_fail(&vmm->setup, EINVAL, "make sense of the guest's verdict %u",
					value);
		*verdict = value;
		return 1;
	}
	if (run->io.port == TSM_VMM_PORT_MODULE)
		return vmm_answer_as_module(vmm);

	rc = vmm->front->exit(vmm, run->io.port);
	return rc != -EOPNOTSUPP ? rc :
	       tsm_fail(&vmm->setup, EOPNOTSUPP, "serve OUT %#x", run->io.port);
}

static int run_guest(struct vmm *vmm, enum tsm_vmm_verdict *verdict)
{
	int rc = 0;

	vmm_print_head();
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

static int bind_tdi(struct vmm *vmm)
{
	return vmm->front->bind ? tsm_bind_tdi(&vmm->setup) : 0;
}

/* Return: 0 if the guest has had its device, or -errno */
static int run_vmm(struct vmm *vmm)
{
	int (* const steps[])(struct vmm *vmm) = {
		vmm_read_info,
		bind_tdi,
		vmm_create_memory,
		vmm_create_vcpu,
	};
	struct tsm_setup *setup = &vmm->setup;
	enum tsm_vmm_verdict verdict = TSM_VMM_NR_VERDICTS;
	int rc;

	rc = tsm_prepare_host(setup);
	if (!rc)
		rc = tsm_assign(setup);
	for (size_t i = 0; !rc && i < ARRAY_SIZE(steps); i++)
		rc = steps[i](vmm);
	if (!rc)
		rc = run_guest(vmm, &verdict);
	if (rc)
		return rc;

	if (verdict != TSM_VMM_STOPPED)
		return tsm_fail(setup, EPROTO, "let the guest use %s, which says that %s",
				setup->fn->bdf, verdicts[verdict]);

	vmm_print_report(vmm);
	vmm_say("%s", "");
	vmm_say("The guest has locked, attested and started %s: %s.", setup->fn->bdf,
		verdicts[verdict]);
	vmm_say("What it tried without the scope for it did not get through.");
	return 0;
}

/* Whatever became of the guest. Return: 0 if nothing is left, or -errno */
static int take_down(struct vmm *vmm)
{
	bool assigned = vmm->setup.vdevice_id;
	int rc;

	rc = vmm_close_vcpu(vmm) ?: tsm_release(&vmm->setup);
	if (!rc && assigned)
		vmm_say("Taken down, one after the other: %s, %s.",
			"TDI, vDEVICE, attachment, vIOMMU, HWPT, IOAS",
			"KVM's reference, VFIO device, iommufd, VM");
	return rc;
}

static void print_failure(const struct tsm_setup *setup, const struct args *args)
{
	if (!setup->missing)
		vmm_say("FAILED to %s", setup->error);
	else if (!args->tap)
		vmm_say("MISSING: could not %s", setup->error);
}

static int report_result(const struct tsm_setup *setup, int rc,
			 const struct args *args)
{
	bool skip = rc && setup->missing;

	if (skip && args->tap)
		printf("ok 1 %s_%s # SKIP could not %s\n", args->front->name,
		       args->device, setup->error);
	else if (args->tap)
		printf("%sok 1 %s_%s\n", rc ? "not " : "", args->front->name,
		       args->device);

	if (skip)
		return EXIT_MISSING;
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void print_usage(FILE *file)
{
	fprintf(file,
		"usage: tsm_vmm [--proto NAME] [--device NAME] [--tap]\n"
		"\n"
		"Run a VM whose guest locks, attests, starts and stops a PCI function of the\n"
		"emulated TEE I/O platform (CONFIG_TSM_EMU), and print a line for each call that\n"
		"it makes. Takes root, /dev/kvm, /dev/iommu and VFIO.\n"
		"\n"
		"  --proto NAME   how the guest talks to its TSM, one of:");
	for (size_t i = 0; i < ARRAY_SIZE(fronts); i++)
		fprintf(file, " %s", fronts[i]->name);
	fprintf(file,
		"\n"
		"  --device NAME  the function, one of:");
	for (const struct tsm_function *fn = tsm_functions; fn->name; fn++)
		fprintf(file, " %s", fn->name);
	fprintf(file,
		"\n"
		"  --tap          print the result as KTAP\n"
		"  -h, --help     this text\n"
		"\n"
		"Exit status: 0 if the guest saw its device in state RUN, stopped it, and what it\n"
		"tried without the scope for it was refused; 1 if not, %d if the machine lacks\n"
		"something.\n",
		EXIT_MISSING);
}

static const struct option options[] = {
	{ "device", required_argument, NULL, 'd' },
	{ "proto", required_argument, NULL, 'p' },
	{ "tap", no_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

static int bad_usage(const char *what, const char *value)
{
	fprintf(stderr, "tsm_vmm: %s %s\n", what, value);
	print_usage(stderr);
	return EXIT_FAILURE;
}

static const struct vmm_front *find_front(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fronts); i++)
		if (!strcmp(fronts[i]->name, name))
			return fronts[i];
	return NULL;
}

/* Return: -1 to go on, or the exit status */
static int parse_options(int argc, char *argv[], struct args *args)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			args->device = optarg;
			if (!tsm_find_function(optarg))
				return bad_usage("there is no device", optarg);
			break;
		case 'p':
			args->front = find_front(optarg);
			if (!args->front)
				return bad_usage("there is no protocol", optarg);
			break;
		case 't':
			args->tap = true;
			break;
		case 'h':
			print_usage(stdout);
			return EXIT_SUCCESS;
		default:
			print_usage(stderr);
			return EXIT_FAILURE;
		}
	}
	return optind == argc ? -1 : bad_usage("what is", argv[optind]);
}

/* The function on the platform whose TSM speaks the protocol */
static int find_function(struct vmm *vmm, const char *device)
{
	const struct tsm_function *fn = tsm_find_function(device);
	int platform;

	tsm_setup_init(&vmm->setup, fn);
	/* which loads its module */
	if (tsm_find_platform(&vmm->setup))
		return -ENODEV;
	platform = tsm_firmware_platform(vmm->front->name);
	if (platform >= 0)
		fn = tsm_find_function_of(platform, device);
	if (platform < 0 || !fn)
		return tsm_lack(&vmm->setup, ENODEV,
				"find a platform that speaks %s (tsm_emu.proto=)",
				vmm->front->name);
	tsm_setup_init(&vmm->setup, fn);
	return 0;
}

int main(int argc, char *argv[])
{
	struct args args = { .device = "pf0", .front = &vmm_tdisp };
	struct vmm vmm = { .vcpu = -1 };
	int rc, err;

	rc = parse_options(argc, argv, &args);
	if (rc >= 0)
		return rc;

	if (args.tap) {
		printf("TAP version 13\n1..1\n");
		vmm_line_prefix = "# ";
	}
	vmm.front = args.front;
	rc = find_function(&vmm, args.device);
	if (!rc)
		rc = run_vmm(&vmm);
	if (rc)
		print_failure(&vmm.setup, &args);
	err = take_down(&vmm);
	if (err) {
		print_failure(&vmm.setup, &args);
		tsm_setup_close(&vmm.setup);
		rc = err;
	}
	return report_result(&vmm.setup, rc, &args);
}
