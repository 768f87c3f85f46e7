// SPDX-License-Identifier: GPL-2.0
/* Bare TDISP: no vendor has such a guest, the call is the example's own */
#include <string.h>

#include "../vectors/tdisp.h"
#include "../vmm/tdisp.h"
#include "front.h"

static u16 tdisp_enter(struct front *f, const struct tsm_vector *v)
{
	struct tsm_vmm_call *call = tsm_vmm_area(f->vmm.shared);
	u8 any[sizeof(call->req)];

	memset(call, CHOSEN, sizeof(*call));
	if (v->len > sizeof(call->req) ||
	    !tsm_vector_parse(v->req, call->req, any, v->len))
		return 0;
	call->req_len = v->len;
	call->resp_len = sizeof(call->resp);
	f->regs.rbx = v->class == TSM_VECTOR_INFO ? TSM_VMM_CALL_READ :
						    TSM_VMM_CALL_CONTROL;
	return TSM_VMM_EXIT_CALL;
}

static bool tdisp_returned(const struct front *f, const struct tsm_vector *v)
{
	const struct tsm_vmm_call *call = tsm_vmm_area(f->vmm.shared);

	if (v->err)
		return call->error == (u32)v->err && !call->dispatched &&
		       !call->resp_len;
	return !call->error && call->dispatched && call->tsm_code == v->code &&
	       call->resp_len == v->rsp_len &&
	       front_is("response", call->resp, v->rsp, v->rsp_len);
}

const struct front_test front_tdisp = {
	.front = &vmm_tdisp,
	.vectors = tdisp_vectors,
	.nr_vectors = ARRAY_SIZE(tdisp_vectors),
	.vector_rid = TDISP_VECTOR_RID,
	.enter = tdisp_enter,
	.returned = tdisp_returned,
};
