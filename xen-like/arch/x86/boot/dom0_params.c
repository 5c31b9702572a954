/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much memory and how many vcpus Dom0 gets: dom0_mem=[min:<size>,][max:<size>,][<size>],
 * dom0_max_vcpus=<n> or <a>-<b>. A size with '-' in front is taken off what is free.
 */
#include <arch/dom0.h>
#include <hv/bug.h>
#include <hv/cpumask.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <public/errno.h>

struct size_option {
    bool given, from_free;
    unsigned long pages;
};
static struct size_option opt_size, opt_min, opt_max;
static unsigned opt_vcpus_min, opt_vcpus_max;

/* <number>[BKMGT]; KiB without a unit */
static bool parse_size(const char **s, struct size_option *o)
{
    uint64_t bytes;

    o->from_free = **s == '-';
    if (param_parse_size(*s + o->from_free, 10, &bytes, s))
        return false;
    o->pages = bytes >> PAGE_SHIFT;
    o->given = true;
    return true;
}

static int parse_dom0_mem(const char *s)
{
    while (*s) {
        struct size_option *o = &opt_size;

        if (!strncmp(s, "min:", 4))
            o = &opt_min;
        else if (!strncmp(s, "max:", 4))
            o = &opt_max;
        if (o != &opt_size)
            s += 4;
        if (!parse_size(&s, o))
            return -XEN_EINVAL;
        if (*s == ',')
            s++;
        else if (*s)
            return -XEN_EINVAL;
    }
    return 0;
}
PARAM_FN("dom0_mem", parse_dom0_mem, "[min:<size>,][max:<size>,][<size>]: memory of Dom0");

static int parse_dom0_vcpus(const char *s)
{
    uint64_t a, b;

    if (param_parse_number(s, &a, &s))
        return -XEN_EINVAL;
    b = a;
    if (*s == '-') {
        if (param_parse_number(s + 1, &b, &s))
            return -XEN_EINVAL;
        opt_vcpus_min = MIN(a, (uint64_t)MAX_VCPUS_PV);
    }
    if (*s || !b || b < a)
        return -XEN_EINVAL;
    opt_vcpus_max = MIN(b, (uint64_t)MAX_VCPUS_PV);
    if (!opt_vcpus_min)
        opt_vcpus_min = opt_vcpus_max;
    return 0;
}
PARAM_FN("dom0_max_vcpus", parse_dom0_vcpus, "<n> or <min>-<max>: vcpus of Dom0");

static unsigned long resolve(const struct size_option *o, unsigned long free,
                             unsigned long otherwise)
{
    if (!o->given)
        return otherwise;
    if (!o->from_free)
        return o->pages;
    return o->pages < free ? free - o->pages : 0;
}

void dom0_memory_size(unsigned long free, unsigned long need, unsigned long *pages,
                      unsigned long *max_pages)
{
    const unsigned long mib = 1UL << (20 - PAGE_SHIFT);
    unsigned long reserve = MIN(free / 16, 128 * mib), limit = free - MIN(free, 4 * mib);
    unsigned long max = resolve(&opt_max, free, ~0UL),
                  n = resolve(&opt_size, free, MIN(free - reserve, max));

    n = MAX(n, resolve(&opt_min, free, 0));
    n = MIN(n, max);
    if (n > limit) {
        printk(LOG_WARNING, "dom0_mem: %lu MiB are not free, Dom0 gets %lu MiB\n", n / mib,
               limit / mib);
        n = limit;
    }
    if (n < need)
        panic("Dom0 needs at least %lu MiB for its kernel, ramdisk and page tables, but gets only "
              "%lu MiB%s",
              need / mib + 1, n / mib,
              opt_size.given ? " (dom0_mem=)" : ": the machine has too little memory");
    *pages = n;
    *max_pages = opt_max.given ? MAX(max, n) : opt_size.given ? n : ~0U;
}

unsigned dom0_vcpu_count(void)
{
    unsigned n = MIN(cpumask_weight(&cpu_online), (unsigned)MAX_VCPUS_PV);

    if (opt_vcpus_max)
        n = MIN(n, opt_vcpus_max);
    return MAX(n, MAX(opt_vcpus_min, 1U));
}
