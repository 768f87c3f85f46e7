/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the emulated platform (CONFIG_TSM_EMU) has for tests: a count of the
 * requests that reached its TSM, operations that can be held, messages of each
 * class, and that it comes and goes. Without an instance it is platform 0.
 */
#ifndef __SELFTEST_TSM_PLATFORM_H
#define __SELFTEST_TSM_PLATFORM_H

#include <stdbool.h>
#include "tsm_tdisp.h"

#define TSM_PLATFORM_HOOKS "/sys/kernel/debug/tsm_emu.0"
#define TSM_PLATFORM_PARAMS "/sys/module/tsm_emu/parameters"

/* More platforms there can't be, whatever tsm_emu.instances says */
#define TSM_PLATFORM_MAX 5

/* Operations of the TSM that tsm_platform_stall() can hold */
#define TSM_STALL_GUEST_REQ BIT(0)
#define TSM_STALL_BIND BIT(1)
#define TSM_STALL_UNBIND BIT(2)
#define TSM_STALL_CONNECT BIT(3)
#define TSM_STALL_DISCONNECT BIT(4)
/* What the firmware goes on with after it has taken a request */
#define TSM_STALL_COMPLETION BIT(5)
/* By connect, before the TSM is the function's */
#define TSM_STALL_PROBE BIT(6)

#define TSM_EMU_VENDOR_ID 0x7e10

/* Codes of the emulated TSM's own messages, one of each class, and two that go wrong */
enum emu_vdm_code {
	EMU_VDM_ECHO,
	EMU_VDM_RECONFIGURE,
	EMU_VDM_READ,
	EMU_VDM_WRITE,
	/* The driver claims a longer response than there is room for */
	EMU_VDM_OVERRUN,
	/* The driver claims all the room there is, and writes the header only */
	EMU_VDM_LAZY,
};

/**
 * struct emu_vdm - one of them, as a TDISP vendor defined message
 * @hdr: with PCI_TDISP_VDM
 * @registry_id: 0, that of PCI-SIG
 * @vendor_id_len: length of @vendor_id
 * @vendor_id: TSM_EMU_VENDOR_ID
 * @code: &enum emu_vdm_code, what it needs follows
 */
struct emu_vdm {
	struct pci_tdisp_header hdr;
	u8 registry_id;
	u8 vendor_id_len;
	__le16 vendor_id;
	u8 code;
} __packed;

/* The debug register follows in a READ response and in a WRITE request */
struct emu_vdm_reg {
	struct emu_vdm vdm;
	__le64 value;
} __packed;

static inline struct emu_vdm emu_vdm(enum emu_vdm_code code, u32 function_id)
{
	return (struct emu_vdm) {
		.hdr = tdisp_header(PCI_TDISP_VDM, function_id),
		.vendor_id_len = sizeof(__le16),
		.vendor_id = htole16(TSM_EMU_VENDOR_ID),
		.code = code,
	};
}

/* Each returns 0 or -errno */
int tsm_platform_requests(unsigned long *count);
int tsm_platform_requests_at(unsigned int instance, unsigned long *count);
int tsm_platform_stall(u32 mask);
int tsm_platform_wait_stalled(unsigned long count);
int tsm_platform_stall_at(unsigned int instance, u32 mask);
int tsm_platform_wait_stalled_at(unsigned int instance, unsigned long count);
int tsm_platform_unbind(unsigned int instance);
int tsm_platform_bind(unsigned int instance);
bool tsm_platform_exists(unsigned int instance);
bool tsm_platform_is_bound(unsigned int instance);
int tsm_platform_bind_other_vm(u16 rid);
int tsm_platform_bind_called_off(u16 rid);
int tsm_platform_other_vm_is_bound(unsigned long *bound);
/* From the next bind on */
int tsm_platform_set_tsm_last(bool last);
int tsm_platform_use_debug_msgs(bool on);

#endif /* __SELFTEST_TSM_PLATFORM_H */
