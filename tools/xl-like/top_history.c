/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last samples.
 */
#include "top_history.h"

#include <stdlib.h>

double domain_load(const struct domain_sample *d)
{
    unsigned vcpus = d->info.online_vcpus ? d->info.online_vcpus : 1;
    double load = d->usage.rate[COUNTER_CPU] / 1e9 / vcpus;

    return load < 1 ? load : 1;
}

static void add(struct history *h, double value)
{
    h->newest = (h->newest + 1) % HISTORY_SAMPLES;
    h->values[h->newest] = value;
    if (h->count < HISTORY_SAMPLES)
        h->count++;
}

/* What a sample has a value for, in the order of numbers. */
struct row {
    uint32_t id;
    double value;
};

static struct row domain_row(const struct sample *s, size_t i)
{
    return (struct row){ s->domains[i].info.domid, domain_load(&s->domains[i]) };
}

static struct row cpu_row(const struct sample *s, size_t i)
{
    return (struct row){ i, s->cpus[i].busy };
}

static bool add_all(struct histories *h, const struct sample *s, size_t count,
                    struct row (*row_of)(const struct sample *s, size_t i))
{
    struct history *list = calloc(count + 1, sizeof(*list));
    size_t old = 0;

    if (!list)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct row row = row_of(s, i);

        while (old < h->count && h->list[old].id < row.id)
            old++;
        if (old < h->count && h->list[old].id == row.id)
            list[i] = h->list[old];
        list[i].id = row.id;
        if (s->seconds > 0)
            add(&list[i], row.value);
    }
    free(h->list);
    h->list = list;
    h->count = count;
    return true;
}

bool histories_add_domains(struct histories *h, const struct sample *s)
{
    return add_all(h, s, s->nr_domains, domain_row);
}

bool histories_add_cpus(struct histories *h, const struct sample *s)
{
    return add_all(h, s, s->nr_cpus, cpu_row);
}

static int order(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct history *)element)->id;

    return (a > b) - (a < b);
}

const struct history *histories_find(const struct histories *h, uint32_t id)
{
    return h->count ? bsearch(&id, h->list, h->count, sizeof(*h->list), order) : NULL;
}

void histories_free(struct histories *h)
{
    free(h->list);
    *h = (struct histories){ 0 };
}
