/* SPDX-License-Identifier: GPL-2.0 */
/* What a TD asks the TDX module, for the tests of TDX Connect */
#ifndef __SELFTEST_TSM_PROTO_TDX_H
#define __SELFTEST_TSM_PROTO_TDX_H

#include "proto.h"

#include "../../../../../include/linux/tsm-proto-tdx.h"

/**
 * struct tdx_args - as proto_tdx.c takes it
 * @tdcall: the last call of the TD to the module
 */
struct tdx_args {
	struct emu_module_call tdcall;
};

static inline struct tdx_args *tdx_args(const struct proto_test *p)
{
	return p->args;
}

/* Each returns the high half of RAX, or -errno if the platform has no such call */
s64 tdx_rd(struct proto_test *p, u64 field, u64 *value);
s64 tdx_start(struct proto_test *p, u64 session);
s64 tdx_dmar_accept(struct proto_test *p, u64 vm);
s64 tdx_mmio_accept(struct proto_test *p, u32 index, u32 first, u32 pages);

/* TDG.TDI.START with the session that the module has */
int tdx_allow_start(struct proto_test *p);

#endif /* __SELFTEST_TSM_PROTO_TDX_H */
