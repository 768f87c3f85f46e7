// SPDX-License-Identifier: GPL-2.0
/*
 * What tests watch and hold, in debugfs below the name of the platform device:
 *
 *   requests  how many guest requests reached the TSM
 *   stall     mask of the operations that don't return, TSM_EMU_STALL_*
 *   stalled   how many operations that keeps
 *   other_vm  bind a function for another VM, see other_vm.c
 *   other_vm_called_off  the same, after an unbind of that binding
 *   floor     ioctl of any number that echoes a request and does no more: what
 *             a benchmark holds the real one against
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>

#include "tsm-emu.h"

#define FLOOR_STACK_LEN		256

static bool is_held(struct tsm_emu *emu, u32 op)
{
	return READ_ONCE(emu->stall) & op;
}

/**
 * tsm_emu_stall() - wait while a test holds an operation
 * @emu: the platform
 * @op: TSM_EMU_STALL_* of the operation
 *
 * Context: may sleep for as long as the test likes, ends with a fatal signal
 * Return: 0 or -EINTR
 */
int tsm_emu_stall(struct tsm_emu *emu, u32 op)
{
	int rc;

	if (likely(!is_held(emu, op)))
		return 0;

	atomic_inc(&emu->stalled);
	rc = wait_event_killable(emu->stall_wq, !is_held(emu, op));
	atomic_dec(&emu->stalled);
	return rc ? -EINTR : 0;
}

/**
 * tsm_emu_stall_work() - let a worker wait while a test holds what it does
 * @emu: the platform
 * @op: TSM_EMU_STALL_* of the operation
 * @aborted: whether to give up, set by tsm_emu_stall_abort()
 *
 * Context: may sleep for as long as the test likes
 * Return: true to go on, false if it was aborted
 */
bool tsm_emu_stall_work(struct tsm_emu *emu, u32 op, const bool *aborted)
{
	atomic_inc(&emu->stalled);
	wait_event_idle(emu->stall_wq,
			!is_held(emu, op) || READ_ONCE(*aborted));
	atomic_dec(&emu->stalled);
	return !READ_ONCE(*aborted);
}

/**
 * tsm_emu_stall_abort() - have a worker give up
 * @emu: the platform
 * @aborted: what tsm_emu_stall_work() looks at
 *
 * Context: any
 */
void tsm_emu_stall_abort(struct tsm_emu *emu, bool *aborted)
{
	WRITE_ONCE(*aborted, true);
	wake_up_all(&emu->stall_wq);
}

static int stall_get(void *data, u64 *val)
{
	struct tsm_emu *emu = data;

	*val = READ_ONCE(emu->stall);
	return 0;
}

static int stall_set(void *data, u64 val)
{
	struct tsm_emu *emu = data;

	WRITE_ONCE(emu->stall, val);
	wake_up_all(&emu->stall_wq);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(stall_fops, stall_get, stall_set, "%llu\n");

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

	init_waitqueue_head(&emu->stall_wq);
	tsm_emu_bound_init(emu, dir);
	debugfs_create_atomic_t("requests", 0400, dir, &emu->requests);
	debugfs_create_file_unsafe("stall", 0600, dir, emu, &stall_fops);
	debugfs_create_atomic_t("stalled", 0400, dir, &emu->stalled);
	/* Safe: it touches nothing that goes with the platform */
	debugfs_create_file_unsafe("floor", 0600, dir, NULL, &floor_fops);

	rc = tsm_emu_other_vm_add(emu, dir);
	if (rc) {
		hooks_remove(dir);
		return rc;
	}
	return devm_add_action_or_reset(emu->dev, hooks_remove, dir);
}
