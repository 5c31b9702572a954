/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt descriptors: which vector an interrupt has, who handles it, and in what state it is.
 *
 * A guest's level interrupt is masked and acknowledged at once; it is unmasked when the guest says
 * that it is done with it (irq_guest_eoi), so a line that stays asserted never blocks others. Edge
 * interrupts and MSIs need nothing afterwards. A vector belongs to one interrupt on all CPUs.
 */
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/smp.h>
#include <hv/bug.h>
#include <hv/event_channel.h>
#include <hv/lock.h>
#include <hv/printk.h>
#include <hv/timer.h>
#include <public/errno.h>

struct irq_desc {
    struct spinlock lock;
    const struct irq_chip *chip; /* NULL: no such interrupt */
    uint8_t vector;              /* 0: none yet */
    bool level;
    bool awaiting_eoi; /* masked until the guest's EOI */
    unsigned cpu;
    void (*fn)(void *); /* the hypervisor's handler, or ... */
    void *arg;
    struct domain *domain; /* ... the domain that bound it, and its number there */
    unsigned pirq;
};

static struct irq_desc descs[NR_IRQS];
static uint16_t vector_irq[256]; /* 0: none, else number + 1; written under vector_lock */
static struct spinlock vector_lock = SPINLOCK_INIT(LOCK_PLATFORM);

void timer_interrupt(void);

void irq_init(void)
{
    for (unsigned i = 0; i < NR_IRQS; i++)
        spin_init(&descs[i].lock, LOCK_PIRQ);
}

/* --- vectors ---------------------------------------------------------------------------------- */
static bool vector_usable(unsigned v) { return v != 0x80 && v != 0x82 && !vector_irq[v]; }

static int alloc_vector(unsigned irq)
{
    unsigned long flags = spin_lock_irqsave(&vector_lock);
    int rc = -XEN_ENOSPC;

    for (unsigned v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++)
        if (vector_usable(v)) {
            vector_irq[v] = irq + 1;
            rc = v;
            break;
        }
    spin_unlock_irqrestore(&vector_lock, flags);
    return rc;
}

static void free_vector(uint8_t v)
{
    unsigned long flags = spin_lock_irqsave(&vector_lock);

    vector_irq[v] = 0;
    spin_unlock_irqrestore(&vector_lock, flags);
}

int irq_vector(unsigned irq)
{
    struct irq_desc *d = &descs[irq];

    if (!d->vector) {
        int v = alloc_vector(irq);

        if (v < 0)
            return v;
        d->vector = v;
    }
    return d->vector;
}

/* --- descriptors ------------------------------------------------------------------------------ */
bool irq_exists(unsigned irq) { return irq < NR_IRQS && descs[irq].chip; }
bool irq_is_level(unsigned irq) { return descs[irq].level; }
bool irq_is_hv(unsigned irq) { return descs[irq].fn; }

void irq_set_chip(unsigned irq, const struct irq_chip *chip, bool level)
{
    descs[irq].chip = chip;
    descs[irq].level = level;
}

void irq_set_level(unsigned irq, bool level) { descs[irq].level = level; }

int irq_alloc_msi(const struct irq_chip *chip)
{
    for (unsigned i = MAX_GSIS; i < NR_IRQS; i++) {
        struct irq_desc *d = &descs[i];
        unsigned long flags = spin_lock_irqsave(&d->lock);
        bool taken = d->chip;

        if (!taken) {
            d->chip = chip;
            d->level = d->awaiting_eoi = false;
            d->cpu = 0;
        }
        spin_unlock_irqrestore(&d->lock, flags);
        if (!taken)
            return i;
    }
    return -XEN_ENOSPC;
}

void irq_free_msi(unsigned irq)
{
    struct irq_desc *d = &descs[irq];
    unsigned long flags;

    if (d->vector)
        free_vector(d->vector);
    flags = spin_lock_irqsave(&d->lock);
    d->vector = 0;
    d->chip = NULL;
    spin_unlock_irqrestore(&d->lock, flags);
}

int irq_bind_hv(unsigned gsi, void (*fn)(void *), void *arg)
{
    struct irq_desc *d;
    unsigned long flags;
    int rc = 0, vector;

    gsi = gsi < 16 ? isa_to_gsi(gsi) : gsi;
    if (!irq_exists(gsi))
        return -XEN_EINVAL;
    vector = irq_vector(gsi);
    if (vector < 0)
        return vector;

    d = &descs[gsi];
    flags = spin_lock_irqsave(&d->lock);
    if (d->fn || d->domain) {
        rc = -XEN_EBUSY;
    } else {
        d->fn = fn;
        d->arg = arg;
        d->chip->route(gsi, vector, 0);
        d->chip->unmask(gsi);
    }
    spin_unlock_irqrestore(&d->lock, flags);
    return rc;
}

int irq_bind_guest(unsigned irq, struct domain *dom, unsigned pirq, unsigned cpu)
{
    struct irq_desc *d = &descs[irq];
    int vector = irq_vector(irq), rc = 0;
    unsigned long flags;

    if (vector < 0)
        return vector;
    flags = spin_lock_irqsave(&d->lock);
    if (!d->chip || d->fn || d->domain) {
        rc = -XEN_EBUSY;
    } else {
        d->domain = dom;
        d->pirq = pirq;
        d->cpu = cpu;
        d->awaiting_eoi = false;
        d->chip->route(irq, vector, cpu);
        d->chip->unmask(irq);
    }
    spin_unlock_irqrestore(&d->lock, flags);
    return rc;
}

void irq_unbind_guest(unsigned irq)
{
    struct irq_desc *d = &descs[irq];
    unsigned long flags = spin_lock_irqsave(&d->lock);

    if (d->domain) {
        d->chip->mask(irq);
        d->domain = NULL;
        d->awaiting_eoi = false;
    }
    spin_unlock_irqrestore(&d->lock, flags);
}

void irq_guest_eoi(unsigned irq)
{
    struct irq_desc *d = &descs[irq];
    unsigned long flags = spin_lock_irqsave(&d->lock);

    if (d->domain && d->awaiting_eoi) {
        d->awaiting_eoi = false;
        d->chip->unmask(irq);
    }
    spin_unlock_irqrestore(&d->lock, flags);
}

void irq_set_cpu(unsigned irq, unsigned cpu)
{
    struct irq_desc *d = &descs[irq];
    unsigned long flags = spin_lock_irqsave(&d->lock);

    if (d->domain && d->cpu != cpu) {
        d->cpu = cpu;
        d->chip->route(irq, d->vector, cpu);
    }
    spin_unlock_irqrestore(&d->lock, flags);
}

void irq_reroute(unsigned irq)
{
    struct irq_desc *d = &descs[irq];
    unsigned long flags = spin_lock_irqsave(&d->lock);

    if (d->chip && d->vector) {
        d->chip->route(irq, d->vector, d->cpu);
        if (d->domain && !d->awaiting_eoi)
            d->chip->unmask(irq);
    }
    spin_unlock_irqrestore(&d->lock, flags);
}

/* --- delivery --------------------------------------------------------------------------------- */
static void device_interrupt(uint8_t vector)
{
    unsigned irq = READ_ONCE(vector_irq[vector]);
    struct irq_desc *d = irq ? &descs[irq - 1] : NULL;
    struct domain *dom = NULL;
    void (*fn)(void *) = NULL;
    void *arg = NULL;
    unsigned pirq = 0;

    if (d) {
        spin_lock(&d->lock);
        dom = d->domain;
        pirq = d->pirq;
        fn = d->fn;
        arg = d->arg;
        if (dom && d->level) {
            d->chip->mask(irq - 1);
            d->awaiting_eoi = true;
        }
        spin_unlock(&d->lock);
    }
    if (fn)
        fn(arg);
    lapic_eoi();
    if (dom)
        send_pirq_event(dom, pirq); /* domains are freed only after this interrupt is over (RCU) */
}

/* The way out of the interrupt looks at the softirqs. */
static void event_check_interrupt(void) { lapic_eoi(); }

static void call_function_interrupt(void)
{
    lapic_eoi();
    call_interrupt();
}

static void tlb_interrupt(void)
{
    lapic_eoi();
    tlb_flush_interrupt();
}

static void lapic_timer_interrupt(void)
{
    lapic_eoi();
    timer_interrupt();
}

static void error_interrupt(void)
{
    lapic_eoi();
    printk(LOG_WARNING, "CPU %u: local APIC reports an error\n", this_cpu());
}

static void spurious_interrupt(void) {} /* SDM 11.9: is not acknowledged */

static void (*const system_vectors[256])(void) = {
    [VECTOR_EVENT_CHECK] = event_check_interrupt,
    [VECTOR_CALL] = call_function_interrupt,
    [VECTOR_TLB_FLUSH] = tlb_interrupt,
    [VECTOR_TIMER] = lapic_timer_interrupt,
    [VECTOR_ERROR] = error_interrupt,
    [VECTOR_SPURIOUS] = spurious_interrupt,
};

void do_irq(struct cpu_user_regs *regs)
{
    uint8_t vector = regs->entry_vector;
    unsigned lock_state = lock_check_irq_enter();

    if (system_vectors[vector])
        system_vectors[vector]();
    else if (vector >= VECTOR_DEVICE_FIRST)
        device_interrupt(vector);
    lock_check_irq_exit(lock_state);
}
