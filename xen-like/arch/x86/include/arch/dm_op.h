/* SPDX-License-Identifier: GPL-2.0-only */
/* Handlers of dm_op that are not in hvm/dm_op.c, which has their table. */
#ifndef ARCH_DM_OP_H
#define ARCH_DM_OP_H

#include <public/hvm/dm_op.h>

struct domain;

/**
 * `extra` is the second buffer, NULL if the caller gave none. 0 or -errno; -ERESTART: what is left
 * to do is in *op, which goes back to the caller for the time when it calls again.
 */
typedef long dm_op_fn(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra);

/* hvm/dm_memory.c */
dm_op_fn dm_set_mem_type, dm_track_dirty_vram, dm_modified_memory, dm_relocate_memory,
    dm_pin_memory_cacheattr;

/* hvm/dm_interrupt.c */
dm_op_fn dm_set_isa_irq_level, dm_set_pci_intx_level, dm_set_pci_link_route, dm_inject_msi,
    dm_inject_event;

#endif
