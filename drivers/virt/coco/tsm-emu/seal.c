// SPDX-License-Identifier: GPL-2.0
/*
 * SNP guest messages, SEV-SNP firmware ABI (AMD 56860): a payload sealed with
 * AES-256-GCM. The number of the message is the initialization vector, the
 * header from the algorithm on is authenticated with the payload.
 */
#include <linux/stddef.h>
#include <linux/string.h>

#include "seal.h"

#define NONCE_LEN	12
#define AAD_OFFSET	offsetof(struct tsm_sev_tio_hdr, algo)
#define AAD_LEN		(sizeof(struct tsm_sev_tio_hdr) - AAD_OFFSET)

static void seal_nonce(const struct tsm_sev_tio_hdr *msg, u8 nonce[NONCE_LEN])
{
	memset(nonce, 0, NONCE_LEN);
	memcpy(nonce, &msg->seqno, sizeof(msg->seqno));
}

/**
 * tsm_emu_seal() - seal a message
 * @key: of the message's VMPCK
 * @msg: header, filled but for the tag, with room for the payload behind it
 * @payload: the payload, &tsm_sev_tio_hdr.msg_size bytes
 *
 * Context: any. A key must not seal two messages of the same number.
 */
void tsm_emu_seal(const struct aes_gcm_key *key, struct tsm_sev_tio_hdr *msg,
		  const void *payload)
{
	u8 nonce[NONCE_LEN];

	seal_nonce(msg, nonce);
	memset(msg->authtag, 0, sizeof(msg->authtag));
	aes_gcm_encrypt((u8 *)(msg + 1), payload, le16_to_cpu(msg->msg_size),
			msg->authtag, (u8 *)msg + AAD_OFFSET, AAD_LEN, nonce,
			key);
}

/**
 * tsm_emu_unseal() - open a message
 * @key: of the message's VMPCK
 * @msg: header and sealed payload
 * @payload: takes the payload, &tsm_sev_tio_hdr.msg_size bytes
 *
 * Context: any
 * Return: 0, or -EBADMSG if the message was not sealed with that key, or was
 * changed since. @payload must not be used then.
 */
int tsm_emu_unseal(const struct aes_gcm_key *key,
		   const struct tsm_sev_tio_hdr *msg, void *payload)
{
	u8 nonce[NONCE_LEN];

	seal_nonce(msg, nonce);
	return aes_gcm_decrypt(payload, (const u8 *)(msg + 1),
			       le16_to_cpu(msg->msg_size), msg->authtag,
			       (const u8 *)msg + AAD_OFFSET, AAD_LEN, nonce,
			       key);
}
