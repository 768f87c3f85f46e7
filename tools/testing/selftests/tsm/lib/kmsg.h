/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel prints meanwhile */
#ifndef __SELFTEST_TSM_KMSG_H
#define __SELFTEST_TSM_KMSG_H

#include <stdbool.h>
#include <stddef.h>

struct tsm_kmsg {
	int fd;
};

/* From now on, or from the oldest message that there is. Return: 0 or -errno */
int tsm_kmsg_open(struct tsm_kmsg *k, bool from_oldest);
void tsm_kmsg_close(struct tsm_kmsg *k);

/*
 * Next message of the kernel, without its prefix. Return: its sequence number,
 * or -1 when there is no more.
 */
long long tsm_kmsg_next(struct tsm_kmsg *k, char *text, size_t size);

/* How many of the messages that are left have @part in them, NULL for all */
unsigned int tsm_kmsg_count(struct tsm_kmsg *k, const char *part);

/* Print those that are left by which the kernel says that it is in trouble, count them */
unsigned int tsm_kmsg_complaints(struct tsm_kmsg *k);

#endif /* __SELFTEST_TSM_KMSG_H */
