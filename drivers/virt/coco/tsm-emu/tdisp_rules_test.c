// SPDX-License-Identifier: GPL-2.0
/*
 * The emulated DSM's TDISP responder against the rules of PCIe r6.3 chapter 11, with
 * requests that are right at first and then altered at random. What a rule leaves
 * open, the responder may do as it likes.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include "tdisp_test.h"

static u32 rules_seed;
module_param(rules_seed, uint, 0444);
MODULE_PARM_DESC(rules_seed, "KUnit: seed of the altered TDISP requests, 0 for any");

static unsigned int rules_requests = 1000000;
module_param(rules_requests, uint, 0444);
MODULE_PARM_DESC(rules_requests, "KUnit: number of altered TDISP requests");

#define UPDATABLE_BASE	(BAR_BASE + SZ_64K)

/* A longest request, and some bytes behind it */
#define REQ_MAX		(sizeof(struct pci_tdisp_start_interface) + 16)

/**
 * struct model - what the rules say about the TDI, and an exchange with it
 * @tdi: what the responder knows
 * @rnd: where the alterations come from
 * @state: of the TDI
 * @nonce: of the last lock
 * @offset: MMIO_REPORTING_OFFSET of it
 * @flags: flags of it
 * @foreign: the request is for an interface that the DSM does not have
 * @len: bytes of the request
 * @req: the request
 * @rsp_len: bytes of the response
 * @rsp: the response
 */
struct model {
	struct tsm_emu_tdi tdi;
	struct rnd_state rnd;
	enum pci_tdisp_state state;
	u8 nonce[PCI_TDISP_NONCE_LEN];
	u64 offset;
	u16 flags;
	bool foreign;
	size_t len;
	union {
		struct pci_tdisp_header hdr;
		struct pci_tdisp_lock_interface lock;
		struct pci_tdisp_get_interface_report report;
		struct pci_tdisp_start_interface start;
		struct pci_tdisp_set_mmio_attribute mmio;
		u8 bytes[REQ_MAX];
	} req;
	size_t rsp_len;
	union tdisp_rsp rsp;
};

/* Length of each request and of its response, and the states that it is legal in */
static const struct {
	u8 type;
	size_t req_len;
	size_t rsp_len;
	u8 states;
} messages[] = {
#define IN(state) BIT(PCI_TDISP_STATE_##state)
#define ANY_STATE (IN(CONFIG_UNLOCKED) | IN(CONFIG_LOCKED) | IN(RUN) | IN(ERROR))
	/* Table 11-3, and the sections of each */
	{ PCI_TDISP_GET_VERSION, 16, 18, ANY_STATE },
	{ PCI_TDISP_GET_CAPABILITIES, 20, 44, ANY_STATE },
	{ PCI_TDISP_LOCK_INTERFACE, 36, 48, IN(CONFIG_UNLOCKED) },
	{ PCI_TDISP_GET_INTERFACE_REPORT, 20, 20, IN(CONFIG_LOCKED) | IN(RUN) },
	{ PCI_TDISP_GET_INTERFACE_STATE, 16, 17, ANY_STATE },
	{ PCI_TDISP_START_INTERFACE, 48, 16, IN(CONFIG_LOCKED) },
	{ PCI_TDISP_STOP_INTERFACE, 16, 16, ANY_STATE },
	{ PCI_TDISP_SET_MMIO_ATTRIBUTE, 32, 16, IN(RUN) },
};

static int find_message(const struct model *m)
{
	for (int i = 0; i < ARRAY_SIZE(messages); i++) {
		if (messages[i].type == m->req.hdr.type)
			return i;
	}
	return -1;
}

/* Is it that message, with all of its fields? */
static bool is_whole(const struct model *m, u8 type)
{
	int i = find_message(m);

	return m->req.hdr.type == type && m->len >= messages[i].req_len;
}

static bool other_version(const struct model *m)
{
	if (m->req.hdr.type == PCI_TDISP_GET_VERSION)
		return false;
	return m->req.hdr.version != PCI_TDISP_VERSION_1_0;
}

static bool other_major_version(const struct model *m)
{
	return m->req.hdr.type == PCI_TDISP_GET_VERSION &&
	       m->req.hdr.version >> 4 != 1;
}

static bool not_supported(const struct model *m)
{
	return find_message(m) < 0;
}

static bool foreign_interface(const struct model *m)
{
	return m->foreign;
}

static bool too_short(const struct model *m)
{
	int i = find_message(m);

	return i >= 0 && m->len < messages[i].req_len;
}

static bool wrong_state(const struct model *m)
{
	int i = find_message(m);

	return i >= 0 && !(messages[i].states & BIT(m->state));
}

static bool lock_without_keys(const struct model *m)
{
	return is_whole(m, PCI_TDISP_LOCK_INTERFACE) && !m->tdi.secure;
}

static bool lock_flag_not_offered(const struct model *m)
{
	return is_whole(m, PCI_TDISP_LOCK_INTERFACE) &&
	       le16_to_cpu(m->req.lock.flags) &
	       (PCI_TDISP_LOCK_SYSTEM_CACHE_LINE_SIZE | PCI_TDISP_LOCK_BIND_P2P);
}

static bool lock_offset_within_page(const struct model *m)
{
	return is_whole(m, PCI_TDISP_LOCK_INTERFACE) &&
	       le64_to_cpu(m->req.lock.mmio_reporting_offset) % SZ_4K;
}

static bool lock_phantom(const struct model *m)
{
	return is_whole(m, PCI_TDISP_LOCK_INTERFACE) && m->tdi.phantom;
}

/* BARs of 16 pages and one, which can be seen to be what it says elsewhere */
#define REPORT_LEN	(52 + strlen(TSM_EMU_DEVICE_INFO))

static bool report_behind_end(const struct model *m)
{
	return is_whole(m, PCI_TDISP_GET_INTERFACE_REPORT) &&
	       le16_to_cpu(m->req.report.offset) >= REPORT_LEN;
}

static bool report_of_no_length(const struct model *m)
{
	return is_whole(m, PCI_TDISP_GET_INTERFACE_REPORT) &&
	       !m->req.report.length;
}

static bool other_nonce(const struct model *m)
{
	return is_whole(m, PCI_TDISP_START_INTERFACE) &&
	       memcmp(m->req.start.start_nonce, m->nonce, sizeof(m->nonce));
}

static bool mmio_other_range(const struct model *m)
{
	const struct pci_tdisp_mmio_range *range = &m->req.mmio.range;

	return is_whole(m, PCI_TDISP_SET_MMIO_ATTRIBUTE) &&
	       (le16_to_cpu(range->range_id) != 2 * TSM_EMU_UPDATABLE_BAR ||
		le64_to_cpu(range->first_page) !=
		(UPDATABLE_BASE + m->offset) / SZ_4K ||
		le32_to_cpu(range->pages) != 1);
}

static bool mmio_other_attribute(const struct model *m)
{
	return is_whole(m, PCI_TDISP_SET_MMIO_ATTRIBUTE) &&
	       le16_to_cpu(m->req.mmio.range.attr) & 0x3;
}

/*
 * A request that breaks one is answered by that error, or by that of another that it
 * breaks as well: no section gives an order.
 */
static const struct rule {
	const char *section;
	bool (*broken)(const struct model *m);
	enum pci_tdisp_error error;
	bool may_pass;
} rules[] = {
	{ "table 11-6", other_version, PCI_TDISP_ERR_VERSION_MISMATCH },
	{ "11.3.4", other_major_version, PCI_TDISP_ERR_VERSION_MISMATCH },
	{ "11.3.1", not_supported, PCI_TDISP_ERR_UNSUPPORTED_REQUEST },
	{ "table 11-6", foreign_interface, PCI_TDISP_ERR_INVALID_INTERFACE },
	{ "table 11-6", too_short, PCI_TDISP_ERR_INVALID_REQUEST },
	{ "table 11-3", wrong_state, PCI_TDISP_ERR_INVALID_INTERFACE_STATE },
	{ "table 11-12", lock_without_keys, PCI_TDISP_ERR_INVALID_REQUEST },
	{ "11.3.7", lock_flag_not_offered, PCI_TDISP_ERR_INVALID_REQUEST, true },
	{ "11.3.8", lock_offset_within_page, PCI_TDISP_ERR_INVALID_REQUEST, true },
	{ "11.3.8", lock_phantom, PCI_TDISP_ERR_INVALID_DEVICE_CONFIGURATION },
	{ "table 11-16", report_behind_end, PCI_TDISP_ERR_INVALID_REQUEST },
	{ "table 11-13", report_of_no_length, PCI_TDISP_ERR_INVALID_REQUEST, true },
	{ "table 11-19", other_nonce, PCI_TDISP_ERR_INVALID_NONCE },
	{ "table 11-25", mmio_other_range, PCI_TDISP_ERR_INVALID_REQUEST },
	{ "table 11-24", mmio_other_attribute, PCI_TDISP_ERR_INVALID_REQUEST },
};

static u32 below(struct model *m, u32 limit)
{
	return prandom_u32_state(&m->rnd) % limit;
}

/* Values at the edges of a field are more telling than others */
static u8 any_byte(struct model *m)
{
	static const u8 edges[] = { 0x00, 0x01, 0x04, 0x0f, 0x10, 0x11, 0x7f,
				    0x80, 0x83, 0xfe, 0xff };

	return below(m, 2) ? edges[below(m, sizeof(edges))] : below(m, 256);
}

static void fill_lock(struct model *m)
{
	static const u64 offsets[] = { 0, SZ_1M, -SZ_1M, SZ_4K / 2 };

	m->req.lock.flags = cpu_to_le16(below(m, 32));
	m->req.lock.mmio_reporting_offset =
		cpu_to_le64(offsets[below(m, ARRAY_SIZE(offsets))]);
}

static void fill_mmio(struct model *m)
{
	struct pci_tdisp_mmio_range *range = &m->req.mmio.range;

	range->first_page = cpu_to_le64((UPDATABLE_BASE + m->offset) / SZ_4K);
	range->pages = cpu_to_le32(1);
	range->attr = cpu_to_le16(below(m, 2) ? PCI_TDISP_MMIO_NON_TEE : 0);
	range->range_id = cpu_to_le16(2 * TSM_EMU_UPDATABLE_BAR);
}

/* A request for which all is as it should be, but the state */
static void make_request(struct model *m)
{
	int i = below(m, ARRAY_SIZE(messages));

	memset(&m->req, 0, sizeof(m->req));
	m->req.hdr.version = PCI_TDISP_VERSION_1_0;
	m->req.hdr.type = messages[i].type;
	m->req.hdr.function_id = cpu_to_le32(RID);
	m->len = messages[i].req_len;

	switch (m->req.hdr.type) {
	case PCI_TDISP_LOCK_INTERFACE:
		fill_lock(m);
		break;
	case PCI_TDISP_GET_INTERFACE_REPORT:
		m->req.report.offset = cpu_to_le16(below(m, REPORT_LEN));
		m->req.report.length = cpu_to_le16(below(m, 300));
		break;
	case PCI_TDISP_START_INTERFACE:
		memcpy(m->req.start.start_nonce, m->nonce, sizeof(m->nonce));
		break;
	case PCI_TDISP_SET_MMIO_ATTRIBUTE:
		fill_mmio(m);
		break;
	}
}

/* The transport takes no less than a header */
static void alter_request(struct model *m)
{
	switch (below(m, 8)) {
	case 0:
		m->len = sizeof(m->req.hdr) + below(m, REQ_MAX - 15);
		break;
	case 1:
		m->req.hdr.type = any_byte(m);
		break;
	case 2:
		m->req.hdr.version = any_byte(m);
		break;
	case 3:
		/* Segment, its valid bit, and reserved bits, but not the RID */
		m->req.bytes[2 + below(m, 2)] = any_byte(m);
		m->req.bytes[6 + below(m, 10)] = any_byte(m);
		break;
	default:
		m->req.bytes[16 + below(m, REQ_MAX - 16)] = any_byte(m);
		break;
	}
}

/* Also what happens to a TDI in between */
static void next_request(struct model *m)
{
	u32 alterations = below(m, 4);

	if (!below(m, 64) && m->state != PCI_TDISP_STATE_CONFIG_UNLOCKED) {
		tsm_emu_tdi_reconfigured(&m->tdi);
		m->state = PCI_TDISP_STATE_ERROR;
	}
	m->tdi.secure = below(m, 16);
	m->tdi.phantom = !below(m, 16);
	m->foreign = !below(m, 16);

	make_request(m);
	while (alterations--)
		alter_request(m);
	/* Nothing in the room for the response is as it should be */
	memset(&m->rsp, 0x5a, sizeof(m->rsp));
	m->rsp_len = tsm_emu_tdisp(m->foreign ? NULL : &m->tdi, &m->req, m->len,
				   &m->rsp);
}

/* Header of a response, sections 11.3.3 and 11.2 */
static bool header_is_right(const struct model *m)
{
	u32 id = le32_to_cpu(m->req.hdr.function_id);
	const struct pci_tdisp_header *hdr = &m->rsp.hdr;

	id &= id & BIT(24) ? 0x01ffffff : 0x0000ffff;
	return hdr->version == PCI_TDISP_VERSION_1_0 &&
	       !hdr->reserved[0] && !hdr->reserved[1] && !hdr->reserved_id &&
	       le32_to_cpu(hdr->function_id) == id;
}

/* Table 11-27; without extended error data */
static bool error_is_right(const struct model *m, enum pci_tdisp_error code)
{
	u32 data = code == PCI_TDISP_ERR_UNSUPPORTED_REQUEST ?
		   m->req.hdr.type : 0;

	return m->rsp_len == sizeof(m->rsp.error) &&
	       le32_to_cpu(m->rsp.error.data) == data;
}

/* Table 11-14. REPORT_BYTES are those that the TDI keeps, see tdisp_test.c */
static bool report_is_right(const struct model *m)
{
	u16 portion = le16_to_cpu(m->rsp.report.portion_length);
	u16 rest = le16_to_cpu(m->rsp.report.remainder_length);
	u16 offset = le16_to_cpu(m->req.report.offset);

	return portion <= le16_to_cpu(m->req.report.length) &&
	       m->rsp_len == sizeof(m->rsp.report) + portion &&
	       offset + portion + rest == REPORT_LEN &&
	       !memcmp(m->rsp.report.report, m->tdi.report + offset, portion);
}

/* Fields of a response other than the header, and what it does to the TDI */
static bool response_is_right(struct model *m)
{
	int i = find_message(m);
	u8 non_tee = 0;

	if (m->rsp.hdr.type != (m->req.hdr.type & ~PCI_TDISP_REQ))
		return false;
	if (m->req.hdr.type == PCI_TDISP_GET_INTERFACE_REPORT)
		return report_is_right(m);
	if (m->rsp_len != messages[i].rsp_len)
		return false;

	switch (m->req.hdr.type) {
	case PCI_TDISP_GET_VERSION:
		return m->rsp.version.count == 1 &&
		       m->rsp.version.entry[0] == PCI_TDISP_VERSION_1_0;
	case PCI_TDISP_GET_CAPABILITIES:
		return !m->rsp.caps.dsm_caps && !m->rsp.caps.reserved[0] &&
		       !m->rsp.caps.reserved[1] && !m->rsp.caps.reserved[2];
	case PCI_TDISP_GET_INTERFACE_STATE:
		return m->rsp.state.state == m->state;
	case PCI_TDISP_LOCK_INTERFACE:
		m->state = PCI_TDISP_STATE_CONFIG_LOCKED;
		m->offset = le64_to_cpu(m->req.lock.mmio_reporting_offset);
		memcpy(m->nonce, m->rsp.lock.start_nonce, sizeof(m->nonce));
		return true;
	case PCI_TDISP_START_INTERFACE:
		m->state = PCI_TDISP_STATE_RUN;
		return true;
	case PCI_TDISP_STOP_INTERFACE:
		m->state = PCI_TDISP_STATE_CONFIG_UNLOCKED;
		return true;
	case PCI_TDISP_SET_MMIO_ATTRIBUTE:
		if (le16_to_cpu(m->req.mmio.range.attr) & PCI_TDISP_MMIO_NON_TEE)
			non_tee = BIT(TSM_EMU_UPDATABLE_BAR);
		return m->tdi.non_tee == non_tee;
	default:
		return false;
	}
}

/* Is the outcome one of those that the rules which are broken admit? */
static bool outcome_is_right(struct model *m, unsigned int *broken)
{
	bool is_error = m->rsp.hdr.type == PCI_TDISP_ERROR;
	u32 code = le32_to_cpu(m->rsp.error.code);
	bool may_pass = true, may_fail = false;

	for (int i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!rules[i].broken(m))
			continue;
		broken[i]++;
		may_pass &= rules[i].may_pass;
		may_fail |= rules[i].error == code;
	}
	if (is_error)
		return may_fail && error_is_right(m, code);
	return may_pass && response_is_right(m);
}

/* 11.2: a request that fails changes no state, and START uses up its nonce: 11.3.14 */
static bool tdi_is_right(const struct model *m)
{
	if (m->tdi.state != m->state)
		return false;
	return m->state == PCI_TDISP_STATE_CONFIG_LOCKED ||
	       !memchr_inv(m->tdi.nonce, 0, sizeof(m->tdi.nonce));
}

static void show(struct kunit *test, struct model *m, unsigned int nr,
		 enum pci_tdisp_state state)
{
	kunit_info(test, "request %u in state %u%s: %*phN\n", nr, state,
		   m->foreign ? ", foreign" : "", (int)m->len, m->req.bytes);
	kunit_info(test, "response: %*phN\n", (int)m->rsp_len, m->rsp.bytes);
	m->state = state;
	for (int i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].broken(m))
			kunit_info(test, "breaks %s, error %#x\n",
				   rules[i].section, rules[i].error);
	}
}

#define SHOWN 5

static void rules_test(struct kunit *test)
{
	unsigned int broken[ARRAY_SIZE(rules)] = {}, wrong = 0;
	struct model *m = test->priv;
	u32 seed = rules_seed ?: get_random_u32();

	kunit_info(test, "tsm_emu.rules_seed=%u tsm_emu.rules_requests=%u\n",
		   seed, rules_requests);
	prandom_seed_state(&m->rnd, seed);
	for (unsigned int nr = 0; nr < rules_requests; nr++) {
		enum pci_tdisp_state state = m->state;

		cond_resched();
		next_request(m);
		if (header_is_right(m) & outcome_is_right(m, broken) &
		    tdi_is_right(m))
			continue;
		if (wrong++ < SHOWN)
			show(test, m, nr, state);
		m->state = m->tdi.state;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);

	for (int i = 0; i < ARRAY_SIZE(rules); i++)
		KUNIT_EXPECT_GT_MSG(test, broken[i], 0, "nothing broke %s, %#x",
				    rules[i].section, rules[i].error);
}

static int rules_init(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	m->tdi.bar[0].base = BAR_BASE;
	m->tdi.bar[0].size = SZ_64K;
	m->tdi.bar[TSM_EMU_UPDATABLE_BAR].base = UPDATABLE_BASE;
	m->tdi.bar[TSM_EMU_UPDATABLE_BAR].size = SZ_4K;
	test->priv = m;
	return 0;
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE_SLOW(rules_test),
	{}
};

static struct kunit_suite rules_suite = {
	.name = "tsm-emu-tdisp-rules",
	.init = rules_init,
	.test_cases = rules_cases,
};
kunit_test_suite(rules_suite);
