// SPDX-License-Identifier: GPL-2.0
/* How long something takes, see clock.h */
#include "clock.h"

#define PAUSE_NS 1000000

void tsm_clock_start(struct timespec *since)
{
	clock_gettime(CLOCK_MONOTONIC, since);
}

unsigned int tsm_clock_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 +
	       (now.tv_nsec - since->tv_nsec) / 1000000;
}

bool tsm_clock_pause(const struct timespec *since)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (tsm_clock_ms(since) > TSM_WAIT_SECONDS * 1000)
		return false;
	nanosleep(&pause, NULL);
	return true;
}
