// SPDX-License-Identifier: GPL-2.0
/*
 * Host and module of Intel TDX Connect. The bind only prepares, the guest's
 * command BIND locks the TDI and UNBIND stops it. Commands are in the clear, the
 * outcome is in the header that comes back.
 *
 * What a guest asks the TDX module itself comes by the file module in debugfs. No
 * text of the module's specification with TDX Connect was available: its rules are
 * those that Intel's guest driver of 2026 (connect.c) and OpenHCL's of September 2026
 * (tdxconnect.rs) rely on. They differ in whether MMIO is accepted before the start
 * or after it, so both are allowed.
 */
#include <crypto/sha2.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>
#include <linux/tsm-proto-tdx.h>

#include "fw.h"

DECLARE_TSM_PROTO(tdx);

/**
 * struct emu_tdx - what the TDX module keeps of a TDI
 * @session: of the last BIND, 0 if the TDI is not bound to the TD
 * @start_allowed: the TD has allowed the host to start the TDI
 *
 * Protected by &tsm_emu.bound_lock
 */
struct emu_tdx {
	u64 session;
	bool start_allowed;
};

static int tdx_bind(struct tsm_emu_bound *bound)
{
	int rc;

	struct emu_tdx *tdx __free(kfree) = kzalloc_obj(*tdx);
	if (!tdx)
		return -ENOMEM;

	rc = tsm_emu_tdi_identify(bound) ?: tsm_emu_tdi_measure_once(bound);
	if (rc)
		return rc;

	bound->dma_blocked = true;
	bound->fw_data = no_free_ptr(tdx);
	return 0;
}

static void tdx_unbind(struct tsm_emu_bound *bound)
{
	kfree(bound->fw_data);
}

/* DMA is off from each BIND until the TD accepts it, and after UNBIND */
static void tdx_set_session(struct tsm_emu_bound *bound, u64 session)
{
	struct emu_tdx *tdx = bound->fw_data;

	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	*tdx = (struct emu_tdx) { .session = session };
	bound->dma_blocked = true;
}

static int tdx_lock(struct tsm_emu_bound *bound)
{
	int rc = tsm_emu_tdi_lock(bound);

	/* A TD that authorised the TDI of an earlier BIND did not authorise this */
	if (!rc)
		tdx_set_session(bound, get_random_u64() | 1);
	return rc;
}

/* Undoes all that the TD accepted, from any state */
static int tdx_stop(struct tsm_emu_bound *bound)
{
	tdx_set_session(bound, 0);
	return tsm_emu_tdi_stop(bound);
}

static bool tdx_start_is_allowed(struct tsm_emu_bound *bound)
{
	const struct emu_tdx *tdx = bound->fw_data;

	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	return tdx->start_allowed;
}

/* Component that failed, for an error that a DSM answered */
static enum tsm_tdx_error tdx_error(int rc)
{
	return rc == PCI_TDISP_ERR_INVALID_INTERFACE_STATE ?
	       TSM_TDX_ERR_STATE : TSM_TDX_ERR_TDISP;
}

static int tdx_fail(struct pci_tsm_guest_req *req, enum tsm_tdx_error error)
{
	struct tsm_tdx_hdr *hdr = req->resp;

	memcpy(hdr, req->req, sizeof(*hdr));
	req->resp_len = sizeof(*hdr);
	hdr->status = TSM_TDX_ERROR;
	hdr->error = error;
	req->tsm_code = error;
	return 0;
}

/*
 * @rc is the result of the command. If it is 0, @data_len bytes follow the header.
 * A TD refuses an answer to BIND or UNBIND that has any.
 */
static int tdx_complete(struct pci_tsm_guest_req *req, int rc, size_t data_len)
{
	struct tsm_tdx_hdr *hdr = req->resp;

	if (rc < 0)
		return rc;
	if (rc)
		return tdx_fail(req, tdx_error(rc));

	memcpy(hdr, req->req, sizeof(*hdr));
	req->resp_len = sizeof(*hdr);
	hdr->status = TSM_TDX_COMPLETED;
	hdr->data_length = cpu_to_le32(data_len);
	req->resp_len += data_len;
	return 0;
}

/* Is there room for that much data? If not, the request says how much it takes */
static bool tdx_has_room(struct pci_tsm_guest_req *req, size_t data_len)
{
	req->resp_len = sizeof(struct tsm_tdx_hdr) + data_len;
	return req->resp_len <= req->resp_size;
}

static int tdx_check_supp(struct tsm_emu_bound *bound,
			  struct pci_tsm_guest_req *req)
{
	struct tsm_tdx_hdr *hdr = req->resp;
	struct tsm_tdx_teeio_supp *supp = (void *)hdr->data;

	if (!tdx_has_room(req, sizeof(*supp)))
		return -ENOBUFS;
	/* It is bound, so it can be a TDI */
	supp->supported = 1;
	return tdx_complete(req, 0, sizeof(*supp));
}

static int tdx_get_dev_info(struct tsm_emu_bound *bound,
			    struct pci_tsm_guest_req *req)
{
	const struct tsm_emu_blob *certificates =
		&bound->object[EMU_OBJECT_CERTIFICATES];
	const struct tsm_emu_blob *measurements =
		&bound->object[EMU_OBJECT_MEASUREMENTS];
	size_t len = certificates->len + measurements->len;
	struct tsm_tdx_hdr *hdr = req->resp;

	if (!tdx_has_room(req, len))
		return -ENOBUFS;
	memcpy(hdr->data, certificates->data, certificates->len);
	memcpy(hdr->data + certificates->len, measurements->data,
	       measurements->len);
	return tdx_complete(req, 0, len);
}

static int tdx_get_report(struct tsm_emu_bound *bound,
			  struct pci_tsm_guest_req *req)
{
	const struct tsm_emu_blob *report = &bound->object[EMU_OBJECT_REPORT];
	struct tsm_tdx_hdr *hdr = req->resp;
	int rc;

	rc = tsm_emu_tdi_is_locked(bound);
	if (rc)
		return tdx_complete(req, rc, 0);

	if (!tdx_has_room(req, report->len))
		return -ENOBUFS;
	memcpy(hdr->data, report->data, report->len);
	return tdx_complete(req, 0, report->len);
}

/* TDH.TDI.START, as far as OpenHCL shows: not without the TD's TDG.TDI.START */
static int tdx_start(struct tsm_emu_bound *bound, struct pci_tsm_guest_req *req)
{
	enum pci_tdisp_state state;
	int rc;

	rc = tsm_emu_dsm_state(bound->tdi.pdev, &state);
	if (rc)
		return tdx_complete(req, rc, 0);
	if (state == PCI_TDISP_STATE_CONFIG_LOCKED &&
	    !tdx_start_is_allowed(bound))
		return tdx_fail(req, TSM_TDX_ERR_MODULE);
	return tdx_complete(req, tsm_emu_dsm_start(bound->tdi.pdev,
						   bound->start_nonce), 0);
}

/* The module has no state of a TDI that is not bound to the TD, so neither has this */
static int tdx_get_state(struct tsm_emu_bound *bound,
			 struct pci_tsm_guest_req *req)
{
	struct tsm_tdx_hdr *hdr = req->resp;
	struct tsm_tdx_tdi_state *rsp = (void *)hdr->data;
	enum pci_tdisp_state state;
	int rc;

	if (!tdx_has_room(req, sizeof(*rsp)))
		return -ENOBUFS;
	rc = tsm_emu_dsm_state(bound->tdi.pdev, &state);
	if (!rc && state == PCI_TDISP_STATE_CONFIG_UNLOCKED)
		rc = PCI_TDISP_ERR_INVALID_INTERFACE_STATE;
	if (!rc)
		rsp->state = state;
	return tdx_complete(req, rc, sizeof(*rsp));
}

static int tdx_guest_req(struct tsm_emu_bound *bound,
			 struct pci_tsm_guest_req *req)
{
	switch (req->msg->id) {
	case TSM_TDX_CHECK_TEEIO_SUPP:
		return tdx_check_supp(bound, req);
	case TSM_TDX_BIND:
		return tdx_complete(req, tdx_lock(bound), 0);
	case TSM_TDX_GET_DEV_INFO:
		return tdx_get_dev_info(bound, req);
	case TSM_TDX_GET_TDI_REPORT:
		return tdx_get_report(bound, req);
	case TSM_TDX_START_TDI:
		return tdx_start(bound, req);
	case TSM_TDX_GET_TDI_STATE:
		return tdx_get_state(bound, req);
	case TSM_TDX_UNBIND:
		return tdx_complete(req, tdx_stop(bound), 0);
	default:
		return -EINVAL;
	}
}

static u64 tdx_status(u32 error)
{
	return (u64)error << 32;
}

/* TDI_ATTESTATION_HASH: of what GET_DEV_INFO returns */
static void tdx_attestation_hash(struct tsm_emu_bound *bound,
				 u8 hash[SHA384_DIGEST_SIZE])
{
	const struct tsm_emu_blob *certificates =
		&bound->object[EMU_OBJECT_CERTIFICATES];
	const struct tsm_emu_blob *measurements =
		&bound->object[EMU_OBJECT_MEASUREMENTS];
	struct sha384_ctx ctx;

	sha384_init(&ctx);
	sha384_update(&ctx, certificates->data, certificates->len);
	sha384_update(&ctx, measurements->data, measurements->len);
	sha384_final(&ctx, hash);
}

static u64 tdx_tdi_rd(struct tsm_emu_bound *bound, enum pci_tdisp_state state,
		      struct emu_module_call *call)
{
	const struct tsm_emu_blob *report = &bound->object[EMU_OBJECT_REPORT];
	const struct emu_tdx *tdx = bound->fw_data;

	switch (call->reg[2]) {
	case EMU_TDI_FIELD_STATE:
		call->reg[1] = state;
		return EMU_TDX_SUCCESS;
	case EMU_TDI_FIELD_REPORT_HASH:
		sha384(report->data, report->len, call->data);
		return EMU_TDX_SUCCESS;
	case EMU_TDI_FIELD_ATTESTATION_HASH:
		tdx_attestation_hash(bound, call->data);
		return EMU_TDX_SUCCESS;
	case EMU_TDI_FIELD_SESSION:
		call->reg[1] = tdx->session;
		return EMU_TDX_SUCCESS;
	default:
		return tdx_status(EMU_TDX_INVALID_OPERAND);
	}
}

static u64 tdx_tdi_start(struct tsm_emu_bound *bound,
			 enum pci_tdisp_state state, u64 session)
{
	struct emu_tdx *tdx = bound->fw_data;

	if (session != tdx->session)
		return tdx_status(EMU_TDX_INVALID_OPERAND);
	if (state != PCI_TDISP_STATE_CONFIG_LOCKED)
		return tdx_status(EMU_TDX_TDI_INVALID_STATE);
	tdx->start_allowed = true;
	return EMU_TDX_SUCCESS;
}

/* @vm: L1, or one of three that the TD partitions itself into */
static u64 tdx_dmar_accept(struct tsm_emu_bound *bound,
			   enum pci_tdisp_state state, u64 vm)
{
	if (vm > 3)
		return tdx_status(EMU_TDX_INVALID_OPERAND);
	if (state == PCI_TDISP_STATE_ERROR)
		return tdx_status(EMU_TDX_TDI_INVALID_STATE);
	bound->dma_blocked = false;
	return EMU_TDX_SUCCESS;
}

/* By the place of a range in the report, which is not its range id */
static u64 tdx_mmio_accept(struct tsm_emu_bound *bound,
			   enum pci_tdisp_state state,
			   const struct emu_module_call *call)
{
	u32 first = call->reg[4] >> 32, pages = (u32)call->reg[4];
	u64 gpa = call->reg[1], index = call->reg[2];
	struct tsm_emu_range *range;

	if (state == PCI_TDISP_STATE_ERROR)
		return tdx_status(EMU_TDX_TDI_INVALID_STATE);
	if (!IS_ALIGNED(gpa, SZ_4K) || index >= bound->mmio.nr_ranges)
		return tdx_status(EMU_TDX_INVALID_OPERAND);

	range = &bound->mmio.range[index];
	if (range->attr & PCI_TDISP_MMIO_NON_TEE ||
	    !tsm_emu_range_has(range, first, pages))
		return tdx_status(EMU_TDX_INVALID_OPERAND);
	tsm_emu_range_validate(range, first, pages, true);
	return EMU_TDX_SUCCESS;
}

static u64 tdx_tdcall(struct tsm_emu_bound *bound, enum pci_tdisp_state state,
		      struct emu_module_call *call)
{
	const struct emu_tdx *tdx = bound->fw_data;

	/* A host that stops the function by other means does not tell the module */
	if (!tdx->session || state == PCI_TDISP_STATE_CONFIG_UNLOCKED)
		return tdx_status(EMU_TDX_TDI_INVALID_METADATA);

	switch (call->reg[0]) {
	case EMU_TDG_TDI_RD:
		return tdx_tdi_rd(bound, state, call);
	case EMU_TDG_TDI_START:
		return tdx_tdi_start(bound, state, call->reg[2]);
	case EMU_TDG_DMAR_ACCEPT:
		return tdx_dmar_accept(bound, state, call->reg[2]);
	case EMU_TDG_MMIO_ACCEPT:
		return tdx_mmio_accept(bound, state, call);
	default:
		return tdx_status(EMU_TDX_INVALID_OPERAND);
	}
}

static void tdx_guest_call(struct tsm_emu_bound *bound,
			   enum pci_tdisp_state state,
			   struct emu_module_call *call)
{
	lockdep_assert_held(&tsm_emu_of_bound(bound)->bound_lock);
	call->reg[0] = tdx_tdcall(bound, state, call);
}

const struct tsm_emu_fw tsm_emu_fw_tdx = {
	.guest_proto = &tsm_proto_tdx,
	.bind = tdx_bind,
	.unbind = tdx_unbind,
	.guest_req = tdx_guest_req,
	.guest_call = tdx_guest_call,
};
