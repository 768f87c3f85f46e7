// SPDX-License-Identifier: GPL-2.0
/*
 * Host and module of Intel TDX Connect. The bind only prepares, the guest's
 * command BIND locks the TDI and UNBIND stops it. Commands are in the clear, the
 * outcome is in the header that comes back. What a guest asks the TDX module
 * itself (TDG.TDI.RD, TDG.MMIO.ACCEPT, TDG.DMAR.ACCEPT) does not pass here:
 * START_TDI lets the DMA through, and no page is known to be accepted.
 */
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>
#include <linux/tsm-proto-tdx.h>

#include "fw.h"

DECLARE_TSM_PROTO(tdx);

static int tdx_bind(struct tsm_emu_bound *bound)
{
	return tsm_emu_tdi_identify(bound) ?: tsm_emu_tdi_measure_once(bound);
}

/* Component that failed, for an error that a DSM answered */
static enum tsm_tdx_error tdx_error(int rc)
{
	return rc == PCI_TDISP_ERR_INVALID_INTERFACE_STATE ?
	       TSM_TDX_ERR_STATE : TSM_TDX_ERR_TDISP;
}

/* @rc is the result of the command. If it is 0, @data_len bytes follow the header */
static int tdx_complete(struct pci_tsm_guest_req *req, int rc, size_t data_len)
{
	struct tsm_tdx_hdr *hdr = req->resp;

	if (rc < 0)
		return rc;

	memcpy(hdr, req->req, sizeof(*hdr));
	req->resp_len = sizeof(*hdr);
	if (rc) {
		hdr->status = TSM_TDX_ERROR;
		hdr->error = tdx_error(rc);
		req->tsm_code = hdr->error;
		return 0;
	}

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
	if (!rc)
		rsp->state = state;
	return tdx_complete(req, rc, sizeof(*rsp));
}

static int tdx_guest_req(struct tsm_emu_bound *bound,
			 struct pci_tsm_guest_req *req)
{
	struct pci_dev *pdev = bound->tdi.pdev;

	switch (req->msg->id) {
	case TSM_TDX_CHECK_TEEIO_SUPP:
		return tdx_check_supp(bound, req);
	case TSM_TDX_BIND:
		return tdx_complete(req, tsm_emu_tdi_lock(bound), 0);
	case TSM_TDX_GET_DEV_INFO:
		return tdx_get_dev_info(bound, req);
	case TSM_TDX_GET_TDI_REPORT:
		return tdx_get_report(bound, req);
	case TSM_TDX_START_TDI:
		return tdx_complete(req, tsm_emu_dsm_start(pdev,
							   bound->start_nonce),
				    0);
	case TSM_TDX_GET_TDI_STATE:
		return tdx_get_state(bound, req);
	case TSM_TDX_UNBIND:
		return tdx_complete(req, tsm_emu_tdi_stop(bound), 0);
	default:
		return -EINVAL;
	}
}

const struct tsm_emu_fw tsm_emu_fw_tdx = {
	.guest_proto = &tsm_proto_tdx,
	.bind = tdx_bind,
	.guest_req = tdx_guest_req,
};
