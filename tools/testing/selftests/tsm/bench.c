// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest request costs, in instructions from the system call to its return,
 * beside calls that it can be compared with.
 *
 * The time stamp counter is read, so in QEMU with -icount shift=0, where it
 * counts instructions, the numbers are exact but for interrupts: each case takes
 * the median of many calls, twice, to show that it repeats. Elsewhere they are
 * cycles, and no more than a hint. It fails where something does not work or does
 * not repeat; a missed aim is but shown.
 *
 * Needs the emulated platform with its debug messages (tsm_emu.debug_msgs=1) on
 * a kernel without debug options.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "kselftest.h"
#include "lib/proto.h"
#include "lib/trace.h"

#define CALLS		512
#define RUNS		2
#define PAYLOAD_MAX	65536

#define FLOOR_PATH	TSM_PLATFORM_HOOKS "/floor"

/**
 * struct bench - what the cases share
 * @setup: function that is bound, of the platform with debug messages
 * @floor: ioctl that copies a request and does nothing else
 * @req: an echo, PAYLOAD_MAX bytes
 * @resp: room for as much
 * @json: print a JSON object a line for each case, not a table
 * @failed: something did not work or did not repeat
 */
struct bench {
	struct tsm_setup setup;
	int floor;
	u8 *req;
	u8 *resp;
	bool json;
	bool failed;
};

/**
 * struct bench_case - a system call to be counted
 * @group: with what it is to be compared
 * @name: what it is
 * @len: bytes of the request, 0 if that does not matter
 * @nr: number of the system call
 * @fd: its first argument
 * @cmd: its second one
 * @arg: its third one
 * @prepare: what has to be done before each call, not counted. May be NULL. Return:
 *	     0 or -errno
 * @data: for @prepare
 * @err: what the call has to return
 * @most: instructions that are fine, 0 for no such aim
 */
struct bench_case {
	const char *group;
	char name[48];
	u32 len;
	long nr;
	int fd;
	unsigned long cmd;
	void *arg;
	int (*prepare)(void *data);
	void *data;
	int err;
	unsigned long most;
};

/*
 * What an instruction between two looks at the counter takes, with its operands in
 * place. The system call is not made by libc, whose part would count.
 */
#define COUNT(_instruction, _c, _rc) ({					\
	unsigned long _start = __rdtsc();				\
									\
	asm volatile(_instruction : "=a" (_rc)				\
		     : "0" ((_c)->nr), "D" ((_c)->fd), "S" ((_c)->cmd),	\
		       "d" ((_c)->arg)					\
		     : "rcx", "r11", "memory");				\
	__rdtsc() - _start;						\
})

static int compare(const void *a, const void *b)
{
	unsigned long n = *(const unsigned long *)a;
	unsigned long m = *(const unsigned long *)b;

	return n < m ? -1 : n > m;
}

static unsigned long median(unsigned long n[CALLS])
{
	qsort(n, CALLS, sizeof(n[0]), compare);
	return n[CALLS / 2];
}

/*
 * The runs take turns, so that both find the same caches of the allocators. Return:
 * 0, or the -errno that was not expected
 */
static int count(const struct bench_case *c, unsigned long result[RUNS])
{
	static unsigned long n[RUNS][CALLS], empty[CALLS];
	long rc;

	for (int i = 0; i < CALLS; i++)
		empty[i] = COUNT("", c, rc);
	for (int i = 0; i < RUNS * CALLS; i++) {
		rc = c->prepare ? c->prepare(c->data) : 0;
		if (rc)
			return rc;
		n[i % RUNS][i / RUNS] = COUNT("syscall", c, rc);
		if (rc != c->err && c->nr == SYS_ioctl)
			return rc ?: -EPROTO;
	}
	for (int i = 0; i < RUNS; i++)
		result[i] = median(n[i]) - median(empty);
	return 0;
}

static void show(const struct bench *b, const struct bench_case *c,
		 const unsigned long n[RUNS], bool same)
{
	char most[24] = "";

	if (b->json) {
		printf("{\"group\": \"%s\", \"case\": \"%s\", \"bytes\": %u, \"instructions\": %lu, \"again\": %lu, \"most\": %lu}\n",
		       c->group, c->name, c->len, n[0], n[1], c->most);
		return;
	}
	if (c->most)
		snprintf(most, sizeof(most), "%lu", c->most);
	printf("%-36s %9lu %9lu %9s%s%s\n", c->name, n[0], n[1], most,
	       c->most && n[0] > c->most ? "  missed" : "",
	       same ? "" : "  DIFFER");
}

/* Return: the instructions of the first run, or 0 */
static unsigned long run(struct bench *b, const struct bench_case *c)
{
	unsigned long n[RUNS];
	bool same;
	int rc;

	rc = count(c, n);
	if (rc) {
		b->failed = true;
		printf("# %s failed: %s, not %s\n", c->name, strerror(-rc),
		       strerror(-c->err));
		return 0;
	}

	same = labs((long)(n[0] - n[1])) * 100 <= (long)n[0];
	b->failed |= !same;
	show(b, c, n, same);
	return n[0];
}

static struct bench_case ioctl_case(const char *group, int fd, unsigned long cmd,
				    void *arg, const char *fmt, ...)
{
	struct bench_case c = {
		.group = group,
		.nr = SYS_ioctl,
		.fd = fd,
		.cmd = cmd,
		.arg = arg,
	};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c.name, sizeof(c.name), fmt, ap);
	va_end(ap);
	return c;
}

/* Of a kind that the IOMMU driver does at once, as it has no cache */
static void run_invalidate(struct bench *b)
{
	struct tsm_setup other = b->setup;
	struct iommu_hwpt_invalidate cmd = { .size = sizeof(cmd) };
	struct emu_invalidate entry = {};
	struct bench_case c;

	other.viommu_type = TSM_EMU_VIOMMU_TYPE;
	if (tsm_alloc_viommu(&other))
		ksft_exit_fail_msg("%s\n", other.error);
	cmd.hwpt_id = other.viommu_id;
	cmd.data_uptr = (uintptr_t)&entry;
	cmd.data_type = TSM_EMU_INVALIDATE;
	cmd.entry_len = sizeof(entry);
	cmd.entry_num = 1;
	c = ioctl_case("peer", other.iommufd, IOMMU_HWPT_INVALIDATE, &cmd,
		       "IOMMU_HWPT_INVALIDATE, one entry");
	run(b, &c);
	tsm_destroy_viommu(&other);
}

static void run_peers(struct bench *b)
{
	struct iommu_hw_info info = {
		.size = sizeof(info),
		.dev_id = b->setup.dev_id,
	};
	int fd = b->setup.iommufd;
	struct bench_case c = {
		.group = "peer",
		.name = "null system call",
		.nr = SYS_getppid,
	};

	run(b, &c);
	c = ioctl_case("peer", fd, _IO(IOMMUFD_TYPE, 0xff), b->req,
		       "unknown iommufd ioctl");
	c.err = -ENOTTY;
	run(b, &c);
	c = ioctl_case("peer", fd, IOMMU_GET_HW_INFO, &info, "IOMMU_GET_HW_INFO");
	run(b, &c);
	run_invalidate(b);
}

static struct iommu_vdevice_tsm_guest_request echo(const struct bench *b, u32 len)
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

static struct bench_case request_case(const struct bench *b, const char *group,
				      struct iommu_vdevice_tsm_guest_request *cmd,
				      const char *name)
{
	struct bench_case c = ioctl_case(group, b->setup.iommufd,
					 IOMMU_VDEVICE_TSM_GUEST_REQUEST, cmd,
					 "%s", name);

	c.len = cmd->req_len;
	return c;
}

static void run_served(struct bench *b)
{
	static const struct {
		u32 len;
		const char *unit;
		unsigned long most;
		unsigned int floor_percent;
	} lens[] = {
		{ 64, "64 bytes", .most = 1142 },
		{ 256, "256 bytes", .most = 1295 },
		{ 4096, "4 KiB" },
		{ 65536, "64 KiB", .floor_percent = 105 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		struct iommu_vdevice_tsm_guest_request cmd = echo(b, lens[i].len);
		struct bench_case c;
		unsigned long floor;

		c = ioctl_case("floor", b->floor, 0, &cmd, "floor, %s",
			       lens[i].unit);
		c.len = lens[i].len;
		floor = run(b, &c);
		c = request_case(b, "served", &cmd, "");
		snprintf(c.name, sizeof(c.name), "request, %s", lens[i].unit);
		c.most = lens[i].most ?: floor * lens[i].floor_percent / 100;
		run(b, &c);
	}
}

/* Refused before a byte of it is read */
static void run_unread(struct bench *b)
{
	static const struct {
		const char *name;
		u32 len;
		int err;
		u32 vdevice_id, scope, type;
		bool bad_req;
		unsigned long most;
	} refusals[] = {
		{ "no such vDEVICE", 64, -ENOENT, .vdevice_id = 0x7fffffff,
		  .most = 670 },
		{ "unknown scope", 64, -EOPNOTSUPP,
		  .scope = IOMMU_VDEVICE_TSM_SCOPE_DEBUG_WRITE + 1, .most = 670 },
		{ "empty request", 0, -EINVAL, .most = 670 },
		{ "request too long", 65537, -EMSGSIZE, .most = 670 },
		{ "another protocol", 64, -EPROTONOSUPPORT,
		  .type = IOMMU_TSM_TYPE_CCA, .most = 670 },
		{ "unreadable request", 64, -EFAULT, .bad_req = true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct iommu_vdevice_tsm_guest_request cmd =
			echo(b, refusals[i].len);
		struct bench_case c;

		cmd.vdevice_id = refusals[i].vdevice_id ?: cmd.vdevice_id;
		cmd.scope = refusals[i].scope ?: cmd.scope;
		cmd.tsm_type = refusals[i].type ?: cmd.tsm_type;
		if (refusals[i].bad_req)
			cmd.req_uptr = 0;
		c = request_case(b, "refused", &cmd, refusals[i].name);
		c.err = refusals[i].err;
		c.most = refusals[i].most;
		run(b, &c);
	}
}

/* Refused by its header, and by the room for the response */
static void run_read(struct bench *b)
{
	static const struct {
		const char *name;
		u8 type;
		int err;
	} refusals[] = {
		{ "no message", PCI_TDISP_REQ, -EBADMSG },
		{ "message of another length", PCI_TDISP_GET_CAPABILITIES,
		  -EMSGSIZE },
		{ "message of a wider class", PCI_TDISP_STOP_INTERFACE,
		  -EACCES },
	};
	struct iommu_vdevice_tsm_guest_request cmd;
	struct bench_case c;

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct pci_tdisp_header hdr =
			tdisp_header(refusals[i].type, b->setup.virt_id);

		cmd = echo(b, sizeof(hdr));
		cmd.req_uptr = (uintptr_t)&hdr;
		c = request_case(b, "refused", &cmd, refusals[i].name);
		c.err = refusals[i].err;
		c.most = 860;
		run(b, &c);
	}

	cmd = echo(b, 64);
	cmd.resp_len = 0;
	c = request_case(b, "refused", &cmd, "no room for the response");
	c.err = -ENOBUFS;
	c.most = 860;
	run(b, &c);
}

/* The last call told how many there are */
static int prepare_no_msgs(void *data)
{
	struct iommu_vdevice_tsm_info *cmd = data;

	cmd->num_msgs = 0;
	return 0;
}

static void run_info(struct bench *b)
{
	struct iommu_tsm_msg msgs[PROTO_MSGS_MAX];
	struct iommu_vdevice_tsm_info cmd = {
		.size = sizeof(cmd),
		.vdevice_id = b->setup.vdevice_id,
	};
	struct bench_case c;

	c = ioctl_case("info", b->setup.iommufd, IOMMU_VDEVICE_TSM_INFO, &cmd,
		       "INFO without the messages");
	c.prepare = prepare_no_msgs;
	c.data = &cmd;
	run(b, &c);

	cmd.num_msgs = ARRAY_SIZE(msgs);
	cmd.msg_len = sizeof(msgs[0]);
	cmd.msgs_uptr = (uintptr_t)msgs;
	c = ioctl_case("info", b->setup.iommufd, IOMMU_VDEVICE_TSM_INFO, &cmd,
		       "INFO with all messages");
	run(b, &c);
}

/* A kernel without tracing can't be measured with it */
static void run_traced(struct bench *b)
{
	struct iommu_vdevice_tsm_guest_request cmd = echo(b, 64);
	struct bench_case c;
	int rc = tsm_trace_start();

	if (rc) {
		printf("# not traced: %s\n", strerror(-rc));
		return;
	}
	c = request_case(b, "traced", &cmd, "traced request, 64 bytes");
	run(b, &c);
	cmd.scope = IOMMU_VDEVICE_TSM_SCOPE_DEBUG_WRITE + 1;
	c = request_case(b, "traced", &cmd, "traced, unknown scope");
	c.err = -EOPNOTSUPP;
	run(b, &c);
	tsm_trace_stop();
}

/**
 * struct bench_pair - what a function is brought to and back
 * @s: function
 * @op: bind or unbind
 * @alloc: a vDEVICE
 * @destroy: the same
 */
struct bench_pair {
	struct tsm_setup *s;
	struct iommu_vdevice_tsm_op op;
	struct iommu_vdevice_alloc alloc;
	struct iommu_destroy destroy;
};

static int prepare_bind(void *data)
{
	struct bench_pair *p = data;

	return tsm_unbind_tdi(p->s);
}

static int prepare_unbind(void *data)
{
	struct bench_pair *p = data;

	return tsm_bind_tdi(p->s);
}

static int prepare_alloc(void *data)
{
	struct bench_pair *p = data;

	if (p->alloc.out_vdevice_id)
		p->s->vdevice_id = p->alloc.out_vdevice_id;
	return tsm_destroy_vdevice(p->s);
}

static int prepare_destroy(void *data)
{
	struct bench_pair *p = data;
	int rc = tsm_alloc_vdevice(p->s);

	p->destroy.id = p->s->vdevice_id;
	return rc;
}

static void run_pair(struct bench *b, struct bench_pair *p, unsigned long cmd,
		     void *arg, int (*prepare)(void *data), const char *name)
{
	struct bench_case c = ioctl_case("binding", p->s->iommufd, cmd, arg,
					 "%s", name);

	c.prepare = prepare;
	c.data = p;
	run(b, &c);
}

/* Leaves a vDEVICE that is not bound */
static void run_bindings(struct bench *b)
{
	struct tsm_setup *s = &b->setup;
	struct bench_pair p = {
		.s = s,
		.op.size = sizeof(p.op),
		.op.vdevice_id = s->vdevice_id,
		.alloc.size = sizeof(p.alloc),
		.alloc.viommu_id = s->viommu_id,
		.alloc.dev_id = s->dev_id,
		.alloc.virt_id = s->virt_id,
		.destroy.size = sizeof(p.destroy),
	};

	p.op.type = IOMMU_VDEVICE_TSM_BIND;
	run_pair(b, &p, IOMMU_VDEVICE_TSM_OP, &p.op, prepare_bind, "bind");
	tsm_unbind_tdi(s);
	p.op.type = IOMMU_VDEVICE_TSM_UNBIND;
	run_pair(b, &p, IOMMU_VDEVICE_TSM_OP, &p.op, prepare_unbind, "unbind");
	run_pair(b, &p, IOMMU_VDEVICE_ALLOC, &p.alloc, prepare_alloc,
		 "vDEVICE alloc");
	s->vdevice_id = p.alloc.out_vdevice_id;
	tsm_destroy_vdevice(s);
	run_pair(b, &p, IOMMU_DESTROY, &p.destroy, prepare_destroy,
		 "vDEVICE destroy");
	s->vdevice_id = 0;
	tsm_alloc_vdevice(s);
}

/**
 * struct bench_msg - a message of a protocol
 * @p: function that it is about
 * @msg: row of the kernel's table
 * @sent: there is a response that @p has not seen
 */
struct bench_msg {
	struct proto_test *p;
	const struct iommu_tsm_msg *msg;
	bool sent;
};

/* The next one: where messages are sealed, each has another number */
static int prepare_msg(void *data)
{
	struct bench_msg *m = data;
	struct proto_test *p = m->p;
	int rc = 0;

	if (m->sent && p->proto->finish)
		rc = p->proto->finish(p, m->msg->id);
	if (!rc && m->sent && p->t.cmd.out_tsm_code)
		rc = -EREMOTEIO;
	proto_prepare(p, m->msg->scope, p->proto->make(p, m->msg->id, 0));
	m->sent = true;
	return rc;
}

static void run_msg(struct bench *b, struct proto_test *p,
		    const struct iommu_tsm_msg *msg)
{
	struct bench_msg m = { .p = p, .msg = msg };
	struct bench_case c;

	/* Not known to the tests, not in this state, or not again */
	if (!p->proto->make(p, msg->id, 0) || proto_request(p, msg->id) ||
	    proto_request(p, msg->id))
		return;

	c = ioctl_case(p->proto->name, p->t.s.iommufd,
		       IOMMU_VDEVICE_TSM_GUEST_REQUEST, &p->t.cmd,
		       "%s, message %#x", p->proto->name, msg->id);
	c.len = p->t.cmd.req_len;
	c.prepare = prepare_msg;
	c.data = &m;
	run(b, &c);
	if (m.sent && p->proto->finish)
		p->proto->finish(p, msg->id);
}

/* Those that can be repeated, to a TDI that runs, the ones that may stop it last */
static void run_proto(struct bench *b, const struct proto *proto)
{
	struct proto_test p;

	if (proto_open(&p, proto, "pf0") || proto->run(&p)) {
		printf("# %s failed: %s\n", proto->name, p.t.s.error);
		b->failed = true;
		proto_close(&p);
		return;
	}
	for (u32 scope = IOMMU_VDEVICE_TSM_SCOPE_INFO;
	     scope <= IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE; scope++)
		for (u32 i = 0; i < p.nr_msgs; i++)
			if (p.msgs[i].scope == scope)
				run_msg(b, &p, &p.msgs[i]);
	proto_close(&p);
}

static void open_bench(struct bench *b)
{
	struct tsm_setup *s = &b->setup;
	struct emu_vdm msg;

	tsm_setup_init(s, tsm_find_function("pf0"));
	if (tsm_prepare_host(s) || tsm_assign(s) || tsm_bind_tdi(s))
		ksft_exit_fail_msg("%s\n", s->error);

	b->floor = open(FLOOR_PATH, O_RDWR);
	if (b->floor < 0)
		ksft_exit_fail_msg("%s: %s\n", FLOOR_PATH, strerror(errno));

	b->req = calloc(1, PAYLOAD_MAX);
	b->resp = calloc(1, PAYLOAD_MAX);
	if (!b->req || !b->resp)
		ksft_exit_fail_msg("out of memory\n");
	msg = emu_vdm(EMU_VDM_ECHO, s->virt_id);
	memcpy(b->req, &msg, sizeof(msg));
}

static int usage(const char *name, bool wanted)
{
	printf("usage: %s [-j]\nCounts what guest requests cost, see the head of its source; -j as JSON lines.\n",
	       name);
	return wanted ? KSFT_PASS : KSFT_FAIL;
}

int main(int argc, char *argv[])
{
	struct bench b = {};

	b.json = argc == 2 && !strcmp(argv[1], "-j");
	if (argc > 1 && !b.json)
		return usage(argv[0], !strcmp(argv[1], "--help"));

	open_bench(&b);
	if (!b.json)
		printf("%-36s %9s %9s %9s\n", "instructions", "run 1", "run 2",
		       "aim");
	run_peers(&b);
	run_served(&b);
	run_unread(&b);
	run_read(&b);
	run_info(&b);
	run_traced(&b);
	run_bindings(&b);
	tsm_setup_close(&b.setup);
	for (size_t i = 0; i < NR_PROTOS; i++)
		run_proto(&b, protos[i]);

	printf("# %s\n", b.failed ?
	       "Something failed, or the runs differ by more than 1 %." :
	       "Both runs agree within 1 %.");
	return b.failed ? KSFT_FAIL : KSFT_PASS;
}
