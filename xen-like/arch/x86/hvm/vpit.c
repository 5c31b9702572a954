/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An interval timer 8254, and port 0x61, which has the gate and the output of its third channel.
 * Nothing counts: what a counter holds is computed from the time that has passed; the first
 * channel's interrupts come from a timer. Counts are binary, whatever is asked for. (Intel 8254
 * data sheet)
 */
#include <arch/cpu.h>
#include <arch/hvm_save.h>
#include <arch/vplatform.h>
#include <public/errno.h>
#include <public/hvm/save.h>

#define HZ           1193182
#define PORT_CONTROL 0x43
#define PORT_SYSTEM  0x61
#define REFRESH_NS   15085 /* half a period of what refreshes memory */

#define CONTROL_BACK   3   /* in place of a channel: what is to be read next */
#define BACK_NO_COUNT  0x20
#define BACK_NO_STATUS 0x10
#define STATUS_OUTPUT  0x80
#define STATUS_EMPTY   0x40
#define SYSTEM_GATE    0x01
#define SYSTEM_SPEAKER 0x02
#define SYSTEM_REFRESH 0x10
#define SYSTEM_OUTPUT  0x20

enum { ACCESS_LATCH, ACCESS_LOW, ACCESS_HIGH, ACCESS_BOTH };

/* --- counting --------------------------------------------------------------------------------- */
static bool repeats(const struct vpit_channel *c) { return c->mode == 2 || c->mode == 3; }

static uint64_t elapsed(const struct vpit_channel *c)
{
    return c->gate ? vplatform_ticks(now() - c->started, HZ) : 0;
}

static uint16_t counter(const struct vpit_channel *c)
{
    uint64_t ticks = elapsed(c);

    if (!c->count)
        return 0;
    if (c->mode == 2)
        return c->count - ticks % c->count;
    if (c->mode == 3)
        return c->count - 2 * ticks % c->count;
    return c->count - ticks;
}

static bool output(const struct vpit_channel *c)
{
    uint64_t ticks = elapsed(c);

    if (!c->count)
        return c->mode != 0;
    switch (c->mode) {
    case 2: return ticks % c->count != c->count - 1;
    case 3: return ticks % c->count < (c->count + 1) / 2;
    case 4: case 5: return ticks != c->count;
    default: return ticks >= c->count;
    }
}

/* --- interrupts ------------------------------------------------------------------------------- */
static s_time_t period(const struct vpit_channel *c)
{
    return MAX((s_time_t)vplatform_ns(c->count, HZ), VPLATFORM_SHORTEST_PERIOD);
}

static void fired(void *data)
{
    struct vplatform *p = data;
    struct vpit_channel *c = &p->pit.channel[0];
    struct timer *t = &p->pit.timer;
    unsigned long flags = spin_lock_irqsave(&p->lock);

    if (c->count && t->expires <= now()) { /* it was not set anew meanwhile */
        if (!vhpet_is_legacy(p)) {
            vplatform_assert(p, IRQ_TIMER);
            vplatform_deassert(p, IRQ_TIMER);
        }
        if (repeats(c)) /* what was missed is missed */
            timer_set(t, MAX(t->expires + period(c), now() + period(c) / 2));
    }
    spin_unlock_irqrestore(&p->lock, flags);
}

static void start(struct vplatform *p, struct vpit_channel *c)
{
    c->started = now();
    if (c == &p->pit.channel[0])
        timer_set(&p->pit.timer, c->started + (repeats(c) ? period(c) :
                                                            (s_time_t)vplatform_ns(c->count, HZ)));
}

/* --- what is written -------------------------------------------------------------------------- */
static void latch_count(struct vpit_channel *c)
{
    if (c->latched)
        return;
    c->latched = true;
    c->latch = counter(c);
}

static void latch_status(struct vpit_channel *c)
{
    if (c->status_latched)
        return;
    c->status_latched = true;
    c->status = (output(c) ? STATUS_OUTPUT : 0) | (c->count ? 0 : STATUS_EMPTY) | c->access << 4 |
                c->mode << 1;
}

static void write_back(struct vpit *pit, uint8_t value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(pit->channel); i++) {
        if (!(value >> (i + 1) & 1))
            continue;
        if (!(value & BACK_NO_COUNT))
            latch_count(&pit->channel[i]);
        if (!(value & BACK_NO_STATUS))
            latch_status(&pit->channel[i]);
    }
}

static void write_control(struct vplatform *p, uint8_t value)
{
    struct vpit_channel *c;

    if (value >> 6 == CONTROL_BACK) {
        write_back(&p->pit, value);
        return;
    }
    c = &p->pit.channel[value >> 6];
    if ((value >> 4 & 3) == ACCESS_LATCH) {
        latch_count(c);
        return;
    }
    *c = (struct vpit_channel){
        .access = value >> 4 & 3,
        .mode = (value >> 1 & 7) > 5 ? value >> 1 & 3 : value >> 1 & 7,
        .gate = c->gate,
    };
    if (c == &p->pit.channel[0])
        timer_stop(&p->pit.timer);
}

static void load(struct vplatform *p, struct vpit_channel *c, uint16_t count)
{
    c->count = count ? count : 0x10000;
    start(p, c);
}

static void write_count(struct vplatform *p, struct vpit_channel *c, uint8_t value)
{
    if (c->access == ACCESS_LOW)
        load(p, c, value);
    else if (c->access == ACCESS_HIGH)
        load(p, c, value << 8);
    else if (c->write_high)
        load(p, c, c->written_low | value << 8);
    c->written_low = value;
    c->write_high = c->access == ACCESS_BOTH && !c->write_high;
}

/* The third channel's gate begins its count anew. */
static void write_system(struct vplatform *p, uint8_t value)
{
    struct vpit_channel *c = &p->pit.channel[2];
    bool gate = value & SYSTEM_GATE;

    p->pit.speaker = value & SYSTEM_SPEAKER;
    if (gate && !c->gate)
        start(p, c);
    c->gate = gate;
}

void vpit_port_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value)
{
    struct vplatform *p = platform_of(v);

    if (port == PORT_SYSTEM)
        write_system(p, value);
    else if (port == PORT_CONTROL)
        write_control(p, value);
    else
        write_count(p, &p->pit.channel[port & 3], value);
}

/* --- what is read ----------------------------------------------------------------------------- */
static uint8_t read_count(struct vpit_channel *c)
{
    uint16_t value = c->latched ? c->latch : counter(c);
    bool high = c->access == ACCESS_HIGH || c->read_high;

    if (c->status_latched) {
        c->status_latched = false;
        return c->status;
    }
    if (c->access == ACCESS_BOTH)
        c->read_high = !c->read_high;
    if (!c->read_high)
        c->latched = false;
    return high ? value >> 8 : value;
}

static uint8_t read_system(const struct vpit *pit)
{
    return (pit->channel[2].gate ? SYSTEM_GATE : 0) | (pit->speaker ? SYSTEM_SPEAKER : 0) |
           (now() / REFRESH_NS & 1 ? SYSTEM_REFRESH : 0) |
           (output(&pit->channel[2]) ? SYSTEM_OUTPUT : 0);
}

uint64_t vpit_port_read(struct vcpu *v, uint64_t port, unsigned bytes)
{
    struct vpit *pit = &platform_of(v)->pit;

    if (port == PORT_SYSTEM)
        return read_system(pit);
    return port == PORT_CONTROL ? ~0UL : read_count(&pit->channel[port & 3]);
}

/* --- records ---------------------------------------------------------------------------------- */
/* What comes next of a counter of 16 bits; 1 and 2 are ACCESS_LOW and ACCESS_HIGH. */
enum { STATE_FIRST = 3, STATE_SECOND = 4 };

static unsigned state(const struct vpit_channel *c, bool second)
{
    return c->access == ACCESS_BOTH ? second ? STATE_SECOND : STATE_FIRST : c->access;
}

unsigned vpit_save(const struct hvm_context *c, unsigned instance, void *to)
{
    const struct vpit *pit = &c->d->arch.hvm->platform->pit;
    struct hvm_hw_pit *r = to;

    for (unsigned i = 0; i < ARRAY_SIZE(pit->channel); i++) {
        const struct vpit_channel *from = &pit->channel[i];

        r->channels[i] = (struct hvm_hw_pit_channel){
            .count = from->count,
            .latched_count = from->latch,
            .count_latched = from->latched ? from->access : 0,
            .status_latched = from->status_latched,
            .status = from->status,
            .read_state = state(from, from->read_high),
            .write_state = state(from, from->write_high),
            .write_latch = from->written_low,
            .rw_mode = from->access,
            .mode = from->mode,
            .gate = from->gate,
        };
    }
    r->speaker_data_on = pit->speaker;
    return sizeof(*r);
}

static bool state_ok(const struct hvm_hw_pit_channel *r, unsigned at)
{
    return r->rw_mode == ACCESS_BOTH ? at == STATE_FIRST || at == STATE_SECOND : at == r->rw_mode;
}

static bool channel_ok(const struct hvm_hw_pit_channel *r)
{
    return r->count <= 0x10000 && r->rw_mode >= ACCESS_LOW && r->rw_mode <= ACCESS_BOTH &&
           r->mode <= 5 && !r->bcd && r->gate <= 1 && r->status_latched <= 1 &&
           r->count_latched <= ACCESS_BOTH && state_ok(r, r->read_state) &&
           state_ok(r, r->write_state);
}

static void load_channel(struct vplatform *p, struct vpit_channel *c,
                         const struct hvm_hw_pit_channel *r)
{
    *c = (struct vpit_channel){
        .count = r->count,
        .mode = r->mode,
        .access = r->rw_mode,
        .written_low = r->write_latch,
        .write_high = r->write_state == STATE_SECOND,
        .read_high = r->read_state == STATE_SECOND,
        .gate = r->gate,
        .latched = r->count_latched,
        .status_latched = r->status_latched,
        .latch = r->latched_count,
        .status = r->status,
    };
    if (c->count)
        start(p, c);
}

/* The record does not say how far they were: counts begin anew. */
int vpit_load(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    const struct hvm_hw_pit *r = from;

    if (r->speaker_data_on > 1 || r->pad0)
        return -XEN_EINVAL;
    for (unsigned i = 0; i < ARRAY_SIZE(r->channels); i++)
        if (!channel_ok(&r->channels[i]))
            return -XEN_EINVAL;
    timer_stop(&p->pit.timer);
    for (unsigned i = 0; i < ARRAY_SIZE(r->channels); i++)
        load_channel(p, &p->pit.channel[i], &r->channels[i]);
    p->pit.speaker = r->speaker_data_on;
    return 0;
}

/* --- life ------------------------------------------------------------------------------------- */
void vpit_init(struct vplatform *p)
{
    for (unsigned i = 0; i < ARRAY_SIZE(p->pit.channel); i++)
        p->pit.channel[i] = (struct vpit_channel){ .access = ACCESS_BOTH, .gate = i < 2 };
    timer_init(&p->pit.timer, fired, p, this_cpu());
}

void vpit_destroy(struct vplatform *p) { timer_kill(&p->pit.timer); }
