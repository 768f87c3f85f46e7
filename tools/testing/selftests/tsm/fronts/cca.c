// SPDX-License-Identifier: GPL-2.0
/* Realms of Arm CCA: the words of a host call are in the registers, see vmm/cca.h */
#include <errno.h>
#include <string.h>

#include "../vectors/cca.h"
#include "../vmm/cca.h"
#include "front.h"

/* What the realm has in the place of an address in the vector */
static u64 own(const struct front *f, u64 word)
{
	const struct cca_area *area = tsm_vmm_area(f->vmm.shared);

	if (word == CCA_VECTOR_BUFFER)
		return (const char *)area->buffer - f->vmm.ram;
	if (word == CCA_VECTOR_PARAM)
		return (const char *)&area->param - f->vmm.ram;
	return word;
}

static u16 cca_enter(struct front *f, const struct tsm_vector *v)
{
	u8 call[CCA_VECTOR_CALL_LEN], any[CCA_VECTOR_CALL_LEN];
	struct cca_area *area = tsm_vmm_area(f->vmm.shared);
	u64 g[6];

	if (!v->call || !tsm_vector_parse(v->call, call, any, sizeof(call)))
		return 0;
	/* the TSM may answer before an operation has ended */
	f->vmm.msgs[0].id = TSM_CCA_CONTINUE;
	f->vmm.nr_msgs = 1;
	memset(area, 0, sizeof(*area));
	memcpy(&area->param, call + CCA_VECTOR_PARAM_AT, sizeof(area->param));
	for (int i = 0; i < 6; i++)
		g[i] = own(f, front_word(call, 8 + 8 * i));
	memset(&f->regs, CHOSEN, sizeof(f->regs));
	f->regs.rax = g[0];
	f->regs.rbx = g[1];
	f->regs.rcx = g[2];
	f->regs.rdx = g[3];
	f->regs.rsi = g[4];
	f->regs.rdi = g[5];
	return TSM_VMM_EXIT_HOST_CALL;
}

static bool has_object(const struct front *f, const struct tsm_vector *v)
{
	const struct cca_area *area = tsm_vmm_area(f->vmm.shared);
	u32 i = 0;

	if (v->id != TSM_CCA_OBJECT_READ || v->code)
		return true;
	while (i < v->rsp_len && area->buffer[i] == CHOSEN)
		i++;
	return i == v->rsp_len;
}

/* Nothing but g0 and g1 is the host's to return */
static bool cca_returned(const struct front *f, const struct tsm_vector *v)
{
	u8 block[CCA_VECTOR_RET_LEN] = {};
	u64 g[2] = { htole64(f->regs.rax), htole64(f->regs.rbx) };

	memcpy(block + 8, g, sizeof(g));
	return front_is("host call", block, v->ret, sizeof(block)) &&
	       has_object(f, v);
}

/* The RMM asks the host by a REC exit, and is entered again with what became of it */
static void cca_ask(struct front *f, struct emu_module_call *call)
{
	if (call->reg[0] == EMU_RSI_VDEV_VALIDATE_MAPPING) {
		call->reg[0] = EMU_RSI_EXIT;
		return;
	}
	/* to the realm: up to where it is mapped, and whether the host did so */
	call->reg[0] = EMU_RSI_SUCCESS;
	call->reg[2] = call->reg[1];
	call->reg[1] = f->module[0].reg[call->reg[2] ? 2 : 3];
}

/* Return: whether it comes back so, with a request by which the host would map it */
static bool cca_maps(struct front *f, const char *ret)
{
	u64 x[CCA_VECTOR_VALIDATE_LEN / 8], is[CCA_VECTOR_VALIDATE_RET_LEN / 8];

	if (!front_words(CCA_VECTOR_VALIDATE, x, ARRAY_SIZE(x)))
		return false;
	f->regs = (struct kvm_regs) {
		.rax = x[0], .rbx = x[1], .rcx = x[2], .rdx = x[3], .rsi = x[4],
		.rdi = x[5], .r8 = x[6], .r9 = x[7], .r10 = x[8],
	};
	if (!front_exit(f, TSM_VMM_EXIT_MODULE) || f->nr_module != 2 ||
	    f->module[0].tdi_id != CCA_VECTOR_RID ||
	    memcmp(f->module[0].reg, x, sizeof(x)) || f->nr_requests != 1 ||
	    f->req_len != CCA_VECTOR_MAP_LEN || !f->is_admitted)
		return false;
	is[0] = htole64(f->regs.rax);
	is[1] = htole64(f->regs.rbx);
	is[2] = htole64(f->regs.rcx);
	return front_is("request", f->req, CCA_VECTOR_MAP, CCA_VECTOR_MAP_LEN) &&
	       front_is("X0 to X2", is, ret, sizeof(is));
}

static const char *cca_modules(struct front *f)
{
	static const struct tsm_vector map = { .class = TSM_VECTOR_STATE_CHANGE };
	static const struct tsm_vector refused = {
		.class = TSM_VECTOR_STATE_CHANGE, .code = TSM_CCA_ERROR_INPUT,
	};
	static const struct tsm_vector failed = {
		.class = TSM_VECTOR_STATE_CHANGE, .err = EIO,
	};

	f->vector = &map;
	if (!cca_maps(f, CCA_VECTOR_MAPPED))
		return "VALIDATE_MAPPING is not mapped";
	f->vector = &refused;
	if (!cca_maps(f, CCA_VECTOR_NOT_MAPPED))
		return "the realm takes for mapped what the TSM refused";
	f->vector = &failed;
	if (!cca_maps(f, CCA_VECTOR_NOT_MAPPED))
		return "the realm takes for mapped what failed";
	return NULL;
}

const struct front_test front_cca = {
	.front = &vmm_cca,
	.vectors = cca_vectors,
	.nr_vectors = ARRAY_SIZE(cca_vectors),
	.vector_rid = CCA_VECTOR_RID,
	.enter = cca_enter,
	.returned = cca_returned,
	.modules = cca_modules,
	.ask = cca_ask,
};
