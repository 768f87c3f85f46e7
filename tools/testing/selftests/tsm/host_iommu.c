// SPDX-License-Identifier: GPL-2.0
/*
 * A vDEVICE on the IOMMU that the machine has, for a function that no TSM manages: there
 * is one wherever there is an IOMMU, and it says that the function can't be bound.
 *
 * TSM_TEST_FUNCTION in the environment is the address of a PCI function that can be taken
 * from its driver and reset; vfio-pci keeps it. Without it all of this is skipped.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/vfio.h>

#include "lib/test.h"

/* What any IOMMU can do: a page table of the kernel's choice */
static int attach_to_ioas(struct tsm_setup *s)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
	};

	if (ioctl(s->iommufd, IOMMU_IOAS_ALLOC, &ioas))
		return tsm_fail(s, errno, "IOMMU_IOAS_ALLOC");
	s->ioas_id = ioas.out_ioas_id;

	attach.pt_id = s->ioas_id;
	if (ioctl(s->cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		return tsm_fail(s, errno, "VFIO_DEVICE_ATTACH_IOMMUFD_PT");
	s->attached = true;
	return 0;
}

FIXTURE(function)
{
	struct tsm_function fn;
	struct tsm_test t;
};

FIXTURE_SETUP(function)
{
	const tsm_step steps[] = {
		tsm_use_vfio,
		tsm_open_iommufd,
		tsm_create_vm,
		tsm_open_device,
		tsm_add_device_to_vm,
		tsm_bind_iommufd,
		attach_to_ioas,
	};
	struct tsm_test *t = &self->t;
	const char *bdf = getenv("TSM_TEST_FUNCTION");

	tsm_setup_init(&t->s, &self->fn);
	if (!bdf)
		SKIP(return, "TSM_TEST_FUNCTION names no function that can be taken");
	self->fn.name = bdf;
	snprintf(self->fn.bdf, sizeof(self->fn.bdf), "%s", bdf);
	check_step(_metadata, t, tsm_take_steps(&t->s, steps, ARRAY_SIZE(steps)));
}

FIXTURE_TEARDOWN(function)
{
	tsm_setup_close(&self->t.s);
}

TEST_F(function, no_tsm_manages_it)
{
	struct pci_tdisp_header req;
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_alloc_viommu);
	do_step(_metadata, t, tsm_alloc_vdevice);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, tsm_info_state(t));
	EXPECT_EQ(-ENXIO, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));

	req = tsm_tdi_header(t, PCI_TDISP_GET_VERSION);
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	ASSERT_EQ(-ENXIO, tsm_request_send(t));
	expect_not_dispatched(_metadata, t, 0);
	EXPECT_EQ(0, ioctl(t->s.cdev, VFIO_DEVICE_RESET));
}

TEST_F(function, take_down_in_order)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_alloc_viommu);
	do_step(_metadata, t, tsm_alloc_vdevice);
	do_step(_metadata, t, tsm_release);
}

int main(int argc, char **argv)
{
	return test_harness_run(argc, argv);
}
