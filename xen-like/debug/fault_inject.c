/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands before the allocator's entries, and before the question whether a hypercall should give
 * way, and does what a test asked for (hv/fault_inject.h). The linker turns every call of NAME from
 * another file into one of __wrap_NAME, and __real_NAME into the function itself.
 */
#include <hv/arch.h>
#include <hv/control.h>
#include <hv/fault_inject.h>
#include <hv/lock.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <public/errno.h>

void *__real_hv_alloc_pages(unsigned order, unsigned flags);
struct page *__real_domain_alloc_pages(struct domain *d, unsigned order, unsigned flags);
unsigned __real_domain_alloc_batch(struct domain *d, struct page **out, unsigned n, unsigned flags);
void *__real_hv_zalloc(size_t size);
void *__real_hv_zalloc_array(size_t n, size_t size);
bool __real_hypercall_preempt_check(void);
const struct sysctl_row *__real_arch_sysctl(uint32_t cmd);

void *__wrap_hv_alloc_pages(unsigned order, unsigned flags);
struct page *__wrap_domain_alloc_pages(struct domain *d, unsigned order, unsigned flags);
unsigned __wrap_domain_alloc_batch(struct domain *d, struct page **out, unsigned n, unsigned flags);
void *__wrap_hv_zalloc(size_t size);
void *__wrap_hv_zalloc_array(size_t n, size_t size);
bool __wrap_hypercall_preempt_check(void);
const struct sysctl_row *__wrap_arch_sysctl(uint32_t cmd);

/* Whose hypercalls it is about; only that vcpu writes the rest. */
static const struct vcpu *victim;
static struct fault_inject armed;

static bool is_victim(void)
{
    const struct vcpu *v = READ_ONCE(victim);

    return v && v == current;
}

/** Is this allocation one that is to fail? */
static bool fails(void)
{
    if (!is_victim())
        return false;
    armed.seen++;
    if (!armed.first || armed.seen < armed.first || armed.seen - armed.first >= armed.nr)
        return false;
    armed.failed++;
    return true;
}

void *__wrap_hv_alloc_pages(unsigned order, unsigned flags)
{
    return fails() ? NULL : __real_hv_alloc_pages(order, flags);
}

struct page *__wrap_domain_alloc_pages(struct domain *d, unsigned order, unsigned flags)
{
    return fails() ? NULL : __real_domain_alloc_pages(d, order, flags);
}

unsigned __wrap_domain_alloc_batch(struct domain *d, struct page **out, unsigned n, unsigned flags)
{
    return fails() ? 0 : __real_domain_alloc_batch(d, out, n, flags);
}

void *__wrap_hv_zalloc(size_t size) { return fails() ? NULL : __real_hv_zalloc(size); }

void *__wrap_hv_zalloc_array(size_t n, size_t size)
{
    return fails() ? NULL : __real_hv_zalloc_array(n, size);
}

bool __wrap_hypercall_preempt_check(void)
{
    if (!is_victim() || ++armed.asked != armed.interrupt)
        return __real_hypercall_preempt_check();
    vcpu_mark_events_pending(current);
    return true;
}

/** `f` is both what to do from now on and, afterwards, what was seen until now. */
static void arm(struct fault_inject *f)
{
    struct fault_inject next = { .first = f->first, .nr = f->nr, .interrupt = f->interrupt };

    lock_check_none_held();
    WRITE_ONCE(victim, NULL);
    *f = armed;
    f->unfinished = rcu_unfinished_count();
    f->heap_bytes = hv_alloc_bytes();
    f->heap_pages = hv_heap_pages();
    armed = next;
    WRITE_ONCE(victim, current);
}

static long fault_inject(struct xen_sysctl *op)
{
    struct fault_inject f;

    memcpy(&f, &op->u, sizeof(f));
    arm(&f);
    memcpy(&op->u, &f, sizeof(f));
    return 0;
}

const struct sysctl_row *__wrap_arch_sysctl(uint32_t cmd)
{
    static const struct sysctl_row row = { fault_inject, CONTROL_ANSWERS };

    return cmd == XEN_SYSCTL_debug_fault_inject ? &row : __real_arch_sysctl(cmd);
}
