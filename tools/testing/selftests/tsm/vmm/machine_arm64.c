// SPDX-License-Identifier: GPL-2.0
/*
 * The vCPU of the example VMM on arm64: EL1 with the MMU on, exits by calls of the SMC
 * calling convention (SMCCC, Arm DEN0028). KVM serves these by itself unless its filter
 * says that they are for the VMM.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "machine.h"
#include "tdisp.h"
#include "vmm.h"

/* Arm DDI0487, "VMSAv8-64 descriptors", with 4 KiB pages */
#define ARM64_DESC_VALID BIT(0)
#define ARM64_DESC_TABLE_OR_PAGE BIT(1)
#define ARM64_PAGE_READ_ONLY BIT(7)
#define ARM64_PAGE_INNER_SHAREABLE (3UL << 8)
#define ARM64_PAGE_ACCESSED BIT(10)
#define ARM64_PAGE_NOT_EXECUTABLE BIT(53)

/* Arm DDI0487, "AArch64 System registers", and what the guest has in them */
#define ARM64_SCTLR_EL1 ARM64_SYS_REG(3, 0, 1, 0, 0)
#define ARM64_SCTLR_RES1 0x30d00800UL
#define ARM64_SCTLR_M BIT(0)
#define ARM64_SCTLR_C BIT(2)
#define ARM64_SCTLR_I BIT(12)
#define ARM64_TTBR0_EL1 ARM64_SYS_REG(3, 0, 2, 0, 0)
#define ARM64_TCR_EL1 ARM64_SYS_REG(3, 0, 2, 0, 2)
#define ARM64_TCR_T0SZ_48_BITS 16UL
#define ARM64_TCR_WRITE_BACK (1UL << 8 | 1UL << 10)
#define ARM64_TCR_INNER_SHAREABLE (3UL << 12)
#define ARM64_TCR_EPD1 BIT(23)
#define ARM64_TCR_IPS_40_BITS (2UL << 32)
#define ARM64_MAIR_EL1 ARM64_SYS_REG(3, 0, 10, 2, 0)
#define ARM64_MAIR_WRITE_BACK 0xffUL
#define ARM64_VBAR_EL1 ARM64_SYS_REG(3, 0, 12, 0, 0)

#define ARM64_CORE_REG(_name)						\
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |		\
	 KVM_REG_ARM_CORE_REG(_name))

/* What the calls are for, and the instruction that they come by */
static const struct call_range {
	u32 base;
	u32 nr;
	int kind;
	u64 flags;
} call_ranges[] = {
	/* RSI, Arm DEN0137, of which the RMM sees all on hardware */
	{ 0xc4000190, 0x20, TSM_VMM_EXIT_MODULE, KVM_HYPERCALL_EXIT_SMC },
	/* RHI, Arm DEN0148 */
	{ 0xc5000040, 0x20, TSM_VMM_EXIT_HOST_CALL, 0 },
	/* The guests' own */
	{ TSM_VMM_FID(TSM_VMM_EXIT_STEP), 1, TSM_VMM_EXIT_STEP, 0 },
	{ TSM_VMM_FID(TSM_VMM_EXIT_DONE), 1, TSM_VMM_EXIT_DONE, 0 },
	{ TSM_VMM_FID(TSM_VMM_EXIT_FAULT), 1, TSM_VMM_EXIT_FAULT, 0 },
	{ TSM_VMM_FID(TSM_VMM_EXIT_CALL), 1, TSM_VMM_EXIT_CALL, 0 },
};

/*
 * The guest takes no exception: whichever comes is a fault of it, which the VMM is told
 * with the class, the place and the address (Arm DDI0487, "Exception vectors").
 */
extern char tsm_vmm_vectors[];

asm("	.pushsection .text\n"
    "	.balign 2048\n"
    "tsm_vmm_vectors:\n"
    "	.rept 16\n"
    "	.balign 128\n"
    "	ldr x0, 2f\n"
    "	mrs x1, esr_el1\n"
    "	mrs x2, elr_el1\n"
    "	mrs x3, far_el1\n"
    "	hvc #0\n"
    "1:	b 1b\n"
    "	.balign 8\n"
    "2:	.quad " TSM_VMM_STRING(TSM_VMM_FID(TSM_VMM_EXIT_FAULT)) "\n"
    "	.endr\n"
    "	.popsection");

u64 vmm_table_entry(u64 gpa)
{
	return gpa | ARM64_DESC_VALID | ARM64_DESC_TABLE_OR_PAGE;
}

u64 vmm_page_entry(u64 gpa, bool is_image)
{
	return gpa | ARM64_DESC_VALID | ARM64_DESC_TABLE_OR_PAGE |
	       ARM64_PAGE_INNER_SHAREABLE | ARM64_PAGE_ACCESSED |
	       (is_image ? ARM64_PAGE_READ_ONLY : ARM64_PAGE_NOT_EXECUTABLE);
}

int vmm_prepare_vm(struct vmm *vmm)
{
	struct kvm_smccc_filter filter = { .action = KVM_SMCCC_FILTER_FWD_TO_USER };
	const struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_SMCCC_CTRL,
		.attr = KVM_ARM_VM_SMCCC_FILTER,
		.addr = (uintptr_t)&filter,
	};

	for (size_t i = 0; i < ARRAY_SIZE(call_ranges); i++) {
		filter.base = call_ranges[i].base;
		filter.nr_functions = call_ranges[i].nr;
		if (ioctl(vmm->setup.vm, KVM_SET_DEVICE_ATTR, &attr))
			return tsm_fail(&vmm->setup, errno, "KVM_ARM_VM_SMCCC_FILTER");
	}
	return 0;
}

static int set_reg(struct vmm *vmm, u64 id, u64 value)
{
	const struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(vmm->vcpu, KVM_SET_ONE_REG, &reg))
		return tsm_fail(&vmm->setup, errno, "KVM_SET_ONE_REG %#llx",
				(unsigned long long)id);
	return 0;
}

/* As after a reset, by PSCI too: the guest has its registers' first values */
static int reset_vcpu(struct vmm *vmm)
{
	struct kvm_vcpu_init init;

	if (ioctl(vmm->setup.vm, KVM_ARM_PREFERRED_TARGET, &init))
		return tsm_fail(&vmm->setup, errno, "KVM_ARM_PREFERRED_TARGET");
	init.features[0] |= BIT(KVM_ARM_VCPU_PSCI_0_2);
	if (ioctl(vmm->vcpu, KVM_ARM_VCPU_INIT, &init))
		return tsm_fail(&vmm->setup, errno, "KVM_ARM_VCPU_INIT");
	return 0;
}

/* EL1 at the guest's entry, with what is mapped in machine.c and nothing else */
int vmm_enter_guest(struct vmm *vmm)
{
	const struct {
		u64 id;
		u64 value;
	} regs[] = {
		{ ARM64_VBAR_EL1, (uintptr_t)tsm_vmm_vectors },
		{ ARM64_MAIR_EL1, ARM64_MAIR_WRITE_BACK },
		{ ARM64_TCR_EL1, ARM64_TCR_T0SZ_48_BITS | ARM64_TCR_WRITE_BACK |
				 ARM64_TCR_INNER_SHAREABLE | ARM64_TCR_EPD1 |
				 ARM64_TCR_IPS_40_BITS },
		{ ARM64_TTBR0_EL1, 0 },
		{ ARM64_SCTLR_EL1, ARM64_SCTLR_RES1 | ARM64_SCTLR_M |
				   ARM64_SCTLR_C | ARM64_SCTLR_I },
		{ ARM64_CORE_REG(regs.pc), (uintptr_t)vmm->front->guest },
		{ ARM64_CORE_REG(regs.regs[0]), (uintptr_t)vmm->shared },
		{ ARM64_CORE_REG(sp_el1), (uintptr_t)vmm->shared },
	};
	int rc = reset_vcpu(vmm);

	for (size_t i = 0; !rc && i < ARRAY_SIZE(regs); i++)
		rc = set_reg(vmm, regs[i].id, regs[i].value);
	return rc;
}

/* Of those in struct kvm_regs, which count in words of 32 bits */
static u64 x_reg(unsigned int number)
{
	return ARM64_CORE_REG(regs.regs[0]) + number * (sizeof(u64) / sizeof(u32));
}

int vmm_get_call(struct vmm *vmm, u64 reg[TSM_VMM_NR_REGS])
{
	for (unsigned int i = 0; i < TSM_VMM_NR_REGS; i++) {
		const struct kvm_one_reg one = {
			.id = x_reg(i), .addr = (uintptr_t)&reg[i],
		};

		if (ioctl(vmm->vcpu, KVM_GET_ONE_REG, &one))
			return tsm_fail(&vmm->setup, errno, "KVM_GET_ONE_REG X%u", i);
	}
	return 0;
}

int vmm_set_call(struct vmm *vmm, const u64 reg[TSM_VMM_NR_REGS])
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < TSM_VMM_NR_REGS; i++)
		rc = set_reg(vmm, x_reg(i), reg[i]);
	return rc;
}

static int kind_of_call(struct vmm *vmm, u64 function, u64 flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(call_ranges); i++) {
		const struct call_range *range = &call_ranges[i];

		if (function - range->base < range->nr && flags == range->flags)
			return range->kind;
	}
	return tsm_fail(&vmm->setup, EIO, "serve SMCCC call %#llx by %s",
			(unsigned long long)function,
			flags & KVM_HYPERCALL_EXIT_SMC ? "SMC" : "HVC");
}

int vmm_exit_kind(struct vmm *vmm)
{
	const struct kvm_run *run = vmm->run;

	if (run->exit_reason == KVM_EXIT_SYSTEM_EVENT &&
	    run->system_event.type == KVM_SYSTEM_EVENT_RESET)
		return TSM_VMM_EXIT_REBOOT;
	if (run->exit_reason != KVM_EXIT_HYPERCALL)
		return tsm_fail(&vmm->setup, EIO, "run the guest, KVM exit reason %u",
				run->exit_reason);
	return kind_of_call(vmm, run->hypercall.nr, run->hypercall.flags);
}
