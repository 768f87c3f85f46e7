/* SPDX-License-Identifier: GPL-2.0 */
/* A system call in a thread, and where in the kernel it waits */
#ifndef __SELFTEST_TSM_THREAD_H
#define __SELFTEST_TSM_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

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

/* States as /proc has them: a signal ends the wait, or only a fatal one or none */
#define TSM_INTERRUPTIBLE "S"
#define TSM_UNINTERRUPTIBLE "D"
#define TSM_BLOCKED "SD"

/* 0 or -errno; -ETIMEDOUT when it takes unreasonably long */
int tsm_thread_start(struct tsm_thread *t, int (*call)(void *arg), void *arg);

/*
 * Wait until the thread waits in the kernel, in one of these states and in a call
 * of a function with @where in its name, "" for any, but not in the firmware of
 * the emulated platform below that. Without CONFIG_STACKTRACE it is the function
 * that waits which has this name. Without CONFIG_KALLSYMS the kernel does not tell
 * any, and it is not looked at. Return: 0, -ESRCH if the thread has ended, or
 * -ETIMEDOUT.
 */
int tsm_thread_wait(struct tsm_thread *t, const char *states, const char *where);

/* Send it a signal, whose handler does nothing */
int tsm_thread_interrupt(struct tsm_thread *t);

/* Wait for it to end, and take what @call returned */
int tsm_thread_join(struct tsm_thread *t, int *rc);

/* Has it ended? */
bool tsm_thread_is_over(struct tsm_thread *t);

/* State and function, for the results */
void tsm_thread_describe(struct tsm_thread *t, char *text, size_t size);

/* The first thread of another process, to wait for or describe */
static inline struct tsm_thread tsm_thread_of_process(pid_t pid)
{
	return (struct tsm_thread) { .tid = pid };
}

#endif /* __SELFTEST_TSM_THREAD_H */
