/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping and unmapping of granted pages, and the handles by which mappings are known.
 *
 * A mapping has up to two parts, one for the CPU (an entry in the caller's tables) and one for
 * devices (an address). Each holds a pin of the grant and its own references to the frame.
 */
#include <hv/arch.h>
#include <hv/grant_use.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>

#define PARTS       (GNTMAP_host_map | GNTMAP_device_map)
#define UNMAP_BATCH 32 /* unmaps that share a TLB flush */

/*
 * --- handles: the track lock is held, but for looking one up; the table of handles only grows. A
 * handle's flags make it known, and change by one compare-and-exchange once it is.
 */

static struct map_track *track_of(const struct grant_table *gt, grant_handle_t h)
{
    unsigned nr = __atomic_load_n(&gt->nr_tracks, __ATOMIC_ACQUIRE);

    if (h >= nr)
        return NULL;
    h = index_nospec(h, nr);
    return &gt->tracks[h / TRACKS_PER_FRAME][h % TRACKS_PER_FRAME];
}

static void free_handle(struct grant_table *gt, grant_handle_t h)
{
    struct map_track *t = track_of(gt, h);

    t->flags = 0;
    t->ref = gt->free_track;
    gt->free_track = h;
}

static bool add_tracks(struct grant_table *gt)
{
    unsigned n = gt->nr_tracks / TRACKS_PER_FRAME;
    struct map_track *frame;

    if (n >= gt->max_track_frames)
        return false;
    if (!gt->tracks)
        gt->tracks = hv_zalloc_array(gt->max_track_frames, sizeof(*gt->tracks));
    frame = gt->tracks ? hv_alloc_page() : NULL;
    if (!frame)
        return false;
    gt->tracks[n] = frame;
    __atomic_store_n(&gt->nr_tracks, (n + 1) * TRACKS_PER_FRAME, __ATOMIC_RELEASE);
    for (unsigned i = TRACKS_PER_FRAME; i-- > 0;)
        free_handle(gt, n * TRACKS_PER_FRAME + i);
    return true;
}

static grant_handle_t take_handle(struct grant_table *gt)
{
    grant_handle_t h;

    spin_lock(&gt->track_lock);
    if (gt->free_track == NO_HANDLE && !add_tracks(gt)) {
        spin_unlock(&gt->track_lock);
        return NO_HANDLE;
    }
    h = gt->free_track;
    gt->free_track = track_of(gt, h)->ref;
    spin_unlock(&gt->track_lock);
    return h;
}

static void give_handle(struct grant_table *gt, grant_handle_t h)
{
    spin_lock(&gt->track_lock);
    free_handle(gt, h);
    spin_unlock(&gt->track_lock);
}

/* The handle is still ours alone: its flags make it known, so they come last. */
static void record(struct grant_table *gt, grant_handle_t h, domid_t granter, grant_ref_t ref,
                   unsigned flags)
{
    struct map_track *t = track_of(gt, h);

    t->ref = ref;
    t->granter = granter;
    __atomic_store_n(&t->flags, (uint16_t)flags, __ATOMIC_RELEASE);
}

/* --- map -------------------------------------------------------------------------------------- */

/* One part: pin and references. */
static int hold_part(struct domain *rd, const struct gnttab_map_grant_ref *op, mfn_t *frame)
{
    bool write = !(op->flags & GNTMAP_readonly);
    int status = grant_pin(rd, op->ref, current->domain->id, write, frame);

    if (status)
        return status;
    status = frame_hold(rd, *frame, write);
    if (status)
        grant_unpin(rd, op->ref, write);
    return status;
}

static void drop_part(struct domain *rd, const struct gnttab_map_grant_ref *op, mfn_t frame)
{
    bool write = !(op->flags & GNTMAP_readonly);

    frame_release(frame, write);
    grant_unpin(rd, op->ref, write);
}

static int map_parts(struct domain *rd, const struct gnttab_map_grant_ref *op, mfn_t *frame)
{
    int status;

    if (op->flags & GNTMAP_device_map) {
        status = hold_part(rd, op, frame);
        if (status)
            return status;
    }
    if (op->flags & GNTMAP_host_map) {
        status = hold_part(rd, op, frame);
        if (status)
            goto drop_device;
        status = arch_grant_map(op->host_addr, *frame, op->flags, 0);
        if (status)
            goto drop_host;
    }
    return GNTST_okay;

drop_host:
    drop_part(rd, op, *frame);
drop_device:
    if (op->flags & GNTMAP_device_map)
        drop_part(rd, op, *frame);
    return status;
}

static int map_one(struct gnttab_map_grant_ref *op)
{
    struct grant_table *gt = current->domain->grant_table;
    struct domain *rd = op->dom == DOMID_SELF ? NULL : domain_lookup(op->dom);
    grant_handle_t h;
    mfn_t frame;
    int status;

    if (!rd)
        return GNTST_bad_domain;
    if (!(op->flags & PARTS))
        return GNTST_bad_gntref;
    h = take_handle(gt);
    if (h == NO_HANDLE)
        return GNTST_no_space;
    status = map_parts(rd, op, &frame);
    if (status) {
        give_handle(gt, h);
        return status;
    }
    record(gt, h, rd->id, op->ref, op->flags & (PARTS | GNTMAP_readonly | GNTMAP_contains_pte));
    op->handle = h;
    op->dev_bus_addr =
        mfn_to_maddr(frame); /* of host mappings too: kernels take the frame from here */
    return GNTST_okay;
}

/* --- unmap ------------------------------------------------------------------------------------ */

/* An unmap that has been taken out of the tables and waits for the TLB flush. */
struct unmapped {
    struct domain *granter;
    grant_ref_t ref;
    mfn_t frame;
    unsigned parts; /* taken out */
    bool write;
};

struct unmap_request {
    uint64_t host_addr, dev_bus_addr, new_addr;
    grant_handle_t handle;
};

/*
 * The handle's flags when nobody else is undoing it: the ABI has no "try again" for an unmap, so
 * another one is waited for. That one holds no lock here and changes one entry.
 */
static uint16_t settled_flags(const struct map_track *t)
{
    uint16_t flags;

    while ((flags = READ_ONCE(t->flags)) & TRACK_BUSY)
        cpu_relax();
    return flags;
}

/* Take a handle, which has these parts, for us alone: what it says stays so until we settle it. */
static int claim(struct grant_table *gt, grant_handle_t h, unsigned parts, struct map_track *out)
{
    struct map_track *t = track_of(gt, h);
    uint16_t seen;

    if (!t)
        return GNTST_bad_handle;
    do {
        seen = settled_flags(t);
        if (!(seen & PARTS))
            return GNTST_bad_handle;
        if ((seen & parts) != parts)
            return GNTST_bad_virt_addr;
    } while (!try_cmpxchg(&t->flags, &seen, (uint16_t)(seen | TRACK_BUSY)));
    *out = (struct map_track){ t->ref, t->granter, seen };
    return GNTST_okay;
}

/* Let go of it again; a handle without parts is free. */
static void settle(struct grant_table *gt, grant_handle_t h, unsigned left)
{
    if (left & PARTS)
        __atomic_store_n(&track_of(gt, h)->flags, (uint16_t)left, __ATOMIC_RELEASE);
    else
        give_handle(gt, h);
}

static mfn_t pinned_frame(struct domain *rd, grant_ref_t ref)
{
    struct grant_table *gt = rd->grant_table;

    return mfn(gt->pins[ref / PINS_PER_CHUNK][ref % PINS_PER_CHUNK].frame);
}

static int undo_parts(const struct unmap_request *rq, const struct map_track *t, unsigned wanted,
                      struct unmapped *u)
{
    int status;

    if ((wanted & GNTMAP_device_map) && rq->dev_bus_addr != mfn_to_maddr(u->frame))
        return GNTST_bad_dev_addr;
    if (wanted & GNTMAP_host_map) {
        status = arch_grant_unmap(rq->host_addr, u->frame, rq->new_addr, t->flags);
        if (status)
            return status;
    }
    u->parts = wanted;
    return GNTST_okay;
}

/* Phase one: out of the tables. */
static int begin_unmap(const struct unmap_request *rq, struct unmapped *u)
{
    struct grant_table *gt = current->domain->grant_table;
    unsigned wanted =
        (rq->host_addr ? GNTMAP_host_map : 0) | (rq->dev_bus_addr ? GNTMAP_device_map : 0);
    struct map_track t;
    int status;

    u->parts = 0;
    if (!wanted)
        return GNTST_bad_virt_addr;
    status = claim(gt, rq->handle, wanted, &t);
    if (status)
        return status;
    /* the pins that the handle holds keep the granter and the frame */
    u->granter = domain_lookup(t.granter);
    u->ref = t.ref;
    u->write = !(t.flags & GNTMAP_readonly);
    u->frame = pinned_frame(u->granter, t.ref);
    status = undo_parts(rq, &t, wanted, u);
    settle(gt, rq->handle, t.flags & ~u->parts);
    return status;
}

/* Phase two: nobody can reach the page through the mapping any more. */
static void finish_part(const struct unmapped *u)
{
    frame_release(u->frame, u->write);
    grant_unpin(u->granter, u->ref, u->write);
}

static void finish_batch(const struct unmapped *u, unsigned n)
{
    unsigned parts = 0;

    for (unsigned i = 0; i < n; i++)
        parts |= u[i].parts;
    if (parts & GNTMAP_host_map)
        tlb_flush_domain(current->domain);
    for (unsigned i = 0; i < n; i++) {
        if (u[i].parts & GNTMAP_host_map)
            finish_part(&u[i]);
        if (u[i].parts & GNTMAP_device_map)
            finish_part(&u[i]);
    }
}

/* Nobody has been told the handle. */
static void undo_map(const struct gnttab_map_grant_ref *op)
{
    struct unmap_request rq = {
        .host_addr = op->flags & GNTMAP_host_map ? op->host_addr : 0,
        .dev_bus_addr = op->flags & GNTMAP_device_map ? op->dev_bus_addr : 0,
        .handle = op->handle,
    };
    struct unmapped u;

    if (op->status == GNTST_okay && begin_unmap(&rq, &u) == GNTST_okay)
        finish_batch(&u, 1);
}

long grant_map_array(uint64_t array, uint32_t count, uint32_t *done)
{
    struct gnttab_map_grant_ref op;

    if (unlikely(domain_is_translated(current->domain)))
        return -XEN_ENOSYS; /* hardware guests grant, and map nothing */
    for (uint32_t i = 0; i < count; i++, array += sizeof(op)) {
        *done = i;
        if (i && hypercall_preempt_check())
            return -XEN_ERESTART;
        if (copy_from_guest_va(&op, array, sizeof(op)))
            return -XEN_EFAULT;
        op.status = map_one(&op);
        /* all that is answered stands behind the domain's id, which goes back as it came */
        if (copy_to_guest_va(array + offsetof(struct gnttab_map_grant_ref, dom), &op.dom,
                             sizeof(op) - offsetof(struct gnttab_map_grant_ref, dom))) {
            undo_map(&op);
            return -XEN_EFAULT;
        }
    }
    return 0;
}

static int unmap_element(uint64_t at, struct unmapped *u)
{
    struct gnttab_unmap_grant_ref op;
    struct unmap_request rq;

    u->parts = 0;
    if (copy_from_guest_va(&op, at, sizeof(op)))
        return -XEN_EFAULT;
    rq = (struct unmap_request){ op.host_addr, op.dev_bus_addr, 0, op.handle };
    op.status = begin_unmap(&rq, u);
    return copy_to_guest_va(at + offsetof(struct gnttab_unmap_grant_ref, status), &op.status,
                            sizeof(op.status));
}

static int replace_element(uint64_t at, struct unmapped *u)
{
    struct gnttab_unmap_and_replace op;
    struct unmap_request rq;

    u->parts = 0;
    if (copy_from_guest_va(&op, at, sizeof(op)))
        return -XEN_EFAULT;
    rq = (struct unmap_request){ op.host_addr, 0, op.new_addr, op.handle };
    op.status = begin_unmap(&rq, u);
    return copy_to_guest_va(at + offsetof(struct gnttab_unmap_and_replace, status), &op.status,
                            sizeof(op.status));
}

/* `element` undoes one element of `size` bytes; inline, so that each kind has a loop of its own. */
static inline __attribute__((always_inline)) long
unmap_array(int (*element)(uint64_t at, struct unmapped *), size_t size, uint64_t array,
            uint32_t count, uint32_t *done)
{
    struct unmapped batch[UNMAP_BATCH];
    int rc = 0;

    for (uint32_t i = 0; i < count && !rc;) {
        unsigned n = 0;

        *done = i;
        if (i && hypercall_preempt_check())
            return -XEN_ERESTART;
        for (; n < UNMAP_BATCH && i < count && !rc; i++, array += size)
            rc = element(array, &batch[n++]);
        finish_batch(batch, n);
    }
    return rc;
}

long grant_unmap_array(uint64_t array, uint32_t count, uint32_t *done)
{
    return unmap_array(unmap_element, sizeof(struct gnttab_unmap_grant_ref), array, count, done);
}

long grant_replace_array(uint64_t array, uint32_t count, uint32_t *done)
{
    return unmap_array(replace_element, sizeof(struct gnttab_unmap_and_replace), array, count,
                       done);
}

/* --- the end of a mapping domain -------------------------------------------------------------- */

/* The entries of its tables hold the references of host mappings, and go with the tables; pins and
 * device parts end here. */
static void release_one(const struct map_track *t)
{
    struct domain *rd = domain_lookup(t->granter);
    bool write = !(t->flags & GNTMAP_readonly);

    if (t->flags & GNTMAP_device_map) {
        frame_release(pinned_frame(rd, t->ref), write);
        grant_unpin(rd, t->ref, write);
    }
    if (t->flags & GNTMAP_host_map)
        grant_unpin(rd, t->ref, write);
}

int grant_table_release_mappings(struct domain *d)
{
    struct grant_table *gt = d->grant_table;

    for (; gt->release_next < gt->nr_tracks; gt->release_next++) {
        struct map_track t;

        if (gt->release_next % 16 == 15 && hypercall_preempt_check())
            return -XEN_ERESTART;
        t = *track_of(gt, gt->release_next);
        if (!(t.flags & PARTS))
            continue;
        release_one(&t);
        give_handle(gt, gt->release_next);
    }
    return 0;
}
