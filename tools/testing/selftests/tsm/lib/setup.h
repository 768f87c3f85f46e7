/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way from nothing to a vDEVICE of a VM whose PCI function can be bound as
 * a TDI, and back, one function per step. See
 * Documentation/userspace-api/iommufd-tsm.rst.
 *
 * Every step returns 0 or -errno and leaves in &tsm_setup.error what was tried
 * and how it failed. A step that fails because the machine lacks something sets
 * &tsm_setup.missing too.
 */
#ifndef __SELFTEST_TSM_SETUP_H
#define __SELFTEST_TSM_SETUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/iommufd.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef __printf
#define __printf(a, b)   __attribute__((format(printf, a, b)))
#endif

#define PCI_DEVICES "/sys/bus/pci/devices"
/* With the domain of five digits that the platforms have */
#define TSM_BDF_LEN sizeof("10000:00:00.0")

/**
 * struct tsm_function - a function of the emulated platform
 * @name: short name
 * @bdf: PCI address
 * @dsm: PCI address of the function 0 through which the TSM manages it
 * @is_vf: it is a virtual function of @dsm
 * @platform: number of the emulated platform that has it
 */
struct tsm_function {
	const char *name;
	char bdf[TSM_BDF_LEN];
	char dsm[TSM_BDF_LEN];
	bool is_vf;
	unsigned int platform;
};

/**
 * struct tsm_setup - a function on its way to a VM
 * @fn: the function
 * @virt_id: RID by which the guest knows it, the id of the TDI
 * @tsm: name of the TSM below /sys/class/tsm
 * @kvm: /dev/kvm
 * @vm: KVM VM
 * @kvm_vfio: VFIO device of the VM; keeps the VFIO device file open, or the group's
 * @group: VFIO group file that @cdev comes from, if any
 * @cdev: VFIO device file
 * @vf_token: 16 bytes that the user of a VF's PF has chosen, or NULL
 * @iommufd: /dev/iommu
 * @dev_id: iommufd's device
 * @ioas_id: I/O address space of the guest
 * @hwpt_id: page table for it that can be nested on
 * @viommu_type: enum iommu_viommu_type of the virtual IOMMU, or one of the platform's
 * @viommu_id: virtual IOMMU
 * @vdevice_id: the function as the guest sees it
 * @tsm_code: the TSM's code that came with the last bind or unbind
 * @attached: the device uses the page table
 * @in_vm: @kvm_vfio has the file
 * @missing: the failed step lacked something that the machine should have
 * @error: what failed
 */
struct tsm_setup {
	const struct tsm_function *fn;
	__u64 virt_id;
	char tsm[NAME_MAX + 1];
	int kvm;
	int vm;
	int kvm_vfio;
	int group;
	int cdev;
	const void *vf_token;
	int iommufd;
	__u32 dev_id;
	__u32 ioas_id;
	__u32 hwpt_id;
	__u32 viommu_type;
	__u32 viommu_id;
	__u32 vdevice_id;
	__u64 tsm_code;
	bool attached;
	bool in_vm;
	bool missing;
	char error[256];
};

typedef int (*tsm_step)(struct tsm_setup *s);

/* Root port 0's device 0, as a guest may see it */
#define TSM_GUEST_RID 0x0100

/* Of platform 0; the others have the same, under the same names */
extern const struct tsm_function tsm_functions[];
const struct tsm_function *tsm_find_function(const char *name);
const struct tsm_function *tsm_find_function_of(unsigned int platform,
						const char *name);

void tsm_setup_init(struct tsm_setup *s, const struct tsm_function *fn);
void tsm_setup_close(struct tsm_setup *s);

/*
 * The host's part, through sysfs; each does nothing if it is done already. A
 * platform is a device and the TSM that manages it.
 */
int tsm_find_device(struct tsm_setup *s);
int tsm_find_platform(struct tsm_setup *s);
int tsm_find_tsm(struct tsm_setup *s, unsigned int platform);
int tsm_make_vf(struct tsm_setup *s);
int tsm_set_vfs(const struct tsm_function *fn, unsigned int nr);
int tsm_take_steps(struct tsm_setup *s, const tsm_step steps[], size_t nr);
int tsm_connect(struct tsm_setup *s);
int tsm_disconnect(struct tsm_setup *s);
int tsm_use_vfio(struct tsm_setup *s);

/* The VMM's part, in this order */
int tsm_open_iommufd(struct tsm_setup *s);
int tsm_create_vm(struct tsm_setup *s);
/* Or be a function of a VM that has another one: before it gets a VM of its own */
int tsm_share_vm(struct tsm_setup *s, const struct tsm_setup *other);
int tsm_open_device(struct tsm_setup *s);
int tsm_add_device_to_vm(struct tsm_setup *s);
int tsm_bind_iommufd(struct tsm_setup *s);
int tsm_attach(struct tsm_setup *s);
int tsm_alloc_viommu(struct tsm_setup *s);
int tsm_alloc_vdevice(struct tsm_setup *s);
int tsm_bind_tdi(struct tsm_setup *s);

/*
 * The way back, in the order that never meets EBUSY; each does nothing if there
 * is nothing to undo
 */
int tsm_unbind_tdi(struct tsm_setup *s);
int tsm_destroy_vdevice(struct tsm_setup *s);
int tsm_detach(struct tsm_setup *s);
int tsm_destroy_viommu(struct tsm_setup *s);
int tsm_destroy_hwpt(struct tsm_setup *s);
int tsm_destroy_ioas(struct tsm_setup *s);
int tsm_remove_device_from_vm(struct tsm_setup *s);
int tsm_close_device(struct tsm_setup *s);
int tsm_close_iommufd(struct tsm_setup *s);
int tsm_close_kvm_vfio(struct tsm_setup *s);
int tsm_close_vm(struct tsm_setup *s);

/* Several of them at once */
int tsm_prepare_host(struct tsm_setup *s);
int tsm_prepare_host_by(struct tsm_setup *s, unsigned int platform);
int tsm_give_to_vm(struct tsm_setup *s);
int tsm_assign(struct tsm_setup *s);
int tsm_release(struct tsm_setup *s);

int tsm_op(struct tsm_setup *s, enum iommu_vdevice_tsm_op_type type);
int tsm_destroy(struct tsm_setup *s, __u32 *id, const char *what);

int tsm_fail(struct tsm_setup *s, int err, const char *fmt, ...) __printf(3, 4);
int tsm_lack(struct tsm_setup *s, int err, const char *fmt, ...) __printf(3, 4);

#endif /* __SELFTEST_TSM_SETUP_H */
