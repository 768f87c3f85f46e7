// SPDX-License-Identifier: GPL-2.0
/* Messages of SEV-TIO for the tests of guest protocols */
#include <linux/psp-sev.h>

#include "proto_sev_tio.h"

#define HDR_LEN sizeof(struct tsm_sev_tio_hdr)

/* The keys of an SNP guest */
static int take_keys(struct proto_test *p)
{
	struct tsm_sev_channel *channel = &sev_tio_args(p)->channel;
	struct emu_sev_secrets secrets;
	int rc;

	rc = tsm_firmware_secrets(&p->t.s, &secrets);
	if (rc)
		return rc;
	memcpy(channel->key, secrets.vmpck[0], sizeof(channel->key));
	channel->vmpck = 0;
	channel->seqno = 1;
	channel->msg_version = TSM_SEV_TIO_MSG_VERSION_1;
	return 0;
}

static union tsm_sev_tio_tdi tdi_of(const struct proto_test *p)
{
	if (sev_tio_args(p)->channel.msg_version == TSM_SEV_TIO_MSG_VERSION_1)
		return (union tsm_sev_tio_tdi) {
			.v1.guest_device_id = htole16(p->t.s.virt_id),
		};
	return (union tsm_sev_tio_tdi) { .v2.tdi_id = htole64(p->t.s.virt_id) };
}

static u32 make_info(const struct proto_test *p, struct tsm_sev_tio_tdi_info *req)
{
	req->tdi = tdi_of(p);
	return sizeof(*req);
}

static u32 make_validate(const struct proto_test *p,
			 struct tsm_sev_tio_mmio_validate *req)
{
	*req = (struct tsm_sev_tio_mmio_validate) {
		.tdi = tdi_of(p),
		.mmio.base = htole64(p->range.base),
		.mmio.pages = htole32(p->range.pages),
		.mmio.range_offset = htole32(p->range.offset),
		.mmio.flags = htole16(sev_tio_args(p)->mmio_flags),
		.mmio.range_id = htole16(p->range.id),
	};
	return sizeof(*req);
}

static u32 make_config(const struct proto_test *p,
		       struct tsm_sev_tio_mmio_config *req)
{
	const struct sev_tio_args *args = p->args;

	req->guest_device_id = htole16(p->t.s.virt_id);
	req->range = htole32((u32)p->range.id << 16 | args->mmio_attr);
	req->write = htole32(args->mmio_write);
	return sizeof(*req);
}

static u32 make_sdte(const struct proto_test *p, struct tsm_sev_tio_sdte_write *req)
{
	req->tdi = tdi_of(p);
	req->sdte[0] = sev_tio_args(p)->sdte;
	return sizeof(*req);
}

static u32 make(struct proto_test *p, u32 id, int extra)
{
	u8 payload[PROTO_REQ_MAX - HDR_LEN] = {};
	u32 len;

	switch (id) {
	case TSM_SEV_TIO_TDI_INFO_REQ:
		len = make_info(p, (void *)payload);
		break;
	case TSM_SEV_TIO_MMIO_VALIDATE_REQ:
		len = make_validate(p, (void *)payload);
		break;
	case TSM_SEV_TIO_MMIO_CONFIG_REQ:
		len = make_config(p, (void *)payload);
		break;
	case TSM_SEV_TIO_SDTE_WRITE_REQ:
		len = make_sdte(p, (void *)payload);
		break;
	default:
		return 0;
	}
	return tsm_sev_seal(&sev_tio_args(p)->channel, id, payload, len + extra,
			    p->req);
}

static int finish(struct proto_test *p, u32 id)
{
	struct sev_tio_args *args = p->args;

	if (p->t.cmd.out_resp_len > HDR_LEN + sizeof(args->payload) ||
	    !tsm_sev_open(&args->channel, id + 1, p->resp, p->t.cmd.out_resp_len,
			  args->payload, p->t.cmd.out_resp_len - HDR_LEN))
		return -EPROTO;
	args->channel.seqno += 2;
	return 0;
}

/* At the same place in each response of version 1 */
static u16 status_of(const struct sev_tio_args *args, u32 id)
{
	const union tsm_sev_tio_result *result = (const void *)args->payload;

	if (args->channel.msg_version == TSM_SEV_TIO_MSG_VERSION_1 ||
	    id == TSM_SEV_TIO_MMIO_CONFIG_REQ)
		return le16toh(result->v1.status);
	return le16toh(result->v2.status);
}

int sev_tio_status(struct proto_test *p, u32 id)
{
	return proto_request(p, id) ?: status_of(p->args, id);
}

static int expect_success(struct proto_test *p, u32 id)
{
	int status = sev_tio_status(p, id);

	return status > 0 ? -EBADE : status;
}

static int run_tdi(struct proto_test *p)
{
	int rc = expect_success(p, TSM_SEV_TIO_TDI_INFO_REQ);
	struct sev_tio_args *args = p->args;

	args->mmio_flags = TSM_SEV_TIO_MMIO_VALIDATED;
	args->sdte = EMU_SDTE_VALID;
	rc = rc ?: proto_use_range(p, 0);
	rc = rc ?: expect_success(p, TSM_SEV_TIO_MMIO_VALIDATE_REQ);
	return rc ?: expect_success(p, TSM_SEV_TIO_SDTE_WRITE_REQ);
}

/* The guest closes its memory, the TDI goes with the binding */
static int stop_tdi(struct proto_test *p)
{
	struct sev_tio_args *args = p->args;
	int rc;

	args->sdte = 0;
	args->mmio_flags = 0;
	rc = expect_success(p, TSM_SEV_TIO_SDTE_WRITE_REQ);
	rc = rc ?: expect_success(p, TSM_SEV_TIO_MMIO_VALIDATE_REQ);
	return rc ?: tsm_unbind_tdi(&p->t.s);
}

static int fail(struct proto_test *p)
{
	struct sev_tio_args *args = p->args;
	int rc;

	args->channel.seqno += 1;
	rc = proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ);
	args->channel.seqno -= 1;
	return rc;
}

const struct proto proto_sev_tio = {
	.name = "sev-tio",
	.type = IOMMU_TSM_TYPE_SEV_TIO,
	.envelope_len = sizeof(struct tsm_sev_tio_hdr),
	/* a sealing that there is not */
	.bad_offset = offsetof(struct tsm_sev_tio_hdr, algo),
	.bad_bits = 2,
	.args_size = sizeof(struct sev_tio_args),
	.bound = take_keys,
	.make = make,
	.finish = finish,
	.run = run_tdi,
	.stop = stop_tdi,
	.fail = fail,
	.fail_code = EMU_SEV_BAD_MESSAGE,
	.bind_code = SEV_RET_SPDM_ERROR,
};
