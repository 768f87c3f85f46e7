// SPDX-License-Identifier: GPL-2.0
/*
 * DOE mailbox of an emulated DSM, PCIe r7.0 section 6.30: data objects go in
 * and out dword by dword. The device answers at once when GO is written.
 */
#include <linux/bitfield.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/unaligned.h>

#include "tsm-emu.h"

static const u8 doe_features[] = {
	PCI_DOE_FEATURE_DISCOVERY,
	PCI_DOE_FEATURE_CMA,
};

static void doe_set_reg(struct tsm_emu_fn *fn, unsigned int reg, u32 val)
{
	put_unaligned_le32(val, &fn->config[TSM_EMU_ECAP_DOE + reg]);
}

/* Show the dword to read next, or that there is none */
static void doe_update(struct tsm_emu_fn *fn)
{
	struct tsm_emu_doe *doe = &fn->doe;
	bool ready = doe->resp_pos < doe->resp_dwords;

	doe_set_reg(fn, PCI_DOE_READ, ready ? doe->resp[doe->resp_pos] : 0);
	doe_set_reg(fn, PCI_DOE_STATUS,
		    ready ? PCI_DOE_STATUS_DATA_OBJECT_READY : 0);
}

static void doe_abort(struct tsm_emu_fn *fn)
{
	fn->doe.req_dwords = 0;
	fn->doe.resp_dwords = 0;
	fn->doe.resp_pos = 0;
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

static bool doe_discovery(struct tsm_emu_doe *doe)
{
	unsigned int index = FIELD_GET(PCI_DOE_DATA_OBJECT_DISC_REQ_3_INDEX,
				       doe->req[2]);
	unsigned int next = index + 1;

	if (doe->req_dwords != 3 || index >= ARRAY_SIZE(doe_features))
		return false;
	if (next == ARRAY_SIZE(doe_features))
		next = 0;

	doe->resp[2] =
		FIELD_PREP(PCI_DOE_DATA_OBJECT_DISC_RSP_3_VID,
			   PCI_VENDOR_ID_PCI_SIG) |
		FIELD_PREP(PCI_DOE_DATA_OBJECT_DISC_RSP_3_TYPE,
			   doe_features[index]) |
		FIELD_PREP(PCI_DOE_DATA_OBJECT_DISC_RSP_3_NEXT_INDEX, next);
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
	if (!fn || (fn->port != dsm->port && !tsm_emu_is_below(fn, dsm)))
		return NULL;

	tsm_emu_tdi_configure(fn);
	return &fn->tdi;
}

static bool doe_vdm_valid(const struct tsm_emu_spdm_vdm *vdm, size_t len)
{
	size_t payload_len = le16_to_cpu(vdm->payload_len);

	return vdm->code == TSM_EMU_SPDM_VDM_REQ &&
	       le16_to_cpu(vdm->standard_id) == TSM_EMU_SPDM_STANDARD_PCI_SIG &&
	       vdm->vendor_id_len == sizeof(vdm->vendor_id) &&
	       le16_to_cpu(vdm->vendor_id) == PCI_VENDOR_ID_PCI_SIG &&
	       vdm->protocol_id == TSM_EMU_PROTOCOL_TDISP &&
	       payload_len >= 1 + sizeof(struct pci_tdisp_header) &&
	       payload_len <= len - offsetof(struct tsm_emu_spdm_vdm,
					     protocol_id);
}

/* Objects are bytes in little endian dwords, here they are native ones */
static bool doe_cma(struct tsm_emu *emu, struct tsm_emu_fn *fn)
{
	struct tsm_emu_doe *doe = &fn->doe;
	size_t len = (doe->req_dwords - 2) * sizeof(u32);
	struct tsm_emu_spdm_vdm *req = (void *)&doe->req[2];
	struct tsm_emu_spdm_vdm *rsp = (void *)&doe->resp[2];
	size_t rsp_len;

	static_assert(sizeof(*rsp) + TSM_EMU_TDISP_MAX <=
		      (TSM_EMU_DOE_DWORDS - 2) * sizeof(u32));

	cpu_to_le32_array(&doe->req[2], doe->req_dwords - 2);
	if (len < sizeof(*req) || !doe_vdm_valid(req, len))
		return false;

	memset(&doe->resp[2], 0, sizeof(doe->resp) - 2 * sizeof(u32));
	*rsp = *req;
	rsp->code = TSM_EMU_SPDM_VDM_RSP;
	rsp_len = tsm_emu_tdisp(doe_find_tdi(emu, fn, (void *)req->payload),
				req->payload, le16_to_cpu(req->payload_len) - 1,
				rsp->payload);
	rsp->payload_len = cpu_to_le16(1 + rsp_len);

	rsp_len = DIV_ROUND_UP(sizeof(*rsp) + rsp_len, sizeof(u32));
	le32_to_cpu_array(&doe->resp[2], rsp_len);
	doe_respond(doe, PCI_DOE_FEATURE_CMA, rsp_len);
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
		return doe_cma(emu, fn);
	default:
		return false;
	}
}

static void doe_go(struct tsm_emu *emu, struct tsm_emu_fn *fn)
{
	struct tsm_emu_doe *doe = &fn->doe;
	bool served = doe_serve(emu, fn);

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
