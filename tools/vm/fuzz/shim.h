/* SPDX-License-Identifier: GPL-2.0 */
/* What the decoders need of the kernel, for user space: included before all else. */
#ifndef SHIM_H
#define SHIM_H

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define U8_MAX UINT8_MAX
#define U16_MAX UINT16_MAX
#define SZ_64K 0x10000
#define SZ_16M 0x1000000

#define BIT(nr) (1UL << (nr))
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (63 - (h))))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define __packed __attribute__((__packed__))

#define le16_to_cpu le16toh
#define le32_to_cpu le32toh

#define THIS_MODULE NULL
#define EXPORT_SYMBOL_GPL(symbol) static_assert(sizeof(symbol), "")
#define MODULE_LICENSE(text) static_assert(sizeof(text), "")
#define MODULE_DESCRIPTION(text) static_assert(sizeof(text), "")

/* The kernel's static_assert() can do without a message */
#undef static_assert
#define static_assert(expr, ...) _Static_assert(expr, #expr)

static inline u32 get_unaligned_le32(const void *p)
{
	u32 value;

	memcpy(&value, p, sizeof(value));
	return le32toh(value);
}

static inline const void *memchr_inv(const void *start, int c, size_t bytes)
{
	for (const u8 *p = start; bytes--; p++)
		if (*p != (u8)c)
			return p;
	return NULL;
}

#endif
