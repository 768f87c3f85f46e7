// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU_VDEVICE_TSM_OP: bind and unbind, and each errno of a bind. EAGAIN of a
 * reset is in resets.c, of low power in config_space.c, EOPNOTSUPP of a TSM that
 * can't bind in omitted.c, that of a kernel without TSM support in absent.c.
 */
#include <assert.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/function.h"
#include "lib/held.h"
#include "lib/map.h"
#include "lib/nomem.h"
#include "lib/test.h"
#include "lib/vdevice.h"

static_assert(sizeof(struct iommu_vdevice_tsm_op) == 24, "part of the UAPI");

TEST_F(function, bind_enxio_unconnected)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, &self->t, tsm_disconnect);
	EXPECT_EQ(-ENXIO, tsm_bind_tdi(&t->s));
	do_step(_metadata, &self->t, tsm_connect);
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
}

/* A vDEVICE whose function can be bound */
FIXTURE(vdevice)
{
	struct tsm_test t;
};

FIXTURE_SETUP(vdevice)
{
	setup_vdevice(_metadata, &self->t, "pf0", false);
}

FIXTURE_TEARDOWN(vdevice)
{
	teardown(&self->t);
}

/* Nothing that there would be to unbind is no error */
TEST_F(vdevice, unbind_at_any_time)
{
	struct tsm_test *t = &self->t;

	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_tdi_run(t));

	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, tsm_info_state(t));
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

TEST_F(vdevice, bind_eexist)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(-EEXIST, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_tdi_run(t));
	EXPECT_EQ(-EEXIST, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
}

/* A function that the host has prepared, for what a VMM can do wrong with it */
FIXTURE(host)
{
	struct tsm_test t;
};

FIXTURE_SETUP(host)
{
	setup_host(_metadata, &self->t, "pf0", false);
}

FIXTURE_TEARDOWN(host)
{
	tsm_platform_bind_other_vm(0);
	teardown(&self->t);
}

TEST_F(host, bind_enodev_without_vm)
{
	do_step(_metadata, &self->t, tsm_open_iommufd);
	do_step(_metadata, &self->t, tsm_open_device);
	do_step(_metadata, &self->t, tsm_bind_iommufd);
	do_step(_metadata, &self->t, tsm_attach);
	do_step(_metadata, &self->t, tsm_alloc_viommu);
	do_step(_metadata, &self->t, tsm_alloc_vdevice);
	EXPECT_EQ(-ENODEV, tsm_bind_tdi(&self->t.s));
	EXPECT_EQ(0, tsm_unbind_tdi(&self->t.s));
}

/* iommufd learns the VM when the device is bound to it, and not later */
TEST_F(host, bind_enodev_vm_too_late)
{
	do_step(_metadata, &self->t, tsm_open_iommufd);
	do_step(_metadata, &self->t, tsm_create_vm);
	do_step(_metadata, &self->t, tsm_open_device);
	do_step(_metadata, &self->t, tsm_bind_iommufd);
	do_step(_metadata, &self->t, tsm_add_device_to_vm);
	do_step(_metadata, &self->t, tsm_attach);
	do_step(_metadata, &self->t, tsm_alloc_viommu);
	do_step(_metadata, &self->t, tsm_alloc_vdevice);
	EXPECT_EQ(-ENODEV, tsm_bind_tdi(&self->t.s));
}

TEST_F(host, bind_eoverflow)
{
	self->t.s.virt_id = 1ULL << 32 | TSM_GUEST_RID;
	do_step(_metadata, &self->t, tsm_assign);
	EXPECT_EQ(-EOVERFLOW, tsm_bind_tdi(&self->t.s));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED,
		  tsm_info_state(&self->t));
}

TEST_F(host, bind_largest_virt_id)
{
	self->t.s.virt_id = UINT32_MAX;
	do_step(_metadata, &self->t, tsm_assign);
	ASSERT_EQ(0, tsm_bind_tdi(&self->t.s));
	ASSERT_EQ(0, tsm_tdi_run(&self->t));
}

TEST_F(host, eopnotsupp_type_or_flags)
{
	const struct iommu_vdevice_tsm_op unknown[] = {
		{ .type = 0 },
		{ .type = IOMMU_VDEVICE_TSM_UNBIND + 1 },
		{ .type = IOMMU_VDEVICE_TSM_BIND, .flags = 1 },
		{ .type = IOMMU_VDEVICE_TSM_UNBIND, .flags = 1 },
	};
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_assign);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		struct iommu_vdevice_tsm_op op = unknown[i];

		op.size = sizeof(op);
		op.vdevice_id = t->s.vdevice_id;
		EXPECT_EQ(-1, ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_OP, &op));
		EXPECT_EQ(EOPNOTSUPP, errno);
	}
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, tsm_info_state(t));
}

/* What another VM has is nothing to bind, nor to unbind or to ask */
TEST_F(host, bind_ebusy_bound_to_another_vm)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	u16 rid = tsm_host_rid(self->t.s.fn);
	struct tsm_test *t = &self->t;
	unsigned long bound;

	do_step(_metadata, t, tsm_assign);
	ASSERT_EQ(0, tsm_platform_bind_other_vm(rid));
	EXPECT_EQ(-EBUSY, tsm_bind_tdi(&t->s));

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, tsm_platform_other_vm_is_bound(&bound));
	EXPECT_EQ(1, bound);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, tsm_info_state(t));

	ASSERT_EQ(0, tsm_platform_bind_other_vm(0));
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(-EBUSY, tsm_platform_bind_other_vm(rid));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

/* A bind that comes after the unbind of its binding would outlive its owner */
TEST_F(host, bind_ecanceled_called_off)
{
	u16 rid = tsm_host_rid(self->t.s.fn);

	EXPECT_EQ(-ECANCELED, tsm_platform_bind_called_off(rid));
	do_step(_metadata, &self->t, tsm_assign);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED,
		  tsm_info_state(&self->t));
	EXPECT_EQ(0, tsm_bind_tdi(&self->t.s));
}

/* A TSM could not tell apart two functions that the guest knows by one id */
TEST_F(host, bind_eaddrinuse)
{
	struct tsm_test *t = &self->t, other = {};

	tsm_setup_init(&other.s, NULL);
	setup_host(_metadata, &other, "fn1", false);
	do_step(_metadata, t, tsm_assign);
	ASSERT_EQ(0, tsm_share_vm(&other.s, &t->s));
	other.s.virt_id = t->s.virt_id;
	do_step(_metadata, &other, tsm_assign);

	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(-EADDRINUSE, tsm_bind_tdi(&other.s));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, tsm_info_state(&other));

	/* a bind that fails keeps nothing, and an unbind lets go */
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, tsm_bind_tdi(&other.s));
	EXPECT_EQ(-EADDRINUSE, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_release(&other.s));
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	tsm_setup_close(&other.s);
}

/* The structure can't take the outcome, so nothing is done */
TEST_F(vdevice, efault_readonly_struct)
{
	const enum iommu_vdevice_tsm_op_type types[] = {
		IOMMU_VDEVICE_TSM_BIND, IOMMU_VDEVICE_TSM_UNBIND,
	};
	struct iommu_vdevice_tsm_op *op = tsm_map_before_hole(sizeof(*op));
	struct tsm_test *t = &self->t;

	ASSERT_NE(NULL, op);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int state = tsm_info_state(t);
		void *page = (void *)((uintptr_t)op & -sysconf(_SC_PAGESIZE));

		*op = (struct iommu_vdevice_tsm_op) {
			.size = sizeof(*op),
			.type = types[i],
			.vdevice_id = t->s.vdevice_id,
		};
		ASSERT_EQ(0, mprotect(page, 1, PROT_READ));
		EXPECT_EQ(-1, ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_OP, op));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_EQ(state, tsm_info_state(t));
		ASSERT_EQ(0, mprotect(page, 1, PROT_READ | PROT_WRITE));
		EXPECT_EQ(0, ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_OP, op));
	}
}

TEST_F(host, enoent_no_vdevice)
{
	do_step(_metadata, &self->t, tsm_assign);
	self->t.s.vdevice_id = INT32_MAX;
	EXPECT_EQ(-ENOENT, tsm_bind_tdi(&self->t.s));
	EXPECT_EQ(-ENOENT, tsm_unbind_tdi(&self->t.s));
	self->t.s.vdevice_id = self->t.s.viommu_id;
	EXPECT_EQ(-ENOENT, tsm_bind_tdi(&self->t.s));
	EXPECT_EQ(-ENOENT, tsm_unbind_tdi(&self->t.s));
}

/* A DSM that is busy with a request, while its other function is to be bound */
FIXTURE(busy)
{
	struct tsm_test t;
	struct tsm_test sibling;
	struct tsm_held held;
};

FIXTURE_SETUP(busy)
{
	tsm_setup_init(&self->sibling.s, NULL);
	if (setup_bound(_metadata, &self->t, "pf0", false) ||
	    setup_vdevice(_metadata, &self->sibling, "fn1", false))
		return;
	ASSERT_EQ(0, tsm_hold(&self->held, TSM_EMU_STALL_GUEST_REQ, tsm_call_request,
			      &self->t));
}

FIXTURE_TEARDOWN(busy)
{
	tsm_platform_let_go();
	tsm_setup_close(&self->sibling.s);
	teardown(&self->t);
}

TEST_F(busy, bind_eintr)
{
	struct tsm_test *sibling = &self->sibling;
	struct tsm_waiter w = { .what = "bind" };

	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_bind_tdi, sibling,
				      TSM_INTERRUPTIBLE, "pci_tsm_bind"));
	EXPECT_EQ(-EINTR, tsm_waiter_interrupt(&w));
	EXPECT_EQ(0, tsm_unhold(&self->held));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED,
		  tsm_info_state(sibling));
	EXPECT_EQ(0, tsm_bind_tdi(&sibling->s));
}

static void check_unbound(struct __test_metadata *_metadata, struct tsm_test *t)
{
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, tsm_info_state(t));
}

TEST_F(nomem, bind_enomem)
{
	const struct exhaustion e = { tsm_call_bind_tdi, check_unbound, tsm_call_unbind_tdi };

	/* the handle of the core and the TDI of the driver, if not more */
	EXPECT_LE(2, exhaust(_metadata, &self->t, &e));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, tsm_info_state(&self->t));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
