// SPDX-License-Identifier: GPL-2.0
/*
 * What is to be seen of TSM guest requests: a trace event with all but the
 * contents, a debug message that names the rule that refused one, and in the
 * kernel's log nothing at all unless it was asked for.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/caps.h"
#include "lib/kmsg.h"
#include "lib/test.h"
#include "lib/trace.h"

#define NO_TRACE "no trace events (CONFIG_ENABLE_DEFAULT_TRACERS or a tracer)"
#define DYNAMIC_DEBUG "/proc/dynamic_debug/control"
#define RULES_OF "file drivers/pci/tsm-guest.c "

static int setup_trace(struct __test_metadata *_metadata)
{
	int rc = tsm_trace_start();

	if (rc == -ENOENT || rc == -ENODEV)
		SKIP(return rc, NO_TRACE);
	EXPECT_EQ(0, rc);
	return rc;
}

/* The one event of that name since the last call is this; @rest may follow */
static void expect_event(struct __test_metadata *_metadata, const char *event,
			 const char *want, char *rest, size_t size)
{
	char text[512];

	ASSERT_EQ(1, tsm_trace_find(event, text, sizeof(text)));
	ASSERT_EQ(0, strncmp(text, want, strlen(want))) {
		TH_LOG("%s is '%s', not '%s'", event, text, want);
	}
	if (rest)
		snprintf(rest, size, "%s", text + strlen(want));
	else
		EXPECT_EQ(strlen(want), strlen(text));
	ASSERT_EQ(0, tsm_trace_clear());
}

static void expect_no_event(struct __test_metadata *_metadata)
{
	char text[512];

	EXPECT_EQ(0, tsm_trace_find("pci_tsm_bind", text, sizeof(text)));
	EXPECT_EQ(0, tsm_trace_find("pci_tsm_unbind", text, sizeof(text)));
	EXPECT_EQ(0, tsm_trace_find("pci_tsm_guest_req", text, sizeof(text)));
}

/* Binds and unbinds, of a PF and of a VF */
FIXTURE(binding)
{
	struct tsm_test t;
	char unbind[64];
	char bind[80];
};

FIXTURE_VARIANT(binding)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(binding, pf0) { .name = "pf0" };
FIXTURE_VARIANT_ADD(binding, vf) { .name = "vf" };

FIXTURE_SETUP(binding)
{
	struct tsm_test *t = &self->t;

	if (setup_trace(_metadata) ||
	    setup_vdevice(_metadata, t, variant->name, false))
		return;
	snprintf(self->unbind, sizeof(self->unbind), "%s tdi_id=%#x",
		 t->s.fn->bdf, (u32)t->s.virt_id);
	snprintf(self->bind, sizeof(self->bind), "%s rc=", self->unbind);
	ASSERT_EQ(0, tsm_trace_clear());
}

FIXTURE_TEARDOWN(binding)
{
	teardown(&self->t);
	tsm_trace_stop();
}

static void expect_bind(struct __test_metadata *_metadata,
			FIXTURE_DATA(binding) *self, int rc)
{
	char rest[64];

	expect_event(_metadata, "pci_tsm_bind", self->bind, rest, sizeof(rest));
	EXPECT_EQ(rc, atoi(rest));
}

TEST_F(binding, bind_and_unbind)
{
	ASSERT_EQ(0, tsm_bind_tdi(&self->t.s));
	expect_bind(_metadata, self, 0);
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	expect_event(_metadata, "pci_tsm_unbind", self->unbind, NULL, 0);

	/* there is nothing to unbind */
	ASSERT_EQ(0, tsm_unbind_tdi(&self->t.s));
	expect_no_event(_metadata);
}

TEST_F(binding, failed_bind)
{
	do_step(_metadata, &self->t, tsm_disconnect);
	expect_no_event(_metadata);
	ASSERT_EQ(-ENXIO, tsm_bind_tdi(&self->t.s));
	expect_bind(_metadata, self, -ENXIO);

	/* no unbind of what was never bound */
	EXPECT_EQ(0, tsm_destroy_vdevice(&self->t.s));
	expect_no_event(_metadata);
}

TEST_F(binding, unbind_by_disconnect)
{
	ASSERT_EQ(0, tsm_bind_tdi(&self->t.s));
	expect_bind(_metadata, self, 0);
	do_step(_metadata, &self->t, tsm_disconnect);
	expect_event(_metadata, "pci_tsm_unbind", self->unbind, NULL, 0);
}

TEST_F(binding, unbind_by_destroy)
{
	ASSERT_EQ(0, tsm_bind_tdi(&self->t.s));
	expect_bind(_metadata, self, 0);
	EXPECT_EQ(0, tsm_destroy_vdevice(&self->t.s));
	expect_event(_metadata, "pci_tsm_unbind", self->unbind, NULL, 0);
}

/* Requests that are served */
FIXTURE(served)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(served)
{
	self->kmsg.fd = -1;
	if (setup_trace(_metadata) ||
	    setup_bound(_metadata, &self->t, "pf0", true))
		return;
	ASSERT_EQ(0, tsm_trace_clear());
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(served)
{
	tsm_kmsg_close(&self->kmsg);
	teardown(&self->t);
	tsm_trace_stop();
}

static const char * const scope_names[] = {
	[SCOPE(INFO)] = "INFO",
	[SCOPE(STATE_CHANGE)] = "STATE_CHANGE",
	[SCOPE(DEBUG_READ)] = "DEBUG_READ",
	[SCOPE(DEBUG_WRITE)] = "DEBUG_WRITE",
};

/* All of it but the time, which must have passed */
static void expect_request(struct __test_metadata *_metadata,
			   struct tsm_test *t, u32 id, u32 class)
{
	char want[256], rest[64], *end;

	snprintf(want, sizeof(want),
		 "%s tdi_id=%#x scope=%s id=%#x class=%s req_len=%u resp_len=%u/%u rc=0 code=0x%llx dispatched=1 ns=",
		 t->s.fn->bdf, (u32)t->s.virt_id, scope_names[t->cmd.scope], id,
		 scope_names[class], t->cmd.req_len, t->cmd.out_resp_len,
		 t->cmd.resp_len, (u64)t->cmd.out_tsm_code);
	expect_event(_metadata, "pci_tsm_guest_req", want, rest, sizeof(rest));
	EXPECT_LT(0, strtoull(rest, &end, 10));
	/* no rule */
	EXPECT_EQ(0, end[strspn(end, " ")]);
}

TEST_F(served, each_class)
{
	struct tsm_test *t = &self->t;

	for (u32 class = 0; class < SCOPE(DEBUG_WRITE); class++) {
		struct emu_vdm req = tsm_tdi_vdm(t, tsm_class_vdms[class].code);

		tsm_request_init(t, class, &req, sizeof(req));
		expect_ok(_metadata, t);
		expect_request(_metadata, t, PCI_TDISP_VDM << 8 | req.code, class);
	}
}

TEST_F(served, class_below_scope)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	struct tsm_test *t = &self->t;

	tsm_request_init(t, SCOPE(STATE_CHANGE), &req, sizeof(req));
	expect_ok(_metadata, t);
	expect_request(_metadata, t, req.type, SCOPE(INFO));
}

TEST_F(served, code_of_tsm)
{
	u8 nonce[PCI_TDISP_NONCE_LEN] = {};
	struct tsm_test *t = &self->t;

	EXPECT_EQ(-EREMOTEIO, tsm_tdi_start(t, nonce));
	expect_tdisp_error(_metadata, t, PCI_TDISP_ERR_INVALID_INTERFACE_STATE);
	expect_request(_metadata, t, PCI_TDISP_START_INTERFACE,
		       SCOPE(STATE_CHANGE));
}

/* The TSM driver's own error is no refusal, and not of a rule */
TEST_F(served, error_of_driver)
{
	struct emu_vdm req = tsm_tdi_vdm(&self->t, EMU_VDM_OVERRUN);
	struct tsm_test *t = &self->t;
	char text[512];

	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	ASSERT_EQ(-EIO, send_cmd(_metadata, t));
	ASSERT_EQ(1, tsm_trace_find("pci_tsm_guest_req", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, " resp_len=0/512 rc=-5 code=0x0 dispatched=1 ns="));
}

/* The payload is the guest's own */
TEST_F(served, no_payload)
{
	struct {
		struct emu_vdm vdm;
		char secret[96];
	} __packed req = { .vdm = tsm_tdi_vdm(&self->t, EMU_VDM_ECHO) };
	const char *bdf = self->t.s.fn->bdf;
	struct tsm_test *t = &self->t;

	for (u32 i = 0; i < sizeof(req.secret); i++)
		req.secret[i] = 0x80 | (i * 37);
	for (int i = 0; i < 8; i++) {
		tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
		expect_ok(_metadata, t);
		ASSERT_EQ(0, memcmp(t->resp + sizeof(req.vdm), req.secret,
				    sizeof(req.secret)));
	}
	for (u32 i = 0; i + 8 <= sizeof(req.secret); i += 8)
		ASSERT_FALSE(tsm_trace_has_bytes(req.secret + i, 8));

	/* by now all has been taken out; it is what was looked through */
	tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
	expect_ok(_metadata, t);
	EXPECT_TRUE(tsm_trace_has_bytes(bdf, strlen(bdf)));
}

/* Whatever a guest may ask for, and whatever the TSM thinks of it */
TEST_F(served, silent)
{
	struct pci_tdisp_header req = tsm_tdi_header(&self->t, PCI_TDISP_GET_VERSION);
	u8 nonce[PCI_TDISP_NONCE_LEN] = {};
	struct tsm_test *t = &self->t;

	for (int i = 0; i < 16; i++) {
		EXPECT_EQ(-EREMOTEIO, tsm_tdi_start(t, nonce));
		req.function_id = htole32(i);
		tsm_request_init(t, SCOPE(INFO), &req, sizeof(req));
		expect_ok(_metadata, t);
	}
	EXPECT_EQ(0, tsm_kmsg_count(&self->kmsg, NULL));
}

/* Each rule that refuses requests */
FIXTURE(refused)
{
	struct tsm_test t;
	struct emu_vdm req;
	struct tsm_kmsg kmsg;
	bool traced;
};

FIXTURE_VARIANT(refused)
{
	/* Turn a good ECHO into something bad */
	void (*spoil)(FIXTURE_DATA(refused) *self);
	int err;
	const char *rule;
	/* The message was found in the table before */
	bool known;
};

#define RULE(_name, _err, _known, _rule)				\
	static void spoil_##_name(FIXTURE_DATA(refused) *self);		\
	FIXTURE_VARIANT_ADD(refused, _name) {				\
		.spoil = spoil_##_name, .err = (_err), .rule = (_rule),	\
		.known = (_known),					\
	};								\
	static void spoil_##_name(FIXTURE_DATA(refused) *self)

RULE(unknown_scope, EOPNOTSUPP, false, "unknown scope")
{
	self->t.cmd.scope = NR_SCOPES;
}

RULE(empty, EINVAL, false, "empty request")
{
	self->t.cmd.req_len = 0;
}

RULE(request_above_interface, EMSGSIZE, false, "request is too long for any")
{
	self->t.cmd.req_len = IOMMU_VDEVICE_TSM_REQ_LEN_MAX + 1;
}

RULE(response_above_interface, EMSGSIZE, false, "response is too long for any")
{
	self->t.cmd.resp_len = IOMMU_VDEVICE_TSM_RESP_LEN_MAX + 1;
}

RULE(no_privilege, EPERM, false, "scope takes CAP_SYS_RAWIO")
{
	self->t.cmd.scope = SCOPE(DEBUG_WRITE);
	tsm_caps_set_rawio(false);
}

RULE(unbound, ENXIO, false, "not bound")
{
	tsm_unbind_tdi(&self->t.s);
}

RULE(other_protocol, EPROTONOSUPPORT, false, "TSM speaks another protocol")
{
	self->t.cmd.tsm_type = IOMMU_TSM_TYPE_CCA;
}

RULE(unreadable, EFAULT, false, "request is not readable")
{
	self->t.cmd.req_uptr = 0;
}

RULE(short_envelope, EBADMSG, false, "shorter than an envelope")
{
	self->t.cmd.req_len = sizeof(struct pci_tdisp_header) - 1;
}

RULE(undecodable, EBADMSG, false, "envelope can't be decoded")
{
	self->req.vendor_id_len = 0;
}

RULE(not_in_table, EBADMSG, false, "message is not in the table")
{
	self->req.code = UINT8_MAX;
}

RULE(other_length, EMSGSIZE, true, "message has another length")
{
	self->req.code = EMU_VDM_WRITE;
}

RULE(class_above_scope, EACCES, true, "scope does not admit the class")
{
	self->req.code = EMU_VDM_RECONFIGURE;
}

RULE(no_room, ENOBUFS, true, "response might not fit")
{
	self->t.cmd.resp_len = sizeof(self->req) - 1;
}

RULE(unwritable, EFAULT, true, "outputs are not writable")
{
	self->t.cmd.scope = SCOPE(STATE_CHANGE);
	self->req.code = EMU_VDM_RECONFIGURE;
	self->t.cmd.resp_uptr = 0;
}

FIXTURE_SETUP(refused)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	self->traced = !tsm_trace_start();
	if (setup_bound(_metadata, t, "pf0", true))
		return;
	self->req = tsm_tdi_vdm(t, EMU_VDM_ECHO);
	tsm_request_init(t, SCOPE(INFO), &self->req, sizeof(self->req));
	variant->spoil(self);
	if (self->traced)
		ASSERT_EQ(0, tsm_trace_clear());
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(refused)
{
	tsm_kmsg_close(&self->kmsg);
	teardown(&self->t);
	tsm_trace_stop();
}

TEST_F(refused, traced)
{
	const struct iommu_vdevice_tsm_guest_request *cmd = &self->t.cmd;
	const char *scope, *class = "unknown";
	char want[320];
	u32 id = 0;

	if (!self->traced)
		SKIP(return, NO_TRACE);

	ASSERT_EQ(-variant->err, send_cmd(_metadata, &self->t));
	if (variant->known) {
		id = PCI_TDISP_VDM << 8 | self->req.code;
		class = self->req.code == EMU_VDM_ECHO ? "INFO" :
			self->req.code == EMU_VDM_WRITE ? "DEBUG_WRITE" :
			"STATE_CHANGE";
	}
	scope = cmd->scope < NR_SCOPES ? scope_names[cmd->scope] : "0x4";
	snprintf(want, sizeof(want),
		 "%s tdi_id=%#x scope=%s id=0x%x class=%s req_len=%u resp_len=%u/%u rc=%d code=0x0 dispatched=0 ns=0 %s",
		 self->t.s.fn->bdf, (u32)self->t.s.virt_id, scope, id, class,
		 cmd->req_len, cmd->out_resp_len, cmd->resp_len, -variant->err,
		 variant->rule);
	expect_event(_metadata, "pci_tsm_guest_req", want, NULL, 0);
}

TEST_F(refused, debug_message)
{
	char want[128], text[512];

	if (tsm_file_write(DYNAMIC_DEBUG, RULES_OF "+p"))
		SKIP(return, "no %s (CONFIG_DYNAMIC_DEBUG)", DYNAMIC_DEBUG);

	EXPECT_EQ(-variant->err, send_cmd(_metadata, &self->t));
	EXPECT_EQ(0, tsm_file_write(DYNAMIC_DEBUG, RULES_OF "-p"));
	ASSERT_LE(0, tsm_kmsg_next(&self->kmsg, text, sizeof(text)));
	snprintf(want, sizeof(want), "%s: PCI/TSM: guest request refused, %d: %s",
		 self->t.s.fn->bdf, -variant->err, variant->rule);
	EXPECT_NE(NULL, strstr(text, want)) {
		TH_LOG("'%s' is not '%s'", text, want);
	}
	EXPECT_EQ(0, tsm_kmsg_count(&self->kmsg, NULL));
}

TEST_F(refused, silent)
{
	char text[512];

	for (int i = 0; i < 16; i++)
		ASSERT_EQ(-variant->err, send_cmd(_metadata, &self->t));
	EXPECT_GT(0, tsm_kmsg_next(&self->kmsg, text, sizeof(text))) {
		TH_LOG("the kernel said '%s'", text);
	}
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
