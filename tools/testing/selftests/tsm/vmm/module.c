// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's module (RMM, TDX module), which on hardware no VMM is: see struct
 * tsm_vmm_module
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/firmware.h"
#include "vmm.h"

static int digest_object(const struct vmm *vmm, enum emu_object type,
			 u8 digest[TSM_SHA384_LEN], void **data, u32 *len)
{
	int rc = tsm_firmware_object(&vmm->setup, type, data, len);

	if (!rc)
		tsm_sha384(*data, *len, digest);
	return rc;
}

static void digest_both(const void *certs, u32 certs_len, const void *meas,
			u32 meas_len, u8 digest[TSM_SHA384_LEN])
{
	u8 *both = malloc(certs_len + meas_len);

	if (!both)
		return;
	memcpy(both, certs, certs_len);
	memcpy(both + certs_len, meas, meas_len);
	tsm_sha384(both, certs_len + meas_len, digest);
	free(both);
}

/* What is not there has a digest of zeroes, which is none of anything */
static void digest_objects(const struct vmm *vmm, struct tsm_vmm_module *module)
{
	void *certs = NULL, *meas = NULL, *report = NULL;
	u32 certs_len, meas_len, report_len;
	int no_certs, no_meas;

	no_certs = digest_object(vmm, EMU_OBJECT_CERTIFICATES,
				 module->certificates, &certs, &certs_len);
	no_meas = digest_object(vmm, EMU_OBJECT_MEASUREMENTS,
				module->measurements, &meas, &meas_len);
	digest_object(vmm, EMU_OBJECT_REPORT, module->report, &report, &report_len);
	if (!no_certs && !no_meas)
		digest_both(certs, certs_len, meas, meas_len, module->device_info);
	free(certs);
	free(meas);
	free(report);
}

int vmm_answer_as_module(struct vmm *vmm)
{
	struct tsm_vmm_module module = {};
	struct tsm_firmware_tdi tdi;
	int rc;

	rc = tsm_firmware_tdi(&vmm->setup, &tdi);
	if (rc && rc != -ENOENT)
		return tsm_fail(&vmm->setup, -rc, "read the emulated TDIs");
	if (!rc) {
		module.bound = 1;
		module.state = tdi.state;
		module.dma = tdi.dma;
		digest_objects(vmm, &module);
	}
	vmm->shared->module = module;
	return 0;
}
