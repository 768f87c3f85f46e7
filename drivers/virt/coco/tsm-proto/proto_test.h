/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of all guest protocols have in common. A protocol brings the
 * numbers of its specification, spelled out once more instead of taken from the
 * headers, and says which bytes a good message may have.
 */
#ifndef __TSM_PROTO_TEST_H
#define __TSM_PROTO_TEST_H

#include <kunit/test.h>
#include <linux/tsm-proto.h>

#include "../../../../tools/testing/selftests/tsm/vectors/vector.h"

/**
 * struct proto_case - a message, and what its row of the table has to say
 * @name: for the report
 * @id: number of the message
 * @class: what it can do
 * @req_len: length of each request
 * @resp_min: length of the shortest response
 * @resp_max: length of the longest response
 */
struct proto_case {
	const char *name;
	u32 id;
	enum pci_tsm_req_scope class;
	u32 req_len;
	u32 resp_min;
	u32 resp_max;
};

/**
 * struct proto_test - a guest protocol and how to test it
 * @proto: the protocol
 * @type: its number in the uAPI
 * @envelope_len: bytes that a decoder may count on
 * @length_in_envelope: a message tells its length, and is refused at any other
 * @len_end: messages of this length are of another kind, with cases of their own; 0
 *	     for a protocol with one kind
 * @id_base: what the number of a message has beyond what stands in it
 * @id_offset: where in a message its number is, little endian
 * @id_len: bytes of that number
 * @cases: all messages of the kind, in ascending order of their numbers
 * @nr_cases: number of @cases
 * @fill: make the @len bytes of @req, at least an envelope, a good request but
 *	  for its number
 * @accepts: is the request of @param, good otherwise, still one of the protocol
 *	     with @value for the byte at @offset, in the table or not?
 * @vectors: requests that were published, for proto_test_vectors()
 * @nr_vectors: number of @vectors
 */
struct proto_test {
	const struct pci_tsm_guest_proto *proto;
	u32 type;
	size_t envelope_len;
	bool length_in_envelope;
	size_t len_end;
	u32 id_base;
	size_t id_offset;
	size_t id_len;
	const struct proto_case *cases;
	size_t nr_cases;
	void (*fill)(u8 *req, size_t len);
	bool (*accepts)(const struct proto_case *param, size_t offset, u8 value);
	const struct tsm_vector *vectors;
	size_t nr_vectors;
};

/* Memory of exactly @len bytes: KASAN sees who looks behind it */
u8 *proto_test_request(struct kunit *test, u32 id, size_t len);
int proto_test_decode(struct kunit *test, const u8 *req, size_t len, u32 *id);

void proto_test_message(struct kunit *test);
void proto_test_table(struct kunit *test);
void proto_test_ids(struct kunit *test);
void proto_test_lengths(struct kunit *test);
void proto_test_bytes(struct kunit *test);
void proto_test_unaligned(struct kunit *test);
void proto_test_vectors(struct kunit *test);

/*
 * The suite of a protocol: all of the above for the struct proto_test _proto##_test
 * with the messages _proto##_cases, and the protocol's own cases.
 */
#define PROTO_TEST_SUITE(_proto, _name, ...)					\
static int _proto##_init(struct kunit *test)					\
{										\
	test->priv = (void *)&_proto##_test;					\
	return 0;								\
}										\
KUNIT_ARRAY_PARAM_DESC(_proto, _proto##_cases, name);				\
static struct kunit_case _proto##_kunit_cases[] = {				\
	KUNIT_CASE_PARAM(proto_test_message, _proto##_gen_params),		\
	KUNIT_CASE(proto_test_table),						\
	KUNIT_CASE(proto_test_ids),						\
	KUNIT_CASE_PARAM(proto_test_lengths, _proto##_gen_params),		\
	KUNIT_CASE_PARAM(proto_test_bytes, _proto##_gen_params),		\
	KUNIT_CASE_PARAM(proto_test_unaligned, _proto##_gen_params),		\
	##__VA_ARGS__,								\
	{}									\
};										\
static struct kunit_suite _proto##_suite = {					\
	.name = _name,								\
	.init = _proto##_init,							\
	.test_cases = _proto##_kunit_cases,					\
};										\
kunit_test_suite(_proto##_suite)

#endif /* __TSM_PROTO_TEST_H */
