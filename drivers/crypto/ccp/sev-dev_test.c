// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of /dev/sev: who withholds a page of its memory stalls nobody else.
 *
 * The caller's memory is that of a file, whose pages arrive when they are accessed. The
 * arrival of each is noted, with who holds sev_cmd_mutex at that time. The firmware
 * takes all pages away again, so that the accesses after it are seen as well.
 */
#include <kunit/device.h>
#include <kunit/resource.h>
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mutex.h>
#include <linux/psp.h>
#include <linux/psp-sev.h>

#include "psp-dev.h"
#include "sev-dev.h"

/* Pages of the caller: the ioctl's argument, that of the command, what that points to */
enum user_page { USER_ARG, USER_CMD, USER_BLOB, USER_BLOB2, USER_PAGES };

#define BLOB_LEN	432	/* all that VLEK_LOAD takes, and no less */
#define FROM_USER	0xa5
#define FROM_FIRMWARE	0x5a

struct sev_test {
	struct psp_device psp;
	struct sev_device sev;
	struct file *file;
	struct page *pages[USER_PAGES];
	unsigned long user;
	unsigned int under_mutex;
	unsigned int before;
	unsigned int after;
	unsigned int nr_cmds;
	int last_cmd;
	int refused_cmd;
};

static void *user_page(struct sev_test *t, enum user_page page)
{
	return page_address(t->pages[page]);
}

static u64 user_addr(struct sev_test *t, enum user_page page)
{
	return t->user + page * PAGE_SIZE;
}

static vm_fault_t page_arrives(struct vm_fault *vmf)
{
	struct sev_test *t = vmf->vma->vm_private_data;

	if (vmf->pgoff >= USER_PAGES)
		return VM_FAULT_SIGBUS;

	t->under_mutex += mutex_is_locked(&sev_cmd_mutex);
	*(t->nr_cmds ? &t->after : &t->before) |= BIT(vmf->pgoff);
	get_page(t->pages[vmf->pgoff]);
	vmf->page = t->pages[vmf->pgoff];
	return 0;
}

static const struct vm_operations_struct user_vm_ops = {
	.fault = page_arrives,
};

static int user_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &user_vm_ops;
	vma->vm_private_data = file->private_data;
	return 0;
}

static const struct file_operations user_fops = {
	.mmap = user_mmap,
};

/*
 * Firmware
 */

static void fill(u64 paddr, u32 len)
{
	memset(__va(__sme_clr(paddr)), FROM_FIRMWARE, len);
}

static void expect_filled(struct kunit *test, u64 paddr, u32 len)
{
	KUNIT_EXPECT_EQ(test, len, BLOB_LEN);
	KUNIT_EXPECT_NULL(test, memchr_inv(__va(__sme_clr(paddr)), FROM_USER, len));
}

static void write_results(int cmd, void *data)
{
	struct sev_data_pdh_cert_export *pdh = data;
	struct sev_data_snp_addr *status = data;
	struct sev_data_pek_csr *csr = data;
	struct sev_data_get_id *id = data;

	switch (cmd) {
	case SEV_CMD_PLATFORM_STATUS:
		memset(data, SEV_STATE_UNINIT, sizeof(struct sev_user_data_status));
		break;
	case SEV_CMD_SNP_PLATFORM_STATUS:
		fill(status->address, sizeof(struct sev_user_data_snp_status));
		break;
	case SEV_CMD_PEK_CSR:
		fill(csr->address, csr->len);
		break;
	case SEV_CMD_GET_ID:
		fill(id->address, id->len);
		break;
	case SEV_CMD_PDH_CERT_EXPORT:
		fill(pdh->pdh_cert_address, pdh->pdh_cert_len);
		fill(pdh->cert_chain_address, pdh->cert_chain_len);
		break;
	}
}

static void read_arguments(struct kunit *test, int cmd, void *data)
{
	struct sev_user_data_snp_vlek_load *vlek = data;
	struct sev_data_pek_cert_import *import = data;

	switch (cmd) {
	case SEV_CMD_SNP_VLEK_LOAD:
		expect_filled(test, vlek->vlek_wrapped_address, BLOB_LEN);
		break;
	case SEV_CMD_PEK_CERT_IMPORT:
		expect_filled(test, import->pek_cert_address, import->pek_cert_len);
		expect_filled(test, import->oca_cert_address, import->oca_cert_len);
		break;
	}
}

static int do_cmd(int cmd, void *data, int *psp_ret)
{
	struct kunit *test = kunit_get_current_test();
	struct sev_test *t = test->priv;

	KUNIT_EXPECT_TRUE(test, mutex_is_locked(&sev_cmd_mutex));
	read_arguments(test, cmd, data);
	write_results(cmd, data);
	unmap_mapping_range(t->file->f_mapping, 0, 0, 1);
	t->nr_cmds++;
	t->last_cmd = cmd;
	if (cmd == t->refused_cmd) {
		*psp_ret = SEV_RET_INVALID_PARAM;
		return -EIO;
	}
	*psp_ret = SEV_RET_SUCCESS;
	return 0;
}

/*
 * Set up
 */

static void put_user_file(void *file)
{
	fput(file);
}

static void free_user_page(void *page)
{
	put_page(page);
}

static void forget_psp(void *unused)
{
	psp_master = NULL;
}

static void make_user_memory(struct kunit *test, struct sev_test *t)
{
	for (int i = 0; i < USER_PAGES; i++) {
		t->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, t->pages[i]);
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test, free_user_page,
							  t->pages[i]));
	}

	t->file = anon_inode_create_getfile("[sev-user]", &user_fops, t, O_RDWR, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->file));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, put_user_file, t->file));
	t->user = kunit_vm_mmap(test, t->file, 0, USER_PAGES * PAGE_SIZE,
				PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	KUNIT_ASSERT_FALSE(test, !t->user || IS_ERR_VALUE(t->user));
}

static int sev_test_init(struct kunit *test)
{
	struct sev_test *t;

	if (psp_master)
		kunit_skip(test, "this machine has a PSP");

	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	make_user_memory(test, t);

	t->sev.dev = kunit_device_register(test, "sev-test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->sev.dev));
	t->sev.api_minor = 16;
	t->sev.sev_plat_status.state = SEV_STATE_INIT;
	t->psp.sev_data = &t->sev;
	kunit_activate_static_stub(test, __sev_do_cmd_locked, do_cmd);
	psp_master = &t->psp;
	return kunit_add_action_or_reset(test, forget_psp, NULL);
}

/*
 * Cases
 */

/**
 * struct sev_case - command of /dev/sev
 * @name: of the case
 * @cmd: the command
 * @fw_cmd: what the firmware gets last
 * @in: pages that are read before the firmware is called
 * @out: pages that are written after it
 * @init: the platform is not in INIT state, the command moves it there and back
 * @snp: SNP is initialized
 */
struct sev_case {
	const char *name;
	u32 cmd;
	int fw_cmd;
	unsigned int in;
	unsigned int out;
	bool init;
	bool snp;
};

#define ARG	BIT(USER_ARG)
#define CMD	(ARG | BIT(USER_CMD))
#define BLOB	(CMD | BIT(USER_BLOB))
#define BLOBS	(BLOB | BIT(USER_BLOB2))

static const struct sev_case sev_cases[] = {
	{ "factory reset", SEV_FACTORY_RESET, SEV_CMD_FACTORY_RESET, ARG, ARG },
	{ "status", SEV_PLATFORM_STATUS, SEV_CMD_PLATFORM_STATUS, ARG, CMD },
	{ "pek gen", SEV_PEK_GEN, SEV_CMD_PEK_GEN, ARG, ARG },
	{ "pdh gen", SEV_PDH_GEN, SEV_CMD_PDH_GEN, ARG, ARG },
	{ "pek gen in uninit", SEV_PEK_GEN, SEV_CMD_SHUTDOWN, ARG, ARG, .init = true },
	{ "csr", SEV_PEK_CSR, SEV_CMD_PEK_CSR, CMD, BLOB },
	{ "csr in uninit", SEV_PEK_CSR, SEV_CMD_SHUTDOWN, CMD, BLOB, .init = true },
	{ "import", SEV_PEK_CERT_IMPORT, SEV_CMD_PEK_CERT_IMPORT, BLOBS, ARG },
	{ "import in uninit", SEV_PEK_CERT_IMPORT, SEV_CMD_SHUTDOWN, BLOBS, ARG,
	  .init = true },
	{ "export", SEV_PDH_CERT_EXPORT, SEV_CMD_PDH_CERT_EXPORT, CMD, BLOBS },
	{ "export in uninit", SEV_PDH_CERT_EXPORT, SEV_CMD_SHUTDOWN, CMD, BLOBS,
	  .init = true },
	{ "id", SEV_GET_ID, SEV_CMD_GET_ID, ARG, CMD },
	{ "id2", SEV_GET_ID2, SEV_CMD_GET_ID, CMD, BLOB },
	{ "snp status", SNP_PLATFORM_STATUS, SEV_CMD_SNP_PLATFORM_STATUS, ARG, CMD },
	{ "snp commit", SNP_COMMIT, SEV_CMD_SNP_COMMIT, ARG, ARG },
	{ "snp config", SNP_SET_CONFIG, SEV_CMD_SNP_CONFIG, CMD, ARG, .snp = true },
	{ "vlek", SNP_VLEK_LOAD, SEV_CMD_SNP_VLEK_LOAD, BLOB, ARG, .snp = true },
};

KUNIT_ARRAY_PARAM_DESC(sev, sev_cases, name);

/* Addresses and lengths of the blobs, at their places in the command's argument */
static void fill_in_command(struct sev_test *t, u32 cmd)
{
	struct sev_user_data_snp_vlek_load *vlek = user_page(t, USER_CMD);
	struct sev_user_data_pek_cert_import *import = user_page(t, USER_CMD);
	struct sev_user_data_pek_csr *csr = user_page(t, USER_CMD);

	if (cmd == SNP_VLEK_LOAD) {
		vlek->len = sizeof(*vlek);
		vlek->vlek_wrapped_address = user_addr(t, USER_BLOB);
	} else if (cmd == SEV_PEK_CERT_IMPORT || cmd == SEV_PDH_CERT_EXPORT) {
		import->pek_cert_address = user_addr(t, USER_BLOB);
		import->pek_cert_len = BLOB_LEN;
		import->oca_cert_address = user_addr(t, USER_BLOB2);
		import->oca_cert_len = BLOB_LEN;
	} else {
		csr->address = user_addr(t, USER_BLOB);
		csr->length = BLOB_LEN;
	}
}

static long issue(struct sev_test *t, u32 cmd, fmode_t mode)
{
	struct sev_issue_cmd *arg = user_page(t, USER_ARG);
	struct file file = { .f_mode = mode };

	arg->cmd = cmd;
	arg->data = user_addr(t, USER_CMD);
	arg->error = U32_MAX;
	memset(user_page(t, USER_CMD), 0, PAGE_SIZE);
	fill_in_command(t, cmd);
	memset(user_page(t, USER_BLOB), FROM_USER, BLOB_LEN);
	memset(user_page(t, USER_BLOB2), FROM_USER, BLOB_LEN);

	return sev_ioctl(&file, SEV_ISSUE_CMD, user_addr(t, USER_ARG));
}

static void expect_results(struct kunit *test, const struct sev_case *c)
{
	struct sev_test *t = test->priv;
	const struct sev_issue_cmd *arg = user_page(t, USER_ARG);

	KUNIT_EXPECT_EQ(test, arg->error, SEV_RET_SUCCESS);
	for (int page = USER_BLOB; page <= USER_BLOB2; page++) {
		u8 want = c->out & BIT(page) ? FROM_FIRMWARE : FROM_USER;

		KUNIT_EXPECT_NULL(test, memchr_inv(user_page(t, page), want, BLOB_LEN));
	}
}

static void user_memory_without_mutex(struct kunit *test)
{
	const struct sev_case *c = test->param_value;
	struct sev_test *t = test->priv;

	t->sev.snp_initialized = c->snp;
	if (c->init)
		t->sev.sev_plat_status.state = SEV_STATE_UNINIT;

	KUNIT_EXPECT_EQ(test, issue(t, c->cmd, FMODE_READ | FMODE_WRITE), 0);
	KUNIT_EXPECT_EQ(test, t->under_mutex, 0);
	KUNIT_EXPECT_EQ(test, t->before, c->in);
	KUNIT_EXPECT_EQ(test, t->after, c->out);
	KUNIT_EXPECT_EQ(test, t->last_cmd, c->fw_cmd);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&sev_cmd_mutex));
	KUNIT_EXPECT_EQ(test, t->sev.sev_plat_status.state,
			c->init ? SEV_STATE_UNINIT : SEV_STATE_INIT);
	expect_results(test, c);
	t->sev.snp_initialized = false;
}

/* What is refused gets neither to the firmware nor keeps the mutex */
static void refused(struct kunit *test)
{
	static const u32 writers[] = {
		SEV_FACTORY_RESET, SEV_PEK_GEN, SEV_PDH_GEN, SEV_PEK_CSR,
		SEV_PEK_CERT_IMPORT, SEV_PDH_CERT_EXPORT, SNP_SET_CONFIG, SNP_VLEK_LOAD,
	};
	struct sev_test *t = test->priv;

	t->sev.sev_plat_status.state = SEV_STATE_UNINIT;
	for (int i = 0; i < ARRAY_SIZE(writers); i++)
		KUNIT_EXPECT_EQ(test, issue(t, writers[i], FMODE_READ), -EPERM);

	KUNIT_EXPECT_EQ(test, issue(t, SNP_SET_CONFIG, FMODE_WRITE), -ENODEV);
	KUNIT_EXPECT_EQ(test, issue(t, SNP_VLEK_LOAD, FMODE_WRITE), -ENODEV);
	KUNIT_EXPECT_EQ(test, t->nr_cmds, 0);
	KUNIT_EXPECT_EQ(test, t->under_mutex, 0);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&sev_cmd_mutex));
}

/* Commands that move the platform to INIT state, which it does not reach */
static void refused_init(struct kunit *test)
{
	static const u32 movers[] = {
		SEV_PEK_GEN, SEV_PDH_GEN, SEV_PEK_CSR, SEV_PEK_CERT_IMPORT,
		SEV_PDH_CERT_EXPORT,
	};
	struct sev_test *t = test->priv;
	const struct sev_issue_cmd *arg = user_page(t, USER_ARG);

	t->sev.sev_plat_status.state = SEV_STATE_UNINIT;
	t->refused_cmd = SEV_CMD_INIT;
	for (int i = 0; i < ARRAY_SIZE(movers); i++) {
		KUNIT_EXPECT_EQ(test, issue(t, movers[i], FMODE_WRITE), -EIO);
		KUNIT_EXPECT_EQ(test, t->last_cmd, SEV_CMD_INIT);
		KUNIT_EXPECT_EQ(test, arg->error, SEV_RET_INVALID_PARAM);
		/* or the next waits for it for ever */
		if (mutex_is_locked(&sev_cmd_mutex)) {
			KUNIT_FAIL(test, "command %u keeps the mutex", movers[i]);
			mutex_unlock(&sev_cmd_mutex);
		}
	}
	KUNIT_EXPECT_EQ(test, t->under_mutex, 0);
	KUNIT_EXPECT_EQ(test, t->sev.sev_plat_status.state, SEV_STATE_UNINIT);
}

static struct kunit_case sev_ioctl_cases[] = {
	KUNIT_CASE_PARAM(user_memory_without_mutex, sev_gen_params),
	KUNIT_CASE(refused),
	KUNIT_CASE(refused_init),
	{}
};

static struct kunit_suite sev_ioctl_suite = {
	.name = "sev-ioctl",
	.init = sev_test_init,
	.test_cases = sev_ioctl_cases,
};

kunit_test_suite(sev_ioctl_suite);
