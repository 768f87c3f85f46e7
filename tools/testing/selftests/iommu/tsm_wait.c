// SPDX-License-Identifier: GPL-2.0
/* Where a thread waits in the kernel, see tsm_wait.h */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tsm_file.h"
#include "tsm_wait.h"

#define POLL_NS 1000000
#define WAIT_SECONDS 20

static int read_task(int tid, const char *file, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, file);
	return tsm_file_read(path, buf, size);
}

static int get_tid(struct tsm_thread *t)
{
	return __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE);
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

static void read_function(int tid, char *name, size_t size)
{
	if (read_task(tid, "wchan", name, size))
		name[0] = 0;
}

static bool is_there(int tid, char state, const char *where)
{
	char function[128];

	if (read_state(tid) != state)
		return false;
	read_function(tid, function, sizeof(function));
	/* "0" while it runs, or always without CONFIG_KALLSYMS */
	if (!function[0] || (!strcmp(function, "0") && !access("/proc/kallsyms", F_OK)))
		return false;
	if (!strcmp(function, "0"))
		return true;
	/* it may have moved on in between */
	return strstr(function, where) && read_state(tid) == state;
}

int tsm_wait_until(struct tsm_thread *t, char state, const char *where)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	time_t end = time(NULL) + WAIT_SECONDS;

	do {
		int tid = get_tid(t);

		if (tid && is_there(tid, state, where))
			return 0;
		if (tsm_wait_is_over(t))
			return -ESRCH;
		nanosleep(&pause, NULL);
	} while (time(NULL) <= end);
	return -ETIMEDOUT;
}

bool tsm_wait_is_over(struct tsm_thread *t)
{
	int tid = get_tid(t);
	char state;

	if (!tid)
		return false;
	state = read_state(tid);
	return !state || state == 'Z' || state == 'X';
}

void tsm_wait_describe(struct tsm_thread *t, char *text, size_t size)
{
	int tid = get_tid(t);
	char function[128];
	char state;

	state = tid ? read_state(tid) : 0;
	read_function(tid, function, sizeof(function));
	snprintf(text, size, "%c in %s", state ?: '?', function);
}

void tsm_wait_start_clock(struct timespec *since)
{
	clock_gettime(CLOCK_MONOTONIC, since);
}

unsigned int tsm_wait_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 +
	       (now.tv_nsec - since->tv_nsec) / 1000000;
}
