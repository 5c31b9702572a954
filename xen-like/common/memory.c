/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op: a domain's memory grows and shrinks, and what it is. Maps and exchange are the
 * architecture's.
 *
 * Long operations give way between extents; how many are done travels in the command, above its own
 * bits, as the ABI leaves room for.
 */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/grant_table.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/physmap.h>
#include <hv/policy.h>
#include <hv/statistics.h>
#include <public/memory.h>

#define EXTENT_SHIFT     6 /* of the number of extents done, in the command */
#define CMD_MASK         ((1U << EXTENT_SHIFT) - 1)
#define MAX_EXTENTS      (UINT32_MAX >> EXTENT_SHIFT)
#define MAX_EXTENT_ORDER 9 /* 2 MiB: an extent is handled in one go */

long memory_go_on(unsigned cmd, uint64_t done, uint64_t arg)
{
    return hypercall_restart(__HYPERVISOR_memory_op, cmd | done << EXTENT_SHIFT, arg);
}

/* --- reservations ----------------------------------------------------------------------------- */

struct reservation {
    struct xen_memory_reservation r;
    struct domain *d;
    unsigned flags; /* MEMF_* */
};

static unsigned memf_of(uint32_t mem_flags)
{
    unsigned bits = XENMEMF_get_address_bits(mem_flags);

    return bits && bits < 64 ? MEMF_BELOW(bits) : 0;
}

/* 0, -errno, or 1: nothing can be done, but that is no error (the result is the number of extents
 * done). */
static int read_reservation(uint64_t arg, uint64_t start, struct reservation *res)
{
    struct xen_memory_reservation *r = &res->r;
    unsigned bits;
    int rc;

    if (copy_from_guest_va(r, arg, sizeof(*r)))
        return -XEN_EFAULT;
    if (r->nr_extents > MAX_EXTENTS || start > r->nr_extents || r->extent_order > MAX_EXTENT_ORDER)
        return 1;
    bits = XENMEMF_get_address_bits(r->mem_flags);
    if ((bits && bits <= PAGE_SHIFT) || (r->mem_flags & XENMEMF_populate_on_demand))
        return 1;
    rc = policy_target(r->domid, policy_memory, &res->d);
    res->flags = memf_of(r->mem_flags);
    return rc;
}

/* One extent: frames from the allocator, entered at `at` if it is given. 0 or -errno. */
static int give_extent(const struct reservation *res, uint64_t index, const xen_pfn_t *at)
{
    struct page *pg = domain_alloc_pages(res->d, res->r.extent_order, res->flags);
    xen_pfn_t frame;
    int rc = 0;

    if (!pg)
        return -XEN_ENOMEM;
    frame = at && domain_is_translated(res->d) ? *at : page_to_mfn(pg).n;
    if (at)
        rc = guest_physmap_add(res->d, gfn(*at), page_to_mfn(pg), res->r.extent_order);
    if (!rc && !guest_handle_is_null(res->r.extent_start))
        rc = copy_to_guest_at(res->r.extent_start, index, &frame);
    return rc;
}

#define PAGES_AT_ONCE 64

/* Extents of one page each, from `start` on: how many were done, fewer than `n` when something
 * failed. */
static unsigned populate_pages(const struct reservation *res, uint64_t start, unsigned n)
{
    uint64_t list = guest_index(res->r.extent_start, start, sizeof(xen_pfn_t));
    struct page *pages[PAGES_AT_ONCE];
    xen_pfn_t frames[PAGES_AT_ONCE];
    unsigned got, done = 0;

    if (copy_from_guest_va(frames, list, n * sizeof(frames[0])))
        return 0;
    got = domain_alloc_batch(res->d, pages, n, res->flags);
    for (; done < got && !guest_physmap_add(res->d, gfn(frames[done]), page_to_mfn(pages[done]), 0);
         done++)
        if (!domain_is_translated(res->d))
            frames[done] = page_to_mfn(pages[done]).n;
    for (unsigned i = done; i < got; i++)
        page_put_allocated(pages[i]);
    return copy_to_guest_va(list, frames, done * sizeof(frames[0])) ? 0 : done;
}

/* Result: extents done in all, as the ABI has it; a failure ends the work where it stands. */
static long populate(struct reservation *res, unsigned cmd, uint64_t start, uint64_t arg)
{
    uint64_t i = start;

    while (i < res->r.nr_extents) {
        unsigned n = res->r.extent_order ? 1 : MIN(res->r.nr_extents - i, (uint64_t)PAGES_AT_ONCE),
                 done;
        xen_pfn_t at;

        if (i != start && hypercall_preempt_check())
            return memory_go_on(cmd, i, arg);
        if (res->r.extent_order)
            done = !copy_from_guest_at(&at, res->r.extent_start, i) && !give_extent(res, i, &at);
        else
            done = populate_pages(res, i, n);
        i += done;
        if (done < n)
            break;
    }
    return (long)i;
}

static long increase(struct reservation *res, unsigned cmd, uint64_t start, uint64_t arg)
{
    xen_pfn_t unused;
    uint64_t i;

    for (i = start; i < res->r.nr_extents; i++) {
        if (i != start && hypercall_preempt_check())
            return memory_go_on(cmd, i, arg);
        /* the list is written only; a page whose frame cannot be told must not be taken */
        if (!guest_handle_is_null(res->r.extent_start) &&
            copy_from_guest_at(&unused, res->r.extent_start, i))
            break;
        if (give_extent(res, i, NULL))
            break;
    }
    return i;
}

/* The page goes when its last mapping does. Pages of the hypervisor that the domain shares are not
 * its to give. */
static bool take_page(struct domain *d, gfn_t g, struct page_batch *batch)
{
    struct page *pg = page_get_from_gfn(d, g);

    if (!pg)
        return false;
    if (!(READ_ONCE(pg->count) & PGC_HV) && !guest_physmap_remove(d, g, page_to_mfn(pg), 0))
        return page_give_up(pg, batch);
    page_put_batch(pg, batch);
    return false;
}

static bool take_extent(struct domain *d, xen_pfn_t first, unsigned order)
{
    struct page_batch batch = { 0 };
    bool all = true;

    if (first >> (64 - PAGE_SHIFT) || first & ((1UL << order) - 1))
        return false;
    for (unsigned long i = 0; all && i < 1UL << order; i++)
        all = take_page(d, gfn(first + i), &batch);
    page_batch_flush(&batch);
    return all;
}

static long decrease(struct reservation *res, unsigned cmd, uint64_t start, uint64_t arg)
{
    uint64_t i;

    for (i = start; i < res->r.nr_extents; i++) {
        xen_pfn_t first;

        if (i != start && hypercall_preempt_check())
            return memory_go_on(cmd, i, arg);
        if (copy_from_guest_at(&first, res->r.extent_start, i) ||
            !take_extent(res->d, first, res->r.extent_order))
            break;
    }
    return i;
}

static long change_reservation(unsigned cmd, uint64_t start, uint64_t arg)
{
    struct reservation res;
    int rc = read_reservation(arg, start, &res);

    if (rc)
        return rc < 0 ? rc : (long)start;
    if (cmd == XENMEM_populate_physmap)
        return populate(&res, cmd, start, arg);
    if (cmd == XENMEM_increase_reservation)
        return increase(&res, cmd, start, arg);
    return decrease(&res, cmd, start, arg);
}

static long claim_pages(unsigned cmd, uint64_t start, uint64_t arg)
{
    struct xen_memory_reservation r;
    struct domain *d;
    int rc;

    if (copy_from_guest_va(&r, arg, sizeof(r)))
        return -XEN_EFAULT;
    if (!guest_handle_is_null(r.extent_start) || r.extent_order || r.mem_flags)
        return -XEN_EINVAL;
    rc = policy_target(r.domid, policy_control, &d);
    return rc ? rc : domain_set_claim(d, r.nr_extents);
}

/* --- figures ---------------------------------------------------------------------------------- */

static long maximum_ram_page(unsigned cmd, uint64_t start, uint64_t arg) { return max_page; }

static unsigned long highest_frame(const struct domain *d)
{
    const struct shared_info *si = d->shared_info;
    unsigned long n = si ? READ_ONCE(si->arch.max_pfn) : 0;

    if (domain_is_translated(d))
        return guest_physmap_highest(d);
    return n ? n - 1 : 0;
}

static long about_domain(unsigned cmd, uint64_t start, uint64_t arg)
{
    struct xen_memory_domain q;
    struct domain *d;
    int rc;

    if (copy_from_guest_va(&q, arg, sizeof(q)))
        return -XEN_EFAULT;
    rc = policy_target(q.domid, policy_memory, &d);
    if (rc)
        return rc;
    switch (cmd) {
    case XENMEM_current_reservation:
        return READ_ONCE(d->tot_pages);
    case XENMEM_maximum_reservation:
        return READ_ONCE(d->max_pages);
    default:
        return highest_frame(d);
    }
}

/* There is no page sharing, so nothing is saved by it. */
static long no_shared_pages(unsigned cmd, uint64_t start, uint64_t arg) { return 0; }

static long get_vnumainfo(unsigned cmd, uint64_t start, uint64_t arg) { return -XEN_EOPNOTSUPP; }

/* No device has a memory of its own reserved: devices are not given to guests. */
static long reserved_device_memory(unsigned cmd, uint64_t start, uint64_t arg)
{
    struct xen_reserved_device_memory_map map;

    if (policy_host(current->domain))
        return -XEN_EPERM;
    if (copy_from_guest_va(&map, arg, sizeof(map)))
        return -XEN_EFAULT;
    if (map.flags & ~XENMEM_RDM_ALL)
        return -XEN_EINVAL;
    map.nr_entries = 0;
    return copy_to_guest_va(arg, &map, sizeof(map));
}

/* --- pages that the hypervisor keeps for a domain --------------------------------------------- */

static int grant_frames(struct domain *d, uint32_t id, uint32_t *nr)
{
    *nr = grant_table_max_frames(d);
    return id == XENMEM_resource_grant_table_id_shared ? 0 : -XEN_EOPNOTSUPP;
}

static int grant_frame(struct domain *d, uint32_t id, uint64_t index, mfn_t *out)
{
    if (index > UINT32_MAX || id != XENMEM_resource_grant_table_id_shared)
        return -XEN_EINVAL;
    return grant_table_frame(d, index, out);
}

/* What all vcpus did: public/statistics.h. */
static int statistics_frames(struct domain *d, uint32_t id, uint32_t *nr)
{
    struct xen_sysctl_statistics s;

    statistics_describe(&s);
    *nr = s.nr_frames;
    return 0;
}

static int statistics_frame_of(struct domain *d, uint32_t id, uint64_t index, mfn_t *out)
{
    return statistics_frame(index, out);
}

static const struct resource {
    int (*frames)(struct domain *d, uint32_t id, uint32_t *nr);
    int (*frame)(struct domain *d, uint32_t id, uint64_t index, mfn_t *out);
} resources[] = {
    [XENMEM_resource_ioreq_server] = { arch_ioreq_frames, arch_ioreq_frame },
    [XENMEM_resource_grant_table] = { grant_frames, grant_frame },
};

/* Of one domain, which is in *d; of DOMID_XEN only the statistics. */
static int find_resource(const struct xen_mem_acquire_resource *a, struct domain **d,
                         const struct resource **r)
{
    static const struct resource statistics = { statistics_frames, statistics_frame_of };
    int rc;

    if (a->domid == DOMID_XEN) {
        *d = dom_hv;
        *r = &statistics;
        rc = policy_host(current->domain);
        return rc ? rc : a->type == XENMEM_resource_statistics && !a->id ? 0 : -XEN_EOPNOTSUPP;
    }
    rc = policy_target(a->domid, policy_memory, d);
    if (rc || *d == current->domain)
        return rc ? rc : -XEN_EPERM;
    if (a->type >= ARRAY_SIZE(resources))
        return -XEN_EOPNOTSUPP;
    *r = &resources[index_nospec(a->type, ARRAY_SIZE(resources))];
    return 0;
}

static long list_resource(const struct resource *r, struct domain *d,
                          const struct xen_mem_acquire_resource *a, uint64_t start, uint64_t arg)
{
    for (uint64_t i = start; i < a->nr_frames; i++) {
        xen_pfn_t frame;
        mfn_t m;
        int rc = a->frame + i < i ? -XEN_EINVAL : 0;

        if (i != start && hypercall_preempt_check())
            return memory_go_on(XENMEM_acquire_resource, i, arg);
        if (!rc)
            rc = r->frame(d, a->id, a->frame + i, &m);
        if (rc)
            return rc;
        frame = m.n;
        if (copy_to_guest_at(a->frame_list, i, &frame))
            return -XEN_EFAULT;
    }
    return 0;
}

static long acquire_resource(unsigned cmd, uint64_t start, uint64_t arg)
{
    struct xen_mem_acquire_resource a;
    const struct resource *r;
    struct domain *d;
    int rc;

    if (copy_from_guest_va(&a, arg, sizeof(a)))
        return -XEN_EFAULT;
    if (a.pad || a.nr_frames > MAX_EXTENTS)
        return -XEN_EINVAL;
    rc = find_resource(&a, &d, &r);
    if (rc)
        return rc;
    if (a.nr_frames)
        return guest_handle_is_null(a.frame_list) ? -XEN_EINVAL
                                                  : list_resource(r, d, &a, start, arg);
    if (!guest_handle_is_null(a.frame_list))
        return -XEN_EINVAL;
    rc = r->frames(d, a.id, &a.nr_frames);
    return rc ? rc : copy_to_guest_va(arg, &a, sizeof(a));
}

/* --- dispatch --------------------------------------------------------------------------------- */

static const struct memory_row {
    long (*fn)(unsigned cmd, uint64_t start, uint64_t arg);
    bool resumes; /* may have a number of extents in the command */
} rows[] = {
    [XENMEM_increase_reservation] = { change_reservation, true },
    [XENMEM_decrease_reservation] = { change_reservation, true },
    [XENMEM_populate_physmap] = { change_reservation, true },
    [XENMEM_maximum_ram_page] = { maximum_ram_page, false },
    [XENMEM_current_reservation] = { about_domain, false },
    [XENMEM_maximum_reservation] = { about_domain, false },
    [XENMEM_maximum_gpfn] = { about_domain, false },
    [XENMEM_add_to_physmap] = { physmap_add, true },
    [XENMEM_add_to_physmap_batch] = { physmap_add_batch, true },
    [XENMEM_remove_from_physmap] = { physmap_remove, false },
    [XENMEM_get_sharing_freed_pages] = { no_shared_pages, false },
    [XENMEM_get_sharing_shared_pages] = { no_shared_pages, false },
    [XENMEM_claim_pages] = { claim_pages, false },
    [XENMEM_get_vnumainfo] = { get_vnumainfo, false },
    [XENMEM_reserved_device_memory_map] = { reserved_device_memory, false },
    [XENMEM_acquire_resource] = { acquire_resource, true },
};

long do_memory_op(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    unsigned op = cmd & CMD_MASK;
    uint64_t start = (uint32_t)cmd >> EXTENT_SHIFT;

    if (op >= ARRAY_SIZE(rows) || !rows[op].fn)
        return arch_memory_op((uint32_t)cmd, arg);
    if (start && !rows[op].resumes)
        return -XEN_ENOSYS;
    return rows[op].fn(op, start, arg);
}
