/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the emulated platform shares with the tests and the example VMM, which
 * include this as well: names and numbers that no specification gives, operations
 * that a test can hold or omit, messages for tests, and the contents of the files
 * in debugfs. Some of these stand for what a confidential VM gets from elsewhere.
 */
#ifndef __TSM_EMU_ABI_H
#define __TSM_EMU_ABI_H

#ifdef __KERNEL__
#include <linux/bits.h>
#include <linux/pci-tdisp.h>
#include <linux/types.h>
#endif

/* Driver; a platform is this, a dot and its number, in /sys and debugfs */
#define TSM_EMU_NAME			"tsm_emu"

/* PCI segment of platform 0, the others follow */
#define TSM_EMU_DOMAIN_MIN		0x10000

/* Functions have 64-bit BARs only */
#define TSM_EMU_NR_BARS			2

/* 4K pages of the BARs of function 00.0 behind the first root port */
#define TSM_EMU_BAR0_PAGES		16
#define TSM_EMU_BAR1_PAGES		1

/* VFs of the PF */
#define TSM_EMU_NR_VFS			4

/* Vendor ID of the functions, no real vendor's */
#define TSM_EMU_VENDOR_ID		0x7e10

/*
 * Types of vIOMMU in IOMMU_VIOMMU_ALLOC, no hardware has them: one that carries TDIs,
 * and one that does not, as those for nested translation
 */
#define TSM_EMU_VIOMMU_TYPE		0x7e105e1f
#define TSM_EMU_VIOMMU_TYPE_NO_TDI	0x7e105e20

/* Type of the entries that the first takes in IOMMU_HWPT_INVALIDATE */
#define TSM_EMU_INVALIDATE		0x7e105e21

/**
 * struct emu_invalidate - one of them
 * @address: in the guest's I/O address space, to be forgotten
 */
struct emu_invalidate {
	__le64 address;
};

/* How many platforms there can be: one for each protocol, and some more */
#define TSM_EMU_MAX_INSTANCES		8

/* Operations that a test can hold, bits of the file stall in debugfs */
#define TSM_EMU_STALL_GUEST_REQ		BIT(0)
#define TSM_EMU_STALL_BIND		BIT(1)
#define TSM_EMU_STALL_UNBIND		BIT(2)
#define TSM_EMU_STALL_CONNECT		BIT(3)
#define TSM_EMU_STALL_DISCONNECT	BIT(4)
/* What the firmware does after it has taken a request */
#define TSM_EMU_STALL_COMPLETION	BIT(5)
/* In connect, before the TSM manages the function */
#define TSM_EMU_STALL_PROBE		BIT(6)
/* In the removal of a function, once its TSM has let go of it */
#define TSM_EMU_STALL_REMOVAL		BIT(7)

/**
 * enum emu_mailbox - how DSMs answer, the file mailbox in debugfs
 * @EMU_MAILBOX_GOOD: as they should
 * @EMU_MAILBOX_LATE: the object is ready at the look number EMU_MAILBOX_LATE_LOOKS at
 *	the status
 * @EMU_MAILBOX_SILENT: there is no object
 * @EMU_MAILBOX_BUSY: the mailbox is busy until it is told to abort, once
 * @EMU_MAILBOX_BROKEN: the status is ERROR
 * @EMU_MAILBOX_SHORT: the object ends with the header of the SPDM message
 * @EMU_MAILBOX_CUT: the object ends EMU_MAILBOX_CUT_LEN bytes into the TDISP message
 * @EMU_MAILBOX_CUT_REPORT: a portion of an interface report lacks its last byte
 * @EMU_MAILBOX_VENDOR_ERROR: the TDISP message is a &struct emu_vendor_error
 * @EMU_NR_MAILBOXES: how many there are
 *
 * But for BUSY the DSM has served the request by then.
 */
enum emu_mailbox {
	EMU_MAILBOX_GOOD = 0,
	EMU_MAILBOX_LATE = 1,
	EMU_MAILBOX_SILENT = 2,
	EMU_MAILBOX_BUSY = 3,
	EMU_MAILBOX_BROKEN = 4,
	EMU_MAILBOX_SHORT = 5,
	EMU_MAILBOX_CUT = 6,
	EMU_MAILBOX_CUT_REPORT = 7,
	EMU_MAILBOX_VENDOR_ERROR = 8,
	EMU_NR_MAILBOXES
};

#define EMU_MAILBOX_LATE_LOOKS		8
#define EMU_MAILBOX_CUT_LEN		20

/* Link operations that the TSM driver omits, bits of the parameter omit_ops */
#define TSM_EMU_OMIT_TDI		BIT(0)
#define TSM_EMU_OMIT_GUEST_REQ		BIT(1)
#define TSM_EMU_OMIT_UNBIND		BIT(2)
#define TSM_EMU_OMIT_GUEST_PROTO	BIT(3)
#define TSM_EMU_OMIT_REMOVE		BIT(4)
#define TSM_EMU_OMIT_CONNECT		BIT(5)
#define TSM_EMU_OMIT_DISCONNECT		BIT(6)
/* The messages of the guest protocol, which is there */
#define TSM_EMU_OMIT_MSGS		BIT(7)

/*
 * Line of the file tdis: routing ID, ID that the VMM chose, state, 4K pages that the
 * guest accepted of each BAR, 1 if DMA reaches the guest or else 0, and a bit for
 * each BAR that is not for the TEE
 */
#define EMU_TDI_PRINT	"%04x %08x %s %u %u %u %u\n"
#define EMU_TDI_SCAN	"%4x %8x %19s %u %u %u %u"

/* States in it, by enum pci_tdisp_state */
#define EMU_TDI_STATES {						\
	[PCI_TDISP_STATE_CONFIG_UNLOCKED] = "CONFIG_UNLOCKED",		\
	[PCI_TDISP_STATE_CONFIG_LOCKED] = "CONFIG_LOCKED",		\
	[PCI_TDISP_STATE_RUN] = "RUN",					\
	[PCI_TDISP_STATE_ERROR] = "ERROR",				\
}

/**
 * enum emu_vdm_code - messages for tests, one of each class, and some that fail
 * @EMU_VDM_ECHO: INFO, the response is the request
 * @EMU_VDM_RECONFIGURE: STATE_CHANGE, the TDI goes to ERROR as if the host had
 *	reconfigured the function
 * @EMU_VDM_READ: DEBUG_READ, the response ends with the debug register
 * @EMU_VDM_WRITE: DEBUG_WRITE, the request ends with the debug register
 * @EMU_VDM_OVERRUN: INFO, the driver claims a response longer than its buffer
 * @EMU_VDM_LAZY: INFO, the driver claims a response that fills its buffer, and
 *	writes only the header
 * @EMU_VDM_EMPTY: INFO, the driver claims success without a response
 * @EMU_VDM_NEEDS_LESS: INFO, the driver wants no more room than there is
 * @EMU_VDM_NEEDS_MORE: INFO, the driver wants more room than its table says
 */
enum emu_vdm_code {
	EMU_VDM_ECHO = 0,
	EMU_VDM_RECONFIGURE = 1,
	EMU_VDM_READ = 2,
	EMU_VDM_WRITE = 3,
	EMU_VDM_OVERRUN = 4,
	EMU_VDM_LAZY = 5,
	EMU_VDM_EMPTY = 6,
	EMU_VDM_NEEDS_LESS = 7,
	EMU_VDM_NEEDS_MORE = 8,
};

/**
 * struct emu_vendor_error - a TDISP error of the vendor's, PCIe r6.3 section 11.3.24
 * @rsp: PCI_TDISP_ERR_VENDOR_SPECIFIC, the data is the length of what follows
 * @registry_id: 0, @vendor_id is one of PCI-SIG
 * @vendor_id_len: length of @vendor_id
 * @vendor_id: TSM_EMU_VENDOR_ID
 */
struct emu_vendor_error {
	struct pci_tdisp_error_rsp rsp;
	u8 registry_id;
	u8 vendor_id_len;
	__le16 vendor_id;
} __packed;

/**
 * struct emu_vdm - one of them, a TDISP vendor defined message, PCIe r6.3 11.3.25
 * @hdr: with PCI_TDISP_VDM, in a response without PCI_TDISP_REQ
 * @registry_id: 0, @vendor_id is one of PCI-SIG
 * @vendor_id_len: length of @vendor_id
 * @vendor_id: TSM_EMU_VENDOR_ID
 * @code: enum emu_vdm_code
 */
struct emu_vdm {
	struct pci_tdisp_header hdr;
	u8 registry_id;
	u8 vendor_id_len;
	__le16 vendor_id;
	u8 code;
} __packed;

/**
 * struct emu_vdm_reg - a READ response or a WRITE request
 * @vdm: the message
 * @value: the debug register
 */
struct emu_vdm_reg {
	struct emu_vdm vdm;
	__le64 value;
} __packed;

#define EMU_SEV_VMPCKS		4
#define EMU_SEV_VMPCK_LEN	32

/**
 * struct emu_sev_secrets - record of the file secrets, one for each bound TDI
 * @tdi_id: id of the TDI that the VMM chose
 * @vmpck: VM platform communication keys of the guest, the same for all of its TDIs
 *	and binds
 * @last_seqno: last number that was used under each when the TDI was bound
 *
 * On hardware the PSP writes the keys to the secrets page of the guest when it
 * launches it, and the guest keeps the numbers there.
 */
struct emu_sev_secrets {
	__le32 tdi_id;
	u8 vmpck[EMU_SEV_VMPCKS][EMU_SEV_VMPCK_LEN];
	__le64 last_seqno[EMU_SEV_VMPCKS];
} __packed;

/**
 * enum emu_object - what a host keeps about a device for its guest
 * @EMU_OBJECT_CERTIFICATES: SPDM certificate chain of the device
 * @EMU_OBJECT_MEASUREMENTS: SPDM GET_MEASUREMENTS, with its nonce at
 *	EMU_MEASUREMENTS_NONCE, and the response to it
 * @EMU_OBJECT_REPORT: interface report of the TDI, while it is locked
 * @EMU_OBJECT_VCA: SPDM version, capabilities and algorithms
 * @EMU_NR_OBJECTS: how many there are
 */
enum emu_object {
	EMU_OBJECT_CERTIFICATES = 0,
	EMU_OBJECT_MEASUREMENTS = 1,
	EMU_OBJECT_REPORT = 2,
	EMU_OBJECT_VCA = 3,
	EMU_NR_OBJECTS
};

#define EMU_MEASUREMENTS_NONCE	4

#define EMU_MODULE_REGS		9
#define EMU_MODULE_DATA_LEN	512

/**
 * struct emu_module_call - what a guest asks of its module, not of its host
 * @tdi_id: id of the TDI that the VMM chose
 * @reserved: 0
 * @reg: registers of the call, and what they return
 * @data: what the module writes to memory of the guest
 *
 * An ioctl of any number on the file module, which fails with ENOENT if there is
 * no such TDI. For a realm @reg is X0 to X8 of a call of the Realm Services
 * Interface (RSI), for a TD RAX, RCX, RDX, R8 and R9 of a TDCALL.
 */
struct emu_module_call {
	u32 tdi_id;
	u32 reserved;
	u64 reg[EMU_MODULE_REGS];
	u8 data[EMU_MODULE_DATA_LEN];
};

/*
 * Calls of a realm to the Realm Management Monitor (RMM), with the numbers and
 * operands of Linux' guest (RFC v3 of March 2026) and of TF-RMM's smc-rsi.h. X1 is
 * the device, nonces are those of struct emu_rsi_vdev_info.
 */
/* X2 is the address of a struct emu_rsi_vdev_info, which is @data here */
#define EMU_RSI_VDEV_GET_INFO		0xc400019d
/* X2 base, X3 top, X4 physical, X5 0, X6 to X8 nonces; X1 next, X2 0 or 1 */
#define EMU_RSI_VDEV_VALIDATE_MAPPING	0xc400019f
/* X2 0, X3 0, X4 to X6 nonces */
#define EMU_RSI_VDEV_DMA_ENABLE		0xc400019c
#define EMU_RSI_VDEV_DMA_DISABLE	0xc40001a4
/* X1 base, X2 top, X3 0 for EMPTY, X4 1 for CHANGE_DESTROYED; X1 next */
#define EMU_RSI_IPA_STATE_SET		0xc4000197

/*
 * VALIDATE_MAPPING returns the last if the RMM has to ask the host, by a REC exit
 * with X1 base, X2 top and X3 physical. When the host has mapped it, or not, the
 * VMM calls EMU_REC_ENTER, X1 is 0 if the host accepts. That returns what
 * VALIDATE_MAPPING returns to the realm. RMM and KVM do so without a number.
 */
#define EMU_REC_ENTER			1

#define EMU_RSI_SUCCESS			0
#define EMU_RSI_ERROR_INPUT		1
#define EMU_RSI_ERROR_STATE		2
#define EMU_RSI_ERROR_DEVICE		5
#define EMU_RSI_EXIT			0x100

#define EMU_RSI_HASH_SHA_256		0
#define EMU_RSI_HASH_SHA_512		1

/**
 * struct emu_rsi_vdev_info - what the RMM tells a realm of its device
 * @flags: 0
 * @certificate_slot: SPDM slot of the certificate chain
 * @hash: EMU_RSI_HASH_*, of the digests
 * @lock_nonce: new each time that the TDI is locked
 * @measurement_nonce: of each measurement
 * @report_nonce: of each interface report
 * @format: 1, TDISP
 * @version: of TDISP
 * @reserved: 0
 * @state: enum pci_tdisp_state
 * @reserved2: 0
 * @vca: digest of the object, as are the next
 * @certificate: digest
 * @public_key: 0
 * @measurements: digest
 * @report: digest
 * @reserved3: 0
 *
 * As TF-RMM lays it out. The guest of March 2026 has @version, @state and the
 * digests 8, 8 and 64 bytes before; the monitor's is taken as it writes it.
 */
struct emu_rsi_vdev_info {
	__le64 flags;
	__le64 certificate_slot;
	__le64 hash;
	__le64 lock_nonce;
	__le64 measurement_nonce;
	__le64 report_nonce;
	__le64 format;
	__le32 version;
	u8 reserved[4];
	__le64 state;
	u8 reserved2[0x38];
	u8 vca[64];
	u8 certificate[64];
	u8 public_key[64];
	u8 measurements[64];
	u8 report[64];
	u8 reserved3[64];
} __packed;

/*
 * Calls of a TD to the TDX module: leaf in RAX, which returns the status. RCX is
 * the function, in MMIO_ACCEPT R8. Leaves and operands are those of Intel's guest
 * driver of 2026, START and DMAR_ACCEPT of OpenHCL's of September 2026.
 */
/* RDX field; RCX value, or a digest as @data */
#define EMU_TDG_TDI_RD			67
/* RDX bind session */
#define EMU_TDG_TDI_START		68
/* RDX which VM of the TD, 0 is L1 */
#define EMU_TDG_DMAR_ACCEPT		70
/* RCX address, RDX index in the report, R9 first page << 32 | pages */
#define EMU_TDG_MMIO_ACCEPT		71

#define EMU_TDI_FIELD_STATE		2
#define EMU_TDI_FIELD_REPORT_HASH	3
#define EMU_TDI_FIELD_ATTESTATION_HASH	4
#define EMU_TDI_FIELD_SESSION		5

#define EMU_TDX_SUCCESS			0
#define EMU_TDX_INVALID_OPERAND		0xc0000100
#define EMU_TDX_TDI_NOT_PRESENT		0xc0000f40
#define EMU_TDX_TDI_INVALID_METADATA	0xc0000f41
/* Of those the name was found and no number: TDX_TDI_INVALID_STATE */
#define EMU_TDX_TDI_INVALID_STATE	0xc0000f42

/**
 * struct emu_object_hdr - record of the file objects, the object follows
 * @tdi_id: id of the TDI that the VMM chose
 * @type: enum emu_object
 * @len: bytes of the object
 */
struct emu_object_hdr {
	__le32 tdi_id;
	__le32 type;
	__le32 len;
} __packed;

#endif /* __TSM_EMU_ABI_H */
