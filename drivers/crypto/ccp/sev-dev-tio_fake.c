// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fake PSP: firmware of SEV-TIO for tests of its driver
 *
 * Made from what is public about the firmware and about AMD's own driver, and not
 * from the driver that it tests. Each rule says where it comes from.
 */

#include <kunit/static_stub.h>
#include <kunit/test-bug.h>

#include "sev-dev-tio_fake_priv.h"

/**
 * fake_psp() - firmware of the test that runs
 *
 * Returns: the firmware
 */
struct fake_psp *fake_psp(void)
{
	return kunit_get_current_test()->priv;
}

/**
 * fake_op_fails() - count a call
 * @psp: firmware
 *
 * Returns: whether it has to fail
 */
bool fake_op_fails(struct fake_psp *psp)
{
	psp->ops++;
	return psp->ops == psp->fail[0] || psp->ops == psp->fail[1];
}

static void fake_record(struct fake_psp *psp, int id, const void *buf, unsigned int len)
{
	struct fake_cmd *cmd;

	if (psp->nr_cmds == FAKE_CMDS_MAX) {
		fake_bug(psp, "more than %u commands\n", FAKE_CMDS_MAX);
		return;
	}
	cmd = &psp->cmds[psp->nr_cmds++];
	cmd->id = id;
	memcpy(cmd->buf, buf, len);
}

/*
 * A command goes on when it comes a second time, byte for byte: HOST
 * sev_tio_do_cmd(), sev_tio_continue().
 */
static struct fake_dev *fake_continued(struct fake_psp *psp, int id, const void *buf,
				       unsigned int len)
{
	struct fake_pending *pending;
	unsigned int i;

	for (i = 0; i < FAKE_DEVS_MAX; i++) {
		pending = &psp->devs[i].pending;
		if (pending->cmd.id == id && !memcmp(pending->cmd.buf, buf, len))
			return &psp->devs[i];
	}
	return NULL;
}

/*
 * An object that does not fit: the buffer's header says how much it takes, HOST
 * sev_tio_do_cmd(), sla_expand(). Open: when; here before anything is done.
 */
static int fake_check_room(struct fake_call *call)
{
	struct fake_buf *buf = &call->bufs[FAKE_OUTPUT];
	u32 need = 0;

	switch (call->rule->id) {
	case FAKE_DEV_CONNECT:
	case FAKE_DEV_CERTIFICATES:
		need = call->psp->certs_len;
		break;
	case FAKE_DEV_MEASUREMENTS:
		need = call->psp->meas_len;
		break;
	case FAKE_TDI_BIND:
	case FAKE_TDI_REPORT:
		need = call->psp->report_len;
		break;
	}
	need = PAGE_ALIGN(need + FAKE_BUF_HDR + FAKE_OUT_HDR);
	if (need <= buf->nr * PAGE_SIZE)
		return 0;
	fake_buf_write(buf, FAKE_BUF_CAPACITY, &need, sizeof(need));
	return SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST;
}

static int fake_begin(struct fake_psp *psp, const struct fake_rule *rule, const u8 *buf)
{
	struct fake_buf bufs[FAKE_ROLES];
	struct fake_call call = {
		.psp = psp,
		.rule = rule,
		.buf = buf,
		.bufs = bufs,
	};
	int rc;

	rc = fake_check(&call);
	if (rc)
		return rc;
	if (rule->id == FAKE_DEV_DISCONNECT)
		fake_spdm_end(call.dev);
	if (!rule->spdm)
		return rule->exec(&call);
	rc = fake_spdm_bufs(&call);
	if (!rc)
		rc = fake_check_room(&call);
	if (rc)
		return rc;
	if (fake_spdm_rounds(&call))
		return fake_spdm_ask(&call);
	return rule->exec(&call);
}

/*
 * What was right before may have changed meanwhile. Open: a continuation without
 * a response; the command stays pending.
 */
static int fake_continue(struct fake_psp *psp, const struct fake_rule *rule, struct fake_dev *dev)
{
	struct fake_pending *pending = &dev->pending;
	struct fake_cmd cmd = pending->cmd;
	struct fake_buf bufs[FAKE_ROLES];
	struct fake_call call = {
		.psp = psp,
		.rule = rule,
		.buf = cmd.buf,
		.dev = dev,
		.bufs = bufs,
		.again = true,
	};
	int rc;

	if (!pending->answered)
		return SEV_RET_SPDM_ERROR;
	rc = fake_spdm_answer(&call);
	if (!rc && pending->round < fake_spdm_rounds(&call))
		return fake_spdm_ask(&call);
	memcpy(bufs, pending->bufs, sizeof(bufs));
	fake_spdm_end(dev);
	if (!rc)
		rc = fake_check(&call);
	return rc ?: rule->exec(&call);
}

/* The call fails by itself: @fake_psp.fail */
static int fake_fail(struct fake_psp *psp, struct fake_dev *dev, int *psp_ret)
{
	switch (psp->fail_rc) {
	case -EIO:
		if (dev)
			fake_spdm_end(dev);
		*psp_ret = psp->fail_status;
		break;
	case -ETIMEDOUT:
		psp->dead = true;
		*psp_ret = 0;
		break;
	}
	return psp->fail_rc;
}

/*
 * Status and error code: __sev_do_cmd_locked() of sev-dev.c. A dead firmware
 * leaves @psp_ret as it was.
 */
static int fake_do_cmd(int id, void *data, int *psp_ret)
{
	struct fake_psp *psp = fake_psp();
	const struct fake_rule *rule = fake_rule(id);
	struct fake_dev *dev;
	int status, none;

	psp_ret = psp_ret ?: &none;
	fake_pages_scan(psp);
	if (psp->dead) {
		fake_op_fails(psp);
		return -EBUSY;
	}
	if (!rule || !data) {
		fake_bug(psp, "no command %#x\n", id);
		*psp_ret = SEV_RET_INVALID_COMMAND;
		return -EIO;
	}
	if (!psp->raw && sev_tio_cmd_buffer_len(id) != rule->len)
		fake_bug(psp, "command %#x is sent with %d bytes\n", id,
			 (int)sev_tio_cmd_buffer_len(id));
	dev = fake_continued(psp, id, data, rule->len);
	if (!dev)
		fake_record(psp, id, data, rule->len);
	if (fake_op_fails(psp))
		return fake_fail(psp, dev, psp_ret);
	status = dev ? fake_continue(psp, rule, dev) : fake_begin(psp, rule, data);
	*psp_ret = status;
	return status ? -EIO : 0;
}

/**
 * fake_psp_find_tdi() - what the firmware has of a TDI
 * @psp: firmware
 * @function_id: FUNCTION_ID of its interface id
 *
 * Returns: the TDI, NULL if it has no context
 */
struct fake_tdi *fake_psp_find_tdi(struct fake_psp *psp, u32 function_id)
{
	unsigned int i;

	for (i = 0; i < FAKE_TDIS_MAX; i++)
		if (psp->tdis[i].state != FAKE_TDI_NONE && psp->tdis[i].function_id == function_id)
			return &psp->tdis[i];
	return NULL;
}

/**
 * fake_psp_add_guest() - make a guest known, as SNP_GCTX_CREATE and SNP_ACTIVATE do
 * @psp: firmware
 * @gctx: physical address of its context
 * @asid: its ASID, not 0
 *
 * Returns: 0, -EEXIST if one of them is in use, -ENOSPC
 */
int fake_psp_add_guest(struct fake_psp *psp, u64 gctx, u32 asid)
{
	struct fake_guest *guest = NULL;
	unsigned int i;

	if (!fake_pa(gctx) || !asid)
		return -EINVAL;
	for (i = 0; i < FAKE_GUESTS_MAX; i++) {
		if (!psp->guests[i].gctx)
			guest = guest ?: &psp->guests[i];
		else if (psp->guests[i].gctx == fake_pa(gctx) || psp->guests[i].asid == asid)
			return -EEXIST;
	}
	if (!guest)
		return -ENOSPC;
	*guest = (struct fake_guest) { .gctx = fake_pa(gctx), .asid = asid };
	for (i = 0; i < FAKE_DEVS_MAX; i++)
		psp->devs[i].fence[guest - psp->guests] =
			psp->no_default_fence ? 0 : FAKE_FENCE_DEFAULT;
	return 0;
}

/**
 * fake_psp_forget_guest() - a guest goes, as with SNP_DECOMMISSION
 * @psp: firmware
 * @gctx: physical address of its context
 *
 * Returns: number of TDIs that were bound to it, and that nothing unbinds now, be there
 *	    another guest with a context at the same address.
 *	    Open: if the firmware would not rather refuse.
 */
unsigned int fake_psp_forget_guest(struct fake_psp *psp, u64 gctx)
{
	unsigned int i, n = 0;

	for (i = 0; i < FAKE_TDIS_MAX; i++)
		if (psp->tdis[i].state == FAKE_TDI_BOUND && psp->tdis[i].gctx == fake_pa(gctx)) {
			psp->tdis[i].gctx = FAKE_GCTX_GONE;
			n++;
		}
	for (i = 0; i < FAKE_GUESTS_MAX; i++)
		if (psp->guests[i].gctx == fake_pa(gctx))
			psp->guests[i] = (struct fake_guest) { };
	return n;
}

/**
 * fake_psp_tdi_error() - throw a TDI to ERROR, as a write to its configuration does
 * @psp: firmware
 * @function_id: its name
 *
 * Returns: whether it was in a state from which that goes (TDISP)
 */
bool fake_psp_tdi_error(struct fake_psp *psp, u32 function_id)
{
	struct fake_tdi *tdi = fake_psp_find_tdi(psp, function_id);

	if (!tdi || tdi->state != FAKE_TDI_BOUND)
		return false;
	tdi->tdisp = FAKE_TDISP_ERROR;
	return true;
}

/**
 * fake_psp_fence_guest() - set the fence of a guest at all devices
 * @psp: firmware
 * @gctx: physical address of its context
 * @status: FAKE_FENCE_*
 */
void fake_psp_fence_guest(struct fake_psp *psp, u64 gctx, u8 status)
{
	unsigned int i, j;

	for (i = 0; i < FAKE_GUESTS_MAX; i++) {
		if (psp->guests[i].gctx != fake_pa(gctx))
			continue;
		for (j = 0; j < FAKE_DEVS_MAX; j++)
			psp->devs[j].fence[i] = status;
	}
}

/**
 * fake_psp_pending() - does a command wait for any device?
 * @psp: firmware
 *
 * Returns: true if one does
 */
bool fake_psp_pending(struct fake_psp *psp)
{
	unsigned int i;

	for (i = 0; i < FAKE_DEVS_MAX; i++)
		if (psp->devs[i].pending.cmd.id)
			return true;
	return false;
}

/**
 * fake_psp_forget() - the firmware has nothing any more; at the end of a test
 * @psp: firmware
 *
 * Frees lost pages.
 */
void fake_psp_forget(struct fake_psp *psp)
{
	fake_pages_forget(psp);
	memset(psp->devs, 0, sizeof(psp->devs));
	memset(psp->tdis, 0, sizeof(psp->tdis));
	memset(psp->guests, 0, sizeof(psp->guests));
}

/**
 * fake_psp_install() - put the fake in the place of the firmware
 * @test: test that it is for; @psp is at the start of its priv
 * @psp: firmware, zeroed
 */
void fake_psp_install(struct kunit *test, struct fake_psp *psp)
{
	psp->test = test;
	psp->fail_rc = -EIO;
	psp->fail_status = SEV_RET_HWSEV_RET_PLATFORM;
	psp->doe_rc = -EIO;
	psp->doe_len = FAKE_SPDM_LEN;
	psp->tdisp_state = FAKE_TDISP_TRUE;
	psp->status_len = 16;
	psp->certs_len = 256;
	psp->meas_len = 128;
	psp->report_len = 128;
	psp->meas_type = 1;
	kunit_activate_static_stub(test, __sev_do_cmd_locked, fake_do_cmd);
	fake_pages_install(test);
	fake_spdm_install(test);
}
