// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of the MMIO ranges of a locked TDI */
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

static void parse_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct tsm_emu_range *range;

	KUNIT_ASSERT_EQ(test, parse(ctx), 0);
	KUNIT_ASSERT_EQ(test, ctx->mmio.nr_ranges, 2);
	KUNIT_EXPECT_NULL(test, tsm_emu_mmio_find(&ctx->mmio, 1));

	range = tsm_emu_mmio_find(&ctx->mmio, 2);
	KUNIT_ASSERT_NOT_NULL(test, range);
	KUNIT_EXPECT_EQ(test, range->base, BASE + SZ_64K);
	KUNIT_EXPECT_EQ(test, range->pages, 1);
	KUNIT_EXPECT_EQ(test, range->attr, 8);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(range->validated,
					     TSM_EMU_BAR_PAGES_MAX));
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

static struct tsm_emu_range *find_pages(struct ctx *ctx, u64 base, u64 len,
					u32 *first)
{
	*first = U32_MAX;
	return tsm_emu_mmio_find_pages(&ctx->mmio, base, len, first);
}

static void find_pages_test(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u32 first;

	KUNIT_ASSERT_EQ(test, parse(ctx), 0);
	KUNIT_EXPECT_PTR_EQ(test, find_pages(ctx, BASE, SZ_64K, &first),
			    &ctx->mmio.range[0]);
	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_PTR_EQ(test,
			    find_pages(ctx, BASE + 15 * SZ_4K, SZ_4K, &first),
			    &ctx->mmio.range[0]);
	KUNIT_EXPECT_EQ(test, first, 15);
	KUNIT_EXPECT_PTR_EQ(test,
			    find_pages(ctx, BASE + SZ_64K, SZ_4K, &first),
			    &ctx->mmio.range[1]);
	KUNIT_EXPECT_EQ(test, first, 0);
}

static void find_pages_outside_test(struct kunit *test)
{
	static const struct {
		u64 base;
		u64 len;
	} outside[] = {
		{ BASE, 0 },
		{ BASE - SZ_4K, SZ_4K },
		{ BASE - SZ_4K, 2 * SZ_4K },
		/* the pages are those of two ranges */
		{ BASE, SZ_64K + SZ_4K },
		{ BASE + 15 * SZ_4K, 2 * SZ_4K },
		{ BASE + SZ_64K, 2 * SZ_4K },
		{ BASE + SZ_64K + SZ_4K, SZ_4K },
		/* not whole pages */
		{ BASE + 1, SZ_4K },
		{ BASE, SZ_4K - 1 },
		/* base + len overflows */
		{ BASE, -(u64)SZ_4K },
		{ BASE + SZ_4K, -BASE },
		{ -(u64)SZ_4K, SZ_4K },
		{ -(u64)SZ_4K, BASE + 2 * SZ_4K },
	};
	struct ctx *ctx = test->priv;
	u32 first;

	KUNIT_ASSERT_EQ(test, parse(ctx), 0);
	for (int i = 0; i < ARRAY_SIZE(outside); i++)
		KUNIT_EXPECT_NULL_MSG(test, find_pages(ctx, outside[i].base,
						       outside[i].len, &first),
				      "case %d", i);
}

static void range_has_test(struct kunit *test)
{
	struct tsm_emu_range range = { .pages = 16 };

	KUNIT_EXPECT_TRUE(test, tsm_emu_range_has(&range, 0, 1));
	KUNIT_EXPECT_TRUE(test, tsm_emu_range_has(&range, 0, 16));
	KUNIT_EXPECT_TRUE(test, tsm_emu_range_has(&range, 15, 1));
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_has(&range, 0, 0));
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_has(&range, 0, 17));
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_has(&range, 15, 2));
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_has(&range, 16, 1));
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_has(&range, 1, U32_MAX));
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_has(&range, U32_MAX, 1));
}

static void validate_test(struct kunit *test)
{
	struct tsm_emu_range range = { .pages = 16 };

	KUNIT_EXPECT_TRUE(test, tsm_emu_range_validate(&range, 4, 2, true));
	KUNIT_EXPECT_EQ(test, bitmap_weight(range.validated, 16), 2);
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_validate(&range, 4, 2, true));

	KUNIT_EXPECT_TRUE(test, tsm_emu_range_is_uniform(&range, 4, 2));
	KUNIT_EXPECT_TRUE(test, tsm_emu_range_is_uniform(&range, 0, 4));
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_is_uniform(&range, 3, 2));
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_is_uniform(&range, 5, 2));

	KUNIT_EXPECT_TRUE(test, tsm_emu_range_validate(&range, 0, 16, true));
	KUNIT_EXPECT_EQ(test, bitmap_weight(range.validated, 16), 16);
	KUNIT_EXPECT_TRUE(test, tsm_emu_range_validate(&range, 15, 1, false));
	KUNIT_EXPECT_EQ(test, bitmap_weight(range.validated, 16), 15);
	KUNIT_EXPECT_FALSE(test, tsm_emu_range_validate(&range, 15, 1, false));
}

static struct kunit_case mmio_cases[] = {
	KUNIT_CASE(parse_test),
	KUNIT_CASE(parse_short_test),
	KUNIT_CASE(parse_bad_test),
	KUNIT_CASE(find_pages_test),
	KUNIT_CASE(find_pages_outside_test),
	KUNIT_CASE(range_has_test),
	KUNIT_CASE(validate_test),
	{}
};

static struct kunit_suite mmio_suite = {
	.name = "tsm-emu-mmio",
	.init = mmio_init,
	.test_cases = mmio_cases,
};
kunit_test_suite(mmio_suite);
