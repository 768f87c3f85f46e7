// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests about a TDI: the sealed messages of its SNP guest, and the host calls of the
 * VMM. The firmware's answer is a status, which goes to the guest; an errno says that it
 * gave none.
 */
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <asm/sev.h>

#include "psp-dev.h"
#include "sev-dev.h"
#include "sev-dev-tio.h"

static_assert(TSM_SEV_TIO_NONCE_LEN == TIO_MEAS_NONCE_LEN);

/* Read the header once: it says how much to copy */
static int take_response(struct tio_tdi *tdi, struct pci_tsm_guest_req *req)
{
	struct snp_guest_msg_hdr hdr;
	u32 len;

	memcpy(&hdr, tdi->resp, sizeof(hdr));
	len = sizeof(hdr) + hdr.msg_sz;
	if (hdr.hdr_sz != sizeof(hdr) || len > SZ_4K || len > req->resp_size)
		return -EPROTO;
	if (len < req->msg->resp_min)
		return -EPROTO;

	memcpy(req->resp, tdi->resp, len);
	req->resp_len = len;
	return 0;
}

/*
 * The firmware takes each message number once, so a message whose response might not
 * fit is not shown to it.
 */
static int serve_message(struct tio_dsm *dsm, struct tio_tdi *tdi,
			 struct pci_tsm_guest_req *req)
{
	int ret;

	if (req->req_len > SZ_4K)
		return -EMSGSIZE;
	if (req->resp_size < req->msg->resp_max) {
		req->resp_len = req->msg->resp_max;
		return -ENOBUFS;
	}

	memcpy(tdi->req, req->req, req->req_len);
	memset(tdi->req + req->req_len, 0, SZ_4K - req->req_len);

	ret = sev_tio_guest_request(&dsm->data, &tdi->data, tdi->req, tdi->resp);
	ret = sev_tio_spdm_cmd(dsm, ret);
	if (ret)
		return ret;

	return take_response(tdi, req);
}

static int serve_measure(struct tio_dsm *dsm, struct tio_tdi *tdi,
			 const struct tsm_sev_tio_measure *call)
{
	int ret;

	ret = sev_tio_dev_measurements(&dsm->data, call->nonce);
	ret = sev_tio_spdm_cmd(dsm, ret);
	if (ret)
		return ret;

	ret = tio_object_save(&tdi->meas, &dsm->data, SPDM_DOBJ_ID_MEASUREMENT,
			      GFP_KERNEL_ACCOUNT);
	return ret == -ENODATA ? -EPROTO : ret;
}

/* The decoder has seen to it that there is such an object */
static const struct tio_object *find_object(struct tio_dsm *dsm,
					    struct tio_tdi *tdi, u8 object)
{
	switch (object) {
	case TSM_SEV_TIO_OBJECT_CERTIFICATES:
		return &dsm->certs;
	case TSM_SEV_TIO_OBJECT_MEASUREMENTS:
		return &tdi->meas;
	default:
		return &tdi->report;
	}
}

static int serve_object_size(struct tio_dsm *dsm, struct tio_tdi *tdi,
			     struct pci_tsm_guest_req *req)
{
	const struct tsm_sev_tio_object_size *call = req->req;
	struct tsm_sev_tio_object_size_rsp *rsp = req->resp;

	req->resp_len = sizeof(*rsp);
	return tio_object_size(find_object(dsm, tdi, call->object), rsp);
}

static int serve_object_read(struct tio_dsm *dsm, struct tio_tdi *tdi,
			     struct pci_tsm_guest_req *req)
{
	const struct tsm_sev_tio_object_read *call = req->req;

	return tio_object_read(find_object(dsm, tdi, call->object), call,
			       req->resp, req->resp_size, &req->resp_len);
}

/* Before DEV_DISCONNECT the firmware is not bothered again, see sev_tio_abandon() */
static int serve_by_firmware(struct tio_dsm *dsm, struct tio_tdi *tdi,
			     struct pci_tsm_guest_req *req)
{
	if (dsm->data.stuck)
		return -ENOTCONN;

	switch (req->msg->id) {
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_STOP):
		return sev_tio_tdi_stop(dsm, tdi);
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_RUN):
		return sev_tio_tdi_run(dsm, tdi);
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_MEASURE):
		return serve_measure(dsm, tdi, req->req);
	default:
		return serve_message(dsm, tdi, req);
	}
}

static int serve(struct tio_dsm *dsm, struct tio_tdi *tdi,
		 struct pci_tsm_guest_req *req)
{
	switch (req->msg->id) {
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_OBJECT_SIZE):
		return serve_object_size(dsm, tdi, req);
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_OBJECT_READ):
		return serve_object_read(dsm, tdi, req);
	default:
		return serve_by_firmware(dsm, tdi, req);
	}
}

/**
 * sev_tio_guest_req() - Serve a message of a guest, or a host call
 * @tdi: bound TDI that the VMM names; the one that the guest names is sealed
 * @req: the request and its response
 *
 * Context: as &pci_tsm_link_ops.guest_req
 * Return: 0 if the firmware answered, and &pci_tsm_guest_req.tsm_code is its status; or
 * * -ENODATA, -ESTALE, -ERANGE: see tio_object_read()
 * * -EMSGSIZE: longer than a page
 * * -ENOBUFS: the response might not fit, the firmware was not called
 * * -EPROTO: the response, or an object, is malformed
 * * -ENOTCONN: the firmware waits for the device in a command that was given up
 * * -ENOMEM: out of memory
 * * other: from sev_tio_errno()
 */
int sev_tio_guest_req(struct pci_tdi *tdi, struct pci_tsm_guest_req *req)
{
	struct tio_dsm *dsm = to_tio_dsm(tdi->pdev);
	int ret;

	dsm->data.psp_ret = SEV_RET_SUCCESS;
	ret = serve(dsm, to_tio_tdi(tdi), req);
	req->tsm_code = sev_tio_refusal(dsm);

	return req->tsm_code ? 0 : sev_tio_errno(ret, 0);
}
