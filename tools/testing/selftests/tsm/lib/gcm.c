// SPDX-License-Identifier: GPL-2.0
/*
 * AES-256-GCM, see crypto.h. Without tables: the S-box is computed, GHASH
 * goes bit by bit.
 */
#include "crypto.h"

#define BLOCK 16
#define ROUNDS 14
#define KEY_WORDS 8
#define FIELD 0x1b
#define GHASH_FIELD 0xe1

struct aes {
	u8 round_key[ROUNDS + 1][BLOCK];
};

/* Product in GF(2^8), FIPS 197 section 4.2 */
static u8 multiply(u8 a, u8 b)
{
	u8 product = 0;

	for (int i = 0; i < 8; i++) {
		product ^= a & -(b & 1);
		a = (u8)(a << 1) ^ (FIELD & -(a >> 7));
		b >>= 1;
	}
	return product;
}

/* Section 5.1.1: the inverse is the 254th power */
static u8 substitute(u8 value)
{
	u8 inverse = 1, result;

	for (int i = 0; i < 7; i++) {
		value = multiply(value, value);
		inverse = multiply(inverse, value);
	}

	result = inverse ^ 0x63;
	for (int i = 1; i < 5; i++)
		result ^= (u8)(inverse << i | inverse >> (8 - i));
	return result;
}

/* Section 5.2, the words of all round keys one after the other */
static void expand_key(struct aes *aes, const u8 *key)
{
	u8 *words = &aes->round_key[0][0];
	u8 round = 1;

	tsm_copy(words, key, TSM_AES_KEY_LEN);
	for (int i = KEY_WORDS; i < (ROUNDS + 1) * BLOCK / 4; i++) {
		const u8 *last = words + 4 * (i - 1);
		bool rotate = i % KEY_WORDS == 0;
		u8 word[4];

		for (int j = 0; j < 4; j++) {
			word[j] = last[rotate ? (j + 1) % 4 : j];
			if (i % 4 == 0)
				word[j] = substitute(word[j]);
		}
		if (rotate) {
			word[0] ^= round;
			round <<= 1;
		}
		for (int j = 0; j < 4; j++)
			words[4 * i + j] = words[4 * (i - KEY_WORDS) + j] ^ word[j];
	}
}

static void xor(u8 *to, const u8 *with, size_t len)
{
	while (len--)
		*to++ ^= *with++;
}

/* SubBytes and ShiftRows */
static void substitute_and_shift(u8 state[BLOCK])
{
	u8 old[BLOCK];

	tsm_copy(old, state, BLOCK);
	for (int column = 0; column < 4; column++)
		for (int row = 0; row < 4; row++)
			state[4 * column + row] =
				substitute(old[4 * ((column + row) % 4) + row]);
}

static void mix_columns(u8 state[BLOCK])
{
	for (u8 *c = state; c < state + BLOCK; c += 4) {
		u8 all = c[0] ^ c[1] ^ c[2] ^ c[3], first = c[0];

		for (int row = 0; row < 4; row++) {
			u8 next = row == 3 ? first : c[row + 1];

			c[row] ^= all ^ multiply(c[row] ^ next, 2);
		}
	}
}

static void encrypt(const struct aes *aes, const u8 in[BLOCK], u8 out[BLOCK])
{
	tsm_copy(out, in, BLOCK);
	xor(out, aes->round_key[0], BLOCK);
	for (int round = 1; round <= ROUNDS; round++) {
		substitute_and_shift(out);
		if (round < ROUNDS)
			mix_columns(out);
		xor(out, aes->round_key[round], BLOCK);
	}
}

/* @hash times @h in GF(2^128), SP 800-38D section 6.3 */
static void ghash_multiply(u8 hash[BLOCK], const u8 h[BLOCK])
{
	u8 product[BLOCK] = {}, v[BLOCK];

	tsm_copy(v, h, BLOCK);
	for (int i = 0; i < 8 * BLOCK; i++) {
		u8 carry = v[BLOCK - 1] & 1;

		if (hash[i / 8] >> (7 - i % 8) & 1)
			xor(product, v, BLOCK);
		for (int j = BLOCK - 1; j > 0; j--)
			v[j] = v[j] >> 1 | (u8)(v[j - 1] << 7);
		v[0] = v[0] >> 1 ^ (GHASH_FIELD & -carry);
	}
	tsm_copy(hash, product, BLOCK);
}

/* Add @data, padded to full blocks */
static void ghash(u8 hash[BLOCK], const u8 h[BLOCK], const u8 *data, size_t len)
{
	while (len) {
		size_t part = len < BLOCK ? len : BLOCK;

		xor(hash, data, part);
		ghash_multiply(hash, h);
		data += part;
		len -= part;
	}
}

/* The pad of block @number, which is that of the tag for 1 */
static void make_pad(const struct aes *aes, const u8 *iv, u32 number,
		     u8 pad[BLOCK])
{
	u8 counter[BLOCK];

	/* the number is 32 bits, its upper half is overwritten by the IV */
	tsm_put_be64(counter + 8, number);
	tsm_copy(counter, iv, TSM_GCM_IV_LEN);
	encrypt(aes, counter, pad);
}

static void crypt(const struct aes *aes, const u8 *iv, u8 *data, size_t len)
{
	u8 pad[BLOCK];

	for (u32 number = 2; len; number++) {
		size_t part = len < BLOCK ? len : BLOCK;

		make_pad(aes, iv, number, pad);
		xor(data, pad, part);
		data += part;
		len -= part;
	}
}

static void make_tag(const struct aes *aes, const struct tsm_gcm *gcm,
		     const u8 *sealed, size_t len, u8 tag[TSM_GCM_TAG_LEN])
{
	u8 h[BLOCK] = {}, lengths[BLOCK], hash[BLOCK] = {};

	encrypt(aes, h, h);
	ghash(hash, h, gcm->aad, gcm->aad_len);
	ghash(hash, h, sealed, len);
	tsm_put_be64(lengths, 8 * gcm->aad_len);
	tsm_put_be64(lengths + 8, 8 * len);
	ghash(hash, h, lengths, BLOCK);

	make_pad(aes, gcm->iv, 1, tag);
	xor(tag, hash, BLOCK);
}

void tsm_gcm_seal(const struct tsm_gcm *gcm, void *data, size_t len,
		  u8 tag[TSM_GCM_TAG_LEN])
{
	struct aes aes;

	expand_key(&aes, gcm->key);
	crypt(&aes, gcm->iv, data, len);
	make_tag(&aes, gcm, data, len, tag);
}

bool tsm_gcm_open(const struct tsm_gcm *gcm, void *data, size_t len,
		  const u8 tag[TSM_GCM_TAG_LEN])
{
	u8 want[TSM_GCM_TAG_LEN];
	struct aes aes;

	expand_key(&aes, gcm->key);
	make_tag(&aes, gcm, data, len, want);
	if (!tsm_equal(want, tag, sizeof(want))) {
		tsm_clear(data, len);
		return false;
	}
	crypt(&aes, gcm->iv, data, len);
	return true;
}
