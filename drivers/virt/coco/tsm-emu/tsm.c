// SPDX-License-Identifier: GPL-2.0
/*
 * Link TSM of the emulated platform. It takes a guest's TDISP messages to the
 * DSM, as TDISP in SPDM vendor defined messages in DOE data objects, and stands
 * between the guest's name for the function and the host's. There is neither an
 * SPDM session nor a key: the emulated link has nobody to hide from.
 */
#include <linux/cleanup.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/slab.h>
#include <linux/tsm.h>
#include <linux/tsm-proto.h>

#include "tsm-emu.h"

DECLARE_TSM_PROTO(tdisp);

#define OMIT_TDI		BIT(0)
#define OMIT_GUEST_REQ		BIT(1)
#define OMIT_UNBIND		BIT(2)
#define OMIT_GUEST_PROTO	BIT(3)

static unsigned int omit_ops;
module_param(omit_ops, uint, 0644);
MODULE_PARM_DESC(omit_ops,
		 "Link operations to do without: 1 bind and unbind, 2 guest_req, 4 unbind, 8 guest protocol");

static bool debug_msgs;
module_param(debug_msgs, bool, 0644);
MODULE_PARM_DESC(debug_msgs,
		 "Serve debug messages of each class too, from the next probe on");

/*
 * Bring a TDISP message to the DSM and its response back. @resp has room for
 * TSM_EMU_TDISP_MAX bytes. Returns the length of the response or -errno.
 */
static int emu_tdisp_transfer(struct pci_dev *dsm, const void *req, size_t len,
			      void *resp)
{
	size_t vdm_size = sizeof(struct tsm_emu_spdm_vdm) + TSM_EMU_TDISP_MAX;
	size_t resp_len;
	int rc;

	struct tsm_emu_spdm_vdm *vdm __free(kfree) =
		kzalloc(round_up(vdm_size, sizeof(u32)), GFP_KERNEL);
	if (!vdm)
		return -ENOMEM;
	if (len > TSM_EMU_TDISP_MAX)
		return -EMSGSIZE;

	vdm->version = TSM_EMU_SPDM_VERSION;
	vdm->code = TSM_EMU_SPDM_VDM_REQ;
	vdm->standard_id = cpu_to_le16(TSM_EMU_SPDM_STANDARD_PCI_SIG);
	vdm->vendor_id_len = sizeof(vdm->vendor_id);
	vdm->vendor_id = cpu_to_le16(PCI_VENDOR_ID_PCI_SIG);
	vdm->payload_len = cpu_to_le16(1 + len);
	vdm->protocol_id = TSM_EMU_PROTOCOL_TDISP;
	memcpy(vdm->payload, req, len);

	rc = pci_tsm_doe_transfer(dsm, PCI_DOE_FEATURE_CMA, vdm,
				  sizeof(*vdm) + len, vdm, vdm_size);
	if (rc < 0)
		return rc;
	if (rc < sizeof(*vdm) + sizeof(struct pci_tdisp_header) ||
	    vdm->code != TSM_EMU_SPDM_VDM_RSP)
		return -EIO;

	resp_len = le16_to_cpu(vdm->payload_len) - 1;
	if (resp_len < sizeof(struct pci_tdisp_header) ||
	    resp_len > rc - sizeof(*vdm))
		return -EIO;

	memcpy(resp, vdm->payload, resp_len);
	return resp_len;
}

static void emu_tdisp_header(struct pci_tdisp_header *hdr, u8 type,
			     struct pci_dev *pdev)
{
	*hdr = (struct pci_tdisp_header) {
		.version = PCI_TDISP_VERSION_1_0,
		.type = type,
		.function_id = cpu_to_le32(pci_dev_id(pdev)),
	};
}

/* Send a message of the TSM's own that is but a header, expect its response */
static int emu_tdisp_simple(struct pci_dev *dsm, struct pci_dev *pdev, u8 type)
{
	u8 resp[TSM_EMU_TDISP_MAX];
	struct pci_tdisp_header hdr;
	int rc;

	emu_tdisp_header(&hdr, type, pdev);
	rc = emu_tdisp_transfer(dsm, &hdr, sizeof(hdr), resp);
	if (rc < 0)
		return rc;

	if (((struct pci_tdisp_header *)resp)->type != (type & ~PCI_TDISP_REQ))
		return -EIO;
	return 0;
}

static struct pci_tsm *emu_probe_pf0(struct tsm_dev *tsm_dev,
				     struct pci_dev *pdev)
{
	int rc;

	struct pci_tsm_pf0 *pf0 __free(kfree) = kzalloc_obj(*pf0);
	if (!pf0)
		return NULL;

	rc = pci_tsm_pf0_constructor(pdev, pf0, tsm_dev);
	if (rc)
		return NULL;

	return &no_free_ptr(pf0)->base_tsm;
}

static struct pci_tsm *emu_probe(struct tsm_dev *tsm_dev, struct pci_dev *pdev)
{
	int rc;

	if (!is_tsm_emu_fn(pdev))
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
	struct pci_tsm_pf0 *pf0;

	if (!is_pci_tsm_pf0(tsm->pdev)) {
		kfree(tsm);
		return;
	}

	pf0 = container_of(tsm, struct pci_tsm_pf0, base_tsm);
	kfree(pf0);
}

static int emu_connect(struct pci_dev *pdev)
{
	int rc = tsm_emu_stall(pci_dev_to_emu(pdev), TSM_EMU_STALL_CONNECT);

	if (rc)
		return rc;
	return emu_tdisp_simple(pdev, pdev, PCI_TDISP_GET_VERSION);
}

/* There is no session to end, and the core has unbound the TDIs */
static void emu_disconnect(struct pci_dev *pdev)
{
	tsm_emu_stall(pci_dev_to_emu(pdev), TSM_EMU_STALL_DISCONNECT);
}

static struct pci_tdi *emu_bind(struct pci_dev *pdev, struct kvm *kvm,
				u32 tdi_id)
{
	struct pci_tdi *tdi;
	int rc;

	rc = tsm_emu_stall(pci_dev_to_emu(pdev), TSM_EMU_STALL_BIND);
	if (rc)
		return ERR_PTR(rc);

	tdi = kzalloc_obj(*tdi);
	if (!tdi)
		return ERR_PTR(-ENOMEM);

	pci_tsm_tdi_constructor(pdev, tdi, kvm, tdi_id);
	return tdi;
}

static void emu_unbind(struct pci_tdi *tdi)
{
	struct pci_dev *dsm = tdi->pdev->tsm->dsm_dev;
	int rc;

	tsm_emu_stall(pci_dev_to_emu(tdi->pdev), TSM_EMU_STALL_UNBIND);
	rc = emu_tdisp_simple(dsm, tdi->pdev, PCI_TDISP_STOP_INTERFACE);
	if (rc)
		pci_warn(tdi->pdev, "failed to stop the TDI: %d\n", rc);
	kfree(tdi);
}

/* The guest named a function that it does not own: the TSM knows no such */
static size_t emu_no_such_tdi(const struct pci_tdisp_header *hdr, void *resp)
{
	struct pci_tdisp_error_rsp *rsp = resp;

	rsp->hdr = *hdr;
	rsp->hdr.type = PCI_TDISP_ERROR;
	rsp->code = cpu_to_le32(PCI_TDISP_ERR_INVALID_INTERFACE);
	rsp->data = 0;
	return sizeof(*rsp);
}

/* As the guest sent it, but for the host's name of the function and back */
static int emu_forward(struct pci_tdi *tdi, const struct pci_tsm_guest_req *req,
		       void *msg)
{
	struct pci_tdisp_header *hdr = msg;
	int rc;

	memcpy(msg, req->req, req->req_len);
	if (le32_to_cpu(hdr->function_id) != tdi->tdi_id)
		return emu_no_such_tdi(req->req, msg);

	hdr->function_id = cpu_to_le32(pci_dev_id(tdi->pdev));
	rc = emu_tdisp_transfer(tdi->pdev->tsm->dsm_dev, msg, req->req_len,
				msg);
	hdr->function_id = cpu_to_le32(tdi->tdi_id);
	return rc;
}

static int emu_guest_req(struct pci_tdi *tdi, struct pci_tsm_guest_req *req)
{
	struct tsm_emu *emu = pci_dev_to_emu(tdi->pdev);
	u8 msg[TSM_EMU_TDISP_MAX] __aligned(8);
	struct pci_tdisp_error_rsp *error = (void *)msg;
	const struct pci_tdisp_header *hdr = req->req;
	int len, rc;

	atomic_inc(&emu->requests);
	rc = tsm_emu_stall(emu, TSM_EMU_STALL_GUEST_REQ);
	if (rc)
		return rc;

	if (hdr->type == PCI_TDISP_VDM)
		return tsm_emu_debug_req(tdi, req);

	if (req->req_len > sizeof(msg))
		return -EMSGSIZE;
	len = emu_forward(tdi, req, msg);
	if (len < 0)
		return len;

	if (error->hdr.type == PCI_TDISP_ERROR)
		req->tsm_code = le32_to_cpu(error->code);

	req->resp_len = len;
	if (len > req->resp_size)
		return -ENOBUFS;
	memcpy(req->resp, msg, len);
	return 0;
}

static const struct pci_tsm_ops emu_tsm_ops = {
	.probe = emu_probe,
	.remove = emu_remove,
	.connect = emu_connect,
	.disconnect = emu_disconnect,
	.bind = emu_bind,
	.unbind = emu_unbind,
	.guest_req = emu_guest_req,
	.guest_proto = &tsm_proto_tdisp,
};

static void emu_omit_ops(struct pci_tsm_ops *ops)
{
	if (omit_ops & OMIT_TDI)
		ops->bind = NULL;
	if (omit_ops & (OMIT_TDI | OMIT_UNBIND))
		ops->unbind = NULL;
	if (omit_ops & OMIT_GUEST_REQ)
		ops->guest_req = NULL;
	if (omit_ops & OMIT_GUEST_PROTO)
		ops->guest_proto = NULL;
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
	emu->tsm_ops = emu_tsm_ops;
	if (debug_msgs)
		emu->tsm_ops.guest_proto = &tsm_emu_debug_proto;
	emu_omit_ops(&emu->tsm_ops);

	emu->tsm_dev = tsm_register(emu->dev, &emu->tsm_ops);
	if (IS_ERR(emu->tsm_dev))
		return PTR_ERR(emu->tsm_dev);

	return devm_add_action_or_reset(emu->dev, emu_tsm_unregister,
					emu->tsm_dev);
}
