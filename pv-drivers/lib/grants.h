/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's granted pages: mapped and kept (persistent grants), or copied.
 *
 * A kept page stays mapped until its owner goes, so that using it again costs no hypercall. How
 * many are kept is bounded; what does not fit is for the caller to copy.
 */
#ifndef PV_LIB_GRANTS_H
#define PV_LIB_GRANTS_H

#include <ctrl.h>

#include <stddef.h>
#include <stdint.h>

#define GRANT_PAGE 4096

struct kept_grants;

/* Up to `max` pages of domain `domid`, mapped for reading and writing. NULL: no memory. */
struct kept_grants *kept_grants_new(struct ctrl_gnttab *dev, uint32_t domid, unsigned int max);
/* Unmaps all. Nobody may use their addresses any more. */
void kept_grants_free(struct kept_grants *k);
/* How many are mapped now. */
unsigned int kept_grants_count(const struct kept_grants *k);

/*
 * pages[i] becomes the address of refs[i]; what is not mapped yet is mapped, together. -ENOSPC:
 * more than are kept (nothing was mapped); another -errno: the guest's grants cannot be mapped.
 */
int kept_grants_get(struct kept_grants *k, const uint32_t *refs, unsigned int n, void **pages);

#endif
