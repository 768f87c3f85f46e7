// SPDX-License-Identifier: GPL-2.0-only
/* Fake PSP: which pages the firmware owns, and buffers made of them */

#include <kunit/static_stub.h>

#include "sev-dev-tio_fake_priv.h"

/* struct sla_addr_t, SLA_PAGE_*, SLA_EOL (HOST) */
#define SLA_LIST	BIT_ULL(0)
#define SLA_2M		BIT_ULL(1)
#define SLA_PFN		GENMASK_ULL(51, 12)
#define SLA_END		SLA_PFN
#define SLA_LIST_LEN	(PAGE_SIZE / sizeof(u64))

static void *fake_va(u64 pfn)
{
	return __va(pfn << PAGE_SHIFT);
}

static struct fake_page *fake_page(struct fake_psp *psp, u64 pfn)
{
	unsigned int i;

	for (i = 0; i < FAKE_PAGES_MAX; i++)
		if (pfn && psp->pages[i].pfn == pfn)
			return &psp->pages[i];
	return NULL;
}

/**
 * fake_page_owned() - does a page belong to the firmware?
 * @psp: firmware
 * @pfn: page
 *
 * Returns: true if it does, even if the host has given it up
 */
bool fake_page_owned(struct fake_psp *psp, u64 pfn)
{
	return fake_page(psp, pfn);
}

/*
 * The fake has a reference of its own to each page, so that a page that the host
 * frees too early is not given to anybody else and can be found.
 */
static int fake_page_add(struct fake_psp *psp, u64 pfn)
{
	struct fake_page *p;
	struct page *page;
	unsigned int i;

	if (!pfn || !pfn_valid(pfn)) {
		fake_bug(psp, "no such page %#llx\n", pfn);
		return -EINVAL;
	}
	p = fake_page(psp, pfn);
	if (p) {
		fake_bug(psp, "page %#llx given twice%s\n", pfn, p->lost ? ", once lost" : "");
		return 0;
	}
	for (i = 0; i < FAKE_PAGES_MAX && psp->pages[i].pfn; i++)
		;
	if (i == FAKE_PAGES_MAX) {
		fake_bug(psp, "more than %u pages\n", FAKE_PAGES_MAX);
		return -ENOMEM;
	}
	page = pfn_to_page(pfn);
	p = &psp->pages[i];
	*p = (struct fake_page) { .pfn = pfn };
	p->held = !PageCompound(page) && page_ref_count(page) > 0;
	if (p->held)
		get_page(page);
	return 0;
}

static void fake_page_check_freed(struct fake_psp *psp, struct fake_page *p)
{
	if (!p->held || p->freed || page_ref_count(pfn_to_page(p->pfn)) > 1)
		return;
	p->freed = true;
	fake_bug(psp, "page %#llx freed while owned\n", p->pfn);
}

static void fake_page_del(struct fake_psp *psp, struct fake_page *p)
{
	fake_page_check_freed(psp, p);
	if (p->held)
		put_page(pfn_to_page(p->pfn));
	*p = (struct fake_page) { };
}

/**
 * fake_pages_scan() - look for pages that were freed while owned
 * @psp: firmware
 */
void fake_pages_scan(struct fake_psp *psp)
{
	unsigned int i;

	for (i = 0; i < FAKE_PAGES_MAX; i++)
		if (psp->pages[i].pfn)
			fake_page_check_freed(psp, &psp->pages[i]);
}

/**
 * fake_pages_forget() - the firmware owns nothing any more
 * @psp: firmware
 *
 * Lost pages are freed: nobody else will. The others are the driver's to free.
 */
void fake_pages_forget(struct fake_psp *psp)
{
	struct fake_page *p;
	struct page *page;
	unsigned int i;

	for (i = 0; i < FAKE_PAGES_MAX; i++) {
		p = &psp->pages[i];
		if (!p->pfn)
			continue;
		page = pfn_to_page(p->pfn);
		fake_page_check_freed(psp, p);
		if (p->held && p->lost && !p->freed)
			put_page(page);
		if (p->held)
			put_page(page);
		*p = (struct fake_page) { };
	}
}

static bool fake_buf_has(const struct fake_buf *buf, u64 pfn)
{
	unsigned int i;

	for (i = 0; i < buf->nr; i++)
		if (buf->pfn[i] == pfn)
			return true;
	return false;
}

/* Pages that the answer of a command goes to: status, response */
static bool fake_cmd_answers_to(const struct fake_cmd *cmd, u64 pfn)
{
	const struct fake_rule *rule = fake_rule(cmd->id);
	const u8 to[] = { rule->status, rule->resp };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(to); i++)
		if (to[i] && fake_pa(fake_u64(cmd->buf, to[i])) >> PAGE_SHIFT == pfn)
			return true;
	return false;
}

static bool fake_dev_uses(struct fake_dev *dev, u64 pfn)
{
	unsigned int i;

	if (!dev->used)
		return false;
	if (fake_buf_has(&dev->ctx, pfn))
		return true;
	if (dev->pending.cmd.id && fake_cmd_answers_to(&dev->pending.cmd, pfn))
		return true;
	for (i = 0; dev->pending.cmd.id && i < FAKE_ROLES; i++)
		if (fake_buf_has(&dev->pending.bufs[i], pfn))
			return true;
	return false;
}

/*
 * A context until its RECLAIM; a buffer, and a page that the answer goes to, until their
 * command has come to its end. TSM gives none of them away before.
 */
static bool fake_page_in_use(struct fake_psp *psp, u64 pfn)
{
	unsigned int i;

	for (i = 0; i < FAKE_DEVS_MAX; i++)
		if (fake_dev_uses(&psp->devs[i], pfn))
			return true;
	for (i = 0; i < FAKE_TDIS_MAX; i++)
		if (psp->tdis[i].state != FAKE_TDI_NONE && fake_buf_has(&psp->tdis[i].ctx, pfn))
			return true;
	return false;
}

/* The host's view of what it may not take back. What it gives up can't come back. */
static int fake_page_take(struct fake_psp *psp, u64 pfn)
{
	struct fake_page *p = fake_page(psp, pfn);

	if (!p) {
		fake_bug(psp, "page %#llx reclaimed though not given\n", pfn);
		return -EIO;
	}
	if (p->lost) {
		fake_bug(psp, "page %#llx reclaimed though given up\n", pfn);
		return -EIO;
	}
	if (psp->dead)
		return -EBUSY;
	if (fake_page_in_use(psp, pfn)) {
		fake_bug(psp, "page %#llx reclaimed while in use\n", pfn);
		return -EIO;
	}
	fake_page_del(psp, p);
	return 0;
}

static void fake_page_lose(struct fake_psp *psp, u64 pfn)
{
	struct fake_page *p = fake_page(psp, pfn);

	if (p)
		p->lost = true;
}

/* RMPUPDATE is an instruction of the CPU: this works with a dead firmware, too */
static int fake_give_page(u64 pfn)
{
	struct fake_psp *psp = fake_psp();

	if (fake_op_fails(psp))
		return psp->fail_rc;
	return fake_page_add(psp, pfn);
}

static void fake_leak_page(u64 pfn)
{
	struct fake_psp *psp = fake_psp();
	struct fake_page *p = fake_page(psp, pfn);

	if (!p) {
		fake_bug(psp, "page %#llx given up though not given\n", pfn);
		return;
	}
	if (p->lost)
		fake_bug(psp, "page %#llx given up twice\n", pfn);
	p->lost = true;
}

/* What can't be reclaimed, and all after it, is leaked: snp_reclaim_pages() of sev-dev.c */
static int fake_reclaim_pages(unsigned long paddr, unsigned int npages, bool locked)
{
	u64 pfn = fake_pa(paddr) >> PAGE_SHIFT;
	struct fake_psp *psp = fake_psp();
	unsigned int i;
	int rc = 0;

	if (fake_op_fails(psp)) {
		rc = psp->dead ? -EBUSY : psp->fail_rc;
		psp->dead |= rc == -ETIMEDOUT;
	}
	for (i = 0; !rc && i < npages; i++) {
		rc = fake_page_take(psp, pfn + i);
		if (rc)
			break;
	}
	for (; rc && i < npages; i++)
		fake_page_lose(psp, pfn + i);
	return rc;
}

static void *fake_alloc_firmware_page(gfp_t gfp)
{
	struct fake_psp *psp = fake_psp();
	struct page *page;

	if (fake_op_fails(psp))
		return NULL;
	page = alloc_page(gfp);
	if (!page)
		return NULL;
	if (fake_page_add(psp, page_to_pfn(page))) {
		__free_page(page);
		return NULL;
	}
	return page_address(page);
}

/* A page that can't be reclaimed is not freed: __snp_free_firmware_pages() of sev-dev.c */
static void fake_free_firmware_page(void *addr)
{
	if (!addr)
		return;
	if (!fake_reclaim_pages(__pa(addr), 1, false))
		free_page((unsigned long)addr);
}

/**
 * fake_sla() - scatter list address without C-bit
 * @sla: the address
 *
 * Returns: the address without it
 */
u64 fake_sla(u64 sla)
{
	return fake_pa(sla & SLA_PFN) | (sla & ~SLA_PFN);
}

static int fake_buf_add(struct fake_buf *buf, u64 sla)
{
	u64 pfn = fake_pa(sla & SLA_PFN) >> PAGE_SHIFT;

	if (!pfn || !pfn_valid(pfn) || fake_buf_has(buf, pfn))
		return SEV_RET_INVALID_ADDRESS;
	if (buf->nr == FAKE_BUF_PAGES_MAX)
		return SEV_RET_RESOURCE_LIMIT;
	buf->pfn[buf->nr++] = pfn;
	return 0;
}

/**
 * fake_buf_walk() - find the pages of a buffer
 * @psp: firmware
 * @sla: scatter list address
 * @buf: gets the pages
 *
 * One page is named by itself, several by a page with their addresses and an
 * end mark; the page with the list stays the host's: HOST sla_alloc(),
 * sla_buffer_map(). Open: pages of 2M, lists of lists, a list in a page of the
 * firmware's. HOST has none of these.
 *
 * Returns: firmware status
 */
int fake_buf_walk(struct fake_psp *psp, u64 sla, struct fake_buf *buf)
{
	u64 pfn = fake_pa(sla & SLA_PFN) >> PAGE_SHIFT;
	unsigned int i;
	u64 *list;
	int rc;

	*buf = (struct fake_buf) { .sla = fake_sla(sla) };
	if (sla & ~(SLA_PFN | SLA_LIST))
		return SEV_RET_INVALID_ADDRESS;
	if (!(sla & SLA_LIST))
		return fake_buf_add(buf, sla);
	if (!pfn || !pfn_valid(pfn))
		return SEV_RET_INVALID_ADDRESS;
	if (fake_page_owned(psp, pfn))
		return SEV_RET_INVALID_PAGE_STATE;

	list = fake_va(pfn);
	for (i = 0; i < SLA_LIST_LEN && list[i] != SLA_END; i++) {
		if (list[i] & ~SLA_PFN)
			return SEV_RET_INVALID_ADDRESS;
		rc = fake_buf_add(buf, list[i]);
		if (rc)
			return rc;
	}
	if (i == SLA_LIST_LEN || !buf->nr)
		return SEV_RET_INVALID_ADDRESS;
	return 0;
}

/**
 * fake_buf_check() - is a buffer what it has to be?
 * @psp: firmware
 * @buf: buffer
 * @size: bytes that it needs at least
 * @owned: belongs to the firmware, and else to the host
 *
 * Which is whose: HOST spdm_ctrl_alloc(), sev_tio_dev_create(),
 * sev_tio_tdi_create(). Each has its capacity in its header: HOST sla_alloc().
 *
 * Returns: firmware status
 */
int fake_buf_check(struct fake_psp *psp, const struct fake_buf *buf, u32 size, bool owned)
{
	unsigned int i;
	u32 capacity;

	for (i = 0; i < buf->nr; i++) {
		if (fake_page_owned(psp, buf->pfn[i]) != owned)
			return SEV_RET_INVALID_PAGE_STATE;
		if (owned && fake_page(psp, buf->pfn[i])->lost)
			fake_bug(psp, "page %#llx used though given up\n", buf->pfn[i]);
	}
	if (buf->nr * PAGE_SIZE < size)
		return SEV_RET_INCORRECT_BUFFER_LENGTH;
	fake_buf_read(buf, FAKE_BUF_CAPACITY, &capacity, sizeof(capacity));
	if (capacity != buf->nr * PAGE_SIZE)
		return SEV_RET_INCORRECT_BUFFER_LENGTH;
	for (i = 0; i < buf->nr; i++)
		if (fake_page_in_use(psp, buf->pfn[i]))
			return SEV_RET_INVALID_PAGE_STATE;
	return 0;
}

/**
 * fake_buf_overlaps() - do two buffers have a page in common?
 * @a: one
 * @b: the other
 *
 * Returns: true if they have
 */
bool fake_buf_overlaps(const struct fake_buf *a, const struct fake_buf *b)
{
	unsigned int i;

	for (i = 0; i < a->nr; i++)
		if (fake_buf_has(b, a->pfn[i]))
			return true;
	return false;
}

/**
 * fake_buf_write() - write to a buffer
 * @buf: buffer
 * @off: offset
 * @data: what; NULL for zeroes
 * @len: bytes; what does not fit is dropped
 */
void fake_buf_write(const struct fake_buf *buf, u32 off, const void *data, u32 len)
{
	u32 in, n, done;

	for (done = 0; done < len && (off + done) >> PAGE_SHIFT < buf->nr; done += n) {
		in = offset_in_page(off + done);
		n = min_t(u32, len - done, PAGE_SIZE - in);
		if (data)
			memcpy(fake_va(buf->pfn[(off + done) >> PAGE_SHIFT]) + in, data + done, n);
		else
			memset(fake_va(buf->pfn[(off + done) >> PAGE_SHIFT]) + in, 0, n);
	}
}

/**
 * fake_buf_read() - read from a buffer
 * @buf: buffer
 * @off: offset
 * @data: where to
 * @len: bytes; what is beyond the buffer reads as zeroes
 */
void fake_buf_read(const struct fake_buf *buf, u32 off, void *data, u32 len)
{
	u32 in, n, done;

	memset(data, 0, len);
	for (done = 0; done < len && (off + done) >> PAGE_SHIFT < buf->nr; done += n) {
		in = offset_in_page(off + done);
		n = min_t(u32, len - done, PAGE_SIZE - in);
		memcpy(data + done, fake_va(buf->pfn[(off + done) >> PAGE_SHIFT]) + in, n);
	}
}

/**
 * fake_page_write() - write the answer to a page that a command names
 * @psp: firmware
 * @pa: its address
 * @data: answer; NULL to see only if it could be written
 * @len: bytes
 *
 * HOST has answers written to the start of a page from
 * snp_alloc_firmware_page(): sev_tio_dev_create(), sev_tio_tdi_status(),
 * sev_tio_asid_fence_status(). Open: other places.
 *
 * Returns: firmware status
 */
int fake_page_write(struct fake_psp *psp, u64 pa, const void *data, u32 len)
{
	u64 pfn = fake_pa(pa) >> PAGE_SHIFT;

	if (!pfn || offset_in_page(pa) || !pfn_valid(pfn))
		return SEV_RET_INVALID_ADDRESS;
	if (!fake_page_owned(psp, pfn) || fake_page_in_use(psp, pfn))
		return SEV_RET_INVALID_PAGE_STATE;
	if (data)
		memcpy(fake_va(pfn), data, len);
	return 0;
}

/**
 * fake_psp_owned() - how many pages the firmware owns and the driver will get back
 * @psp: firmware
 *
 * Returns: number of pages
 */
unsigned int fake_psp_owned(struct fake_psp *psp)
{
	unsigned int i, n = 0;

	fake_pages_scan(psp);
	for (i = 0; i < FAKE_PAGES_MAX; i++)
		if (psp->pages[i].pfn && !psp->pages[i].lost)
			n++;
	return n;
}

/**
 * fake_psp_lost() - how many pages the driver will not get back
 * @psp: firmware
 *
 * Returns: number of pages
 */
unsigned int fake_psp_lost(struct fake_psp *psp)
{
	unsigned int i, n = 0;

	fake_pages_scan(psp);
	for (i = 0; i < FAKE_PAGES_MAX; i++)
		if (psp->pages[i].pfn && psp->pages[i].lost)
			n++;
	return n;
}

/**
 * fake_pages_install() - put the fake in the place of the functions that move pages
 * @test: test that it is for
 */
void fake_pages_install(struct kunit *test)
{
	kunit_activate_static_stub(test, sev_tio_give_page, fake_give_page);
	kunit_activate_static_stub(test, sev_tio_leak_page, fake_leak_page);
	kunit_activate_static_stub(test, snp_reclaim_pages, fake_reclaim_pages);
	kunit_activate_static_stub(test, snp_alloc_firmware_page, fake_alloc_firmware_page);
	kunit_activate_static_stub(test, snp_free_firmware_page, fake_free_firmware_page);
}
