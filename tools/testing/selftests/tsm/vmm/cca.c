// SPDX-License-Identifier: GPL-2.0
/*
 * Front end of the example VMM for realms of Arm CCA, see cca.h. A realm
 * passes registers and no message: the VMM makes the request of them, which the
 * kernel then knows the class of.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm.h"
#include "cca.h"

/* Words of the host call, of which the realm's registers are a copy */
struct host_call {
	u64 g[6];
};

static const char *cca_message(u32 id)
{
	switch (id) {
	case TSM_CCA_OBJECT_SIZE:
		return "OBJECT_SIZE";
	case TSM_CCA_OBJECT_READ:
		return "OBJECT_READ";
	case TSM_CCA_REPORT_REFRESH:
		return "REPORT_REFRESH";
	case TSM_CCA_MEASUREMENTS_REFRESH:
		return "MEASUREMENTS_REFRESH";
	case TSM_CCA_VALIDATE_MMIO:
		return "VALIDATE_MMIO";
	case TSM_CCA_SET_TDI_STATE:
		return "SET_TDI_STATE";
	default:
		return NULL;
	}
}

/* What the realm learns of an errno */
static u64 status_of(int err, u64 tsm_code)
{
	switch (err) {
	case 0:
		return tsm_code;
	case ENXIO:
	case ENOENT:
		return TSM_CCA_INVALID_VDEV_ID;
	case EFAULT:
		return TSM_CCA_ACCESS_FAILED;
	case EAGAIN:
	case EINTR:
	case ENOMEM:
		return TSM_CCA_BUSY;
	case EACCES:
	case EINVAL:
	case EMSGSIZE:
	case ENOBUFS:
		return TSM_CCA_ERROR_INPUT;
	default:
		return TSM_CCA_ERROR_DEVICE;
	}
}

/* Each serves one call and sets the words that it returns but for the status */

static u64 object_size(struct vmm *vmm, struct vmm_call *call, struct host_call *h)
{
	struct tsm_cca_object_size req = {
		.type = htole32(TSM_CCA_OBJECT_SIZE),
		.object = htole32(h->g[2]),
	};
	struct tsm_cca_object_size_rsp rsp = {};
	int err;

	call->id = TSM_CCA_OBJECT_SIZE;
	call->req = &req;
	call->req_len = sizeof(req);
	call->resp = &rsp;
	call->resp_len = sizeof(rsp);
	err = vmm_request(vmm, call);
	h->g[1] = le32toh(rsp.size);
	return status_of(err, call->cmd.out_tsm_code);
}

/* The kernel writes to the realm's buffer, once that is known to be shared */
static u64 object_read(struct vmm *vmm, struct vmm_call *call, struct host_call *h)
{
	struct tsm_cca_object_read req = {
		.type = htole32(TSM_CCA_OBJECT_READ),
		.object = htole32(h->g[2]),
		.offset = htole64(h->g[3]),
	};
	u64 status;

	call->id = TSM_CCA_OBJECT_READ;
	call->req = &req;
	call->req_len = sizeof(req);
	call->resp = vmm_shared(vmm, h->g[5], h->g[4]);
	call->resp_len = h->g[4];
	if (!call->resp)
		return TSM_CCA_ACCESS_FAILED;

	status = status_of(vmm_request(vmm, call), call->cmd.out_tsm_code);
	h->g[1] = call->cmd.out_resp_len;
	if (!status && h->g[2] == TSM_CCA_OBJECT_REPORT)
		vmm->consent = true;
	return status;
}

/*
 * The nonce is part of the request, no address of the realm goes to the kernel.
 * The ioctl waits for the device, so the realm never sees INCOMPLETE and has
 * nothing to continue.
 */
static u64 get_measurements(struct vmm *vmm, struct vmm_call *call,
			    struct host_call *h)
{
	const struct rhi_nonce *param = vmm_shared(vmm, h->g[2], sizeof(*param));
	struct tsm_cca_measurements_refresh req = {
		.type = htole32(TSM_CCA_MEASUREMENTS_REFRESH),
	};

	if (!param)
		return TSM_CCA_ACCESS_FAILED;
	req.flags = param->flags;
	memcpy(req.nonce, param->nonce, sizeof(req.nonce));

	call->id = TSM_CCA_MEASUREMENTS_REFRESH;
	call->req = &req;
	call->req_len = sizeof(req);
	return status_of(vmm_request(vmm, call), call->cmd.out_tsm_code);
}

static u64 get_report(struct vmm *vmm, struct vmm_call *call, struct host_call *h)
{
	struct tsm_cca_report_refresh req = {
		.type = htole32(TSM_CCA_REPORT_REFRESH),
	};

	(void)h;
	call->id = TSM_CCA_REPORT_REFRESH;
	call->req = &req;
	call->req_len = sizeof(req);
	return status_of(vmm_request(vmm, call), call->cmd.out_tsm_code);
}

/* The RMM locks a device when it becomes the realm's, which is what bind does */
static u64 set_tdi_state(struct vmm *vmm, struct vmm_call *call,
			 struct host_call *h)
{
	struct tsm_cca_set_tdi_state req = {
		.type = htole32(TSM_CCA_SET_TDI_STATE),
		.state = htole32(h->g[2]),
	};

	if (h->g[2] == PCI_TDISP_STATE_CONFIG_LOCKED)
		return status_of(vmm_op(vmm, call->exit, IOMMU_VDEVICE_TSM_BIND), 0);
	if (h->g[2] == PCI_TDISP_STATE_CONFIG_UNLOCKED)
		return status_of(vmm_op(vmm, call->exit, IOMMU_VDEVICE_TSM_UNBIND), 0);

	call->id = TSM_CCA_SET_TDI_STATE;
	call->req = &req;
	call->req_len = sizeof(req);
	return status_of(vmm_request(vmm, call), call->cmd.out_tsm_code);
}

/* The policy: what each call may do, and the function that serves it */
static const struct policy {
	u64 call;
	enum iommu_vdevice_tsm_scope scope;
	bool needs_consent;
	u64 (*serve)(struct vmm *vmm, struct vmm_call *call, struct host_call *h);
} policies[] = {
	/* reads what the host keeps */
	{ RHI_DA_OBJECT_SIZE, IOMMU_VDEVICE_TSM_SCOPE_INFO, false, object_size },
	{ RHI_DA_OBJECT_READ, IOMMU_VDEVICE_TSM_SCOPE_INFO, false, object_read },
	/* changes what the host keeps, not the TDI */
	{ RHI_VDEV_GET_MEASUREMENTS, IOMMU_VDEVICE_TSM_SCOPE_INFO, false,
	  get_measurements },
	{ RHI_VDEV_GET_INTERFACE_REPORT, IOMMU_VDEVICE_TSM_SCOPE_INFO, false,
	  get_report },
	/* starts the TDI: not before the realm has read the report */
	{ RHI_VDEV_SET_TDI_STATE, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, true,
	  set_tdi_state },
};

static u64 serve_policy(struct vmm *vmm, const struct policy *policy,
			struct host_call *h)
{
	bool may = vmm->consent || !policy->needs_consent;
	struct vmm_call call = {
		.scope = may ? policy->scope : IOMMU_VDEVICE_TSM_SCOPE_INFO,
	};
	char text[20];

	if (h->g[1] != vmm->setup.virt_id)
		return TSM_CCA_INVALID_VDEV_ID;
	snprintf(text, sizeof(text), "RHI %#llx", policy->call);
	call.exit = text;
	return policy->serve(vmm, &call, h);
}

static int serve_host_call(struct vmm *vmm, struct host_call *h)
{
	switch (h->g[0]) {
	case RHI_DA_VERSION:
		h->g[0] = RHI_DA_VERSION_1_0;
		return 0;
	case RHI_DA_FEATURES:
		h->g[0] = RHI_DA_HAS_OBJECT_SIZE | RHI_DA_HAS_OBJECT_READ |
			  RHI_DA_HAS_MEASUREMENTS | RHI_DA_HAS_REPORT |
			  RHI_DA_HAS_SET_TDI_STATE;
		return 0;
	}

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (policies[i].call == h->g[0]) {
			h->g[0] = serve_policy(vmm, &policies[i], h);
			return 0;
		}
	}
	return tsm_fail(&vmm->setup, EOPNOTSUPP, "serve host call %#llx", h->g[0]);
}

/*
 * The realm is about to use its MMIO, and the RMM waits for the host to map it.
 * STATE_CHANGE: that is a part of starting the TDI.
 */
static u64 validate_mmio(struct vmm *vmm, const struct kvm_regs *regs)
{
	struct tsm_cca_validate_mmio req = {
		.type = htole32(TSM_CCA_VALIDATE_MMIO),
		.gpa_base = htole64(regs->rax),
		.gpa_top = htole64(regs->rbx),
		.pa_base = htole64(regs->rcx),
	};
	struct vmm_call call = {
		.exit = "REC exit 8",
		.id = TSM_CCA_VALIDATE_MMIO,
		.scope = IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE,
		.req = &req,
		.req_len = sizeof(req),
	};

	if (regs->rdx != vmm->setup.virt_id)
		return REC_REJECT;
	if (vmm_request(vmm, &call) || call.cmd.out_tsm_code)
		return REC_REJECT;
	return REC_ACCEPT;
}

static int cca_exit(struct vmm *vmm, u16 port)
{
	struct kvm_regs regs;
	struct host_call h;
	int rc;

	if (port != TSM_VMM_PORT_HOST_CALL && port != TSM_VMM_PORT_REC_EXIT)
		return -EOPNOTSUPP;
	rc = vmm_get_regs(vmm, &regs);
	if (rc)
		return rc;

	if (port == TSM_VMM_PORT_REC_EXIT) {
		regs.rax = validate_mmio(vmm, &regs);
		return vmm_set_regs(vmm, &regs);
	}

	h = (struct host_call) {
		{ regs.rax, regs.rbx, regs.rcx, regs.rdx, regs.rsi, regs.rdi }
	};
	rc = serve_host_call(vmm, &h);
	if (rc)
		return rc;
	regs.rax = h.g[0];
	regs.rbx = h.g[1];
	return vmm_set_regs(vmm, &regs);
}

const struct vmm_front vmm_cca = {
	.name = "cca",
	.tsm_type = IOMMU_TSM_TYPE_CCA,
	.guest = tsm_vmm_guest_cca,
	.area_size = sizeof(struct cca_area),
	.shared_size = offsetof(struct cca_area, object),
	.message = cca_message,
	.exit = cca_exit,
};
