// SPDX-License-Identifier: GPL-2.0-only
/* The fake PSP: commands, their order, states of devices, TDIs and guests */

#include <linux/mem_encrypt.h>
#include <linux/mm.h>

#include "sev-dev-tio_fake_test.h"

static void ft_hardware(struct kunit *test, unsigned int rounds)
{
	struct ft_priv *p = test->priv;
	unsigned int i;

	p->psp.rounds = rounds;
	T_OK(test, ft_dev_create(p, 0));
	T_OK(test, ft_connect(p, 0));
	KUNIT_EXPECT_EQ(test, ft_obj(p), FAKE_OBJ_CERTIFICATES);
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_EQ(test, ft_obj(p), FAKE_OBJ_MEASUREMENTS);

	for (i = 0; i < 2; i++) {
		T_OK(test, ft_tdi_create(p, 0));
		T_OK(test, ft_bind(p, 0, false));
		KUNIT_EXPECT_EQ(test, ft_obj(p), FAKE_OBJ_REPORT);
		T_IS(test, ft_state(p, 0), FAKE_TDISP_LOCKED);
		T_IS(test, ft_msg(p, 19, 16), 0);
		T_IS(test, ft_state(p, 0), FAKE_TDISP_LOCKED);
		T_OK(test, ft_bind(p, 0, true));
		KUNIT_EXPECT_EQ(test, ft_obj(p), FAKE_OBJ_REPORT);
		T_IS(test, ft_state(p, 0), FAKE_TDISP_RUN);
		T_IS(test, ft_msg(p, 25, 80), 0);
		T_IS(test, ft_msg(p, 21, 48), 0);
		T_OK(test, ft_unbind(p, 0, GCTX1, false));
		T_IS(test, ft_msg(p, 25, 80), 2);
		T_IS(test, ft_state(p, 0), FAKE_TDISP_UNLOCKED);
		T_OK(test, ft_tdi_reclaim(p, 0));
		fake_psp_fence_guest(&p->psp, GCTX1, FAKE_FENCE_DMA_ERROR);
		T_IS(test, ft_fence(p, ASID1), FAKE_FENCE_DMA_ERROR);
		T_OK(test, ft_fence_clear(p, GCTX1));
		T_IS(test, ft_fence(p, ASID1), 0);
	}
	T_OK(test, ft_disconnect(p, 0, false));
	T_OK(test, ft_dev_reclaim(p, 0));
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 0);
}

/* TSM dsm_connect(), tdi_bind(), tdi_run(), guest_request(), tdi_unbind(), dsm_disconnect() */
static void test_hardware(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	unsigned int i;

	ft_hardware(test, 0);
	ft_hardware(test, 1);
	ft_hardware(test, 3);
	for (i = 0; i < 2; i++) {
		ft_free(test, &p->dev[i].ctx);
		ft_free(test, &p->dev[i].spdm[0]);
		ft_free(test, &p->dev[i].spdm[1]);
		ft_free(test, &p->dev[i].spdm[2]);
		ft_free(test, &p->dev[i].spdm[3]);
		ft_free(test, &p->tdi[i]);
	}
	snp_free_firmware_page(p->data);
	snp_free_firmware_page(p->res);
	p->data = NULL;
	p->res = NULL;
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&p->psp), 0);
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&p->psp), 0);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 0);
}

/* UNBIND without reclaim, then another bind: TSM guest_request(), STOP; lock flags of both sorts */
static void test_rebind(struct kunit *test)
{
	struct ft_priv *p = test->priv;

	ft_setup(test);
	T_OK(test, ft_bind_as(p, 0, GCTX1, 0, 0));
	T_OK(test, ft_unbind(p, 0, GCTX1, false));
	T_OK(test, ft_bind_as(p, 0, GCTX1, LOCK_REDIRECT, 0));
	T_OK(test, ft_bind_as(p, 0, GCTX1, LOCK_REDIRECT, 1));
	T_OK(test, ft_unbind(p, 0, GCTX1, true));
	T_OK(test, ft_bind_as(p, 0, GCTX2, BIT(0) | BIT(2), 0));
	T_OK(test, ft_unbind(p, 0, GCTX2, false));
	T_OK(test, ft_tdi_reclaim(p, 0));
}

/* What AMD's driver asks besides */
static void test_queries(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 *out = p->data;

	ft_setup(test);
	T_OK(test, ft_dev_cmd(p, FAKE_DEV_CERTIFICATES));
	KUNIT_EXPECT_EQ(test, ft_obj(p), FAKE_OBJ_CERTIFICATES);
	T_OK(test, ft_dev_cmd(p, FAKE_ROLL_KEY));
	T_OK(test, ft_bind(p, 0, false));
	T_OK(test, ft_report(p, 0));
	KUNIT_EXPECT_EQ(test, ft_obj(p), FAKE_OBJ_REPORT);

	T_OK(test, ft_dev_status(p));
	KUNIT_EXPECT_EQ(test, get32(out, 0), 160);
	KUNIT_EXPECT_EQ(test, out[6], 0);
	KUNIT_EXPECT_EQ(test, get32(out, 8), 0x01000300);
	KUNIT_EXPECT_EQ(test, get32(out, 144), 2);
	KUNIT_EXPECT_EQ(test, get32(out, 148), 1);

	T_OK(test, ft_tdi_info(p, 0));
	KUNIT_EXPECT_EQ(test, get32(out, 0), 192);
	KUNIT_EXPECT_EQ(test, get32(out, 4), FUNC1);
	KUNIT_EXPECT_EQ(test, get32(out, 16), 1 << 2);
	KUNIT_EXPECT_EQ(test, get32(out, 176), 2);
	KUNIT_EXPECT_EQ(test, get32(out, 184), ASID1);
	T_OK(test, ft_bind(p, 0, true));
	T_OK(test, ft_report(p, 0));
	T_OK(test, ft_tdi_info(p, 0));
	KUNIT_EXPECT_EQ(test, get32(out, 16), 2 << 2);
	T_OK(test, ft_tdi_info(p, 1));
	KUNIT_EXPECT_EQ(test, get32(out, 16), 0);
}

static void test_tdis_left(struct kunit *test)
{
	struct ft_priv *p = test->priv;

	ft_setup(test);
	T_IS(test, ft_disconnect(p, 0, false), SEV_RET_SEV_STATUS_RECLAIM_REQUIRED);
	T_IS(test, ft_disconnect(p, 0, true), SEV_RET_SEV_STATUS_RECLAIM_REQUIRED);
	T_IS(test, ft_dev_reclaim(p, 0), SEV_RET_SEV_STATUS_RECLAIM_REQUIRED);
	T_OK(test, ft_bind(p, 0, false));
	T_IS(test, ft_tdi_reclaim(p, 0), SEV_RET_SEV_STATUS_INVALID_TDI_STATE);
	T_OK(test, ft_unbind(p, 0, GCTX1, false));
	T_OK(test, ft_tdi_reclaim(p, 0));
	T_OK(test, ft_tdi_reclaim(p, 1));
	T_IS(test, ft_dev_reclaim(p, 0), SEV_RET_SEV_STATUS_INVALID_DEV_STATE);
	T_OK(test, ft_disconnect(p, 0, false));
	T_IS(test, ft_disconnect(p, 0, false), SEV_RET_SEV_STATUS_INVALID_DEV_STATE);
	T_OK(test, ft_dev_reclaim(p, 0));
	T_IS(test, ft_dev_reclaim(p, 0), SEV_RET_SEV_STATUS_INVALID_DEV_CTX);
}

static void test_fence(struct kunit *test)
{
	struct ft_priv *p = test->priv;

	ft_setup(test);
	T_IS(test, ft_fence(p, ASID1), FAKE_FENCE_DEFAULT);
	T_IS(test, ft_fence_clear(p, GCTX1), SEV_RET_INVALID_GUEST_STATE);
	T_OK(test, ft_bind(p, 0, false));
	T_IS(test, ft_fence(p, ASID1), FAKE_FENCE_DEFAULT);
	T_OK(test, ft_bind(p, 0, true));
	T_IS(test, ft_fence(p, ASID1), 0);
	T_IS(test, ft_fence(p, ASID2), FAKE_FENCE_DEFAULT);
	T_OK(test, ft_bind(p, 1, false));

	fake_psp_fence_guest(&p->psp, GCTX1, FAKE_FENCE_DMA_ERROR);
	T_IS(test, ft_fence_clear(p, GCTX1), SEV_RET_IN_USE);
	T_OK(test, ft_unbind(p, 0, GCTX1, false));
	T_IS(test, ft_fence_clear(p, GCTX1), SEV_RET_IN_USE);
	T_OK(test, ft_unbind(p, 1, GCTX1, false));
	T_IS(test, ft_fence(p, ASID1), FAKE_FENCE_DMA_ERROR);
	T_OK(test, ft_fence_clear(p, GCTX1));
	T_IS(test, ft_fence(p, ASID1), 0);
	T_IS(test, ft_fence_clear(p, GCTX1), SEV_RET_INVALID_GUEST_STATE);

	/* Fence of a test's own making */
	p->psp.fence = FAKE_FENCE_MMIO;
	T_IS(test, ft_fence(p, ASID1), FAKE_FENCE_MMIO);
	T_OK(test, ft_fence_clear(p, GCTX1));
	KUNIT_EXPECT_EQ(test, p->psp.fence, 0);
}

static void test_guests(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	int bad = SEV_RET_INVALID_GUEST;

	ft_setup(test);
	T_IS(test, ft_bind_as(p, 0, 0x33000, 0, 0), bad);
	T_IS(test, ft_bind_as(p, 0, 0, 0, 0), bad);
	T_IS(test, ft_fence_clear(p, 0x33000), bad);
	T_IS(test, ft_fence(p, 0), -SEV_RET_INVALID_ASID);
	T_IS(test, ft_fence(p, 33), -SEV_RET_INVALID_ASID);

	T_OK(test, ft_bind(p, 0, false));
	T_IS(test, ft_bind_as(p, 0, GCTX2, 0, 1), bad);
	T_IS(test, ft_unbind(p, 0, GCTX2, false), bad);
	T_IS(test, ft_unbind(p, 0, GCTX2, true), bad);
	ft_make_msg(p, 19, 16, 1);
	T_IS(test, ft_msg_as(p, GCTX2), bad);
	T_IS(test, ft_msg_as(p, 0x33000), bad);

	KUNIT_EXPECT_EQ(test, fake_psp_forget_guest(&p->psp, GCTX2), 0);
	T_IS(test, ft_bind_as(p, 1, GCTX2, 0, 0), bad);
	T_IS(test, ft_fence(p, ASID2), -SEV_RET_INVALID_ASID);
	KUNIT_EXPECT_EQ(test, fake_psp_forget_guest(&p->psp, GCTX1), 1);
	T_IS(test, ft_unbind(p, 0, GCTX1, false), bad);
	T_IS(test, ft_bind(p, 0, true), bad);
	T_IS(test, ft_report(p, 0), bad);
	T_IS(test, ft_tdi_reclaim(p, 0), SEV_RET_SEV_STATUS_INVALID_TDI_STATE);
}

static void test_states(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	int bad = SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_setup(test);
	T_IS(test, ft_state(p, 0), FAKE_TDISP_UNLOCKED);
	T_IS(test, ft_bind(p, 0, true), bad);
	T_IS(test, ft_unbind(p, 0, GCTX1, false), bad);
	T_IS(test, ft_report(p, 0), bad);
	KUNIT_EXPECT_FALSE(test, fake_psp_tdi_error(&p->psp, FUNC1));

	T_OK(test, ft_bind(p, 0, false));
	T_IS(test, ft_bind(p, 0, false), bad);
	/* Not what it was locked with */
	T_IS(test, ft_bind_as(p, 0, GCTX1, LOCK_REDIRECT, 1), SEV_RET_INVALID_PARAM);
	ft_buf_bind(buf, &p->dev[0], &p->tdi[0], GCTX1, 0, 1);
	buf[64] ^= 1;
	T_IS(test, ft_run(&p->dev[0], FAKE_TDI_BIND, buf), SEV_RET_INVALID_PARAM);
	/* The name in the guest is taken */
	ft_buf_bind(buf, &p->dev[0], &p->tdi[1], GCTX1, 0, 0);
	put16(buf, 64, p->tdi[0].sla >> PAGE_SHIFT);
	T_IS(test, ft_run(&p->dev[0], FAKE_TDI_BIND, buf), SEV_RET_IN_USE);
	put64(buf, 56, GCTX2);
	T_OK(test, ft_run(&p->dev[0], FAKE_TDI_BIND, buf));

	T_OK(test, ft_bind(p, 0, true));
	T_IS(test, ft_bind(p, 0, true), bad);
	T_IS(test, ft_bind(p, 0, false), bad);

	KUNIT_EXPECT_TRUE(test, fake_psp_tdi_error(&p->psp, FUNC1));
	T_IS(test, ft_state(p, 0), FAKE_TDISP_ERROR);
	T_IS(test, ft_bind(p, 0, true), bad);
	T_IS(test, ft_report(p, 0), bad);
	T_OK(test, ft_unbind(p, 0, GCTX1, false));
	T_IS(test, ft_state(p, 0), FAKE_TDISP_UNLOCKED);
}

/* What tests can have the firmware say instead */
static void test_said(struct kunit *test)
{
	struct ft_priv *p = test->priv;

	ft_setup(test);
	T_OK(test, ft_bind(p, 0, false));
	p->psp.tdisp_state = 7;
	T_IS(test, ft_state(p, 0), 7);
	p->psp.status_len = 4;
	ft_state(p, 0);
	KUNIT_EXPECT_EQ(test, get32(p->data, 0), 4);
	p->psp.unbind_status = SEV_RET_IN_USE;
	p->psp.force_status = SEV_RET_ACTIVE;
	T_IS(test, ft_unbind(p, 0, GCTX1, false), SEV_RET_IN_USE);
	T_IS(test, ft_unbind(p, 0, GCTX1, true), SEV_RET_ACTIVE);
	KUNIT_EXPECT_EQ(test, fake_psp_find_tdi(&p->psp, FUNC1)->state, FAKE_TDI_BOUND);
	KUNIT_EXPECT_EQ(test, fake_psp_find_tdi(&p->psp, FUNC2)->state, FAKE_TDI_CREATED);
	KUNIT_EXPECT_NULL(test, fake_psp_find_tdi(&p->psp, 0x9999));
}

static void test_contexts(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	T_IS(test, ft_connect(p, 0), SEV_RET_SEV_STATUS_INVALID_DEV_CTX);
	T_OK(test, ft_dev_create(p, 0));
	T_IS(test, ft_tdi_create(p, 0), SEV_RET_SEV_STATUS_INVALID_DEV_STATE);
	ft_buf_dev_create(buf, &p->dev[0]);
	put64(buf, 8, p->dev[1].ctx.sla);
	T_IS(test, ft_cmd(FAKE_DEV_CREATE, buf), SEV_RET_IN_USE);
	ft_buf_dev_create(buf, &p->dev[1]);
	put64(buf, 8, p->dev[0].ctx.sla);
	T_IS(test, ft_cmd(FAKE_DEV_CREATE, buf), SEV_RET_INVALID_PAGE_STATE);
	T_IS(test, ft_measure(p, 0), SEV_RET_SEV_STATUS_INVALID_DEV_STATE);
	T_OK(test, ft_connect(p, 0));
	T_IS(test, ft_connect(p, 0), SEV_RET_SEV_STATUS_INVALID_DEV_STATE);

	T_OK(test, ft_tdi_create(p, 0));
	T_IS(test, ft_bind(p, 1, false), SEV_RET_SEV_STATUS_INVALID_TDI_CTX);
	ft_buf_tdi_create(buf, &p->dev[0], &p->tdi[1], FUNC1);
	T_IS(test, ft_cmd(FAKE_TDI_CREATE, buf), SEV_RET_IN_USE);
	ft_buf_tdi_create(buf, &p->dev[0], &p->tdi[0], FUNC2);
	T_IS(test, ft_cmd(FAKE_TDI_CREATE, buf), SEV_RET_INVALID_PAGE_STATE);
	ft_buf_tdi_create(buf, &p->dev[0], &p->tdi[1], 0x00010000 | FUNC2);
	T_IS(test, ft_cmd(FAKE_TDI_CREATE, buf), SEV_RET_SEV_STATUS_INVALID_TDI);
	ft_buf_tdi_create(buf, &p->dev[0], &p->tdi[1], 0x01010000 | FUNC2);
	T_OK(test, ft_cmd(FAKE_TDI_CREATE, buf));

	/* A TDI of another device */
	T_OK(test, ft_dev_create(p, 1));
	T_OK(test, ft_connect(p, 1));
	ft_buf_bind(buf, &p->dev[1], &p->tdi[0], GCTX1, 0, 0);
	T_IS(test, ft_run(&p->dev[1], FAKE_TDI_BIND, buf), SEV_RET_SEV_STATUS_INVALID_TDI_CTX);
}

/**
 * struct ft_layout - what of a command buffer is reserved
 * @id: command
 * @len: bytes
 * @flags: bits that are defined at offset 4
 * @rsvd: reserved ranges behind that, first and last byte
 */
struct ft_layout {
	int id;
	u8 len;
	u32 flags;
	u8 rsvd[3][2];
};

static const struct ft_layout ft_layouts[] = {
	{ FAKE_DEV_CREATE, 32, 0, { { 21, 31 } } },
	{ FAKE_DEV_RECLAIM, 16, 0 },
	{ FAKE_DEV_CONNECT, 80, 0, { { 40, 47 }, { 58, 63 }, { 72, 79 } } },
	{ FAKE_DEV_DISCONNECT, 48, 1 },
	{ FAKE_DEV_STATUS, 32, 0, { { 24, 31 } } },
	{ FAKE_DEV_MEASUREMENTS, 80, 1 },
	{ FAKE_DEV_CERTIFICATES, 48, 0 },
	{ FAKE_TDI_CREATE, 48, 0, { { 28, 47 } } },
	{ FAKE_TDI_RECLAIM, 32, 0, { { 24, 31 } } },
	{ FAKE_TDI_BIND, 80, 0, { { 70, 79 } } },
	{ FAKE_TDI_UNBIND, 64, 1 },
	{ FAKE_TDI_REPORT, 64, 0 },
	{ FAKE_TDI_STATUS, 64, 0 },
	{ FAKE_GUEST_REQUEST, 80, 0 },
	{ FAKE_ASID_FENCE_CLEAR, 32, 0, { { 24, 31 } } },
	{ FAKE_ASID_FENCE_STATUS, 32, 0, { { 28, 31 } } },
	{ FAKE_TDI_INFO, 48, 0, { { 32, 47 } } },
	{ FAKE_ROLL_KEY, 48, 0 },
};

/* These are found before anything else is looked at, so the rest of the buffer is of no account */
static void test_layout(struct kunit *test)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	const struct ft_layout *l;
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(ft_layouts); i++) {
		l = &ft_layouts[i];
		memset(buf, 0, sizeof(buf));
		put32(buf, 0, l->len - 1);
		T_IS(test, ft_cmd(l->id, buf), SEV_RET_INVALID_LEN);
		put32(buf, 0, l->len + 8);
		T_IS(test, ft_cmd(l->id, buf), SEV_RET_INVALID_LEN);
		put32(buf, 0, l->len);
		for (j = 0; j < 32; j++) {
			if (l->flags & BIT(j))
				continue;
			put32(buf, 4, BIT(j));
			T_IS(test, ft_cmd(l->id, buf), SEV_RET_INVALID_PARAM);
		}
		put32(buf, 4, 0);
		for (j = 0; j < 3 && l->rsvd[j][0]; j++) {
			for (k = l->rsvd[j][0]; k <= l->rsvd[j][1]; k++) {
				buf[k] = 1;
				T_IS(test, ft_cmd(l->id, buf), SEV_RET_INVALID_PARAM);
				buf[k] = 0;
			}
		}
	}
}

static void test_bits(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	unsigned int i;

	ft_setup(test);
	for (i = 0; i < 16; i++) {
		if (BIT(i) & (BIT(0) | BIT(2) | BIT(4)))
			continue;
		T_IS(test, ft_bind_as(p, 0, GCTX1, BIT(i), 0), SEV_RET_INVALID_PARAM);
	}
	for (i = 1; i < 16; i++)
		T_IS(test, ft_bind_as(p, 0, GCTX1, 0, BIT(i)), SEV_RET_INVALID_PARAM);

	T_OK(test, ft_disconnect(p, 1, false));
	ft_buf_connect(buf, &p->dev[1]);
	buf[56] = 2;
	T_IS(test, ft_run(&p->dev[1], FAKE_DEV_CONNECT, buf), SEV_RET_INVALID_PARAM);
	buf[56] = 1;
	buf[57] = 8;
	T_IS(test, ft_run(&p->dev[1], FAKE_DEV_CONNECT, buf), SEV_RET_INVALID_PARAM);
	T_IS(test, ft_cmd(FAKE_DEV_STATUS + 3, buf), SEV_RET_INVALID_COMMAND);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 1);
}

static struct kunit_case ft_cmds_cases[] = {
	KUNIT_CASE(test_hardware),
	KUNIT_CASE(test_rebind),
	KUNIT_CASE(test_queries),
	KUNIT_CASE(test_tdis_left),
	KUNIT_CASE(test_fence),
	KUNIT_CASE(test_guests),
	KUNIT_CASE(test_states),
	KUNIT_CASE(test_said),
	KUNIT_CASE(test_contexts),
	KUNIT_CASE(test_layout),
	KUNIT_CASE(test_bits),
	{}
};

static struct kunit_suite ft_cmds_suite = {
	.name = "sev-tio-fake",
	.init = ft_init,
	.exit = ft_exit,
	.test_cases = ft_cmds_cases,
};

kunit_test_suite(ft_cmds_suite);
