// SPDX-License-Identifier: GPL-2.0
/*
 * TDISP responder of an emulated DSM, PCIe r6.3 sections 11.2 and 11.3. Takes a
 * request, changes the TDI's state and gives the response: no locks, nothing of
 * the platform but the TDI. Reserved fields are 0 in a response and are not looked
 * at in a request, section 11.3.3.
 */
#include <linux/align.h>
#include <linux/siphash.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "tsm-emu.h"

#define LOCK_FLAGS	(PCI_TDISP_LOCK_NO_FW_UPDATE | PCI_TDISP_LOCK_MSIX | \
			 PCI_TDISP_LOCK_ALL_REQUEST_REDIRECT)
#define OTHER_LOCK_FLAGS	(PCI_TDISP_LOCK_SYSTEM_CACHE_LINE_SIZE | \
				 PCI_TDISP_LOCK_BIND_P2P)

/* Codes of the requests that the device serves, less 0x80, and the last of them */
#define LAST_REQ	(PCI_TDISP_SET_MMIO_ATTRIBUTE & 0x7f)
#define REQ_MSGS	(GENMASK(PCI_TDISP_STOP_INTERFACE & 0x7f,	\
				 PCI_TDISP_GET_VERSION & 0x7f) | BIT(LAST_REQ))

static size_t tdisp_error(struct pci_tdisp_header *hdr,
			  enum pci_tdisp_error code)
{
	struct pci_tdisp_error_rsp *rsp = (void *)hdr;

	rsp->hdr.type = PCI_TDISP_ERROR;
	rsp->code = cpu_to_le32(code);
	rsp->data = 0;
	return sizeof(*rsp);
}

/* The one error with data: the code that was sent, section 11.3.24 */
static size_t tdisp_unsupported(struct pci_tdisp_header *hdr, u8 type)
{
	struct pci_tdisp_error_rsp *rsp = (void *)hdr;
	size_t len = tdisp_error(hdr, PCI_TDISP_ERR_UNSUPPORTED_REQUEST);

	rsp->data = cpu_to_le32(type);
	return len;
}

static size_t tdisp_get_version(void *resp)
{
	struct pci_tdisp_version *rsp = resp;

	rsp->count = 1;
	rsp->entry[0] = PCI_TDISP_VERSION_1_0;
	return struct_size(rsp, entry, rsp->count);
}

static size_t tdisp_get_capabilities(void *resp)
{
	struct pci_tdisp_capabilities *rsp = resp;

	memset(&rsp->dsm_caps, 0, sizeof(*rsp) - sizeof(rsp->hdr));
	put_unaligned_le16(REQ_MSGS, rsp->req_msgs_supported);
	rsp->lock_flags_supported = cpu_to_le16(LOCK_FLAGS);
	rsp->dev_addr_width = 52;
	rsp->num_req_this = 1;
	rsp->num_req_all = 1;
	return sizeof(*rsp);
}

/* Made when the TDI is locked, the report can't change before STOP */
static void tdisp_make_report(struct tsm_emu_tdi *tdi, u16 lock_flags,
			      u64 mmio_offset)
{
	struct pci_tdisp_interface_report *report = (void *)tdi->report;
	struct pci_tdisp_mmio_range *range = report->mmio_range;
	u32 info_len = strlen(TSM_EMU_DEVICE_INFO);
	u8 *info;

	memset(report, 0, sizeof(*report));
	report->interface_info = cpu_to_le16(PCI_TDISP_REPORT_DMA_NO_PASID);
	if (lock_flags & PCI_TDISP_LOCK_NO_FW_UPDATE)
		report->interface_info |=
			cpu_to_le16(PCI_TDISP_REPORT_NO_FW_UPDATE);

	for (int i = 0; i < TSM_EMU_NR_BARS; i++) {
		if (!tdi->bar[i].size)
			continue;
		range->first_page =
			cpu_to_le64((tdi->bar[i].base + mmio_offset) / SZ_4K);
		range->pages = cpu_to_le32(tdi->bar[i].size / SZ_4K);
		range->attr = i == TSM_EMU_UPDATABLE_BAR ?
			      cpu_to_le16(PCI_TDISP_MMIO_ATTR_UPDATABLE) : 0;
		/* 64-bit BARs take two registers each */
		range->range_id = cpu_to_le16(2 * i);
		range++;
	}
	report->mmio_range_count = cpu_to_le32(range - report->mmio_range);

	info = (u8 *)range;
	put_unaligned_le32(info_len, info);
	info += sizeof(__le32);
	memcpy(info, TSM_EMU_DEVICE_INFO, info_len);
	tdi->report_len = info + info_len - tdi->report;
}

/* A real device has a random number generator; this is as hard to guess */
static void tdisp_make_nonce(struct tsm_emu_tdi *tdi)
{
	tdi->locks++;
	for (int i = 0; i < PCI_TDISP_NONCE_LEN; i += sizeof(u64))
		put_unaligned_le64(siphash_2u64(tdi->locks, i, &tdi->key),
				   &tdi->nonce[i]);
}

/*
 * The stream of the keys is not compared with DEFAULT_STREAM_ID, as section 11.3.8
 * has it: an emulated device has no stream configured in its IDE capability.
 */
static size_t tdisp_lock(struct tsm_emu_tdi *tdi, const void *req, void *resp)
{
	const struct pci_tdisp_lock_interface *lock = req;
	struct pci_tdisp_lock_interface_rsp *rsp = resp;
	u64 mmio_offset = le64_to_cpu(lock->mmio_reporting_offset);
	u16 flags = le16_to_cpu(lock->flags);

	if (tdi->state != PCI_TDISP_STATE_CONFIG_UNLOCKED)
		return tdisp_error(resp, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
	/* Without keys for the stream too, table 11-12 */
	if (flags & OTHER_LOCK_FLAGS || !tdi->secure ||
	    !IS_ALIGNED(mmio_offset, SZ_4K))
		return tdisp_error(resp, PCI_TDISP_ERR_INVALID_REQUEST);
	/* Section 11.3.8: its configuration must be one that can be locked */
	if (tdi->phantom)
		return tdisp_error(resp,
				   PCI_TDISP_ERR_INVALID_DEVICE_CONFIGURATION);

	tdisp_make_report(tdi, flags, mmio_offset);
	tdisp_make_nonce(tdi);
	tdi->state = PCI_TDISP_STATE_CONFIG_LOCKED;

	memcpy(rsp->start_nonce, tdi->nonce, sizeof(rsp->start_nonce));
	return sizeof(*rsp);
}

static size_t tdisp_get_report(struct tsm_emu_tdi *tdi, const void *req,
			       void *resp)
{
	const struct pci_tdisp_get_interface_report *get = req;
	struct pci_tdisp_interface_report_rsp *rsp = resp;
	u16 offset = le16_to_cpu(get->offset);
	u16 length = le16_to_cpu(get->length);

	if (tdi->state != PCI_TDISP_STATE_CONFIG_LOCKED &&
	    tdi->state != PCI_TDISP_STATE_RUN)
		return tdisp_error(resp, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
	if (!length || offset >= tdi->report_len)
		return tdisp_error(resp, PCI_TDISP_ERR_INVALID_REQUEST);

	length = min3(length, tdi->report_len - offset, TSM_EMU_PORTION_MAX);
	rsp->portion_length = cpu_to_le16(length);
	rsp->remainder_length = cpu_to_le16(tdi->report_len - offset - length);
	memcpy(rsp->report, tdi->report + offset, length);
	return struct_size(rsp, report, length);
}

static size_t tdisp_get_state(struct tsm_emu_tdi *tdi, void *resp)
{
	struct pci_tdisp_interface_state_rsp *rsp = resp;

	rsp->state = tdi->state;
	return sizeof(*rsp);
}

static size_t tdisp_start(struct tsm_emu_tdi *tdi, const void *req, void *resp)
{
	const struct pci_tdisp_start_interface *start = req;

	if (tdi->state != PCI_TDISP_STATE_CONFIG_LOCKED)
		return tdisp_error(resp, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
	if (memcmp(start->start_nonce, tdi->nonce, sizeof(tdi->nonce)))
		return tdisp_error(resp, PCI_TDISP_ERR_INVALID_NONCE);

	/* A nonce is good for one START, section 11.3.14 */
	memzero_explicit(tdi->nonce, sizeof(tdi->nonce));
	tdi->state = PCI_TDISP_STATE_RUN;
	return sizeof(struct pci_tdisp_header);
}

/* BAR of a range in the report with attributes that can change, or -1 */
static int tdisp_updatable_bar(const struct tsm_emu_tdi *tdi,
			       const struct pci_tdisp_mmio_range *wanted)
{
	const struct pci_tdisp_interface_report *report =
		(const void *)tdi->report;
	u32 count = le32_to_cpu(report->mmio_range_count);

	for (u32 i = 0; i < count; i++) {
		const struct pci_tdisp_mmio_range *range =
			&report->mmio_range[i];
		u16 attr = le16_to_cpu(range->attr);

		if (range->range_id != wanted->range_id)
			continue;
		if (range->first_page != wanted->first_page ||
		    range->pages != wanted->pages ||
		    !(attr & PCI_TDISP_MMIO_ATTR_UPDATABLE))
			return -1;
		return le16_to_cpu(range->range_id) / 2;
	}
	return -1;
}

static size_t tdisp_set_mmio_attribute(struct tsm_emu_tdi *tdi, const void *req,
				       void *resp)
{
	const struct pci_tdisp_set_mmio_attribute *set = req;
	u16 attr = le16_to_cpu(set->range.attr);
	int bar;

	if (tdi->state != PCI_TDISP_STATE_RUN)
		return tdisp_error(resp, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);

	/* Bits 1:0 are 0 in a request, and 15:3 reserved: table 11-24 */
	bar = tdisp_updatable_bar(tdi, &set->range);
	if (bar < 0 || attr & (PCI_TDISP_MMIO_MSIX_TABLE | PCI_TDISP_MMIO_MSIX_PBA))
		return tdisp_error(resp, PCI_TDISP_ERR_INVALID_REQUEST);

	if (attr & PCI_TDISP_MMIO_NON_TEE)
		tdi->non_tee |= BIT(bar);
	else
		tdi->non_tee &= ~BIT(bar);
	return sizeof(struct pci_tdisp_header);
}

/**
 * tsm_emu_tdi_reset() - unlock a TDI
 * @tdi: TDI in whatever state
 *
 * Context: caller serializes with tsm_emu_tdisp()
 */
void tsm_emu_tdi_reset(struct tsm_emu_tdi *tdi)
{
	memzero_explicit(tdi->nonce, sizeof(tdi->nonce));
	tdi->report_len = 0;
	tdi->non_tee = 0;
	tdi->state = PCI_TDISP_STATE_CONFIG_UNLOCKED;
}

static size_t tdisp_stop(struct tsm_emu_tdi *tdi)
{
	tsm_emu_tdi_reset(tdi);
	return sizeof(struct pci_tdisp_header);
}

static size_t tdisp_req_len(u8 type)
{
	switch (type) {
	case PCI_TDISP_GET_CAPABILITIES:
		return sizeof(struct pci_tdisp_get_capabilities);
	case PCI_TDISP_LOCK_INTERFACE:
		return sizeof(struct pci_tdisp_lock_interface);
	case PCI_TDISP_GET_INTERFACE_REPORT:
		return sizeof(struct pci_tdisp_get_interface_report);
	case PCI_TDISP_START_INTERFACE:
		return sizeof(struct pci_tdisp_start_interface);
	case PCI_TDISP_SET_MMIO_ATTRIBUTE:
		return sizeof(struct pci_tdisp_set_mmio_attribute);
	default:
		return sizeof(struct pci_tdisp_header);
	}
}

/* Any later version of TDISP is found by GET_VERSION of major version 1: 11.3.4 */
static bool tdisp_has_version(const struct pci_tdisp_header *hdr)
{
	if (hdr->type == PCI_TDISP_GET_VERSION)
		return hdr->version >> 4 == PCI_TDISP_VERSION_1_0 >> 4;
	return hdr->version == PCI_TDISP_VERSION_1_0;
}

/* No section says which of several errors is reported, here the first of these is */
static enum pci_tdisp_error tdisp_check(const struct tsm_emu_tdi *tdi,
					const struct pci_tdisp_header *hdr,
					size_t len)
{
	u8 code = hdr->type & ~PCI_TDISP_REQ;

	if (!tdisp_has_version(hdr))
		return PCI_TDISP_ERR_VERSION_MISMATCH;
	if (!(hdr->type & PCI_TDISP_REQ) || code > LAST_REQ ||
	    !(REQ_MSGS & BIT(code)))
		return PCI_TDISP_ERR_UNSUPPORTED_REQUEST;
	if (!tdi)
		return PCI_TDISP_ERR_INVALID_INTERFACE;
	if (len < tdisp_req_len(hdr->type))
		return PCI_TDISP_ERR_INVALID_REQUEST;
	return 0;
}

/* All of the function's id that is not reserved comes back, section 11.2 */
static __le32 tdisp_function_id(const struct pci_tdisp_header *hdr)
{
	u32 id = le32_to_cpu(hdr->function_id);
	u32 known = PCI_TDISP_FUNCTION_RID | PCI_TDISP_FUNCTION_SEGMENT_VALID;

	if (id & PCI_TDISP_FUNCTION_SEGMENT_VALID)
		known |= PCI_TDISP_FUNCTION_SEGMENT;
	return cpu_to_le32(id & known);
}

/**
 * tsm_emu_tdisp() - serve a TDISP request
 * @tdi: TDI that the request names, or NULL if the device does not have it
 * @req: the request
 * @len: bytes at @req, at least a header
 * @resp: room for TSM_EMU_TDISP_MAX bytes
 *
 * Context: caller serializes the requests for a TDI
 * Return: length of the response
 */
size_t tsm_emu_tdisp(struct tsm_emu_tdi *tdi, const void *req, size_t len,
		     void *resp)
{
	const struct pci_tdisp_header *hdr = req;
	struct pci_tdisp_header *rsp = resp;
	enum pci_tdisp_error error;

	*rsp = (struct pci_tdisp_header) {
		.version = PCI_TDISP_VERSION_1_0,
		.type = hdr->type & ~PCI_TDISP_REQ,
		.function_id = tdisp_function_id(hdr),
	};

	error = tdisp_check(tdi, hdr, len);
	if (error == PCI_TDISP_ERR_UNSUPPORTED_REQUEST)
		return tdisp_unsupported(rsp, hdr->type);
	if (error)
		return tdisp_error(rsp, error);

	switch (hdr->type) {
	case PCI_TDISP_GET_VERSION:
		return tdisp_get_version(resp);
	case PCI_TDISP_GET_CAPABILITIES:
		return tdisp_get_capabilities(resp);
	case PCI_TDISP_LOCK_INTERFACE:
		return tdisp_lock(tdi, req, resp);
	case PCI_TDISP_GET_INTERFACE_REPORT:
		return tdisp_get_report(tdi, req, resp);
	case PCI_TDISP_GET_INTERFACE_STATE:
		return tdisp_get_state(tdi, resp);
	case PCI_TDISP_START_INTERFACE:
		return tdisp_start(tdi, req, resp);
	case PCI_TDISP_STOP_INTERFACE:
		return tdisp_stop(tdi);
	case PCI_TDISP_SET_MMIO_ATTRIBUTE:
		return tdisp_set_mmio_attribute(tdi, req, resp);
	default:
		return tdisp_unsupported(rsp, hdr->type);
	}
}

/**
 * tsm_emu_tdi_reconfigured() - the host touched what a lock protects
 * @tdi: TDI in whatever state
 *
 * Context: caller serializes with tsm_emu_tdisp()
 */
void tsm_emu_tdi_reconfigured(struct tsm_emu_tdi *tdi)
{
	if (tdi->state == PCI_TDISP_STATE_CONFIG_UNLOCKED)
		return;

	memzero_explicit(tdi->nonce, sizeof(tdi->nonce));
	tdi->state = PCI_TDISP_STATE_ERROR;
}
