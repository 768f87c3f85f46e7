// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's coverage as libFuzzer takes it: a counter of its "extra counters" for each
 * edge between two places that kcov recorded one after the other. The kernel has kcov in
 * the files of the series alone, see kcov.mk.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kcov.h>

#include "life.h"

#define NR_PLACES (64UL << 10)
#define NR_COUNTERS (64UL << 10)

/* Only libFuzzer reads it */
static uint8_t counters[NR_COUNTERS] __attribute__((section("__libfuzzer_extra_counters"), used));
static uint8_t ever[NR_COUNTERS];

static __thread uint64_t *places;
static __thread bool is_tried;
static __thread int kcov = -1;

static void open_kcov(void)
{
	void *area;

	is_tried = true;
	kcov = open("/sys/kernel/debug/kcov", O_RDWR);
	if (kcov < 0 || ioctl(kcov, KCOV_INIT_TRACE, NR_PLACES))
		return;
	area = mmap(NULL, NR_PLACES * sizeof(*places), PROT_READ | PROT_WRITE, MAP_SHARED, kcov, 0);
	if (area == MAP_FAILED)
		return;
	places = area;
	ioctl(kcov, KCOV_ENABLE, KCOV_TRACE_PC);
}

void cover_end(void)
{
	if (places) {
		ioctl(kcov, KCOV_DISABLE, 0);
		munmap(places, NR_PLACES * sizeof(*places));
	}
	if (kcov >= 0)
		close(kcov);
}

void cover_start(void)
{
	if (!is_tried)
		open_kcov();
	if (places)
		__atomic_store_n(&places[0], 0, __ATOMIC_RELAXED);
}

void cover_collect(void)
{
	uint64_t nr, last = 0;

	if (!places)
		return;
	nr = __atomic_load_n(&places[0], __ATOMIC_RELAXED);
	for (uint64_t i = 1; i <= nr; i++) {
		size_t edge = ((places[i] * 0x9e3779b97f4a7c15 >> 40) ^ last) % NR_COUNTERS;

		/* the same every time, however often a loop went round */
		counters[edge] = 1;
		ever[edge] = 1;
		last = (places[i] * 0x9e3779b97f4a7c15 >> 41) % NR_COUNTERS;
	}
	__atomic_store_n(&places[0], 0, __ATOMIC_RELAXED);
}

size_t cover_hit(void)
{
	size_t hit = 0;

	for (size_t i = 0; i < NR_COUNTERS; i++)
		hit += ever[i];
	return hit;
}
