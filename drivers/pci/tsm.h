/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the PCI/TSM core share. Calls go one way:
 *
 *   tsm.c        registration, connect, groups, sysfs
 *   tsm-guest.c  guest requests
 *   tsm-bind.c   bindings, and resets that they keep away
 */
#ifndef DRIVERS_PCI_TSM_H
#define DRIVERS_PCI_TSM_H

#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/pci-tsm.h>
#include <linux/spinlock_types.h>
#include <linux/tsm.h>

extern spinlock_t pci_tsm_state_lock;

static inline struct mutex *pci_tsm_group_lock(struct pci_dev *pdev)
{
	return &pdev->tsm_group->lock;
}

static inline const struct pci_tsm_ops *to_pci_tsm_ops(struct pci_tsm *tsm)
{
	return tsm->tsm_dev->pci_ops;
}

static inline bool pci_tsm_is_dsm(struct pci_dev *pdev)
{
	return pdev->tsm && pdev->tsm->dsm_dev == pdev;
}

/* Is @tsm_dev managing physical link / session properties? */
static inline bool is_link_tsm(struct tsm_dev *tsm_dev)
{
	return tsm_dev && tsm_dev->pci_ops && tsm_dev->pci_ops->link_ops.probe;
}

static inline bool has_tee(struct pci_dev *pdev)
{
	return pdev->devcap & PCI_EXP_DEVCAP_TEE;
}

/* Bit for each class that some message of a guest protocol has */
static inline u32 pci_tsm_guest_scopes(const struct pci_tsm_guest_proto *proto)
{
	u32 scopes = 0;

	for (unsigned int i = 0; i < proto->nr_msgs; i++)
		scopes |= BIT(proto->msgs[i].class);
	return scopes;
}

/* Bytes of the longest request of a guest protocol */
static inline u32
pci_tsm_guest_req_len_max(const struct pci_tsm_guest_proto *proto)
{
	u32 len = 0;

	for (unsigned int i = 0; i < proto->nr_msgs; i++)
		len = max(len, proto->msgs[i].req_max);
	return len;
}

/* tsm-bind.c */
void pci_tsm_unbind_tdi(struct pci_tsm *tsm);
bool pci_tsm_can_bind(struct pci_tsm *tsm);
bool pci_tsm_may_lose_state(struct pci_dev *pdev);

/* tsm-guest.c */
int pci_tsm_guest_check_ops(struct tsm_dev *tsm_dev);

#if IS_ENABLED(CONFIG_KUNIT)
const char *pci_tsm_guest_check_proto(const struct pci_tsm_guest_proto *proto,
				      unsigned int *row);
const struct pci_tsm_guest_msg *
pci_tsm_guest_find_msg(const struct pci_tsm_guest_proto *proto, u32 id);
bool pci_tsm_scope_admits(enum pci_tsm_req_scope scope,
			  enum pci_tsm_req_scope class);
int pci_tsm_guest_check_msg(const struct pci_tsm_guest_proto *proto,
			    const void *req, struct pci_tsm_guest_xfer *xfer);
#endif

#endif /* DRIVERS_PCI_TSM_H */
