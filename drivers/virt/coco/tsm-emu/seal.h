/* SPDX-License-Identifier: GPL-2.0 */
/* SNP guest messages of the emulated platform, sealed and opened */
#ifndef __TSM_EMU_SEAL_H
#define __TSM_EMU_SEAL_H

#include <crypto/aes-gcm.h>
#include <linux/tsm-proto-sev-tio.h>

void tsm_emu_seal(const struct aes_gcm_key *key, struct tsm_sev_tio_hdr *msg,
		  const void *payload);
int tsm_emu_unseal(const struct aes_gcm_key *key,
		   const struct tsm_sev_tio_hdr *msg, void *payload);

#endif /* __TSM_EMU_SEAL_H */
