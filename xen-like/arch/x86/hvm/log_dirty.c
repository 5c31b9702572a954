/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XEN_DOMCTL_shadow_op: which pages of a hardware guest were written to, for whoever copies them while
 * it runs, and how much memory its tables may take. What is written is kept in the tables themselves
 * (hvm/ept.c), by pages of 4 KiB from ENABLE on; OFF leaves them at that. The map of all frames is gone
 * through in pieces, and the call is made again while others want the CPU: one operation at a time.
 */
#include <arch/hvm.h>
#include <arch/mm.h>
#include <arch/vmx.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <public/errno.h>

#define PIECE     512UL             /* frames: those of a table */
#define ZEROS     (PIECE * 512)     /* frames in one go that are not there */
#define MIB_PAGES (1UL << (20 - PAGE_SHIFT))

/* --- on and off ------------------------------------------------------------------------------- */
static void set_logs(struct domain *d, bool on)
{
    spin_lock(&d->arch.mm_lock);
    ept_set_logs(d, on);
    spin_unlock(&d->arch.mm_lock);
}

/* What was protected when memory ran out can be written to as before. */
static long turn(struct domain *d, bool on)
{
    struct log_dirty *log = &d->arch.hvm->log;
    long rc = 0;

    while (!rc && (log->at = ept_next(d, gfn(log->at), EPT_GFN_LIMIT, false)) < EPT_GFN_LIMIT) {
        spin_lock(&d->arch.mm_lock);
        rc = ept_log(d, gfn(log->at), on, log->since);
        spin_unlock(&d->arch.mm_lock);
        log->at += PIECE;
        if (!rc && hypercall_preempt_check())
            rc = -XEN_ERESTART;
    }
    tlb_flush_domain(d);
    if (rc == -XEN_ENOMEM)
        set_logs(d, false);
    return rc;
}

/* --- looking ---------------------------------------------------------------------------------- */
/* What the caller is not told of stays dirty. */
static void give_back(struct domain *d, const uint8_t *bits, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (bits[i / 8] >> i % 8 & 1)
            ept_mark_dirty(d, gfn(d->arch.hvm->log.at + i));
}

static long look_at(struct domain *d, const struct xen_domctl_shadow_op *s, uint64_t n)
{
    struct log_dirty *log = &d->arch.hvm->log;
    bool clean = s->op == XEN_DOMCTL_SHADOW_OP_CLEAN;
    uint8_t bits[PIECE / 8];
    unsigned found;

    spin_lock(&d->arch.mm_lock);
    found = ept_take_dirty(d, gfn(log->at), n, bits, EPT_LOG, clean, log->since);
    spin_unlock(&d->arch.mm_lock);
    if (s->dirty_bitmap.addr &&
        copy_to_guest_bytes(guest_index(s->dirty_bitmap, log->at / 8, 1), bits, (n + 7) / 8)) {
        if (clean)
            give_back(d, bits, n);
        return -XEN_EFAULT;
    }
    log->found += found;
    return 0;
}

static long look_at_nothing(const struct xen_domctl_shadow_op *s, uint64_t at, uint64_t n)
{
    return s->dirty_bitmap.addr &&
           clear_guest_va(guest_index(s->dirty_bitmap, at / 8, 1), (n + 7) / 8) ? -XEN_EFAULT : 0;
}

static long look(struct domain *d, const struct xen_domctl_shadow_op *s)
{
    struct log_dirty *log = &d->arch.hvm->log;
    uint64_t end = s->dirty_bitmap.addr ? MIN(s->pages, EPT_GFN_LIMIT) : EPT_GFN_LIMIT;
    long rc = 0;

    while (!rc && log->at < end) {
        uint64_t next = ept_next(d, gfn(log->at), end, true), n;

        if (next > log->at) {
            n = MIN(next, end) - log->at;
            n = s->dirty_bitmap.addr ? MIN(n, ZEROS) : n;
            rc = look_at_nothing(s, log->at, n);
        } else {
            n = MIN(end - log->at, PIECE);
            rc = look_at(d, s, n);
        }
        log->at += n;
        if (!rc && log->at < end && hypercall_preempt_check())
            rc = -XEN_ERESTART;
    }
    if (s->op == XEN_DOMCTL_SHADOW_OP_CLEAN) /* the guest's, and of mappings by others that went */
        tlb_flush_foreign_use(tlb_stamp());
    return rc;
}

static void answer(struct domain *d, struct xen_domctl_shadow_op *s)
{
    struct log_dirty *log = &d->arch.hvm->log;

    s->stats.dirty_count = log->found;
    s->stats.fault_count = READ_ONCE(d->arch.hvm->ept.faults);
    if (s->dirty_bitmap.addr)
        s->pages = log->at;
    if (s->op != XEN_DOMCTL_SHADOW_OP_CLEAN)
        return;
    log->since = log->began;
    __atomic_store_n(&d->arch.hvm->ept.faults, 0, __ATOMIC_RELAXED);
}

/* --- one operation after the other ------------------------------------------------------------ */
static bool turns_on(const struct xen_domctl_shadow_op *s)
{
    return s->op == XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY || s->op == XEN_DOMCTL_SHADOW_OP_ENABLE;
}

/* Goes on with what was begun; only OFF puts an end to that for somebody else, who may be gone. */
static long begin(struct domain *d, const struct xen_domctl_shadow_op *s)
{
    struct log_dirty *log = &d->arch.hvm->log;
    bool off = s->op == XEN_DOMCTL_SHADOW_OP_OFF;

    if (log->at && !memcmp(&log->op, s, sizeof(*s)))
        return 0;
    if (log->at && !off)
        return -XEN_EBUSY;
    if (!off && d->arch.hvm->ept.logs == turns_on(s))
        return -XEN_EINVAL;
    log->op = *s;
    log->at = log->found = 0;
    if (!off && !turns_on(s) && vmx_uses(VMX_PML))
        tlb_flush_domain(d); /* its CPUs tell what their logs have */
    log->began = tlb_tick();
    if (off || turns_on(s)) {
        set_logs(d, !off);
        log->since = log->began;
        __atomic_store_n(&d->arch.hvm->ept.faults, 0, __ATOMIC_RELAXED);
    }
    return 0;
}

static long go_on(struct domain *d, struct xen_domctl_shadow_op *s)
{
    bool looks = s->op == XEN_DOMCTL_SHADOW_OP_CLEAN || s->op == XEN_DOMCTL_SHADOW_OP_PEEK;
    long rc = begin(d, s);

    if (rc)
        return rc;
    rc = looks ? look(d, s) : turn(d, turns_on(s));
    if (rc == -XEN_ERESTART)
        return rc;
    if (!rc && looks)
        answer(d, s);
    d->arch.hvm->log.at = 0;
    return rc;
}

static bool is_valid(const struct xen_domctl_shadow_op *s)
{
    switch (s->op) {
    case XEN_DOMCTL_SHADOW_OP_OFF:
    case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
        return true;
    case XEN_DOMCTL_SHADOW_OP_ENABLE:
        return s->mode & XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY;
    case XEN_DOMCTL_SHADOW_OP_CLEAN:
    case XEN_DOMCTL_SHADOW_OP_PEEK:
        return !(s->mode & ~XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL);
    default:
        return false;
    }
}

/* --- memory for tables ------------------------------------------------------------------------ */
/* Nothing is set aside: less than there are only keeps them from growing. */
static long set_limit(struct domain *d, unsigned long pages)
{
    spin_lock(&d->arch.mm_lock);
    d->arch.hvm->ept.limit = pages;
    spin_unlock(&d->arch.mm_lock);
    return 0;
}

static unsigned long allocation(const struct domain *d)
{
    return MAX(ept_limit(d), READ_ONCE(d->arch.hvm->ept.tables));
}

long hvm_get_pool(struct domain *d, struct xen_domctl *op)
{
    if (!is_hvm_domain(d))
        return -XEN_EOPNOTSUPP;
    op->u.paging_mempool.size = allocation(d) << PAGE_SHIFT;
    return 0;
}

long hvm_set_pool(struct domain *d, struct xen_domctl *op)
{
    uint64_t size = op->u.paging_mempool.size;

    if (!is_hvm_domain(d))
        return -XEN_EOPNOTSUPP;
    return size & ~PAGE_MASK ? -XEN_EINVAL : set_limit(d, size >> PAGE_SHIFT);
}

long hvm_shadow_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_shadow_op *s = &op->u.shadow_op;
    long rc;

    if (!is_hvm_domain(d))
        return -XEN_EOPNOTSUPP;
    if (d == current->domain)
        return -XEN_EINVAL;
    if (s->op == XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION)
        return set_limit(d, s->mb * MIB_PAGES);
    if (s->op == XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION) {
        s->mb = DIV_ROUND_UP(allocation(d), MIB_PAGES);
        return 0;
    }
    if (!is_valid(s))
        return -XEN_EINVAL;
    if (__atomic_exchange_n(&d->arch.hvm->log.busy, true, __ATOMIC_ACQUIRE))
        return -XEN_EBUSY;
    rc = go_on(d, s);
    __atomic_store_n(&d->arch.hvm->log.busy, false, __ATOMIC_RELEASE);
    return rc;
}
