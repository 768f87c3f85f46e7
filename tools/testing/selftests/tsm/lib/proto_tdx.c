// SPDX-License-Identifier: GPL-2.0
/* Commands of TDX Connect for the tests of guest protocols */
#include "proto_tdx.h"
#include "../vectors/tdx.h"

static u32 make(struct proto_test *p, u32 id, int extra)
{
	struct tsm_tdx_hdr *hdr = (void *)p->req;

	memset(p->req, 0, sizeof(p->req));
	hdr->operation = htole16(id);
	hdr->data_length = htole32(extra > 0 ? extra : 0);
	return sizeof(*hdr) + extra;
}

/* An echo of the header, with a status, and as much data as it says */
static int finish(struct proto_test *p, u32 id)
{
	const struct tsm_tdx_hdr *hdr = (void *)p->resp;

	if (p->t.cmd.out_resp_len < sizeof(*hdr) ||
	    le16toh(hdr->operation) != id || hdr->status != TSM_TDX_COMPLETED ||
	    hdr->error != TSM_TDX_ERR_NONE ||
	    le32toh(hdr->data_length) != p->t.cmd.out_resp_len - sizeof(*hdr))
		return -EPROTO;
	return 0;
}

/* RAX is set, the other registers are the caller's */
static s64 tdcall(struct proto_test *p, u64 leaf)
{
	struct emu_module_call *call = &tdx_args(p)->tdcall;
	int rc;

	call->tdi_id = p->t.s.virt_id;
	call->reg[0] = leaf;
	rc = tsm_firmware_call(&p->t.s, call);
	return rc ?: (s64)(call->reg[0] >> 32);
}

s64 tdx_rd(struct proto_test *p, u64 field, u64 *value)
{
	u64 *reg = tdx_args(p)->tdcall.reg;
	s64 rc;

	reg[2] = field;
	rc = tdcall(p, EMU_TDG_TDI_RD);
	*value = reg[1];
	return rc;
}

s64 tdx_start(struct proto_test *p, u64 session)
{
	tdx_args(p)->tdcall.reg[2] = session;
	return tdcall(p, EMU_TDG_TDI_START);
}

s64 tdx_dmar_accept(struct proto_test *p, u64 vm)
{
	tdx_args(p)->tdcall.reg[2] = vm;
	return tdcall(p, EMU_TDG_DMAR_ACCEPT);
}

s64 tdx_mmio_accept(struct proto_test *p, u32 index, u32 first, u32 pages)
{
	u64 *reg = tdx_args(p)->tdcall.reg;

	reg[1] = 0xc0000000;
	reg[2] = index;
	reg[4] = (u64)first << 32 | pages;
	return tdcall(p, EMU_TDG_MMIO_ACCEPT);
}

int tdx_allow_start(struct proto_test *p)
{
	u64 session;
	s64 rc;

	rc = tdx_rd(p, EMU_TDI_FIELD_SESSION, &session);
	rc = rc ?: tdx_start(p, session);
	return rc > 0 ? -EREMOTEIO : rc;
}

static int run_tdi(struct proto_test *p)
{
	int rc = proto_request(p, TSM_TDX_CHECK_TEEIO_SUPP);

	rc = rc ?: proto_request(p, TSM_TDX_BIND);
	rc = rc ?: proto_request(p, TSM_TDX_GET_DEV_INFO);
	rc = rc ?: proto_request(p, TSM_TDX_GET_TDI_REPORT);
	rc = rc ?: tdx_allow_start(p);
	rc = rc ?: proto_request(p, TSM_TDX_START_TDI);
	return rc ?: tdx_dmar_accept(p, 0) ? -EREMOTEIO : 0;
}

static int stop_tdi(struct proto_test *p)
{
	return proto_request(p, TSM_TDX_UNBIND);
}

/* The response says the same */
static int fail(struct proto_test *p)
{
	const struct tsm_tdx_hdr *hdr = (void *)p->resp;
	int rc = proto_request(p, TSM_TDX_START_TDI);

	if (rc != -EREMOTEIO)
		return rc;
	if (p->t.cmd.out_resp_len != sizeof(*hdr) || hdr->data_length ||
	    hdr->status != TSM_TDX_ERROR || hdr->error != TSM_TDX_ERR_STATE)
		return -EPROTO;
	return rc;
}

static int reveal(struct proto_test *p, const struct tsm_vector *v)
{
	return v->code ? 0 : finish(p, v->id);
}

const struct proto proto_tdx = {
	.name = "tdx",
	.type = IOMMU_TSM_TYPE_TDX_CONNECT,
	.envelope_len = sizeof(struct tsm_tdx_hdr),
	.bad_offset = offsetof(struct tsm_tdx_hdr, version),
	.bad_bits = 1,
	.args_size = sizeof(struct tdx_args),
	.make = make,
	.finish = finish,
	.run = run_tdi,
	.stop = stop_tdi,
	.fail = fail,
	.fail_code = TSM_TDX_ERR_STATE,
	.vectors = tdx_vectors,
	.nr_vectors = ARRAY_SIZE(tdx_vectors),
	.vector_rid = TDX_VECTOR_RID,
	.reveal = reveal,
};
