// SPDX-License-Identifier: GPL-2.0
/*
 * What a VM can do to its bound function through VFIO's configuration space and
 * low power feature. Function Level Resets, cleared memory and bus master enables,
 * and D3hot would throw the TDI into the TDISP ERROR state, so they do nothing until
 * the TDI is unbound. The emulated device does go to ERROR where one gets through.
 */
#include <linux/vfio.h>

#include "lib/held.h"
#include "lib/pci.h"
#include "lib/tdi_states.h"
#include "lib/test.h"

/* A write to configuration space can't fail, so the reset is dropped */
static void expect_dropped_while_bound(struct __test_metadata *_metadata,
				       struct tsm_test *t, u8 state,
				       int (*reset)(const struct tsm_setup *s))
{
	struct tsm_kmsg resets;

	ASSERT_EQ(0, tsm_kmsg_open(&resets, false));
	ASSERT_EQ(0, reset(&t->s));
	EXPECT_TRUE(tsm_is_unharmed(t, state));
	EXPECT_EQ(0, tsm_kmsg_count(&resets, "reset done"));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, reset(&t->s));
	EXPECT_EQ(1, tsm_kmsg_count(&resets, "reset done"));
	tsm_kmsg_close(&resets);
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

TEST_F(bound, flr)
{
	expect_dropped_while_bound(_metadata, &self->t, variant->state,
				   tsm_config_flr);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* By byte, word and double word; other bits can be changed */
TEST_F(bound, memory_and_bus_master)
{
	const u16 other = PCI_COMMAND_PARITY;
	struct tsm_test *t = &self->t;
	u16 keeps = tsm_pci_enables(&t->s);
	/* a VF has only the bus master bit */
	u16 other_bit = t->s.fn->is_vf ? 0 : other;

	for (size_t size = 1; size <= 4; size *= 2) {
		ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, size, other));
		EXPECT_EQ(keeps | other_bit,
			  tsm_pci_command(&t->s) & (TSM_PCI_ENABLES | other));
		ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, size, 0));
		EXPECT_EQ(keeps, tsm_pci_command(&t->s) & (TSM_PCI_ENABLES | other));
		EXPECT_TRUE(tsm_is_unharmed(t, variant->state));
	}

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, 0));
	EXPECT_EQ(0, tsm_pci_command(&t->s) & TSM_PCI_ENABLES);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* What is enabled after the bind stays enabled */
TEST_F(bound, late_bus_master)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, 0));
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, TSM_PCI_ENABLES));
	EXPECT_EQ(tsm_pci_enables(&t->s), tsm_pci_command(&t->s) & TSM_PCI_ENABLES);
	ASSERT_EQ(0, tsm_tdi_bring_to(t, variant->state));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, 0));
	EXPECT_TRUE(tsm_is_unharmed(t, variant->state));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* VFIO keeps BARs for the VM and never writes those of the device */
TEST_F(bound, bars)
{
	struct tsm_test *t = &self->t;

	for (unsigned int reg = PCI_BASE_ADDRESS_0; reg <= PCI_BASE_ADDRESS_5;
	     reg += 4) {
		ASSERT_EQ(0, tsm_config_write(&t->s, reg, 4, ~0));
		ASSERT_EQ(0, tsm_config_write(&t->s, reg, 4, 0));
	}
	EXPECT_TRUE(tsm_is_unharmed(t, variant->state));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A close disables nothing before the TSM has unbound */
TEST_F(bound, close_unbinds_first)
{
	struct tsm_setup *s = &self->t.s;
	struct tsm_held held;

	ASSERT_EQ(0, tsm_close_kvm_vfio(s));
	ASSERT_EQ(0, tsm_hold(&held, TSM_EMU_STALL_UNBIND, tsm_call_close_device, s));
	EXPECT_EQ(tsm_pci_enables(&self->t.s),
		  tsm_pci_command(&self->t.s) & TSM_PCI_ENABLES);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, tsm_info_state(&self->t));

	EXPECT_EQ(0, tsm_unhold(&held));
	EXPECT_EQ(0, tsm_pci_command(&self->t.s) & PCI_COMMAND_MASTER);
	tsm_setup_close(s);
	ASSERT_EQ(0, tsm_use_function(s->fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A function of a device with two, whose TDI runs */
FIXTURE(running)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(running)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(running, pf0) { .name = "pf0" };
FIXTURE_VARIANT_ADD(running, fn1) { .name = "fn1" };

FIXTURE_SETUP(running)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, variant->name, false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
}

FIXTURE_TEARDOWN(running)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* It stays in D0 while it is bound, and is not bound in D3hot */
TEST_F(running, d3hot)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_config_set_power(&t->s, PCI_D3hot));
	EXPECT_EQ(PCI_D0, tsm_config_power(&t->s));
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_RUN));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_set_power(&t->s, PCI_D3hot));
	EXPECT_EQ(PCI_D3hot, tsm_config_power(&t->s));
	EXPECT_EQ(-EBUSY, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_set_power(&t->s, PCI_D0));
	EXPECT_EQ(PCI_D0, tsm_config_power(&t->s));
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

TEST_F(running, af_flr)
{
	expect_dropped_while_bound(_metadata, &self->t, PCI_TDISP_STATE_RUN,
				   tsm_config_af_flr);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The device goes to sleep some time after the call, so the call counts */
TEST_F(running, low_power)
{
	struct tsm_test *t = &self->t;

	EXPECT_EQ(-EBUSY, tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_RUN));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_EQ(-EBUSY, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT));
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));

	/* a user may close the device in low power */
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	tsm_setup_close(&t->s);
	ASSERT_EQ(0, tsm_use_function(t->s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
