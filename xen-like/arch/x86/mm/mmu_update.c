/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_update: a batch of writes to page tables and to the machine-to-physical table. Requests are
 * copied in blocks; each block is carried out under one acquisition of mm_lock, with the last table
 * remembered between requests.
 */
#include <arch/hypercall.h>
#include <arch/frame_va.h>
#include <arch/hvm.h>
#include <arch/mm.h>
#include <arch/pte_update.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/policy.h>
#include <public/errno.h>

#define BLOCK 32
#define PREEMPTED (1u << 31) /* in count: this is a continuation, *done counts what is behind us */

struct batch {
    struct domain *tables; /* owner of the page tables */
    struct domain *owner;  /* owner of the frames that are mapped */
    mfn_t table;           /* the last one; valid while locked */
    pte_t *va;
    unsigned level;        /* 0: `table` is no table but ordinary memory */
    bool own;              /* both owners are the same */
};

/** Find out what the entry's frame is. -EINVAL if it is not a frame of the domain. */
static inline int find_table(struct batch *b, mfn_t m)
{
    struct page *pg;

    if (!mfn_valid(m))
        return -XEN_EINVAL;
    pg = mfn_to_page(m);
    if (page_owner_id(pg) != b->tables->id)
        return -XEN_EINVAL;
    b->level = valid_table_level(READ_ONCE(pg->type));
    b->table = m;
    b->va = frame_va(m);
    return 0;
}

/** The frame is no table now: the write is one to ordinary memory, if it is writable. */
static int write_plain(struct batch *b, unsigned index, uint64_t val)
{
    struct page *pg = mfn_to_page(b->table);
    int rc = page_get_and_type(pg, b->tables, PGT_WRITABLE);

    if (rc)
        return -XEN_EINVAL;
    WRITE_ONCE(b->va[index], val);
    page_put_and_type(pg);
    return 0;
}

static int write_upper(struct batch *b, unsigned index, uint64_t val, enum update_mode mode)
{
    if (b->level == 4 && hv_slot(index))
        return -XEN_EINVAL;
    if (b->owner != b->tables)
        return -XEN_EPERM;
    return upper_update(b->tables, b->level, &b->va[index], val, mode, &current->arch.mm_pending);
}

/**
 * Before an upper entry changes: give up on what an earlier call left half checked, unless this
 * call goes on with it. That may take tables apart, even the one that is about to be written.
 */
static int settle_pending(struct batch *b, uint64_t val)
{
    struct mm_pending *p = &current->arch.mm_pending;

    if (!p->owner || ((val & PTE_P) && mfn_eq(p->table, pte_mfn(val)) && p->level == b->level - 1))
        return 0;
    return mm_pending_undo(p) ? -XEN_ERESTART : find_table(b, b->table);
}

static inline int pt_update(struct batch *b, uint64_t ptr, uint64_t val, unsigned cmd)
{
    mfn_t m = maddr_to_mfn(ptr);
    unsigned index = (ptr & ~PAGE_MASK) / sizeof(pte_t);
    static const enum update_mode modes[] = {
        [MMU_NORMAL_PT_UPDATE] = UPDATE_PLAIN,
        [MMU_PT_UPDATE_PRESERVE_AD] = UPDATE_KEEP_AD,
        [MMU_PT_UPDATE_NO_TRANSLATE] = UPDATE_MACHINE,
    };
    enum update_mode mode = modes[cmd];

    if (unlikely(ptr & 4))
        return -XEN_EINVAL;
    if (!mfn_eq(m, b->table)) {
        int rc = find_table(b, m);

        if (rc)
            return rc;
    }
    if (unlikely(b->level > 1)) {
        int rc = settle_pending(b, val);

        if (rc)
            return rc;
    }
    if (likely(b->level == 1 && b->own && cmd == MMU_NORMAL_PT_UPDATE))
        return l1_update_own(b->tables, &b->va[index], val);
    if (b->level == 1)
        return l1_update(b->tables, b->owner, &b->va[index], val, mode);
    if (b->level == 0)
        return write_plain(b, index, val);
    return write_upper(b, index, val, mode);
}

static int m2p_update(struct domain *owner, mfn_t m, uint64_t val)
{
    struct page *pg = mfn_to_page(m);

    /* a hardware guest's frames are where its tables have them */
    if (is_hvm_domain(owner) || !mfn_valid(m) || !page_get(pg, owner))
        return -XEN_EINVAL;
    set_m2p(m, pfn(val));
    page_put(pg);
    return 0;
}

static inline int one_request(struct batch *b, const struct mmu_update *req)
{
    unsigned cmd = req->ptr & 3;

    if (cmd == MMU_MACHPHYS_UPDATE)
        return m2p_update(b->owner, maddr_to_mfn(req->ptr), req->val);
    return pt_update(b, req->ptr, req->val, cmd);
}

/**
 * Machine address of the remembered table if plain updates of it may take the short way, else what
 * no request has.
 */
static uint64_t short_way_table(const struct batch *b)
{
    return b->level == 1 && b->own && mfn_valid(b->table) ? mfn_to_maddr(b->table) : ~0UL;
}

/** Carry out requests [0, count): the number of those that were. mm_lock held. */
static unsigned run_requests(struct batch *b, const struct mmu_update *reqs, unsigned count,
                             int *rc)
{
    const struct mm_pending *p = &current->arch.mm_pending;
    const uint64_t in_table = ~PAGE_MASK & ~7UL;
    uint64_t table = ~0UL;
    unsigned i;

    for (i = 0; i < count; i++) {
        uint64_t ptr = reqs[i].ptr;

        if (likely((ptr & ~in_table) == table)) /* command and alignment are 0, too */
            *rc = l1_update_own(b->tables, b->va + (ptr & in_table) / sizeof(pte_t), reqs[i].val);
        else {
            *rc = one_request(b, &reqs[i]);
            if (!*rc && unlikely(b->level > 1)) {
                b->table = INVALID_MFN; /* an upper table may have taken others with it */
                if (p->owner || hypercall_preempt_check()) {
                    *rc = -XEN_ERESTART;
                    return i + 1;
                }
            }
            table = short_way_table(b);
        }
        if (unlikely(*rc))
            break;
    }
    return i;
}

/** Carry out a block. *n becomes the number of requests that succeeded. */
static int run_block(struct batch *b, const struct mmu_update *reqs, unsigned *n)
{
    unsigned count = *n;
    int rc = mm_lock(b->tables);

    *n = 0;
    if (rc)
        return rc;
    b->table = INVALID_MFN;
    b->level = 0;
    *n = run_requests(b, reqs, count, &rc);
    mm_unlock(b->tables);
    return rc;
}

static int run_batch(struct batch *b, uint64_t reqs, unsigned count, unsigned *done)
{
    struct mmu_update block[BLOCK];

    for (;;) {
        unsigned n = MIN(count - *done, (unsigned)BLOCK);
        int rc;

        /* an address that wraps around ends beyond what a guest may touch, and the copy fails */
        if (copy_from_guest_va(block, reqs + *done * sizeof(block[0]), n * sizeof(block[0])))
            return -XEN_EFAULT;
        rc = run_block(b, block, &n);
        *done += n;
        if (rc || *done == count)
            return rc;
        if (hypercall_preempt_check())
            return -XEN_ERESTART;
    }
}

/** foreigndom: low half the frames' owner, high half 0 or 1 + the tables' owner. */
static __attribute__((noinline)) int find_domains(struct batch *b, uint32_t foreigndom)
{
    unsigned tables = foreigndom >> 16;
    int rc = frame_owner_lookup(foreigndom & 0xffff, &b->owner);

    if (rc || !tables)
        return rc;
    rc = frame_owner_lookup(tables - 1, &b->tables);
    if (!rc && b->tables->id >= DOMID_FIRST_RESERVED)
        rc = -XEN_EINVAL;
    return rc;
}

long do_mmu_update(uint64_t reqs, uint64_t count_arg, uint64_t pdone, uint64_t foreigndom,
                   uint64_t a5, uint64_t a6)
{
    unsigned count = count_arg, before = 0, done = 0;
    struct vcpu *v = current;
    struct batch b;
    int rc = 0;

    b.tables = b.owner = v->domain;
    if (unlikely(count & PREEMPTED)) {
        count &= ~PREEMPTED;
        if (pdone && copy_from_guest_va(&before, pdone, sizeof(before)))
            return -XEN_EFAULT;
    }
    if (unlikely((uint32_t)foreigndom != DOMID_SELF))
        rc = find_domains(&b, foreigndom);
    if (rc)
        return rc;
    b.own = b.tables == b.owner;
    if (likely(count))
        rc = run_batch(&b, reqs, count, &done);
    if (!rc && unlikely(v->arch.mm_pending.owner) && v->arch.mm_pending.undo)
        rc = mm_pending_finish(&v->arch.mm_pending);
    before += done;
    if (pdone && copy_to_guest_va(pdone, &before, sizeof(before)))
        return -XEN_EFAULT;
    if (unlikely(rc == -XEN_ERESTART))
        return hypercall_restart(__HYPERVISOR_mmu_update, reqs + done * sizeof(struct mmu_update),
                                 (count - done) | PREEMPTED, pdone, foreigndom);
    return rc;
}
