// SPDX-License-Identifier: GPL-2.0-only
/*
 * The function behind a vDEVICE as a TEE Device Interface (TDI) of the VM that the
 * device is assigned to, see PCIe r7.0 section 11 (TDISP): bind it, and relay
 * what the VM asks the TSM about it. What a request may do is for the PCI/TSM
 * core to decide.
 *
 * The TSM's firmware takes its time, and so does userspace that withholds a page.
 * So call the PCI/TSM core without iommufd locks or object references: either
 * would block the destruction of the device, which gives up with a WARN after
 * 60 seconds.
 */
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/pci-tsm.h>

#include "iommufd_private.h"

static_assert((int)IOMMU_VDEVICE_TSM_SCOPE_INFO == PCI_TSM_REQ_INFO);
static_assert((int)IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE ==
	      PCI_TSM_REQ_STATE_CHANGE);
static_assert((int)IOMMU_VDEVICE_TSM_SCOPE_DEBUG_READ ==
	      PCI_TSM_REQ_DEBUG_READ);
static_assert((int)IOMMU_VDEVICE_TSM_SCOPE_DEBUG_WRITE ==
	      PCI_TSM_REQ_DEBUG_WRITE);
static_assert(IOMMU_VDEVICE_TSM_REQ_LEN_MAX == PCI_TSM_GUEST_REQ_LEN_MAX);
static_assert(IOMMU_VDEVICE_TSM_RESP_LEN_MAX == PCI_TSM_GUEST_RESP_LEN_MAX);
static_assert(sizeof(struct iommu_vdevice_tsm_op) == 24);
static_assert(sizeof(struct iommu_vdevice_tsm_guest_request) == 56);
static_assert(sizeof(struct iommu_vdevice_tsm_info) == 48);
static_assert(sizeof(struct iommu_tsm_msg) == 24);

/* Bytes of a structure of @len bytes that the caller knows */
static size_t user_len(const struct iommufd_ucmd *ucmd, size_t len)
{
	return min_t(size_t, ucmd->user_size, len);
}

/*
 * Where a TSM can never know the device, or the IOMMU driver does not say that its
 * vIOMMU is made for TDIs, the ioctls return EOPNOTSUPP
 */
static bool vdevice_can_be_tdi(const struct iommufd_vdevice *vdev)
{
	const struct iommufd_viommu_ops *ops = vdev->viommu->ops;

	return IS_ENABLED(CONFIG_PCI_TSM) && dev_is_pci(vdev->idev->dev) &&
	       ops->carries_tdis;
}

/* The current binding, in whatever state and referenced, or NULL */
static struct pci_tsm_binding *
vdevice_get_binding_locked(struct iommufd_vdevice *vdev)
{
	lockdep_assert_held(&vdev->viommu->ictx->objects.xa_lock);

	if (!vdev->tsm_binding)
		return NULL;
	return pci_tsm_binding_get(vdev->tsm_binding);
}

static struct pci_tsm_binding *vdevice_get_binding(struct iommufd_vdevice *vdev)
{
	struct iommufd_ctx *ictx = vdev->viommu->ictx;
	struct pci_tsm_binding *binding;

	xa_lock(&ictx->objects);
	binding = vdevice_get_binding_locked(vdev);
	xa_unlock(&ictx->objects);

	return binding;
}

/* Can @vdev have a new binding now? */
static int vdevice_check_bind(struct iommufd_vdevice *vdev)
{
	struct pci_tsm_binding *binding = vdev->tsm_binding;
	bool ending;

	lockdep_assert_held(&vdev->viommu->ictx->objects.xa_lock);

	/* pairs with iommufd_device_allow_tdi() */
	switch (smp_load_acquire(&vdev->idev->tdi_use)) {
	case IOMMUFD_TDI_NOT_YET:
		return -EAGAIN;
	case IOMMUFD_TDI_ALLOWED:
		break;
	case IOMMUFD_TDI_REVOKED:
		return -ENODEV;
	}

	if (!binding)
		return 0;

	/* In this order: an unbind that ends in between has left it gone */
	ending = pci_tsm_binding_is_ending(binding);
	if (pci_tsm_binding_is_gone(binding))
		return 0;
	return ending ? -EAGAIN : -EEXIST;
}

/* Make @new the binding of @vdev unless there is one that is still in force */
static int vdevice_set_binding(struct iommufd_vdevice *vdev,
			       struct pci_tsm_binding *new)
{
	struct iommufd_ctx *ictx = vdev->viommu->ictx;
	struct pci_tsm_binding *old;
	int rc;

	xa_lock(&ictx->objects);
	rc = vdevice_check_bind(vdev);
	if (rc) {
		xa_unlock(&ictx->objects);
		return rc;
	}
	old = vdev->tsm_binding;
	vdev->tsm_binding = pci_tsm_binding_get(new);
	xa_unlock(&ictx->objects);

	if (old)
		pci_tsm_binding_put(old);
	return 0;
}

/*
 * Unbind a vDEVICE that no ioctl can reach any more. The binding stays in place
 * for iommufd_device_unbind_tdi(), which waits for the same unbind, until
 * iommufd_vdevice_put_binding(). Waits for the firmware, so call it without a
 * lock that the rest of the teardown needs.
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
 * returns EAGAIN: userspace can find out the id of a device that its owner still
 * resets, which a TDI must not be.
 *
 * Context: Not at the same time as iommufd_device_unbind_tdi().
 */
void iommufd_device_allow_tdi(struct iommufd_device *idev)
{
	/* pairs with vdevice_check_bind(): what the owner did comes before a bind */
	smp_store_release(&idev->tdi_use, IOMMUFD_TDI_ALLOWED);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_allow_tdi, "IOMMUFD");

/* The binding of @idev's vDEVICE, the last that it is going to have, or NULL */
static struct pci_tsm_binding *device_revoke_binding(struct iommufd_device *idev)
{
	struct pci_tsm_binding *binding = NULL;

	lockdep_assert_held(&idev->igroup->lock);

	xa_lock(&idev->ictx->objects);
	WRITE_ONCE(idev->tdi_use, IOMMUFD_TDI_REVOKED);
	if (idev->vdev)
		binding = vdevice_get_binding_locked(idev->vdev);
	xa_unlock(&idev->ictx->objects);
	return binding;
}

/**
 * iommufd_device_unbind_tdi() - The owner is going to disable the device
 * @idev: device that iommufd_device_unbind() is going to be called for
 *
 * A reset or disable of a function that is bound as a TDI throws it into the TDISP
 * ERROR state without the TSM knowing (PCIe r7.0 section 11.2), so have the TSM unbind
 * it before. It can't be bound again: IOMMU_VDEVICE_TSM_OP returns ENODEV. An owner
 * that called iommufd_device_allow_tdi() calls this before iommufd_device_unbind(),
 * which waits for the vDEVICE for a minute only.
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

/* Drop the binding of a vDEVICE that neither ioctls nor its device can reach */
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

/* The outcome goes back in any case, but the first error is the one that counts */
static int respond(struct iommufd_ucmd *ucmd, size_t len, int rc)
{
	int respond_rc = iommufd_ucmd_respond(ucmd, len);

	return rc ?: respond_rc;
}

/*
 * Make the binding of @vdev and bind it. In between, drop the caller's reference on
 * @vdev: who destroys it meanwhile waits for the binding instead.
 */
static int vdevice_bind_and_put(struct iommufd_ucmd *ucmd,
				struct iommufd_vdevice *vdev, u64 *tsm_code)
{
	struct pci_tsm_binding *binding;
	int rc;

	binding = vdevice_new_binding(vdev);
	iommufd_put_object(ucmd->ictx, &vdev->obj);
	if (IS_ERR(binding))
		return PTR_ERR(binding);

	rc = pci_tsm_bind(binding, tsm_code);
	pci_tsm_binding_put(binding);
	return rc;
}

/* As above, for what is bound, if anything is */
static int vdevice_unbind_and_put(struct iommufd_ucmd *ucmd,
				  struct iommufd_vdevice *vdev)
{
	struct pci_tsm_binding *binding;
	int rc;

	binding = vdevice_get_binding(vdev);
	iommufd_put_object(ucmd->ictx, &vdev->obj);
	if (!binding)
		return 0;

	rc = pci_tsm_unbind_killable(binding);
	pci_tsm_binding_put(binding);
	return rc;
}

int iommufd_vdevice_tsm_op_ioctl(struct iommufd_ucmd *ucmd)
{
	struct iommu_vdevice_tsm_op *cmd = ucmd->cmd;
	struct iommufd_vdevice *vdev;
	u64 tsm_code = 0;
	int rc;

	if (cmd->flags)
		return -EOPNOTSUPP;
	if (cmd->type != IOMMU_VDEVICE_TSM_BIND &&
	    cmd->type != IOMMU_VDEVICE_TSM_UNBIND)
		return -EOPNOTSUPP;

	/* An EFAULT says that nothing was done, unless this is unmapped meanwhile */
	if (fault_in_safe_writeable(ucmd->ubuffer, user_len(ucmd, sizeof(*cmd))))
		return -EFAULT;

	vdev = iommufd_get_vdevice(ucmd, cmd->vdevice_id);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	if (!vdevice_can_be_tdi(vdev)) {
		iommufd_put_object(ucmd->ictx, &vdev->obj);
		rc = -EOPNOTSUPP;
	} else if (cmd->type == IOMMU_VDEVICE_TSM_BIND) {
		rc = vdevice_bind_and_put(ucmd, vdev, &tsm_code);
	} else {
		rc = vdevice_unbind_and_put(ucmd, vdev);
	}

	cmd->out_tsm_code = tsm_code;
	return respond(ucmd, sizeof(*cmd), rc);
}

/*
 * Find the binding of the vDEVICE @id, or NULL, without a reference on the vDEVICE:
 * whoever takes that out of the objects puts the binding after it.
 */
static int find_binding(struct iommufd_ucmd *ucmd, u32 id,
			struct pci_tsm_binding **binding)
{
	struct iommufd_ctx *ictx = ucmd->ictx;
	struct iommufd_vdevice *vdev;
	struct iommufd_object *obj;
	int rc = -ENOENT;

	*binding = NULL;
	if (iommufd_should_fail())
		return -ENOENT;

	xa_lock(&ictx->objects);
	obj = xa_load(&ictx->objects, id);
	if (!obj || obj->type != IOMMUFD_OBJ_VDEVICE)
		goto out_unlock;

	vdev = container_of(obj, struct iommufd_vdevice, obj);
	*binding = vdevice_get_binding_locked(vdev);
	rc = *binding || vdevice_can_be_tdi(vdev) ? 0 : -EOPNOTSUPP;
out_unlock:
	xa_unlock(&ictx->objects);
	return rc;
}

/* The outputs alone: the inputs stay as the VMM wrote them */
static int report(struct iommufd_ucmd *ucmd,
		  const struct pci_tsm_guest_xfer *xfer)
{
	struct iommu_vdevice_tsm_guest_request __user *cmd = ucmd->ubuffer;

	scoped_user_write_access(cmd, efault) {
		unsafe_put_user(xfer->resp_len, &cmd->out_resp_len, efault);
		unsafe_put_user(xfer->dispatched ?
				IOMMU_VDEVICE_TSM_DISPATCHED : 0,
				&cmd->out_flags, efault);
		unsafe_put_user(xfer->tsm_code, &cmd->out_tsm_code, efault);
	}
	return 0;

efault:
	return -EFAULT;
}

int iommufd_vdevice_tsm_guest_request_ioctl(struct iommufd_ucmd *ucmd)
{
	struct iommu_vdevice_tsm_guest_request *cmd = ucmd->cmd;
	struct pci_tsm_guest_xfer xfer = {
		.scope = cmd->scope,
		.type = cmd->tsm_type,
		.req = u64_to_user_ptr(cmd->req_uptr),
		.req_len = cmd->req_len,
		.resp = u64_to_user_ptr(cmd->resp_uptr),
		.resp_size = cmd->resp_len,
		/* Cheaper than to have the compiler clear all of it */
		.can_report = false,
		.dispatched = false,
		.resp_len = 0,
		.tsm_code = 0,
		.rule = NULL,
		.msg = NULL,
		.tsm_ns = 0,
	};
	struct pci_tsm_binding *binding;
	int rc, report_rc;

	rc = find_binding(ucmd, cmd->vdevice_id, &binding);
	if (rc == -ENOENT)
		return rc;

	/* That nothing has happened yet, to know that the rest can be told, too */
	xfer.can_report = !report(ucmd, &xfer);
	if (!rc)
		rc = pci_tsm_guest_req(binding, &xfer);
	if (binding)
		pci_tsm_binding_put(binding);
	report_rc = report(ucmd, &xfer);
	return rc ?: report_rc;
}

/* What the first entries that there were had */
#define MSG_LEN_MIN offsetofend(struct iommu_tsm_msg, resp_max)

/* Entries have the length that the caller knows, shorter or longer than ours */
static int copy_msgs(const struct iommu_vdevice_tsm_info *cmd,
		     const struct pci_tsm_guest_msg *msgs, unsigned int nr_msgs)
{
	u64 uptr = cmd->msgs_uptr;

	for (unsigned int i = 0; i < nr_msgs; i++) {
		struct iommu_tsm_msg msg = {
			.id = msgs[i].id,
			.scope = msgs[i].class,
			.req_min = msgs[i].req_min,
			.req_max = msgs[i].req_max,
			.resp_min = msgs[i].resp_min,
			.resp_max = msgs[i].resp_max,
		};

		if (copy_struct_to_user(u64_to_user_ptr(uptr), cmd->msg_len,
					&msg, sizeof(msg), NULL))
			return -EFAULT;
		uptr += cmd->msg_len;
	}

	return 0;
}

static u32 info_state(const struct pci_tsm_guest_info *info,
		      struct pci_tsm_binding *binding)
{
	if (binding && pci_tsm_binding_is_bound(binding))
		return IOMMU_VDEVICE_TSM_STATE_BOUND;
	if (info->can_bind)
		return IOMMU_VDEVICE_TSM_STATE_CONNECTED;
	return IOMMU_VDEVICE_TSM_STATE_NONE;
}

static int tsm_info(struct pci_dev *pdev, struct pci_tsm_binding *binding,
		    struct iommu_vdevice_tsm_info *cmd)
{
	unsigned int nr_msgs = min(cmd->num_msgs, PCI_TSM_GUEST_MSGS_MAX);
	struct pci_tsm_guest_info info;
	struct pci_tsm_guest_msg *msgs;
	int rc;

	cmd->num_msgs = 0;
	if (nr_msgs && (cmd->msg_len < MSG_LEN_MIN || cmd->msg_len > SZ_4K))
		return -EINVAL;

	msgs = kcalloc(nr_msgs, sizeof(*msgs), GFP_KERNEL_ACCOUNT);
	if (!msgs)
		return -ENOMEM;

	pci_tsm_guest_info(pdev, &info, msgs, nr_msgs);
	cmd->out_tsm_type = info.type;
	cmd->out_state = info_state(&info, binding);
	cmd->out_scopes = info.scopes;
	cmd->out_req_len_max = info.req_len_max;
	cmd->out_resp_len_max = info.resp_len_max;
	cmd->num_msgs = info.nr_msgs;
	rc = copy_msgs(cmd, msgs, min(nr_msgs, info.nr_msgs));
	if (!rc && nr_msgs && nr_msgs < info.nr_msgs)
		rc = -EMSGSIZE;
	kfree(msgs);
	return rc;
}

int iommufd_vdevice_tsm_info_ioctl(struct iommufd_ucmd *ucmd)
{
	struct iommu_vdevice_tsm_info *cmd = ucmd->cmd;
	struct pci_tsm_binding *binding;
	struct iommufd_vdevice *vdev;
	struct pci_dev *pdev = NULL;
	int rc = -EOPNOTSUPP;

	if (cmd->flags)
		return -EOPNOTSUPP;

	vdev = iommufd_get_vdevice(ucmd, cmd->vdevice_id);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	if (vdevice_can_be_tdi(vdev))
		pdev = pci_dev_get(to_pci_dev(vdev->idev->dev));
	binding = vdevice_get_binding(vdev);
	iommufd_put_object(ucmd->ictx, &vdev->obj);

	cmd->out_tsm_type = IOMMU_TSM_TYPE_NONE;
	cmd->out_state = IOMMU_VDEVICE_TSM_STATE_NONE;
	cmd->out_scopes = 0;
	cmd->out_req_len_max = 0;
	cmd->out_resp_len_max = 0;
	if (pdev)
		rc = tsm_info(pdev, binding, cmd);
	cmd->msg_len = sizeof(struct iommu_tsm_msg);
	if (binding)
		pci_tsm_binding_put(binding);
	pci_dev_put(pdev);
	return respond(ucmd, sizeof(*cmd), rc);
}
