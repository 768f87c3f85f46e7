// SPDX-License-Identifier: GPL-2.0
/*
 * Link TSM of the emulated platform: the part of a TSM driver that is the same for
 * all guest protocols. The firmware of the vendor serves the requests, fw-*.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tsm.h>
#include <linux/util_macros.h>

#include "fw.h"

static unsigned int omit_ops;
module_param(omit_ops, uint, 0644);
MODULE_PARM_DESC(omit_ops,
		 "Link operations to omit: 1 bind and unbind, 2 guest_req, 4 unbind, 8 guest protocol, 16 remove, 32 connect, 64 disconnect, 128 messages of the guest protocol");

static bool debug_msgs;
module_param(debug_msgs, bool, 0644);
MODULE_PARM_DESC(debug_msgs,
		 "Serve debug messages of each class too, from the next probe on");

/* A firmware takes a line here. The first is for platforms that are given no other */
static const struct tsm_emu_fw * const emu_fws[] = {
	&tsm_emu_fw_tdisp,
	PTR_IF(IS_ENABLED(CONFIG_TSM_EMU_SEV_TIO), &tsm_emu_fw_sev_tio),
	PTR_IF(IS_ENABLED(CONFIG_TSM_EMU_CCA), &tsm_emu_fw_cca),
	PTR_IF(IS_ENABLED(CONFIG_TSM_EMU_TDX), &tsm_emu_fw_tdx),
};

/* Two platforms by default have the first */
static_assert(ARRAY_SIZE(emu_fws) + 1 <= TSM_EMU_MAX_INSTANCES);

static char *proto[TSM_EMU_MAX_INSTANCES];
static unsigned int nr_protos;
module_param_array(proto, charp, &nr_protos, 0444);
MODULE_PARM_DESC(proto,
		 "Guest protocol of each platform's TSM, the log lists them if one is not known");

static const struct tsm_emu_fw *emu_find_fw(const char *name)
{
	for (int i = 0; i < ARRAY_SIZE(emu_fws); i++) {
		if (emu_fws[i] && !strcmp(emu_fws[i]->guest_proto->name, name))
			return emu_fws[i];
	}
	return NULL;
}

/* A function's TSM may be of another platform */
static const struct tsm_emu_fw *emu_fw(struct pci_dev *pdev)
{
	const struct pci_tsm_ops *ops = pdev->tsm->tsm_dev->pci_ops;

	return container_of(ops, struct tsm_emu, tsm_ops)->fw;
}

static struct pci_tsm *emu_probe_pf0(struct tsm_dev *tsm_dev,
				     struct pci_dev *pdev)
{
	int rc;

	struct tsm_emu_dsm *dsm __free(kfree) = kzalloc_obj(*dsm);
	if (!dsm)
		return NULL;

	rc = pci_tsm_pf0_constructor(pdev, &dsm->pf0, tsm_dev);
	if (rc)
		return NULL;

	return &no_free_ptr(dsm)->pf0.base_tsm;
}

static struct pci_tsm *emu_probe(struct tsm_dev *tsm_dev, struct pci_dev *pdev)
{
	int rc;

	if (!is_tsm_emu_fn(pdev))
		return NULL;
	if (tsm_emu_stall(pci_dev_to_emu(pdev), TSM_EMU_STALL_PROBE))
		return NULL;
	if (is_pci_tsm_pf0(pdev))
		return emu_probe_pf0(tsm_dev, pdev);

	struct pci_tsm *tsm __free(kfree) = kzalloc_obj(*tsm);
	if (!tsm)
		return NULL;

	rc = pci_tsm_link_constructor(pdev, tsm, tsm_dev);
	if (rc)
		return NULL;

	return no_free_ptr(tsm);
}

static void emu_remove(struct pci_tsm *tsm)
{
	if (is_pci_tsm_pf0(tsm->pdev))
		kfree(container_of(tsm, struct tsm_emu_dsm, pf0.base_tsm));
	else
		kfree(tsm);
}

static int emu_connect(struct pci_dev *pdev)
{
	int rc = tsm_emu_stall(pci_dev_to_emu(pdev), TSM_EMU_STALL_CONNECT);

	if (rc)
		return rc;
	rc = tsm_emu_dsm_start_session(pdev);
	if (rc)
		return rc;
	rc = tsm_emu_dsm_set_keys(pdev);
	if (rc)
		return rc;
	rc = tsm_emu_dsm_version(pdev);
	return rc > 0 ? -EIO : rc;
}

/* The core has unbound the TDIs. A DSM that does not answer can't use the session */
static void emu_disconnect(struct pci_dev *pdev)
{
	tsm_emu_stall(pci_dev_to_emu(pdev), TSM_EMU_STALL_DISCONNECT);
	tsm_emu_dsm_end_session(pdev);
}

static struct pci_tdi *emu_bind(struct pci_dev *pdev, struct kvm *kvm,
				u32 tdi_id, u64 *tsm_code)
{
	struct tsm_emu_bound *bound;
	int rc;

	rc = tsm_emu_stall(pci_dev_to_emu(pdev), TSM_EMU_STALL_BIND);
	if (rc)
		return ERR_PTR(rc);

	/* A reset of the DSM's function, e.g. as VFIO opens that, took them */
	rc = tsm_emu_dsm_set_keys(pdev);
	/* For a bind, -EBUSY is a function that another VM has */
	if (rc)
		return ERR_PTR(rc == -EBUSY ? -EAGAIN : rc);
	/* The last unbind may not have reached the DSM */
	rc = tsm_emu_dsm_stop(pdev);
	if (rc)
		return ERR_PTR(rc > 0 ? -EIO : rc);

	bound = kzalloc_obj(*bound);
	if (!bound)
		return ERR_PTR(-ENOMEM);

	pci_tsm_tdi_constructor(pdev, &bound->tdi, kvm, tdi_id);
	bound->fw = emu_fw(pdev);
	if (bound->fw->bind) {
		rc = bound->fw->bind(bound);
		if (rc > 0)
			*tsm_code = bound->fw->bind_code;
		if (rc) {
			tsm_emu_bound_free(bound);
			return ERR_PTR(rc > 0 ? -EIO : rc);
		}
	}

	tsm_emu_bound_add(bound);
	return &bound->tdi;
}

static void emu_unbind(struct pci_tdi *tdi)
{
	struct tsm_emu_bound *bound = to_tsm_emu_bound(tdi);
	int rc;

	tsm_emu_stall(pci_dev_to_emu(tdi->pdev), TSM_EMU_STALL_UNBIND);
	tsm_emu_bound_del(bound);
	if (bound->fw->unbind)
		bound->fw->unbind(bound);
	rc = tsm_emu_dsm_stop(tdi->pdev);
	if (rc)
		pci_warn(tdi->pdev, "failed to stop the TDI: %d\n", rc);
	tsm_emu_bound_free(bound);
}

static int emu_guest_req(struct pci_tdi *tdi, struct pci_tsm_guest_req *req)
{
	struct tsm_emu_bound *bound = to_tsm_emu_bound(tdi);
	struct tsm_emu *emu = pci_dev_to_emu(tdi->pdev);
	int rc;

	atomic_inc(&emu->requests);
	rc = tsm_emu_stall(emu, TSM_EMU_STALL_GUEST_REQ);
	if (rc)
		return rc;
	return bound->fw->guest_req(bound, req);
}

static const struct pci_tsm_ops emu_tsm_ops = {
	.probe = emu_probe,
	.remove = emu_remove,
	.connect = emu_connect,
	.disconnect = emu_disconnect,
	.bind = emu_bind,
	.unbind = emu_unbind,
	.guest_req = emu_guest_req,
};

/* Of which nothing is filled in */
static const struct pci_tsm_guest_proto emu_empty_proto;

static void emu_omit_ops(struct pci_tsm_ops *ops)
{
	if (omit_ops & TSM_EMU_OMIT_TDI)
		ops->bind = NULL;
	if (omit_ops & (TSM_EMU_OMIT_TDI | TSM_EMU_OMIT_UNBIND))
		ops->unbind = NULL;
	if (omit_ops & TSM_EMU_OMIT_GUEST_REQ)
		ops->guest_req = NULL;
	if (omit_ops & TSM_EMU_OMIT_GUEST_PROTO)
		ops->guest_proto = NULL;
	if (omit_ops & TSM_EMU_OMIT_MSGS)
		ops->guest_proto = &emu_empty_proto;
	if (omit_ops & TSM_EMU_OMIT_REMOVE)
		ops->remove = NULL;
	if (omit_ops & TSM_EMU_OMIT_CONNECT)
		ops->connect = NULL;
	if (omit_ops & TSM_EMU_OMIT_DISCONNECT)
		ops->disconnect = NULL;
}

static int __init emu_check_protos(void)
{
	for (unsigned int i = 0; i < nr_protos; i++) {
		if (emu_find_fw(proto[i]))
			continue;

		pr_err("no protocol \"%s\", but:\n", proto[i]);
		for (int j = 0; j < ARRAY_SIZE(emu_fws); j++) {
			if (emu_fws[j])
				pr_err("  %s\n", emu_fws[j]->guest_proto->name);
		}
		return -EINVAL;
	}
	return 0;
}

/* The parameter is read-only, so nothing writes to the name */
static void __init emu_add_proto(const struct tsm_emu_fw *fw)
{
	proto[nr_protos++] = (char *)fw->guest_proto->name;
}

/* All there are. Tests of several platforms need two that are alike */
static void __init emu_add_all_protos(void)
{
	emu_add_proto(emu_fws[0]);
	for (int i = 0; i < ARRAY_SIZE(emu_fws); i++) {
		if (emu_fws[i])
			emu_add_proto(emu_fws[i]);
	}
}

/**
 * tsm_emu_tsm_init() - find out which protocol each platform has
 * @instances: how many platforms there are to be; if 0, takes how many there are
 *
 * Context: before any tsm_emu_tsm_register()
 * Return: 0, or -EINVAL after a message that says what there is
 */
int __init tsm_emu_tsm_init(unsigned int *instances)
{
	int rc = emu_check_protos();

	if (rc)
		return rc;

	if (!*instances && !nr_protos)
		emu_add_all_protos();
	if (!*instances)
		*instances = nr_protos;
	if (nr_protos > *instances) {
		pr_err("%u protocols, but instances=%u\n", nr_protos, *instances);
		return -EINVAL;
	}
	while (nr_protos < *instances)
		emu_add_proto(emu_fws[0]);

	tsm_emu_debug_init();
	return 0;
}

/**
 * tsm_emu_tsm_exit() - undo what tsm_emu_tsm_init() and the platforms left
 *
 * Context: process context, when there is no platform any more
 */
void tsm_emu_tsm_exit(void)
{
	for (int i = 0; i < ARRAY_SIZE(emu_fws); i++) {
		if (emu_fws[i] && emu_fws[i]->exit)
			emu_fws[i]->exit();
	}
}

static void emu_tsm_unregister(void *tsm_dev)
{
	tsm_unregister(tsm_dev);
}

/**
 * tsm_emu_tsm_register() - register the link TSM
 * @emu: the platform
 *
 * It is unregistered with the platform device's driver.
 *
 * Context: process context
 * Return: 0 or -errno
 */
int tsm_emu_tsm_register(struct tsm_emu *emu)
{
	int id = to_platform_device(emu->dev)->id;

	emu->fw = emu_find_fw(proto[id]);
	emu->tsm_ops = emu_tsm_ops;
	emu->tsm_ops.guest_proto = emu->fw->guest_proto;
	if (debug_msgs && emu->fw->debug_proto)
		emu->tsm_ops.guest_proto = emu->fw->debug_proto;
	emu_omit_ops(&emu->tsm_ops);

	emu->tsm_dev = tsm_register(emu->dev, &emu->tsm_ops);
	if (IS_ERR(emu->tsm_dev))
		return PTR_ERR(emu->tsm_dev);

	return devm_add_action_or_reset(emu->dev, emu_tsm_unregister,
					emu->tsm_dev);
}
