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

/** What this vcpu left must be taken apart, or is of another domain. 0: now nothing is left. */
static __attribute__((noinline)) int finish_first(struct mm_pending *p)
{
    int error = p->error;

    return mm_pending_finish(p) ? -XEN_ERESTART : error;
}

int arch_drop_unfinished(struct domain *d)
{
    struct mm_pending *p = &current->arch.mm_pending;

    return p->owner == d ? mm_pending_finish(p) : 0;
}

int mm_lock(struct domain *d)
{
    struct mm_pending *p = &current->arch.mm_pending;

    if (unlikely(p->owner) && (p->undo || p->owner != d)) {
        int rc = finish_first(p);

        if (rc)
            return rc;
    }
    spin_lock(&d->arch.mm_lock);
    if (likely(READ_ONCE(d->dying) == DOMDYING_alive))
        return 0;
    spin_unlock(&d->arch.mm_lock);
    return arch_drop_unfinished(d) ? -XEN_ERESTART : -XEN_ESRCH;
}

void mm_unlock(struct domain *d) { spin_unlock(&d->arch.mm_lock); }
