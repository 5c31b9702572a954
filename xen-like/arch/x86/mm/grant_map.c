/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings of granted frames in the current domain's L1 tables. The references that a mapping holds
 * were taken by the grant code; they belong to the entry while it stands, and are dropped like
 * those of any other entry if the guest overwrites it. arch_grant_unmap hands them back.
 */
#include <arch/frame_va.h>
#include <arch/mm.h>
#include <hv/arch.h>
#include <public/grant_table.h>

/** The entry at a machine address, if that is aligned and in a valid L1 of `d`. */
static __attribute__((noinline)) pte_t *entry_at(struct domain *d, uint64_t maddr)
{
    mfn_t m = maddr_to_mfn(maddr);

    if ((maddr & (sizeof(pte_t) - 1)) || !mfn_valid(m) || page_owner_id(mfn_to_page(m)) != d->id ||
        valid_table_level(READ_ONCE(mfn_to_page(m)->type)) != 1)
        return NULL;
    return (pte_t *)frame_va(m) + (maddr & ~PAGE_MASK) / sizeof(pte_t);
}

/**
 * The L1 entry that `addr` names: a PTE's machine address, or a linear address. NULL if there is
 * none in a valid L1.
 */
static inline pte_t *find_entry(struct domain *d, uint64_t addr, bool is_pte)
{
    if (unlikely(is_pte))
        return entry_at(d, addr);
    return guest_address_ok(addr) ? walk_to_l1(current->arch.guest_table, addr) : NULL;
}

static pte_t grant_entry(mfn_t m, unsigned flags, unsigned cache_flags)
{
    pte_t e = pte_make(m, PTE_P | PTE_US | PTE_A | PTE_D | (cache_flags & PTE_CACHE));

    if (!(flags & GNTMAP_readonly))
        e |= PTE_RW;
    return e | ((pte_t)(flags & GNTMAP_guest_avail_mask) >> _GNTMAP_guest_avail0 << 9 & PTE_AVAIL);
}

static void replace(struct domain *d, pte_t *p, pte_t new)
{
    pte_t old = READ_ONCE(*p);

    WRITE_ONCE(*p, new);
    if (old & PTE_P)
        leaf_put(d, old);
}

int arch_grant_map(uint64_t addr, mfn_t m, unsigned flags, unsigned cache_flags)
{
    struct domain *d = current->domain;
    int status = GNTST_general_error;
    pte_t *p;

    spin_lock(&d->arch.mm_lock);
    p = find_entry(d, addr, flags & GNTMAP_contains_pte);
    if (p) {
        replace(d, p, grant_entry(m, flags, cache_flags));
        status = GNTST_okay;
    }
    spin_unlock(&d->arch.mm_lock);
    return status;
}

/** Does the entry map what the grant code believes it does, with the same access? */
static bool is_grant_of(pte_t e, mfn_t m, unsigned flags)
{
    return (e & PTE_P) && mfn_eq(pte_mfn(e), m) && !(e & PTE_RW) == !!(flags & GNTMAP_readonly);
}

/**
 * The entry that takes the place of the mapping: moved from new_addr with all that it holds, or
 * nothing.
 */
static bool take_replacement(struct domain *d, pte_t *p, uint64_t new_addr, unsigned flags,
                             pte_t *out)
{
    pte_t *from;

    *out = 0;
    if (!new_addr)
        return true;
    if (flags & GNTMAP_contains_pte)
        return false;
    from = find_entry(d, new_addr, false);
    if (!from || from == p)
        return false;
    *out = __atomic_exchange_n(from, 0, __ATOMIC_SEQ_CST);
    return true;
}

int arch_grant_unmap(uint64_t addr, mfn_t m, uint64_t new_addr, unsigned flags)
{
    struct domain *d = current->domain;
    int status = GNTST_general_error;
    pte_t *p, new;

    spin_lock(&d->arch.mm_lock);
    p = find_entry(d, addr, flags & GNTMAP_contains_pte);
    if (p && is_grant_of(READ_ONCE(*p), m, flags) &&
        take_replacement(d, p, new_addr, flags, &new)) {
        WRITE_ONCE(*p, new);
        status = GNTST_okay;
    }
    spin_unlock(&d->arch.mm_lock);
    return status;
}
