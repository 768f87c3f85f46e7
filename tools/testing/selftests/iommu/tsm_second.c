// SPDX-License-Identifier: GPL-2.0
/* A function of a second emulated platform, see tsm_second.h */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tsm_file.h"
#include "tsm_platform.h"
#include "tsm_second.h"

const struct tsm_function tsm_second = {
	.name = "second",
	.bdf = "10001:01:00.0",
	.dsm = "10001:01:00.0",
	.platform = 1,
};

bool tsm_second_exists(void)
{
	return tsm_platform_exists(1);
}

/* The TSM that it has may be another than it shall have */
int tsm_second_prepare(struct tsm_setup *s, unsigned int instance)
{
	char path[80], name[32];
	int rc;

	rc = tsm_find_tsm(s, instance);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/tsm/connect",
		 s->fn->dsm);
	rc = tsm_file_read(path, name, sizeof(name));
	if (rc)
		return tsm_fail(s, -rc, "read %s", path);
	if (name[0] && strcmp(name, s->tsm)) {
		snprintf(path, sizeof(path),
			 "/sys/bus/pci/devices/%s/tsm/disconnect", s->fn->dsm);
		rc = tsm_file_write(path, name);
		if (rc)
			return tsm_fail(s, -rc, "write %s to %s", name, path);
	}
	return tsm_connect(s) ?: tsm_use_vfio(s);
}
