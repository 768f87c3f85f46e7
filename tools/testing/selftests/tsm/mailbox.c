// SPDX-License-Identifier: GPL-2.0
/*
 * A DSM that answers late, never, or nonsense: requests, binds and connects fail with
 * an errno that says so, an unbind does not fail, and the log has no more about it than
 * it should. Once the DSM answers again, so does all else.
 */
#include "lib/pci.h"
#include "lib/proto.h"
#include "lib/test.h"

/* A function whose DSM answers as it should, so far */
FIXTURE(dsm)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
	struct tsm_kmsg bugs;
};

/*
 * What comes of it: @request is about the TDISP version, and @lock is a longer one that
 * changes the TDI. @code is the TSM's for both, where they succeed.
 */
FIXTURE_VARIANT(dsm)
{
	enum emu_mailbox mailbox;
	int connect;
	int bind;
	int request;
	int lock;
	u64 code;
};

FIXTURE_VARIANT_ADD(dsm, late) { EMU_MAILBOX_LATE, 0, 0, 0, 0, 0 };

FIXTURE_VARIANT_ADD(dsm, silent) {
	EMU_MAILBOX_SILENT, -EIO, -EIO, -EIO, -EIO, 0,
};

/* Each time it takes an abort, which only the kernel's driver of the mailbox sends */
FIXTURE_VARIANT_ADD(dsm, busy) {
	EMU_MAILBOX_BUSY, -EBUSY, -EAGAIN, -EBUSY, -EBUSY, 0,
};

FIXTURE_VARIANT_ADD(dsm, broken) {
	EMU_MAILBOX_BROKEN, -EIO, -EIO, -EIO, -EIO, 0,
};

FIXTURE_VARIANT_ADD(dsm, cuts_spdm) {
	EMU_MAILBOX_SHORT, -EIO, -EIO, -EIO, -EIO, 0,
};

/* The version fits in what is left, and so does what binds a TDI */
FIXTURE_VARIANT_ADD(dsm, cuts_tdisp) {
	EMU_MAILBOX_CUT, 0, 0, 0, -EIO, 0,
};

FIXTURE_VARIANT_ADD(dsm, vendor_error) {
	EMU_MAILBOX_VENDOR_ERROR, -EIO, -EIO, 0, 0, PCI_TDISP_ERR_VENDOR_SPECIFIC,
};

FIXTURE_SETUP(dsm)
{
	self->kmsg.fd = -1;
	self->bugs.fd = -1;
	if (setup_vdevice(_metadata, &self->t, "fn1", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_kmsg_open(&self->bugs, false));
	ASSERT_EQ(0, tsm_pci_enable(&self->t.s));
}

FIXTURE_TEARDOWN(dsm)
{
	tsm_platform_mailbox(EMU_MAILBOX_GOOD);
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
	tsm_kmsg_close(&self->bugs);
}

static void expect_good_again(struct __test_metadata *_metadata, struct tsm_test *t)
{
	ASSERT_EQ(0, tsm_platform_mailbox(EMU_MAILBOX_GOOD));
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
	EXPECT_EQ(0, tsm_tdi_run(t));
}

static void expect_outcome(struct __test_metadata *_metadata, struct tsm_test *t,
			   int rc, u64 code)
{
	ASSERT_EQ(rc, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(rc ? 0 : code, t->cmd.out_tsm_code);
	if (rc)
		expect_poison_from(_metadata, t, 0);
}

TEST_F(dsm, request)
{
	struct tsm_test *t = &self->t;
	struct pci_tdisp_header req = tsm_tdi_header(t, PCI_TDISP_GET_VERSION);

	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_platform_mailbox(variant->mailbox));
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_outcome(_metadata, t, variant->request, variant->code);
	expect_good_again(_metadata, t);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
	EXPECT_EQ(0, tsm_kmsg_count(&self->bugs, "TSM driver bug"));
}

/* Done, but the answer is lost: the guest has no nonce, and begins anew */
TEST_F(dsm, lock)
{
	struct tsm_test *t = &self->t;
	struct pci_tdisp_lock_interface req = tsm_tdi_lock_req(t);

	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_platform_mailbox(variant->mailbox));
	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_outcome(_metadata, t, variant->lock, variant->code);
	expect_good_again(_metadata, t);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
	EXPECT_EQ(0, tsm_kmsg_count(&self->bugs, "TSM driver bug"));
}

TEST_F(dsm, bind)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_platform_mailbox(variant->mailbox));
	EXPECT_EQ(variant->bind, tsm_bind_tdi(&t->s));
	EXPECT_EQ(!variant->bind, is_bound(_metadata, t));
	expect_good_again(_metadata, t);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
	EXPECT_EQ(0, tsm_kmsg_count(&self->bugs, "TSM driver bug"));
}

/* It has no way to fail. What it could not stop, the next bind does */
TEST_F(dsm, unbind)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
	ASSERT_EQ(0, tsm_platform_mailbox(variant->mailbox));
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_FALSE(is_bound(_metadata, t));
	expect_good_again(_metadata, t);
	/* what is in the log is that a TDI could not be stopped */
	EXPECT_EQ(!!variant->bind, tsm_kmsg_complaints(&self->kmsg));
}

TEST_F(dsm, connect)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_disconnect(&t->s));
	ASSERT_EQ(0, tsm_platform_mailbox(variant->mailbox));
	EXPECT_EQ(variant->connect, tsm_connect(&t->s));
	ASSERT_EQ(0, tsm_platform_mailbox(EMU_MAILBOX_GOOD));
	if (variant->connect)
		do_step(_metadata, t, tsm_connect);
	expect_good_again(_metadata, t);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
	EXPECT_EQ(0, tsm_kmsg_count(&self->bugs, "TSM driver bug"));
}

TEST_F(dsm, disconnect)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_platform_mailbox(variant->mailbox));
	EXPECT_EQ(0, tsm_disconnect(&t->s));
	ASSERT_EQ(0, tsm_platform_mailbox(EMU_MAILBOX_GOOD));
	do_step(_metadata, t, tsm_connect);
	expect_good_again(_metadata, t);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
	EXPECT_EQ(0, tsm_kmsg_count(&self->bugs, "TSM driver bug"));
}

/* The data of the vendor's own error is cut off where the message has no room for it */
FIXTURE(vendor)
{
	struct tsm_test t;
};

FIXTURE_SETUP(vendor)
{
	setup_bound(_metadata, &self->t, "fn1", false);
}

FIXTURE_TEARDOWN(vendor)
{
	tsm_platform_mailbox(EMU_MAILBOX_GOOD);
	teardown(&self->t);
}

TEST_F(vendor, long_error)
{
	struct tsm_test *t = &self->t;
	struct pci_tdisp_header req = tsm_tdi_header(t, PCI_TDISP_STOP_INTERFACE);
	struct pci_tdisp_error_rsp *error = (void *)t->resp;

	ASSERT_EQ(0, tsm_platform_mailbox(EMU_MAILBOX_VENDOR_ERROR));
	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_outcome(_metadata, t, 0, PCI_TDISP_ERR_VENDOR_SPECIFIC);
	ASSERT_EQ(sizeof(*error), t->cmd.out_resp_len);
	expect_poison_from(_metadata, t, sizeof(*error));
	EXPECT_EQ(sizeof(struct emu_vendor_error) - sizeof(*error),
		  le32toh(error->data));
}

/* A TSM that locks the TDI when it is bound, and fetches its report */
FIXTURE(locking)
{
	struct proto_test p;
};

FIXTURE_SETUP(locking)
{
	check_step(_metadata, &self->p.t,
		   proto_assign(&self->p, &proto_sev_tio, "fn1"));
}

FIXTURE_TEARDOWN(locking)
{
	if (self->p.t.s.fn)
		tsm_platform_mailbox_at(self->p.t.s.fn->platform,
					EMU_MAILBOX_GOOD);
	proto_close(&self->p);
}

/* Nothing but what came is taken for the report, and the TDI is stopped again */
TEST_F(locking, short_report)
{
	struct tsm_setup *s = &self->p.t.s;

	ASSERT_EQ(0, tsm_platform_mailbox_at(s->fn->platform,
					     EMU_MAILBOX_CUT_REPORT));
	EXPECT_EQ(-EIO, tsm_bind_tdi(s));
	ASSERT_EQ(0, tsm_platform_mailbox_at(s->fn->platform, EMU_MAILBOX_GOOD));
	EXPECT_EQ(0, tsm_bind_tdi(s));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
