// SPDX-License-Identifier: GPL-2.0
/* TDISP messages for the tests of guest protocols, PCIe r7.0 section 11.3 */
#include "proto.h"
#include "../vectors/tdisp.h"

/**
 * struct tdisp_args - what the device told
 * @nonce: of the last LOCK_INTERFACE
 * @first_page: of range TDISP_VECTOR_RANGE_ID in its report
 */
struct tdisp_args {
	u8 nonce[PCI_TDISP_NONCE_LEN];
	__le64 first_page;
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

/* Is it the nonce of the example? */
static bool is_stand_in(const u8 *nonce)
{
	for (int i = 0; i < PCI_TDISP_NONCE_LEN; i++)
		if (nonce[i] != TDISP_VECTOR_NONCE + i)
			return false;
	return true;
}

static bool adapt(struct proto_test *p, const struct tsm_vector *v)
{
	struct pci_tdisp_set_mmio_attribute *mmio = (void *)p->req;
	struct pci_tdisp_start_interface *start = (void *)p->req;
	const struct tdisp_args *args = p->args;

	if (v->id == PCI_TDISP_START_INTERFACE && is_stand_in(start->start_nonce))
		memcpy(start->start_nonce, args->nonce, sizeof(args->nonce));
	if (v->id == PCI_TDISP_SET_MMIO_ATTRIBUTE)
		mmio->range.first_page = args->first_page;
	return true;
}

/* The first portion of the report, which has all ranges */
static void learn_ranges(struct proto_test *p)
{
	const struct pci_tdisp_interface_report_rsp *rsp = (void *)p->resp;
	const struct pci_tdisp_interface_report *report = (void *)rsp->report;
	const struct pci_tdisp_mmio_range *range = report->mmio_range;
	u32 fit = le16toh(rsp->portion_length) / sizeof(*range);
	struct tdisp_args *args = p->args;

	/* what is before them is as long as one of them */
	for (u32 i = 0; i + 1 < fit && i < le32toh(report->mmio_range_count); i++)
		if (le16toh(range[i].range_id) == TDISP_VECTOR_RANGE_ID)
			args->first_page = range[i].first_page;
}

static int reveal(struct proto_test *p, const struct tsm_vector *v)
{
	if (v->code)
		return 0;
	if (v->id == PCI_TDISP_GET_INTERFACE_REPORT)
		learn_ranges(p);
	return finish(p, v->id);
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
	.vectors = tdisp_vectors,
	.nr_vectors = ARRAY_SIZE(tdisp_vectors),
	.vector_rid = TDISP_VECTOR_RID,
	.adapt = adapt,
	.reveal = reveal,
};
