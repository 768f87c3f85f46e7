/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A front end of the example VMM by itself, see ../vmm_published.c: how a guest calls it, and
 * what the guest makes of the answer. A file for each protocol.
 */
#ifndef __SELFTEST_TSM_FRONT_H
#define __SELFTEST_TSM_FRONT_H

#include <stdbool.h>

#include "../vmm/vmm.h"
#include "../vectors/vector.h"

/* Stands for a byte that the TSM chooses, and for what nobody wrote */
#define CHOSEN 0x5a

/* A guest's call makes at most so many calls of the module */
#define FRONT_MODULE_MAX 2

/* What the TSM would say of the TDI */
#define FRONT_TDI_STATE PCI_TDISP_STATE_RUN

struct front_test;

/**
 * struct front - a VMM without a kernel below it
 * @vmm: the VMM
 * @test: front end of it
 * @regs: of the vCPU
 * @vector: what is answered as it says
 * @nr_requests: requests of the last call
 * @nr_ops: binds and unbinds of the last call
 * @op: the last of them
 * @module: what the last call asked the module
 * @nr_module: number of @module
 * @is_admitted: the scope of each request was that of its message, or wider
 * @req: the last request
 * @req_len: its length
 */
struct front {
	struct vmm vmm;
	const struct front_test *test;
	struct kvm_regs regs;
	const struct tsm_vector *vector;
	unsigned int nr_requests;
	unsigned int nr_ops;
	enum iommu_vdevice_tsm_op_type op;
	struct emu_module_call module[FRONT_MODULE_MAX];
	unsigned int nr_module;
	bool is_admitted;
	u8 req[TSM_VECTOR_MAX];
	u32 req_len;
};

/**
 * struct front_test - what is particular to a front end
 * @front: front end
 * @vectors: calls of guests
 * @nr_vectors: number of @vectors
 * @vector_rid: the TDI as the guest in them knows it
 * @enter: leave registers and memory as the guest of a vector does. Return: the
 *	kind of its exit, or 0 for what no guest does
 * @returned: did the guest get what the vector says?
 * @modules: calls of the guest to its module. NULL where there is none. Return: NULL,
 *	or what is not as it has to be
 * @ask: answer one of these
 * @serve: answer a request that the VMM makes on its own. May be NULL. Return: false
 *	if it is one of the guest's
 */
struct front_test {
	const struct vmm_front *front;
	const struct tsm_vector *vectors;
	size_t nr_vectors;
	u64 vector_rid;
	u16 (*enter)(struct front *f, const struct tsm_vector *v);
	bool (*returned)(const struct front *f, const struct tsm_vector *v);
	const char *(*modules)(struct front *f);
	void (*ask)(struct front *f, struct emu_module_call *call);
	bool (*serve)(struct front *f, struct iommu_vdevice_tsm_guest_request *cmd);
};

#define TSM_PROTO(_name) extern const struct front_test front_##_name;
#include "../lib/proto_list.h"
#undef TSM_PROTO

/* Bytes of a vector from @at on, as a number */
static inline u64 front_word(const u8 *bytes, u32 at)
{
	u64 value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | bytes[at + i];
	return value;
}

/* Is that so, or any byte of it for the sender to choose? Says if not */
bool front_is(const char *what, const void *is, const char *text, u32 len);

/* Bytes of a vector are numbers of 64 bits. Return: false if it is none */
static inline bool front_words(const char *text, u64 *words, u32 nr)
{
	u8 bytes[256], any[256];

	if (8 * nr > sizeof(bytes) || !tsm_vector_parse(text, bytes, any, 8 * nr))
		return false;
	for (u32 i = 0; i < nr; i++)
		words[i] = front_word(bytes, 8 * i);
	return true;
}

/* The guest leaves by this kind of exit. Return: whether it can go on */
bool front_exit(struct front *f, u16 kind);

#endif /* __SELFTEST_TSM_FRONT_H */
