/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine under the services' tests: quiescent states, hypercalls with their restarts, domains.
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

/* --- quiescent states ------------------------------------------------------------------------- */

static struct rcu_head *waiting;
static struct svc_account at_start;

void rcu_call(struct rcu_head *h, void (*fn)(struct rcu_head *))
{
    h->fn = fn;
    h->next = waiting;
    waiting = h;
}

void svc_quiesce(void)
{
    while (waiting) {
        struct rcu_head *h = waiting;

        waiting = h->next;
        h->fn(h);
    }
}

/* --- hypercalls ------------------------------------------------------------------------------- */

unsigned svc_restarts, svc_preempt_every;
void (*svc_guest_acts)(void), (*svc_frame_taken)(void);
static bool restart_asked;
static unsigned restart_number;
static uint64_t restart_args[6];

bool hypercall_preempt_check(void)
{
    static unsigned asked;

    return svc_preempt_every && ++asked % svc_preempt_every == 0;
}

long hypercall_restart_args(unsigned number, unsigned nr_args, const uint64_t *args)
{
    if (multicall_note_restart(number, nr_args, args))
        return -XEN_ERESTART;
    restart_asked = true;
    restart_number = number;
    memcpy(restart_args, args, nr_args * sizeof(args[0]));
    return -XEN_ERESTART;
}

static long no_call(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    return -XEN_ENOSYS;
}

hypercall_fn *hypercall_handler(uint64_t number)
{
    static hypercall_fn *const handlers[] = {
        [__HYPERVISOR_sched_op_compat] = do_sched_op_compat,
        [__HYPERVISOR_memory_op] = do_memory_op,
        [__HYPERVISOR_set_timer_op] = do_set_timer_op,
        [__HYPERVISOR_event_channel_op_compat] = do_event_channel_op_compat,
        [__HYPERVISOR_xen_version] = do_xen_version,
        [__HYPERVISOR_grant_table_op] = do_grant_table_op,
        [__HYPERVISOR_vm_assist] = do_vm_assist,
        [__HYPERVISOR_vcpu_op] = do_vcpu_op,
        [__HYPERVISOR_sched_op] = do_sched_op,
        [__HYPERVISOR_event_channel_op] = do_event_channel_op,
        [__HYPERVISOR_sysctl] = do_sysctl,
        [__HYPERVISOR_domctl] = do_domctl,
    };

    return number < ARRAY_SIZE(handlers) && handlers[number] ? handlers[number] : no_call;
}

long svc_call(hypercall_fn *fn, unsigned number, uint64_t a1, uint64_t a2, uint64_t a3)
{
    uint64_t args[6] = { a1, a2, a3 };
    long rc;

    for (svc_restarts = 0;; svc_restarts++) {
        restart_asked = false;
        rc = fn(args[0], args[1], args[2], 0, 0, 0);
        ck_assert(irqs_enabled());
        if (!restart_asked)
            return rc;
        ck_assert_uint_eq(restart_number, number);
        ck_assert_uint_lt(svc_restarts, 100000);
        memcpy(args, restart_args, sizeof(args));
        svc_quiesce(); /* on the way through the guest */
        if (svc_guest_acts)
            svc_guest_acts();
    }
}

/* --- setting up ------------------------------------------------------------------------------- */

struct domain *svc_control_domain(domid_t id)
{
    struct xen_domctl_createdomain cfg = {
        .max_vcpus = 2, .max_evtchn_port = ~0U, .max_grant_frames = 32, .max_maptrack_frames = 64,
        .grant_opts = XEN_DOMCTL_GRANT_version(1)
    };
    struct domain *d;

    ck_assert_int_eq(domain_create(id, &cfg, true, &d), 0);
    ck_assert_ptr_nonnull(vcpu_create(d, 0));
    ck_assert_ptr_nonnull(vcpu_create(d, 1));
    d->max_pages = ~0UL;
    d->vcpu[0]->pause_flags = d->vcpu[1]->pause_flags = 0;
    return d;
}

void svc_init(void)
{
    svc_init_frames(SVC_FRAMES);
}

void svc_init_frames(unsigned long frames)
{
    fake_cpus_init(1);
    fake_memory_init(frames);
    page_alloc_add(mfn(1), mfn(frames), false);
    domains_init();
    svc_become(svc_control_domain(0), 0);
    at_start = svc_account();
}

void svc_end(void)
{
    struct evtchn_reset reset = { .dom = DOMID_SELF };

    svc_preempt_every = 0;
    svc_guest_acts = svc_frame_taken = NULL;
    fake_alloc_fail_after = ~0UL;
    svc_become(hardware_domain, 0);
    for (domid_t id = 1; id < DOMID_FIRST_RESERVED; id++) {
        struct domain *d = domain_lookup(id);

        if (d && d != hardware_domain)
            svc_destroy(d);
    }
    ck_assert_int_eq(CALL(event_channel_op, EVTCHNOP_reset, (uint64_t)&reset, 0), 0);
    svc_quiesce();
    svc_check_account(at_start);
}

void svc_become(struct domain *d, unsigned id)
{
    fake_current[0] = d->vcpu[id];
}

static long domctl(unsigned cmd, domid_t id, struct xen_domctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    return CALL(domctl, (uint64_t)op, 0, 0);
}

struct domain *svc_domain(unsigned vcpus, unsigned pages)
{
    struct xen_domctl op = { .u.createdomain = { .max_vcpus = vcpus,
                                                 .max_evtchn_port = 1023,
                                                 .max_grant_frames = 4,
                                                 .max_maptrack_frames = 4,
                                                 .grant_opts = 1 } };
    xen_pfn_t pfns[1024];
    struct xen_memory_reservation r = { .extent_start = { (uint64_t)pfns }, .nr_extents = pages };
    domid_t id;

    ck_assert_int_eq(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
    id = op.domain;
    memset(&op, 0, sizeof(op));
    op.u.max_vcpus.max = vcpus;
    ck_assert_int_eq(domctl(XEN_DOMCTL_max_vcpus, id, &op), 0);
    memset(&op, 0, sizeof(op));
    op.u.max_mem.max_memkb = pages * 4 + 1024;
    ck_assert_int_eq(domctl(XEN_DOMCTL_max_mem, id, &op), 0);
    for (unsigned i = 0; i < pages; i++)
        pfns[i] = i;
    r.domid = id;
    ck_assert_int_eq(CALL(memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0), pages);
    return domain_lookup(id);
}

void svc_destroy(struct domain *d)
{
    struct xen_domctl op = { 0 };

    ck_assert_int_eq(domctl(XEN_DOMCTL_destroydomain, d->id, &op), 0);
    svc_quiesce();
}

uint64_t svc_frame(struct domain *d, unsigned n)
{
    struct page *pg = page_list_first(&d->pages);

    while (n--)
        pg = page_list_next(pg);
    return page_to_mfn(pg).n;
}

void *svc_memory(uint64_t frame)
{
    return mfn_to_virt(mfn(frame));
}

struct svc_account svc_account(void)
{
    return (struct svc_account){ free_page_count(), fake_allocs_live };
}

void svc_check_account(struct svc_account before)
{
    ck_assert_uint_eq(free_page_count(), before.free_pages);
    ck_assert_uint_eq(fake_allocs_live, before.objects);
}

unsigned svc_random(unsigned below)
{
    static uint64_t state = 88172645463325252ULL;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 16) % below;
}
