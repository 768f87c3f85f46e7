// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO and sysfs do not reset a function that is bound as a TDI, or that the reset
 * of another function, its bus or its PF would reset, as that would throw the TDI
 * into the TDISP ERROR state. What they refuse takes no mapping away. They do reset
 * it before and after, but bind nothing meanwhile. A driver that recovers its own
 * function resets it whatever is bound, and the VM gets to know. The emulated device
 * does go to ERROR where a reset gets through.
 */
#include <stdio.h>

#include <linux/kvm.h>
#include <linux/vfio.h>

#include "lib/bar.h"
#include "lib/held.h"
#include "lib/pci.h"
#include "lib/tdi_states.h"
#include "lib/test.h"

#define ROOT_PORT PCI_DEVICES "/10000:00:00.0"
/* Of the PF whose VF is bound, 02:00.0 */
#define PF_RID 0x0200

/* How often a reset and a bind are started together, until they have met */
#define RACE_ROUNDS 40

static bool has_hot_reset(struct tsm_test *t)
{
	struct vfio_pci_hot_reset_info info = { .argsz = sizeof(info) };

	/* ENOSPC: it has functions to list, for which there is no room */
	return !ioctl(t->s.cdev, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info) ||
	       errno == ENOSPC;
}

/* The SPDM session with the DSM does not survive that */
static int reconnect_after(struct tsm_test *t, int rc)
{
	return rc ?: tsm_disconnect(&t->s) ?: tsm_connect(&t->s);
}

/* Of a device all of whose functions belong to the iommufd, or to no user */
static int hot_reset(struct tsm_test *t)
{
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset) };

	return reconnect_after(t, ioctl(t->s.cdev, VFIO_DEVICE_PCI_HOT_RESET,
					&reset) ? -errno : 0);
}

static int bus_reset(struct tsm_test *t)
{
	return reconnect_after(t, tsm_file_write(ROOT_PORT "/reset_subordinate",
						 "1"));
}

/* What is refused, and works as soon as the TDI is unbound, when it takes @lost */
static void expect_refused_while_bound(struct __test_metadata *_metadata,
				       struct tsm_test *t, u8 state,
				       int (*call)(struct tsm_test *t), int lost)
{
	struct tsm_bar bar;

	ASSERT_EQ(0, tsm_bar_open(&bar, &t->s));
	EXPECT_EQ(-EBUSY, call(t));
	EXPECT_TRUE(tsm_is_unharmed(t, state));
	EXPECT_EQ(0, tsm_bar_lost(&bar));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, call(t));
	EXPECT_EQ(lost & bar.seen, tsm_bar_lost(&bar));
	tsm_bar_close(&bar);
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

TEST_F(bound, vfio_reset)
{
	expect_refused_while_bound(_metadata, &self->t, variant->state,
				   tsm_vfio_reset, TSM_BAR_ALL);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

TEST_F(bound, sysfs_reset)
{
	expect_refused_while_bound(_metadata, &self->t, variant->state,
				   tsm_sysfs_reset, 0);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The other function of the device */
static void init_sibling(struct tsm_setup *s, const struct tsm_function *fn)
{
	bool is_pf0 = !strcmp(fn->bdf, fn->dsm);

	tsm_setup_init(s, tsm_find_function(is_pf0 ? "fn1" : "pf0"));
}

/* What resets all functions of a device, with one of them bound */
FIXTURE(device)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(device)
{
	const char *name;
	/* which is reset, not the bus */
	bool slot;
	/* VFIO gets it after its sibling, so that it comes to that first */
	bool last;
};

FIXTURE_VARIANT_ADD(device, pf0) { .name = "pf0" };
FIXTURE_VARIANT_ADD(device, fn1) { .name = "fn1" };
FIXTURE_VARIANT_ADD(device, pf0_after_fn1) { .name = "pf0", .last = true };
FIXTURE_VARIANT_ADD(device, pf0_in_slot) { .name = "pf0", .slot = true };
FIXTURE_VARIANT_ADD(device, fn1_in_slot) { .name = "fn1", .slot = true };

FIXTURE_SETUP(device)
{
	struct tsm_test *t = &self->t;
	struct tsm_setup sibling;

	self->kmsg.fd = -1;
	if (setup_host(_metadata, t, variant->name, false))
		return;
	if (variant->slot && access(TSM_PLATFORM_PARAMS "/hotplug", F_OK))
		SKIP(return, "no slots (CONFIG_HOTPLUG_PCI)");
	if (variant->slot)
		ASSERT_EQ(0, tsm_platform_probe_with("hotplug", "Y"));
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	/* for a hot reset, VFIO must have all functions */
	init_sibling(&sibling, t->s.fn);
	if (variant->last)
		ASSERT_EQ(0, tsm_file_write(PCI_DEVICES "/10000:01:00.0/driver/unbind",
					    t->s.fn->bdf));
	ASSERT_EQ(0, tsm_use_vfio(&sibling));
	do_step(_metadata, t, tsm_prepare_host);
	do_step(_metadata, t, tsm_assign);

	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
}

FIXTURE_TEARDOWN(device)
{
	teardown(&self->t);
	if (variant->slot)
		tsm_platform_probe_with("hotplug", "N");
	tsm_kmsg_close(&self->kmsg);
}

/* All functions must belong to the same iommufd */
TEST_F(device, hot_reset)
{
	struct tsm_test sibling;

	if (!has_hot_reset(&self->t))
		SKIP(return, "VFIO has no hot reset for it");
	/* to open the DSM resets it, too */
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	init_sibling(&sibling.s, self->t.s.fn);
	do_step(_metadata, &sibling, tsm_open_device);
	sibling.s.iommufd = self->t.s.iommufd;
	do_step(_metadata, &sibling, tsm_bind_iommufd);
	do_step(_metadata, &self->t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(&self->t));

	expect_refused_while_bound(_metadata, &self->t, PCI_TDISP_STATE_RUN,
				   hot_reset, TSM_BAR_ALL);
	/* a close that may not reset the DSM leaves that to the last, by the bus */
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	EXPECT_EQ(0, close(sibling.s.cdev));
	/* one that was refused has given back what it had begun */
	tsm_setup_close(&self->t.s);
	EXPECT_EQ(0, tsm_use_function(sibling.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

TEST_F(device, bus_reset)
{
	expect_refused_while_bound(_metadata, &self->t, PCI_TDISP_STATE_RUN,
				   bus_reset, 0);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The reset of one function does not touch another, except for the DSM's */
TEST_F(device, reset_of_sibling)
{
	struct tsm_test sibling;
	bool is_dsm;

	init_sibling(&sibling.s, self->t.s.fn);
	is_dsm = !strcmp(sibling.s.fn->bdf, self->t.s.fn->dsm);
	EXPECT_EQ(is_dsm ? -EBUSY : 0, tsm_sysfs_reset(&sibling));
	EXPECT_TRUE(tsm_is_unharmed(&self->t, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A reset of a PF takes its VFs with it */
FIXTURE(pf)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(pf)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, "vf", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
}

FIXTURE_TEARDOWN(pf)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* The PF of a VF has its DSM */
static int reset_dsm(struct tsm_test *t)
{
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/reset", t->s.fn->dsm);
	return tsm_file_write(path, "1");
}

TEST_F(pf, reset)
{
	EXPECT_EQ(-EBUSY, reset_dsm(&self->t));
	EXPECT_TRUE(tsm_is_unharmed(&self->t, PCI_TDISP_STATE_RUN));
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	EXPECT_EQ(0, reset_dsm(&self->t));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The PF's driver recovers it, which takes the TDI from the VM, which gets to know */
static void expect_recovered(struct __test_metadata *_metadata,
			     struct tsm_test *t, bool locked)
{
	struct pci_tdisp_start_interface req = {
		.hdr = tsm_tdi_header(t, PCI_TDISP_START_INTERFACE),
	};

	EXPECT_EQ(0, tsm_platform_driver_reset(PF_RID, locked));
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, tsm_tdi_state(t));
	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, tsm_tdi_run(t));
}

TEST_F(pf, driver_reset)
{
	expect_recovered(_metadata, &self->t, false);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

TEST_F(pf, driver_reset_locked)
{
	expect_recovered(_metadata, &self->t, true);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A PF that a user of VFIO has, and a VF of it that a VM has */
FIXTURE(user_of_pf)
{
	struct tsm_test t;
	struct tsm_test pf;
	struct tsm_kmsg kmsg;
};

static const struct tsm_function pf_of_vf = {
	.name = "PF",
	.bdf = "10000:02:00.0",
	.dsm = "10000:02:00.0",
};

static const u8 vf_token[16] = "token of the VFs";

static void open_pf(struct __test_metadata *_metadata, struct tsm_test *pf)
{
	tsm_setup_init(&pf->s, &pf_of_vf);
	pf->s.vf_token = vf_token;
	do_step(_metadata, pf, tsm_open_iommufd);
	do_step(_metadata, pf, tsm_open_device);
}

static int set_vf_token(const struct tsm_test *pf)
{
	struct {
		struct vfio_device_feature feature;
		u8 token[sizeof(vf_token)];
	} set = {
		.feature.argsz = sizeof(set),
		.feature.flags = VFIO_DEVICE_FEATURE_SET |
				 VFIO_DEVICE_FEATURE_PCI_VF_TOKEN,
	};

	memcpy(set.token, vf_token, sizeof(vf_token));
	return ioctl(pf->s.cdev, VFIO_DEVICE_FEATURE, &set) ? -errno : 0;
}

static int let_vfio_make_vfs(const char *on)
{
	return tsm_file_write("/sys/module/vfio_pci/parameters/enable_sriov", on);
}

FIXTURE_SETUP(user_of_pf)
{
	struct tsm_test *t = &self->t, *pf = &self->pf;

	self->kmsg.fd = -1;
	tsm_setup_init(&pf->s, &pf_of_vf);
	if (setup_host(_metadata, t, "vf", false))
		return;
	ASSERT_EQ(0, tsm_set_vfs(&pf_of_vf, 0));
	do_step(_metadata, pf, tsm_use_vfio);
	ASSERT_EQ(0, let_vfio_make_vfs("Y"));
	ASSERT_EQ(0, tsm_set_vfs(&pf_of_vf, 1));
	do_step(_metadata, t, tsm_use_vfio);

	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	open_pf(_metadata, pf);
	do_step(_metadata, pf, tsm_bind_iommufd);
	ASSERT_EQ(0, set_vf_token(pf));
	t->s.vf_token = vf_token;
	do_step(_metadata, t, tsm_assign);
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
}

FIXTURE_TEARDOWN(user_of_pf)
{
	teardown(&self->t);
	tsm_setup_close(&self->pf.s);
	tsm_set_vfs(&pf_of_vf, 0);
	let_vfio_make_vfs("N");
	tsm_kmsg_close(&self->kmsg);
}

static bool can_be_reset(struct __test_metadata *_metadata, struct tsm_test *t)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	ASSERT_EQ(0, ioctl(t->s.cdev, VFIO_DEVICE_GET_INFO, &info));
	return info.flags & VFIO_DEVICE_FLAGS_RESET;
}

/* The VF is not reset by the user, nor by VFIO at a close and an open */
TEST_F(user_of_pf, leaves_the_vf_alone)
{
	struct tsm_test *t = &self->t, *pf = &self->pf;

	EXPECT_EQ(-EBUSY, tsm_vfio_reset(pf));
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_RUN));
	tsm_setup_close(&pf->s);
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_RUN));

	/* to open it without a reset would be to show what the last user left */
	open_pf(_metadata, pf);
	EXPECT_EQ(-EBUSY, tsm_bind_iommufd(&pf->s));
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_RUN));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	do_step(_metadata, pf, tsm_bind_iommufd);
	EXPECT_TRUE(can_be_reset(_metadata, pf));
	EXPECT_EQ(0, tsm_vfio_reset(pf));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The TDI of a VF does not depend on the Command register of the PF */
TEST_F(user_of_pf, writes_the_command_of_the_pf)
{
	struct tsm_test *t = &self->t, *pf = &self->pf;

	ASSERT_EQ(0, tsm_pci_enable(&pf->s));
	ASSERT_EQ(0, tsm_config_write(&pf->s, PCI_COMMAND, 2, 0));
	EXPECT_EQ(0, tsm_pci_command(&pf->s) & TSM_PCI_ENABLES);
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A function that VFIO opens, for a VM that has a vIOMMU from another one's open */
FIXTURE(opening)
{
	struct tsm_test t;
	struct tsm_test other;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(opening)
{
	struct tsm_test *t = &self->t, *other = &self->other;
	struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_FILE,
		.attr = KVM_DEV_VFIO_FILE_ADD,
		.addr = (__u64)(unsigned long)&t->s.cdev,
	};

	self->kmsg.fd = -1;
	tsm_setup_init(&other->s, tsm_find_function("fn1"));
	if (setup_host(_metadata, t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	do_step(_metadata, other, tsm_prepare_host);
	do_step(_metadata, other, tsm_assign);

	t->s.iommufd = dup(other->s.iommufd);
	t->s.viommu_id = other->s.viommu_id;
	t->s.virt_id = other->s.virt_id + 1;
	do_step(_metadata, t, tsm_open_device);
	ASSERT_EQ(0, ioctl(other->s.kvm_vfio, KVM_SET_DEVICE_ATTR, &attr));
}

FIXTURE_TEARDOWN(opening)
{
	teardown(&self->other);
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* Guess the id of a device that VFIO has not returned yet */
static void guess_vdevice(struct __test_metadata *_metadata,
			  struct tsm_setup *guess, __u32 other_dev_id)
{
	int rc;

	do {
		guess->dev_id = guess->dev_id % 16 + 1;
		rc = guess->dev_id == other_dev_id ? -ENOENT :
						     tsm_alloc_vdevice(guess);
	} while (rc == -ENOENT);
	ASSERT_EQ(0, rc);
}

/* VFIO resets it, which must neither meet a TDI nor be refused for one */
TEST_F(opening, bind_eagain_before_the_end)
{
	struct tsm_test *t = &self->t, guess = *t;
	struct tsm_thread open;
	int rc;

	ASSERT_EQ(0, tsm_thread_start(&open, tsm_call_bind_iommufd, &t->s));
	guess_vdevice(_metadata, &guess.s, self->other.s.dev_id);
	do {
		rc = tsm_bind_tdi(&guess.s);
	} while (rc == -EAGAIN);
	EXPECT_EQ(0, rc);
	ASSERT_EQ(0, tsm_thread_join(&open, &rc));
	ASSERT_EQ(0, rc);
	EXPECT_TRUE(can_be_reset(_metadata, t));
	EXPECT_EQ(0, tsm_unbind_tdi(&guess.s));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A bind or unbind that the firmware works on */
FIXTURE(in_firmware)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
	struct tsm_held held;
};

FIXTURE_VARIANT(in_firmware)
{
	u32 operation;
	int (*call)(void *t);
};

FIXTURE_VARIANT_ADD(in_firmware, bind) {
	.operation = TSM_EMU_STALL_BIND, .call = tsm_call_bind_tdi,
};

FIXTURE_VARIANT_ADD(in_firmware, unbind) {
	.operation = TSM_EMU_STALL_UNBIND, .call = tsm_call_unbind_tdi,
};

FIXTURE_SETUP(in_firmware)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	if (variant->operation == TSM_EMU_STALL_UNBIND)
		do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0,
		  tsm_hold(&self->held, variant->operation, variant->call, t));
}

FIXTURE_TEARDOWN(in_firmware)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

struct reset_call {
	struct tsm_test *t;
	int (*reset)(struct tsm_test *t);
};

static int call_reset(void *data)
{
	struct reset_call *call = data;

	return call->reset(call->t);
}

static int enter_low_power(struct tsm_test *t)
{
	return tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
}

/* All that can be refused is, without a wait for the firmware */
static void expect_all_refused(struct __test_metadata *_metadata,
			       struct tsm_test *t)
{
	const struct {
		const char *what;
		int (*reset)(struct tsm_test *t);
	} calls[] = {
		{ "VFIO_DEVICE_RESET", tsm_vfio_reset },
		{ "hot reset", hot_reset },
		{ "sysfs reset", tsm_sysfs_reset },
		{ "reset of the bus", bus_reset },
		{ "low power entry", enter_low_power },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct reset_call call = { t, calls[i].reset };

		if (call.reset == hot_reset && !has_hot_reset(t))
			continue;
		EXPECT_EQ(-EBUSY,
			  tsm_call_at_once(calls[i].what, call_reset, &call));
	}
}

/* What can't be refused does nothing */
static void expect_writes_dropped(struct __test_metadata *_metadata,
				  struct tsm_test *t)
{
	ASSERT_EQ(0, tsm_config_flr(&t->s));
	ASSERT_EQ(0, tsm_config_set_power(&t->s, PCI_D3hot));
	EXPECT_EQ(PCI_D0, tsm_config_power(&t->s));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, 0));
	EXPECT_EQ(TSM_PCI_ENABLES, tsm_pci_command(&t->s) & TSM_PCI_ENABLES);
}

TEST_F(in_firmware, nothing_is_reset)
{
	struct tsm_test *t = &self->t;
	struct tsm_test sibling;
	struct tsm_kmsg resets;

	/* for the hot reset. To open it resets it, and that alone */
	init_sibling(&sibling.s, t->s.fn);
	do_step(_metadata, &sibling, tsm_use_vfio);
	do_step(_metadata, &sibling, tsm_open_device);
	sibling.s.iommufd = t->s.iommufd;
	do_step(_metadata, &sibling, tsm_bind_iommufd);

	ASSERT_EQ(0, tsm_kmsg_open(&resets, false));
	expect_all_refused(_metadata, t);
	expect_writes_dropped(_metadata, t);
	/* what a reset takes from it would be restored, so look at the log */
	EXPECT_EQ(0, tsm_kmsg_count(&resets, "reset done"));
	tsm_kmsg_close(&resets);
	EXPECT_EQ(0, tsm_unhold(&self->held));

	EXPECT_EQ(0, close(sibling.s.cdev));
	if (variant->operation == TSM_EMU_STALL_UNBIND)
		ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The other way round: nothing is bound while it is being reset */
FIXTURE(race)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(race)
{
	const char *name;
	int (*reset)(struct tsm_test *t);
	int errnos[2];
};

FIXTURE_VARIANT_ADD(race, sysfs_reset) { .name = "pf0", .reset = tsm_sysfs_reset };
FIXTURE_VARIANT_ADD(race, vfio_reset) { .name = "pf0", .reset = tsm_vfio_reset };
FIXTURE_VARIANT_ADD(race, reset_of_pf) { .name = "vf", .reset = reset_dsm };
FIXTURE_VARIANT_ADD(race, reset_of_dsm) { .name = "fn1", .reset = reset_dsm };
/* After it the TSM has to connect again, and nothing can be bound before */
FIXTURE_VARIANT_ADD(race, bus_reset) {
	.name = "pf0", .reset = bus_reset, .errnos = { EIO, ENXIO },
};

FIXTURE_SETUP(race)
{
	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, &self->t, variant->name, false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(race)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* Bind while the reset goes on. Return: how often it was refused */
static unsigned int bind_during(struct __test_metadata *_metadata,
				struct tsm_test *t, struct tsm_thread *reset,
				const int errnos[2], unsigned int *bound)
{
	unsigned int refused = 0;
	int rc;

	while (!tsm_thread_is_over(reset)) {
		rc = tsm_bind_tdi(&t->s);
		if (rc) {
			EXPECT_TRUE(rc == -EAGAIN || rc == -errnos[0] ||
				    rc == -errnos[1]);
			refused += rc == -EAGAIN;
			continue;
		}
		(*bound)++;
		ASSERT_EQ(0,
			  tsm_tdi_bring_to(t, PCI_TDISP_STATE_CONFIG_LOCKED));
		EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
		EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	}
	return refused;
}

TEST_F_TIMEOUT(race, bind_and_reset, 120)
{
	struct reset_call call = { &self->t, variant->reset };
	unsigned int refused = 0, resets = 0, bound = 0;
	struct tsm_thread thread;
	int rc;

	for (unsigned int i = 0; i < RACE_ROUNDS; i++) {
		if (refused && resets && bound)
			break;
		ASSERT_EQ(0, tsm_thread_start(&thread, call_reset, &call));
		/* every other time, let the reset get ahead */
		if (i % 2) {
			rc = tsm_thread_wait(&thread, TSM_UNINTERRUPTIBLE, "");
			ASSERT_TRUE(!rc || rc == -ESRCH);
		}
		refused += bind_during(_metadata, &self->t, &thread,
				       variant->errnos, &bound);
		ASSERT_EQ(0, tsm_thread_join(&thread, &rc));
		/* EAGAIN: its driver has the function for a moment */
		EXPECT_TRUE(!rc || rc == -EBUSY || rc == -EAGAIN) {
			TH_LOG("reset: %s", strerrorname_np(-rc));
		}
		resets += !rc;
	}
	TH_LOG("%u resets, %u times bound, %u times refused", resets, bound,
	       refused);
	EXPECT_NE(0, refused);
	EXPECT_NE(0, resets);
	EXPECT_NE(0, bound);
	EXPECT_EQ(0, tsm_bind_tdi(&self->t.s));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A function whose driver is about to be unbound, until its VMM closes it */
FIXTURE(given_up)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
	struct tsm_thread unbind;
};

static int unbind_driver(void *data)
{
	struct tsm_test *t = data;
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver/unbind",
		 t->s.fn->bdf);
	return tsm_file_write(path, t->s.fn->bdf);
}

FIXTURE_SETUP(given_up)
{
	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_thread_start(&self->unbind, unbind_driver, &self->t));
	ASSERT_EQ(0, tsm_thread_wait(&self->unbind, TSM_BLOCKED, "vfio_"));
}

FIXTURE_TEARDOWN(given_up)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* A reset that waits for the device lock does not keep a VMM from binding */
TEST_F(given_up, bind_while_reset_waits)
{
	struct reset_call call = { &self->t, tsm_sysfs_reset };
	struct tsm_thread reset;
	int rc;

	ASSERT_EQ(0, tsm_thread_start(&reset, call_reset, &call));
	ASSERT_EQ(0, tsm_thread_wait(&reset, TSM_UNINTERRUPTIBLE,
				     "pci_reset_function"));
	EXPECT_EQ(0, tsm_bind_tdi(&self->t.s));

	tsm_setup_close(&self->t.s);
	ASSERT_EQ(0, tsm_thread_join(&self->unbind, &rc));
	EXPECT_EQ(0, rc);
	ASSERT_EQ(0, tsm_thread_join(&reset, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
