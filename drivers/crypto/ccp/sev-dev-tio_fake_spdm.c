// SPDX-License-Identifier: GPL-2.0-only
/* Fake PSP: exchanges with the device, and objects in the OUTPUT buffer */

#include <kunit/static_stub.h>

#include "sev-dev-tio_fake_priv.h"

/* sev_tio_doe(): PCI_DOE_FEATURE_CMA, PCI_DOE_FEATURE_SSESSION (TSM sev_tio_spdm_cmd()) */
#define FEATURE_CMA		1
#define FEATURE_SSESSION	2

/* The request's payload: says what it is for, so that the device knows a wrong one */
#define SPDM_MAGIC		0x4d445053
#define SPDM_DEV		4
#define SPDM_CMD		8
#define SPDM_ROUND		12

/* Version of all objects: HOST dobj_response_init() */
#define DOBJ_MAJOR		1
#define DOBJ_MINOR		0

/* Type of certificates and report; and a type that is not defined (HOST, TIO_SPDM_*) */
#define DOBJ_TYPE		1
#define DOBJ_TYPE_WRONG		0x7f

/**
 * fake_spdm_bufs() - look at a command's struct spdm_ctrl
 * @call: command; gets the buffers
 *
 * Request, scratch and output are the firmware's, the response is the host's:
 * HOST spdm_ctrl_alloc(). The object of an earlier command is gone then; TSM
 * saves each one before the next command. Open: how long it stays.
 *
 * Returns: firmware status
 */
int fake_spdm_bufs(struct fake_call *call)
{
	struct fake_psp *psp = call->psp;
	const u32 sizes[FAKE_ROLES] = {
		psp->req_size, psp->resp_size, psp->scratch_size, psp->out_size,
	};
	unsigned int i, j;
	int rc;

	for (i = 0; i < FAKE_ROLES; i++) {
		rc = fake_buf_walk(psp, fake_u64(call->buf, 8 + i * sizeof(u64)), &call->bufs[i]);
		if (rc)
			return rc;
		rc = fake_buf_check(psp, &call->bufs[i], sizes[i], i != FAKE_RESP);
		if (rc)
			return rc;
		for (j = 0; j < i; j++)
			if (fake_buf_overlaps(&call->bufs[i], &call->bufs[j]))
				return SEV_RET_INVALID_ADDRESS;
	}
	fake_buf_write(&call->bufs[FAKE_OUTPUT], FAKE_BUF_PAYLOAD, NULL, sizeof(u32));
	fake_buf_write(&call->bufs[FAKE_OUTPUT], FAKE_BUF_HDR, NULL, FAKE_OUT_HDR);
	return 0;
}

/**
 * fake_spdm_rounds() - how many exchanges a command takes
 * @call: command
 *
 * DEV_DISCONNECT with force is for a device that does not answer. Open: UNBIND
 * with force.
 *
 * Returns: number of exchanges
 */
unsigned int fake_spdm_rounds(struct fake_call *call)
{
	bool force = call->rule->flags && fake_u32(call->buf, 4) & BIT(0);

	if (force && call->rule->id == FAKE_DEV_DISCONNECT)
		return 0;
	if (force && call->rule->id == FAKE_TDI_UNBIND)
		return call->psp->force_rounds;
	return call->psp->rounds;
}

/* A session begins in the clear */
static u8 fake_spdm_feature(struct fake_pending *pending)
{
	if (pending->cmd.id == FAKE_DEV_CONNECT && !pending->round)
		return FEATURE_CMA;
	return FEATURE_SSESSION;
}

static void fake_spdm_pattern(struct fake_psp *psp, struct fake_dev *dev, u8 *out)
{
	u32 head[] = {
		SPDM_MAGIC, fake_dev_nr(psp, dev), dev->pending.cmd.id, dev->pending.round,
	};

	memset(out, dev->pending.round, FAKE_SPDM_LEN);
	memcpy(out, head, sizeof(head));
}

static u8 fake_answer_byte(struct fake_psp *psp, struct fake_dev *dev, unsigned int i)
{
	return 31 * dev->pending.round + 7 * fake_dev_nr(psp, dev) + i;
}

/**
 * fake_spdm_ask() - have the host take a request to the device
 * @call: command, which is pending then or already
 *
 * The request is an object behind the buffer's header, the feature behind its
 * own: HOST struct sla_buffer_hdr, struct spdm_dobj_hdr_req, sev_tio_do_cmd().
 *
 * Returns: firmware status
 */
int fake_spdm_ask(struct fake_call *call)
{
	struct fake_pending *pending = &call->dev->pending;
	u32 len = FAKE_SPDM_HDR + FAKE_SPDM_LEN;
	u8 obj[FAKE_SPDM_HDR + FAKE_SPDM_LEN] = { FAKE_OBJ_REQUEST };
	u32 payload = ALIGN(len, FAKE_BUF_ALIGN);

	if (!pending->cmd.id) {
		pending->cmd.id = call->rule->id;
		memcpy(pending->cmd.buf, call->buf, call->rule->len);
		memcpy(pending->bufs, call->bufs, sizeof(pending->bufs));
		pending->round = 0;
	}
	pending->answered = false;

	len = call->psp->ask_len ?: len;
	memcpy(obj + FAKE_DOBJ_LENGTH, &len, sizeof(len));
	obj[FAKE_DOBJ_MINOR] = DOBJ_MINOR;
	obj[FAKE_DOBJ_MAJOR] = DOBJ_MAJOR;
	obj[FAKE_DOBJ_FEATURE] = fake_spdm_feature(pending);
	fake_spdm_pattern(call->psp, call->dev, obj + FAKE_SPDM_HDR);
	fake_buf_write(&pending->bufs[FAKE_REQ], FAKE_BUF_PAYLOAD, &payload, sizeof(payload));
	fake_buf_write(&pending->bufs[FAKE_REQ], FAKE_BUF_HDR, obj, sizeof(obj));
	return SEV_RET_SPDM_REQUEST;
}

/**
 * fake_spdm_answer() - take the response that the host has brought
 * @call: continuation of the pending command
 *
 * HOST dobj_response_init(), sev_tio_do_cmd(), sev_tio_continue(): identifier,
 * version, feature of the request, and a length that is a multiple of 32 for both
 * the object and the buffer's payload.
 *
 * Returns: firmware status
 */
int fake_spdm_answer(struct fake_call *call)
{
	struct fake_pending *pending = &call->dev->pending;
	struct fake_buf *buf = &pending->bufs[FAKE_RESP];
	u32 len = ALIGN(FAKE_SPDM_HDR + pending->len, FAKE_BUF_ALIGN);
	u8 obj[FAKE_SPDM_HDR], byte;
	unsigned int i;
	u32 payload;

	fake_buf_read(buf, FAKE_BUF_PAYLOAD, &payload, sizeof(payload));
	fake_buf_read(buf, FAKE_BUF_HDR, obj, sizeof(obj));
	if (fake_u32(obj, FAKE_DOBJ_ID) != FAKE_OBJ_RESPONSE ||
	    fake_u32(obj, FAKE_DOBJ_LENGTH) != len || payload != len ||
	    obj[FAKE_DOBJ_MINOR] != DOBJ_MINOR || obj[FAKE_DOBJ_MAJOR] != DOBJ_MAJOR ||
	    obj[FAKE_DOBJ_FEATURE] != fake_spdm_feature(pending))
		return SEV_RET_SPDM_ERROR;
	for (i = 0; i < pending->len; i++) {
		fake_buf_read(buf, FAKE_BUF_HDR + FAKE_SPDM_HDR + i, &byte, 1);
		if (byte != fake_answer_byte(call->psp, call->dev, i))
			return SEV_RET_SPDM_ERROR;
	}
	pending->round++;
	return 0;
}

/**
 * fake_spdm_end() - nothing is pending at a device any more
 * @dev: device
 */
void fake_spdm_end(struct fake_dev *dev)
{
	memset(&dev->pending, 0, sizeof(dev->pending));
}

/* Device that a request is for, if it is word for word what the firmware asked for */
static struct fake_dev *fake_doe_dev(struct fake_psp *psp, const u8 *req, unsigned long len)
{
	u8 want[FAKE_SPDM_LEN];
	struct fake_dev *dev;
	u32 nr;

	if (!req || len != FAKE_SPDM_LEN || fake_u32(req, 0) != SPDM_MAGIC)
		return NULL;
	nr = fake_u32(req, SPDM_DEV);
	if (nr >= FAKE_DEVS_MAX || !psp->devs[nr].pending.cmd.id || psp->devs[nr].pending.answered)
		return NULL;
	dev = &psp->devs[nr];
	fake_spdm_pattern(psp, dev, want);
	return memcmp(want, req, sizeof(want)) ? NULL : dev;
}

/**
 * fake_doe() - device that a request is brought to
 * @dsm: device
 * @feature: protocol
 *
 * An answer that is longer than the buffer is cut short: pci_doe().
 *
 * Returns: length of the answer, or an error code
 */
int fake_doe(struct tio_dsm *dsm, u8 feature)
{
	struct fake_psp *psp = fake_psp();
	struct fake_dev *dev;
	u8 *rsp = dsm->data.spdm.rsp;
	unsigned int i;
	u32 room;

	dev = fake_doe_dev(psp, dsm->data.spdm.req, dsm->data.spdm.req_len);
	if (!dev) {
		fake_bug(psp, "exchange that was not asked for\n");
		return -EIO;
	}
	if (feature != fake_spdm_feature(&dev->pending)) {
		fake_bug(psp, "exchange of feature %u\n", feature);
		return -EIO;
	}
	room = dev->pending.bufs[FAKE_RESP].nr * PAGE_SIZE - FAKE_BUF_HDR - FAKE_SPDM_HDR;
	if (!rsp || dsm->data.spdm.rsp_len > room) {
		fake_bug(psp, "response of %lu bytes has no room\n", dsm->data.spdm.rsp_len);
		return -EIO;
	}
	if (++psp->doe_calls == psp->doe_fail)
		return psp->doe_rc;

	dev->pending.answered = true;
	dev->pending.len = min_t(unsigned long, psp->doe_len, dsm->data.spdm.rsp_len);
	for (i = 0; i < dev->pending.len; i++)
		rsp[i] = fake_answer_byte(psp, dev, i);
	return dev->pending.len;
}

/* Say what is wrong with the object: see enum fake_out */
static void fake_out_spoil(struct fake_call *call, u8 *hdr, u32 *len)
{
	struct fake_buf *buf = &call->bufs[FAKE_OUTPUT];

	switch (call->psp->out) {
	case FAKE_OUT_EMPTY:
		*len = FAKE_OUT_HDR;
		break;
	case FAKE_OUT_LONG:
		*len = buf->nr * PAGE_SIZE - FAKE_BUF_HDR + 1;
		break;
	case FAKE_OUT_SHORT:
		*len = FAKE_OUT_HDR - 1;
		break;
	case FAKE_OUT_ID:
		hdr[FAKE_DOBJ_ID] ^= 0x40;
		break;
	case FAKE_OUT_TYPE:
		hdr[FAKE_DOBJ_TYPE] = DOBJ_TYPE_WRONG;
		break;
	case FAKE_OUT_VERSION:
		hdr[FAKE_DOBJ_MAJOR] = DOBJ_MAJOR + 1;
		break;
	default:
		break;
	}
}

/*
 * 32 bytes of header, then the object: HOST struct spdm_dobj_hdr_cert, _meas,
 * _report; the length is that of both. Content: @head if there is one, @blob, and
 * all else is filled in.
 */
static void fake_put(struct fake_call *call, u8 id, u8 type, u32 content,
		     const u32 *head, const struct fake_blob *blob)
{
	struct fake_buf *buf = &call->bufs[FAKE_OUTPUT];
	bool wrong = !call->psp->out_id || call->psp->out_id == id;
	u32 off = FAKE_BUF_HDR + FAKE_OUT_HDR, payload;
	u32 len = FAKE_OUT_HDR + content;
	u8 hdr[FAKE_OUT_HDR] = { id }, byte;
	u32 i;

	if (wrong && call->psp->out == FAKE_OUT_NONE)
		return;
	hdr[FAKE_DOBJ_MINOR] = DOBJ_MINOR;
	hdr[FAKE_DOBJ_MAJOR] = DOBJ_MAJOR;
	hdr[FAKE_DOBJ_TYPE] = type;
	hdr[FAKE_DOBJ_SEGMENT] = call->dev->segment_id;
	memcpy(hdr + FAKE_DOBJ_DEVICE, &call->dev->device_id, sizeof(call->dev->device_id));
	if (call->tdi) {
		memcpy(hdr + FAKE_DOBJ_DEVICE, &call->tdi->function_id, sizeof(u16));
		hdr[FAKE_DOBJ_SEGMENT] = call->tdi->function_id >> 16;
	}
	if (wrong)
		fake_out_spoil(call, hdr, &len);
	memcpy(hdr + FAKE_DOBJ_LENGTH, &len, sizeof(len));
	payload = ALIGN(len, FAKE_BUF_ALIGN);

	for (i = 0; i < content; i++) {
		byte = blob->serial + i;
		fake_buf_write(buf, off + i, &byte, 1);
	}
	if (head)
		fake_buf_write(buf, off, head, FAKE_REPORT_BLOB);
	fake_buf_write(buf, off + (head ? FAKE_REPORT_BLOB : 0), blob, sizeof(*blob));
	fake_buf_write(buf, FAKE_BUF_HDR, hdr, sizeof(hdr));
	fake_buf_write(buf, FAKE_BUF_PAYLOAD, &payload, sizeof(payload));
}

/**
 * fake_put_certs() - certificates of the device
 * @call: DEV_CONNECT or DEV_CERTIFICATES (TSM dsm_connect())
 *
 * Returns: serial number
 */
u32 fake_put_certs(struct fake_call *call)
{
	struct fake_blob blob = {
		.magic = { 'F', 'A', 'K', 'E', 'C', 'E', 'R', 'T' },
		.function_id = call->dev->device_id,
		.serial = ++call->psp->serial,
	};

	fake_put(call, FAKE_OBJ_CERTIFICATES, DOBJ_TYPE,
		 max_t(u32, call->psp->certs_len, sizeof(blob)), NULL, &blob);
	return blob.serial;
}

/**
 * fake_put_meas() - measurements of the device
 * @call: DEV_MEASUREMENTS (TSM dsm_measurements())
 * @nonce: that comes with it
 * @flags: as well
 *
 * Returns: serial number
 */
u32 fake_put_meas(struct fake_call *call, const u8 *nonce, u8 flags)
{
	struct fake_blob blob = {
		.magic = { 'F', 'A', 'K', 'E', 'M', 'E', 'A', 'S' },
		.function_id = call->dev->device_id,
		.serial = ++call->psp->serial,
		.flags = flags,
	};

	memcpy(blob.nonce, nonce, sizeof(blob.nonce));
	fake_put(call, FAKE_OBJ_MEASUREMENTS, call->psp->meas_type,
		 max_t(u32, call->psp->meas_len, sizeof(blob)), NULL, &blob);
	return blob.serial;
}

/**
 * fake_put_report() - interface report of a TDI
 * @call: TDI_BIND or TDI_REPORT (TSM tdi_bind(), tdi_run(); HOST sev_tio_tdi_report())
 *
 * DEVICE_INTERFACE_REPORT of TDISP: one MMIO range of 16 pages, the rest is
 * device specific.
 *
 * Returns: serial number
 */
u32 fake_put_report(struct fake_call *call)
{
	struct fake_tdi *tdi = call->tdi;
	struct fake_blob blob = {
		.magic = { 'F', 'A', 'K', 'E', 'R', 'E', 'P', 'T' },
		.function_id = tdi->function_id,
		.serial = ++call->psp->serial,
		.gctx = tdi->gctx,
		.run = tdi->tdisp == FAKE_TDISP_RUN,
	};
	u32 len = max_t(u32, call->psp->report_len, FAKE_REPORT_BLOB + sizeof(blob));
	u32 head[FAKE_REPORT_BLOB / 4] = {
		[3] = 1, [6] = 16, [8] = len - FAKE_REPORT_BLOB,
	};

	fake_put(call, FAKE_OBJ_REPORT, DOBJ_TYPE, len, head, &blob);
	tdi->reports++;
	return blob.serial;
}

/**
 * fake_spdm_install() - put the fake in the place of the device
 * @test: test that it is for
 */
void fake_spdm_install(struct kunit *test)
{
	kunit_activate_static_stub(test, sev_tio_doe, fake_doe);
}
