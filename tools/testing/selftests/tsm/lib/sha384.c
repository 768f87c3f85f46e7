// SPDX-License-Identifier: GPL-2.0
/* SHA-256, SHA-384 and SHA-512, FIPS 180-4, see crypto.h */
#include "crypto.h"

#define BLOCK 128
#define ROUNDS 80
#define WORDS 8

/* Section 4.2.3 */
static const u64 constants[ROUNDS] = {
	0x428a2f98d728ae22ULL, 0x7137449123ef65cdULL, 0xb5c0fbcfec4d3b2fULL,
	0xe9b5dba58189dbbcULL, 0x3956c25bf348b538ULL, 0x59f111f1b605d019ULL,
	0x923f82a4af194f9bULL, 0xab1c5ed5da6d8118ULL, 0xd807aa98a3030242ULL,
	0x12835b0145706fbeULL, 0x243185be4ee4b28cULL, 0x550c7dc3d5ffb4e2ULL,
	0x72be5d74f27b896fULL, 0x80deb1fe3b1696b1ULL, 0x9bdc06a725c71235ULL,
	0xc19bf174cf692694ULL, 0xe49b69c19ef14ad2ULL, 0xefbe4786384f25e3ULL,
	0x0fc19dc68b8cd5b5ULL, 0x240ca1cc77ac9c65ULL, 0x2de92c6f592b0275ULL,
	0x4a7484aa6ea6e483ULL, 0x5cb0a9dcbd41fbd4ULL, 0x76f988da831153b5ULL,
	0x983e5152ee66dfabULL, 0xa831c66d2db43210ULL, 0xb00327c898fb213fULL,
	0xbf597fc7beef0ee4ULL, 0xc6e00bf33da88fc2ULL, 0xd5a79147930aa725ULL,
	0x06ca6351e003826fULL, 0x142929670a0e6e70ULL, 0x27b70a8546d22ffcULL,
	0x2e1b21385c26c926ULL, 0x4d2c6dfc5ac42aedULL, 0x53380d139d95b3dfULL,
	0x650a73548baf63deULL, 0x766a0abb3c77b2a8ULL, 0x81c2c92e47edaee6ULL,
	0x92722c851482353bULL, 0xa2bfe8a14cf10364ULL, 0xa81a664bbc423001ULL,
	0xc24b8b70d0f89791ULL, 0xc76c51a30654be30ULL, 0xd192e819d6ef5218ULL,
	0xd69906245565a910ULL, 0xf40e35855771202aULL, 0x106aa07032bbd1b8ULL,
	0x19a4c116b8d2d0c8ULL, 0x1e376c085141ab53ULL, 0x2748774cdf8eeb99ULL,
	0x34b0bcb5e19b48a8ULL, 0x391c0cb3c5c95a63ULL, 0x4ed8aa4ae3418acbULL,
	0x5b9cca4f7763e373ULL, 0x682e6ff3d6b2b8a3ULL, 0x748f82ee5defb2fcULL,
	0x78a5636f43172f60ULL, 0x84c87814a1f0ab72ULL, 0x8cc702081a6439ecULL,
	0x90befffa23631e28ULL, 0xa4506cebde82bde9ULL, 0xbef9a3f7b2c67915ULL,
	0xc67178f2e372532bULL, 0xca273eceea26619cULL, 0xd186b8c721c0c207ULL,
	0xeada7dd6cde0eb1eULL, 0xf57d4f7fee6ed178ULL, 0x06f067aa72176fbaULL,
	0x0a637dc5a2c898a6ULL, 0x113f9804bef90daeULL, 0x1b710b35131c471bULL,
	0x28db77f523047d84ULL, 0x32caab7b40c72493ULL, 0x3c9ebe0a15c9bebcULL,
	0x431d67c49c100d4cULL, 0x4cc5d4becb3e42b6ULL, 0x597f299cfc657e2aULL,
	0x5fcb6fab3ad6faecULL, 0x6c44198c4a475817ULL,
};

/* Section 5.3.4 */
static const u64 initial_384[WORDS] = {
	0xcbbb9d5dc1059ed8ULL, 0x629a292a367cd507ULL, 0x9159015a3070dd17ULL,
	0x152fecd8f70e5939ULL, 0x67332667ffc00b31ULL, 0x8eb44a8768581511ULL,
	0xdb0c2e0d64f98fa7ULL, 0x47b5481dbefa4fa4ULL,
};

/* Section 5.3.5 */
static const u64 initial_512[WORDS] = {
	0x6a09e667f3bcc908ULL, 0xbb67ae8584caa73bULL, 0x3c6ef372fe94f82bULL,
	0xa54ff53a5f1d36f1ULL, 0x510e527fade682d1ULL, 0x9b05688c2b3e6c1fULL,
	0x1f83d9abfb41bd6bULL, 0x5be0cd19137e2179ULL,
};

static u64 rotate(u64 value, int by)
{
	return value >> by | value << (64 - by);
}

static u64 get_be64(const u8 *from)
{
	u64 value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | from[i];
	return value;
}

static u64 big_sigma(u64 value, int a, int b, int c)
{
	return rotate(value, a) ^ rotate(value, b) ^ rotate(value, c);
}

static u64 small_sigma(u64 value, int a, int b, int shift)
{
	return rotate(value, a) ^ rotate(value, b) ^ value >> shift;
}

/* Word @t of the message schedule, of which @w holds the last 16 */
static u64 schedule(u64 w[16], int t)
{
	w[t % 16] += small_sigma(w[(t + 1) % 16], 1, 8, 7) + w[(t + 9) % 16] +
		     small_sigma(w[(t + 14) % 16], 19, 61, 6);
	return w[t % 16];
}

/* Section 6.4.2; s is a to h */
static void add_block(u64 hash[WORDS], const u8 *block)
{
	u64 s[WORDS], w[16];

	for (int i = 0; i < WORDS; i++)
		s[i] = hash[i];
	for (int t = 0; t < ROUNDS; t++) {
		u64 word = t < 16 ? w[t] = get_be64(block + 8 * t) : schedule(w, t);
		u64 t1 = s[7] + big_sigma(s[4], 14, 18, 41) +
			 ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[t] + word;
		u64 t2 = big_sigma(s[0], 28, 34, 39) +
			 ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		for (int i = WORDS - 1; i > 0; i--)
			s[i] = s[i - 1];
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < WORDS; i++)
		hash[i] += s[i];
}

/* @digest takes as many bytes of the hash as there are in @digest_len */
static void hash_all(const u64 initial[WORDS], const void *data, size_t len,
		     u8 *digest, int digest_len)
{
	const u8 *in = data;
	size_t left = len;
	u8 block[BLOCK];
	u64 hash[WORDS];

	for (int i = 0; i < WORDS; i++)
		hash[i] = initial[i];
	for (; left >= BLOCK; in += BLOCK, left -= BLOCK)
		add_block(hash, in);

	tsm_clear(block, BLOCK);
	tsm_copy(block, in, left);
	block[left] = 0x80;
	if (left >= BLOCK - 16) {
		add_block(hash, block);
		tsm_clear(block, BLOCK);
	}
	tsm_put_be64(block + BLOCK - 8, 8 * (u64)len);
	add_block(hash, block);

	for (int i = 0; i < digest_len / 8; i++)
		tsm_put_be64(digest + 8 * i, hash[i]);
}

void tsm_sha384(const void *data, size_t len, u8 digest[TSM_SHA384_LEN])
{
	hash_all(initial_384, data, len, digest, TSM_SHA384_LEN);
}

void tsm_sha512(const void *data, size_t len, u8 digest[TSM_SHA512_LEN])
{
	hash_all(initial_512, data, len, digest, TSM_SHA512_LEN);
}

/*
 * SHA-256. The words that it starts with and adds are the first halves of those of
 * SHA-512: all are of the fractions of the same roots (sections 4.2.2 and 5.3.3)
 */
#define BLOCK_256 64
#define ROUNDS_256 64

static u32 rotate_32(u32 value, int by)
{
	return value >> by | value << (32 - by);
}

static u32 get_be32(const u8 *from)
{
	return (u32)from[0] << 24 | from[1] << 16 | from[2] << 8 | from[3];
}

static u32 schedule_256(u32 w[16], int t)
{
	u32 early = w[(t + 1) % 16], late = w[(t + 14) % 16];

	w[t % 16] += (rotate_32(early, 7) ^ rotate_32(early, 18) ^ early >> 3) +
		     w[(t + 9) % 16] +
		     (rotate_32(late, 17) ^ rotate_32(late, 19) ^ late >> 10);
	return w[t % 16];
}

/* Section 6.2.2; s is a to h */
static void add_block_256(u32 hash[WORDS], const u8 *block)
{
	u32 s[WORDS], w[16];

	for (int i = 0; i < WORDS; i++)
		s[i] = hash[i];
	for (int t = 0; t < ROUNDS_256; t++) {
		u32 word = t < 16 ? w[t] = get_be32(block + 4 * t) :
				    schedule_256(w, t);
		u32 t1 = s[7] + (rotate_32(s[4], 6) ^ rotate_32(s[4], 11) ^
				 rotate_32(s[4], 25)) +
			 ((s[4] & s[5]) ^ (~s[4] & s[6])) +
			 (u32)(constants[t] >> 32) + word;
		u32 t2 = (rotate_32(s[0], 2) ^ rotate_32(s[0], 13) ^
			  rotate_32(s[0], 22)) +
			 ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		for (int i = WORDS - 1; i > 0; i--)
			s[i] = s[i - 1];
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < WORDS; i++)
		hash[i] += s[i];
}

void tsm_sha256(const void *data, size_t len, u8 digest[TSM_SHA256_LEN])
{
	const u8 *in = data;
	size_t left = len;
	u8 block[BLOCK_256];
	u32 hash[WORDS];

	for (int i = 0; i < WORDS; i++)
		hash[i] = initial_512[i] >> 32;
	for (; left >= BLOCK_256; in += BLOCK_256, left -= BLOCK_256)
		add_block_256(hash, in);

	tsm_clear(block, BLOCK_256);
	tsm_copy(block, in, left);
	block[left] = 0x80;
	if (left >= BLOCK_256 - 8) {
		add_block_256(hash, block);
		tsm_clear(block, BLOCK_256);
	}
	tsm_put_be64(block + BLOCK_256 - 8, 8 * (u64)len);
	add_block_256(hash, block);

	for (int i = 0; i < WORDS; i += 2)
		tsm_put_be64(digest + 4 * i, (u64)hash[i] << 32 | hash[i + 1]);
}
