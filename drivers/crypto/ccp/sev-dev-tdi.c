// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDIs of SNP guests: functions of a DSM that are or could be TDIs, and the states of a
 * TDI.
 *
 * A bind locks the TDI, so that the guest can look at it. When the guest wants it
 * started, the VMM says so by a request, see sev-dev-tdi-req.c.
 *
 * The firmware may keep a TDI that it should give back: as it waits for a device that
 * does not answer, for one. Then its pages stay, and it stays on the list of the DSM.
 * TDI_RECLAIM is tried again when the function is bound and when the device is
 * disconnected. What the firmware keeps even then is lost.
 *
 * The command buffers are in sev-dev-tio.c.
 */
#include <linux/bitfield.h>
#include <linux/pci.h>
#include <linux/pci-tdisp.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <asm/sev.h>

#include "psp-dev.h"
#include "sev-dev.h"
#include "sev-dev-tio.h"

/**
 * sev_tio_probe() - Add a function that can't be a DSM itself
 * @pdev: function
 * @tsm_dev: the link TSM
 *
 * Context: as &pci_tsm_link_ops.probe
 * Return: to be freed with kfree(); NULL without memory, or if no DSM manages @pdev
 */
struct pci_tsm *sev_tio_probe(struct pci_dev *pdev, struct tsm_dev *tsm_dev)
{
	struct pci_tsm *tsm __free(kfree) = kzalloc_obj(*tsm);

	if (!tsm || pci_tsm_link_constructor(pdev, tsm, tsm_dev))
		return NULL;
	return no_free_ptr(tsm);
}

/* All but the pages that the firmware may write to */
static void tio_tdi_strip(struct tio_tdi *tdi)
{
	tio_object_free(&tdi->report);
	tio_object_free(&tdi->meas);
	free_page((unsigned long)tdi->req);
	tdi->req = NULL;
	tdi->data.guest = (struct sev_snp_guest) {};
}

static void tio_tdi_free(struct tio_tdi *tdi)
{
	tio_tdi_strip(tdi);
	snp_free_firmware_page(tdi->resp);
	kfree(tdi);
}

static struct tio_tdi *tio_tdi_alloc(const struct sev_snp_guest *guest)
{
	struct tio_tdi *tdi = kzalloc_obj(*tdi, GFP_KERNEL_ACCOUNT);

	if (!tdi)
		return NULL;

	tdi->data.guest = *guest;
	tdi->req = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	tdi->resp = snp_alloc_firmware_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!tdi->req || !tdi->resp) {
		tio_tdi_free(tdi);
		return NULL;
	}

	return tdi;
}

/* FUNCTION_ID of a TDISP INTERFACE_ID, PCIe r7.0 section 11.3.3 */
static u32 tdi_function_id(struct pci_dev *pdev)
{
	u32 segment = pci_domain_nr(pdev->bus);
	u32 id = FIELD_PREP(PCI_TDISP_FUNCTION_RID, pci_dev_id(pdev));

	if (!segment)
		return id;

	return id | FIELD_PREP(PCI_TDISP_FUNCTION_SEGMENT, segment) |
	       PCI_TDISP_FUNCTION_SEGMENT_VALID;
}

/* The ids have fewer bits in the firmware's commands */
static bool tdi_ids_fit(struct pci_dev *pdev, u32 tdi_id)
{
	return tdi_id <= U16_MAX && pci_domain_nr(pdev->bus) <= U8_MAX;
}

static int tdi_get_state(struct tio_dsm *dsm, struct tio_tdi *tdi, u8 *state)
{
	int ret;

	ret = sev_tio_spdm_cmd(dsm, sev_tio_tdi_status(&dsm->data, &tdi->data));
	if (ret)
		return ret;

	return sev_tio_tdi_status_read(&dsm->data, state);
}

/* TDI_BIND leaves one. It is for the guest to say whether it does without */
static int tdi_save_report(struct tio_dsm *dsm, struct tio_tdi *tdi)
{
	int ret = tio_object_save(&tdi->report, &dsm->data, SPDM_DOBJ_ID_REPORT,
				  GFP_KERNEL_ACCOUNT);

	return ret == -ENOMEM ? ret : 0;
}

static int tdi_lock(struct tio_dsm *dsm, struct tio_tdi *tdi, u16 guest_id)
{
	u8 state;
	int ret;

	/* A bind that fails may have reached the device */
	tdi->bound = true;
	ret = sev_tio_tdi_bind(&dsm->data, &tdi->data, guest_id, false);
	ret = sev_tio_spdm_cmd(dsm, ret);
	if (ret)
		return ret;

	ret = tdi_save_report(dsm, tdi);
	if (ret)
		return ret;

	ret = tdi_get_state(dsm, tdi, &state);
	if (ret)
		return ret;

	return state == PCI_TDISP_STATE_CONFIG_LOCKED ? 0 : -EPROTO;
}

static int tdi_unbind(struct tio_dsm *dsm, struct tio_tdi *tdi, bool force)
{
	int ret = sev_tio_tdi_unbind(&dsm->data, &tdi->data, force);

	ret = sev_tio_spdm_cmd(dsm, ret);
	if (!ret)
		tdi->bound = false;
	return ret;
}

static int tdi_reclaim(struct tio_dsm *dsm, struct tio_tdi *tdi)
{
	int ret = sev_tio_tdi_reclaim(&dsm->data, &tdi->data);

	if (!ret)
		hlist_del(&tdi->node);
	return ret;
}

/*
 * Also for a TDI that failed to bind. The second attempt to unbind leaves the device
 * out. If it fails as well, there was nothing to unbind, or TDI_RECLAIM is going to
 * fail.
 */
static int tdi_take_back(struct tio_dsm *dsm, struct tio_tdi *tdi)
{
	if (tdi->bound && tdi_unbind(dsm, tdi, false))
		tdi_unbind(dsm, tdi, true);

	return tdi_reclaim(dsm, tdi);
}

/* Those that the firmware kept are of no guest any more */
static struct tio_tdi *find_other_of_guest(struct tio_dsm *dsm,
					   const struct tio_tdi *tdi)
{
	const struct sev_snp_guest *guest = &tdi->data.guest;
	struct tio_tdi *other;

	hlist_for_each_entry(other, &dsm->tdis, node)
		if (other != tdi && other->data.guest.gctx_paddr == guest->gctx_paddr)
			return other;
	return NULL;
}

/*
 * A fault that the host causes, by its page tables or the RMP, in the DMA of a running
 * TDI fences the guest's whole ASID: writes are dropped, reads return ones (AMD 58271
 * section 2.11). The guest has to notice, so the fence is lifted with the last of its
 * TDIs of the device, and only if one of them ran: the fence of other devices is not
 * this one's business. It stays if the firmware kept one of them.
 */
static void tdi_lift_fence(struct tio_dsm *dsm, struct tio_tdi *tdi,
			   struct pci_dev *pdev)
{
	struct tio_tdi *other = find_other_of_guest(dsm, tdi);
	bool fenced;
	int ret;

	if (other) {
		other->has_run |= tdi->has_run;
		other->fence_stays |= tdi->fence_stays;
		return;
	}
	if (!tdi->has_run || tdi->fence_stays)
		return;

	ret = sev_tio_asid_fence_status(&dsm->data, &tdi->data, &fenced);
	if (!ret && fenced)
		ret = sev_tio_asid_fence_clear(&dsm->data, &tdi->data);
	if (ret)
		pci_warn(pdev, "ASID %u may stay fenced: %d, status %#x\n",
			 tdi->data.guest.asid, ret, dsm->data.psp_ret);
}

/*
 * Forget the guest: it may go now, and the page of its context be another's. So no
 * command that names it is sent later, neither TDI_UNBIND nor ASID_FENCE_CLEAR.
 */
static void tdi_keep(struct tio_dsm *dsm, struct tio_tdi *tdi)
{
	struct tio_tdi *other = find_other_of_guest(dsm, tdi);

	if (other)
		other->fence_stays = true;
	tio_tdi_strip(tdi);
	tdi->kept = true;
}

/* The core is done with the TDI */
static void tdi_put(struct tio_dsm *dsm, struct tio_tdi *tdi,
		    struct pci_dev *pdev)
{
	int ret = tdi_take_back(dsm, tdi);

	if (!ret) {
		tdi_lift_fence(dsm, tdi, pdev);
		tio_tdi_free(tdi);
		return;
	}

	pci_err(pdev, "SEV firmware keeps the TDI%s of ASID %u: %d, status %#x\n",
		tdi->bound ? " bound to the guest" : "", tdi->data.guest.asid,
		ret, dsm->data.psp_ret);
	tdi_keep(dsm, tdi);
}

/* Whether the firmware takes a second TDI of a function is not known, so none is tried */
static int tdi_retry_kept(struct tio_dsm *dsm, u32 function_id)
{
	struct hlist_node *next;
	struct tio_tdi *tdi;
	int ret;

	hlist_for_each_entry_safe(tdi, next, &dsm->tdis, node) {
		if (!tdi->kept || tdi->function_id != function_id)
			continue;
		ret = tdi_reclaim(dsm, tdi);
		if (ret)
			return sev_tio_refusal(dsm) ? -EBUSY :
						      sev_tio_errno(ret, 0);
		tio_tdi_free(tdi);
	}
	return 0;
}

/**
 * sev_tio_drop_kept() - Take back what TDIs the firmware kept, as far as it lets
 * @dsm: device that no TDI is bound of
 */
void sev_tio_drop_kept(struct tio_dsm *dsm)
{
	struct hlist_node *next;
	struct tio_tdi *tdi;

	hlist_for_each_entry_safe(tdi, next, &dsm->tdis, node)
		if (!tdi_reclaim(dsm, tdi))
			tio_tdi_free(tdi);
}

/**
 * sev_tio_leak_kept() - Give up the TDIs that the firmware kept
 * @dsm: device that no TDI is bound of
 */
void sev_tio_leak_kept(struct tio_dsm *dsm)
{
	struct hlist_node *next;
	struct tio_tdi *tdi;

	hlist_for_each_entry_safe(tdi, next, &dsm->tdis, node) {
		sev_tio_tdi_leak(&tdi->data);
		sev_tio_leak_page(page_to_pfn(virt_to_page(tdi->resp)));
		hlist_del(&tdi->node);
		kfree(tdi);
	}
}

static struct tio_tdi *tdi_create(struct tio_dsm *dsm, struct pci_dev *pdev,
				  const struct sev_snp_guest *guest)
{
	struct tio_tdi *tdi = tio_tdi_alloc(guest);
	int ret;

	if (!tdi)
		return ERR_PTR(-ENOMEM);

	tdi->function_id = tdi_function_id(pdev);
	ret = sev_tio_tdi_create(&dsm->data, &tdi->data, tdi->function_id);
	if (ret) {
		tio_tdi_free(tdi);
		return ERR_PTR(ret);
	}

	hlist_add_head(&tdi->node, &dsm->tdis);
	return tdi;
}

/* Create a TDI and lock it. The result is the firmware's, see sev_tio_errno() */
static struct tio_tdi *tdi_bind(struct tio_dsm *dsm, struct pci_dev *pdev,
				const struct sev_snp_guest *guest, u16 guest_id,
				u64 *tsm_code)
{
	struct tio_tdi *tdi = tdi_create(dsm, pdev, guest);
	int ret = PTR_ERR_OR_ZERO(tdi);

	if (!ret)
		ret = tdi_lock(dsm, tdi, guest_id);
	if (!ret)
		return tdi;

	*tsm_code = sev_tio_refusal(dsm);
	if (!IS_ERR(tdi))
		tdi_put(dsm, tdi, pdev);
	return ERR_PTR(ret);
}

/**
 * sev_tio_bind() - Bind a function to an SNP guest as a TDI, and lock it
 * @pdev: function, any that the DSM manages
 * @kvm: the guest; exists until sev_tio_unbind() returns
 * @tdi_id: requester id that the guest sees
 * @tsm_code: the firmware's status, if it refuses
 *
 * Context: as &pci_tsm_link_ops.bind
 * Return: the TDI, until sev_tio_unbind(), or an error and nothing is bound:
 * * -ENXIO: the DSM is not connected
 * * -EOVERFLOW: @tdi_id or the PCI segment has more bits than the firmware takes
 * * -EOPNOTSUPP: @kvm is no SNP guest, or the firmware can't bind
 * * -EAGAIN: the guest's launch has not got that far
 * * -ENOMEM: out of memory
 * * -EBUSY: also, the firmware keeps an earlier TDI of @pdev
 * * -ENOTCONN: also, the firmware waits for the device in a command that was given up
 * * -EPROTO: also, the TDI is not locked after all
 * * other: from sev_tio_errno()
 */
struct pci_tdi *sev_tio_bind(struct pci_dev *pdev, struct kvm *kvm, u32 tdi_id,
			     u64 *tsm_code)
{
	struct tio_dsm *dsm = to_tio_dsm(pdev);
	struct sev_snp_guest guest;
	struct tio_tdi *tdi;
	int ret;

	/* A DSM below another DSM may never have been connected itself */
	if (!dsm->data.dev_ctx.sla)
		return ERR_PTR(-ENXIO);
	if (!tdi_ids_fit(pdev, tdi_id))
		return ERR_PTR(-EOVERFLOW);

	ret = sev_get_snp_guest(kvm, &guest);
	if (ret)
		return ERR_PTR(ret);

	dsm->data.psp_ret = SEV_RET_SUCCESS;
	if (dsm->data.stuck)
		return ERR_PTR(-ENOTCONN);

	ret = tdi_retry_kept(dsm, tdi_function_id(pdev));
	if (ret) {
		*tsm_code = sev_tio_refusal(dsm);
		return ERR_PTR(ret);
	}

	tdi = tdi_bind(dsm, pdev, &guest, tdi_id, tsm_code);
	if (IS_ERR(tdi))
		return ERR_PTR(sev_tio_errno(PTR_ERR(tdi), *tsm_code));

	pci_tsm_tdi_constructor(pdev, &tdi->tdi, kvm, tdi_id);
	return &tdi->tdi;
}

/**
 * sev_tio_unbind() - Unbind a TDI from its guest
 * @tdi: from sev_tio_bind(), freed
 *
 * A TDI that the firmware does not give back is logged. Nothing here can keep the guest
 * from going all the same, but what the firmware has of the TDI is not reused.
 *
 * Context: as &pci_tsm_link_ops.unbind
 */
void sev_tio_unbind(struct pci_tdi *tdi)
{
	tdi_put(to_tio_dsm(tdi->pdev), to_tio_tdi(tdi), tdi->pdev);
}

/**
 * sev_tio_tdi_run() - Start a TDI
 * @dsm: device that it is part of
 * @tdi: TDI
 *
 * Return: 0, or for sev_tio_errno(): -EIO with the firmware's INVALID_TDI_STATE also if
 * the TDI is not in CONFIG_LOCKED
 */
int sev_tio_tdi_run(struct tio_dsm *dsm, struct tio_tdi *tdi)
{
	u8 state = PCI_TDISP_STATE_CONFIG_UNLOCKED;
	int ret = 0;

	if (tdi->bound)
		ret = tdi_get_state(dsm, tdi, &state);
	if (ret)
		return ret;

	/* The firmware is not known to look at the state itself */
	if (state != PCI_TDISP_STATE_CONFIG_LOCKED) {
		dsm->data.psp_ret = SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
		return -EIO;
	}

	tdi->has_run = true;
	ret = sev_tio_tdi_bind(&dsm->data, &tdi->data, tdi->tdi.tdi_id, true);
	ret = sev_tio_spdm_cmd(dsm, ret);
	if (ret)
		return ret;

	tdi_save_report(dsm, tdi);
	return 0;
}

/**
 * sev_tio_tdi_stop() - Take a TDI to CONFIG_UNLOCKED
 * @dsm: device that it is part of
 * @tdi: TDI
 *
 * The firmware keeps its context, and answers messages of the guest about it. Without
 * force: the guest wants the device to have stopped.
 *
 * Return: 0, or for sev_tio_errno()
 */
int sev_tio_tdi_stop(struct tio_dsm *dsm, struct tio_tdi *tdi)
{
	return tdi->bound ? tdi_unbind(dsm, tdi, false) : 0;
}
