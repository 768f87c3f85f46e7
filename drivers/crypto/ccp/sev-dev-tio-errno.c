// SPDX-License-Identifier: GPL-2.0-only
/* Map SEV-TIO firmware status codes to errnos */
#include <linux/errno.h>

#include "sev-dev-tio.h"

/* What a VMM can do something about, all else is -EIO. It gets the status, too */
static int status_to_errno(int psp_ret)
{
	switch (psp_ret) {
	/* Not initialized, or on the way down: no command is going to work */
	case SEV_RET_INVALID_PLATFORM_STATE:
	case SEV_RET_RMP_INIT_REQUIRED:
	case SEV_RET_RMP_INITIALIZATION_FAILED:
	case SEV_RET_SHUTDOWN_REQUIRED:
	case SEV_RET_SHUTDOWN_INCOMPLETE:
	case SEV_RET_RESTORE_REQUIRED:
		return -ESHUTDOWN;

	/* Other firmware might */
	case SEV_RET_UNSUPPORTED:
	case SEV_RET_INVALID_COMMAND:
		return -EOPNOTSUPP;

	/* The guest is not that far yet */
	case SEV_RET_INVALID_GUEST_STATE:
	case SEV_RET_INACTIVE:
		return -EAGAIN;

	/* In use by, or left over from, somebody else */
	case SEV_RET_ALREADY_OWNED:
	case SEV_RET_ASID_OWNED:
	case SEV_RET_ACTIVE:
	case SEV_RET_IN_USE:
	case SEV_RET_SEV_STATUS_RECLAIM_REQUIRED:
		return -EBUSY;

	/* The session with the device is lost, it takes a new connect */
	case SEV_RET_SEV_STATUS_INVALID_DEV_STATE:
	case SEV_RET_SEV_STATUS_DEV_CERT_CHANGED:
	case SEV_RET_SEV_STATUS_RESYNC_REQ:
		return -ENOTCONN;

	default:
		return -EIO;
	}
}

/**
 * sev_tio_errno() - Map the result of a SEV-TIO command to an errno
 * @ret: from sev_do_cmd() or sev_tio_spdm_cmd()
 * @psp_ret: the firmware's status, 0 if it gave none
 *
 * Return: @ret, but for
 * * -EIO with a status: the errno of that status
 * * -EBUSY and -ENODEV, with which sev_do_cmd() reports a PSP that is dead after a
 *   timeout, or absent: -ESHUTDOWN, so that -EBUSY is always about the TDI
 */
int sev_tio_errno(int ret, int psp_ret)
{
	switch (ret) {
	case -EIO:
		return psp_ret ? status_to_errno(psp_ret) : -EIO;
	case -EBUSY:
	case -ENODEV:
		return -ESHUTDOWN;
	default:
		return ret;
	}
}
