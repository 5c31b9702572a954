/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations of two vcpus of a guest and of a control domain on PV page types, with
 * hypercalls that give way at random and are continued later or never, against a reference that
 * recomputes all counts after each step. In the end the guest is destroyed, and every frame must be
 * free.
 */
#include "steps.h"
#include "reference.h"

#include <arch/decode.h>
#include <arch/hypercall.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <public/errno.h>
#include <public/grant_table.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUEST_FRAMES   70
#define CONTROL_FRAMES 16

static struct outside_refs outside;
static struct vcpu *runners[3];             /* two of the guest, one of the control domain */
static struct continuation continuations[3];
static struct mmu_update updates[3][40];
static struct mmuext_op ext_ops[3][4];
static unsigned done_counts[3];
static char step_name[128];
unsigned long results[2], tables_made[5];

static unsigned random_frame(void) { return rnd(20) ? 1 + rnd(FRAMES - 1) : rnd(FRAMES + 3); }

static bool owned_by(unsigned n, const struct domain *d)
{
    return n < FRAMES && page_owner_id(&frame_table[n]) == d->id &&
        !(frame_table[n].count & (PGC_FREE | PGC_RESERVED));
}

/** A frame of d that is now used (or was last) as the given type, or any. */
static unsigned frame_like(const struct domain *d, unsigned type)
{
    for (unsigned tries = 0; tries < 40; tries++) {
        unsigned n = random_frame();

        if (owned_by(n, d) && frame_table[n].type >> PGT_TYPE_SHIFT == type)
            return n;
    }
    return random_frame();
}

static pte_t random_flags(void)
{
    static const pte_t bits[] = { PTE_A, PTE_D, PTE_NX, PTE_US, PTE_G, 0x200, 0x800, 1UL << 58 };
    pte_t f = rnd(10) ? PTE_P : 0;

    if (rnd(2))
        f |= PTE_RW;
    for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
        if (rnd(4) == 0)
            f |= bits[i];
    if (rnd(40) == 0)
        f |= PTE_PWT | PTE_PCD;
    if (rnd(60) == 0)
        f |= PTE_PS;
    if (rnd(80) == 0)
        f |= 1UL << 60;
    return f;
}

/** An entry that would make sense in a table of this level. */
static pte_t random_entry(const struct domain *d, unsigned level)
{
    unsigned n = rnd(8) ? frame_like(d, level == 1
                                     ? (unsigned)(PGT_WRITABLE >> PGT_TYPE_SHIFT)
                                         : level - 1) : random_frame();
    pte_t f = random_flags();

    return level > 1 && rnd(30) ? pte_make(mfn(n), f & ~(PTE_PS | PTE_PWT | PTE_PCD |
                                                         1UL << 60)) : pte_make(mfn(n), f);
}

static unsigned random_index(unsigned level)
{
    if (level == 4 && rnd(4))
        return rnd(8) == 0 ? HV_L4_FIRST + rnd(16) : rnd(2) ? rnd(4) : HV_L4_LAST + 1 + rnd(4);
    return rnd(6) ? rnd(12) : rnd(PT_ENTRIES);
}

/* --- steps ------------------------------------------------------------------------------------ */

/** What a guest does before it makes a frame a table: map it writable, fill it, unmap it. */
static void step_fill_frame(unsigned who)
{
    struct domain *d = runners[who]->domain;
    unsigned level = 1 + rnd(4), n = random_frame();

    snprintf(step_name, sizeof(step_name), "filling %u as L%u", n, level);
    if (n >= FRAMES || page_get_and_type(mfn_to_page(mfn(n)), d, PGT_WRITABLE))
        return;
    memset(frame_at(n), 0, PAGE_SIZE);
    for (unsigned i = rnd(12); i; i--)
        frame_at(n)[random_index(level)] = random_entry(d, level);
    page_put_and_type(mfn_to_page(mfn(n)));
}

static long issue(unsigned who, unsigned number, const uint64_t *a)
{
    long rc;

    fake_current = runners[who];
    continuation = &continuations[who];
    continuation->pending = false;
    if (number == __HYPERVISOR_mmu_update)
        rc = do_mmu_update(a[0], a[1], a[2], a[3], 0, 0);
    else if (number == __HYPERVISOR_mmuext_op)
        rc = do_mmuext_op(a[0], a[1], a[2], a[3], 0, 0);
    else
        rc = do_update_va_mapping(a[0], a[1], a[2], 0, 0, 0);
    results[rc == 0]++;
    return rc;
}

static void step_mmu_update(unsigned who)
{
    struct domain *d = runners[who]->domain;
    unsigned n = 1 + rnd(rnd(6) ? 3 : 40), domid = DOMID_SELF;

    if (d->is_control && rnd(2))
        domid = rnd(2) ? 1 : 1 | 2 << 16; /* frames of the guest; or its tables, too */
    for (unsigned i = 0; i < n; i++) {
        const struct domain *tables = domid >> 16 ? &domains[1] : d;
        unsigned level = rnd(3) ? 1 : 1 + rnd(4);
        unsigned table = rnd(10) ? frame_like(tables, level) : random_frame();

        updates[who][i].ptr = (uint64_t)table << PAGE_SHIFT | random_index(level) * 8;
        updates[who][i].ptr |= rnd(20) ? (rnd(3) ? 0 : 2) : rnd(8);
        updates[who][i].val = random_entry(domid & 0xffff & 1 ? &domains[1] : d, level);
    }
    uint64_t args[] = { (uint64_t)updates[who], n, (uint64_t)&done_counts[who], domid };
    snprintf(step_name, sizeof(step_name), "mmu_update of %u by %u", n, who);
    issue(who, __HYPERVISOR_mmu_update, args);
}

static void step_ext(unsigned who)
{
    static const uint8_t cmds[] = { 0, 1, 2, 3, 0, 1, 2, 3, 4, 4, 4, 5, 15, 16, 17 };
    struct domain *d = runners[who]->domain;
    bool foreign = d->is_control && rnd(2);
    unsigned n = 1 + rnd(3);

    for (unsigned i = 0; i < n; i++) {
        struct mmuext_op *op = &ext_ops[who][i];
        const struct domain *owner = foreign ? &domains[1] : d;

        op->cmd = cmds[rnd(ARRAY_SIZE(cmds))];
        op->arg1.mfn = op->cmd <= 3 && rnd(2) ? frame_like(owner, op->cmd + 1) : random_frame();
        op->arg2.src_mfn = random_frame();
        if (op->cmd == 5 || op->cmd == 15)
            op->arg1.mfn = rnd(4) ? frame_like(owner, 4) : rnd(2) ? 0 : random_frame();
    }
    uint64_t args[] = { (uint64_t)ext_ops[who], n, (uint64_t)&done_counts[who],
                        foreign ? 1 : DOMID_SELF };
    snprintf(step_name, sizeof(step_name), "mmuext %u of %lu by %u", ext_ops[who][0].cmd,
             ext_ops[who][0].arg1.mfn, who);
    issue(who, __HYPERVISOR_mmuext_op, args);
}

static uint64_t random_va(void)
{
    return (uint64_t)rnd(3) << 39 | (uint64_t)rnd(3) << 30 | (uint64_t)rnd(3) << 21 | rnd(8) << 12;
}

static void step_va_mapping(unsigned who)
{
    const struct domain *d = runners[who]->domain;
    uint64_t va = random_va();
    pte_t e = rnd(4) ? random_entry(d, 1) : pte_make(mfn(frame_like(d, 1)), PTE_P | PTE_US);

    if (!runners[who]->arch.guest_table.n)
        return;
    uint64_t args[] = { va, e, rnd(3) };
    snprintf(step_name, sizeof(step_name), "update_va_mapping by %u", who);
    issue(who, __HYPERVISOR_update_va_mapping, args);
}

/** Other users of a frame: grant mappings, copies, descriptor tables. */
static void step_outside(unsigned who)
{
    unsigned n = 1 + rnd(FRAMES - 1), kind = rnd(3);
    struct page *pg = mfn_to_page(mfn(n));
    unsigned *held = kind == 0 ? &outside.plain[n]
        : kind == 1 ? &outside.writable[n] : &outside.segment[n];

    snprintf(step_name, sizeof(step_name), "outside use %u of %u", kind, n);
    if (*held && rnd(2)) {
        --*held;
        if (kind)
            page_put_type(pg);
        page_put(pg);
        return;
    }
    if (kind == 0 ? page_get(pg, &domains[1]) : !page_get_and_type(pg, &domains[1],
                                                                   kind == 1
                                                                        ? PGT_WRITABLE : PGT_SEG))
        ++*held;
}

/** The guest maps a frame of the control domain that was granted to it, or unmaps one. */
static void step_grant(unsigned who)
{
    unsigned n = frame_like(&domains[0], rnd(8)), table = frame_like(&domains[1], 1),
        ro = rnd(2) ? GNTMAP_readonly : 0;
    struct page *pg = mfn_to_page(mfn(n));
    uint64_t at = (uint64_t)table << PAGE_SHIFT | rnd(12) * 8 | (rnd(20) ? 0 : rnd(8));

    if (runners[who]->domain != &domains[1] || !owned_by(n, &domains[0]))
        return;
    snprintf(step_name, sizeof(step_name), "grant of %u at %lx by %u", n, at, who);
    fake_current = runners[who];
    if (rnd(3) == 0) {
        if (arch_grant_unmap(at, mfn(n), 0, GNTMAP_contains_pte | ro) == GNTST_okay) {
            foreign_flushes++; /* the grant code flushes here */
            if (!ro)
                page_put_type(pg);
            page_put(pg);
            results[1]++;
        }
        return;
    }
    if (ro ? !page_get(pg, &domains[0]) : page_get_and_type(pg, &domains[0], PGT_WRITABLE) != 0)
        return;
    outside.granted_writable[n] |= !ro;
    if (arch_grant_map(at, mfn(n), GNTMAP_contains_pte | ro, 0) == GNTST_okay)
        return;
    if (!ro)
        page_put_type(pg);
    page_put(pg);
}

/* --- page-table writes by instructions -------------------------------------------------------- */

static uint8_t code[PV_CODE_BYTES];

unsigned pv_fetch_code(uint64_t addr, uint8_t bytes[PV_CODE_BYTES])
{
    if (addr != (uint64_t)code) {
        fprintf(stderr, "after %s: fetched from elsewhere\n", step_name);
        abort();
    }
    memcpy(bytes, code, sizeof(code));
    return sizeof(code);
}

/** An instruction that writes to memory, or any bytes. */
static void random_instruction(void)
{
    static const uint8_t one_byte[] = { 0x00, 0x01, 0x09, 0x21, 0x29, 0x31, 0x80, 0x81, 0x83, 0x86,
                                        0x87, 0x88, 0x89, 0x89, 0xa3, 0xc6, 0xc7, 0xc7 },
                         two_bytes[] = { 0xab, 0xb3, 0xba, 0xbb, 0xb0, 0xb1, 0xc0, 0xc1 },
                         prefixes[] = { 0x48, 0x48, 0x48, 0x66, 0xf0, 0x44 };
    unsigned at = rnd(4);

    for (unsigned i = 0; i < sizeof(code); i++)
        code[i] = i < at ? prefixes[rnd(sizeof(prefixes))] : rnd(256);
    if (rnd(8) == 0)
        return;
    if (rnd(3) == 0) {
        code[at++] = 0x0f;
        code[at++] = two_bytes[rnd(sizeof(two_bytes))];
    } else {
        code[at++] = one_byte[rnd(sizeof(one_byte))];
    }
    code[at] = rnd(8) << 3 | 7; /* [rdi] */
}

/** Where the vcpu sees one of its L1 tables read-only, if anywhere; else any address. */
static uint64_t va_of_table(const struct vcpu *v)
{
    uint64_t start = random_va();

    for (uint64_t i = 0; v->arch.guest_table.n && i < 3 * 3 * 3 * 8; i++) {
        uint64_t va = (i / 72 << 39 | i / 24 % 3 << 30 | i / 8 % 3 << 21 | i % 8 << 12) ^ start;
        const pte_t *p = walk_to_l1(v->arch.guest_table, va);

        if (p && (*p & PTE_P) && !(*p & PTE_RW) && pte_mfn(*p).n < FRAMES &&
            valid_table_level(frame_table[pte_mfn(*p).n].type) == 1)
            return va;
    }
    return start;
}

/** A guest kernel writes to a table that it has mapped read-only. */
static void step_emulated_write(unsigned who)
{
    uint64_t at = va_of_table(runners[who]) | rnd(12) * 8 | (rnd(4) ? 0 : rnd(8));
    struct cpu_user_regs regs = { .rip = (uint64_t)code };
    bool done;

    if (runners[who]->domain != &domains[1])
        return;
    snprintf(step_name, sizeof(step_name), "instruction that writes at %lx by %u", at, who);
    for (unsigned i = 0; i < 16; i++)
        *insn_reg_ptr(&regs, i) = random_entry(&domains[1], 1);
    random_instruction();
    fake_current = runners[who];
    done = ptwr_fault(&regs, at);
    results[done]++;
    if (done ? regs.rip - (uint64_t)code - 1 >= INSN_MAX_BYTES : regs.rip != (uint64_t)code) {
        fprintf(stderr, "after %s: went on by %lu bytes\n", step_name, regs.rip - (uint64_t)code);
        abort();
    }
}

static void step_balloon(unsigned who)
{
    unsigned n = 1 + rnd(FRAMES - 1);

    snprintf(step_name, sizeof(step_name), "giving back %u", n);
    if (rnd(3) && owned_by(n, &domains[1]))
        page_put_allocated(mfn_to_page(mfn(n)));
    else if (domains[1].tot_pages < GUEST_FRAMES)
        frame_alloc(&domains[1]);
}

static void step_continue(unsigned who)
{
    struct continuation c = continuations[who];

    if (!c.pending)
        return;
    snprintf(step_name, sizeof(step_name), "continuation of %u by %u", c.number, who);
    issue(who, c.number, c.args);
}

static void (*const steps[])(unsigned who) = {
    step_fill_frame, step_fill_frame, step_mmu_update, step_mmu_update, step_mmu_update, step_ext,
        step_ext,
    step_va_mapping, step_outside,    step_balloon,    step_grant,    step_emulated_write,
        step_emulated_write, step_continue, step_continue, step_continue,
};

/* --- types change only after a flush of all that could write -- -------------------------------- */

static uint64_t types_before[FRAMES];
static unsigned foreign_before[FRAMES];
static unsigned long foreign_flushes_before;

static void remember_types(void)
{
    for (unsigned n = 0; n < FRAMES; n++)
        types_before[n] = frame_table[n].type;
    memcpy(foreign_before, foreign_writable, sizeof(foreign_before));
    foreign_flushes_before = foreign_flushes;
}

static void check_flushes(unsigned long flushes_before, unsigned long freed_before)
{
    for (unsigned n = 1; n < FRAMES; n++) {
        uint64_t a = types_before[n] & PGT_TYPE_MASK, b = frame_table[n].type & PGT_TYPE_MASK;

        if (a != b && a != PGT_NONE && b != PGT_NONE && tlb_flushes == flushes_before &&
            pages_freed == freed_before) {
            fprintf(stderr, "after %s: frame %u went from type %lu to %lu without a flush\n",
                    step_name, n,
                    a >> PGT_TYPE_SHIFT, b >> PGT_TYPE_SHIFT);
            abort();
        }
    }
    for (unsigned n = 1; n < FRAMES; n++)
        if (foreign_writable[n] < foreign_before[n] && foreign_flushes == foreign_flushes_before)
            foreign_stale[n] = true;
    for (unsigned n = 1; n < FRAMES; n++)
        if (valid_table_level(frame_table[n].type))
            tables_made[valid_table_level(frame_table[n].type)]++;
}

/* --- one run ---------------------------------------------------------------------------------- */

static void drop_outside(void)
{
    for (unsigned n = 1; n < FRAMES; n++) {
        struct page *pg = mfn_to_page(mfn(n));

        for (; outside.plain[n]; outside.plain[n]--)
            page_put(pg);
        for (; outside.writable[n]; outside.writable[n]--)
            page_put_and_type(pg);
        for (; outside.segment[n]; outside.segment[n]--)
            page_put_and_type(pg);
    }
}

static void destroy(struct domain *d)
{
    fake_current = domains[0].vcpu[0];
    d->dying = DOMDYING_dying;
    snprintf(step_name, sizeof(step_name), "destruction of %u", d->id);
    while (arch_domain_relinquish(d) == -XEN_ERESTART)
        reference_check(&outside, step_name);
    reference_check(&outside, step_name);
}

static void check_empty(void)
{
    for (unsigned i = 0; i < NR_DOMAINS; i++)
        if (domains[i].tot_pages || domains[i].refcount != 1) {
            fprintf(stderr, "domain %u keeps %lu pages, %d references\n", i, domains[i].tot_pages,
                    domains[i].refcount);
            abort();
        }
}

static void begin(void)
{
    memset(&outside, 0, sizeof(outside));
    memset(continuations, 0, sizeof(continuations));
    preempt_percent = rnd(3) ? rnd(60) : 0;
    l1tf_limit = rnd(2) ? 0 : FRAMES << PAGE_SHIFT;
    domains[1].vm_assist = 1UL << VMASST_TYPE_writable_pagetables;
    runners[0] = domains[1].vcpu[0];
    runners[1] = domains[1].vcpu[1];
    runners[2] = domains[0].vcpu[0];
    for (unsigned i = 0; i < GUEST_FRAMES; i++)
        frame_alloc(&domains[1]);
    for (unsigned i = 0; i < CONTROL_FRAMES; i++)
        frame_alloc(&domains[0]);
}

static void end(void)
{
    destroy(&domains[1]);
    drop_outside();
    destroy(&domains[0]); /* it had mapped and half-pinned frames of the guest */
    destroy(&domains[1]);
    check_empty();
}

void steps_run(bool (*more)(void))
{
    begin();
    while (more()) {
        unsigned long flushes = tlb_flushes, freed = pages_freed;

        remember_types();
        steps[rnd(ARRAY_SIZE(steps))](rnd(3));
        reference_check(&outside, step_name);
        check_flushes(flushes, freed);
    }
    end();
}

/* --- directed --------------------------------------------------------------------------------- */

static void ext_one(unsigned cmd, unsigned n)
{
    uint64_t args[] = { (uint64_t)ext_ops[0], 1, 0, DOMID_SELF };

    ext_ops[0][0] = (struct mmuext_op){ .cmd = cmd, .arg1.mfn = n };
    snprintf(step_name, sizeof(step_name), "directed mmuext %u of %u", cmd, n);
    issue(0, __HYPERVISOR_mmuext_op, args);
    reference_check(&outside, step_name);
}

void unpin_what_a_stopped_check_holds(void)
{
    unsigned l3 = 0, l2[2] = { 0, 0 };

    begin();
    for (unsigned n = 1; n < FRAMES; n++)
        if (owned_by(n, &domains[1])) {
            memset(frame_at(n), 0, PAGE_SIZE);
            l3 = l2[0];
            l2[0] = l2[1];
            l2[1] = n;
        }
    for (unsigned i = 0; i < 2; i++)
        frame_at(l3)[i] = pte_make(mfn(l2[i]), PTE_P | PTE_RW | PTE_US);
    preempt_percent = 100;
    ext_one(MMUEXT_PIN_L2_TABLE, l2[0]);
    ext_one(MMUEXT_PIN_L3_TABLE, l3);
    if (!domains[1].vcpu[0]->arch.mm_pending.owner) {
        fprintf(stderr, "the check of an L3 did not stop\n");
        abort();
    }
    ext_one(MMUEXT_UNPIN_TABLE, l2[0]);
    end();
}
