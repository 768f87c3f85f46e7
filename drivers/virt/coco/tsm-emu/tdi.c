// SPDX-License-Identifier: GPL-2.0
/*
 * Bound TDI, common to the vendors: the TSM locks, starts and stops it, and the
 * host keeps the objects about it that the guest asks for. Guests see the BARs at
 * the addresses that the host assigned, so there is no MMIO reporting offset.
 */
#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "fw.h"

static atomic64_t generations;

/* Replaces the object of that type */
static void tdi_set_object(struct tsm_emu_bound *bound, enum emu_object type,
			   struct tsm_emu_blob blob)
{
	blob.generation = atomic64_inc_return(&generations);
	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	swap(bound->object[type], blob);
	kvfree(blob.data);
}

/* Certificates and measurements are made from the secret of the DSM */
static int tdi_device_key(struct tsm_emu_bound *bound, siphash_key_t *key)
{
	struct pci_dev *dsm = bound->tdi.pdev->tsm->dsm_dev;
	struct tsm_emu *emu = pci_dev_to_emu(dsm);
	struct tsm_emu_fn *fn;

	guard(raw_spinlock_irqsave)(&emu->lock);
	fn = tsm_emu_find_fn(emu, pci_dev_id(dsm));
	if (!fn)
		return -ENODEV;
	*key = fn->tdi.key;
	return 0;
}

/**
 * tsm_emu_tdi_identify() - fetch VCA and certificates of the device
 * @bound: bound TDI
 *
 * On hardware the TSM gets them when it connects to the DSM.
 *
 * Context: may sleep
 * Return: 0 or -errno
 */
int tsm_emu_tdi_identify(struct tsm_emu_bound *bound)
{
	struct tsm_emu_blob blob;
	siphash_key_t key;
	int rc;

	rc = tsm_emu_make_vca(&blob);
	if (rc)
		return rc;
	tdi_set_object(bound, EMU_OBJECT_VCA, blob);

	rc = tdi_device_key(bound, &key);
	if (rc)
		return rc;

	rc = tsm_emu_make_certificates(&blob, &key);
	memzero_explicit(&key, sizeof(key));
	if (rc)
		return rc;
	tdi_set_object(bound, EMU_OBJECT_CERTIFICATES, blob);
	return 0;
}

static int tdi_measure(struct tsm_emu_bound *bound,
		       const u8 nonce[PCI_TDISP_NONCE_LEN], bool raw)
{
	struct tsm_emu_blob blob;
	siphash_key_t key;
	int rc;

	rc = tdi_device_key(bound, &key);
	if (rc)
		return rc;

	rc = tsm_emu_make_measurements(&blob, &key, nonce, raw);
	memzero_explicit(&key, sizeof(key));
	if (rc)
		return rc;
	tdi_set_object(bound, EMU_OBJECT_MEASUREMENTS, blob);
	return 0;
}

/**
 * tsm_emu_tdi_measure() - fetch measurements of the device
 * @bound: bound TDI
 * @nonce: freshness
 *
 * Context: may sleep
 * Return: 0 or -errno
 */
int tsm_emu_tdi_measure(struct tsm_emu_bound *bound,
			const u8 nonce[PCI_TDISP_NONCE_LEN])
{
	return tdi_measure(bound, nonce, false);
}

/**
 * tsm_emu_tdi_measure_raw() - fetch measurements as raw bit streams
 * @bound: bound TDI
 * @nonce: freshness
 *
 * Context: may sleep
 * Return: 0 or -errno
 */
int tsm_emu_tdi_measure_raw(struct tsm_emu_bound *bound,
			    const u8 nonce[PCI_TDISP_NONCE_LEN])
{
	return tdi_measure(bound, nonce, true);
}

/**
 * tsm_emu_tdi_measure_once() - fetch measurements with a nonce that the TSM chooses
 * @bound: bound TDI
 *
 * Context: may sleep
 * Return: 0 or -errno
 */
int tsm_emu_tdi_measure_once(struct tsm_emu_bound *bound)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];

	get_random_bytes(nonce, sizeof(nonce));
	return tsm_emu_tdi_measure(bound, nonce);
}

/**
 * tsm_emu_tdi_fetch_report() - fetch the interface report of a locked TDI
 * @bound: bound TDI
 *
 * Context: may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_tdi_fetch_report(struct tsm_emu_bound *bound)
{
	struct tsm_emu_blob blob;
	size_t len;
	int rc;

	u8 *report __free(kvfree) = kvzalloc(TSM_EMU_REPORT_MAX, GFP_KERNEL);
	if (!report)
		return -ENOMEM;

	rc = tsm_emu_dsm_report(bound->tdi.pdev, report, TSM_EMU_REPORT_MAX,
				&len);
	if (rc)
		return rc;

	blob.len = len;
	blob.data = no_free_ptr(report);
	tdi_set_object(bound, EMU_OBJECT_REPORT, blob);
	return 0;
}

/* Take the MMIO ranges from the report that was fetched last */
static int tdi_parse_mmio(struct tsm_emu_bound *bound)
{
	const struct tsm_emu_blob *report = &bound->object[EMU_OBJECT_REPORT];

	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	return tsm_emu_mmio_parse(&bound->mmio, report->data, report->len);
}

/**
 * tsm_emu_tdi_lock() - lock a TDI, fetch its interface report
 * @bound: bound TDI
 *
 * A TDI without a valid report is stopped again.
 *
 * Context: may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_tdi_lock(struct tsm_emu_bound *bound)
{
	int rc;

	rc = tsm_emu_dsm_lock(bound->tdi.pdev, TSM_EMU_LOCK_FLAGS,
			      bound->start_nonce);
	/* Refused, so not locked. Without an answer it may be, so it is stopped below */
	if (rc > 0)
		return rc;
	if (!rc)
		rc = tsm_emu_tdi_fetch_report(bound);
	if (!rc)
		rc = tdi_parse_mmio(bound);
	if (rc)
		tsm_emu_tdi_stop(bound);
	return rc;
}

/**
 * tsm_emu_tdi_run() - start a TDI that is in CONFIG_LOCKED, fetch its report anew
 * @bound: bound TDI
 *
 * Context: may sleep
 * Return: 0, PCI_TDISP_ERR_INVALID_INTERFACE_STATE if it is in another state, -errno,
 * or another error that the DSM answered
 */
int tsm_emu_tdi_run(struct tsm_emu_bound *bound)
{
	enum pci_tdisp_state state;
	int rc;

	rc = tsm_emu_dsm_state(bound->tdi.pdev, &state);
	if (rc)
		return rc;
	if (state != PCI_TDISP_STATE_CONFIG_LOCKED)
		return PCI_TDISP_ERR_INVALID_INTERFACE_STATE;
	rc = tsm_emu_dsm_start(bound->tdi.pdev, bound->start_nonce);
	return rc ?: tsm_emu_tdi_fetch_report(bound);
}

/**
 * tsm_emu_tdi_stop() - unlock a TDI, and forget its interface report and MMIO
 * @bound: bound TDI
 *
 * Context: may sleep
 * Return: 0, -errno, or the error that the DSM answered
 */
int tsm_emu_tdi_stop(struct tsm_emu_bound *bound)
{
	int rc = tsm_emu_dsm_stop(bound->tdi.pdev);

	tdi_set_object(bound, EMU_OBJECT_REPORT, (struct tsm_emu_blob) {});
	memzero_explicit(bound->start_nonce, sizeof(bound->start_nonce));

	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	bound->mmio.nr_ranges = 0;
	return rc;
}

/**
 * tsm_emu_tdi_is_locked() - is a TDI in CONFIG_LOCKED or RUN?
 * @bound: bound TDI
 *
 * Context: may sleep
 * Return: 0 if it is, PCI_TDISP_ERR_INVALID_INTERFACE_STATE if it is not, -errno,
 * or another error that the DSM answered
 */
int tsm_emu_tdi_is_locked(struct tsm_emu_bound *bound)
{
	enum pci_tdisp_state state;
	int rc;

	rc = tsm_emu_dsm_state(bound->tdi.pdev, &state);
	if (rc)
		return rc;
	if (state != PCI_TDISP_STATE_CONFIG_LOCKED &&
	    state != PCI_TDISP_STATE_RUN)
		return PCI_TDISP_ERR_INVALID_INTERFACE_STATE;
	return 0;
}

/**
 * tsm_emu_tdi_validate() - set whether the guest accepts pages of MMIO
 * @bound: bound TDI
 * @range: MMIO range of it
 * @first: number of the first page within @range
 * @pages: how many
 * @validated: true if it accepts them, false if it gives them up
 *
 * Context: may sleep
 * Return: true if that changes a page
 */
bool tsm_emu_tdi_validate(struct tsm_emu_bound *bound,
			  struct tsm_emu_range *range, u32 first, u32 pages,
			  bool validated)
{
	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	return tsm_emu_range_validate(range, first, pages, validated);
}

/**
 * tsm_emu_tdi_block_dma() - keep a TDI's DMA away from the guest, or let it
 * @bound: bound TDI
 * @blocked: whether to keep it away
 *
 * Context: may sleep
 */
void tsm_emu_tdi_block_dma(struct tsm_emu_bound *bound, bool blocked)
{
	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	bound->dma_blocked = blocked;
}
