/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __SEV_DEV_TIO_FAKE_PRIV_H__
#define __SEV_DEV_TIO_FAKE_PRIV_H__

#include <linux/mem_encrypt.h>
#include <linux/mm.h>

#include "sev-dev-tio_fake.h"

/*
 * Sources, as they are cited in the fake's files:
 *  HOST   AMDESE/linux-kvm@16f379f5 drivers/crypto/ccp/sev-dev-tio.c, .h
 *  TSM    AMDESE/linux-kvm@16f379f5 drivers/crypto/ccp/sev-dev-tsm.c
 *  RFC    lore 20250218111017.491719, patches 09, 11, 18 of 22
 *  58271  AMD SEV-TIO Firmware Interface Specification, revision 0.91; tables
 *         60, 61, 63-69 as microsoft/openvmm@1488a37b cites them in
 *         support/sev_guest_device/sev_guest_device_tio/src/lib.rs
 *  TDISP  PCIe TDISP 1.0
 * "Open" marks what they leave open. There the fake refuses whatever HOST and
 * TSM don't do in a good run. No source says which status goes with a refusal:
 * but for SPDM_REQUEST and EXPAND_BUFFER_LENGTH_REQUEST, the codes are chosen
 * by their names in include/uapi/linux/psp-sev.h.
 */

/* The four buffers of struct spdm_ctrl (HOST), in that order */
enum fake_role { FAKE_REQ, FAKE_RESP, FAKE_SCRATCH, FAKE_OUTPUT, FAKE_ROLES };

/* struct sla_buffer_hdr (HOST): what comes before the data object */
#define FAKE_BUF_CAPACITY	0x00
#define FAKE_BUF_PAYLOAD	0x04
#define FAKE_BUF_HDR		0x40
#define FAKE_BUF_ALIGN		32

/* struct spdm_dobj_hdr (HOST), and what follows it */
#define FAKE_DOBJ_ID		0x00
#define FAKE_DOBJ_LENGTH	0x04
#define FAKE_DOBJ_MINOR		0x08
#define FAKE_DOBJ_MAJOR		0x09
#define FAKE_DOBJ_FEATURE	0x0a
#define FAKE_DOBJ_DEVICE	0x10
#define FAKE_DOBJ_SEGMENT	0x12
#define FAKE_DOBJ_TYPE		0x13
#define FAKE_SPDM_HDR		0x10
#define FAKE_OUT_HDR		0x20

struct fake_call;

/**
 * struct fake_rule - what a command buffer looks like, and what goes on
 * @id: command
 * @len: bytes
 * @flags: bits that the word at offset 4 may have
 * @ctx: offset of the device context's address, 0 for none
 * @tdi: offset of the TDI context's address
 * @gctx: offset of the guest context's address
 * @status: offset of the address of a page for the answer
 * @resp: offset of the address of a page for the answer to a guest
 * @spdm: there is a struct spdm_ctrl at offset 8
 * @any_state: the device need not be connected
 * @rsvd: offset and length of what must be 0
 * @check: what else must be right
 * @exec: does it; nothing fails any more but what the firmware can't see before
 */
struct fake_rule {
	int id;
	u8 len;
	u8 flags;
	u8 ctx;
	u8 tdi;
	u8 gctx;
	u8 status;
	u8 resp;
	bool spdm;
	bool any_state;
	struct {
		u8 off;
		u8 len;
	} rsvd[2];
	int (*check)(struct fake_call *call);
	int (*exec)(struct fake_call *call);
};

/**
 * struct fake_call - command that is being worked on
 * @psp: firmware
 * @rule: the command's
 * @buf: its buffer
 * @dev: device that it names
 * @tdi: TDI that it names
 * @guest: guest that it names
 * @bufs: buffers of its struct spdm_ctrl
 * @again: it was found right before its SPDM exchange already
 */
struct fake_call {
	struct fake_psp *psp;
	const struct fake_rule *rule;
	const u8 *buf;
	struct fake_dev *dev;
	struct fake_tdi *tdi;
	struct fake_guest *guest;
	struct fake_buf *bufs;
	bool again;
};

#define fake_bug(psp, fmt, ...)						\
do {									\
	struct fake_psp *__psp = (psp);					\
									\
	__psp->bugs++;							\
	kunit_err(__psp->test, "fake PSP: " fmt, ##__VA_ARGS__);	\
} while (0)

/* A physical address in a command may have the C-bit: HOST make_sla(), __psp_pa() */
static inline u64 fake_pa(u64 addr)
{
	return __sme_clr(addr);
}

static inline u16 fake_u16(const u8 *buf, unsigned int off)
{
	u16 val;

	memcpy(&val, buf + off, sizeof(val));
	return val;
}

static inline u32 fake_u32(const u8 *buf, unsigned int off)
{
	u32 val;

	memcpy(&val, buf + off, sizeof(val));
	return val;
}

static inline u64 fake_u64(const u8 *buf, unsigned int off)
{
	u64 val;

	memcpy(&val, buf + off, sizeof(val));
	return val;
}

static inline unsigned int fake_dev_nr(struct fake_psp *psp, struct fake_dev *dev)
{
	return dev - psp->devs;
}

/* sev-dev-tio_fake.c */
struct fake_psp *fake_psp(void);
bool fake_op_fails(struct fake_psp *psp);

/* sev-dev-tio_fake_pages.c */
void fake_pages_install(struct kunit *test);
void fake_pages_scan(struct fake_psp *psp);
void fake_pages_forget(struct fake_psp *psp);
bool fake_page_owned(struct fake_psp *psp, u64 pfn);
u64 fake_sla(u64 sla);
int fake_buf_walk(struct fake_psp *psp, u64 sla, struct fake_buf *buf);
int fake_buf_check(struct fake_psp *psp, const struct fake_buf *buf, u32 size, bool owned);
bool fake_buf_overlaps(const struct fake_buf *a, const struct fake_buf *b);
void fake_buf_write(const struct fake_buf *buf, u32 off, const void *data, u32 len);
void fake_buf_read(const struct fake_buf *buf, u32 off, void *data, u32 len);
int fake_page_write(struct fake_psp *psp, u64 pa, const void *data, u32 len);

/* sev-dev-tio_fake_cmds.c */
const struct fake_rule *fake_rule(int id);
int fake_check(struct fake_call *call);

/* sev-dev-tio_fake_msg.c */
int fake_msg_check(struct fake_call *call);
int fake_msg_answer(struct fake_call *call);

/* sev-dev-tio_fake_spdm.c */
void fake_spdm_install(struct kunit *test);
int fake_spdm_bufs(struct fake_call *call);
unsigned int fake_spdm_rounds(struct fake_call *call);
int fake_spdm_ask(struct fake_call *call);
int fake_spdm_answer(struct fake_call *call);
void fake_spdm_end(struct fake_dev *dev);
u32 fake_put_certs(struct fake_call *call);
u32 fake_put_meas(struct fake_call *call, const u8 *nonce, u8 flags);
u32 fake_put_report(struct fake_call *call);

#endif /* __SEV_DEV_TIO_FAKE_PRIV_H__ */
