// SPDX-License-Identifier: GPL-2.0
/*
 * What an SNP guest learns from the example VMM of what failed. Linux' guest gives up
 * the key of a message on any error but BUSY, and on that it sends the same bytes again
 * (arch/x86/coco/sev/core.c): so BUSY is for what the firmware has not seen, and for no
 * more. It repeats no SEV_TIO_OP, so the VMM does where that can help.
 */
#include "lib/answers.h"
#include "lib/firmware.h"
#include "lib/platform.h"
#include "lib/test.h"
#include "lib/thread.h"
#include "vmm/vmm.h"
#include "vmm/sev_tio.h"

#define BUSY SEV_GUEST_ERR(SEV_VMM_ERR_BUSY, 0)
#define GENERIC SEV_GUEST_ERR(SEV_VMM_ERR_GENERIC, 0)

FIXTURE(snp)
{
	struct vmm vmm;
	struct tsm_sev_channel channel;
	struct tsm_thread thread;
	u64 error;
	u64 rdx;
	int rc;
};

static struct sev_tio_area *area(const FIXTURE_DATA(snp) *self)
{
	return tsm_vmm_area(self->vmm.shared);
}

static u64 gpa(const FIXTURE_DATA(snp) *self, const void *address)
{
	return self->vmm.shared->gpa +
	       ((const u8 *)address - (const u8 *)self->vmm.shared);
}

/* With what is in the GHCB. Return: EXITINFO2 */
static u64 vmgexit(FIXTURE_DATA(snp) *self, u64 code, u64 info_1, u64 info_2)
{
	struct sev_ghcb *ghcb = &area(self)->ghcb;

	ghcb->exit_code = code;
	ghcb->exit_info_1 = info_1;
	ghcb->exit_info_2 = info_2;
	self->rc = self->vmm.front->exit(&self->vmm, TSM_VMM_EXIT_VMGEXIT);
	/* or the guest takes it for an exception */
	if (!self->rc && (u32)ghcb->exit_info_1)
		self->rc = -EPROTO;
	return ghcb->exit_info_2;
}

static u64 op(FIXTURE_DATA(snp) *self, enum sev_op action)
{
	return vmgexit(self, SEV_EXIT_OP,
		       SEV_OP_INFO(action, self->vmm.setup.virt_id), 0);
}

static void seal_info(FIXTURE_DATA(snp) *self)
{
	const struct tsm_sev_tio_tdi_info req = {
		.tdi.v1.guest_device_id = htole16(self->vmm.setup.virt_id),
	};

	tsm_sev_seal(&self->channel, TSM_SEV_TIO_TDI_INFO_REQ, &req, sizeof(req),
		     area(self)->req);
}

/* The bytes that are there, as a guest does upon BUSY. In a thread too */
static int send_again(void *data)
{
	FIXTURE_DATA(snp) *self = data;
	struct sev_ghcb *ghcb = &area(self)->ghcb;

	ghcb->rax = gpa(self, area(self)->data);
	ghcb->rbx = self->rdx ? SEV_DATA_PAGES : 0;
	ghcb->rcx = self->vmm.setup.virt_id;
	ghcb->rdx = self->rdx;
	self->error = vmgexit(self, SEV_EXIT_GUEST_REQUEST,
			      gpa(self, area(self)->req),
			      gpa(self, area(self)->resp));
	return 0;
}

static u64 send_info(FIXTURE_DATA(snp) *self)
{
	seal_info(self);
	send_again(self);
	return self->error;
}

/* The guest can open it, and goes on with the next number */
static bool is_answered(FIXTURE_DATA(snp) *self)
{
	struct tsm_sev_tio_tdi_info_rsp rsp;

	if (self->rc ||
	    !tsm_sev_open(&self->channel, TSM_SEV_TIO_TDI_INFO_RSP, area(self)->resp,
			  sizeof(struct tsm_sev_tio_hdr) + sizeof(rsp), &rsp,
			  sizeof(rsp)))
		return false;
	self->channel.seqno += 2;
	return !le16toh(rsp.result.v1.status);
}

static void use_key(FIXTURE_DATA(snp) *self)
{
	const struct emu_sev_secrets *secrets = &area(self)->secrets;

	self->channel = (struct tsm_sev_channel) {
		.seqno = le64toh(secrets->last_seqno[0]) + 1,
		.msg_version = TSM_SEV_TIO_MSG_VERSION_1,
	};
	memcpy(self->channel.key, secrets->vmpck[0], sizeof(self->channel.key));
}

FIXTURE_SETUP(snp)
{
	vmm_line_prefix = "# ";
	if (check_setup(_metadata, &self->vmm.setup,
			vmm_start(&self->vmm, &vmm_sev_tio, "fn1")))
		return;
	tsm_answer((struct tsm_answer) {});
	ASSERT_EQ(0, op(self, SEV_OP_BIND));
	use_key(self);
}

FIXTURE_TEARDOWN(snp)
{
	unsigned int platform = self->vmm.setup.fn->platform;

	tsm_answer((struct tsm_answer) {});
	tsm_platform_mailbox_at(platform, EMU_MAILBOX_GOOD);
	tsm_platform_stall_at(platform, 0);
	EXPECT_EQ(0, vmm_take_down(&self->vmm));
}

static void fail_ops(int err, unsigned int times)
{
	tsm_answer((struct tsm_answer) {
		.nr = IOMMU_VDEVICE_TSM_OP, .times = times, .err = err,
	});
}

/* Each errno of a guest request, of the kernel and of TSM drivers */
static const struct {
	int err;
	bool passes;
} errnos[] = {
	{ EAGAIN, true }, { EBUSY, true }, { EINTR, true }, { ENOMEM, true },
	{ EACCES }, { EBADMSG }, { ECANCELED }, { EFAULT }, { EINVAL }, { EIO },
	{ EMSGSIZE }, { ENOBUFS }, { ENODATA }, { ENODEV }, { ENOENT },
	{ ENXIO }, { EOPNOTSUPP }, { EPERM }, { EPROTONOSUPPORT }, { ESTALE },
	{ ETIMEDOUT },
};

/* The firmware has not seen it: the same bytes are as good as before */
TEST_F(snp, message_untouched)
{
	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		tsm_fail_requests(errnos[i].err, 0, 1);
		EXPECT_EQ(errnos[i].passes ? BUSY : GENERIC, send_info(self)) {
			TH_LOG("%s", strerrorname_np(errnos[i].err));
		}
		/* it is the guest who repeats it */
		EXPECT_EQ(1, tsm_answers());
	}
	ASSERT_EQ(0, send_again(self));
	EXPECT_EQ(0, self->error);
	EXPECT_TRUE(is_answered(self));
}

/* The firmware may have seen it: no number may be used for it again */
TEST_F(snp, message_dispatched)
{
	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		tsm_fail_requests(errnos[i].err, IOMMU_VDEVICE_TSM_DISPATCHED, 1);
		EXPECT_EQ(GENERIC, send_info(self)) {
			TH_LOG("%s", strerrorname_np(errnos[i].err));
		}
		EXPECT_EQ(1, tsm_answers());
	}
}

static bool is_state(FIXTURE_DATA(snp) *self, int state)
{
	struct tsm_firmware_tdi tdi;

	return !tsm_firmware_tdi(&self->vmm.setup, &tdi) && tdi.state == state;
}

/* What passes is waited for, so that the guest sees none of it */
TEST_F(snp, bind_repeated)
{
	const int passing[] = { EAGAIN, EINTR };

	for (size_t i = 0; i < ARRAY_SIZE(passing); i++) {
		ASSERT_EQ(0, op(self, SEV_OP_UNBIND));
		fail_ops(passing[i], 3);
		EXPECT_EQ(0, op(self, SEV_OP_BIND));
		EXPECT_EQ(4, tsm_answers());
		EXPECT_TRUE(is_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
	}
}

TEST_F(snp, bind_refused)
{
	const int lasting[] = {
		EADDRINUSE, EBUSY, ECANCELED, EIO, ENODEV, ENXIO, EOPNOTSUPP,
		EOVERFLOW,
	};

	ASSERT_EQ(0, op(self, SEV_OP_UNBIND));
	for (size_t i = 0; i < ARRAY_SIZE(lasting); i++) {
		fail_ops(lasting[i], 1);
		EXPECT_NE(0, op(self, SEV_OP_BIND));
		EXPECT_EQ(1, tsm_answers());
	}
	/* a lock that failed before does not matter to this one */
	EXPECT_EQ(0, op(self, SEV_OP_BIND));
	EXPECT_TRUE(is_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
}

/* A bind of what is bound is the guest's way to begin anew */
TEST_F(snp, bind_anew)
{
	ASSERT_EQ(0, op(self, SEV_OP_RUN));
	fail_ops(0, 0);
	EXPECT_EQ(0, op(self, SEV_OP_BIND));
	EXPECT_EQ(3, tsm_answers());
	EXPECT_TRUE(is_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
	/* and the key goes on */
	EXPECT_EQ(0, send_info(self));
	EXPECT_TRUE(is_answered(self));
}

TEST_F(snp, run_repeated)
{
	tsm_fail_requests(EAGAIN, 0, 3);
	EXPECT_EQ(0, op(self, SEV_OP_RUN));
	EXPECT_EQ(4, tsm_answers());
	EXPECT_TRUE(is_state(self, PCI_TDISP_STATE_RUN));
}

/* It may run, so it is not started twice */
TEST_F(snp, run_dispatched)
{
	tsm_fail_requests(EAGAIN, IOMMU_VDEVICE_TSM_DISPATCHED, 1);
	EXPECT_EQ(GENERIC, op(self, SEV_OP_RUN));
	EXPECT_EQ(1, tsm_answers());
}

/* There are guests that unbind first, and then stop */
TEST_F(snp, stop_unbound)
{
	ASSERT_EQ(0, op(self, SEV_OP_UNBIND));
	EXPECT_EQ(0, op(self, SEV_OP_STOP));
	tsm_fail_requests(EIO, IOMMU_VDEVICE_TSM_DISPATCHED, 1);
	EXPECT_EQ(GENERIC, op(self, SEV_OP_STOP));
}

static const struct sev_object *objects(FIXTURE_DATA(snp) *self)
{
	return (const void *)area(self)->data;
}

/* An object that is not there is left out, and one that changed is read anew */
TEST_F(snp, objects)
{
	const struct sev_object none = {};

	self->rdx = SEV_INFO_REPORT;
	tsm_fail_requests(ENODATA, IOMMU_VDEVICE_TSM_DISPATCHED, 1);
	EXPECT_EQ(0, send_info(self));
	EXPECT_TRUE(is_answered(self));
	EXPECT_EQ(0, memcmp(objects(self), &none, sizeof(none)));

	/* size, read; size, read, and the message */
	tsm_answer((struct tsm_answer) {
		.nr = IOMMU_VDEVICE_TSM_GUEST_REQUEST, .skip = 1, .times = 1,
		.err = ESTALE, .flags = IOMMU_VDEVICE_TSM_DISPATCHED,
	});
	EXPECT_EQ(0, send_info(self));
	EXPECT_EQ(5, tsm_answers());
	EXPECT_TRUE(is_answered(self));
	EXPECT_NE(0, le32toh(objects(self)->len));
}

/* A mailbox that is busy once, as if a driver of the device used it */
TEST_F(snp, bind_while_mailbox_is_busy)
{
	unsigned int platform = self->vmm.setup.fn->platform;

	ASSERT_EQ(0, op(self, SEV_OP_UNBIND));
	ASSERT_EQ(0, tsm_platform_mailbox_at(platform, EMU_MAILBOX_BUSY));
	fail_ops(0, 0);
	EXPECT_EQ(0, op(self, SEV_OP_BIND));
	EXPECT_LT(1, tsm_answers());
	EXPECT_TRUE(is_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
}

/* The driver was called: the mailbox' EBUSY is no BUSY for the guest */
TEST_F(snp, run_while_mailbox_is_busy)
{
	unsigned int platform = self->vmm.setup.fn->platform;

	ASSERT_EQ(0, tsm_platform_mailbox_at(platform, EMU_MAILBOX_BUSY));
	tsm_fail_requests(0, 0, 0);
	EXPECT_EQ(GENERIC, op(self, SEV_OP_RUN));
	EXPECT_EQ(1, tsm_answers());
	ASSERT_EQ(0, tsm_platform_mailbox_at(platform, EMU_MAILBOX_GOOD));
	EXPECT_TRUE(is_state(self, PCI_TDISP_STATE_CONFIG_LOCKED));
	EXPECT_EQ(0, op(self, SEV_OP_RUN));
}

static int hold_request(void *data)
{
	const struct tsm_sev_tio_stop_run req = { .call = TSM_SEV_TIO_CALL_RUN };
	struct vmm *vmm = data;
	struct vmm_call call = {
		.exit = "test", .id = TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_RUN),
		.scope = IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE,
		.req = &req, .req_len = sizeof(req),
	};

	return vmm_request(vmm, &call);
}

/* A vCPU that is kicked out of the ioctl, while it waits for another's request */
TEST_F(snp, message_interrupted)
{
	unsigned int platform = self->vmm.setup.fn->platform;
	struct vmm other = self->vmm;
	struct tsm_thread holder;
	int rc;

	seal_info(self);
	ASSERT_EQ(0, tsm_platform_stall_at(platform, TSM_EMU_STALL_GUEST_REQ));
	ASSERT_EQ(0, tsm_thread_start(&holder, hold_request, &other));
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));
	ASSERT_EQ(0, tsm_thread_start(&self->thread, send_again, self));
	EXPECT_EQ(0, tsm_thread_wait(&self->thread, TSM_INTERRUPTIBLE, ""));
	EXPECT_EQ(0, tsm_thread_interrupt(&self->thread));
	EXPECT_EQ(0, tsm_thread_join(&self->thread, &rc));
	EXPECT_EQ(BUSY, self->error);

	ASSERT_EQ(0, tsm_platform_stall_at(platform, 0));
	EXPECT_EQ(0, tsm_thread_join(&holder, &rc));
	EXPECT_EQ(0, rc);
	send_again(self);
	EXPECT_EQ(0, self->error);
	EXPECT_TRUE(is_answered(self));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
