// SPDX-License-Identifier: GPL-2.0
/* Operations that are held in the firmware, see held.h */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "clock.h"
#include "held.h"
#include "platform.h"

static int fail(const char *what, const char *failed, int rc)
{
	ksft_print_msg("%s %s: %s\n", what, failed, strerrorname_np(-rc) ?: "?");
	return rc;
}

static int fail_where(const char *what, const char *failed, struct tsm_thread *t,
		      int rc)
{
	char text[192];

	tsm_thread_describe(t, text, sizeof(text));
	ksft_print_msg("%s %s, it is %s\n", what, failed, text);
	return rc;
}

int tsm_hold_at(struct tsm_held *h, unsigned int platform, u32 operation,
		int (*call)(void *arg), void *arg)
{
	int rc;

	h->platform = platform;
	rc = tsm_platform_stall_at(platform, operation);
	if (rc)
		return fail("the operation", "can't be held", rc);
	rc = tsm_thread_start(&h->thread, call, arg);
	if (rc)
		return fail("the operation", "has no thread", rc);
	rc = tsm_platform_wait_stalled_at(platform, 1);
	return rc ? fail_where("the operation", "is not in the firmware", &h->thread, rc) : 0;
}

int tsm_hold(struct tsm_held *h, u32 operation, int (*call)(void *arg), void *arg)
{
	return tsm_hold_at(h, 0, operation, call, arg);
}

int tsm_still_held(struct tsm_held *h)
{
	int rc = tsm_platform_wait_stalled_at(h->platform, 1);

	if (!rc && tsm_thread_is_over(&h->thread))
		rc = -ESRCH;
	return rc ? fail("the operation", "is not held any more", rc) : 0;
}

int tsm_unhold(struct tsm_held *h)
{
	int rc, err;

	err = tsm_still_held(h);
	if (err) {
		/* those that wait for it can end */
		tsm_platform_stall_at(h->platform, 0);
		return err;
	}
	tsm_clock_start(&h->released);
	err = tsm_platform_stall_at(h->platform, 0);
	if (err)
		return fail("the operation", "can't be let go", err);
	err = tsm_thread_join(&h->thread, &rc);
	return err ? fail_where("the operation", "does not end", &h->thread, err) : rc;
}

int tsm_waiter_start(struct tsm_waiter *w, int (*call)(void *arg), void *arg,
		     const char *states, const char *where)
{
	char text[192];
	int rc;

	rc = tsm_thread_start(&w->thread, call, arg);
	if (rc)
		return fail(w->what, "has no thread", rc);
	rc = tsm_thread_wait(&w->thread, states, where);
	if (rc)
		return fail_where(w->what, "does not wait as it should", &w->thread, rc);
	tsm_thread_describe(&w->thread, text, sizeof(text));
	ksft_print_msg("%s waits, %s\n", w->what, text);
	return 0;
}

int tsm_waiter_end(struct tsm_waiter *w, const struct tsm_held *h)
{
	int rc, err;

	err = tsm_thread_join(&w->thread, &rc);
	if (err)
		return fail_where(w->what, "still waits", &w->thread, err);
	ksft_print_msg("%s ended %u ms after the firmware did\n", w->what,
		       tsm_clock_ms(&h->released));
	return rc;
}

int tsm_waiter_interrupt(struct tsm_waiter *w)
{
	struct timespec since;
	int rc, err;

	tsm_clock_start(&since);
	err = tsm_thread_interrupt(&w->thread);
	if (err)
		return fail(w->what, "gets no signal", err);
	err = tsm_thread_join(&w->thread, &rc);
	if (err)
		return fail_where(w->what, "can't be interrupted", &w->thread, err);
	ksft_print_msg("%s ended %u ms after the signal\n", w->what,
		       tsm_clock_ms(&since));
	return rc;
}

int tsm_call_at_once(const char *what, int (*call)(void *arg), void *arg)
{
	struct tsm_thread *thread = calloc(1, sizeof(*thread));
	struct timespec since;
	int rc, err;

	if (!thread)
		return fail(what, "has no thread", -ENOMEM);
	tsm_clock_start(&since);
	err = tsm_thread_start(thread, call, arg);
	if (err) {
		free(thread);
		return fail(what, "has no thread", err);
	}
	/* not to be freed under a call that hangs */
	err = tsm_thread_join(thread, &rc);
	if (err)
		return fail_where(what, "does not end", thread, err);
	free(thread);
	ksft_print_msg("%s took %u ms\n", what, tsm_clock_ms(&since));
	return rc;
}
