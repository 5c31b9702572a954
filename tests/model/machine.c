/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake machine of the model test: what arch/x86/mm/{pagetype,promote,...}.c call.
 */
#include "machine.h"

#include <arch/boot.h>
#include <arch/irq.h>
#include <arch/isolation.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/policy.h>
#include <hv/rangeset.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pte_t memory[FRAMES][PT_ENTRIES] __attribute__((aligned(4096)));
static struct page frames[FRAMES];
static struct domain io_domain, hv_domain;
static struct vcpu vcpus[NR_DOMAINS][2];
static struct vcpu *vcpu_lists[NR_DOMAINS][2];
uint64_t tlb_clock = 1;
static unsigned random_state;
unsigned (*random_source)(unsigned below);

struct domain domains[NR_DOMAINS];
struct domain *dom_hv = &hv_domain, *dom_io = &io_domain, *dom_idle, *hardware_domain = &domains[0];
struct vcpu *fake_current;
struct cpumask cpu_online;
struct continuation *continuation;
unsigned preempt_percent;
bool cache_stale[FRAMES], foreign_stale[FRAMES];
unsigned long tlb_flushes, foreign_flushes, pages_freed;
pte_t boot_l4[PT_ENTRIES];

unsigned rnd(unsigned below)
{
    if (random_source)
        return random_source(below);
    random_state = random_state * 1664525u + 1013904223u;
    return (uint64_t)(random_state >> 8) * below >> 24;
}

pte_t *frame_at(unsigned n) { return memory[n]; }

/* --- allocator -------------------------------------------------------------------------------- */

unsigned frame_alloc(struct domain *d)
{
    for (unsigned n = 1; n < FRAMES; n++)
        if (frames[n].count & PGC_FREE) {
            frames[n].type = PGT_NONE;
            cache_stale[n] = foreign_stale[n] = false;
            memset(memory[n], 0, sizeof(memory[n]));
            page_list_add_tail(&d->pages, &frames[n]);
            d->tot_pages++;
            frames[n].count = (uint64_t)d->id << PGC_OWNER_SHIFT | PGC_ALLOCATED | 1;
            return n;
        }
    return 0;
}

void domain_free_page(struct page *pg)
{
    struct domain *d = &domains[page_owner_id(pg)];

    BUG_ON(pg->type & PGT_COUNT_MASK);
    page_list_del(&d->pages, pg);
    d->tot_pages--;
    pg->count = PGC_FREE | (uint64_t)DOMID_INVALID << PGC_OWNER_SHIFT;
    pages_freed++;
}

void page_batch_flush(struct page_batch *b)
{
    for (unsigned i = 0; i < b->n; i++)
        domain_free_page(b->pages[i]);
    b->n = 0;
}

static void domain_reset(struct domain *d, unsigned id)
{
    memset(d, 0, sizeof(*d));
    d->id = id;
    d->is_control = d->is_hardware = id == 0;
    d->max_vcpus = 2;
    d->vcpu = vcpu_lists[id];
    d->refcount = 1;
    for (unsigned i = 0; i < 2; i++) {
        memset(&vcpus[id][i], 0, sizeof(vcpus[id][i]));
        vcpus[id][i].domain = d;
        vcpus[id][i].id = i;
        vcpus[id][i].dirty_cpu = -1;
        vcpus[id][i].arch.kernel_mode = true;
        d->vcpu[i] = &vcpus[id][i];
    }
}

void machine_reset(unsigned seed)
{
    random_state = seed * 2654435761u + 1;
    frame_table = frames;
    max_page = FRAMES;
    pages_freed = 0;
    for (unsigned n = 0; n < FRAMES; n++)
        frames[n] = (struct page){ .count = PGC_FREE | (uint64_t)DOMID_INVALID << PGC_OWNER_SHIFT };
    frames[0].count = PGC_RESERVED | (uint64_t)DOMID_INVALID << PGC_OWNER_SHIFT;
    frames[FRAMES - 1].count = PGC_RESERVED | (uint64_t)DOMID_IO << PGC_OWNER_SHIFT;
    frames[FRAMES - 2].count = PGC_RESERVED | (uint64_t)DOMID_XEN << PGC_OWNER_SHIFT;
    for (unsigned i = 0; i < NR_DOMAINS; i++)
        domain_reset(&domains[i], i);
    memset(cache_stale, 0, sizeof(cache_stale));
    memset(foreign_stale, 0, sizeof(foreign_stale));
    domains[0].iomem_caps = (struct rangeset *)&domains[0];
    if (seed % 2) /* a guest with devices */
        domains[1].arch.ioport_caps = (struct rangeset *)&domains[1];
    io_domain.id = DOMID_IO;
    hv_domain.id = DOMID_XEN;
    fake_current = domains[0].vcpu[0];
    cpu_online.bits[0] = 1;
    for (unsigned i = HV_L4_FIRST; i <= HV_L4_LAST; i++)
        boot_l4[i] = pte_make(mfn(0xabc000 + i), PTE_P | PTE_RW);
}

/* --- what the code under test calls ----------------------------------------------------------- */

void *mfn_to_virt(mfn_t m)
{
    BUG_ON(m.n >= FRAMES);
    return memory[m.n];
}

bool domain_get(struct domain *d) { return d->refcount++ > 0; }
void domain_put(struct domain *d) { BUG_ON(--d->refcount <= 0); }
struct domain *domain_lookup(domid_t id) { return id < NR_DOMAINS ? &domains[id] : NULL; }

void spin_init(struct spinlock *l,
               enum lock_level level) { *l = (struct spinlock)SPINLOCK_INIT(level); }
void spin_lock(struct spinlock *l) { BUG_ON(l->owner++); }
void spin_unlock(struct spinlock *l) { BUG_ON(--l->owner); }

bool hypercall_preempt_check(void) { return rnd(100) < preempt_percent; }

long hypercall_restart_args(unsigned number, unsigned nr_args, const uint64_t *args)
{
    continuation->pending = true;
    continuation->number = number;
    memcpy(continuation->args, args, nr_args * sizeof(*args));
    return 0;
}

int copy_from_guest_bytes(void *dst, uint64_t src, size_t n)
{
    memcpy(dst, (const void *)src, n);
    return 0;
}

int copy_to_guest_bytes(uint64_t dst, const void *src, size_t n)
{
    memcpy((void *)dst, src, n);
    return 0;
}

bool rangeset_contains(struct rangeset *r, uint64_t first, uint64_t last)
{
    return first >= FRAMES - 1 && last < FRAMES + 4;
}

/* A set is there or not, which is all that is asked */
bool rangeset_is_empty(const struct rangeset *r) { return !r; }

int policy_host(const struct domain *d) { return d->is_control ? 0 : -XEN_EPERM; }
int policy_foreign_map(const struct domain *c,
                       const struct domain *t) { return c->is_control ? 0 : -XEN_EPERM; }

void tlb_flush_before_retype(domid_t owner, uint64_t type)
{
    tlb_clock++;
    tlb_flushes++;
}
void tlb_flush_foreign_use(uint64_t type)
{
    tlb_clock++;
    foreign_flushes++;
    memset(foreign_stale, 0, sizeof(foreign_stale));
}
unsigned ept_logging; /* hardware guests */
void ept_mark_held(const struct page *pg) {}
void tlb_flush_ahead(const struct domain *d, mfn_t m, uint64_t next_type) {}
void tlb_flush_local(void) {}
void tlb_flush_local_page(uint64_t va) {}
void tlb_flush_cpus(const struct cpumask *cpus, uint64_t va) {}
void domain_dirty_cpus(const struct domain *d, struct cpumask *out) { cpumask_zero(out); }
void isolation_l4_changed(const struct domain *d) {}
void isolation_l4_gone(void) {}
void cache_flush_frame(mfn_t m) { cache_stale[m.n] = false; }
void cache_flush_all(void) {}
void arch_on_cpus(const struct cpumask *m, void (*fn)(void *), void *arg) {}
void set_m2p(mfn_t m, pfn_t p) {}
struct page *page_get_from_gfn(struct domain *d, gfn_t g)
{
    return mfn_valid(mfn(g.n)) && page_get(mfn_to_page(mfn(g.n)), d) ? mfn_to_page(mfn(g.n)) : NULL;
}
void clear_page(void *va) { memset(va, 0, PAGE_SIZE); }
void copy_page(void *dst, const void *src) { memcpy(dst, src, PAGE_SIZE); }
void write_ptbase(struct vcpu *v) {}
int pv_set_ldt(struct vcpu *v, uint64_t base, unsigned entries) { return 0; }
void pirq_domain_release(struct domain *d) {}
void ioreq_domain_release(struct domain *d) {}
void vplatform_stop(struct domain *d) {}
void pv_drop_gdt(struct vcpu *v) {}
void pv_drop_ldt(struct vcpu *v) {}
bool descriptor_fix(uint64_t *desc) { return !(*desc & 1); }

void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}
