// SPDX-License-Identifier: GPL-2.0
/*
 * SNP guest of the example VMM: locks its TDI, attests it by what the firmware says in
 * sealed messages, starts it, validates its MMIO, opens its memory to it, and takes all
 * of that back. It does so three times, in the orders that guests of AMD's have. Of what
 * comes from the host it believes nothing but what has the firmware's digest.
 *
 * It never seals two messages under one number of a key. Message numbers go on from one
 * lock to the next, and from a kernel to the one that it starts (kexec): they are in the
 * secrets page, as Linux has them. A key that an error was returned for is given up: for
 * what has to fail it takes the keys that it has to spare, once.
 */
#include <linux/psp-sev.h>

#include "guest.h"
#include "sev_tio.h"

/* As in linux/pci_regs.h, which would bring in too much */
#define PCI_COMMAND_MEMORY 0x2
#define PCI_COMMAND_MASTER 0x4

/* With what AMD's guests ask when they lock a TDI, and when they measure it */
#define INFO_LOCK (SEV_INFO_STATE | SEV_INFO_CERTIFICATES | SEV_INFO_REPORT)
#define INFO_MEASURE SEV_INFO_MEASUREMENTS

/* Keys to spare, by what ends them */
enum spare_vmpck {
	VMPCK_REPLAYED = 1,
	VMPCK_FORGED = 2,
	VMPCK_REFUSED = 3,
};

struct guest {
	struct tsm_vmm_shared *shared;
	struct sev_tio_area *area;
	struct tsm_sev_channel channel;
	u64 tdi_id;
	const u8 *report;
};

/* Return: EXITINFO2, or an error if EXITINFO1 has one */
static u64 vmgexit(struct guest *g, u64 code, u64 info_1, u64 info_2)
{
	struct sev_ghcb *ghcb = &g->area->ghcb;
	u64 rax = 0;

	ghcb->exit_code = code;
	ghcb->exit_info_1 = info_1;
	ghcb->exit_info_2 = info_2;
	tsm_vmm_exit(TSM_VMM_EXIT_VMGEXIT, "+a"(rax));
	return (u32)ghcb->exit_info_1 ? ~0ULL : ghcb->exit_info_2;
}

/* Return: true if the host did it */
static bool op(struct guest *g, enum sev_op action)
{
	return !vmgexit(g, SEV_EXIT_OP, SEV_OP_INFO(action, g->shared->rid), 0);
}

static void write_command(u16 command)
{
	u64 rax = command;

	tsm_vmm_exit(TSM_VMM_EXIT_COMMAND, "+a"(rax));
}

/* Send what is in the request page. Return: SEV_GUEST_ERR() */
static u64 send(struct guest *g, u64 rdx, u64 data_pages, u64 pages)
{
	struct sev_ghcb *ghcb = &g->area->ghcb;

	tsm_clear(g->area->resp, sizeof(g->area->resp));
	ghcb->rax = data_pages ? tsm_vmm_gpa(g->shared, g->area->data) : 0;
	ghcb->rbx = data_pages;
	ghcb->rcx = pages << 32 | g->shared->rid;
	ghcb->rdx = rdx;
	return vmgexit(g, SEV_EXIT_GUEST_REQUEST,
		       tsm_vmm_gpa(g->shared, g->area->req),
		       tsm_vmm_gpa(g->shared, g->area->resp));
}

/**
 * struct msg - a message and its response, which has the type behind its own
 * @type: enum tsm_sev_tio_type
 * @req: payload
 * @len: bytes of it
 * @rsp: takes the payload of the response
 * @rsp_len: bytes of that
 * @rdx: what the host has to know
 * @pages: of MMIO that it is about, for the host too
 */
struct msg {
	u8 type;
	const void *req;
	u32 len;
	void *rsp;
	u32 rsp_len;
	u64 rdx;
	u64 pages;
};

/* Keys and numbers are as the secrets page has them. Return: true if the key is good */
static bool use_vmpck(struct guest *g, struct tsm_sev_channel *c, u8 vmpck)
{
	static const u8 given_up[EMU_SEV_VMPCK_LEN];
	const struct emu_sev_secrets *secrets = &g->area->secrets;

	tsm_copy(c->key, secrets->vmpck[vmpck], sizeof(c->key));
	c->vmpck = vmpck;
	c->seqno = le64toh(secrets->last_seqno[vmpck]) + 1;
	c->msg_version = TSM_SEV_TIO_MSG_VERSION_1;
	return !tsm_equal(c->key, given_up, sizeof(c->key));
}

static void give_up(struct guest *g, const struct tsm_sev_channel *c)
{
	tsm_clear(g->area->secrets.vmpck[c->vmpck], EMU_SEV_VMPCK_LEN);
}

/* A message and its answer, which has the next number: both are used from here on */
static void seal(struct guest *g, const struct tsm_sev_channel *c, u8 type,
		 const void *payload, u32 len)
{
	g->area->secrets.last_seqno[c->vmpck] = htole64(c->seqno + 1);
	tsm_clear(g->area->req, sizeof(g->area->req));
	tsm_sev_seal(c, type, payload, len, g->area->req);
}

/* What cannot be opened is no answer, and the key is lost */
static bool exchange(struct guest *g, struct tsm_sev_channel *c, const struct msg *m)
{
	seal(g, c, m->type, m->req, m->len);
	if (send(g, m->rdx, m->type == TSM_SEV_TIO_TDI_INFO_REQ ? SEV_DATA_PAGES : 0,
		 m->pages) ||
	    !tsm_sev_open(c, m->type + 1, g->area->resp,
			  sizeof(struct tsm_sev_tio_hdr) + m->rsp_len, m->rsp,
			  m->rsp_len)) {
		give_up(g, c);
		return false;
	}
	c->seqno += 2;
	return true;
}

static bool has_ids(const struct guest *g)
{
	return g->channel.msg_version == TSM_SEV_TIO_MSG_VERSION_2;
}

static union tsm_sev_tio_tdi tdi_of(const struct guest *g)
{
	if (has_ids(g))
		return (union tsm_sev_tio_tdi) { .v2.tdi_id = htole64(g->tdi_id) };
	return (union tsm_sev_tio_tdi) {
		.v1.guest_device_id = htole16(g->shared->rid),
	};
}

static u16 status_of(const struct guest *g, const union tsm_sev_tio_result *result)
{
	return has_ids(g) ? le16toh(result->v2.status) : le16toh(result->v1.status);
}

/* The host maps BARs when memory is enabled. The keys are there since the launch */
static bool lock(struct guest *g, u8 msg_version)
{
	write_command(PCI_COMMAND_MEMORY);
	if (!op(g, SEV_OP_BIND))
		return false;
	g->tdi_id = g->area->ghcb.rcx;
	if (!g->channel.seqno && !use_vmpck(g, &g->channel, 0))
		return false;
	g->channel.msg_version = msg_version;
	return true;
}

static bool tdi_info(struct guest *g, struct tsm_sev_tio_tdi_info_rsp *rsp, u64 rdx)
{
	struct tsm_sev_tio_tdi_info req = { .tdi = tdi_of(g) };
	const struct msg m = {
		TSM_SEV_TIO_TDI_INFO_REQ, &req, sizeof(req), rsp, sizeof(*rsp), rdx,
	};

	return exchange(g, &g->channel, &m) &&
	       status_of(g, &rsp->result) == TSM_SEV_TIO_TDI_INFO_BOUND;
}

/* As that, with objects, which nobody changes while they are looked at */
static bool tdi_info_objects(struct guest *g, struct tsm_sev_tio_tdi_info_rsp *rsp,
			     u64 rdx)
{
	if (!tdi_info(g, rsp, rdx))
		return false;
	tsm_copy(g->area->objects, g->area->data, sizeof(g->area->objects));
	return true;
}

/* The object in the guest's own copy of the data pages, or NULL */
static const u8 *find_object(const struct guest *g, u8 type, u32 *len)
{
	const u8 guids[][16] = SEV_OBJECT_GUIDS;
	const u8 *pages = g->area->objects;

	for (u32 i = 0; i < SEV_NR_OBJECTS; i++) {
		const struct sev_object *entry = (const void *)pages;
		u32 offset = le32toh(entry[i].offset);

		*len = le32toh(entry[i].len);
		if (tsm_equal(entry[i].guid, guids[type], sizeof(guids[type])) &&
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

static enum tsm_vmm_verdict measure(struct guest *g)
{
	struct tsm_sev_tio_tdi_info_rsp info;
	u8 nonce[TSM_SEV_TIO_NONCE_LEN];
	const u8 *object;
	u32 len;

	tsm_vmm_nonce(nonce, sizeof(nonce));
	tsm_clear(g->area->data, sizeof(g->area->data));
	tsm_copy(g->area->data, nonce, sizeof(nonce));
	if (!tdi_info_objects(g, &info, INFO_MEASURE))
		return TSM_VMM_NOT_LOCKED;
	object = find_genuine(g, TSM_SEV_TIO_OBJECT_MEASUREMENTS, info.meas_digest,
			      &len);
	if (!object || !(le32toh(info.meas_flags) & TSM_SEV_TIO_MEAS_DIGEST_VALID))
		return TSM_VMM_BAD_OBJECT;
	if (len < EMU_MEASUREMENTS_NONCE + sizeof(nonce) ||
	    !tsm_equal(object + EMU_MEASUREMENTS_NONCE, nonce, sizeof(nonce)))
		return TSM_VMM_STALE_MEASUREMENTS;
	return TSM_VMM_PASSED;
}

static enum tsm_vmm_verdict attest(struct guest *g)
{
	struct tsm_sev_tio_tdi_info_rsp info;
	enum tsm_vmm_verdict verdict;
	u32 len;

	verdict = measure(g);
	if (verdict)
		return verdict;
	if (!tdi_info_objects(g, &info, INFO_LOCK))
		return TSM_VMM_NOT_LOCKED;
	if (g->area->ghcb.rdx != PCI_TDISP_STATE_CONFIG_LOCKED ||
	    !find_genuine(g, TSM_SEV_TIO_OBJECT_CERTIFICATES, info.certs_digest, &len))
		return TSM_VMM_BAD_OBJECT;

	g->report = find_genuine(g, TSM_SEV_TIO_OBJECT_REPORT, info.report_digest, &len);
	if (!g->report || !le64toh(info.report_count) ||
	    !tsm_vmm_use_report(g->shared, g->report, len))
		return TSM_VMM_BAD_REPORT;
	return TSM_VMM_PASSED;
}

static void make_sdte(struct guest *g, bool open, struct tsm_sev_tio_sdte_write *req)
{
	u64 words[TSM_SEV_SDTE_WORDS];

	tsm_clear(words, sizeof(words));
	if (open) {
		words[0] = htole64(TSM_SEV_SDTE0_OPEN);
		words[5] = htole64(TSM_SEV_SDTE5_OPEN);
	}
	req->tdi = tdi_of(g);
	tsm_copy(req->sdte, words, sizeof(words));
}

/* Return: TSM_SEV_TIO_SDTE_WRITE_*, or -1 without a response */
static int write_sdte(struct guest *g, struct tsm_sev_channel *c, bool open)
{
	struct tsm_sev_tio_sdte_write req;
	struct tsm_sev_tio_sdte_write_rsp rsp;
	const struct msg m = {
		TSM_SEV_TIO_SDTE_WRITE_REQ, &req, sizeof(req), &rsp, sizeof(rsp),
		TSM_SEV_VTOM | open,
	};

	make_sdte(g, open, &req);
	return exchange(g, c, &m) ? status_of(g, &rsp.result) : -1;
}

/* The host is told to let no state change through before SEV_OP_RUN */
static enum tsm_vmm_verdict early_change_is_refused(struct guest *g)
{
	struct tsm_sev_tio_tdi_info_rsp info;
	struct tsm_sev_channel spare;

	if (!use_vmpck(g, &spare, VMPCK_REFUSED))
		return TSM_VMM_PASSED;
	if (write_sdte(g, &spare, true) >= 0 ||
	    g->area->ghcb.exit_info_2 != SEV_GUEST_ERR(SEV_VMM_ERR_GENERIC, 0))
		return TSM_VMM_CHANGE_NOT_REFUSED;
	if (!tdi_info(g, &info, SEV_INFO_STATE) ||
	    g->area->ghcb.rdx != PCI_TDISP_STATE_CONFIG_LOCKED)
		return TSM_VMM_CHANGE_TOOK_EFFECT;
	return TSM_VMM_PASSED;
}

/* A bit flipped on the way */
static bool forgery_is_refused(struct guest *g)
{
	struct tsm_sev_tio_tdi_info req = { .tdi = tdi_of(g) };
	struct tsm_sev_channel spare;

	if (!use_vmpck(g, &spare, VMPCK_FORGED))
		return true;
	give_up(g, &spare);
	seal(g, &spare, TSM_SEV_TIO_TDI_INFO_REQ, &req, sizeof(req));
	g->area->req[sizeof(struct tsm_sev_tio_hdr)] ^= 1;
	return send(g, 0, SEV_DATA_PAGES, 0) == SEV_GUEST_ERR(0, SEV_RET_INVALID_PARAM);
}

/*
 * A message that did not get to the firmware for want of data pages is sent again as
 * it is, and then a host sends it once more
 */
static bool replay_is_refused(struct guest *g)
{
	struct tsm_sev_tio_tdi_info req = { .tdi = tdi_of(g) };
	struct tsm_sev_channel spare;

	if (!use_vmpck(g, &spare, VMPCK_REPLAYED))
		return true;
	give_up(g, &spare);
	seal(g, &spare, TSM_SEV_TIO_TDI_INFO_REQ, &req, sizeof(req));
	if (send(g, INFO_LOCK, 0, 0) != SEV_GUEST_ERR(SEV_VMM_ERR_INVALID_LEN, 0) ||
	    !g->area->ghcb.rbx || g->area->ghcb.rbx > SEV_DATA_PAGES ||
	    send(g, INFO_LOCK, g->area->ghcb.rbx, 0))
		return false;
	return send(g, 0, SEV_DATA_PAGES, 0) == SEV_GUEST_ERR(0, SEV_RET_INVALID_PARAM);
}

static enum tsm_vmm_verdict see_refusals(struct guest *g)
{
	enum tsm_vmm_verdict verdict = early_change_is_refused(g);

	if (verdict)
		return verdict;
	if (!forgery_is_refused(g) || !replay_is_refused(g))
		return TSM_VMM_FORGERY_ACCEPTED;
	return TSM_VMM_PASSED;
}

static u32 order_of(u32 pages)
{
	u32 order = 0;

	while (pages > 1UL << order)
		order++;
	return order;
}

/*
 * Guests of message version 2 have the number of the first page in the message, and
 * of pages in RCX. Return: TSM_SEV_TIO_MMIO_VALIDATE_*, or -1 without a response
 */
static int validate(struct guest *g, const struct pci_tdisp_mmio_range *range,
		    u32 pages, u16 flags)
{
	u64 base = le64toh(range->first_page) << 12;
	struct tsm_sev_tio_mmio_validate_rsp rsp;
	struct tsm_sev_tio_mmio_validate req = {
		.tdi = tdi_of(g),
		.mmio.base = htole64(has_ids(g) ? base >> 12 : base),
		.mmio.pages = htole32(pages),
		.mmio.flags = htole16(flags),
		.mmio.range_id = range->range_id,
	};
	const struct msg m = {
		TSM_SEV_TIO_MMIO_VALIDATE_REQ, &req, sizeof(req), &rsp, sizeof(rsp),
		SEV_MMIO_RDX(base, order_of(pages), le16toh(range->range_id)) |
		(flags & TSM_SEV_TIO_MMIO_VALIDATED ? SEV_MMIO_PRIVATE : 0),
		has_ids(g) ? pages : 0,
	};

	return exchange(g, &g->channel, &m) ? status_of(g, &rsp.result) : -1;
}

/* Return: the highest status, or -1 if there was no response */
static int validate_all(struct guest *g, u16 flags)
{
	const struct pci_tdisp_mmio_range *range;
	int status = TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS;

	for (u32 i = 0; (range = tsm_vmm_range(g->report, i)); i++) {
		int rc;

		if (!tsm_vmm_range_is_private(range))
			continue;
		rc = validate(g, range, le32toh(range->pages), flags);
		if (rc < 0)
			return rc;
		status = rc > status ? rc : status;
	}
	return status;
}

static bool too_much_is_refused(struct guest *g)
{
	const struct pci_tdisp_mmio_range *range = tsm_vmm_range(g->report, 0);

	return validate(g, range, le32toh(range->pages) + 1,
			TSM_SEV_TIO_MMIO_VALIDATED) ==
	       TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE;
}

static enum tsm_vmm_verdict start(struct guest *g)
{
	struct tsm_sev_tio_tdi_info_rsp info;

	if (!op(g, SEV_OP_RUN))
		return TSM_VMM_NOT_STARTED;
	if (validate_all(g, TSM_SEV_TIO_MMIO_VALIDATED) || !too_much_is_refused(g))
		return TSM_VMM_BAD_MMIO;
	write_command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	if (write_sdte(g, &g->channel, true))
		return TSM_VMM_NO_DMA;
	if (!tdi_info(g, &info, SEV_INFO_STATE) ||
	    g->area->ghcb.rdx != PCI_TDISP_STATE_RUN)
		return TSM_VMM_NOT_STARTED;
	return TSM_VMM_PASSED;
}

/*
 * The orders in which AMD's guests take all back. They look at no result meanwhile;
 * but each message has to be answered, or the key is lost.
 *
 * The newest one has version 2 of the messages. It writes the entry when the driver
 * goes, and clears bus mastering between STOP and UNBIND.
 */
static bool unlock_newest(struct guest *g)
{
	if (write_sdte(g, &g->channel, false) || validate_all(g, 0) ||
	    !op(g, SEV_OP_STOP))
		return false;
	write_command(PCI_COMMAND_MEMORY);
	return op(g, SEV_OP_UNBIND);
}

/* STOP last, as an entry that was written after it failed */
static bool unlock_stop_last(struct guest *g)
{
	return !write_sdte(g, &g->channel, false) && !validate_all(g, 0) &&
	       op(g, SEV_OP_UNBIND) && op(g, SEV_OP_STOP);
}

/* STOP first, in the series of February 2026: the TDI is unbound for the firmware */
static bool unlock_stop_first(struct guest *g)
{
	return op(g, SEV_OP_STOP) && !write_sdte(g, &g->channel, false) &&
	       validate_all(g, 0) == TSM_SEV_TIO_MMIO_VALIDATE_UNBOUND &&
	       op(g, SEV_OP_UNBIND);
}

static const struct generation {
	const char *name;
	u8 msg_version;
	bool (*unlock)(struct guest *g);
} generations[] = {
	{ "as the series of February 2026: STOP first on the way down",
	  TSM_SEV_TIO_MSG_VERSION_1, unlock_stop_first },
	{ "as the trees with segments in the RID: STOP last",
	  TSM_SEV_TIO_MSG_VERSION_1, unlock_stop_last },
	{ "as the newest one: message version 2, no bus mastering before UNBIND",
	  TSM_SEV_TIO_MSG_VERSION_2, unlock_newest },
	{}
};

static enum tsm_vmm_verdict use_tdi(struct guest *g, const struct generation *as,
				    bool first)
{
	enum tsm_vmm_verdict verdict;

	tsm_vmm_step(as->name);
	if (!lock(g, as->msg_version))
		return TSM_VMM_NOT_LOCKED;
	/* one that failed after the bind has not unbound */
	if (first && !lock(g, as->msg_version))
		return TSM_VMM_NOT_LOCKED;
	verdict = attest(g);
	if (!verdict && first)
		verdict = see_refusals(g);
	if (!verdict)
		verdict = start(g);
	if (verdict)
		return verdict;
	return as->unlock(g) ? TSM_VMM_PASSED : TSM_VMM_NOT_STOPPED;
}

void tsm_vmm_guest_sev_tio(struct tsm_vmm_shared *shared)
{
	enum tsm_vmm_verdict verdict = TSM_VMM_PASSED;
	struct guest g = {
		.shared = shared,
		.area = tsm_vmm_area(shared),
	};

	for (const struct generation *as = generations; !verdict && as->unlock; as++)
		verdict = use_tdi(&g, as, as == generations);
	tsm_vmm_done(verdict);
}
