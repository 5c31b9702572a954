/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the services' tests put in the place of the architecture, the scheduler and the timers.
 */
#include "svc_machine.h"

#include <stdlib.h>
#include <string.h>

#include <hv/arch.h>
#include <hv/control.h>
#include <hv/event_channel.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/timer.h>
#include <public/errno.h>
#include <public/grant_table.h>
#include <public/memory.h>

/* --- guest memory: every address of the test process but the lowest and highest --------------- */

uint64_t svc_guest_first = 0x10000, svc_guest_last = (1UL << 47) - 1;

static bool accessible(uint64_t addr, size_t bytes)
{
    return bytes == 0 || (addr >= svc_guest_first && addr <= svc_guest_last &&
                          bytes - 1 <= svc_guest_last - addr);
}

int copy_from_guest_bytes(void *dst, uint64_t src, size_t bytes)
{
    if (!accessible(src, bytes))
        return -XEN_EFAULT;
    if (bytes)
        memcpy(dst, (void *)src, bytes);
    if (svc_guest_acts)
        svc_guest_acts();
    return 0;
}

int copy_to_guest_bytes(uint64_t dst, const void *src, size_t bytes)
{
    if (!accessible(dst, bytes))
        return -XEN_EFAULT;
    if (bytes)
        memcpy((void *)dst, src, bytes);
    return 0;
}

int clear_guest_va(uint64_t dst, size_t bytes)
{
    if (!accessible(dst, bytes))
        return -XEN_EFAULT;
    if (bytes)
        memset((void *)dst, 0, bytes);
    return 0;
}

/* --- frames and types ------------------------------------------------------------------------- */

struct page *page_get_from_gfn(struct domain *d, gfn_t g)
{
    return g.n < max_page && page_get(mfn_to_page(mfn(g.n)), d) ? mfn_to_page(mfn(g.n)) : NULL;
}

/* There are PV domains only, which have no device models. */
int arch_ioreq_frames(struct domain *d, uint32_t id, uint32_t *nr) { return -XEN_EINVAL; }
int arch_ioreq_frame(struct domain *d, uint32_t id, uint64_t index, mfn_t *m)
{
    return -XEN_EINVAL;
}

bool arch_has_hvm(void) { return false; }
bool domain_is_translated(const struct domain *d) { return false; }

int guest_physmap_add(struct domain *d, gfn_t g, mfn_t m, unsigned order)
{
    for (unsigned i = 0; i < 1U << order; i++)
        set_m2p(mfn_add(m, i), pfn(g.n + i));
    return 0;
}

unsigned long guest_physmap_highest(const struct domain *d) { return 0; }

int guest_physmap_remove(struct domain *d, gfn_t g, mfn_t m, unsigned order)
{
    for (unsigned i = 0; i < 1U << order; i++)
        set_m2p(mfn_add(m, i), pfn(INVALID_M2P));
    return 0;
}

int page_get_type(struct page *pg, uint64_t type)
{
    if ((pg->type & PGT_COUNT_MASK) && (pg->type & PGT_TYPE_MASK) != type)
        return -XEN_EINVAL;
    pg->type = type | ((pg->type & PGT_COUNT_MASK) + 1);
    if (svc_frame_taken)
        svc_frame_taken();
    return 0;
}

void page_put_type(struct page *pg)
{
    ck_assert_uint_ne(pg->type & PGT_COUNT_MASK, 0);
    pg->type--;
}

/* --- grants in page tables -------------------------------------------------------------------- */

struct svc_slot svc_slots[SVC_SLOTS];

static struct svc_slot *slot_at(uint64_t addr)
{
    return addr % PAGE_SIZE == 0 && addr >= PAGE_SIZE && addr < SVC_SLOTS * PAGE_SIZE
               ? &svc_slots[addr / PAGE_SIZE]
               : NULL;
}

void svc_slot_clear(unsigned n)
{
    struct svc_slot *s = &svc_slots[n];

    if (!s->used)
        return;
    s->used = false;
    if (s->write)
        page_put_type(mfn_to_page(mfn(s->frame)));
    page_put(mfn_to_page(mfn(s->frame)));
}

int arch_grant_map(uint64_t addr, mfn_t m, unsigned flags, unsigned cache_flags)
{
    struct svc_slot *s = slot_at(addr);

    if (!s || (s->used && s->owner != current->domain))
        return GNTST_general_error;
    svc_slot_clear(addr / PAGE_SIZE);
    *s = (struct svc_slot){ true, !(flags & GNTMAP_readonly), m.n, current->domain };
    return GNTST_okay;
}

int arch_grant_unmap(uint64_t addr, mfn_t m, uint64_t new_addr, unsigned flags)
{
    struct svc_slot *s = slot_at(addr);

    if (!s || !s->used || s->owner != current->domain || s->frame != m.n ||
        s->write == !!(flags & GNTMAP_readonly))
        return GNTST_general_error;
    s->used = false;
    return GNTST_okay;
}

void tlb_flush_domain(const struct domain *d)
{
}

/* --- domains and vcpus ------------------------------------------------------------------------ */

int arch_sanitise_config(struct xen_domctl_createdomain *cfg)
{
    return cfg->flags & XEN_DOMCTL_CDF_hvm ? -XEN_EINVAL : 0;
}

int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *cfg)
{
    return 0;
}

void arch_domain_free(struct domain *d)
{
}

int arch_vcpu_create(struct vcpu *v)
{
    return 0;
}

void arch_vcpu_free(struct vcpu *v)
{
}

int arch_drop_unfinished(struct domain *d)
{
    return 0;
}

int arch_vcpu_reset(struct vcpu *v)
{
    return 0;
}

/* Mappings of the domain go with its tables; then its own pages. */
int arch_domain_relinquish(struct domain *d)
{
    struct page *pg;

    for (unsigned n = 1; n < SVC_SLOTS; n++)
        if (svc_slots[n].owner == d)
            svc_slot_clear(n);
    if (!d->arch.relinquished++ && current->domain == hardware_domain)
        return -XEN_ERESTART;
    while ((pg = page_list_first(&d->pages)) != NULL && (pg->count & PGC_ALLOCATED)) {
        page_get(pg, d);
        page_put_allocated(pg);
        if ((pg->count & PGC_COUNT_MASK) > 1) { /* others hold it: look at the next one first */
            page_list_del(&d->pages, pg);
            page_list_add_tail(&d->pages, pg);
        }
        page_put(pg);
    }
    return 0;
}

long arch_initialise_translated(struct vcpu *v, uint64_t arg) { return -XEN_EINVAL; }

int arch_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
    return ctx->user_regs.rip ? 0 : -XEN_EINVAL;
}

void arch_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *ctx)
{
}

const struct domctl_row *arch_domctl(uint32_t cmd) { return NULL; }

const struct sysctl_row *arch_sysctl(uint32_t cmd) { return NULL; }

void arch_getdomaininfo(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
}

long arch_memory_op(unsigned cmd, uint64_t arg)
{
    return -XEN_ENOSYS;
}

long arch_vcpu_op(unsigned cmd, struct vcpu *v, uint64_t arg)
{
    return -XEN_ENOSYS;
}

void arch_time_info(const struct vcpu *v, struct vcpu_time_info *t)
{
    t->system_time = fake_now;
}

unsigned svc_clock_id = 1;

unsigned arch_clock_id(void) { return svc_clock_id; }

bool arch_vcpu_kernel_reachable(const struct vcpu *v)
{
    return v->arch.kernel_mode;
}

unsigned arch_cpu_khz(void)
{
    return 1000000;
}

unsigned long arch_ram_pages(void)
{
    return max_page;
}

void arch_cpu_topology(unsigned cpu, uint32_t *core, uint32_t *socket)
{
    *core = cpu;
    *socket = 0;
}

void arch_physinfo(struct xen_sysctl_physinfo *info)
{
}

/* --- interrupts and events -------------------------------------------------------------------- */

unsigned svc_kicks[DOMID_FIRST_RESERVED & 63][8];
unsigned svc_unblocks;

void vcpu_mark_events_pending(struct vcpu *v)
{
    v->vcpu_info->evtchn_upcall_pending = 1;
    svc_kicks[v->domain->id % ARRAY_SIZE(svc_kicks)][v->id]++;
}

int pirq_guest_bind(struct vcpu *v, unsigned pirq)
{
    return pirq == 666 ? -XEN_EBUSY : 0;
}

void pirq_guest_unbind(struct domain *d, unsigned pirq)
{
}

void pirq_set_affinity(struct domain *d, unsigned pirq, unsigned cpu)
{
}

/* --- scheduler -------------------------------------------------------------------------------- */

static int sched_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    return 0;
}

static const struct sched_ops ops = { .name = "test",
                                      .id = XEN_SCHEDULER_CREDIT,
                                      .adjust = sched_adjust };

const struct sched_ops *sched_policy(void)
{
    return &ops;
}

int sched_domain_init(struct domain *d)
{
    d->sched_priv = hv_zalloc(16);
    return d->sched_priv ? 0 : -XEN_ENOMEM;
}

void sched_domain_destroy(struct domain *d)
{
    hv_free(d->sched_priv);
}

int sched_vcpu_init(struct vcpu *v, unsigned cpu)
{
    v->sched_priv = hv_zalloc(16);
    return v->sched_priv ? 0 : -XEN_ENOMEM;
}

void sched_vcpu_destroy(struct vcpu *v)
{
    hv_free(v->sched_priv);
}

void vcpu_wake(struct vcpu *v)
{
}

void vcpu_sleep_nosync(struct vcpu *v)
{
}

void vcpu_block(void)
{
}

int vcpu_pin_override(struct vcpu *v, int cpu)
{
    return 0;
}

void vcpu_yield(void)
{
}

void vcpu_unblock(struct vcpu *v)
{
    svc_unblocks++;
    v->pause_flags &= ~VPF_BLOCKED;
}

void vcpu_io_over(struct vcpu *v)
{
    v->pause_flags &= ~VPF_IO;
}

void vcpu_pause(struct vcpu *v)
{
    v->pause_count++;
}

void vcpu_pause_nosync(struct vcpu *v)
{
    v->pause_count++;
}

void vcpu_unpause(struct vcpu *v)
{
    ck_assert_int_gt(v->pause_count, 0);
    v->pause_count--;
}

void domain_pause(struct domain *d)
{
    d->pause_count++;
}

void domain_unpause(struct domain *d)
{
    ck_assert_int_gt(d->pause_count, 0);
    d->pause_count--;
}

int domain_pause_by_control(struct domain *d)
{
    d->control_pause_count++;
    domain_pause(d);
    return 0;
}

int domain_unpause_by_control(struct domain *d)
{
    if (!d->control_pause_count)
        return -XEN_EINVAL;
    d->control_pause_count--;
    domain_unpause(d);
    return 0;
}

int vcpu_set_hard_affinity(struct vcpu *v, const struct cpumask *m)
{
    v->hard_affinity = *m;
    return 0;
}

int vcpu_set_soft_affinity(struct vcpu *v, const struct cpumask *m)
{
    v->soft_affinity = *m;
    return 0;
}

void vcpu_runstate_get(const struct vcpu *v, struct vcpu_runstate_info *info)
{
    *info = v->runstate;
}

s_time_t cpu_idle_time(unsigned cpu)
{
    return 0;
}

/* --- timers: set and looked at, never run by themselves --------------------------------------- */

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

void timer_set(struct timer *t, s_time_t expires)
{
    t->expires = expires;
    t->active = !t->killed;
}

void timer_stop(struct timer *t)
{
    t->active = false;
}

void timer_kill(struct timer *t)
{
    t->active = false;
    t->killed = true;
}

void timer_migrate(struct timer *t, unsigned cpu)
{
    t->cpu = cpu;
}

/* --- console ---------------------------------------------------------------------------------- */

__attribute__((weak)) int console_readconsole(struct xen_sysctl_readconsole *op)
{
    return 0;
}

void keyhandler_key(char c)
{
}

__attribute__((weak)) void console_domain_free(struct domain *d)
{
}
