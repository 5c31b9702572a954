/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages to the user.
 */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool report_quiet;
static bool step_shown;

static bool colour(void)
{
    return isatty(STDERR_FILENO) && !getenv("NO_COLOR");
}

static void clear_step(void)
{
    if (step_shown)
        fputs("\r\033[K", stderr);
    step_shown = false;
}

static void message(const char *head, const char *on, const char *fmt, va_list ap)
{
    clear_step();
    fprintf(stderr, "%s%s%s", colour() ? on : "", head, colour() ? "\033[0m" : "");
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

#define REPORT(head, on)            \
    do {                            \
        va_list ap;                 \
        va_start(ap, fmt);          \
        message(head, on, fmt, ap); \
        va_end(ap);                 \
    } while (0)

void report_error(const char *fmt, ...)
{
    REPORT("xl-like: ", "\033[31m");
}

void report_warning(const char *fmt, ...)
{
    REPORT("xl-like: warning: ", "\033[33m");
}

void report_hint(const char *fmt, ...)
{
    REPORT("  hint: ", "\033[36m");
}

void report_step(const char *fmt, ...)
{
    va_list ap;

    if (report_quiet || !isatty(STDERR_FILENO))
        return;
    clear_step();
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    step_shown = true;
}

void report_pages(void *what, uint64_t done, uint64_t of)
{
    if (of)
        report_step("%s %" PRIu64 " of %" PRIu64 " MiB ...", (const char *)what, done >> 8, of >> 8);
}

void report_step_done(void)
{
    clear_step();
}
