// SPDX-License-Identifier: GPL-2.0
/*
 * Host and RMM of Arm CCA. A bind creates the VDEV and locks it. The host keeps
 * the objects about the device in the clear. The realm reads them piece by piece
 * and compares them with digests that it has from the RMM.
 *
 * Fetching an object anew takes long: the host continues its RMI call with
 * RMI_VDEV_COMMUNICATE until it is done. Here a worker fetches it, and the request
 * waits for the worker. A signal that kills the caller aborts it, as RMI_VDEV_ABORT.
 */
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>
#include <linux/tsm-proto-cca.h>
#include <linux/workqueue.h>

#include "fw.h"

DECLARE_TSM_PROTO(cca);

static_assert(TSM_CCA_NONCE_LEN == PCI_TDISP_NONCE_LEN);

/**
 * struct emu_cca - object of a VDEV that is being fetched
 * @bound: the VDEV as a TDI
 * @work: fetches the object
 * @done: when it is fetched
 * @aborted: @work is to give up
 * @measure: measurements are what it fetches, else the interface report
 * @nonce: for the measurements
 * @rc: outcome
 */
struct emu_cca {
	struct tsm_emu_bound *bound;
	struct work_struct work;
	struct completion done;
	bool aborted;
	bool measure;
	u8 nonce[TSM_CCA_NONCE_LEN];
	int rc;
};

static void cca_refresh_work(struct work_struct *work)
{
	struct emu_cca *cca = container_of(work, struct emu_cca, work);
	struct tsm_emu_bound *bound = cca->bound;

	if (!tsm_emu_stall_work(tsm_emu_of_bound(bound),
				TSM_EMU_STALL_COMPLETION, &cca->aborted))
		return;

	if (cca->measure)
		cca->rc = tsm_emu_tdi_measure(bound, cca->nonce);
	else
		cca->rc = tsm_emu_tdi_fetch_report(bound);
	complete(&cca->done);
}

/* Measurements are fetched with the first request for them */
static int cca_bind(struct tsm_emu_bound *bound)
{
	int rc;

	struct emu_cca *cca __free(kfree) = kzalloc_obj(*cca);
	if (!cca)
		return -ENOMEM;

	rc = tsm_emu_tdi_identify(bound);
	if (rc)
		return rc;
	rc = tsm_emu_tdi_lock(bound);
	if (rc)
		return rc;

	cca->bound = bound;
	INIT_WORK(&cca->work, cca_refresh_work);
	init_completion(&cca->done);
	bound->fw_data = no_free_ptr(cca);
	return 0;
}

static void cca_unbind(struct tsm_emu_bound *bound)
{
	kfree(bound->fw_data);
}

/* RHI's status for what a DSM answered. Without an answer the request fails */
static int cca_status(struct pci_tsm_guest_req *req, int rc)
{
	if (rc < 0)
		return rc;
	req->tsm_code = rc ? TSM_CCA_ERROR_DEVICE : TSM_CCA_SUCCESS;
	return 0;
}

/* Return: the object, or NULL with the reason as the TSM's code */
static const struct tsm_emu_blob *cca_object(struct tsm_emu_bound *bound,
					     struct pci_tsm_guest_req *req,
					     u32 object)
{
	static const enum emu_object objects[] = {
		[TSM_CCA_OBJECT_VCA] = EMU_OBJECT_VCA,
		[TSM_CCA_OBJECT_CERTIFICATE] = EMU_OBJECT_CERTIFICATES,
		[TSM_CCA_OBJECT_MEASUREMENTS] = EMU_OBJECT_MEASUREMENTS,
		[TSM_CCA_OBJECT_REPORT] = EMU_OBJECT_REPORT,
	};
	const struct tsm_emu_blob *blob;

	if (object >= ARRAY_SIZE(objects)) {
		req->tsm_code = TSM_CCA_INVALID_OBJECT;
		return NULL;
	}

	blob = &bound->object[objects[object]];
	if (!blob->data) {
		req->tsm_code = TSM_CCA_DATA_NOT_AVAILABLE;
		return NULL;
	}
	return blob;
}

static int cca_object_size(struct tsm_emu_bound *bound,
			   struct pci_tsm_guest_req *req)
{
	const struct tsm_cca_object_size *size = req->req;
	struct tsm_cca_object_size_rsp *rsp = req->resp;
	const struct tsm_emu_blob *blob;

	blob = cca_object(bound, req, le32_to_cpu(size->object));
	if (!blob)
		return 0;

	rsp->size = cpu_to_le32(blob->len);
	req->resp_len = sizeof(*rsp);
	return 0;
}

static int cca_object_read(struct tsm_emu_bound *bound,
			   struct pci_tsm_guest_req *req)
{
	const struct tsm_cca_object_read *read = req->req;
	const struct tsm_emu_blob *blob;

	blob = cca_object(bound, req, le32_to_cpu(read->object));
	if (!blob)
		return 0;

	req->resp_len = tsm_emu_read_blob(blob, le64_to_cpu(read->offset),
					  req->resp, req->resp_size);
	if (!req->resp_len)
		req->tsm_code = TSM_CCA_INVALID_OFFSET;
	return 0;
}

/* When this returns, the worker has ended, also after a signal */
static int cca_refresh(struct tsm_emu_bound *bound,
		       struct pci_tsm_guest_req *req)
{
	struct emu_cca *cca = bound->fw_data;

	cca->aborted = false;
	reinit_completion(&cca->done);
	queue_work(system_dfl_long_wq, &cca->work);

	if (wait_for_completion_killable(&cca->done)) {
		tsm_emu_stall_abort(tsm_emu_of_bound(bound), &cca->aborted);
		cancel_work_sync(&cca->work);
		return -EINTR;
	}
	return cca_status(req, cca->rc);
}

static int cca_measurements_refresh(struct tsm_emu_bound *bound,
				    struct pci_tsm_guest_req *req)
{
	const struct tsm_cca_measurements_refresh *refresh = req->req;
	struct emu_cca *cca = bound->fw_data;

	/* No flags are defined */
	if (refresh->flags) {
		req->tsm_code = TSM_CCA_ERROR_INPUT;
		return 0;
	}

	cca->measure = true;
	memcpy(cca->nonce, refresh->nonce, sizeof(cca->nonce));
	return cca_refresh(bound, req);
}

static int cca_report_refresh(struct tsm_emu_bound *bound,
			      struct pci_tsm_guest_req *req)
{
	struct emu_cca *cca = bound->fw_data;

	cca->measure = false;
	return cca_refresh(bound, req);
}

static int cca_validate_mmio(struct tsm_emu_bound *bound,
			     struct pci_tsm_guest_req *req)
{
	const struct tsm_cca_validate_mmio *mmio = req->req;
	u64 gpa = le64_to_cpu(mmio->gpa_base);
	u64 len = le64_to_cpu(mmio->gpa_top) - gpa;
	struct tsm_emu_range *range;
	u32 first;
	int rc;

	rc = tsm_emu_tdi_is_locked(bound);
	if (rc)
		return cca_status(req, rc);

	range = tsm_emu_mmio_find_pages(&bound->mmio,
					le64_to_cpu(mmio->pa_base), len,
					&first);
	if (!range || !IS_ALIGNED(gpa, SZ_4K) ||
	    gpa > le64_to_cpu(mmio->gpa_top)) {
		req->tsm_code = TSM_CCA_ERROR_INPUT;
		return 0;
	}

	tsm_emu_tdi_validate(bound, range, first, len / SZ_4K, true);
	return 0;
}

static int cca_set_tdi_state(struct tsm_emu_bound *bound,
			     struct pci_tsm_guest_req *req)
{
	const struct tsm_cca_set_tdi_state *set = req->req;

	switch (le32_to_cpu(set->state)) {
	case PCI_TDISP_STATE_CONFIG_UNLOCKED:
		return cca_status(req, tsm_emu_tdi_stop(bound));
	case PCI_TDISP_STATE_CONFIG_LOCKED:
		return cca_status(req, tsm_emu_tdi_lock(bound));
	case PCI_TDISP_STATE_RUN:
		return cca_status(req, tsm_emu_dsm_start(bound->tdi.pdev,
							 bound->start_nonce));
	default:
		req->tsm_code = TSM_CCA_ERROR_INPUT;
		return 0;
	}
}

static int cca_guest_req(struct tsm_emu_bound *bound,
			 struct pci_tsm_guest_req *req)
{
	switch (req->msg->id) {
	case TSM_CCA_OBJECT_SIZE:
		return cca_object_size(bound, req);
	case TSM_CCA_OBJECT_READ:
		return cca_object_read(bound, req);
	case TSM_CCA_REPORT_REFRESH:
		return cca_report_refresh(bound, req);
	case TSM_CCA_MEASUREMENTS_REFRESH:
		return cca_measurements_refresh(bound, req);
	case TSM_CCA_VALIDATE_MMIO:
		return cca_validate_mmio(bound, req);
	case TSM_CCA_SET_TDI_STATE:
		return cca_set_tdi_state(bound, req);
	default:
		return -EINVAL;
	}
}

const struct tsm_emu_fw tsm_emu_fw_cca = {
	.guest_proto = &tsm_proto_cca,
	.bind = cca_bind,
	.bind_code = TSM_CCA_ERROR_DEVICE,
	.unbind = cca_unbind,
	.guest_req = cca_guest_req,
};
