// SPDX-License-Identifier: GPL-2.0
/*
 * Reset of the VM: its VMM resets it, or it reboots. Whatever the guest did with its
 * device lasts until then: a TDI that runs reads and writes memory which the next guest
 * has for something else. So it is unbound first, and that stops it. VFIO resets no
 * function that is bound.
 *
 * A guest that starts another kernel by itself (kexec) does not tell its VMM. What the
 * next kernel finds is in iommufd-tsm.rst.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>

#include "vmm.h"

int vmm_reset(struct vmm *vmm)
{
	struct tsm_setup *setup = &vmm->setup;
	int rc;

	rc = tsm_unbind_tdi(setup);
	if (rc)
		return rc;
	if (ioctl(setup->cdev, VFIO_DEVICE_RESET))
		return tsm_fail(setup, errno, "VFIO_DEVICE_RESET");

	/* That was the old guest's */
	vmm->consent = false;
	vmm->cookie = 0;
	vmm_print_own(vmm, "reset of the VM", "UNBIND, VFIO_DEVICE_RESET", "ok");
	return vmm_bind_tdi(vmm) ?: vmm_reset_machine(vmm);
}
