// SPDX-License-Identifier: GPL-2.0
/*
 * The TDX Connect guest protocol against the numbers of Intel's guest driver of
 * 2026
 */
#include <linux/sizes.h>
#include <linux/string.h>
#include "proto_test.h"

#include "../../../../tools/testing/selftests/tsm/vectors/tdx.h"

DECLARE_TSM_PROTO(tdx);

#define TDX_HDR_LEN	20

static const struct proto_case tdx_cases[] = {
	{ "CHECK_TEEIO_SUPP", 1, PCI_TSM_REQ_INFO, 20, 20, 21 },
	{ "BIND", 2, PCI_TSM_REQ_STATE_CHANGE, 20, 20, 20 },
	{ "GET_DEV_INFO", 3, PCI_TSM_REQ_INFO, 20, 20, 20 + SZ_64K },
	{ "GET_TDI_REPORT", 4, PCI_TSM_REQ_INFO, 20, 20, 20 + SZ_64K },
	{ "START_TDI", 5, PCI_TSM_REQ_STATE_CHANGE, 20, 20, 20 },
	{ "GET_TDI_STATE", 6, PCI_TSM_REQ_INFO, 20, 20, 21 },
	{ "UNBIND", 7, PCI_TSM_REQ_STATE_CHANGE, 20, 20, 20 },
};

static void set_data_length(u8 *req, u32 data_length)
{
	for (int i = 0; i < 4; i++)
		req[16 + i] = data_length >> (8 * i);
}

static void tdx_fill(u8 *req, size_t len)
{
	memset(req, 0, TDX_HDR_LEN);
	set_data_length(req, len - TDX_HDR_LEN);
}

/* The operation is free, all else of the header is 0 in a request without data */
static bool tdx_accepts(const struct proto_case *param, size_t offset, u8 value)
{
	return offset < 2 || !value;
}

static const struct proto_test tdx_test = {
	.proto = &tsm_proto_tdx,
	.type = 3,
	.envelope_len = TDX_HDR_LEN,
	.length_in_envelope = true,
	.id_len = 2,
	.cases = tdx_cases,
	.nr_cases = ARRAY_SIZE(tdx_cases),
	.fill = tdx_fill,
	.accepts = tdx_accepts,
	.vectors = tdx_vectors,
	.nr_vectors = ARRAY_SIZE(tdx_vectors),
};

/* All four bytes of data_length count: a request with data is one, but too long */
static void tdx_data_length(struct kunit *test)
{
	size_t len = TDX_HDR_LEN + 0x1234;
	u8 *req = proto_test_request(test, 4, len);
	u32 id;

	KUNIT_EXPECT_EQ(test, 0, proto_test_decode(test, req, len, &id));
	KUNIT_EXPECT_EQ(test, id, 4);

	for (int bit = 0; bit < 32; bit++) {
		set_data_length(req, 0x1234 ^ BIT(bit));
		KUNIT_EXPECT_EQ_MSG(test, -EBADMSG,
				    proto_test_decode(test, req, len, &id),
				    "bit %d", bit);
	}
}

PROTO_TEST_SUITE(tdx, "tsm-proto-tdx", KUNIT_CASE(proto_test_vectors),
		 KUNIT_CASE(tdx_data_length));
