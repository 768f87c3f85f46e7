// SPDX-License-Identifier: GPL-2.0
/* The vCPU of the example VMM on x86-64: long mode, exits by OUT to a port */
#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "machine.h"
#include "vmm.h"

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

u64 vmm_table_entry(u64 gpa)
{
	return gpa | X86_PTE_PRESENT | X86_PTE_WRITE;
}

u64 vmm_page_entry(u64 gpa, bool is_image)
{
	return gpa | X86_PTE_PRESENT | (is_image ? 0 : X86_PTE_WRITE);
}

int vmm_prepare_vm(struct vmm *vmm)
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

int vmm_get_call(struct vmm *vmm, u64 reg[TSM_VMM_NR_REGS])
{
	struct kvm_regs regs;
	int rc = vmm_get_regs(vmm, &regs);

	if (rc)
		return rc;
	reg[0] = regs.rax;
	reg[1] = regs.rbx;
	reg[2] = regs.rcx;
	reg[3] = regs.rdx;
	reg[4] = regs.rsi;
	reg[5] = regs.rdi;
	reg[6] = regs.r8;
	reg[7] = regs.r9;
	reg[8] = regs.r10;
	return 0;
}

int vmm_set_call(struct vmm *vmm, const u64 reg[TSM_VMM_NR_REGS])
{
	struct kvm_regs regs;
	int rc = vmm_get_regs(vmm, &regs);

	if (rc)
		return rc;
	regs.rax = reg[0];
	regs.rbx = reg[1];
	regs.rcx = reg[2];
	regs.rdx = reg[3];
	regs.rsi = reg[4];
	regs.rdi = reg[5];
	regs.r8 = reg[6];
	regs.r9 = reg[7];
	regs.r10 = reg[8];
	return vmm_set_regs(vmm, &regs);
}

int vmm_exit_kind(struct vmm *vmm)
{
	const struct kvm_run *run = vmm->run;

	/* Triple fault, by which x86 guests reboot if nothing else helps */
	if (run->exit_reason == KVM_EXIT_SHUTDOWN)
		return TSM_VMM_EXIT_REBOOT;
	if (run->exit_reason != KVM_EXIT_IO)
		return tsm_fail(&vmm->setup, EIO, "run the guest, KVM exit reason %u",
				run->exit_reason);
	if (run->io.direction != KVM_EXIT_IO_OUT || run->io.size != sizeof(u32) ||
	    run->io.count != 1)
		return tsm_fail(&vmm->setup, EINVAL, "handle the guest's I/O");
	return run->io.port;
}
