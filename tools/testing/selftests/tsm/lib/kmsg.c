// SPDX-License-Identifier: GPL-2.0
/* What the kernel prints meanwhile, see kmsg.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "kmsg.h"

#define RECORD_MAX 8192
/* "priority and facility,sequence number,time,flags;" */
#define FACILITY_SHIFT 3

int tsm_kmsg_open(struct tsm_kmsg *k, bool from_oldest)
{
	int err;

	k->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (k->fd < 0)
		return -errno;
	if (from_oldest || !lseek(k->fd, 0, SEEK_END))
		return 0;
	err = -errno;
	tsm_kmsg_close(k);
	return err;
}

void tsm_kmsg_close(struct tsm_kmsg *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

long long tsm_kmsg_next(struct tsm_kmsg *k, char *text, size_t size)
{
	char record[RECORD_MAX], *body;
	unsigned long long seq;
	unsigned int prefix;
	ssize_t len;

	for (;;) {
		len = read(k->fd, record, sizeof(record) - 1);
		/* what was to be read next has been overwritten */
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			return -1;
		record[len] = 0;
		body = strchr(record, ';');
		if (!body || sscanf(record, "%u,%llu", &prefix, &seq) != 2)
			continue;
		/* from user space, or of someone who talks at any time */
		if (prefix >> FACILITY_SHIFT || strstr(body, "kmemleak:"))
			continue;
		snprintf(text, size, "%s", body + 1);
		text[strcspn(text, "\n")] = 0;
		return seq;
	}
}

unsigned int tsm_kmsg_count(struct tsm_kmsg *k, const char *part)
{
	char text[1024];
	unsigned int nr = 0;

	while (tsm_kmsg_next(k, text, sizeof(text)) >= 0)
		nr += !part || strstr(text, part);
	return nr;
}

static bool is_complaint(const char *text)
{
	static const char * const complaints[] = {
		"WARNING:", "BUG:", "Call Trace", "Time out waiting",
		"failed to stop", "possible circular", "INFO: task",
	};

	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++)
		if (strstr(text, complaints[i]))
			return true;
	return false;
}

unsigned int tsm_kmsg_complaints(struct tsm_kmsg *k)
{
	unsigned int nr = 0;
	char text[512];

	while (tsm_kmsg_next(k, text, sizeof(text)) >= 0) {
		if (!is_complaint(text))
			continue;
		ksft_print_msg("the kernel says: %s\n", text);
		nr++;
	}
	return nr;
}
