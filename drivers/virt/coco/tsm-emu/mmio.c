// SPDX-License-Identifier: GPL-2.0
/*
 * MMIO of a locked TDI as its interface report has it, PCIe r7.0 section
 * 11.3.11, and the pages of it that the guest accepted. The effect on the guest's
 * page tables (RMP, stage 2, secure EPT) is not emulated.
 */
#include <linux/align.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "fw.h"

static int parse_range(struct tsm_emu_range *range,
		       const struct pci_tdisp_mmio_range *reported)
{
	u64 first_page = le64_to_cpu(reported->first_page);

	*range = (struct tsm_emu_range) {
		.base = first_page * SZ_4K,
		.pages = le32_to_cpu(reported->pages),
		.attr = le16_to_cpu(reported->attr),
		.id = le16_to_cpu(reported->range_id),
	};
	if (first_page > U64_MAX / SZ_4K - TSM_EMU_BAR_PAGES_MAX)
		return -EINVAL;
	if (!range->pages || range->pages > TSM_EMU_BAR_PAGES_MAX)
		return -EINVAL;
	return 0;
}

/**
 * tsm_emu_mmio_parse() - take the MMIO ranges from an interface report
 * @mmio: where to, no page is validated
 * @report: interface report, made without an MMIO reporting offset
 * @len: bytes at @report
 *
 * Context: any
 * Return: 0, or -EINVAL with no ranges in @mmio
 */
int tsm_emu_mmio_parse(struct tsm_emu_mmio *mmio, const void *report,
		       size_t len)
{
	const struct pci_tdisp_interface_report *tdi_report = report;
	u32 count;

	mmio->nr_ranges = 0;
	if (len < sizeof(*tdi_report))
		return -EINVAL;
	count = le32_to_cpu(tdi_report->mmio_range_count);
	if (count > TSM_EMU_NR_BARS ||
	    len < struct_size(tdi_report, mmio_range, count))
		return -EINVAL;

	for (unsigned int i = 0; i < count; i++) {
		int rc = parse_range(&mmio->range[i],
				     &tdi_report->mmio_range[i]);

		if (rc)
			return rc;
	}
	mmio->nr_ranges = count;
	return 0;
}

/**
 * tsm_emu_mmio_find() - range by its id
 * @mmio: MMIO of a TDI
 * @id: id that the interface report gives it
 *
 * Context: any
 * Return: range, or NULL if it is not in the report
 */
struct tsm_emu_range *tsm_emu_mmio_find(struct tsm_emu_mmio *mmio, u16 id)
{
	for (unsigned int i = 0; i < mmio->nr_ranges; i++) {
		if (mmio->range[i].id == id)
			return &mmio->range[i];
	}
	return NULL;
}

/**
 * tsm_emu_mmio_find_pages() - range by the addresses of pages
 * @mmio: MMIO of a TDI
 * @base: physical address of the first page
 * @len: bytes of the pages
 * @first: takes the number of the first page within the range
 *
 * Context: any
 * Return: range that has all of the pages; NULL if there is none, if the pages
 * are not whole ones, or for no page
 */
struct tsm_emu_range *tsm_emu_mmio_find_pages(struct tsm_emu_mmio *mmio,
					      u64 base, u64 len, u32 *first)
{
	if (!len || !IS_ALIGNED(base, SZ_4K) || !IS_ALIGNED(len, SZ_4K))
		return NULL;

	for (unsigned int i = 0; i < mmio->nr_ranges; i++) {
		struct tsm_emu_range *range = &mmio->range[i];
		u64 size = (u64)range->pages * SZ_4K;

		if (base < range->base || base - range->base >= size ||
		    len > size - (base - range->base))
			continue;
		*first = (base - range->base) / SZ_4K;
		return range;
	}
	return NULL;
}

/**
 * tsm_emu_mmio_is_validated() - does a guest accept any page?
 * @mmio: MMIO of a TDI
 *
 * Context: caller serializes with tsm_emu_range_validate()
 * Return: true if it does
 */
bool tsm_emu_mmio_is_validated(const struct tsm_emu_mmio *mmio)
{
	for (unsigned int i = 0; i < mmio->nr_ranges; i++) {
		if (!bitmap_empty(mmio->range[i].validated,
				  TSM_EMU_BAR_PAGES_MAX))
			return true;
	}
	return false;
}

/**
 * tsm_emu_range_has() - are pages within a range?
 * @range: MMIO range
 * @first: number of the first page within it
 * @pages: how many
 *
 * Context: any
 * Return: true if there is a page and all of them are
 */
bool tsm_emu_range_has(const struct tsm_emu_range *range, u32 first, u32 pages)
{
	return pages && first < range->pages && pages <= range->pages - first;
}

/**
 * tsm_emu_range_is_uniform() - are all of the pages validated, or none?
 * @range: MMIO range
 * @first: number of the first page
 * @pages: how many, tsm_emu_range_has() them
 *
 * Context: caller serializes with tsm_emu_range_validate()
 * Return: true if they are
 */
bool tsm_emu_range_is_uniform(const struct tsm_emu_range *range, u32 first,
			      u32 pages)
{
	for (u32 i = first + 1; i < first + pages; i++) {
		if (test_bit(i, range->validated) !=
		    test_bit(first, range->validated))
			return false;
	}
	return true;
}

/**
 * tsm_emu_range_validate() - set whether a guest accepts pages
 * @range: MMIO range
 * @first: number of the first page
 * @pages: how many, tsm_emu_range_has() them
 * @validated: true if it accepts them, false if it gives them up
 *
 * Context: caller serializes the calls for a range
 * Return: true if that changes a page
 */
bool tsm_emu_range_validate(struct tsm_emu_range *range, u32 first, u32 pages,
			    bool validated)
{
	bool changed = false;

	for (u32 i = first; i < first + pages; i++) {
		changed |= test_bit(i, range->validated) != validated;
		__assign_bit(i, range->validated, validated);
	}
	return changed;
}
