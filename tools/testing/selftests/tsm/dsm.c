// SPDX-License-Identifier: GPL-2.0
/*
 * The function that hosts the DSM of others does not sleep while it is connected, and
 * no user resets it or takes it out of D0 while a TDI of its device is bound. The
 * emulated DSM serves in D0 only, loses its IDE stream in a Function Level Reset, and
 * its SPDM session in a reset of its bus.
 */
#include <linux/vfio.h>

#include "lib/firmware.h"
#include "lib/function.h"
#include "lib/held.h"
#include "lib/kmsg.h"
#include "lib/pci.h"
#include "lib/test.h"
#include "vmm/vmm.h"

#define ROOT_PORT "10000:00:00.0"
#define NR_BARS 6

/* A function, and the one with its DSM, both on vfio-pci */
FIXTURE(device)
{
	struct tsm_test t;
	struct tsm_test dsm;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(device)
{
	self->kmsg.fd = -1;
	tsm_setup_init(&self->dsm.s, tsm_find_function("pf0"));
	if (setup_host(_metadata, &self->t, "fn1", false))
		return;
	do_step(_metadata, &self->dsm, tsm_use_vfio);
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

/* What had to be left out makes VFIO reset the bus when all is closed */
FIXTURE_TEARDOWN(device)
{
	tsm_setup_close(&self->dsm.s);
	tsm_setup_close(&self->t.s);
	tsm_disconnect(&self->t.s);
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

static void open_dsm(struct __test_metadata *_metadata, struct tsm_test *dsm)
{
	do_step(_metadata, dsm, tsm_open_iommufd);
	do_step(_metadata, dsm, tsm_open_device);
	do_step(_metadata, dsm, tsm_bind_iommufd);
}

static void run_tdi(struct __test_metadata *_metadata, struct tsm_test *t)
{
	do_step(_metadata, t, tsm_assign);
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
}

/* It is not connected and not open, so it sleeps */
static int put_dsm_to_sleep(struct __test_metadata *_metadata,
			    struct tsm_test *dsm)
{
	const char *bdf = dsm->s.fn->bdf;

	if (!tsm_pci_is_power_managed(bdf))
		SKIP(return -EOPNOTSUPP, "CONFIG_PM is missing");
	EXPECT_EQ(0, tsm_find_platform(&dsm->s));
	EXPECT_EQ(0, tsm_disconnect(&dsm->s));
	EXPECT_EQ(0, tsm_pci_wait_asleep(bdf));
	return 0;
}

TEST_F(device, connected_dsm_is_awake)
{
	struct tsm_test *t = &self->t, *dsm = &self->dsm;
	const char *bdf = dsm->s.fn->bdf;

	if (put_dsm_to_sleep(_metadata, dsm))
		return;
	do_step(_metadata, dsm, tsm_connect);
	EXPECT_TRUE(tsm_pci_is_in_d0(bdf));

	/* an open and a close leave it awake */
	open_dsm(_metadata, dsm);
	tsm_setup_close(&dsm->s);
	run_tdi(_metadata, t);
	EXPECT_TRUE(tsm_pci_is_in_d0(bdf));
	tsm_setup_close(&t->s);
	EXPECT_EQ(0, tsm_pci_wait_asleep(t->s.fn->bdf));
	EXPECT_TRUE(tsm_pci_is_in_d0(bdf));

	EXPECT_EQ(0, tsm_disconnect(&dsm->s));
	EXPECT_EQ(0, tsm_pci_wait_asleep(bdf));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A connect that fails leaves it as it was, wherever it fails */
TEST_F(device, dsm_sleeps_after_failed_connect)
{
	const char *bdf = self->dsm.s.fn->bdf;
	struct tsm_test *dsm = &self->dsm;
	char path[64];

	if (put_dsm_to_sleep(_metadata, dsm))
		return;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/connect", bdf);
	EXPECT_EQ(-ENXIO, tsm_file_write(path, "tsm999"));
	EXPECT_EQ(0, tsm_pci_wait_asleep(bdf));

	/* its user keeps it in D3hot */
	open_dsm(_metadata, dsm);
	ASSERT_EQ(0, tsm_config_set_power(&dsm->s, PCI_D3hot));
	EXPECT_EQ(-EAGAIN, tsm_connect(&dsm->s));
	tsm_setup_close(&dsm->s);
	EXPECT_EQ(0, tsm_pci_wait_asleep(bdf));

	do_step(_metadata, dsm, tsm_connect);
	EXPECT_EQ(-EBUSY, tsm_file_write(path, dsm->s.tsm));
	EXPECT_EQ(0, tsm_disconnect(&dsm->s));
	EXPECT_EQ(0, tsm_pci_wait_asleep(bdf));
}

/* It goes while it is connected */
TEST_F(device, removed_while_connected)
{
	const char *bdf = self->dsm.s.fn->bdf;
	char path[64];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/remove", bdf);
	ASSERT_EQ(0, tsm_file_write(path, "1"));
	ASSERT_EQ(0, tsm_file_write("/sys/bus/pci/rescan", "1"));
	EXPECT_EQ(0, tsm_kmsg_count(&self->kmsg, "underflow"));
	do_step(_metadata, &self->dsm, tsm_use_vfio);
	put_dsm_to_sleep(_metadata, &self->dsm);
}

/* Another user has the function of the DSM, and resets it or sends it to sleep */
TEST_F(device, user_of_dsm_leaves_it_alone)
{
	struct tsm_test *t = &self->t, *dsm = &self->dsm;
	struct tsm_kmsg resets;

	open_dsm(_metadata, dsm);
	run_tdi(_metadata, t);
	ASSERT_EQ(0, tsm_kmsg_open(&resets, false));
	EXPECT_EQ(-EBUSY, tsm_vfio_reset(dsm));
	EXPECT_EQ(-EBUSY, tsm_sysfs_reset(dsm));
	ASSERT_EQ(0, tsm_config_flr(&dsm->s));
	ASSERT_EQ(0, tsm_config_af_flr(&dsm->s));
	ASSERT_EQ(0, tsm_config_set_power(&dsm->s, PCI_D3hot));
	EXPECT_TRUE(tsm_pci_is_in_d0(dsm->s.fn->bdf));
	/* nor does VFIO, when it is closed and opened */
	tsm_setup_close(&dsm->s);
	do_step(_metadata, dsm, tsm_open_iommufd);
	do_step(_metadata, dsm, tsm_open_device);
	EXPECT_EQ(-EBUSY, tsm_bind_iommufd(&dsm->s));
	EXPECT_EQ(0, tsm_kmsg_count(&resets, "reset done"));
	tsm_kmsg_close(&resets);
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

TEST_F(device, user_of_dsm_may_after_the_unbind)
{
	struct tsm_test *t = &self->t, *dsm = &self->dsm;
	struct tsm_kmsg resets;

	run_tdi(_metadata, t);
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	open_dsm(_metadata, dsm);
	ASSERT_EQ(0, tsm_kmsg_open(&resets, false));
	EXPECT_EQ(0, tsm_vfio_reset(dsm));
	EXPECT_EQ(0, tsm_sysfs_reset(dsm));
	ASSERT_EQ(0, tsm_config_flr(&dsm->s));
	ASSERT_EQ(0, tsm_config_af_flr(&dsm->s));
	EXPECT_EQ(4, tsm_kmsg_count(&resets, "reset done"));
	tsm_kmsg_close(&resets);

	/* it is connected, and awake for the next bind */
	ASSERT_EQ(0, tsm_config_set_power(&dsm->s, PCI_D3hot));
	EXPECT_TRUE(tsm_pci_is_in_d0(dsm->s.fn->bdf));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* Past all that refuses it: what a reset does not keep is written back */
static void flr_dsm(struct __test_metadata *_metadata, struct tsm_test *t)
{
	int cap = tsm_config_find_cap(&t->s, PCI_CAP_ID_EXP);
	const char *bdf = t->s.fn->dsm;
	s64 bar[NR_BARS];

	ASSERT_LT(0, cap);
	for (int i = 0; i < NR_BARS; i++) {
		bar[i] = tsm_pci_read(bdf, PCI_BASE_ADDRESS_0 + 4 * i, 4);
		ASSERT_LE(0, bar[i]);
	}
	/* the functions of the platform have their capabilities at the same place */
	ASSERT_EQ(0, tsm_pci_write(bdf, cap + PCI_EXP_DEVCTL, 2,
				   PCI_EXP_DEVCTL_BCR_FLR));
	for (int i = 0; i < NR_BARS; i++)
		ASSERT_EQ(0, tsm_pci_write(bdf, PCI_BASE_ADDRESS_0 + 4 * i, 4,
					   bar[i]));
}

/* The session goes on, so the DSM tells. The IDE stream does not */
TEST_F(device, flr_ends_the_ide_stream)
{
	struct pci_tdisp_header stop;
	struct tsm_test *t = &self->t;
	u8 nonce[PCI_TDISP_NONCE_LEN];

	run_tdi(_metadata, t);
	flr_dsm(_metadata, t);
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, tsm_tdi_state(t));

	stop = tsm_tdi_header(t, PCI_TDISP_STOP_INTERFACE);
	tsm_request_init(t, SCOPE(STATE_CHANGE), &stop, sizeof(stop));
	expect_ok(_metadata, t);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
	EXPECT_NE(0, tsm_tdi_lock(t, nonce));
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_REQUEST);

	/* with the next bind the TSM sets keys */
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	EXPECT_EQ(0, tsm_tdi_run(t));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

TEST_F(device, bus_reset_ends_the_session)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_assign);
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	ASSERT_EQ(0, tsm_file_write(PCI_DEVICES "/" ROOT_PORT "/reset_subordinate",
				    "1"));
	EXPECT_EQ(-EIO, tsm_bind_tdi(&t->s));
	do_step(_metadata, t, tsm_disconnect);
	do_step(_metadata, t, tsm_connect);
	do_step(_metadata, t, tsm_bind_tdi);
	EXPECT_EQ(0, tsm_tdi_run(t));
}

/* A function that can be made to read as all ones, or lose all that is configured */
FIXTURE(absent)
{
	struct tsm_test t;
	s64 bus;
};

FIXTURE_SETUP(absent)
{
	if (setup_vdevice(_metadata, &self->t, "fn1", false))
		return;
	self->bus = tsm_pci_read(ROOT_PORT, PCI_SECONDARY_BUS, 1);
	ASSERT_LT(0, self->bus);
}

/* A mailbox that timed out is given up for good, so renew all */
FIXTURE_TEARDOWN(absent)
{
	tsm_platform_let_go();
	if (self->bus > 0)
		tsm_pci_write(ROOT_PORT, PCI_SECONDARY_BUS, 1, self->bus);
	tsm_setup_close(&self->t.s);
	tsm_platform_unbind(0);
	tsm_platform_bind(0);
	tsm_find_tsm(&self->t.s, 0);
	tsm_connect(&self->t.s);
}

/* The root port leads to another bus */
static int pull_out(void)
{
	return tsm_pci_write(ROOT_PORT, PCI_SECONDARY_BUS, 1, 0xf);
}

static void expect_tdi(struct __test_metadata *_metadata, struct tsm_test *t,
		       int state)
{
	struct tsm_firmware_tdi tdi;

	ASSERT_EQ(0, tsm_firmware_tdi(&t->s, &tdi));
	EXPECT_EQ(state, tdi.state);
	EXPECT_FALSE(tdi.dma);
}

/* Root, past all that refuses it. PCIe r6.3 section 11.2: an FLR is an error */
TEST_F(absent, flr_is_an_error)
{
	struct tsm_test *t = &self->t;
	int cap = tsm_config_find_cap(&t->s, PCI_CAP_ID_EXP);

	ASSERT_LT(0, cap);
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
	ASSERT_EQ(0, tsm_pci_write(t->s.fn->bdf, cap + PCI_EXP_DEVCTL, 2,
				   PCI_EXP_DEVCTL_BCR_FLR));
	expect_tdi(_metadata, t, PCI_TDISP_STATE_ERROR);
}

/* All of the device's state goes, section 6.6.1, and the default is CONFIG_UNLOCKED */
TEST_F(absent, bus_reset_unlocks)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
	ASSERT_EQ(0, tsm_pci_write(ROOT_PORT, PCI_BRIDGE_CONTROL, 2,
				   PCI_BRIDGE_CTL_BUS_RESET));
	ASSERT_EQ(0, tsm_pci_write(ROOT_PORT, PCI_BRIDGE_CONTROL, 2, 0));
	expect_tdi(_metadata, t, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

/* The TSM driver is not asked, it would not return */
TEST_F(absent, bind_eio)
{
	ASSERT_EQ(0, pull_out());
	ASSERT_EQ(0, tsm_platform_stall(TSM_EMU_STALL_BIND));
	EXPECT_EQ(-EIO, tsm_call_at_once("bind", tsm_call_bind_tdi, &self->t));
}

/* A guest that is told "busy" sends it again, but the TSM was asked already */
TEST_F(absent, request_is_not_busy)
{
	int rc;

	do_step(_metadata, &self->t, tsm_bind_tdi);
	ASSERT_EQ(0, pull_out());
	rc = tsm_call_request(&self->t);
	ASSERT_EQ(-EBUSY, rc);
	ASSERT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, self->t.cmd.out_flags);
	EXPECT_EQ(EIO, vmm_guest_errno(&self->t.cmd, -rc));
}

/* A PF is kept awake by each VF that is bound, whether it is the DSM or not */
FIXTURE(vf)
{
	struct tsm_test t;
};

FIXTURE_SETUP(vf)
{
	setup_vdevice(_metadata, &self->t, "vf", false);
}

FIXTURE_TEARDOWN(vf)
{
	teardown(&self->t);
}

TEST_F(vf, bound_vf_keeps_pf_awake)
{
	const struct tsm_function *fn = self->t.s.fn;
	unsigned long idle, bound, after;
	char path[64];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/power/runtime_usage", fn->dsm);
	if (tsm_file_number(path, &idle) == -ENOENT)
		SKIP(return, "CONFIG_PM_ADVANCED_DEBUG is missing");
	do_step(_metadata, &self->t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_file_number(path, &bound));
	EXPECT_EQ(idle + 1, bound);
	EXPECT_EQ(-EBUSY, tsm_platform_bind_other_vm(tsm_host_rid(fn)));
	ASSERT_EQ(0, tsm_file_number(path, &after));
	EXPECT_EQ(bound, after);
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	ASSERT_EQ(0, tsm_file_number(path, &after));
	EXPECT_EQ(idle, after);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
