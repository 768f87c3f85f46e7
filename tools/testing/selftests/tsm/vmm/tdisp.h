/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the TDISP front end of the example VMM and its guest agree on. No vendor
 * has guests that send bare TDISP messages, the calls are made up.
 */
#ifndef __SELFTEST_TSM_VMM_TDISP_H
#define __SELFTEST_TSM_VMM_TDISP_H

#include "guest_abi.h"

#define TSM_VMM_EXIT_CALL	0xe2	/* no vendor's */

/**
 * enum tsm_vmm_call_nr - guest calls about a TDI, the argument of TSM_VMM_EXIT_CALL
 * @TSM_VMM_CALL_READ: read from the TDI; the guest relies on it changing nothing
 * @TSM_VMM_CALL_CONTROL: lock, start and stop the TDI
 */
enum tsm_vmm_call_nr {
	TSM_VMM_CALL_READ = 1,
	TSM_VMM_CALL_CONTROL = 2,
};

/**
 * struct tsm_vmm_call - memory that the guest and the VMM share
 * @req_len: length of @req
 * @resp_len: room that the guest wants used of @resp, then what is used
 * @error: 0, or the errno that the request met on its way to the TSM
 * @dispatched: the request has reached the TSM
 * @tsm_code: the TSM's own result
 * @req: request
 * @resp: response
 */
struct tsm_vmm_call {
	u32 req_len;
	u32 resp_len;
	u32 error;
	u32 dispatched;
	u64 tsm_code;
	u8 req[256];
	u8 resp[512];
};

void tsm_vmm_guest_tdisp(struct tsm_vmm_shared *shared);

#endif /* __SELFTEST_TSM_VMM_TDISP_H */
