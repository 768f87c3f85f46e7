/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The example VMM: what its files, and the front ends, share.
 *
 *   main.c         options; the demonstration, and the test of all protocols
 *   run.c          a VM from the assignment of its device to the tear-down
 *   reset.c        what a reset of the VM takes
 *   machine.c      guest memory and vCPU, with machine_<architecture>.c
 *   request.c      guest requests, bind and unbind
 *   transcript.c   what it prints
 *   module.c       the guest's module, which no real VMM has
 *   guest_abi.h    what the VMM and its guests agree on
 *   guest.c        what the guests share, see guest.h
 *
 * and for each protocol of front_list.h:
 *
 *   <name>.c       its front end: from an exit to the ioctl
 *   <name>.h       what the front end and its guest agree on
 *   guest_<name>.c its guest
 */
#ifndef __SELFTEST_TSM_VMM_H
#define __SELFTEST_TSM_VMM_H

#include <errno.h>
#include <stdbool.h>
#include <linux/kvm.h>

#include "../lib/platform.h"
#include "guest_abi.h"

struct vmm;

/**
 * struct vmm_front - from the exits of a vendor's guest to iommufd's ioctls
 * @name: of the protocol, as the emulated platform names it
 * @tsm_type: that protocol
 * @guest: entry of the guest
 * @area_size: bytes of guest memory behind struct tsm_vmm_shared
 * @shared_size: how much of that the guest shares with the VMM, the rest is its
 *	own; a confidential VM would keep the VMM from it
 * @kept_at: where in that is what a reset of the VM leaves as it is, since only the
 *	guest and its firmware can write to it
 * @kept_size: how much of that there is, 0 for none
 * @bind: the VMM binds the TDI before the guest runs, for a guest that does not
 *	ask for it
 * @message: name of the message with this id, or NULL
 * @exit: serve an exit of this kind, TSM_VMM_EXIT_*. Return: 0, -EOPNOTSUPP if it is
 *	none of its exits, or another -errno if the guest can't go on
 */
struct vmm_front {
	const char *name;
	enum iommu_tsm_type tsm_type;
	void (*guest)(struct tsm_vmm_shared *shared);
	size_t area_size;
	size_t shared_size;
	size_t kept_at;
	size_t kept_size;
	bool bind;
	const char *(*message)(u32 id);
	int (*exit)(struct vmm *vmm, u16 kind);
};

/**
 * struct vmm - the VMM
 * @setup: the assigned function and the VM
 * @front: front end for its guest
 * @vcpu: the only vCPU
 * @run: how KVM reports the vCPU's exits, or NULL
 * @run_size: length of @run
 * @ram: guest memory from address 0 on: page tables, image, stack, @shared
 * @ram_size: length of @ram
 * @nr_tables: number of page tables in use
 * @shared: memory shared with the guest, and the front end's area
 * @msgs: messages that the TSM understands, for the transcript
 * @nr_msgs: number of @msgs
 * @nr_exits: number of guest exits so far
 * @consent: the guest has made known that it wants the TDI started, as it is locked
 *	now, see the front ends
 * @cookie: of a call of the guest that has not ended, 0 for none
 * @nr_cookies: how many there were, each is another
 */
struct vmm {
	struct tsm_setup setup;
	const struct vmm_front *front;
	int vcpu;
	struct kvm_run *run;
	size_t run_size;
	char *ram;
	size_t ram_size;
	unsigned int nr_tables;
	struct tsm_vmm_shared *shared;
	struct iommu_tsm_msg msgs[64];
	u32 nr_msgs;
	unsigned int nr_exits;
	bool consent;
	u64 cookie;
	u64 nr_cookies;
};

/**
 * struct vmm_call - a guest call that becomes a guest request
 * @exit: what the guest did, for the transcript
 * @id: of the message as the front end takes it to be, for the transcript
 * @scope: what the policy has for this call
 * @req: request
 * @req_len: bytes of it
 * @resp: room for the response
 * @resp_len: bytes of that
 * @cmd: how it went
 */
struct vmm_call {
	const char *exit;
	u32 id;
	enum iommu_vdevice_tsm_scope scope;
	const void *req;
	u32 req_len;
	void *resp;
	u32 resp_len;
	struct iommu_vdevice_tsm_guest_request cmd;
};

#define TSM_PROTO(_name) extern const struct vmm_front vmm_##_name;
#include "front_list.h"
#undef TSM_PROTO

/*
 * Run a VM that has this device until its guest is done, and take it down. The
 * outcome is in @vmm, of which nothing has to be freed. Return: 0 or -errno, with
 * the text in &tsm_setup.error
 */
int vmm_run(struct vmm *vmm, const struct vmm_front *front, const char *device);

/*
 * The steps that it is made of, which return the same. A VM that is started waits for
 * its guest to run, which each vmm_step() does up to and with the next exit; that
 * returns 1 when the guest is done, and @verdict is set.
 */
int vmm_start(struct vmm *vmm, const struct vmm_front *front, const char *device);
int vmm_step(struct vmm *vmm, enum tsm_vmm_verdict *verdict);
int vmm_take_down(struct vmm *vmm);
/* The guest begins anew, with the function as after its assignment */
int vmm_reset(struct vmm *vmm);

/* What any line of the transcript begins with */
extern const char *vmm_line_prefix;
void vmm_say(const char *fmt, ...) __printf(1, 2);

/* Each returns 0 or -errno, with the text in &tsm_setup.error */
int vmm_create_memory(struct vmm *vmm);
int vmm_create_vcpu(struct vmm *vmm);
/* The guest's first instruction is the next, in memory as it is */
int vmm_enter_guest(struct vmm *vmm);
/* The same in memory as after vmm_create_memory() */
int vmm_reset_machine(struct vmm *vmm);
int vmm_close_machine(struct vmm *vmm);
/* What the vCPU has left by, TSM_VMM_EXIT_* */
int vmm_exit_kind(struct vmm *vmm);
/* Registers that guests of any machine have: RAX, RBX, RCX, RDX, RSI, RDI, R8 to R10; X0 to X8 */
int vmm_get_call(struct vmm *vmm, u64 reg[TSM_VMM_NR_REGS]);
int vmm_set_call(struct vmm *vmm, const u64 reg[TSM_VMM_NR_REGS]);
/* All of x86-64 */
int vmm_get_regs(struct vmm *vmm, struct kvm_regs *regs);
int vmm_set_regs(struct vmm *vmm, const struct kvm_regs *regs);
int vmm_read_info(struct vmm *vmm);

/*
 * A call of the guest to its module. Return: 0, -ENOENT if the guest has no such
 * device, or another -errno
 */
int vmm_call_module(struct vmm *vmm, struct emu_module_call *call);
/* Only a module can, in memory that the guest shares with nobody. 0 or -EFAULT */
int vmm_write_private(struct vmm *vmm, u64 gpa, const void *data, size_t len);

/* Shared memory of the guest, or NULL if it does not share all of that */
void *vmm_shared(const struct vmm *vmm, u64 gpa, u64 len);
void vmm_read_shared(void *to, const void *shared, size_t len);

/* Does what this errno is about pass by itself, so that a repetition can help? */
static inline bool vmm_passes(int err)
{
	return err == EAGAIN || err == EBUSY || err == EINTR || err == ENOMEM;
}

/*
 * What the front ends go by, of a request that failed with this errno. They tell the
 * guest of what passes that it may repeat the request as it is. That is so only where
 * the TSM has not seen it; a driver's errno does not say.
 */
static inline int vmm_guest_errno(const struct iommu_vdevice_tsm_guest_request *cmd,
				  int err)
{
	bool dispatched = cmd->out_flags & IOMMU_VDEVICE_TSM_DISPATCHED;

	return vmm_passes(err) && dispatched ? EIO : err;
}

/* Bind the TDI of a guest that does not ask for it. Return: as the above */
int vmm_bind_tdi(struct vmm *vmm);

/* Each sends it to the kernel and prints it. Return: 0 or the errno */
int vmm_request(struct vmm *vmm, struct vmm_call *call);
int vmm_op(struct vmm *vmm, const char *exit, enum iommu_vdevice_tsm_op_type type);
/* The same for a guest that takes no "try again": repeats what the TSM did not see */
int vmm_request_patiently(struct vmm *vmm, struct vmm_call *call);

void vmm_print_head(void);
/* A call that became a request, which failed with this errno or did not (0) */
void vmm_print_call(struct vmm *vmm, const struct vmm_call *call, int err);
/* A call that the VMM serves by itself */
void vmm_print_own(struct vmm *vmm, const char *exit, const char *what,
		   const char *result);
void vmm_print_report(const struct vmm *vmm);
/* Return: 0 or -errno, with the text in &tsm_setup.error */
int vmm_print_step(struct vmm *vmm);

#endif /* __SELFTEST_TSM_VMM_H */
