/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's watch over tasks that are blocked (CONFIG_DETECT_HUNG_TASK), which a
 * test may expect too much of
 */
#ifndef __SELFTEST_TSM_HUNG_TASK_H
#define __SELFTEST_TSM_HUNG_TASK_H

/* At the start of the program: remember what the limit is */
void tsm_hung_task_init(void);
/* Allow tasks to be blocked for that long. Return: 0 or -errno */
int tsm_hung_task_allow(unsigned int seconds);
/* No longer than at the start of the program */
void tsm_hung_task_restore(void);

#endif /* __SELFTEST_TSM_HUNG_TASK_H */
