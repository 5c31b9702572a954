/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's physical interrupts, for physdev_op. irq/pirq.c; what event channels need is in
 * hv/arch.h. Each returns a pirq or 0, or -errno: EINVAL (no such number), EBUSY (the
 * hypervisor's), EEXIST, ENOSPC.
 */
#ifndef ARCH_PIRQ_H
#define ARCH_PIRQ_H

#include <arch/irq.h>
#include <hv/frames.h>

/** `wanted` < 0: the hypervisor chooses. Mapping the same GSI to the same pirq again is no error:
 * *made tells whether it was mapped by this call. */
int pirq_map_gsi(struct domain *d, unsigned gsi, int wanted, bool *made);
int pirq_map_msi(struct domain *d, const struct msi_request *req, int wanted);
int pirq_unmap(struct domain *d, unsigned pirq);
/** Keep a free number for the caller. */
int pirq_reserve(struct domain *d);
/** Does it need an EOI after each interrupt? */
int pirq_status(const struct domain *d, unsigned pirq, bool *eoi);
int pirq_vector(const struct domain *d, unsigned pirq);
/** The trigger mode changed: say so in the shared page. */
void pirq_refresh_eoi(struct domain *d, unsigned pirq);
/** Share page `frame` of `d`; -EBUSY if one is shared already. */
int pirq_set_eoi_map(struct domain *d, gfn_t frame);

#endif
