/* SPDX-License-Identifier: GPL-2.0 */
/* What the KUnit tests of the TDISP responder share */
#ifndef __TSM_EMU_TDISP_TEST_H
#define __TSM_EMU_TDISP_TEST_H

#include <linux/pci-tdisp.h>

#include "tsm-emu.h"

#define RID		0x0107
#define BAR_BASE	0x900000000ULL

union tdisp_rsp {
	struct pci_tdisp_header hdr;
	struct pci_tdisp_version version;
	struct pci_tdisp_capabilities caps;
	struct pci_tdisp_lock_interface_rsp lock;
	struct pci_tdisp_interface_report_rsp report;
	struct pci_tdisp_interface_state_rsp state;
	struct pci_tdisp_error_rsp error;
	u8 bytes[TSM_EMU_TDISP_MAX];
};

#endif /* __TSM_EMU_TDISP_TEST_H */
