// SPDX-License-Identifier: GPL-2.0
/*
 * Front end of the example VMM for a guest that sends TDISP messages, PCIe r7.0
 * section 11.3. No vendor's guest does that; it is the shortest of the front
 * ends, and what they all have in common.
 */
#include <errno.h>

#include "vmm.h"
#include "tdisp.h"

/*
 * The policy: what each guest call may do. Whatever a guest puts into a call,
 * the kernel admits no more than this scope.
 */
static const struct policy {
	enum tsm_vmm_call_nr call;
	enum iommu_vdevice_tsm_scope scope;
} policies[] = {
	/* the guest relies on it changing nothing */
	{ TSM_VMM_CALL_READ, IOMMU_VDEVICE_TSM_SCOPE_INFO },
	/* it is there to lock, start and stop, not to debug */
	{ TSM_VMM_CALL_CONTROL, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE },
};

static const char * const message_names[] = {
	[PCI_TDISP_GET_VERSION & ~PCI_TDISP_REQ] = "GET_TDISP_VERSION",
	[PCI_TDISP_GET_CAPABILITIES & ~PCI_TDISP_REQ] = "GET_TDISP_CAPABILITIES",
	[PCI_TDISP_LOCK_INTERFACE & ~PCI_TDISP_REQ] = "LOCK_INTERFACE_REQUEST",
	[PCI_TDISP_GET_INTERFACE_REPORT & ~PCI_TDISP_REQ] = "GET_DEVICE_INTERFACE_REPORT",
	[PCI_TDISP_GET_INTERFACE_STATE & ~PCI_TDISP_REQ] = "GET_DEVICE_INTERFACE_STATE",
	[PCI_TDISP_START_INTERFACE & ~PCI_TDISP_REQ] = "START_INTERFACE_REQUEST",
	[PCI_TDISP_STOP_INTERFACE & ~PCI_TDISP_REQ] = "STOP_INTERFACE_REQUEST",
};

static const char *tdisp_message(u32 id)
{
	id ^= PCI_TDISP_REQ;
	return id < ARRAY_SIZE(message_names) ? message_names[id] : NULL;
}

/*
 * The guest can change the shared memory at any time. Its lengths are therefore
 * read once and checked here; the request is not even looked at, but for the
 * transcript, and the kernel, too, reads it once.
 */
static int serve_call(struct vmm *vmm, const struct policy *policy)
{
	struct tsm_vmm_call *guest = tsm_vmm_area(vmm->shared);
	struct vmm_call call = {
		.exit = policy->call == TSM_VMM_CALL_READ ? "call READ" : "call CONTROL",
		.id = ((struct pci_tdisp_header *)guest->req)->type,
		.scope = policy->scope,
		.req = guest->req,
		.req_len = __atomic_load_n(&guest->req_len, __ATOMIC_RELAXED),
		.resp = guest->resp,
		.resp_len = __atomic_load_n(&guest->resp_len, __ATOMIC_RELAXED),
	};
	int err;

	if (call.req_len > sizeof(guest->req) || call.resp_len > sizeof(guest->resp))
		return tsm_fail(&vmm->setup, EINVAL, "serve a call beyond the shared memory");

	err = vmm_request(vmm, &call);
	guest->error = err;
	guest->dispatched = !!(call.cmd.out_flags & IOMMU_VDEVICE_TSM_DISPATCHED);
	guest->resp_len = err ? 0 : call.cmd.out_resp_len;
	guest->tsm_code = call.cmd.out_tsm_code;
	return 0;
}

static int tdisp_exit(struct vmm *vmm, u16 kind)
{
	u64 reg[TSM_VMM_NR_REGS];
	int rc;

	if (kind != TSM_VMM_EXIT_CALL)
		return -EOPNOTSUPP;
	rc = vmm_get_call(vmm, reg);
	if (rc)
		return rc;

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (policies[i].call == reg[TSM_VMM_REG_ARGUMENT])
			return serve_call(vmm, &policies[i]);
	return tsm_fail(&vmm->setup, EINVAL, "serve call %llu",
			(unsigned long long)reg[TSM_VMM_REG_ARGUMENT]);
}

const struct vmm_front vmm_tdisp = {
	.name = "tdisp",
	.tsm_type = IOMMU_TSM_TYPE_TDISP,
	.guest = tsm_vmm_guest_tdisp,
	.area_size = sizeof(struct tsm_vmm_call),
	.shared_size = sizeof(struct tsm_vmm_call),
	.bind = true,
	.message = tdisp_message,
	.exit = tdisp_exit,
};
