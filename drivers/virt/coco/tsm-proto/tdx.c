// SPDX-License-Identifier: GPL-2.0
/*
 * Guest protocol of Intel TDX Connect: the command buffer of
 * TDG.VP.VMCALL<TDCM>, GHCI 2.0. All of it is in the clear, the operation in its
 * header tells what a command can do.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/tsm-proto.h>
#include <linux/tsm-proto-tdx.h>
#include <uapi/linux/iommufd.h>

DECLARE_TSM_PROTO(tdx);

#define HDR_LEN		sizeof(struct tsm_tdx_hdr)

/* No request has data, and a response that reports an error has none either */
#define MSG(_op, _class, _resp_data_max)				\
	TSM_PROTO_MSG(TSM_TDX_##_op, _class, HDR_LEN, HDR_LEN,		\
		      HDR_LEN + (_resp_data_max))

static const struct pci_tsm_guest_msg tdx_msgs[] = {
	MSG(CHECK_TEEIO_SUPP, INFO, sizeof(struct tsm_tdx_teeio_supp)),
	MSG(BIND, STATE_CHANGE, 0),
	MSG(GET_DEV_INFO, INFO, TSM_TDX_RSP_DATA_MAX),
	MSG(GET_TDI_REPORT, INFO, TSM_TDX_RSP_DATA_MAX),
	MSG(START_TDI, STATE_CHANGE, 0),
	MSG(GET_TDI_STATE, INFO, sizeof(struct tsm_tdx_tdi_state)),
	MSG(UNBIND, STATE_CHANGE, 0),
};

static int tdx_msg_id(const void *req, size_t len, u32 *id)
{
	const struct tsm_tdx_hdr *hdr = req;

	if (hdr->version != TSM_TDX_VERSION)
		return -EBADMSG;
	/* Those two are for the TSM to fill */
	if (hdr->status != TSM_TDX_WAIT || hdr->error != TSM_TDX_ERR_NONE)
		return -EBADMSG;
	if (hdr->reserved || hdr->reserved2 || hdr->reserved3 || hdr->reserved4)
		return -EBADMSG;
	if (le32_to_cpu(hdr->data_length) != len - HDR_LEN)
		return -EBADMSG;

	*id = le16_to_cpu(hdr->operation);
	return 0;
}

const struct pci_tsm_guest_proto tsm_proto_tdx = {
	.owner = THIS_MODULE,
	.name = "tdx",
	.type = IOMMU_TSM_TYPE_TDX_CONNECT,
	.envelope_len = HDR_LEN,
	.msg_id = tdx_msg_id,
	.msgs = tdx_msgs,
	.nr_msgs = ARRAY_SIZE(tdx_msgs),
};
EXPORT_SYMBOL_GPL(tsm_proto_tdx);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("TDX Connect commands as a TSM guest protocol");
