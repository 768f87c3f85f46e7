/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests about a TDI of an Arm CCA realm. A realm makes Realm Host Interface
 * calls (RHI, Arm DEN0148), or asks the Realm Management Monitor (RMM) to map
 * MMIO, and its VMM makes one of these of either. All of it is in the clear:
 * the realm checks what it got against digests that the RMM vouches for.
 *
 * The numbers and lengths of the requests are those of the host series of March
 * and April 2026, in which the request begins with its type; later postings of
 * it (v5 to v7) move the type out. Three things are defined here only:
 * TSM_CCA_MEASUREMENTS_REFRESH carries its nonce, where the posted one has a
 * pointer to it; reserved fields must be 0; and TSM_CCA_CONTINUE and TSM_CCA_ABORT,
 * for the posted one waits until an operation has ended. All multi-byte fields are
 * little endian.
 */
#ifndef __TSM_PROTO_CCA_H
#define __TSM_PROTO_CCA_H

#include <linux/bits.h>
#include <linux/types.h>

/**
 * enum tsm_cca_type - kind of a request, its first 4 bytes
 * @TSM_CCA_OBJECT_SIZE: how long an object is
 * @TSM_CCA_OBJECT_READ: a part of an object
 * @TSM_CCA_REPORT_REFRESH: fetch the interface report from the device anew
 * @TSM_CCA_MEASUREMENTS_REFRESH: fetch measurements from the device anew
 * @TSM_CCA_VALIDATE_MMIO: map MMIO of the TDI into the realm (RMI_VDEV_MEM_MAP)
 * @TSM_CCA_SET_TDI_STATE: lock, start or unlock the TDI
 * @TSM_CCA_CONTINUE: go on with what was answered by TSM_CCA_INCOMPLETE
 * @TSM_CCA_ABORT: give it up, upon which the TDI has to be unlocked
 */
enum tsm_cca_type {
	TSM_CCA_OBJECT_SIZE = 1,
	TSM_CCA_OBJECT_READ = 2,
	TSM_CCA_REPORT_REFRESH = 3,
	TSM_CCA_MEASUREMENTS_REFRESH = 4,
	TSM_CCA_VALIDATE_MMIO = 5,
	TSM_CCA_SET_TDI_STATE = 6,
	TSM_CCA_CONTINUE = 7,
	TSM_CCA_ABORT = 8,
};

/**
 * enum tsm_cca_object - what the host keeps about a device for its realm
 * @TSM_CCA_OBJECT_VCA: SPDM version, capabilities and algorithms
 * @TSM_CCA_OBJECT_CERTIFICATE: certificate chain
 * @TSM_CCA_OBJECT_MEASUREMENTS: measurements
 * @TSM_CCA_OBJECT_REPORT: interface report, struct pci_tdisp_interface_report
 *
 * Numbers of the RHI. Postings of 2025 gave the VCA number 4.
 */
enum tsm_cca_object {
	TSM_CCA_OBJECT_VCA = 0,
	TSM_CCA_OBJECT_CERTIFICATE = 1,
	TSM_CCA_OBJECT_MEASUREMENTS = 2,
	TSM_CCA_OBJECT_REPORT = 3,
};

/**
 * enum tsm_cca_status - outcome as a realm gets it from its RHI call
 * @TSM_CCA_SUCCESS: done
 * @TSM_CCA_INCOMPLETE: goes on, the realm must continue the call, or abort it. No
 *	answer to TSM_CCA_OBJECT_SIZE, TSM_CCA_OBJECT_READ and TSM_CCA_VALIDATE_MMIO
 * @TSM_CCA_DATA_NOT_AVAILABLE: the object was not fetched yet
 * @TSM_CCA_INVALID_VDEV_ID: the realm does not have this device
 * @TSM_CCA_INVALID_OBJECT: there is no such object
 * @TSM_CCA_ERROR_INPUT: an argument is not valid
 * @TSM_CCA_ERROR_DEVICE: the device failed
 * @TSM_CCA_INVALID_OFFSET: the offset is not within the object
 * @TSM_CCA_ACCESS_FAILED: the realm's buffer can't be accessed
 * @TSM_CCA_BUSY: try again
 * @TSM_CCA_ABORTED_OPERATION_HAD_COMPLETED: too late to abort
 * @TSM_CCA_OBJECT_UNSUPPORTED: the host does not keep such objects
 *
 * A TSM driver reports these as its own result in &pci_tsm_guest_req.tsm_code,
 * so that a VMM can pass them on as they are. The numbers are those of Arm's
 * compliance suite of 2026, postings of 2025 had SUCCESS as 1; only the former
 * has OBJECT_UNSUPPORTED. The text of DEN0148 was not available.
 */
enum tsm_cca_status {
	TSM_CCA_SUCCESS = 0,
	TSM_CCA_INCOMPLETE = 1,
	TSM_CCA_DATA_NOT_AVAILABLE = 2,
	TSM_CCA_INVALID_VDEV_ID = 3,
	TSM_CCA_INVALID_OBJECT = 4,
	TSM_CCA_ERROR_INPUT = 5,
	TSM_CCA_ERROR_DEVICE = 6,
	TSM_CCA_INVALID_OFFSET = 7,
	TSM_CCA_ACCESS_FAILED = 8,
	TSM_CCA_BUSY = 9,
	TSM_CCA_ABORTED_OPERATION_HAD_COMPLETED = 10,
	TSM_CCA_OBJECT_UNSUPPORTED = 11,
};

/**
 * struct tsm_cca_object_size - TSM_CCA_OBJECT_SIZE
 * @type: enum tsm_cca_type
 * @object: enum tsm_cca_object
 */
struct tsm_cca_object_size {
	__le32 type;
	__le32 object;
} __packed;

/**
 * struct tsm_cca_object_size_rsp - answers TSM_CCA_OBJECT_SIZE
 * @size: bytes of the object
 */
struct tsm_cca_object_size_rsp {
	__le32 size;
} __packed;

/**
 * struct tsm_cca_object_read - TSM_CCA_OBJECT_READ
 * @type: enum tsm_cca_type
 * @object: enum tsm_cca_object
 * @offset: first byte to read, less than the object's size
 *
 * The response is the object's bytes from @offset, as many as there are and the
 * response may hold, at least one.
 */
struct tsm_cca_object_read {
	__le32 type;
	__le32 object;
	__le64 offset;
} __packed;

/**
 * struct tsm_cca_report_refresh - TSM_CCA_REPORT_REFRESH, without response
 * @type: enum tsm_cca_type
 */
struct tsm_cca_report_refresh {
	__le32 type;
} __packed;

#define TSM_CCA_NONCE_LEN	32

/* Raw bit streams, else hashes. Linux' realm of March 2026 always sets it */
#define TSM_CCA_MEASUREMENTS_RAW	BIT(0)

/**
 * struct tsm_cca_measurements_refresh - TSM_CCA_MEASUREMENTS_REFRESH, without
 *	response
 * @type: enum tsm_cca_type
 * @reserved: 0
 * @flags: flags of the parameter block of RHI's VDEV_GET_MEASUREMENTS,
 *	TSM_CCA_MEASUREMENTS_*, which the TSM judges. A posting of November 2025 had
 *	others, and the nonce at another place.
 * @nonce: freshness for SPDM GET_MEASUREMENTS
 */
struct tsm_cca_measurements_refresh {
	__le32 type;
	__le32 reserved;
	__le64 flags;
	u8 nonce[TSM_CCA_NONCE_LEN];
} __packed;

/**
 * struct tsm_cca_validate_mmio - TSM_CCA_VALIDATE_MMIO, without response
 * @type: enum tsm_cca_type
 * @reserved: 0
 * @gpa_base: realm's address (IPA) of the first byte, on a 4K page
 * @gpa_top: realm's address behind the last byte, on a 4K page
 * @pa_base: physical address that the realm expects @gpa_base to be mapped to
 *
 * What a REC exit for RMI_VDEV_VALIDATE_MAPPING tells.
 */
struct tsm_cca_validate_mmio {
	__le32 type;
	__le32 reserved;
	__le64 gpa_base;
	__le64 gpa_top;
	__le64 pa_base;
} __packed;

/**
 * struct tsm_cca_set_tdi_state - TSM_CCA_SET_TDI_STATE, without response
 * @type: enum tsm_cca_type
 * @state: of enum pci_tdisp_state one of CONFIG_UNLOCKED, CONFIG_LOCKED, RUN. A
 *	TSM that locks with the bind, as that of March 2026 does, takes RUN only.
 *
 * The RMM does not unlock what has MMIO mapped into the realm.
 */
struct tsm_cca_set_tdi_state {
	__le32 type;
	__le32 state;
} __packed;

/**
 * struct tsm_cca_continue - TSM_CCA_CONTINUE, without response
 * @type: enum tsm_cca_type
 *
 * A device has one operation at a time, so there is no cookie, as there is none in
 * RMI_VDEV_COMMUNICATE. That of the RHI is between the realm and its VMM.
 */
struct tsm_cca_continue {
	__le32 type;
} __packed;

/**
 * struct tsm_cca_abort - TSM_CCA_ABORT, without response
 * @type: enum tsm_cca_type
 */
struct tsm_cca_abort {
	__le32 type;
} __packed;

#endif /* __TSM_PROTO_CCA_H */
