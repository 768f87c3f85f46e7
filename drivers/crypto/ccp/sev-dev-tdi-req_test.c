// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of requests about a TDI, on firmware that is a fake */
#include <kunit/test.h>
#include <linux/mem_encrypt.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/unaligned.h>

#include "sev-dev-tdi_test.h"

/*
 * Messages
 */

static void layout_of_guest_request(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 ctx = __sme_set(vf_tdi(t)->sla);
	u64 req, resp, code;
	struct fake_cmd *cmd;

	KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code), 0);
	cmd = &t->psp.cmds[t->psp.nr_cmds - 1];
	req = get_unaligned_le64(cmd->buf + 64);
	resp = get_unaligned_le64(cmd->buf + 72);
	EXPECT_CMD(test, 0xe0, 80, data,
		   { 40, 8, data->dev_ctx.sla }, { 48, 8, ctx },
		   { 56, 8, GCTX }, { 64, 8, req }, { 72, 8, resp });
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(req) && PAGE_ALIGNED(resp));
	sev_tio_unbind(tdi);
}

static void request_and_response(struct kunit *test)
{
	/* The longest first, so that the others have something to leave behind */
	static const u32 lens[] = { 4096, 0x60, 0x70, 4095 };
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = tdi_test_bind(test);

	for (int i = 0; i < ARRAY_SIZE(lens); i++) {
		struct msg *m = tdi_test_msg(test, lens[i], RESP_LEN);

		KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), 0);
		KUNIT_EXPECT_EQ(test, m->req.tsm_code, 0);
		KUNIT_EXPECT_MEMEQ(test, psp->req, m->in, lens[i]);
		KUNIT_EXPECT_NULL(test, memchr_inv(psp->req + lens[i], 0,
						   4096 - lens[i]));
		KUNIT_EXPECT_EQ(test, m->req.resp_len, RESP_LEN);
		KUNIT_EXPECT_MEMEQ(test, m->out, psp->resp, RESP_LEN);
		KUNIT_EXPECT_NULL(test, memchr_inv(m->out + RESP_LEN, 0,
						   sizeof(m->out) - RESP_LEN));
	}
	sev_tio_unbind(tdi);
}

static void request_too_long(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = tdi_test_bind(test);
	struct msg *m = tdi_test_msg(test, 4097, RESP_LEN);

	psp->ops = 0;
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, psp->ops, 0);
	sev_tio_unbind(tdi);
}

/* The firmware takes a message once, so there is no second try after it saw it */
static void response_might_not_fit(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = tdi_test_bind(test);
	struct msg *m = tdi_test_msg(test, 0x70, RESP_LEN);

	psp->ops = 0;
	m->req.resp_size = RESP_LEN - 1;
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, m->req.resp_len, RESP_LEN);
	KUNIT_EXPECT_EQ(test, psp->ops, 0);
	sev_tio_unbind(tdi);
}

/* Lengths that a header can tell, of a message with 16 to 32 bytes of payload */
static void response_length(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = tdi_test_bind(test);
	struct msg *m = tdi_test_msg(test, 0x70, 0x80);

	m->msg.resp_min = 0x70;
	for (int size = 0; size <= U16_MAX; size += size < 0x100 ? 1 : 251) {
		tdi_test_set_request(test, m);
		tdi_test_set_response(psp, size, 0x5a);
		m->req.resp_len = 0;
		if (size < 0x10 || size > 0x20) {
			KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req),
					-EPROTO);
			KUNIT_EXPECT_EQ(test, m->req.resp_len, 0);
		} else {
			KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req),
					0);
			KUNIT_EXPECT_EQ(test, m->req.resp_len, 0x60 + size);
		}
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(m->out + 0x80, 0,
					   sizeof(m->out) - 0x80));
	sev_tio_unbind(tdi);
}

/* In a buffer of more than a page, as a protocol might declare */
static void response_beyond_page(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = tdi_test_bind(test);
	struct msg *m = tdi_test_msg(test, 0x70, 4096 + 16);

	m->msg.resp_min = 0x70;
	tdi_test_set_response(psp, 4096 - 0x60, 0x5a);
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), 0);
	KUNIT_EXPECT_EQ(test, m->req.resp_len, 4096);
	tdi_test_set_request(test, m);
	tdi_test_set_response(psp, 4096 - 0x60 + 1, 0x5a);
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), -EPROTO);
	sev_tio_unbind(tdi);
}

static void response_header(struct kunit *test)
{
	struct fake_psp *psp = test->priv;
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 code;

	for (int size = 0; size <= U8_MAX; size++) {
		tdi_test_set_response(psp, 16, 0x5a);
		put_unaligned_le16(size, psp->resp + 50);
		KUNIT_EXPECT_EQ(test, tdi_test_send(test, tdi, &code),
				size == 0x60 ? 0 : -EPROTO);
	}
	sev_tio_unbind(tdi);
}

/* One guest does not get what the firmware left of another's response */
static void response_of_others(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *second = tdi_test_bind_other(test);
	struct pci_tdi *first = tdi_test_bind(test);
	u64 code;

	KUNIT_EXPECT_EQ(test, tdi_test_send(test, first, &code), 0);
	t->psp.no_resp = true;
	KUNIT_EXPECT_EQ(test, tdi_test_send(test, second, &code), -EPROTO);
	sev_tio_unbind(second);
	sev_tio_unbind(first);
}

/* Returns the status that the firmware has sealed in its answer */
static u16 tdi_info_status(struct kunit *test, struct pci_tdi *tdi)
{
	struct msg *m = tdi_test_msg(test, 0x70, 0x60 + 192);
	struct tdi_test *t = tdi_test(test);

	t->psp.resp_len = 0;
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), 0);
	KUNIT_EXPECT_EQ(test, m->req.tsm_code, 0);
	KUNIT_EXPECT_EQ(test, m->req.resp_len, 0x60 + 192);
	KUNIT_EXPECT_EQ(test, m->out[0x34], 20);
	return get_unaligned_le16(m->out + 0x62);
}

/* The guest learns from the firmware what became of its TDI, whatever the VMM says */
static void message_in_each_state(struct kunit *test)
{
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 code;

	KUNIT_EXPECT_EQ(test, tdi_info_status(test, tdi), 0);
	KUNIT_ASSERT_EQ(test, tdi_test_call(test, tdi, 0x101, "\1", 1, &code), 0);
	KUNIT_EXPECT_EQ(test, tdi_info_status(test, tdi), 0);
	KUNIT_ASSERT_EQ(test, tdi_test_call(test, tdi, 0x100, "\0", 1, &code), 0);
	KUNIT_EXPECT_EQ(test, tdi_info_status(test, tdi), 2);
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

/* The firmware refuses a number that it had: that is an answer as well */
static void message_twice(struct kunit *test)
{
	struct pci_tdi *tdi = tdi_test_bind(test);
	struct msg *m = tdi_test_msg(test, 0x70, RESP_LEN);

	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), 0);
	KUNIT_EXPECT_EQ(test, m->req.tsm_code, 0);
	m->req.resp_len = 0;
	KUNIT_EXPECT_EQ(test, sev_tio_guest_req(tdi, &m->req), 0);
	KUNIT_EXPECT_NE(test, m->req.tsm_code, 0);
	KUNIT_EXPECT_EQ(test, m->req.resp_len, 0);
	sev_tio_unbind(tdi);
}

/*
 * Objects
 */

#define CERTIFICATES	0
#define MEASUREMENTS	1
#define REPORT		2

/* Where in the output buffer a data object starts, its header's fields and its data */
#define DOBJ		0x40
#define DOBJ_ID		(DOBJ + 0)
#define DOBJ_LENGTH	(DOBJ + 4)
#define DOBJ_TYPE	(DOBJ + 19)
#define DOBJ_DATA	(DOBJ + 32)

static u8 *output_at(struct tdi_test *t, size_t offset)
{
	struct sla_addr_t sla = t->dsm.data.output;
	u64 *table = __va(__sme_clr(sla.sla & GENMASK_ULL(51, 12)));

	if (sla.page_type)
		sla.sla = table[offset >> PAGE_SHIFT];
	return __va(__sme_clr(sla.sla & GENMASK_ULL(51, 12))) +
	       offset_in_page(offset);
}

static u8 pattern(size_t i, u8 salt)
{
	return i * 7 + (i >> 8) + salt;
}

/* As the firmware does: an object with @length in its header */
static void put_output(struct tdi_test *t, u32 id, u32 length, u8 type, u8 salt)
{
	size_t room = PAGE_ALIGN(t->status.spdm_out_size_max) - DOBJ_DATA;

	put_unaligned_le32(id, output_at(t, DOBJ_ID));
	put_unaligned_le32(length, output_at(t, DOBJ_LENGTH));
	*output_at(t, DOBJ_TYPE) = type;
	for (size_t i = 0; i < room; i++)
		*output_at(t, DOBJ_DATA + i) = pattern(i, salt);
}

static int save(struct tdi_test *t, struct tio_object *object, u32 id)
{
	return tio_object_save(object, &t->dsm.data, id, GFP_KERNEL);
}

static void expect_object(struct kunit *test, const struct tio_object *object,
			  u32 size, u8 salt)
{
	const u8 *data = object->data;

	KUNIT_ASSERT_EQ(test, object->size, size);
	for (u32 i = 0; i < size; i++)
		if (data[i] != pattern(i, salt)) {
			KUNIT_FAIL(test, "byte %u is %#x", i, data[i]);
			return;
		}
}

/* Each kind is taken for that kind only, and another kind leaves things as they are */
static void object_kinds(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tio_object object = {};
	u64 last = 0;

	for (u32 id = 0; id <= 7; id++) {
		for (u32 want = 4; want <= 6; want++) {
			put_output(t, id, 32 + 100, 1, id);
			if (id == want) {
				KUNIT_EXPECT_EQ(test, save(t, &object, want), 0);
				KUNIT_EXPECT_GT(test, object.generation, last);
				last = object.generation;
				expect_object(test, &object, 100, id);
			} else {
				KUNIT_EXPECT_EQ(test, save(t, &object, want), -ENODATA);
				KUNIT_EXPECT_EQ(test, object.generation, last);
			}
		}
	}
	tio_object_free(&object);
	KUNIT_EXPECT_NULL(test, object.data);
	KUNIT_EXPECT_EQ(test, object.generation, 0);
}

static void object_types(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tio_object object = {};

	for (u32 id = 4; id <= 6; id++) {
		for (int type = 0; type <= U8_MAX; type++) {
			bool good = type == 1 || (type == 2 && id == 5);

			put_output(t, id, 32 + 1, type, 0);
			KUNIT_EXPECT_EQ(test, save(t, &object, id),
					good ? 0 : -EPROTO);
			KUNIT_EXPECT_EQ(test, !!object.data, good);
		}
	}
	tio_object_free(&object);
}

/* The header is the firmware's word, and is not taken beyond the buffer */
static void object_lengths(struct kunit *test)
{
	static const u32 bad[] = { 0, 1, 31, 32, 4096 - DOBJ + 1, 4096, 4097,
				   65536, INT_MAX, INT_MIN, UINT_MAX };
	static const u32 good[] = { 33, 64, 4096 - DOBJ };
	struct tdi_test *t = tdi_test(test);
	struct tio_object object = {};

	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		put_output(t, 6, 64, 1, 0);
		KUNIT_ASSERT_EQ(test, save(t, &object, 6), 0);
		put_output(t, 6, bad[i], 1, 0);
		KUNIT_EXPECT_EQ_MSG(test, save(t, &object, 6), -EPROTO,
				    "length %u", bad[i]);
		KUNIT_EXPECT_NULL(test, object.data);
	}
	for (int i = 0; i < ARRAY_SIZE(good); i++) {
		put_output(t, 6, good[i], 1, i);
		KUNIT_EXPECT_EQ(test, save(t, &object, 6), 0);
		expect_object(test, &object, good[i] - 32, i);
	}
	tio_object_free(&object);
}

/* As long as an object may be, in a scattered buffer, and one byte longer */
static void object_too_long(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tio_object object = {};
	u8 ids[8] = {};

	sev_tio_close(&t->dsm, false);
	t->status.spdm_out_size_max = 17 * PAGE_SIZE;
	KUNIT_ASSERT_EQ(test, 0, sev_tio_dev_create(&t->dsm.data, PF0_RID, 0, 0));
	KUNIT_ASSERT_EQ(test, 0, sev_tio_open(&t->dsm, 1, ids));

	put_output(t, 4, 32 + 65536, 1, 3);
	KUNIT_EXPECT_EQ(test, save(t, &object, 4), 0);
	expect_object(test, &object, 65536, 3);
	put_output(t, 4, 32 + 65537, 1, 3);
	KUNIT_EXPECT_EQ(test, save(t, &object, 4), -EPROTO);
	KUNIT_EXPECT_NULL(test, object.data);
}

static int object_size(struct kunit *test, struct pci_tdi *tdi, u8 object,
		       u32 *size, u64 *generation)
{
	struct msg *m = tdi_test_msg(test, 4, 16);
	int ret;

	m->msg.id = 0x102;
	memset(m->in, 0, 4);
	m->in[0] = 2;
	m->in[1] = object;
	ret = sev_tio_guest_req(tdi, &m->req);
	KUNIT_EXPECT_EQ(test, m->req.tsm_code, 0);
	if (!ret) {
		KUNIT_EXPECT_EQ(test, m->req.resp_len, 16);
		KUNIT_EXPECT_EQ(test, get_unaligned_le32(m->out + 12), 0);
	}
	*generation = get_unaligned_le64(m->out);
	*size = get_unaligned_le32(m->out + 8);
	kunit_kfree(test, m);
	return ret;
}

/* Returns what was read, or an error */
static int object_read(struct kunit *test, struct pci_tdi *tdi, u8 object,
		       u32 offset, u64 generation, void *buf, u32 room)
{
	struct msg *m = tdi_test_msg(test, 16, room);
	int ret;

	m->msg.id = 0x103;
	memset(m->in, 0, 16);
	m->in[0] = 3;
	m->in[1] = object;
	put_unaligned_le32(offset, m->in + 4);
	put_unaligned_le64(generation, m->in + 8);
	ret = sev_tio_guest_req(tdi, &m->req);
	KUNIT_EXPECT_EQ(test, m->req.tsm_code, 0);
	if (!ret) {
		ret = m->req.resp_len;
		memcpy(buf, m->out, ret);
	}
	/* No byte behind what was read */
	KUNIT_EXPECT_NULL(test, memchr_inv(m->out + max(ret, 0), 0,
					   sizeof(m->out) - max(ret, 0)));
	kunit_kfree(test, m);
	return ret;
}

/* In parts of every length, from every offset */
static void read_object(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);
	struct tio_object *report = &to_tio_tdi(tdi)->report;
	u8 buf[64];
	u64 gen;
	u32 size;

	put_output(t, 6, 32 + 50, 1, 9);
	KUNIT_ASSERT_EQ(test, save(t, report, 6), 0);
	KUNIT_ASSERT_EQ(test, object_size(test, tdi, REPORT, &size, &gen), 0);
	KUNIT_EXPECT_EQ(test, size, 50);

	for (u32 offset = 0; offset < 50; offset++) {
		for (u32 room = 1; room <= sizeof(buf); room++) {
			int n = object_read(test, tdi, REPORT, offset, gen, buf, room);

			KUNIT_ASSERT_EQ(test, n, min(50 - offset, room));
			KUNIT_EXPECT_MEMEQ(test, buf, report->data + offset, n);
		}
	}
	KUNIT_EXPECT_EQ(test, -ERANGE,
			object_read(test, tdi, REPORT, 50, gen, buf, 1));
	KUNIT_EXPECT_EQ(test, -ERANGE,
			object_read(test, tdi, REPORT, U32_MAX, gen, buf, 1));
	KUNIT_EXPECT_EQ(test, -ESTALE,
			object_read(test, tdi, REPORT, 0, gen + 1, buf, 1));
	KUNIT_EXPECT_EQ(test, -ESTALE,
			object_read(test, tdi, REPORT, 0, 0, buf, 1));

	/* The same once more is another */
	KUNIT_ASSERT_EQ(test, save(t, report, 6), 0);
	KUNIT_EXPECT_EQ(test, -ESTALE,
			object_read(test, tdi, REPORT, 0, gen, buf, 1));
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

static void no_object(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);
	u8 byte;
	u64 gen;
	u32 size;

	tio_object_free(&t->dsm.certs);
	tio_object_free(&to_tio_tdi(tdi)->report);
	for (u8 object = CERTIFICATES; object <= REPORT; object++) {
		KUNIT_EXPECT_EQ(test, -ENODATA,
				object_size(test, tdi, object, &size, &gen));
		KUNIT_EXPECT_EQ(test, -ENODATA,
				object_read(test, tdi, object, 0, 0, &byte, 1));
	}
	sev_tio_unbind(tdi);
}

/* What is in the output buffer before a command is not taken for its object */
static void object_of_others(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *first = tdi_test_bind(test), *second;
	u64 output = t->dsm.data.output.sla;

	second = tdi_test_bind_other(test);
	KUNIT_EXPECT_NE(test, t->dsm.data.output.sla, output);
	KUNIT_EXPECT_NULL(test, to_tio_tdi(second)->meas.data);
	sev_tio_unbind(second);
	sev_tio_unbind(first);
	tdi_test_unbound(test, 0);
}

/* Without memory for a new output buffer the old one stays, and nothing is asked */
static void output_not_renewed(struct kunit *test)
{
	struct tdi_test *t = tdi_test(test);
	struct tsm_sev_tio_measure call = { .call = 4 };
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 code;

	t->psp.ops = 0;
	t->psp.nr_cmds = 0;
	t->psp.fail[0] = 1;
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			tdi_test_call(test, tdi, 0x104, &call, 36, &code));
	KUNIT_EXPECT_EQ(test, code, 0);
	KUNIT_EXPECT_EQ(test, t->psp.nr_cmds, 0);
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

/*
 * Objects, from firmware that makes them
 */

/* The certificates stay as long as the device is connected, whoever is bound */
static void certificates(struct kunit *test)
{
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 gen, gen_again;
	u32 size;

	KUNIT_ASSERT_EQ(test, object_size(test, tdi, CERTIFICATES, &size, &gen), 0);
	KUNIT_EXPECT_GT(test, size, 0);
	sev_tio_unbind(tdi);
	tdi = tdi_test_bind_other(test);
	KUNIT_ASSERT_EQ(test, object_size(test, tdi, CERTIFICATES, &size, &gen_again), 0);
	KUNIT_EXPECT_EQ(test, gen_again, gen);
	sev_tio_unbind(tdi);
}

/* The report is of this TDI and guest, and of the last bind */
static void expect_report(struct kunit *test, struct pci_tdi *tdi, bool run)
{
	const struct tio_object *report = &to_tio_tdi(tdi)->report;
	struct fake_blob blob;

	KUNIT_ASSERT_EQ(test, report->size, tdi_test(test)->psp.report_len);
	memcpy(&blob, report->data + FAKE_REPORT_BLOB, sizeof(blob));
	KUNIT_EXPECT_MEMEQ(test, blob.magic, "FAKEREPT", 8);
	KUNIT_EXPECT_EQ(test, blob.function_id, VF_RID);
	KUNIT_EXPECT_EQ(test, blob.gctx, GCTX);
	KUNIT_EXPECT_EQ(test, blob.run, run);
}

static void report_after_run(struct kunit *test)
{
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 locked, running, code;
	u32 size;

	KUNIT_ASSERT_EQ(test, object_size(test, tdi, REPORT, &size, &locked), 0);
	expect_report(test, tdi, false);
	KUNIT_ASSERT_EQ(test, tdi_test_call(test, tdi, 0x101, "\1", 1, &code), 0);
	KUNIT_ASSERT_EQ(test, code, 0);
	KUNIT_ASSERT_EQ(test, object_size(test, tdi, REPORT, &size, &running), 0);
	KUNIT_EXPECT_NE(test, running, locked);
	expect_report(test, tdi, true);
	sev_tio_unbind(tdi);
}

/* Nothing that the firmware gets wrong is given to a guest, nor keeps it from a bind */
static void objects_spoiled(struct kunit *test)
{
	static const enum fake_out wrong[] = {
		FAKE_OUT_NONE, FAKE_OUT_EMPTY, FAKE_OUT_LONG, FAKE_OUT_SHORT,
		FAKE_OUT_ID, FAKE_OUT_TYPE,
	};
	struct tsm_sev_tio_measure call = { .call = 4 };
	struct tdi_test *t = tdi_test(test);
	u64 code;

	for (int i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct pci_tdi *tdi;

		t->psp.out = wrong[i];
		tdi_test_restart(test);
		KUNIT_EXPECT_NULL(test, t->dsm.certs.data);
		tdi = tdi_test_bind(test);
		KUNIT_EXPECT_NULL(test, to_tio_tdi(tdi)->report.data);
		KUNIT_EXPECT_EQ(test, -EPROTO,
				tdi_test_call(test, tdi, 0x104, &call, 36, &code));
		KUNIT_EXPECT_NULL(test, to_tio_tdi(tdi)->meas.data);
		sev_tio_unbind(tdi);
	}
}

static void measure(struct kunit *test)
{
	struct tsm_sev_tio_measure call = { .call = 4 };
	struct tdi_test *t = tdi_test(test);
	struct tsm_dsm_tio *data = &t->dsm.data;
	struct pci_tdi *other = tdi_test_bind_other(test);
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 first, second, code;
	struct fake_blob blob;
	u32 size;

	memset(call.nonce, 0x11, sizeof(call.nonce));
	KUNIT_EXPECT_EQ(test, 0, tdi_test_call(test, tdi, 0x104, &call, 36, &code));
	KUNIT_EXPECT_EQ(test, code, 0);
	EXPECT_CMD(test, 0xd7, 80, data, { 4, 4, 1 }, { 40, 8, data->dev_ctx.sla },
		   { 48, 8, 0x1111111111111111 }, { 56, 8, 0x1111111111111111 },
		   { 64, 8, 0x1111111111111111 }, { 72, 8, 0x1111111111111111 });
	KUNIT_ASSERT_EQ(test, object_size(test, tdi, MEASUREMENTS, &size, &first), 0);
	KUNIT_ASSERT_EQ(test, size, t->psp.meas_len);
	memcpy(&blob, to_tio_tdi(tdi)->meas.data, sizeof(blob));
	KUNIT_EXPECT_MEMEQ(test, blob.magic, "FAKEMEAS", 8);
	KUNIT_EXPECT_MEMEQ(test, blob.nonce, call.nonce, sizeof(blob.nonce));
	/* The other guest has not measured the device */
	KUNIT_EXPECT_EQ(test, -ENODATA,
			object_size(test, other, MEASUREMENTS, &size, &second));

	KUNIT_EXPECT_EQ(test, 0, tdi_test_call(test, other, 0x104, &call, 36, &code));
	KUNIT_ASSERT_EQ(test, object_size(test, other, MEASUREMENTS, &size, &second), 0);
	KUNIT_EXPECT_NE(test, first, second);
	KUNIT_ASSERT_EQ(test, object_size(test, tdi, MEASUREMENTS, &size, &second), 0);
	KUNIT_EXPECT_EQ(test, first, second);
	sev_tio_unbind(tdi);
	sev_tio_unbind(other);
	tdi_test_unbound(test, 0);
}

static void measure_is_refused(struct kunit *test)
{
	struct tsm_sev_tio_measure call = { .call = 4 };
	struct tdi_test *t = tdi_test(test);
	struct pci_tdi *tdi = tdi_test_bind(test);
	u64 code;

	/* Behind the two for a new output buffer */
	t->psp.ops = 0;
	t->psp.fail[0] = 3;
	t->psp.fail_status = SEV_RET_SPDM_ERROR;
	KUNIT_EXPECT_EQ(test, 0, tdi_test_call(test, tdi, 0x104, &call, 36, &code));
	KUNIT_EXPECT_EQ(test, code, SEV_RET_SPDM_ERROR);
	KUNIT_EXPECT_NULL(test, to_tio_tdi(tdi)->meas.data);
	sev_tio_unbind(tdi);
	tdi_test_unbound(test, 0);
}

static struct kunit_case tdi_req_cases[] = {
	KUNIT_CASE(layout_of_guest_request),
	KUNIT_CASE(request_and_response),
	KUNIT_CASE(request_too_long),
	KUNIT_CASE(response_might_not_fit),
	KUNIT_CASE(response_length),
	KUNIT_CASE(response_beyond_page),
	KUNIT_CASE(response_header),
	KUNIT_CASE(response_of_others),
	KUNIT_CASE(message_in_each_state),
	KUNIT_CASE(message_twice),
	KUNIT_CASE(object_kinds),
	KUNIT_CASE(object_types),
	KUNIT_CASE(object_lengths),
	KUNIT_CASE(object_too_long),
	KUNIT_CASE(read_object),
	KUNIT_CASE(no_object),
	KUNIT_CASE(object_of_others),
	KUNIT_CASE(output_not_renewed),
	KUNIT_CASE(certificates),
	KUNIT_CASE(report_after_run),
	KUNIT_CASE(objects_spoiled),
	KUNIT_CASE(measure),
	KUNIT_CASE(measure_is_refused),
	{}
};

static struct kunit_suite tdi_req_suite = {
	.name = "sev-tio-tdi-req",
	.init = tdi_test_init,
	.exit = tdi_test_exit,
	.test_cases = tdi_req_cases,
};

kunit_test_suite(tdi_req_suite);
