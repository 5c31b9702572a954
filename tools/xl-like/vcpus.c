/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu-set, vcpu-pin.
 */
#include "cpu_set.h"
#include "host.h"
#include "report.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char *text, unsigned max, unsigned *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || n > max)
        return false;
    *out = n;
    return true;
}

/* For DOMAIN and so many arguments in all: the domain, and how many vcpus it has, online or not. */
static int domain_and_vcpus(int argc, char **argv, int arguments, uint32_t *domid, unsigned *count)
{
    struct ctrl_domain_info info;
    int ret;

    if (argc != arguments + 1 || argv[1][0] == '-')
        return usage_error(argv[0]);
    ret = domain_find(argv[1], domid);
    if (ret != XL_OK)
        return ret;
    if (ctrl_domain_info(host_ctrl(), *domid, &info) < 0) {
        report_error("%s: %s", argv[0], ctrl_error(host_ctrl()));
        return XL_FAILED;
    }
    *count = info.max_vcpu_id + 1;
    if (*count)
        return XL_OK;
    report_error("%s: domain %u has no vcpus", argv[0], *domid);
    return XL_FAILED;
}

/* The guest itself switches them on and off. */
int verb_vcpu_set(int argc, char **argv)
{
    unsigned wanted, count;
    uint32_t domid;
    int ret = domain_and_vcpus(argc, argv, 2, &domid, &count);

    if (ret != XL_OK)
        return ret;
    if (!parse_number(argv[2], count, &wanted) || wanted == 0) {
        report_error("vcpu-set: '%s': the domain can have 1 to %u vcpus", argv[2], count);
        return XL_USAGE;
    }
    for (unsigned i = 0; ret == XL_OK && i < count; i++) {
        char node[40];

        snprintf(node, sizeof(node), "cpu/%u/availability", i);
        ret = domain_put(domid, node, "%s", i < wanted ? "online" : "offline");
    }
    return ret;
}

int verb_vcpu_pin(int argc, char **argv)
{
    unsigned first = 0, last, count;
    uint8_t map[64];
    uint32_t domid;
    int ret = domain_and_vcpus(argc, argv, 3, &domid, &count);

    if (ret != XL_OK)
        return ret;
    if (strcmp(argv[2], "all") == 0) {
        last = count - 1;
    } else if (parse_number(argv[2], count - 1, &first)) {
        last = first;
    } else {
        report_error("vcpu-pin: the domain has no vcpu '%s': 0 to %u, or \"all\"", argv[2],
                     count - 1);
        return XL_USAGE;
    }
    if (parse_cpu_set(argv[3], map, sizeof(map)) < 0) {
        report_error("vcpu-pin: '%s' is no set of CPUs (like \"0-3,^2\" or \"all\")", argv[3]);
        return XL_USAGE;
    }
    for (unsigned i = first; i <= last; i++)
        if (ctrl_vcpu_set_affinity(host_ctrl(), domid, i, map, sizeof(map)) < 0) {
            report_error("vcpu-pin: %s", ctrl_error(host_ctrl()));
            return XL_FAILED;
        }
    return XL_OK;
}
