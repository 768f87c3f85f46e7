/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands of TDs, byte by byte as published guests make them and as they take the
 * answer. None was made by the code that it is a test of. The sources:
 *
 *   G      Intel's guest driver, intel-staging/tdx 8a7ec7ee and 20d1ddcb:
 *          drivers/virt/coco/tdx-guest/connect.c, arch/x86/coco/tdx/tdx_connect.c
 *   OHCL   OpenHCL, microsoft/openvmm PR 4414 and 4416: tdxconnect.rs
 *
 * Bytes that are not listed are 0. The length is that of the header, the TD shares
 * more: 0x1000 bytes, and 0x11000 for a report.
 */
#ifndef __SELFTEST_TSM_VECTORS_TDX_H
#define __SELFTEST_TSM_VECTORS_TDX_H

#include <stdbool.h>
#include "../lib/types.h"

#define TDX_VECTOR_LEN		20

/* Bytes of data in the answer that the device decides, none of them 0 */
#define TDX_VECTOR_REPORT	(~0U)

/**
 * struct tdx_vector - a command
 * @source: who makes it, and what follows from there
 * @req: command buffer, its header
 * @answer: bytes of the header that the TD looks at; status, and if that is 2 the
 *	error, from 8 on
 * @data_len: bytes of data that follow, as the TD demands
 * @data: the first of them
 * @changes: it changes the state of the TDI
 */
struct tdx_vector {
	const char *source;
	u8 req[TDX_VECTOR_LEN];
	u8 answer[2];
	u32 data_len;
	u8 data;
	bool changes;
};

/* In this order from a TDI that is not bound on */
static const struct tdx_vector tdx_vectors[] = {
	{
		.source = "G: CHECK_TEEIO_SUPP, exactly one byte, not 0",
		.req = { 1 }, .answer = { 1 }, .data_len = 1, .data = 1,
	}, {
		.source = "G: GET_TDI_REPORT before BIND, error 15",
		.req = { 4 }, .answer = { 2, 15 },
	}, {
		.source = "G: BIND, no data",
		.req = { 2 }, .answer = { 1 }, .changes = true,
	}, {
		.source = "G: BIND of what is bound, error 15",
		.req = { 2 }, .answer = { 2, 15 }, .changes = true,
	}, {
		.source = "G: GET_TDI_REPORT, 1 to 65536 bytes",
		.req = { 4 }, .answer = { 1 }, .data_len = TDX_VECTOR_REPORT,
	}, {
		.source = "OHCL: START_TDI that no TDG.TDI.START allowed, must fail",
		.req = { 5 }, .answer = { 2, 10 }, .changes = true,
	}, {
		.source = "G: UNBIND, no data",
		.req = { 7 }, .answer = { 1 }, .changes = true,
	},
};

/* Is this what the TD takes? All that it looks at is in the header and one byte */
static inline bool tdx_vector_is_answered(const struct tdx_vector *vector,
					  const u8 *buffer)
{
	u32 len = buffer[16] | buffer[17] << 8 | buffer[18] << 16;

	if (buffer[8] != vector->answer[0] || buffer[9] != vector->answer[1] ||
	    buffer[19])
		return false;
	if (vector->data_len == TDX_VECTOR_REPORT)
		return len && len <= 65536;
	return len == vector->data_len && (!len || buffer[20] == vector->data);
}

#endif /* __SELFTEST_TSM_VECTORS_TDX_H */
