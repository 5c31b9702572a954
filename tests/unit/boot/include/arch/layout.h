/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake machine's memory stands where a host program may map it; a guard page follows it.
 */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#define DIRECTMAP_START 0x300000000000
#define MEMORY_END      0x8000000 /* nothing is mapped from here on */
#define IMAGE_PHYS      0x200000
#define PERCPU_START    0x310000000000
#define PERCPU_STRIDE   0x10000
#define PERCPU_STACK    0x8000
#define STACK_SIZE      0x8000

#endif
