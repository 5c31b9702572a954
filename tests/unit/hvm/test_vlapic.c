/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A local APIC by itself: what its registers take, which interrupt comes next, what its timer does,
 * whom an interprocessor interrupt reaches.
 */
#include "take.h"

#include <arch/hvm.h>
#include <arch/msr_index.h>
#include <hv/arch.h>
#include <hv/softirq.h>

#define VCPUS 4
#define X2APIC(offset) (0x800 + (offset) / 16)
#define MODE_X2APIC (LAPIC_BASE_ENABLED | LAPIC_BASE_X2APIC)

static struct domain *d;
static struct vcpu vcpus[VCPUS];
static struct hvm_vcpu hvm[VCPUS];
static unsigned kicks[VCPUS], nmis, inits, startups, level_over;

/* --- what the APIC calls ---------------------------------------------------------------------- */
void vcpu_kick(struct vcpu *v) { kicks[v->id]++; }
void hvm_raise_nmi(struct vcpu *v) { nmis |= 1U << v->id; }
void hvm_init_ipi(struct vcpu *v) { inits |= 1U << v->id; }
void hvm_startup_ipi(struct vcpu *v, uint8_t page) { startups |= page << 8 | 1U << v->id; }
void hvm_level_interrupt_over(struct domain *of, uint8_t vector) { level_over = vector; }
uint64_t hvm_guest_tsc(const struct vcpu *v) { return fake_now * 2; }
s_time_t hvm_ticks_to_ns(const struct vcpu *v, uint64_t ticks) { return ticks / 2; }

static void setup(void)
{
    fake_cpus_init(1);
    timer_subsystem_init();
    d = fake_domain(1, VCPUS);
    for (unsigned i = 0; i < VCPUS; i++) {
        hvm[i] = (struct hvm_vcpu){ 0 };
        vcpus[i] = (struct vcpu){ .domain = d, .id = i, .arch.hvm = &hvm[i] };
        d->vcpu[i] = &vcpus[i];
        ck_assert_int_eq(vlapic_init(d->vcpu[i]), 0);
        ck_assert(vlapic_write(d->vcpu[i], LAPIC_SVR, 0x1ff));
        kicks[i] = 0;
    }
    nmis = inits = startups = level_over = 0;
}

static void teardown(void)
{
    for (unsigned i = 0; i < VCPUS; i++)
        vlapic_destroy(d->vcpu[i]);
    memset(d->vcpu, 0, VCPUS * sizeof(d->vcpu[0]));
    fake_domain_free(d);
}

static uint32_t read_register(struct vcpu *v, unsigned offset)
{
    uint32_t value;

    ck_assert(vlapic_read(v, offset, &value));
    return value;
}

static void pass(s_time_t ns)
{
    fake_now += ns;
    softirq_raise(SOFTIRQ_TIMER);
    softirq_run();
}

/* --- priorities ------------------------------------------------------------------------------- */
START_TEST(highest_first)
{
    struct vcpu *v = d->vcpu[0];

    vlapic_request(v, 0x41, false);
    vlapic_request(v, 0x52, false);
    ck_assert_int_eq(vlapic_pending(v), 0x52);
    take_interrupt(v, 0x52);
    ck_assert_int_eq(vlapic_pending(v), 0); /* 0x41 waits for the end of 0x52 */
    vlapic_request(v, 0x63, false);
    ck_assert_int_eq(vlapic_pending(v), 0x63); /* but this does not */
    take_interrupt(v, 0x63);
    ck_assert_int_eq(read_register(v, LAPIC_PPR), 0x60);
    ck_assert(vlapic_write(v, LAPIC_EOI, 0));
    ck_assert(vlapic_write(v, LAPIC_EOI, 0));
    ck_assert_int_eq(vlapic_pending(v), 0x41);
    ck_assert_int_eq(kicks[0], 3);
}
END_TEST

START_TEST(task_priority_holds_back)
{
    struct vcpu *v = d->vcpu[0];

    vlapic_write(v, LAPIC_TPR, 0x40);
    vlapic_request(v, 0x4f, false);
    ck_assert_int_eq(vlapic_pending(v), 0);
    vlapic_write(v, LAPIC_TPR, 0x3f);
    ck_assert_int_eq(vlapic_pending(v), 0x4f);
}
END_TEST

START_TEST(level_interrupts_tell_their_end)
{
    struct vcpu *v = d->vcpu[0];

    vlapic_request(v, 0x30, true);
    take_interrupt(v, 0x30);
    vlapic_write(v, LAPIC_EOI, 0);
    ck_assert_int_eq(level_over, 0x30);
    level_over = 0;
    vlapic_request(v, 0x30, false);
    take_interrupt(v, 0x30);
    vlapic_write(v, LAPIC_EOI, 0);
    ck_assert_int_eq(level_over, 0);
}
END_TEST

START_TEST(bad_vectors_and_off)
{
    struct vcpu *v = d->vcpu[0];

    vlapic_request(v, 15, false);
    ck_assert_int_eq(read_register(v, LAPIC_ESR), 0x40);
    vlapic_write(v, LAPIC_ESR, 7);
    ck_assert_int_eq(read_register(v, LAPIC_ESR), 0);
    vlapic_write(v, LAPIC_LVT_LINT0, 0x700);
    vlapic_write(v, LAPIC_SVR, 0xff);
    ck_assert_int_eq(read_register(v, LAPIC_LVT_LINT0), 0x10700);
    vlapic_write(v, LAPIC_LVT_LINT0, 0x700);
    ck_assert_int_eq(read_register(v, LAPIC_LVT_LINT0), 0x10700);
    vlapic_request(v, 0x40, false);
    ck_assert_int_eq(read_register(v, LAPIC_IRR + 0x20), 0);
}
END_TEST

/* --- registers -------------------------------------------------------------------------------- */
START_TEST(any_register_any_value)
{
    struct vcpu *v = d->vcpu[1];
    uint64_t value;
    uint32_t word;

    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned offset = 0; offset < 0x1000; offset += 4) {
            vlapic_write(v, offset, 0xa5a5a5a5);
            vlapic_write(v, offset, 0xffffffff);
            vlapic_read(v, offset, &word);
        }
        for (uint32_t msr = 0x7f0; msr < 0xc10; msr++) {
            vlapic_wrmsr(v, msr, 0xffffffffffffffff);
            vlapic_wrmsr(v, msr, 0x1ff);
            vlapic_rdmsr(v, msr, &value);
        }
        vlapic_rdmsr(v, MSR_APIC_BASE, &value);
        ck_assert(vlapic_wrmsr(v, MSR_APIC_BASE, value | LAPIC_BASE_X2APIC));
    }
    pass(1000000000);
}
END_TEST

START_TEST(ways_between_modes)
{
    struct vcpu *v = d->vcpu[1];
    uint64_t base = 0xfee00000, value;

    ck_assert(!vlapic_rdmsr(v, X2APIC(LAPIC_ID), &value)); /* not yet */
    ck_assert(!vlapic_wrmsr(v, MSR_APIC_BASE, base | LAPIC_BASE_X2APIC));
    ck_assert(!vlapic_wrmsr(v, MSR_APIC_BASE, 0xfed00000 | LAPIC_BASE_ENABLED));
    ck_assert(vlapic_wrmsr(v, MSR_APIC_BASE, base | MODE_X2APIC));
    ck_assert(vlapic_rdmsr(v, X2APIC(LAPIC_ID), &value));
    ck_assert_int_eq(value, 2);
    ck_assert(vlapic_rdmsr(v, X2APIC(LAPIC_LDR), &value));
    ck_assert_int_eq(value, 1 << 2);
    ck_assert(!vlapic_wrmsr(v, X2APIC(LAPIC_LDR), 1));
    ck_assert(!vlapic_wrmsr(v, X2APIC(LAPIC_DFR), 0));
    ck_assert(!vlapic_wrmsr(v, X2APIC(LAPIC_EOI), 1));
    ck_assert(!vlapic_wrmsr(v, MSR_APIC_BASE, base | LAPIC_BASE_ENABLED));
    ck_assert(vlapic_wrmsr(v, MSR_APIC_BASE, base));
    ck_assert(!vlapic_wrmsr(v, MSR_APIC_BASE, base | MODE_X2APIC));
    ck_assert(vlapic_wrmsr(v, MSR_APIC_BASE, base | LAPIC_BASE_ENABLED));
}
END_TEST

/* --- the timer -------------------------------------------------------------------------------- */
START_TEST(once)
{
    struct vcpu *v = d->vcpu[0];

    vlapic_write(v, LAPIC_LVT_TIMER, 0xec);
    vlapic_write(v, LAPIC_TIMER_DIVIDE, 0xb); /* by 1 */
    vlapic_write(v, LAPIC_TIMER_INITIAL, 1000);
    pass(4000);
    ck_assert_int_eq(read_register(v, LAPIC_TIMER_CURRENT), 600);
    ck_assert_int_eq(vlapic_pending(v), 0);
    pass(6000);
    ck_assert_int_eq(vlapic_pending(v), 0xec);
    ck_assert_int_eq(read_register(v, LAPIC_TIMER_CURRENT), 0);
    take_interrupt(v, 0xec);
    vlapic_write(v, LAPIC_EOI, 0);
    pass(100000);
    ck_assert_int_eq(vlapic_pending(v), 0);
}
END_TEST

/* How often a periodic timer comes in 1.6 ms of looking every 10 us, each tick served at once. */
static unsigned ticks_of(struct vcpu *v, uint32_t initial, uint32_t divide)
{
    unsigned ticks = 0;

    vlapic_write(v, LAPIC_LVT_TIMER, 0x200ec);
    vlapic_write(v, LAPIC_TIMER_DIVIDE, divide);
    vlapic_write(v, LAPIC_TIMER_INITIAL, initial);
    for (unsigned i = 0; i < 160; i++) {
        pass(10000);
        if (vlapic_pending(v) != 0xec)
            continue;
        ticks++;
        take_interrupt(v, 0xec);
        vlapic_write(v, LAPIC_EOI, 0);
    }
    vlapic_write(v, LAPIC_TIMER_INITIAL, 0);
    pass(100000);
    ck_assert_int_eq(vlapic_pending(v), 0);
    return ticks;
}

START_TEST(again_and_again)
{
    ck_assert_int_eq(ticks_of(d->vcpu[0], 1000, 0x3), 10); /* by 16: every 160 us */
}
END_TEST

/* A guest cannot have the hypervisor do nothing but its timer. */
START_TEST(too_often)
{
    ck_assert_int_le(ticks_of(d->vcpu[0], 1, 0xb), 33);
    ck_assert_int_ge(ticks_of(d->vcpu[0], 1, 0xb), 25);
}
END_TEST

START_TEST(deadline)
{
    struct vcpu *v = d->vcpu[0];
    uint64_t value;

    vlapic_write(v, LAPIC_LVT_TIMER, 0x400ec);
    ck_assert(vlapic_wrmsr(v, MSR_TSC_DEADLINE, fake_now * 2 + 10000));
    pass(4000);
    ck_assert_int_eq(vlapic_pending(v), 0);
    pass(1000);
    ck_assert_int_eq(vlapic_pending(v), 0xec);
    ck_assert(vlapic_rdmsr(v, MSR_TSC_DEADLINE, &value));
    ck_assert_int_eq(value, 0);
}
END_TEST

/* --- interprocessor interrupts ---------------------------------------------------------------- */
/* Which vcpus have the vector requested; and it is taken. */
static unsigned who_has(uint8_t vector)
{
    unsigned who = 0;

    for (unsigned i = 0; i < VCPUS; i++) {
        if (vlapic_pending(d->vcpu[i]) != vector)
            continue;
        who |= 1U << i;
        take_interrupt(d->vcpu[i], vector);
        vlapic_write(d->vcpu[i], LAPIC_EOI, 0);
    }
    return who;
}

static unsigned sent(uint32_t icr, uint32_t dest)
{
    vlapic_write(d->vcpu[0], LAPIC_ICR2, dest << 24);
    vlapic_write(d->vcpu[0], LAPIC_ICR, icr);
    return who_has(icr & 0xff);
}

START_TEST(destinations)
{
    ck_assert_int_eq(sent(0x40, 2), 1 << 1); /* ids are twice the vcpu's */
    ck_assert_int_eq(sent(0x40, 3), 0);
    ck_assert_int_eq(sent(0x40, 0xff), 0xf);
    ck_assert_int_eq(sent(0x40040, 0), 1);
    ck_assert_int_eq(sent(0x80040, 0), 0xf);
    ck_assert_int_eq(sent(0xc0040, 0), 0xe);
    for (unsigned i = 0; i < VCPUS; i++)
        vlapic_write(d->vcpu[i], LAPIC_LDR, 1U << (24 + i));
    ck_assert_int_eq(sent(0x840, 0x5), 0x5);
    ck_assert_int_eq(sent(0x940, 0xc), 0x4); /* lowest priority: one of them */
    for (unsigned i = 0; i < VCPUS; i++) {
        vlapic_write(d->vcpu[i], LAPIC_DFR, 0);
        vlapic_write(d->vcpu[i], LAPIC_LDR, (i / 2 << 4 | 1U << i % 2) << 24);
    }
    ck_assert_int_eq(sent(0x840, 0x12), 1 << 3);
    ck_assert_int_eq(sent(0x840, 0x03), 0x3);
}
END_TEST

START_TEST(wide_destinations)
{
    for (unsigned i = 0; i < VCPUS; i++)
        ck_assert(vlapic_wrmsr(d->vcpu[i], MSR_APIC_BASE,
                               0xfee00000 | MODE_X2APIC | (i ? 0 : LAPIC_BASE_BSP)));
    ck_assert(vlapic_wrmsr(d->vcpu[0], X2APIC(LAPIC_ICR), 6UL << 32 | 0x40));
    ck_assert_int_eq(who_has(0x40), 1 << 3);
    ck_assert(vlapic_wrmsr(d->vcpu[0], X2APIC(LAPIC_ICR), 0x44UL << 32 | 0x840));
    ck_assert_int_eq(who_has(0x40), 1 << 1 | 1 << 3);
    ck_assert(vlapic_wrmsr(d->vcpu[0], X2APIC(LAPIC_ICR), 0xffffffffUL << 32 | 0x40));
    ck_assert_int_eq(who_has(0x40), 0xf);
    ck_assert(vlapic_wrmsr(d->vcpu[2], X2APIC(LAPIC_SELF_IPI), 0x41));
    ck_assert_int_eq(who_has(0x41), 1 << 2);
    ck_assert(!vlapic_wrmsr(d->vcpu[0], X2APIC(LAPIC_ICR), 1UL << 31));
}
END_TEST

START_TEST(other_kinds)
{
    sent(0xc0400, 0);
    ck_assert_int_eq(nmis, 0xe);
    sent(0x4500, 4);
    ck_assert_int_eq(inits, 1 << 2);
    sent(0x8500, 6); /* the other half of an INIT says nothing */
    ck_assert_int_eq(inits, 1 << 2);
    sent(0x4699, 2);
    ck_assert_int_eq(startups, 0x99 << 8 | 1 << 1);
    ck_assert_int_eq(who_has(0x99), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("vlapic");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, highest_first);
    tcase_add_test(t, task_priority_holds_back);
    tcase_add_test(t, level_interrupts_tell_their_end);
    tcase_add_test(t, bad_vectors_and_off);
    tcase_add_test(t, any_register_any_value);
    tcase_add_test(t, ways_between_modes);
    tcase_add_test(t, once);
    tcase_add_test(t, again_and_again);
    tcase_add_test(t, too_often);
    tcase_add_test(t, deadline);
    tcase_add_test(t, destinations);
    tcase_add_test(t, wide_destinations);
    tcase_add_test(t, other_kinds);
    suite_add_tcase(s, t);
    return s;
}
