// SPDX-License-Identifier: GPL-2.0
/* What the tests of all guest protocols have in common, see proto_test.h */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include "proto_test.h"

/* Lengths and places around those that a message has */
#define BEYOND		64
/* In memory that was left as it is */
#define NO_ID		0xdeadbeef

static void set_id(const struct proto_test *t, u8 *req, u32 id)
{
	for (size_t i = 0; i < t->id_len; i++)
		req[t->id_offset + i] = id >> (8 * i);
}

static u32 get_id(const struct proto_test *t, const u8 *req)
{
	u32 id = t->id_base;

	for (size_t i = 0; i < t->id_len; i++)
		id |= (u32)req[t->id_offset + i] << (8 * i);
	return id;
}

static void fill_request(const struct proto_test *t, u8 *req, u32 id, size_t len)
{
	/* What is sealed, or the TSM's business, may be anything */
	memset(req, 0xa5, len);
	t->fill(req, len);
	set_id(t, req, id);
}

u8 *proto_test_request(struct kunit *test, u32 id, size_t len)
{
	u8 *req = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, req);
	fill_request(test->priv, req, id, len);
	return req;
}

/* The decoder is a function of the request: ask twice, get one answer */
int proto_test_decode(struct kunit *test, const u8 *req, size_t len, u32 *id)
{
	const struct proto_test *t = test->priv;
	u32 id_again = NO_ID;
	int rc;

	*id = NO_ID;
	rc = t->proto->msg_id(req, len, id);
	if (rc != t->proto->msg_id(req, len, &id_again) || *id != id_again)
		KUNIT_FAIL(test, "answers differ: id %#x, then %#x", *id,
			   id_again);
	return rc;
}

static const struct proto_case *find_case(const struct proto_test *t, u32 id)
{
	for (size_t i = 0; i < t->nr_cases; i++)
		if (t->cases[i].id == id)
			return &t->cases[i];
	return NULL;
}

static const struct pci_tsm_guest_msg *find_msg(const struct proto_test *t, u32 id)
{
	for (unsigned int i = 0; i < t->proto->nr_msgs; i++)
		if (t->proto->msgs[i].id == id)
			return &t->proto->msgs[i];
	return NULL;
}

void proto_test_message(struct kunit *test)
{
	const struct proto_case *param = test->param_value;
	const struct pci_tsm_guest_msg *msg;
	u8 *req;
	u32 id;

	req = proto_test_request(test, param->id, param->req_len);
	KUNIT_ASSERT_EQ(test, 0,
			proto_test_decode(test, req, param->req_len, &id));
	KUNIT_EXPECT_EQ(test, id, param->id);

	msg = find_msg(test->priv, id);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_EXPECT_EQ(test, msg->class, param->class);
	KUNIT_EXPECT_EQ(test, msg->req_min, param->req_len);
	KUNIT_EXPECT_EQ(test, msg->req_max, param->req_len);
	KUNIT_EXPECT_EQ(test, msg->resp_min, param->resp_min);
	KUNIT_EXPECT_EQ(test, msg->resp_max, param->resp_max);
}

/* The first row of the table with this id, or one above it */
static unsigned int find_row(const struct proto_test *t, u64 id)
{
	unsigned int row = 0;

	while (row < t->proto->nr_msgs && t->proto->msgs[row].id < id)
		row++;
	return row;
}

/* A message that nobody wrote a case for has no place in the table */
void proto_test_table(struct kunit *test)
{
	const struct proto_test *t = test->priv;
	unsigned int first = find_row(t, t->id_base);
	unsigned int end = find_row(t, t->id_base + BIT_ULL(8 * t->id_len));

	KUNIT_EXPECT_EQ(test, t->proto->type, t->type);
	KUNIT_EXPECT_EQ(test, t->proto->envelope_len, t->envelope_len);
	KUNIT_ASSERT_EQ(test, end - first, t->nr_cases);
	for (size_t i = 0; i < t->nr_cases; i++)
		KUNIT_EXPECT_EQ(test, t->proto->msgs[first + i].id,
				t->cases[i].id);
}

static void check_id(struct kunit *test, u8 *req, size_t len, u32 wanted)
{
	const struct proto_test *t = test->priv;
	int expected = 0, rc;
	u32 id;

	set_id(t, req, wanted);
	for (size_t i = t->id_offset; i < t->id_offset + t->id_len; i++)
		if (!t->accepts(&t->cases[0], i, req[i]))
			expected = -EBADMSG;

	rc = proto_test_decode(test, req, len, &id);
	if (rc != expected || id != (rc ? NO_ID : t->id_base + wanted))
		KUNIT_FAIL(test, "id %#x: returned %d, id %#x", wanted, rc, id);
	else if (!rc && !find_case(t, id) != !find_msg(t, id))
		KUNIT_FAIL(test, "id %#x: table and cases differ", id);
}

/* Numbers of responses, of the future, and without any meaning */
void proto_test_ids(struct kunit *test)
{
	const struct proto_test *t = test->priv;
	size_t len = t->cases[0].req_len;
	u8 *req = proto_test_request(test, 0, len);
	u32 last = t->id_len == 1 ? U8_MAX : U16_MAX;

	for (u32 id = 0; id <= last; id++)
		check_id(test, req, len, id);
	for (size_t bit = 16; bit < 8 * t->id_len; bit++)
		for (size_t i = 0; i < t->nr_cases; i++)
			check_id(test, req, len, BIT(bit) | t->cases[i].id);
}

/* Once for KASAN, and once to see without it whether what is behind matters */
static void check_length(struct kunit *test, const u8 *req, size_t len,
			 int expected)
{
	const struct proto_case *param = test->param_value;
	u8 *exact = kunit_kmalloc(test, len, GFP_KERNEL);
	u8 *poisoned = kunit_kmalloc(test, len + BEYOND, GFP_KERNEL);
	u32 id;

	KUNIT_ASSERT_NOT_NULL(test, exact);
	KUNIT_ASSERT_NOT_NULL(test, poisoned);
	memcpy(exact, req, len);
	memcpy(poisoned, req, len);
	memset(poisoned + len, 0xff, BEYOND);

	KUNIT_EXPECT_EQ_MSG(test, expected,
			    proto_test_decode(test, exact, len, &id),
			    "length %zu", len);
	KUNIT_EXPECT_EQ_MSG(test, id, expected ? NO_ID : param->id,
			    "length %zu", len);
	KUNIT_EXPECT_EQ_MSG(test, expected,
			    proto_test_decode(test, poisoned, len, &id),
			    "length %zu, of more", len);
	kunit_kfree(test, poisoned);
	kunit_kfree(test, exact);
}

/* Truncated and oversized. The core sees to it that there is an envelope */
void proto_test_lengths(struct kunit *test)
{
	const struct proto_case *param = test->param_value;
	const struct proto_test *t = test->priv;
	u8 *req = proto_test_request(test, param->id, param->req_len + BEYOND);
	size_t end = min(param->req_len + BEYOND + 1, t->len_end ?: SIZE_MAX);

	fill_request(t, req, param->id, param->req_len);
	for (size_t len = t->envelope_len; len < end; len++) {
		bool wrong = t->length_in_envelope && len != param->req_len;

		check_length(test, req, len, wrong ? -EBADMSG : 0);
	}
}

static void check_byte(struct kunit *test, const u8 *req, size_t offset)
{
	const struct proto_case *param = test->param_value;
	const struct proto_test *t = test->priv;
	int expected = -EBADMSG, rc;
	u32 id;

	if (t->accepts(param, offset, req[offset]))
		expected = 0;

	rc = proto_test_decode(test, req, param->req_len, &id);
	if (rc != expected || id != (rc ? NO_ID : get_id(t, req)))
		KUNIT_FAIL(test, "byte %zu as %#x: returned %d, id %#x", offset,
			   req[offset], rc, id);
}

/* Every value of every byte, and with them every flipped bit */
void proto_test_bytes(struct kunit *test)
{
	const struct proto_case *param = test->param_value;
	u8 *req = proto_test_request(test, param->id, param->req_len);

	for (size_t offset = 0; offset < param->req_len; offset++) {
		u8 good = req[offset];

		for (int value = 0; value <= U8_MAX; value++) {
			req[offset] = value;
			check_byte(test, req, offset);
		}
		req[offset] = good;
	}
}

/* The core's copy of a request may begin anywhere */
void proto_test_unaligned(struct kunit *test)
{
	const struct proto_case *param = test->param_value;
	size_t len = param->req_len;

	for (size_t shift = 1; shift < sizeof(u64); shift++) {
		u8 *mem = kunit_kmalloc(test, shift + len, GFP_KERNEL);
		u32 id;

		KUNIT_ASSERT_NOT_NULL(test, mem);
		fill_request(test->priv, mem + shift, param->id, len);
		KUNIT_EXPECT_EQ(test, 0,
				proto_test_decode(test, mem + shift, len, &id));
		KUNIT_EXPECT_EQ(test, id, param->id);
	}
}

static bool has_row(const struct pci_tsm_guest_msg *msg,
		    const struct tsm_vector *v)
{
	if (!msg || msg->id != v->id || msg->class != v->class ||
	    msg->req_min > v->len || msg->req_max < v->len)
		return false;
	/* The TSM says no more than that it refuses, or answers at length */
	if (v->code && !v->rsp_len)
		return true;
	return msg->resp_min <= v->rsp_len &&
	       msg->resp_max >= max(v->rsp_len, v->rsp_max);
}

/* Return: what the core makes of the decoder's answer and of the row */
static int admit(struct kunit *test, const u8 *req, const struct tsm_vector *v)
{
	const struct proto_test *t = test->priv;
	const struct pci_tsm_guest_msg *msg;
	u32 longest = 0, id;

	for (unsigned int i = 0; i < t->proto->nr_msgs; i++)
		longest = max(longest, t->proto->msgs[i].req_max);
	if (v->len > longest)
		return -EMSGSIZE;
	if (v->len < t->envelope_len ||
	    proto_test_decode(test, req, v->len, &id))
		return -EBADMSG;
	msg = find_msg(t, id);
	if (!msg)
		return -EBADMSG;
	if (v->len < msg->req_min || v->len > msg->req_max)
		return -EMSGSIZE;
	return v->err || has_row(msg, v) ? 0 : -EPROTO;
}

static void check_vector(struct kunit *test, const struct tsm_vector *v)
{
	u8 *any = kunit_kmalloc(test, v->len, GFP_KERNEL);
	u8 *req = kunit_kmalloc(test, v->len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, any);
	KUNIT_ASSERT_NOT_NULL(test, req);
	KUNIT_ASSERT_TRUE_MSG(test, tsm_vector_parse(v->req, req, any, v->len),
			      "%s: %s", v->source, v->req);
	KUNIT_EXPECT_EQ_MSG(test, -v->err, admit(test, req, v), "%s", v->source);
	kunit_kfree(test, req);
	kunit_kfree(test, any);
}

/* What published guests send has its row, and what is wrong has none */
void proto_test_vectors(struct kunit *test)
{
	const struct proto_test *t = test->priv;
	size_t good = 0, bad = 0;

	for (size_t i = 0; i < t->nr_vectors; i++) {
		if (!t->vectors[i].req)
			continue;
		check_vector(test, &t->vectors[i]);
		good += !t->vectors[i].err;
		bad += !!t->vectors[i].err;
	}
	KUNIT_EXPECT_NE(test, good, 0);
	KUNIT_EXPECT_NE(test, bad, 0);
}

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests for TSM guest protocols");
