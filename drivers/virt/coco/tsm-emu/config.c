// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space of the emulated functions: bytes, a mask of the writable
 * bits, and what a few registers do when they are written.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/pci-ide.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "tsm-emu.h"

#define ECAP_FIRST		PCI_CFG_SPACE_SIZE

static bool tee = true;
module_param(tee, bool, 0644);
MODULE_PARM_DESC(tee,
		 "Functions have TEE-IO, or else a DSM has IDE only, from the next probe on");

static void init8(struct tsm_emu_fn *fn, unsigned int reg, u8 val, u8 wmask)
{
	fn->config[reg] = val;
	fn->wmask[reg] = wmask;
}

static void init16(struct tsm_emu_fn *fn, unsigned int reg, u16 val, u16 wmask)
{
	put_unaligned_le16(val, &fn->config[reg]);
	put_unaligned_le16(wmask, &fn->wmask[reg]);
}

static void init32(struct tsm_emu_fn *fn, unsigned int reg, u32 val, u32 wmask)
{
	put_unaligned_le32(val, &fn->config[reg]);
	put_unaligned_le32(wmask, &fn->wmask[reg]);
}

static u16 get16(const struct tsm_emu_fn *fn, unsigned int reg)
{
	return get_unaligned_le16(&fn->config[reg]);
}

static bool is_bridge(const struct tsm_emu_fn *fn)
{
	return fn->desc->pcie_type != PCI_EXP_TYPE_ENDPOINT;
}

/* Is there a link below it? */
static bool is_downstream(const struct tsm_emu_fn *fn)
{
	return is_bridge(fn) && fn->desc->pcie_type != PCI_EXP_TYPE_UPSTREAM;
}

static bool has_dsm(const struct tsm_emu_fn *fn)
{
	return fn->desc->dsm && !fn->pf;
}

static bool is_physical_endpoint(const struct tsm_emu_fn *fn)
{
	return !is_bridge(fn) && !fn->pf;
}

static bool has_vfs(const struct tsm_emu_fn *fn)
{
	return fn->desc->nr_vfs && !fn->pf;
}

static void init_bars(struct tsm_emu_fn *fn, unsigned int reg, const u32 *size)
{
	const u32 flags = PCI_BASE_ADDRESS_MEM_TYPE_64 |
			  PCI_BASE_ADDRESS_MEM_PREFETCH;

	for (int i = 0; i < TSM_EMU_NR_BARS; i++, reg += 2 * sizeof(u32)) {
		if (!size[i])
			continue;
		init32(fn, reg, flags, ~(size[i] - 1));
		init32(fn, reg + sizeof(u32), 0, ~0);
	}
}

static void init_bridge(struct tsm_emu_fn *fn)
{
	init16(fn, PCI_CLASS_DEVICE, PCI_CLASS_BRIDGE_PCI, 0);
	init8(fn, PCI_HEADER_TYPE, PCI_HEADER_TYPE_BRIDGE, 0);
	init32(fn, PCI_PRIMARY_BUS, 0, 0x00ffffff);
	init16(fn, PCI_MEMORY_BASE, 0, 0xfff0);
	init16(fn, PCI_MEMORY_LIMIT, 0, 0xfff0);
	init16(fn, PCI_PREF_MEMORY_BASE, PCI_PREF_RANGE_TYPE_64, 0xfff0);
	init16(fn, PCI_PREF_MEMORY_LIMIT, PCI_PREF_RANGE_TYPE_64, 0xfff0);
	init32(fn, PCI_PREF_BASE_UPPER32, 0, ~0);
	init32(fn, PCI_PREF_LIMIT_UPPER32, 0, ~0);
	init16(fn, PCI_BRIDGE_CONTROL, 0,
	       PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR |
	       PCI_BRIDGE_CTL_BUS_RESET);
}

static void init_endpoint(struct tsm_emu_fn *fn)
{
	init16(fn, PCI_CLASS_DEVICE, PCI_CLASS_ACCELERATOR_PROCESSING, 0);
	init8(fn, PCI_HEADER_TYPE, PCI_HEADER_TYPE_NORMAL |
	      (fn->desc->multifunction ? PCI_HEADER_TYPE_MFD : 0), 0);
	init16(fn, PCI_SUBSYSTEM_VENDOR_ID, TSM_EMU_VENDOR_ID, 0);
	init16(fn, PCI_SUBSYSTEM_ID, fn->desc->device_id, 0);
	if (fn->pf)
		return;
	init8(fn, PCI_BIST, PCI_BIST_CAPABLE, PCI_BIST_START);
	init_bars(fn, PCI_BASE_ADDRESS_0, fn->desc->bar_size);
}

static void init_header(struct tsm_emu_fn *fn)
{
	/* A VF has neither ids nor a memory enable */
	init16(fn, PCI_VENDOR_ID, fn->pf ? 0xffff : TSM_EMU_VENDOR_ID, 0);
	init16(fn, PCI_DEVICE_ID, fn->pf ? 0xffff : fn->desc->device_id, 0);
	init16(fn, PCI_COMMAND, 0,
	       fn->pf ? PCI_COMMAND_MASTER :
			PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
			PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
			PCI_COMMAND_INTX_DISABLE);
	init16(fn, PCI_STATUS, PCI_STATUS_CAP_LIST, 0);
	init8(fn, PCI_REVISION_ID, 1, 0);
	init8(fn, PCI_CACHE_LINE_SIZE, 0, fn->pf ? 0 : 0xff);
	init8(fn, PCI_CAPABILITY_LIST, TSM_EMU_CAP_EXP, 0);
	init8(fn, PCI_INTERRUPT_LINE, 0, fn->pf ? 0 : 0xff);

	if (is_bridge(fn))
		init_bridge(fn);
	else
		init_endpoint(fn);
}

/* PCI Express capability, section 7.5.3 */
static void init_exp(struct tsm_emu_fn *fn)
{
	unsigned int cap = TSM_EMU_CAP_EXP;
	u32 devcap = PCI_EXP_DEVCAP_RBER;

	if (!is_bridge(fn))
		devcap |= PCI_EXP_DEVCAP_FLR;
	if (fn->desc->tee && READ_ONCE(tee))
		devcap |= PCI_EXP_DEVCAP_TEE;

	init8(fn, cap, PCI_CAP_ID_EXP, 0);
	init16(fn, cap + PCI_EXP_FLAGS,
	       2 | FIELD_PREP(PCI_EXP_FLAGS_TYPE, fn->desc->pcie_type), 0);
	init32(fn, cap + PCI_EXP_DEVCAP, devcap, 0);
	init16(fn, cap + PCI_EXP_DEVCTL, 0,
	       fn->pf ? 0 : 0xffff ^ PCI_EXP_DEVCTL_BCR_FLR);
	init16(fn, cap + PCI_EXP_DEVCTL2, 0,
	       fn->pf ? 0 : PCI_EXP_DEVCTL2_10BIT_TAG_REQ_EN |
			    PCI_EXP_DEVCTL2_IDO_REQ_EN);
	init32(fn, cap + PCI_EXP_LNKCAP,
	       PCI_EXP_LNKCAP_SLS_16_0GB | FIELD_PREP(PCI_EXP_LNKCAP_MLW, 1) |
	       (is_downstream(fn) ? PCI_EXP_LNKCAP_DLLLARC : 0), 0);
	init16(fn, cap + PCI_EXP_LNKSTA,
	       PCI_EXP_LNKSTA_CLS_16_0GB | PCI_EXP_LNKSTA_NLW_X1 |
	       (is_downstream(fn) ? PCI_EXP_LNKSTA_DLLLA : 0), 0);
	init32(fn, cap + PCI_EXP_LNKCAP2,
	       PCI_EXP_LNKCAP2_SLS_2_5GB | PCI_EXP_LNKCAP2_SLS_5_0GB |
	       PCI_EXP_LNKCAP2_SLS_8_0GB | PCI_EXP_LNKCAP2_SLS_16_0GB, 0);
	init16(fn, cap + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS_16_0GT,
	       PCI_EXP_LNKCTL2_TLS);
}

/* Power management, section 7.5.2: D0 and D3hot, without a reset in between */
static void init_pm(struct tsm_emu_fn *fn)
{
	unsigned int cap = TSM_EMU_CAP_PM;

	init8(fn, TSM_EMU_CAP_EXP + PCI_CAP_LIST_NEXT, cap, 0);
	init8(fn, cap, PCI_CAP_ID_PM, 0);
	init16(fn, cap + PCI_PM_PMC, 3, 0);
	init16(fn, cap + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET,
	       PCI_PM_CTRL_STATE_MASK);
}

/* Advanced Features, by which conventional PCI has its FLR, section 7.5.3.17 */
static void init_af(struct tsm_emu_fn *fn)
{
	unsigned int cap = TSM_EMU_CAP_AF;

	init8(fn, TSM_EMU_CAP_PM + PCI_CAP_LIST_NEXT, cap, 0);
	init8(fn, cap, PCI_CAP_ID_AF, 0);
	init8(fn, cap + PCI_AF_LENGTH, PCI_CAP_AF_SIZEOF, 0);
	init8(fn, cap + PCI_AF_CAP, PCI_AF_CAP_TP | PCI_AF_CAP_FLR, 0);
}

/* MSI with a 64-bit address, section 7.7.1, of which no interrupt ever comes */
static void init_msi(struct tsm_emu_fn *fn)
{
	unsigned int cap = TSM_EMU_CAP_MSI;

	init8(fn, TSM_EMU_CAP_AF + PCI_CAP_LIST_NEXT, cap, 0);
	init8(fn, cap, PCI_CAP_ID_MSI, 0);
	init16(fn, cap + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT,
	       PCI_MSI_FLAGS_ENABLE);
	init32(fn, cap + PCI_MSI_ADDRESS_LO, 0, ~3);
	init32(fn, cap + PCI_MSI_ADDRESS_HI, 0, ~0);
	init16(fn, cap + PCI_MSI_DATA_64, 0, 0xffff);
}

/* Extended capability @id at @pos, @prev is the one before it or 0 */
static void init_ecap(struct tsm_emu_fn *fn, unsigned int pos, u16 id, u8 ver,
		      unsigned int prev)
{
	u32 hdr;

	init32(fn, pos, id | ver << 16, 0);
	if (!prev)
		return;

	hdr = get_unaligned_le32(&fn->config[prev]);
	init32(fn, prev, hdr | pos << 20, 0);
}

/*
 * One Selective IDE Stream with one address association, section 7.9.26. The stream
 * is for hosts to configure, and nothing here looks at what they do: the keys of the
 * device's streams are those that the DSM is told of, see doe_ide_km().
 */
static void init_ide(struct tsm_emu_fn *fn, unsigned int pos, unsigned int prev)
{
	unsigned int sel = pos + PCI_IDE_LINK_STREAM_0;

	init_ecap(fn, pos, PCI_EXT_CAP_ID_IDE, 1, prev);
	init32(fn, pos + PCI_IDE_CAP, PCI_IDE_CAP_SELECTIVE |
	       PCI_IDE_CAP_IDE_KM | PCI_IDE_CAP_TEE_LIMITED, 0);
	init32(fn, sel + PCI_IDE_SEL_CAP,
	       FIELD_PREP(PCI_IDE_SEL_CAP_ASSOC_NUM, 1), 0);
	init32(fn, sel + PCI_IDE_SEL_CTL, 0, ~0);
	init32(fn, sel + PCI_IDE_SEL_RID_1, 0, PCI_IDE_SEL_RID_1_LIMIT);
	init32(fn, sel + PCI_IDE_SEL_RID_2, 0,
	       PCI_IDE_SEL_RID_2_VALID | PCI_IDE_SEL_RID_2_BASE |
	       PCI_IDE_SEL_RID_2_SEG);
	init32(fn, sel + PCI_IDE_SEL_ADDR_1(0), 0,
	       PCI_IDE_SEL_ADDR_1_VALID | PCI_IDE_SEL_ADDR_1_BASE_LOW |
	       PCI_IDE_SEL_ADDR_1_LIMIT_LOW);
	init32(fn, sel + PCI_IDE_SEL_ADDR_2(0), 0, ~0);
	init32(fn, sel + PCI_IDE_SEL_ADDR_3(0), 0, ~0);
}

static void init_sriov(struct tsm_emu_fn *fn, unsigned int pos,
		       unsigned int prev)
{
	init_ecap(fn, pos, PCI_EXT_CAP_ID_SRIOV, 1, prev);
	init16(fn, pos + PCI_SRIOV_CTRL, 0, PCI_SRIOV_CTRL_VFE |
	       PCI_SRIOV_CTRL_MSE);
	init16(fn, pos + PCI_SRIOV_INITIAL_VF, fn->desc->nr_vfs, 0);
	init16(fn, pos + PCI_SRIOV_TOTAL_VF, fn->desc->nr_vfs, 0);
	init16(fn, pos + PCI_SRIOV_NUM_VF, 0, 0xffff);
	init8(fn, pos + PCI_SRIOV_FUNC_LINK, PCI_FUNC(fn->devfn), 0);
	init16(fn, pos + PCI_SRIOV_VF_OFFSET, tsm_emu_vf_offset, 0);
	init16(fn, pos + PCI_SRIOV_VF_STRIDE, 1, 0);
	init16(fn, pos + PCI_SRIOV_VF_DID, fn->desc->device_id + 1, 0);
	/* Pages of 4K are all there is */
	init32(fn, pos + PCI_SRIOV_SUP_PGSIZE, 1, 0);
	init32(fn, pos + PCI_SRIOV_SYS_PGSIZE, 1, 1);
	init_bars(fn, pos + PCI_SRIOV_BAR, fn->desc->vf_bar_size);
}

/**
 * tsm_emu_config_init() - fill a function's configuration space as of reset
 * @fn: function with all else set
 *
 * Context: under &tsm_emu.lock or before anyone knows of @fn
 */
void tsm_emu_config_init(struct tsm_emu_fn *fn)
{
	memset(fn->config, 0, sizeof(fn->config));
	memset(fn->wmask, 0, sizeof(fn->wmask));
	init_header(fn);
	init_exp(fn);

	if (fn->desc->pcie_type == PCI_EXP_TYPE_ROOT_PORT)
		init_ide(fn, ECAP_FIRST, 0);
	if (is_physical_endpoint(fn)) {
		init_pm(fn);
		init_af(fn);
		init_msi(fn);
	}
	if (has_dsm(fn)) {
		init_ecap(fn, TSM_EMU_ECAP_DOE, PCI_EXT_CAP_ID_DOE, 2, 0);
		init_ide(fn, TSM_EMU_ECAP_IDE, TSM_EMU_ECAP_DOE);
	}
	/* Without these, the list begins with a Null Capability */
	if (has_vfs(fn))
		init_sriov(fn, TSM_EMU_ECAP_SRIOV,
			   has_dsm(fn) ? TSM_EMU_ECAP_IDE : ECAP_FIRST);
}

/* All state goes, that of TDIs and the SPDM session with it, section 6.6.1 */
static void reset_fn(struct tsm_emu_fn *fn)
{
	tsm_emu_config_init(fn);
	memset(&fn->doe, 0, sizeof(fn->doe));
	tsm_emu_tdi_reset(&fn->tdi);
}

static void reset_below(struct tsm_emu *emu, struct tsm_emu_fn *port)
{
	for (unsigned int i = 0; i < emu->nr_fns; i++) {
		if (tsm_emu_is_below(&emu->fn[i], port))
			reset_fn(&emu->fn[i]);
	}
}

/*
 * The SPDM session lasts, PCIe r6.3 section 6.31.4. The IDE streams of a function
 * lose their keys and become insecure, section 6.33.8.
 */
static void flr_dsm(struct tsm_emu *emu, struct tsm_emu_fn *dsm)
{
	dsm->doe = (struct tsm_emu_doe) { .session = dsm->doe.session };
	tsm_emu_lose_keys(emu, dsm);
}

static void flr_fn(struct tsm_emu *emu, struct tsm_emu_fn *fn)
{
	tsm_emu_config_init(fn);
	tsm_emu_tdi_reconfigured(&fn->tdi);
	if (has_dsm(fn))
		flr_dsm(emu, fn);
}

/*
 * A VF that is disabled starts anew when it is enabled again. A TDI that is locked
 * by then goes to ERROR, sections 11.2.6 and 11.4.9
 */
static void reset_absent_vfs(struct tsm_emu *emu, struct tsm_emu_fn *pf)
{
	for (unsigned int i = 0; i < emu->nr_fns; i++) {
		struct tsm_emu_fn *fn = &emu->fn[i];

		if (fn->pf != pf || tsm_emu_is_present(fn))
			continue;
		tsm_emu_config_init(fn);
		tsm_emu_tdi_reconfigured(&fn->tdi);
	}
}

/* The bits that an access wrote from the byte at @reg on, 0 for none */
static u32 written(int where, int size, u32 val, int reg)
{
	if (reg < where || reg >= where + size)
		return 0;
	return val >> (8 * (reg - where));
}

static void write_bytes(struct tsm_emu_fn *fn, int where, int size, u32 val)
{
	for (int i = 0; i < size; i++, val >>= 8) {
		u8 mask = fn->wmask[where + i];

		fn->config[where + i] &= ~mask;
		fn->config[where + i] |= val & mask;
	}
}

/* Device Control and Device Control 2, as far as a lock freezes them */
static u32 tracked_devctl(const struct tsm_emu_fn *fn)
{
	u16 devctl2 = get16(fn, TSM_EMU_CAP_EXP + PCI_EXP_DEVCTL2);
	u16 devctl = get16(fn, TSM_EMU_CAP_EXP + PCI_EXP_DEVCTL);

	devctl &= PCI_EXP_DEVCTL_EXT_TAG | PCI_EXP_DEVCTL_PHANTOM |
		  PCI_EXP_DEVCTL_NOSNOOP_EN;
	devctl2 &= PCI_EXP_DEVCTL2_10BIT_TAG_REQ_EN;
	return (u32)devctl2 << 16 | devctl;
}

/*
 * The lock of a TDI freezes BARs, their enables, the power state that clears these,
 * what requests look like on the link, and BIST, section 11.2.6
 */
static void write_locked(struct tsm_emu_fn *fn, int where, int size, u32 val)
{
	const u16 enables = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	u8 bars[PCI_CARDBUS_CIS - PCI_BASE_ADDRESS_0];
	u16 command = get16(fn, PCI_COMMAND);
	u32 devctl = tracked_devctl(fn);
	u8 bist = fn->config[PCI_BIST];

	memcpy(bars, &fn->config[PCI_BASE_ADDRESS_0], sizeof(bars));
	write_bytes(fn, where, size, val);
	if (is_bridge(fn))
		return;

	if (!tsm_emu_is_in_d0(fn) || command & ~get16(fn, PCI_COMMAND) & enables ||
	    devctl != tracked_devctl(fn) || bist != fn->config[PCI_BIST] ||
	    memcmp(bars, &fn->config[PCI_BASE_ADDRESS_0], sizeof(bars)))
		tsm_emu_tdi_reconfigured(&fn->tdi);
}

static bool starts_bus_reset(const struct tsm_emu_fn *fn, int where, int size,
			     u32 val)
{
	return is_bridge(fn) && written(where, size, val, PCI_BRIDGE_CONTROL) &
				PCI_BRIDGE_CTL_BUS_RESET;
}

static bool starts_flr(const struct tsm_emu_fn *fn, int where, int size, u32 val)
{
	const int devctl_high = TSM_EMU_CAP_EXP + PCI_EXP_DEVCTL + 1;
	const int af_ctrl = TSM_EMU_CAP_AF + PCI_AF_CTRL;

	if (is_bridge(fn))
		return false;
	if (written(where, size, val, devctl_high) & (PCI_EXP_DEVCTL_BCR_FLR >> 8))
		return true;
	return is_physical_endpoint(fn) &&
	       written(where, size, val, af_ctrl) & PCI_AF_CTRL_FLR;
}

static void emu_write(struct tsm_emu *emu, struct tsm_emu_fn *fn, int where,
		      int size, u32 val)
{
	write_locked(fn, where, size, val);

	if (starts_bus_reset(fn, where, size, val))
		reset_below(emu, fn);
	if (starts_flr(fn, where, size, val))
		flr_fn(emu, fn);
	if (has_vfs(fn))
		reset_absent_vfs(emu, fn);
	if (has_dsm(fn) && size == sizeof(u32) && where > TSM_EMU_ECAP_DOE &&
	    where < TSM_EMU_ECAP_DOE + PCI_DOE_CAP_SIZEOF)
		tsm_emu_doe_write(emu, fn, where - TSM_EMU_ECAP_DOE, val);
}

static struct tsm_emu *bus_to_emu(struct pci_bus *bus)
{
	return container_of((struct pci_sysdata *)bus->sysdata, struct tsm_emu,
			    sysdata);
}

static int emu_config_read(struct pci_bus *bus, unsigned int devfn, int where,
			   int size, u32 *val)
{
	struct tsm_emu *emu = bus_to_emu(bus);
	struct tsm_emu_fn *fn;

	guard(raw_spinlock_irqsave)(&emu->lock);
	fn = tsm_emu_find_fn(emu, PCI_DEVID(bus->number, devfn));
	if (!fn) {
		PCI_SET_ERROR_RESPONSE(val);
		return PCIBIOS_DEVICE_NOT_FOUND;
	}

	if (has_dsm(fn) && where == TSM_EMU_ECAP_DOE + PCI_DOE_STATUS)
		tsm_emu_doe_look(fn);

	*val = 0;
	for (int i = 0; i < size; i++)
		*val |= (u32)fn->config[where + i] << (8 * i);
	return PCIBIOS_SUCCESSFUL;
}

static int emu_config_write(struct pci_bus *bus, unsigned int devfn, int where,
			    int size, u32 val)
{
	struct tsm_emu *emu = bus_to_emu(bus);
	struct tsm_emu_fn *fn;

	guard(raw_spinlock_irqsave)(&emu->lock);
	fn = tsm_emu_find_fn(emu, PCI_DEVID(bus->number, devfn));
	if (!fn)
		return PCIBIOS_DEVICE_NOT_FOUND;

	emu_write(emu, fn, where, size, val);
	return PCIBIOS_SUCCESSFUL;
}

struct pci_ops tsm_emu_config_ops = {
	.read = emu_config_read,
	.write = emu_config_write,
};
