/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands of TDs, byte by byte as published guests make them and as they take the
 * answer. None was made by the code that it is a test of. The sources:
 *
 *   G      Intel's guest driver, intel-staging/tdx@8a7ec7ee and @20d1ddcb:
 *          drivers/virt/coco/tdx-guest/connect.c, arch/x86/coco/tdx/tdx_connect.c
 *   OHCL   OpenHCL, microsoft/openvmm PR 4414 and 4416: tdxconnect.rs
 *   GHCI   TDG.VP.VMCALL<TDCM> as both have it, the text was not available
 *
 * @call and @ret are R10 to R15 of the TDVMCALL, 8 bytes each; a TD looks at nothing
 * but R10 of the latter. The command, and then the answer, is in the buffer that R13
 * is the address of, with the shared bit 51. The TD that makes the call has another
 * address, and its own id of the device. Commands have no data.
 *
 * TDs walk them in this order from a TDI that is not bound on, and have read its
 * report before, without which the example VMM lets none start it.
 */
#ifndef __SELFTEST_TSM_VECTORS_TDX_H
#define __SELFTEST_TSM_VECTORS_TDX_H

#include "vector.h"

#define TDX_VECTOR_RID		0x18
#define TDX_VECTOR_BUFFER	0x0008000080000000
#define TDX_VECTOR_CALL_LEN	0x30
#define TDX_VECTOR_RET_LEN	8

/* R11 to R13, and R14 for a page or for the longest report */
#define TDX_VECTOR_CALL \
	.call = "+08:070001 +10:18 +1b:8000000800 +21:10", .ret = "+00:00"
#define TDX_VECTOR_CALL_REPORT \
	.call = "+08:070001 +10:18 +1b:8000000800 +21:1001", .ret = "+00:00"
#define TDX_VECTOR_INVALID_OPERAND \
	.ret = "+07:80"

#define TDX_VECTOR_HDR_LEN	20
#define TDX_VECTOR_REPORT_MAX	(TDX_VECTOR_HDR_LEN + 65536)

static const struct tsm_vector tdx_vectors[] = {
	{
		.source = "G: CHECK_TEEIO_SUPP, exactly one byte, not 0",
		TDX_VECTOR_CALL,
		.req = "+00:01", .len = 20, .id = 1, .class = TSM_VECTOR_INFO,
		.rsp = "+00:01 +08:01 +10:01 +14:01", .rsp_len = 21,
	}, {
		.source = "G: GET_TDI_REPORT before BIND, error 15",
		TDX_VECTOR_CALL_REPORT,
		.req = "+00:04", .len = 20, .id = 4, .class = TSM_VECTOR_INFO,
		.code = 15, .rsp = "+00:04 +08:020f", .rsp_len = 20,
	}, {
		.source = "G: BIND, no data",
		TDX_VECTOR_CALL,
		.req = "+00:02", .len = 20, .id = 2, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = "+00:02 +08:01", .rsp_len = 20,
	}, {
		.source = "G: BIND of what is bound, error 15 is likely",
		TDX_VECTOR_CALL,
		.req = "+00:02", .len = 20, .id = 2, .class = TSM_VECTOR_STATE_CHANGE,
		.code = 15, .rsp = "+00:02 +08:020f", .rsp_len = 20,
	}, {
		.source = "G: GET_TDI_REPORT, 1 to 65536 bytes",
		TDX_VECTOR_CALL_REPORT,
		.req = "+00:04", .len = 20, .id = 4, .class = TSM_VECTOR_INFO,
		.rsp = "+00:04 +08:01 +10*4 +14*400", .rsp_len = 21,
		.rsp_max = TDX_VECTOR_REPORT_MAX,
	}, {
		.source = "OHCL: START_TDI that no TDG.TDI.START allowed, must fail",
		TDX_VECTOR_CALL,
		.req = "+00:05", .len = 20, .id = 5, .class = TSM_VECTOR_STATE_CHANGE,
		.code = 10, .rsp = "+00:05 +08:020a", .rsp_len = 20,
	}, {
		.source = "G: GET_DEV_INFO, number 3, its data is not known",
		TDX_VECTOR_CALL_REPORT,
		.req = "+00:03", .len = 20, .id = 3, .class = TSM_VECTOR_INFO,
		.rsp = "+00:03 +08:01 +10*4 +14*400", .rsp_len = 21,
		.rsp_max = TDX_VECTOR_REPORT_MAX,
	}, {
		.source = "G: GET_TDI_STATE, number 6, its data is not known",
		TDX_VECTOR_CALL,
		.req = "+00:06", .len = 20, .id = 6, .class = TSM_VECTOR_INFO,
		.rsp = "+00:06 +08:01 +10*4 +14*1", .rsp_len = 21,
	}, {
		.source = "G: UNBIND, no data",
		TDX_VECTOR_CALL,
		.req = "+00:07", .len = 20, .id = 7, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = "+00:07 +08:01", .rsp_len = 20,
	}, {
		.source = "GHCI: another device",
		.call = "+08:070001 +10:19 +1b:8000000800 +21:10",
		TDX_VECTOR_INVALID_OPERAND,
	}, {
		.source = "GHCI: a buffer of less than a page",
		.call = "+08:070001 +10:18 +1b:8000000800 +20:14",
		TDX_VECTOR_INVALID_OPERAND,
	}, {
		.source = "GHCI: no buffer",
		.call = "+08:070001 +10:18 +1b:8000000800",
		TDX_VECTOR_INVALID_OPERAND,
	}, {
		.source = "GHCI: a vector to be notified by, this VMM has no such",
		.call = "+08:070001 +10:18 +1b:8000000800 +21:10 +28:31",
		TDX_VECTOR_INVALID_OPERAND,
	}, {
		.source = "G: no operation, 0",
		TDX_VECTOR_CALL,
		.req = "", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: no operation, 8",
		TDX_VECTOR_CALL,
		.req = "+00:08", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: another version than 0",
		TDX_VECTOR_CALL,
		.req = "+00:02 +02:01", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: a status is for the host to fill",
		TDX_VECTOR_CALL,
		.req = "+00:02 +08:01", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: an error is, too",
		TDX_VECTOR_CALL,
		.req = "+00:02 +09:0f", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: reserved, behind the version",
		TDX_VECTOR_CALL,
		.req = "+00:02 +03:01", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: reserved, before the status",
		TDX_VECTOR_CALL,
		.req = "+00:02 +07:80", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: reserved, behind the error",
		TDX_VECTOR_CALL,
		.req = "+00:02 +0a:01", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: reserved, before the length of the data",
		TDX_VECTOR_CALL,
		.req = "+00:02 +0f:80", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: data, which no command has",
		TDX_VECTOR_CALL,
		.req = "+00:07 +10:04 +14:01", .len = 24, .err = EMSGSIZE,
	}, {
		.source = "G: data that is not there",
		.req = "+00:07 +10:04", .len = 20, .err = EBADMSG,
	}, {
		.source = "G: less than a header",
		.req = "+00:01", .len = 19, .err = EBADMSG,
	},
};

/**
 * struct tdx_tdcall - what a TD asks its module, which no host sees
 * @source: who makes it so
 * @call: RAX, RCX, RDX, R8 and R9, 8 bytes each
 *
 * The function is told with its segment, bit 24, or without, in RCX or in R8.
 */
struct tdx_tdcall {
	const char *source;
	const char *call;
};

#define TDX_VECTOR_TDCALL_LEN	0x28

static const struct tdx_tdcall tdx_tdcalls[] = {
	{ "G: TDG.TDI.RD, state", "+00:43 +08:18 +10:02" },
	{ "G: TDG.TDI.RD, state, with the segment", "+00:43 +08:18000001 +10:02" },
	{ "OHCL: TDG.TDI.START, the session", "+00:44 +08:18 +10:efbeadde" },
	{ "OHCL: TDG.DMAR.ACCEPT, VM 2", "+00:46 +08:18 +10:02" },
	{ "G: TDG.MMIO.ACCEPT, index 2 of the report, 16 pages from the third on",
	  "+00:47 +0a:10c0 +10:02 +18:18 +20:10 +24:02" },
};

#endif /* __SELFTEST_TSM_VECTORS_TDX_H */
