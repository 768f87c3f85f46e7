/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocols that the example VMM has a front end and a guest for, used as
 * ../lib/proto_list.h: those of x86 vendors need the registers of their CPUs.
 */
#ifdef __x86_64__
#include "../lib/proto_list.h"
#else
TSM_PROTO(tdisp)
TSM_PROTO(cca)
#endif
