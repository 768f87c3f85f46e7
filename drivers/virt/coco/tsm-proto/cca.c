// SPDX-License-Identifier: GPL-2.0
/*
 * Guest protocol of Arm CCA device assignment: the VMM puts a realm's host call
 * (RHI, Arm DEN0148) or its exit to map MMIO into a request. Its first field is a
 * type, which says what the request can do.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/stddef.h>
#include <linux/tsm-proto.h>
#include <linux/tsm-proto-cca.h>
#include <linux/unaligned.h>
#include <uapi/linux/iommufd.h>

DECLARE_TSM_PROTO(cca);

#define MSG(_type, _class, _req, _resp_min, _resp_max)			\
	TSM_PROTO_MSG(TSM_CCA_##_type, _class,				\
		      sizeof(struct tsm_cca_##_req), _resp_min, _resp_max)

static const struct pci_tsm_guest_msg cca_msgs[] = {
	MSG(OBJECT_SIZE, INFO, object_size,
	    sizeof(struct tsm_cca_object_size_rsp),
	    sizeof(struct tsm_cca_object_size_rsp)),
	MSG(OBJECT_READ, INFO, object_read, 1, PCI_TSM_GUEST_RESP_LEN_MAX),
	/* The host's copy of an object changes, device and TDI do not */
	MSG(REPORT_REFRESH, INFO, report_refresh, 0, 0),
	MSG(MEASUREMENTS_REFRESH, INFO, measurements_refresh, 0, 0),
	MSG(VALIDATE_MMIO, STATE_CHANGE, validate_mmio, 0, 0),
	MSG(SET_TDI_STATE, STATE_CHANGE, set_tdi_state, 0, 0),
	/* What goes on may be a change of the state; to give it up is one */
	MSG(CONTINUE, STATE_CHANGE, continue, 0, 0),
	MSG(ABORT, STATE_CHANGE, abort, 0, 0),
};

/*
 * The two requests with 64 bit members have a reserved word before them. A request
 * that ends before that word is too short, and the core refuses it.
 */
static bool reserved_is_set(const void *req, size_t len, u32 type)
{
	const struct tsm_cca_validate_mmio *mmio = req;

	static_assert(offsetof(struct tsm_cca_measurements_refresh, reserved) ==
		      offsetof(struct tsm_cca_validate_mmio, reserved));

	if (type != TSM_CCA_MEASUREMENTS_REFRESH &&
	    type != TSM_CCA_VALIDATE_MMIO)
		return false;
	if (len < offsetofend(struct tsm_cca_validate_mmio, reserved))
		return false;
	return mmio->reserved;
}

static int cca_msg_id(const void *req, size_t len, u32 *id)
{
	u32 type = get_unaligned_le32(req);

	if (reserved_is_set(req, len, type))
		return -EBADMSG;

	*id = type;
	return 0;
}

const struct pci_tsm_guest_proto tsm_proto_cca = {
	.owner = THIS_MODULE,
	.name = "cca",
	.type = IOMMU_TSM_TYPE_CCA,
	.envelope_len = sizeof(__le32),
	.msg_id = cca_msg_id,
	.msgs = cca_msgs,
	.nr_msgs = ARRAY_SIZE(cca_msgs),
};
EXPORT_SYMBOL_GPL(tsm_proto_cca);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Arm CCA requests as a TSM guest protocol");
