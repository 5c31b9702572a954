/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine-to-physical table and what a guest calls a frame: a PV one's gfns are machine frames,
 * those of a hardware guest go through its tables (hvm/ept.c). */
#include <arch/boot.h>
#include <arch/hvm.h>
#include <arch/mm.h>
#include <hv/arch.h>
#include <public/errno.h>

static inline uint64_t *m2p(void) { return (uint64_t *)M2P_RW_START; }

void set_m2p(mfn_t m, pfn_t p)
{
    if (mfn_valid(m))
        WRITE_ONCE(m2p()[m.n], p.n);
}

pfn_t get_m2p(mfn_t m) { return pfn(mfn_valid(m) ? READ_ONCE(m2p()[m.n]) : INVALID_M2P); }

bool domain_is_translated(const struct domain *d) { return is_hvm_domain(d); }

struct page *page_get_from_gfn(struct domain *d, gfn_t g)
{
    struct page *pg = mfn_to_page(mfn(g.n));

    if (unlikely(is_hvm_domain(d)))
        return hvm_page_get(d, g);
    return mfn_valid(mfn(g.n)) && page_get(pg, d) ? pg : NULL;
}

int guest_physmap_add(struct domain *d, gfn_t g, mfn_t m, unsigned order)
{
    for (unsigned long i = 0; i < 1UL << order; i++)
        set_m2p(mfn_add(m, i), pfn(g.n + i));
    return is_hvm_domain(d) ? hvm_physmap_add(d, g, m, order) : 0;
}

int guest_physmap_remove(struct domain *d, gfn_t g, mfn_t m, unsigned order)
{
    int rc = is_hvm_domain(d) ? hvm_physmap_remove(d, g, m, order) : 0;

    for (unsigned long i = 0; !rc && i < 1UL << order; i++)
        set_m2p(mfn_add(m, i), pfn(INVALID_M2P));
    return rc;
}

unsigned long guest_physmap_highest(const struct domain *d)
{
    return is_hvm_domain(d) ? ept_highest(d) : 0;
}
