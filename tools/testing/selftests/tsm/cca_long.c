// SPDX-License-Identifier: GPL-2.0
/*
 * Operations of CCA that take long, and that the firmware answers before they have ended:
 * nothing has happened until then, another can't begin, and what is given up leaves the
 * device in ERROR. A realm gets out of that by an unlock. The rules are those of TF-RMM
 * 9a7f8ef4, runtime/rmi/vdev.c.
 */
#include "lib/proto_cca.h"
#include "lib/test.h"

/* How often each is answered INCOMPLETE */
#define TIMES 2

FIXTURE(operation)
{
	struct proto_test p;
};

FIXTURE_SETUP(operation)
{
	struct proto_test *p = &self->p;

	if (check_step(_metadata, &p->t, proto_open(p, &proto_cca, "pf0")))
		return;
	ASSERT_EQ(0, tsm_platform_incomplete_at(p->t.s.fn->platform, TIMES));
}

FIXTURE_TEARDOWN(operation)
{
	tsm_platform_incomplete_at(self->p.t.s.fn->platform, 0);
	proto_close(&self->p);
}

/* Return: RHI's status, or -errno */
static s64 status(struct proto_test *p, u32 id)
{
	int rc = proto_request(p, id);

	return rc == -EREMOTEIO ? (s64)p->t.cmd.out_tsm_code : rc;
}

static s64 begin_state(struct proto_test *p, u32 state)
{
	cca_args(p)->state = state;
	return status(p, TSM_CCA_SET_TDI_STATE);
}

/* Return: how it ends, -EPROTO if that is too early */
static s64 go_on(struct proto_test *p, s64 begun)
{
	for (int i = 1; begun == TSM_CCA_INCOMPLETE && i < TIMES; i++)
		if (status(p, TSM_CCA_CONTINUE) != TSM_CCA_INCOMPLETE)
			return -EPROTO;
	return begun == TSM_CCA_INCOMPLETE ? status(p, TSM_CCA_CONTINUE) : -EPROTO;
}

static s64 set_state(struct proto_test *p, u32 state)
{
	return go_on(p, begin_state(p, state));
}

static s64 fetch(struct proto_test *p, u32 id)
{
	return go_on(p, status(p, id));
}

static s64 object_size(struct proto_test *p, u32 object)
{
	cca_args(p)->object = object;
	return status(p, TSM_CCA_OBJECT_SIZE);
}

/* As the RMM tells the realm */
static s64 state(struct proto_test *p)
{
	return cca_get_info(p) ?: (s64)le64toh(cca_args(p)->info.state);
}

static void expect_object_in_the_end(struct __test_metadata *_metadata,
				     struct proto_test *p, u32 refresh, u32 object)
{
	ASSERT_EQ(TSM_CCA_INCOMPLETE, status(p, refresh));
	EXPECT_EQ(TSM_CCA_DATA_NOT_AVAILABLE, object_size(p, object));
	EXPECT_EQ(TSM_CCA_INCOMPLETE, status(p, TSM_CCA_CONTINUE));
	EXPECT_EQ(TSM_CCA_SUCCESS, status(p, TSM_CCA_CONTINUE));
	EXPECT_EQ(TSM_CCA_SUCCESS, object_size(p, object));
}

TEST_F(operation, nothing_before_the_end)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(TSM_CCA_INCOMPLETE, begin_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, state(p));
	EXPECT_EQ(TSM_CCA_INCOMPLETE, status(p, TSM_CCA_CONTINUE));
	EXPECT_TRUE(proto_is_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	EXPECT_EQ(TSM_CCA_SUCCESS, status(p, TSM_CCA_CONTINUE));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, state(p));

	expect_object_in_the_end(_metadata, p, TSM_CCA_REPORT_REFRESH,
				 TSM_CCA_OBJECT_REPORT);
	expect_object_in_the_end(_metadata, p, TSM_CCA_MEASUREMENTS_REFRESH,
				 TSM_CCA_OBJECT_MEASUREMENTS);

	ASSERT_EQ(TSM_CCA_INCOMPLETE, begin_state(p, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, state(p));
	EXPECT_EQ(TSM_CCA_SUCCESS, go_on(p, TSM_CCA_INCOMPLETE));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, state(p));
}

/* What the device refuses is known in the end */
TEST_F(operation, refused_in_the_end)
{
	struct proto_test *p = &self->p;

	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, set_state(p, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, fetch(p, TSM_CCA_REPORT_REFRESH));
	/* and what has no sense at once */
	EXPECT_EQ(TSM_CCA_INVALID_OBJECT, begin_state(p, PCI_TDISP_STATE_ERROR));
	cca_args(p)->flags = 2;
	EXPECT_EQ(TSM_CCA_ERROR_INPUT, status(p, TSM_CCA_MEASUREMENTS_REFRESH));
}

/* A device has one. What only reads goes on beside it */
TEST_F(operation, one_at_a_time)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(TSM_CCA_INCOMPLETE, begin_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, begin_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, status(p, TSM_CCA_REPORT_REFRESH));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, status(p, TSM_CCA_MEASUREMENTS_REFRESH));
	EXPECT_EQ(TSM_CCA_SUCCESS, object_size(p, TSM_CCA_OBJECT_CERTIFICATE));
	EXPECT_EQ(TSM_CCA_SUCCESS, go_on(p, TSM_CCA_INCOMPLETE));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, state(p));
}

/* Before there was one, and once it has ended */
TEST_F(operation, none)
{
	struct proto_test *p = &self->p;

	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(TSM_CCA_INVALID_VDEV_ID, status(p, TSM_CCA_CONTINUE));
		EXPECT_EQ(TSM_CCA_ABORTED_OPERATION_HAD_COMPLETED,
			  status(p, TSM_CCA_ABORT));
		EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, state(p));
		ASSERT_EQ(TSM_CCA_SUCCESS, fetch(p, TSM_CCA_MEASUREMENTS_REFRESH));
	}
}

/* In ERROR for the RMM. Whoever is in ERROR has one way out, and then all is as before */
static void expect_error(struct __test_metadata *_metadata, struct proto_test *p)
{
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, state(p));
	EXPECT_EQ(TSM_CCA_INVALID_VDEV_ID, status(p, TSM_CCA_CONTINUE));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, set_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, set_state(p, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, fetch(p, TSM_CCA_REPORT_REFRESH));
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, state(p));

	ASSERT_EQ(TSM_CCA_SUCCESS, set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, state(p));
	EXPECT_EQ(TSM_CCA_SUCCESS, set_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, state(p));
}

TEST_F(operation, lock_aborted)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(TSM_CCA_INCOMPLETE, begin_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	ASSERT_EQ(TSM_CCA_SUCCESS, status(p, TSM_CCA_ABORT));
	/* it never came to the device */
	EXPECT_TRUE(proto_is_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	expect_error(_metadata, p);
}

TEST_F(operation, report_aborted)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(TSM_CCA_SUCCESS, set_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	ASSERT_EQ(TSM_CCA_INCOMPLETE, status(p, TSM_CCA_REPORT_REFRESH));
	ASSERT_EQ(TSM_CCA_SUCCESS, status(p, TSM_CCA_ABORT));
	expect_error(_metadata, p);
}

/* A realm whose TDI runs gets no more of it, and has to give its MMIO up before */
TEST_F(operation, aborted_while_running)
{
	struct proto_test *p = &self->p;
	unsigned int platform = p->t.s.fn->platform;
	u64 base, top;

	ASSERT_EQ(0, tsm_platform_incomplete_at(platform, 0));
	ASSERT_EQ(0, p->proto->run(p));
	ASSERT_EQ(0, tsm_platform_incomplete_at(platform, TIMES));
	base = p->range.base;
	top = base + p->range.pages * 4096ULL;

	ASSERT_EQ(TSM_CCA_INCOMPLETE, status(p, TSM_CCA_MEASUREMENTS_REFRESH));
	ASSERT_EQ(TSM_CCA_SUCCESS, status(p, TSM_CCA_ABORT));
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, state(p));
	EXPECT_EQ(EMU_RSI_ERROR_INPUT, cca_ask_to_map(p, base, top, base));
	EXPECT_EQ(EMU_RSI_ERROR_DEVICE, cca_dma_enable(p));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE,
		  set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	ASSERT_EQ(0, cca_unmap(p, base, top));
	expect_error(_metadata, p);
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

/* With the binding goes what goes on, or had been aborted */
TEST_F(operation, unbound)
{
	struct proto_test *p = &self->p;

	for (int aborted = 0; aborted < 2; aborted++) {
		ASSERT_EQ(TSM_CCA_INCOMPLETE,
			  begin_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
		if (aborted)
			ASSERT_EQ(TSM_CCA_SUCCESS, status(p, TSM_CCA_ABORT));
		ASSERT_EQ(0, tsm_unbind_tdi(&p->t.s));
		ASSERT_EQ(0, proto_bind(p));
		EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, state(p));
		EXPECT_EQ(TSM_CCA_INVALID_VDEV_ID, status(p, TSM_CCA_CONTINUE));
	}
	EXPECT_EQ(TSM_CCA_SUCCESS, set_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
