// SPDX-License-Identifier: GPL-2.0
/*
 * Front end of the example VMM for SNP guests, which use SEV-TIO by two GHCB
 * exits: one for messages to the firmware, sealed but for their header, and one
 * by which they have the host bind, start, stop and unbind the TDI. See sev_tio.h.
 *
 * A guest takes each error but BUSY as the end of its key, of a message that is;
 * nothing it does later can mend that.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/firmware.h"
#include "../lib/pci.h"
#include "vmm.h"
#include "sev_tio.h"

#define EXIT_TEXT_REQUEST "SEV_TIO_GR"
#define EXIT_TEXT_OP(_action) "SEV_TIO_OP " #_action

/* A reset, the longest of what a bind may come across, is over within 10 s */
#define OP_TRIES 1000
#define OP_PAUSE_US 10000

/* A guest with more threads than one may have its objects fetched anew meanwhile */
#define OBJECT_TRIES 8

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
	/* gives the guest its MMIO, or takes it back */
	{ TSM_SEV_TIO_MMIO_VALIDATE_REQ, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, true },
	/* can write, though it may only read: nobody sees that from outside */
	{ TSM_SEV_TIO_MMIO_CONFIG_REQ, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, true },
	/* opens memory to the TDI, or closes it */
	{ TSM_SEV_TIO_SDTE_WRITE_REQ, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, true },
};

/*
 * From SEV_OP_BIND to SEV_OP_RUN the guest only attests, whatever it sends. From then
 * on to SEV_OP_UNBIND it may change the TDI, after SEV_OP_STOP too: there are guests
 * that take their memory back only then. A message that is refused costs the guest its
 * key, so it is refused only where that is meant. What is no message of SEV-TIO the
 * kernel refuses, with any scope.
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
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_STOP):
		return "host call STOP";
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_RUN):
		return "host call RUN";
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_OBJECT_SIZE):
		return "host call OBJECT_SIZE";
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_OBJECT_READ):
		return "host call OBJECT_READ";
	case TSM_SEV_TIO_CALL_ID(TSM_SEV_TIO_CALL_MEASURE):
		return "host call MEASURE";
	default:
		return NULL;
	}
}

/*
 * What the guest learns of an errno. The guest resends the same message on BUSY, which
 * vmm_guest_errno() leaves only where the firmware has not seen it. Any other error
 * is the last that its key was used for.
 */
static u64 guest_error(int err, u64 fw)
{
	if (vmm_passes(err))
		return SEV_GUEST_ERR(SEV_VMM_ERR_BUSY, 0);
	return SEV_GUEST_ERR(err ? SEV_VMM_ERR_GENERIC : 0, fw);
}

/*
 * A host call, while the VMM serves TDI_INFO. The guest can send none: its messages are
 * longer. Return: 0 or errno
 */
static int host_call(struct vmm *vmm, enum iommu_vdevice_tsm_scope scope,
		     const void *req, u32 req_len, void *resp, u32 *resp_len)
{
	struct vmm_call call = {
		.exit = EXIT_TEXT_REQUEST,
		.id = TSM_SEV_TIO_CALL_ID(*(const u8 *)req),
		.scope = scope,
		.req = req,
		.req_len = req_len,
		.resp = resp,
		.resp_len = *resp_len,
	};
	int err = vmm_request(vmm, &call);

	*resp_len = call.cmd.out_resp_len;
	return err;
}

static int info_call(struct vmm *vmm, const void *req, u32 req_len, void *resp,
		     u32 *resp_len)
{
	return host_call(vmm, IOMMU_VDEVICE_TSM_SCOPE_INFO, req, req_len, resp,
			 resp_len);
}

/* The table of the objects, with its end */
#define TABLE_LEN ((SEV_NR_OBJECTS + 1) * sizeof(struct sev_object))

/**
 * struct object - what goes into the data pages
 * @wanted: the guest asked for it, and it is there
 * @data: the object, once it is read
 * @len: its length
 * @generation: which it is
 */
struct object {
	bool wanted;
	u8 *data;
	u32 len;
	__le64 generation;
};

static void free_objects(struct object objects[SEV_NR_OBJECTS])
{
	for (int type = 0; type < SEV_NR_OBJECTS; type++) {
		free(objects[type].data);
		objects[type].data = NULL;
	}
}

static int ask_size(struct vmm *vmm, u8 type, struct object *object)
{
	const struct tsm_sev_tio_object_size size = {
		.call = TSM_SEV_TIO_CALL_OBJECT_SIZE,
		.object = type,
	};
	struct tsm_sev_tio_object_size_rsp rsp;
	u32 len = sizeof(rsp);
	int err;

	err = info_call(vmm, &size, sizeof(size), &rsp, &len);
	if (err)
		return err;
	object->wanted = true;
	object->len = le32toh(rsp.size);
	object->generation = rsp.generation;
	return 0;
}

/*
 * Of what the guest asked for. What is not there it does not get. Return: 0 or errno,
 * with the pages that they take with their table
 */
static int ask_sizes(struct vmm *vmm, u64 rdx, struct object objects[SEV_NR_OBJECTS],
		     u64 *pages)
{
	u64 len = 0;

	for (int type = 0; type < SEV_NR_OBJECTS; type++) {
		int err;

		objects[type] = (struct object) {};
		if (!(rdx & SEV_INFO_OBJECT(type)))
			continue;
		err = ask_size(vmm, type, &objects[type]);
		if (err && err != ENODATA)
			return err;
		len += objects[type].len;
	}
	if (len)
		len += TABLE_LEN;
	*pages = (len + TSM_VMM_PAGE - 1) / TSM_VMM_PAGE;
	return 0;
}

/* All of it. Return: 0, ESTALE if there is another by now, or another errno */
static int read_object(struct vmm *vmm, u8 type, struct object *object)
{
	struct tsm_sev_tio_object_read read = {
		.call = TSM_SEV_TIO_CALL_OBJECT_READ,
		.object = type,
		.generation = object->generation,
	};
	int err;

	object->data = malloc(object->len);
	err = object->data ? 0 : ENOMEM;
	for (u32 at = 0, part; !err && at < object->len; at += part) {
		read.offset = htole32(at);
		part = object->len - at;
		err = info_call(vmm, &read, sizeof(read), object->data + at, &part);
	}
	return err;
}

static int read_objects(struct vmm *vmm, struct object objects[SEV_NR_OBJECTS])
{
	int err = 0;

	for (int type = 0; !err && type < SEV_NR_OBJECTS; type++)
		if (objects[type].wanted)
			err = read_object(vmm, type, &objects[type]);
	if (err)
		free_objects(objects);
	return err;
}

/*
 * Nobody has to believe them: the digests are in the sealed response. Where they are
 * fetched anew all the time, the guest may ask again. Return: 0, ENOBUFS if they take
 * more pages, or another errno
 */
static int get_objects(struct vmm *vmm, u64 rdx, struct object objects[SEV_NR_OBJECTS],
		       u64 pages, u64 *needed)
{
	int err = ESTALE;

	for (int tries = OBJECT_TRIES; tries && err == ESTALE; tries--) {
		err = ask_sizes(vmm, rdx, objects, needed);
		if (!err)
			err = *needed > pages ? ENOBUFS : read_objects(vmm, objects);
	}
	return err == ESTALE ? EBUSY : err;
}

static void put_objects(const struct object objects[SEV_NR_OBJECTS], void *pages)
{
	static const u8 guids[][16] = SEV_OBJECT_GUIDS;
	u32 offset = TABLE_LEN;
	struct sev_object *entry = pages;

	for (int type = 0; type < SEV_NR_OBJECTS; type++) {
		if (!objects[type].data)
			continue;
		memcpy(entry->guid, guids[type], sizeof(entry->guid));
		entry->offset = htole32(offset);
		entry->len = htole32(objects[type].len);
		memcpy((char *)pages + offset, objects[type].data,
		       objects[type].len);
		offset += objects[type].len;
		entry++;
	}
	*entry = (struct sev_object) {};
}

/*
 * A guest that wants measurements says with which nonce. Other guests of the device
 * find their measurements outdated then, and measure again. Return: 0 or errno
 */
static int measure(struct vmm *vmm, const void *pages)
{
	static const u8 none[TSM_SEV_TIO_NONCE_LEN];
	struct tsm_sev_tio_measure req = { .call = TSM_SEV_TIO_CALL_MEASURE };
	u32 none_len = 0;

	vmm_read_shared(req.nonce, pages, sizeof(req.nonce));
	if (!memcmp(req.nonce, none, sizeof(none)))
		return 0;
	return host_call(vmm, IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE, &req,
			 sizeof(req), NULL, &none_len);
}

/* AMD's host driver asks the firmware with each TDI_INFO. There is no host call for it */
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

/*
 * With objects. That they fit is known before the firmware gets the message: a guest
 * that brought too few pages, or none, learns how many to bring, and its number is
 * not used up.
 */
static u64 answer_info(struct vmm *vmm, const struct sev_ghcb *in,
		       struct sev_ghcb *out, const struct tsm_sev_tio_hdr *hdr,
		       struct object objects[SEV_NR_OBJECTS])
{
	bool fits = in->rbx <= SEV_DATA_PAGES;
	void *pages = fits ? vmm_shared(vmm, in->rax, in->rbx * TSM_VMM_PAGE) : NULL;
	u64 error, needed = 0;
	int err;

	if (in->rbx && !pages)
		return guest_error(EFAULT, 0);
	if (in->rbx && in->rdx & SEV_INFO_MEASUREMENTS) {
		err = measure(vmm, pages);
		if (err)
			return guest_error(err, 0);
	}
	err = get_objects(vmm, in->rdx, objects, in->rbx, &needed);
	if (err == ENOBUFS) {
		out->rbx = needed;
		vmm_print_own(vmm, EXIT_TEXT_REQUEST, "TIO_MSG_TDI_INFO_REQ",
			      "INVALID_LEN, not sent");
		return SEV_GUEST_ERR(SEV_VMM_ERR_INVALID_LEN, 0);
	}
	if (err)
		return guest_error(err, 0);

	error = forward(vmm, in, hdr);
	if (error)
		return error;
	if (pages)
		put_objects(objects, pages);
	if (in->rdx & SEV_INFO_STATE)
		out->rdx = tdisp_state(vmm);
	return 0;
}

static u64 serve_info(struct vmm *vmm, const struct sev_ghcb *in,
		      struct sev_ghcb *out, const struct tsm_sev_tio_hdr *hdr)
{
	struct object objects[SEV_NR_OBJECTS] = {};
	u64 error = answer_info(vmm, in, out, hdr, objects);

	free_objects(objects);
	return error;
}

static u64 serve_request(struct vmm *vmm, const struct sev_ghcb *in,
			 struct sev_ghcb *out)
{
	const void *msg = vmm_shared(vmm, in->exit_info_1, TSM_VMM_PAGE);
	struct tsm_sev_tio_hdr hdr;

	if (!msg || (u32)in->rcx != vmm->setup.virt_id)
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

	if (area->secrets.tdi_id)
		return 0;
	return -tsm_firmware_secrets(&vmm->setup, &area->secrets);
}

/*
 * A guest whose lock failed after the bind has not unbound, and one that was rebooted
 * neither: it finds its TDI bound, in whatever state, and wants it anew.
 */
static int bind_anew(struct vmm *vmm)
{
	int err = vmm_op(vmm, EXIT_TEXT_OP(BIND), IOMMU_VDEVICE_TSM_BIND);

	if (err == EEXIST) {
		err = vmm_op(vmm, EXIT_TEXT_OP(BIND), IOMMU_VDEVICE_TSM_UNBIND);
		err = err ?: vmm_op(vmm, EXIT_TEXT_OP(BIND), IOMMU_VDEVICE_TSM_BIND);
	}
	vmm->consent = false;
	return err ?: copy_secrets(vmm);
}

/* Return: 0 or errno, and what the firmware has to say */
static int run_or_stop(struct vmm *vmm, enum tsm_sev_tio_call what, u64 *fw)
{
	const struct tsm_sev_tio_stop_run req = { .call = what };
	struct vmm_call call = {
		.exit = what == TSM_SEV_TIO_CALL_RUN ? EXIT_TEXT_OP(RUN) :
							EXIT_TEXT_OP(STOP),
		.id = TSM_SEV_TIO_CALL_ID(what),
		.scope = IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE,
		.req = &req,
		.req_len = sizeof(req),
	};
	int err = vmm_request(vmm, &call);

	*fw = call.cmd.out_tsm_code;
	return err;
}

static int do_op(struct vmm *vmm, u32 action, u64 *fw)
{
	int err;

	switch (action) {
	case SEV_OP_BIND:
		err = bind_anew(vmm);
		*fw = err ? vmm->setup.tsm_code : 0;
		return err;
	case SEV_OP_UNBIND:
		vmm->consent = false;
		return vmm_op(vmm, EXIT_TEXT_OP(UNBIND), IOMMU_VDEVICE_TSM_UNBIND);
	case SEV_OP_RUN:
		/* whatever comes of it: it may unlock next, which takes messages */
		vmm->consent = true;
		return run_or_stop(vmm, TSM_SEV_TIO_CALL_RUN, fw);
	case SEV_OP_STOP:
		/* there are guests that unbind first */
		err = run_or_stop(vmm, TSM_SEV_TIO_CALL_STOP, fw);
		return err == ENXIO ? 0 : err;
	default:
		err = EOPNOTSUPP;
	}
	return err;
}

/*
 * No guest repeats this exit, so the VMM does for what passes by itself; an error that
 * stays fails the guest's lock or start, and costs no key. The id is returned for all
 * actions, as KVM does.
 */
static u64 serve_op(struct vmm *vmm, const struct sev_ghcb *in,
		    struct sev_ghcb *out)
{
	int err, tries = OP_TRIES;
	u64 fw = 0;

	if ((u32)in->exit_info_1 != vmm->setup.virt_id)
		return guest_error(EINVAL, 0);

	out->rcx = vmm->setup.virt_id;
	err = do_op(vmm, in->exit_info_1 >> 32, &fw);
	while ((err == EAGAIN || err == EINTR) && --tries) {
		usleep(OP_PAUSE_US);
		err = do_op(vmm, in->exit_info_1 >> 32, &fw);
	}
	return guest_error(err, fw);
}

/* VFIO keeps what the TDI depends on until the unbind */
static int write_command(struct vmm *vmm)
{
	char what[32], result[32];
	u32 value;
	int rc;

	memcpy(&value, (char *)vmm->run + vmm->run->io.data_offset, sizeof(value));
	rc = tsm_config_write(&vmm->setup, PCI_COMMAND, 2, value);
	if (rc)
		return tsm_fail(&vmm->setup, -rc, "write the Command register");
	snprintf(what, sizeof(what), "Command = %#x", value);
	snprintf(result, sizeof(result), "device has %#x",
		 tsm_pci_command(&vmm->setup));
	vmm_print_own(vmm, "configuration", what, result);
	return 0;
}

static int sev_tio_exit(struct vmm *vmm, u16 kind)
{
	struct sev_ghcb *out = tsm_vmm_area(vmm->shared);
	struct sev_ghcb in;

	if (kind == TSM_VMM_EXIT_COMMAND)
		return write_command(vmm);
	if (kind != TSM_VMM_EXIT_VMGEXIT)
		return -EOPNOTSUPP;

	vmm_read_shared(&in, out, sizeof(in));
	out->exit_info_1 = 0;
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
	.kept_at = offsetof(struct sev_tio_area, secrets),
	.kept_size = sizeof(struct emu_sev_secrets),
	.message = sev_tio_message,
	.exit = sev_tio_exit,
};
