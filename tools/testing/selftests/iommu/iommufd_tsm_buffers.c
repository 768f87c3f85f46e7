// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of TSM guest requests: any length at any address, no byte written
 * but those of the response, no memory taken but what the table allows, and no
 * state changed whose answer can't be delivered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tsm_kmsg.h"
#include "tsm_test.h"
#include "tsm_thread.h"

#define REQ_MAX IOMMU_VDEVICE_TSM_REQ_LEN_MAX
#define RESP_MAX IOMMU_VDEVICE_TSM_RESP_LEN_MAX
#define VDM_LEN ((u32)sizeof(struct emu_vdm))
/* Up to here no memory is taken for a request or a response */
#define SMALL_LEN 256

/* A bound function, a long request for it and more room than its response takes */
FIXTURE(buffers)
{
	struct tsm_test t;
	u8 *req;
	u8 *resp;
};

#define ROOM (REQ_MAX + SMALL_LEN)

/* Memory of @len bytes that ends where nothing is mapped */
static u8 *map_before_hole(struct __test_metadata *_metadata, size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (len + page - 1) / page * page;
	u8 *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)map);
	ASSERT_EQ(0, munmap(map + size, page));
	return map + size - len;
}

/* Something in which no byte can be taken for its neighbours */
static void fill_pattern(u8 *buf, size_t len)
{
	u32 state = 1;

	for (size_t i = 0; i < len; i++) {
		state = state * 1664525 + 1013904223;
		buf[i] = state >> 24;
	}
}

FIXTURE_SETUP(buffers)
{
	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	self->req = map_before_hole(_metadata, REQ_MAX);
	self->resp = map_before_hole(_metadata, ROOM);
	fill_pattern(self->req, REQ_MAX);
	*(struct emu_vdm *)self->req = vdm(&self->t, EMU_VDM_ECHO);
}

FIXTURE_TEARDOWN(buffers)
{
	teardown(&self->t);
}

static void prepare_echo(FIXTURE_DATA(buffers) *self, u32 len, void *resp,
			 u32 room)
{
	prepare(&self->t, SCOPE(INFO), self->req, len);
	self->t.cmd.resp_uptr = (uintptr_t)resp;
	self->t.cmd.resp_len = room;
	memset(self->resp, POISON, ROOM);
}

/* The response is the request, and what is left of the room is as it was */
static void expect_echo(struct __test_metadata *_metadata,
			FIXTURE_DATA(buffers) *self, u32 len)
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
TEST_F(buffers, exact_copy)
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
		/* at an odd address */
		prepare_echo(self, len, self->resp + 3, len + 5);
		expect_echo(_metadata, self, len);
	}
}

/* A short response brings nothing of the long one that was there before */
TEST_F(buffers, short_after_long)
{
	struct emu_vdm_reg *reg = (void *)self->resp;
	struct emu_vdm req = vdm(&self->t, EMU_VDM_READ);

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
TEST_F(buffers, unwritten_is_zero)
{
	struct emu_vdm req = vdm(&self->t, EMU_VDM_LAZY);
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
TEST_F(buffers, overlap)
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

/* The outputs come last, so they are right even then */
TEST_F(buffers, overlap_with_struct)
{
	struct tsm_test *t = &self->t;

	prepare_echo(self, SMALL_LEN, &t->cmd, sizeof(t->cmd));
	t->cmd.req_len = sizeof(t->cmd);
	ASSERT_EQ(0, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(sizeof(t->cmd), t->cmd.out_resp_len);
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
}

/* The driver says that it wrote more than there was room for, and is blamed */
TEST_F(buffers, overrun_by_driver)
{
	struct emu_vdm req = vdm(&self->t, EMU_VDM_OVERRUN);
	const char *blame = "TSM driver bug";
	struct tsm_kmsg now, all;
	struct tsm_test *t = &self->t;
	char text[512];

	ASSERT_EQ(0, tsm_kmsg_open(&now, false));
	for (int i = 0; i < 3; i++) {
		prepare(t, SCOPE(INFO), &req, sizeof(req));
		ASSERT_EQ(-EIO, send_cmd(_metadata, t));
		EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
		EXPECT_EQ(0, t->cmd.out_resp_len);
		EXPECT_EQ(t->count + 1, count_requests(_metadata));
		expect_poison_from(_metadata, t, 0);
		/* once, and that may have been before this test */
		EXPECT_GE(!i, tsm_kmsg_count(&now, blame));
	}

	/* a log that is still whole has it */
	ASSERT_EQ(0, tsm_kmsg_open(&all, true));
	if (!tsm_kmsg_next(&all, text, sizeof(text)))
		EXPECT_EQ(1, tsm_kmsg_count(&all, blame));
	tsm_kmsg_close(&all);
	tsm_kmsg_close(&now);
}

/* A length of request or response, and what comes of it */
FIXTURE(length)
{
	FIXTURE_DATA(buffers) b;
};

FIXTURE_VARIANT(length)
{
	u32 req_len;
	u32 resp_len;
	int err;
	/* with ENOBUFS */
	u32 needed;
	/* an ENOBUFS that only the TSM could find out */
	bool dispatched;
};

FIXTURE_VARIANT_ADD(length, request_0)
{
	.req_len = 0, .resp_len = ROOM, .err = EINVAL,
};

FIXTURE_VARIANT_ADD(length, request_1)
{
	.req_len = 1, .resp_len = ROOM, .err = EBADMSG,
};

FIXTURE_VARIANT_ADD(length, request_envelope_minus_1)
{
	.req_len = sizeof(struct pci_tdisp_header) - 1, .resp_len = ROOM, .err = EBADMSG,
};

FIXTURE_VARIANT_ADD(length, request_message_minus_1)
{
	.req_len = sizeof(struct emu_vdm) - 1, .resp_len = ROOM, .err = EBADMSG,
};

FIXTURE_VARIANT_ADD(length, request_message)
{
	.req_len = sizeof(struct emu_vdm), .resp_len = ROOM, .err = 0,
};

FIXTURE_VARIANT_ADD(length, request_max_minus_1)
{
	.req_len = REQ_MAX - 1, .resp_len = ROOM, .err = 0,
};

FIXTURE_VARIANT_ADD(length, request_max)
{
	.req_len = REQ_MAX, .resp_len = ROOM, .err = 0,
};

FIXTURE_VARIANT_ADD(length, request_max_plus_1)
{
	.req_len = REQ_MAX + 1, .resp_len = ROOM, .err = EMSGSIZE,
};

FIXTURE_VARIANT_ADD(length, request_sign_bit)
{
	.req_len = 1U << 31, .resp_len = ROOM, .err = EMSGSIZE,
};

FIXTURE_VARIANT_ADD(length, request_u32_max)
{
	.req_len = UINT32_MAX, .resp_len = ROOM, .err = EMSGSIZE,
};

FIXTURE_VARIANT_ADD(length, response_0)
{
	.req_len = SMALL_LEN, .resp_len = 0, .err = ENOBUFS,
	.needed = sizeof(struct emu_vdm),
};

FIXTURE_VARIANT_ADD(length, response_1)
{
	.req_len = SMALL_LEN, .resp_len = 1, .err = ENOBUFS,
	.needed = sizeof(struct emu_vdm),
};

FIXTURE_VARIANT_ADD(length, response_min_minus_1)
{
	.req_len = SMALL_LEN, .resp_len = sizeof(struct emu_vdm) - 1, .err = ENOBUFS,
	.needed = sizeof(struct emu_vdm),
};

FIXTURE_VARIANT_ADD(length, response_min)
{
	.req_len = SMALL_LEN, .resp_len = sizeof(struct emu_vdm), .err = ENOBUFS,
	.needed = SMALL_LEN, .dispatched = true,
};

FIXTURE_VARIANT_ADD(length, response_needed_minus_1)
{
	.req_len = SMALL_LEN, .resp_len = SMALL_LEN - 1, .err = ENOBUFS,
	.needed = SMALL_LEN, .dispatched = true,
};

FIXTURE_VARIANT_ADD(length, response_needed)
{
	.req_len = SMALL_LEN, .resp_len = SMALL_LEN, .err = 0,
	.dispatched = true,
};

FIXTURE_VARIANT_ADD(length, response_max_minus_1)
{
	.req_len = SMALL_LEN, .resp_len = RESP_MAX - 1, .err = 0,
	.dispatched = true,
};

FIXTURE_VARIANT_ADD(length, response_max)
{
	.req_len = SMALL_LEN, .resp_len = RESP_MAX, .err = 0,
	.dispatched = true,
};

FIXTURE_VARIANT_ADD(length, response_max_plus_1)
{
	.req_len = SMALL_LEN, .resp_len = RESP_MAX + 1, .err = EMSGSIZE,
};

FIXTURE_VARIANT_ADD(length, response_sign_bit)
{
	.req_len = SMALL_LEN, .resp_len = 1U << 31, .err = EMSGSIZE,
};

FIXTURE_VARIANT_ADD(length, response_u32_max)
{
	.req_len = SMALL_LEN, .resp_len = UINT32_MAX, .err = EMSGSIZE,
};

FIXTURE_SETUP(length)
{
	buffers_setup(_metadata, &self->b, NULL);
}

FIXTURE_TEARDOWN(length)
{
	teardown(&self->b.t);
}

TEST_F(length, of_info)
{
	struct tsm_test *t = &self->b.t;

	prepare_echo(&self->b, variant->req_len, self->b.resp, variant->resp_len);
	if (!variant->err) {
		expect_echo(_metadata, &self->b, variant->req_len);
		return;
	}

	ASSERT_EQ(-variant->err, send_cmd(_metadata, t));
	EXPECT_EQ(variant->dispatched ? IOMMU_VDEVICE_TSM_DISPATCHED : 0,
		  t->cmd.out_flags);
	EXPECT_EQ(variant->needed, t->cmd.out_resp_len);
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	EXPECT_EQ(t->count + variant->dispatched, count_requests(_metadata));
	for (u32 i = 0; i < ROOM; i++)
		ASSERT_EQ(POISON, self->b.resp[i]);
}

/* Nothing is dispatched of what changes a state, unless all of it can be done */
TEST_F(length, of_state_change)
{
	struct emu_vdm req = vdm(&self->b.t, EMU_VDM_RECONFIGURE);
	bool too_short = variant->resp_len < sizeof(req);
	u8 *resp = self->b.resp + ROOM - sizeof(req);
	struct tsm_test *t = &self->b.t;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	u32 req_len = variant->req_len;
	int err = variant->err;

	/* its length is one, so a longer one is as wrong as it can be */
	if (req_len == SMALL_LEN)
		req_len = sizeof(req);
	else if (req_len > sizeof(req))
		err = EMSGSIZE;
	/* and the response's is known before */
	if (err == ENOBUFS && !too_short)
		err = 0;

	lock(_metadata, t, nonce);
	prepare_echo(&self->b, req_len, resp, variant->resp_len);
	*(struct emu_vdm *)self->b.req = req;
	t->cmd.scope = SCOPE(STATE_CHANGE);
	ASSERT_EQ(-err, send_cmd(_metadata, t));
	EXPECT_EQ(err ? 0 : IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(t->count + !err, count_requests(_metadata));
	EXPECT_EQ(err && err != ENOBUFS ? 0 : sizeof(req), t->cmd.out_resp_len);
	EXPECT_EQ(err ? POISON : req.hdr.version, resp[0]);
	EXPECT_EQ(err ? PCI_TDISP_STATE_CONFIG_LOCKED : PCI_TDISP_STATE_ERROR,
		  get_state(_metadata, t));
}

/* An address where no request can be, and no response */
FIXTURE(address)
{
	struct tsm_test t;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	u64 uptr;
};

enum where {
	ADDRESS,
	UNMAPPED,
	LAST_BYTE_UNMAPPED,
};

FIXTURE_VARIANT(address)
{
	enum where where;
	u64 uptr;
};

FIXTURE_VARIANT_ADD(address, null)
{
	.uptr = 0,
};

FIXTURE_VARIANT_ADD(address, first_page)
{
	.uptr = 1,
};

FIXTURE_VARIANT_ADD(address, end_of_user_half)
{
	.uptr = 0x7ffffffffff0,
};

FIXTURE_VARIANT_ADD(address, not_canonical)
{
	.uptr = 0x800000000000,
};

FIXTURE_VARIANT_ADD(address, sign_bit)
{
	.uptr = 1ULL << 63,
};

FIXTURE_VARIANT_ADD(address, kernel_half)
{
	.uptr = 0xffff800000000000,
};

FIXTURE_VARIANT_ADD(address, kernel_memory)
{
	.uptr = 0xffff888000000000,
};

FIXTURE_VARIANT_ADD(address, kernel_text)
{
	.uptr = 0xffffffff81000000,
};

FIXTURE_VARIANT_ADD(address, last_page)
{
	.uptr = UINT64_MAX - 4095,
};

FIXTURE_VARIANT_ADD(address, wraps_around)
{
	.uptr = UINT64_MAX - 7,
};

FIXTURE_VARIANT_ADD(address, unmapped)
{
	.where = UNMAPPED,
};

FIXTURE_VARIANT_ADD(address, last_byte_unmapped)
{
	.where = LAST_BYTE_UNMAPPED,
};

FIXTURE_SETUP(address)
{
	u8 *map;

	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	lock(_metadata, &self->t, self->nonce);

	map = map_before_hole(_metadata, VDM_LEN);
	*(struct emu_vdm *)map = vdm(&self->t, EMU_VDM_ECHO);
	self->uptr = variant->uptr;
	if (variant->where == UNMAPPED)
		self->uptr = (uintptr_t)map + VDM_LEN;
	else if (variant->where == LAST_BYTE_UNMAPPED)
		self->uptr = (uintptr_t)map + 1;
}

FIXTURE_TEARDOWN(address)
{
	teardown(&self->t);
}

TEST_F(address, of_request)
{
	struct tsm_test *t = &self->t;

	prepare(t, SCOPE(INFO), NULL, VDM_LEN);
	t->cmd.req_uptr = self->uptr;
	expect_refused(_metadata, t, EFAULT, 0);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));
}

TEST_F(address, of_response_of_info)
{
	struct emu_vdm req = vdm(&self->t, EMU_VDM_ECHO);
	struct tsm_test *t = &self->t;

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_uptr = self->uptr;
	t->cmd.resp_len = sizeof(req);
	ASSERT_EQ(-EFAULT, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(0, t->cmd.out_resp_len);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
}

TEST_F(address, of_response_of_state_change)
{
	struct emu_vdm req = vdm(&self->t, EMU_VDM_RECONFIGURE);
	struct tsm_test *t = &self->t;

	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	t->cmd.resp_uptr = self->uptr;
	t->cmd.resp_len = sizeof(req);
	expect_refused(_metadata, t, EFAULT, 0);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));
}

/* Not even the outcome can be told, so nothing that matters may be done */
TEST_F(address, of_struct)
{
	unsigned long count = count_requests(_metadata);

	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST,
			    self->uptr));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(count, count_requests(_metadata));
}

/* Outputs that can't be written any more, or not yet */
FIXTURE(prefault)
{
	struct tsm_test t;
	struct tsm_thread thread;
	u8 *page;
};

FIXTURE_SETUP(prefault)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];

	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	lock(_metadata, &self->t, nonce);
	self->page = map_before_hole(_metadata, sysconf(_SC_PAGESIZE));
}

FIXTURE_TEARDOWN(prefault)
{
	teardown(&self->t);
}

static void prepare_reconfigure(struct tsm_test *t, struct emu_vdm *req,
				void *resp)
{
	*req = vdm(t, EMU_VDM_RECONFIGURE);
	prepare(t, SCOPE(STATE_CHANGE), req, sizeof(*req));
	t->cmd.resp_uptr = (uintptr_t)resp;
	t->cmd.resp_len = sizeof(*req);
}

TEST_F(prefault, readonly_response)
{
	struct tsm_test *t = &self->t;
	struct emu_vdm req;

	ASSERT_EQ(0, mprotect(self->page, 1, PROT_READ));
	prepare_reconfigure(t, &req, self->page);
	expect_refused(_metadata, t, EFAULT, 0);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));
}

TEST_F(prefault, readonly_struct)
{
	unsigned long count = count_requests(_metadata);
	struct tsm_test *t = &self->t;
	struct emu_vdm req;

	prepare_reconfigure(t, &req, t->resp);
	memcpy(self->page, &t->cmd, sizeof(t->cmd));
	ASSERT_EQ(0, mprotect(self->page, 1, PROT_READ));
	EXPECT_EQ(-1, ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST,
			    self->page));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(count, count_requests(_metadata));
	expect_poison_from(_metadata, t, 0);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));
}

/* The first half of the struct can be written, the outputs can't */
TEST_F(prefault, unwritable_outputs)
{
	size_t page_size = sysconf(_SC_PAGESIZE);
	unsigned long count = count_requests(_metadata);
	u8 *two = map_before_hole(_metadata, 2 * page_size);
	struct tsm_test *t = &self->t;
	struct emu_vdm req;
	u8 *cmd;

	cmd = two + page_size - offsetof(typeof(t->cmd), out_resp_len);
	prepare_reconfigure(t, &req, t->resp);
	memcpy(cmd, &t->cmd, sizeof(t->cmd));
	ASSERT_EQ(0, mprotect(two + page_size, page_size, PROT_READ));
	EXPECT_EQ(-1, ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, cmd));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(count, count_requests(_metadata));
	expect_poison_from(_metadata, t, 0);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));
}

/* Memory that was never touched is as good as any */
TEST_F(prefault, untouched_response)
{
	struct tsm_test *t = &self->t;
	struct emu_vdm req;

	prepare_reconfigure(t, &req, self->page);
	ASSERT_EQ(0, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(sizeof(req), t->cmd.out_resp_len);
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, get_state(_metadata, t));
}

/* What prefaulting is not proof against is told all the same */
TEST_F(prefault, unmapped_in_firmware)
{
	struct tsm_test *t = &self->t;
	struct emu_vdm req;
	int rc;

	prepare_reconfigure(t, &req, self->page);
	t->count = count_requests(_metadata);
	ASSERT_EQ(0, tsm_platform_stall(TSM_STALL_GUEST_REQ));
	ASSERT_EQ(0, tsm_thread_start(&self->thread, ioctl_request, t));
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	ASSERT_EQ(0, munmap(self->page, 1));
	ASSERT_EQ(0, tsm_platform_stall(0));
	ASSERT_EQ(0, tsm_thread_join(&self->thread, &rc));

	EXPECT_EQ(-EFAULT, rc);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(0, t->cmd.out_resp_len);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, get_state(_metadata, t));
}

/* Many long requests at once, in a control group of their own */
#define NR_LONG 16
#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/tsm-test"
/* For stacks, page tables and what the kernel charges ahead for each CPU */
#define MEMORY_SLACK (2UL << 20)

FIXTURE(memory)
{
	struct tsm_test t;
	u8 *req;
	struct long_request {
		struct tsm_test t;
		struct tsm_thread thread;
		u8 *resp;
	} many[NR_LONG];
};

static void enter_cgroup(struct __test_metadata *_metadata, const char *path)
{
	char procs[64];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	ASSERT_EQ(0, tsm_file_write(procs, "0"));
}

FIXTURE_SETUP(memory)
{
	if (tsm_file_mount("cgroup2", CGROUPS, CGROUPS "/cgroup.controllers") ||
	    tsm_file_write(CGROUPS "/cgroup.subtree_control", "+memory"))
		SKIP(return, "no memory control group (CONFIG_MEMCG)");
	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;

	self->req = map_before_hole(_metadata, REQ_MAX);
	memset(self->req, 0, REQ_MAX);
	*(struct emu_vdm *)self->req = vdm(&self->t, EMU_VDM_ECHO);
	for (int i = 0; i < NR_LONG; i++) {
		self->many[i].resp = map_before_hole(_metadata, REQ_MAX);
		memset(self->many[i].resp, 0, REQ_MAX);
	}
	rmdir(CGROUP);
	ASSERT_EQ(0, mkdir(CGROUP, 0700));
	enter_cgroup(_metadata, CGROUP);
}

FIXTURE_TEARDOWN(memory)
{
	teardown(&self->t);
	enter_cgroup(_metadata, CGROUPS);
	rmdir(CGROUP);
}

static unsigned long charged(struct __test_metadata *_metadata)
{
	unsigned long bytes;

	ASSERT_EQ(0, tsm_file_number(CGROUP "/memory.current", &bytes));
	return bytes;
}

static void start_long(struct __test_metadata *_metadata,
		       FIXTURE_DATA(memory) *self, int i)
{
	struct long_request *one = &self->many[i];

	one->t = self->t;
	prepare(&one->t, SCOPE(INFO), self->req, REQ_MAX);
	one->t.cmd.resp_uptr = (uintptr_t)one->resp;
	one->t.cmd.resp_len = RESP_MAX;
	ASSERT_EQ(0, tsm_thread_start(&one->thread, ioctl_request, &one->t));
}

/*
 * One is in the firmware, the others wait for it with all memory they take: a
 * request and a response each, by the table and not by the room that there is,
 * at the expense of the caller.
 */
TEST_F(memory, charged_and_bounded)
{
	const unsigned long need = 2UL * NR_LONG * REQ_MAX;
	unsigned long before, taken;
	int rc;

	ASSERT_EQ(0, tsm_platform_stall(TSM_STALL_GUEST_REQ));
	before = charged(_metadata);
	for (int i = 0; i < NR_LONG; i++)
		start_long(_metadata, self, i);
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	/* killable or not, it is where it has its memory */
	for (int i = 0; i < NR_LONG; i++)
		ASSERT_EQ(0, tsm_thread_wait_blocked(&self->many[i].thread));
	taken = charged(_metadata) - before;
	ASSERT_EQ(0, tsm_platform_stall(0));

	EXPECT_LE(need - need / 4, taken);
	EXPECT_GE(need + MEMORY_SLACK, taken);
	for (int i = 0; i < NR_LONG; i++) {
		ASSERT_EQ(0, tsm_thread_join(&self->many[i].thread, &rc));
		EXPECT_EQ(0, rc);
		EXPECT_EQ(REQ_MAX, self->many[i].t.cmd.out_resp_len);
	}
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
