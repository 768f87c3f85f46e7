// SPDX-License-Identifier: GPL-2.0
/*
 * The guest protocols, each on a platform of its own that speaks it: what the
 * core makes of all of them, and several at once. What only one has is in
 * iommufd_tsm_vendor.c.
 */
#include "tsm_proto.h"
#include "tsm_test.h"
#include "tsm_thread.h"

#define MAX_MSGS 32

FIXTURE(proto)
{
	struct proto_test p;
};

FIXTURE_VARIANT(proto)
{
	const struct proto *proto;
};

FIXTURE_VARIANT_ADD(proto, tdisp)
{
	&proto_tdisp
};

FIXTURE_VARIANT_ADD(proto, sev_tio)
{
	&proto_sev
};

FIXTURE_VARIANT_ADD(proto, cca)
{
	&proto_cca
};

FIXTURE_VARIANT_ADD(proto, tdx)
{
	&proto_tdx
};

FIXTURE_SETUP(proto)
{
	struct proto_test *p = &self->p;

	if (check_step(_metadata, &p->t, proto_assign(p, variant->proto, "pf0")))
		return;
	check_step(_metadata, &p->t, proto_bind(p));
}

FIXTURE_TEARDOWN(proto)
{
	proto_close(&self->p);
}

/* What INFO tells is what the specifications say, see tsm_proto_*.c */
TEST_F(proto, info_table)
{
	struct iommu_tsm_msg msgs[MAX_MSGS];
	struct iommu_vdevice_tsm_info cmd = {
		.num_msgs = MAX_MSGS,
		.msgs_uptr = (uintptr_t)msgs,
	};

	info(_metadata, &self->p.t, &cmd);
	EXPECT_EQ(variant->proto->type, cmd.out_tsm_type);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, cmd.out_state);
	ASSERT_EQ(variant->proto->nr_msgs, cmd.num_msgs);
	for (u32 i = 0; i < cmd.num_msgs; i++) {
		EXPECT_EQ(0, memcmp(&variant->proto->msgs[i], &msgs[i],
				    sizeof(msgs[i]))) {
			TH_LOG("message %u: scope %u, request %u to %u, response %u to %u",
			       msgs[i].id, msgs[i].scope, msgs[i].req_min,
			       msgs[i].req_max, msgs[i].resp_min,
			       msgs[i].resp_max);
		}
	}
}

TEST_F(proto, run_and_back)
{
	struct tsm_firmware_tdi tdi;

	ASSERT_EQ(0, variant->proto->run(&self->p));
	ASSERT_EQ(0, tsm_firmware_tdi(&self->p.t.s, &tdi));
	EXPECT_EQ(PCI_TDISP_STATE_RUN, tdi.state);
	EXPECT_TRUE(tdi.dma);

	ASSERT_EQ(0, variant->proto->stop(&self->p));
	EXPECT_FALSE(proto_is_state(&self->p, PCI_TDISP_STATE_RUN));
}

/* Once stopped and unbound, all of it works again */
TEST_F(proto, twice)
{
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, variant->proto->run(&self->p));
		EXPECT_TRUE(proto_is_state(&self->p, PCI_TDISP_STATE_RUN));
		ASSERT_EQ(0, variant->proto->stop(&self->p));
		ASSERT_EQ(0, tsm_op(&self->p.t.s, IOMMU_VDEVICE_TSM_UNBIND));
		ASSERT_EQ(0, proto_bind(&self->p));
	}
}

/* No message gets to a TSM whose protocol is another than the VMM believes */
TEST_F(proto, eprotonosupport)
{
	const u32 types[] = {
		IOMMU_TSM_TYPE_NONE, IOMMU_TSM_TYPE_CCA, IOMMU_TSM_TYPE_SEV_TIO,
		IOMMU_TSM_TYPE_TDX_CONNECT, IOMMU_TSM_TYPE_TDISP,
		IOMMU_TSM_TYPE_TDISP + 1, UINT32_MAX,
	};
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;

	for (u32 i = 0; i < proto->nr_msgs; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(types); j++) {
			if (types[j] == proto->type)
				continue;
			proto_prepare(p, proto->msgs[i].scope,
				      proto->make(p, proto->msgs[i].id, 0));
			p->t.cmd.tsm_type = types[j];
			expect_refused(_metadata, &p->t, EPROTONOSUPPORT, 0);
		}
	}
}

/* No other scope admits what changes a state, without CAP_SYS_RAWIO */
TEST_F(proto, eacces)
{
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;
	u32 refused = 0;

	for (u32 i = 0; i < proto->nr_msgs; i++) {
		for (u32 claim = 0; claim < SCOPE(DEBUG_WRITE); claim++) {
			if (admitted[claim][proto->msgs[i].scope])
				continue;
			proto_prepare(p, claim,
				      proto->make(p, proto->msgs[i].id, 0));
			expect_refused(_metadata, &p->t, EACCES, 0);
			refused++;
		}
	}
	EXPECT_NE(0, refused);
}

/* A byte more or less, with lengths in the message that agree */
TEST_F(proto, emsgsize)
{
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;

	for (u32 i = 0; i < proto->nr_msgs; i++) {
		const struct iommu_tsm_msg *msg = &proto->msgs[i];

		proto_prepare(p, msg->scope, proto->make(p, msg->id, 1));
		expect_refused(_metadata, &p->t, EMSGSIZE, 0);

		if (msg->req_min == proto->envelope_len)
			continue;
		proto_prepare(p, msg->scope, proto->make(p, msg->id, -1));
		expect_refused(_metadata, &p->t, EMSGSIZE, 0);
	}
}

/* Too short to be told what it is, down to a single byte */
TEST_F(proto, ebadmsg_truncated)
{
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;

	for (u32 i = 0; i < proto->nr_msgs; i++) {
		for (u32 len = 1; len < proto->envelope_len; len++) {
			proto->make(p, proto->msgs[i].id, 0);
			proto_prepare(p, proto->msgs[i].scope, len);
			expect_refused(_metadata, &p->t, EBADMSG, 0);
		}
	}
}

TEST_F(proto, ebadmsg_envelope)
{
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;

	for (u32 i = 0; i < proto->nr_flips; i++) {
		const struct proto_flip *flip = &proto->flips[i];
		u32 len = proto->make(p, flip->id, 0);

		p->req[flip->offset] ^= flip->bits;
		proto_prepare(p, proto_msg(proto, flip->id)->scope, len);
		ASSERT_EQ(-EBADMSG, send_cmd(_metadata, &p->t)) {
			TH_LOG("byte %#x of message %u, bits %#x", flip->offset,
			       flip->id, flip->bits);
		}
		expect_not_dispatched(_metadata, &p->t, 0);
		EXPECT_EQ(p->t.count, count_own_requests(_metadata, &p->t));
	}
}

/* Nothing changes that can't be answered */
TEST_F(proto, enobufs)
{
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;

	for (u32 i = 0; i < proto->nr_msgs; i++) {
		const struct iommu_tsm_msg *msg = &proto->msgs[i];

		if (msg->scope != SCOPE(STATE_CHANGE) || !msg->resp_max)
			continue;
		proto_prepare(p, msg->scope, proto->make(p, msg->id, 0));
		p->t.cmd.resp_len = msg->resp_max - 1;
		expect_refused(_metadata, &p->t, ENOBUFS, msg->resp_max);
	}
}

/* What the firmware has to say is no errno */
TEST_F(proto, tsm_code)
{
	s64 code = variant->proto->fail(&self->p);

	ASSERT_LT(0, code) {
		TH_LOG("no error of the firmware: %lld", (long long)code);
	}
	EXPECT_EQ(code, self->p.t.cmd.out_tsm_code);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, self->p.t.cmd.out_flags);
}

/* TDIs of all protocols in one VMM */
static const struct proto * const all[] = {
	&proto_tdisp, &proto_sev, &proto_cca, &proto_tdx
};

#define NR_ALL ARRAY_SIZE(all)
#define ROUNDS 10

FIXTURE(protos)
{
	struct proto_test p[NR_ALL];
};

FIXTURE_SETUP(protos)
{
	for (size_t i = 0; i < NR_ALL; i++) {
		struct proto_test *p = &self->p[i];

		if (check_step(_metadata, &p->t, proto_assign(p, all[i], "pf0")))
			return;
	}
}

FIXTURE_TEARDOWN(protos)
{
	for (size_t i = 0; i < NR_ALL; i++)
		proto_close(&self->p[i]);
}

/* From the bind to RUN and back to where it can be bound */
static int use(void *data)
{
	struct proto_test *p = data;
	int rc;

	rc = proto_bind(p);
	rc = rc ?: p->proto->run(p);
	if (!rc && !proto_is_state(p, PCI_TDISP_STATE_RUN))
		rc = -EPROTO;
	rc = rc ?: p->proto->stop(p);
	return rc ?: tsm_op(&p->t.s, IOMMU_VDEVICE_TSM_UNBIND);
}

static int use_often(void *data)
{
	int rc = 0;

	for (int i = 0; !rc && i < ROUNDS; i++)
		rc = use(data);
	return rc;
}

static void expect_end(struct __test_metadata *_metadata, struct tsm_thread *thread,
		       const struct proto_test *p)
{
	int rc;

	ASSERT_EQ(0, tsm_thread_join(thread, &rc)) {
		TH_LOG("%s does not end", p->proto->name);
	}
	EXPECT_EQ(0, rc) {
		TH_LOG("%s: %s, code %#llx", p->proto->name,
		       strerrorname_np(-rc) ?: "?",
		       (unsigned long long)p->t.cmd.out_tsm_code);
	}
}

TEST_F(protos, at_once)
{
	struct tsm_thread threads[NR_ALL];

	for (size_t i = 0; i < NR_ALL; i++)
		ASSERT_EQ(0, tsm_thread_start(&threads[i], use_often, &self->p[i]));
	for (size_t i = 0; i < NR_ALL; i++)
		expect_end(_metadata, &threads[i], &self->p[i]);
}

/* While one is in its firmware the others come and go */
TEST_F(protos, one_stalled)
{
	for (size_t i = 0; i < NR_ALL; i++) {
		unsigned int platform = self->p[i].t.s.fn->platform;
		struct tsm_thread stalled, thread;

		ASSERT_EQ(0, tsm_platform_stall_at(platform, TSM_STALL_GUEST_REQ));
		ASSERT_EQ(0, tsm_thread_start(&stalled, use, &self->p[i]));
		ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));

		for (size_t j = 0; j < NR_ALL; j++) {
			if (j == i)
				continue;
			ASSERT_EQ(0, tsm_thread_start(&thread, use, &self->p[j]));
			expect_end(_metadata, &thread, &self->p[j]);
		}

		ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));
		ASSERT_EQ(0, tsm_platform_stall_at(platform, 0));
		expect_end(_metadata, &stalled, &self->p[i]);
	}
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
