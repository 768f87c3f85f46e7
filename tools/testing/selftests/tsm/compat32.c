// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM of 32 bits on a kernel of 64: run by the test request with an open iommufd and
 * the id of a vDEVICE that is not bound. Exits with 0, or the number of the step that
 * failed. It stands on nolibc, so that building it takes no 32-bit libraries.
 */
#include <linux/iommufd.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "lib/tdisp.h"

#define MAX_MSGS 64

static struct iommu_tsm_msg msgs[MAX_MSGS];
static unsigned char resp[256];

static int set_bound(int fd, __u32 vdevice_id, int bound)
{
	struct iommu_vdevice_tsm_op op = {
		.size = sizeof(op),
		.type = bound ? IOMMU_VDEVICE_TSM_BIND : IOMMU_VDEVICE_TSM_UNBIND,
		.vdevice_id = vdevice_id,
		.out_tsm_code = ~0ULL,
	};

	return ioctl(fd, IOMMU_VDEVICE_TSM_OP, &op) || op.out_tsm_code;
}

static int read_table(int fd, __u32 vdevice_id)
{
	struct iommu_vdevice_tsm_info info = {
		.size = sizeof(info),
		.vdevice_id = vdevice_id,
		.num_msgs = MAX_MSGS,
		.msg_len = sizeof(msgs[0]),
		.msgs_uptr = (unsigned long)msgs,
	};

	if (ioctl(fd, IOMMU_VDEVICE_TSM_INFO, &info))
		return -1;
	return info.out_state != IOMMU_VDEVICE_TSM_STATE_BOUND ||
	       info.msg_len != sizeof(msgs[0]) ||
	       msgs[0].id != PCI_TDISP_GET_VERSION || !msgs[info.num_msgs - 1].req_max;
}

static int get_version(int fd, __u32 vdevice_id, __u32 function_id)
{
	const struct pci_tdisp_version *version = (void *)resp;
	struct pci_tdisp_header hdr = tdisp_header(PCI_TDISP_GET_VERSION,
						   function_id);
	struct iommu_vdevice_tsm_guest_request req = {
		.size = sizeof(req),
		.vdevice_id = vdevice_id,
		.scope = IOMMU_VDEVICE_TSM_SCOPE_INFO,
		.req_len = sizeof(hdr),
		.resp_len = sizeof(resp),
		.tsm_type = IOMMU_TSM_TYPE_TDISP,
		.req_uptr = (unsigned long)&hdr,
		.resp_uptr = (unsigned long)resp,
		.out_tsm_code = ~0ULL,
	};

	if (ioctl(fd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, &req))
		return -1;
	return req.out_flags != IOMMU_VDEVICE_TSM_DISPATCHED || req.out_tsm_code ||
	       req.out_resp_len != sizeof(*version) + 1 || version->count != 1;
}

int main(int argc, char **argv)
{
	__u32 vdevice_id, function_id;
	int fd;

	if (argc != 4)
		return 99;
	fd = atoi(argv[1]);
	vdevice_id = atoi(argv[2]);
	function_id = atoi(argv[3]);

	if (set_bound(fd, vdevice_id, 1))
		return 1;
	if (read_table(fd, vdevice_id))
		return 2;
	if (get_version(fd, vdevice_id, function_id))
		return 3;
	return set_bound(fd, vdevice_id, 0) ? 4 : 0;
}
