// SPDX-License-Identifier: GPL-2.0
/* A test that decides how ioctls end, see answers.h */
#include <errno.h>
#include <stdarg.h>
#include <linux/iommufd.h>

#include "answers.h"

static struct tsm_answer current;
static unsigned int calls;

void tsm_answer(struct tsm_answer answer)
{
	current = answer;
	__atomic_store_n(&calls, 0, __ATOMIC_RELEASE);
}

void tsm_fail_requests(int err, __u32 flags, unsigned int times)
{
	tsm_answer((struct tsm_answer) {
		.nr = IOMMU_VDEVICE_TSM_GUEST_REQUEST,
		.times = times, .err = err, .flags = flags,
	});
}

unsigned int tsm_answers(void)
{
	return __atomic_load_n(&calls, __ATOMIC_ACQUIRE);
}

static int end_like(const struct tsm_answer *answer, void *arg)
{
	struct iommu_vdevice_tsm_guest_request *cmd = arg;

	if (answer->nr == IOMMU_VDEVICE_TSM_GUEST_REQUEST) {
		cmd->out_resp_len = 0;
		cmd->out_tsm_code = 0;
		cmd->out_flags = answer->flags;
	}
	errno = answer->err;
	return -1;
}

int __wrap_ioctl(int fd, unsigned long nr, ...)
{
	unsigned int call;
	va_list ap;
	void *arg;

	va_start(ap, nr);
	arg = va_arg(ap, void *);
	va_end(ap);

	if (nr != current.nr)
		return __real_ioctl(fd, nr, arg);
	call = __atomic_fetch_add(&calls, 1, __ATOMIC_ACQ_REL);
	if (call >= current.skip && call - current.skip < current.times)
		return end_like(&current, arg);
	return __real_ioctl(fd, nr, arg);
}
