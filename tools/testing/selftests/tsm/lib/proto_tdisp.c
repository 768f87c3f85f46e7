// SPDX-License-Identifier: GPL-2.0
/* TDISP messages for the tests of guest protocols, PCIe r7.0 section 11.3 */
#include "proto.h"

/* What LOCK_INTERFACE returned */
struct tdisp_args {
	u8 nonce[PCI_TDISP_NONCE_LEN];
};

static u32 len_of(u32 id)
{
	switch (id) {
	case PCI_TDISP_GET_CAPABILITIES:
		return sizeof(struct pci_tdisp_get_capabilities);
	case PCI_TDISP_LOCK_INTERFACE:
		return sizeof(struct pci_tdisp_lock_interface);
	case PCI_TDISP_GET_INTERFACE_REPORT:
		return sizeof(struct pci_tdisp_get_interface_report);
	case PCI_TDISP_START_INTERFACE:
		return sizeof(struct pci_tdisp_start_interface);
	case PCI_TDISP_BIND_P2P_STREAM:
	case PCI_TDISP_UNBIND_P2P_STREAM:
		return sizeof(struct pci_tdisp_p2p_stream);
	case PCI_TDISP_SET_MMIO_ATTRIBUTE:
		return sizeof(struct pci_tdisp_set_mmio_attribute);
	case PCI_TDISP_GET_VERSION:
	case PCI_TDISP_GET_INTERFACE_STATE:
	case PCI_TDISP_STOP_INTERFACE:
		return sizeof(struct pci_tdisp_header);
	default:
		return 0;
	}
}

static u32 make(struct proto_test *p, u32 id, int extra)
{
	struct pci_tdisp_header *hdr = (void *)p->req;
	struct pci_tdisp_lock_interface *lock = (void *)p->req;
	struct pci_tdisp_start_interface *start = (void *)p->req;
	const struct tdisp_args *args = p->args;

	memset(p->req, 0, sizeof(p->req));
	*hdr = tdisp_header(id, p->t.s.virt_id);
	if (id == PCI_TDISP_LOCK_INTERFACE)
		lock->flags = htole16(PCI_TDISP_LOCK_NO_FW_UPDATE);
	if (id == PCI_TDISP_START_INTERFACE)
		memcpy(start->start_nonce, args->nonce, sizeof(args->nonce));
	return len_of(id) + extra;
}

static int finish(struct proto_test *p, u32 id)
{
	const struct pci_tdisp_lock_interface_rsp *lock = (void *)p->resp;
	struct tdisp_args *args = p->args;

	if (!tdisp_is_response(p->resp, p->t.cmd.out_resp_len, id,
			       sizeof(struct pci_tdisp_header)))
		return -EPROTO;
	if (id != PCI_TDISP_LOCK_INTERFACE)
		return 0;
	if (p->t.cmd.out_resp_len != sizeof(*lock))
		return -EPROTO;
	memcpy(args->nonce, lock->start_nonce, sizeof(args->nonce));
	return 0;
}

static int run_tdi(struct proto_test *p)
{
	int rc = proto_request(p, PCI_TDISP_LOCK_INTERFACE);

	return rc ?: proto_request(p, PCI_TDISP_START_INTERFACE);
}

static int stop_tdi(struct proto_test *p)
{
	return proto_request(p, PCI_TDISP_STOP_INTERFACE);
}

static int fail(struct proto_test *p)
{
	int rc = proto_request(p, PCI_TDISP_LOCK_INTERFACE);
	struct tdisp_args *args = p->args;

	if (rc)
		return rc;
	args->nonce[0] ^= 1;
	return proto_request(p, PCI_TDISP_START_INTERFACE);
}

const struct proto proto_tdisp = {
	.name = "tdisp",
	.type = IOMMU_TSM_TYPE_TDISP,
	.envelope_len = sizeof(struct pci_tdisp_header),
	/* a request that is a response */
	.bad_offset = offsetof(struct pci_tdisp_header, type),
	.bad_bits = PCI_TDISP_REQ,
	.args_size = sizeof(struct tdisp_args),
	.make = make,
	.finish = finish,
	.run = run_tdi,
	.stop = stop_tdi,
	.fail = fail,
	.fail_code = PCI_TDISP_ERR_INVALID_NONCE,
};
