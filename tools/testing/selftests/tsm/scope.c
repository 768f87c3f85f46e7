// SPDX-License-Identifier: GPL-2.0
/*
 * The scope of a TSM guest request: EACCES for a class that the scope does not
 * admit, EPERM for a scope that takes a privilege, EOPNOTSUPP for one that is
 * unknown or that the TSM has no message for, and the taint. What is expected
 * follows the kernel's lockdown, so that lockdown.sh can have it all again on a
 * kernel that is locked down.
 *
 * The taint is first, because it comes once for each boot: where the kernel has
 * it already, all that is left to test is that it does not come again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "lib/caps.h"
#include "lib/kmsg.h"
#include "lib/test.h"

#define LOCKDOWN_DIR "/sys/kernel/security"
#define LOCKDOWN_FILE LOCKDOWN_DIR "/lockdown"
#define TAINTED_FILE "/proc/sys/kernel/tainted"
#define TAINT_FWCTL BIT(19)
#define TAINT_TASK "tsm-taint-test"
#define TAINT_MESSAGE "may write through the TSM's debug interface"

/* Without the security module nothing is ever locked down */
static bool is_locked_down(void)
{
	char text[128];

	tsm_file_mount("securityfs", LOCKDOWN_DIR, LOCKDOWN_FILE);
	if (tsm_file_read(LOCKDOWN_FILE, text, sizeof(text)))
		return false;
	return !strstr(text, "[none]");
}

/* A message of @class, under the ceiling @claim. @reg goes with WRITE */
static void prepare_class(struct tsm_test *t, struct emu_vdm_reg *req,
			  u32 claim, u32 class, u64 reg)
{
	req->vdm = tsm_tdi_vdm(t, tsm_class_vdms[class].code);
	req->value = htole64(reg);
	tsm_request_init(t, claim, req, tsm_class_vdms[class].req_len);
}

static u64 read_reg(struct __test_metadata *_metadata, struct tsm_test *t)
{
	struct emu_vdm_reg req;

	prepare_class(t, &req, SCOPE(DEBUG_READ), SCOPE(DEBUG_READ), 0);
	expect_ok(_metadata, t);
	expect_vdm(_metadata, t, EMU_VDM_READ, sizeof(req));
	return le64toh(((struct emu_vdm_reg *)t->resp)->value);
}

static unsigned long tainted(struct __test_metadata *_metadata)
{
	unsigned long mask;

	ASSERT_EQ(0, tsm_file_number(TAINTED_FILE, &mask));
	return mask & TAINT_FWCTL;
}

FIXTURE(taint)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
	unsigned long before;
};

FIXTURE_SETUP(taint)
{
	self->kmsg.fd = -1;
	if (access(TAINTED_FILE, F_OK))
		SKIP(return, "no %s (CONFIG_SYSCTL)", TAINTED_FILE);
	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	self->before = tainted(_metadata);
	if (self->before)
		TH_LOG("the kernel is tainted already, this test is worth more on a new boot");
	ASSERT_EQ(0, prctl(PR_SET_NAME, TAINT_TASK));
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(taint)
{
	tsm_kmsg_close(&self->kmsg);
	teardown(&self->t);
}

/* The scopes that need no privilege leave no mark */
TEST_F(taint, none_by_other_scopes)
{
	struct tsm_test *t = &self->t;
	struct emu_vdm_reg req;

	for (u32 class = 0; class < SCOPE(DEBUG_WRITE); class++) {
		prepare_class(t, &req, class, class, 0);
		expect_ok(_metadata, t);
	}
	EXPECT_EQ(self->before, tainted(_metadata));
	EXPECT_EQ(0, tsm_kmsg_count(&self->kmsg, TAINT_MESSAGE));
}

TEST_F(taint, none_by_refused)
{
	int denied = is_locked_down() ? EPERM : 0;
	struct tsm_test *t = &self->t;
	struct emu_vdm_reg req;

	prepare_class(t, &req, SCOPE(DEBUG_WRITE), SCOPE(DEBUG_WRITE), 0);
	ASSERT_EQ(0, tsm_caps_set_rawio(false));
	expect_refused(_metadata, t, EPERM, 0);
	ASSERT_EQ(0, tsm_caps_set_rawio(true));

	prepare_class(t, &req, SCOPE(DEBUG_WRITE), SCOPE(DEBUG_WRITE), 0);
	req.vdm.vendor_id_len = 0;
	expect_refused(_metadata, t, denied ?: EBADMSG, 0);

	prepare_class(t, &req, SCOPE(DEBUG_WRITE), SCOPE(DEBUG_WRITE), 0);
	t->cmd.req_len--;
	expect_refused(_metadata, t, denied ?: EMSGSIZE, 0);

	prepare_class(t, &req, SCOPE(DEBUG_WRITE), SCOPE(DEBUG_WRITE), 0);
	t->cmd.resp_len = 0;
	expect_refused(_metadata, t, denied ?: ENOBUFS,
		       denied ? 0 : sizeof(req.vdm));

	prepare_class(t, &req, SCOPE(DEBUG_WRITE), SCOPE(DEBUG_WRITE), 0);
	t->cmd.resp_uptr = 0;
	expect_refused(_metadata, t, denied ?: EFAULT, 0);

	for (u32 claim = 0; claim < SCOPE(DEBUG_WRITE); claim++) {
		prepare_class(t, &req, claim, SCOPE(DEBUG_WRITE), 0);
		expect_refused(_metadata, t, EACCES, 0);
	}
	EXPECT_EQ(self->before, tainted(_metadata));
	EXPECT_EQ(0, tsm_kmsg_count(&self->kmsg, TAINT_MESSAGE));
}

/* There is one message, and it names the task */
static void expect_blame(struct __test_metadata *_metadata, struct tsm_test *t,
			 struct tsm_kmsg *kmsg)
{
	char text[512], task[64];

	snprintf(task, sizeof(task), TAINT_TASK "(%d)", getpid());
	do {
		ASSERT_LE(0, tsm_kmsg_next(kmsg, text, sizeof(text)));
	} while (!strstr(text, TAINT_MESSAGE));
	EXPECT_NE(NULL, strstr(text, task)) {
		TH_LOG("'%s' does not name %s", text, task);
	}
	EXPECT_NE(NULL, strstr(text, t->s.fn->bdf));
}

TEST_F(taint, once_by_debug_write)
{
	struct tsm_test *t = &self->t;
	struct emu_vdm_reg req;

	if (is_locked_down())
		SKIP(return, "the kernel is locked down, no debug write is served");

	prepare_class(t, &req, SCOPE(DEBUG_WRITE), SCOPE(DEBUG_WRITE), 0);
	expect_ok(_metadata, t);
	EXPECT_EQ(TAINT_FWCTL, tainted(_metadata));
	if (!self->before)
		expect_blame(_metadata, t, &self->kmsg);

	for (u32 class = 0; class < NR_SCOPES; class++) {
		prepare_class(t, &req, SCOPE(DEBUG_WRITE), class, 0);
		expect_ok(_metadata, t);
	}
	EXPECT_EQ(0, tsm_kmsg_count(&self->kmsg, TAINT_MESSAGE));
}

/* A bound function whose TSM has a message of each class */
FIXTURE(scope)
{
	struct tsm_test t;
};

FIXTURE_SETUP(scope)
{
	setup_bound(_metadata, &self->t, "pf0", true);
}

FIXTURE_TEARDOWN(scope)
{
	teardown(&self->t);
}

static int cell_errno(u32 claim, u32 class, bool rawio)
{
	if (claim == SCOPE(DEBUG_WRITE) && (!rawio || is_locked_down()))
		return EPERM;
	return tsm_admitted[claim][class] ? 0 : EACCES;
}

static void stop(struct __test_metadata *_metadata, struct tsm_test *t)
{
	struct pci_tdisp_header req = tsm_tdi_header(t, PCI_TDISP_STOP_INTERFACE);

	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
}

/* A message has its effect on the TDI exactly if the ioctl says that it was served */
static void check_cell(struct __test_metadata *_metadata, struct tsm_test *t,
		       u32 claim, u32 class, int err)
{
	bool changes = !err && class == SCOPE(STATE_CHANGE);
	bool writes = !err && class == SCOPE(DEBUG_WRITE);
	const struct tsm_class_vdm *msg = &tsm_class_vdms[class];
	struct emu_vdm_reg req;
	u64 reg;

	ASSERT_EQ(0, tsm_tdi_run(t));
	reg = read_reg(_metadata, t);
	prepare_class(t, &req, claim, class, ~reg);
	ASSERT_EQ(-err, send_cmd(_metadata, t)) {
		TH_LOG("scope %u, message of class %u", claim, class);
	}
	EXPECT_EQ(t->count + !err, count_requests(_metadata));
	if (err) {
		expect_not_dispatched(_metadata, t, 0);
	} else {
		EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
		expect_vdm(_metadata, t, msg->code, msg->resp_len);
		expect_poison_from(_metadata, t, msg->resp_len);
	}

	EXPECT_EQ(changes ? PCI_TDISP_STATE_ERROR : PCI_TDISP_STATE_RUN,
		  tsm_tdi_state(t));
	EXPECT_EQ(writes ? ~reg : reg, read_reg(_metadata, t));
	stop(_metadata, t);
}

/* Each claim against each class */
static void check_cells(struct __test_metadata *_metadata, struct tsm_test *t,
			bool rawio)
{
	ASSERT_EQ(0, tsm_caps_set_rawio(rawio));
	for (u32 claim = 0; claim < NR_SCOPES; claim++) {
		for (u32 class = 0; class < NR_SCOPES; class++)
			check_cell(_metadata, t, claim, class,
				   cell_errno(claim, class, rawio));
	}
}

TEST_F(scope, eacces_class_above_scope)
{
	check_cells(_metadata, &self->t, true);
}

/* All scopes but one take no privilege */
TEST_F(scope, eperm_without_rawio)
{
	check_cells(_metadata, &self->t, false);
}

/* An unknown scope admits no class, not even for a privileged caller */
TEST_F(scope, eopnotsupp_unknown_scope)
{
	const u32 unknown[] = { NR_SCOPES, 0x100, 0x80000000, UINT32_MAX };
	struct tsm_test *t = &self->t;
	struct emu_vdm_reg req;

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		for (u32 class = 0; class < NR_SCOPES; class++) {
			prepare_class(t, &req, unknown[i], class, 0);
			expect_refused(_metadata, t, EOPNOTSUPP, 0);
		}
	}
}

/* A TSM that declares no message for tests, hence none of the debug classes */
FIXTURE(undeclared)
{
	struct tsm_test t;
	unsigned long before;
};

FIXTURE_SETUP(undeclared)
{
	if (setup_bound(_metadata, &self->t, "pf0", false))
		return;
	self->before = tainted(_metadata);
}

FIXTURE_TEARDOWN(undeclared)
{
	teardown(&self->t);
}

/* A scope without a message does not exist for any caller, and taints nothing */
TEST_F(undeclared, eopnotsupp_undeclared_scope)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct iommu_vdevice_tsm_info info = {
		.vdevice_id = self->t.s.vdevice_id,
	};
	int denied = is_locked_down() ? EPERM : EOPNOTSUPP;
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_info(t, &info));
	EXPECT_EQ(BIT(SCOPE(INFO)) | BIT(SCOPE(STATE_CHANGE)), info.out_scopes);

	tsm_request_init(t, SCOPE(DEBUG_READ), &req, sizeof(req));
	expect_refused(_metadata, t, EOPNOTSUPP, 0);
	tsm_request_init(t, SCOPE(DEBUG_WRITE), &req, sizeof(req));
	expect_refused(_metadata, t, denied, 0);
	EXPECT_EQ(self->before, tainted(_metadata));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
