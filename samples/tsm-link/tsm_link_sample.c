// SPDX-License-Identifier: GPL-2.0-only
/*
 * Skeleton of a link TSM driver, which Documentation/driver-api/pci/tsm-guest.rst
 * shows. It can be loaded on any machine with CONFIG_PCI_TSM, registers a TSM, and
 * refuses to connect a device to it: there is no firmware behind the functions fw_*(),
 * in whose place a driver has its own.
 */
#include <linux/cleanup.h>
#include <linux/device/faux.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-tsm.h>
#include <linux/slab.h>
#include <linux/tsm.h>
#include <linux/tsm-proto.h>

/* The messages that guests send to this firmware */
DECLARE_TSM_PROTO(tdisp);

struct sample_tdi {
	struct pci_tdi tdi;
	u32 handle;		/* by which the firmware knows it */
};

/* The SPDM session with the DSM, and the IDE stream of its device */
static int fw_connect(struct pci_dev *dsm)
{
	return -EOPNOTSUPP;
}

/* Returns once the firmware does not use the session any more */
static void fw_disconnect(struct pci_dev *dsm)
{
}

/* Return: 0; -errno; or a status of the firmware's, which is above 0 */
static int fw_bind(struct pci_dev *pdev, struct kvm *kvm, u32 tdi_id,
		   u32 *handle)
{
	return -EOPNOTSUPP;
}

/* Returns once the firmware has let go of the VM */
static void fw_unbind(u32 handle)
{
}

/* As fw_bind(). @len: the room at @resp, and then the length of the response */
static int fw_request(u32 handle, const void *req, u32 req_len, void *resp,
		      u32 *len)
{
	return -EOPNOTSUPP;
}

/* A context for each function that the TSM can manage, or NULL */
static struct pci_tsm *sample_probe(struct tsm_dev *tsm_dev,
				    struct pci_dev *pdev)
{
	if (is_pci_tsm_pf0(pdev)) {
		struct pci_tsm_pf0 *pf0 __free(kfree) = kzalloc_obj(*pf0);

		if (!pf0 || pci_tsm_pf0_constructor(pdev, pf0, tsm_dev))
			return NULL;
		return &no_free_ptr(pf0)->base_tsm;
	}

	struct pci_tsm *tsm __free(kfree) = kzalloc_obj(*tsm);

	if (!tsm || pci_tsm_link_constructor(pdev, tsm, tsm_dev))
		return NULL;
	return no_free_ptr(tsm);
}

static void sample_remove(struct pci_tsm *tsm)
{
	if (is_pci_tsm_pf0(tsm->pdev))
		kfree(container_of(tsm, struct pci_tsm_pf0, base_tsm));
	else
		kfree(tsm);
}

static int sample_connect(struct pci_dev *pdev)
{
	return fw_connect(pdev);
}

static void sample_disconnect(struct pci_dev *pdev)
{
	fw_disconnect(pdev);
}

static struct pci_tdi *sample_bind(struct pci_dev *pdev, struct kvm *kvm,
				   u32 tdi_id, u64 *tsm_code)
{
	int rc;

	struct sample_tdi *sample __free(kfree) = kzalloc_obj(*sample);
	if (!sample)
		return ERR_PTR(-ENOMEM);

	rc = fw_bind(pdev, kvm, tdi_id, &sample->handle);
	if (rc > 0) {
		/* A refusal: an errno for the VMM, the status for the guest */
		*tsm_code = rc;
		rc = -EIO;
	}
	if (rc)
		return ERR_PTR(rc);

	pci_tsm_tdi_constructor(pdev, &sample->tdi, kvm, tdi_id);
	return &no_free_ptr(sample)->tdi;
}

static void sample_unbind(struct pci_tdi *tdi)
{
	struct sample_tdi *sample = container_of(tdi, struct sample_tdi, tdi);

	fw_unbind(sample->handle);
	kfree(sample);
}

/*
 * The core has found the message in the table and compared its class with the
 * scope. Both buffers may be on the stack or from vmalloc(): firmware that needs
 * another kind of memory gets a copy.
 */
static int sample_guest_req(struct pci_tdi *tdi, struct pci_tsm_guest_req *req)
{
	struct sample_tdi *sample = container_of(tdi, struct sample_tdi, tdi);
	u32 len = req->resp_size;
	int rc;

	rc = fw_request(sample->handle, req->req, req->req_len, req->resp,
			&len);
	if (rc < 0)
		return rc;	/* no answer */

	/* An answer or a refusal. An answer has at least resp_min bytes */
	req->tsm_code = rc;
	req->resp_len = rc ? 0 : len;
	return 0;
}

static struct pci_tsm_ops sample_ops = {
	.probe = sample_probe,
	.remove = sample_remove,
	.connect = sample_connect,
	.disconnect = sample_disconnect,
	.bind = sample_bind,
	.unbind = sample_unbind,
	.guest_req = sample_guest_req,
	.guest_proto = &tsm_proto_tdisp,
};

/* A driver has the device of its firmware, and registers in its probe() */
static struct faux_device *sample_device;
static struct tsm_dev *sample_tsm;

static int __init sample_init(void)
{
	sample_device = faux_device_create("tsm_link_sample", NULL, NULL);
	if (!sample_device)
		return -ENODEV;

	sample_tsm = tsm_register(&sample_device->dev, &sample_ops);
	if (IS_ERR(sample_tsm)) {
		faux_device_destroy(sample_device);
		return PTR_ERR(sample_tsm);
	}
	return 0;
}
module_init(sample_init);

static void __exit sample_exit(void)
{
	tsm_unregister(sample_tsm);
	faux_device_destroy(sample_device);
}
module_exit(sample_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Skeleton of a link TSM driver");
