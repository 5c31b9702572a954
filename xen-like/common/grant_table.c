/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: making, growing and giving up, and the operations on the table itself. There is
 * only version 1.
 */
#include <hv/arch.h>
#include <hv/grant_use.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/policy.h>
#include <hv/printk.h>

#define DEFAULT_FRAMES       64
#define DEFAULT_TRACK_FRAMES 1024
#define HIGHEST_FRAMES       4096
#define HIGHEST_TRACK_FRAMES 16384

/* --- life cycle ------------------------------------------------------------------------------- */

static unsigned pin_chunks(unsigned frames) { return frames * (GRANTS_PER_FRAME / PINS_PER_CHUNK); }

static unsigned choose(unsigned wanted, unsigned by_default, unsigned highest)
{
    return (int)wanted < 0 ? by_default : MIN(wanted, highest);
}

int grant_table_init(struct domain *d, unsigned max_grant_frames, unsigned max_maptrack_frames)
{
    struct grant_table *gt = hv_zalloc(sizeof(*gt));

    if (!gt)
        return -XEN_ENOMEM;
    spin_init(&gt->lock, LOCK_GRANT_TABLE);
    spin_init(&gt->track_lock, LOCK_MAPTRACK);
    gt->max_frames = MAX(choose(max_grant_frames, DEFAULT_FRAMES, HIGHEST_FRAMES), 1U);
    gt->max_track_frames = choose(max_maptrack_frames, DEFAULT_TRACK_FRAMES, HIGHEST_TRACK_FRAMES);
    gt->free_track = NO_HANDLE;
    gt->frames = hv_zalloc_array(gt->max_frames, sizeof(*gt->frames));
    gt->pins = hv_zalloc_array(pin_chunks(gt->max_frames), sizeof(*gt->pins));
    d->grant_table = gt;
    if (gt->frames && gt->pins)
        return 0;
    grant_table_free(d);
    return -XEN_ENOMEM;
}

void grant_table_free(struct domain *d)
{
    struct grant_table *gt = d->grant_table;

    if (!gt)
        return;
    for (unsigned i = 0; gt->pins && i < pin_chunks(gt->max_frames); i++)
        hv_free(gt->pins[i]);
    for (unsigned i = 0; i < gt->nr_tracks / TRACKS_PER_FRAME; i++)
        hv_free_page(gt->tracks[i]);
    hv_free(gt->tracks);
    hv_free(gt->pins);
    hv_free(gt->frames);
    hv_free(gt);
    d->grant_table = NULL;
}

int grant_table_give_up_frames(struct domain *d)
{
    struct grant_table *gt = d->grant_table;
    unsigned n;

    spin_lock(&gt->lock);
    n = gt->nr_frames;
    gt->nr_frames = 0;
    spin_unlock(&gt->lock);
    while (n-- > 0)
        page_put_allocated(mfn_to_page(virt_to_mfn(gt->frames[n])));
    return 0;
}

unsigned grant_table_max_frames(const struct domain *d) { return d->grant_table->max_frames; }

/* The table lock is held. */
static int grow_to(struct domain *d, unsigned frames)
{
    struct grant_table *gt = d->grant_table;

    if (frames > gt->max_frames || d->dying != DOMDYING_alive)
        return -XEN_EINVAL;
    while (gt->nr_frames < frames) {
        void *page = hv_alloc_page();

        if (!page)
            return -XEN_ENOMEM;
        page_share_with(page, d, true);
        gt->frames[gt->nr_frames++] = page;
    }
    return 0;
}

int grant_table_frame(struct domain *d, unsigned idx, mfn_t *frame)
{
    struct grant_table *gt = d->grant_table;
    int rc = -XEN_EINVAL;

    spin_lock(&gt->lock);
    if (idx < gt->max_frames)
        rc = grow_to(d, idx + 1);
    if (!rc)
        *frame = virt_to_mfn(gt->frames[idx]);
    spin_unlock(&gt->lock);
    return rc;
}

/* --- operations on the table: one structure, not an array ------------------------------------- */

static int grow_for_setup(struct domain *d, unsigned frames)
{
    int rc;

    spin_lock(&d->grant_table->lock);
    rc = grow_to(d, frames);
    spin_unlock(&d->grant_table->lock);
    return rc ? GNTST_general_error : GNTST_okay;
}

static int list_frames(const struct domain *d, const struct gnttab_setup_table *op)
{
    for (unsigned i = 0; i < op->nr_frames; i++) {
        xen_pfn_t frame = virt_to_mfn(d->grant_table->frames[i]).n;

        if (copy_to_guest_at(op->frame_list, i, &frame))
            return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

/* What they take, copied in and back by run_single. */
union grant_arg {
    struct gnttab_setup_table setup;
    struct gnttab_query_size size;
    struct gnttab_set_version set;
    struct gnttab_get_version get;
    struct gnttab_get_status_frames frames;
    struct gnttab_dump_table dump;
};

static int find_domain(domid_t id, struct domain **d)
{
    int rc = policy_target(id, policy_grant_setup, d);

    if (rc == -XEN_ESRCH)
        return GNTST_bad_domain;
    return rc ? GNTST_permission_denied : GNTST_okay;
}

static long setup_table(union grant_arg *a)
{
    struct domain *d;

    a->setup.status = find_domain(a->setup.dom, &d);
    if (!a->setup.status)
        a->setup.status = grow_for_setup(d, a->setup.nr_frames);
    if (!a->setup.status)
        a->setup.status = list_frames(d, &a->setup);
    return 0;
}

static long query_size(union grant_arg *a)
{
    struct domain *d;

    a->size.status = find_domain(a->size.dom, &d);
    if (!a->size.status) {
        a->size.nr_frames = READ_ONCE(d->grant_table->nr_frames);
        a->size.max_nr_frames = d->grant_table->max_frames;
    }
    return 0;
}

static long set_version(union grant_arg *a)
{
    bool known = a->set.version == 1;

    a->set.version = 1;
    return known ? 0 : -XEN_EINVAL;
}

static long get_version(union grant_arg *a)
{
    struct domain *d;

    a->get.version = 1;
    return policy_target(a->get.dom, policy_grant_setup, &d);
}

/* Version 1 has no status frames. */
static long get_status_frames(union grant_arg *a)
{
    a->frames.status = GNTST_general_error;
    return 0;
}

static void dump(struct domain *d)
{
    struct grant_table *gt = d->grant_table;

    printk(LOG_INFO, "grant table of domain %u: %u frames of %u\n", d->id, gt->nr_frames,
           gt->max_frames);
    spin_lock(&gt->lock);
    for (unsigned i = 0; i < grant_count(gt); i++) {
        struct grant_entry_v1 *e = grant_entry(gt, i);

        if (!grant_is_idle(gt, i))
            printk(LOG_INFO, "  %u: flags %#x domain %u frame %#x\n", i, e->flags, e->domid,
                   e->frame);
    }
    spin_unlock(&gt->lock);
}

static long dump_table(union grant_arg *a)
{
    struct domain *d = domain_lookup(a->dump.dom);

    if (policy_host(current->domain))
        return -XEN_EPERM;
    a->dump.status = d ? GNTST_okay : GNTST_bad_domain;
    if (d)
        dump(d);
    return 0;
}

/* --- small operations on arrays --------------------------------------------------------------- */

static int swap_entries(const struct gnttab_swap_grant_ref *op)
{
    struct grant_table *gt = current->domain->grant_table;
    int status = GNTST_okay;

    spin_lock(&gt->lock);
    if (op->ref_a >= grant_count(gt) || op->ref_b >= grant_count(gt)) {
        status = GNTST_bad_gntref;
    } else if (!grant_is_idle(gt, op->ref_a) || !grant_is_idle(gt, op->ref_b)) {
        status = GNTST_eagain;
    } else if (op->ref_a != op->ref_b) {
        struct grant_entry_v1 *a = grant_entry(gt, index_nospec(op->ref_a, grant_count(gt)));
        struct grant_entry_v1 *b = grant_entry(gt, index_nospec(op->ref_b, grant_count(gt)));
        struct grant_entry_v1 t = *a;

        *a = *b;
        *b = t;
    }
    spin_unlock(&gt->lock);
    return status;
}

static long swap_array(uint64_t array, uint32_t count, uint32_t *done)
{
    xen_guest_handle_t h = { array };
    struct gnttab_swap_grant_ref op;

    for (uint32_t i = 0; i < count; i++) {
        *done = i;
        if (i && hypercall_preempt_check())
            return -XEN_ERESTART;
        if (copy_from_guest_at(&op, h, i))
            return -XEN_EFAULT;
        op.status = swap_entries(&op);
        if (copy_to_guest_at(h, i, &op))
            return -XEN_EFAULT;
    }
    return 0;
}

/* Guests can map RAM with the normal memory type only, and caches are coherent then: there is
 * nothing to flush. */
static long flush_one(const struct gnttab_cache_flush *op)
{
    mfn_t m = maddr_to_mfn(op->a.dev_bus_addr);

    if (op->op & GNTTAB_CACHE_SOURCE_GREF)
        return -XEN_EOPNOTSUPP;
    if (op->op & ~(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL) ||
        op->offset + op->length > (int)PAGE_SIZE)
        return -XEN_EINVAL;
    if (!op->length || !op->op)
        return 0;
    if (!mfn_valid(m) || page_owner_id(mfn_to_page(m)) != current->domain->id)
        return -XEN_EPERM;
    return 0;
}

static long flush_array(uint64_t array, uint32_t count, uint32_t *done)
{
    xen_guest_handle_t h = { array };
    struct gnttab_cache_flush op;
    long rc = 0;

    for (uint32_t i = 0; i < count && !rc; i++) {
        *done = i;
        if (i && hypercall_preempt_check())
            return -XEN_ERESTART;
        rc = copy_from_guest_at(&op, h, i) ? -XEN_EFAULT : flush_one(&op);
    }
    return rc;
}

/* --- dispatch --------------------------------------------------------------------------------- */

static const struct grant_row {
    long (*single)(union grant_arg *a);
    long (*array)(uint64_t array, uint32_t count, uint32_t *done);
    uint16_t size; /* of the structure, or of an element of the array */
} rows[] = {
    [GNTTABOP_map_grant_ref] = { NULL, grant_map_array, sizeof(struct gnttab_map_grant_ref) },
    [GNTTABOP_unmap_grant_ref] = { NULL, grant_unmap_array, sizeof(struct gnttab_unmap_grant_ref) },
    [GNTTABOP_setup_table] = { setup_table, NULL, sizeof(struct gnttab_setup_table) },
    [GNTTABOP_dump_table] = { dump_table, NULL, sizeof(struct gnttab_dump_table) },
    [GNTTABOP_copy] = { NULL, grant_copy_array, sizeof(struct gnttab_copy) },
    [GNTTABOP_query_size] = { query_size, NULL, sizeof(struct gnttab_query_size) },
    [GNTTABOP_unmap_and_replace] = { NULL, grant_replace_array,
                                     sizeof(struct gnttab_unmap_and_replace) },
    [GNTTABOP_set_version] = { set_version, NULL, sizeof(struct gnttab_set_version) },
    [GNTTABOP_get_status_frames] = { get_status_frames, NULL,
                                     sizeof(struct gnttab_get_status_frames) },
    [GNTTABOP_get_version] = { get_version, NULL, sizeof(struct gnttab_get_version) },
    [GNTTABOP_swap_grant_ref] = { NULL, swap_array, sizeof(struct gnttab_swap_grant_ref) },
    [GNTTABOP_cache_flush] = { NULL, flush_array, sizeof(struct gnttab_cache_flush) },
};

static long run_single(const struct grant_row *row, uint64_t arg, uint32_t count)
{
    union grant_arg a;
    long rc;

    if (count != 1)
        return -XEN_EINVAL;
    if (copy_from_guest_va(&a, arg, row->size))
        return -XEN_EFAULT;
    rc = row->single(&a);
    return copy_to_guest_va(arg, &a, row->size) ? -XEN_EFAULT : rc;
}

/** Page transfer (GNTTABOP_transfer) is one of the operations that are not there. */
long do_grant_table_op(uint64_t cmd, uint64_t array, uint64_t count, uint64_t a4, uint64_t a5,
                       uint64_t a6)
{
    const struct grant_row *row;
    uint32_t done = 0;
    long rc;

    cmd = (uint32_t)cmd;
    count = (uint32_t)count;
    if (count > INT32_MAX)
        return -XEN_EINVAL;
    if (cmd >= ARRAY_SIZE(rows) || (!rows[cmd].single && !rows[cmd].array))
        return -XEN_ENOSYS;
    row = &rows[cmd];
    if (row->single)
        return run_single(row, array, count);
    rc = row->array(array, count, &done);
    if (rc == -XEN_ERESTART)
        return hypercall_restart(__HYPERVISOR_grant_table_op, cmd,
                                 array + (uint64_t)done * row->size, count - done);
    return rc;
}
