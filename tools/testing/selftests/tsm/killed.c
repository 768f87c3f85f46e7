// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that is killed while the firmware works on its behalf, or while it waits
 * for the firmware. It must end at once, whatever the firmware does, unless it
 * has a TDI that can only be unbound when the firmware is done; and the function
 * must be usable after that.
 */
#include <signal.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/held.h"
#include "lib/test.h"

/* What a VMM that is killed has to end within */
#define KILL_MS 1000

/* A VMM that is killed in the call that the firmware works on */
FIXTURE(killed)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
	pid_t victim;
};

FIXTURE_VARIANT(killed)
{
	u32 operation;
	int (*call)(void *t);
	/* what the call needs to be undone */
	int (*before)(void *t);
};

FIXTURE_VARIANT_ADD(killed, guest_req) {
	TSM_EMU_STALL_GUEST_REQ, tsm_call_request, tsm_call_bind_tdi,
};

FIXTURE_VARIANT_ADD(killed, bind) {
	TSM_EMU_STALL_BIND, tsm_call_bind_tdi, NULL,
};

FIXTURE_VARIANT_ADD(killed, unbind) {
	TSM_EMU_STALL_UNBIND, tsm_call_unbind_tdi, tsm_call_bind_tdi,
};

FIXTURE_VARIANT_ADD(killed, probe) {
	TSM_EMU_STALL_PROBE, tsm_call_connect, tsm_call_disconnect,
};

FIXTURE_VARIANT_ADD(killed, connect) {
	TSM_EMU_STALL_CONNECT, tsm_call_connect, tsm_call_disconnect,
};

FIXTURE_VARIANT_ADD(killed, disconnect) {
	TSM_EMU_STALL_DISCONNECT, tsm_call_disconnect, tsm_call_bind_tdi,
};

FIXTURE_SETUP(killed)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(killed)
{
	if (self->victim > 0)
		kill(self->victim, SIGKILL);
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* The whole of a VMM, up to the call */
static void be_killed(struct tsm_test *t, u32 operation,
		      int (*before)(void *t), int (*call)(void *t))
{
	if (tsm_assign(&t->s) || (before && before(t)) ||
	    tsm_platform_stall(operation))
		_exit(1);
	call(t);
	_exit(2);
}

static int wait_killed(void *victim)
{
	int status;

	if (waitpid(*(pid_t *)victim, &status, 0) < 0)
		return -errno;
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

/* Nothing is let go here: the firmware can be left */
static void expect_killed(struct __test_metadata *_metadata, pid_t *victim,
			  const char *what)
{
	struct timespec since;

	tsm_clock_start(&since);
	ASSERT_EQ(0, kill(*victim, SIGKILL));
	EXPECT_EQ(SIGKILL, tsm_call_at_once(what, wait_killed, victim));
	EXPECT_GE(KILL_MS, tsm_clock_ms(&since));
	*victim = 0;
}

TEST_F(killed, in_firmware)
{
	self->victim = fork();
	ASSERT_LE(0, self->victim);
	if (!self->victim)
		be_killed(&self->t, variant->operation, variant->before,
			  variant->call);
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	expect_killed(_metadata, &self->victim, "end of the VMM");

	ASSERT_EQ(0, tsm_platform_wait_stalled(0));
	ASSERT_EQ(0, tsm_platform_let_go());
	ASSERT_EQ(0, tsm_use_function(self->t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* VFs come, and nothing is ready for them: the DSM is connected */
FIXTURE(killed_writer)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
	pid_t victim;
};

FIXTURE_SETUP(killed_writer)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "vf", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_set_vfs(self->t.s.fn, 0));
}

FIXTURE_TEARDOWN(killed_writer)
{
	if (self->victim > 0)
		kill(self->victim, SIGKILL);
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* The TSM takes none of them, until the DSM is connected anew */
TEST_F(killed_writer, of_sriov_numvfs)
{
	struct tsm_test *t = &self->t;
	char path[64];

	ASSERT_EQ(0, tsm_platform_stall(TSM_EMU_STALL_PROBE));
	self->victim = fork();
	ASSERT_LE(0, self->victim);
	if (!self->victim) {
		tsm_set_vfs(t->s.fn, TSM_EMU_NR_VFS);
		_exit(2);
	}
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	expect_killed(_metadata, &self->victim, "end of the writer");
	ASSERT_EQ(0, tsm_platform_let_go());

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm", t->s.fn->bdf);
	EXPECT_NE(0, access(path, F_OK));
	do_step(_metadata, t, tsm_use_vfio);
	do_step(_metadata, t, tsm_assign);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, tsm_info_state(t));
	EXPECT_EQ(-ENXIO, tsm_bind_tdi(&t->s));
	tsm_setup_close(&t->s);

	do_step(_metadata, t, tsm_disconnect);
	do_step(_metadata, t, tsm_connect);
	ASSERT_EQ(0, tsm_use_function(t->s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/**
 * struct behind - a VMM that waits while the request of another is in the firmware
 * @t: its VM
 * @pid: the process, 0 when there is none
 * @first: the VM that is not held up, of another function of the DSM
 * @held: its request, in the firmware
 */
struct behind {
	struct tsm_test t;
	pid_t pid;
	struct tsm_test first;
	struct tsm_held held;
};

/* A VMM that is killed while it waits */
FIXTURE(killed_waiter)
{
	struct behind b;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(killed_waiter)
{
	self->kmsg.fd = -1;
	/* not the DSM: that can't be opened while the other is bound */
	if (setup_host(_metadata, &self->b.t, "fn1", false))
		return;
	if (setup_bound(_metadata, &self->b.first, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(killed_waiter)
{
	if (self->b.pid > 0)
		kill(self->b.pid, SIGKILL);
	teardown(&self->b.first);
	teardown(&self->b.t);
	tsm_kmsg_close(&self->kmsg);
}

/* The whole of a VMM, but for the call that it waits in behind the other's */
static void be_victim(struct tsm_test *t, int ready,
		      int (*before)(void *t), int (*call)(void *t))
{
	if (tsm_assign(&t->s) || (before && before(t)) ||
	    write(ready, "", 1) != 1 || tsm_platform_wait_stalled(1))
		_exit(1);
	call(t);
	_exit(2);
}

/* It gets as far as it can before the request of the other holds the DSM */
static void start_victim(struct __test_metadata *_metadata,
			 struct behind *b,
			 int (*before)(void *t), int (*call)(void *t),
			 const char *where)
{
	struct tsm_thread victim;
	int ready[2];
	char c;

	ASSERT_EQ(0, pipe(ready));
	b->pid = fork();
	ASSERT_LE(0, b->pid);
	if (!b->pid)
		be_victim(&b->t, ready[1], before, call);
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &c, 1));
	close(ready[0]);

	ASSERT_EQ(0, tsm_hold(&b->held, TSM_EMU_STALL_GUEST_REQ,
			      tsm_call_request, &b->first));
	victim = tsm_thread_of_process(b->pid);
	ASSERT_EQ(0, tsm_thread_wait(&victim, TSM_INTERRUPTIBLE, where));
}

/* It is not bound yet, so nothing holds up its end */
TEST_F(killed_waiter, bind)
{
	start_victim(_metadata, &self->b, NULL, tsm_call_bind_tdi, "pci_tsm_bind");
	expect_killed(_metadata, &self->b.pid, "end of the VMM that waited to bind");
	EXPECT_EQ(0, tsm_unhold(&self->b.held));
	ASSERT_EQ(0, tsm_use_function(self->b.t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* Its request ends at once. Then its TDI is to be unbound, which the other holds up */
TEST_F(killed_waiter, request)
{
	struct tsm_thread victim;
	struct timespec since;
	char text[192];
	int status;

	start_victim(_metadata, &self->b, tsm_call_bind_tdi, tsm_call_request,
		     "pci_tsm_guest_req");
	victim = tsm_thread_of_process(self->b.pid);
	tsm_clock_start(&since);
	ASSERT_EQ(0, kill(self->b.pid, SIGKILL));
	EXPECT_EQ(0, tsm_thread_wait(&victim, TSM_UNINTERRUPTIBLE,
				     "pci_tsm_unbind")) {
		tsm_thread_describe(&victim, text, sizeof(text));
		TH_LOG("the VMM that was killed is %s", text);
	}
	EXPECT_GE(KILL_MS, tsm_clock_ms(&since));

	ASSERT_EQ(0, tsm_still_held(&self->b.held));
	ASSERT_EQ(0, waitpid(self->b.pid, &status, WNOHANG));
	EXPECT_EQ(0, tsm_unhold(&self->b.held));
	EXPECT_EQ(SIGKILL, tsm_call_at_once("end of the VMM",
					    wait_killed, &self->b.pid));
	self->b.pid = 0;
	ASSERT_EQ(0, tsm_use_function(self->b.t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/*
 * A process that waits to unbind ends at once, and nothing has happened: another
 * process of the VMM has the same files, so that they are not closed.
 */
TEST_F(killed_waiter, unbind)
{
	struct tsm_test *t = &self->b.t;
	struct tsm_thread victim;

	do_step(_metadata, t, tsm_assign);
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_hold(&self->b.held, TSM_EMU_STALL_GUEST_REQ,
			      tsm_call_request, &self->b.first));
	self->b.pid = fork();
	ASSERT_LE(0, self->b.pid);
	if (!self->b.pid) {
		tsm_call_unbind_tdi(t);
		_exit(2);
	}
	victim = tsm_thread_of_process(self->b.pid);
	ASSERT_EQ(0, tsm_thread_wait(&victim, TSM_UNINTERRUPTIBLE,
				     "pci_tsm_unbind"));
	expect_killed(_metadata, &self->b.pid,
		      "end of the process that waited to unbind");

	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND,
		  tsm_call_at_once("INFO", tsm_info_state, t));
	EXPECT_EQ(0, tsm_unhold(&self->b.held));
	EXPECT_EQ(0, tsm_call_request(t));
	/* as ever, the close unbinds */
	tsm_setup_close(&t->s);
	ASSERT_EQ(0, tsm_use_function(t->s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
