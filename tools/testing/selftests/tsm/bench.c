// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest request costs, in instructions from the ioctl to its return.
 *
 * The time stamp counter is read, so in QEMU with -icount shift=0, where it
 * counts instructions, the numbers are exact but for interrupts: each case takes
 * the smallest of many batches, and all of it is done twice to show that they
 * repeat. Elsewhere they are cycles, and no more than a hint. It fails where
 * something does not work or does not repeat; a missed aim is but shown.
 *
 * Needs the emulated platform with its debug messages (tsm_emu.debug_msgs=1) on
 * a kernel without debug options.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "kselftest.h"
#include "lib/platform.h"
#include "lib/setup.h"
#include "lib/tdisp.h"

#define BATCH		16
#define BATCHES		64
#define RUNS		2
#define PAYLOAD_MAX	65536

#define FLOOR_PATH	TSM_PLATFORM_HOOKS "/floor"

struct bench {
	struct tsm_setup setup;
	int floor;
	u8 *req;
	u8 *resp;
};

/**
 * struct bench_case - something to count
 * @name: what it is
 * @op: do it once, return 0 or -errno
 * @len: of request and response
 * @err: what @op has to return
 * @aim: most instructions that are fine, 0 for no such
 * @floor_percent: most of the floor's instructions that are fine, 0 for no such
 */
struct bench_case {
	const char *name;
	int (*op)(struct bench *b, const struct bench_case *c);
	u32 len;
	int err;
	unsigned long aim;
	unsigned int floor_percent;
};

static int result(int rc)
{
	return rc ? -errno : 0;
}

static int null_syscall(struct bench *b, const struct bench_case *c)
{
	return syscall(SYS_getppid) < 0;
}

static int unknown_ioctl(struct bench *b, const struct bench_case *c)
{
	return result(ioctl(b->setup.iommufd, _IO(IOMMUFD_TYPE, 0xff), b->req));
}

static int get_hw_info(struct bench *b, const struct bench_case *c)
{
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.dev_id = b->setup.dev_id,
	};

	return result(ioctl(b->setup.iommufd, IOMMU_GET_HW_INFO, &cmd));
}

static struct iommu_vdevice_tsm_guest_request request(struct bench *b, u32 len)
{
	return (struct iommu_vdevice_tsm_guest_request) {
		.size = sizeof(struct iommu_vdevice_tsm_guest_request),
		.vdevice_id = b->setup.vdevice_id,
		.scope = IOMMU_VDEVICE_TSM_SCOPE_INFO,
		.tsm_type = IOMMU_TSM_TYPE_TDISP,
		.req_len = len,
		.resp_len = len,
		.req_uptr = (uintptr_t)b->req,
		.resp_uptr = (uintptr_t)b->resp,
	};
}

static int copy_floor(struct bench *b, const struct bench_case *c)
{
	struct iommu_vdevice_tsm_guest_request cmd = request(b, c->len);

	return result(ioctl(b->floor, 0, &cmd));
}

static int send_request(struct bench *b,
			struct iommu_vdevice_tsm_guest_request *cmd)
{
	return result(ioctl(b->setup.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST,
			    cmd));
}

static int echo(struct bench *b, const struct bench_case *c)
{
	struct iommu_vdevice_tsm_guest_request cmd = request(b, c->len);

	return send_request(b, &cmd);
}

static int no_vdevice(struct bench *b, const struct bench_case *c)
{
	struct iommu_vdevice_tsm_guest_request cmd = request(b, c->len);

	cmd.vdevice_id = 0x7fffffff;
	return send_request(b, &cmd);
}

static int unknown_scope(struct bench *b, const struct bench_case *c)
{
	struct iommu_vdevice_tsm_guest_request cmd = request(b, c->len);

	cmd.scope = IOMMU_VDEVICE_TSM_SCOPE_DEBUG_WRITE + 1;
	return send_request(b, &cmd);
}

static int wrong_type(struct bench *b, const struct bench_case *c)
{
	struct iommu_vdevice_tsm_guest_request cmd = request(b, c->len);

	cmd.tsm_type = IOMMU_TSM_TYPE_CCA;
	return send_request(b, &cmd);
}

static int no_response(struct bench *b, const struct bench_case *c)
{
	struct iommu_vdevice_tsm_guest_request cmd = request(b, c->len);

	cmd.resp_len = 0;
	return send_request(b, &cmd);
}

static int unreadable(struct bench *b, const struct bench_case *c)
{
	struct iommu_vdevice_tsm_guest_request cmd = request(b, c->len);

	cmd.req_uptr = 0;
	return send_request(b, &cmd);
}

/* A request of which only the header counts, as it is refused for that */
static int odd_header(struct bench *b, const struct bench_case *c, u8 type)
{
	struct pci_tdisp_header hdr = tdisp_header(type, b->setup.virt_id);
	struct iommu_vdevice_tsm_guest_request cmd = request(b, c->len);

	cmd.req_uptr = (uintptr_t)&hdr;
	cmd.req_len = sizeof(hdr);
	return send_request(b, &cmd);
}

static int not_a_message(struct bench *b, const struct bench_case *c)
{
	return odd_header(b, c, PCI_TDISP_REQ);
}

static int wider_class(struct bench *b, const struct bench_case *c)
{
	return odd_header(b, c, PCI_TDISP_STOP_INTERFACE);
}

static int wrong_length(struct bench *b, const struct bench_case *c)
{
	return odd_header(b, c, PCI_TDISP_GET_CAPABILITIES);
}

static const struct bench_case cases[] = {
	{ "null system call", null_syscall },
	{ "unknown iommufd ioctl", unknown_ioctl, .err = -ENOTTY },
	{ "IOMMU_GET_HW_INFO", get_hw_info },
	{ "floor, 64 bytes", copy_floor, 64 },
	{ "request, 64 bytes", echo, 64, .aim = 900 },
	{ "floor, 256 bytes", copy_floor, 256 },
	{ "request, 256 bytes", echo, 256, .aim = 950 },
	{ "floor, 4 KiB", copy_floor, 4096 },
	{ "request, 4 KiB", echo, 4096 },
	{ "floor, 64 KiB", copy_floor, 65536 },
	{ "request, 64 KiB", echo, 65536, .floor_percent = 115 },
	{ "no such vDEVICE", no_vdevice, 64, -ENOENT, 700 },
	{ "unknown scope", unknown_scope, 64, -EOPNOTSUPP, 700 },
	{ "empty request", echo, 0, -EINVAL, 700 },
	{ "request too long", echo, 65537, -EMSGSIZE, 700 },
	{ "another protocol", wrong_type, 64, -EPROTONOSUPPORT, 700 },
	{ "unreadable request", unreadable, 64, -EFAULT },
	{ "no message", not_a_message, 64, -EBADMSG, 700 },
	{ "message of another length", wrong_length, 64, -EMSGSIZE, 700 },
	{ "message of a wider class", wider_class, 64, -EACCES, 700 },
	{ "no room for the response", no_response, 64, -ENOBUFS, 700 },
};

static unsigned long batch(struct bench *b, const struct bench_case *c)
{
	unsigned long long start = __rdtsc();

	for (int i = 0; i < BATCH; i++)
		c->op(b, c);
	return (__rdtsc() - start) / BATCH;
}

static unsigned long count(struct bench *b, const struct bench_case *c)
{
	unsigned long least = ~0UL;

	for (int i = 0; i < BATCHES; i++) {
		unsigned long n = batch(b, c);

		if (n < least)
			least = n;
	}
	return least;
}

/* Does @n, with @floor before it, reach the aim of @c? */
static bool reaches_aim(const struct bench_case *c, unsigned long n,
			unsigned long floor, char *aim, size_t size)
{
	unsigned long most = c->aim;

	*aim = 0;
	if (c->floor_percent)
		most = floor * c->floor_percent / 100;
	if (!most)
		return true;

	snprintf(aim, size, "%lu", most);
	return n <= most;
}

static bool run_case(struct bench *b, const struct bench_case *c,
		     unsigned long *floor)
{
	unsigned long n[RUNS];
	bool reached = true, same;
	char aim[24];
	int err;

	err = c->op(b, c);
	if (err != c->err) {
		printf("%-28s failed: %s, not %s\n", c->name, strerror(-err),
		       strerror(-c->err));
		return false;
	}

	for (int i = 0; i < RUNS; i++)
		n[i] = count(b, c);
	for (int i = 0; i < RUNS; i++)
		reached &= reaches_aim(c, n[i], *floor, aim, sizeof(aim));
	same = labs((long)(n[0] - n[1])) * 100 <= (long)n[0];

	printf("%-28s %9lu %9lu %9s%s%s\n", c->name, n[0], n[1], aim,
	       reached ? "" : "  missed", same ? "" : "  DIFFER");
	*floor = n[0];
	return same;
}

static void make_echo(struct bench *b)
{
	struct emu_vdm msg = emu_vdm(EMU_VDM_ECHO, b->setup.virt_id);

	b->req = calloc(1, PAYLOAD_MAX);
	b->resp = calloc(1, PAYLOAD_MAX);
	if (!b->req || !b->resp)
		ksft_exit_fail_msg("out of memory\n");
	memcpy(b->req, &msg, sizeof(msg));
}

static void bench_setup(struct bench *b)
{
	struct tsm_setup *s = &b->setup;

	tsm_setup_init(s, tsm_find_function("pf0"));
	if (tsm_prepare_host(s) || tsm_assign(s) || tsm_bind_tdi(s))
		ksft_exit_fail_msg("%s\n", s->error);

	b->floor = open(FLOOR_PATH, O_RDWR);
	if (b->floor < 0)
		ksft_exit_fail_msg("%s: %s\n", FLOOR_PATH, strerror(errno));
	make_echo(b);
}

int main(int argc, char *argv[])
{
	struct bench b = {};
	unsigned long floor = 0;
	bool good = true;

	if (argc > 1) {
		printf("usage: %s\nCounts what guest requests cost, see the head of its source.\n",
		       argv[0]);
		return strcmp(argv[1], "--help") ? KSFT_FAIL : KSFT_PASS;
	}

	bench_setup(&b);
	printf("%-28s %9s %9s %9s\n", "instructions", "run 1", "run 2",
	       "aim");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		good &= run_case(&b, &cases[i], &floor);
	tsm_setup_close(&b.setup);

	printf("\n%s\n", good ? "Both runs agree within 1 %." :
	       "Something failed, or the runs differ by more than 1 %.");
	return good ? KSFT_PASS : KSFT_FAIL;
}
