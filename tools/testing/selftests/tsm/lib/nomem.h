/* SPDX-License-Identifier: GPL-2.0 */
/* A fixture for a kernel that runs out of memory */
#ifndef __SELFTEST_TSM_NOMEM_H
#define __SELFTEST_TSM_NOMEM_H

#include "exhaust.h"

/* A bound function, for exhaust() */
FIXTURE(nomem)
{
	struct tsm_test t;
};

FIXTURE_SETUP(nomem)
{
	if (tsm_fault_setup())
		SKIP(return, "no faults to inject (CONFIG_FAILSLAB, its files in debugfs)");
	setup_bound(_metadata, &self->t, "pf0", true);
}

FIXTURE_TEARDOWN(nomem)
{
	tsm_fault_teardown();
	teardown(&self->t);
}

#endif /* __SELFTEST_TSM_NOMEM_H */
