// SPDX-License-Identifier: GPL-2.0
/*
 * A request is in the firmware, and what it needs is taken away: the TDI is
 * unbound, a file is closed, the function or its TSM goes. One thing a test. That
 * must wait, be refused, or not matter to the request. The request must be served
 * or fail, and must not reach another VM. After that the function must be usable.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "lib/clock.h"
#include "lib/function.h"
#include "lib/held.h"
#include "lib/test.h"

#define PCI_RESCAN "/sys/bus/pci/rescan"
#define PLATFORM_DRIVER "/sys/bus/platform/drivers/tsm_emu"

/* Longer than iommufd waits for a reference on an object */
#define LONG_STALL_SECONDS 70

static void fn_path(char path[128], const char *bdf, const char *file)
{
	snprintf(path, 128, PCI_DEVICES "/%s/%s", bdf, file);
}

static bool fn_exists(const char *bdf)
{
	char path[128];

	fn_path(path, bdf, "");
	return !access(path, F_OK);
}

/* Bring back what a test took away, it may have failed half-way */
static void restore(struct tsm_test *t)
{
	tsm_platform_let_go();
	tsm_setup_close(&t->s);
	if (!tsm_platform_is_bound(0))
		tsm_platform_bind(0);
	tsm_file_write(PCI_RESCAN, "1");
	teardown(t);
}

/**
 * struct stalled - a locked TDI with a request in the firmware
 * @t: its VM
 * @other: a copy of @t, for other calls at the same time
 * @held: the request
 * @kmsg: what the kernel says from then on
 */
struct stalled {
	struct tsm_test t;
	struct tsm_test other;
	struct tsm_held held;
	struct tsm_kmsg kmsg;
};

static void setup_held(struct __test_metadata *_metadata, struct stalled *h,
		       const char *name)
{
	struct tsm_test *t = &h->t;
	u8 nonce[PCI_TDISP_NONCE_LEN];

	h->kmsg.fd = -1;
	if (setup_bound(_metadata, t, name, false))
		return;
	ASSERT_EQ(0, tsm_tdi_lock(t, nonce));
	ASSERT_EQ(0, tsm_kmsg_open(&h->kmsg, false));

	h->other = *t;
	ASSERT_EQ(0, tsm_hold(&h->held, TSM_EMU_STALL_GUEST_REQ,
			      tsm_call_request, t));
}

static void teardown_held(struct stalled *h)
{
	restore(&h->t);
	tsm_kmsg_close(&h->kmsg);
}

/* Send another request of the same vDEVICE */
static void hold_again(struct __test_metadata *_metadata, struct stalled *h)
{
	ASSERT_EQ(0, tsm_hold(&h->held, TSM_EMU_STALL_GUEST_REQ,
			      tsm_call_request, &h->other));
}

/* What was in the firmware is served, whatever else went on */
static void release_served(struct __test_metadata *_metadata, struct stalled *h)
{
	struct tsm_test *t = &h->t;

	EXPECT_EQ(0, tsm_unhold(&h->held));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	expect_response(_metadata, t, PCI_TDISP_GET_VERSION,
			sizeof(struct pci_tdisp_version) + 1);
}

/*
 * What waits for the firmware does not hold the lock of the device's group: a call
 * that takes that lock finds out at once that the device still has a vDEVICE.
 */
static void expect_group_unlocked(struct __test_metadata *_metadata,
				  struct stalled *h)
{
	EXPECT_EQ(-EEXIST, tsm_call_at_once("another vDEVICE",
					    tsm_call_alloc_vdevice, &h->other.s));
	ASSERT_EQ(0, tsm_still_held(&h->held));
}

/* It has no TDI any more */
static void expect_request_fails(struct __test_metadata *_metadata,
				 struct stalled *h, int err)
{
	unsigned long count = count_requests(_metadata);

	EXPECT_EQ(-err, tsm_call_request(&h->other));
	EXPECT_EQ(err == ENOENT ? POISON32 : 0, h->other.cmd.out_flags);
	EXPECT_EQ(count, count_requests(_metadata));
}

/* The kernel does not complain, and another VM can have the function */
static void expect_usable(struct __test_metadata *_metadata, struct stalled *h)
{
	const struct tsm_function *fn = h->t.s.fn;

	tsm_setup_close(&h->t.s);
	ASSERT_EQ(0, tsm_use_function(fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&h->kmsg));
}

/* Have the close of the VFIO device wait for the unbind, which waits for the firmware */
static void start_close(struct __test_metadata *_metadata, struct tsm_waiter *w,
			struct tsm_setup *s)
{
	w->what = "close of the VFIO device";
	ASSERT_EQ(0, tsm_close_kvm_vfio(s));
	ASSERT_EQ(0, tsm_waiter_start(w, tsm_call_close_device, s,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_unbind"));
}

static void start_destroy(struct __test_metadata *_metadata,
			  struct tsm_waiter *w, struct tsm_setup *s)
{
	w->what = "IOMMU_DESTROY of the vDEVICE";
	ASSERT_EQ(0, tsm_waiter_start(w, tsm_call_destroy_vdevice, s,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_unbind"));
}

/* The DSM itself, another function of it, and a VF of another DSM */
FIXTURE(held)
{
	struct stalled h;
};

EACH_FUNCTION(held);

FIXTURE_SETUP(held)
{
	setup_held(_metadata, &self->h, variant->name);
}

FIXTURE_TEARDOWN(held)
{
	teardown_held(&self->h);
}

TEST_F(held, unbind)
{
	struct tsm_test *t = &self->h.other;
	struct tsm_waiter w = { .what = "TSM_OP unbind" };

	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_unbind_tdi, t,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_unbind"));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND,
		  tsm_call_at_once("INFO", tsm_info_state, t));
	EXPECT_EQ(-EAGAIN, tsm_call_at_once("bind", tsm_call_bind_tdi, t));
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->h.held));
	expect_request_fails(_metadata, &self->h, ENXIO);
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
	expect_usable(_metadata, &self->h);
}

TEST_F(held, vfio_close)
{
	struct tsm_test *t = &self->h.other;
	struct tsm_waiter w;

	start_close(_metadata, &w, &self->h.t.s);
	/* too late for another bind, even after an unbind */
	EXPECT_EQ(-ENODEV, tsm_call_at_once("bind", tsm_call_bind_tdi, t));
	expect_group_unlocked(_metadata, &self->h);
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->h.held));
	expect_request_fails(_metadata, &self->h, ENOENT);
	expect_usable(_metadata, &self->h);
}

TEST_F(held, destroy_of_vdevice)
{
	struct tsm_setup *s = &self->h.t.s;
	struct tsm_waiter w;

	start_destroy(_metadata, &w, s);
	EXPECT_EQ(-ENOENT,
		  tsm_call_at_once("bind", tsm_call_bind_tdi, &self->h.other));
	expect_request_fails(_metadata, &self->h, ENOENT);
	/* it can't be found any more, but it is not gone before the wait is over */
	EXPECT_EQ(-EBUSY, tsm_call_at_once("IOMMU_DESTROY of the vIOMMU",
					   tsm_call_destroy_viommu, s));
	expect_group_unlocked(_metadata, &self->h);
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->h.held));

	/* the device can have another */
	do_step(_metadata, &self->h.t, tsm_alloc_vdevice);
	EXPECT_EQ(0, tsm_bind_tdi(&self->h.t.s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(&self->h.t));
	expect_usable(_metadata, &self->h);
}

/* They wait for the same unbind */
TEST_F(held, destroy_of_vdevice_and_vfio_close)
{
	struct tsm_waiter destroy;
	struct tsm_waiter close;
	struct tsm_setup *s = &self->h.t.s;

	start_destroy(_metadata, &destroy, s);
	start_close(_metadata, &close, s);
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, tsm_waiter_end(&destroy, &self->h.held));
	EXPECT_EQ(0, tsm_waiter_end(&close, &self->h.held));
	expect_usable(_metadata, &self->h);
}

/* Both the request and the VFIO device hold the file */
TEST_F(held, iommufd_close)
{
	struct tsm_waiter w;
	struct tsm_setup *s = &self->h.t.s;

	EXPECT_EQ(0, tsm_call_at_once("close of the iommufd",
				      tsm_call_close_iommufd, s));
	ASSERT_EQ(0, tsm_still_held(&self->h.held));
	start_close(_metadata, &w, s);
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->h.held));
	expect_usable(_metadata, &self->h);
}

/* The VFIO device holds the VM */
TEST_F(held, vm_close)
{
	struct tsm_waiter w;
	struct tsm_setup *s = &self->h.t.s;

	EXPECT_EQ(0, close(s->vm));
	EXPECT_EQ(0, close(s->kvm));
	s->vm = -1;
	s->kvm = -1;
	ASSERT_EQ(0, tsm_close_kvm_vfio(s));
	ASSERT_EQ(0, tsm_still_held(&self->h.held));
	release_served(_metadata, &self->h);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(&self->h.other));

	hold_again(_metadata, &self->h);
	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_close_device, s,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_unbind"));
	EXPECT_EQ(0, tsm_unhold(&self->h.held));
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->h.held));
	expect_usable(_metadata, &self->h);
}

TEST_F(held, disconnect)
{
	struct tsm_waiter w = { .what = "disconnect" };
	struct tsm_test *t = &self->h.other;

	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_disconnect, &t->s,
				      TSM_INTERRUPTIBLE, "disconnect_store"));
	EXPECT_EQ(-EINTR, tsm_waiter_interrupt(&w));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, tsm_info_state(t));

	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_disconnect, &t->s,
				      TSM_INTERRUPTIBLE, "disconnect_store"));
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->h.held));
	expect_request_fails(_metadata, &self->h, ENXIO);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, tsm_info_state(t));
	EXPECT_EQ(-ENXIO, tsm_bind_tdi(&t->s));

	/* the same vDEVICE can be bound again, and must be */
	do_step(_metadata, t, tsm_connect);
	expect_request_fails(_metadata, &self->h, ENXIO);
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
	expect_usable(_metadata, &self->h);
}

/*
 * Something that removes the function waits for the VMM that has it open, and that
 * one waits for the firmware.
 */
static void remove_while_open(struct __test_metadata *_metadata,
			      struct stalled *h, const char *what,
			      struct tsm_write *write)
{
	struct tsm_waiter close;
	struct tsm_waiter remove = { .what = what };
	struct tsm_setup *s = &h->t.s;

	ASSERT_EQ(0, tsm_waiter_start(&remove, tsm_call_write, write,
				      TSM_INTERRUPTIBLE,
				      "vfio_unregister_group_dev"));
	/* and the VM does not notice */
	release_served(_metadata, h);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(&h->other));

	hold_again(_metadata, h);
	start_close(_metadata, &close, s);
	ASSERT_FALSE(tsm_thread_is_over(&remove.thread));
	EXPECT_EQ(0, tsm_unhold(&h->held));
	EXPECT_EQ(0, tsm_waiter_end(&close, &h->held));
	EXPECT_EQ(0, tsm_waiter_end(&remove, &h->held));
}

/* Functions that can be removed by themselves, unlike VFs */
FIXTURE(held_fn)
{
	struct stalled h;
};

FIXTURE_VARIANT(held_fn)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(held_fn, pf0) { .name = "pf0" };
FIXTURE_VARIANT_ADD(held_fn, fn1) { .name = "fn1" };

FIXTURE_SETUP(held_fn)
{
	setup_held(_metadata, &self->h, variant->name);
}

FIXTURE_TEARDOWN(held_fn)
{
	teardown_held(&self->h);
}

TEST_F(held_fn, removal_of_function)
{
	const struct tsm_function *fn = self->h.t.s.fn;
	char path[128];

	fn_path(path, fn->bdf, "remove");
	remove_while_open(_metadata, &self->h, "removal of the function",
			  &(struct tsm_write) { path, "1" });
	EXPECT_FALSE(fn_exists(fn->bdf));
	ASSERT_EQ(0, tsm_file_write(PCI_RESCAN, "1"));
	expect_usable(_metadata, &self->h);
}

FIXTURE(held_vf)
{
	struct stalled h;
};

FIXTURE_SETUP(held_vf)
{
	setup_held(_metadata, &self->h, "vf");
}

FIXTURE_TEARDOWN(held_vf)
{
	teardown_held(&self->h);
}

TEST_F(held_vf, sriov_off)
{
	const struct tsm_function *fn = self->h.t.s.fn;
	char path[128];

	fn_path(path, fn->dsm, "sriov_numvfs");
	remove_while_open(_metadata, &self->h, "sriov_numvfs=0",
			  &(struct tsm_write) { path, "0" });
	EXPECT_FALSE(fn_exists(fn->bdf));
	expect_usable(_metadata, &self->h);
}

/* All of the bus goes, then the TSM is unregistered */
TEST_F(held, platform_unbind)
{
	struct tsm_write unbind = { PLATFORM_DRIVER "/unbind", "tsm_emu.0" };

	remove_while_open(_metadata, &self->h, "unbind of the platform", &unbind);
	EXPECT_FALSE(fn_exists(self->h.t.s.fn->dsm));
	ASSERT_EQ(0, tsm_platform_bind(0));
	expect_usable(_metadata, &self->h);
}

/* A function of the same device that no VM has is removed. It may be the DSM */
TEST_F(held_fn, removal_of_sibling)
{
	struct tsm_waiter w = { .what = "removal of the other function" };
	const struct tsm_function *fn = self->h.t.s.fn;
	struct tsm_test *t = &self->h.other;
	bool dsm = strcmp(fn->bdf, fn->dsm);
	char path[128];
	struct tsm_write remove = { path, "1" };

	fn_path(path, dsm ? fn->dsm : tsm_find_function("fn1")->bdf, "remove");
	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_write, &remove,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_destroy"));
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->h.held));

	if (dsm) {
		expect_request_fails(_metadata, &self->h, ENXIO);
		EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, tsm_info_state(t));
		EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	} else {
		EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
	}
	ASSERT_EQ(0, tsm_file_write(PCI_RESCAN, "1"));
	do_step(_metadata, t, tsm_connect);
	EXPECT_EQ(dsm ? 0 : -EEXIST, tsm_bind_tdi(&t->s));
	expect_usable(_metadata, &self->h);
}

/* A bind or unbind is in the firmware rather than a request */
FIXTURE(held_op)
{
	struct stalled h;
};

FIXTURE_VARIANT(held_op)
{
	u32 operation;
	int (*call)(void *t);
};

FIXTURE_VARIANT_ADD(held_op, bind) {
	.operation = TSM_EMU_STALL_BIND, .call = tsm_call_bind_tdi,
};

FIXTURE_VARIANT_ADD(held_op, unbind) {
	.operation = TSM_EMU_STALL_UNBIND, .call = tsm_call_unbind_tdi,
};

FIXTURE_SETUP(held_op)
{
	struct stalled *h = &self->h;

	h->kmsg.fd = -1;
	if (setup_vdevice(_metadata, &h->t, "pf0", false))
		return;
	if (variant->operation == TSM_EMU_STALL_UNBIND)
		do_step(_metadata, &h->t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_kmsg_open(&h->kmsg, false));
	h->other = h->t;
	ASSERT_EQ(0, tsm_hold(&h->held, variant->operation, variant->call,
			      &h->other));
}

FIXTURE_TEARDOWN(held_op)
{
	teardown_held(&self->h);
}

TEST_F(held_op, destroy_of_vdevice)
{
	struct stalled *h = &self->h;
	struct tsm_waiter w;

	start_destroy(_metadata, &w, &h->t.s);
	EXPECT_EQ(-ENOENT, tsm_call_at_once("INFO", tsm_info_state, &h->other));
	EXPECT_EQ(0, tsm_unhold(&h->held));
	EXPECT_EQ(0, tsm_waiter_end(&w, &h->held));
	do_step(_metadata, &h->t, tsm_alloc_vdevice);
	EXPECT_EQ(0, tsm_bind_tdi(&h->t.s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(&h->t));
	expect_usable(_metadata, h);
}

static int call_delete_module(void *unused)
{
	return syscall(SYS_delete_module, "tsm_emu", O_NONBLOCK) ? -errno : 0;
}

TEST_F(held, module_unload)
{
	if (access("/sys/module/tsm_emu/initstate", F_OK))
		SKIP(return, "the platform is built in");
	EXPECT_EQ(-EWOULDBLOCK, tsm_call_at_once("unloading the module",
						 call_delete_module, NULL));
	release_served(_metadata, &self->h);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(&self->h.other));
	expect_usable(_metadata, &self->h);
}

FIXTURE(held_pf0)
{
	struct stalled h;
};

FIXTURE_SETUP(held_pf0)
{
	setup_held(_metadata, &self->h, "pf0");
}

FIXTURE_TEARDOWN(held_pf0)
{
	teardown_held(&self->h);
}

/*
 * The firmware takes longer than the minute for which iommufd waits. One VM closes
 * its device, another VM destroys the vDEVICE of another device and closes that
 * too, each with a request in the firmware.
 */
TEST_F_TIMEOUT(held_pf0, long_stall, LONG_STALL_SECONDS + 60)
{
	const struct timespec stall = { .tv_sec = LONG_STALL_SECONDS };
	struct tsm_waiter close, destroy, close2;
	struct tsm_held held2;
	struct tsm_test t2;
	int rc;

	ASSERT_EQ(0, tsm_hung_task_allow(LONG_STALL_SECONDS + 60));
	tsm_setup_init(&t2.s, tsm_find_function("vf"));
	do_step(_metadata, &t2, tsm_prepare_host);
	do_step(_metadata, &t2, tsm_assign);
	do_step(_metadata, &t2, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_thread_start(&held2.thread, tsm_call_request, &t2));
	ASSERT_EQ(0, tsm_platform_wait_stalled(2));

	EXPECT_EQ(0, tsm_call_at_once("close of the iommufd",
				      tsm_call_close_iommufd, &self->h.t.s));
	start_close(_metadata, &close, &self->h.t.s);
	start_destroy(_metadata, &destroy, &t2.s);
	start_close(_metadata, &close2, &t2.s);

	nanosleep(&stall, NULL);
	EXPECT_FALSE(tsm_thread_is_over(&close.thread));
	EXPECT_FALSE(tsm_thread_is_over(&destroy.thread));
	EXPECT_FALSE(tsm_thread_is_over(&close2.thread));
	ASSERT_EQ(0, tsm_platform_wait_stalled(2));
	tsm_clock_start(&self->h.held.released);
	ASSERT_EQ(0, tsm_platform_stall(0));
	ASSERT_EQ(0, tsm_thread_join(&self->h.held.thread, &rc));
	EXPECT_EQ(0, rc);
	ASSERT_EQ(0, tsm_thread_join(&held2.thread, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(0, tsm_waiter_end(&close, &self->h.held));
	EXPECT_EQ(0, tsm_waiter_end(&destroy, &self->h.held));
	EXPECT_EQ(0, tsm_waiter_end(&close2, &self->h.held));
	tsm_setup_close(&t2.s);
	ASSERT_EQ(0, tsm_use_function(t2.s.fn));
	expect_usable(_metadata, &self->h);
}

/* Keeps all threads of lower priority from a processor */
struct hog {
	int cpu;
	bool running;
	bool stop;
};

static int use_cpu(int cpu, int priority)
{
	const struct sched_param param = { .sched_priority = priority };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) ||
	    sched_setscheduler(0, SCHED_FIFO, &param))
		return -errno;
	return 0;
}

static int call_hog(void *data)
{
	struct hog *hog = data;
	int rc = use_cpu(hog->cpu, 2);

	__atomic_store_n(&hog->running, true, __ATOMIC_RELEASE);
	while (!rc && !__atomic_load_n(&hog->stop, __ATOMIC_RELAXED))
		;
	return rc;
}

/* A request whose thread the hog can keep from running */
struct slow_request {
	struct tsm_test *t;
	int cpu;
};

static int call_slow_request(void *data)
{
	struct slow_request *r = data;

	return use_cpu(r->cpu, 1) ?: tsm_call_request(r->t);
}

/*
 * A request looks up its binding and gets as far as the lock of the DSM. Before
 * it gets that, the VM lets go of the function and another VM takes it.
 */
TEST_F(held, next_vm)
{
	struct slow_request slow = { .t = &self->h.other, .cpu = 1 };
	struct tsm_waiter w = { .what = "a request behind the first" };
	struct hog hog = { .cpu = 1 };
	struct tsm_thread hog_thread;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	unsigned long count;
	struct tsm_test next;
	int rc;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "takes two processors");
	ASSERT_EQ(0, tsm_waiter_start(&w, call_slow_request, &slow,
				      TSM_INTERRUPTIBLE, "pci_tsm_guest_req"));
	ASSERT_EQ(0, tsm_thread_start(&hog_thread, call_hog, &hog));
	while (!__atomic_load_n(&hog.running, __ATOMIC_ACQUIRE))
		sched_yield();

	release_served(_metadata, &self->h);
	EXPECT_EQ(0, tsm_unbind_tdi(&self->h.t.s));
	ASSERT_EQ(0, tsm_close_kvm_vfio(&self->h.t.s));
	EXPECT_EQ(0, tsm_call_close_device(&self->h.t.s));
	tsm_setup_init(&next.s, self->h.t.s.fn);
	do_step(_metadata, &next, tsm_assign);
	ASSERT_EQ(0, tsm_bind_tdi(&next.s));
	ASSERT_EQ(0, tsm_tdi_lock(&next, nonce));
	EXPECT_FALSE(tsm_thread_is_over(&w.thread));

	count = count_requests(_metadata);
	__atomic_store_n(&hog.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, tsm_thread_join(&hog_thread, &rc));
	ASSERT_EQ(0, rc);
	EXPECT_EQ(-ENXIO, tsm_waiter_end(&w, &self->h.held));
	expect_not_dispatched(_metadata, &self->h.other, 0);
	EXPECT_EQ(count, count_requests(_metadata));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(&next));
	tsm_setup_close(&next.s);
	expect_usable(_metadata, &self->h);
}

/* A function of platform 1 that platform 0's TSM has, and that outlives the TSM */
FIXTURE(unregistered)
{
	struct tsm_test t;
	struct tsm_test other;
	struct tsm_held held;
	struct tsm_kmsg kmsg;
};

/* Return: 0 if it is there */
static int setup_foreign(struct __test_metadata *_metadata, struct tsm_test *t)
{
	if (setup_host(_metadata, t, "pf0", false))
		return -ENODEV;
	if (!tsm_platform_exists(1))
		SKIP(return -ENODEV, "no second platform (tsm_emu.instances=2)");
	t->s.fn = tsm_find_function_of(1, "pf0");
	ASSERT_EQ(0, tsm_platform_stall_at(1, 0));
	ASSERT_EQ(0, tsm_prepare_host_by(&t->s, 0)) {
		TH_LOG("could not %s", t->s.error);
	}
	return 0;
}

/* The function has its own TSM again, and the other is there */
static void restore_foreign(struct tsm_test *t)
{
	tsm_platform_stall_at(1, 0);
	tsm_setup_close(&t->s);
	if (!tsm_platform_is_bound(0))
		tsm_platform_bind(0);
	if (tsm_platform_exists(1))
		tsm_prepare_host_by(&t->s, 1);
}

FIXTURE_SETUP(unregistered)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_foreign(_metadata, t))
		return;
	do_step(_metadata, t, tsm_assign);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));

	self->other = *t;
	ASSERT_EQ(0, tsm_hold_at(&self->held, 1, TSM_EMU_STALL_GUEST_REQ,
				 tsm_call_request, t));
}

FIXTURE_TEARDOWN(unregistered)
{
	restore_foreign(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* sysfs shows the TSM of function 1 next to it, as long as there is one */
static bool sibling_is_shown(void)
{
	char path[128];

	fn_path(path, tsm_find_function_of(1, "fn1")->bdf, "tsm");
	return !access(path, F_OK);
}

TEST_F(unregistered, tsm)
{
	struct tsm_waiter w = { .what = "unregistration of the TSM" };
	struct tsm_test *t = &self->other;
	unsigned int platform = 0;

	EXPECT_TRUE(sibling_is_shown());
	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_unbind_platform, &platform,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_unregister"));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, self->t.cmd.out_flags);
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->held));
	EXPECT_FALSE(sibling_is_shown());

	EXPECT_EQ(-ENXIO, tsm_call_request(t));
	EXPECT_EQ(0, t->cmd.out_flags);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, tsm_info_state(t));
	EXPECT_EQ(-ENXIO, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));

	/* the vDEVICE can be bound through another TSM */
	ASSERT_EQ(0, tsm_prepare_host_by(&t->s, 1));
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, tsm_call_request(t));
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_platform_bind(0));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A connect is in the firmware, but the function does not have the TSM yet */
FIXTURE(connecting)
{
	struct tsm_test t;
	struct tsm_held held;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(connecting)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_foreign(_metadata, t))
		return;
	do_step(_metadata, t, tsm_disconnect);
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_hold_at(&self->held, 1, TSM_EMU_STALL_PROBE,
				 tsm_call_connect, t));
}

FIXTURE_TEARDOWN(connecting)
{
	restore_foreign(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* The TSM goes when the connect is over, and undoes it */
TEST_F(connecting, unregistration)
{
	struct tsm_waiter w = { .what = "unregistration of the TSM" };
	char path[128], tsm[32];
	unsigned int platform = 0;

	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_unbind_platform, &platform,
				      TSM_UNINTERRUPTIBLE, "pci_tsm_unregister"));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(0, tsm_waiter_end(&w, &self->held));

	fn_path(path, self->t.s.fn->dsm, "tsm/connect");
	ASSERT_EQ(0, tsm_file_read(path, tsm, sizeof(tsm)));
	EXPECT_STREQ("", tsm);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
