// SPDX-License-Identifier: GPL-2.0-only
/*
 * Relay the requests of a TVM about its TDI to the TSM. All that iommufd adds is
 * the vDEVICE that leads to the TDI and the way back for the outcome; what a
 * request may do is for the PCI/TSM core to decide.
 */
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
static_assert(sizeof(struct iommu_vdevice_tsm_guest_request) == 56);
static_assert(sizeof(struct iommu_vdevice_tsm_info) == 48);

/* The outcome goes back in any case, but the first error is the one that counts */
static int respond(struct iommufd_ucmd *ucmd, size_t len, int rc)
{
	int respond_rc = iommufd_ucmd_respond(ucmd, len);

	return rc ?: respond_rc;
}

static int vdevice_guest_req(struct iommufd_ucmd *ucmd,
			     struct pci_tsm_binding *binding)
{
	struct iommu_vdevice_tsm_guest_request *cmd = ucmd->cmd;
	struct pci_tsm_guest_xfer xfer = {
		.scope = cmd->scope,
		.type = cmd->tsm_type,
		.req = USER_SOCKPTR(u64_to_user_ptr(cmd->req_uptr)),
		.req_len = cmd->req_len,
		.resp = USER_SOCKPTR(u64_to_user_ptr(cmd->resp_uptr)),
		.resp_size = cmd->resp_len,
		.report = ucmd->ubuffer,
		.report_size = sizeof(*cmd),
	};
	int rc;

	rc = pci_tsm_binding_guest_req(binding, &xfer);

	cmd->out_resp_len = xfer.resp_len;
	cmd->out_tsm_code = xfer.tsm_code;
	if (xfer.dispatched)
		cmd->out_flags = IOMMU_VDEVICE_TSM_DISPATCHED;
	return rc;
}

int iommufd_vdevice_tsm_guest_request_ioctl(struct iommufd_ucmd *ucmd)
{
	struct iommu_vdevice_tsm_guest_request *cmd = ucmd->cmd;
	struct pci_tsm_binding *binding;
	struct iommufd_vdevice *vdev;
	int rc = -EOPNOTSUPP;
	bool can_be_tdi;

	vdev = iommufd_get_vdevice(ucmd, cmd->vdevice_id);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	/*
	 * Neither the firmware nor a page that userspace withholds may stall the
	 * destruction of the vDEVICE, so go on without it.
	 */
	can_be_tdi = iommufd_vdevice_can_be_tdi(vdev);
	binding = iommufd_vdevice_get_binding(vdev);
	iommufd_put_object(ucmd->ictx, &vdev->obj);

	cmd->out_resp_len = 0;
	cmd->out_flags = 0;
	cmd->out_tsm_code = 0;
	if (can_be_tdi)
		rc = vdevice_guest_req(ucmd, binding);
	if (binding)
		pci_tsm_binding_put(binding);
	return respond(ucmd, sizeof(*cmd), rc);
}

static int copy_msgs(const struct iommu_vdevice_tsm_info *cmd,
		     const struct pci_tsm_guest_msg *msgs, unsigned int nr_msgs)
{
	struct iommu_tsm_msg __user *uptr = u64_to_user_ptr(cmd->msgs_uptr);

	for (unsigned int i = 0; i < nr_msgs; i++) {
		struct iommu_tsm_msg msg = {
			.id = msgs[i].id,
			.scope = msgs[i].scope,
			.req_min = msgs[i].req_min,
			.req_max = msgs[i].req_max,
			.resp_min = msgs[i].resp_min,
			.resp_max = msgs[i].resp_max,
		};

		if (copy_to_user(&uptr[i], &msg, sizeof(msg)))
			return -EFAULT;
	}

	return 0;
}

static u32 info_state(const struct pci_tsm_guest_info *info)
{
	if (info->bound)
		return IOMMU_VDEVICE_TSM_STATE_BOUND;
	if (info->connected)
		return IOMMU_VDEVICE_TSM_STATE_CONNECTED;
	return IOMMU_VDEVICE_TSM_STATE_NONE;
}

static int tsm_info(struct pci_dev *pdev, struct iommu_vdevice_tsm_info *cmd)
{
	unsigned int nr_msgs = min(cmd->num_msgs, PCI_TSM_GUEST_MSGS_MAX);
	struct pci_tsm_guest_info info;
	struct pci_tsm_guest_msg *msgs;
	int rc;

	cmd->num_msgs = 0;

	msgs = kcalloc(nr_msgs, sizeof(*msgs), GFP_KERNEL_ACCOUNT);
	if (!msgs)
		return -ENOMEM;

	pci_tsm_guest_info(pdev, &info, msgs, nr_msgs);
	cmd->out_tsm_type = info.type;
	cmd->out_state = info_state(&info);
	cmd->out_scopes = info.scopes;
	cmd->out_req_len_max = info.req_len_max;
	cmd->out_resp_len_max = info.resp_len_max;
	cmd->num_msgs = info.nr_msgs;
	rc = copy_msgs(cmd, msgs, min(nr_msgs, info.nr_msgs));
	kfree(msgs);
	return rc;
}

int iommufd_vdevice_tsm_info_ioctl(struct iommufd_ucmd *ucmd)
{
	struct iommu_vdevice_tsm_info *cmd = ucmd->cmd;
	struct iommufd_vdevice *vdev;
	struct pci_dev *pdev = NULL;
	int rc = -EOPNOTSUPP;

	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;

	vdev = iommufd_get_vdevice(ucmd, cmd->vdevice_id);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	if (iommufd_vdevice_can_be_tdi(vdev))
		pdev = pci_dev_get(to_pci_dev(vdev->idev->dev));
	iommufd_put_object(ucmd->ictx, &vdev->obj);

	cmd->out_tsm_type = IOMMU_TSM_TYPE_NONE;
	cmd->out_state = IOMMU_VDEVICE_TSM_STATE_NONE;
	cmd->out_scopes = 0;
	cmd->out_req_len_max = 0;
	cmd->out_resp_len_max = 0;
	if (pdev)
		rc = tsm_info(pdev, cmd);
	pci_dev_put(pdev);
	return respond(ucmd, sizeof(*cmd), rc);
}
