/* SPDX-License-Identifier: GPL-2.0 */
/* What machine.c takes from machine_<architecture>.c */
#ifndef __SELFTEST_TSM_VMM_MACHINE_H
#define __SELFTEST_TSM_VMM_MACHINE_H

#include "vmm.h"

/*
 * Entries of the guest's page tables: to the next table, and to a page. The guest can't
 * write to the image, and executes nothing else.
 */
u64 vmm_table_entry(u64 gpa);
u64 vmm_page_entry(u64 gpa, bool is_image);

/* Once, before the vCPU runs. Return: 0 or -errno, with the text in &tsm_setup.error */
int vmm_prepare_vm(struct vmm *vmm);

#endif /* __SELFTEST_TSM_VMM_MACHINE_H */
