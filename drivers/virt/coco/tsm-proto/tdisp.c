// SPDX-License-Identifier: GPL-2.0
/*
 * Guest protocol of a TSM that takes bare TDISP 1.0 messages, PCIe r6.3 section
 * 11.3. The message code says what a message can do. Vendor defined messages can
 * do anything, so they are not in the table. Reserved fields of the header have to
 * be 0, though a device ignores them (section 11.3.3): a later revision may use them
 * for more than the table knows.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/pci-tdisp.h>
#include <linux/tsm-proto.h>
#include <uapi/linux/iommufd.h>

/*
 * Any request can be answered by TDISP_ERROR instead, section 11.3.24. The extended
 * data, which follows VENDOR_SPECIFIC_ERROR, is cut off by the driver where the
 * response would be longer than here: its length stays in the error's data.
 */
#define HDR_LEN		sizeof(struct pci_tdisp_header)
#define ERROR_LEN	sizeof(struct pci_tdisp_error_rsp)

DECLARE_TSM_PROTO(tdisp);

#define MSG(_name, ...)	TSM_PROTO_MSG(PCI_TDISP_##_name, __VA_ARGS__)

static const struct pci_tsm_guest_msg tdisp_msgs[] = {
	/* There is one version at least, section 11.3.5 */
	MSG(GET_VERSION, INFO, HDR_LEN,
	    sizeof(struct pci_tdisp_version) + 1,
	    sizeof(struct pci_tdisp_version) + U8_MAX),
	MSG(GET_CAPABILITIES, INFO, sizeof(struct pci_tdisp_get_capabilities),
	    ERROR_LEN, sizeof(struct pci_tdisp_capabilities)),
	MSG(LOCK_INTERFACE, STATE_CHANGE,
	    sizeof(struct pci_tdisp_lock_interface),
	    ERROR_LEN, sizeof(struct pci_tdisp_lock_interface_rsp)),
	MSG(GET_INTERFACE_REPORT, INFO,
	    sizeof(struct pci_tdisp_get_interface_report),
	    sizeof(struct pci_tdisp_interface_report_rsp),
	    sizeof(struct pci_tdisp_interface_report_rsp) + U16_MAX),
	MSG(GET_INTERFACE_STATE, INFO, HDR_LEN,
	    sizeof(struct pci_tdisp_interface_state_rsp), ERROR_LEN),
	MSG(START_INTERFACE, STATE_CHANGE,
	    sizeof(struct pci_tdisp_start_interface), HDR_LEN, ERROR_LEN),
	MSG(STOP_INTERFACE, STATE_CHANGE, HDR_LEN, HDR_LEN, ERROR_LEN),
	/* The TDISP state stays, but the device may do something else */
	MSG(BIND_P2P_STREAM, STATE_CHANGE, sizeof(struct pci_tdisp_p2p_stream),
	    HDR_LEN, ERROR_LEN),
	MSG(UNBIND_P2P_STREAM, STATE_CHANGE,
	    sizeof(struct pci_tdisp_p2p_stream), HDR_LEN, ERROR_LEN),
	MSG(SET_MMIO_ATTRIBUTE, STATE_CHANGE,
	    sizeof(struct pci_tdisp_set_mmio_attribute), HDR_LEN, ERROR_LEN),
};

static int tdisp_msg_id(const void *req, size_t len, u32 *id)
{
	const struct pci_tdisp_header *hdr = req;

	/* A later minor version is for the device to judge, section 11.3.4 */
	if (hdr->version >> 4 != PCI_TDISP_VERSION_1_0 >> 4)
		return -EBADMSG;
	if (!(hdr->type & PCI_TDISP_REQ))
		return -EBADMSG;
	if (hdr->reserved[0] || hdr->reserved[1] || hdr->reserved_id)
		return -EBADMSG;

	*id = hdr->type;
	return 0;
}

const struct pci_tsm_guest_proto tsm_proto_tdisp = {
	.owner = THIS_MODULE,
	.name = "tdisp",
	.type = IOMMU_TSM_TYPE_TDISP,
	.envelope_len = HDR_LEN,
	.msg_id = tdisp_msg_id,
	.msgs = tdisp_msgs,
	.nr_msgs = ARRAY_SIZE(tdisp_msgs),
};
EXPORT_SYMBOL_GPL(tsm_proto_tdisp);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("TDISP messages as a TSM guest protocol");
