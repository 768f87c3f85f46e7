// SPDX-License-Identifier: GPL-2.0
/*
 * What a VMM closes and destroys, in which order: what that unbinds, what is
 * EBUSY until something else is gone, and that the next VM gets a function that
 * is as good as new.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/function.h"
#include "lib/test.h"
#include "lib/thread.h"
#include "lib/vdevice.h"

/* All that is left open is closed, then the next VM gets the function */
static void expect_next_vm(struct __test_metadata *_metadata, struct tsm_test *t)
{
	const struct tsm_function *fn = t->s.fn;

	tsm_setup_close(&t->s);
	tsm_setup_init(&t->s, fn);
	do_step(_metadata, t, tsm_assign);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, tsm_info_state(t));
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

TEST_F(function, destroy_of_vdevice_unbinds)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_tdi_run(t));

	EXPECT_EQ(0, tsm_destroy_vdevice(&t->s));
	do_step(_metadata, &self->t, tsm_alloc_vdevice);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, tsm_info_state(t));
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

static void close_first(struct __test_metadata *_metadata, struct tsm_test *t,
			int *fd)
{
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_tdi_run(t));
	EXPECT_EQ(0, close(*fd));
	*fd = -1;
}

TEST_F(function, close_vm_first)
{
	close_first(_metadata, &self->t, &self->t.s.vm);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(&self->t));
	expect_next_vm(_metadata, &self->t);
}

TEST_F(function, close_iommufd_first)
{
	close_first(_metadata, &self->t, &self->t.s.iommufd);
	expect_next_vm(_metadata, &self->t);
}

TEST_F(function, close_device_first)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	close_first(_metadata, t, &t->s.cdev);
	/* KVM's reference on the file keeps the device open */
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));

	EXPECT_EQ(0, close(t->s.kvm_vfio));
	t->s.kvm_vfio = -1;
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_unheard(_metadata, t, ENOENT);
	expect_next_vm(_metadata, t);
}

TEST_F(function, death_of_vmm_unbinds)
{
	struct tsm_test *t = &self->t;
	int status;
	pid_t pid;

	tsm_setup_close(&t->s);
	tsm_setup_init(&t->s, tsm_find_function(variant->name));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (!tsm_assign(&t->s) && !tsm_bind_tdi(&t->s))
			raise(SIGKILL);
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	expect_next_vm(_metadata, t);
}

/* The order of the documentation: no step of it is refused */
TEST_F(function, take_down_in_order)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_tdi_run(t));
	EXPECT_TRUE(is_bound(_metadata, t));

	do_step(_metadata, t, tsm_unbind_tdi);
	EXPECT_FALSE(is_bound(_metadata, t));
	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_detach);
	do_step(_metadata, t, tsm_destroy_viommu);
	do_step(_metadata, t, tsm_destroy_hwpt);
	do_step(_metadata, t, tsm_destroy_ioas);
	do_step(_metadata, t, tsm_remove_device_from_vm);
	do_step(_metadata, t, tsm_close_device);
	do_step(_metadata, t, tsm_close_iommufd);
	do_step(_metadata, t, tsm_close_vm);
	expect_next_vm(_metadata, t);
}

/* A TDI that runs, for a VMM that lets go of things in another order */
FIXTURE(running)
{
	struct tsm_test t;
};

FIXTURE_SETUP(running)
{
	if (setup_bound(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_tdi_run(&self->t));
}

FIXTURE_TEARDOWN(running)
{
	teardown(&self->t);
}

/* The documented order works from where it is, then the next VM gets the function */
static void expect_release(struct __test_metadata *_metadata, struct tsm_test *t)
{
	do_step(_metadata, t, tsm_release);
	expect_next_vm(_metadata, t);
}

/* It is VFIO's, and goes with the close of the VFIO device only */
static int destroy_device(struct tsm_setup *s)
{
	return tsm_destroy(s, &s->dev_id, "device");
}

TEST_F(running, ebusy_of_all_in_use)
{
	const tsm_step steps[] = {
		destroy_device, tsm_destroy_viommu, tsm_destroy_hwpt, tsm_destroy_ioas
	};
	struct tsm_test *t = &self->t;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		EXPECT_EQ(-EBUSY, steps[i](&t->s)) {
			TH_LOG("step %zu: %s", i, t->s.error);
		}
	}
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
	expect_release(_metadata, t);
}

TEST_F(running, ebusy_of_hwpt_while_attached)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_destroy_viommu);
	EXPECT_EQ(-EBUSY, tsm_destroy_hwpt(&t->s));
	expect_release(_metadata, t);
}

TEST_F(running, ebusy_of_ioas_with_hwpt)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_detach);
	do_step(_metadata, t, tsm_destroy_viommu);
	EXPECT_EQ(-EBUSY, tsm_destroy_ioas(&t->s));
	expect_release(_metadata, t);
}

TEST_F(running, ebusy_of_device_without_vdevice)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_detach);
	EXPECT_EQ(-EBUSY, destroy_device(&t->s));
	expect_release(_metadata, t);
}

/* That does not end the TDI, nor does the end of KVM's reference */
TEST_F(running, detach_first)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_detach);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
	do_step(_metadata, t, tsm_remove_device_from_vm);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
	expect_release(_metadata, t);
}

/* It takes the vDEVICE and the attachment along, the rest can be destroyed */
TEST_F(running, close_device_before_destroy)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_remove_device_from_vm);
	do_step(_metadata, t, tsm_close_device);
	EXPECT_FALSE(is_bound(_metadata, t));
	EXPECT_EQ(-ENOENT, tsm_destroy_vdevice(&t->s));
	EXPECT_EQ(-ENOENT, destroy_device(&t->s));

	t->s.vdevice_id = 0;
	t->s.attached = false;
	expect_release(_metadata, t);
}

/* Asks for a vDEVICE until it is gone */
struct asker {
	struct tsm_test t;
	bool asked;
};

static int call_ask(void *data)
{
	struct asker *a = data;
	int rc;

	do {
		struct iommu_vdevice_tsm_info cmd = {
			.vdevice_id = a->t.s.vdevice_id,
		};

		rc = tsm_info(&a->t, &cmd);
		__atomic_store_n(&a->asked, true, __ATOMIC_RELEASE);
	} while (!rc);
	return rc;
}

/* An ioctl that looks it up at that moment may make it EBUSY, then try again */
TEST_F(running, destroy_of_vdevice_beside_ioctls)
{
	struct tsm_test *t = &self->t;
	unsigned int busy = 0;
	int rc;

	for (int i = 0; i < 50; i++) {
		struct asker a = { .t = *t };
		struct tsm_thread thread;

		ASSERT_EQ(0, tsm_thread_start(&thread, call_ask, &a));
		while (!__atomic_load_n(&a.asked, __ATOMIC_ACQUIRE))
			;
		while ((rc = tsm_destroy_vdevice(&t->s)) == -EBUSY)
			busy++;
		ASSERT_EQ(0, rc);
		ASSERT_EQ(0, tsm_thread_join(&thread, &rc));
		EXPECT_EQ(-ENOENT, rc);
		do_step(_metadata, t, tsm_alloc_vdevice);
	}
	TH_LOG("EBUSY %u times", busy);
	expect_release(_metadata, t);
}

/* A VMM that forgets the reference of KVM is in the way of the next one */
TEST_F(running, kvm_keeps_device_open)
{
	struct tsm_test *t = &self->t;
	struct tsm_test next;

	do_step(_metadata, t, tsm_close_device);
	tsm_setup_init(&next.s, t->s.fn);
	do_step(_metadata, &next, tsm_open_iommufd);
	do_step(_metadata, &next, tsm_open_device);
	EXPECT_EQ(-EINVAL, tsm_bind_iommufd(&next.s));
	EXPECT_TRUE(is_bound(_metadata, t));

	do_step(_metadata, t, tsm_close_vm);
	EXPECT_FALSE(is_bound(_metadata, t));
	do_step(_metadata, &next, tsm_bind_iommufd);
	tsm_setup_close(&next.s);
	expect_next_vm(_metadata, t);
}

#define NR_FDS 4

/* The TDI goes with the last reference on the VFIO device file, even if it is KVM's */
static void close_in_order(struct __test_metadata *_metadata, struct tsm_test *t,
			   const unsigned int order[NR_FDS])
{
	int *fds[NR_FDS] = { &t->s.cdev, &t->s.kvm_vfio, &t->s.iommufd, &t->s.vm };

	for (int i = 0; i < NR_FDS; i++) {
		int *fd = fds[order[i]];

		EXPECT_EQ(0, close(*fd));
		*fd = -1;
		EXPECT_EQ(t->s.cdev >= 0 || t->s.kvm_vfio >= 0,
			  is_bound(_metadata, t)) {
			TH_LOG("close %d of the order %u %u %u %u", i, order[0],
			       order[1], order[2], order[3]);
		}
	}
	expect_next_vm(_metadata, t);
	ASSERT_EQ(0, tsm_tdi_run(t));
}

TEST_F_TIMEOUT(running, close_in_any_order, 120)
{
	unsigned int order[NR_FDS], count = 0;

	for (unsigned int i = 0; i < 1 << 2 * NR_FDS; i++) {
		unsigned int seen = 0;

		for (int j = 0; j < NR_FDS; j++) {
			order[j] = i >> 2 * j & 3;
			seen |= 1 << order[j];
		}
		/* each once */
		if (seen != (1 << NR_FDS) - 1)
			continue;
		close_in_order(_metadata, &self->t, order);
		count++;
	}
	EXPECT_EQ(24, count);
}

/* A function that another VM has, which VFIO knows nothing of */
FIXTURE(elsewhere)
{
	struct tsm_test t;
};

FIXTURE_SETUP(elsewhere)
{
	setup_host(_metadata, &self->t, "vf", false);
}

FIXTURE_TEARDOWN(elsewhere)
{
	tsm_platform_bind_other_vm(0);
	teardown(&self->t);
}

/* The function goes without a question to the other VM */
TEST_F(elsewhere, removal_unbinds)
{
	struct tsm_test *t = &self->t;
	unsigned long bound;

	ASSERT_EQ(0, tsm_platform_bind_other_vm(tsm_host_rid(t->s.fn)));
	EXPECT_EQ(0, tsm_platform_other_vm_is_bound(&bound));
	EXPECT_EQ(1, bound);

	EXPECT_EQ(0, tsm_set_vfs(t->s.fn, 0));
	EXPECT_EQ(0, tsm_platform_other_vm_is_bound(&bound));
	EXPECT_EQ(0, bound);
	do_step(_metadata, t, tsm_prepare_host);
	expect_next_vm(_metadata, t);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
