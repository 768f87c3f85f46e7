// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDIs of SNP guests: functions of a DSM that are or could be TDIs, bind, unbind and
 * guest requests of the SEV-TIO link TSM.
 *
 * A bind locks the TDI, so that the guest can look at it. The guest decides when to
 * start it, nothing here does.
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
 * struct tio_tdi - TDI that is bound to an SNP guest
 * @tdi: for the core
 * @data: for the firmware
 * @req: page for the guest's requests, the firmware reads it
 * @resp: page for the responses, the firmware owns it while the TDI is bound
 *
 * The pages are not shared among TDIs: the firmware's page can't be cleared, so one
 * guest would see the rest of another's response.
 */
struct tio_tdi {
	struct pci_tdi tdi;
	struct tsm_tdi_tio data;
	void *req;
	void *resp;
};

static struct tio_tdi *to_tio_tdi(struct pci_tdi *tdi)
{
	return container_of(tdi, struct tio_tdi, tdi);
}

static struct tio_dsm *pdev_to_dsm(struct pci_dev *pdev)
{
	return container_of(pdev->tsm->dsm_dev->tsm, struct tio_dsm,
			    tsm.base_tsm);
}

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

/* The firmware's status for the guest, 0 if the firmware was not asked */
static u64 tio_tsm_code(struct tio_dsm *dsm)
{
	return dsm->data.psp_ret > 0 ? dsm->data.psp_ret : 0;
}

/* Finish a command whose first attempt returned @ret */
static int tio_cmd(struct tio_dsm *dsm, int ret)
{
	ret = sev_tio_spdm_cmd(dsm, ret);
	return sev_tio_errno(ret, dsm->data.psp_ret);
}

static void tio_tdi_free(struct tio_tdi *tdi)
{
	snp_free_firmware_page(tdi->resp);
	free_page((unsigned long)tdi->req);
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

/* The firmware reported a successful bind: is the TDI locked? */
static int tdi_check_locked(struct tio_dsm *dsm, struct tio_tdi *tdi)
{
	u8 state;
	int ret;

	ret = tio_cmd(dsm, sev_tio_tdi_status(&dsm->data, &tdi->data));
	if (ret)
		return ret;

	ret = sev_tio_tdi_status_read(&dsm->data, &state);
	if (ret)
		return ret;

	return state == PCI_TDISP_STATE_CONFIG_LOCKED ? 0 : -EBADFD;
}

static int tdi_lock(struct tio_dsm *dsm, struct tio_tdi *tdi, u16 guest_id)
{
	int ret;

	ret = tio_cmd(dsm, sev_tio_tdi_bind(&dsm->data, &tdi->data, guest_id));
	if (ret)
		return ret;

	return tdi_check_locked(dsm, tdi);
}

/*
 * Also called for a TDI that failed to bind: the bind may have reached the device.
 * The second attempt leaves the device out. If it fails as well, there was nothing
 * to unbind, or TDI_RECLAIM is going to fail.
 */
static void tdi_unlock(struct tio_dsm *dsm, struct tio_tdi *tdi)
{
	if (!tio_cmd(dsm, sev_tio_tdi_unbind(&dsm->data, &tdi->data, false)))
		return;

	tio_cmd(dsm, sev_tio_tdi_unbind(&dsm->data, &tdi->data, true));
}

static void tdi_reclaim(struct tio_dsm *dsm, struct tio_tdi *tdi,
			struct pci_dev *pdev)
{
	int ret = sev_tio_tdi_reclaim(&dsm->data, &tdi->data);

	if (ret)
		pci_warn(pdev, "SEV firmware keeps the TDI: %d, status %#x\n",
			 sev_tio_errno(ret, dsm->data.psp_ret),
			 dsm->data.psp_ret);
}

/**
 * sev_tio_bind() - Bind a function to an SNP guest as a TDI, and lock it
 * @pdev: function, any that the DSM manages
 * @kvm: the guest; exists until sev_tio_unbind() returns
 * @tdi_id: requester id that the guest sees
 * @tsm_code: the firmware's status, if it refuses
 *
 * Context: as &pci_tsm_link_ops.bind
 * Return: the TDI, until sev_tio_unbind(), or an error and all is as before:
 * * -ENXIO: the DSM is not connected
 * * -EOVERFLOW: @tdi_id or the PCI segment has more bits than the firmware takes
 * * -EOPNOTSUPP: @kvm is no SNP guest, or the firmware can't bind
 * * -EAGAIN: the guest's launch has not got that far
 * * -ENOMEM: out of memory
 * * -EBADFD: the TDI is not locked after all
 * * -ETIMEDOUT: the firmware did not answer, and the PSP is given up
 * * other: from sev_tio_errno() and sev_tio_spdm_cmd()
 */
struct pci_tdi *sev_tio_bind(struct pci_dev *pdev, struct kvm *kvm, u32 tdi_id,
			     u64 *tsm_code)
{
	struct tio_dsm *dsm = pdev_to_dsm(pdev);
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

	tdi = tio_tdi_alloc(&guest);
	if (!tdi)
		return ERR_PTR(-ENOMEM);

	ret = sev_tio_tdi_create(&dsm->data, &tdi->data, tdi_function_id(pdev));
	if (ret) {
		*tsm_code = tio_tsm_code(dsm);
		ret = sev_tio_errno(ret, dsm->data.psp_ret);
		goto free_tdi;
	}

	ret = tdi_lock(dsm, tdi, tdi_id);
	if (ret) {
		*tsm_code = tio_tsm_code(dsm);
		goto unlock_tdi;
	}

	pci_tsm_tdi_constructor(pdev, &tdi->tdi, kvm, tdi_id);
	return &tdi->tdi;

unlock_tdi:
	tdi_unlock(dsm, tdi);
	tdi_reclaim(dsm, tdi, pdev);
free_tdi:
	tio_tdi_free(tdi);
	return ERR_PTR(ret);
}

/*
 * A DMA fault of a bound TDI fences the guest's whole ASID: writes are dropped,
 * reads return ones. With the TDI gone there is nobody left to fence.
 */
static void tdi_clear_fence(struct tio_dsm *dsm, struct tio_tdi *tdi,
			    struct pci_dev *pdev)
{
	bool fenced;
	int ret;

	ret = sev_tio_asid_fence_status(&dsm->data, &tdi->data, &fenced);
	if (!ret && fenced)
		ret = sev_tio_asid_fence_clear(&dsm->data, &tdi->data);
	if (ret)
		pci_warn(pdev, "ASID %u may stay fenced: %d, status %#x\n",
			 tdi->data.guest.asid,
			 sev_tio_errno(ret, dsm->data.psp_ret),
			 dsm->data.psp_ret);
}

/**
 * sev_tio_unbind() - Unbind a TDI from its guest
 * @tdi: from sev_tio_bind(), freed
 *
 * Pages that the firmware does not let go of are lost, which is logged.
 *
 * Context: as &pci_tsm_link_ops.unbind
 */
void sev_tio_unbind(struct pci_tdi *tdi)
{
	struct tio_dsm *dsm = pdev_to_dsm(tdi->pdev);
	struct tio_tdi *tio_tdi = to_tio_tdi(tdi);

	tdi_unlock(dsm, tio_tdi);
	tdi_reclaim(dsm, tio_tdi, tdi->pdev);
	tdi_clear_fence(dsm, tio_tdi, tdi->pdev);
	tio_tdi_free(tio_tdi);
}

/* Read the header once: it says how much to copy */
static int take_response(struct tio_tdi *tdi, struct pci_tsm_guest_req *req)
{
	struct snp_guest_msg_hdr hdr;
	u32 len;

	memcpy(&hdr, tdi->resp, sizeof(hdr));
	len = sizeof(hdr) + hdr.msg_sz;
	if (hdr.hdr_sz != sizeof(hdr) || len > SZ_4K || len > req->resp_size)
		return -EPROTO;

	memcpy(req->resp, tdi->resp, len);
	req->resp_len = len;
	return 0;
}

/**
 * sev_tio_guest_req() - Take a guest message to the firmware
 * @tdi: bound TDI that the VMM names; the one that the guest names is sealed
 * @req: the message and its response
 *
 * The firmware takes each message number once, so a message whose response might
 * not fit is not shown to it.
 *
 * Context: as &pci_tsm_link_ops.guest_req
 * Return: 0, or
 * * -EMSGSIZE: longer than a page
 * * -ENOBUFS: the response might not fit, the firmware was not called
 * * -EPROTO: the response is malformed
 * * -ETIMEDOUT: the firmware did not answer, and the PSP is given up
 * * other: from sev_tio_errno() and sev_tio_spdm_cmd()
 */
int sev_tio_guest_req(struct pci_tdi *tdi, struct pci_tsm_guest_req *req)
{
	struct tio_dsm *dsm = pdev_to_dsm(tdi->pdev);
	struct tio_tdi *tio_tdi = to_tio_tdi(tdi);
	int ret;

	if (req->req_len > SZ_4K)
		return -EMSGSIZE;
	if (req->resp_size < req->msg->resp_max) {
		req->resp_len = req->msg->resp_max;
		return -ENOBUFS;
	}

	memcpy(tio_tdi->req, req->req, req->req_len);
	memset(tio_tdi->req + req->req_len, 0, SZ_4K - req->req_len);

	ret = sev_tio_guest_request(&dsm->data, &tio_tdi->data, tio_tdi->req,
				    tio_tdi->resp);
	ret = tio_cmd(dsm, ret);
	req->tsm_code = tio_tsm_code(dsm);
	if (ret)
		return ret;

	return take_response(tio_tdi, req);
}
