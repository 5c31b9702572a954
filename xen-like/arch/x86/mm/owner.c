/* SPDX-License-Identifier: GPL-2.0-only */
/* The domain whose frames a memory call names, and which callers may name it. */
#include <arch/mm.h>
#include <hv/arch.h>
#include <hv/policy.h>
#include <public/errno.h>

int frame_owner_lookup(domid_t id, struct domain **owner)
{
    struct domain *self = current->domain;

    if (likely(id == DOMID_SELF || id == self->id)) {
        *owner = self;
        return 0;
    }
    if (id == DOMID_IO) {
        *owner = dom_io;
        return 0;
    }
    if (id == DOMID_XEN) {
        *owner = dom_hv;
        return policy_host(self);
    }
    *owner = domain_lookup(id);
    if (!*owner)
        return -XEN_ESRCH;
    return policy_foreign_map(self, *owner);
}
