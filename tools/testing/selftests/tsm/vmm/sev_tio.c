// SPDX-License-Identifier: GPL-2.0
/*
 * Front end of the example VMM for SNP guests, which use SEV-TIO by two GHCB
 * exits: one for messages to the firmware, sealed but for their header, and one
 * by which they tell the host what they are about to do. See sev_tio.h.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/firmware.h"
#include "vmm.h"
#include "sev_tio.h"

#define EXIT_TEXT_REQUEST "GHCB 0x80000020"
#define EXIT_TEXT_OP "GHCB 0x80000021"

static_assert(offsetof(struct sev_ghcb, rcx) == 0x308 &&
	      offsetof(struct sev_ghcb, exit_code) == 0x390 &&
	      sizeof(struct sev_ghcb) == TSM_VMM_PAGE, "GHCB, AMD 56421");

/*
 * The policy: what a message may do. Which it is tells the header; a guest that
 * changes that after this look gets no more than this scope.
 */
static const struct policy {
	u8 type;
	enum iommu_vdevice_tsm_scope scope;
	bool needs_consent;
} policies[] = {
	/* digests and status, the guest attests by it */
	{ TSM_SEV_TIO_TDI_INFO_REQ, IOMMU_VDEVICE_TSM_SCOPE_INFO },
	/* gives the guest its MMIO, which it does after it has said RUN */
	{ TSM_SEV_TIO_MMIO_VALIDATE_REQ, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, true },
	/* can write, though it may only read: nobody sees that from outside */
	{ TSM_SEV_TIO_MMIO_CONFIG_REQ, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, true },
	/* starts the TDI and opens memory to it */
	{ TSM_SEV_TIO_SDTE_WRITE_REQ, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, true },
};

/*
 * Before SEV_OP_RUN the guest only attests, whatever it sends. What is no
 * message of SEV-TIO the kernel refuses, with any scope.
 */
static enum iommu_vdevice_tsm_scope scope_of(const struct vmm *vmm, u8 type)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (policies[i].type == type &&
		    (vmm->consent || !policies[i].needs_consent))
			return policies[i].scope;
	return IOMMU_VDEVICE_TSM_SCOPE_INFO;
}

static const char *sev_tio_message(u32 id)
{
	switch (id) {
	case TSM_SEV_TIO_TDI_INFO_REQ:
		return "TIO_MSG_TDI_INFO_REQ";
	case TSM_SEV_TIO_MMIO_VALIDATE_REQ:
		return "TIO_MSG_MMIO_VALIDATE_REQ";
	case TSM_SEV_TIO_MMIO_CONFIG_REQ:
		return "TIO_MSG_MMIO_CONFIG_REQ";
	case TSM_SEV_TIO_SDTE_WRITE_REQ:
		return "TIO_MSG_SDTE_WRITE_REQ";
	default:
		return NULL;
	}
}

/* What the guest learns of an errno */
static u64 guest_error(int err, u64 fw)
{
	switch (err) {
	case 0:
		return SEV_GUEST_ERR(0, fw);
	case ENOBUFS:
	case EMSGSIZE:
		return SEV_GUEST_ERR(SEV_VMM_ERR_INVALID_LEN, fw);
	case EAGAIN:
	case EINTR:
	case ENOMEM:
		return SEV_GUEST_ERR(SEV_VMM_ERR_BUSY, fw);
	default:
		return SEV_GUEST_ERR(SEV_VMM_ERR_GENERIC, fw);
	}
}

/**
 * struct objects - what goes into the data pages
 * @data: objects by their type, NULL for those that nobody wants
 * @len: their lengths
 * @pages: pages that they take with their table
 */
struct objects {
	void *data[SEV_NR_OBJECTS];
	u32 len[SEV_NR_OBJECTS];
	u64 pages;
};

static void free_objects(struct objects *o)
{
	for (int type = 0; type < SEV_NR_OBJECTS; type++)
		free(o->data[type]);
}

/*
 * The host has them from the firmware, here from the emulated platform. Nobody
 * has to believe it: the digests are in the sealed response.
 */
static int get_objects(const struct vmm *vmm, u64 wanted, struct objects *o)
{
	u64 len = (SEV_NR_OBJECTS + 1) * sizeof(struct sev_object);
	int rc = 0;

	*o = (struct objects) {};
	for (int type = 0; !rc && type < SEV_NR_OBJECTS; type++) {
		if (!(wanted & SEV_INFO_OBJECT(type)))
			continue;
		rc = tsm_firmware_object(&vmm->setup, type, &o->data[type],
					 &o->len[type]);
		len += o->len[type];
	}
	o->pages = (len + TSM_VMM_PAGE - 1) / TSM_VMM_PAGE;
	if (rc)
		free_objects(o);
	return rc;
}

static void put_objects(const struct objects *o, void *pages)
{
	u32 offset = (SEV_NR_OBJECTS + 1) * sizeof(struct sev_object);
	struct sev_object *entry = pages;

	for (int type = 0; type < SEV_NR_OBJECTS; type++) {
		if (!o->data[type])
			continue;
		*entry++ = (struct sev_object) {
			.guid = SEV_OBJECT_GUID(type),
			.offset = htole32(offset),
			.len = htole32(o->len[type]),
		};
		memcpy((char *)pages + offset, o->data[type], o->len[type]);
		offset += o->len[type];
	}
	*entry = (struct sev_object) {};
}

static u64 tdisp_state(const struct vmm *vmm)
{
	struct tsm_firmware_tdi tdi;

	if (tsm_firmware_tdi(&vmm->setup, &tdi))
		return PCI_TDISP_STATE_ERROR;
	return tdi.state;
}

/*
 * Forward a message. The VMM adds what it takes from the kernel: both lengths,
 * which the header tells for the request, and a page is always enough for the
 * response.
 */
static u64 forward(struct vmm *vmm, const struct sev_ghcb *ghcb,
		   const struct tsm_sev_tio_hdr *hdr)
{
	struct vmm_call call = {
		.exit = EXIT_TEXT_REQUEST,
		.id = hdr->msg_type,
		.scope = scope_of(vmm, hdr->msg_type),
		.req = vmm_shared(vmm, ghcb->exit_info_1, TSM_VMM_PAGE),
		.req_len = sizeof(*hdr) + le16toh(hdr->msg_size),
		.resp = vmm_shared(vmm, ghcb->exit_info_2, TSM_VMM_PAGE),
		.resp_len = TSM_VMM_PAGE,
	};
	int err;

	if (!call.resp)
		return guest_error(EFAULT, 0);
	if (call.req_len > TSM_VMM_PAGE)
		return guest_error(EMSGSIZE, 0);

	err = vmm_request(vmm, &call);
	return guest_error(err, call.cmd.out_tsm_code);
}

/* With objects; that they fit is known before the firmware is asked */
static u64 serve_info(struct vmm *vmm, const struct sev_ghcb *in,
		      struct sev_ghcb *out, const struct tsm_sev_tio_hdr *hdr)
{
	void *pages = vmm_shared(vmm, in->rax, in->rbx * TSM_VMM_PAGE);
	struct objects objects;
	u64 error;

	if (in->rbx > SEV_DATA_PAGES || !pages)
		return guest_error(EFAULT, 0);
	if (get_objects(vmm, in->rdx, &objects))
		return guest_error(EIO, 0);

	out->rbx = objects.pages;
	error = in->rbx < objects.pages ? guest_error(ENOBUFS, 0) :
					  forward(vmm, in, hdr);
	if (!error) {
		put_objects(&objects, pages);
		if (in->rdx & SEV_INFO_STATE)
			out->rdx = tdisp_state(vmm);
	}
	free_objects(&objects);
	return error;
}

static u64 serve_request(struct vmm *vmm, const struct sev_ghcb *in,
			 struct sev_ghcb *out)
{
	const void *msg = vmm_shared(vmm, in->exit_info_1, TSM_VMM_PAGE);
	struct tsm_sev_tio_hdr hdr;

	if (!msg || in->rcx != vmm->setup.virt_id)
		return guest_error(EINVAL, 0);
	vmm_read_shared(&hdr, msg, sizeof(hdr));
	if (hdr.msg_type == TSM_SEV_TIO_TDI_INFO_REQ)
		return serve_info(vmm, in, out, &hdr);
	return forward(vmm, in, &hdr);
}

/* The firmware does that, for the guest's secrets page, when it launches it */
static int copy_secrets(struct vmm *vmm)
{
	struct sev_tio_area *area = tsm_vmm_area(vmm->shared);

	return -tsm_firmware_secrets(&vmm->setup, &area->secrets);
}

static u64 serve_op(struct vmm *vmm, const struct sev_ghcb *in,
		    struct sev_ghcb *out)
{
	int err = 0;

	if ((u32)in->exit_info_1 != vmm->setup.virt_id)
		return guest_error(EINVAL, 0);

	switch (in->exit_info_1 >> 32) {
	case SEV_OP_BIND:
		err = vmm_op(vmm, EXIT_TEXT_OP, IOMMU_VDEVICE_TSM_BIND);
		if (!err)
			err = copy_secrets(vmm);
		out->rcx = vmm->setup.virt_id;
		break;
	case SEV_OP_UNBIND:
		err = vmm_op(vmm, EXIT_TEXT_OP, IOMMU_VDEVICE_TSM_UNBIND);
		break;
	case SEV_OP_RUN:
		/* The firmware starts the TDI when the guest opens its memory */
		vmm->consent = true;
		vmm_print_own(vmm, EXIT_TEXT_OP, "run", "from now on it may start");
		break;
	case SEV_OP_STOP:
		vmm->consent = false;
		vmm_print_own(vmm, EXIT_TEXT_OP, "stop", "from now on it may not");
		break;
	default:
		err = EOPNOTSUPP;
	}
	return guest_error(err, 0);
}

static int sev_tio_exit(struct vmm *vmm, u16 port)
{
	struct sev_ghcb *out = tsm_vmm_area(vmm->shared);
	struct sev_ghcb in;

	if (port != TSM_VMM_PORT_VMGEXIT)
		return -EOPNOTSUPP;

	vmm_read_shared(&in, out, sizeof(in));
	if (in.exit_code == SEV_EXIT_GUEST_REQUEST)
		out->exit_info_2 = serve_request(vmm, &in, out);
	else if (in.exit_code == SEV_EXIT_OP)
		out->exit_info_2 = serve_op(vmm, &in, out);
	else
		return tsm_fail(&vmm->setup, EOPNOTSUPP, "serve GHCB exit %#llx",
				in.exit_code);
	return 0;
}

const struct vmm_front vmm_sev_tio = {
	.name = "sev-tio",
	.tsm_type = IOMMU_TSM_TYPE_SEV_TIO,
	.guest = tsm_vmm_guest_sev_tio,
	.area_size = sizeof(struct sev_tio_area),
	.shared_size = offsetof(struct sev_tio_area, secrets),
	.message = sev_tio_message,
	.exit = sev_tio_exit,
};
