// SPDX-License-Identifier: GPL-2.0
/*
 * Emulated TEE I/O platform: a PCI segment in software
 *
 *   00.0 root port - 00.0, 00.1   two functions, 00.0 is the DSM of both
 *   01.0 root port - 00.0         with SR-IOV, the DSM of its VFs 01.0 to 01.3
 *
 * and, where the parameters say so,
 *
 *   02.0                          rootless: a DSM without a root port
 *   03.0 root port - 00.0 upstream port - 00.0 downstream port - 00.0
 *                                       - 01.0 downstream port - 00.0
 *                                 switched: the upstream port is the DSM of the
 *                                 first endpoint and its VF, the second is itself
 *                                 a DSM
 *
 * All of it comes and goes with the driver of the platform device.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/random.h>
#include <linux/sizes.h>

#include "tsm-emu.h"

#define NR_BUSES	16

static bool rootless;
module_param(rootless, bool, 0644);
MODULE_PARM_DESC(rootless,
		 "Add an endpoint with IDE on the root bus, where none may be, from the next probe on");

static const struct tsm_emu_fn_desc emu_rootless_fn = {
	.device_id = 0x0001,
	.pcie_type = PCI_EXP_TYPE_ENDPOINT,
	.port = -1,
	.devfn = PCI_DEVFN(2, 0),
	.tee = true,
	.dsm = true,
};

static bool switched;
module_param(switched, bool, 0644);
MODULE_PARM_DESC(switched,
		 "Add a switch whose upstream port is a DSM, with two endpoints below, from the next probe on");

static const struct tsm_emu_fn_desc emu_switch_fns[] = {
	{
		.device_id = 0x0010,
		.pcie_type = PCI_EXP_TYPE_ROOT_PORT,
		.port = -1,
		.devfn = PCI_DEVFN(3, 0),
	}, {
		.device_id = 0x0011,
		.pcie_type = PCI_EXP_TYPE_UPSTREAM,
		.port = 0,
		.devfn = PCI_DEVFN(0, 0),
		.tee = true,
		.dsm = true,
	}, {
		.device_id = 0x0012,
		.pcie_type = PCI_EXP_TYPE_DOWNSTREAM,
		.port = 1,
		.devfn = PCI_DEVFN(0, 0),
	}, {
		/* With the TEE bit it would have to be the DSM itself */
		.device_id = 0x0003,
		.pcie_type = PCI_EXP_TYPE_ENDPOINT,
		.port = 2,
		.devfn = PCI_DEVFN(0, 0),
		.nr_vfs = 1,
		.bar_size = { SZ_16K },
		.vf_bar_size = { SZ_16K },
	}, {
		.device_id = 0x0012,
		.pcie_type = PCI_EXP_TYPE_DOWNSTREAM,
		.port = 1,
		.devfn = PCI_DEVFN(1, 0),
	}, {
		.device_id = 0x0001,
		.pcie_type = PCI_EXP_TYPE_ENDPOINT,
		.port = 4,
		.devfn = PCI_DEVFN(0, 0),
		.tee = true,
		.dsm = true,
		.bar_size = { SZ_16K },
	},
};

static const struct tsm_emu_fn_desc emu_fns[] = {
	{
		.device_id = 0x0010,
		.pcie_type = PCI_EXP_TYPE_ROOT_PORT,
		.port = -1,
		.devfn = PCI_DEVFN(0, 0),
	}, {
		.device_id = 0x0010,
		.pcie_type = PCI_EXP_TYPE_ROOT_PORT,
		.port = -1,
		.devfn = PCI_DEVFN(1, 0),
	}, {
		.device_id = 0x0001,
		.pcie_type = PCI_EXP_TYPE_ENDPOINT,
		.port = 0,
		.devfn = PCI_DEVFN(0, 0),
		.multifunction = true,
		.tee = true,
		.dsm = true,
		.bar_size = { SZ_4K * TSM_EMU_BAR0_PAGES,
			      SZ_4K * TSM_EMU_BAR1_PAGES },
	}, {
		.device_id = 0x0001,
		.pcie_type = PCI_EXP_TYPE_ENDPOINT,
		.port = 0,
		.devfn = PCI_DEVFN(0, 1),
		.multifunction = true,
		.tee = true,
		.bar_size = { SZ_16K },
	}, {
		.device_id = 0x0002,
		.pcie_type = PCI_EXP_TYPE_ENDPOINT,
		.port = 1,
		.devfn = PCI_DEVFN(0, 0),
		.tee = true,
		.dsm = true,
		.nr_vfs = TSM_EMU_NR_VFS,
		.bar_size = { SZ_64K },
		.vf_bar_size = { SZ_16K, SZ_4K },
	},
};

static struct tsm_emu_fn *emu_add_fn(struct tsm_emu *emu,
				     const struct tsm_emu_fn_desc *desc,
				     struct tsm_emu_fn *port)
{
	struct tsm_emu_fn *fn;

	if (emu->nr_fns == TSM_EMU_MAX_FNS)
		return NULL;

	fn = &emu->fn[emu->nr_fns++];
	fn->desc = desc;
	fn->devfn = desc->devfn;
	fn->port = port;
	get_random_bytes(&fn->tdi.key, sizeof(fn->tdi.key));
	return fn;
}

static int emu_add_vfs(struct tsm_emu *emu, struct tsm_emu_fn *pf)
{
	for (int i = 0; i < pf->desc->nr_vfs; i++) {
		struct tsm_emu_fn *vf;

		vf = emu_add_fn(emu, pf->desc, pf->port);
		if (!vf)
			return -ENOSPC;
		vf->pf = pf;
		vf->vf_index = i;
		vf->devfn = tsm_emu_vf_devfn(pf, i);
		tsm_emu_config_init(vf);
	}
	return 0;
}

static int emu_add_tree(struct tsm_emu *emu,
			const struct tsm_emu_fn_desc *descs, unsigned int nr)
{
	struct tsm_emu_fn *first = &emu->fn[emu->nr_fns];
	int rc = 0;

	for (unsigned int i = 0; i < nr; i++) {
		s8 port = descs[i].port;
		struct tsm_emu_fn *fn;

		fn = emu_add_fn(emu, &descs[i], port < 0 ? NULL : first + port);
		if (!fn)
			return -ENOSPC;
		tsm_emu_config_init(fn);
	}
	for (unsigned int i = 0; !rc && i < nr; i++)
		rc = emu_add_vfs(emu, first + i);
	return rc;
}

static int emu_add_fns(struct tsm_emu *emu)
{
	int rc;

	rc = emu_add_tree(emu, emu_fns, ARRAY_SIZE(emu_fns));
	if (!rc && READ_ONCE(rootless))
		rc = emu_add_tree(emu, &emu_rootless_fn, 1);
	if (rc || !READ_ONCE(switched))
		return rc;
	return emu_add_tree(emu, emu_switch_fns, ARRAY_SIZE(emu_switch_fns));
}

static void emu_msi_remove(void *domain)
{
	struct fwnode_handle *fwnode = ((struct irq_domain *)domain)->fwnode;

	irq_domain_remove(domain);
	irq_domain_free_fwnode(fwnode);
}

/* The functions have no MSI, but iommufd wants to know that it is isolated */
static struct irq_domain *emu_msi_add(struct tsm_emu *emu)
{
	static const struct irq_domain_ops no_ops;
	struct fwnode_handle *fwnode;
	struct irq_domain *domain;
	int rc;

	fwnode = irq_domain_alloc_named_fwnode(dev_name(emu->dev));
	if (!fwnode)
		return ERR_PTR(-ENOMEM);

	domain = irq_domain_create_tree(fwnode, &no_ops, NULL);
	if (!domain) {
		irq_domain_free_fwnode(fwnode);
		return ERR_PTR(-ENOMEM);
	}
	domain->flags |= IRQ_DOMAIN_FLAG_ISOLATED_MSI;

	rc = devm_add_action_or_reset(emu->dev, emu_msi_remove, domain);
	return rc ? ERR_PTR(rc) : domain;
}

static void emu_mmio_release(void *mmio)
{
	release_resource(mmio);
}

static int emu_mmio_add(struct tsm_emu *emu)
{
	int rc;

	emu->mmio.name = dev_name(emu->dev);
	emu->mmio.flags = IORESOURCE_MEM | IORESOURCE_MEM_64 |
			  IORESOURCE_PREFETCH;
	rc = allocate_resource(&iomem_resource, &emu->mmio, SZ_16M, SZ_4G,
			       ~0ULL >> 12, SZ_16M, NULL, NULL);
	if (rc)
		return rc;

	return devm_add_action_or_reset(emu->dev, emu_mmio_release, &emu->mmio);
}

static void emu_vfs_remove(struct tsm_emu *emu, const struct tsm_emu_fn *pf)
{
	u16 rid = tsm_emu_rid(pf);
	struct pci_dev *pdev;

	pdev = pci_get_domain_bus_and_slot(emu->sysdata.domain,
					   PCI_BUS_NUM(rid), rid & 0xff);
	if (!pdev)
		return;

	if (pci_num_vf(pdev))
		pci_disable_sriov(pdev);
	pci_dev_put(pdev);
}

/*
 * A VF holds its PF until SR-IOV is disabled. Not every driver of a PF disables it
 * in its remove(): do it once the drivers are gone.
 */
static void emu_bus_remove(void *data)
{
	struct tsm_emu *emu = data;

	pci_lock_rescan_remove();
	pci_stop_root_bus(emu->bridge->bus);
	for (unsigned int i = 0; i < emu->nr_fns; i++) {
		if (emu->fn[i].desc->nr_vfs && !emu->fn[i].pf)
			emu_vfs_remove(emu, &emu->fn[i]);
	}
	pci_remove_root_bus(emu->bridge->bus);
	pci_unlock_rescan_remove();
}

static int emu_bridge_add(struct tsm_emu *emu, struct irq_domain *msi)
{
	struct pci_host_bridge *bridge;
	int rc;

	bridge = devm_pci_alloc_host_bridge(emu->dev, 0);
	if (!bridge)
		return -ENOMEM;

	rc = pci_bus_find_emul_domain_nr(0, TSM_EMU_DOMAIN_MIN, INT_MAX);
	if (rc < 0)
		return rc;

	/* Given back with the bridge */
	bridge->domain_nr = rc;
	emu->sysdata.domain = rc;
	emu->sysdata.node = NUMA_NO_NODE;
	emu->bridge = bridge;
	bridge->dev.parent = emu->dev;
	bridge->ops = &tsm_emu_config_ops;
	bridge->sysdata = &emu->sysdata;
	dev_set_msi_domain(&bridge->dev, msi);
	emu->busn = DEFINE_RES_NAMED(0, NR_BUSES, dev_name(emu->dev),
				     IORESOURCE_BUS);
	pci_add_resource(&bridge->windows, &emu->busn);
	pci_add_resource(&bridge->windows, &emu->mmio);

	rc = pci_host_probe(bridge);
	if (rc)
		return rc;
	rc = devm_add_action_or_reset(emu->dev, emu_bus_remove, emu);
	return rc ?: tsm_emu_slot_add(emu);
}

static bool tsm_last;
module_param(tsm_last, bool, 0644);
MODULE_PARM_DESC(tsm_last,
		 "TSM comes after the functions and goes before them, from the next probe on");

/* Bus and TSM can come in either order, the bus needs all the rest */
static int emu_bus_and_tsm_add(struct tsm_emu *emu, struct irq_domain *msi)
{
	bool first = !READ_ONCE(tsm_last);
	int rc;

	rc = first ? tsm_emu_tsm_register(emu) : 0;
	if (rc)
		return rc;
	rc = emu_bridge_add(emu, msi);
	if (rc)
		return rc;
	return first ? 0 : tsm_emu_tsm_register(emu);
}

static int emu_probe(struct platform_device *pdev)
{
	struct irq_domain *msi;
	struct tsm_emu *emu;
	int rc;

	emu = devm_kzalloc(&pdev->dev, sizeof(*emu), GFP_KERNEL);
	if (!emu)
		return -ENOMEM;
	emu->dev = &pdev->dev;
	raw_spin_lock_init(&emu->lock);

	rc = emu_add_fns(emu);
	if (rc)
		return rc;
	msi = emu_msi_add(emu);
	if (IS_ERR(msi))
		return PTR_ERR(msi);
	rc = emu_mmio_add(emu);
	if (rc)
		return rc;
	rc = tsm_emu_hooks_add(emu);
	if (rc)
		return rc;
	rc = tsm_emu_iommu_register(emu);
	if (rc)
		return rc;
	return emu_bus_and_tsm_add(emu, msi);
}

static struct platform_driver emu_driver = {
	.driver.name = TSM_EMU_NAME,
	.probe = emu_probe,
};

static unsigned int instances;
module_param(instances, uint, 0444);
MODULE_PARM_DESC(instances,
		 "Number of platforms, a PCI segment each; by default as many as proto names, or as there is firmware for");

static struct platform_device *emu_devices[TSM_EMU_MAX_INSTANCES];

static void emu_exit(void)
{
	for (int i = 0; i < TSM_EMU_MAX_INSTANCES; i++)
		platform_device_unregister(emu_devices[i]);
	platform_driver_unregister(&emu_driver);
	tsm_emu_removals_del();
	tsm_emu_tsm_exit();
}

static int __init emu_check_params(void)
{
	if (instances > TSM_EMU_MAX_INSTANCES) {
		pr_err("instances=%u, but there can be 1 to %u\n", instances,
		       TSM_EMU_MAX_INSTANCES);
		return -EINVAL;
	}
	if (!tsm_emu_vf_offset || tsm_emu_vf_offset > 200) {
		pr_err("vf_offset=%u, but it can be 1 to 200\n",
		       tsm_emu_vf_offset);
		return -EINVAL;
	}
	return 0;
}

static int __init emu_init(void)
{
	int rc;

	rc = emu_check_params();
	if (rc)
		return rc;
	rc = tsm_emu_tsm_init(&instances);
	if (rc)
		return rc;
	rc = tsm_emu_removals_add();
	if (rc)
		return rc;
	rc = platform_driver_register(&emu_driver);
	if (rc) {
		tsm_emu_removals_del();
		return rc;
	}

	for (int i = 0; i < instances; i++) {
		struct platform_device *pdev;

		pdev = platform_device_register_simple(TSM_EMU_NAME, i, NULL, 0);
		if (IS_ERR(pdev)) {
			emu_exit();
			return PTR_ERR(pdev);
		}
		emu_devices[i] = pdev;
	}
	return 0;
}

/* The class of TSMs must be there first where all is built in */
late_initcall(emu_init);
module_exit(emu_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Emulated TEE I/O platform");
