// SPDX-License-Identifier: GPL-2.0
/*
 * TSM drivers that lack operations. PCI/TSM does not register one that lacks an
 * operation that all need, or the counterpart of one that it has. One that binds no
 * TDIs, or that serves no requests, is registered, and the ioctls say EOPNOTSUPP.
 */
#include <stdio.h>
#include <unistd.h>

#include "lib/test.h"

#define NO_REQUESTS (TSM_EMU_OMIT_GUEST_REQ | TSM_EMU_OMIT_GUEST_PROTO)
#define NO_TDIS (TSM_EMU_OMIT_TDI | NO_REQUESTS)

static int probe_without(u32 ops)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ops);
	return tsm_platform_probe_with("omit_ops", text);
}

/* Operations, each of which is missed where the others are there */
FIXTURE(missed)
{
	struct tsm_test t;
};

FIXTURE_VARIANT(missed)
{
	u32 ops;
};

FIXTURE_VARIANT_ADD(missed, tdi) { TSM_EMU_OMIT_TDI };
FIXTURE_VARIANT_ADD(missed, guest_req) { TSM_EMU_OMIT_GUEST_REQ };
FIXTURE_VARIANT_ADD(missed, unbind) { TSM_EMU_OMIT_UNBIND };
FIXTURE_VARIANT_ADD(missed, guest_proto) { TSM_EMU_OMIT_GUEST_PROTO };
FIXTURE_VARIANT_ADD(missed, msgs) { TSM_EMU_OMIT_MSGS };
FIXTURE_VARIANT_ADD(missed, remove) { TSM_EMU_OMIT_REMOVE };
FIXTURE_VARIANT_ADD(missed, connect) { TSM_EMU_OMIT_CONNECT };
FIXTURE_VARIANT_ADD(missed, disconnect) { TSM_EMU_OMIT_DISCONNECT };

FIXTURE_SETUP(missed)
{
	setup_host(_metadata, &self->t, "pf0", false);
}

FIXTURE_TEARDOWN(missed)
{
	probe_without(0);
}

TEST_F(missed, is_refused)
{
	const struct tsm_function *fn = self->t.s.fn;
	char path[64];

	EXPECT_NE(0, probe_without(variant->ops));
	EXPECT_FALSE(tsm_platform_is_bound(0));
	snprintf(path, sizeof(path), PCI_DEVICES "/%s", fn->dsm);
	EXPECT_NE(0, access(path, F_OK));
	EXPECT_NE(0, access(TSM_PLATFORM_HOOKS, F_OK));

	ASSERT_EQ(0, probe_without(0));
	EXPECT_EQ(0, tsm_use_function(fn));
}

/* A vDEVICE whose TSM lacks operations that it need not have */
FIXTURE(omitted)
{
	struct tsm_test t;
};

FIXTURE_VARIANT(omitted)
{
	u32 ops;
};

FIXTURE_VARIANT_ADD(omitted, tdis) { NO_TDIS };
FIXTURE_VARIANT_ADD(omitted, requests) { NO_REQUESTS };

FIXTURE_SETUP(omitted)
{
	struct tsm_test *t = &self->t;

	if (setup_host(_metadata, t, "pf0", false))
		return;
	ASSERT_EQ(0, probe_without(variant->ops));
	do_step(_metadata, t, tsm_prepare_host);
	do_step(_metadata, t, tsm_assign);
}

FIXTURE_TEARDOWN(omitted)
{
	tsm_setup_close(&self->t.s);
	probe_without(0);
}

TEST_F(omitted, bind_or_eopnotsupp)
{
	bool can_bind = !(variant->ops & TSM_EMU_OMIT_TDI);
	struct tsm_test *t = &self->t;

	EXPECT_EQ(can_bind ? 0 : -EOPNOTSUPP, tsm_bind_tdi(&t->s));
	EXPECT_EQ(can_bind ? IOMMU_VDEVICE_TSM_STATE_BOUND :
			     IOMMU_VDEVICE_TSM_STATE_NONE,
		  tsm_info_state(t));
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
}

TEST_F(omitted, requests_eopnotsupp)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;
	struct iommu_vdevice_tsm_info cmd = { .vdevice_id = t->s.vdevice_id };

	ASSERT_EQ(0, tsm_info(t, &cmd));
	EXPECT_EQ(IOMMU_TSM_TYPE_NONE, cmd.out_tsm_type);
	EXPECT_EQ(0, cmd.num_msgs);
	EXPECT_EQ(0, cmd.out_scopes);

	tsm_bind_tdi(&t->s);
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, variant->ops & TSM_EMU_OMIT_TDI ? ENXIO :
								       EOPNOTSUPP, 0);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
