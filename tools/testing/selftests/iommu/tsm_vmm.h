/* SPDX-License-Identifier: GPL-2.0 */
/* What the example VMM and its guest agree on */
#ifndef __SELFTEST_TSM_VMM_H
#define __SELFTEST_TSM_VMM_H

#include <linux/types.h>

/*
 * The guest calls its VMM by a 32 bit OUT. At TSM_VMM_PORT_CALL the value is the
 * number of the call, the rest is in struct tsm_vmm_call. At TSM_VMM_PORT_DONE
 * it is enum tsm_vmm_verdict.
 */
#define TSM_VMM_PORT_CALL 0x510
#define TSM_VMM_PORT_DONE 0x511

/**
 * enum tsm_vmm_call_nr - guest calls about a TDI
 * @TSM_VMM_CALL_READ: read from the TDI; the guest relies on it changing nothing
 * @TSM_VMM_CALL_CONTROL: lock, start and stop the TDI
 */
enum tsm_vmm_call_nr {
	TSM_VMM_CALL_READ = 1,
	TSM_VMM_CALL_CONTROL = 2,
};

/**
 * struct tsm_vmm_call - memory that the guest and the VMM share
 * @function_id: the TDI, set by the VMM
 * @req_len: length of @req
 * @resp_len: room that the guest wants used of @resp, then what is used
 * @error: 0, or the errno that the request met on its way to the TSM
 * @dispatched: the request has reached the TSM
 * @tsm_code: the TSM's own result
 * @req: request
 * @resp: response
 * @report_len: length of @report
 * @report: interface report as the guest has put it together
 */
struct tsm_vmm_call {
	__u32 function_id;
	__u32 req_len;
	__u32 resp_len;
	__u32 error;
	__u32 dispatched;
	__u32 report_len;
	__u64 tsm_code;
	__u8 req[256];
	__u8 resp[512];
	__u8 report[1024];
};

/**
 * enum tsm_vmm_verdict - what the guest thinks of its device in the end
 * @TSM_VMM_RUNNING: every check passed: the TDI is started, and what had to be
 *	refused was refused
 * @TSM_VMM_BAD_VERSION: the device does not speak TDISP 1.0
 * @TSM_VMM_BAD_CAPABILITIES: it lacks a message that the guest needs
 * @TSM_VMM_NOT_LOCKED: the TDI could not be locked
 * @TSM_VMM_NONCE_IS_WEAK: the nonce of the lock is all zeroes
 * @TSM_VMM_STOP_NOT_REFUSED: STOP got through in a call that only reads
 * @TSM_VMM_STOP_TOOK_EFFECT: the STOP that was refused changed the state
 * @TSM_VMM_BAD_REPORT: the interface report makes no sense
 * @TSM_VMM_WRONG_NONCE_ACCEPTED: START took another nonce than the lock's
 * @TSM_VMM_NOT_STARTED: the TDI does not run after START
 * @TSM_VMM_NR_VERDICTS: number of verdicts
 */
enum tsm_vmm_verdict {
	TSM_VMM_RUNNING,
	TSM_VMM_BAD_VERSION,
	TSM_VMM_BAD_CAPABILITIES,
	TSM_VMM_NOT_LOCKED,
	TSM_VMM_NONCE_IS_WEAK,
	TSM_VMM_STOP_NOT_REFUSED,
	TSM_VMM_STOP_TOOK_EFFECT,
	TSM_VMM_BAD_REPORT,
	TSM_VMM_WRONG_NONCE_ACCEPTED,
	TSM_VMM_NOT_STARTED,
	TSM_VMM_NR_VERDICTS
};

/* The program's own image, which the guest shares */
extern char __executable_start[], _end[];

void tsm_vmm_guest(struct tsm_vmm_call *call);

#endif /* __SELFTEST_TSM_VMM_H */
