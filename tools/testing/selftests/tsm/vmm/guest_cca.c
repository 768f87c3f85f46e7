// SPDX-License-Identifier: GPL-2.0
/*
 * Realm of the example VMM, in the order of Linux' realm of March 2026: has its
 * device locked and measured, reads what the host keeps of it, and believes that
 * where the RMM knows the digest. Then it maps its MMIO, has the TDI started, lets its
 * DMA through, gives it back, and locks it once more. On the way it tries what has
 * to be refused.
 */
#include "../vectors/cca.h"
#include "cca.h"
#include "guest.h"

struct guest {
	struct tsm_vmm_shared *shared;
	struct cca_area *area;
	u64 value;
};

/* Return: g0, with g1 in @g->value */
static u64 host_call_to(struct guest *g, u64 call, u64 g1, u64 g2, u64 g3, u64 g4,
			u64 g5)
{
	u64 x[TSM_VMM_NR_REGS] = { call, g1, g2, g3, g4, g5 };

	tsm_vmm_call(TSM_VMM_EXIT_HOST_CALL, x);
	g->value = x[1];
	return x[0];
}

/* About the realm's device */
static u64 host_call(struct guest *g, u64 call, u64 g2, u64 g3, u64 g4, u64 g5)
{
	return host_call_to(g, call, g->shared->rid, g2, g3, g4, g5);
}

/* A call to the RMM. Return: X0, with the other registers changed as it has them */
static u64 rsi(u64 x[TSM_VMM_NR_REGS])
{
	tsm_vmm_call(TSM_VMM_EXIT_MODULE, x);
	return x[0];
}

static bool is_supported(struct guest *g)
{
	u64 needs = RHI_DA_HAS_OBJECT_SIZE | RHI_DA_HAS_OBJECT_READ |
		    RHI_DA_HAS_MEASUREMENTS | RHI_DA_HAS_REPORT |
		    RHI_DA_HAS_SET_TDI_STATE;
	u64 features = host_call(g, RHI_DA_FEATURES, 0, 0, 0, 0);

	return features != RHI_NOT_SUPPORTED && (features & needs) == needs;
}

/* What has begun, with the cookie that came with it, however long it takes */
static u64 go_on(struct guest *g, u64 status)
{
	u64 cookie = g->value;

	while (status == TSM_CCA_INCOMPLETE)
		status = host_call(g, RHI_VDEV_CONTINUE, cookie, 0, 0, 0);
	return status;
}

static u64 begin_state(struct guest *g, enum pci_tdisp_state state)
{
	return host_call(g, RHI_VDEV_SET_TDI_STATE, state, 0, 0, 0);
}

static u64 set_state(struct guest *g, enum pci_tdisp_state state)
{
	return go_on(g, begin_state(g, state));
}

/* What the RMM knows of the device, into @area->info */
static bool learn(struct guest *g)
{
	u64 x[TSM_VMM_NR_REGS] = { EMU_RSI_VDEV_GET_INFO, g->shared->rid,
		     tsm_vmm_gpa(g->shared, &g->area->info) };

	return rsi(x) == EMU_RSI_SUCCESS &&
	       le64toh(g->area->info.hash) <= EMU_RSI_HASH_SHA_512;
}

static bool is_state(struct guest *g, enum pci_tdisp_state state)
{
	return learn(g) && le64toh(g->area->info.state) == state;
}

static bool lock(struct guest *g)
{
	return set_state(g, PCI_TDISP_STATE_CONFIG_LOCKED) == TSM_CCA_SUCCESS &&
	       is_state(g, PCI_TDISP_STATE_CONFIG_LOCKED);
}

/* The host is to let no realm start what it has not attested */
static bool early_start_is_refused(struct guest *g)
{
	return set_state(g, PCI_TDISP_STATE_RUN) == TSM_CCA_ERROR_DEVICE;
}

static bool early_read_is_refused(struct guest *g)
{
	return host_call(g, RHI_DA_OBJECT_SIZE, TSM_CCA_OBJECT_REPORT, 0, 0, 0) ==
	       TSM_CCA_DATA_NOT_AVAILABLE;
}

static bool fetch_report(struct guest *g)
{
	return go_on(g, host_call(g, RHI_VDEV_GET_INTERFACE_REPORT, 0, 0, 0, 0)) ==
	       TSM_CCA_SUCCESS;
}

static bool fetch_measurements(struct guest *g)
{
	struct rhi_nonce *param = &g->area->param;

	tsm_clear(param, sizeof(*param));
	param->flags = htole64(TSM_CCA_MEASUREMENTS_RAW);
	tsm_vmm_nonce(param->nonce, sizeof(param->nonce));
	return go_on(g, host_call(g, RHI_VDEV_GET_MEASUREMENTS,
				  tsm_vmm_gpa(g->shared, param), 0, 0, 0)) ==
	       TSM_CCA_SUCCESS;
}

/* In one call, into memory that the host can't change. Return: its length, or 0 */
static u32 read_object(struct guest *g, enum tsm_cca_object object)
{
	u64 size;

	if (host_call(g, RHI_DA_OBJECT_SIZE, object, 0, 0, 0) != TSM_CCA_SUCCESS ||
	    !g->value || g->value > sizeof(g->area->buffer))
		return 0;
	size = g->value;
	if (host_call(g, RHI_DA_OBJECT_READ, object,
		      tsm_vmm_gpa(g->shared, g->area->buffer), size, 0) !=
	    TSM_CCA_SUCCESS)
		return 0;
	tsm_copy(g->area->object, g->area->buffer, size);
	return size;
}

/* Return: length of the object if it is what the RMM has the digest of, or 0 */
static u32 read_genuine(struct guest *g, enum tsm_cca_object object,
			const u8 digest[TSM_SHA512_LEN])
{
	u32 len = read_object(g, object);
	u8 is[TSM_SHA512_LEN];

	tsm_clear(is, sizeof(is));
	if (le64toh(g->area->info.hash) == EMU_RSI_HASH_SHA_256)
		tsm_sha256(g->area->object, len, is);
	else
		tsm_sha512(g->area->object, len, is);
	return tsm_equal(is, digest, sizeof(is)) ? len : 0;
}

static bool has_objects(struct guest *g)
{
	const struct emu_rsi_vdev_info *info = &g->area->info;

	return read_genuine(g, TSM_CCA_OBJECT_CERTIFICATE, info->certificate) &&
	       read_genuine(g, TSM_CCA_OBJECT_VCA, info->vca) &&
	       read_genuine(g, TSM_CCA_OBJECT_MEASUREMENTS, info->measurements);
}

static bool has_report(struct guest *g)
{
	u32 len = read_genuine(g, TSM_CCA_OBJECT_REPORT, g->area->info.report);

	if (!len || len > sizeof(g->area->report))
		return false;
	tsm_copy(g->area->report, g->area->object, len);
	return tsm_vmm_use_report(g->shared, g->area->report, len);
}

/* Locked all the while: what was read is of this lock */
static bool is_same_lock(struct guest *g, __le64 lock_nonce)
{
	return learn(g) && g->area->info.lock_nonce == lock_nonce;
}

/* The realm has its MMIO where the host has it. Return: X0, or ~0 if it is not all */
static u64 validate(struct guest *g, const struct pci_tdisp_mmio_range *range,
		    u32 pages)
{
	const struct emu_rsi_vdev_info *info = &g->area->info;
	u64 base = le64toh(range->first_page) << 12;
	u64 top = base + pages * TSM_VMM_PAGE;
	u64 x[TSM_VMM_NR_REGS] = { EMU_RSI_VDEV_VALIDATE_MAPPING, g->shared->rid, base, top, base, 0,
		     le64toh(info->lock_nonce), le64toh(info->measurement_nonce),
		     le64toh(info->report_nonce) };

	if (rsi(x) != EMU_RSI_SUCCESS)
		return x[0];
	return x[2] == REC_ACCEPT && x[1] == top ? EMU_RSI_SUCCESS : ~0ULL;
}

static bool validate_all(struct guest *g)
{
	const struct pci_tdisp_mmio_range *range;

	for (u32 i = 0; (range = tsm_vmm_range(g->area->report, i)); i++)
		if (tsm_vmm_range_is_private(range) &&
		    validate(g, range, le32toh(range->pages)) != EMU_RSI_SUCCESS)
			return false;
	return true;
}

static bool too_much_is_refused(struct guest *g)
{
	const struct pci_tdisp_mmio_range *range = tsm_vmm_range(g->area->report, 0);

	return validate(g, range, le32toh(range->pages) + 1) != EMU_RSI_SUCCESS;
}

/* A report that somebody fetched behind the realm's back */
static bool stale_report_is_refused(struct guest *g)
{
	return fetch_report(g) &&
	       validate(g, tsm_vmm_range(g->area->report, 0), 1) ==
		       EMU_RSI_ERROR_DEVICE &&
	       learn(g);
}

static bool enable_dma(struct guest *g)
{
	const struct emu_rsi_vdev_info *info = &g->area->info;
	u64 x[TSM_VMM_NR_REGS] = { EMU_RSI_VDEV_DMA_ENABLE, g->shared->rid, 0, 0,
		     le64toh(info->lock_nonce), le64toh(info->measurement_nonce),
		     le64toh(info->report_nonce) };

	return rsi(x) == EMU_RSI_SUCCESS;
}

static bool unmap_all(struct guest *g)
{
	const struct pci_tdisp_mmio_range *range;

	for (u32 i = 0; (range = tsm_vmm_range(g->area->report, i)); i++) {
		u64 base = le64toh(range->first_page) << 12;
		u64 x[TSM_VMM_NR_REGS] = { EMU_RSI_IPA_STATE_SET, base,
			     base + le32toh(range->pages) * TSM_VMM_PAGE, 0, 1 };

		if (rsi(x) != EMU_RSI_SUCCESS)
			return false;
	}
	return true;
}

/* Refused as long as MMIO is mapped, and then the TDI goes on */
static bool early_unlock_is_refused(struct guest *g)
{
	return set_state(g, PCI_TDISP_STATE_CONFIG_UNLOCKED) == TSM_CCA_ERROR_DEVICE &&
	       is_state(g, PCI_TDISP_STATE_RUN);
}

static bool unlock(struct guest *g)
{
	return set_state(g, PCI_TDISP_STATE_CONFIG_UNLOCKED) == TSM_CCA_SUCCESS &&
	       is_state(g, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

/* Of what goes on, once. Then there is only one way for the TDI, to be unlocked */
static bool give_up(struct guest *g)
{
	u64 cookie = g->value;

	return host_call(g, RHI_VDEV_CONTINUE, cookie + 1, 0, 0, 0) ==
		       TSM_CCA_INVALID_VDEV_ID &&
	       host_call(g, RHI_VDEV_ABORT, cookie, 0, 0, 0) == TSM_CCA_SUCCESS &&
	       host_call(g, RHI_VDEV_ABORT, cookie, 0, 0, 0) ==
		       TSM_CCA_ABORTED_OPERATION_HAD_COMPLETED &&
	       is_state(g, PCI_TDISP_STATE_ERROR) &&
	       set_state(g, PCI_TDISP_STATE_CONFIG_LOCKED) == TSM_CCA_ERROR_DEVICE &&
	       unlock(g);
}

/*
 * The device of the second lock is another as far as the realm knows. A lock that takes
 * long it aborts, as Linux' realm does upon a signal, and tries once more.
 */
static bool relock(struct guest *g, __le64 lock_nonce)
{
	u64 status = begin_state(g, PCI_TDISP_STATE_CONFIG_LOCKED);

	if (status == TSM_CCA_INCOMPLETE) {
		if (!give_up(g))
			return false;
		status = set_state(g, PCI_TDISP_STATE_CONFIG_LOCKED);
	}
	return status == TSM_CCA_SUCCESS &&
	       is_state(g, PCI_TDISP_STATE_CONFIG_LOCKED) &&
	       g->area->info.lock_nonce != lock_nonce && unlock(g);
}

/*
 * What another kernel had mapped is where its report says. It can be fetched anew, or
 * the host still has it: a realm without that report has mapped nothing.
 */
static bool unmap_old(struct guest *g)
{
	u32 len;

	fetch_report(g);
	len = read_object(g, TSM_CCA_OBJECT_REPORT);
	if (!len || len > sizeof(g->area->report))
		return true;
	tsm_copy(g->area->report, g->area->object, len);
	return tsm_vmm_use_report(g->shared, g->area->report, len) && unmap_all(g);
}

/*
 * A kernel that another one started (kexec) finds the TDI as that left it. The RMM locks
 * only what is unlocked, and unlocks from any other state, ERROR too, once no MMIO is
 * mapped.
 */
static bool lock_anew(struct guest *g)
{
	if (is_state(g, PCI_TDISP_STATE_CONFIG_UNLOCKED))
		return lock(g);
	if (set_state(g, PCI_TDISP_STATE_CONFIG_LOCKED) != TSM_CCA_ERROR_DEVICE ||
	    !unmap_old(g) || !unlock(g))
		return false;
	g->shared->relocks++;
	return lock(g);
}

static enum tsm_vmm_verdict lock_and_attest(struct guest *g)
{
	__le64 lock_nonce;

	tsm_vmm_step("lock, and attest by what the RMM has the digests of");
	if (!lock_anew(g))
		return TSM_VMM_NOT_LOCKED;
	if (!early_start_is_refused(g) || !early_read_is_refused(g))
		return TSM_VMM_CHANGE_NOT_REFUSED;
	lock_nonce = g->area->info.lock_nonce;
	if (!fetch_report(g) || !fetch_measurements(g))
		return TSM_VMM_BAD_OBJECT;
	if (!is_same_lock(g, lock_nonce))
		return TSM_VMM_CHANGE_TOOK_EFFECT;
	if (!has_objects(g))
		return TSM_VMM_BAD_OBJECT;
	return has_report(g) ? TSM_VMM_PASSED : TSM_VMM_BAD_REPORT;
}

/* A word of the call, with the realm's own in place of device and addresses */
static u64 word(struct guest *g, const u8 *call, int index)
{
	u64 value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | call[8 + 8 * index + i];
	if (index == 1 && value == CCA_VECTOR_RID)
		return g->shared->rid;
	if (value == CCA_VECTOR_BUFFER)
		return tsm_vmm_gpa(g->shared, g->area->buffer);
	if (value == CCA_VECTOR_PARAM)
		return tsm_vmm_gpa(g->shared, &g->area->param);
	return value;
}

static bool is_answered(struct guest *g, const struct tsm_vector *v)
{
	u8 call[CCA_VECTOR_CALL_LEN], any[CCA_VECTOR_CALL_LEN];
	u8 ret[CCA_VECTOR_RET_LEN], is[CCA_VECTOR_RET_LEN];
	u64 g0;

	if (!v->call)
		return true;
	if (!tsm_vector_parse(v->call, call, any, sizeof(call)))
		return false;
	tsm_copy(&g->area->param, call + CCA_VECTOR_PARAM_AT, sizeof(g->area->param));
	g0 = go_on(g, host_call_to(g, word(g, call, 0), word(g, call, 1),
				   word(g, call, 2), word(g, call, 3),
				   word(g, call, 4), word(g, call, 5)));

	tsm_clear(is, sizeof(is));
	tsm_copy(is + 8, &g0, sizeof(g0));
	tsm_copy(is + 16, &g->value, sizeof(g->value));
	return tsm_vector_parse(v->ret, ret, any, sizeof(ret)) &&
	       tsm_vector_compare(is, ret, any, sizeof(ret)) == sizeof(ret);
}

static bool vectors_are_answered(struct guest *g)
{
	tsm_vmm_step("byte by byte what published realms send, see vectors/cca.h");
	for (u32 i = 0; i < ARRAY_SIZE(cca_vectors); i++)
		if (!is_answered(g, &cca_vectors[i]))
			return false;
	return true;
}

static enum tsm_vmm_verdict use_tdi(struct guest *g)
{
	enum tsm_vmm_verdict verdict;
	__le64 lock_nonce;

	if (!is_supported(g))
		return TSM_VMM_BAD_CAPABILITIES;
	verdict = lock_and_attest(g);
	if (verdict != TSM_VMM_PASSED)
		return verdict;

	tsm_vmm_step("accept: validate the MMIO, start, enable DMA");
	if (!stale_report_is_refused(g))
		return TSM_VMM_FORGERY_ACCEPTED;
	if (!validate_all(g) || !too_much_is_refused(g))
		return TSM_VMM_BAD_MMIO;
	if (set_state(g, PCI_TDISP_STATE_RUN) != TSM_CCA_SUCCESS ||
	    !is_state(g, PCI_TDISP_STATE_RUN))
		return TSM_VMM_NOT_STARTED;
	if (!enable_dma(g))
		return TSM_VMM_NO_DMA;
	if (!early_unlock_is_refused(g))
		return TSM_VMM_CHANGE_NOT_REFUSED;

	tsm_vmm_step("unlock, lock once more, unlock");
	lock_nonce = g->area->info.lock_nonce;
	if (!unmap_all(g) || !unlock(g))
		return TSM_VMM_NOT_STOPPED;
	if (!relock(g, lock_nonce))
		return TSM_VMM_NOT_LOCKED;
	return vectors_are_answered(g) ? TSM_VMM_PASSED : TSM_VMM_BAD_ANSWER;
}

void tsm_vmm_guest_cca(struct tsm_vmm_shared *shared)
{
	struct guest g;

	g.shared = shared;
	g.area = tsm_vmm_area(shared);
	tsm_vmm_done(use_tdi(&g));
}
