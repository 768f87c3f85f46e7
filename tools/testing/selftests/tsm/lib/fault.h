/* SPDX-License-Identifier: GPL-2.0 */
/* Let the kernel run out of memory (CONFIG_FAULT_INJECTION, CONFIG_FAILSLAB) */
#ifndef __SELFTEST_TSM_FAULT_H
#define __SELFTEST_TSM_FAULT_H

#include <stdbool.h>

/* Have failslab fail what may sleep, silently. Return: 0 or -errno */
int tsm_fault_setup(void);
void tsm_fault_teardown(void);

/*
 * All memory that this function of the kernel asks for is not there, whoever calls it,
 * until tsm_fault_teardown() (CONFIG_FAULT_INJECTION_STACKTRACE_FILTER). Return: 0 or
 * -errno
 */
int tsm_fault_in(const char *function);

/* The nth thing of this thread that can fail will fail. Return: 0 or -errno */
int tsm_fault_arm(unsigned int nth);

/* No more of it. Return: whether something was made to fail since */
bool tsm_fault_disarm(void);

#endif /* __SELFTEST_TSM_FAULT_H */
