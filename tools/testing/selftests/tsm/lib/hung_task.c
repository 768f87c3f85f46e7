// SPDX-License-Identifier: GPL-2.0
/* The kernel's watch over tasks that are blocked, see hung_task.h */
#include <errno.h>
#include <stdio.h>

#include "file.h"
#include "hung_task.h"

#define TIMEOUT "/proc/sys/kernel/hung_task_timeout_secs"

/* 0 if the kernel does not look for hung tasks */
static unsigned long timeout;

void tsm_hung_task_init(void)
{
	if (tsm_file_number(TIMEOUT, &timeout))
		timeout = 0;
}

static int set_timeout(unsigned long seconds)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", seconds);
	return tsm_file_write(TIMEOUT, text);
}

int tsm_hung_task_allow(unsigned int seconds)
{
	return timeout && timeout < seconds ? set_timeout(seconds) : 0;
}

void tsm_hung_task_restore(void)
{
	if (timeout)
		set_timeout(timeout);
}
