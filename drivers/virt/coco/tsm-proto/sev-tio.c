// SPDX-License-Identifier: GPL-2.0
/*
 * Guest protocol of AMD SEV-TIO: SNP guest messages, and host calls.
 *
 * The payload of a message is sealed, the header is in the clear, and the PSP refuses
 * a message if its header is not the one that the guest made (SEV-SNP firmware ABI,
 * "Guest Messages"). So the type in the header says what a message can do, and a
 * false type has no effect.
 *
 * A host call is in the clear, and shorter than the header of a message.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/tsm-proto.h>
#include <linux/tsm-proto-sev-tio.h>
#include <uapi/linux/iommufd.h>

DECLARE_TSM_PROTO(sev_tio);

#define HDR_LEN		sizeof(struct tsm_sev_tio_hdr)

/* Requests and responses of one length, which both message versions share */
#define MSG(_type, _class, _req, _resp)					\
	TSM_PROTO_MSG(TSM_SEV_TIO_##_type, _class,			\
		      HDR_LEN + sizeof(struct tsm_sev_tio_##_req),	\
		      HDR_LEN + sizeof(struct tsm_sev_tio_##_resp),	\
		      HDR_LEN + sizeof(struct tsm_sev_tio_##_resp))

/* Host calls: ids after those of messages */
#define CALL(_call, _class, _req, _resp_min, _resp_max)			\
	TSM_PROTO_MSG(TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_##_call), _class, \
		      sizeof(struct tsm_sev_tio_##_req), _resp_min, _resp_max)

static const struct pci_tsm_guest_msg sev_tio_msgs[] = {
	MSG(TDI_INFO_REQ, INFO, tdi_info, tdi_info_rsp),
	MSG(MMIO_VALIDATE_REQ, STATE_CHANGE, mmio_validate, mmio_validate_rsp),
	/* Whether it reads or writes is sealed, so it takes the class of a write */
	MSG(MMIO_CONFIG_REQ, STATE_CHANGE, mmio_config, mmio_config_rsp),
	MSG(SDTE_WRITE_REQ, STATE_CHANGE, sdte_write, sdte_write_rsp),
	CALL(STOP, STATE_CHANGE, stop_run, 0, 0),
	CALL(RUN, STATE_CHANGE, stop_run, 0, 0),
	CALL(OBJECT_SIZE, INFO, object_size,
	     sizeof(struct tsm_sev_tio_object_size_rsp),
	     sizeof(struct tsm_sev_tio_object_size_rsp)),
	CALL(OBJECT_READ, INFO, object_read, 1, TSM_SEV_TIO_OBJECT_LEN_MAX),
	/* Changes the one digest that the firmware tells all guests of the device */
	CALL(MEASURE, STATE_CHANGE, measure, 0, 0),
};

static bool reserved_is_set(const struct tsm_sev_tio_hdr *hdr)
{
	return memchr_inv(hdr->reserved, 0, sizeof(hdr->reserved)) ||
	       hdr->reserved2 ||
	       memchr_inv(hdr->reserved3, 0, sizeof(hdr->reserved3));
}

static bool is_object(u8 object)
{
	return object <= TSM_SEV_TIO_OBJECT_REPORT;
}

/*
 * Hold a host call against its layout. One of another length passes, for the core
 * refuses that by the table.
 */
static bool call_is_good(const void *req, size_t len)
{
	const struct tsm_sev_tio_object_size *size = req;
	const struct tsm_sev_tio_object_read *read = req;
	const struct tsm_sev_tio_measure *measure = req;

	switch (*(const u8 *)req) {
	case TSM_SEV_TIO_CALL_STOP:
	case TSM_SEV_TIO_CALL_RUN:
		return true;
	case TSM_SEV_TIO_CALL_OBJECT_SIZE:
		return len != sizeof(*size) ||
		       (is_object(size->object) &&
			!memchr_inv(size->reserved, 0, sizeof(size->reserved)));
	case TSM_SEV_TIO_CALL_OBJECT_READ:
		return len != sizeof(*read) ||
		       (is_object(read->object) &&
			!memchr_inv(read->reserved, 0, sizeof(read->reserved)));
	case TSM_SEV_TIO_CALL_MEASURE:
		return len != sizeof(*measure) ||
		       !memchr_inv(measure->reserved, 0,
				   sizeof(measure->reserved));
	default:
		return false;
	}
}

static int call_id(const void *req, size_t len, u32 *id)
{
	if (!call_is_good(req, len))
		return -EBADMSG;

	*id = TSM_SEV_TIO_CALL_ID(*(const u8 *)req);
	return 0;
}

static int message_id(const struct tsm_sev_tio_hdr *hdr, size_t len, u32 *id)
{
	if (hdr->hdr_version != TSM_SEV_TIO_HDR_VERSION)
		return -EBADMSG;
	if (le16_to_cpu(hdr->hdr_size) != HDR_LEN)
		return -EBADMSG;
	if (hdr->algo != TSM_SEV_TIO_ALGO_AES_256_GCM)
		return -EBADMSG;
	if (hdr->msg_version < TSM_SEV_TIO_MSG_VERSION_1 ||
	    hdr->msg_version > TSM_SEV_TIO_MSG_VERSION_2)
		return -EBADMSG;
	if (hdr->msg_vmpck > TSM_SEV_TIO_VMPCK_MAX)
		return -EBADMSG;
	if (len > TSM_SEV_TIO_MSG_LEN_MAX)
		return -EBADMSG;
	if (le16_to_cpu(hdr->msg_size) != len - HDR_LEN)
		return -EBADMSG;
	if (reserved_is_set(hdr))
		return -EBADMSG;

	*id = hdr->msg_type;
	return 0;
}

static int sev_tio_msg_id(const void *req, size_t len, u32 *id)
{
	return len < HDR_LEN ? call_id(req, len, id) : message_id(req, len, id);
}

const struct pci_tsm_guest_proto tsm_proto_sev_tio = {
	.owner = THIS_MODULE,
	.name = "sev-tio",
	.type = IOMMU_TSM_TYPE_SEV_TIO,
	.envelope_len = sizeof(struct tsm_sev_tio_stop_run),
	.msg_id = sev_tio_msg_id,
	.msgs = sev_tio_msgs,
	.nr_msgs = ARRAY_SIZE(sev_tio_msgs),
};
EXPORT_SYMBOL_GPL(tsm_proto_sev_tio);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("SEV-TIO guest messages as a TSM guest protocol");
