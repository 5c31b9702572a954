/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own page tables: finding, making and reading entries. */
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <public/errno.h>

#define PTE_TABLE (PTE_P | PTE_RW | PTE_A | PTE_US)

pte_t *hv_table_below(pte_t *e)
{
    if (!(*e & PTE_P)) {
        pte_t *t = hv_new_table();

        if (!t)
            return NULL;
        *e = pte_make(maddr_to_mfn(virt_to_maddr(t)), PTE_TABLE);
    }
    BUG_ON(*e & PTE_PS);
    return maddr_to_virt(mfn_to_maddr(pte_mfn(*e)));
}

static uint64_t bytes_at(unsigned level) { return PAGE_SIZE << 9 * (level - 1); }

static pte_t *entry_below(pte_t *top, uint64_t va, unsigned level)
{
    pte_t *e = top;

    for (unsigned l = 3; e && l >= level; l--) {
        pte_t *t = hv_table_below(e);

        e = t ? &t[va / bytes_at(l) % PT_ENTRIES] : NULL;
    }
    return e;
}

pte_t *hv_entry(uint64_t va, unsigned level)
{
    return entry_below(&boot_l4[l4_index(va)], va, level);
}

int hv_map_below(pte_t *top, uint64_t va, pte_t new)
{
    pte_t *e = entry_below(top, va, 1);

    if (!e)
        return -XEN_ENOMEM;
    *e = new;
    return 0;
}

/* Level of the largest page that fits at the start of this piece. */
static unsigned level_for(uint64_t va, uint64_t pa, uint64_t bytes, unsigned highest)
{
    unsigned level = highest;

    while (level > 1 && (((va | pa) & (bytes_at(level) - 1)) || bytes < bytes_at(level)))
        level--;
    return level;
}

int hv_map_range(uint64_t va, uint64_t pa, uint64_t bytes, uint64_t flags)
{
    unsigned highest = cpuid(0x80000001, 0).d & (1u << 26) ? 3 : 2; /* 1 GiB pages */

    while (bytes) {
        unsigned level = level_for(va, pa, bytes, highest);
        pte_t *e = hv_entry(va, level);

        if (!e)
            return -XEN_ENOMEM;
        *e = pte_make(maddr_to_mfn(pa), level > 1 ? flags | PTE_PS : flags);
        va += bytes_at(level);
        pa += bytes_at(level);
        bytes -= bytes_at(level);
    }
    return 0;
}

pte_t hv_pte(uint64_t va)
{
    const pte_t *t = boot_l4;

    for (unsigned level = 4;; level--) {
        pte_t e = t[va / bytes_at(level) % PT_ENTRIES];

        if (!(e & PTE_P) || level == 1)
            return e & PTE_P ? e & ~PTE_G : 0;
        if (e & PTE_PS)
            return pte_make(mfn_add(pte_mfn(e), va % bytes_at(level) / PAGE_SIZE),
                            e & ~(PTE_MFN_MASK | PTE_PS | PTE_G));
        t = mfn_to_virt(pte_mfn(e));
    }
}
