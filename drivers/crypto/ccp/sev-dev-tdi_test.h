/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of TDIs and of requests about them have in common */
#ifndef __SEV_DEV_TDI_TEST_H__
#define __SEV_DEV_TDI_TEST_H__

#include <kunit/test.h>
#include <linux/pci.h>

#include "sev-dev-tio_fake.h"

#define GCTX		0x123456000ULL
#define OTHER_GCTX	0x123457000ULL
#define ASID		77
#define GUEST_ID	0x0210
#define PF0_RID		0x0100
#define VF_RID		0x0205
#define RESP_LEN	(0x60 + 16)

/* A VM is but a number here */
#define SNP_VM		((struct kvm *)0x1)
#define PLAIN_VM	((struct kvm *)0x2)
#define EARLY_VM	((struct kvm *)0x3)
#define OTHER_VM	((struct kvm *)0x4)

/* What else the driver needs: a DSM, and a function of its device */
struct tdi_test {
	struct fake_psp psp;
	struct sev_device sev;
	struct sev_tio_status status;
	struct tio_dsm dsm;
	struct pci_bus bus;
	struct pci_sysdata sysdata;
	struct pci_dev pf0;
	struct pci_dev vf;
	struct pci_tsm vf_tsm;
	unsigned int owned;
	u64 bind_code;
	u64 seqno;
};

/* The fake is at the start, so test->priv is both */
static inline struct tdi_test *tdi_test(struct kunit *test)
{
	return test->priv;
}

static inline struct fake_tdi *vf_tdi(struct tdi_test *t)
{
	return fake_psp_find_tdi(&t->psp, VF_RID);
}

/* A field of a command */
struct field {
	u8 off;
	u8 size;
	u64 value;
};

/* A message or host call, with memory for what the core would pass */
struct msg {
	struct pci_tsm_guest_msg msg;
	struct pci_tsm_guest_req req;
	u8 out[4096 + 16];
	u8 in[4096];
};

/*
 * Of each: what goes to its end, and what the test has not let go of is let go by its
 * exit, which expects the firmware to have nothing then.
 */
int tdi_test_init(struct kunit *test);
void tdi_test_exit(struct kunit *test);

void tdi_test_heal(struct tdi_test *t);
void tdi_test_restart(struct kunit *test);
void tdi_test_set_response(struct fake_psp *psp, u16 msg_size, u8 value);
struct pci_tdi *tdi_test_bind(struct kunit *test);
struct pci_tdi *tdi_test_bind_other(struct kunit *test);
void tdi_test_unbound(struct kunit *test, unsigned int lost);
struct msg *tdi_test_msg(struct kunit *test, u32 req_len, u32 resp_max);
void tdi_test_set_request(struct kunit *test, struct msg *m);
int tdi_test_send(struct kunit *test, struct pci_tdi *tdi, u64 *code);
int tdi_test_call(struct kunit *test, struct pci_tdi *tdi, u32 id,
		  const void *call, size_t len, u64 *code);
u64 tdi_test_log_end(void);
unsigned int tdi_test_count_errors(u64 since, const char *text);
unsigned int tdi_test_count_cmds(struct fake_psp *psp, int id);

void expect_cmd(struct kunit *test, int id, unsigned int len,
		const struct tsm_dsm_tio *spdm, const struct field *fields,
		int nr);

/* The last command of this id, and its length, is its fields, and zero elsewhere */
#define EXPECT_CMD(_test, _id, _len, _spdm, ...) do {			\
	const struct field fields[] = { __VA_ARGS__ };			\
									\
	expect_cmd(_test, _id, _len, _spdm, fields, ARRAY_SIZE(fields));\
} while (0)

#endif /* __SEV_DEV_TDI_TEST_H__ */
