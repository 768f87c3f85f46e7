/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What published guests and requesters send, byte by byte, and what becomes of it. A
 * file for each guest protocol, none of them made by the code that it is a test of:
 *
 *   KUnit      the protocol's decoder and table, drivers/virt/coco/tsm-proto/
 *   proto.c    the kernel's way to the TSM, and the emulated firmware
 *   front.c    front ends of the example VMM, from a guest's registers and back
 *   vmm/       the guests of it, on the way through all of this
 */
#ifndef __SELFTEST_TSM_VECTOR_H
#define __SELFTEST_TSM_VECTOR_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include "../lib/types.h"
#endif

/* Longest request and longest response of them */
#define TSM_VECTOR_MAX		1024

/* By iommu_vdevice_tsm_scope and pci_tsm_req_scope: it reads, or changes the TDI */
#define TSM_VECTOR_INFO		0
#define TSM_VECTOR_STATE_CHANGE	1

/**
 * struct tsm_vector - a request, or a guest's call that becomes one
 * @source: who makes it so, or by what it is right or wrong
 * @call: registers and memory that the guest leaves by, as the protocol's file says;
 *	NULL for what no guest sends
 * @ret: the same when the guest goes on
 * @req: request, NULL for a call that the VMM serves by itself
 * @len: length of @req
 * @id: number of its message
 * @class: what the message can do, TSM_VECTOR_*
 * @err: errno with which the kernel refuses it, 0 if it does not
 * @code: the TSM's result code
 * @room: room for a response that the requester has, 0 for as much as it takes
 * @rsp: response, NULL if it is not known
 * @rsp_len: its length, 0 if there is none
 * @rsp_max: length of the longest response, 0 if there is but one
 *
 * Bytes are as in "+00:1081 +04:18 +10*20": 10 and 81 at offset 0, 18 at 4; the 0x20
 * bytes at 0x10 are for the sender to choose. All that is not listed is 0.
 */
struct tsm_vector {
	const char *source;
	const char *call;
	const char *ret;
	const char *req;
	u32 len;
	u32 id;
	u32 class;
	int err;
	u64 code;
	u32 room;
	const char *rsp;
	u32 rsp_len;
	u32 rsp_max;
};

static inline int tsm_vector_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline u32 tsm_vector_number(const char **text)
{
	u32 value = 0;
	int digit;

	while ((digit = tsm_vector_digit(**text)) >= 0) {
		value = value << 4 | digit;
		(*text)++;
	}
	return value;
}

/* Pairs of digits. Return: false if one is alone, or beyond @len */
static inline bool tsm_vector_pairs(const char **text, u8 *bytes, u32 at, u32 len)
{
	int high, low;

	while ((high = tsm_vector_digit(**text)) >= 0) {
		low = tsm_vector_digit((*text)[1]);
		if (low < 0 || at >= len)
			return false;
		bytes[at++] = high << 4 | low;
		*text += 2;
	}
	return true;
}

/* As far as there are bytes, for what may be shorter */
static inline bool tsm_vector_mark(const char **text, u8 *any, u32 at, u32 len)
{
	u32 count = tsm_vector_number(text), i = 0;

	while (i < count && at < len) {
		any[at++] = 0xff;
		i++;
	}
	return i;
}

static inline bool tsm_vector_apply(const char *text, u8 *bytes, u8 *any, u32 len)
{
	bool ok = true;

	while (ok && *text == '+') {
		u32 at;
		char what;

		text++;
		at = tsm_vector_number(&text);
		what = *text ? *text++ : 0;
		if (what == ':')
			ok = tsm_vector_pairs(&text, bytes, at, len);
		else
			ok = what == '*' && tsm_vector_mark(&text, any, at, len);
		while (*text == ' ')
			text++;
	}
	return ok && !*text;
}

static inline void tsm_vector_clear(u8 *bytes, u8 *any, u32 len)
{
	for (u32 i = 0; i < len; i++) {
		bytes[i] = 0;
		any[i] = 0;
	}
}

/*
 * The @len bytes of a vector. @any gets ff for those that the sender chooses, 0 for
 * the others. Return: false if @text is not as it has to be
 */
static inline bool tsm_vector_parse(const char *text, u8 *bytes, u8 *any, u32 len)
{
	tsm_vector_clear(bytes, any, len);
	return tsm_vector_apply(text, bytes, any, len);
}

/* The same of several lines, behind which is NULL */
static inline bool tsm_vector_parse_lines(const char * const *lines, u8 *bytes,
					  u8 *any, u32 len)
{
	bool ok = true;

	tsm_vector_clear(bytes, any, len);
	while (ok && *lines)
		ok = tsm_vector_apply(*lines++, bytes, any, len);
	return ok;
}

/* Return: offset of the first byte that is not as it has to be, or @len */
static inline u32 tsm_vector_compare(const u8 *is, const u8 *bytes, const u8 *any,
				     u32 len)
{
	u32 at = 0;

	while (at < len && (any[at] || is[at] == bytes[at]))
		at++;
	return at;
}

#endif /* __SELFTEST_TSM_VECTOR_H */
