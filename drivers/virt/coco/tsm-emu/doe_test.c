// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of the emulated DSM's DOE mailbox, by its registers */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include "tsm-emu.h"

/* Of a function on the root bus, where the platform has none */
#define DEVFN	PCI_DEVFN(9, 0)

static const struct tsm_emu_fn_desc dsm_desc = {
	.pcie_type = PCI_EXP_TYPE_ENDPOINT,
	.port = -1,
	.devfn = DEVFN,
	.tee = true,
	.dsm = true,
	.bar_size = { SZ_64K, SZ_4K },
};

static void doe_write(struct kunit *test, unsigned int reg, u32 val)
{
	struct tsm_emu *emu = test->priv;

	guard(raw_spinlock_irqsave)(&emu->lock);
	tsm_emu_doe_write(emu, &emu->fn[0], reg, val);
}

static u32 doe_read(struct kunit *test, unsigned int reg)
{
	struct tsm_emu *emu = test->priv;

	return get_unaligned_le32(&emu->fn[0].config[TSM_EMU_ECAP_DOE + reg]);
}

/* Send an object with a payload of @len bytes, take what comes. Return: its dwords */
static unsigned int exchange(struct kunit *test, u8 type, const void *req,
			     size_t len, void *rsp, size_t size)
{
	unsigned int dwords = DIV_ROUND_UP(len, sizeof(u32)), got = 0;
	u8 padded[TSM_EMU_DOE_DWORDS * sizeof(u32)] = {};

	memcpy(padded, req, len);
	doe_write(test, PCI_DOE_CTRL, PCI_DOE_CTRL_ABORT);
	doe_write(test, PCI_DOE_WRITE, type << 16 | PCI_VENDOR_ID_PCI_SIG);
	doe_write(test, PCI_DOE_WRITE, dwords + 2);
	for (unsigned int i = 0; i < dwords; i++)
		doe_write(test, PCI_DOE_WRITE, get_unaligned_le32(padded + 4 * i));
	doe_write(test, PCI_DOE_CTRL, PCI_DOE_CTRL_GO);

	memset(rsp, 0, size);
	while (doe_read(test, PCI_DOE_STATUS) & PCI_DOE_STATUS_DATA_OBJECT_READY) {
		if (got >= 2 && 4 * (got - 1) <= size)
			put_unaligned_le32(doe_read(test, PCI_DOE_READ),
					   rsp + 4 * (got - 2));
		doe_write(test, PCI_DOE_READ, 0);
		got++;
	}
	return got;
}

static void expect_discovery(struct kunit *test, u32 what, u32 expected)
{
	__le32 req = cpu_to_le32(what), rsp;

	KUNIT_EXPECT_EQ(test, exchange(test, PCI_DOE_FEATURE_DISCOVERY, &req,
				       sizeof(req), &rsp, sizeof(rsp)), 3);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(rsp), expected);
}

static void discovery_test(struct kunit *test)
{
	/* the protocols that there are */
	expect_discovery(test, 0x0200, 0x01000001);
	expect_discovery(test, 0x0201, 0x00010001);
	/* behind the last */
	expect_discovery(test, 0x0202, 0x0000ffff);
	expect_discovery(test, 0x02ff, 0x0000ffff);
	/* for other versions of the capability */
	expect_discovery(test, 0x0000, 0x0000ffff);
	expect_discovery(test, 0x0301, 0x0000ffff);
	/* bits 31:16 are reserved */
	expect_discovery(test, 0xffff0201, 0x00010001);
}

static void start_session(struct kunit *test)
{
	struct tsm_emu_spdm req = {
		.version = TSM_EMU_SPDM_VERSION,
		.code = TSM_EMU_SPDM_KEY_EXCHANGE,
		.param1 = 1,
		.param2 = 2,
	}, rsp;

	KUNIT_EXPECT_EQ(test, exchange(test, PCI_DOE_FEATURE_CMA, &req, sizeof(req),
				       &rsp, sizeof(rsp)), 3);
	KUNIT_EXPECT_EQ(test, rsp.code, 0x64);
	KUNIT_EXPECT_EQ(test, rsp.param1 | rsp.param2, 0);
}

/* A vendor defined message of SPDM around @req. Return: is there a response? */
static bool vdm(struct kunit *test, u8 protocol, const void *req, size_t len,
		void *rsp, size_t size)
{
	u8 bytes[TSM_EMU_DOE_DWORDS * sizeof(u32)] = {};
	struct tsm_emu_spdm_vdm *msg = (void *)bytes;

	*msg = (struct tsm_emu_spdm_vdm) {
		.spdm.version = TSM_EMU_SPDM_VERSION,
		.spdm.code = TSM_EMU_SPDM_VDM,
		.spdm.param1 = 1,
		.standard_id = cpu_to_le16(TSM_EMU_SPDM_STANDARD_PCI_SIG),
		.vendor_id_len = sizeof(msg->vendor_id),
		.vendor_id = cpu_to_le16(PCI_VENDOR_ID_PCI_SIG),
		.payload_len = cpu_to_le16(1 + len),
		.protocol_id = protocol,
	};
	memcpy(msg->payload, req, len);
	if (!exchange(test, PCI_DOE_FEATURE_CMA, msg, sizeof(*msg) + len, msg,
		      sizeof(bytes)))
		return false;

	KUNIT_EXPECT_EQ(test, msg->spdm.code, 0x7e);
	KUNIT_EXPECT_EQ(test, msg->spdm.param1, 0);
	KUNIT_EXPECT_EQ(test, msg->protocol_id, protocol);
	memcpy(rsp, msg->payload, size);
	return true;
}

static void lock_tdi(struct kunit *test)
{
	struct pci_tdisp_lock_interface lock = {
		.hdr.version = PCI_TDISP_VERSION_1_0,
		.hdr.type = PCI_TDISP_LOCK_INTERFACE,
		.hdr.function_id = cpu_to_le32(DEVFN),
	};
	struct pci_tdisp_header rsp;
	struct tsm_emu *emu = test->priv;
	u8 ack, set_go = TSM_EMU_IDE_KM_SET_GO;

	KUNIT_EXPECT_TRUE(test, vdm(test, TSM_EMU_PROTOCOL_IDE_KM, &set_go, 1,
				    &ack, 1));
	KUNIT_EXPECT_EQ(test, ack, TSM_EMU_IDE_KM_GOSTOP_ACK);
	KUNIT_EXPECT_TRUE(test, vdm(test, TSM_EMU_PROTOCOL_TDISP, &lock,
				    sizeof(lock), &rsp, sizeof(rsp)));
	KUNIT_EXPECT_EQ(test, rsp.type, 0x03);
	KUNIT_EXPECT_EQ(test, emu->fn[0].tdi.state,
			PCI_TDISP_STATE_CONFIG_LOCKED);
}

/* PCIe r6.3 section 11.4.5 */
static void end_of_session_test(struct kunit *test)
{
	struct tsm_emu_spdm end = {
		.version = TSM_EMU_SPDM_VERSION,
		.code = TSM_EMU_SPDM_END_SESSION,
	}, rsp;
	struct tsm_emu *emu = test->priv;

	start_session(test);
	lock_tdi(test);
	KUNIT_EXPECT_EQ(test, exchange(test, PCI_DOE_FEATURE_CMA, &end, sizeof(end),
				       &rsp, sizeof(rsp)), 3);
	KUNIT_EXPECT_EQ(test, rsp.code, 0x6c);
	KUNIT_EXPECT_EQ(test, emu->fn[0].tdi.state, PCI_TDISP_STATE_ERROR);
}

/* Section 11.2.2: what is not in a session gets no response */
static void no_session_test(struct kunit *test)
{
	struct pci_tdisp_header hdr = {
		.version = PCI_TDISP_VERSION_1_0,
		.type = PCI_TDISP_GET_VERSION,
		.function_id = cpu_to_le32(DEVFN),
	};

	KUNIT_EXPECT_FALSE(test, vdm(test, TSM_EMU_PROTOCOL_TDISP, &hdr,
				     sizeof(hdr), &hdr, sizeof(hdr)));
	KUNIT_EXPECT_EQ(test, doe_read(test, PCI_DOE_STATUS),
			PCI_DOE_STATUS_ERROR);
	start_session(test);
	KUNIT_EXPECT_TRUE(test, vdm(test, TSM_EMU_PROTOCOL_TDISP, &hdr,
				    sizeof(hdr), &hdr, sizeof(hdr)));
}

static int doe_init(struct kunit *test)
{
	struct tsm_emu *emu = kunit_kzalloc(test, sizeof(*emu), GFP_KERNEL);

	if (!emu)
		return -ENOMEM;
	raw_spin_lock_init(&emu->lock);
	emu->nr_fns = 1;
	emu->fn[0].desc = &dsm_desc;
	emu->fn[0].devfn = DEVFN;
	tsm_emu_config_init(&emu->fn[0]);
	test->priv = emu;
	return 0;
}

static struct kunit_case doe_cases[] = {
	KUNIT_CASE(discovery_test),
	KUNIT_CASE(end_of_session_test),
	KUNIT_CASE(no_session_test),
	{}
};

static struct kunit_suite doe_suite = {
	.name = "tsm-emu-doe",
	.init = doe_init,
	.test_cases = doe_cases,
};
kunit_test_suite(doe_suite);
