// SPDX-License-Identifier: GPL-2.0
/* Messages and host calls of SEV-TIO for the tests of guest protocols */
#include <linux/psp-sev.h>

#include "proto_sev_tio.h"
#include "../vectors/sev_tio.h"

#define HDR_LEN sizeof(struct tsm_sev_tio_hdr)

static void use_secrets(struct tsm_sev_channel *channel,
			const struct emu_sev_secrets *secrets, u8 vmpck)
{
	memcpy(channel->key, secrets->vmpck[vmpck], sizeof(channel->key));
	channel->vmpck = vmpck;
	channel->seqno = le64toh(secrets->last_seqno[vmpck]) + 1;
}

int sev_tio_use_vmpck(struct proto_test *p, u8 vmpck)
{
	struct emu_sev_secrets secrets;
	int rc;

	rc = tsm_firmware_secrets(&p->t.s, &secrets);
	if (!rc)
		use_secrets(&sev_tio_args(p)->channel, &secrets, vmpck);
	return rc;
}

/* The keys of an SNP guest, which stay the same. So it counts on from bind to bind */
static int take_keys(struct proto_test *p)
{
	struct tsm_sev_channel *channel = &sev_tio_args(p)->channel;
	struct emu_sev_secrets secrets;
	int rc;

	rc = tsm_firmware_secrets(&p->t.s, &secrets);
	if (rc)
		return rc;
	if (channel->seqno)
		return memcmp(channel->key, secrets.vmpck[channel->vmpck],
			      sizeof(channel->key)) ? -EKEYREJECTED : 0;
	use_secrets(channel, &secrets, 0);
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
	u64 words[TSM_SEV_SDTE_WORDS];

	for (size_t i = 0; i < TSM_SEV_SDTE_WORDS; i++)
		words[i] = htole64(sev_tio_args(p)->sdte[i]);
	req->tdi = tdi_of(p);
	memcpy(req->sdte, words, sizeof(words));
	return sizeof(*req);
}

static bool is_call(u32 id)
{
	return id >= TSM_SEV_TIO_CALL_ID(0);
}

static u32 make_call(struct proto_test *p, u32 id)
{
	struct tsm_sev_tio_object_size *size = (void *)p->req;
	struct tsm_sev_tio_object_read *read = (void *)p->req;
	struct tsm_sev_tio_measure *measure = (void *)p->req;
	const struct sev_tio_args *args = p->args;

	memset(p->req, 0, sizeof(p->req));
	p->req[0] = id - TSM_SEV_TIO_CALL_ID(0);
	switch (p->req[0]) {
	case TSM_SEV_TIO_CALL_STOP:
	case TSM_SEV_TIO_CALL_RUN:
		return sizeof(struct tsm_sev_tio_stop_run);
	case TSM_SEV_TIO_CALL_OBJECT_SIZE:
		size->object = args->object;
		return sizeof(*size);
	case TSM_SEV_TIO_CALL_OBJECT_READ:
		read->object = args->object;
		read->offset = htole32(args->offset);
		read->generation = htole64(args->generation);
		return sizeof(*read);
	case TSM_SEV_TIO_CALL_MEASURE:
		memcpy(measure->nonce, args->nonce, sizeof(measure->nonce));
		return sizeof(*measure);
	default:
		return 0;
	}
}

static u32 make(struct proto_test *p, u32 id, int extra)
{
	u8 payload[PROTO_REQ_MAX - HDR_LEN] = {};
	u32 len;

	if (is_call(id))
		return make_call(p, id) + extra;

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
	const struct tsm_sev_tio_object_size_rsp *size = (void *)p->resp;
	struct sev_tio_args *args = p->args;

	/* what a read of the object has to name */
	if (id == TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_OBJECT_SIZE))
		args->generation = le64toh(size->generation);
	if (is_call(id))
		return 0;
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

/* An address of the example, or in version 2 the number of its page */
static void adapt_pages(struct proto_test *p, struct tsm_sev_tio_mmio_pages *mmio)
{
	u64 base = le64toh(mmio->base);
	u64 unit = base < SEV_TIO_VECTOR_BAR0 ? 4096 : 1;
	bool second = base * unit >= SEV_TIO_VECTOR_BAR2;
	u64 bar = second ? SEV_TIO_VECTOR_BAR2 : SEV_TIO_VECTOR_BAR0;

	/* a TDI that is unbound has none */
	if (proto_use_range(p, second))
		return;
	mmio->base = htole64((base * unit - bar + p->range.base) / unit);
	if (second && le32toh(mmio->pages) == SEV_TIO_VECTOR_PAGES)
		mmio->pages = htole32(p->range.pages);
}

static void adapt_payload(struct proto_test *p, u8 type, void *payload)
{
	struct tsm_sev_tio_mmio_validate *req = payload;
	union tsm_sev_tio_tdi *tdi = payload;

	if (le64toh(tdi->v2.tdi_id) == SEV_TIO_VECTOR_ID)
		tdi->v2.tdi_id = htole64(p->t.s.virt_id);
	if (type == TSM_SEV_TIO_MMIO_VALIDATE_REQ)
		adapt_pages(p, &req->mmio);
}

/* Sealed with the guest's key under its next number, and the same header as it is there */
static bool adapt(struct proto_test *p, const struct tsm_vector *v)
{
	const struct tsm_sev_tio_hdr *sealed = (void *)p->req;
	struct tsm_sev_channel *channel = &sev_tio_args(p)->channel;
	const size_t clear = offsetof(struct tsm_sev_tio_hdr, reserved);
	u8 msg[TSM_VECTOR_MAX];
	const struct tsm_sev_tio_hdr *hdr = (void *)msg;

	if (v->len < HDR_LEN)
		return true;
	memcpy(msg, p->req, v->len);
	adapt_payload(p, hdr->msg_type, msg + HDR_LEN);
	channel->msg_version = hdr->msg_version;
	return tsm_sev_seal(channel, hdr->msg_type, msg + HDR_LEN, v->len - HDR_LEN,
			    p->req) == v->len &&
	       !memcmp((const u8 *)sealed + clear, msg + clear, HDR_LEN - clear);
}

static int reveal(struct proto_test *p, const struct tsm_vector *v)
{
	struct tsm_sev_tio_mmio_validate_rsp *rsp = (void *)(p->resp + HDR_LEN);
	u8 req[TSM_VECTOR_MAX], own[TSM_VECTOR_MAX];
	const u32 id_len = sizeof(rsp->result.v2.tdi_id);
	const struct tsm_sev_tio_mmio_validate *was = (void *)(req + HDR_LEN);
	const struct tsm_sev_tio_mmio_validate *is = (void *)(own + HDR_LEN);
	u8 any[TSM_VECTOR_MAX];

	if (!tsm_vector_parse(v->req, req, any, v->len) || finish(p, v->id))
		return -EPROTO;
	memcpy(rsp, sev_tio_args(p)->payload, p->t.cmd.out_resp_len - HDR_LEN);
	memcpy(own, req, v->len);
	adapt_payload(p, v->id, own + HDR_LEN);
	if (sev_tio_args(p)->channel.msg_version == TSM_SEV_TIO_MSG_VERSION_2 &&
	    !memcmp(rsp, &is->tdi, id_len))
		memcpy(rsp, &was->tdi, id_len);
	if (v->id != TSM_SEV_TIO_MMIO_VALIDATE_REQ)
		return 0;
	if (rsp->mmio.base == is->mmio.base && rsp->mmio.pages == is->mmio.pages) {
		rsp->mmio.base = was->mmio.base;
		rsp->mmio.pages = was->mmio.pages;
	}
	return 0;
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

void sev_tio_use_sdte(struct proto_test *p, bool open)
{
	struct sev_tio_args *args = p->args;

	memset(args->sdte, 0, sizeof(args->sdte));
	if (!open)
		return;
	args->sdte[0] = TSM_SEV_SDTE0_OPEN;
	args->sdte[5] = TSM_SEV_SDTE5_OPEN;
}

/* In the order of AMD's newest guest, which opens its memory last */
static int run_tdi(struct proto_test *p)
{
	int rc;

	sev_tio_args(p)->mmio_flags = TSM_SEV_TIO_MMIO_VALIDATED;
	sev_tio_use_sdte(p, true);
	rc = expect_success(p, TSM_SEV_TIO_TDI_INFO_REQ);
	rc = rc ?: proto_request(p, TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_RUN));
	rc = rc ?: proto_use_range(p, 0);
	rc = rc ?: expect_success(p, TSM_SEV_TIO_MMIO_VALIDATE_REQ);
	return rc ?: expect_success(p, TSM_SEV_TIO_SDTE_WRITE_REQ);
}

static int stop_tdi(struct proto_test *p)
{
	int rc;

	sev_tio_args(p)->mmio_flags = 0;
	sev_tio_use_sdte(p, false);
	rc = expect_success(p, TSM_SEV_TIO_SDTE_WRITE_REQ);
	rc = rc ?: expect_success(p, TSM_SEV_TIO_MMIO_VALIDATE_REQ);
	return rc ?: proto_request(p, TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_STOP));
}

/* No message has the number 0 */
static int fail(struct proto_test *p)
{
	struct tsm_sev_channel *channel = &sev_tio_args(p)->channel;
	u64 seqno = channel->seqno;
	int rc;

	channel->seqno = 0;
	rc = proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ);
	channel->seqno = seqno;
	return rc;
}

const struct proto proto_sev_tio = {
	.name = "sev-tio",
	.type = IOMMU_TSM_TYPE_SEV_TIO,
	.envelope_len = sizeof(struct tsm_sev_tio_stop_run),
	/* a sealing that there is not */
	.bad_offset = offsetof(struct tsm_sev_tio_hdr, algo),
	.bad_bits = 2,
	.args_size = sizeof(struct sev_tio_args),
	.vectors = sev_tio_vectors,
	.nr_vectors = ARRAY_SIZE(sev_tio_vectors),
	.vector_rid = SEV_TIO_VECTOR_RID,
	.adapt = adapt,
	.reveal = reveal,
	.bound = take_keys,
	.make = make,
	.finish = finish,
	.run = run_tdi,
	.stop = stop_tdi,
	.fail = fail,
	.fail_code = SEV_RET_INVALID_PARAM,
	.bind_code = SEV_RET_SPDM_ERROR,
};
