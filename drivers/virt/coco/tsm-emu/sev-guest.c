// SPDX-License-Identifier: GPL-2.0
/*
 * Guests of AMD's security processor (PSP): keys, and the numbers of the messages
 * under each. Both are the guest's from its launch to its end (SEV-SNP firmware ABI,
 * AMD 56860, "Guest Messages"), so they outlast the binding of a TDI, and all TDIs of
 * a guest share them. A machine has one PSP, so all platforms share the guests.
 *
 * Nothing tells this module when a VM ends. A guest without a TDI is kept until many
 * others came after it. A VM that gets the address of an earlier one of the same VMM
 * goes on with the keys and numbers of that. Nothing is secret here, so this only
 * means that its first number may not be 1, as with a guest that has sent messages
 * about something else before.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/psp-sev.h>

#include "seal.h"
#include "sev-guest.h"

static_assert(TSM_SEV_TIO_VMPCK_MAX < EMU_SEV_VMPCKS);

/* Guests without a TDI that are kept */
#define IDLE_GUESTS_MAX		64

static DEFINE_MUTEX(guests_lock);
static LIST_HEAD(guests);
static unsigned int nr_idle_guests;

static struct tsm_emu_sev_guest *guest_alloc(const struct kvm *kvm)
{
	int rc;

	struct tsm_emu_sev_guest *guest __free(kfree_sensitive) =
		kzalloc_obj(*guest);
	if (!guest)
		return ERR_PTR(-ENOMEM);

	for (int i = 0; i < EMU_SEV_VMPCKS; i++) {
		get_random_bytes(guest->vmpck[i].bytes, EMU_SEV_VMPCK_LEN);
		rc = aes_gcm_preparekey(&guest->vmpck[i].key,
					guest->vmpck[i].bytes,
					EMU_SEV_VMPCK_LEN,
					TSM_SEV_TIO_AUTHTAG_LEN);
		if (rc)
			return ERR_PTR(rc);
	}
	guest->kvm = kvm;
	guest->mm = current->mm;
	if (guest->mm)
		mmgrab(guest->mm);
	mutex_init(&guest->lock);
	return no_free_ptr(guest);
}

static void guest_free(struct tsm_emu_sev_guest *guest)
{
	list_del(&guest->node);
	mutex_destroy(&guest->lock);
	if (guest->mm)
		mmdrop(guest->mm);
	kfree_sensitive(guest);
}

static struct tsm_emu_sev_guest *guest_find(const struct kvm *kvm)
{
	struct tsm_emu_sev_guest *guest;

	lockdep_assert_held(&guests_lock);

	list_for_each_entry(guest, &guests, node) {
		if (guest->kvm == kvm && guest->mm == current->mm)
			return guest;
	}
	return NULL;
}

/**
 * tsm_emu_sev_guest_get() - the guest that a VM is, for a TDI of it
 * @kvm: the VM
 *
 * Context: may sleep, called by the VMM
 * Return: the guest, with new keys if it had no TDI before, or an ERR_PTR(-errno)
 */
struct tsm_emu_sev_guest *tsm_emu_sev_guest_get(const struct kvm *kvm)
{
	struct tsm_emu_sev_guest *guest;

	guard(mutex)(&guests_lock);
	guest = guest_find(kvm);
	if (!guest) {
		guest = guest_alloc(kvm);
		if (IS_ERR(guest))
			return guest;
		list_add_tail(&guest->node, &guests);
	} else if (!guest->nr_tdis) {
		nr_idle_guests--;
	}
	guest->nr_tdis++;
	return guest;
}

static void forget_oldest(void)
{
	struct tsm_emu_sev_guest *guest;

	lockdep_assert_held(&guests_lock);

	list_for_each_entry(guest, &guests, node) {
		if (guest->nr_tdis)
			continue;
		guest_free(guest);
		nr_idle_guests--;
		return;
	}
}

/**
 * tsm_emu_sev_guest_put() - the guest has lost a TDI
 * @guest: from tsm_emu_sev_guest_get()
 *
 * Context: may sleep
 */
void tsm_emu_sev_guest_put(struct tsm_emu_sev_guest *guest)
{
	guard(mutex)(&guests_lock);
	if (--guest->nr_tdis)
		return;

	list_move_tail(&guest->node, &guests);
	if (++nr_idle_guests > IDLE_GUESTS_MAX)
		forget_oldest();
}

/**
 * tsm_emu_sev_guests_free() - forget all guests
 *
 * Context: may sleep, no TDI is left
 */
void tsm_emu_sev_guests_free(void)
{
	struct tsm_emu_sev_guest *guest, *next;

	guard(mutex)(&guests_lock);
	list_for_each_entry_safe(guest, next, &guests, node)
		guest_free(guest);
	nr_idle_guests = 0;
}

/**
 * tsm_emu_sev_guest_tell() - what the guest has in its secrets page
 * @guest: the guest
 * @secrets: takes its keys and numbers
 *
 * Context: may sleep
 */
void tsm_emu_sev_guest_tell(struct tsm_emu_sev_guest *guest,
			    struct emu_sev_secrets *secrets)
{
	guard(mutex)(&guest->lock);
	for (int i = 0; i < EMU_SEV_VMPCKS; i++) {
		memcpy(secrets->vmpck[i], guest->vmpck[i].bytes,
		       EMU_SEV_VMPCK_LEN);
		secrets->last_seqno[i] = cpu_to_le64(guest->vmpck[i].last);
	}
}

/**
 * tsm_emu_sev_guest_open() - open a message of a guest
 * @guest: the guest
 * @hdr: header and sealed payload, the header as the guest protocol admits it
 * @payload: takes the payload, must not be used unless 0 is returned
 *
 * The PSP knows the number that must come next. It sees all messages under a key, also
 * those that are not about TDIs and that never come here. So any number above the last
 * will do. On errors the status is the one that users of PSPs report: 0x16 for a wrong
 * tag or number (AMDESE/linux-svsm issue 22, AMDESE/sev-guest issues 26 and 40), 0x1d
 * when the numbers are used up (virtee/snpguest issue 154).
 *
 * A message that was opened uses up its number and the one behind it, for the answer.
 *
 * Context: may sleep
 * Return: 0, or the PSP's status for a message that it refuses
 */
u32 tsm_emu_sev_guest_open(struct tsm_emu_sev_guest *guest,
			   const struct tsm_sev_tio_hdr *hdr, void *payload)
{
	typeof(*guest->vmpck) *vmpck = &guest->vmpck[hdr->msg_vmpck];
	u64 seqno = le64_to_cpu(hdr->seqno);

	guard(mutex)(&guest->lock);
	if (tsm_emu_unseal(&vmpck->key, hdr, payload))
		return SEV_RET_INVALID_PARAM;
	if (vmpck->last == U64_MAX || seqno == U64_MAX)
		return SEV_RET_AEAD_OFLOW;
	if (seqno <= vmpck->last)
		return SEV_RET_INVALID_PARAM;

	vmpck->last = seqno + 1;
	return 0;
}

/**
 * tsm_emu_sev_guest_answer() - answer a message of a guest
 * @guest: the guest
 * @req: header of the message, which was opened
 * @len: bytes of the answer's payload
 * @payload: payload of the answer
 * @rsp: takes header and sealed payload
 *
 * Context: process context
 */
void tsm_emu_sev_guest_answer(const struct tsm_emu_sev_guest *guest,
			      const struct tsm_sev_tio_hdr *req, u16 len,
			      const void *payload, struct tsm_sev_tio_hdr *rsp)
{
	*rsp = *req;
	rsp->seqno = cpu_to_le64(le64_to_cpu(req->seqno) + 1);
	rsp->msg_type = req->msg_type + 1;
	rsp->msg_size = cpu_to_le16(len);
	tsm_emu_seal(&guest->vmpck[req->msg_vmpck].key, rsp, payload);
}
