// SPDX-License-Identifier: GPL-2.0
/* Commands of TDX Connect for the tests of guest protocols */
#include "proto.h"

#include "../../../../../include/linux/tsm-proto-tdx.h"

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

const struct proto proto_tdx = {
	.name = "tdx",
	.type = IOMMU_TSM_TYPE_TDX_CONNECT,
	.envelope_len = sizeof(struct tsm_tdx_hdr),
	.bad_offset = offsetof(struct tsm_tdx_hdr, version),
	.bad_bits = 1,
	.make = make,
	.finish = finish,
	.run = run_tdi,
	.stop = stop_tdi,
	.fail = fail,
	.fail_code = TSM_TDX_ERR_STATE,
};
