// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an SNP guest attests a TDI by: certificates and measurements of the device, and
 * the interface report. The firmware leaves them in the output buffer of a command, they
 * are kept here until the VMM asks for them. It need not be trusted with them: the
 * firmware tells the guest their digests.
 *
 * Context: the lock of the DSM's group is held.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sev-dev-tio.h"

/**
 * tio_object_free() - Drop an object
 * @object: object, or none
 */
void tio_object_free(struct tio_object *object)
{
	kvfree(object->data);
	*object = (struct tio_object) {};
}

/* No two objects have the same, whosever they are */
static u64 new_generation(void)
{
	static atomic64_t last;

	return atomic64_inc_return(&last);
}

/**
 * tio_object_save() - Keep the object that the last command left
 * @object: where to, in place of what is there
 * @dev_data: device
 * @id: SPDM_DOBJ_ID_* of the object
 * @gfp: to allocate it with
 *
 * Return: 0, or
 * * -ENODATA: there is none, @object is as it was
 * * -EPROTO: it is malformed, or too long; @object is empty
 * * -ENOMEM: out of memory; @object is empty
 */
int tio_object_save(struct tio_object *object, struct tsm_dsm_tio *dev_data,
		    u32 id, gfp_t gfp)
{
	size_t len;
	void *data;

	data = sev_tio_output(dev_data, id, TSM_SEV_TIO_OBJECT_LEN_MAX, gfp,
			      &len);
	if (data == ERR_PTR(-ENODATA))
		return -ENODATA;

	tio_object_free(object);
	if (IS_ERR(data))
		return PTR_ERR(data);

	object->data = data;
	object->size = len;
	object->generation = new_generation();
	return 0;
}

/**
 * tio_object_size() - Serve OBJECT_SIZE
 * @object: object, or none
 * @rsp: filled in
 *
 * Return: 0, or -ENODATA without an object
 */
int tio_object_size(const struct tio_object *object,
		    struct tsm_sev_tio_object_size_rsp *rsp)
{
	if (!object->data)
		return -ENODATA;

	rsp->generation = cpu_to_le64(object->generation);
	rsp->size = cpu_to_le32(object->size);
	return 0;
}

/**
 * tio_object_read() - Serve OBJECT_READ
 * @object: object, or none
 * @call: what to read
 * @resp: for as much of it as there is from the offset on
 * @resp_size: bytes at @resp
 * @resp_len: how much was read, not 0
 *
 * Return: 0, or
 * * -ENODATA: there is no object
 * * -ESTALE: the object is of another generation
 * * -ERANGE: the offset is not within the object
 */
int tio_object_read(const struct tio_object *object,
		    const struct tsm_sev_tio_object_read *call, void *resp,
		    u32 resp_size, u32 *resp_len)
{
	u32 offset = le32_to_cpu(call->offset);

	if (!object->data)
		return -ENODATA;
	if (le64_to_cpu(call->generation) != object->generation)
		return -ESTALE;
	if (offset >= object->size)
		return -ERANGE;

	*resp_len = min(object->size - offset, resp_size);
	memcpy(resp, object->data + offset, *resp_len);
	return 0;
}
