/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A function of a second emulated platform (tsm_emu.instances=2). Any TSM takes
 * the functions of any platform, which makes this one outlive its TSM.
 */
#ifndef __SELFTEST_TSM_SECOND_H
#define __SELFTEST_TSM_SECOND_H

#include "tsm_setup.h"

extern const struct tsm_function tsm_second;

/* Is there a second platform? */
bool tsm_second_exists(void);

/* tsm_prepare_host() for it, with the TSM of platform @instance */
int tsm_second_prepare(struct tsm_setup *s, unsigned int instance);

#endif /* __SELFTEST_TSM_SECOND_H */
