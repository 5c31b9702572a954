/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats: what everybody has used so far, for programs that collect it.
 */
#include "report.h"
#include "stats.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

static int print_stats(struct sampler *sampler)
{
    const struct sample *s;
    int ret = sampler_take(sampler, &s);

    if (ret < 0) {
        report_error("stats: %s", ret == -ENOMEM ? "out of memory" : ctrl_error(host_ctrl()));
        return XL_FAILED;
    }
    stats_print_prometheus(s, stdout);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return XL_OK;
    report_error("stats: the output could not be written");
    return XL_FAILED;
}

int verb_stats(int argc, char **argv)
{
    static const struct option longs[] = { { "prometheus", no_argument, NULL, 'p' },
                                           { NULL, 0, NULL, 0 } };
    struct sampler *sampler;
    bool prometheus = false;
    int c, ret;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c != 'p')
            return usage_error(argv[0]);
        prometheus = true;
    }
    if (!prometheus || optind != argc)
        return usage_error(argv[0]);
    if (!host_ctrl())
        return XL_NO_HOST;
    sampler = sampler_open();
    if (!sampler) {
        report_error("stats: out of memory");
        return XL_FAILED;
    }
    ret = print_stats(sampler);
    sampler_close(sampler);
    return ret;
}
