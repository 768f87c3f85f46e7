/* SPDX-License-Identifier: GPL-2.0 */
/* Where a thread waits in the kernel, and for how long */
#ifndef __SELFTEST_TSM_WAIT_H
#define __SELFTEST_TSM_WAIT_H

#include <stddef.h>
#include <time.h>

#include "tsm_thread.h"

/* As /proc has them: a signal ends the wait, or nothing does */
#define TSM_WAIT_INTERRUPTIBLE 'S'
#define TSM_WAIT_UNINTERRUPTIBLE 'D'

/*
 * Wait until the thread waits in the kernel, in this state and in a function
 * with @where in its name. The latter is not looked at in a kernel without
 * CONFIG_KALLSYMS. Return: 0, -ESRCH if the thread has ended, or -ETIMEDOUT.
 */
int tsm_wait_until(struct tsm_thread *t, char state, const char *where);

/* As a thread that can be waited for: the first one of another process */
static inline struct tsm_thread tsm_wait_process(pid_t pid)
{
	return (struct tsm_thread) { .tid = pid };
}

/* Has it ended? */
bool tsm_wait_is_over(struct tsm_thread *t);

/* State and function, for whoever reads it */
void tsm_wait_describe(struct tsm_thread *t, char *text, size_t size);

void tsm_wait_start_clock(struct timespec *since);
unsigned int tsm_wait_ms(const struct timespec *since);

#endif /* __SELFTEST_TSM_WAIT_H */
