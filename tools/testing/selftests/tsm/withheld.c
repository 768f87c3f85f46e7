// SPDX-License-Identifier: GPL-2.0
/*
 * TSM guest requests whose memory does not arrive, or changes while it does.
 * Userfaultfd keeps a page back, in the request, in the response or in the
 * structure itself, so that the ioctl stands still right where it touches it.
 *
 * A VMM that does this to itself must not stall any other, and what was checked
 * must be what is sent.
 */
#include <stdlib.h>
#include <linux/kvm.h>

#include "lib/held.h"
#include "lib/test.h"
#include "lib/thread.h"
#include "lib/window.h"

#define ECHO_LEN 256
/* Bytes of it before the page that is withheld */
#define HEAD_LEN (ECHO_LEN / 2)

/**
 * struct withheld - a call that a thread makes
 * @vm: VM that it is about
 * @iommufd: where a request goes
 * @cmd: the request, then its outcome; may be in the window
 * @window: where it waits
 * @thread: makes it, and waits
 */
struct withheld {
	int vm;
	int iommufd;
	struct iommu_vdevice_tsm_guest_request *cmd;
	struct tsm_window window;
	struct tsm_thread thread;
};

static int call_withheld(void *data)
{
	struct withheld *w = data;

	return ioctl(w->iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, w->cmd) ?
	       -errno : 0;
}

static void open_window(struct __test_metadata *_metadata, struct withheld *w,
			bool writes_only)
{
	int rc = tsm_window_open(&w->window, writes_only);

	if (rc == -ENOSYS || rc == -EINVAL)
		SKIP(_exit(KSFT_SKIP), "no userfaultfd that can do this (CONFIG_USERFAULTFD)");
	ASSERT_EQ(0, rc);
}

/* Send it, until it stands still */
static void send_withheld(struct __test_metadata *_metadata, struct withheld *w)
{
	ASSERT_EQ(0, tsm_thread_start(&w->thread, call_withheld, w));
	ASSERT_EQ(0, tsm_window_wait(&w->window));
}

static int join_withheld(struct __test_metadata *_metadata, struct withheld *w)
{
	int rc;

	ASSERT_EQ(0, tsm_thread_join(&w->thread, &rc));
	return rc;
}

static void fill_echo(const struct tsm_test *t, u8 req[ECHO_LEN])
{
	*(struct emu_vdm *)req = tsm_tdi_vdm(t, EMU_VDM_ECHO);
	for (u32 i = sizeof(struct emu_vdm); i < ECHO_LEN; i++)
		req[i] = i * 7 + 1;
}

static void expect_echo(struct __test_metadata *_metadata,
			const u8 sent[ECHO_LEN], const u8 *resp)
{
	EXPECT_EQ(sent[1] & ~PCI_TDISP_REQ, resp[1]);
	EXPECT_EQ(sent[0], resp[0]);
	for (u32 i = 2; i < ECHO_LEN; i++) {
		ASSERT_EQ(sent[i], resp[i]) {
			TH_LOG("byte %u is another", i);
		}
	}
}

/* A request that is changed while it is read */
FIXTURE(fetch)
{
	struct tsm_test t;
	struct withheld w;
	u8 *req;
};

FIXTURE_SETUP(fetch)
{
	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	self->w.iommufd = self->t.s.iommufd;
	self->w.cmd = &self->t.cmd;
	open_window(_metadata, &self->w, false);
}

FIXTURE_TEARDOWN(fetch)
{
	tsm_window_close(&self->w.window);
	teardown(&self->t);
}

/* Have @req read up to its last @tail bytes */
static void read_up_to(struct __test_metadata *_metadata,
		       FIXTURE_DATA(fetch) *self, const void *req, u32 len,
		       u32 tail)
{
	struct tsm_test *t = &self->t;

	self->req = (u8 *)self->w.window.page - (len - tail);
	memcpy(self->req, req, len - tail);
	tsm_request_init(t, SCOPE(INFO), self->req, len);
	t->count = count_requests(_metadata);
	send_withheld(_metadata, &self->w);
	EXPECT_EQ(t->count, count_requests(_metadata));
}

/* What is sent is what was read first, whatever there is now */
TEST_F(fetch, once)
{
	struct tsm_test *t = &self->t;
	u8 req[ECHO_LEN];

	fill_echo(t, req);
	read_up_to(_metadata, self, req, sizeof(req), sizeof(req) - HEAD_LEN);

	/* the processor may repeat what it did right before the fault */
	memset(self->req, 0, HEAD_LEN - 64);
	ASSERT_EQ(0, tsm_window_fill(&self->w.window, req + HEAD_LEN,
				     sizeof(req) - HEAD_LEN));
	EXPECT_EQ(0, join_withheld(_metadata, &self->w));
	EXPECT_EQ(t->count + 1, count_requests(_metadata));
	ASSERT_EQ(sizeof(req), t->cmd.out_resp_len);
	expect_echo(_metadata, req, t->resp);
}

/* No more than a scope admits gets past the check of something harmless */
TEST_F(fetch, no_stop_in_disguise)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct pci_tdisp_header stop = tsm_tdi_header(&self->t, PCI_TDISP_STOP_INTERFACE);
	struct tsm_test *t = &self->t;
	int rc;

	ASSERT_EQ(0, tsm_tdi_run(t));
	read_up_to(_metadata, self, &req, sizeof(req), 1);
	memcpy(self->req, &stop, sizeof(stop) - 1);
	ASSERT_EQ(0, tsm_window_fill(&self->w.window,
				     (u8 *)&stop + sizeof(stop) - 1, 1));

	/* short as it is, a processor may read all of it again, to be refused */
	rc = join_withheld(_metadata, &self->w);
	if (rc) {
		EXPECT_EQ(-EACCES, rc);
		EXPECT_EQ(t->count, count_requests(_metadata));
		expect_not_dispatched(_metadata, t, 0);
	} else {
		EXPECT_EQ(t->count + 1, count_requests(_metadata));
		expect_response(_metadata, t, PCI_TDISP_GET_VERSION,
				sizeof(struct pci_tdisp_version) + 1);
	}
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tsm_tdi_state(t));
}

/* The tail is as much part of what is checked */
TEST_F(fetch, last_byte_counts)
{
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_ECHO);
	const u8 code = EMU_VDM_RECONFIGURE;
	struct tsm_test *t = &self->t;
	u8 nonce[PCI_TDISP_NONCE_LEN];

	ASSERT_EQ(0, tsm_tdi_lock(t, nonce));
	read_up_to(_metadata, self, &req, sizeof(req), 1);
	ASSERT_EQ(0, tsm_window_fill(&self->w.window, &code, 1));
	EXPECT_EQ(-EACCES, join_withheld(_metadata, &self->w));
	EXPECT_EQ(t->count, count_requests(_metadata));
	expect_not_dispatched(_metadata, t, 0);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
}

/* A request that stands still, and others that go on */
FIXTURE(withheld)
{
	struct tsm_test t;
	struct withheld w;
	struct tsm_test other;
	struct iommu_vdevice_tsm_guest_request cmd;
	unsigned long count;
	u8 req[ECHO_LEN];
	u8 resp[ECHO_LEN];
	u32 len;
};

/* Where the page is withheld */
enum place {
	REQUEST,
	RESPONSE,
	STRUCT,
};

FIXTURE_VARIANT(withheld)
{
	enum place place;
	u32 class;
};

/* The outputs are made sure of before the dispatch, whatever the class */
FIXTURE_VARIANT_ADD(withheld, request) { REQUEST, SCOPE(INFO) };
FIXTURE_VARIANT_ADD(withheld, info_response) { RESPONSE, SCOPE(INFO) };
FIXTURE_VARIANT_ADD(withheld, info_struct) { STRUCT, SCOPE(INFO) };
FIXTURE_VARIANT_ADD(withheld, state_response) { RESPONSE, SCOPE(STATE_CHANGE) };
FIXTURE_VARIANT_ADD(withheld, state_struct) { STRUCT, SCOPE(STATE_CHANGE) };

static void prepare_withheld(FIXTURE_DATA(withheld) *self,
			     const FIXTURE_VARIANT(withheld) *variant)
{
	struct tsm_test *t = &self->t;
	u8 *req = self->req;

	fill_echo(t, req);
	self->len = ECHO_LEN;
	if (variant->class == SCOPE(STATE_CHANGE)) {
		*(struct emu_vdm *)req = tsm_tdi_vdm(t, EMU_VDM_RECONFIGURE);
		self->len = sizeof(struct emu_vdm);
	}
	if (variant->place == REQUEST) {
		req = (u8 *)self->w.window.page - HEAD_LEN;
		memcpy(req, self->req, HEAD_LEN);
	}

	tsm_request_init(t, variant->class, req, self->len);
	t->cmd.resp_uptr = (uintptr_t)self->resp;
	t->cmd.resp_len = sizeof(self->resp);
	if (variant->place == RESPONSE)
		t->cmd.resp_uptr = (uintptr_t)self->w.window.page;
}

FIXTURE_SETUP(withheld)
{
	struct withheld *w = &self->w;
	u8 nonce[PCI_TDISP_NONCE_LEN];

	tsm_setup_init(&self->other.s, NULL);
	if (setup_bound(_metadata, &self->t, "pf0", true))
		return;
	ASSERT_EQ(0, tsm_tdi_lock(&self->t, nonce));

	w->iommufd = self->t.s.iommufd;
	w->cmd = &self->cmd;
	open_window(_metadata, w, variant->place == STRUCT);
	prepare_withheld(self, variant);
	if (variant->place == STRUCT) {
		ASSERT_EQ(0, tsm_window_fill(&w->window, NULL, 0));
		w->cmd = (void *)w->window.page;
	}
	*w->cmd = self->t.cmd;
	if (variant->place == STRUCT)
		ASSERT_EQ(0, tsm_window_withhold(&w->window));

	self->count = count_requests(_metadata);
	send_withheld(_metadata, w);
	ASSERT_EQ(self->count, count_requests(_metadata));
}

FIXTURE_TEARDOWN(withheld)
{
	tsm_window_close(&self->w.window);
	tsm_setup_close(&self->other.s);
	teardown(&self->t);
}

/* Let it have the page, with what there was to be in it */
static int resume(struct __test_metadata *_metadata,
		  FIXTURE_DATA(withheld) *self,
		  const FIXTURE_VARIANT(withheld) *variant)
{
	bool is_req = variant->place == REQUEST;

	self->count = count_requests(_metadata);
	EXPECT_EQ(0, tsm_window_fill(&self->w.window,
				     is_req ? self->req + HEAD_LEN : NULL,
				     is_req ? ECHO_LEN - HEAD_LEN : 0));
	return join_withheld(_metadata, &self->w);
}

/* It goes on as if nothing had been */
static void expect_served(struct __test_metadata *_metadata,
			  FIXTURE_DATA(withheld) *self,
			  const FIXTURE_VARIANT(withheld) *variant)
{
	EXPECT_EQ(0, resume(_metadata, self, variant));
	EXPECT_EQ(self->count + 1, count_requests(_metadata));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, self->w.cmd->out_flags);
	ASSERT_EQ(self->len, self->w.cmd->out_resp_len);
	if (variant->class == SCOPE(INFO))
		expect_echo(_metadata, self->req,
			    (u8 *)(uintptr_t)self->w.cmd->resp_uptr);
	else
		EXPECT_EQ(PCI_TDISP_STATE_ERROR, tsm_tdi_state(&self->t));
}

/* What it was meant for is gone, and it reaches nothing that came instead */
static void expect_lost(struct __test_metadata *_metadata,
			FIXTURE_DATA(withheld) *self,
			const FIXTURE_VARIANT(withheld) *variant)
{
	EXPECT_EQ(-ENXIO, resume(_metadata, self, variant));
	EXPECT_EQ(self->count, count_requests(_metadata));
	EXPECT_EQ(0, self->w.cmd->out_flags);
	EXPECT_EQ(0, self->w.cmd->out_resp_len);
	EXPECT_EQ(0, self->w.cmd->out_tsm_code);
}

/* Requests about one TDI are served in turn, so its VMM delays itself */
TEST_F(withheld, request_for_same_function)
{
	struct tsm_test next = self->t;
	struct tsm_thread thread;
	int rc;

	ASSERT_EQ(0, tsm_thread_start(&thread, tsm_call_request, &next));
	if (variant->place == STRUCT) {
		/* not even that: it has not asked for its turn yet */
		EXPECT_EQ(0, tsm_thread_join(&thread, &rc));
		EXPECT_EQ(0, rc);
		expect_served(_metadata, self, variant);
		return;
	}
	EXPECT_EQ(0, tsm_thread_wait(&thread, TSM_INTERRUPTIBLE,
				     "pci_tsm_guest_req"));
	EXPECT_EQ(self->count, count_requests(_metadata));

	EXPECT_EQ(0, resume(_metadata, self, variant));
	EXPECT_EQ(0, tsm_thread_join(&thread, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(self->count + 2, count_requests(_metadata));
}

/* From the host's part to a running TDI of another VM, and down again */
static void use_other(struct __test_metadata *_metadata,
		      FIXTURE_DATA(withheld) *self, const char *name)
{
	struct tsm_test *other = &self->other;

	tsm_setup_init(&other->s, tsm_find_function(name));
	do_step(_metadata, other, tsm_prepare_host);
	do_step(_metadata, other, tsm_assign);
	ASSERT_EQ(0, tsm_bind_tdi(&other->s));
	ASSERT_EQ(0, tsm_tdi_run(other));
	EXPECT_EQ(0, tsm_unbind_tdi(&other->s));
	tsm_setup_close(&other->s);
}

TEST_F(withheld, bind_of_sibling)
{
	use_other(_metadata, self, "fn1");
	expect_served(_metadata, self, variant);
}

TEST_F(withheld, bind_of_other_device)
{
	use_other(_metadata, self, "vf");
	expect_served(_metadata, self, variant);
}

TEST_F(withheld, reconnect_of_other_device)
{
	struct tsm_test *other = &self->other;

	tsm_setup_init(&other->s, tsm_find_function("vf"));
	do_step(_metadata, other, tsm_prepare_host);
	do_step(_metadata, other, tsm_disconnect);
	do_step(_metadata, other, tsm_connect);
	expect_served(_metadata, self, variant);
}

TEST_F(withheld, unbind_of_other_platform)
{
	if (!tsm_platform_is_bound(1))
		SKIP(return, "no second platform (tsm_emu.instances=2)");

	EXPECT_EQ(0, tsm_platform_unbind(1));
	EXPECT_EQ(0, tsm_platform_bind(1));
	expect_served(_metadata, self, variant);
}

TEST_F(withheld, unbind)
{
	EXPECT_EQ(0, tsm_unbind_tdi(&self->t.s));
	expect_lost(_metadata, self, variant);
}

TEST_F(withheld, unbind_and_bind_again)
{
	EXPECT_EQ(0, tsm_unbind_tdi(&self->t.s));
	EXPECT_EQ(0, tsm_bind_tdi(&self->t.s));
	expect_lost(_metadata, self, variant);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(&self->t));
}

TEST_F(withheld, destroy_of_vdevice)
{
	struct tsm_test *t = &self->t;

	EXPECT_EQ(0, tsm_destroy_vdevice(&t->s));
	expect_lost(_metadata, self, variant);
}

/* The same numbers, but not the same vDEVICE */
TEST_F(withheld, new_vdevice)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];
	struct tsm_test *t = &self->t;

	EXPECT_EQ(0, tsm_destroy_vdevice(&t->s));
	do_step(_metadata, t, tsm_alloc_vdevice);
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_tdi_lock(t, nonce));
	expect_lost(_metadata, self, variant);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
}

/* The VMM lets go of the device, another one takes it */
TEST_F(withheld, next_vm)
{
	struct tsm_test *other = &self->other;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	struct tsm_test *t = &self->t;

	EXPECT_EQ(0, close(t->s.kvm_vfio));
	EXPECT_EQ(0, close(t->s.cdev));
	t->s.kvm_vfio = -1;
	t->s.cdev = -1;

	tsm_setup_init(&other->s, t->s.fn);
	do_step(_metadata, other, tsm_assign);
	ASSERT_EQ(0, tsm_bind_tdi(&other->s));
	ASSERT_EQ(0, tsm_tdi_lock(other, nonce));
	expect_lost(_metadata, self, variant);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(other));
}

/* The host takes the device away from the TSM */
TEST_F(withheld, disconnect)
{
	do_step(_metadata, &self->t, tsm_disconnect);
	expect_lost(_metadata, self, variant);
}

TEST_F(withheld, reconnect_and_bind_again)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];
	struct tsm_test *t = &self->t;

	do_step(_metadata, t, tsm_disconnect);
	do_step(_metadata, t, tsm_connect);
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_tdi_lock(t, nonce));
	expect_lost(_metadata, self, variant);
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, tsm_tdi_state(t));
}

/*
 * KVM_SET_IDENTITY_MAP_ADDR reads its argument with kvm->lock held, as launching an
 * SNP guest reads much more. Not even a bind, which is about a VM, may wait for that
 * lock: it has the DSM, which others wait for.
 */
FIXTURE(kvm_lock)
{
	struct tsm_test t;
	struct tsm_test other;
	struct withheld w;
	struct tsm_thread bind;
};

static int call_set_identity_map(void *data)
{
	struct withheld *w = data;

	return ioctl(w->vm, KVM_SET_IDENTITY_MAP_ADDR, w->window.page) ? -errno : 0;
}

FIXTURE_SETUP(kvm_lock)
{
	struct withheld *w = &self->w;

	tsm_setup_init(&self->other.s, NULL);
	if (setup_vdevice(_metadata, &self->t, "pf0", false))
		return;
	setup_vdevice(_metadata, &self->other, "fn1", false);

	w->vm = self->t.s.vm;
	if (!ioctl(w->vm, KVM_CHECK_EXTENSION, KVM_CAP_SET_IDENTITY_MAP_ADDR))
		SKIP(return, "no KVM_SET_IDENTITY_MAP_ADDR (x86)");
	open_window(_metadata, w, false);
	ASSERT_EQ(0, tsm_thread_start(&w->thread, call_set_identity_map, w));
	ASSERT_EQ(0, tsm_window_wait(&w->window));
}

FIXTURE_TEARDOWN(kvm_lock)
{
	tsm_window_close(&self->w.window);
	tsm_setup_close(&self->other.s);
	teardown(&self->t);
}

/* Another VM's function at the same DSM, while this VM's is about to be bound */
TEST_F(kvm_lock, bind)
{
	int rc;

	ASSERT_EQ(0, tsm_thread_start(&self->bind, tsm_call_bind_tdi, &self->t));
	/* until it has ended, or waits */
	tsm_thread_wait(&self->bind, TSM_BLOCKED, "");
	ASSERT_EQ(0, tsm_call_at_once("bind of the other VM", tsm_call_bind_tdi,
				      &self->other));
	ASSERT_EQ(0, tsm_call_at_once("unbind of the other VM",
				      tsm_call_unbind_tdi, &self->other));

	/* it does not even stall itself */
	ASSERT_EQ(0, tsm_thread_join(&self->bind, &rc));
	EXPECT_EQ(0, rc);
	ASSERT_EQ(0, tsm_call_at_once("unbind", tsm_call_unbind_tdi, &self->t));
	EXPECT_FALSE(tsm_thread_is_over(&self->w.thread));

	ASSERT_EQ(0, tsm_window_fill(&self->w.window, NULL, 0));
	EXPECT_EQ(0, join_withheld(_metadata, &self->w));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
