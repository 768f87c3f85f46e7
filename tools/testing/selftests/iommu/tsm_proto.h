/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the guest protocols share: for each protocol its table of
 * messages, spelled out again, good requests, and the way of a TDI to RUN and
 * back. Nothing here asserts, so that threads can have it.
 */
#ifndef __SELFTEST_TSM_PROTO_H
#define __SELFTEST_TSM_PROTO_H

#include "tsm_firmware.h"
#include "tsm_platform.h"
#include "tsm_request.h"
#include "tsm_sev_msg.h"

#include "../../../../include/linux/tsm-proto-cca.h"
#include "../../../../include/linux/tsm-proto-tdx.h"

#define PROTO_REQ_MAX 4096
/* The longest response of TDX, and more than any object of a realm */
#define PROTO_RESP_MAX (TSM_TDX_RSP_DATA_MAX + sizeof(struct tsm_tdx_hdr))

struct proto_test;

/**
 * struct proto_flip - bits that make a good request no request
 * @id: message
 * @offset: byte of it
 * @bits: to be flipped
 */
struct proto_flip {
	u32 id;
	u32 offset;
	u8 bits;
};

/**
 * struct proto - a guest protocol
 * @name: as the emulated platform has it
 * @type: of it
 * @envelope_len: what each request starts with
 * @msgs: its table
 * @nr_msgs: messages in @msgs
 * @flips: what must be found out
 * @nr_flips: entries in @flips
 * @make: make a good request in &proto_test.req, and, if that has a length in
 *	it, one that is @extra bytes longer than it should be. Return: its length
 * @finish: look at a response. Return: 0, or -EPROTO if it is none. May be NULL.
 * @run: from the bind to RUN
 * @stop: from RUN to where the TDI can't reach its guest. Each returns 0 or -errno.
 * @fail: have the firmware report an error. Return: which it is, or -errno
 */
struct proto {
	const char *name;
	u32 type;
	u32 envelope_len;
	const struct iommu_tsm_msg *msgs;
	u32 nr_msgs;
	const struct proto_flip *flips;
	u32 nr_flips;
	u32 (*make)(struct proto_test *p, u32 id, int extra);
	int (*finish)(struct proto_test *p, u32 id);
	int (*run)(struct proto_test *p);
	int (*stop)(struct proto_test *p);
	s64 (*fail)(struct proto_test *p);
};

/**
 * struct proto_test - a function on a platform that speaks a protocol
 * @t: the function, and the request
 * @proto: protocol
 * @req: request
 * @resp: response, PROTO_RESP_MAX bytes
 * @range: MMIO range that requests are about
 * @object: object that requests of a realm are about
 * @offset: of it
 * @state: what SET_TDI_STATE asks for
 * @nonce: what LOCK_INTERFACE returned, or for measurements
 * @channel: sealed messages
 * @sdte: first byte of the secure device table entry
 * @mmio_flags: TSM_SEV_TIO_MMIO_* of what is validated
 * @mmio_write: TSM_SEV_TIO_MMIO_WRITE, or 0 to read attributes
 * @mmio_attr: PCI_TDISP_MMIO_* to write
 * @payload: what was sealed in the response
 */
struct proto_test {
	struct tsm_test t;
	const struct proto *proto;
	u8 req[PROTO_REQ_MAX];
	u8 *resp;
	struct {
		u64 base;
		u32 offset;
		u32 pages;
		u16 id;
	} range;
	u32 object;
	u64 offset;
	u32 state;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	struct tsm_sev_channel channel;
	u8 sdte;
	u16 mmio_flags;
	u32 mmio_write;
	u16 mmio_attr;
	u8 payload[PROTO_REQ_MAX];
};

extern const struct proto proto_tdisp;
extern const struct proto proto_sev;
extern const struct proto proto_cca;
extern const struct proto proto_tdx;

/* From nothing to the vDEVICE, or to the bound TDI. Return: 0 or -errno */
int proto_assign(struct proto_test *p, const struct proto *proto, const char *fn);
int proto_bind(struct proto_test *p);
void proto_close(struct proto_test *p);

/* Range @index of the interface report is what requests are about from now on */
int proto_use_range(struct proto_test *p, u32 index);

const struct iommu_tsm_msg *proto_msg(const struct proto *proto, u32 id);

/* Make &tsm_test.cmd of &proto_test.req */
void proto_prepare(struct proto_test *p, u32 scope, u32 len);

/*
 * Send a good request under the scope of its class. Return: 0 if the firmware
 * has nothing to complain about, -EREMOTEIO if it has, -EPROTO if the response
 * is none, or another -errno of the ioctl
 */
int proto_request(struct proto_test *p, u32 id);

/* Of the response to SEV-TIO message @id */
u16 proto_sev_status(const struct proto_test *p, u32 id);

/* As the device sees it */
bool proto_is_state(const struct proto_test *p, int state);

#endif /* __SELFTEST_TSM_PROTO_H */
