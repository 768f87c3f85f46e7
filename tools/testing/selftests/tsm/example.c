// SPDX-License-Identifier: GPL-2.0
/*
 * The example of Documentation/userspace-api/iommufd-tsm.rst, which shows what is
 * between the two marks, and a test of it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/iommufd.h>

#include "lib/platform.h"
#include "lib/request.h"
#include "lib/tdisp.h"
#include "lib/test.h"

/* The example begins */
/* Bind the device, which the guest knows as @rid. Return: its vDEVICE or -errno */
static int bind_tdi(int fd, __u32 dev_id, __u64 rid)
{
	struct iommu_viommu_alloc viommu = { .size = sizeof(viommu),
		.type = IOMMU_VIOMMU_TYPE_TSM, .dev_id = dev_id };
	struct iommu_vdevice_alloc vdev = { .size = sizeof(vdev),
		.dev_id = dev_id, .virt_id = rid };
	struct iommu_vdevice_tsm_op op = { .size = sizeof(op),
		.type = IOMMU_VDEVICE_TSM_BIND };

	if (ioctl(fd, IOMMU_VIOMMU_ALLOC, &viommu))
		return -errno;
	vdev.viommu_id = viommu.out_viommu_id;
	if (ioctl(fd, IOMMU_VDEVICE_ALLOC, &vdev))
		return -errno;
	op.vdevice_id = vdev.out_vdevice_id;
	while (ioctl(fd, IOMMU_VDEVICE_TSM_OP, &op)) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		usleep(1000);		/* a reset or the like is under way */
	}
	return op.vdevice_id;
}

/*
 * Serve a call that reads; vdevice_id, tsm_type and the buffers are set. 0: the
 * guest gets response and out_tsm_code. -EBUSY: nothing happened, it may retry.
 */
static int serve_read(int fd, struct iommu_vdevice_tsm_guest_request *cmd)
{
	cmd->size = sizeof(*cmd);
	cmd->scope = IOMMU_VDEVICE_TSM_SCOPE_INFO;	/* admits nothing else */
	cmd->out_flags = 0;
	if (!ioctl(fd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, cmd))
		return 0;
	if (cmd->out_flags & IOMMU_VDEVICE_TSM_DISPATCHED)
		return -EIO;		/* the TSM gave no answer */
	return errno == EINTR || errno == ENOMEM ? -EBUSY : -errno;
}

/* The example ends */

FIXTURE(example)
{
	struct tsm_test t;
	int vdevice_id;
};

FIXTURE_SETUP(example)
{
	struct tsm_setup *s = &self->t.s;

	if (setup_host(_metadata, &self->t, "pf0", false) ||
	    check_step(_metadata, &self->t, tsm_give_to_vm(s)))
		return;
	self->vdevice_id = bind_tdi(s->iommufd, s->dev_id, s->virt_id);
	ASSERT_LT(0, self->vdevice_id);
	/* The library's functions know it, too */
	s->vdevice_id = self->vdevice_id;
}

FIXTURE_TEARDOWN(example)
{
	tsm_platform_mailbox(EMU_MAILBOX_GOOD);
	teardown(&self->t);
}

TEST_F(example, guest_reads)
{
	struct tsm_test *t = &self->t;
	struct pci_tdisp_header req = tdisp_header(PCI_TDISP_GET_VERSION, t->s.virt_id);

	tsm_request_init(t, 0, &req, sizeof(req));
	ASSERT_EQ(0, serve_read(t->s.iommufd, &t->cmd));
	expect_response(_metadata, t, PCI_TDISP_GET_VERSION,
			sizeof(struct pci_tdisp_version) + 1);
}

TEST_F(example, guest_locks)
{
	struct tsm_test *t = &self->t;
	struct pci_tdisp_lock_interface req = {
		.hdr = tdisp_header(PCI_TDISP_LOCK_INTERFACE, t->s.virt_id),
	};

	tsm_request_init(t, 0, &req, sizeof(req));
	EXPECT_EQ(-EACCES, serve_read(t->s.iommufd, &t->cmd));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

TEST_F(example, tsm_does_not_answer)
{
	struct tsm_test *t = &self->t;
	struct pci_tdisp_header req = tdisp_header(PCI_TDISP_GET_VERSION, t->s.virt_id);

	ASSERT_EQ(0, tsm_platform_mailbox(EMU_MAILBOX_BUSY));
	tsm_request_init(t, 0, &req, sizeof(req));
	EXPECT_EQ(-EIO, serve_read(t->s.iommufd, &t->cmd));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
