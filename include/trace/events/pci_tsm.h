/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pci_tsm

#if !defined(_TRACE_PCI_TSM_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_PCI_TSM_H

#include <linux/pci-tsm.h>
#include <linux/tracepoint.h>

TRACE_DEFINE_ENUM(PCI_TSM_REQ_INFO);
TRACE_DEFINE_ENUM(PCI_TSM_REQ_STATE_CHANGE);
TRACE_DEFINE_ENUM(PCI_TSM_REQ_DEBUG_READ);
TRACE_DEFINE_ENUM(PCI_TSM_REQ_DEBUG_WRITE);

#define show_pci_tsm_scope(scope)					\
	__print_symbolic(scope,						\
			 { PCI_TSM_REQ_INFO,		"INFO" },	\
			 { PCI_TSM_REQ_STATE_CHANGE,	"STATE_CHANGE" }, \
			 { PCI_TSM_REQ_DEBUG_READ,	"DEBUG_READ" },	\
			 { PCI_TSM_REQ_DEBUG_WRITE,	"DEBUG_WRITE" }, \
			 { -1,				"unknown" })

/* Outcome of a bind to a VM */
TRACE_EVENT(pci_tsm_bind,

	TP_PROTO(const struct pci_tsm_binding *binding, int rc),

	TP_ARGS(binding, rc),

	TP_STRUCT__entry(
		__string(dev, pci_name(binding->pdev))
		__field(u32, tdi_id)
		__field(int, rc)
	),

	TP_fast_assign(
		__assign_str(dev);
		__entry->tdi_id = binding->tdi_id;
		__entry->rc = rc;
	),

	TP_printk("%s tdi_id=%#x rc=%d", __get_str(dev), __entry->tdi_id,
		  __entry->rc)
);

/* The binding has ended, by its owner or by another */
TRACE_EVENT(pci_tsm_unbind,

	TP_PROTO(const struct pci_tsm_binding *binding),

	TP_ARGS(binding),

	TP_STRUCT__entry(
		__string(dev, pci_name(binding->pdev))
		__field(u32, tdi_id)
	),

	TP_fast_assign(
		__assign_str(dev);
		__entry->tdi_id = binding->tdi_id;
	),

	TP_printk("%s tdi_id=%#x", __get_str(dev), __entry->tdi_id)
);

/*
 * Outcome of a guest request, never its contents. Without a class the request
 * was refused before it was known to be a message of the guest protocol.
 */
TRACE_EVENT(pci_tsm_guest_req,

	TP_PROTO(const struct pci_tsm_binding *binding,
		 const struct pci_tsm_guest_xfer *xfer, int rc),

	TP_ARGS(binding, xfer, rc),

	TP_STRUCT__entry(
		__string(dev, pci_name(binding->pdev))
		__string(rule, xfer->rule ?: "")
		__field(u32, tdi_id)
		__field(u32, scope)
		__field(u32, id)
		__field(int, class)
		__field(u32, req_len)
		__field(u32, resp_size)
		__field(u32, resp_len)
		__field(u64, tsm_code)
		__field(u64, tsm_ns)
		__field(bool, dispatched)
		__field(int, rc)
	),

	TP_fast_assign(
		__assign_str(dev);
		__assign_str(rule);
		__entry->tdi_id = binding->tdi_id;
		__entry->scope = xfer->scope;
		__entry->id = xfer->msg ? xfer->msg->id : 0;
		__entry->class = xfer->msg ? xfer->msg->class : -1;
		__entry->req_len = xfer->req_len;
		__entry->resp_size = xfer->resp_size;
		__entry->resp_len = xfer->resp_len;
		__entry->tsm_code = xfer->tsm_code;
		__entry->tsm_ns = xfer->tsm_ns;
		__entry->dispatched = xfer->dispatched;
		__entry->rc = rc;
	),

	TP_printk("%s tdi_id=%#x scope=%s id=%#x class=%s req_len=%u resp_len=%u/%u rc=%d code=%#llx dispatched=%d ns=%llu %s",
		  __get_str(dev), __entry->tdi_id,
		  show_pci_tsm_scope(__entry->scope), __entry->id,
		  show_pci_tsm_scope(__entry->class), __entry->req_len,
		  __entry->resp_len, __entry->resp_size, __entry->rc,
		  __entry->tsm_code, __entry->dispatched, __entry->tsm_ns,
		  __get_str(rule))
);

#endif /* _TRACE_PCI_TSM_H */

#include <trace/define_trace.h>
