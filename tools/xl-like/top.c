/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top: who uses the machine.
 */
#include "top.h"
#include "report.h"
#include "top_model.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct options {
    bool json, batch; /* neither: on the terminal */
    double delay;        /* seconds */
    unsigned long count; /* samples; 0: without end */
};

static bool parse_delay(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    if (*text >= '0' && *text <= '9' && !*end && *out >= MIN_DELAY && *out <= MAX_DELAY)
        return true;
    report_error("top: '%s': the delay is 0.1 to 86400 seconds", text);
    return false;
}

static bool parse_count(const char *text, unsigned long *out)
{
    char *end;

    errno = 0;
    *out = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && *out > 0 && errno == 0)
        return true;
    report_error("top: '%s' is no number of samples", text);
    return false;
}

static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "batch", no_argument, NULL, 'b' },        { "once", no_argument, NULL, '1' },
        { "json", no_argument, NULL, 'j' },         { "delay", required_argument, NULL, 'd' },
        { "count", required_argument, NULL, 'n' },  { NULL, 0, NULL, 0 },
    };
    int c;

    *o = (struct options){ .delay = 1 };
    while ((c = getopt_long(argc, argv, "bjd:n:", longs, NULL)) != -1) {
        if (c == '?')
            return usage_error(argv[0]);
        if ((c == 'd' && !parse_delay(optarg, &o->delay)) ||
            (c == 'n' && !parse_count(optarg, &o->count)))
            return XL_USAGE;
        if (c == '1')
            o->count = 1;
        o->json |= c == 'j';
        o->batch |= c == 'b' || c == '1';
    }
    return optind == argc ? XL_OK : usage_error(argv[0]);
}

static void wait_for_next(double seconds)
{
    struct timespec left = { seconds, (long)((seconds - (time_t)seconds) * 1e9) };

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static bool print(const struct options *o, const struct sample *s)
{
    if (o->json)
        return top_print_json(s);
    top_print_text(s, stdout);
    if (fflush(stdout) == 0)
        return true;
    report_error("top: the output could not be written");
    return false;
}

static int exit_status(int ret)
{
    if (ret == 0)
        return XL_OK;
    if (ret != -ENOTTY)
        report_error("top: %s", ret == -ENOMEM ? "out of memory" : ctrl_error(host_ctrl()));
    return XL_FAILED;
}

/* The first sample is not printed: there are no rates yet. */
static int print_samples(struct sampler *sampler, const struct options *o)
{
    const struct sample *s;
    int ret = sampler_take(sampler, &s);

    for (unsigned long i = 0; ret == 0 && (!o->count || i < o->count); i++) {
        wait_for_next(o->delay);
        ret = sampler_take(sampler, &s);
        if (ret == 0 && !print(o, s))
            return XL_FAILED;
    }
    return exit_status(ret);
}

int verb_top(int argc, char **argv)
{
    struct sampler *sampler;
    struct options o;
    int ret = parse(argc, argv, &o);

    if (ret != XL_OK)
        return ret;
    if (!host_ctrl())
        return XL_NO_HOST;
    sampler = sampler_open();
    if (!sampler) {
        report_error("top: out of memory");
        return XL_FAILED;
    }
    ret = o.batch || o.json ? print_samples(sampler, &o)
                            : exit_status(top_watch(sampler, o.delay, o.count));
    sampler_close(sampler);
    return ret;
}
