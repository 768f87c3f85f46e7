// SPDX-License-Identifier: GPL-2.0
/*
 * What only SEV-TIO has: sealed messages, the digests that the firmware vouches for,
 * MMIO that the guest validates, the secure device table entry, and host calls. What
 * the protocol's decoder refuses is in its KUnit test.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <linux/psp-sev.h>

#include "lib/pci.h"
#include "lib/proto_sev_tio.h"
#include "lib/test.h"

#define CALL(name) TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_##name)

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

static int open_memory(struct proto_test *p)
{
	sev_tio_use_sdte(p, true);
	return sev_tio_status(p, TSM_SEV_TIO_SDTE_WRITE_REQ);
}

static int close_memory(struct proto_test *p)
{
	sev_tio_use_sdte(p, false);
	return sev_tio_status(p, TSM_SEV_TIO_SDTE_WRITE_REQ);
}

/* The number is what keeps a message from being sent twice */
TEST_F(sev_tio, replayed)
{
	struct proto_test *p = &self->p;
	u8 first[PROTO_REQ_MAX];
	u32 len;

	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
	sev_tio_use_sdte(p, true);
	len = p->proto->make(p, TSM_SEV_TIO_SDTE_WRITE_REQ, 0);
	memcpy(first, p->req, len);
	ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_SDTE_WRITE_REQ));
	ASSERT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, close_memory(p));

	memcpy(p->req, first, len);
	EXPECT_EQ(SEV_RET_INVALID_PARAM, send_sealed(p, len));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, 0, 0));
	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
}

/* None may go back. Messages about something else take numbers that do not come here */
TEST_F(sev_tio, numbers)
{
	struct tsm_sev_channel *channel = &sev_tio_args(&self->p)->channel;
	struct proto_test *p = &self->p;
	const u64 first = channel->seqno;

	ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	for (u64 back = 0; back <= 2; back++) {
		channel->seqno = back < 2 ? first + back : 0;
		EXPECT_EQ(SEV_RET_INVALID_PARAM, ask_info(p));
	}

	channel->seqno = first + 10;
	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	channel->seqno = first + 2;
	EXPECT_EQ(SEV_RET_INVALID_PARAM, ask_info(p));
	channel->seqno = 1ULL << 32;
	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
}

/* A key is of no use when its numbers are used up */
TEST_F(sev_tio, last_number)
{
	struct tsm_sev_channel *channel = &sev_tio_args(&self->p)->channel;
	struct proto_test *p = &self->p;
	u64 seqno = channel->seqno;

	channel->seqno = UINT64_MAX;
	EXPECT_EQ(SEV_RET_AEAD_OFLOW, ask_info(p));
	channel->seqno = seqno;
	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));

	channel->seqno = UINT64_MAX - 1;
	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	channel->seqno = seqno + 2;
	EXPECT_EQ(SEV_RET_AEAD_OFLOW, ask_info(p));
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

	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
	sev_tio_use_sdte(p, true);
	len = p->proto->make(p, TSM_SEV_TIO_SDTE_WRITE_REQ, 0);
	for (u32 at = 0; at < len; at++) {
		if (at == TSM_SEV_TIO_AUTHTAG_LEN)
			at = sizeof(struct tsm_sev_tio_hdr);
		p->proto->make(p, TSM_SEV_TIO_SDTE_WRITE_REQ, 0);
		p->req[at] ^= 1 << at % 8;
		EXPECT_EQ(SEV_RET_INVALID_PARAM, send_sealed(p, len));
	}
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, 0, 0));
}

/* The header is in the clear, but its changes are found out */
TEST_F(sev_tio, changed_header)
{
	struct tsm_sev_tio_hdr *hdr = (void *)self->p.req;
	struct proto_test *p = &self->p;
	u32 len;

	len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	hdr->msg_version ^= TSM_SEV_TIO_MSG_VERSION_1 ^ TSM_SEV_TIO_MSG_VERSION_2;
	EXPECT_EQ(SEV_RET_INVALID_PARAM, send_sealed(p, len));

	/* of the same length */
	len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	hdr->msg_type = TSM_SEV_TIO_MMIO_CONFIG_REQ;
	EXPECT_EQ(SEV_RET_INVALID_PARAM, send_sealed(p, len));

	len = p->proto->make(p, TSM_SEV_TIO_TDI_INFO_REQ, 0);
	hdr->msg_vmpck = 1;
	EXPECT_EQ(SEV_RET_INVALID_PARAM, send_sealed(p, len));
}

TEST_F(sev_tio, wrong_vmpck)
{
	struct proto_test *p = &self->p;

	for (u8 vmpck = 1; vmpck <= TSM_SEV_TIO_VMPCK_MAX; vmpck++) {
		sev_tio_args(p)->channel.vmpck = vmpck;
		EXPECT_EQ(SEV_RET_INVALID_PARAM, ask_info(p));
	}
}

/* Each key counts its messages on its own */
TEST_F(sev_tio, each_vmpck)
{
	struct proto_test *p = &self->p;

	for (u8 vmpck = 0; vmpck <= TSM_SEV_TIO_VMPCK_MAX; vmpck++) {
		ASSERT_EQ(0, sev_tio_use_vmpck(p, vmpck));
		ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
		ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	}
}

/* Keys and numbers are the guest's, not the binding's: what was used stays used */
TEST_F(sev_tio, keys_outlast_binding)
{
	struct tsm_sev_channel *channel = &sev_tio_args(&self->p)->channel;
	struct emu_sev_secrets secrets;
	struct proto_test *p = &self->p;
	u64 first = channel->seqno;

	ASSERT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	ASSERT_EQ(0, tsm_unbind_tdi(&p->t.s));
	/* which compares the keys */
	ASSERT_EQ(0, proto_bind(p));
	ASSERT_EQ(0, tsm_firmware_secrets(&p->t.s, &secrets));
	EXPECT_EQ(first + 1, le64toh(secrets.last_seqno[0]));

	EXPECT_EQ(0, proto_request(p, TSM_SEV_TIO_TDI_INFO_REQ));
	channel->seqno = first;
	EXPECT_EQ(SEV_RET_INVALID_PARAM, ask_info(p));
}

/* Two guests, or one guest with two TDIs */
FIXTURE(two_tdis)
{
	struct proto_test a;
	struct proto_test b;
};

FIXTURE_VARIANT(two_tdis)
{
	bool one_guest;
};

FIXTURE_VARIANT_ADD(two_tdis, two_guests) { false };
FIXTURE_VARIANT_ADD(two_tdis, one_guest) { true };

FIXTURE_SETUP(two_tdis)
{
	struct proto_test *a = &self->a, *b = &self->b;

	tsm_setup_init(&b->t.s, NULL);
	if (check_step(_metadata, &a->t, proto_open(a, &proto_sev_tio, "pf0")))
		return;
	check_step(_metadata, &b->t,
		   proto_open_beside(b, a, "fn1", variant->one_guest));
}

FIXTURE_TEARDOWN(two_tdis)
{
	proto_close(&self->b);
	proto_close(&self->a);
}

/* Each guest has its own keys, which all of its TDIs share, and the numbers with them */
TEST_F(two_tdis, keys)
{
	struct tsm_sev_channel *a = &sev_tio_args(&self->a)->channel;
	struct tsm_sev_channel *b = &sev_tio_args(&self->b)->channel;

	EXPECT_EQ(!variant->one_guest, !!memcmp(a->key, b->key, sizeof(a->key)));
	ASSERT_EQ(0, proto_request(&self->a, TSM_SEV_TIO_TDI_INFO_REQ));
	if (variant->one_guest) {
		EXPECT_EQ(SEV_RET_INVALID_PARAM, ask_info(&self->b));
		b->seqno += 2;
	}
	EXPECT_EQ(0, proto_request(&self->b, TSM_SEV_TIO_TDI_INFO_REQ));
}

/* A guest counts the messages about all of its TDIs */
static void follow(struct proto_test *p, const struct proto_test *last)
{
	struct tsm_sev_channel *channel = &sev_tio_args(p)->channel;
	u64 seqno = sev_tio_args(last)->channel.seqno;

	if (!memcmp(channel->key, sev_tio_args(last)->channel.key,
		    sizeof(channel->key)) && channel->seqno < seqno)
		channel->seqno = seqno;
}

/* A message that another guest sealed is not taken for this guest's */
TEST_F(two_tdis, foreign_key)
{
	struct tsm_sev_channel *a = &sev_tio_args(&self->a)->channel;
	struct tsm_sev_channel *b = &sev_tio_args(&self->b)->channel;

	memcpy(a->key, b->key, sizeof(a->key));
	EXPECT_EQ(variant->one_guest ? 0 : SEV_RET_INVALID_PARAM,
		  ask_info(&self->a));
}

/* An object as the host calls have it, @data is to be freed. Return: 0 or -errno */
static int read_whole(struct proto_test *p, u8 object, u8 **data, u32 *len)
{
	const struct tsm_sev_tio_object_size_rsp *rsp = (void *)p->resp;
	struct sev_tio_args *args = p->args;
	int rc;

	args->object = object;
	rc = proto_request(p, CALL(OBJECT_SIZE));
	if (rc)
		return rc;
	*len = le32toh(rsp->size);
	args->offset = 0;
	rc = proto_request(p, CALL(OBJECT_READ));
	if (rc)
		return rc;
	if (p->t.cmd.out_resp_len != *len)
		return -EMSGSIZE;
	*data = malloc(*len);
	if (!*data)
		return -ENOMEM;
	memcpy(*data, p->resp, *len);
	return 0;
}

static bool is_digest_of(struct proto_test *p, u8 object,
			 const u8 digest[TSM_SEV_TIO_DIGEST_LEN])
{
	u8 is[TSM_SHA384_LEN];
	u32 len;
	u8 *data;

	if (read_whole(p, object, &data, &len))
		return false;
	tsm_sha384(data, len, is);
	free(data);
	return !memcmp(digest, is, sizeof(is));
}

/* What the firmware tells of the device's measurements is of this TDI's own */
static bool has_own_measurements(struct proto_test *p)
{
	struct tsm_sev_tio_tdi_info_rsp rsp;

	if (sev_tio_status(p, TSM_SEV_TIO_TDI_INFO_REQ))
		return false;
	memcpy(&rsp, sev_tio_args(p)->payload, sizeof(rsp));
	return is_digest_of(p, TSM_SEV_TIO_OBJECT_MEASUREMENTS, rsp.meas_digest);
}

/*
 * A device has one digest of measurements, that of the last. The others find out, and
 * measure again; what they have been given before is not replaced.
 */
TEST_F(two_tdis, measurements)
{
	struct proto_test *const tdis[] = { &self->a, &self->b, &self->a };

	for (size_t i = 0; i < ARRAY_SIZE(tdis); i++) {
		struct proto_test *p = tdis[i], *other = tdis[!(i % 2)];
		u8 *was, *is;
		u32 len;

		ASSERT_EQ(0, read_whole(other, TSM_SEV_TIO_OBJECT_MEASUREMENTS, &was,
					&len));
		memset(sev_tio_args(p)->nonce, 1 + i, TSM_SEV_TIO_NONCE_LEN);
		ASSERT_EQ(0, proto_request(p, CALL(MEASURE)));
		follow(p, other);
		EXPECT_TRUE(has_own_measurements(p));
		follow(other, p);
		EXPECT_FALSE(has_own_measurements(other));

		ASSERT_EQ(0, read_whole(other, TSM_SEV_TIO_OBJECT_MEASUREMENTS, &is,
					&len));
		EXPECT_EQ(0, memcmp(was, is, len));
		free(was);
		free(is);
	}
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
	struct tsm_sev_tio_tdi_info_rsp rsp;
	struct proto_test *p = &self->p;

	ASSERT_EQ(TSM_SEV_TIO_TDI_INFO_BOUND,
		  sev_tio_status(p, TSM_SEV_TIO_TDI_INFO_REQ));
	memcpy(&rsp, sev_tio_args(p)->payload, sizeof(rsp));
	EXPECT_EQ(p->t.s.virt_id, variant->msg_version == TSM_SEV_TIO_MSG_VERSION_1 ?
		  le16toh(rsp.result.v1.guest_device_id) :
		  le64toh(rsp.result.v2.tdi_id));
	EXPECT_EQ(TSM_SEV_TIO_MEAS_DIGEST_VALID, le32toh(rsp.meas_flags));
	EXPECT_EQ(1, le64toh(rsp.report_count));
	EXPECT_TRUE(is_digest_of(p, TSM_SEV_TIO_OBJECT_CERTIFICATES,
				 rsp.certs_digest));
	EXPECT_TRUE(is_digest_of(p, TSM_SEV_TIO_OBJECT_MEASUREMENTS,
				 rsp.meas_digest));
	EXPECT_TRUE(is_digest_of(p, TSM_SEV_TIO_OBJECT_REPORT,
				 rsp.report_digest));
}

/* A nonce makes the measurements fresh, and a start the report */
TEST_F(sev_tio, fresh_digests)
{
	struct tsm_sev_tio_tdi_info_rsp rsp;
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, CALL(MEASURE)));
	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
	ASSERT_EQ(TSM_SEV_TIO_TDI_INFO_BOUND,
		  sev_tio_status(p, TSM_SEV_TIO_TDI_INFO_REQ));
	memcpy(&rsp, sev_tio_args(p)->payload, sizeof(rsp));
	EXPECT_EQ(TSM_SEV_TIO_MEAS_DIGEST_VALID | TSM_SEV_TIO_MEAS_DIGEST_FRESH,
		  le32toh(rsp.meas_flags));
	EXPECT_EQ(2, le64toh(rsp.report_count));
	EXPECT_TRUE(is_digest_of(p, TSM_SEV_TIO_OBJECT_MEASUREMENTS,
				 rsp.meas_digest));
	EXPECT_TRUE(is_digest_of(p, TSM_SEV_TIO_OBJECT_REPORT,
				 rsp.report_digest));
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
	u64 base;

	ASSERT_EQ(0, proto_use_range(p, 0));
	base = p->range.base;
	p->range.base = base + 1;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_NOT_4K,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	p->range.base = base - 4096;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	p->range.base = base + TSM_EMU_BAR0_PAGES * 4096;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	p->range.base = base;
	p->range.offset = 1;
	p->range.pages = 1;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_NOT_ASSIGNED,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	p->range.offset = 0;
	p->range.id = 5;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_NOT_REPORTED,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false, 0, 0));
}

/* Linux guests leave the offset 0: the address decides which pages it is about */
TEST_F(sev_tio, mmio_without_offset)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	p->range.base += 4096;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_OUT_OF_RANGE,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	p->range.pages--;
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false,
				 TSM_EMU_BAR0_PAGES - 1, 0));
}

/* AMD's newest guest has the number of the page instead, with version 2 only */
TEST_F(sev_tio, mmio_page_number)
{
	bool is_number = variant->msg_version == TSM_SEV_TIO_MSG_VERSION_2;
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	p->range.base = p->range.base / 4096 + 1;
	p->range.pages = 2;
	EXPECT_EQ(is_number ? TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS :
			      TSM_SEV_TIO_MMIO_VALIDATE_NOT_4K,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false,
				 is_number ? 2 : 0, 0));
	/* that of another page is none */
	p->range.base += TSM_EMU_BAR0_PAGES - 1;
	EXPECT_NE(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
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

	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
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
	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
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

/* Words of the entry that a guest may write, and whether DMA reaches it then */
static const struct sdte_case {
	u64 word0;
	u64 word3;
	u64 word5;
	bool dma;
} sdte_cases[] = {
	/* AMD's guests, that of February 2026 with all of vTOM, and OpenHCL's */
	{ TSM_SEV_SDTE0_OPEN, 0, TSM_SEV_SDTE5_OPEN, true },
	{ TSM_SEV_SDTE0_OPEN, 0, UINT32_MAX, true },
	{ TSM_SEV_SDTE0_OPEN, 2ULL << 49, UINT32_MAX, true },
	{ 0, 2ULL << 49, 0, false },
	/* one of reads and writes, or neither */
	{ TSM_SEV_TIO_SDTE0_V | TSM_SEV_TIO_SDTE0_IR, 0, 0, true },
	{ TSM_SEV_TIO_SDTE0_V, 0, 0, false },
	{ TSM_SEV_TIO_SDTE0_V | TSM_SEV_TIO_SDTE0_IW, 0, 0, true },
	/* not valid */
	{ TSM_SEV_TIO_SDTE0_IR | TSM_SEV_TIO_SDTE0_IW, 0, 0, false },
	{ TSM_SEV_SDTE0_OPEN, TSM_SEV_TIO_SDTE3_VMPL, 0, true },
	{ 0, 0, 0, false },
};

TEST_F(sev_tio, sdte)
{
	struct sev_tio_args *args = self->p.args;
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
	for (size_t i = 0; i < ARRAY_SIZE(sdte_cases); i++) {
		const struct sdte_case *c = &sdte_cases[i];

		args->sdte[0] = c->word0;
		args->sdte[3] = c->word3;
		args->sdte[5] = c->word5;
		EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS,
			  sev_tio_status(p, TSM_SEV_TIO_SDTE_WRITE_REQ)) {
			TH_LOG("case %zu", i);
		}
		EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, c->dma, 0, 0)) {
			TH_LOG("case %zu", i);
		}
	}
}

/* Each of the other bits, AMD 58271 table 68 */
TEST_F(sev_tio, sdte_reserved)
{
	const u64 known[TSM_SEV_SDTE_WORDS] = {
		[0] = 0x6000000000000001, [3] = 0x0006000000000000,
		[5] = 0x00000000ffffffff,
	};
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
	ASSERT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, open_memory(p));
	for (size_t bit = 0; bit < 8 * TSM_SEV_TIO_SDTE_LEN; bit++) {
		if (known[bit / 64] & 1ULL << bit % 64)
			continue;
		sev_tio_use_sdte(p, false);
		sev_tio_args(p)->sdte[bit / 64] = 1ULL << bit % 64;
		ASSERT_EQ(TSM_SEV_TIO_SDTE_WRITE_RESERVED,
			  sev_tio_status(p, TSM_SEV_TIO_SDTE_WRITE_REQ)) {
			TH_LOG("bit %zu", bit);
		}
	}
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, true, 0, 0));
}

/* No message starts a TDI, only the host call does */
TEST_F(sev_tio, no_message_starts)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_use_range(p, 0));
	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, open_memory(p));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	EXPECT_EQ(0, read_attr(p));
	EXPECT_EQ(TSM_SEV_TIO_TDI_INFO_BOUND,
		  sev_tio_status(p, TSM_SEV_TIO_TDI_INFO_REQ));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_LOCKED, false,
				 TSM_EMU_BAR0_PAGES, 0));

	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, true,
				 TSM_EMU_BAR0_PAGES, 0));
}

/* The guest gets its answers sealed after STOP too: AMD's first guest takes all back then */
TEST_F(sev_tio, messages_after_stop)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, p->proto->run(p));
	ASSERT_EQ(0, proto_request(p, CALL(STOP)));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_UNLOCKED, false, 0, 0));

	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, close_memory(p));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_UNBOUND, validate(p, 0));
	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_UNBOUND, open_memory(p));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_CONFIG_UNBOUND,
		  sev_tio_status(p, TSM_SEV_TIO_MMIO_CONFIG_REQ));
	EXPECT_EQ(TSM_SEV_TIO_TDI_INFO_UNBOUND,
		  sev_tio_status(p, TSM_SEV_TIO_TDI_INFO_REQ));
}

/* A TDI that is in ERROR costs its guest no key either */
TEST_F(sev_tio, messages_in_error)
{
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, p->proto->run(p));
	ASSERT_EQ(0, tsm_pci_set_phantom(&p->t.s, true));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_ERROR, false,
				 TSM_EMU_BAR0_PAGES, 0));
	EXPECT_EQ(TSM_SEV_TIO_MMIO_VALIDATE_SUCCESS,
		  validate(p, TSM_SEV_TIO_MMIO_VALIDATED));
	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_SUCCESS, open_memory(p));
	EXPECT_EQ(TSM_SEV_TIO_TDI_INFO_BOUND,
		  sev_tio_status(p, TSM_SEV_TIO_TDI_INFO_REQ));
	EXPECT_EQ(0, p->proto->stop(p));
	EXPECT_EQ(0, tsm_pci_set_phantom(&p->t.s, false));
}

/* A guest has no say about what it does not own */
TEST_F(sev_tio, foreign_tdi)
{
	struct proto_test *p = &self->p;
	u64 own = p->t.s.virt_id;

	p->t.s.virt_id = own + 1;
	EXPECT_EQ(TSM_SEV_TIO_TDI_INFO_INVALID,
		  sev_tio_status(p, TSM_SEV_TIO_TDI_INFO_REQ));
	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_INVALID_TDI, open_memory(p));
	EXPECT_EQ(TSM_SEV_TIO_SDTE_WRITE_INVALID_TDI, close_memory(p));
	p->t.s.virt_id = own;
	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
	EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_RUN, false, 0, 0));
}

/* Host calls, which have nothing to do with the version of messages */
FIXTURE(call)
{
	struct proto_test p;
};

FIXTURE_SETUP(call)
{
	check_step(_metadata, &self->p.t,
		   proto_open(&self->p, &proto_sev_tio, "pf0"));
}

FIXTURE_TEARDOWN(call)
{
	proto_close(&self->p);
}

/* Only a TDI in CONFIG_LOCKED can be started */
TEST_F(call, run)
{
	const u64 refused = SEV_RET_SEV_STATUS_INVALID_TDI_STATE;
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
	EXPECT_EQ(0, p->t.cmd.out_resp_len);
	EXPECT_TRUE(proto_is_state(p, PCI_TDISP_STATE_RUN));

	EXPECT_EQ(refused, proto_refusal(p, CALL(RUN)));
	EXPECT_TRUE(proto_is_state(p, PCI_TDISP_STATE_RUN));

	ASSERT_EQ(0, tsm_pci_set_phantom(&p->t.s, true));
	EXPECT_EQ(refused, proto_refusal(p, CALL(RUN)));
	EXPECT_TRUE(proto_is_state(p, PCI_TDISP_STATE_ERROR));
	ASSERT_EQ(0, tsm_pci_set_phantom(&p->t.s, false));

	ASSERT_EQ(0, proto_request(p, CALL(STOP)));
	EXPECT_EQ(refused, proto_refusal(p, CALL(RUN)));
	EXPECT_TRUE(proto_is_state(p, PCI_TDISP_STATE_CONFIG_UNLOCKED));
}

/* Stops it in any state, as often as asked. The binding stays until the unbind */
TEST_F(call, stop)
{
	struct proto_test *p = &self->p;

	for (int run = 0; run < 2; run++) {
		if (run)
			ASSERT_EQ(0, p->proto->run(p));
		EXPECT_EQ(0, proto_request(p, CALL(STOP)));
		EXPECT_EQ(0, p->t.cmd.out_resp_len);
		EXPECT_EQ(0, proto_request(p, CALL(STOP)));
		EXPECT_TRUE(proto_is_tdi(p, PCI_TDISP_STATE_CONFIG_UNLOCKED,
					 false, 0, 0));
		EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, tsm_info_state(&p->t));

		EXPECT_EQ(0, tsm_unbind_tdi(&p->t.s));
		ASSERT_EQ(0, proto_bind(p));
		EXPECT_TRUE(proto_is_state(p, PCI_TDISP_STATE_CONFIG_LOCKED));
	}
}

static const enum emu_object objects[] = {
	[TSM_SEV_TIO_OBJECT_CERTIFICATES] = EMU_OBJECT_CERTIFICATES,
	[TSM_SEV_TIO_OBJECT_MEASUREMENTS] = EMU_OBJECT_MEASUREMENTS,
	[TSM_SEV_TIO_OBJECT_REPORT] = EMU_OBJECT_REPORT,
};

#define NR_OBJECTS ARRAY_SIZE(objects)

/* Be about this object, as it is now. Return: its length or -errno */
static s64 use_object(struct proto_test *p, u8 object)
{
	const struct tsm_sev_tio_object_size_rsp *rsp = (void *)p->resp;
	struct sev_tio_args *args = p->args;
	int rc;

	args->object = object;
	args->offset = 0;
	rc = proto_request(p, CALL(OBJECT_SIZE));
	if (rc)
		return rc;
	return args->generation ? le32toh(rsp->size) : -EPROTO;
}

/* Return: 0 if pieces, each as long as there is room for, make up @want */
static int compare_object(struct proto_test *p, const u8 *want, u32 len, u32 piece)
{
	struct sev_tio_args *args = p->args;

	for (args->offset = 0; args->offset < len; args->offset += piece) {
		u32 part = piece < len - args->offset ? piece : len - args->offset;
		int rc;

		proto_prepare(p, SCOPE(INFO), p->proto->make(p, CALL(OBJECT_READ), 0));
		p->t.cmd.resp_len = piece;
		rc = tsm_request_send(&p->t);
		if (rc)
			return rc;
		if (p->t.cmd.out_resp_len != part)
			return -EMSGSIZE;
		if (memcmp(want + args->offset, p->resp, part))
			return -EBADMSG;
	}
	return 0;
}

/* Whole and in pieces they are what the firmware has */
TEST_F(call, objects)
{
	const u32 pieces[] = { 97, 4096, TSM_SEV_TIO_OBJECT_LEN_MAX };
	struct proto_test *p = &self->p;

	for (u8 object = 0; object < NR_OBJECTS; object++) {
		void *want;
		u32 len;

		ASSERT_EQ(0, tsm_firmware_object(&p->t.s, objects[object], &want,
						 &len));
		EXPECT_EQ(len, use_object(p, object));
		for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
			EXPECT_EQ(0, compare_object(p, want, len, pieces[i]));
		free(want);
	}
}

/* A driver's errno, without any code of the firmware */
static void expect_errno(struct __test_metadata *_metadata, struct proto_test *p,
			 u32 id, int err)
{
	EXPECT_EQ(-err, proto_request(p, id));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, p->t.cmd.out_flags);
	EXPECT_EQ(0, p->t.cmd.out_tsm_code);
	EXPECT_EQ(0, p->t.cmd.out_resp_len);
}

TEST_F(call, object_erange)
{
	struct sev_tio_args *args = self->p.args;
	struct proto_test *p = &self->p;

	for (u8 object = 0; object < NR_OBJECTS; object++) {
		s64 len = use_object(p, object);
		const u32 beyond[] = { len, len + 1, UINT32_MAX };

		ASSERT_LT(0, len);
		args->offset = len - 1;
		EXPECT_EQ(0, proto_request(p, CALL(OBJECT_READ)));
		EXPECT_EQ(1, p->t.cmd.out_resp_len);
		for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
			args->offset = beyond[i];
			expect_errno(_metadata, p, CALL(OBJECT_READ), ERANGE);
		}
	}
}

TEST_F(call, object_estale)
{
	struct sev_tio_args *args = self->p.args;
	struct proto_test *p = &self->p;
	u64 was;

	ASSERT_LT(0, use_object(p, TSM_SEV_TIO_OBJECT_MEASUREMENTS));
	was = args->generation;
	ASSERT_EQ(0, proto_request(p, CALL(MEASURE)));
	expect_errno(_metadata, p, CALL(OBJECT_READ), ESTALE);
	args->generation = 0;
	expect_errno(_metadata, p, CALL(OBJECT_READ), ESTALE);
	ASSERT_LT(0, use_object(p, TSM_SEV_TIO_OBJECT_MEASUREMENTS));
	EXPECT_NE(was, args->generation);
	EXPECT_EQ(0, proto_request(p, CALL(OBJECT_READ)));

	/* nor is it that of another object */
	args->object = TSM_SEV_TIO_OBJECT_REPORT;
	expect_errno(_metadata, p, CALL(OBJECT_READ), ESTALE);
}

/* A TDI that is not locked has no report */
TEST_F(call, object_enodata)
{
	struct proto_test *p = &self->p;

	ASSERT_LT(0, use_object(p, TSM_SEV_TIO_OBJECT_REPORT));
	ASSERT_EQ(0, proto_request(p, CALL(STOP)));
	expect_errno(_metadata, p, CALL(OBJECT_SIZE), ENODATA);
	expect_errno(_metadata, p, CALL(OBJECT_READ), ENODATA);
	EXPECT_LT(0, use_object(p, TSM_SEV_TIO_OBJECT_CERTIFICATES));
}

static int take_generations(struct proto_test *p, u64 generation[NR_OBJECTS])
{
	for (u8 object = 0; object < NR_OBJECTS; object++) {
		if (use_object(p, object) <= 0)
			return -EPROTO;
		generation[object] = sev_tio_args(p)->generation;
	}
	return 0;
}

/* What is fetched anew is of another generation, and nothing else is */
TEST_F(call, generations)
{
	u64 was[NR_OBJECTS], is[NR_OBJECTS];
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, take_generations(p, was));
	ASSERT_EQ(0, proto_request(p, CALL(MEASURE)));
	ASSERT_EQ(0, take_generations(p, is));
	EXPECT_EQ(was[TSM_SEV_TIO_OBJECT_CERTIFICATES],
		  is[TSM_SEV_TIO_OBJECT_CERTIFICATES]);
	EXPECT_LT(was[TSM_SEV_TIO_OBJECT_MEASUREMENTS],
		  is[TSM_SEV_TIO_OBJECT_MEASUREMENTS]);
	EXPECT_EQ(was[TSM_SEV_TIO_OBJECT_REPORT], is[TSM_SEV_TIO_OBJECT_REPORT]);

	ASSERT_EQ(0, proto_request(p, CALL(RUN)));
	ASSERT_EQ(0, take_generations(p, was));
	EXPECT_EQ(was[TSM_SEV_TIO_OBJECT_MEASUREMENTS],
		  is[TSM_SEV_TIO_OBJECT_MEASUREMENTS]);
	EXPECT_GT(was[TSM_SEV_TIO_OBJECT_REPORT], is[TSM_SEV_TIO_OBJECT_REPORT]);

	ASSERT_EQ(0, tsm_unbind_tdi(&p->t.s));
	ASSERT_EQ(0, proto_bind(p));
	ASSERT_EQ(0, take_generations(p, is));
	EXPECT_LT(was[TSM_SEV_TIO_OBJECT_MEASUREMENTS],
		  is[TSM_SEV_TIO_OBJECT_MEASUREMENTS]);
	EXPECT_LT(was[TSM_SEV_TIO_OBJECT_REPORT], is[TSM_SEV_TIO_OBJECT_REPORT]);
}

/* The device measures itself with the guest's nonce */
TEST_F(call, measure)
{
	struct sev_tio_args *args = self->p.args;
	struct proto_test *p = &self->p;

	memset(args->nonce, 0x5a, sizeof(args->nonce));
	ASSERT_EQ(0, proto_request(p, CALL(MEASURE)));
	EXPECT_EQ(0, p->t.cmd.out_resp_len);
	ASSERT_LT(0, use_object(p, TSM_SEV_TIO_OBJECT_MEASUREMENTS));
	ASSERT_EQ(0, proto_request(p, CALL(OBJECT_READ)));
	EXPECT_EQ(0, memcmp(args->nonce, p->resp + EMU_MEASUREMENTS_NONCE,
			    sizeof(args->nonce)));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
