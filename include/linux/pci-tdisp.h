/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TEE Device Interface Security Protocol (TDISP) 1.0 messages, PCIe r6.3 section
 * 11.3. All multi-byte fields are little endian and messages are packed. Later
 * revisions may have more requests, behind PCI_TDISP_VDM.
 */
#ifndef __PCI_TDISP_H
#define __PCI_TDISP_H

#include <linux/bits.h>
#include <linux/types.h>

#define PCI_TDISP_VERSION_1_0		0x10

/* Requests, a response carries the same code less PCI_TDISP_REQ */
#define PCI_TDISP_REQ			0x80
#define PCI_TDISP_GET_VERSION		0x81
#define PCI_TDISP_GET_CAPABILITIES	0x82
#define PCI_TDISP_LOCK_INTERFACE	0x83
#define PCI_TDISP_GET_INTERFACE_REPORT	0x84
#define PCI_TDISP_GET_INTERFACE_STATE	0x85
#define PCI_TDISP_START_INTERFACE	0x86
#define PCI_TDISP_STOP_INTERFACE	0x87
#define PCI_TDISP_BIND_P2P_STREAM	0x88
#define PCI_TDISP_UNBIND_P2P_STREAM	0x89
#define PCI_TDISP_SET_MMIO_ATTRIBUTE	0x8a
#define PCI_TDISP_VDM			0x8b
#define PCI_TDISP_ERROR			0x7f

/**
 * enum pci_tdisp_state - state of a TDI, PCIe r6.3 section 11.2
 * @PCI_TDISP_STATE_CONFIG_UNLOCKED: host and guest may still configure the TDI
 * @PCI_TDISP_STATE_CONFIG_LOCKED: configuration is locked for attestation
 * @PCI_TDISP_STATE_RUN: the TDI may access TVM memory
 * @PCI_TDISP_STATE_ERROR: a locked TDI was reconfigured, only STOP leaves it
 */
enum pci_tdisp_state {
	PCI_TDISP_STATE_CONFIG_UNLOCKED = 0,
	PCI_TDISP_STATE_CONFIG_LOCKED = 1,
	PCI_TDISP_STATE_RUN = 2,
	PCI_TDISP_STATE_ERROR = 3,
};

/**
 * enum pci_tdisp_error - code of a TDISP_ERROR response, section 11.3.24
 * @PCI_TDISP_ERR_INVALID_REQUEST: a field of the request is not valid
 * @PCI_TDISP_ERR_BUSY: the device can't serve the request now, retry later
 * @PCI_TDISP_ERR_INVALID_INTERFACE_STATE: not permitted in the TDI's state
 * @PCI_TDISP_ERR_UNSPECIFIED: any other failure
 * @PCI_TDISP_ERR_UNSUPPORTED_REQUEST: the device lacks this request, whose code is in
 *	&pci_tdisp_error_rsp.data
 * @PCI_TDISP_ERR_VERSION_MISMATCH: the device lacks this TDISP version
 * @PCI_TDISP_ERR_VENDOR_SPECIFIC: the vendor's data follows, of as many bytes as
 *	&pci_tdisp_error_rsp.data says
 * @PCI_TDISP_ERR_INVALID_INTERFACE: no such TDI
 * @PCI_TDISP_ERR_INVALID_NONCE: START with another nonce than LOCK returned
 * @PCI_TDISP_ERR_INSUFFICIENT_ENTROPY: no nonce could be made
 * @PCI_TDISP_ERR_INVALID_DEVICE_CONFIGURATION: the function can't be locked as
 *	it is configured
 */
enum pci_tdisp_error {
	PCI_TDISP_ERR_INVALID_REQUEST = 0x1,
	PCI_TDISP_ERR_BUSY = 0x3,
	PCI_TDISP_ERR_INVALID_INTERFACE_STATE = 0x4,
	PCI_TDISP_ERR_UNSPECIFIED = 0x5,
	PCI_TDISP_ERR_UNSUPPORTED_REQUEST = 0x7,
	PCI_TDISP_ERR_VERSION_MISMATCH = 0x41,
	PCI_TDISP_ERR_VENDOR_SPECIFIC = 0xff,
	PCI_TDISP_ERR_INVALID_INTERFACE = 0x101,
	PCI_TDISP_ERR_INVALID_NONCE = 0x102,
	PCI_TDISP_ERR_INSUFFICIENT_ENTROPY = 0x103,
	PCI_TDISP_ERR_INVALID_DEVICE_CONFIGURATION = 0x104,
};

#define PCI_TDISP_FUNCTION_RID		GENMASK(15, 0)
#define PCI_TDISP_FUNCTION_SEGMENT	GENMASK(23, 16)
#define PCI_TDISP_FUNCTION_SEGMENT_VALID	BIT(24)

/**
 * struct pci_tdisp_header - starts every TDISP message, section 11.3.3
 * @version: PCI_TDISP_VERSION_1_0
 * @type: message code
 * @reserved: 0
 * @function_id: the TDI, PCI_TDISP_FUNCTION_*
 * @reserved_id: 0, second part of the INTERFACE_ID, section 11.2
 */
struct pci_tdisp_header {
	u8 version;
	u8 type;
	u8 reserved[2];
	__le32 function_id;
	__le64 reserved_id;
} __packed;

struct pci_tdisp_version {
	struct pci_tdisp_header hdr;
	u8 count;
	u8 entry[];
} __packed;

struct pci_tdisp_get_capabilities {
	struct pci_tdisp_header hdr;
	__le32 tsm_caps;
} __packed;

struct pci_tdisp_capabilities {
	struct pci_tdisp_header hdr;
	__le32 dsm_caps;
	u8 req_msgs_supported[16];
	__le16 lock_flags_supported;
	u8 reserved[3];
	u8 dev_addr_width;
	u8 num_req_this;
	u8 num_req_all;
} __packed;

#define PCI_TDISP_LOCK_NO_FW_UPDATE		BIT(0)
#define PCI_TDISP_LOCK_SYSTEM_CACHE_LINE_SIZE	BIT(1)
#define PCI_TDISP_LOCK_MSIX			BIT(2)
#define PCI_TDISP_LOCK_BIND_P2P			BIT(3)
#define PCI_TDISP_LOCK_ALL_REQUEST_REDIRECT	BIT(4)

struct pci_tdisp_lock_interface {
	struct pci_tdisp_header hdr;
	__le16 flags;
	u8 default_stream_id;
	u8 reserved;
	__le64 mmio_reporting_offset;
	__le64 bind_p2p_address_mask;
} __packed;

#define PCI_TDISP_NONCE_LEN			32

struct pci_tdisp_lock_interface_rsp {
	struct pci_tdisp_header hdr;
	u8 start_nonce[PCI_TDISP_NONCE_LEN];
} __packed;

struct pci_tdisp_get_interface_report {
	struct pci_tdisp_header hdr;
	__le16 offset;
	__le16 length;
} __packed;

struct pci_tdisp_interface_report_rsp {
	struct pci_tdisp_header hdr;
	__le16 portion_length;
	__le16 remainder_length;
	u8 report[];
} __packed;

struct pci_tdisp_interface_state_rsp {
	struct pci_tdisp_header hdr;
	u8 state;
} __packed;

struct pci_tdisp_start_interface {
	struct pci_tdisp_header hdr;
	u8 start_nonce[PCI_TDISP_NONCE_LEN];
} __packed;

/* BIND_P2P_STREAM and UNBIND_P2P_STREAM */
struct pci_tdisp_p2p_stream {
	struct pci_tdisp_header hdr;
	u8 p2p_stream_id;
} __packed;

#define PCI_TDISP_MMIO_MSIX_TABLE		BIT(0)
#define PCI_TDISP_MMIO_MSIX_PBA			BIT(1)
#define PCI_TDISP_MMIO_NON_TEE			BIT(2)
#define PCI_TDISP_MMIO_ATTR_UPDATABLE		BIT(3)

/**
 * struct pci_tdisp_mmio_range - entry of the interface report, section 11.3.11
 * @first_page: number of the first 4K page, MMIO_REPORTING_OFFSET applied
 * @pages: number of 4K pages
 * @attr: PCI_TDISP_MMIO_*
 * @range_id: identifies the range within the TDI, the BAR's index
 */
struct pci_tdisp_mmio_range {
	__le64 first_page;
	__le32 pages;
	__le16 attr;
	__le16 range_id;
} __packed;

struct pci_tdisp_set_mmio_attribute {
	struct pci_tdisp_header hdr;
	struct pci_tdisp_mmio_range range;
} __packed;

#define PCI_TDISP_REPORT_NO_FW_UPDATE		BIT(0)
#define PCI_TDISP_REPORT_DMA_NO_PASID		BIT(1)
#define PCI_TDISP_REPORT_DMA_PASID		BIT(2)
#define PCI_TDISP_REPORT_ATS			BIT(3)
#define PCI_TDISP_REPORT_PRS			BIT(4)

/**
 * struct pci_tdisp_interface_report - TDI_REPORT_STRUCTURE, section 11.3.11
 * @interface_info: PCI_TDISP_REPORT_*
 * @reserved: 0
 * @msix_message_control: as in the function's MSI-X capability
 * @lnr_control: as in the function's LNR capability
 * @tph_control: as in the function's TPH capability
 * @mmio_range_count: entries in @mmio_range
 * @mmio_range: MMIO ranges of the TDI, followed by a u32 length of device
 *	specific information and that information
 */
struct pci_tdisp_interface_report {
	__le16 interface_info;
	__le16 reserved;
	__le16 msix_message_control;
	__le16 lnr_control;
	__le32 tph_control;
	__le32 mmio_range_count;
	struct pci_tdisp_mmio_range mmio_range[];
} __packed;

struct pci_tdisp_error_rsp {
	struct pci_tdisp_header hdr;
	__le32 code;
	__le32 data;
} __packed;

#endif /* __PCI_TDISP_H */
