/* SPDX-License-Identifier: GPL-2.0-only */
/* What domctl and sysctl share. common/{domctl,domctl_vcpu,sysctl,control_bitmap}.c. */
#ifndef HV_CONTROL_H
#define HV_CONTROL_H

#include <hv/cpumask.h>
#include <hv/domain.h>
#include <public/domctl.h>
#include <public/sysctl.h>

/** Bitmap of the caller to a set of CPUs and back: bits without a CPU are ignored, or written as 0.
 * 0 or -EFAULT. */
int bitmap_to_cpumask(struct cpumask *m, const struct xenctl_bitmap *b);
int cpumask_to_bitmap(const struct xenctl_bitmap *b, const struct cpumask *m);
/** First `nr` bits of a 64-bit map. */
int word_to_bitmap(const struct xenctl_bitmap *b, uint64_t word);
int bitmap_to_word(uint64_t *word, const struct xenctl_bitmap *b);

/** Describe a domain. */
void domain_describe(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* How operations are handled: flags of their rows. */
#define CONTROL_ANSWERS 1 /* the structure goes back to the caller, also after an error */
#define CONTROL_MAKES   4 /* ... and names what is made: not done if it cannot be written */
#define DOMCTL_ANY_ID   2 /* xen_domctl.domain need not name a domain: `d` is NULL */

/** One operation: 0 or -errno; -ERESTART: give way, then issue the same call again. */
typedef long domctl_fn(struct domain *d, struct xen_domctl *op);
typedef long sysctl_fn(struct xen_sysctl *op);

struct domctl_row {
    domctl_fn *fn;
    unsigned flags;
};

struct sysctl_row {
    sysctl_fn *fn;
    unsigned flags;
};

domctl_fn domctl_max_vcpus, domctl_setvcpucontext, domctl_getvcpucontext, domctl_getvcpuinfo,
    domctl_setvcpuaffinity, domctl_getvcpuaffinity;

#endif
