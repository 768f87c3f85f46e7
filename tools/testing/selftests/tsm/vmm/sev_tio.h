/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the SEV-TIO front end of the example VMM and its guest agree on: the
 * GHCB (AMD 56421) with the two exits that AMD's guests of 2026 have for
 * SEV-TIO. VMGEXIT is an OUT here, nobody reads the GHCB's valid bitmap,
 * and the GHCB has a fixed place instead of one that an MSR tells.
 */
#ifndef __SELFTEST_TSM_VMM_SEV_TIO_H
#define __SELFTEST_TSM_VMM_SEV_TIO_H

#include "../lib/sev_msg.h"
#include "guest_abi.h"

#define TSM_VMM_EXIT_VMGEXIT	0xe2	/* VMGEXIT: KVM, on to the VMM */
/* EAX: Command register of the function. A write to configuration space: the VMM */
#define TSM_VMM_EXIT_COMMAND	0xe3

/*
 * SEV_TIO_GR: a sealed message. EXITINFO1 and EXITINFO2 are the addresses of request and
 * response, RAX that of the data pages, RBX how many there are (and how many it
 * takes, on return), RDX depends on the message. RCX is the RID in its low half;
 * AMD's newest guest has the number of pages in the high half for MMIO_VALIDATE.
 */
#define SEV_EXIT_GUEST_REQUEST 0x80000020

/*
 * SEV_TIO_OP: EXITINFO1 is an action and the RID, SEV_OP_INFO(). RCX returns the firmware's id of
 * the TDI, which guests of message version 2 use.
 */
#define SEV_EXIT_OP 0x80000021

#define SEV_OP_INFO(action, rid) ((u64)(action) << 32 | (rid))

enum sev_op {
	SEV_OP_BIND = 0,
	SEV_OP_UNBIND = 1,
	SEV_OP_RUN = 2,
	SEV_OP_STOP = 3,
};

/*
 * Both exits return EXITINFO1 0, as KVM does: else the guest takes it for an exception
 * or an error of the VMM. EXITINFO2 is the VMM's error and the firmware's, as for SNP
 * guest requests.
 */
#define SEV_GUEST_ERR(vmm, fw) ((u64)(vmm) << 32 | (u32)(fw))
#define SEV_VMM_ERR_INVALID_LEN 1
#define SEV_VMM_ERR_BUSY 2
#define SEV_VMM_ERR_GENERIC ~0U

/*
 * RDX of a TDI_INFO: which objects the guest wants in the data pages. A guest that
 * wants measurements has put a nonce for them, or zeroes, at the start of these. On
 * return RDX has the TDISP state where that was asked for.
 */
#define SEV_INFO_STATE BIT(0)
#define SEV_INFO_CERTIFICATES BIT(1)
#define SEV_INFO_MEASUREMENTS BIT(2)
#define SEV_INFO_REPORT BIT(3)
#define SEV_INFO_OBJECT(type) (SEV_INFO_CERTIFICATES << (type))
#define SEV_NR_OBJECTS 3

/* RDX of MMIO_VALIDATE, for the host's half of it */
#define SEV_MMIO_PRIVATE BIT(3)
#define SEV_MMIO_RDX(base, order, range_id) \
	((base) | (u64)(order) << 4 | ((range_id) & 7))

/**
 * struct sev_object - entry of the table at the start of the data pages, the
 *	last one is all zeroes
 * @guid: kind of the object, SEV_OBJECT_GUIDS
 * @offset: where it is in the data pages
 * @len: its length
 */
struct sev_object {
	u8 guid[16];
	__le32 offset;
	__le32 len;
} __packed;

/* By enum tsm_sev_tio_object, those of AMD's guests */
#define SEV_OBJECT_GUIDS {						\
	[TSM_SEV_TIO_OBJECT_CERTIFICATES] = {				\
		0x75, 0xcb, 0x8c, 0x07, 0x44, 0x26, 0xe8, 0x49,		\
		0xaf, 0xe7, 0x56, 0x86, 0xc5, 0xcf, 0x72, 0xf1,		\
	},								\
	[TSM_SEV_TIO_OBJECT_MEASUREMENTS] = {				\
		0xc6, 0x80, 0xaa, 0x5c, 0xef, 0x12, 0x1a, 0x40,		\
		0xb3, 0x64, 0xec, 0x59, 0xa9, 0x3a, 0xbe, 0x3f,		\
	},								\
	[TSM_SEV_TIO_OBJECT_REPORT] = {					\
		0x0e, 0x5b, 0xdc, 0x70, 0xc0, 0x0c, 0xd5, 0x4c,		\
		0x97, 0xbb, 0xff, 0x0b, 0xa2, 0x5b, 0xf3, 0x20,		\
	},								\
}

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

/* As many as AMD's guests have */
#define SEV_DATA_PAGES 8

/**
 * struct sev_tio_area - memory of the guest
 * @ghcb: shared with the VMM, as all up to @data
 * @req: request
 * @resp: response
 * @data: data pages
 * @secrets: the guest's own from here on. The firmware fills it when it launches
 *	the guest, here the VMM has to when it binds a TDI for the first time.
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
