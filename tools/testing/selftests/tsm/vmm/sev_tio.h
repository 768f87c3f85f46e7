/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the SEV-TIO front end of the example VMM and its guest agree on: the
 * GHCB (AMD 56421) with the two exits that AMD's series of February 2026 has
 * for SEV-TIO. VMGEXIT is an OUT here, nobody reads the GHCB's valid bitmap,
 * and the GHCB has a fixed place instead of one that an MSR tells.
 */
#ifndef __SELFTEST_TSM_VMM_SEV_TIO_H
#define __SELFTEST_TSM_VMM_SEV_TIO_H

#include "../lib/sev_msg.h"
#include "guest_abi.h"

#define TSM_VMM_PORT_VMGEXIT	0xe2	/* VMGEXIT: KVM, on to the VMM */

/*
 * EXITINFO1 and EXITINFO2 are the addresses of request and response, RAX that
 * of the data pages, RBX how many there are (and how many it takes, on return),
 * RCX the RID, RDX depends on the message. EXITINFO2 returns SEV_GUEST_ERR().
 */
#define SEV_EXIT_GUEST_REQUEST 0x80000020

/*
 * EXITINFO1 is an action and the RID, SEV_OP_INFO(). EXITINFO2 returns
 * SEV_GUEST_ERR(), and RCX the firmware's id of the TDI for SEV_OP_BIND.
 */
#define SEV_EXIT_OP 0x80000021

#define SEV_OP_INFO(action, rid) ((u64)(action) << 32 | (rid))

enum sev_op {
	SEV_OP_BIND = 0,
	SEV_OP_UNBIND = 1,
	SEV_OP_RUN = 2,
	SEV_OP_STOP = 3,
};

/* The VMM's error and the firmware's, as for SNP guest requests */
#define SEV_GUEST_ERR(vmm, fw) ((u64)(vmm) << 32 | (u32)(fw))
#define SEV_VMM_ERR_INVALID_LEN 1
#define SEV_VMM_ERR_BUSY 2
#define SEV_VMM_ERR_GENERIC ~0U

/*
 * RDX of a TDI_INFO: which objects the guest wants in the data pages. The bits
 * of certificates and measurements were not found. On return it has the TDISP
 * state where that was asked for.
 */
#define SEV_INFO_STATE BIT(0)
#define SEV_INFO_CERTIFICATES BIT(1)
#define SEV_INFO_MEASUREMENTS BIT(2)
#define SEV_INFO_REPORT BIT(3)
#define SEV_INFO_OBJECT(type) (SEV_INFO_CERTIFICATES << (type))
#define SEV_NR_OBJECTS 3

/* RDX of MMIO_VALIDATE, for the host's half of it */
#define SEV_MMIO_RDX(base, order, range_id) \
	((base) | (u64)(order) << 4 | BIT(3) | ((range_id) & 7))

/**
 * struct sev_object - entry of the table at the start of the data pages, the
 *	last one is all zeroes
 * @guid: kind of the object, SEV_OBJECT_GUID; AMD's own were not found
 * @offset: where it is in the data pages
 * @len: its length
 */
struct sev_object {
	u8 guid[16];
	__le32 offset;
	__le32 len;
} __packed;

#define SEV_OBJECT_GUID(type) \
	{ 0x5e, 0x1f, 0x7e, 0x57, 0, 0, 0, 0x40, 0x80, [15] = (type) + 1 }

/* The fields of the GHCB (AMD 56421) that SEV-TIO uses, at their places there */
struct sev_ghcb {
	u8 reserved[0x1f8];
	u64 rax;
	u8 reserved2[0x108];
	u64 rcx;
	u64 rdx;
	u64 rbx;
	u8 reserved3[0x70];
	u64 exit_code;
	u64 exit_info_1;
	u64 exit_info_2;
	u8 reserved4[TSM_VMM_PAGE - 0x3a8];
} __packed;

#define SEV_DATA_PAGES 16

/**
 * struct sev_tio_area - memory of the guest
 * @ghcb: shared with the VMM, as all up to @data
 * @req: request
 * @resp: response
 * @data: data pages
 * @secrets: the guest's own from here on. The firmware fills it when it launches
 *	the guest, here the VMM has to when the TDI is bound.
 * @objects: copy of the data pages, that nobody changes while it is checked
 */
struct sev_tio_area {
	struct sev_ghcb ghcb;
	u8 req[TSM_VMM_PAGE];
	u8 resp[TSM_VMM_PAGE];
	u8 data[SEV_DATA_PAGES * TSM_VMM_PAGE];
	struct emu_sev_secrets secrets;
	u8 objects[SEV_DATA_PAGES * TSM_VMM_PAGE];
};

void tsm_vmm_guest_sev_tio(struct tsm_vmm_shared *shared);

#endif /* __SELFTEST_TSM_VMM_SEV_TIO_H */
