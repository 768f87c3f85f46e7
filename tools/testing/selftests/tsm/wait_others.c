// SPDX-License-Identifier: GPL-2.0
/*
 * An operation of one DSM is in the firmware for as long as it likes. All that has
 * to do with other DSMs goes on meanwhile, and sysfs and INFO can be read. What has
 * to do with the same DSM waits, until a signal where the caller can take one. It
 * waits for one operation of each other VM, however many that one asks for.
 */
#include <stdio.h>

#include "lib/held.h"
#include "lib/test.h"

#define SRIOV PCI_DEVICES "/10000:02:00.0/sriov_numvfs"

/*
 * All operations of a TSM, in an order that can be started anywhere and leads
 * back there: a function that is bound can do with the first.
 */
static const struct step {
	u32 operation;
	const char *what;
	int (*call)(void *t);
} cycle[] = {
	{ TSM_EMU_STALL_GUEST_REQ, "request", tsm_call_request },
	{ TSM_EMU_STALL_UNBIND, "unbind", tsm_call_unbind_tdi },
	{ TSM_EMU_STALL_DISCONNECT, "disconnect", tsm_call_write_disconnect },
	{ TSM_EMU_STALL_CONNECT, "connect", tsm_call_write_connect },
	{ TSM_EMU_STALL_BIND, "bind", tsm_call_bind_tdi },
};

/* From bound to where the steps before @end lead */
static void do_steps(struct __test_metadata *_metadata, struct tsm_test *t,
		     size_t end)
{
	for (size_t i = 0; i < end; i++) {
		ASSERT_EQ(0, cycle[i].call(t)) {
			TH_LOG("%s of %s", cycle[i].what, t->s.fn->name);
		}
	}
}

/* One of them is held for DSM A, 10000:01:00.0 */
FIXTURE(stall)
{
	struct tsm_test a;
	/* a function of another DSM, but the same TSM */
	struct tsm_test b;
	struct tsm_held held;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(stall)
{
	size_t step;
};

FIXTURE_VARIANT_ADD(stall, guest_req) { .step = 0 };
FIXTURE_VARIANT_ADD(stall, unbind) { .step = 1 };
FIXTURE_VARIANT_ADD(stall, disconnect) { .step = 2 };
FIXTURE_VARIANT_ADD(stall, connect) { .step = 3 };
FIXTURE_VARIANT_ADD(stall, bind) { .step = 4 };

FIXTURE_SETUP(stall)
{
	const struct step *step = &cycle[variant->step];

	self->kmsg.fd = -1;
	tsm_setup_init(&self->b.s, tsm_find_function("vf"));
	if (setup_bound(_metadata, &self->a, "pf0", false))
		return;
	if (setup_bound(_metadata, &self->b, "vf", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));

	/* what is held would hold B as well: B has just done it */
	do_steps(_metadata, &self->b, variant->step + 1);
	do_steps(_metadata, &self->a, variant->step);
	ASSERT_EQ(0,
		  tsm_hold(&self->held, step->operation, step->call, &self->a));
}

FIXTURE_TEARDOWN(stall)
{
	tsm_platform_let_go();
	tsm_setup_close(&self->b.s);
	teardown(&self->a);
	tsm_connect(&self->b.s);
	tsm_kmsg_close(&self->kmsg);
}

static void expect_released(struct __test_metadata *_metadata,
			    struct tsm_held *h, struct tsm_kmsg *kmsg)
{
	EXPECT_EQ(0, tsm_unhold(h));
	EXPECT_EQ(0, tsm_kmsg_complaints(kmsg));
}

/* Its other operations, in turn */
TEST_F(stall, other_device)
{
	for (size_t i = 1; i < ARRAY_SIZE(cycle); i++) {
		const struct step *step =
			&cycle[(variant->step + i) % ARRAY_SIZE(cycle)];

		EXPECT_EQ(0,
			  tsm_call_at_once(step->what, step->call, &self->b));
	}
	expect_released(_metadata, &self->held, &self->kmsg);
}

/* All operations, and all that there is around them */
TEST_F(stall, other_platform)
{
	struct tsm_test c;

	if (!tsm_platform_exists(1))
		SKIP(return, "no second platform (tsm_emu.instances=2)");
	tsm_setup_init(&c.s, tsm_find_function_of(1, "pf0"));
	EXPECT_EQ(0, tsm_prepare_host_by(&c.s, 1));
	EXPECT_EQ(0, tsm_call_at_once("assignment", tsm_call_assign, &c.s));
	EXPECT_EQ(0, tsm_call_at_once("bind", tsm_call_bind_tdi, &c));
	for (size_t i = 0; i < ARRAY_SIZE(cycle); i++)
		EXPECT_EQ(0,
			  tsm_call_at_once(cycle[i].what, cycle[i].call, &c));
	tsm_setup_close(&c.s);
	expect_released(_metadata, &self->held, &self->kmsg);
}

/* Of functions that the held operation is about */
TEST_F(stall, sysfs_readers)
{
	static const char * const fns[] = { "10000:01:00.0", "10000:01:00.1" };
	static const char * const files[] = {
		"tsm/connect", "tsm/bound", "tsm/dsm", "authenticated",
	};
	char path[128];
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(fns) * ARRAY_SIZE(files); i++) {
		const char *fn = fns[i / ARRAY_SIZE(files)];

		snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", fn,
			 files[i % ARRAY_SIZE(files)]);
		rc = tsm_call_at_once(path, tsm_call_read, path);
		/* the second is its function while it is connected */
		if (rc != -ENOENT || i < ARRAY_SIZE(files))
			EXPECT_EQ(i % ARRAY_SIZE(files) || i < ARRAY_SIZE(files) ?
				  0 : -ENOENT, rc);
	}
	expect_released(_metadata, &self->held, &self->kmsg);
}

TEST_F(stall, info)
{
	int state = tsm_call_at_once("INFO", tsm_info_state, &self->a);

	switch (cycle[variant->step].operation) {
	case TSM_EMU_STALL_GUEST_REQ:
	case TSM_EMU_STALL_UNBIND:
		EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, state);
		break;
	case TSM_EMU_STALL_BIND:
		EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, state);
		break;
	default:
		EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, state);
	}
	expect_released(_metadata, &self->held, &self->kmsg);
}

/* Operations of the same DSM do wait, until a signal */
TEST_F(stall, same_dsm)
{
	struct tsm_waiter connect = { .what = "connect" };
	struct tsm_waiter disconnect = { .what = "disconnect" };

	ASSERT_EQ(0, tsm_waiter_start(&connect, tsm_call_write_connect,
				      &self->a.s, TSM_INTERRUPTIBLE,
				      "connect_store"));
	ASSERT_EQ(0, tsm_waiter_start(&disconnect, tsm_call_write_disconnect,
				      &self->a.s, TSM_INTERRUPTIBLE,
				      "disconnect_store"));
	EXPECT_EQ(-EINTR, tsm_waiter_interrupt(&connect));
	EXPECT_EQ(-EINTR, tsm_waiter_interrupt(&disconnect));
	ASSERT_EQ(0, tsm_still_held(&self->held));
	expect_released(_metadata, &self->held, &self->kmsg);
}

/*
 * The removal of a function of the DSM waits. As long as it does, nothing else can
 * add or remove devices.
 */
TEST_F(stall, removal_and_rescan)
{
	struct tsm_write remove_fn1 = { PCI_DEVICES "/10000:01:00.1/remove", "1" };
	struct tsm_waiter remove = { .what = "removal of a function of the DSM" };
	struct tsm_waiter rescan = { .what = "rescan of all buses" };
	struct tsm_write rescan_all = { "/sys/bus/pci/rescan", "1" };

	ASSERT_EQ(0, tsm_waiter_start(&remove, tsm_call_write, &remove_fn1,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_destroy"));
	ASSERT_EQ(0, tsm_waiter_start(&rescan, tsm_call_write, &rescan_all,
				      TSM_UNINTERRUPTIBLE, "rescan"));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(0, tsm_waiter_end(&remove, &self->held));
	EXPECT_EQ(0, tsm_waiter_end(&rescan, &self->held));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A disconnect waits behind a bind of A. Nothing about B may wait behind those */
FIXTURE(queue)
{
	struct tsm_test a;
	struct tsm_test b;
	struct tsm_held held;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(queue)
{
	self->kmsg.fd = -1;
	tsm_setup_init(&self->b.s, tsm_find_function("vf"));
	if (setup_vdevice(_metadata, &self->a, "pf0", false))
		return;
	if (setup_bound(_metadata, &self->b, "vf", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_hold(&self->held, TSM_EMU_STALL_BIND,
			      tsm_call_bind_tdi, &self->a));
}

FIXTURE_TEARDOWN(queue)
{
	tsm_platform_let_go();
	tsm_setup_close(&self->b.s);
	teardown(&self->a);
	tsm_kmsg_close(&self->kmsg);
}

TEST_F(queue, other_vm)
{
	struct tsm_waiter disconnect = { .what = "disconnect of the same DSM" };
	struct tsm_test *t = &self->b;

	ASSERT_EQ(0, tsm_waiter_start(&disconnect, tsm_call_write_disconnect,
				      &self->a.s, TSM_INTERRUPTIBLE,
				      "disconnect_store"));
	EXPECT_EQ(0, tsm_call_at_once("request", tsm_call_request, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND,
		  tsm_call_at_once("INFO", tsm_info_state, t));
	EXPECT_EQ(0, tsm_call_at_once("unbind", tsm_call_unbind_tdi, t));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(0, tsm_waiter_end(&disconnect, &self->held));
	EXPECT_EQ(0, tsm_connect(&self->a.s));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* Functions of two devices that the guest would know by the same id */
FIXTURE(same_id)
{
	struct tsm_test a;
	struct tsm_test b;
	struct tsm_held held;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(same_id)
{
	self->kmsg.fd = -1;
	tsm_setup_init(&self->b.s, tsm_find_function("vf"));
	if (setup_vdevice(_metadata, &self->a, "pf0", false))
		return;
	do_step(_metadata, &self->b, tsm_prepare_host);
	ASSERT_EQ(0, tsm_share_vm(&self->b.s, &self->a.s));
	self->b.s.virt_id = self->a.s.virt_id;
	do_step(_metadata, &self->b, tsm_assign);
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(same_id)
{
	tsm_platform_let_go();
	tsm_setup_close(&self->b.s);
	teardown(&self->a);
	tsm_kmsg_close(&self->kmsg);
}

/* It may fail yet */
TEST_F(same_id, bind_eagain_during_bind)
{
	ASSERT_EQ(0, tsm_hold(&self->held, TSM_EMU_STALL_BIND, tsm_call_bind_tdi,
			      &self->a));
	EXPECT_EQ(-EAGAIN, tsm_call_at_once("bind by the same id",
					    tsm_call_bind_tdi, &self->b));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(-EADDRINUSE, tsm_bind_tdi(&self->b.s));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* It is about to go */
TEST_F(same_id, bind_eagain_during_unbind)
{
	do_step(_metadata, &self->a, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_hold(&self->held, TSM_EMU_STALL_UNBIND,
			      tsm_call_unbind_tdi, &self->a));
	EXPECT_EQ(-EAGAIN, tsm_call_at_once("bind by the same id",
					    tsm_call_bind_tdi, &self->b));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(0, tsm_bind_tdi(&self->b.s));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The TSM of another platform */
TEST_F(stall, unregistration_of_other_tsm)
{
	unsigned int other = 1;

	if (!tsm_platform_exists(1))
		SKIP(return, "no second platform (tsm_emu.instances=2)");
	EXPECT_EQ(0, tsm_call_at_once("unbind of the other platform",
				      tsm_call_unbind_platform, &other));
	EXPECT_EQ(0, tsm_platform_bind(1));
	expect_released(_metadata, &self->held, &self->kmsg);
}

/* New functions wait for the DSM, to find out whether they belong to it */
FIXTURE(new_functions)
{
	struct tsm_test t;
	struct tsm_held held;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(new_functions)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_host(_metadata, t, "vf", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_file_write(SRIOV, "0"));
	ASSERT_EQ(0, tsm_call_write_disconnect(&t->s));
	ASSERT_EQ(0, tsm_hold(&self->held, TSM_EMU_STALL_CONNECT,
			      tsm_call_write_connect, &t->s));
}

FIXTURE_TEARDOWN(new_functions)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

TEST_F(new_functions, vfs)
{
	struct tsm_waiter w = { .what = "sriov_numvfs=4" };
	struct tsm_write add_vfs = { SRIOV, "4" };

	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_write, &add_vfs,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_init"));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->held));
	ASSERT_EQ(0, tsm_use_function(self->t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* VFIO opens and closes the functions that it resets together one by one */
FIXTURE(dev_set)
{
	struct tsm_test t;
	struct tsm_test sibling;
	struct tsm_held held;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(dev_set)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	tsm_setup_init(&self->sibling.s, tsm_find_function("fn1"));
	if (setup_bound(_metadata, t, "pf0", false))
		return;
	do_step(_metadata, &self->sibling, tsm_prepare_host);
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_close_kvm_vfio(&t->s));
	ASSERT_EQ(0, tsm_hold(&self->held, TSM_EMU_STALL_UNBIND,
			      tsm_call_close_device, &t->s));
}

FIXTURE_TEARDOWN(dev_set)
{
	tsm_platform_let_go();
	tsm_setup_close(&self->sibling.s);
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* What opens the device is the bind to an iommufd */
TEST_F(dev_set, open_of_sibling)
{
	struct tsm_waiter w = { .what = "VFIO_DEVICE_BIND_IOMMUFD of the sibling" };
	struct tsm_setup *s = &self->sibling.s;

	do_step(_metadata, &self->sibling, tsm_open_iommufd);
	EXPECT_EQ(0, tsm_call_at_once("open of the device file",
				      tsm_call_open_device, s));
	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_bind_iommufd, s,
				      TSM_UNINTERRUPTIBLE, "bind_iommufd"));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->held));
	tsm_setup_close(s);
	ASSERT_EQ(0, tsm_use_function(s->fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/*
 * A TSM goes, but must wait for the disconnect of a DSM of another platform. A
 * platform that comes gets the first PCI segment that is free, hence this order.
 */
static unsigned int comes = 2;
static unsigned int waits = 3;
static unsigned int goes = 4;

FIXTURE(unregister)
{
	struct tsm_test t;
	struct tsm_test second;
	struct tsm_held held;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(unregister)
{
	self->kmsg.fd = -1;
	tsm_setup_init(&self->second.s, tsm_find_function_of(1, "pf0"));
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	if (!tsm_platform_exists(goes))
		SKIP(return, "too few platforms (tsm_emu.instances)");
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_platform_unbind(comes));
	ASSERT_EQ(0, tsm_prepare_host_by(&self->second.s, waits));
	ASSERT_EQ(0, tsm_hold_at(&self->held, 1, TSM_EMU_STALL_DISCONNECT,
				 tsm_call_write_disconnect, &self->second.s));
}

FIXTURE_TEARDOWN(unregister)
{
	if (tsm_platform_exists(1))
		tsm_platform_stall_at(1, 0);
	tsm_platform_bind_all();
	if (tsm_platform_exists(1))
		tsm_prepare_host_by(&self->second.s, 1);
	tsm_kmsg_close(&self->kmsg);
}

/* Other TSMs, which come or go, wait for the one that waits */
TEST_F(unregister, other_tsms)
{
	struct tsm_waiter unregister = { .what = "unbind of the platform" };
	struct tsm_waiter come = { .what = "bind of another platform" };
	struct tsm_waiter go = { .what = "unbind of a third" };
	struct tsm_test come_fn;

	ASSERT_EQ(0, tsm_waiter_start(&unregister, tsm_call_unbind_platform,
				      &waits, TSM_UNINTERRUPTIBLE,
				      "pci_tsm_unregister"));
	ASSERT_EQ(0, tsm_waiter_start(&come, tsm_call_bind_platform, &comes,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_register"));
	ASSERT_EQ(0, tsm_waiter_start(&go, tsm_call_unbind_platform, &goes,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_unregister"));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(0, tsm_waiter_end(&unregister, &self->held));
	EXPECT_EQ(0, tsm_waiter_end(&come, &self->held));
	EXPECT_EQ(0, tsm_waiter_end(&go, &self->held));
	ASSERT_EQ(0, tsm_platform_bind(waits));
	ASSERT_EQ(0, tsm_platform_bind(goes));
	tsm_setup_init(&come_fn.s, tsm_find_function_of(comes, "pf0"));
	do_step(_metadata, &come_fn, tsm_prepare_host);
	ASSERT_EQ(0, tsm_use_function(self->t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* It is still there while it waits, for what was connected before */
TEST_F(unregister, takes_no_connection)
{
	struct tsm_waiter unregister = { .what = "unbind of the platform" };
	struct tsm_test *t = &self->t;
	char path[64];

	do_step(_metadata, t, tsm_disconnect);
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/connect", t->s.fn->bdf);
	ASSERT_EQ(0, tsm_waiter_start(&unregister, tsm_call_unbind_platform,
				      &waits, TSM_UNINTERRUPTIBLE,
				      "pci_tsm_unregister"));
	EXPECT_EQ(-ENXIO, tsm_file_write(path, self->second.s.tsm));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(0, tsm_waiter_end(&unregister, &self->held));
	do_step(_metadata, t, tsm_connect);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* What VM A asks for at the same time, and how long the firmware takes for each */
#define NR_REQUESTS 64
#define REQUEST_MS 150

/* Many requests of one VM, and one operation of another VM of the same DSM */
FIXTURE(crowd)
{
	struct tsm_test a;
	struct tsm_test b;
	struct tsm_held first;
	struct request {
		struct tsm_test t;
		struct tsm_thread thread;
	} others[NR_REQUESTS - 1];
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(crowd)
{
	const char *what;
	int (*call)(void *t);
};

FIXTURE_VARIANT_ADD(crowd, unbind) { "unbind of B", tsm_call_unbind_tdi };
FIXTURE_VARIANT_ADD(crowd, close) { "close of B's device", tsm_call_close_device };

FIXTURE_SETUP(crowd)
{
	self->kmsg.fd = -1;
	tsm_setup_init(&self->b.s, tsm_find_function("fn1"));
	if (setup_bound(_metadata, &self->a, "pf0", false))
		return;
	if (setup_bound(_metadata, &self->b, "fn1", false))
		return;
	ASSERT_EQ(0, tsm_close_kvm_vfio(&self->b.s));
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));

	/* the order in which they came is known when the firmware goes on */
	ASSERT_EQ(0, tsm_hold(&self->first, TSM_EMU_STALL_GUEST_REQ,
			      tsm_call_request, &self->a));
	for (size_t i = 0; i < ARRAY_SIZE(self->others); i++) {
		struct request *other = &self->others[i];

		other->t = self->a;
		ASSERT_EQ(0, tsm_thread_start(&other->thread, tsm_call_request,
					      &other->t));
		ASSERT_EQ(0, tsm_thread_wait(&other->thread, TSM_INTERRUPTIBLE,
					     "pci_tsm_guest_req"));
	}
}

FIXTURE_TEARDOWN(crowd)
{
	tsm_platform_delay(0);
	tsm_platform_let_go();
	tsm_setup_close(&self->b.s);
	teardown(&self->a);
	tsm_kmsg_close(&self->kmsg);
}

/* The call of B, and how many requests of A had been served by its end */
struct counted_call {
	int (*call)(void *t);
	struct tsm_test *t;
	unsigned long requests;
};

static int call_counted(void *data)
{
	struct counted_call *c = data;

	return c->call(c->t) ?: tsm_platform_requests(&c->requests);
}

/*
 * B is served after the request that is in the firmware, or after one more: whoever
 * comes when a mutex is released may take it before the one that is woken up, once.
 */
TEST_F(crowd, other_vm)
{
	struct counted_call c = { .call = variant->call, .t = &self->b };
	struct tsm_waiter w = { .what = variant->what };
	unsigned long before = count_requests(_metadata);
	int rc;

	ASSERT_EQ(0, tsm_waiter_start(&w, call_counted, &c, TSM_UNINTERRUPTIBLE,
				      "pci_tsm_unbind"));
	ASSERT_EQ(0, tsm_platform_delay(REQUEST_MS));
	EXPECT_EQ(0, tsm_unhold(&self->first));
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->first));
	EXPECT_LE(c.requests, before + 2) {
		TH_LOG("%s waited for %lu more requests of A", w.what,
		       c.requests - before);
	}

	ASSERT_EQ(0, tsm_platform_delay(0));
	for (size_t i = 0; i < ARRAY_SIZE(self->others); i++) {
		ASSERT_EQ(0, tsm_thread_join(&self->others[i].thread, &rc));
		EXPECT_EQ(0, rc);
	}
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
