/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two interrupt controllers 8259A, the second behind input 2 of the first. Which input comes next
 * follows from priorities that rotate, from what is served, and from the mask; edges are kept until
 * they are taken. (Intel 8259A data sheet)
 */
#include <arch/hvm_save.h>
#include <arch/vplatform.h>
#include <public/errno.h>
#include <public/hvm/save.h>

#define PORT_SLAVE  0xa0
#define PORT_ELCR   0x4d0
#define ELCR_MASTER 0xf8 /* inputs that can be level-triggered: not timer, keyboard, cascade */
#define ELCR_SLAVE  0xde /* nor clock and coprocessor */
#define SPURIOUS    7
#define NONE        8    /* no input */

#define ICW1        0x10
#define ICW1_ICW4   0x01
#define ICW1_SINGLE 0x02
#define ICW4_AUTO   0x02
#define ICW4_NESTED 0x10
#define OCW3        0x08
#define OCW3_READ   0x02
#define OCW3_SERVED 0x01
#define OCW3_POLL   0x04
#define OCW3_MASK   0x40
#define OCW3_MASK_ON 0x20
#define POLL_PENDING 0x80

/* --- priorities ------------------------------------------------------------------------------- */
/* The input of a set that has the highest priority, NONE of an empty one; *rank 0 is the highest. */
static unsigned first_of(const struct vpic *c, uint8_t set, unsigned *rank)
{
    unsigned first = (c->lowest + 1) & 7, turned = (set << 8 | set) >> first & 0xff;

    *rank = turned ? __builtin_ctz(turned) : NONE;
    return turned ? (first + *rank) & 7 : NONE;
}

/* The input that asks for an interrupt now. */
static unsigned pending(const struct vpic *c)
{
    unsigned wanted_rank, served_rank, wanted;
    uint8_t served = c->special_mask ? c->served & ~c->masked : c->served;

    if (c->fully_nested && !c->is_slave)
        served &= ~(1U << IRQ_CASCADE); /* the slave sees to what is served there */
    wanted = first_of(c, c->requested & ~c->masked, &wanted_rank);
    first_of(c, served, &served_rank);
    return wanted_rank < served_rank ? wanted : NONE;
}

static void set_input(struct vpic *c, unsigned input, bool level)
{
    uint8_t bit = 1U << input;

    if (level && ((c->level_triggered & bit) || !(c->line & bit)))
        c->requested |= bit;
    else if (!level && (c->level_triggered & bit))
        c->requested &= ~bit;
    c->line = level ? c->line | bit : c->line & ~bit;
}

/* The slave's output is an input of the master, whose own is the processor's. */
static void update(struct vplatform *p)
{
    struct vpic *master = &p->pic[0];
    bool output = pending(&p->pic[1]) != NONE;

    set_input(master, IRQ_CASCADE, output);
    if (!output)
        master->requested &= ~(1U << IRQ_CASCADE); /* nobody wants it any more */
    vplatform_extint_changed(p, pending(master) != NONE);
}

void vpic_line(struct vplatform *p, unsigned irq, bool level)
{
    set_input(&p->pic[irq / 8], irq % 8, level);
    update(p);
}

/* --- acknowledging ---------------------------------------------------------------------------- */
static uint8_t acknowledge(struct vpic *c)
{
    unsigned input = pending(c);

    if (input == NONE)
        return c->vector | SPURIOUS;
    if (!(c->level_triggered >> input & 1))
        c->requested &= ~(1U << input);
    if (!c->auto_eoi)
        c->served |= 1U << input;
    else if (c->rotates)
        c->lowest = input;
    return c->vector | input;
}

uint8_t vpic_acknowledge(struct vplatform *p)
{
    bool from_slave = pending(&p->pic[0]) == IRQ_CASCADE;
    uint8_t vector = acknowledge(&p->pic[0]);

    if (from_slave)
        vector = acknowledge(&p->pic[1]);
    update(p);
    return vector;
}

/* --- what is written -------------------------------------------------------------------------- */
static void begin_init(struct vpic *c, uint8_t value)
{
    *c = (struct vpic){
        .line = c->line,
        .level_triggered = c->level_triggered,
        .requested = c->line & c->level_triggered, /* edges begin anew */
        .vector = c->vector,
        .lowest = 7,
        .init_step = 2,
        .wants_icw4 = value & ICW1_ICW4,
        .is_slave = c->is_slave,
    };
}

static void write_icw(struct vpic *c, uint8_t value)
{
    switch (c->init_step++) {
    case 2:
        c->vector = value & 0xf8;
        break;
    case 3: /* who is connected where does not change */
        if (!c->wants_icw4)
            c->init_step = 0;
        break;
    default:
        c->auto_eoi = value & ICW4_AUTO;
        c->fully_nested = value & ICW4_NESTED;
        c->init_step = 0;
    }
}

/* The end of one that is served: `input`, or the one with the highest priority. */
static void end_of_interrupt(struct vpic *c, bool specific, unsigned input, bool rotate)
{
    unsigned rank;

    if (!specific)
        input = first_of(c, c->special_mask ? c->served & ~c->masked : c->served, &rank);
    if (input == NONE)
        return;
    c->served &= ~(1U << input);
    if (rotate)
        c->lowest = input;
}

static void write_ocw2(struct vpic *c, uint8_t value)
{
    unsigned input = value & 7;

    switch (value >> 5) {
    case 0: c->rotates = false; break;
    case 1: end_of_interrupt(c, false, 0, false); break;
    case 3: end_of_interrupt(c, true, input, false); break;
    case 4: c->rotates = true; break;
    case 5: end_of_interrupt(c, false, 0, true); break;
    case 6: c->lowest = input; break;
    case 7: end_of_interrupt(c, true, input, true); break;
    default: break;
    }
}

static void write_ocw3(struct vpic *c, uint8_t value)
{
    if (value & OCW3_MASK)
        c->special_mask = value & OCW3_MASK_ON;
    if (value & OCW3_POLL)
        c->polled = true;
    else if (value & OCW3_READ)
        c->reads_served = value & OCW3_SERVED;
}

static void chip_write(struct vpic *c, bool upper, uint8_t value)
{
    if (upper && c->init_step)
        write_icw(c, value);
    else if (upper)
        c->masked = value;
    else if (value & ICW1)
        begin_init(c, value);
    else if (value & OCW3)
        write_ocw3(c, value);
    else
        write_ocw2(c, value);
}

/* --- what is read ----------------------------------------------------------------------------- */
static uint8_t chip_read(struct vpic *c, bool upper)
{
    unsigned input;

    if (c->polled) { /* a read in place of an acknowledge */
        c->polled = false;
        input = pending(c);
        acknowledge(c);
        return input == NONE ? SPURIOUS : POLL_PENDING | input;
    }
    return upper ? c->masked : c->reads_served ? c->served : c->requested;
}

/* --- ports ------------------------------------------------------------------------------------ */
static struct vpic *chip_of(struct vplatform *p, uint64_t port)
{
    return port >= PORT_ELCR ? &p->pic[port & 1] : &p->pic[port >= PORT_SLAVE];
}

uint64_t vpic_port_read(struct vcpu *v, uint64_t port, unsigned bytes)
{
    struct vplatform *p = platform_of(v);
    struct vpic *c = chip_of(p, port);
    uint8_t value;

    if (port >= PORT_ELCR)
        return c->level_triggered;
    value = chip_read(c, port & 1);
    update(p);
    return value;
}

void vpic_port_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value)
{
    struct vplatform *p = platform_of(v);
    struct vpic *c = chip_of(p, port);

    if (port >= PORT_ELCR)
        c->level_triggered = value & (c->is_slave ? ELCR_SLAVE : ELCR_MASTER);
    else
        chip_write(c, port & 1, value);
    update(p);
}

/* --- records ---------------------------------------------------------------------------------- */
#define STATE_STEP  3 /* of init_state: 1 to 3, the initialisation word before the next one */
#define STATE_ICW4  4

unsigned vpic_save(const struct hvm_context *c, unsigned instance, void *to)
{
    const struct vpic *v = &c->d->arch.hvm->platform->pic[instance];

    *(struct hvm_hw_vpic *)to = (struct hvm_hw_vpic){
        .irr = v->requested,
        .imr = v->masked,
        .isr = v->served,
        .irq_base = v->vector,
        .init_state = v->init_step ? (v->init_step - 1) | (v->wants_icw4 ? STATE_ICW4 : 0) : 0,
        .priority_add = (v->lowest + 1) & 7,
        .readsel_isr = v->reads_served,
        .poll = v->polled,
        .auto_eoi = v->auto_eoi,
        .rotate_on_auto_eoi = v->rotates,
        .special_fully_nested_mode = v->fully_nested,
        .special_mask_mode = v->special_mask,
        .is_master = !v->is_slave,
        .elcr = v->level_triggered,
        .int_output = pending(v) != NONE,
    };
    return sizeof(struct hvm_hw_vpic);
}

static bool record_ok(const struct hvm_hw_vpic *r, unsigned instance)
{
    return r->is_master == !instance && !(r->irq_base & 7) && r->priority_add < 8 &&
           !(r->elcr & ~(instance ? ELCR_SLAVE : ELCR_MASTER)) &&
           r->init_state <= (STATE_STEP | STATE_ICW4) && r->init_state != STATE_ICW4;
}

/* Levels of its inputs come with the lines. */
int vpic_load(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    const struct hvm_hw_vpic *r = from;
    unsigned step = r->init_state & STATE_STEP;

    if (!record_ok(r, instance))
        return -XEN_EINVAL;
    p->pic[instance] = (struct vpic){
        .requested = r->irr,
        .masked = r->imr,
        .served = r->isr,
        .line = p->pic[instance].line,
        .level_triggered = r->elcr,
        .vector = r->irq_base,
        .lowest = (r->priority_add + 7) & 7,
        .init_step = step ? step + 1 : 0,
        .wants_icw4 = r->init_state & STATE_ICW4,
        .auto_eoi = r->auto_eoi,
        .rotates = r->rotate_on_auto_eoi,
        .special_mask = r->special_mask_mode,
        .reads_served = r->readsel_isr,
        .polled = r->poll,
        .fully_nested = r->special_fully_nested_mode,
        .is_slave = instance,
    };
    update(p);
    return 0;
}

void vpic_set_levels(struct vplatform *p)
{
    for (unsigned i = 0; i < 2; i++)
        for (unsigned input = 0; input < 8; input++) {
            uint8_t bit = 1U << input, *line = &p->pic[i].line;

            if (i * 8 + input != IRQ_CASCADE)
                *line = p->asserted[i * 8 + input] ? *line | bit : *line & ~bit;
        }
}

void vpic_init(struct vplatform *p)
{
    for (unsigned i = 0; i < 2; i++)
        p->pic[i] = (struct vpic){ .lowest = 7, .masked = 0xff, .is_slave = i };
}
