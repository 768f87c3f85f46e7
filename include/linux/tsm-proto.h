/* SPDX-License-Identifier: GPL-2.0 */
/* Guest protocols for link TSM drivers, drivers/virt/coco/tsm-proto/ */
#ifndef __TSM_PROTO_H
#define __TSM_PROTO_H

#include <linux/pci-tsm.h>

/* Bare TDISP messages, select TSM_PROTO_TDISP */
extern const struct pci_tsm_guest_proto tsm_proto_tdisp;

#endif /* __TSM_PROTO_H */
