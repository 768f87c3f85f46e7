/* SPDX-License-Identifier: GPL-2.0 */
/* A fixture for a bound TDI in each of its states, with the kernel's log */
#ifndef __SELFTEST_TSM_TDI_STATES_H
#define __SELFTEST_TSM_TDI_STATES_H

#include "kmsg.h"
#include "pci.h"
#include "test.h"

FIXTURE(bound)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(bound)
{
	const char *name;
	u8 state;
};

FIXTURE_VARIANT_ADD(bound, pf0_unlocked) {
	.name = "pf0", .state = PCI_TDISP_STATE_CONFIG_UNLOCKED,
};

FIXTURE_VARIANT_ADD(bound, pf0_locked) {
	.name = "pf0", .state = PCI_TDISP_STATE_CONFIG_LOCKED,
};

FIXTURE_VARIANT_ADD(bound, pf0_running) {
	.name = "pf0", .state = PCI_TDISP_STATE_RUN,
};

FIXTURE_VARIANT_ADD(bound, fn1_running) {
	.name = "fn1", .state = PCI_TDISP_STATE_RUN,
};

FIXTURE_VARIANT_ADD(bound, vf_running) {
	.name = "vf", .state = PCI_TDISP_STATE_RUN,
};

FIXTURE_SETUP(bound)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, variant->name, false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_bring_to(t, variant->state));
}

FIXTURE_TEARDOWN(bound)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

#endif /* __SELFTEST_TSM_TDI_STATES_H */
