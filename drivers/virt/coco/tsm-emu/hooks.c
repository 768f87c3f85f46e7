// SPDX-License-Identifier: GPL-2.0
/*
 * Directory of a platform in debugfs, named as the platform device. The files are
 * described in Documentation/driver-api/pci/tsm-emu.rst; those that are not made
 * here are made in stall.c, bound.c and other_vm.c.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>

#include "tsm-emu.h"

#define FLOOR_STACK_LEN		256

static int floor_copy(const struct iommu_vdevice_tsm_guest_request *cmd,
		      void *req, void *resp)
{
	if (copy_from_user(req, u64_to_user_ptr(cmd->req_uptr), cmd->req_len))
		return -EFAULT;
	memcpy(resp, req, min(cmd->req_len, cmd->resp_len));
	if (copy_to_user(u64_to_user_ptr(cmd->resp_uptr), resp, cmd->resp_len))
		return -EFAULT;
	return 0;
}

static int floor_copy_large(const struct iommu_vdevice_tsm_guest_request *cmd)
{
	void *req = kvmalloc(cmd->req_len, GFP_KERNEL_ACCOUNT);
	void *resp = kvzalloc(cmd->resp_len, GFP_KERNEL_ACCOUNT);
	int rc = -ENOMEM;

	if (req && resp)
		rc = floor_copy(cmd, req, resp);
	kvfree(req);
	kvfree(resp);
	return rc;
}

static long floor_ioctl(struct file *file, unsigned int nr, unsigned long arg)
{
	struct iommu_vdevice_tsm_guest_request cmd;
	u8 resp[FLOOR_STACK_LEN] __uninitialized;
	u8 req[FLOOR_STACK_LEN] __uninitialized;
	int rc;

	if (copy_from_user(&cmd, (void __user *)arg, sizeof(cmd)))
		return -EFAULT;
	if (cmd.req_len > IOMMU_VDEVICE_TSM_REQ_LEN_MAX ||
	    cmd.resp_len > IOMMU_VDEVICE_TSM_REQ_LEN_MAX)
		return -EMSGSIZE;

	if (cmd.req_len > sizeof(req) || cmd.resp_len > sizeof(resp)) {
		rc = floor_copy_large(&cmd);
	} else {
		memset(resp, 0, cmd.resp_len);
		rc = floor_copy(&cmd, req, resp);
	}

	cmd.out_resp_len = rc ? 0 : cmd.resp_len;
	if (copy_to_user((void __user *)arg, &cmd, sizeof(cmd)))
		return -EFAULT;
	return rc;
}

static const struct file_operations floor_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.unlocked_ioctl = floor_ioctl,
};

static int mailbox_get(void *data, u64 *val)
{
	struct tsm_emu *emu = data;

	*val = READ_ONCE(emu->mailbox);
	return 0;
}

static int mailbox_set(void *emu, u64 val)
{
	if (val >= EMU_NR_MAILBOXES)
		return -EINVAL;
	tsm_emu_doe_set_mailbox(emu, val);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(mailbox_fops, mailbox_get, mailbox_set, "%llu\n");

/* What a driver does to recover its own function */
static int driver_reset(struct tsm_emu *emu, u64 rid,
			int (*reset)(struct pci_dev *pdev))
{
	if (rid > U16_MAX)
		return -EINVAL;

	struct pci_dev *pdev __free(pci_dev_put) =
		pci_get_domain_bus_and_slot(emu->sysdata.domain,
					    PCI_BUS_NUM(rid), rid & 0xff);
	return pdev ? reset(pdev) : -ENODEV;
}

static int driver_reset_set(void *emu, u64 rid)
{
	return driver_reset(emu, rid, pci_reset_function);
}
DEFINE_DEBUGFS_ATTRIBUTE(driver_reset_fops, NULL, driver_reset_set, "%llu\n");

/* A handler of the AER core has the device lock */
static int reset_with_lock(struct pci_dev *pdev)
{
	guard(device)(&pdev->dev);
	return pci_reset_function_locked(pdev);
}

static int driver_reset_locked_set(void *emu, u64 rid)
{
	return driver_reset(emu, rid, reset_with_lock);
}
DEFINE_DEBUGFS_ATTRIBUTE(driver_reset_locked_fops, NULL,
			 driver_reset_locked_set, "%llu\n");

static void hooks_remove(void *dir)
{
	debugfs_remove_recursive(dir);
}

/**
 * tsm_emu_hooks_add() - make the debugfs files of the platform
 * @emu: the platform
 *
 * They go with the platform device's driver.
 *
 * Context: process context
 * Return: 0 or -ENOMEM
 */
int tsm_emu_hooks_add(struct tsm_emu *emu)
{
	struct dentry *dir = debugfs_create_dir(dev_name(emu->dev), NULL);
	int rc;

	tsm_emu_stall_init(emu, dir);
	tsm_emu_bound_init(emu, dir);
	debugfs_create_atomic_t("requests", 0400, dir, &emu->requests);
	debugfs_create_file_unsafe("mailbox", 0600, dir, emu, &mailbox_fops);
	/* Safe: it touches nothing that goes with the platform */
	debugfs_create_file_unsafe("floor", 0600, dir, NULL, &floor_fops);
	debugfs_create_file_unsafe("driver_reset", 0200, dir, emu,
				   &driver_reset_fops);
	debugfs_create_file_unsafe("driver_reset_locked", 0200, dir, emu,
				   &driver_reset_locked_fops);

	rc = tsm_emu_other_vm_add(emu, dir);
	if (rc) {
		hooks_remove(dir);
		return rc;
	}
	return devm_add_action_or_reset(emu->dev, hooks_remove, dir);
}
