// SPDX-License-Identifier: GPL-2.0
/* The TDISP guest protocol against the numbers of PCIe r6.3 section 11.3 */
#include <linux/string.h>
#include "proto_test.h"

#include "../../../../tools/testing/selftests/tsm/vectors/tdisp.h"

DECLARE_TSM_PROTO(tdisp);

#define TDISP_HDR_LEN 16

static const struct proto_case tdisp_cases[] = {
	{ "GET_TDISP_VERSION", 0x81, PCI_TSM_REQ_INFO, 16, 18, 272 },
	{ "GET_TDISP_CAPABILITIES", 0x82, PCI_TSM_REQ_INFO, 20, 24, 44 },
	{ "LOCK_INTERFACE", 0x83, PCI_TSM_REQ_STATE_CHANGE, 36, 24, 48 },
	{ "GET_DEVICE_INTERFACE_REPORT", 0x84, PCI_TSM_REQ_INFO, 20, 20, 65555 },
	{ "GET_DEVICE_INTERFACE_STATE", 0x85, PCI_TSM_REQ_INFO, 16, 17, 24 },
	{ "START_INTERFACE", 0x86, PCI_TSM_REQ_STATE_CHANGE, 48, 16, 24 },
	{ "STOP_INTERFACE", 0x87, PCI_TSM_REQ_STATE_CHANGE, 16, 16, 24 },
	{ "BIND_P2P_STREAM", 0x88, PCI_TSM_REQ_STATE_CHANGE, 17, 16, 24 },
	{ "UNBIND_P2P_STREAM", 0x89, PCI_TSM_REQ_STATE_CHANGE, 17, 16, 24 },
	{ "SET_MMIO_ATTRIBUTE", 0x8a, PCI_TSM_REQ_STATE_CHANGE, 32, 16, 24 },
};

static void tdisp_fill(u8 *req, size_t len)
{
	memset(req, 0, TDISP_HDR_LEN);
	req[0] = 0x10;
	/* the TDI's id is the TSM's business: all of it may be set */
	memset(req + 4, 0xff, 4);
}

static bool tdisp_accepts(const struct proto_case *param, size_t offset,
			  u8 value)
{
	switch (offset) {
	case 0:	/* any minor version */
		return value >> 4 == 1;
	case 1:	/* a request, no response */
		return value & 0x80;
	case 2 ... 3:
	case 8 ... 15:
		return !value;
	default:
		return true;
	}
}

static const struct proto_test tdisp_test = {
	.proto = &tsm_proto_tdisp,
	.type = 4,
	.envelope_len = TDISP_HDR_LEN,
	.id_offset = 1,
	.id_len = 1,
	.cases = tdisp_cases,
	.nr_cases = ARRAY_SIZE(tdisp_cases),
	.fill = tdisp_fill,
	.accepts = tdisp_accepts,
	.vectors = tdisp_vectors,
	.nr_vectors = ARRAY_SIZE(tdisp_vectors),
};

PROTO_TEST_SUITE(tdisp, "tsm-proto-tdisp", KUNIT_CASE(proto_test_vectors));
