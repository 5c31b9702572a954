/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of statistics that xen-like publishes (public/statistics.h).
 */
#include "internal.h"

#include <public/statistics.h>
#include <public/sysctl.h>
#include <public/vcpu.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The table may change between asking for its size and mapping it, and an entry while it is copied:
 * so often in a row only if something is wrong. */
#define MAP_TRIES  20
#define COPY_TRIES 100000

struct ctrl_statistics {
    struct ctrl *h;
    struct xen_sysctl_statistics table;     /* as mapped */
    const char *pages;                      /* NULL: not mapped yet */
    struct ctrl_vcpu_statistics *list;      /* room for all entries of the table */
};

static int describe(struct ctrl *h, struct xen_sysctl_statistics *table)
{
    struct xen_sysctl *op = sysctl_get(h, XEN_SYSCTL_statistics);
    int ret = sysctl_call(h, op);

    memcpy(table, &op->u, sizeof(*table));
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "the hypervisor publishes no statistics: %s", strerror(-ret));
    if (!table->nr_frames || table->entry_size < sizeof(struct xen_vcpu_statistics) ||
        table->entry_size > PAGE_SIZE)
        return ctrl_fail(h, -EPROTO, "statistics of %u pages, entries of %u bytes", table->nr_frames,
                         table->entry_size);
    return 0;
}

static size_t per_page(const struct ctrl_statistics *t)
{
    return PAGE_SIZE / t->table.entry_size;
}

static void unmap(struct ctrl_statistics *t)
{
    if (t->pages)
        ctrl_unmap((void *)t->pages, t->table.nr_frames);
    t->pages = NULL;
}

static int map(struct ctrl_statistics *t, const struct xen_sysctl_statistics *table)
{
    struct ctrl_vcpu_statistics *list;
    void *pages;
    int ret;

    unmap(t);
    ret = ctrl_map_resource(t->h, DOMID_XEN, XENMEM_resource_statistics, 0, 0, table->nr_frames,
                            PROT_READ, &pages);
    if (ret < 0)
        return ret;
    t->table = *table;
    t->pages = pages;
    list = realloc(t->list, t->table.nr_frames * per_page(t) * sizeof(*list));
    if (!list) {
        unmap(t);
        return ctrl_fail(t->h, -ENOMEM, "no memory for statistics");
    }
    t->list = list;
    return 0;
}

/* The table as it is now is mapped, and *now the hypervisor's clock. */
static int bring_up_to_date(struct ctrl_statistics *t, uint64_t *now)
{
    struct xen_sysctl_statistics table;
    int ret = -EAGAIN;

    for (int i = 0; ret < 0 && i < MAP_TRIES; i++) {
        ret = describe(t->h, &table);
        if (ret < 0)
            return ret;
        if (!t->pages || table.generation != t->table.generation)
            ret = map(t, &table);
    }
    *now = table.now;
    return ret;
}

/* false: it never stood still. */
static bool copy_entry(const void *from, struct xen_vcpu_statistics *to)
{
    const struct xen_vcpu_statistics *s = from;

    for (int i = 0; i < COPY_TRIES; i++) {
        uint32_t sequence = __atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE);

        memcpy(to, s, sizeof(*to));
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (sequence % 2 == 0 && __atomic_load_n(&s->sequence, __ATOMIC_RELAXED) == sequence)
            return true;
    }
    return false;
}

static struct ctrl_vcpu_statistics as_of(const struct xen_vcpu_statistics *s, uint64_t now)
{
    uint64_t since = now > s->entered ? now - s->entered : 0;
    bool running = s->state == RUNSTATE_running, waiting = s->state == RUNSTATE_runnable;

    return (struct ctrl_vcpu_statistics){
        .is_cpu = s->domid == DOMID_IDLE,
        .domid = s->domid,
        .vcpu = s->vcpu,
        .cpu = s->cpu,
        .running = running,
        .waiting = waiting && s->domid != DOMID_IDLE,
        .running_ns = s->running + (running ? since : 0),
        .waiting_ns = s->waiting + (waiting ? since : 0),
        .hypercalls = s->hypercalls,
        .events = s->events,
        .switches = s->switches,
    };
}

int ctrl_statistics_read(struct ctrl_statistics *t, const struct ctrl_vcpu_statistics **list)
{
    struct xen_vcpu_statistics entry;
    uint64_t now;
    int n = 0, ret = bring_up_to_date(t, &now);

    if (ret < 0)
        return ret;
    for (size_t page = 0; page < t->table.nr_frames; page++)
        for (size_t i = 0; i < per_page(t); i++) {
            if (!copy_entry(t->pages + page * PAGE_SIZE + i * t->table.entry_size, &entry))
                return ctrl_fail(t->h, -EIO, "an entry of the statistics changes without end");
            if (entry.domid != DOMID_INVALID)
                t->list[n++] = as_of(&entry, now);
        }
    *list = t->list;
    return n;
}

int ctrl_statistics_open(struct ctrl *h, struct ctrl_statistics **out)
{
    struct ctrl_statistics *t = calloc(1, sizeof(*t));
    uint64_t now;
    int ret;

    if (!t)
        return ctrl_fail(h, -ENOMEM, "no memory for statistics");
    t->h = h;
    ret = bring_up_to_date(t, &now);
    if (ret < 0) {
        ctrl_statistics_close(t);
        return ret;
    }
    *out = t;
    return 0;
}

void ctrl_statistics_close(struct ctrl_statistics *t)
{
    if (!t)
        return;
    unmap(t);
    free(t->list);
    free(t);
}
