/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext_op: pins, page-table roots, TLB and cache maintenance, the LDT, whole-page writes. One row
 * per operation.
 */
#include <arch/hypercall.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/policy.h>
#include <public/errno.h>

#define PREEMPTED (1u << 31) /* in count: this is a continuation, *done counts what is behind us */

typedef int mmuext_fn(struct domain *owner, const struct mmuext_op *op);

static int pin(struct domain *owner, const struct mmuext_op *op)
{
    unsigned level = op->cmd - MMUEXT_PIN_L1_TABLE + 1;
    int rc;

    if (owner->id >= DOMID_FIRST_RESERVED)
        return -XEN_EINVAL;
    tlb_flush_ahead(owner, mfn(op->arg1.mfn), pgt_table(level));
    rc = mm_lock(owner);
    if (rc)
        return rc;
    rc = table_pin(owner, mfn(op->arg1.mfn), level, &current->arch.mm_pending);
    mm_unlock(owner);
    return rc;
}

static int unpin(struct domain *owner, const struct mmuext_op *op)
{
    int rc;

    if (owner->id >= DOMID_FIRST_RESERVED)
        return -XEN_EINVAL;
    rc = mm_lock(owner);
    if (rc)
        return rc;
    rc = table_unpin(owner, mfn(op->arg1.mfn), &current->arch.mm_pending);
    mm_unlock(owner);
    return rc;
}

static int set_root(struct domain *owner, const struct mmuext_op *op)
{
    struct vcpu *v = current;
    bool user = op->cmd == MMUEXT_NEW_USER_BASEPTR;
    mfn_t m = mfn(op->arg1.mfn);
    int rc;

    if (owner != v->domain)
        return -XEN_EPERM;
    /* a vcpu's roots change by itself, or while it does not run */
    if (mfn_eq(m, user ? v->arch.guest_table_user : v->arch.guest_table)) {
        if (!user)
            tlb_flush_local();
        return 0;
    }
    rc = mm_lock(owner);
    if (rc)
        return rc;
    rc = vcpu_set_root(v, user, m, &v->arch.mm_pending);
    mm_unlock(owner);
    return rc;
}

static int flush_local(struct domain *owner, const struct mmuext_op *op)
{
    if (owner != current->domain)
        return -XEN_EPERM;
    if (op->cmd == MMUEXT_TLB_FLUSH_LOCAL)
        tlb_flush_local();
    else if (guest_address_ok(op->arg1.linear_addr))
        tlb_flush_local_page(op->arg1.linear_addr);
    return 0;
}

static int flush_all(struct domain *owner, const struct mmuext_op *op)
{
    struct cpumask cpus;
    uint64_t va = op->cmd == MMUEXT_TLB_FLUSH_ALL ? TLB_ALL : op->arg1.linear_addr;

    if (owner != current->domain)
        return -XEN_EPERM;
    if (va != TLB_ALL && !guest_address_ok(va))
        return 0;
    domain_dirty_cpus(owner, &cpus);
    tlb_flush_cpus(&cpus, va);
    return 0;
}

static int flush_multi(struct domain *owner, const struct mmuext_op *op)
{
    uint64_t va = op->cmd == MMUEXT_TLB_FLUSH_MULTI ? TLB_ALL : op->arg1.linear_addr;

    if (owner != current->domain)
        return -XEN_EPERM;
    if (va != TLB_ALL && !guest_address_ok(va))
        return 0;
    /* as the ABI has it */
    return flush_vcpu_bitmap(owner, op->arg2.vcpumask.addr, va) ? -XEN_EINVAL : 0;
}

/**
 * May this domain make the machine's caches be written back? Only the domain with the devices has a
 * use for it.
 */
static bool may_flush_cache(const struct domain *d) { return d->is_hardware; }

static int flush_cache(struct domain *owner, const struct mmuext_op *op)
{
    if (owner != current->domain)
        return -XEN_EPERM;
    if (!may_flush_cache(owner))
        return -XEN_EACCES;
    if (op->cmd == MMUEXT_FLUSH_CACHE)
        cache_flush_all();
    else
        arch_on_cpus(&cpu_online, (void (*)(void *))cache_flush_all, NULL);
    return 0;
}

static int set_ldt(struct domain *owner, const struct mmuext_op *op)
{
    if (owner != current->domain)
        return -XEN_EPERM;
    return pv_set_ldt(current, op->arg1.linear_addr, op->arg2.nr_ents);
}

static int clear(struct domain *owner, const struct mmuext_op *op)
{
    mfn_t m = mfn(op->arg1.mfn);
    struct page *pg = mfn_to_page(m);

    if (!mfn_valid(m) || page_get_and_type(pg, owner, PGT_WRITABLE))
        return -XEN_EINVAL;
    clear_page(mfn_to_virt(m));
    page_put_and_type(pg);
    return 0;
}

static int copy(struct domain *owner, const struct mmuext_op *op)
{
    mfn_t to = mfn(op->arg1.mfn), from = mfn(op->arg2.src_mfn);
    struct page *src = mfn_to_page(from), *dst = mfn_to_page(to);
    int rc = -XEN_EINVAL;

    if (!mfn_valid(from) || !page_get(src, owner))
        return rc;
    if (!mfn_valid(to) || page_get_and_type(dst, owner, PGT_WRITABLE))
        goto put_src;
    copy_page(mfn_to_virt(to), mfn_to_virt(from));
    page_put_and_type(dst);
    rc = 0;
put_src:
    page_put(src);
    return rc;
}

static int superpage(struct domain *owner, const struct mmuext_op *op) { return -XEN_EOPNOTSUPP; }

static mmuext_fn *const ops[] = {
    [MMUEXT_PIN_L1_TABLE] = pin,
    [MMUEXT_PIN_L2_TABLE] = pin,
    [MMUEXT_PIN_L3_TABLE] = pin,
    [MMUEXT_PIN_L4_TABLE] = pin,
    [MMUEXT_UNPIN_TABLE] = unpin,
    [MMUEXT_NEW_BASEPTR] = set_root,
    [MMUEXT_TLB_FLUSH_LOCAL] = flush_local,
    [MMUEXT_INVLPG_LOCAL] = flush_local,
    [MMUEXT_TLB_FLUSH_MULTI] = flush_multi,
    [MMUEXT_INVLPG_MULTI] = flush_multi,
    [MMUEXT_TLB_FLUSH_ALL] = flush_all,
    [MMUEXT_INVLPG_ALL] = flush_all,
    [MMUEXT_FLUSH_CACHE] = flush_cache,
    [MMUEXT_SET_LDT] = set_ldt,
    [MMUEXT_NEW_USER_BASEPTR] = set_root,
    [MMUEXT_CLEAR_PAGE] = clear,
    [MMUEXT_COPY_PAGE] = copy,
    [MMUEXT_FLUSH_CACHE_GLOBAL] = flush_cache,
    [MMUEXT_MARK_SUPER] = superpage,
    [MMUEXT_UNMARK_SUPER] = superpage,
};

static int run_op(struct domain *owner, const struct mmuext_op *op)
{
    if (op->cmd >= ARRAY_SIZE(ops) || !ops[op->cmd])
        return -XEN_ENOSYS;
    return ops[op->cmd](owner, op);
}

/** *done becomes the number of operations that succeeded. */
static int run_batch(struct domain *owner, uint64_t addr, unsigned count, unsigned *done)
{
    const struct mm_pending *p = &current->arch.mm_pending;
    mfn_t unpinned = INVALID_MFN;
    struct mmuext_op op;
    int rc = 0;

    while (*done < count && !rc) {
        if (copy_from_guest_at(&op, ((xen_guest_handle_t){ addr }), *done))
            rc = -XEN_EFAULT;
        else
            rc = run_op(owner, &op);
        if (rc)
            break;
        ++*done;
        if (op.cmd == MMUEXT_UNPIN_TABLE)
            unpinned = mfn(op.arg1.mfn);
        if ((p->owner && p->undo) || (*done < count && hypercall_preempt_check()))
            rc = -XEN_ERESTART;
    }
    /* the guest will want to write to the tables again; the last use to end covers the others */
    if (!mfn_eq(unpinned, INVALID_MFN))
        tlb_flush_ahead(owner, unpinned, PGT_WRITABLE);
    return rc;
}

long do_mmuext_op(uint64_t uops, uint64_t count_arg, uint64_t pdone, uint64_t foreigndom,
                  uint64_t a5, uint64_t a6)
{
    unsigned count = count_arg, before = 0, done = 0;
    struct mm_pending *p = &current->arch.mm_pending;
    struct domain *owner;
    int rc;

    if (count & PREEMPTED) {
        count &= ~PREEMPTED;
        if (pdone && copy_from_guest_va(&before, pdone, sizeof(before)))
            return -XEN_EFAULT;
    }
    rc = frame_owner_lookup((uint32_t)foreigndom, &owner);
    if (rc)
        return rc;
    rc = run_batch(owner, uops, count, &done);
    if ((!rc || rc == -XEN_ERESTART) && done == count)
        /* also when nothing but this was left to be continued */
        rc = p->undo ? mm_pending_finish(p) : 0;
    before += done;
    if (pdone && copy_to_guest_va(pdone, &before, sizeof(before)))
        return -XEN_EFAULT;
    if (rc == -XEN_ERESTART)
        return hypercall_restart(__HYPERVISOR_mmuext_op, uops + done * sizeof(struct mmuext_op),
                                 (count - done) | PREEMPTED, pdone, foreigndom);
    return rc;
}
