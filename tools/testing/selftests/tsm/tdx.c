// SPDX-License-Identifier: GPL-2.0
/*
 * What only TDX Connect has: a command buffer that tells its length, states that
 * the TD asks for, and evidence that is longer than the buffer.
 */
#include <stdlib.h>

#include "lib/proto_tdx.h"
#include "lib/test.h"

FIXTURE(tdx)
{
	struct proto_test p;
};

FIXTURE_SETUP(tdx)
{
	check_step(_metadata, &self->p.t, proto_open(&self->p, &proto_tdx, "pf0"));
}

FIXTURE_TEARDOWN(tdx)
{
	proto_close(&self->p);
}

/* The buffer that the TD shares is longer than any command in it */
TEST_F(tdx, whole_buffer)
{
	struct proto_test *p = &self->p;

	p->proto->make(p, TSM_TDX_CHECK_TEEIO_SUPP, 0);
	proto_prepare(p, SCOPE(INFO), sizeof(p->req));
	expect_refused(_metadata, &p->t, EMSGSIZE, 0);
}

/* Refused with this error, as the response says too */
static bool is_refused(struct proto_test *p, u32 id, u8 error)
{
	const struct tsm_tdx_hdr *hdr = (void *)p->resp;

	return proto_request(p, id) == -EREMOTEIO &&
	       p->t.cmd.out_tsm_code == error &&
	       p->t.cmd.out_resp_len == sizeof(*hdr) &&
	       le16toh(hdr->operation) == id && hdr->status == TSM_TDX_ERROR &&
	       hdr->error == error && !hdr->data_length;
}

static bool is_wrong_state(struct proto_test *p, u32 id)
{
	return is_refused(p, id, TSM_TDX_ERR_STATE);
}

TEST_F(tdx, states)
{
	struct proto_test *p = &self->p;

	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_UNLOCKED, false, 0, 0));
	EXPECT_TRUE(is_wrong_state(p, TSM_TDX_START_TDI));
	EXPECT_TRUE(is_wrong_state(p, TSM_TDX_GET_TDI_REPORT));

	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
	EXPECT_TRUE(is_wrong_state(p, TSM_TDX_BIND));

	ASSERT_EQ(0, tdx_allow_start(p));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_START_TDI));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, 0, 0));
	EXPECT_TRUE(is_wrong_state(p, TSM_TDX_START_TDI));

	ASSERT_EQ(0, proto_request(p, TSM_TDX_UNBIND));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_UNLOCKED, false, 0, 0));
}

/* No host starts what the TD did not allow it to start, in this bind session */
TEST_F(tdx, start_not_allowed)
{
	struct proto_test *p = &self->p;
	u64 session, next;

	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	EXPECT_TRUE(is_refused(p, TSM_TDX_START_TDI, TSM_TDX_ERR_MODULE));
	ASSERT_EQ(0, tdx_rd(p, EMU_TDI_FIELD_SESSION, &session));
	EXPECT_EQ(EMU_TDX_INVALID_OPERAND, tdx_start(p, session + 1));
	EXPECT_TRUE(is_refused(p, TSM_TDX_START_TDI, TSM_TDX_ERR_MODULE));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
	ASSERT_EQ(0, tdx_start(p, session));

	/* what is allowed is that session, not the next */
	ASSERT_EQ(0, proto_request(p, TSM_TDX_UNBIND));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	ASSERT_EQ(0, tdx_rd(p, EMU_TDI_FIELD_SESSION, &next));
	EXPECT_NE(session, next);
	EXPECT_TRUE(is_refused(p, TSM_TDX_START_TDI, TSM_TDX_ERR_MODULE));
	EXPECT_EQ(EMU_TDX_INVALID_OPERAND, tdx_start(p, session));
}

/* Of what is not bound to the TD it learns nothing, and can do nothing with it */
TEST_F(tdx, unbound)
{
	struct proto_test *p = &self->p;
	u64 value;

	for (int i = 0; i < 2; i++) {
		for (u64 field = EMU_TDI_FIELD_STATE;
		     field <= EMU_TDI_FIELD_SESSION; field++)
			EXPECT_EQ(EMU_TDX_TDI_INVALID_METADATA, tdx_rd(p, field, &value));
		EXPECT_EQ(EMU_TDX_TDI_INVALID_METADATA, tdx_start(p, 0));
		EXPECT_EQ(EMU_TDX_TDI_INVALID_METADATA, tdx_dmar_accept(p, 0));
		EXPECT_EQ(EMU_TDX_TDI_INVALID_METADATA, tdx_mmio_accept(p, 0, 0, 1));
		EXPECT_TRUE(is_wrong_state(p, TSM_TDX_GET_TDI_STATE));
		/* the same after the TD has let go of it */
		ASSERT_EQ(0, p->proto->run(p));
		ASSERT_EQ(0, p->proto->stop(p));
	}
}

/* Both orders that are published: Intel's driver accepts before the start */
TEST_F(tdx, accept_then_start)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	ASSERT_EQ(0, tdx_mmio_accept(p, 0, 0, TSM_EMU_BAR0_PAGES));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false,
				 TSM_EMU_BAR0_PAGES, 0));
	ASSERT_EQ(0, tdx_dmar_accept(p, 0));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false,
				 TSM_EMU_BAR0_PAGES, 0));
	ASSERT_EQ(0, tdx_allow_start(p));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_START_TDI));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, true, TSM_EMU_BAR0_PAGES, 0));
}

/* OpenHCL starts first */
TEST_F(tdx, start_then_accept)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	ASSERT_EQ(0, tdx_allow_start(p));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_START_TDI));
	for (u32 page = 0; page < TSM_EMU_BAR0_PAGES; page++)
		ASSERT_EQ(0, tdx_mmio_accept(p, 0, page, 1));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, TSM_EMU_BAR0_PAGES, 0));
	ASSERT_EQ(0, tdx_dmar_accept(p, 2));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, true, TSM_EMU_BAR0_PAGES, 0));

	/* UNBIND undoes it all */
	ASSERT_EQ(0, proto_request(p, TSM_TDX_UNBIND));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

TEST_F(tdx, accept_refused)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	EXPECT_EQ(EMU_TDX_INVALID_OPERAND, tdx_mmio_accept(p, 0, 0, 0));
	EXPECT_EQ(EMU_TDX_INVALID_OPERAND,
		  tdx_mmio_accept(p, 0, 1, TSM_EMU_BAR0_PAGES));
	/* the place in the report, and not the id of the range, which is 2 */
	EXPECT_EQ(EMU_TDX_INVALID_OPERAND, tdx_mmio_accept(p, 2, 0, 1));
	ASSERT_EQ(0, tdx_mmio_accept(p, 1, 0, 1));
	EXPECT_EQ(EMU_TDX_INVALID_OPERAND, tdx_dmar_accept(p, 4));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 1));
}

/* Return: the state as the firmware tells it, or -errno */
static int get_tdi_state(struct proto_test *p)
{
	const struct tsm_tdx_hdr *hdr = (void *)p->resp;
	int rc = proto_request(p, TSM_TDX_GET_TDI_STATE);

	if (rc)
		return rc;
	return le32toh(hdr->data_length) == 1 ? hdr->data[0] : -EPROTO;
}

TEST_F(tdx, tdi_state)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_tdi_state(p));
	ASSERT_EQ(0, tdx_allow_start(p));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_START_TDI));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, get_tdi_state(p));
}

/* Does the last response have the object at @offset? Return: its end, or -errno */
static int find_data(struct proto_test *p, u32 offset, enum emu_object type)
{
	const struct tsm_tdx_hdr *hdr = (void *)p->resp;
	void *want;
	u32 len;
	int rc;

	rc = tsm_firmware_object(&p->t.s, type, &want, &len);
	if (rc)
		return rc;
	if (offset + len > le32toh(hdr->data_length) ||
	    memcmp(hdr->data + offset, want, len))
		rc = -EBADMSG;
	free(want);
	return rc ?: (int)(offset + len);
}

/* The response has its length, and nothing but the objects in it */
TEST_F(tdx, evidence)
{
	const struct tsm_tdx_hdr *hdr = (void *)self->p.resp;
	struct proto_test *p = &self->p;
	int end;

	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_GET_DEV_INFO));
	end = find_data(p, 0, EMU_OBJECT_CERTIFICATES);
	ASSERT_LT(0, end);
	EXPECT_EQ(le32toh(hdr->data_length),
		  find_data(p, end, EMU_OBJECT_MEASUREMENTS));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_GET_TDI_REPORT));
	EXPECT_EQ(le32toh(hdr->data_length), find_data(p, 0, EMU_OBJECT_REPORT));
}

/* The first call says how much room the second must have */
TEST_F(tdx, enobufs)
{
	struct proto_test *p = &self->p;
	u32 len = p->proto->make(p, TSM_TDX_GET_DEV_INFO, 0), needed;

	proto_prepare(p, SCOPE(INFO), len);
	p->t.cmd.resp_len = sizeof(struct tsm_tdx_hdr);
	ASSERT_EQ(-ENOBUFS, tsm_request_send(&p->t));
	needed = p->t.cmd.out_resp_len;
	EXPECT_LT(sizeof(struct tsm_tdx_hdr), needed);

	proto_prepare(p, SCOPE(INFO), len);
	p->t.cmd.resp_len = needed;
	ASSERT_EQ(0, tsm_request_send(&p->t));
	EXPECT_EQ(needed, p->t.cmd.out_resp_len);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
