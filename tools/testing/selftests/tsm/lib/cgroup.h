/* SPDX-License-Identifier: GPL-2.0 */
/* What requests cost the memory control group of the VMM */
#ifndef __SELFTEST_TSM_CGROUP_H
#define __SELFTEST_TSM_CGROUP_H

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define TSM_CGROUPS "/sys/fs/cgroup"
#define TSM_CGROUP TSM_CGROUPS "/tsm-test"
/* For stacks, page tables and what the kernel charges ahead for each CPU */
#define TSM_CGROUP_SLACK (2UL << 20)

/* Return: 0, or -errno if there are none with a count of memory (CONFIG_MEMCG) */
static inline int cgroup_mount(void)
{
	return tsm_file_mount("cgroup2", TSM_CGROUPS,
			      TSM_CGROUPS "/cgroup.controllers") ?:
	       tsm_file_write(TSM_CGROUPS "/cgroup.subtree_control", "+memory");
}

/* Go into a new one, which is charged for nothing that is there already */
static inline void cgroup_enter(struct __test_metadata *_metadata)
{
	rmdir(TSM_CGROUP);
	ASSERT_EQ(0, mkdir(TSM_CGROUP, 0700));
	ASSERT_EQ(0, tsm_file_write(TSM_CGROUP "/cgroup.procs", "0"));
}

static inline void cgroup_leave(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, tsm_file_write(TSM_CGROUPS "/cgroup.procs", "0"));
	rmdir(TSM_CGROUP);
}

static inline unsigned long cgroup_charged(struct __test_metadata *_metadata)
{
	unsigned long bytes;

	ASSERT_EQ(0, tsm_file_number(TSM_CGROUP "/memory.current", &bytes));
	return bytes;
}

#endif /* __SELFTEST_TSM_CGROUP_H */
