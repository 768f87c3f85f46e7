// SPDX-License-Identifier: GPL-2.0
/* A system call in a thread of its own, see tsm_thread.h */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tsm_file.h"
#include "tsm_thread.h"

#define POLL_NS 1000000
#define WAIT_SECONDS 20

static void ignore_signal(int signal)
{
	(void)signal;
}

static void *run_thread(void *data)
{
	struct tsm_thread *t = data;

	__atomic_store_n(&t->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	t->rc = t->call(t->arg);
	return NULL;
}

int tsm_thread_start(struct tsm_thread *t, int (*call)(void *arg), void *arg)
{
	/* without SA_RESTART */
	const struct sigaction action = { .sa_handler = ignore_signal };

	*t = (struct tsm_thread) { .call = call, .arg = arg };
	if (sigaction(SIGUSR1, &action, NULL))
		return -errno;
	return -pthread_create(&t->thread, NULL, run_thread, t);
}

static int read_state(int tid, char *state)
{
	char path[64], stat[256], *end;
	int rc;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	rc = tsm_file_read(path, stat, sizeof(stat));
	if (rc)
		return rc;

	/* "tid (name) state ..." */
	end = strrchr(stat, ')');
	if (!end || strlen(end) < 3)
		return -EPROTO;
	*state = end[2];
	return 0;
}

static int wait_state(struct tsm_thread *t, const char *states)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	time_t end = time(NULL) + WAIT_SECONDS;
	char state;
	int tid, rc;

	do {
		tid = __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE);
		rc = tid ? read_state(tid, &state) : 0;
		if (rc)
			return rc;
		if (tid && strchr(states, state))
			return 0;
		nanosleep(&pause, NULL);
	} while (time(NULL) <= end);
	return -ETIMEDOUT;
}

int tsm_thread_wait_asleep(struct tsm_thread *t)
{
	return wait_state(t, "S");
}

int tsm_thread_wait_blocked(struct tsm_thread *t)
{
	return wait_state(t, "SD");
}

int tsm_thread_interrupt(struct tsm_thread *t)
{
	return -pthread_kill(t->thread, SIGUSR1);
}

int tsm_thread_join(struct tsm_thread *t, int *rc)
{
	struct timespec end;
	int err;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += WAIT_SECONDS;
	err = pthread_timedjoin_np(t->thread, NULL, &end);
	if (!err)
		*rc = t->rc;
	return -err;
}
