/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl-like create: guest.cfg and key=value on the command line become a running domain.
 */
#include "config_args.h"
#include "guest.h"
#include "report.h"
#include "verbs.h"

#include <getopt.h>

struct options {
    bool console, paused, dry_run, quiet;
};

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "console", no_argument, NULL, 'c' },
        { "paused", no_argument, NULL, 'p' },
        { "dry-run", no_argument, NULL, 'n' },
        { "quiet", no_argument, NULL, 'q' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "cpnq", longs, NULL)) != -1) {
        switch (c) {
        case 'c': o->console = true; break;
        case 'p': o->paused = true; break;
        case 'n': o->dry_run = true; break;
        case 'q': report_quiet = true; break;
        default: return usage_error("create");
        }
    }
    return XL_OK;
}

static int run(struct guest_cfg *g, const struct options *o)
{
    uint32_t domid;
    int ret = guest_start(g, &domid);

    if (ret == XL_OK)
        ret = guest_run(g, domid, o->paused);
    if (ret != XL_OK)
        return ret;
    if (!report_quiet && !o->console)
        printf("%s: domain %u%s\n", g->name, domid, o->paused ? ", paused" : "");
    return o->console ? console_attach(domid, CONSOLE_PV, 0) : XL_OK;
}

int verb_create(int argc, char **argv)
{
    struct options o = { 0 };
    struct guest_cfg g;
    struct cfg cfg;
    int ret = parse_options(argc, argv, &o);

    if (ret != XL_OK)
        return ret;
    if (optind == argc)
        return usage_error("create");
    cfg_init(&cfg, stderr);
    ret = config_args_read(argc - optind, argv + optind, &cfg);
    if (ret == 0)
        ret = guest_cfg_from(&cfg, &g);
    cfg_free(&cfg);
    if (ret < 0) {
        report_error("the configuration has errors: no domain was created");
        return XL_CONFIG;
    }
    if (o.dry_run) {
        ret = guest_check(&g);
        if (ret == XL_OK)
            printf("%s: the configuration is good: %llu MiB, %llu vcpus, %s %s\n", g.name,
                   (unsigned long long)g.memory, (unsigned long long)g.vcpus,
                   g.kernel ? "kernel" : "started by its",
                   g.kernel       ? g.kernel
                   : g.bootloader ? "disk"
                                  : "firmware");
    } else {
        ret = run(&g, &o);
    }
    guest_cfg_free(&g);
    return ret;
}
