/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that ends where a test wants it to */
#ifndef __SELFTEST_TSM_MAP_H
#define __SELFTEST_TSM_MAP_H

#include <stddef.h>

/* Return: @len bytes, right behind which nothing is mapped, or NULL */
void *tsm_map_before_hole(size_t len);

/* The same, and none of it is left to be allocated. It is zeroed */
void *tsm_map_present(size_t len);

#endif /* __SELFTEST_TSM_MAP_H */
