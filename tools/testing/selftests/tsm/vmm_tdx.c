// SPDX-License-Identifier: GPL-2.0
/*
 * What a TD learns from the example VMM of what failed. Linux' TD takes each R10 but 0
 * for the end of its command, RETRY too, and repeats none (connect.c of 2026). So the VMM
 * repeats what the TSM has not seen; of all else the TD learns by the command's status.
 */
#include "lib/answers.h"
#include "lib/platform.h"
#include "lib/test.h"
#include "vmm/vmm.h"
#include "vmm/tdx.h"

/* As often as the VMM tries */
#define TRIES 10

FIXTURE(td)
{
	struct vmm vmm;
};

FIXTURE_SETUP(td)
{
	vmm_line_prefix = "# ";
	if (check_setup(_metadata, &self->vmm.setup,
			vmm_start(&self->vmm, &vmm_tdx, "fn1")))
		return;
	tsm_answer((struct tsm_answer) {});
}

FIXTURE_TEARDOWN(td)
{
	tsm_answer((struct tsm_answer) {});
	EXPECT_EQ(0, vmm_take_down(&self->vmm));
}

static struct tsm_tdx_hdr *buffer(const FIXTURE_DATA(td) *self)
{
	return tsm_vmm_area(self->vmm.shared);
}

/* A command without data, in @pages pages. Return: R10, or -errno */
static u64 tdvmcall(FIXTURE_DATA(td) *self, enum tsm_tdx_op operation, u64 pages)
{
	struct kvm_regs regs = {
		.r11 = TDVMCALL_TDCM,
		.r12 = self->vmm.setup.virt_id,
		.r13 = (self->vmm.shared->gpa + TSM_VMM_PAGE) | TDX_SHARED_BIT,
		.r14 = pages * TSM_VMM_PAGE,
	};
	int rc;

	*buffer(self) = (struct tsm_tdx_hdr) { .operation = htole16(operation) };
	rc = vmm_set_regs(&self->vmm, &regs) ?:
	     self->vmm.front->exit(&self->vmm, TSM_VMM_EXIT_TDVMCALL) ?:
	     vmm_get_regs(&self->vmm, &regs);
	return rc ? (u64)rc : regs.r10;
}

static bool is_completed(FIXTURE_DATA(td) *self, enum tsm_tdx_op operation)
{
	return tdvmcall(self, operation, 17) == TDVMCALL_SUCCESS &&
	       buffer(self)->status == TSM_TDX_COMPLETED;
}

/* Return: the error, or -1 if the TD would see another thing */
static int failure(FIXTURE_DATA(td) *self, enum tsm_tdx_op operation)
{
	if (tdvmcall(self, operation, 17) != TDVMCALL_SUCCESS ||
	    buffer(self)->status != TSM_TDX_ERROR || buffer(self)->data_length)
		return -1;
	return buffer(self)->error;
}

/* Each errno of a guest request that does not pass */
static const struct {
	int err;
	enum tsm_tdx_error error;
} errnos[] = {
	{ EACCES, TSM_TDX_ERR_STATE },
	{ ENXIO, TSM_TDX_ERR_STATE },
	{ EBADMSG, TSM_TDX_ERR_MODULE },
	{ ECANCELED, TSM_TDX_ERR_MODULE },
	{ EFAULT, TSM_TDX_ERR_MODULE },
	{ EINVAL, TSM_TDX_ERR_MODULE },
	{ EIO, TSM_TDX_ERR_MODULE },
	{ EMSGSIZE, TSM_TDX_ERR_MODULE },
	{ ENOBUFS, TSM_TDX_ERR_MODULE },
	{ ENODEV, TSM_TDX_ERR_MODULE },
	{ ENOENT, TSM_TDX_ERR_MODULE },
	{ EOPNOTSUPP, TSM_TDX_ERR_MODULE },
	{ EPERM, TSM_TDX_ERR_MODULE },
	{ EPROTONOSUPPORT, TSM_TDX_ERR_MODULE },
	{ ETIMEDOUT, TSM_TDX_ERR_MODULE },
};

TEST_F(td, errnos)
{
	const u32 flags[] = { 0, IOMMU_VDEVICE_TSM_DISPATCHED };

	for (size_t i = 0; i < ARRAY_SIZE(flags) * ARRAY_SIZE(errnos); i++) {
		int err = errnos[i / ARRAY_SIZE(flags)].err;

		tsm_fail_requests(err, flags[i % ARRAY_SIZE(flags)], 1);
		EXPECT_EQ(errnos[i / ARRAY_SIZE(flags)].error,
			  failure(self, TSM_TDX_BIND)) {
			TH_LOG("%s", strerrorname_np(err));
		}
		EXPECT_EQ(1, tsm_answers());
	}
	EXPECT_TRUE(is_completed(self, TSM_TDX_BIND));
}

/* What the TSM has not seen is repeated, what it may have is not */
TEST_F(td, repeated)
{
	const int passing[] = { EAGAIN, EBUSY, EINTR, ENOMEM };

	for (size_t i = 0; i < ARRAY_SIZE(passing); i++) {
		tsm_fail_requests(passing[i], 0, TRIES - 1);
		EXPECT_TRUE(is_completed(self, TSM_TDX_BIND));
		EXPECT_EQ(TRIES, tsm_answers());
		EXPECT_TRUE(is_completed(self, TSM_TDX_UNBIND));

		tsm_fail_requests(passing[i], 0, TRIES);
		EXPECT_EQ(TSM_TDX_ERR_MODULE, failure(self, TSM_TDX_BIND));
		EXPECT_EQ(TRIES, tsm_answers());

		tsm_fail_requests(passing[i], IOMMU_VDEVICE_TSM_DISPATCHED, 1);
		EXPECT_EQ(TSM_TDX_ERR_MODULE, failure(self, TSM_TDX_BIND));
		EXPECT_EQ(1, tsm_answers());
	}
}

/* A report that did not arrive is no reason to let the TD start the TDI */
TEST_F(td, report_failed)
{
	ASSERT_TRUE(is_completed(self, TSM_TDX_BIND));
	tsm_fail_requests(EIO, IOMMU_VDEVICE_TSM_DISPATCHED, 1);
	EXPECT_EQ(TSM_TDX_ERR_MODULE, failure(self, TSM_TDX_GET_TDI_REPORT));
	EXPECT_EQ(TSM_TDX_ERR_STATE, failure(self, TSM_TDX_START_TDI));
	/* with it the module is asked, to whom the TD has not agreed */
	EXPECT_TRUE(is_completed(self, TSM_TDX_GET_TDI_REPORT));
	EXPECT_EQ(TSM_TDX_ERR_MODULE, failure(self, TSM_TDX_START_TDI));
}

/* Nor is one of an earlier BIND */
TEST_F(td, report_of_last_bind)
{
	ASSERT_TRUE(is_completed(self, TSM_TDX_BIND));
	ASSERT_TRUE(is_completed(self, TSM_TDX_GET_TDI_REPORT));
	ASSERT_TRUE(is_completed(self, TSM_TDX_UNBIND));
	ASSERT_TRUE(is_completed(self, TSM_TDX_BIND));
	EXPECT_EQ(TSM_TDX_ERR_STATE, failure(self, TSM_TDX_START_TDI));
}

/* R10 tells of registers only */
TEST_F(td, registers)
{
	tsm_fail_requests(0, 0, 0);
	EXPECT_EQ(TDVMCALL_INVALID_OPERAND, tdvmcall(self, TSM_TDX_BIND, 0));
	EXPECT_EQ(TDVMCALL_INVALID_OPERAND, tdvmcall(self, TSM_TDX_BIND, 18));
	EXPECT_EQ(0, tsm_answers());
	/* a buffer that is too short for the report is the command's failure */
	ASSERT_TRUE(is_completed(self, TSM_TDX_BIND));
	EXPECT_EQ(TDVMCALL_SUCCESS, tdvmcall(self, TSM_TDX_GET_DEV_INFO, 1));
	EXPECT_EQ(TSM_TDX_ERROR, buffer(self)->status);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
