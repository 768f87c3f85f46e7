// SPDX-License-Identifier: GPL-2.0
/* What the emulated platform has for tests, see tsm_platform.h */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tsm_file.h"
#include "tsm_platform.h"

#define HOOKS "/sys/kernel/debug/tsm_emu"
#define DRIVER "/sys/bus/platform/drivers/tsm_emu"
#define POLL_NS 1000000
#define WAIT_SECONDS 20

int tsm_platform_requests_at(unsigned int instance, unsigned long *count)
{
	char path[64];

	snprintf(path, sizeof(path), HOOKS ".%u/requests", instance);
	return tsm_file_number(path, count);
}

int tsm_platform_requests(unsigned long *count)
{
	return tsm_platform_requests_at(0, count);
}

/* Hold the operations in @mask from now on, let go of all others */
int tsm_platform_stall_at(unsigned int instance, u32 mask)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), HOOKS ".%u/stall", instance);
	snprintf(text, sizeof(text), "%u", mask);
	return tsm_file_write(path, text);
}

/* Wait until @count operations are held. Return: -ETIMEDOUT if they never are */
int tsm_platform_wait_stalled_at(unsigned int instance, unsigned long count)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	time_t end = time(NULL) + WAIT_SECONDS;
	unsigned long stalled;
	char path[64];
	int rc;

	snprintf(path, sizeof(path), HOOKS ".%u/stalled", instance);
	for (;;) {
		rc = tsm_file_number(path, &stalled);
		if (rc || stalled == count)
			return rc;
		if (time(NULL) > end)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

int tsm_platform_stall(u32 mask)
{
	return tsm_platform_stall_at(0, mask);
}

int tsm_platform_wait_stalled(unsigned long count)
{
	return tsm_platform_wait_stalled_at(0, count);
}

static int write_driver(const char *file, unsigned int instance)
{
	char path[64], name[32];

	snprintf(path, sizeof(path), DRIVER "/%s", file);
	snprintf(name, sizeof(name), "tsm_emu.%u", instance);
	return tsm_file_write(path, name);
}

int tsm_platform_unbind(unsigned int instance)
{
	return write_driver("unbind", instance);
}

int tsm_platform_bind(unsigned int instance)
{
	return write_driver("bind", instance);
}

/* Is there such a platform, bound or not? */
bool tsm_platform_exists(unsigned int instance)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/platform/devices/tsm_emu.%u",
		 instance);
	return !access(path, F_OK);
}

bool tsm_platform_is_bound(unsigned int instance)
{
	char path[64];

	snprintf(path, sizeof(path), DRIVER "/tsm_emu.%u", instance);
	return !access(path, F_OK);
}

static int write_rid(const char *file, u16 rid)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", rid);
	return tsm_file_write(file, text);
}

/* Have another VM bind the function with routing id @rid, 0 for none */
int tsm_platform_bind_other_vm(u16 rid)
{
	return write_rid(TSM_PLATFORM_HOOKS "/other_vm", rid);
}

/* The same, but the VM has unbound by the time that its bind is made */
int tsm_platform_bind_called_off(u16 rid)
{
	return write_rid(TSM_PLATFORM_HOOKS "/other_vm_called_off", rid);
}

int tsm_platform_other_vm_is_bound(unsigned long *bound)
{
	return tsm_file_number(TSM_PLATFORM_HOOKS "/other_vm", bound);
}

/* Have the TSM come after the functions and go before them, as drivers of real ones do */
int tsm_platform_set_tsm_last(bool last)
{
	return tsm_file_write(TSM_PLATFORM_PARAMS "/tsm_last", last ? "Y" : "N");
}

/*
 * Have the messages of &enum emu_vdm_code or have them not. When that changes,
 * all that hangs on the platform is gone: it takes a probe.
 */
int tsm_platform_use_debug_msgs(bool on)
{
	const char *param = TSM_PLATFORM_PARAMS "/debug_msgs";
	const char *want = on ? "Y" : "N";
	char is[8];
	int rc;

	rc = tsm_file_read(param, is, sizeof(is));
	if (rc || is[0] == *want)
		return rc;

	rc = tsm_platform_unbind(0);
	if (!rc)
		rc = tsm_file_write(param, want);
	return rc ?: tsm_platform_bind(0);
}
