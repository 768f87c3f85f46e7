// SPDX-License-Identifier: GPL-2.0
/*
 * Feed a guest protocol's decoder: it reads nothing behind the request, which the
 * address sanitizer sees as the memory ends there, at any alignment; it says 0 or
 * -EBADMSG, and the same when asked again; and what it finds in the table has lengths
 * that make sense. PROTO is the protocol's symbol, from tools/vm/fuzz/run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <linux/tsm-proto.h>

extern const struct pci_tsm_guest_proto PROTO;

#define NO_ID 0xdeadbeef

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "broken property: %s\n", #cond);	\
		abort();						\
	}								\
} while (0)

static const struct pci_tsm_guest_proto *const proto = &PROTO;

/* As the core calls it, with memory that ends with the request */
static int decode(const u8 *data, size_t len, size_t shift, u32 *id)
{
	u8 *mem = malloc(shift + len);
	int rc;

	CHECK(mem);
	memcpy(mem + shift, data, len);
	*id = NO_ID;
	rc = proto->msg_id(mem + shift, len, id);
	CHECK(!memcmp(mem + shift, data, len));
	free(mem);
	return rc;
}

static void check_row(const struct pci_tsm_guest_msg *msg)
{
	CHECK(msg->class <= PCI_TSM_REQ_DEBUG_WRITE);
	CHECK(msg->req_min && msg->req_min >= proto->envelope_len);
	CHECK(msg->req_min <= msg->req_max);
	CHECK(msg->req_max <= PCI_TSM_GUEST_REQ_LEN_MAX);
	CHECK(msg->resp_min <= msg->resp_max);
	CHECK(msg->resp_max <= PCI_TSM_GUEST_RESP_LEN_MAX);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);
int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	u32 id, id_again;
	int rc;

	if (len < proto->envelope_len)
		return 0;

	rc = decode(data, len, 0, &id);
	CHECK(rc == 0 || rc == -EBADMSG);
	for (size_t shift = 1; shift < sizeof(u64); shift++) {
		CHECK(decode(data, len, shift, &id_again) == rc);
		CHECK(id_again == id);
	}
	if (rc)
		return 0;

	for (unsigned int i = 0; i < proto->nr_msgs; i++)
		if (proto->msgs[i].id == id)
			check_row(&proto->msgs[i]);
	return 0;
}
