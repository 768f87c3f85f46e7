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

/*
 * A report of 36 bytes as PCIe r7.0 section 11.3.11 lays it out, of which no code here
 * made a byte: one range, 16 pages from 0xfe000000 on, id 0.
 */
static const u8 published_report[] = {
	0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0, 0, 0,
	0x00, 0xe0, 0x0f, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0,
};

static void parse_published_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct tsm_emu_mmio *mmio = &ctx->mmio;
	u32 first;

	KUNIT_ASSERT_EQ(test, 0,
			tsm_emu_mmio_parse(mmio, published_report,
					   sizeof(published_report)));
	KUNIT_ASSERT_EQ(test, mmio->nr_ranges, 1);
	KUNIT_EXPECT_EQ(test, mmio->range[0].base, 0xfe000000);
	KUNIT_EXPECT_EQ(test, mmio->range[0].pages, 16);
	KUNIT_EXPECT_EQ(test, mmio->range[0].attr, 0);
	KUNIT_EXPECT_EQ(test, mmio->range[0].id, 0);
	KUNIT_EXPECT_PTR_EQ(test, &mmio->range[0],
			    tsm_emu_mmio_find_pages(mmio, 0xfe000000, 16 * SZ_4K,
						    &first));
	KUNIT_EXPECT_EQ(test, first, 0);
}

/* One page of any range counts */
static void is_validated_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct tsm_emu_mmio *mmio = &ctx->mmio;

	KUNIT_ASSERT_EQ(test, 0, parse(ctx));
	KUNIT_EXPECT_FALSE(test, tsm_emu_mmio_is_validated(mmio));
	tsm_emu_range_validate(&mmio->range[1], 0, 1, true);
	KUNIT_EXPECT_TRUE(test, tsm_emu_mmio_is_validated(mmio));
	tsm_emu_range_validate(&mmio->range[1], 0, 1, false);
	tsm_emu_range_validate(&mmio->range[0], 15, 1, true);
	KUNIT_EXPECT_TRUE(test, tsm_emu_mmio_is_validated(mmio));
	tsm_emu_range_validate(&mmio->range[0], 15, 1, false);
	KUNIT_EXPECT_FALSE(test, tsm_emu_mmio_is_validated(mmio));
}

static struct kunit_case mmio_cases[] = {
	KUNIT_CASE(parse_short_test),
	KUNIT_CASE(parse_bad_test),
	KUNIT_CASE(parse_published_test),
	KUNIT_CASE(is_validated_test),
	{}
};

static struct kunit_suite mmio_suite = {
	.name = "tsm-emu-mmio",
	.init = mmio_init,
	.test_cases = mmio_cases,
};
kunit_test_suite(mmio_suite);
