// SPDX-License-Identifier: GPL-2.0
/* A system call in a thread, see thread.h */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "thread.h"

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

static int get_tid(struct tsm_thread *t)
{
	return __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE);
}

static int read_task(int tid, const char *file, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, file);
	return tsm_file_lines(path, buf, size);
}

/* Return: the state's letter, or 0 when there is no such thread */
static char read_state(int tid)
{
	char stat[256], *end;

	if (read_task(tid, "stat", stat, sizeof(stat)))
		return 0;
	/* "tid (name) state ..." */
	end = strrchr(stat, ')');
	return end && strlen(end) > 2 ? end[2] : 0;
}

static bool is_in_state(int tid, const char *states)
{
	char state = read_state(tid);

	return state && strchr(states, state);
}

static void read_function(int tid, char *name, size_t size)
{
	if (read_task(tid, "wchan", name, size))
		name[0] = 0;
}

/* In a call of @where, and not in the emulated firmware below that */
static bool chain_has(const char *chain, const char *where)
{
	const char *caller = strstr(chain, where);
	const char *firmware = strstr(chain, "emu_");

	return caller && (!firmware || firmware > caller);
}

static bool function_has(int tid, const char *where)
{
	char function[128];

	read_function(tid, function, sizeof(function));
	/* "0" while it runs, or always without CONFIG_KALLSYMS */
	if (!strcmp(function, "0"))
		return access("/proc/kallsyms", F_OK);
	return strstr(function, where);
}

static bool is_there(int tid, const char *states, const char *where)
{
	char chain[4096];
	bool found;

	if (!is_in_state(tid, states))
		return false;
	if (!*where)
		return true;
	/* without CONFIG_STACKTRACE there is only the innermost function */
	if (read_task(tid, "stack", chain, sizeof(chain)))
		found = function_has(tid, where);
	else
		found = chain_has(chain, where);
	/* it may have moved on in between */
	return found && is_in_state(tid, states);
}

int tsm_thread_wait(struct tsm_thread *t, const char *states, const char *where)
{
	struct timespec since;
	int tid;

	tsm_clock_start(&since);
	do {
		tid = get_tid(t);
		if (tid && is_there(tid, states, where))
			return 0;
		if (tsm_thread_is_over(t))
			return -ESRCH;
	} while (tsm_clock_pause(&since));
	return -ETIMEDOUT;
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
	end.tv_sec += TSM_WAIT_SECONDS;
	err = pthread_timedjoin_np(t->thread, NULL, &end);
	if (!err)
		*rc = t->rc;
	return -err;
}

bool tsm_thread_is_over(struct tsm_thread *t)
{
	int tid = get_tid(t);
	char state;

	if (!tid)
		return false;
	state = read_state(tid);
	return !state || state == 'Z' || state == 'X';
}

void tsm_thread_describe(struct tsm_thread *t, char *text, size_t size)
{
	int tid = get_tid(t);
	char function[128];
	char state;

	state = tid ? read_state(tid) : 0;
	read_function(tid, function, sizeof(function));
	snprintf(text, size, "%c in %s", state ?: '?', function);
}
