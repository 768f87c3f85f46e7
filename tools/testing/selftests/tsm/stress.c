// SPDX-License-Identifier: GPL-2.0
/*
 * Threads do at the same time what waits for each other: connect and disconnect,
 * VFs, removal and rescan, platforms that come and go, VMs, readers of sysfs. They
 * must not deadlock, and everything must work after that. The lock validator,
 * where the kernel has it, looks on.
 *
 * TSM_TEST_SEED in the environment repeats the random part.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/test.h"
#include "lib/thread.h"

#define SRIOV PCI_DEVICES "/10000:02:00.0/sriov_numvfs"

/* How often the loops go round, and what that takes at most */
#define READER_ROUNDS 100
#define WRITER_ROUNDS 15
#define STRESS_ROUNDS 30
#define LOOP_SECONDS 240
/* How long they go on for what has not happened by the last round */
#define MORE_SECONDS 120

/* What a loop must have done at least once, as it is also refused */
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

/* A thread that does something again and again, until all have done enough */
struct loop {
	const char *what;
	/* Return: 0, or an -errno that must not be */
	int (*round)(struct loop *l);
	struct tsm_test *t;
	/* what it must do, bits by enum deed */
	u32 needs;
	unsigned int rounds;
	unsigned int seed;
	const bool *stop;
	unsigned long done;
	unsigned long deeds[NR_DEEDS];
	bool over;
	/* all loops of the test */
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

/* Have all done what they must? One that failed never will */
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
	       (is_enough(l) || tsm_clock_ms(since) > MORE_SECONDS * 1000);
}

static int call_loop(void *data)
{
	struct timespec since;
	struct loop *l = data;
	int rc = 0;

	tsm_clock_start(&since);
	while (!rc && !is_to_end(l, &since)) {
		rc = l->round(l);
		/* the rounds after that are only for what is missing */
		if (++l->done == l->rounds)
			tsm_clock_start(&since);
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

/* Wait for the end of a loop, which must not hang */
static void join_loop(struct __test_metadata *_metadata, struct loop *l)
{
	struct timespec since;
	char text[192];
	int err, rc;

	tsm_clock_start(&since);
	do {
		err = tsm_thread_join(&l->thread, &rc);
	} while (err == -ETIMEDOUT && tsm_clock_ms(&since) < LOOP_SECONDS * 1000);
	tsm_thread_describe(&l->thread, text, sizeof(text));
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
	tsm_setup_init(&self->c.s, tsm_find_function_of(1, "pf0"));
	if (setup_host(_metadata, &self->a, "pf0", false))
		return;
	do_step(_metadata, &self->b, tsm_prepare_host);
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(loops)
{
	tsm_platform_let_go();
	tsm_platform_set_tsm_last(false);
	tsm_platform_bind_all();
	tsm_file_write("/sys/bus/pci/rescan", "1");
	teardown(&self->a);
	if (tsm_platform_exists(1))
		tsm_prepare_host_by(&self->c.s, 1);
	tsm_kmsg_close(&self->kmsg);
}

/* Everything still works */
static void expect_usable(struct __test_metadata *_metadata,
			  struct tsm_kmsg *kmsg)
{
	for (const struct tsm_function *fn = tsm_functions; fn->name; fn++)
		ASSERT_EQ(0, tsm_use_function(fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(kmsg));
}

/* Return: 0 for those of @errnos, which other loops bring about, else @rc */
static int allow(int rc, u32 errnos)
{
	return rc < 0 && -rc < 32 && errnos & BIT(-rc) ? 0 : rc;
}

static int connect_in(struct loop *l)
{
	return note(l, CONNECTED, tsm_call_write_connect(&l->t->s));
}

static int disconnect_in(struct loop *l)
{
	return note(l, DISCONNECTED, tsm_call_write_disconnect(&l->t->s));
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
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/10000:01:00.1/%s",
		 files[i].name);
	/* ENODEV: it goes while it is being read */
	return allow(note(l, files[i].deed, tsm_call_read(path)),
		     BIT(ENOENT) | BIT(ENODEV));
}

/* A disconnect removes the attributes that are being read */
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

/* To another platform's TSM, which the disconnect has to name */
static int reconnect_second(struct loop *l)
{
	return tsm_prepare_host_by(&l->t->s, 0) ?: disconnect_in(l);
}

/*
 * Here that TSM comes and goes, with another number each time, and another loop
 * does the same. The function stays.
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
	/* EBUSY: it was connected before the file to disconnect came */
	return allow(rc, BIT(ENOENT) | BIT(ENODEV) | BIT(EBUSY)) ?:
	       allow(disconnect_in(l), BIT(ENOENT) | BIT(ENODEV) | BIT(ENXIO));
}

/* Wait until it has connected through the file that is there now. Return: 0 or -ETIMEDOUT */
static int wait_connected(const struct loop *l)
{
	unsigned long before = count_deeds(l, CONNECTED);
	struct timespec since;

	tsm_clock_start(&since);
	do {
		if (count_deeds(l, CONNECTED) != before)
			return 0;
	} while (tsm_clock_pause(&since));
	return -ETIMEDOUT;
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

	if (!tsm_platform_exists(1))
		SKIP(return, "no second platform (tsm_emu.instances=2)");
	tsm_setup_init(&self->b.s, tsm_find_function_of(1, "pf0"));
	run_loops(_metadata, loops, ARRAY_SIZE(loops), WRITER_ROUNDS);
	expect_usable(_metadata, &self->kmsg);
}

/*
 * The last TSM removes the files of functions that outlive it, while they are
 * written to. Only one platform is left, and its TSM goes before its functions.
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

/* Count it only if there was something to unbind, though another loop may be first */
static int unbind_in(struct loop *l, struct tsm_test *t)
{
	bool bound = tsm_info_state(t) == IOMMU_VDEVICE_TSM_STATE_BOUND;
	int rc = tsm_unbind_tdi(&t->s);

	return bound ? note(l, UNBOUND, rc) : rc;
}

/* Another loop may bind it first, or unbind what is being bound */
static int bind_in(struct loop *l, struct tsm_test *t)
{
	int rc = note(l, BOUND, tsm_bind_tdi(&t->s));

	if (rc == -ECANCELED)
		return 0;
	return allow(rc, BIT(EEXIST) | BIT(ENXIO) | BIT(EAGAIN));
}

static int use_vdevice(struct loop *l)
{
	/* a copy, another loop uses the same vDEVICE */
	struct tsm_test t = *l->t;

	switch (pick_random(l, 6)) {
	case 0:
		return unbind_in(l, &t);
	case 1:
	case 2:
		return bind_in(l, &t);
	case 3:
		return tsm_info_state(&t) < 0 ? -EIO : 0;
	default:
		return allow(note(l, SERVED, tsm_call_request(&t)), BIT(ENXIO));
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

/* What can be done with the second platform only */
static u32 needs_of_second(void)
{
	return tsm_platform_exists(1) ? BIT(DISCONNECTED) | BIT(REBOUND) : 0;
}

static int move_second(struct loop *l)
{
	if (!tsm_platform_exists(1))
		return 0;
	if (pick_random(l, 3))
		return reconnect_second(l);
	return note(l, REBOUND, tsm_platform_unbind(1) ?: tsm_platform_bind(1));
}

/* All at once, beside a VM that uses a function of the first device */
TEST_F_TIMEOUT(loops, everything, LOOP_SECONDS + 60)
{
	unsigned int seed = choose_seed(_metadata);
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
