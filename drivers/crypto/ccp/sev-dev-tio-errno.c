// SPDX-License-Identifier: GPL-2.0-only
/* Map SEV-TIO firmware status codes to errnos */
#include <linux/errno.h>

#include "sev-dev-tio.h"

/*
 * Never -ENOBUFS: it invites the caller to repeat a request, and the firmware does
 * not take a guest message twice.
 */
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

	/* No such guest */
	case SEV_RET_INVALID_GUEST:
	case SEV_RET_INVALID_ASID:
		return -ESRCH;

	/* The guest's owner does not want that */
	case SEV_RET_POLICY_FAILURE:
		return -EPERM;

	/* In use by, or left over from, somebody else */
	case SEV_RET_ALREADY_OWNED:
	case SEV_RET_ASID_OWNED:
	case SEV_RET_ACTIVE:
	case SEV_RET_IN_USE:
	case SEV_RET_SEV_STATUS_RECLAIM_REQUIRED:
		return -EBUSY;

	case SEV_RET_RESOURCE_LIMIT:
		return -ENOSPC;

	/* A parameter, or the header of a guest message */
	case SEV_RET_INVALID_PARAM:
	case SEV_RET_INVALID_CONFIG:
	case SEV_RET_INVALID_LEN:
		return -EINVAL;

	/* Not from the guest's key, or out of order */
	case SEV_RET_BAD_SIGNATURE:
	case SEV_RET_BAD_MEASUREMENT:
	case SEV_RET_INVALID_CERTIFICATE:
	case SEV_RET_SECURE_DATA_INVALID:
	case SEV_RET_INVALID_KEY:
		return -EKEYREJECTED;

	/* The guest's key has no message numbers left */
	case SEV_RET_AEAD_OFLOW:
		return -EKEYEXPIRED;

	/* The device answered the firmware with an error */
	case SEV_RET_SPDM_ERROR:
	case SEV_RET_SEV_STATUS_ERR_IN_DEV_CONN:
		return -EREMOTEIO;

	/* The session with the device is lost, it takes a new connect */
	case SEV_RET_SEV_STATUS_INVALID_DEV_STATE:
	case SEV_RET_SEV_STATUS_DEV_CERT_CHANGED:
	case SEV_RET_SEV_STATUS_RESYNC_REQ:
		return -ENOTCONN;

	/* The firmware knows no such TDI, or one in another state */
	case SEV_RET_SEV_STATUS_INVALID_TDI:
		return -ENXIO;
	case SEV_RET_SEV_STATUS_INVALID_TDI_STATE:
		return -EBADFD;

	case SEV_RET_SEV_STATUS_RESPONSE_TOO_LARGE:
	case SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST:
		return -EOVERFLOW;

	/* Driver and firmware disagree on the interface */
	case SEV_RET_INVALID_ADDRESS:
	case SEV_RET_INVALID_PAGE_SIZE:
	case SEV_RET_INVALID_PAGE_STATE:
	case SEV_RET_INVALID_PAGE_OWNER:
	case SEV_RET_INVALID_MDATA_ENTRY:
	case SEV_RET_INCORRECT_BUFFER_LENGTH:
	case SEV_RET_SEV_STATUS_INVALID_DEV_CTX:
	case SEV_RET_SEV_STATUS_INVALID_TDI_CTX:
	case SEV_RET_SPDM_REQUEST:
		return -EPROTO;

	default:
		return -EIO;
	}
}

/**
 * sev_tio_errno() - Map the result of a SEV-TIO command to an errno
 * @ret: from sev_do_cmd() or sev_tio_spdm_cmd()
 * @psp_ret: the firmware's status
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
