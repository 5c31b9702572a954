/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time from the time stamp counter, and the timer interrupt.
 *
 * Time on a CPU = system_time + (TSC - tsc_timestamp) scaled: the form in which guests compute it
 * for themselves. The TSC's rate comes from CPUID where it is told, else it is measured against a
 * platform counter for a few milliseconds; each end of the measurement takes the reading with the
 * least doubt of several, so that a delay in between does no harm.
 */
#include <arch/cpu.h>
#include <arch/hvm.h>
#include <arch/insn.h>
#include <arch/irq.h>
#include <arch/platform.h>
#include <arch/smp.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/timer.h>

#define MEASURE_US       4000
#define COARSE_HZ        10000000 /* a slower source is looked at for longer */
#define COARSE_US        15000
#define SAMPLES          5
#define BEACONS          16
#define LONGEST_SLEEP    (600 * NS_PER_S)
#define MSR_TSC_DEADLINE 0x6e0

struct cpu_clock {
    struct clock_params p;
} __attribute__((aligned(64)));

static struct cpu_clock clocks[MAX_CPUS];
static uint64_t tsc_rate, lapic_rate;
static bool use_deadline;
static bool tscs_agree; /* all run at one constant rate, from one start */
static bool clocks_differ; /* some CPU needs parameters of its own */

uint64_t tsc_hz(void) { return tsc_rate; }
unsigned arch_cpu_khz(void) { return tsc_rate / 1000; }

uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t high;

    __asm__("mulq %3\n\tdivq %4" : "=&a"(a), "=&d"(high) : "0"(a), "r"(b), "r"(c));
    return a;
}

/* --- scaling ---------------------------------------------------------------------------------- */
static uint64_t scale(uint64_t ticks, const struct clock_params *p)
{
    ticks = p->tsc_shift >= 0 ? ticks << p->tsc_shift : ticks >> -p->tsc_shift;
    return (unsigned __int128)ticks * p->tsc_to_system_mul >> 32;
}

/* with mul as large as fits */
void clock_set_scale(struct clock_params *p, uint64_t hz)
{
    int shift = 0;
    uint64_t rate = hz;

    while (rate > 2 * NS_PER_S) {
        rate >>= 1;
        shift--;
    }
    while (rate <= NS_PER_S) {
        rate <<= 1;
        shift++;
    }
    p->tsc_shift = shift;
    p->tsc_to_system_mul = mul_div(NS_PER_S, 1UL << 32, shift >= 0 ? hz << shift : hz >> -shift);
}

s_time_t now(void)
{
    const struct clock_params *p = &clocks[this_cpu()].p;

    return p->system_time + scale(rdtsc_ordered() - p->tsc_timestamp, p);
}

void arch_time_info(const struct vcpu *v, struct vcpu_time_info *t)
{
    struct clock_params p = clocks[this_cpu()].p;

    if (is_hvm_vcpu(v))
        hvm_time_params(v, &p);
    t->tsc_timestamp = p.tsc_timestamp;
    t->system_time = p.system_time;
    t->tsc_to_system_mul = p.tsc_to_system_mul;
    t->tsc_shift = p.tsc_shift;
    t->flags = tscs_agree ? XEN_PVCLOCK_TSC_STABLE_BIT : 0;
}

unsigned arch_clock_id(void) { return clocks_differ ? this_cpu() + 1 : 1; }

void delay_us(unsigned us)
{
    uint64_t start = rdtsc(), ticks = tsc_rate / 1000000 * us;

    while (rdtsc() - start < ticks)
        cpu_relax();
}

/* --- measuring -------------------------------------------------------------------------------- */
struct sample {
    uint64_t ref, tsc;
    uint32_t lapic;
};

static struct sample take_sample(const struct timer_source *src)
{
    struct sample best = { 0, 0, 0 };
    uint64_t least = ~0UL;

    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t before = rdtsc_ordered(), ref = src->read(), after;
        uint32_t lapic = lapic_timer_read();

        after = rdtsc_ordered();
        if (after - before < least) {
            least = after - before;
            best = (struct sample){ ref, before + (after - before) / 2, lapic };
        }
    }
    return best;
}

static void measure(const struct timer_source *src)
{
    uint64_t wait = src->hz * (src->hz < COARSE_HZ ? COARSE_US : MEASURE_US) / 1000000, ref;
    struct sample a, b;

    lapic_timer_start(~0u);
    a = take_sample(src);
    while (((src->read() - a.ref) & src->mask) < wait)
        cpu_relax();
    b = take_sample(src);
    lapic_timer_start(0);

    ref = (b.ref - a.ref) & src->mask;
    tsc_rate = mul_div(b.tsc - a.tsc, src->hz, ref);
    lapic_rate = mul_div((uint32_t)(a.lapic - b.lapic), src->hz, ref);
}

/* CPUID 0x15: TSC as a ratio of a crystal whose rate is told. 0 if it is not. */
static uint64_t tsc_rate_from_cpuid(void)
{
    struct cpuid_regs r;

    if (cpuid(0, 0).a < 0x15)
        return 0;
    r = cpuid(0x15, 0);
    return r.a && r.b && r.c ? (uint64_t)r.c * r.b / r.a : 0;
}

static bool tsc_is_invariant(void)
{
    return cpuid(0x80000000, 0).a >= 0x80000007 && (cpuid(0x80000007, 0).d & 1u << 8);
}

static bool cpu_has_deadline(void) { return cpuid(1, 0).c & (1u << 24); }

void clock_init(void)
{
    const struct timer_source *src = timer_source_find();
    uint64_t told = tsc_rate_from_cpuid();

    measure(src);
    if (told)
        tsc_rate = told;
    if (!tsc_rate)
        panic("the time stamp counter does not count");
    use_deadline = cpu_has_deadline();
    if (!use_deadline && !lapic_rate)
        panic("the local APIC's timer does not count");

    tscs_agree = tsc_is_invariant();
    clock_set_scale(&clocks[0].p, tsc_rate);
    clocks[0].p.tsc_timestamp = rdtsc_ordered();
    if (use_deadline)
        lapic_timer_use_deadline();
    printk(LOG_INFO, "Clock: TSC %lu.%03lu MHz (%s), timer: %s\n", tsc_rate / 1000000,
           tsc_rate / 1000 % 1000, told ? "told by CPUID" : src->name,
           use_deadline ? "TSC deadline" : "local APIC");
}

/* --- other CPUs ------------------------------------------------------------------------------- */
/*
 * CPU 0 and the CPU that it waits for write down their time again and again, and look at the
 * other's. What is read was written before, so it never lies ahead, unless the clocks differ. How
 * long it took does not matter.
 */
static struct {
    s_time_t first, other; /* times written by CPU 0 and by the other */
    s_time_t other_ahead;  /* most that CPU 0 ever saw the other ahead */
} beacon;

void clock_send_beacon(void)
{
    s_time_t other = READ_ONCE(beacon.other);
    s_time_t time = now();

    if (other && other - time > beacon.other_ahead)
        WRITE_ONCE(beacon.other_ahead, other - time);
    WRITE_ONCE(beacon.first, time);
}

/* ns that this CPU's clock is ahead of CPU 0's; 0 if nothing shows that they differ */
static s_time_t compare_clocks(void)
{
    s_time_t behind = 0, ahead;

    for (unsigned i = 0; i < BEACONS; i++) {
        s_time_t last = READ_ONCE(beacon.first), first, time;

        WRITE_ONCE(beacon.other, now());
        while ((first = READ_ONCE(beacon.first)) == last)
            cpu_relax();
        time = now();
        behind = MAX(behind, first - time);
    }
    ahead = READ_ONCE(beacon.other_ahead);
    beacon.other = beacon.other_ahead = 0;
    return ahead ? ahead : -behind;
}

/* TSCs that started together need nothing; else this CPU's is shifted. */
void clock_init_cpu(unsigned cpu)
{
    s_time_t ahead;

    clocks[cpu].p = clocks[0].p;
    ahead = compare_clocks();
    if (ahead) {
        tscs_agree = false;
        clocks_differ = true;
        clocks[cpu].p.system_time -= ahead;
        printk(LOG_INFO, "CPU %u: TSC is %ld ns ahead of CPU 0's\n", cpu, (long)ahead);
    }
    if (use_deadline)
        lapic_timer_use_deadline();
}

/* --- timer interrupt -------------------------------------------------------------------------- */
void timer_interrupt(void);

void timer_interrupt(void) { softirq_raise(SOFTIRQ_TIMER); }

/* Bounded, so that no product overflows; a further deadline is reached in several steps. */
static s_time_t time_until(s_time_t deadline)
{
    s_time_t delta = deadline - now();

    return delta < 0 ? 0 : MIN(delta, LONGEST_SLEEP);
}

static void set_deadline(s_time_t deadline)
{
    s_time_t delta = time_until(deadline);

    wrmsr(MSR_TSC_DEADLINE, rdtsc() + mul_div(delta, tsc_rate, NS_PER_S));
}

static void set_count(s_time_t deadline)
{
    s_time_t delta = time_until(deadline);
    uint64_t count;

    /* rounded up: an interrupt that comes too early would be wasted. */
    count = mul_div(delta, lapic_rate, NS_PER_S) + 1;
    lapic_timer_start(MIN(count, 0xffffffffUL));
}

void arch_set_timer(s_time_t deadline)
{
    if (deadline == STIME_MAX) {
        if (use_deadline)
            wrmsr(MSR_TSC_DEADLINE, 0);
        else
            lapic_timer_start(0);
    } else if (use_deadline) {
        set_deadline(deadline);
    } else {
        set_count(deadline);
    }
}
