/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the emulated platform (CONFIG_TSM_EMU) has for tests: a count of the
 * requests that reached its TSM, operations that can be held, messages of each
 * class, and that it comes and goes. Without an instance it is platform 0.
 */
#ifndef __SELFTEST_TSM_PLATFORM_H
#define __SELFTEST_TSM_PLATFORM_H

#include <stdbool.h>

#include "setup.h"
#include "tdisp.h"
#include "../../../../../drivers/virt/coco/tsm-emu/abi.h"

#define TSM_PLATFORM_HOOKS "/sys/kernel/debug/tsm_emu.0"
#define TSM_PLATFORM_PARAMS "/sys/module/tsm_emu/parameters"

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
int tsm_platform_delay(unsigned int ms);
/* The hash by which a guest's module digests, where it has the choice */
int tsm_platform_sha256_at(unsigned int instance, bool sha256);
/* How the DSMs answer from now on */
int tsm_platform_mailbox(enum emu_mailbox mailbox);
int tsm_platform_mailbox_at(unsigned int instance, enum emu_mailbox mailbox);
/* How often the TSM answers that a long operation goes on, if the protocol has that */
int tsm_platform_incomplete_at(unsigned int instance, unsigned int times);
/* Hold nothing from now on; where debugfs is locked down nothing can be held */
int tsm_platform_let_go(void);
int tsm_platform_stall_at(unsigned int instance, u32 mask);
int tsm_platform_wait_stalled_at(unsigned int instance, unsigned long count);
int tsm_platform_unbind(unsigned int instance);
int tsm_platform_bind(unsigned int instance);
void tsm_platform_bind_all(void);
bool tsm_platform_exists(unsigned int instance);
bool tsm_platform_is_bound(unsigned int instance);
int tsm_platform_bind_other_vm(u16 rid);
int tsm_platform_bind_called_off(u16 rid);
int tsm_platform_other_vm_is_bound(unsigned long *bound);
/* As the function's driver does to recover it, with the device lock held or without */
int tsm_platform_driver_reset(u16 rid, bool locked);
int tsm_platform_probe_with(const char *param, const char *value);
/* From the next bind on */
int tsm_platform_set_tsm_last(bool last);
int tsm_platform_use_viommu(bool on);
int tsm_platform_use_debug_msgs(bool on);
int tsm_platform_prepare(struct tsm_setup *s, bool debug_msgs);

#endif /* __SELFTEST_TSM_PLATFORM_H */
