// SPDX-License-Identifier: GPL-2.0
/*
 * Guest requests: a TVM asks the TSM about one of its TDIs, and its VMM relays that.
 * The guest chose the request and the VMM did not parse it, so neither is
 * believed: the TSM driver's table says which class a message has, the scope that
 * the VMM names is the ceiling, and everything else is refused.
 *
 * See Documentation/driver-api/pci/tsm-guest.rst for the model.
 */
#define dev_fmt(fmt) "PCI/TSM: " fmt

#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/bsearch.h>
#include <linux/capability.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/pci-tsm.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/tsm.h>
#include <linux/uaccess.h>
#include <trace/events/pci_tsm.h>
#include <asm/futex.h>
#include "tsm.h"

/* Message classes that a scope admits */
static const u8 scope_admits[] = {
	[PCI_TSM_REQ_INFO] = BIT(PCI_TSM_REQ_INFO),
	[PCI_TSM_REQ_STATE_CHANGE] = BIT(PCI_TSM_REQ_INFO) |
				     BIT(PCI_TSM_REQ_STATE_CHANGE),
	[PCI_TSM_REQ_DEBUG_READ] = BIT(PCI_TSM_REQ_INFO) |
				   BIT(PCI_TSM_REQ_DEBUG_READ),
	[PCI_TSM_REQ_DEBUG_WRITE] = BIT(PCI_TSM_REQ_INFO) |
				    BIT(PCI_TSM_REQ_STATE_CHANGE) |
				    BIT(PCI_TSM_REQ_DEBUG_READ) |
				    BIT(PCI_TSM_REQ_DEBUG_WRITE),
};

/* Does a message of this class change state, so that it can't just be repeated? */
static bool class_changes_state(enum pci_tsm_req_scope class)
{
	return class == PCI_TSM_REQ_STATE_CHANGE ||
	       class == PCI_TSM_REQ_DEBUG_WRITE;
}

static const char *check_row(const struct pci_tsm_guest_msg *msg)
{
	if (msg->class > PCI_TSM_REQ_DEBUG_WRITE)
		return "class is not in enum pci_tsm_req_scope";
	if (!msg->req_min || msg->req_min > msg->req_max)
		return "req_min is 0 or above req_max";
	if (msg->req_max > PCI_TSM_GUEST_REQ_LEN_MAX)
		return "req_max is above PCI_TSM_GUEST_REQ_LEN_MAX";
	if (msg->resp_min > msg->resp_max)
		return "resp_min is above resp_max";
	if (msg->resp_max > PCI_TSM_GUEST_RESP_LEN_MAX)
		return "resp_max is above PCI_TSM_GUEST_RESP_LEN_MAX";
	return NULL;
}

/**
 * pci_tsm_guest_check_proto() - Find the flaw in a guest protocol
 * @proto: protocol that a TSM driver wants to speak
 * @row: number of the message that is at fault, if the flaw is in the table
 *
 * Return: the rule that @proto breaks, or NULL for a good one.
 */
VISIBLE_IF_KUNIT const char *
pci_tsm_guest_check_proto(const struct pci_tsm_guest_proto *proto,
			  unsigned int *row)
{
	const char *flaw;

	*row = 0;
	if (!proto->name || !proto->type || !proto->msg_id)
		return "name, type or msg_id is missing";
	if (!proto->msgs || !proto->nr_msgs)
		return "there are no messages";
	if (proto->nr_msgs > PCI_TSM_GUEST_MSGS_MAX)
		return "there are more than PCI_TSM_GUEST_MSGS_MAX messages";

	for (; *row < proto->nr_msgs; (*row)++) {
		const struct pci_tsm_guest_msg *msg = &proto->msgs[*row];

		flaw = check_row(msg);
		if (flaw)
			return flaw;
		if (msg->req_min < proto->envelope_len)
			return "req_min is shorter than the envelope";
		if (*row && msg->id <= msg[-1].id)
			return "id is not above that of the row before";
	}

	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(pci_tsm_guest_check_proto);

/**
 * pci_tsm_guest_check_ops() - Refuse a TSM driver with a bad guest protocol
 * @tsm_dev: link TSM that registers
 *
 * Return: 0, or -EINVAL after a message that names the broken rule.
 */
int pci_tsm_guest_check_ops(struct tsm_dev *tsm_dev)
{
	const struct pci_tsm_guest_proto *proto = tsm_dev->pci_ops->guest_proto;
	const char *flaw;
	unsigned int row;

	if (!tsm_dev->pci_ops->guest_req != !proto) {
		dev_err(&tsm_dev->dev,
			"link TSM with one of guest_req and guest_proto\n");
		return -EINVAL;
	}

	if (!proto)
		return 0;

	flaw = pci_tsm_guest_check_proto(proto, &row);
	if (!flaw)
		return 0;

	dev_err(&tsm_dev->dev, "guest protocol %s, message %u: %s\n",
		proto->name ?: "(none)", row, flaw);
	return -EINVAL;
}

static int compare_id(const void *id, const void *msg)
{
	u32 a = *(const u32 *)id;
	u32 b = ((const struct pci_tsm_guest_msg *)msg)->id;

	return a < b ? -1 : a > b;
}

VISIBLE_IF_KUNIT const struct pci_tsm_guest_msg *
pci_tsm_guest_find_msg(const struct pci_tsm_guest_proto *proto, u32 id)
{
	/* Inline, as a request is to cost little until it is known to be one */
	return __inline_bsearch(&id, proto->msgs, proto->nr_msgs,
				sizeof(*proto->msgs), compare_id);
}
EXPORT_SYMBOL_IF_KUNIT(pci_tsm_guest_find_msg);

VISIBLE_IF_KUNIT bool pci_tsm_scope_admits(enum pci_tsm_req_scope scope,
					   enum pci_tsm_req_scope class)
{
	return scope_admits[scope] & BIT(class);
}
EXPORT_SYMBOL_IF_KUNIT(pci_tsm_scope_admits);

/* Bytes that the response buffer must have before the message may be sent */
static u32 resp_needed(const struct pci_tsm_guest_msg *msg)
{
	return class_changes_state(msg->class) ? msg->resp_max : msg->resp_min;
}

/* Name the rule that refuses a request, return @rc */
static int refuse(struct pci_tsm_guest_xfer *xfer, int rc, const char *rule)
{
	xfer->rule = rule;
	return rc;
}

/**
 * pci_tsm_guest_check_msg() - Decode a request and hold it against the table
 * @proto: guest protocol that the TSM speaks
 * @req: request, in memory that only the caller can change
 * @xfer: scope and lengths that the caller named; takes the message's row of the
 *	  table, with -ENOBUFS the length that is needed in resp_len, and the rule
 *	  that refuses the request
 *
 * Return: 0, or
 *
 * * -EBADMSG: @req can't be decoded, or is no message of the table
 * * -EMSGSIZE: the message has another length
 * * -EACCES: the caller's scope does not admit messages of this class
 * * -ENOBUFS: the response might not fit
 */
VISIBLE_IF_KUNIT int
pci_tsm_guest_check_msg(const struct pci_tsm_guest_proto *proto,
			const void *req, struct pci_tsm_guest_xfer *xfer)
{
	const struct pci_tsm_guest_msg *msg;
	u32 id;

	if (xfer->req_len < proto->envelope_len)
		return refuse(xfer, -EBADMSG, "shorter than an envelope");
	if (proto->msg_id(req, xfer->req_len, &id))
		return refuse(xfer, -EBADMSG, "envelope can't be decoded");

	msg = pci_tsm_guest_find_msg(proto, id);
	if (!msg)
		return refuse(xfer, -EBADMSG, "message is not in the table");
	xfer->msg = msg;

	if (xfer->req_len < msg->req_min || xfer->req_len > msg->req_max)
		return refuse(xfer, -EMSGSIZE, "message has another length");

	if (!pci_tsm_scope_admits(xfer->scope, msg->class))
		return refuse(xfer, -EACCES, "scope does not admit the class");

	if (xfer->resp_size < resp_needed(msg)) {
		xfer->resp_len = resp_needed(msg);
		return refuse(xfer, -ENOBUFS, "response might not fit");
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(pci_tsm_guest_check_msg);

static int check_args(struct pci_tsm_guest_xfer *xfer)
{
	if (xfer->scope >= ARRAY_SIZE(scope_admits))
		return refuse(xfer, -EOPNOTSUPP, "unknown scope");
	xfer->scope = array_index_nospec(xfer->scope, ARRAY_SIZE(scope_admits));
	if (!xfer->req_len)
		return refuse(xfer, -EINVAL, "empty request");
	if (xfer->req_len > PCI_TSM_GUEST_REQ_LEN_MAX)
		return refuse(xfer, -EMSGSIZE, "request is too long for any");
	if (xfer->resp_size > PCI_TSM_GUEST_RESP_LEN_MAX)
		return refuse(xfer, -EMSGSIZE, "response is too long for any");
	return 0;
}

static int check_privilege(struct pci_tsm_guest_xfer *xfer)
{
	if (xfer->scope != PCI_TSM_REQ_DEBUG_WRITE)
		return 0;
	if (!capable(CAP_SYS_RAWIO))
		return refuse(xfer, -EPERM, "scope takes CAP_SYS_RAWIO");
	if (security_locked_down(LOCKDOWN_PCI_ACCESS))
		return refuse(xfer, -EPERM, "kernel is locked down");
	return 0;
}

/* The bind noted the protocol, which stays as long as the binding */
static int check_binding(struct pci_tsm_binding *binding,
			 struct pci_tsm_guest_xfer *xfer)
{
	if (!binding || !pci_tsm_binding_is_bound(binding))
		return refuse(xfer, -ENXIO, "not bound");
	if (!binding->guest.proto)
		return refuse(xfer, -EOPNOTSUPP, "TSM serves no guest requests");
	if (xfer->type != binding->guest.proto->type)
		return refuse(xfer, -EPROTONOSUPPORT,
			      "TSM speaks another protocol");
	if (!(binding->guest.scopes & BIT(xfer->scope)))
		return refuse(xfer, -EOPNOTSUPP,
			      "TSM has no message for the scope");
	if (xfer->req_len > binding->guest.req_len_max)
		return refuse(xfer, -EMSGSIZE, "longer than any message");
	return 0;
}

/*
 * Nearly all messages of all protocols are this short, and then there is no
 * need to allocate.
 */
#define STACK_BUF_LEN	256

/* Memory for @len bytes: @small as it is, or @heap if that is too short */
static void *get_buf(size_t len, void *small, void **heap, gfp_t zero)
{
	if (len <= STACK_BUF_LEN)
		return small;

	*heap = kvmalloc(len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | zero);
	return *heap;
}

/*
 * Can all of it be written to without a fault? Adds 0 to a word of each page, which
 * changes nothing, even if somebody else writes there. To have the pages faulted in
 * would take longer than the rest of a request.
 */
static bool is_writable(void __user *uaddr, size_t size)
{
	unsigned long addr = ALIGN_DOWN((unsigned long)uaddr, sizeof(u32));
	unsigned int pages = PFN_UP(offset_in_page(uaddr) + size);
	int rc = 0, old;

	pagefault_disable();
	for (; !rc && pages; pages--) {
		rc = arch_futex_atomic_op_inuser(FUTEX_OP_ADD, 0, &old,
						 (u32 __user *)addr);
		addr = PAGE_ALIGN_DOWN(addr) + PAGE_SIZE;
	}
	pagefault_enable();
	return !rc;
}

/*
 * Once the TSM has answered there is no way back: it may have changed the TDI's
 * state, or used up the number of a sealed message. So make sure now that the answer
 * can be delivered; only an unmap, or reclaim without memory left, defeats this.
 */
static int prefault_outputs(const struct pci_tsm_guest_xfer *xfer,
			    size_t resp_size)
{
	if (!is_writable(xfer->resp, resp_size) &&
	    fault_in_safe_writeable(xfer->resp, resp_size))
		return -EFAULT;
	return xfer->can_report ? 0 : -EFAULT;
}

/* A TSM that refuses, by a code other than 0, may answer with less */
static bool resp_len_is_sane(const struct pci_tsm_guest_req *req, int rc)
{
	if (rc == -ENOBUFS)
		return req->resp_len > req->resp_size &&
		       req->resp_len <= req->msg->resp_max;
	if (!rc && !req->tsm_code && req->resp_len < req->msg->resp_min)
		return false;
	return req->resp_len <= req->resp_size;
}

/* Don't trust the driver's lengths either */
static int check_response(struct pci_tsm_binding *binding,
			  const struct pci_tsm_guest_req *req, int rc)
{
	if (rc <= 0 && resp_len_is_sane(req, rc))
		return rc;

	dev_err_once(&binding->pdev->dev,
		     "TSM driver bug: message %#x returned %d with length %u of %u\n",
		     req->msg->id, rc, req->resp_len, req->resp_size);
	return -EIO;
}

static void taint_debug_write(struct pci_dev *pdev)
{
	static unsigned long tainted;

	if (test_and_set_bit(0, &tainted))
		return;

	pci_warn(pdev, "%s(%d) may write through the TSM's debug interface\n",
		 current->comm, task_pid_nr(current));
	add_taint(TAINT_FWCTL, LOCKDEP_STILL_OK);
}

static int timed_guest_req(struct pci_tsm_binding *binding,
			   struct pci_tsm_guest_req *req,
			   struct pci_tsm_guest_xfer *xfer)
{
	u64 start;
	int rc;

	if (!trace_pci_tsm_guest_req_enabled())
		return binding->guest.req(binding->tdi, req);

	start = ktime_get_ns();
	rc = binding->guest.req(binding->tdi, req);
	xfer->tsm_ns = ktime_get_ns() - start;
	return rc;
}

/* Return: -ENXIO, -EINTR, or what the driver returns if that was called */
static int call_driver(struct pci_tsm_binding *binding,
		       struct pci_tsm_guest_req *req,
		       struct pci_tsm_guest_xfer *xfer)
{
	int rc;

	ACQUIRE(mutex_intr, lock)(pci_tsm_group_lock(binding->pdev));
	if ((rc = ACQUIRE_ERR(mutex_intr, &lock)))
		return rc;

	if (!pci_tsm_binding_is_bound(binding))
		return -ENXIO;

	if (xfer->scope == PCI_TSM_REQ_DEBUG_WRITE)
		taint_debug_write(binding->pdev);

	xfer->dispatched = true;
	return timed_guest_req(binding, req, xfer);
}

static int dispatch(struct pci_tsm_binding *binding, const void *req_copy,
		    struct pci_tsm_guest_xfer *xfer)
{
	struct pci_tsm_guest_req req = {
		.msg = xfer->msg,
		.req = req_copy,
		.req_len = xfer->req_len,
		.resp_size = min(xfer->resp_size, xfer->msg->resp_max),
	};
	u8 small[STACK_BUF_LEN] __aligned(8) __uninitialized;
	void *heap __free(kvfree) = NULL;
	int rc;

	req.resp = get_buf(req.resp_size, small, &heap, __GFP_ZERO);
	if (!req.resp)
		return -ENOMEM;
	if (req.resp == small)
		memset(small, 0, req.resp_size);

	rc = prefault_outputs(xfer, req.resp_size);
	if (rc)
		return refuse(xfer, rc, "outputs are not writable");

	rc = call_driver(binding, &req, xfer);
	if (!xfer->dispatched)
		return rc;

	xfer->tsm_code = req.tsm_code;
	rc = check_response(binding, &req, rc);
	if (rc && rc != -ENOBUFS)
		return rc;

	xfer->resp_len = req.resp_len;
	if (!rc && copy_to_user(xfer->resp, req.resp, req.resp_len)) {
		xfer->resp_len = 0;
		return -EFAULT;
	}
	return rc;
}

static int __pci_tsm_guest_req(struct pci_tsm_binding *binding,
			       struct pci_tsm_guest_xfer *xfer)
{
	u8 small[STACK_BUF_LEN] __aligned(8) __uninitialized;
	void *req;
	int rc;

	rc = check_args(xfer);
	if (rc)
		return rc;

	rc = check_privilege(xfer);
	if (rc)
		return rc;

	rc = check_binding(binding, xfer);
	if (rc)
		return rc;

	/* The VM's other requests about the TDI wait here, without memory */
	ACQUIRE(mutex_intr, lock)(&binding->req_mutex);
	if ((rc = ACQUIRE_ERR(mutex_intr, &lock)))
		return rc;

	/* Freed before the next request has the mutex */
	void *heap __free(kvfree) = NULL;

	req = get_buf(xfer->req_len, small, &heap, 0);
	if (!req)
		return -ENOMEM;
	if (copy_from_user(req, xfer->req, xfer->req_len))
		return refuse(xfer, -EFAULT, "request is not readable");

	rc = pci_tsm_guest_check_msg(binding->guest.proto, req, xfer);
	if (rc)
		return rc;

	return dispatch(binding, req, xfer);
}

/**
 * pci_tsm_guest_req() - Take a guest's request to the TSM, and the response back
 * @binding: the TDI that the request is about; NULL counts as unbound
 * @xfer: the request, where its response goes, and the outcome, all zero before
 *
 * The checks in __pci_tsm_guest_req() and dispatch() are all there is between the
 * guest and the TSM driver, in this order: arguments, privilege, binding, protocol,
 * lengths, class against scope, outputs writable; the taint is set right before the
 * driver is called. User memory is read once. While it is read or written, the only lock
 * held is one that only requests about this very TDI take.
 *
 * Context: May sleep for as long as the firmware takes. Takes
 * &pci_tsm_binding.req_mutex and, within it, &pci_tsm_group.lock, both
 * interruptible.
 *
 * Return: 0, or a negative error code. &pci_tsm_guest_xfer.dispatched tells
 * whether the TSM driver was called: if not, nothing happened.
 *
 * * -EOPNOTSUPP: unknown scope, one that the TSM has no message for, or the TSM
 *   driver serves no guest requests
 * * -EINVAL: empty request
 * * -EMSGSIZE: a length above the maximum of the interface, or a request longer
 *   or shorter than its message is
 * * -EPERM: the scope takes a privilege that the caller lacks
 * * -ENXIO: @binding is not bound (any more)
 * * -EPROTONOSUPPORT: the TSM speaks another protocol than the caller
 * * -EFAULT: memory of the caller can't be read or written
 * * -EBADMSG: not a message of the TSM's guest protocol
 * * -EACCES: the message can do more than the scope admits
 * * -ENOBUFS: no room for the response, &pci_tsm_guest_xfer.resp_len is needed
 * * -EINTR: a signal came before the TSM driver was called
 * * -ENOMEM: out of memory
 * * -EIO: the TSM driver broke its contract
 * * other: from the TSM driver
 */
int pci_tsm_guest_req(struct pci_tsm_binding *binding,
		      struct pci_tsm_guest_xfer *xfer)
{
	int rc;

	rc = __pci_tsm_guest_req(binding, xfer);

	if (!binding)
		return rc;
	if (xfer->rule)
		pci_dbg(binding->pdev, "guest request refused, %d: %s\n", rc,
			xfer->rule);
	trace_pci_tsm_guest_req(binding, xfer, rc);
	return rc;
}
EXPORT_SYMBOL_GPL(pci_tsm_guest_req);

static void fill_info(struct pci_tsm_guest_info *info,
		      const struct pci_tsm_guest_proto *proto)
{
	info->type = proto->type;
	info->nr_msgs = proto->nr_msgs;
	info->scopes = pci_tsm_guest_scopes(proto);
	info->req_len_max = pci_tsm_guest_req_len_max(proto);

	for (unsigned int i = 0; i < proto->nr_msgs; i++)
		info->resp_len_max = max(info->resp_len_max,
					 proto->msgs[i].resp_max);
}

/**
 * pci_tsm_guest_info() - Tell what guest requests a function can serve
 * @pdev: PCI device function
 * @info: filled in
 * @msgs: filled with the first messages of the guest protocol, or NULL
 * @nr_msgs: number of messages that fit at @msgs
 *
 * The answer can be outdated as soon as it is there.
 *
 * Context: Process context. Does not wait for the TSM's firmware.
 */
void pci_tsm_guest_info(struct pci_dev *pdev, struct pci_tsm_guest_info *info,
			struct pci_tsm_guest_msg *msgs, unsigned int nr_msgs)
{
	const struct pci_tsm_guest_proto *proto;

	*info = (struct pci_tsm_guest_info) {};

	guard(spinlock)(&pci_tsm_state_lock);

	if (!pdev->tsm || !pdev->tsm->ready || !pci_tsm_can_bind(pdev->tsm))
		return;

	info->can_bind = true;
	proto = to_pci_tsm_ops(pdev->tsm)->guest_proto;
	if (!proto)
		return;

	fill_info(info, proto);
	nr_msgs = min(nr_msgs, proto->nr_msgs);
	memcpy(msgs, proto->msgs, array_size(nr_msgs, sizeof(*msgs)));
}
EXPORT_SYMBOL_GPL(pci_tsm_guest_info);
