/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vcpus have done, in pages for the control domain. The table grows by a page when all entries
 * are in use, and gives its last pages back when they are empty and nobody maps them.
 */
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <hv/statistics.h>
#include <public/errno.h>

#define ENTRIES   (PAGE_SIZE / sizeof(struct xen_vcpu_statistics)) /* of a page */
#define MAX_PAGES 1024

_Static_assert(sizeof(struct xen_vcpu_statistics) == 64 && ENTRIES == 64, "one bit each");

static struct spinlock lock = SPINLOCK_INIT(LOCK_STATISTICS);
/* LOCK_STATISTICS */
static struct {
    struct xen_vcpu_statistics *entries;
    uint64_t used; /* bit n: entry n */
} pages[MAX_PAGES];
static unsigned nr_pages;
static uint64_t generation;

/* Between these two an entry is no whole; who reads sees it by its sequence. */
static void begin_write(struct xen_vcpu_statistics *s)
{
    WRITE_ONCE(s->sequence, s->sequence + 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static void end_write(struct xen_vcpu_statistics *s)
{
    __atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELEASE);
}

void statistics_state(const struct vcpu *v)
{
    struct xen_vcpu_statistics *s = v->statistics;

    begin_write(s);
    s->state = (uint16_t)v->runstate.state;
    s->cpu = (uint16_t)v->processor;
    s->entered = v->runstate.state_entry_time;
    s->running = v->runstate.time[RUNSTATE_running];
    s->waiting = v->runstate.time[RUNSTATE_runnable];
    end_write(s);
}

/* LOCK_STATISTICS */
static int add_page(void)
{
    struct xen_vcpu_statistics *entries;

    if (nr_pages == MAX_PAGES)
        return -XEN_ENOSPC;
    entries = hv_alloc_page();
    if (!entries)
        return -XEN_ENOMEM;
    for (unsigned i = 0; i < ENTRIES; i++)
        entries[i].domid = DOMID_INVALID;
    page_share_with(entries, dom_hv, false);
    pages[nr_pages].entries = entries;
    pages[nr_pages].used = 0;
    nr_pages++;
    generation++;
    return 0;
}

/* LOCK_STATISTICS */
static void drop_empty_pages(void)
{
    while (nr_pages && !pages[nr_pages - 1].used &&
           page_unshare(pages[nr_pages - 1].entries, dom_hv) == 0) {
        hv_free_page(pages[--nr_pages].entries);
        generation++;
    }
}

/* LOCK_STATISTICS. The first free entry, now used; NULL: there is none. */
static struct xen_vcpu_statistics *take_entry(void)
{
    for (unsigned p = 0; p < nr_pages; p++)
        if (~pages[p].used) {
            unsigned i = (unsigned)__builtin_ctzl(~pages[p].used);

            pages[p].used |= 1UL << i;
            return &pages[p].entries[i];
        }
    return NULL;
}

static void set_identity(struct xen_vcpu_statistics *s, domid_t domid, unsigned vcpu)
{
    begin_write(s);
    s->domid = domid;
    s->vcpu = (uint16_t)vcpu;
    s->running = s->waiting = s->hypercalls = s->events = s->switches = 0;
    end_write(s);
}

int statistics_attach(struct vcpu *v)
{
    int rc = 0;

    spin_lock(&lock);
    v->statistics = take_entry();
    if (!v->statistics) {
        rc = add_page();
        if (!rc)
            v->statistics = take_entry();
    }
    spin_unlock(&lock);
    if (rc)
        return rc;
    set_identity(v->statistics, v->domain->id, v->id);
    statistics_state(v);
    return 0;
}

void statistics_detach(struct vcpu *v)
{
    struct xen_vcpu_statistics *s = v->statistics;

    set_identity(s, DOMID_INVALID, 0);
    spin_lock(&lock);
    for (unsigned p = 0; p < nr_pages; p++)
        if (s >= pages[p].entries && s < pages[p].entries + ENTRIES)
            pages[p].used &= ~(1UL << (s - pages[p].entries));
    drop_empty_pages();
    spin_unlock(&lock);
}

void statistics_describe(struct xen_sysctl_statistics *s)
{
    spin_lock(&lock);
    s->nr_frames = nr_pages;
    s->generation = generation;
    spin_unlock(&lock);
    s->entry_size = sizeof(struct xen_vcpu_statistics);
    s->now = (uint64_t)now();
}

int statistics_frame(uint64_t index, mfn_t *out)
{
    int rc = -XEN_EINVAL;

    spin_lock(&lock);
    if (index < nr_pages) {
        *out = virt_to_mfn(pages[index_nospec(index, nr_pages)].entries);
        rc = 0;
    }
    spin_unlock(&lock);
    return rc;
}
