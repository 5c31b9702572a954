/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A high precision event timer: a counter of 64 bits and three comparators, each of which raises an
 * interrupt when the counter comes to it, once or again and again, at an input of the IO-APIC; or
 * the first two in place of the PIT and the clock. (IA-PC HPET specification 1.0a)
 */
#include <arch/cpu.h>
#include <arch/decode.h>
#include <arch/hvm_save.h>
#include <arch/vplatform.h>
#include <public/errno.h>
#include <public/hvm/save.h>

#define TICK_NS 16
#define TICK_FS (TICK_NS * 1000000UL)
#define FAR     (1UL << 56) /* ticks: never, in a guest's life */

#define REG_CAPABILITIES 0x00
#define REG_CONFIG       0x10
#define REG_STATUS       0x20
#define REG_COUNTER      0xf0
#define REG_TIMERS       0x100
#define TIMER_BYTES      0x20
enum { TIMER_CONFIG, TIMER_COMPARATOR = 8 };

#define CAPABILITIES (TICK_FS << 32 | 0x8086UL << 16 | 1UL << 15 | 1UL << 13 | \
                      (VHPET_TIMERS - 1) << 8 | 1)
#define CONFIG_ON     1UL
#define CONFIG_LEGACY 2UL

#define T_LEVEL       0x2UL
#define T_ENABLED     0x4UL
#define T_PERIODIC    0x8UL
#define T_SET_VALUE   0x40UL
#define T_32_BITS     0x100UL
#define T_ROUTE(c)    ((c) >> 9 & 31)
#define T_WRITABLE    (T_LEVEL | T_ENABLED | T_PERIODIC | T_SET_VALUE | T_32_BITS | 31UL << 9)
#define ROUTES        0xf00000UL /* inputs 20 to 23 */
#define T_FIXED       (ROUTES << 32 | 1UL << 5 | 1UL << 4) /* 64 bits, periodic */

/* --- time ------------------------------------------------------------------------------------- */
static uint64_t counter(const struct vhpet *h)
{
    return h->counter + (h->config & CONFIG_ON ? (uint64_t)(now() - h->started) / TICK_NS : 0);
}

static uint64_t width(const struct vhpet_timer *t)
{
    return t->config & T_32_BITS ? 0xffffffffUL : ~0UL;
}

/* Ticks until the counter comes to the comparator, as it goes round. */
static uint64_t distance(const struct vhpet *h, const struct vhpet_timer *t)
{
    return (t->comparator - counter(h)) & width(t);
}

static void start(const struct vhpet *h, struct vhpet_timer *t)
{
    uint64_t ticks = distance(h, t);

    if ((h->config & CONFIG_ON) && (t->config & T_ENABLED) && ticks < FAR)
        timer_set(&t->timer, now() + (s_time_t)ticks * TICK_NS);
    else
        timer_stop(&t->timer);
}

/* --- interrupts ------------------------------------------------------------------------------- */
bool vhpet_is_legacy(const struct vplatform *p) { return p->hpet.config & CONFIG_LEGACY; }

/* VIOAPIC_PINS: none. */
static unsigned line_of(const struct vhpet *h, unsigned n)
{
    unsigned route = T_ROUTE(h->timer[n].config);

    if ((h->config & CONFIG_LEGACY) && n < 2)
        return n ? IRQ_RTC : IRQ_TIMER;
    return ROUTES >> route & 1 ? index_nospec(route, VIOAPIC_PINS) : VIOAPIC_PINS;
}

static void set_level(struct vplatform *p, unsigned n, bool level)
{
    unsigned line = line_of(&p->hpet, n);

    if (line < VIOAPIC_PINS)
        vplatform_level(p, line, &p->hpet.timer[n].asserted, level);
}

static void raise(struct vplatform *p, unsigned n)
{
    bool level = p->hpet.timer[n].config & T_LEVEL;

    set_level(p, n, true);
    if (level)
        p->hpet.status |= 1U << n;
    else
        set_level(p, n, false);
}

/* The next time that is to come: what was missed is missed. */
static void go_on(const struct vhpet *h, struct vhpet_timer *t)
{
    uint64_t shortest = VPLATFORM_SHORTEST_PERIOD / TICK_NS, period = MAX(t->period, shortest);
    uint64_t late = (counter(h) - t->comparator) & width(t);

    t->comparator = (t->comparator + (late / period + 1) * period) & width(t);
    start(h, t);
}

static void fired(void *data)
{
    struct vhpet_timer *t = data;
    struct vplatform *p = t->platform;
    unsigned long flags = spin_lock_irqsave(&p->lock);

    if ((p->hpet.config & CONFIG_ON) && (t->config & T_ENABLED) && t->timer.expires <= now()) {
        raise(p, t - p->hpet.timer);
        if (t->config & T_PERIODIC)
            go_on(&p->hpet, t);
    }
    spin_unlock_irqrestore(&p->lock, flags);
}

/* --- what is written -------------------------------------------------------------------------- */
/* Lines are let go of before they become others. */
static void let_go(struct vplatform *p, unsigned n)
{
    if (p->hpet.timer[n].asserted)
        set_level(p, n, false);
    p->hpet.status &= ~(1U << n);
}

static void write_config(struct vplatform *p, uint64_t value)
{
    struct vhpet *h = &p->hpet;

    for (unsigned n = 0; n < VHPET_TIMERS; n++)
        let_go(p, n);
    h->counter = counter(h);
    h->started = now();
    h->config = value & (CONFIG_ON | CONFIG_LEGACY);
    for (unsigned n = 0; n < VHPET_TIMERS; n++)
        start(h, &h->timer[n]);
}

/* Ones end levels. */
static void write_status(struct vplatform *p, uint64_t value)
{
    for (unsigned n = 0; n < VHPET_TIMERS; n++)
        if (value >> n & 1)
            let_go(p, n);
}

static void write_counter(struct vhpet *h, uint64_t value)
{
    h->counter = value;
    h->started = now();
    for (unsigned n = 0; n < VHPET_TIMERS; n++)
        start(h, &h->timer[n]);
}

/* Of one that repeats it is the period, or by T_SET_VALUE the next time. */
static void write_comparator(const struct vhpet *h, struct vhpet_timer *t, uint64_t value)
{
    if (t->config & T_PERIODIC)
        t->period = value & width(t);
    if (!(t->config & T_PERIODIC) || (t->config & T_SET_VALUE))
        t->comparator = value & width(t);
    t->config &= ~T_SET_VALUE;
    start(h, t);
}

static void write_timer(struct vplatform *p, unsigned n, unsigned reg, uint64_t value)
{
    struct vhpet_timer *t = &p->hpet.timer[n];

    if (reg == TIMER_COMPARATOR) {
        write_comparator(&p->hpet, t, value);
    } else if (reg == TIMER_CONFIG) {
        let_go(p, n);
        t->config = value & T_WRITABLE;
        t->comparator &= width(t);
        start(&p->hpet, t);
    }
}

/* --- the page --------------------------------------------------------------------------------- */
static unsigned timer_at(unsigned reg) { return (reg - REG_TIMERS) / TIMER_BYTES; }

static uint64_t register_read(const struct vhpet *h, unsigned reg)
{
    const struct vhpet_timer *t;

    switch (reg) {
    case REG_CAPABILITIES: return CAPABILITIES;
    case REG_CONFIG: return h->config;
    case REG_STATUS: return h->status;
    case REG_COUNTER: return counter(h);
    default: break;
    }
    if (reg < REG_TIMERS || timer_at(reg) >= VHPET_TIMERS)
        return 0;
    t = &h->timer[index_nospec(timer_at(reg), VHPET_TIMERS)];
    switch (reg % TIMER_BYTES) {
    case TIMER_CONFIG: return t->config | T_FIXED;
    case TIMER_COMPARATOR: return t->comparator;
    default: return 0;
    }
}

static void register_write(struct vplatform *p, unsigned reg, uint64_t value)
{
    if (reg == REG_CONFIG)
        write_config(p, value);
    else if (reg == REG_STATUS)
        write_status(p, value);
    else if (reg == REG_COUNTER)
        write_counter(&p->hpet, value);
    else if (reg >= REG_TIMERS && timer_at(reg) < VHPET_TIMERS)
        write_timer(p, index_nospec(timer_at(reg), VHPET_TIMERS), reg % TIMER_BYTES, value);
}

/* A narrow access is one of a part of a register, whose rest stays. */
uint64_t vhpet_page_read(struct vcpu *v, uint64_t address, unsigned bytes)
{
    const struct vhpet *h = &platform_of(v)->hpet;

    return h->present ? register_read(h, address & 0x3f8) >> 8 * (address & 7) : ~0UL;
}

void vhpet_page_write(struct vcpu *v, uint64_t address, unsigned bytes, uint64_t value)
{
    struct vplatform *p = platform_of(v);
    unsigned reg = address & 0x3f8, shift = 8 * (address & 7);
    uint64_t mask = operand_ones(bytes) << shift;

    if (!p->hpet.present)
        return;
    value = value << shift & mask;
    if (reg != REG_STATUS) /* there ones do something */
        value |= register_read(&p->hpet, reg) & ~mask;
    register_write(p, reg, value);
}

/* --- records ---------------------------------------------------------------------------------- */
unsigned vhpet_save(const struct hvm_context *c, unsigned instance, void *to)
{
    const struct vhpet *h = &c->d->arch.hvm->platform->hpet;
    struct hvm_hw_hpet *r = to;

    if (!h->present)
        return 0;
    r->capability = CAPABILITIES;
    r->config = h->config;
    r->isr = h->status;
    r->mc64 = counter(h);
    for (unsigned n = 0; n < VHPET_TIMERS; n++) {
        r->timers[n].config = h->timer[n].config | T_FIXED;
        r->timers[n].cmp = h->timer[n].comparator;
        r->period[n] = h->timer[n].period;
    }
    return sizeof(*r);
}

static bool timer_ok(const struct hvm_hw_hpet *r, unsigned n)
{
    uint64_t config = r->timers[n].config, most = config & T_32_BITS ? 0xffffffffUL : ~0UL;

    return (config & ~T_WRITABLE) == T_FIXED && !r->timers[n].fsb && r->timers[n].cmp <= most &&
           r->period[n] <= most && (!(r->isr >> n & 1) || (config & T_LEVEL));
}

int vhpet_load(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    const struct hvm_hw_hpet *r = from;
    struct vhpet *h = &p->hpet;

    if (!h->present || r->capability != CAPABILITIES)
        return -XEN_EOPNOTSUPP;
    if ((r->config & ~(CONFIG_ON | CONFIG_LEGACY)) || r->isr >> VHPET_TIMERS)
        return -XEN_EINVAL;
    for (unsigned n = 0; n < VHPET_TIMERS; n++)
        if (!timer_ok(r, n))
            return -XEN_EINVAL;
    h->config = r->config;
    h->status = r->isr;
    h->counter = r->mc64;
    h->started = now();
    for (unsigned n = 0; n < VHPET_TIMERS; n++) {
        h->timer[n].config = r->timers[n].config & T_WRITABLE;
        h->timer[n].comparator = r->timers[n].cmp;
        h->timer[n].period = r->period[n];
        h->timer[n].asserted = (r->isr >> n & 1) && line_of(h, n) < VIOAPIC_PINS;
        start(h, &h->timer[n]);
    }
    vplatform_recount(p);
    return 0;
}

void vhpet_count(struct vplatform *p)
{
    for (unsigned n = 0; n < VHPET_TIMERS; n++)
        if (p->hpet.timer[n].asserted)
            p->asserted[line_of(&p->hpet, n)]++;
}

void vhpet_init(struct vplatform *p, bool present)
{
    p->hpet.present = present;
    for (unsigned n = 0; n < VHPET_TIMERS; n++) {
        struct vhpet_timer *t = &p->hpet.timer[n];

        t->platform = p;
        t->comparator = ~0UL;
        timer_init(&t->timer, fired, t, this_cpu());
    }
}

void vhpet_destroy(struct vplatform *p)
{
    for (unsigned n = 0; n < VHPET_TIMERS; n++)
        timer_kill(&p->hpet.timer[n].timer);
}
