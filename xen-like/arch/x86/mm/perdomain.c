/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The per-domain slot of every L4 of a PV domain: windows through which the processor reads the
 * vcpus' descriptor tables. 32 pages of addresses for each vcpu: 16 for the GDT, 16 for the LDT.
 * Tables come as vcpus are created.
 */
#include <arch/mm.h>
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <public/errno.h>

#define VCPU_PAGES    32u
#define VCPUS_PER_L1  (PT_ENTRIES / VCPU_PAGES)
#define TABLE_FLAGS   (PTE_P | PTE_RW | PTE_A | PTE_D)

_Static_assert(MAX_VCPUS_PV / VCPUS_PER_L1 <= PT_ENTRIES, "one L2 is enough for all vcpus");

/** The table behind an entry, allocated if there is none and `make`. */
static pte_t *table_at(pte_t *e, bool make)
{
    pte_t *t;

    if (*e & PTE_P)
        return mfn_to_virt(pte_mfn(*e));
    t = make ? hv_alloc_page() : NULL;
    if (t)
        WRITE_ONCE(*e, pte_make(virt_to_mfn(t), TABLE_FLAGS));
    return t;
}

int perdomain_init(struct domain *d)
{
    d->arch.perdomain_l3 = hv_alloc_page();
    if (!d->arch.perdomain_l3)
        return -XEN_ENOMEM;
    d->arch.perdomain_l3_mfn = virt_to_mfn(d->arch.perdomain_l3);
    return 0;
}

int perdomain_map_vcpu(struct vcpu *v)
{
    pte_t *l2 = table_at(&v->domain->arch.perdomain_l3[0], true);

    return l2 && table_at(&l2[v->id / VCPUS_PER_L1], true) ? 0 : -XEN_ENOMEM;
}

pte_t *perdomain_ptes(struct vcpu *v)
{
    pte_t *l2 = table_at(&v->domain->arch.perdomain_l3[0], false);

    return table_at(&l2[v->id / VCPUS_PER_L1], false) + v->id % VCPUS_PER_L1 * VCPU_PAGES;
}

void perdomain_free(struct domain *d)
{
    pte_t *l3 = d->arch.perdomain_l3, *l2;

    if (!l3)
        return;
    l2 = table_at(&l3[0], false);
    for (unsigned i = 0; l2 && i < PT_ENTRIES; i++)
        if (l2[i] & PTE_P)
            hv_free_page(mfn_to_virt(pte_mfn(l2[i])));
    if (l2)
        hv_free_page(l2);
    hv_free_page(l3);
    d->arch.perdomain_l3 = NULL;
}
