// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of the emulated platform: which of them are there, where they are, and
 * where their MMIO is. All of that follows from their configuration space, which is
 * read here and written in config.c.
 */
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/unaligned.h>

#include "tsm-emu.h"

/* 1 to 7 puts VFs into the slot of their PF */
unsigned int tsm_emu_vf_offset = 8;
module_param_named(vf_offset, tsm_emu_vf_offset, uint, 0444);
MODULE_PARM_DESC(vf_offset, "First VF Offset of the PF, 1 to 200");

/**
 * tsm_emu_vf_devfn() - position of a VF
 * @pf: physical function
 * @index: number of the VF, from 0
 *
 * Context: any
 * Return: device and function number
 */
unsigned int tsm_emu_vf_devfn(const struct tsm_emu_fn *pf, unsigned int index)
{
	return pf->devfn + tsm_emu_vf_offset + index;
}

/**
 * tsm_emu_is_present() - is a function there?
 * @fn: function
 *
 * Context: under &tsm_emu.lock
 * Return: false for a VF that its PF has not enabled
 */
bool tsm_emu_is_present(const struct tsm_emu_fn *fn)
{
	const u8 *sriov;

	if (!fn->pf)
		return true;
	sriov = &fn->pf->config[TSM_EMU_ECAP_SRIOV];
	return get_unaligned_le16(sriov + PCI_SRIOV_CTRL) & PCI_SRIOV_CTRL_VFE &&
	       fn->vf_index < get_unaligned_le16(sriov + PCI_SRIOV_NUM_VF);
}

/**
 * tsm_emu_is_below() - does a bridge lead to a function?
 * @fn: function
 * @port: bridge, or any function
 *
 * Context: any
 * Return: true if @port is between @fn and the host bridge
 */
bool tsm_emu_is_below(const struct tsm_emu_fn *fn, const struct tsm_emu_fn *port)
{
	for (fn = fn->port; fn; fn = fn->port) {
		if (fn == port)
			return true;
	}
	return false;
}

/**
 * tsm_emu_has_dsm() - does a DSM manage a function as a TDI?
 * @fn: function
 * @dsm: function with a DSM
 *
 * Context: any
 * Return: true for functions of the DSM's device, or below its switch if they have no
 * DSM of their own
 */
bool tsm_emu_has_dsm(const struct tsm_emu_fn *fn, const struct tsm_emu_fn *dsm)
{
	return fn->port == dsm->port ||
	       (tsm_emu_is_below(fn, dsm) && !fn->desc->dsm);
}

/**
 * tsm_emu_is_in_d0() - is a function in D0?
 * @fn: function; one without a power management capability is
 *
 * Context: under &tsm_emu.lock
 * Return: false in D3hot
 */
bool tsm_emu_is_in_d0(const struct tsm_emu_fn *fn)
{
	return !(get_unaligned_le16(&fn->config[TSM_EMU_CAP_PM + PCI_PM_CTRL]) &
		 PCI_PM_CTRL_STATE_MASK);
}

/**
 * tsm_emu_rid() - where a function is
 * @fn: function
 *
 * Context: under &tsm_emu.lock, or while nothing renumbers the buses
 * Return: bus, device and function number; with bus 0 for a function below a bridge
 * that leads to no bus yet
 */
u16 tsm_emu_rid(const struct tsm_emu_fn *fn)
{
	u8 bus = fn->port ? fn->port->config[PCI_SECONDARY_BUS] : 0;

	return PCI_DEVID(bus, fn->devfn);
}

/**
 * tsm_emu_find_fn() - function by its routing id
 * @emu: the platform
 * @rid: bus, device and function number
 *
 * Context: under &tsm_emu.lock
 * Return: function, or NULL if there is none
 */
struct tsm_emu_fn *tsm_emu_find_fn(struct tsm_emu *emu, u16 rid)
{
	lockdep_assert_held(&emu->lock);

	for (unsigned int i = 0; i < emu->nr_fns; i++) {
		struct tsm_emu_fn *fn = &emu->fn[i];

		if (fn->port && !PCI_BUS_NUM(rid))
			continue;
		if (tsm_emu_rid(fn) == rid && tsm_emu_is_present(fn))
			return fn;
	}
	return NULL;
}

static const u32 *bar_sizes(const struct tsm_emu_fn *fn)
{
	return fn->pf ? fn->desc->vf_bar_size : fn->desc->bar_size;
}

static u64 bar_base(const struct tsm_emu_fn *fn, unsigned int bar)
{
	const struct tsm_emu_fn *owner = fn->pf ?: fn;
	unsigned int reg = fn->pf ? TSM_EMU_ECAP_SRIOV + PCI_SRIOV_BAR :
				    PCI_BASE_ADDRESS_0;
	u64 base;

	base = get_unaligned_le64(&owner->config[reg + bar * sizeof(u64)]);
	base &= PCI_BASE_ADDRESS_MEM_MASK;
	return base + (u64)fn->vf_index * bar_sizes(fn)[bar];
}

/**
 * tsm_emu_tdi_configure() - tell a TDI how its function is configured
 * @fn: its function
 *
 * Context: under &tsm_emu.lock
 */
void tsm_emu_tdi_configure(struct tsm_emu_fn *fn)
{
	u16 devctl;

	devctl = get_unaligned_le16(&fn->config[TSM_EMU_CAP_EXP +
						PCI_EXP_DEVCTL]);
	fn->tdi.phantom = devctl & PCI_EXP_DEVCTL_PHANTOM;
	for (int i = 0; i < TSM_EMU_NR_BARS; i++) {
		fn->tdi.bar[i].size = bar_sizes(fn)[i];
		fn->tdi.bar[i].base = bar_base(fn, i);
	}
}

/**
 * tsm_emu_lose_keys() - the IDE streams of a DSM's device become insecure
 * @emu: the platform
 * @dsm: function of the DSM
 *
 * The TDIs that are bound to them don't survive that, PCIe r6.3 sections 11.2 and
 * 11.4.5.
 *
 * Context: under &tsm_emu.lock
 */
void tsm_emu_lose_keys(struct tsm_emu *emu, struct tsm_emu_fn *dsm)
{
	lockdep_assert_held(&emu->lock);

	dsm->doe.keys = false;
	for (unsigned int i = 0; i < emu->nr_fns; i++) {
		if (tsm_emu_has_dsm(&emu->fn[i], dsm))
			tsm_emu_tdi_reconfigured(&emu->fn[i].tdi);
	}
}
