/* SPDX-License-Identifier: GPL-2.0 */
/* A PCI function of the emulated platform: each kind of it, and where it is */
#ifndef __SELFTEST_TSM_FUNCTION_H
#define __SELFTEST_TSM_FUNCTION_H

#include <stdio.h>

#include "setup.h"
#include "types.h"

/* Variants of a fixture: the PF that is the DSM, another of its device, and a VF */
#define EACH_FUNCTION(fixture)						\
	FIXTURE_VARIANT(fixture) { const char *name; };			\
	FIXTURE_VARIANT_ADD(fixture, pf0) { .name = "pf0" };		\
	FIXTURE_VARIANT_ADD(fixture, fn1) { .name = "fn1" };		\
	FIXTURE_VARIANT_ADD(fixture, vf) { .name = "vf" }

/* Routing ID that the function has on the host, 0 if it has no address */
static inline u16 tsm_host_rid(const struct tsm_function *fn)
{
	unsigned int domain, bus, dev, func;

	if (sscanf(fn->bdf, "%x:%x:%x.%u", &domain, &bus, &dev, &func) != 4)
		return 0;
	return bus << 8 | dev << 3 | func;
}

#endif /* __SELFTEST_TSM_FUNCTION_H */
