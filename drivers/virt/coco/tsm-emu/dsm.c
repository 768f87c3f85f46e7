// SPDX-License-Identifier: GPL-2.0
/*
 * TDISP requester of the emulated TSM: TDISP in SPDM vendor defined messages in
 * DOE data objects. There is an SPDM session and an IDE stream, but no key: nothing
 * can listen on the emulated link.
 */
#include <linux/cleanup.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/slab.h>

#include "fw.h"

static int dsm_spdm(struct pci_dev *pdev, const void *req, size_t len,
		    void *resp, size_t resp_size)
{
	const struct tsm_emu_spdm *hdr = req;
	u8 code = hdr->code & ~TSM_EMU_SPDM_REQ;
	const struct tsm_emu_spdm *rsp = resp;
	int rc;

	rc = pci_tsm_doe_transfer(pdev->tsm->dsm_dev, PCI_DOE_FEATURE_CMA, req,
				  len, resp, resp_size);
	if (rc < 0)
		return rc;
	return rc < sizeof(*rsp) || rsp->code != code ? -EIO : rc;
}

/* A request that is a header, as is the response: without keys there is no more to say */
static int dsm_spdm_simple(struct pci_dev *pdev, u8 code)
{
	struct tsm_emu_spdm req = {
		.version = TSM_EMU_SPDM_VERSION,
		.code = code,
	};
	struct tsm_emu_spdm resp;
	int rc;

	rc = dsm_spdm(pdev, &req, sizeof(req), &resp, sizeof(resp));
	return rc < 0 ? rc : 0;
}

/**
 * tsm_emu_dsm_start_session() - start an SPDM session with the DSM
 * @pdev: function of the DSM's device
 *
 * Context: process context, may sleep
 * Return: 0 or -errno
 */
int tsm_emu_dsm_start_session(struct pci_dev *pdev)
{
	return dsm_spdm_simple(pdev, TSM_EMU_SPDM_KEY_EXCHANGE);
}

/**
 * tsm_emu_dsm_end_session() - end the SPDM session, and with it the IDE stream
 * @pdev: function of the DSM's device
 *
 * Context: process context, may sleep
 * Return: 0 or -errno
 */
int tsm_emu_dsm_end_session(struct pci_dev *pdev)
{
	return dsm_spdm_simple(pdev, TSM_EMU_SPDM_END_SESSION);
}

/* @resp has room for TSM_EMU_TDISP_MAX bytes. Return: how long it is, or -errno */
static int dsm_vdm(struct pci_dev *pdev, u8 protocol, const void *req,
		   size_t len, void *resp)
{
	size_t vdm_size = sizeof(struct tsm_emu_spdm_vdm) + TSM_EMU_TDISP_MAX;
	size_t resp_len;
	int rc;

	struct tsm_emu_spdm_vdm *vdm __free(kfree) =
		kzalloc(round_up(vdm_size, sizeof(u32)), GFP_KERNEL);
	if (!vdm)
		return -ENOMEM;
	if (len > TSM_EMU_TDISP_MAX)
		return -EMSGSIZE;

	vdm->spdm.version = TSM_EMU_SPDM_VERSION;
	vdm->spdm.code = TSM_EMU_SPDM_VDM;
	vdm->standard_id = cpu_to_le16(TSM_EMU_SPDM_STANDARD_PCI_SIG);
	vdm->vendor_id_len = sizeof(vdm->vendor_id);
	vdm->vendor_id = cpu_to_le16(PCI_VENDOR_ID_PCI_SIG);
	vdm->payload_len = cpu_to_le16(1 + len);
	vdm->protocol_id = protocol;
	memcpy(vdm->payload, req, len);

	rc = dsm_spdm(pdev, vdm, sizeof(*vdm) + len, vdm, vdm_size);
	if (rc < 0)
		return rc;
	if (rc < sizeof(*vdm))
		return -EIO;

	resp_len = le16_to_cpu(vdm->payload_len) - 1;
	if (resp_len > rc - sizeof(*vdm))
		return -EIO;

	memcpy(resp, vdm->payload, resp_len);
	return resp_len;
}

/**
 * tsm_emu_dsm_set_keys() - have the IDE stream of the DSM's device use its keys
 * @pdev: function of the DSM's device
 *
 * Context: process context, may sleep
 * Return: 0 or -errno
 */
int tsm_emu_dsm_set_keys(struct pci_dev *pdev)
{
	const u8 req = TSM_EMU_IDE_KM_SET_GO;
	u8 resp[TSM_EMU_TDISP_MAX];
	int rc;

	rc = dsm_vdm(pdev, TSM_EMU_PROTOCOL_IDE_KM, &req, sizeof(req), resp);
	if (rc < 0)
		return rc;
	return rc != 1 || resp[0] != TSM_EMU_IDE_KM_GOSTOP_ACK ? -EIO : 0;
}

/**
 * tsm_emu_dsm_transfer() - send a TDISP message to the DSM and receive its response
 * @pdev: function of the DSM's device
 * @req: the message
 * @len: bytes at @req
 * @resp: room for TSM_EMU_TDISP_MAX bytes, may be @req
 *
 * Context: process context, may sleep
 * Return: length of the response, at least a header, or -errno
 */
int tsm_emu_dsm_transfer(struct pci_dev *pdev, const void *req, size_t len,
			 void *resp)
{
	int rc;

	rc = dsm_vdm(pdev, TSM_EMU_PROTOCOL_TDISP, req, len, resp);
	if (rc < 0)
		return rc;
	return rc < sizeof(struct pci_tdisp_header) ? -EIO : rc;
}

static struct pci_tdisp_header dsm_header(struct pci_dev *pdev, u8 type)
{
	return (struct pci_tdisp_header) {
		.version = PCI_TDISP_VERSION_1_0,
		.type = type,
		.function_id = cpu_to_le32(pci_dev_id(pdev)),
	};
}

/* Is that the response, of at least @resp_min bytes? Return: 0, -EIO, or its error */
static int dsm_check(const struct pci_tdisp_header *req, const void *resp,
		     size_t len, size_t resp_min)
{
	const struct pci_tdisp_error_rsp *rsp = resp;

	if (rsp->hdr.type == PCI_TDISP_ERROR && len >= sizeof(*rsp))
		return le32_to_cpu(rsp->code) ?: -EIO;
	if (rsp->hdr.type != (req->type & ~PCI_TDISP_REQ) || len < resp_min)
		return -EIO;
	return 0;
}

/* @resp has room for TSM_EMU_TDISP_MAX bytes. A response is at least @resp_min long */
static int dsm_call(struct pci_dev *pdev, const void *req, size_t len,
		    void *resp, size_t resp_min)
{
	int rc = tsm_emu_dsm_transfer(pdev, req, len, resp);

	return rc < 0 ? rc : dsm_check(req, resp, rc, resp_min);
}

/* Message and response consist of a header only */
static int dsm_simple(struct pci_dev *pdev, u8 type)
{
	struct pci_tdisp_header req = dsm_header(pdev, type);
	u8 resp[TSM_EMU_TDISP_MAX];

	return dsm_call(pdev, &req, sizeof(req), resp, sizeof(req));
}

/**
 * tsm_emu_dsm_version() - GET_TDISP_VERSION, to see whether the DSM answers
 * @pdev: function of the DSM's device
 *
 * Context: process context, may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_dsm_version(struct pci_dev *pdev)
{
	return dsm_simple(pdev, PCI_TDISP_GET_VERSION);
}

/**
 * tsm_emu_dsm_lock() - LOCK_INTERFACE
 * @pdev: function that is the TDI
 * @flags: PCI_TDISP_LOCK_*
 * @nonce: takes what tsm_emu_dsm_start() has to show
 *
 * Context: process context, may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_dsm_lock(struct pci_dev *pdev, u16 flags,
		     u8 nonce[PCI_TDISP_NONCE_LEN])
{
	struct pci_tdisp_lock_interface req = {
		.hdr = dsm_header(pdev, PCI_TDISP_LOCK_INTERFACE),
		.flags = cpu_to_le16(flags),
	};
	u8 resp[TSM_EMU_TDISP_MAX];
	struct pci_tdisp_lock_interface_rsp *rsp = (void *)resp;
	int rc;

	rc = dsm_call(pdev, &req, sizeof(req), resp, sizeof(*rsp));
	if (rc)
		return rc;

	memcpy(nonce, rsp->start_nonce, sizeof(rsp->start_nonce));
	memzero_explicit(resp, sizeof(resp));
	return 0;
}

/**
 * tsm_emu_dsm_start() - START_INTERFACE
 * @pdev: function that is the TDI
 * @nonce: from tsm_emu_dsm_lock()
 *
 * Context: process context, may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_dsm_start(struct pci_dev *pdev,
		      const u8 nonce[PCI_TDISP_NONCE_LEN])
{
	struct pci_tdisp_start_interface req = {
		.hdr = dsm_header(pdev, PCI_TDISP_START_INTERFACE),
	};
	u8 resp[TSM_EMU_TDISP_MAX];
	int rc;

	memcpy(req.start_nonce, nonce, sizeof(req.start_nonce));
	rc = dsm_call(pdev, &req, sizeof(req), resp, sizeof(req.hdr));
	memzero_explicit(&req, sizeof(req));
	return rc;
}

/**
 * tsm_emu_dsm_stop() - STOP_INTERFACE
 * @pdev: function that is the TDI
 *
 * Context: process context, may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_dsm_stop(struct pci_dev *pdev)
{
	return dsm_simple(pdev, PCI_TDISP_STOP_INTERFACE);
}

/**
 * tsm_emu_dsm_state() - GET_DEVICE_INTERFACE_STATE
 * @pdev: function that is the TDI
 * @state: takes its state
 *
 * Context: process context, may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_dsm_state(struct pci_dev *pdev, enum pci_tdisp_state *state)
{
	struct pci_tdisp_header req =
		dsm_header(pdev, PCI_TDISP_GET_INTERFACE_STATE);
	u8 resp[TSM_EMU_TDISP_MAX];
	struct pci_tdisp_interface_state_rsp *rsp = (void *)resp;
	int rc;

	rc = dsm_call(pdev, &req, sizeof(req), resp, sizeof(*rsp));
	if (!rc)
		*state = rsp->state;
	return rc;
}

/*
 * Append a portion of the report to the @len bytes of it there are. @rest is what is
 * left of it, or the room for a portion if that is not known, PCIe r6.3 table 11-13.
 */
static int dsm_report_portion(struct pci_dev *pdev, u8 *report, size_t size,
			      size_t *len, size_t *rest)
{
	struct pci_tdisp_get_interface_report req = {
		.hdr = dsm_header(pdev, PCI_TDISP_GET_INTERFACE_REPORT),
		.offset = cpu_to_le16(*len),
		.length = cpu_to_le16(min(*rest, TSM_EMU_PORTION_MAX)),
	};
	u8 resp[TSM_EMU_TDISP_MAX];
	struct pci_tdisp_interface_report_rsp *rsp = (void *)resp;
	size_t portion, resp_len;
	int rc;

	rc = tsm_emu_dsm_transfer(pdev, &req, sizeof(req), resp);
	if (rc < 0)
		return rc;
	resp_len = rc;
	rc = dsm_check(&req.hdr, resp, resp_len, sizeof(*rsp));
	if (rc)
		return rc;

	portion = le16_to_cpu(rsp->portion_length);
	if (!portion || portion > resp_len - sizeof(*rsp) ||
	    portion > size - *len)
		return -EIO;

	memcpy(report + *len, rsp->report, portion);
	*len += portion;
	*rest = le16_to_cpu(rsp->remainder_length);
	return 0;
}

/**
 * tsm_emu_dsm_report() - GET_DEVICE_INTERFACE_REPORT, for all of it
 * @pdev: function that is the TDI
 * @report: where to
 * @size: bytes at @report
 * @len: takes the length of the report
 *
 * Context: process context, may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_dsm_report(struct pci_dev *pdev, void *report, size_t size,
		       size_t *len)
{
	size_t rest = TSM_EMU_PORTION_MAX;
	int rc;

	*len = 0;
	do {
		rc = dsm_report_portion(pdev, report, size, len, &rest);
	} while (!rc && rest);
	return rc;
}

/**
 * tsm_emu_dsm_mmio_attr() - SET_MMIO_ATTRIBUTE
 * @pdev: function that is the TDI
 * @range: MMIO range
 * @attr: PCI_TDISP_MMIO_* that it is to have
 *
 * Context: process context, may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_dsm_mmio_attr(struct pci_dev *pdev,
			  const struct tsm_emu_range *range, u16 attr)
{
	struct pci_tdisp_set_mmio_attribute req = {
		.hdr = dsm_header(pdev, PCI_TDISP_SET_MMIO_ATTRIBUTE),
		.range.first_page = cpu_to_le64(range->base / SZ_4K),
		.range.pages = cpu_to_le32(range->pages),
		.range.attr = cpu_to_le16(attr),
		.range.range_id = cpu_to_le16(range->id),
	};
	u8 resp[TSM_EMU_TDISP_MAX];

	return dsm_call(pdev, &req, sizeof(req), resp, sizeof(req.hdr));
}
