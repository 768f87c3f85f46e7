// SPDX-License-Identifier: GPL-2.0
/* A page that one has to wait for, see window.h */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "window.h"

#define WAIT_MS 20000

static int protect(struct tsm_window *w, __u64 mode)
{
	struct uffdio_writeprotect wp = {
		.range = { (unsigned long)w->page, w->page_size },
		.mode = mode,
	};

	return ioctl(w->uffd, UFFDIO_WRITEPROTECT, &wp) ? -errno : 0;
}

static int add_window(struct tsm_window *w)
{
	struct uffdio_register reg = {
		.range = { (unsigned long)w->page, w->page_size },
		.mode = w->writes_only ? UFFDIO_REGISTER_MODE_WP :
					 UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = w->writes_only ? UFFD_FEATURE_PAGEFAULT_FLAG_WP : 0,
	};

	w->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (w->uffd < 0)
		return -errno;
	if (ioctl(w->uffd, UFFDIO_API, &api) ||
	    ioctl(w->uffd, UFFDIO_REGISTER, &reg))
		return -errno;
	return 0;
}

/* Once more: writers to a page that is writes_only have to wait */
int tsm_window_withhold(struct tsm_window *w)
{
	return protect(w, UFFDIO_WRITEPROTECT_MODE_WP);
}

/* The pages around are poisoned, and so is the one that is @writes_only */
int tsm_window_open(struct tsm_window *w, bool writes_only)
{
	size_t page_size = sysconf(_SC_PAGESIZE);
	int rc;

	*w = (struct tsm_window) {
		.page_size = page_size,
		.uffd = -1,
		.writes_only = writes_only,
	};
	w->map = mmap(NULL, 3 * page_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->map == MAP_FAILED)
		return -errno;

	w->page = w->map + page_size;
	memset(w->map, 0xa5, page_size);
	memset(w->page + page_size, 0xa5, page_size);
	if (writes_only)
		memset(w->page, 0xa5, page_size);

	rc = add_window(w);
	if (!rc && writes_only)
		rc = tsm_window_withhold(w);
	if (rc)
		tsm_window_close(w);
	return rc;
}

/* Wait until someone stands at the window */
int tsm_window_wait(struct tsm_window *w)
{
	struct pollfd poll_fd = { .fd = w->uffd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&poll_fd, 1, WAIT_MS) != 1)
		return -ETIMEDOUT;
	if (read(w->uffd, &msg, sizeof(msg)) != sizeof(msg))
		return -errno;
	return msg.event == UFFD_EVENT_PAGEFAULT ? 0 : -EPROTO;
}

/* Hand out the page: @data, then zeroes; as it was, if it is writes_only */
int tsm_window_fill(struct tsm_window *w, const void *data, size_t len)
{
	struct uffdio_copy copy = {
		.dst = (unsigned long)w->page,
		.len = w->page_size,
	};
	void *page;
	int rc = 0;

	if (w->writes_only)
		return protect(w, 0);

	page = aligned_alloc(w->page_size, w->page_size);
	if (!page)
		return -ENOMEM;
	memset(page, 0, w->page_size);
	if (len)
		memcpy(page, data, len);
	copy.src = (unsigned long)page;
	if (ioctl(w->uffd, UFFDIO_COPY, &copy))
		rc = -errno;
	free(page);
	return rc;
}

/* A thread that still waits finds an empty page */
void tsm_window_close(struct tsm_window *w)
{
	if (w->uffd >= 0)
		close(w->uffd);
	if (w->map && w->map != MAP_FAILED)
		munmap(w->map, 3 * w->page_size);
	*w = (struct tsm_window) { .uffd = -1 };
}
