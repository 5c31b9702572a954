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

static enum { STAMP_NONE, STAMP_DATE, STAMP_DATEMS, STAMP_BOOT } stamp;

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

static int parse_loglvl(const char *s) { return parse_filter(s, &own_filter); }
PARAM_FN("loglvl", parse_loglvl,
         "LEVEL[/LIMITED] of none, error, warning, info, debug, all: what is logged");

static int parse_guest_loglvl(const char *s) { return parse_filter(s, &guest_filter); }
PARAM_FN("guest_loglvl", parse_guest_loglvl, "the same for messages that guests cause");

static int parse_stamp(const char *s)
{
    static const char *const names[] = {
        [STAMP_NONE] = "none", [STAMP_DATE] = "date", [STAMP_DATEMS] = "datems",
        [STAMP_BOOT] = "boot",
    };

    if (!*s)
        s = names[STAMP_DATE];
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(s, names[i])) {
            stamp = i;
            return 0;
        }
    return -XEN_EINVAL;
}
PARAM_FN("console_timestamps", parse_stamp,
         "none, date, datems or boot: what time stands before each message");

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
    } while (!try_cmpxchg(&used_until, &seen, base + INTERVAL));
    return true;
}

/* --- time stamps ------------------------------------------------------------------------------ */

static size_t put_boot_time(char *to, size_t room)
{
    s_time_t t = now();

    return (size_t)snprintf(to, room, "[%5lld.%06lld] ", (long long)(t / NS_PER_S),
                            (long long)(t % NS_PER_S / NS_PER_US));
}

/*
 * Days since 1970-01-01 as a date of the Gregorian calendar: years start in March, so that leap
 * days come last, and 400 of them have 146097 days.
 */
static void civil_date(uint64_t days, unsigned *year, unsigned *month, unsigned *day)
{
    uint64_t era = (days + 719468) / 146097, in_era = (days + 719468) % 146097;
    uint64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    unsigned in_year = (unsigned)(in_era - (365 * y + y / 4 - y / 100));
    unsigned m = (5 * in_year + 2) / 153;

    *day = in_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (unsigned)(era * 400 + y) + (*month <= 2);
}

static size_t put_date(char *to, size_t room)
{
    uint64_t ns = wallclock_now(), s = ns / NS_PER_S;
    unsigned year, month, day, in_day = (unsigned)(s % 86400);
    size_t n;

    civil_date(s / 86400, &year, &month, &day);
    n = (size_t)snprintf(to, room, "[%04u-%02u-%02u %02u:%02u:%02u", year, month, day,
                         in_day / 3600, in_day / 60 % 60, in_day % 60);
    if (stamp == STAMP_DATEMS)
        n += (size_t)snprintf(to + n, room - n, ".%03u", (unsigned)(ns % NS_PER_S / NS_PER_MS));
    return n + (size_t)snprintf(to + n, room - n, "] ");
}

/* --- output ----------------------------------------------------------------------------------- */

static __attribute__((format(printf, 3, 0))) void emit(const char *prefix, unsigned skipped,
                                                       const char *fmt,
                                                       va_list ap)
{
    char buf[MAX_MESSAGE];
    size_t n = 0;

    if (stamp == STAMP_BOOT)
        n = put_boot_time(buf, sizeof(buf));
    else if (stamp != STAMP_NONE)
        n = put_date(buf, sizeof(buf));
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
