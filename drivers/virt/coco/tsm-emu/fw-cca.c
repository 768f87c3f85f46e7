// SPDX-License-Identifier: GPL-2.0
/*
 * Host and RMM of Arm CCA. A bind creates the VDEV, the realm has the host lock,
 * start and unlock it: so do the later host trees, the one of March 2026 locks with
 * the bind. The host keeps the objects about the device in the clear. The realm
 * reads them and compares them with digests that it has from the RMM.
 *
 * The rules of the RMM are those of TF-RMM 9a7f8ef4, runtime/rsi/vdev.c and
 * runtime/rmi/vdev.c; the text of the RMM specification with device assignment was
 * not available. What a realm asks the RMM comes by the file module in debugfs.
 *
 * Fetching an object anew, locking, starting and unlocking take long: an RMI call arms
 * the operation, and the host repeats RMI_VDEV_COMMUNICATE until it has ended. Here a
 * worker fetches the object, and the request waits for the worker; so does the host of
 * March 2026. A test can have requests return in between, as the RHI provides for: they
 * answer INCOMPLETE, and the realm continues or aborts. RMI_VDEV_ABORT puts the VDEV into
 * ERROR. So does a signal that kills the caller.
 */
#include <crypto/sha2.h>
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>
#include <linux/tsm-proto-cca.h>
#include <linux/workqueue.h>

#include "fw.h"

DECLARE_TSM_PROTO(cca);

static_assert(TSM_CCA_NONCE_LEN == PCI_TDISP_NONCE_LEN);
static_assert(sizeof(struct emu_rsi_vdev_info) == EMU_MODULE_DATA_LEN);

/**
 * struct emu_cca_mapping - RSI_VDEV_VALIDATE_MAPPING that waits for the host
 * @base: address in the realm, or the same as @top if nothing waits
 * @next: up to here the host has mapped
 * @top: address behind the last byte
 * @pa: physical address of @base
 */
struct emu_cca_mapping {
	u64 base;
	u64 next;
	u64 top;
	u64 pa;
};

/**
 * struct emu_cca_operation - what is armed, and has not ended
 * @run: ends it, as the request would have done at once; NULL if there is none
 * @left: how often it is answered INCOMPLETE before
 * @state: of SET_TDI_STATE
 */
struct emu_cca_operation {
	int (*run)(struct tsm_emu_bound *bound, struct pci_tsm_guest_req *req,
		   u32 state);
	u32 left;
	u32 state;
};

/**
 * struct emu_cca - what host and RMM keep of a VDEV
 * @bound: the VDEV as a TDI
 * @work: fetches an object
 * @done: when it is fetched
 * @aborted: @work is to give up
 * @measure: measurements are what it fetches, else the interface report
 * @raw: measurements as raw bit streams
 * @nonce: for the measurements
 * @rc: outcome
 * @armed: operation that goes on
 * @error: an operation was aborted, so the VDEV is in ERROR whatever the TDI is in
 * @lock_nonce: RMM's, new with each lock; 0 if there was none, as are the next
 * @measurement_nonce: new with each measurement
 * @report_nonce: new with each interface report
 * @mapping: what the realm is about to map
 * @ipa: where in the realm each page is that is validated
 *
 * From @error on protected by &tsm_emu.bound_lock
 */
struct emu_cca {
	struct tsm_emu_bound *bound;
	struct work_struct work;
	struct completion done;
	bool aborted;
	bool measure;
	bool raw;
	u8 nonce[TSM_CCA_NONCE_LEN];
	int rc;
	struct emu_cca_operation armed;
	bool error;
	u64 lock_nonce;
	u64 measurement_nonce;
	u64 report_nonce;
	struct emu_cca_mapping mapping;
	u64 ipa[TSM_EMU_NR_BARS][TSM_EMU_BAR_PAGES_MAX];
};

/* Not one that was */
static void cca_renew_nonce(u64 *nonce)
{
	u64 old = *nonce;

	do {
		*nonce = get_random_u64();
	} while (!*nonce || *nonce == old);
}

static int cca_fetch(struct emu_cca *cca)
{
	struct tsm_emu_bound *bound = cca->bound;
	int rc;

	if (!cca->measure)
		rc = tsm_emu_tdi_fetch_report(bound);
	else if (cca->raw)
		rc = tsm_emu_tdi_measure_raw(bound, cca->nonce);
	else
		rc = tsm_emu_tdi_measure(bound, cca->nonce);
	if (rc)
		return rc;

	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	cca_renew_nonce(cca->measure ? &cca->measurement_nonce :
				       &cca->report_nonce);
	return 0;
}

static void cca_refresh_work(struct work_struct *work)
{
	struct emu_cca *cca = container_of(work, struct emu_cca, work);
	struct tsm_emu_bound *bound = cca->bound;

	if (!tsm_emu_stall_work(tsm_emu_of_bound(bound),
				TSM_EMU_STALL_COMPLETION, &cca->aborted))
		return;

	cca->rc = cca_fetch(cca);
	complete(&cca->done);
}

/*
 * RMI_VDEV_CREATE, which ends in UNLOCKED once the device has said that it is. Report
 * and measurements are fetched as the realm asks for them.
 */
static int cca_bind(struct tsm_emu_bound *bound)
{
	enum pci_tdisp_state state;
	int rc;

	struct emu_cca *cca __free(kfree) = kzalloc_obj(*cca);
	if (!cca)
		return -ENOMEM;

	rc = tsm_emu_dsm_state(bound->tdi.pdev, &state);
	if (rc)
		return rc;
	if (state != PCI_TDISP_STATE_CONFIG_UNLOCKED)
		return PCI_TDISP_ERR_INVALID_INTERFACE_STATE;
	rc = tsm_emu_tdi_identify(bound);
	if (rc)
		return rc;

	bound->dma_blocked = true;
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
	const struct emu_cca *cca = bound->fw_data;
	const struct tsm_emu_blob *blob;

	if (object >= ARRAY_SIZE(objects)) {
		req->tsm_code = TSM_CCA_INVALID_OBJECT;
		return NULL;
	}

	/* The lock fetches a report too, which the realm did not ask for */
	blob = &bound->object[objects[object]];
	if (!blob->data ||
	    (object == TSM_CCA_OBJECT_REPORT && !cca->report_nonce)) {
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

static void cca_set_error(struct tsm_emu_bound *bound, bool error)
{
	struct emu_cca *cca = bound->fw_data;

	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	cca->error = error;
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
		cca_set_error(bound, true);
		return -EINTR;
	}
	return cca_status(req, cca->rc);
}

/* RMI_VDEV_COMMUNICATE: ends what is armed, unless it goes on */
static int cca_communicate(struct tsm_emu_bound *bound,
			   struct pci_tsm_guest_req *req)
{
	struct emu_cca *cca = bound->fw_data;
	struct emu_cca_operation armed = cca->armed;

	if (armed.left) {
		cca->armed.left--;
		req->tsm_code = TSM_CCA_INCOMPLETE;
		return 0;
	}
	cca->armed = (struct emu_cca_operation) {};
	return armed.run(bound, req, armed.state);
}

/* A VDEV has one operation at a time */
static int cca_arm(struct tsm_emu_bound *bound, struct pci_tsm_guest_req *req,
		   struct emu_cca_operation operation)
{
	struct emu_cca *cca = bound->fw_data;

	if (cca->armed.run) {
		req->tsm_code = TSM_CCA_ERROR_DEVICE;
		return 0;
	}
	operation.left = READ_ONCE(tsm_emu_of_bound(bound)->incomplete);
	cca->armed = operation;
	return cca_communicate(bound, req);
}

/* What is not there any more has no cookie that would be right (val_host_rhi.c) */
static int cca_continue(struct tsm_emu_bound *bound,
			struct pci_tsm_guest_req *req)
{
	const struct emu_cca *cca = bound->fw_data;

	if (!cca->armed.run) {
		req->tsm_code = TSM_CCA_INVALID_VDEV_ID;
		return 0;
	}
	return cca_communicate(bound, req);
}

/* RMI_VDEV_ABORT */
static int cca_abort(struct tsm_emu_bound *bound, struct pci_tsm_guest_req *req)
{
	struct emu_cca *cca = bound->fw_data;

	if (!cca->armed.run) {
		req->tsm_code = TSM_CCA_ABORTED_OPERATION_HAD_COMPLETED;
		return 0;
	}
	cca->armed = (struct emu_cca_operation) {};
	cca_set_error(bound, true);
	return 0;
}

static int cca_run_measurements(struct tsm_emu_bound *bound,
				struct pci_tsm_guest_req *req, u32 unused)
{
	struct emu_cca *cca = bound->fw_data;

	cca->measure = true;
	return cca_refresh(bound, req);
}

static int cca_measurements_refresh(struct tsm_emu_bound *bound,
				    struct pci_tsm_guest_req *req)
{
	const struct tsm_cca_measurements_refresh *refresh = req->req;
	struct emu_cca *cca = bound->fw_data;
	u64 flags = le64_to_cpu(refresh->flags);

	if (flags & ~(u64)TSM_CCA_MEASUREMENTS_RAW) {
		req->tsm_code = TSM_CCA_ERROR_INPUT;
		return 0;
	}

	if (!cca->armed.run) {
		cca->raw = flags & TSM_CCA_MEASUREMENTS_RAW;
		memcpy(cca->nonce, refresh->nonce, sizeof(cca->nonce));
	}
	return cca_arm(bound, req, (struct emu_cca_operation) {
		.run = cca_run_measurements,
	});
}

/* RMI_VDEV_GET_INTERFACE_REPORT: the DSM refuses it if the TDI is not locked */
static int cca_run_report(struct tsm_emu_bound *bound,
			  struct pci_tsm_guest_req *req, u32 unused)
{
	struct emu_cca *cca = bound->fw_data;

	if (cca->error) {
		req->tsm_code = TSM_CCA_ERROR_DEVICE;
		return 0;
	}
	cca->measure = false;
	return cca_refresh(bound, req);
}

static int cca_report_refresh(struct tsm_emu_bound *bound,
			      struct pci_tsm_guest_req *req)
{
	return cca_arm(bound, req, (struct emu_cca_operation) {
		.run = cca_run_report,
	});
}

/* Where the realm has the pages must be what it is about to map */
static bool cca_is_next(const struct emu_cca_mapping *mapping, u64 base,
			u64 top, u64 pa)
{
	return base == mapping->next && base < top && top <= mapping->top &&
	       pa - mapping->pa == base - mapping->base;
}

/* A page of the device is in one place in the realm */
static bool cca_set_ipa(struct emu_cca *cca, const struct tsm_emu_range *range,
			u32 first, u32 pages, u64 ipa)
{
	u64 *page = cca->ipa[range - cca->bound->mmio.range] + first;

	for (u32 i = 0; i < pages; i++) {
		if (test_bit(first + i, range->validated) &&
		    page[i] != ipa + i * SZ_4K)
			return false;
	}
	for (u32 i = 0; i < pages; i++)
		page[i] = ipa + i * SZ_4K;
	return true;
}

/*
 * RMI_RTT_DEV_MAP and _VALIDATE: only what the realm asked the RMM for, of the TDI.
 * Return: true if it is mapped
 */
static bool cca_map(struct tsm_emu_bound *bound, u64 base, u64 top, u64 pa)
{
	struct emu_cca *cca = bound->fw_data;
	struct tsm_emu_range *range;
	u32 first;

	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	if (!cca_is_next(&cca->mapping, base, top, pa))
		return false;

	range = tsm_emu_mmio_find_pages(&bound->mmio, pa, top - base, &first);
	if (!range ||
	    !cca_set_ipa(cca, range, first, (top - base) / SZ_4K, base))
		return false;

	tsm_emu_range_validate(range, first, (top - base) / SZ_4K, true);
	cca->mapping.next = top;
	return true;
}

static int cca_validate_mmio(struct tsm_emu_bound *bound,
			     struct pci_tsm_guest_req *req)
{
	const struct tsm_cca_validate_mmio *mmio = req->req;
	int rc;

	rc = tsm_emu_tdi_is_locked(bound);
	if (rc)
		return cca_status(req, rc);

	if (!cca_map(bound, le64_to_cpu(mmio->gpa_base),
		     le64_to_cpu(mmio->gpa_top), le64_to_cpu(mmio->pa_base)))
		req->tsm_code = TSM_CCA_ERROR_INPUT;
	return 0;
}

/* RMI_VDEV_LOCK, which the DSM refuses if the TDI is not unlocked */
static int cca_lock(struct tsm_emu_bound *bound)
{
	struct emu_cca *cca = bound->fw_data;
	int rc;

	if (cca->error)
		return PCI_TDISP_ERR_INVALID_INTERFACE_STATE;
	rc = tsm_emu_tdi_lock(bound);
	if (rc)
		return rc;

	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	cca_renew_nonce(&cca->lock_nonce);
	cca->report_nonce = 0;
	return 0;
}

/* Also switches the SMMU entry of the TDI off */
static int cca_begin_unlock(struct tsm_emu_bound *bound)
{
	struct emu_cca *cca = bound->fw_data;

	guard(mutex)(&tsm_emu_of_bound(bound)->bound_lock);
	/* RMI_ERROR_GRANULE */
	if (tsm_emu_mmio_is_validated(&bound->mmio))
		return PCI_TDISP_ERR_INVALID_INTERFACE_STATE;

	bound->dma_blocked = true;
	cca->mapping = (struct emu_cca_mapping) {};
	cca->report_nonce = 0;
	cca->error = false;
	return 0;
}

/* RMI_VDEV_UNLOCK: from any state but unlocked, with no MMIO in the realm */
static int cca_unlock(struct tsm_emu_bound *bound)
{
	const struct emu_cca *cca = bound->fw_data;
	enum pci_tdisp_state state;
	int rc;

	rc = tsm_emu_dsm_state(bound->tdi.pdev, &state);
	if (rc)
		return rc;
	if (state == PCI_TDISP_STATE_CONFIG_UNLOCKED && !cca->error)
		return PCI_TDISP_ERR_INVALID_INTERFACE_STATE;
	return cca_begin_unlock(bound) ?: tsm_emu_tdi_stop(bound);
}

/* RMI_VDEV_START, which the DSM refuses if the TDI is not locked */
static int cca_start(struct tsm_emu_bound *bound)
{
	const struct emu_cca *cca = bound->fw_data;

	if (cca->error)
		return PCI_TDISP_ERR_INVALID_INTERFACE_STATE;
	return tsm_emu_dsm_start(bound->tdi.pdev, bound->start_nonce);
}

static int cca_run_set_state(struct tsm_emu_bound *bound,
			     struct pci_tsm_guest_req *req, u32 state)
{
	switch (state) {
	case PCI_TDISP_STATE_CONFIG_UNLOCKED:
		return cca_status(req, cca_unlock(bound));
	case PCI_TDISP_STATE_CONFIG_LOCKED:
		return cca_status(req, cca_lock(bound));
	default:
		return cca_status(req, cca_start(bound));
	}
}

static int cca_set_tdi_state(struct tsm_emu_bound *bound,
			     struct pci_tsm_guest_req *req)
{
	const struct tsm_cca_set_tdi_state *set = req->req;
	u32 state = le32_to_cpu(set->state);

	/* As Arm's compliance suite answers, val_host_rhi.c */
	if (state > PCI_TDISP_STATE_RUN) {
		req->tsm_code = TSM_CCA_INVALID_OBJECT;
		return 0;
	}
	return cca_arm(bound, req, (struct emu_cca_operation) {
		.run = cca_run_set_state, .state = state,
	});
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
	case TSM_CCA_CONTINUE:
		return cca_continue(bound, req);
	case TSM_CCA_ABORT:
		return cca_abort(bound, req);
	default:
		return -EINVAL;
	}
}

/*
 * A Linux realm takes SHA-512 and SHA-256; Linux' host of March 2026 asks for the latter
 * when it creates the PDEV. The field has room for the longer one, the rest is 0.
 */
static void cca_digest(struct tsm_emu_bound *bound, enum emu_object type,
		       u8 digest[SHA512_DIGEST_SIZE])
{
	const struct tsm_emu_blob *blob = &bound->object[type];

	if (!blob->data)
		return;
	if (tsm_emu_of_bound(bound)->sha256)
		sha256(blob->data, blob->len, digest);
	else
		sha512(blob->data, blob->len, digest);
}

static void cca_get_info(struct tsm_emu_bound *bound,
			 enum pci_tdisp_state state,
			 struct emu_module_call *call)
{
	struct emu_rsi_vdev_info *info = (void *)call->data;
	const struct emu_cca *cca = bound->fw_data;

	info->hash = cpu_to_le64(tsm_emu_of_bound(bound)->sha256 ?
				 EMU_RSI_HASH_SHA_256 : EMU_RSI_HASH_SHA_512);
	info->lock_nonce = cpu_to_le64(cca->lock_nonce);
	info->measurement_nonce = cpu_to_le64(cca->measurement_nonce);
	info->report_nonce = cpu_to_le64(cca->report_nonce);
	info->format = cpu_to_le64(1);
	info->version = cpu_to_le32(0x10000);
	info->state = cpu_to_le64(state);
	cca_digest(bound, EMU_OBJECT_VCA, info->vca);
	cca_digest(bound, EMU_OBJECT_CERTIFICATES, info->certificate);
	cca_digest(bound, EMU_OBJECT_MEASUREMENTS, info->measurements);
	if (cca->report_nonce)
		cca_digest(bound, EMU_OBJECT_REPORT, info->report);
	call->reg[0] = EMU_RSI_SUCCESS;
}

/* Does the realm speak of the lock, measurements and report that are the last? */
static bool cca_has_nonces(const struct emu_cca *cca, const u64 nonce[3])
{
	return cca->lock_nonce && cca->measurement_nonce && cca->report_nonce &&
	       nonce[0] == cca->lock_nonce &&
	       nonce[1] == cca->measurement_nonce &&
	       nonce[2] == cca->report_nonce;
}

static u64 cca_validate_mapping(struct emu_cca *cca, enum pci_tdisp_state state,
				const struct emu_module_call *call)
{
	u64 base = call->reg[2], top = call->reg[3], pa = call->reg[4];

	if (state != PCI_TDISP_STATE_CONFIG_LOCKED &&
	    state != PCI_TDISP_STATE_RUN)
		return EMU_RSI_ERROR_INPUT;
	if (!IS_ALIGNED(base | top | pa, SZ_4K) || top <= base || call->reg[5])
		return EMU_RSI_ERROR_INPUT;
	if (!cca_has_nonces(cca, &call->reg[6]))
		return EMU_RSI_ERROR_DEVICE;

	cca->mapping = (struct emu_cca_mapping) {
		.base = base, .next = base, .top = top, .pa = pa,
	};
	return EMU_RSI_EXIT;
}

/* What the realm is told of its VALIDATE_MAPPING when the host is done */
static void cca_rec_enter(struct emu_cca *cca, struct emu_module_call *call)
{
	u64 response = call->reg[1];

	call->reg[0] = cca->mapping.top ? EMU_RSI_SUCCESS : EMU_RSI_ERROR_INPUT;
	call->reg[1] = cca->mapping.next;
	call->reg[2] = !!response;
	cca->mapping = (struct emu_cca_mapping) {};
}

static u64 cca_dma_enable(struct tsm_emu_bound *bound,
			  enum pci_tdisp_state state,
			  const struct emu_module_call *call)
{
	if (call->reg[2] || call->reg[3])
		return EMU_RSI_ERROR_INPUT;
	if (state != PCI_TDISP_STATE_RUN ||
	    !cca_has_nonces(bound->fw_data, &call->reg[4]))
		return EMU_RSI_ERROR_DEVICE;

	bound->dma_blocked = false;
	return EMU_RSI_SUCCESS;
}

static void cca_unmap(struct tsm_emu_bound *bound, u64 base, u64 top)
{
	const struct emu_cca *cca = bound->fw_data;

	for (unsigned int i = 0; i < bound->mmio.nr_ranges; i++) {
		struct tsm_emu_range *range = &bound->mmio.range[i];

		for (u32 page = 0; page < range->pages; page++) {
			if (cca->ipa[i][page] >= base && cca->ipa[i][page] < top)
				tsm_emu_range_validate(range, page, 1, false);
		}
	}
}

/* The realm gives MMIO up, upon which KVM unmaps it. That is not emulated apart */
static u64 cca_ipa_state_set(struct tsm_emu_bound *bound,
			     struct emu_module_call *call)
{
	u64 base = call->reg[1], top = call->reg[2];

	if (!IS_ALIGNED(base | top, SZ_4K) || top <= base ||
	    call->reg[3] || call->reg[4] != 1)
		return EMU_RSI_ERROR_INPUT;

	cca_unmap(bound, base, top);
	call->reg[1] = top;
	return EMU_RSI_SUCCESS;
}

static void cca_guest_call(struct tsm_emu_bound *bound,
			   enum pci_tdisp_state state,
			   struct emu_module_call *call)
{
	const struct emu_cca *cca = bound->fw_data;

	lockdep_assert_held(&tsm_emu_of_bound(bound)->bound_lock);

	if (cca->error)
		state = PCI_TDISP_STATE_ERROR;
	switch (call->reg[0]) {
	case EMU_RSI_VDEV_GET_INFO:
		cca_get_info(bound, state, call);
		break;
	case EMU_RSI_VDEV_VALIDATE_MAPPING:
		call->reg[0] = cca_validate_mapping(bound->fw_data, state, call);
		break;
	case EMU_REC_ENTER:
		cca_rec_enter(bound->fw_data, call);
		break;
	case EMU_RSI_VDEV_DMA_ENABLE:
		call->reg[0] = cca_dma_enable(bound, state, call);
		break;
	case EMU_RSI_VDEV_DMA_DISABLE:
		/* In any state, without nonces */
		bound->dma_blocked = true;
		call->reg[0] = EMU_RSI_SUCCESS;
		break;
	case EMU_RSI_IPA_STATE_SET:
		call->reg[0] = cca_ipa_state_set(bound, call);
		break;
	default:
		call->reg[0] = EMU_RSI_ERROR_INPUT;
	}
}

const struct tsm_emu_fw tsm_emu_fw_cca = {
	.guest_proto = &tsm_proto_cca,
	.bind = cca_bind,
	.bind_code = TSM_CCA_ERROR_DEVICE,
	.unbind = cca_unbind,
	.guest_req = cca_guest_req,
	.guest_call = cca_guest_call,
};
