// SPDX-License-Identifier: GPL-2.0
/*
 * Front end of the example VMM for realms of Arm CCA, see cca.h. A realm
 * passes registers and no message: the VMM makes the request of them, which the
 * kernel then knows the class of.
 */
#include <assert.h>
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
	case TSM_CCA_CONTINUE:
		return "CONTINUE";
	case TSM_CCA_ABORT:
		return "ABORT";
	default:
		return NULL;
	}
}

/* What the realm learns of an errno */
static u64 status_of(int err, u64 tsm_code)
{
	if (vmm_passes(err))
		return TSM_CCA_BUSY;

	switch (err) {
	case 0:
		return tsm_code;
	case ENXIO:
	case ENOENT:
		return TSM_CCA_INVALID_VDEV_ID;
	case EFAULT:
		return TSM_CCA_ACCESS_FAILED;
	case EINVAL:
	case EMSGSIZE:
	case ENOBUFS:
		return TSM_CCA_ERROR_INPUT;
	default:
		/* EACCES too: it came too early, which is what the RMM says of it */
		return TSM_CCA_ERROR_DEVICE;
	}
}

/* Send it. Return: what the realm learns, of the errno or of the TSM's code */
static u64 request(struct vmm *vmm, struct vmm_call *call)
{
	int err = vmm_request(vmm, call);

	return status_of(err, call->cmd.out_tsm_code);
}

static u64 request_patiently(struct vmm *vmm, struct vmm_call *call)
{
	int err = vmm_request_patiently(vmm, call);

	return status_of(err, call->cmd.out_tsm_code);
}

/* Each serves one call and sets the words that it returns but for the status */

static u64 object_size(struct vmm *vmm, struct vmm_call *call, struct host_call *h)
{
	struct tsm_cca_object_size req = {
		.type = htole32(TSM_CCA_OBJECT_SIZE),
		.object = htole32(h->g[2]),
	};
	struct tsm_cca_object_size_rsp rsp = {};
	u64 status;

	call->id = TSM_CCA_OBJECT_SIZE;
	call->req = &req;
	call->req_len = sizeof(req);
	call->resp = &rsp;
	call->resp_len = sizeof(rsp);
	status = request_patiently(vmm, call);
	h->g[1] = le32toh(rsp.size);
	return status;
}

/*
 * The kernel writes to the realm's buffer, once that is known to be shared. Linux'
 * realm does not look at how much it got, so a buffer that is too short shows when
 * it compares digests.
 */
static u64 object_read(struct vmm *vmm, struct vmm_call *call, struct host_call *h)
{
	struct tsm_cca_object_read req = {
		.type = htole32(TSM_CCA_OBJECT_READ),
		.object = htole32(h->g[2]),
		.offset = htole64(h->g[5]),
	};
	u64 status;

	call->id = TSM_CCA_OBJECT_READ;
	call->req = &req;
	call->req_len = sizeof(req);
	call->resp = vmm_shared(vmm, h->g[3], h->g[4]);
	call->resp_len = h->g[4];
	if (!call->resp)
		return TSM_CCA_ACCESS_FAILED;
	/* As Arm's compliance suite answers */
	if (!h->g[4])
		return TSM_CCA_INVALID_OFFSET;

	status = request_patiently(vmm, call);
	h->g[1] = call->cmd.out_resp_len;
	if (!status && h->g[2] == TSM_CCA_OBJECT_REPORT)
		vmm->consent = true;
	return status;
}

/*
 * A call that goes on has a cookie, for the realm to name it by. A device has one such
 * call at a time; the RMM refuses others meanwhile, by which this one does not end.
 */
static u64 begin(struct vmm *vmm, struct vmm_call *call, struct host_call *h)
{
	u64 status = request(vmm, call);

	if (status == TSM_CCA_INCOMPLETE) {
		vmm->cookie = ++vmm->nr_cookies;
		h->g[1] = vmm->cookie;
	}
	return status;
}

/* Return: true if the realm names the call that goes on, or none */
static bool is_cookie(const struct vmm *vmm, const struct host_call *h)
{
	return vmm->cookie && (!h->g[2] || h->g[2] == vmm->cookie);
}

/* With the same cookie for as long as it goes on */
static u64 go_on(struct vmm *vmm, struct vmm_call *call, struct host_call *h)
{
	const struct tsm_cca_continue req = { .type = htole32(TSM_CCA_CONTINUE) };
	u64 status;

	/* As Arm's compliance suite answers, and to what has ended too */
	if (!is_cookie(vmm, h))
		return TSM_CCA_INVALID_VDEV_ID;
	call->id = TSM_CCA_CONTINUE;
	call->req = &req;
	call->req_len = sizeof(req);
	status = request(vmm, call);
	h->g[1] = vmm->cookie;
	if (status != TSM_CCA_INCOMPLETE && status != TSM_CCA_BUSY)
		vmm->cookie = 0;
	return status;
}

static u64 give_up(struct vmm *vmm, struct vmm_call *call, struct host_call *h)
{
	const struct tsm_cca_abort req = { .type = htole32(TSM_CCA_ABORT) };
	u64 status;

	if (!is_cookie(vmm, h))
		return h->g[2] <= vmm->nr_cookies ?
		       TSM_CCA_ABORTED_OPERATION_HAD_COMPLETED :
		       TSM_CCA_INVALID_VDEV_ID;
	call->id = TSM_CCA_ABORT;
	call->req = &req;
	call->req_len = sizeof(req);
	status = request(vmm, call);
	if (status != TSM_CCA_BUSY)
		vmm->cookie = 0;
	return status;
}

/* The nonce is part of the request, no address of the realm goes to the kernel */
static u64 get_measurements(struct vmm *vmm, struct vmm_call *call,
			    struct host_call *h)
{
	const struct rhi_nonce *param = vmm_shared(vmm, h->g[2], sizeof(*param));
	struct tsm_cca_measurements_refresh req = {
		.type = htole32(TSM_CCA_MEASUREMENTS_REFRESH),
	};

	if (!param)
		return TSM_CCA_ACCESS_FAILED;
	vmm_read_shared(&req.flags, &param->flags, sizeof(req.flags));
	vmm_read_shared(req.nonce, param->nonce, sizeof(req.nonce));

	call->id = TSM_CCA_MEASUREMENTS_REFRESH;
	call->req = &req;
	call->req_len = sizeof(req);
	return begin(vmm, call, h);
}

static u64 get_report(struct vmm *vmm, struct vmm_call *call, struct host_call *h)
{
	struct tsm_cca_report_refresh req = {
		.type = htole32(TSM_CCA_REPORT_REFRESH),
	};

	call->id = TSM_CCA_REPORT_REFRESH;
	call->req = &req;
	call->req_len = sizeof(req);
	return begin(vmm, call, h);
}

/* To start is more than the others: not before the realm has read this lock's report */
static u64 set_tdi_state(struct vmm *vmm, struct vmm_call *call,
			 struct host_call *h)
{
	struct tsm_cca_set_tdi_state req = {
		.type = htole32(TSM_CCA_SET_TDI_STATE),
		.state = htole32(h->g[2]),
	};

	if (h->g[2] != PCI_TDISP_STATE_RUN)
		vmm->consent = false;
	else if (!vmm->consent)
		call->scope = IOMMU_VDEVICE_TSM_SCOPE_INFO;
	call->id = TSM_CCA_SET_TDI_STATE;
	call->req = &req;
	call->req_len = sizeof(req);
	return begin(vmm, call, h);
}

/* The policy: what each call may do, and the function that serves it */
static const struct policy {
	u64 call;
	const char *name;
	enum iommu_vdevice_tsm_scope scope;
	u64 (*serve)(struct vmm *vmm, struct vmm_call *call, struct host_call *h);
} policies[] = {
	/* reads what the host keeps */
	{ RHI_DA_OBJECT_SIZE, "RHI OBJECT_SIZE", IOMMU_VDEVICE_TSM_SCOPE_INFO,
	  object_size },
	{ RHI_DA_OBJECT_READ, "RHI OBJECT_READ", IOMMU_VDEVICE_TSM_SCOPE_INFO,
	  object_read },
	/* changes what the host keeps, not the TDI */
	{ RHI_VDEV_GET_MEASUREMENTS, "RHI GET_MEASUREMENTS", IOMMU_VDEVICE_TSM_SCOPE_INFO,
	  get_measurements },
	{ RHI_VDEV_GET_INTERFACE_REPORT, "RHI GET_INTERFACE_REPORT", IOMMU_VDEVICE_TSM_SCOPE_INFO,
	  get_report },
	/* locks, starts and unlocks the TDI */
	{ RHI_VDEV_SET_TDI_STATE, "RHI SET_TDI_STATE", IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE,
	  set_tdi_state },
	/* what goes on was admitted when it began */
	{ RHI_VDEV_CONTINUE, "RHI CONTINUE", IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE,
	  go_on },
	/* a realm may always give up its device */
	{ RHI_VDEV_ABORT, "RHI ABORT", IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE,
	  give_up },
};

/* With a TSM that has no such message, each call has ended when it returns */
static u64 features(const struct vmm *vmm)
{
	u64 features = RHI_DA_HAS_OBJECT_SIZE | RHI_DA_HAS_OBJECT_READ |
		       RHI_DA_HAS_MEASUREMENTS | RHI_DA_HAS_REPORT |
		       RHI_DA_HAS_SET_TDI_STATE;

	for (u32 i = 0; i < vmm->nr_msgs; i++)
		if (vmm->msgs[i].id == TSM_CCA_CONTINUE)
			features |= RHI_DA_HAS_CONTINUE;
	return features;
}

static const char * const state_names[] = { "UNLOCKED", "LOCKED", "RUN" };
static const char * const object_names[] = {
	[TSM_CCA_OBJECT_VCA] = "VCA",
	[TSM_CCA_OBJECT_CERTIFICATE] = "certificate",
	[TSM_CCA_OBJECT_MEASUREMENTS] = "measurements",
	[TSM_CCA_OBJECT_REPORT] = "report",
};

/* The state or the object that the call is about */
static const char *subject_of(const struct host_call *h)
{
	u64 g2 = h->g[2];

	switch (h->g[0]) {
	case RHI_DA_OBJECT_SIZE:
	case RHI_DA_OBJECT_READ:
		return g2 < ARRAY_SIZE(object_names) ? object_names[g2] : "?";
	case RHI_VDEV_SET_TDI_STATE:
		return g2 < ARRAY_SIZE(state_names) ? state_names[g2] : "?";
	default:
		return "";
	}
}

static u64 serve_policy(struct vmm *vmm, const struct policy *policy,
			struct host_call *h)
{
	struct vmm_call call = { .scope = policy->scope };
	char text[40];

	if (h->g[1] != vmm->setup.virt_id)
		return TSM_CCA_INVALID_VDEV_ID;
	snprintf(text, sizeof(text), "%s %s", policy->name, subject_of(h));
	call.exit = text;
	return policy->serve(vmm, &call, h);
}

static void serve_host_call(struct vmm *vmm, struct host_call *h)
{
	switch (h->g[0]) {
	case RHI_DA_VERSION:
		h->g[0] = RHI_DA_VERSION_1_0;
		return;
	case RHI_DA_FEATURES:
		h->g[0] = features(vmm);
		return;
	}

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (policies[i].call == h->g[0]) {
			h->g[0] = serve_policy(vmm, &policies[i], h);
			return;
		}
	}
	h->g[0] = RHI_NOT_SUPPORTED;
}

/*
 * The realm is about to use its MMIO, and the RMM waits for the host to map it.
 * STATE_CHANGE: that is a part of starting the TDI. Return: REC_*
 */
static u64 validate_mmio(struct vmm *vmm, const u64 *x)
{
	struct tsm_cca_validate_mmio req = {
		.type = htole32(TSM_CCA_VALIDATE_MMIO),
		.gpa_base = htole64(x[2]),
		.gpa_top = htole64(x[3]),
		.pa_base = htole64(x[4]),
	};
	struct vmm_call call = {
		.exit = "REC exit VALIDATE_MAPPING",
		.id = TSM_CCA_VALIDATE_MMIO,
		.scope = IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE,
		.req = &req,
		.req_len = sizeof(req),
	};

	if (vmm_request(vmm, &call) || call.cmd.out_tsm_code)
		return REC_REJECT;
	return REC_ACCEPT;
}

/* All but the REC exit is between the realm and its RMM */
static int ask_rmm(struct vmm *vmm, struct emu_module_call *call)
{
	bool is_map = call->reg[0] == EMU_RSI_VDEV_VALIDATE_MAPPING;
	bool is_info = call->reg[0] == EMU_RSI_VDEV_GET_INFO;
	bool no_device = call->reg[0] == EMU_RSI_IPA_STATE_SET;
	u64 ipa = call->reg[2];
	int rc;

	call->tdi_id = no_device ? vmm->setup.virt_id : call->reg[1];
	rc = vmm_call_module(vmm, call);
	if (!rc && is_map && call->reg[0] == EMU_RSI_EXIT) {
		call->reg[1] = validate_mmio(vmm, call->reg);
		call->reg[0] = EMU_REC_ENTER;
		rc = vmm_call_module(vmm, call);
	}
	if (!rc && is_info && call->reg[0] == EMU_RSI_SUCCESS)
		rc = vmm_write_private(vmm, ipa, call->data, sizeof(call->data));
	if (rc == -ENOENT || rc == -EFAULT) {
		call->reg[0] = EMU_RSI_ERROR_INPUT;
		rc = 0;
	}
	return rc;
}

/* For the transcript: a VMM does not see these calls */
static void print_rsi(struct vmm *vmm, u64 x0, u64 status)
{
	char result[20];

	switch (x0) {
	case EMU_RSI_VDEV_DMA_ENABLE:
	case EMU_RSI_IPA_STATE_SET:
		snprintf(result, sizeof(result), status ? "status %llu" : "ok",
			 (unsigned long long)status);
		vmm_print_own(vmm, "RSI, no exit", x0 == EMU_RSI_IPA_STATE_SET ?
			      "(RSI_IPA_STATE_SET)" : "(RSI_VDEV_DMA_ENABLE)",
			      result);
	}
}

static int serve_rsi(struct vmm *vmm, u64 x[TSM_VMM_NR_REGS])
{
	struct emu_module_call call = {};
	u64 x0 = x[0];
	int rc;

	static_assert(sizeof(call.reg) == TSM_VMM_NR_REGS * sizeof(x[0]),
		      "a call to the RMM has other registers than one of the guest");
	memcpy(call.reg, x, sizeof(call.reg));
	rc = ask_rmm(vmm, &call);
	print_rsi(vmm, x0, call.reg[0]);
	memcpy(x, call.reg, 3 * sizeof(x[0]));
	return rc;
}

static int cca_exit(struct vmm *vmm, u16 kind)
{
	u64 x[TSM_VMM_NR_REGS];
	struct host_call h;
	int rc;

	if (kind != TSM_VMM_EXIT_HOST_CALL && kind != TSM_VMM_EXIT_MODULE)
		return -EOPNOTSUPP;
	rc = vmm_get_call(vmm, x);
	if (rc)
		return rc;

	if (kind == TSM_VMM_EXIT_MODULE)
		return serve_rsi(vmm, x) ?: vmm_set_call(vmm, x);

	memcpy(h.g, x, sizeof(h.g));
	serve_host_call(vmm, &h);
	memcpy(x, h.g, 2 * sizeof(x[0]));
	return vmm_set_call(vmm, x);
}

const struct vmm_front vmm_cca = {
	.name = "cca",
	.tsm_type = IOMMU_TSM_TYPE_CCA,
	.guest = tsm_vmm_guest_cca,
	.area_size = sizeof(struct cca_area),
	.shared_size = offsetof(struct cca_area, info),
	.bind = true,
	.message = cca_message,
	.exit = cca_exit,
};
