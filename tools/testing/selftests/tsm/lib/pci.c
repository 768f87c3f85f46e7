// SPDX-License-Identifier: GPL-2.0
/* What VFIO lets a VM do to a function, and what the host does, see pci.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "kselftest.h"
#include "clock.h"
#include "file.h"
#include "pci.h"
#include "tdi.h"

static s64 config_offset(const struct tsm_setup *s)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};

	if (ioctl(s->cdev, VFIO_DEVICE_GET_REGION_INFO, &info))
		return -errno;
	return info.offset;
}

s64 tsm_config_read(const struct tsm_setup *s, unsigned int reg, size_t size)
{
	s64 offset = config_offset(s);
	u32 val = 0;
	ssize_t len;

	if (offset < 0)
		return offset;
	len = pread(s->cdev, &val, size, offset + reg);
	if (len < 0)
		return -errno;
	return (size_t)len == size ? (s64)le32toh(val) : -EIO;
}

int tsm_config_write(const struct tsm_setup *s, unsigned int reg, size_t size,
		     u32 val)
{
	s64 offset = config_offset(s);
	ssize_t len;

	if (offset < 0)
		return offset;
	val = htole32(val);
	len = pwrite(s->cdev, &val, size, offset + reg);
	if (len < 0)
		return -errno;
	return (size_t)len == size ? 0 : -EIO;
}

int tsm_config_find_cap(const struct tsm_setup *s, u8 id)
{
	s64 pos = tsm_config_read(s, PCI_CAPABILITY_LIST, 1);

	while (pos > 0 && tsm_config_read(s, pos, 1) != id)
		pos = tsm_config_read(s, pos + PCI_CAP_LIST_NEXT, 1);
	return pos ?: -ENOENT;
}

static int open_config(const char *bdf, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", bdf);
	return open(path, flags);
}

s64 tsm_pci_read(const char *bdf, unsigned int reg, size_t size)
{
	int fd = open_config(bdf, O_RDONLY);
	u32 val = 0;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = pread(fd, &val, size, reg);
	close(fd);
	return len == (ssize_t)size ? (s64)le32toh(val) : -EIO;
}

int tsm_pci_write(const char *bdf, unsigned int reg, size_t size, u32 val)
{
	int fd = open_config(bdf, O_WRONLY);
	ssize_t len;

	if (fd < 0)
		return -errno;
	val = htole32(val);
	len = pwrite(fd, &val, size, reg);
	close(fd);
	return len == (ssize_t)size ? 0 : -EIO;
}

int tsm_pci_command(const struct tsm_setup *s)
{
	return tsm_pci_read(s->fn->bdf, PCI_COMMAND, sizeof(u16));
}

int tsm_pci_set_phantom(const struct tsm_setup *s, bool enable)
{
	int cap = tsm_config_find_cap(s, PCI_CAP_ID_EXP);
	char path[128];
	u16 devctl;
	int fd, rc;

	if (cap < 0)
		return cap;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", s->fn->bdf);
	fd = open(path, O_RDWR);
	if (fd < 0)
		return -errno;

	cap += PCI_EXP_DEVCTL;
	rc = -EIO;
	if (pread(fd, &devctl, sizeof(devctl), cap) == sizeof(devctl)) {
		devctl &= ~htole16(PCI_EXP_DEVCTL_PHANTOM);
		if (enable)
			devctl |= htole16(PCI_EXP_DEVCTL_PHANTOM);
		if (pwrite(fd, &devctl, sizeof(devctl), cap) == sizeof(devctl))
			rc = 0;
	}
	close(fd);
	return rc;
}

u16 tsm_pci_enables(const struct tsm_setup *s)
{
	return s->fn->is_vf ? PCI_COMMAND_MASTER : TSM_PCI_ENABLES;
}

int tsm_pci_enable(const struct tsm_setup *s)
{
	int rc;

	rc = tsm_config_write(s, PCI_COMMAND, 2, TSM_PCI_ENABLES);
	if (rc)
		return rc;
	rc = tsm_pci_command(s);
	if (rc < 0)
		return rc;
	return (rc & TSM_PCI_ENABLES) == tsm_pci_enables(s) ? 0 : -EIO;
}

int tsm_config_flr(const struct tsm_setup *s)
{
	int cap = tsm_config_find_cap(s, PCI_CAP_ID_EXP);
	s64 val;

	if (cap < 0)
		return cap;
	val = tsm_config_read(s, cap + PCI_EXP_DEVCTL, 2);
	if (val < 0)
		return val;
	return tsm_config_write(s, cap + PCI_EXP_DEVCTL, 2,
				val | PCI_EXP_DEVCTL_BCR_FLR);
}

int tsm_config_af_flr(const struct tsm_setup *s)
{
	int cap = tsm_config_find_cap(s, PCI_CAP_ID_AF);

	if (cap < 0)
		return cap;
	return tsm_config_write(s, cap + PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR);
}

int tsm_config_power(const struct tsm_setup *s)
{
	int cap = tsm_config_find_cap(s, PCI_CAP_ID_PM);
	s64 val;

	if (cap < 0)
		return cap;
	val = tsm_config_read(s, cap + PCI_PM_CTRL, 2);
	return val < 0 ? val : val & PCI_PM_CTRL_STATE_MASK;
}

int tsm_config_set_power(const struct tsm_setup *s, u8 state)
{
	int cap = tsm_config_find_cap(s, PCI_CAP_ID_PM);

	return cap < 0 ? cap : tsm_config_write(s, cap + PCI_PM_CTRL, 2, state);
}

int tsm_vfio_low_power(const struct tsm_setup *s, u32 feature)
{
	struct vfio_device_feature set = {
		.argsz = sizeof(set),
		.flags = VFIO_DEVICE_FEATURE_SET | feature,
	};

	return ioctl(s->cdev, VFIO_DEVICE_FEATURE, &set) ? -errno : 0;
}

int tsm_vfio_reset(struct tsm_test *t)
{
	return ioctl(t->s.cdev, VFIO_DEVICE_RESET) ? -errno : 0;
}

int tsm_sysfs_reset(struct tsm_test *t)
{
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/reset", t->s.fn->bdf);
	return tsm_file_write(path, "1");
}

bool tsm_pci_is_power_managed(const char *bdf)
{
	char path[128];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/power/control", bdf);
	return !access(path, F_OK);
}

int tsm_pci_wait_asleep(const char *bdf)
{
	char path[128], status[32];
	struct timespec since;
	int rc;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/power/runtime_status", bdf);
	tsm_clock_start(&since);
	do {
		rc = tsm_file_read(path, status, sizeof(status));
		if (rc || !strcmp(status, "suspended"))
			return rc;
	} while (tsm_clock_pause(&since));
	return -ETIMEDOUT;
}

bool tsm_pci_is_in_d0(const char *bdf)
{
	char path[128], state[32] = "unknown";

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/power_state", bdf);
	tsm_file_read(path, state, sizeof(state));
	if (strcmp(state, "D0"))
		ksft_print_msg("%s is in %s\n", bdf, state);
	return !strcmp(state, "D0");
}

bool tsm_is_unharmed(struct tsm_test *t, u8 state)
{
	int is = tsm_tdi_state(t);
	int command = tsm_pci_command(&t->s);
	u16 enables = tsm_pci_enables(&t->s);

	if (is != state)
		ksft_print_msg("the TDI is in state %d rather than %u\n", is, state);
	if (command < 0 || (command & TSM_PCI_ENABLES) != enables)
		ksft_print_msg("the command register is 0x%x without 0x%x\n",
			       command, enables);
	return is == state && command >= 0 &&
	       (command & TSM_PCI_ENABLES) == enables;
}
