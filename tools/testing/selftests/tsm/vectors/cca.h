/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host calls of realms, byte by byte as published guests make them. None was made by
 * the code that it is a test of. The sources:
 *
 *   G3    Linux' realm, RFC v3 of March 2026 (linux-coco): rhi-da.c, rsi-da.c,
 *         include/linux/arm-smccc-rhi.h
 *   G25   the same as posted in July and November 2025
 *   ACS   Arm's CCA compliance suite of 2026: val_host_rhi.c, rhi_da_object_read
 *   RG    a small realm that uses TF-RMM ("rmeda_guest")
 *
 * Words are little endian in memory. The realm that walks them replaces the device
 * id, CCA_VECTOR_RID, and the addresses CCA_VECTOR_BUFFER and CCA_VECTOR_PARAM by its
 * own.
 */
#ifndef __SELFTEST_TSM_VECTORS_CCA_H
#define __SELFTEST_TSM_VECTORS_CCA_H

#include "../lib/types.h"

#define CCA_VECTOR_RID		0x18
#define CCA_VECTOR_BUFFER	0x88a00000
#define CCA_VECTOR_PARAM	0x88b00000

/* Not checked, or a size that the device decides */
#define CCA_VECTOR_ANY		(~0ULL)

/**
 * struct cca_vector - a host call
 * @source: who makes it, and what follows from there
 * @block: struct rsi_host_call from its first word, g0, on; the immediate is 0
 * @flags: of the block of parameters at CCA_VECTOR_PARAM
 * @nonce: first byte of its nonce, which counts up from there; 0 for zeroes
 * @g0: answer
 * @g1: answer, CCA_VECTOR_ANY for any
 */
struct cca_vector {
	const char *source;
	u8 block[6][8];
	u8 flags;
	u8 nonce;
	u64 g0;
	u64 g1;
};

/* In the order in which the realm makes them, from a TDI that is not locked on */
static const struct cca_vector cca_vectors[] = {
	{
		.source = "G3: FEATURES; ACS: at least 0x3b",
		.block = { { 0x4b, 0, 0, 0xc5 } },
		.g0 = 0x3f, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "TF-RMM: start of what is not locked, DEVICE",
		.block = { { 0x54, 0, 0, 0xc5 }, { 0x18 }, { 2 } },
		.g0 = 6, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "ACS: another device, INVALID_VDEV_ID",
		.block = { { 0x4c, 0, 0, 0xc5 }, { 0x19 }, { 3 } },
		.g0 = 3, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "ACS: a state above RUN",
		.block = { { 0x54, 0, 0, 0xc5 }, { 0x18 }, { 3 } },
		.g0 = 4, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G3: SET_TDI_STATE(LOCKED)",
		.block = { { 0x54, 0, 0, 0xc5 }, { 0x18 }, { 1 } },
		.g0 = 0, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "ACS: an object that is absent, DATA_NOT_AVAILABLE",
		.block = { { 0x4c, 0, 0, 0xc5 }, { 0x18 }, { 3 } },
		.g0 = 2, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G3: GET_INTERFACE_REPORT",
		.block = { { 0x53, 0, 0, 0xc5 }, { 0x18 } },
		.g0 = 0, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G3: GET_MEASUREMENTS, RAW, a nonce a0 to bf",
		.block = { { 0x52, 0, 0, 0xc5 }, { 0x18 }, { 0, 0, 0xb0, 0x88 } },
		.flags = 1, .nonce = 0xa0,
		.g0 = 0, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "TF-RMM: flags 0 ask for hashes",
		.block = { { 0x52, 0, 0, 0xc5 }, { 0x18 }, { 0, 0, 0xb0, 0x88 } },
		.g0 = 0, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G3: OBJECT_SIZE(report)",
		.block = { { 0x4c, 0, 0, 0xc5 }, { 0x18 }, { 3 } },
		.g0 = 0, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G3: OBJECT_READ(report): buffer, length, offset; 0x24 bytes of it",
		.block = { { 0x4d, 0, 0, 0xc5 }, { 0x18 }, { 3 },
			   { 0, 0, 0xa0, 0x88 }, { 0x24 } },
		.g0 = 0, .g1 = 0x24,
	}, {
		.source = "RG: a page of the certificates",
		.block = { { 0x4d, 0, 0, 0xc5 }, { 0x18 }, { 1 },
			   { 0, 0, 0xa0, 0x88 }, { 0, 0x10 } },
		.g0 = 0, .g1 = 0x1000,
	}, {
		.source = "ACS: an object that does not exist, INVALID_OBJECT",
		.block = { { 0x4d, 0, 0, 0xc5 }, { 0x18 }, { 4 },
			   { 0, 0, 0xa0, 0x88 }, { 0x24 } },
		.g0 = 4, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "ACS: no buffer, ACCESS_FAILED",
		.block = { { 0x4d, 0, 0, 0xc5 }, { 0x18 }, { 3 }, { 0 }, { 0x24 } },
		.g0 = 8, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "ACS: no length, INVALID_OFFSET",
		.block = { { 0x4d, 0, 0, 0xc5 }, { 0x18 }, { 3 },
			   { 0, 0, 0xa0, 0x88 } },
		.g0 = 7, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G25: offset, length, address: no longer what is meant",
		.block = { { 0x4d, 0, 0, 0xc5 }, { 0x18 }, { 3 }, { 0 }, { 0x24 },
			   { 0, 0, 0xa0, 0x88 } },
		.g0 = 8, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G3: SET_TDI_STATE(RUN)",
		.block = { { 0x54, 0, 0, 0xc5 }, { 0x18 }, { 2 } },
		.g0 = 0, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G3: LOCKED when it can't enable DMA, which TF-RMM refuses",
		.block = { { 0x54, 0, 0, 0xc5 }, { 0x18 }, { 1 } },
		.g0 = 6, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G3: SET_TDI_STATE(UNLOCKED)",
		.block = { { 0x54, 0, 0, 0xc5 }, { 0x18 }, { 0 } },
		.g0 = 0, .g1 = CCA_VECTOR_ANY,
	}, {
		.source = "G3: CONTINUE, cookie 7; ACS: INVALID_VDEV_ID, as nothing goes on",
		.block = { { 0x51, 0, 0, 0xc5 }, { 0x18 }, { 7 } },
		.g0 = 3, .g1 = CCA_VECTOR_ANY,
	},
};

#endif /* __SELFTEST_TSM_VECTORS_CCA_H */
