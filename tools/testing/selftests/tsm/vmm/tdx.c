// SPDX-License-Identifier: GPL-2.0
/*
 * Front end of the example VMM for TDs, see tdx.h. The command buffer
 * goes to the kernel as it is, and comes back filled.
 */
#include <errno.h>

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
	/* opens memory: not before the TD has accepted the MMIO of the device */
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

/* The TD polls the status, so it gets one where the firmware wrote none */
static u64 report_error(struct tsm_tdx_hdr *hdr, int err)
{
	hdr->status = TSM_TDX_ERROR;
	hdr->error = err == EACCES || err == ENXIO ? TSM_TDX_ERR_STATE :
						     TSM_TDX_ERR_MODULE;
	hdr->data_length = 0;
	if (err == EAGAIN || err == EINTR || err == ENOMEM)
		return TDVMCALL_RETRY;
	return TDVMCALL_INVALID_OPERAND;
}

/*
 * The request is the header and data_length bytes, the rest of the buffer is
 * room for the response.
 */
static u64 forward(struct vmm *vmm, void *buffer, u64 len)
{
	struct vmm_call call = {
		.exit = "TDVMCALL 0x10007",
		.req = buffer,
		.resp = buffer,
		.resp_len = len,
	};
	struct tsm_tdx_hdr hdr;
	u64 req_len;
	int err;

	vmm_read_shared(&hdr, buffer, sizeof(hdr));
	req_len = sizeof(hdr) + (u64)le32toh(hdr.data_length);
	if (req_len > len)
		return report_error(buffer, EMSGSIZE);

	call.id = le16toh(hdr.operation);
	call.scope = scope_of(vmm, call.id);
	call.req_len = req_len;
	err = vmm_request(vmm, &call);
	return err ? report_error(buffer, err) : TDVMCALL_SUCCESS;
}

static u64 serve_tdcm(struct vmm *vmm, const struct kvm_regs *regs)
{
	void *buffer = vmm_shared(vmm, regs->r13 & ~TDX_SHARED_BIT, regs->r14);

	if (!buffer || !regs->r14 || regs->r14 % TSM_VMM_PAGE || regs->r15 ||
	    regs->r12 != vmm->setup.virt_id)
		return TDVMCALL_INVALID_OPERAND;
	return forward(vmm, buffer, regs->r14);
}

/* A real VMM maps the MMIO now, the emulated platform has none behind */
static int serve_mmio_fault(struct vmm *vmm)
{
	vmm_print_own(vmm, "private MMIO fault", "(TDG.MMIO.ACCEPT)", "mapped");
	vmm->consent = true;
	return 0;
}

static int tdx_exit(struct vmm *vmm, u16 port)
{
	struct kvm_regs regs;
	int rc;

	if (port == TSM_VMM_PORT_MMIO_FAULT)
		return serve_mmio_fault(vmm);
	if (port != TSM_VMM_PORT_TDVMCALL)
		return -EOPNOTSUPP;

	rc = vmm_get_regs(vmm, &regs);
	if (rc)
		return rc;
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
	.shared_size = offsetof(struct tdx_area, answer),
	.bind = true,
	.message = tdx_message,
	.exit = tdx_exit,
};
