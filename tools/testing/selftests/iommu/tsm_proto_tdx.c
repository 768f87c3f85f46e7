// SPDX-License-Identifier: GPL-2.0
/* Commands of TDX Connect for the tests of guest protocols */
#include "tsm_proto.h"

static const struct iommu_tsm_msg msgs[] = {
	/* id, scope, req_min, req_max, resp_min, resp_max */
	{ 1, SCOPE(INFO), 20, 20, 20, 21 },
	{ 2, SCOPE(STATE_CHANGE), 20, 20, 20, 20 },
	{ 3, SCOPE(INFO), 20, 20, 20, 65556 },
	{ 4, SCOPE(INFO), 20, 20, 20, 65556 },
	{ 5, SCOPE(STATE_CHANGE), 20, 20, 20, 20 },
	{ 6, SCOPE(INFO), 20, 20, 20, 21 },
	{ 7, SCOPE(STATE_CHANGE), 20, 20, 20, 20 },
};

static const struct proto_flip flips[] = {
	{ TSM_TDX_CHECK_TEEIO_SUPP, 0, 0x01 },	/* operation 0 */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 1, 0x01 },	/* operation 0x101 */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 2, 0x01 },	/* version */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 3, 0x01 },	/* reserved */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 7, 0x80 },	/* reserved */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 8, 0x01 },	/* status */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 9, 0x0f },	/* error */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 11, 0x01 },	/* reserved */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 15, 0x80 },	/* reserved */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 16, 0x01 },	/* data length */
	{ TSM_TDX_CHECK_TEEIO_SUPP, 19, 0x80 },	/* data length */
};

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

static int run_tdi(struct proto_test *p)
{
	int rc = proto_request(p, TSM_TDX_CHECK_TEEIO_SUPP);

	rc = rc ?: proto_request(p, TSM_TDX_BIND);
	rc = rc ?: proto_request(p, TSM_TDX_GET_DEV_INFO);
	rc = rc ?: proto_request(p, TSM_TDX_GET_TDI_REPORT);
	return rc ?: proto_request(p, TSM_TDX_START_TDI);
}

static int stop_tdi(struct proto_test *p)
{
	return proto_request(p, TSM_TDX_UNBIND);
}

/* The response says the same */
static s64 fail(struct proto_test *p)
{
	const struct tsm_tdx_hdr *hdr = (void *)p->resp;
	int rc = proto_request(p, TSM_TDX_START_TDI);

	if (rc != -EREMOTEIO)
		return rc ?: -EPROTO;
	if (p->t.cmd.out_resp_len != sizeof(*hdr) || hdr->data_length ||
	    hdr->status != TSM_TDX_ERROR || hdr->error != TSM_TDX_ERR_STATE)
		return -EPROTO;
	return TSM_TDX_ERR_STATE;
}

const struct proto proto_tdx = {
	.name = "tdx",
	.type = IOMMU_TSM_TYPE_TDX_CONNECT,
	.envelope_len = sizeof(struct tsm_tdx_hdr),
	.msgs = msgs,
	.nr_msgs = ARRAY_SIZE(msgs),
	.flips = flips,
	.nr_flips = ARRAY_SIZE(flips),
	.make = make,
	.finish = finish,
	.run = run_tdi,
	.stop = stop_tdi,
	.fail = fail,
};
