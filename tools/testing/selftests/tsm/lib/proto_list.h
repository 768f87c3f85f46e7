/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest protocols that the tests and the example VMM know, the only list of
 * them here. Include it, as often as needed, with TSM_PROTO(name) defined as
 * what each is to become: proto_<name> is in lib/proto_<name>.c, vmm_<name> in
 * vmm/<name>.c.
 */
TSM_PROTO(tdisp)
TSM_PROTO(sev_tio)
TSM_PROTO(cca)
TSM_PROTO(tdx)
