// SPDX-License-Identifier: GPL-2.0
/*
 * What only one guest protocol has: the sealed messages of SEV-TIO, the objects
 * and long operations of CCA, the command buffer of TDX Connect, and how each
 * validates MMIO.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tsm_exhaust.h"
#include "tsm_proto.h"
#include "tsm_test.h"
#include "tsm_thread.h"

/* BARs of pf0 */
#define BAR0_PAGES 16
#define BAR1_PAGES 1

static int setup_proto(struct __test_metadata *_metadata, struct proto_test *p,
		       const struct proto *proto)
{
	int rc = check_step(_metadata, &p->t, proto_assign(p, proto, "pf0"));

	return rc ?: check_step(_metadata, &p->t, proto_bind(p));
}

static void expect_tdi(struct __test_metadata *_metadata,
		       const struct proto_test *p, int state, bool dma,
		       unsigned int pages0, unsigned int pages1)
{
	struct tsm_firmware_tdi tdi;

	ASSERT_EQ(0, tsm_firmware_tdi(&p->t.s, &tdi));
	EXPECT_EQ(state, tdi.state);
	EXPECT_EQ(dma, tdi.dma);
	EXPECT_EQ(pages0, tdi.pages[0]);
	EXPECT_EQ(pages1, tdi.pages[1]);
}

/* The firmware refuses, with @code and nothing else */
static void expect_code(struct __test_metadata *_metadata, struct proto_test *p,
			u32 id, u64 code)
{
	EXPECT_EQ(-EREMOTEIO, proto_request(p, id));
	EXPECT_EQ(code, p->t.cmd.out_tsm_code);
	EXPECT_EQ(0, p->t.cmd.out_resp_len);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, p->t.cmd.out_flags);
}

FIXTURE(sev)
{
	struct proto_test p;
};

FIXTURE_VARIANT(sev)
{
	u8 msg_version;
};

FIXTURE_VARIANT_ADD(sev, version_1)
{
	.msg_version = TSM_SEV_TIO_MSG_VERSION_1,
};

FIXTURE_VARIANT_ADD(sev, version_2)
{
	.msg_version = TSM_SEV_TIO_MSG_VERSION_2,
};

FIXTURE_SETUP(sev)
{
	setup_proto(_metadata, &self->p, &proto_sev);
	self->p.channel.msg_version = variant->msg_version;
}

FIXTURE_TEARDOWN(sev)
{
	proto_close(&self->p);
}

/* Send what is in the request buffer as it is */
static int send_sealed(struct proto_test *p, u32 len)
{
	proto_prepare(p, SCOPE(STATE_CHANGE), len);
	return ioctl_request(&p->t);
}

static void expect_bad_message(struct __test_metadata *_metadata,
			       struct proto_test *p, u32 len)
{
	ASSERT_EQ(0, send_sealed(p, len));
	EXPECT_EQ(EMU_SEV_BAD_MESSAGE, p->t.cmd.out_tsm_code);
	EXPECT_EQ(0, p->t.cmd.out_resp_len);
}

static void expect_status(struct __test_metadata *_metadata,
			  struct proto_test *p, u32 id, int status)
{
	ASSERT_EQ(0, proto_request(p, id));
	EXPECT_EQ(status, proto_sev_status(p, id));
}

/* The number is what keeps a message from being sent twice */
TEST_F(sev, replayed)
{
	struct proto_test *p = &self->p;
	u8 first[PROTO_REQ_MAX];
	u32 len;

	p->sdte = EMU_SDTE_VALID;
	len = p->proto->make(p, TSM_SEV_TIO_SDTE_WRITE_REQ, 0);
	memcpy(first, p->req, len);
	ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_SDTE_WRITE_REQ));
	p->sdte = 0;
	ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_SDTE_WRITE_REQ));

	memcpy(p->req, first, len);
	expect_bad_message(_metadata, p, len);
	expect_tdi(_metadata, p, PCI_TDISP_STATE_RUN, false, 0, 0);
	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
}

/* Nor may one be left out, or go back */
TEST_F(sev, wrong_numbers)
{
	const u64 wrong[] = { 0, 1, 2, 4, 5, 1ULL << 32, UINT64_MAX };
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		p->channel.seqno = wrong[i];
		expect_bad_message(_metadata, p,
				   p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0));
	}
	p->channel.seqno = 3;
	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
}

/* Each bit of the payload and of the tag */
TEST_F(sev, flipped_bits)
{
	struct proto_test *p = &self->p;
	u32 len = p->proto->make(p, TSM_SEV_TIO_SDTE_WRITE_REQ, 0);

	for (u32 at = 0; at < len; at++) {
		if (at == TSM_SEV_TIO_AUTHTAG_LEN)
			at = sizeof(struct tsm_sev_tio_hdr);
		p->proto->make(p, TSM_SEV_TIO_SDTE_WRITE_REQ, 0);
		p->req[at] ^= 1 << at % 8;
		expect_bad_message(_metadata, p, len);
	}
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0);
}

/* The header is in the clear, but whoever changes it is found out */
TEST_F(sev, changed_header)
{
	struct tsm_sev_tio_hdr *hdr = (void *)self->p.req;
	struct proto_test *p = &self->p;
	u32 len;

	len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	hdr->msg_version ^= TSM_SEV_TIO_MSG_VERSION_1 ^ TSM_SEV_TIO_MSG_VERSION_2;
	expect_bad_message(_metadata, p, len);

	/* of the same length */
	len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	hdr->msg_type = TSM_SEV_TIO_MMIO_CONFIG_REQ;
	expect_bad_message(_metadata, p, len);

	len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	hdr->msg_vmpck = 1;
	expect_bad_message(_metadata, p, len);
}

TEST_F(sev, wrong_vmpck)
{
	struct proto_test *p = &self->p;

	for (u8 vmpck = 1; vmpck <= TSM_SEV_TIO_VMPCK_MAX; vmpck++) {
		p->channel.vmpck = vmpck;
		expect_bad_message(_metadata, p,
				   p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0));
	}
}

/* Each key has numbers of its own */
TEST_F(sev, each_vmpck)
{
	struct emu_sev_secrets secrets;
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, tsm_firmware_secrets(&p->t.s, &secrets));
	for (u8 vmpck = 0; vmpck <= TSM_SEV_TIO_VMPCK_MAX; vmpck++) {
		memcpy(p->channel.key, secrets.vmpck[vmpck], sizeof(p->channel.key));
		p->channel.vmpck = vmpck;
		p->channel.seqno = 1;
		ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
		ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	}
}

/* Those of the guest that had the TDI before are good for nothing */
TEST_F(sev, keys_of_last_binding)
{
	struct proto_test *p = &self->p;
	struct tsm_sev_channel old = p->channel;

	ASSERT_EQ(0, unbind_tdi(&p->t));
	ASSERT_EQ(0, proto_bind(p));
	EXPECT_NE(0, memcmp(old.key, p->channel.key, sizeof(old.key)));
	p->channel = old;
	expect_bad_message(_metadata, p,
			   p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0));
}

static void expect_digest(struct __test_metadata *_metadata,
			  const struct proto_test *p, enum emu_object type,
			  const u8 digest[TSM_SEV_TIO_DIGEST_LEN])
{
	u8 is[TSM_SHA384_LEN];
	void *data;
	u32 len;

	ASSERT_EQ(0, tsm_firmware_object(&p->t.s, type, &data, &len));
	tsm_sha384(data, len, is);
	free(data);
	EXPECT_EQ(0, memcmp(digest, is, sizeof(is)));
}

/* What the firmware vouches for is what the host has to show */
TEST_F(sev, digests)
{
	const struct tsm_sev_tio_tdi_info_rsp *rsp = (void *)self->p.payload;
	struct proto_test *p = &self->p;

	expect_status(_metadata, p, TSM_SEV_TIO_TDI_INFO_REQ,
		      TSM_SEV_TIO_TDI_INFO_BOUND);
	EXPECT_EQ(p->t.s.virt_id, variant->msg_version == TSM_SEV_TIO_MSG_VERSION_1 ?
		  le16toh(rsp->result.v1.guest_device_id) :
		  le64toh(rsp->result.v2.tdi_id));
	EXPECT_TRUE(le32toh(rsp->meas_flags) & TSM_SEV_TIO_MEAS_DIGEST_VALID);
	EXPECT_NE(0, le64toh(rsp->report_count));
	expect_digest(_metadata, p, EMU_OBJECT_CERTIFICATES, rsp->certs_digest);
	expect_digest(_metadata, p, EMU_OBJECT_MEASUREMENTS, rsp->meas_digest);
	expect_digest(_metadata, p, EMU_OBJECT_REPORT, rsp->report_digest);
}

TEST_F(sev, mmio_validate)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	p->mmio_flags = TSM_SEV_TIO_MMIO_VALIDATED;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_VALIDATE_REQ,
		      TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS);
	ASSERT_EQ(0, proto_use_range(p, 1));
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_VALIDATE_REQ,
		      TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS);
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, BAR0_PAGES,
		   BAR1_PAGES);

	p->mmio_flags = 0;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_VALIDATE_REQ,
		      TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS);
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, BAR0_PAGES, 0);
}

/* Not a page is validated beyond what the report has */
TEST_F(sev, mmio_outside)
{
	struct proto_test *p = &self->p;
	u64 base;

	ASSERT_EQ(0, proto_use_range(p, 0));
	base = p->range.base;
	p->mmio_flags = TSM_SEV_TIO_MMIO_VALIDATED;

	p->range.pages = BAR0_PAGES + 1;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_VALIDATE_REQ,
		      TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE);
	p->range.pages = 1;
	p->range.offset = BAR0_PAGES;
	p->range.base = base + BAR0_PAGES * 4096ULL;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_VALIDATE_REQ,
		      TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE);
	/* the sum does not fit 32 bits */
	p->range.pages = UINT32_MAX;
	p->range.offset = 1;
	p->range.base = base + 4096;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_VALIDATE_REQ,
		      TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE);

	p->range.pages = 1;
	p->range.offset = 0;
	p->range.base = base + 1;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_VALIDATE_REQ,
		      TSM_SEV_TIO_MMIO_VALIDATE_NOT_4K);
	p->range.base = base + 4096;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_VALIDATE_REQ,
		      TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED);
	p->range.base = base;
	p->range.id = 5;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_VALIDATE_REQ,
		      TSM_SEV_TIO_MMIO_VALIDATE_NOT_REPORTED);
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0);
}

static void start_tdi(struct __test_metadata *_metadata, struct proto_test *p)
{
	p->sdte = EMU_SDTE_VALID;
	expect_status(_metadata, p, TSM_SEV_TIO_SDTE_WRITE_REQ,
		      TSM_SEV_TIO_SDTE_WRITE_SUCCESS);
}

/* The attributes of the range in use are these */
static void expect_attr(struct __test_metadata *_metadata, struct proto_test *p,
			u16 attr)
{
	const struct tsm_sev_tio_mmio_config_rsp *rsp = (void *)p->payload;

	p->mmio_write = 0;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_CONFIG_REQ,
		      TSM_SEV_TIO_MMIO_CONFIG_SUCCESS);
	EXPECT_EQ((u32)p->range.id << 16 | attr, le32toh(rsp->range));
}

/* The message reads or writes, so it needs the wider scope for both */
static void write_attr(struct __test_metadata *_metadata, struct proto_test *p,
		       u16 attr, int status)
{
	p->mmio_write = TSM_SEV_TIO_MMIO_WRITE;
	p->mmio_attr = attr;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_CONFIG_REQ, status);
}

static void expect_non_tee(struct __test_metadata *_metadata,
			   const struct proto_test *p, unsigned int non_tee)
{
	struct tsm_firmware_tdi tdi;

	ASSERT_EQ(0, tsm_firmware_tdi(&p->t.s, &tdi));
	EXPECT_EQ(non_tee, tdi.non_tee);
}

/* No MSI-X in it, and only the second BAR can be updated */
TEST_F(sev, mmio_config_read)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	expect_attr(_metadata, p, 0);
	ASSERT_EQ(0, proto_use_range(p, 1));
	expect_attr(_metadata, p, PCI_TDISP_MMIO_ATTR_UPDATABLE);
	p->range.id = 5;
	expect_status(_metadata, p, TSM_SEV_TIO_MMIO_CONFIG_REQ,
		      TSM_SEV_TIO_MMIO_CONFIG_NOT_REPORTED);
}

TEST_F(sev, mmio_config_write)
{
	struct proto_test *p = &self->p;

	start_tdi(_metadata, p);
	ASSERT_EQ(0, proto_use_range(p, 1));
	write_attr(_metadata, p, PCI_TDISP_MMIO_NON_TEE,
		   TSM_SEV_TIO_MMIO_CONFIG_SUCCESS);
	expect_attr(_metadata, p,
		    PCI_TDISP_MMIO_ATTR_UPDATABLE | PCI_TDISP_MMIO_NON_TEE);
	expect_non_tee(_metadata, p, BIT(1));
	write_attr(_metadata, p, 0, TSM_SEV_TIO_MMIO_CONFIG_SUCCESS);
	expect_attr(_metadata, p, PCI_TDISP_MMIO_ATTR_UPDATABLE);
	expect_non_tee(_metadata, p, 0);
}

TEST_F(sev, mmio_config_refused)
{
	struct proto_test *p = &self->p;

	/* before the TDI runs */
	ASSERT_EQ(0, proto_use_range(p, 1));
	write_attr(_metadata, p, PCI_TDISP_MMIO_NON_TEE,
		   TSM_SEV_TIO_MMIO_CONFIG_NOT_CHANGED);
	start_tdi(_metadata, p);
	/* what is no choice of the guest's */
	write_attr(_metadata, p, PCI_TDISP_MMIO_NON_TEE | PCI_TDISP_MMIO_MSIX_PBA,
		   TSM_SEV_TIO_MMIO_CONFIG_NOT_CHANGED);
	expect_attr(_metadata, p, PCI_TDISP_MMIO_ATTR_UPDATABLE);
	ASSERT_EQ(0, proto_use_range(p, 0));
	write_attr(_metadata, p, PCI_TDISP_MMIO_NON_TEE,
		   TSM_SEV_TIO_MMIO_CONFIG_NOT_CHANGED);
	expect_attr(_metadata, p, 0);
	expect_non_tee(_metadata, p, 0);
}

TEST_F(sev, sdte)
{
	struct proto_test *p = &self->p;

	p->sdte = (u8)~EMU_SDTE_VALID;
	expect_status(_metadata, p, TSM_SEV_TIO_SDTE_WRITE_REQ,
		      TSM_SEV_TIO_SDTE_WRITE_RESERVED);
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0);

	start_tdi(_metadata, p);
	expect_tdi(_metadata, p, PCI_TDISP_STATE_RUN, true, 0, 0);

	p->sdte = 0;
	expect_status(_metadata, p, TSM_SEV_TIO_SDTE_WRITE_REQ,
		      TSM_SEV_TIO_SDTE_WRITE_SUCCESS);
	expect_tdi(_metadata, p, PCI_TDISP_STATE_RUN, false, 0, 0);
}

/* A guest has no say about what it does not own */
TEST_F(sev, foreign_tdi)
{
	struct proto_test *p = &self->p;
	u64 own = p->t.s.virt_id;

	p->t.s.virt_id = own + 1;
	p->sdte = EMU_SDTE_VALID;
	expect_status(_metadata, p, TSM_SEV_TIO_TDI_INFO_REQ,
		      TSM_SEV_TIO_TDI_INFO_INVALID);
	expect_status(_metadata, p, TSM_SEV_TIO_SDTE_WRITE_REQ,
		      TSM_SEV_TIO_SDTE_WRITE_INVALID_TDI);
	p->t.s.virt_id = own;
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0);
}

FIXTURE(cca)
{
	struct proto_test p;
};

FIXTURE_SETUP(cca)
{
	setup_proto(_metadata, &self->p, &proto_cca);
}

FIXTURE_TEARDOWN(cca)
{
	proto_close(&self->p);
}

static u32 object_size(struct __test_metadata *_metadata, struct proto_test *p,
		       u32 object)
{
	const struct tsm_cca_object_size_rsp *rsp = (void *)p->resp;

	p->object = object;
	ASSERT_EQ(0, proto_request(p, TSM_CCA_OBJECT_SIZE));
	ASSERT_EQ(sizeof(*rsp), p->t.cmd.out_resp_len);
	return le32toh(rsp->size);
}

static u32 min_len(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* In pieces of @piece, each as long as asked for but the last */
static void expect_object(struct __test_metadata *_metadata,
			  struct proto_test *p, u32 object,
			  enum emu_object type, u32 piece)
{
	u32 len, size = object_size(_metadata, p, object);
	u8 *want;

	ASSERT_EQ(0, tsm_firmware_object(&p->t.s, type, (void **)&want, &len));
	ASSERT_EQ(len, size);
	for (u32 at = 0; at < size; at += piece) {
		u32 part = min_len(piece, size - at);

		p->offset = at;
		proto_prepare(p, SCOPE(INFO),
			      p->proto->make(p, TSM_CCA_OBJECT_READ, 0));
		p->t.cmd.resp_len = piece;
		ASSERT_EQ(0, ioctl_request(&p->t));
		ASSERT_EQ(0, p->t.cmd.out_tsm_code);
		ASSERT_EQ(part, p->t.cmd.out_resp_len);
		ASSERT_EQ(0, memcmp(want + at, p->resp, part));
	}
	free(want);
}

TEST_F(cca, objects)
{
	const u32 pieces[] = { 97, 1024, 4096, PROTO_RESP_MAX };
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, TSM_CCA_MEASUREMENTS_REFRESH));
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		expect_object(_metadata, p, TSM_CCA_OBJECT_CERTIFICATE,
			      EMU_OBJECT_CERTIFICATES, pieces[i]);
		expect_object(_metadata, p, TSM_CCA_OBJECT_MEASUREMENTS,
			      EMU_OBJECT_MEASUREMENTS, pieces[i]);
		expect_object(_metadata, p, TSM_CCA_OBJECT_REPORT,
			      EMU_OBJECT_REPORT, pieces[i]);
		expect_object(_metadata, p, TSM_CCA_OBJECT_VCA, EMU_OBJECT_VCA,
			      pieces[i]);
	}
}

TEST_F(cca, objects_refused)
{
	struct proto_test *p = &self->p;
	u32 size = object_size(_metadata, p, TSM_CCA_OBJECT_CERTIFICATE);

	/* lengths are worth testing with what takes more than a page */
	EXPECT_LT(4096, size);
	p->offset = size;
	expect_code(_metadata, p, TSM_CCA_OBJECT_READ, TSM_CCA_INVALID_OFFSET);
	p->offset = UINT64_MAX;
	expect_code(_metadata, p, TSM_CCA_OBJECT_READ, TSM_CCA_INVALID_OFFSET);

	p->offset = 0;
	p->object = TSM_CCA_OBJECT_REPORT + 1;
	expect_code(_metadata, p, TSM_CCA_OBJECT_SIZE, TSM_CCA_INVALID_OBJECT);
	expect_code(_metadata, p, TSM_CCA_OBJECT_READ, TSM_CCA_INVALID_OBJECT);

	p->object = TSM_CCA_OBJECT_MEASUREMENTS;
	expect_code(_metadata, p, TSM_CCA_OBJECT_SIZE, TSM_CCA_DATA_NOT_AVAILABLE);
	expect_code(_metadata, p, TSM_CCA_OBJECT_READ, TSM_CCA_DATA_NOT_AVAILABLE);
}

static bool has_nonce(struct proto_test *p)
{
	p->object = TSM_CCA_OBJECT_MEASUREMENTS;
	p->offset = 0;
	if (proto_request(p, TSM_CCA_OBJECT_READ))
		return false;
	return memmem(p->resp, p->t.cmd.out_resp_len, p->nonce, sizeof(p->nonce));
}

/* Measurements are as fresh as the nonce */
TEST_F(cca, nonce)
{
	struct proto_test *p = &self->p;

	for (u8 fill = 1; fill < 3; fill++) {
		memset(p->nonce, fill, sizeof(p->nonce));
		ASSERT_EQ(0, proto_request(p, TSM_CCA_MEASUREMENTS_REFRESH));
		EXPECT_TRUE(has_nonce(p));
	}
	memset(p->nonce, 1, sizeof(p->nonce));
	EXPECT_FALSE(has_nonce(p));
}

static int refresh(void *data)
{
	return proto_request(data, TSM_CCA_MEASUREMENTS_REFRESH);
}

/* What goes on for long is waited for, and done */
TEST_F(cca, completion_held)
{
	struct proto_test *p = &self->p;
	unsigned int platform = p->t.s.fn->platform;
	struct tsm_thread thread;
	int rc;

	memset(p->nonce, 0x77, sizeof(p->nonce));
	ASSERT_EQ(0, tsm_platform_stall_at(platform, TSM_STALL_COMPLETION));
	ASSERT_EQ(0, tsm_thread_start(&thread, refresh, p));
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));
	ASSERT_EQ(0, tsm_thread_wait_blocked(&thread));

	ASSERT_EQ(0, tsm_platform_stall_at(platform, 0));
	ASSERT_EQ(0, tsm_thread_join(&thread, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_TRUE(has_nonce(p));
}

/* Wait for a child that a signal is to end. Return: that signal, or -1 */
static int wait_killed(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		return -1;
	return WTERMSIG(status);
}

/* Who is killed meanwhile leaves nothing behind that keeps the others */
TEST_F(cca, completion_killed)
{
	struct proto_test *p = &self->p;
	unsigned int platform = p->t.s.fn->platform;
	pid_t pid;

	ASSERT_EQ(0, tsm_platform_stall_at(platform, TSM_STALL_COMPLETION));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(!!refresh(p));
	ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(SIGKILL, wait_killed(pid));

	ASSERT_EQ(0, tsm_platform_stall_at(platform, 0));
	memset(p->nonce, 0x55, sizeof(p->nonce));
	ASSERT_EQ(0, refresh(p));
	EXPECT_TRUE(has_nonce(p));
	ASSERT_EQ(0, p->proto->run(p));
}

TEST_F(cca, mmio_validate)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	p->range.pages = 3;
	p->range.offset = 2;
	ASSERT_EQ(0, proto_request(p, TSM_CCA_VALIDATE_MMIO));
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 3, 0);
	ASSERT_EQ(0, proto_use_range(p, 1));
	ASSERT_EQ(0, proto_request(p, TSM_CCA_VALIDATE_MMIO));
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 3, BAR1_PAGES);
}

TEST_F(cca, mmio_outside)
{
	const struct {
		s64 from;
		s64 to;
	} outside[] = {
		{ -1, 1 }, { -1, 0 }, { 0, BAR0_PAGES + 1 },
		{ BAR0_PAGES, BAR0_PAGES + 1 }, { 0, 0 }, { 2, 1 },
	};
	struct tsm_cca_validate_mmio *req = (void *)self->p.req;
	struct proto_test *p = &self->p;
	u64 base;

	ASSERT_EQ(0, proto_use_range(p, 0));
	base = p->range.base;
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		u32 len = p->proto->make(p, TSM_CCA_VALIDATE_MMIO, 0);

		req->gpa_base = htole64(base + outside[i].from * 4096);
		req->pa_base = req->gpa_base;
		req->gpa_top = htole64(base + outside[i].to * 4096);
		proto_prepare(p, SCOPE(STATE_CHANGE), len);
		ASSERT_EQ(0, ioctl_request(&p->t));
		EXPECT_EQ(TSM_CCA_ERROR_INPUT, p->t.cmd.out_tsm_code) {
			TH_LOG("pages %lld to %lld", (long long)outside[i].from,
			       (long long)outside[i].to);
		}
	}
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0);
}

TEST_F(cca, mmio_unaligned)
{
	const size_t fields[] = {
		offsetof(struct tsm_cca_validate_mmio, gpa_base),
		offsetof(struct tsm_cca_validate_mmio, gpa_top),
		offsetof(struct tsm_cca_validate_mmio, pa_base),
	};
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	p->range.pages = 2;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		u32 len = p->proto->make(p, TSM_CCA_VALIDATE_MMIO, 0);

		p->req[fields[i]] |= 1;
		proto_prepare(p, SCOPE(STATE_CHANGE), len);
		ASSERT_EQ(0, ioctl_request(&p->t));
		EXPECT_EQ(TSM_CCA_ERROR_INPUT, p->t.cmd.out_tsm_code);
	}
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0);
}

static int set_state(struct proto_test *p, u32 state)
{
	p->state = state;
	return proto_request(p, TSM_CCA_SET_TDI_STATE);
}

TEST_F(cca, states)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, set_state(p, PCI_TDISP_STATE_RUN));
	expect_tdi(_metadata, p, PCI_TDISP_STATE_RUN, true, 0, 0);
	ASSERT_EQ(0, set_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_UNLOCKED, false, 0, 0);
	EXPECT_EQ(-EREMOTEIO, set_state(p, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(TSM_CCA_ERROR_DEVICE, p->t.cmd.out_tsm_code);
	ASSERT_EQ(0, set_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0);
	EXPECT_EQ(-EREMOTEIO, set_state(p, PCI_TDISP_STATE_ERROR));
	EXPECT_EQ(TSM_CCA_ERROR_INPUT, p->t.cmd.out_tsm_code);
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0);
}

FIXTURE(tdx)
{
	struct proto_test p;
};

FIXTURE_SETUP(tdx)
{
	setup_proto(_metadata, &self->p, &proto_tdx);
}

FIXTURE_TEARDOWN(tdx)
{
	proto_close(&self->p);
}

/* data_length is of what was sent, not of the buffer that the TD shares */
TEST_F(tdx, data_length)
{
	struct tsm_tdx_hdr *hdr = (void *)self->p.req;
	const u32 wrong[] = { 1, 4076, 4096, 1U << 31, UINT32_MAX - 19, UINT32_MAX };
	struct proto_test *p = &self->p;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		u32 len = p->proto->make(p, TSM_TDX_CHECK_TEEIO_SUPP, 0);

		hdr->data_length = htole32(wrong[i]);
		proto_prepare(p, SCOPE(INFO), len);
		expect_refused(_metadata, &p->t, EBADMSG, 0);
	}

	/* the whole buffer, as no VMM should send it: longer than any command */
	p->proto->make(p, TSM_TDX_CHECK_TEEIO_SUPP, 0);
	proto_prepare(p, SCOPE(INFO), sizeof(p->req));
	expect_refused(_metadata, &p->t, EMSGSIZE, 0);
}

/* Each step only where the TDI is for it, and the response says so */
static void expect_wrong_state(struct __test_metadata *_metadata,
			       struct proto_test *p, u32 id)
{
	const struct tsm_tdx_hdr *hdr = (void *)p->resp;

	EXPECT_EQ(-EREMOTEIO, proto_request(p, id));
	EXPECT_EQ(TSM_TDX_ERR_STATE, p->t.cmd.out_tsm_code);
	ASSERT_EQ(sizeof(*hdr), p->t.cmd.out_resp_len);
	EXPECT_EQ(id, le16toh(hdr->operation));
	EXPECT_EQ(TSM_TDX_ERROR, hdr->status);
	EXPECT_EQ(TSM_TDX_ERR_STATE, hdr->error);
	EXPECT_EQ(0, hdr->data_length);
}

TEST_F(tdx, states)
{
	struct proto_test *p = &self->p;

	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_UNLOCKED, false, 0, 0);
	expect_wrong_state(_metadata, p, TSM_TDX_START_TDI);
	expect_wrong_state(_metadata, p, TSM_TDX_GET_TDI_REPORT);

	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0);
	expect_wrong_state(_metadata, p, TSM_TDX_BIND);

	ASSERT_EQ(0, proto_request(p, TSM_TDX_START_TDI));
	expect_tdi(_metadata, p, PCI_TDISP_STATE_RUN, true, 0, 0);
	expect_wrong_state(_metadata, p, TSM_TDX_START_TDI);

	ASSERT_EQ(0, proto_request(p, TSM_TDX_UNBIND));
	expect_tdi(_metadata, p, PCI_TDISP_STATE_CONFIG_UNLOCKED, false, 0, 0);
}

TEST_F(tdx, tdi_state)
{
	const struct tsm_tdx_hdr *hdr = (void *)self->p.resp;
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, TSM_TDX_GET_TDI_STATE));
	ASSERT_EQ(1, le32toh(hdr->data_length));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, hdr->data[0]);
	ASSERT_EQ(0, p->proto->run(p));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_GET_TDI_STATE));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, hdr->data[0]);
}

static void expect_data(struct __test_metadata *_metadata, struct proto_test *p,
			u32 offset, enum emu_object type)
{
	const struct tsm_tdx_hdr *hdr = (void *)p->resp;
	void *want;
	u32 len;

	ASSERT_EQ(0, tsm_firmware_object(&p->t.s, type, &want, &len));
	ASSERT_LE(offset + len, le32toh(hdr->data_length));
	EXPECT_EQ(0, memcmp(hdr->data + offset, want, len));
	free(want);
}

TEST_F(tdx, evidence)
{
	struct proto_test *p = &self->p;
	void *certs;
	u32 len;

	ASSERT_EQ(0, proto_request(p, TSM_TDX_BIND));
	ASSERT_EQ(0, proto_request(p, TSM_TDX_GET_DEV_INFO));
	ASSERT_EQ(0, tsm_firmware_object(&p->t.s, EMU_OBJECT_CERTIFICATES, &certs,
					 &len));
	free(certs);
	expect_data(_metadata, p, 0, EMU_OBJECT_CERTIFICATES);
	expect_data(_metadata, p, len, EMU_OBJECT_MEASUREMENTS);
	ASSERT_EQ(0, proto_request(p, TSM_TDX_GET_TDI_REPORT));
	expect_data(_metadata, p, 0, EMU_OBJECT_REPORT);
}

/* The first call says how much room the second must have */
TEST_F(tdx, enobufs)
{
	struct proto_test *p = &self->p;
	u32 len = p->proto->make(p, TSM_TDX_GET_DEV_INFO, 0), needed;

	proto_prepare(p, SCOPE(INFO), len);
	p->t.cmd.resp_len = sizeof(struct tsm_tdx_hdr);
	ASSERT_EQ(-ENOBUFS, ioctl_request(&p->t));
	needed = p->t.cmd.out_resp_len;
	EXPECT_LT(sizeof(struct tsm_tdx_hdr), needed);

	proto_prepare(p, SCOPE(INFO), len);
	p->t.cmd.resp_len = needed;
	ASSERT_EQ(0, ioctl_request(&p->t));
	EXPECT_EQ(needed, p->t.cmd.out_resp_len);
}

/* The kernel runs out of memory while the TSM binds, also with the TDI locked */
FIXTURE(nomem)
{
	struct proto_test p;
};

FIXTURE_VARIANT(nomem)
{
	const struct proto *proto;
};

FIXTURE_VARIANT_ADD(nomem, tdisp)
{
	.proto = &proto_tdisp,
};

FIXTURE_VARIANT_ADD(nomem, sev)
{
	.proto = &proto_sev,
};

FIXTURE_VARIANT_ADD(nomem, cca)
{
	.proto = &proto_cca,
};

FIXTURE_VARIANT_ADD(nomem, tdx)
{
	.proto = &proto_tdx,
};

FIXTURE_SETUP(nomem)
{
	if (tsm_fault_setup())
		SKIP(return, "no faults to inject (CONFIG_FAILSLAB, its files in debugfs)");
	setup_proto(_metadata, &self->p, variant->proto);
}

FIXTURE_TEARDOWN(nomem)
{
	tsm_fault_teardown();
	proto_close(&self->p);
}

static void check_unbound(struct __test_metadata *_metadata, struct tsm_test *t)
{
	struct tsm_firmware_tdi tdi;

	EXPECT_EQ(-ENOENT, tsm_firmware_tdi(&t->s, &tdi));
}

/* A TDI that stayed locked would not let the next bind lock it */
TEST_F(nomem, bind)
{
	const struct exhaustion e = { call_bind_tdi, check_unbound, unbind_tdi };
	struct proto_test *p = &self->p;

	/* the handle of the core and the TDI of the driver, if not more */
	EXPECT_LE(2, exhaust(_metadata, &p->t, &e));
	ASSERT_EQ(0, unbind_tdi(&p->t));
	ASSERT_EQ(0, proto_bind(p));
	EXPECT_EQ(0, p->proto->run(p));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
