// SPDX-License-Identifier: GPL-2.0
/* Requests of Arm CCA for the tests of guest protocols */
#include "proto_cca.h"

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
	default:
		return 0;
	}
}

static int run_tdi(struct proto_test *p)
{
	int rc;

	rc = proto_request(p, TSM_CCA_MEASUREMENTS_REFRESH);
	rc = rc ?: proto_request(p, TSM_CCA_REPORT_REFRESH);
	rc = rc ?: proto_use_range(p, 0);
	rc = rc ?: proto_request(p, TSM_CCA_VALIDATE_MMIO);
	cca_args(p)->state = PCI_TDISP_STATE_RUN;
	return rc ?: proto_request(p, TSM_CCA_SET_TDI_STATE);
}

static int stop_tdi(struct proto_test *p)
{
	cca_args(p)->state = PCI_TDISP_STATE_CONFIG_UNLOCKED;
	return proto_request(p, TSM_CCA_SET_TDI_STATE);
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
	.bind_code = TSM_CCA_ERROR_DEVICE,
};
