// SPDX-License-Identifier: GPL-2.0
/* The trace events of PCI/TSM, see trace.h */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "trace.h"

#define TRACING "/sys/kernel/tracing"
#define INSTANCE TRACING "/instances/tsm-test"
#define LINE_MAX_LEN 1024
#define RAW_SIZE (64 * 1024)

int tsm_trace_start(void)
{
	int rc;

	rc = tsm_file_mount("tracefs", TRACING, TRACING "/events/pci_tsm");
	if (rc)
		return rc;

	/* one that is left by a test that was killed */
	tsm_trace_stop();
	if (mkdir(INSTANCE, 0700))
		return -errno;
	return tsm_file_write(INSTANCE "/events/pci_tsm/enable", "1");
}

int tsm_trace_enable(const char *event)
{
	char path[128];

	snprintf(path, sizeof(path), INSTANCE "/events/%s/enable", event);
	return tsm_file_write(path, "1");
}

void tsm_trace_stop(void)
{
	tsm_file_write(INSTANCE "/events/pci_tsm/enable", "0");
	rmdir(INSTANCE);
}

int tsm_trace_clear(void)
{
	int fd = open(INSTANCE "/trace", O_WRONLY | O_TRUNC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

unsigned int tsm_trace_find(const char *event, char *text, size_t size)
{
	char line[LINE_MAX_LEN], name[64], *found;
	unsigned int nr = 0;
	FILE *file;

	snprintf(name, sizeof(name), " %s: ", event);
	file = fopen(INSTANCE "/trace", "r");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		found = line[0] == '#' ? NULL : strstr(line, name);
		if (!found)
			continue;
		nr++;
		snprintf(text, size, "%s", found + strlen(name));
		text[strcspn(text, "\n")] = 0;
	}
	fclose(file);
	return nr;
}

static bool file_has_bytes(const char *path, const void *bytes, size_t len)
{
	static char raw[RAW_SIZE];
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	bool found = false;
	ssize_t got;

	if (fd < 0)
		return true;
	while (!found && (got = read(fd, raw, sizeof(raw))) > 0)
		found = memmem(raw, got, bytes, len);
	close(fd);
	return found;
}

bool tsm_trace_has_bytes(const void *bytes, size_t len)
{
	bool found = false;
	glob_t files;

	/* not to find it must not be for want of looking */
	if (glob(INSTANCE "/per_cpu/cpu*/trace_pipe_raw", 0, NULL, &files))
		return true;
	for (size_t i = 0; i < files.gl_pathc; i++)
		found |= file_has_bytes(files.gl_pathv[i], bytes, len);
	globfree(&files);
	return found;
}
