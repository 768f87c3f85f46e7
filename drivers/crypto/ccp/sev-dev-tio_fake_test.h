/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the fake PSP have in common */
#ifndef __SEV_DEV_TIO_FAKE_TEST_H__
#define __SEV_DEV_TIO_FAKE_TEST_H__

#include <kunit/test.h>
#include <linux/string.h>

#include "sev-dev-tio_fake.h"

#define GCTX1		0x11000
#define GCTX2		0x22000
#define ASID1		11
#define ASID2		22
#define FUNC1		0x0301
#define FUNC2		0x0302
#define SLA_LIST	BIT_ULL(0)
#define SLA_END		GENMASK_ULL(51, 12)
#define OBJ		0x40
#define OUT		(OBJ + 0x20)
#define LOCK_REDIRECT	BIT(4)
#define SPDM_PAGES_MAX	4

/**
 * struct ft_buf - buffer for the firmware
 * @sla: its address
 * @nr: pages
 * @owned: they are the firmware's
 * @page: the pages
 * @list: their addresses, if there is more than one
 */
struct ft_buf {
	u64 sla;
	unsigned int nr;
	bool owned;
	void *page[SPDM_PAGES_MAX];
	u64 *list;
};

/**
 * struct ft_dev - device of a test
 * @ctx: context
 * @spdm: request, response, scratch, output
 * @id: routing id
 * @dsm: for the DOE mailbox
 */
struct ft_dev {
	struct ft_buf ctx;
	struct ft_buf spdm[4];
	u16 id;
	struct tio_dsm *dsm;
};

/**
 * struct ft_priv - test
 * @psp: firmware
 * @dev: devices
 * @tdi: TDI contexts: two of the first device
 * @data: page for answers
 * @res: page for answers to guest messages
 * @req: page with a guest message
 * @seqno: of the next guest message
 */
struct ft_priv {
	struct fake_psp psp;
	struct ft_dev dev[2];
	struct ft_buf tdi[2];
	void *data;
	void *res;
	u8 *req;
	u64 seqno;
};

#define T_OK(test, expr)		KUNIT_ASSERT_EQ(test, (expr), 0)
#define T_IS(test, expr, status)	KUNIT_EXPECT_EQ(test, (expr), (int)(status))

static inline void put16(u8 *buf, unsigned int off, u16 val)
{
	memcpy(buf + off, &val, sizeof(val));
}

static inline void put32(u8 *buf, unsigned int off, u32 val)
{
	memcpy(buf + off, &val, sizeof(val));
}

static inline void put64(u8 *buf, unsigned int off, u64 val)
{
	memcpy(buf + off, &val, sizeof(val));
}

static inline u32 get32(const void *buf, unsigned int off)
{
	u32 val;

	memcpy(&val, buf + off, sizeof(val));
	return val;
}

u64 ft_pa(void *addr);
u64 ft_pfn(void *addr);
void ft_alloc(struct kunit *test, struct ft_buf *buf, unsigned int nr, bool owned);
void ft_free(struct kunit *test, struct ft_buf *buf);
int ft_cmd(int id, const u8 *buf);
void ft_response(struct ft_dev *dev, int len);
int ft_doe(struct ft_dev *dev);
int ft_run(struct ft_dev *dev, int id, const u8 *buf);
void ft_buf_dev_create(u8 *buf, struct ft_dev *dev);
void ft_buf_connect(u8 *buf, struct ft_dev *dev);
void ft_buf_dev(u8 *buf, struct ft_dev *dev, u32 flags);
void ft_buf_tdi_create(u8 *buf, struct ft_dev *dev, struct ft_buf *tdi, u32 func);
void ft_buf_tdi(u8 *buf, struct ft_dev *dev, struct ft_buf *tdi, u64 gctx, u32 flags);
void ft_buf_bind(u8 *buf, struct ft_dev *dev, struct ft_buf *tdi, u64 gctx, u16 lock, u16 run);
int ft_bind_as(struct ft_priv *p, unsigned int i, u64 gctx, u16 lock, u16 run);
int ft_bind(struct ft_priv *p, unsigned int i, bool run);
int ft_unbind(struct ft_priv *p, unsigned int i, u64 gctx, bool force);
int ft_report(struct ft_priv *p, unsigned int i);
int ft_state(struct ft_priv *p, unsigned int i);
int ft_tdi_create(struct ft_priv *p, unsigned int i);
int ft_tdi_reclaim(struct ft_priv *p, unsigned int i);
int ft_dev_create(struct ft_priv *p, unsigned int i);
int ft_connect(struct ft_priv *p, unsigned int i);
int ft_disconnect(struct ft_priv *p, unsigned int i, bool force);
int ft_dev_reclaim(struct ft_priv *p, unsigned int i);
int ft_measure(struct ft_priv *p, u8 nonce);
int ft_dev_cmd(struct ft_priv *p, int id);
int ft_dev_status(struct ft_priv *p);
int ft_tdi_info(struct ft_priv *p, unsigned int i);
int ft_fence_clear(struct ft_priv *p, u64 gctx);
int ft_fence(struct ft_priv *p, u32 asid);
void ft_buf_msg(u8 *buf, struct ft_priv *p, unsigned int i, u64 gctx);
void ft_make_msg(struct ft_priv *p, u8 type, u16 size, u8 version);
int ft_msg_as(struct ft_priv *p, u64 gctx);
int ft_msg(struct ft_priv *p, u8 type, u16 size);
struct fake_blob *ft_blob(struct ft_priv *p, unsigned int off);
u32 ft_obj(struct ft_priv *p);
int ft_init(struct kunit *test);
void ft_drop(struct ft_buf *buf);
void ft_exit(struct kunit *test);
void ft_setup(struct kunit *test);

#endif /* __SEV_DEV_TIO_FAKE_TEST_H__ */
