/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A function of a second emulated platform (tsm_emu.instances=2), and what that
 * platform can hold. Any TSM takes the functions of any platform, which makes
 * this one outlive its TSM.
 */
#ifndef __SELFTEST_TSM_SECOND_H
#define __SELFTEST_TSM_SECOND_H

#include "tsm_setup.h"

extern const struct tsm_function tsm_second;

/* Is there a second platform? */
bool tsm_second_exists(void);

/* tsm_prepare_host() for it, with the TSM of platform @instance */
int tsm_second_prepare(struct tsm_setup *s, unsigned int instance);

/* tsm_platform_stall() and tsm_platform_wait_stalled() for it */
int tsm_second_stall(__u32 mask);
int tsm_second_wait_stalled(unsigned long count);

#endif /* __SELFTEST_TSM_SECOND_H */
