// SPDX-License-Identifier: GPL-2.0
/*
 * TD of the example VMM: has its TDI locked, reads what the host hands on and
 * has the TDX module vouch for it, accepts MMIO, starts the TDI and gives it
 * back. Nothing in the command buffer is sealed, so nothing in it is believed. It
 * does so twice, in the two orders that are published: Intel's driver of 2026 accepts
 * MMIO before the start, OpenHCL after it and page by page.
 */
#include "../vectors/tdx.h"
#include "guest.h"
#include "tdx.h"

struct guest {
	struct tsm_vmm_shared *shared;
	struct tdx_area *area;
	u32 len;
};

/* Return: R10 */
static u64 tdvmcall(struct guest *g)
{
	register u64 r10 asm("r10") = 0;
	register u64 r11 asm("r11") = TDVMCALL_TDCM;
	register u64 r12 asm("r12") = g->shared->rid;
	register u64 r13 asm("r13") = tsm_vmm_gpa(g->shared, g->area->buffer) |
				      TDX_SHARED_BIT;
	register u64 r14 asm("r14") = sizeof(g->area->buffer);
	register u64 r15 asm("r15") = 0;
	u64 rax = 0;

	tsm_vmm_exit(TSM_VMM_EXIT_TDVMCALL, "+a"(rax), "+r"(r10), "+r"(r11),
		     "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15));
	return r10;
}

static struct tsm_tdx_hdr *answer(const struct guest *g)
{
	return (void *)g->area->answer;
}

/* A command without data. The answer is copied, with @g->len bytes of data */
static bool command(struct guest *g, enum tsm_tdx_op operation)
{
	struct tsm_tdx_hdr *hdr = (void *)g->area->buffer;
	u64 r10;

	tsm_clear(hdr, sizeof(*hdr));
	hdr->operation = htole16(operation);
	r10 = tdvmcall(g);

	tsm_copy(g->area->answer, g->area->buffer, sizeof(g->area->answer));
	g->len = le32toh(answer(g)->data_length);
	return r10 == TDVMCALL_SUCCESS &&
	       answer(g)->status == TSM_TDX_COMPLETED &&
	       le16toh(answer(g)->operation) == operation &&
	       g->len <= sizeof(g->area->answer) - sizeof(*hdr);
}

static bool is_supported(struct guest *g)
{
	return command(g, TSM_TDX_CHECK_TEEIO_SUPP) &&
	       g->len == sizeof(struct tsm_tdx_teeio_supp) &&
	       answer(g)->data[0] == 1;
}

/* Return: RAX, with RCX as the module leaves it */
static u64 tdcall(u64 rax, u64 *rcx, u64 rdx, u64 r8, u64 r9)
{
	register u64 reg8 asm("r8") = r8;
	register u64 reg9 asm("r9") = r9;

	tsm_vmm_exit(TSM_VMM_EXIT_MODULE, "+a"(rax), "+c"(*rcx), "+d"(rdx),
		     "+r"(reg8), "+r"(reg9));
	return rax;
}

/* TDG.TDI.RD of a field that fits a register, which no host can answer */
static u64 read_field(struct guest *g, u64 field, u64 *value)
{
	*value = g->shared->rid;
	return tdcall(EMU_TDG_TDI_RD, value, field, 0, 0);
}

static bool is_state(struct guest *g, enum pci_tdisp_state state)
{
	u64 value;

	return !read_field(g, EMU_TDI_FIELD_STATE, &value) && value == state;
}

/* A TDI that is not bound has no state that the TD could read */
static bool is_unbound(struct guest *g)
{
	u64 value;

	return read_field(g, EMU_TDI_FIELD_STATE, &value) >> 32 ==
	       EMU_TDX_TDI_INVALID_METADATA;
}

/* Into @area->digest */
static bool read_digest(struct guest *g, u64 field)
{
	u64 rcx = g->shared->rid;

	return !tdcall(EMU_TDG_TDI_RD, &rcx, field,
		       tsm_vmm_gpa(g->shared, g->area->digest), 0);
}

static bool is_refused(struct guest *g, enum tsm_tdx_op operation,
		       enum tsm_tdx_error error)
{
	return !command(g, operation) && answer(g)->status == TSM_TDX_ERROR &&
	       answer(g)->error == error && !g->len;
}

/* TDG.TDI.START: without it the host can't start the TDI */
static bool allow_start(struct guest *g)
{
	u64 session, rcx = g->shared->rid;

	return !read_field(g, EMU_TDI_FIELD_SESSION, &session) &&
	       !tdcall(EMU_TDG_TDI_START, &rcx, session, 0, 0);
}

static bool start(struct guest *g)
{
	if (!is_refused(g, TSM_TDX_START_TDI, TSM_TDX_ERR_MODULE))
		return false;
	return allow_start(g) && command(g, TSM_TDX_START_TDI) && !g->len;
}

static bool has_device_info(struct guest *g)
{
	return command(g, TSM_TDX_GET_DEV_INFO) && g->len &&
	       read_digest(g, EMU_TDI_FIELD_ATTESTATION_HASH) &&
	       tsm_vmm_is_genuine(answer(g)->data, g->len, g->area->digest);
}

static bool has_report(struct guest *g)
{
	if (!command(g, TSM_TDX_GET_TDI_REPORT) || g->len > sizeof(g->area->report) ||
	    !read_digest(g, EMU_TDI_FIELD_REPORT_HASH) ||
	    !tsm_vmm_is_genuine(answer(g)->data, g->len, g->area->digest))
		return false;
	tsm_copy(g->area->report, answer(g)->data, g->len);
	return tsm_vmm_use_report(g->shared, g->area->report, g->len);
}

/* TDG.MMIO.ACCEPT, by the place of the range in the report */
static bool accept_pages(struct guest *g, u32 index, u64 gpa, u64 first, u32 pages)
{
	return !tdcall(EMU_TDG_MMIO_ACCEPT, &gpa, index, g->shared->rid,
		       first << 32 | pages);
}

/* @step: pages that the TD accepts with one call */
static bool accept_mmio(struct guest *g, u32 step)
{
	const struct pci_tdisp_mmio_range *range;

	for (u32 i = 0; (range = tsm_vmm_range(g->area->report, i)); i++) {
		u64 base = le64toh(range->first_page) << 12;
		u32 pages = le32toh(range->pages);

		if (!tsm_vmm_range_is_private(range))
			continue;
		for (u32 at = 0; at < pages; at += step) {
			u32 part = pages - at < step ? pages - at : step;

			if (!accept_pages(g, i, base + at * TSM_VMM_PAGE, at, part))
				return false;
		}
	}
	return true;
}

static bool accept_dma(struct guest *g)
{
	u64 rcx = g->shared->rid;

	return !tdcall(EMU_TDG_DMAR_ACCEPT, &rcx, 0, 0, 0);
}

static bool host_says_run(struct guest *g)
{
	return command(g, TSM_TDX_GET_TDI_STATE) &&
	       g->len == sizeof(struct tsm_tdx_tdi_state) &&
	       answer(g)->data[0] == PCI_TDISP_STATE_RUN;
}

static enum tsm_vmm_verdict bind_and_attest(struct guest *g)
{
	if (!command(g, TSM_TDX_BIND) || g->len ||
	    !is_state(g, PCI_TDISP_STATE_CONFIG_LOCKED))
		return TSM_VMM_NOT_LOCKED;
	if (!has_device_info(g))
		return TSM_VMM_BAD_OBJECT;
	return has_report(g) ? TSM_VMM_PASSED : TSM_VMM_BAD_REPORT;
}

static bool runs(struct guest *g)
{
	return start(g) && host_says_run(g) && is_state(g, PCI_TDISP_STATE_RUN);
}

static bool unbind(struct guest *g)
{
	return command(g, TSM_TDX_UNBIND) && !g->len && is_unbound(g);
}

/* MMIO before the start, a range at a time */
static enum tsm_vmm_verdict use_as_linux(struct guest *g)
{
	enum tsm_vmm_verdict verdict;

	tsm_vmm_step("as Intel's driver of 2026: MMIO is accepted before the start");
	verdict = bind_and_attest(g);
	if (verdict != TSM_VMM_PASSED)
		return verdict;
	if (!accept_mmio(g, ~0U))
		return TSM_VMM_BAD_MMIO;
	if (!runs(g))
		return TSM_VMM_NOT_STARTED;
	if (!accept_dma(g))
		return TSM_VMM_NO_DMA;
	return unbind(g) ? TSM_VMM_PASSED : TSM_VMM_NOT_STOPPED;
}

/* MMIO after the start, a page at a time */
static enum tsm_vmm_verdict use_as_openhcl(struct guest *g)
{
	enum tsm_vmm_verdict verdict;

	tsm_vmm_step("as OpenHCL of September 2026: MMIO is accepted after the start");
	verdict = bind_and_attest(g);
	if (verdict != TSM_VMM_PASSED)
		return verdict;
	if (!runs(g))
		return TSM_VMM_NOT_STARTED;
	if (!accept_mmio(g, 1))
		return TSM_VMM_BAD_MMIO;
	if (!accept_dma(g))
		return TSM_VMM_NO_DMA;
	return unbind(g) ? TSM_VMM_PASSED : TSM_VMM_NOT_STOPPED;
}

/* R10 is 0, and all that is not the device's to choose is in the buffer */
static bool is_answered(struct guest *g, const struct tsm_vector *v)
{
	u8 bytes[TDX_VECTOR_HDR_LEN + 1], any[sizeof(bytes)];
	u32 len = v->rsp_len < sizeof(bytes) ? v->rsp_len : sizeof(bytes);

	if (!v->call || !v->req || v->err)
		return true;
	tsm_clear(g->area->buffer, sizeof(g->area->buffer));
	if (!tsm_vector_parse(v->req, g->area->buffer, any, TDX_VECTOR_HDR_LEN))
		return false;
	return tdvmcall(g) == TDVMCALL_SUCCESS &&
	       tsm_vector_parse(v->rsp, bytes, any, len) &&
	       tsm_vector_compare(g->area->buffer, bytes, any, len) == len;
}

static bool vectors_are_answered(struct guest *g)
{
	tsm_vmm_step("byte by byte what published guests send, see vectors/tdx.h");
	for (u32 i = 0; i < ARRAY_SIZE(tdx_vectors); i++)
		if (!is_answered(g, &tdx_vectors[i]))
			return false;
	return true;
}

/*
 * A kernel that another one started (kexec) finds the TDI as that left it: BIND is
 * refused, and UNBIND is good in any state
 */
static bool is_fresh(struct guest *g)
{
	if (is_unbound(g))
		return true;
	if (!is_refused(g, TSM_TDX_BIND, TSM_TDX_ERR_STATE) || !unbind(g))
		return false;
	g->shared->relocks++;
	return true;
}

static enum tsm_vmm_verdict use_tdi(struct guest *g)
{
	enum tsm_vmm_verdict verdict;

	tsm_vmm_step("what a TDI does not do that is not bound");
	if (!is_supported(g))
		return TSM_VMM_BAD_CAPABILITIES;
	if (!is_fresh(g))
		return TSM_VMM_NOT_STOPPED;
	if (!is_refused(g, TSM_TDX_GET_TDI_REPORT, TSM_TDX_ERR_STATE) ||
	    !is_refused(g, TSM_TDX_START_TDI, TSM_TDX_ERR_STATE))
		return TSM_VMM_CHANGE_NOT_REFUSED;

	verdict = use_as_linux(g);
	if (verdict == TSM_VMM_PASSED)
		verdict = use_as_openhcl(g);
	if (verdict != TSM_VMM_PASSED)
		return verdict;
	return vectors_are_answered(g) ? TSM_VMM_PASSED : TSM_VMM_BAD_ANSWER;
}

void tsm_vmm_guest_tdx(struct tsm_vmm_shared *shared)
{
	struct guest g;

	g.shared = shared;
	g.area = tsm_vmm_area(shared);
	tsm_vmm_done(use_tdi(&g));
}
