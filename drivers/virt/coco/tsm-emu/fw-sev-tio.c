// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware like that of AMD SEV-TIO. A bind creates and locks the TDI. The guest
 * and the firmware share keys that the host does not have; the messages that
 * they seal arrive through GUEST_REQUEST. Certificates, measurements and report
 * travel outside of them: the guest compares them with digests in TDI_INFO.
 *
 * A message that can't be opened gets a status of the PSP and no response. The
 * response to one that was opened is sealed, errors too.
 */
#include <crypto/aes-gcm.h>
#include <crypto/sha2.h>
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>
#include <linux/tsm-proto-sev-tio.h>
#include <uapi/linux/psp-sev.h>

#include "fw.h"
#include "seal.h"

DECLARE_TSM_PROTO(sev_tio);

static_assert(TSM_SEV_TIO_VMPCK_MAX < EMU_SEV_VMPCKS);
static_assert(SEV_RET_BAD_MEASUREMENT == EMU_SEV_BAD_MESSAGE);
static_assert(TSM_SEV_TIO_DIGEST_LEN == SHA384_DIGEST_SIZE);

/**
 * struct emu_sev_tio - what the firmware keeps of a TDI
 * @secrets: keys, as the guest has them
 * @vmpck: one of them in use
 * @vmpck.key: the key
 * @vmpck.seqno: number that the guest's next message must have
 */
struct emu_sev_tio {
	struct emu_sev_secrets secrets;
	struct {
		struct aes_gcm_key key;
		u64 seqno;
	} vmpck[EMU_SEV_VMPCKS];
};

/**
 * struct sev_tio_msg - payload of a message and of its response
 * @version: TSM_SEV_TIO_MSG_VERSION_* of both
 * @rsp_type: enum tsm_sev_tio_type of the response
 * @rsp_len: bytes of @rsp
 * @req: what the guest sealed
 * @rsp: what it gets, starts as zeroes
 */
struct sev_tio_msg {
	u8 version;
	u8 rsp_type;
	u16 rsp_len;
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

static int sev_tio_make_keys(struct tsm_emu_bound *bound,
			     struct emu_sev_tio *sev)
{
	sev->secrets.tdi_id = cpu_to_le32(bound->tdi.tdi_id);

	for (int i = 0; i < EMU_SEV_VMPCKS; i++) {
		u8 *vmpck = sev->secrets.vmpck[i];
		int rc;

		get_random_bytes(vmpck, EMU_SEV_VMPCK_LEN);
		rc = aes_gcm_preparekey(&sev->vmpck[i].key, vmpck,
					EMU_SEV_VMPCK_LEN,
					TSM_SEV_TIO_AUTHTAG_LEN);
		if (rc)
			return rc;
		sev->vmpck[i].seqno = 1;
	}
	return 0;
}

static int sev_tio_bind(struct tsm_emu_bound *bound)
{
	int rc;

	struct emu_sev_tio *sev __free(kfree_sensitive) = kzalloc_obj(*sev);
	if (!sev)
		return -ENOMEM;

	rc = sev_tio_make_keys(bound, sev);
	if (rc)
		return rc;
	rc = tsm_emu_tdi_identify(bound);
	if (rc)
		return rc;
	rc = tsm_emu_tdi_measure_once(bound);
	if (rc)
		return rc;
	rc = tsm_emu_tdi_lock(bound);
	if (rc)
		return rc;

	/* Until the guest writes a secure device table entry */
	bound->dma_blocked = true;
	bound->fw_data = no_free_ptr(sev);
	bound->secrets = &((struct emu_sev_tio *)bound->fw_data)->secrets;
	return 0;
}

static void sev_tio_unbind(struct tsm_emu_bound *bound)
{
	kfree_sensitive(bound->fw_data);
}

static u16 sev_tio_guest_id(const struct tsm_emu_bound *bound)
{
	return bound->tdi.tdi_id;
}

/* The firmware's id of the TDI is the one that the VMM chose */
static bool sev_tio_is_ours(const struct tsm_emu_bound *bound,
			    const struct sev_tio_msg *msg)
{
	const union tsm_sev_tio_tdi *tdi = &msg->req.tdi;

	if (msg->version == TSM_SEV_TIO_MSG_VERSION_1)
		return le16_to_cpu(tdi->v1.guest_device_id) ==
		       sev_tio_guest_id(bound);
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

static void sev_tio_digest(const struct tsm_emu_bound *bound,
			   enum emu_object type, u8 *digest)
{
	const struct tsm_emu_blob *blob = &bound->object[type];

	sha384(blob->data, blob->len, digest);
}

/* Without an SPDM session there are no algorithms to report */
static int sev_tio_tdi_info(struct tsm_emu_bound *bound,
			    struct sev_tio_msg *msg)
{
	struct tsm_sev_tio_tdi_info_rsp *rsp = &msg->rsp.tdi_info;

	if (!sev_tio_is_ours(bound, msg)) {
		sev_tio_set_status(msg, TSM_SEV_TIO_TDI_INFO_INVALID);
		return 0;
	}

	sev_tio_set_status(msg, TSM_SEV_TIO_TDI_INFO_BOUND);
	/* The firmware chose the nonce, so they are not fresh */
	rsp->meas_flags = cpu_to_le32(TSM_SEV_TIO_MEAS_DIGEST_VALID);
	rsp->lock_flags = cpu_to_le32(TSM_EMU_LOCK_FLAGS);
	sev_tio_digest(bound, EMU_OBJECT_CERTIFICATES, rsp->certs_digest);
	sev_tio_digest(bound, EMU_OBJECT_MEASUREMENTS, rsp->meas_digest);
	sev_tio_digest(bound, EMU_OBJECT_REPORT, rsp->report_digest);
	/* Fetched when the TDI is locked, it can't change after that */
	rsp->report_count = cpu_to_le64(1);
	return 0;
}

/* The host maps BARs one to one: pages are valid at no other address */
static int sev_tio_check_pages(struct tsm_emu_bound *bound,
			       const struct tsm_sev_tio_mmio_pages *mmio,
			       struct tsm_emu_range *range)
{
	u32 first = le32_to_cpu(mmio->range_offset);
	u32 pages = le32_to_cpu(mmio->pages);
	u64 base = le64_to_cpu(mmio->base);

	if (!range)
		return TSM_SEV_TIO_MMIO_VALIDATE_NOT_REPORTED;
	if (!IS_ALIGNED(base, SZ_4K))
		return TSM_SEV_TIO_MMIO_VALIDATE_NOT_4K;
	if (!tsm_emu_range_has(range, first, pages))
		return TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE;
	if (base != range->base + (u64)first * SZ_4K)
		return TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED;
	if (!(le16_to_cpu(mmio->flags) & TSM_SEV_TIO_MMIO_FORCE) &&
	    !tsm_emu_range_is_uniform(range, first, pages))
		return TSM_SEV_TIO_MMIO_VALIDATE_NOT_UNIFORM;
	return TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS;
}

static int sev_tio_mmio_validate(struct tsm_emu_bound *bound,
				 struct sev_tio_msg *msg)
{
	const struct tsm_sev_tio_mmio_pages *mmio = &msg->req.mmio_validate.mmio;
	struct tsm_sev_tio_mmio_validate_rsp *rsp = &msg->rsp.mmio_validate;
	bool validated = le16_to_cpu(mmio->flags) & TSM_SEV_TIO_MMIO_VALIDATED;
	struct tsm_emu_range *range;
	int status, rc;

	rsp->mmio = *mmio;
	rsp->mmio.flags = 0;
	if (!sev_tio_is_ours(bound, msg)) {
		sev_tio_set_status(msg, TSM_SEV_TIO_MMIO_VALIDATE_INVALID_TDI);
		return 0;
	}

	/* A guest may give up its MMIO in any state */
	rc = validated ? tsm_emu_tdi_is_locked(bound) : 0;
	if (rc)
		return rc;

	range = tsm_emu_mmio_find(&bound->mmio, le16_to_cpu(mmio->range_id));
	status = sev_tio_check_pages(bound, mmio, range);
	sev_tio_set_status(msg, status);
	if (status == TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS &&
	    tsm_emu_tdi_validate(bound, range, le32_to_cpu(mmio->range_offset),
				 le32_to_cpu(mmio->pages), validated))
		rsp->mmio.flags = cpu_to_le16(TSM_SEV_TIO_MMIO_CHANGED);
	return 0;
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

static int sev_tio_configure(struct tsm_emu_bound *bound,
			     const struct tsm_sev_tio_mmio_config *req,
			     struct tsm_sev_tio_mmio_config_rsp *rsp)
{
	u16 id = FIELD_GET(TSM_SEV_TIO_MMIO_RANGE_ID, le32_to_cpu(req->range));
	u16 attr = FIELD_GET(TSM_SEV_TIO_MMIO_ATTR, le32_to_cpu(req->range));
	struct tsm_emu_range *range;
	int rc = 0;

	if (le16_to_cpu(req->guest_device_id) != sev_tio_guest_id(bound))
		return TSM_SEV_TIO_MMIO_CONFIG_INVALID_TDI;
	range = tsm_emu_mmio_find(&bound->mmio, id);
	if (!range)
		return TSM_SEV_TIO_MMIO_CONFIG_NOT_REPORTED;

	if (le32_to_cpu(req->write) & TSM_SEV_TIO_MMIO_WRITE)
		rc = sev_tio_write_attr(bound, range, attr);
	rsp->range = cpu_to_le32(FIELD_PREP(TSM_SEV_TIO_MMIO_RANGE_ID, id) |
				 FIELD_PREP(TSM_SEV_TIO_MMIO_ATTR, range->attr));
	return rc;
}

static int sev_tio_mmio_config(struct tsm_emu_bound *bound,
			       struct sev_tio_msg *msg)
{
	const struct tsm_sev_tio_mmio_config *req = &msg->req.mmio_config;
	struct tsm_sev_tio_mmio_config_rsp *rsp = &msg->rsp.mmio_config;
	int rc;

	rsp->guest_device_id = req->guest_device_id;
	rsp->range = req->range;
	rsp->write = req->write;
	rc = sev_tio_configure(bound, req, rsp);
	if (rc < 0)
		return rc;
	rsp->status = cpu_to_le16(rc);
	return 0;
}

static int sev_tio_sdte_write(struct tsm_emu_bound *bound,
			      struct sev_tio_msg *msg)
{
	const struct tsm_sev_tio_sdte_write *req = &msg->req.sdte_write;
	bool valid = req->sdte[0] & EMU_SDTE_VALID;
	int rc;

	if (!sev_tio_is_ours(bound, msg)) {
		sev_tio_set_status(msg, TSM_SEV_TIO_SDTE_WRITE_INVALID_TDI);
		return 0;
	}
	if (req->sdte[0] & ~EMU_SDTE_VALID ||
	    memchr_inv(req->sdte + 1, 0, sizeof(req->sdte) - 1)) {
		sev_tio_set_status(msg, TSM_SEV_TIO_SDTE_WRITE_RESERVED);
		return 0;
	}

	rc = valid ? tsm_emu_tdi_run(bound) : 0;
	if (rc)
		return rc;
	tsm_emu_tdi_block_dma(bound, !valid);
	sev_tio_set_status(msg, TSM_SEV_TIO_SDTE_WRITE_SUCCESS);
	return 0;
}

/* Return: 0 if there is a response, -errno, or the error that the DSM answered */
static int sev_tio_serve(struct tsm_emu_bound *bound, u8 type,
			 struct sev_tio_msg *msg)
{
	memset(&msg->rsp, 0, sizeof(msg->rsp));

	switch (type) {
	case TSM_SEV_TIO_TDI_INFO_REQ:
		msg->rsp_type = TSM_SEV_TIO_TDI_INFO_RSP;
		msg->rsp_len = sizeof(msg->rsp.tdi_info);
		return sev_tio_tdi_info(bound, msg);
	case TSM_SEV_TIO_MMIO_VALIDATE_REQ:
		msg->rsp_type = TSM_SEV_TIO_MMIO_VALIDATE_RSP;
		msg->rsp_len = sizeof(msg->rsp.mmio_validate);
		return sev_tio_mmio_validate(bound, msg);
	case TSM_SEV_TIO_MMIO_CONFIG_REQ:
		msg->rsp_type = TSM_SEV_TIO_MMIO_CONFIG_RSP;
		msg->rsp_len = sizeof(msg->rsp.mmio_config);
		return sev_tio_mmio_config(bound, msg);
	case TSM_SEV_TIO_SDTE_WRITE_REQ:
		msg->rsp_type = TSM_SEV_TIO_SDTE_WRITE_RSP;
		msg->rsp_len = sizeof(msg->rsp.sdte_write);
		return sev_tio_sdte_write(bound, msg);
	default:
		return -EINVAL;
	}
}

static void sev_tio_respond(const struct aes_gcm_key *key,
			    const struct tsm_sev_tio_hdr *req,
			    const struct sev_tio_msg *msg,
			    struct tsm_sev_tio_hdr *rsp)
{
	*rsp = *req;
	rsp->seqno = cpu_to_le64(le64_to_cpu(req->seqno) + 1);
	rsp->msg_type = msg->rsp_type;
	rsp->msg_size = cpu_to_le16(msg->rsp_len);
	tsm_emu_seal(key, rsp, &msg->rsp);
}

/* Only a message that was answered uses up a number */
static int sev_tio_guest_req(struct tsm_emu_bound *bound,
			     struct pci_tsm_guest_req *req)
{
	const struct tsm_sev_tio_hdr *hdr = req->req;
	struct emu_sev_tio *sev = bound->fw_data;
	typeof(*sev->vmpck) *vmpck = &sev->vmpck[hdr->msg_vmpck];
	struct sev_tio_msg msg = { .version = hdr->msg_version };
	int rc;

	if (le16_to_cpu(hdr->msg_size) > sizeof(msg.req))
		return -EMSGSIZE;
	if (le64_to_cpu(hdr->seqno) != vmpck->seqno ||
	    tsm_emu_unseal(&vmpck->key, hdr, &msg.req)) {
		req->tsm_code = EMU_SEV_BAD_MESSAGE;
		return 0;
	}

	rc = sev_tio_serve(bound, hdr->msg_type, &msg);
	if (rc < 0)
		return rc;
	if (rc) {
		req->tsm_code = SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
		return 0;
	}

	req->resp_len = sizeof(*hdr) + msg.rsp_len;
	if (req->resp_len > req->resp_size)
		return -ENOBUFS;
	sev_tio_respond(&vmpck->key, hdr, &msg, req->resp);
	vmpck->seqno += 2;
	return 0;
}

const struct tsm_emu_fw tsm_emu_fw_sev_tio = {
	.guest_proto = &tsm_proto_sev_tio,
	.bind = sev_tio_bind,
	.bind_code = SEV_RET_SPDM_ERROR,
	.unbind = sev_tio_unbind,
	.guest_req = sev_tio_guest_req,
};
