// SPDX-License-Identifier: GPL-2.0-only
/* The fake PSP: exchanges with the device, guest messages, objects */

#include <linux/mem_encrypt.h>
#include <linux/mm.h>

#include "sev-dev-tio_fake_test.h"

static void test_pending(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	int busy = SEV_RET_SEV_STATUS_INVALID_DEV_STATE;
	u8 *out = p->data;

	ft_setup(test);
	p->psp.rounds = 1;
	ft_buf_bind(buf, &p->dev[0], &p->tdi[0], GCTX1, 0, 0);
	T_IS(test, ft_cmd(FAKE_TDI_BIND, buf), SEV_RET_SPDM_REQUEST);
	KUNIT_EXPECT_TRUE(test, fake_psp_pending(&p->psp));

	T_IS(test, ft_unbind(p, 0, GCTX1, false), busy);
	T_IS(test, ft_unbind(p, 0, GCTX1, true), busy);
	T_IS(test, ft_bind(p, 1, false), busy);
	T_IS(test, ft_state(p, 0), -busy);
	T_IS(test, ft_tdi_reclaim(p, 0), busy);
	T_IS(test, ft_fence(p, ASID1), -busy);
	T_IS(test, ft_fence_clear(p, GCTX1), busy);
	T_IS(test, ft_disconnect(p, 0, false), busy);
	T_IS(test, ft_dev_reclaim(p, 0), busy);
	T_OK(test, ft_dev_status(p));
	KUNIT_EXPECT_EQ(test, out[6], 3);
	KUNIT_EXPECT_EQ(test, get32(out, 12), FAKE_TDI_BIND);
	KUNIT_EXPECT_EQ(test, get32(out, 16), FUNC1);

	/* The other device does not mind */
	T_OK(test, ft_disconnect(p, 1, false));

	ft_response(&p->dev[0], ft_doe(&p->dev[0]));
	T_OK(test, ft_cmd(FAKE_TDI_BIND, buf));
	KUNIT_EXPECT_FALSE(test, fake_psp_pending(&p->psp));
	T_IS(test, ft_state(p, 0), FAKE_TDISP_LOCKED);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 0);
}

/* The way out: DISCONNECT with force; the TDIs' contexts are still to be reclaimed */
static void test_pending_force(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_setup(test);
	T_OK(test, ft_bind(p, 1, false));
	p->psp.rounds = 1;
	ft_buf_bind(buf, &p->dev[0], &p->tdi[0], GCTX1, 0, 0);
	T_IS(test, ft_cmd(FAKE_TDI_BIND, buf), SEV_RET_SPDM_REQUEST);
	T_OK(test, ft_disconnect(p, 0, true));
	KUNIT_EXPECT_FALSE(test, fake_psp_pending(&p->psp));
	T_IS(test, ft_dev_reclaim(p, 0), SEV_RET_SEV_STATUS_RECLAIM_REQUIRED);
	T_IS(test, ft_bind(p, 0, false), SEV_RET_SEV_STATUS_INVALID_DEV_STATE);
	T_OK(test, ft_tdi_reclaim(p, 0));
	T_OK(test, ft_tdi_reclaim(p, 1));
	T_OK(test, ft_dev_reclaim(p, 0));
}

/* A connect that the device never answers */
static void test_pending_connect(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	p->psp.rounds = 1;
	T_OK(test, ft_dev_create(p, 0));
	ft_buf_connect(buf, &p->dev[0]);
	T_IS(test, ft_cmd(FAKE_DEV_CONNECT, buf), SEV_RET_SPDM_REQUEST);
	T_IS(test, ft_dev_reclaim(p, 0), SEV_RET_SEV_STATUS_INVALID_DEV_STATE);
	T_OK(test, ft_disconnect(p, 0, true));
	T_OK(test, ft_dev_reclaim(p, 0));
}

static void test_spdm(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	static const u8 spoil[] = { 4, OBJ, OBJ + 4, OBJ + 8, OBJ + 9, OBJ + 10, OBJ + 0x10 };
	u8 *resp = p->dev[0].spdm[1].page[0];
	unsigned int i;
	int len;

	ft_setup(test);
	p->psp.rounds = 1;
	ft_buf_dev(buf, &p->dev[0], 0);
	for (i = 0; i < ARRAY_SIZE(spoil); i++) {
		T_IS(test, ft_cmd(FAKE_DEV_CERTIFICATES, buf), SEV_RET_SPDM_REQUEST);
		/* Not answered: still pending */
		T_IS(test, ft_cmd(FAKE_DEV_CERTIFICATES, buf), SEV_RET_SPDM_ERROR);
		KUNIT_EXPECT_TRUE(test, fake_psp_pending(&p->psp));
		len = ft_doe(&p->dev[0]);
		KUNIT_EXPECT_EQ(test, len, FAKE_SPDM_LEN);
		ft_response(&p->dev[0], len);
		resp[spoil[i]] ^= 0x80;
		T_IS(test, ft_cmd(FAKE_DEV_CERTIFICATES, buf), SEV_RET_SPDM_ERROR);
		KUNIT_EXPECT_FALSE(test, fake_psp_pending(&p->psp));
	}
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 0);
}

static void test_doe(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	struct tio_dsm *dsm = p->dev[0].dsm;
	u8 *req = p->dev[0].spdm[0].page[0];

	ft_setup(test);
	p->psp.rounds = 1;
	ft_buf_dev(buf, &p->dev[0], 0);
	T_IS(test, ft_cmd(FAKE_DEV_CERTIFICATES, buf), SEV_RET_SPDM_REQUEST);
	KUNIT_EXPECT_EQ(test, req[OBJ + 10], 2);
	p->psp.doe_fail = 1;
	p->psp.doe_rc = -ENXIO;
	T_IS(test, ft_doe(&p->dev[0]), -ENXIO);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 0);
	T_IS(test, sev_tio_doe(dsm, 1), -EIO);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 1);
	dsm->data.spdm.req_len--;
	T_IS(test, sev_tio_doe(dsm, 2), -EIO);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 2);
	dsm->data.spdm.req_len++;
	dsm->data.spdm.rsp_len++;
	T_IS(test, sev_tio_doe(dsm, 2), -EIO);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 3);
	dsm->data.spdm.rsp_len = 8;
	T_IS(test, sev_tio_doe(dsm, 2), 8);
	T_IS(test, sev_tio_doe(dsm, 2), -EIO);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 4);
}

/* How many exchanges there are, and that a session begins in the clear */
static void test_rounds(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 *req = p->dev[0].spdm[0].page[0];
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	T_OK(test, ft_dev_create(p, 0));
	p->psp.rounds = 2;
	ft_buf_connect(buf, &p->dev[0]);
	T_IS(test, ft_cmd(FAKE_DEV_CONNECT, buf), SEV_RET_SPDM_REQUEST);
	KUNIT_EXPECT_EQ(test, req[OBJ + 10], 1);
	ft_response(&p->dev[0], ft_doe(&p->dev[0]));
	T_IS(test, ft_cmd(FAKE_DEV_CONNECT, buf), SEV_RET_SPDM_REQUEST);
	KUNIT_EXPECT_EQ(test, req[OBJ + 10], 2);
	ft_response(&p->dev[0], ft_doe(&p->dev[0]));
	T_OK(test, ft_cmd(FAKE_DEV_CONNECT, buf));
	KUNIT_EXPECT_EQ(test, p->psp.doe_calls, 2);

	T_OK(test, ft_tdi_create(p, 0));
	T_OK(test, ft_bind(p, 0, false));
	KUNIT_EXPECT_EQ(test, p->psp.doe_calls, 4);
	p->psp.force_rounds = 3;
	T_OK(test, ft_unbind(p, 0, GCTX1, true));
	KUNIT_EXPECT_EQ(test, p->psp.doe_calls, 7);
	p->psp.force_rounds = 0;
	T_OK(test, ft_bind(p, 0, false));
	T_OK(test, ft_unbind(p, 0, GCTX1, true));
	T_OK(test, ft_tdi_reclaim(p, 0));
	KUNIT_EXPECT_EQ(test, p->psp.doe_calls, 9);
	T_OK(test, ft_disconnect(p, 0, true));
	KUNIT_EXPECT_EQ(test, p->psp.doe_calls, 9);
}

/* A guest that goes amid an exchange */
static void test_guest_goes(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_setup(test);
	p->psp.rounds = 1;
	ft_buf_bind(buf, &p->dev[0], &p->tdi[0], GCTX1, 0, 0);
	T_IS(test, ft_cmd(FAKE_TDI_BIND, buf), SEV_RET_SPDM_REQUEST);
	fake_psp_forget_guest(&p->psp, GCTX1);
	ft_response(&p->dev[0], ft_doe(&p->dev[0]));
	T_IS(test, ft_cmd(FAKE_TDI_BIND, buf), SEV_RET_INVALID_GUEST);
	KUNIT_EXPECT_FALSE(test, fake_psp_pending(&p->psp));
	T_OK(test, ft_tdi_reclaim(p, 0));
}

static void test_messages(struct kunit *test)
{
	struct ft_priv *p = test->priv;

	ft_setup(test);
	T_IS(test, ft_msg(p, 19, 16), 2);
	T_IS(test, ft_msg(p, 25, 80), 2);
	T_OK(test, ft_bind(p, 0, false));
	T_IS(test, ft_msg(p, 19, 16), 0);
	KUNIT_EXPECT_EQ(test, ((u8 *)p->res)[0x34], 20);
	KUNIT_EXPECT_EQ(test, get32(p->res, 0x20), p->seqno - 1);
	T_IS(test, ft_msg(p, 21, 48), 2);
	T_IS(test, ft_msg(p, 23, 16), 0);
	T_IS(test, ft_msg(p, 25, 80), 2);
	T_OK(test, ft_bind(p, 0, true));
	T_IS(test, ft_msg(p, 19, 16), 0);
	T_IS(test, ft_msg(p, 21, 48), 0);
	T_IS(test, ft_msg(p, 25, 80), 0);
	fake_psp_tdi_error(&p->psp, FUNC1);
	T_IS(test, ft_msg(p, 19, 16), 0);
	T_IS(test, ft_msg(p, 21, 48), 2);
	T_IS(test, ft_msg(p, 25, 80), 2);
	KUNIT_EXPECT_EQ(test, p->psp.msg_status, 2);

	/* Version 2 has its status elsewhere */
	ft_make_msg(p, 25, 80, 2);
	T_OK(test, ft_msg_as(p, GCTX1));
	KUNIT_EXPECT_EQ(test, ((u8 *)p->res)[0x68], 2);

	/* An answer of the test's own; and the request as it came */
	memset(p->psp.resp, 0x77, 8);
	p->psp.resp_len = 8;
	p->seqno += 2;
	ft_make_msg(p, 19, 16, 1);
	T_OK(test, ft_msg_as(p, GCTX1));
	KUNIT_EXPECT_EQ(test, get32(p->res, 4), 0x77777777);
	KUNIT_EXPECT_MEMEQ(test, p->psp.req, p->req, PAGE_SIZE);

	/* And none at all */
	p->psp.no_resp = true;
	memset(p->res, 0x11, 8);
	p->seqno += 2;
	ft_make_msg(p, 19, 16, 1);
	T_OK(test, ft_msg_as(p, GCTX1));
	KUNIT_EXPECT_EQ(test, get32(p->res, 4), 0x11111111);
}

static void test_bad_messages(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	static const u8 hdr[] = { 0x28, 0x2f, 0x30, 0x31, 0x32, 0x35, 0x38, 0x3b, 0x3d, 0x5f };
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	unsigned int i;

	ft_setup(test);
	T_OK(test, ft_bind(p, 0, false));
	for (i = 0; i < ARRAY_SIZE(hdr); i++) {
		ft_make_msg(p, 19, 16, 1);
		p->req[hdr[i]] ^= 0x10;
		T_IS(test, ft_msg_as(p, GCTX1), SEV_RET_INVALID_PARAM);
	}
	T_IS(test, ft_msg(p, 5, 16), -SEV_RET_INVALID_PARAM);
	T_IS(test, ft_msg(p, 19, 48), -SEV_RET_INVALID_LEN);
	T_IS(test, ft_msg(p, 25, 16), -SEV_RET_INVALID_LEN);
	ft_make_msg(p, 19, 16, 1);
	p->req[0x3c] = FAKE_VMPCKS;
	T_IS(test, ft_msg_as(p, GCTX1), SEV_RET_INVALID_PARAM);

	/* The same once more */
	T_IS(test, ft_msg(p, 19, 16), 0);
	T_IS(test, ft_msg_as(p, GCTX1), SEV_RET_AEAD_OFLOW);
	p->psp.any_seqno = true;
	T_OK(test, ft_msg_as(p, GCTX1));
	p->psp.any_seqno = false;

	/* Pages */
	ft_make_msg(p, 19, 16, 1);
	ft_buf_msg(buf, p, 0, GCTX1);
	put64(buf, 64, ft_pa(p->res));
	T_IS(test, ft_cmd(FAKE_GUEST_REQUEST, buf), SEV_RET_INVALID_PAGE_STATE);
	put64(buf, 64, ft_pa(p->req) + 0x60);
	T_IS(test, ft_cmd(FAKE_GUEST_REQUEST, buf), SEV_RET_INVALID_ADDRESS);
	ft_buf_msg(buf, p, 0, GCTX1);
	put64(buf, 72, ft_pa(p->req));
	p->psp.rounds = 1;
	T_IS(test, ft_cmd(FAKE_GUEST_REQUEST, buf), SEV_RET_INVALID_PAGE_STATE);
}

static void test_objects(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 *out = p->dev[0].spdm[3].page[0];
	struct fake_blob *blob = ft_blob(p, 0);
	u32 serial;

	ft_setup(test);
	T_OK(test, ft_measure(p, 0x5a));
	KUNIT_EXPECT_EQ(test, get32(out, OBJ + 4), 0x20 + p->psp.meas_len);
	KUNIT_EXPECT_EQ(test, get32(out, 4) % 32, 0);
	KUNIT_EXPECT_EQ(test, out[OBJ + 9], 1);
	KUNIT_EXPECT_EQ(test, get32(out, OBJ + 0x10), 0x01000300);
	KUNIT_EXPECT_EQ(test, blob->nonce[31], 0x5a);
	KUNIT_EXPECT_EQ(test, blob->flags, 1);
	serial = blob->serial;
	T_OK(test, ft_measure(p, 0x5b));
	KUNIT_EXPECT_EQ(test, blob->nonce[0], 0x5b);
	KUNIT_EXPECT_NE(test, blob->serial, serial);

	blob = ft_blob(p, FAKE_REPORT_BLOB);
	T_OK(test, ft_bind(p, 0, false));
	KUNIT_EXPECT_MEMEQ(test, blob->magic, "FAKEREPT", 8);
	KUNIT_EXPECT_EQ(test, get32(out, OBJ + 0x10), 0x01000000 | FUNC1);
	KUNIT_EXPECT_EQ(test, get32(out, OUT + 12), 1);
	KUNIT_EXPECT_EQ(test, blob->function_id, FUNC1);
	KUNIT_EXPECT_EQ(test, blob->gctx, GCTX1);
	KUNIT_EXPECT_EQ(test, blob->run, 0);
	serial = blob->serial;
	T_OK(test, ft_bind(p, 0, true));
	KUNIT_EXPECT_EQ(test, blob->run, 1);
	KUNIT_EXPECT_NE(test, blob->serial, serial);
	T_OK(test, ft_bind_as(p, 1, GCTX2, 0, 0));
	KUNIT_EXPECT_EQ(test, blob->function_id, FUNC2);
	KUNIT_EXPECT_EQ(test, blob->gctx, GCTX2);

	/* The next command has the buffer anew, and so has one that fails */
	T_IS(test, ft_state(p, 0), FAKE_TDISP_RUN);
	KUNIT_EXPECT_EQ(test, ft_obj(p), 0);
	T_OK(test, ft_report(p, 0));
	p->psp.rounds = 1;
	p->psp.doe_fail = p->psp.doe_calls + 1;
	T_IS(test, ft_report(p, 0), p->psp.doe_rc);
	KUNIT_EXPECT_EQ(test, ft_obj(p), 0);
}

static void test_bad_objects(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 *out = p->dev[0].spdm[3].page[0];

	ft_setup(test);
	p->psp.out = FAKE_OUT_NONE;
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_EQ(test, ft_obj(p), 0);
	p->psp.out = FAKE_OUT_EMPTY;
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_EQ(test, get32(out, OBJ + 4), 0x20);
	p->psp.out = FAKE_OUT_LONG;
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_GT(test, get32(out, OBJ + 4), PAGE_SIZE - OBJ);
	p->psp.out = FAKE_OUT_SHORT;
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_LT(test, get32(out, OBJ + 4), 0x20);
	p->psp.out = FAKE_OUT_ID;
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_NE(test, ft_obj(p), FAKE_OBJ_MEASUREMENTS);
	p->psp.out = FAKE_OUT_TYPE;
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_GT(test, out[OBJ + 0x13], 2);
	p->psp.out = FAKE_OUT_VERSION;
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_NE(test, out[OBJ + 9], 1);
	/* Only where it is said */
	p->psp.out_id = FAKE_OBJ_REPORT;
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_EQ(test, out[OBJ + 9], 1);
}

/* Too much for one page: refused with what it takes, and then across pages */
static void test_expand(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	struct ft_buf big = { }, old = p->dev[0].spdm[3];
	u8 *first, *second, serial;

	ft_setup(test);
	p->psp.certs_len = 5000;
	T_IS(test, ft_dev_cmd(p, FAKE_DEV_CERTIFICATES), SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST);
	KUNIT_EXPECT_EQ(test, get32(old.page[0], 0), 2 * PAGE_SIZE);
	ft_alloc(test, &big, 2, true);
	p->dev[0].spdm[3] = big;
	T_OK(test, ft_dev_cmd(p, FAKE_DEV_CERTIFICATES));
	first = big.page[0];
	second = big.page[1];
	serial = ((struct fake_blob *)(first + OUT))->serial;
	KUNIT_EXPECT_EQ(test, get32(first, OBJ + 4), 0x20 + 5000);
	KUNIT_EXPECT_EQ(test, first[PAGE_SIZE - 1], (u8)(serial + PAGE_SIZE - 1 - OUT));
	KUNIT_EXPECT_EQ(test, second[0], (u8)(serial + PAGE_SIZE - OUT));
	KUNIT_EXPECT_EQ(test, second[5000 + OUT - PAGE_SIZE], 0);
	p->dev[0].spdm[3] = old;
	ft_free(test, &big);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 0);
}

static struct kunit_case ft_spdm_cases[] = {
	KUNIT_CASE(test_pending),
	KUNIT_CASE(test_pending_force),
	KUNIT_CASE(test_pending_connect),
	KUNIT_CASE(test_spdm),
	KUNIT_CASE(test_doe),
	KUNIT_CASE(test_rounds),
	KUNIT_CASE(test_guest_goes),
	KUNIT_CASE(test_messages),
	KUNIT_CASE(test_bad_messages),
	KUNIT_CASE(test_objects),
	KUNIT_CASE(test_bad_objects),
	KUNIT_CASE(test_expand),
	{}
};

static struct kunit_suite ft_spdm_suite = {
	.name = "sev-tio-fake-spdm",
	.init = ft_init,
	.exit = ft_exit,
	.test_cases = ft_spdm_cases,
};

kunit_test_suite(ft_spdm_suite);
