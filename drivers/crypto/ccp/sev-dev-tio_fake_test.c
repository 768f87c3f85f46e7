// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of the fake PSP have in common: raw command buffers, made byte by byte
 * as the structs sev_data_tio_* of AMDESE/linux-kvm@16f379f5
 * drivers/crypto/ccp/sev-dev-tio.c
 */

#include <linux/mem_encrypt.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "sev-dev-tio_fake_test.h"

u64 ft_pa(void *addr)
{
	return __sme_set(__pa(addr));
}

u64 ft_pfn(void *addr)
{
	return __pa(addr) >> PAGE_SHIFT;
}

void ft_alloc(struct kunit *test, struct ft_buf *buf, unsigned int nr, bool owned)
{
	unsigned int i;

	buf->nr = nr;
	buf->owned = owned;
	for (i = 0; i < nr; i++) {
		buf->page[i] = (void *)get_zeroed_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, buf->page[i]);
	}
	buf->sla = ft_pa(buf->page[0]);
	put32(buf->page[0], 0, nr * PAGE_SIZE);
	if (nr > 1) {
		buf->list = (void *)get_zeroed_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, buf->list);
		for (i = 0; i < nr; i++)
			buf->list[i] = ft_pa(buf->page[i]);
		buf->list[nr] = SLA_END;
		buf->sla = ft_pa(buf->list) | SLA_LIST;
	}
	for (i = 0; owned && i < nr; i++)
		KUNIT_ASSERT_EQ(test, sev_tio_give_page(ft_pfn(buf->page[i])), 0);
}

void ft_free(struct kunit *test, struct ft_buf *buf)
{
	unsigned int i;

	for (i = 0; i < buf->nr; i++) {
		if (buf->owned)
			KUNIT_EXPECT_EQ(test, snp_reclaim_pages(__pa(buf->page[i]), 1, false), 0);
		free_page((unsigned long)buf->page[i]);
	}
	free_page((unsigned long)buf->list);
	memset(buf, 0, sizeof(*buf));
}

/* Status of the firmware, or a negative error code */
int ft_cmd(int id, const u8 *buf)
{
	int status = -1, rc;

	rc = sev_do_cmd(id, (void *)buf, &status);
	if (rc == -EIO)
		return status;
	return rc;
}

static void ft_start(u8 *buf, unsigned int len, struct ft_dev *dev, int spdm)
{
	unsigned int i;

	memset(buf, 0, SEV_TIO_MAX_COMMAND_LENGTH);
	put32(buf, 0, len);
	for (i = 0; spdm && i < 4; i++)
		put64(buf, 8 + 8 * i, dev->spdm[i].sla);
}

/* Say to the firmware what the device has said */
void ft_response(struct ft_dev *dev, int len)
{
	u8 *req = dev->spdm[0].page[0], *resp = dev->spdm[1].page[0];
	u32 total = ALIGN(0x10 + len, 32);

	put32(resp, 4, total);
	put32(resp, OBJ, FAKE_OBJ_RESPONSE);
	put32(resp, OBJ + 4, total);
	resp[OBJ + 8] = 0;
	resp[OBJ + 9] = 1;
	resp[OBJ + 10] = req[OBJ + 10];
}

int ft_doe(struct ft_dev *dev)
{
	u8 *req = dev->spdm[0].page[0], *resp = dev->spdm[1].page[0];
	struct tio_dsm *dsm = dev->dsm;

	if (get32(req, OBJ) != FAKE_OBJ_REQUEST)
		return -EBADMSG;
	dsm->data.spdm.req = req + OBJ + 0x10;
	dsm->data.spdm.req_len = get32(req, OBJ + 4) - 0x10;
	dsm->data.spdm.rsp = resp + OBJ + 0x10;
	dsm->data.spdm.rsp_len = PAGE_SIZE - OBJ - 0x10;
	return sev_tio_doe(dsm, req[OBJ + 10]);
}

/* A command with all its exchanges */
int ft_run(struct ft_dev *dev, int id, const u8 *buf)
{
	int rc = ft_cmd(id, buf), len;

	while (rc == SEV_RET_SPDM_REQUEST) {
		len = ft_doe(dev);
		if (len < 0)
			return len;
		ft_response(dev, len);
		rc = ft_cmd(id, buf);
	}
	return rc;
}

void ft_buf_dev_create(u8 *buf, struct ft_dev *dev)
{
	ft_start(buf, 32, dev, 0);
	put64(buf, 8, dev->ctx.sla);
	put16(buf, 16, dev->id);
	put16(buf, 18, 1);
	buf[20] = 0;
}

void ft_buf_connect(u8 *buf, struct ft_dev *dev)
{
	ft_start(buf, 80, dev, 1);
	put64(buf, 48, dev->ctx.sla);
	buf[56] = 1;
	memset(buf + 65, 0xff, 7);
}

/* DEV_DISCONNECT, DEV_CERTIFICATES, ROLL_KEY */
void ft_buf_dev(u8 *buf, struct ft_dev *dev, u32 flags)
{
	ft_start(buf, 48, dev, 1);
	put32(buf, 4, flags);
	put64(buf, 40, dev->ctx.sla);
}

static void ft_buf_meas(u8 *buf, struct ft_dev *dev, u8 nonce)
{
	ft_buf_dev(buf, dev, 1);
	put32(buf, 0, 80);
	memset(buf + 48, nonce, 32);
}

void ft_buf_tdi_create(u8 *buf, struct ft_dev *dev, struct ft_buf *tdi, u32 func)
{
	ft_start(buf, 48, dev, 0);
	put64(buf, 8, dev->ctx.sla);
	put64(buf, 16, tdi->sla);
	put32(buf, 24, func);
}

static void ft_buf_tdi_reclaim(u8 *buf, struct ft_dev *dev, struct ft_buf *tdi)
{
	ft_buf_tdi_create(buf, dev, tdi, 0);
	put32(buf, 0, 32);
}

/* UNBIND, REPORT, STATUS with a page in the place of the guest */
void ft_buf_tdi(u8 *buf, struct ft_dev *dev, struct ft_buf *tdi, u64 gctx, u32 flags)
{
	ft_start(buf, 64, dev, 1);
	put32(buf, 4, flags);
	put64(buf, 40, dev->ctx.sla);
	put64(buf, 48, tdi->sla);
	put64(buf, 56, gctx);
}

void ft_buf_bind(u8 *buf, struct ft_dev *dev, struct ft_buf *tdi, u64 gctx, u16 lock, u16 run)
{
	ft_buf_tdi(buf, dev, tdi, gctx, 0);
	put32(buf, 0, 80);
	put16(buf, 64, tdi->sla >> PAGE_SHIFT);
	put16(buf, 66, lock);
	put16(buf, 68, run);
}

int ft_bind_as(struct ft_priv *p, unsigned int i, u64 gctx, u16 lock, u16 run)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_bind(buf, &p->dev[0], &p->tdi[i], gctx, lock, run);
	return ft_run(&p->dev[0], FAKE_TDI_BIND, buf);
}

int ft_bind(struct ft_priv *p, unsigned int i, bool run)
{
	return ft_bind_as(p, i, GCTX1, 0, run);
}

int ft_unbind(struct ft_priv *p, unsigned int i, u64 gctx, bool force)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_tdi(buf, &p->dev[0], &p->tdi[i], gctx, force);
	return ft_run(&p->dev[0], FAKE_TDI_UNBIND, buf);
}

int ft_report(struct ft_priv *p, unsigned int i)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_tdi(buf, &p->dev[0], &p->tdi[i], GCTX1, 0);
	return ft_run(&p->dev[0], FAKE_TDI_REPORT, buf);
}

/* State of the TDI, or a negative status */
int ft_state(struct ft_priv *p, unsigned int i)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	int rc;

	ft_buf_tdi(buf, &p->dev[0], &p->tdi[i], ft_pa(p->data), 0);
	rc = ft_run(&p->dev[0], FAKE_TDI_STATUS, buf);
	return rc ? -rc : ((u8 *)p->data)[4];
}

int ft_tdi_create(struct ft_priv *p, unsigned int i)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_tdi_create(buf, &p->dev[0], &p->tdi[i], i ? FUNC2 : FUNC1);
	return ft_cmd(FAKE_TDI_CREATE, buf);
}

int ft_tdi_reclaim(struct ft_priv *p, unsigned int i)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_tdi_reclaim(buf, &p->dev[0], &p->tdi[i]);
	return ft_cmd(FAKE_TDI_RECLAIM, buf);
}

int ft_dev_create(struct ft_priv *p, unsigned int i)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_dev_create(buf, &p->dev[i]);
	return ft_cmd(FAKE_DEV_CREATE, buf);
}

int ft_connect(struct ft_priv *p, unsigned int i)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_connect(buf, &p->dev[i]);
	return ft_run(&p->dev[i], FAKE_DEV_CONNECT, buf);
}

int ft_disconnect(struct ft_priv *p, unsigned int i, bool force)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_dev(buf, &p->dev[i], force);
	return ft_run(&p->dev[i], FAKE_DEV_DISCONNECT, buf);
}

int ft_dev_reclaim(struct ft_priv *p, unsigned int i)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_start(buf, 16, &p->dev[i], 0);
	put64(buf, 8, p->dev[i].ctx.sla);
	return ft_cmd(FAKE_DEV_RECLAIM, buf);
}

int ft_measure(struct ft_priv *p, u8 nonce)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_meas(buf, &p->dev[0], nonce);
	return ft_run(&p->dev[0], FAKE_DEV_MEASUREMENTS, buf);
}

int ft_dev_cmd(struct ft_priv *p, int id)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_dev(buf, &p->dev[0], 0);
	return ft_run(&p->dev[0], id, buf);
}

int ft_dev_status(struct ft_priv *p)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_start(buf, 32, &p->dev[0], 0);
	put64(buf, 8, p->dev[0].ctx.sla);
	put64(buf, 16, ft_pa(p->data));
	return ft_cmd(FAKE_DEV_STATUS, buf);
}

int ft_tdi_info(struct ft_priv *p, unsigned int i)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_start(buf, 48, &p->dev[0], 0);
	put64(buf, 8, p->dev[0].ctx.sla);
	put64(buf, 16, p->tdi[i].sla);
	put64(buf, 24, ft_pa(p->data));
	return ft_cmd(FAKE_TDI_INFO, buf);
}

int ft_fence_clear(struct ft_priv *p, u64 gctx)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_start(buf, 32, &p->dev[0], 0);
	put64(buf, 8, p->dev[0].ctx.sla);
	put64(buf, 16, gctx);
	return ft_cmd(FAKE_ASID_FENCE_CLEAR, buf);
}

/* Fence, or a negative status */
int ft_fence(struct ft_priv *p, u32 asid)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];
	int rc;

	ft_start(buf, 32, &p->dev[0], 0);
	put64(buf, 8, p->dev[0].ctx.sla);
	put32(buf, 16, asid);
	put64(buf, 20, ft_pa(p->data));
	rc = ft_cmd(FAKE_ASID_FENCE_STATUS, buf);
	return rc ? -rc : (int)get32(p->data, 0);
}

void ft_buf_msg(u8 *buf, struct ft_priv *p, unsigned int i, u64 gctx)
{
	ft_buf_tdi(buf, &p->dev[0], &p->tdi[i], gctx, 0);
	put32(buf, 0, 80);
	put64(buf, 64, ft_pa(p->req));
	put64(buf, 72, ft_pa(p->res));
}

void ft_make_msg(struct ft_priv *p, u8 type, u16 size, u8 version)
{
	memset(p->req, 0, PAGE_SIZE);
	put64(p->req, 0x20, p->seqno);
	p->req[0x30] = 1;
	p->req[0x31] = 1;
	put16(p->req, 0x32, 0x60);
	p->req[0x34] = type;
	p->req[0x35] = version;
	put16(p->req, 0x36, size);
	p->req[0x60] = 0x18;
}

int ft_msg_as(struct ft_priv *p, u64 gctx)
{
	u8 buf[SEV_TIO_MAX_COMMAND_LENGTH];

	ft_buf_msg(buf, p, 0, gctx);
	return ft_run(&p->dev[0], FAKE_GUEST_REQUEST, buf);
}

/* Status in the answer, or a negative status of the firmware */
int ft_msg(struct ft_priv *p, u8 type, u16 size)
{
	int rc;

	ft_make_msg(p, type, size, 1);
	rc = ft_msg_as(p, GCTX1);
	if (rc)
		return -rc;
	p->seqno += 2;
	return ((u8 *)p->res)[0x62];
}

struct fake_blob *ft_blob(struct ft_priv *p, unsigned int off)
{
	return p->dev[0].spdm[3].page[0] + OUT + off;
}

u32 ft_obj(struct ft_priv *p)
{
	return get32(p->dev[0].spdm[3].page[0], OBJ);
}

int ft_init(struct kunit *test)
{
	struct ft_priv *p;
	unsigned int i, j;

	p = kvzalloc_obj(*p);
	KUNIT_ASSERT_NOT_NULL(test, p);
	test->priv = p;
	fake_psp_install(test, &p->psp);
	p->psp.raw = true;
	p->seqno = 1;
	for (i = 0; i < ARRAY_SIZE(p->dev); i++) {
		p->dev[i].id = 0x300 + 0x100 * i;
		ft_alloc(test, &p->dev[i].ctx, 1, true);
		for (j = 0; j < 4; j++)
			ft_alloc(test, &p->dev[i].spdm[j], 1, j != 1);
		p->dev[i].dsm = kunit_kzalloc(test, sizeof(*p->dev[i].dsm), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p->dev[i].dsm);
	}
	for (i = 0; i < ARRAY_SIZE(p->tdi); i++)
		ft_alloc(test, &p->tdi[i], 1, true);
	p->data = snp_alloc_firmware_page(GFP_KERNEL);
	p->res = snp_alloc_firmware_page(GFP_KERNEL);
	p->req = (void *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, p->data && p->res && p->req);
	KUNIT_ASSERT_EQ(test, fake_psp_add_guest(&p->psp, GCTX1, ASID1), 0);
	KUNIT_ASSERT_EQ(test, fake_psp_add_guest(&p->psp, GCTX2, ASID2), 0);
	p->psp.ops = 0;
	return 0;
}

void ft_drop(struct ft_buf *buf)
{
	unsigned int i;

	for (i = 0; i < buf->nr; i++)
		free_page((unsigned long)buf->page[i]);
	free_page((unsigned long)buf->list);
}

/* The firmware forgets first: a test may end amid anything */
void ft_exit(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	unsigned int i, j;

	fake_psp_forget(&p->psp);
	for (i = 0; i < ARRAY_SIZE(p->dev); i++) {
		ft_drop(&p->dev[i].ctx);
		for (j = 0; j < 4; j++)
			ft_drop(&p->dev[i].spdm[j]);
	}
	for (i = 0; i < ARRAY_SIZE(p->tdi); i++)
		ft_drop(&p->tdi[i]);
	free_page((unsigned long)p->data);
	free_page((unsigned long)p->res);
	free_page((unsigned long)p->req);
	kvfree(p);
}

/* Two devices and two TDIs of the first, none of them bound */
void ft_setup(struct kunit *test)
{
	struct ft_priv *p = test->priv;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		T_OK(test, ft_dev_create(p, i));
		T_OK(test, ft_connect(p, i));
	}
	for (i = 0; i < 2; i++)
		T_OK(test, ft_tdi_create(p, i));
}
