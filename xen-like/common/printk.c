/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own messages: filter, rate limit, time stamp, prefix. What is left goes to
 * common/console.c.
 */
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/timer.h>
#include <public/errno.h>

#define MAX_MESSAGE 512

/**
 * Number of levels that pass: 0 none, 1 errors, ... 4 all. Those from `always` up to `limited` only
 * at a bounded rate.
 */
struct filter {
    unsigned always, limited;
};

static struct filter own_filter = { LOG_INFO + 1, LOG_INFO + 1 };
static struct filter guest_filter = { LOG_ERR + 1, LOG_WARNING + 1 };

static enum { STAMP_NONE, STAMP_BOOT } stamp;

static int parse_level(const char *s, size_t len, unsigned *count)
{
    static const struct {
        const char *name;
        unsigned count;
    } names[] = {
        { "none", 0 }, { "error", LOG_ERR + 1 }, { "warning", LOG_WARNING + 1 },
        { "info", LOG_INFO + 1 }, { "debug", LOG_DEBUG + 1 }, { "all", LOG_DEBUG + 1 },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (strlen(names[i].name) == len && !strncmp(names[i].name, s, len)) {
            *count = names[i].count;
            return 0;
        }
    return -XEN_EINVAL;
}

/** LEVEL or LEVEL/RATE-LIMITED-LEVEL */
static int parse_filter(const char *s, struct filter *f)
{
    const char *slash = strchr(s, '/');
    struct filter new;

    if (parse_level(s, slash ? (size_t)(slash - s) : strlen(s), &new.always))
        return -XEN_EINVAL;
    new.limited = new.always;
    if (slash && parse_level(slash + 1, strlen(slash + 1), &new.limited))
        return -XEN_EINVAL;
    new.limited = MAX(new.limited, new.always);
    *f = new;
    return 0;
}

static int parse_loglvl(const char *s)
{
    return parse_filter(s, &own_filter);
}
PARAM_FN("loglvl", parse_loglvl,
         "LEVEL[/LIMITED] of none, error, warning, info, debug, all: what is logged");

static int parse_guest_loglvl(const char *s)
{
    return parse_filter(s, &guest_filter);
}
PARAM_FN("guest_loglvl", parse_guest_loglvl, "the same for messages that guests cause");

static int parse_stamp(const char *s)
{
    if (!strcmp(s, "none"))
        stamp = STAMP_NONE;
    else if (!strcmp(s, "boot") || !*s)
        stamp = STAMP_BOOT;
    else
        return -XEN_EINVAL;
    return 0;
}
PARAM_FN("console_timestamps", parse_stamp,
         "none or boot: seconds since start before each message");

/* --- rate limit: bursts of BURST messages, in the long run one each INTERVAL ------------------ */

#define BURST    10
#define INTERVAL (500 * NS_PER_MS)

static s_time_t used_until;  /* time up to which the rate is used up; atomic */
static unsigned suppressed;  /* atomic */

static bool rate_allows(void)
{
    s_time_t t = now(), seen = READ_ONCE(used_until), base;

    do {
        base = MAX(seen, t);
        if (base - t > (BURST - 1) * INTERVAL) {
            __atomic_fetch_add(&suppressed, 1, __ATOMIC_RELAXED);
            return false;
        }
    } while (!__atomic_compare_exchange_n(&used_until, &seen, base + INTERVAL, false,
                                          __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    return true;
}

/* --- output ----------------------------------------------------------------------------------- */

static __attribute__((format(printf, 3, 0))) void emit(const char *prefix, unsigned skipped,
                                                       const char *fmt,
                                                       va_list ap)
{
    char buf[MAX_MESSAGE];
    size_t n = 0;

    if (stamp == STAMP_BOOT) {
        s_time_t t = now();
        n += (size_t)snprintf(buf + n, sizeof(buf) - n, "[%5lld.%06lld] ",
                              (long long)(t / NS_PER_S),
                              (long long)(t % NS_PER_S / NS_PER_US));
    }
    n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s", prefix);
    if (skipped)
        n += (size_t)snprintf(buf + n, sizeof(buf) - n, "(%u messages suppressed) ", skipped);
    n += (size_t)vsnprintf(buf + n, sizeof(buf) - n, fmt, ap);
    if (n >= sizeof(buf)) {
        n = sizeof(buf) - 1;
        buf[n - 1] = '\n'; /* cut, but still a line of its own */
    }
    console_write(buf, n);
}

static __attribute__((format(printf, 3, 0))) void filter_and_emit(const struct filter *f,
                                                                  enum log_level level,
                                                                  const char *fmt, va_list ap)
{
    unsigned skipped = 0;

    if (level >= f->always && !console_forced()) {
        if (level >= f->limited || !rate_allows())
            return;
        skipped = __atomic_exchange_n(&suppressed, 0, __ATOMIC_RELAXED);
    }
    emit("(XL) ", skipped, fmt, ap);
}

void printk(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    filter_and_emit(&own_filter, level, fmt, ap);
    va_end(ap);
}

void gprintk(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    filter_and_emit(&guest_filter, level, fmt, ap);
    va_end(ap);
}
