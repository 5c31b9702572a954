/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table entries and the direct map. */
#ifndef ARCH_PAGE_H
#define ARCH_PAGE_H

#include <arch/layout.h>
#include <hv/frames.h>

typedef uint64_t pte_t;

#define PTE_P    0x001UL
#define PTE_RW   0x002UL
#define PTE_US   0x004UL
#define PTE_PWT  0x008UL
#define PTE_PCD  0x010UL
#define PTE_A    0x020UL
#define PTE_D    0x040UL
#define PTE_PS   0x080UL /* L2, L3: superpage */
#define PTE_PAT  0x080UL /* L1 */
#define PTE_G    0x100UL
#define PTE_AVAIL 0xe00UL
#define PTE_NX   (1UL << 63)
#define PTE_MFN_MASK 0x000ffffffffff000UL

#define PT_ENTRIES 512
/** Bits 51:12; two shifts are shorter than a mask of 64 bits. */
static inline mfn_t pte_mfn(pte_t e) { return mfn(e << 12 >> (12 + PAGE_SHIFT)); }
static inline pte_t pte_make(mfn_t m, uint64_t flags) { return (m.n << PAGE_SHIFT) | flags; }
static inline unsigned l1_index(uint64_t va) { return va >> 12 & 511; }
static inline unsigned l2_index(uint64_t va) { return va >> 21 & 511; }
static inline unsigned l3_index(uint64_t va) { return va >> 30 & 511; }
static inline unsigned l4_index(uint64_t va) { return va >> 39 & 511; }

static inline void *maddr_to_virt(uint64_t ma) { return (void *)(DIRECTMAP_START + ma); }
static inline uint64_t virt_to_maddr(const void *va) { return (uint64_t)va - DIRECTMAP_START; }
#define VA(x) ((uint64_t)(x))

#endif
