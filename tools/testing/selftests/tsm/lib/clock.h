/* SPDX-License-Identifier: GPL-2.0 */
/* How long something takes, and how long a test waits for what is to happen */
#ifndef __SELFTEST_TSM_CLOCK_H
#define __SELFTEST_TSM_CLOCK_H

#include <stdbool.h>
#include <time.h>

/* What has not happened by then does not happen any more */
#define TSM_WAIT_SECONDS 20

void tsm_clock_start(struct timespec *since);
unsigned int tsm_clock_ms(const struct timespec *since);

/* Sleep before the next look. Return: false when TSM_WAIT_SECONDS are over */
bool tsm_clock_pause(const struct timespec *since);

#endif /* __SELFTEST_TSM_CLOCK_H */
