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
 * @flags: TSM_CCA_MEASUREMENTS_*
 * @nonce: for the measurements
 * @rsi: the last call of the realm to the RMM
 * @info: what the RMM told of the device last
 */
struct cca_args {
	u32 object;
	u64 offset;
	u32 state;
	u64 flags;
	u8 nonce[TSM_CCA_NONCE_LEN];
	struct emu_module_call rsi;
	struct emu_rsi_vdev_info info;
};

static inline struct cca_args *cca_args(const struct proto_test *p)
{
	return p->args;
}

/*
 * What the realm asks the RMM. Each returns EMU_RSI_*, or -errno if the platform
 * has no such call
 */
s64 cca_get_info(struct proto_test *p);
/* With the nonces of &cca_args.info */
s64 cca_dma_enable(struct proto_test *p);
s64 cca_dma_disable(struct proto_test *p);
s64 cca_unmap(struct proto_test *p, u64 base, u64 top);
/* EMU_RSI_EXIT if it is the host's turn, which cca_validate() takes */
s64 cca_ask_to_map(struct proto_test *p, u64 base, u64 top, u64 pa);
/* -EREMOTEIO if the host refuses, with its code */
s64 cca_validate(struct proto_test *p, u64 base, u64 top, u64 pa);

/* SET_TDI_STATE. Return: 0, -EREMOTEIO with a code, or another -errno */
int cca_set_state(struct proto_test *p, u32 state);
/* LOCKED, measurements and report, and what the RMM says of them: 0 or -errno */
int cca_attest(struct proto_test *p);

#endif /* __SELFTEST_TSM_PROTO_CCA_H */
