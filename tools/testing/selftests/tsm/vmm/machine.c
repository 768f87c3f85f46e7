// SPDX-License-Identifier: GPL-2.0
/*
 * The machine of the example VMM: guest memory and a vCPU. KVM's and VFIO's
 * selftests have libraries for parts of this and of ../lib/setup.c. The example
 * does without them so that authors of VMMs see each ioctl.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

#define GUEST_PAGE_TABLES 32
#define GUEST_STACK_PAGES 8

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

static_assert(sizeof(struct tsm_vmm_shared) <= TSM_VMM_PAGE,
	      "struct tsm_vmm_shared has outgrown its page");

/* Make the guest see the page at @gpa at address @va */
static void map_page(struct vmm *vmm, uintptr_t va, u64 gpa, u64 flags)
{
	u64 *table = (u64 *)vmm->ram;

	for (int shift = 39; shift > 12; shift -= 9) {
		u64 *entry = &table[(va >> shift) & 511];

		if (!*entry)
			*entry = vmm->nr_tables++ * TSM_VMM_PAGE |
				 X86_PTE_PRESENT | X86_PTE_WRITE;
		table = (u64 *)(vmm->ram + (*entry & ~(TSM_VMM_PAGE - 1)));
	}
	table[(va >> 12) & 511] = gpa | flags | X86_PTE_PRESENT;
}

static u64 pages_up(u64 size)
{
	return (size + TSM_VMM_PAGE - 1) & ~(TSM_VMM_PAGE - 1);
}

/* The program's image, which the guest has a copy of at the address where it is */
static uintptr_t image_start(void)
{
	return (uintptr_t)__executable_start & ~(TSM_VMM_PAGE - 1);
}

static size_t image_size(void)
{
	return pages_up((uintptr_t)_end - image_start());
}

static u64 shared_gpa(void)
{
	return (GUEST_PAGE_TABLES + GUEST_STACK_PAGES) * TSM_VMM_PAGE + image_size();
}

/* The guest sees the image, and its own memory, both where the VMM has them */
static int map_memory(struct vmm *vmm)
{
	u64 image_gpa = GUEST_PAGE_TABLES * TSM_VMM_PAGE;
	u64 image_end = image_gpa + image_size();

	vmm->nr_tables = 1;
	for (u64 gpa = image_gpa; gpa < image_end; gpa += TSM_VMM_PAGE)
		map_page(vmm, image_start() + gpa - image_gpa, gpa, 0);
	for (u64 gpa = image_end; gpa < vmm->ram_size; gpa += TSM_VMM_PAGE)
		map_page(vmm, (uintptr_t)vmm->ram + gpa, gpa, X86_PTE_WRITE);
	if (vmm->nr_tables > GUEST_PAGE_TABLES)
		return tsm_fail(&vmm->setup, ENOSPC, "map guest memory");
	return 0;
}

/* What is in memory before the guest runs. All else is zeroes */
static int load_guest(struct vmm *vmm)
{
	memcpy(vmm->ram + GUEST_PAGE_TABLES * TSM_VMM_PAGE, (void *)image_start(),
	       image_size());
	vmm->shared->gpa = shared_gpa();
	vmm->shared->rid = vmm->setup.virt_id;
	return map_memory(vmm);
}

int vmm_create_memory(struct vmm *vmm)
{
	struct kvm_userspace_memory_region region = {};
	void *ram;
	int rc;

	vmm->ram_size = shared_gpa() + TSM_VMM_PAGE + pages_up(vmm->front->area_size);
	ram = mmap(NULL, vmm->ram_size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED)
		return tsm_fail(&vmm->setup, errno, "mmap guest memory");

	vmm->ram = ram;
	vmm->shared = (void *)(vmm->ram + shared_gpa());
	rc = load_guest(vmm);
	if (rc)
		return rc;

	region.memory_size = vmm->ram_size;
	region.userspace_addr = (uintptr_t)vmm->ram;
	if (ioctl(vmm->setup.vm, KVM_SET_USER_MEMORY_REGION, &region))
		return tsm_fail(&vmm->setup, errno, "KVM_SET_USER_MEMORY_REGION");
	return 0;
}

int vmm_reset_machine(struct vmm *vmm)
{
	const struct vmm_front *front = vmm->front;
	char *kept = (char *)tsm_vmm_area(vmm->shared) + front->kept_at;
	char *end = vmm->ram + vmm->ram_size;

	memset(vmm->ram, 0, kept - vmm->ram);
	memset(kept + front->kept_size, 0, end - kept - front->kept_size);
	return load_guest(vmm) ?: vmm_enter_guest(vmm);
}

void *vmm_shared(const struct vmm *vmm, u64 gpa, u64 len)
{
	u64 start = (char *)vmm->shared - vmm->ram + TSM_VMM_PAGE;
	u64 end = start + vmm->front->shared_size;

	if (gpa < start || gpa > end || len > end - gpa)
		return NULL;
	return vmm->ram + gpa;
}

/* Shared memory as it is now, read once: the guest can change it at any time */
void vmm_read_shared(void *to, const void *shared, size_t len)
{
	memcpy(to, shared, len);
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
int vmm_enter_guest(struct vmm *vmm)
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
		.rip = (uintptr_t)vmm->front->guest,
		.rdi = (uintptr_t)vmm->shared,
		/* as if a call had pushed its return address */
		.rsp = (uintptr_t)vmm->shared - sizeof(u64),
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

int vmm_create_vcpu(struct vmm *vmm)
{
	void *run;
	int size;

	vmm->vcpu = ioctl(vmm->setup.vm, KVM_CREATE_VCPU, 0);
	if (vmm->vcpu < 0)
		return tsm_fail(&vmm->setup, errno, "KVM_CREATE_VCPU");

	size = ioctl(vmm->setup.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < 0)
		return tsm_fail(&vmm->setup, errno, "KVM_GET_VCPU_MMAP_SIZE");
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vmm->vcpu, 0);
	if (run == MAP_FAILED)
		return tsm_fail(&vmm->setup, errno, "mmap vCPU");
	vmm->run = run;
	vmm->run_size = size;

	return set_cpuid(vmm) ?: vmm_enter_guest(vmm);
}

/* Both the vCPU's file and its mapping would keep the VM */
static int close_vcpu(struct vmm *vmm)
{
	int vcpu = vmm->vcpu;

	vmm->vcpu = -1;
	if (vmm->run && munmap(vmm->run, vmm->run_size))
		return tsm_fail(&vmm->setup, errno, "munmap vCPU");
	vmm->run = NULL;
	if (vcpu >= 0 && close(vcpu))
		return tsm_fail(&vmm->setup, errno, "close the vCPU");
	return 0;
}

int vmm_close_machine(struct vmm *vmm)
{
	char *ram = vmm->ram;
	int rc;

	rc = close_vcpu(vmm);
	vmm->ram = NULL;
	if (ram && munmap(ram, vmm->ram_size))
		return tsm_fail(&vmm->setup, errno, "munmap guest memory");
	return rc;
}

int vmm_get_regs(struct vmm *vmm, struct kvm_regs *regs)
{
	if (ioctl(vmm->vcpu, KVM_GET_REGS, regs))
		return tsm_fail(&vmm->setup, errno, "KVM_GET_REGS");
	return 0;
}

int vmm_set_regs(struct vmm *vmm, const struct kvm_regs *regs)
{
	if (ioctl(vmm->vcpu, KVM_SET_REGS, regs))
		return tsm_fail(&vmm->setup, errno, "KVM_SET_REGS");
	return 0;
}
