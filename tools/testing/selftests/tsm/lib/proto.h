/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the guest protocols share: good requests of each protocol,
 * and the way of a TDI to RUN and back. Classes and lengths are those that the
 * kernel tells about its table, whose numbers are checked by the protocols'
 * KUnit tests. Nothing here asserts, so that threads can use it.
 */
#ifndef __SELFTEST_TSM_PROTO_H
#define __SELFTEST_TSM_PROTO_H

#include "firmware.h"
#include "platform.h"
#include "tdi.h"
#include "../vectors/vector.h"

#define PROTO_REQ_MAX 4096
/* Longer than any response of the emulated platform */
#define PROTO_RESP_MAX (80 * 1024)
#define PROTO_MSGS_MAX 32

struct proto_test;

/**
 * struct proto - a guest protocol
 * @name: as the emulated platform has it
 * @type: its number in the uAPI
 * @envelope_len: what each request starts with
 * @bad_offset: a byte of the envelope
 * @bad_bits: a request is none of the protocol with these bits of it flipped
 * @args_size: bytes at &proto_test.args
 * @bound: learn what the guest learns when its TDI is bound. May be NULL.
 * @make: make a good request in &proto_test.req. Its length, in the message too
 *	if that has one, is @extra bytes more than it should be. Return: the
 *	length, or 0 for a message that is not known here
 * @finish: look at a response. Return: 0, or -EPROTO if it is none. May be NULL.
 * @run: from the bind to RUN
 * @stop: from RUN to where the TDI can't reach its guest. Each returns 0 or -errno.
 * @fail: send what the firmware refuses. Return: -EREMOTEIO, or what went wrong
 * @fail_code: with which it does
 * @bind_code: with which it refuses to bind a TDI that it can't lock, 0 if bind
 *	does not lock
 * @vectors: requests that were published, from a bound TDI on
 * @nr_vectors: number of @vectors
 * @vector_rid: guest's id of the TDI in them
 * @adapt: what is of an example device in &proto_test.req, as the vector has it, is
 *	replaced by what is of this one. May be NULL. Return: false if the tests make
 *	such a request in another way
 * @reveal: the same the other way round in the response. May be NULL. Return: 0, or
 *	-EPROTO if it is none
 */
struct proto {
	const char *name;
	u32 type;
	u32 envelope_len;
	u32 bad_offset;
	u8 bad_bits;
	size_t args_size;
	int (*bound)(struct proto_test *p);
	u32 (*make)(struct proto_test *p, u32 id, int extra);
	int (*finish)(struct proto_test *p, u32 id);
	int (*run)(struct proto_test *p);
	int (*stop)(struct proto_test *p);
	int (*fail)(struct proto_test *p);
	u64 fail_code;
	u64 bind_code;
	const struct tsm_vector *vectors;
	size_t nr_vectors;
	u64 vector_rid;
	bool (*adapt)(struct proto_test *p, const struct tsm_vector *v);
	int (*reveal)(struct proto_test *p, const struct tsm_vector *v);
};

/**
 * struct proto_test - a function on a platform that speaks a protocol
 * @t: the function, and the request
 * @proto: protocol
 * @type: protocol that the kernel says the TSM speaks
 * @msgs: the kernel's table of its messages
 * @nr_msgs: messages in @msgs
 * @req: request
 * @resp: response, PROTO_RESP_MAX bytes
 * @range: MMIO range that requests are about
 * @args: what the requests of this protocol have in them, see lib/proto_*.h
 */
struct proto_test {
	struct tsm_test t;
	const struct proto *proto;
	u32 type;
	struct iommu_tsm_msg msgs[PROTO_MSGS_MAX];
	u32 nr_msgs;
	u8 req[PROTO_REQ_MAX];
	u8 *resp;
	struct {
		u64 base;
		u32 offset;
		u32 pages;
		u16 id;
	} range;
	void *args;
};

#define TSM_PROTO(_name) extern const struct proto proto_##_name;
#include "proto_list.h"
#undef TSM_PROTO

#define TSM_PROTO(_name) PROTO_##_name,
enum proto_nr {
#include "proto_list.h"
	NR_PROTOS
};
#undef TSM_PROTO

extern const struct proto * const protos[NR_PROTOS];

/*
 * From nothing to the vDEVICE, from there to the bound TDI, or all of the way.
 * Each returns 0 or -errno with the text in &tsm_setup.error
 */
int proto_assign(struct proto_test *p, const struct proto *proto, const char *fn);
int proto_bind(struct proto_test *p);
int proto_open(struct proto_test *p, const struct proto *proto, const char *fn);
/* All of the way too, with a function that is known by another id than that one */
int proto_open_beside(struct proto_test *p, const struct proto_test *other,
		      const char *fn, bool same_vm);
void proto_close(struct proto_test *p);

/* Range @index of the interface report is what requests are about from now on */
int proto_use_range(struct proto_test *p, u32 index);

/* Row of the kernel's table, or NULL */
const struct iommu_tsm_msg *proto_msg(const struct proto_test *p, u32 id);

/* Make &tsm_test.cmd of &proto_test.req */
void proto_prepare(struct proto_test *p, u32 scope, u32 len);

/*
 * Send a good request under the scope of its class. Return: 0 if the firmware
 * has nothing to complain about, -EREMOTEIO if it has, -EPROTO if the response
 * is none, or another -errno of the ioctl
 */
int proto_request(struct proto_test *p, u32 id);

/*
 * The same for a request that the firmware is to refuse. Return: its code;
 * -EPROTO if there is none, or more than the code; or another -errno
 */
s64 proto_refusal(struct proto_test *p, u32 id);

/*
 * Have the request of a vector in &proto_test.req. Return: false if the vector is not
 * one, or longer than requests are
 */
bool proto_use_vector(struct proto_test *p, const struct tsm_vector *v);
/* Make &tsm_test.cmd of it, with the scope of its class */
void proto_prepare_vector(struct proto_test *p, const struct tsm_vector *v);
/* Is the outcome the one of the vector? Says if not */
bool proto_is_answered(struct proto_test *p, const struct tsm_vector *v);

/* As proto_open(), with a function that its guest knows by this id */
int proto_open_as(struct proto_test *p, const struct proto *proto, const char *fn,
		  u64 rid);

/* As the device sees it; the second says if not */
bool proto_is_state(const struct proto_test *p, int state);
bool proto_is_tdi(const struct proto_test *p, int state, bool dma,
		  unsigned int pages0, unsigned int pages1);

#endif /* __SELFTEST_TSM_PROTO_H */
