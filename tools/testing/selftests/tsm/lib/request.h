/* SPDX-License-Identifier: GPL-2.0 */
/* A request about a function of the emulated platform */
#ifndef __SELFTEST_TSM_REQUEST_H
#define __SELFTEST_TSM_REQUEST_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "setup.h"
#include "tdisp.h"

#define POISON 0xa5
#define POISON32 0xa5a5a5a5U
#define POISON64 0xa5a5a5a5a5a5a5a5ULL

#define SCOPE(name) IOMMU_VDEVICE_TSM_SCOPE_##name
#define NR_SCOPES 4

/**
 * struct tsm_test - what all fixtures have
 * @s: the function; first, so that what takes a pointer to it takes one to this
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

static_assert(!offsetof(struct tsm_test, s), "a tsm_test starts with its setup");

/* Row: scope that is claimed, column: class of the message */
extern const bool tsm_admitted[NR_SCOPES][NR_SCOPES];

/* Fill in a good request, with outputs that tell if they are written */
void tsm_request_init(struct tsm_test *t, u32 scope, const void *req, u32 len);

/* Send it as it is, in a thread too. Return: 0 or -errno */
int tsm_request_send(void *t);

#endif /* __SELFTEST_TSM_REQUEST_H */
