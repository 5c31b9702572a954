/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two L4 tables of a vcpu: one for the guest's kernel, one for its user mode. Each holds the
 * table (page and type).
 */
#include <arch/boot.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <public/errno.h>

void l4_fill_hv_slots(struct domain *d, pte_t *l4)
{
    for (unsigned i = HV_L4_FIRST; i <= HV_L4_LAST; i++)
        l4[i] = boot_l4[i];
    l4[PERDOMAIN_L4] = pte_make(d->arch.perdomain_l3_mfn, PTE_P | PTE_RW | PTE_A | PTE_D);
}

int vcpu_set_root(struct vcpu *v, bool user, mfn_t m, struct mm_pending *p)
{
    struct domain *d = v->domain;
    mfn_t *root = user ? &v->arch.guest_table_user : &v->arch.guest_table;
    mfn_t old = *root;
    int rc;

    if (!m.n && !user)
        return -XEN_EINVAL;
    rc = m.n ? table_get(d, m, 4, p) : mm_pending_undo(p);
    if (rc)
        return rc;
    *root = m;
    if (v->arch.kernel_mode != user && m.n)
        v->arch.cr3 = mfn_to_maddr(m);
    if (v == current && v->arch.kernel_mode != user && m.n)
        write_ptbase(v);
    if (old.n)
        table_put(d, mfn_to_page(old), p);
    return 0;
}

int vcpu_init_roots(struct vcpu *v, mfn_t kernel, mfn_t user)
{
    struct domain *d = v->domain;
    struct mm_pending *p = &current->arch.mm_pending;
    int rc = mm_lock(d);

    if (rc)
        return rc;
    if (!mfn_eq(v->arch.guest_table, kernel))
        rc = vcpu_set_root(v, false, kernel, p);
    if (!rc && !mfn_eq(v->arch.guest_table_user, user))
        rc = p->owner && p->undo ? -XEN_ERESTART : vcpu_set_root(v, true, user, p);
    mm_unlock(d);
    return rc ? rc : mm_pending_finish(p);
}

int vcpu_drop_roots(struct vcpu *v)
{
    struct domain *d = v->domain;
    struct mm_pending *p = &v->arch.mm_pending;
    mfn_t *roots[] = { &v->arch.guest_table_user, &v->arch.guest_table };
    int rc = mm_pending_finish(p);

    for (unsigned i = 0; i < ARRAY_SIZE(roots) && !rc; i++) {
        mfn_t old = *roots[i];

        if (!old.n)
            continue;
        *roots[i] = mfn(0);
        spin_lock(&d->arch.mm_lock);
        table_put(d, mfn_to_page(old), p);
        spin_unlock(&d->arch.mm_lock);
        rc = mm_pending_finish(p);
    }
    if (!rc)
        v->arch.cr3 = 0;
    return rc;
}
