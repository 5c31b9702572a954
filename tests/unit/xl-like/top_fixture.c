/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine that there is not. Guest 1 is busy, with a disk and a network device; guest 2 sleeps;
 * guest 3 is paused and guest 4 has crashed; others work a little, the more the higher their number.
 */
#include "top_fixture.h"

#include <stdio.h>
#include <string.h>

#define SECOND      1000000000ULL
#define FIXTURE_DOMAINS 1001
#define CPUS        4

static struct machine {
    struct sample sample;
    struct domain_sample domains[FIXTURE_DOMAINS];
    struct device_sample devices[2];
    struct cpu_sample cpus[CPUS];
} machines[2];

static const struct {
    const char *name;
    unsigned percent, vcpus, mib;
} first[] = {
    { "Domain-0", 25, 4, 512 },      { "web", 150, 2, 1024 },   { "database", 0, 4, 4096 },
    { "stopped", 0, 1, 64 },         { "broken", 0, 1, 128 },
};

static void make_domain(struct domain_sample *d, unsigned number, unsigned n)
{
    bool special = number < sizeof(first) / sizeof(first[0]);
    unsigned percent = special ? first[number].percent : number % 100;

    *d = (struct domain_sample){
        .info = {
            .domid = number,
            .running = percent > 0,
            .blocked = percent == 0 && number == 2,
            .paused = number == 3,
            .shutdown = number == 4,
            .shutdown_reason = number == 4 ? CTRL_SHUTDOWN_CRASH : 0,
            .cpu_time_ns = (10 * number + n * percent / 100.0) * SECOND,
            .tot_pages = (special ? first[number].mib : 64) * 256,
            .max_pages = (special ? first[number].mib : 64) * 256,
            .online_vcpus = special ? first[number].vcpus : 1,
            .max_vcpu_id = special ? first[number].vcpus - 1 : 0,
        },
        .published = true,
        .usage.total = {
            [COUNTER_WAITING] = n * percent * SECOND / 1000,
            [COUNTER_HYPERCALLS] = n * percent * 100ULL,
            [COUNTER_EVENTS] = n * percent,
        },
    };
    if (special)
        snprintf(d->name, sizeof(d->name), "%s", first[number].name);
    else
        snprintf(d->name, sizeof(d->name), "guest-%u", number);
}

const struct sample *fixture_sample(unsigned n, unsigned guests)
{
    struct machine *m = &machines[n % 2], *before = &machines[(n + 1) % 2];
    static const struct sample none;

    m->sample = (struct sample){
        .taken_ns = (n + 1) * SECOND,
        .host = { .total_pages = 16384 * 256, .free_pages = 8192 * 256, .nr_cpus = CPUS,
                  .max_cpu_id = CPUS - 1 },
        .domains = m->domains, .nr_domains = guests + 1,
        .devices = m->devices, .nr_devices = guests ? 2 : 0,
        .cpus = m->cpus, .nr_cpus = CPUS, .published = true,
    };
    for (unsigned i = 0; i <= guests; i++)
        make_domain(&m->domains[i], i, n);
    m->devices[0] = (struct device_sample){ 1, 51712, DEVICE_DISK, { .total = {
        [COUNTER_READ_BYTES] = n * 4096000ULL, [COUNTER_READS] = n * 1000ULL,
        [COUNTER_WRITTEN_BYTES] = n * 512ULL, [COUNTER_WRITES] = n } } };
    m->devices[1] = (struct device_sample){ 1, 0, DEVICE_VIF, { .total = {
        [COUNTER_RX_BYTES] = n * 66000ULL, [COUNTER_RX_PACKETS] = n * 1000ULL,
        [COUNTER_TX_BYTES] = n * 1500000ULL, [COUNTER_TX_PACKETS] = n * 1000ULL } } };
    for (unsigned i = 0; i < CPUS; i++)
        m->cpus[i] = (struct cpu_sample){ .idle_ns = n * SECOND / 4 * (4 - i),
                                          .switches = n * 700ULL * i, .waiting = i / 2 };
    sample_rates(n ? &before->sample : &none, &m->sample);
    return &m->sample;
}
