// SPDX-License-Identifier: GPL-2.0
/*
 * What only Arm CCA has: the objects that the host keeps for a realm, requests
 * that take long, MMIO by addresses, the states that the realm asks for, and the
 * longest response.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "lib/cgroup.h"
#include "lib/crypto.h"
#include "lib/map.h"
#include "lib/proto_cca.h"
#include "lib/test.h"
#include "lib/thread.h"

#define RESP_MAX IOMMU_VDEVICE_TSM_RESP_LEN_MAX

FIXTURE(cca)
{
	struct proto_test p;
};

FIXTURE_SETUP(cca)
{
	check_step(_metadata, &self->p.t, proto_open(&self->p, &proto_cca, "pf0"));
}

FIXTURE_TEARDOWN(cca)
{
	proto_close(&self->p);
}

/* The same with the TDI locked, measured and reported */
FIXTURE(attested)
{
	struct proto_test p;
};

FIXTURE_SETUP(attested)
{
	if (!check_step(_metadata, &self->p.t, proto_open(&self->p, &proto_cca, "pf0")))
		ASSERT_EQ(0, cca_attest(&self->p));
}

FIXTURE_TEARDOWN(attested)
{
	tsm_platform_sha256_at(self->p.t.s.fn->platform, false);
	proto_close(&self->p);
}

/* Return: length of the object, or -errno */
static s64 object_size(struct proto_test *p, u32 object)
{
	const struct tsm_cca_object_size_rsp *rsp = (void *)p->resp;

	cca_args(p)->object = object;
	return proto_request(p, TSM_CCA_OBJECT_SIZE) ?: (s64)le32toh(rsp->size);
}

/* Read up to @len bytes to &proto_test.resp. Return: how many, or -errno */
static s64 read_object(struct proto_test *p, u32 object, u64 offset, u32 len)
{
	int rc;

	cca_args(p)->object = object;
	cca_args(p)->offset = offset;
	proto_prepare(p, SCOPE(INFO), p->proto->make(p, TSM_CCA_OBJECT_READ, 0));
	p->t.cmd.resp_len = len;
	rc = tsm_request_send(&p->t);
	if (rc)
		return rc;
	return p->t.cmd.out_tsm_code ? -EREMOTEIO : (s64)p->t.cmd.out_resp_len;
}

static s64 min_len(s64 a, s64 b)
{
	return a < b ? a : b;
}

/* Return: 0 if pieces, each as long as asked for but the last, make up @want */
static int compare_object(struct proto_test *p, u32 object, const u8 *want,
			  s64 len, u32 piece)
{
	if (object_size(p, object) != len)
		return -EMSGSIZE;
	for (s64 at = 0; at < len; at += piece) {
		s64 part = min_len(piece, len - at);

		if (read_object(p, object, at, piece) != part)
			return -ENODATA;
		if (memcmp(want + at, p->resp, part))
			return -EBADMSG;
	}
	return 0;
}

/* Return: 0 if the realm reads what the firmware has, or -errno */
static int check_object(struct proto_test *p, u32 object, enum emu_object type,
			u32 piece)
{
	void *want;
	u32 len;
	int rc;

	rc = tsm_firmware_object(&p->t.s, type, &want, &len);
	if (rc)
		return rc;
	rc = len ? compare_object(p, object, want, len, piece) : -ENODATA;
	free(want);
	return rc;
}

TEST_F(attested, objects)
{
	const u32 pieces[] = { 97, 1024, 4096, PROTO_RESP_MAX };
	struct proto_test *p = &self->p;

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		u32 piece = pieces[i];

		EXPECT_EQ(0, check_object(p, TSM_CCA_OBJECT_CERTIFICATE,
					  EMU_OBJECT_CERTIFICATES, piece));
		EXPECT_EQ(0, check_object(p, TSM_CCA_OBJECT_MEASUREMENTS,
					  EMU_OBJECT_MEASUREMENTS, piece));
		EXPECT_EQ(0, check_object(p, TSM_CCA_OBJECT_REPORT,
					  EMU_OBJECT_REPORT, piece));
		EXPECT_EQ(0, check_object(p, TSM_CCA_OBJECT_VCA, EMU_OBJECT_VCA,
					  piece));
	}
}

TEST_F(cca, objects_refused)
{
	const s64 size = object_size(&self->p, TSM_CCA_OBJECT_CERTIFICATE);
	const u64 beyond[] = { size, 1ULL << 32, UINT64_MAX };
	struct proto_test *p = &self->p;

	/* lengths are worth testing with what takes more than a page */
	ASSERT_LT(4096, size);
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		cca_args(p)->offset = beyond[i];
		EXPECT_EQ(TSM_CCA_INVALID_OFFSET, proto_refusal(p, TSM_CCA_OBJECT_READ));
	}

	cca_args(p)->offset = 0;
	cca_args(p)->object = TSM_CCA_OBJECT_REPORT + 1;
	EXPECT_EQ(TSM_CCA_INVALID_OBJECT, proto_refusal(p, TSM_CCA_OBJECT_SIZE));
	EXPECT_EQ(TSM_CCA_INVALID_OBJECT, proto_refusal(p, TSM_CCA_OBJECT_READ));

	/* the lock fetches nothing for the realm */
	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	for (u32 object = TSM_CCA_OBJECT_MEASUREMENTS;
	     object <= TSM_CCA_OBJECT_REPORT; object++) {
		cca_args(p)->object = object;
		EXPECT_EQ(TSM_CCA_DATA_NOT_AVAILABLE,
			  proto_refusal(p, TSM_CCA_OBJECT_SIZE));
		EXPECT_EQ(TSM_CCA_DATA_NOT_AVAILABLE,
			  proto_refusal(p, TSM_CCA_OBJECT_READ));
	}
}

/* All that the realm can read: what Linux compares in its kernel */
static bool is_vouched_for(struct proto_test *p, u32 object, const u8 digest[64])
{
	s64 len = read_object(p, object, 0, PROTO_RESP_MAX);
	u8 is[TSM_SHA512_LEN] = {};

	if (len <= 0)
		return false;
	if (le64toh(cca_args(p)->info.hash) == EMU_RSI_HASH_SHA_256)
		tsm_sha256(p->resp, len, is);
	else
		tsm_sha512(p->resp, len, is);
	return !memcmp(is, digest, sizeof(is));
}

static void expect_digests(struct __test_metadata *_metadata, struct proto_test *p,
			   u64 hash)
{
	const struct emu_rsi_vdev_info *info = &cca_args(p)->info;

	ASSERT_EQ(0, cca_get_info(p));
	EXPECT_EQ(hash, le64toh(info->hash));
	EXPECT_TRUE(is_vouched_for(p, TSM_CCA_OBJECT_VCA, info->vca));
	EXPECT_TRUE(is_vouched_for(p, TSM_CCA_OBJECT_CERTIFICATE, info->certificate));
	EXPECT_TRUE(is_vouched_for(p, TSM_CCA_OBJECT_MEASUREMENTS,
				   info->measurements));
	EXPECT_TRUE(is_vouched_for(p, TSM_CCA_OBJECT_REPORT, info->report));
}

TEST_F(attested, digests)
{
	unsigned int platform = self->p.t.s.fn->platform;

	expect_digests(_metadata, &self->p, EMU_RSI_HASH_SHA_512);
	ASSERT_EQ(0, tsm_platform_sha256_at(platform, true));
	expect_digests(_metadata, &self->p, EMU_RSI_HASH_SHA_256);
}

/* SPDM's request attributes, of which bit 1 asks for raw bit streams */
static int measured_attributes(struct proto_test *p, u64 flags)
{
	int rc;

	cca_args(p)->flags = flags;
	rc = proto_request(p, TSM_CCA_MEASUREMENTS_REFRESH);
	if (rc)
		return rc;
	if (read_object(p, TSM_CCA_OBJECT_MEASUREMENTS, 0, PROTO_RESP_MAX) < 3)
		return -ENODATA;
	return p->resp[2];
}

/* Hashed or raw; Linux' realm asks for the latter */
TEST_F(cca, measurement_flags)
{
	struct proto_test *p = &self->p;

	EXPECT_EQ(1, measured_attributes(p, 0));
	EXPECT_EQ(3, measured_attributes(p, TSM_CCA_MEASUREMENTS_RAW));
	for (int bit = 1; bit < 64; bit++) {
		cca_args(p)->flags = 1ULL << bit;
		EXPECT_EQ(TSM_CCA_ERROR_INPUT,
			  proto_refusal(p, TSM_CCA_MEASUREMENTS_REFRESH));
	}
}

static bool has_nonce(struct proto_test *p, u8 fill)
{
	u8 nonce[TSM_CCA_NONCE_LEN];
	s64 len;

	memset(nonce, fill, sizeof(nonce));
	len = read_object(p, TSM_CCA_OBJECT_MEASUREMENTS, 0, PROTO_RESP_MAX);
	return len > 0 && memmem(p->resp, len, nonce, sizeof(nonce));
}

static int refresh(void *data)
{
	return proto_request(data, TSM_CCA_MEASUREMENTS_REFRESH);
}

static void set_nonce(struct proto_test *p, u8 fill)
{
	memset(cca_args(p)->nonce, fill, TSM_CCA_NONCE_LEN);
}

/* Measurements are as fresh as the nonce */
TEST_F(cca, nonce)
{
	struct proto_test *p = &self->p;

	for (u8 fill = 1; fill < 3; fill++) {
		set_nonce(p, fill);
		ASSERT_EQ(0, refresh(p));
		EXPECT_TRUE(has_nonce(p, fill));
	}
	EXPECT_FALSE(has_nonce(p, 1));
}

/* What goes on for long is waited for, and done */
TEST_F(cca, completion_held)
{
	struct proto_test *p = &self->p;
	unsigned int platform = p->t.s.fn->platform;
	struct tsm_thread thread;
	int rc;

	set_nonce(p, 0x77);
	ASSERT_EQ(0, tsm_platform_stall_at(platform, TSM_EMU_STALL_COMPLETION));
	ASSERT_EQ(0, tsm_thread_start(&thread, refresh, p));
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));
	ASSERT_EQ(0, tsm_thread_wait(&thread, TSM_BLOCKED, ""));

	ASSERT_EQ(0, tsm_platform_stall_at(platform, 0));
	ASSERT_EQ(0, tsm_thread_join(&thread, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_TRUE(has_nonce(p, 0x77));
}

/* Wait for a child that a signal is to end. Return: that signal, or -1 */
static int wait_killed(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		return -1;
	return WTERMSIG(status);
}

/* A caller that is killed meanwhile leaves nothing behind that keeps the others */
TEST_F(cca, completion_killed)
{
	struct proto_test *p = &self->p;
	unsigned int platform = p->t.s.fn->platform;
	pid_t pid;

	ASSERT_EQ(0, tsm_platform_stall_at(platform, TSM_EMU_STALL_COMPLETION));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(!!refresh(p));
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(SIGKILL, wait_killed(pid));

	ASSERT_EQ(0, tsm_platform_stall_at(platform, 0));
	set_nonce(p, 0x55);
	ASSERT_EQ(0, refresh(p));
	EXPECT_TRUE(has_nonce(p, 0x55));
	/* that was RMI_VDEV_ABORT, see cca_long.c */
	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	ASSERT_EQ(0, p->proto->run(p));
}

TEST_F(attested, mmio_validate)
{
	struct proto_test *p = &self->p;
	u64 base;

	ASSERT_EQ(0, proto_use_range(p, 0));
	base = p->range.base + 2 * 4096;
	ASSERT_EQ(0, cca_validate(p, base, base + 3 * 4096, base));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 3, 0));
	ASSERT_EQ(0, proto_use_range(p, 1));
	base = p->range.base;
	ASSERT_EQ(0, cca_validate(p, base, base + TSM_EMU_BAR1_PAGES * 4096, base));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 3,
				 TSM_EMU_BAR1_PAGES));
}

static bool is_outside(struct proto_test *p, u64 pa, u64 len)
{
	return cca_validate(p, 0, len, pa) == -EREMOTEIO &&
	       p->t.cmd.out_tsm_code == TSM_CCA_ERROR_INPUT;
}

/* Not a page is validated that is not the TDI's, whatever the sums come to */
TEST_F(attested, mmio_outside)
{
	const u64 size = TSM_EMU_BAR0_PAGES * 4096, page = 4096;
	struct proto_test *p = &self->p;
	u64 base, end;

	ASSERT_EQ(0, proto_use_range(p, 0));
	base = p->range.base;
	end = base + size;

	EXPECT_TRUE(is_outside(p, base - page, page));
	EXPECT_TRUE(is_outside(p, base - page, 2 * page));
	/* pages of two ranges */
	EXPECT_TRUE(is_outside(p, base, size + page));
	EXPECT_TRUE(is_outside(p, end - page, 2 * page));
	EXPECT_TRUE(is_outside(p, end + TSM_EMU_BAR1_PAGES * page, page));
	/* sums that do not fit 64 bits */
	EXPECT_TRUE(is_outside(p, base, -page));
	EXPECT_TRUE(is_outside(p, base + page, -base));
	EXPECT_TRUE(is_outside(p, -page, page));
	EXPECT_TRUE(is_outside(p, -page, base + 2 * page));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

/* What the RMM refuses before it asks the host: no pages, or not whole ones */
TEST_F(attested, mmio_input)
{
	struct proto_test *p = &self->p;
	u64 base, top;

	ASSERT_EQ(0, proto_use_range(p, 0));
	base = p->range.base;
	top = base + 8192;
	EXPECT_EQ(EMU_RSI_ERROR_INPUT, cca_validate(p, base, base, base));
	EXPECT_EQ(EMU_RSI_ERROR_INPUT, cca_validate(p, top, base, base));
	EXPECT_EQ(EMU_RSI_ERROR_INPUT, cca_validate(p, base + 1, top, base));
	EXPECT_EQ(EMU_RSI_ERROR_INPUT, cca_validate(p, base, top + 1, base));
	EXPECT_EQ(EMU_RSI_ERROR_INPUT, cca_validate(p, base, top, base + 1));
	EXPECT_EQ(EMU_RSI_ERROR_INPUT, cca_validate(p, base + 1, top + 1, base));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

/* A host maps nothing into a realm that the realm did not ask the RMM for */
TEST_F(attested, mmio_unasked)
{
	struct proto_test *p = &self->p;
	u64 base;

	ASSERT_EQ(0, proto_use_range(p, 0));
	base = p->range.base;
	EXPECT_EQ(TSM_CCA_ERROR_INPUT, proto_refusal(p, TSM_CCA_VALIDATE_MMIO));
	/* that page, and not all of the range */
	ASSERT_EQ(EMU_RSI_EXIT, cca_ask_to_map(p, base, base + 4096, base));
	EXPECT_EQ(TSM_CCA_ERROR_INPUT, proto_refusal(p, TSM_CCA_VALIDATE_MMIO));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

/* As long as the realm knows the last lock, measurements and report */
static bool is_current(struct proto_test *p)
{
	u64 base = p->range.base;

	return cca_ask_to_map(p, base, base + 4096, base) == EMU_RSI_EXIT;
}

static bool is_stale(struct proto_test *p)
{
	u64 base = p->range.base;

	return cca_ask_to_map(p, base, base + 4096, base) == EMU_RSI_ERROR_DEVICE &&
	       cca_dma_enable(p) == EMU_RSI_ERROR_DEVICE;
}

TEST_F(attested, nonces)
{
	struct proto_test *p = &self->p;
	u64 lock_nonce = cca_args(p)->info.lock_nonce;

	ASSERT_EQ(0, proto_use_range(p, 0));
	EXPECT_TRUE(is_current(p));
	/* each refresh makes stale what the realm knows */
	ASSERT_EQ(0, proto_request(p, TSM_CCA_REPORT_REFRESH));
	EXPECT_TRUE(is_stale(p));
	ASSERT_EQ(0, cca_get_info(p));
	EXPECT_TRUE(is_current(p));
	ASSERT_EQ(0, proto_request(p, TSM_CCA_MEASUREMENTS_REFRESH));
	EXPECT_TRUE(is_stale(p));
	ASSERT_EQ(0, cca_get_info(p));
	EXPECT_TRUE(is_current(p));

	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	ASSERT_EQ(0, cca_attest(p));
	EXPECT_NE(lock_nonce, cca_args(p)->info.lock_nonce);
	cca_args(p)->info.lock_nonce = lock_nonce;
	EXPECT_TRUE(is_stale(p));
}

/* The realm enables DMA, no state of the TDI does */
TEST_F(attested, dma)
{
	struct proto_test *p = &self->p;

	EXPECT_EQ(EMU_RSI_ERROR_DEVICE, cca_dma_enable(p));
	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_RUN));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, 0, 0));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, cca_dma_enable(p));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, true, 0, 0));
	ASSERT_EQ(0, cca_dma_disable(p));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, 0, 0));

	/* nor is it on after the next start */
	ASSERT_EQ(0, cca_dma_enable(p));
	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	ASSERT_EQ(0, cca_attest(p));
	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_RUN));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, 0, 0));
}

/* A TDI whose MMIO the realm uses stays locked until the realm gives it up */
TEST_F(cca, unlock_mapped)
{
	struct proto_test *p = &self->p;
	u64 base;

	ASSERT_EQ(0, p->proto->run(p));
	EXPECT_EQ(-EREMOTEIO, cca_set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, p->t.cmd.out_tsm_code);
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, true, TSM_EMU_BAR0_PAGES, 0));

	base = p->range.base;
	ASSERT_EQ(0, cca_unmap(p, base, base + TSM_EMU_BAR0_PAGES * 4096));
	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_UNLOCKED, false, 0, 0));
}

static u64 refused_state(struct proto_test *p, u32 state)
{
	cca_args(p)->state = state;
	return proto_refusal(p, TSM_CCA_SET_TDI_STATE);
}

/* A bind makes the VDEV, the realm does the rest */
TEST_F(cca, states)
{
	struct proto_test *p = &self->p;

	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_UNLOCKED, false, 0, 0));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, refused_state(p, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE,
		  refused_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, proto_refusal(p, TSM_CCA_REPORT_REFRESH));

	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE,
		  refused_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_EQ(TSM_CCA_INVALID_OBJECT, refused_state(p, PCI_TDISP_STATE_ERROR));

	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, refused_state(p, PCI_TDISP_STATE_RUN));
	/* what Linux tries when it can't enable DMA */
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE,
		  refused_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	ASSERT_EQ(0, cca_set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_UNLOCKED, false, 0, 0));
}

/* Many requests at once with the longest response there is, in a new control group */
FIXTURE(charge)
{
	struct proto_test p;
	u8 *resp;
	struct long_request {
		struct tsm_test t;
		struct tsm_thread thread;
	} many[16];
};

FIXTURE_SETUP(charge)
{
	if (cgroup_mount())
		SKIP(return, "no memory control group (CONFIG_MEMCG)");
	if (check_step(_metadata, &self->p.t,
		       proto_open(&self->p, &proto_cca, "pf0")))
		return;
	self->resp = tsm_map_present(RESP_MAX);
	ASSERT_NE(NULL, self->resp);
	cgroup_enter(_metadata);
}

FIXTURE_TEARDOWN(charge)
{
	proto_close(&self->p);
	cgroup_leave(_metadata);
}

static void start_long(struct __test_metadata *_metadata,
		       FIXTURE_DATA(charge) *self, struct long_request *one)
{
	one->t = self->p.t;
	one->t.cmd.resp_uptr = (uintptr_t)self->resp;
	one->t.cmd.resp_len = RESP_MAX;
	ASSERT_EQ(0, tsm_thread_start(&one->thread, tsm_request_send, &one->t));
}

/*
 * One is in the firmware, the others of the VM wait for it and take no memory
 * before. What is taken is at the expense of the caller.
 */
TEST_F(charge, of_one_at_a_time_to_caller)
{
	unsigned int platform = self->p.t.s.fn->platform;
	unsigned long before, taken;
	int rc;

	proto_prepare(&self->p, SCOPE(INFO),
		      proto_cca.make(&self->p, TSM_CCA_OBJECT_READ, 0));
	ASSERT_EQ(0, tsm_platform_stall_at(platform, TSM_EMU_STALL_GUEST_REQ));
	before = cgroup_charged(_metadata);
	for (size_t i = 0; i < ARRAY_SIZE(self->many); i++)
		start_long(_metadata, self, &self->many[i]);
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));
	/* killable or not, it is where it has all memory that it takes */
	for (size_t i = 0; i < ARRAY_SIZE(self->many); i++)
		ASSERT_EQ(0, tsm_thread_wait(&self->many[i].thread, TSM_BLOCKED, ""));
	taken = cgroup_charged(_metadata) - before;
	ASSERT_EQ(0, tsm_platform_stall_at(platform, 0));

	EXPECT_LE(RESP_MAX - RESP_MAX / 4, taken);
	EXPECT_GE(RESP_MAX + TSM_CGROUP_SLACK, taken);
	for (size_t i = 0; i < ARRAY_SIZE(self->many); i++) {
		ASSERT_EQ(0, tsm_thread_join(&self->many[i].thread, &rc));
		EXPECT_EQ(0, rc);
		EXPECT_EQ(0, self->many[i].t.cmd.out_tsm_code);
		EXPECT_NE(0, self->many[i].t.cmd.out_resp_len);
	}
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
