/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TDISP messages as published requesters send them, in an order in which a TDI from
 * CONFIG_UNLOCKED on takes them. No guest sends any: a TSM does. The sources:
 *
 *   6.3    PCI Express Base Specification r6.3, chapter 11
 *   RMM    TF-RMM/tf-rmm@9a7f8ef4, dev_tdisp_cmds.c, with the requester of
 *          DMTF/spdm-emu@85436d53, library/pci_tdisp_requester_lib
 *   RS     ccc-spdm-tools/spdm-rs@24d02b8, its codec of TDISP requests
 *   TEEIO  Intel's TEE-IO validator@ae13680, TDISP suite
 *   TDX    the TDX module's requester
 *   7.0    r7.0 as hardware models of it have it, the text was not available
 *
 * The requester is the owner of function TDISP_VECTOR_RID. The nonce that its START
 * has, 40 to 5f, stands for the one of the LOCK before, and page
 * TDISP_VECTOR_FIRST_PAGE for the first one of range TDISP_VECTOR_RANGE_ID.
 */
#ifndef __SELFTEST_TSM_VECTORS_TDISP_H
#define __SELFTEST_TSM_VECTORS_TDISP_H

#include "vector.h"

#define TDISP_VECTOR_RID	0x18
#define TDISP_VECTOR_NONCE	0x40
#define TDISP_VECTOR_FIRST_PAGE	0x900010
#define TDISP_VECTOR_RANGE_ID	2

#define TDISP_VECTOR_START \
	"+00:1086 +04:18 +10:404142434445464748494a4b4c4d4e4f +20:505152535455565758595a5b5c5d5e5f"

/* TDISP_ERROR, 6.3 section 11.3.24, for the interface that was asked about */
#define TDISP_VECTOR_ERROR(_code) \
	.code = 0x ## _code, .rsp = "+00:107f +04:18 +10:" #_code, .rsp_len = 24

#define TDISP_VECTOR_IS_STATE(_state) \
	.req = "+00:1085 +04:18", .len = 16, .id = 0x85, \
	.class = TSM_VECTOR_INFO, \
	.rsp = "+00:1005 +04:18 +10:" #_state, .rsp_len = 17

static const struct tsm_vector tdisp_vectors[] = {
	{
		.source = "RMM: GET_TDISP_VERSION, exactly one, 1.0",
		.req = "+00:1081 +04:18", .len = 16, .id = 0x81,
		.class = TSM_VECTOR_INFO,
		.rsp = "+00:1001 +04:18 +10:0110", .rsp_len = 18,
	}, {
		.source = "6.3 11.3.4: a later requester finds 1.0 the same way",
		.req = "+00:1181 +04:18", .len = 16, .id = 0x81,
		.class = TSM_VECTOR_INFO,
		.rsp = "+00:1001 +04:18 +10:0110", .rsp_len = 18,
	}, {
		.source = "6.3 table 11-6: but nothing else",
		.req = "+00:1185 +04:18", .len = 16, .id = 0x85,
		.class = TSM_VECTOR_INFO, TDISP_VECTOR_ERROR(41),
	}, {
		.source = "RMM: GET_TDISP_CAPABILITIES; TEEIO 2.1: reserved bytes are 0",
		.req = "+00:1082 +04:18", .len = 20, .id = 0x82,
		.class = TSM_VECTOR_INFO,
		.rsp = "+00:1002 +04:18 +14*10 +24*2 +29*3", .rsp_len = 44,
	}, {
		.source = "RMM: GET_STATE before LOCK",
		TDISP_VECTOR_IS_STATE(00),
	}, {
		.source = "6.3 table 11-3: START of what is not locked",
		.req = TDISP_VECTOR_START, .len = 48, .id = 0x86,
		.class = TSM_VECTOR_STATE_CHANGE, TDISP_VECTOR_ERROR(04),
	}, {
		.source = "6.3 table 11-3: GET_REPORT of what is not locked",
		.req = "+00:1084 +04:18 +12:40", .len = 20, .id = 0x84,
		.class = TSM_VECTOR_INFO, TDISP_VECTOR_ERROR(04),
	}, {
		.source = "6.3 11.3.1, TEEIO 7.3: STOP in any state",
		.req = "+00:1087 +04:18", .len = 16, .id = 0x87,
		.class = TSM_VECTOR_STATE_CHANGE,
		.rsp = "+00:1007 +04:18", .rsp_len = 16,
	}, {
		.source = "TDX: LOCK, only NO_FW_UPDATE, a negative offset",
		.req = "+00:1083 +04:18 +10:01 +17:f0ffffff", .len = 36, .id = 0x83,
		.class = TSM_VECTOR_STATE_CHANGE,
		.rsp = "+00:1003 +04:18 +10*20", .rsp_len = 48,
	}, {
		.source = "RMM: STOP",
		.req = "+00:1087 +04:18", .len = 16, .id = 0x87,
		.class = TSM_VECTOR_STATE_CHANGE,
		.rsp = "+00:1007 +04:18", .rsp_len = 16,
	}, {
		.source = "6.3 table 11-6: LOCK of an interface of somebody else",
		.req = "+00:1083 +04:19 +10:11", .len = 36, .id = 0x83,
		.class = TSM_VECTOR_STATE_CHANGE, .code = 0x101,
		.rsp = "+00:107f +04:19 +10:0101", .rsp_len = 24,
	}, {
		.source = "RMM: LOCK, what the device supports but LOCK_MSIX",
		.req = "+00:1083 +04:18 +10:11", .len = 36, .id = 0x83,
		.class = TSM_VECTOR_STATE_CHANGE,
		.rsp = "+00:1003 +04:18 +10*20", .rsp_len = 48,
	}, {
		.source = "6.3 table 11-3: LOCK of what is locked",
		.req = "+00:1083 +04:18 +10:11", .len = 36, .id = 0x83,
		.class = TSM_VECTOR_STATE_CHANGE, TDISP_VECTOR_ERROR(04),
	}, {
		.source = "RMM: GET_STATE after LOCK",
		TDISP_VECTOR_IS_STATE(01),
	}, {
		.source = "RMM: GET_REPORT, portions of 64 bytes at most",
		.req = "+00:1084 +04:18 +12:40", .len = 20, .id = 0x84,
		.class = TSM_VECTOR_INFO,
		.rsp = "+00:1004 +04:18 +10*44", .rsp_len = 21, .rsp_max = 84,
	}, {
		.source = "6.3 table 11-16: behind the end of the report",
		.req = "+00:1084 +04:18 +10:ffff4000", .len = 20, .id = 0x84,
		.class = TSM_VECTOR_INFO, TDISP_VECTOR_ERROR(01),
	}, {
		.source = "6.3 table 11-19: START with another nonce",
		.req = "+00:1086 +04:18", .len = 48, .id = 0x86,
		.class = TSM_VECTOR_STATE_CHANGE, .code = 0x102,
		.rsp = "+00:107f +04:18 +10:0201", .rsp_len = 24,
	}, {
		.source = "RMM: START",
		.req = TDISP_VECTOR_START, .len = 48, .id = 0x86,
		.class = TSM_VECTOR_STATE_CHANGE,
		.rsp = "+00:1006 +04:18", .rsp_len = 16,
	}, {
		.source = "RMM: GET_STATE after START",
		TDISP_VECTOR_IS_STATE(02),
	}, {
		.source = "6.3 table 11-3: START of what runs",
		.req = TDISP_VECTOR_START, .len = 48, .id = 0x86,
		.class = TSM_VECTOR_STATE_CHANGE, TDISP_VECTOR_ERROR(04),
	}, {
		.source = "RS: SET_MMIO_ATTRIBUTE of an updatable range, NON_TEE",
		.req = "+00:108a +04:18 +10:100090 +18:01 +1c:0400 +1e:02",
		.len = 32, .id = 0x8a, .class = TSM_VECTOR_STATE_CHANGE,
		.rsp = "+00:100a +04:18", .rsp_len = 16,
	}, {
		.source = "6.3 table 11-24: bits 1:0 of the attributes are 0",
		.req = "+00:108a +04:18 +10:100090 +18:01 +1c:0500 +1e:02",
		.len = 32, .id = 0x8a, .class = TSM_VECTOR_STATE_CHANGE,
		TDISP_VECTOR_ERROR(01),
	}, {
		.source = "6.3 table 11-27: what is not supported comes back, BIND_P2P_STREAM",
		.req = "+00:1088 +04:18 +10:01", .len = 17, .id = 0x88,
		.class = TSM_VECTOR_STATE_CHANGE, .code = 7,
		.rsp = "+00:107f +04:18 +10:07 +14:88", .rsp_len = 24,
	}, {
		.source = "RS: UNBIND_P2P_STREAM, the same",
		.req = "+00:1089 +04:18 +10:01", .len = 17, .id = 0x89,
		.class = TSM_VECTOR_STATE_CHANGE, .code = 7,
		.rsp = "+00:107f +04:18 +10:07 +14:89", .rsp_len = 24,
	}, {
		.source = "RMM: STOP of what runs",
		.req = "+00:1087 +04:18", .len = 16, .id = 0x87,
		.class = TSM_VECTOR_STATE_CHANGE,
		.rsp = "+00:1007 +04:18", .rsp_len = 16,
	}, {
		.source = "RMM: GET_STATE after STOP",
		TDISP_VECTOR_IS_STATE(00),
	}, {
		.source = "6.3 11.3.25: VDM_REQUEST of PCI-SIG's registry, can do anything",
		.req = "+00:108b +04:18 +11:02", .len = 20, .err = EBADMSG,
	}, {
		.source = "7.0 11.3.27: SET_TDISP_CONFIG",
		.req = "+00:108c +04:18 +10:01", .len = 20, .err = EBADMSG,
	}, {
		.source = "6.3 11.3.4: another major version",
		.req = "+00:2081 +04:18", .len = 16, .err = EBADMSG,
	}, {
		.source = "6.3 11.3.3: a response",
		.req = "+00:1003 +04:18", .len = 48, .err = EBADMSG,
	}, {
		.source = "6.3 11.3.3: a reserved byte of the header, a later revision may use it",
		.req = "+00:1085 +02:04 +04:18", .len = 16, .err = EBADMSG,
	}, {
		.source = "6.3 11.2: a reserved byte of the interface's id, the same",
		.req = "+00:1085 +04:18 +0f:80", .len = 16, .err = EBADMSG,
	}, {
		.source = "6.3 11.3.3: less than a header",
		.req = "+00:1085 +04:18", .len = 15, .err = EBADMSG,
	}, {
		.source = "DOE: filled up to a whole doubleword",
		.req = "+00:1088 +04:18 +10:01", .len = 20, .err = EMSGSIZE,
	}, {
		.source = "6.3 11.3: START with a doubleword behind its nonce",
		.req = TDISP_VECTOR_START, .len = 52, .err = EMSGSIZE,
	},
};

#endif /* __SELFTEST_TSM_VECTORS_TDISP_H */
