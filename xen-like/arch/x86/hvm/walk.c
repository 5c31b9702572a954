/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's page tables, read as its processor reads them: one loop for the three kinds of tables,
 * which differ in how many levels there are and how wide an entry is. (Intel SDM volume 3, chapter
 * 4)
 */
#include <arch/hvm.h>
#include <arch/hvm_memory.h>
#include <arch/insn.h>
#include <arch/msr_index.h>
#include <arch/page.h>
#include <hv/arch.h>

#define FAULT_PRESENT 1u
#define FAULT_RESERVED 8u
#define CR4_PSE 0x10UL

struct kind {
    uint8_t levels, bits; /* of an address that each level translates */
    bool wide;            /* entries of 8 bytes */
};
static const struct kind two_levels = { 2, 10, false }, pae = { 3, 9, true },
                         four_levels = { 4, 9, true };

static const struct kind *kind_of(const struct paging_mode *m)
{
    if (m->efer & EFER_LMA)
        return &four_levels;
    return m->cr4 & CR4_PAE ? &pae : &two_levels;
}

/* One entry, in a page of the guest's that is held meanwhile. */
struct entry {
    struct page *pg;
    void *at;
    uint64_t value;
};

static bool entry_get(struct domain *d, const struct kind *k, uint64_t gpa, struct entry *e)
{
    e->pg = page_get_from_gfn(d, gfn(gpa >> PAGE_SHIFT));
    if (!e->pg)
        return false;
    e->at = (char *)mfn_to_virt(page_to_mfn(e->pg)) + (gpa & (PAGE_SIZE - 1));
    e->value = k->wide ? READ_ONCE(*(uint64_t *)e->at) : READ_ONCE(*(uint32_t *)e->at);
    return true;
}

/* Bits that the processor sets: in the low half of either width. */
static void mark(struct domain *d, const struct entry *e, uint64_t bits)
{
    if ((e->value & bits) == bits)
        return;
    __atomic_fetch_or((uint32_t *)e->at, (uint32_t)bits, __ATOMIC_SEQ_CST);
    ept_mark_dirty(d, gfn(get_m2p(page_to_mfn(e->pg)).n));
}

static bool large_allowed(const struct paging_mode *m, const struct kind *k, unsigned level)
{
    if (level == 2)
        return k->wide || (m->cr4 & CR4_PSE);
    return level == 3 && k->levels == 4;
}

/* What all entries on the way allow, against what is asked for. */
static bool allowed(const struct paging_mode *m, uint64_t all, uint64_t any_nx, uint32_t access)
{
    if ((access & WALK_USER) && !(all & PTE_US))
        return false;
    if ((access & WALK_WRITE) && !(all & PTE_RW) && ((access & WALK_USER) || (m->cr0 & CR0_WP)))
        return false;
    return !((access & WALK_FETCH) && any_nx && (m->efer & EFER_NX));
}

/* Where a leaf leads: the frame's address, with the rest of the linear one. Bits 20:13 of a 4 MiB
 * page are bits 39:32 of its address. */
static uint64_t leaf_address(const struct kind *k, uint64_t e, unsigned level, uint64_t va)
{
    uint64_t size = 1UL << (PAGE_SHIFT + (level - 1) * k->bits), base = e & PTE_MFN_MASK;

    if (level == 2 && !k->wide)
        base = (e & 0xffc00000UL) | (e >> 13 & 0xff) << 32;
    return (base & ~(size - 1)) | (va & (size - 1));
}

uint32_t guest_walk(struct domain *d, const struct paging_mode *m, uint64_t va, uint32_t access,
                    uint64_t *gpa)
{
    const struct kind *k = kind_of(m);
    uint64_t table = m->cr3 & (k->levels == 3 ? 0xffffffe0UL : PTE_MFN_MASK), all = ~0UL, any_nx = 0;

    *gpa = va;
    if (!(m->cr0 & CR0_PG))
        return 0;
    for (unsigned level = k->levels;; level--) {
        unsigned shift = PAGE_SHIFT + (level - 1) * k->bits;
        uint64_t index = va >> shift & ((1UL << k->bits) - 1);
        struct entry e;
        bool leaf, good, top_of_pae = k->levels == 3 && level == 3;

        if (!entry_get(d, k, table + index * (k->wide ? 8 : 4), &e))
            return WALK_FAULT | access;
        if (!(e.value & PTE_P)) {
            page_put(e.pg);
            return WALK_FAULT | access;
        }
        if (!top_of_pae) { /* these entries have no such bits */
            all &= e.value;
            any_nx |= e.value & PTE_NX;
        }
        leaf = level == 1 || ((e.value & PTE_PS) && large_allowed(m, k, level));
        good = !leaf || allowed(m, all, any_nx, access);
        if (good && !top_of_pae)
            mark(d, &e, PTE_A | (leaf && (access & WALK_WRITE) ? PTE_D : 0));
        page_put(e.pg);
        if (!good)
            return WALK_FAULT | FAULT_PRESENT | access;
        if (leaf) {
            *gpa = leaf_address(k, e.value, level, va);
            return 0;
        }
        table = e.value & PTE_MFN_MASK;
    }
}
