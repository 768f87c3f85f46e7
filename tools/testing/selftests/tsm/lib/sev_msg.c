// SPDX-License-Identifier: GPL-2.0
/* Sealed messages of an SNP guest, see sev_msg.h */
#include "sev_msg.h"

/* What the tag covers of the header, SEV-SNP firmware ABI (AMD 56860) */
#define AAD_OFFSET offsetof(struct tsm_sev_tio_hdr, algo)

static struct tsm_gcm gcm_of(const struct tsm_sev_channel *c,
			     const struct tsm_sev_tio_hdr *hdr,
			     u8 iv[TSM_GCM_IV_LEN])
{
	tsm_clear(iv, TSM_GCM_IV_LEN);
	tsm_copy(iv, &hdr->seqno, sizeof(hdr->seqno));
	return (struct tsm_gcm) {
		.key = c->key,
		.iv = iv,
		.aad = (const u8 *)hdr + AAD_OFFSET,
		.aad_len = sizeof(*hdr) - AAD_OFFSET,
	};
}

u32 tsm_sev_seal(const struct tsm_sev_channel *c, u8 type, const void *payload,
		 u32 len, void *msg)
{
	struct tsm_sev_tio_hdr *hdr = msg;
	u8 iv[TSM_GCM_IV_LEN];
	struct tsm_gcm gcm;

	tsm_clear(hdr, sizeof(*hdr));
	hdr->seqno = htole64(c->seqno);
	hdr->algo = TSM_SEV_TIO_ALGO_AES_256_GCM;
	hdr->hdr_version = TSM_SEV_TIO_HDR_VERSION;
	hdr->hdr_size = htole16(sizeof(*hdr));
	hdr->msg_type = type;
	hdr->msg_version = c->msg_version;
	hdr->msg_size = htole16(len);
	hdr->msg_vmpck = c->vmpck;

	tsm_copy(hdr + 1, payload, len);
	gcm = gcm_of(c, hdr, iv);
	tsm_gcm_seal(&gcm, hdr + 1, len, hdr->authtag);
	return sizeof(*hdr) + len;
}

bool tsm_sev_open(const struct tsm_sev_channel *c, u8 type, const void *msg,
		  u32 msg_len, void *payload, u32 len)
{
	struct tsm_sev_tio_hdr hdr;
	u8 iv[TSM_GCM_IV_LEN];
	struct tsm_gcm gcm;

	if (msg_len != sizeof(hdr) + len)
		return false;

	/* the host could change @msg while it is looked at */
	tsm_copy(&hdr, msg, sizeof(hdr));
	tsm_copy(payload, (const u8 *)msg + sizeof(hdr), len);
	gcm = gcm_of(c, &hdr, iv);
	return tsm_gcm_open(&gcm, payload, len, hdr.authtag) &&
	       le64toh(hdr.seqno) == c->seqno + 1 && hdr.msg_type == type &&
	       hdr.msg_version == c->msg_version &&
	       hdr.msg_vmpck == c->vmpck && le16toh(hdr.msg_size) == len;
}
