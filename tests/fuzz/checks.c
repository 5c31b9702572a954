/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The unit tests' fake machines state what they rely on with libcheck; here such a statement that
 * does not hold is a finding. Of the log only the formatting is done.
 */
#include "fuzz.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

#include <hv/printk.h>

void _mark_point(const char *file, int line)
{
}

void _ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
    va_list ap;

    fprintf(stderr, "%s:%d: %s: ", file, line, expr);
    va_start(ap, msg);
    if (msg)
        vfprintf(stderr, msg, ap);
    va_end(ap);
    fuzz_fail(" (a statement of the fake machine)");
}

static void format_only(const char *fmt, va_list ap)
{
    char line[512];

    vsnprintf(line, sizeof(line), fmt, ap);
}

void printk(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    format_only(fmt, ap);
    va_end(ap);
}

void gprintk(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    format_only(fmt, ap);
    va_end(ap);
}
