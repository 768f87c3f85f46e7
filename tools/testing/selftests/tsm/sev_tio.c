// SPDX-License-Identifier: GPL-2.0
/*
 * What only SEV-TIO has: sealed messages, the digests that the firmware vouches
 * for, MMIO that the guest validates, and the secure device table entry.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "lib/proto_sev_tio.h"
#include "lib/test.h"

FIXTURE(sev_tio)
{
	struct proto_test p;
};

FIXTURE_VARIANT(sev_tio)
{
	u8 msg_version;
};

FIXTURE_VARIANT_ADD(sev_tio, version_1) { TSM_SEV_TIO_MSG_VERSION_1 };
FIXTURE_VARIANT_ADD(sev_tio, version_2) { TSM_SEV_TIO_MSG_VERSION_2 };

FIXTURE_SETUP(sev_tio)
{
	struct proto_test *p = &self->p;

	if (check_step(_metadata, &p->t, proto_open(p, &proto_sev_tio, "pf0")))
		return;
	sev_tio_args(p)->channel.msg_version = variant->msg_version;
}

FIXTURE_TEARDOWN(sev_tio)
{
	proto_close(&self->p);
}

/*
 * Send what is in the request buffer as it is. Return: the firmware's code, 0
 * for an answer without one, or -errno
 */
static s64 send_sealed(struct proto_test *p, u32 len)
{
	int rc;

	proto_prepare(p, SCOPE(STATE_CHANGE), len);
	rc = tsm_request_send(&p->t);
	if (rc)
		return rc;
	if (p->t.cmd.out_tsm_code && p->t.cmd.out_resp_len)
		return -EPROTO;
	return p->t.cmd.out_tsm_code;
}

static s64 ask_info(struct proto_test *p)
{
	return send_sealed(p, p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0));
}

static int write_sdte(struct proto_test *p, u8 sdte)
{
	sev_tio_args(p)->sdte = sdte;
	return sev_tio_status(p, TSM_SEV_TIO_SDTE_WRITE_REQ);
}

/* The number is what keeps a message from being sent twice */
TEST_F(sev_tio, replayed)
{
	struct proto_test *p = &self->p;
	u8 first[PROTO_REQ_MAX];
	u32 len;

	sev_tio_args(p)->sdte = EMU_SDTE_VALID;
	len = p->proto->make(p, TSM_SEV_TIO_SDTE_WRITE_REQ, 0);
	memcpy(first, p->req, len);
	ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_SDTE_WRITE_REQ));
	ASSERT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, write_sdte(p, 0));

	memcpy(p->req, first, len);
	EXPECT_EQ(EMU_SEV_BAD_MESSAGE, send_sealed(p, len));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, 0, 0));
	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
}

/* Nor may one be left out, or go back */
TEST_F(sev_tio, wrong_numbers)
{
	const u64 wrong[] = { 0, 1, 2, 4, 5, 1ULL << 32, UINT64_MAX };
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		sev_tio_args(p)->channel.seqno = wrong[i];
		EXPECT_EQ(EMU_SEV_BAD_MESSAGE, ask_info(p));
	}
	sev_tio_args(p)->channel.seqno = 3;
	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
}

/* A message whose answer can't be delivered keeps its number, so it can be repeated */
TEST_F(sev_tio, efault_keeps_number)
{
	struct proto_test *p = &self->p;
	u32 len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	void *page = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	proto_prepare(p, SCOPE(INFO), len);
	p->t.cmd.resp_uptr = (uintptr_t)page;
	EXPECT_EQ(-EFAULT, tsm_request_send(&p->t));
	EXPECT_EQ(0, p->t.cmd.out_flags);
	EXPECT_EQ(0, send_sealed(p, len));
	munmap(page, 1);
}

/* A bit of each byte of the payload and of the tag */
TEST_F(sev_tio, flipped_bits)
{
	struct proto_test *p = &self->p;
	u32 len;

	sev_tio_args(p)->sdte = EMU_SDTE_VALID;
	len = p->proto->make(p, TSM_SEV_TIO_SDTE_WRITE_REQ, 0);
	for (u32 at = 0; at < len; at++) {
		if (at == TSM_SEV_TIO_AUTHTAG_LEN)
			at = sizeof(struct tsm_sev_tio_hdr);
		p->proto->make(p, TSM_SEV_TIO_SDTE_WRITE_REQ, 0);
		p->req[at] ^= 1 << at % 8;
		EXPECT_EQ(EMU_SEV_BAD_MESSAGE, send_sealed(p, len));
	}
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

/* The header is in the clear, but its changes are found out */
TEST_F(sev_tio, changed_header)
{
	struct tsm_sev_tio_hdr *hdr = (void *)self->p.req;
	struct proto_test *p = &self->p;
	u32 len;

	len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	hdr->msg_version ^= TSM_SEV_TIO_MSG_VERSION_1 ^ TSM_SEV_TIO_MSG_VERSION_2;
	EXPECT_EQ(EMU_SEV_BAD_MESSAGE, send_sealed(p, len));

	/* of the same length */
	len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	hdr->msg_type = TSM_SEV_TIO_MMIO_CONFIG_REQ;
	EXPECT_EQ(EMU_SEV_BAD_MESSAGE, send_sealed(p, len));

	len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	hdr->msg_vmpck = 1;
	EXPECT_EQ(EMU_SEV_BAD_MESSAGE, send_sealed(p, len));
}

TEST_F(sev_tio, wrong_vmpck)
{
	struct proto_test *p = &self->p;

	for (u8 vmpck = 1; vmpck <= TSM_SEV_TIO_VMPCK_MAX; vmpck++) {
		sev_tio_args(p)->channel.vmpck = vmpck;
		EXPECT_EQ(EMU_SEV_BAD_MESSAGE, ask_info(p));
	}
}

/* Each key counts its messages on its own */
TEST_F(sev_tio, each_vmpck)
{
	struct tsm_sev_channel *channel = &sev_tio_args(&self->p)->channel;
	struct emu_sev_secrets secrets;
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, tsm_firmware_secrets(&p->t.s, &secrets));
	for (u8 vmpck = 0; vmpck <= TSM_SEV_TIO_VMPCK_MAX; vmpck++) {
		memcpy(channel->key, secrets.vmpck[vmpck], sizeof(channel->key));
		channel->vmpck = vmpck;
		channel->seqno = 1;
		ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
		ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	}
}

/* Those of the guest that had the TDI before are good for nothing */
TEST_F(sev_tio, keys_of_last_binding)
{
	struct tsm_sev_channel *channel = &sev_tio_args(&self->p)->channel;
	struct tsm_sev_channel old = *channel;
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, tsm_unbind_tdi(&p->t.s));
	ASSERT_EQ(0, proto_bind(p));
	EXPECT_NE(0, memcmp(old.key, channel->key, sizeof(old.key)));
	*channel = old;
	EXPECT_EQ(EMU_SEV_BAD_MESSAGE, ask_info(p));
}

static bool is_digest_of(const struct proto_test *p, enum emu_object type,
			 const u8 digest[TSM_SEV_TIO_DIGEST_LEN])
{
	u8 is[TSM_SHA384_LEN];
	void *data;
	u32 len;

	if (tsm_firmware_object(&p->t.s, type, &data, &len))
		return false;
	tsm_sha384(data, len, is);
	free(data);
	return !memcmp(digest, is, sizeof(is));
}

/* The tag is shorter than its field */
TEST_F(sev_tio, rest_of_tag)
{
	const struct tsm_sev_tio_hdr *hdr = (void *)self->p.resp;

	ASSERT_EQ(0, proto_request(&self->p, TSM_SEV_TIO_TDI_INFO_REQ));
	for (size_t i = TSM_SEV_TIO_AUTHTAG_LEN; i < sizeof(hdr->authtag); i++)
		EXPECT_EQ(0, hdr->authtag[i]);
}

/* What the firmware vouches for is what the host has to show */
TEST_F(sev_tio, digests)
{
	const struct tsm_sev_tio_tdi_info_rsp *rsp =
		(void *)sev_tio_args(&self->p)->payload;
	struct proto_test *p = &self->p;

	ASSERT_EQ(TSM_SEV_TIO_TDI_INFO_BOUND,
		  sev_tio_status(p, TSM_SEV_TIO_TDI_INFO_REQ));
	EXPECT_EQ(p->t.s.virt_id, variant->msg_version == TSM_SEV_TIO_MSG_VERSION_1 ?
		  le16toh(rsp->result.v1.guest_device_id) :
		  le64toh(rsp->result.v2.tdi_id));
	EXPECT_TRUE(le32toh(rsp->meas_flags) & TSM_SEV_TIO_MEAS_DIGEST_VALID);
	EXPECT_NE(0, le64toh(rsp->report_count));
	EXPECT_TRUE(is_digest_of(p, EMU_OBJECT_CERTIFICATES, rsp->certs_digest));
	EXPECT_TRUE(is_digest_of(p, EMU_OBJECT_MEASUREMENTS, rsp->meas_digest));
	EXPECT_TRUE(is_digest_of(p, EMU_OBJECT_REPORT, rsp->report_digest));
}

static int validate(struct proto_test *p, u16 flags)
{
	sev_tio_args(p)->mmio_flags = flags;
	return sev_tio_status(p, TSM_SEV_TIO_MMIO_VALIDATE_REQ);
}

/* Did the last one of them change a page? */
static bool has_changed(const struct proto_test *p)
{
	const struct tsm_sev_tio_mmio_validate_rsp *rsp =
		(void *)sev_tio_args(p)->payload;

	return le16toh(rsp->mmio.flags) & TSM_SEV_TIO_MMIO_CHANGED;
}

TEST_F(sev_tio, mmio_validate)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	EXPECT_TRUE(has_changed(p));
	ASSERT_EQ(0, proto_use_range(p, 1));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false,
				 TSM_EMU_BAR0_PAGES, TSM_EMU_BAR1_PAGES));

	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS, validate(p, 0));
	EXPECT_TRUE(has_changed(p));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS, validate(p, 0));
	EXPECT_FALSE(has_changed(p));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false,
				 TSM_EMU_BAR0_PAGES, 0));
}

/* A guest that takes pages for equal is told when they are not */
TEST_F(sev_tio, mmio_not_uniform)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	p->range.pages = 2;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	p->range.pages = 3;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_NOT_UNIFORM,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 2, 0));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED | TSM_SEV_TIO_MMIO_FORCE));
	EXPECT_TRUE(has_changed(p));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 3, 0));
}

/* Not a page is validated beyond what the report has */
TEST_F(sev_tio, mmio_outside)
{
	const struct {
		u32 first;
		u32 pages;
	} outside[] = {
		{ 0, 0 }, { 0, TSM_EMU_BAR0_PAGES + 1 }, { TSM_EMU_BAR0_PAGES, 1 },
		{ TSM_EMU_BAR0_PAGES - 1, 2 },
		/* sums that do not fit 32 bits */
		{ 1, UINT32_MAX }, { UINT32_MAX, 1 },
	};
	struct proto_test *p = &self->p;
	u64 base;

	ASSERT_EQ(0, proto_use_range(p, 0));
	base = p->range.base;
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		p->range.offset = outside[i].first;
		p->range.pages = outside[i].pages;
		p->range.base = base + outside[i].first * 4096ULL;
		EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE,
			  validate(p, TSM_SEV_TIO_MMIO_VALIDATED)) {
			TH_LOG("%u pages from %u", outside[i].pages,
			       outside[i].first);
		}
	}
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

/* Nor a page that is not where the guest believes */
TEST_F(sev_tio, mmio_elsewhere)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	p->range.base += 1;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_NOT_4K,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	p->range.base += 4095;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	p->range.base -= 4096;
	p->range.id = 5;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_NOT_REPORTED,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

/* Return: attributes of the range in use, or -errno if they were not told */
static int read_attr(struct proto_test *p)
{
	const struct tsm_sev_tio_mmio_config_rsp *rsp =
		(void *)sev_tio_args(p)->payload;
	u32 range;
	int rc;

	sev_tio_args(p)->mmio_write = 0;
	rc = sev_tio_status(p, TSM_SEV_TIO_MMIO_CONFIG_REQ);
	if (rc != TSM_SEV_TIO_MMIO_CONFIG_SUCCESS)
		return rc < 0 ? rc : -EBADE;
	range = le32toh(rsp->range);
	return range >> 16 == p->range.id ? (int)(range & 0xffff) : -EPROTO;
}

/* The message reads or writes, so it needs the wider scope for both */
static int write_attr(struct proto_test *p, u16 attr)
{
	sev_tio_args(p)->mmio_write = TSM_SEV_TIO_MMIO_WRITE;
	sev_tio_args(p)->mmio_attr = attr;
	return sev_tio_status(p, TSM_SEV_TIO_MMIO_CONFIG_REQ);
}

/* Return: bit for each BAR that is not for the TEE, or -errno */
static int non_tee(const struct proto_test *p)
{
	struct tsm_firmware_tdi tdi;

	return tsm_firmware_tdi(&p->t.s, &tdi) ?: (int)tdi.non_tee;
}

/* No MSI-X in it, and only the second BAR can be updated */
TEST_F(sev_tio, mmio_config_read)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	EXPECT_EQ(0, read_attr(p));
	ASSERT_EQ(0, proto_use_range(p, 1));
	EXPECT_EQ(PCI_TDISP_MMIO_ATTR_UPDATABLE, read_attr(p));
	p->range.id = 5;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_CONFIG_NOT_REPORTED,
		  sev_tio_status(p, TSM_SEV_TIO_MMIO_CONFIG_REQ));
}

TEST_F(sev_tio, mmio_config_write)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, write_sdte(p, EMU_SDTE_VALID));
	ASSERT_EQ(0, proto_use_range(p, 1));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_CONFIG_SUCCESS,
		  write_attr(p, PCI_TDISP_MMIO_NON_TEE));
	EXPECT_EQ(PCI_TDISP_MMIO_ATTR_UPDATABLE | PCI_TDISP_MMIO_NON_TEE,
		  read_attr(p));
	EXPECT_EQ(BIT(1), non_tee(p));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_CONFIG_SUCCESS, write_attr(p, 0));
	EXPECT_EQ(PCI_TDISP_MMIO_ATTR_UPDATABLE, read_attr(p));
	EXPECT_EQ(0, non_tee(p));
}

TEST_F(sev_tio, mmio_config_refused)
{
	struct proto_test *p = &self->p;

	/* before the TDI runs */
	ASSERT_EQ(0, proto_use_range(p, 1));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_CONFIG_NOT_CHANGED,
		  write_attr(p, PCI_TDISP_MMIO_NON_TEE));
	ASSERT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, write_sdte(p, EMU_SDTE_VALID));
	/* what the guest can't choose */
	EXPECT_EQ(TSM_SEV_TIO_MMIO_CONFIG_NOT_CHANGED,
		  write_attr(p, PCI_TDISP_MMIO_NON_TEE | PCI_TDISP_MMIO_MSIX_PBA));
	EXPECT_EQ(PCI_TDISP_MMIO_ATTR_UPDATABLE, read_attr(p));
	ASSERT_EQ(0, proto_use_range(p, 0));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_CONFIG_NOT_CHANGED,
		  write_attr(p, PCI_TDISP_MMIO_NON_TEE));
	EXPECT_EQ(0, read_attr(p));
	EXPECT_EQ(0, non_tee(p));
}

TEST_F(sev_tio, sdte)
{
	struct proto_test *p = &self->p;

	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_RESERVED,
		  write_sdte(p, (u8)~EMU_SDTE_VALID));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));

	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, write_sdte(p, EMU_SDTE_VALID));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, true, 0, 0));

	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, write_sdte(p, 0));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, 0, 0));
}

/* A guest has no say about what it does not own */
TEST_F(sev_tio, foreign_tdi)
{
	struct proto_test *p = &self->p;
	u64 own = p->t.s.virt_id;

	p->t.s.virt_id = own + 1;
	EXPECT_EQ(TSM_SEV_TIO_TDI_INFO_INVALID,
		  sev_tio_status(p, TSM_SEV_TIO_TDI_INFO_REQ));
	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_INVALID_TDI, write_sdte(p, EMU_SDTE_VALID));
	p->t.s.virt_id = own;
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
