/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving back all memory of a dying domain. Its vcpus do not run any more, and mm_lock() refuses
 * whoever else comes.
 *
 * Every use of a frame as a table is held by a pin, a vcpu's root, an unfinished operation or a
 * table of a higher level. So when the first three are gone, all tables are taken apart and
 * everything they mapped is let go of; there are no cycles. Frames that others still use (Dom0 maps
 * them) stay until they are done; the husk of the domain stays with them.
 */
#include <arch/hvm.h>
#include <arch/irq.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <arch/vplatform.h>
#include <hv/arch.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <public/errno.h>

static int drop_vcpu_tables(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        int rc;

        pv_drop_gdt(v);
        pv_drop_ldt(v);
        rc = vcpu_drop_roots(v);
        if (rc)
            return rc;
    }
    return 0;
}

/* Pages of the domain's list that come next, each with a reference: one lock for many. */
struct ahead {
    unsigned next, n;
    struct page *pages[16];
};

/**
 * The page after `pg` on the domain's list (the first one for NULL) that is not being freed, with a
 * reference.
 */
static struct page *next_page_get(struct domain *d, struct page *pg, struct ahead *a)
{
    if (a->next < a->n)
        return a->pages[a->next++];
    a->next = a->n = 0;
    spin_lock(&d->page_lock);
    do {
        pg = pg ? page_list_next(pg) : page_list_first(&d->pages);
        if (pg && page_get(pg, d))
            a->pages[a->n++] = pg;
    } while (pg && a->n < ARRAY_SIZE(a->pages));
    spin_unlock(&d->page_lock);
    return a->n ? a->pages[a->next++] : NULL;
}

/* Nobody pins any more: mm_lock() refuses, and who held it before has had a quiescent state. */
static int unpin_for_good(struct domain *d, struct page *pg)
{
    if (!(READ_ONCE(pg->type) & PGT_PINNED))
        return 0;
    spin_lock(&d->arch.mm_lock);
    table_unpin(d, page_to_mfn(pg), &d->arch.relinquish);
    spin_unlock(&d->arch.mm_lock);
    return mm_pending_finish(&d->arch.relinquish);
}

#define CHECK_AFTER 64 /* pages, between looks at whether to give way; a table counts for many */
#define TABLE_COST  16

static int drop_pages(struct domain *d)
{
    struct page_batch batch = { 0 };
    struct ahead ahead = { 0 };
    struct page *pg = d->arch.relinquish_at.n
        ? mfn_to_page(d->arch.relinquish_at) : next_page_get(d, NULL, &ahead);
    unsigned done = 0;
    int rc = 0;

    while (pg) {
        struct page *next;

        done += pg->type & PGT_PINNED ? TABLE_COST : 1;
        rc = unpin_for_good(d, pg);
        if (rc)
            break;
        if (done >= CHECK_AFTER) {
            done = 0;
            if (hypercall_preempt_check())
                break;
        }
        next = next_page_get(d, pg, &ahead);
        page_give_up(pg, &batch);
        pg = next;
    }
    while (ahead.next < ahead.n)
        page_put(ahead.pages[ahead.next++]);
    page_batch_flush(&batch);
    d->arch.relinquish_at = pg ? page_to_mfn(pg) : mfn(0);
    return pg ? -XEN_ERESTART : 0;
}

int arch_domain_relinquish(struct domain *d)
{
    int rc;

    pirq_domain_release(d);
    if (is_hvm_domain(d)) {
        ioreq_domain_release(d);
        vplatform_stop(d);
    }
    rc = mm_pending_finish(&d->arch.relinquish);
    if (!rc && !d->arch.relinquish_pages) {
        rc = is_hvm_domain(d) ? 0 : drop_vcpu_tables(d);
        d->arch.relinquish_pages = !rc;
    }
    return rc ? rc : drop_pages(d);
}
