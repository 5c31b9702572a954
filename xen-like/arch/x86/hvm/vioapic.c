/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An IO-APIC of 48 pins: a register that selects, and one through which the selected one is read
 * and written. A pin's entry says which message it becomes; one that is level-triggered becomes
 * none until the last has ended. (Intel 82093AA data sheet; version 0x20 has an EOI register)
 */
#include <arch/hvm_save.h>
#include <arch/vlapic.h>
#include <arch/vplatform.h>
#include <public/errno.h>
#include <public/hvm/save.h>

#define PAGE_SELECT 0x00
#define PAGE_WINDOW 0x10
#define PAGE_EOI    0x40

#define REG_ID          0
#define REG_VERSION     1
#define REG_ARBITRATION 2
#define REG_ENTRY       0x10
#define VERSION (0x20U | (VIOAPIC_PINS - 1) << 16)

#define ENTRY_REMOTE_IRR 0x4000U
#define ENTRY_LEVEL      0x8000U
#define ENTRY_MASKED     0x10000U
#define ENTRY_WRITABLE   0xff0000000001afffUL /* not: delivery status, remote IRR */
#define ENTRY_DEST(e)    ((e) >> 56)
#define TIMER_PIN        2 /* where ISA interrupt 0 is */

/* --- messages --------------------------------------------------------------------------------- */
/* Which line a pin is: interrupt 0 is at pin 2, and pin 0 is the PICs'. */
static unsigned line_of(unsigned pin) { return pin == TIMER_PIN ? IRQ_TIMER : pin; }

static bool is_up(const struct vplatform *p, unsigned pin)
{
    return pin && p->asserted[line_of(pin)];
}

static void send(struct vplatform *p, unsigned pin)
{
    uint64_t *e = &p->ioapic.entry[pin];

    if (LAPIC_LVT_MODE(*e) == LAPIC_EXTINT)
        return; /* vplatform_extint_pending looks at it */
    if (*e & ENTRY_LEVEL)
        *e |= ENTRY_REMOTE_IRR;
    vlapic_message(p->domain, *e & (ENTRY_LEVEL | LAPIC_ICR_LOGICAL | 0x7ff), ENTRY_DEST(*e));
}

static void send_level(struct vplatform *p, unsigned pin)
{
    uint64_t e = p->ioapic.entry[pin];

    if ((e & ENTRY_LEVEL) && !(e & (ENTRY_MASKED | ENTRY_REMOTE_IRR)) && is_up(p, pin))
        send(p, pin);
}

/* A polarity that is the other way round says how the board is wired: lines are up or not. */
void vioapic_line(struct vplatform *p, unsigned pin, bool level)
{
    uint64_t e = p->ioapic.entry[pin];

    if (e & ENTRY_LEVEL)
        send_level(p, pin);
    else if (level && !(e & ENTRY_MASKED))
        send(p, pin);
}

void vioapic_eoi(struct vplatform *p, uint8_t vector)
{
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++) {
        uint64_t *e = &p->ioapic.entry[pin];

        if ((uint8_t)*e != vector || !(*e & ENTRY_REMOTE_IRR))
            continue;
        *e &= ~(uint64_t)ENTRY_REMOTE_IRR;
        send_level(p, pin);
    }
}

/* --- registers -------------------------------------------------------------------------------- */
static uint32_t register_read(const struct vioapic *io)
{
    unsigned i = io->select - REG_ENTRY;

    switch (io->select) {
    case REG_ID:
    case REG_ARBITRATION: return (uint32_t)io->id << 24;
    case REG_VERSION: return VERSION;
    default:
        if (io->select < REG_ENTRY || i / 2 >= VIOAPIC_PINS)
            return 0;
        return io->entry[index_nospec(i / 2, VIOAPIC_PINS)] >> 32 * (i & 1);
    }
}

static void entry_write(struct vplatform *p, unsigned i, uint32_t value)
{
    unsigned pin = index_nospec(i / 2, VIOAPIC_PINS), shift = 32 * (i & 1);
    uint64_t *e = &p->ioapic.entry[pin];
    uint64_t writable = ENTRY_WRITABLE & 0xffffffffUL << shift;

    *e = (*e & ~writable) | ((uint64_t)value << shift & writable);
    if (!(*e & ENTRY_LEVEL))
        *e &= ~(uint64_t)ENTRY_REMOTE_IRR;
    send_level(p, pin);
}

static void register_write(struct vplatform *p, uint32_t value)
{
    struct vioapic *io = &p->ioapic;
    unsigned i = io->select - REG_ENTRY;

    if (io->select == REG_ID)
        io->id = value >> 24 & 0xf;
    else if (io->select >= REG_ENTRY && i / 2 < VIOAPIC_PINS)
        entry_write(p, i, value);
}

/* --- the page --------------------------------------------------------------------------------- */
#define OFFSET(address) ((address) & 0xff)

/* A narrow access reads a part of the register. */
uint64_t vioapic_page_read(struct vcpu *v, uint64_t address, unsigned bytes)
{
    const struct vioapic *io = &platform_of(v)->ioapic;
    unsigned shift = 8 * (address & 3);

    switch (OFFSET(address) & ~3UL) {
    case PAGE_SELECT: return io->select >> shift;
    case PAGE_WINDOW: return register_read(io) >> shift;
    default: return 0;
    }
}

void vioapic_page_write(struct vcpu *v, uint64_t address, unsigned bytes, uint64_t value)
{
    struct vplatform *p = platform_of(v);

    switch (OFFSET(address)) {
    case PAGE_SELECT: p->ioapic.select = value; break;
    case PAGE_WINDOW:
        if (bytes == 4)
            register_write(p, value);
        break;
    case PAGE_EOI: vioapic_eoi(p, value); break;
    default: break;
    }
}

/* --- records ---------------------------------------------------------------------------------- */
#define BASE_ADDRESS 0xfec00000UL /* it does not move */

unsigned vioapic_save(const struct hvm_context *c, unsigned instance, void *to)
{
    const struct vioapic *io = &c->d->arch.hvm->platform->ioapic;
    struct hvm_hw_vioapic *r = to;

    r->base_address = BASE_ADDRESS;
    r->ioregsel = io->select;
    r->id = io->id;
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++)
        r->redirtbl[pin].bits = io->entry[pin];
    return sizeof(*r);
}

static bool entry_ok(uint64_t e)
{
    return !(e & ~(ENTRY_WRITABLE | ENTRY_REMOTE_IRR)) &&
           (!(e & ENTRY_REMOTE_IRR) || (e & ENTRY_LEVEL));
}

int vioapic_load(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    struct vioapic *io = &c->d->arch.hvm->platform->ioapic;
    const struct hvm_hw_vioapic *r = from;

    if (r->base_address != BASE_ADDRESS || r->ioregsel > 0xff || r->id > 0xf)
        return -XEN_EINVAL;
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++)
        if (!entry_ok(r->redirtbl[pin].bits))
            return -XEN_EINVAL;
    io->select = r->ioregsel;
    io->id = r->id;
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++)
        io->entry[pin] = r->redirtbl[pin].bits;
    return 0;
}

void vioapic_init(struct vplatform *p)
{
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++)
        p->ioapic.entry[pin] = ENTRY_MASKED;
}
