/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From two samples to rates.
 */
#include "sample.h"

#include <string.h>

const char *const counter_names[COUNTERS] = {
    [COUNTER_CPU] = "cpu",
    [COUNTER_WAITING] = "waiting_ns",
    [COUNTER_HYPERCALLS] = "hypercalls",
    [COUNTER_EVENTS] = "events",
    [COUNTER_RX_BYTES] = "rx_bytes",
    [COUNTER_TX_BYTES] = "tx_bytes",
    [COUNTER_RX_PACKETS] = "rx_packets",
    [COUNTER_TX_PACKETS] = "tx_packets",
    [COUNTER_READ_BYTES] = "read_bytes",
    [COUNTER_WRITTEN_BYTES] = "written_bytes",
    [COUNTER_READS] = "reads",
    [COUNTER_WRITES] = "writes",
};

/* before == NULL: it was not there. */
static void rate_usage(const struct usage *before, struct usage *now, double seconds)
{
    for (int c = 0; c < COUNTERS; c++) {
        uint64_t was = before ? before->total[c] : 0, is = now->total[c];

        now->rate[c] = seconds > 0 ? (is >= was ? is - was : is) / seconds : 0;
    }
}

static void add_usage(struct usage *to, const struct usage *part)
{
    for (int c = 0; c < COUNTERS; c++) {
        to->total[c] += part->total[c];
        to->rate[c] += part->rate[c];
    }
}

static int64_t device_order(const struct device_sample *a, const struct device_sample *b)
{
    if (a->domid != b->domid)
        return (int64_t)a->domid - b->domid;
    if (a->type != b->type)
        return (int)a->type - (int)b->type;
    return (int64_t)a->devid - b->devid;
}

static void rate_devices(const struct sample *before, struct sample *now)
{
    size_t old = 0;

    for (size_t i = 0; i < now->nr_devices; i++) {
        struct device_sample *d = &now->devices[i];

        while (old < before->nr_devices && device_order(&before->devices[old], d) < 0)
            old++;
        bool was = old < before->nr_devices && device_order(&before->devices[old], d) == 0;
        rate_usage(was ? &before->devices[old].usage : NULL, &d->usage, now->seconds);
    }
}

/* A domain's without that of its devices. */
static struct usage own_usage(const struct domain_sample *d)
{
    struct usage own = { 0 };

    memcpy(own.total, d->usage.total, COUNTERS_OWN * sizeof(own.total[0]));
    own.total[COUNTER_CPU] = d->info.cpu_time_ns;
    return own;
}

static void rate_domains(const struct sample *before, struct sample *now)
{
    size_t old = 0, device = 0;

    for (size_t i = 0; i < now->nr_domains; i++) {
        struct domain_sample *d = &now->domains[i];
        uint32_t domid = d->info.domid;
        struct usage was = { 0 };

        while (old < before->nr_domains && before->domains[old].info.domid < domid)
            old++;
        if (old < before->nr_domains && before->domains[old].info.domid == domid)
            was = own_usage(&before->domains[old]);
        d->usage = own_usage(d);
        rate_usage(&was, &d->usage, now->seconds);

        while (device < now->nr_devices && now->devices[device].domid < domid)
            device++; /* of a domain that is gone */
        for (; device < now->nr_devices && now->devices[device].domid == domid; device++)
            add_usage(&d->usage, &now->devices[device].usage);
    }
}

static void rate_cpus(const struct sample *before, struct sample *now)
{
    for (size_t i = 0; i < now->nr_cpus; i++) {
        static const struct cpu_sample none;
        const struct cpu_sample *was = i < before->nr_cpus ? &before->cpus[i] : &none;
        struct cpu_sample *is = &now->cpus[i];
        double idle = 1;

        if (now->seconds > 0 && is->idle_ns >= was->idle_ns)
            idle = (is->idle_ns - was->idle_ns) / 1e9 / now->seconds;
        is->busy = idle < 1 ? 1 - idle : 0;
        if (now->seconds > 0 && is->switches >= was->switches)
            is->switch_rate = (is->switches - was->switches) / now->seconds;
    }
}

void sample_rates(const struct sample *before, struct sample *now)
{
    now->seconds = before->taken_ns ? (now->taken_ns - before->taken_ns) / 1e9 : 0;
    rate_cpus(before, now);
    rate_devices(before, now);
    rate_domains(before, now);
}

const struct device_sample *sample_devices(const struct sample *s, size_t i, size_t *n)
{
    uint32_t domid = s->domains[i].info.domid;
    size_t first = 0, end;

    while (first < s->nr_devices && s->devices[first].domid < domid)
        first++;
    for (end = first; end < s->nr_devices && s->devices[end].domid == domid; end++)
        ;
    *n = end - first;
    return s->devices + first;
}
