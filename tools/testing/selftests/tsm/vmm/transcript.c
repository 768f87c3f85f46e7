// SPDX-License-Identifier: GPL-2.0
/* What the example VMM prints: a line for each guest exit, and the report */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../lib/firmware.h"
#include "vmm.h"

static const char * const scope_names[] = {
	[IOMMU_VDEVICE_TSM_SCOPE_INFO] = "INFO",
	[IOMMU_VDEVICE_TSM_SCOPE_STATE_CHANGE] = "STATE_CHANGE",
	[IOMMU_VDEVICE_TSM_SCOPE_DEBUG_READ] = "DEBUG_READ",
	[IOMMU_VDEVICE_TSM_SCOPE_DEBUG_WRITE] = "DEBUG_WRITE",
};

const char *vmm_line_prefix = "";

void vmm_say(const char *fmt, ...)
{
	va_list ap;

	fputs(vmm_line_prefix, stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static const char *scope_name(u32 scope)
{
	return scope < ARRAY_SIZE(scope_names) ? scope_names[scope] : "?";
}

static const char *class_of(const struct vmm *vmm, u32 id)
{
	for (u32 i = 0; i < vmm->nr_msgs; i++)
		if (vmm->msgs[i].id == id)
			return scope_name(vmm->msgs[i].scope);
	return "none";
}

/* For the transcript; a VMM has no need to know the state */
static const char *state_of(const struct vmm *vmm)
{
	struct tsm_firmware_tdi tdi;
	int rc = tsm_firmware_tdi(&vmm->setup, &tdi);

	if (rc == -ENOENT)
		return "not bound";
	return rc ? "unknown" : tsm_firmware_state_name(tdi.state);
}

void vmm_print_head(void)
{
	vmm_say("%-32s %-28s %-13s %-13s %-27s %6s  %-9s %s", "guest exit", "message",
		"class", "scope", "result", "resp", "TSM code", "state");
}

static void print_line(struct vmm *vmm, const char *exit, const char *message,
		       const char *class, const char *scope, const char *result,
		       const char *numbers)
{
	vmm_say("%2u  %-28s %-28s %-13s %-13s %-27s %-17s %s", ++vmm->nr_exits, exit,
		message, class, scope, result, numbers, state_of(vmm));
}

void vmm_print_own(struct vmm *vmm, const char *exit, const char *what,
		   const char *result)
{
	print_line(vmm, exit, what, "-", "-", result, "");
}

void vmm_print_call(struct vmm *vmm, const struct vmm_call *call, int err)
{
	const struct iommu_vdevice_tsm_guest_request *cmd = &call->cmd;
	bool dispatched = cmd->out_flags & IOMMU_VDEVICE_TSM_DISPATCHED;
	char result[64] = "ok", numbers[40];

	if (err)
		snprintf(result, sizeof(result), "%s, %s", strerrorname_np(err),
			 dispatched ? "TSM called" : "untouched");
	snprintf(numbers, sizeof(numbers),
		 cmd->out_tsm_code ? "%6u  %#llx" : "%6u  %llu", cmd->out_resp_len,
		 (unsigned long long)cmd->out_tsm_code);
	print_line(vmm, call->exit, vmm->front->message(call->id) ?: "?",
		   class_of(vmm, call->id), scope_name(call->scope), result,
		   numbers);
}

/* What the guest is about to do. Its constants are the VMM's own, see guest.h */
int vmm_print_step(struct vmm *vmm)
{
	u64 reg[TSM_VMM_NR_REGS];
	int rc = vmm_get_call(vmm, reg);
	uintptr_t text;

	if (rc)
		return rc;
	text = reg[TSM_VMM_REG_ARGUMENT];
	if (text < (uintptr_t)__executable_start || text >= (uintptr_t)_end)
		return tsm_fail(&vmm->setup, EFAULT, "print what the guest says");
	vmm_say("    - %s", (const char *)text);
	return 0;
}

static void print_attr(char *text, size_t size, u16 attr)
{
	snprintf(text, size, "%s%s%s%s",
		 attr & PCI_TDISP_MMIO_NON_TEE ? "not for the TEE" : "TEE",
		 attr & PCI_TDISP_MMIO_MSIX_TABLE ? ", MSI-X table" : "",
		 attr & PCI_TDISP_MMIO_MSIX_PBA ? ", MSI-X PBA" : "",
		 attr & PCI_TDISP_MMIO_ATTR_UPDATABLE ? ", updatable" : "");
}

/* The guest has found this report sound, but guests can be wrong */
void vmm_print_report(const struct vmm *vmm)
{
	struct tsm_vmm_shared copy;
	const struct pci_tdisp_interface_report *report = (void *)copy.report;
	char attr[64];
	u64 end;

	memcpy(&copy, vmm->shared, sizeof(copy));
	end = sizeof(*report) + (u64)le32toh(report->mmio_range_count) *
				sizeof(report->mmio_range[0]);
	if (copy.report_len > sizeof(copy.report) || end > copy.report_len)
		return;

	vmm_say("%s", "");
	vmm_say("interface report, %u bytes", copy.report_len);
	vmm_say("MMIO range  address             size      access");
	for (u32 i = 0; i < le32toh(report->mmio_range_count); i++) {
		const struct pci_tdisp_mmio_range *range = &report->mmio_range[i];

		print_attr(attr, sizeof(attr), le16toh(range->attr));
		vmm_say("BAR %-7u %#018llx  %5lluK    %s", le16toh(range->range_id),
			(unsigned long long)le64toh(range->first_page) << 12,
			(unsigned long long)le32toh(range->pages) * 4, attr);
	}
}
