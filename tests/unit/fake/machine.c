/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake machine: CPUs, clock, memory, domains, log.
 */
#include "fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <hv/arch.h>
#include <hv/buddy.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>

#define WEAK __attribute__((weak))

/* --- CPUs ------------------------------------------------------------------------------------- */

_Thread_local unsigned fake_cpu;
_Thread_local bool fake_irqs_off;
struct vcpu *fake_current[MAX_CPUS];
struct cpumask cpu_online;
unsigned fake_event_checks[MAX_CPUS];

void fake_cpus_init(unsigned n)
{
    cpumask_zero(&cpu_online);
    for (unsigned cpu = 0; cpu < n; cpu++) {
        cpumask_set(&cpu_online, cpu);
        fake_deadline[cpu] = STIME_MAX;
    }
    fake_cpu = 0;
}

void fake_become_cpu(unsigned cpu)
{
    fake_cpu = cpu;
}

WEAK void arch_send_event_check(unsigned cpu)
{
    fake_event_checks[cpu]++;
}

bool fake_interrupted;
WEAK bool arch_interrupted(void)
{
    const struct vcpu_info *info = current->vcpu_info;

    return fake_interrupted || (info->evtchn_upcall_pending && !info->evtchn_upcall_mask);
}

bool fake_stops_later;
WEAK bool arch_vcpu_stops_later(struct vcpu *v)
{
    return fake_stops_later;
}

WEAK void arch_on_cpus(const struct cpumask *m, void (*fn)(void *), void *arg)
{
    unsigned cpu, self = fake_cpu;

    for_each_cpu(cpu, m) {
        fake_cpu = cpu;
        fn(arg);
    }
    fake_cpu = self;
}

WEAK void arch_show_execution_state(void)
{
}

WEAK void *hv_alloc_pages(unsigned order, unsigned flags)
{
    return calloc(PAGE_SIZE, 1UL << order);
}

WEAK void hv_free_pages(void *va, unsigned order)
{
    free(va);
}

WEAK void arch_dump_vcpu(const struct vcpu *v)
{
}

WEAK void machine_halt(void)
{
    abort();
}

WEAK void machine_restart(unsigned delay_ms)
{
    abort();
}

WEAK void machine_poweroff(void)
{
    abort();
}

/* --- time ------------------------------------------------------------------------------------- */

s_time_t fake_now;
uint64_t fake_wall_base;
s_time_t fake_deadline[MAX_CPUS];

WEAK s_time_t now(void)
{
    return fake_now;
}

WEAK uint64_t wallclock_now(void)
{
    return fake_wall_base + (uint64_t)fake_now;
}

WEAK void arch_set_timer(s_time_t deadline)
{
    fake_deadline[fake_cpu] = deadline;
}

/* --- memory ----------------------------------------------------------------------------------- */

static char *ram;
static unsigned long ram_frames;
static pfn_t *m2p;
unsigned long fake_clears, fake_flushes;
WEAK struct page *frame_table;
WEAK unsigned long max_page;

static void *reserve(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    if (p == MAP_FAILED)
        abort();
    return p;
}

/* The kernel's lazily filled memory makes sparse frame tables cheap. */
void fake_memory_init(unsigned long frames)
{
    ram_frames = max_page = frames;
    ram = reserve(frames * PAGE_SIZE);
    frame_table = reserve(frames * sizeof(*frame_table));
    m2p = reserve(frames * sizeof(*m2p));
    fake_clears = fake_flushes = 0;
}

void fake_memory_free(void)
{
    munmap(ram, ram_frames * PAGE_SIZE);
    munmap(frame_table, ram_frames * sizeof(*frame_table));
    munmap(m2p, ram_frames * sizeof(*m2p));
}

WEAK void *mfn_to_virt(mfn_t m)
{
    if (m.n >= ram_frames)
        abort();
    return ram + m.n * PAGE_SIZE;
}

WEAK mfn_t virt_to_mfn(const void *va)
{
    if ((const char *)va < ram || (const char *)va >= ram + ram_frames * PAGE_SIZE)
        abort();
    return mfn((uint64_t)((const char *)va - ram) / PAGE_SIZE);
}

WEAK void clear_page(void *va)
{
    memset(va, 0, PAGE_SIZE);
    __atomic_fetch_add(&fake_clears, 1, __ATOMIC_RELAXED);
}

WEAK void copy_page(void *dst, const void *src)
{
    memcpy(dst, src, PAGE_SIZE);
}

WEAK void set_m2p(mfn_t m, pfn_t p)
{
    m2p[m.n] = p;
}

WEAK pfn_t get_m2p(mfn_t m)
{
    return m2p[m.n];
}

WEAK uint64_t tlb_stamp_freed(void)
{
    return 1UL << 32; /* a stamp, as an architecture may leave one */
}

WEAK void tlb_flush_before_alloc(struct page *pg, unsigned order)
{
    __atomic_fetch_add(&fake_flushes, 1, __ATOMIC_RELAXED);
}

unsigned long fake_alloc_fail_after = ~0UL, fake_allocs_live;

WEAK void *hv_zalloc(size_t size)
{
    if (fake_alloc_fail_after == 0)
        return NULL;
    if (fake_alloc_fail_after != ~0UL)
        fake_alloc_fail_after--;
    fake_allocs_live++;
    return calloc(1, size ? size : 1);
}

WEAK void *hv_zalloc_array(size_t n, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(n, size, &bytes) ? NULL : hv_zalloc(bytes);
}

WEAK void hv_free(void *p)
{
    fake_allocs_live -= p != NULL;
    free(p);
}

/* --- domains ---------------------------------------------------------------------------------- */

WEAK struct domain *dom_hv, *dom_io, *dom_idle, *hardware_domain;
static struct domain *domains[16];

struct domain *fake_domain(domid_t id, unsigned vcpus)
{
    struct domain *d = calloc(1, sizeof(*d));

    d->id = id;
    d->refcount = 1;
    d->max_pages = ~0UL;
    d->max_vcpus = vcpus;
    d->vcpu = calloc(vcpus, sizeof(d->vcpu[0]));
    d->lock = (struct spinlock)SPINLOCK_INIT(LOCK_DOMAIN);
    d->page_lock = (struct spinlock)SPINLOCK_INIT(LOCK_PAGE_LIST);
    for (unsigned i = 0; i < ARRAY_SIZE(domains); i++)
        if (!domains[i]) {
            domains[i] = d;
            return d;
        }
    abort();
}

void fake_domain_free(struct domain *d)
{
    for (unsigned i = 0; i < ARRAY_SIZE(domains); i++)
        if (domains[i] == d)
            domains[i] = NULL;
    free(d->vcpu);
    free(d);
}

WEAK struct domain *domain_lookup(domid_t id)
{
    for (unsigned i = 0; i < ARRAY_SIZE(domains); i++)
        if (domains[i] && domains[i]->id == id)
            return domains[i];
    return NULL;
}

WEAK bool domain_get(struct domain *d)
{
    return __atomic_fetch_add(&d->refcount, 1, __ATOMIC_SEQ_CST) > 0;
}

WEAK void domain_put(struct domain *d)
{
    __atomic_fetch_sub(&d->refcount, 1, __ATOMIC_SEQ_CST);
}

/* --- the log ---------------------------------------------------------------------------------- */

char fake_log[4096];
jmp_buf *fake_panic_expected;
char fake_panic_text[256];

void fake_log_clear(void)
{
    fake_log[0] = '\0';
}

static void log_add(const char *fmt, va_list ap)
{
    char line[512];

    vsnprintf(line, sizeof(line), fmt, ap);
    fputs(line, stderr);
    size_t len = strlen(fake_log), add = strlen(line);
    if (len + add >= sizeof(fake_log)) {
        memmove(fake_log, fake_log + add, len - MIN(add, len) + 1);
        len -= MIN(add, len);
    }
    memcpy(fake_log + len, line, add + 1);
}

WEAK void printk(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_add(fmt, ap);
    va_end(ap);
}

WEAK void gprintk(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_add(fmt, ap);
    va_end(ap);
}

WEAK bool opt_noreboot;

WEAK void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(fake_panic_text, sizeof(fake_panic_text), fmt, ap);
    va_end(ap);
    if (fake_panic_expected)
        longjmp(*fake_panic_expected, 1);
    fprintf(stderr, "panic: %s\n", fake_panic_text);
    abort();
}

/* --- what the C library lacks ----------------------------------------------------------------- */

size_t hv_strlcpy(char *dst, const char *src, size_t size);

WEAK size_t hv_strlcpy(char *dst, const char *src, size_t size)
{
    snprintf(dst, size, "%s", src);
    return strlen(src);
}

/* --- switching -------------------------------------------------------------------------------- */

jmp_buf *fake_switch;

void sched_context_saved(struct vcpu *prev);

WEAK void context_switch(struct vcpu *prev, struct vcpu *next)
{
    if (!fake_switch)
        abort();
    prev->arch.switched_out++;
    next->arch.switched_in++;
    fake_current[fake_cpu] = next;
    sched_context_saved(prev);
    fake_irqs_off = false;
    longjmp(*fake_switch, 1);
}

WEAK void sched_context_saved(struct vcpu *prev)
{
}
