/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __SEV_DEV_TIO_FAKE_H__
#define __SEV_DEV_TIO_FAKE_H__

#include <kunit/test.h>

#include "sev-dev.h"
#include "sev-dev-tio.h"

#define FAKE_PAGES_MAX		64
#define FAKE_TDIS_MAX		4
#define FAKE_CMDS_MAX		2048
#define FAKE_SPDM_LEN		40

enum fake_tdi_state { FAKE_TDI_NONE, FAKE_TDI_CREATED, FAKE_TDI_BOUND };

/**
 * struct fake_tdi - what the firmware has in a TDI context
 * @state: in the firmware's view
 * @sla: its context
 * @function_id: its name
 * @gctx: guest that it is bound to
 */
struct fake_tdi {
	enum fake_tdi_state state;
	u64 sla;
	u32 function_id;
	u64 gctx;
};

/**
 * struct fake_page - page that was given to the firmware
 * @pfn: the page, 0 for a free entry
 * @lost: the driver was told that it will not get it back
 */
struct fake_page {
	u64 pfn;
	bool lost;
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
 * struct fake_psp - firmware, its device, and what to get wrong
 * @dev_sla: device context, 0 for none
 * @connected: the device is
 * @tdis: TDI contexts
 * @pages: pages that the firmware owns
 * @dead: no command is answered any more
 * @ops: calls so far that can be made to fail: commands and moves of pages
 * @fail: numbers of the calls that do
 * @fail_rc: what they return; -EIO for firmware that answers with
 * @fail_status: this
 * @bugs: things that no driver may do
 * @cmds: commands that were executed or failed, not their continuations
 * @nr_cmds: how many
 * @rounds: SPDM exchanges that each command takes
 * @spdm: state of the exchange for one command
 * @spdm.cmd: command that waits for a response
 * @spdm.round: exchanges so far
 * @spdm.answered: the device has
 * @doe_calls: DOE exchanges so far
 * @doe_fail: number of the one that fails
 * @doe_rc: with this
 * @doe_len: bytes that the device answers with
 * @unbind_status: of UNBIND without force
 * @force_status: of UNBIND with force
 * @tdisp_state: what TDI_STATUS tells
 * @status_len: length that TDI_STATUS tells
 * @fence: fence status of the ASID
 * @resp: guest message that GUEST_REQUEST answers with
 * @resp_len: its length
 * @req: the last guest message
 */
struct fake_psp {
	u64 dev_sla;
	bool connected;
	struct fake_tdi tdis[FAKE_TDIS_MAX];
	struct fake_page pages[FAKE_PAGES_MAX];
	bool dead;
	unsigned int ops;
	unsigned int fail[2];
	int fail_rc;
	int fail_status;
	unsigned int bugs;
	struct fake_cmd cmds[FAKE_CMDS_MAX];
	unsigned int nr_cmds;
	unsigned int rounds;
	struct {
		struct fake_cmd cmd;
		unsigned int round;
		bool answered;
	} spdm;
	unsigned int doe_calls;
	unsigned int doe_fail;
	int doe_rc;
	unsigned int doe_len;
	int unbind_status;
	int force_status;
	u8 tdisp_state;
	u32 status_len;
	u8 fence;
	u8 resp[4096];
	unsigned int resp_len;
	u8 req[4096];
};

void fake_psp_install(struct kunit *test, struct fake_psp *psp);
void fake_psp_forget(struct fake_psp *psp);
unsigned int fake_psp_owned(struct fake_psp *psp);
unsigned int fake_psp_lost(struct fake_psp *psp);
struct fake_tdi *fake_psp_find_tdi(struct fake_psp *psp, u32 function_id);

#endif /* __SEV_DEV_TIO_FAKE_H__ */
