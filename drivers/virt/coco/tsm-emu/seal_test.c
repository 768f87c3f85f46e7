// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of sealed SNP guest messages. The sealed message was made with
 * another implementation of AES-GCM than the kernel's.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "seal.h"

#define HDR_LEN		0x60
#define PAYLOAD_LEN	20
#define TAG_LEN		16
#define AAD_OFFSET	0x30

static const u8 sealed[PAYLOAD_LEN] = {
	0xf7, 0xfe, 0x33, 0x26, 0xd6, 0x03, 0x24, 0x2d,
	0x5d, 0xd2, 0xa1, 0x60, 0x92, 0xd8, 0xd2, 0x85,
	0x69, 0x15, 0xcb, 0x9d,
};

static const u8 tag[TAG_LEN] = {
	0x11, 0x3f, 0x4a, 0x19, 0xb6, 0xc5, 0x4e, 0x7f,
	0xb9, 0xf9, 0x17, 0x82, 0x7a, 0x2c, 0xd6, 0xed,
};

struct ctx {
	struct aes_gcm_key key;
	u8 payload[PAYLOAD_LEN];
	struct {
		struct tsm_sev_tio_hdr hdr;
		u8 payload[PAYLOAD_LEN];
	} __packed msg;
};

/* The key counts from 0, the payload from 0x40, the number's bytes go down */
static int seal_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	u8 key[32];

	if (!ctx)
		return -ENOMEM;
	for (int i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (int i = 0; i < PAYLOAD_LEN; i++)
		ctx->payload[i] = 0x40 + i;

	ctx->msg.hdr.seqno = cpu_to_le64(0x0102030405060708);
	ctx->msg.hdr.algo = 1;
	ctx->msg.hdr.hdr_version = 1;
	ctx->msg.hdr.hdr_size = cpu_to_le16(HDR_LEN);
	ctx->msg.hdr.msg_type = 19;
	ctx->msg.hdr.msg_version = 1;
	ctx->msg.hdr.msg_size = cpu_to_le16(PAYLOAD_LEN);
	ctx->msg.hdr.msg_vmpck = 2;
	test->priv = ctx;
	return aes_gcm_preparekey(&ctx->key, key, sizeof(key), TAG_LEN);
}

static void seal(struct ctx *ctx)
{
	/* of the message that it answers */
	memset(ctx->msg.hdr.authtag, 0x5a, sizeof(ctx->msg.hdr.authtag));
	tsm_emu_seal(&ctx->key, &ctx->msg.hdr, ctx->payload);
}

static int unseal(struct ctx *ctx)
{
	return tsm_emu_unseal(&ctx->key, &ctx->msg.hdr, ctx->payload);
}

static void known_message_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u8 payload[PAYLOAD_LEN];

	seal(ctx);
	KUNIT_EXPECT_MEMEQ(test, ctx->msg.payload, sealed, sizeof(sealed));
	KUNIT_EXPECT_MEMEQ(test, ctx->msg.hdr.authtag, tag, sizeof(tag));
	KUNIT_EXPECT_TRUE(test, !memchr_inv(ctx->msg.hdr.authtag + TAG_LEN, 0,
					    TAG_LEN));

	memcpy(payload, ctx->payload, sizeof(payload));
	memset(ctx->payload, 0, sizeof(ctx->payload));
	KUNIT_EXPECT_EQ(test, unseal(ctx), 0);
	KUNIT_EXPECT_MEMEQ(test, ctx->payload, payload, sizeof(payload));
}

/* All but the rest of the tag and the reserved bytes before the algorithm */
static void flipped_bits_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u8 *msg = (u8 *)&ctx->msg;

	seal(ctx);
	for (int bit = 0; bit < (HDR_LEN + PAYLOAD_LEN) * 8; bit++) {
		int byte = bit / 8;
		bool covered = byte < TAG_LEN || byte >= AAD_OFFSET ||
			       (byte >= 32 && byte < 40);

		/* its length is what the caller goes by */
		if (byte == 0x36 || byte == 0x37)
			continue;
		msg[byte] ^= BIT(bit % 8);
		KUNIT_EXPECT_EQ_MSG(test, unseal(ctx), covered ? -EBADMSG : 0,
				    "bit %d", bit);
		msg[byte] ^= BIT(bit % 8);
	}
	KUNIT_EXPECT_EQ(test, unseal(ctx), 0);
}

static void shorter_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	seal(ctx);
	for (int len = 0; len < PAYLOAD_LEN; len++) {
		ctx->msg.hdr.msg_size = cpu_to_le16(len);
		KUNIT_EXPECT_EQ(test, unseal(ctx), -EBADMSG);
	}
}

static void other_key_test(struct kunit *test)
{
	static const u8 zero_key[32];
	struct ctx *ctx = test->priv;

	seal(ctx);
	KUNIT_ASSERT_EQ(test, aes_gcm_preparekey(&ctx->key, zero_key,
						 sizeof(zero_key), TAG_LEN), 0);
	KUNIT_EXPECT_EQ(test, unseal(ctx), -EBADMSG);
}

static struct kunit_case seal_cases[] = {
	KUNIT_CASE(known_message_test),
	KUNIT_CASE(flipped_bits_test),
	KUNIT_CASE(shorter_test),
	KUNIT_CASE(other_key_test),
	{}
};

static struct kunit_suite seal_suite = {
	.name = "tsm-emu-seal",
	.init = seal_init,
	.test_cases = seal_cases,
};
kunit_test_suite(seal_suite);
