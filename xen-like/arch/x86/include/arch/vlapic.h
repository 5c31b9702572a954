/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vcpu's local APIC: registers by address or, as x2APIC, by MSR; priorities; its timer;
 * interprocessor interrupts. hvm/vlapic.c, hvm/vlapic_timer.c, hvm/vlapic_ipi.c. (Intel SDM volume
 * 3, chapter 10)
 *
 * The registers are the vcpu's own, or the processor's while it runs the guest: what other CPUs, and
 * devices, request is noted beside them, and taken into them before an entry.
 */
#ifndef ARCH_VLAPIC_H
#define ARCH_VLAPIC_H

#include <hv/timer.h>
#include <hv/types.h>

struct domain;
struct vcpu;

/** Registers by their address in the page; x2APIC's MSR is 0x800 and a sixteenth of that. */
enum vlapic_register {
    LAPIC_ID = 0x20,
    LAPIC_VERSION = 0x30,
    LAPIC_TPR = 0x80,
    LAPIC_PPR = 0xa0,
    LAPIC_EOI = 0xb0,
    LAPIC_LDR = 0xd0,
    LAPIC_DFR = 0xe0,
    LAPIC_SVR = 0xf0,
    LAPIC_ISR = 0x100,
    LAPIC_TMR = 0x180,
    LAPIC_IRR = 0x200,
    LAPIC_ESR = 0x280,
    LAPIC_CMCI = 0x2f0,
    LAPIC_ICR = 0x300,
    LAPIC_ICR2 = 0x310,
    LAPIC_LVT_TIMER = 0x320,
    LAPIC_LVT_THERMAL = 0x330,
    LAPIC_LVT_COUNTER = 0x340,
    LAPIC_LVT_LINT0 = 0x350,
    LAPIC_LVT_LINT1 = 0x360,
    LAPIC_LVT_ERROR = 0x370,
    LAPIC_TIMER_INITIAL = 0x380,
    LAPIC_TIMER_CURRENT = 0x390,
    LAPIC_TIMER_DIVIDE = 0x3e0,
    LAPIC_SELF_IPI = 0x3f0,
};
#define LAPIC_REGISTERS 64

#define LAPIC_BASE_ADDRESS  0xfee00000UL /* it does not move */
#define LAPIC_BASE_BSP      0x100UL
#define LAPIC_BASE_X2APIC   0x400UL
#define LAPIC_BASE_ENABLED  0x800UL
#define LAPIC_SVR_ENABLED   0x100U
#define LAPIC_LVT_MASKED    0x10000U
#define LAPIC_LVT_LEVEL     0x8000U
#define LAPIC_ICR_LOGICAL   0x800U
#define LAPIC_LVT_MODE(l)   ((l) >> 8 & 7)
#define LAPIC_TIMER_MODE(l) ((l) >> 17 & 3)

/** Delivery modes, of LVT entries, of the ICR and of MSIs. */
enum lapic_delivery {
    LAPIC_FIXED,
    LAPIC_LOWEST,
    LAPIC_SMI,
    LAPIC_NMI = 4,
    LAPIC_INIT,
    LAPIC_STARTUP,
    LAPIC_EXTINT,
};

struct vlapic {
    /* own vcpu, or paused */
    uint32_t *page;        /* the registers as they lie in memory; the processor may use them, too */
    uint64_t base;         /* IA32_APIC_BASE */
    uint8_t waiting;       /* the vector to be injected next; 0: none, or the processor sees to it */
    bool changed;          /* a register that decides on it was, and `waiting` is out of date */
    s_time_t period;       /* of the timer as it was started, ns */
    uint64_t deadline;     /* IA32_TSC_DEADLINE, in the guest's ticks */
    struct timer timer;

    /* atomic */
    bool requested;        /* `requests` are not all 0 */
    uint64_t requests[4];  /* a bit for each vector that was requested and is not in IRR yet */
    uint64_t levels[4];    /* was it so by a level, when it was requested last? */
};

/** The register at `offset`. */
static inline uint32_t *vlapic_register(const struct vlapic *l, unsigned offset)
{
    return &l->page[offset / sizeof(*l->page)];
}

/** Its id, as the guest's ACPI tables have it. */
uint32_t vlapic_id(const struct vcpu *v);

/** As after power-up: 0 or -ENOMEM. The timer is the vcpu's, on its CPU. */
int vlapic_init(struct vcpu *v);
void vlapic_destroy(struct vcpu *v);
/** As after INIT: all but the id and the base. */
void vlapic_reset(struct vcpu *v);

/** A register's 32 bits: false where there is none, or it cannot be read (written) so. */
bool vlapic_read(struct vcpu *v, unsigned offset, uint32_t *value);
bool vlapic_write(struct vcpu *v, unsigned offset, uint32_t value);
/** Do reads by MSR give what is in the page, and nothing else? */
bool vlapic_is_plain(unsigned offset);
/** What a write of the register at `offset` has to do, with the value that the processor left there. */
void vlapic_written(struct vcpu *v, unsigned offset);
/** Could the register at `offset`, a multiple of 16 below 0x400, have this value, in the mode that the
 * APIC is in (hvm/vlapic_save.c)? */
bool vlapic_register_ok(const struct vcpu *v, unsigned offset, uint32_t value);
/** Its page in memory, for hvm/io.c's table; all ones while it is not there. */
uint64_t vlapic_page_read(struct vcpu *v, uint64_t address, unsigned bytes);
void vlapic_page_write(struct vcpu *v, uint64_t address, unsigned bytes, uint64_t value);
/** x2APIC's MSRs, IA32_APIC_BASE and IA32_TSC_DEADLINE: false for #GP. */
bool vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value);
bool vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);

/** Does it take interrupts (on by MSR and by software)? */
bool vlapic_enabled(const struct vcpu *v);
/** From any CPU: an interrupt is requested; the vcpu is woken. */
void vlapic_request(struct vcpu *v, uint8_t vector, bool level);
/** Does the interrupt of an outer controller (8259A) pass through to the vcpu? */
bool vlapic_takes_extint(const struct vcpu *v);
/** Of a vcpu that is current or paused: what was requested comes into IRR and TMR. */
void vlapic_take_requests(struct vcpu *v);
/** The same, and the vector that it would interrupt its vcpu with now, 0 for none. */
uint8_t vlapic_pending(struct vcpu *v);
/** `waiting` has interrupted its vcpu. */
void vlapic_accept(struct vcpu *v);
/** The highest vector in LAPIC_IRR or LAPIC_ISR, 0 for none; 64 bits of LAPIC_TMR. */
uint8_t vlapic_highest(const struct vcpu *v, unsigned set);
uint64_t vlapic_levels(const struct vcpu *v, unsigned word);
/** Is it on, and used by MSR? */
bool vlapic_is_x2apic(const struct vcpu *v);

/** Something was requested, or changed, since `waiting` was found. */
static inline bool vlapic_is_stale(const struct vlapic *l)
{
    return __atomic_load_n(&l->requested, __ATOMIC_RELAXED) || l->changed;
}

/* --- the timer (hvm/vlapic_timer.c) ----------------------------------------------------------- */
void vlapic_timer_init(struct vcpu *v);
void vlapic_timer_stop(struct vcpu *v);
/** Its initial count was written; 0 stops it. */
void vlapic_timer_start(struct vcpu *v);
uint32_t vlapic_timer_current(const struct vcpu *v);
/** Ticks that are left, at least one while it runs; as it goes on from there, with the registers that
 * it has. The vcpu does not run. */
uint32_t vlapic_timer_left(const struct vcpu *v);
void vlapic_timer_go_on(struct vcpu *v, uint32_t left);
uint32_t vlapic_timer_divisor(const struct vcpu *v);
void vlapic_timer_set_deadline(struct vcpu *v, uint64_t deadline);

/* --- interprocessor interrupts (hvm/vlapic_ipi.c) --------------------------------------------- */
/** Is the vcpu meant by this destination? `wide`: of 32 bits (x2APIC, or MSIs to such). */
bool vlapic_is_destination(const struct vcpu *v, uint32_t dest, bool logical, bool wide);
/** A message of a device, as the low half of an ICR with its vector, delivery mode, logical
 * destination and trigger mode: to the local APICs that it names. */
void vlapic_message(struct domain *d, uint32_t icr, uint8_t dest);
/** The current vcpu has written its ICR. */
void vlapic_send(struct vcpu *v, uint32_t low, uint32_t dest);

#endif
