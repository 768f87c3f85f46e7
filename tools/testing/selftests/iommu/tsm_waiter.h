/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A request, or another operation of the TSM, that is held in the firmware, and
 * those who wait for it or don't. A call that should return at once is made in a
 * thread as well: if it hangs, the test fails instead of hanging too.
 */
#ifndef __SELFTEST_TSM_WAITER_H
#define __SELFTEST_TSM_WAITER_H

#include "tsm_kmsg.h"
#include "tsm_test.h"
#include "tsm_wait.h"

/**
 * struct holder - who has the DSM
 * @thread: in the firmware, until tsm_platform_stall() lets it go
 * @released: when that was
 */
struct holder {
	struct tsm_thread thread;
	struct timespec released;
};

/**
 * struct waiter - who is to wait for it
 * @what: what it does, for whoever reads the results
 * @thread: the one that does it
 * @started: when it started
 */
struct waiter {
	const char *what;
	struct tsm_thread thread;
	struct timespec started;
};

/* What the kernel says when something is wrong, but does not say otherwise */
static const char * const complaints[] = {
	"WARNING:", "BUG:", "Call Trace", "Time out waiting", "failed to stop",
	"possible circular", "INFO: task",
};

static void expect_no_complaints(struct __test_metadata *_metadata,
				 struct tsm_kmsg *k)
{
	char text[512];

	while (tsm_kmsg_next(k, text, sizeof(text)) >= 0) {
		for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
			EXPECT_EQ(NULL, strstr(text, complaints[i])) {
				TH_LOG("the kernel says: %s", text);
			}
		}
	}
}

/* The call, which is in the firmware when this returns */
static void hold(struct __test_metadata *_metadata, struct holder *h,
		 u32 operation, int (*call)(void *arg), void *arg)
{
	ASSERT_EQ(0, tsm_platform_stall(operation));
	ASSERT_EQ(0, tsm_thread_start(&h->thread, call, arg));
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
}

static void expect_held(struct __test_metadata *_metadata, struct holder *h)
{
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	ASSERT_FALSE(tsm_wait_is_over(&h->thread));
}

/* Return: what the call returned */
static int release(struct __test_metadata *_metadata, struct holder *h)
{
	int rc;

	expect_held(_metadata, h);
	tsm_wait_start_clock(&h->released);
	ASSERT_EQ(0, tsm_platform_stall(0));
	ASSERT_EQ(0, tsm_thread_join(&h->thread, &rc));
	return rc;
}

/* Have it wait in the kernel, in this state and function */
static void start_waiter(struct __test_metadata *_metadata, struct waiter *w,
			 int (*call)(void *arg), void *arg, char state,
			 const char *where)
{
	char text[192];
	int rc;

	tsm_wait_start_clock(&w->started);
	ASSERT_EQ(0, tsm_thread_start(&w->thread, call, arg));
	rc = tsm_wait_until(&w->thread, state, where);
	tsm_wait_describe(&w->thread, text, sizeof(text));
	ASSERT_EQ(0, rc) {
		TH_LOG("%s does not wait as it should, but %s", w->what, text);
	}
	TH_LOG("%s waits, %s", w->what, text);
}

/* Return: what the call returned, once nobody holds it up any more */
static int end_waiter(struct __test_metadata *_metadata, struct waiter *w,
		      struct holder *h)
{
	int rc;

	ASSERT_EQ(0, tsm_thread_join(&w->thread, &rc)) {
		TH_LOG("%s still waits", w->what);
	}
	TH_LOG("%s ended %u ms after the firmware did", w->what,
	       tsm_wait_ms(&h->released));
	return rc;
}

/* A signal ends the wait, and nothing has been done */
static void expect_interrupted(struct __test_metadata *_metadata,
			       struct waiter *w)
{
	struct timespec since;
	int rc;

	tsm_wait_start_clock(&since);
	ASSERT_EQ(0, tsm_thread_interrupt(&w->thread));
	ASSERT_EQ(0, tsm_thread_join(&w->thread, &rc)) {
		TH_LOG("%s can't be interrupted", w->what);
	}
	TH_LOG("%s ended %u ms after the signal", w->what,
	       tsm_wait_ms(&since));
	EXPECT_EQ(-EINTR, rc) {
		TH_LOG("%s: %s", w->what, strerrorname_np(-rc) ?: "0");
	}
}

/* Return: what the call returned; it waits for nobody */
static int call_at_once(struct __test_metadata *_metadata, const char *what,
			int (*call)(void *arg), void *arg)
{
	struct waiter w = { .what = what };
	char text[192];
	int rc, err;

	tsm_wait_start_clock(&w.started);
	ASSERT_EQ(0, tsm_thread_start(&w.thread, call, arg));
	err = tsm_thread_join(&w.thread, &rc);
	tsm_wait_describe(&w.thread, text, sizeof(text));
	ASSERT_EQ(0, err) {
		TH_LOG("%s waits, %s", what, text);
	}
	TH_LOG("%s took %u ms", what, tsm_wait_ms(&w.started));
	return rc;
}

static void prepare_get_version(struct tsm_test *t, struct pci_tdisp_header *req)
{
	*req = header(t, PCI_TDISP_GET_VERSION);
	prepare(t, SCOPE(INFO), req, sizeof(*req));
}

static int call_request(void *data)
{
	struct pci_tdisp_header req;
	struct tsm_test *t = data;

	prepare_get_version(t, &req);
	return ioctl_request(t);
}

static int call_close_vfio(void *data)
{
	struct tsm_setup *s = data;
	int fd = s->cdev;

	s->cdev = -1;
	return close(fd) ? -errno : 0;
}

/* To write @text to a file in a thread */
struct write {
	const char *path;
	const char *text;
};

static int call_write(void *data)
{
	const struct write *w = data;

	return tsm_file_write(w->path, w->text);
}

static int call_connect(void *s)
{
	return tsm_connect(s);
}

static int call_bind_iommufd(void *s)
{
	return tsm_bind_iommufd(s);
}

static int call_disconnect(void *s)
{
	return tsm_disconnect(s);
}

static int call_info(void *data)
{
	struct tsm_test *t = data;
	struct iommu_vdevice_tsm_info cmd = {
		.size = sizeof(cmd),
		.vdevice_id = t->s.vdevice_id,
	};

	return ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_INFO, &cmd) ? -errno :
	       cmd.out_state;
}

/* The reference on the VFIO device file that the VM has */
static void close_kvm_vfio(struct __test_metadata *_metadata, struct tsm_setup *s)
{
	ASSERT_EQ(0, close(s->kvm_vfio));
	s->kvm_vfio = -1;
}

/* From the host's part to a TDI that runs, of a VM of its own, and back */
static void use_function(struct __test_metadata *_metadata,
			 const struct tsm_function *fn)
{
	struct tsm_test t;

	tsm_setup_init(&t.s, fn);
	do_step(_metadata, &t, tsm_prepare_host);
	do_step(_metadata, &t, tsm_assign);
	do_step(_metadata, &t, tsm_bind_tdi);
	run(_metadata, &t);
	EXPECT_EQ(0, unbind_tdi(&t));
	tsm_setup_close(&t.s);
}

#endif /* __SELFTEST_TSM_WAITER_H */
