/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mem-set, mem-max: how much memory a domain is to have, and may have.
 */
#include "host.h"
#include "report.h"
#include "size.h"
#include "verbs.h"

#include <inttypes.h>

#define MIB      (1ULL << 20)
#define SMALLEST (1 << 10) /* KiB: no guest goes on with less */

/* What a domain may have beyond its memory: pages that the tools gave it, as xl leaves for them. */
#define SLACK_KB 1024

/* DOMAIN SIZE, in KiB. */
static int parse(int argc, char **argv, uint32_t *domid, uint64_t *kb)
{
    if (argc != 3 || argv[1][0] == '-')
        return usage_error(argv[0]);
    if (!parse_size(argv[2], MIB, kb) || (*kb >>= 10) < SMALLEST) {
        report_error("%s: '%s' is no size of memory: MiB, or a number with K, M, G or T", argv[0],
                     argv[2]);
        return XL_USAGE;
    }
    return domain_find(argv[1], domid);
}

static int set_limit(const char *verb, uint32_t domid, uint64_t kb)
{
    if (ctrl_domain_set_max_mem(host_ctrl(), domid, kb + SLACK_KB) == 0)
        return XL_OK;
    report_error("%s: %s", verb, ctrl_error(host_ctrl()));
    return XL_FAILED;
}

/* The guest's balloon driver does it; the limit keeps it from taking more than that. */
int verb_mem_set(int argc, char **argv)
{
    uint32_t domid;
    long long most;
    uint64_t kb;
    int ret = parse(argc, argv, &domid, &kb);

    if (ret != XL_OK)
        return ret;
    most = domain_number(domid, "memory/static-max");
    if (most > 0 && kb > (uint64_t)most) {
        report_error("mem-set: %" PRIu64 " MiB are more than the guest's largest memory, %lld MiB",
                     kb >> 10, most >> 10);
        report_hint("`maxmem` in its configuration, or `xl-like mem-max`, allows more");
        return XL_FAILED;
    }
    ret = set_limit(argv[0], domid, kb);
    return ret == XL_OK ? domain_put(domid, "memory/target", "%" PRIu64, kb) : ret;
}

int verb_mem_max(int argc, char **argv)
{
    uint32_t domid;
    long long now;
    uint64_t kb;
    int ret = parse(argc, argv, &domid, &kb);

    if (ret != XL_OK)
        return ret;
    now = domain_number(domid, "memory/target");
    if (now > 0 && kb < (uint64_t)now) {
        report_error("mem-max: the guest has %lld MiB", now >> 10);
        report_hint("make it smaller with `xl-like mem-set` first");
        return XL_FAILED;
    }
    ret = set_limit(argv[0], domid, kb);
    return ret == XL_OK ? domain_put(domid, "memory/static-max", "%" PRIu64, kb) : ret;
}
