/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's headers with message layouts need of the kernel */
#ifndef __SELFTEST_TSM_TYPES_H
#define __SELFTEST_TSM_TYPES_H

#include <endian.h>
#include <stddef.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#ifndef __packed
#define __packed __attribute__((__packed__))
#endif
#ifndef BIT
#define BIT(nr) (1UL << (nr))
#endif
#ifndef BIT_ULL
#define BIT_ULL(nr) (1ULL << (nr))
#endif
#ifndef GENMASK
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (63 - (h))))
#endif
#ifndef GENMASK_ULL
#define GENMASK_ULL(h, l) ((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#endif

#endif /* __SELFTEST_TSM_TYPES_H */
