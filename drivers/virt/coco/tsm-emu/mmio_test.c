// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the MMIO ranges of a locked TDI: reports that no emulated
 * device gives. What can be validated of good ones is in the selftests sev_tio
 * and cca.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/sizes.h>

#include "fw.h"

#define BASE	0x900000000ULL

struct report {
	struct pci_tdisp_interface_report head;
	struct pci_tdisp_mmio_range range[TSM_EMU_NR_BARS];
} __packed;

struct ctx {
	struct report report;
	struct tsm_emu_mmio mmio;
};

/* 16 pages at BASE, id 0, and the page behind them, id 2 */
static int mmio_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return -ENOMEM;
	ctx->report.head.mmio_range_count = cpu_to_le32(2);
	ctx->report.range[0].first_page = cpu_to_le64(BASE / SZ_4K);
	ctx->report.range[0].pages = cpu_to_le32(16);
	ctx->report.range[1].first_page = cpu_to_le64(BASE / SZ_4K + 16);
	ctx->report.range[1].pages = cpu_to_le32(1);
	ctx->report.range[1].attr = cpu_to_le16(8);
	ctx->report.range[1].range_id = cpu_to_le16(2);
	test->priv = ctx;
	return 0;
}

static int parse(struct ctx *ctx)
{
	ctx->mmio.nr_ranges = 99;
	return tsm_emu_mmio_parse(&ctx->mmio, &ctx->report,
				  sizeof(ctx->report));
}

static void expect_bad_report(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, parse(ctx), -EINVAL);
	KUNIT_EXPECT_EQ(test, ctx->mmio.nr_ranges, 0);
}

static void parse_short_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	for (size_t len = 0; len < sizeof(ctx->report); len++) {
		u8 *report = kunit_kmalloc(test, len ?: 1, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, report);
		memcpy(report, &ctx->report, len);
		KUNIT_EXPECT_EQ(test, tsm_emu_mmio_parse(&ctx->mmio, report,
							 len), -EINVAL);
		KUNIT_EXPECT_EQ(test, ctx->mmio.nr_ranges, 0);
		kunit_kfree(test, report);
	}
}

static void parse_bad_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct report good = ctx->report;

	ctx->report.head.mmio_range_count = cpu_to_le32(TSM_EMU_NR_BARS + 1);
	expect_bad_report(test);
	ctx->report.head.mmio_range_count = cpu_to_le32(U32_MAX);
	expect_bad_report(test);

	ctx->report = good;
	ctx->report.range[1].pages = 0;
	expect_bad_report(test);
	ctx->report.range[1].pages = cpu_to_le32(TSM_EMU_BAR_PAGES_MAX + 1);
	expect_bad_report(test);

	ctx->report = good;
	ctx->report.range[0].first_page = cpu_to_le64(U64_MAX / SZ_4K);
	expect_bad_report(test);
	ctx->report.range[0].first_page = cpu_to_le64(U64_MAX);
	expect_bad_report(test);
}

static struct kunit_case mmio_cases[] = {
	KUNIT_CASE(parse_short_test),
	KUNIT_CASE(parse_bad_test),
	{}
};

static struct kunit_suite mmio_suite = {
	.name = "tsm-emu-mmio",
	.init = mmio_init,
	.test_cases = mmio_cases,
};
kunit_test_suite(mmio_suite);
