/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls from bytes: a row for each, which says what its argument is made of, so that what is
 * issued is mostly sensible.
 */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include "services.h"

enum call_form {
    FORM_CMD,    /* command, argument */
    FORM_ARRAY,  /* command, array of arguments, their number */
    FORM_VCPU,   /* command, vcpu, argument */
    FORM_DOMCTL, /* argument, which holds the command */
    FORM_SYSCTL,
    FORM_PLAIN,  /* the fields are the registers themselves, 8 bytes each */
};

struct call_row {
    hypercall_fn *fn;
    unsigned number; /* of the hypercall */
    enum call_form form;
    unsigned cmd;
    const char *fields; /* see calls.c */
};

struct call_table {
    const struct call_row *rows;
    unsigned count;
};

extern const struct call_table event_calls, grant_calls, memory_calls, vcpu_calls, control_calls,
    other_calls;

/** Issue one call of the table as the current vcpu, to its end. */
void calls_issue(const struct call_table *t);
/** The same as a multicall of up to four. */
void calls_issue_together(const struct call_table *t);
/** Steps until the input ends, by these tables: calls, switches between vcpus, allocations that
 * fail, guests that write to shared memory between and during calls. */
void calls_run(const struct call_table *const *tables, unsigned count);

#endif
