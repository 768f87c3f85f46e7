// SPDX-License-Identifier: GPL-2.0
/* Which tables of TSM drivers the PCI/TSM core takes, and which requests it passes */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/pci-tsm.h>
#include <linux/string.h>
#include "tsm.h"

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");

/* A protocol whose envelope is its id and a byte that must be 0 */
static int test_msg_id(const void *req, size_t len, u32 *id)
{
	const u8 *byte = req;

	if (byte[1])
		return -EBADMSG;
	*id = byte[0];
	return 0;
}

static const struct pci_tsm_guest_msg test_msgs[] = {
	{ 1, PCI_TSM_REQ_INFO, 2, 8, 4, 64 },
	{ 3, PCI_TSM_REQ_STATE_CHANGE, 4, 4, 4, 64 },
	{ 5, PCI_TSM_REQ_DEBUG_READ, 2, 2, 0, 16 },
	{ 200, PCI_TSM_REQ_DEBUG_WRITE, 2, 2, 0, 16 },
};

static const struct pci_tsm_guest_proto test_proto = {
	.name = "test",
	.type = 4,
	.envelope_len = 2,
	.msg_id = test_msg_id,
	.msgs = test_msgs,
	.nr_msgs = ARRAY_SIZE(test_msgs),
};

static void test_table_without_flaw(struct kunit *test)
{
	unsigned int row;

	KUNIT_EXPECT_NULL(test, pci_tsm_guest_check_proto(&test_proto, &row));
}

struct flaw_case {
	const char *name;
	struct pci_tsm_guest_msg msg;
	const char *flaw;
};

/* Each breaks one rule when it stands in for row 1 of the table */
static const struct flaw_case flaw_cases[] = {
	{ "class", { 3, 4, 4, 4, 4, 64 }, "class is not in" },
	{ "req_min is 0", { 3, 1, 0, 4, 4, 64 }, "req_min is 0" },
	{ "req_min above req_max", { 3, 1, 5, 4, 4, 64 }, "req_min is 0 or" },
	{ "req_max", { 3, 1, 4, SZ_64K + 1, 4, 64 }, "req_max is above" },
	{ "resp_min above resp_max", { 3, 1, 4, 4, 65, 64 }, "resp_min is" },
	{ "resp_max", { 3, 1, 4, 4, 4, SZ_16M + 1 }, "resp_max is above" },
	{ "no envelope", { 3, 1, 1, 4, 4, 64 }, "req_min is shorter" },
	{ "same id", { 1, 1, 4, 4, 4, 64 }, "id is not above" },
	{ "lower id", { 0, 1, 4, 4, 4, 64 }, "id is not above" },
};

static void flaw_desc(const struct flaw_case *param, char *desc)
{
	strscpy(desc, param->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(flaw, flaw_cases, flaw_desc);

static void test_flaw_in_row(struct kunit *test)
{
	const struct flaw_case *param = test->param_value;
	struct pci_tsm_guest_msg msgs[ARRAY_SIZE(test_msgs)];
	struct pci_tsm_guest_proto proto = test_proto;
	unsigned int row = U32_MAX;
	const char *flaw;

	memcpy(msgs, test_msgs, sizeof(msgs));
	msgs[1] = param->msg;
	proto.msgs = msgs;

	flaw = pci_tsm_guest_check_proto(&proto, &row);
	KUNIT_ASSERT_NOT_NULL(test, flaw);
	KUNIT_EXPECT_TRUE_MSG(test, str_has_prefix(flaw, param->flaw), "%s",
			      flaw);
	KUNIT_EXPECT_EQ(test, row, 1);
}

/* The largest lengths are no flaw */
static void test_table_at_the_bounds(struct kunit *test)
{
	struct pci_tsm_guest_msg msg = { U32_MAX, 3, 2, SZ_64K, SZ_16M, SZ_16M };
	struct pci_tsm_guest_proto proto = test_proto;
	unsigned int row;

	proto.msgs = &msg;
	proto.nr_msgs = 1;
	KUNIT_EXPECT_NULL(test, pci_tsm_guest_check_proto(&proto, &row));
}

static void test_flaw_of_proto(struct kunit *test)
{
	struct pci_tsm_guest_proto proto;
	unsigned int row;

#define EXPECT_FLAW(_member, _value, _flaw) do {			\
	const char *flaw;						\
									\
	proto = test_proto;						\
	proto._member = _value;						\
	flaw = pci_tsm_guest_check_proto(&proto, &row);			\
	KUNIT_ASSERT_NOT_NULL_MSG(test, flaw, #_member);		\
	KUNIT_EXPECT_TRUE_MSG(test, str_has_prefix(flaw, _flaw), "%s",	\
			      flaw);					\
} while (0)

	EXPECT_FLAW(name, NULL, "name, type or msg_id");
	EXPECT_FLAW(type, 0, "name, type or msg_id");
	EXPECT_FLAW(msg_id, NULL, "name, type or msg_id");
	EXPECT_FLAW(msgs, NULL, "there are no");
	EXPECT_FLAW(nr_msgs, 0, "there are no");
	EXPECT_FLAW(nr_msgs, PCI_TSM_GUEST_MSGS_MAX + 1, "there are more");
}

static void test_find_every_id(struct kunit *test)
{
	for (u32 id = 0; id < 256; id++) {
		const struct pci_tsm_guest_msg *expected = NULL;

		for (unsigned int i = 0; i < ARRAY_SIZE(test_msgs); i++)
			if (test_msgs[i].id == id)
				expected = &test_msgs[i];
		KUNIT_EXPECT_PTR_EQ(test,
				    pci_tsm_guest_find_msg(&test_proto, id),
				    expected);
	}
	KUNIT_EXPECT_NULL(test, pci_tsm_guest_find_msg(&test_proto, U32_MAX));
}

/* Row: scope that is claimed, column: class of the message */
static void test_scope_matrix(struct kunit *test)
{
	static const bool admitted[4][4] = {
		{ 1, 0, 0, 0 },
		{ 1, 1, 0, 0 },
		{ 1, 0, 1, 0 },
		{ 1, 1, 1, 1 },
	};

	for (int scope = 0; scope < 4; scope++)
		for (int class = 0; class < 4; class++)
			KUNIT_EXPECT_EQ_MSG(test,
					    pci_tsm_scope_admits(scope, class),
					    admitted[scope][class],
					    "scope %d class %d", scope, class);
}

struct check_case {
	const char *name;
	u8 req[8];
	size_t req_len;
	enum pci_tsm_req_scope scope;
	size_t resp_size;
	int rc;
	size_t needed;
};

static const struct check_case check_cases[] = {
	{ "info", { 1 }, 2, PCI_TSM_REQ_INFO, 4, 0 },
	{ "longest", { 1 }, 8, PCI_TSM_REQ_INFO, 4, 0 },
	{ "short of an envelope", { 1 }, 1, PCI_TSM_REQ_INFO, 4, -EBADMSG },
	{ "not decodable", { 1, 1 }, 2, PCI_TSM_REQ_INFO, 4, -EBADMSG },
	{ "not in the table", { 2 }, 2, PCI_TSM_REQ_INFO, 4, -EBADMSG },
	{ "short", { 3 }, 3, PCI_TSM_REQ_STATE_CHANGE, 64, -EMSGSIZE },
	{ "long", { 3 }, 5, PCI_TSM_REQ_STATE_CHANGE, 64, -EMSGSIZE },
	{ "scope", { 3 }, 4, PCI_TSM_REQ_INFO, 64, -EACCES },
	{ "info, no room", { 1 }, 2, PCI_TSM_REQ_INFO, 3, -ENOBUFS, 4 },
	{ "state change, little room", { 3 }, 4, PCI_TSM_REQ_STATE_CHANGE, 63,
	  -ENOBUFS, 64 },
	{ "debug read, no response", { 5 }, 2, PCI_TSM_REQ_DEBUG_READ, 0, 0 },
	{ "debug write, little room", { 200 }, 2, PCI_TSM_REQ_DEBUG_WRITE, 15,
	  -ENOBUFS, 16 },
	{ "refused before it is measured", { 3 }, 4, PCI_TSM_REQ_INFO, 0,
	  -EACCES },
};

static void check_desc(const struct check_case *param, char *desc)
{
	strscpy(desc, param->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(check, check_cases, check_desc);

static void test_check_msg(struct kunit *test)
{
	const struct check_case *param = test->param_value;
	struct pci_tsm_guest_xfer xfer = {
		.scope = param->scope,
		.req_len = param->req_len,
		.resp_size = param->resp_size,
	};
	int rc;

	rc = pci_tsm_guest_check_msg(&test_proto, param->req, &xfer);
	KUNIT_EXPECT_EQ(test, rc, param->rc);
	KUNIT_EXPECT_EQ(test, xfer.resp_len, param->needed);
	KUNIT_EXPECT_EQ(test, !xfer.rule, !rc);
	KUNIT_EXPECT_EQ(test, !xfer.msg, rc == -EBADMSG);
	if (xfer.msg)
		KUNIT_EXPECT_EQ(test, xfer.msg->id, param->req[0]);
}

static struct kunit_case tsm_guest_test_cases[] = {
	KUNIT_CASE(test_table_without_flaw),
	KUNIT_CASE(test_table_at_the_bounds),
	KUNIT_CASE_PARAM(test_flaw_in_row, flaw_gen_params),
	KUNIT_CASE(test_flaw_of_proto),
	KUNIT_CASE(test_find_every_id),
	KUNIT_CASE(test_scope_matrix),
	KUNIT_CASE_PARAM(test_check_msg, check_gen_params),
	{}
};

static struct kunit_suite tsm_guest_test_suite = {
	.name = "pci-tsm-guest",
	.test_cases = tsm_guest_test_cases,
};
kunit_test_suite(tsm_guest_test_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests for PCI/TSM guest requests");
