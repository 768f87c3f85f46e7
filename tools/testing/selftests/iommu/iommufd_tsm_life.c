// SPDX-License-Identifier: GPL-2.0
/*
 * Who lives and who waits: all that can be taken from under a TSM guest request
 * is taken, one thing a test, while the request is inside the firmware. It must
 * wait, be refused or not matter; the request must be served or end, and reach
 * no other VM; and the function must be usable again after all that.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tsm_second.h"
#include "tsm_waiter.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define PCI_RESCAN "/sys/bus/pci/rescan"
#define PLATFORM_DRIVER "/sys/bus/platform/drivers/tsm_emu"

/* Longer than iommufd waits for a reference on an object */
#define LONG_STALL_SECONDS 70
/* What a caller that is killed has to end within */
#define KILL_MS 1000

static bool fn_exists(const char *bdf)
{
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s", bdf);
	return !access(path, F_OK);
}

/* Have whatever a test took away, it may have failed half-way */
static void restore(struct tsm_test *t)
{
	let_go();
	tsm_setup_close(&t->s);
	if (!tsm_platform_is_bound(0))
		tsm_platform_bind(0);
	tsm_file_write(PCI_RESCAN, "1");
	teardown(t);
}

/* Each on its own, no test of the order in which a VMM does it */
static int call_close_iommufd(void *data)
{
	struct tsm_setup *s = data;
	int fd = s->iommufd;

	s->iommufd = -1;
	return close(fd) ? -errno : 0;
}

static int call_destroy_vdevice(void *data)
{
	return tsm_destroy_vdevice(data);
}

static int call_destroy_viommu(void *data)
{
	return tsm_destroy_viommu(data);
}

static int call_alloc_vdevice(void *s)
{
	return tsm_alloc_vdevice(s);
}

/**
 * struct held - a locked TDI with a request in the firmware
 * @t: its VM
 * @other: as @t, for the calls of others than the one who holds
 * @req: the request
 * @holder: who sent it
 * @kmsg: what the kernel says from then on
 */
struct held {
	struct tsm_test t;
	struct tsm_test other;
	struct pci_tdisp_header req;
	struct holder holder;
	struct tsm_kmsg kmsg;
};

static void setup_held(struct __test_metadata *_metadata, struct held *h,
		       const char *name)
{
	struct tsm_test *t = &h->t;
	u8 nonce[PCI_TDISP_NONCE_LEN];

	h->kmsg.fd = -1;
	if (setup_bound(_metadata, t, name, false))
		return;
	lock(_metadata, t, nonce);
	ASSERT_EQ(0, tsm_kmsg_open(&h->kmsg, false));

	h->other = *t;
	prepare_get_version(t, &h->req);
	hold(_metadata, &h->holder, TSM_STALL_GUEST_REQ, ioctl_request, t);
}

static void teardown_held(struct held *h)
{
	restore(&h->t);
	tsm_kmsg_close(&h->kmsg);
}

/* Another one, of the same vDEVICE, is held as well */
static void hold_again(struct __test_metadata *_metadata, struct held *h)
{
	prepare_get_version(&h->other, &h->req);
	hold(_metadata, &h->holder, TSM_STALL_GUEST_REQ, ioctl_request,
	     &h->other);
}

/* What was in the firmware is served, whatever else went on */
static void release_served(struct __test_metadata *_metadata, struct held *h)
{
	struct tsm_test *t = &h->t;

	EXPECT_EQ(0, release(_metadata, &h->holder));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	expect_response(_metadata, t, PCI_TDISP_GET_VERSION,
			sizeof(struct pci_tdisp_version) + 1);
}

/*
 * Who waits for the firmware does not hold the lock of the device's group, which
 * it takes to find out that the device still has a vDEVICE.
 */
static void expect_group_unlocked(struct __test_metadata *_metadata,
				  struct held *h)
{
	EXPECT_EQ(-EEXIST, call_at_once(_metadata, "another vDEVICE",
					call_alloc_vdevice, &h->other.s));
	expect_held(_metadata, &h->holder);
}

/* No TDI for it, but no harm done */
static void expect_request_fails(struct __test_metadata *_metadata,
				 struct held *h, int err)
{
	unsigned long count = count_requests(_metadata);

	EXPECT_EQ(-err, call_request(&h->other));
	EXPECT_EQ(err == ENOENT ? POISON32 : 0, h->other.cmd.out_flags);
	EXPECT_EQ(count, count_requests(_metadata));
}

/* After all: the kernel is content, and another VM can have the function */
static void expect_usable(struct __test_metadata *_metadata, struct held *h)
{
	const struct tsm_function *fn = h->t.s.fn;

	tsm_setup_close(&h->t.s);
	use_function(_metadata, fn);
	expect_no_complaints(_metadata, &h->kmsg);
}

/* The DSM itself, another function of it, and a VF of another DSM */
FIXTURE(held)
{
	struct held h;
};

FIXTURE_VARIANT(held)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(held, pf0)
{
	.name = "pf0",
};

FIXTURE_VARIANT_ADD(held, fn1)
{
	.name = "fn1",
};

FIXTURE_VARIANT_ADD(held, vf)
{
	.name = "vf",
};

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
	struct waiter w = { .what = "TSM_OP unbind" };

	start_waiter(_metadata, &w, call_unbind_tdi, t,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND,
		  call_at_once(_metadata, "INFO", call_info, t));
	EXPECT_EQ(-EEXIST, call_at_once(_metadata, "bind", call_bind_tdi, t));
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, end_waiter(_metadata, &w, &self->h.holder));
	expect_request_fails(_metadata, &self->h, ENXIO);
	EXPECT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
	expect_usable(_metadata, &self->h);
}

TEST_F(held, vfio_close)
{
	struct tsm_test *t = &self->h.other;
	struct waiter w = { .what = "close of the VFIO device" };

	close_kvm_vfio(_metadata, &self->h.t.s);
	start_waiter(_metadata, &w, call_close_vfio, &self->h.t.s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	/* too late for another bind, even after an unbind */
	EXPECT_EQ(-ENODEV, call_at_once(_metadata, "bind", call_bind_tdi, t));
	expect_group_unlocked(_metadata, &self->h);
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, end_waiter(_metadata, &w, &self->h.holder));
	expect_request_fails(_metadata, &self->h, ENOENT);
	expect_usable(_metadata, &self->h);
}

TEST_F(held, destroy_of_vdevice)
{
	struct tsm_setup *s = &self->h.t.s;
	struct waiter w = { .what = "IOMMU_DESTROY of the vDEVICE" };

	start_waiter(_metadata, &w, call_destroy_vdevice, s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	EXPECT_EQ(-ENOENT,
		  call_at_once(_metadata, "bind", call_bind_tdi, &self->h.other));
	expect_request_fails(_metadata, &self->h, ENOENT);
	/* nobody finds it any more, but it is not gone before the wait is over */
	EXPECT_EQ(-EBUSY, call_at_once(_metadata, "IOMMU_DESTROY of the vIOMMU",
				       call_destroy_viommu, s));
	expect_group_unlocked(_metadata, &self->h);
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, end_waiter(_metadata, &w, &self->h.holder));

	/* the device can have another */
	do_step(_metadata, &self->h.t, tsm_alloc_vdevice);
	EXPECT_EQ(0, bind_tdi(&self->h.t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED,
		  get_state(_metadata, &self->h.t));
	expect_usable(_metadata, &self->h);
}

/* They wait for the same unbind */
TEST_F(held, destroy_of_vdevice_and_vfio_close)
{
	struct waiter destroy = { .what = "IOMMU_DESTROY of the vDEVICE" };
	struct waiter close = { .what = "close of the VFIO device" };
	struct tsm_setup *s = &self->h.t.s;

	start_waiter(_metadata, &destroy, call_destroy_vdevice, s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	close_kvm_vfio(_metadata, s);
	start_waiter(_metadata, &close, call_close_vfio, s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, end_waiter(_metadata, &destroy, &self->h.holder));
	EXPECT_EQ(0, end_waiter(_metadata, &close, &self->h.holder));
	expect_usable(_metadata, &self->h);
}

/* Both the request and the VFIO device hold the file */
TEST_F(held, iommufd_close)
{
	struct waiter w = { .what = "close of the VFIO device" };
	struct tsm_setup *s = &self->h.t.s;

	EXPECT_EQ(0, call_at_once(_metadata, "close of the iommufd",
				  call_close_iommufd, s));
	expect_held(_metadata, &self->h.holder);
	close_kvm_vfio(_metadata, s);
	start_waiter(_metadata, &w, call_close_vfio, s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, end_waiter(_metadata, &w, &self->h.holder));
	expect_usable(_metadata, &self->h);
}

/* The VFIO device holds the VM */
TEST_F(held, vm_close)
{
	struct waiter w = { .what = "close of the VFIO device" };
	struct tsm_setup *s = &self->h.t.s;

	EXPECT_EQ(0, close(s->vm));
	EXPECT_EQ(0, close(s->kvm));
	s->vm = -1;
	s->kvm = -1;
	close_kvm_vfio(_metadata, s);
	expect_held(_metadata, &self->h.holder);
	release_served(_metadata, &self->h);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, &self->h.other));

	hold_again(_metadata, &self->h);
	start_waiter(_metadata, &w, call_close_vfio, s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	EXPECT_EQ(0, release(_metadata, &self->h.holder));
	EXPECT_EQ(0, end_waiter(_metadata, &w, &self->h.holder));
	expect_usable(_metadata, &self->h);
}

TEST_F(held, disconnect)
{
	struct waiter w = { .what = "disconnect" };
	struct tsm_test *t = &self->h.other;

	start_waiter(_metadata, &w, call_disconnect, &t->s,
		     TSM_WAIT_INTERRUPTIBLE, "disconnect_store");
	expect_interrupted(_metadata, &w);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, info_state(_metadata, t));

	start_waiter(_metadata, &w, call_disconnect, &t->s,
		     TSM_WAIT_INTERRUPTIBLE, "disconnect_store");
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, end_waiter(_metadata, &w, &self->h.holder));
	expect_request_fails(_metadata, &self->h, ENXIO);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, info_state(_metadata, t));
	EXPECT_EQ(-ENXIO, bind_tdi(t));

	/* the same vDEVICE can be bound again, and must be */
	do_step(_metadata, t, tsm_connect);
	expect_request_fails(_metadata, &self->h, ENXIO);
	EXPECT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
	expect_usable(_metadata, &self->h);
}

/*
 * Something that removes the function waits for whoever has it open, and that
 * one waits for the firmware.
 */
static void remove_while_open(struct __test_metadata *_metadata,
			      struct held *h, const char *what,
			      struct write *write)
{
	struct waiter close = { .what = "close of the VFIO device" };
	struct waiter remove = { .what = what };
	struct tsm_setup *s = &h->t.s;

	start_waiter(_metadata, &remove, call_write, write,
		     TSM_WAIT_INTERRUPTIBLE, "vfio_unregister_group_dev");
	/* and the VM does not notice */
	release_served(_metadata, h);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, &h->other));

	hold_again(_metadata, h);
	close_kvm_vfio(_metadata, s);
	start_waiter(_metadata, &close, call_close_vfio, s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	ASSERT_FALSE(tsm_wait_is_over(&remove.thread));
	EXPECT_EQ(0, release(_metadata, &h->holder));
	EXPECT_EQ(0, end_waiter(_metadata, &close, &h->holder));
	EXPECT_EQ(0, end_waiter(_metadata, &remove, &h->holder));
}

static void fn_path(char path[128], const char *bdf, const char *file)
{
	snprintf(path, 128, PCI_DEVICES "/%s/%s", bdf, file);
}

/* Functions of their own, VFs come and go with SR-IOV */
FIXTURE(held_fn)
{
	struct held h;
};

FIXTURE_VARIANT(held_fn)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(held_fn, pf0)
{
	.name = "pf0",
};

FIXTURE_VARIANT_ADD(held_fn, fn1)
{
	.name = "fn1",
};

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
			  &(struct write) { path, "1" });
	EXPECT_FALSE(fn_exists(fn->bdf));
	ASSERT_EQ(0, tsm_file_write(PCI_RESCAN, "1"));
	expect_usable(_metadata, &self->h);
}

FIXTURE(held_vf)
{
	struct held h;
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
			  &(struct write) { path, "0" });
	EXPECT_FALSE(fn_exists(fn->bdf));
	expect_usable(_metadata, &self->h);
}

/* All of the bus goes, then the TSM is unregistered */
TEST_F(held, platform_unbind)
{
	remove_while_open(_metadata, &self->h, "unbind of the platform",
			  &(struct write) { PLATFORM_DRIVER "/unbind", "tsm_emu.0" });
	EXPECT_FALSE(fn_exists(self->h.t.s.fn->dsm));
	ASSERT_EQ(0, tsm_platform_bind(0));
	expect_usable(_metadata, &self->h);
}

/* A function that shares the DSM, or is it, goes; nobody has it open */
TEST_F(held_fn, removal_of_sibling)
{
	struct waiter w = { .what = "removal of a function of the same device" };
	const struct tsm_function *fn = self->h.t.s.fn;
	struct tsm_test *t = &self->h.other;
	bool dsm = strcmp(fn->bdf, fn->dsm);
	char path[128];

	fn_path(path, dsm ? fn->dsm : tsm_find_function("fn1")->bdf, "remove");
	start_waiter(_metadata, &w, call_write, &(struct write) { path, "1" },
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_destroy");
	release_served(_metadata, &self->h);
	EXPECT_EQ(0, end_waiter(_metadata, &w, &self->h.holder));

	if (dsm) {
		expect_request_fails(_metadata, &self->h, ENXIO);
		EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, info_state(_metadata, t));
		EXPECT_EQ(0, unbind_tdi(t));
	} else {
		EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));
	}
	ASSERT_EQ(0, tsm_file_write(PCI_RESCAN, "1"));
	do_step(_metadata, t, tsm_connect);
	EXPECT_EQ(dsm ? 0 : -EEXIST, bind_tdi(t));
	expect_usable(_metadata, &self->h);
}

/* A bind or unbind, instead of the request, keeps nobody from the vDEVICE */
FIXTURE(held_op)
{
	struct held h;
};

FIXTURE_VARIANT(held_op)
{
	u32 operation;
	int (*call)(void *t);
};

FIXTURE_VARIANT_ADD(held_op, bind)
{
	.operation = TSM_STALL_BIND,
	.call = call_bind_tdi,
};

FIXTURE_VARIANT_ADD(held_op, unbind)
{
	.operation = TSM_STALL_UNBIND,
	.call = call_unbind_tdi,
};

FIXTURE_SETUP(held_op)
{
	struct held *h = &self->h;

	h->kmsg.fd = -1;
	if (setup_vdevice(_metadata, &h->t, "pf0", false))
		return;
	if (variant->operation == TSM_STALL_UNBIND)
		do_step(_metadata, &h->t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_kmsg_open(&h->kmsg, false));
	h->other = h->t;
	hold(_metadata, &h->holder, variant->operation, variant->call, &h->other);
}

FIXTURE_TEARDOWN(held_op)
{
	teardown_held(&self->h);
}

TEST_F(held_op, destroy_of_vdevice)
{
	struct waiter w = { .what = "IOMMU_DESTROY of the vDEVICE" };
	struct held *h = &self->h;

	start_waiter(_metadata, &w, call_destroy_vdevice, &h->t.s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	EXPECT_EQ(-ENOENT, call_at_once(_metadata, "INFO", call_info, &h->other));
	EXPECT_EQ(0, release(_metadata, &h->holder));
	EXPECT_EQ(0, end_waiter(_metadata, &w, &h->holder));
	do_step(_metadata, &h->t, tsm_alloc_vdevice);
	EXPECT_EQ(0, bind_tdi(&h->t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, &h->t));
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
	EXPECT_EQ(-EWOULDBLOCK, call_at_once(_metadata, "unloading the module",
					     call_delete_module, NULL));
	release_served(_metadata, &self->h);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, &self->h.other));
	expect_usable(_metadata, &self->h);
}

FIXTURE(held_pf0)
{
	struct held h;
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
 * A minute is what iommufd has patience for. One VM closes the device, another
 * one destroys the vDEVICE of another device and closes that too, each with a
 * request in the firmware.
 */
TEST_F_TIMEOUT(held_pf0, long_stall, LONG_STALL_SECONDS + 60)
{
	const struct timespec stall = { .tv_sec = LONG_STALL_SECONDS };
	struct waiter close = { .what = "close of the VFIO device" };
	struct waiter destroy = { .what = "IOMMU_DESTROY of the other's vDEVICE" };
	struct waiter close2 = { .what = "close of the other's VFIO device" };
	struct holder holder2;
	struct tsm_test t2;
	int rc;

	tsm_setup_init(&t2.s, tsm_find_function("vf"));
	do_step(_metadata, &t2, tsm_prepare_host);
	do_step(_metadata, &t2, tsm_assign);
	do_step(_metadata, &t2, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_thread_start(&holder2.thread, call_request, &t2));
	ASSERT_EQ(0, tsm_platform_wait_stalled(2));

	EXPECT_EQ(0, call_at_once(_metadata, "close of the iommufd",
				  call_close_iommufd, &self->h.t.s));
	close_kvm_vfio(_metadata, &self->h.t.s);
	start_waiter(_metadata, &close, call_close_vfio, &self->h.t.s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	start_waiter(_metadata, &destroy, call_destroy_vdevice, &t2.s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");
	close_kvm_vfio(_metadata, &t2.s);
	start_waiter(_metadata, &close2, call_close_vfio, &t2.s,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unbind");

	nanosleep(&stall, NULL);
	EXPECT_FALSE(tsm_wait_is_over(&close.thread));
	EXPECT_FALSE(tsm_wait_is_over(&destroy.thread));
	EXPECT_FALSE(tsm_wait_is_over(&close2.thread));
	ASSERT_EQ(0, tsm_platform_wait_stalled(2));
	tsm_wait_start_clock(&self->h.holder.released);
	ASSERT_EQ(0, tsm_platform_stall(0));
	ASSERT_EQ(0, tsm_thread_join(&self->h.holder.thread, &rc));
	EXPECT_EQ(0, rc);
	ASSERT_EQ(0, tsm_thread_join(&holder2.thread, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(0, end_waiter(_metadata, &close, &self->h.holder));
	EXPECT_EQ(0, end_waiter(_metadata, &destroy, &self->h.holder));
	EXPECT_EQ(0, end_waiter(_metadata, &close2, &self->h.holder));
	tsm_setup_close(&t2.s);
	use_function(_metadata, t2.s.fn);
	expect_usable(_metadata, &self->h);
}

/*
 * Keeps a processor from all threads of lower priority, kernel threads apart
 * that nothing keeps off.
 */
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

	return use_cpu(r->cpu, 1) ?: ioctl_request(r->t);
}

/*
 * A request looks up its binding and gets as far as the lock of the DSM. Before
 * it gets that, the VM lets go of the function and another VM takes it.
 */
TEST_F(held, next_vm)
{
	struct slow_request slow = { .t = &self->h.other, .cpu = 1 };
	struct waiter w = { .what = "a request behind the first" };
	struct hog hog = { .cpu = 1 };
	struct tsm_thread hog_thread;
	struct pci_tdisp_header req;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	unsigned long count;
	struct tsm_test next;
	int rc;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "takes two processors");
	prepare_get_version(&self->h.other, &req);
	start_waiter(_metadata, &w, call_slow_request, &slow,
		     TSM_WAIT_INTERRUPTIBLE, "pci_tsm");
	ASSERT_EQ(0, tsm_thread_start(&hog_thread, call_hog, &hog));
	while (!__atomic_load_n(&hog.running, __ATOMIC_ACQUIRE))
		sched_yield();

	release_served(_metadata, &self->h);
	EXPECT_EQ(0, unbind_tdi(&self->h.t));
	close_kvm_vfio(_metadata, &self->h.t.s);
	EXPECT_EQ(0, call_close_vfio(&self->h.t.s));
	tsm_setup_init(&next.s, self->h.t.s.fn);
	do_step(_metadata, &next, tsm_assign);
	ASSERT_EQ(0, bind_tdi(&next));
	lock(_metadata, &next, nonce);
	EXPECT_FALSE(tsm_wait_is_over(&w.thread));

	count = count_requests(_metadata);
	__atomic_store_n(&hog.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, tsm_thread_join(&hog_thread, &rc));
	ASSERT_EQ(0, rc);
	EXPECT_EQ(-ENXIO, end_waiter(_metadata, &w, &self->h.holder));
	expect_not_dispatched(_metadata, &self->h.other, 0);
	EXPECT_EQ(count, count_requests(_metadata));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, &next));
	tsm_setup_close(&next.s);
	expect_usable(_metadata, &self->h);
}

/* A function that outlives its TSM, with a request in the firmware */
FIXTURE(unregistered)
{
	struct tsm_test t;
	struct tsm_test other;
	struct pci_tdisp_header req;
	struct tsm_thread thread;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(unregistered)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_host(_metadata, t, "pf0", false))
		return;
	if (!tsm_second_exists())
		SKIP(return, "no second platform (tsm_emu.instances=2)");
	t->s.fn = &tsm_second;
	ASSERT_EQ(0, tsm_platform_stall_at(1, 0));
	ASSERT_EQ(0, tsm_second_prepare(&t->s, 0)) {
		TH_LOG("could not %s", t->s.error);
	}
	do_step(_metadata, t, tsm_assign);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));

	self->other = *t;
	prepare_get_version(t, &self->req);
	ASSERT_EQ(0, tsm_platform_stall_at(1, TSM_STALL_GUEST_REQ));
	ASSERT_EQ(0, tsm_thread_start(&self->thread, ioctl_request, t));
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(1, 1));
}

/* The second platform's function has its own TSM again, and the first is there */
static void restore_second(struct tsm_test *t)
{
	tsm_platform_stall_at(1, 0);
	tsm_setup_close(&t->s);
	if (!tsm_platform_is_bound(0))
		tsm_platform_bind(0);
	if (tsm_second_exists())
		tsm_second_prepare(&t->s, 1);
}

FIXTURE_TEARDOWN(unregistered)
{
	restore_second(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

static int call_unbind_platform(void *unused)
{
	return tsm_platform_unbind(0);
}

/* A connect that the TSM is called for, while the function does not have it yet */
FIXTURE(connecting)
{
	struct tsm_test t;
	struct tsm_thread thread;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(connecting)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_host(_metadata, t, "pf0", false))
		return;
	if (!tsm_second_exists())
		SKIP(return, "no second platform (tsm_emu.instances=2)");
	t->s.fn = &tsm_second;
	ASSERT_EQ(0, tsm_platform_stall_at(1, 0));
	ASSERT_EQ(0, tsm_second_prepare(&t->s, 0));
	do_step(_metadata, t, tsm_disconnect);
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));

	ASSERT_EQ(0, tsm_platform_stall_at(1, TSM_STALL_PROBE));
	ASSERT_EQ(0, tsm_thread_start(&self->thread, call_connect, &t->s));
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(1, 1));
}

FIXTURE_TEARDOWN(connecting)
{
	restore_second(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* It is not gone before the connect is over, which is undone */
TEST_F(connecting, unregistration)
{
	struct waiter w = { .what = "unregistration of the TSM" };
	struct holder holder;
	char tsm[32];
	int rc;

	start_waiter(_metadata, &w, call_unbind_platform, NULL,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unregister");
	tsm_wait_start_clock(&holder.released);
	ASSERT_EQ(0, tsm_platform_stall_at(1, 0));
	ASSERT_EQ(0, tsm_thread_join(&self->thread, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(0, end_waiter(_metadata, &w, &holder));

	ASSERT_EQ(0, tsm_file_read("/sys/bus/pci/devices/10001:01:00.0/tsm/connect",
				   tsm, sizeof(tsm)));
	EXPECT_STREQ("", tsm);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* The function 1 next to it, which sysfs shows as a TSM's only while it is */
static bool sibling_is_shown(void)
{
	return !access("/sys/bus/pci/devices/10001:01:00.1/tsm", F_OK);
}

TEST_F(unregistered, tsm)
{
	struct waiter w = { .what = "unregistration of the TSM" };
	struct tsm_test *t = &self->other;
	struct holder holder;
	int rc;

	EXPECT_TRUE(sibling_is_shown());
	start_waiter(_metadata, &w, call_unbind_platform, NULL,
		     TSM_WAIT_UNINTERRUPTIBLE, "pci_tsm_unregister");
	tsm_wait_start_clock(&holder.released);
	ASSERT_EQ(0, tsm_platform_stall_at(1, 0));
	ASSERT_EQ(0, tsm_thread_join(&self->thread, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, self->t.cmd.out_flags);
	EXPECT_EQ(0, end_waiter(_metadata, &w, &holder));
	EXPECT_FALSE(sibling_is_shown());

	EXPECT_EQ(-ENXIO, call_request(t));
	EXPECT_EQ(0, t->cmd.out_flags);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, info_state(_metadata, t));
	EXPECT_EQ(-ENXIO, bind_tdi(t));
	EXPECT_EQ(0, unbind_tdi(t));

	/* the vDEVICE can be bound through another TSM */
	ASSERT_EQ(0, tsm_second_prepare(&t->s, 1));
	EXPECT_EQ(0, bind_tdi(t));
	EXPECT_EQ(0, call_request(t));
	EXPECT_EQ(0, unbind_tdi(t));
	ASSERT_EQ(0, tsm_platform_bind(0));
	expect_no_complaints(_metadata, &self->kmsg);
}

/* Whoever started it is killed */
FIXTURE(killed)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
	pid_t victim;
};

FIXTURE_VARIANT(killed)
{
	u32 operation;
	int (*call)(struct tsm_test *t);
	/* what the call needs to be undone */
	int (*before)(struct tsm_test *t);
};

static int send_request(struct tsm_test *t)
{
	return call_request(t);
}

static int do_disconnect(struct tsm_test *t)
{
	return tsm_disconnect(&t->s);
}

static int do_connect(struct tsm_test *t)
{
	return tsm_connect(&t->s);
}

FIXTURE_VARIANT_ADD(killed, guest_req)
{
	.operation = TSM_STALL_GUEST_REQ,
	.before = bind_tdi,
	.call = send_request,
};

FIXTURE_VARIANT_ADD(killed, bind)
{
	.operation = TSM_STALL_BIND,
	.call = bind_tdi,
};

FIXTURE_VARIANT_ADD(killed, unbind)
{
	.operation = TSM_STALL_UNBIND,
	.before = bind_tdi,
	.call = unbind_tdi,
};

FIXTURE_VARIANT_ADD(killed, connect)
{
	.operation = TSM_STALL_CONNECT,
	.before = do_disconnect,
	.call = do_connect,
};

FIXTURE_VARIANT_ADD(killed, disconnect)
{
	.operation = TSM_STALL_DISCONNECT,
	.before = bind_tdi,
	.call = do_disconnect,
};

FIXTURE_SETUP(killed)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(killed)
{
	if (self->victim > 0)
		kill(self->victim, SIGKILL);
	restore(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* The whole of a VMM, up to the call */
static void be_killed(struct tsm_test *t, u32 operation,
		      int (*before)(struct tsm_test *t),
		      int (*call)(struct tsm_test *t))
{
	if (tsm_assign(&t->s) || (before && before(t)) ||
	    tsm_platform_stall(operation))
		_exit(1);
	call(t);
	_exit(2);
}

static int wait_killed(void *victim)
{
	int status;

	if (waitpid(*(pid_t *)victim, &status, 0) < 0)
		return -errno;
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

/* Nothing is let go here: the firmware can be left */
static void expect_killed(struct __test_metadata *_metadata, pid_t *victim,
			  const char *what)
{
	struct timespec since;
	unsigned int ms;

	tsm_wait_start_clock(&since);
	ASSERT_EQ(0, kill(*victim, SIGKILL));
	EXPECT_EQ(SIGKILL, call_at_once(_metadata, what, wait_killed, victim));
	ms = tsm_wait_ms(&since);
	EXPECT_GE(KILL_MS, ms);
	*victim = 0;
}

TEST_F(killed, in_firmware)
{
	self->victim = fork();
	ASSERT_LE(0, self->victim);
	if (!self->victim)
		be_killed(&self->t, variant->operation, variant->before,
			  variant->call);
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	expect_killed(_metadata, &self->victim, "the end of who was killed");

	ASSERT_EQ(0, tsm_platform_wait_stalled(0));
	ASSERT_EQ(0, let_go());
	use_function(_metadata, self->t.s.fn);
	expect_no_complaints(_metadata, &self->kmsg);
}

/**
 * struct behind - a VMM that waits while the request of another is in the firmware
 * @t: its VM
 * @pid: the process, 0 when there is none
 * @first: the VM that is not held up, of another function of the DSM
 * @req: the request of that one
 * @holder: who sent it
 */
struct behind {
	struct tsm_test t;
	pid_t pid;
	struct tsm_test first;
	struct pci_tdisp_header req;
	struct holder holder;
};

/* Who waits is killed */
FIXTURE(killed_waiter)
{
	struct behind b;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(killed_waiter)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->b.t, "pf0", false))
		return;
	if (setup_bound(_metadata, &self->b.first, "fn1", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	prepare_get_version(&self->b.first, &self->b.req);
}

FIXTURE_TEARDOWN(killed_waiter)
{
	if (self->b.pid > 0)
		kill(self->b.pid, SIGKILL);
	teardown(&self->b.first);
	restore(&self->b.t);
	tsm_kmsg_close(&self->kmsg);
}

/* The whole of a VMM, but for the call that it waits in behind the other's */
static void be_victim(struct tsm_test *t, int ready,
		      int (*before)(struct tsm_test *t),
		      int (*call)(struct tsm_test *t))
{
	if (tsm_assign(&t->s) || (before && before(t)) ||
	    write(ready, "", 1) != 1 || tsm_platform_wait_stalled(1))
		_exit(1);
	call(t);
	_exit(2);
}

/* It gets as far as it can before the other's request keeps the DSM */
static void start_victim(struct __test_metadata *_metadata,
			 struct behind *b,
			 int (*before)(struct tsm_test *t),
			 int (*call)(struct tsm_test *t), const char *where)
{
	struct tsm_thread victim;
	int ready[2];
	char c;

	ASSERT_EQ(0, pipe(ready));
	b->pid = fork();
	ASSERT_LE(0, b->pid);
	if (!b->pid)
		be_victim(&b->t, ready[1], before, call);
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &c, 1));
	close(ready[0]);

	hold(_metadata, &b->holder, TSM_STALL_GUEST_REQ, ioctl_request,
	     &b->first);
	victim = tsm_wait_process(b->pid);
	ASSERT_EQ(0, tsm_wait_until(&victim, TSM_WAIT_INTERRUPTIBLE, where));
}

/* It is not bound yet, so nothing holds up its end */
TEST_F(killed_waiter, bind)
{
	start_victim(_metadata, &self->b, NULL, bind_tdi, "pci_tsm_bind");
	expect_killed(_metadata, &self->b.pid, "the end of who waited to bind");
	EXPECT_EQ(0, release(_metadata, &self->b.holder));
	use_function(_metadata, self->b.t.s.fn);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* Its request ends at once. Then its TDI is to be unbound, which the other holds up */
TEST_F(killed_waiter, request)
{
	struct tsm_thread victim;
	struct timespec since;
	char text[192];
	int status;

	start_victim(_metadata, &self->b, bind_tdi, send_request,
		     "pci_tsm_dispatch_guest_req");
	victim = tsm_wait_process(self->b.pid);
	tsm_wait_start_clock(&since);
	ASSERT_EQ(0, kill(self->b.pid, SIGKILL));
	EXPECT_EQ(0, tsm_wait_until(&victim, TSM_WAIT_UNINTERRUPTIBLE,
				    "pci_tsm_unbind")) {
		tsm_wait_describe(&victim, text, sizeof(text));
		TH_LOG("who was killed is %s", text);
	}
	EXPECT_GE(KILL_MS, tsm_wait_ms(&since));

	expect_held(_metadata, &self->b.holder);
	ASSERT_EQ(0, waitpid(self->b.pid, &status, WNOHANG));
	EXPECT_EQ(0, release(_metadata, &self->b.holder));
	EXPECT_EQ(SIGKILL, call_at_once(_metadata, "the end of who was killed",
					wait_killed, &self->b.pid));
	self->b.pid = 0;
	use_function(_metadata, self->b.t.s.fn);
	expect_no_complaints(_metadata, &self->kmsg);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
