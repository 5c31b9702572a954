/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op on the physical map of a hardware guest: the hypervisor's pages for it are entered where
 * it wants to see them, its own pages move. A page is at one place at a time; what was at the new
 * place goes, as by decrease_reservation.
 */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/grant_table.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/physmap.h>
#include <hv/policy.h>
#include <public/errno.h>
#include <public/memory.h>

static int translated_target(domid_t id, struct domain **d)
{
    int rc = policy_target(id, policy_memory, d);

    return rc ? rc : domain_is_translated(*d) ? 0 : -XEN_EACCES;
}

/* The frame that is meant, with a reference to its page. */
static struct page *source(struct domain *d, unsigned space, uint64_t idx)
{
    mfn_t m;

    switch (space) {
    case XENMAPSPACE_shared_info:
        m = virt_to_mfn(d->shared_info);
        return idx == 0 && page_get(mfn_to_page(m), d) ? mfn_to_page(m) : NULL;
    case XENMAPSPACE_grant_table:
        if (idx > UINT32_MAX || grant_table_frame(d, idx, &m) || !page_get(mfn_to_page(m), d))
            return NULL;
        return mfn_to_page(m);
    default:
        return page_get_from_gfn(d, gfn(idx));
    }
}

/* Take out what is at `g`: RAM is given back, a page of the hypervisor's only leaves its place. */
static int clear_place(struct domain *d, gfn_t g)
{
    struct page *pg = page_get_from_gfn(d, g);
    int rc;

    if (!pg)
        return 0;
    rc = guest_physmap_remove(d, g, page_to_mfn(pg), 0);
    if (!rc && !(READ_ONCE(pg->count) & PGC_HV))
        page_put_allocated(pg);
    page_put(pg);
    return rc;
}

/* It stays where it was when it cannot be entered. */
static int move(struct domain *d, struct page *pg, pfn_t from, gfn_t to)
{
    bool was_there = from.n != INVALID_M2P;
    int rc = was_there ? guest_physmap_remove(d, gfn(from.n), page_to_mfn(pg), 0) : 0;

    if (rc)
        return rc;
    rc = guest_physmap_add(d, to, page_to_mfn(pg), 0);
    if (rc && was_there)
        guest_physmap_add(d, gfn(from.n), page_to_mfn(pg), 0);
    return rc;
}

static int enter(struct domain *d, unsigned space, uint64_t idx, gfn_t to)
{
    struct page *pg;
    pfn_t from;
    int rc;

    if (space != XENMAPSPACE_shared_info && space != XENMAPSPACE_grant_table &&
        space != XENMAPSPACE_gmfn && space != XENMAPSPACE_gmfn_range)
        return -XEN_ENOSYS;
    pg = source(d, space, idx);
    if (!pg)
        return -XEN_EINVAL;
    from = get_m2p(page_to_mfn(pg));
    if (from.n == to.n && from.n != INVALID_M2P) {
        page_put(pg);
        return 0;
    }
    rc = clear_place(d, to);
    if (!rc)
        rc = move(d, pg, from, to);
    page_put(pg);
    return rc;
}

int physmap_move(struct domain *d, gfn_t from, gfn_t to)
{
    return enter(d, XENMAPSPACE_gmfn, from.n, to);
}

long physmap_add(unsigned cmd, uint64_t start, uint64_t arg)
{
    struct xen_add_to_physmap a;
    struct domain *d;
    uint64_t n, i;
    int rc;

    if (copy_from_guest_va(&a, arg, sizeof(a)))
        return -XEN_EFAULT;
    rc = translated_target(a.domid, &d);
    n = a.space == XENMAPSPACE_gmfn_range ? a.size : 1;
    for (i = start; !rc && i < n; i++) {
        if (i != start && hypercall_preempt_check())
            return memory_go_on(cmd, i, arg);
        rc = enter(d, a.space, a.idx + i, gfn(a.gpfn + i));
    }
    return rc;
}

long physmap_add_batch(unsigned cmd, uint64_t start, uint64_t arg)
{
    struct xen_add_to_physmap_batch a;
    struct domain *d;
    uint64_t i;
    int rc;

    if (copy_from_guest_va(&a, arg, sizeof(a)))
        return -XEN_EFAULT;
    rc = translated_target(a.domid, &d);
    if (rc)
        return rc;
    if (a.space == XENMAPSPACE_gmfn_range || a.space == XENMAPSPACE_gmfn_foreign)
        return -XEN_ENOSYS;
    for (i = start; i < a.size; i++) {
        xen_ulong_t idx;
        xen_pfn_t to;
        int32_t err;

        if (i != start && hypercall_preempt_check())
            return memory_go_on(cmd, i, arg);
        if (copy_from_guest_at(&idx, a.idxs, i) || copy_from_guest_at(&to, a.gpfns, i))
            return -XEN_EFAULT;
        err = enter(d, a.space, idx, gfn(to));
        if (copy_to_guest_at(a.errs, i, &err))
            return -XEN_EFAULT;
    }
    return 0;
}

long physmap_remove(unsigned cmd, uint64_t start, uint64_t arg)
{
    struct xen_remove_from_physmap a;
    struct domain *d;
    struct page *pg;
    long rc;

    if (copy_from_guest_va(&a, arg, sizeof(a)))
        return -XEN_EFAULT;
    rc = policy_target(a.domid, policy_memory, &d);
    if (rc)
        return rc;
    pg = page_get_from_gfn(d, gfn(a.gpfn));
    if (!pg)
        return -XEN_ENOENT;
    rc = guest_physmap_remove(d, gfn(a.gpfn), page_to_mfn(pg), 0);
    page_put(pg);
    return rc;
}
