// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware like that of AMD SEV-TIO, and AMD's TSM driver above it. A bind creates
 * and locks the TDI. Two kinds of requests follow.
 *
 * The guest and the firmware share keys that the host does not have. The messages that
 * they seal arrive through GUEST_REQUEST. One that can't be opened gets a status of the
 * PSP and no response. The response to one that was opened is sealed, errors too, for
 * a guest gives up its key when it gets none (arch/x86/coco/sev/core.c).
 *
 * Host calls are the VMM's, in the clear. By RUN the driver binds the TDI once more, to
 * start it, by STOP it unbinds it without an end of the binding. No message does that.
 * Certificates, measurements and report travel by host calls too: the guest compares
 * them with digests in TDI_INFO.
 *
 * Tables are those of the SEV-TIO Firmware Interface Specification (AMD 58271) revision
 * 0.91, as OpenVMM's definitions name them.
 */
#include <crypto/sha2.h>
#include <linux/bitfield.h>
#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>
#include <linux/tsm-proto-sev-tio.h>
#include <uapi/linux/psp-sev.h>

#include "fw.h"
#include "sev-guest.h"

DECLARE_TSM_PROTO(sev_tio);

static_assert(TSM_SEV_TIO_DIGEST_LEN == SHA384_DIGEST_SIZE);
static_assert(TSM_SEV_TIO_NONCE_LEN == PCI_TDISP_NONCE_LEN);

/**
 * struct emu_sev_tio - what the firmware keeps of a TDI
 * @secrets: of the guest, for debugfs
 * @guest: whose TDI it is
 * @stopped: the firmware has unbound it, by the host call STOP
 * @reports: times that its interface report was fetched
 */
struct emu_sev_tio {
	struct emu_sev_secrets secrets;
	struct tsm_emu_sev_guest *guest;
	bool stopped;
	u64 reports;
};

/**
 * struct sev_tio_msg - payload of a message and of its response
 * @version: TSM_SEV_TIO_MSG_VERSION_* whose form both have
 * @req: what the guest sealed
 * @rsp: what it gets, starts as zeroes
 */
struct sev_tio_msg {
	u8 version;
	union {
		union tsm_sev_tio_tdi tdi;
		struct tsm_sev_tio_tdi_info tdi_info;
		struct tsm_sev_tio_mmio_validate mmio_validate;
		struct tsm_sev_tio_mmio_config mmio_config;
		struct tsm_sev_tio_sdte_write sdte_write;
	} req;
	union {
		union tsm_sev_tio_result result;
		struct tsm_sev_tio_tdi_info_rsp tdi_info;
		struct tsm_sev_tio_mmio_validate_rsp mmio_validate;
		struct tsm_sev_tio_mmio_config_rsp mmio_config;
		struct tsm_sev_tio_sdte_write_rsp sdte_write;
	} rsp;
};

static void sev_tio_digest(const struct tsm_emu_bound *bound,
			   enum emu_object type, u8 *digest)
{
	const struct tsm_emu_blob *blob = &bound->object[type];

	sha384(blob->data, blob->len, digest);
}

static void sev_tio_free(struct emu_sev_tio *sev)
{
	tsm_emu_sev_guest_put(sev->guest);
	kfree_sensitive(sev);
}

static struct emu_sev_tio *sev_tio_alloc(const struct pci_tdi *tdi)
{
	struct tsm_emu_sev_guest *guest;

	struct emu_sev_tio *sev __free(kfree) = kzalloc_obj(*sev);
	if (!sev)
		return NULL;

	guest = tsm_emu_sev_guest_get(tdi->kvm);
	if (IS_ERR(guest))
		return NULL;

	sev->guest = guest;
	sev->secrets.tdi_id = cpu_to_le32(tdi->tdi_id);
	tsm_emu_sev_guest_tell(guest, &sev->secrets);
	return no_free_ptr(sev);
}

/*
 * The firmware has one digest of the measurements of a device: a TDI's own outdate it
 * for all others (DEV_STATUS, TDI_INFO in AMD's host driver). Without @nonce it takes
 * its own.
 */
static int sev_tio_measure_device(struct tsm_emu_bound *bound, const u8 *nonce)
{
	struct tsm_emu_dsm *dsm = tsm_emu_dsm_of_bound(bound);
	int rc;

	rc = nonce ? tsm_emu_tdi_measure(bound, nonce) :
		     tsm_emu_tdi_measure_once(bound);
	if (rc)
		return rc;

	sev_tio_digest(bound, EMU_OBJECT_MEASUREMENTS, dsm->meas_digest);
	dsm->meas_fresh = nonce;
	return 0;
}

static int sev_tio_lock(struct tsm_emu_bound *bound)
{
	return tsm_emu_tdi_identify(bound) ?:
	       sev_tio_measure_device(bound, NULL) ?: tsm_emu_tdi_lock(bound);
}

static int sev_tio_bind(struct tsm_emu_bound *bound)
{
	struct emu_sev_tio *sev;
	int rc;

	sev = sev_tio_alloc(&bound->tdi);
	if (!sev)
		return -ENOMEM;

	rc = sev_tio_lock(bound);
	if (rc) {
		sev_tio_free(sev);
		return rc;
	}

	/* Until the guest writes a secure device table entry */
	bound->dma_blocked = true;
	sev->reports = 1;
	bound->secrets = &sev->secrets;
	bound->fw_data = sev;
	return 0;
}

static void sev_tio_unbind(struct tsm_emu_bound *bound)
{
	sev_tio_free(bound->fw_data);
}

/*
 * What the message versions differ in: the name of the TDI, the place of the status,
 * and the unit of an address. MMIO_CONFIG has the form of version 1 in both.
 *
 * The firmware's id of the TDI, in version 2, is the one that the VMM chose.
 */
static u8 sev_tio_version(const struct tsm_sev_tio_hdr *hdr)
{
	return hdr->msg_type == TSM_SEV_TIO_MMIO_CONFIG_REQ ?
	       TSM_SEV_TIO_MSG_VERSION_1 : hdr->msg_version;
}

static bool sev_tio_is_ours(const struct tsm_emu_bound *bound,
			    const struct sev_tio_msg *msg)
{
	const union tsm_sev_tio_tdi *tdi = &msg->req.tdi;

	if (msg->version == TSM_SEV_TIO_MSG_VERSION_1)
		return le16_to_cpu(tdi->v1.guest_device_id) ==
		       (u16)bound->tdi.tdi_id;
	return le64_to_cpu(tdi->v2.tdi_id) == bound->tdi.tdi_id;
}

static void sev_tio_set_status(struct sev_tio_msg *msg, u16 status)
{
	union tsm_sev_tio_result *result = &msg->rsp.result;

	if (msg->version == TSM_SEV_TIO_MSG_VERSION_1) {
		result->v1.guest_device_id = msg->req.tdi.v1.guest_device_id;
		result->v1.status = cpu_to_le16(status);
	} else {
		result->v2.tdi_id = msg->req.tdi.v2.tdi_id;
		result->v2.status = cpu_to_le16(status);
	}
}

/*
 * In version 2 one of AMD's trees has an address, and a later one the number of a page.
 * Either is taken: the page numbers of a range are below its addresses.
 */
static u64 sev_tio_base(const struct sev_tio_msg *msg,
			const struct tsm_emu_range *range)
{
	u64 base = le64_to_cpu(msg->req.mmio_validate.mmio.base);

	if (msg->version == TSM_SEV_TIO_MSG_VERSION_1 ||
	    base >= range->base || base > U64_MAX / SZ_4K)
		return base;
	return base * SZ_4K;
}

/* What a status says about the TDI has the same number in all responses */
#define SAME_STATUS(_a, _b) \
	static_assert((int)TSM_SEV_TIO_##_a == (int)TSM_SEV_TIO_##_b)
SAME_STATUS(TDI_INFO_INVALID, MMIO_VALIDATE_INVALID_TDI);
SAME_STATUS(TDI_INFO_INVALID, MMIO_CONFIG_INVALID_TDI);
SAME_STATUS(TDI_INFO_INVALID, SDTE_WRITE_INVALID_TDI);
SAME_STATUS(TDI_INFO_UNBOUND, MMIO_VALIDATE_UNBOUND);
SAME_STATUS(TDI_INFO_UNBOUND, MMIO_CONFIG_UNBOUND);
SAME_STATUS(TDI_INFO_UNBOUND, SDTE_WRITE_UNBOUND);

static int sev_tio_tdi_status(const struct tsm_emu_bound *bound,
			      const struct sev_tio_msg *msg)
{
	const struct emu_sev_tio *sev = bound->fw_data;

	if (!sev_tio_is_ours(bound, msg))
		return TSM_SEV_TIO_TDI_INFO_INVALID;
	return sev->stopped ? TSM_SEV_TIO_TDI_INFO_UNBOUND :
			      TSM_SEV_TIO_TDI_INFO_BOUND;
}

/*
 * TDI_INFO, tables 60 and 61. Each of these returns the status in the response, or
 * -errno. Without an SPDM session there are no algorithms to report.
 */
static int sev_tio_tdi_info(struct tsm_emu_bound *bound,
			    struct sev_tio_msg *msg)
{
	struct tsm_sev_tio_tdi_info_rsp *rsp = &msg->rsp.tdi_info;
	const struct tsm_emu_dsm *dsm = tsm_emu_dsm_of_bound(bound);
	const struct emu_sev_tio *sev = bound->fw_data;
	int status = sev_tio_tdi_status(bound, msg);

	if (status)
		return status;

	rsp->meas_flags = cpu_to_le32(TSM_SEV_TIO_MEAS_DIGEST_VALID);
	if (dsm->meas_fresh)
		rsp->meas_flags |= cpu_to_le32(TSM_SEV_TIO_MEAS_DIGEST_FRESH);
	rsp->lock_flags = cpu_to_le32(TSM_EMU_LOCK_FLAGS);
	sev_tio_digest(bound, EMU_OBJECT_CERTIFICATES, rsp->certs_digest);
	memcpy(rsp->meas_digest, dsm->meas_digest, sizeof(rsp->meas_digest));
	sev_tio_digest(bound, EMU_OBJECT_REPORT, rsp->report_digest);
	rsp->report_count = cpu_to_le64(sev->reports);
	return TSM_SEV_TIO_TDI_INFO_BOUND;
}

/*
 * The host maps BARs one to one: pages are valid at no other address. AMD's guests
 * leave the offset 0 whatever the address, so the address decides.
 */
static int sev_tio_find_pages(const struct sev_tio_msg *msg,
			      const struct tsm_emu_range *range, u32 *first)
{
	const struct tsm_sev_tio_mmio_pages *mmio = &msg->req.mmio_validate.mmio;
	u32 offset = le32_to_cpu(mmio->range_offset);
	u32 pages = le32_to_cpu(mmio->pages);
	u64 base = sev_tio_base(msg, range);

	if (!IS_ALIGNED(base, SZ_4K))
		return TSM_SEV_TIO_MMIO_VALIDATE_NOT_4K;
	if (!tsm_emu_range_has(range, offset, pages))
		return TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE;
	if (base < range->base ||
	    (base - range->base) / SZ_4K >= range->pages)
		return TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED;

	*first = (base - range->base) / SZ_4K;
	if (offset && offset != *first)
		return TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED;
	if (!tsm_emu_range_has(range, *first, pages))
		return TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE;
	return TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS;
}

static int sev_tio_validate(struct tsm_emu_bound *bound,
			    const struct sev_tio_msg *msg, bool *changed)
{
	const struct tsm_sev_tio_mmio_pages *mmio = &msg->req.mmio_validate.mmio;
	u32 first, pages = le32_to_cpu(mmio->pages);
	u16 flags = le16_to_cpu(mmio->flags);
	struct tsm_emu_range *range;
	int status;

	range = tsm_emu_mmio_find(&bound->mmio, le16_to_cpu(mmio->range_id));
	if (!range)
		return TSM_SEV_TIO_MMIO_VALIDATE_NOT_REPORTED;
	status = sev_tio_find_pages(msg, range, &first);
	if (status)
		return status;
	if (!(flags & TSM_SEV_TIO_MMIO_FORCE) &&
	    !tsm_emu_range_is_uniform(range, first, pages))
		return TSM_SEV_TIO_MMIO_VALIDATE_NOT_UNIFORM;

	*changed = tsm_emu_tdi_validate(bound, range, first, pages,
					flags & TSM_SEV_TIO_MMIO_VALIDATED);
	return TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS;
}

/* MMIO_VALIDATE, tables 63 and 64. About the RMP, so the device is not asked */
static int sev_tio_mmio_validate(struct tsm_emu_bound *bound,
				 struct sev_tio_msg *msg)
{
	struct tsm_sev_tio_mmio_validate_rsp *rsp = &msg->rsp.mmio_validate;
	int status = sev_tio_tdi_status(bound, msg);
	bool changed = false;

	rsp->mmio = msg->req.mmio_validate.mmio;
	if (!status)
		status = sev_tio_validate(bound, msg, &changed);
	rsp->mmio.flags = changed ? cpu_to_le16(TSM_SEV_TIO_MMIO_CHANGED) : 0;
	return status;
}

/* The device decides which of them can change */
static int sev_tio_write_attr(struct tsm_emu_bound *bound,
			      struct tsm_emu_range *range, u16 attr)
{
	int rc;

	attr |= range->attr & ~PCI_TDISP_MMIO_NON_TEE;
	rc = tsm_emu_dsm_mmio_attr(bound->tdi.pdev, range, attr);
	if (rc < 0)
		return rc;
	if (rc)
		return TSM_SEV_TIO_MMIO_CONFIG_NOT_CHANGED;
	range->attr = attr;
	return TSM_SEV_TIO_MMIO_CONFIG_SUCCESS;
}

/* MMIO_CONFIG, tables 65 and 66 */
static int sev_tio_mmio_config(struct tsm_emu_bound *bound,
			       struct sev_tio_msg *msg)
{
	const struct tsm_sev_tio_mmio_config *req = &msg->req.mmio_config;
	struct tsm_sev_tio_mmio_config_rsp *rsp = &msg->rsp.mmio_config;
	u16 id = FIELD_GET(TSM_SEV_TIO_MMIO_RANGE_ID, le32_to_cpu(req->range));
	u16 attr = FIELD_GET(TSM_SEV_TIO_MMIO_ATTR, le32_to_cpu(req->range));
	int status = sev_tio_tdi_status(bound, msg);
	struct tsm_emu_range *range;

	rsp->range = req->range;
	rsp->write = req->write;
	if (status)
		return status;
	range = tsm_emu_mmio_find(&bound->mmio, id);
	if (!range)
		return TSM_SEV_TIO_MMIO_CONFIG_NOT_REPORTED;

	if (le32_to_cpu(req->write) & TSM_SEV_TIO_MMIO_WRITE)
		status = sev_tio_write_attr(bound, range, attr);
	rsp->range = cpu_to_le32(FIELD_PREP(TSM_SEV_TIO_MMIO_RANGE_ID, id) |
				 FIELD_PREP(TSM_SEV_TIO_MMIO_ATTR, range->attr));
	return status;
}

/* The words of the entry, table 68, and which of their bits are not reserved */
static bool sev_tio_sdte_is_good(const __le64 *sdte)
{
	static const u64 known[TSM_SEV_TIO_SDTE_LEN / sizeof(u64)] = {
		[0] = TSM_SEV_TIO_SDTE0_V | TSM_SEV_TIO_SDTE0_IR |
		      TSM_SEV_TIO_SDTE0_IW,
		[3] = TSM_SEV_TIO_SDTE3_VMPL,
		[5] = TSM_SEV_TIO_SDTE5_VTOM_EN | TSM_SEV_TIO_SDTE5_VTOM,
	};

	for (int i = 0; i < ARRAY_SIZE(known); i++) {
		if (le64_to_cpu(sdte[i]) & ~known[i])
			return false;
	}
	return true;
}

/*
 * SDTE_WRITE, tables 67 and 69. Opens or closes memory to the TDI, which starts no
 * TDI. What has no effect on a TDI that is unbound is done: a guest closes its memory
 * after it has stopped the TDI, too (AMD's guest series of February 2026).
 */
static int sev_tio_sdte_write(struct tsm_emu_bound *bound,
			      struct sev_tio_msg *msg)
{
	__le64 sdte[TSM_SEV_TIO_SDTE_LEN / sizeof(__le64)];
	int status = sev_tio_tdi_status(bound, msg);
	bool open;
	u64 word;

	memcpy(sdte, msg->req.sdte_write.sdte, sizeof(sdte));
	if (status == TSM_SEV_TIO_SDTE_WRITE_UNBOUND &&
	    !memchr_inv(sdte, 0, sizeof(sdte)))
		return TSM_SEV_TIO_SDTE_WRITE_SUCCESS;
	if (status)
		return status;
	if (!sev_tio_sdte_is_good(sdte))
		return TSM_SEV_TIO_SDTE_WRITE_RESERVED;

	word = le64_to_cpu(sdte[0]);
	open = word & TSM_SEV_TIO_SDTE0_V &&
	       word & (TSM_SEV_TIO_SDTE0_IR | TSM_SEV_TIO_SDTE0_IW);
	tsm_emu_tdi_block_dma(bound, !open);
	return TSM_SEV_TIO_SDTE_WRITE_SUCCESS;
}

static const struct sev_tio_handler {
	u16 rsp_len;
	int (*serve)(struct tsm_emu_bound *bound, struct sev_tio_msg *msg);
} sev_tio_handlers[] = {
	[TSM_SEV_TIO_TDI_INFO_REQ] = {
		sizeof(struct tsm_sev_tio_tdi_info_rsp), sev_tio_tdi_info,
	},
	[TSM_SEV_TIO_MMIO_VALIDATE_REQ] = {
		sizeof(struct tsm_sev_tio_mmio_validate_rsp),
		sev_tio_mmio_validate,
	},
	[TSM_SEV_TIO_MMIO_CONFIG_REQ] = {
		sizeof(struct tsm_sev_tio_mmio_config_rsp), sev_tio_mmio_config,
	},
	[TSM_SEV_TIO_SDTE_WRITE_REQ] = {
		sizeof(struct tsm_sev_tio_sdte_write_rsp), sev_tio_sdte_write,
	},
};

static int sev_tio_message(struct tsm_emu_bound *bound,
			   struct pci_tsm_guest_req *req)
{
	const struct sev_tio_handler *handler = sev_tio_handlers;
	const struct tsm_sev_tio_hdr *hdr = req->req;
	struct emu_sev_tio *sev = bound->fw_data;
	struct sev_tio_msg msg = {};
	int status;

	if (hdr->msg_type >= ARRAY_SIZE(sev_tio_handlers) ||
	    le16_to_cpu(hdr->msg_size) > sizeof(msg.req))
		return -EMSGSIZE;
	handler += hdr->msg_type;
	if (!handler->serve)
		return -EINVAL;

	req->tsm_code = tsm_emu_sev_guest_open(sev->guest, hdr, &msg.req);
	if (req->tsm_code)
		return 0;

	msg.version = sev_tio_version(hdr);
	status = handler->serve(bound, &msg);
	if (status < 0)
		return status;
	sev_tio_set_status(&msg, status);

	req->resp_len = sizeof(*hdr) + handler->rsp_len;
	if (req->resp_len > req->resp_size)
		return -ENOBUFS;
	tsm_emu_sev_guest_answer(sev->guest, hdr, handler->rsp_len, &msg.rsp,
				 req->resp);
	return 0;
}

/* The host calls. RUN is TDI_BIND with the run bit, STOP is TDI_UNBIND */
static int sev_tio_run(struct tsm_emu_bound *bound,
		       struct pci_tsm_guest_req *req)
{
	struct emu_sev_tio *sev = bound->fw_data;
	int rc = tsm_emu_tdi_run(bound);

	if (rc > 0) {
		req->tsm_code = SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
		return 0;
	}
	if (!rc)
		sev->reports++;
	return rc;
}

static int sev_tio_stop(struct tsm_emu_bound *bound,
			struct pci_tsm_guest_req *req)
{
	struct emu_sev_tio *sev = bound->fw_data;
	int rc = tsm_emu_tdi_stop(bound);

	if (rc > 0) {
		req->tsm_code = SEV_RET_SPDM_ERROR;
		return 0;
	}
	if (rc)
		return rc;
	tsm_emu_tdi_block_dma(bound, true);
	sev->stopped = true;
	return 0;
}

static_assert((int)TSM_SEV_TIO_OBJECT_CERTIFICATES == EMU_OBJECT_CERTIFICATES);
static_assert((int)TSM_SEV_TIO_OBJECT_MEASUREMENTS == EMU_OBJECT_MEASUREMENTS);
static_assert((int)TSM_SEV_TIO_OBJECT_REPORT == EMU_OBJECT_REPORT);

static int sev_tio_object_size(struct tsm_emu_bound *bound,
			       struct pci_tsm_guest_req *req)
{
	const struct tsm_sev_tio_object_size *size = req->req;
	struct tsm_sev_tio_object_size_rsp *rsp = req->resp;
	const struct tsm_emu_blob *blob = &bound->object[size->object];

	if (!blob->data)
		return -ENODATA;

	rsp->generation = cpu_to_le64(blob->generation);
	rsp->size = cpu_to_le32(blob->len);
	req->resp_len = sizeof(*rsp);
	return 0;
}

static int sev_tio_object_read(struct tsm_emu_bound *bound,
			       struct pci_tsm_guest_req *req)
{
	const struct tsm_sev_tio_object_read *read = req->req;
	const struct tsm_emu_blob *blob = &bound->object[read->object];

	if (!blob->data)
		return -ENODATA;
	if (le64_to_cpu(read->generation) != blob->generation)
		return -ESTALE;

	req->resp_len = tsm_emu_read_blob(blob, le32_to_cpu(read->offset),
					  req->resp, req->resp_size);
	return req->resp_len ? 0 : -ERANGE;
}

static int sev_tio_measure(struct tsm_emu_bound *bound,
			   struct pci_tsm_guest_req *req)
{
	const struct tsm_sev_tio_measure *measure = req->req;

	return sev_tio_measure_device(bound, measure->nonce);
}

static int sev_tio_host_call(struct tsm_emu_bound *bound,
			     struct pci_tsm_guest_req *req)
{
	switch (*(const u8 *)req->req) {
	case TSM_SEV_TIO_CALL_STOP:
		return sev_tio_stop(bound, req);
	case TSM_SEV_TIO_CALL_RUN:
		return sev_tio_run(bound, req);
	case TSM_SEV_TIO_CALL_OBJECT_SIZE:
		return sev_tio_object_size(bound, req);
	case TSM_SEV_TIO_CALL_OBJECT_READ:
		return sev_tio_object_read(bound, req);
	case TSM_SEV_TIO_CALL_MEASURE:
		return sev_tio_measure(bound, req);
	default:
		return -EINVAL;
	}
}

static int sev_tio_guest_req(struct tsm_emu_bound *bound,
			     struct pci_tsm_guest_req *req)
{
	return req->req_len < sizeof(struct tsm_sev_tio_hdr) ?
	       sev_tio_host_call(bound, req) : sev_tio_message(bound, req);
}

const struct tsm_emu_fw tsm_emu_fw_sev_tio = {
	.guest_proto = &tsm_proto_sev_tio,
	.bind = sev_tio_bind,
	.bind_code = SEV_RET_SPDM_ERROR,
	.unbind = sev_tio_unbind,
	.guest_req = sev_tio_guest_req,
	.exit = tsm_emu_sev_guests_free,
};
