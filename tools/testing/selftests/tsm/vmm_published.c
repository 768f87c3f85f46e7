// SPDX-License-Identifier: GPL-2.0
/*
 * The front ends of the example VMM, from the registers of a guest to the bytes of a
 * request, and from the answer back to the registers. Guests and answers are those of
 * vectors/: no kernel and no module is asked, what would call them ends here.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kselftest_harness.h"
#include "fronts/front.h"
#include "lib/firmware.h"
#include "lib/request.h"

/* Whose ioctls are served, as they have nothing but a file descriptor */
static struct front *current;

bool front_is(const char *what, const void *is, const char *text, u32 len)
{
	u8 bytes[TSM_VMM_PAGE], any[TSM_VMM_PAGE];
	u32 at;

	if (len > sizeof(bytes) || !tsm_vector_parse(text, bytes, any, len))
		return false;
	at = tsm_vector_compare(is, bytes, any, len);
	if (at < len)
		ksft_print_msg("%s: byte %#x is %02x, not %02x\n", what, at,
			       ((const u8 *)is)[at], bytes[at]);
	return at == len;
}

static int answer(const struct tsm_vector *v, struct iommu_vdevice_tsm_guest_request *cmd)
{
	u8 any[TSM_VECTOR_MAX], *resp = (u8 *)(uintptr_t)cmd->resp_uptr;

	cmd->out_resp_len = v->rsp_len;
	if (v->rsp_len > cmd->resp_len)
		return -ENOBUFS;
	cmd->out_flags = IOMMU_VDEVICE_TSM_DISPATCHED;
	cmd->out_tsm_code = v->code;
	if (!v->rsp) {
		memset(resp, CHOSEN, v->rsp_len);
		return 0;
	}
	if (v->rsp_len > sizeof(any) ||
	    !tsm_vector_parse(v->rsp, resp, any, v->rsp_len))
		return -EPROTO;
	for (u32 i = 0; i < v->rsp_len; i++)
		if (any[i])
			resp[i] = CHOSEN;
	return 0;
}

/* Return: 0 or -errno, as the next */
static int guest_request(struct front *f, struct iommu_vdevice_tsm_guest_request *cmd)
{
	const struct tsm_vector *v = f->vector;

	if (f->test->serve && f->test->serve(f, cmd))
		return 0;

	f->nr_requests++;
	f->req_len = cmd->req_len;
	memcpy(f->req, (void *)(uintptr_t)cmd->req_uptr,
	       cmd->req_len < sizeof(f->req) ? cmd->req_len : sizeof(f->req));
	f->is_admitted &= cmd->scope < NR_SCOPES && tsm_admitted[cmd->scope][v->class];

	return v->err ? -v->err : answer(v, cmd);
}

int __wrap_ioctl(int fd, unsigned long cmd, ...);

int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	va_list ap;
	void *arg;
	int rc = 0;

	(void)fd;
	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);

	switch (cmd) {
	case KVM_SET_USER_MEMORY_REGION:
		break;
	case KVM_GET_REGS:
		memcpy(arg, &current->regs, sizeof(current->regs));
		break;
	case KVM_SET_REGS:
		memcpy(&current->regs, arg, sizeof(current->regs));
		break;
	case IOMMU_VDEVICE_TSM_GUEST_REQUEST:
		rc = guest_request(current, arg);
		break;
	case IOMMU_VDEVICE_TSM_OP:
		current->nr_ops++;
		current->op = ((struct iommu_vdevice_tsm_op *)arg)->type;
		break;
	default:
		rc = -ENOTTY;
	}
	errno = -rc;
	return rc ? -1 : 0;
}

int __wrap_tsm_firmware_call(const struct tsm_setup *s, struct emu_module_call *call);

/* The module, which is no part of a VMM either */
int __wrap_tsm_firmware_call(const struct tsm_setup *s, struct emu_module_call *call)
{
	struct front *f = current;

	(void)s;
	if (!f->test->ask || f->nr_module == FRONT_MODULE_MAX)
		return -ENODEV;
	f->module[f->nr_module++] = *call;
	f->test->ask(f, call);
	return 0;
}

int __wrap_tsm_firmware_tdi(const struct tsm_setup *s, struct tsm_firmware_tdi *tdi);

/* Nor is the state of the TDI, which is the same for all calls */
int __wrap_tsm_firmware_tdi(const struct tsm_setup *s, struct tsm_firmware_tdi *tdi)
{
	(void)s;
	*tdi = (struct tsm_firmware_tdi) { .state = FRONT_TDI_STATE };
	return 0;
}

bool front_exit(struct front *f, u16 kind)
{
	f->nr_requests = 0;
	f->nr_ops = 0;
	f->nr_module = 0;
	return !f->test->front->exit(&f->vmm, kind);
}

FIXTURE(front)
{
	struct front f;
};

FIXTURE_VARIANT(front)
{
	const struct front_test *test;
};

#define TSM_PROTO(_name) FIXTURE_VARIANT_ADD(front, _name) { &front_##_name };
#include "lib/proto_list.h"
#undef TSM_PROTO

FIXTURE_SETUP(front)
{
	struct front *f = &self->f;

	vmm_line_prefix = "# ";
	current = f;
	*f = (struct front) {
		.vmm.front = variant->test->front,
		.vmm.vcpu = -1,
		.test = variant->test,
		.is_admitted = true,
	};
	tsm_setup_init(&f->vmm.setup, tsm_find_function("pf0"));
	f->vmm.setup.virt_id = variant->test->vector_rid;
	/* the guest has read its report: what a VMM may wait for */
	f->vmm.consent = true;
	ASSERT_EQ(0, vmm_create_memory(&f->vmm));
}

FIXTURE_TEARDOWN(front)
{
	vmm_close_machine(&self->f.vmm);
}

static bool is_request(const struct front *f, const struct tsm_vector *v)
{
	if (f->nr_requests != !!v->req || !f->is_admitted)
		return false;
	return !v->req || (f->req_len == v->len &&
			   front_is("request", f->req, v->req, v->len));
}

/* The request, or none, that a call has to become, and what the guest gets for it */
TEST_F(front, calls)
{
	struct front *f = &self->f;
	unsigned int calls = 0;

	for (size_t i = 0; i < variant->test->nr_vectors; i++) {
		const struct tsm_vector *v = &variant->test->vectors[i];
		u16 kind = variant->test->enter(f, v);

		if (!kind)
			continue;
		calls++;
		f->vector = v;
		ASSERT_TRUE(front_exit(f, kind) && is_request(f, v) &&
			    variant->test->returned(f, v)) {
			TH_LOG("%s: %u requests, the last of %u bytes", v->source,
			       f->nr_requests, f->req_len);
		}
	}
	EXPECT_NE(0, calls);
}

/* To the guest's module and back, where guests have one */
TEST_F(front, modules)
{
	const char *wrong;

	if (!variant->test->modules) {
		EXPECT_FALSE(front_exit(&self->f, TSM_VMM_EXIT_MODULE));
		return;
	}
	wrong = variant->test->modules(&self->f);
	EXPECT_EQ(NULL, wrong) {
		TH_LOG("%s", wrong);
	}
}

TEST_HARNESS_MAIN
