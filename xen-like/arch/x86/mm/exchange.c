/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENMEM_exchange: a domain gives frames up and gets others, usually to have contiguous or low ones
 * for devices.
 *
 * Done in chunks of the larger of the two extent sizes. A chunk is complete or has no effect, but
 * for one case: a domain that meanwhile dies or was shrunk gets nothing for what it gave.
 * nr_exchanged in the guest's structure is the progress.
 */
#include <arch/mm.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/policy.h>
#include <public/memory.h>

#define MAX_EXCHANGE_ORDER        12 /* of the hardware domain */
#define MAX_EXCHANGE_ORDER_OTHERS 9

struct chunk {
    struct domain *d;
    const struct xen_memory_exchange *x;
    uint64_t nr;         /* which chunk */
    unsigned order;      /* pages of a chunk: 2^order */
    uint32_t *in;        /* frames given up */
    uint32_t *out;       /* first frames of the new extents */
    xen_pfn_t *gpfns;    /* where the new extents go */
};

static bool orders_ok(const struct xen_memory_exchange *x)
{
    unsigned max = current->domain->is_hardware ? MAX_EXCHANGE_ORDER : MAX_EXCHANGE_ORDER_OTHERS;

    return x->in.extent_order <= max && x->out.extent_order <= max;
}

/** Both sides name the same amount, and nothing overflows. */
static bool sizes_ok(const struct xen_memory_exchange *x)
{
    uint64_t limit = ~0UL >> MAX_EXCHANGE_ORDER;

    return x->in.nr_extents <= limit && x->out.nr_extents <= limit &&
        x->nr_exchanged <= x->in.nr_extents &&
           x->in.nr_extents << x->in.extent_order == x->out.nr_extents << x->out.extent_order;
}

static int check(const struct xen_memory_exchange *x, struct domain **d)
{
    int rc;

    if (!orders_ok(x))
        return -XEN_EPERM;
    if (!sizes_ok(x) || x->in.domid != x->out.domid || x->in.mem_flags)
        return -XEN_EINVAL;
    rc = policy_target(x->in.domid, policy_memory, d);
    return rc ? rc : domain_is_translated(*d) ? -XEN_EOPNOTSUPP : 0; /* it knows no machine frames */
}

/**
 * Take the domain's own reference of a page that nothing else refers to. It stays on the domain's
 * list, held by us.
 */
static bool detach(struct domain *d, mfn_t m)
{
    uint64_t want = (uint64_t)d->id << PGC_OWNER_SHIFT | PGC_ALLOCATED | 1, seen;

    if (!mfn_valid(m))
        return false;
    seen = READ_ONCE(mfn_to_page(m)->count);
    if ((seen & ~(PGC_NONCOHERENT | PGC_FOREIGN_STALE)) != want)
        return false;
    return try_cmpxchg(&mfn_to_page(m)->count, &seen, seen & ~PGC_ALLOCATED);
}

static void reattach(const struct chunk *c, unsigned n)
{
    while (n--)
        __atomic_fetch_or(&mfn_to_page(mfn(c->in[n]))->count, PGC_ALLOCATED, __ATOMIC_SEQ_CST);
}

static int detach_all(struct chunk *c)
{
    unsigned in_order = c->x->in.extent_order, extents = 1u << (c->order - in_order), n = 0;

    for (unsigned e = 0; e < extents; e++) {
        xen_pfn_t first;

        if (copy_from_guest_at(&first, c->x->in.extent_start, (c->nr * extents) + e)) {
            reattach(c, n);
            return -XEN_EFAULT;
        }
        for (unsigned i = 0; i < 1u << in_order; i++) {
            if (first >= max_page || !detach(c->d, mfn(first + i))) {
                reattach(c, n);
                return -XEN_EINVAL;
            }
            c->in[n++] = first + i;
        }
    }
    return 0;
}

static unsigned out_extents(const struct chunk *c)
{
    return 1u << (c->order - c->x->out.extent_order);
}

static int read_gpfns(struct chunk *c)
{
    unsigned n = out_extents(c);

    uint64_t from = guest_index(c->x->out.extent_start, c->nr * n, sizeof(*c->gpfns));

    return copy_from_guest_va(c->gpfns, from, n * sizeof(*c->gpfns));
}

static void free_out(const struct chunk *c, unsigned n)
{
    while (n--)
        free_anon_pages(mfn_to_page(mfn(c->out[n])), c->x->out.extent_order);
}

static int alloc_out(struct chunk *c)
{
    unsigned bits = XENMEMF_get_address_bits(c->x->out.mem_flags);

    for (unsigned i = 0; i < out_extents(c); i++) {
        struct page *pg = domain_alloc_pages(NULL, c->x->out.extent_order, MEMF_BELOW(bits));

        if (!pg) {
            free_out(c, i);
            return -XEN_ENOMEM;
        }
        c->out[i] = page_to_mfn(pg).n;
    }
    return 0;
}

static void give_in(const struct chunk *c)
{
    struct page_batch batch = { 0 };

    for (unsigned i = 0; i < 1u << c->order; i++) {
        set_m2p(mfn(c->in[i]), pfn(INVALID_M2P));
        page_put_batch(mfn_to_page(mfn(c->in[i])), &batch);
    }
    page_batch_flush(&batch);
}

static int take_out(const struct chunk *c)
{
    unsigned order = c->x->out.extent_order;
    int rc = 0;

    for (unsigned i = 0; i < out_extents(c); i++) {
        xen_pfn_t frame = c->out[i];

        if (!rc && domain_assign_pages(c->d, mfn_to_page(mfn(frame)), order, 0))
            rc = -XEN_EINVAL;
        if (rc) {
            free_anon_pages(mfn_to_page(mfn(frame)), order);
            continue;
        }
        guest_physmap_add(c->d, gfn(c->gpfns[i]), mfn(frame), order);
        if (copy_to_guest_at(c->x->out.extent_start, c->nr * out_extents(c) + i, &frame))
            rc = -XEN_EFAULT;
    }
    return rc;
}

static int exchange_chunk(struct chunk *c)
{
    int rc = read_gpfns(c);

    if (rc)
        return rc;
    rc = detach_all(c);
    if (rc)
        return rc;
    rc = alloc_out(c);
    if (rc) {
        reattach(c, 1u << c->order);
        return rc;
    }
    give_in(c);
    return take_out(c);
}

static int run_chunks(struct chunk *c, struct xen_memory_exchange *x)
{
    unsigned extents = 1u << (c->order - x->in.extent_order);
    int rc = 0;

    if (x->nr_exchanged % extents || x->in.nr_extents % extents)
        return -XEN_EINVAL;
    while (!rc && x->nr_exchanged < x->in.nr_extents) {
        c->nr = x->nr_exchanged / extents;
        rc = exchange_chunk(c);
        if (!rc)
            x->nr_exchanged += extents;
        if (!rc && x->nr_exchanged < x->in.nr_extents && hypercall_preempt_check())
            rc = -XEN_ERESTART;
    }
    return rc;
}

static int with_buffers(struct domain *d, struct xen_memory_exchange *x)
{
    struct chunk c = { .d = d, .x = x, .order = MAX(x->in.extent_order, x->out.extent_order) };
    int rc = -XEN_ENOMEM;

    c.in = hv_zalloc_array(1u << c.order, sizeof(*c.in));
    c.out = hv_zalloc_array(out_extents(&c), sizeof(*c.out));
    c.gpfns = hv_zalloc_array(out_extents(&c), sizeof(*c.gpfns));
    if (c.in && c.out && c.gpfns)
        rc = run_chunks(&c, x);
    hv_free(c.gpfns);
    hv_free(c.out);
    hv_free(c.in);
    return rc;
}

long memory_exchange(uint64_t arg)
{
    xen_guest_handle_t h = { arg };
    struct xen_memory_exchange x;
    struct domain *d;
    int rc;

    if (copy_from_guest(&x, h))
        return -XEN_EFAULT;
    rc = check(&x, &d);
    if (rc)
        return rc;
    rc = with_buffers(d, &x);
    if (copy_to_guest_va(arg + offsetof(struct xen_memory_exchange, nr_exchanged), &x.nr_exchanged,
                         sizeof(x.nr_exchanged)))
        return -XEN_EFAULT;
    return rc == -XEN_ERESTART ? hypercall_restart(__HYPERVISOR_memory_op, XENMEM_exchange, arg)
                               : rc;
}
