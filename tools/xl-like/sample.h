/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples of all domains: what each has used so far, and how fast since the sample before. One
 * hypercall lists up to some dozens of domains; what vcpus did stands in pages that the hypervisor
 * publishes, devices are counted in pages that their daemons have mapped, too; names are kept.
 */
#ifndef XL_SAMPLE_H
#define XL_SAMPLE_H

#include "host.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What only grows during the life of a domain, or the connection of a device. */
enum counter {
    COUNTER_CPU,                            /* ns for which its vcpus ran */
    COUNTER_WAITING,                        /* ns for which they could have, but others did */
    COUNTER_HYPERCALLS,
    COUNTER_EVENTS,                         /* that it sent */
    COUNTERS_OWN,                           /* those before are the domain's, not its devices' */
    COUNTER_RX_BYTES = COUNTERS_OWN, COUNTER_TX_BYTES, /* network, as the guest sees it */
    COUNTER_RX_PACKETS, COUNTER_TX_PACKETS,
    COUNTER_READ_BYTES, COUNTER_WRITTEN_BYTES, /* disks */
    COUNTER_READS, COUNTER_WRITES,          /* requests */
    COUNTERS
};

/** Texts that name a counter: as JSON has it ("rx_bytes"). */
extern const char *const counter_names[COUNTERS];

struct usage {
    uint64_t total[COUNTERS];
    double rate[COUNTERS]; /* per second; 0 in the first sample */
};

enum device_type { DEVICE_DISK, DEVICE_VIF };

struct device_sample {
    uint32_t domid, devid;
    enum device_type type;
    struct usage usage;
};

struct domain_sample {
    struct ctrl_domain_info info;
    char name[DOMAIN_NAME_MAX];
    struct usage usage;     /* with that of its devices */
    bool published;         /* false: the hypervisor does not say what needs its statistics */
};

/** Does a counter need the hypervisor's statistics? */
static inline bool counter_is_published(enum counter c)
{
    return c > COUNTER_CPU && c < COUNTERS_OWN;
}

struct cpu_sample {
    uint64_t idle_ns;       /* since the machine started */
    double busy;            /* part of the time since the sample before, 0 to 1 */
    uint64_t switches;      /* so often another vcpu began to run there */
    double switch_rate;     /* per second */
    unsigned waiting;       /* vcpus that wait for it now */
};

struct sample {
    uint64_t taken_ns;      /* CLOCK_MONOTONIC */
    double seconds;         /* since the one before; 0: it is the first, and has no rates */
    struct ctrl_physinfo host;
    bool published;                 /* the hypervisor has statistics */
    struct cpu_sample *cpus;        /* by number */
    size_t nr_cpus;
    struct domain_sample *domains;  /* by number */
    size_t nr_domains;
    struct device_sample *devices;  /* by domain, type, number */
    size_t nr_devices;
};

/** Fill in `now->seconds`, the rates of all devices, and domains' rates and totals from both. What
 * was not there before, or has fallen, began at zero since. Pure. */
void sample_rates(const struct sample *before, struct sample *now);

/** The devices of domain number `i` of a sample: the first, and how many in *n. */
const struct device_sample *sample_devices(const struct sample *s, size_t i, size_t *n);

struct sampler;

/** NULL: out of memory. */
struct sampler *sampler_open(void);
void sampler_close(struct sampler *s);
/** The next sample in *out; it stays until the second call after this one. 0 or -errno, and
 * ctrl_error() of host_ctrl(), which the caller has opened, says more. */
int sampler_take(struct sampler *s, const struct sample **out);
/** The store, for more about a domain; NULL: not in reach. The sampler's, until its next sample. */
struct xstore *sampler_store(struct sampler *s);

#endif
