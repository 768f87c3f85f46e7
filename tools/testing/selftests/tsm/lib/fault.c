// SPDX-License-Identifier: GPL-2.0
/* Let the kernel run out of memory, see fault.h */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "fault.h"

#define NTH_FILE "/proc/thread-self/fail-nth"
#define FAILSLAB "/sys/kernel/debug/failslab"

static int set_sleepers_may_fail(bool may_fail)
{
	return tsm_file_write(FAILSLAB "/ignore-gfp-wait", may_fail ? "N" : "Y");
}

/* Which calls take part: from an address up to the next function */
static int set_range(unsigned long start, unsigned long end)
{
	char text[32];
	int rc;

	snprintf(text, sizeof(text), "%#lx", start);
	rc = tsm_file_write(FAILSLAB "/require-start", text);
	snprintf(text, sizeof(text), "%#lx", end);
	return rc ?: tsm_file_write(FAILSLAB "/require-end", text);
}

static int find_range(const char *function, unsigned long *start, unsigned long *end)
{
	unsigned long address;
	char name[128], type;
	FILE *f = fopen("/proc/kallsyms", "re");

	if (!f)
		return -errno;
	*start = 0;
	while (fscanf(f, "%lx %c %127s%*[^\n]", &address, &type, name) == 3)
		if (!strcmp(name, function))
			*start = address;
	rewind(f);
	*end = ~0ul;
	while (fscanf(f, "%lx %c %127s%*[^\n]", &address, &type, name) == 3)
		if (address > *start && address < *end)
			*end = address;
	fclose(f);
	return *start ? 0 : -ENOENT;
}

int tsm_fault_in(const char *function)
{
	unsigned long start = 0, end = 0;
	int rc = find_range(function, &start, &end);

	return rc ?: set_range(start, end) ?: tsm_file_write(FAILSLAB "/times", "-1") ?:
	       tsm_file_write(FAILSLAB "/probability", "100");
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
	tsm_file_write(FAILSLAB "/probability", "0");
	set_range(0, ~0ul);
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
