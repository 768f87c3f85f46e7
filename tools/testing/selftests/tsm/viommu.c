// SPDX-License-Identifier: GPL-2.0
/*
 * Which vIOMMUs carry TDIs. IOMMU_VIOMMU_TYPE_TSM does, on any IOMMU, and all
 * other tests use it. It holds vDEVICEs of one VM and nothing else. Of the IOMMU
 * drivers' own those do whose driver says so.
 */
#include <unistd.h>

#include <linux/vfio.h>

#include "lib/test.h"

/* A function that has come to the point where it gets a vIOMMU */
FIXTURE(attached)
{
	struct tsm_test t;
};

FIXTURE_SETUP(attached)
{
	struct tsm_test *t = &self->t;

	if (setup_host(_metadata, t, "pf0", false))
		return;
	check_step(_metadata, t, tsm_give_to_vm(&t->s));
}

FIXTURE_TEARDOWN(attached)
{
	tsm_platform_use_viommu(true);
	teardown(&self->t);
}

static int alloc_viommu(const struct tsm_setup *s, struct iommu_viommu_alloc *cmd)
{
	cmd->size = sizeof(*cmd);
	cmd->type = IOMMU_VIOMMU_TYPE_TSM;
	cmd->dev_id = s->dev_id;
	return ioctl(s->iommufd, IOMMU_VIOMMU_ALLOC, cmd) ? -errno : 0;
}

TEST_F(attached, einval_with_parent)
{
	struct iommu_viommu_alloc cmd = { .hwpt_id = self->t.s.hwpt_id };

	EXPECT_EQ(-EINVAL, alloc_viommu(&self->t.s, &cmd));
}

TEST_F(attached, einval_with_data)
{
	__u64 data = 0;
	struct iommu_viommu_alloc cmd = {
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};

	EXPECT_EQ(-EINVAL, alloc_viommu(&self->t.s, &cmd));
}

TEST_F(attached, eopnotsupp_reserved)
{
	struct iommu_viommu_alloc cmd = { .__reserved = 1 };

	EXPECT_EQ(-EOPNOTSUPP, alloc_viommu(&self->t.s, &cmd));
}

TEST_F(attached, eopnotsupp_flags)
{
	struct iommu_viommu_alloc cmd = { .flags = 1 };

	EXPECT_EQ(-EOPNOTSUPP, alloc_viommu(&self->t.s, &cmd));
}

/* As with VT-d, whose driver has no vIOMMU */
TEST_F(attached, where_the_iommu_has_none)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_platform_use_viommu(false));
	t->s.viommu_type = TSM_EMU_VIOMMU_TYPE;
	EXPECT_EQ(-EOPNOTSUPP, tsm_alloc_viommu(&t->s));

	t->s.viommu_type = IOMMU_VIOMMU_TYPE_TSM;
	do_step(_metadata, t, tsm_alloc_viommu);
	do_step(_metadata, t, tsm_alloc_vdevice);
	do_step(_metadata, t, tsm_bind_tdi);
	EXPECT_EQ(0, tsm_tdi_run(t));
}

/* The IOMMU driver's own, which has the parent page table for as long as it is there */
TEST_F(attached, own_that_carries_tdis)
{
	struct tsm_test *t = &self->t;

	t->s.viommu_type = TSM_EMU_VIOMMU_TYPE;
	do_step(_metadata, t, tsm_alloc_viommu);
	do_step(_metadata, t, tsm_alloc_vdevice);
	do_step(_metadata, t, tsm_bind_tdi);
	EXPECT_EQ(0, tsm_tdi_run(t));

	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_detach);
	EXPECT_EQ(-EBUSY, tsm_destroy_hwpt(&t->s));
	do_step(_metadata, t, tsm_release);
}

/* It forgets what is not there, up to the first entry that it can't read */
TEST_F(attached, own_that_invalidates)
{
	struct emu_invalidate entries[2] = {};
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.data_uptr = (uintptr_t)entries,
		.data_type = TSM_EMU_INVALIDATE,
		.entry_len = sizeof(entries[0]),
		.entry_num = ARRAY_SIZE(entries),
	};
	struct tsm_test *t = &self->t;

	t->s.viommu_type = TSM_EMU_VIOMMU_TYPE;
	do_step(_metadata, t, tsm_alloc_viommu);
	cmd.hwpt_id = t->s.viommu_id;
	ASSERT_EQ(0, ioctl(t->s.iommufd, IOMMU_HWPT_INVALIDATE, &cmd));
	EXPECT_EQ(ARRAY_SIZE(entries), cmd.entry_num);

	cmd.data_type++;
	EXPECT_EQ(-1, ioctl(t->s.iommufd, IOMMU_HWPT_INVALIDATE, &cmd));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, cmd.entry_num);
}

/* As for nested translation with SMMUv3: the vDEVICE is there, and is no TDI's */
TEST_F(attached, own_that_carries_none)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct iommu_vdevice_tsm_info info = {};
	struct tsm_test *t = &self->t;

	t->s.viommu_type = TSM_EMU_VIOMMU_TYPE_NO_TDI;
	do_step(_metadata, t, tsm_alloc_viommu);
	do_step(_metadata, t, tsm_alloc_vdevice);
	EXPECT_EQ(-EOPNOTSUPP, tsm_bind_tdi(&t->s));
	EXPECT_EQ(-EOPNOTSUPP, tsm_unbind_tdi(&t->s));

	info.vdevice_id = t->s.vdevice_id;
	EXPECT_EQ(-EOPNOTSUPP, tsm_info(t, &info));
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, EOPNOTSUPP, 0);
}

/* Another function for the same iommufd */
static void prepare_other(struct __test_metadata *_metadata,
			  struct tsm_test *other, const struct tsm_test *t)
{
	setup_host(_metadata, other, "fn1", false);
	other->s.iommufd = dup(t->s.iommufd);
	ASSERT_LE(0, other->s.iommufd);
}

static void assign_other(struct __test_metadata *_metadata, struct tsm_test *other)
{
	do_step(_metadata, other, tsm_create_vm);
	do_step(_metadata, other, tsm_open_device);
	do_step(_metadata, other, tsm_add_device_to_vm);
	do_step(_metadata, other, tsm_bind_iommufd);
}

/* Its first vDEVICE says whose it is, not the device that it was made for */
TEST_F(attached, any_vm_while_empty)
{
	struct tsm_test *t = &self->t;
	struct tsm_test other;

	do_step(_metadata, t, tsm_alloc_viommu);
	prepare_other(_metadata, &other, t);
	assign_other(_metadata, &other);
	other.s.viommu_id = t->s.viommu_id;
	do_step(_metadata, &other, tsm_alloc_vdevice);
	EXPECT_EQ(0, tsm_bind_tdi(&other.s));
	t->s.virt_id = other.s.virt_id + 1;
	EXPECT_EQ(-EXDEV, tsm_alloc_vdevice(&t->s));

	EXPECT_EQ(0, tsm_destroy_vdevice(&other.s));
	do_step(_metadata, t, tsm_alloc_vdevice);
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	tsm_setup_close(&other.s);
}

/* The VM comes too late for this opening of the device: the next one will do */
TEST_F(attached, late_vm_and_reopen)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_alloc_viommu);
	do_step(_metadata, t, tsm_remove_device_from_vm);
	do_step(_metadata, t, tsm_close_device);
	do_step(_metadata, t, tsm_open_device);
	do_step(_metadata, t, tsm_bind_iommufd);
	do_step(_metadata, t, tsm_add_device_to_vm);
	do_step(_metadata, t, tsm_alloc_vdevice);
	EXPECT_EQ(-ENODEV, tsm_bind_tdi(&t->s));

	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_remove_device_from_vm);
	do_step(_metadata, t, tsm_close_device);
	do_step(_metadata, t, tsm_open_device);
	do_step(_metadata, t, tsm_add_device_to_vm);
	do_step(_metadata, t, tsm_bind_iommufd);
	do_step(_metadata, t, tsm_alloc_vdevice);
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
}

/* A vIOMMU of iommufd with the vDEVICE of a function that runs as a TDI */
FIXTURE(viommu)
{
	struct tsm_test t;
	struct tsm_test other;
};

FIXTURE_SETUP(viommu)
{
	tsm_setup_init(&self->other.s, NULL);
	if (setup_bound(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_tdi_run(&self->t));
}

FIXTURE_TEARDOWN(viommu)
{
	tsm_setup_close(&self->other.s);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(&self->t));
	teardown(&self->t);
}

TEST_F(viommu, nested_hwpt_eopnotsupp)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = self->t.s.dev_id,
		.pt_id = self->t.s.viommu_id,
		/* Not of IOMMU_HWPT_DATA_NONE, which would be a paging one */
		.data_type = IOMMU_HWPT_DATA_VTD_S1,
		.data_len = sizeof(cmd),
		.data_uptr = (uintptr_t)&cmd,
	};

	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_HWPT_ALLOC, &cmd));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

/* A fault queue goes with a nested HWPT */
TEST_F(viommu, nested_hwpt_with_faults_eopnotsupp)
{
	struct iommu_fault_alloc fault = { .size = sizeof(fault) };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_FAULT_ID_VALID,
		.dev_id = self->t.s.dev_id,
		.pt_id = self->t.s.viommu_id,
		.data_type = IOMMU_HWPT_DATA_VTD_S1,
		.data_len = sizeof(cmd),
		.data_uptr = (uintptr_t)&cmd,
	};

	ASSERT_EQ(0, ioctl(self->t.s.iommufd, IOMMU_FAULT_QUEUE_ALLOC, &fault));
	cmd.fault_id = fault.out_fault_id;
	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_HWPT_ALLOC, &cmd));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(0, close(fault.out_fault_fd));
	EXPECT_EQ(0, tsm_destroy(&self->t.s, &fault.out_fault_id, "fault queue"));
}

TEST_F(viommu, invalidate_eopnotsupp)
{
	__u64 entry = 0;
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = self->t.s.viommu_id,
		.data_uptr = (uintptr_t)&entry,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = sizeof(entry),
		.entry_num = 1,
	};

	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_HWPT_INVALIDATE, &cmd));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(0, cmd.entry_num);
}

TEST_F(viommu, event_queue_eopnotsupp)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = self->t.s.viommu_id,
		.type = IOMMU_VEVENTQ_TYPE_ARM_SMMUV3,
		.veventq_depth = 1,
	};

	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VEVENTQ_ALLOC, &cmd));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

TEST_F(viommu, hw_queue_eopnotsupp)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = self->t.s.viommu_id,
		.type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
		.length = 4096,
	};

	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_HW_QUEUE_ALLOC, &cmd));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

TEST_F(viommu, attach_einval)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = self->t.s.viommu_id,
	};

	EXPECT_EQ(-1, ioctl(self->t.s.cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(viommu, destroy_ebusy_with_vdevice)
{
	EXPECT_EQ(-EBUSY, tsm_destroy_viommu(&self->t.s));
}

TEST_F(viommu, exdev_of_another_vm)
{
	struct tsm_test *other = &self->other, *t = &self->t;

	prepare_other(_metadata, other, t);
	assign_other(_metadata, other);
	other->s.virt_id = t->s.virt_id + 1;
	other->s.viommu_id = t->s.viommu_id;
	EXPECT_EQ(-EXDEV, tsm_alloc_vdevice(&other->s));

	do_step(_metadata, other, tsm_alloc_viommu);
	do_step(_metadata, other, tsm_alloc_vdevice);
	EXPECT_EQ(0, tsm_bind_tdi(&other->s));
}

TEST_F(viommu, exdev_of_no_vm)
{
	struct tsm_test *other = &self->other, *t = &self->t;

	prepare_other(_metadata, other, t);
	do_step(_metadata, other, tsm_open_device);
	do_step(_metadata, other, tsm_bind_iommufd);
	other->s.virt_id = t->s.virt_id + 1;
	other->s.viommu_id = t->s.viommu_id;
	EXPECT_EQ(-EXDEV, tsm_alloc_vdevice(&other->s));
}

TEST_F(viommu, two_functions_of_a_vm)
{
	struct tsm_test *other = &self->other, *t = &self->t;

	prepare_other(_metadata, other, t);
	ASSERT_EQ(0, tsm_share_vm(&other->s, &t->s));
	assign_other(_metadata, other);
	other->s.viommu_id = t->s.viommu_id;
	other->s.virt_id = t->s.virt_id;
	EXPECT_EQ(-EEXIST, tsm_alloc_vdevice(&other->s));

	other->s.virt_id = t->s.virt_id + 1;
	do_step(_metadata, other, tsm_alloc_vdevice);
	EXPECT_EQ(0, tsm_bind_tdi(&other->s));
	EXPECT_EQ(0, tsm_destroy_vdevice(&other->s));
}

/* What one vIOMMU finds out by its table of vDEVICEs, two do with the bind */
TEST_F(viommu, two_of_a_vm)
{
	struct tsm_test *other = &self->other, *t = &self->t;

	prepare_other(_metadata, other, t);
	ASSERT_EQ(0, tsm_share_vm(&other->s, &t->s));
	assign_other(_metadata, other);
	do_step(_metadata, other, tsm_alloc_viommu);
	other->s.virt_id = t->s.virt_id;
	do_step(_metadata, other, tsm_alloc_vdevice);
	EXPECT_EQ(-EADDRINUSE, tsm_bind_tdi(&other->s));

	ASSERT_EQ(0, tsm_destroy_vdevice(&other->s));
	other->s.virt_id = t->s.virt_id + 1;
	do_step(_metadata, other, tsm_alloc_vdevice);
	EXPECT_EQ(0, tsm_bind_tdi(&other->s));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
