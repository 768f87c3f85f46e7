// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU_VDEVICE_TSM_GUEST_REQUEST: a guest's way from lock to stop, each errno,
 * and the order of the checks. What depends on the scope, EACCES and EPERM among
 * it, is in scope.c; what depends on memory, EFAULT and ENOMEM among it, in
 * memory.c and withheld.c; EOPNOTSUPP of a TSM without guest requests in omitted.c.
 *
 * An error comes with all that the caller may rely on: where it says that
 * nothing happened, the platform's own count of requests must not have moved.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/caps.h"
#include "lib/held.h"
#include "lib/map.h"
#include "lib/test.h"
#include "lib/vdevice.h"

static_assert(sizeof(struct iommu_vdevice_tsm_guest_request) == 56,
	      "part of the UAPI");

#define NR_BARS 6

/* Exit status of a program that can't be run */
#define NO_COMPAT 100

/* Longest request that the TDISP table knows: START_INTERFACE */
#define TDISP_REQ_MAX sizeof(struct pci_tdisp_start_interface)

static u32 read_report(struct __test_metadata *_metadata, struct tsm_test *t,
		       u8 *report, u32 size)
{
	const struct pci_tdisp_interface_report_rsp *rsp = (void *)t->resp;
	struct pci_tdisp_get_interface_report req = {
		.hdr = tsm_tdi_header(t, PCI_TDISP_GET_INTERFACE_REPORT),
		.length = htole16(UINT16_MAX),
	};
	u32 len = 0, portion;

	do {
		req.offset = htole16(len);
		tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
		expect_ok(_metadata, t);
		ASSERT_LT(sizeof(*rsp), t->cmd.out_resp_len);
		portion = le16toh(rsp->portion_length);
		expect_response(_metadata, t, PCI_TDISP_GET_INTERFACE_REPORT,
				sizeof(*rsp) + portion);
		ASSERT_LE(len + portion, size);
		memcpy(report + len, rsp->report, portion);
		len += portion;
	} while (rsp->remainder_length);
	return len;
}

TEST_F(function, lock_attest_start_stop)
{
	const struct pci_tdisp_version *version = (void *)self->t.resp;
	const struct pci_tdisp_capabilities *caps = (void *)self->t.resp;
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct pci_tdisp_get_capabilities caps_req = {
		.hdr = tsm_tdi_header(&self->t, PCI_TDISP_GET_CAPABILITIES),
	};
	u8 nonce[PCI_TDISP_NONCE_LEN], report[1024];
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_bind_tdi(&t->s));

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_GET_VERSION, sizeof(*version) + 1);
	EXPECT_EQ(1, version->count);
	EXPECT_EQ(PCI_TDISP_VERSION_1_0, version->entry[0]);

	tsm_request_init(t, SCOPE(INFO), &caps_req, sizeof(caps_req));
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_GET_CAPABILITIES, sizeof(*caps));
	EXPECT_EQ(0xfe, caps->req_msgs_supported[0]);
	EXPECT_EQ(0x04, caps->req_msgs_supported[1]);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));

	ASSERT_EQ(0, tsm_tdi_lock(t, nonce));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
	EXPECT_LT(0, read_report(_metadata, t, report, sizeof(report)));

	nonce[0] ^= 1;
	EXPECT_EQ(-EREMOTEIO, tsm_tdi_start(t, nonce));
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_NONCE);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));

	nonce[0] ^= 1;
	ASSERT_EQ(0, tsm_tdi_start(t, nonce));
	expect_response(_metadata, t, PCI_TDISP_START_INTERFACE, sizeof(req));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));

	req = tsm_tdi_header(t, PCI_TDISP_STOP_INTERFACE);
	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_STOP_INTERFACE, sizeof(req));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

/* Size and address of the memory BARs, as the host has assigned them */
static int read_bars(struct __test_metadata *_metadata, struct tsm_test *t,
		     u64 addr[NR_BARS], u64 size[NR_BARS])
{
	unsigned long long from, to, flags;
	char path[128];
	FILE *file;
	int nr = 0;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource",
		 t->s.fn->bdf);
	file = fopen(path, "r");
	ASSERT_NE(NULL, file);
	for (int i = 0; i < NR_BARS; i++) {
		ASSERT_EQ(3, fscanf(file, "%llx %llx %llx", &from, &to, &flags));
		addr[i] = from;
		size[i] = to ? to - from + 1 : 0;
		nr += !!size[i];
	}
	fclose(file);
	return nr;
}

TEST_F(function, report_is_about_the_bars)
{
	struct pci_tdisp_lock_interface req = tsm_tdi_lock_req(&self->t);
	struct pci_tdisp_interface_report *report;
	u64 addr[NR_BARS], size[NR_BARS];
	struct tsm_test *t = &self->t;
	u64 offset = 0x123456000;
	u8 buf[1024];
	u32 count;
	int nr;

	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	req.mmio_reporting_offset = htole64(offset);
	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	EXPECT_EQ(0, t->cmd.out_tsm_code);

	nr = read_bars(_metadata, t, addr, size);
	ASSERT_LT(0, nr);
	ASSERT_LE(sizeof(*report), read_report(_metadata, t, buf, sizeof(buf)));
	report = (void *)buf;
	count = le32toh(report->mmio_range_count);
	ASSERT_EQ(nr, count);

	for (u32 i = 0; i < count; i++) {
		struct pci_tdisp_mmio_range *range = &report->mmio_range[i];
		u32 bar = le16toh(range->range_id);

		ASSERT_GT(NR_BARS, bar);
		ASSERT_NE(0, size[bar]);
		EXPECT_EQ((addr[bar] + offset) >> 12, le64toh(range->first_page));
		EXPECT_EQ(size[bar] >> 12, le32toh(range->pages));
		/* not twice */
		size[bar] = 0;
	}
}

/* The host takes the TDI away; a request must not reach what comes after */
TEST_F(function, enxio_after_disconnect)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_tdi_run(t));

	do_step(_metadata, &self->t, tsm_disconnect);
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);
	EXPECT_EQ(-ENXIO, tsm_bind_tdi(&t->s));

	do_step(_metadata, &self->t, tsm_connect);
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));

	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

/* A bound function, for requests that must be refused */
FIXTURE(bound)
{
	struct tsm_test t;
};

FIXTURE_SETUP(bound)
{
	setup_bound(_metadata, &self->t, "pf0", false);
}

FIXTURE_TEARDOWN(bound)
{
	teardown(&self->t);
}

/* Not even the outputs are written where the kernel does not know them */
TEST_F(bound, einval_short_struct)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	const u32 sizes[] = { 0, sizeof(u32), sizeof(self->t.cmd) - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		tsm_request_init(&self->t, SCOPE(INFO), &req, sizeof(req));
		self->t.cmd.size = sizes[i];
		expect_unheard(_metadata, &self->t, EINVAL);
	}
}

/* What is behind the structure is not zero, see tsm_request_init() */
TEST_F(bound, e2big_struct)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);

	tsm_request_init(&self->t, SCOPE(INFO), &req, sizeof(req));
	self->t.cmd.size += 1;
	expect_unheard(_metadata, &self->t, E2BIG);
	tsm_request_init(&self->t, SCOPE(INFO), &req, sizeof(req));
	self->t.cmd.size += sizeof(self->t.behind);
	expect_unheard(_metadata, &self->t, E2BIG);
}

TEST_F(bound, einval_empty_request)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);

	tsm_request_init(&self->t, SCOPE(INFO), &req, 0);
	expect_refused(_metadata, &self->t, EINVAL, 0);
}

TEST_F(bound, enoent_no_vdevice)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.vdevice_id = INT32_MAX;
	expect_unheard(_metadata, t, ENOENT);

	/* an object, but of another kind */
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.vdevice_id = t->s.viommu_id;
	expect_unheard(_metadata, t, ENOENT);
}

TEST_F(bound, enxio_not_bound)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_tdi_run(t));
	EXPECT_EQ(0, tsm_unbind_tdi(&t->s));
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);

	/* nor has a new vDEVICE ever been */
	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_alloc_vdevice);
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);
}

TEST_F(bound, eprotonosupport_other_types)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	for (u32 bit = 0; bit < 32; bit++) {
		tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
		t->cmd.tsm_type ^= 1U << bit;
		expect_refused(_metadata, t, EPROTONOSUPPORT, 0);
	}
}

TEST_F(bound, emsgsize_request_above_interface)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	const u32 lens[] = {
		IOMMU_VDEVICE_TSM_REQ_LEN_MAX + 1, 1U << 31, UINT32_MAX
	};

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		tsm_request_init(&self->t, SCOPE(INFO), &req, lens[i]);
		expect_refused(_metadata, &self->t, EMSGSIZE, 0);
	}
}

TEST_F(bound, emsgsize_response_above_interface)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	const u32 lens[] = {
		IOMMU_VDEVICE_TSM_RESP_LEN_MAX + 1, 1U << 31, UINT32_MAX
	};

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		tsm_request_init(&self->t, SCOPE(INFO), &req, sizeof(req));
		self->t.cmd.resp_len = lens[i];
		expect_refused(_metadata, &self->t, EMSGSIZE, 0);
	}
}

/* Nothing is read that is longer than any message, hence no EFAULT either */
TEST_F(bound, emsgsize_request_above_table)
{
	tsm_request_init(&self->t, SCOPE(INFO), NULL, TDISP_REQ_MAX + 1);
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
	tsm_request_init(&self->t, SCOPE(INFO), NULL, IOMMU_VDEVICE_TSM_REQ_LEN_MAX);
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

TEST_F(bound, emsgsize_of_message)
{
	struct {
		struct pci_tdisp_lock_interface lock;
		u8 more;
	} __packed req = { .lock = tsm_tdi_lock_req(&self->t) };

	tsm_request_init(&self->t, SCOPE(STATE_CHANGE), &req, sizeof(req.lock) - 1);
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
	tsm_request_init(&self->t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

TEST_F(bound, ebadmsg_undecodable)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);

	tsm_request_init(&self->t, SCOPE(INFO), &req, 1);
	expect_refused(_metadata, &self->t, EBADMSG, 0);
	tsm_request_init(&self->t, SCOPE(INFO), &req, sizeof(req) - 1);
	expect_refused(_metadata, &self->t, EBADMSG, 0);

	req.reserved[0] = 1;
	tsm_request_init(&self->t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, &self->t, EBADMSG, 0);
}

/* All three ioctls, see compat32.c */
TEST_F(bound, vmm_of_32_bits)
{
	struct tsm_test *t = &self->t;
	char fd[16], id[16], rid[16];
	int status;
	pid_t pid;

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	snprintf(fd, sizeof(fd), "%d", t->s.iommufd);
	snprintf(id, sizeof(id), "%u", t->s.vdevice_id);
	snprintf(rid, sizeof(rid), "%llu", (unsigned long long)t->s.virt_id);
	pid = fork();
	if (!pid) {
		execl("./compat32", "compat32", fd, id, rid, NULL);
		_exit(errno == ENOEXEC || errno == ENOENT ? NO_COMPAT : UINT8_MAX);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_COMPAT)
		SKIP(return, "no programs of 32 bits (x86, CONFIG_IA32_EMULATION)");
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* Default deny: whatever the scope, what is not in the table is not sent */
TEST_F(bound, ebadmsg_not_in_table)
{
	for (u32 type = 0; type <= UINT8_MAX; type++) {
		struct pci_tdisp_header req = tsm_tdi_header(&self->t, type);

		if (type >= PCI_TDISP_GET_VERSION &&
		    type <= PCI_TDISP_SET_MMIO_ATTRIBUTE)
			continue;
		tsm_request_init(&self->t, SCOPE(STATE_CHANGE), &req, sizeof(req));
		expect_refused(_metadata, &self->t, EBADMSG, 0);
	}
}

TEST_F(bound, enobufs_before_state_change)
{
	struct pci_tdisp_lock_interface req = tsm_tdi_lock_req(&self->t);
	u32 needed = sizeof(struct pci_tdisp_lock_interface_rsp);
	struct tsm_test *t = &self->t;

	for (u32 room = 0; room < needed; room++) {
		tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
		t->cmd.resp_len = room;
		expect_refused(_metadata, t, ENOBUFS, needed);
	}
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));

	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	t->cmd.resp_len = needed;
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_LOCK_INTERFACE, needed);
}

/* How long a response is that only the TSM knows, repeated calls find out */
TEST_F(bound, enobufs_of_info)
{
	struct pci_tdisp_get_capabilities req = {
		.hdr = tsm_tdi_header(&self->t, PCI_TDISP_GET_CAPABILITIES),
	};
	u32 min = sizeof(struct pci_tdisp_error_rsp);
	u32 needed = sizeof(struct pci_tdisp_capabilities);
	struct tsm_test *t = &self->t;

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = min - 1;
	expect_refused(_metadata, t, ENOBUFS, min);
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = 0;
	t->cmd.resp_uptr = 0;
	expect_refused(_metadata, t, ENOBUFS, min);

	/* long enough for the table, too short for what the TSM has to say */
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = min;
	ASSERT_EQ(-ENOBUFS, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(needed, t->cmd.out_resp_len);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
	expect_poison_from(_metadata, t, 0);

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = needed;
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_GET_CAPABILITIES, needed);
}

/* What the TSM does not like is its answer, no error of the ioctl */
TEST_F(bound, refusal_by_tsm_is_an_answer)
{
	struct pci_tdisp_header later = tsm_tdi_header(&self->t,
						       PCI_TDISP_GET_INTERFACE_STATE);
	struct pci_tdisp_lock_interface req = tsm_tdi_lock_req(&self->t);
	u8 nonce[PCI_TDISP_NONCE_LEN] = {};
	struct tsm_test *t = &self->t;

	EXPECT_EQ(-EREMOTEIO, tsm_tdi_start(t, nonce));
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);

	/* a guest names a function that is not its own */
	req.hdr.function_id = htole32(t->s.virt_id + 1);
	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_INTERFACE);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));

	/* a later minor version is for the device to judge */
	later.version = PCI_TDISP_VERSION_1_0 + 1;
	tsm_request_init(t, SCOPE(INFO), &later, sizeof(later));
	expect_ok(_metadata, t);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_VERSION_MISMATCH);

	req = tsm_tdi_lock_req(t);
	req.flags = htole16(PCI_TDISP_LOCK_BIND_P2P);
	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_REQUEST);

	ASSERT_EQ(0, tsm_tdi_lock(t, nonce));
	req = tsm_tdi_lock_req(t);
	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
}

/* A TSM driver that fails, which the TSM's debug messages make it do */
FIXTURE(driver)
{
	struct tsm_test t;
};

FIXTURE_SETUP(driver)
{
	setup_bound(_metadata, &self->t, "pf0", true);
}

FIXTURE_TEARDOWN(driver)
{
	teardown(&self->t);
}

/*
 * It says that it wrote more than there was room for, that it succeeded with less than
 * the shortest response, or that it needs room which there is or can't be. It is blamed
 */
TEST_F(driver, eio_dispatched)
{
	const enum emu_vdm_code codes[] = {
		EMU_VDM_OVERRUN, EMU_VDM_EMPTY, EMU_VDM_NEEDS_LESS, EMU_VDM_NEEDS_MORE,
	};
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_OVERRUN);
	const char *blame = "TSM driver bug";
	struct tsm_kmsg now, all;
	struct tsm_test *t = &self->t;
	char text[512];

	ASSERT_EQ(0, tsm_kmsg_open(&now, false));
	for (size_t i = 0; i < 2 * ARRAY_SIZE(codes); i++) {
		req.code = codes[i % ARRAY_SIZE(codes)];
		tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
		ASSERT_EQ(-EIO, send_cmd(_metadata, t));
		EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
		EXPECT_EQ(0, t->cmd.out_resp_len);
		EXPECT_EQ(0, t->cmd.out_tsm_code);
		EXPECT_EQ(t->count + 1, count_requests(_metadata));
		expect_poison_from(_metadata, t, 0);
		/* once, and that may have been before this test */
		EXPECT_GE(!i, tsm_kmsg_count(&now, blame));
	}

	/* a log that is still whole has it */
	ASSERT_EQ(0, tsm_kmsg_open(&all, true));
	if (!tsm_kmsg_next(&all, text, sizeof(text))) {
		EXPECT_EQ(1, tsm_kmsg_count(&all, blame));
	} else {
		TH_LOG("the log has lost its start, so its complaints can't be counted");
	}
	tsm_kmsg_close(&all);
	tsm_kmsg_close(&now);
}

/* A request, and another operation of the same DSM that keeps it waiting */
FIXTURE(busy)
{
	struct tsm_test t;
	struct tsm_test first;
	struct tsm_test sibling;
	struct tsm_held held;
};

FIXTURE_SETUP(busy)
{
	tsm_setup_init(&self->sibling.s, NULL);
	if (setup_bound(_metadata, &self->t, "pf0", false) ||
	    setup_vdevice(_metadata, &self->sibling, "fn1", false))
		return;
	self->first = self->t;
}

FIXTURE_TEARDOWN(busy)
{
	tsm_platform_let_go();
	tsm_setup_close(&self->sibling.s);
	teardown(&self->t);
}

static void expect_eintr(struct __test_metadata *_metadata,
			 FIXTURE_DATA(busy) *self)
{
	unsigned long count = count_requests(_metadata);
	struct tsm_waiter w = { .what = "request" };

	ASSERT_EQ(0, tsm_waiter_start(&w, tsm_call_request, &self->t,
				      TSM_INTERRUPTIBLE, "pci_tsm_guest_req"));
	EXPECT_EQ(-EINTR, tsm_waiter_interrupt(&w));
	EXPECT_EQ(count, count_requests(_metadata));
	expect_not_dispatched(_metadata, &self->t, 0);
	/* the one that came first was not disturbed */
	EXPECT_EQ(0, tsm_unhold(&self->held));
}

TEST_F(busy, eintr_behind_request)
{
	ASSERT_EQ(0, tsm_hold(&self->held, TSM_EMU_STALL_GUEST_REQ, tsm_call_request,
			      &self->first));
	expect_eintr(_metadata, self);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, self->first.cmd.out_flags);
}

TEST_F(busy, eintr_behind_bind)
{
	ASSERT_EQ(0, tsm_hold(&self->held, TSM_EMU_STALL_BIND, tsm_call_bind_tdi,
			      &self->sibling));
	expect_eintr(_metadata, self);
}

/*
 * The order of the checks, by requests that are wrong in two ways: what the
 * caller may do comes before what it would do that with, and nothing is looked
 * at that was not found to be there.
 */
FIXTURE(order)
{
	struct tsm_test t;
	struct pci_tdisp_lock_interface req;
};

FIXTURE_SETUP(order)
{
	if (setup_bound(_metadata, &self->t, "pf0", false))
		return;
	self->req = tsm_tdi_lock_req(&self->t);
	tsm_request_init(&self->t, SCOPE(STATE_CHANGE), &self->req, sizeof(self->req));
}

FIXTURE_TEARDOWN(order)
{
	teardown(&self->t);
}

TEST_F(order, scope_before_lengths)
{
	self->t.cmd.scope = NR_SCOPES;
	self->t.cmd.req_len = 0;
	expect_refused(_metadata, &self->t, EOPNOTSUPP, 0);
}

TEST_F(order, empty_before_privilege)
{
	ASSERT_EQ(0, tsm_caps_set_rawio(false));
	self->t.cmd.scope = SCOPE(DEBUG_WRITE);
	self->t.cmd.req_len = 0;
	expect_refused(_metadata, &self->t, EINVAL, 0);
}

TEST_F(order, request_length_before_binding)
{
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	self->t.cmd.req_len = IOMMU_VDEVICE_TSM_REQ_LEN_MAX + 1;
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

TEST_F(order, response_length_before_binding)
{
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	self->t.cmd.resp_len = IOMMU_VDEVICE_TSM_RESP_LEN_MAX + 1;
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

TEST_F(order, privilege_before_binding)
{
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	ASSERT_EQ(0, tsm_caps_set_rawio(false));
	self->t.cmd.scope = SCOPE(DEBUG_WRITE);
	expect_refused(_metadata, &self->t, EPERM, 0);
}

TEST_F(order, binding_before_protocol)
{
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	self->t.cmd.tsm_type = IOMMU_TSM_TYPE_CCA;
	expect_refused(_metadata, &self->t, ENXIO, 0);
}

TEST_F(order, protocol_before_its_lengths)
{
	self->t.cmd.tsm_type = IOMMU_TSM_TYPE_CCA;
	self->t.cmd.req_len = TDISP_REQ_MAX + 1;
	expect_refused(_metadata, &self->t, EPROTONOSUPPORT, 0);
}

TEST_F(order, protocol_before_memory)
{
	self->t.cmd.tsm_type = IOMMU_TSM_TYPE_CCA;
	self->t.cmd.req_uptr = 0;
	expect_refused(_metadata, &self->t, EPROTONOSUPPORT, 0);
}

TEST_F(order, length_before_class)
{
	self->t.cmd.scope = SCOPE(INFO);
	self->t.cmd.req_len--;
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

/* Nor does a refused caller learn how long a response would be */
TEST_F(order, class_before_room)
{
	self->t.cmd.scope = SCOPE(INFO);
	self->t.cmd.resp_len = 0;
	expect_refused(_metadata, &self->t, EACCES, 0);
}

TEST_F(order, room_before_outputs)
{
	self->t.cmd.resp_len = 1;
	self->t.cmd.resp_uptr = 0;
	expect_refused(_metadata, &self->t, ENOBUFS,
		       sizeof(struct pci_tdisp_lock_interface_rsp));
}

/* A refusal is not hidden by a structure that it can't be reported in */
TEST_F(order, class_before_copy_back)
{
	struct iommu_vdevice_tsm_guest_request *cmd;
	long page = sysconf(_SC_PAGESIZE);

	cmd = tsm_map_before_hole(page);
	ASSERT_NE(NULL, cmd);
	self->t.cmd.scope = SCOPE(INFO);
	*cmd = self->t.cmd;
	ASSERT_EQ(0, mprotect(cmd, page, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST,
			    cmd));
	EXPECT_EQ(EACCES, errno);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
