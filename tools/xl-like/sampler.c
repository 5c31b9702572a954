/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking samples.
 */
#include "device_notes.h"
#include "sample.h"

#include <counts.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Names can change: so many of those that are known are read again with each sample. */
#define NAMES_AGAIN 16

#define NO_NAME "(domain " /* and its number */

#define LIST_FIRST 64 /* domains for which there is room at first */

struct sampler {
    struct device_notes *notes;
    struct xstore *store; /* NULL: not in reach; tried again with each sample */
    struct ctrl_statistics *statistics; /* NULL: not asked for yet, or not there */
    bool no_statistics;    /* this hypervisor has none */
    struct sample samples[2];
    unsigned latest;       /* which of them is */
    size_t turn;           /* which of the names are read again */
    struct ctrl_domain_info *list;
    unsigned list_size;
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* --- names ------------------------------------------------------------------------------------ */

struct xstore *sampler_store(struct sampler *s)
{
    if (!s->store && xstore_open(&s->store) < 0)
        s->store = NULL;
    return s->store;
}

/* Domains whose names are to be read at once. */
struct unread {
    size_t n;
    uint32_t domids[NAMES_AT_ONCE];
    struct domain_sample *domains[NAMES_AT_ONCE];
};

/* Their names are read; false: the store cannot be asked, and they are as they were. */
static bool read_names(struct sampler *s, struct unread *u)
{
    char *values[NAMES_AT_ONCE];
    size_t n = u->n;

    u->n = 0;
    if (!sampler_store(s))
        return false;
    if (store_names(s->store, u->domids, n, values) < 0) {
        xstore_close(s->store);
        s->store = NULL;
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (values[i])
            snprintf(u->domains[i]->name, DOMAIN_NAME_MAX, "%s", values[i]);
        free(values[i]);
    }
    return true;
}

static bool same_life(const struct ctrl_domain_info *a, const struct ctrl_domain_info *b)
{
    return a->domid == b->domid && memcmp(a->handle, b->handle, sizeof(a->handle)) == 0;
}

/* From the sample before, and from the store for those without, and for some others in turn. */
static void name_all(struct sampler *s, const struct sample *before, struct sample *now)
{
    size_t turns = now->nr_domains / NAMES_AGAIN + 1, old = 0;
    struct unread unread = { 0 };
    bool reachable = true;

    s->turn = (s->turn + 1) % turns;
    for (size_t i = 0; i < now->nr_domains; i++) {
        struct domain_sample *d = &now->domains[i];

        while (old < before->nr_domains && before->domains[old].info.domid < d->info.domid)
            old++;
        if (old < before->nr_domains && same_life(&before->domains[old].info, &d->info))
            memcpy(d->name, before->domains[old].name, sizeof(d->name));
        else
            snprintf(d->name, sizeof(d->name), d->info.domid ? NO_NAME "%u)" : "Domain-0",
                     d->info.domid);
        if (reachable && (strncmp(d->name, NO_NAME, strlen(NO_NAME)) == 0 || !d->info.domid ||
                          i / NAMES_AGAIN == s->turn)) {
            unread.domids[unread.n] = d->info.domid;
            unread.domains[unread.n++] = d;
        }
        if (reachable && (unread.n == NAMES_AT_ONCE || i + 1 == now->nr_domains))
            reachable = read_names(s, &unread);
    }
}

/* --- domains ---------------------------------------------------------------------------------- */

/* All of them into s->list, which grows as need be. How many, or -errno. */
static int list_domains(struct sampler *s)
{
    for (;;) {
        int n = s->list_size ? ctrl_domain_list(host_ctrl(), 0, s->list, s->list_size) : 0;
        unsigned size = s->list_size ? s->list_size * 2 : LIST_FIRST;
        struct ctrl_domain_info *bigger;

        if (n < 0 || (unsigned)n < s->list_size)
            return n;
        bigger = realloc(s->list, size * sizeof(*bigger));
        if (!bigger)
            return -ENOMEM;
        s->list = bigger;
        s->list_size = size;
    }
}

static int take_cpus(struct sample *now)
{
    uint64_t *idle = calloc(now->host.max_cpu_id + 1, sizeof(*idle));
    int n = idle ? ctrl_cpu_idle(host_ctrl(), idle, now->host.max_cpu_id + 1) : -ENOMEM;

    if (n >= 0)
        now->cpus = calloc(n + 1, sizeof(*now->cpus));
    if (n >= 0 && !now->cpus)
        n = -ENOMEM;
    for (int i = 0; i < n; i++)
        now->cpus[i].idle_ns = idle[i];
    free(idle);
    now->nr_cpus = n > 0 ? n : 0;
    return n < 0 ? n : 0;
}

/* --- statistics ------------------------------------------------------------------------------- */

static int by_domid(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct domain_sample *)element)->info.domid;

    return a < b ? -1 : a > b;
}

static void add_vcpu(struct sample *now, const struct ctrl_vcpu_statistics *v)
{
    struct domain_sample *d = bsearch(&v->domid, now->domains, now->nr_domains,
                                      sizeof(*now->domains), by_domid);

    if (v->waiting && v->cpu < now->nr_cpus)
        now->cpus[v->cpu].waiting++;
    if (!d) /* it came or went meanwhile */
        return;
    d->usage.total[COUNTER_WAITING] += v->waiting_ns;
    d->usage.total[COUNTER_HYPERCALLS] += v->hypercalls;
    d->usage.total[COUNTER_EVENTS] += v->events;
}

static int take_statistics(struct sampler *s, struct sample *now)
{
    const struct ctrl_vcpu_statistics *list;
    int n = s->statistics || s->no_statistics ? 0 : ctrl_statistics_open(host_ctrl(), &s->statistics);

    s->no_statistics |= n == -ENOSYS;
    if (s->no_statistics)
        return 0;
    if (n == 0)
        n = ctrl_statistics_read(s->statistics, &list);
    for (int i = 0; i < n; i++) {
        if (!list[i].is_cpu)
            add_vcpu(now, &list[i]);
        else if (list[i].vcpu < now->nr_cpus)
            now->cpus[list[i].vcpu].switches = list[i].switches;
    }
    now->published = n >= 0;
    for (size_t i = 0; i < now->nr_domains; i++)
        now->domains[i].published = now->published;
    return n < 0 ? n : 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void release(struct sample *s)
{
    free(s->cpus);
    free(s->domains);
    free(s->devices);
    *s = (struct sample){ 0 };
}

static int fill(struct sampler *s, struct sample *now)
{
    int n, ret = ctrl_physinfo(host_ctrl(), &now->host);

    if (ret == 0)
        ret = take_cpus(now);
    n = ret < 0 ? ret : list_domains(s);
    if (n < 0)
        return n;
    now->taken_ns = now_ns();
    now->domains = calloc(n + 1, sizeof(*now->domains));
    if (!now->domains)
        return -ENOMEM;
    for (int i = 0; i < n; i++)
        now->domains[i].info = s->list[i];
    now->nr_domains = n;
    ret = take_statistics(s, now);
    if (ret < 0)
        return ret;
    return device_notes_read(s->notes, &now->devices, &now->nr_devices);
}

int sampler_take(struct sampler *s, const struct sample **out)
{
    struct sample *before = &s->samples[s->latest], *now = &s->samples[!s->latest];
    int ret;

    release(now);
    ret = fill(s, now);
    if (ret < 0) {
        release(now);
        return ret;
    }
    name_all(s, before, now);
    sample_rates(before, now);
    s->latest = !s->latest;
    *out = now;
    return 0;
}

struct sampler *sampler_open(void)
{
    struct sampler *s = calloc(1, sizeof(*s));

    if (s)
        s->notes = device_notes_open(COUNTS_DIR);
    if (s && s->notes)
        return s;
    free(s);
    return NULL;
}

void sampler_close(struct sampler *s)
{
    release(&s->samples[0]);
    release(&s->samples[1]);
    device_notes_close(s->notes);
    ctrl_statistics_close(s->statistics);
    xstore_close(s->store);
    free(s->list);
    free(s);
}
