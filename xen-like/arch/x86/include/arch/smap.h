/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leave to touch guest memory. With SMAP the hypervisor's accesses to pages of ring 3 fault unless
 * EFLAGS.AC is set, which it is only between stac() and clac(). The instructions are nops in the
 * image; smap_enable() (cpu/features.c) puts the real ones in place on machines that have SMAP.
 */
#ifndef ARCH_SMAP_H
#define ARCH_SMAP_H

#define SMAP_STAC 0xcb /* last byte of 0f 01 xx */
#define SMAP_CLAC 0xca

#ifdef __ASSEMBLY__
#define SMAP_SITE(what)                                                     \
    771: .byte 0x0f, 0x1f, 0x00;                                            \
    .pushsection .smap_sites, "a"; .balign 8; .quad 771b, what; .popsection
#define STAC SMAP_SITE(SMAP_STAC)
#define CLAC SMAP_SITE(SMAP_CLAC)
#else
#define SMAP_SITE(what)                                                     \
    "771: .byte 0x0f, 0x1f, 0x00\n"                                         \
    ".pushsection .smap_sites, \"a\"\n .balign 8\n .quad 771b, " #what "\n .popsection\n"
static inline void stac(void) { __asm__ volatile(SMAP_SITE(0xcb) ::: "memory"); }
static inline void clac(void) { __asm__ volatile(SMAP_SITE(0xca) ::: "memory"); }
#endif

#endif
