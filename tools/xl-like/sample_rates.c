/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From two samples to rates.
 */
#include "sample.h"

const char *const counter_names[COUNTERS] = {
    [COUNTER_CPU] = "cpu",
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
            was.total[COUNTER_CPU] = before->domains[old].info.cpu_time_ns;
        d->usage = (struct usage){ .total[COUNTER_CPU] = d->info.cpu_time_ns };
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
        uint64_t is = now->cpus[i].idle_ns, was = i < before->nr_cpus ? before->cpus[i].idle_ns : 0;
        double idle = now->seconds > 0 && is >= was ? (is - was) / 1e9 / now->seconds : 1;

        now->cpus[i].busy = idle < 1 ? 1 - idle : 0;
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
