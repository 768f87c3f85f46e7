// SPDX-License-Identifier: GPL-2.0
/* Let the kernel run out of memory, see fault.h */
#include <errno.h>
#include <glob.h>
#include <stdio.h>

#include "file.h"
#include "fault.h"

#define NTH_FILE "/proc/thread-self/fail-nth"

static int set_sleepers_may_fail(bool may_fail)
{
	return tsm_file_write("/sys/kernel/debug/failslab/ignore-gfp-wait",
			      may_fail ? "N" : "Y");
}

/* All that can be told to fail takes part, so all must be silent */
static void set_verbose(const char *level)
{
	glob_t files;

	if (glob("/sys/kernel/debug/fail*/verbose", 0, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc; i++)
		tsm_file_write(files.gl_pathv[i], level);
	globfree(&files);
}

int tsm_fault_setup(void)
{
	unsigned long nth;
	int rc;

	rc = tsm_file_number(NTH_FILE, &nth);
	if (rc)
		return rc;
	set_verbose("0");
	return set_sleepers_may_fail(true);
}

void tsm_fault_teardown(void)
{
	set_sleepers_may_fail(false);
	set_verbose("2");
}

int tsm_fault_arm(unsigned int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", nth);
	return tsm_file_write(NTH_FILE, text);
}

bool tsm_fault_disarm(void)
{
	char text[16];

	/* That may be what fails in the end */
	if (tsm_file_read(NTH_FILE, text, sizeof(text)))
		return false;
	if (text[0] == '0')
		return true;
	while (tsm_file_write(NTH_FILE, "0"))
		;
	return false;
}
