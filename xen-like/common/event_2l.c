/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two-level event ABI: a bit per port in the shared page, a bit per word of these in vcpu_info.
 * 32-bit code has shorter words, so fewer ports, in other places. Bits are set in 32-bit pieces: the
 * bytes of longer words come in the same order.
 */
#include <hv/arch.h>
#include <hv/event_port.h>

static const struct layout {
    uint16_t ports, word_bits;
    uint16_t pending, mask; /* bytes into the shared page */
    uint16_t select;        /* bytes into vcpu_info */
} layouts[] = {
    { EVTCHN_2L_NR_CHANNELS, 64, offsetof(struct shared_info, evtchn_pending),
      offsetof(struct shared_info, evtchn_mask), offsetof(struct vcpu_info, evtchn_pending_sel) },
    { 1024, 32, 2048, 2176, 4 },
};

static const struct layout *layout_of(const struct domain *d)
{
    return &layouts[READ_ONCE(d->is_narrow)];
}

/*
 * A guest can have ports beyond the bitmaps: of the FIFO ABI's range, bound while a reset of the
 * same domain was under way. They can be closed, and never are pending.
 */
static bool has_bit(const struct layout *l, unsigned n) { return n < l->ports; }

static uint32_t *word_at(const void *area, unsigned offset, unsigned bit)
{
    return (uint32_t *)((char *)area + offset) + bit / 32;
}

static bool test_and_set(const void *area, unsigned offset, unsigned bit)
{
    uint32_t m = 1U << bit % 32;

    return __atomic_fetch_or(word_at(area, offset, bit), m, __ATOMIC_SEQ_CST) & m;
}

static bool test_and_clear(const void *area, unsigned offset, unsigned bit)
{
    uint32_t m = 1U << bit % 32;

    return __atomic_fetch_and(word_at(area, offset, bit), ~m, __ATOMIC_SEQ_CST) & m;
}

static bool test(const void *area, unsigned offset, unsigned bit)
{
    return READ_ONCE(*word_at(area, offset, bit)) >> bit % 32 & 1;
}

unsigned twolevel_ports(const struct domain *d) { return layout_of(d)->ports; }

void twolevel_select_all(const struct domain *d, struct vcpu_info *info)
{
    const struct layout *l = layout_of(d);

    for (unsigned bit = 0; bit < l->word_bits; bit += 32)
        WRITE_ONCE(*word_at(info, l->select, bit), ~0U);
}

/* A domain whose vcpus are still to be made sees the bit when it unmasks the port. */
static void select_word(const struct layout *l, struct vcpu *v, unsigned n)
{
    if (v && !test_and_set(v->vcpu_info, l->select, n / l->word_bits))
        vcpu_mark_events_pending(v);
}

void twolevel_set_pending(struct domain *d, struct port *p, unsigned n)
{
    const struct layout *l = layout_of(d);
    struct shared_info *si = d->shared_info;

    if (!has_bit(l, n) || test_and_set(si, l->pending, n))
        return;
    if (!test(si, l->mask, n))
        select_word(l, d->vcpu[READ_ONCE(p->vcpu)], n);
    port_wake_pollers(d, n);
}

void twolevel_clear_pending(struct domain *d, unsigned n)
{
    const struct layout *l = layout_of(d);

    if (d->shared_info && has_bit(l, n))
        test_and_clear(d->shared_info, l->pending, n);
}

void twolevel_unmask(struct domain *d, struct port *p, unsigned n)
{
    const struct layout *l = layout_of(d);
    struct shared_info *si = d->shared_info;

    if (has_bit(l, n) && test_and_clear(si, l->mask, n) && test(si, l->pending, n))
        select_word(l, d->vcpu[READ_ONCE(p->vcpu)], n);
}

bool twolevel_is_pending(const struct domain *d, unsigned n)
{
    const struct layout *l = layout_of(d);

    return has_bit(l, n) && test(d->shared_info, l->pending, n);
}
