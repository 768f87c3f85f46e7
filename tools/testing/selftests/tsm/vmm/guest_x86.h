/* SPDX-License-Identifier: GPL-2.0 */
/* How guests of the example VMM leave on x86-64: a 32 bit OUT keeps all registers */
#ifndef __SELFTEST_TSM_VMM_GUEST_X86_H
#define __SELFTEST_TSM_VMM_GUEST_X86_H

#include "guest_abi.h"

/* An exit with all registers that it takes and gives: "+a"(rax), ... */
#define tsm_vmm_exit(kind, ...)						\
	({								\
		asm volatile("outl %%eax, %[to]"			\
			     : __VA_ARGS__ : [to] "i"(kind) : "memory"); \
	})

/* One with those of vmm_get_call(), which are changed as the answer has them */
#define tsm_vmm_call(kind, x)						\
	({								\
		register u64 r8 asm("r8") = (x)[6];			\
		register u64 r9 asm("r9") = (x)[7];			\
		register u64 r10 asm("r10") = (x)[8];			\
									\
		tsm_vmm_exit(kind, "+a"((x)[0]), "+b"((x)[1]),		\
			     "+c"((x)[2]), "+d"((x)[3]), "+S"((x)[4]),	\
			     "+D"((x)[5]), "+r"(r8), "+r"(r9), "+r"(r10)); \
	})

/* The emulated CPU need not have RDRAND, for a demonstration its clock will do */
static inline u64 tsm_vmm_random(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return low;
}

/* Triple fault: the guest has no IDT */
static inline void tsm_vmm_restart(void)
{
	asm volatile("ud2");
}

#endif /* __SELFTEST_TSM_VMM_GUEST_X86_H */
