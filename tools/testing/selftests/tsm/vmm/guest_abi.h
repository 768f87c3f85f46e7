/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the example VMM and its guests agree on. What a vendor's guest and its
 * front end agree on besides is in <protocol>.h.
 */
#ifndef __SELFTEST_TSM_VMM_GUEST_ABI_H
#define __SELFTEST_TSM_VMM_GUEST_ABI_H

#include "../lib/crypto.h"

#define TSM_VMM_PAGE 4096UL

/*
 * Kinds of exits by which a guest reaches its VMM. On x86-64 that is a 32 bit OUT to this
 * port: KVM hands nothing else that a guest of any kind can do on to its VMM. On arm64 it is
 * an SMCCC call, with a function id made of this where no specification has one. Each
 * protocol has kinds in its header, which says what really makes the exit and who sees
 * it. All guests have these, MODULE where there is such a module:
 */
#define TSM_VMM_EXIT_FAULT	0xdd	/* arm64: ESR_EL1, ELR_EL1 and FAR_EL1 in X1 to X3 */
#define TSM_VMM_EXIT_REBOOT	0xde	/* by what the architecture has for that */
#define TSM_VMM_EXIT_STEP	0xdf	/* what the guest does next, for the transcript */
#define TSM_VMM_EXIT_DONE	0xe0	/* enum tsm_vmm_verdict */
#define TSM_VMM_EXIT_MODULE	0xe1	/* RSI or TDCALL: no host sees it, see module.c */
#define TSM_VMM_EXIT_HOST_CALL	0xe2	/* of a realm, see cca.h */

/* Registers of an exit that all machines can make: see vmm_get_call() */
#define TSM_VMM_NR_REGS 9
#define TSM_VMM_REG_ARGUMENT 1

/* A vendor specific hypervisor service by SMC64, see Arm DEN0028. Also for the assembler */
#define TSM_VMM_FID(kind) (0xc6008000 + (kind))
#define TSM_VMM_STRING(...) TSM_VMM_STRING_1(__VA_ARGS__)
#define TSM_VMM_STRING_1(...) #__VA_ARGS__

#define TSM_VMM_REPORT_MAX 1024

/**
 * struct tsm_vmm_shared - memory that the guest and the VMM share, the first
 *	page of it; that of the front end follows
 * @gpa: guest physical address of this
 * @rid: the TDI as the guest knows it
 * @relocks: how often the guest had to unlock what another kernel before it, which
 *	started it (kexec), had locked
 * @report_len: length of @report
 * @report: interface report that the guest found sound, for the transcript
 */
struct tsm_vmm_shared {
	u64 gpa;
	u32 rid;
	u32 relocks;
	u32 report_len;
	u8 report[TSM_VMM_REPORT_MAX];
};

static inline void *tsm_vmm_area(struct tsm_vmm_shared *shared)
{
	return (u8 *)shared + TSM_VMM_PAGE;
}

/**
 * enum tsm_vmm_verdict - what the guest thinks of its device in the end
 * @TSM_VMM_PASSED: every check passed, the TDI was started and stopped, and
 *	what had to be refused was refused
 * @TSM_VMM_BAD_VERSION: the device or the host does not speak the protocol
 * @TSM_VMM_BAD_CAPABILITIES: something that the guest needs is missing
 * @TSM_VMM_NOT_LOCKED: the TDI could not be locked
 * @TSM_VMM_NONCE_IS_WEAK: the nonce of the lock is all the same
 * @TSM_VMM_CHANGE_NOT_REFUSED: a change of its state got through too early, or
 *	in a call that only reads
 * @TSM_VMM_CHANGE_TOOK_EFFECT: a change that was refused changed the state
 * @TSM_VMM_BAD_OBJECT: certificates or measurements are not those of the device
 * @TSM_VMM_STALE_MEASUREMENTS: they lack the guest's nonce
 * @TSM_VMM_BAD_REPORT: the interface report makes no sense, or is not genuine
 * @TSM_VMM_FORGERY_ACCEPTED: a message that was tampered with or sent twice, or
 *	a nonce that is not the lock's, was taken
 * @TSM_VMM_BAD_MMIO: its MMIO could not be validated, or too much of it could
 * @TSM_VMM_NOT_STARTED: the TDI does not run
 * @TSM_VMM_NO_DMA: it may not access memory
 * @TSM_VMM_NOT_STOPPED: it could not be stopped
 * @TSM_VMM_BAD_ANSWER: a call as published guests make it got an answer that
 *	they do not take, see ../vectors
 * @TSM_VMM_NR_VERDICTS: number of verdicts
 */
enum tsm_vmm_verdict {
	TSM_VMM_PASSED,
	TSM_VMM_BAD_VERSION,
	TSM_VMM_BAD_CAPABILITIES,
	TSM_VMM_NOT_LOCKED,
	TSM_VMM_NONCE_IS_WEAK,
	TSM_VMM_CHANGE_NOT_REFUSED,
	TSM_VMM_CHANGE_TOOK_EFFECT,
	TSM_VMM_BAD_OBJECT,
	TSM_VMM_STALE_MEASUREMENTS,
	TSM_VMM_BAD_REPORT,
	TSM_VMM_FORGERY_ACCEPTED,
	TSM_VMM_BAD_MMIO,
	TSM_VMM_NOT_STARTED,
	TSM_VMM_NO_DMA,
	TSM_VMM_NOT_STOPPED,
	TSM_VMM_BAD_ANSWER,
	TSM_VMM_NR_VERDICTS
};

/* A guest that does nothing but reboot */
void tsm_vmm_guest_restarts(struct tsm_vmm_shared *shared);

/* The program's own image, which the guest shares */
extern char __executable_start[], _end[];

#endif /* __SELFTEST_TSM_VMM_GUEST_ABI_H */
