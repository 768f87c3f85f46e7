// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of SEV-TIO's initialization, and of the TSM's registration */
#include <kunit/device.h>
#include <kunit/resource.h>
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-tsm.h>
#include <linux/psp-sev.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "psp-dev.h"
#include "sev-dev.h"
#include "sev-dev-tdi_test.h"
#include "sev-dev-tio.h"

struct tsm_test {
	struct psp_device psp;
	struct sev_device sev;
	unsigned int nr_cmds;
	bool late;
	struct completion late_done;
	struct pci_dev pf0;
	struct pci_dev vf;
};

static int register_late(void *data)
{
	struct tsm_test *t = data;

	sev_tsm_register(&t->sev);
	complete(&t->late_done);
	return 0;
}

/* Somebody registers the TSM, as at the end of an initialization of before */
static void start_late(struct kunit *test)
{
	struct tsm_test *t = test->priv;
	struct task_struct *late;

	late = kthread_create(register_late, t, "sev-tsm-late");
	KUNIT_EXPECT_FALSE(test, IS_ERR(late));
	if (IS_ERR(late))
		return;
	get_task_struct(late);
	wake_up_process(late);

	/* Until it is through, or waits for the one who shuts down */
	while (!completion_done(&t->late_done) &&
	       !(READ_ONCE(late->__state) & TASK_UNINTERRUPTIBLE))
		usleep_range(1000, 2000);
	put_task_struct(late);
	t->late = true;
}

/* With the TSM unregistered, and sev_cmd_mutex held */
static int shut_down(int cmd, void *data, int *psp_ret)
{
	struct kunit *test = kunit_get_current_test();

	KUNIT_EXPECT_EQ(test, cmd, SEV_CMD_SHUTDOWN);
	start_late(test);
	*psp_ret = SEV_RET_SUCCESS;
	return 0;
}

static void forget_psp(void *psp)
{
	struct tsm_test *t = container_of(psp, struct tsm_test, psp);

	sev_platform_shutdown();
	psp_master = NULL;
	WARN_ON(t->sev.tsmdev);
}

/* SEV-TIO is initialized, and the TSM not registered */
static int tsm_test_init(struct kunit *test)
{
	struct tsm_test *t;

	if (psp_master)
		kunit_skip(test, "this machine has a PSP");

	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	init_completion(&t->late_done);
	t->sev.dev = kunit_device_register(test, "sev-tsm-test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->sev.dev));
	t->psp.sev_data = &t->sev;
	t->sev.tio_status = kzalloc_obj(*t->sev.tio_status);
	KUNIT_ASSERT_NOT_NULL(test, t->sev.tio_status);
	psp_master = &t->psp;
	return kunit_add_action_or_reset(test, forget_psp, &t->psp);
}

static void register_once(struct kunit *test)
{
	struct tsm_test *t = test->priv;
	struct tsm_dev *tsmdev;

	sev_tsm_register(&t->sev);
	tsmdev = t->sev.tsmdev;
	KUNIT_ASSERT_NOT_NULL(test, tsmdev);
	/* Each VM that starts comes by here */
	sev_tsm_register(&t->sev);
	KUNIT_EXPECT_PTR_EQ(test, t->sev.tsmdev, tsmdev);

	sev_platform_shutdown();
	KUNIT_EXPECT_NULL(test, t->sev.tsmdev);
	KUNIT_EXPECT_NULL(test, t->sev.tio_status);
}

/* There is nothing to register before, and behind a shutdown */
static void register_uninitialized(struct kunit *test)
{
	struct tsm_test *t = test->priv;

	sev_platform_shutdown();
	sev_tsm_register(&t->sev);
	KUNIT_EXPECT_NULL(test, t->sev.tsmdev);
}

/* Who comes amid a shutdown, late from an initialization, comes after it */
static void register_against_shutdown(struct kunit *test)
{
	struct tsm_test *t = test->priv;

	sev_tsm_register(&t->sev);
	KUNIT_ASSERT_NOT_NULL(test, t->sev.tsmdev);
	t->sev.sev_plat_status.state = SEV_STATE_INIT;
	kunit_activate_static_stub(test, __sev_do_cmd_locked, shut_down);
	sev_platform_shutdown();
	kunit_deactivate_static_stub(test, __sev_do_cmd_locked);

	KUNIT_ASSERT_TRUE(test, t->late);
	wait_for_completion(&t->late_done);
	KUNIT_EXPECT_NULL(test, t->sev.tsmdev);
	KUNIT_EXPECT_NULL(test, t->sev.tio_status);
}

/* As a VM that starts calls it, or nobody who has a PSP */
static void register_with_platform(struct kunit *test)
{
	struct sev_platform_init_args args = {};
	struct tsm_test *t = test->priv;

	psp_master = NULL;
	KUNIT_EXPECT_EQ(test, sev_platform_init(&args), -ENODEV);
	psp_master = &t->psp;
	KUNIT_EXPECT_NULL(test, t->sev.tsmdev);

	t->sev.sev_plat_status.state = SEV_STATE_INIT;
	KUNIT_EXPECT_EQ(test, sev_platform_init(&args), 0);
	t->sev.sev_plat_status.state = SEV_STATE_UNINIT;
	KUNIT_EXPECT_NOT_NULL(test, t->sev.tsmdev);
}

/* It goes with the test */
static void keep_fn(struct device *dev)
{
}

static void init_fn(struct pci_dev *pdev, const char *name)
{
	device_initialize(&pdev->dev);
	pdev->dev.release = keep_fn;
	pdev->dev.init_name = name;
	pdev->pcie_cap = PCI_STD_HEADER_SIZEOF;
	pdev->devcap = PCI_EXP_DEVCAP_TEE;
}

/* Each function gets a context of its kind, and gives it back */
static void probe_and_remove(struct kunit *test)
{
	struct tsm_test *t = test->priv;
	const struct pci_tsm_ops *ops;
	struct tio_dsm *dsm;
	struct pci_tsm *tsm;

	sev_tsm_register(&t->sev);
	KUNIT_ASSERT_NOT_NULL(test, t->sev.tsmdev);
	ops = t->sev.tsmdev->pci_ops;
	init_fn(&t->pf0, "pf0");
	init_fn(&t->vf, "vf");
	t->vf.is_virtfn = true;
	t->vf.physfn = &t->pf0;

	/* There is no way to its DSM, and so none to the VF's */
	KUNIT_EXPECT_NULL(test, ops->probe(t->sev.tsmdev, &t->pf0));
	KUNIT_EXPECT_NULL(test, ops->probe(t->sev.tsmdev, &t->vf));

	dsm = kzalloc_obj(*dsm);
	KUNIT_ASSERT_NOT_NULL(test, dsm);
	dsm->tsm.base_tsm.pdev = &t->pf0;
	dsm->tsm.base_tsm.dsm_dev = &t->pf0;
	t->pf0.tsm = &dsm->tsm.base_tsm;
	tsm = ops->probe(t->sev.tsmdev, &t->vf);
	KUNIT_EXPECT_NOT_NULL(test, tsm);
	if (tsm) {
		KUNIT_EXPECT_PTR_EQ(test, tsm->pdev, &t->vf);
		KUNIT_EXPECT_PTR_EQ(test, tsm->dsm_dev, &t->pf0);
		ops->remove(tsm);
	}
	/* Freed as what it is, or the allocator complains */
	ops->remove(&dsm->tsm.base_tsm);
}

/*
 * Initialization
 */

/**
 * struct init_case - what the firmware makes of SEV-TIO's initialization
 * @name: of the case
 * @fails: number of the command that fails, from 1
 * @status: what TIO_STATUS tells before TIO_INIT
 * @log: the one line that is logged, NULL if all is well
 */
struct init_case {
	const char *name;
	unsigned int fails;
	struct sev_tio_status status;
	const char *log;
};

#define STATUS(_en, _done) { .length = sizeof(struct sev_tio_status), \
			     .tio_en = _en, .tio_init_done = _done, .tdictx_size = 4096 }

static const struct init_case init_cases[] = {
	{ "good", 0, STATUS(1, 0) },
	{ "status fails", 1, STATUS(1, 0), "command 0xd0 failed: -5, status 0x16" },
	{ "init fails", 2, STATUS(1, 0), "command 0xd1 failed: -5, status 0x16" },
	{ "second status fails", 3, STATUS(1, 0), "command 0xd0 failed: -5, status 0x16" },
	{ "short", 0, { .length = 47, .tio_en = 1 },
	  "status of 47 bytes, reserved bits 0" },
	{ "reserved", 0, { .length = 64, .tio_en = 1, .reserved = 1 },
	  "status of 64 bytes, reserved bits 0x1" },
	{ "off", 0, STATUS(0, 0), "SNP is initialized without it" },
	{ "done", 0, STATUS(1, 1), "it was already when SNP was initialized" },
};

KUNIT_ARRAY_PARAM_DESC(init, init_cases, name);

static int init_cmd(int cmd, void *data, int *psp_ret)
{
	struct kunit *test = kunit_get_current_test();
	const struct init_case *c = test->param_value;
	struct tsm_test *t = test->priv;
	struct sev_tio_status *status;
	u64 paddr;

	if (++t->nr_cmds == c->fails) {
		*psp_ret = SEV_RET_INVALID_PARAM;
		return -EIO;
	}
	if (cmd == SEV_CMD_TIO_STATUS) {
		memcpy(&paddr, data + 8, sizeof(paddr));
		status = __va(__sme_clr(paddr));
		*status = c->status;
		status->tio_init_done |= t->nr_cmds > 1;
	}
	*psp_ret = SEV_RET_SUCCESS;
	return 0;
}

static void init_tells_why(struct kunit *test)
{
	const struct init_case *c = test->param_value;
	void *page = (void *)get_zeroed_page(GFP_KERNEL);
	struct tsm_test *t = test->priv;
	u64 since = tdi_test_log_end();

	KUNIT_ASSERT_NOT_NULL(test, page);
	kfree(t->sev.tio_status);
	t->sev.tio_status = NULL;
	kunit_activate_static_stub(test, __sev_do_cmd_locked, init_cmd);
	sev_tsm_init_locked(&t->sev, page);
	kunit_deactivate_static_stub(test, __sev_do_cmd_locked);
	free_page((unsigned long)page);

	KUNIT_EXPECT_EQ(test, !!t->sev.tio_status, !c->log);
	KUNIT_EXPECT_EQ(test, !!c->log,
			tdi_test_count_errors(since, "SEV-TIO is not enabled"));
	if (c->log) {
		KUNIT_EXPECT_EQ(test, tdi_test_count_errors(since, c->log), 1);
		return;
	}
	KUNIT_ASSERT_NOT_NULL(test, t->sev.tio_status);
	KUNIT_EXPECT_EQ(test, t->sev.tio_status->tdictx_size, 4096);
	KUNIT_EXPECT_TRUE(test, t->sev.tio_status->tio_init_done);
}

static struct kunit_case tsm_cases[] = {
	KUNIT_CASE_PARAM(init_tells_why, init_gen_params),
	KUNIT_CASE(register_once),
	KUNIT_CASE(register_uninitialized),
	KUNIT_CASE(register_against_shutdown),
	KUNIT_CASE(register_with_platform),
	KUNIT_CASE(probe_and_remove),
	{}
};

static struct kunit_suite tsm_suite = {
	.name = "sev-tio-tsm",
	.init = tsm_test_init,
	.test_cases = tsm_cases,
};

kunit_test_suite(tsm_suite);
