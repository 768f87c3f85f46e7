/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AMD SEV-TIO guest messages: what an SNP guest and the platform's security
 * processor (PSP) tell each other about a TDI. The header of a message is in
 * the clear and authenticated, its payload is sealed with AES-256-GCM under a
 * VM platform communication key (VMPCK) that only the guest and the PSP have.
 *
 * Beside them are the host calls: what the VMM asks of the TSM driver for the
 * guest, in the clear. They are this kernel's own, the guest's side of them is an
 * exit to the VMM. A request that is shorter than the header of a message is a
 * host call.
 *
 * The header is that of the SEV-SNP firmware ABI (AMD 56860). The payloads are
 * those of the SEV-TIO Firmware Interface Specification, AMD 58271, revision 0.91
 * of 2025-07-02. Its tables 60 to 69 are message version 1, by way of OpenVMM's
 * definitions, which name the table of each. Version 2 and the status codes follow
 * the guest code of AMD's trees of 2026. All multi-byte fields are little endian
 * and messages are packed.
 */
#ifndef __TSM_PROTO_SEV_TIO_H
#define __TSM_PROTO_SEV_TIO_H

#include <linux/bits.h>
#include <linux/types.h>

/**
 * enum tsm_sev_tio_call - host call, the first byte of a request that is one
 * @TSM_SEV_TIO_CALL_STOP: the guest says STOP in its SEV_TIO_OP exit: take the TDI
 *	out of RUN, or CONFIG_LOCKED, to CONFIG_UNLOCKED. The VMM's binding stays,
 *	and the firmware still answers messages about the TDI.
 * @TSM_SEV_TIO_CALL_RUN: the guest says RUN there: take the TDI from
 *	CONFIG_LOCKED to RUN
 * @TSM_SEV_TIO_CALL_OBJECT_SIZE: length and generation of an object
 * @TSM_SEV_TIO_CALL_OBJECT_READ: a part of an object
 * @TSM_SEV_TIO_CALL_MEASURE: have the device measure itself with a nonce
 *
 * STOP and RUN are those of AMD's host tree, which takes them as one byte, too.
 */
enum tsm_sev_tio_call {
	TSM_SEV_TIO_CALL_STOP = 0,
	TSM_SEV_TIO_CALL_RUN = 1,
	TSM_SEV_TIO_CALL_OBJECT_SIZE = 2,
	TSM_SEV_TIO_CALL_OBJECT_READ = 3,
	TSM_SEV_TIO_CALL_MEASURE = 4,
};

/* Number of a host call among those of messages, which have 8 bits */
#define TSM_SEV_TIO_CALL_ID(_call)	(0x100 + (_call))

/**
 * enum tsm_sev_tio_object - what a guest needs to attest a TDI
 * @TSM_SEV_TIO_OBJECT_CERTIFICATES: certificates of the device, fetched when it
 *	was connected
 * @TSM_SEV_TIO_OBJECT_MEASUREMENTS: measurements of the device with the nonce of
 *	the guest's last MEASURE, each TDI has its own
 * @TSM_SEV_TIO_OBJECT_REPORT: interface report of the TDI, fetched after it was
 *	locked and again after it was started
 *
 * The guest trusts them by their digests in the firmware's answer to TDI_INFO.
 */
enum tsm_sev_tio_object {
	TSM_SEV_TIO_OBJECT_CERTIFICATES = 0,
	TSM_SEV_TIO_OBJECT_MEASUREMENTS = 1,
	TSM_SEV_TIO_OBJECT_REPORT = 2,
};

/* A certificate chain of SPDM has a length of 16 bits */
#define TSM_SEV_TIO_OBJECT_LEN_MAX	0x10000

/**
 * struct tsm_sev_tio_stop_run - host call STOP or RUN, has no response
 * @call: TSM_SEV_TIO_CALL_STOP or TSM_SEV_TIO_CALL_RUN
 *
 * STOP of a TDI that was stopped already succeeds. RUN of one that is not in
 * CONFIG_LOCKED is refused with the firmware's INVALID_TDI_STATE as result code.
 */
struct tsm_sev_tio_stop_run {
	u8 call;
} __packed;

/**
 * struct tsm_sev_tio_object_size - host call OBJECT_SIZE
 * @call: TSM_SEV_TIO_CALL_OBJECT_SIZE
 * @object: enum tsm_sev_tio_object
 * @reserved: 0
 *
 * Fails with ENODATA if there is no such object, or not yet.
 */
struct tsm_sev_tio_object_size {
	u8 call;
	u8 object;
	u8 reserved[2];
} __packed;

/**
 * struct tsm_sev_tio_object_size_rsp - response to OBJECT_SIZE
 * @generation: never 0. An object that is fetched anew has another, and no two
 *	objects of a TDI that ever were have the same.
 * @size: bytes of the object, 1 to TSM_SEV_TIO_OBJECT_LEN_MAX
 * @reserved: 0
 */
struct tsm_sev_tio_object_size_rsp {
	__le64 generation;
	__le32 size;
	u8 reserved[4];
} __packed;

/**
 * struct tsm_sev_tio_object_read - host call OBJECT_READ
 * @call: TSM_SEV_TIO_CALL_OBJECT_READ
 * @object: enum tsm_sev_tio_object
 * @reserved: 0
 * @offset: first byte to read
 * @generation: of &tsm_sev_tio_object_size_rsp
 *
 * The response is the object from @offset on, as much as it may hold and at least
 * a byte. Fails with ENODATA if there is no such object; ESTALE if the object is of
 * another generation, so its size has to be asked for again; ERANGE if @offset is
 * not within the object.
 */
struct tsm_sev_tio_object_read {
	u8 call;
	u8 object;
	u8 reserved[2];
	__le32 offset;
	__le64 generation;
} __packed;

/* Nonce of GET_MEASUREMENTS, DMTF DSP0274 */
#define TSM_SEV_TIO_NONCE_LEN		32

/**
 * struct tsm_sev_tio_measure - host call MEASURE, has no response
 * @call: TSM_SEV_TIO_CALL_MEASURE
 * @reserved: 0
 * @nonce: of the guest, for the device to sign with its measurements
 *
 * Then TSM_SEV_TIO_OBJECT_MEASUREMENTS has another generation. And TDI_INFO tells its
 * digest to all guests of the device: there is one for a device, see
 * &struct sev_tio_dev_status of AMD's host code. So this is a change of state.
 */
struct tsm_sev_tio_measure {
	u8 call;
	u8 reserved[3];
	u8 nonce[TSM_SEV_TIO_NONCE_LEN];
} __packed;

/**
 * enum tsm_sev_tio_type - kind of a message, &tsm_sev_tio_hdr.msg_type
 * @TSM_SEV_TIO_TDI_INFO_REQ: digests, lock flags and binding of a TDI
 * @TSM_SEV_TIO_TDI_INFO_RSP: answers it
 * @TSM_SEV_TIO_MMIO_VALIDATE_REQ: set or clear Validated of MMIO pages in the
 *	RMP
 * @TSM_SEV_TIO_MMIO_VALIDATE_RSP: answers it
 * @TSM_SEV_TIO_MMIO_CONFIG_REQ: read or write the attributes of an MMIO range
 * @TSM_SEV_TIO_MMIO_CONFIG_RSP: answers it
 * @TSM_SEV_TIO_SDTE_WRITE_REQ: write the secure device table entry, that is
 *	open or close the TDI's way to private memory
 * @TSM_SEV_TIO_SDTE_WRITE_RSP: answers it
 *
 * The numbers stand here only. Two sets were posted: requests 0x81 to 0x84 with
 * responses 0x01 to 0x04 in 2024 and early 2025, and those below, which continue
 * the types of the SEV-SNP firmware ABI after TSC_INFO (17 and 18), since
 * AMD's guest series of February 2026. Guests of today use the second.
 */
enum tsm_sev_tio_type {
	TSM_SEV_TIO_TDI_INFO_REQ = 19,
	TSM_SEV_TIO_TDI_INFO_RSP = 20,
	TSM_SEV_TIO_MMIO_VALIDATE_REQ = 21,
	TSM_SEV_TIO_MMIO_VALIDATE_RSP = 22,
	TSM_SEV_TIO_MMIO_CONFIG_REQ = 23,
	TSM_SEV_TIO_MMIO_CONFIG_RSP = 24,
	TSM_SEV_TIO_SDTE_WRITE_REQ = 25,
	TSM_SEV_TIO_SDTE_WRITE_RSP = 26,
};

#define TSM_SEV_TIO_AUTHTAG_LEN		16
#define TSM_SEV_TIO_ALGO_AES_256_GCM	1
#define TSM_SEV_TIO_HDR_VERSION		1
#define TSM_SEV_TIO_VMPCK_MAX		3
/* Header and payload, a page of the guest */
#define TSM_SEV_TIO_MSG_LEN_MAX		4096

/* How a payload names its TDI: the guest's number for it, or the firmware's */
#define TSM_SEV_TIO_MSG_VERSION_1	1
#define TSM_SEV_TIO_MSG_VERSION_2	2

/**
 * struct tsm_sev_tio_hdr - starts every SNP guest message, in the clear
 * @authtag: GCM tag in the first TSM_SEV_TIO_AUTHTAG_LEN bytes, the rest is 0
 * @seqno: number of the message under its key, not 0; with 4 bytes 0 behind it,
 *	the initialization vector
 * @reserved: 0
 * @algo: TSM_SEV_TIO_ALGO_AES_256_GCM; from here to the header's end is the
 *	additional authenticated data
 * @hdr_version: TSM_SEV_TIO_HDR_VERSION
 * @hdr_size: bytes of the header, 0x60
 * @msg_type: enum tsm_sev_tio_type
 * @msg_version: TSM_SEV_TIO_MSG_VERSION_*, of the payload
 * @msg_size: bytes of the payload, sealed as long as plain
 * @reserved2: 0
 * @msg_vmpck: number of the key, 0 to TSM_SEV_TIO_VMPCK_MAX
 * @reserved3: 0
 */
struct tsm_sev_tio_hdr {
	u8 authtag[32];
	__le64 seqno;
	u8 reserved[8];
	u8 algo;
	u8 hdr_version;
	__le16 hdr_size;
	u8 msg_type;
	u8 msg_version;
	__le16 msg_size;
	__le32 reserved2;
	u8 msg_vmpck;
	u8 reserved3[35];
} __packed;

/**
 * union tsm_sev_tio_tdi - the TDI, starts the payload of a request
 * @v1: of message version 1
 * @v1.guest_device_id: requester id that the guest sees
 * @v1.reserved: 0
 * @v2: of message version 2
 * @v2.tdi_id: id that the firmware made when the TDI was bound. AMD's guests have
 *	it from the VMM; no source says which command the host has it from.
 * @v2.reserved: 0
 */
union tsm_sev_tio_tdi {
	struct {
		__le16 guest_device_id;
		u8 reserved[14];
	} __packed v1;
	struct {
		__le64 tdi_id;
		u8 reserved[8];
	} __packed v2;
} __packed;

/**
 * union tsm_sev_tio_result - TDI and status, starts the payload of a response
 * @v1: of message version 1
 * @v1.guest_device_id: as in the request
 * @v1.status: enum of the message
 * @v1.reserved: 0
 * @v2: of message version 2
 * @v2.tdi_id: as in the request
 * @v2.status: enum of the message
 * @v2.reserved: 0
 */
union tsm_sev_tio_result {
	struct {
		__le16 guest_device_id;
		__le16 status;
		u8 reserved[12];
	} __packed v1;
	struct {
		__le64 tdi_id;
		__le16 status;
		u8 reserved[6];
	} __packed v2;
} __packed;

/**
 * struct tsm_sev_tio_tdi_info - payload of TDI_INFO_REQ, 58271 table 60
 * @tdi: the TDI
 */
struct tsm_sev_tio_tdi_info {
	union tsm_sev_tio_tdi tdi;
} __packed;

/**
 * enum tsm_sev_tio_tdi_info_status - status of a TDI_INFO_RSP
 * @TSM_SEV_TIO_TDI_INFO_BOUND: the TDI is bound to the guest
 * @TSM_SEV_TIO_TDI_INFO_INVALID: there is no such TDI
 * @TSM_SEV_TIO_TDI_INFO_UNBOUND: the TDI is not bound
 */
enum tsm_sev_tio_tdi_info_status {
	TSM_SEV_TIO_TDI_INFO_BOUND = 0,
	TSM_SEV_TIO_TDI_INFO_INVALID = 1,
	TSM_SEV_TIO_TDI_INFO_UNBOUND = 2,
};

#define TSM_SEV_TIO_MEAS_DIGEST_VALID	BIT(0)
#define TSM_SEV_TIO_MEAS_DIGEST_FRESH	BIT(1)

#define TSM_SEV_TIO_DIGEST_LEN		48

/**
 * struct tsm_sev_tio_tdi_info_rsp - payload of TDI_INFO_RSP, 58271 table 61
 * @result: TDI and enum tsm_sev_tio_tdi_info_status
 * @meas_flags: TSM_SEV_TIO_MEAS_DIGEST_*
 * @lock_flags: flags of LOCK_INTERFACE, PCI_TDISP_LOCK_*
 * @spdm_algos: algorithms of the SPDM session
 * @certs_digest: SHA-384 of the device's certificates
 * @meas_digest: SHA-384 of its measurements
 * @report_digest: SHA-384 of the interface report
 * @report_count: times that the interface report was fetched
 * @reserved: 0
 *
 * The digests let the guest trust the objects that the host hands it.
 */
struct tsm_sev_tio_tdi_info_rsp {
	union tsm_sev_tio_result result;
	__le32 meas_flags;
	__le32 lock_flags;
	__le64 spdm_algos;
	u8 certs_digest[TSM_SEV_TIO_DIGEST_LEN];
	u8 meas_digest[TSM_SEV_TIO_DIGEST_LEN];
	u8 report_digest[TSM_SEV_TIO_DIGEST_LEN];
	__le64 report_count;
	u8 reserved[8];
} __packed;

/*
 * A request says what Validated becomes (58271 table 63). Pages that differ in it
 * are refused, or with FORCE changed all the same. A response says whether some
 * page changed (table 64).
 */
#define TSM_SEV_TIO_MMIO_VALIDATED	BIT(0)
#define TSM_SEV_TIO_MMIO_FORCE		BIT(1)
#define TSM_SEV_TIO_MMIO_CHANGED	BIT(0)

/**
 * struct tsm_sev_tio_mmio_pages - what MMIO_VALIDATE is about
 * @base: guest physical address of the first page. Sources conflict on message
 *	version 2: of the two trees of AMD's that speak it one sends the address,
 *	the newer one the page number, the address shifted right by 12.
 * @pages: number of 4K pages
 * @range_offset: offset of the pages within the MMIO range. Its unit is not known:
 *	table 63 as cited names none, and the guests of AMD send 0. Here it is 4K
 *	pages, as @pages.
 * @flags: TSM_SEV_TIO_MMIO_*
 * @range_id: MMIO range of the interface report
 * @reserved: 0
 */
struct tsm_sev_tio_mmio_pages {
	__le64 base;
	__le32 pages;
	__le32 range_offset;
	__le16 flags;
	__le16 range_id;
	u8 reserved[12];
} __packed;

/**
 * struct tsm_sev_tio_mmio_validate - payload of MMIO_VALIDATE_REQ, 58271 table 63
 * @tdi: the TDI
 * @mmio: pages, and what to make of them
 */
struct tsm_sev_tio_mmio_validate {
	union tsm_sev_tio_tdi tdi;
	struct tsm_sev_tio_mmio_pages mmio;
} __packed;

/**
 * enum tsm_sev_tio_mmio_validate_status - status of a MMIO_VALIDATE_RSP
 * @TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS: done
 * @TSM_SEV_TIO_MMIO_VALIDATE_INVALID_TDI: there is no such TDI
 * @TSM_SEV_TIO_MMIO_VALIDATE_UNBOUND: the TDI is not bound
 * @TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED: a page is not assigned to the guest
 * @TSM_SEV_TIO_MMIO_VALIDATE_NOT_IO: a page is not MMIO
 * @TSM_SEV_TIO_MMIO_VALIDATE_NOT_UNIFORM: the pages differ in Validated
 * @TSM_SEV_TIO_MMIO_VALIDATE_NOT_IMMUTABLE: the RMP's Immutable bit of a page is
 *	not set
 * @TSM_SEV_TIO_MMIO_VALIDATE_NOT_MAPPED: a page is not mapped to the guest physical
 *	address that the request has for it
 * @TSM_SEV_TIO_MMIO_VALIDATE_NOT_REPORTED: the interface report lacks the range
 * @TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE: the pages exceed the range
 * @TSM_SEV_TIO_MMIO_VALIDATE_NOT_4K: a page is not of 4K
 *
 * Of AMD's guests of 2026. The postings of 2025 lack NOT_IO, their later numbers
 * are one less.
 */
enum tsm_sev_tio_mmio_validate_status {
	TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS = 0,
	TSM_SEV_TIO_MMIO_VALIDATE_INVALID_TDI = 1,
	TSM_SEV_TIO_MMIO_VALIDATE_UNBOUND = 2,
	TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED = 3,
	TSM_SEV_TIO_MMIO_VALIDATE_NOT_IO = 4,
	TSM_SEV_TIO_MMIO_VALIDATE_NOT_UNIFORM = 5,
	TSM_SEV_TIO_MMIO_VALIDATE_NOT_IMMUTABLE = 6,
	TSM_SEV_TIO_MMIO_VALIDATE_NOT_MAPPED = 7,
	TSM_SEV_TIO_MMIO_VALIDATE_NOT_REPORTED = 8,
	TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE = 9,
	TSM_SEV_TIO_MMIO_VALIDATE_NOT_4K = 10,
};

/**
 * struct tsm_sev_tio_mmio_validate_rsp - payload of MMIO_VALIDATE_RSP, 58271 table 64
 * @result: TDI and enum tsm_sev_tio_mmio_validate_status
 * @mmio: as in the request, but for the flags
 */
struct tsm_sev_tio_mmio_validate_rsp {
	union tsm_sev_tio_result result;
	struct tsm_sev_tio_mmio_pages mmio;
} __packed;

/* Attributes have the bits of the interface report, PCI_TDISP_MMIO_* */
#define TSM_SEV_TIO_MMIO_ATTR		GENMASK(15, 0)
#define TSM_SEV_TIO_MMIO_RANGE_ID	GENMASK(31, 16)
#define TSM_SEV_TIO_MMIO_WRITE		BIT(0)

/**
 * struct tsm_sev_tio_mmio_config - payload of MMIO_CONFIG_REQ, 58271 table 65
 * @guest_device_id: requester id that the guest sees, in message version 2 too
 *	as far as is known: AMD's code for it is not compiled
 * @reserved: 0
 * @range: TSM_SEV_TIO_MMIO_RANGE_ID, and what to write: only PCI_TDISP_MMIO_NON_TEE
 *	in TSM_SEV_TIO_MMIO_ATTR can be
 * @write: TSM_SEV_TIO_MMIO_WRITE, or 0 to read
 * @reserved2: 0
 */
struct tsm_sev_tio_mmio_config {
	__le16 guest_device_id;
	__le16 reserved;
	__le32 range;
	__le32 write;
	u8 reserved2[4];
} __packed;

/**
 * enum tsm_sev_tio_mmio_config_status - status of a MMIO_CONFIG_RSP
 * @TSM_SEV_TIO_MMIO_CONFIG_SUCCESS: done
 * @TSM_SEV_TIO_MMIO_CONFIG_INVALID_TDI: there is no such TDI
 * @TSM_SEV_TIO_MMIO_CONFIG_UNBOUND: the TDI is not bound
 * @TSM_SEV_TIO_MMIO_CONFIG_NOT_REPORTED: the interface report lacks the range
 * @TSM_SEV_TIO_MMIO_CONFIG_NOT_CHANGED: the device refused the attributes
 */
enum tsm_sev_tio_mmio_config_status {
	TSM_SEV_TIO_MMIO_CONFIG_SUCCESS = 0,
	TSM_SEV_TIO_MMIO_CONFIG_INVALID_TDI = 1,
	TSM_SEV_TIO_MMIO_CONFIG_UNBOUND = 2,
	TSM_SEV_TIO_MMIO_CONFIG_NOT_REPORTED = 3,
	TSM_SEV_TIO_MMIO_CONFIG_NOT_CHANGED = 4,
};

/**
 * struct tsm_sev_tio_mmio_config_rsp - payload of MMIO_CONFIG_RSP, 58271 table 66
 * @guest_device_id: as in the request
 * @status: enum tsm_sev_tio_mmio_config_status
 * @range: TSM_SEV_TIO_MMIO_RANGE_ID and TSM_SEV_TIO_MMIO_ATTR of the range
 * @write: as in the request
 * @reserved: 0
 */
struct tsm_sev_tio_mmio_config_rsp {
	__le16 guest_device_id;
	__le16 status;
	__le32 range;
	__le32 write;
	u8 reserved[4];
} __packed;

#define TSM_SEV_TIO_SDTE_LEN		64

/*
 * What a guest may write of the secure device table entry, 58271 table 68: bits of
 * the 64 bit words, whose number is in the name. All other bits are reserved. V: the
 * entry is valid; IR, IW: the TDI may read and write; VMPL: of all its accesses.
 *
 * VTOM is the address below which accesses are private. Sources conflict on its form:
 * AMD's guests write bits 51:21 of the address, in an earlier tree all ones; OpenVMM
 * a mask of the bits below it, from bit 16 on, or from 15 in an earlier version.
 */
#define TSM_SEV_TIO_SDTE0_V		BIT_ULL(0)
#define TSM_SEV_TIO_SDTE0_IR		BIT_ULL(61)
#define TSM_SEV_TIO_SDTE0_IW		BIT_ULL(62)
#define TSM_SEV_TIO_SDTE3_VMPL		GENMASK_ULL(50, 49)
#define TSM_SEV_TIO_SDTE5_VTOM_EN	BIT_ULL(0)
#define TSM_SEV_TIO_SDTE5_VTOM		GENMASK_ULL(31, 1)

/**
 * struct tsm_sev_tio_sdte_write - payload of SDTE_WRITE_REQ, 58271 table 67
 * @tdi: the TDI
 * @sdte: secure device table entry, TSM_SEV_TIO_SDTE*
 */
struct tsm_sev_tio_sdte_write {
	union tsm_sev_tio_tdi tdi;
	u8 sdte[TSM_SEV_TIO_SDTE_LEN];
} __packed;

/**
 * enum tsm_sev_tio_sdte_write_status - status of a SDTE_WRITE_RSP
 * @TSM_SEV_TIO_SDTE_WRITE_SUCCESS: done
 * @TSM_SEV_TIO_SDTE_WRITE_INVALID_TDI: there is no such TDI
 * @TSM_SEV_TIO_SDTE_WRITE_UNBOUND: the TDI is not bound
 * @TSM_SEV_TIO_SDTE_WRITE_RESERVED: a reserved bit of the entry is set
 */
enum tsm_sev_tio_sdte_write_status {
	TSM_SEV_TIO_SDTE_WRITE_SUCCESS = 0,
	TSM_SEV_TIO_SDTE_WRITE_INVALID_TDI = 1,
	TSM_SEV_TIO_SDTE_WRITE_UNBOUND = 2,
	TSM_SEV_TIO_SDTE_WRITE_RESERVED = 3,
};

/**
 * struct tsm_sev_tio_sdte_write_rsp - payload of SDTE_WRITE_RSP, 58271 table 69
 * @result: TDI and enum tsm_sev_tio_sdte_write_status
 */
struct tsm_sev_tio_sdte_write_rsp {
	union tsm_sev_tio_result result;
} __packed;

#endif /* __TSM_PROTO_SEV_TIO_H */
