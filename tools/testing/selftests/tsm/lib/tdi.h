/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TDI of a platform that speaks TDISP: messages about it, and the way through
 * its states. Where a step fails, &tsm_setup.error says what and how.
 */
#ifndef __SELFTEST_TSM_TDI_H
#define __SELFTEST_TSM_TDI_H

#include "platform.h"
#include "request.h"

/* TDISP messages about the TDI, and the TSM's own */
struct pci_tdisp_header tsm_tdi_header(const struct tsm_test *t, u8 type);
struct pci_tdisp_lock_interface tsm_tdi_lock_req(const struct tsm_test *t);
struct emu_vdm tsm_tdi_vdm(const struct tsm_test *t, enum emu_vdm_code code);

/* One of the TSM's own messages for each class */
struct tsm_class_vdm {
	enum emu_vdm_code code;
	u32 req_len;
	u32 resp_len;
};

extern const struct tsm_class_vdm tsm_class_vdms[NR_SCOPES];

/* Send a request and look at its response. Return: 0 or -errno */
int tsm_tdi_lock(struct tsm_test *t, u8 nonce[PCI_TDISP_NONCE_LEN]);
int tsm_tdi_start(struct tsm_test *t, const u8 nonce[PCI_TDISP_NONCE_LEN]);
/* Lock it, start it, and see that it runs */
int tsm_tdi_run(struct tsm_test *t);
/* From CONFIG_UNLOCKED to that state, LOCKED or RUN, if it is another */
int tsm_tdi_bring_to(struct tsm_test *t, u8 state);
/* Return: PCI_TDISP_STATE_* or -errno */
int tsm_tdi_state(struct tsm_test *t);

/* IOMMU_VDEVICE_TSM_INFO. Return: 0 or -errno */
int tsm_info(struct tsm_test *t, struct iommu_vdevice_tsm_info *cmd);
/* What it says of the state. Return: IOMMU_VDEVICE_TSM_STATE_* or -errno */
int tsm_info_state(void *t);

/* From the host's part to a TDI that runs, of a new VM, and back: 0 or -errno */
int tsm_use_function(const struct tsm_function *fn);

#endif /* __SELFTEST_TSM_TDI_H */
