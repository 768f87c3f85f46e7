// SPDX-License-Identifier: GPL-2.0
/* Requests of Arm CCA for the tests of guest protocols */
#include "proto_cca.h"
#include "../vectors/cca.h"

static u32 make(struct proto_test *p, u32 id, int extra)
{
	struct tsm_cca_measurements_refresh *meas = (void *)p->req;
	struct tsm_cca_validate_mmio *mmio = (void *)p->req;
	struct tsm_cca_set_tdi_state *state = (void *)p->req;
	struct tsm_cca_object_size *size = (void *)p->req;
	struct tsm_cca_object_read *read = (void *)p->req;
	u64 base = p->range.base + p->range.offset * 4096ULL;
	const struct cca_args *args = p->args;

	memset(p->req, 0, sizeof(p->req));
	size->type = htole32(id);
	switch (id) {
	case TSM_CCA_OBJECT_SIZE:
		size->object = htole32(args->object);
		return sizeof(*size) + extra;
	case TSM_CCA_OBJECT_READ:
		read->object = htole32(args->object);
		read->offset = htole64(args->offset);
		return sizeof(*read) + extra;
	case TSM_CCA_MEASUREMENTS_REFRESH:
		meas->flags = htole64(args->flags);
		memcpy(meas->nonce, args->nonce, sizeof(meas->nonce));
		return sizeof(*meas) + extra;
	case TSM_CCA_VALIDATE_MMIO:
		mmio->gpa_base = htole64(base);
		mmio->gpa_top = htole64(base + p->range.pages * 4096ULL);
		mmio->pa_base = htole64(base);
		return sizeof(*mmio) + extra;
	case TSM_CCA_REPORT_REFRESH:
		return sizeof(struct tsm_cca_report_refresh) + extra;
	case TSM_CCA_SET_TDI_STATE:
		state->state = htole32(args->state);
		return sizeof(*state) + extra;
	case TSM_CCA_CONTINUE:
		return sizeof(struct tsm_cca_continue) + extra;
	case TSM_CCA_ABORT:
		return sizeof(struct tsm_cca_abort) + extra;
	default:
		return 0;
	}
}

/* X0 is set, the other registers are the caller's. Return: X0, or -errno */
static s64 rsi(struct proto_test *p, u64 x0)
{
	struct emu_module_call *call = &cca_args(p)->rsi;
	int rc;

	call->tdi_id = p->t.s.virt_id;
	call->reg[0] = x0;
	rc = tsm_firmware_call(&p->t.s, call);
	return rc ?: (s64)call->reg[0];
}

static void set_nonces(const struct proto_test *p, u64 *reg)
{
	const struct emu_rsi_vdev_info *info = &cca_args(p)->info;

	reg[0] = le64toh(info->lock_nonce);
	reg[1] = le64toh(info->measurement_nonce);
	reg[2] = le64toh(info->report_nonce);
}

s64 cca_get_info(struct proto_test *p)
{
	s64 rc = rsi(p, EMU_RSI_VDEV_GET_INFO);

	if (!rc)
		memcpy(&cca_args(p)->info, cca_args(p)->rsi.data,
		       sizeof(cca_args(p)->info));
	return rc;
}

s64 cca_dma_enable(struct proto_test *p)
{
	u64 *reg = cca_args(p)->rsi.reg;

	reg[2] = 0;
	reg[3] = 0;
	set_nonces(p, &reg[4]);
	return rsi(p, EMU_RSI_VDEV_DMA_ENABLE);
}

s64 cca_dma_disable(struct proto_test *p)
{
	return rsi(p, EMU_RSI_VDEV_DMA_DISABLE);
}

s64 cca_unmap(struct proto_test *p, u64 base, u64 top)
{
	u64 *reg = cca_args(p)->rsi.reg;

	reg[1] = base;
	reg[2] = top;
	reg[3] = 0;
	reg[4] = 1;
	return rsi(p, EMU_RSI_IPA_STATE_SET);
}

s64 cca_ask_to_map(struct proto_test *p, u64 base, u64 top, u64 pa)
{
	u64 *reg = cca_args(p)->rsi.reg;

	reg[2] = base;
	reg[3] = top;
	reg[4] = pa;
	reg[5] = 0;
	set_nonces(p, &reg[6]);
	return rsi(p, EMU_RSI_VDEV_VALIDATE_MAPPING);
}

static int host_maps(struct proto_test *p, u64 base, u64 top, u64 pa)
{
	u32 len = make(p, TSM_CCA_VALIDATE_MMIO, 0);
	struct tsm_cca_validate_mmio *req = (void *)p->req;
	int rc;

	req->gpa_base = htole64(base);
	req->gpa_top = htole64(top);
	req->pa_base = htole64(pa);
	proto_prepare(p, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, len);
	rc = tsm_request_send(&p->t);
	return rc ?: p->t.cmd.out_tsm_code ? -EREMOTEIO : 0;
}

s64 cca_validate(struct proto_test *p, u64 base, u64 top, u64 pa)
{
	u64 *reg = cca_args(p)->rsi.reg;
	int refused;
	s64 rc;

	rc = cca_ask_to_map(p, base, top, pa);
	if (rc != EMU_RSI_EXIT)
		return rc;

	refused = host_maps(p, base, top, pa);
	reg[1] = !!refused;
	rc = rsi(p, EMU_REC_ENTER);
	if (rc || refused)
		return refused ?: rc;
	return reg[1] == top && !reg[2] ? 0 : -EPROTO;
}

int cca_set_state(struct proto_test *p, u32 state)
{
	cca_args(p)->state = state;
	return proto_request(p, TSM_CCA_SET_TDI_STATE);
}

/* What the realm's calls return as an errno of the steps below */
static int step(s64 rc)
{
	return rc > 0 ? -EREMOTEIO : rc;
}

int cca_attest(struct proto_test *p)
{
	int rc;

	rc = cca_set_state(p, PCI_TDISP_STATE_CONFIG_LOCKED);
	rc = rc ?: proto_request(p, TSM_CCA_MEASUREMENTS_REFRESH);
	rc = rc ?: proto_request(p, TSM_CCA_REPORT_REFRESH);
	return rc ?: step(cca_get_info(p));
}

static u64 range_top(const struct proto_test *p)
{
	return p->range.base + p->range.pages * 4096ULL;
}

static int run_tdi(struct proto_test *p)
{
	int rc;

	rc = cca_attest(p);
	rc = rc ?: proto_use_range(p, 0);
	rc = rc ?: step(cca_validate(p, p->range.base, range_top(p), p->range.base));
	rc = rc ?: cca_set_state(p, PCI_TDISP_STATE_RUN);
	return rc ?: step(cca_dma_enable(p));
}

static int stop_tdi(struct proto_test *p)
{
	int rc;

	rc = proto_use_range(p, 0);
	rc = rc ?: step(cca_unmap(p, p->range.base, range_top(p)));
	return rc ?: cca_set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

static int fail(struct proto_test *p)
{
	cca_args(p)->object = TSM_CCA_OBJECT_REPORT + 1;
	return proto_request(p, TSM_CCA_OBJECT_SIZE);
}

const struct proto proto_cca = {
	.name = "cca",
	.type = IOMMU_TSM_TYPE_CCA,
	.envelope_len = sizeof(__le32),
	/* a type that there is not */
	.bad_offset = offsetof(struct tsm_cca_object_size, type) + 3,
	.bad_bits = 0x80,
	.args_size = sizeof(struct cca_args),
	.make = make,
	.run = run_tdi,
	.stop = stop_tdi,
	.fail = fail,
	.fail_code = TSM_CCA_INVALID_OBJECT,
	.vectors = cca_vectors,
	.nr_vectors = ARRAY_SIZE(cca_vectors),
	.vector_rid = CCA_VECTOR_RID,
};
