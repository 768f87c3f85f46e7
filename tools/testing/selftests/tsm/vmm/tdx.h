/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the TDX front end of the example VMM and its guest agree on:
 * TDG.VP.VMCALL<TDCM>, Guest-Host Communication Interface (GHCI) 2.0. The
 * registers are the real ones.
 */
#ifndef __SELFTEST_TSM_VMM_TDX_H
#define __SELFTEST_TSM_VMM_TDX_H

#include "guest_abi.h"

#include "../../../../../include/linux/tsm-proto-tdx.h"

#define TSM_VMM_PORT_TDVMCALL	0xe2	/* TDG.VP.VMCALL: TDX module, KVM, VMM */
#define TSM_VMM_PORT_MMIO_FAULT	0xe3	/* private MMIO that is not mapped */

/*
 * At TSM_VMM_PORT_TDVMCALL: R10 is 0, R11 the leaf, R12 the device id, R13 the
 * address of the command buffer with the shared bit, R14 its length, R15 the
 * vector of a notification, here 0: the buffer is filled when the call returns.
 * R10 returns TDVMCALL_*; success only says that the buffer is filled.
 */
#define TDVMCALL_TDCM 0x10007
#define TDVMCALL_SUCCESS 0
#define TDVMCALL_RETRY 1
#define TDVMCALL_INVALID_OPERAND 0x8000000000000000ULL
/* Bit 51 */
#define TDX_SHARED_BIT 0x0008000000000000ULL

/*
 * At TSM_VMM_PORT_MMIO_FAULT: the TD has accepted MMIO (TDG.MMIO.ACCEPT) that is
 * not mapped, which reaches the VMM as a fault on private memory
 * (KVM_EXIT_MEMORY_FAULT). RAX is the address, RBX the length.
 */

/* The header and the longest interface report, in pages */
#define TDX_BUFFER_LEN (17 * TSM_VMM_PAGE)

/**
 * struct tdx_area - memory of the TD
 * @buffer: command buffer, shared with the VMM
 * @answer: the TD's own copy of it
 * @report: the TD's own copy of the interface report
 */
struct tdx_area {
	u8 buffer[TDX_BUFFER_LEN];
	u8 answer[TDX_BUFFER_LEN];
	u8 report[TSM_VMM_REPORT_MAX];
};

void tsm_vmm_guest_tdx(struct tsm_vmm_shared *shared);

#endif /* __SELFTEST_TSM_VMM_TDX_H */
