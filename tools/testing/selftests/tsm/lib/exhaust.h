/* SPDX-License-Identifier: GPL-2.0 */
/* A call in which the kernel runs out of memory, at each place in turn */
#ifndef __SELFTEST_TSM_EXHAUST_H
#define __SELFTEST_TSM_EXHAUST_H

#include "fault.h"
#include "test.h"

/**
 * struct exhaustion - what runs out of memory
 * @call: the call, with a struct tsm_test
 * @check: what there must be after it failed
 * @undo: what makes it ready to be called again, or NULL
 */
struct exhaustion {
	int (*call)(void *arg);
	void (*check)(struct __test_metadata *_metadata, struct tsm_test *t);
	int (*undo)(void *arg);
};

/*
 * Let each thing that the call does fail in turn, until nothing is left to
 * fail. What is not memory has another errno: user memory EFAULT, and
 * with CONFIG_IOMMUFD_TEST the lookup ENOENT. Return: how often there was none.
 */
static inline unsigned int exhaust(struct __test_metadata *_metadata,
				   struct tsm_test *t, const struct exhaustion *e)
{
	unsigned int nr = 0;
	bool failed = true;
	int rc;

	for (unsigned int nth = 1; failed; nth++) {
		if (e->undo)
			ASSERT_EQ(0, e->undo(t));
		t->count = count_requests(_metadata);
		ASSERT_EQ(0, tsm_fault_arm(nth));
		rc = e->call(t);
		failed = tsm_fault_disarm();
		if (rc == -ENOMEM) {
			nr++;
			e->check(_metadata, t);
		} else if (rc && rc != -ENOENT) {
			ASSERT_EQ(-EFAULT, rc);
		}
		ASSERT_EQ(0, !failed && rc);
	}
	return nr;
}

#endif /* __SELFTEST_TSM_EXHAUST_H */
