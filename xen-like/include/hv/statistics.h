/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of public/statistics.h: each vcpu has an entry from its creation to its end. Entries are
 * only written here, never read to decide anything. common/statistics.c.
 */
#ifndef HV_STATISTICS_H
#define HV_STATISTICS_H

#include <hv/domain.h>
#include <public/statistics.h>

/** An entry for a new vcpu. 0, -ENOMEM, -ENOSPC (the table has no room for more vcpus). */
int statistics_attach(struct vcpu *v);
/** The vcpu ends: its entry is free. */
void statistics_detach(struct vcpu *v);

/** v->runstate has changed. Run-queue lock of the vcpu, or nobody knows it yet. */
void statistics_state(const struct vcpu *v);

/** Its own CPU only. */
static inline void statistics_count_hypercall(struct vcpu *v) { v->statistics->hypercalls++; }
static inline void statistics_count_event(struct vcpu *v) { v->statistics->events++; }
/** Run-queue lock. */
static inline void statistics_count_switch(struct vcpu *v) { v->statistics->switches++; }

/** Size and age of the table. */
void statistics_describe(struct xen_sysctl_statistics *s);
/** Page `index` of the table. 0 or -EINVAL. */
int statistics_frame(uint64_t index, mfn_t *out);

#endif
