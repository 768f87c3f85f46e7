// SPDX-License-Identifier: GPL-2.0
/*
 * A VM that is reset, that reboots, whose kernel starts another (kexec), or that is
 * made anew, with its TDI in each state. The guest that comes after it, or its next
 * kernel, uses the TDI from the first to the last step, and DMA of before does not go on.
 *
 * A kernel that another one started finds the TDI as that left it, and is refused what
 * its vendor's rules refuse: see the guests, which say whether they had to unlock it. Only
 * to an SNP guest does its host look after that.
 */
#include "lib/firmware.h"
#include "lib/pci.h"
#include "lib/test.h"
#include "vmm/vmm.h"

FIXTURE(vm)
{
	struct vmm vmm;
};

FIXTURE_VARIANT(vm)
{
	const struct vmm_front *front;
};

#define TSM_PROTO(_name) \
	FIXTURE_VARIANT_ADD(vm, _name) { .front = &vmm_##_name };
#include "vmm/front_list.h"
#undef TSM_PROTO

FIXTURE_SETUP(vm)
{
	vmm_line_prefix = "# ";
	check_setup(_metadata, &self->vmm.setup,
		    vmm_start(&self->vmm, variant->front, "fn1"));
}

FIXTURE_TEARDOWN(vm)
{
	EXPECT_EQ(0, vmm_take_down(&self->vmm));
}

/* A TDI that runs can reach its guest's memory, or that is not what the test is about */
static bool is_in(const struct vmm *vmm, int state)
{
	struct tsm_firmware_tdi tdi;

	return !tsm_firmware_tdi(&vmm->setup, &tdi) && tdi.state == state &&
	       tdi.dma == (state == PCI_TDISP_STATE_RUN);
}

/* The host reconfigures the function, which is not left so */
static void break_tdi(struct __test_metadata *_metadata, const struct vmm *vmm)
{
	int command = tsm_pci_command(&vmm->setup);

	ASSERT_LE(0, command);
	ASSERT_EQ(0, tsm_pci_write(vmm->setup.fn->bdf, PCI_COMMAND, 2, 0));
	ASSERT_EQ(0, tsm_pci_write(vmm->setup.fn->bdf, PCI_COMMAND, 2, command));
	ASSERT_TRUE(is_in(vmm, PCI_TDISP_STATE_ERROR));
}

/* Let the guest go on until its TDI is there */
static void bring_to(struct __test_metadata *_metadata, struct vmm *vmm, int state)
{
	int reached = state == PCI_TDISP_STATE_ERROR ? PCI_TDISP_STATE_RUN : state;
	enum tsm_vmm_verdict verdict;

	do {
		ASSERT_EQ(0, vmm_step(vmm, &verdict)) {
			TH_LOG("could not %s", vmm->setup.error);
		}
	} while (!is_in(vmm, reached));
	if (state == PCI_TDISP_STATE_ERROR)
		break_tdi(_metadata, vmm);
}

/* The guest does all that guests do, and had to unlock the TDI so often before */
static void expect_pass(struct __test_metadata *_metadata, struct vmm *vmm,
			u32 relocks)
{
	enum tsm_vmm_verdict verdict = TSM_VMM_NR_VERDICTS;
	int rc;

	do {
		rc = vmm_step(vmm, &verdict);
	} while (!rc);
	EXPECT_EQ(1, rc) {
		TH_LOG("could not %s", vmm->setup.error);
	}
	EXPECT_EQ(TSM_VMM_PASSED, verdict);
	EXPECT_EQ(relocks, vmm->shared->relocks);
}

/* As for a guest that has done nothing yet */
static void expect_fresh(struct __test_metadata *_metadata, const struct vmm *vmm)
{
	struct tsm_firmware_tdi tdi;
	int rc = tsm_firmware_tdi(&vmm->setup, &tdi);

	EXPECT_EQ(vmm->front->bind ? 0 : -ENOENT, rc);
	if (rc)
		return;
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tdi.state);
	EXPECT_FALSE(tdi.dma);
	EXPECT_EQ(0, tdi.pages[0]);
}

static void reset_in(struct __test_metadata *_metadata, struct vmm *vmm, int state)
{
	bring_to(_metadata, vmm, state);
	ASSERT_EQ(0, vmm_reset(vmm));
	expect_fresh(_metadata, vmm);
	expect_pass(_metadata, vmm, 0);
}

TEST_F(vm, reset_unlocked)
{
	reset_in(_metadata, &self->vmm, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

TEST_F(vm, reset_locked)
{
	reset_in(_metadata, &self->vmm, PCI_TDISP_STATE_CONFIG_LOCKED);
}

TEST_F(vm, reset_running)
{
	reset_in(_metadata, &self->vmm, PCI_TDISP_STATE_RUN);
}

TEST_F(vm, reset_error)
{
	reset_in(_metadata, &self->vmm, PCI_TDISP_STATE_ERROR);
}

/* The guest goes on by a reboot */
static void reboot_in(struct __test_metadata *_metadata, struct vmm *vmm, int state)
{
	const struct vmm_front *front = vmm->front;
	struct vmm_front reboots = *front;
	enum tsm_vmm_verdict verdict;

	bring_to(_metadata, vmm, state);
	reboots.guest = tsm_vmm_guest_restarts;
	vmm->front = &reboots;
	ASSERT_EQ(0, vmm_enter_guest(vmm));
	vmm->front = front;
	ASSERT_EQ(0, vmm_step(vmm, &verdict));
	expect_fresh(_metadata, vmm);
	expect_pass(_metadata, vmm, 0);
}

TEST_F(vm, reboot_unlocked)
{
	reboot_in(_metadata, &self->vmm, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

TEST_F(vm, reboot_locked)
{
	reboot_in(_metadata, &self->vmm, PCI_TDISP_STATE_CONFIG_LOCKED);
}

TEST_F(vm, reboot_running)
{
	reboot_in(_metadata, &self->vmm, PCI_TDISP_STATE_RUN);
}

TEST_F(vm, reboot_error)
{
	reboot_in(_metadata, &self->vmm, PCI_TDISP_STATE_ERROR);
}

/* A guest that runs astray does not run for ever: on x86 it reboots, by triple fault */
TEST_F(vm, guest_runs_astray)
{
	struct vmm_front astray = *variant->front;
	enum tsm_vmm_verdict verdict;
	struct vmm *vmm = &self->vmm;

	astray.guest = NULL;
	vmm->front = &astray;
	ASSERT_EQ(0, vmm_enter_guest(vmm));
	vmm->front = variant->front;
#ifdef __x86_64__
	EXPECT_EQ(0, vmm_step(vmm, &verdict));
	expect_pass(_metadata, vmm, 0);
#else
	EXPECT_EQ(-EFAULT, vmm_step(vmm, &verdict));
#endif
}

/* Nobody tells the VMM */
static void kexec_in(struct __test_metadata *_metadata, struct vmm *vmm, int state)
{
	bool locked = state != PCI_TDISP_STATE_CONFIG_UNLOCKED;

	bring_to(_metadata, vmm, state);
	ASSERT_EQ(0, vmm_enter_guest(vmm));
	expect_pass(_metadata, vmm, locked && vmm->front->bind);
}

TEST_F(vm, kexec_unlocked)
{
	kexec_in(_metadata, &self->vmm, PCI_TDISP_STATE_CONFIG_UNLOCKED);
}

TEST_F(vm, kexec_locked)
{
	kexec_in(_metadata, &self->vmm, PCI_TDISP_STATE_CONFIG_LOCKED);
}

TEST_F(vm, kexec_running)
{
	kexec_in(_metadata, &self->vmm, PCI_TDISP_STATE_RUN);
}

TEST_F(vm, kexec_error)
{
	kexec_in(_metadata, &self->vmm, PCI_TDISP_STATE_ERROR);
}

/* A VM that has to be launched anew for a reset is another one: all is assigned anew */
static void relaunch_in(struct __test_metadata *_metadata, struct vmm *vmm, int state)
{
	const struct vmm_front *front = vmm->front;

	bring_to(_metadata, vmm, state);
	ASSERT_EQ(0, vmm_take_down(vmm));
	ASSERT_EQ(0, vmm_start(vmm, front, "fn1"));
	expect_fresh(_metadata, vmm);
	expect_pass(_metadata, vmm, 0);
}

TEST_F(vm, relaunch_running)
{
	relaunch_in(_metadata, &self->vmm, PCI_TDISP_STATE_RUN);
}

TEST_F(vm, relaunch_error)
{
	relaunch_in(_metadata, &self->vmm, PCI_TDISP_STATE_ERROR);
}

/* A lock that the device refuses leaves nothing behind that the next one meets */
TEST_F(vm, lock_after_failed_lock)
{
	enum tsm_vmm_verdict verdict = TSM_VMM_NR_VERDICTS;
	struct vmm *vmm = &self->vmm;
	int rc;

	ASSERT_EQ(0, tsm_pci_set_phantom(&vmm->setup, true));
	do {
		rc = vmm_step(vmm, &verdict);
	} while (!rc);
	EXPECT_EQ(0, tsm_pci_set_phantom(&vmm->setup, false));
	EXPECT_EQ(1, rc);
	EXPECT_EQ(TSM_VMM_NOT_LOCKED, verdict);

	ASSERT_EQ(0, vmm_enter_guest(vmm));
	expect_pass(_metadata, vmm, 0);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
