/* SPDX-License-Identifier: GPL-2.0-only */
/* The two-level event ABI: a bit per port in the shared page, a bit per 64 ports in vcpu_info. */
#include <hv/arch.h>
#include <hv/event_port.h>

/*
 * A guest can have ports beyond the bitmaps: of the FIFO ABI's range, bound while a reset of the
 * same domain was under way. They can be closed, and never are pending.
 */
static bool has_bit(unsigned n) { return n < EVTCHN_2L_NR_CHANNELS; }

static bool test_and_set(xen_ulong_t *map, unsigned bit)
{
    xen_ulong_t m = 1UL << bit % 64;

    return __atomic_fetch_or(&map[bit / 64], m, __ATOMIC_SEQ_CST) & m;
}

static bool test_and_clear(xen_ulong_t *map, unsigned bit)
{
    xen_ulong_t m = 1UL << bit % 64;

    return __atomic_fetch_and(&map[bit / 64], ~m, __ATOMIC_SEQ_CST) & m;
}

static bool test(const xen_ulong_t *map, unsigned bit)
{
    return READ_ONCE(map[bit / 64]) >> bit % 64 & 1;
}

/* A domain whose vcpus are still to be made sees the bit when it unmasks the port. */
static void select_word(struct vcpu *v, unsigned n)
{
    if (v && !test_and_set(&v->vcpu_info->evtchn_pending_sel, n / 64))
        vcpu_mark_events_pending(v);
}

void twolevel_set_pending(struct domain *d, struct port *p, unsigned n)
{
    struct shared_info *si = d->shared_info;

    if (!has_bit(n) || test_and_set(si->evtchn_pending, n))
        return;
    if (!test(si->evtchn_mask, n))
        select_word(d->vcpu[READ_ONCE(p->vcpu)], n);
    port_wake_pollers(d, n);
}

void twolevel_clear_pending(struct domain *d, unsigned n)
{
    if (d->shared_info && has_bit(n))
        test_and_clear(d->shared_info->evtchn_pending, n);
}

void twolevel_unmask(struct domain *d, struct port *p, unsigned n)
{
    struct shared_info *si = d->shared_info;

    if (has_bit(n) && test_and_clear(si->evtchn_mask, n) && test(si->evtchn_pending, n))
        select_word(d->vcpu[READ_ONCE(p->vcpu)], n);
}

bool twolevel_is_pending(const struct domain *d, unsigned n)
{
    return has_bit(n) && test(d->shared_info->evtchn_pending, n);
}
