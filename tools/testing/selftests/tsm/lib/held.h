/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An operation of the TSM that is held in the firmware, and the calls that wait
 * for it or do not. A call that should return at once is made in a thread as
 * well: if it hangs, the test fails instead of hanging too.
 *
 * What does not go as it should is printed, with where the thread waits.
 */
#ifndef __SELFTEST_TSM_HELD_H
#define __SELFTEST_TSM_HELD_H

#include <time.h>

#include "thread.h"
#include "types.h"

/**
 * struct tsm_held - the operation
 * @platform: number of the platform whose firmware holds it
 * @thread: calls it, and is in the firmware until it is released
 * @released: when that was
 */
struct tsm_held {
	unsigned int platform;
	struct tsm_thread thread;
	struct timespec released;
};

/**
 * struct tsm_waiter - a call that waits for it
 * @what: what it does, for the results
 * @thread: makes it
 */
struct tsm_waiter {
	const char *what;
	struct tsm_thread thread;
};

/*
 * Make the call, and return when its operation, TSM_EMU_STALL_*, is in the
 * firmware of platform 0 or @platform. Return: 0 or -errno
 */
int tsm_hold(struct tsm_held *h, u32 operation, int (*call)(void *arg), void *arg);
int tsm_hold_at(struct tsm_held *h, unsigned int platform, u32 operation,
		int (*call)(void *arg), void *arg);
/* Is it still there, and no other? Return: 0 or -errno */
int tsm_still_held(struct tsm_held *h);
/* Let all operations of that platform go. Return: what the call returned */
int tsm_unhold(struct tsm_held *h);

/* Make the call, and return when it waits as tsm_thread_wait() has it: 0 or -errno */
int tsm_waiter_start(struct tsm_waiter *w, int (*call)(void *arg), void *arg,
		     const char *states, const char *where);
/* @h does not hold it up any more. Return: what the call returned */
int tsm_waiter_end(struct tsm_waiter *w, const struct tsm_held *h);
/* Send a signal, which ends the wait. Return: what the call returned */
int tsm_waiter_interrupt(struct tsm_waiter *w);

/* It does not wait. Return: what the call returned, -ETIMEDOUT if it waits */
int tsm_call_at_once(const char *what, int (*call)(void *arg), void *arg);

#endif /* __SELFTEST_TSM_HELD_H */
