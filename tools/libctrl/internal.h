/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of libctrl share: the handle, hypercalls and the memory they read and write.
 */
#ifndef LIBCTRL_INTERNAL_H
#define LIBCTRL_INTERNAL_H

#define CTRL_COMPONENT "libctrl/"
#include "ctrl.h"

#include <errno.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL

#define MAX_CAUSES     12
#define CAUSE_TEXT_MAX 512

/* All hypercall arguments of one operation have to fit in here. */
#define ARENA_SIZE (8 * PAGE_SIZE)

struct cause {
    char text[CAUSE_TEXT_MAX];
    const char *file;
    int line;
    int err;
};

struct ctrl {
    int privcmd;
    char *arena;                /* resident memory for hypercall arguments, a stack */
    size_t arena_used;
    uint32_t sched_id;          /* XEN_SCHEDULER_*, 0 if not yet asked for */
    unsigned int nr_causes;
    struct cause causes[MAX_CAUSES];    /* innermost first */
    char *line;                 /* result of ctrl_error() */
};

/* A hypercall. Returns its result, which is negative for an error: -errno. */
long hypercall(struct ctrl *h, unsigned long op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
               uint64_t a4);

/*
 * Memory that the hypervisor can read and write, zeroed. Released in reverse order, each release
 * giving back everything that was taken after it. Never fails for sizes that the callers bound:
 * asking for more than the arena holds is a bug of the library.
 */
void *arena_get(struct ctrl *h, size_t size);
void arena_put(struct ctrl *h, void *p);

/* Memory like the arena's, for what may be longer than that. Zeroed. */
int hypercall_buffer_get(struct ctrl *h, size_t size, void **out);
void hypercall_buffer_put(void *p, size_t size);

static inline uint64_t addr_of(const void *p)
{
    return (uintptr_t)p;
}

/* Issue a domctl or sysctl: a pointer to the arena's copy, with command, version, domain filled. */
struct xen_domctl *domctl_get(struct ctrl *h, uint32_t cmd, uint32_t domid);
int domctl_call(struct ctrl *h, struct xen_domctl *op);
struct xen_sysctl *sysctl_get(struct ctrl *h, uint32_t cmd);
int sysctl_call(struct ctrl *h, struct xen_sysctl *op);

/* Destroys a half-made domain, leaving the chain of causes alone. */
void domain_abandon(struct ctrl *h, uint32_t domid);

#endif
