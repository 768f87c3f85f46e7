// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map.h"

void *tsm_map_before_hole(size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (len + page - 1) / page * page;
	char *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	if (munmap(map + size, page))
		return NULL;
	return map + size - len;
}

void *tsm_map_present(size_t len)
{
	void *map = tsm_map_before_hole(len);

	return map ? memset(map, 0, len) : NULL;
}
