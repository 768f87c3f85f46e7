// SPDX-License-Identifier: GPL-2.0
/*
 * What a VM can do to its bound function through VFIO's configuration space and
 * low power feature. Function Level Resets, cleared memory and bus master enables,
 * other bits of Device Control, BIST, and D3hot would throw the TDI into the TDISP ERROR
 * state, so they do nothing until the TDI is unbound: no mapping is taken away, either.
 * The emulated device does go to ERROR where one gets through.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "lib/bar.h"
#include "lib/held.h"
#include "lib/pci.h"
#include "lib/tdi_states.h"
#include "lib/test.h"

/* How often two writes of the Command register are started together */
#define COMMAND_ROUNDS 1000

/* A write to configuration space can't fail, so the reset is dropped */
static void expect_dropped_while_bound(struct __test_metadata *_metadata,
				       struct tsm_test *t, u8 state,
				       int (*reset)(const struct tsm_setup *s))
{
	struct tsm_kmsg resets;
	struct tsm_bar bar;

	ASSERT_EQ(0, tsm_bar_open(&bar, &t->s));
	ASSERT_EQ(0, tsm_kmsg_open(&resets, false));
	ASSERT_EQ(0, reset(&t->s));
	EXPECT_TRUE(tsm_is_unharmed(t, state));
	EXPECT_EQ(0, tsm_kmsg_count(&resets, "reset done"));
	EXPECT_EQ(0, tsm_bar_lost(&bar));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, reset(&t->s));
	EXPECT_EQ(1, tsm_kmsg_count(&resets, "reset done"));
	EXPECT_EQ(bar.seen, tsm_bar_lost(&bar));
	tsm_kmsg_close(&resets);
	tsm_bar_close(&bar);
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
}

TEST_F(bound, flr)
{
	expect_dropped_while_bound(_metadata, &self->t, variant->state,
				   tsm_config_flr);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* What the VM reads: memory stays, bus mastering goes as it wishes */
static int enables_of_vm(const struct tsm_setup *s)
{
	s64 command = tsm_config_read(s, PCI_COMMAND, 2);

	return command < 0 ? command : command & TSM_PCI_ENABLES;
}

/* By byte, word and double word; other bits can be changed */
TEST_F(bound, memory_and_bus_master)
{
	const u16 other = PCI_COMMAND_PARITY;
	struct tsm_test *t = &self->t;
	u16 keeps = tsm_pci_enables(&t->s);
	/* a VF has only the bus master bit */
	u16 other_bit = t->s.fn->is_vf ? 0 : other;
	struct tsm_bar bar;

	ASSERT_EQ(0, tsm_bar_open(&bar, &t->s));
	for (size_t size = 1; size <= 4; size *= 2) {
		ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, size, other));
		EXPECT_EQ(keeps | other_bit,
			  tsm_pci_command(&t->s) & (TSM_PCI_ENABLES | other));
		ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, size, 0));
		EXPECT_EQ(keeps, tsm_pci_command(&t->s) & (TSM_PCI_ENABLES | other));
		EXPECT_EQ(PCI_COMMAND_MEMORY, enables_of_vm(&t->s));
		EXPECT_TRUE(tsm_is_unharmed(t, variant->state));
		EXPECT_EQ(0, tsm_bar_lost(&bar));
	}
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	EXPECT_EQ(TSM_PCI_ENABLES, enables_of_vm(&t->s));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, 0));
	EXPECT_EQ(0, tsm_pci_command(&t->s) & TSM_PCI_ENABLES);
	EXPECT_EQ(0, enables_of_vm(&t->s));
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	EXPECT_EQ(bar.seen, tsm_bar_lost(&bar));
	tsm_bar_close(&bar);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* What is enabled after the bind stays enabled */
TEST_F(bound, late_bus_master)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, 0));
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, TSM_PCI_ENABLES));
	EXPECT_EQ(tsm_pci_enables(&t->s), tsm_pci_command(&t->s) & TSM_PCI_ENABLES);
	ASSERT_EQ(0, tsm_tdi_bring_to(t, variant->state));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, 0));
	EXPECT_TRUE(tsm_is_unharmed(t, variant->state));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* Bits of Device Control and Device Control 2, of which a VF has none */
static const struct {
	unsigned int reg;
	u16 tracked;
	u16 others;
} devctls[] = {
	{
		PCI_EXP_DEVCTL,
		PCI_EXP_DEVCTL_EXT_TAG | PCI_EXP_DEVCTL_NOSNOOP_EN,
		PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_AUX_PME,
	}, {
		PCI_EXP_DEVCTL2,
		PCI_EXP_DEVCTL2_10BIT_TAG_REQ_EN,
		PCI_EXP_DEVCTL2_IDO_REQ_EN,
	},
};

/* Turn all bits of @mask around, by an access of @size. Return: those that turned */
static int turn_around(const struct tsm_setup *s, unsigned int reg, size_t size,
		       u16 mask)
{
	s64 old = tsm_config_read(s, reg, 2), new;
	/* a byte has to be the one that they are in, all but Relaxed Ordering */
	unsigned int shift = size == 1 ? 8 : 0;
	int rc;

	if (old < 0)
		return old;
	rc = tsm_config_write(s, reg + shift / 8, size, (old ^ mask) >> shift);
	if (rc)
		return rc;
	new = tsm_config_read(s, reg, 2);
	return new < 0 ? new : (old ^ new) & mask;
}

/* What is tracked stays; by byte, word and double word */
TEST_F(bound, device_control)
{
	struct tsm_test *t = &self->t;
	int cap = tsm_config_find_cap(&t->s, PCI_CAP_ID_EXP);

	ASSERT_LT(0, cap);
	for (size_t i = 0; i < ARRAY_SIZE(devctls); i++) {
		u16 tracked = devctls[i].tracked, others = devctls[i].others;
		unsigned int reg = cap + devctls[i].reg;

		for (size_t size = 1; size <= 4; size *= 2) {
			u16 turned = size == 1 ? others & 0xff00 : others;

			EXPECT_EQ(t->s.fn->is_vf ? 0 : turned,
				  turn_around(&t->s, reg, size, tracked | others));
			EXPECT_TRUE(tsm_is_unharmed(t, variant->state));
		}
	}

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	for (size_t i = 0; i < ARRAY_SIZE(devctls); i++) {
		u16 tracked = devctls[i].tracked;

		EXPECT_EQ(t->s.fn->is_vf ? 0 : tracked,
			  turn_around(&t->s, cap + devctls[i].reg, 2, tracked));
	}
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* What shares a register with them, and is not written together with them */
TEST_F(bound, device_control_beside)
{
	struct tsm_test *t = &self->t;
	int cap = tsm_config_find_cap(&t->s, PCI_CAP_ID_EXP);
	u8 turned = t->s.fn->is_vf ? 0 : PCI_EXP_DEVCTL_RELAX_EN;
	s64 old;

	ASSERT_LT(0, cap);
	old = tsm_config_read(&t->s, cap + PCI_EXP_DEVCTL, 1);
	ASSERT_LE(0, old);
	ASSERT_EQ(0, tsm_config_write(&t->s, cap + PCI_EXP_DEVCTL, 1,
				      old ^ PCI_EXP_DEVCTL_RELAX_EN));
	EXPECT_EQ(old ^ turned, tsm_config_read(&t->s, cap + PCI_EXP_DEVCTL, 1));
	EXPECT_TRUE(tsm_is_unharmed(t, variant->state));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* It is not started; by byte, word and double word. A VF has none */
TEST_F(bound, bist)
{
	struct tsm_test *t = &self->t;
	u8 capable = t->s.fn->is_vf ? 0 : PCI_BIST_CAPABLE;
	u8 start = t->s.fn->is_vf ? 0 : PCI_BIST_START;

	for (size_t size = 1; size <= 4; size *= 2) {
		ASSERT_EQ(0, tsm_config_write(&t->s, PCI_BIST + 1 - size, size,
					      (u32)start << 8 * (size - 1)));
		EXPECT_EQ(capable, tsm_config_read(&t->s, PCI_BIST, 1));
		EXPECT_TRUE(tsm_is_unharmed(t, variant->state));
	}

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_BIST, 1, start));
	EXPECT_EQ(capable | start, tsm_config_read(&t->s, PCI_BIST, 1));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* VFIO keeps BARs for the VM and never writes those of the device */
TEST_F(bound, bars)
{
	struct tsm_test *t = &self->t;

	for (unsigned int reg = PCI_BASE_ADDRESS_0; reg <= PCI_BASE_ADDRESS_5;
	     reg += 4) {
		ASSERT_EQ(0, tsm_config_write(&t->s, reg, 4, ~0));
		ASSERT_EQ(0, tsm_config_write(&t->s, reg, 4, 0));
	}
	EXPECT_TRUE(tsm_is_unharmed(t, variant->state));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* It may fail, as there is nothing to deliver an interrupt, but gets as far as memory */
static void set_up_msi(struct __test_metadata *_metadata, const struct tsm_setup *s)
{
	struct {
		struct vfio_irq_set set;
		int eventfd;
	} irqs = {
		.set = {
			.argsz = sizeof(irqs),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSI_IRQ_INDEX,
			.count = 1,
		},
		.eventfd = eventfd(0, EFD_CLOEXEC),
	};

	ASSERT_LE(0, irqs.eventfd);
	ioctl(s->cdev, VFIO_DEVICE_SET_IRQS, &irqs);
	EXPECT_EQ(0, close(irqs.eventfd));
}

/* VFIO enables memory for it, and leaves that of a bound TDI enabled */
TEST_F(bound, msi)
{
	struct tsm_test *t = &self->t;

	if (t->s.fn->is_vf)
		return;
	set_up_msi(_metadata, &t->s);
	EXPECT_TRUE(tsm_is_unharmed(t, variant->state));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_write(&t->s, PCI_COMMAND, 2, 0));
	set_up_msi(_metadata, &t->s);
	EXPECT_EQ(0, tsm_pci_command(&t->s) & TSM_PCI_ENABLES);

	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, tsm_pci_command(&t->s) & TSM_PCI_ENABLES);
	set_up_msi(_metadata, &t->s);
	EXPECT_EQ(PCI_COMMAND_MEMORY, tsm_pci_command(&t->s) & TSM_PCI_ENABLES);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A close disables nothing before the TSM has unbound */
TEST_F(bound, close_unbinds_first)
{
	struct tsm_setup *s = &self->t.s;
	struct tsm_held held;

	ASSERT_EQ(0, tsm_close_kvm_vfio(s));
	ASSERT_EQ(0, tsm_hold(&held, TSM_EMU_STALL_UNBIND, tsm_call_close_device, s));
	EXPECT_EQ(tsm_pci_enables(&self->t.s),
		  tsm_pci_command(&self->t.s) & TSM_PCI_ENABLES);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, tsm_info_state(&self->t));

	EXPECT_EQ(0, tsm_unhold(&held));
	EXPECT_EQ(0, tsm_pci_command(&self->t.s) & PCI_COMMAND_MASTER);
	tsm_setup_close(s);
	ASSERT_EQ(0, tsm_use_function(s->fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A function of a device with two, whose TDI runs */
FIXTURE(running)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(running)
{
	const char *name;
	bool has_dsm;
};

FIXTURE_VARIANT_ADD(running, pf0) { "pf0", true };
FIXTURE_VARIANT_ADD(running, fn1) { "fn1", false };

FIXTURE_SETUP(running)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, variant->name, false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
	ASSERT_EQ(0, tsm_tdi_run(t));
}

FIXTURE_TEARDOWN(running)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* It stays in D0 while it is bound, or has the DSM. It is not bound in D3hot */
TEST_F(running, d3hot)
{
	struct tsm_test *t = &self->t;
	struct tsm_bar bar;

	ASSERT_EQ(0, tsm_bar_open(&bar, &t->s));
	ASSERT_EQ(0, tsm_config_set_power(&t->s, PCI_D3hot));
	EXPECT_EQ(PCI_D0, tsm_config_power(&t->s));
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(0, tsm_bar_lost(&bar));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	ASSERT_EQ(0, tsm_config_set_power(&t->s, PCI_D3hot));
	if (variant->has_dsm) {
		EXPECT_EQ(PCI_D0, tsm_config_power(&t->s));
		EXPECT_EQ(0, tsm_bar_lost(&bar));
	} else {
		EXPECT_EQ(PCI_D3hot, tsm_config_power(&t->s));
		EXPECT_EQ(-EAGAIN, tsm_bind_tdi(&t->s));
		ASSERT_EQ(0, tsm_config_set_power(&t->s, PCI_D0));
		EXPECT_EQ(PCI_D0, tsm_config_power(&t->s));
		EXPECT_EQ(bar.seen, tsm_bar_lost(&bar));
	}
	tsm_bar_close(&bar);
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* A TDI that is not locked yet */
FIXTURE(unlocked)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(unlocked)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	ASSERT_EQ(0, tsm_pci_enable(&t->s));
	do_step(_metadata, t, tsm_bind_tdi);
}

FIXTURE_TEARDOWN(unlocked)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* Two threads that write the Command register at the same time, time and again */
struct command_race {
	struct tsm_test *t;
	unsigned int here;
	u16 val[2];
	unsigned int lost;
};

/* Leave together, without the wake-up that one of them would have to wait for */
static void meet(struct command_race *race, unsigned int nr)
{
	__atomic_add_fetch(&race->here, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&race->here, __ATOMIC_SEQ_CST) < 2 * nr)
		;
}

/* Root may do to a TDI that is not locked what its user may not */
static int clear_bus_master(const struct tsm_setup *s)
{
	u16 command = htole16(PCI_COMMAND_MEMORY);
	char path[128];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", s->fn->bdf);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	len = pwrite(fd, &command, sizeof(command), PCI_COMMAND);
	close(fd);
	return len == sizeof(command) ? 0 : -EIO;
}

static int write_command(struct command_race *race, unsigned int who)
{
	unsigned int nr = 0;
	int rc = 0;

	for (unsigned int i = 0; i < COMMAND_ROUNDS; i++) {
		if (!who)
			rc |= clear_bus_master(&race->t->s);
		meet(race, ++nr);
		rc |= tsm_config_write(&race->t->s, PCI_COMMAND, 2,
				       race->val[who]);
		meet(race, ++nr);
		if (!who && !(tsm_pci_command(&race->t->s) & PCI_COMMAND_MASTER))
			race->lost++;
	}
	return rc;
}

static int enable_command(void *race)
{
	return write_command(race, 1);
}

/* In either order of the writes bus mastering stays enabled once it is */
TEST_F_TIMEOUT(unlocked, two_write_the_command, 120)
{
	struct command_race race = {
		.t = &self->t,
		.val = { 0, TSM_PCI_ENABLES },
	};
	struct tsm_thread thread;
	int rc;

	ASSERT_EQ(0, tsm_thread_start(&thread, enable_command, &race));
	EXPECT_EQ(0, write_command(&race, 0));
	ASSERT_EQ(0, tsm_thread_join(&thread, &rc));
	EXPECT_EQ(0, rc);
	EXPECT_EQ(0, race.lost);
	ASSERT_EQ(0, tsm_tdi_run(&self->t));
	EXPECT_TRUE(tsm_is_unharmed(&self->t, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

TEST_F(running, af_flr)
{
	expect_dropped_while_bound(_metadata, &self->t, PCI_TDISP_STATE_RUN,
				   tsm_config_af_flr);
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

/* The device goes to sleep some time after the call, so the call counts */
TEST_F(running, low_power)
{
	struct tsm_test *t = &self->t;
	struct tsm_bar bar;

	ASSERT_EQ(0, tsm_bar_open(&bar, &t->s));
	EXPECT_EQ(-EBUSY, tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_TRUE(tsm_is_unharmed(t, PCI_TDISP_STATE_RUN));
	EXPECT_EQ(0, tsm_bar_lost(&bar));

	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	/* what is refused counts for nothing */
	EXPECT_EQ(-EINVAL, tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_EQ(-EAGAIN, tsm_bind_tdi(&t->s));
	EXPECT_EQ(0, tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT));
	EXPECT_EQ(bar.seen, tsm_bar_lost(&bar));
	tsm_bar_close(&bar);
	EXPECT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, tsm_tdi_state(t));

	/* a user may close the device in low power */
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(0, tsm_vfio_low_power(&t->s, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	tsm_setup_close(&t->s);
	ASSERT_EQ(0, tsm_use_function(t->s.fn));
	EXPECT_EQ(0, tsm_kmsg_complaints(&self->kmsg));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
