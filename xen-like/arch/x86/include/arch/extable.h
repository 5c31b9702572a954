/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that may fault because of what a guest gave us (an address, a selector, an MSR), and
 * where to go on then. Also used from assembly.
 */
#ifndef ARCH_EXTABLE_H
#define ARCH_EXTABLE_H

#ifdef __ASSEMBLY__
/* A fault at `at` goes on at `fixup`, registers as they were */
#define EXTABLE(at, fixup) .pushsection .extable, "a"; .balign 8; .quad at, fixup; .popsection
#else
#include <hv/types.h>

/** In inline assembly: EXTABLE("1b", "2b"). */
#define EXTABLE(at, fixup)                                                                         \
    ".pushsection .extable, \"a\"\n .balign 8\n .quad " at ", " fixup "\n .popsection\n"

/** Where to continue after a fault at `addr`, or 0 if a fault there is our bug. */
uint64_t extable_lookup(uint64_t addr);

/** rdmsr that may fault: true when it did not. */
bool rdmsr_safe(uint32_t msr, uint64_t *value);
#endif

#endif
