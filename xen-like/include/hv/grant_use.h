/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables, inner side. For common/grant_*.c only.
 *
 * A grant in use is pinned: its frame was looked up once, when the first use began, and stays the
 * same, with a page reference of its own, until the last use ends. What is mapped by whom stands in
 * the mapping domain's map track; an entry is claimed there before anything is undone, so that two
 * unmaps of one handle cannot both succeed.
 *
 * Locks: the granter's table lock for entries and pins; the mapper's track lock for handles.
 * Neither is held while page tables are changed.
 */
#ifndef HV_GRANT_USE_H
#define HV_GRANT_USE_H

#include <hv/domain.h>
#include <hv/grant_table.h>
#include <hv/lock.h>

#define GRANTS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define PINS_PER_CHUNK   256
#define TRACKS_PER_FRAME (PAGE_SIZE / sizeof(struct map_track))

/** Uses of one grant. */
struct grant_pin {
    uint32_t readers, writers; /* mappings and copies going on; a writer reads too */
    uint64_t frame : 48;       /* machine frame while in use */
    uint64_t user : 16;        /* domain that uses it */
};
_Static_assert(sizeof(struct grant_pin) == 16, "a chunk of pins is a page");

/** One handle. */
struct map_track {
    uint32_t ref;     /* or the next free handle */
    domid_t granter;
    uint16_t flags; /* GNTMAP_host_map, GNTMAP_device_map as far as they stand; GNTMAP_readonly,
                       GNTMAP_contains_pte; TRACK_BUSY; 0: free */
};
_Static_assert(sizeof(struct map_track) == 8, "a power of two");

#define NO_HANDLE  (~0U)
#define TRACK_BUSY 0x8000 /* an unmap is going on */

struct grant_table {
    struct spinlock lock;        /* LOCK_GRANT_TABLE */
    unsigned nr_frames, max_frames;
    struct grant_entry_v1 **frames; /* [max_frames]: shared with the guest */
    struct grant_pin **pins;     /* [chunks for max_frames], each allocated when first needed */

    struct spinlock track_lock;  /* LOCK_MAPTRACK */
    unsigned max_track_frames;
    unsigned nr_tracks;          /* allocated */
    unsigned free_track;         /* first free handle, NO_HANDLE if none */
    unsigned release_next;       /* progress of releasing all */
    struct map_track **tracks;   /* [max_track_frames], allocated with the first mapping */
};

/* --- grant_pin.c: all return GNTST_* ---------------------------------------------------------- */
/** Begin a use of grant `ref` of `rd` by domain `user`: marks the entry, gives the frame. */
int grant_pin(struct domain *rd, grant_ref_t ref, domid_t user, bool write, mfn_t *frame);
void grant_unpin(struct domain *rd, grant_ref_t ref, bool write);
/** Take what a mapping or copy holds of a frame of `d`: a reference, and the writable type if it
 * writes. GNTST_*. */
static inline int frame_hold(struct domain *d, mfn_t frame, bool write)
{
    struct page *pg = mfn_to_page(frame);

    if (!page_get(pg, d))
        return GNTST_general_error;
    if (write && page_get_type(pg, PGT_WRITABLE)) {
        page_put(pg);
        return GNTST_general_error;
    }
    return GNTST_okay;
}

static inline void frame_release(mfn_t frame, bool write)
{
    struct page *pg = mfn_to_page(frame);

    if (write)
        page_put_type(pg);
    page_put(pg);
}

/** The entry is not used by anyone. The table lock is held. */
bool grant_is_idle(const struct grant_table *gt, grant_ref_t ref);
/** Number of entries that the table has now. */
static inline unsigned grant_count(const struct grant_table *gt)
{
    return gt->nr_frames * GRANTS_PER_FRAME;
}
static inline struct grant_entry_v1 *grant_entry(const struct grant_table *gt, grant_ref_t ref)
{
    return &gt->frames[ref / GRANTS_PER_FRAME][ref % GRANTS_PER_FRAME];
}

/* --- operations on arrays: handle elements, the result is the hypercall's or -ERESTART with
 * `*done` elements done  */
long grant_map_array(uint64_t array, uint32_t count, uint32_t *done);
long grant_unmap_array(uint64_t array, uint32_t count, uint32_t *done);
long grant_replace_array(uint64_t array, uint32_t count, uint32_t *done);
long grant_copy_array(uint64_t array, uint32_t count, uint32_t *done);

#endif
