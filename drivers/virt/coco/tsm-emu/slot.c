// SPDX-License-Identifier: GPL-2.0
/*
 * Slot of the device behind the first root port, as a hotplug driver has one. What is
 * in such a slot the PCI core resets by the slot, where it can, not by the bus.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>

#include "tsm-emu.h"

static bool hotplug;
module_param(hotplug, bool, 0644);
MODULE_PARM_DESC(hotplug,
		 "The first device is in a slot that can be reset, from the next probe on");

static int emu_slot_reset(struct hotplug_slot *slot, bool probe)
{
	if (probe)
		return 0;
	return pci_bridge_secondary_bus_reset(slot->pci_slot->bus->self);
}

static const struct hotplug_slot_ops emu_slot_ops = {
	.reset_slot = emu_slot_reset,
};

static void emu_slot_remove(void *slot)
{
	pci_hp_deregister(slot);
}

/**
 * tsm_emu_slot_add() - make the slot, if the parameter says so
 * @emu: the platform, with its bridge
 *
 * It goes with the platform device's driver, before the bridge.
 *
 * Context: process context
 * Return: 0 or -errno
 */
int tsm_emu_slot_add(struct tsm_emu *emu)
{
	struct pci_bus *bus;
	int rc;

	if (!READ_ONCE(hotplug))
		return 0;

	emu->slot.ops = &emu_slot_ops;
	pci_lock_rescan_remove();
	bus = list_first_entry_or_null(&emu->bridge->bus->children,
				       struct pci_bus, node);
	rc = bus ? pci_hp_register(&emu->slot, bus, 0, dev_name(emu->dev)) :
		   -ENODEV;
	pci_unlock_rescan_remove();
	if (rc)
		return rc;
	return devm_add_action_or_reset(emu->dev, emu_slot_remove, &emu->slot);
}
