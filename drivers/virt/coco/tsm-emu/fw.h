/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TSM of the emulated platform. Each TSM has the firmware of one vendor. A file
 * calls those after it, and none before it:
 *
 *   tsm.c          link TSM: what the driver of every vendor does
 *   fw-tdisp.c     firmware that takes bare TDISP messages
 *   fw-sev-tio.c   AMD SEV-TIO
 *   fw-cca.c       Arm CCA
 *   fw-tdx.c       Intel TDX Connect
 *   debug.c        messages for tests, one of each class
 *   sev-guest.c    keys and message numbers of AMD's guests
 *   seal.c         SNP guest messages, sealed
 *   tdi.c          lock, start and stop of a TDI, common to the vendors
 *   objects.c      certificates and measurements of a device
 *   mmio.c         MMIO pages that a guest accepted
 *   dsm.c          requests that the TSM makes to a DSM
 *   bound.c        bound TDIs, and what debugfs tells about them
 *
 * A function of these files that talks to a DSM returns 0, -errno if the DSM was
 * not reached, or the enum pci_tdisp_error that it answered.
 */
#ifndef __TSM_EMU_FW_H
#define __TSM_EMU_FW_H

#include <crypto/sha2.h>
#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/pci-tdisp.h>
#include <linux/pci-tsm.h>
#include <linux/siphash.h>

#include "abi.h"
#include "tsm-emu.h"

/* Longest BAR, in 4K pages */
#define TSM_EMU_BAR_PAGES_MAX		16

/**
 * struct tsm_emu_range - MMIO range of an interface report
 * @base: physical address
 * @pages: 4K pages
 * @attr: PCI_TDISP_MMIO_*
 * @id: its id in the report
 * @validated: pages that the guest accepted
 */
struct tsm_emu_range {
	u64 base;
	u32 pages;
	u16 attr;
	u16 id;
	DECLARE_BITMAP(validated, TSM_EMU_BAR_PAGES_MAX);
};

/**
 * struct tsm_emu_mmio - MMIO of a TDI while it is locked
 * @nr_ranges: entries in @range
 * @range: of the interface report
 */
struct tsm_emu_mmio {
	unsigned int nr_ranges;
	struct tsm_emu_range range[TSM_EMU_NR_BARS];
};

/**
 * struct tsm_emu_blob - bytes on the heap
 * @data: kvmalloc()ed, or NULL
 * @len: how many
 * @generation: of an object, no other object has or had the same; never 0
 */
struct tsm_emu_blob {
	u8 *data;
	u32 len;
	u64 generation;
};

/**
 * struct tsm_emu_dsm - DSM as the TSM sees it
 * @pf0: the core's part
 * @meas_digest: SHA-384 of the measurements that were fetched last, for any of its TDIs
 * @meas_fresh: they have a nonce of a guest
 *
 * Only the TSM's operations on its functions write to it, and they run one at a time.
 */
struct tsm_emu_dsm {
	struct pci_tsm_pf0 pf0;
	u8 meas_digest[SHA384_DIGEST_SIZE];
	bool meas_fresh;
};

/**
 * struct tsm_emu_bound - bound TDI as the TSM sees it
 * @tdi: the core's part
 * @fw: firmware of the TSM
 * @node: entry in &tsm_emu.bound
 * @start_nonce: what LOCK_INTERFACE returned
 * @object: by &enum emu_object, those that were fetched
 * @mmio: its MMIO while it is locked
 * @dma_blocked: the TSM keeps its DMA away from the guest, also in RUN
 * @secrets: record of the file secrets, or NULL
 * @fw_data: of the vendor's firmware
 *
 * Only the TSM's operations on the function write to it, and they run one at a
 * time. What debugfs reads is written under &tsm_emu.bound_lock.
 */
struct tsm_emu_bound {
	struct pci_tdi tdi;
	const struct tsm_emu_fw *fw;
	struct list_head node;
	u8 start_nonce[PCI_TDISP_NONCE_LEN];
	struct tsm_emu_blob object[EMU_NR_OBJECTS];
	struct tsm_emu_mmio mmio;
	bool dma_blocked;
	const struct emu_sev_secrets *secrets;
	void *fw_data;
};

/**
 * struct tsm_emu_fw - firmware of a vendor
 * @guest_proto: what it serves; a platform selects it by this name
 * @debug_proto: replaces it with debug_msgs, has messages for tests too; or NULL
 * @bind: make what the vendor keeps of a TDI. Returns 0; else the TDI is unlocked
 *	and &tsm_emu_bound.fw_data gone. May be NULL.
 * @bind_code: the vendor's code for a bind that the DSM refuses
 * @unbind: free &tsm_emu_bound.fw_data, the TDI is stopped next. May be NULL.
 * @guest_req: as &pci_tsm_ops.guest_req. An error that the firmware reports is
 *	in tsm_code, and in the response if the protocol has a place for it.
 * @exit: the module goes, and no TDI is left. May be NULL.
 * @guest_call: what a guest asks of its module without the host. May be NULL.
 *
 * Context: each as the operation of &struct pci_tsm_ops, under the lock of the
 * TSM's operations on the function; but @exit by the module's exit, and @guest_call at
 * any time while the TDI is bound, under &tsm_emu.bound_lock
 */
struct tsm_emu_fw {
	const struct pci_tsm_guest_proto *guest_proto;
	const struct pci_tsm_guest_proto *debug_proto;
	int (*bind)(struct tsm_emu_bound *bound);
	u64 bind_code;
	void (*unbind)(struct tsm_emu_bound *bound);
	int (*guest_req)(struct tsm_emu_bound *bound,
			 struct pci_tsm_guest_req *req);
	void (*exit)(void);
	void (*guest_call)(struct tsm_emu_bound *bound,
			   enum pci_tdisp_state state,
			   struct emu_module_call *call);
};

static inline struct tsm_emu_bound *to_tsm_emu_bound(struct pci_tdi *tdi)
{
	return container_of(tdi, struct tsm_emu_bound, tdi);
}

/* The DSM of the function */
static inline struct tsm_emu_dsm *tsm_emu_dsm_of_bound(struct tsm_emu_bound *bound)
{
	return container_of(bound->tdi.pdev->tsm->dsm_dev->tsm,
			    struct tsm_emu_dsm, pf0.base_tsm);
}

/* The platform of the function. The TSM may be that of another platform */
static inline struct tsm_emu *tsm_emu_of_bound(struct tsm_emu_bound *bound)
{
	return pci_dev_to_emu(bound->tdi.pdev);
}

/* fw-*.c, the list of them is in tsm.c */
extern const struct tsm_emu_fw tsm_emu_fw_tdisp;
extern const struct tsm_emu_fw tsm_emu_fw_sev_tio;
extern const struct tsm_emu_fw tsm_emu_fw_cca;
extern const struct tsm_emu_fw tsm_emu_fw_tdx;

/* debug.c */
extern struct pci_tsm_guest_proto tsm_emu_debug_proto;

void tsm_emu_debug_init(void);
int tsm_emu_debug_req(struct pci_tdi *tdi, struct pci_tsm_guest_req *req);

/* tdi.c */
#define TSM_EMU_LOCK_FLAGS	(PCI_TDISP_LOCK_NO_FW_UPDATE | \
				 PCI_TDISP_LOCK_MSIX | \
				 PCI_TDISP_LOCK_ALL_REQUEST_REDIRECT)

int tsm_emu_tdi_identify(struct tsm_emu_bound *bound);
int tsm_emu_tdi_measure(struct tsm_emu_bound *bound,
			const u8 nonce[PCI_TDISP_NONCE_LEN]);
int tsm_emu_tdi_measure_raw(struct tsm_emu_bound *bound,
			    const u8 nonce[PCI_TDISP_NONCE_LEN]);
int tsm_emu_tdi_measure_once(struct tsm_emu_bound *bound);
int tsm_emu_tdi_fetch_report(struct tsm_emu_bound *bound);
int tsm_emu_tdi_lock(struct tsm_emu_bound *bound);
int tsm_emu_tdi_run(struct tsm_emu_bound *bound);
int tsm_emu_tdi_stop(struct tsm_emu_bound *bound);
int tsm_emu_tdi_is_locked(struct tsm_emu_bound *bound);
bool tsm_emu_tdi_validate(struct tsm_emu_bound *bound,
			  struct tsm_emu_range *range, u32 first, u32 pages,
			  bool validated);
void tsm_emu_tdi_block_dma(struct tsm_emu_bound *bound, bool blocked);

/* objects.c */
int tsm_emu_make_vca(struct tsm_emu_blob *vca);
int tsm_emu_make_certificates(struct tsm_emu_blob *certificates,
			      const siphash_key_t *key);
int tsm_emu_make_measurements(struct tsm_emu_blob *measurements,
			      const siphash_key_t *key,
			      const u8 nonce[PCI_TDISP_NONCE_LEN], bool raw);
size_t tsm_emu_read_blob(const struct tsm_emu_blob *blob, u64 offset,
			 void *buf, size_t size);

/* mmio.c */
int tsm_emu_mmio_parse(struct tsm_emu_mmio *mmio, const void *report,
		       size_t len);
struct tsm_emu_range *tsm_emu_mmio_find(struct tsm_emu_mmio *mmio, u16 id);
struct tsm_emu_range *tsm_emu_mmio_find_pages(struct tsm_emu_mmio *mmio,
					      u64 base, u64 len, u32 *first);
bool tsm_emu_mmio_is_validated(const struct tsm_emu_mmio *mmio);
bool tsm_emu_range_has(const struct tsm_emu_range *range, u32 first,
		       u32 pages);
bool tsm_emu_range_is_uniform(const struct tsm_emu_range *range, u32 first,
			      u32 pages);
bool tsm_emu_range_validate(struct tsm_emu_range *range, u32 first, u32 pages,
			    bool validated);

/* dsm.c */
int tsm_emu_dsm_transfer(struct pci_dev *pdev, const void *req, size_t len,
			 void *resp);
int tsm_emu_dsm_start_session(struct pci_dev *pdev);
int tsm_emu_dsm_end_session(struct pci_dev *pdev);
int tsm_emu_dsm_set_keys(struct pci_dev *pdev);
int tsm_emu_dsm_version(struct pci_dev *pdev);
int tsm_emu_dsm_lock(struct pci_dev *pdev, u16 flags,
		     u8 nonce[PCI_TDISP_NONCE_LEN]);
int tsm_emu_dsm_start(struct pci_dev *pdev,
		      const u8 nonce[PCI_TDISP_NONCE_LEN]);
int tsm_emu_dsm_stop(struct pci_dev *pdev);
int tsm_emu_dsm_state(struct pci_dev *pdev, enum pci_tdisp_state *state);
int tsm_emu_dsm_report(struct pci_dev *pdev, void *report, size_t size,
		       size_t *len);
int tsm_emu_dsm_mmio_attr(struct pci_dev *pdev,
			  const struct tsm_emu_range *range, u16 attr);

/* bound.c */
void tsm_emu_bound_add(struct tsm_emu_bound *bound);
void tsm_emu_bound_del(struct tsm_emu_bound *bound);
void tsm_emu_bound_free(struct tsm_emu_bound *bound);

#endif /* __TSM_EMU_FW_H */
