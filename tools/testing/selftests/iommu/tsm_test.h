/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of TSM guest requests share: a function of the emulated
 * platform on its way to a VM, a request about it, and all that an outcome must
 * come with. Where an error says that nothing happened, the platform's own
 * count of requests must not have moved.
 */
#ifndef __SELFTEST_TSM_TEST_H
#define __SELFTEST_TSM_TEST_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "tsm_file.h"
#include "tsm_platform.h"
#include "tsm_request.h"

static unsigned long count_requests(struct __test_metadata *_metadata)
{
	unsigned long count;

	ASSERT_EQ(0, tsm_platform_requests(&count));
	return count;
}

/* As that, of the platform that has the function */
static unsigned long count_own_requests(struct __test_metadata *_metadata,
					const struct tsm_test *t)
{
	unsigned long count;

	ASSERT_EQ(0, tsm_platform_requests_at(t->s.fn->platform, &count));
	return count;
}

/* Return: an anonymous page that is followed by one without access */
static void *map_last_page(struct __test_metadata *_metadata, int prot)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, mprotect(map, page, prot));
	return map;
}

/* Whatever comes of it, nothing but the outputs is written */
static int send_cmd(struct __test_metadata *_metadata, struct tsm_test *t)
{
	struct iommu_vdevice_tsm_guest_request sent = t->cmd;
	int rc;

	t->count = count_own_requests(_metadata, t);
	rc = ioctl_request(t);
	EXPECT_EQ(0, memcmp(&sent, &t->cmd, offsetof(typeof(sent), out_resp_len)));
	EXPECT_EQ(POISON64, t->behind);
	return rc;
}

static void expect_poison_from(struct __test_metadata *_metadata,
			       struct tsm_test *t, size_t from)
{
	for (size_t i = from; i < sizeof(t->resp); i++) {
		ASSERT_EQ(POISON, t->resp[i]) {
			TH_LOG("byte %zu of the response was written", i);
		}
	}
}

/* The request succeeds, and nothing is written but the response */
static void expect_ok(struct __test_metadata *_metadata, struct tsm_test *t)
{
	ASSERT_EQ(0, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(t->count + 1, count_own_requests(_metadata, t));
	ASSERT_LE(t->cmd.out_resp_len, t->cmd.resp_len);
	expect_poison_from(_metadata, t, t->cmd.out_resp_len);
}

/* All outputs say that nothing happened; @needed goes with ENOBUFS */
static void expect_not_dispatched(struct __test_metadata *_metadata,
				  struct tsm_test *t, u32 needed)
{
	EXPECT_EQ(0, t->cmd.out_flags);
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	EXPECT_EQ(needed, t->cmd.out_resp_len);
	expect_poison_from(_metadata, t, 0);
}

/* The request fails and nothing happened */
static void expect_refused(struct __test_metadata *_metadata,
			   struct tsm_test *t, int err, u32 needed)
{
	ASSERT_EQ(-err, send_cmd(_metadata, t));
	EXPECT_EQ(t->count, count_own_requests(_metadata, t));
	expect_not_dispatched(_metadata, t, needed);
}

/* As expect_refused(), but not even the outputs were written */
static void expect_unheard(struct __test_metadata *_metadata,
			   struct tsm_test *t, int err)
{
	ASSERT_EQ(-err, send_cmd(_metadata, t));
	EXPECT_EQ(POISON32, t->cmd.out_flags);
	EXPECT_EQ(POISON64, t->cmd.out_tsm_code);
	EXPECT_EQ(POISON32, t->cmd.out_resp_len);
	EXPECT_EQ(t->count, count_own_requests(_metadata, t));
	expect_poison_from(_metadata, t, 0);
}

static struct pci_tdisp_header header(const struct tsm_test *t, u8 type)
{
	return tdisp_header(type, t->s.virt_id);
}

/* The response is of this kind, and the TSM has nothing to complain about */
static void expect_response(struct __test_metadata *_metadata,
			    struct tsm_test *t, u8 type, u32 len)
{
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	EXPECT_EQ(len, t->cmd.out_resp_len);
	ASSERT_TRUE(tdisp_is_response(t->resp, t->cmd.out_resp_len, type, len));
	EXPECT_EQ(t->s.virt_id,
		  le32toh(((struct pci_tdisp_header *)t->resp)->function_id));
}

/* The response is a TDISP error, which the TSM's code repeats */
static void expect_tdisp_error(struct __test_metadata *_metadata,
			       struct tsm_test *t, u32 code)
{
	EXPECT_EQ(code, t->cmd.out_tsm_code);
	EXPECT_EQ(code, tdisp_error(t->resp, t->cmd.out_resp_len));
}

static int get_state(struct __test_metadata *_metadata, struct tsm_test *t)
{
	const struct pci_tdisp_interface_state_rsp *rsp = (void *)t->resp;
	struct pci_tdisp_header req = header(t, PCI_TDISP_GET_INTERFACE_STATE);

	prepare(t, SCOPE(INFO), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_GET_INTERFACE_STATE, sizeof(*rsp));
	return rsp->state;
}

static struct pci_tdisp_lock_interface lock_req(const struct tsm_test *t)
{
	return (struct pci_tdisp_lock_interface) {
		.hdr = header(t, PCI_TDISP_LOCK_INTERFACE),
		.flags = htole16(PCI_TDISP_LOCK_NO_FW_UPDATE),
	};
}

static void lock(struct __test_metadata *_metadata, struct tsm_test *t,
		 u8 nonce[PCI_TDISP_NONCE_LEN])
{
	const struct pci_tdisp_lock_interface_rsp *rsp = (void *)t->resp;
	struct pci_tdisp_lock_interface req = lock_req(t);

	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_response(_metadata, t, PCI_TDISP_LOCK_INTERFACE, sizeof(*rsp));
	memcpy(nonce, rsp->start_nonce, PCI_TDISP_NONCE_LEN);
}

static void start(struct __test_metadata *_metadata, struct tsm_test *t,
		  const u8 nonce[PCI_TDISP_NONCE_LEN])
{
	struct pci_tdisp_start_interface req = {
		.hdr = header(t, PCI_TDISP_START_INTERFACE),
	};

	memcpy(req.start_nonce, nonce, sizeof(req.start_nonce));
	prepare(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
}

static void run(struct __test_metadata *_metadata, struct tsm_test *t)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];

	lock(_metadata, t, nonce);
	start(_metadata, t, nonce);
	ASSERT_EQ(PCI_TDISP_STATE_RUN, get_state(_metadata, t));
}

static int ioctl_info(struct tsm_test *t, struct iommu_vdevice_tsm_info *cmd)
{
	cmd->size = sizeof(*cmd);
	return ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_INFO, cmd) ? -errno : 0;
}

static void info(struct __test_metadata *_metadata, struct tsm_test *t,
		 struct iommu_vdevice_tsm_info *cmd)
{
	*cmd = (struct iommu_vdevice_tsm_info) {
		.vdevice_id = t->s.vdevice_id,
		.num_msgs = cmd->num_msgs,
		.msgs_uptr = cmd->msgs_uptr,
	};
	ASSERT_EQ(0, ioctl_info(t, cmd));
}

static u32 info_state(struct __test_metadata *_metadata, struct tsm_test *t)
{
	struct iommu_vdevice_tsm_info cmd = {};

	info(_metadata, t, &cmd);
	return cmd.out_state;
}

static int bind_tdi(struct tsm_test *t)
{
	return tsm_op(&t->s, IOMMU_VDEVICE_TSM_BIND);
}

static int unbind_tdi(struct tsm_test *t)
{
	return tsm_op(&t->s, IOMMU_VDEVICE_TSM_UNBIND);
}

/* For a thread */
static int call_bind_tdi(void *t)
{
	return bind_tdi(t);
}

static int call_unbind_tdi(void *t)
{
	return unbind_tdi(t);
}

static void do_step(struct __test_metadata *_metadata, struct tsm_test *t,
		    int (*step)(struct tsm_setup *s))
{
	ASSERT_EQ(0, step(&t->s)) {
		TH_LOG("could not %s", t->s.error);
	}
}

/* One of the TSM's own messages for each class */
static const struct class_vdm {
	enum emu_vdm_code code;
	u32 req_len;
	u32 resp_len;
} class_vdms[NR_SCOPES] = {
	[SCOPE(INFO)] = {
		EMU_VDM_ECHO, sizeof(struct emu_vdm), sizeof(struct emu_vdm),
	},
	[SCOPE(STATE_CHANGE)] = {
		EMU_VDM_RECONFIGURE, sizeof(struct emu_vdm), sizeof(struct emu_vdm),
	},
	[SCOPE(DEBUG_READ)] = {
		EMU_VDM_READ, sizeof(struct emu_vdm), sizeof(struct emu_vdm_reg),
	},
	[SCOPE(DEBUG_WRITE)] = {
		EMU_VDM_WRITE, sizeof(struct emu_vdm_reg), sizeof(struct emu_vdm),
	},
};

static struct emu_vdm vdm(const struct tsm_test *t, enum emu_vdm_code code)
{
	return emu_vdm(code, t->s.virt_id);
}

/* The response to one of them is the request, turned around */
static void expect_vdm(struct __test_metadata *_metadata, struct tsm_test *t,
		       enum emu_vdm_code code, u32 len)
{
	struct emu_vdm want = vdm(t, code);

	want.hdr.type &= ~PCI_TDISP_REQ;
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	ASSERT_EQ(len, t->cmd.out_resp_len);
	EXPECT_EQ(0, memcmp(t->resp, &want, sizeof(want)));
}

/* The privilege that DEBUG_WRITE takes, of this thread. Return: 0 or -errno */
static int set_rawio(bool on)
{
	const cap_value_t rawio = CAP_SYS_RAWIO;
	cap_t caps = cap_get_proc();
	int rc = 0;

	if (!caps)
		return -errno;
	if (cap_set_flag(caps, CAP_EFFECTIVE, 1, &rawio, on ? CAP_SET : CAP_CLEAR) ||
	    cap_set_proc(caps))
		rc = -errno;
	cap_free(caps);
	return rc;
}

/* Hold nothing from now on; where debugfs is locked down nothing can be held */
static int let_go(void)
{
	int rc = tsm_platform_stall(0);

	return rc == -EPERM ? 0 : rc;
}

/* The host's part, on a platform with or without messages of the TSM's own */
static int prepare_platform(struct tsm_setup *s, bool debug_msgs)
{
	unsigned long count;
	int rc;

	rc = tsm_find_platform(s);
	if (rc)
		return rc;
	rc = tsm_platform_use_debug_msgs(debug_msgs);
	if (rc)
		return tsm_fail(s, -rc, "switch tsm_emu.debug_msgs");
	rc = tsm_platform_requests(&count);
	if (rc)
		return tsm_lack(s, -rc, "read %s (debugfs)", TSM_PLATFORM_HOOKS);
	rc = let_go();
	if (rc)
		return tsm_fail(s, -rc, "write %s/stall", TSM_PLATFORM_HOOKS);
	return tsm_prepare_host(s);
}

static int check_step(struct __test_metadata *_metadata, struct tsm_test *t,
		      int rc)
{
	if (rc && t->s.missing)
		SKIP(return rc, "could not %s", t->s.error);
	EXPECT_EQ(0, rc) {
		TH_LOG("could not %s", t->s.error);
	}
	return rc;
}

/* Make the host ready, or say why not. Return: 0 if it is */
static int setup_host(struct __test_metadata *_metadata, struct tsm_test *t,
		      const char *name, bool debug_msgs)
{
	tsm_setup_init(&t->s, tsm_find_function(name));
	return check_step(_metadata, t, prepare_platform(&t->s, debug_msgs));
}

/* Bring the function to the vDEVICE, or say why not. Return: 0 if it is there */
static int setup_vdevice(struct __test_metadata *_metadata, struct tsm_test *t,
			 const char *name, bool debug_msgs)
{
	int rc = setup_host(_metadata, t, name, debug_msgs);

	return rc ?: check_step(_metadata, t, tsm_assign(&t->s));
}

/* As setup_vdevice(), and bound */
static int setup_bound(struct __test_metadata *_metadata, struct tsm_test *t,
		       const char *name, bool debug_msgs)
{
	int rc = setup_vdevice(_metadata, t, name, debug_msgs);

	return rc ?: check_step(_metadata, t, tsm_bind_tdi(&t->s));
}

static void teardown(struct tsm_test *t)
{
	let_go();
	tsm_setup_close(&t->s);
	/* for the tests that disconnect it */
	tsm_connect(&t->s);
}

/* To be the main() of each: no message of the TSM's own is left behind */
static int run_tests(int argc, char **argv)
{
	int rc = test_harness_run(argc, argv);

	tsm_platform_use_debug_msgs(false);
	return rc;
}

#endif /* __SELFTEST_TSM_TEST_H */
