/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What VFIO lets a VM do to a function: configuration space, resets, power. What
 * the host does to it, and sees of it. And whether that harmed the TDI.
 */
#ifndef __SELFTEST_TSM_PCI_H
#define __SELFTEST_TSM_PCI_H

#include <linux/pci_regs.h>

#include "request.h"

#define TSM_PCI_ENABLES (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)

/* Configuration space as the VM sees it. Return: the value, or 0, or -errno */
s64 tsm_config_read(const struct tsm_setup *s, unsigned int reg, size_t size);
int tsm_config_write(const struct tsm_setup *s, unsigned int reg, size_t size,
		     u32 val);
/* Return: where the capability is, or -errno */
int tsm_config_find_cap(const struct tsm_setup *s, u8 id);

/* Configuration space as the device has it, past VFIO. Return: as above */
s64 tsm_pci_read(const char *bdf, unsigned int reg, size_t size);
int tsm_pci_write(const char *bdf, unsigned int reg, size_t size, u32 val);
/* Command register of the device, or -errno */
int tsm_pci_command(const struct tsm_setup *s);
/*
 * Have root set Phantom Functions Enable, with which no DSM locks a TDI (PCIe r7.0
 * section 11.3.8). Return: 0 or -errno
 */
int tsm_pci_set_phantom(const struct tsm_setup *s, bool enable);
/* What a function can have enabled: a VF has no memory enable bit */
u16 tsm_pci_enables(const struct tsm_setup *s);
/* Enable it, and see that the device took it. Return: 0 or -errno */
int tsm_pci_enable(const struct tsm_setup *s);

/* Initiate a Function Level Reset, by either capability. Return: 0 or -errno */
int tsm_config_flr(const struct tsm_setup *s);
/* That of Advanced Features, which VFs do not have */
int tsm_config_af_flr(const struct tsm_setup *s);

/* Power state, PCI_D0 or PCI_D3hot. Return: that, or 0, or -errno */
#define PCI_D0 0
#define PCI_D3hot 3
int tsm_config_power(const struct tsm_setup *s);
int tsm_config_set_power(const struct tsm_setup *s, u8 state);
/* VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY or _EXIT. Return: 0 or -errno */
int tsm_vfio_low_power(const struct tsm_setup *s, u32 feature);

/* As a user of VFIO, and as the administrator. Return: 0 or -errno */
int tsm_vfio_reset(struct tsm_test *t);
int tsm_sysfs_reset(struct tsm_test *t);

/* Does the kernel put unused functions to sleep (CONFIG_PM)? */
bool tsm_pci_is_power_managed(const char *bdf);
/* Wait for that: 0, or -ETIMEDOUT if somebody keeps it awake */
int tsm_pci_wait_asleep(const char *bdf);
/* Is it in D0? What it is else is printed */
bool tsm_pci_is_in_d0(const char *bdf);

/* Is the TDI in that state, and all enabled? What is not is printed */
bool tsm_is_unharmed(struct tsm_test *t, u8 state);

#endif /* __SELFTEST_TSM_PCI_H */
