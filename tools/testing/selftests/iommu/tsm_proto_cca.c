// SPDX-License-Identifier: GPL-2.0
/* Requests of Arm CCA for the tests of guest protocols */
#include "tsm_proto.h"

static const struct iommu_tsm_msg msgs[] = {
	/* id, scope, req_min, req_max, resp_min, resp_max */
	{ 1, SCOPE(INFO), 8, 8, 4, 4 },
	{ 2, SCOPE(INFO), 16, 16, 1, 16777216 },
	{ 3, SCOPE(INFO), 4, 4, 0, 0 },
	{ 4, SCOPE(INFO), 48, 48, 0, 0 },
	{ 5, SCOPE(STATE_CHANGE), 32, 32, 0, 0 },
	{ 6, SCOPE(STATE_CHANGE), 8, 8, 0, 0 },
};

static const struct proto_flip flips[] = {
	/* type, which is 4 bytes; reserved */
	{ TSM_CCA_OBJECT_SIZE, 0, 0x81 },
	{ TSM_CCA_OBJECT_SIZE, 0, 0x01 },
	{ TSM_CCA_OBJECT_SIZE, 3, 0x80 },
	{ TSM_CCA_MEASUREMENTS_REFRESH, 4, 0x01 },
	{ TSM_CCA_VALIDATE_MMIO, 7, 0x80 },
};

static u32 make(struct proto_test *p, u32 id, int extra)
{
	struct tsm_cca_measurements_refresh *meas = (void *)p->req;
	struct tsm_cca_validate_mmio *mmio = (void *)p->req;
	struct tsm_cca_set_tdi_state *state = (void *)p->req;
	struct tsm_cca_object_size *size = (void *)p->req;
	struct tsm_cca_object_read *read = (void *)p->req;
	u64 base = p->range.base + p->range.offset * 4096ULL;

	memset(p->req, 0, sizeof(p->req));
	size->type = htole32(id);
	switch (id) {
	case TSM_CCA_OBJECT_SIZE:
		size->object = htole32(p->object);
		break;
	case TSM_CCA_OBJECT_READ:
		read->object = htole32(p->object);
		read->offset = htole64(p->offset);
		break;
	case TSM_CCA_MEASUREMENTS_REFRESH:
		memcpy(meas->nonce, p->nonce, sizeof(meas->nonce));
		break;
	case TSM_CCA_VALIDATE_MMIO:
		mmio->gpa_base = htole64(base);
		mmio->gpa_top = htole64(base + p->range.pages * 4096ULL);
		mmio->pa_base = htole64(base);
		break;
	case TSM_CCA_SET_TDI_STATE:
		state->state = htole32(p->state);
		break;
	}
	return proto_msg(p->proto, id)->req_min + extra;
}

static int run_tdi(struct proto_test *p)
{
	int rc;

	rc = proto_request(p, TSM_CCA_MEASUREMENTS_REFRESH);
	rc = rc ?: proto_request(p, TSM_CCA_REPORT_REFRESH);
	rc = rc ?: proto_use_range(p, 0);
	rc = rc ?: proto_request(p, TSM_CCA_VALIDATE_MMIO);
	p->state = PCI_TDISP_STATE_RUN;
	return rc ?: proto_request(p, TSM_CCA_SET_TDI_STATE);
}

static int stop_tdi(struct proto_test *p)
{
	p->state = PCI_TDISP_STATE_CONFIG_UNLOCKED;
	return proto_request(p, TSM_CCA_SET_TDI_STATE);
}

static s64 fail(struct proto_test *p)
{
	int rc;

	p->object = 99;
	rc = proto_request(p, TSM_CCA_OBJECT_SIZE);
	return rc == -EREMOTEIO ? TSM_CCA_INVALID_OBJECT : rc ?: -EPROTO;
}

const struct proto proto_cca = {
	.name = "cca",
	.type = IOMMU_TSM_TYPE_CCA,
	.envelope_len = sizeof(__le32),
	.msgs = msgs,
	.nr_msgs = ARRAY_SIZE(msgs),
	.flips = flips,
	.nr_flips = ARRAY_SIZE(flips),
	.make = make,
	.run = run_tdi,
	.stop = stop_tdi,
	.fail = fail,
};
