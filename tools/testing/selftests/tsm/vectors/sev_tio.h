/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages and exits of SNP guests, byte by byte as published guests make them, and
 * the answers that they take. None was made by the code that it is a test of. The
 * sources:
 *
 *   A      AMD's guest series of February 2026, 20260225053806.3311234-8-aik@amd.com;
 *          message version 1, as F and B
 *   F      AMDESE/linux-kvm@07de4c2d drivers/virt/coco/sev-guest/tio.c
 *   B      AMDESE/linux-iommu@2932fa06, the same file
 *   C      AMDESE/linux-iommu@cccfdda0, the same file; version 2, addresses in bytes
 *   E      AMDESE/linux-kvm@ae5f6b5b, the same file; version 2, numbers of pages
 *   OHCL   OpenHCL, microsoft/openvmm PR 4416 and 4449
 *   OVMM   microsoft/openvmm@1488a37b support/sev_guest_device: tables of the
 *          specification (AMD 58271) revision 0.91
 *   HOST   AMDESE/linux-kvm@16f379f5 drivers/crypto/ccp/sev-dev-tsm.c
 *   SNP    SEV-SNP firmware ABI (AMD 56860), header of guest messages
 *   2024   AMD's series of 2024 and 2025, 20250218111017.491719
 *
 * @call is the GHCB (AMD 56421): RAX at 1f8, RCX, RDX and RBX from 308 on, exit code at
 * 390, EXITINFO1 and EXITINFO2 behind it; and from 1000 on a message that the VMM does
 * not pass on. @ret is the last two. The guest of the example
 * device has function SEV_TIO_VECTOR_RID, id SEV_TIO_VECTOR_ID, which BIND returned, and
 * BARs 0 and 2 from SEV_TIO_VECTOR_BAR0 and SEV_TIO_VECTOR_BAR2 on. Each message is
 * as it is before it is sealed, without a tag; sev_tio_sealed has some sealed.
 *
 * Guests walk them in this order from a TDI that is not bound on.
 */
#ifndef __SELFTEST_TSM_VECTORS_SEV_TIO_H
#define __SELFTEST_TSM_VECTORS_SEV_TIO_H

#include "vector.h"

#define SEV_TIO_VECTOR_RID	0x18
#define SEV_TIO_VECTOR_ID	0x42
#define SEV_TIO_VECTOR_BAR0	0xc0000000
#define SEV_TIO_VECTOR_BAR2	0xc0100000
#define SEV_TIO_VECTOR_PAGES	16

/* Pages that the guest shares: request, response, and eight of data */
#define SEV_TIO_VECTOR_REQ	0x88000000
#define SEV_TIO_VECTOR_RSP	0x88001000
#define SEV_TIO_VECTOR_DATA	0x88002000

#define SEV_TIO_VECTOR_CALL_LEN	0x1070
#define SEV_TIO_VECTOR_RET_AT	0x398
#define SEV_TIO_VECTOR_RET_LEN	16
#define SEV_TIO_VECTOR_HDR_LEN	0x60

/* SEV_TIO_GR with RDX, and with data pages */
#define SEV_TIO_VECTOR_GR(_rdx) \
	"+308:18 +310:" #_rdx " +390:20000080 +39b:88 +3a1:100088"
#define SEV_TIO_VECTOR_GR_DATA(_rdx) \
	SEV_TIO_VECTOR_GR(_rdx) " +1f9:200088 +318:08"
#define SEV_TIO_VECTOR_OP_TEXT(_action) \
	"+390:21000080 +398:18 +39c:" #_action
#define SEV_TIO_VECTOR_OP(_action) \
	.call = SEV_TIO_VECTOR_OP_TEXT(_action)

/* EXITINFO1 has nothing in its low half. Anything but 0, and 2 << 32, costs the key */
#define SEV_TIO_VECTOR_DONE \
	.ret = "+04*4"
#define SEV_TIO_VECTOR_FAILED \
	.ret = "+04*4 +0c:ffffffff"

/* The tag and the number of an answer; its payload follows the header at 60 */
#define SEV_TIO_VECTOR_RSP_HDR(_hdr)	"+00*10 +20*8 +30:" #_hdr

static const struct tsm_vector sev_tio_vectors[] = {
	{
		.source = "A: OP BIND",
		SEV_TIO_VECTOR_OP(00),
		SEV_TIO_VECTOR_DONE,
	}, {
		.source = "A: OP BIND of another function",
		.call = "+390:21000080 +398:19",
		SEV_TIO_VECTOR_FAILED,
	}, {
		.source = "A, F: TDI_INFO of version 1, state and report",
		.call = SEV_TIO_VECTOR_GR_DATA(09),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:01 +30:01016000130110 +60:18",
		.len = 0x70, .id = 19, .class = TSM_VECTOR_INFO,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001401c0) " +60:18 +70:01 +74*c +80*90 +110:01",
		.rsp_len = 0x120,
	}, {
		.source = "E: TDI_INFO of version 2 at the lock: state, certificates, report",
		.call = SEV_TIO_VECTOR_GR_DATA(0b),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:2b +30:01016000130210 +60:42",
		.len = 0x70, .id = 19, .class = TSM_VECTOR_INFO,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001402c0) " +60:42 +70:01 +74*c +80*90 +110:01",
		.rsp_len = 0x120,
	}, {
		.source = "B: TDI_INFO for the status",
		.call = SEV_TIO_VECTOR_GR_DATA(01),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:03 +30:01016000130110 +60:18",
		.len = 0x70, .id = 19, .class = TSM_VECTOR_INFO,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001401c0) " +60:18 +70:01 +74*c +80*90 +110:01",
		.rsp_len = 0x120,
	}, {
		.source = "E: TDI_INFO to refresh, with a nonce",
		.call = SEV_TIO_VECTOR_GR_DATA(04),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:2d +30:01016000130210 +60:42",
		.len = 0x70, .id = 19, .class = TSM_VECTOR_INFO,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001402c0) " +60:42 +70:01 +74*c +80*90 +110:01",
		.rsp_len = 0x120,
	}, {
		.source = "A: TDI_INFO, no page for what it asks for: INVALID_LEN, and not sent",
		.call = SEV_TIO_VECTOR_GR(09) " +1020:01 +1030:01016000130110 +1060:18",
		.ret = "+04*4 +0c:01",
	}, {
		.source = "A: a message about another function",
		.call = "+308:19 +390:20000080 +39b:88 +3a1:100088 +1020:01 +1030:01016000190150",
		SEV_TIO_VECTOR_FAILED,
	}, {
		.source = "HOST: OP RUN is TDI_BIND with the run bit, a byte 01 to the driver",
		SEV_TIO_VECTOR_OP(02),
		SEV_TIO_VECTOR_DONE,
		.req = "+00:01",
		.len = 1, .id = 0x101, .class = TSM_VECTOR_STATE_CHANGE,
	}, {
		.source = "A: SDTE_WRITE, V, IR, IW, all ones for vTOM",
		.call = SEV_TIO_VECTOR_GR(01),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:03 +30:01016000190150 +60:18 +70:01 +77:60 +98:ffffffff",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18",
		.rsp_len = 0x70,
	}, {
		.source = "F, B: SDTE_WRITE, vTOM at 2 << 40 by bit 21",
		.call = SEV_TIO_VECTOR_GR(010000000002),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:05 +30:01016000190150 +60:18 +70:01 +77:60 +98:010020",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18",
		.rsp_len = 0x70,
	}, {
		.source = "C, E: SDTE_WRITE of version 2",
		.call = SEV_TIO_VECTOR_GR(010000000002),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:2b +30:01016000190250 +60:42 +70:01 +77:60 +98:010020",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0210) " +60:42",
		.rsp_len = 0x70,
	}, {
		.source = "OHCL: SDTE_WRITE, VMPL 2, vTOM by bit 15",
		.call = SEV_TIO_VECTOR_GR(01),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:07 +30:01016000190150 +60:18 +70:01 +77:60 +8e:04 +98:ffffffff",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18",
		.rsp_len = 0x70,
	}, {
		.source = "OHCL: SDTE_WRITE to block, V off, the VMPL stays",
		.call = SEV_TIO_VECTOR_GR(00),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:09 +30:01016000190150 +60:18 +8e:04",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18",
		.rsp_len = 0x70,
	}, {
		.source = "OVMM table 68: reads only",
		.req = "+20:0b +30:01016000190150 +60:18 +70:01 +77:20",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18",
		.rsp_len = 0x70,
	}, {
		.source = "OVMM table 68: V without IR and IW",
		.req = "+20:0d +30:01016000190150 +60:18 +70:01",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18",
		.rsp_len = 0x70,
	}, {
		.source = "OVMM table 68: a reserved bit of word 0, TV of the entry of the IOMMU",
		.req = "+20:0f +30:01016000190150 +60:18 +70:03 +77:60",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18 +62:03",
		.rsp_len = 0x70,
	}, {
		.source = "OVMM table 68: a reserved bit of word 1",
		.req = "+20:11 +30:01016000190150 +60:18 +70:01 +77:60 +78:01",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18 +62:03",
		.rsp_len = 0x70,
	}, {
		.source = "OVMM table 68: a reserved bit behind the VMPL",
		.req = "+20:13 +30:01016000190150 +60:18 +70:01 +77:60 +8e:08",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18 +62:03",
		.rsp_len = 0x70,
	}, {
		.source = "OVMM table 68: a reserved bit behind vTOM, version 2",
		.req = "+20:15 +30:01016000190250 +60:42 +70:01 +77:60 +98:010020 +9c:01",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0210) " +60:42 +68:03",
		.rsp_len = 0x70,
	}, {
		.source = "OVMM table 69: SDTE_WRITE of no TDI of the guest",
		.req = "+20:17 +30:01016000190150 +60:19 +70:01 +77:60",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:19 +62:01",
		.rsp_len = 0x70,
	}, {
		.source = "A, F: MMIO_VALIDATE of 16 pages",
		.call = SEV_TIO_VECTOR_GR(480000c0),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:05 +30:01016000150130 +60:18 +73:c0 +78:10 +80:01",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160130) " +60:18 +73:c0 +78:10 +80:01",
		.rsp_len = 0x90,
	}, {
		.source = "A, F: once more, nothing changes",
		.call = SEV_TIO_VECTOR_GR(480000c0),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:07 +30:01016000150130 +60:18 +73:c0 +78:10 +80:01",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160130) " +60:18 +73:c0 +78:10",
		.rsp_len = 0x90,
	}, {
		.source = "A, F: MMIO_VALIDATE to take them back",
		.call = SEV_TIO_VECTOR_GR(400000c0),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:09 +30:01016000150130 +60:18 +73:c0 +78:10",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160130) " +60:18 +73:c0 +78:10 +80:01",
		.rsp_len = 0x90,
	}, {
		.source = "C: MMIO_VALIDATE of version 2 by the address",
		.call = SEV_TIO_VECTOR_GR(480000c0),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:2d +30:01016000150230 +60:42 +73:c0 +78:10 +80:01",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160230) " +60:42 +73:c0 +78:10 +80:01",
		.rsp_len = 0x90,
	}, {
		.source = "C: and back",
		.call = SEV_TIO_VECTOR_GR(400000c0),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:2f +30:01016000150230 +60:42 +73:c0 +78:10",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160230) " +60:42 +73:c0 +78:10 +80:01",
		.rsp_len = 0x90,
	}, {
		.source = "E: MMIO_VALIDATE by the number of the page, how many are in RCX",
		.call = "+30c:10 " SEV_TIO_VECTOR_GR(080000c0),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:31 +30:01016000150230 +60:42 +72:0c +78:10 +80:01",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160230) " +60:42 +72:0c +78:10 +80:01",
		.rsp_len = 0x90,
	}, {
		.source = "E: of range 2, BAR 2",
		.req = "+20:33 +30:01016000150230 +60:42 +71:010c +78:10 +80:01 +82:02",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160230)
		       " +60:42 +71:010c +78:10 +80:01 +82:02",
		.rsp_len = 0x90,
	}, {
		.source = "A, F: a later range of a BAR, whose address is not of a page",
		.call = SEV_TIO_VECTOR_GR(480000c0),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:0b +30:01016000150130 +60:18 +70:0e +73:c0 +78:02 +80:01",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160130) " +60:18 +62:0a +70:0e +73:c0 +78:02",
		.rsp_len = 0x90,
	}, {
		.source = "OVMM table 64: no such range",
		.req = "+20:0d +30:01016000150130 +60:18 +73:c0 +78:10 +80:01 +82:05",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160130) " +60:18 +62:08 +73:c0 +78:10 +82:05",
		.rsp_len = 0x90,
	}, {
		.source = "OVMM table 64: a page too many",
		.req = "+20:0f +30:01016000150130 +60:18 +73:c0 +78:11 +80:01",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160130) " +60:18 +62:09 +73:c0 +78:11",
		.rsp_len = 0x90,
	}, {
		.source = "OVMM table 64: no TDI of the guest",
		.req = "+20:11 +30:01016000150130 +60:19 +73:c0 +78:10 +80:01",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160130) " +60:19 +62:01 +73:c0 +78:10",
		.rsp_len = 0x90,
	}, {
		.source = "OHCL: MMIO_CONFIG, read of range 0",
		.call = SEV_TIO_VECTOR_GR(00),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:13 +30:01016000170110 +60:18",
		.len = 0x70, .id = 23, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000180110) " +60:18 +64*2",
		.rsp_len = 0x70,
	}, {
		.source = "OVMM table 66: MMIO_CONFIG, write of what the device does not change",
		.req = "+20:15 +30:01016000170110 +60:18 +64:04 +68:01",
		.len = 0x70, .id = 23, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000180110) " +60:18 +62:04 +64*2 +68:01",
		.rsp_len = 0x70,
	}, {
		.source = "E: SDTE_WRITE of zeroes, when the driver goes",
		.call = SEV_TIO_VECTOR_GR(000000000002),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:35 +30:01016000190250 +60:42",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0210) " +60:42",
		.rsp_len = 0x70,
	}, {
		.source = "A: OP STOP, a byte 00 to the driver",
		SEV_TIO_VECTOR_OP(03),
		SEV_TIO_VECTOR_DONE,
		.req = "",
		.len = 1, .id = 0x100, .class = TSM_VECTOR_STATE_CHANGE,
	}, {
		.source = "A: SDTE_WRITE of zeroes after STOP, must be answered",
		.call = SEV_TIO_VECTOR_GR(00),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:17 +30:01016000190150 +60:18",
		.len = 0xb0, .id = 25, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001a0110) " +60:18 +62*2",
		.rsp_len = 0x70,
	}, {
		.source = "A: MMIO_VALIDATE to take pages back after STOP, the same",
		.call = SEV_TIO_VECTOR_GR(400000c0),
		SEV_TIO_VECTOR_DONE,
		.req = "+20:19 +30:01016000150130 +60:18 +73:c0 +78:10",
		.len = 0x90, .id = 21, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(01016000160130) " +60:18 +62*2 +73:c0 +78:10 +80*2",
		.rsp_len = 0x90,
	}, {
		.source = "OVMM table 61: TDI_INFO of what is unbound",
		.req = "+20:1b +30:01016000130110 +60:18",
		.len = 0x70, .id = 19, .class = TSM_VECTOR_INFO,
		.rsp = SEV_TIO_VECTOR_RSP_HDR(010160001401c0) " +60:18 +62:02",
		.rsp_len = 0x120,
	}, {
		.source = "A: OP UNBIND",
		SEV_TIO_VECTOR_OP(01),
		SEV_TIO_VECTOR_DONE,
	}, {
		.source = "2024: TDI_INFO was 81",
		.req = "+20:01 +30:01016000810110 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "2024: MMIO_VALIDATE was 82",
		.req = "+20:01 +30:01016000820130 +60:18",
		.len = 0x90, .err = EBADMSG,
	}, {
		.source = "2024: SDTE_WRITE was 84",
		.req = "+20:01 +30:01016000840150 +60:18",
		.len = 0xb0, .err = EBADMSG,
	}, {
		.source = "SNP: MSG_KEY_REQ, 3, is not about a TDI",
		.req = "+20:01 +30:01016000030120",
		.len = 0x80, .err = EBADMSG,
	}, {
		.source = "SNP: MSG_REPORT_REQ, 5, is longer than any that is",
		.req = "+20:01 +30:01016000050160",
		.len = 0xc0, .err = EMSGSIZE,
	}, {
		.source = "A: SDTE_WRITE_RSP, an answer",
		.req = "+20:01 +30:010160001a0110 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "A: message version 0",
		.req = "+20:01 +30:01016000130010 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "E: message version 3",
		.req = "+20:01 +30:01016000130310 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "SNP: no algorithm",
		.req = "+20:01 +31:016000130110 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "SNP: header version 2",
		.req = "+20:01 +30:01026000130110 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "SNP: header of another size",
		.req = "+20:01 +30:01015000130110 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "SNP: VMPCK 4",
		.req = "+20:01 +30:01016000130110 +3c:04 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "SNP: reserved, behind the number",
		.req = "+20:01 +28:01 +30:01016000130110 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "SNP: reserved, before the VMPCK",
		.req = "+20:01 +30:01016000130110 +38:01 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "SNP: reserved, the end of the header",
		.req = "+20:01 +30:01016000130110 +5f:80 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "SNP: a size that is not that of the payload",
		.req = "+20:01 +30:01016000130111 +60:18",
		.len = 0x70, .err = EBADMSG,
	}, {
		.source = "OVMM table 63: MMIO_VALIDATE without its pages",
		.req = "+20:01 +30:01016000150110 +60:18",
		.len = 0x70, .err = EMSGSIZE,
	}, {
		.source = "OVMM table 67: SDTE_WRITE without the end of its entry",
		.req = "+20:01 +30:01016000190148 +60:18",
		.len = 0xa8, .err = EMSGSIZE,
	}, {
		.source = "OVMM table 60: TDI_INFO with more than its TDI",
		.req = "+20:01 +30:01016000130120 +60:18",
		.len = 0x80, .err = EMSGSIZE,
	}, {
		.source = "HOST: neither STOP nor RUN, nor another host call",
		.req = "+00:05",
		.len = 0x1, .err = EBADMSG,
	}, {
		.source = "HOST: RUN is one byte",
		.req = "+00:01",
		.len = 0x2, .err = EMSGSIZE,
	},
};

/**
 * struct sev_tio_sealed - a message under the key 000102 to 1f, VMPCK 0
 * @source: who sends it, or from where
 * @plain: lines of it before it is sealed
 * @sealed: lines of it then
 * @len: its length
 *
 * By the rules of SNP: the header from 30 on is authenticated, the number is the IV.
 * Sealed by OpenSSL 3.
 */
struct sev_tio_sealed {
	const char *source;
	const char *plain[9];
	const char *sealed[9];
	u32 len;
};

/* Kinds of objects in the data pages: F and E have the report's, E the others */
#define SEV_TIO_VECTOR_GUID_CERTIFICATES	"+00:75cb8c074426e849afe75686c5cf72f1"
#define SEV_TIO_VECTOR_GUID_MEASUREMENTS	"+00:c680aa5cef121a40b364ec59a93abe3f"
#define SEV_TIO_VECTOR_GUID_REPORT		"+00:0e5bdc70c00cd54c97bbff0ba25bf320"

/* Objects of an example: "CERT", "MEAS", and a report of one range, BAR 0 */
#define SEV_TIO_VECTOR_CERTIFICATES	"+00:43455254"
#define SEV_TIO_VECTOR_MEASUREMENTS	"+00:4d454153"
#define SEV_TIO_VECTOR_REPORT		"+00:03 +0c:01 +11:e00f +18:10"
#define SEV_TIO_VECTOR_REPORT_LEN	36

static const struct sev_tio_sealed sev_tio_sealed[] = {
	{
		.source = "A, F: TDI_INFO",
		.plain = {
			"+20:01 +30:01016000130110",
			"+60:18",
		},
		.sealed = {
			"+20:01 +30:01016000130110",
			"+00:94480ad7a332a8b877ed75ea98e88bdf",
			"+60:fa2c823fa4afec074a0405c33cc188cb",
		},
		.len = 0x70,
	}, {
		.source = "A: SDTE_WRITE",
		.plain = {
			"+20:03 +30:01016000190150",
			"+60:18 +70:01 +77:60 +98:ffffffff",
		},
		.sealed = {
			"+20:03 +30:01016000190150",
			"+00:6048a8a6fa47ff22cf9ffe0c4022d9d4",
			"+60:888c5899595132d8f8388fa492d606c92ed3c064da9bd280cb97494f1e4bd012",
			"+80:e673dc726321d11a3324d06dff609105b32b57c9528fad31f9593536a98ebb81",
			"+a0:fecc25bf3dc650d7f21041dd49e7c985",
		},
		.len = 0xb0,
	}, {
		.source = "A, F: MMIO_VALIDATE",
		.plain = {
			"+20:05 +30:01016000150130",
			"+60:18 +73:c0 +78:10 +80:01",
		},
		.sealed = {
			"+20:05 +30:01016000150130",
			"+00:50ca29ba50c5dbbd1352b1840c64b432",
			"+60:fe6badc133a753d9b48a5d04097e24b225f5cb7e1d147d783ea91513b5c8400c",
			"+80:065893bbb82222f5cc2879fce90ef1a5",
		},
		.len = 0x90,
	}, {
		.source = "E: SDTE_WRITE",
		.plain = {
			"+20:2b +30:01016000190250",
			"+60:42 +70:01 +77:60 +98:010020",
		},
		.sealed = {
			"+20:2b +30:01016000190250",
			"+00:1126cf6a1da45394645262e5c0dcae68",
			"+60:5d0c21c6ca0ebd123e56cc9103f7f6da6f4b1b11f76b6d76f5610e0c1ddf4e9f",
			"+80:977de30c7621141ae8bfeaebb0395473fe008c269f971a6fa03cc828c296d75b",
			"+a0:65ee3f6e0d6264fdc6fcf7b874bd9acb",
		},
		.len = 0xb0,
	}, {
		.source = "OVMM table 61: TDI_INFO_RSP of an example, P-384, AES-256, SHA-384",
		.plain = {
			"+20:02 +30:010160001401c0",
			"+60:18 +70:01 +74:10 +78:01010201 +110:01",
			"+80:0efaa39c5558c16180162e8ea78919ce870b9bbd51b9a111",
			"+98:31fa71221b51a57217b56f05589ac7ce74e99af7d1e479c9",
			"+b0:68f026d74e25cc98ddbce2a18da50bc6ada2b6c3c9c5690d",
			"+c8:b075bc79757904346c4bec134a6ed339dfa0fdc9318842b5",
			"+e0:86c7de12a044ecee97c1d56478942a07490a103b63ad03d0",
			"+f8:10cb4067233c6310fe7e144462bb1a7e4290ac4f3d3963fc",
		},
		.sealed = {
			"+20:02 +30:010160001401c0",
			"+00:1ceed50288901a8a2008dfdb5ac76ec1",
			"+60:fe6eeb60faa568bdadbd6e148c86f702500c68c0c6fb80134b771a3b68817913",
			"+80:1b0ee85a3e16da2a20444771da87b240ae61df5219313dc29ffb9ffa50080d47",
			"+a0:4b7d57023d4fab439d371868716179753a7dec43053dfb560a052f879eacf134",
			"+c0:be9724e7b36cea8cdb6fb5664535aba9540b6e2056fb76ebe24c604f03d58a6a",
			"+e0:05acf03b5a155e270792c6c65714828106adf1c5f6c06c9ec48cd5555d2bfa94",
			"+100:3dbc25caed9001b99cb9962154558d15032ae0c3877d081d4c1e9a3dcd98390d",
		},
		.len = 0x120,
	},
};

#endif /* __SELFTEST_TSM_VECTORS_SEV_TIO_H */
