// SPDX-License-Identifier: GPL-2.0
/* TDs: TDVMCALL registers, and a command buffer that becomes the answer */
#include <string.h>

#include "../vectors/tdx.h"
#include "../vmm/tdx.h"
#include "front.h"

static u16 tdx_enter(struct front *f, const struct tsm_vector *v)
{
	u8 call[TDX_VECTOR_CALL_LEN], any[TDX_BUFFER_LEN];
	struct tdx_area *area = tsm_vmm_area(f->vmm.shared);

	if (!v->call || !tsm_vector_parse(v->call, call, any, sizeof(call)))
		return 0;
	memset(area, 0, sizeof(*area));
	if (v->req && !tsm_vector_parse(v->req, area->buffer, any, v->len))
		return 0;
	memset(&f->regs, CHOSEN, sizeof(f->regs));
	f->regs.r10 = front_word(call, 0x00);
	f->regs.r11 = front_word(call, 0x08);
	f->regs.r12 = front_word(call, 0x10);
	f->regs.r13 = front_word(call, 0x18);
	f->regs.r14 = front_word(call, 0x20);
	f->regs.r15 = front_word(call, 0x28);
	if (f->regs.r13 == TDX_VECTOR_BUFFER)
		f->regs.r13 = ((char *)area->buffer - f->vmm.ram) | TDX_SHARED_BIT;
	return TSM_VMM_EXIT_TDVMCALL;
}

/* A TD polls the status, takes an error from 10 to 15, and no data with it */
static bool is_error(const struct tsm_tdx_hdr *hdr)
{
	return hdr->status == TSM_TDX_ERROR && hdr->error >= TSM_TDX_ERR_MODULE &&
	       hdr->error <= TSM_TDX_ERR_STATE && !hdr->data_length;
}

static bool tdx_returned(const struct front *f, const struct tsm_vector *v)
{
	const struct tdx_area *area = tsm_vmm_area(f->vmm.shared);
	u64 r10 = htole64(f->regs.r10);

	if (!front_is("R10", &r10, v->ret, TDX_VECTOR_RET_LEN))
		return false;
	if (v->err)
		return is_error((const void *)area->buffer);
	if (!v->req)
		return true;
	return front_is("buffer", area->buffer, v->rsp, v->rsp_len);
}

/* Status and value that no VMM could make up */
#define TDCALL_STATUS	0xc0000f4100000000
#define TDCALL_VALUE	0x0123456789abcdef

static void tdx_ask(struct front *f, struct emu_module_call *call)
{
	(void)f;
	call->reg[0] = TDCALL_STATUS;
	call->reg[1] = TDCALL_VALUE;
}

/* The module gets it as the TD made it, and the TD the module's answer */
static bool tdx_hands_on(struct front *f, const struct tdx_tdcall *tdcall)
{
	u64 regs[TDX_VECTOR_TDCALL_LEN / 8];

	if (!front_words(tdcall->call, regs, ARRAY_SIZE(regs)))
		return false;
	f->regs = (struct kvm_regs) {
		.rax = regs[0], .rcx = regs[1], .rdx = regs[2], .r8 = regs[3],
		.r9 = regs[4],
	};
	return front_exit(f, TSM_VMM_EXIT_MODULE) &&
	       f->nr_module == 1 && !f->nr_requests &&
	       f->module[0].tdi_id == TDX_VECTOR_RID &&
	       !memcmp(f->module[0].reg, regs, sizeof(regs)) &&
	       f->regs.rax == TDCALL_STATUS && f->regs.rcx == TDCALL_VALUE;
}

static const char *tdx_modules(struct front *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(tdx_tdcalls); i++)
		if (!tdx_hands_on(f, &tdx_tdcalls[i]))
			return tdx_tdcalls[i].source;
	return NULL;
}

const struct front_test front_tdx = {
	.front = &vmm_tdx,
	.vectors = tdx_vectors,
	.nr_vectors = ARRAY_SIZE(tdx_vectors),
	.vector_rid = TDX_VECTOR_RID,
	.enter = tdx_enter,
	.returned = tdx_returned,
	.modules = tdx_modules,
	.ask = tdx_ask,
};
