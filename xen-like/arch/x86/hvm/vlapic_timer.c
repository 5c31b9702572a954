/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC's timer: once, again and again, or at a time of the TSC. It counts down at a
 * constant rate, whatever the processor runs at. (Intel SDM volume 3, 10.5.4)
 */
#include <arch/hvm.h>
#include <arch/insn.h>
#include <arch/platform.h>
#include <arch/vlapic.h>
#include <hv/arch.h>

#define BUS_NS        10 /* a tick of the undivided clock: 100 MHz */
#define MIN_PERIOD_NS 50000 /* a shorter one would keep the CPU busy for the guest without its time */

enum { ONCE, PERIODIC, DEADLINE };

static struct vlapic *lapic(const struct vcpu *v) { return &v->arch.hvm->lapic; }
static uint32_t reg(const struct vcpu *v, unsigned offset)
{
    return *vlapic_register(lapic(v), offset);
}

/* Bits 3, 1 and 0: 2, 4, ... 128, and 1. */
static unsigned divisor(const struct vcpu *v)
{
    uint32_t bits = reg(v, LAPIC_TIMER_DIVIDE), n = (bits & 3) | (bits >> 1 & 4);

    return 1U << ((n + 1) & 7);
}

static unsigned mode(const struct vcpu *v) { return LAPIC_TIMER_MODE(reg(v, LAPIC_LVT_TIMER)); }

static void fired(void *data)
{
    struct vcpu *v = data;
    uint32_t lvt = reg(v, LAPIC_LVT_TIMER);
    struct vlapic *l = lapic(v);

    if (!(lvt & LAPIC_LVT_MASKED))
        vlapic_request(v, lvt, false);
    if (mode(v) == PERIODIC && l->period) {
        s_time_t next = l->timer.expires + l->period;
        s_time_t earliest = now() + MAX(l->period / 2, MIN_PERIOD_NS);

        timer_set(&l->timer, MAX(next, earliest)); /* what was missed is missed */
    } else if (mode(v) == DEADLINE) {
        l->deadline = 0;
    }
}

void vlapic_timer_init(struct vcpu *v) { timer_init(&lapic(v)->timer, fired, v, v->processor); }

void vlapic_timer_stop(struct vcpu *v)
{
    timer_stop(&lapic(v)->timer);
    lapic(v)->period = 0;
    lapic(v)->deadline = 0;
}

void vlapic_timer_start(struct vcpu *v)
{
    struct vlapic *l = lapic(v);

    if (mode(v) == DEADLINE)
        return;
    l->period = (s_time_t)reg(v, LAPIC_TIMER_INITIAL) * divisor(v) * BUS_NS;
    if (l->period)
        timer_set(&l->timer, now() + l->period);
    else
        timer_stop(&l->timer);
}

uint32_t vlapic_timer_current(const struct vcpu *v)
{
    const struct vlapic *l = lapic(v);
    s_time_t left = l->timer.expires - now();

    if (mode(v) == DEADLINE || !l->period || !timer_is_active(&l->timer) || left <= 0)
        return 0;
    return left / ((s_time_t)divisor(v) * BUS_NS);
}

uint32_t vlapic_timer_divisor(const struct vcpu *v) { return divisor(v); }

/* One that has just gone off has asked for its interrupt, or is set again, when this returns. */
uint32_t vlapic_timer_left(const struct vcpu *v)
{
    const struct vlapic *l = lapic(v);

    if (!timer_is_active(&l->timer))
        timer_settle(&l->timer);
    if (mode(v) == DEADLINE || !l->period || !timer_is_active(&l->timer))
        return 0;
    return MAX(vlapic_timer_current(v), 1U);
}

void vlapic_timer_go_on(struct vcpu *v, uint32_t left)
{
    struct vlapic *l = lapic(v);

    vlapic_timer_start(v);
    if (!l->period)
        return;
    if (left)
        timer_set(&l->timer, now() + (s_time_t)left * divisor(v) * BUS_NS);
    else
        timer_stop(&l->timer);
}

void vlapic_timer_set_deadline(struct vcpu *v, uint64_t deadline)
{
    struct vlapic *l = lapic(v);
    uint64_t tsc = hvm_guest_tsc(v);

    if (mode(v) != DEADLINE)
        return;
    l->deadline = deadline;
    if (!deadline)
        timer_stop(&l->timer);
    else
        timer_set(&l->timer, now() + (deadline > tsc ? hvm_ticks_to_ns(v, deadline - tsc) : 0));
}
