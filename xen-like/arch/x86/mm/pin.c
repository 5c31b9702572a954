/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pins: a reference that the owner holds of its own tables, so that they stay tables while nothing
 * points to them.
 */
#include <arch/mm.h>
#include <hv/arch.h>
#include <public/errno.h>

int table_pin(struct domain *d, mfn_t m, unsigned level, struct mm_pending *p)
{
    struct page *pg;
    int rc = table_get(d, m, level, p);

    if (rc)
        return rc;
    pg = mfn_to_page(m);
    if (pg->type & PGT_PINNED) {
        table_put(d, pg, p);
        return -XEN_EINVAL;
    }
    WRITE_ONCE(pg->type, pg->type | PGT_PINNED);
    return 0;
}

int table_unpin(struct domain *d, mfn_t m, struct mm_pending *p)
{
    struct page *pg;

    if (!mfn_valid(m))
        return -XEN_EINVAL;
    pg = mfn_to_page(m);
    if (page_owner_id(pg) != d->id || !(READ_ONCE(pg->type) & PGT_PINNED))
        return -XEN_EINVAL;
    if (mm_pending_undo(p))
        return -XEN_ERESTART;
    /* read only now: what was taken apart may have held it too */
    WRITE_ONCE(pg->type, READ_ONCE(pg->type) & ~PGT_PINNED);
    table_put(d, pg, p);
    return 0;
}
