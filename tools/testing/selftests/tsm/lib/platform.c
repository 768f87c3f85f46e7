// SPDX-License-Identifier: GPL-2.0
/* What the emulated platform has for tests, see platform.h */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "platform.h"

#define HOOKS "/sys/kernel/debug/tsm_emu"
#define DRIVER "/sys/bus/platform/drivers/tsm_emu"

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
	struct timespec since;
	unsigned long stalled;
	char path[64];
	int rc;

	snprintf(path, sizeof(path), HOOKS ".%u/stalled", instance);
	tsm_clock_start(&since);
	do {
		rc = tsm_file_number(path, &stalled);
		if (rc || stalled == count)
			return rc;
	} while (tsm_clock_pause(&since));
	return -ETIMEDOUT;
}

/* Have each operation of the TSM take that long, 0 for as long as it needs */
int tsm_platform_delay(unsigned int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ms);
	return tsm_file_write(TSM_PLATFORM_HOOKS "/delay_ms", text);
}

int tsm_platform_sha256_at(unsigned int instance, bool sha256)
{
	char path[64];

	snprintf(path, sizeof(path), HOOKS ".%u/sha256", instance);
	return tsm_file_write(path, sha256 ? "Y" : "N");
}

int tsm_platform_mailbox_at(unsigned int instance, enum emu_mailbox mailbox)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), HOOKS ".%u/mailbox", instance);
	snprintf(text, sizeof(text), "%u", mailbox);
	return tsm_file_write(path, text);
}

int tsm_platform_incomplete_at(unsigned int instance, unsigned int times)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), HOOKS ".%u/incomplete", instance);
	snprintf(text, sizeof(text), "%u", times);
	return tsm_file_write(path, text);
}

int tsm_platform_mailbox(enum emu_mailbox mailbox)
{
	return tsm_platform_mailbox_at(0, mailbox);
}

int tsm_platform_stall(u32 mask)
{
	return tsm_platform_stall_at(0, mask);
}

int tsm_platform_wait_stalled(unsigned long count)
{
	return tsm_platform_wait_stalled_at(0, count);
}

int tsm_platform_let_go(void)
{
	int rc = tsm_platform_stall(0);

	return rc == -EPERM ? 0 : rc;
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

/* All that are not, for a test that failed half-way */
void tsm_platform_bind_all(void)
{
	for (unsigned int i = 0; tsm_platform_exists(i); i++)
		if (!tsm_platform_is_bound(i))
			tsm_platform_bind(i);
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

int tsm_platform_driver_reset(u16 rid, bool locked)
{
	return write_rid(locked ? TSM_PLATFORM_HOOKS "/driver_reset_locked" :
				  TSM_PLATFORM_HOOKS "/driver_reset", rid);
}

int tsm_platform_other_vm_is_bound(unsigned long *bound)
{
	return tsm_file_number(TSM_PLATFORM_HOOKS "/other_vm", bound);
}

/* Have platform 0 come up again, with a parameter of the module set to @value */
int tsm_platform_probe_with(const char *param, const char *value)
{
	char path[64];
	int rc = 0;

	snprintf(path, sizeof(path), TSM_PLATFORM_PARAMS "/%s", param);
	if (tsm_platform_is_bound(0))
		rc = tsm_platform_unbind(0);
	if (!rc)
		rc = tsm_file_write(path, value);
	return rc ?: tsm_platform_bind(0);
}

/* Have the TSM come after the functions and go before them, as drivers of real ones do */
int tsm_platform_set_tsm_last(bool last)
{
	return tsm_file_write(TSM_PLATFORM_PARAMS "/tsm_last", last ? "Y" : "N");
}

/* Have the IOMMU offer vIOMMUs, or have it be like VT-d */
int tsm_platform_use_viommu(bool on)
{
	return tsm_file_write(TSM_PLATFORM_PARAMS "/viommu", on ? "Y" : "N");
}

/*
 * Have the messages of &enum emu_vdm_code or have them not. When that changes,
 * all that hangs on the platform is gone: it takes a probe.
 */
int tsm_platform_use_debug_msgs(bool on)
{
	const char *want = on ? "Y" : "N";
	char is[8];
	int rc;

	rc = tsm_file_read(TSM_PLATFORM_PARAMS "/debug_msgs", is, sizeof(is));
	if (rc || is[0] == *want)
		return rc;
	return tsm_platform_probe_with("debug_msgs", want);
}

/* The host's part, on platform 0 with or without those messages */
int tsm_platform_prepare(struct tsm_setup *s, bool debug_msgs)
{
	unsigned long count;
	int rc;

	rc = tsm_find_platform(s);
	if (rc)
		return rc;
	rc = tsm_platform_use_debug_msgs(debug_msgs);
	if (rc)
		return tsm_fail(s, -rc, "switch tsm_emu.debug_msgs");
	rc = tsm_platform_requests(&count);
	if (rc)
		return tsm_lack(s, -rc, "read %s (debugfs)", TSM_PLATFORM_HOOKS);
	rc = tsm_platform_let_go();
	if (rc)
		return tsm_fail(s, -rc, "write %s/stall", TSM_PLATFORM_HOOKS);
	return tsm_prepare_host(s);
}
