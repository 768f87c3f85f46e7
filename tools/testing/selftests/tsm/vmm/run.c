// SPDX-License-Identifier: GPL-2.0
/*
 * Example VMM: give a VM a PCI function, and let its guest lock, attest and
 * start it as a TDI. Start reading at vmm_run() at the end, then run_guest(),
 * then a front end, of which tdisp.c is the shortest; the steps before the VM
 * runs and after it are in ../lib/setup.c, the guests in guest_*.c.
 *
 * All that is special about assigning a TDI: tsm_add_device_to_vm() before
 * tsm_bind_iommufd(), IOMMU_VDEVICE_TSM_OP to bind, for each guest call an
 * IOMMU_VDEVICE_TSM_GUEST_REQUEST with the scope of that call, and the order of
 * tsm_release(). The guest is not a confidential one, the emulated TSM does not
 * mind.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../lib/firmware.h"
#include "vmm.h"

static const char * const verdicts[TSM_VMM_NR_VERDICTS] = {
	[TSM_VMM_PASSED] = "it was in state RUN, and is stopped again",
	[TSM_VMM_BAD_VERSION] = "the protocol is not the one that it knows",
	[TSM_VMM_BAD_CAPABILITIES] = "something that the guest needs is missing",
	[TSM_VMM_NOT_LOCKED] = "it could not be locked",
	[TSM_VMM_NONCE_IS_WEAK] = "its nonce is not random",
	[TSM_VMM_CHANGE_NOT_REFUSED] = "a change of its state got through that should not",
	[TSM_VMM_CHANGE_TOOK_EFFECT] = "a refused change has changed its state",
	[TSM_VMM_BAD_OBJECT] = "its certificates or measurements are not genuine",
	[TSM_VMM_STALE_MEASUREMENTS] = "its measurements are not fresh",
	[TSM_VMM_BAD_REPORT] = "its interface report is not sound",
	[TSM_VMM_FORGERY_ACCEPTED] = "a forged message was taken",
	[TSM_VMM_BAD_MMIO] = "its MMIO could not be validated as reported",
	[TSM_VMM_NOT_STARTED] = "it could not be started",
	[TSM_VMM_NO_DMA] = "it got no access to memory",
	[TSM_VMM_NOT_STOPPED] = "it could not be stopped",
	[TSM_VMM_BAD_ANSWER] = "a call got an answer that published guests don't take",
};

/* Return: 1 with @verdict set, or -errno */
static int take_verdict(struct vmm *vmm, enum tsm_vmm_verdict *verdict)
{
	u64 reg[TSM_VMM_NR_REGS];
	int rc = vmm_get_call(vmm, reg);

	if (rc)
		return rc;
	if (reg[TSM_VMM_REG_ARGUMENT] >= TSM_VMM_NR_VERDICTS)
		return tsm_fail(&vmm->setup, EINVAL, "make sense of the guest's verdict %llu",
				(unsigned long long)reg[TSM_VMM_REG_ARGUMENT]);
	*verdict = reg[TSM_VMM_REG_ARGUMENT];
	return 1;
}

static int report_fault(struct vmm *vmm)
{
	u64 reg[TSM_VMM_NR_REGS];
	int rc = vmm_get_call(vmm, reg);

	return rc ?: tsm_fail(&vmm->setup, EFAULT, "run the guest: fault %#llx at %#llx, address %#llx",
			      (unsigned long long)reg[1], (unsigned long long)reg[2],
			      (unsigned long long)reg[3]);
}

/* Return: 0 to go on, 1 if the guest is done and @verdict is set, or -errno */
static int serve_exit(struct vmm *vmm, u16 kind, enum tsm_vmm_verdict *verdict)
{
	int rc;

	switch (kind) {
	case TSM_VMM_EXIT_DONE:
		return take_verdict(vmm, verdict);
	case TSM_VMM_EXIT_STEP:
		return vmm_print_step(vmm);
	case TSM_VMM_EXIT_REBOOT:
		return vmm_reset(vmm);
	case TSM_VMM_EXIT_FAULT:
		return report_fault(vmm);
	}

	rc = vmm->front->exit(vmm, kind);
	return rc != -EOPNOTSUPP ? rc :
	       tsm_fail(&vmm->setup, EOPNOTSUPP, "serve an exit of kind %#x", kind);
}

int vmm_step(struct vmm *vmm, enum tsm_vmm_verdict *verdict)
{
	int kind;

	while (ioctl(vmm->vcpu, KVM_RUN, 0)) {
		if (errno != EINTR)
			return tsm_fail(&vmm->setup, errno, "KVM_RUN");
	}
	kind = vmm_exit_kind(vmm);
	return kind < 0 ? kind : serve_exit(vmm, kind, verdict);
}

static int run_guest(struct vmm *vmm, enum tsm_vmm_verdict *verdict)
{
	int rc;

	vmm_print_head();
	do {
		rc = vmm_step(vmm, verdict);
	} while (!rc);
	return rc < 0 ? rc : 0;
}

int vmm_bind_tdi(struct vmm *vmm)
{
	return vmm->front->bind ? tsm_bind_tdi(&vmm->setup) : 0;
}

int vmm_start(struct vmm *vmm, const struct vmm_front *front, const char *device)
{
	int (* const steps[])(struct vmm *vmm) = {
		vmm_read_info,
		vmm_bind_tdi,
		vmm_create_memory,
		vmm_create_vcpu,
	};
	struct tsm_setup *setup = &vmm->setup;
	int rc;

	*vmm = (struct vmm) { .front = front, .vcpu = -1 };
	rc = tsm_firmware_find(setup, front->name, device) ?:
	     tsm_prepare_host(setup) ?: tsm_assign(setup);
	for (size_t i = 0; !rc && i < ARRAY_SIZE(steps); i++)
		rc = steps[i](vmm);
	return rc;
}

/* Return: 0 if the guest has used its device, or -errno */
static int use_device(struct vmm *vmm)
{
	enum tsm_vmm_verdict verdict = TSM_VMM_NR_VERDICTS;
	struct tsm_setup *setup = &vmm->setup;
	int rc;

	rc = run_guest(vmm, &verdict);
	if (rc)
		return rc;

	if (verdict != TSM_VMM_PASSED)
		return tsm_fail(setup, EPROTO, "let the guest use %s, which says that %s",
				setup->fn->bdf, verdicts[verdict]);

	vmm_print_report(vmm);
	vmm_say("%s", "");
	vmm_say("The guest has locked, attested and started %s: %s.", setup->fn->bdf,
		verdicts[verdict]);
	vmm_say("What it tried without the scope for it did not get through.");
	return 0;
}

/* From wherever the VM has got to */
static int take_down(struct vmm *vmm)
{
	bool assigned = vmm->setup.vdevice_id;
	int rc;

	rc = vmm_close_machine(vmm) ?: tsm_release(&vmm->setup);
	if (!rc && assigned)
		vmm_say("Taken down, one after the other: %s, %s.",
			"TDI, vDEVICE, attachment, vIOMMU, HWPT, IOAS",
			"KVM's reference, VFIO device, iommufd, VM");
	return rc;
}

static void print_failure(const struct tsm_setup *setup)
{
	if (!setup->missing)
		vmm_say("FAILED to %s", setup->error);
}

int vmm_take_down(struct vmm *vmm)
{
	int rc = take_down(vmm);

	if (!rc)
		return 0;
	print_failure(&vmm->setup);
	tsm_setup_close(&vmm->setup);
	return rc;
}

int vmm_run(struct vmm *vmm, const struct vmm_front *front, const char *device)
{
	int rc = vmm_start(vmm, front, device) ?: use_device(vmm);

	if (rc)
		print_failure(&vmm->setup);
	return vmm_take_down(vmm) ?: rc;
}
