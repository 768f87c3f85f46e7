// SPDX-License-Identifier: GPL-2.0
/*
 * Bound TDIs of a platform, and how debugfs shows them to tests:
 *
 *   tdis      a line for each, EMU_TDI_PRINT
 *   objects   objects that the host keeps for the guest, struct emu_object_hdr
 *             before each
 *   secrets   struct emu_sev_secrets for each that has keys
 *   module    calls of guests to their module, struct emu_module_call
 *   sha256    the module digests by SHA-256 where it has the choice
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fw.h"

static enum pci_tdisp_state bound_state(struct tsm_emu *emu,
					struct tsm_emu_bound *bound,
					unsigned int *non_tee)
{
	struct tsm_emu_fn *fn;

	guard(raw_spinlock_irqsave)(&emu->lock);
	fn = tsm_emu_find_fn(emu, pci_dev_id(bound->tdi.pdev));
	*non_tee = fn ? fn->tdi.non_tee : 0;
	return fn ? fn->tdi.state : PCI_TDISP_STATE_CONFIG_UNLOCKED;
}

static unsigned int bound_pages(struct tsm_emu_bound *bound, unsigned int bar)
{
	for (unsigned int i = 0; i < bound->mmio.nr_ranges; i++) {
		struct tsm_emu_range *range = &bound->mmio.range[i];

		/* 64-bit BARs take two registers each */
		if (range->id == 2 * bar)
			return bitmap_weight(range->validated,
					     TSM_EMU_BAR_PAGES_MAX);
	}
	return 0;
}

static int tdis_show(struct seq_file *m, void *unused)
{
	static const char * const names[] = EMU_TDI_STATES;
	struct tsm_emu *emu = m->private;
	struct tsm_emu_bound *bound;

	guard(mutex)(&emu->bound_lock);
	list_for_each_entry(bound, &emu->bound, node) {
		enum pci_tdisp_state state;
		unsigned int non_tee;

		state = bound_state(emu, bound, &non_tee);
		seq_printf(m, EMU_TDI_PRINT,
			   pci_dev_id(bound->tdi.pdev), bound->tdi.tdi_id,
			   names[state], bound_pages(bound, 0),
			   bound_pages(bound, 1),
			   state == PCI_TDISP_STATE_RUN && !bound->dma_blocked,
			   non_tee);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(tdis);

static void show_object(struct seq_file *m, struct tsm_emu_bound *bound,
			enum emu_object type)
{
	const struct tsm_emu_blob *blob = &bound->object[type];
	struct emu_object_hdr hdr = {
		.tdi_id = cpu_to_le32(bound->tdi.tdi_id),
		.type = cpu_to_le32(type),
		.len = cpu_to_le32(blob->len),
	};

	if (!blob->data)
		return;
	seq_write(m, &hdr, sizeof(hdr));
	seq_write(m, blob->data, blob->len);
}

static int objects_show(struct seq_file *m, void *unused)
{
	struct tsm_emu *emu = m->private;
	struct tsm_emu_bound *bound;

	guard(mutex)(&emu->bound_lock);
	list_for_each_entry(bound, &emu->bound, node) {
		for (int type = 0; type < EMU_NR_OBJECTS; type++)
			show_object(m, bound, type);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);

static int secrets_show(struct seq_file *m, void *unused)
{
	struct tsm_emu *emu = m->private;
	struct tsm_emu_bound *bound;

	guard(mutex)(&emu->bound_lock);
	list_for_each_entry(bound, &emu->bound, node) {
		if (bound->secrets)
			seq_write(m, bound->secrets, sizeof(*bound->secrets));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(secrets);

static struct tsm_emu_bound *find_bound(struct tsm_emu *emu, u32 tdi_id)
{
	struct tsm_emu_bound *bound;

	lockdep_assert_held(&emu->bound_lock);
	list_for_each_entry(bound, &emu->bound, node) {
		if (bound->tdi.tdi_id == tdi_id)
			return bound;
	}
	return NULL;
}

static int module_call(struct tsm_emu *emu, struct emu_module_call *call)
{
	struct tsm_emu_bound *bound;
	unsigned int non_tee;

	guard(mutex)(&emu->bound_lock);
	bound = find_bound(emu, call->tdi_id);
	if (!bound)
		return -ENOENT;
	if (!bound->fw->guest_call)
		return -EOPNOTSUPP;

	memset(call->data, 0, sizeof(call->data));
	bound->fw->guest_call(bound, bound_state(emu, bound, &non_tee), call);
	return 0;
}

static long module_ioctl(struct file *file, unsigned int nr, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	int rc;

	struct emu_module_call *call __free(kfree) =
		memdup_user(user, sizeof(*call));
	if (IS_ERR(call))
		return PTR_ERR(call);

	rc = module_call(file->private_data, call);
	if (rc)
		return rc;
	return copy_to_user(user, call, sizeof(*call)) ? -EFAULT : 0;
}

static const struct file_operations module_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.unlocked_ioctl = module_ioctl,
};

/**
 * tsm_emu_bound_init() - start with no bound TDIs
 * @emu: the platform
 * @dir: directory in debugfs for the files, removed by the caller
 *
 * Context: process context
 */
void tsm_emu_bound_init(struct tsm_emu *emu, struct dentry *dir)
{
	mutex_init(&emu->bound_lock);
	INIT_LIST_HEAD(&emu->bound);
	debugfs_create_file("tdis", 0400, dir, emu, &tdis_fops);
	debugfs_create_file("objects", 0400, dir, emu, &objects_fops);
	debugfs_create_file("secrets", 0400, dir, emu, &secrets_fops);
	debugfs_create_file("module", 0600, dir, emu, &module_fops);
	debugfs_create_bool("sha256", 0600, dir, &emu->sha256);
}

/**
 * tsm_emu_bound_add() - show a TDI in debugfs
 * @bound: TDI that was bound
 *
 * Context: may sleep
 */
void tsm_emu_bound_add(struct tsm_emu_bound *bound)
{
	struct tsm_emu *emu = tsm_emu_of_bound(bound);

	guard(mutex)(&emu->bound_lock);
	list_add_tail(&bound->node, &emu->bound);
}

/**
 * tsm_emu_bound_del() - remove a TDI from debugfs
 * @bound: TDI that is about to be unbound
 *
 * Context: may sleep
 */
void tsm_emu_bound_del(struct tsm_emu_bound *bound)
{
	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	list_del(&bound->node);
}

/**
 * tsm_emu_bound_free() - free what is kept of a TDI
 * @bound: TDI that is in no list, without &tsm_emu_bound.fw_data
 *
 * Context: may sleep
 */
void tsm_emu_bound_free(struct tsm_emu_bound *bound)
{
	for (int type = 0; type < EMU_NR_OBJECTS; type++)
		kvfree(bound->object[type].data);
	kfree_sensitive(bound);
}
