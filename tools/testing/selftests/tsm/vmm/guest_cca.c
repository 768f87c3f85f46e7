// SPDX-License-Identifier: GPL-2.0
/*
 * Realm of the example VMM: has its device locked, reads what the host keeps of
 * it, and believes that where the RMM knows the digest. Then it has its MMIO
 * mapped, starts the TDI and gives it back.
 */
#include "cca.h"
#include "guest.h"

struct guest {
	struct tsm_vmm_shared *shared;
	struct cca_area *area;
	u64 value;
	u8 nonce[TSM_CCA_NONCE_LEN];
};

/* A host call. Return: g0, with g1 in @g->value */
static u64 host_call(struct guest *g, u64 call, u64 g2, u64 g3, u64 g4, u64 g5)
{
	u64 rbx = g->shared->rid;

	tsm_vmm_exit(TSM_VMM_PORT_HOST_CALL, "+a"(call), "+b"(rbx), "+c"(g2),
		     "+d"(g3), "+S"(g4), "+D"(g5));
	g->value = rbx;
	return call;
}

static bool is_supported(struct guest *g)
{
	u64 needs = RHI_DA_HAS_OBJECT_SIZE | RHI_DA_HAS_OBJECT_READ |
		    RHI_DA_HAS_MEASUREMENTS | RHI_DA_HAS_REPORT |
		    RHI_DA_HAS_SET_TDI_STATE;

	return (host_call(g, RHI_DA_FEATURES, 0, 0, 0, 0) & needs) == needs;
}

static u64 set_state(struct guest *g, enum pci_tdisp_state state)
{
	return host_call(g, RHI_VDEV_SET_TDI_STATE, state, 0, 0, 0);
}

static bool is_state(struct guest *g, enum pci_tdisp_state state)
{
	struct tsm_vmm_module module = tsm_vmm_ask_module(g->shared);

	return module.bound && module.state == state;
}

static bool lock(struct guest *g)
{
	return set_state(g, PCI_TDISP_STATE_CONFIG_LOCKED) == TSM_CCA_SUCCESS &&
	       is_state(g, PCI_TDISP_STATE_CONFIG_LOCKED);
}

/* The host is to let no realm start what it has not attested */
static bool early_start_is_refused(struct guest *g)
{
	return set_state(g, PCI_TDISP_STATE_RUN) == TSM_CCA_ERROR_INPUT;
}

/* Into memory that the host can't change. Return: its length, or 0 */
static u32 read_object(struct guest *g, enum tsm_cca_object object)
{
	u64 size, len = 0;

	if (host_call(g, RHI_DA_OBJECT_SIZE, object, 0, 0, 0) != TSM_CCA_SUCCESS ||
	    g->value > sizeof(g->area->object))
		return 0;

	for (size = g->value; len < size; len += g->value) {
		if (host_call(g, RHI_DA_OBJECT_READ, object, len, CCA_BUFFER_LEN,
			      tsm_vmm_gpa(g->shared, g->area->buffer)) !=
			    TSM_CCA_SUCCESS ||
		    !g->value || g->value > CCA_BUFFER_LEN || g->value > size - len)
			return 0;
		tsm_copy(g->area->object + len, g->area->buffer, g->value);
	}
	return len;
}

static bool has_certificate(struct guest *g)
{
	struct tsm_vmm_module module = tsm_vmm_ask_module(g->shared);
	u32 len = read_object(g, TSM_CCA_OBJECT_CERTIFICATE);

	return len && tsm_vmm_is_genuine(g->area->object, len, module.certificates);
}

static bool has_measurements(struct guest *g)
{
	struct tsm_vmm_module module;
	u32 len;

	tsm_vmm_nonce(g->nonce, sizeof(g->nonce));
	tsm_clear(&g->area->param, sizeof(g->area->param));
	tsm_copy(g->area->param.nonce, g->nonce, sizeof(g->nonce));
	if (host_call(g, RHI_VDEV_GET_MEASUREMENTS,
		      tsm_vmm_gpa(g->shared, &g->area->param), 0, 0, 0) !=
	    TSM_CCA_SUCCESS)
		return false;

	len = read_object(g, TSM_CCA_OBJECT_MEASUREMENTS);
	module = tsm_vmm_ask_module(g->shared);
	return len && tsm_vmm_is_genuine(g->area->object, len, module.measurements);
}

/* Somewhere in there, as far as this realm cares */
static bool nonce_is_measured(const struct guest *g)
{
	const u8 *end = g->area->object + sizeof(g->area->object) - sizeof(g->nonce);

	for (const u8 *at = g->area->object; at <= end; at++)
		if (tsm_equal(at, g->nonce, sizeof(g->nonce)))
			return true;
	return false;
}

static bool has_report(struct guest *g)
{
	struct tsm_vmm_module module;
	u32 len;

	if (host_call(g, RHI_VDEV_GET_INTERFACE_REPORT, 0, 0, 0, 0) !=
	    TSM_CCA_SUCCESS)
		return false;

	len = read_object(g, TSM_CCA_OBJECT_REPORT);
	module = tsm_vmm_ask_module(g->shared);
	if (!len || len > sizeof(g->area->report) ||
	    !tsm_vmm_is_genuine(g->area->object, len, module.report))
		return false;
	tsm_copy(g->area->report, g->area->object, len);
	return tsm_vmm_use_report(g->shared, g->area->report, len);
}

/* The realm maps MMIO where the host has it. Return: REC_* */
static u64 validate(struct guest *g, const struct pci_tdisp_mmio_range *range,
		    u32 pages)
{
	u64 base = le64toh(range->first_page) << 12;
	u64 top = base + pages * TSM_VMM_PAGE;
	u64 rax = base, rcx = base, rdx = g->shared->rid;

	tsm_vmm_exit(TSM_VMM_PORT_REC_EXIT, "+a"(rax), "+b"(top), "+c"(rcx),
		     "+d"(rdx));
	return rax;
}

static bool validate_all(struct guest *g)
{
	const struct pci_tdisp_mmio_range *range;

	for (u32 i = 0; (range = tsm_vmm_range(g->area->report, i)); i++)
		if (tsm_vmm_range_is_private(range) &&
		    validate(g, range, le32toh(range->pages)) != REC_ACCEPT)
			return false;
	return true;
}

static bool too_much_is_refused(struct guest *g)
{
	const struct pci_tdisp_mmio_range *range = tsm_vmm_range(g->area->report, 0);

	return validate(g, range, le32toh(range->pages) + 1) == REC_REJECT;
}

static bool stop(struct guest *g)
{
	return set_state(g, PCI_TDISP_STATE_CONFIG_UNLOCKED) == TSM_CCA_SUCCESS &&
	       !tsm_vmm_ask_module(g->shared).bound;
}

static enum tsm_vmm_verdict use_tdi(struct guest *g)
{
	if (host_call(g, RHI_DA_VERSION, 0, 0, 0, 0) != RHI_DA_VERSION_1_0)
		return TSM_VMM_BAD_VERSION;
	if (!is_supported(g))
		return TSM_VMM_BAD_CAPABILITIES;
	if (!lock(g))
		return TSM_VMM_NOT_LOCKED;
	if (!early_start_is_refused(g))
		return TSM_VMM_CHANGE_NOT_REFUSED;
	if (!is_state(g, PCI_TDISP_STATE_CONFIG_LOCKED))
		return TSM_VMM_CHANGE_TOOK_EFFECT;
	if (!has_certificate(g) || !has_measurements(g))
		return TSM_VMM_BAD_OBJECT;
	if (!nonce_is_measured(g))
		return TSM_VMM_STALE_MEASUREMENTS;
	if (!has_report(g))
		return TSM_VMM_BAD_REPORT;
	if (!validate_all(g) || !too_much_is_refused(g))
		return TSM_VMM_BAD_MMIO;
	if (set_state(g, PCI_TDISP_STATE_RUN) != TSM_CCA_SUCCESS ||
	    !is_state(g, PCI_TDISP_STATE_RUN))
		return TSM_VMM_NOT_STARTED;
	/* RSI_VDEV_DMA_ENABLE on hardware, which the host takes no part in */
	if (!tsm_vmm_ask_module(g->shared).dma)
		return TSM_VMM_NO_DMA;
	return stop(g) ? TSM_VMM_PASSED : TSM_VMM_NOT_STOPPED;
}

void tsm_vmm_guest_cca(struct tsm_vmm_shared *shared)
{
	struct guest g;

	g.shared = shared;
	g.area = tsm_vmm_area(shared);
	tsm_vmm_done(use_tdi(&g));
}
