// SPDX-License-Identifier: GPL-2.0
/*
 * Who waits for whom: while the firmware has one DSM's operation, all goes on
 * that has nothing to do with that DSM; and nobody waits for each other forever,
 * whatever comes and goes meanwhile. The lock validator, where the kernel has
 * it, looks on.
 *
 * TSM_TEST_SEED in the environment repeats the random part.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "tsm_second.h"
#include "tsm_waiter.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define SRIOV PCI_DEVICES "/10000:02:00.0/sriov_numvfs"

/* How often the loops go round, and what that takes at most */
#define READER_ROUNDS 100
#define WRITER_ROUNDS 15
#define STRESS_ROUNDS 30
#define LOOP_SECONDS 240
/* How long they go on for what has not happened by the last round */
#define MORE_SECONDS 120
/* What threads have to come across each other, which they do at once */
#define MEET_SECONDS 20

static int call_connect_raw(void *data)
{
	struct tsm_setup *s = data;
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/connect", s->fn->dsm);
	return tsm_file_write(path, s->tsm);
}

static int call_disconnect_raw(void *data)
{
	struct tsm_setup *s = data;
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/disconnect",
		 s->fn->dsm);
	return tsm_file_write(path, s->tsm);
}

static int call_connect_of(void *t)
{
	return call_connect_raw(&((struct tsm_test *)t)->s);
}

static int call_disconnect_of(void *t)
{
	return call_disconnect_raw(&((struct tsm_test *)t)->s);
}

/*
 * All operations of a TSM, in an order that can be started anywhere and leads
 * back there: a function that is bound can do with the first.
 */
static const struct step {
	u32 operation;
	const char *what;
	int (*call)(void *t);
} cycle[] = {
	{ TSM_STALL_GUEST_REQ, "request", call_request },
	{ TSM_STALL_UNBIND, "unbind", call_unbind_tdi },
	{ TSM_STALL_DISCONNECT, "disconnect", call_disconnect_of },
	{ TSM_STALL_CONNECT, "connect", call_connect_of },
	{ TSM_STALL_BIND, "bind", call_bind_tdi },
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
	struct holder holder;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(stall)
{
	size_t step;
};

FIXTURE_VARIANT_ADD(stall, guest_req)
{
	.step = 0,
};

FIXTURE_VARIANT_ADD(stall, unbind)
{
	.step = 1,
};

FIXTURE_VARIANT_ADD(stall, disconnect)
{
	.step = 2,
};

FIXTURE_VARIANT_ADD(stall, connect)
{
	.step = 3,
};

FIXTURE_VARIANT_ADD(stall, bind)
{
	.step = 4,
};

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
	hold(_metadata, &self->holder, step->operation, step->call, &self->a);
}

FIXTURE_TEARDOWN(stall)
{
	let_go();
	tsm_setup_close(&self->b.s);
	teardown(&self->a);
	tsm_connect(&self->b.s);
	tsm_kmsg_close(&self->kmsg);
}

static void expect_released(struct __test_metadata *_metadata,
			    struct holder *h, struct tsm_kmsg *kmsg)
{
	EXPECT_EQ(0, release(_metadata, h));
	expect_no_complaints(_metadata, kmsg);
}

/* Its other operations, in turn */
TEST_F(stall, other_device)
{
	for (size_t i = 1; i < ARRAY_SIZE(cycle); i++) {
		const struct step *step =
			&cycle[(variant->step + i) % ARRAY_SIZE(cycle)];

		EXPECT_EQ(0, call_at_once(_metadata, step->what, step->call,
					  &self->b));
	}
	expect_released(_metadata, &self->holder, &self->kmsg);
}

static int call_assign(void *s)
{
	return tsm_assign(s);
}

/* All operations, and all that there is around them */
TEST_F(stall, other_platform)
{
	struct tsm_test c;

	if (!tsm_second_exists())
		SKIP(return, "no second platform (tsm_emu.instances=2)");
	tsm_setup_init(&c.s, &tsm_second);
	EXPECT_EQ(0, tsm_second_prepare(&c.s, 1));
	EXPECT_EQ(0, call_at_once(_metadata, "assignment", call_assign, &c.s));
	EXPECT_EQ(0, call_at_once(_metadata, "bind", call_bind_tdi, &c));
	for (size_t i = 0; i < ARRAY_SIZE(cycle); i++)
		EXPECT_EQ(0, call_at_once(_metadata, cycle[i].what,
					  cycle[i].call, &c));
	tsm_setup_close(&c.s);
	expect_released(_metadata, &self->holder, &self->kmsg);
}

struct read {
	char path[128];
};

static int call_read(void *data)
{
	struct read *read = data;
	char text[64];

	return tsm_file_read(read->path, text, sizeof(text));
}

/* Of functions that the held operation is about */
TEST_F(stall, sysfs_readers)
{
	static const char * const fns[] = { "10000:01:00.0", "10000:01:00.1" };
	static const char * const files[] = {
		"tsm/connect", "tsm/bound", "tsm/dsm", "authenticated",
	};
	struct read read;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(fns) * ARRAY_SIZE(files); i++) {
		const char *fn = fns[i / ARRAY_SIZE(files)];

		snprintf(read.path, sizeof(read.path), PCI_DEVICES "/%s/%s", fn,
			 files[i % ARRAY_SIZE(files)]);
		rc = call_at_once(_metadata, read.path, call_read, &read);
		/* the second is its function while it is connected */
		if (rc != -ENOENT || i < ARRAY_SIZE(files))
			EXPECT_EQ(i % ARRAY_SIZE(files) || i < ARRAY_SIZE(files) ?
				  0 : -ENOENT, rc);
	}
	expect_released(_metadata, &self->holder, &self->kmsg);
}

TEST_F(stall, info)
{
	int state = call_at_once(_metadata, "INFO", call_info, &self->a);

	switch (cycle[variant->step].operation) {
	case TSM_STALL_GUEST_REQ:
	case TSM_STALL_UNBIND:
		EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, state);
		break;
	case TSM_STALL_BIND:
		EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, state);
		break;
	default:
		EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, state);
	}
	expect_released(_metadata, &self->holder, &self->kmsg);
}

/* Those who want the same DSM do wait, for as long as they like */
TEST_F(stall, same_dsm)
{
	struct waiter connect = { .what = "connect" };
	struct waiter disconnect = { .what = "disconnect" };

	start_waiter(_metadata, &connect, call_connect_raw, &self->a.s,
		     TSM_WAIT_INTERRUPTIBLE, "connect_store");
	start_waiter(_metadata, &disconnect, call_disconnect_raw, &self->a.s,
		     TSM_WAIT_INTERRUPTIBLE, "disconnect_store");
	expect_interrupted(_metadata, &connect);
	expect_interrupted(_metadata, &disconnect);
	expect_held(_metadata, &self->holder);
	expect_released(_metadata, &self->holder, &self->kmsg);
}

/*
 * Removal of a function of the DSM waits for it, and it keeps all others from
 * adding and removing devices for that long.
 */
TEST_F(stall, removal_and_rescan)
{
	struct write remove_fn1 = { PCI_DEVICES "/10000:01:00.1/remove", "1" };
	struct waiter remove = { .what = "removal of a function of the DSM" };
	struct waiter rescan = { .what = "rescan of all buses" };
	struct write rescan_all = { "/sys/bus/pci/rescan", "1" };

	start_waiter(_metadata, &remove, call_write, &remove_fn1,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_destroy");
	start_waiter(_metadata, &rescan, call_write, &rescan_all,
		     TSM_WAIT_UNINTERRUPTIBLE, "rescan");
	EXPECT_EQ(0, release(_metadata, &self->holder));
	EXPECT_EQ(0, end_waiter(_metadata, &remove, &self->holder));
	EXPECT_EQ(0, end_waiter(_metadata, &rescan, &self->holder));
	expect_no_complaints(_metadata, &self->kmsg);
}

/*
 * What holds A has company: who wants to disconnect it waits behind, and others
 * must not wait behind that one.
 */
FIXTURE(queue)
{
	struct tsm_test a;
	struct tsm_test b;
	struct holder holder;
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
	hold(_metadata, &self->holder, TSM_STALL_BIND, call_bind_tdi, &self->a);
}

FIXTURE_TEARDOWN(queue)
{
	let_go();
	tsm_setup_close(&self->b.s);
	teardown(&self->a);
	tsm_kmsg_close(&self->kmsg);
}

TEST_F(queue, other_vm)
{
	struct waiter disconnect = { .what = "disconnect of the same DSM" };
	struct tsm_test *t = &self->b;

	start_waiter(_metadata, &disconnect, call_disconnect_raw, &self->a.s,
		     TSM_WAIT_INTERRUPTIBLE, "disconnect_store");
	EXPECT_EQ(0, call_at_once(_metadata, "request", call_request, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND,
		  call_at_once(_metadata, "INFO", call_info, t));
	EXPECT_EQ(0, call_at_once(_metadata, "unbind", call_unbind_tdi, t));
	EXPECT_EQ(0, release(_metadata, &self->holder));
	EXPECT_EQ(0, end_waiter(_metadata, &disconnect, &self->holder));
	EXPECT_EQ(0, tsm_connect(&self->a.s));
	expect_no_complaints(_metadata, &self->kmsg);
}

static int call_unbind_second(void *unused)
{
	return tsm_platform_unbind(1);
}

/* A TSM that has nothing to do with it */
TEST_F(stall, unregistration_of_other_tsm)
{
	if (!tsm_second_exists())
		SKIP(return, "no second platform (tsm_emu.instances=2)");
	EXPECT_EQ(0, call_at_once(_metadata, "unbind of the other platform",
				  call_unbind_second, NULL));
	EXPECT_EQ(0, tsm_platform_bind(1));
	expect_released(_metadata, &self->holder, &self->kmsg);
}

/* New functions of the DSM wait for it, each to find out whether it is theirs */
FIXTURE(new_functions)
{
	struct tsm_test t;
	struct holder holder;
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
	ASSERT_EQ(0, call_disconnect_raw(&t->s));
	hold(_metadata, &self->holder, TSM_STALL_CONNECT, call_connect_raw, &t->s);
}

FIXTURE_TEARDOWN(new_functions)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

TEST_F(new_functions, vfs)
{
	struct waiter w = { .what = "sriov_numvfs=4" };
	struct write add_vfs = { SRIOV, "4" };

	start_waiter(_metadata, &w, call_write, &add_vfs,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_init");
	EXPECT_EQ(0, release(_metadata, &self->holder));
	EXPECT_EQ(0, end_waiter(_metadata, &w, &self->holder));
	use_function(_metadata, self->t.s.fn);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* Functions that VFIO resets together are opened and closed one by one */
FIXTURE(dev_set)
{
	struct tsm_test t;
	struct tsm_test sibling;
	struct holder holder;
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
	close_kvm_vfio(_metadata, &t->s);
	hold(_metadata, &self->holder, TSM_STALL_UNBIND, call_close_vfio, &t->s);
}

FIXTURE_TEARDOWN(dev_set)
{
	let_go();
	tsm_setup_close(&self->sibling.s);
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

static int call_open_device(void *s)
{
	return tsm_open_device(s);
}

/* What opens the device is the bind to an iommufd */
TEST_F(dev_set, open_of_sibling)
{
	struct waiter w = { .what = "VFIO_DEVICE_BIND_IOMMUFD of the sibling" };
	struct tsm_setup *s = &self->sibling.s;

	do_step(_metadata, &self->sibling, tsm_open_iommufd);
	EXPECT_EQ(0, call_at_once(_metadata, "open of the device file",
				  call_open_device, s));
	start_waiter(_metadata, &w, call_bind_iommufd, s,
		     TSM_WAIT_UNINTERRUPTIBLE, "bind_iommufd");
	EXPECT_EQ(0, release(_metadata, &self->holder));
	EXPECT_EQ(0, end_waiter(_metadata, &w, &self->holder));
	tsm_setup_close(s);
	use_function(_metadata, s->fn);
	expect_no_complaints(_metadata, &self->kmsg);
}

/*
 * A TSM that can't go before the DSM of another platform lets go of it. A platform
 * that comes gets the first PCI segment that is free, hence this order.
 */
static unsigned int comes = 2;
static unsigned int waits = 3;
static unsigned int goes = 4;

FIXTURE(unregister)
{
	struct tsm_test t;
	struct tsm_test second;
	struct tsm_thread holder;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(unregister)
{
	self->kmsg.fd = -1;
	tsm_setup_init(&self->second.s, &tsm_second);
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	if (!tsm_platform_exists(goes))
		SKIP(return, "no five platforms (tsm_emu.instances=5)");
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_platform_unbind(comes));
	ASSERT_EQ(0, tsm_second_prepare(&self->second.s, waits));
	ASSERT_EQ(0, tsm_platform_stall_at(1, TSM_STALL_DISCONNECT));
	ASSERT_EQ(0, tsm_thread_start(&self->holder, call_disconnect_raw,
				      &self->second.s));
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(1, 1));
}

FIXTURE_TEARDOWN(unregister)
{
	if (tsm_second_exists())
		tsm_platform_stall_at(1, 0);
	for (unsigned int i = 0; tsm_platform_exists(i); i++)
		if (!tsm_platform_is_bound(i))
			tsm_platform_bind(i);
	if (tsm_second_exists())
		tsm_second_prepare(&self->second.s, 1);
	tsm_kmsg_close(&self->kmsg);
}

static int call_unbind_platform(void *instance)
{
	return tsm_platform_unbind(*(unsigned int *)instance);
}

static int call_bind_platform(void *instance)
{
	return tsm_platform_bind(*(unsigned int *)instance);
}

/* Other TSMs wait for the one that waits, whether they come or go */
TEST_F(unregister, other_tsms)
{
	struct waiter unregister = { .what = "unbind of the platform" };
	struct waiter come = { .what = "bind of another platform" };
	struct waiter go = { .what = "unbind of a third" };
	struct tsm_test come_fn;
	struct holder h;
	int rc;

	start_waiter(_metadata, &unregister, call_unbind_platform, &waits,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unregister");
	start_waiter(_metadata, &come, call_bind_platform, &comes,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_register");
	start_waiter(_metadata, &go, call_unbind_platform, &goes,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unregister");
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(1, 1));
	ASSERT_FALSE(tsm_wait_is_over(&self->holder));

	tsm_wait_start_clock(&h.released);
	ASSERT_EQ(0, tsm_platform_stall_at(1, 0));
	ASSERT_EQ(0, tsm_thread_join(&self->holder, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(0, end_waiter(_metadata, &unregister, &h));
	EXPECT_EQ(0, end_waiter(_metadata, &come, &h));
	EXPECT_EQ(0, end_waiter(_metadata, &go, &h));
	ASSERT_EQ(0, tsm_platform_bind(waits));
	ASSERT_EQ(0, tsm_platform_bind(goes));
	tsm_setup_init(&come_fn.s, tsm_find_function_of(comes, "pf0"));
	do_step(_metadata, &come_fn, tsm_prepare_host);
	use_function(_metadata, self->t.s.fn);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* What a loop is to have done at least once, it is refused often enough */
enum deed {
	CONNECTED,
	DISCONNECTED,
	VFS_ADDED,
	VFS_REMOVED,
	REMOVED,
	REBOUND,
	BOUND,
	UNBOUND,
	SERVED,
	READ_BOUND,
	READ_DSM,
	READ_AUTHENTICATED,
	NR_DEEDS,
};

static const char * const deed_names[NR_DEEDS] = {
	[CONNECTED] = "connected",
	[DISCONNECTED] = "disconnected",
	[VFS_ADDED] = "VFs added",
	[VFS_REMOVED] = "VFs removed",
	[REMOVED] = "removed",
	[REBOUND] = "platform unbound and bound",
	[BOUND] = "bound",
	[UNBOUND] = "unbound",
	[SERVED] = "request served",
	[READ_BOUND] = "bound read",
	[READ_DSM] = "dsm read",
	[READ_AUTHENTICATED] = "authenticated read",
};

#define MOVES (BIT(CONNECTED) | BIT(DISCONNECTED))
#define USES (BIT(BOUND) | BIT(UNBOUND) | BIT(SERVED))
#define ALL_READS (BIT(READ_BOUND) | BIT(READ_DSM) | BIT(READ_AUTHENTICATED))

/* Threads that do something over and over until there is enough of it */
struct loop {
	const char *what;
	/* Return: 0, or -errno that is not to be */
	int (*round)(struct loop *l);
	struct tsm_test *t;
	/* mask of enum deed */
	u32 needs;
	unsigned int rounds;
	unsigned int seed;
	const bool *stop;
	unsigned long done;
	unsigned long deeds[NR_DEEDS];
	bool over;
	/* all there are, for who waits for what they do */
	const struct loop *all;
	size_t nr_all;
	struct tsm_thread thread;
};

static unsigned long count_deeds(const struct loop *l, enum deed deed)
{
	return __atomic_load_n(&l->deeds[deed], __ATOMIC_RELAXED);
}

/* Return: @rc */
static int note(struct loop *l, enum deed deed, int rc)
{
	if (!rc)
		__atomic_add_fetch(&l->deeds[deed], 1, __ATOMIC_RELAXED);
	return rc;
}

/* Have they all done what they are to do? One that failed won't any more */
static bool is_enough(const struct loop *l)
{
	for (size_t i = 0; i < l->nr_all; i++) {
		const struct loop *other = &l->all[i];

		if (__atomic_load_n(&other->over, __ATOMIC_RELAXED))
			continue;
		for (unsigned int deed = 0; deed < NR_DEEDS; deed++) {
			if (other->needs & BIT(deed) && !count_deeds(other, deed))
				return false;
		}
	}
	return true;
}

static bool is_to_end(const struct loop *l, const struct timespec *since)
{
	if (l->stop)
		return __atomic_load_n(l->stop, __ATOMIC_RELAXED);
	return l->done >= l->rounds &&
	       (is_enough(l) || tsm_wait_ms(since) > MORE_SECONDS * 1000);
}

static int call_loop(void *data)
{
	struct timespec since;
	struct loop *l = data;
	int rc = 0;

	tsm_wait_start_clock(&since);
	while (!rc && !is_to_end(l, &since)) {
		rc = l->round(l);
		/* from here on it is only for what is missing */
		if (++l->done == l->rounds)
			tsm_wait_start_clock(&since);
	}
	__atomic_store_n(&l->over, true, __ATOMIC_RELAXED);
	return rc;
}

static void expect_deeds(struct __test_metadata *_metadata, const struct loop *l)
{
	for (unsigned int deed = 0; deed < NR_DEEDS; deed++) {
		unsigned long count = count_deeds(l, deed);

		if (count)
			TH_LOG("%s: %lu times %s", l->what, count,
			       deed_names[deed]);
		if (!(l->needs & BIT(deed)))
			continue;
		EXPECT_NE(0, count) {
			TH_LOG("%s: never %s", l->what, deed_names[deed]);
		}
	}
}

/* Wait for the end of a loop, which is not to hang */
static void join_loop(struct __test_metadata *_metadata, struct loop *l)
{
	struct timespec since;
	char text[192];
	int err, rc;

	tsm_wait_start_clock(&since);
	do {
		err = tsm_thread_join(&l->thread, &rc);
	} while (err == -ETIMEDOUT && tsm_wait_ms(&since) < LOOP_SECONDS * 1000);
	tsm_wait_describe(&l->thread, text, sizeof(text));
	ASSERT_EQ(0, err) {
		TH_LOG("%s hangs after %lu rounds, %s", l->what, l->done, text);
	}
	EXPECT_EQ(0, rc) {
		TH_LOG("%s failed in round %lu: %s", l->what, l->done,
		       strerrorname_np(-rc));
	}
	TH_LOG("%s: %lu rounds", l->what, l->done);
	expect_deeds(_metadata, l);
}

/* The first ends them all */
static void run_loops(struct __test_metadata *_metadata, struct loop *loops,
		      size_t nr, unsigned int rounds)
{
	bool stop = false;

	loops[0].rounds = rounds;
	for (size_t i = 0; i < nr; i++) {
		loops[i].all = loops;
		loops[i].nr_all = nr;
		if (i)
			loops[i].stop = &stop;
		ASSERT_EQ(0, tsm_thread_start(&loops[i].thread, call_loop,
					      &loops[i]));
	}
	join_loop(_metadata, &loops[0]);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (size_t i = 1; i < nr; i++)
		join_loop(_metadata, &loops[i]);
}

static unsigned int pick_random(struct loop *l, unsigned int nr)
{
	return rand_r(&l->seed) % nr;
}

FIXTURE(loops)
{
	struct tsm_test a;
	struct tsm_test b;
	struct tsm_test c;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(loops)
{
	self->kmsg.fd = -1;
	tsm_setup_init(&self->b.s, tsm_find_function("vf"));
	tsm_setup_init(&self->c.s, &tsm_second);
	if (setup_host(_metadata, &self->a, "pf0", false))
		return;
	do_step(_metadata, &self->b, tsm_prepare_host);
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(loops)
{
	let_go();
	tsm_platform_set_tsm_last(false);
	for (unsigned int i = 0; tsm_platform_exists(i); i++)
		if (!tsm_platform_is_bound(i))
			tsm_platform_bind(i);
	tsm_file_write("/sys/bus/pci/rescan", "1");
	teardown(&self->a);
	if (tsm_second_exists())
		tsm_second_prepare(&self->c.s, 1);
	tsm_kmsg_close(&self->kmsg);
}

/* Everything still works */
static void expect_usable(struct __test_metadata *_metadata,
			  struct tsm_kmsg *kmsg)
{
	for (const struct tsm_function *fn = tsm_functions; fn->name; fn++)
		use_function(_metadata, fn);
	expect_no_complaints(_metadata, kmsg);
}

/* 0 for those of these errnos that others who move things bring about */
static int allow(int rc, u32 errnos)
{
	return rc < 0 && -rc < 32 && errnos & BIT(-rc) ? 0 : rc;
}

static int connect_in(struct loop *l)
{
	return note(l, CONNECTED, call_connect_raw(&l->t->s));
}

static int disconnect_in(struct loop *l)
{
	return note(l, DISCONNECTED, call_disconnect_raw(&l->t->s));
}

static int reconnect_a(struct loop *l)
{
	return disconnect_in(l) ?: connect_in(l);
}

/* Each file of them, whether it is there or not */
static int read_sibling(struct loop *l)
{
	static const struct {
		const char *name;
		enum deed deed;
	} files[] = {
		{ "tsm/bound", READ_BOUND },
		{ "tsm/dsm", READ_DSM },
		{ "authenticated", READ_AUTHENTICATED },
	};
	size_t i = l->done % ARRAY_SIZE(files);
	struct read read;

	snprintf(read.path, sizeof(read.path), PCI_DEVICES "/10000:01:00.1/%s",
		 files[i].name);
	/* ENODEV: it goes while it is being read */
	return allow(note(l, files[i].deed, call_read(&read)),
		     BIT(ENOENT) | BIT(ENODEV));
}

/* The attributes are removed by who holds what the readers used to want */
TEST_F_TIMEOUT(loops, readers_and_disconnect, LOOP_SECONDS + 60)
{
	struct loop loops[] = {
		{ "disconnect and connect", reconnect_a, &self->a,
		  MOVES },
		{ "reads", read_sibling, NULL, ALL_READS },
		{ "more reads", read_sibling, NULL, ALL_READS },
	};

	run_loops(_metadata, loops, ARRAY_SIZE(loops), READER_ROUNDS);
	expect_usable(_metadata, &self->kmsg);
}

static int rebind_platform_0(struct loop *l)
{
	return note(l, REBOUND, tsm_platform_unbind(0) ?: tsm_platform_bind(0));
}

/* To another platform's TSM; where that is connected is for the disconnect to tell */
static int reconnect_second(struct loop *l)
{
	return tsm_second_prepare(&l->t->s, 0) ?: disconnect_in(l);
}

/*
 * Here that TSM comes and goes, with another number each time, and another loop
 * does the same; the function stays
 */
static int write_second(struct loop *l)
{
	return allow(reconnect_second(l), BIT(ENODEV) | BIT(ENXIO) |
		     BIT(EINVAL) | BIT(EBUSY));
}

/* The files of a function, which come and go with the TSM */
static int write_own(struct loop *l)
{
	int rc = connect_in(l);

	/* not by that name, any more */
	if (rc == -ENXIO)
		rc = allow(tsm_find_tsm(&l->t->s, 0), BIT(ENODEV));
	/* EBUSY: the file to connect comes first, that to disconnect was not there */
	return allow(rc, BIT(ENOENT) | BIT(ENODEV) | BIT(EBUSY)) ?:
	       allow(disconnect_in(l), BIT(ENOENT) | BIT(ENODEV) | BIT(ENXIO));
}

/* Until it has connected through the file that is there now. Return: 0 or -ETIMEDOUT */
static int wait_connected(const struct loop *l)
{
	unsigned long before = count_deeds(l, CONNECTED);
	struct timespec since;

	tsm_wait_start_clock(&since);
	while (count_deeds(l, CONNECTED) == before) {
		if (tsm_wait_ms(&since) > MEET_SECONDS * 1000)
			return -ETIMEDOUT;
		sched_yield();
	}
	return 0;
}

static int rebind_while_written(struct loop *l)
{
	int rc = rebind_platform_0(l);

	for (size_t i = 0; !rc && i < l->nr_all; i++)
		if (&l->all[i] != l)
			rc = wait_connected(&l->all[i]);
	return rc;
}

TEST_F_TIMEOUT(loops, writers_and_unregistration, LOOP_SECONDS + 60)
{
	struct loop loops[] = {
		{ "unbind and bind of the platform", rebind_platform_0, NULL,
		  BIT(REBOUND) },
		{ "connect and disconnect", write_second, &self->c,
		  BIT(DISCONNECTED) },
		{ "more of that", write_second, &self->b, BIT(DISCONNECTED) },
	};

	if (!tsm_second_exists())
		SKIP(return, "no second platform (tsm_emu.instances=2)");
	tsm_setup_init(&self->b.s, &tsm_second);
	run_loops(_metadata, loops, ARRAY_SIZE(loops), WRITER_ROUNDS);
	expect_usable(_metadata, &self->kmsg);
}

/*
 * The last TSM takes the files of functions that outlive it, while they are
 * written to. TSMs of the platforms but one are gone, that of the last one goes
 * before its functions.
 */
TEST_F_TIMEOUT(loops, writers_and_last_unregistration, LOOP_SECONDS + 60)
{
	struct loop loops[] = {
		{ "unbind and bind of the platform", rebind_while_written, NULL,
		  BIT(REBOUND) },
		{ "connect and disconnect", write_own, &self->a,
		  MOVES },
		{ "those of another device", write_own, &self->b,
		  MOVES },
	};

	ASSERT_EQ(0, tsm_platform_set_tsm_last(true));
	for (unsigned int i = 1; tsm_platform_exists(i); i++)
		ASSERT_EQ(0, tsm_platform_unbind(i));
	ASSERT_EQ(0, tsm_platform_unbind(0));
	ASSERT_EQ(0, tsm_platform_bind(0));
	run_loops(_metadata, loops, ARRAY_SIZE(loops), WRITER_ROUNDS);
	expect_usable(_metadata, &self->kmsg);
}

/* Others may unbind it first, but there was something to unbind */
static int unbind_in(struct loop *l, struct tsm_test *t)
{
	bool bound = call_info(t) == IOMMU_VDEVICE_TSM_STATE_BOUND;
	int rc = unbind_tdi(t);

	return bound ? note(l, UNBOUND, rc) : rc;
}

static int use_vdevice(struct loop *l)
{
	/* a structure of its own, others use the same vDEVICE */
	struct tsm_test t = *l->t;

	switch (pick_random(l, 6)) {
	case 0:
		return unbind_in(l, &t);
	case 1:
	case 2:
		return allow(note(l, BOUND, bind_tdi(&t)),
			     BIT(EEXIST) | BIT(ENXIO));
	case 3:
		return call_info(&t) < 0 ? -EIO : 0;
	default:
		return allow(note(l, SERVED, call_request(&t)), BIT(ENXIO));
	}
}

/* The device of the function in use, but not that function */
static int move_a(struct loop *l)
{
	const char *remove = PCI_DEVICES "/10000:01:00.0/remove";

	switch (pick_random(l, 4)) {
	case 0:
		return allow(note(l, REMOVED, tsm_file_write(remove, "1")),
			     BIT(ENOENT));
	case 1:
		return allow(disconnect_in(l), BIT(ENOENT) | BIT(ENXIO));
	default:
		return tsm_file_write("/sys/bus/pci/rescan", "1") ?:
		       allow(connect_in(l), BIT(EBUSY));
	}
}

static int set_vfs(struct loop *l, const char *nr, enum deed deed)
{
	char before[8];
	int rc;

	rc = tsm_file_read(SRIOV, before, sizeof(before));
	if (rc || !strcmp(before, nr))
		return rc;
	return note(l, deed, tsm_file_write(SRIOV, nr));
}

static int move_b(struct loop *l)
{
	switch (pick_random(l, 4)) {
	case 0:
		return set_vfs(l, "0", VFS_REMOVED);
	case 1:
		/* EBUSY: there are some already, if fewer */
		return allow(set_vfs(l, "4", VFS_ADDED), BIT(EBUSY));
	case 2:
		return allow(disconnect_in(l), BIT(ENXIO));
	default:
		return allow(connect_in(l), BIT(EBUSY));
	}
}

/* All that the second platform is for */
static u32 needs_of_second(void)
{
	return tsm_second_exists() ? BIT(DISCONNECTED) | BIT(REBOUND) : 0;
}

static int move_second(struct loop *l)
{
	if (!tsm_second_exists())
		return 0;
	if (pick_random(l, 3))
		return reconnect_second(l);
	return note(l, REBOUND, tsm_platform_unbind(1) ?: tsm_platform_bind(1));
}

static unsigned int choose_seed(void)
{
	const char *text = getenv("TSM_TEST_SEED");

	return text ? strtoul(text, NULL, 0) : time(NULL);
}

/* All at once, beside a VM that uses a function of the first device */
TEST_F_TIMEOUT(loops, everything, LOOP_SECONDS + 60)
{
	unsigned int seed = choose_seed();
	struct tsm_test vm;
	struct loop loops[] = {
		{ "VFs, connect and disconnect", move_b, &self->b,
		  BIT(VFS_ADDED) | BIT(VFS_REMOVED) | MOVES },
		{ "removal, rescan, connect and disconnect", move_a, &self->a,
		  BIT(REMOVED) | MOVES },
		{ "the second platform", move_second, &self->c,
		  needs_of_second() },
		{ "a VM", use_vdevice, &vm, USES },
		{ "the same VM", use_vdevice, &vm, USES },
		{ "reads", read_sibling, NULL, ALL_READS },
	};

	TH_LOG("TSM_TEST_SEED=%u", seed);
	for (size_t i = 0; i < ARRAY_SIZE(loops); i++)
		loops[i].seed = seed + i;
	tsm_setup_init(&vm.s, tsm_find_function("fn1"));
	do_step(_metadata, &vm, tsm_prepare_host);
	do_step(_metadata, &vm, tsm_assign);
	run_loops(_metadata, loops, ARRAY_SIZE(loops), STRESS_ROUNDS);

	tsm_setup_close(&vm.s);
	EXPECT_EQ(0, tsm_file_write("/sys/bus/pci/rescan", "1"));
	expect_usable(_metadata, &self->kmsg);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
