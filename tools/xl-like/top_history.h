/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What domains and CPUs did in the last samples.
 */
#ifndef XL_TOP_HISTORY_H
#define XL_TOP_HISTORY_H

#include "sample.h"

#define HISTORY_SAMPLES 120

struct history {
    uint32_t id;              /* of the domain or CPU */
    unsigned newest, count;
    float values[HISTORY_SAMPLES]; /* a ring: part of what it could use, 0 to 1 */
};

struct histories {
    struct history *list; /* by id */
    size_t count;
};

/** One sample further: those that are not in it any more go. false: out of memory, nothing done. */
bool histories_add_domains(struct histories *h, const struct sample *s);
bool histories_add_cpus(struct histories *h, const struct sample *s);
/** NULL: none yet. */
const struct history *histories_find(const struct histories *h, uint32_t id);
void histories_free(struct histories *h);

/** How much of its vcpus' time a domain has used, 0 to 1. */
double domain_load(const struct domain_sample *d);

#endif
