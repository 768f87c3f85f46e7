// SPDX-License-Identifier: GPL-2.0
/*
 * Sealing of SNP guest messages against messages that another implementation of
 * AES-GCM sealed by the rules of the SEV-SNP firmware ABI (AMD 56860).
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "seal.h"
#include "../../../../tools/testing/selftests/tsm/vectors/sev_tio.h"

#define HDR_LEN	sizeof(struct tsm_sev_tio_hdr)
#define TAG_LEN	TSM_SEV_TIO_AUTHTAG_LEN

/**
 * struct messages - one of them
 * @key: VMPCK 0 of it
 * @plain: as it is before it is sealed
 * @sealed: as it was published
 * @is: what becomes of it here
 * @any: not used
 */
struct messages {
	struct aes_gcm_key key;
	u8 plain[TSM_VECTOR_MAX] __aligned(8);
	u8 sealed[TSM_VECTOR_MAX] __aligned(8);
	u8 is[TSM_VECTOR_MAX] __aligned(8);
	u8 any[TSM_VECTOR_MAX];
};

static void prepare(struct kunit *test, const struct sev_tio_sealed *s)
{
	struct messages *m = test->priv;

	KUNIT_ASSERT_LE(test, s->len, TSM_VECTOR_MAX);
	KUNIT_ASSERT_TRUE(test, tsm_vector_parse_lines(s->plain, m->plain,
						       m->any, s->len));
	KUNIT_ASSERT_TRUE(test, tsm_vector_parse_lines(s->sealed, m->sealed,
						       m->any, s->len));
}

static void seal_published_test(struct kunit *test)
{
	struct messages *m = test->priv;

	for (int i = 0; i < ARRAY_SIZE(sev_tio_sealed); i++) {
		const struct sev_tio_sealed *s = &sev_tio_sealed[i];

		prepare(test, s);
		memcpy(m->is, m->plain, HDR_LEN);
		tsm_emu_seal(&m->key, (void *)m->is, m->plain + HDR_LEN);
		KUNIT_EXPECT_MEMEQ_MSG(test, m->is, m->sealed, s->len, "%s",
				       s->source);
	}
}

static void unseal_published_test(struct kunit *test)
{
	struct messages *m = test->priv;

	for (int i = 0; i < ARRAY_SIZE(sev_tio_sealed); i++) {
		const struct sev_tio_sealed *s = &sev_tio_sealed[i];

		prepare(test, s);
		KUNIT_EXPECT_EQ_MSG(test, 0,
				    tsm_emu_unseal(&m->key, (void *)m->sealed,
						   m->is),
				    "%s", s->source);
		KUNIT_EXPECT_MEMEQ_MSG(test, m->is, m->plain + HDR_LEN,
				       s->len - HDR_LEN, "%s", s->source);
	}
}

/* Not the rest of the tag's field, nor what is reserved behind the number */
static bool is_covered(size_t offset)
{
	return offset < TAG_LEN ||
	       offset >= offsetof(struct tsm_sev_tio_hdr, algo) ||
	       (offset >= offsetof(struct tsm_sev_tio_hdr, seqno) &&
		offset < offsetof(struct tsm_sev_tio_hdr, reserved));
}

/* The size of the payload is looked at before, so it stays */
static bool is_size(size_t offset)
{
	return offset == offsetof(struct tsm_sev_tio_hdr, msg_size) ||
	       offset == offsetof(struct tsm_sev_tio_hdr, msg_size) + 1;
}

static void unseal_changed_test(struct kunit *test)
{
	const struct sev_tio_sealed *s = &sev_tio_sealed[0];
	struct messages *m = test->priv;

	prepare(test, s);
	for (size_t bit = 0; bit < 8 * s->len; bit++) {
		if (is_size(bit / 8))
			continue;
		m->sealed[bit / 8] ^= BIT(bit % 8);
		KUNIT_EXPECT_EQ_MSG(test, is_covered(bit / 8) ? -EBADMSG : 0,
				    tsm_emu_unseal(&m->key, (void *)m->sealed,
						   m->is),
				    "bit %zu", bit);
		m->sealed[bit / 8] ^= BIT(bit % 8);
	}
}

static int seal_init(struct kunit *test)
{
	struct messages *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u8 key[32];

	if (!m)
		return -ENOMEM;
	test->priv = m;
	for (int i = 0; i < sizeof(key); i++)
		key[i] = i;
	return aes_gcm_preparekey(&m->key, key, sizeof(key), TAG_LEN);
}

static struct kunit_case seal_cases[] = {
	KUNIT_CASE(seal_published_test),
	KUNIT_CASE(unseal_published_test),
	KUNIT_CASE(unseal_changed_test),
	{}
};

static struct kunit_suite seal_suite = {
	.name = "tsm-emu-seal",
	.init = seal_init,
	.test_cases = seal_cases,
};
kunit_test_suite(seal_suite);
