/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first BAR of a function, as a VMM has it: mapped, and as dma-buf that iommufd
 * maps for the DMA of other devices. VFIO takes both away before a reset and the
 * like. The mapping comes back with the next page fault, the dma-buf's does not.
 */
#ifndef __SELFTEST_TSM_BAR_H
#define __SELFTEST_TSM_BAR_H

#include "setup.h"

/**
 * struct tsm_bar - the BAR
 * @map: mapping of it
 * @len: bytes of that
 * @dmabuf: all of it as dma-buf, which iommufd has mapped for the function's VM
 * @seen: what can be seen to be taken away, TSM_BAR_*; it takes a kernel with trace
 *	  events to look at the dma-buf
 */
struct tsm_bar {
	void *map;
	size_t len;
	int dmabuf;
	int seen;
};

#define TSM_BAR_MAPPING 1
#define TSM_BAR_DMABUF 2
#define TSM_BAR_ALL (TSM_BAR_MAPPING | TSM_BAR_DMABUF)

/* Memory is enabled, and no page fault follows until something takes it away */
int tsm_bar_open(struct tsm_bar *bar, const struct tsm_setup *s);
/* To be called before the VFIO device is closed: the mapping keeps it open */
void tsm_bar_close(struct tsm_bar *bar);

/*
 * What was taken away since tsm_bar_open() or the last look, TSM_BAR_*, or -errno.
 * It touches the BAR: memory has to be enabled.
 */
int tsm_bar_lost(struct tsm_bar *bar);

#endif /* __SELFTEST_TSM_BAR_H */
