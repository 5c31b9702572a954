/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which flags a present entry of a guest's page table may have. Pure: no frame is looked at,
 * nothing is changed.
 */
#include <arch/mm.h>

/*
 * Never in a leaf: protection keys (they are off for PV guests, so that the bits stay harmless if a
 * CPU has them). Never in an upper entry: a superpage (it would map frames that nobody checked),
 * cache attributes for the walk, the global bit (of a leaf it is taken away, here nobody has a
 * reason to set it).
 */
static const pte_t forbidden[5] = {
    [1] = PTE_PKEY,
    [2] = PTE_PKEY | PTE_PS | PTE_PWT | PTE_PCD | PTE_G,
    [3] = PTE_PKEY | PTE_PS | PTE_PWT | PTE_PCD | PTE_G,
    [4] = PTE_PKEY | PTE_PS | PTE_PWT | PTE_PCD | PTE_G,
};

bool pte_flags_ok(unsigned level, pte_t e) { return !(e & forbidden[level]); }

uint64_t l1tf_limit;

bool pte_absent_ok(pte_t e) { return !(e & PTE_MFN_MASK) || (e & PTE_MFN_MASK) >= l1tf_limit; }
