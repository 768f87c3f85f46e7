// SPDX-License-Identifier: GPL-2.0
/*
 * Two calls at the same time, again and again, each a random moment after a barrier.
 * Whichever the kernel takes first, each has one of its outcomes, and the function can be
 * used by the next round. The validators of the kernel look on.
 *
 * In the environment TSM_RACE_ROUNDS has them race more often, and TSM_TEST_SEED repeats
 * the moments of another run.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "lib/test.h"
#include "lib/thread.h"

#define ROUNDS 8
/* The longest moment, in turns of a loop that takes a few nanoseconds */
#define MOMENT_MAX 20000

static unsigned int get_rounds(void)
{
	const char *text = getenv("TSM_RACE_ROUNDS");

	return text ? strtoul(text, NULL, 0) : ROUNDS;
}

/* What a call may fail with because of the other one, ends with 0 */
#define ERRNOS(...) ((const int []){ __VA_ARGS__ __VA_OPT__(,) 0 })

static bool is_among(int rc, const int *errnos)
{
	if (!rc)
		return true;
	while (*errnos && *errnos != -rc)
		errnos++;
	return *errnos;
}

/**
 * struct racer - one of the two
 * @call: what it calls
 * @t: about what
 * @moment: how long after the barrier
 * @start: barrier
 * @thread: in which it does
 */
struct racer {
	int (*call)(void *t);
	void *t;
	unsigned int moment;
	pthread_barrier_t *start;
	struct tsm_thread thread;
};

static int run_racer(void *data)
{
	struct racer *r = data;

	pthread_barrier_wait(r->start);
	for (volatile unsigned int i = 0; i < r->moment; i++)
		;
	return r->call(r->t);
}

FIXTURE(race)
{
	struct tsm_test t;
	/* what @one calls about, with the same files */
	struct tsm_test copy;
	struct tsm_kmsg kmsg;
	unsigned int seed;
};

/*
 * @one uses a copy of the function, @other may close its files. @again makes up for what
 * @other did, and prepares the first round. Each returns 0 or -errno.
 */
FIXTURE_VARIANT(race)
{
	int (*one)(void *t);
	const int *one_errnos;
	int (*other)(void *t);
	const int *other_errnos;
	int (*again)(void *t);
	bool bound;
};

FIXTURE_SETUP(race)
{
	self->seed = choose_seed(_metadata);
	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(race)
{
	tsm_platform_bind_all();
	tsm_file_write("/sys/bus/pci/rescan", "1");
	tsm_setup_close(&self->t.s);
	tsm_prepare_host_by(&self->t.s, 0);
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* From nothing to the vDEVICE */
static int assign_again(void *data)
{
	struct tsm_test *t = data;
	const struct tsm_function *fn = t->s.fn;

	tsm_setup_close(&t->s);
	tsm_setup_init(&t->s, fn);
	return tsm_prepare_host(&t->s) ?: tsm_assign(&t->s);
}

static int rescan_and_assign(void *data)
{
	return tsm_file_write("/sys/bus/pci/rescan", "1") ?: assign_again(data);
}

/* By the TSM of the other platform, which can go while the function stays */
static int assign_by_other(void *data)
{
	struct tsm_test *t = data;
	const struct tsm_function *fn = t->s.fn;

	tsm_platform_bind_all();
	tsm_setup_close(&t->s);
	tsm_setup_init(&t->s, fn);
	return tsm_prepare_host_by(&t->s, 1) ?: tsm_assign(&t->s);
}

static int unregister_other(void *data)
{
	(void)data;
	return tsm_platform_unbind(1);
}

static int connect_again(void *data)
{
	struct tsm_test *t = data;

	return tsm_connect(&t->s);
}

static int vdevice_again(void *data)
{
	struct tsm_test *t = data;

	return t->s.vdevice_id ? 0 : tsm_alloc_vdevice(&t->s);
}

static int close_vfio(void *data)
{
	struct tsm_test *t = data;

	return tsm_close_kvm_vfio(&t->s) ?: tsm_close_device(&t->s);
}

static int close_vm(void *data)
{
	struct tsm_test *t = data;

	return tsm_close_kvm_vfio(&t->s) ?: tsm_close_vm(&t->s);
}

static int write_remove(void *data)
{
	struct tsm_test *t = data;
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/remove", t->s.fn->bdf);
	return tsm_file_write(path, "1");
}

/* Waits until VFIO has let go of the function, which takes its user to do so */
static int remove_function(void *data)
{
	struct tsm_thread removal;
	int rc, err;

	err = tsm_thread_start(&removal, write_remove, data) ?: close_vfio(data);
	return err ?: tsm_thread_join(&removal, &rc) ?: rc;
}

static int reset(void *data)
{
	const struct tsm_test *t = data;

	return ioctl(t->s.cdev, VFIO_DEVICE_RESET) ? -errno : 0;
}

static int rebind(void *data)
{
	struct tsm_test *t = data;

	return tsm_unbind_tdi(&t->s) ?: tsm_bind_tdi(&t->s);
}

static int ask_state(void *data)
{
	int rc = tsm_info_state(data);

	return rc < 0 ? rc : 0;
}

static void *get_pages(void *at)
{
	void *map = mmap(at, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

/* Where one of the calls has its request, and its response behind it */
static void *pages;

static int request_in_pages(void *data)
{
	struct tsm_test *t = data;
	struct pci_tdisp_header req = tsm_tdi_header(t, PCI_TDISP_GET_VERSION);

	tsm_request_init(t, SCOPE(INFO), pages, sizeof(req));
	t->cmd.resp_uptr = (uintptr_t)pages + sizeof(req);
	t->cmd.resp_len = 256;
	return tsm_request_send(t);
}

static int unmap_pages(void *data)
{
	(void)data;
	return munmap(pages, 4096) ? -errno : 0;
}

static int map_pages(void *data)
{
	struct pci_tdisp_header req = tsm_tdi_header(data, PCI_TDISP_GET_VERSION);

	pages = get_pages(pages);
	if (!pages)
		return -ENOMEM;
	memcpy(pages, &req, sizeof(req));
	return 0;
}

FIXTURE_VARIANT_ADD(race, bind_unbind) {
	tsm_call_bind_tdi, ERRNOS(EEXIST, EAGAIN, ECANCELED),
	tsm_call_unbind_tdi, ERRNOS(), NULL, false,
};

FIXTURE_VARIANT_ADD(race, bind_destroy) {
	tsm_call_bind_tdi, ERRNOS(ENOENT, EEXIST, EAGAIN, ECANCELED),
	tsm_call_destroy_vdevice, ERRNOS(EBUSY), vdevice_again, false,
};

FIXTURE_VARIANT_ADD(race, bind_reset) {
	tsm_call_bind_tdi, ERRNOS(EBUSY, EAGAIN, EEXIST),
	reset, ERRNOS(EBUSY, EAGAIN), NULL, false,
};

FIXTURE_VARIANT_ADD(race, request_request) {
	tsm_call_request, ERRNOS(), tsm_call_request, ERRNOS(), NULL, true,
};

FIXTURE_VARIANT_ADD(race, request_close) {
	tsm_call_request, ERRNOS(ENOENT, ENXIO, ECANCELED),
	close_vfio, ERRNOS(), assign_again, true,
};

FIXTURE_VARIANT_ADD(race, request_vm_close) {
	tsm_call_request, ERRNOS(),
	close_vm, ERRNOS(), assign_again, true,
};

FIXTURE_VARIANT_ADD(race, request_disconnect) {
	tsm_call_request, ERRNOS(ENXIO, ECANCELED, EIO),
	tsm_call_disconnect, ERRNOS(), connect_again, true,
};

FIXTURE_VARIANT_ADD(race, request_unregister) {
	tsm_call_request, ERRNOS(ENXIO, ECANCELED, EIO),
	unregister_other, ERRNOS(), assign_by_other, true,
};

FIXTURE_VARIANT_ADD(race, request_removal) {
	tsm_call_request, ERRNOS(ENOENT, ENXIO, ECANCELED),
	remove_function, ERRNOS(), rescan_and_assign, true,
};

FIXTURE_VARIANT_ADD(race, request_munmap) {
	request_in_pages, ERRNOS(EFAULT),
	unmap_pages, ERRNOS(), map_pages, true,
};

FIXTURE_VARIANT_ADD(race, connect_removal) {
	tsm_call_write_connect, ERRNOS(ENOENT, ENXIO, ENODEV, EBUSY),
	remove_function, ERRNOS(), rescan_and_assign, false,
};

FIXTURE_VARIANT_ADD(race, info_rebind) {
	ask_state, ERRNOS(), rebind, ERRNOS(), NULL, true,
};

FIXTURE_VARIANT_ADD(race, info_close) {
	ask_state, ERRNOS(ENOENT), close_vfio, ERRNOS(), assign_again, true,
};

/* Return: 0 once both have ended, with what they returned in their threads */
static int run_both(struct racer r[2])
{
	pthread_barrier_t start;
	int err = 0, rc;

	pthread_barrier_init(&start, NULL, 2);
	for (int i = 0; i < 2; i++) {
		r[i].start = &start;
		err = err ?: tsm_thread_start(&r[i].thread, run_racer, &r[i]);
	}
	for (int i = 0; !err && i < 2; i++)
		err = tsm_thread_join(&r[i].thread, &rc);
	pthread_barrier_destroy(&start);
	return err;
}

static void run_round(struct __test_metadata *_metadata,
		      FIXTURE_DATA(race) *self,
		      const FIXTURE_VARIANT(race) *variant)
{
	struct tsm_test *t = &self->t;
	struct racer r[2] = {
		{ .call = variant->one, .t = &self->copy },
		{ .call = variant->other, .t = t },
	};
	int rc = variant->bound ? tsm_bind_tdi(&t->s) : 0;

	ASSERT_TRUE(is_among(rc, ERRNOS(EEXIST))) {
		TH_LOG("could not %s", t->s.error);
	}
	self->copy = *t;
	for (int i = 0; i < 2; i++)
		r[i].moment = rand_r(&self->seed) % MOMENT_MAX;
	ASSERT_EQ(0, run_both(r));
	EXPECT_TRUE(is_among(r[0].thread.rc, variant->one_errnos)) {
		TH_LOG("the first: %s", strerrorname_np(-r[0].thread.rc));
	}
	EXPECT_TRUE(is_among(r[1].thread.rc, variant->other_errnos)) {
		TH_LOG("the second: %s", strerrorname_np(-r[1].thread.rc));
	}
	ASSERT_EQ(0, variant->again ? variant->again(t) : 0) {
		TH_LOG("could not %s", t->s.error);
	}
}

TEST_F_TIMEOUT(race, rounds, 1000000)
{
	unsigned int rounds = get_rounds();

	ASSERT_EQ(0, variant->again ? variant->again(&self->t) : 0);
	for (unsigned int i = 0; i < rounds && _metadata->exit_code == KSFT_PASS; i++)
		run_round(_metadata, self, variant);
	tsm_setup_close(&self->t.s);
	EXPECT_EQ(0, tsm_use_function(self->t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A VMM that asks until it is killed */
static void ask_for_ever(struct tsm_test *t)
{
	if (assign_again(t) || tsm_bind_tdi(&t->s))
		_exit(1);
	for (;;)
		tsm_call_request(t);
}

FIXTURE(vmm)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(vmm)
{
	self->kmsg.fd = -1;
	if (setup_host(_metadata, &self->t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(vmm)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* By then it has bound the TDI, or not yet, or is in a request */
TEST_F_TIMEOUT(vmm, killed, 1000000)
{
	unsigned int seed = choose_seed(_metadata), rounds = get_rounds();

	for (unsigned int i = 0; i < rounds; i++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			ask_for_ever(&self->t);
		ASSERT_LT(0, pid);
		usleep(rand_r(&seed) % 500000);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status)) {
			TH_LOG("the VMM failed by itself");
		}
	}
	EXPECT_EQ(0, tsm_use_function(self->t.s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
