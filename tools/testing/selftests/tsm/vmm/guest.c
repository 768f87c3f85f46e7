// SPDX-License-Identifier: GPL-2.0
/* What the guests of the example VMM share, see guest.h */
#include "guest.h"

bool tsm_vmm_use_report(struct tsm_vmm_shared *shared, const void *data, u32 len)
{
	const struct pci_tdisp_interface_report *report = data;
	u64 ranges_end;
	u32 count;

	if (len < sizeof(*report) || len > sizeof(shared->report))
		return false;

	count = le32toh(report->mmio_range_count);
	ranges_end = sizeof(*report) + (u64)count * sizeof(report->mmio_range[0]);
	if (!count || ranges_end > len)
		return false;
	for (u32 i = 0; i < count; i++)
		if (!report->mmio_range[i].pages)
			return false;

	tsm_copy(shared->report, data, len);
	shared->report_len = len;
	return true;
}

const struct pci_tdisp_mmio_range *tsm_vmm_range(const void *data, u32 index)
{
	const struct pci_tdisp_interface_report *report = data;

	if (index >= le32toh(report->mmio_range_count))
		return NULL;
	return &report->mmio_range[index];
}

bool tsm_vmm_range_is_private(const struct pci_tdisp_mmio_range *range)
{
	return !(le16toh(range->attr) & PCI_TDISP_MMIO_NON_TEE);
}

bool tsm_vmm_is_genuine(const void *data, u32 len,
			const u8 digest[TSM_SHA384_LEN])
{
	u8 is[TSM_SHA384_LEN];

	tsm_sha384(data, len, is);
	return tsm_equal(is, digest, sizeof(is));
}

/*
 * What compilers call by themselves, see the Makefile: libc's may be in a library that the
 * guest has not, or for a CPU that it has not.
 */
void *tsm_vmm_memset(void *to, int c, size_t len);
void *tsm_vmm_memcpy(void *to, const void *from, size_t len);

void *tsm_vmm_memset(void *to, int c, size_t len)
{
	u8 *out = to;

	while (len--)
		*out++ = c;
	return to;
}

void *tsm_vmm_memcpy(void *to, const void *from, size_t len)
{
	tsm_copy(to, from, len);
	return to;
}

void tsm_vmm_nonce(u8 *nonce, u32 len)
{
	u8 digest[TSM_SHA384_LEN];
	u64 seed = tsm_vmm_random();

	tsm_sha384(&seed, sizeof(seed), digest);
	tsm_copy(nonce, digest, len < sizeof(digest) ? len : sizeof(digest));
}

/* A guest is entered from nowhere, so there is nowhere to return to */
void tsm_vmm_done(enum tsm_vmm_verdict verdict)
{
	for (;;)
		tsm_vmm_tell(TSM_VMM_EXIT_DONE, verdict);
}

void tsm_vmm_guest_restarts(struct tsm_vmm_shared *shared)
{
	(void)shared;
	for (;;)
		tsm_vmm_restart();
}
