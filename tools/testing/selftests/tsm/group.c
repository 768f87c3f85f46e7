// SPDX-License-Identifier: GPL-2.0
/*
 * A function that comes from a VFIO group rather than a device file, as in older
 * VMMs, with an iommufd as the group's container. The group knows the VM, and opens
 * and closes the device. No ioctl tells the VMM the device's ID in the iommufd.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "lib/test.h"

/* Objects that an iommufd may have when the device is the last */
#define MAX_DEV_ID 8

static int open_group(struct tsm_setup *s)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/iommu_group", s->fn->bdf);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return tsm_fail(s, errno, "read %s", path);
	link[len] = 0;

	snprintf(path, sizeof(path), "/dev/vfio/%s", basename(link));
	s->group = open(path, O_RDWR);
	if (s->group < 0 && errno == ENOENT)
		return tsm_lack(s, errno, "open %s (CONFIG_VFIO_GROUP)", path);
	return s->group < 0 ? tsm_fail(s, errno, "open %s", path) : 0;
}

static int set_container(struct tsm_setup *s)
{
	if (ioctl(s->group, VFIO_GROUP_SET_CONTAINER, &s->iommufd))
		return tsm_fail(s, errno, "VFIO_GROUP_SET_CONTAINER");
	return 0;
}

/* This opens the device, and binds it to the iommufd */
static int get_device(struct tsm_setup *s)
{
	s->cdev = ioctl(s->group, VFIO_GROUP_GET_DEVICE_FD, s->fn->bdf);
	return s->cdev < 0 ? tsm_fail(s, errno, "VFIO_GROUP_GET_DEVICE_FD") : 0;
}

static int get_ioas(struct tsm_setup *s)
{
	struct iommu_vfio_ioas cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_VFIO_IOAS_GET,
	};

	if (ioctl(s->iommufd, IOMMU_VFIO_IOAS, &cmd))
		return tsm_fail(s, errno, "IOMMU_VFIO_IOAS");
	s->ioas_id = cmd.ioas_id;
	return 0;
}

/* Only a device can have a page table */
static int guess_device(struct tsm_setup *s)
{
	struct iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
		.pt_id = s->ioas_id,
	};

	for (hwpt.dev_id = 1; hwpt.dev_id <= MAX_DEV_ID; hwpt.dev_id++) {
		if (ioctl(s->iommufd, IOMMU_HWPT_ALLOC, &hwpt))
			continue;
		s->dev_id = hwpt.dev_id;
		s->hwpt_id = hwpt.out_hwpt_id;
		return 0;
	}
	return tsm_fail(s, errno, "guess the device for IOMMU_HWPT_ALLOC");
}

/* From an open group to the vDEVICE */
static int assign_device(struct tsm_setup *s)
{
	const tsm_step steps[] = {
		get_device,
		get_ioas,
		guess_device,
		tsm_alloc_viommu,
		tsm_alloc_vdevice,
	};

	return tsm_take_steps(s, steps, ARRAY_SIZE(steps));
}

static int open_all(struct tsm_setup *s)
{
	const tsm_step steps[] = {
		tsm_open_iommufd,
		tsm_create_vm,
		open_group,
		set_container,
	};

	return tsm_take_steps(s, steps, ARRAY_SIZE(steps));
}

static int assign(struct tsm_setup *s)
{
	return open_all(s) ?: tsm_add_device_to_vm(s) ?: assign_device(s);
}

FIXTURE(group)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(group)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_host(_metadata, t, "vf", false))
		return;
	if (check_step(_metadata, t, open_all(&t->s)))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(group)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* To a TDI that runs */
static void run_tdi(struct __test_metadata *_metadata, struct tsm_test *t)
{
	do_step(_metadata, t, tsm_add_device_to_vm);
	do_step(_metadata, t, assign_device);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
}

TEST_F(group, no_reset_while_bound)
{
	struct tsm_test *t = &self->t;

	run_tdi(_metadata, t);
	EXPECT_EQ(-1, ioctl(t->s.cdev, VFIO_DEVICE_RESET));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
	do_step(_metadata, t, tsm_unbind_tdi);
	EXPECT_EQ(0, ioctl(t->s.cdev, VFIO_DEVICE_RESET));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The vDEVICE goes with the device, the rest of the VM stays for the next */
TEST_F(group, close_of_device_unbinds)
{
	struct tsm_test *t = &self->t;

	run_tdi(_metadata, t);
	do_step(_metadata, t, tsm_close_device);
	EXPECT_FALSE(is_bound(_metadata, t));
	EXPECT_EQ(-ENOENT, tsm_op(&t->s, IOMMU_VDEVICE_TSM_BIND));

	do_step(_metadata, t, assign_device);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A group gives out as many files of a device as one likes */
TEST_F(group, last_close_unbinds)
{
	struct tsm_test *t = &self->t;
	int second;

	run_tdi(_metadata, t);
	second = ioctl(t->s.group, VFIO_GROUP_GET_DEVICE_FD, t->s.fn->bdf);
	ASSERT_LE(0, second);
	do_step(_metadata, t, tsm_close_device);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
	EXPECT_EQ(0, close(second));
	EXPECT_FALSE(is_bound(_metadata, t));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The device keeps iommufd and VM until it is closed */
TEST_F(group, close_of_device_last)
{
	struct tsm_test *t = &self->t;

	run_tdi(_metadata, t);
	do_step(_metadata, t, tsm_close_iommufd);
	do_step(_metadata, t, tsm_close_vm);
	EXPECT_EQ(0, close(t->s.group));
	t->s.group = -1;
	EXPECT_TRUE(is_bound(_metadata, t));
	do_step(_metadata, t, tsm_close_device);
	EXPECT_FALSE(is_bound(_metadata, t));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* As with a device file, the VM has to be known when the device is opened */
TEST_F(group, enodev_vm_comes_late)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, assign_device);
	do_step(_metadata, t, tsm_add_device_to_vm);
	EXPECT_EQ(-ENODEV, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

TEST_F(group, killed_vmm)
{
	struct tsm_test *t = &self->t;
	int status;
	pid_t pid;

	tsm_setup_close(&t->s);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (!assign(&t->s) && !tsm_bind_tdi(&t->s))
			raise(SIGKILL);
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_FALSE(is_bound(_metadata, t));
	ASSERT_EQ(0, tsm_use_function(t->s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
