/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLBs: flushing them here and on other CPUs, and knowing when that is not needed.
 *
 * A clock ticks with every complete flush of any CPU; each CPU notes the tick of its last one. When
 * a use of a frame ends (its last writable mapping, or its time as a page table) the frame is
 * stamped with the clock. Before the frame becomes something else, every CPU that may have seen the
 * former use and has not flushed since must flush. Guests' translations are never global, so
 * loading CR3 flushes them all.
 */
#include <arch/irq.h>
#include <arch/boot.h>
#include <arch/hvm.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/isolation.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/pv.h>
#include <arch/spec.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/perf.h>

uint64_t tlb_clock = 1;

#define NO_GUEST UINT64_MAX /* flushed_at of a CPU that has no guest's tables loaded */

/*
 * Ticks of the last complete flush: by loading CR3, and by answering others, which is written with
 * interrupts off, so that it never goes back.
 */
static struct tlb_cpu {
    uint64_t flushed_at, answered_at;
    bool wanted; /* atomic: others have asked for a flush, and it has not begun yet */
} __attribute__((aligned(64))) tlb_cpus[MAX_CPUS];

/* --- the clock -------------------------------------------------------------------------------- */

static inline uint64_t flush_begins(void) { return __atomic_add_fetch(&tlb_clock, 1,
                                                                      __ATOMIC_SEQ_CST); }

/** The time now, for changes to page tables that were made before. */
static uint64_t clock_after_change(void)
{
    smp_mb();
    return READ_ONCE(tlb_clock);
}

/**
 * The stamp holds the low bits of a tick: the latest one with these bits, so that an old one counts
 * as too new.
 */
static uint64_t stamp_to_tick(uint64_t type)
{
    uint64_t bits = PGT_STAMP_MASK >> PGT_STAMP_SHIFT;
    uint64_t now = READ_ONCE(tlb_clock), stamp = (type & PGT_STAMP_MASK) >> PGT_STAMP_SHIFT;

    return now - ((now - stamp) & bits);
}

/** Has `cpu` flushed since `tick`? */
static bool is_clean(unsigned cpu, uint64_t tick)
{
    const struct tlb_cpu *c = &tlb_cpus[cpu];

    return READ_ONCE(c->flushed_at) > tick || READ_ONCE(c->answered_at) > tick;
}

/** Take out of `cpus` those that have flushed after `tick`. */
static void drop_clean_cpus(struct cpumask *cpus, uint64_t tick)
{
    unsigned cpu;

    for_each_cpu(cpu, cpus)
        if (is_clean(cpu, tick))
            cpumask_clear(cpus, cpu);
}

/* --- this CPU --------------------------------------------------------------------------------- */

static inline void load_root(uint64_t cr3)
{
    if (unlikely(isolation_on))
        isolation_load(cr3);
    write_cr3(cr3);
}

void switch_cr3(uint64_t cr3)
{
    uint64_t tick = flush_begins();

    load_root(cr3);
    WRITE_ONCE(tlb_cpus[this_cpu()].flushed_at, tick);
}

void tlb_leave_guests(void)
{
    switch_cr3(hv_maddr(boot_l4));
    WRITE_ONCE(tlb_cpus[this_cpu()].flushed_at, NO_GUEST);
}

/*
 * What ended before this CPU's time is gone from the tables that it is about to load; whoever does
 * not see the time yet finds changes of before in them, too.
 */
void tlb_enter_guests(void)
{
    WRITE_ONCE(tlb_cpus[this_cpu()].flushed_at, READ_ONCE(tlb_clock));
    smp_mb();
}

/** A hardware guest's physical memory is remembered apart from the page tables. */
static void flush_physmap(void)
{
    struct vcpu *v = current;

    if (unlikely(v && is_hvm_vcpu(v)))
        hvm_ops->flush(v);
}

void tlb_flush_local(void)
{
    switch_cr3(read_cr3());
    flush_physmap();
}

void tlb_flush_local_page(uint64_t va) { invlpg((const void *)va); }

/** The hypervisor's translations of before its tables were complete. */
static void flush_global(void)
{
    unsigned long flags = irq_save();
    uint64_t cr4 = read_cr4();

    write_cr4(cr4 & ~CR4_PGE);
    write_cr4(cr4);
    irq_restore(flags);
}

void mm_init(void)
{
    isolation_init();
    spec_init();
    flush_global();
    tlb_leave_guests();
}

/* --- other CPUs ------------------------------------------------------------------------------- */

/*
 * Any number of CPUs may ask at the same time. Each marks what it wants, interrupts those CPUs that
 * were not marked yet, and waits until their clocks have passed the time of its change, however
 * that comes about. So one flush answers all that asked before it began.
 */
void tlb_flush_interrupt(void)
{
    struct tlb_cpu *c = &tlb_cpus[this_cpu()];
    uint64_t tick;

    if (!__atomic_exchange_n(&c->wanted, false, __ATOMIC_SEQ_CST))
        return;
    tick = flush_begins();
    load_root(read_cr3());
    flush_physmap();
    WRITE_ONCE(c->answered_at, tick);
}

/** Whoever waits answers the others, or with interrupts off two would wait for ever. */
static void answer_meanwhile(void)
{
    unsigned long flags = irq_save();

    tlb_flush_interrupt();
    irq_restore(flags);
}

static void ask(const struct cpumask *cpus)
{
    struct cpumask idle = { { 0 } };
    unsigned cpu;

    for_each_cpu(cpu, cpus)
        if (!__atomic_exchange_n(&tlb_cpus[cpu].wanted, true, __ATOMIC_SEQ_CST))
            cpumask_set(&idle, cpu);
    perf_add(PERF_SHOOTDOWN_IPIS, cpumask_weight(&idle));
    send_tlb_ipi(&idle);
}

/** Make other CPUs flush what they know from before `tick`; `why`: what it is counted as. */
static void flush_others(struct cpumask *cpus, uint64_t tick, enum perf_counter why)
{
    unsigned cpu;

    cpumask_and(cpus, cpus, &cpu_online);
    cpumask_clear(cpus, this_cpu());
    if (cpumask_empty(cpus))
        return;
    perf_count(PERF_SHOOTDOWNS);
    perf_count(why);
    ask(cpus);
    for_each_cpu(cpu, cpus)
        while (!is_clean(cpu, tick)) {
            if (unlikely(READ_ONCE(tlb_cpus[this_cpu()].wanted)))
                answer_meanwhile();
            cpu_relax();
        }
}

void tlb_flush_cpus(const struct cpumask *cpus, uint64_t va)
{
    uint64_t tick = clock_after_change();
    struct cpumask others = *cpus;

    if (cpumask_test(cpus, this_cpu())) {
        if (va == TLB_ALL)
            tlb_flush_local();
        else
            tlb_flush_local_page(va);
    }
    flush_others(&others, tick, PERF_FLUSH_ASKED);
}

void domain_dirty_cpus(const struct domain *d, struct cpumask *out)
{
    struct vcpu *v;

    cpumask_zero(out);
    /*
     * a CPU that is not seen here sees the page tables as they are now: it loads CR3 after setting
     * dirty_cpu
     */
    smp_mb();
    for_each_vcpu(d, v) {
        int cpu = READ_ONCE(v->dirty_cpu);

        if (cpu >= 0)
            cpumask_set(out, cpu);
    }
}

/** All guests' translations from before `tick`, on this CPU as well if it is one of them. */
static void flush_guests(struct cpumask *cpus, uint64_t tick, enum perf_counter why)
{
    if (cpumask_test(cpus, this_cpu()))
        tlb_flush_local();
    flush_others(cpus, tick, why);
}

void tlb_flush_domain(const struct domain *d)
{
    uint64_t tick = clock_after_change();
    struct cpumask cpus;

    domain_dirty_cpus(d, &cpus);
    flush_guests(&cpus, tick, PERF_FLUSH_FOREIGN);
}

/* --- before a frame becomes something else ---------------------------------------------------- */

/** CPUs that may remember the use of a frame of `d` that ended at `tick`. */
static void remembering_cpus(const struct domain *d, uint64_t tick, struct cpumask *cpus)
{
    domain_dirty_cpus(d, cpus);
    drop_clean_cpus(cpus, tick);
}

/** Whatever any CPU remembers from before `tick`. */
static void flush_all_since(uint64_t tick, enum perf_counter why)
{
    struct cpumask cpus = cpu_online;

    drop_clean_cpus(&cpus, tick);
    flush_guests(&cpus, tick, why);
}

/*
 * Translations of others than the owner: a grant's mapping lets go of the frame only after a flush
 * of its domain (end of a grant unmap), a foreign one marks the frame (leaf_put, page_settle).
 */
void tlb_flush_foreign_use(uint64_t type)
{
    flush_all_since(stamp_to_tick(type), PERF_FLUSH_FOREIGN);
}

void tlb_flush_before_retype(domid_t owner, uint64_t type)
{
    struct domain *d = owner == current->domain->id ? current->domain : domain_lookup(owner);
    uint64_t tick = stamp_to_tick(type);
    struct cpumask cpus;

    if (!d) {
        flush_all_since(tick, PERF_FLUSH_RETYPE);
        return;
    }
    remembering_cpus(d, tick, &cpus);
    flush_guests(&cpus, tick, PERF_FLUSH_RETYPE);
}

void tlb_flush_ahead(const struct domain *d, mfn_t m, uint64_t next_type)
{
    struct cpumask cpus;
    uint64_t type, tick;

    if (d->max_vcpus == 1 || !mfn_valid(m))
        return;
    type = READ_ONCE(mfn_to_page(m)->type);
    if ((type & PGT_COUNT_MASK) || (type & PGT_TYPE_MASK) == next_type ||
        (type & PGT_TYPE_MASK) == PGT_NONE)
        return;
    tick = stamp_to_tick(type);
    remembering_cpus(d, tick, &cpus);
    flush_others(&cpus, tick, PERF_FLUSH_RETYPE);
}

uint64_t tlb_tick(void) { return flush_begins(); }

bool tlb_ended_since(uint64_t type, uint64_t tick) { return stamp_to_tick(type) >= tick; }

uint64_t tlb_stamp_freed(void)
{
    smp_mb(); /* the page-table changes must be visible before the clock is read */
    return tlb_stamp();
}

void tlb_flush_before_alloc(struct page *pg, unsigned order)
{
    uint64_t last = 0;

    for (unsigned long i = 0; i < 1UL << order; i++)
        last = MAX(last, stamp_to_tick(READ_ONCE(pg[i].type)));
    flush_all_since(last, PERF_FLUSH_ALLOC);
}

/* --- faults ----------------------------------------------------------------------------------- */

/**
 * Do the tables that are loaded now allow the access? Without mm_lock: a table met on the way can
 * become nothing else while this CPU has interrupts off, since that takes a flush here first.
 */
static bool tables_allow(uint64_t addr, uint32_t error)
{
    pte_t need = PTE_P | (error & PF_WRITE ? PTE_RW : 0), all = ~0UL, any_nx = 0;
    pte_t *t = maddr_to_virt(read_cr3() & PTE_MFN_MASK);

    ASSERT(!irqs_enabled());
    for (unsigned shift = 39;; shift -= 9) {
        pte_t e = READ_ONCE(t[addr >> shift & (PT_ENTRIES - 1)]);

        all &= e;
        any_nx |= e & PTE_NX;
        if ((all & need) != need || ((error & PF_FETCH) && any_nx))
            return false;
        if (shift == PAGE_SHIFT)
            return true;
        t = mfn_to_virt(pte_mfn(e));
    }
}

bool spurious_fault(uint64_t addr, uint32_t error)
{
    unsigned long flags;
    bool allowed;

    if ((error & PF_RESERVED) || !guest_address_ok(addr))
        return false;
    flags = irq_save();
    allowed = tables_allow(addr, error);
    irq_restore(flags);
    if (allowed)
        tlb_flush_local_page(addr);
    return allowed;
}
