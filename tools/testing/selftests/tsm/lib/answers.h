/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test that decides how ioctls end, for what no kernel can be brought to do at the
 * right time. It is for programs that are linked with --wrap=ioctl.
 */
#ifndef __SELFTEST_TSM_ANSWERS_H
#define __SELFTEST_TSM_ANSWERS_H

#include <linux/types.h>

/**
 * struct tsm_answer - how some of the next ioctls of a kind end
 * @nr: which ioctl
 * @skip: how many of them the kernel answers before
 * @times: how many end like this, the kernel answers the others
 * @err: their errno
 * @flags: what they have in &iommu_vdevice_tsm_guest_request.out_flags
 */
struct tsm_answer {
	unsigned long nr;
	unsigned int skip;
	unsigned int times;
	int err;
	__u32 flags;
};

void tsm_answer(struct tsm_answer answer);
/* The next guest requests, so many times */
void tsm_fail_requests(int err, __u32 flags, unsigned int times);

/* How many there were since, of all threads */
unsigned int tsm_answers(void);

/* The linker gives every ioctl() of the program the first, the C library's is the other */
int __wrap_ioctl(int fd, unsigned long nr, ...);
int __real_ioctl(int fd, unsigned long nr, void *arg);

#endif /* __SELFTEST_TSM_ANSWERS_H */
