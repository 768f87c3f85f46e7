// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of what the emulated devices tell about themselves */
#include <crypto/sha2.h>
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "fw.h"

static const siphash_key_t key = { { 1, 2 } };
static const siphash_key_t other_key = { { 1, 3 } };

static void free_blob(void *data)
{
	kvfree(data);
}

/* Freed with the test */
static struct tsm_emu_blob keep(struct kunit *test, int rc,
				struct tsm_emu_blob blob)
{
	KUNIT_ASSERT_EQ(test, rc, 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_blob,
							blob.data), 0);
	return blob;
}

static struct tsm_emu_blob certificates(struct kunit *test,
					const siphash_key_t *device)
{
	struct tsm_emu_blob blob;
	int rc = tsm_emu_make_certificates(&blob, device);

	return keep(test, rc, blob);
}

static struct tsm_emu_blob measurements(struct kunit *test,
					const siphash_key_t *device, u8 nonce)
{
	u8 bytes[PCI_TDISP_NONCE_LEN];
	struct tsm_emu_blob blob;
	int rc;

	memset(bytes, nonce, sizeof(bytes));
	rc = tsm_emu_make_measurements(&blob, device, bytes, false);
	return keep(test, rc, blob);
}

static bool is_equal(struct tsm_emu_blob a, struct tsm_emu_blob b)
{
	return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

/* Length, reserved, hash of the first certificate, and then one after another */
static void certificates_test(struct kunit *test)
{
	struct tsm_emu_blob blob = certificates(test, &key);
	u8 hash[SHA384_DIGEST_SIZE];
	unsigned int count = 0;
	size_t pos = 52, len;

	KUNIT_EXPECT_GT(test, blob.len, SZ_4K);
	KUNIT_EXPECT_EQ(test, get_unaligned_le16(blob.data), blob.len);
	for (; pos < blob.len; pos += len, count++) {
		KUNIT_ASSERT_LE(test, pos + 4, blob.len);
		KUNIT_ASSERT_EQ(test, get_unaligned_be16(blob.data + pos),
				0x3082);
		len = 4 + get_unaligned_be16(blob.data + pos + 2);
		if (!count)
			sha384(blob.data + pos, len, hash);
	}
	KUNIT_EXPECT_EQ(test, pos, blob.len);
	KUNIT_EXPECT_EQ(test, count, 3);
	KUNIT_EXPECT_MEMEQ(test, blob.data + 4, hash, sizeof(hash));
}

static void same_device_test(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, is_equal(certificates(test, &key),
					 certificates(test, &key)));
	KUNIT_EXPECT_FALSE(test, is_equal(certificates(test, &key),
					  certificates(test, &other_key)));
	KUNIT_EXPECT_TRUE(test, is_equal(measurements(test, &key, 1),
					 measurements(test, &key, 1)));
	KUNIT_EXPECT_FALSE(test, is_equal(measurements(test, &key, 1),
					  measurements(test, &other_key, 1)));
}

/* GET_MEASUREMENTS of 37 bytes, then the header of MEASUREMENTS, 8 bytes */
static void measurements_test(struct kunit *test)
{
	struct tsm_emu_blob blob = measurements(test, &key, 0xa5);
	u32 record_len = get_unaligned_le24(blob.data + 42);
	size_t pos = 45;

	KUNIT_EXPECT_GT(test, blob.len, 2 * SZ_4K);
	KUNIT_EXPECT_EQ(test, blob.data[1], 0xe0);
	KUNIT_EXPECT_TRUE(test, !memchr_inv(blob.data + 4, 0xa5, 32));
	KUNIT_EXPECT_EQ(test, blob.data[38], 0x60);
	KUNIT_ASSERT_EQ(test, blob.len, pos + record_len + 32 + 2 + 96);

	for (int i = 1; i <= blob.data[41]; i++) {
		KUNIT_ASSERT_LE(test, pos + 4, 45 + record_len);
		KUNIT_EXPECT_EQ(test, blob.data[pos], i);
		pos += 4 + get_unaligned_le16(blob.data + pos + 2);
	}
	KUNIT_EXPECT_EQ(test, pos, 45 + record_len);
}

/* A nonce changes nonces and signature, it does not change what is measured */
static void nonce_test(struct kunit *test)
{
	struct tsm_emu_blob a = measurements(test, &key, 1);
	struct tsm_emu_blob b = measurements(test, &key, 2);
	size_t tail = a.len - 96;

	KUNIT_ASSERT_EQ(test, a.len, b.len);
	KUNIT_EXPECT_MEMEQ(test, a.data + 37, b.data + 37, tail - 34 - 37);
	KUNIT_EXPECT_MEMNEQ(test, a.data + tail - 34, b.data + tail - 34, 32);
	KUNIT_EXPECT_MEMNEQ(test, a.data + tail, b.data + tail, 96);
}

static struct kunit_case objects_cases[] = {
	KUNIT_CASE(certificates_test),
	KUNIT_CASE(same_device_test),
	KUNIT_CASE(measurements_test),
	KUNIT_CASE(nonce_test),
	{}
};

static struct kunit_suite objects_suite = {
	.name = "tsm-emu-objects",
	.test_cases = objects_cases,
};
kunit_test_suite(objects_suite);
