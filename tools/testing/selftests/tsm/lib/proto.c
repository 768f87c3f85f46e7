// SPDX-License-Identifier: GPL-2.0
/* What the tests of all guest protocols share, see proto.h */
#include <stdlib.h>

#include "kselftest.h"
#include "proto.h"

#define TSM_PROTO(_name) &proto_##_name,
const struct proto * const protos[NR_PROTOS] = {
#include "proto_list.h"
};
#undef TSM_PROTO

const struct iommu_tsm_msg *proto_msg(const struct proto_test *p, u32 id)
{
	for (u32 i = 0; i < p->nr_msgs; i++)
		if (p->msgs[i].id == id)
			return &p->msgs[i];
	return NULL;
}

static int read_table(struct proto_test *p)
{
	struct iommu_vdevice_tsm_info info = {
		.vdevice_id = p->t.s.vdevice_id,
		.num_msgs = PROTO_MSGS_MAX,
		.msg_len = sizeof(p->msgs[0]),
		.msgs_uptr = (uintptr_t)p->msgs,
	};
	int rc;

	rc = tsm_info(&p->t, &info);
	if (rc)
		return tsm_fail(&p->t.s, -rc, "take a table of %u messages",
				info.num_msgs);
	p->type = info.out_tsm_type;
	p->nr_msgs = info.num_msgs;
	return 0;
}

/* Find the function, and make room for requests about it */
static int begin(struct proto_test *p, const struct proto *proto, const char *fn)
{
	int rc;

	*p = (struct proto_test) { .proto = proto };
	rc = tsm_firmware_find(&p->t.s, proto->name, fn);
	if (rc)
		return rc;

	p->resp = malloc(PROTO_RESP_MAX);
	p->args = calloc(1, proto->args_size ?: 1);
	if (!p->resp || !p->args)
		return tsm_fail(&p->t.s, ENOMEM, "allocate");
	tsm_platform_stall_at(p->t.s.fn->platform, 0);
	return tsm_prepare_host(&p->t.s);
}

int proto_assign(struct proto_test *p, const struct proto *proto, const char *fn)
{
	return begin(p, proto, fn) ?: tsm_assign(&p->t.s) ?: read_table(p);
}

int proto_bind(struct proto_test *p)
{
	int rc = tsm_bind_tdi(&p->t.s);

	if (rc || !p->proto->bound)
		return rc;
	rc = p->proto->bound(p);
	return rc ? tsm_fail(&p->t.s, -rc, "learn what the guest learns by the bind") : 0;
}

int proto_open(struct proto_test *p, const struct proto *proto, const char *fn)
{
	return proto_assign(p, proto, fn) ?: proto_bind(p);
}

int proto_open_beside(struct proto_test *p, const struct proto_test *other,
		      const char *fn, bool same_vm)
{
	int rc = begin(p, other->proto, fn);

	p->t.s.virt_id = other->t.s.virt_id + 1;
	if (!rc && same_vm)
		rc = tsm_share_vm(&p->t.s, &other->t.s);
	return rc ?: tsm_assign(&p->t.s) ?: read_table(p) ?: proto_bind(p);
}

void proto_close(struct proto_test *p)
{
	if (p->t.s.fn)
		tsm_platform_stall_at(p->t.s.fn->platform, 0);
	tsm_setup_close(&p->t.s);
	free(p->resp);
	free(p->args);
	p->resp = NULL;
	p->args = NULL;
}

int proto_use_range(struct proto_test *p, u32 index)
{
	const struct pci_tdisp_interface_report *report;
	const struct pci_tdisp_mmio_range *range;
	void *data;
	u32 len;
	int rc;

	rc = tsm_firmware_object(&p->t.s, EMU_OBJECT_REPORT, &data, &len);
	if (rc)
		return rc;
	report = data;
	if (index < le32toh(report->mmio_range_count)) {
		range = &report->mmio_range[index];
		p->range.base = le64toh(range->first_page) << 12;
		p->range.offset = 0;
		p->range.pages = le32toh(range->pages);
		p->range.id = le16toh(range->range_id);
	} else {
		rc = -ENOENT;
	}
	free(data);
	return rc;
}

void proto_prepare(struct proto_test *p, u32 scope, u32 len)
{
	tsm_request_init(&p->t, scope, p->req, len);
	p->t.cmd.tsm_type = p->proto->type;
	p->t.cmd.resp_uptr = (uintptr_t)p->resp;
	p->t.cmd.resp_len = PROTO_RESP_MAX;
}

int proto_request(struct proto_test *p, u32 id)
{
	const struct iommu_tsm_msg *msg = proto_msg(p, id);
	int rc;

	if (!msg)
		return -ENOMSG;
	proto_prepare(p, msg->scope, p->proto->make(p, id, 0));
	rc = tsm_request_send(&p->t);
	if (rc)
		return rc;
	if (p->t.cmd.out_tsm_code)
		return -EREMOTEIO;
	if (p->t.cmd.out_resp_len < msg->resp_min ||
	    p->t.cmd.out_resp_len > msg->resp_max)
		return -EPROTO;
	return p->proto->finish ? p->proto->finish(p, id) : 0;
}

s64 proto_refusal(struct proto_test *p, u32 id)
{
	int rc = proto_request(p, id);

	if (rc != -EREMOTEIO)
		return rc ?: -EPROTO;
	if (p->t.cmd.out_resp_len ||
	    p->t.cmd.out_flags != IOMMU_VDEVICE_TSM_DISPATCHED)
		return -EPROTO;
	return p->t.cmd.out_tsm_code;
}

int proto_open_as(struct proto_test *p, const struct proto *proto, const char *fn,
		  u64 rid)
{
	int rc = begin(p, proto, fn);

	p->t.s.virt_id = rid;
	return rc ?: tsm_assign(&p->t.s) ?: read_table(p) ?: proto_bind(p);
}

bool proto_use_vector(struct proto_test *p, const struct tsm_vector *v)
{
	u8 any[TSM_VECTOR_MAX];

	if (v->len > sizeof(any) ||
	    !tsm_vector_parse(v->req, p->req, any, v->len))
		return false;
	return v->err || !p->proto->adapt || p->proto->adapt(p, v);
}

void proto_prepare_vector(struct proto_test *p, const struct tsm_vector *v)
{
	proto_prepare(p, v->class, v->len);
	if (v->room)
		p->t.cmd.resp_len = v->room;
}

bool proto_is_answered(struct proto_test *p, const struct tsm_vector *v)
{
	u32 len = p->t.cmd.out_resp_len, at;
	u8 bytes[TSM_VECTOR_MAX], any[TSM_VECTOR_MAX];

	if (p->t.cmd.out_tsm_code != v->code) {
		ksft_print_msg("code %#llx\n",
			       (unsigned long long)p->t.cmd.out_tsm_code);
		return false;
	}
	if (len < v->rsp_len || (len > v->rsp_len && len > v->rsp_max)) {
		ksft_print_msg("response of %u bytes\n", len);
		return false;
	}
	if (!v->rsp)
		return true;
	if (p->proto->reveal && p->proto->reveal(p, v))
		return false;

	len = len < sizeof(bytes) ? len : sizeof(bytes);
	if (!tsm_vector_parse(v->rsp, bytes, any, len))
		return false;
	at = tsm_vector_compare(p->resp, bytes, any, len);
	if (at < len)
		ksft_print_msg("byte %#x of the response is %02x\n", at, p->resp[at]);
	return at == len;
}

bool proto_is_state(const struct proto_test *p, int state)
{
	struct tsm_firmware_tdi tdi;

	return !tsm_firmware_tdi(&p->t.s, &tdi) && tdi.state == state;
}

bool proto_is_tdi(const struct proto_test *p, int state, bool dma,
		  unsigned int pages0, unsigned int pages1)
{
	struct tsm_firmware_tdi tdi;

	if (tsm_firmware_tdi(&p->t.s, &tdi))
		return false;
	if (tdi.state == state && tdi.dma == dma && tdi.pages[0] == pages0 &&
	    tdi.pages[1] == pages1)
		return true;
	ksft_print_msg("TDI: %s, DMA %u, %u and %u pages\n",
		       tsm_firmware_state_name(tdi.state), tdi.dma, tdi.pages[0],
		       tdi.pages[1]);
	return false;
}
