// SPDX-License-Identifier: GPL-2.0
/* Privileges of a thread, see caps.h */
#include <errno.h>
#include <sys/capability.h>

#include "caps.h"

int tsm_caps_set_rawio(bool on)
{
	const cap_value_t rawio = CAP_SYS_RAWIO;
	cap_t caps = cap_get_proc();
	int rc = 0;

	if (!caps)
		return -errno;
	if (cap_set_flag(caps, CAP_EFFECTIVE, 1, &rawio, on ? CAP_SET : CAP_CLEAR) ||
	    cap_set_proc(caps))
		rc = -errno;
	cap_free(caps);
	return rc;
}
