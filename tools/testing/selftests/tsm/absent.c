// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls on a kernel without TSM support (CONFIG_PCI_TSM=n): they know their
 * objects and arguments and refuse everything else with EOPNOTSUPP, and what
 * VFIO and iommufd do for a PCI function works as ever. The emulated platform
 * is there without its TSM.
 */
#include <linux/vfio.h>

#include "lib/function.h"
#include "lib/map.h"
#include "lib/test.h"

#define NO_OBJECT INT32_MAX

/* The class is there as soon as the kernel has TSM support, TSM or not */
static int find_no_tsm_support(struct tsm_setup *s)
{
	if (!access("/sys/class/tsm", F_OK))
		return tsm_lack(s, EEXIST, "find a kernel without CONFIG_PCI_TSM");
	return 0;
}

/* The host's part, which is without a TSM to connect */
static int prepare_host(struct tsm_setup *s)
{
	const tsm_step steps[] = {
		find_no_tsm_support,
		tsm_find_device,
		tsm_make_vf,
		tsm_use_vfio,
	};

	return tsm_take_steps(s, steps, ARRAY_SIZE(steps));
}

/* Such a kernel has no vIOMMU but those of IOMMU drivers */
static void init(struct tsm_test *t, const char *name)
{
	tsm_setup_init(&t->s, tsm_find_function(name));
	t->s.viommu_type = TSM_EMU_VIOMMU_TYPE;
}

/* Return: 0 if the function has come to its vDEVICE */
static int setup_absent(struct __test_metadata *_metadata, struct tsm_test *t,
			const char *name)
{
	int rc;

	init(t, name);
	rc = check_step(_metadata, t, prepare_host(&t->s));
	return rc ?: check_step(_metadata, t, tsm_assign(&t->s));
}

/* Any function, for what VFIO and iommufd do for it */
FIXTURE(function)
{
	struct tsm_test t;
};

EACH_FUNCTION(function);

FIXTURE_SETUP(function)
{
	setup_absent(_metadata, &self->t, variant->name);
}

FIXTURE_TEARDOWN(function)
{
	tsm_setup_close(&self->t.s);
}

/* Nothing keeps VFIO from the function, and a vDEVICE goes and comes as before */
TEST_F(function, works)
{
	struct tsm_test *t = &self->t;

	EXPECT_EQ(-EOPNOTSUPP, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, ioctl(t->s.cdev, VFIO_DEVICE_RESET));
	EXPECT_EQ(0, tsm_destroy_vdevice(&t->s));
	do_step(_metadata, t, tsm_alloc_vdevice);
	EXPECT_EQ(-EOPNOTSUPP, tsm_bind_tdi(&t->s));
}

/* A vDEVICE, for the ioctls */
FIXTURE(absent)
{
	struct tsm_test t;
};

FIXTURE_SETUP(absent)
{
	setup_absent(_metadata, &self->t, "pf0");
}

FIXTURE_TEARDOWN(absent)
{
	tsm_setup_close(&self->t.s);
}

TEST_F(absent, bind_eopnotsupp)
{
	EXPECT_EQ(-EOPNOTSUPP, tsm_bind_tdi(&self->t.s));
}

/* Nothing can have been bound: what says so is the errno, not success */
TEST_F(absent, unbind_eopnotsupp)
{
	EXPECT_EQ(-EOPNOTSUPP, tsm_unbind_tdi(&self->t.s));
}

TEST_F(absent, info_eopnotsupp)
{
	struct iommu_vdevice_tsm_info cmd = {
		.vdevice_id = self->t.s.vdevice_id,
		.out_tsm_type = POISON32,
		.out_state = POISON32,
		.out_scopes = POISON32,
		.out_req_len_max = POISON32,
		.out_resp_len_max = POISON32,
	};

	EXPECT_EQ(-EOPNOTSUPP, tsm_info(&self->t, &cmd));
	EXPECT_EQ(IOMMU_TSM_TYPE_NONE, cmd.out_tsm_type);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, cmd.out_state);
	EXPECT_EQ(0, cmd.out_scopes);
	EXPECT_EQ(0, cmd.out_req_len_max);
	EXPECT_EQ(0, cmd.out_resp_len_max);
}

TEST_F(absent, guest_request_eopnotsupp)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	for (u32 scope = 0; scope < NR_SCOPES; scope++) {
		tsm_request_init(t, scope, &req, sizeof(req));
		expect_refused(_metadata, t, EOPNOTSUPP, 0);
	}
}

/* A kernel that can't serve a request does not touch its memory */
TEST_F(absent, guest_request_eopnotsupp_before_efault)
{
	struct tsm_test *t = &self->t;
	char *hole = tsm_map_before_hole(0);

	ASSERT_NE(NULL, hole);
	tsm_request_init(t, SCOPE(STATE_CHANGE), hole, sizeof(struct pci_tdisp_header));
	t->cmd.resp_uptr = (uintptr_t)hole;
	expect_refused(_metadata, t, EOPNOTSUPP, 0);
}

TEST_F(absent, bind_enoent)
{
	self->t.s.vdevice_id = NO_OBJECT;
	EXPECT_EQ(-ENOENT, tsm_bind_tdi(&self->t.s));
	self->t.s.vdevice_id = self->t.s.viommu_id;
	EXPECT_EQ(-ENOENT, tsm_bind_tdi(&self->t.s));
}

TEST_F(absent, unbind_enoent)
{
	self->t.s.vdevice_id = NO_OBJECT;
	EXPECT_EQ(-ENOENT, tsm_unbind_tdi(&self->t.s));
	self->t.s.vdevice_id = self->t.s.viommu_id;
	EXPECT_EQ(-ENOENT, tsm_unbind_tdi(&self->t.s));
}

TEST_F(absent, info_enoent)
{
	struct iommu_vdevice_tsm_info cmd = { .vdevice_id = NO_OBJECT };

	EXPECT_EQ(-ENOENT, tsm_info(&self->t, &cmd));
	cmd.vdevice_id = self->t.s.viommu_id;
	EXPECT_EQ(-ENOENT, tsm_info(&self->t, &cmd));
}

TEST_F(absent, guest_request_enoent)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.vdevice_id = NO_OBJECT;
	expect_unheard(_metadata, t, ENOENT);
	t->cmd.vdevice_id = t->s.viommu_id;
	expect_unheard(_metadata, t, ENOENT);
}

/* Arguments come before the vDEVICE, so the errno is theirs where that is none */
TEST_F(absent, type_before_enoent)
{
	struct tsm_setup *s = &self->t.s;

	s->vdevice_id = NO_OBJECT;
	EXPECT_EQ(-EOPNOTSUPP, tsm_op(s, 0));
	EXPECT_EQ(-EOPNOTSUPP, tsm_op(s, IOMMU_VDEVICE_TSM_UNBIND + 1));
}

TEST_F(absent, flags_before_enoent)
{
	struct iommu_vdevice_tsm_info info = {
		.vdevice_id = NO_OBJECT,
		.flags = 1,
	};
	struct iommu_vdevice_tsm_op op = {
		.size = sizeof(op),
		.type = IOMMU_VDEVICE_TSM_BIND,
		.vdevice_id = NO_OBJECT,
		.flags = 1,
	};

	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VDEVICE_TSM_OP, &op));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-EOPNOTSUPP, tsm_info(&self->t, &info));
}

/* What the VMM does on the way to the vDEVICE makes no difference */
FIXTURE(absent_vm)
{
	struct tsm_test t;
};

FIXTURE_SETUP(absent_vm)
{
	struct tsm_test *t = &self->t;

	init(t, "pf0");
	check_step(_metadata, t, prepare_host(&t->s));
}

FIXTURE_TEARDOWN(absent_vm)
{
	tsm_setup_close(&self->t.s);
}

TEST_F(absent_vm, bind_eopnotsupp_without_vm)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_open_iommufd);
	do_step(_metadata, t, tsm_open_device);
	do_step(_metadata, t, tsm_bind_iommufd);
	do_step(_metadata, t, tsm_attach);
	do_step(_metadata, t, tsm_alloc_viommu);
	do_step(_metadata, t, tsm_alloc_vdevice);
	EXPECT_EQ(-EOPNOTSUPP, tsm_bind_tdi(&t->s));
}

TEST_F(absent_vm, viommu_eopnotsupp)
{
	struct tsm_test *t = &self->t;

	t->s.viommu_type = IOMMU_VIOMMU_TYPE_TSM;
	do_step(_metadata, t, tsm_open_iommufd);
	do_step(_metadata, t, tsm_open_device);
	do_step(_metadata, t, tsm_bind_iommufd);
	do_step(_metadata, t, tsm_attach);
	EXPECT_EQ(-EOPNOTSUPP, tsm_alloc_viommu(&t->s));
}

TEST_F(absent_vm, bind_eopnotsupp_large_virt_id)
{
	struct tsm_test *t = &self->t;

	t->s.virt_id = 1ULL << 32 | TSM_GUEST_RID;
	do_step(_metadata, t, tsm_assign);
	EXPECT_EQ(-EOPNOTSUPP, tsm_bind_tdi(&t->s));
}

int main(int argc, char **argv)
{
	return test_harness_run(argc, argv);
}
