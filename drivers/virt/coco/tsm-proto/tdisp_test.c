// SPDX-License-Identifier: GPL-2.0
/*
 * The TDISP guest protocol against the numbers of PCIe r7.0 section 11.3,
 * spelled out here once more: none is taken from the headers.
 */
#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>

#define TDISP_HDR_LEN 16

struct tdisp_case {
	const char *name;
	u8 type;
	enum pci_tsm_req_scope class;
	u32 req_len;
	u32 resp_min;
	u32 resp_max;
};

static const struct tdisp_case tdisp_cases[] = {
	{ "GET_TDISP_VERSION", 0x81, PCI_TSM_REQ_INFO, 16, 17, 272 },
	{ "GET_TDISP_CAPABILITIES", 0x82, PCI_TSM_REQ_INFO, 20, 24, 44 },
	{ "LOCK_INTERFACE", 0x83, PCI_TSM_REQ_STATE_CHANGE, 36, 24, 48 },
	{ "GET_DEVICE_INTERFACE_REPORT", 0x84, PCI_TSM_REQ_INFO, 20, 20, 65555 },
	{ "GET_DEVICE_INTERFACE_STATE", 0x85, PCI_TSM_REQ_INFO, 16, 17, 24 },
	{ "START_INTERFACE", 0x86, PCI_TSM_REQ_STATE_CHANGE, 48, 16, 24 },
	{ "STOP_INTERFACE", 0x87, PCI_TSM_REQ_STATE_CHANGE, 16, 16, 24 },
	{ "BIND_P2P_STREAM", 0x88, PCI_TSM_REQ_STATE_CHANGE, 17, 16, 24 },
	{ "UNBIND_P2P_STREAM", 0x89, PCI_TSM_REQ_STATE_CHANGE, 17, 16, 24 },
	{ "SET_MMIO_ATTRIBUTE", 0x8a, PCI_TSM_REQ_STATE_CHANGE, 32, 16, 24 },
};

static void tdisp_case_desc(const struct tdisp_case *param, char *desc)
{
	strscpy(desc, param->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(tdisp, tdisp_cases, tdisp_case_desc);

static void fill_envelope(u8 *req, u8 type)
{
	memset(req, 0, TDISP_HDR_LEN);
	req[0] = 0x10;
	req[1] = type;
	/* the TDI's id is the TSM's business: all of it may be set */
	memset(req + 4, 0xff, 4);
}

static int decode(const u8 *req, u32 *id)
{
	return tsm_proto_tdisp.msg_id(req, TDISP_HDR_LEN, id);
}

static const struct pci_tsm_guest_msg *find(u32 id)
{
	for (unsigned int i = 0; i < tsm_proto_tdisp.nr_msgs; i++)
		if (tsm_proto_tdisp.msgs[i].id == id)
			return &tsm_proto_tdisp.msgs[i];
	return NULL;
}

static void tdisp_message(struct kunit *test)
{
	const struct tdisp_case *param = test->param_value;
	const struct pci_tsm_guest_msg *msg;
	u8 req[TDISP_HDR_LEN];
	u32 id = 0;

	fill_envelope(req, param->type);
	KUNIT_ASSERT_EQ(test, decode(req, &id), 0);
	KUNIT_EXPECT_EQ(test, id, param->type);

	msg = find(id);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_EXPECT_EQ(test, msg->scope, param->class);
	KUNIT_EXPECT_EQ(test, msg->req_min, param->req_len);
	KUNIT_EXPECT_EQ(test, msg->req_max, param->req_len);
	KUNIT_EXPECT_EQ(test, msg->resp_min, param->resp_min);
	KUNIT_EXPECT_EQ(test, msg->resp_max, param->resp_max);
}

/* A message that nobody wrote a case for has no place in the table */
static void tdisp_table_is_covered(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, tsm_proto_tdisp.nr_msgs, ARRAY_SIZE(tdisp_cases));
	KUNIT_EXPECT_EQ(test, tsm_proto_tdisp.envelope_len, TDISP_HDR_LEN);
	KUNIT_EXPECT_EQ(test, tsm_proto_tdisp.type, 4);
}

/* Responses, vendor defined messages and codes without meaning */
static void tdisp_every_other_code_is_refused(struct kunit *test)
{
	u8 req[TDISP_HDR_LEN];
	u32 id;

	for (int type = 0; type <= U8_MAX; type++) {
		if (type >= 0x81 && type <= 0x8a)
			continue;
		fill_envelope(req, type);
		if (type & 0x80) {
			KUNIT_EXPECT_EQ(test, decode(req, &id), 0);
			KUNIT_EXPECT_NULL_MSG(test, find(id), "code %#x", type);
		} else {
			KUNIT_EXPECT_EQ_MSG(test, decode(req, &id), -EBADMSG,
					    "code %#x", type);
		}
	}
}

/* Flip every bit of the envelope: a definite answer, always the same id */
static void tdisp_flipped_bits(struct kunit *test)
{
	u8 req[TDISP_HDR_LEN];

	for (int bit = 0; bit < TDISP_HDR_LEN * 8; bit++) {
		int byte = bit / 8, expected = -EBADMSG;
		u32 id = U32_MAX;

		fill_envelope(req, 0x81);
		req[byte] ^= BIT(bit % 8);

		/* minor version, message code of a request, the TDI's id */
		if (bit < 4 || (byte == 1 && bit % 8 != 7) ||
		    (byte >= 4 && byte < 8))
			expected = 0;

		KUNIT_EXPECT_EQ_MSG(test, decode(req, &id), expected,
				    "bit %d", bit);
		if (!expected)
			KUNIT_EXPECT_EQ_MSG(test, id, req[1], "bit %d", bit);
	}
}

/* Nothing behind the envelope is looked at: KASAN sees to that */
static void tdisp_reads_the_envelope_only(struct kunit *test)
{
	u8 *req = kunit_kzalloc(test, TDISP_HDR_LEN, GFP_KERNEL);
	u32 id;

	KUNIT_ASSERT_NOT_NULL(test, req);
	fill_envelope(req, 0x83);
	KUNIT_EXPECT_EQ(test, tsm_proto_tdisp.msg_id(req, 1 << 20, &id), 0);
	KUNIT_EXPECT_EQ(test, id, 0x83);
}

static struct kunit_case tdisp_test_cases[] = {
	KUNIT_CASE_PARAM(tdisp_message, tdisp_gen_params),
	KUNIT_CASE(tdisp_table_is_covered),
	KUNIT_CASE(tdisp_every_other_code_is_refused),
	KUNIT_CASE(tdisp_flipped_bits),
	KUNIT_CASE(tdisp_reads_the_envelope_only),
	{}
};

static struct kunit_suite tdisp_test_suite = {
	.name = "tsm-proto-tdisp",
	.test_cases = tdisp_test_cases,
};
kunit_test_suite(tdisp_test_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests for the TDISP guest protocol");
