// SPDX-License-Identifier: GPL-2.0
/* System calls as tsm_thread_start() takes them, see calls.h */
#include <stdio.h>

#include "calls.h"
#include "file.h"
#include "tdi.h"

int tsm_call_bind_tdi(void *data)
{
	struct tsm_test *t = data;

	return tsm_op(&t->s, IOMMU_VDEVICE_TSM_BIND);
}

int tsm_call_unbind_tdi(void *data)
{
	struct tsm_test *t = data;

	return tsm_op(&t->s, IOMMU_VDEVICE_TSM_UNBIND);
}

int tsm_call_request(void *data)
{
	struct tsm_test *t = data;
	struct pci_tdisp_header req = tsm_tdi_header(t, PCI_TDISP_GET_VERSION);

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	return tsm_request_send(t);
}

int tsm_call_open_device(void *s)
{
	return tsm_open_device(s);
}

int tsm_call_bind_iommufd(void *s)
{
	return tsm_bind_iommufd(s);
}

int tsm_call_assign(void *s)
{
	return tsm_assign(s);
}

int tsm_call_alloc_vdevice(void *s)
{
	return tsm_alloc_vdevice(s);
}

int tsm_call_destroy_vdevice(void *s)
{
	return tsm_destroy_vdevice(s);
}

int tsm_call_destroy_viommu(void *s)
{
	return tsm_destroy_viommu(s);
}

int tsm_call_close_device(void *s)
{
	return tsm_close_device(s);
}

int tsm_call_close_iommufd(void *s)
{
	return tsm_close_iommufd(s);
}

int tsm_call_connect(void *s)
{
	return tsm_connect(s);
}

int tsm_call_disconnect(void *s)
{
	return tsm_disconnect(s);
}

static int write_tsm(const struct tsm_setup *s, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/%s", s->fn->dsm, file);
	return tsm_file_write(path, s->tsm);
}

int tsm_call_write_connect(void *s)
{
	return write_tsm(s, "connect");
}

int tsm_call_write_disconnect(void *s)
{
	return write_tsm(s, "disconnect");
}

int tsm_call_bind_platform(void *instance)
{
	return tsm_platform_bind(*(unsigned int *)instance);
}

int tsm_call_unbind_platform(void *instance)
{
	return tsm_platform_unbind(*(unsigned int *)instance);
}

int tsm_call_write(void *data)
{
	const struct tsm_write *write = data;

	return tsm_file_write(write->path, write->text);
}

int tsm_call_read(void *path)
{
	char text[64];

	return tsm_file_read(path, text, sizeof(text));
}
