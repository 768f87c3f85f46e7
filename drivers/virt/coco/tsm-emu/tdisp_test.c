// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of the emulated DSM's TDISP responder */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include "tdisp_test.h"

struct ctx {
	struct tsm_emu_tdi tdi;
	union tdisp_rsp rsp;
	size_t rsp_len;
};

static struct pci_tdisp_header header(u8 type)
{
	return (struct pci_tdisp_header) {
		.version = PCI_TDISP_VERSION_1_0,
		.type = type,
		.function_id = cpu_to_le32(RID),
	};
}

static void send(struct ctx *ctx, const void *req, size_t len)
{
	memset(&ctx->rsp, 0x5a, sizeof(ctx->rsp));
	ctx->rsp_len = tsm_emu_tdisp(&ctx->tdi, req, len, &ctx->rsp);
}

static void send_header(struct ctx *ctx, u8 type)
{
	struct pci_tdisp_header hdr = header(type);

	send(ctx, &hdr, sizeof(hdr));
}

static void send_lock(struct ctx *ctx, u16 flags, u64 mmio_offset)
{
	struct pci_tdisp_lock_interface req = {
		.hdr = header(PCI_TDISP_LOCK_INTERFACE),
		.flags = cpu_to_le16(flags),
		.mmio_reporting_offset = cpu_to_le64(mmio_offset),
	};

	send(ctx, &req, sizeof(req));
}

static void send_report(struct ctx *ctx, u16 offset, u16 length)
{
	struct pci_tdisp_get_interface_report req = {
		.hdr = header(PCI_TDISP_GET_INTERFACE_REPORT),
		.offset = cpu_to_le16(offset),
		.length = cpu_to_le16(length),
	};

	send(ctx, &req, sizeof(req));
}

static void send_start(struct ctx *ctx, const u8 *nonce)
{
	struct pci_tdisp_start_interface req = {
		.hdr = header(PCI_TDISP_START_INTERFACE),
	};

	memcpy(req.start_nonce, nonce, sizeof(req.start_nonce));
	send(ctx, &req, sizeof(req));
}

static void expect_rsp(struct kunit *test, u8 req_type, size_t len)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, ctx->rsp_len, len);
	KUNIT_EXPECT_EQ(test, ctx->rsp.hdr.version, PCI_TDISP_VERSION_1_0);
	KUNIT_EXPECT_EQ(test, ctx->rsp.hdr.type, req_type & ~PCI_TDISP_REQ);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ctx->rsp.hdr.function_id), RID);
}

static void expect_error_data(struct kunit *test, enum pci_tdisp_error code,
			      u32 data)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, ctx->rsp_len, sizeof(ctx->rsp.error));
	KUNIT_EXPECT_EQ(test, ctx->rsp.hdr.type, PCI_TDISP_ERROR);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ctx->rsp.error.code), code);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ctx->rsp.error.data), data);
}

static void expect_error(struct kunit *test, enum pci_tdisp_error code)
{
	expect_error_data(test, code, 0);
}

/* A request that consists of a header */
static void expect_unsupported(struct kunit *test, u8 type)
{
	send_header(test->priv, type);
	expect_error_data(test, PCI_TDISP_ERR_UNSUPPORTED_REQUEST, type);
}

static void expect_state(struct kunit *test, enum pci_tdisp_state state)
{
	struct ctx *ctx = test->priv;

	send_header(ctx, PCI_TDISP_GET_INTERFACE_STATE);
	expect_rsp(test, PCI_TDISP_GET_INTERFACE_STATE,
		   sizeof(ctx->rsp.state));
	KUNIT_EXPECT_EQ(test, ctx->rsp.state.state, state);
}

static void go_to(struct ctx *ctx, enum pci_tdisp_state state)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];

	send_header(ctx, PCI_TDISP_STOP_INTERFACE);
	if (state == PCI_TDISP_STATE_CONFIG_UNLOCKED)
		return;

	send_lock(ctx, 0, 0);
	if (state == PCI_TDISP_STATE_RUN) {
		memcpy(nonce, ctx->rsp.lock.start_nonce, sizeof(nonce));
		send_start(ctx, nonce);
	}
	if (state == PCI_TDISP_STATE_ERROR)
		tsm_emu_tdi_reconfigured(&ctx->tdi);
}

static void version_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	send_header(ctx, PCI_TDISP_GET_VERSION);
	expect_rsp(test, PCI_TDISP_GET_VERSION, 18);
	KUNIT_EXPECT_EQ(test, ctx->rsp.version.count, 1);
	KUNIT_EXPECT_EQ(test, ctx->rsp.version.entry[0], 0x10);
}

/* A later requester learns what there is, and then uses that: section 11.3.4 */
static void later_version_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct pci_tdisp_header hdr = header(PCI_TDISP_GET_VERSION);

	hdr.version = 0x1f;
	send(ctx, &hdr, sizeof(hdr));
	expect_rsp(test, PCI_TDISP_GET_VERSION, 18);
	hdr.version = 0x20;
	send(ctx, &hdr, sizeof(hdr));
	expect_error(test, PCI_TDISP_ERR_VERSION_MISMATCH);

	hdr = header(PCI_TDISP_STOP_INTERFACE);
	hdr.version = 0x11;
	send(ctx, &hdr, sizeof(hdr));
	expect_error(test, PCI_TDISP_ERR_VERSION_MISMATCH);
}

static void capabilities_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct pci_tdisp_get_capabilities req = {
		.hdr = header(PCI_TDISP_GET_CAPABILITIES),
	};

	send(ctx, &req, sizeof(req));
	expect_rsp(test, PCI_TDISP_GET_CAPABILITIES, sizeof(ctx->rsp.caps));
	KUNIT_EXPECT_EQ(test, ctx->rsp.caps.req_msgs_supported[0], 0xfe);
	KUNIT_EXPECT_EQ(test, ctx->rsp.caps.req_msgs_supported[1], 0x04);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ctx->rsp.caps.lock_flags_supported),
			0x15);
}

static void life_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u8 nonce[PCI_TDISP_NONCE_LEN];

	expect_state(test, PCI_TDISP_STATE_CONFIG_UNLOCKED);
	send_lock(ctx, PCI_TDISP_LOCK_NO_FW_UPDATE, 0);
	expect_rsp(test, PCI_TDISP_LOCK_INTERFACE, 48);
	memcpy(nonce, ctx->rsp.lock.start_nonce, sizeof(nonce));
	expect_state(test, PCI_TDISP_STATE_CONFIG_LOCKED);
	send_start(ctx, nonce);
	expect_rsp(test, PCI_TDISP_START_INTERFACE, 16);
	expect_state(test, PCI_TDISP_STATE_RUN);
	send_header(ctx, PCI_TDISP_STOP_INTERFACE);
	expect_rsp(test, PCI_TDISP_STOP_INTERFACE, 16);
	expect_state(test, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

static void nonce_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u8 first[PCI_TDISP_NONCE_LEN], nonce[PCI_TDISP_NONCE_LEN];

	send_lock(ctx, 0, 0);
	memcpy(first, ctx->rsp.lock.start_nonce, sizeof(first));
	send_header(ctx, PCI_TDISP_STOP_INTERFACE);
	send_lock(ctx, 0, 0);
	memcpy(nonce, ctx->rsp.lock.start_nonce, sizeof(nonce));
	KUNIT_EXPECT_MEMNEQ(test, first, nonce, sizeof(nonce));

	send_start(ctx, first);
	expect_error(test, PCI_TDISP_ERR_INVALID_NONCE);
	nonce[PCI_TDISP_NONCE_LEN - 1] ^= 1;
	send_start(ctx, nonce);
	expect_error(test, PCI_TDISP_ERR_INVALID_NONCE);
	expect_state(test, PCI_TDISP_STATE_CONFIG_LOCKED);
}

static void report_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u8 bytes[TSM_EMU_REPORT_MAX];
	struct pci_tdisp_interface_report *report = (void *)bytes;
	unsigned int pos = 0, rest;

	send_lock(ctx, PCI_TDISP_LOCK_NO_FW_UPDATE, SZ_1M);
	do {
		send_report(ctx, pos, 0xffff);
		KUNIT_ASSERT_EQ(test, ctx->rsp.hdr.type, 0x04);
		rest = le16_to_cpu(ctx->rsp.report.portion_length);
		KUNIT_ASSERT_LE(test, rest, TSM_EMU_PORTION_MAX);
		KUNIT_ASSERT_LE(test, pos + rest, sizeof(bytes));
		KUNIT_ASSERT_EQ(test, ctx->rsp_len, 20 + rest);
		memcpy(bytes + pos, ctx->rsp.report.report, rest);
		pos += rest;
		rest = le16_to_cpu(ctx->rsp.report.remainder_length);
	} while (rest);

	KUNIT_EXPECT_EQ(test, pos, 52 + strlen(TSM_EMU_DEVICE_INFO));
	KUNIT_EXPECT_EQ(test, le16_to_cpu(report->interface_info), 0x3);
	KUNIT_ASSERT_EQ(test, le32_to_cpu(report->mmio_range_count), 2);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(report->mmio_range[0].first_page),
			(BAR_BASE + SZ_1M) / SZ_4K);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(report->mmio_range[0].pages), 16);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(report->mmio_range[1].range_id), 2);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(report->mmio_range[1].pages), 1);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(report->mmio_range[0].attr), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(report->mmio_range[1].attr), 0x8);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(bytes + 48),
			strlen(TSM_EMU_DEVICE_INFO));
}

static void report_range_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	send_lock(ctx, 0, 0);
	send_report(ctx, ctx->tdi.report_len - 1, 2);
	KUNIT_EXPECT_EQ(test, ctx->rsp_len, 21);
	send_report(ctx, ctx->tdi.report_len, 1);
	expect_error(test, PCI_TDISP_ERR_INVALID_REQUEST);
	send_report(ctx, 0xffff, 0xffff);
	expect_error(test, PCI_TDISP_ERR_INVALID_REQUEST);
	send_report(ctx, 0, 0);
	expect_error(test, PCI_TDISP_ERR_INVALID_REQUEST);
}

static void wrong_state_test(struct kunit *test)
{
	static const u8 any_nonce[PCI_TDISP_NONCE_LEN];
	struct ctx *ctx = test->priv;

	for (int state = 0; state <= PCI_TDISP_STATE_ERROR; state++) {
		if (state != PCI_TDISP_STATE_CONFIG_UNLOCKED) {
			go_to(ctx, state);
			send_lock(ctx, 0, 0);
			expect_error(test,
				     PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
		}
		if (state != PCI_TDISP_STATE_CONFIG_LOCKED) {
			go_to(ctx, state);
			send_start(ctx, any_nonce);
			expect_error(test,
				     PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
		}
		go_to(ctx, state);
		expect_state(test, state);
	}

	go_to(ctx, PCI_TDISP_STATE_CONFIG_UNLOCKED);
	send_report(ctx, 0, 1);
	expect_error(test, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
	go_to(ctx, PCI_TDISP_STATE_ERROR);
	send_report(ctx, 0, 1);
	expect_error(test, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
}

static void lock_phantom_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	ctx->tdi.phantom = true;
	send_lock(ctx, 0, 0);
	expect_error(test, PCI_TDISP_ERR_INVALID_DEVICE_CONFIGURATION);
	expect_state(test, PCI_TDISP_STATE_CONFIG_UNLOCKED);
	ctx->tdi.phantom = false;
	send_lock(ctx, 0, 0);
	expect_state(test, PCI_TDISP_STATE_CONFIG_LOCKED);
}

/* Range @index as the report has it, with the attributes @attr */
static struct pci_tdisp_set_mmio_attribute
mmio_attribute(struct ctx *ctx, unsigned int index, u16 attr)
{
	const struct pci_tdisp_interface_report *report =
		(const void *)ctx->tdi.report;
	struct pci_tdisp_set_mmio_attribute req = {
		.hdr = header(PCI_TDISP_SET_MMIO_ATTRIBUTE),
		.range = report->mmio_range[index],
	};

	req.range.attr = cpu_to_le16(attr);
	return req;
}

static void mmio_attribute_test(struct kunit *test)
{
	struct pci_tdisp_set_mmio_attribute req;
	struct ctx *ctx = test->priv;

	go_to(ctx, PCI_TDISP_STATE_RUN);
	req = mmio_attribute(ctx, 1, 0x4);
	send(ctx, &req, sizeof(req));
	expect_rsp(test, PCI_TDISP_SET_MMIO_ATTRIBUTE, 16);
	KUNIT_EXPECT_EQ(test, ctx->tdi.non_tee, BIT(1));
	req = mmio_attribute(ctx, 1, 0x0);
	send(ctx, &req, sizeof(req));
	expect_rsp(test, PCI_TDISP_SET_MMIO_ATTRIBUTE, 16);
	KUNIT_EXPECT_EQ(test, ctx->tdi.non_tee, 0);

	/* It is not what the next guest finds */
	req = mmio_attribute(ctx, 1, 0x4);
	send(ctx, &req, sizeof(req));
	go_to(ctx, PCI_TDISP_STATE_CONFIG_UNLOCKED);
	KUNIT_EXPECT_EQ(test, ctx->tdi.non_tee, 0);
}

static void expect_not_updated(struct kunit *test,
			       const struct pci_tdisp_set_mmio_attribute *req,
			       size_t len, enum pci_tdisp_error code)
{
	struct ctx *ctx = test->priv;

	send(ctx, req, len);
	expect_error(test, code);
	KUNIT_EXPECT_EQ(test, ctx->tdi.non_tee, 0);
}

static void mmio_attribute_refused_test(struct kunit *test)
{
	struct pci_tdisp_set_mmio_attribute req;
	struct ctx *ctx = test->priv;
	size_t len = sizeof(req);

	for (int state = 0; state <= PCI_TDISP_STATE_ERROR; state++) {
		if (state == PCI_TDISP_STATE_RUN)
			continue;
		go_to(ctx, state);
		req = mmio_attribute(ctx, 1, 0x4);
		expect_not_updated(test, &req, len,
				   PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
	}

	go_to(ctx, PCI_TDISP_STATE_RUN);
	req = mmio_attribute(ctx, 0, 0x4);
	expect_not_updated(test, &req, len, PCI_TDISP_ERR_INVALID_REQUEST);
	req = mmio_attribute(ctx, 1, 0x5);
	expect_not_updated(test, &req, len, PCI_TDISP_ERR_INVALID_REQUEST);
	req = mmio_attribute(ctx, 1, 0x4);
	expect_not_updated(test, &req, len - 1, PCI_TDISP_ERR_INVALID_REQUEST);
	req.range.range_id = cpu_to_le16(1);
	expect_not_updated(test, &req, len, PCI_TDISP_ERR_INVALID_REQUEST);
	req = mmio_attribute(ctx, 1, 0x4);
	req.range.pages = cpu_to_le32(2);
	expect_not_updated(test, &req, len, PCI_TDISP_ERR_INVALID_REQUEST);
	req = mmio_attribute(ctx, 1, 0x4);
	le64_add_cpu(&req.range.first_page, 1);
	expect_not_updated(test, &req, len, PCI_TDISP_ERR_INVALID_REQUEST);
}

static void reconfigured_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	tsm_emu_tdi_reconfigured(&ctx->tdi);
	expect_state(test, PCI_TDISP_STATE_CONFIG_UNLOCKED);
	go_to(ctx, PCI_TDISP_STATE_RUN);
	tsm_emu_tdi_reconfigured(&ctx->tdi);
	expect_state(test, PCI_TDISP_STATE_ERROR);
	send_header(ctx, PCI_TDISP_STOP_INTERFACE);
	expect_state(test, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

static void lock_args_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	send_lock(ctx, PCI_TDISP_LOCK_BIND_P2P, 0);
	expect_error(test, PCI_TDISP_ERR_INVALID_REQUEST);
	send_lock(ctx, 0, SZ_4K / 2);
	expect_error(test, PCI_TDISP_ERR_INVALID_REQUEST);
	ctx->tdi.secure = false;
	send_lock(ctx, 0, 0);
	expect_error(test, PCI_TDISP_ERR_INVALID_REQUEST);
	expect_state(test, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

static void bad_request_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct pci_tdisp_header hdr = header(PCI_TDISP_LOCK_INTERFACE);

	send(ctx, &hdr, sizeof(hdr));
	expect_error(test, PCI_TDISP_ERR_INVALID_REQUEST);

	expect_unsupported(test, PCI_TDISP_BIND_P2P_STREAM);
	expect_unsupported(test, PCI_TDISP_REQ);
	expect_unsupported(test, PCI_TDISP_GET_VERSION & ~PCI_TDISP_REQ);

	hdr = header(PCI_TDISP_STOP_INTERFACE);
	ctx->rsp_len = tsm_emu_tdisp(NULL, &hdr, sizeof(hdr), &ctx->rsp);
	expect_error(test, PCI_TDISP_ERR_INVALID_INTERFACE);
}

static int tdisp_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return -ENOMEM;
	ctx->tdi.secure = true;
	ctx->tdi.bar[0].base = BAR_BASE;
	ctx->tdi.bar[0].size = SZ_64K;
	ctx->tdi.bar[1].base = BAR_BASE + SZ_64K;
	ctx->tdi.bar[1].size = SZ_4K;
	test->priv = ctx;
	return 0;
}

static struct kunit_case tdisp_cases[] = {
	KUNIT_CASE(version_test),
	KUNIT_CASE(later_version_test),
	KUNIT_CASE(capabilities_test),
	KUNIT_CASE(life_test),
	KUNIT_CASE(nonce_test),
	KUNIT_CASE(report_test),
	KUNIT_CASE(report_range_test),
	KUNIT_CASE(wrong_state_test),
	KUNIT_CASE(lock_phantom_test),
	KUNIT_CASE(mmio_attribute_test),
	KUNIT_CASE(mmio_attribute_refused_test),
	KUNIT_CASE(reconfigured_test),
	KUNIT_CASE(lock_args_test),
	KUNIT_CASE(bad_request_test),
	{}
};

static struct kunit_suite tdisp_suite = {
	.name = "tsm-emu-tdisp",
	.init = tdisp_init,
	.test_cases = tdisp_cases,
};
kunit_test_suite(tdisp_suite);
