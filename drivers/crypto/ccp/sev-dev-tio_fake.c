// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEV-TIO firmware for KUnit, with a device. It keeps the states of contexts and
 * pages, and refuses commands that these do not allow. Offsets are spelled out
 * again, as the driver's structures are under test.
 */
#include <kunit/static_stub.h>
#include <linux/mm.h>
#include <linux/unaligned.h>

#include "sev-dev-tio_fake.h"

#define CMA		1
#define SSESSION	2

static struct fake_psp *fake_psp(void)
{
	return kunit_get_current_test()->priv;
}

static void fake_bug(struct fake_psp *psp, const char *what, u64 value)
{
	psp->bugs++;
	kunit_err(kunit_get_current_test(), "%s: %#llx\n", what, value);
}

/* Pages */

static struct fake_page *find_page(struct fake_psp *psp, u64 pfn)
{
	for (int i = 0; i < FAKE_PAGES_MAX; i++)
		if (psp->pages[i].pfn == pfn)
			return &psp->pages[i];
	return NULL;
}

static bool is_owned(struct fake_psp *psp, u64 pa)
{
	return pa && find_page(psp, pa >> PAGE_SHIFT);
}

static bool should_fail(struct fake_psp *psp)
{
	psp->ops++;
	return psp->ops == psp->fail[0] || psp->ops == psp->fail[1];
}

/* Whether a page is part of the context at @sla */
static bool sla_has_page(u64 sla, u64 pfn)
{
	u64 *scatter = __va(sla & GENMASK_ULL(51, 12));

	if (!sla)
		return false;
	if (!(sla & BIT(0)))
		return sla >> PAGE_SHIFT == pfn;

	while (*scatter != GENMASK_ULL(51, 12))
		if (*scatter++ >> PAGE_SHIFT == pfn)
			return true;
	return false;
}

static bool is_live_context(struct fake_psp *psp, u64 pfn)
{
	if (sla_has_page(psp->dev_sla, pfn))
		return true;
	for (int i = 0; i < FAKE_TDIS_MAX; i++)
		if (psp->tdis[i].state != FAKE_TDI_NONE &&
		    sla_has_page(psp->tdis[i].sla, pfn))
			return true;
	return false;
}

static void forget_page(struct fake_page *page)
{
	put_page(pfn_to_page(page->pfn));
	page->pfn = 0;
	page->lost = false;
}

static int fake_give_page(u64 pfn)
{
	struct fake_psp *psp = fake_psp();
	struct fake_page *page = find_page(psp, 0);

	if (should_fail(psp))
		return -EIO;
	if (find_page(psp, pfn) || !page) {
		fake_bug(psp, "page given twice", pfn);
		return -EIO;
	}

	/* Shows whether the driver frees it meanwhile */
	get_page(pfn_to_page(pfn));
	page->pfn = pfn;
	page->lost = false;
	return 0;
}

static void lose_page(struct fake_psp *psp, u64 pfn)
{
	struct fake_page *page = find_page(psp, pfn);

	if (!page || page->lost)
		fake_bug(psp, "lost page that is not the firmware's", pfn);
	else
		page->lost = true;
}

static void fake_leak_page(u64 pfn)
{
	struct fake_psp *psp = fake_psp();

	/* The table of a scattered buffer is only referred to, not owned */
	if (!find_page(psp, pfn)) {
		get_page(pfn_to_page(pfn));
		find_page(psp, 0)->pfn = pfn;
	}
	lose_page(psp, pfn);
}

static int fake_reclaim_pages(unsigned long paddr, unsigned int npages,
			      bool locked)
{
	struct fake_psp *psp = fake_psp();
	u64 pfn = paddr >> PAGE_SHIFT;

	if (npages != 1 || locked || !find_page(psp, pfn)) {
		fake_bug(psp, "reclaim of what is not the firmware's", paddr);
		return -EIO;
	}
	if (is_live_context(psp, pfn)) {
		if (!psp->dead)
			fake_bug(psp, "reclaim of a context in use", paddr);
		lose_page(psp, pfn);
		return -EIO;
	}
	if (should_fail(psp) || psp->dead) {
		lose_page(psp, pfn);
		return -EIO;
	}

	forget_page(find_page(psp, pfn));
	return 0;
}

static void *fake_alloc_firmware_page(gfp_t gfp)
{
	struct page *page = alloc_page(gfp);

	if (!page)
		return NULL;
	if (fake_give_page(page_to_pfn(page))) {
		__free_page(page);
		return NULL;
	}
	return page_address(page);
}

static void fake_free_firmware_page(void *addr)
{
	if (addr && !fake_reclaim_pages(__pa(addr), 1, false))
		free_page((unsigned long)addr);
}

/* Commands */

static u64 get(const u8 *buf, unsigned int off)
{
	return get_unaligned_le64(buf + off);
}

static bool is_zero(const u8 *buf, unsigned int from, unsigned int to)
{
	return !memchr_inv(buf + from, 0, to - from);
}

/* Bits 11:2 and 63:52 are reserved, every page must be the firmware's */
static bool is_context(struct fake_psp *psp, u64 sla)
{
	u64 *scatter = __va(sla & GENMASK_ULL(51, 12));

	if (!sla || sla & ~(GENMASK_ULL(51, 12) | BIT(0)))
		return false;
	if (!(sla & BIT(0)))
		return is_owned(psp, sla);

	for (; *scatter != GENMASK_ULL(51, 12); scatter++)
		if (*scatter & ~GENMASK_ULL(51, 12) || !is_owned(psp, *scatter))
			return false;
	return true;
}

static bool is_spdm_ctrl(struct fake_psp *psp, const u8 *buf)
{
	/* Request, response, scratch, output: all but the response are owned */
	return is_owned(psp, get(buf, 8)) && get(buf, 16) &&
	       !is_owned(psp, get(buf, 16)) && is_owned(psp, get(buf, 24)) &&
	       is_owned(psp, get(buf, 32));
}

static struct fake_tdi *find_context(struct fake_psp *psp, u64 sla)
{
	for (int i = 0; i < FAKE_TDIS_MAX; i++)
		if (psp->tdis[i].state != FAKE_TDI_NONE &&
		    psp->tdis[i].sla == sla)
			return &psp->tdis[i];
	return NULL;
}

struct fake_tdi *fake_psp_find_tdi(struct fake_psp *psp, u32 function_id)
{
	for (int i = 0; i < FAKE_TDIS_MAX; i++)
		if (psp->tdis[i].state != FAKE_TDI_NONE &&
		    psp->tdis[i].function_id == function_id)
			return &psp->tdis[i];
	return NULL;
}

static int dev_create(struct fake_psp *psp, const u8 *buf)
{
	if (psp->dev_sla || !is_context(psp, get(buf, 8)))
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;

	psp->dev_sla = get(buf, 8);
	return 0;
}

static int dev_connect(struct fake_psp *psp, const u8 *buf)
{
	if (get(buf, 48) != psp->dev_sla)
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;

	psp->connected = true;
	return 0;
}

static int dev_disconnect(struct fake_psp *psp, const u8 *buf)
{
	if (get(buf, 40) != psp->dev_sla)
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;

	psp->connected = false;
	return 0;
}

static int dev_reclaim(struct fake_psp *psp, const u8 *buf)
{
	if (get(buf, 8) != psp->dev_sla)
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;
	if (psp->connected)
		return SEV_RET_SEV_STATUS_INVALID_DEV_STATE;

	psp->dev_sla = 0;
	return 0;
}

static int tdi_create(struct fake_psp *psp, const u8 *buf)
{
	u64 sla = get(buf, 16);

	if (!is_zero(buf, 4, 8) || !is_zero(buf, 28, 48))
		return SEV_RET_INVALID_PARAM;
	if (get(buf, 8) != psp->dev_sla)
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;
	if (!psp->connected)
		return SEV_RET_SEV_STATUS_INVALID_DEV_STATE;
	if (!is_context(psp, sla) || is_live_context(psp, sla >> PAGE_SHIFT))
		return SEV_RET_INVALID_PAGE_STATE;
	if (fake_psp_find_tdi(psp, get_unaligned_le32(buf + 24)))
		return SEV_RET_IN_USE;

	for (int i = 0; i < FAKE_TDIS_MAX; i++) {
		if (psp->tdis[i].state != FAKE_TDI_NONE)
			continue;
		psp->tdis[i].state = FAKE_TDI_CREATED;
		psp->tdis[i].sla = sla;
		psp->tdis[i].function_id = get_unaligned_le32(buf + 24);
		return 0;
	}
	return SEV_RET_RESOURCE_LIMIT;
}

static int tdi_reclaim(struct fake_psp *psp, const u8 *buf)
{
	struct fake_tdi *tdi = find_context(psp, get(buf, 16));

	if (!is_zero(buf, 4, 8) || !is_zero(buf, 24, 32))
		return SEV_RET_INVALID_PARAM;
	if (get(buf, 8) != psp->dev_sla)
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;
	if (!tdi)
		return SEV_RET_SEV_STATUS_INVALID_TDI_CTX;
	if (tdi->state != FAKE_TDI_CREATED)
		return SEV_RET_SEV_STATUS_INVALID_TDI_STATE;

	tdi->state = FAKE_TDI_NONE;
	return 0;
}

/* Common to the commands for a TDI that need SPDM exchanges */
static int check_tdi_cmd(struct fake_psp *psp, const u8 *buf,
			 enum fake_tdi_state state, struct fake_tdi **tdi)
{
	if (!is_spdm_ctrl(psp, buf))
		return SEV_RET_INVALID_PAGE_STATE;
	if (get(buf, 40) != psp->dev_sla)
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;
	*tdi = find_context(psp, get(buf, 48));
	if (!*tdi)
		return SEV_RET_SEV_STATUS_INVALID_TDI_CTX;
	if ((*tdi)->state != state)
		return SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
	return 0;
}

static int tdi_bind(struct fake_psp *psp, const u8 *buf)
{
	struct fake_tdi *tdi;
	int status;

	status = check_tdi_cmd(psp, buf, FAKE_TDI_CREATED, &tdi);
	if (status)
		return status;
	/* Lock flags: neither cache line size nor P2P, redirect; don't run */
	if ((get_unaligned_le16(buf + 66) & ~0x5) != 0x10 ||
	    !is_zero(buf, 4, 8) || !is_zero(buf, 68, 80))
		return SEV_RET_INVALID_PARAM;

	tdi->state = FAKE_TDI_BOUND;
	tdi->gctx = get(buf, 56);
	return 0;
}

static int tdi_unbind(struct fake_psp *psp, const u8 *buf)
{
	u32 flags = get_unaligned_le32(buf + 4);
	struct fake_tdi *tdi;
	int status;

	status = check_tdi_cmd(psp, buf, FAKE_TDI_BOUND, &tdi);
	if (status)
		return status;
	if (flags & ~1 || get(buf, 56) != tdi->gctx)
		return SEV_RET_INVALID_PARAM;

	status = flags ? psp->force_status : psp->unbind_status;
	if (status)
		return status;
	tdi->state = FAKE_TDI_CREATED;
	return 0;
}

static int tdi_status(struct fake_psp *psp, const u8 *buf)
{
	struct fake_tdi *tdi;
	int status;
	u8 *out;

	status = check_tdi_cmd(psp, buf, FAKE_TDI_BOUND, &tdi);
	if (status)
		return status;
	if (!is_zero(buf, 4, 8))
		return SEV_RET_INVALID_PARAM;
	if (!is_owned(psp, get(buf, 56)))
		return SEV_RET_INVALID_PAGE_STATE;

	out = __va(get(buf, 56));
	put_unaligned_le32(psp->status_len, out);
	out[4] = psp->tdisp_state;
	return 0;
}

static int guest_request(struct fake_psp *psp, const u8 *buf)
{
	struct fake_tdi *tdi;
	int status;

	status = check_tdi_cmd(psp, buf, FAKE_TDI_BOUND, &tdi);
	if (status)
		return status;
	if (!is_zero(buf, 4, 8) || get(buf, 56) != tdi->gctx)
		return SEV_RET_INVALID_PARAM;
	if (!get(buf, 64) || is_owned(psp, get(buf, 64)) ||
	    !is_owned(psp, get(buf, 72)))
		return SEV_RET_INVALID_PAGE_STATE;

	memcpy(psp->req, __va(get(buf, 64)), sizeof(psp->req));
	memcpy(__va(get(buf, 72)), psp->resp, psp->resp_len);
	return 0;
}

static int fence_status(struct fake_psp *psp, const u8 *buf)
{
	u64 pa = get(buf, 20);

	if (!is_zero(buf, 4, 8) || !is_zero(buf, 28, 32))
		return SEV_RET_INVALID_PARAM;
	if (get(buf, 8) != psp->dev_sla)
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;
	if (!get_unaligned_le32(buf + 16))
		return SEV_RET_INVALID_ASID;
	if (!is_owned(psp, pa))
		return SEV_RET_INVALID_PAGE_STATE;

	put_unaligned_le32(psp->fence, __va(pa));
	return 0;
}

static int fence_clear(struct fake_psp *psp, const u8 *buf)
{
	if (!is_zero(buf, 4, 8) || !is_zero(buf, 24, 32))
		return SEV_RET_INVALID_PARAM;
	if (get(buf, 8) != psp->dev_sla)
		return SEV_RET_SEV_STATUS_INVALID_DEV_CTX;

	psp->fence &= ~3;
	return 0;
}

static const struct {
	int id;
	u32 length;
	bool spdm;
	int (*run)(struct fake_psp *psp, const u8 *buf);
} fake_cmds[] = {
	{ 0xd2, 0x20, false, dev_create },
	{ 0xd3, 0x10, false, dev_reclaim },
	{ 0xd4, 0x50, true, dev_connect },
	{ 0xd5, 0x30, true, dev_disconnect },
	{ 0xda, 48, false, tdi_create },
	{ 0xdb, 32, false, tdi_reclaim },
	{ 0xdc, 80, true, tdi_bind },
	{ 0xdd, 64, true, tdi_unbind },
	{ 0xdf, 64, true, tdi_status },
	{ 0xe0, 80, true, guest_request },
	{ 0xe1, 32, false, fence_clear },
	{ 0xe2, 32, false, fence_status },
};

/* SPDM: the firmware's half and the device's */

static void spdm_pattern(u8 *buf, unsigned int round, u8 salt)
{
	for (int i = 0; i < FAKE_SPDM_LEN; i++)
		buf[i] = salt + round * 7 + i;
}

static void spdm_request(struct fake_psp *psp)
{
	u8 *buf = __va(get(psp->spdm.cmd.buf, 8));

	put_unaligned_le32(1, buf + 0x40);
	put_unaligned_le32(16 + FAKE_SPDM_LEN, buf + 0x44);
	buf[0x4a] = psp->spdm.round & 1 ? SSESSION : CMA;
	spdm_pattern(buf + 0x50, psp->spdm.round, 0x10);
	psp->spdm.answered = false;
}

static void check_spdm_response(struct fake_psp *psp)
{
	u8 *buf = __va(get(psp->spdm.cmd.buf, 16));
	u32 len = round_up(16 + psp->doe_len, 32);
	u8 pattern[FAKE_SPDM_LEN];

	spdm_pattern(pattern, psp->spdm.round, 0x20);
	if (get_unaligned_le32(buf + 4) != len ||
	    get_unaligned_le32(buf + 0x40) != 2 ||
	    get_unaligned_le32(buf + 0x44) != len ||
	    buf[0x4a] != (psp->spdm.round & 1 ? SSESSION : CMA) ||
	    memcmp(buf + 0x50, pattern, psp->doe_len))
		fake_bug(psp, "SPDM response in round", psp->spdm.round);
}

static int fake_doe(struct tio_dsm *dsm, u8 feature)
{
	struct tsm_spdm *spdm = &dsm->data.spdm;
	struct fake_psp *psp = fake_psp();
	u8 pattern[FAKE_SPDM_LEN];

	spdm_pattern(pattern, psp->spdm.round, 0x10);
	if (feature != (psp->spdm.round & 1 ? SSESSION : CMA) ||
	    spdm->req_len != FAKE_SPDM_LEN || spdm->rsp_len < FAKE_SPDM_LEN ||
	    memcmp(spdm->req, pattern, FAKE_SPDM_LEN))
		fake_bug(psp, "SPDM request in round", psp->spdm.round);

	if (++psp->doe_calls == psp->doe_fail)
		return psp->doe_rc;

	spdm_pattern(spdm->rsp, psp->spdm.round, 0x20);
	psp->spdm.answered = true;
	return psp->doe_len;
}

/* Returns whether the command has to wait for the device */
static bool wait_for_device(struct fake_psp *psp, int id, const u8 *buf,
			    u32 len)
{
	bool again = psp->spdm.cmd.id == id && psp->spdm.answered &&
		     !memcmp(psp->spdm.cmd.buf, buf, len);

	if (again) {
		check_spdm_response(psp);
		psp->spdm.round++;
	} else {
		psp->spdm.cmd.id = id;
		memcpy(psp->spdm.cmd.buf, buf, len);
		psp->spdm.round = 0;
	}

	if (psp->spdm.round < psp->rounds) {
		spdm_request(psp);
		return true;
	}

	psp->spdm.cmd.id = 0;
	return false;
}

static void note_cmd(struct fake_psp *psp, int id, const u8 *buf, u32 len)
{
	struct fake_cmd *cmd;

	if (psp->nr_cmds == FAKE_CMDS_MAX)
		return;

	cmd = &psp->cmds[psp->nr_cmds++];
	memset(cmd, 0, sizeof(*cmd));
	cmd->id = id;
	memcpy(cmd->buf, buf, len);
}

static int run_cmd(struct fake_psp *psp, int id, const u8 *buf)
{
	for (int i = 0; i < ARRAY_SIZE(fake_cmds); i++) {
		u32 len = fake_cmds[i].length;

		if (fake_cmds[i].id != id)
			continue;
		/* What the driver copies is what the firmware reads */
		if (sev_tio_cmd_buffer_len(id) != len ||
		    get_unaligned_le32(buf) != len)
			return SEV_RET_INVALID_LEN;
		if (fake_cmds[i].spdm && wait_for_device(psp, id, buf, len))
			return SEV_RET_SPDM_REQUEST;
		note_cmd(psp, id, buf, len);
		return fake_cmds[i].run(psp, buf);
	}
	return SEV_RET_INVALID_COMMAND;
}

static int fake_do_cmd(int id, void *data, int *psp_ret)
{
	struct fake_psp *psp = fake_psp();

	if (psp->dead)
		return -EBUSY;

	if (should_fail(psp)) {
		psp->dead = psp->fail_rc == -ETIMEDOUT;
		*psp_ret = psp->fail_rc == -EIO ? psp->fail_status : 0;
		return psp->fail_rc;
	}

	*psp_ret = run_cmd(psp, id, data);
	return *psp_ret ? -EIO : 0;
}

/* For the tests */

unsigned int fake_psp_owned(struct fake_psp *psp)
{
	unsigned int n = 0;

	for (int i = 0; i < FAKE_PAGES_MAX; i++)
		n += !!psp->pages[i].pfn;
	return n;
}

/* Lost pages. It is a bug if one was freed */
unsigned int fake_psp_lost(struct fake_psp *psp)
{
	unsigned int n = 0;

	for (int i = 0; i < FAKE_PAGES_MAX; i++) {
		struct fake_page *page = &psp->pages[i];

		if (!page->pfn || !page->lost)
			continue;
		if (page_count(pfn_to_page(page->pfn)) != 2)
			fake_bug(psp, "lost page was freed", page->pfn);
		n++;
	}
	return n;
}

/* A new machine: lost pages come back, contexts are gone but for the device's */
void fake_psp_forget(struct fake_psp *psp)
{
	for (int i = 0; i < FAKE_PAGES_MAX; i++) {
		struct page *page = pfn_to_page(psp->pages[i].pfn);

		if (!psp->pages[i].pfn || !psp->pages[i].lost)
			continue;
		/* Except for a page that the driver freed by mistake */
		if (page_count(page) == 2)
			__free_page(page);
		forget_page(&psp->pages[i]);
	}
	memset(psp->tdis, 0, sizeof(psp->tdis));
	memset(psp->fail, 0, sizeof(psp->fail));
	psp->ops = 0;
	psp->nr_cmds = 0;
	psp->doe_calls = 0;
	psp->doe_fail = 0;
	psp->dead = false;
	psp->spdm.cmd.id = 0;
}

/* @psp is zeroed, and stands at the start of what test->priv points to */
void fake_psp_install(struct kunit *test, struct fake_psp *psp)
{
	psp->fail_rc = -EIO;
	psp->doe_len = FAKE_SPDM_LEN;
	psp->tdisp_state = 1;
	psp->status_len = 8;

	kunit_activate_static_stub(test, sev_do_cmd, fake_do_cmd);
	kunit_activate_static_stub(test, sev_tio_doe, fake_doe);
	kunit_activate_static_stub(test, sev_tio_give_page, fake_give_page);
	kunit_activate_static_stub(test, sev_tio_leak_page, fake_leak_page);
	kunit_activate_static_stub(test, snp_reclaim_pages, fake_reclaim_pages);
	kunit_activate_static_stub(test, snp_alloc_firmware_page,
				   fake_alloc_firmware_page);
	kunit_activate_static_stub(test, snp_free_firmware_page,
				   fake_free_firmware_page);
}
