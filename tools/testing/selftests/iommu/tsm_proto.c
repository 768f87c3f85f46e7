// SPDX-License-Identifier: GPL-2.0
/* What the tests of all guest protocols share, see tsm_proto.h */
#include <stdlib.h>

#include "tsm_proto.h"

const struct iommu_tsm_msg *proto_msg(const struct proto *proto, u32 id)
{
	for (u32 i = 0; i < proto->nr_msgs; i++)
		if (proto->msgs[i].id == id)
			return &proto->msgs[i];
	return NULL;
}

int proto_assign(struct proto_test *p, const struct proto *proto, const char *fn)
{
	int platform;

	*p = (struct proto_test) { .proto = proto };
	tsm_setup_init(&p->t.s, tsm_find_function(fn));
	if (tsm_find_platform(&p->t.s))
		return -ENODEV;
	platform = tsm_firmware_platform(proto->name);
	if (platform < 0)
		return tsm_lack(&p->t.s, ENODEV, "find a platform that speaks %s (tsm_emu.proto=)",
				proto->name);

	p->resp = malloc(PROTO_RESP_MAX);
	if (!p->resp)
		return tsm_fail(&p->t.s, ENOMEM, "allocate");
	tsm_setup_init(&p->t.s, tsm_find_function_of(platform, fn));
	tsm_platform_stall_at(platform, 0);
	return tsm_prepare_host(&p->t.s) ?: tsm_assign(&p->t.s);
}

/* With the keys of an SNP guest, where the platform has them */
int proto_bind(struct proto_test *p)
{
	struct emu_sev_secrets secrets;
	int rc;

	rc = tsm_bind_tdi(&p->t.s);
	if (rc || p->proto->type != IOMMU_TSM_TYPE_SEV_TIO)
		return rc;

	rc = tsm_firmware_secrets(&p->t.s, &secrets);
	if (rc)
		return tsm_fail(&p->t.s, -rc, "read the guest's secrets");
	memcpy(p->channel.key, secrets.vmpck[0], sizeof(p->channel.key));
	p->channel.vmpck = 0;
	p->channel.seqno = 1;
	p->channel.msg_version = TSM_SEV_TIO_MSG_VERSION_1;
	return 0;
}

void proto_close(struct proto_test *p)
{
	if (p->t.s.fn)
		tsm_platform_stall_at(p->t.s.fn->platform, 0);
	tsm_setup_close(&p->t.s);
	free(p->resp);
	p->resp = NULL;
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
	prepare(&p->t, scope, p->req, len);
	p->t.cmd.tsm_type = p->proto->type;
	p->t.cmd.resp_uptr = (uintptr_t)p->resp;
	p->t.cmd.resp_len = PROTO_RESP_MAX;
}

int proto_request(struct proto_test *p, u32 id)
{
	u32 len = p->proto->make(p, id, 0);
	int rc;

	proto_prepare(p, proto_msg(p->proto, id)->scope, len);
	rc = ioctl_request(&p->t);
	if (rc)
		return rc;
	if (p->t.cmd.out_tsm_code)
		return -EREMOTEIO;
	return p->proto->finish ? p->proto->finish(p, id) : 0;
}

bool proto_is_state(const struct proto_test *p, int state)
{
	struct tsm_firmware_tdi tdi;

	return !tsm_firmware_tdi(&p->t.s, &tdi) && tdi.state == state;
}
