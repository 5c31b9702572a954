/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What xl-like says about itself: errors on stderr with their cause, progress on a terminal.
 */
#ifndef XL_REPORT_H
#define XL_REPORT_H

#include <stdbool.h>
#include <stdint.h>

/** Exit statuses of xl-like, as in xl-like(1). */
enum {
    XL_OK = 0,
    XL_FAILED = 1,  /* the operation failed; nothing is left half done */
    XL_USAGE = 2,   /* wrong verb, option or argument */
    XL_CONFIG = 3,  /* the guest's configuration is wrong */
    XL_NO_HOST = 4, /* no hypervisor, or its daemons do not answer */
};

/** "xl-like: ..." on stderr, red on a terminal. */
void report_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** What to do about the error before: "  hint: ..." */
void report_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** A step of long work, only on a terminal and unless --quiet; the next one overwrites it. It goes
 * with the next message, or report_step_done(). */
void report_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** A step that is counted in pages: "WHAT 3 of 128 MiB ...". Of the type that libctrl calls. */
void report_pages(void *what, uint64_t done, uint64_t of);

void report_step_done(void);

extern bool report_quiet;

#endif
