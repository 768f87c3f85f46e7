/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host calls of realms, byte by byte as published guests make them, and the request
 * that a host's TSM driver takes for each. None was made by the code that it is a test
 * of. The sources:
 *
 *   G3     Linux' realm, RFC v3 of March 2026 (linux-coco): kamalca/linux
 *          rhi-da.c@915a0631, rsi-da.c@7ee70c03, arm-smccc-rhi.h@915a0631
 *   G25    the same as posted in July and November 2025
 *   ACS    Arm's CCA compliance suite of 2026: val_host_rhi.c, rhi_da_object_read
 *   RG     a small realm that uses TF-RMM ("rmeda_guest")
 *   RMM    TF-RMM/tf-rmm@9a7f8ef4, runtime/rsi/vdev.c, runtime/rmi/vdev.c
 *   H      Linux' host: RFC v3 of 2026-03-12, 20260312080743.3487326, and v4: a
 *          request starts with its type
 *   H5     the same, v5 to v7 (rmi-da.h, arm-cca.c): the type is not in the request
 *
 * @call is the RSI host call block, 256 bytes with g0 at 8, and behind it the parameter
 * block that CCA_VECTOR_PARAM is the address of. @ret is the first again, up to g1. The
 * realm that makes the call has other addresses, and its own id of the device.
 *
 * Realms walk them in this order from a TDI that is not locked on, and have read its
 * report before, without which the example VMM lets none start it.
 */
#ifndef __SELFTEST_TSM_VECTORS_CCA_H
#define __SELFTEST_TSM_VECTORS_CCA_H

#include "vector.h"

#define CCA_VECTOR_RID		0x18
#define CCA_VECTOR_PARAM_AT	0x100
#define CCA_VECTOR_CALL_LEN	0x220
#define CCA_VECTOR_RET_LEN	0x18
#define CCA_VECTOR_BUFFER	0x88a00000
#define CCA_VECTOR_PARAM	0x88b00000

#define CCA_VECTOR_NONCE \
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"

/* Function, device, and what follows; what is answered, with any g1 */
#define CCA_VECTOR_CALL(_function, _more) \
	.call = "+08:" #_function "0000c5 +10:18" _more
#define CCA_VECTOR_RET(_status) \
	.ret = "+08:" #_status " +10*8"

static const struct tsm_vector cca_vectors[] = {
	{
		.source = "G3: FEATURES; ACS: 0x3b at least, and CONTINUE where there is such",
		.call = "+08:4b0000c5",
		CCA_VECTOR_RET(3f),
	}, {
		.source = "RMM: START of what is not locked, DEVICE",
		CCA_VECTOR_CALL(54, " +18:02"),
		CCA_VECTOR_RET(06),
		.req = "+00:06 +04:02", .len = 8,
		.id = 6, .class = TSM_VECTOR_STATE_CHANGE, .code = 6,
	}, {
		.source = "ACS: SIZE, another device, INVALID_VDEV_ID",
		.call = "+08:4c0000c5 +10:19 +18:03",
		CCA_VECTOR_RET(03),
	}, {
		.source = "ACS: SET_TDI_STATE, a state above RUN",
		CCA_VECTOR_CALL(54, " +18:03"),
		CCA_VECTOR_RET(04),
		.req = "+00:06 +04:03", .len = 8,
		.id = 6, .class = TSM_VECTOR_STATE_CHANGE, .code = 4,
	}, {
		.source = "G3: SET_TDI_STATE(LOCKED)",
		CCA_VECTOR_CALL(54, " +18:01"),
		CCA_VECTOR_RET(00),
		.req = "+00:06 +04:01", .len = 8,
		.id = 6, .class = TSM_VECTOR_STATE_CHANGE,
	}, {
		.source = "RMM: LOCK of what is locked, DEVICE",
		CCA_VECTOR_CALL(54, " +18:01"),
		CCA_VECTOR_RET(06),
		.req = "+00:06 +04:01", .len = 8,
		.id = 6, .class = TSM_VECTOR_STATE_CHANGE, .code = 6,
	}, {
		.source = "ACS: SIZE, an object that is absent, DATA_NOT_AVAILABLE",
		CCA_VECTOR_CALL(4c, " +18:03"),
		CCA_VECTOR_RET(02),
		.req = "+00:01 +04:03", .len = 8,
		.id = 1, .class = TSM_VECTOR_INFO, .code = 2,
	}, {
		.source = "G3: READ before it was fetched, DATA_NOT_AVAILABLE",
		CCA_VECTOR_CALL(4d, " +18:03 +22:a088 +28:24"),
		CCA_VECTOR_RET(02),
		.req = "+00:02 +04:03", .len = 16,
		.id = 2, .class = TSM_VECTOR_INFO, .code = 2,
	}, {
		.source = "G3: GET_INTERFACE_REPORT",
		CCA_VECTOR_CALL(53, ""),
		CCA_VECTOR_RET(00),
		.req = "+00:03", .len = 4,
		.id = 3, .class = TSM_VECTOR_INFO,
	}, {
		.source = "G3: GET_MEASUREMENTS, RAW, a nonce a0 to bf",
		CCA_VECTOR_CALL(52, " +1a:b088 +100:01 +200:" CCA_VECTOR_NONCE),
		CCA_VECTOR_RET(00),
		.req = "+00:04 +08:01 +10:" CCA_VECTOR_NONCE, .len = 48,
		.id = 4, .class = TSM_VECTOR_INFO,
	}, {
		.source = "RMM: GET_MEASUREMENTS, flags 0 ask for hashes",
		CCA_VECTOR_CALL(52, " +1a:b088"),
		CCA_VECTOR_RET(00),
		.req = "+00:04", .len = 48,
		.id = 4, .class = TSM_VECTOR_INFO,
	}, {
		.source = "G25: GET_MEASUREMENTS, SIGNED and RAW where RAW and nothing is now",
		CCA_VECTOR_CALL(52, " +1a:b088 +100:03"),
		CCA_VECTOR_RET(05),
		.req = "+00:04 +08:03", .len = 48,
		.id = 4, .class = TSM_VECTOR_INFO, .code = 5,
	}, {
		.source = "G3: OBJECT_SIZE(report)",
		CCA_VECTOR_CALL(4c, " +18:03"),
		CCA_VECTOR_RET(00),
		.req = "+00:01 +04:03", .len = 8,
		.id = 1, .class = TSM_VECTOR_INFO,
		.rsp = "+00*4", .rsp_len = 4,
	}, {
		.source = "G3: OBJECT_READ(report): buffer, length, offset",
		CCA_VECTOR_CALL(4d, " +18:03 +22:a088 +28:24"),
		.ret = "+10:24",
		.req = "+00:02 +04:03", .len = 16,
		.id = 2, .class = TSM_VECTOR_INFO,
		.rsp = "+00*24", .rsp_len = 0x24, .room = 0x24,
	}, {
		.source = "RG: OBJECT_READ, a page of the certificates",
		CCA_VECTOR_CALL(4d, " +18:01 +22:a088 +29:10"),
		.ret = "+11:10",
		.req = "+00:02 +04:01", .len = 16,
		.id = 2, .class = TSM_VECTOR_INFO,
		.rsp_len = 0x1000, .room = 0x1000,
	}, {
		.source = "H: OBJECT_READ, from behind the end of the object; ACS: of the length",
		CCA_VECTOR_CALL(4d, " +18:03 +22:a088 +28:24 +33:10"),
		CCA_VECTOR_RET(07),
		.req = "+00:02 +04:03 +0b:10", .len = 16,
		.id = 2, .class = TSM_VECTOR_INFO, .code = 7,
	}, {
		.source = "ACS: OBJECT_READ, an object that does not exist, INVALID_OBJECT",
		CCA_VECTOR_CALL(4d, " +18:04 +22:a088 +28:24"),
		CCA_VECTOR_RET(04),
		.req = "+00:02 +04:04", .len = 16,
		.id = 2, .class = TSM_VECTOR_INFO, .code = 4,
	}, {
		.source = "ACS: OBJECT_READ, no buffer, ACCESS_FAILED",
		CCA_VECTOR_CALL(4d, " +18:03 +28:24"),
		CCA_VECTOR_RET(08),
	}, {
		.source = "ACS: OBJECT_READ, no length, INVALID_OFFSET",
		CCA_VECTOR_CALL(4d, " +18:03 +22:a088"),
		CCA_VECTOR_RET(07),
	}, {
		.source = "G25: OBJECT_READ(report): offset, length, buffer, which is no longer so",
		CCA_VECTOR_CALL(4d, " +18:03 +28:24 +32:a088"),
		CCA_VECTOR_RET(08),
	}, {
		.source = "H: VDEV_MAP of a page; RMM: without VALIDATE_MAPPING, INPUT",
		.req = "+00:05 +0b:c0 +11:10 +13:c0 +1b:fe", .len = 32,
		.id = 5, .class = TSM_VECTOR_STATE_CHANGE, .code = 5,
	}, {
		.source = "G3: SET_TDI_STATE(RUN)",
		CCA_VECTOR_CALL(54, " +18:02"),
		CCA_VECTOR_RET(00),
		.req = "+00:06 +04:02", .len = 8,
		.id = 6, .class = TSM_VECTOR_STATE_CHANGE,
	}, {
		.source = "G3: SET_TDI_STATE(LOCKED) when it can't enable DMA; RMM: DEVICE",
		CCA_VECTOR_CALL(54, " +18:01"),
		CCA_VECTOR_RET(06),
		.req = "+00:06 +04:01", .len = 8,
		.id = 6, .class = TSM_VECTOR_STATE_CHANGE, .code = 6,
	}, {
		.source = "G3: SET_TDI_STATE(UNLOCKED)",
		CCA_VECTOR_CALL(54, ""),
		CCA_VECTOR_RET(00),
		.req = "+00:06", .len = 8,
		.id = 6, .class = TSM_VECTOR_STATE_CHANGE,
	}, {
		.source = "G3: CONTINUE, cookie 7; ACS: INVALID_VDEV_ID, as nothing goes on",
		CCA_VECTOR_CALL(51, " +18:07"),
		CCA_VECTOR_RET(03),
	}, {
		.source = "G3: ABORT, of no call that ever was",
		CCA_VECTOR_CALL(56, " +18:07 +1f:70"),
		CCA_VECTOR_RET(03),
	}, {
		.source = "H: another type, 0",
		.req = "+04:03", .len = 8, .err = EBADMSG,
	}, {
		.source = "H: another type, 9",
		.req = "+00:09 +04:03", .len = 8, .err = EBADMSG,
	}, {
		.source = "H: UPDATE_MEASUREMENTS with a pointer to the nonce",
		.req = "+00:04 +08:01 +10:001000009c7f", .len = 24, .err = EMSGSIZE,
	}, {
		.source = "H: UPDATE_MEASUREMENTS, a reserved byte",
		.req = "+00:04 +04:01 +08:01 +10:" CCA_VECTOR_NONCE, .len = 48, .err = EBADMSG,
	}, {
		.source = "H: VDEV_MAP, a reserved byte",
		.req = "+00:05 +07:80 +0b:c0 +11:10 +13:c0 +1b:fe", .len = 32, .err = EBADMSG,
	}, {
		.source = "H5: VALIDATE_MMIO without a type",
		.req = "+03:c0 +09:10 +0b:c0 +13:fe", .len = 24, .err = EBADMSG,
	}, {
		.source = "H5: SET_TDI_STATE(LOCKED) without a type",
		.req = "+00:01", .len = 4, .err = EMSGSIZE,
	}, {
		.source = "H5: READ_OBJECT(report) without a type",
		.req = "+00:03", .len = 16, .err = EMSGSIZE,
	}, {
		.source = "H: SET_TDI_STATE without its end",
		.req = "+00:06 +04:02", .len = 7, .err = EMSGSIZE,
	}, {
		.source = "less than a type",
		.req = "+00:06", .len = 3, .err = EBADMSG,
	},
};

/*
 * RSI_VDEV_VALIDATE_MAPPING of the pages of an example, whose BAR is at 0xfe000000 for
 * the host, X0 to X8 (G3, RMM): device, base, top, that address, flags, and the nonces.
 * The host maps it upon the REC exit that follows (H), and the realm goes on with X0,
 * X1 the address behind what is mapped and X2 0 (RMM); 1 if the host did not.
 */
#define CCA_VECTOR_VALIDATE \
	"+00:9f0100c4 +08:18 +13:c0 +1a:01c0 +23:fe +30:1111 +38:2222 +40:3333"
#define CCA_VECTOR_VALIDATE_LEN	0x48
#define CCA_VECTOR_MAP		"+00:05 +0b:c0 +12:01c0 +1b:fe"
#define CCA_VECTOR_MAP_LEN	32
#define CCA_VECTOR_MAPPED	"+0a:01c0"
#define CCA_VECTOR_NOT_MAPPED	"+0b:c0 +10:01"
#define CCA_VECTOR_VALIDATE_RET_LEN	0x18

#endif /* __SELFTEST_TSM_VECTORS_CCA_H */
