// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU of the emulated segment. It keeps page tables as iommufd asks for them,
 * nesting parents too, but there is no DMA that would walk them.
 */
#include <linux/generic_pt/iommu.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "iommu-pages.h"
#include "tsm-emu.h"

struct emu_domain {
	union {
		struct iommu_domain domain;
		struct pt_iommu_amdv1 pt;
	};
	spinlock_t top_lock;	/* what the page table library asks for */
};

PT_IOMMU_CHECK_DOMAIN(struct emu_domain, pt.iommu, domain);

struct emu_viommu {
	struct iommufd_viommu core;
};

/* Nothing in hardware refers to the table's top */
static void emu_change_top(struct pt_iommu *pt, phys_addr_t top,
			   unsigned int level)
{
}

static spinlock_t *emu_get_top_lock(struct pt_iommu *pt)
{
	return &container_of(pt, struct emu_domain, pt.iommu)->top_lock;
}

static const struct pt_iommu_driver_ops emu_pt_ops = {
	.change_top = emu_change_top,
	.get_top_lock = emu_get_top_lock,
};

/* There is no translation to switch: any domain can be attached */
static int emu_attach_dev(struct iommu_domain *domain, struct device *dev,
			  struct iommu_domain *old)
{
	return 0;
}

static void emu_iotlb_sync(struct iommu_domain *domain,
			   struct iommu_iotlb_gather *gather)
{
	iommu_put_pages_list(&gather->freelist);
}

static void emu_domain_free(struct iommu_domain *domain)
{
	struct emu_domain *emu_domain =
		container_of(domain, struct emu_domain, domain);

	pt_iommu_deinit(&emu_domain->pt.iommu);
	kfree(emu_domain);
}

static const struct iommu_domain_ops emu_paging_ops = {
	IOMMU_PT_DOMAIN_OPS(amdv1),
	.attach_dev = emu_attach_dev,
	.iotlb_sync = emu_iotlb_sync,
	.free = emu_domain_free,
};

static const struct iommu_domain_ops emu_static_ops = {
	.attach_dev = emu_attach_dev,
};

static struct iommu_domain emu_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &emu_static_ops,
};

static struct iommu_domain emu_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &emu_static_ops,
};

static struct iommu_domain *
emu_domain_alloc(struct device *dev, u32 flags,
		 const struct iommu_user_data *user_data)
{
	struct pt_iommu_amdv1_cfg cfg = {
		.common.features = BIT(PT_FEAT_DYNAMIC_TOP) |
				   BIT(PT_FEAT_AMDV1_ENCRYPT_TABLES) |
				   BIT(PT_FEAT_AMDV1_FORCE_COHERENCE),
		.common.hw_max_vasz_lg2 = 64,
		.common.hw_max_oasz_lg2 = 52,
		.starting_level = 2,
	};
	struct emu_domain *emu_domain;
	int rc;

	if ((flags & ~IOMMU_HWPT_ALLOC_NEST_PARENT) || user_data)
		return ERR_PTR(-EOPNOTSUPP);

	emu_domain = kzalloc_obj(*emu_domain, GFP_KERNEL_ACCOUNT);
	if (!emu_domain)
		return ERR_PTR(-ENOMEM);

	spin_lock_init(&emu_domain->top_lock);
	emu_domain->pt.iommu.nid = NUMA_NO_NODE;
	emu_domain->pt.iommu.driver_ops = &emu_pt_ops;
	emu_domain->domain.ops = &emu_paging_ops;

	rc = pt_iommu_amdv1_init(&emu_domain->pt, &cfg, GFP_KERNEL_ACCOUNT);
	if (rc) {
		kfree(emu_domain);
		return ERR_PTR(rc);
	}
	return &emu_domain->domain;
}

/*
 * A device without firmware description is offered to the IOMMU that registered
 * first without one, whichever bus it is on: take devices of the segment only.
 */
static struct iommu_device *emu_probe_device(struct device *dev)
{
	if (!dev_is_pci(dev) || !is_tsm_emu_fn(to_pci_dev(dev)))
		return ERR_PTR(-ENODEV);
	return &pci_dev_to_emu(to_pci_dev(dev))->iommu;
}

static bool emu_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

static int emu_def_domain_type(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static bool viommu = true;
module_param(viommu, bool, 0644);
MODULE_PARM_DESC(viommu,
		 "The IOMMU has vIOMMUs of its own, beside IOMMU_VIOMMU_TYPE_TSM");

static size_t emu_get_viommu_size(struct device *dev,
				  enum iommu_viommu_type type)
{
	u32 number = type;

	if (!viommu || (number != TSM_EMU_VIOMMU_TYPE &&
			number != TSM_EMU_VIOMMU_TYPE_NO_TDI))
		return 0;
	return VIOMMU_STRUCT_SIZE(struct emu_viommu, core);
}

/* Nothing is cached, so that this is what any such call costs */
static int emu_cache_invalidate(struct iommufd_viommu *viommu,
				struct iommu_user_data_array *array)
{
	struct emu_invalidate entry;
	unsigned int done = 0;
	int rc = 0;

	while (done < array->entry_num) {
		rc = iommu_copy_struct_from_user_array(&entry, array,
						       TSM_EMU_INVALIDATE, done,
						       address);
		if (rc)
			break;
		done++;
	}

	array->entry_num = done;
	return rc;
}

/* The vIOMMU is only a handle for the vDEVICEs */
static const struct iommufd_viommu_ops emu_viommu_ops = {
	.carries_tdis = true,
	.cache_invalidate = emu_cache_invalidate,
};

static const struct iommufd_viommu_ops emu_viommu_no_tdi_ops;

static int emu_viommu_init(struct iommufd_viommu *viommu,
			   struct iommu_domain *parent,
			   const struct iommu_user_data *user_data)
{
	if (user_data)
		return -EOPNOTSUPP;

	if ((u32)viommu->type == TSM_EMU_VIOMMU_TYPE)
		viommu->ops = &emu_viommu_ops;
	else
		viommu->ops = &emu_viommu_no_tdi_ops;
	return 0;
}

static const struct iommu_ops emu_iommu_ops = {
	.capable = emu_capable,
	.domain_alloc_paging_flags = emu_domain_alloc,
	.probe_device = emu_probe_device,
	/* No ACS: the functions are isolated, there is no DMA between them */
	.device_group = generic_device_group,
	.def_domain_type = emu_def_domain_type,
	.get_viommu_size = emu_get_viommu_size,
	.viommu_init = emu_viommu_init,
	.identity_domain = &emu_identity_domain,
	.blocked_domain = &emu_blocked_domain,
	.release_domain = &emu_blocked_domain,
	.owner = THIS_MODULE,
};

static void emu_iommu_sysfs_remove(void *iommu)
{
	iommu_device_sysfs_remove(iommu);
}

static void emu_iommu_unregister(void *iommu)
{
	iommu_device_unregister(iommu);
}

/**
 * tsm_emu_iommu_register() - register the IOMMU of the segment
 * @emu: the platform
 *
 * It is unregistered with the platform device's driver.
 *
 * Context: process context
 * Return: 0 or -errno
 */
int tsm_emu_iommu_register(struct tsm_emu *emu)
{
	int rc;

	rc = iommu_device_sysfs_add(&emu->iommu, emu->dev, NULL, "%s-iommu",
				    dev_name(emu->dev));
	if (rc)
		return rc;

	rc = devm_add_action_or_reset(emu->dev, emu_iommu_sysfs_remove,
				      &emu->iommu);
	if (rc)
		return rc;

	rc = iommu_device_register(&emu->iommu, &emu_iommu_ops, NULL);
	if (rc)
		return rc;

	return devm_add_action_or_reset(emu->dev, emu_iommu_unregister,
					&emu->iommu);
}

MODULE_IMPORT_NS("GENERIC_PT_IOMMU");
