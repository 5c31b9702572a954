/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched: weight and cap of domains.
 */
#include "host.h"
#include "json.h"
#include "report.h"
#include "verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *domain;
    long weight, cap; /* -1: not given */
    bool json;
};

static bool parse_range(const char *text, long min, long max, const char *what, long *out)
{
    char *end;

    *out = strtol(text, &end, 10);
    if (*text && !*end && *out >= min && *out <= max)
        return true;
    report_error("sched: the %s '%s' is not from %ld to %ld", what, text, min, max);
    return false;
}

static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "domain", required_argument, NULL, 'd' },
        { "weight", required_argument, NULL, 'w' },
        { "cap", required_argument, NULL, 'c' },
        { "json", no_argument, NULL, 'j' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    *o = (struct options){ .weight = -1, .cap = -1 };
    while ((c = getopt_long(argc, argv, "d:w:c:j", longs, NULL)) != -1) {
        switch (c) {
        case 'd': o->domain = optarg; break;
        case 'j': o->json = true; break;
        case 'w':
            if (!parse_range(optarg, 1, 65535, "weight", &o->weight))
                return XL_USAGE;
            break;
        case 'c':
            if (!parse_range(optarg, 0, 12800, "cap", &o->cap))
                return XL_USAGE;
            break;
        default: return usage_error("sched");
        }
    }
    if (optind < argc && !o->domain)
        o->domain = argv[optind++];
    return optind == argc && (o->domain || (o->weight < 0 && o->cap < 0)) ? XL_OK
                                                                          : usage_error("sched");
}

static int change(uint32_t domid, const struct options *o)
{
    struct ctrl *c = host_ctrl();
    struct ctrl_sched_params p;

    if (ctrl_sched_get(c, domid, &p) < 0) {
        report_error("sched: %s", ctrl_error(c));
        return XL_FAILED;
    }
    if (o->weight >= 0)
        p.weight = o->weight;
    if (o->cap >= 0)
        p.cap = o->cap;
    if (ctrl_sched_set(c, domid, &p) == 0)
        return XL_OK;
    report_error("sched: %s", ctrl_error(c));
    return XL_FAILED;
}

static void show(yajl_gen g, uint32_t domid)
{
    char name[DOMAIN_NAME_MAX];
    struct ctrl_sched_params p;

    if (ctrl_sched_get(host_ctrl(), domid, &p) < 0)
        return; /* it has just gone */
    domain_name(domid, name);
    if (!g) {
        printf("%-33s %4u %6u %4u\n", name, domid, p.weight, p.cap);
        return;
    }
    yajl_gen_map_open(g);
    json_text(g, "name", name);
    json_number(g, "domid", domid);
    json_number(g, "weight", p.weight);
    json_number(g, "cap", p.cap);
    yajl_gen_map_close(g);
}

static int show_all(const struct options *o, uint32_t only)
{
    struct ctrl_domain_info list[64];
    yajl_gen g = o->json ? json_start() : NULL;
    uint32_t first = 0;
    int n;

    if (o->json && !g)
        return XL_FAILED;
    if (g)
        yajl_gen_array_open(g);
    else
        printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
    if (only != UINT32_MAX)
        show(g, only);
    while (only == UINT32_MAX && (n = ctrl_domain_list(host_ctrl(), first, list, 64)) > 0) {
        for (int i = 0; i < n; i++)
            show(g, list[i].domid);
        first = list[n - 1].domid + 1;
    }
    if (!g)
        return XL_OK;
    yajl_gen_array_close(g);
    return json_end(g) ? XL_OK : XL_FAILED;
}

int verb_sched(int argc, char **argv)
{
    uint32_t domid = UINT32_MAX;
    struct options o;
    int ret = parse(argc, argv, &o);

    if (ret != XL_OK)
        return ret;
    if (!host_ctrl())
        return XL_NO_HOST;
    if (o.domain && (ret = domain_find(o.domain, &domid)) != XL_OK)
        return ret;
    return o.weight >= 0 || o.cap >= 0 ? change(domid, &o) : show_all(&o, domid);
}
