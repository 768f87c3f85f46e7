// SPDX-License-Identifier: GPL-2.0
/* TDISP messages for the tests of guest protocols, PCIe r7.0 section 11.3 */
#include "tsm_proto.h"

static const struct iommu_tsm_msg msgs[] = {
	/* id, scope, req_min, req_max, resp_min, resp_max */
	{ 0x81, SCOPE(INFO), 16, 16, 17, 272 },
	{ 0x82, SCOPE(INFO), 20, 20, 24, 44 },
	{ 0x83, SCOPE(STATE_CHANGE), 36, 36, 24, 48 },
	{ 0x84, SCOPE(INFO), 20, 20, 20, 65555 },
	{ 0x85, SCOPE(INFO), 16, 16, 17, 24 },
	{ 0x86, SCOPE(STATE_CHANGE), 48, 48, 16, 24 },
	{ 0x87, SCOPE(STATE_CHANGE), 16, 16, 16, 24 },
	{ 0x88, SCOPE(STATE_CHANGE), 17, 17, 16, 24 },
	{ 0x89, SCOPE(STATE_CHANGE), 17, 17, 16, 24 },
	{ 0x8a, SCOPE(STATE_CHANGE), 32, 32, 16, 24 },
};

static const struct proto_flip flips[] = {
	/* major version, message type */
	{ PCI_TDISP_GET_VERSION, 0, 0x20 },
	{ PCI_TDISP_GET_VERSION, 1, 0x80 },
	{ PCI_TDISP_GET_VERSION, 1, 0x40 },
};

static u32 make(struct proto_test *p, u32 id, int extra)
{
	struct pci_tdisp_header *hdr = (void *)p->req;
	struct pci_tdisp_lock_interface *lock = (void *)p->req;
	struct pci_tdisp_start_interface *start = (void *)p->req;

	memset(p->req, 0, sizeof(p->req));
	*hdr = tdisp_header(id, p->t.s.virt_id);
	if (id == PCI_TDISP_LOCK_INTERFACE)
		lock->flags = htole16(PCI_TDISP_LOCK_NO_FW_UPDATE);
	if (id == PCI_TDISP_START_INTERFACE)
		memcpy(start->start_nonce, p->nonce, sizeof(p->nonce));
	return proto_msg(p->proto, id)->req_min + extra;
}

static int finish(struct proto_test *p, u32 id)
{
	const struct pci_tdisp_lock_interface_rsp *lock = (void *)p->resp;

	if (!tdisp_is_response(p->resp, p->t.cmd.out_resp_len, id,
			       sizeof(struct pci_tdisp_header)))
		return -EPROTO;
	if (id != PCI_TDISP_LOCK_INTERFACE)
		return 0;
	if (p->t.cmd.out_resp_len != sizeof(*lock))
		return -EPROTO;
	memcpy(p->nonce, lock->start_nonce, sizeof(p->nonce));
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

static s64 fail(struct proto_test *p)
{
	int rc = proto_request(p, PCI_TDISP_LOCK_INTERFACE);

	if (rc)
		return rc;
	p->nonce[0] ^= 1;
	rc = proto_request(p, PCI_TDISP_START_INTERFACE);
	return rc == -EREMOTEIO ? PCI_TDISP_ERR_INVALID_NONCE : rc ?: -EPROTO;
}

const struct proto proto_tdisp = {
	.name = "tdisp",
	.type = IOMMU_TSM_TYPE_TDISP,
	.envelope_len = sizeof(struct pci_tdisp_header),
	.msgs = msgs,
	.nr_msgs = ARRAY_SIZE(msgs),
	.flips = flips,
	.nr_flips = ARRAY_SIZE(flips),
	.make = make,
	.finish = finish,
	.run = run_tdi,
	.stop = stop_tdi,
	.fail = fail,
};
