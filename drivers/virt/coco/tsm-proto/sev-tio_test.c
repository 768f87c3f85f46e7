// SPDX-License-Identifier: GPL-2.0
/*
 * The SEV-TIO guest protocol against the numbers of the SEV-SNP firmware ABI and
 * of AMD 58271; and its host calls, whose numbers are the uAPI's
 */
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include "proto_test.h"

#include "../../../../tools/testing/selftests/tsm/vectors/sev_tio.h"

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
	.envelope_len = 1,
	.length_in_envelope = true,
	.id_offset = 0x34,
	.id_len = 1,
	.cases = sev_tio_cases,
	.nr_cases = ARRAY_SIZE(sev_tio_cases),
	.fill = sev_tio_fill,
	.accepts = sev_tio_accepts,
	.vectors = sev_tio_vectors,
	.nr_vectors = ARRAY_SIZE(sev_tio_vectors),
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
		 KUNIT_CASE(proto_test_vectors),
		 KUNIT_CASE(sev_tio_one_page),
		 KUNIT_CASE(sev_tio_length_does_not_wrap));

/*
 * Host calls
 */

static const struct proto_case sev_tio_call_cases[] = {
	{ "STOP", 0x100, PCI_TSM_REQ_STATE_CHANGE, 1, 0, 0 },
	{ "RUN", 0x101, PCI_TSM_REQ_STATE_CHANGE, 1, 0, 0 },
	{ "OBJECT_SIZE", 0x102, PCI_TSM_REQ_INFO, 4, 16, 16 },
	{ "OBJECT_READ", 0x103, PCI_TSM_REQ_INFO, 16, 1, SZ_64K },
	{ "MEASURE", 0x104, PCI_TSM_REQ_STATE_CHANGE, 36, 0, 0 },
};

/* Offset, generation and nonce may be anything */
static void sev_tio_call_fill(u8 *req, size_t len)
{
	memset(req, 0, min(len, 4));
	memset(req + min(len, 4), 0xff, len - min(len, 4));
}

static bool sev_tio_call_accepts(const struct proto_case *param, size_t offset,
				 u8 value)
{
	bool has_object = param->id == 0x102 || param->id == 0x103;

	switch (offset) {
	case 0:
		return value <= 4;
	case 1:
		return has_object ? value <= 2 : !value;
	case 2 ... 3:
		return !value;
	default:
		return true;
	}
}

static const struct proto_test sev_tio_call_test = {
	.proto = &tsm_proto_sev_tio,
	.type = 2,
	.envelope_len = 1,
	.len_end = SEV_TIO_HDR_LEN,
	.id_base = 0x100,
	.id_offset = 0,
	.id_len = 1,
	.cases = sev_tio_call_cases,
	.nr_cases = ARRAY_SIZE(sev_tio_call_cases),
	.fill = sev_tio_call_fill,
	.accepts = sev_tio_call_accepts,
};

/* A byte more, and it is a message */
static void sev_tio_call_or_message(struct kunit *test)
{
	u8 *req = proto_test_request(test, 0x100, SEV_TIO_HDR_LEN);
	u32 id;

	KUNIT_EXPECT_EQ(test, 0, proto_test_decode(test, req, 95, &id));
	KUNIT_EXPECT_EQ(test, id, 0x100);
	KUNIT_EXPECT_EQ(test, -EBADMSG, proto_test_decode(test, req, 96, &id));

	sev_tio_fill(req, SEV_TIO_HDR_LEN);
	req[0] = 0;
	req[0x34] = 19;
	KUNIT_EXPECT_EQ(test, 0, proto_test_decode(test, req, 96, &id));
	KUNIT_EXPECT_EQ(test, id, 19);
}

/* Nothing is in the table that neither kind has a case for */
static void sev_tio_call_rows(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, tsm_proto_sev_tio.nr_msgs,
			ARRAY_SIZE(sev_tio_cases) +
			ARRAY_SIZE(sev_tio_call_cases));
}

/* Any bytes of any length: for KASAN, in memory of exactly that length */
static void sev_tio_call_noise(struct kunit *test)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 58271);
	for (size_t len = 1; len <= 2 * SEV_TIO_HDR_LEN; len++) {
		for (int first = 0; first <= U8_MAX; first++) {
			u8 *req = kunit_kmalloc(test, len, GFP_KERNEL);
			u32 id;
			int rc;

			KUNIT_ASSERT_NOT_NULL(test, req);
			prandom_bytes_state(&rnd, req, len);
			req[0] = first;
			rc = proto_test_decode(test, req, len, &id);
			if (rc && rc != -EBADMSG)
				KUNIT_FAIL(test, "length %zu: %d", len, rc);
			kunit_kfree(test, req);
		}
	}
}

PROTO_TEST_SUITE(sev_tio_call, "tsm-proto-sev-tio-call",
		 KUNIT_CASE(sev_tio_call_or_message),
		 KUNIT_CASE(sev_tio_call_rows),
		 KUNIT_CASE(sev_tio_call_noise));
