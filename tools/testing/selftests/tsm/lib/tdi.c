// SPDX-License-Identifier: GPL-2.0
/* A TDI of a platform that speaks TDISP, see tdi.h */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kselftest.h"
#include "tdi.h"

const struct tsm_class_vdm tsm_class_vdms[NR_SCOPES] = {
	[SCOPE(INFO)] = {
		EMU_VDM_ECHO, sizeof(struct emu_vdm), sizeof(struct emu_vdm),
	},
	[SCOPE(STATE_CHANGE)] = {
		EMU_VDM_RECONFIGURE, sizeof(struct emu_vdm), sizeof(struct emu_vdm),
	},
	[SCOPE(DEBUG_READ)] = {
		EMU_VDM_READ, sizeof(struct emu_vdm), sizeof(struct emu_vdm_reg),
	},
	[SCOPE(DEBUG_WRITE)] = {
		EMU_VDM_WRITE, sizeof(struct emu_vdm_reg), sizeof(struct emu_vdm),
	},
};

struct pci_tdisp_header tsm_tdi_header(const struct tsm_test *t, u8 type)
{
	return tdisp_header(type, t->s.virt_id);
}

struct pci_tdisp_lock_interface tsm_tdi_lock_req(const struct tsm_test *t)
{
	return (struct pci_tdisp_lock_interface) {
		.hdr = tsm_tdi_header(t, PCI_TDISP_LOCK_INTERFACE),
		.flags = htole16(PCI_TDISP_LOCK_NO_FW_UPDATE),
	};
}

struct emu_vdm tsm_tdi_vdm(const struct tsm_test *t, enum emu_vdm_code code)
{
	return emu_vdm(code, t->s.virt_id);
}

/* Have a good request served, by a response of @resp_len bytes to its type */
static int exchange(struct tsm_test *t, u32 scope, const void *req, u32 len,
		    u32 resp_len)
{
	const struct pci_tdisp_header *sent = req, *got = (void *)t->resp;
	int rc;

	tsm_request_init(t, scope, req, len);
	rc = tsm_request_send(t);
	if (rc)
		return tsm_fail(&t->s, -rc, "send TDISP request 0x%02x", sent->type);
	if (t->cmd.out_tsm_code)
		return tsm_fail(&t->s, EREMOTEIO, "do TDISP request 0x%02x, code 0x%llx",
				sent->type, (unsigned long long)t->cmd.out_tsm_code);
	if (t->cmd.out_resp_len != resp_len ||
	    !tdisp_is_response(t->resp, resp_len, sent->type, resp_len) ||
	    got->function_id != sent->function_id)
		return tsm_fail(&t->s, EPROTO, "understand the response to TDISP request 0x%02x",
				sent->type);
	return 0;
}

int tsm_tdi_lock(struct tsm_test *t, u8 nonce[PCI_TDISP_NONCE_LEN])
{
	const struct pci_tdisp_lock_interface_rsp *rsp = (void *)t->resp;
	struct pci_tdisp_lock_interface req = tsm_tdi_lock_req(t);
	int rc;

	rc = exchange(t, SCOPE(STATE_CHANGE), &req, sizeof(req), sizeof(*rsp));
	if (!rc)
		memcpy(nonce, rsp->start_nonce, PCI_TDISP_NONCE_LEN);
	return rc;
}

int tsm_tdi_start(struct tsm_test *t, const u8 nonce[PCI_TDISP_NONCE_LEN])
{
	struct pci_tdisp_start_interface req = {
		.hdr = tsm_tdi_header(t, PCI_TDISP_START_INTERFACE),
	};

	memcpy(req.start_nonce, nonce, sizeof(req.start_nonce));
	return exchange(t, SCOPE(STATE_CHANGE), &req, sizeof(req),
			sizeof(struct pci_tdisp_header));
}

int tsm_tdi_state(struct tsm_test *t)
{
	const struct pci_tdisp_interface_state_rsp *rsp = (void *)t->resp;
	struct pci_tdisp_header req;

	req = tsm_tdi_header(t, PCI_TDISP_GET_INTERFACE_STATE);
	return exchange(t, SCOPE(INFO), &req, sizeof(req), sizeof(*rsp)) ?:
	       rsp->state;
}

int tsm_tdi_run(struct tsm_test *t)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];
	int rc;

	rc = tsm_tdi_lock(t, nonce) ?: tsm_tdi_start(t, nonce);
	if (rc)
		return rc;
	rc = tsm_tdi_state(t);
	if (rc < 0 || rc == PCI_TDISP_STATE_RUN)
		return rc < 0 ? rc : 0;
	return tsm_fail(&t->s, EPROTO, "run the TDI, which is in state %d", rc);
}

int tsm_tdi_bring_to(struct tsm_test *t, u8 state)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];

	if (state == PCI_TDISP_STATE_CONFIG_UNLOCKED)
		return 0;
	return state == PCI_TDISP_STATE_RUN ? tsm_tdi_run(t) :
					      tsm_tdi_lock(t, nonce);
}

int tsm_info(struct tsm_test *t, struct iommu_vdevice_tsm_info *cmd)
{
	cmd->size = sizeof(*cmd);
	return ioctl(t->s.iommufd, IOMMU_VDEVICE_TSM_INFO, cmd) ? -errno : 0;
}

int tsm_info_state(void *data)
{
	struct tsm_test *t = data;
	struct iommu_vdevice_tsm_info cmd = { .vdevice_id = t->s.vdevice_id };

	return tsm_info(t, &cmd) ?: (int)cmd.out_state;
}

int tsm_use_function(const struct tsm_function *fn)
{
	struct tsm_test t;
	int rc;

	tsm_setup_init(&t.s, fn);
	rc = tsm_prepare_host(&t.s) ?: tsm_assign(&t.s) ?:
	     tsm_bind_tdi(&t.s) ?: tsm_tdi_run(&t) ?: tsm_unbind_tdi(&t.s);
	if (rc)
		ksft_print_msg("%s: could not %s\n", fn->name, t.s.error);
	tsm_setup_close(&t.s);
	return rc;
}
