/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the CCA front end of the example VMM and its guest agree on: the calls of
 * the Realm Host Interface (RHI, Arm DEN0148) and the REC exit to map MMIO, in the
 * registers of vmm_get_call(). The text of DEN0148 was not available: numbers are those of
 * Arm's compliance suite of 2026, and of its kernel where that is silent. Older
 * postings have others, with reports and measurements swapped in one.
 */
#ifndef __SELFTEST_TSM_VMM_CCA_H
#define __SELFTEST_TSM_VMM_CCA_H

#include "../lib/tdisp.h"
#include "guest_abi.h"

#include "../../../../../drivers/virt/coco/tsm-emu/abi.h"
#include "../../../../../include/linux/tsm-proto-cca.h"

/* At TSM_VMM_EXIT_MODULE: X0 to X8 of a call to the RMM, EMU_RSI_* */

/*
 * At TSM_VMM_EXIT_HOST_CALL, which a realm makes by RSI_HOST_CALL to the RMM, that by
 * a REC exit to KVM, and that to the VMM: the words of the host call, g0 to g5; g0 is the
 * call and returns enum tsm_cca_status. The device id of all but the first two is in g1.
 */
#define RHI_DA_VERSION 0xc500004a	/* g0: version */
#define RHI_DA_FEATURES 0xc500004b	/* g0: RHI_DA_HAS_* */
#define RHI_DA_OBJECT_SIZE 0xc500004c	/* g2 object; g1: size */
/*
 * g2 object, g3 address of a shared buffer, g4 its length, g5 offset; g1: bytes. So
 * in Linux' realm of March 2026 and in Arm's compliance suite of 2026; postings of
 * 2025 had offset, length and address in g3 to g5. The suite puts the object at
 * that offset in the buffer, Linux' host takes it as an offset in the object, as the
 * small guest that reads page by page does. Both are the same for offset 0.
 */
#define RHI_DA_OBJECT_READ 0xc500004d
#define RHI_VDEV_CONTINUE 0xc5000051	/* g2 cookie */
#define RHI_VDEV_GET_MEASUREMENTS 0xc5000052	/* g2 address of a struct rhi_nonce */
#define RHI_VDEV_GET_INTERFACE_REPORT 0xc5000053
#define RHI_VDEV_SET_TDI_STATE 0xc5000054	/* g2 state */
#define RHI_VDEV_ABORT 0xc5000056	/* g2 cookie */
/*
 * The three between return a cookie in g1 with TSM_CCA_INCOMPLETE. Linux' realm then calls
 * CONTINUE with the first one until there is another status, or ABORT when it has got a
 * signal. The small guest that uses TF-RMM continues without a cookie.
 */

/* Another call, or one that a host does not have: SMCCC's NOT_SUPPORTED */
#define RHI_NOT_SUPPORTED (~0ULL)

/* The text with the version's layout was not available */
#define RHI_DA_VERSION_1_0 0x10000

#define RHI_DA_HAS_OBJECT_SIZE BIT(0)
#define RHI_DA_HAS_OBJECT_READ BIT(1)
#define RHI_DA_HAS_CONTINUE BIT(2)
#define RHI_DA_HAS_MEASUREMENTS BIT(3)
#define RHI_DA_HAS_REPORT BIT(4)
#define RHI_DA_HAS_SET_TDI_STATE BIT(5)

/**
 * struct rhi_nonce - parameters of RHI_VDEV_GET_MEASUREMENTS
 * @flags: TSM_CCA_MEASUREMENTS_*
 * @reserved: 0
 * @nonce: for the device to put into the measurements
 */
struct rhi_nonce {
	__le64 flags;
	u8 reserved[0xf8];
	u8 nonce[TSM_CCA_NONCE_LEN];
} __packed;

/* What the host tells the RMM when it enters the realm again after a REC exit */
#define REC_ACCEPT 0
#define REC_REJECT 1

/* Linux' realm reads an object in one call */
#define CCA_OBJECT_MAX (16 * TSM_VMM_PAGE)

/**
 * struct cca_area - memory of the realm
 * @buffer: shared with the VMM, as is @param
 * @param: parameter block
 * @info: what the RMM says of the device, the realm's own as are the next
 * @object: copy of an object
 * @report: copy of the interface report
 */
struct cca_area {
	u8 buffer[CCA_OBJECT_MAX];
	struct rhi_nonce param;
	struct emu_rsi_vdev_info info;
	u8 object[CCA_OBJECT_MAX];
	u8 report[TSM_VMM_REPORT_MAX];
};

void tsm_vmm_guest_cca(struct tsm_vmm_shared *shared);

#endif /* __SELFTEST_TSM_VMM_CCA_H */
