/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TDISP messages for user space and for the guest of tsm_vmm: the kernel's own
 * definitions, with what they need of the kernel's types.
 */
#ifndef __SELFTEST_TSM_TDISP_H
#define __SELFTEST_TSM_TDISP_H

#include "types.h"
#include "../../../../../include/linux/pci-tdisp.h"

/* Long enough for any response of the emulated platform */
#define TDISP_RESP_MAX 512

static inline struct pci_tdisp_header tdisp_header(u8 type, u32 function_id)
{
	return (struct pci_tdisp_header) {
		.version = PCI_TDISP_VERSION_1_0,
		.type = type,
		.function_id = htole32(function_id),
	};
}

/* Is this the response of the right length to that kind of request? */
static inline int tdisp_is_response(const void *resp, u32 len, u8 type,
				    u32 min_len)
{
	const struct pci_tdisp_header *hdr = resp;

	return len >= min_len && hdr->version == PCI_TDISP_VERSION_1_0 &&
	       hdr->type == (type & ~PCI_TDISP_REQ);
}

/* Code of a TDISP_ERROR response, or 0 if it is none */
static inline u32 tdisp_error(const void *resp, u32 len)
{
	const struct pci_tdisp_error_rsp *error = resp;

	if (!tdisp_is_response(resp, len, PCI_TDISP_ERROR, sizeof(*error)))
		return 0;
	return le32toh(error->code);
}

#endif /* __SELFTEST_TSM_TDISP_H */
