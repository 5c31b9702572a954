/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking for what keeps guests from running, before anything is started. Nothing is changed.
 */
#ifndef XL_DOCTOR_H
#define XL_DOCTOR_H

#include <ctrl.h>
#include <xstore.h>

#include <stdbool.h>
#include <stdio.h>

enum verdict {
    VERDICT_GOOD,
    VERDICT_NOTE, /* guests can run, but perhaps not this one, or not for long */
    VERDICT_BAD,
};

#define FINDING_TEXT 512

struct finding {
    struct finding *next;
    enum verdict verdict;
    const char *check;       /* what was looked at: a constant word */
    char text[FINDING_TEXT]; /* what was seen, and where */
    char fix[FINDING_TEXT];  /* what to do; "" if it is good */
};

struct doctor {
    const char *root; /* stands before the paths of Dom0's files: "" */
    struct ctrl *ctrl;
    bool hypervisor;  /* it answers */
    struct ctrl_physinfo host;
    struct xstore *store; /* NULL: not in reach */
    struct finding *first, **last;
};

void doctor_init(struct doctor *d, const char *root);
void doctor_free(struct doctor *d);

/** One more finding; `fix` is NULL for what is good. Out of memory: it is left out, and said. */
void doctor_say(struct doctor *d, enum verdict v, const char *check, const char *fix,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/** A text for that. */
void doctor_fix(char fix[FINDING_TEXT], const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** The hypervisor, the store, the daemons, bridge, memory, directories. doctor_host.c */
void doctor_host(struct doctor *d);
/** What the guest of a configuration needs, or that of a file where it was saved to. `autostart`: it may be running already. doctor_guest.c */
void doctor_guest(struct doctor *d, const char *path, bool autostart);
/** The same for all that start with the host. */
void doctor_autostart(struct doctor *d);

/** "ok", "warning", "failed". */
const char *verdict_name(enum verdict v);
bool doctor_found_bad(const struct doctor *d);
void doctor_print_text(const struct doctor *d, FILE *out);

/** Whether Dom0 has this bridge, and it is up; says what is wrong with that verdict. */
void doctor_bridge(struct doctor *d, enum verdict v, const char *check, const char *bridge);
/** A path below d->root in `path`. */
#define DOCTOR_PATH 4096
void doctor_path(const struct doctor *d, char path[DOCTOR_PATH], const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
