/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC, by memory (xAPIC) or MSRs (x2APIC), with physical destinations. Intel SDM vol. 3,
 * chapter 11.
 */
#include <arch/acpi.h>
#include <arch/cpu.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/irq.h>
#include <arch/platform.h>
#include <arch/smp.h>
#include <hv/bug.h>
#include <hv/params.h>
#include <hv/printk.h>

#define MSR_APIC_BASE    0x1b
#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_X2     (1u << 10)
#define APIC_BASE_ADDR   0x000ffffffffff000UL
#define MSR_X2APIC       0x800

#define APIC_ID            0x020
#define APIC_TPR           0x080
#define APIC_EOI           0x0b0
#define APIC_LDR           0x0d0
#define APIC_SVR           0x0f0
#define APIC_ESR           0x280
#define APIC_ICR           0x300
#define APIC_ICR_HIGH      0x310
#define APIC_LVT_TIMER     0x320
#define APIC_LVT_THERMAL   0x330
#define APIC_LVT_PERF      0x340
#define APIC_LVT_LINT0     0x350
#define APIC_LVT_LINT1     0x360
#define APIC_LVT_ERROR     0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE  0x3e0

#define SVR_ENABLE         0x100
#define LVT_MASKED         0x10000
#define LVT_NMI            0x400
#define LVT_TIMER_DEADLINE 0x40000
#define DIVIDE_BY_1        0xb
#define ICR_PENDING        0x1000
#define ICR_ASSERT         0x4000
#define ICR_NMI            0x400
#define ICR_INIT           0x500
#define ICR_STARTUP        0x600
#define ICR_SELF           0x40000
#define ICR_ALL_OTHERS     0xc0000

static bool x2apic;
static volatile uint32_t *regs;

static bool opt_x2apic = true;
PARAM_BOOL("x2apic", opt_x2apic, "use the local APICs' x2 mode where there is one");

static uint32_t apic_read(unsigned reg)
{
    return x2apic ? (uint32_t)rdmsr(MSR_X2APIC + (reg >> 4)) : regs[reg / 4];
}

static void apic_write(unsigned reg, uint32_t v)
{
    if (x2apic)
        wrmsr(MSR_X2APIC + (reg >> 4), v);
    else
        regs[reg / 4] = v;
}

uint32_t lapic_id(void)
{
    uint32_t id = apic_read(APIC_ID);

    return x2apic ? id : id >> 24;
}

void lapic_eoi(void) { apic_write(APIC_EOI, 0); }

/* --- sending ---------------------------------------------------------------------------------- */
static void icr_send(uint32_t apic_id, uint32_t command)
{
    unsigned long flags;

    if (x2apic) {
        smp_mb(); /* the MSR write is not ordered behind earlier stores */
        wrmsr(MSR_X2APIC + (APIC_ICR >> 4), (uint64_t)apic_id << 32 | command);
        return;
    }
    flags = irq_save();
    while (apic_read(APIC_ICR) & ICR_PENDING)
        cpu_relax();
    apic_write(APIC_ICR_HIGH, apic_id << 24);
    apic_write(APIC_ICR, command);
    irq_restore(flags);
}

/* May come between the two halves of icr_send, so it leaves the destination as it is. */
void lapic_send_self(uint8_t vector)
{
    if (x2apic) {
        wrmsr(MSR_X2APIC + (APIC_ICR >> 4), ICR_SELF | ICR_ASSERT | vector);
        return;
    }
    if (!regs)
        return;
    while (apic_read(APIC_ICR) & ICR_PENDING)
        cpu_relax();
    apic_write(APIC_ICR, ICR_SELF | ICR_ASSERT | vector);
}

void send_ipi(unsigned cpu, uint8_t vector) { icr_send(cpu_apic_id(cpu), ICR_ASSERT | vector); }

void send_ipi_mask(const struct cpumask *mask, uint8_t vector)
{
    unsigned cpu, self = this_cpu();

    for_each_cpu(cpu, mask)
        if (cpu != self)
            send_ipi(cpu, vector);
}

void send_tlb_ipi(const struct cpumask *cpus) { send_ipi_mask(cpus, VECTOR_TLB_FLUSH); }

void lapic_send_init(uint32_t apic_id) { icr_send(apic_id, ICR_ASSERT | ICR_INIT); }
void lapic_send_startup(uint32_t apic_id, uint8_t page)
{
    icr_send(apic_id, ICR_ASSERT | ICR_STARTUP | page);
}
void lapic_send_nmi_others(void)
{
    if (x2apic || regs)
        icr_send(0, ICR_ASSERT | ICR_ALL_OTHERS | ICR_NMI);
}

/* --- timer ------------------------------------------------------------------------------------ */
void lapic_timer_start(uint32_t count) { apic_write(APIC_TIMER_INITIAL, count); }
uint32_t lapic_timer_read(void) { return apic_read(APIC_TIMER_CURRENT); }
void lapic_timer_use_deadline(void)
{
    apic_write(APIC_LVT_TIMER, LVT_TIMER_DEADLINE | VECTOR_TIMER);
    smp_mb(); /* SDM 11.5.4.1: the mode must be set before the deadline MSR is written */
}

/* --- set-up ----------------------------------------------------------------------------------- */
static void program(void)
{
    apic_write(APIC_TPR, 0);
    apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    apic_write(APIC_TIMER_INITIAL, 0);
    apic_write(APIC_LVT_PERF, LVT_MASKED);
    apic_write(APIC_LVT_LINT0, LVT_MASKED);
    apic_write(APIC_LVT_LINT1, this_cpu() == 0 ? LVT_NMI : LVT_MASKED);
    apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
    apic_write(APIC_ESR, 0);
    lapic_eoi();
}

static bool cpu_has_x2apic(void) { return cpuid(1, 0).c & (1u << 21); }

void lapic_init_cpu(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

    wrmsr(MSR_APIC_BASE, base);
    if (x2apic)
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2);
    program();
}

void lapic_init(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    x2apic = (base & APIC_BASE_X2) || (opt_x2apic && cpu_has_x2apic());
    if (!x2apic) {
        regs = iomap(base & APIC_BASE_ADDR, PAGE_SIZE);
        if (!regs)
            panic("cannot map the local APIC at %#lx", base & APIC_BASE_ADDR);
    }
    lapic_init_cpu();
    printk(LOG_INFO, "Local APIC: %s, CPU 0 has id %u\n", x2apic ? "x2APIC" : "xAPIC", lapic_id());
}
