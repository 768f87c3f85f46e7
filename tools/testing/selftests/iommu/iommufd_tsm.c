// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU_VDEVICE_TSM_OP, _GUEST_REQUEST and _INFO on the emulated TEE I/O
 * platform (CONFIG_TSM_EMU), whose TSM takes bare TDISP messages.
 *
 * An error must come with all that the caller may rely on: where it says that
 * nothing happened, the platform's own count of requests must not have moved.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tsm_exhaust.h"
#include "tsm_test.h"
#include "tsm_thread.h"

#define OMIT_OPS_FILE TSM_PLATFORM_PARAMS "/omit_ops"
#define OMIT_TDI 1
#define OMIT_GUEST_REQ 2

#define MAX_MSGS 64
#define NR_BARS 6

/* Longest request that the TDISP table knows: START_INTERFACE */
#define TDISP_REQ_MAX sizeof(struct pci_tdisp_start_interface)

/* What the specification says of each message, not what the driver says */
static const struct {
	u8 type;
	u8 class;
	u8 req_len;
} tdisp_msgs[] = {
	{ PCI_TDISP_GET_VERSION, SCOPE(INFO), 16 },
	{ PCI_TDISP_GET_CAPABILITIES, SCOPE(INFO), 20 },
	{ PCI_TDISP_LOCK_INTERFACE, SCOPE(STATE_CHANGE), 36 },
	{ PCI_TDISP_GET_INTERFACE_REPORT, SCOPE(INFO), 20 },
	{ PCI_TDISP_GET_INTERFACE_STATE, SCOPE(INFO), 16 },
	{ PCI_TDISP_START_INTERFACE, SCOPE(STATE_CHANGE), 48 },
	{ PCI_TDISP_STOP_INTERFACE, SCOPE(STATE_CHANGE), 16 },
	{ PCI_TDISP_BIND_P2P_STREAM, SCOPE(STATE_CHANGE), 17 },
	{ PCI_TDISP_UNBIND_P2P_STREAM, SCOPE(STATE_CHANGE), 17 },
	{ PCI_TDISP_SET_MMIO_ATTRIBUTE, SCOPE(STATE_CHANGE), 32 },
};

static u32 read_report(struct __test_metadata *_metadata, struct tsm_test *t,
		       u8 *report, u32 size)
{
	const struct pci_tdisp_interface_report_rsp *rsp = (void *)t->resp;
	struct pci_tdisp_get_interface_report req = {
		.hdr = header(t, PCI_TDISP_GET_INTERFACE_REPORT),
		.length = htole16(UINT16_MAX),
	};
	u32 len = 0, portion;

	do {
		req.offset = htole16(len);
		prepare(t, SCOPE(INFO), &req, sizeof(req));
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

/* Any function, as far as its vDEVICE */
FIXTURE(tsm)
{
	struct tsm_test t;
};

FIXTURE_VARIANT(tsm)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(tsm, pf0)
{
	.name = "pf0",
};

FIXTURE_VARIANT_ADD(tsm, fn1)
{
	.name = "fn1",
};

FIXTURE_VARIANT_ADD(tsm, vf)
{
	.name = "vf",
};

FIXTURE_SETUP(tsm)
{
	setup_vdevice(_metadata, &self->t, variant->name, false);
}

FIXTURE_TEARDOWN(tsm)
{
	teardown(&self->t);
}

TEST_F(tsm, lock_attest_start_stop)
{
	const struct pci_tdisp_version *version = (void *)self->t.resp;
	const struct pci_tdisp_capabilities *caps = (void *)self->t.resp;
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	struct pci_tdisp_get_capabilities caps_req = {
		.hdr = header(&self->t, PCI_TDISP_GET_CAPABILITIES),
	};
	u8 nonce[PCI_TDISP_NONCE_LEN], report[1024];
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, bind_tdi(t));

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_GET_VERSION, sizeof(*version) + 1);
	EXPECT_EQ(1, version->count);
	EXPECT_EQ(PCI_TDISP_VERSION_1_0, version->entry[0]);

	prepare(t, SCOPE(INFO), &caps_req, sizeof(caps_req));
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_GET_CAPABILITIES, sizeof(*caps));
	EXPECT_EQ(0xfe, caps->req_msgs_supported[0]);
	EXPECT_EQ(0x04, caps->req_msgs_supported[1]);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));

	lock(_metadata, t, nonce);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));
	EXPECT_LT(0, read_report(_metadata, t, report, sizeof(report)));

	nonce[0] ^= 1;
	start(_metadata, t, nonce);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_NONCE);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));

	nonce[0] ^= 1;
	start(_metadata, t, nonce);
	expect_response(_metadata, t, PCI_TDISP_START_INTERFACE, sizeof(req));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, get_state(_metadata, t));

	req = header(t, PCI_TDISP_STOP_INTERFACE);
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_STOP_INTERFACE, sizeof(req));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
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

TEST_F(tsm, report_is_about_the_bars)
{
	struct pci_tdisp_lock_interface req = lock_req(&self->t);
	struct pci_tdisp_interface_report *report;
	u64 addr[NR_BARS], size[NR_BARS];
	struct tsm_test *t = &self->t;
	u64 offset = 0x123456000;
	u8 buf[1024];
	u32 count;
	int nr;

	ASSERT_EQ(0, bind_tdi(t));
	req.mmio_reporting_offset = htole64(offset);
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
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

/* A guest names a function that is not its own */
TEST_F(tsm, other_function)
{
	struct pci_tdisp_lock_interface req = lock_req(&self->t);
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, bind_tdi(t));
	req.hdr.function_id = htole32(t->s.virt_id + 1);
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_INTERFACE);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
}

TEST_F(tsm, enxio_never_bound)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);
}

TEST_F(tsm, enxio_between_two_binds)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	EXPECT_EQ(0, unbind_tdi(t));
	ASSERT_EQ(0, bind_tdi(t));
	run(_metadata, t);

	EXPECT_EQ(0, unbind_tdi(t));
	EXPECT_EQ(0, unbind_tdi(t));
	prepare(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);

	ASSERT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
}

TEST_F(tsm, bind_eexist)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, bind_tdi(t));
	EXPECT_EQ(-EEXIST, bind_tdi(t));
	run(_metadata, t);
	EXPECT_EQ(-EEXIST, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, get_state(_metadata, t));
}

TEST_F(tsm, info_follows_the_function)
{
	struct tsm_test *t = &self->t;

	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, info_state(_metadata, t));
	ASSERT_EQ(0, bind_tdi(t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, info_state(_metadata, t));
	ASSERT_EQ(0, unbind_tdi(t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, info_state(_metadata, t));
	do_step(_metadata, &self->t, tsm_disconnect);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, info_state(_metadata, t));
}

TEST_F(tsm, bind_enxio_unconnected)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, &self->t, tsm_disconnect);
	EXPECT_EQ(-ENXIO, bind_tdi(t));
	do_step(_metadata, &self->t, tsm_connect);
	EXPECT_EQ(0, bind_tdi(t));
}

/* The host takes the TDI away; a request must not reach what comes after */
TEST_F(tsm, enxio_after_disconnect)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, bind_tdi(t));
	run(_metadata, t);

	do_step(_metadata, &self->t, tsm_disconnect);
	prepare(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);
	EXPECT_EQ(-ENXIO, bind_tdi(t));

	do_step(_metadata, &self->t, tsm_connect);
	prepare(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);
	EXPECT_EQ(0, unbind_tdi(t));

	ASSERT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
}

TEST_F(tsm, destroy_of_vdevice_unbinds)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, bind_tdi(t));
	run(_metadata, t);

	EXPECT_EQ(0, tsm_destroy_vdevice(&t->s));
	do_step(_metadata, &self->t, tsm_alloc_vdevice);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, info_state(_metadata, t));
	ASSERT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
}

/* All that is left open is closed, then the next VM gets the function */
static void expect_next_vm(struct __test_metadata *_metadata, struct tsm_test *t)
{
	const struct tsm_function *fn = t->s.fn;

	tsm_setup_close(&t->s);
	tsm_setup_init(&t->s, fn);
	do_step(_metadata, t, tsm_assign);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, info_state(_metadata, t));
	ASSERT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
}

static void close_first(struct __test_metadata *_metadata, struct tsm_test *t,
			int *fd)
{
	ASSERT_EQ(0, bind_tdi(t));
	run(_metadata, t);
	EXPECT_EQ(0, close(*fd));
	*fd = -1;
}

TEST_F(tsm, close_vm_first)
{
	close_first(_metadata, &self->t, &self->t.s.vm);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, get_state(_metadata, &self->t));
	expect_next_vm(_metadata, &self->t);
}

TEST_F(tsm, close_iommufd_first)
{
	close_first(_metadata, &self->t, &self->t.s.iommufd);
	expect_next_vm(_metadata, &self->t);
}

TEST_F(tsm, close_device_first)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	close_first(_metadata, t, &t->s.cdev);
	/* KVM's reference on the file keeps the device open */
	EXPECT_EQ(PCI_TDISP_STATE_RUN, get_state(_metadata, t));

	EXPECT_EQ(0, close(t->s.kvm_vfio));
	t->s.kvm_vfio = -1;
	prepare(t, SCOPE(INFO), &req, sizeof(req));
	expect_unheard(_metadata, t, ENOENT);
	expect_next_vm(_metadata, t);
}

TEST_F(tsm, death_of_vmm_unbinds)
{
	struct tsm_test *t = &self->t;
	int status;
	pid_t pid;

	tsm_setup_close(&t->s);
	tsm_setup_init(&t->s, tsm_find_function(variant->name));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (!tsm_assign(&t->s) && !bind_tdi(t))
			raise(SIGKILL);
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	expect_next_vm(_metadata, t);
}

/* What the host sees, without a vDEVICE */
static bool is_bound(struct __test_metadata *_metadata, const struct tsm_test *t)
{
	char path[128], tsm[32];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/tsm/bound",
		 t->s.fn->bdf);
	ASSERT_EQ(0, tsm_file_read(path, tsm, sizeof(tsm)));
	return tsm[0];
}

/* The order of the documentation: no step of it is refused */
TEST_F(tsm, take_down_in_order)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, bind_tdi(t));
	run(_metadata, t);
	EXPECT_TRUE(is_bound(_metadata, t));

	do_step(_metadata, t, tsm_unbind_tdi);
	EXPECT_FALSE(is_bound(_metadata, t));
	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_detach);
	do_step(_metadata, t, tsm_destroy_viommu);
	do_step(_metadata, t, tsm_destroy_hwpt);
	do_step(_metadata, t, tsm_destroy_ioas);
	do_step(_metadata, t, tsm_remove_device_from_vm);
	do_step(_metadata, t, tsm_close_device);
	do_step(_metadata, t, tsm_close_iommufd);
	do_step(_metadata, t, tsm_close_vm);
	expect_next_vm(_metadata, t);
}

/* A TDI that runs, for a VMM that lets go of things in another order */
FIXTURE(tsm_running)
{
	struct tsm_test t;
};

FIXTURE_SETUP(tsm_running)
{
	if (setup_bound(_metadata, &self->t, "pf0", false))
		return;
	run(_metadata, &self->t);
}

FIXTURE_TEARDOWN(tsm_running)
{
	teardown(&self->t);
}

/* The documented order works from where it is, then the next VM gets the function */
static void expect_release(struct __test_metadata *_metadata, struct tsm_test *t)
{
	do_step(_metadata, t, tsm_release);
	expect_next_vm(_metadata, t);
}

/* It is VFIO's, and goes with the close of the VFIO device only */
static int destroy_device(struct tsm_setup *s)
{
	return tsm_destroy(s, &s->dev_id, "device");
}

TEST_F(tsm_running, ebusy_of_all_in_use)
{
	const tsm_step steps[] = {
		destroy_device, tsm_destroy_viommu, tsm_destroy_hwpt, tsm_destroy_ioas
	};
	struct tsm_test *t = &self->t;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		EXPECT_EQ(-EBUSY, steps[i](&t->s)) {
			TH_LOG("step %zu: %s", i, t->s.error);
		}
	}
	EXPECT_EQ(PCI_TDISP_STATE_RUN, get_state(_metadata, t));
	expect_release(_metadata, t);
}

TEST_F(tsm_running, ebusy_of_hwpt_with_viommu)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_detach);
	EXPECT_EQ(-EBUSY, tsm_destroy_hwpt(&t->s));
	expect_release(_metadata, t);
}

TEST_F(tsm_running, ebusy_of_hwpt_while_attached)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_destroy_viommu);
	EXPECT_EQ(-EBUSY, tsm_destroy_hwpt(&t->s));
	expect_release(_metadata, t);
}

TEST_F(tsm_running, ebusy_of_ioas_with_hwpt)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_detach);
	do_step(_metadata, t, tsm_destroy_viommu);
	EXPECT_EQ(-EBUSY, tsm_destroy_ioas(&t->s));
	expect_release(_metadata, t);
}

TEST_F(tsm_running, ebusy_of_device_without_vdevice)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_destroy_vdevice);
	do_step(_metadata, t, tsm_detach);
	EXPECT_EQ(-EBUSY, destroy_device(&t->s));
	expect_release(_metadata, t);
}

/* Neither that nor the end of KVM's reference is an end of the TDI */
TEST_F(tsm_running, detach_first)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_detach);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, get_state(_metadata, t));
	do_step(_metadata, t, tsm_remove_device_from_vm);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, get_state(_metadata, t));
	expect_release(_metadata, t);
}

/* It takes the vDEVICE and the attachment along, the rest can be destroyed */
TEST_F(tsm_running, close_device_before_destroy)
{
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_remove_device_from_vm);
	do_step(_metadata, t, tsm_close_device);
	EXPECT_FALSE(is_bound(_metadata, t));
	EXPECT_EQ(-ENOENT, tsm_destroy_vdevice(&t->s));
	EXPECT_EQ(-ENOENT, destroy_device(&t->s));

	t->s.vdevice_id = 0;
	t->s.attached = false;
	expect_release(_metadata, t);
}

/* Asks for a vDEVICE until it is gone */
struct asker {
	struct tsm_test t;
	bool asked;
};

static int call_ask(void *data)
{
	struct asker *a = data;
	int rc;

	do {
		struct iommu_vdevice_tsm_info cmd = {
			.vdevice_id = a->t.s.vdevice_id,
		};

		rc = ioctl_info(&a->t, &cmd);
		__atomic_store_n(&a->asked, true, __ATOMIC_RELEASE);
	} while (!rc);
	return rc;
}

/* An ioctl that looks it up at that moment may make it EBUSY, then try again */
TEST_F(tsm_running, destroy_of_vdevice_beside_ioctls)
{
	struct tsm_test *t = &self->t;
	unsigned int busy = 0;
	int rc;

	for (int i = 0; i < 50; i++) {
		struct asker a = { .t = *t };
		struct tsm_thread thread;

		ASSERT_EQ(0, tsm_thread_start(&thread, call_ask, &a));
		while (!__atomic_load_n(&a.asked, __ATOMIC_ACQUIRE))
			;
		while ((rc = tsm_destroy_vdevice(&t->s)) == -EBUSY)
			busy++;
		ASSERT_EQ(0, rc);
		ASSERT_EQ(0, tsm_thread_join(&thread, &rc));
		EXPECT_EQ(-ENOENT, rc);
		do_step(_metadata, t, tsm_alloc_vdevice);
	}
	TH_LOG("EBUSY %u times", busy);
	expect_release(_metadata, t);
}

/* A VMM that forgets the reference of KVM is in the way of the next one */
TEST_F(tsm_running, kvm_keeps_device_open)
{
	struct tsm_test *t = &self->t;
	struct tsm_test next;

	do_step(_metadata, t, tsm_close_device);
	tsm_setup_init(&next.s, t->s.fn);
	do_step(_metadata, &next, tsm_open_iommufd);
	do_step(_metadata, &next, tsm_open_device);
	EXPECT_EQ(-EINVAL, tsm_bind_iommufd(&next.s));
	EXPECT_TRUE(is_bound(_metadata, t));

	do_step(_metadata, t, tsm_close_vm);
	EXPECT_FALSE(is_bound(_metadata, t));
	do_step(_metadata, &next, tsm_bind_iommufd);
	tsm_setup_close(&next.s);
	expect_next_vm(_metadata, t);
}

#define NR_FDS 4

/* The TDI goes with the last reference on the VFIO device file, be it KVM's */
static void close_in_order(struct __test_metadata *_metadata, struct tsm_test *t,
			   const unsigned int order[NR_FDS])
{
	int *fds[NR_FDS] = { &t->s.cdev, &t->s.kvm_vfio, &t->s.iommufd, &t->s.vm };

	for (int i = 0; i < NR_FDS; i++) {
		int *fd = fds[order[i]];

		EXPECT_EQ(0, close(*fd));
		*fd = -1;
		EXPECT_EQ(t->s.cdev >= 0 || t->s.kvm_vfio >= 0,
			  is_bound(_metadata, t)) {
			TH_LOG("close %d of the order %u %u %u %u", i, order[0],
			       order[1], order[2], order[3]);
		}
	}
	expect_next_vm(_metadata, t);
	run(_metadata, t);
}

TEST_F_TIMEOUT(tsm_running, close_in_any_order, 120)
{
	unsigned int order[NR_FDS], count = 0;

	for (unsigned int i = 0; i < 1 << 2 * NR_FDS; i++) {
		unsigned int seen = 0;

		for (int j = 0; j < NR_FDS; j++) {
			order[j] = i >> 2 * j & 3;
			seen |= 1 << order[j];
		}
		/* each once */
		if (seen != (1 << NR_FDS) - 1)
			continue;
		close_in_order(_metadata, &self->t, order);
		count++;
	}
	EXPECT_EQ(24, count);
}

/* A bound function, for requests that must be refused */
FIXTURE(tsm_bound)
{
	struct tsm_test t;
};

FIXTURE_SETUP(tsm_bound)
{
	setup_bound(_metadata, &self->t, "pf0", false);
}

FIXTURE_TEARDOWN(tsm_bound)
{
	teardown(&self->t);
}

/* The rules for the size of a structure, on a command that would succeed */
struct sized_cmd {
	unsigned long nr;
	const void *good;
	u32 size;
};

static int call_sized(struct tsm_test *t, const struct sized_cmd *c, u32 size,
		      u8 tail)
{
	u8 cmd[128] = {};

	memcpy(cmd, c->good, c->size);
	*(u32 *)cmd = size;
	cmd[c->size] = tail;
	return ioctl(t->s.iommufd, c->nr, cmd) ? -errno : 0;
}

static void check_short(struct __test_metadata *_metadata, struct tsm_test *t,
			const struct sized_cmd *c)
{
	unsigned long count = count_requests(_metadata);

	EXPECT_EQ(-EINVAL, call_sized(t, c, c->size - 1, 0));
	EXPECT_EQ(-EINVAL, call_sized(t, c, sizeof(u32), 0));
	EXPECT_EQ(-EINVAL, call_sized(t, c, 0, 0));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, info_state(_metadata, t));
	EXPECT_EQ(count, count_requests(_metadata));
	EXPECT_EQ(0, call_sized(t, c, c->size, UINT8_MAX));
}

static void check_tail(struct __test_metadata *_metadata, struct tsm_test *t,
		       const struct sized_cmd *c)
{
	unsigned long count = count_requests(_metadata);

	EXPECT_EQ(-E2BIG, call_sized(t, c, c->size + 1, UINT8_MAX));
	EXPECT_EQ(-E2BIG, call_sized(t, c, c->size + 8, 1));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, info_state(_metadata, t));
	EXPECT_EQ(count, count_requests(_metadata));
	EXPECT_EQ(0, call_sized(t, c, c->size + 1, 0));
}

typedef void (*size_check)(struct __test_metadata *_metadata,
			   struct tsm_test *t, const struct sized_cmd *c);

static void check_size_of_request(struct __test_metadata *_metadata,
				  struct tsm_test *t, size_check check)
{
	const struct sized_cmd c = {
		IOMMU_VDEVICE_TSM_GUEST_REQUEST, &t->cmd, 56
	};
	struct pci_tdisp_header req = header(t, PCI_TDISP_GET_VERSION);

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	check(_metadata, t, &c);
}

static void check_size_of_info(struct __test_metadata *_metadata,
			       struct tsm_test *t, size_check check)
{
	struct iommu_vdevice_tsm_info cmd = { .vdevice_id = t->s.vdevice_id };
	const struct sized_cmd c = { IOMMU_VDEVICE_TSM_INFO, &cmd, 48 };

	check(_metadata, t, &c);
}

static void check_size_of_op(struct __test_metadata *_metadata,
			     struct tsm_test *t, size_check check)
{
	struct iommu_vdevice_tsm_op cmd = {
		.type = IOMMU_VDEVICE_TSM_UNBIND,
		.vdevice_id = t->s.vdevice_id,
	};
	const struct sized_cmd c = { IOMMU_VDEVICE_TSM_OP, &cmd, 16 };

	check(_metadata, t, &c);
}

TEST_F(tsm_bound, einval_short_struct)
{
	check_size_of_request(_metadata, &self->t, check_short);
}

TEST_F(tsm_bound, e2big_struct)
{
	check_size_of_request(_metadata, &self->t, check_tail);
}

TEST_F(tsm_bound, info_einval_short_struct)
{
	check_size_of_info(_metadata, &self->t, check_short);
}

TEST_F(tsm_bound, info_e2big_struct)
{
	check_size_of_info(_metadata, &self->t, check_tail);
}

TEST_F(tsm_bound, op_einval_short_struct)
{
	check_size_of_op(_metadata, &self->t, check_short);
}

TEST_F(tsm_bound, op_e2big_struct)
{
	check_size_of_op(_metadata, &self->t, check_tail);
}

TEST_F(tsm_bound, einval_empty_request)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);

	prepare(&self->t, SCOPE(INFO), &req, 0);
	expect_refused(_metadata, &self->t, EINVAL, 0);
}

TEST_F(tsm_bound, eopnotsupp_unknown_scope)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);

	prepare(&self->t, NR_SCOPES, &req, sizeof(req));
	expect_refused(_metadata, &self->t, EOPNOTSUPP, 0);
	prepare(&self->t, UINT32_MAX, &req, sizeof(req));
	expect_refused(_metadata, &self->t, EOPNOTSUPP, 0);
}

TEST_F(tsm_bound, enoent_no_vdevice)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.vdevice_id = INT32_MAX;
	expect_unheard(_metadata, t, ENOENT);

	/* an object, but of another kind */
	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.vdevice_id = t->s.viommu_id;
	expect_unheard(_metadata, t, ENOENT);
}

TEST_F(tsm_bound, eprotonosupport_other_types)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	for (u32 bit = 0; bit < 32; bit++) {
		prepare(t, SCOPE(INFO), &req, sizeof(req));
		t->cmd.tsm_type ^= 1U << bit;
		expect_refused(_metadata, t, EPROTONOSUPPORT, 0);
	}
}

TEST_F(tsm_bound, emsgsize_request_above_interface)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);

	prepare(&self->t, SCOPE(INFO), &req, IOMMU_VDEVICE_TSM_REQ_LEN_MAX + 1);
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
	prepare(&self->t, SCOPE(INFO), &req, UINT32_MAX);
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

TEST_F(tsm_bound, emsgsize_response_above_interface)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = IOMMU_VDEVICE_TSM_RESP_LEN_MAX + 1;
	expect_refused(_metadata, t, EMSGSIZE, 0);
	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = UINT32_MAX;
	expect_refused(_metadata, t, EMSGSIZE, 0);
}

/* Nothing is read that is longer than any message, hence no EFAULT either */
TEST_F(tsm_bound, emsgsize_request_above_table)
{
	prepare(&self->t, SCOPE(INFO), NULL, TDISP_REQ_MAX + 1);
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
	prepare(&self->t, SCOPE(INFO), NULL, IOMMU_VDEVICE_TSM_REQ_LEN_MAX);
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

TEST_F(tsm_bound, emsgsize_below_message)
{
	u8 req[TDISP_REQ_MAX] = {};

	for (size_t i = 0; i < ARRAY_SIZE(tdisp_msgs); i++) {
		u32 len = tdisp_msgs[i].req_len;

		/* less than a header is not even a message */
		if (len == sizeof(struct pci_tdisp_header))
			continue;
		*(struct pci_tdisp_header *)req = header(&self->t, tdisp_msgs[i].type);
		prepare(&self->t, SCOPE(STATE_CHANGE), req, len - 1);
		expect_refused(_metadata, &self->t, EMSGSIZE, 0);
	}
}

TEST_F(tsm_bound, emsgsize_above_message)
{
	u8 req[TDISP_REQ_MAX + 1] = {};

	for (size_t i = 0; i < ARRAY_SIZE(tdisp_msgs); i++) {
		*(struct pci_tdisp_header *)req = header(&self->t, tdisp_msgs[i].type);
		prepare(&self->t, SCOPE(STATE_CHANGE), req,
			tdisp_msgs[i].req_len + 1);
		expect_refused(_metadata, &self->t, EMSGSIZE, 0);
	}
}

TEST_F(tsm_bound, ebadmsg_shorter_than_header)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);

	for (u32 len = 1; len < sizeof(req); len++) {
		prepare(&self->t, SCOPE(INFO), &req, len);
		expect_refused(_metadata, &self->t, EBADMSG, 0);
	}
}

TEST_F(tsm_bound, ebadmsg_malformed_header)
{
	struct pci_tdisp_header req[] = {
		header(&self->t, PCI_TDISP_GET_VERSION),
		header(&self->t, PCI_TDISP_GET_VERSION & ~PCI_TDISP_REQ),
		header(&self->t, PCI_TDISP_GET_VERSION),
		header(&self->t, PCI_TDISP_GET_VERSION),
		header(&self->t, PCI_TDISP_GET_VERSION),
	};

	req[0].version = 0x20;
	req[2].reserved[0] = 1;
	req[3].reserved[1] = 1;
	req[4].reserved_id = 1;
	for (size_t i = 0; i < ARRAY_SIZE(req); i++) {
		prepare(&self->t, SCOPE(INFO), &req[i], sizeof(req[i]));
		expect_refused(_metadata, &self->t, EBADMSG, 0);
	}
}

/* Default deny: whatever the scope, what is not in the table is not sent */
TEST_F(tsm_bound, ebadmsg_not_in_table)
{
	for (u32 type = 0; type <= UINT8_MAX; type++) {
		struct pci_tdisp_header req = header(&self->t, type);
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(tdisp_msgs); i++)
			known |= tdisp_msgs[i].type == type;
		if (known)
			continue;
		prepare(&self->t, SCOPE(DEBUG_WRITE), &req, sizeof(req));
		expect_refused(_metadata, &self->t, EBADMSG, 0);
	}
}

/* Each message with each scope: sent or refused as the scope's row says */
static void check_scope(struct __test_metadata *_metadata, struct tsm_test *t,
			u32 scope)
{
	u8 req[TDISP_REQ_MAX] = {};

	for (size_t i = 0; i < ARRAY_SIZE(tdisp_msgs); i++) {
		*(struct pci_tdisp_header *)req = header(t, tdisp_msgs[i].type);
		prepare(t, scope, req, tdisp_msgs[i].req_len);
		if (admitted[scope][tdisp_msgs[i].class])
			expect_ok(_metadata, t);
		else
			expect_refused(_metadata, t, EACCES, 0);
	}
}

TEST_F(tsm_bound, eacces_scope_info)
{
	check_scope(_metadata, &self->t, SCOPE(INFO));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, &self->t));
}

TEST_F(tsm_bound, eacces_scope_state_change)
{
	check_scope(_metadata, &self->t, SCOPE(STATE_CHANGE));
}

TEST_F(tsm_bound, eacces_scope_debug_read)
{
	check_scope(_metadata, &self->t, SCOPE(DEBUG_READ));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, &self->t));
}

TEST_F(tsm_bound, eacces_scope_debug_write)
{
	check_scope(_metadata, &self->t, SCOPE(DEBUG_WRITE));
}

/* A running TDI is not stopped by whoever may only read */
TEST_F(tsm_bound, eacces_leaves_running)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_STOP_INTERFACE);

	run(_metadata, &self->t);
	prepare(&self->t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, &self->t, EACCES, 0);
	prepare(&self->t, SCOPE(DEBUG_READ), &req, sizeof(req));
	expect_refused(_metadata, &self->t, EACCES, 0);
	EXPECT_EQ(PCI_TDISP_STATE_RUN, get_state(_metadata, &self->t));
}

TEST_F(tsm_bound, eperm_without_rawio)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);

	ASSERT_EQ(0, set_rawio(false));
	prepare(&self->t, SCOPE(DEBUG_WRITE), &req, sizeof(req));
	expect_refused(_metadata, &self->t, EPERM, 0);
	/* all others take no privilege */
	for (u32 scope = 0; scope < SCOPE(DEBUG_WRITE); scope++) {
		prepare(&self->t, scope, &req, sizeof(req));
		expect_ok(_metadata, &self->t);
	}

	ASSERT_EQ(0, set_rawio(true));
	prepare(&self->t, SCOPE(DEBUG_WRITE), &req, sizeof(req));
	expect_ok(_metadata, &self->t);
}

TEST_F(tsm_bound, enobufs_before_state_change)
{
	struct pci_tdisp_lock_interface req = lock_req(&self->t);
	u32 needed = sizeof(struct pci_tdisp_lock_interface_rsp);
	struct tsm_test *t = &self->t;

	for (u32 room = 0; room < needed; room++) {
		prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
		t->cmd.resp_len = room;
		expect_refused(_metadata, t, ENOBUFS, needed);
	}
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));

	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	t->cmd.resp_len = needed;
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_LOCK_INTERFACE, needed);
}

/* How long a response is that only the TSM knows, two calls find out */
TEST_F(tsm_bound, enobufs_of_info)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	u32 min = sizeof(struct pci_tdisp_version);
	struct tsm_test *t = &self->t;

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = min - 1;
	expect_refused(_metadata, t, ENOBUFS, min);

	/* long enough for the table, too short for what the TSM has to say */
	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = min;
	ASSERT_EQ(-ENOBUFS, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(min + 1, t->cmd.out_resp_len);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
	expect_poison_from(_metadata, t, 0);

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = min + 1;
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_GET_VERSION, min + 1);
}

TEST_F(tsm_bound, enobufs_without_room)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);

	prepare(&self->t, SCOPE(INFO), &req, sizeof(req));
	self->t.cmd.resp_len = 0;
	self->t.cmd.resp_uptr = 0;
	expect_refused(_metadata, &self->t, ENOBUFS,
		       sizeof(struct pci_tdisp_version));
}

TEST_F(tsm_bound, efault_request)
{
	u32 len = sizeof(struct pci_tdisp_header);
	long page = sysconf(_SC_PAGESIZE);
	char *map = map_last_page(_metadata, PROT_READ | PROT_WRITE);
	struct pci_tdisp_header *req = (void *)(map + page - len);

	*req = header(&self->t, PCI_TDISP_GET_VERSION);
	prepare(&self->t, SCOPE(INFO), req, len);
	expect_ok(_metadata, &self->t);

	/* the last byte is out of reach */
	memmove((char *)req + 1, req, len - 1);
	prepare(&self->t, SCOPE(INFO), (char *)req + 1, len);
	expect_refused(_metadata, &self->t, EFAULT, 0);

	prepare(&self->t, SCOPE(INFO), NULL, len);
	expect_refused(_metadata, &self->t, EFAULT, 0);

	/* a kernel address */
	prepare(&self->t, SCOPE(INFO), (void *)(1UL << 63), len);
	expect_refused(_metadata, &self->t, EFAULT, 0);
}

/* The TSM was asked and only its answer got lost, which DISPATCHED tells */
TEST_F(tsm_bound, efault_response_of_info)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	void *map = map_last_page(_metadata, PROT_READ);
	struct tsm_test *t = &self->t;

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_uptr = (uintptr_t)map;
	ASSERT_EQ(-EFAULT, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(0, t->cmd.out_resp_len);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
}

/* No state is changed whose answer can't be delivered */
TEST_F(tsm_bound, efault_response_of_state_change)
{
	struct pci_tdisp_lock_interface req = lock_req(&self->t);
	u32 len = sizeof(struct pci_tdisp_lock_interface_rsp);
	struct tsm_test *t = &self->t;
	long page = sysconf(_SC_PAGESIZE);
	char *map;

	map = map_last_page(_metadata, PROT_READ);
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	t->cmd.resp_uptr = (uintptr_t)map;
	expect_refused(_metadata, t, EFAULT, 0);

	/* only the last byte of the response is out of reach */
	map = map_last_page(_metadata, PROT_READ | PROT_WRITE);
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	t->cmd.resp_uptr = (uintptr_t)map + page - len + 1;
	expect_refused(_metadata, t, EFAULT, 0);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));

	/* room that no response can fill need not be there */
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	t->cmd.resp_uptr = (uintptr_t)map + page - len;
	t->cmd.resp_len = IOMMU_VDEVICE_TSM_RESP_LEN_MAX;
	ASSERT_EQ(0, send_cmd(_metadata, t));
	EXPECT_EQ(len, t->cmd.out_resp_len);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));
}

/* A structure that can't be written, by a request that @changes the state */
static void check_readonly_cmd(struct __test_metadata *_metadata,
			       struct tsm_test *t, u32 scope, const void *req,
			       u32 len, bool changes)
{
	struct iommu_vdevice_tsm_guest_request *cmd =
		map_last_page(_metadata, PROT_READ | PROT_WRITE);
	unsigned long count = count_requests(_metadata);

	prepare(t, scope, req, len);
	*cmd = t->cmd;
	ASSERT_EQ(0, mprotect(cmd, sizeof(*cmd), PROT_READ));
	EXPECT_EQ(-1, ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, cmd));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(count + !changes, count_requests(_metadata));
}

TEST_F(tsm_bound, efault_struct_of_info)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);

	check_readonly_cmd(_metadata, &self->t, SCOPE(INFO), &req, sizeof(req),
			   false);
}

TEST_F(tsm_bound, efault_struct_of_state_change)
{
	struct pci_tdisp_lock_interface req = lock_req(&self->t);

	check_readonly_cmd(_metadata, &self->t, SCOPE(STATE_CHANGE), &req,
			   sizeof(req), true);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, &self->t));
}

/* A refusal is not hidden by the structure that it can't be reported in */
TEST_F(tsm_bound, eacces_before_efault)
{
	struct pci_tdisp_lock_interface req = lock_req(&self->t);
	struct iommu_vdevice_tsm_guest_request *cmd =
		map_last_page(_metadata, PROT_READ | PROT_WRITE);

	prepare(&self->t, SCOPE(INFO), &req, sizeof(req));
	*cmd = self->t.cmd;
	ASSERT_EQ(0, mprotect(cmd, sizeof(*cmd), PROT_READ));
	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST,
			    cmd));
	EXPECT_EQ(EACCES, errno);
}

/* What the TSM does not like is its answer, no error of the ioctl */
TEST_F(tsm_bound, tsm_errors_are_answers)
{
	struct pci_tdisp_header version = header(&self->t, PCI_TDISP_GET_VERSION);
	struct pci_tdisp_lock_interface req = lock_req(&self->t);
	u8 nonce[PCI_TDISP_NONCE_LEN] = {};
	struct tsm_test *t = &self->t;

	start(_metadata, t, nonce);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);

	/* a later minor version is for the device to judge */
	version.version = PCI_TDISP_VERSION_1_0 + 1;
	prepare(t, SCOPE(INFO), &version, sizeof(version));
	expect_ok(_metadata, t);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_VERSION_MISMATCH);

	req.flags = htole16(PCI_TDISP_LOCK_BIND_P2P);
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_REQUEST);

	lock(_metadata, t, nonce);
	req = lock_req(t);
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
}

TEST_F(tsm_bound, info_without_messages)
{
	struct iommu_vdevice_tsm_info cmd = {};

	info(_metadata, &self->t, &cmd);
	EXPECT_EQ(IOMMU_TSM_TYPE_TDISP, cmd.out_tsm_type);
	EXPECT_EQ(ARRAY_SIZE(tdisp_msgs), cmd.num_msgs);
}

/* The table is what the specification says, and its summary is right */
TEST_F(tsm_bound, info_table)
{
	struct iommu_tsm_msg msgs[MAX_MSGS];
	struct iommu_vdevice_tsm_info cmd = {
		.num_msgs = MAX_MSGS,
		.msgs_uptr = (uintptr_t)msgs,
	};
	u32 scopes = 0, req_max = 0, resp_max = 0;

	info(_metadata, &self->t, &cmd);
	ASSERT_EQ(ARRAY_SIZE(tdisp_msgs), cmd.num_msgs);
	for (u32 i = 0; i < cmd.num_msgs; i++) {
		EXPECT_EQ(tdisp_msgs[i].type, msgs[i].id);
		EXPECT_EQ(tdisp_msgs[i].class, msgs[i].scope);
		EXPECT_EQ(tdisp_msgs[i].req_len, msgs[i].req_min);
		EXPECT_EQ(tdisp_msgs[i].req_len, msgs[i].req_max);
		EXPECT_LT(0, msgs[i].resp_min);
		EXPECT_LE(msgs[i].resp_min, msgs[i].resp_max);
		scopes |= 1 << msgs[i].scope;
		req_max = msgs[i].req_max > req_max ? msgs[i].req_max : req_max;
		resp_max = msgs[i].resp_max > resp_max ? msgs[i].resp_max : resp_max;
	}
	EXPECT_EQ(scopes, cmd.out_scopes);
	EXPECT_EQ(req_max, cmd.out_req_len_max);
	EXPECT_EQ(resp_max, cmd.out_resp_len_max);
}

/* As many entries as fit are written, and not a byte more */
TEST_F(tsm_bound, info_room_for_messages)
{
	for (u32 room = 1; room <= ARRAY_SIZE(tdisp_msgs) + 1; room++) {
		struct iommu_tsm_msg msgs[MAX_MSGS];
		struct iommu_vdevice_tsm_info cmd = {
			.num_msgs = room,
			.msgs_uptr = (uintptr_t)msgs,
		};
		u32 written = room < ARRAY_SIZE(tdisp_msgs) ?
			      room : ARRAY_SIZE(tdisp_msgs);
		u8 *bytes = (u8 *)msgs;

		memset(msgs, POISON, sizeof(msgs));
		info(_metadata, &self->t, &cmd);
		EXPECT_EQ(ARRAY_SIZE(tdisp_msgs), cmd.num_msgs);
		for (u32 i = 0; i < written; i++)
			EXPECT_EQ(tdisp_msgs[i].type, msgs[i].id);
		for (size_t i = written * sizeof(msgs[0]); i < sizeof(msgs); i++)
			ASSERT_EQ(POISON, bytes[i]);
	}
}

/* No memory for more messages than there can be */
TEST_F(tsm_bound, info_huge_room)
{
	struct iommu_tsm_msg msgs[MAX_MSGS];
	struct iommu_vdevice_tsm_info cmd = {
		.num_msgs = UINT32_MAX,
		.msgs_uptr = (uintptr_t)msgs,
	};

	info(_metadata, &self->t, &cmd);
	EXPECT_EQ(ARRAY_SIZE(tdisp_msgs), cmd.num_msgs);
}

TEST_F(tsm_bound, info_eopnotsupp)
{
	struct iommu_vdevice_tsm_info cmd = {
		.vdevice_id = self->t.s.vdevice_id,
		.flags = 1,
	};

	EXPECT_EQ(-EOPNOTSUPP, ioctl_info(&self->t, &cmd));
	cmd.flags = 0;
	cmd.__reserved = 1;
	EXPECT_EQ(-EOPNOTSUPP, ioctl_info(&self->t, &cmd));
}

TEST_F(tsm_bound, info_enoent)
{
	struct iommu_vdevice_tsm_info cmd = { .vdevice_id = INT32_MAX };

	EXPECT_EQ(-ENOENT, ioctl_info(&self->t, &cmd));
	cmd.vdevice_id = self->t.s.viommu_id;
	EXPECT_EQ(-ENOENT, ioctl_info(&self->t, &cmd));
}

/* What does not depend on the messages is there all the same */
TEST_F(tsm_bound, info_efault)
{
	struct iommu_vdevice_tsm_info cmd = {
		.vdevice_id = self->t.s.vdevice_id,
		.num_msgs = 1,
	};

	EXPECT_EQ(-EFAULT, ioctl_info(&self->t, &cmd));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, cmd.out_state);
	EXPECT_EQ(ARRAY_SIZE(tdisp_msgs), cmd.num_msgs);
}

/*
 * The order of the checks, by requests that are wrong in two ways: what the
 * caller may do comes before what it would do that with, and nothing is looked
 * at that was not found to be there.
 */
FIXTURE(tsm_order)
{
	struct tsm_test t;
	struct pci_tdisp_lock_interface req;
};

FIXTURE_SETUP(tsm_order)
{
	if (setup_bound(_metadata, &self->t, "pf0", false))
		return;
	self->req = lock_req(&self->t);
	prepare(&self->t, SCOPE(STATE_CHANGE), &self->req, sizeof(self->req));
}

FIXTURE_TEARDOWN(tsm_order)
{
	teardown(&self->t);
}

TEST_F(tsm_order, scope_before_lengths)
{
	self->t.cmd.scope = NR_SCOPES;
	self->t.cmd.req_len = 0;
	expect_refused(_metadata, &self->t, EOPNOTSUPP, 0);
}

TEST_F(tsm_order, empty_before_privilege)
{
	ASSERT_EQ(0, set_rawio(false));
	self->t.cmd.scope = SCOPE(DEBUG_WRITE);
	self->t.cmd.req_len = 0;
	expect_refused(_metadata, &self->t, EINVAL, 0);
}

TEST_F(tsm_order, request_length_before_binding)
{
	ASSERT_EQ(0, unbind_tdi(&self->t));
	self->t.cmd.req_len = IOMMU_VDEVICE_TSM_REQ_LEN_MAX + 1;
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

TEST_F(tsm_order, response_length_before_binding)
{
	ASSERT_EQ(0, unbind_tdi(&self->t));
	self->t.cmd.resp_len = IOMMU_VDEVICE_TSM_RESP_LEN_MAX + 1;
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

TEST_F(tsm_order, privilege_before_binding)
{
	ASSERT_EQ(0, unbind_tdi(&self->t));
	ASSERT_EQ(0, set_rawio(false));
	self->t.cmd.scope = SCOPE(DEBUG_WRITE);
	expect_refused(_metadata, &self->t, EPERM, 0);
}

TEST_F(tsm_order, binding_before_protocol)
{
	ASSERT_EQ(0, unbind_tdi(&self->t));
	self->t.cmd.tsm_type = IOMMU_TSM_TYPE_CCA;
	expect_refused(_metadata, &self->t, ENXIO, 0);
}

TEST_F(tsm_order, protocol_before_its_lengths)
{
	self->t.cmd.tsm_type = IOMMU_TSM_TYPE_CCA;
	self->t.cmd.req_len = TDISP_REQ_MAX + 1;
	expect_refused(_metadata, &self->t, EPROTONOSUPPORT, 0);
}

TEST_F(tsm_order, protocol_before_memory)
{
	self->t.cmd.tsm_type = IOMMU_TSM_TYPE_CCA;
	self->t.cmd.req_uptr = 0;
	expect_refused(_metadata, &self->t, EPROTONOSUPPORT, 0);
}

TEST_F(tsm_order, length_before_class)
{
	self->t.cmd.scope = SCOPE(INFO);
	self->t.cmd.req_len--;
	expect_refused(_metadata, &self->t, EMSGSIZE, 0);
}

/* Nor does a refused caller learn how long a response would be */
TEST_F(tsm_order, class_before_room)
{
	self->t.cmd.scope = SCOPE(INFO);
	self->t.cmd.resp_len = 0;
	expect_refused(_metadata, &self->t, EACCES, 0);
}

TEST_F(tsm_order, room_before_outputs)
{
	self->t.cmd.resp_len = 1;
	self->t.cmd.resp_uptr = 0;
	expect_refused(_metadata, &self->t, ENOBUFS,
		       sizeof(struct pci_tdisp_lock_interface_rsp));
}

/* A function that the host has prepared, for what a VMM can do wrong with it */
FIXTURE(tsm_op)
{
	struct tsm_test t;
};

FIXTURE_SETUP(tsm_op)
{
	setup_host(_metadata, &self->t, "pf0", false);
}

FIXTURE_TEARDOWN(tsm_op)
{
	tsm_platform_bind_other_vm(0);
	teardown(&self->t);
}

TEST_F(tsm_op, bind_enodev_without_vm)
{
	do_step(_metadata, &self->t, tsm_open_iommufd);
	do_step(_metadata, &self->t, tsm_open_device);
	do_step(_metadata, &self->t, tsm_bind_iommufd);
	do_step(_metadata, &self->t, tsm_attach);
	do_step(_metadata, &self->t, tsm_alloc_viommu);
	do_step(_metadata, &self->t, tsm_alloc_vdevice);
	EXPECT_EQ(-ENODEV, bind_tdi(&self->t));
	EXPECT_EQ(0, unbind_tdi(&self->t));
}

/* iommufd learns the VM when the device is bound to it, and not later */
TEST_F(tsm_op, bind_enodev_vm_too_late)
{
	do_step(_metadata, &self->t, tsm_open_iommufd);
	do_step(_metadata, &self->t, tsm_create_vm);
	do_step(_metadata, &self->t, tsm_open_device);
	do_step(_metadata, &self->t, tsm_bind_iommufd);
	do_step(_metadata, &self->t, tsm_add_device_to_vm);
	do_step(_metadata, &self->t, tsm_attach);
	do_step(_metadata, &self->t, tsm_alloc_viommu);
	do_step(_metadata, &self->t, tsm_alloc_vdevice);
	EXPECT_EQ(-ENODEV, bind_tdi(&self->t));
}

TEST_F(tsm_op, bind_eoverflow)
{
	self->t.s.virt_id = 1ULL << 32 | TSM_GUEST_RID;
	do_step(_metadata, &self->t, tsm_assign);
	EXPECT_EQ(-EOVERFLOW, bind_tdi(&self->t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED,
		  info_state(_metadata, &self->t));
}

TEST_F(tsm_op, largest_virt_id)
{
	self->t.s.virt_id = UINT32_MAX;
	do_step(_metadata, &self->t, tsm_assign);
	ASSERT_EQ(0, bind_tdi(&self->t));
	run(_metadata, &self->t);
}

TEST_F(tsm_op, eopnotsupp_type_or_flags)
{
	struct iommu_vdevice_tsm_op op = { .size = sizeof(op) };

	do_step(_metadata, &self->t, tsm_assign);
	op.vdevice_id = self->t.s.vdevice_id;

	op.type = 0;
	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VDEVICE_TSM_OP, &op));
	EXPECT_EQ(EOPNOTSUPP, errno);
	op.type = IOMMU_VDEVICE_TSM_UNBIND + 1;
	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VDEVICE_TSM_OP, &op));
	EXPECT_EQ(EOPNOTSUPP, errno);

	op.flags = 1;
	op.type = IOMMU_VDEVICE_TSM_BIND;
	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VDEVICE_TSM_OP, &op));
	EXPECT_EQ(EOPNOTSUPP, errno);
	op.type = IOMMU_VDEVICE_TSM_UNBIND;
	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VDEVICE_TSM_OP, &op));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED,
		  info_state(_metadata, &self->t));
}

/* Where the host has a function */
static u16 host_rid(struct __test_metadata *_metadata,
		    const struct tsm_function *fn)
{
	unsigned int domain, bus, dev, func;
	int nr = sscanf(fn->bdf, "%x:%x:%x.%u", &domain, &bus, &dev, &func);

	ASSERT_EQ(4, nr);
	return bus << 8 | dev << 3 | func;
}

/* What another VM has is nothing to bind, nor to unbind or to ask */
TEST_F(tsm_op, bind_ebusy_bound_to_another_vm)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	u16 rid = host_rid(_metadata, self->t.s.fn);
	struct tsm_test *t = &self->t;
	unsigned long bound;

	do_step(_metadata, t, tsm_assign);
	ASSERT_EQ(0, tsm_platform_bind_other_vm(rid));
	EXPECT_EQ(-EBUSY, bind_tdi(t));

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	expect_refused(_metadata, t, ENXIO, 0);
	EXPECT_EQ(0, unbind_tdi(t));
	EXPECT_EQ(0, tsm_platform_other_vm_is_bound(&bound));
	EXPECT_EQ(1, bound);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, info_state(_metadata, t));

	ASSERT_EQ(0, tsm_platform_bind_other_vm(0));
	EXPECT_EQ(0, bind_tdi(t));
	EXPECT_EQ(-EBUSY, tsm_platform_bind_other_vm(rid));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
}

/* Whoever binds without VFIO is not asked before the function goes */
TEST_F(tsm_op, removal_unbinds_of_another_vm)
{
	unsigned long bound;
	struct tsm_test vf;

	tsm_setup_init(&vf.s, tsm_find_function("vf"));
	do_step(_metadata, &vf, tsm_prepare_host);
	ASSERT_EQ(0, tsm_platform_bind_other_vm(host_rid(_metadata, vf.s.fn)));
	EXPECT_EQ(0, tsm_platform_other_vm_is_bound(&bound));
	EXPECT_EQ(1, bound);

	EXPECT_EQ(0, tsm_set_vfs(vf.s.fn, 0));
	EXPECT_EQ(0, tsm_platform_other_vm_is_bound(&bound));
	EXPECT_EQ(0, bound);
	do_step(_metadata, &vf, tsm_prepare_host);
	expect_next_vm(_metadata, &vf);
}

/* A bind that comes after the unbind of its binding would outlive its owner */
TEST_F(tsm_op, bind_enxio_called_off)
{
	u16 rid = host_rid(_metadata, self->t.s.fn);

	EXPECT_EQ(-ENXIO, tsm_platform_bind_called_off(rid));
	do_step(_metadata, &self->t, tsm_assign);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED,
		  info_state(_metadata, &self->t));
	EXPECT_EQ(0, bind_tdi(&self->t));
}

TEST_F(tsm_op, enoent)
{
	do_step(_metadata, &self->t, tsm_assign);
	self->t.s.vdevice_id = INT32_MAX;
	EXPECT_EQ(-ENOENT, bind_tdi(&self->t));
	EXPECT_EQ(-ENOENT, unbind_tdi(&self->t));
	self->t.s.vdevice_id = self->t.s.viommu_id;
	EXPECT_EQ(-ENOENT, bind_tdi(&self->t));
	EXPECT_EQ(-ENOENT, unbind_tdi(&self->t));
}

/* A bound function and its sibling, for a DSM that is kept busy with one */
FIXTURE(tsm_busy)
{
	struct tsm_test t;
	struct tsm_test first;
	struct tsm_test sibling;
	struct pci_tdisp_header req;
	struct tsm_thread holder;
	struct tsm_thread waiter;
};

FIXTURE_SETUP(tsm_busy)
{
	struct tsm_test *t = &self->t;

	tsm_setup_init(&self->sibling.s, NULL);
	if (setup_bound(_metadata, t, "pf0", false) ||
	    setup_vdevice(_metadata, &self->sibling, "fn1", false))
		return;
	self->req = header(t, PCI_TDISP_GET_VERSION);
	self->first = *t;
}

FIXTURE_TEARDOWN(tsm_busy)
{
	let_go();
	tsm_setup_close(&self->sibling.s);
	teardown(&self->t);
}

/* Nobody gets past the bind of the sibling */
static void hold_by_bind(struct __test_metadata *_metadata,
			 FIXTURE_DATA(tsm_busy) *self)
{
	ASSERT_EQ(0, tsm_platform_stall(TSM_STALL_BIND));
	ASSERT_EQ(0, tsm_thread_start(&self->holder, call_bind_tdi, &self->sibling));
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
}

/* Nobody gets past the request of another thread */
static void hold_by_request(struct __test_metadata *_metadata,
			    FIXTURE_DATA(tsm_busy) *self)
{
	ASSERT_EQ(0, tsm_platform_stall(TSM_STALL_GUEST_REQ));
	prepare(&self->first, SCOPE(INFO), &self->req, sizeof(self->req));
	ASSERT_EQ(0, tsm_thread_start(&self->holder, ioctl_request, &self->first));
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
}

/* The call waits for who holds the DSM, until it is interrupted */
static void expect_eintr(struct __test_metadata *_metadata,
			 FIXTURE_DATA(tsm_busy) *self, int (*call)(void *arg),
			 struct tsm_test *t)
{
	unsigned long count = count_requests(_metadata);
	int rc;

	ASSERT_EQ(0, tsm_thread_start(&self->waiter, call, t));
	ASSERT_EQ(0, tsm_thread_wait_asleep(&self->waiter));
	ASSERT_EQ(0, tsm_thread_interrupt(&self->waiter));
	ASSERT_EQ(0, tsm_thread_join(&self->waiter, &rc));
	EXPECT_EQ(-EINTR, rc);
	EXPECT_EQ(count, count_requests(_metadata));

	/* who was first was not disturbed */
	ASSERT_EQ(0, tsm_platform_stall(0));
	ASSERT_EQ(0, tsm_thread_join(&self->holder, &rc));
	EXPECT_EQ(0, rc);
}

TEST_F(tsm_busy, eintr_behind_request)
{
	struct tsm_test *t = &self->t;

	hold_by_request(_metadata, self);
	prepare(t, SCOPE(INFO), &self->req, sizeof(self->req));
	expect_eintr(_metadata, self, ioctl_request, t);
	expect_not_dispatched(_metadata, t, 0);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, self->first.cmd.out_flags);
}

TEST_F(tsm_busy, eintr_behind_bind)
{
	struct tsm_test *t = &self->t;

	hold_by_bind(_metadata, self);
	prepare(t, SCOPE(INFO), &self->req, sizeof(self->req));
	expect_eintr(_metadata, self, ioctl_request, t);
	expect_not_dispatched(_metadata, t, 0);
}

TEST_F(tsm_busy, bind_eintr)
{
	struct tsm_test *sibling = &self->sibling;

	hold_by_request(_metadata, self);
	expect_eintr(_metadata, self, call_bind_tdi, sibling);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED,
		  info_state(_metadata, sibling));
	EXPECT_EQ(0, bind_tdi(sibling));
}

/* The kernel runs out of memory */
FIXTURE(tsm_nomem)
{
	struct tsm_test t;
};

FIXTURE_SETUP(tsm_nomem)
{
	if (tsm_fault_setup())
		SKIP(return, "no faults to inject (CONFIG_FAILSLAB, its files in debugfs)");
	setup_bound(_metadata, &self->t, "pf0", true);
}

FIXTURE_TEARDOWN(tsm_nomem)
{
	tsm_fault_teardown();
	teardown(&self->t);
}

/* Longer than what needs no memory of its own */
#define LONG_REQUEST 300

static int call_long_request(void *data)
{
	struct {
		struct emu_vdm vdm;
		u8 more[LONG_REQUEST - sizeof(struct emu_vdm)];
	} __packed req;
	struct tsm_test *t = data;

	memset(&req, 0, sizeof(req));
	req.vdm = vdm(t, EMU_VDM_ECHO);
	prepare(t, SCOPE(INFO), &req, sizeof(req));
	return ioctl_request(t);
}

static void check_request(struct __test_metadata *_metadata, struct tsm_test *t)
{
	EXPECT_EQ(t->count, count_requests(_metadata));
	expect_not_dispatched(_metadata, t, 0);
}

/* Once for the request, once for the response */
TEST_F(tsm_nomem, enomem)
{
	const struct exhaustion e = { call_long_request, check_request };

	EXPECT_EQ(2, exhaust(_metadata, &self->t, &e));
	EXPECT_EQ(LONG_REQUEST, self->t.cmd.out_resp_len);
}

/* A short request takes no memory, so it can't fail for want of it */
static int call_short_request(void *data)
{
	struct tsm_test *t = data;
	struct emu_vdm req = vdm(t, EMU_VDM_ECHO);

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	t->cmd.resp_len = sizeof(req);
	return ioctl_request(t);
}

TEST_F(tsm_nomem, no_enomem_of_short_request)
{
	const struct exhaustion e = { call_short_request, check_request };

	EXPECT_EQ(0, exhaust(_metadata, &self->t, &e));
}

static void check_unbound(struct __test_metadata *_metadata, struct tsm_test *t)
{
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, info_state(_metadata, t));
}

TEST_F(tsm_nomem, bind_enomem)
{
	const struct exhaustion e = { call_bind_tdi, check_unbound, unbind_tdi };

	/* the handle of the core and the TDI of the driver, if not more */
	EXPECT_LE(2, exhaust(_metadata, &self->t, &e));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, info_state(_metadata, &self->t));
}

static int call_info_enomem(void *data)
{
	struct iommu_tsm_msg msgs[MAX_MSGS];
	struct tsm_test *t = data;
	struct iommu_vdevice_tsm_info cmd = {
		.vdevice_id = t->s.vdevice_id,
		.num_msgs = MAX_MSGS,
		.msgs_uptr = (uintptr_t)msgs,
	};

	return ioctl_info(t, &cmd);
}

static void check_still_bound(struct __test_metadata *_metadata,
			      struct tsm_test *t)
{
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, info_state(_metadata, t));
}

TEST_F(tsm_nomem, info_enomem)
{
	const struct exhaustion e = { call_info_enomem, check_still_bound };

	EXPECT_EQ(1, exhaust(_metadata, &self->t, &e));
}

/* A TSM that has messages of its own */
FIXTURE(tsm_driver)
{
	struct tsm_test t;
};

FIXTURE_SETUP(tsm_driver)
{
	setup_bound(_metadata, &self->t, "pf0", true);
}

FIXTURE_TEARDOWN(tsm_driver)
{
	teardown(&self->t);
}

/* An error from beyond the TSM driver: the TDI may have changed */
TEST_F(tsm_driver, other_errno_dispatched)
{
	struct emu_vdm req = vdm(&self->t, EMU_VDM_OVERRUN);
	struct tsm_test *t = &self->t;

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	ASSERT_EQ(-EIO, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(0, t->cmd.out_resp_len);
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
	expect_poison_from(_metadata, t, 0);
}

/* What the host does to a locked function shows, and only STOP ends it */
TEST_F(tsm_driver, error_state)
{
	struct pci_tdisp_header stop = header(&self->t, PCI_TDISP_STOP_INTERFACE);
	struct emu_vdm req = vdm(&self->t, EMU_VDM_RECONFIGURE);
	u8 nonce[PCI_TDISP_NONCE_LEN];
	struct tsm_test *t = &self->t;

	lock(_metadata, t, nonce);
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, get_state(_metadata, t));

	start(_metadata, t, nonce);
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
	EXPECT_EQ(PCI_TDISP_STATE_ERROR, get_state(_metadata, t));

	prepare(t, SCOPE(STATE_CHANGE), &stop, sizeof(stop));
	expect_ok(_metadata, t);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
}

/*
 * What goes with the operations that the TSM has. It has all of them, unless
 * tsm_emu.sh made the platform come up without some.
 */
FIXTURE(tsm_has)
{
	struct tsm_test t;
	bool bind;
	bool guest_req;
};

FIXTURE_SETUP(tsm_has)
{
	unsigned long omitted;

	if (setup_vdevice(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_file_number(OMIT_OPS_FILE, &omitted));
	self->bind = !(omitted & OMIT_TDI);
	self->guest_req = !(omitted & OMIT_GUEST_REQ);
}

FIXTURE_TEARDOWN(tsm_has)
{
	teardown(&self->t);
}

TEST_F(tsm_has, bind)
{
	struct tsm_test *t = &self->t;

	EXPECT_EQ(self->bind ? 0 : -EOPNOTSUPP, bind_tdi(t));
	EXPECT_EQ(self->bind ? IOMMU_VDEVICE_TSM_STATE_BOUND :
			       IOMMU_VDEVICE_TSM_STATE_CONNECTED,
		  info_state(_metadata, t));
	EXPECT_EQ(0, unbind_tdi(t));
}

TEST_F(tsm_has, guest_request)
{
	struct pci_tdisp_header req = header(&self->t, PCI_TDISP_GET_VERSION);
	struct iommu_vdevice_tsm_info cmd = {};
	struct tsm_test *t = &self->t;

	info(_metadata, t, &cmd);
	EXPECT_EQ(self->guest_req ? IOMMU_TSM_TYPE_TDISP : IOMMU_TSM_TYPE_NONE,
		  cmd.out_tsm_type);
	EXPECT_EQ(self->guest_req ? ARRAY_SIZE(tdisp_msgs) : 0, cmd.num_msgs);
	EXPECT_EQ(self->guest_req ? 1 << SCOPE(INFO) | 1 << SCOPE(STATE_CHANGE) : 0,
		  cmd.out_scopes);

	bind_tdi(t);
	prepare(t, SCOPE(INFO), &req, sizeof(req));
	if (!self->bind)
		expect_refused(_metadata, t, ENXIO, 0);
	else if (!self->guest_req)
		expect_refused(_metadata, t, EOPNOTSUPP, 0);
	else
		expect_ok(_metadata, t);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
