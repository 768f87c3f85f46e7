/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests put into the requests of Arm CCA */
#ifndef __SELFTEST_TSM_PROTO_CCA_H
#define __SELFTEST_TSM_PROTO_CCA_H

#include "proto.h"

#include "../../../../../include/linux/tsm-proto-cca.h"

/**
 * struct cca_args - as proto_cca.c takes it
 * @object: enum tsm_cca_object
 * @offset: where in it to read from
 * @state: enum pci_tdisp_state to change to
 * @nonce: for the measurements
 */
struct cca_args {
	u32 object;
	u64 offset;
	u32 state;
	u8 nonce[TSM_CCA_NONCE_LEN];
};

static inline struct cca_args *cca_args(const struct proto_test *p)
{
	return p->args;
}

#endif /* __SELFTEST_TSM_PROTO_CCA_H */
