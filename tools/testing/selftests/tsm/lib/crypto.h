/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cryptography of a guest that talks to its platform's firmware, for tests
 * and for the guests of tsm_vmm, which run on nothing: no libc, no global that
 * could be written. Made to be read, it is slow, and its timing tells the key to
 * others on the machine.
 */
#ifndef __SELFTEST_TSM_CRYPTO_H
#define __SELFTEST_TSM_CRYPTO_H

#include <stdbool.h>
#include "types.h"

#define TSM_AES_KEY_LEN 32
#define TSM_GCM_IV_LEN 12
#define TSM_GCM_TAG_LEN 16
#define TSM_SHA256_LEN 32
#define TSM_SHA384_LEN 48
#define TSM_SHA512_LEN 64

static inline void tsm_copy(void *to, const void *from, size_t len)
{
	const u8 *in = from;
	u8 *out = to;

	while (len--)
		*out++ = *in++;
}

static inline void tsm_clear(void *to, size_t len)
{
	u8 *out = to;

	while (len--)
		*out++ = 0;
}

static inline bool tsm_equal(const void *a, const void *b, size_t len)
{
	const u8 *x = a, *y = b;
	u8 differ = 0;

	while (len--)
		differ |= *x++ ^ *y++;
	return !differ;
}

static inline void tsm_put_be64(u8 *to, u64 value)
{
	for (int i = 7; i >= 0; i--) {
		to[i] = value;
		value >>= 8;
	}
}

/**
 * struct tsm_gcm - AES-256-GCM (FIPS 197, NIST SP 800-38D) of one message
 * @key: AES-256 key
 * @iv: initialization vector, never used twice with a key
 * @aad: what is authenticated but not sealed
 * @aad_len: bytes of it
 */
struct tsm_gcm {
	const u8 *key;
	const u8 *iv;
	const void *aad;
	size_t aad_len;
};

/* Both in place; to open what is not authentic returns false and clears it */
void tsm_gcm_seal(const struct tsm_gcm *gcm, void *data, size_t len,
		  u8 tag[TSM_GCM_TAG_LEN]);
bool tsm_gcm_open(const struct tsm_gcm *gcm, void *data, size_t len,
		  const u8 tag[TSM_GCM_TAG_LEN]);

/* SHA-256, SHA-384 and SHA-512 (FIPS 180-4) */
void tsm_sha256(const void *data, size_t len, u8 digest[TSM_SHA256_LEN]);
void tsm_sha384(const void *data, size_t len, u8 digest[TSM_SHA384_LEN]);
void tsm_sha512(const void *data, size_t len, u8 digest[TSM_SHA512_LEN]);

#endif /* __SELFTEST_TSM_CRYPTO_H */
