/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the TDX front end of the example VMM and its guest agree on:
 * TDG.VP.VMCALL<TDCM>, Guest-Host Communication Interface (GHCI) 2.0. The
 * registers are the real ones.
 */
#ifndef __SELFTEST_TSM_VMM_TDX_H
#define __SELFTEST_TSM_VMM_TDX_H

#include "../lib/tdisp.h"
#include "guest_abi.h"

#include "../../../../../drivers/virt/coco/tsm-emu/abi.h"
#include "../../../../../include/linux/tsm-proto-tdx.h"

#define TSM_VMM_EXIT_TDVMCALL	0xe2	/* TDG.VP.VMCALL: TDX module, KVM, VMM */

/*
 * At TSM_VMM_EXIT_TDVMCALL: R10 is 0, R11 the leaf, R12 the device id, R13 the
 * address of the command buffer with the shared bit, R14 its length, R15 the
 * vector of a notification, here 0: the buffer is filled when the call returns.
 * R10 returns TDVMCALL_*; success only says that the buffer is filled. To Linux any
 * other is the end of the command, TDVMCALL_RETRY too: it repeats none.
 */
#define TDVMCALL_TDCM 0x10007
#define TDVMCALL_SUCCESS 0
#define TDVMCALL_RETRY 1
#define TDVMCALL_INVALID_OPERAND 0x8000000000000000ULL
/* Bit 51 */
#define TDX_SHARED_BIT 0x0008000000000000ULL

/*
 * At TSM_VMM_EXIT_MODULE: a TDCALL, EMU_TDG_*, in its own registers. One that accepts
 * MMIO which is not mapped reaches the VMM as a fault on private memory
 * (KVM_EXIT_MEMORY_FAULT), and is repeated when that is mapped.
 */

/* The header and the longest interface report, in pages */
#define TDX_BUFFER_LEN (17 * TSM_VMM_PAGE)

/**
 * struct tdx_area - memory of the TD
 * @buffer: command buffer, shared with the VMM
 * @digest: what the module writes to, the TD's own as are the next
 * @answer: copy of the command buffer
 * @report: copy of the interface report
 */
struct tdx_area {
	u8 buffer[TDX_BUFFER_LEN];
	u8 digest[TSM_VMM_PAGE];
	u8 answer[TDX_BUFFER_LEN];
	u8 report[TSM_VMM_REPORT_MAX];
};

void tsm_vmm_guest_tdx(struct tsm_vmm_shared *shared);

#endif /* __SELFTEST_TSM_VMM_TDX_H */
