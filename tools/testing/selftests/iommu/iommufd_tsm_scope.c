// SPDX-License-Identifier: GPL-2.0
/*
 * The scope of a TSM guest request: each scope that a VMM can claim against a
 * message of each class, with and without CAP_SYS_RAWIO, each sent to the
 * emulated platform's TSM. What is expected follows the kernel's lockdown, so
 * that tsm_lockdown.sh can have it all again on a kernel that is locked down.
 *
 * The taint is first, because it comes once for each boot: where the kernel has
 * it already, all that is left to test is that it does not come again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "tsm_kmsg.h"
#include "tsm_test.h"

#define LOCKDOWN_DIR "/sys/kernel/security"
#define LOCKDOWN_FILE LOCKDOWN_DIR "/lockdown"
#define TAINTED_FILE "/proc/sys/kernel/tainted"
#define TAINT_USER BIT(6)
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
	req->vdm = vdm(t, class_vdms[class].code);
	req->value = htole64(reg);
	prepare(t, claim, req, class_vdms[class].req_len);
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
	return mask & TAINT_USER;
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
	ASSERT_EQ(0, set_rawio(false));
	expect_refused(_metadata, t, EPERM, 0);
	ASSERT_EQ(0, set_rawio(true));

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

/* The one message says who did it, and is the only one */
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
	EXPECT_EQ(TAINT_USER, tainted(_metadata));
	if (!self->before)
		expect_blame(_metadata, t, &self->kmsg);

	for (u32 class = 0; class < NR_SCOPES; class++) {
		prepare_class(t, &req, SCOPE(DEBUG_WRITE), class, 0);
		expect_ok(_metadata, t);
	}
	EXPECT_EQ(0, tsm_kmsg_count(&self->kmsg, TAINT_MESSAGE));
}

/* One claim against one class */
FIXTURE(scope)
{
	struct tsm_test t;
};

FIXTURE_VARIANT(scope)
{
	u32 claim;
	u32 class;
	bool rawio;
};

FIXTURE_VARIANT_ADD(scope, INFO_for_INFO_with_rawio)
{
	SCOPE(INFO), SCOPE(INFO), true
};

FIXTURE_VARIANT_ADD(scope, INFO_for_INFO_no_rawio)
{
	SCOPE(INFO), SCOPE(INFO), false
};

FIXTURE_VARIANT_ADD(scope, INFO_for_STATE_CHANGE_with_rawio)
{
	SCOPE(INFO), SCOPE(STATE_CHANGE), true
};

FIXTURE_VARIANT_ADD(scope, INFO_for_STATE_CHANGE_no_rawio)
{
	SCOPE(INFO), SCOPE(STATE_CHANGE), false
};

FIXTURE_VARIANT_ADD(scope, INFO_for_DEBUG_READ_with_rawio)
{
	SCOPE(INFO), SCOPE(DEBUG_READ), true
};

FIXTURE_VARIANT_ADD(scope, INFO_for_DEBUG_READ_no_rawio)
{
	SCOPE(INFO), SCOPE(DEBUG_READ), false
};

FIXTURE_VARIANT_ADD(scope, INFO_for_DEBUG_WRITE_with_rawio)
{
	SCOPE(INFO), SCOPE(DEBUG_WRITE), true
};

FIXTURE_VARIANT_ADD(scope, INFO_for_DEBUG_WRITE_no_rawio)
{
	SCOPE(INFO), SCOPE(DEBUG_WRITE), false
};

FIXTURE_VARIANT_ADD(scope, STATE_CHANGE_for_INFO_with_rawio)
{
	SCOPE(STATE_CHANGE), SCOPE(INFO), true
};

FIXTURE_VARIANT_ADD(scope, STATE_CHANGE_for_INFO_no_rawio)
{
	SCOPE(STATE_CHANGE), SCOPE(INFO), false
};

FIXTURE_VARIANT_ADD(scope, STATE_CHANGE_for_STATE_CHANGE_with_rawio)
{
	SCOPE(STATE_CHANGE), SCOPE(STATE_CHANGE), true
};

FIXTURE_VARIANT_ADD(scope, STATE_CHANGE_for_STATE_CHANGE_no_rawio)
{
	SCOPE(STATE_CHANGE), SCOPE(STATE_CHANGE), false
};

FIXTURE_VARIANT_ADD(scope, STATE_CHANGE_for_DEBUG_READ_with_rawio)
{
	SCOPE(STATE_CHANGE), SCOPE(DEBUG_READ), true
};

FIXTURE_VARIANT_ADD(scope, STATE_CHANGE_for_DEBUG_READ_no_rawio)
{
	SCOPE(STATE_CHANGE), SCOPE(DEBUG_READ), false
};

FIXTURE_VARIANT_ADD(scope, STATE_CHANGE_for_DEBUG_WRITE_with_rawio)
{
	SCOPE(STATE_CHANGE), SCOPE(DEBUG_WRITE), true
};

FIXTURE_VARIANT_ADD(scope, STATE_CHANGE_for_DEBUG_WRITE_no_rawio)
{
	SCOPE(STATE_CHANGE), SCOPE(DEBUG_WRITE), false
};

FIXTURE_VARIANT_ADD(scope, DEBUG_READ_for_INFO_with_rawio)
{
	SCOPE(DEBUG_READ), SCOPE(INFO), true
};

FIXTURE_VARIANT_ADD(scope, DEBUG_READ_for_INFO_no_rawio)
{
	SCOPE(DEBUG_READ), SCOPE(INFO), false
};

FIXTURE_VARIANT_ADD(scope, DEBUG_READ_for_STATE_CHANGE_with_rawio)
{
	SCOPE(DEBUG_READ), SCOPE(STATE_CHANGE), true
};

FIXTURE_VARIANT_ADD(scope, DEBUG_READ_for_STATE_CHANGE_no_rawio)
{
	SCOPE(DEBUG_READ), SCOPE(STATE_CHANGE), false
};

FIXTURE_VARIANT_ADD(scope, DEBUG_READ_for_DEBUG_READ_with_rawio)
{
	SCOPE(DEBUG_READ), SCOPE(DEBUG_READ), true
};

FIXTURE_VARIANT_ADD(scope, DEBUG_READ_for_DEBUG_READ_no_rawio)
{
	SCOPE(DEBUG_READ), SCOPE(DEBUG_READ), false
};

FIXTURE_VARIANT_ADD(scope, DEBUG_READ_for_DEBUG_WRITE_with_rawio)
{
	SCOPE(DEBUG_READ), SCOPE(DEBUG_WRITE), true
};

FIXTURE_VARIANT_ADD(scope, DEBUG_READ_for_DEBUG_WRITE_no_rawio)
{
	SCOPE(DEBUG_READ), SCOPE(DEBUG_WRITE), false
};

FIXTURE_VARIANT_ADD(scope, DEBUG_WRITE_for_INFO_with_rawio)
{
	SCOPE(DEBUG_WRITE), SCOPE(INFO), true
};

FIXTURE_VARIANT_ADD(scope, DEBUG_WRITE_for_INFO_no_rawio)
{
	SCOPE(DEBUG_WRITE), SCOPE(INFO), false
};

FIXTURE_VARIANT_ADD(scope, DEBUG_WRITE_for_STATE_CHANGE_with_rawio)
{
	SCOPE(DEBUG_WRITE), SCOPE(STATE_CHANGE), true
};

FIXTURE_VARIANT_ADD(scope, DEBUG_WRITE_for_STATE_CHANGE_no_rawio)
{
	SCOPE(DEBUG_WRITE), SCOPE(STATE_CHANGE), false
};

FIXTURE_VARIANT_ADD(scope, DEBUG_WRITE_for_DEBUG_READ_with_rawio)
{
	SCOPE(DEBUG_WRITE), SCOPE(DEBUG_READ), true
};

FIXTURE_VARIANT_ADD(scope, DEBUG_WRITE_for_DEBUG_READ_no_rawio)
{
	SCOPE(DEBUG_WRITE), SCOPE(DEBUG_READ), false
};

FIXTURE_VARIANT_ADD(scope, DEBUG_WRITE_for_DEBUG_WRITE_with_rawio)
{
	SCOPE(DEBUG_WRITE), SCOPE(DEBUG_WRITE), true
};

FIXTURE_VARIANT_ADD(scope, DEBUG_WRITE_for_DEBUG_WRITE_no_rawio)
{
	SCOPE(DEBUG_WRITE), SCOPE(DEBUG_WRITE), false
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
	return admitted[claim][class] ? 0 : EACCES;
}

/*
 * Not only what the ioctl says: what has an effect had it exactly if it was
 * served.
 */
TEST_F(scope, cell)
{
	int err = cell_errno(variant->claim, variant->class, variant->rawio);
	const struct class_vdm *msg = &class_vdms[variant->class];
	struct tsm_test *t = &self->t;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	struct emu_vdm_reg req;
	bool changes, writes;
	u64 reg;

	lock(_metadata, t, nonce);
	reg = read_reg(_metadata, t);
	changes = !err && variant->class == SCOPE(STATE_CHANGE);
	writes = !err && variant->class == SCOPE(DEBUG_WRITE);

	ASSERT_EQ(0, set_rawio(variant->rawio));
	prepare_class(t, &req, variant->claim, variant->class, ~reg);
	if (err) {
		expect_refused(_metadata, t, err, 0);
	} else {
		expect_ok(_metadata, t);
		expect_vdm(_metadata, t, msg->code, msg->resp_len);
	}

	EXPECT_EQ(changes ? PCI_TDISP_STATE_ERROR : PCI_TDISP_STATE_CONFIG_LOCKED,
		  get_state(_metadata, t));
	EXPECT_EQ(writes ? ~reg : reg, read_reg(_metadata, t));
}

/* What is not about one cell */
FIXTURE(scopes)
{
	struct tsm_test t;
};

FIXTURE_SETUP(scopes)
{
	setup_bound(_metadata, &self->t, "pf0", true);
}

FIXTURE_TEARDOWN(scopes)
{
	teardown(&self->t);
}

/* What the table says of the messages that went through the cells */
TEST_F(scopes, table_has_each_class)
{
	struct iommu_vdevice_tsm_info cmd = {};

	info(_metadata, &self->t, &cmd);
	EXPECT_EQ((1 << NR_SCOPES) - 1, cmd.out_scopes);
}

/* A claim that is no scope, and no class, even to those who may all */
TEST_F(scopes, unknown_scopes)
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

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
