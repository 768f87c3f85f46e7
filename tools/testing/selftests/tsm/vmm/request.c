// SPDX-License-Identifier: GPL-2.0
/* From a front end to the three ioctls about a TDI */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm.h"

/*
 * Learn what the TSM speaks. Guest requests name the protocol, so that no TSM
 * takes a message of one for a message of another.
 */
int vmm_read_info(struct vmm *vmm)
{
	struct iommu_vdevice_tsm_info info = {
		.size = sizeof(info),
		.vdevice_id = vmm->setup.vdevice_id,
		.num_msgs = ARRAY_SIZE(vmm->msgs),
		.msg_len = sizeof(vmm->msgs[0]),
		.msgs_uptr = (uintptr_t)vmm->msgs,
	};

	if (ioctl(vmm->setup.iommufd, IOMMU_VDEVICE_TSM_INFO, &info))
		return tsm_fail(&vmm->setup, errno, "IOMMU_VDEVICE_TSM_INFO");
	if (info.out_tsm_type != vmm->front->tsm_type)
		return tsm_lack(&vmm->setup, EPROTONOSUPPORT,
				"speak %s to a TSM of type %u",
				vmm->front->name, info.out_tsm_type);

	vmm->nr_msgs = info.num_msgs < ARRAY_SIZE(vmm->msgs) ?
		       info.num_msgs : ARRAY_SIZE(vmm->msgs);
	return 0;
}

int vmm_request(struct vmm *vmm, struct vmm_call *call)
{
	int err = 0;

	call->cmd = (struct iommu_vdevice_tsm_guest_request) {
		.size = sizeof(call->cmd),
		.vdevice_id = vmm->setup.vdevice_id,
		.scope = call->scope,
		.tsm_type = vmm->front->tsm_type,
		.req_uptr = (uintptr_t)call->req,
		.req_len = call->req_len,
		.resp_uptr = (uintptr_t)call->resp,
		.resp_len = call->resp_len,
	};
	if (ioctl(vmm->setup.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, &call->cmd))
		err = errno;
	vmm_print_call(vmm, call, err);
	return vmm_guest_errno(&call->cmd, err);
}

int vmm_request_patiently(struct vmm *vmm, struct vmm_call *call)
{
	int err;

	for (int i = 0; i < 10; i++) {
		err = vmm_request(vmm, call);
		if (!vmm_passes(err))
			break;
	}
	return err;
}

int vmm_op(struct vmm *vmm, const char *exit, enum iommu_vdevice_tsm_op_type type)
{
	int err = -tsm_op(&vmm->setup, type);

	vmm_print_own(vmm, exit, type == IOMMU_VDEVICE_TSM_BIND ? "IOMMU_VDEVICE_TSM_BIND" :
		      "IOMMU_VDEVICE_TSM_UNBIND",
		      err ? strerrorname_np(err) : "ok");
	return err;
}
