// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bind the function behind a vDEVICE as a TEE Device Interface (TDI) of the VM
 * that the device is assigned to, see PCIe r7.0 section 11 (TDISP).
 *
 * Firmware takes its time, hence none of its calls is made under a lock of
 * iommufd or with a reference on an object: both would stall, and after a
 * minute break, the destruction of the device.
 */
#include <linux/pci.h>
#include <linux/pci-tsm.h>

#include "iommufd_private.h"

/**
 * iommufd_vdevice_can_be_tdi() - Can a TSM ever know the device of a vDEVICE?
 * @vdev: vDEVICE to look at
 *
 * Return: true for a PCI function on a kernel with CONFIG_PCI_TSM. For all else
 * the ioctls return EOPNOTSUPP.
 */
bool iommufd_vdevice_can_be_tdi(const struct iommufd_vdevice *vdev)
{
	return IS_ENABLED(CONFIG_PCI_TSM) && dev_is_pci(vdev->idev->dev);
}

/**
 * iommufd_vdevice_get_binding() - Current binding of a vDEVICE
 * @vdev: vDEVICE to look at
 *
 * Return: a referenced binding in whatever state, or NULL without one.
 */
struct pci_tsm_binding *iommufd_vdevice_get_binding(struct iommufd_vdevice *vdev)
{
	struct pci_tsm_binding *binding;

	spin_lock(&vdev->tsm_lock);
	binding = vdev->tsm_binding;
	if (binding)
		pci_tsm_binding_get(binding);
	spin_unlock(&vdev->tsm_lock);

	return binding;
}

/* Make @new the binding of @vdev unless there is one that is still in force */
static int vdevice_set_binding(struct iommufd_vdevice *vdev,
			       struct pci_tsm_binding *new)
{
	struct pci_tsm_binding *old;

	spin_lock(&vdev->tsm_lock);
	if (!READ_ONCE(vdev->idev->tdi_allowed)) {
		spin_unlock(&vdev->tsm_lock);
		return -ENODEV;
	}
	old = vdev->tsm_binding;
	if (old && !pci_tsm_binding_is_gone(old)) {
		spin_unlock(&vdev->tsm_lock);
		return -EEXIST;
	}
	vdev->tsm_binding = pci_tsm_binding_get(new);
	spin_unlock(&vdev->tsm_lock);

	if (old)
		pci_tsm_binding_put(old);
	return 0;
}

/**
 * iommufd_vdevice_destroy_unbind() - Unbind a vDEVICE that goes away
 * @vdev: vDEVICE that no ioctl can reach any more
 *
 * The binding stays in place for iommufd_device_unbind_tdi(), which waits for
 * the same unbind, until iommufd_vdevice_put_binding().
 *
 * Context: Waits for the firmware, so the caller holds no lock that the rest of
 * the teardown needs.
 */
void iommufd_vdevice_destroy_unbind(struct iommufd_vdevice *vdev)
{
	if (vdev->tsm_binding)
		pci_tsm_unbind(vdev->tsm_binding);
}

/**
 * iommufd_device_allow_tdi() - The owner has enabled the device
 * @idev: device of iommufd_device_bind()
 *
 * From here on the device can be bound as a TDI. Before, IOMMU_VDEVICE_TSM_OP
 * returns ENODEV: userspace can find out the id of a device that its owner still
 * resets, which a TDI must not be.
 *
 * Context: Not at the same time as iommufd_device_unbind_tdi().
 */
void iommufd_device_allow_tdi(struct iommufd_device *idev)
{
	WRITE_ONCE(idev->tdi_allowed, true);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_allow_tdi, "IOMMUFD");

/* The binding of @idev's vDEVICE, the last that it is going to have, or NULL */
static struct pci_tsm_binding *device_revoke_binding(struct iommufd_device *idev)
{
	struct pci_tsm_binding *binding;
	struct iommufd_vdevice *vdev;

	lockdep_assert_held(&idev->igroup->lock);

	vdev = idev->vdev;
	if (!vdev) {
		WRITE_ONCE(idev->tdi_allowed, false);
		return NULL;
	}

	spin_lock(&vdev->tsm_lock);
	WRITE_ONCE(idev->tdi_allowed, false);
	binding = vdev->tsm_binding;
	if (binding)
		pci_tsm_binding_get(binding);
	spin_unlock(&vdev->tsm_lock);
	return binding;
}

/**
 * iommufd_device_unbind_tdi() - The owner is going to disable the device
 * @idev: device that iommufd_device_unbind() is going to be called for
 *
 * To reset or disable a function that is bound as a TDI throws it into the TDISP
 * ERROR state behind the TSM (PCIe r7.0 section 11.2), so let the TSM unbind it
 * before. It can't be bound again: IOMMU_VDEVICE_TSM_OP returns ENODEV. Whoever
 * called iommufd_device_allow_tdi() calls this before iommufd_device_unbind(), which
 * waits for the vDEVICE, but for a minute only.
 *
 * Context: Waits for the TSM's firmware. Takes the lock of the group.
 */
void iommufd_device_unbind_tdi(struct iommufd_device *idev)
{
	struct pci_tsm_binding *binding;

	mutex_lock(&idev->igroup->lock);
	binding = device_revoke_binding(idev);
	mutex_unlock(&idev->igroup->lock);

	if (!binding)
		return;
	pci_tsm_unbind(binding);
	pci_tsm_binding_put(binding);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_unbind_tdi, "IOMMUFD");

/**
 * iommufd_vdevice_put_binding() - Drop a vDEVICE's unbound binding
 * @vdev: vDEVICE that neither ioctls nor its device can reach any more
 */
void iommufd_vdevice_put_binding(struct iommufd_vdevice *vdev)
{
	if (vdev->tsm_binding)
		pci_tsm_binding_put(vdev->tsm_binding);
}

static struct pci_tsm_binding *vdevice_new_binding(struct iommufd_vdevice *vdev)
{
	struct iommufd_device *idev = vdev->idev;
	struct pci_tsm_binding *binding;
	int rc;

	/* A TDI id is a virtual segment and RID, it has 32 bits */
	if (vdev->virt_id > U32_MAX)
		return ERR_PTR(-EOVERFLOW);

	if (!idev->kvm)
		return ERR_PTR(-ENODEV);

	binding = pci_tsm_binding_alloc(to_pci_dev(idev->dev), idev->kvm,
					vdev->virt_id);
	if (IS_ERR(binding))
		return binding;

	rc = vdevice_set_binding(vdev, binding);
	if (rc) {
		pci_tsm_binding_put(binding);
		return ERR_PTR(rc);
	}

	return binding;
}

/* Takes over the caller's reference on @vdev */
static int vdevice_bind(struct iommufd_ctx *ictx, struct iommufd_vdevice *vdev)
{
	struct pci_tsm_binding *binding;
	int rc;

	binding = vdevice_new_binding(vdev);
	iommufd_put_object(ictx, &vdev->obj);
	if (IS_ERR(binding))
		return PTR_ERR(binding);

	rc = pci_tsm_bind(binding);
	pci_tsm_binding_put(binding);
	return rc;
}

/*
 * Takes over the caller's reference on @vdev, which keeps the binding: whoever
 * destroys it meanwhile has to wait for the end of this unbind.
 */
static int vdevice_unbind(struct iommufd_ctx *ictx,
			  struct iommufd_vdevice *vdev)
{
	struct pci_tsm_binding *binding;

	binding = iommufd_vdevice_get_binding(vdev);
	iommufd_put_object(ictx, &vdev->obj);
	if (!binding)
		return 0;

	pci_tsm_unbind(binding);
	pci_tsm_binding_put(binding);
	return 0;
}

int iommufd_vdevice_tsm_op_ioctl(struct iommufd_ucmd *ucmd)
{
	struct iommu_vdevice_tsm_op *cmd = ucmd->cmd;
	struct iommufd_vdevice *vdev;

	if (cmd->flags)
		return -EOPNOTSUPP;
	if (cmd->type != IOMMU_VDEVICE_TSM_BIND &&
	    cmd->type != IOMMU_VDEVICE_TSM_UNBIND)
		return -EOPNOTSUPP;

	vdev = iommufd_get_vdevice(ucmd, cmd->vdevice_id);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	if (!iommufd_vdevice_can_be_tdi(vdev)) {
		iommufd_put_object(ucmd->ictx, &vdev->obj);
		return -EOPNOTSUPP;
	}

	if (cmd->type == IOMMU_VDEVICE_TSM_BIND)
		return vdevice_bind(ucmd->ictx, vdev);
	return vdevice_unbind(ucmd->ictx, vdev);
}
