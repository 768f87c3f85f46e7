// SPDX-License-Identifier: GPL-2.0
/*
 * Operations that a test holds or slows down, in debugfs:
 *
 *   stall       mask of the operations that don't return, TSM_EMU_STALL_*
 *   stalled     how many operations wait because of it
 *   delay_ms    how long each operation takes, held or not
 *   incomplete  how often the guest hears that one goes on, before it ends
 */
#include <linux/debugfs.h>
#include <linux/device/bus.h>
#include <linux/jiffies.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "tsm-emu.h"

static bool is_held(struct tsm_emu *emu, u32 op)
{
	return READ_ONCE(emu->stall) & op;
}

static int take_time(struct tsm_emu *emu)
{
	u32 delay_ms = READ_ONCE(emu->delay_ms);

	if (likely(!delay_ms))
		return 0;
	return schedule_timeout_killable(msecs_to_jiffies(delay_ms)) ? -EINTR : 0;
}

static noinline int hold(struct tsm_emu *emu, u32 op)
{
	int rc;

	if (!is_held(emu, op))
		return take_time(emu);

	atomic_inc(&emu->stalled);
	rc = wait_event_killable(emu->stall_wq, !is_held(emu, op));
	atomic_dec(&emu->stalled);
	return rc ? -EINTR : take_time(emu);
}

/**
 * tsm_emu_stall() - wait while a test holds an operation, and as long as it takes
 * @emu: the platform
 * @op: TSM_EMU_STALL_* of the operation
 *
 * Context: may sleep for as long as the test likes, ends with a fatal signal
 * Return: 0 or -EINTR
 */
int tsm_emu_stall(struct tsm_emu *emu, u32 op)
{
	if (likely(!is_held(emu, op) && !READ_ONCE(emu->delay_ms)))
		return 0;
	return hold(emu, op);
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

static int hold_removal(struct notifier_block *nb, unsigned long action,
			void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);

	if (action == BUS_NOTIFY_DEL_DEVICE && is_tsm_emu_fn(pdev))
		tsm_emu_stall(pci_dev_to_emu(pdev), TSM_EMU_STALL_REMOVAL);
	return NOTIFY_DONE;
}

static struct notifier_block removal_nb = {
	.notifier_call = hold_removal,
};

/**
 * tsm_emu_removals_add() - let tests hold the removal of functions
 *
 * Context: process context, before there is a platform
 * Return: 0 or -errno
 */
int __init tsm_emu_removals_add(void)
{
	return bus_register_notifier(&pci_bus_type, &removal_nb);
}

/**
 * tsm_emu_removals_del() - undo tsm_emu_removals_add()
 *
 * Context: process context, when there is no platform any more
 */
void tsm_emu_removals_del(void)
{
	bus_unregister_notifier(&pci_bus_type, &removal_nb);
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

/**
 * tsm_emu_stall_init() - start with no operation held or slow
 * @emu: the platform
 * @dir: directory in debugfs for the files, removed by the caller
 *
 * Context: process context
 */
void tsm_emu_stall_init(struct tsm_emu *emu, struct dentry *dir)
{
	init_waitqueue_head(&emu->stall_wq);
	debugfs_create_file_unsafe("stall", 0600, dir, emu, &stall_fops);
	debugfs_create_atomic_t("stalled", 0400, dir, &emu->stalled);
	debugfs_create_u32("delay_ms", 0600, dir, &emu->delay_ms);
	debugfs_create_u32("incomplete", 0600, dir, &emu->incomplete);
}
