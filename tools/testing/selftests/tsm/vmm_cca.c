// SPDX-License-Identifier: GPL-2.0
/*
 * What a realm learns from the example VMM of what failed. Linux' realm repeats a call
 * on BUSY, for as long as it takes, but for those that read an object: there all but
 * SUCCESS is an error (RFC v3 of March 2026, rhi-da.c). So the VMM repeats these.
 */
#include "lib/answers.h"
#include "lib/platform.h"
#include "lib/test.h"
#include "lib/thread.h"
#include "vmm/vmm.h"
#include "vmm/cca.h"

/* As often as the VMM tries */
#define TRIES 10

FIXTURE(realm)
{
	struct vmm vmm;
	struct tsm_thread thread;
	u64 g[6];
	int rc;
};

FIXTURE_SETUP(realm)
{
	vmm_line_prefix = "# ";
	if (check_setup(_metadata, &self->vmm.setup,
			vmm_start(&self->vmm, &vmm_cca, "fn1")))
		return;
	tsm_answer((struct tsm_answer) {});
}

FIXTURE_TEARDOWN(realm)
{
	tsm_answer((struct tsm_answer) {});
	tsm_platform_incomplete_at(self->vmm.setup.fn->platform, 0);
	tsm_platform_sha256_at(self->vmm.setup.fn->platform, false);
	tsm_platform_stall_at(self->vmm.setup.fn->platform, 0);
	EXPECT_EQ(0, vmm_take_down(&self->vmm));
}

/* With the words that are there. In a thread too */
static int call_again(void *data)
{
	FIXTURE_DATA(realm) *self = data;
	u64 x[TSM_VMM_NR_REGS] = {};

	memcpy(x, self->g, sizeof(self->g));
	self->rc = vmm_set_call(&self->vmm, x) ?:
		   self->vmm.front->exit(&self->vmm, TSM_VMM_EXIT_HOST_CALL) ?:
		   vmm_get_call(&self->vmm, x);
	self->g[0] = self->rc ? ~0ULL : x[0];
	self->g[1] = x[1];
	return 0;
}

static u64 host_call(FIXTURE_DATA(realm) *self, u64 call, u64 g2)
{
	self->g[0] = call;
	self->g[1] = self->vmm.setup.virt_id;
	self->g[2] = g2;
	call_again(self);
	return self->g[0];
}

static u64 set_state(FIXTURE_DATA(realm) *self, enum pci_tdisp_state state)
{
	return host_call(self, RHI_VDEV_SET_TDI_STATE, state);
}

static u64 read_report(FIXTURE_DATA(realm) *self)
{
	self->g[3] = self->vmm.shared->gpa + TSM_VMM_PAGE;
	self->g[4] = TSM_VMM_PAGE;
	self->g[5] = 0;
	return host_call(self, RHI_VDEV_GET_INTERFACE_REPORT, 0) ?:
	       host_call(self, RHI_DA_OBJECT_READ, TSM_CCA_OBJECT_REPORT);
}

static u64 certificate_size(FIXTURE_DATA(realm) *self)
{
	return host_call(self, RHI_DA_OBJECT_SIZE, TSM_CCA_OBJECT_CERTIFICATE);
}

/* Each errno of a guest request, with what the realm learns if nothing happened */
static const struct {
	int err;
	enum tsm_cca_status untouched;
	enum tsm_cca_status dispatched;
} errnos[] = {
	{ EAGAIN, TSM_CCA_BUSY, TSM_CCA_ERROR_DEVICE },
	{ EINTR, TSM_CCA_BUSY, TSM_CCA_ERROR_DEVICE },
	{ ENOMEM, TSM_CCA_BUSY, TSM_CCA_ERROR_DEVICE },
	{ EBUSY, TSM_CCA_BUSY, TSM_CCA_ERROR_DEVICE },
	{ ENOENT, TSM_CCA_INVALID_VDEV_ID, TSM_CCA_INVALID_VDEV_ID },
	{ ENXIO, TSM_CCA_INVALID_VDEV_ID, TSM_CCA_INVALID_VDEV_ID },
	{ EFAULT, TSM_CCA_ACCESS_FAILED, TSM_CCA_ACCESS_FAILED },
	{ EACCES, TSM_CCA_ERROR_DEVICE, TSM_CCA_ERROR_DEVICE },
	{ EINVAL, TSM_CCA_ERROR_INPUT, TSM_CCA_ERROR_INPUT },
	{ EMSGSIZE, TSM_CCA_ERROR_INPUT, TSM_CCA_ERROR_INPUT },
	{ ENOBUFS, TSM_CCA_ERROR_INPUT, TSM_CCA_ERROR_INPUT },
	{ EBADMSG, TSM_CCA_ERROR_DEVICE, TSM_CCA_ERROR_DEVICE },
	{ ECANCELED, TSM_CCA_ERROR_DEVICE, TSM_CCA_ERROR_DEVICE },
	{ EIO, TSM_CCA_ERROR_DEVICE, TSM_CCA_ERROR_DEVICE },
	{ ENODEV, TSM_CCA_ERROR_DEVICE, TSM_CCA_ERROR_DEVICE },
	{ EOPNOTSUPP, TSM_CCA_ERROR_DEVICE, TSM_CCA_ERROR_DEVICE },
	{ EPERM, TSM_CCA_ERROR_DEVICE, TSM_CCA_ERROR_DEVICE },
	{ EPROTONOSUPPORT, TSM_CCA_ERROR_DEVICE, TSM_CCA_ERROR_DEVICE },
	{ ETIMEDOUT, TSM_CCA_ERROR_DEVICE, TSM_CCA_ERROR_DEVICE },
};

TEST_F(realm, untouched)
{
	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		tsm_fail_requests(errnos[i].err, 0, 1);
		EXPECT_EQ(errnos[i].untouched,
			  set_state(self, PCI_TDISP_STATE_CONFIG_LOCKED)) {
			TH_LOG("%s", strerrorname_np(errnos[i].err));
		}
		/* it is the realm that repeats it */
		EXPECT_EQ(1, tsm_answers());
	}
	EXPECT_EQ(TSM_CCA_SUCCESS, set_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
}

/* It may be locked by now: what says that nothing happened would be wrong */
TEST_F(realm, dispatched)
{
	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		tsm_fail_requests(errnos[i].err, IOMMU_VDEVICE_TSM_DISPATCHED, 1);
		EXPECT_EQ(errnos[i].dispatched,
			  set_state(self, PCI_TDISP_STATE_CONFIG_LOCKED)) {
			TH_LOG("%s", strerrorname_np(errnos[i].err));
		}
		EXPECT_EQ(1, tsm_answers());
	}
}

/* Of what only reads, the realm does not see that it had to be repeated */
TEST_F(realm, read_repeated)
{
	const int passing[] = { EAGAIN, EBUSY, EINTR, ENOMEM };

	for (size_t i = 0; i < ARRAY_SIZE(passing); i++) {
		tsm_fail_requests(passing[i], 0, TRIES - 1);
		EXPECT_EQ(TSM_CCA_SUCCESS, certificate_size(self));
		EXPECT_EQ(TRIES, tsm_answers());

		tsm_fail_requests(passing[i], 0, TRIES);
		EXPECT_EQ(TSM_CCA_BUSY, certificate_size(self));
		EXPECT_EQ(TRIES, tsm_answers());

		tsm_fail_requests(passing[i], IOMMU_VDEVICE_TSM_DISPATCHED, 1);
		EXPECT_EQ(TSM_CCA_ERROR_DEVICE, certificate_size(self));
		EXPECT_EQ(1, tsm_answers());
	}
}

/* The TSM's own code goes to the realm as it is */
TEST_F(realm, refused_by_tsm)
{
	EXPECT_EQ(TSM_CCA_INVALID_OBJECT, set_state(self, PCI_TDISP_STATE_ERROR));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE,
		  host_call(self, RHI_VDEV_GET_INTERFACE_REPORT, 0));
	EXPECT_EQ(TSM_CCA_DATA_NOT_AVAILABLE,
		  host_call(self, RHI_DA_OBJECT_SIZE, TSM_CCA_OBJECT_REPORT));
}

/* A report that the realm has read says nothing about the next lock */
TEST_F(realm, report_of_last_lock)
{
	ASSERT_EQ(TSM_CCA_SUCCESS, set_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, set_state(self, PCI_TDISP_STATE_RUN));
	ASSERT_EQ(TSM_CCA_SUCCESS, read_report(self));
	ASSERT_EQ(TSM_CCA_SUCCESS, set_state(self, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	ASSERT_EQ(TSM_CCA_SUCCESS, set_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, set_state(self, PCI_TDISP_STATE_RUN));
	ASSERT_EQ(TSM_CCA_SUCCESS, read_report(self));
	EXPECT_EQ(TSM_CCA_SUCCESS, set_state(self, PCI_TDISP_STATE_RUN));
}

static int hold_request(void *data)
{
	const struct tsm_cca_report_refresh req = {
		.type = htole32(TSM_CCA_REPORT_REFRESH),
	};
	struct vmm *vmm = data;
	struct vmm_call call = {
		.exit = "test", .id = TSM_CCA_REPORT_REFRESH,
		.req = &req, .req_len = sizeof(req),
	};

	return vmm_request(vmm, &call);
}

/* A vCPU that is kicked out of the ioctl, while it waits for another's request */
TEST_F(realm, interrupted)
{
	unsigned int platform = self->vmm.setup.fn->platform;
	struct vmm other = self->vmm;
	struct tsm_thread holder;
	int rc;

	ASSERT_EQ(0, tsm_platform_stall_at(platform, TSM_EMU_STALL_GUEST_REQ));
	ASSERT_EQ(0, tsm_thread_start(&holder, hold_request, &other));
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));
	self->g[0] = RHI_VDEV_SET_TDI_STATE;
	self->g[1] = self->vmm.setup.virt_id;
	self->g[2] = PCI_TDISP_STATE_CONFIG_LOCKED;
	ASSERT_EQ(0, tsm_thread_start(&self->thread, call_again, self));
	EXPECT_EQ(0, tsm_thread_wait(&self->thread, TSM_INTERRUPTIBLE, ""));
	EXPECT_EQ(0, tsm_thread_interrupt(&self->thread));
	EXPECT_EQ(0, tsm_thread_join(&self->thread, &rc));
	EXPECT_EQ(TSM_CCA_BUSY, self->g[0]);

	ASSERT_EQ(0, tsm_platform_stall_at(platform, 0));
	EXPECT_EQ(0, tsm_thread_join(&holder, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(TSM_CCA_SUCCESS, set_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
}

static void expect_pass(struct __test_metadata *_metadata, struct vmm *vmm)
{
	enum tsm_vmm_verdict verdict = TSM_VMM_NR_VERDICTS;
	int rc;

	do {
		rc = vmm_step(vmm, &verdict);
	} while (!rc);
	EXPECT_EQ(1, rc);
	EXPECT_EQ(TSM_VMM_PASSED, verdict);
}

/* Each long call of the realm goes on, and the realm continues it, but for one */
TEST_F(realm, long_operations)
{
	ASSERT_EQ(0, tsm_platform_incomplete_at(self->vmm.setup.fn->platform, 2));
	expect_pass(_metadata, &self->vmm);
	/* lock, report twice, measurements, RUN, UNLOCKED twice, LOCKED twice, vectors */
	EXPECT_LE(10, self->vmm.nr_cookies);
	EXPECT_EQ(0, self->vmm.cookie);
}

/* With the other of the two hashes that Linux' realm takes */
TEST_F(realm, sha256)
{
	ASSERT_EQ(0, tsm_platform_sha256_at(self->vmm.setup.fn->platform, true));
	expect_pass(_metadata, &self->vmm);
}

static u64 continue_with(FIXTURE_DATA(realm) *self, u64 cookie)
{
	return host_call(self, RHI_VDEV_CONTINUE, cookie);
}

/* The cookie is good until the call has ended, which none but its own CONTINUE does */
TEST_F(realm, cookies)
{
	unsigned int platform = self->vmm.setup.fn->platform;
	u64 cookie;

	ASSERT_EQ(0, tsm_platform_incomplete_at(platform, 2));
	ASSERT_EQ(TSM_CCA_INCOMPLETE, set_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
	cookie = self->g[1];
	EXPECT_NE(0, cookie);
	EXPECT_EQ(TSM_CCA_INVALID_VDEV_ID, continue_with(self, cookie + 1));
	/* another call meanwhile, and one that the TSM has not seen */
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE,
		  host_call(self, RHI_VDEV_GET_INTERFACE_REPORT, 0));
	tsm_fail_requests(EINTR, 0, 1);
	EXPECT_EQ(TSM_CCA_BUSY, continue_with(self, cookie));
	EXPECT_EQ(TSM_CCA_INCOMPLETE, continue_with(self, cookie));
	EXPECT_EQ(cookie, self->g[1]);
	/* as the small guest of TF-RMM does */
	EXPECT_EQ(TSM_CCA_SUCCESS, continue_with(self, 0));
	EXPECT_EQ(TSM_CCA_INVALID_VDEV_ID, continue_with(self, cookie));
	EXPECT_EQ(TSM_CCA_ABORTED_OPERATION_HAD_COMPLETED,
		  host_call(self, RHI_VDEV_ABORT, cookie));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
