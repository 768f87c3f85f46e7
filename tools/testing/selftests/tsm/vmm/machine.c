// SPDX-License-Identifier: GPL-2.0
/*
 * The machine of the example VMM: guest memory and a vCPU; what is particular to a
 * CPU's architecture is in machine_<architecture>.c. KVM's and VFIO's
 * selftests have libraries for parts of this and of ../lib/setup.c. The example
 * does without them so that authors of VMMs see each ioctl.
 */
#include <assert.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"
#include "vmm.h"

#define GUEST_PAGE_TABLES 32
#define GUEST_STACK_PAGES 8

static_assert(sizeof(struct tsm_vmm_shared) <= TSM_VMM_PAGE,
	      "struct tsm_vmm_shared has outgrown its page");

/* Make the guest see the page at @gpa at address @va, by tables of four levels */
static void map_page(struct vmm *vmm, uintptr_t va, u64 gpa, bool is_image)
{
	u64 *table = (u64 *)vmm->ram;

	for (int shift = 39; shift > 12; shift -= 9) {
		u64 *entry = &table[(va >> shift) & 511];

		if (!*entry)
			*entry = vmm_table_entry(vmm->nr_tables++ * TSM_VMM_PAGE);
		table = (u64 *)(vmm->ram + (*entry & ~(TSM_VMM_PAGE - 1)));
	}
	table[(va >> 12) & 511] = vmm_page_entry(gpa, is_image);
}

static u64 round_up(u64 size, u64 unit)
{
	return (size + unit - 1) & ~(unit - 1);
}

/* The program's image, which the guest has a copy of at the address where it is */
static uintptr_t image_start(void)
{
	return (uintptr_t)__executable_start & ~(TSM_VMM_PAGE - 1);
}

static size_t image_size(void)
{
	return round_up((uintptr_t)_end - image_start(), TSM_VMM_PAGE);
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
		map_page(vmm, image_start() + gpa - image_gpa, gpa, true);
	for (u64 gpa = image_end; gpa < vmm->ram_size; gpa += TSM_VMM_PAGE)
		map_page(vmm, (uintptr_t)vmm->ram + gpa, gpa, false);
	if (vmm->nr_tables > GUEST_PAGE_TABLES)
		return tsm_fail(&vmm->setup, ENOSPC, "map guest memory");
	return 0;
}

/* Copy the program's segments: between them there may be nothing to read */
static int copy_image(struct dl_phdr_info *info, size_t size, void *ram)
{
	char *to = (char *)ram + GUEST_PAGE_TABLES * TSM_VMM_PAGE;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;

		char *copy = to + (start - image_start());

		if (segment->p_type != PT_LOAD)
			continue;
		memcpy(copy, (void *)start, segment->p_memsz);
		/* The guest executes it, after a reset in the place of what was there */
		__builtin___clear_cache(copy, copy + segment->p_memsz);
	}
	/* The program is the first */
	return 1;
}

/* What is in memory before the guest runs. All else is zeroes */
static int load_guest(struct vmm *vmm)
{
	dl_iterate_phdr(copy_image, vmm->ram);
	vmm->shared->gpa = shared_gpa();
	vmm->shared->rid = vmm->setup.virt_id;
	return map_memory(vmm);
}

int vmm_create_memory(struct vmm *vmm)
{
	struct kvm_userspace_memory_region region = {};
	void *ram;
	int rc;

	/* KVM takes whole pages of the host, which can be larger than the guest's */
	vmm->ram_size = shared_gpa() + TSM_VMM_PAGE + vmm->front->area_size;
	vmm->ram_size = round_up(vmm->ram_size, sysconf(_SC_PAGESIZE));
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

	return vmm_prepare_vm(vmm) ?: vmm_enter_guest(vmm);
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
