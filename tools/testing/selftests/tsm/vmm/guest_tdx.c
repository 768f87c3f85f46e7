// SPDX-License-Identifier: GPL-2.0
/*
 * TD of the example VMM: has its TDI locked, reads what the host hands on and
 * has the TDX module vouch for it, accepts MMIO, starts the TDI and gives it
 * back. Nothing in the command buffer is sealed, so nothing in it is believed.
 */
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

	tsm_vmm_exit(TSM_VMM_PORT_TDVMCALL, "+a"(rax), "+r"(r10), "+r"(r11),
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

/* TDG.TDI.RD, which no host can answer */
static bool is_state(struct guest *g, enum pci_tdisp_state state)
{
	struct tsm_vmm_module module = tsm_vmm_ask_module(g->shared);

	return module.bound && module.state == state;
}

/* Not before the TD has accepted MMIO */
static bool early_start_is_refused(struct guest *g)
{
	return !command(g, TSM_TDX_START_TDI) &&
	       answer(g)->status == TSM_TDX_ERROR &&
	       answer(g)->error == TSM_TDX_ERR_STATE;
}

static bool has_device_info(struct guest *g)
{
	struct tsm_vmm_module module;

	if (!command(g, TSM_TDX_GET_DEV_INFO) || !g->len)
		return false;
	module = tsm_vmm_ask_module(g->shared);
	return tsm_vmm_is_genuine(answer(g)->data, g->len, module.device_info);
}

static bool has_report(struct guest *g)
{
	struct tsm_vmm_module module;

	if (!command(g, TSM_TDX_GET_TDI_REPORT) || g->len > sizeof(g->area->report))
		return false;
	module = tsm_vmm_ask_module(g->shared);
	if (!tsm_vmm_is_genuine(answer(g)->data, g->len, module.report))
		return false;
	tsm_copy(g->area->report, answer(g)->data, g->len);
	return tsm_vmm_use_report(g->shared, g->area->report, g->len);
}

/* TDG.MMIO.ACCEPT, which faults as long as the host has not mapped it */
static void accept_mmio(struct guest *g)
{
	const struct pci_tdisp_mmio_range *range;

	for (u32 i = 0; (range = tsm_vmm_range(g->area->report, i)); i++) {
		u64 base = le64toh(range->first_page) << 12;
		u64 len = le32toh(range->pages) * TSM_VMM_PAGE;

		if (tsm_vmm_range_is_private(range))
			tsm_vmm_exit(TSM_VMM_PORT_MMIO_FAULT, "+a"(base), "+b"(len));
	}
}

static bool host_says_run(struct guest *g)
{
	return command(g, TSM_TDX_GET_TDI_STATE) &&
	       g->len == sizeof(struct tsm_tdx_tdi_state) &&
	       answer(g)->data[0] == PCI_TDISP_STATE_RUN;
}

static enum tsm_vmm_verdict use_tdi(struct guest *g)
{
	if (!is_supported(g))
		return TSM_VMM_BAD_CAPABILITIES;
	if (!command(g, TSM_TDX_BIND) || !is_state(g, PCI_TDISP_STATE_CONFIG_LOCKED))
		return TSM_VMM_NOT_LOCKED;
	if (!early_start_is_refused(g))
		return TSM_VMM_CHANGE_NOT_REFUSED;
	if (!is_state(g, PCI_TDISP_STATE_CONFIG_LOCKED))
		return TSM_VMM_CHANGE_TOOK_EFFECT;
	if (!has_device_info(g))
		return TSM_VMM_BAD_OBJECT;
	if (!has_report(g))
		return TSM_VMM_BAD_REPORT;
	accept_mmio(g);
	if (!command(g, TSM_TDX_START_TDI) || !host_says_run(g) ||
	    !is_state(g, PCI_TDISP_STATE_RUN))
		return TSM_VMM_NOT_STARTED;
	/* TDG.DMAR.ACCEPT on hardware, which the host takes no part in */
	if (!tsm_vmm_ask_module(g->shared).dma)
		return TSM_VMM_NO_DMA;
	if (!command(g, TSM_TDX_UNBIND) ||
	    !is_state(g, PCI_TDISP_STATE_CONFIG_UNLOCKED))
		return TSM_VMM_NOT_STOPPED;
	return TSM_VMM_PASSED;
}

void tsm_vmm_guest_tdx(struct tsm_vmm_shared *shared)
{
	struct guest g;

	g.shared = shared;
	g.area = tsm_vmm_area(shared);
	tsm_vmm_done(use_tdi(&g));
}
