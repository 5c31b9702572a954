/* SPDX-License-Identifier: GPL-2.0-only */
/* Assertions: for the hypervisor's own invariants only, never for what a guest controls. */
#ifndef HV_BUG_H
#define HV_BUG_H

#include <hv/types.h>

/** Print the place, registers, stack and current domain, then stop the machine (common/panic.c). */
__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *fmt, ...);

/**
 * `noreboot`: a crash, of the hypervisor or of the domain that drives the machine, stops it instead
 * of restarting it.
 */
extern bool opt_noreboot;

/** BUG_ON stays in release builds; ASSERT is for debug builds. */
#define BUG_ON(cond)                                                                  \
    do {                                                                              \
        if (unlikely(cond))                                                           \
            panic("BUG at %s:%d: %s", __FILE__, __LINE__, #cond);                     \
    } while (0)

#ifdef DEBUG
#define ASSERT(cond) BUG_ON(!(cond))
#else
#define ASSERT(cond) ((void)sizeof(!(cond)))
#endif

#endif
