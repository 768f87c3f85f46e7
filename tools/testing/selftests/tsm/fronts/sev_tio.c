// SPDX-License-Identifier: GPL-2.0
/* SNP guests: the GHCB, the pages that its fields are addresses of, and no vCPU */
#include <stdint.h>
#include <string.h>

#include "../vectors/sev_tio.h"
#include "../vmm/sev_tio.h"
#include "front.h"

/* By their number in host calls, bit of RDX less 1 */
static const struct {
	const char *guid;
	const char *text;
	u32 len;
} objects[] = {
	{ SEV_TIO_VECTOR_GUID_CERTIFICATES, SEV_TIO_VECTOR_CERTIFICATES, 4 },
	{ SEV_TIO_VECTOR_GUID_MEASUREMENTS, SEV_TIO_VECTOR_MEASUREMENTS, 4 },
	{ SEV_TIO_VECTOR_GUID_REPORT, SEV_TIO_VECTOR_REPORT, SEV_TIO_VECTOR_REPORT_LEN },
};

/* What the guest has in the place of an address in the vector */
static u64 own(const struct front *f, u64 word)
{
	const struct sev_tio_area *area = tsm_vmm_area(f->vmm.shared);

	switch (word) {
	case SEV_TIO_VECTOR_REQ:
		return (const char *)area->req - f->vmm.ram;
	case SEV_TIO_VECTOR_RSP:
		return (const char *)area->resp - f->vmm.ram;
	case SEV_TIO_VECTOR_DATA:
		return (const char *)area->data - f->vmm.ram;
	default:
		return word;
	}
}

static u16 sev_tio_enter(struct front *f, const struct tsm_vector *v)
{
	struct sev_tio_area *area = tsm_vmm_area(f->vmm.shared);
	struct sev_ghcb *ghcb = &area->ghcb;
	u8 call[SEV_TIO_VECTOR_CALL_LEN], any[SEV_TIO_VECTOR_CALL_LEN];

	memset(area, 0, sizeof(*area));
	if (!v->call || !tsm_vector_parse(v->call, call, any, sizeof(call)))
		return 0;
	memcpy(ghcb, call, sizeof(*ghcb));
	memcpy(area->req, call + sizeof(*ghcb), sizeof(call) - sizeof(*ghcb));
	if (v->req && v->len >= SEV_TIO_VECTOR_HDR_LEN &&
	    !tsm_vector_parse(v->req, area->req, any, v->len))
		return 0;
	/* a nonce, where one is looked for */
	memset(area->data, CHOSEN, TSM_SEV_TIO_NONCE_LEN);
	/* what the firmware wrote when it launched the guest */
	area->secrets.tdi_id = htole32(SEV_TIO_VECTOR_RID);
	ghcb->rax = own(f, ghcb->rax);
	if (ghcb->exit_code == SEV_EXIT_GUEST_REQUEST) {
		ghcb->exit_info_1 = own(f, ghcb->exit_info_1);
		ghcb->exit_info_2 = own(f, ghcb->exit_info_2);
	}
	return TSM_VMM_EXIT_VMGEXIT;
}

/* As AMD's guests look for it: three entries at most, the last one has no GUID */
static bool has_object(const u8 *pages, const char *text, const char *data, u32 len)
{
	const struct sev_object *entry = (const void *)pages;
	const struct sev_object none = {};
	u8 guid[16], any[16];
	u32 offset;

	if (!tsm_vector_parse(text, guid, any, sizeof(guid)))
		return false;
	for (int i = 0; i < 3 && memcmp(&entry[i], &none, sizeof(guid)); i++) {
		if (memcmp(entry[i].guid, guid, sizeof(guid)))
			continue;
		offset = le32toh(entry[i].offset);
		return le32toh(entry[i].len) == len &&
		       offset <= SEV_DATA_PAGES * TSM_VMM_PAGE - len &&
		       front_is("object", pages + offset, data, len);
	}
	return false;
}

/* Those that RDX asks for, and no others. So it is for the state, which is in RDX then */
static bool has_what_was_asked(const struct front *f)
{
	const struct sev_tio_area *area = tsm_vmm_area(f->vmm.shared);
	u8 call[SEV_TIO_VECTOR_CALL_LEN], any[SEV_TIO_VECTOR_CALL_LEN];
	u64 rdx;

	if (!tsm_vector_parse(f->vector->call, call, any, sizeof(call)))
		return false;
	rdx = front_word(call, offsetof(struct sev_ghcb, rdx));
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		if (!!(rdx & 2ULL << i) !=
		    has_object(area->data, objects[i].guid, objects[i].text,
			       objects[i].len))
			return false;
	return area->ghcb.rdx == (rdx & 1 ? FRONT_TDI_STATE : rdx);
}

/*
 * BIND and UNBIND are the VMM's to do, once. The id that BIND returns is there whatever
 * the action, as KVM has it.
 */
static bool is_done(const struct front *f)
{
	const struct sev_tio_area *area = tsm_vmm_area(f->vmm.shared);
	bool binds = f->op == IOMMU_VDEVICE_TSM_BIND;

	if (area->ghcb.exit_code != SEV_EXIT_OP || area->ghcb.exit_info_2)
		return !f->nr_ops;
	if (area->ghcb.rcx != f->vmm.setup.virt_id || f->nr_ops != !f->vector->req)
		return false;
	return f->vector->req || binds == !strcmp(f->vector->call,
						  SEV_TIO_VECTOR_OP_TEXT(00));
}

static bool sev_tio_returned(const struct front *f, const struct tsm_vector *v)
{
	const struct sev_tio_area *area = tsm_vmm_area(f->vmm.shared);

	if (!front_is("EXITINFO", (const u8 *)&area->ghcb + SEV_TIO_VECTOR_RET_AT,
		      v->ret, SEV_TIO_VECTOR_RET_LEN) || !is_done(f))
		return false;
	if (!v->req || v->len < SEV_TIO_VECTOR_HDR_LEN)
		return true;
	if (v->id == TSM_SEV_TIO_TDI_INFO_REQ && !has_what_was_asked(f))
		return false;
	return front_is("response", area->resp, v->rsp, v->rsp_len);
}

/* Host calls by which the VMM fetches objects. Those of the guest are STOP and RUN */
static bool sev_tio_serve(struct front *f, struct iommu_vdevice_tsm_guest_request *cmd)
{
	const u8 *req = (const u8 *)(uintptr_t)cmd->req_uptr;
	u8 *resp = (u8 *)(uintptr_t)cmd->resp_uptr, any[SEV_TIO_VECTOR_REPORT_LEN];
	struct tsm_sev_tio_object_size_rsp size = { .generation = htole64(1) };

	if (cmd->req_len >= SEV_TIO_VECTOR_HDR_LEN || cmd->req_len == 1)
		return false;

	/* what only reads gets no more than that */
	f->is_admitted &= cmd->scope == (req[0] == TSM_SEV_TIO_CALL_MEASURE ?
					 IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE :
					 IOMMU_VDEVICE_TSM_SCOPE_INFO);
	switch (req[0]) {
	case TSM_SEV_TIO_CALL_OBJECT_SIZE:
		size.size = htole32(objects[req[1]].len);
		cmd->out_resp_len = sizeof(size);
		memcpy(resp, &size, sizeof(size));
		break;
	case TSM_SEV_TIO_CALL_OBJECT_READ:
		cmd->out_resp_len = objects[req[1]].len;
		f->is_admitted &= tsm_vector_parse(objects[req[1]].text, resp, any,
						   cmd->out_resp_len);
		break;
	case TSM_SEV_TIO_CALL_MEASURE:
		/* the nonce that the guest put there */
		for (u32 i = 0; i < TSM_SEV_TIO_NONCE_LEN; i++)
			f->is_admitted &= req[4 + i] == CHOSEN;
		break;
	}
	return true;
}

const struct front_test front_sev_tio = {
	.front = &vmm_sev_tio,
	.vectors = sev_tio_vectors,
	.nr_vectors = ARRAY_SIZE(sev_tio_vectors),
	.vector_rid = SEV_TIO_VECTOR_RID,
	.enter = sev_tio_enter,
	.returned = sev_tio_returned,
	.serve = sev_tio_serve,
};
