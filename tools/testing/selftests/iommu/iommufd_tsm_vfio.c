// SPDX-License-Identifier: GPL-2.0
/*
 * What VFIO and sysfs must not do to a function that is bound as a TDI: reset
 * it, or take memory, bus mastering or power from it, which would throw the TDI into
 * the TDISP ERROR state behind the TSM. And what they may do again once it is
 * unbound. The emulated device does go to ERROR where the rule is broken.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/kvm.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "tsm_waiter.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define ROOT_PORT PCI_DEVICES "/10000:00:00.0"
#define ENABLES (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)

/* How often a reset is let to meet a bind before that must have happened */
#define RACE_ROUNDS 40

static u64 config_offset(struct __test_metadata *_metadata,
			 const struct tsm_test *t)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};

	ASSERT_EQ(0, ioctl(t->s.cdev, VFIO_DEVICE_GET_REGION_INFO, &info));
	return info.offset;
}

/* Configuration space as the guest has it */
static u32 read_config(struct __test_metadata *_metadata,
		       const struct tsm_test *t, unsigned int reg, size_t size)
{
	u64 offset = config_offset(_metadata, t) + reg;
	u32 val = 0;

	ASSERT_EQ(size, pread(t->s.cdev, &val, size, offset));
	return le32toh(val);
}

static void write_config(struct __test_metadata *_metadata,
			 const struct tsm_test *t, unsigned int reg, size_t size,
			 u32 val)
{
	u64 offset = config_offset(_metadata, t) + reg;

	val = htole32(val);
	ASSERT_EQ(size, pwrite(t->s.cdev, &val, size, offset));
}

/* Command register as the device has it */
static u16 device_command(struct __test_metadata *_metadata,
			  const struct tsm_test *t)
{
	char path[128];
	u16 command;
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", t->s.fn->bdf);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(sizeof(command),
		  pread(fd, &command, sizeof(command), PCI_COMMAND));
	close(fd);
	return le16toh(command);
}

/* What a function can have enabled: a VF has no memory enable of its own */
static u16 enables_of(const struct tsm_test *t)
{
	return t->s.fn->is_vf ? PCI_COMMAND_MASTER : ENABLES;
}

static void enable(struct __test_metadata *_metadata, const struct tsm_test *t)
{
	write_config(_metadata, t, PCI_COMMAND, 2, ENABLES);
	ASSERT_EQ(enables_of(t), device_command(_metadata, t) & ENABLES);
}

static u8 find_cap(struct __test_metadata *_metadata, const struct tsm_test *t,
		   u8 id)
{
	u8 pos = read_config(_metadata, t, PCI_CAPABILITY_LIST, 1);

	while (pos && read_config(_metadata, t, pos, 1) != id)
		pos = read_config(_metadata, t, pos + PCI_CAP_LIST_NEXT, 1);
	ASSERT_NE(0, pos);
	return pos;
}

static int vfio_reset(struct tsm_test *t)
{
	return ioctl(t->s.cdev, VFIO_DEVICE_RESET) ? -errno : 0;
}

static bool has_hot_reset(struct tsm_test *t)
{
	struct vfio_pci_hot_reset_info info = { .argsz = sizeof(info) };

	/* ENOSPC: there is room for none of the functions that it tells */
	return !ioctl(t->s.cdev, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info) ||
	       errno == ENOSPC;
}

/* All of the device, which belongs to the iommufd or nobody */
static int hot_reset(struct tsm_test *t)
{
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset) };

	return ioctl(t->s.cdev, VFIO_DEVICE_PCI_HOT_RESET, &reset) ? -errno : 0;
}

static int sysfs_reset(struct tsm_test *t)
{
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/reset", t->s.fn->bdf);
	return tsm_file_write(path, "1");
}

static int bus_reset(struct tsm_test *t)
{
	return tsm_file_write(ROOT_PORT "/reset_subordinate", "1");
}

/* Initiate Function Level Reset */
static void config_flr(struct __test_metadata *_metadata, struct tsm_test *t)
{
	unsigned int devctl = find_cap(_metadata, t, PCI_CAP_ID_EXP) +
			      PCI_EXP_DEVCTL;
	u16 val = read_config(_metadata, t, devctl, 2);

	write_config(_metadata, t, devctl, 2, val | PCI_EXP_DEVCTL_BCR_FLR);
}

/* The same through Advanced Features, which VFs don't have */
static void config_af_flr(struct __test_metadata *_metadata, struct tsm_test *t)
{
	write_config(_metadata, t,
		     find_cap(_metadata, t, PCI_CAP_ID_AF) + PCI_AF_CTRL, 1,
		     PCI_AF_CTRL_FLR);
}

static void bring_to(struct __test_metadata *_metadata, struct tsm_test *t,
		     u8 state)
{
	u8 nonce[PCI_TDISP_NONCE_LEN];

	if (state == PCI_TDISP_STATE_CONFIG_UNLOCKED)
		return;
	lock(_metadata, t, nonce);
	if (state == PCI_TDISP_STATE_RUN)
		start(_metadata, t, nonce);
}

/* A TDI in each of its states */
FIXTURE(bound)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(bound)
{
	const char *name;
	u8 state;
};

FIXTURE_VARIANT_ADD(bound, pf0_unlocked)
{
	.name = "pf0",
	.state = PCI_TDISP_STATE_CONFIG_UNLOCKED,
};

FIXTURE_VARIANT_ADD(bound, pf0_locked)
{
	.name = "pf0",
	.state = PCI_TDISP_STATE_CONFIG_LOCKED,
};

FIXTURE_VARIANT_ADD(bound, pf0_running)
{
	.name = "pf0",
	.state = PCI_TDISP_STATE_RUN,
};

FIXTURE_VARIANT_ADD(bound, fn1_running)
{
	.name = "fn1",
	.state = PCI_TDISP_STATE_RUN,
};

FIXTURE_VARIANT_ADD(bound, vf_running)
{
	.name = "vf",
	.state = PCI_TDISP_STATE_RUN,
};

FIXTURE_SETUP(bound)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, variant->name, false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	enable(_metadata, t);
	do_step(_metadata, t, tsm_bind_tdi);
	bring_to(_metadata, t, variant->state);
}

FIXTURE_TEARDOWN(bound)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* Nothing has been done to it */
static void expect_unharmed(struct __test_metadata *_metadata,
			    struct tsm_test *t, u8 state)
{
	EXPECT_EQ(state, get_state(_metadata, t));
	EXPECT_EQ(enables_of(t), device_command(_metadata, t) & ENABLES);
}

/* What is refused, and works as soon as the TDI is unbound */
static void expect_refused_while_bound(struct __test_metadata *_metadata,
				       struct tsm_test *t, u8 state,
				       int (*call)(struct tsm_test *t))
{
	EXPECT_EQ(-EBUSY, call(t));
	expect_unharmed(_metadata, t, state);

	ASSERT_EQ(0, unbind_tdi(t));
	EXPECT_EQ(0, call(t));
	ASSERT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
}

TEST_F(bound, vfio_reset)
{
	expect_refused_while_bound(_metadata, &self->t, variant->state,
				   vfio_reset);
	expect_no_complaints(_metadata, &self->kmsg);
}

TEST_F(bound, sysfs_reset)
{
	expect_refused_while_bound(_metadata, &self->t, variant->state,
				   sysfs_reset);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* A write to configuration space can't fail, so it does nothing */
static void expect_dropped_while_bound(struct __test_metadata *_metadata,
				       struct tsm_test *t, u8 state,
				       void (*reset)(struct __test_metadata *,
						     struct tsm_test *))
{
	struct tsm_kmsg resets;

	ASSERT_EQ(0, tsm_kmsg_open(&resets, false));
	reset(_metadata, t);
	expect_unharmed(_metadata, t, state);
	EXPECT_EQ(0, tsm_kmsg_count(&resets, "reset done"));

	ASSERT_EQ(0, unbind_tdi(t));
	reset(_metadata, t);
	EXPECT_EQ(1, tsm_kmsg_count(&resets, "reset done"));
	tsm_kmsg_close(&resets);
	ASSERT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
}

TEST_F(bound, flr)
{
	expect_dropped_while_bound(_metadata, &self->t, variant->state,
				   config_flr);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* By byte, word and double word; other bits can be changed */
TEST_F(bound, memory_and_bus_master)
{
	const u16 other = PCI_COMMAND_PARITY;
	struct tsm_test *t = &self->t;
	u16 keeps = enables_of(t);
	/* a VF has no bits but one */
	u16 other_bit = t->s.fn->is_vf ? 0 : other;

	for (size_t size = 1; size <= 4; size *= 2) {
		write_config(_metadata, t, PCI_COMMAND, size, other);
		EXPECT_EQ(keeps | other_bit,
			  device_command(_metadata, t) & (ENABLES | other));
		write_config(_metadata, t, PCI_COMMAND, size, 0);
		EXPECT_EQ(keeps, device_command(_metadata, t) & (ENABLES | other));
		expect_unharmed(_metadata, t, variant->state);
	}

	ASSERT_EQ(0, unbind_tdi(t));
	write_config(_metadata, t, PCI_COMMAND, 2, 0);
	EXPECT_EQ(0, device_command(_metadata, t) & ENABLES);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* What can be enabled later than the bind is kept from then on */
TEST_F(bound, late_bus_master)
{
	struct tsm_test *t = &self->t;

	ASSERT_EQ(0, unbind_tdi(t));
	write_config(_metadata, t, PCI_COMMAND, 2, 0);
	ASSERT_EQ(0, bind_tdi(t));
	write_config(_metadata, t, PCI_COMMAND, 2, ENABLES);
	EXPECT_EQ(enables_of(t), device_command(_metadata, t) & ENABLES);
	bring_to(_metadata, t, variant->state);
	write_config(_metadata, t, PCI_COMMAND, 2, 0);
	expect_unharmed(_metadata, t, variant->state);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* BARs are VFIO's, the device's are never written */
TEST_F(bound, bars)
{
	struct tsm_test *t = &self->t;

	for (unsigned int reg = PCI_BASE_ADDRESS_0; reg <= PCI_BASE_ADDRESS_5;
	     reg += 4) {
		write_config(_metadata, t, reg, 4, ~0);
		write_config(_metadata, t, reg, 4, 0);
	}
	expect_unharmed(_metadata, t, variant->state);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* The device is still all there when the TSM is told to unbind */
TEST_F(bound, close_unbinds_first)
{
	struct waiter w = { .what = "close of the VFIO device" };
	struct tsm_setup *s = &self->t.s;
	struct holder holder;

	close_kvm_vfio(_metadata, s);
	ASSERT_EQ(0, tsm_platform_stall(TSM_STALL_UNBIND));
	ASSERT_EQ(0, tsm_thread_start(&w.thread, call_close_vfio, s));
	ASSERT_EQ(0, tsm_platform_wait_stalled(1));
	EXPECT_EQ(enables_of(&self->t),
		  device_command(_metadata, &self->t) & ENABLES);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, info_state(_metadata, &self->t));

	tsm_wait_start_clock(&holder.released);
	ASSERT_EQ(0, tsm_platform_stall(0));
	EXPECT_EQ(0, end_waiter(_metadata, &w, &holder));
	EXPECT_EQ(0, device_command(_metadata, &self->t) & PCI_COMMAND_MASTER);
	tsm_setup_close(s);
	use_function(_metadata, s->fn);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* The other function of the device */
static void init_sibling(struct tsm_setup *s, const struct tsm_function *fn)
{
	bool is_pf0 = !strcmp(fn->bdf, fn->dsm);

	tsm_setup_init(s, tsm_find_function(is_pf0 ? "fn1" : "pf0"));
}

/* What resets all functions of a device, with one of them bound */
FIXTURE(device)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(device)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(device, pf0)
{
	.name = "pf0",
};

FIXTURE_VARIANT_ADD(device, fn1)
{
	.name = "fn1",
};

FIXTURE_SETUP(device)
{
	struct tsm_test *t = &self->t;
	struct tsm_setup sibling;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, variant->name, false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	/* a hot reset wants all functions to be VFIO's */
	init_sibling(&sibling, t->s.fn);
	ASSERT_EQ(0, tsm_use_vfio(&sibling));

	enable(_metadata, t);
	do_step(_metadata, t, tsm_bind_tdi);
	run(_metadata, t);
}

FIXTURE_TEARDOWN(device)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* It takes that all functions belong to the same iommufd */
TEST_F(device, hot_reset)
{
	struct tsm_test sibling;

	if (!has_hot_reset(&self->t))
		SKIP(return, "VFIO has no hot reset for it");
	init_sibling(&sibling.s, self->t.s.fn);
	do_step(_metadata, &sibling, tsm_open_device);
	sibling.s.iommufd = self->t.s.iommufd;
	do_step(_metadata, &sibling, tsm_bind_iommufd);

	expect_refused_while_bound(_metadata, &self->t, PCI_TDISP_STATE_RUN,
				   hot_reset);
	EXPECT_EQ(0, close(sibling.s.cdev));
	expect_no_complaints(_metadata, &self->kmsg);
}

TEST_F(device, bus_reset)
{
	expect_refused_while_bound(_metadata, &self->t, PCI_TDISP_STATE_RUN,
				   bus_reset);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* That the reset of another function is none of its business */
TEST_F(device, reset_of_sibling)
{
	struct tsm_test sibling;

	init_sibling(&sibling.s, self->t.s.fn);
	EXPECT_EQ(0, sysfs_reset(&sibling));
	expect_unharmed(_metadata, &self->t, PCI_TDISP_STATE_RUN);
	expect_no_complaints(_metadata, &self->kmsg);
}

static u8 power_state(struct __test_metadata *_metadata,
		      const struct tsm_test *t)
{
	u8 cap = find_cap(_metadata, t, PCI_CAP_ID_PM);

	return read_config(_metadata, t, cap + PCI_PM_CTRL, 2) &
	       PCI_PM_CTRL_STATE_MASK;
}

static void set_power_state(struct __test_metadata *_metadata,
			    const struct tsm_test *t, u8 state)
{
	u8 cap = find_cap(_metadata, t, PCI_CAP_ID_PM);

	write_config(_metadata, t, cap + PCI_PM_CTRL, 2, state);
}

/* Configuration writes can't fail, so the state stays; nor is it bound in D3hot */
TEST_F(device, d3hot)
{
	struct tsm_test *t = &self->t;
	const u8 d0 = 0, d3hot = 3;

	set_power_state(_metadata, t, d3hot);
	EXPECT_EQ(d0, power_state(_metadata, t));
	expect_unharmed(_metadata, t, PCI_TDISP_STATE_RUN);

	ASSERT_EQ(0, unbind_tdi(t));
	set_power_state(_metadata, t, d3hot);
	EXPECT_EQ(d3hot, power_state(_metadata, t));
	EXPECT_EQ(-EBUSY, bind_tdi(t));
	set_power_state(_metadata, t, d0);
	EXPECT_EQ(d0, power_state(_metadata, t));
	EXPECT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));
	expect_no_complaints(_metadata, &self->kmsg);
}

TEST_F(device, af_flr)
{
	expect_dropped_while_bound(_metadata, &self->t, PCI_TDISP_STATE_RUN,
				   config_af_flr);
	expect_no_complaints(_metadata, &self->kmsg);
}

static int set_low_power(struct tsm_test *t, u32 feature)
{
	struct vfio_device_feature set = {
		.argsz = sizeof(set),
		.flags = VFIO_DEVICE_FEATURE_SET | feature,
	};

	return ioctl(t->s.cdev, VFIO_DEVICE_FEATURE, &set) ? -errno : 0;
}

/* The device goes to sleep some time after the call, so all that time counts */
TEST_F(device, low_power)
{
	struct tsm_test *t = &self->t;

	EXPECT_EQ(-EBUSY, set_low_power(t, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	expect_unharmed(_metadata, t, PCI_TDISP_STATE_RUN);

	ASSERT_EQ(0, unbind_tdi(t));
	EXPECT_EQ(0, set_low_power(t, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_EQ(-EBUSY, bind_tdi(t));
	EXPECT_EQ(0, set_low_power(t, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT));
	EXPECT_EQ(0, bind_tdi(t));
	EXPECT_EQ(PCI_TDISP_STATE_CONFIG_UNLOCKED, get_state(_metadata, t));

	/* what entered it may be closed in it */
	ASSERT_EQ(0, unbind_tdi(t));
	EXPECT_EQ(0, set_low_power(t, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	tsm_setup_close(&t->s);
	use_function(_metadata, t->s.fn);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* A reset of a PF takes its VFs with it */
FIXTURE(pf)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(pf)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, "vf", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	enable(_metadata, t);
	do_step(_metadata, t, tsm_bind_tdi);
	run(_metadata, t);
}

FIXTURE_TEARDOWN(pf)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

static int reset_pf(struct tsm_test *t)
{
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/reset", t->s.fn->dsm);
	return tsm_file_write(path, "1");
}

TEST_F(pf, reset)
{
	EXPECT_EQ(-EBUSY, reset_pf(&self->t));
	expect_unharmed(_metadata, &self->t, PCI_TDISP_STATE_RUN);
	ASSERT_EQ(0, unbind_tdi(&self->t));
	EXPECT_EQ(0, reset_pf(&self->t));
	expect_no_complaints(_metadata, &self->kmsg);
}

/* A PF that a user of VFIO has, and a VF of it that a VM has */
FIXTURE(user_of_pf)
{
	struct tsm_test t;
	struct tsm_test pf;
	struct tsm_kmsg kmsg;
};

static const struct tsm_function pf_of_vf = {
	.name = "PF",
	.bdf = "10000:02:00.0",
	.dsm = "10000:02:00.0",
};

static const u8 vf_token[16] = "token of the VFs";

static void open_pf(struct __test_metadata *_metadata, struct tsm_test *pf)
{
	tsm_setup_init(&pf->s, &pf_of_vf);
	pf->s.vf_token = vf_token;
	do_step(_metadata, pf, tsm_open_iommufd);
	do_step(_metadata, pf, tsm_open_device);
}

static int set_vf_token(const struct tsm_test *pf)
{
	struct {
		struct vfio_device_feature feature;
		u8 token[sizeof(vf_token)];
	} set = {
		.feature.argsz = sizeof(set),
		.feature.flags = VFIO_DEVICE_FEATURE_SET |
				 VFIO_DEVICE_FEATURE_PCI_VF_TOKEN,
	};

	memcpy(set.token, vf_token, sizeof(vf_token));
	return ioctl(pf->s.cdev, VFIO_DEVICE_FEATURE, &set) ? -errno : 0;
}

static int let_vfio_make_vfs(const char *on)
{
	return tsm_file_write("/sys/module/vfio_pci/parameters/enable_sriov", on);
}

FIXTURE_SETUP(user_of_pf)
{
	struct tsm_test *t = &self->t, *pf = &self->pf;

	self->kmsg.fd = -1;
	tsm_setup_init(&pf->s, &pf_of_vf);
	if (setup_host(_metadata, t, "vf", false))
		return;
	ASSERT_EQ(0, tsm_set_vfs(&pf_of_vf, 0));
	do_step(_metadata, pf, tsm_use_vfio);
	ASSERT_EQ(0, let_vfio_make_vfs("Y"));
	ASSERT_EQ(0, tsm_set_vfs(&pf_of_vf, 1));
	do_step(_metadata, t, tsm_use_vfio);

	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	open_pf(_metadata, pf);
	do_step(_metadata, pf, tsm_bind_iommufd);
	ASSERT_EQ(0, set_vf_token(pf));
	t->s.vf_token = vf_token;
	do_step(_metadata, t, tsm_assign);
	enable(_metadata, t);
	do_step(_metadata, t, tsm_bind_tdi);
	run(_metadata, t);
}

FIXTURE_TEARDOWN(user_of_pf)
{
	teardown(&self->t);
	tsm_setup_close(&self->pf.s);
	tsm_set_vfs(&pf_of_vf, 0);
	let_vfio_make_vfs("N");
	tsm_kmsg_close(&self->kmsg);
}

static bool can_be_reset(struct __test_metadata *_metadata, struct tsm_test *t)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	ASSERT_EQ(0, ioctl(t->s.cdev, VFIO_DEVICE_GET_INFO, &info));
	return info.flags & VFIO_DEVICE_FLAGS_RESET;
}

/* Neither the user nor what VFIO does at a close and an open resets the VF */
TEST_F(user_of_pf, leaves_the_vf_alone)
{
	struct tsm_test *t = &self->t, *pf = &self->pf;

	EXPECT_EQ(-EBUSY, vfio_reset(pf));
	expect_unharmed(_metadata, t, PCI_TDISP_STATE_RUN);
	tsm_setup_close(&pf->s);
	expect_unharmed(_metadata, t, PCI_TDISP_STATE_RUN);

	/* to open it without a reset would be to show what the last user left */
	open_pf(_metadata, pf);
	EXPECT_EQ(-EBUSY, tsm_bind_iommufd(&pf->s));
	expect_unharmed(_metadata, t, PCI_TDISP_STATE_RUN);

	ASSERT_EQ(0, unbind_tdi(t));
	do_step(_metadata, pf, tsm_bind_iommufd);
	EXPECT_TRUE(can_be_reset(_metadata, pf));
	EXPECT_EQ(0, vfio_reset(pf));
	expect_no_complaints(_metadata, &self->kmsg);
}

/* A function that VFIO opens, for a VM that has a vIOMMU from another one's open */
FIXTURE(opening)
{
	struct tsm_test t;
	struct tsm_test other;
	struct tsm_kmsg kmsg;
};

FIXTURE_SETUP(opening)
{
	struct tsm_test *t = &self->t, *other = &self->other;
	struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_FILE,
		.attr = KVM_DEV_VFIO_FILE_ADD,
		.addr = (__u64)(unsigned long)&t->s.cdev,
	};

	self->kmsg.fd = -1;
	tsm_setup_init(&other->s, tsm_find_function("fn1"));
	if (setup_host(_metadata, t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	do_step(_metadata, other, tsm_prepare_host);
	do_step(_metadata, other, tsm_assign);

	t->s.iommufd = dup(other->s.iommufd);
	t->s.viommu_id = other->s.viommu_id;
	t->s.virt_id = other->s.virt_id + 1;
	do_step(_metadata, t, tsm_open_device);
	ASSERT_EQ(0, ioctl(other->s.kvm_vfio, KVM_SET_DEVICE_ATTR, &attr));
}

FIXTURE_TEARDOWN(opening)
{
	teardown(&self->other);
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* Find the device by an id that nobody has told yet */
static void guess_vdevice(struct __test_metadata *_metadata,
			  struct tsm_setup *guess, __u32 other_dev_id)
{
	int rc;

	do {
		guess->dev_id = guess->dev_id % 16 + 1;
		rc = guess->dev_id == other_dev_id ? -ENOENT :
						     tsm_alloc_vdevice(guess);
	} while (rc == -ENOENT);
	ASSERT_EQ(0, rc);
}

/* VFIO resets it, which must neither meet a TDI nor be refused for one */
TEST_F(opening, bind_enodev_before_the_end)
{
	struct tsm_test *t = &self->t, guess = *t;
	struct tsm_thread open;
	int rc;

	ASSERT_EQ(0, tsm_thread_start(&open, call_bind_iommufd, &t->s));
	guess_vdevice(_metadata, &guess.s, self->other.s.dev_id);
	do {
		rc = bind_tdi(&guess);
	} while (rc == -ENODEV);
	EXPECT_EQ(0, rc);
	ASSERT_EQ(0, tsm_thread_join(&open, &rc));
	ASSERT_EQ(0, rc);
	EXPECT_TRUE(can_be_reset(_metadata, t));
	EXPECT_EQ(0, unbind_tdi(&guess));
	expect_no_complaints(_metadata, &self->kmsg);
}

/* A bind or unbind that the firmware works on */
FIXTURE(in_firmware)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
	struct holder holder;
};

FIXTURE_VARIANT(in_firmware)
{
	u32 operation;
	int (*call)(void *t);
};

FIXTURE_VARIANT_ADD(in_firmware, bind)
{
	.operation = TSM_STALL_BIND,
	.call = call_bind_tdi,
};

FIXTURE_VARIANT_ADD(in_firmware, unbind)
{
	.operation = TSM_STALL_UNBIND,
	.call = call_unbind_tdi,
};

FIXTURE_SETUP(in_firmware)
{
	struct tsm_test *t = &self->t;

	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, t, "pf0", false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
	enable(_metadata, t);
	if (variant->operation == TSM_STALL_UNBIND)
		do_step(_metadata, t, tsm_bind_tdi);
	hold(_metadata, &self->holder, variant->operation, variant->call, t);
}

FIXTURE_TEARDOWN(in_firmware)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

struct reset_call {
	struct tsm_test *t;
	int (*reset)(struct tsm_test *t);
};

static int call_reset(void *data)
{
	struct reset_call *call = data;

	return call->reset(call->t);
}

static int enter_low_power(struct tsm_test *t)
{
	return set_low_power(t, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
}

/* All that can be refused is. Nobody waits for the firmware, either */
static void expect_all_refused(struct __test_metadata *_metadata,
			       struct tsm_test *t)
{
	const struct {
		const char *what;
		int (*reset)(struct tsm_test *t);
	} calls[] = {
		{ "VFIO_DEVICE_RESET", vfio_reset },
		{ "hot reset", hot_reset },
		{ "sysfs reset", sysfs_reset },
		{ "reset of the bus", bus_reset },
		{ "low power entry", enter_low_power },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct reset_call call = { t, calls[i].reset };

		if (call.reset == hot_reset && !has_hot_reset(t))
			continue;
		EXPECT_EQ(-EBUSY, call_at_once(_metadata, calls[i].what,
					       call_reset, &call));
	}
}

/* What can't be refused does nothing */
static void expect_writes_dropped(struct __test_metadata *_metadata,
				  struct tsm_test *t)
{
	const u8 d0 = 0, d3hot = 3;

	config_flr(_metadata, t);
	set_power_state(_metadata, t, d3hot);
	EXPECT_EQ(d0, power_state(_metadata, t));
	write_config(_metadata, t, PCI_COMMAND, 2, 0);
	EXPECT_EQ(ENABLES, device_command(_metadata, t) & ENABLES);
}

TEST_F(in_firmware, nothing_is_reset)
{
	struct tsm_test *t = &self->t;
	struct tsm_test sibling;
	struct tsm_kmsg resets;

	/* for the hot reset. To open it resets it, and that alone */
	init_sibling(&sibling.s, t->s.fn);
	do_step(_metadata, &sibling, tsm_use_vfio);
	do_step(_metadata, &sibling, tsm_open_device);
	sibling.s.iommufd = t->s.iommufd;
	do_step(_metadata, &sibling, tsm_bind_iommufd);

	ASSERT_EQ(0, tsm_kmsg_open(&resets, false));
	expect_all_refused(_metadata, t);
	expect_writes_dropped(_metadata, t);
	/* what a reset takes from it would be restored, so look at the log */
	EXPECT_EQ(0, tsm_kmsg_count(&resets, "reset done"));
	tsm_kmsg_close(&resets);
	EXPECT_EQ(0, release(_metadata, &self->holder));

	EXPECT_EQ(0, close(sibling.s.cdev));
	if (variant->operation == TSM_STALL_UNBIND)
		ASSERT_EQ(0, bind_tdi(t));
	expect_unharmed(_metadata, t, PCI_TDISP_STATE_CONFIG_UNLOCKED);
	expect_no_complaints(_metadata, &self->kmsg);
}

/* The other way round: nothing is bound while it is being reset */
FIXTURE(race)
{
	struct tsm_test t;
	struct tsm_kmsg kmsg;
};

FIXTURE_VARIANT(race)
{
	const char *name;
	int (*reset)(struct tsm_test *t);
};

FIXTURE_VARIANT_ADD(race, sysfs_reset)
{
	.name = "pf0",
	.reset = sysfs_reset,
};

FIXTURE_VARIANT_ADD(race, vfio_reset)
{
	.name = "pf0",
	.reset = vfio_reset,
};

FIXTURE_VARIANT_ADD(race, bus_reset)
{
	.name = "pf0",
	.reset = bus_reset,
};

FIXTURE_VARIANT_ADD(race, reset_of_pf)
{
	.name = "vf",
	.reset = reset_pf,
};

FIXTURE_SETUP(race)
{
	self->kmsg.fd = -1;
	if (setup_vdevice(_metadata, &self->t, variant->name, false))
		return;
	ASSERT_EQ(0, tsm_kmsg_open(&self->kmsg, false));
}

FIXTURE_TEARDOWN(race)
{
	teardown(&self->t);
	tsm_kmsg_close(&self->kmsg);
}

/* Bind while the reset goes on. Return: how often it was refused */
static unsigned int bind_during(struct __test_metadata *_metadata,
				struct tsm_test *t, struct tsm_thread *reset,
				unsigned int *bound)
{
	unsigned int refused = 0;
	int rc;

	while (!tsm_wait_is_over(reset)) {
		rc = bind_tdi(t);
		if (rc) {
			EXPECT_EQ(-EBUSY, rc);
			refused++;
			continue;
		}
		(*bound)++;
		bring_to(_metadata, t, PCI_TDISP_STATE_CONFIG_LOCKED);
		EXPECT_EQ(PCI_TDISP_STATE_CONFIG_LOCKED, get_state(_metadata, t));
		EXPECT_EQ(0, unbind_tdi(t));
	}
	return refused;
}

TEST_F_TIMEOUT(race, bind_and_reset, 120)
{
	struct reset_call call = { &self->t, variant->reset };
	unsigned int refused = 0, resets = 0, bound = 0;
	struct tsm_thread thread;
	int rc;

	for (unsigned int i = 0; i < RACE_ROUNDS; i++) {
		if (refused && resets && bound)
			break;
		ASSERT_EQ(0, tsm_thread_start(&thread, call_reset, &call));
		/* every other time, let the reset get ahead */
		if (i % 2) {
			rc = tsm_wait_until(&thread, TSM_WAIT_UNINTERRUPTIBLE, "");
			ASSERT_TRUE(!rc || rc == -ESRCH);
		}
		refused += bind_during(_metadata, &self->t, &thread, &bound);
		ASSERT_EQ(0, tsm_thread_join(&thread, &rc));
		/* EAGAIN: who looks after the function has it for a moment */
		EXPECT_TRUE(!rc || rc == -EBUSY || rc == -EAGAIN) {
			TH_LOG("reset: %s", strerrorname_np(-rc));
		}
		resets += !rc;
	}
	TH_LOG("%u resets, %u times bound, %u times refused", resets, bound,
	       refused);
	EXPECT_NE(0, refused);
	EXPECT_NE(0, resets);
	EXPECT_NE(0, bound);
	EXPECT_EQ(0, bind_tdi(&self->t));
	expect_no_complaints(_metadata, &self->kmsg);
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
