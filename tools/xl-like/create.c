/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl-like create: guest.cfg and key=value on the command line become a running domain.
 */
#include "guest.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* `memory=64` as one more line of configuration; a bare word becomes a string: name=g2. */
static int add_override(struct cfg *cfg, const char *arg)
{
    const char *eq = strchr(arg, '=');
    char *line;
    int ret;

    if (eq[1] && !strchr("\"'[", eq[1]) && strspn(eq + 1, "0123456789") != strlen(eq + 1))
        ret = asprintf(&line, "%.*s=\"%s\"", (int)(eq - arg), arg, eq + 1);
    else
        ret = asprintf(&line, "%s", arg);
    if (ret < 0)
        return -ENOMEM;
    ret = cfg_parse(cfg, "command line", line, strlen(line));
    free(line);
    return ret;
}

/* The configuration file and what stands beside it on the command line. */
static int read_config(int argc, char **argv, struct cfg *cfg)
{
    bool have_file = false;
    int ret = 0;

    for (int i = 0; i < argc; i++) {
        if (strchr(argv[i], '=') && access(argv[i], F_OK) < 0)
            continue;
        if (have_file) {
            report_error("two configuration files: '%s' is one too many", argv[i]);
            return -EINVAL;
        }
        have_file = true;
        if (cfg_parse_file(cfg, argv[i]) < 0)
            ret = -EINVAL;
    }
    for (int i = 0; i < argc; i++)
        if (strchr(argv[i], '=') && access(argv[i], F_OK) < 0 && add_override(cfg, argv[i]) < 0)
            ret = -EINVAL;
    return ret;
}

static int run(const struct guest_cfg *g, const struct options *o)
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
    ret = read_config(argc - optind, argv + optind, &cfg);
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
