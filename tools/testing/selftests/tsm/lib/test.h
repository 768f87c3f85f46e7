/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Assertions about TSM guest requests, and the fixtures' ways to a function that
 * can be requested something about. Where an error says that nothing happened,
 * the platform's count of requests must not have moved.
 */
#ifndef __SELFTEST_TSM_TEST_H
#define __SELFTEST_TSM_TEST_H

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>

#include "kselftest_harness.h"
#include "calls.h"
#include "file.h"
#include "hung_task.h"
#include "kmsg.h"
#include "request.h"
#include "tdi.h"

/* Of what is random. Printed; TSM_TEST_SEED in the environment repeats that of another run */
static inline unsigned int choose_seed(struct __test_metadata *_metadata)
{
	const char *text = getenv("TSM_TEST_SEED");
	unsigned int seed = text ? strtoul(text, NULL, 0) : time(NULL);

	TH_LOG("TSM_TEST_SEED=%u", seed);
	return seed;
}

static inline unsigned long count_requests(struct __test_metadata *_metadata)
{
	unsigned long count;

	ASSERT_EQ(0, tsm_platform_requests(&count));
	return count;
}

/* Requests that reached the platform of the function */
static inline unsigned long count_own_requests(struct __test_metadata *_metadata,
					       const struct tsm_test *t)
{
	unsigned long count;

	ASSERT_EQ(0, tsm_platform_requests_at(t->s.fn->platform, &count));
	return count;
}

/* With any result the kernel writes the outputs only */
static inline int send_cmd(struct __test_metadata *_metadata, struct tsm_test *t)
{
	struct iommu_vdevice_tsm_guest_request sent = t->cmd;
	int rc;

	t->count = count_own_requests(_metadata, t);
	rc = tsm_request_send(t);
	EXPECT_EQ(0, memcmp(&sent, &t->cmd, offsetof(typeof(sent), out_resp_len)));
	EXPECT_EQ(POISON64, t->behind);
	return rc;
}

static inline void expect_poison_from(struct __test_metadata *_metadata,
				      struct tsm_test *t, size_t from)
{
	for (size_t i = from; i < sizeof(t->resp); i++) {
		ASSERT_EQ(POISON, t->resp[i]) {
			TH_LOG("byte %zu of the response was written", i);
		}
	}
}

/* The request succeeds, and nothing is written but the response */
static inline void expect_ok(struct __test_metadata *_metadata, struct tsm_test *t)
{
	ASSERT_EQ(0, send_cmd(_metadata, t));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, t->cmd.out_flags);
	EXPECT_EQ(t->count + 1, count_own_requests(_metadata, t));
	ASSERT_LE(t->cmd.out_resp_len, t->cmd.resp_len);
	expect_poison_from(_metadata, t, t->cmd.out_resp_len);
}

/* All outputs say that nothing happened; @needed goes with ENOBUFS */
static inline void expect_not_dispatched(struct __test_metadata *_metadata,
					 struct tsm_test *t, u32 needed)
{
	EXPECT_EQ(0, t->cmd.out_flags);
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	EXPECT_EQ(needed, t->cmd.out_resp_len);
	expect_poison_from(_metadata, t, 0);
}

/* The request fails and nothing happened */
static inline void expect_refused(struct __test_metadata *_metadata,
				  struct tsm_test *t, int err, u32 needed)
{
	ASSERT_EQ(-err, send_cmd(_metadata, t));
	EXPECT_EQ(t->count, count_own_requests(_metadata, t));
	expect_not_dispatched(_metadata, t, needed);
}

/* As expect_refused(), but not even the outputs were written */
static inline void expect_unheard(struct __test_metadata *_metadata,
				  struct tsm_test *t, int err)
{
	ASSERT_EQ(-err, send_cmd(_metadata, t));
	EXPECT_EQ(POISON32, t->cmd.out_flags);
	EXPECT_EQ(POISON64, t->cmd.out_tsm_code);
	EXPECT_EQ(POISON32, t->cmd.out_resp_len);
	EXPECT_EQ(t->count, count_own_requests(_metadata, t));
	expect_poison_from(_metadata, t, 0);
}

/* The response is of this kind, and the TSM has nothing to complain about */
static inline void expect_response(struct __test_metadata *_metadata,
				   struct tsm_test *t, u8 type, u32 len)
{
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	EXPECT_EQ(len, t->cmd.out_resp_len);
	ASSERT_TRUE(tdisp_is_response(t->resp, t->cmd.out_resp_len, type, len));
	EXPECT_EQ(t->s.virt_id,
		  le32toh(((struct pci_tdisp_header *)t->resp)->function_id));
}

/* The response is a TDISP error, which the TSM's code repeats */
static inline void expect_tdisp_error(struct __test_metadata *_metadata,
				      struct tsm_test *t, u32 code)
{
	EXPECT_EQ(code, t->cmd.out_tsm_code);
	EXPECT_EQ(code, tdisp_error(t->resp, t->cmd.out_resp_len));
}

static inline void do_step(struct __test_metadata *_metadata, struct tsm_test *t,
			   int (*step)(struct tsm_setup *s))
{
	ASSERT_EQ(0, step(&t->s)) {
		TH_LOG("could not %s", t->s.error);
	}
}

/* The response to one of them is the request, turned around */
static inline void expect_vdm(struct __test_metadata *_metadata, struct tsm_test *t,
			      enum emu_vdm_code code, u32 len)
{
	struct emu_vdm want = tsm_tdi_vdm(t, code);

	want.hdr.type &= ~PCI_TDISP_REQ;
	EXPECT_EQ(0, t->cmd.out_tsm_code);
	ASSERT_EQ(len, t->cmd.out_resp_len);
	EXPECT_EQ(0, memcmp(t->resp, &want, sizeof(want)));
}

/* What the host sees, without a vDEVICE */
static inline bool is_bound(struct __test_metadata *_metadata,
			    const struct tsm_test *t)
{
	char path[128], tsm[32];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/bound", t->s.fn->bdf);
	ASSERT_EQ(0, tsm_file_read(path, tsm, sizeof(tsm)));
	return tsm[0];
}

static inline int check_setup(struct __test_metadata *_metadata,
			      const struct tsm_setup *s, int rc)
{
	if (rc && s->missing)
		SKIP(return rc, "could not %s", s->error);
	EXPECT_EQ(0, rc) {
		TH_LOG("could not %s", s->error);
	}
	return rc;
}

static inline int check_step(struct __test_metadata *_metadata, struct tsm_test *t,
			     int rc)
{
	return check_setup(_metadata, &t->s, rc);
}

/* Make the host ready, or say why not. Return: 0 if it is */
static inline int setup_host(struct __test_metadata *_metadata, struct tsm_test *t,
			     const char *name, bool debug_msgs)
{
	tsm_setup_init(&t->s, tsm_find_function(name));
	return check_step(_metadata, t, tsm_platform_prepare(&t->s, debug_msgs));
}

/* Bring the function to the vDEVICE, or say why not. Return: 0 if it is there */
static inline int setup_vdevice(struct __test_metadata *_metadata, struct tsm_test *t,
				const char *name, bool debug_msgs)
{
	int rc = setup_host(_metadata, t, name, debug_msgs);

	return rc ?: check_step(_metadata, t, tsm_assign(&t->s));
}

/* As setup_vdevice(), and bound */
static inline int setup_bound(struct __test_metadata *_metadata, struct tsm_test *t,
			      const char *name, bool debug_msgs)
{
	int rc = setup_vdevice(_metadata, t, name, debug_msgs);

	return rc ?: check_step(_metadata, t, tsm_bind_tdi(&t->s));
}

static inline void teardown(struct tsm_test *t)
{
	tsm_platform_let_go();
	tsm_setup_close(&t->s);
	/* for the tests that disconnect it */
	tsm_connect(&t->s);
	tsm_hung_task_restore();
}

/*
 * To be the main() of each: no message of the TSM's own is left behind, nor what
 * the teardown of a test that was ended would have restored
 */
static inline int run_tests(int argc, char **argv)
{
	int rc;

	tsm_hung_task_init();
	rc = test_harness_run(argc, argv);
	tsm_platform_use_debug_msgs(false);
	tsm_hung_task_restore();
	return rc;
}

#endif /* __SELFTEST_TSM_TEST_H */
