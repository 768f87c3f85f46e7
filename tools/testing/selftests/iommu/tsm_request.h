/* SPDX-License-Identifier: GPL-2.0 */
/* A request about a function of the emulated platform, without a test around it */
#ifndef __SELFTEST_TSM_REQUEST_H
#define __SELFTEST_TSM_REQUEST_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tsm_setup.h"
#include "tsm_tdisp.h"

#define POISON 0xa5
#define POISON32 0xa5a5a5a5U
#define POISON64 0xa5a5a5a5a5a5a5a5ULL

#define SCOPE(name) IOMMU_VDEVICE_TSM_SCOPE_##name
#define NR_SCOPES 4

/**
 * struct tsm_test - what all fixtures have
 * @s: the function
 * @cmd: the request to be sent, then its outcome
 * @behind: not the kernel's to write
 * @resp: room for the response
 * @count: requests that reached the TSM before @cmd
 */
struct tsm_test {
	struct tsm_setup s;
	struct iommu_vdevice_tsm_guest_request cmd;
	u64 behind;
	u8 resp[TDISP_RESP_MAX];
	unsigned long count;
};

/* Row: scope that is claimed, column: class of the message */
static const bool admitted[NR_SCOPES][NR_SCOPES] = {
	[SCOPE(INFO)] = { true, false, false, false },
	[SCOPE(STATE_CHANGE)] = { true, true, false, false },
	[SCOPE(DEBUG_READ)] = { true, false, true, false },
	[SCOPE(DEBUG_WRITE)] = { true, true, true, true },
};

/* Fill in a good request, with outputs that tell if they are written */
static void prepare(struct tsm_test *t, u32 scope, const void *req, u32 len)
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

/* The request as it is, for a thread too */
static int ioctl_request(void *arg)
{
	struct tsm_test *t = arg;

	return ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, &t->cmd) ?
	       -errno : 0;
}

#endif /* __SELFTEST_TSM_REQUEST_H */
