/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SNP guest messages as the guest makes and opens them, see
 * include/linux/tsm-proto-sev-tio.h. For tests and for the guest of tsm_vmm.
 */
#ifndef __SELFTEST_TSM_SEV_MSG_H
#define __SELFTEST_TSM_SEV_MSG_H

#include "crypto.h"

#include "../../../../../include/linux/pci-tdisp.h"
#include "../../../../../include/linux/tsm-proto-sev-tio.h"
#include "../../../../../drivers/virt/coco/tsm-emu/abi.h"

/* Words of a secure device table entry */
#define TSM_SEV_SDTE_WORDS (TSM_SEV_TIO_SDTE_LEN / sizeof(u64))

/* The one that AMD's guests write to open their memory, with vTOM at 2 << 40 */
#define TSM_SEV_SDTE0_OPEN \
	(TSM_SEV_TIO_SDTE0_V | TSM_SEV_TIO_SDTE0_IR | TSM_SEV_TIO_SDTE0_IW)
#define TSM_SEV_VTOM (2ULL << 40)
#define TSM_SEV_SDTE5_OPEN \
	(TSM_SEV_TIO_SDTE5_VTOM_EN | TSM_SEV_VTOM >> 21 << 1)

/**
 * struct tsm_sev_channel - from the guest to the firmware
 * @key: the VMPCK
 * @vmpck: its number
 * @seqno: of the next request; the response has the one behind it
 * @msg_version: TSM_SEV_TIO_MSG_VERSION_* of the messages
 */
struct tsm_sev_channel {
	u8 key[TSM_AES_KEY_LEN];
	u8 vmpck;
	u64 seqno;
	u8 msg_version;
};

/* Make a request in @msg. Return: its length */
u32 tsm_sev_seal(const struct tsm_sev_channel *c, u8 type, const void *payload,
		 u32 len, void *msg);

/*
 * Open the response to it. Return: whether @payload, @len bytes, is what the
 * firmware said and an answer to this request.
 */
bool tsm_sev_open(const struct tsm_sev_channel *c, u8 type, const void *msg,
		  u32 msg_len, void *payload, u32 len);

#endif /* __SELFTEST_TSM_SEV_MSG_H */
