/* SPDX-License-Identifier: GPL-2.0 */
/* The trace events of PCI/TSM, and others, in a trace of their own */
#ifndef __SELFTEST_TSM_TRACE_H
#define __SELFTEST_TSM_TRACE_H

#include <stdbool.h>
#include <stddef.h>

/* Each returns 0 or -errno */
int tsm_trace_start(void);
void tsm_trace_stop(void);
int tsm_trace_clear(void);
/* One that is not of PCI/TSM too, "system/event" */
int tsm_trace_enable(const char *event);

/*
 * What the only @event since tsm_trace_clear() has to say, from after the name
 * of the event on. Return: how many there were.
 */
unsigned int tsm_trace_find(const char *event, char *text, size_t size);

/* Are these bytes anywhere in what was recorded? Takes it out. */
bool tsm_trace_has_bytes(const void *bytes, size_t len);

#endif /* __SELFTEST_TSM_TRACE_H */
