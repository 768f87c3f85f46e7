// SPDX-License-Identifier: GPL-2.0-only
/* The fake PSP: pages and buffers, and calls that fail */

#include <linux/mem_encrypt.h>
#include <linux/mm.h>

#include "sev-dev-tio_fake_test.h"

static void test_page_states(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	int bad = SEV_RET_INVALID_PAGE_STATE;
	struct ft_buf plain = { };
	unsigned int i;

	ft_alloc(test, &plain, 1, false);
	ft_setup(test);
	/* Each of the four buffers with a page of the wrong owner */
	for (i = 0; i < 4; i++) {
		ft_buf_dev(buf, &p->dev[0], 0);
		put64(buf, 8 + 8 * i, i == 1 ? p->dev[1].spdm[0].sla : plain.sla);
		T_IS(test, ft_cmd(FAKE_DEV_CERTIFICATES, buf), bad);
		put64(buf, 8 + 8 * i, 0);
		T_IS(test, ft_cmd(FAKE_DEV_CERTIFICATES, buf), SEV_RET_INVALID_ADDRESS);
	}
	/* Found before the device is asked */
	p->psp.rounds = 1;
	ft_buf_tdi(buf, &p->dev[0], &p->tdi[1], plain.sla, 0);
	T_IS(test, ft_cmd(FAKE_TDI_STATUS, buf), bad);
	p->psp.rounds = 0;

	/* A context for a buffer; one page for two */
	ft_buf_dev(buf, &p->dev[0], 0);
	put64(buf, 8, p->tdi[0].sla);
	T_IS(test, ft_cmd(FAKE_DEV_CERTIFICATES, buf), bad);
	put64(buf, 8, p->dev[0].spdm[3].sla);
	T_IS(test, ft_cmd(FAKE_DEV_CERTIFICATES, buf), SEV_RET_INVALID_ADDRESS);

	/* Contexts and pages for answers */
	T_OK(test, ft_tdi_reclaim(p, 0));
	ft_buf_tdi_create(buf, &p->dev[0], &plain, FUNC1);
	T_IS(test, ft_cmd(FAKE_TDI_CREATE, buf), bad);
	ft_buf_tdi(buf, &p->dev[0], &p->tdi[1], plain.sla, 0);
	T_IS(test, ft_cmd(FAKE_TDI_STATUS, buf), bad);
	put64(buf, 56, p->tdi[1].sla);
	T_IS(test, ft_cmd(FAKE_TDI_STATUS, buf), bad);
	put64(buf, 56, ft_pa(p->data) + 8);
	T_IS(test, ft_cmd(FAKE_TDI_STATUS, buf), SEV_RET_INVALID_ADDRESS);
	ft_free(test, &plain);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 0);
}

static int ft_create_from(struct ft_priv *p, struct ft_buf *ctx)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_dev_create(buf, &p->dev[0]);
	put64(buf, 8, ctx->sla);
	return ft_cmd(FAKE_DEV_CREATE, buf);
}

static void test_scattered(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	int bad = SEV_RET_INVALID_ADDRESS;
	struct ft_buf ctx = { }, old;
	unsigned int i;
	u64 last;

	p->psp.dev_ctx_size = 3 * PAGE_SIZE;
	T_IS(test, ft_dev_create(p, 0), SEV_RET_INCORRECT_BUFFER_LENGTH);
	ft_alloc(test, &ctx, 3, true);

	last = ctx.list[2];
	ctx.list[2] = ctx.list[1];
	T_IS(test, ft_create_from(p, &ctx), bad);
	ctx.list[2] = last | SLA_LIST;
	T_IS(test, ft_create_from(p, &ctx), bad);
	ctx.list[2] = last | BIT_ULL(1);
	T_IS(test, ft_create_from(p, &ctx), bad);
	ctx.list[2] = last;
	ctx.list[3] = 0;
	T_IS(test, ft_create_from(p, &ctx), bad);
	/* The end is an end where it is first; a list needs one and something before it */
	ctx.list[0] = SLA_END;
	T_IS(test, ft_create_from(p, &ctx), bad);
	ctx.list[0] = ft_pa(ctx.page[0]);
	for (i = 0; i <= FAKE_BUF_PAGES_MAX; i++)
		ctx.list[i] = ft_pa(ctx.page[0]) + i * PAGE_SIZE;
	T_IS(test, ft_create_from(p, &ctx), SEV_RET_RESOURCE_LIMIT);
	for (i = 0; i < 3; i++)
		ctx.list[i] = ft_pa(ctx.page[i]);
	ctx.list[3] = SLA_END;
	last = ctx.sla;
	ctx.sla = last | BIT_ULL(1);
	T_IS(test, ft_create_from(p, &ctx), bad);
	ctx.sla = last | BIT_ULL(63);
	T_IS(test, ft_create_from(p, &ctx), bad);
	ctx.sla = SLA_LIST;
	T_IS(test, ft_create_from(p, &ctx), bad);
	ctx.sla = last;
	put32(ctx.page[0], 0, PAGE_SIZE);
	T_IS(test, ft_create_from(p, &ctx), SEV_RET_INCORRECT_BUFFER_LENGTH);
	put32(ctx.page[0], 0, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, sev_tio_give_page(ft_pfn(ctx.list)), 0);
	T_IS(test, ft_create_from(p, &ctx), SEV_RET_INVALID_PAGE_STATE);
	KUNIT_EXPECT_EQ(test, snp_reclaim_pages(__pa(ctx.list), 1, false), 0);

	old = p->dev[0].ctx;
	p->dev[0].ctx = ctx;
	T_OK(test, ft_dev_create(p, 0));
	T_OK(test, ft_connect(p, 0));
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 0);
	/* Each of its pages is in use */
	KUNIT_EXPECT_NE(test, snp_reclaim_pages(__pa(ctx.page[2]), 1, false), 0);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 1);
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&p->psp), 1);
	ctx.page[2] = NULL;
	p->dev[0].ctx = old;
	fake_psp_forget(&p->psp);
	ft_drop(&ctx);
}

static void test_pages(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	unsigned int owned = fake_psp_owned(&p->psp);
	struct ft_buf buf = { };
	void *page;

	/* Given, and given back */
	ft_alloc(test, &buf, 1, true);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&p->psp), owned + 1);
	T_OK(test, snp_reclaim_pages(__pa(buf.page[0]), 1, false));
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 0);
	/* Never given, or given back already */
	KUNIT_EXPECT_NE(test, snp_reclaim_pages(__pa(buf.page[0]), 1, false), 0);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 1);
	sev_tio_leak_page(ft_pfn(buf.page[0]));
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 2);
	/* Twice */
	T_OK(test, sev_tio_give_page(ft_pfn(buf.page[0])));
	sev_tio_give_page(ft_pfn(buf.page[0]));
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 3);
	KUNIT_EXPECT_EQ(test, sev_tio_give_page(0), -EINVAL);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 4);
	/* Freed while owned: once is enough to say so */
	ft_drop(&buf);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&p->psp), owned + 1);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 5);
	fake_psp_owned(&p->psp);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 5);

	/* Given up, then taken back or given up again */
	page = snp_alloc_firmware_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	sev_tio_leak_page(ft_pfn(page));
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&p->psp), 1);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 5);
	sev_tio_leak_page(ft_pfn(page));
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 6);
	KUNIT_EXPECT_NE(test, snp_reclaim_pages(__pa(page), 1, false), 0);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 7);
}

/* A buffer is in use while its command is pending */
static void test_pages_in_use(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	void *scratch = p->dev[0].spdm[2].page[0];

	ft_setup(test);
	p->psp.rounds = 1;
	ft_buf_dev(buf, &p->dev[0], 0);
	T_IS(test, ft_cmd(FAKE_DEV_CERTIFICATES, buf), SEV_RET_SPDM_REQUEST);
	KUNIT_EXPECT_NE(test, snp_reclaim_pages(__pa(scratch), 1, false), 0);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 1);
	/* It was lost then; and a context can't be freed either */
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&p->psp), 1);
	p->dev[0].spdm[2].page[0] = NULL;
	snp_free_firmware_page(p->tdi[1].page[0]);
	KUNIT_EXPECT_EQ(test, p->psp.bugs, 2);
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&p->psp), 2);
	p->tdi[1].page[0] = NULL;
}

static void test_fail(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	struct fake_psp *psp = &p->psp;
	struct ft_buf buf = { };

	ft_setup(test);
	psp->ops = 0;
	psp->nr_cmds = 0;
	psp->fail[0] = 1;
	psp->fail[1] = 3;
	psp->fail_status = SEV_RET_RESOURCE_LIMIT;
	T_IS(test, ft_bind(p, 0, false), SEV_RET_RESOURCE_LIMIT);
	T_OK(test, ft_bind(p, 0, false));
	T_IS(test, ft_bind(p, 0, true), SEV_RET_RESOURCE_LIMIT);
	T_IS(test, ft_state(p, 0), FAKE_TDISP_LOCKED);
	KUNIT_EXPECT_EQ(test, psp->nr_cmds, 4);
	KUNIT_EXPECT_EQ(test, psp->cmds[0].id, FAKE_TDI_BIND);
	KUNIT_EXPECT_EQ(test, psp->cmds[3].id, FAKE_TDI_STATUS);

	/* Moves of pages */
	psp->fail_rc = -ENOMEM;
	psp->fail[0] = psp->ops + 2;
	ft_alloc(test, &buf, 1, true);
	KUNIT_EXPECT_NULL(test, snp_alloc_firmware_page(GFP_KERNEL));
	psp->fail[0] = psp->ops + 1;
	T_IS(test, snp_reclaim_pages(__pa(buf.page[0]), 1, false), -ENOMEM);
	KUNIT_EXPECT_EQ(test, fake_psp_lost(psp), 1);
	KUNIT_EXPECT_EQ(test, psp->bugs, 0);
}

/* A continuation counts, but is not a command of its own */
static void test_fail_continuation(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	struct fake_psp *psp = &p->psp;

	ft_setup(test);
	psp->rounds = 2;
	psp->nr_cmds = 0;
	psp->fail[0] = psp->ops + 2;
	T_IS(test, ft_report(p, 0), SEV_RET_SEV_STATUS_INVALID_TDI_STATE);
	T_IS(test, ft_bind(p, 0, false), SEV_RET_HWSEV_RET_PLATFORM);
	psp->fail[0] = psp->ops + 2;
	T_IS(test, ft_bind(p, 0, false), SEV_RET_HWSEV_RET_PLATFORM);
	KUNIT_EXPECT_FALSE(test, fake_psp_pending(psp));
	KUNIT_EXPECT_EQ(test, psp->nr_cmds, 3);
	T_OK(test, ft_bind(p, 0, false));
}

static void test_dead(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	struct fake_psp *psp = &p->psp;
	struct ft_buf buf = { };
	int status = 77;

	ft_setup(test);
	psp->fail_rc = -ETIMEDOUT;
	psp->fail[0] = psp->ops + 1;
	T_IS(test, ft_bind(p, 0, false), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, psp->dead);
	T_IS(test, ft_bind(p, 0, false), -EBUSY);
	KUNIT_EXPECT_EQ(test, sev_do_cmd(FAKE_DEV_STATUS, p->req, &status), -EBUSY);
	KUNIT_EXPECT_EQ(test, status, 77);
	/* Pages go, but don't come back */
	ft_alloc(test, &buf, 1, true);
	T_IS(test, snp_reclaim_pages(__pa(buf.page[0]), 1, false), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_psp_lost(psp), 1);
	snp_free_firmware_page(p->data);
	p->data = NULL;
	KUNIT_EXPECT_EQ(test, fake_psp_lost(psp), 2);
	KUNIT_EXPECT_EQ(test, psp->bugs, 0);
}

/* With and without C-bit an address is the same: HOST make_sla(), __psp_pa() */
static void test_c_bit(struct kunit *test)
{
	struct ft_priv *p = test->priv;

	ft_setup(test);
	T_OK(test, ft_bind_as(p, 0, __sme_set(GCTX1), 0, 0));
	p->dev[0].ctx.sla = __sme_clr(p->dev[0].ctx.sla);
	T_IS(test, ft_state(p, 0), FAKE_TDISP_LOCKED);
	T_OK(test, ft_unbind(p, 0, GCTX1, false));
	KUNIT_EXPECT_EQ(test, fake_psp_forget_guest(&p->psp, __sme_set(GCTX1)), 0);
	T_IS(test, ft_bind(p, 0, false), SEV_RET_INVALID_GUEST);
}

static void test_hooks(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	struct fake_psp *psp = &p->psp;

	KUNIT_EXPECT_EQ(test, fake_psp_add_guest(psp, 0, 33), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_psp_add_guest(psp, 0x33000, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_psp_add_guest(psp, GCTX1, 33), -EEXIST);
	KUNIT_EXPECT_EQ(test, fake_psp_add_guest(psp, 0x33000, ASID1), -EEXIST);
	KUNIT_EXPECT_EQ(test, fake_psp_add_guest(psp, 0x33000, 33), 0);
	KUNIT_EXPECT_EQ(test, fake_psp_add_guest(psp, 0x44000, 44), 0);
	KUNIT_EXPECT_EQ(test, fake_psp_add_guest(psp, 0x55000, 55), -ENOSPC);

	psp->no_default_fence = true;
	fake_psp_forget_guest(psp, 0x44000);
	T_OK(test, ft_dev_create(p, 0));
	T_OK(test, ft_connect(p, 0));
	T_IS(test, ft_fence(p, ASID1), 0);
	fake_psp_fence_guest(psp, GCTX1, FAKE_FENCE_MMIO);
	T_IS(test, ft_fence(p, ASID1), FAKE_FENCE_MMIO);
	T_IS(test, ft_fence(p, ASID2), 0);

	/* A page that was given up is not to be used */
	sev_tio_leak_page(ft_pfn(p->dev[0].spdm[3].page[0]));
	KUNIT_EXPECT_EQ(test, psp->bugs, 0);
	T_OK(test, ft_measure(p, 0));
	KUNIT_EXPECT_EQ(test, psp->bugs, 1);
	p->dev[0].spdm[3].page[0] = NULL;
}

static struct kunit_case ft_pages_cases[] = {
	KUNIT_CASE(test_page_states),
	KUNIT_CASE(test_scattered),
	KUNIT_CASE(test_pages),
	KUNIT_CASE(test_pages_in_use),
	KUNIT_CASE(test_fail),
	KUNIT_CASE(test_fail_continuation),
	KUNIT_CASE(test_dead),
	KUNIT_CASE(test_c_bit),
	KUNIT_CASE(test_hooks),
	{}
};

static struct kunit_suite ft_pages_suite = {
	.name = "sev-tio-fake-pages",
	.init = ft_init,
	.exit = ft_exit,
	.test_cases = ft_pages_cases,
};

kunit_test_suite(ft_pages_suite);
