// SPDX-License-Identifier: GPL-2.0
/*
 * TDISP guest of the example VMM: brings its TDI from CONFIG_UNLOCKED to RUN and
 * back, and believes nothing that it has not checked.
 */
#include <errno.h>

#include "guest.h"
#include "tdisp.h"

/* As large as the emulated device gives, so that a report takes several */
#define REPORT_PORTION 64

struct guest {
	struct tsm_vmm_shared *shared;
	struct tsm_vmm_call *call;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	u8 report[TSM_VMM_REPORT_MAX];
	u32 report_len;
};

/* Return: true if the call came back with a response from the device */
static int vmm_call(struct guest *g, enum tsm_vmm_call_nr nr, const void *req,
		    u32 len)
{
	struct tsm_vmm_call *call = g->call;

	tsm_copy(call->req, req, len);
	call->req_len = len;
	call->resp_len = sizeof(call->resp);
	tsm_vmm_tell(TSM_VMM_EXIT_CALL, nr);

	/* The VMM could claim any length */
	if (call->resp_len > sizeof(call->resp))
		call->resp_len = 0;
	return !call->error;
}

static int answered(struct guest *g, u8 type, u32 min_len)
{
	return !g->call->tsm_code &&
	       tdisp_is_response(g->call->resp, g->call->resp_len, type, min_len);
}

/* For requests that are nothing but a header */
static int header_call(struct guest *g, enum tsm_vmm_call_nr nr, u8 type)
{
	struct pci_tdisp_header hdr = tdisp_header(type, g->shared->rid);

	return vmm_call(g, nr, &hdr, sizeof(hdr));
}

static int has_version(struct guest *g)
{
	const struct pci_tdisp_version *version = (void *)g->call->resp;

	if (!header_call(g, TSM_VMM_CALL_READ, PCI_TDISP_GET_VERSION) ||
	    !answered(g, PCI_TDISP_GET_VERSION, sizeof(*version)) ||
	    g->call->resp_len < sizeof(*version) + version->count)
		return 0;

	for (int i = 0; i < version->count; i++)
		if (version->entry[i] == PCI_TDISP_VERSION_1_0)
			return 1;
	return 0;
}

static int has_capabilities(struct guest *g)
{
	const struct pci_tdisp_capabilities *caps = (void *)g->call->resp;
	struct pci_tdisp_get_capabilities req = {
		.hdr = tdisp_header(PCI_TDISP_GET_CAPABILITIES,
				    g->shared->rid),
	};

	if (!vmm_call(g, TSM_VMM_CALL_READ, &req, sizeof(req)) ||
	    !answered(g, PCI_TDISP_GET_CAPABILITIES, sizeof(*caps)))
		return 0;
	return le16toh(caps->lock_flags_supported) & PCI_TDISP_LOCK_NO_FW_UPDATE;
}

static int is_state(struct guest *g, enum pci_tdisp_state state)
{
	const struct pci_tdisp_interface_state_rsp *rsp = (void *)g->call->resp;

	return header_call(g, TSM_VMM_CALL_READ, PCI_TDISP_GET_INTERFACE_STATE) &&
	       answered(g, PCI_TDISP_GET_INTERFACE_STATE, sizeof(*rsp)) &&
	       rsp->state == state;
}

static int lock(struct guest *g)
{
	const struct pci_tdisp_lock_interface_rsp *rsp = (void *)g->call->resp;
	struct pci_tdisp_lock_interface req = {
		.hdr = tdisp_header(PCI_TDISP_LOCK_INTERFACE,
				    g->shared->rid),
		.flags = htole16(PCI_TDISP_LOCK_NO_FW_UPDATE),
	};

	if (!vmm_call(g, TSM_VMM_CALL_CONTROL, &req, sizeof(req)) ||
	    !answered(g, PCI_TDISP_LOCK_INTERFACE, sizeof(*rsp)))
		return 0;
	tsm_copy(g->nonce, rsp->start_nonce, sizeof(g->nonce));
	return 1;
}

/* No proof of entropy, but a constant is found out */
static int nonce_is_random(const struct guest *g)
{
	for (unsigned int i = 1; i < sizeof(g->nonce); i++)
		if (g->nonce[i] != g->nonce[0])
			return 1;
	return 0;
}

/* In a call that only reads, this must not get through, even from the guest */
static int stop_is_refused(struct guest *g)
{
	header_call(g, TSM_VMM_CALL_READ, PCI_TDISP_STOP_INTERFACE);
	return g->call->error == EACCES && !g->call->dispatched;
}

/*
 * Appends one portion to the report, of which @rest remain, or an unknown number at
 * first: PCIe r6.3 table 11-13. Return: what remains then, or -1
 */
static int read_portion(struct guest *g, int rest)
{
	const struct pci_tdisp_interface_report_rsp *rsp = (void *)g->call->resp;
	struct pci_tdisp_get_interface_report req = {
		.hdr = tdisp_header(PCI_TDISP_GET_INTERFACE_REPORT,
				    g->shared->rid),
		.offset = htole16(g->report_len),
		.length = htole16(rest < REPORT_PORTION ? rest : REPORT_PORTION),
	};
	u32 len;

	if (!vmm_call(g, TSM_VMM_CALL_READ, &req, sizeof(req)) ||
	    !answered(g, PCI_TDISP_GET_INTERFACE_REPORT, sizeof(*rsp)))
		return -1;

	len = le16toh(rsp->portion_length);
	if (!len || len > REPORT_PORTION ||
	    g->call->resp_len != sizeof(*rsp) + len ||
	    g->report_len + len > sizeof(g->report))
		return -1;

	tsm_copy(g->report + g->report_len, rsp->report, len);
	g->report_len += len;
	return le16toh(rsp->remainder_length);
}

static int has_report(struct guest *g)
{
	int rest = REPORT_PORTION;

	g->report_len = 0;
	do {
		rest = read_portion(g, rest);
	} while (rest > 0);
	return !rest && tsm_vmm_use_report(g->shared, g->report, g->report_len);
}

static int start(struct guest *g, u8 flip)
{
	struct pci_tdisp_start_interface req = {
		.hdr = tdisp_header(PCI_TDISP_START_INTERFACE,
				    g->shared->rid),
	};

	tsm_copy(req.start_nonce, g->nonce, sizeof(req.start_nonce));
	req.start_nonce[0] ^= flip;
	return vmm_call(g, TSM_VMM_CALL_CONTROL, &req, sizeof(req));
}

static int wrong_nonce_is_refused(struct guest *g)
{
	return start(g, 1) &&
	       g->call->tsm_code == PCI_TDISP_ERR_INVALID_NONCE &&
	       tdisp_error(g->call->resp, g->call->resp_len) ==
		       PCI_TDISP_ERR_INVALID_NONCE &&
	       is_state(g, PCI_TDISP_STATE_CONFIG_LOCKED);
}

static int is_started(struct guest *g)
{
	return start(g, 0) &&
	       answered(g, PCI_TDISP_START_INTERFACE,
			sizeof(struct pci_tdisp_header)) &&
	       is_state(g, PCI_TDISP_STATE_RUN);
}

static int is_stopped(struct guest *g)
{
	return header_call(g, TSM_VMM_CALL_CONTROL, PCI_TDISP_STOP_INTERFACE) &&
	       answered(g, PCI_TDISP_STOP_INTERFACE,
			sizeof(struct pci_tdisp_header)) &&
	       is_state(g, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

/*
 * A kernel that another one started (kexec) finds the TDI as that left it. It is refused
 * to lock what is not unlocked, PCIe r6.3 section 11.2, and may stop it from any state.
 */
static int lock_anew(struct guest *g)
{
	if (lock(g))
		return 1;
	if (g->call->tsm_code != PCI_TDISP_ERR_INVALID_INTERFACE_STATE ||
	    !is_stopped(g))
		return 0;
	g->shared->relocks++;
	return lock(g);
}

/* The second lock has a nonce of its own, and that of the first one starts nothing */
static int relock(struct guest *g)
{
	u8 old[PCI_TDISP_NONCE_LEN];

	tsm_copy(old, g->nonce, sizeof(old));
	if (!lock(g) || tsm_equal(old, g->nonce, sizeof(old)))
		return 0;
	tsm_copy(g->nonce, old, sizeof(old));
	return start(g, 0) && g->call->tsm_code == PCI_TDISP_ERR_INVALID_NONCE &&
	       is_stopped(g);
}

static enum tsm_vmm_verdict use_tdi(struct guest *g)
{
	if (!has_version(g))
		return TSM_VMM_BAD_VERSION;
	if (!has_capabilities(g))
		return TSM_VMM_BAD_CAPABILITIES;
	tsm_vmm_step("lock and attest, and what no call that reads may do");
	if (!lock_anew(g))
		return TSM_VMM_NOT_LOCKED;
	if (!nonce_is_random(g))
		return TSM_VMM_NONCE_IS_WEAK;
	if (!stop_is_refused(g))
		return TSM_VMM_CHANGE_NOT_REFUSED;
	if (!is_state(g, PCI_TDISP_STATE_CONFIG_LOCKED))
		return TSM_VMM_CHANGE_TOOK_EFFECT;
	if (!has_report(g))
		return TSM_VMM_BAD_REPORT;
	tsm_vmm_step("start, with the wrong nonce first, and stop");
	if (!wrong_nonce_is_refused(g))
		return TSM_VMM_FORGERY_ACCEPTED;
	if (!is_started(g))
		return TSM_VMM_NOT_STARTED;
	if (!is_stopped(g))
		return TSM_VMM_NOT_STOPPED;
	tsm_vmm_step("lock once more: the nonce of before is no good");
	return relock(g) ? TSM_VMM_PASSED : TSM_VMM_FORGERY_ACCEPTED;
}

void tsm_vmm_guest_tdisp(struct tsm_vmm_shared *shared)
{
	struct guest g = {
		.shared = shared,
		.call = tsm_vmm_area(shared),
	};

	tsm_vmm_done(use_tdi(&g));
}
