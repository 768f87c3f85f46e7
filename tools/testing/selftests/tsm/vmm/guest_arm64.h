/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How guests of the example VMM leave on arm64: by SMC to the module, which on
 * hardware is the RMM at EL2, by HVC to KVM, which hands on what the VMM asked for.
 * Both preserve all registers in which they return nothing (Arm DEN0028).
 */
#ifndef __SELFTEST_TSM_VMM_GUEST_ARM64_H
#define __SELFTEST_TSM_VMM_GUEST_ARM64_H

#include "guest_abi.h"

/* SMCCC: the TRNG of Arm DEN0098, and PSCI of Arm DEN0022 */
#define TSM_VMM_FID_TRNG_RND64 0xc4000053
#define TSM_VMM_TRNG_NO_ENTROPY (-3ULL)
#define TSM_VMM_FID_SYSTEM_RESET 0x84000009

#define tsm_vmm_call_by(instruction, x)					\
	({								\
		register u64 x0 asm("x0") = (x)[0];			\
		register u64 x1 asm("x1") = (x)[1];			\
		register u64 x2 asm("x2") = (x)[2];			\
		register u64 x3 asm("x3") = (x)[3];			\
		register u64 x4 asm("x4") = (x)[4];			\
		register u64 x5 asm("x5") = (x)[5];			\
		register u64 x6 asm("x6") = (x)[6];			\
		register u64 x7 asm("x7") = (x)[7];			\
		register u64 x8 asm("x8") = (x)[8];			\
									\
		asm volatile(instruction " #0"				\
			     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3),	\
			       "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7),	\
			       "+r"(x8) : : "memory");			\
		(x)[0] = x0;						\
		(x)[1] = x1;						\
		(x)[2] = x2;						\
		(x)[3] = x3;						\
	})

/* One with the registers of vmm_get_call(), changed as the answer has X0 to X3 */
#define tsm_vmm_call(kind, x)						\
	({								\
		if ((kind) == TSM_VMM_EXIT_MODULE)			\
			tsm_vmm_call_by("smc", x);			\
		else							\
			tsm_vmm_call_by("hvc", x);			\
	})

/* KVM has the TRNG. It may lack entropy for a moment, all else is a fault */
static inline u64 tsm_vmm_random(void)
{
	u64 x[TSM_VMM_NR_REGS];

	do {
		x[0] = TSM_VMM_FID_TRNG_RND64;
		x[1] = 64;
		tsm_vmm_call_by("hvc", x);
	} while (x[0] == TSM_VMM_TRNG_NO_ENTROPY);
	if (x[0])
		__builtin_trap();
	return x[3];
}

static inline void tsm_vmm_restart(void)
{
	u64 x[TSM_VMM_NR_REGS] = { TSM_VMM_FID_SYSTEM_RESET };

	tsm_vmm_call_by("hvc", x);
}

#endif /* __SELFTEST_TSM_VMM_GUEST_ARM64_H */
