// SPDX-License-Identifier: GPL-2.0
/*
 * SNP guest of the example VMM: has its TDI bound, attests it by what the
 * firmware says in sealed messages, validates its MMIO, opens its memory to it
 * and takes all of that back. Of what comes from the host it believes nothing
 * but what has the firmware's digest.
 */
#include "guest.h"
#include "sev_tio.h"

#define ALL_OBJECTS (SEV_INFO_STATE | SEV_INFO_CERTIFICATES | \
		     SEV_INFO_MEASUREMENTS | SEV_INFO_REPORT)

struct guest {
	struct tsm_vmm_shared *shared;
	struct sev_tio_area *area;
	struct tsm_sev_channel channel;
	const u8 *report;
};

static u64 vmgexit(struct guest *g, u64 code, u64 info_1, u64 info_2)
{
	struct sev_ghcb *ghcb = &g->area->ghcb;
	u64 rax = 0;

	ghcb->exit_code = code;
	ghcb->exit_info_1 = info_1;
	ghcb->exit_info_2 = info_2;
	tsm_vmm_exit(TSM_VMM_PORT_VMGEXIT, "+a"(rax));
	return ghcb->exit_info_2;
}

/* Return: true if the host did it */
static bool op(struct guest *g, enum sev_op action)
{
	return !vmgexit(g, SEV_EXIT_OP, SEV_OP_INFO(action, g->shared->rid), 0);
}

/* Send what is in the request page. Return: SEV_GUEST_ERR() */
static u64 send(struct guest *g, u64 rdx)
{
	struct sev_ghcb *ghcb = &g->area->ghcb;

	ghcb->rax = tsm_vmm_gpa(g->shared, g->area->data);
	ghcb->rbx = SEV_DATA_PAGES;
	ghcb->rcx = g->shared->rid;
	ghcb->rdx = rdx;
	return vmgexit(g, SEV_EXIT_GUEST_REQUEST,
		       tsm_vmm_gpa(g->shared, g->area->req),
		       tsm_vmm_gpa(g->shared, g->area->resp));
}

/* A request and its response, which has the type behind that of the request */
static bool request(struct guest *g, u8 type, const void *payload, u32 len,
		    void *rsp, u32 rsp_len, u64 rdx)
{
	tsm_sev_seal(&g->channel, type, payload, len, g->area->req);
	if (send(g, rdx) ||
	    !tsm_sev_open(&g->channel, type + 1, g->area->resp,
			  sizeof(struct tsm_sev_tio_hdr) + rsp_len, rsp, rsp_len))
		return false;
	g->channel.seqno += 2;
	return true;
}

static union tsm_sev_tio_tdi tdi_of(const struct guest *g)
{
	return (union tsm_sev_tio_tdi) {
		.v1.guest_device_id = htole16(g->shared->rid),
	};
}

/* The keys are there once it is bound, on hardware since the guest was launched */
static bool lock(struct guest *g)
{
	if (!op(g, SEV_OP_BIND) || le32toh(g->area->secrets.tdi_id) != g->shared->rid)
		return false;
	tsm_copy(g->channel.key, g->area->secrets.vmpck[0], sizeof(g->channel.key));
	g->channel.vmpck = 0;
	g->channel.seqno = 1;
	g->channel.msg_version = TSM_SEV_TIO_MSG_VERSION_1;
	return true;
}

static bool tdi_info(struct guest *g, struct tsm_sev_tio_tdi_info_rsp *rsp, u64 rdx)
{
	struct tsm_sev_tio_tdi_info req = { .tdi = tdi_of(g) };

	return request(g, TSM_SEV_TIO_TDI_INFO_REQ, &req, sizeof(req), rsp,
		       sizeof(*rsp), rdx) &&
	       le16toh(rsp->result.v1.guest_device_id) == g->shared->rid &&
	       le16toh(rsp->result.v1.status) == TSM_SEV_TIO_TDI_INFO_BOUND;
}

/* The object in the guest's own copy of the data pages, or NULL */
static const u8 *find_object(const struct guest *g, u8 type, u32 *len)
{
	const u8 guid[16] = SEV_OBJECT_GUID(type);
	const u8 *pages = g->area->objects;

	for (u32 i = 0; i < SEV_NR_OBJECTS; i++) {
		const struct sev_object *entry = (const void *)pages;
		u32 offset = le32toh(entry[i].offset);

		*len = le32toh(entry[i].len);
		if (tsm_equal(entry[i].guid, guid, sizeof(guid)) &&
		    offset <= sizeof(g->area->objects) &&
		    *len <= sizeof(g->area->objects) - offset)
			return pages + offset;
	}
	return NULL;
}

static const u8 *find_genuine(const struct guest *g, u8 type, const u8 *digest,
			      u32 *len)
{
	const u8 *object = find_object(g, type, len);

	return object && tsm_vmm_is_genuine(object, *len, digest) ? object : NULL;
}

static enum tsm_vmm_verdict attest(struct guest *g)
{
	struct tsm_sev_tio_tdi_info_rsp info;
	u32 len;

	if (!tdi_info(g, &info, ALL_OBJECTS))
		return TSM_VMM_NOT_LOCKED;
	tsm_copy(g->area->objects, g->area->data, sizeof(g->area->objects));

	if (!(le32toh(info.meas_flags) & TSM_SEV_TIO_MEAS_DIGEST_VALID) ||
	    !find_genuine(g, EMU_OBJECT_CERTIFICATES, info.certs_digest, &len) ||
	    !find_genuine(g, EMU_OBJECT_MEASUREMENTS, info.meas_digest, &len))
		return TSM_VMM_BAD_OBJECT;

	g->report = find_genuine(g, EMU_OBJECT_REPORT, info.report_digest, &len);
	if (!g->report || !le64toh(info.report_count) ||
	    !tsm_vmm_use_report(g->shared, g->report, len))
		return TSM_VMM_BAD_REPORT;
	return TSM_VMM_PASSED;
}

static bool write_sdte(struct guest *g, u8 flags)
{
	struct tsm_sev_tio_sdte_write req;
	struct tsm_sev_tio_sdte_write_rsp rsp;

	tsm_clear(&req, sizeof(req));
	req.tdi = tdi_of(g);
	req.sdte[0] = flags;
	return request(g, TSM_SEV_TIO_SDTE_WRITE_REQ, &req, sizeof(req), &rsp,
		       sizeof(rsp), flags) &&
	       le16toh(rsp.result.v1.status) == TSM_SEV_TIO_SDTE_WRITE_SUCCESS;
}

/* The host is told to let no state change through before SEV_OP_RUN */
static bool early_start_is_refused(struct guest *g)
{
	return !write_sdte(g, EMU_SDTE_VALID) &&
	       g->area->ghcb.exit_info_2 == SEV_GUEST_ERR(SEV_VMM_ERR_GENERIC, 0);
}

static bool is_unchanged(struct guest *g)
{
	struct tsm_sev_tio_tdi_info_rsp info;

	/* the refused message has not used up its number */
	return tdi_info(g, &info, SEV_INFO_STATE) &&
	       g->area->ghcb.rdx == PCI_TDISP_STATE_CONFIG_LOCKED;
}

/* A bit flipped on the way, and a message that was answered already */
static bool forgeries_are_refused(struct guest *g)
{
	struct tsm_sev_tio_tdi_info req = { .tdi = tdi_of(g) };

	tsm_sev_seal(&g->channel, TSM_SEV_TIO_TDI_INFO_REQ, &req, sizeof(req),
		     g->area->req);
	g->area->req[sizeof(struct tsm_sev_tio_hdr)] ^= 1;
	if (send(g, 0) != SEV_GUEST_ERR(0, EMU_SEV_BAD_MESSAGE))
		return false;

	g->channel.seqno -= 2;
	tsm_sev_seal(&g->channel, TSM_SEV_TIO_TDI_INFO_REQ, &req, sizeof(req),
		     g->area->req);
	g->channel.seqno += 2;
	return send(g, 0) == SEV_GUEST_ERR(0, EMU_SEV_BAD_MESSAGE);
}

static u32 order_of(u32 pages)
{
	u32 order = 0;

	while (pages > 1UL << order)
		order++;
	return order;
}

/* Return: TSM_SEV_TIO_MMIO_VALIDATE_*, or -1 without a response */
static int validate(struct guest *g, const struct pci_tdisp_mmio_range *range,
		    u32 pages, u16 flags)
{
	u64 base = le64toh(range->first_page) << 12;
	u16 id = le16toh(range->range_id);
	struct tsm_sev_tio_mmio_validate_rsp rsp;
	struct tsm_sev_tio_mmio_validate req = {
		.tdi = tdi_of(g),
		.mmio.base = htole64(base),
		.mmio.pages = htole32(pages),
		.mmio.flags = htole16(flags),
		.mmio.range_id = range->range_id,
	};

	if (!request(g, TSM_SEV_TIO_MMIO_VALIDATE_REQ, &req, sizeof(req), &rsp,
		     sizeof(rsp), SEV_MMIO_RDX(base, order_of(pages), id)))
		return -1;
	return le16toh(rsp.result.v1.status);
}

static bool validate_all(struct guest *g, u16 flags)
{
	const struct pci_tdisp_mmio_range *range;

	for (u32 i = 0; (range = tsm_vmm_range(g->report, i)); i++)
		if (tsm_vmm_range_is_private(range) &&
		    validate(g, range, le32toh(range->pages), flags) !=
			    TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS)
			return false;
	return true;
}

static bool too_much_is_refused(struct guest *g)
{
	const struct pci_tdisp_mmio_range *range = tsm_vmm_range(g->report, 0);

	return validate(g, range, le32toh(range->pages) + 1,
			TSM_SEV_TIO_MMIO_VALIDATED) ==
	       TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE;
}

static bool is_running(struct guest *g)
{
	struct tsm_sev_tio_tdi_info_rsp info;

	return tdi_info(g, &info, SEV_INFO_STATE) &&
	       g->area->ghcb.rdx == PCI_TDISP_STATE_RUN;
}

static bool stop(struct guest *g)
{
	return write_sdte(g, 0) && validate_all(g, 0) && op(g, SEV_OP_UNBIND) &&
	       op(g, SEV_OP_STOP);
}

static enum tsm_vmm_verdict use_tdi(struct guest *g)
{
	enum tsm_vmm_verdict verdict;

	if (!lock(g))
		return TSM_VMM_NOT_LOCKED;
	verdict = attest(g);
	if (verdict)
		return verdict;
	if (!early_start_is_refused(g))
		return TSM_VMM_CHANGE_NOT_REFUSED;
	if (!is_unchanged(g))
		return TSM_VMM_CHANGE_TOOK_EFFECT;
	if (!forgeries_are_refused(g))
		return TSM_VMM_FORGERY_ACCEPTED;
	if (!op(g, SEV_OP_RUN))
		return TSM_VMM_NOT_STARTED;
	if (!validate_all(g, TSM_SEV_TIO_MMIO_VALIDATED) || !too_much_is_refused(g))
		return TSM_VMM_BAD_MMIO;
	if (!write_sdte(g, EMU_SDTE_VALID))
		return TSM_VMM_NO_DMA;
	if (!is_running(g))
		return TSM_VMM_NOT_STARTED;
	return stop(g) ? TSM_VMM_PASSED : TSM_VMM_NOT_STOPPED;
}

void tsm_vmm_guest_sev_tio(struct tsm_vmm_shared *shared)
{
	struct guest g = {
		.shared = shared,
		.area = tsm_vmm_area(shared),
	};

	tsm_vmm_done(use_tdi(&g));
}
