/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the emulated platform shows in debugfs in place of what a confidential VM
 * has from elsewhere: keys that the firmware writes into its memory at launch,
 * and objects about a device that its host keeps. Tests include this as well.
 */
#ifndef __TSM_EMU_SECRETS_H
#define __TSM_EMU_SECRETS_H

#include <linux/types.h>

#define EMU_SEV_VMPCKS		4
#define EMU_SEV_VMPCK_LEN	32

/**
 * struct emu_sev_secrets - record of the file secrets, one for each bound TDI
 * @tdi_id: id of the TDI that the VMM chose
 * @vmpck: VM platform communication keys, new with each bind
 *
 * On hardware the PSP writes the keys to the secrets page of the guest. They are
 * keys of the guest there, not of a TDI.
 */
struct emu_sev_secrets {
	__le32 tdi_id;
	u8 vmpck[EMU_SEV_VMPCKS][EMU_SEV_VMPCK_LEN];
} __packed;

/**
 * enum emu_object - what a host keeps about a device for its guest
 * @EMU_OBJECT_CERTIFICATES: SPDM certificate chain of the device
 * @EMU_OBJECT_MEASUREMENTS: SPDM GET_MEASUREMENTS, whose nonce is at
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

/*
 * PSP status for a guest message whose number, key or tag is not the right one:
 * SEV_RET_BAD_MEASUREMENT. The firmware ABI that says which (AMD 56860) was not
 * at hand, so it stands here only.
 */
#define EMU_SEV_BAD_MESSAGE	0x000b

/* First byte of a secure device table entry. No other bit is known here */
#define EMU_SDTE_VALID		0x01

#endif /* __TSM_EMU_SECRETS_H */
