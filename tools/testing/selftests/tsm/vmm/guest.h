/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guests of the example VMM share. They run in long mode or at EL1 with
 * interrupts off, on nothing but their stack and the memory shared with the VMM.
 * The VMM maps the program's image at the addresses where it has it itself, so
 * code and constants need no loader; but there is no libc and no global that
 * could be written.
 */
#ifndef __SELFTEST_TSM_VMM_GUEST_H
#define __SELFTEST_TSM_VMM_GUEST_H

#include "../lib/tdisp.h"
#include "guest_abi.h"
#if defined(__x86_64__)
#include "guest_x86.h"
#elif defined(__aarch64__)
#include "guest_arm64.h"
#else
#error "the example VMM has no guest for this architecture"
#endif

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* An exit of the guests' own, of which nothing comes back in registers */
#define tsm_vmm_tell(kind, argument)					\
	({								\
		u64 tell[TSM_VMM_NR_REGS] = {				\
			TSM_VMM_FID(kind), (u64)(argument),		\
		};							\
									\
		tsm_vmm_call(kind, tell);				\
	})

/* For the transcript: a constant text that says what comes next */
static inline void tsm_vmm_step(const char *text)
{
	tsm_vmm_tell(TSM_VMM_EXIT_STEP, text);
}

static inline u64 tsm_vmm_gpa(const struct tsm_vmm_shared *shared,
			      const void *address)
{
	return shared->gpa + ((const u8 *)address - (const u8 *)shared);
}

/* Does the report make sense? If so, put it where the VMM prints it from */
bool tsm_vmm_use_report(struct tsm_vmm_shared *shared, const void *report,
			u32 len);

/* Range @index of a report that makes sense, or NULL if it has no more */
const struct pci_tdisp_mmio_range *
tsm_vmm_range(const void *report, u32 index);

/* Are the pages of the range for the TEE, and to be validated? */
bool tsm_vmm_range_is_private(const struct pci_tdisp_mmio_range *range);

/* Is this the genuine object? */
bool tsm_vmm_is_genuine(const void *data, u32 len,
			const u8 digest[TSM_SHA384_LEN]);

/* Bytes that nobody could know before */
void tsm_vmm_nonce(u8 *nonce, u32 len);

/* Does not return */
void tsm_vmm_done(enum tsm_vmm_verdict verdict);

#endif /* __SELFTEST_TSM_VMM_GUEST_H */
