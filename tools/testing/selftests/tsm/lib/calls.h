/* SPDX-License-Identifier: GPL-2.0 */
/* System calls as tsm_thread_start() takes them. Each returns 0 or -errno */
#ifndef __SELFTEST_TSM_CALLS_H
#define __SELFTEST_TSM_CALLS_H

/* Of a struct tsm_test */
int tsm_call_bind_tdi(void *t);
int tsm_call_unbind_tdi(void *t);
/* A request for the TDISP version */
int tsm_call_request(void *t);

/* Of a struct tsm_setup, or of a struct tsm_test, which starts with one */
int tsm_call_open_device(void *s);
int tsm_call_bind_iommufd(void *s);
int tsm_call_assign(void *s);
int tsm_call_alloc_vdevice(void *s);
int tsm_call_destroy_vdevice(void *s);
int tsm_call_destroy_viommu(void *s);
int tsm_call_close_device(void *s);
int tsm_call_close_iommufd(void *s);

/* Connect if it is not, disconnect if it is */
int tsm_call_connect(void *s);
int tsm_call_disconnect(void *s);
/* Try to, whatever it is */
int tsm_call_write_connect(void *s);
int tsm_call_write_disconnect(void *s);

/* Of the number of a platform, an unsigned int */
int tsm_call_bind_platform(void *instance);
int tsm_call_unbind_platform(void *instance);

/**
 * struct tsm_write - a write to a file
 * @path: the file
 * @text: all that is written
 */
struct tsm_write {
	const char *path;
	const char *text;
};

int tsm_call_write(void *write);
/* Of the path, a string */
int tsm_call_read(void *path);

#endif /* __SELFTEST_TSM_CALLS_H */
