// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's module (RMM, TDX module), which on hardware no VMM is: a guest's call
 * to it goes to the emulated platform, which has one. A front end hands it on
 * register by register, and makes of the answer what the guest gets.
 */
#include <errno.h>
#include <string.h>

#include "../lib/firmware.h"
#include "vmm.h"

int vmm_call_module(struct vmm *vmm, struct emu_module_call *call)
{
	int rc = tsm_firmware_call(&vmm->setup, call);

	if (rc && rc != -ENOENT)
		tsm_fail(&vmm->setup, -rc, "ask the guest's module");
	return rc;
}

int vmm_write_private(struct vmm *vmm, u64 gpa, const void *data, size_t len)
{
	if (gpa > vmm->ram_size || len > vmm->ram_size - gpa)
		return -EFAULT;
	memcpy(vmm->ram + gpa, data, len);
	return 0;
}
