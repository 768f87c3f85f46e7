// SPDX-License-Identifier: GPL-2.0
/*
 * What a device reports about itself in an SPDM 1.2 session (DMTF DSP0274), made
 * from the device's secret: the same for a device every time, and as long as on
 * hardware. Certificates are DER sequences without contents, and no signature can
 * be verified, as there is no key.
 */
#include <crypto/sha2.h>
#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "fw.h"

#define NR_CERTIFICATES		3
#define CERTIFICATE_LEN		1600

/* More than fit a page, or two */
#define NR_MEASUREMENTS		200

#define SIGNATURE_LEN		96

/* What is made from the device's secret */
enum emu_seed {
	SEED_CERTIFICATE,
	SEED_MEASUREMENT = SEED_CERTIFICATE + NR_CERTIFICATES,
	SEED_NONCE = SEED_MEASUREMENT + NR_MEASUREMENTS,
	SEED_SIGNATURE,
};

struct der_certificate {
	u8 tag;
	u8 long_form;
	__be16 len;
	u8 body[CERTIFICATE_LEN];
} __packed;

/* Certificate chain, DSP0274 section "Certificates and certificate chains" */
struct spdm_cert_chain {
	__le16 length;
	__le16 reserved;
	u8 root_hash[SHA384_DIGEST_SIZE];
	struct der_certificate certificate[NR_CERTIFICATES];
} __packed;

struct spdm_header {
	u8 version;
	u8 code;
	u8 param1;
	u8 param2;
} __packed;

struct spdm_measurement {
	u8 index;
	u8 specification;
	__le16 size;
	u8 type;
	__le16 value_size;
	u8 value[SHA384_DIGEST_SIZE];
} __packed;

/* GET_MEASUREMENTS for all of them with a signature, and MEASUREMENTS */
struct spdm_measurements {
	struct {
		struct spdm_header hdr;
		u8 nonce[PCI_TDISP_NONCE_LEN];
		u8 slot;
	} __packed req;
	struct {
		struct spdm_header hdr;
		u8 nr_measurements;
		u8 record_len[3];
		struct spdm_measurement measurement[NR_MEASUREMENTS];
		u8 nonce[PCI_TDISP_NONCE_LEN];
		__le16 opaque_len;
		u8 signature[SIGNATURE_LEN];
	} __packed rsp;
} __packed;

static_assert(offsetof(struct spdm_measurements, req.nonce) ==
	      EMU_MEASUREMENTS_NONCE);

/* TDISP makes its nonces from the same key with two numbers, so use three here */
static void make_bytes(u8 *bytes, size_t len, const siphash_key_t *key,
		       unsigned int seed, u64 salt)
{
	for (size_t i = 0; i < len; i += sizeof(u64)) {
		__le64 word = cpu_to_le64(siphash_3u64(seed, i, salt, key));

		memcpy(bytes + i, &word, min(len - i, sizeof(word)));
	}
}

static void *blob_alloc(struct tsm_emu_blob *blob, size_t len)
{
	blob->data = kvzalloc(len, GFP_KERNEL);
	blob->len = blob->data ? len : 0;
	return blob->data;
}

/**
 * tsm_emu_make_vca() - version, capabilities and algorithms of the SPDM session
 * @vca: takes the messages, to be freed with kvfree()
 *
 * There is no session, so they are empty apart from their headers.
 *
 * Context: may sleep
 * Return: 0 or -ENOMEM
 */
int tsm_emu_make_vca(struct tsm_emu_blob *vca)
{
	static const struct {
		u8 version;
		u8 code;
		u8 len;
	} msgs[] = {
		{ 0x10, 0x84, 4 },	/* GET_VERSION */
		{ 0x10, 0x04, 8 },	/* VERSION */
		{ TSM_EMU_SPDM_VERSION, 0xe1, 20 },	/* GET_CAPABILITIES */
		{ TSM_EMU_SPDM_VERSION, 0x61, 20 },	/* CAPABILITIES */
		{ TSM_EMU_SPDM_VERSION, 0xe3, 32 },	/* NEGOTIATE_ALGORITHMS */
		{ TSM_EMU_SPDM_VERSION, 0x63, 36 },	/* ALGORITHMS */
	};
	size_t len = 0;
	u8 *pos;

	for (int i = 0; i < ARRAY_SIZE(msgs); i++)
		len += msgs[i].len;
	pos = blob_alloc(vca, len);
	if (!pos)
		return -ENOMEM;

	for (int i = 0; i < ARRAY_SIZE(msgs); i++) {
		struct spdm_header *hdr = (void *)pos;

		hdr->version = msgs[i].version;
		hdr->code = msgs[i].code;
		pos += msgs[i].len;
	}
	return 0;
}

static void make_certificate(struct der_certificate *certificate,
			     const siphash_key_t *key, unsigned int index)
{
	/* A SEQUENCE, its length in two bytes */
	certificate->tag = 0x30;
	certificate->long_form = 0x82;
	certificate->len = cpu_to_be16(sizeof(certificate->body));
	make_bytes(certificate->body, sizeof(certificate->body), key,
		   SEED_CERTIFICATE + index, 0);
}

/**
 * tsm_emu_make_certificates() - certificate chain of a device
 * @certificates: takes it, to be freed with kvfree()
 * @key: secret of the device
 *
 * Context: may sleep
 * Return: 0 or -ENOMEM
 */
int tsm_emu_make_certificates(struct tsm_emu_blob *certificates,
			      const siphash_key_t *key)
{
	struct spdm_cert_chain *chain;

	chain = blob_alloc(certificates, sizeof(*chain));
	if (!chain)
		return -ENOMEM;

	chain->length = cpu_to_le16(sizeof(*chain));
	for (int i = 0; i < NR_CERTIFICATES; i++)
		make_certificate(&chain->certificate[i], key, i);
	sha384((u8 *)&chain->certificate[0], sizeof(chain->certificate[0]),
	       chain->root_hash);
	return 0;
}

static void make_measurement(struct spdm_measurement *measurement,
			     const siphash_key_t *key, unsigned int index,
			     bool raw)
{
	measurement->index = index + 1;
	/* as DMTF specifies them, of mutable firmware */
	measurement->specification = 1;
	measurement->type = raw ? 0x81 : 1;
	measurement->size = cpu_to_le16(sizeof(*measurement) -
					offsetof(struct spdm_measurement, type));
	measurement->value_size = cpu_to_le16(sizeof(measurement->value));
	make_bytes(measurement->value, sizeof(measurement->value), key,
		   SEED_MEASUREMENT + index, 0);
}

/**
 * tsm_emu_make_measurements() - measurements of a device
 * @measurements: takes request and response, to be freed with kvfree()
 * @key: secret of the device
 * @nonce: of the request
 * @raw: the request wants the raw bit stream instead of a hash of it, which a
 *	device without a bit stream to tell marks and fills alike
 *
 * DSP0274 1.2 "GET_MEASUREMENTS request attributes": bit 0 signature, bit 1 raw bit
 * stream; "DMTF measurement specification format": bit 7 of the type tells it.
 *
 * Context: may sleep
 * Return: 0 or -ENOMEM
 */
int tsm_emu_make_measurements(struct tsm_emu_blob *measurements,
			      const siphash_key_t *key,
			      const u8 nonce[PCI_TDISP_NONCE_LEN], bool raw)
{
	u64 salt = siphash(nonce, PCI_TDISP_NONCE_LEN, key);
	struct spdm_measurements *msgs;

	msgs = blob_alloc(measurements, sizeof(*msgs));
	if (!msgs)
		return -ENOMEM;

	msgs->req.hdr = (struct spdm_header) {
		.version = TSM_EMU_SPDM_VERSION, .code = 0xe0,
		.param1 = 1 | (raw ? 2 : 0), .param2 = 0xff,
	};
	memcpy(msgs->req.nonce, nonce, sizeof(msgs->req.nonce));

	msgs->rsp.hdr = (struct spdm_header) {
		.version = TSM_EMU_SPDM_VERSION, .code = 0x60,
	};
	msgs->rsp.nr_measurements = NR_MEASUREMENTS;
	put_unaligned_le24(sizeof(msgs->rsp.measurement), msgs->rsp.record_len);
	for (int i = 0; i < NR_MEASUREMENTS; i++)
		make_measurement(&msgs->rsp.measurement[i], key, i, raw);
	make_bytes(msgs->rsp.nonce, sizeof(msgs->rsp.nonce), key, SEED_NONCE,
		   salt);
	make_bytes(msgs->rsp.signature, sizeof(msgs->rsp.signature), key,
		   SEED_SIGNATURE, salt);
	return 0;
}

/**
 * tsm_emu_read_blob() - read a part of an object
 * @blob: the object
 * @offset: first byte
 * @buf: where to
 * @size: bytes at @buf
 *
 * Context: any
 * Return: how many bytes there were, 0 if @offset is not within the object
 */
size_t tsm_emu_read_blob(const struct tsm_emu_blob *blob, u64 offset,
			 void *buf, size_t size)
{
	if (offset >= blob->len)
		return 0;

	size = min(size, blob->len - offset);
	memcpy(buf, blob->data + offset, size);
	return size;
}
