// SPDX-License-Identifier: GPL-2.0-only
/* Fake PSP: guest messages. It neither opens nor seals them: their payload is in the clear. */

#include "sev-dev-tio_fake_priv.h"

#define GUEST_REQ_PADDR		64
#define GUEST_RES_PADDR		72

/* struct snp_guest_msg_hdr, arch/x86/include/asm/sev.h */
#define MSG_SEQNO		0x20
#define MSG_ALGO		0x30
#define MSG_HDR_VERSION		0x31
#define MSG_HDR_SIZE		0x32
#define MSG_TYPE		0x34
#define MSG_VERSION		0x35
#define MSG_SIZE		0x36
#define MSG_VMPCK		0x3c
#define MSG_HDR			0x60

/*
 * Where the status is in an answer of version 1: 58271 tables 61, 64, 66, 69; and
 * of version 2: AMDESE/linux-kvm@ae5f6b5b drivers/virt/coco/sev-guest/tio.c
 */
#define MSG_V1_STATUS		(MSG_HDR + 2)
#define MSG_V2_STATUS		(MSG_HDR + 8)
#define MSG_LEN_MAX		(MSG_HDR + 192)

/*
 * Statuses of answers: lore 20260225053806.3311234 patch 7/9, TIO_MSG_*_STATUS_*.
 * UNBOUND is 2 for all of them.
 */
#define MSG_STATUS_UNBOUND	2

/**
 * struct fake_msg - guest message
 * @type: of the request; the answer's is one more
 * @size: of its payload
 * @answer: size of the answer's payload
 * @states: of the TDI, bit for each, in which it is carried out
 *
 * Types: lore 20260225053806.3311234 patch 7/9; sizes: 58271 tables 60 and 61, 63
 * and 64, 65 and 66, 67 and 69. TDI_INFO tells of any bound TDI. Guests write the
 * SDTE and validate after RUN (guest code of that posting, AMDESE/linux-kvm@
 * 07de4c2d and @ae5f6b5b drivers/virt/coco/sev-guest/tio.c). Open: all else, such
 * as when the MMIO configuration can be read, and which status it gets; UNBOUND is
 * the one that comes nearest.
 */
struct fake_msg {
	u8 type;
	u8 size;
	u8 answer;
	u8 states;
};

static const struct fake_msg fake_msgs[] = {
	{ 19, 16, 192, BIT(FAKE_TDISP_LOCKED) | BIT(FAKE_TDISP_RUN) | BIT(FAKE_TDISP_ERROR) },
	{ 21, 48, 48, BIT(FAKE_TDISP_RUN) },
	{ 23, 16, 16, BIT(FAKE_TDISP_LOCKED) | BIT(FAKE_TDISP_RUN) },
	{ 25, 80, 16, BIT(FAKE_TDISP_RUN) },
};

static const struct fake_msg *fake_msg(u8 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fake_msgs); i++)
		if (fake_msgs[i].type == type)
			return &fake_msgs[i];
	return NULL;
}

/*
 * The request is in a page of the host's, the answer goes to one of the
 * firmware's: TSM dsm_create(). Both are whole pages.
 */
static int fake_msg_fetch(struct fake_call *call)
{
	u64 pa = fake_pa(fake_u64(call->buf, GUEST_REQ_PADDR));
	struct fake_psp *psp = call->psp;

	if (!pa || offset_in_page(pa) || !pfn_valid(pa >> PAGE_SHIFT))
		return SEV_RET_INVALID_ADDRESS;
	if (fake_page_owned(psp, pa >> PAGE_SHIFT))
		return SEV_RET_INVALID_PAGE_STATE;
	memcpy(call->dev->req, __va(pa), sizeof(call->dev->req));
	memcpy(psp->req, call->dev->req, sizeof(psp->req));
	return 0;
}

/*
 * What guests set: same postings and trees as above, enc_payload() and its like:
 * algorithm, header version, header size, zeroes; message version 1 or 2. The
 * number of a request is one more than that of the last answer of that key, so
 * never one that was there. It can be more: attestation counts, too.
 */
static int fake_msg_check_hdr(struct fake_call *call)
{
	const u8 *hdr = call->dev->req;
	const struct fake_msg *msg = fake_msg(hdr[MSG_TYPE]);

	if (hdr[MSG_ALGO] != 1 || hdr[MSG_HDR_VERSION] != 1 ||
	    fake_u16(hdr, MSG_HDR_SIZE) != MSG_HDR)
		return SEV_RET_INVALID_PARAM;
	if (!msg || hdr[MSG_VERSION] < 1 || hdr[MSG_VERSION] > 2)
		return SEV_RET_INVALID_PARAM;
	if (fake_u16(hdr, MSG_SIZE) != msg->size)
		return SEV_RET_INVALID_LEN;
	if (hdr[MSG_VMPCK] >= FAKE_VMPCKS || memchr_inv(hdr + 0x28, 0, 8) ||
	    memchr_inv(hdr + 0x38, 0, 4) || memchr_inv(hdr + 0x3d, 0, MSG_HDR - 0x3d))
		return SEV_RET_INVALID_PARAM;
	if (!call->psp->any_seqno &&
	    fake_u64(hdr, MSG_SEQNO) <= call->guest->seqno[hdr[MSG_VMPCK]])
		return SEV_RET_AEAD_OFLOW;
	return 0;
}

/**
 * fake_msg_check() - may a guest message be carried out?
 * @call: GUEST_REQUEST
 *
 * An unbound TDI is no reason to refuse the command, the sealed answer says so
 * (guests of lore 20260225053806.3311234 write the SDTE after STOP); a guest that
 * a bound TDI does not belong to is.
 *
 * Returns: firmware status
 */
int fake_msg_check(struct fake_call *call)
{
	int rc;

	if (call->tdi->state == FAKE_TDI_BOUND && call->tdi->gctx != call->guest->gctx)
		return SEV_RET_INVALID_GUEST;
	rc = fake_page_write(call->psp, fake_u64(call->buf, GUEST_RES_PADDR), NULL, 0);
	if (rc)
		return rc;
	if (!call->again) {
		rc = fake_msg_fetch(call);
		if (rc)
			return rc;
	}
	return fake_msg_check_hdr(call);
}

static void fake_msg_make(struct fake_call *call, const struct fake_msg *msg, u8 *out)
{
	const u8 *hdr = call->dev->req;
	struct fake_tdi *tdi = call->tdi;
	u16 size = msg->answer, status = 0;
	u64 seqno = fake_u64(hdr, MSG_SEQNO) + 1;

	if (tdi->state != FAKE_TDI_BOUND || !(msg->states & BIT(tdi->tdisp)))
		status = MSG_STATUS_UNBOUND;
	memcpy(out, hdr, MSG_HDR);
	memcpy(out + MSG_SEQNO, &seqno, sizeof(seqno));
	out[MSG_TYPE] = msg->type + 1;
	memcpy(out + MSG_SIZE, &size, sizeof(size));
	if (hdr[MSG_VERSION] == 1) {
		memcpy(out + MSG_HDR, hdr + MSG_HDR, sizeof(u16));
		memcpy(out + MSG_V1_STATUS, &status, sizeof(status));
	} else {
		memcpy(out + MSG_HDR, hdr + MSG_HDR, sizeof(u64));
		memcpy(out + MSG_V2_STATUS, &status, sizeof(status));
	}
	call->psp->msg_status = status;
}

/**
 * fake_msg_answer() - answer a guest message
 * @call: GUEST_REQUEST
 *
 * Returns: firmware status
 */
int fake_msg_answer(struct fake_call *call)
{
	const u8 *hdr = call->dev->req;
	const struct fake_msg *msg = fake_msg(hdr[MSG_TYPE]);
	u64 res = fake_u64(call->buf, GUEST_RES_PADDR);
	struct fake_psp *psp = call->psp;
	u8 out[MSG_LEN_MAX] = { };

	call->guest->seqno[hdr[MSG_VMPCK]] = fake_u64(hdr, MSG_SEQNO) + 1;
	fake_msg_make(call, msg, out);
	if (psp->no_resp)
		return 0;
	if (psp->resp_len)
		return fake_page_write(psp, res, psp->resp,
				       min_t(u32, psp->resp_len, sizeof(psp->resp)));
	return fake_page_write(psp, res, out, MSG_HDR + msg->answer);
}
