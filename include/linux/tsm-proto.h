/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest protocols for link TSM drivers, drivers/virt/coco/tsm-proto/. A driver
 * selects TSM_PROTO, and declares the protocol that it speaks:
 *
 *	DECLARE_TSM_PROTO(tdisp);
 *
 *	.guest_proto = &tsm_proto_tdisp,
 */
#ifndef __TSM_PROTO_H
#define __TSM_PROTO_H

#include <linux/pci-tsm.h>

#define DECLARE_TSM_PROTO(_name) \
	extern const struct pci_tsm_guest_proto tsm_proto_##_name

/* Row of a protocol's table: a message with requests of one length */
#define TSM_PROTO_MSG(_id, _class, _req_len, _resp_min, _resp_max) {	\
	.id = _id,							\
	.class = PCI_TSM_REQ_##_class,					\
	.req_min = _req_len,						\
	.req_max = _req_len,						\
	.resp_min = _resp_min,						\
	.resp_max = _resp_max,						\
}

#endif /* __TSM_PROTO_H */
