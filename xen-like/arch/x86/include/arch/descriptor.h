/* SPDX-License-Identifier: GPL-2.0-only */
/* Segment descriptors of PV guests beyond <arch/pv.h>. pv/descriptor.c. */
#ifndef ARCH_DESCRIPTOR_H
#define ARCH_DESCRIPTOR_H

#include <arch/extable.h>
#include <hv/domain.h>

/** Empty GDT window of a new vcpu. */
void pv_init_windows(struct vcpu *v);
/** Descriptor that a selector of the current vcpu names; false if there is none. */
bool guest_descriptor(struct vcpu *v, uint16_t sel, uint64_t *desc);

#endif
