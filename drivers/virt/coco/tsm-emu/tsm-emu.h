/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Emulated TEE I/O platform. A file calls those after it, and none before it:
 *
 *   platform.c  host bridge and functions, set up and taken down
 *   slot.c      a slot for the first device (CONFIG_HOTPLUG_PCI)
 *   hooks.c     what tests watch and hold, in debugfs
 *   other_vm.c  another VM that has a function, for tests (CONFIG_PCI_TSM)
 *   iommu.c     IOMMU for the functions of the segment
 *   fw.h        the TSM, and the files that it is made of (CONFIG_PCI_TSM)
 *   stall.c     operations that a test holds
 *   config.c    configuration space of the functions
 *   doe.c       DOE mailbox of a Device Security Manager (DSM)
 *   fn.c        which functions are there, and where
 *   tdisp.c     TDISP responder of a DSM: the state of each TDI
 *
 * abi.h has what tests and the example VMM share with the platform.
 */
#ifndef __TSM_EMU_H
#define __TSM_EMU_H

#include <linux/atomic.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-tdisp.h>
#include <linux/pci-tsm.h>
#include <linux/pci_hotplug.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "abi.h"

/* x86 takes domain and node of a bus from it, others from the bridge */
#ifndef CONFIG_X86
struct pci_sysdata {
	int domain;
	int node;
};
#endif

#define TSM_EMU_MAX_FNS			20

/* The one that a guest may open to its host, SET_MMIO_ATTRIBUTE */
#define TSM_EMU_UPDATABLE_BAR		1

/* What the report of a TDI says about the device, in the clear */
#define TSM_EMU_DEVICE_INFO		"emulated TEE device, keeps no secret: only for tests"

#define TSM_EMU_REPORT_MAX						\
	(sizeof(struct pci_tdisp_interface_report) +			\
	 TSM_EMU_NR_BARS * sizeof(struct pci_tdisp_mmio_range) +	\
	 sizeof(__le32) + sizeof(TSM_EMU_DEVICE_INFO))

/* A small buffer in the device, so that reports come in portions */
#define TSM_EMU_PORTION_MAX		64

/* Longest TDISP message that a DSM takes or gives */
#define TSM_EMU_TDISP_MAX						\
	(sizeof(struct pci_tdisp_interface_report_rsp) + TSM_EMU_PORTION_MAX)

struct dentry;
struct tsm_emu;
struct tsm_emu_fw;

/**
 * struct tsm_emu_tdi - TDI as its device sees it
 * @state: see &enum pci_tdisp_state
 * @key: secret of the device, from which nonces are made
 * @secure: its IDE stream has keys
 * @locks: how often it was locked
 * @nonce: START must repeat it, valid in CONFIG_LOCKED
 * @report: interface report, valid from CONFIG_LOCKED to ERROR
 * @report_len: bytes of it
 * @non_tee: bit for each BAR that is not for the TEE now
 * @phantom: Phantom Functions Enable of its function
 * @bar: the MMIO of the TDI
 * @bar.base: address that the host assigned
 * @bar.size: its length, 0 for no BAR
 */
struct tsm_emu_tdi {
	enum pci_tdisp_state state;
	siphash_key_t key;
	bool secure;
	u64 locks;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	u8 report[TSM_EMU_REPORT_MAX];
	u16 report_len;
	u8 non_tee;
	bool phantom;
	struct {
		u64 base;
		u64 size;
	} bar[TSM_EMU_NR_BARS];
};

#define TSM_EMU_DOE_DWORDS		64

/**
 * struct tsm_emu_doe - DOE mailbox, PCIe r7.0 section 6.30
 * @req: data object that is written
 * @req_dwords: how much of it there is, more than fit is an error
 * @resp: data object to read
 * @resp_dwords: length of it
 * @resp_pos: the dword to read next
 * @session: there is an SPDM session
 * @keys: the IDE stream has keys, set in that session
 * @late: how often the status will be read until there is something in @resp
 * @busy: with somebody else's object, until an abort
 */
struct tsm_emu_doe {
	u32 req[TSM_EMU_DOE_DWORDS];
	unsigned int req_dwords;
	u32 resp[TSM_EMU_DOE_DWORDS];
	unsigned int resp_dwords;
	unsigned int resp_pos;
	bool session;
	bool keys;
	unsigned int late;
	bool busy;
};

/**
 * struct tsm_emu_fn_desc - what a function is built as
 * @device_id: PCI device id
 * @pcie_type: PCI_EXP_TYPE_*
 * @port: index of the bridge above it, from the first of its kind on, or -1
 * @devfn: device and function number; of a PF's first VF for the VFs
 * @multifunction: function 0 of a device that has more
 * @tee: can be a TDI, or its DSM serve TDIs
 * @dsm: has IDE and the DOE mailbox of a DSM
 * @nr_vfs: VFs of a PF
 * @bar_size: bytes, 0 for no BAR
 * @vf_bar_size: of a PF's VFs
 */
struct tsm_emu_fn_desc {
	u16 device_id;
	u8 pcie_type;
	s8 port;
	u8 devfn;
	bool multifunction;
	bool tee;
	bool dsm;
	u8 nr_vfs;
	u32 bar_size[TSM_EMU_NR_BARS];
	u32 vf_bar_size[TSM_EMU_NR_BARS];
};

/**
 * struct tsm_emu_fn - function of the segment
 * @desc: what it is built as; for a VF that of its PF
 * @port: bridge above it or NULL
 * @pf: physical function of a VF or NULL
 * @vf_index: number of a VF, from 0
 * @devfn: device and function number
 * @config: configuration space
 * @wmask: its writable bits
 * @doe: mailbox, used where @desc has a DSM
 * @tdi: the function as a TDI
 */
struct tsm_emu_fn {
	const struct tsm_emu_fn_desc *desc;
	struct tsm_emu_fn *port;
	struct tsm_emu_fn *pf;
	unsigned int vf_index;
	unsigned int devfn;
	u8 config[PCI_CFG_SPACE_EXP_SIZE];
	u8 wmask[PCI_CFG_SPACE_EXP_SIZE];
	struct tsm_emu_doe doe;
	struct tsm_emu_tdi tdi;
};

/**
 * struct tsm_emu - the platform
 * @sysdata: found through &pci_bus.sysdata, x86 takes its domain from it
 * @dev: platform device
 * @lock: protects @fn: configuration space and what the devices hold
 * @fn: functions of the segment
 * @nr_fns: number of them
 * @mailbox: how DSMs answer, under @lock
 * @busn: bus numbers of the segment
 * @mmio: address space for the BARs, nothing decodes it
 * @bridge: host bridge
 * @slot: of the first device, if it has one
 * @iommu: IOMMU of the segment
 * @tsm_ops: link operations, without those that a test omits
 * @tsm_dev: the link TSM
 * @fw: firmware of the TSM
 * @bound_lock: protects @bound, and of its entries what debugfs reads
 * @bound: functions that are bound, &struct tsm_emu_bound
 * @debug_reg: what the debug messages read and write
 * @requests: how many guest requests reached the TSM
 * @stall: TSM_EMU_STALL_* of the operations that don't return
 * @stalled: how many operations wait for that to end
 * @stall_wq: where they wait
 * @delay_ms: how long each operation takes
 * @incomplete: how often firmware that can answer that an operation goes on does so
 * @sha256: the guest's module digests by SHA-256 where it has the choice, else SHA-512
 * @other_lock: protects @other_binding
 * @other_binding: a function that a test has bound to another VM, or NULL
 */
struct tsm_emu {
	struct pci_sysdata sysdata;
	struct device *dev;
	raw_spinlock_t lock;
	struct tsm_emu_fn fn[TSM_EMU_MAX_FNS];
	unsigned int nr_fns;
	enum emu_mailbox mailbox;
	struct resource busn;
	struct resource mmio;
	struct pci_host_bridge *bridge;
	struct hotplug_slot slot;
	struct iommu_device iommu;
	struct pci_tsm_ops tsm_ops;
	struct tsm_dev *tsm_dev;
	const struct tsm_emu_fw *fw;
	struct mutex bound_lock;
	struct list_head bound;
	u64 debug_reg;
	atomic_t requests;
	u32 stall;
	atomic_t stalled;
	wait_queue_head_t stall_wq;
	u32 delay_ms;
	u32 incomplete;
	bool sha256;
	struct mutex other_lock;
	struct pci_tsm_binding *other_binding;
};

/**
 * struct tsm_emu_spdm - header of an SPDM message
 * @version: of SPDM
 * @code: TSM_EMU_SPDM_*
 * @param1: 0
 * @param2: 0
 */
struct tsm_emu_spdm {
	u8 version;
	u8 code;
	u8 param1;
	u8 param2;
} __packed;

/**
 * struct tsm_emu_spdm_vdm - SPDM vendor defined message around another message
 * @spdm: header, of TSM_EMU_SPDM_VDM
 * @standard_id: TSM_EMU_SPDM_STANDARD_PCI_SIG
 * @vendor_id_len: length of @vendor_id
 * @vendor_id: PCI_VENDOR_ID_PCI_SIG
 * @payload_len: length of @protocol_id and @payload
 * @protocol_id: TSM_EMU_PROTOCOL_*
 * @payload: the message
 *
 * PCIe r7.0 section 6.31.3. Devices take it in a session only, and real ones sealed.
 */
struct tsm_emu_spdm_vdm {
	struct tsm_emu_spdm spdm;
	__le16 standard_id;
	u8 vendor_id_len;
	__le16 vendor_id;
	__le16 payload_len;
	u8 protocol_id;
	u8 payload[];
} __packed;

#define TSM_EMU_SPDM_VERSION		0x12
/* Requests, a response has the same code less TSM_EMU_SPDM_REQ: DMTF DSP0274 */
#define TSM_EMU_SPDM_REQ		0x80
#define TSM_EMU_SPDM_KEY_EXCHANGE	0xe4
#define TSM_EMU_SPDM_END_SESSION	0xec
#define TSM_EMU_SPDM_VDM		0xfe
#define TSM_EMU_SPDM_STANDARD_PCI_SIG	0x3
#define TSM_EMU_PROTOCOL_IDE_KM		0x0
#define TSM_EMU_PROTOCOL_TDISP		0x1

/* IDE key management: start to use the keys, PCIe r6.3 section 6.33.3 */
#define TSM_EMU_IDE_KM_SET_GO		0x4
#define TSM_EMU_IDE_KM_GOSTOP_ACK	0x6

extern unsigned int tsm_emu_vf_offset;
extern struct pci_ops tsm_emu_config_ops;

static inline struct tsm_emu *pci_dev_to_emu(struct pci_dev *pdev)
{
	return container_of_const((struct pci_sysdata *)pdev->sysdata,
				  struct tsm_emu, sysdata);
}

static inline bool is_tsm_emu_fn(struct pci_dev *pdev)
{
	return pdev->bus->ops == &tsm_emu_config_ops;
}

/* slot.c */
#ifdef CONFIG_HOTPLUG_PCI
int tsm_emu_slot_add(struct tsm_emu *emu);
#else
static inline int tsm_emu_slot_add(struct tsm_emu *emu)
{
	return 0;
}
#endif

/* hooks.c */
int tsm_emu_hooks_add(struct tsm_emu *emu);

/* iommu.c */
int tsm_emu_iommu_register(struct tsm_emu *emu);

/* stall.c */
void tsm_emu_stall_init(struct tsm_emu *emu, struct dentry *dir);
int tsm_emu_stall(struct tsm_emu *emu, u32 op);
bool tsm_emu_stall_work(struct tsm_emu *emu, u32 op, const bool *aborted);
void tsm_emu_stall_abort(struct tsm_emu *emu, bool *aborted);
int tsm_emu_removals_add(void);
void tsm_emu_removals_del(void);

/* config.c */
void tsm_emu_config_init(struct tsm_emu_fn *fn);

/* doe.c */
void tsm_emu_doe_write(struct tsm_emu *emu, struct tsm_emu_fn *fn,
		       unsigned int reg, u32 val);
void tsm_emu_doe_look(struct tsm_emu_fn *fn);
void tsm_emu_doe_set_mailbox(struct tsm_emu *emu, enum emu_mailbox mailbox);

/* fn.c */
unsigned int tsm_emu_vf_devfn(const struct tsm_emu_fn *pf, unsigned int index);
bool tsm_emu_is_present(const struct tsm_emu_fn *fn);
bool tsm_emu_is_below(const struct tsm_emu_fn *fn, const struct tsm_emu_fn *port);
bool tsm_emu_has_dsm(const struct tsm_emu_fn *fn, const struct tsm_emu_fn *dsm);
bool tsm_emu_is_in_d0(const struct tsm_emu_fn *fn);
u16 tsm_emu_rid(const struct tsm_emu_fn *fn);
struct tsm_emu_fn *tsm_emu_find_fn(struct tsm_emu *emu, u16 rid);
void tsm_emu_tdi_configure(struct tsm_emu_fn *fn);
void tsm_emu_lose_keys(struct tsm_emu *emu, struct tsm_emu_fn *dsm);

/* tdisp.c */
size_t tsm_emu_tdisp(struct tsm_emu_tdi *tdi, const void *req, size_t len,
		     void *resp);
void tsm_emu_tdi_reset(struct tsm_emu_tdi *tdi);
void tsm_emu_tdi_reconfigured(struct tsm_emu_tdi *tdi);

/* other_vm.c, tsm.c, bound.c */
#ifdef CONFIG_PCI_TSM
int tsm_emu_other_vm_add(struct tsm_emu *emu, struct dentry *dir);
int tsm_emu_tsm_init(unsigned int *instances);
void tsm_emu_tsm_exit(void);
int tsm_emu_tsm_register(struct tsm_emu *emu);
void tsm_emu_bound_init(struct tsm_emu *emu, struct dentry *dir);
#else
static inline int tsm_emu_other_vm_add(struct tsm_emu *emu, struct dentry *dir)
{
	return 0;
}

static inline int tsm_emu_tsm_init(unsigned int *instances)
{
	if (!*instances)
		*instances = 1;
	return 0;
}

static inline void tsm_emu_tsm_exit(void)
{
}

static inline int tsm_emu_tsm_register(struct tsm_emu *emu)
{
	return 0;
}

static inline void tsm_emu_bound_init(struct tsm_emu *emu, struct dentry *dir)
{
}
#endif

/* Layout of the configuration space, offsets of capabilities */
#define TSM_EMU_CAP_EXP			0x40
#define TSM_EMU_CAP_PM			0x80
#define TSM_EMU_CAP_AF			0x90
#define TSM_EMU_CAP_MSI			0xa0
#define TSM_EMU_ECAP_DOE		0x100
#define TSM_EMU_ECAP_IDE		0x140
#define TSM_EMU_ECAP_SRIOV		0x180

#endif /* __TSM_EMU_H */
