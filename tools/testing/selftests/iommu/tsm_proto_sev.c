// SPDX-License-Identifier: GPL-2.0
/* Messages of SEV-TIO for the tests of guest protocols */
#include "tsm_proto.h"

static const struct iommu_tsm_msg msgs[] = {
	/* id, scope, req_min, req_max, resp_min, resp_max */
	{ 19, SCOPE(INFO), 112, 112, 288, 288 },
	{ 21, SCOPE(STATE_CHANGE), 144, 144, 144, 144 },
	{ 23, SCOPE(STATE_CHANGE), 112, 112, 112, 112 },
	{ 25, SCOPE(STATE_CHANGE), 176, 176, 112, 112 },
};

static const struct proto_flip flips[] = {
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x28, 0x01 },	/* reserved */
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x30, 0x02 },	/* algorithm */
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x31, 0x02 },	/* header version */
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x32, 0x01 },	/* header size */
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x34, 0x80 },	/* message type */
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x35, 0x01 },	/* message version 0 */
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x36, 0x01 },	/* message size */
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x38, 0x01 },	/* reserved */
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x3c, 0x04 },	/* VMPCK 4 */
	{ TSM_SEV_TIO_TDI_INFO_REQ, 0x5f, 0x80 },	/* reserved */
};

static union tsm_sev_tio_tdi tdi_of(const struct proto_test *p)
{
	if (p->channel.msg_version == TSM_SEV_TIO_MSG_VERSION_1)
		return (union tsm_sev_tio_tdi) {
			.v1.guest_device_id = htole16(p->t.s.virt_id),
		};
	return (union tsm_sev_tio_tdi) { .v2.tdi_id = htole64(p->t.s.virt_id) };
}

static void make_mmio(const struct proto_test *p,
		      struct tsm_sev_tio_mmio_validate *req)
{
	*req = (struct tsm_sev_tio_mmio_validate) {
		.tdi = tdi_of(p),
		.mmio.base = htole64(p->range.base),
		.mmio.pages = htole32(p->range.pages),
		.mmio.range_offset = htole32(p->range.offset),
		.mmio.flags = htole16(p->mmio_flags),
		.mmio.range_id = htole16(p->range.id),
	};
}

static u32 make(struct proto_test *p, u32 id, int extra)
{
	u8 payload[PROTO_REQ_MAX - sizeof(struct tsm_sev_tio_hdr)] = {};
	u32 len = proto_msg(p->proto, id)->req_min - sizeof(struct tsm_sev_tio_hdr);
	struct tsm_sev_tio_mmio_config *config = (void *)payload;
	struct tsm_sev_tio_sdte_write *sdte = (void *)payload;
	struct tsm_sev_tio_tdi_info *info = (void *)payload;

	switch (id) {
	case TSM_SEV_TIO_TDI_INFO_REQ:
		info->tdi = tdi_of(p);
		break;
	case TSM_SEV_TIO_MMIO_VALIDATE_REQ:
		make_mmio(p, (void *)payload);
		break;
	case TSM_SEV_TIO_MMIO_CONFIG_REQ:
		config->guest_device_id = htole16(p->t.s.virt_id);
		config->range = htole32((u32)p->range.id << 16 | p->mmio_attr);
		config->write = htole32(p->mmio_write);
		break;
	case TSM_SEV_TIO_SDTE_WRITE_REQ:
		sdte->tdi = tdi_of(p);
		sdte->sdte[0] = p->sdte;
		break;
	}
	return tsm_sev_seal(&p->channel, id, payload, len + extra, p->req);
}

static int finish(struct proto_test *p, u32 id)
{
	u32 len = proto_msg(p->proto, id)->resp_min - sizeof(struct tsm_sev_tio_hdr);

	if (!tsm_sev_open(&p->channel, id + 1, p->resp, p->t.cmd.out_resp_len,
			  p->payload, len))
		return -EPROTO;
	p->channel.seqno += 2;
	return 0;
}

/* At the same place in each response of version 1 */
u16 proto_sev_status(const struct proto_test *p, u32 id)
{
	const union tsm_sev_tio_result *result = (const void *)p->payload;

	if (p->channel.msg_version == TSM_SEV_TIO_MSG_VERSION_1 ||
	    id == TSM_SEV_TIO_MMIO_CONFIG_REQ)
		return le16toh(result->v1.status);
	return le16toh(result->v2.status);
}

static int expect_success(struct proto_test *p, u32 id)
{
	int rc = proto_request(p, id);

	return rc ?: proto_sev_status(p, id) ? -EBADE : 0;
}

static int run_tdi(struct proto_test *p)
{
	int rc = expect_success(p, TSM_SEV_TIO_TDI_INFO_REQ);

	p->mmio_flags = TSM_SEV_TIO_MMIO_VALIDATED;
	p->sdte = EMU_SDTE_VALID;
	rc = rc ?: proto_use_range(p, 0);
	rc = rc ?: expect_success(p, TSM_SEV_TIO_MMIO_VALIDATE_REQ);
	return rc ?: expect_success(p, TSM_SEV_TIO_SDTE_WRITE_REQ);
}

/* The guest closes its memory, the TDI goes with the binding */
static int stop_tdi(struct proto_test *p)
{
	int rc;

	p->sdte = 0;
	p->mmio_flags = 0;
	rc = expect_success(p, TSM_SEV_TIO_SDTE_WRITE_REQ);
	rc = rc ?: expect_success(p, TSM_SEV_TIO_MMIO_VALIDATE_REQ);
	return rc ?: tsm_op(&p->t.s, IOMMU_VDEVICE_TSM_UNBIND);
}

static s64 fail(struct proto_test *p)
{
	int rc;

	p->channel.seqno += 1;
	rc = proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ);
	p->channel.seqno -= 1;
	return rc == -EREMOTEIO ? EMU_SEV_BAD_MESSAGE : rc ?: -EPROTO;
}

const struct proto proto_sev = {
	.name = "sev-tio",
	.type = IOMMU_TSM_TYPE_SEV_TIO,
	.envelope_len = sizeof(struct tsm_sev_tio_hdr),
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
