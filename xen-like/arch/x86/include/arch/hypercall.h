/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall table's rows (arch/x86/hypercall.c), read by entry.S too, and x86's own handlers.
 */
#ifndef ARCH_HYPERCALL_H
#define ARCH_HYPERCALL_H

#include <hv/frames.h>
#include <hv/hypercall.h>

struct hypercall_row {
    hypercall_fn *entry;   /* what entry.S calls: the handler, or the check in front of it */
    hypercall_fn *handler; /* never NULL: holes are do_hole */
    int (*may_call)(const struct domain *caller); /* NULL: everybody; else 0 or -errno */
    const char *name;
};

#define NR_HYPERCALLS 64
extern const struct hypercall_row hypercall_table[NR_HYPERCALLS];

/** Fill a PV guest's hypercall page (4096 bytes at `page`): slot n of 32 bytes makes hypercall n.
 */
void hypercall_page_fill(void *page);
/** The same with a frame of `d`; false if it is none that can be written. */
bool hypercall_page_write(struct domain *d, gfn_t g);

hypercall_fn do_set_trap_table, do_set_gdt, do_stack_switch, do_set_callbacks, do_fpu_taskswitch,
    do_platform_op, do_set_debugreg, do_get_debugreg, do_update_descriptor, do_iret,
    do_set_segment_base, do_mca, do_physdev_op, do_physdev_op_compat, do_mmu_update, do_mmuext_op,
    do_update_va_mapping, do_update_va_mapping_otherdomain, do_hvm_op, do_dm_op;

#endif
