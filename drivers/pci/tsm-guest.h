/* SPDX-License-Identifier: GPL-2.0 */
/* What drivers/pci/tsm.c and drivers/pci/tsm-guest.c have of each other */
#ifndef DRIVERS_PCI_TSM_GUEST_H
#define DRIVERS_PCI_TSM_GUEST_H

#include <linux/pci-tsm.h>

/* tsm.c: with the locks that keep the TDI and its TSM */
int pci_tsm_dispatch_guest_req(struct pci_tsm_binding *binding,
			       struct pci_tsm_guest_req *req,
			       struct pci_tsm_guest_xfer *xfer);

/* tsm-guest.c: functions of their arguments */
int pci_tsm_guest_check_ops(struct tsm_dev *tsm_dev);
int pci_tsm_guest_note_proto(struct pci_tsm_binding *binding,
			     const struct pci_tsm_guest_proto *proto);
void pci_tsm_guest_drop_proto(struct pci_tsm_binding *binding);
void pci_tsm_guest_fill_info(struct pci_tsm_guest_info *info,
			     const struct pci_tsm_guest_proto *proto);
int pci_tsm_guest_check_msg(const struct pci_tsm_guest_proto *proto,
			    const void *req, struct pci_tsm_guest_xfer *xfer);

#if IS_ENABLED(CONFIG_KUNIT)
const char *pci_tsm_guest_check_proto(const struct pci_tsm_guest_proto *proto,
				      unsigned int *row);
const struct pci_tsm_guest_msg *
pci_tsm_guest_find_msg(const struct pci_tsm_guest_proto *proto, u32 id);
bool pci_tsm_scope_admits(enum pci_tsm_req_scope scope,
			  enum pci_tsm_req_scope class);
#endif

#endif /* DRIVERS_PCI_TSM_GUEST_H */
