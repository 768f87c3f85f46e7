// SPDX-License-Identifier: GPL-2.0
/*
 * Topologies that PCI/TSM, PCI/IDE and PCI must get along with: a VF in the slot of
 * its PF, an endpoint with IDE but without a root port, a DSM in a switch, VFs that
 * come while their DSM goes, a rescan while a host bridge is probed, a function that
 * goes while the TSM does. The emulated platform can have all of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "lib/calls.h"
#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/held.h"
#include "lib/test.h"
#include "lib/thread.h"

#define DYNAMIC_DEBUG "/proc/dynamic_debug/control"

/* How often VFs come beside connect and disconnect */
#define COMING_VFS 20
/* How often the platform comes up beside rescans */
#define PROBES 20
/* How often a function goes beside the last TSM, and by how much at most it is later */
#define REMOVALS 30
#define REMOVAL_LATER_US 5000

static int load_platform(const char *params)
{
	char command[128];

	snprintf(command, sizeof(command), "modprobe -q tsm-emu %s", params);
	return system(command);
}

/* The platforms hold the module */
static int unload_platform(void)
{
	for (unsigned int i = 0; i < TSM_EMU_MAX_INSTANCES; i++) {
		if (tsm_platform_is_bound(i) && tsm_platform_unbind(i))
			return -EBUSY;
	}
	return syscall(SYS_delete_module, "tsm_emu", O_NONBLOCK) ? -errno : 0;
}

/* A platform whose first VF is function 2 of the device that its PF is */
FIXTURE(slot_of_pf)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

static const struct tsm_function vf_in_slot = {
	.name = "VF in the slot of its PF",
	.bdf = "10000:02:00.2",
	.dsm = "10000:02:00.0",
	.is_vf = true,
};

FIXTURE_SETUP(slot_of_pf)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	if (access("/sys/module/tsm_emu/initstate", F_OK))
		SKIP(return, "the platform is built in");
	if (access(DYNAMIC_DEBUG, W_OK))
		SKIP(return, "no debug messages (CONFIG_DYNAMIC_DEBUG)");

	ASSERT_EQ(0, unload_platform());
	ASSERT_EQ(0, load_platform("vf_offset=2"));
	tsm_setup_init(&self->t.s, &vf_in_slot);
	do_step(_metadata, &self->t, tsm_find_platform);
	do_step(_metadata, &self->t, tsm_make_vf);
	ASSERT_EQ(0, tsm_file_write(DYNAMIC_DEBUG, "file drivers/pci/tsm.c +p"));
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(slot_of_pf)
{
	tsm_file_write(DYNAMIC_DEBUG, "file drivers/pci/tsm.c -p");
	tsm_kmsg_close(&self->kmsg);
	tsm_setup_close(&self->t.s);
	unload_platform();
	load_platform("");
}

static unsigned int count_probes(struct tsm_kmsg *k, const char *bdf)
{
	unsigned int nr = 0;
	char text[512];

	while (tsm_kmsg_next(k, text, sizeof(text)) >= 0)
		nr += strstr(text, bdf) && strstr(text, "setup TSM context: ") &&
		      strstr(text, bdf) < strstr(text, "setup TSM context: ");
	return nr;
}

/* PCI/TSM walks the functions of the slot and the VFs, it is both */
TEST_F(slot_of_pf, is_probed_once)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_connect);
	EXPECT_EQ(1, count_probes(&self->kmsg, vf_in_slot.bdf));
	ASSERT_EQ(0, tsm_use_function(&vf_in_slot));
	do_step(_metadata, t, tsm_disconnect);
	do_step(_metadata, t, tsm_connect);
	EXPECT_EQ(1, count_probes(&self->kmsg, vf_in_slot.bdf));
	ASSERT_EQ(0, tsm_use_function(&vf_in_slot));
}

/* The same VF, but it comes after its PF is connected */
TEST_F(slot_of_pf, that_comes_late)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_set_vfs(&vf_in_slot, 0));
	do_step(_metadata, t, tsm_connect);
	EXPECT_EQ(0, count_probes(&self->kmsg, vf_in_slot.bdf));
	ASSERT_EQ(0, tsm_set_vfs(&vf_in_slot, 4));
	EXPECT_EQ(1, count_probes(&self->kmsg, vf_in_slot.bdf));
	ASSERT_EQ(0, tsm_use_function(&vf_in_slot));
}

/* A platform with an endpoint right on the root bus */
FIXTURE(rootless)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

static const struct tsm_function rootless = {
	.name = "endpoint without root port",
	.bdf = "10000:00:02.0",
	.dsm = "10000:00:02.0",
};

FIXTURE_SETUP(rootless)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(rootless)
{
	tsm_setup_close(&self->t.s);
	tsm_platform_probe_with("rootless", "N");
	tsm_kmsg_close(&self->kmsg);
}

TEST_F(rootless, is_found)
{
	ASSERT_EQ(0, tsm_platform_probe_with("rootless", "Y"));
	EXPECT_EQ(0, access(PCI_DEVICES "/10000:00:02.0", F_OK));
	EXPECT_EQ(0, access(PCI_DEVICES "/10000:00:02.0/tsm/connect", F_OK));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* It has no link to encrypt, but a DSM */
TEST_F(rootless, can_be_used)
{
	ASSERT_EQ(0, tsm_platform_probe_with("rootless", "Y"));
	ASSERT_EQ(0, tsm_use_function(&rootless));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A platform with a switch, whose upstream port is the DSM of what is below it */
#define RESET_ROUNDS 100

FIXTURE(switched)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

static const struct tsm_function below_switch = {
	.name = "endpoint below a switch",
	.bdf = "10000:05:00.0",
	.dsm = "10000:03:00.0",
};

static const struct tsm_function dsm_below_switch = {
	.name = "DSM below a switch",
	.bdf = "10000:06:00.0",
	.dsm = "10000:06:00.0",
};

FIXTURE_SETUP(switched)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_platform_probe_with("switched", "Y"));
}

FIXTURE_TEARDOWN(switched)
{
	tsm_platform_let_go();
	tsm_setup_close(&self->t.s);
	tsm_platform_probe_with("switched", "N");
	tsm_kmsg_close(&self->kmsg);
}

/* Ports and endpoint come and go with the DSM */
TEST_F(switched, can_be_used)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_use_function(&below_switch));
	tsm_setup_init(&t->s, &below_switch);
	do_step(_metadata, t, tsm_find_platform);
	do_step(_metadata, t, tsm_disconnect);
	ASSERT_EQ(0, tsm_use_function(&below_switch));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/*
 * An endpoint that comes back belongs to its connected DSM again. The port above it stays:
 * where a rescan numbers all buses anew (PCI_REASSIGN_ALL_BUS, which a host bridge of a
 * device tree sets), the port's sibling would take its bus.
 */
TEST_F(switched, can_be_removed)
{
	struct tsm_test *t = &self->t;

	tsm_setup_init(&t->s, &below_switch);
	do_step(_metadata, t, tsm_prepare_host);
	EXPECT_EQ(0, tsm_file_write(PCI_DEVICES "/10000:05:00.0/remove", "1"));
	EXPECT_NE(0, access(PCI_DEVICES "/10000:05:00.0", F_OK));
	EXPECT_EQ(0, tsm_file_write("/sys/bus/pci/rescan", "1"));
	ASSERT_EQ(0, tsm_use_function(&below_switch));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A DSM below the switch is not touched when the upper DSM comes and goes */
TEST_F(switched, with_a_dsm_below)
{
	struct tsm_test *t = &self->t;
	struct tsm_test upper;

	tsm_setup_init(&t->s, &dsm_below_switch);
	do_step(_metadata, t, tsm_prepare_host);
	do_step(_metadata, t, tsm_assign);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));

	/* EBUSY would mean that it is the DSM of the switch too */
	EXPECT_EQ(0, tsm_file_write(PCI_DEVICES "/10000:03:00.0/tsm/connect",
				    t->s.tsm));
	ASSERT_EQ(0, tsm_use_function(&below_switch));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
	tsm_setup_init(&upper.s, &below_switch);
	do_step(_metadata, &upper, tsm_find_platform);
	do_step(_metadata, &upper, tsm_disconnect);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

static int reset_below(const char *port)
{
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/reset_subordinate", port);
	return tsm_file_write(path, "1");
}

/* A bus reset is refused for what is behind any bridge below it */
TEST_F(switched, bus_reset_ebusy_two_levels_up)
{
	static const char * const above[] = {
		"10000:00:03.0", "10000:03:00.0", "10000:04:00.0",
	};
	const char *beside = "10000:04:01.0";
	struct tsm_test *t = &self->t;

	tsm_setup_init(&t->s, &below_switch);
	do_step(_metadata, t, tsm_prepare_host);
	do_step(_metadata, t, tsm_assign);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));

	for (size_t i = 0; i < ARRAY_SIZE(above); i++) {
		EXPECT_EQ(-EBUSY, reset_below(above[i]));
		EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
	}
	EXPECT_EQ(0, reset_below(beside));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));

	/* one that was refused half-way has given back what it had begun */
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, reset_below(above[2]));
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* One that is refused at the second port gives back what it began at the first */
TEST_F(switched, bus_reset_ebusy_at_the_second_port)
{
	struct tsm_test *t = &self->t;

	tsm_setup_init(&t->s, &dsm_below_switch);
	do_step(_metadata, t, tsm_prepare_host);
	do_step(_metadata, t, tsm_assign);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
	EXPECT_EQ(-EBUSY, reset_below("10000:03:00.0"));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
	ASSERT_EQ(0, tsm_use_function(&below_switch));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The VF of an endpoint below the switch: its PF is not its DSM */
static const struct tsm_function vf_below_switch = {
	.name = "VF below a switch",
	.bdf = "10000:05:01.0",
	.dsm = "10000:03:00.0",
};

/* To make it takes the PF only */
static const struct tsm_function vf_of_endpoint = {
	.name = "VF of its PF",
	.bdf = "10000:05:01.0",
	.dsm = "10000:05:00.0",
	.is_vf = true,
};

static int call_reset_pf(void *unused)
{
	return tsm_file_write(PCI_DEVICES "/10000:05:00.0/reset", "1");
}

/* Bind while the reset goes on, and unbind. Return: how often it was told to wait */
static unsigned int bind_during_reset(struct __test_metadata *_metadata,
				      struct tsm_test *t)
{
	struct tsm_thread reset;
	unsigned int eagain = 0;
	int rc;

	ASSERT_EQ(0, tsm_thread_start(&reset, call_reset_pf, NULL));
	while (!tsm_thread_is_over(&reset)) {
		rc = tsm_bind_tdi(&t->s);
		EXPECT_TRUE(!rc || rc == -EAGAIN);
		eagain += rc == -EAGAIN;
		if (!rc)
			EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	}
	ASSERT_EQ(0, tsm_thread_join(&reset, &rc));
	EXPECT_TRUE(!rc || rc == -EBUSY);
	return eagain;
}

TEST_F_TIMEOUT(switched, vf_and_reset_of_its_pf, 120)
{
	struct tsm_test *t = &self->t, maker = {};
	unsigned int eagain = 0;

	tsm_setup_init(&maker.s, &vf_of_endpoint);
	do_step(_metadata, &maker, tsm_make_vf);
	tsm_setup_init(&t->s, &vf_below_switch);
	do_step(_metadata, t, tsm_prepare_host);
	do_step(_metadata, t, tsm_assign);
	do_step(_metadata, t, tsm_bind_tdi);
	EXPECT_EQ(-EBUSY, call_reset_pf(NULL));
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));

	for (unsigned int i = 0; !eagain && i < RESET_ROUNDS; i++)
		eagain = bind_during_reset(_metadata, t);
	EXPECT_NE(0, eagain);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* Nor does it wait for a request to the upper DSM, which can't be its own */
TEST_F(switched, with_a_dsm_below_that_does_not_wait)
{
	struct tsm_test *t = &self->t, below = {};
	struct tsm_held held;

	tsm_setup_init(&t->s, &below_switch);
	do_step(_metadata, t, tsm_prepare_host);
	do_step(_metadata, t, tsm_assign);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_hold(&held, TSM_EMU_STALL_GUEST_REQ, tsm_call_request,
			      t));

	tsm_setup_init(&below.s, &dsm_below_switch);
	do_step(_metadata, &below, tsm_find_platform);
	EXPECT_EQ(0, tsm_call_at_once("connect", tsm_call_connect, &below.s));
	EXPECT_EQ(0, tsm_call_at_once("disconnect", tsm_call_disconnect,
				      &below.s));
	EXPECT_EQ(0, tsm_unhold(&held));
}

/* VFs that are being added while their DSM comes and goes */
FIXTURE(coming_vfs)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(coming_vfs)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "vf", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(coming_vfs)
{
	tsm_kmsg_close(&self->kmsg);
}

static int call_add_vfs(void *done)
{
	int rc = tsm_set_vfs(tsm_find_function("vf"), 4);

	__atomic_store_n((bool *)done, true, __ATOMIC_RELEASE);
	return rc;
}

static bool has_dsm(const char *bdf)
{
	char path[64];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/dsm", bdf);
	return !access(path, F_OK);
}

static void expect_dsm_of_vfs(struct __test_metadata *_metadata, bool has)
{
	EXPECT_EQ(has, has_dsm("10000:02:01.0"));
	EXPECT_EQ(has, has_dsm("10000:02:01.1"));
	EXPECT_EQ(has, has_dsm("10000:02:01.2"));
	EXPECT_EQ(has, has_dsm("10000:02:01.3"));
}

/* In the end each has its DSM if that is connected, and else none */
TEST_F_TIMEOUT(coming_vfs, have_a_dsm_or_not, 120)
{
	struct tsm_test *t = &self->t;
	struct tsm_thread add;
	int rc;

	for (unsigned int i = 0; i < COMING_VFS; i++) {
		bool done = false;

		ASSERT_EQ(0, tsm_set_vfs(t->s.fn, 0));
		ASSERT_EQ(0, tsm_thread_start(&add, call_add_vfs, &done));
		while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
			do_step(_metadata, t, tsm_disconnect);
			do_step(_metadata, t, tsm_connect);
		}
		ASSERT_EQ(0, tsm_thread_join(&add, &rc));
		ASSERT_EQ(0, rc);
		expect_dsm_of_vfs(_metadata, true);
		do_step(_metadata, t, tsm_disconnect);
		expect_dsm_of_vfs(_metadata, false);
	}
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

static int call_rescan(void *stop)
{
	int rc = 0;

	while (!rc && !__atomic_load_n((bool *)stop, __ATOMIC_RELAXED))
		rc = tsm_file_write("/sys/bus/pci/rescan", "1");
	return rc;
}

FIXTURE(rescan)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(rescan)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(rescan)
{
	if (!tsm_platform_is_bound(0))
		tsm_platform_bind(0);
	tsm_kmsg_close(&self->kmsg);
}

/* Both assign resources to the functions on the new bus */
TEST_F_TIMEOUT(rescan, beside_host_probe, 120)
{
	struct tsm_thread rescan;
	bool stop = false;
	int rc;

	ASSERT_EQ(0, tsm_thread_start(&rescan, call_rescan, &stop));
	for (unsigned int i = 0; i < PROBES; i++) {
		ASSERT_EQ(0, tsm_platform_unbind(0));
		ASSERT_EQ(0, tsm_platform_bind(0));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, tsm_thread_join(&rescan, &rc));
	EXPECT_EQ(0, rc);
	ASSERT_EQ(0, tsm_use_function(self->t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/*
 * A function is being removed, which PCI/TSM has taken note of, and a TSM
 * unregisters. The attributes of the function are left to its removal.
 */
FIXTURE(going)
{
	struct tsm_test t;
	struct tsm_waiter remove;
	struct tsm_waiter unregister;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(going)
{
	self->kmsg.fd = -1;
	self->remove.what = "removal of the function";
	self->unregister.what = "unbind of the platform";
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	/* its functions must not have to go before, the removal keeps them */
	ASSERT_EQ(0, tsm_platform_set_tsm_last(true));
}

FIXTURE_TEARDOWN(going)
{
	tsm_platform_let_go();
	tsm_platform_set_tsm_last(false);
	tsm_platform_bind_all();
	tsm_file_write("/sys/bus/pci/rescan", "1");
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* Return: 0 or -ETIMEDOUT */
static int wait_unregistered(unsigned int platform)
{
	struct timespec since;
	struct tsm_setup s;

	tsm_clock_start(&since);
	do {
		if (tsm_find_tsm(&s, platform))
			return 0;
	} while (tsm_clock_pause(&since));
	return -ETIMEDOUT;
}

static bool has_attributes(const char *bdf)
{
	char path[64];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm", bdf);
	return !access(path, F_OK);
}

/* Let the removal go on, and then all that waits for it */
static void end_removal(struct __test_metadata *_metadata,
			FIXTURE_DATA(going) *self)
{
	struct tsm_held held;

	tsm_clock_start(&held.released);
	ASSERT_EQ(0, tsm_platform_stall(0));
	EXPECT_EQ(0, tsm_waiter_end(&self->remove, &held));
	EXPECT_EQ(0, tsm_waiter_end(&self->unregister, &held));
	tsm_platform_bind_all();
	ASSERT_EQ(0, tsm_file_write("/sys/bus/pci/rescan", "1"));
	do_step(_metadata, &self->t, tsm_find_platform);
	ASSERT_EQ(0, tsm_use_function(self->t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* Both wait for a request of the DSM, the removal came first */
TEST_F(going, with_its_tsm)
{
	struct tsm_write remove = { PCI_DEVICES "/10000:01:00.1/remove", "1" };
	struct tsm_test *t = &self->t;
	unsigned int platform = 1;
	struct tsm_held held;
	int rc;

	if (!tsm_platform_exists(platform))
		SKIP(return, "no second platform (tsm_emu.instances=2)");
	ASSERT_EQ(0, tsm_platform_unbind(platform));
	ASSERT_EQ(0, tsm_platform_bind(platform));
	ASSERT_EQ(0, tsm_prepare_host_by(&t->s, platform));
	do_step(_metadata, t, tsm_assign);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_hold(&held, TSM_EMU_STALL_GUEST_REQ, tsm_call_request, t));
	ASSERT_EQ(0, tsm_waiter_start(&self->remove, tsm_call_write, &remove,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_destroy"));
	ASSERT_EQ(0, tsm_waiter_start(&self->unregister,
				      tsm_call_unbind_platform, &platform,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_unregister"));

	ASSERT_EQ(0, tsm_platform_stall(TSM_EMU_STALL_REMOVAL));
	ASSERT_EQ(0, tsm_thread_join(&held.thread, &rc));
	ASSERT_EQ(0, rc);
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	ASSERT_EQ(0, wait_unregistered(platform));
	EXPECT_TRUE(has_attributes("10000:01:00.1"));
	tsm_setup_close(&t->s);
	end_removal(_metadata, self);
}

/* A function that can be a DSM has its attributes for as long as there is a TSM */
TEST_F(going, with_the_last_tsm)
{
	struct tsm_write remove = { PCI_DEVICES "/10000:01:00.0/remove", "1" };
	unsigned int platform = 0;

	for (unsigned int i = 1; tsm_platform_exists(i); i++)
		ASSERT_EQ(0, tsm_platform_unbind(i));
	ASSERT_EQ(0, tsm_platform_unbind(platform));
	ASSERT_EQ(0, tsm_platform_bind(platform));
	ASSERT_EQ(0, tsm_platform_stall(TSM_EMU_STALL_REMOVAL));
	ASSERT_EQ(0, tsm_thread_start(&self->remove.thread, tsm_call_write, &remove));
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	ASSERT_EQ(0, tsm_thread_start(&self->unregister.thread,
				      tsm_call_unbind_platform, &platform));

	ASSERT_EQ(0, wait_unregistered(platform));
	EXPECT_FALSE(has_attributes("10000:02:00.0"));
	EXPECT_TRUE(has_attributes("10000:01:00.0"));
	end_removal(_metadata, self);
}

/*
 * A connect that waits for the lock behind the removal does not bring back what that
 * has taken down
 */
TEST_F(going, before_its_connect)
{
	struct tsm_write remove = { PCI_DEVICES "/10000:01:00.0/remove", "1" };
	struct tsm_waiter connect = { .what = "connect of the function" };
	struct tsm_test fn1 = {};
	struct tsm_held held;

	tsm_setup_init(&fn1.s, tsm_find_function("fn1"));
	do_step(_metadata, &fn1, tsm_prepare_host);
	do_step(_metadata, &fn1, tsm_assign);
	do_step(_metadata, &fn1, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_hold(&held, TSM_EMU_STALL_GUEST_REQ, tsm_call_request,
			      &fn1));
	ASSERT_EQ(0, tsm_waiter_start(&self->remove, tsm_call_write, &remove,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_destroy"));
	ASSERT_EQ(0, tsm_waiter_start(&connect, tsm_call_write_connect,
				      &self->t.s, TSM_INTERRUPTIBLE,
				      "connect_store"));
	EXPECT_EQ(0, tsm_unhold(&held));
	EXPECT_EQ(-ENXIO, tsm_waiter_end(&connect, &held));
	EXPECT_EQ(0, tsm_waiter_end(&self->remove, &held));

	tsm_setup_close(&fn1.s);
	ASSERT_EQ(0, tsm_file_write("/sys/bus/pci/rescan", "1"));
	ASSERT_EQ(0, tsm_use_function(self->t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* Functions whose groups there was no memory for */
FIXTURE(no_groups)
{
	struct tsm_test t;
	struct tsm_test other;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(no_groups)
{
	self->kmsg.fd = -1;
	tsm_setup_init(&self->other.s, tsm_find_function("vf"));
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	if (tsm_fault_setup() || tsm_fault_in("pci_tsm_group_init"))
		SKIP(return, "no faults to inject (CONFIG_FAULT_INJECTION_STACKTRACE_FILTER)");
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_platform_unbind(0));
	ASSERT_EQ(0, tsm_platform_bind(0));
	tsm_fault_teardown();
}

FIXTURE_TEARDOWN(no_groups)
{
	tsm_fault_teardown();
	tsm_platform_let_go();
	tsm_platform_unbind(0);
	tsm_platform_bind(0);
	tsm_kmsg_close(&self->kmsg);
}

/* They are in one, which outlives them: slower, still correct */
TEST_F(no_groups, share_one)
{
	struct tsm_waiter connect = { .what = "connect of the other device" };
	struct tsm_test *t = &self->t, *other = &self->other;
	struct tsm_held held;

	do_step(_metadata, t, tsm_find_platform);
	do_step(_metadata, other, tsm_find_platform);
	ASSERT_EQ(0, tsm_hold(&held, TSM_EMU_STALL_CONNECT,
			      tsm_call_write_connect, &t->s));
	ASSERT_EQ(0, tsm_waiter_start(&connect, tsm_call_write_connect,
				      &other->s, TSM_INTERRUPTIBLE,
				      "connect_store"));
	EXPECT_EQ(0, tsm_unhold(&held));
	EXPECT_EQ(0, tsm_waiter_end(&connect, &held));
	ASSERT_EQ(0, tsm_use_function(t->s.fn));
	ASSERT_EQ(0, tsm_use_function(other->s.fn));

	for (unsigned int i = 0; i < 2; i++) {
		ASSERT_EQ(0, tsm_platform_unbind(0));
		ASSERT_EQ(0, tsm_platform_bind(0));
		ASSERT_EQ(0, tsm_use_function(t->s.fn));
	}
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* DSMs that can encrypt a link, and have no TDIs (PCIe r7.0 section 7.5.3.3) */
FIXTURE(ide_only)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(ide_only)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_platform_probe_with("tee", "N"));
	do_step(_metadata, &self->t, tsm_find_platform);
}

FIXTURE_TEARDOWN(ide_only)
{
	tsm_setup_close(&self->t.s);
	tsm_platform_probe_with("switched", "N");
	tsm_platform_probe_with("tee", "Y");
	tsm_kmsg_close(&self->kmsg);
}

TEST_F(ide_only, binds_nothing)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_connect);
	EXPECT_EQ(0, access(PCI_DEVICES "/10000:01:00.0/tsm/dsm", F_OK));
	EXPECT_NE(0, access(PCI_DEVICES "/10000:01:00.0/tsm/bound", F_OK));
	do_step(_metadata, t, tsm_use_vfio);
	do_step(_metadata, t, tsm_assign);
	EXPECT_EQ(-EOPNOTSUPP, tsm_bind_tdi(&t->s));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, tsm_info_state(t));
	tsm_setup_close(&t->s);
	do_step(_metadata, t, tsm_disconnect);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* Whether they are there before it is connected, or come later */
TEST_F(ide_only, is_the_dsm_of_nothing_else)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_connect);
	EXPECT_FALSE(has_attributes("10000:01:00.1"));
	tsm_setup_init(&t->s, tsm_find_function("vf"));
	do_step(_metadata, t, tsm_find_platform);
	do_step(_metadata, t, tsm_connect);
	do_step(_metadata, t, tsm_make_vf);
	EXPECT_FALSE(has_attributes("10000:02:01.0"));

	ASSERT_EQ(0, tsm_platform_probe_with("switched", "Y"));
	tsm_setup_init(&t->s, &below_switch);
	do_step(_metadata, t, tsm_find_platform);
	do_step(_metadata, t, tsm_connect);
	EXPECT_FALSE(has_attributes("10000:05:00.0"));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/*
 * The removal has the lock that the unbind of the platform takes after it has
 * unregistered the TSM. It goes on at a random time beside that.
 */
static void remove_beside_unbind(struct __test_metadata *_metadata,
				 FIXTURE_DATA(going) *self, unsigned int *seed)
{
	const struct timespec later = {
		.tv_nsec = rand_r(seed) % REMOVAL_LATER_US * 1000,
	};
	struct tsm_write remove = { PCI_DEVICES "/10000:02:00.0/remove", "1" };
	unsigned int platform = 0;
	struct tsm_test pf;
	int rc;

	/* of all that can be a DSM the first to lose its attributes */
	tsm_setup_init(&pf.s, tsm_find_function("vf"));
	do_step(_metadata, &pf, tsm_find_platform);
	do_step(_metadata, &pf, tsm_connect);
	ASSERT_EQ(0, tsm_platform_stall(TSM_EMU_STALL_DISCONNECT));
	ASSERT_EQ(0, tsm_thread_start(&self->remove.thread, tsm_call_write, &remove));
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	ASSERT_EQ(0, tsm_thread_start(&self->unregister.thread,
				      tsm_call_unbind_platform, &platform));
	nanosleep(&later, NULL);
	ASSERT_EQ(0, tsm_platform_stall(0));
	ASSERT_EQ(0, tsm_thread_join(&self->remove.thread, &rc));
	EXPECT_EQ(0, rc);
	ASSERT_EQ(0, tsm_thread_join(&self->unregister.thread, &rc));
	EXPECT_EQ(0, rc);
	ASSERT_EQ(0, tsm_platform_bind(platform));
}

/* Who takes down the attributes of a function that can be a DSM? */
TEST_F_TIMEOUT(going, at_the_same_time, 120)
{
	unsigned int seed = choose_seed(_metadata);

	for (unsigned int i = 0; tsm_platform_exists(i); i++)
		ASSERT_EQ(0, tsm_platform_unbind(i));
	ASSERT_EQ(0, tsm_platform_bind(0));
	for (unsigned int i = 0; i < REMOVALS; i++)
		remove_beside_unbind(_metadata, self, &seed);
	do_step(_metadata, &self->t, tsm_find_platform);
	ASSERT_EQ(0, tsm_use_function(self->t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
