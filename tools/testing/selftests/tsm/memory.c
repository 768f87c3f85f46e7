// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of TSM guest requests. The caller's: exact copies, EFAULT of each
 * address, and no state changed whose answer can't be delivered. The kernel's:
 * bounded by the TSM's table, and ENOMEM. Memory that does not arrive is in
 * withheld.c, what is charged for the longest response in cca.c.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/cgroup.h"
#include "lib/map.h"
#include "lib/nomem.h"
#include "lib/test.h"
#include "lib/thread.h"

#define REQ_MAX IOMMU_VDEVICE_TSM_REQ_LEN_MAX
#define RESP_MAX IOMMU_VDEVICE_TSM_RESP_LEN_MAX
#define VDM_LEN ((u32)sizeof(struct emu_vdm))
/* Up to here no memory is taken for a request or a response */
#define SMALL_LEN 256
#define ROOM (REQ_MAX + SMALL_LEN)

/* A bound function, a long request for it and more room than its response takes */
FIXTURE(copy)
{
	struct tsm_test t;
	u8 *req;
	u8 *resp;
};

/* Something in which no byte can be taken for its neighbours */
static void fill_pattern(u8 *buf, size_t len)
{
	u32 state = 1;

	for (size_t i = 0; i < len; i++) {
		state = state * 1664525 + 1013904223;
		buf[i] = state >> 24;
	}
}

FIXTURE_SETUP(copy)
{
	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	self->req = tsm_map_before_hole(REQ_MAX);
	ASSERT_NE(NULL, self->req);
	self->resp = tsm_map_before_hole(ROOM);
	ASSERT_NE(NULL, self->resp);
	fill_pattern(self->req, REQ_MAX);
	*(struct emu_vdm *)self->req = tsm_tdi_vdm(&self->t, EMU_VDM_ECHO);
}

FIXTURE_TEARDOWN(copy)
{
	teardown(&self->t);
}

static void prepare_echo(FIXTURE_DATA(copy) *self, u32 len, void *resp,
			 u32 room)
{
	tsm_request_init(&self->t, SCOPE(INFO), self->req, len);
	self->t.cmd.resp_uptr = (uintptr_t)resp;
	self->t.cmd.resp_len = room;
	memset(self->resp, POISON, ROOM);
}

/* The response is the request, and what is left of the room is as it was */
static void expect_echo(struct __test_metadata *_metadata,
			FIXTURE_DATA(copy) *self, u32 len)
{
	struct tsm_test *t = &self->t;
	const u8 *resp = (u8 *)(uintptr_t)t->cmd.resp_uptr;

	ASSERT_EQ(0, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
	ASSERT_EQ(len, t->cmd.out_resp_len);
	EXPECT_EQ(self->req[1] & ~PCI_TDISP_REQ, resp[1]);
	EXPECT_EQ(0, memcmp(self->req + 2, resp + 2, len - 2));
	for (const u8 *end = resp + len; end < self->resp + ROOM; end++) {
		ASSERT_EQ(POISON, *end) {
			TH_LOG("byte %zu of the response of %u bytes was written",
			       end - resp, len);
		}
	}
	for (const u8 *start = self->resp; start < resp; start++)
		ASSERT_EQ(POISON, *start);
}

/* Exactly as many bytes as there are, wherever a copy may be cut into pieces */
TEST_F(copy, exact_copy)
{
	const u32 lens[] = {
		VDM_LEN, VDM_LEN + 1, 63, 64, 65, SMALL_LEN - 1, SMALL_LEN,
		SMALL_LEN + 1, 4095, 4096, 4097, 8192, REQ_MAX - 1, REQ_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		u32 len = lens[i];

		/* the room is longer than the response */
		prepare_echo(self, len, self->resp, ROOM);
		expect_echo(_metadata, self, len);
		/* as long, with nothing behind it */
		prepare_echo(self, len, self->resp + ROOM - len, len);
		expect_echo(_metadata, self, len);
		/* there need not be room that no response can fill */
		prepare_echo(self, len, self->resp + ROOM - REQ_MAX, RESP_MAX);
		expect_echo(_metadata, self, len);
		/* at an odd address */
		prepare_echo(self, len, self->resp + 3, len + 5);
		expect_echo(_metadata, self, len);
	}
}

/* A short response brings nothing of the long one that was there before */
TEST_F(copy, short_after_long)
{
	struct emu_vdm_reg *reg = (void *)self->resp;
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_READ);

	for (u32 len = VDM_LEN; len < SMALL_LEN; len += 16) {
		prepare_echo(self, len, self->resp, ROOM);
		expect_echo(_metadata, self, len);

		prepare_echo(self, sizeof(req), self->resp, ROOM);
		self->t.cmd.scope = SCOPE(DEBUG_READ);
		self->t.cmd.req_uptr = (uintptr_t)&req;
		ASSERT_EQ(0, send_cmd(_metadata, &self->t));
		ASSERT_EQ(sizeof(*reg), self->t.cmd.out_resp_len);
		for (u32 i = sizeof(*reg); i < ROOM; i++)
			ASSERT_EQ(POISON, self->resp[i]);
	}
}

/* What the driver claims but did not write is zero, and nothing of the kernel's */
TEST_F(copy, unwritten_is_zero)
{
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_LAZY);
	const u32 lens[] = { 64, SMALL_LEN, SMALL_LEN + 1, 4096, REQ_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		u32 len = lens[i];

		/* leaves the pattern of the request where this may get memory */
		prepare_echo(self, len, self->resp, ROOM);
		expect_echo(_metadata, self, len);

		prepare_echo(self, sizeof(req), self->resp, len);
		self->t.cmd.req_uptr = (uintptr_t)&req;
		ASSERT_EQ(0, send_cmd(_metadata, &self->t));
		ASSERT_EQ(len, self->t.cmd.out_resp_len);
		for (u32 byte = sizeof(req); byte < len; byte++)
			ASSERT_EQ(0, self->resp[byte]);
	}
}

/* The response goes where the request was, or part of it was */
TEST_F(copy, overlap)
{
	const int distances[] = { 0, 1, 7, 64, 200, -1, -7, -64, -200 };
	const u32 lens[] = { SMALL_LEN, 2 * SMALL_LEN, 3 * 4096 };
	struct tsm_test *t = &self->t;

	for (size_t i = 0; i < ARRAY_SIZE(lens) * ARRAY_SIZE(distances); i++) {
		int distance = distances[i % ARRAY_SIZE(distances)];
		u32 len = lens[i / ARRAY_SIZE(distances)];
		u8 *both = self->resp + SMALL_LEN;
		u8 *resp = both + distance;

		prepare_echo(self, len, resp, len);
		memcpy(both, self->req, len);
		t->cmd.req_uptr = (uintptr_t)both;
		ASSERT_EQ(0, send_cmd(_metadata, t));
		ASSERT_EQ(len, t->cmd.out_resp_len);
		EXPECT_EQ(self->req[1] & ~PCI_TDISP_REQ, resp[1]);
		EXPECT_EQ(0, memcmp(self->req + 2, resp + 2, len - 2));
	}
}

/* The outputs come last, so they are right even then, and nothing else is written */
TEST_F(copy, overlap_with_struct)
{
	const size_t inputs = offsetof(typeof(self->t.cmd), out_resp_len);
	struct tsm_test *t = &self->t;

	prepare_echo(self, SMALL_LEN, &t->cmd, sizeof(t->cmd));
	t->cmd.req_len = sizeof(t->cmd);
	t->count = count_requests(_metadata);
	ASSERT_EQ(0, tsm_request_send(t));
	self->req[1] &= ~PCI_TDISP_REQ;
	EXPECT_EQ(0, memcmp(self->req, &t->cmd, inputs));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(sizeof(t->cmd), t->cmd.out_resp_len);
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
}

/* Addresses where nothing of the caller's can be */
static const u64 addresses[] = {
	0,			/* NULL */
	1,			/* the first page */
	0x7ffffffffff0,		/* the end of user space */
	0x800000000000,		/* not canonical */
	1ULL << 63,		/* the sign bit */
	0xffff800000000000,	/* the first one of the kernel */
	0xffff888000000000,	/* the kernel's memory */
	0xffffffff81000000,	/* the kernel's code */
	UINT64_MAX - 4095,	/* the last page */
	UINT64_MAX - 7,		/* wraps around */
};

/* A TDI that is locked, and these addresses with two that are but unmapped */
FIXTURE(address)
{
	struct tsm_test t;
	u64 uptrs[ARRAY_SIZE(addresses) + 2];
};

FIXTURE_SETUP(address)
{
	u8 nonce[PCI_TDISP_NONCE_LEN], *map;

	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	ASSERT_EQ(0, tsm_tdi_lock(&self->t, nonce));

	map = tsm_map_before_hole(VDM_LEN);
	ASSERT_NE(NULL, map);
	*(struct emu_vdm *)map = tsm_tdi_vdm(&self->t, EMU_VDM_ECHO);
	memcpy(self->uptrs, addresses, sizeof(addresses));
	self->uptrs[ARRAY_SIZE(addresses)] = (uintptr_t)map + VDM_LEN;
	/* only the last byte is out of reach */
	self->uptrs[ARRAY_SIZE(addresses) + 1] = (uintptr_t)map + 1;
}

FIXTURE_TEARDOWN(address)
{
	teardown(&self->t);
}

/* Nothing happened, if the request is at @uptr and if its response is */
static void expect_efault_at(struct __test_metadata *_metadata,
			     struct tsm_test *t, u64 uptr)
{
	ASSERT_EQ(-EFAULT, send_cmd(_metadata, t)) {
		TH_LOG("address %#llx", (unsigned long long)uptr);
	}
	EXPECT_EQ(t->count, count_requests(_metadata));
	expect_not_dispatched(_metadata, t, 0);
}

TEST_F(address, efault_request)
{
	struct tsm_test *t = &self->t;

	for (size_t i = 0; i < ARRAY_SIZE(self->uptrs); i++) {
		tsm_request_init(t, SCOPE(INFO), NULL, VDM_LEN);
		t->cmd.req_uptr = self->uptrs[i];
		expect_efault_at(_metadata, t, self->uptrs[i]);
	}
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
}

/* The TSM is not asked for what could not be delivered, whatever the class */
TEST_F(address, efault_response_of_info)
{
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_ECHO);
	struct tsm_test *t = &self->t;

	for (size_t i = 0; i < ARRAY_SIZE(self->uptrs); i++) {
		tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
		t->cmd.resp_uptr = self->uptrs[i];
		t->cmd.resp_len = sizeof(req);
		expect_efault_at(_metadata, t, self->uptrs[i]);
	}
}

TEST_F(address, efault_response_of_state_change)
{
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_RECONFIGURE);
	struct tsm_test *t = &self->t;

	for (size_t i = 0; i < ARRAY_SIZE(self->uptrs); i++) {
		tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
		t->cmd.resp_uptr = self->uptrs[i];
		t->cmd.resp_len = sizeof(req);
		expect_efault_at(_metadata, t, self->uptrs[i]);
	}
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
}

TEST_F(address, efault_struct)
{
	unsigned long count = count_requests(_metadata);

	for (size_t i = 0; i < ARRAY_SIZE(self->uptrs); i++) {
		EXPECT_EQ(-1, ioctl(self->t.s.iommufd,
				    IOMMU_VDEVICE_TSM_GUEST_REQUEST,
				    self->uptrs[i]));
		EXPECT_EQ(EFAULT, errno) {
			TH_LOG("address %#llx", (unsigned long long)self->uptrs[i]);
		}
	}
	EXPECT_EQ(count, count_requests(_metadata));
}

/* Outputs that can't be written any more, or not yet */
FIXTURE(outputs)
{
	struct tsm_test t;
	struct tsm_thread thread;
	u8 *page;
};

FIXTURE_SETUP(outputs)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];

	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	ASSERT_EQ(0, tsm_tdi_lock(&self->t, nonce));
	self->page = tsm_map_before_hole(sysconf(_SC_PAGESIZE));
	ASSERT_NE(NULL, self->page);
}

FIXTURE_TEARDOWN(outputs)
{
	teardown(&self->t);
}

static void prepare_reconfigure(struct tsm_test *t, struct emu_vdm *req,
				void *resp)
{
	*req = tsm_tdi_vdm(t, EMU_VDM_RECONFIGURE);
	tsm_request_init(t, SCOPE(STATE_CHANGE), req, sizeof(*req));
	t->cmd.resp_uptr = (uintptr_t)resp;
	t->cmd.resp_len = sizeof(*req);
}

TEST_F(outputs, efault_readonly_response)
{
	struct tsm_test *t = &self->t;
	struct emu_vdm req;

	ASSERT_EQ(0, mprotect(self->page, 1, PROT_READ));
	prepare_reconfigure(t, &req, self->page);
	expect_refused(_metadata, t, EFAULT, 0);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
}

/* Whatever of the outputs can't be written, nothing was done */
static void expect_efault(struct __test_metadata *_metadata, struct tsm_test *t,
			  void *cmd)
{
	unsigned long count = count_requests(_metadata);

	EXPECT_EQ(-1, ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, cmd));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(count, count_requests(_metadata));
	expect_poison_from(_metadata, t, 0);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
}

TEST_F(outputs, efault_readonly_struct)
{
	struct tsm_test *t = &self->t;
	struct emu_vdm req;

	prepare_reconfigure(t, &req, t->resp);
	memcpy(self->page, &t->cmd, sizeof(t->cmd));
	ASSERT_EQ(0, mprotect(self->page, 1, PROT_READ));
	expect_efault(_metadata, t, self->page);
}

/* The first half of the struct can be written, the outputs can't */
TEST_F(outputs, efault_readonly_outputs)
{
	size_t page_size = sysconf(_SC_PAGESIZE);
	u8 *cmd, *two = tsm_map_before_hole(2 * page_size);
	struct tsm_test *t = &self->t;
	struct emu_vdm req;

	ASSERT_NE(NULL, two);
	cmd = two + page_size - offsetof(typeof(t->cmd), out_resp_len);
	prepare_reconfigure(t, &req, t->resp);
	memcpy(cmd, &t->cmd, sizeof(t->cmd));
	ASSERT_EQ(0, mprotect(two + page_size, page_size, PROT_READ));
	expect_efault(_metadata, t, cmd);
}

/* Nor is that which changes nothing dispatched */
TEST_F(outputs, efault_readonly_struct_of_info)
{
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_ECHO);
	struct tsm_test *t = &self->t;

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	memcpy(self->page, &t->cmd, sizeof(t->cmd));
	ASSERT_EQ(0, mprotect(self->page, 1, PROT_READ));
	expect_efault(_metadata, t, self->page);
}

/* A structure of a caller that knows more ends with its mapping */
TEST_F(outputs, longer_struct)
{
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_ECHO);
	size_t len = sizeof(self->t.cmd) + sizeof(u64);
	struct iommu_vdevice_tsm_guest_request *cmd;
	struct tsm_test *t = &self->t;

	cmd = tsm_map_before_hole(len);
	ASSERT_NE(NULL, cmd);
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.size = len;
	*cmd = t->cmd;
	ASSERT_EQ(0, ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, cmd));
	EXPECT_EQ(sizeof(req), cmd->out_resp_len);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, cmd->out_flags);
}

/* Memory that was never touched is as good as any */
TEST_F(outputs, untouched_response)
{
	struct tsm_test *t = &self->t;
	struct emu_vdm req;

	prepare_reconfigure(t, &req, self->page);
	ASSERT_EQ(0, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(sizeof(req), t->cmd.out_resp_len);
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, tsm_tdi_state(t));
}

/* Room that no response can fill need not be there */
TEST_F(outputs, room_beyond_response)
{
	size_t page_size = sysconf(_SC_PAGESIZE);
	struct tsm_test *t = &self->t;
	struct emu_vdm req;

	prepare_reconfigure(t, &req, self->page + page_size - sizeof(req));
	t->cmd.resp_len = RESP_MAX;
	ASSERT_EQ(0, send_cmd(_metadata, t));
	EXPECT_EQ(sizeof(req), t->cmd.out_resp_len);
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, tsm_tdi_state(t));
}

/* What prefaulting is not proof against is told all the same */
TEST_F(outputs, efault_unmapped_in_firmware)
{
	struct tsm_test *t = &self->t;
	struct emu_vdm req;
	int rc;

	prepare_reconfigure(t, &req, self->page);
	t->count = count_requests(_metadata);
	ASSERT_EQ(0, tsm_platform_stall(TSM_EMU_STALL_GUEST_REQ));
	ASSERT_EQ(0, tsm_thread_start(&self->thread, tsm_request_send, t));
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	ASSERT_EQ(0, munmap(self->page, 1));
	ASSERT_EQ(0, tsm_platform_stall(0));
	ASSERT_EQ(0, tsm_thread_join(&self->thread, &rc));

	EXPECT_EQ(-EFAULT, rc);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(0, t->cmd.out_resp_len);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, tsm_tdi_state(t));
}

/* A request with all room for its response that there can be, in a new control group */
FIXTURE(charge)
{
	struct tsm_test t;
	struct tsm_thread thread;
	u8 *resp;
};

FIXTURE_SETUP(charge)
{
	if (cgroup_mount())
		SKIP(return, "no memory control group (CONFIG_MEMCG)");
	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	self->resp = tsm_map_present(RESP_MAX);
	ASSERT_NE(NULL, self->resp);
	cgroup_enter(_metadata);
}

FIXTURE_TEARDOWN(charge)
{
	teardown(&self->t);
	cgroup_leave(_metadata);
}

/* Memory is taken for the longest response of the table, not for the room */
TEST_F(charge, by_table)
{
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_ECHO);
	struct tsm_test *t = &self->t;
	unsigned long before, taken;
	int rc;

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_uptr = (uintptr_t)self->resp;
	t->cmd.resp_len = RESP_MAX;
	ASSERT_EQ(0, tsm_platform_stall(TSM_EMU_STALL_GUEST_REQ));
	before = cgroup_charged(_metadata);
	ASSERT_EQ(0, tsm_thread_start(&self->thread, tsm_request_send, t));
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	taken = cgroup_charged(_metadata) - before;
	ASSERT_EQ(0, tsm_platform_stall(0));

	EXPECT_GE(TSM_CGROUP_SLACK, taken);
	ASSERT_EQ(0, tsm_thread_join(&self->thread, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(sizeof(req), t->cmd.out_resp_len);
}

/* Long enough that the kernel allocates memory for it */
#define LONG_REQUEST 300

static int call_long_request(void *data)
{
	struct {
		struct emu_vdm vdm;
		u8 more[LONG_REQUEST - sizeof(struct emu_vdm)];
	} __packed req;
	struct tsm_test *t = data;

	memset(&req, 0, sizeof(req));
	req.vdm = tsm_tdi_vdm(t, EMU_VDM_ECHO);
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	return tsm_request_send(t);
}

static void check_not_dispatched(struct __test_metadata *_metadata, struct tsm_test *t)
{
	EXPECT_EQ(t->count, count_requests(_metadata));
	expect_not_dispatched(_metadata, t, 0);
}

/* Once for the request, once for the response */
TEST_F(nomem, enomem)
{
	const struct exhaustion e = { call_long_request, check_not_dispatched };

	EXPECT_EQ(2, exhaust(_metadata, &self->t, &e));
	EXPECT_EQ(LONG_REQUEST, self->t.cmd.out_resp_len);
}

/* A short request takes no memory, so it can't fail for want of it */
static int call_short_request(void *data)
{
	struct tsm_test *t = data;
	struct emu_vdm req = tsm_tdi_vdm(t, EMU_VDM_ECHO);

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = sizeof(req);
	return tsm_request_send(t);
}

TEST_F(nomem, no_enomem_of_short_request)
{
	const struct exhaustion e = { call_short_request, check_not_dispatched };

	EXPECT_EQ(0, exhaust(_metadata, &self->t, &e));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
