// SPDX-License-Identifier: GPL-2.0
/* A BAR as a VMM has it, see bar.h */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "bar.h"
#include "trace.h"

#define BAR_IOVA 0x100000000ULL
/* iommufd keeps the dma-buf that was taken away, but unmaps all of it */
#define IOMMU_UNMAP "iommu/unmap"

static int map_bar(struct tsm_bar *bar, const struct tsm_setup *s)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	void *map;

	if (ioctl(s->cdev, VFIO_DEVICE_GET_REGION_INFO, &info))
		return -errno;
	map = mmap(NULL, info.size, PROT_READ, MAP_SHARED, s->cdev, info.offset);
	if (map == MAP_FAILED)
		return -errno;
	bar->map = map;
	bar->len = info.size;
	return 0;
}

static int export_bar(struct tsm_bar *bar, const struct tsm_setup *s)
{
	struct {
		struct vfio_device_feature feature;
		struct vfio_device_feature_dma_buf dma_buf;
		struct vfio_region_dma_range range;
	} get = {
		.feature.argsz = sizeof(get),
		.feature.flags = VFIO_DEVICE_FEATURE_GET |
				 VFIO_DEVICE_FEATURE_DMA_BUF,
		.dma_buf.region_index = VFIO_PCI_BAR0_REGION_INDEX,
		.dma_buf.open_flags = O_RDWR | O_CLOEXEC,
		.dma_buf.nr_ranges = 1,
		.range.length = bar->len,
	};
	struct iommu_ioas_map_file map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = s->ioas_id,
		.length = bar->len,
		.iova = BAR_IOVA,
	};

	bar->dmabuf = ioctl(s->cdev, VFIO_DEVICE_FEATURE, &get);
	if (bar->dmabuf < 0)
		return -errno;
	map.fd = bar->dmabuf;
	return ioctl(s->iommufd, IOMMU_IOAS_MAP_FILE, &map) ? -errno : 0;
}

static long count_faults(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? -errno : usage.ru_minflt;
}

/* Page faults of a look at it, or -errno */
static long look(struct tsm_bar *bar)
{
	long faults = count_faults();

	__atomic_load_n((int *)bar->map, __ATOMIC_RELAXED);
	return faults < 0 ? faults : count_faults() - faults;
}

int tsm_bar_open(struct tsm_bar *bar, const struct tsm_setup *s)
{
	int rc;

	*bar = (struct tsm_bar) { .dmabuf = -1, .seen = TSM_BAR_MAPPING };
	rc = map_bar(bar, s);
	if (rc)
		return rc;
	/* the first look maps it, and the second has nothing left to map */
	if (look(bar) < 0 || look(bar))
		return -EIO;
	if (tsm_trace_start())
		return 0;

	bar->seen |= TSM_BAR_DMABUF;
	rc = tsm_trace_enable(IOMMU_UNMAP);
	if (rc)
		return rc;
	rc = export_bar(bar, s);
	return rc ?: tsm_trace_clear();
}

void tsm_bar_close(struct tsm_bar *bar)
{
	tsm_trace_stop();
	if (bar->dmabuf >= 0)
		close(bar->dmabuf);
	if (bar->map)
		munmap(bar->map, bar->len);
	*bar = (struct tsm_bar) { .dmabuf = -1 };
}

int tsm_bar_lost(struct tsm_bar *bar)
{
	long faults = look(bar);
	char text[128];
	int lost;

	if (faults < 0)
		return faults;
	lost = faults ? TSM_BAR_MAPPING : 0;
	if (!(bar->seen & TSM_BAR_DMABUF))
		return lost;
	if (tsm_trace_find("unmap", text, sizeof(text)))
		lost |= TSM_BAR_DMABUF;
	return tsm_trace_clear() ?: lost;
}
