// SPDX-License-Identifier: GPL-2.0
/*
 * Messages for tests: one of each class, and some for which the driver misbehaves.
 * They travel as TDISP vendor defined messages, PCIe r6.3 section 11.3.25, and end
 * at the TSM. Off by default.
 */
#include <linux/cache.h>
#include <linux/cleanup.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>
#include <uapi/linux/iommufd.h>

#include "fw.h"

DECLARE_TSM_PROTO(tdisp);

#define EMU_VDM_ID(code)	(PCI_TDISP_VDM << 8 | (code))

static int debug_msg_id(const void *req, size_t len, u32 *id)
{
	const struct emu_vdm *vdm = req;
	int rc;

	rc = tsm_proto_tdisp.msg_id(req, len, id);
	if (rc || *id != PCI_TDISP_VDM)
		return rc;

	if (len < sizeof(*vdm) || vdm->registry_id ||
	    vdm->vendor_id_len != sizeof(vdm->vendor_id) ||
	    le16_to_cpu(vdm->vendor_id) != TSM_EMU_VENDOR_ID)
		return -EBADMSG;

	*id = EMU_VDM_ID(vdm->code);
	return 0;
}

static const struct pci_tsm_guest_msg debug_vdms[] = {
	{
		.id = EMU_VDM_ID(EMU_VDM_ECHO),
		.class = PCI_TSM_REQ_INFO,
		.req_min = sizeof(struct emu_vdm),
		.req_max = PCI_TSM_GUEST_REQ_LEN_MAX,
		.resp_min = sizeof(struct emu_vdm),
		.resp_max = PCI_TSM_GUEST_REQ_LEN_MAX,
	}, {
		.id = EMU_VDM_ID(EMU_VDM_RECONFIGURE),
		.class = PCI_TSM_REQ_STATE_CHANGE,
		.req_min = sizeof(struct emu_vdm),
		.req_max = sizeof(struct emu_vdm),
		.resp_min = sizeof(struct emu_vdm),
		.resp_max = sizeof(struct emu_vdm),
	}, {
		.id = EMU_VDM_ID(EMU_VDM_READ),
		.class = PCI_TSM_REQ_DEBUG_READ,
		.req_min = sizeof(struct emu_vdm),
		.req_max = sizeof(struct emu_vdm),
		.resp_min = sizeof(struct emu_vdm_reg),
		.resp_max = sizeof(struct emu_vdm_reg),
	}, {
		.id = EMU_VDM_ID(EMU_VDM_WRITE),
		.class = PCI_TSM_REQ_DEBUG_WRITE,
		.req_min = sizeof(struct emu_vdm_reg),
		.req_max = sizeof(struct emu_vdm_reg),
		.resp_min = sizeof(struct emu_vdm),
		.resp_max = sizeof(struct emu_vdm),
	}, {
		.id = EMU_VDM_ID(EMU_VDM_OVERRUN),
		.class = PCI_TSM_REQ_INFO,
		.req_min = sizeof(struct emu_vdm),
		.req_max = sizeof(struct emu_vdm),
		.resp_min = sizeof(struct emu_vdm),
		.resp_max = sizeof(struct emu_vdm),
	}, {
		.id = EMU_VDM_ID(EMU_VDM_LAZY),
		.class = PCI_TSM_REQ_INFO,
		.req_min = sizeof(struct emu_vdm),
		.req_max = sizeof(struct emu_vdm),
		.resp_min = sizeof(struct emu_vdm),
		.resp_max = PCI_TSM_GUEST_REQ_LEN_MAX,
	}, {
		.id = EMU_VDM_ID(EMU_VDM_EMPTY),
		.class = PCI_TSM_REQ_INFO,
		.req_min = sizeof(struct emu_vdm),
		.req_max = sizeof(struct emu_vdm),
		.resp_min = sizeof(struct emu_vdm),
		.resp_max = sizeof(struct emu_vdm),
	}, {
		.id = EMU_VDM_ID(EMU_VDM_NEEDS_LESS),
		.class = PCI_TSM_REQ_INFO,
		.req_min = sizeof(struct emu_vdm),
		.req_max = sizeof(struct emu_vdm),
		.resp_min = sizeof(struct emu_vdm),
		.resp_max = sizeof(struct emu_vdm),
	}, {
		.id = EMU_VDM_ID(EMU_VDM_NEEDS_MORE),
		.class = PCI_TSM_REQ_INFO,
		.req_min = sizeof(struct emu_vdm),
		.req_max = sizeof(struct emu_vdm),
		.resp_min = sizeof(struct emu_vdm),
		.resp_max = sizeof(struct emu_vdm),
	},
};

static struct pci_tsm_guest_msg debug_msgs[32] __ro_after_init;

struct pci_tsm_guest_proto tsm_emu_debug_proto __ro_after_init = {
	.owner = THIS_MODULE,
	.name = "tdisp with debug messages",
	.type = IOMMU_TSM_TYPE_TDISP,
	.envelope_len = sizeof(struct pci_tdisp_header),
	.msg_id = debug_msg_id,
	.msgs = debug_msgs,
};

/**
 * tsm_emu_debug_init() - put TDISP and the debug messages into one table
 *
 * Context: before any TSM registers
 */
void __init tsm_emu_debug_init(void)
{
	unsigned int nr_tdisp = tsm_proto_tdisp.nr_msgs;

	BUILD_BUG_ON(EMU_VDM_ID(0) <= PCI_TDISP_VDM);
	if (WARN_ON(nr_tdisp + ARRAY_SIZE(debug_vdms) > ARRAY_SIZE(debug_msgs)))
		return;

	memcpy(debug_msgs, tsm_proto_tdisp.msgs, nr_tdisp * sizeof(*debug_msgs));
	memcpy(debug_msgs + nr_tdisp, debug_vdms, sizeof(debug_vdms));
	tsm_emu_debug_proto.nr_msgs = nr_tdisp + ARRAY_SIZE(debug_vdms);
}

static void debug_reconfigure(struct pci_tdi *tdi)
{
	struct tsm_emu *emu = pci_dev_to_emu(tdi->pdev);
	struct tsm_emu_fn *fn;

	guard(raw_spinlock_irqsave)(&emu->lock);
	fn = tsm_emu_find_fn(emu, pci_dev_id(tdi->pdev));
	if (fn)
		tsm_emu_tdi_reconfigured(&fn->tdi);
}

static int debug_echo(struct pci_tsm_guest_req *req)
{
	struct emu_vdm *rsp = req->resp;

	req->resp_len = req->req_len;
	if (req->resp_len > req->resp_size)
		return -ENOBUFS;
	memcpy(rsp, req->req, req->req_len);
	rsp->hdr.type &= ~PCI_TDISP_REQ;
	return 0;
}

/**
 * tsm_emu_debug_req() - serve a debug message
 * @tdi: TDI that it came for
 * @req: request, of the length that its entry in the table allows
 *
 * Context: under the lock of the DSM
 * Return: 0, -ENOBUFS, or -EINVAL for a message that is not enabled
 */
int tsm_emu_debug_req(struct pci_tdi *tdi, struct pci_tsm_guest_req *req)
{
	struct tsm_emu *emu = pci_dev_to_emu(tdi->pdev);
	const struct emu_vdm *vdm = req->req;
	struct emu_vdm *rsp = req->resp;
	struct emu_vdm_reg *reg;

	/* Counted by a benchmark, so on the shortest way */
	if (vdm->code == EMU_VDM_ECHO)
		return debug_echo(req);

	req->resp_len = sizeof(*rsp);
	switch (vdm->code) {
	case EMU_VDM_RECONFIGURE:
		debug_reconfigure(tdi);
		break;
	case EMU_VDM_READ:
		req->resp_len = sizeof(struct emu_vdm_reg);
		reg = req->resp;
		reg->value = cpu_to_le64(emu->debug_reg);
		break;
	case EMU_VDM_WRITE:
		emu->debug_reg =
			le64_to_cpu(((const struct emu_vdm_reg *)vdm)->value);
		break;
	case EMU_VDM_OVERRUN:
		req->resp_len = req->resp_size + 1;
		return 0;
	case EMU_VDM_EMPTY:
		req->resp_len = 0;
		return 0;
	case EMU_VDM_NEEDS_LESS:
		req->resp_len = req->resp_size;
		return -ENOBUFS;
	case EMU_VDM_NEEDS_MORE:
		req->resp_len = req->msg->resp_max + 1;
		return -ENOBUFS;
	case EMU_VDM_LAZY:
		req->resp_len = req->resp_size;
		break;
	default:
		return -EINVAL;
	}

	if (req->resp_len > req->resp_size)
		return -ENOBUFS;
	memcpy(rsp, vdm, min(req->req_len, req->resp_len));
	rsp->hdr.type &= ~PCI_TDISP_REQ;
	return 0;
}
