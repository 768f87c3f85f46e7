/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page of memory that each access has to wait for, by userfaultfd: a
 * window in which a test can look at what goes on, and change it.
 */
#ifndef __SELFTEST_TSM_WINDOW_H
#define __SELFTEST_TSM_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct tsm_window - three pages, the one in the middle is withheld
 * @map: the first page
 * @page: the one that is withheld
 * @page_size: size of each
 * @uffd: userfaultfd, or -1
 * @writes_only: the page is there, but for reading only
 */
struct tsm_window {
	char *map;
	char *page;
	size_t page_size;
	int uffd;
	bool writes_only;
};

/* Each returns 0 or -errno, tsm_window_wait() -ETIMEDOUT without an access */
int tsm_window_open(struct tsm_window *w, bool writes_only);
int tsm_window_wait(struct tsm_window *w);
int tsm_window_withhold(struct tsm_window *w);
int tsm_window_fill(struct tsm_window *w, const void *data, size_t len);
void tsm_window_close(struct tsm_window *w);

#endif /* __SELFTEST_TSM_WINDOW_H */
