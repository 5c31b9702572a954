/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0's first page tables: the mapping from virt_base on, and that of the pfn-to-mfn list where
 * the kernel asked for one. The tables themselves are mapped read-only, as they must be once they
 * are in use.
 */
#include <arch/dom0.h>
#include <arch/page.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/string.h>

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

struct builder {
    struct dom0_memory *m;
    const struct dom0_layout *l;
    unsigned long used; /* tables taken */
    pte_t *l1;          /* of the last address */
    uint64_t l1_va;
};

static pte_t *new_table(struct builder *b, mfn_t *m)
{
    unsigned long pfn = b->l->tables + b->used++;
    pte_t *t = dom0_page(b->m, pfn);

    BUG_ON(b->used > b->l->nr_tables);
    clear_page(t);
    *m = dom0_mfn(b->m, pfn);
    return t;
}

static pte_t *next_level(struct builder *b, pte_t *entry)
{
    mfn_t m;
    pte_t *t;

    if (*entry & PTE_P)
        return mfn_to_virt(pte_mfn(*entry));
    t = new_table(b, &m);
    *entry = pte_make(m, TABLE_FLAGS);
    return t;
}

static void map(struct builder *b, uint64_t va, mfn_t m, uint64_t flags)
{
    if (!b->l1 || b->l1_va != va >> 21) {
        pte_t *t = dom0_page(b->m, b->l->tables);

        t = next_level(b, &t[l4_index(va)]);
        t = next_level(b, &t[l3_index(va)]);
        b->l1 = next_level(b, &t[l2_index(va)]);
        b->l1_va = va >> 21;
    }
    b->l1[l1_index(va)] = pte_make(m, flags);
}

static void map_kernel(struct builder *b)
{
    const struct dom0_layout *l = b->l;

    for (unsigned long pfn = 0; pfn < l->mapped_end; pfn++) {
        bool table = pfn - l->tables < l->nr_tables;

        map(b, l->virt_base + (pfn << PAGE_SHIFT), dom0_mfn(b->m, pfn),
            table ? TABLE_FLAGS & ~PTE_RW : TABLE_FLAGS);
    }
}

static void map_p2m(struct builder *b)
{
    const struct dom0_layout *l = b->l;

    for (unsigned long i = 0; i < l->p2m_pages; i++)
        map(b, l->p2m_virt + (i << PAGE_SHIFT), dom0_mfn(b->m, l->p2m + i), TABLE_FLAGS);
}

/* Both directions of pfn <-> mfn */
static void fill_p2m(struct dom0_memory *m, const struct dom0_layout *l)
{
    uint64_t *p2m = NULL;

    clear_page(dom0_page(m, l->p2m + l->p2m_pages - 1));
    for (unsigned r = 0; r < m->nr_runs; r++) {
        const struct dom0_run run = m->runs[r];

        for (unsigned long i = 0; i < run.count; i++) {
            unsigned long pfn = run.pfn + i;

            if (!p2m || pfn % 512 == 0)
                p2m = dom0_page(m, l->p2m + pfn / 512);
            p2m[pfn % 512] = run.mfn.n + i;
            set_m2p(mfn_add(run.mfn, i), (pfn_t){ pfn });
        }
    }
}

void dom0_build_tables(struct dom0_memory *m, const struct dom0_layout *l)
{
    struct builder b = { .m = m, .l = l };
    mfn_t l4;

    (void)new_table(&b, &l4);
    map_kernel(&b);
    if (l->p2m_virt)
        map_p2m(&b);
    BUG_ON(b.used != l->nr_tables);
    fill_p2m(m, l);
}
