/* SPDX-License-Identifier: GPL-2.0-only */
/* Entering and leaving page-table work of a domain. */
#include <arch/mm.h>
#include <hv/arch.h>
#include <public/errno.h>

int mm_pending_finish(struct mm_pending *p)
{
    struct domain *d = p->owner;
    int rc;

    if (!d || !domain_get(d))
        return 0;
    spin_lock(&d->arch.mm_lock);
    rc = mm_pending_undo(p);
    spin_unlock(&d->arch.mm_lock);
    domain_put(d);
    return rc;
}

int arch_drop_unfinished(struct domain *d)
{
    struct mm_pending *p = &current->arch.mm_pending;

    return p->owner == d ? mm_pending_finish(p) : 0;
}

int mm_lock(struct domain *d)
{
    struct mm_pending *p = &current->arch.mm_pending;

    /* what this vcpu left must be taken apart, or is of another domain */
    if (unlikely(p->owner) && (p->undo || p->owner != d) && mm_pending_finish(p))
        return -XEN_ERESTART;
    spin_lock(&d->arch.mm_lock);
    if (likely(READ_ONCE(d->dying) == DOMDYING_alive))
        return 0;
    spin_unlock(&d->arch.mm_lock);
    return arch_drop_unfinished(d) ? -XEN_ERESTART : -XEN_ESRCH;
}

void mm_unlock(struct domain *d) { spin_unlock(&d->arch.mm_lock); }
