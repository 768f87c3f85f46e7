// SPDX-License-Identifier: GPL-2.0
/* From nothing to a vDEVICE of a VM and back, see setup.h */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <linux/vfio.h>

#include "file.h"
#include "platform.h"
#include "setup.h"

const struct tsm_function tsm_functions[] = {
	{ "pf0", "10000:01:00.0", "10000:01:00.0", false, 0 },
	{ "fn1", "10000:01:00.1", "10000:01:00.0", false, 0 },
	{ "vf", "10000:02:01.0", "10000:02:00.0", true, 0 },
	{}
};

/* Each platform has a segment, with the same in it */
static void move_to_segment_of(char bdf[TSM_BDF_LEN], unsigned int platform)
{
	char old[TSM_BDF_LEN];

	memcpy(old, bdf, sizeof(old));
	snprintf(bdf, TSM_BDF_LEN, "%05x%s", TSM_EMU_DOMAIN_MIN + platform,
		 strchr(old, ':'));
}

const struct tsm_function *tsm_find_function_of(unsigned int platform,
						const char *name)
{
	static struct tsm_function found[TSM_EMU_MAX_INSTANCES]
					[ARRAY_SIZE(tsm_functions)];
	struct tsm_function *fn;
	size_t i = 0;

	while (tsm_functions[i].name && strcmp(tsm_functions[i].name, name))
		i++;
	if (!tsm_functions[i].name || platform >= TSM_EMU_MAX_INSTANCES)
		return NULL;
	if (!platform)
		return &tsm_functions[i];

	fn = &found[platform][i];
	if (!fn->name) {
		*fn = tsm_functions[i];
		fn->platform = platform;
		move_to_segment_of(fn->bdf, platform);
		move_to_segment_of(fn->dsm, platform);
	}
	return fn;
}

const struct tsm_function *tsm_find_function(const char *name)
{
	return tsm_find_function_of(0, name);
}

static int set_error(struct tsm_setup *s, int err, const char *fmt, va_list ap)
{
	size_t len;

	vsnprintf(s->error, sizeof(s->error), fmt, ap);
	len = strlen(s->error);
	snprintf(s->error + len, sizeof(s->error) - len, ": %s",
		 strerrorname_np(err) ?: "unknown error");
	return -err;
}

/* Note that something failed with errno @err. Return: -@err */
int tsm_fail(struct tsm_setup *s, int err, const char *fmt, ...)
{
	va_list ap;

	s->missing = false;
	va_start(ap, fmt);
	set_error(s, err, fmt, ap);
	va_end(ap);
	return -err;
}

/* tsm_fail() for something that this machine lacks */
int tsm_lack(struct tsm_setup *s, int err, const char *fmt, ...)
{
	va_list ap;

	s->missing = true;
	va_start(ap, fmt);
	set_error(s, err, fmt, ap);
	va_end(ap);
	return -err;
}

/* Up to the first that fails */
int tsm_take_steps(struct tsm_setup *s, const tsm_step steps[], size_t nr)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < nr; i++)
		rc = steps[i](s);
	return rc;
}

void tsm_setup_init(struct tsm_setup *s, const struct tsm_function *fn)
{
	*s = (struct tsm_setup) {
		.fn = fn,
		.virt_id = TSM_GUEST_RID,
		.kvm = -1,
		.vm = -1,
		.kvm_vfio = -1,
		.group = -1,
		.cdev = -1,
		.iommufd = -1,
		.viommu_type = IOMMU_VIOMMU_TYPE_TSM,
	};
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * All that was opened goes, and with it what iommufd and the TSM made of it, as
 * if the VMM had died. tsm_release() is how a VMM does it.
 */
void tsm_setup_close(struct tsm_setup *s)
{
	close_fd(&s->kvm_vfio);
	close_fd(&s->cdev);
	close_fd(&s->group);
	close_fd(&s->iommufd);
	close_fd(&s->vm);
	close_fd(&s->kvm);
}

static int write_sysfs(struct tsm_setup *s, const char *path, const char *text)
{
	int rc = tsm_file_write(path, text);

	return rc ? tsm_fail(s, -rc, "write %s to %s", text, path) : 0;
}

static int read_sysfs(struct tsm_setup *s, const char *path, char *buf,
		      size_t size)
{
	int rc = tsm_file_read(path, buf, size);

	return rc ? tsm_fail(s, -rc, "read %s", path) : 0;
}

static bool fn_exists(const char *bdf)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s", bdf);
	return !access(path, F_OK);
}

static void load_module(const char *name)
{
	pid_t pid = fork();

	if (!pid) {
		/* whether it is there is seen by what it makes */
		freopen("/dev/null", "w", stderr);
		execlp("modprobe", "modprobe", "-q", name, NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* Name of the first entry of directory @path that starts with @prefix */
static int find_entry(struct tsm_setup *s, const char *path, const char *prefix,
		      char name[NAME_MAX + 1])
{
	struct dirent *entry;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return tsm_fail(s, errno, "open %s", path);
	do {
		entry = readdir(dir);
	} while (entry && strncmp(entry->d_name, prefix, strlen(prefix)));
	if (entry)
		memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
	closedir(dir);
	return entry ? 0 : tsm_fail(s, ENOENT, "find %s* in %s", prefix, path);
}

/* The TSM of @platform, which need not be that of the function */
int tsm_find_tsm(struct tsm_setup *s, unsigned int platform)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/platform/tsm_emu.%u/tsm",
		 platform);
	if (find_entry(s, path, "tsm", s->tsm))
		return tsm_fail(s, ENODEV, "find a TSM in %s", path);
	return 0;
}

int tsm_find_device(struct tsm_setup *s)
{
	if (!fn_exists(s->fn->dsm))
		load_module("tsm-emu");
	if (!fn_exists(s->fn->dsm))
		return tsm_lack(s, ENODEV, "find PCI function %s of the emulated platform (%s)",
				s->fn->dsm,
				"this takes root and a kernel with CONFIG_TSM_EMU");
	return 0;
}

int tsm_find_platform(struct tsm_setup *s)
{
	int rc = tsm_find_device(s);

	if (rc)
		return rc;
	if (tsm_find_tsm(s, s->fn->platform))
		return tsm_lack(s, ENODEV, "find the emulated platform's TSM (CONFIG_PCI_TSM)");
	return 0;
}

static int set_driver(struct tsm_setup *s, const char *bdf, const char *driver)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;
	int rc;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver", bdf);
	len = readlink(path, link, sizeof(link) - 1);
	if (len > 0) {
		link[len] = 0;
		if (!strcmp(strrchr(link, '/') + 1, driver))
			return 0;
		snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver/unbind", bdf);
		rc = write_sysfs(s, path, bdf);
		if (rc)
			return rc;
	}

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s", driver);
	if (access(path, F_OK))
		load_module(driver);
	if (access(path, F_OK))
		return tsm_lack(s, ENODEV, "find PCI driver %s", driver);

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver_override", bdf);
	rc = write_sysfs(s, path, driver);
	if (rc)
		return rc;
	rc = write_sysfs(s, "/sys/bus/pci/drivers_probe", bdf);
	if (rc)
		return rc;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver", bdf);
	if (access(path, F_OK))
		return tsm_fail(s, ENODEV, "bind %s to %s", bdf, driver);
	return 0;
}

/* VFs of the PF that @fn is, or is one of. Return: 0 or -errno, it is not a step */
int tsm_set_vfs(const struct tsm_function *fn, unsigned int nr)
{
	char path[PATH_MAX], text[16];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/sriov_numvfs", fn->dsm);
	snprintf(text, sizeof(text), "%u", nr);
	return tsm_file_write(path, text);
}

int tsm_make_vf(struct tsm_setup *s)
{
	int rc;

	if (!s->fn->is_vf || fn_exists(s->fn->bdf))
		return 0;

	rc = set_driver(s, s->fn->dsm, "pci-pf-stub");
	if (rc)
		return rc;

	rc = tsm_set_vfs(s->fn, 1);
	if (rc)
		return tsm_fail(s, -rc, "write 1 to sriov_numvfs of %s",
				s->fn->dsm);
	if (!fn_exists(s->fn->bdf))
		return tsm_fail(s, ENODEV, "find VF %s", s->fn->bdf);
	return 0;
}

static int is_connected(struct tsm_setup *s, bool *connected)
{
	char path[PATH_MAX], name[32];
	int rc;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/connect", s->fn->dsm);
	rc = read_sysfs(s, path, name, sizeof(name));
	if (!rc)
		*connected = name[0];
	return rc;
}

/* Once for all functions that function 0 of the device manages */
int tsm_connect(struct tsm_setup *s)
{
	char path[PATH_MAX];
	bool connected;
	int rc;

	rc = is_connected(s, &connected);
	if (rc || connected)
		return rc;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/connect", s->fn->dsm);
	return write_sysfs(s, path, s->tsm);
}

int tsm_disconnect(struct tsm_setup *s)
{
	char path[PATH_MAX];
	bool connected;
	int rc;

	rc = is_connected(s, &connected);
	if (rc || !connected)
		return rc;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/disconnect", s->fn->dsm);
	return write_sysfs(s, path, s->tsm);
}

int tsm_use_vfio(struct tsm_setup *s)
{
	return set_driver(s, s->fn->bdf, "vfio-pci");
}

int tsm_prepare_host(struct tsm_setup *s)
{
	const tsm_step steps[] = {
		tsm_find_platform,
		tsm_make_vf,
		tsm_connect,
		tsm_use_vfio,
	};

	return tsm_take_steps(s, steps, ARRAY_SIZE(steps));
}

/*
 * Any TSM takes the functions of any platform. Here it is that of @platform, even
 * if another one has the function.
 */
int tsm_prepare_host_by(struct tsm_setup *s, unsigned int platform)
{
	char path[PATH_MAX], name[32];
	int rc;

	rc = tsm_find_tsm(s, platform);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/connect", s->fn->dsm);
	rc = read_sysfs(s, path, name, sizeof(name));
	if (rc)
		return rc;
	if (name[0] && strcmp(name, s->tsm)) {
		snprintf(path, sizeof(path), PCI_DEVICES "/%s/tsm/disconnect",
			 s->fn->dsm);
		rc = write_sysfs(s, path, name);
		if (rc)
			return rc;
	}
	return tsm_connect(s) ?: tsm_use_vfio(s);
}

int tsm_open_iommufd(struct tsm_setup *s)
{
	struct iommu_vdevice_tsm_op op = { .size = sizeof(op) };

	s->iommufd = open("/dev/iommu", O_RDWR);
	if (s->iommufd < 0)
		return tsm_lack(s, errno, "open /dev/iommu (CONFIG_IOMMUFD)");

	/* Not an operation, the right errno for that is not ENOTTY */
	if (ioctl(s->iommufd, IOMMU_VDEVICE_TSM_OP, &op) && errno == ENOTTY)
		return tsm_lack(s, ENOTTY, "try IOMMU_VDEVICE_TSM_OP, a later kernel has it");
	return 0;
}

int tsm_share_vm(struct tsm_setup *s, const struct tsm_setup *other)
{
	s->kvm = dup(other->kvm);
	s->vm = dup(other->vm);
	s->kvm_vfio = dup(other->kvm_vfio);
	return s->kvm < 0 || s->vm < 0 || s->kvm_vfio < 0 ?
	       tsm_fail(s, errno, "dup the files of a VM") : 0;
}

/* On arm64 the size of the guest's address space, which 0 would have be 40 bits */
static unsigned long vm_type(int kvm)
{
#ifdef __aarch64__
	int bits = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);

	return bits > 0 && bits < 40 ? KVM_VM_TYPE_ARM_IPA_SIZE(bits) : 0;
#else
	(void)kvm;
	return 0;
#endif
}

int tsm_create_vm(struct tsm_setup *s)
{
	if (s->vm >= 0)
		return 0;

	s->kvm = open("/dev/kvm", O_RDWR);
	if (s->kvm < 0)
		return tsm_lack(s, errno, "open /dev/kvm (CONFIG_KVM, a CPU that can)");

	s->vm = ioctl(s->kvm, KVM_CREATE_VM, vm_type(s->kvm));
	return s->vm < 0 ? tsm_fail(s, errno, "KVM_CREATE_VM") : 0;
}

int tsm_open_device(struct tsm_setup *s)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	int rc;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/vfio-dev", s->fn->bdf);
	rc = find_entry(s, path, "vfio", name);
	if (rc)
		return tsm_lack(s, -rc, "find %s (CONFIG_VFIO_DEVICE_CDEV)", path);

	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	s->cdev = open(path, O_RDWR);
	return s->cdev < 0 ? tsm_fail(s, errno, "open %s", path) : 0;
}

/* Tell KVM's VFIO device about the file of the assigned one, or of its group */
static int set_vfio_file(struct tsm_setup *s, __u64 what)
{
	int *file = s->group < 0 ? &s->cdev : &s->group;
	struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_FILE,
		.attr = what,
		.addr = (__u64)(unsigned long)file,
	};

	return ioctl(s->kvm_vfio, KVM_SET_DEVICE_ATTR, &attr) ? -errno : 0;
}

/* iommufd learns the VM when the device is bound to it, later is too late */
int tsm_add_device_to_vm(struct tsm_setup *s)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };
	int rc;

	if (s->kvm_vfio < 0) {
		if (ioctl(s->vm, KVM_CREATE_DEVICE, &create))
			return tsm_lack(s, errno, "KVM_CREATE_DEVICE (VFIO)");
		s->kvm_vfio = create.fd;
	}

	rc = set_vfio_file(s, KVM_DEV_VFIO_FILE_ADD);
	if (rc)
		return tsm_fail(s, -rc, "KVM_DEV_VFIO_FILE_ADD");
	s->in_vm = true;
	return 0;
}

int tsm_bind_iommufd(struct tsm_setup *s)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = s->iommufd,
		.flags = s->vf_token ? VFIO_DEVICE_BIND_FLAG_TOKEN : 0,
		.token_uuid_ptr = (unsigned long)s->vf_token,
	};

	if (ioctl(s->cdev, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		return tsm_fail(s, errno, "VFIO_DEVICE_BIND_IOMMUFD");
	s->dev_id = bind.out_devid;
	return 0;
}

int tsm_attach(struct tsm_setup *s)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
	};
	struct iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = s->dev_id,
	};

	if (ioctl(s->iommufd, IOMMU_IOAS_ALLOC, &ioas))
		return tsm_fail(s, errno, "IOMMU_IOAS_ALLOC");
	s->ioas_id = ioas.out_ioas_id;

	hwpt.pt_id = s->ioas_id;
	if (ioctl(s->iommufd, IOMMU_HWPT_ALLOC, &hwpt))
		return tsm_fail(s, errno, "IOMMU_HWPT_ALLOC");
	s->hwpt_id = hwpt.out_hwpt_id;

	attach.pt_id = s->hwpt_id;
	if (ioctl(s->cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		return tsm_fail(s, errno, "VFIO_DEVICE_ATTACH_IOMMUFD_PT");
	s->attached = true;
	return 0;
}

int tsm_alloc_viommu(struct tsm_setup *s)
{
	struct iommu_viommu_alloc viommu = {
		.size = sizeof(viommu),
		.type = s->viommu_type,
		.dev_id = s->dev_id,
	};

	/* One of the IOMMU driver's has a parent page table */
	if (s->viommu_type != IOMMU_VIOMMU_TYPE_TSM)
		viommu.hwpt_id = s->hwpt_id;
	if (ioctl(s->iommufd, IOMMU_VIOMMU_ALLOC, &viommu))
		return tsm_fail(s, errno, "IOMMU_VIOMMU_ALLOC");
	s->viommu_id = viommu.out_viommu_id;
	return 0;
}

int tsm_alloc_vdevice(struct tsm_setup *s)
{
	struct iommu_vdevice_alloc vdevice = {
		.size = sizeof(vdevice),
		.viommu_id = s->viommu_id,
		.dev_id = s->dev_id,
		.virt_id = s->virt_id,
	};

	if (ioctl(s->iommufd, IOMMU_VDEVICE_ALLOC, &vdevice))
		return tsm_fail(s, errno, "IOMMU_VDEVICE_ALLOC");
	s->vdevice_id = vdevice.out_vdevice_id;
	return 0;
}

/* Everything up to the vIOMMU, on a function that the host has prepared */
int tsm_give_to_vm(struct tsm_setup *s)
{
	const tsm_step steps[] = {
		tsm_open_iommufd,
		tsm_create_vm,
		tsm_open_device,
		tsm_add_device_to_vm,
		tsm_bind_iommufd,
		tsm_attach,
	};

	return tsm_take_steps(s, steps, ARRAY_SIZE(steps));
}

/* As that, up to the vDEVICE */
int tsm_assign(struct tsm_setup *s)
{
	return tsm_give_to_vm(s) ?: tsm_alloc_viommu(s) ?: tsm_alloc_vdevice(s);
}

int tsm_op(struct tsm_setup *s, enum iommu_vdevice_tsm_op_type type)
{
	struct iommu_vdevice_tsm_op op = {
		.size = sizeof(op),
		.type = type,
		.vdevice_id = s->vdevice_id,
	};

	int rc = ioctl(s->iommufd, IOMMU_VDEVICE_TSM_OP, &op) ? -errno : 0;

	s->tsm_code = op.out_tsm_code;
	return rc;
}

int tsm_bind_tdi(struct tsm_setup *s)
{
	int rc = tsm_op(s, IOMMU_VDEVICE_TSM_BIND);

	return rc ? tsm_fail(s, -rc, "IOMMU_VDEVICE_TSM_BIND") : 0;
}

int tsm_unbind_tdi(struct tsm_setup *s)
{
	int rc = s->vdevice_id ? tsm_op(s, IOMMU_VDEVICE_TSM_UNBIND) : 0;

	return rc ? tsm_fail(s, -rc, "IOMMU_VDEVICE_TSM_UNBIND") : 0;
}

int tsm_destroy(struct tsm_setup *s, __u32 *id, const char *what)
{
	struct iommu_destroy destroy = { .size = sizeof(destroy), .id = *id };

	if (!*id)
		return 0;
	if (ioctl(s->iommufd, IOMMU_DESTROY, &destroy))
		return tsm_fail(s, errno, "IOMMU_DESTROY of the %s", what);
	*id = 0;
	return 0;
}

int tsm_destroy_vdevice(struct tsm_setup *s)
{
	return tsm_destroy(s, &s->vdevice_id, "vDEVICE");
}

int tsm_detach(struct tsm_setup *s)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};

	if (!s->attached)
		return 0;
	if (ioctl(s->cdev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach))
		return tsm_fail(s, errno, "VFIO_DEVICE_DETACH_IOMMUFD_PT");
	s->attached = false;
	return 0;
}

int tsm_destroy_viommu(struct tsm_setup *s)
{
	return tsm_destroy(s, &s->viommu_id, "vIOMMU");
}

int tsm_destroy_hwpt(struct tsm_setup *s)
{
	return tsm_destroy(s, &s->hwpt_id, "HWPT");
}

int tsm_destroy_ioas(struct tsm_setup *s)
{
	return tsm_destroy(s, &s->ioas_id, "IOAS");
}

/* KVM's reference would keep the device open, and the TDI bound */
int tsm_remove_device_from_vm(struct tsm_setup *s)
{
	int rc = s->in_vm ? set_vfio_file(s, KVM_DEV_VFIO_FILE_DEL) : 0;

	if (rc)
		return tsm_fail(s, -rc, "KVM_DEV_VFIO_FILE_DEL");
	s->in_vm = false;
	return 0;
}

/* close_fd() that tells whether it worked */
static int check_close(struct tsm_setup *s, int *fd, const char *what)
{
	int old = *fd;

	*fd = -1;
	if (old >= 0 && close(old))
		return tsm_fail(s, errno, "close the %s", what);
	return 0;
}

int tsm_close_device(struct tsm_setup *s)
{
	return check_close(s, &s->cdev, "VFIO device");
}

int tsm_close_iommufd(struct tsm_setup *s)
{
	return check_close(s, &s->iommufd, "iommufd");
}

/* With it goes the VM's reference on the VFIO device file */
int tsm_close_kvm_vfio(struct tsm_setup *s)
{
	return check_close(s, &s->kvm_vfio, "VM's VFIO device");
}

int tsm_close_vm(struct tsm_setup *s)
{
	return tsm_close_kvm_vfio(s) ?:
	       check_close(s, &s->vm, "VM") ?:
	       check_close(s, &s->kvm, "/dev/kvm");
}

/* Undo tsm_bind_tdi() and tsm_assign(), from wherever they have got to */
int tsm_release(struct tsm_setup *s)
{
	const tsm_step steps[] = {
		tsm_unbind_tdi,
		tsm_destroy_vdevice,
		tsm_detach,
		tsm_destroy_viommu,
		tsm_destroy_hwpt,
		tsm_destroy_ioas,
		tsm_remove_device_from_vm,
		tsm_close_device,
		tsm_close_iommufd,
		tsm_close_vm,
	};

	return tsm_take_steps(s, steps, ARRAY_SIZE(steps));
}
