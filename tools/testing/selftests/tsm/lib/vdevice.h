/* SPDX-License-Identifier: GPL-2.0 */
/* A fixture for the vDEVICE of each kind of function */
#ifndef __SELFTEST_TSM_VDEVICE_H
#define __SELFTEST_TSM_VDEVICE_H

#include "function.h"
#include "test.h"

/* Any function, as far as its vDEVICE */
FIXTURE(function)
{
	struct tsm_test t;
};

EACH_FUNCTION(function);

FIXTURE_SETUP(function)
{
	setup_vdevice(_metadata, &self->t, variant->name, false);
}

FIXTURE_TEARDOWN(function)
{
	teardown(&self->t);
}

#endif /* __SELFTEST_TSM_VDEVICE_H */
