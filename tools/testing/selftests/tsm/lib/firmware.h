/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the emulated platforms' firmware shows in debugfs of the TDIs that are
 * bound. It stands for ways to the firmware that a host is no part of, and lets
 * tests see more of a TDI than its guest does.
 */
#ifndef __SELFTEST_TSM_FIRMWARE_H
#define __SELFTEST_TSM_FIRMWARE_H

#include <stdbool.h>

#include "platform.h"
#include "setup.h"

/**
 * struct tsm_firmware_tdi - a TDI as its device sees it
 * @state: enum pci_tdisp_state
 * @pages: 4K pages of its BARs that are validated
 * @dma: it may access its guest's memory
 * @non_tee: bit for each BAR that is not for the TEE
 */
struct tsm_firmware_tdi {
	int state;
	unsigned int pages[TSM_EMU_NR_BARS];
	bool dma;
	unsigned int non_tee;
};

const char *tsm_firmware_state_name(int state);

/*
 * Each returns 0, -ENOENT if the function is not bound, -ENODEV if the platform
 * has none of it, or another -errno
 */
int tsm_firmware_tdi(const struct tsm_setup *s, struct tsm_firmware_tdi *tdi);
/* What SEV-SNP firmware puts into the secrets page of the guest */
int tsm_firmware_secrets(const struct tsm_setup *s,
			 struct emu_sev_secrets *secrets);
/* @data is to be freed */
int tsm_firmware_object(const struct tsm_setup *s, enum emu_object type,
			void **data, u32 *len);
/* What a guest asks its module (RMM, TDX module), which no host sees */
int tsm_firmware_call(const struct tsm_setup *s, struct emu_module_call *call);

/*
 * Begin with the function of this name on the platform whose TSM speaks this
 * protocol. Return: 0, or -errno with the text in &tsm_setup.error
 */
int tsm_firmware_find(struct tsm_setup *s, const char *proto, const char *name);

#endif /* __SELFTEST_TSM_FIRMWARE_H */
