// SPDX-License-Identifier: GPL-2.0
/*
 * The CCA guest protocol against the numbers of the host series of March and
 * April 2026, but for the nonce, which the request holds, and what is defined here only
 */
#include <linux/sizes.h>
#include <linux/string.h>
#include "proto_test.h"

#include "../../../../tools/testing/selftests/tsm/vectors/cca.h"

DECLARE_TSM_PROTO(cca);

static const struct proto_case cca_cases[] = {
	{ "OBJECT_SIZE", 1, PCI_TSM_REQ_INFO, 8, 4, 4 },
	{ "OBJECT_READ", 2, PCI_TSM_REQ_INFO, 16, 1, SZ_16M },
	{ "REPORT_REFRESH", 3, PCI_TSM_REQ_INFO, 4, 0, 0 },
	{ "MEASUREMENTS_REFRESH", 4, PCI_TSM_REQ_INFO, 48, 0, 0 },
	{ "VALIDATE_MMIO", 5, PCI_TSM_REQ_STATE_CHANGE, 32, 0, 0 },
	{ "SET_TDI_STATE", 6, PCI_TSM_REQ_STATE_CHANGE, 8, 0, 0 },
	{ "CONTINUE", 7, PCI_TSM_REQ_STATE_CHANGE, 4, 0, 0 },
	{ "ABORT", 8, PCI_TSM_REQ_STATE_CHANGE, 4, 0, 0 },
};

/* Two of them have a reserved word behind their type */
static void cca_fill(u8 *req, size_t len)
{
	memset(req, 0, min(len, 8));
}

static bool cca_accepts(const struct proto_case *param, size_t offset, u8 value)
{
	if (offset < 4 || offset >= 8)
		return true;
	return (param->id != 4 && param->id != 5) || !value;
}

static const struct proto_test cca_test = {
	.proto = &tsm_proto_cca,
	.type = 1,
	.envelope_len = 4,
	.id_len = 4,
	.cases = cca_cases,
	.nr_cases = ARRAY_SIZE(cca_cases),
	.fill = cca_fill,
	.accepts = cca_accepts,
	.vectors = cca_vectors,
	.nr_vectors = ARRAY_SIZE(cca_vectors),
};

PROTO_TEST_SUITE(cca, "tsm-proto-cca", KUNIT_CASE(proto_test_vectors));
