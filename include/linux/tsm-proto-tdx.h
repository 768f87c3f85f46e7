/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Intel TDX Connect: the command buffer of TDG.VP.VMCALL<TDCM>, Guest-Host
 * Communication Interface 2.0 (GHCI). A TD shares it with its VMM, nothing in
 * it is sealed or authenticated: the TD relies only on what the TDX module tells
 * it.
 *
 * A request is the header and data_length bytes, not the whole buffer that the
 * TD shares, and the response alike. Layout and numbers are those of Intel's
 * guest driver of 2026, which uses CHECK_TEEIO_SUPP, BIND, GET_TDI_REPORT and
 * UNBIND. All multi-byte fields are little endian and messages are packed.
 */
#ifndef __TSM_PROTO_TDX_H
#define __TSM_PROTO_TDX_H

#include <linux/types.h>

/**
 * enum tsm_tdx_op - operation of a command, &tsm_tdx_hdr.operation
 * @TSM_TDX_CHECK_TEEIO_SUPP: can the function be a TDI?
 * @TSM_TDX_BIND: lock the TDI
 * @TSM_TDX_GET_DEV_INFO: about the device
 * @TSM_TDX_GET_TDI_REPORT: interface report
 * @TSM_TDX_START_TDI: start the locked TDI
 * @TSM_TDX_GET_TDI_STATE: state of the TDI
 * @TSM_TDX_UNBIND: stop the TDI
 *
 * No user of GET_DEV_INFO, START_TDI and GET_TDI_STATE was found, so the data
 * that they take is not known: none is assumed. What they return is noted at
 * &struct tsm_tdx_tdi_state and TSM_TDX_RSP_DATA_MAX.
 */
enum tsm_tdx_op {
	TSM_TDX_CHECK_TEEIO_SUPP = 1,
	TSM_TDX_BIND = 2,
	TSM_TDX_GET_DEV_INFO = 3,
	TSM_TDX_GET_TDI_REPORT = 4,
	TSM_TDX_START_TDI = 5,
	TSM_TDX_GET_TDI_STATE = 6,
	TSM_TDX_UNBIND = 7,
};

/**
 * enum tsm_tdx_status - progress of a command, &tsm_tdx_hdr.status
 * @TSM_TDX_WAIT: not done yet, the value in a request
 * @TSM_TDX_COMPLETED: done
 * @TSM_TDX_ERROR: failed, &tsm_tdx_hdr.error tells why
 */
enum tsm_tdx_status {
	TSM_TDX_WAIT = 0,
	TSM_TDX_COMPLETED = 1,
	TSM_TDX_ERROR = 2,
};

/**
 * enum tsm_tdx_error - component that failed, &tsm_tdx_hdr.error
 * @TSM_TDX_ERR_NONE: none, the value in a request
 * @TSM_TDX_ERR_MODULE: the TDX module
 * @TSM_TDX_ERR_DEVICE: the device
 * @TSM_TDX_ERR_SPDM: a SPDM message
 * @TSM_TDX_ERR_IDE_KM: an IDE key management message
 * @TSM_TDX_ERR_TDISP: a TDISP message
 * @TSM_TDX_ERR_STATE: not permitted in the TDI's state
 */
enum tsm_tdx_error {
	TSM_TDX_ERR_NONE = 0,
	TSM_TDX_ERR_MODULE = 10,
	TSM_TDX_ERR_DEVICE = 11,
	TSM_TDX_ERR_SPDM = 12,
	TSM_TDX_ERR_IDE_KM = 13,
	TSM_TDX_ERR_TDISP = 14,
	TSM_TDX_ERR_STATE = 15,
};

/* The guest driver leaves the version at 0, no other was found */
#define TSM_TDX_VERSION			0

/* Bytes of data in a response: those of the longest interface report */
#define TSM_TDX_RSP_DATA_MAX		65536

/**
 * struct tsm_tdx_hdr - starts a command buffer, in both directions
 * @operation: enum tsm_tdx_op
 * @version: TSM_TDX_VERSION
 * @reserved: 0
 * @reserved2: 0
 * @status: enum tsm_tdx_status
 * @error: enum tsm_tdx_error
 * @reserved3: 0
 * @reserved4: 0
 * @data_length: bytes of @data
 * @data: of the operation; of an interface report in GET_TDI_REPORT's response,
 *	and none in a response with TSM_TDX_ERROR
 */
struct tsm_tdx_hdr {
	__le16 operation;
	u8 version;
	u8 reserved;
	__le32 reserved2;
	u8 status;
	u8 error;
	__le16 reserved3;
	__le32 reserved4;
	__le32 data_length;
	u8 data[];
} __packed;

/**
 * struct tsm_tdx_teeio_supp - data in CHECK_TEEIO_SUPP's response
 * @supported: 1 if the function can be a TDI, else 0
 */
struct tsm_tdx_teeio_supp {
	u8 supported;
} __packed;

/**
 * struct tsm_tdx_tdi_state - data in GET_TDI_STATE's response
 * @state: enum pci_tdisp_state. Assumed, as TDG.TDI.RD returns it to the TD.
 */
struct tsm_tdx_tdi_state {
	u8 state;
} __packed;

#endif /* __TSM_PROTO_TDX_H */
