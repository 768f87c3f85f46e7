// SPDX-License-Identifier: GPL-2.0
/*
 * DOE mailbox of an emulated DSM, PCIe r7.0 section 6.30: data objects go in
 * and out dword by dword. The device answers at once when GO is written, unless a
 * test has it do otherwise.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/unaligned.h>

#include "tsm-emu.h"

static const u8 doe_features[] = {
	PCI_DOE_FEATURE_DISCOVERY,
	PCI_DOE_FEATURE_CMA,
};

/* DOE Discovery Version, which goes with the version of the capability */
#define DISCOVERY_VERSION	2

static void doe_set_reg(struct tsm_emu_fn *fn, unsigned int reg, u32 val)
{
	put_unaligned_le32(val, &fn->config[TSM_EMU_ECAP_DOE + reg]);
}

/* Show the dword to read next, or that there is none */
static void doe_update(struct tsm_emu_fn *fn)
{
	struct tsm_emu_doe *doe = &fn->doe;
	bool ready = !doe->late && doe->resp_pos < doe->resp_dwords;

	doe_set_reg(fn, PCI_DOE_READ, ready ? doe->resp[doe->resp_pos] : 0);
	doe_set_reg(fn, PCI_DOE_STATUS,
		    (ready ? PCI_DOE_STATUS_DATA_OBJECT_READY : 0) |
		    (doe->busy ? PCI_DOE_STATUS_BUSY : 0));
}

static void doe_abort(struct tsm_emu_fn *fn)
{
	fn->doe.req_dwords = 0;
	fn->doe.resp_dwords = 0;
	fn->doe.resp_pos = 0;
	fn->doe.late = 0;
	fn->doe.busy = false;
	doe_update(fn);
}

/* The payload of @dwords starts at resp[2] */
static void doe_respond(struct tsm_emu_doe *doe, u8 type, unsigned int dwords)
{
	doe->resp[0] = FIELD_PREP(PCI_DOE_DATA_OBJECT_HEADER_1_VID,
				  PCI_VENDOR_ID_PCI_SIG) |
		       FIELD_PREP(PCI_DOE_DATA_OBJECT_HEADER_1_TYPE, type);
	doe->resp[1] = dwords + 2;
	doe->resp_dwords = dwords + 2;
	doe->resp_pos = 0;
}

/*
 * What is at an index, or vendor id FFFFh behind the last: PCIe r6.1 section 6.30.1.1.
 * That says which version to ask with, and not what another version gets: nothing here
 */
static u32 doe_feature(unsigned int version, unsigned int index)
{
	unsigned int next = index + 1;

	if (version != DISCOVERY_VERSION || index >= ARRAY_SIZE(doe_features))
		return PCI_DOE_DATA_OBJECT_DISC_RSP_3_VID;
	if (next == ARRAY_SIZE(doe_features))
		next = 0;

	return FIELD_PREP(PCI_DOE_DATA_OBJECT_DISC_RSP_3_VID,
			  PCI_VENDOR_ID_PCI_SIG) |
	       FIELD_PREP(PCI_DOE_DATA_OBJECT_DISC_RSP_3_TYPE,
			  doe_features[index]) |
	       FIELD_PREP(PCI_DOE_DATA_OBJECT_DISC_RSP_3_NEXT_INDEX, next);
}

static bool doe_discovery(struct tsm_emu_doe *doe)
{
	u32 req = doe->req[2];

	if (doe->req_dwords != 3)
		return false;

	doe->resp[2] =
		doe_feature(FIELD_GET(PCI_DOE_DATA_OBJECT_DISC_REQ_3_VER, req),
			    FIELD_GET(PCI_DOE_DATA_OBJECT_DISC_REQ_3_INDEX, req));
	doe_respond(doe, PCI_DOE_FEATURE_DISCOVERY, 1);
	return true;
}

/* TDI that a request names: a function of the DSM's device, or below its switch */
static struct tsm_emu_tdi *doe_find_tdi(struct tsm_emu *emu,
					struct tsm_emu_fn *dsm,
					const struct pci_tdisp_header *hdr)
{
	u32 id = le32_to_cpu(hdr->function_id);
	struct tsm_emu_fn *fn;

	fn = tsm_emu_find_fn(emu, FIELD_GET(PCI_TDISP_FUNCTION_RID, id));
	if (!fn || !tsm_emu_has_dsm(fn, dsm))
		return NULL;

	tsm_emu_tdi_configure(fn);
	fn->tdi.secure = dsm->doe.keys;
	return &fn->tdi;
}

/* The keys themselves are not needed: nothing can listen on the emulated link */
static size_t doe_ide_km(struct tsm_emu_fn *dsm, const u8 *req, size_t len,
			 u8 *rsp)
{
	if (len != 1 || *req != TSM_EMU_IDE_KM_SET_GO)
		return 0;

	dsm->doe.keys = true;
	*rsp = TSM_EMU_IDE_KM_GOSTOP_ACK;
	return 1;
}

/* VENDOR_SPECIFIC_ERROR instead of the response, PCIe r6.3 tables 11-27 and 11-28 */
static size_t doe_vendor_error(u8 *rsp)
{
	struct emu_vendor_error *error = (void *)rsp;

	error->rsp.hdr.type = PCI_TDISP_ERROR;
	error->rsp.code = cpu_to_le32(PCI_TDISP_ERR_VENDOR_SPECIFIC);
	error->rsp.data = cpu_to_le32(sizeof(*error) - sizeof(error->rsp));
	error->registry_id = 0;
	error->vendor_id_len = sizeof(error->vendor_id);
	error->vendor_id = cpu_to_le16(TSM_EMU_VENDOR_ID);
	return sizeof(*error);
}

/* Return: length of the TDISP response that a test gets instead of one of @len bytes */
static size_t doe_spoil_tdisp(struct tsm_emu *emu, u8 *rsp, size_t len)
{
	const struct pci_tdisp_header *hdr = (void *)rsp;
	u8 report = PCI_TDISP_GET_INTERFACE_REPORT & ~PCI_TDISP_REQ;

	switch (emu->mailbox) {
	case EMU_MAILBOX_CUT:
		return min(len, EMU_MAILBOX_CUT_LEN);
	case EMU_MAILBOX_CUT_REPORT:
		return hdr->type == report ? len - 1 : len;
	case EMU_MAILBOX_VENDOR_ERROR:
		return doe_vendor_error(rsp);
	default:
		return len;
	}
}

static size_t doe_tdisp(struct tsm_emu *emu, struct tsm_emu_fn *dsm,
			const u8 *req, size_t len, u8 *rsp)
{
	if (len < sizeof(struct pci_tdisp_header))
		return 0;
	len = tsm_emu_tdisp(doe_find_tdi(emu, dsm, (const void *)req), req, len,
			    rsp);
	return doe_spoil_tdisp(emu, rsp, len);
}

static bool doe_vdm_valid(const struct tsm_emu_spdm_vdm *vdm, size_t len)
{
	size_t payload_len = le16_to_cpu(vdm->payload_len);

	return len >= sizeof(*vdm) &&
	       le16_to_cpu(vdm->standard_id) == TSM_EMU_SPDM_STANDARD_PCI_SIG &&
	       vdm->vendor_id_len == sizeof(vdm->vendor_id) &&
	       le16_to_cpu(vdm->vendor_id) == PCI_VENDOR_ID_PCI_SIG &&
	       payload_len && payload_len <= len -
			      offsetof(struct tsm_emu_spdm_vdm, protocol_id);
}

/*
 * Return: length of the response in bytes, 0 for none. What does not come in a
 * session gets none, PCIe r6.3 section 11.2.2
 */
static size_t doe_vdm(struct tsm_emu *emu, struct tsm_emu_fn *dsm,
		      const struct tsm_emu_spdm_vdm *req, size_t len,
		      struct tsm_emu_spdm_vdm *rsp)
{
	size_t rsp_len = 0;

	if (!dsm->doe.session || !doe_vdm_valid(req, len))
		return 0;

	len = le16_to_cpu(req->payload_len) - 1;
	if (req->protocol_id == TSM_EMU_PROTOCOL_IDE_KM)
		rsp_len = doe_ide_km(dsm, req->payload, len, rsp->payload);
	else if (req->protocol_id == TSM_EMU_PROTOCOL_TDISP)
		rsp_len = doe_tdisp(emu, dsm, req->payload, len, rsp->payload);
	if (!rsp_len)
		return 0;

	*rsp = (struct tsm_emu_spdm_vdm) {
		.standard_id = req->standard_id,
		.vendor_id_len = req->vendor_id_len,
		.vendor_id = req->vendor_id,
		.payload_len = cpu_to_le16(1 + rsp_len),
		.protocol_id = req->protocol_id,
	};
	return sizeof(*rsp) + rsp_len;
}

/* Return: length of the response in bytes, 0 for none */
static size_t doe_spdm(struct tsm_emu *emu, struct tsm_emu_fn *dsm,
		       const struct tsm_emu_spdm *req, size_t len,
		       struct tsm_emu_spdm *rsp)
{
	size_t rsp_len = sizeof(*rsp);

	switch (req->code) {
	case TSM_EMU_SPDM_KEY_EXCHANGE:
		tsm_emu_lose_keys(emu, dsm);
		dsm->doe.session = true;
		break;
	case TSM_EMU_SPDM_END_SESSION:
		/* The TDIs were locked over that session, section 11.4.5 */
		tsm_emu_lose_keys(emu, dsm);
		dsm->doe.session = false;
		break;
	case TSM_EMU_SPDM_VDM:
		rsp_len = doe_vdm(emu, dsm, (const void *)req, len, (void *)rsp);
		break;
	default:
		return 0;
	}

	*rsp = (struct tsm_emu_spdm) {
		.version = TSM_EMU_SPDM_VERSION,
		.code = req->code & ~TSM_EMU_SPDM_REQ,
	};
	return rsp_len;
}

/* Objects are bytes in little endian dwords, here they are native ones */
static bool doe_cma(struct tsm_emu *emu, struct tsm_emu_fn *fn)
{
	struct tsm_emu_doe *doe = &fn->doe;
	size_t len = (doe->req_dwords - 2) * sizeof(u32);

	static_assert(sizeof(struct tsm_emu_spdm_vdm) + TSM_EMU_TDISP_MAX <=
		      (TSM_EMU_DOE_DWORDS - 2) * sizeof(u32));

	cpu_to_le32_array(&doe->req[2], doe->req_dwords - 2);
	memset(&doe->resp[2], 0, sizeof(doe->resp) - 2 * sizeof(u32));
	len = doe_spdm(emu, fn, (void *)&doe->req[2], len,
		       (void *)&doe->resp[2]);
	if (!len)
		return false;

	len = DIV_ROUND_UP(len, sizeof(u32));
	le32_to_cpu_array(&doe->resp[2], len);
	doe_respond(doe, PCI_DOE_FEATURE_CMA, len);
	return true;
}

static bool doe_serve(struct tsm_emu *emu, struct tsm_emu_fn *fn)
{
	struct tsm_emu_doe *doe = &fn->doe;

	if (doe->req_dwords < 3 || doe->req_dwords > TSM_EMU_DOE_DWORDS ||
	    FIELD_GET(PCI_DOE_DATA_OBJECT_HEADER_2_LENGTH, doe->req[1]) !=
	    doe->req_dwords ||
	    FIELD_GET(PCI_DOE_DATA_OBJECT_HEADER_1_VID, doe->req[0]) !=
	    PCI_VENDOR_ID_PCI_SIG)
		return false;

	switch (FIELD_GET(PCI_DOE_DATA_OBJECT_HEADER_1_TYPE, doe->req[0])) {
	case PCI_DOE_FEATURE_DISCOVERY:
		return doe_discovery(doe);
	case PCI_DOE_FEATURE_CMA:
		/* It need not be served in other states, PCIe r6.3 section 6.31.3 */
		return tsm_emu_is_in_d0(fn) && doe_cma(emu, fn);
	default:
		return false;
	}
}

/* The request was served, so whatever it did is done. Return: is there an answer? */
static bool doe_spoil(struct tsm_emu *emu, struct tsm_emu_doe *doe)
{
	switch (emu->mailbox) {
	case EMU_MAILBOX_LATE:
		doe->late = EMU_MAILBOX_LATE_LOOKS;
		return true;
	case EMU_MAILBOX_SILENT:
		doe->resp_dwords = 0;
		return true;
	case EMU_MAILBOX_BROKEN:
		doe->resp_dwords = 0;
		return false;
	case EMU_MAILBOX_SHORT:
		doe->resp[1] = 3;
		doe->resp_dwords = 3;
		return true;
	default:
		return true;
	}
}

static void doe_go(struct tsm_emu *emu, struct tsm_emu_fn *fn)
{
	struct tsm_emu_doe *doe = &fn->doe;
	bool served = doe_serve(emu, fn) && doe_spoil(emu, doe);

	doe->req_dwords = 0;
	if (served)
		doe_update(fn);
	else
		doe_set_reg(fn, PCI_DOE_STATUS, PCI_DOE_STATUS_ERROR);
}

/**
 * tsm_emu_doe_write() - a register of a DSM's mailbox was written
 * @emu: the platform
 * @fn: function of the DSM
 * @reg: PCI_DOE_CTRL, PCI_DOE_WRITE, PCI_DOE_READ or another
 * @val: what was written
 *
 * Context: under &tsm_emu.lock
 */
void tsm_emu_doe_write(struct tsm_emu *emu, struct tsm_emu_fn *fn,
		       unsigned int reg, u32 val)
{
	struct tsm_emu_doe *doe = &fn->doe;

	lockdep_assert_held(&emu->lock);

	switch (reg) {
	case PCI_DOE_CTRL:
		if (val & PCI_DOE_CTRL_ABORT)
			doe_abort(fn);
		else if (val & PCI_DOE_CTRL_GO)
			doe_go(emu, fn);
		break;
	case PCI_DOE_WRITE:
		if (doe->req_dwords < TSM_EMU_DOE_DWORDS)
			doe->req[doe->req_dwords] = val;
		doe->req_dwords = min(doe->req_dwords + 1,
				      TSM_EMU_DOE_DWORDS + 1);
		break;
	case PCI_DOE_READ:
		if (doe->resp_pos < doe->resp_dwords)
			doe->resp_pos++;
		doe_update(fn);
		break;
	}
}

/**
 * tsm_emu_doe_look() - the status of a DSM's mailbox is about to be read
 * @fn: function of the DSM
 *
 * Context: under &tsm_emu.lock
 */
void tsm_emu_doe_look(struct tsm_emu_fn *fn)
{
	if (fn->doe.late && !--fn->doe.late)
		doe_update(fn);
}

/**
 * tsm_emu_doe_set_mailbox() - spoil what the mailboxes of the DSMs answer
 * @emu: the platform
 * @mailbox: how, from now on
 *
 * Context: any
 */
void tsm_emu_doe_set_mailbox(struct tsm_emu *emu, enum emu_mailbox mailbox)
{
	guard(raw_spinlock_irqsave)(&emu->lock);
	emu->mailbox = mailbox;
	for (unsigned int i = 0; i < emu->nr_fns; i++) {
		struct tsm_emu_fn *fn = &emu->fn[i];

		if (!fn->desc->dsm || fn->pf)
			continue;
		fn->doe.busy = mailbox == EMU_MAILBOX_BUSY;
		doe_update(fn);
	}
}
