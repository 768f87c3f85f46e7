// SPDX-License-Identifier: GPL-2.0
/*
 * Bindings of functions to VMs as TEE Device Interfaces (TDI), and what must not
 * happen to a function meanwhile, see PCIe r7.0 section 11 (TDISP)
 */
#include <linux/cleanup.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-tsm.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tsm.h>
#include <trace/events/pci_tsm.h>
#include "pci.h"
#include "tsm.h"

/* See the top of tsm.c for what it protects */
DEFINE_SPINLOCK(pci_tsm_state_lock);

/* Of all VMs, protected by pci_tsm_state_lock */
static LIST_HEAD(bound_list);

/**
 * pci_tsm_binding_alloc() - Prepare to bind a function as a TDI
 * @pdev: PCI device function to bind
 * @kvm: Private memory attach context, not NULL, valid until pci_tsm_unbind()
 *	 returns
 * @tdi_id: Identifier (virtual BDF) for the TDI as referenced by the TSM and DSM
 *
 * The binding is a handle of its owner: a call that is given it reaches the TDI
 * that this very binding bound, or nothing.
 *
 * Context: May sleep.
 * Return: the binding, to be released with pci_tsm_binding_put(), or
 * ERR_PTR(-ENOMEM).
 */
struct pci_tsm_binding *pci_tsm_binding_alloc(struct pci_dev *pdev,
					      struct kvm *kvm, u32 tdi_id)
{
	struct pci_tsm_binding *binding;

	binding = kzalloc_obj(*binding, GFP_KERNEL_ACCOUNT);
	if (!binding)
		return ERR_PTR(-ENOMEM);

	kref_init(&binding->kref);
	INIT_LIST_HEAD(&binding->bound_list);
	mutex_init(&binding->req_mutex);
	binding->pdev = pci_dev_get(pdev);
	binding->pf = pci_dev_get(pci_physfn(pdev));
	binding->kvm = kvm;
	binding->tdi_id = tdi_id;

	return binding;
}
EXPORT_SYMBOL_GPL(pci_tsm_binding_alloc);

/**
 * pci_tsm_binding_release() - Free a binding that nobody holds any more
 * @kref: its reference count
 *
 * For pci_tsm_binding_put() only.
 *
 * Context: May sleep.
 */
void pci_tsm_binding_release(struct kref *kref)
{
	struct pci_tsm_binding *binding =
		container_of(kref, struct pci_tsm_binding, kref);

	if (binding->guest.proto)
		module_put(binding->guest.proto->owner);
	pci_dev_put(binding->pf);
	pci_dev_put(binding->pdev);
	mutex_destroy(&binding->req_mutex);
	kfree(binding);
}
EXPORT_SYMBOL_GPL(pci_tsm_binding_release);

/**
 * pci_tsm_binding_is_gone() - Has the binding come to its end?
 * @binding: binding to look at
 *
 * Context: Any context.
 * Return: true when @binding failed to bind or was unbound, by its owner or by
 * disconnect, device removal or TSM unregistration, and no firmware call for it
 * is going on. It can be put and replaced then.
 */
bool pci_tsm_binding_is_gone(struct pci_tsm_binding *binding)
{
	/* pairs with set_gone() */
	return smp_load_acquire(&binding->state) == PCI_TSM_BINDING_GONE;
}
EXPORT_SYMBOL_GPL(pci_tsm_binding_is_gone);

/**
 * pci_tsm_binding_is_ending() - Is an unbind of the binding under way?
 * @binding: binding to look at
 *
 * Context: Any context. The answer can be outdated as soon as it is there.
 * Return: true while a caller of pci_tsm_unbind(), or the host's disconnect, is
 * about to end @binding.
 */
bool pci_tsm_binding_is_ending(struct pci_tsm_binding *binding)
{
	/* pairs with end_unbind(): 0 after an unbind means that it is gone */
	return atomic_read_acquire(&binding->unbinds);
}
EXPORT_SYMBOL_GPL(pci_tsm_binding_is_ending);

/*
 * A request may look into the protocol when the TSM is gone already, so its
 * module stays until the binding is released.
 */
static int note_guest_proto(struct pci_tsm_binding *binding,
			    const struct pci_tsm_ops *ops)
{
	const struct pci_tsm_guest_proto *proto = ops->guest_proto;

	if (!proto)
		return 0;
	if (!try_module_get(proto->owner))
		return -ENXIO;

	binding->guest.req = ops->guest_req;
	binding->guest.proto = proto;
	binding->guest.scopes = pci_tsm_guest_scopes(proto);
	binding->guest.req_len_max = pci_tsm_guest_req_len_max(proto);
	return 0;
}

static void set_gone(struct pci_tsm_binding *binding)
{
	/* pairs with pci_tsm_binding_is_gone(): the TSM has let go of the VM */
	smp_store_release(&binding->state, PCI_TSM_BINDING_GONE);
}

static void begin_unbind(struct pci_tsm_binding *binding)
{
	atomic_inc(&binding->unbinds);
}

static void end_unbind(struct pci_tsm_binding *binding)
{
	/* pairs with pci_tsm_binding_is_ending() */
	atomic_dec_return_release(&binding->unbinds);
}

static void set_tdi(struct pci_tsm *tsm, struct pci_tdi *tdi,
		    struct pci_tsm_binding *binding)
{
	lockdep_assert_held(pci_tsm_group_lock(tsm->pdev));

	guard(spinlock)(&pci_tsm_state_lock);
	tsm->tdi = tdi;
	tsm->binding = binding;
}

/* Does the guest know another TDI by this id? That may be about to go, or to fail */
static int check_tdi_id(const struct pci_tsm_binding *new)
{
	struct pci_tsm_binding *binding;

	lockdep_assert_held(&pci_tsm_state_lock);

	list_for_each_entry(binding, &bound_list, bound_list) {
		if (binding->kvm != new->kvm || binding->tdi_id != new->tdi_id)
			continue;
		if (!pci_tsm_binding_is_bound(binding) ||
		    pci_tsm_binding_is_ending(binding))
			return -EAGAIN;
		return -EADDRINUSE;
	}
	return 0;
}

/**
 * pci_tsm_may_lose_state() - Is a function being reset, or not in D0?
 * @pdev: function to look at
 *
 * Context: Under pci_tsm_state_lock, which keeps users from a begin of either.
 * Return: true if what depends on @pdev has to wait.
 */
bool pci_tsm_may_lose_state(struct pci_dev *pdev)
{
	pci_power_t power_state = READ_ONCE(pdev->current_state);

	lockdep_assert_held(&pci_tsm_state_lock);

	return pdev->tsm_resets ||
	       (power_state != PCI_D0 && power_state != PCI_UNKNOWN);
}

/*
 * Keep the id for the TDI, and keep users from resetting the function, its PF or its
 * DSM, until release_from_binding(). A reset of the DSM's function ends the IDE streams
 * of all TDIs of the device (PCIe r6.3 section 6.33.8).
 */
static int claim_for_binding(struct pci_tsm *tsm,
			     struct pci_tsm_binding *binding)
{
	struct pci_dev *pf = pci_physfn(tsm->pdev);
	int rc;

	lockdep_assert_held(pci_tsm_group_lock(tsm->pdev));

	guard(spinlock)(&pci_tsm_state_lock);
	if (tsm->pdev->tsm_config_writes ||
	    pci_tsm_may_lose_state(tsm->pdev) || pci_tsm_may_lose_state(pf) ||
	    pci_tsm_may_lose_state(tsm->dsm_dev))
		return -EAGAIN;
	rc = check_tdi_id(binding);
	if (rc)
		return rc;

	list_add(&binding->bound_list, &bound_list);
	tsm->pdev->tsm_claimed = true;
	/* Two of them may be one, then that counts twice */
	tsm->pdev->tsm_bindings++;
	pf->tsm_bindings++;
	tsm->dsm_dev->tsm_bindings++;
	return 0;
}

static void release_from_binding(struct pci_tsm *tsm,
				 struct pci_tsm_binding *binding)
{
	lockdep_assert_held(pci_tsm_group_lock(tsm->pdev));

	guard(spinlock)(&pci_tsm_state_lock);
	tsm->tdi = NULL;
	tsm->binding = NULL;
	list_del_init(&binding->bound_list);
	tsm->pdev->tsm_claimed = false;
	tsm->pdev->tsm_bindings--;
	pci_physfn(tsm->pdev)->tsm_bindings--;
	tsm->dsm_dev->tsm_bindings--;
}

/*
 * Without power management of its own a VF is in the power state of its PF, PCIe
 * r6.3 section 5.10.1. The owner of the bound function keeps that in D0, but not
 * the PF.
 */
static int wake_pf(struct pci_tsm_binding *binding)
{
	if (!binding->pdev->is_virtfn)
		return 0;
	return pm_runtime_resume_and_get(&binding->pf->dev) ? -EIO : 0;
}

static void let_pf_sleep(struct pci_tsm_binding *binding)
{
	if (binding->pdev->is_virtfn)
		pm_runtime_put(&binding->pf->dev);
}

/**
 * pci_tsm_unbind_tdi() - Unbind the TDI of a function and end its binding
 * @tsm: TSM context of a function that is bound
 *
 * Context: Under &pci_tsm_group.lock. Sleeps for as long as the firmware takes.
 */
void pci_tsm_unbind_tdi(struct pci_tsm *tsm)
{
	struct pci_tsm_binding *binding = tsm->binding;

	lockdep_assert_held(pci_tsm_group_lock(tsm->pdev));

	begin_unbind(binding);
	to_pci_tsm_ops(tsm)->unbind(tsm->tdi);
	release_from_binding(tsm, binding);
	let_pf_sleep(binding);

	binding->tdi = NULL;
	set_gone(binding);
	end_unbind(binding);
	trace_pci_tsm_unbind(binding);
	pci_tsm_binding_put(binding);
}

/**
 * pci_tsm_can_bind() - Can a TSM bind a function as a TDI?
 * @tsm: TSM context of the function
 *
 * Context: With &pci_dev.tsm protected.
 * Return: true if the TSM has the operation for it, and the DSM the capability,
 * PCIe r7.0 section 7.5.3.3 (TEE-IO Supported).
 */
bool pci_tsm_can_bind(struct pci_tsm *tsm)
{
	return is_link_tsm(tsm->tsm_dev) && to_pci_tsm_ops(tsm)->bind &&
	       has_tee(tsm->dsm_dev);
}

static struct pci_tdi *bind_tdi(struct pci_tsm_binding *binding, u64 *tsm_code)
{
	struct pci_dev *pdev = binding->pdev;

	lockdep_assert_held(pci_tsm_group_lock(pdev));

	/* In D3cold it would read as absent, but claim_for_binding() saw D0 */
	if (!pci_device_is_present(pdev))
		return ERR_PTR(-EIO);

	return to_pci_tsm_ops(pdev->tsm)->bind(pdev, binding->kvm,
					       binding->tdi_id, tsm_code);
}

static int __pci_tsm_bind(struct pci_tsm_binding *binding, u64 *tsm_code)
{
	struct pci_dev *pdev = binding->pdev;
	struct pci_tdi *tdi;
	int rc;

	ACQUIRE(mutex_intr, lock)(pci_tsm_group_lock(pdev));
	if ((rc = ACQUIRE_ERR(mutex_intr, &lock)))
		return rc;

	if (!pdev->tsm || !is_link_tsm(pdev->tsm->tsm_dev))
		return -ENXIO;

	if (!pci_tsm_can_bind(pdev->tsm))
		return -EOPNOTSUPP;

	/* The owner may have called it off already */
	if (binding->state != PCI_TSM_BINDING_NEW)
		return -ECANCELED;

	if (pdev->tsm->tdi)
		return -EBUSY;

	rc = note_guest_proto(binding, to_pci_tsm_ops(pdev->tsm));
	if (rc)
		return rc;

	rc = claim_for_binding(pdev->tsm, binding);
	if (rc)
		return rc;

	tdi = bind_tdi(binding, tsm_code);
	if (IS_ERR(tdi)) {
		release_from_binding(pdev->tsm, binding);
		return PTR_ERR(tdi);
	}

	set_tdi(pdev->tsm, tdi, pci_tsm_binding_get(binding));
	binding->tdi = tdi;
	/* pairs with pci_tsm_binding_is_bound() */
	smp_store_release(&binding->state, PCI_TSM_BINDING_BOUND);
	trace_pci_tsm_bind(binding, 0);

	return 0;
}

/**
 * pci_tsm_bind() - Bind a function as a TDI of a VM
 * @binding: new binding, this is called once for each
 * @tsm_code: set to the result of a TSM that refuses, for the guest; 0 where the
 *	      TSM was not called
 *
 * Context: May sleep for as long as the TSM's firmware takes. Takes
 * &pci_tsm_group.lock, interruptible, and wakes the PF of a VF before. Call it
 * without locks that device removal, sysfs or runtime PM needs. The caller limits
 * the bind to the time that the device is registered, for example to that in which
 * a VFIO driver has it.
 *
 * Return: 0, or a negative error code that ends @binding:
 *
 * * -ENXIO: no TSM is connected
 * * -EOPNOTSUPP: the TSM driver, or the device, can't bind
 * * -ECANCELED: pci_tsm_unbind() came first
 * * -EIO: the function does not respond, or its PF can't be woken
 * * -EBUSY: another binding has the function
 * * -EAGAIN: it, its PF or its DSM is not in D0, or a pci_tsm_reset_begin() for one
 *   of them, or a pci_tsm_config_begin() for it, has not ended; or another TDI of
 *   this id is being bound or unbound
 * * -EADDRINUSE: the VM has another TDI of this id
 * * -EINTR: a signal came before the TSM was called
 * * other: from the TSM driver
 */
int pci_tsm_bind(struct pci_tsm_binding *binding, u64 *tsm_code)
{
	int rc;

	*tsm_code = 0;

	/* Not under the group's lock, for it calls the driver of the PF */
	rc = wake_pf(binding);
	if (!rc) {
		rc = __pci_tsm_bind(binding, tsm_code);
		if (rc)
			let_pf_sleep(binding);
	}

	if (rc) {
		set_gone(binding);
		trace_pci_tsm_bind(binding, rc);
	}
	return rc;
}
EXPORT_SYMBOL_GPL(pci_tsm_bind);

static void end_binding(struct pci_tsm_binding *binding)
{
	lockdep_assert_held(pci_tsm_group_lock(binding->pdev));

	/* A bind that failed sets this without the lock */
	if (READ_ONCE(binding->state) == PCI_TSM_BINDING_BOUND)
		pci_tsm_unbind_tdi(binding->pdev->tsm);
	set_gone(binding);
}

/**
 * pci_tsm_unbind() - End a binding
 * @binding: binding in whatever state, left alone if it is gone already
 *
 * On return the TSM has let go of the TDI and of the VM, and no firmware call
 * on behalf of @binding is going on or will be made.
 *
 * Context: May sleep for as long as the firmware takes for the call that it is
 * in and for the unbind itself, uninterruptible. Takes &pci_tsm_group.lock.
 */
void pci_tsm_unbind(struct pci_tsm_binding *binding)
{
	/* No firmware call to wait for, e.g. when a signal ended the bind */
	if (pci_tsm_binding_is_gone(binding))
		return;

	begin_unbind(binding);
	scoped_guard(mutex, pci_tsm_group_lock(binding->pdev))
		end_binding(binding);
	end_unbind(binding);
}
EXPORT_SYMBOL_GPL(pci_tsm_unbind);

/**
 * pci_tsm_unbind_killable() - End a binding, unless the caller is killed
 * @binding: binding in whatever state, left alone if it is gone already
 *
 * Does what pci_tsm_unbind() does, for a caller that can leave the binding to its
 * owner's teardown.
 *
 * Context: As pci_tsm_unbind(), but a fatal signal ends the wait for
 * &pci_tsm_group.lock.
 * Return: 0, or -EINTR and @binding is as before.
 */
int pci_tsm_unbind_killable(struct pci_tsm_binding *binding)
{
	int rc;

	if (pci_tsm_binding_is_gone(binding))
		return 0;

	begin_unbind(binding);
	scoped_cond_guard(mutex_kill, rc = -EINTR,
			  pci_tsm_group_lock(binding->pdev)) {
		end_binding(binding);
		rc = 0;
	}
	end_unbind(binding);
	return rc;
}
EXPORT_SYMBOL_GPL(pci_tsm_unbind_killable);

static int begin_reset(struct pci_dev *pdev)
{
	lockdep_assert_held(&pci_tsm_state_lock);

	if (pdev->tsm_bindings)
		return -EBUSY;

	pdev->tsm_resets++;
	return 0;
}

/**
 * pci_tsm_reset_begin() - Keep a function from being bound, for a reset
 * @pdev: function that is going to be reset for a user
 *
 * A reset throws a locked TDI into the TDISP ERROR state, and so does the loss of
 * state with power (PCIe r6.3 section 11.2.6). The TSM does not learn of it. A user
 * can unbind first. A driver that resets its own function to recover it does not call
 * this: the TDI of a function that failed is lost already.
 *
 * Call this before anything is done for the reset that can't be undone.
 *
 * Context: Process context.
 * Return: 0, to be followed by pci_tsm_reset_end(), or -EBUSY where @pdev, one of its
 * VFs, or a function that @pdev is the DSM of, is bound or being bound.
 */
int pci_tsm_reset_begin(struct pci_dev *pdev)
{
	guard(spinlock)(&pci_tsm_state_lock);
	return begin_reset(pdev);
}
EXPORT_SYMBOL_GPL(pci_tsm_reset_begin);

/**
 * pci_tsm_reset_end() - @pdev may be bound again
 * @pdev: function of a successful pci_tsm_reset_begin()
 *
 * Context: Process context.
 */
void pci_tsm_reset_end(struct pci_dev *pdev)
{
	guard(spinlock)(&pci_tsm_state_lock);
	pdev->tsm_resets--;
}
EXPORT_SYMBOL_GPL(pci_tsm_reset_end);

static bool is_connected_dsm(struct pci_dev *pdev)
{
	lockdep_assert_held(&pci_tsm_state_lock);

	return pci_tsm_is_dsm(pdev) ||
	       (pdev->tsm_group && pdev->tsm_group->connecting_dsm == pdev);
}

/**
 * pci_tsm_power_begin() - Keep a function from being bound, for a power state
 * @pdev: function that a user sends to another power state
 *
 * What pci_tsm_reset_begin() says of resets goes for the power state too. Besides, a
 * DSM need not answer in a state other than D0 (PCIe r6.3 section 6.31.3), so it
 * stays there for as long as it is connected, whether a TDI is bound or not.
 *
 * Context: Process context.
 * Return: 0, to be followed by pci_tsm_power_end(), or -EBUSY as
 * pci_tsm_reset_begin(), or where @pdev is a DSM that is connected or being
 * connected.
 */
int pci_tsm_power_begin(struct pci_dev *pdev)
{
	guard(spinlock)(&pci_tsm_state_lock);
	return is_connected_dsm(pdev) ? -EBUSY : begin_reset(pdev);
}
EXPORT_SYMBOL_GPL(pci_tsm_power_begin);

/**
 * pci_tsm_power_end() - @pdev may be bound, or connected, again
 * @pdev: function of a successful pci_tsm_power_begin()
 *
 * Context: Process context.
 */
void pci_tsm_power_end(struct pci_dev *pdev)
{
	pci_tsm_reset_end(pdev);
}
EXPORT_SYMBOL_GPL(pci_tsm_power_end);

/**
 * pci_tsm_config_begin() - Keep a function from being bound, for a write to it
 * @pdev: function whose Command, BIST or Device Control register is going to be
 *	  written, or that a user lets sleep
 *
 * These registers have bits that the Device Security Manager tracks: to modify them throws
 * the locked TDI "hosted by the Function" into the TDISP ERROR state (PCIe r6.3
 * section 11.2.6, table 11-2). TDIs of other functions, like the VFs of @pdev, don't
 * depend on them.
 *
 * Context: Process context.
 * Return: 0, to be followed by pci_tsm_config_end(), or -EBUSY where @pdev itself
 * is bound or being bound.
 */
int pci_tsm_config_begin(struct pci_dev *pdev)
{
	guard(spinlock)(&pci_tsm_state_lock);

	if (pdev->tsm_claimed)
		return -EBUSY;

	pdev->tsm_config_writes++;
	return 0;
}
EXPORT_SYMBOL_GPL(pci_tsm_config_begin);

/**
 * pci_tsm_config_end() - @pdev may be bound again
 * @pdev: function of a successful pci_tsm_config_begin()
 *
 * Context: Process context.
 */
void pci_tsm_config_end(struct pci_dev *pdev)
{
	guard(spinlock)(&pci_tsm_state_lock);
	pdev->tsm_config_writes--;
}
EXPORT_SYMBOL_GPL(pci_tsm_config_end);

static void tree_reset_end(struct pci_dev *dev);

/**
 * pci_tsm_bus_reset_end() - Functions of a bus may be bound again
 * @bus: bus of a successful pci_tsm_bus_reset_begin()
 * @slot: slot that it was for, or NULL
 *
 * A function that was added since then stays as it is.
 *
 * Context: Process context, with the functions locked.
 */
void pci_tsm_bus_reset_end(struct pci_bus *bus, struct pci_slot *slot)
{
	struct pci_dev *dev;

	list_for_each_entry(dev, &bus->devices, bus_list) {
		if (!slot || dev->slot == slot)
			tree_reset_end(dev);
	}
}

static void tree_reset_end(struct pci_dev *dev)
{
	/* Added since the begin */
	if (!test_and_clear_bit(PCI_DEV_TREE_RESET, &dev->priv_flags))
		return;

	if (dev->subordinate)
		pci_tsm_bus_reset_end(dev->subordinate, NULL);
	pci_tsm_reset_end(dev);
}

static int tree_reset_begin(struct pci_dev *dev)
{
	int rc;

	rc = pci_tsm_reset_begin(dev);
	if (rc)
		return rc;

	set_bit(PCI_DEV_TREE_RESET, &dev->priv_flags);
	if (!dev->subordinate)
		return 0;

	rc = pci_tsm_bus_reset_begin(dev->subordinate, NULL);
	if (rc) {
		clear_bit(PCI_DEV_TREE_RESET, &dev->priv_flags);
		pci_tsm_reset_end(dev);
	}
	return rc;
}

/**
 * pci_tsm_bus_reset_begin() - Keep the functions of a bus from being bound
 * @bus: bus that is going to be reset
 * @slot: the only slot of it that is going to be reset, or NULL for all
 *
 * Does what pci_tsm_reset_begin() does for each function, and for those below.
 *
 * Context: Process context, with the functions locked.
 * Return: 0, to be followed by pci_tsm_bus_reset_end(), or -EBUSY where one of
 * them is bound or being bound.
 */
int pci_tsm_bus_reset_begin(struct pci_bus *bus, struct pci_slot *slot)
{
	struct pci_dev *dev;
	int rc;

	list_for_each_entry(dev, &bus->devices, bus_list) {
		if (slot && dev->slot != slot)
			continue;
		rc = tree_reset_begin(dev);
		if (rc)
			goto undo;
	}
	return 0;

undo:
	list_for_each_entry_continue_reverse(dev, &bus->devices, bus_list) {
		if (!slot || dev->slot == slot)
			tree_reset_end(dev);
	}
	return rc;
}
