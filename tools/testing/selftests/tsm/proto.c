// SPDX-License-Identifier: GPL-2.0
/*
 * The guest protocols, each on a platform that speaks it: what all of them have
 * in common, and several at once. What only one has is in sev_tio.c, cca.c and
 * tdx.c. The numbers of a protocol are checked by its KUnit tests; here is that
 * the kernel tells and enforces them.
 */
#include "lib/exhaust.h"
#include "lib/pci.h"
#include "lib/proto.h"
#include "lib/test.h"
#include "lib/thread.h"

FIXTURE(proto)
{
	struct proto_test p;
};

FIXTURE_VARIANT(proto)
{
	const struct proto *proto;
};

#define TSM_PROTO(_name) FIXTURE_VARIANT_ADD(proto, _name) { &proto_##_name };
#include "lib/proto_list.h"
#undef TSM_PROTO

FIXTURE_SETUP(proto)
{
	check_step(_metadata, &self->p.t, proto_open(&self->p, variant->proto, "pf0"));
}

FIXTURE_TEARDOWN(proto)
{
	proto_close(&self->p);
}

/* A table of the platform's protocol, of messages as the headers have them */
TEST_F(proto, info)
{
	struct proto_test *p = &self->p;

	EXPECT_EQ(variant->proto->type, p->type);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, tsm_info_state(&p->t));
	ASSERT_LT(0, p->nr_msgs);
	for (u32 i = 0; i < p->nr_msgs; i++) {
		const struct iommu_tsm_msg *msg = &p->msgs[i];
		u32 len = variant->proto->make(p, msg->id, 0);

		EXPECT_TRUE(msg->scope < NR_SCOPES && len == msg->req_min &&
			    len == msg->req_max && msg->resp_min <= msg->resp_max) {
			TH_LOG("message %u: scope %u, request %u to %u, response %u to %u",
			       msg->id, msg->scope, msg->req_min, msg->req_max,
			       msg->resp_min, msg->resp_max);
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
	const struct iommu_tsm_msg *msg = &self->p.msgs[0];
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;
	u32 len = proto->make(p, msg->id, 0);

	for (u32 type = IOMMU_TSM_TYPE_NONE; type <= IOMMU_TSM_TYPE_TDISP + 1; type++) {
		if (type == proto->type)
			continue;
		proto_prepare(p, msg->scope, len);
		p->t.cmd.tsm_type = type;
		expect_refused(_metadata, &p->t, EPROTONOSUPPORT, 0);
	}
}

/* What changes a state takes more than a scope that reads */
TEST_F(proto, eacces)
{
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;
	u32 refused = 0;

	for (u32 i = 0; i < p->nr_msgs; i++) {
		if (p->msgs[i].scope != SCOPE(STATE_CHANGE))
			continue;
		proto_prepare(p, SCOPE(INFO), proto->make(p, p->msgs[i].id, 0));
		expect_refused(_metadata, &p->t, EACCES, 0);
		refused++;
	}
	EXPECT_NE(0, refused);
}

/* A byte more or less, with lengths in the message that agree */
TEST_F(proto, emsgsize)
{
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;

	for (u32 i = 0; i < p->nr_msgs; i++) {
		const struct iommu_tsm_msg *msg = &p->msgs[i];

		proto_prepare(p, msg->scope, proto->make(p, msg->id, 1));
		expect_refused(_metadata, &p->t, EMSGSIZE, 0);

		if (msg->req_min == proto->envelope_len)
			continue;
		proto_prepare(p, msg->scope, proto->make(p, msg->id, -1));
		expect_refused(_metadata, &p->t, EMSGSIZE, 0);
	}
}

/* Too short to be told what it is, or not of the protocol */
TEST_F(proto, ebadmsg)
{
	const struct iommu_tsm_msg *msg = &self->p.msgs[0];
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;
	u32 len = proto->make(p, msg->id, 0);

	/* an empty request is one of no protocol */
	if (proto->envelope_len > 1) {
		proto_prepare(p, msg->scope, proto->envelope_len - 1);
		expect_refused(_metadata, &p->t, EBADMSG, 0);
	}

	p->req[proto->bad_offset] ^= proto->bad_bits;
	proto_prepare(p, msg->scope, len);
	expect_refused(_metadata, &p->t, EBADMSG, 0);
}

/* Nothing changes that can't be answered */
TEST_F(proto, enobufs)
{
	const struct proto *proto = variant->proto;
	struct proto_test *p = &self->p;

	for (u32 i = 0; i < p->nr_msgs; i++) {
		const struct iommu_tsm_msg *msg = &p->msgs[i];

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
	EXPECT_EQ(-EREMOTEIO, variant->proto->fail(&self->p));
	EXPECT_EQ(variant->proto->fail_code, self->p.t.cmd.out_tsm_code);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_DISPATCHED, self->p.t.cmd.out_flags);
}

/* A refused bind has a code for the guest, and leaves the function as it was */
TEST_F(proto, bind_refused)
{
	u64 code = variant->proto->bind_code;
	struct proto_test *p = &self->p;

	ASSERT_EQ(0, tsm_op(&p->t.s, IOMMU_VDEVICE_TSM_UNBIND));
	ASSERT_EQ(0, tsm_pci_set_phantom(&p->t.s, true));
	EXPECT_EQ(code ? -EIO : 0, tsm_op(&p->t.s, IOMMU_VDEVICE_TSM_BIND));
	EXPECT_EQ(code, p->t.s.tsm_code);
	ASSERT_EQ(0, tsm_op(&p->t.s, IOMMU_VDEVICE_TSM_UNBIND));

	ASSERT_EQ(0, tsm_pci_set_phantom(&p->t.s, false));
	ASSERT_EQ(0, proto_bind(p));
	EXPECT_EQ(0, p->t.s.tsm_code);
	EXPECT_EQ(0, variant->proto->run(p));
}

/* With the id of the published requests */
FIXTURE(published)
{
	struct proto_test p;
};

FIXTURE_VARIANT(published)
{
	const struct proto *proto;
};

#define TSM_PROTO(_name) FIXTURE_VARIANT_ADD(published, _name) { &proto_##_name };
#include "lib/proto_list.h"
#undef TSM_PROTO

FIXTURE_SETUP(published)
{
	check_step(_metadata, &self->p.t,
		   proto_open_as(&self->p, variant->proto, "pf0",
				 variant->proto->vector_rid));
}

FIXTURE_TEARDOWN(published)
{
	proto_close(&self->p);
}

/* Nothing of it gets to the TSM, whatever else the VMM admits */
static void expect_vector_refused(struct __test_metadata *_metadata,
				  struct proto_test *p, const struct tsm_vector *v)
{
	for (u32 scope = SCOPE(INFO); scope <= SCOPE(STATE_CHANGE); scope++) {
		proto_prepare(p, scope, v->len);
		expect_refused(_metadata, &p->t, v->err, 0);
	}
}

/* The kernel admits what is published with the class that it has, and no wrong one */
TEST_F(published, admitted)
{
	struct proto_test *p = &self->p;
	u32 admitted = 0;

	for (size_t i = 0; i < variant->proto->nr_vectors; i++) {
		const struct tsm_vector *v = &variant->proto->vectors[i];

		if (!v->req)
			continue;
		ASSERT_TRUE(proto_use_vector(p, v)) {
			TH_LOG("%s", v->source);
		}
		if (v->err) {
			expect_vector_refused(_metadata, p, v);
			continue;
		}
		if (v->class != SCOPE(INFO)) {
			proto_prepare(p, SCOPE(INFO), v->len);
			expect_refused(_metadata, &p->t, EACCES, 0);
		}
		admitted++;
	}
	EXPECT_NE(0, admitted);
}

/* And the firmware gives the published answer, down to each byte that is not its own */
TEST_F(published, answered)
{
	struct proto_test *p = &self->p;

	for (size_t i = 0; i < variant->proto->nr_vectors; i++) {
		const struct tsm_vector *v = &variant->proto->vectors[i];

		if (!v->req || v->err)
			continue;
		ASSERT_TRUE(proto_use_vector(p, v));
		proto_prepare_vector(p, v);
		ASSERT_EQ(0, tsm_request_send(&p->t)) {
			TH_LOG("%s", v->source);
		}
		ASSERT_TRUE(proto_is_answered(p, v)) {
			TH_LOG("%s", v->source);
		}
	}
}

/* The kernel runs out of memory while the TSM binds, also with the TDI locked */
FIXTURE(nomem)
{
	struct proto_test p;
};

FIXTURE_VARIANT(nomem)
{
	const struct proto *proto;
};

#define TSM_PROTO(_name) FIXTURE_VARIANT_ADD(nomem, _name) { &proto_##_name };
#include "lib/proto_list.h"
#undef TSM_PROTO

FIXTURE_SETUP(nomem)
{
	if (tsm_fault_setup())
		SKIP(return, "no faults to inject (CONFIG_FAILSLAB, its files in debugfs)");
	check_step(_metadata, &self->p.t, proto_open(&self->p, variant->proto, "pf0"));
}

FIXTURE_TEARDOWN(nomem)
{
	tsm_fault_teardown();
	proto_close(&self->p);
}

static void check_unbound(struct __test_metadata *_metadata, struct tsm_test *t)
{
	struct tsm_firmware_tdi tdi;

	EXPECT_EQ(-ENOENT, tsm_firmware_tdi(&t->s, &tdi));
}

/* A TDI that stayed locked would not let the next bind lock it */
TEST_F(nomem, bind)
{
	const struct exhaustion e = {
		tsm_call_bind_tdi, check_unbound, tsm_call_unbind_tdi,
	};
	struct proto_test *p = &self->p;

	/* the handle of the core and the TDI of the driver, if not more */
	EXPECT_LE(2, exhaust(_metadata, &p->t, &e));
	ASSERT_EQ(0, tsm_unbind_tdi(&p->t.s));
	ASSERT_EQ(0, proto_bind(p));
	EXPECT_EQ(0, p->proto->run(p));
}

/* TDIs of all protocols in one VMM */
#define ROUNDS 10

FIXTURE(protos)
{
	struct proto_test p[NR_PROTOS];
};

FIXTURE_SETUP(protos)
{
	for (int i = 0; i < NR_PROTOS; i++) {
		struct proto_test *p = &self->p[i];

		if (check_step(_metadata, &p->t, proto_assign(p, protos[i], "pf0")))
			return;
	}
}

FIXTURE_TEARDOWN(protos)
{
	for (int i = 0; i < NR_PROTOS; i++)
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
	return rc ?: tsm_unbind_tdi(&p->t.s);
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
	struct tsm_thread threads[NR_PROTOS];

	for (int i = 0; i < NR_PROTOS; i++)
		ASSERT_EQ(0, tsm_thread_start(&threads[i], use_often, &self->p[i]));
	for (int i = 0; i < NR_PROTOS; i++)
		expect_end(_metadata, &threads[i], &self->p[i]);
}

/* While one is in its firmware the others come and go */
TEST_F(protos, one_stalled)
{
	for (int i = 0; i < NR_PROTOS; i++) {
		unsigned int platform = self->p[i].t.s.fn->platform;
		struct tsm_thread stalled, thread;

		ASSERT_EQ(0, tsm_platform_stall_at(platform, TSM_EMU_STALL_GUEST_REQ));
		ASSERT_EQ(0, tsm_thread_start(&stalled, use, &self->p[i]));
		ASSERT_EQ(0, tsm_platform_wait_stalled_at(platform, 1));

		for (int j = 0; j < NR_PROTOS; j++) {
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
