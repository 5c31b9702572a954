/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * update_va_mapping: write the L1 entry that maps an address of the current vcpu, and flush as
 * asked.
 */
#include <arch/hypercall.h>
#include <arch/frame_va.h>
#include <arch/mm.h>
#include <arch/pte_update.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <public/errno.h>

static inline pte_t *next_table(pte_t e) { return frame_va(pte_mfn(e)); }

pte_t *walk_to_l1(mfn_t root, uint64_t va)
{
    pte_t *t = frame_va(root);
    pte_t e = t[l4_index(va)];

    if (!(e & PTE_P))
        return NULL;
    e = next_table(e)[l3_index(va)];
    if (!(e & PTE_P))
        return NULL;
    e = next_table(e)[l2_index(va)];
    if (!(e & PTE_P))
        return NULL;
    return next_table(e) + l1_index(va);
}

int flush_vcpu_bitmap(struct domain *d, uint64_t bitmap, uint64_t va)
{
    struct cpumask cpus = { { 0 } };
    uint64_t word = 0;
    struct vcpu *v;

    for (unsigned id = 0; id < d->max_vcpus; id++) {
        if (id % 64 == 0) {
            unsigned bytes = MIN(DIV_ROUND_UP(d->max_vcpus - id, 8u), 8u);

            word = 0;
            if (copy_from_guest_va(&word, guest_index((xen_guest_handle_t){ bitmap }, id / 8, 1),
                                   bytes))
                return -XEN_EFAULT;
        }
        v = word >> id % 64 & 1 ? d->vcpu[id] : NULL;
        if (v && READ_ONCE(v->dirty_cpu) >= 0)
            cpumask_set(&cpus, v->dirty_cpu);
    }
    tlb_flush_cpus(&cpus, va);
    return 0;
}

static int flush_as_asked(struct domain *d, uint64_t va, uint64_t flags)
{
    uint64_t what = flags & UVMF_FLUSHTYPE_MASK, where = flags & ~UVMF_FLUSHTYPE_MASK;
    struct cpumask cpus;

    if (what == UVMF_NONE)
        return 0;
    if (what == UVMF_FLUSHTYPE_MASK)
        return -XEN_ENOSYS;
    if (what == UVMF_TLB_FLUSH)
        va = TLB_ALL;
    if (where == UVMF_ALL) {
        domain_dirty_cpus(d, &cpus);
        tlb_flush_cpus(&cpus, va);
        return 0;
    }
    if (where)
        return flush_vcpu_bitmap(d, where, va);
    if (va == TLB_ALL)
        tlb_flush_local();
    else
        tlb_flush_local_page(va);
    return 0;
}

static long update(struct domain *owner, uint64_t va, uint64_t val, uint64_t flags)
{
    struct vcpu *v = current;
    struct domain *d = v->domain;
    pte_t *p;
    int rc, flush;

    if (unlikely(!guest_address_ok(va)))
        return -XEN_EINVAL;
    /* no table changes its type here: nothing that is pending is in the way */
    spin_lock(&d->arch.mm_lock);
    p = walk_to_l1(v->arch.guest_table, va);
    if (unlikely(!p))
        rc = -XEN_EINVAL;
    else
        rc = likely(d == owner) ? l1_update_own(d, p, val) : l1_update(d, owner, p, val,
                                                                       UPDATE_PLAIN);
    spin_unlock(&d->arch.mm_lock);
    flush = flush_as_asked(d, va, flags);
    return rc ? rc : flush;
}

long do_update_va_mapping(uint64_t va, uint64_t val, uint64_t flags, uint64_t a4, uint64_t a5,
                          uint64_t a6)
{
    return update(current->domain, va, val, flags);
}

long do_update_va_mapping_otherdomain(uint64_t va, uint64_t val, uint64_t flags, uint64_t domid,
                                      uint64_t a5, uint64_t a6)
{
    struct domain *owner;
    int rc = frame_owner_lookup(domid, &owner);

    return rc ? rc : update(owner, va, val, flags);
}
