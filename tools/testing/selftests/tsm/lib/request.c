// SPDX-License-Identifier: GPL-2.0
/* A request about a function of the emulated platform, see request.h */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "request.h"

const bool tsm_admitted[NR_SCOPES][NR_SCOPES] = {
	[SCOPE(INFO)] = { true, false, false, false },
	[SCOPE(STATE_CHANGE)] = { true, true, false, false },
	[SCOPE(DEBUG_READ)] = { true, false, true, false },
	[SCOPE(DEBUG_WRITE)] = { true, true, true, true },
};

void tsm_request_init(struct tsm_test *t, u32 scope, const void *req, u32 len)
{
	t->cmd = (struct iommu_vdevice_tsm_guest_request) {
		.size = sizeof(t->cmd),
		.vdevice_id = t->s.vdevice_id,
		.scope = scope,
		.req_len = len,
		.resp_len = sizeof(t->resp),
		.tsm_type = IOMMU_TSM_TYPE_TDISP,
		.req_uptr = (uintptr_t)req,
		.resp_uptr = (uintptr_t)t->resp,
		.out_resp_len = POISON32,
		.out_flags = POISON32,
		.out_tsm_code = POISON64,
	};
	t->behind = POISON64;
	memset(t->resp, POISON, sizeof(t->resp));
}

int tsm_request_send(void *data)
{
	struct tsm_test *t = data;

	return ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, &t->cmd) ?
	       -errno : 0;
}
