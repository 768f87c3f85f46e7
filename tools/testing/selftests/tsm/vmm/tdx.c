// SPDX-License-Identifier: GPL-2.0
/*
 * Front end of the example VMM for TDs, see tdx.h. The command buffer
 * goes to the kernel as it is, and comes back filled.
 */
#include <errno.h>
#include <stdio.h>

#include "vmm.h"
#include "tdx.h"

/*
 * The policy: what each operation may do. The VMM looks at the operation for
 * this only; a TD that changes it after this look gets no more than this scope.
 */
static const struct policy {
	u16 operation;
	enum iommu_vdevice_tsm_scope scope;
	bool needs_consent;
	const char *name;
} policies[] = {
	/* says whether it is worth to go on */
	{ TSM_TDX_CHECK_TEEIO_SUPP, IOMMU_VDEVICE_TSM_SCOPE_INFO, false,
	  "CHECK_TEEIO_SUPP" },
	/* locks the TDI, nothing is at stake before */
	{ TSM_TDX_BIND, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, false, "BIND" },
	/* evidence, which the TD checks itself */
	{ TSM_TDX_GET_DEV_INFO, IOMMU_VDEVICE_TSM_SCOPE_INFO, false, "GET_DEV_INFO" },
	{ TSM_TDX_GET_TDI_REPORT, IOMMU_VDEVICE_TSM_SCOPE_INFO, false,
	  "GET_TDI_REPORT" },
	/* not before the TD has read this BIND's report; the module wants it to agree */
	{ TSM_TDX_START_TDI, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, true, "START_TDI" },
	{ TSM_TDX_GET_TDI_STATE, IOMMU_VDEVICE_TSM_SCOPE_INFO, false,
	  "GET_TDI_STATE" },
	/* a TD may always give up its device */
	{ TSM_TDX_UNBIND, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, false, "UNBIND" },
};

static const struct policy *find_policy(u32 operation)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (policies[i].operation == operation)
			return &policies[i];
	return NULL;
}

static const char *tdx_message(u32 id)
{
	const struct policy *policy = find_policy(id);

	return policy ? policy->name : NULL;
}

/* What is no operation the kernel refuses, with any scope */
static enum iommu_vdevice_tsm_scope scope_of(const struct vmm *vmm, u32 operation)
{
	const struct policy *policy = find_policy(operation);

	if (!policy || (policy->needs_consent && !vmm->consent))
		return IOMMU_VDEVICE_TSM_SCOPE_INFO;
	return policy->scope;
}

/*
 * The TD polls the status, so it gets one where the firmware wrote none. R10 tells
 * only of registers, for what a TD learns by it ends there.
 */
static void report_error(struct tsm_tdx_hdr *hdr, int err)
{
	hdr->status = TSM_TDX_ERROR;
	hdr->error = err == EACCES || err == ENXIO ? TSM_TDX_ERR_STATE :
						     TSM_TDX_ERR_MODULE;
	hdr->data_length = 0;
}

/*
 * The request is the header and data_length bytes, the rest of the buffer is
 * room for the response.
 */
static void forward(struct vmm *vmm, void *buffer, u64 len)
{
	struct vmm_call call = {
		.exit = "TDG.VP.VMCALL<TDCM>",
		.req = buffer,
		.resp = buffer,
		.resp_len = len,
	};
	struct tsm_tdx_hdr hdr;
	u64 req_len;
	int err;

	vmm_read_shared(&hdr, buffer, sizeof(hdr));
	req_len = sizeof(hdr) + (u64)le32toh(hdr.data_length);
	if (req_len > len) {
		report_error(buffer, EMSGSIZE);
		return;
	}

	call.id = le16toh(hdr.operation);
	call.scope = scope_of(vmm, call.id);
	call.req_len = req_len;
	if (call.id == TSM_TDX_BIND || call.id == TSM_TDX_UNBIND)
		vmm->consent = false;
	err = vmm_request_patiently(vmm, &call);
	if (err)
		report_error(buffer, err);
	else if (call.id == TSM_TDX_GET_TDI_REPORT && !call.cmd.out_tsm_code)
		vmm->consent = true;
}

static u64 serve_tdcm(struct vmm *vmm, const struct kvm_regs *regs)
{
	void *buffer = vmm_shared(vmm, regs->r13 & ~TDX_SHARED_BIT, regs->r14);

	if (!buffer || !regs->r14 || regs->r14 % TSM_VMM_PAGE || regs->r15 ||
	    regs->r12 != vmm->setup.virt_id)
		return TDVMCALL_INVALID_OPERAND;
	forward(vmm, buffer, regs->r14);
	return TDVMCALL_SUCCESS;
}

/*
 * A real VMM maps all of a range upon the first fault, and only while the TDI is
 * bound. The emulated platform has none behind.
 */
static void map_mmio(struct vmm *vmm)
{
	vmm_print_own(vmm, "fault on private MMIO", "(TDG.MMIO.ACCEPT)", "mapped");
}

/* All but the fault is between the TD and the TDX module */
static int ask_tdx_module(struct vmm *vmm, struct emu_module_call *call)
{
	bool accept = call->reg[0] == EMU_TDG_MMIO_ACCEPT;
	bool digest = call->reg[0] == EMU_TDG_TDI_RD &&
		      (call->reg[2] == EMU_TDI_FIELD_REPORT_HASH ||
		       call->reg[2] == EMU_TDI_FIELD_ATTESTATION_HASH);
	int rc;

	/* With the segment or without, a function is told by its routing ID */
	call->tdi_id = call->reg[accept ? 3 : 1] & 0xffff;
	if (accept && !(call->reg[4] >> 32))
		map_mmio(vmm);
	rc = vmm_call_module(vmm, call);
	if (!rc && digest && !call->reg[0])
		rc = vmm_write_private(vmm, call->reg[3], call->data, TSM_SHA384_LEN);
	if (rc == -ENOENT || rc == -EFAULT) {
		call->reg[0] = rc == -ENOENT ? EMU_TDX_TDI_NOT_PRESENT :
					       EMU_TDX_INVALID_OPERAND;
		call->reg[0] <<= 32;
		rc = 0;
	}
	return rc;
}

/* For the transcript: a VMM does not see these calls */
static void print_tdcall(struct vmm *vmm, u64 leaf, u64 status)
{
	char result[40];

	switch (leaf) {
	case EMU_TDG_TDI_START:
	case EMU_TDG_DMAR_ACCEPT:
		snprintf(result, sizeof(result), status ? "%#llx" : "ok",
			 (unsigned long long)status);
		vmm_print_own(vmm, "TDCALL, no exit", leaf == EMU_TDG_TDI_START ?
			      "(TDG.TDI.START)" : "(TDG.DMAR.ACCEPT)", result);
	}
}

static int serve_tdcall(struct vmm *vmm, struct kvm_regs *regs)
{
	struct emu_module_call call = {
		.reg = { regs->rax, regs->rcx, regs->rdx, regs->r8, regs->r9 },
	};
	int rc = ask_tdx_module(vmm, &call);

	print_tdcall(vmm, regs->rax, call.reg[0]);
	regs->rax = call.reg[0];
	regs->rcx = call.reg[1];
	return rc;
}

static int tdx_exit(struct vmm *vmm, u16 kind)
{
	struct kvm_regs regs;
	int rc;

	if (kind != TSM_VMM_EXIT_TDVMCALL && kind != TSM_VMM_EXIT_MODULE)
		return -EOPNOTSUPP;

	rc = vmm_get_regs(vmm, &regs);
	if (rc)
		return rc;
	if (kind == TSM_VMM_EXIT_MODULE)
		return serve_tdcall(vmm, &regs) ?: vmm_set_regs(vmm, &regs);
	if (regs.r10 || regs.r11 != TDVMCALL_TDCM)
		return tsm_fail(&vmm->setup, EOPNOTSUPP, "serve TDVMCALL %#llx",
				regs.r11);
	regs.r10 = serve_tdcm(vmm, &regs);
	return vmm_set_regs(vmm, &regs);
}

const struct vmm_front vmm_tdx = {
	.name = "tdx",
	.tsm_type = IOMMU_TSM_TYPE_TDX_CONNECT,
	.guest = tsm_vmm_guest_tdx,
	.area_size = sizeof(struct tdx_area),
	.shared_size = offsetof(struct tdx_area, digest),
	.bind = true,
	.message = tdx_message,
	.exit = tdx_exit,
};
