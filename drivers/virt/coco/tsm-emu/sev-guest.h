/* SPDX-License-Identifier: GPL-2.0 */
/* Guests of AMD's security processor (PSP), as the emulated platform has them */
#ifndef __TSM_EMU_SEV_GUEST_H
#define __TSM_EMU_SEV_GUEST_H

#include <crypto/aes-gcm.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/tsm-proto-sev-tio.h>
#include <linux/types.h>

#include "abi.h"

struct kvm;
struct mm_struct;

/**
 * struct tsm_emu_sev_guest - a guest
 * @node: entry in the list of guests, those that lost their last TDI last at the end
 * @kvm: which VM it is, is not looked into
 * @mm: of its VMM, kept so that no other gets the same address
 * @nr_tdis: how many TDIs it has
 * @lock: protects the numbers
 * @vmpck: its keys
 * @vmpck.bytes: the key as the guest has it
 * @vmpck.key: the same, expanded
 * @vmpck.last: number that the response to the last message under it has, 0 for
 *	none; under @lock
 */
struct tsm_emu_sev_guest {
	struct list_head node;
	const struct kvm *kvm;
	struct mm_struct *mm;
	unsigned int nr_tdis;
	struct mutex lock;	/* protects vmpck[].last */
	struct {
		u8 bytes[EMU_SEV_VMPCK_LEN];
		struct aes_gcm_key key;
		u64 last;
	} vmpck[EMU_SEV_VMPCKS];
};

struct tsm_emu_sev_guest *tsm_emu_sev_guest_get(const struct kvm *kvm);
void tsm_emu_sev_guest_put(struct tsm_emu_sev_guest *guest);
void tsm_emu_sev_guests_free(void);
void tsm_emu_sev_guest_tell(struct tsm_emu_sev_guest *guest,
			    struct emu_sev_secrets *secrets);
u32 tsm_emu_sev_guest_open(struct tsm_emu_sev_guest *guest,
			   const struct tsm_sev_tio_hdr *hdr, void *payload);
void tsm_emu_sev_guest_answer(const struct tsm_emu_sev_guest *guest,
			      const struct tsm_sev_tio_hdr *req, u16 len,
			      const void *payload, struct tsm_sev_tio_hdr *rsp);

#endif /* __TSM_EMU_SEV_GUEST_H */
