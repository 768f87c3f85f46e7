// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of TDIs of SNP guests, on firmware that is a fake */
#include <kunit/device.h>
#include <kunit/resource.h>
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/cc_platform.h>
#include <linux/kmsg_dump.h>
#include <linux/mem_encrypt.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/psp.h>
#include <linux/tsm.h>
#include <linux/unaligned.h>

#include "sev-dev-tdi_test.h"

static int get_guest(struct kvm *kvm, struct sev_snp_guest *guest)
{
	if (kvm == PLAIN_VM)
		return -EOPNOTSUPP;
	if (kvm == EARLY_VM)
		return -EAGAIN;

	guest->gctx_paddr = kvm == SNP_VM ? GCTX : OTHER_GCTX;
	guest->asid = kvm == SNP_VM ? ASID : ASID + 1;
	return 0;
}

/* It goes with the test */
static void keep_fn(struct device *dev)
{
}

static void init_fn(struct tdi_test *t, struct pci_dev *pdev, const char *name,
		    u16 rid)
{
	device_initialize(&pdev->dev);
	pdev->dev.release = keep_fn;
	pdev->dev.init_name = name;
	pdev->bus = &t->bus;
	pdev->devfn = rid & 0xff;
}

static void init_machine(struct tdi_test *t)
{
	t->bus.sysdata = &t->sysdata;
	init_fn(t, &t->pf0, "pf0", PF0_RID);
	init_fn(t, &t->vf, "vf", VF_RID);
	t->sev.tio_status = &t->status;
	t->dsm.sev = &t->sev;
	t->dsm.tsm.base_tsm.pdev = &t->pf0;
	t->dsm.tsm.base_tsm.dsm_dev = &t->pf0;
	t->pf0.tsm = &t->dsm.tsm.base_tsm;
	t->vf_tsm.pdev = &t->vf;
	t->vf_tsm.dsm_dev = &t->pf0;
	t->vf.tsm = &t->vf_tsm;
	t->bus.number = VF_RID >> 8;

	t->status.spdm_req_size_max = PAGE_SIZE;
	t->status.spdm_scratch_size_max = PAGE_SIZE;
	t->status.spdm_out_size_max = PAGE_SIZE;
	t->status.devctx_size = PAGE_SIZE;
	t->status.tdictx_size = PAGE_SIZE;
}

/* A response of the guest protocol, all of it of one value */
void tdi_test_set_response(struct fake_psp *psp, u16 msg_size, u8 value)
{
	memset(psp->resp, value, sizeof(psp->resp));
	put_unaligned_le16(0x60, psp->resp + 50);
	put_unaligned_le16(msg_size, psp->resp + 54);
	psp->resp_len = min(0x60 + msg_size, 4096);
}

static int connect(struct tio_dsm *dsm)
{
	u8 ids[8] = {};
	int ret;

	ret = sev_tio_dev_create(&dsm->data, PF0_RID, 0, 0);
	if (ret)
		return ret;
	return sev_tio_open(dsm, 1, ids);
}

/* Firmware and device are fine from now on. They know what they knew */
void tdi_test_heal(struct tdi_test *t)
{
	struct fake_psp *psp = &t->psp;

	memset(psp->fail, 0, sizeof(psp->fail));
	psp->ops = 0;
	psp->nr_cmds = 0;
	psp->rounds = 0;
	psp->doe_calls = 0;
	psp->doe_fail = 0;
	psp->dead = false;
	psp->unbind_status = 0;
	psp->force_status = 0;
	psp->tdisp_state = FAKE_TDISP_TRUE;
	psp->status_len = 8;
}

/* The firmware knows both guests, and nothing else but the device */
static void connect_anew(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	tdi_test_heal(t);
	KUNIT_ASSERT_EQ(test, fake_psp_add_guest(&t->psp, GCTX, ASID), 0);
	KUNIT_ASSERT_EQ(test, fake_psp_add_guest(&t->psp, OTHER_GCTX, ASID + 1), 0);
	KUNIT_ASSERT_EQ(test, connect(&t->dsm), 0);
	tdi_test_heal(t);
	t->owned = fake_psp_owned(&t->psp);
}

/* What the driver does not get back when all is fine again is lost for good */
static void shut_down(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	tdi_test_heal(t);
	sev_tio_close(&t->dsm, false);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&t->dsm.tdis));
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
	KUNIT_EXPECT_FALSE(test, fake_psp_pending(&t->psp));
	fake_psp_forget(&t->psp);
	KUNIT_EXPECT_EQ(test, t->psp.bugs, 0);
}

/* A new machine */
void tdi_test_restart(struct kunit *test)
{
	shut_down(test);
	connect_anew(test);
}

int tdi_test_init(struct kunit *test)
{
	struct tdi_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	fake_psp_install(test, &t->psp);
	kunit_activate_static_stub(test, sev_get_snp_guest, get_guest);
	init_machine(t);
	tdi_test_set_response(&t->psp, 16, 0x5a);
	t->seqno = 1;

	connect_anew(test);
	return 0;
}

void tdi_test_exit(struct kunit *test)
{
	if (test->priv)
		shut_down(test);
}

static struct pci_tdi *bind_vf(struct tdi_test *t)
{
	return sev_tio_bind(&t->vf, SNP_VM, GUEST_ID, &t->bind_code);
}

struct pci_tdi *tdi_test_bind(struct kunit *test)
{
	struct pci_tdi *tdi = bind_vf(tdi_test(test));

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tdi);
	return tdi;
}

/* A TDI of another guest, on the device's PF */
struct pci_tdi *tdi_test_bind_other(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;

	t->bus.number = PF0_RID >> 8;
	tdi = sev_tio_bind(&t->pf0, OTHER_VM, 1, &t->bind_code);
	t->bus.number = VF_RID >> 8;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tdi);
	return tdi;
}

static unsigned int count_contexts(struct tdi_test *t)
{
	struct tio_tdi *tdi;
	unsigned int n = 0;

	hlist_for_each_entry(tdi, &t->dsm.tdis, node)
		n++;
	return n;
}

/* The firmware has the pages of so many contexts, apart from lost ones */
static void expect_pages(struct kunit *test, unsigned int contexts)
{
	struct tdi_test *t = tdi_test(test);
	unsigned int pages = PAGE_ALIGN(t->status.tdictx_size) >> PAGE_SHIFT;

	/* The page for responses is kept as well */
	KUNIT_EXPECT_EQ(test, count_contexts(t), contexts);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp),
			t->owned + contexts * (pages + 1));
	KUNIT_EXPECT_EQ(test, t->dsm.data.cmd, 0);
	KUNIT_EXPECT_EQ(test, t->psp.bugs, 0);
}

/* The firmware has neither TDI nor page, except for so many that it does not give back */
void tdi_test_unbound(struct kunit *test, unsigned int lost)
{
	struct tdi_test *t = tdi_test(test);

	KUNIT_EXPECT_NULL(test, vf_tdi(t));
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), lost);
	expect_pages(test, 0);
}

/*
 * After whatever went wrong: firmware that is fine again gets all right. A TDI that it
 * kept bound it keeps until the device is connected anew.
 */
static void expect_recovered(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	tdi_test_heal(t);
	if (vf_tdi(t) && vf_tdi(t)->state == FAKE_TDI_BOUND) {
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EBUSY);
		KUNIT_EXPECT_NE(test, t->bind_code, 0);
		expect_pages(test, 1);
	} else {
		sev_tio_unbind(tdi_test_bind(test));
		KUNIT_EXPECT_NULL(test, vf_tdi(t));
		expect_pages(test, 0);
	}
	tdi_test_restart(test);
}

/*
 * The firmware waits for the device, and keeps the TDI, and all else of the device, until
 * it is disconnected. It is left alone until then, and nothing is lost.
 */
static void expect_stuck(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	tdi_test_heal(t);
	KUNIT_EXPECT_TRUE(test, fake_psp_pending(&t->psp));
	expect_pages(test, 1);
	t->bind_code = 0;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, t->bind_code, 0);
	KUNIT_EXPECT_EQ(test, t->psp.ops, 0);
	KUNIT_EXPECT_TRUE(test, fake_psp_pending(&t->psp));
	expect_pages(test, 1);
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 0);

	sev_tio_close(&t->dsm, false);
	KUNIT_EXPECT_NULL(test, vf_tdi(t));
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 0);
	tdi_test_restart(test);
}

/*
 * Requests
 */

/* The header of a TDI_INFO, with a number that was not there before */
void tdi_test_set_request(struct kunit *test, struct msg *m)
{
	struct tdi_test *t = tdi_test(test);

	memset(m->in, 0, 0x60);
	put_unaligned_le64(t->seqno, m->in + 0x20);
	m->in[0x30] = 1;
	m->in[0x31] = 1;
	put_unaligned_le16(0x60, m->in + 0x32);
	m->in[0x34] = 19;
	m->in[0x35] = 1;
	put_unaligned_le16(16, m->in + 0x36);
	t->seqno += 2;
}

/* As the core calls it: with zeroed memory of at least resp_size bytes */
struct msg *tdi_test_msg(struct kunit *test, u32 req_len, u32 resp_max)
{
	struct msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	memset(m->in, 0xc3, sizeof(m->in));
	tdi_test_set_request(test, m);
	m->msg.class = PCI_TSM_REQ_STATE_CHANGE;
	m->msg.resp_min = resp_max;
	m->msg.resp_max = resp_max;
	m->req.msg = &m->msg;
	m->req.req = m->in;
	m->req.req_len = req_len;
	m->req.resp = m->out;
	m->req.resp_size = resp_max;
	return m;
}

int tdi_test_send(struct kunit *test, struct pci_tdi *tdi, u64 *code)
{
	struct msg *m = tdi_test_msg(test, 0x70, RESP_LEN);
	int ret = sev_tio_guest_req(tdi, &m->req);

	*code = m->req.tsm_code;
	kunit_kfree(test, m);
	return ret;
}

/* A host call without a response. Its number tells it, not its first byte */
int tdi_test_call(struct kunit *test, struct pci_tdi *tdi, u32 id,
		  const void *call, size_t len, u64 *code)
{
	struct msg *m = tdi_test_msg(test, len, 0);
	int ret;

	m->msg.id = id;
	memcpy(m->in, call, len);
	ret = sev_tio_guest_req(tdi, &m->req);
	KUNIT_EXPECT_EQ(test, m->req.resp_len, 0);
	*code = m->req.tsm_code;
	kunit_kfree(test, m);
	return ret;
}

static int stop(struct kunit *test, struct pci_tdi *tdi, u64 *code)
{
	return tdi_test_call(test, tdi, 0x100, "\0", 1, code);
}

static int run(struct kunit *test, struct pci_tdi *tdi, u64 *code)
{
	return tdi_test_call(test, tdi, 0x101, "\1", 1, code);
}

/* The firmware answers, with @want */
static void expect_run(struct kunit *test, struct pci_tdi *tdi, u64 want)
{
	u64 code;

	KUNIT_EXPECT_EQ(test, run(test, tdi, &code), 0);
	KUNIT_EXPECT_EQ(test, code, want);
}

static void expect_stop(struct kunit *test, struct pci_tdi *tdi, u64 want)
{
	u64 code;

	KUNIT_EXPECT_EQ(test, stop(test, tdi, &code), 0);
	KUNIT_EXPECT_EQ(test, code, want);
}

static void must_run(struct kunit *test, struct pci_tdi *tdi)
{
	u64 code;

	KUNIT_ASSERT_EQ(test, run(test, tdi, &code), 0);
	KUNIT_ASSERT_EQ(test, code, 0);
}

/*
 * Layouts
 */

unsigned int tdi_test_count_cmds(struct fake_psp *psp, int id)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < psp->nr_cmds; i++)
		n += psp->cmds[i].id == id;
	return n;
}

static void put_field(u8 *buf, const struct field *field)
{
	for (int i = 0; i < field->size; i++)
		buf[field->off + i] = field->value >> 8 * i;
}

static void put_spdm_ctrl(u8 *buf, const struct tsm_dsm_tio *data)
{
	put_unaligned_le64(data->req.sla, buf + 8);
	put_unaligned_le64(data->resp.sla, buf + 16);
	put_unaligned_le64(data->scratch.sla, buf + 24);
	put_unaligned_le64(data->output.sla, buf + 32);
}

/* A command is its fields, and zero elsewhere */
void expect_cmd(struct kunit *test, int id, unsigned int len,
		const struct tsm_dsm_tio *spdm, const struct field *fields, int nr)
{
	struct fake_psp *psp = test->priv;
	u8 want[SEV_TIO_MAX_COMMAND_LENGTH] = {};

	put_unaligned_le32(len, want);
	if (spdm)
		put_spdm_ctrl(want, spdm);
	for (int i = 0; i < nr; i++)
		put_field(want, &fields[i]);
	KUNIT_EXPECT_EQ(test, sev_tio_cmd_buffer_len(id), len);

	for (int i = psp->nr_cmds - 1; i >= 0; i--) {
		if (psp->cmds[i].id != id)
			continue;
		KUNIT_EXPECT_MEMEQ(test, psp->cmds[i].buf, want, len);
		return;
	}
	KUNIT_FAIL(test, "no command %#x was sent", id);
}

static void layout_of_bind(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 ctx = __sme_set(vf_tdi(t)->sla);

	KUNIT_EXPECT_EQ(test, t->psp.nr_cmds, 3);
	EXPECT_CMD(test, 0xda, 48, NULL, { 8, 8, data->dev_ctx.sla }, { 16, 8, ctx },
		   { 24, 4, VF_RID });
	EXPECT_CMD(test, 0xdc, 80, data,
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, GCTX }, { 64, 2, GUEST_ID }, { 66, 2, 0x10 });
	EXPECT_CMD(test, 0xdf, 64, data,
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, __psp_pa(data->data_pg) });
	sev_tio_unbind(tdi);
}

static void layout_of_run(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 ctx = __sme_set(vf_tdi(t)->sla);

	t->psp.nr_cmds = 0;
	must_run(test, tdi);
	KUNIT_EXPECT_EQ(test, t->psp.nr_cmds, 2);
	KUNIT_EXPECT_EQ(test, t->psp.cmds[0].id, 0xdf);
	EXPECT_CMD(test, 0xdc, 80, data,
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, GCTX }, { 64, 2, GUEST_ID }, { 66, 2, 0x10 },
		   { 68, 2, 1 });
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

static void layout_of_unbind(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 ctx = __sme_set(vf_tdi(t)->sla);

	t->psp.nr_cmds = 0;
	sev_tio_unbind(tdi);

	KUNIT_EXPECT_EQ(test, t->psp.nr_cmds, 2);
	EXPECT_CMD(test, 0xdd, 64, data,
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, GCTX });
	EXPECT_CMD(test, 0xdb, 32, NULL, { 8, 8, data->dev_ctx.sla }, { 16, 8, ctx });
}

static void layout_of_fence(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = tdi_test_bind(test);

	must_run(test, tdi);
	t->psp.fence = 1;
	t->psp.nr_cmds = 0;
	sev_tio_unbind(tdi);

	KUNIT_EXPECT_EQ(test, t->psp.nr_cmds, 4);
	EXPECT_CMD(test, 0xe2, 32, NULL, { 8, 8, data->dev_ctx.sla }, { 16, 4, ASID },
		   { 20, 8, __psp_pa(data->data_pg) });
	EXPECT_CMD(test, 0xe1, 32, NULL, { 8, 8, data->dev_ctx.sla }, { 16, 8, GCTX });
}

static void layout_of_force(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 ctx = __sme_set(vf_tdi(t)->sla);

	t->psp.unbind_status = SEV_RET_SPDM_ERROR;
	t->psp.nr_cmds = 0;
	sev_tio_unbind(tdi);

	/* Once without, once with force */
	KUNIT_EXPECT_EQ(test, t->psp.cmds[0].id, 0xdd);
	KUNIT_EXPECT_EQ(test, t->psp.cmds[0].buf[4], 0);
	KUNIT_EXPECT_EQ(test, t->psp.cmds[1].id, 0xdd);
	EXPECT_CMD(test, 0xdd, 64, data, { 4, 4, 1 },
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, GCTX });
	KUNIT_EXPECT_EQ(test, t->psp.cmds[2].id, 0xdb);
	tdi_test_unbound(test, 0);
}

/*
 * Bind
 */

static void bind_any_function(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *vf, *pf0;

	vf = tdi_test_bind(test);
	KUNIT_EXPECT_PTR_EQ(test, vf->pdev, &t->vf);
	KUNIT_EXPECT_PTR_EQ(test, vf->kvm, SNP_VM);
	KUNIT_EXPECT_EQ(test, vf->tdi_id, GUEST_ID);

	/* The segment is part of a function's name if it is not 0 */
	t->bus.number = PF0_RID >> 8;
	t->sysdata.domain = 3;
	pf0 = sev_tio_bind(&t->pf0, OTHER_VM, U16_MAX, &t->bind_code);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pf0);
	KUNIT_ASSERT_NOT_NULL(test,
			      fake_psp_find_tdi(&t->psp, PF0_RID | 0x01030000));
	KUNIT_EXPECT_EQ(test,
			fake_psp_find_tdi(&t->psp, PF0_RID | 0x01030000)->gctx,
			OTHER_GCTX);

	sev_tio_unbind(vf);
	KUNIT_EXPECT_NOT_NULL(test,
			      fake_psp_find_tdi(&t->psp, PF0_RID | 0x01030000));
	sev_tio_unbind(pf0);
	tdi_test_unbound(test, 0);
}

static void bind_is_refused(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;

	tdi = sev_tio_bind(&t->vf, PLAIN_VM, GUEST_ID, &t->bind_code);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(tdi), -EOPNOTSUPP);
	tdi = sev_tio_bind(&t->vf, EARLY_VM, GUEST_ID, &t->bind_code);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(tdi), -EAGAIN);
	tdi = sev_tio_bind(&t->vf, SNP_VM, U16_MAX + 1, &t->bind_code);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(tdi), -EOVERFLOW);
	t->sysdata.domain = U8_MAX + 1;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EOVERFLOW);
	t->sysdata.domain = 0;

	KUNIT_EXPECT_EQ(test, t->psp.nr_cmds, 0);
	tdi_test_unbound(test, 0);
}

/* A DSM that nobody connected, as that of an endpoint below a switch's DSM */
static void bind_without_connect(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tio_dsm *dsm = kunit_kzalloc(test, sizeof(*dsm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dsm);
	dsm->sev = &t->sev;
	dsm->tsm.base_tsm.dsm_dev = &t->pf0;
	t->pf0.tsm = &dsm->tsm.base_tsm;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -ENXIO);
	t->pf0.tsm = &t->dsm.tsm.base_tsm;

	KUNIT_EXPECT_EQ(test, t->psp.ops, 0);
	tdi_test_unbound(test, 0);
}

static void bind_twice(struct kunit *test)
{
	struct pci_tdi *tdi = tdi_test_bind(test);

	/* The core does not let that happen, nor does the firmware */
	KUNIT_EXPECT_TRUE(test, IS_ERR(bind_vf(tdi_test(test))));
	KUNIT_EXPECT_NE(test, tdi_test(test)->bind_code, 0);
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

/* The firmware calls the bind a success, and then tells of another state */
static void bind_not_locked(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	for (int state = 0; state < 256; state++) {
		if (state == FAKE_TDISP_LOCKED || state == FAKE_TDISP_TRUE)
			continue;
		t->psp.tdisp_state = state;
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EPROTO);
		KUNIT_EXPECT_EQ(test, t->bind_code, 0);
		tdi_test_unbound(test, 0);
	}

	t->psp.tdisp_state = FAKE_TDISP_TRUE;
	t->psp.status_len = 4;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EPROTO);
	tdi_test_unbound(test, 0);
}

/* Contexts of more than a page are scattered */
static void scattered_context(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;

	t->status.tdictx_size = 3 * PAGE_SIZE;
	tdi = tdi_test_bind(test);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->sla & 1, 1);
	/* Three of the context and one for responses */
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), t->owned + 4);
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

/* None of its pages is lost because another is, or reclaimed without being given */
static void scattered_context_fails(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	t->status.tdictx_size = 3 * PAGE_SIZE;
	for (unsigned int page = 0; page < 3; page++) {
		/* The page for responses is the first to be given */
		t->psp.ops = 0;
		t->psp.fail[0] = 2 + page;
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -ENOMEM);
		tdi_test_unbound(test, 0);
	}
	for (unsigned int page = 0; page < 3; page++) {
		struct pci_tdi *tdi;

		tdi_test_heal(t);
		tdi = tdi_test_bind(test);
		/* Behind UNBIND and RECLAIM */
		t->psp.ops = 0;
		t->psp.fail[0] = 3 + page;
		sev_tio_unbind(tdi);
		tdi_test_unbound(test, 1);
		tdi_test_restart(test);
	}
}

/* What the firmware keeps of it is lost, and the rest is not */
static void scattered_context_kept(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;

	t->status.tdictx_size = 3 * PAGE_SIZE;
	t->status.devctx_size = 2 * PAGE_SIZE;
	tdi_test_restart(test);
	tdi = tdi_test_bind(test);
	t->psp.unbind_status = SEV_RET_SPDM_ERROR;
	t->psp.force_status = SEV_RET_INVALID_PARAM;
	sev_tio_unbind(tdi);
	sev_tio_close(&t->dsm, false);
	/* With the page for responses */
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 3 + 1 + 2);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
}

/* Of one page more than without the headers: the length to free them was without */
static void scattered_buffers(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	sev_tio_close(&t->dsm, false);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);

	t->status.spdm_req_size_max = PAGE_SIZE + 32;
	t->status.spdm_scratch_size_max = 5 * PAGE_SIZE;
	t->status.spdm_out_size_max = 7 * PAGE_SIZE;
	t->status.devctx_size = 3 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, connect(&t->dsm), 0);
	/* Data page, context, request, scratch, output */
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 1 + 3 + 2 + 5 + 7);
	sev_tio_close(&t->dsm, false);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
}

/*
 * Run and stop
 */

static void run_is_refused(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 code;

	for (int state = 0; state < 256; state++) {
		if (state == FAKE_TDISP_LOCKED || state == FAKE_TDISP_TRUE)
			continue;
		t->psp.tdisp_state = state;
		expect_run(test, tdi, 0x3c);
	}
	t->psp.status_len = 4;
	KUNIT_EXPECT_EQ(test, run(test, tdi, &code), -EPROTO);
	KUNIT_EXPECT_EQ(test, code, 0);

	/* None but the bind's was sent */
	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xdc), 1);
	tdi_test_heal(t);
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

static void run_and_stop(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);

	KUNIT_EXPECT_EQ(test, vf_tdi(t)->tdisp, FAKE_TDISP_LOCKED);
	must_run(test, tdi);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->tdisp, FAKE_TDISP_RUN);
	expect_run(test, tdi, 0x3c);

	expect_stop(test, tdi, 0);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_CREATED);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->tdisp, FAKE_TDISP_UNLOCKED);
	expect_run(test, tdi, 0x3c);

	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

/* A device that went to ERROR does not run, is stopped, and is given back */
static void error_and_stop(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);

	KUNIT_ASSERT_TRUE(test, fake_psp_tdi_error(&t->psp, VF_RID));
	expect_run(test, tdi, 0x3c);
	expect_stop(test, tdi, 0);
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

/* The device is to have stopped, so it isn't left out. Unbind has nothing to unbind then */
static void stop_once(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 code;

	t->psp.unbind_status = SEV_RET_SPDM_ERROR;
	expect_stop(test, tdi, SEV_RET_SPDM_ERROR);
	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xdd), 1);

	t->psp.unbind_status = 0;
	expect_stop(test, tdi, 0);
	expect_stop(test, tdi, 0);
	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xdd), 2);

	/* The guest invalidates its MMIO now: that is between it and the firmware */
	KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), 0);
	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xe0), 1);

	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xdd), 2);
	tdi_test_unbound(test, 0);
}

/* What failed to stop is unbound by unbind, and that may leave the device out */
static void stop_fails(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 code;

	t->psp.unbind_status = SEV_RET_SPDM_ERROR;
	KUNIT_EXPECT_EQ(test, stop(test, tdi, &code), 0);
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xdd), 3);
	tdi_test_unbound(test, 0);
}

/*
 * Failures
 */

struct failure {
	int rc;
	int status;
	int want;
};

static const struct failure failures[] = {
	{ -EIO, SEV_RET_IN_USE, -EBUSY },
	{ -EIO, SEV_RET_SPDM_ERROR, -EIO },
	{ -EIO, SEV_RET_INVALID_PARAM, -EIO },
	{ -EIO, 0, -EIO },
	{ -ETIMEDOUT, 0, -ETIMEDOUT },
	{ -EBUSY, 0, -ESHUTDOWN },
};

static void failure_desc(const struct failure *failure, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "rc %d status %#x", failure->rc,
		 failure->status);
}

KUNIT_ARRAY_PARAM(failures, failures, failure_desc);

static void fail_ops(struct tdi_test *t, const struct failure *failure,
		     unsigned int first, unsigned int second)
{
	tdi_test_heal(t);
	t->psp.fail_rc = failure->rc;
	t->psp.fail_status = failure->status;
	t->psp.fail[0] = first;
	t->psp.fail[1] = second;
}

/*
 * Whichever two calls into the firmware and moves of pages fail: what it does not give
 * back is kept or lost, and firmware that is fine again gets all right.
 */
static void fail_bind(struct kunit *test)
{
	const struct failure *failure = test->param_value;
	struct tdi_test *t = tdi_test(test);
	unsigned int failed = 0;

	for (unsigned int first = 1; first <= 8; first++) {
		for (unsigned int second = first; second <= first + 8; second++) {
			struct pci_tdi *tdi;
			int ret;

			fail_ops(t, failure, first, second);
			tdi = bind_vf(t);
			ret = PTR_ERR_OR_ZERO(tdi);
			if (!ret)
				sev_tio_unbind(tdi);
			/* Pages that can't be had are -ENOMEM. A page can kill the PSP */
			else if (ret != -ENOMEM && !(t->psp.dead && ret == -ESHUTDOWN))
				KUNIT_EXPECT_EQ(test, ret, failure->want);
			failed += !!ret;
			expect_pages(test, count_contexts(t));
			expect_recovered(test);
		}
	}
	/* At least the page for responses, context, CREATE, output, BIND, STATUS */
	KUNIT_EXPECT_GE(test, failed, 6 * 9);
}

/* Single failures leave nothing at all behind in firmware that answers */
static void fail_bind_once(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		if (failures[i].rc == -ETIMEDOUT)
			continue;
		for (unsigned int op = 1; op <= 7; op++) {
			struct pci_tdi *tdi;

			fail_ops(t, &failures[i], op, 0);
			tdi = bind_vf(t);
			if (!IS_ERR(tdi)) {
				/* The output buffer of before is not given back */
				KUNIT_EXPECT_EQ(test, op, 5);
				sev_tio_unbind(tdi);
			}
			tdi_test_unbound(test, op == 5);
			tdi_test_restart(test);
		}
	}
}

static void fail_unbind(struct kunit *test)
{
	const struct failure *failure = test->param_value;
	struct tdi_test *t = tdi_test(test);

	for (unsigned int first = 1; first <= 6; first++) {
		for (unsigned int second = first; second <= 8; second++) {
			struct pci_tdi *tdi;

			tdi_test_heal(t);
			tdi = tdi_test_bind(test);
			fail_ops(t, failure, first, second);
			sev_tio_unbind(tdi);
			expect_pages(test, count_contexts(t));
			KUNIT_EXPECT_LE(test, fake_psp_lost(&t->psp), 2);
			expect_recovered(test);
		}
	}
}

/* The TDI is as before, and the next request finds it. A refusal is an answer */
static void fail_guest_req(struct kunit *test)
{
	const struct failure *failure = test->param_value;
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 code;

	t->psp.ops = 0;
	t->psp.fail[0] = 1;
	t->psp.fail_rc = failure->rc;
	t->psp.fail_status = failure->status;
	KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code),
			failure->status ? 0 : failure->want);
	KUNIT_EXPECT_EQ(test, code, failure->status);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_BOUND);

	if (failure->rc == -ETIMEDOUT) {
		KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), -ESHUTDOWN);
		t->psp.dead = false;
	}
	KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), 0);
	KUNIT_EXPECT_EQ(test, code, 0);
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

/* A PSP that died has the pages until it is alive again, whatever the driver does */
static void dead_psp(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);

	t->psp.dead = true;
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_BOUND);
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 0);
	expect_pages(test, 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, t->bind_code, 0);
	expect_recovered(test);
}

static void never_unbind(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);

	t->psp.unbind_status = SEV_RET_SPDM_ERROR;
	t->psp.force_status = SEV_RET_INVALID_PARAM;
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_BOUND);
	expect_pages(test, 1);
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 0);
}

/* UNBIND succeeds, RECLAIM does not */
static void never_reclaim(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);

	t->psp.ops = 0;
	t->psp.fail[0] = 2;
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_CREATED);
	expect_pages(test, 1);
}

/* The firmware's context is not reused, nor forgotten */
static void kept_until_bind(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	never_reclaim(test);
	for (int i = 0; i < 3; i++) {
		t->psp.ops = 0;
		t->psp.fail[0] = 1;
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EBUSY);
		KUNIT_EXPECT_NE(test, t->bind_code, 0);
		expect_pages(test, 1);
	}

	/* Other functions are no worse for it */
	tdi_test_heal(t);
	sev_tio_unbind(tdi_test_bind_other(test));
	expect_pages(test, 1);

	sev_tio_unbind(tdi_test_bind(test));
	tdi_test_unbound(test, 0);
}

/* RECLAIM is tried once more then */
static void kept_until_disconnect(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	never_reclaim(test);
	tdi_test_heal(t);
	sev_tio_close(&t->dsm, false);
	KUNIT_EXPECT_NULL(test, vf_tdi(t));
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 0);
}

/* As the fake has it, not even DISCONNECT with force ends a bind if nothing pends */
static void expect_lost(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	sev_tio_close(&t->dsm, false);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&t->dsm.tdis));
	/* Its context and the page for its responses, and the device's context */
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 3);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
}

static void kept_for_good(struct kunit *test)
{
	never_unbind(test);
	expect_lost(test);
}

/* No command names the guest of a kept TDI, that would be about whoever is there by now */
static void expect_guest_unnamed(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xdd), 0);
	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xe1), 0);
	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xe2), 0);
}

/*
 * A VM goes while the firmware keeps a TDI of it, and another has its context at the
 * same address: nothing unbinds the TDI any more, and the other VM's are no worse for it
 */
static void kept_forgets_guest(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;

	never_unbind(test);
	tdi_test_heal(t);
	KUNIT_EXPECT_EQ(test, fake_psp_forget_guest(&t->psp, GCTX), 1);
	KUNIT_EXPECT_EQ(test, fake_psp_add_guest(&t->psp, GCTX, ASID), 0);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EBUSY);
	expect_pages(test, 1);
	expect_guest_unnamed(test);

	t->vf.devfn++;
	tdi = tdi_test_bind(test);
	must_run(test, tdi);
	fake_psp_fence_guest(&t->psp, GCTX, FAKE_FENCE_DMA_ERROR);
	sev_tio_unbind(tdi);
	t->vf.devfn--;
	KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xe1), 1);
	KUNIT_EXPECT_EQ(test, t->psp.devs[0].fence[0], 0);
	expect_pages(test, 1);

	t->psp.nr_cmds = 0;
	expect_lost(test);
	expect_guest_unnamed(test);
}

/* The firmware may still write the response to a message that the device did not answer */
static void kept_response(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 code;

	t->psp.rounds = 2;
	t->psp.doe_fail = 1;
	KUNIT_EXPECT_NE(test, tdi_test_send(test, tdi, &code), 0);
	sev_tio_unbind(tdi);
	expect_stuck(test);
}

/* Nor are pages reused that a command that waits for the device writes to: status */
static void kept_status(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	/* BIND takes one exchange, STATUS the next */
	t->psp.rounds = 1;
	t->psp.doe_fail = 2;
	KUNIT_EXPECT_NE(test, PTR_ERR_OR_ZERO(bind_vf(t)), 0);
	KUNIT_EXPECT_TRUE(test, fake_psp_pending(&t->psp));

	/* RECLAIM, DISCONNECT without and with force */
	t->psp.ops = 0;
	t->psp.fail[0] = 3;
	sev_tio_close(&t->dsm, false);
	KUNIT_EXPECT_TRUE(test, fake_psp_pending(&t->psp));
	/* Contexts of device and TDI; pages for responses, status, request, scratch, output */
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 7);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
	KUNIT_EXPECT_EQ(test, t->psp.bugs, 0);
	fake_psp_forget(&t->psp);
	connect_anew(test);
}

/* Where the kernel's log ends. Its begin is overwritten at any time */
u64 tdi_test_log_end(void)
{
	struct kmsg_dump_iter iter;

	kmsg_dump_rewind(&iter);
	return iter.next_seq;
}

/* How many lines of a level the log has from there on that contain @text */
static unsigned int count_logged(u64 since, const char *level, const char *text)
{
	static char line[1024];
	struct kmsg_dump_iter iter;
	unsigned int n = 0;
	size_t len;

	kmsg_dump_rewind(&iter);
	iter.cur_seq = since;
	while (kmsg_dump_get_line(&iter, true, line, sizeof(line) - 1, &len)) {
		line[len] = '\0';
		n += str_has_prefix(line, level) && strstr(line, text);
	}
	return n;
}

unsigned int tdi_test_count_errors(u64 since, const char *text)
{
	return count_logged(since, "<3>", text);
}

/* An administrator has to know why a function can't be bound */
static void kept_is_logged(struct kunit *test)
{
	static const char *const texts[] = {
		"vf: SEV firmware keeps the TDI bound to the guest of ASID 77: -5, status 0x3c",
		"vf: SEV firmware keeps the TDI of ASID 77: -5, status 0x23",
		"pf0: SEV firmware keeps the device: -5, status 0x39",
	};
	struct tdi_test *t = tdi_test(test);
	u64 since = tdi_test_log_end();

	/* Nothing if all is well */
	sev_tio_unbind(tdi_test_bind(test));
	KUNIT_EXPECT_EQ(test, tdi_test_count_errors(since, "SEV firmware"), 0);

	never_unbind(test);
	KUNIT_EXPECT_EQ(test, tdi_test_count_errors(since, texts[0]), 1);
	KUNIT_EXPECT_EQ(test, tdi_test_count_errors(since, "SEV firmware"), 1);
	expect_lost(test);
	KUNIT_EXPECT_EQ(test, tdi_test_count_errors(since, texts[2]), 1);
	tdi_test_restart(test);

	t->psp.fail_status = 0x23;
	never_reclaim(test);
	KUNIT_EXPECT_EQ(test, tdi_test_count_errors(since, texts[1]), 1);
}

/* What waits for the device amid the connect is ended, and nothing is lost */
static void connect_fails(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	sev_tio_close(&t->dsm, false);
	for (int round = 1; round <= 2; round++) {
		tdi_test_heal(t);
		t->psp.rounds = 2;
		t->psp.doe_fail = round;
		t->psp.doe_rc = -ETIMEDOUT;
		KUNIT_EXPECT_EQ(test, connect(&t->dsm), -EIO);
		KUNIT_EXPECT_TRUE(test, fake_psp_pending(&t->psp));
		sev_tio_close(&t->dsm, false);
		KUNIT_EXPECT_FALSE(test, fake_psp_pending(&t->psp));
		KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
		KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 0);
	}

	/* Each page and command of it, and of the way back */
	for (unsigned int op = 1; op <= 14; op++) {
		tdi_test_heal(t);
		t->psp.fail[0] = op;
		connect(&t->dsm);
		sev_tio_close(&t->dsm, false);
		KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
		KUNIT_EXPECT_EQ(test, t->psp.bugs, 0);
		/* It may have kept the device */
		fake_psp_forget(&t->psp);
	}
}

/* Not even force ends what waits for the device: its buffers are not reused */
static void connect_never_ends(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	for (unsigned int pages = 1; pages <= 2; pages++) {
		t->status.spdm_scratch_size_max = pages * PAGE_SIZE;
		shut_down(test);
		t->psp.rounds = 2;
		t->psp.doe_fail = 1;
		KUNIT_EXPECT_EQ(test, connect(&t->dsm), -EIO);
		/* DISCONNECT without force, and with */
		t->psp.fail[0] = t->psp.ops + 2;
		sev_tio_close(&t->dsm, false);
		KUNIT_EXPECT_TRUE(test, fake_psp_pending(&t->psp));
		/* Context, status, request, scratch, output */
		KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), 4 + pages);
		KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
		fake_psp_forget(&t->psp);
		connect_anew(test);
	}
}

/* A status of before is not the result of what did not get to the firmware */
static void stale_status(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);

	t->psp.unbind_status = SEV_RET_SPDM_ERROR;
	expect_stop(test, tdi, SEV_RET_SPDM_ERROR);
	t->psp.unbind_status = 0;
	sev_tio_unbind(tdi);

	t->dsm.data.psp_ret = SEV_RET_SPDM_ERROR;
	for (unsigned int op = 1; op <= 4; op++) {
		if (op == 3)
			continue;
		t->psp.ops = 0;
		t->psp.fail[0] = op;
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -ENOMEM);
		KUNIT_EXPECT_EQ(test, t->bind_code, 0);
	}
}

/*
 * The fence of a guest's ASID
 */

static unsigned int fences_lifted(struct tdi_test *t)
{
	return tdi_test_count_cmds(&t->psp, 0xe1);
}

static void fence_words(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	for (int fence = 0; fence < 16; fence++) {
		struct pci_tdi *tdi = tdi_test_bind(test);

		must_run(test, tdi);
		t->psp.fence = fence;
		t->psp.nr_cmds = 0;
		sev_tio_unbind(tdi);
		KUNIT_EXPECT_EQ(test, fences_lifted(t), !!fence);
		tdi_test_unbound(test, 0);
	}
}

/* No DMA to private memory, no fault of it */
static void fence_without_run(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	t->psp.fence = 1;
	sev_tio_unbind(tdi_test_bind(test));
	KUNIT_EXPECT_EQ(test, fences_lifted(t), 0);
}

/* The guest's other TDI lost DMA as well, and has to see that */
static void fence_goes_with_last(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *first = tdi_test_bind(test), *second;
	struct pci_tdi *other = tdi_test_bind_other(test);

	t->vf.devfn++;
	second = sev_tio_bind(&t->vf, SNP_VM, GUEST_ID + 1, &t->bind_code);
	t->vf.devfn--;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, second);

	must_run(test, first);
	t->psp.fence = 1;
	sev_tio_unbind(first);
	KUNIT_EXPECT_EQ(test, fences_lifted(t), 0);
	sev_tio_unbind(second);
	KUNIT_EXPECT_EQ(test, fences_lifted(t), 1);
	sev_tio_unbind(other);
	KUNIT_EXPECT_EQ(test, fences_lifted(t), 1);
	tdi_test_unbound(test, 0);
}

/* A real fence, which the firmware lifts only if none of the guest's TDIs is bound */
static void fence_is_lifted(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);

	must_run(test, tdi);
	fake_psp_fence_guest(&t->psp, GCTX, FAKE_FENCE_DMA_ERROR);
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, fences_lifted(t), 1);
	KUNIT_EXPECT_EQ(test, t->psp.devs[0].fence[0], 0);
}

/* A fence that can't be looked at, or lifted, costs nothing but a line in the log */
static void fence_fails(struct kunit *test)
{
	static const char text[] = "vf: ASID 77 may stay fenced: -5, status 0x13";
	struct tdi_test *t = tdi_test(test);
	u64 since = tdi_test_log_end();

	/* Behind UNBIND, RECLAIM, and the page of the context */
	for (unsigned int op = 4; op <= 5; op++) {
		struct pci_tdi *tdi;

		tdi_test_heal(t);
		tdi = tdi_test_bind(test);
		must_run(test, tdi);
		t->psp.fence = 1;
		t->psp.ops = 0;
		t->psp.fail[0] = op;
		sev_tio_unbind(tdi);
		KUNIT_EXPECT_EQ(test, count_logged(since, "<4>", text), op - 3);
		KUNIT_EXPECT_EQ(test, t->psp.fence, 1);
		tdi_test_unbound(test, 0);
	}
}

/* With the TDI still the firmware's there is somebody left to fence */
static void fence_of_kept(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);

	must_run(test, tdi);
	t->psp.fence = 1;
	t->psp.unbind_status = SEV_RET_SPDM_ERROR;
	t->psp.force_status = SEV_RET_INVALID_PARAM;
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, fences_lifted(t), 0);
	expect_pages(test, 1);
}

/* Nor do the guest's other TDIs lift it then, whichever goes last */
static void fence_beside_kept(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	for (int last = 0; last <= 1; last++) {
		struct pci_tdi *others[2], *tdi;

		for (int i = 0; i < ARRAY_SIZE(others); i++) {
			t->vf.devfn++;
			others[i] = sev_tio_bind(&t->vf, SNP_VM, GUEST_ID + 1 + i,
						 &t->bind_code);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, others[i]);
		}
		t->vf.devfn -= ARRAY_SIZE(others);
		tdi = tdi_test_bind(test);
		must_run(test, tdi);
		must_run(test, others[0]);

		t->psp.unbind_status = SEV_RET_SPDM_ERROR;
		t->psp.force_status = SEV_RET_INVALID_PARAM;
		sev_tio_unbind(tdi);
		tdi_test_heal(t);
		t->psp.fence = 1;
		sev_tio_unbind(others[!last]);
		sev_tio_unbind(others[last]);
		KUNIT_EXPECT_EQ(test, fences_lifted(t), 0);
		KUNIT_EXPECT_EQ(test, tdi_test_count_cmds(&t->psp, 0xe2), 0);
		expect_pages(test, 1);
		t->psp.fence = 0;
		tdi_test_restart(test);
	}
}

/*
 * SPDM
 */

static const unsigned int spdm_rounds[] = { 1, 2, 7, 256 };

static void rounds_desc(const unsigned int *rounds, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u rounds", *rounds);
}

KUNIT_ARRAY_PARAM(rounds, spdm_rounds, rounds_desc);

static void spdm_succeeds(struct kunit *test)
{
	const unsigned int *rounds = test->param_value;
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;
	u64 code;

	t->psp.rounds = *rounds;
	tdi = tdi_test_bind(test);
	KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 2 * *rounds);
	KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), 0);
	KUNIT_EXPECT_EQ(test, code, 0);
	KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 3 * *rounds);
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 4 * *rounds);
	tdi_test_unbound(test, 0);
}

static void spdm_endless(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;
	u64 code;

	t->psp.rounds = 257;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EPROTO);
	KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 256);
	expect_stuck(test);

	tdi = tdi_test_bind(test);
	t->psp.rounds = UINT_MAX;
	t->psp.doe_calls = 0;
	KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), -EPROTO);
	KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 256);
	KUNIT_EXPECT_EQ(test, code, 0);
	KUNIT_EXPECT_EQ(test, t->dsm.data.cmd, 0);
	sev_tio_unbind(tdi);
	expect_stuck(test);
}

/*
 * The mailbox fails in each round, by whatever errno: -EBUSY, -ENODEV and -ETIMEDOUT say
 * of the PSP that it is lost, and nobody reboots because of a device
 */
static void spdm_mailbox_fails(struct kunit *test)
{
	static const int errors[][2] = {
		{ -EIO, -EIO }, { -ETIMEDOUT, -EIO }, { -EBUSY, -EIO },
		{ -ENODEV, -EIO }, { -EAGAIN, -EIO }, { -EOVERFLOW, -EIO },
		{ 0, -EPROTO },
	};
	struct tdi_test *t = tdi_test(test);

	for (int i = 0; i < ARRAY_SIZE(errors); i++) {
		for (int round = 1; round <= 6; round++) {
			t->psp.doe_calls = 0;
			t->psp.doe_fail = round;
			t->psp.doe_rc = errors[i][0];
			t->psp.rounds = 3;
			KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)),
					errors[i][1]);
			KUNIT_EXPECT_EQ(test, t->bind_code, 0);
			expect_stuck(test);
		}
	}
}

/* A request that is not all in its buffer, or is none, is not taken to the device */
static void spdm_request_length(struct kunit *test)
{
	static const u32 lengths[] = {
		1, 15, 16, PAGE_SIZE - 64 + 1, PAGE_SIZE, 1U << 31, U32_MAX,
	};
	struct tdi_test *t = tdi_test(test);

	for (int i = 0; i < ARRAY_SIZE(lengths); i++) {
		t->psp.rounds = 1;
		t->psp.doe_calls = 0;
		t->psp.ask_len = lengths[i];
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EPROTO,
				    "length %u", lengths[i]);
		KUNIT_EXPECT_EQ(test, t->bind_code, 0);
		KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 0);
		t->psp.ask_len = 0;
		expect_stuck(test);
	}
}

/* The size of the interface report can be had */
static void expect_report(struct kunit *test, struct pci_tdi *tdi)
{
	struct msg *m = tdi_test_msg(test, 4, sizeof(struct tsm_sev_tio_object_size_rsp));

	m->msg.id = 0x102;
	memcpy(m->in, "\2\2\0\0", 4);
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), 0);
	KUNIT_EXPECT_EQ(test, m->req.tsm_code, 0);
	KUNIT_EXPECT_EQ(test, m->req.resp_len, sizeof(struct tsm_sev_tio_object_size_rsp));
}

/*
 * What comes behind a request that the device did not answer does not get to the
 * firmware, which has the buffers. What is in memory can be read.
 */
static void spdm_request_fails(struct kunit *test)
{
	const struct tsm_sev_tio_measure measure = { .call = 4 };
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;
	u64 code;

	for (int round = 1; round <= 2; round++) {
		tdi = tdi_test_bind(test);
		t->psp.rounds = 2;
		t->psp.doe_calls = 0;
		t->psp.doe_fail = round;
		t->psp.doe_rc = -EIO;
		/* SPDM_REQUEST is no result: it isn't the guest's to see */
		KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), -EIO);
		KUNIT_EXPECT_EQ(test, code, 0);
		KUNIT_EXPECT_EQ(test, t->dsm.data.cmd, 0);

		t->psp.doe_fail = 0;
		t->psp.ops = 0;
		KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), -ENOTCONN);
		KUNIT_EXPECT_EQ(test, run(test, tdi, &code), -ENOTCONN);
		KUNIT_EXPECT_EQ(test, -ENOTCONN,
				tdi_test_call(test, tdi, 0x104, &measure, 36, &code));
		KUNIT_EXPECT_EQ(test, stop(test, tdi, &code), -ENOTCONN);
		KUNIT_EXPECT_EQ(test, code, 0);
		KUNIT_EXPECT_EQ(test, t->psp.ops, 0);
		expect_report(test, tdi);
		sev_tio_unbind(tdi);
		expect_stuck(test);
	}
}

/* A second device, with firmware of its own as far as it can be told */
struct second_dsm {
	struct tio_dsm dsm;
	struct pci_bus bus;
	struct pci_dev pf0;
	struct pci_tdi *tdi;
	unsigned int served;
};

static struct second_dsm *second_of_exchange;

/* Amid an exchange with the first device: a message to the second one is served */
static int serve_second_meanwhile(struct tio_dsm *dsm, u8 feature)
{
	struct kunit *test = kunit_get_current_test();
	struct second_dsm *second = second_of_exchange;
	u64 code;

	if (dsm == &second->dsm)
		return fake_doe(dsm, feature);

	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&sev_cmd_mutex));
	if (!mutex_is_locked(&sev_cmd_mutex)) {
		KUNIT_EXPECT_EQ(test, tdi_test_send(test, second->tdi, &code), 0);
		KUNIT_EXPECT_EQ(test, code, 0);
		second->served++;
	}
	return fake_doe(dsm, feature);
}

static void connect_second(struct kunit *test, struct second_dsm *second)
{
	struct tdi_test *t = tdi_test(test);
	u8 ids[8] = {};

	second->bus.sysdata = &t->sysdata;
	second->bus.number = 0x30;
	init_fn(t, &second->pf0, "pf0b", 0);
	second->pf0.bus = &second->bus;
	second->dsm.sev = &t->sev;
	second->dsm.tsm.base_tsm.pdev = &second->pf0;
	second->dsm.tsm.base_tsm.dsm_dev = &second->pf0;
	second->pf0.tsm = &second->dsm.tsm.base_tsm;
	KUNIT_ASSERT_EQ(test, 0, sev_tio_dev_create(&second->dsm.data, 0x3000, 0, 0));
	KUNIT_ASSERT_EQ(test, sev_tio_open(&second->dsm, 1, ids), 0);
	second->tdi = sev_tio_bind(&second->pf0, OTHER_VM, 2, &t->bind_code);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, second->tdi);
}

/* However late a device is, the guests of others get to the firmware */
static void dsms_do_not_wait(struct kunit *test)
{
	struct second_dsm *second = kunit_kzalloc(test, sizeof(*second), GFP_KERNEL);
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;
	u64 code;

	KUNIT_ASSERT_NOT_NULL(test, second);
	connect_second(test, second);
	tdi = tdi_test_bind(test);
	second_of_exchange = second;
	kunit_activate_static_stub(test, sev_tio_doe, serve_second_meanwhile);

	t->psp.rounds = 3;
	KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), 0);
	KUNIT_EXPECT_EQ(test, code, 0);
	KUNIT_EXPECT_EQ(test, second->served, 3);
	kunit_activate_static_stub(test, sev_tio_doe, fake_doe);

	sev_tio_unbind(second->tdi);
	sev_tio_close(&second->dsm, false);
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

/* Without force the device is asked, and does not answer. Force comes too late */
static void spdm_unbind_fails(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	for (int round = 1; round <= 2; round++) {
		struct pci_tdi *tdi = tdi_test_bind(test);

		t->psp.rounds = 2;
		t->psp.doe_calls = 0;
		t->psp.doe_fail = round;
		sev_tio_unbind(tdi);
		KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_BOUND);
		expect_stuck(test);
	}
}

/*
 * Results
 */

struct result {
	int status;
	int want;
};

static const struct result results[] = {
	{ 0x01, -ESHUTDOWN }, { 0x02, -EAGAIN }, { 0x05, -EBUSY },
	{ 0x08, -EAGAIN }, { 0x0c, -EBUSY }, { 0x11, -EOPNOTSUPP },
	{ 0x12, -EBUSY }, { 0x15, -EOPNOTSUPP }, { 0x20, -ESHUTDOWN },
	{ 0x23, -ESHUTDOWN }, { 0x25, -ESHUTDOWN }, { 0x26, -ESHUTDOWN },
	{ 0x28, -ESHUTDOWN }, { 0x39, -EBUSY }, { 0x3a, -EBUSY },
	{ 0x3b, -ENOTCONN }, { 0x3d, -ENOTCONN }, { 0x3e, -ENOTCONN },
};

/* All others are not worth an errno of their own */
static int errno_wanted(int status)
{
	for (int i = 0; i < ARRAY_SIZE(results); i++)
		if (results[i].status == status)
			return results[i].want;
	return -EIO;
}

static void errno_of_status(struct kunit *test)
{
	for (int status = 1; status <= 0x100; status++)
		KUNIT_EXPECT_EQ_MSG(test, sev_tio_errno(-EIO, status),
				    errno_wanted(status), "status %#x", status);

	KUNIT_EXPECT_EQ(test, sev_tio_errno(0, 0), 0);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-EIO, 0), -EIO);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-ETIMEDOUT, 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-EBUSY, 0), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-ENODEV, 0), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-EPROTO, 0x3a), -EPROTO);
}

/* A bind that is refused is an error, and the status is told; a request is served */
static void status_reaches_caller(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;
	u64 code;

	for (int status = 1; status <= SEV_RET_MAX; status++) {
		/* Starts an exchange */
		if (status == SEV_RET_SPDM_REQUEST)
			continue;
		tdi_test_heal(t);
		t->psp.fail_status = status;
		t->psp.fail[0] = 6;
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)),
				errno_wanted(status));
		KUNIT_EXPECT_EQ(test, t->bind_code, status);

		tdi_test_heal(t);
		tdi = tdi_test_bind(test);
		t->psp.ops = 0;
		t->psp.fail[0] = 1;
		KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), 0);
		KUNIT_EXPECT_EQ(test, code, status);
		sev_tio_unbind(tdi);
	}
	tdi_test_unbound(test, 0);
}

/*
 * Guests
 */

static int say_eexist(struct kvm *kvm, struct sev_snp_guest *guest)
{
	return kvm == SNP_VM ? -EEXIST : -EOPNOTSUPP;
}

static void guests_of_kvm(struct kunit *test)
{
	struct sev_snp_guest guest;

	if (cc_platform_has(CC_ATTR_HOST_SEV_SNP))
		kunit_skip(test, "KVM may have registered");
	kunit_deactivate_static_stub(test, sev_get_snp_guest);

	KUNIT_EXPECT_EQ(test, sev_get_snp_guest(SNP_VM, &guest), -EOPNOTSUPP);
	sev_register_snp_guests(say_eexist);
	KUNIT_EXPECT_EQ(test, sev_get_snp_guest(SNP_VM, &guest), -EEXIST);
	sev_unregister_snp_guests();
	KUNIT_EXPECT_EQ(test, sev_get_snp_guest(SNP_VM, &guest), -EOPNOTSUPP);
}

/*
 * Functions
 */

static struct pci_tsm *probe_none(struct tsm_dev *tsm_dev, struct pci_dev *pdev)
{
	return NULL;
}

/* A VF goes by the DSM of its PF, which must be connected */
static void probe_function(struct kunit *test)
{
	struct pci_tsm_ops link_ops = { .probe = probe_none };
	struct tsm_dev tsm_dev = { .pci_ops = &link_ops };
	struct tdi_test *t = tdi_test(test);
	struct pci_tsm *tsm;

	t->vf.tsm = NULL;
	t->vf.is_virtfn = 1;
	t->vf.physfn = &t->pf0;
	tsm = sev_tio_probe(&t->vf, &tsm_dev);
	KUNIT_ASSERT_NOT_NULL(test, tsm);
	KUNIT_EXPECT_PTR_EQ(test, tsm->pdev, &t->vf);
	KUNIT_EXPECT_PTR_EQ(test, tsm->dsm_dev, &t->pf0);
	KUNIT_EXPECT_PTR_EQ(test, tsm->tsm_dev, &tsm_dev);
	kfree(tsm);

	t->pf0.tsm = NULL;
	KUNIT_EXPECT_NULL(test, sev_tio_probe(&t->vf, &tsm_dev));
	t->pf0.tsm = &t->dsm.tsm.base_tsm;
}

static void unregister_tsm(void *tsmdev)
{
	tsm_unregister(tsmdev);
}

/* By the operations of the TSM, for a device that has no IDE stream */
static void disconnect_and_connect(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	const struct pci_tsm_ops *ops;

	t->sev.dev = kunit_device_register(test, "sev-tdi-test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->sev.dev));
	sev_tsm_register(&t->sev);
	KUNIT_ASSERT_NOT_NULL(test, t->sev.tsmdev);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, unregister_tsm, t->sev.tsmdev));
	ops = t->sev.tsmdev->pci_ops;

	KUNIT_EXPECT_NE(test, fake_psp_owned(&t->psp), 0);
	ops->disconnect(&t->pf0);
	KUNIT_ASSERT_EQ(test, fake_psp_owned(&t->psp), 0);
	KUNIT_EXPECT_EQ(test, ops->connect(&t->pf0), -EFAULT);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
	KUNIT_EXPECT_EQ(test, connect(&t->dsm), 0);
}

static struct kunit_case tdi_cases[] = {
	KUNIT_CASE(probe_function),
	KUNIT_CASE(layout_of_bind),
	KUNIT_CASE(layout_of_run),
	KUNIT_CASE(layout_of_unbind),
	KUNIT_CASE(layout_of_fence),
	KUNIT_CASE(layout_of_force),
	KUNIT_CASE(bind_any_function),
	KUNIT_CASE(bind_is_refused),
	KUNIT_CASE(bind_without_connect),
	KUNIT_CASE(bind_twice),
	KUNIT_CASE(bind_not_locked),
	KUNIT_CASE(scattered_context),
	KUNIT_CASE(scattered_context_fails),
	KUNIT_CASE(scattered_context_kept),
	KUNIT_CASE(scattered_buffers),
	KUNIT_CASE(run_is_refused),
	KUNIT_CASE(run_and_stop),
	KUNIT_CASE(error_and_stop),
	KUNIT_CASE(stop_once),
	KUNIT_CASE(stop_fails),
	KUNIT_CASE_PARAM(fail_bind, failures_gen_params),
	KUNIT_CASE(fail_bind_once),
	KUNIT_CASE_PARAM(fail_unbind, failures_gen_params),
	KUNIT_CASE_PARAM(fail_guest_req, failures_gen_params),
	KUNIT_CASE(dead_psp),
	KUNIT_CASE(kept_until_bind),
	KUNIT_CASE(kept_until_disconnect),
	KUNIT_CASE(kept_for_good),
	KUNIT_CASE(kept_forgets_guest),
	KUNIT_CASE(kept_response),
	KUNIT_CASE(kept_status),
	KUNIT_CASE(kept_is_logged),
	KUNIT_CASE(connect_fails),
	KUNIT_CASE(connect_never_ends),
	KUNIT_CASE(disconnect_and_connect),
	KUNIT_CASE(stale_status),
	KUNIT_CASE(fence_words),
	KUNIT_CASE(fence_without_run),
	KUNIT_CASE(fence_goes_with_last),
	KUNIT_CASE(fence_is_lifted),
	KUNIT_CASE(fence_fails),
	KUNIT_CASE(fence_of_kept),
	KUNIT_CASE(fence_beside_kept),
	KUNIT_CASE_PARAM(spdm_succeeds, rounds_gen_params),
	KUNIT_CASE(spdm_endless),
	KUNIT_CASE(spdm_mailbox_fails),
	KUNIT_CASE(spdm_request_fails),
	KUNIT_CASE(spdm_unbind_fails),
	KUNIT_CASE(spdm_request_length),
	KUNIT_CASE(dsms_do_not_wait),
	KUNIT_CASE(errno_of_status),
	KUNIT_CASE(status_reaches_caller),
	KUNIT_CASE(guests_of_kvm),
	{}
};

static struct kunit_suite tdi_suite = {
	.name = "sev-tio-tdi",
	.init = tdi_test_init,
	.exit = tdi_test_exit,
	.test_cases = tdi_cases,
};

kunit_test_suite(tdi_suite);
