/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verbs for devices: which one is meant, detaching, listing.
 */
#include "device_verbs.h"
#include "present_cfg.h"
#include "report.h"
#include "verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETACH_SECONDS     60
#define STATISTICS_SECONDS 30

int device_domain(const char *verb, const char *which, uint32_t *domid)
{
    int ret = domain_find(which, domid);

    if (ret != XL_OK)
        return ret;
    if (*domid == 0) {
        report_error("%s: Domain-0 has no devices of ours", verb);
        return XL_FAILED;
    }
    return host_store() ? XL_OK : XL_NO_HOST;
}

int device_find(const struct device_verbs *v, const char *verb, uint32_t domid, const char *which,
                struct device_id *d)
{
    char *end, *frontend;
    unsigned long n = strtoul(which, &end, 10);
    bool is_number = *which >= '0' && *which <= '9' && !*end && n <= UINT32_MAX;

    *d = (struct device_id){ v->kind, domid, n };
    if (!is_number && !v->parse(which, &d->devid)) {
        report_error("%s: '%s' is no %s, nor a number", verb, which, v->names);
        return XL_USAGE;
    }
    frontend = device_read(host_store(), d, DEVICE_BACKEND, "frontend");
    if (!frontend) {
        report_error("%s: domain %u has no %s %s", verb, domid, v->kind->what, which);
        report_hint("`xl-like %s %u` shows those it has", v->list, domid);
        return XL_FAILED;
    }
    free(frontend);
    return XL_OK;
}

/* --- detaching -------------------------------------------------------------------------------- */

static bool parse_seconds(const char *verb, const char *text, int *out)
{
    char *end;
    long n = strtol(text, &end, 10);

    *out = n;
    if (*text && !*end && n > 0 && n <= 1000000)
        return true;
    report_error("%s: --timeout takes a number of seconds", verb);
    return false;
}

int device_verb_detach(const struct device_verbs *v, int argc, char **argv)
{
    static const struct option longs[] = {
        { "force", no_argument, NULL, 'f' },
        { "timeout", required_argument, NULL, 't' },
        { NULL, 0, NULL, 0 },
    };
    int c, ret, seconds = DETACH_SECONDS;
    struct device_id d;
    uint32_t domid;
    bool force = false;

    while ((c = getopt_long(argc, argv, "ft:", longs, NULL)) != -1) {
        if (c == 't' && !parse_seconds(argv[0], optarg, &seconds))
            return XL_USAGE;
        if (c == '?')
            return usage_error(argv[0]);
        force |= c == 'f';
    }
    if (argc - optind != 2)
        return usage_error(argv[0]);
    ret = device_domain(argv[0], argv[optind], &domid);
    if (ret == XL_OK)
        ret = device_find(v, argv[0], domid, argv[optind + 1], &d);
    if (ret == XL_OK)
        ret = device_detach(host_store(), &d, force, seconds);
    return ret == XL_OK ? present_change(argv[0], domid, v->forget, d.devid) : ret;
}

/* --- listing ---------------------------------------------------------------------------------- */

static bool has_answered(struct xstore *x, const struct device_id *d)
{
    char *answer = device_read(x, d, DEVICE_BACKEND, "statistics");
    bool done = !answer || strcmp(answer, "now") != 0;

    free(answer);
    return done;
}

/* Its daemon answers NAME=NUMBER and others, in the node where it is asked. */
static void describe_statistics(yajl_gen g, struct xstore *x, const struct device_id *d)
{
    char *answer, *equals, *rest = NULL;

    if (device_tell(x, d, "statistics", "now") < 0 ||
        !device_wait(x, d, "statistics", STATISTICS_SECONDS, has_answered))
        return;
    answer = device_read(x, d, DEVICE_BACKEND, "statistics");
    for (char *word = answer ? strtok_r(answer, " ", &rest) : NULL; word;
         word = strtok_r(NULL, " ", &rest)) {
        equals = strchr(word, '=');
        if (!equals)
            continue;
        *equals = '\0';
        json_number(g, word, strtoull(equals + 1, NULL, 10));
    }
    free(answer);
}

static void show(const struct device_verbs *v, yajl_gen g, const struct device_id *d)
{
    if (!g) {
        v->print(host_store(), d);
        return;
    }
    yajl_gen_map_open(g);
    json_number(g, "domid", d->domid);
    json_number(g, "devid", d->devid);
    v->describe(g, host_store(), d);
    describe_statistics(g, host_store(), d);
    yajl_gen_map_close(g);
}

static int show_domain(const struct device_verbs *v, yajl_gen g, const char *which)
{
    struct device_id d = { .kind = v->kind };
    int n, ret = domain_find(which, &d.domid);
    char **numbers;

    if (ret != XL_OK)
        return ret;
    n = device_numbers(host_store(), v->kind, d.domid, &numbers);
    if (n < 0) {
        report_error("cannot read the devices of domain %u: %s", d.domid, strerror(-n));
        return XL_FAILED;
    }
    for (int i = 0; i < n; i++) {
        d.devid = strtoul(numbers[i], NULL, 10);
        show(v, g, &d);
    }
    free(numbers);
    return XL_OK;
}

int device_verb_list(const struct device_verbs *v, int argc, char **argv)
{
    static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
    yajl_gen g = NULL;
    int c, ret = XL_OK;
    bool json = false;

    while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
        if (c != 'j')
            return usage_error(argv[0]);
        json = true;
    }
    if (optind == argc)
        return usage_error(argv[0]);
    if (!host_store())
        return XL_NO_HOST;
    if (json && !(g = json_start()))
        return XL_FAILED;
    if (g)
        yajl_gen_array_open(g);
    else
        puts(v->head);
    for (; optind < argc && ret == XL_OK; optind++)
        ret = show_domain(v, g, argv[optind]);
    if (g)
        yajl_gen_array_close(g);
    return g && !json_end(g) ? XL_FAILED : ret;
}
