/* SPDX-License-Identifier: GPL-2.0 */
/* A system call in a thread of its own, that is known to wait in the kernel */
#ifndef __SELFTEST_TSM_THREAD_H
#define __SELFTEST_TSM_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/**
 * struct tsm_thread - the thread
 * @call: what it does, one system call and nothing else
 * @arg: with what
 * @thread: handle
 * @tid: its id, 0 until it is about to call
 * @rc: what @call returned
 */
struct tsm_thread {
	int (*call)(void *arg);
	void *arg;
	pthread_t thread;
	int tid;
	int rc;
};

/* 0 or -errno; -ETIMEDOUT when it takes unreasonably long */
int tsm_thread_start(struct tsm_thread *t, int (*call)(void *arg), void *arg);
/* Wait until it sleeps in the kernel, where a signal may end that */
int tsm_thread_wait_asleep(struct tsm_thread *t);
/* As that, or where it takes a fatal signal */
int tsm_thread_wait_blocked(struct tsm_thread *t);
/* Send it a signal, whose handler does nothing */
int tsm_thread_interrupt(struct tsm_thread *t);
/* Wait for it to end, and take what @call returned */
int tsm_thread_join(struct tsm_thread *t, int *rc);

#endif /* __SELFTEST_TSM_THREAD_H */
