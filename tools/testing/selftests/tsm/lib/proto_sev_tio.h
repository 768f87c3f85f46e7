/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests put into the messages of SEV-TIO, and what comes back */
#ifndef __SELFTEST_TSM_PROTO_SEV_TIO_H
#define __SELFTEST_TSM_PROTO_SEV_TIO_H

#include "proto.h"
#include "sev_msg.h"

/**
 * struct sev_tio_args - as proto_sev_tio.c takes it
 * @channel: sealed messages
 * @sdte: words of the secure device table entry
 * @mmio_flags: TSM_SEV_TIO_MMIO_* of what is validated
 * @mmio_write: TSM_SEV_TIO_MMIO_WRITE, or 0 to read attributes
 * @mmio_attr: PCI_TDISP_MMIO_* to write
 * @object: enum tsm_sev_tio_object that a host call is about
 * @offset: where in it to read
 * @generation: of it
 * @nonce: for measurements
 * @payload: what was sealed in the last response
 */
struct sev_tio_args {
	struct tsm_sev_channel channel;
	u64 sdte[TSM_SEV_SDTE_WORDS];
	u16 mmio_flags;
	u32 mmio_write;
	u16 mmio_attr;
	u8 object;
	u32 offset;
	u64 generation;
	u8 nonce[TSM_SEV_TIO_NONCE_LEN];
	u8 payload[PROTO_REQ_MAX];
};

static inline struct sev_tio_args *sev_tio_args(const struct proto_test *p)
{
	return p->args;
}

/* Use another key of the guest from now on. Return: 0 or -errno */
int sev_tio_use_vmpck(struct proto_test *p, u8 vmpck);

/* The entry that opens the guest's memory, or one of zeroes that closes it */
void sev_tio_use_sdte(struct proto_test *p, bool open);

/* Send a good message. Return: status in the sealed response, or -errno */
int sev_tio_status(struct proto_test *p, u32 id);

#endif /* __SELFTEST_TSM_PROTO_SEV_TIO_H */
