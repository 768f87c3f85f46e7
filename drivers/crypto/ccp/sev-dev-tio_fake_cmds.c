// SPDX-License-Identifier: GPL-2.0-only
/* Fake PSP: what each command must look like, and what it does */

#include "sev-dev-tio_fake_priv.h"

/* HOST: TIO_DEV_DISCONNECT_FLAG_*, TIO_DEV_MEAS_FLAG_*, TIO_TDI_UNBIND_FLAG_* */
#define FLAG_FORCE		BIT(0)
#define FLAG_RAW_BITSTREAM	BIT(0)

/*
 * TDI_BIND (HOST, struct sev_data_tio_tdi_bind). RFC 09/22: bit 1, cache line
 * size, and bit 3, P2P, must be 0; bit 4, all-request-redirect, "must be 1". Yet
 * HOST and RFC lock with 0 on hardware: sev_tio_tdi_bind(). So both are taken.
 */
#define BIND_GUEST_ID		64
#define BIND_LOCK_FLAGS		66
#define BIND_RUN_FLAGS		68
#define BIND_LOCK_VALID		(BIT(0) | BIT(2) | BIT(4))
#define BIND_RUN		BIT(0)

/* DEV_CREATE, DEV_CONNECT, DEV_MEASUREMENTS, TDI_CREATE, fence (HOST, struct sev_data_tio_*) */
#define CREATE_DEVICE_ID	16
#define CREATE_ROOT_PORT_ID	18
#define CREATE_SEGMENT_ID	20
#define CONNECT_TC_MASK		56
#define CONNECT_CERT_SLOT	57
#define CONNECT_STREAM_IDS	64
#define MEAS_NONCE		48
#define TDI_FUNCTION_ID		24
#define FENCE_ASID		16

/* FUNCTION_ID of TDISP: 15:0 requester, 23:16 segment, 24 segment valid */
#define FUNC_SEGMENT		GENMASK(23, 16)
#define FUNC_SEGMENT_VALID	BIT(24)
#define FUNC_RSVD		GENMASK(31, 25)

/* SPDM has 8 certificate slots */
#define CERT_SLOTS		8

static struct fake_dev *fake_find_dev(struct fake_psp *psp, u64 sla)
{
	unsigned int i;

	for (i = 0; i < FAKE_DEVS_MAX; i++)
		if (psp->devs[i].used && psp->devs[i].ctx.sla == fake_sla(sla))
			return &psp->devs[i];
	return NULL;
}

/* A TDI context belongs to the device that it was created for */
static struct fake_tdi *fake_find_tdi(struct fake_psp *psp, struct fake_dev *dev, u64 sla)
{
	struct fake_tdi *tdi;
	unsigned int i;

	for (i = 0; i < FAKE_TDIS_MAX; i++) {
		tdi = &psp->tdis[i];
		if (tdi->state != FAKE_TDI_NONE && tdi->sla == fake_sla(sla) &&
		    tdi->dev == fake_dev_nr(psp, dev))
			return tdi;
	}
	return NULL;
}

static struct fake_guest *fake_find_guest(struct fake_psp *psp, u64 gctx)
{
	unsigned int i;

	for (i = 0; i < FAKE_GUESTS_MAX; i++)
		if (fake_pa(gctx) && psp->guests[i].gctx == fake_pa(gctx))
			return &psp->guests[i];
	return NULL;
}

static u8 *fake_fence(struct fake_call *call)
{
	return &call->dev->fence[call->guest - call->psp->guests];
}

static int fake_tell(struct fake_call *call, const void *out, u32 len)
{
	return fake_page_write(call->psp, fake_u64(call->buf, call->rule->status), out, len);
}

/* tdi_count and bound_tdi_count of struct sev_tio_dev_status (HOST) */
static unsigned int fake_count_tdis(struct fake_call *call, bool bound)
{
	struct fake_tdi *tdi;
	unsigned int i, n = 0;

	for (i = 0; i < FAKE_TDIS_MAX; i++) {
		tdi = &call->psp->tdis[i];
		if (tdi->state == FAKE_TDI_NONE || tdi->dev != fake_dev_nr(call->psp, call->dev))
			continue;
		if (!bound || tdi->state == FAKE_TDI_BOUND)
			n++;
	}
	return n;
}

static void fake_tdi_unbind(struct fake_tdi *tdi)
{
	tdi->state = FAKE_TDI_CREATED;
	tdi->tdisp = FAKE_TDISP_UNLOCKED;
	tdi->gctx = 0;
	tdi->ran = false;
}

/*
 * A context is made of pages of the firmware's that nothing else is made of, as
 * long as TIO_STATUS says: HOST sev_tio_dev_create(), sev_tio_tdi_create().
 */
static int fake_check_ctx(struct fake_call *call, u64 sla, u32 size)
{
	struct fake_buf buf;
	int rc;

	rc = fake_buf_walk(call->psp, sla, &buf);
	return rc ?: fake_buf_check(call->psp, &buf, size, true);
}

/* Open: a second context for the same device. HOST has one. */
static int check_dev_create(struct fake_call *call)
{
	struct fake_psp *psp = call->psp;
	struct fake_dev *dev;
	unsigned int i;

	for (i = 0; i < FAKE_DEVS_MAX; i++) {
		dev = &psp->devs[i];
		if (!dev->used)
			call->dev = call->dev ?: dev;
		else if (dev->device_id == fake_u16(call->buf, CREATE_DEVICE_ID) &&
			 dev->segment_id == call->buf[CREATE_SEGMENT_ID])
			return SEV_RET_IN_USE;
	}
	if (!call->dev)
		return SEV_RET_RESOURCE_LIMIT;
	return fake_check_ctx(call, fake_u64(call->buf, 8), psp->dev_ctx_size);
}

static int exec_dev_create(struct fake_call *call)
{
	struct fake_dev *dev = call->dev;

	memset(dev, 0, sizeof(*dev));
	dev->used = true;
	dev->device_id = fake_u16(call->buf, CREATE_DEVICE_ID);
	dev->root_port_id = fake_u16(call->buf, CREATE_ROOT_PORT_ID);
	dev->segment_id = call->buf[CREATE_SEGMENT_ID];
	if (!call->psp->no_default_fence)
		memset(dev->fence, FAKE_FENCE_DEFAULT, sizeof(dev->fence));
	return fake_buf_walk(call->psp, fake_u64(call->buf, 8), &dev->ctx);
}

/*
 * The device's status counts TDIs (HOST, struct sev_tio_dev_status), and status
 * RECLAIM_REQUIRED exists; so contexts go in the order TDIs, device. Open: a
 * device that is connected. HOST disconnects first, but for an error in the
 * midst of TSM dsm_connect(), where it does not look at the answer.
 */
static int check_dev_reclaim(struct fake_call *call)
{
	if (fake_count_tdis(call, false))
		return SEV_RET_SEV_STATUS_RECLAIM_REQUIRED;
	if (call->dev->connected)
		return SEV_RET_SEV_STATUS_INVALID_DEV_STATE;
	return 0;
}

static int exec_dev_reclaim(struct fake_call *call)
{
	memset(call->dev, 0, sizeof(*call->dev));
	return 0;
}

/* Traffic class 0 is always there: HOST sev_tio_dev_connect(). ROLL_KEY is for a second time. */
static int check_dev_connect(struct fake_call *call)
{
	if (call->dev->connected)
		return SEV_RET_SEV_STATUS_INVALID_DEV_STATE;
	if (!(call->buf[CONNECT_TC_MASK] & BIT(0)))
		return SEV_RET_INVALID_PARAM;
	if (call->buf[CONNECT_CERT_SLOT] >= CERT_SLOTS)
		return SEV_RET_INVALID_PARAM;
	return 0;
}

static int exec_dev_connect(struct fake_call *call)
{
	struct fake_dev *dev = call->dev;

	dev->connected = true;
	dev->tc_mask = call->buf[CONNECT_TC_MASK];
	dev->cert_slot = call->buf[CONNECT_CERT_SLOT];
	memcpy(dev->stream_ids, call->buf + CONNECT_STREAM_IDS, sizeof(dev->stream_ids));
	dev->certs = fake_put_certs(call);
	return 0;
}

static bool fake_forced(struct fake_call *call)
{
	return fake_u32(call->buf, 4) & FLAG_FORCE;
}

/*
 * Without force the device has to be connected and without TDIs. With force it
 * ends whatever is pending, and then binds go with the session; their contexts
 * stay. Open: how a pending command ends otherwise, and force with TDIs but
 * without such a command.
 */
static int check_dev_disconnect(struct fake_call *call)
{
	if (fake_forced(call) && call->dev->pending.cmd.id)
		return 0;
	if (fake_count_tdis(call, false))
		return SEV_RET_SEV_STATUS_RECLAIM_REQUIRED;
	if (!call->dev->connected && !fake_forced(call))
		return SEV_RET_SEV_STATUS_INVALID_DEV_STATE;
	return 0;
}

static int exec_dev_disconnect(struct fake_call *call)
{
	struct fake_tdi *tdi;
	unsigned int i;

	for (i = 0; i < FAKE_TDIS_MAX; i++) {
		tdi = &call->psp->tdis[i];
		if (tdi->state == FAKE_TDI_BOUND && tdi->dev == fake_dev_nr(call->psp, call->dev))
			fake_tdi_unbind(tdi);
	}
	call->dev->connected = false;
	call->dev->certs = 0;
	call->dev->meas = 0;
	return 0;
}

/*
 * struct sev_tio_dev_status (HOST). Open: the numbers of ctx_state; 1 is created
 * here, 2 connected, the digest of an object is its serial number.
 */
static int exec_dev_status(struct fake_call *call)
{
	struct fake_pending *pending = &call->dev->pending;
	struct fake_dev *dev = call->dev;
	u8 out[160] = { sizeof(out) };
	struct fake_tdi *tdi;
	u16 cmd;
	u32 n;

	out[4] = dev->connected ? 2 : 1;
	out[7] = dev->cert_slot;
	memcpy(out + 8, &dev->device_id, sizeof(dev->device_id));
	out[10] = dev->segment_id;
	out[11] = dev->tc_mask;
	if (pending->cmd.id) {
		const struct fake_rule *rule = fake_rule(pending->cmd.id);

		out[6] = BIT(0);
		cmd = pending->cmd.id;
		memcpy(out + 12, &cmd, sizeof(cmd));
		tdi = rule->tdi ? fake_find_tdi(call->psp, dev,
						fake_u64(pending->cmd.buf, rule->tdi)) : NULL;
		if (tdi) {
			out[6] |= BIT(1);
			memcpy(out + 16, &tdi->function_id, sizeof(tdi->function_id));
		}
	}
	out[28] = dev->meas ? BIT(0) : 0;
	memcpy(out + 32, dev->stream_ids, sizeof(dev->stream_ids));
	memcpy(out + 48, &dev->certs, sizeof(dev->certs));
	memcpy(out + 96, &dev->meas, sizeof(dev->meas));
	n = fake_count_tdis(call, false);
	memcpy(out + 144, &n, sizeof(n));
	n = fake_count_tdis(call, true);
	memcpy(out + 148, &n, sizeof(n));
	return fake_tell(call, out, sizeof(out));
}

static int exec_dev_measurements(struct fake_call *call)
{
	call->dev->meas = fake_put_meas(call, call->buf + MEAS_NONCE, call->buf[4]);
	return 0;
}

static int exec_dev_certificates(struct fake_call *call)
{
	call->dev->certs = fake_put_certs(call);
	return 0;
}

static int exec_nothing(struct fake_call *call)
{
	return 0;
}

/*
 * The segment counts if it is said to be valid: HOST sev_tio_tdi_create(). Open:
 * a second context for the same function.
 */
static int check_tdi_create(struct fake_call *call)
{
	u32 func = fake_u32(call->buf, TDI_FUNCTION_ID);
	struct fake_tdi *tdi;
	unsigned int i;

	if (func & FUNC_RSVD || (func & FUNC_SEGMENT && !(func & FUNC_SEGMENT_VALID)))
		return SEV_RET_SEV_STATUS_INVALID_TDI;
	for (i = 0; i < FAKE_TDIS_MAX; i++) {
		tdi = &call->psp->tdis[i];
		if (tdi->state == FAKE_TDI_NONE)
			call->tdi = call->tdi ?: tdi;
		else if (tdi->function_id == func)
			return SEV_RET_IN_USE;
	}
	if (!call->tdi)
		return SEV_RET_RESOURCE_LIMIT;
	return fake_check_ctx(call, fake_u64(call->buf, 16), call->psp->tdi_ctx_size);
}

static int exec_tdi_create(struct fake_call *call)
{
	*call->tdi = (struct fake_tdi) {
		.state = FAKE_TDI_CREATED,
		.dev = fake_dev_nr(call->psp, call->dev),
		.sla = fake_sla(fake_u64(call->buf, 16)),
		.function_id = fake_u32(call->buf, TDI_FUNCTION_ID),
	};
	return fake_buf_walk(call->psp, call->tdi->sla, &call->tdi->ctx);
}

/* HOST reclaims what it has unbound: TSM tdi_unbind() */
static int check_tdi_reclaim(struct fake_call *call)
{
	if (call->tdi->state != FAKE_TDI_CREATED)
		return SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
	return 0;
}

static int exec_tdi_reclaim(struct fake_call *call)
{
	*call->tdi = (struct fake_tdi) { };
	return 0;
}

/*
 * GUEST_DEVICE_ID names the TDI in guest messages (58271 tables 60, 63, 65, 67),
 * so no two TDIs of a guest can have the same.
 */
static bool fake_guest_id_taken(struct fake_call *call)
{
	u16 id = fake_u16(call->buf, BIND_GUEST_ID);
	struct fake_tdi *tdi;
	unsigned int i;

	for (i = 0; i < FAKE_TDIS_MAX; i++) {
		tdi = &call->psp->tdis[i];
		if (tdi != call->tdi && tdi->state == FAKE_TDI_BOUND &&
		    tdi->gctx == call->guest->gctx && tdi->guest_device_id == id)
			return true;
	}
	return false;
}

/*
 * Without the run bit UNLOCKED goes to LOCKED, with it LOCKED goes to RUN: TSM
 * tdi_bind(), tdi_run(); TDISP allows neither from elsewhere. Open: a second bind
 * that says something else than the first; TSM repeats it.
 */
static int check_tdi_bind(struct fake_call *call)
{
	u16 lock = fake_u16(call->buf, BIND_LOCK_FLAGS);
	u16 run = fake_u16(call->buf, BIND_RUN_FLAGS);
	struct fake_tdi *tdi = call->tdi;

	if (lock & ~BIND_LOCK_VALID || run & ~BIND_RUN)
		return SEV_RET_INVALID_PARAM;
	if (run) {
		if (tdi->state != FAKE_TDI_BOUND || tdi->tdisp != FAKE_TDISP_LOCKED)
			return SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
		if (tdi->gctx != call->guest->gctx)
			return SEV_RET_INVALID_GUEST;
		if (tdi->guest_device_id != fake_u16(call->buf, BIND_GUEST_ID) ||
		    tdi->lock_flags != lock)
			return SEV_RET_INVALID_PARAM;
		return 0;
	}
	if (tdi->state != FAKE_TDI_CREATED)
		return SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
	return fake_guest_id_taken(call) ? SEV_RET_IN_USE : 0;
}

/*
 * Open: who lifts the default fence. HOST clears a fence only after UNBIND, and
 * only of a guest whose TDI ran (TSM tdi_unbind()), so here it goes with RUN.
 */
static int exec_tdi_bind(struct fake_call *call)
{
	struct fake_tdi *tdi = call->tdi;

	if (fake_u16(call->buf, BIND_RUN_FLAGS) & BIND_RUN) {
		tdi->tdisp = FAKE_TDISP_RUN;
		tdi->ran = true;
		if (*fake_fence(call) == FAKE_FENCE_DEFAULT)
			*fake_fence(call) = 0;
	} else {
		tdi->state = FAKE_TDI_BOUND;
		tdi->tdisp = FAKE_TDISP_LOCKED;
		tdi->gctx = call->guest->gctx;
		tdi->guest_device_id = fake_u16(call->buf, BIND_GUEST_ID);
		tdi->lock_flags = fake_u16(call->buf, BIND_LOCK_FLAGS);
	}
	fake_put_report(call);
	return 0;
}

/* A command about a bound TDI names its guest: HOST sev_tio_tdi_unbind(), sev_tio_tdi_report() */
static int fake_check_bound(struct fake_call *call)
{
	if (call->tdi->state != FAKE_TDI_BOUND)
		return SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
	if (call->tdi->gctx != call->guest->gctx)
		return SEV_RET_INVALID_GUEST;
	return 0;
}

/* From LOCKED, RUN and ERROR, as STOP_INTERFACE_REQUEST of TDISP. Open: without a bind. */
static int check_tdi_unbind(struct fake_call *call)
{
	int rc = fake_check_bound(call);

	if (rc)
		return rc;
	return fake_forced(call) ? call->psp->force_status : call->psp->unbind_status;
}

static int exec_tdi_unbind(struct fake_call *call)
{
	fake_tdi_unbind(call->tdi);
	return 0;
}

/* GET_DEVICE_INTERFACE_REPORT of TDISP: in LOCKED and RUN */
static int check_tdi_report(struct fake_call *call)
{
	int rc = fake_check_bound(call);

	if (!rc && call->tdi->tdisp == FAKE_TDISP_ERROR)
		rc = SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
	return rc;
}

static int exec_tdi_report(struct fake_call *call)
{
	fake_put_report(call);
	return 0;
}

/*
 * struct sev_tio_tdi_status_data (HOST). Any TDI has a status: TSM tdi_unbind()
 * asks after UNBIND.
 */
static int exec_tdi_status(struct fake_call *call)
{
	struct fake_psp *psp = call->psp;
	u8 out[16] = { };

	memcpy(out, &psp->status_len, sizeof(psp->status_len));
	out[4] = psp->tdisp_state == FAKE_TDISP_TRUE ? call->tdi->tdisp : psp->tdisp_state;
	return fake_tell(call, out, sizeof(out));
}

/*
 * struct sev_tio_tdi_info_data (HOST): bits 3:2 of the flags are 0 unbound, 1
 * locked, 2 run. Open: a TDI in ERROR; here it stays what it was.
 */
static int exec_tdi_info(struct fake_call *call)
{
	struct fake_tdi *tdi = call->tdi;
	u8 out[192] = { sizeof(out) };
	struct fake_guest *guest;

	memcpy(out + 4, &tdi->function_id, sizeof(tdi->function_id));
	out[16] = call->dev->meas ? BIT(0) : 0;
	memcpy(out + 32, &call->dev->certs, sizeof(call->dev->certs));
	memcpy(out + 80, &call->dev->meas, sizeof(call->dev->meas));
	if (tdi->state == FAKE_TDI_BOUND) {
		out[16] |= (tdi->ran ? 2 : 1) << 2;
		out[20] = tdi->lock_flags;
		memcpy(out + 176, &tdi->reports, sizeof(tdi->reports));
		guest = fake_find_guest(call->psp, tdi->gctx);
		if (guest)
			memcpy(out + 184, &guest->asid, sizeof(guest->asid));
	}
	return fake_tell(call, out, sizeof(out));
}

/*
 * The fence is the guest's, not the TDI's: 58271 2.11 as quoted on linux-pci,
 * 2025-06-04 (Xu Yilun). HOST clears it after UNBIND and RECLAIM, if STATUS says
 * that it is there and if the TDI ran: TSM tdi_unbind(). Open: all else, so a
 * guest with another TDI bound at that device, one without fence, and one with
 * the default fence, that nothing has run for.
 */
static int check_fence_clear(struct fake_call *call)
{
	u8 fence = *fake_fence(call);
	struct fake_tdi *tdi;
	unsigned int i;

	for (i = 0; i < FAKE_TDIS_MAX; i++) {
		tdi = &call->psp->tdis[i];
		if (tdi->state == FAKE_TDI_BOUND && tdi->gctx == call->guest->gctx &&
		    tdi->dev == fake_dev_nr(call->psp, call->dev))
			return SEV_RET_IN_USE;
	}
	if (call->psp->fence)
		return 0;
	if (!fence || fence == FAKE_FENCE_DEFAULT)
		return SEV_RET_INVALID_GUEST_STATE;
	return 0;
}

static int exec_fence_clear(struct fake_call *call)
{
	*fake_fence(call) = 0;
	call->psp->fence = 0;
	return 0;
}

static int check_fence_status(struct fake_call *call)
{
	u32 asid = fake_u32(call->buf, FENCE_ASID);
	unsigned int i;

	for (i = 0; asid && i < FAKE_GUESTS_MAX; i++)
		if (call->psp->guests[i].gctx && call->psp->guests[i].asid == asid)
			call->guest = &call->psp->guests[i];
	return call->guest ? 0 : SEV_RET_INVALID_ASID;
}

/* HOST reads 64 bits: sev_tio_asid_fence_status() */
static int exec_fence_status(struct fake_call *call)
{
	u64 out = *fake_fence(call) | call->psp->fence;

	return fake_tell(call, &out, sizeof(out));
}

/* struct sev_data_tio_* (HOST): lengths, offsets, what is reserved */
static const struct fake_rule fake_rules[] = {
	{ .id = FAKE_DEV_CREATE, .len = 32, .any_state = true, .rsvd = { { 21, 11 } },
	  .check = check_dev_create, .exec = exec_dev_create },
	{ .id = FAKE_DEV_RECLAIM, .len = 16, .ctx = 8, .any_state = true,
	  .check = check_dev_reclaim, .exec = exec_dev_reclaim },
	{ .id = FAKE_DEV_CONNECT, .len = 80, .ctx = 48, .spdm = true, .any_state = true,
	  .rsvd = { { 40, 8 }, { 58, 6 } },
	  .check = check_dev_connect, .exec = exec_dev_connect },
	{ .id = FAKE_DEV_DISCONNECT, .len = 48, .flags = FLAG_FORCE, .ctx = 40, .spdm = true,
	  .any_state = true, .check = check_dev_disconnect, .exec = exec_dev_disconnect },
	{ .id = FAKE_DEV_STATUS, .len = 32, .ctx = 8, .status = 16, .any_state = true,
	  .rsvd = { { 24, 8 } }, .exec = exec_dev_status },
	{ .id = FAKE_DEV_MEASUREMENTS, .len = 80, .flags = FLAG_RAW_BITSTREAM, .ctx = 40,
	  .spdm = true, .exec = exec_dev_measurements },
	{ .id = FAKE_DEV_CERTIFICATES, .len = 48, .ctx = 40, .spdm = true,
	  .exec = exec_dev_certificates },
	{ .id = FAKE_TDI_CREATE, .len = 48, .ctx = 8, .rsvd = { { 28, 8 }, { 36, 12 } },
	  .check = check_tdi_create, .exec = exec_tdi_create },
	{ .id = FAKE_TDI_RECLAIM, .len = 32, .ctx = 8, .tdi = 16, .any_state = true,
	  .rsvd = { { 24, 8 } }, .check = check_tdi_reclaim, .exec = exec_tdi_reclaim },
	{ .id = FAKE_TDI_BIND, .len = 80, .ctx = 40, .tdi = 48, .gctx = 56, .spdm = true,
	  .rsvd = { { 70, 10 } }, .check = check_tdi_bind, .exec = exec_tdi_bind },
	{ .id = FAKE_TDI_UNBIND, .len = 64, .flags = FLAG_FORCE, .ctx = 40, .tdi = 48, .gctx = 56,
	  .spdm = true, .check = check_tdi_unbind, .exec = exec_tdi_unbind },
	{ .id = FAKE_TDI_REPORT, .len = 64, .ctx = 40, .tdi = 48, .gctx = 56, .spdm = true,
	  .check = check_tdi_report, .exec = exec_tdi_report },
	{ .id = FAKE_TDI_STATUS, .len = 64, .ctx = 40, .tdi = 48, .status = 56, .spdm = true,
	  .exec = exec_tdi_status },
	{ .id = FAKE_GUEST_REQUEST, .len = 80, .ctx = 40, .tdi = 48, .gctx = 56, .resp = 72,
	  .spdm = true, .check = fake_msg_check, .exec = fake_msg_answer },
	{ .id = FAKE_ASID_FENCE_CLEAR, .len = 32, .ctx = 8, .gctx = 16, .rsvd = { { 24, 8 } },
	  .check = check_fence_clear, .exec = exec_fence_clear },
	{ .id = FAKE_ASID_FENCE_STATUS, .len = 32, .ctx = 8, .status = 20, .rsvd = { { 28, 4 } },
	  .check = check_fence_status, .exec = exec_fence_status },
	{ .id = FAKE_TDI_INFO, .len = 48, .ctx = 8, .tdi = 16, .status = 24,
	  .rsvd = { { 32, 16 } }, .exec = exec_tdi_info },
	{ .id = FAKE_ROLL_KEY, .len = 48, .ctx = 40, .spdm = true, .exec = exec_nothing },
};

/**
 * fake_rule() - rule of a command
 * @id: command
 *
 * Returns: the rule, NULL if there is no such command
 */
const struct fake_rule *fake_rule(int id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fake_rules); i++)
		if (fake_rules[i].id == id)
			return &fake_rules[i];
	return NULL;
}

static int fake_check_layout(struct fake_call *call)
{
	const struct fake_rule *rule = call->rule;
	unsigned int i;

	if (fake_u32(call->buf, 0) != rule->len)
		return SEV_RET_INVALID_LEN;
	if (fake_u32(call->buf, 4) & ~(u32)rule->flags)
		return SEV_RET_INVALID_PARAM;
	for (i = 0; i < ARRAY_SIZE(rule->rsvd); i++)
		if (memchr_inv(call->buf + rule->rsvd[i].off, 0, rule->rsvd[i].len))
			return SEV_RET_INVALID_PARAM;
	/* struct sev_data_tio_dev_connect has a third one */
	if (rule->id == FAKE_DEV_CONNECT && memchr_inv(call->buf + 72, 0, 8))
		return SEV_RET_INVALID_PARAM;
	return 0;
}

/*
 * DEV_STATUS tells of one command, its TDI and its number (HOST, struct
 * sev_tio_dev_status), so there is no room for a second one at that device. Open:
 * which commands are taken meanwhile; here, what tells of it and what ends it.
 */
static int fake_check_dev(struct fake_call *call)
{
	const struct fake_rule *rule = call->rule;
	bool exempt = rule->id == FAKE_DEV_STATUS ||
		      (rule->id == FAKE_DEV_DISCONNECT && fake_forced(call));

	if (!rule->ctx)
		return 0;
	call->dev = fake_find_dev(call->psp, fake_u64(call->buf, rule->ctx));
	if (!call->dev)
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;
	if (call->dev->pending.cmd.id && !exempt)
		return SEV_RET_SEV_STATUS_INVALID_DEV_STATE;
	if (!rule->any_state && !call->dev->connected)
		return SEV_RET_SEV_STATUS_INVALID_DEV_STATE;
	return 0;
}

static int fake_check_names(struct fake_call *call)
{
	const struct fake_rule *rule = call->rule;

	if (rule->tdi) {
		call->tdi = fake_find_tdi(call->psp, call->dev, fake_u64(call->buf, rule->tdi));
		if (!call->tdi)
			return SEV_RET_SEV_STATUS_INVALID_TDI_CTX;
	}
	if (rule->gctx) {
		call->guest = fake_find_guest(call->psp, fake_u64(call->buf, rule->gctx));
		if (!call->guest)
			return SEV_RET_INVALID_GUEST;
	}
	return 0;
}

/**
 * fake_check() - may a command be executed?
 * @call: command; gets what it names
 *
 * Returns: firmware status
 */
int fake_check(struct fake_call *call)
{
	const struct fake_rule *rule = call->rule;
	int rc;

	rc = fake_check_layout(call);
	if (!rc)
		rc = fake_check_dev(call);
	if (!rc)
		rc = fake_check_names(call);
	if (!rc && rule->status)
		rc = fake_page_write(call->psp, fake_u64(call->buf, rule->status), NULL, 0);
	if (!rc && rule->check)
		rc = rule->check(call);
	return rc;
}
