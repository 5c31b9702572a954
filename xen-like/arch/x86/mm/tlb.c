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
#include <arch/insn.h>
#include <arch/isolation.h>
#include <arch/mm.h>
#include <arch/spec.h>
#include <hv/arch.h>
#include <hv/bug.h>



uint64_t tlb_clock = 1;

static struct tlb_cpu {
    uint64_t flushed_at; /* tick of the last complete flush */
} __attribute__((aligned(64))) tlb_cpus[MAX_CPUS];

/* The one request that is under way. `waiting`: CPUs that have not flushed yet; atomic. */
static struct {
    /* LOCK_TLB; not held while interrupts are off and others wait: see take_request_lock */
    struct spinlock lock;
    struct cpumask waiting;
    uint64_t va;
    bool global;
} request = { .lock = SPINLOCK_INIT(LOCK_TLB) };

#define CR4_PGE 0x80UL

/* --- the clock -------------------------------------------------------------------------------- */

static inline uint64_t flush_begins(void) { return __atomic_add_fetch(&tlb_clock, 1,
                                                                      __ATOMIC_SEQ_CST); }
static inline void flush_is_done(uint64_t tick) { WRITE_ONCE(tlb_cpus[this_cpu()].flushed_at,
                                                             tick); }

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

/** Take out of `cpus` those that have flushed after `tick`. */
static void drop_clean_cpus(struct cpumask *cpus, uint64_t tick)
{
    unsigned cpu;

    for_each_cpu(cpu, cpus)
        if (READ_ONCE(tlb_cpus[cpu].flushed_at) > tick)
            cpumask_clear(cpus, cpu);
}

/* --- this CPU --------------------------------------------------------------------------------- */

void switch_cr3(uint64_t cr3)
{
    uint64_t tick = flush_begins();

    if (unlikely(isolation_on))
        isolation_load(cr3);
    write_cr3(cr3);
    flush_is_done(tick);
}

void tlb_flush_local(void)
{
    switch_cr3(read_cr3());
}

void tlb_flush_local_page(uint64_t va)
{
    invlpg((const void *)va);
}

void tlb_flush_local_global(void)
{
    uint64_t tick = flush_begins(), cr4 = read_cr4();
    unsigned long flags = irq_save();

    if (cr4 & CR4_PGE) {
        write_cr4(cr4 & ~CR4_PGE);
        write_cr4(cr4);
    } else
        write_cr3(read_cr3());
    flush_is_done(tick);
    irq_restore(flags);
}

void mm_init(void)
{
    isolation_init();
    spec_init();
    tlb_flush_local_global();
}

static void flush_here(uint64_t va, bool global)
{
    if (global)
        tlb_flush_local_global();
    else if (va == TLB_ALL)
        tlb_flush_local();
    else
        tlb_flush_local_page(va);
}

/* --- other CPUs ------------------------------------------------------------------------------- */

void tlb_flush_interrupt(void)
{
    unsigned cpu = this_cpu();

    if (!cpumask_test(&request.waiting, cpu))
        return;
    flush_here(READ_ONCE(request.va), READ_ONCE(request.global));
    cpumask_clear_atomic(&request.waiting, cpu);
}

/**
 * A CPU that waits with interrupts off must still answer another's request, or both wait for ever.
 */
static void take_request_lock(void)
{
    while (!spin_trylock(&request.lock)) {
        tlb_flush_interrupt();
        cpu_relax();
    }
}

static bool waiting_empty(void)
{
    for (unsigned i = 0; i < CPUMASK_WORDS; i++)
        if (__atomic_load_n(&request.waiting.bits[i], __ATOMIC_ACQUIRE))
            return false;
    return true;
}

static void flush_others(const struct cpumask *cpus, uint64_t va, bool global)
{
    unsigned cpu;

    take_request_lock();
    request.va = va;
    request.global = global;
    for_each_cpu(cpu, cpus)
        cpumask_set_atomic(&request.waiting, cpu);
    send_tlb_ipi(cpus);
    while (!waiting_empty())
        cpu_relax();
    spin_unlock(&request.lock);
}

static void flush_cpus(const struct cpumask *cpus, uint64_t va, bool global)
{
    struct cpumask others;
    unsigned cpu = this_cpu();

    if (cpumask_test(cpus, cpu))
        flush_here(va, global);
    cpumask_and(&others, cpus, &cpu_online);
    cpumask_clear(&others, cpu);
    if (!cpumask_empty(&others))
        flush_others(&others, va, global);
}

void tlb_flush_cpus(const struct cpumask *cpus, uint64_t va)
{
    flush_cpus(cpus, va, false);
}

void tlb_flush_everywhere(void)
{
    flush_cpus(&cpu_online, TLB_ALL, true);
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

void tlb_flush_domain(const struct domain *d)
{
    struct cpumask cpus;

    domain_dirty_cpus(d, &cpus);
    flush_cpus(&cpus, TLB_ALL, false);
}

/* --- before a frame becomes something else ---------------------------------------------------- */

/*
 * Only CPUs that run the frame's owner may have stale translations: another domain's writable
 * mapping of the frame (grants, foreign mappings) lets go of it only after a flush of that domain
 * (leaf_put, end of a grant unmap).
 */
void tlb_flush_before_retype(domid_t owner, uint64_t type)
{
    struct domain *d = owner == current->domain->id ? current->domain : domain_lookup(owner);
    struct cpumask cpus = cpu_online;

    if (d)
        domain_dirty_cpus(d, &cpus);
    drop_clean_cpus(&cpus, stamp_to_tick(type));
    if (!cpumask_empty(&cpus))
        flush_cpus(&cpus, TLB_ALL, false);
}

void tlb_note_freed(struct page *pg)
{
    smp_mb(); /* the page-table change must be visible before the clock is read */
    pg->type = (pg->type & ~PGT_STAMP_MASK) | tlb_stamp();
}

void tlb_flush_before_alloc(struct page *pg, unsigned order)
{
    struct cpumask cpus = cpu_online;
    uint64_t last = 0;

    for (unsigned long i = 0; i < 1UL << order; i++)
        last = MAX(last, stamp_to_tick(READ_ONCE(pg[i].type)));
    drop_clean_cpus(&cpus, last);
    if (!cpumask_empty(&cpus))
        flush_cpus(&cpus, TLB_ALL, false);
}

/* --- faults ----------------------------------------------------------------------------------- */

#define PF_PRESENT 1u
#define PF_WRITE   2u
#define PF_RSVD    8u
#define PF_INSN    16u

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
        if ((all & need) != need || ((error & PF_INSN) && any_nx))
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

    if ((error & PF_RSVD) || !guest_address_ok(addr))
        return false;
    flags = irq_save();
    allowed = tables_allow(addr, error);
    irq_restore(flags);
    if (allowed)
        tlb_flush_local_page(addr);
    return allowed;
}
