// SPDX-License-Identifier: GPL-2.0
/*
 * The SEV-TIO guest protocol against the numbers of the SEV-SNP firmware ABI and
 * of AMD's guest series of February 2026
 */
#include <linux/sizes.h>
#include <linux/string.h>
#include "proto_test.h"

DECLARE_TSM_PROTO(sev_tio);

#define SEV_TIO_HDR_LEN	96

static const struct proto_case sev_tio_cases[] = {
	{ "TDI_INFO", 19, PCI_TSM_REQ_INFO, 96 + 16, 96 + 192, 96 + 192 },
	{ "MMIO_VALIDATE", 21, PCI_TSM_REQ_STATE_CHANGE, 96 + 48, 96 + 48, 96 + 48 },
	{ "MMIO_CONFIG", 23, PCI_TSM_REQ_STATE_CHANGE, 96 + 16, 96 + 16, 96 + 16 },
	{ "SDTE_WRITE", 25, PCI_TSM_REQ_STATE_CHANGE, 96 + 80, 96 + 16, 96 + 16 },
};

static void set_payload_len(u8 *req, size_t payload_len)
{
	req[0x36] = payload_len;
	req[0x37] = payload_len >> 8;
}

/* The tag and the number of the message are the PSP's business */
static void sev_tio_fill(u8 *req, size_t len)
{
	memset(req, 0xff, 0x28);
	memset(req + 0x28, 0, SEV_TIO_HDR_LEN - 0x28);
	req[0x30] = 1;		/* AES-256-GCM */
	req[0x31] = 1;		/* version of the header */
	req[0x32] = 0x60;	/* its length */
	req[0x35] = 1;		/* version of the message */
	set_payload_len(req, len - SEV_TIO_HDR_LEN);
}

static bool sev_tio_accepts(const struct proto_case *param, size_t offset,
			    u8 value)
{
	switch (offset) {
	case 0x28 ... 0x2f:
	case 0x38 ... 0x3b:
	case 0x3d ... 0x5f:
		return !value;
	case 0x30 ... 0x31:
		return value == 1;
	case 0x32:
		return value == 0x60;
	case 0x33:
		return value == 0;
	case 0x35:
		return value == 1 || value == 2;
	case 0x36:
		return value == param->req_len - 96;
	case 0x37:
		return value == 0;
	case 0x3c:
		return value <= 3;
	default:
		return true;
	}
}

static const struct proto_test sev_tio_test = {
	.proto = &tsm_proto_sev_tio,
	.type = 2,
	.envelope_len = SEV_TIO_HDR_LEN,
	.length_in_envelope = true,
	.id_offset = 0x34,
	.id_len = 1,
	.cases = sev_tio_cases,
	.nr_cases = ARRAY_SIZE(sev_tio_cases),
	.fill = sev_tio_fill,
	.accepts = sev_tio_accepts,
};

static void sev_tio_one_page(struct kunit *test)
{
	u32 id;

	KUNIT_EXPECT_EQ(test, 0,
			proto_test_decode(test,
					  proto_test_request(test, 19, SZ_4K),
					  SZ_4K, &id));
	KUNIT_EXPECT_EQ(test, -EBADMSG,
			proto_test_decode(test,
					  proto_test_request(test, 19, SZ_4K + 1),
					  SZ_4K + 1, &id));
}

/* The length of the payload has 16 bits, and is not compared in as many */
static void sev_tio_length_does_not_wrap(struct kunit *test)
{
	size_t len = 96 + 16 + SZ_64K;
	u8 *req = proto_test_request(test, 19, len);
	u32 id;

	KUNIT_EXPECT_EQ(test, -EBADMSG, proto_test_decode(test, req, len, &id));
}

PROTO_TEST_SUITE(sev_tio, "tsm-proto-sev-tio",
		 KUNIT_CASE(sev_tio_one_page),
		 KUNIT_CASE(sev_tio_length_does_not_wrap));
