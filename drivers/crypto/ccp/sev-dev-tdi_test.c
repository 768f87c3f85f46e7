// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of TDIs of SNP guests, on firmware that is a fake */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/cc_platform.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/unaligned.h>

#include "sev-dev-tio_fake.h"

#define GCTX		0x123456000ULL
#define OTHER_GCTX	0x123457000ULL
#define ASID		77
#define GUEST_ID	0x0210
#define PF0_RID		0x0100
#define VF_RID		0x0205
#define RESP_LEN	(0x60 + 16)

/* What else the driver needs: a DSM, and a function of its device */
struct tdi_test {
	struct fake_psp psp;
	struct sev_device sev;
	struct sev_tio_status status;
	struct tio_dsm dsm;
	struct pci_bus bus;
	struct pci_sysdata sysdata;
	struct pci_dev pf0;
	struct pci_dev vf;
	struct pci_tsm vf_tsm;
	unsigned int owned;
	u64 bind_code;
};

/* The fake is at the start, so test->priv is both */
static struct tdi_test *tdi_test(struct kunit *test)
{
	return test->priv;
}

/* A VM is but a number here */
static struct kvm *const snp_vm = (struct kvm *)0x1;
static struct kvm *const plain_vm = (struct kvm *)0x2;
static struct kvm *const early_vm = (struct kvm *)0x3;
static struct kvm *const other_vm = (struct kvm *)0x4;

static int get_guest(struct kvm *kvm, struct sev_snp_guest *guest)
{
	if (kvm == plain_vm)
		return -EOPNOTSUPP;
	if (kvm == early_vm)
		return -EAGAIN;

	guest->gctx_paddr = kvm == snp_vm ? GCTX : OTHER_GCTX;
	guest->asid = kvm == snp_vm ? ASID : ASID + 1;
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
static void set_response(struct fake_psp *psp, u16 msg_size, u8 value)
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
	return sev_tio_spdm_cmd(dsm, sev_tio_dev_connect(&dsm->data, 1, ids, 0));
}

static int tdi_test_init(struct kunit *test)
{
	struct tdi_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	fake_psp_install(test, &t->psp);
	kunit_activate_static_stub(test, sev_get_snp_guest, get_guest);
	init_machine(t);
	set_response(&t->psp, 16, 0x5a);

	KUNIT_ASSERT_EQ(test, connect(&t->dsm), 0);
	fake_psp_forget(&t->psp);
	t->owned = fake_psp_owned(&t->psp);
	return 0;
}

static void tdi_test_exit(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	int ret;

	if (!t)
		return;

	t->psp.rounds = 0;
	fake_psp_forget(&t->psp);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), t->owned);
	ret = sev_tio_dev_disconnect(&t->dsm.data, false);
	KUNIT_EXPECT_EQ(test, sev_tio_spdm_cmd(&t->dsm, ret), 0);
	KUNIT_EXPECT_EQ(test, sev_tio_dev_reclaim(&t->dsm.data), 0);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), 0);
	KUNIT_EXPECT_EQ(test, t->psp.bugs, 0);
}

static struct pci_tdi *bind_vf(struct tdi_test *t)
{
	return sev_tio_bind(&t->vf, snp_vm, GUEST_ID, &t->bind_code);
}

static struct pci_tdi *must_bind(struct kunit *test)
{
	struct pci_tdi *tdi = bind_vf(tdi_test(test));

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tdi);
	return tdi;
}

static struct fake_tdi *vf_tdi(struct tdi_test *t)
{
	return fake_psp_find_tdi(&t->psp, VF_RID);
}

/* The firmware has neither TDI nor page, except for those that it kept */
static void expect_unbound(struct kunit *test, unsigned int lost)
{
	struct tdi_test *t = tdi_test(test);

	if (!lost)
		KUNIT_EXPECT_NULL(test, vf_tdi(t));
	KUNIT_EXPECT_EQ(test, fake_psp_lost(&t->psp), lost);
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), t->owned + lost);
	KUNIT_EXPECT_EQ(test, t->dsm.data.cmd, 0);
	KUNIT_EXPECT_EQ(test, t->psp.bugs, 0);
}

/* After whatever went wrong: firmware that is fine again gets all right */
static void expect_recovered(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	fake_psp_forget(&t->psp);
	sev_tio_unbind(must_bind(test));
	expect_unbound(test, 0);
}

/*
 * Requests
 */

struct msg {
	struct pci_tsm_guest_msg msg;
	struct pci_tsm_guest_req req;
	u8 out[4096 + 16];
	u8 in[4096];
};

/* As the core calls it: with zeroed memory of at least resp_size bytes */
static struct msg *new_msg(struct kunit *test, u32 req_len, u32 resp_max)
{
	struct msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	memset(m->in, 0xc3, sizeof(m->in));
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

static int send(struct kunit *test, struct pci_tdi *tdi, u64 *code)
{
	struct msg *m = new_msg(test, 0x70, RESP_LEN);
	int ret = sev_tio_guest_req(tdi, &m->req);

	*code = m->req.tsm_code;
	kunit_kfree(test, m);
	return ret;
}

/*
 * Layouts
 */

struct field {
	u8 off;
	u8 size;
	u64 value;
};

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
static void expect_cmd(struct kunit *test, int id, unsigned int len,
		       const struct tsm_dsm_tio *spdm,
		       const struct field *fields, int nr)
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
		KUNIT_EXPECT_MEMEQ(test, psp->cmds[i].buf, want, sizeof(want));
		return;
	}
	KUNIT_FAIL(test, "no command %#x was sent", id);
}

#define EXPECT_CMD(_test, _id, _len, _spdm, ...) do {			\
	const struct field fields[] = { __VA_ARGS__ };			\
									\
	expect_cmd(_test, _id, _len, _spdm, fields, ARRAY_SIZE(fields));\
} while (0)

static void layout_of_bind(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = must_bind(test);
	u64 ctx = vf_tdi(t)->sla;

	KUNIT_EXPECT_EQ(test, t->psp.nr_cmds, 3);
	EXPECT_CMD(test, 0xda, 48, NULL, { 8, 8, data->dev_ctx.sla }, { 16, 8, ctx },
		   { 24, 4, VF_RID });
	EXPECT_CMD(test, 0xdc, 80, data,
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, GCTX }, { 64, 2, GUEST_ID }, { 66, 2, 0x10 });
	EXPECT_CMD(test, 0xdf, 64, data,
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, __pa(data->data_pg) });
	sev_tio_unbind(tdi);
}

static void layout_of_unbind(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = must_bind(test);
	u64 ctx = vf_tdi(t)->sla;

	t->psp.fence = 1;
	t->psp.nr_cmds = 0;
	sev_tio_unbind(tdi);

	KUNIT_EXPECT_EQ(test, t->psp.nr_cmds, 4);
	EXPECT_CMD(test, 0xdd, 64, data,
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, GCTX });
	EXPECT_CMD(test, 0xdb, 32, NULL, { 8, 8, data->dev_ctx.sla }, { 16, 8, ctx });
	EXPECT_CMD(test, 0xe2, 32, NULL, { 8, 8, data->dev_ctx.sla }, { 16, 4, ASID },
		   { 20, 8, __pa(data->data_pg) });
	EXPECT_CMD(test, 0xe1, 32, NULL, { 8, 8, data->dev_ctx.sla }, { 16, 8, GCTX });
}

static void layout_of_force(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = must_bind(test);
	u64 ctx = vf_tdi(t)->sla;

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
	expect_unbound(test, 0);
}

static void layout_of_guest_request(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = must_bind(test);
	u64 ctx = vf_tdi(t)->sla;
	u64 req, resp, code;
	struct fake_cmd *cmd;

	KUNIT_EXPECT_EQ(test, send(test, tdi, &code), 0);
	cmd = &t->psp.cmds[t->psp.nr_cmds - 1];
	req = get_unaligned_le64(cmd->buf + 64);
	resp = get_unaligned_le64(cmd->buf + 72);
	EXPECT_CMD(test, 0xe0, 80, data,
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, GCTX }, { 64, 8, req }, { 72, 8, resp });
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(req) && PAGE_ALIGNED(resp));
	sev_tio_unbind(tdi);
}

/*
 * Bind
 */

static void bind_any_function(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *vf, *pf0;

	vf = must_bind(test);
	KUNIT_EXPECT_PTR_EQ(test, vf->pdev, &t->vf);
	KUNIT_EXPECT_PTR_EQ(test, vf->kvm, snp_vm);
	KUNIT_EXPECT_EQ(test, vf->tdi_id, GUEST_ID);

	/* The segment is part of a function's name if it is not 0 */
	t->bus.number = PF0_RID >> 8;
	t->sysdata.domain = 3;
	pf0 = sev_tio_bind(&t->pf0, other_vm, U16_MAX, &t->bind_code);
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
	expect_unbound(test, 0);
}

static void bind_is_refused(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;

	tdi = sev_tio_bind(&t->vf, plain_vm, GUEST_ID, &t->bind_code);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(tdi), -EOPNOTSUPP);
	tdi = sev_tio_bind(&t->vf, early_vm, GUEST_ID, &t->bind_code);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(tdi), -EAGAIN);
	tdi = sev_tio_bind(&t->vf, snp_vm, U16_MAX + 1, &t->bind_code);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(tdi), -EOVERFLOW);
	t->sysdata.domain = U8_MAX + 1;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EOVERFLOW);
	t->sysdata.domain = 0;

	KUNIT_EXPECT_EQ(test, t->psp.nr_cmds, 0);
	expect_unbound(test, 0);
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
	expect_unbound(test, 0);
}

static void bind_twice(struct kunit *test)
{
	struct pci_tdi *tdi = must_bind(test);

	/* The core does not let that happen, but the firmware has a word for it */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(tdi_test(test))), -EBUSY);
	sev_tio_unbind(tdi);
	expect_unbound(test, 0);
}

/* The firmware calls the bind a success, and then tells of another state */
static void bind_not_locked(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	for (int state = 0; state < 256; state++) {
		if (state == 1)
			continue;
		t->psp.tdisp_state = state;
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EBADFD);
		expect_unbound(test, 0);
	}

	t->psp.tdisp_state = 1;
	t->psp.status_len = 4;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EPROTO);
	expect_unbound(test, 0);
}

/* Contexts of more than a page are scattered */
static void scattered_context(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;

	t->status.tdictx_size = 3 * PAGE_SIZE;
	tdi = must_bind(test);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->sla & 1, 1);
	/* Three of the context and one for responses */
	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), t->owned + 4);
	sev_tio_unbind(tdi);
	expect_unbound(test, 0);

	/* Its table is lost as well if the firmware keeps it */
	tdi = must_bind(test);
	t->psp.fail[0] = t->psp.ops + 2;
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_CREATED);
	expect_unbound(test, 4);
	expect_recovered(test);
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
	{ -EIO, SEV_RET_SPDM_ERROR, -EREMOTEIO },
	{ -EIO, SEV_RET_INVALID_PARAM, -EINVAL },
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
	fake_psp_forget(&t->psp);
	t->psp.fail_rc = failure->rc;
	t->psp.fail_status = failure->status;
	t->psp.fail[0] = first;
	t->psp.fail[1] = second;
}

/* Nothing is bound; what the firmware could not be made to give back is lost */
static void expect_no_tdi(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	unsigned int lost = fake_psp_lost(&t->psp);

	KUNIT_EXPECT_EQ(test, fake_psp_owned(&t->psp), t->owned + lost);
	/* The context, and the page for responses */
	KUNIT_EXPECT_LE(test, lost, 2);
	if (vf_tdi(t))
		KUNIT_EXPECT_GE(test, lost, 1);
	KUNIT_EXPECT_EQ(test, t->dsm.data.cmd, 0);
	KUNIT_EXPECT_EQ(test, t->psp.bugs, 0);
}

/*
 * Every call into the firmware or its ownership of pages fails, and so does
 * every second one on the way back, until a bind gets through.
 */
static void fail_bind(struct kunit *test)
{
	const struct failure *failure = test->param_value;
	struct tdi_test *t = tdi_test(test);
	unsigned int first, second, failed = 0;
	struct pci_tdi *tdi;

	for (first = 1;; first++) {
		for (second = first + 1; second < first + 8; second++) {
			fail_ops(t, failure, first, second);
			tdi = bind_vf(t);
			if (!IS_ERR(tdi))
				break;

			failed++;
			/* Pages that can't be had are -ENOMEM */
			if (PTR_ERR(tdi) != -ENOMEM)
				KUNIT_EXPECT_EQ(test, PTR_ERR(tdi),
						failure->want);
			expect_no_tdi(test);
		}
		if (!IS_ERR(tdi))
			break;
		expect_recovered(test);
	}

	/* Two pages and three commands, with seven more failures each */
	KUNIT_EXPECT_EQ(test, first, 6);
	KUNIT_EXPECT_EQ(test, failed, 5 * 7);
	memset(t->psp.fail, 0, sizeof(t->psp.fail));
	sev_tio_unbind(tdi);
	expect_unbound(test, 0);
}

static void bind_with_one_failure(struct kunit *test,
				  const struct failure *failure)
{
	struct tdi_test *t = tdi_test(test);

	for (unsigned int op = 1; op <= 5; op++) {
		fail_ops(t, failure, op, 0);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)),
				op <= 2 ? -ENOMEM : failure->want);
		expect_unbound(test, 0);
	}
}

/*
 * Single failures leave nothing at all behind if the firmware answers, which it
 * does no more after a timeout
 */
static void fail_bind_once(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		if (failures[i].rc != -ETIMEDOUT)
			bind_with_one_failure(test, &failures[i]);
	}
}

/* UNBIND, TDI_RECLAIM, two pages, fence: unbind always comes to its end */
static void fail_unbind(struct kunit *test)
{
	const struct failure *failure = test->param_value;
	struct tdi_test *t = tdi_test(test);
	unsigned int first, second;

	for (first = 1; first <= 6; first++) {
		for (second = first + 1; second <= 8; second++) {
			struct pci_tdi *tdi;

			fake_psp_forget(&t->psp);
			tdi = must_bind(test);
			t->psp.ops = 0;
			t->psp.fence = 1;
			t->psp.fail_rc = failure->rc;
			t->psp.fail_status = failure->status;
			t->psp.fail[0] = first;
			t->psp.fail[1] = second;
			sev_tio_unbind(tdi);
			expect_no_tdi(test);
		}
	}
	expect_recovered(test);
}

/* The TDI is as before, and the next request finds it */
static void fail_guest_req(struct kunit *test)
{
	const struct failure *failure = test->param_value;
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = must_bind(test);
	u64 code;

	t->psp.ops = 0;
	t->psp.fail[0] = 1;
	t->psp.fail_rc = failure->rc;
	t->psp.fail_status = failure->status;
	KUNIT_EXPECT_EQ(test, send(test, tdi, &code), failure->want);
	KUNIT_EXPECT_EQ(test, code, failure->status);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_BOUND);

	if (failure->rc == -ETIMEDOUT) {
		KUNIT_EXPECT_EQ(test, send(test, tdi, &code), -ESHUTDOWN);
		t->psp.dead = false;
	}
	KUNIT_EXPECT_EQ(test, send(test, tdi, &code), 0);
	KUNIT_EXPECT_EQ(test, code, 0);
	sev_tio_unbind(tdi);
	expect_unbound(test, 0);
}

/* A PSP that died takes the pages along, whatever the driver does */
static void dead_psp(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = must_bind(test);

	t->psp.dead = true;
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_BOUND);
	expect_unbound(test, 2);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -ESHUTDOWN);
	expect_recovered(test);
}

/* Neither attempt unbinds: the firmware's context must not be reused */
static void unbind_never(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	t->psp.unbind_status = SEV_RET_SPDM_ERROR;
	t->psp.force_status = SEV_RET_INVALID_PARAM;
	sev_tio_unbind(must_bind(test));
	KUNIT_EXPECT_EQ(test, vf_tdi(t)->state, FAKE_TDI_BOUND);
	expect_unbound(test, 1);

	/* It is not a secret either */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EBUSY);
	t->psp.unbind_status = 0;
	t->psp.force_status = 0;
	expect_recovered(test);
}

/* Only an error that cut off the device's DMA is cleared */
static void fence(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);

	for (int fence = 0; fence < 16; fence++) {
		struct pci_tdi *tdi = must_bind(test);

		t->psp.fence = fence;
		sev_tio_unbind(tdi);
		KUNIT_EXPECT_EQ(test, t->psp.fence,
				(fence & 3) == 1 ? fence & ~3 : fence);
		expect_unbound(test, 0);
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
	tdi = must_bind(test);
	KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 2 * *rounds);
	KUNIT_EXPECT_EQ(test, send(test, tdi, &code), 0);
	KUNIT_EXPECT_EQ(test, code, 0);
	KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 3 * *rounds);
	sev_tio_unbind(tdi);
	KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 4 * *rounds);
	expect_unbound(test, 0);
}

static void spdm_endless(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi;
	u64 code;

	t->psp.rounds = 257;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)), -EPROTO);
	KUNIT_EXPECT_NULL(test, vf_tdi(t));
	expect_unbound(test, 0);

	t->psp.rounds = 0;
	tdi = must_bind(test);
	t->psp.rounds = UINT_MAX;
	t->psp.doe_calls = 0;
	KUNIT_EXPECT_EQ(test, send(test, tdi, &code), -EPROTO);
	KUNIT_EXPECT_EQ(test, t->psp.doe_calls, 256);
	KUNIT_EXPECT_EQ(test, code, 0);
	KUNIT_EXPECT_EQ(test, t->dsm.data.cmd, 0);

	t->psp.rounds = 0;
	KUNIT_EXPECT_EQ(test, send(test, tdi, &code), 0);
	sev_tio_unbind(tdi);
	expect_unbound(test, 0);
}

/* The mailbox fails in each round, and the next command is the next command */
static void spdm_mailbox_fails(struct kunit *test)
{
	static const int errors[][2] = {
		{ -EIO, -EIO }, { -ETIMEDOUT, -ETIMEDOUT }, { 0, -EPROTO },
	};
	struct tdi_test *t = tdi_test(test);

	t->psp.rounds = 3;
	for (int i = 0; i < ARRAY_SIZE(errors); i++) {
		for (int round = 1; round <= 6; round++) {
			t->psp.doe_calls = 0;
			t->psp.doe_fail = round;
			t->psp.doe_rc = errors[i][0];
			KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bind_vf(t)),
					errors[i][1]);
			expect_unbound(test, 0);
		}
	}
	t->psp.doe_fail = 0;
}

static void spdm_request_fails(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = must_bind(test);
	u64 code;

	t->psp.rounds = 2;
	for (int round = 1; round <= 2; round++) {
		t->psp.doe_calls = 0;
		t->psp.doe_fail = round;
		t->psp.doe_rc = -EIO;
		/* SPDM_REQUEST is no result: it isn't the guest's to see */
		KUNIT_EXPECT_EQ(test, send(test, tdi, &code), -EIO);
		KUNIT_EXPECT_EQ(test, code, 0);
		KUNIT_EXPECT_EQ(test, t->dsm.data.cmd, 0);
	}
	t->psp.doe_fail = 0;
	KUNIT_EXPECT_EQ(test, send(test, tdi, &code), 0);

	/* Without force the device is asked, and does not answer */
	t->psp.doe_calls = 0;
	t->psp.doe_fail = 1;
	sev_tio_unbind(tdi);
	expect_unbound(test, 0);
}

/*
 * Guest requests
 */

static void request_and_response(struct kunit *test)
{
	static const u32 lens[] = { 1, 0x60, 0x70, 4095, 4096 };
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = must_bind(test);

	for (int i = 0; i < ARRAY_SIZE(lens); i++) {
		struct msg *m = new_msg(test, lens[i], RESP_LEN);

		KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), 0);
		KUNIT_EXPECT_EQ(test, m->req.tsm_code, 0);
		KUNIT_EXPECT_MEMEQ(test, psp->req, m->in, lens[i]);
		KUNIT_EXPECT_NULL(test, memchr_inv(psp->req + lens[i], 0,
						   4096 - lens[i]));
		KUNIT_EXPECT_EQ(test, m->req.resp_len, RESP_LEN);
		KUNIT_EXPECT_MEMEQ(test, m->out, psp->resp, RESP_LEN);
		KUNIT_EXPECT_NULL(test, memchr_inv(m->out + RESP_LEN, 0,
						   sizeof(m->out) - RESP_LEN));
	}
	sev_tio_unbind(tdi);
}

static void request_too_long(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = must_bind(test);
	struct msg *m = new_msg(test, 4097, RESP_LEN);

	psp->ops = 0;
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, psp->ops, 0);
	sev_tio_unbind(tdi);
}

/* The firmware takes a message once, so there is no second try after it saw it */
static void response_might_not_fit(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = must_bind(test);
	struct msg *m = new_msg(test, 0x70, RESP_LEN);

	psp->ops = 0;
	m->req.resp_size = RESP_LEN - 1;
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, m->req.resp_len, RESP_LEN);
	KUNIT_EXPECT_EQ(test, psp->ops, 0);
	sev_tio_unbind(tdi);
}

/* Lengths that a header can tell, in a buffer for 32 bytes of payload */
static void response_length(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = must_bind(test);
	struct msg *m = new_msg(test, 0x70, 0x80);

	for (int size = 0; size <= U16_MAX; size += size < 0x100 ? 1 : 251) {
		set_response(psp, size, 0x5a);
		m->req.resp_len = 0;
		if (size > 0x20) {
			KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req),
					-EPROTO);
			KUNIT_EXPECT_EQ(test, m->req.resp_len, 0);
		} else {
			KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req),
					0);
			KUNIT_EXPECT_EQ(test, m->req.resp_len, 0x60 + size);
		}
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(m->out + 0x80, 0,
					   sizeof(m->out) - 0x80));
	sev_tio_unbind(tdi);
}

/* In a buffer of more than a page, as a protocol might declare */
static void response_beyond_page(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = must_bind(test);
	struct msg *m = new_msg(test, 0x70, 4096 + 16);

	set_response(psp, 4096 - 0x60, 0x5a);
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), 0);
	KUNIT_EXPECT_EQ(test, m->req.resp_len, 4096);
	set_response(psp, 4096 - 0x60 + 1, 0x5a);
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), -EPROTO);
	sev_tio_unbind(tdi);
}

static void response_header(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = must_bind(test);
	u64 code;

	for (int size = 0; size <= U8_MAX; size++) {
		set_response(psp, 16, 0x5a);
		put_unaligned_le16(size, psp->resp + 50);
		KUNIT_EXPECT_EQ(test, send(test, tdi, &code),
				size == 0x60 ? 0 : -EPROTO);
	}
	sev_tio_unbind(tdi);
}

/* One guest does not get what the firmware left of another's response */
static void response_of_others(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *first = must_bind(test), *second;
	u64 code;

	t->bus.number = PF0_RID >> 8;
	second = sev_tio_bind(&t->pf0, other_vm, 1, &t->bind_code);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, second);

	KUNIT_EXPECT_EQ(test, send(test, first, &code), 0);
	t->psp.resp_len = 0;
	KUNIT_EXPECT_EQ(test, send(test, second, &code), -EPROTO);
	sev_tio_unbind(second);
	sev_tio_unbind(first);
}

/*
 * Results
 */

struct result {
	int status;
	int want;
};

static const struct result results[] = {
	{ 0x01, -ESHUTDOWN }, { 0x02, -EAGAIN }, { 0x03, -EINVAL },
	{ 0x04, -EINVAL }, { 0x05, -EBUSY }, { 0x06, -EKEYREJECTED },
	{ 0x07, -EPERM }, { 0x08, -EAGAIN }, { 0x09, -EPROTO },
	{ 0x0a, -EKEYREJECTED }, { 0x0b, -EKEYREJECTED }, { 0x0c, -EBUSY },
	{ 0x0d, -ESRCH }, { 0x0e, -EIO }, { 0x0f, -EIO }, { 0x10, -ESRCH },
	{ 0x11, -EOPNOTSUPP }, { 0x12, -EBUSY }, { 0x13, -EIO },
	{ 0x14, -EIO }, { 0x15, -EOPNOTSUPP }, { 0x16, -EINVAL },
	{ 0x17, -ENOSPC }, { 0x18, -EKEYREJECTED }, { 0x19, -EPROTO },
	{ 0x1a, -EPROTO }, { 0x1b, -EPROTO }, { 0x1c, -EPROTO },
	{ 0x1d, -EKEYEXPIRED }, { 0x1e, -EIO }, { 0x1f, -EIO },
	{ 0x20, -ESHUTDOWN }, { 0x21, -EIO }, { 0x22, -EIO },
	{ 0x23, -ESHUTDOWN }, { 0x24, -EIO }, { 0x25, -ESHUTDOWN },
	{ 0x26, -ESHUTDOWN }, { 0x27, -EKEYREJECTED }, { 0x28, -ESHUTDOWN },
	{ 0x29, -EIO }, { 0x2a, -EIO }, { 0x2b, -EIO }, { 0x2c, -EIO },
	{ 0x2d, -EIO }, { 0x2e, -EIO }, { 0x2f, -EIO }, { 0x30, -EPROTO },
	{ 0x31, -EOVERFLOW }, { 0x32, -EPROTO }, { 0x33, -EREMOTEIO },
	{ 0x34, -EIO }, { 0x35, -EREMOTEIO }, { 0x36, -EPROTO },
	{ 0x37, -EPROTO }, { 0x38, -ENXIO }, { 0x39, -EBUSY },
	{ 0x3a, -EBUSY }, { 0x3b, -ENOTCONN }, { 0x3c, -EBADFD },
	{ 0x3d, -ENOTCONN }, { 0x3e, -ENOTCONN }, { 0x3f, -EOVERFLOW },
	{ 0x40, -EIO }, { 0xffff, -EIO },
};

static void errno_of_status(struct kunit *test)
{
	/* Every status that the kernel has a name for */
	KUNIT_EXPECT_EQ(test, results[ARRAY_SIZE(results) - 2].status,
			SEV_RET_MAX);
	for (int i = 0; i < ARRAY_SIZE(results); i++) {
		int status = results[i].status;

		KUNIT_EXPECT_TRUE(test, status == i + 1 || status == 0xffff);
		KUNIT_EXPECT_EQ_MSG(test, sev_tio_errno(-EIO, status),
				    results[i].want, "status %#x", status);
	}

	KUNIT_EXPECT_EQ(test, sev_tio_errno(0, 0), 0);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-EIO, 0), -EIO);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-ETIMEDOUT, 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-EBUSY, 0), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-ENODEV, 0), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, sev_tio_errno(-EPROTO, 0x3a), -EPROTO);
}

static void errno_reaches_caller(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = must_bind(test);
	u64 code;

	for (int i = 0; i < ARRAY_SIZE(results); i++) {
		/* Starts an exchange */
		if (results[i].status == SEV_RET_SPDM_REQUEST)
			continue;
		t->psp.ops = 0;
		t->psp.fail[0] = 1;
		t->psp.fail_status = results[i].status;
		KUNIT_EXPECT_EQ(test, send(test, tdi, &code), results[i].want);
		KUNIT_EXPECT_EQ(test, code, results[i].status);
	}
	sev_tio_unbind(tdi);
	expect_unbound(test, 0);
}

/*
 * Guests
 */

static int say_eexist(struct kvm *kvm, struct sev_snp_guest *guest)
{
	return kvm == snp_vm ? -EEXIST : -EOPNOTSUPP;
}

static void guests_of_kvm(struct kunit *test)
{
	struct sev_snp_guest guest;

	if (cc_platform_has(CC_ATTR_HOST_SEV_SNP))
		kunit_skip(test, "KVM may have registered");
	kunit_deactivate_static_stub(test, sev_get_snp_guest);

	KUNIT_EXPECT_EQ(test, sev_get_snp_guest(snp_vm, &guest), -EOPNOTSUPP);
	sev_register_snp_guests(say_eexist);
	KUNIT_EXPECT_EQ(test, sev_get_snp_guest(snp_vm, &guest), -EEXIST);
	sev_unregister_snp_guests();
	KUNIT_EXPECT_EQ(test, sev_get_snp_guest(snp_vm, &guest), -EOPNOTSUPP);
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

static struct kunit_case tdi_cases[] = {
	KUNIT_CASE(probe_function),
	KUNIT_CASE(layout_of_bind),
	KUNIT_CASE(layout_of_unbind),
	KUNIT_CASE(layout_of_force),
	KUNIT_CASE(layout_of_guest_request),
	KUNIT_CASE(bind_any_function),
	KUNIT_CASE(bind_is_refused),
	KUNIT_CASE(bind_without_connect),
	KUNIT_CASE(bind_twice),
	KUNIT_CASE(bind_not_locked),
	KUNIT_CASE(scattered_context),
	KUNIT_CASE_PARAM(fail_bind, failures_gen_params),
	KUNIT_CASE(fail_bind_once),
	KUNIT_CASE_PARAM(fail_unbind, failures_gen_params),
	KUNIT_CASE_PARAM(fail_guest_req, failures_gen_params),
	KUNIT_CASE(dead_psp),
	KUNIT_CASE(unbind_never),
	KUNIT_CASE(fence),
	KUNIT_CASE_PARAM(spdm_succeeds, rounds_gen_params),
	KUNIT_CASE(spdm_endless),
	KUNIT_CASE(spdm_mailbox_fails),
	KUNIT_CASE(spdm_request_fails),
	KUNIT_CASE(request_and_response),
	KUNIT_CASE(request_too_long),
	KUNIT_CASE(response_might_not_fit),
	KUNIT_CASE(response_length),
	KUNIT_CASE(response_beyond_page),
	KUNIT_CASE(response_header),
	KUNIT_CASE(response_of_others),
	KUNIT_CASE(errno_of_status),
	KUNIT_CASE(errno_reaches_caller),
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
