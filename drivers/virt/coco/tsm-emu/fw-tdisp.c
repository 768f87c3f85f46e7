// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware that forwards a guest's TDISP messages to the DSM. It replaces the
 * guest's routing ID of the function by the host's, and back.
 */
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>

#include "fw.h"

DECLARE_TSM_PROTO(tdisp);

/* The guest named a function that it does not own */
static size_t tdisp_no_such_tdi(const struct pci_tdisp_header *hdr, void *resp)
{
	struct pci_tdisp_error_rsp *rsp = resp;

	rsp->hdr = *hdr;
	rsp->hdr.version = PCI_TDISP_VERSION_1_0;
	rsp->hdr.type = PCI_TDISP_ERROR;
	rsp->code = cpu_to_le32(PCI_TDISP_ERR_INVALID_INTERFACE);
	rsp->data = 0;
	return sizeof(*rsp);
}

/* Unchanged but for the routing ID */
static int tdisp_forward(struct pci_tdi *tdi,
			 const struct pci_tsm_guest_req *req, void *msg)
{
	struct pci_tdisp_header *hdr = msg;
	int rc;

	memcpy(msg, req->req, req->req_len);
	if (le32_to_cpu(hdr->function_id) != tdi->tdi_id)
		return tdisp_no_such_tdi(req->req, msg);

	hdr->function_id = cpu_to_le32(pci_dev_id(tdi->pdev));
	rc = tsm_emu_dsm_transfer(tdi->pdev, msg, req->req_len, msg);
	hdr->function_id = cpu_to_le32(tdi->tdi_id);
	return rc;
}

static int tdisp_message(struct tsm_emu_bound *bound,
			 struct pci_tsm_guest_req *req)
{
	u8 msg[TSM_EMU_TDISP_MAX] __aligned(8);
	struct pci_tdisp_error_rsp *error = (void *)msg;
	int len;

	if (req->req_len > sizeof(msg))
		return -EMSGSIZE;
	len = tdisp_forward(&bound->tdi, req, msg);
	if (len < 0)
		return len;
	/* That would be the DSM's fault, but the core would take it for the driver's */
	if (len < req->msg->resp_min)
		return -EIO;

	if (error->hdr.type == PCI_TDISP_ERROR) {
		if (len < sizeof(*error))
			return -EIO;
		req->tsm_code = le32_to_cpu(error->code);
		/* The guest sees by the data of the error that some is missing */
		len = umin(len, req->msg->resp_max);
	}

	req->resp_len = len;
	if (len > req->resp_size)
		return -ENOBUFS;
	memcpy(req->resp, msg, len);
	return 0;
}

static int tdisp_guest_req(struct tsm_emu_bound *bound,
			   struct pci_tsm_guest_req *req)
{
	const struct pci_tdisp_header *hdr = req->req;

	if (hdr->type == PCI_TDISP_VDM)
		return tsm_emu_debug_req(&bound->tdi, req);
	return tdisp_message(bound, req);
}

const struct tsm_emu_fw tsm_emu_fw_tdisp = {
	.guest_proto = &tsm_proto_tdisp,
	.debug_proto = &tsm_emu_debug_proto,
	.guest_req = tdisp_guest_req,
};
