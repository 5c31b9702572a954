/* SPDX-License-Identifier: GPL-2.0-only */
/* Uses of a grant: who reads and writes it, and what the granter sees of that in its table. */
#include <hv/arch.h>
#include <hv/grant_use.h>
#include <hv/page_alloc.h>

#define MARK_TRIES 5 /* to mark an entry that its owner keeps changing */

/* Flags and domain of an entry in one word, to be changed at once. */
union entry_head {
    uint32_t word;
    struct {
        uint16_t flags;
        domid_t domid;
    };
};

static uint32_t *head_of(struct grant_entry_v1 *e) { return (uint32_t *)(void *)e; }

/* Mark the entry as in use, if it allows the use. */
static int mark(struct grant_entry_v1 *e, domid_t user, bool write)
{
    union entry_head seen = { .word = READ_ONCE(*head_of(e)) }, new;

    for (unsigned i = 0; i < MARK_TRIES; i++) {
        if ((seen.flags & GTF_type_mask) != GTF_permit_access || seen.domid != user)
            return GNTST_general_error;
        if (write && (seen.flags & GTF_readonly))
            return GNTST_general_error;
        /* memory types other than the normal one are for device memory, which is not granted */
        if (seen.flags & (GTF_PWT | GTF_PCD | GTF_PAT))
            return GNTST_general_error;
        new = seen;
        new.flags |= write ? GTF_reading | GTF_writing : GTF_reading;
        if (try_cmpxchg(head_of(e), &seen.word, new.word))
            return GNTST_okay;
    }
    return GNTST_general_error;
}

static void unmark(struct grant_entry_v1 *e, uint16_t flags)
{
    __atomic_fetch_and(&e->flags, (uint16_t)~flags, __ATOMIC_SEQ_CST);
}

static struct grant_pin *pin_of(const struct grant_table *gt, grant_ref_t ref)
{
    struct grant_pin *chunk = gt->pins[ref / PINS_PER_CHUNK];

    return chunk ? &chunk[ref % PINS_PER_CHUNK] : NULL;
}

static struct grant_pin *pin_get(struct grant_table *gt, grant_ref_t ref)
{
    struct grant_pin **chunk = &gt->pins[ref / PINS_PER_CHUNK];

    if (!*chunk)
        *chunk = hv_zalloc_array(PINS_PER_CHUNK, sizeof(**chunk));
    return *chunk ? &(*chunk)[ref % PINS_PER_CHUNK] : NULL;
}

static bool in_use(const struct grant_pin *pin) { return pin->readers || pin->writers; }

bool grant_is_idle(const struct grant_table *gt, grant_ref_t ref)
{
    const struct grant_pin *pin = pin_of(gt, ref);

    return !pin || !in_use(pin);
}

/* The first use: the frame is looked up, once for all uses until the last one ends. */
static int resolve(struct domain *rd, const struct grant_entry_v1 *e, struct grant_pin *pin,
                   domid_t user)
{
    struct page *pg = page_get_from_gfn(rd, gfn(READ_ONCE(e->frame)));

    if (!pg)
        return GNTST_bad_page;
    pin->frame = page_to_mfn(pg).n;
    pin->user = user;
    return GNTST_okay;
}

static uint16_t flags_to_drop(const struct grant_pin *pin)
{
    return (pin->writers ? 0 : GTF_writing) | (in_use(pin) ? 0 : GTF_reading);
}

/* The table lock is held. */
static int pin_locked(struct domain *rd, grant_ref_t ref, domid_t user, bool write, mfn_t *frame)
{
    struct grant_table *gt = rd->grant_table;
    struct grant_entry_v1 *e;
    struct grant_pin *pin;
    int status;

    if (ref >= grant_count(gt) || rd->dying != DOMDYING_alive)
        return GNTST_bad_gntref;
    ref = index_nospec(ref, grant_count(gt));
    pin = pin_get(gt, ref);
    if (!pin)
        return GNTST_no_space;
    if (in_use(pin) && pin->user != user)
        return GNTST_general_error;
    e = grant_entry(gt, ref);
    status = mark(e, user, write);
    if (status)
        return status;
    if (!in_use(pin)) {
        status = resolve(rd, e, pin, user);
        if (status) {
            unmark(e, GTF_reading | GTF_writing);
            return status;
        }
    }
    if (write)
        pin->writers++;
    else
        pin->readers++;
    *frame = mfn(pin->frame);
    return GNTST_okay;
}

int grant_pin(struct domain *rd, grant_ref_t ref, domid_t user, bool write, mfn_t *frame)
{
    struct grant_table *gt = rd->grant_table;
    int status;

    spin_lock(&gt->lock);
    status = pin_locked(rd, ref, user, write, frame);
    spin_unlock(&gt->lock);
    return status;
}

void grant_unpin(struct domain *rd, grant_ref_t ref, bool write)
{
    struct grant_table *gt = rd->grant_table;
    struct page *last = NULL;
    struct grant_pin *pin;

    spin_lock(&gt->lock);
    pin = pin_of(gt, ref);
    if (write)
        pin->writers--;
    else
        pin->readers--;
    if (ref < grant_count(gt)) /* a dying granter has given its table up */
        unmark(grant_entry(gt, ref), flags_to_drop(pin));
    if (!in_use(pin))
        last = mfn_to_page(mfn(pin->frame));
    spin_unlock(&gt->lock);
    if (last)
        page_put(last);
}
