/* SPDX-License-Identifier: GPL-2.0 */
/* Privileges of a thread */
#ifndef __SELFTEST_TSM_CAPS_H
#define __SELFTEST_TSM_CAPS_H

#include <stdbool.h>

/* CAP_SYS_RAWIO, which DEBUG_WRITE takes, of this thread. Return: 0 or -errno */
int tsm_caps_set_rawio(bool on);

#endif /* __SELFTEST_TSM_CAPS_H */
