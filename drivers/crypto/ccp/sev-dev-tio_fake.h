/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __SEV_DEV_TIO_FAKE_H__
#define __SEV_DEV_TIO_FAKE_H__

#include <kunit/test.h>

#include "sev-dev.h"
#include "sev-dev-tio.h"

#define FAKE_PAGES_MAX		256
#define FAKE_BUF_PAGES_MAX	20
#define FAKE_DEVS_MAX		2
#define FAKE_TDIS_MAX		8
#define FAKE_GUESTS_MAX		4
#define FAKE_CMDS_MAX		2048
#define FAKE_SPDM_LEN		40
#define FAKE_VMPCKS		4

/* fake_tdi.gctx: the guest is gone. No physical address */
#define FAKE_GCTX_GONE		U64_MAX

/* fake_psp.tdisp_state: TDI_STATUS tells the truth */
#define FAKE_TDISP_TRUE		0xff

/* Command numbers: RFC 20250218111017.491719 patch 09/22 */
enum fake_cmd_id {
	FAKE_DEV_CREATE		= 0xd2,
	FAKE_DEV_RECLAIM	= 0xd3,
	FAKE_DEV_CONNECT	= 0xd4,
	FAKE_DEV_DISCONNECT	= 0xd5,
	FAKE_DEV_STATUS		= 0xd6,
	FAKE_DEV_MEASUREMENTS	= 0xd7,
	FAKE_DEV_CERTIFICATES	= 0xd8,
	FAKE_TDI_CREATE		= 0xda,
	FAKE_TDI_RECLAIM	= 0xdb,
	FAKE_TDI_BIND		= 0xdc,
	FAKE_TDI_UNBIND		= 0xdd,
	FAKE_TDI_REPORT		= 0xde,
	FAKE_TDI_STATUS		= 0xdf,
	FAKE_GUEST_REQUEST	= 0xe0,
	FAKE_ASID_FENCE_CLEAR	= 0xe1,
	FAKE_ASID_FENCE_STATUS	= 0xe2,
	FAKE_TDI_INFO		= 0xe3,
	FAKE_ROLL_KEY		= 0xe4,
};

/* Object numbers: AMDESE/linux-kvm@16f379f5 sev-dev-tio.h, SPDM_DOBJ_ID_* */
enum fake_object_id {
	FAKE_OBJ_REQUEST	= 1,
	FAKE_OBJ_RESPONSE	= 2,
	FAKE_OBJ_CERTIFICATES	= 4,
	FAKE_OBJ_MEASUREMENTS	= 5,
	FAKE_OBJ_REPORT		= 6,
};

/* PCIe TDISP 1.0, TDI states; the same numbers in 16f379f5 TIO_TDISP_STATE_* */
enum fake_tdisp_state {
	FAKE_TDISP_UNLOCKED,
	FAKE_TDISP_LOCKED,
	FAKE_TDISP_RUN,
	FAKE_TDISP_ERROR,
};

enum fake_tdi_state { FAKE_TDI_NONE, FAKE_TDI_CREATED, FAKE_TDI_BOUND };

/* Fence status words: 16f379f5 sev-dev-tio.c, TIO_FENCE_* */
#define FAKE_FENCE_DMA_ERROR	0x1
#define FAKE_FENCE_DMA_DEFAULT	0x3
#define FAKE_FENCE_MMIO		0xc
#define FAKE_FENCE_DEFAULT	(FAKE_FENCE_DMA_DEFAULT | FAKE_FENCE_MMIO)

/**
 * enum fake_out - what to get wrong with an object in the OUTPUT buffer
 * @FAKE_OUT_GOOD: nothing
 * @FAKE_OUT_NONE: there is none, though the command succeeds
 * @FAKE_OUT_EMPTY: the object is its header only
 * @FAKE_OUT_LONG: its length goes beyond the buffer
 * @FAKE_OUT_SHORT: its length is less than its header's
 * @FAKE_OUT_ID: it says that it is another kind of object
 * @FAKE_OUT_TYPE: it has a type that is not defined
 * @FAKE_OUT_VERSION: it has a major version that is not defined
 */
enum fake_out {
	FAKE_OUT_GOOD,
	FAKE_OUT_NONE,
	FAKE_OUT_EMPTY,
	FAKE_OUT_LONG,
	FAKE_OUT_SHORT,
	FAKE_OUT_ID,
	FAKE_OUT_TYPE,
	FAKE_OUT_VERSION,
};

/**
 * struct fake_blob - how to tell one object's content from another's
 * @magic: FAKECERT, FAKEMEAS or FAKEREPT
 * @function_id: of the TDI; of the device for certificates and measurements
 * @serial: no two objects have the same
 * @gctx: guest that the TDI is bound to, without C-bit; 0 for the device's
 * @run: the report was made by the second bind
 * @flags: of DEV_MEASUREMENTS
 * @reserved: 0
 * @nonce: of DEV_MEASUREMENTS
 *
 * First in certificates and measurements, at FAKE_REPORT_BLOB in a report.
 * What follows is filled with (u8)(@serial + offset in the object's content).
 */
struct fake_blob {
	u8 magic[8];
	u32 function_id;
	u32 serial;
	u64 gctx;
	u8 run;
	u8 flags;
	u8 reserved[6];
	u8 nonce[32];
} __packed;

/* TDISP interface report: 16 bytes, one MMIO range, length of what follows */
#define FAKE_REPORT_BLOB	(16 + 16 + 4)

/**
 * struct fake_buf - buffer as a scatter list address names it
 * @sla: the address, without C-bit
 * @nr: pages
 * @pfn: their numbers
 */
struct fake_buf {
	u64 sla;
	unsigned int nr;
	u64 pfn[FAKE_BUF_PAGES_MAX];
};

/**
 * struct fake_tdi - what the firmware has in a TDI context
 * @state: in the firmware's view
 * @tdisp: state of the interface at the device
 * @dev: number of its device
 * @sla: its context, without C-bit
 * @ctx: pages of that
 * @function_id: its name
 * @gctx: guest that it is bound to, without C-bit
 * @guest_device_id: its name there
 * @lock_flags: it was locked with
 * @ran: it was in RUN since it was bound
 * @reports: how many it has given
 */
struct fake_tdi {
	enum fake_tdi_state state;
	u8 tdisp;
	unsigned int dev;
	u64 sla;
	struct fake_buf ctx;
	u32 function_id;
	u64 gctx;
	u16 guest_device_id;
	u16 lock_flags;
	bool ran;
	u64 reports;
};

/**
 * struct fake_page - page that was given to the firmware
 * @pfn: the page, 0 for a free entry
 * @lost: the driver was told that it will not get it back
 * @held: the fake has a reference, so that it is not used anew if it is freed
 * @freed: it was freed nevertheless, and that was counted
 */
struct fake_page {
	u64 pfn;
	bool lost;
	bool held;
	bool freed;
};

/**
 * struct fake_cmd - command as the firmware got it
 * @id: SEV_CMD_TIO_*
 * @buf: its buffer
 */
struct fake_cmd {
	int id;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
};

/**
 * struct fake_pending - command that waits for the device's answer
 * @cmd: the command, its id is 0 for none
 * @bufs: its request, response, scratch and output buffers
 * @round: exchanges so far
 * @answered: the device has
 * @len: with so many bytes
 */
struct fake_pending {
	struct fake_cmd cmd;
	struct fake_buf bufs[4];
	unsigned int round;
	bool answered;
	unsigned int len;
};

/**
 * struct fake_dev - what the firmware has in a device context
 * @used: there is one
 * @connected: and a session
 * @ctx: pages of the context
 * @device_id: routing id
 * @root_port_id: of the port that it is behind
 * @segment_id: of both
 * @tc_mask: traffic classes
 * @cert_slot: slot that the session was made with
 * @stream_ids: IDE streams
 * @certs: serial number of the last certificates
 * @meas: serial number of the last measurements, 0 for none
 * @pending: command that waits for the device
 * @fence: fence status for each guest of &fake_psp.guests
 * @req: guest message that is being worked on
 */
struct fake_dev {
	bool used;
	bool connected;
	struct fake_buf ctx;
	u16 device_id;
	u16 root_port_id;
	u8 segment_id;
	u8 tc_mask;
	u8 cert_slot;
	u8 stream_ids[8];
	u32 certs;
	u32 meas;
	struct fake_pending pending;
	u8 fence[FAKE_GUESTS_MAX];
	u8 req[4096];
};

/**
 * struct fake_guest - guest that the firmware knows
 * @gctx: physical address of its context, without C-bit; 0 for a free entry
 * @asid: its ASID
 * @seqno: number of the last message answered, by VMPCK
 */
struct fake_guest {
	u64 gctx;
	u32 asid;
	u64 seqno[FAKE_VMPCKS];
};

/**
 * struct fake_psp - firmware, its devices, and what to get wrong
 * @test: test that it is for
 * @devs: device contexts
 * @tdis: TDI contexts
 * @guests: guest contexts
 * @pages: pages that the firmware owns
 * @dead: no command is answered any more
 * @raw: commands come from the test itself, not through the driver: what
 *	 sev_tio_cmd_buffer_len() says is not compared with the tables
 * @ops: calls so far that can be made to fail: commands, their continuations,
 *	 and moves of pages
 * @fail: numbers of the calls that do, from 1
 * @fail_rc: what they return; -EIO for firmware that answers with
 * @fail_status: this; -ETIMEDOUT for firmware that answers no more
 * @bugs: things that no driver may do
 * @cmds: commands that were executed or failed, not their continuations
 * @nr_cmds: how many
 * @rounds: SPDM exchanges that each command takes
 * @force_rounds: exchanges that UNBIND with force takes
 * @ask_len: length that the request to the device tells, 0 for the truth
 * @doe_calls: DOE exchanges so far
 * @doe_fail: number of the one that fails
 * @doe_rc: with this
 * @doe_len: bytes that the device answers with
 * @dev_ctx_size: bytes that a device context needs; 0 for any length
 * @tdi_ctx_size: bytes that a TDI context needs
 * @req_size: bytes that an SPDM request buffer needs
 * @resp_size: bytes that an SPDM response buffer needs
 * @scratch_size: bytes that a scratch buffer needs
 * @out_size: bytes that an output buffer needs
 * @unbind_status: of UNBIND without force, 0 for what the rules say
 * @force_status: of UNBIND with force, 0 for what the rules say
 * @tdisp_state: what TDI_STATUS tells, FAKE_TDISP_TRUE for the truth
 * @status_len: length that TDI_STATUS tells
 * @fence: set in the fence status of each guest, until an accepted FENCE_CLEAR
 * @no_default_fence: a new guest is not fenced
 * @any_seqno: a guest message can be sent twice
 * @resp: guest message that GUEST_REQUEST answers with
 * @resp_len: its length, 0 for the fake's own answer
 * @no_resp: GUEST_REQUEST succeeds without touching the response page
 * @req: the last guest message
 * @msg_status: status in the payload of the last answer of the fake's own
 * @serial: objects so far
 * @certs_len: bytes of certificates, without object header
 * @meas_len: bytes of measurements
 * @report_len: bytes of a report
 * @meas_type: type of the measurements: 1 plain, 2 log
 * @out: what is wrong with the objects
 * @out_id: kind of object that it is wrong with, 0 for all
 */
struct fake_psp {
	struct kunit *test;
	struct fake_dev devs[FAKE_DEVS_MAX];
	struct fake_tdi tdis[FAKE_TDIS_MAX];
	struct fake_guest guests[FAKE_GUESTS_MAX];
	struct fake_page pages[FAKE_PAGES_MAX];
	bool dead;
	bool raw;
	unsigned int ops;
	unsigned int fail[2];
	int fail_rc;
	int fail_status;
	unsigned int bugs;
	struct fake_cmd cmds[FAKE_CMDS_MAX];
	unsigned int nr_cmds;
	unsigned int rounds;
	unsigned int force_rounds;
	u32 ask_len;
	unsigned int doe_calls;
	unsigned int doe_fail;
	int doe_rc;
	unsigned int doe_len;
	u32 dev_ctx_size;
	u32 tdi_ctx_size;
	u32 req_size;
	u32 resp_size;
	u32 scratch_size;
	u32 out_size;
	int unbind_status;
	int force_status;
	u8 tdisp_state;
	u32 status_len;
	u8 fence;
	bool no_default_fence;
	bool any_seqno;
	u8 resp[4096];
	unsigned int resp_len;
	bool no_resp;
	u8 req[4096];
	u16 msg_status;
	u32 serial;
	u32 certs_len;
	u32 meas_len;
	u32 report_len;
	u8 meas_type;
	enum fake_out out;
	u32 out_id;
};

int fake_doe(struct tio_dsm *dsm, u8 feature);
void fake_psp_install(struct kunit *test, struct fake_psp *psp);
void fake_psp_forget(struct fake_psp *psp);
unsigned int fake_psp_owned(struct fake_psp *psp);
unsigned int fake_psp_lost(struct fake_psp *psp);
struct fake_tdi *fake_psp_find_tdi(struct fake_psp *psp, u32 function_id);
int fake_psp_add_guest(struct fake_psp *psp, u64 gctx, u32 asid);
unsigned int fake_psp_forget_guest(struct fake_psp *psp, u64 gctx);
bool fake_psp_tdi_error(struct fake_psp *psp, u32 function_id);
void fake_psp_fence_guest(struct fake_psp *psp, u64 gctx, u8 status);
bool fake_psp_pending(struct fake_psp *psp);

#endif /* __SEV_DEV_TIO_FAKE_H__ */
