// SPDX-License-Identifier: GPL-2.0
/*
 * Another VM that has a function, for tests: VFIO gives a function to one user
 * at a time, so no user of VFIO can bind a function that is bound to another VM. The
 * core does not rely on that: a caller may bind without VFIO.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/pci.h>

#include "tsm-emu.h"

/* No guest of a test has a function with this id */
#define OTHER_TDI_ID		0xfff8

static int other_vm_bind(struct tsm_emu *emu, u16 rid, bool called_off)
{
	struct pci_tsm_binding *binding;
	u64 tsm_code;
	int rc;

	struct pci_dev *pdev __free(pci_dev_put) =
		pci_get_domain_bus_and_slot(emu->sysdata.domain,
					    PCI_BUS_NUM(rid), rid & 0xff);
	if (!pdev)
		return -ENODEV;

	/* The emulated TSM does not look into the VM: any address tells VMs apart */
	binding = pci_tsm_binding_alloc(pdev, (struct kvm *)emu, OTHER_TDI_ID);
	if (IS_ERR(binding))
		return PTR_ERR(binding);

	if (called_off)
		pci_tsm_unbind(binding);
	rc = pci_tsm_bind(binding, &tsm_code);
	if (rc) {
		pci_tsm_binding_put(binding);
		return rc;
	}

	emu->other_binding = binding;
	return 0;
}

static void other_vm_unbind(struct tsm_emu *emu)
{
	if (!emu->other_binding)
		return;

	pci_tsm_unbind(emu->other_binding);
	pci_tsm_binding_put(emu->other_binding);
	emu->other_binding = NULL;
}

static int other_vm_get(void *data, u64 *val)
{
	struct tsm_emu *emu = data;

	guard(mutex)(&emu->other_lock);
	*val = emu->other_binding &&
	       pci_tsm_binding_is_bound(emu->other_binding);
	return 0;
}

static int other_vm_replace(struct tsm_emu *emu, u64 rid, bool called_off)
{
	if (rid > U16_MAX)
		return -EINVAL;

	guard(mutex)(&emu->other_lock);
	other_vm_unbind(emu);
	return rid ? other_vm_bind(emu, rid, called_off) : 0;
}

static int other_vm_set(void *data, u64 rid)
{
	return other_vm_replace(data, rid, false);
}
DEFINE_DEBUGFS_ATTRIBUTE(other_vm_fops, other_vm_get, other_vm_set, "%llu\n");

static int called_off_set(void *data, u64 rid)
{
	return other_vm_replace(data, rid, true);
}
DEFINE_DEBUGFS_ATTRIBUTE(called_off_fops, NULL, called_off_set, "%llu\n");

static void other_vm_remove(void *data)
{
	other_vm_unbind(data);
}

/**
 * tsm_emu_other_vm_add() - let tests have another VM bind functions
 * @emu: the platform
 * @dir: where its debugfs files are
 *
 * Writing a routing ID to other_vm unbinds the previous function and binds that one;
 * 0 only unbinds. Reading says whether one is bound. other_vm_called_off is written
 * alike, but the VM unbinds before its bind reaches the TSM: no user of iommufd can
 * place an unbind into the gap between the two.
 *
 * Context: process context
 * Return: 0 or -ENOMEM
 */
int tsm_emu_other_vm_add(struct tsm_emu *emu, struct dentry *dir)
{
	mutex_init(&emu->other_lock);
	debugfs_create_file_unsafe("other_vm", 0600, dir, emu, &other_vm_fops);
	debugfs_create_file_unsafe("other_vm_called_off", 0200, dir, emu,
				   &called_off_fops);
	return devm_add_action_or_reset(emu->dev, other_vm_remove, emu);
}
