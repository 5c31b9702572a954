/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices of a PC that an HVM guest finds without asking anybody: interrupt controllers,
 * timers, clock, power management. arch/x86/hvm/v*.c, one file for each; hvm/vplatform.c joins them.
 * A PVH guest has none of them.
 *
 * All state is under the platform's lock, with which all functions here are called unless said.
 */
#ifndef ARCH_VPLATFORM_H
#define ARCH_VPLATFORM_H

#include <arch/hvm.h>
#include <hv/domain.h>
#include <hv/timer.h>

#define VIOAPIC_PINS 48
#define ISA_IRQS     16
#define PCI_DEVICES  32 /* of the one bus */
#define PCI_PINS     4  /* of a device */
#define PCI_LINKS    4
enum isa_irq { IRQ_TIMER = 0, IRQ_CASCADE = 2, IRQ_RTC = 8, IRQ_ACPI = 9 };

/** No device's timer runs more often, whatever the guest asks for. */
#define VPLATFORM_SHORTEST_PERIOD 100000 /* ns */

/** One of two 8259A. Bits are interrupts. */
struct vpic {
    uint8_t requested, masked, served; /* IRR, IMR, ISR */
    uint8_t line;                      /* levels of its inputs */
    uint8_t level_triggered;           /* ELCR */
    uint8_t vector;                    /* of input 0 */
    uint8_t lowest;                    /* input with the lowest priority */
    uint8_t init_step;                 /* initialisation word that comes next; 0: none */
    bool wants_icw4, auto_eoi, rotates, special_mask, reads_served, polled, fully_nested;
    bool is_slave;
};

struct vioapic {
    uint64_t entry[VIOAPIC_PINS];
    uint8_t select, id;
};

struct vpit_channel {
    uint32_t count;          /* 1 to 0x10000 */
    s_time_t started;
    uint8_t mode, access;    /* access: 1 low byte, 2 high byte, 3 both */
    uint8_t written_low;     /* of both, which waits for the other */
    bool write_high, read_high, gate;
    bool latched, status_latched;
    uint16_t latch;
    uint8_t status;
};

struct vpit {
    struct vpit_channel channel[3];
    struct timer timer;      /* of channel 0 */
    bool speaker;            /* port 0x61 */
};

struct vrtc {
    uint8_t index, bytes[128];
    int64_t offset;          /* seconds that the guest has set its clock ahead */
    struct timer periodic, second;
    bool asserted;
};

struct vpm {
    uint16_t status, enabled;
    s_time_t started;
    struct timer timer;      /* when the counter's top bit changes */
    bool asserted;
};

#define VHPET_TIMERS 3

struct vhpet_timer {
    struct vplatform *platform;
    uint64_t config, comparator, period; /* period: in ticks */
    struct timer timer;
    bool asserted;
};

struct vhpet {
    bool present;            /* constant: the domain has one */
    uint64_t config, status;
    uint64_t counter;        /* when it was started last, or is stopped */
    s_time_t started;
    struct vhpet_timer timer[VHPET_TIMERS];
};

/** The line that follows the events of vcpu 0: HVM_PARAM_CALLBACK_IRQ. */
struct vlines_callback {
    uint8_t line; /* 0: there is none */
    uint8_t link; /* of a PCI device's pin; PCI_LINKS: it is none */
    bool up;      /* read without the lock */
};

/** Interrupt lines of a device model's devices. */
struct vlines {
    bool isa[ISA_IRQS];                 /* those that it holds */
    bool intx[PCI_DEVICES][PCI_PINS];
    uint8_t link_count[PCI_LINKS];      /* pins that are up, of those connected to a link */
    uint8_t link_irq[PCI_LINKS];        /* the ISA interrupt that the link raises; 0: none */
    struct vlines_callback callback;
};

struct vplatform {
    struct domain *domain;
    struct spinlock lock;    /* LOCK_HVM_DEVICES: all that follows */
    bool extint;             /* the PICs ask for an interrupt; read without the lock */
    uint8_t asserted[VIOAPIC_PINS]; /* sources that hold each line */
    struct vpic pic[2];
    struct vioapic ioapic;
    struct vpit pit;
    struct vrtc rtc;
    struct vpm pm;
    struct vhpet hpet;
    struct vlines lines;
};

/** Ticks of a clock of `hz` in a time, and the time that they take. */
static inline uint64_t vplatform_ticks(s_time_t ns, uint64_t hz)
{
    return ns / 1000000000 * hz + ns % 1000000000 * hz / 1000000000;
}

static inline s_time_t vplatform_ns(uint64_t ticks, uint64_t hz)
{
    return ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz;
}

static inline struct vplatform *platform_of(const struct vcpu *v)
{
    return v->domain->arch.hvm->platform;
}

/* --- hvm/vplatform.c: called without the lock ------------------------------------------------- */
int vplatform_init(struct domain *d); /* 0 or -ENOMEM */
/** Its timers are stopped for good, and none runs. */
void vplatform_stop(struct domain *d);
void vplatform_free(struct domain *d);
/** A device model's device holds its line, or lets go of it (hvm/vlines.c): ISA interrupt `irq`, or
 * pin `pin` of a PCI device, which raises an interrupt above ISA's and, by its link, one of those. */
void vlines_isa(struct vplatform *p, unsigned irq, bool level);
void vlines_intx(struct vplatform *p, unsigned device, unsigned pin, bool level);
/** A link raises ISA interrupt `irq` from now on; 0: none. */
void vlines_route(struct vplatform *p, unsigned link, unsigned irq);
/** From now on this line is up while events are pending for vcpu 0, and the last one is let go of:
 * HVM_PARAM_CALLBACK_TYPE_* and what it says, 0 for no line. False: there is no such line, or no
 * platform, or no vcpu yet. */
bool vplatform_set_callback(struct domain *d, unsigned type, uint64_t where);
/** That line as the events are now. */
void vplatform_follow_events(struct vplatform *p);
/** Is it not as they are? */
bool vlines_behind_events(const struct vplatform *p);
/** A level-triggered interrupt of the local APICs has ended. */
void vplatform_eoi(struct domain *d, uint8_t vector);
/** Does an interrupt of the PICs wait for this vcpu, which takes such? Its vector, as it is taken. */
bool vplatform_extint_pending(const struct vcpu *v);
uint8_t vplatform_extint(struct vcpu *v);

/* --- hvm/vplatform.c: called with the lock ---------------------------------------------------- */
/** A source holds a line, or lets go of it: ISA interrupts 0 to 15, then pins of the IO-APIC. Each
 * source does so in turns; a line is up while any holds it. */
void vplatform_assert(struct vplatform *p, unsigned line);
void vplatform_deassert(struct vplatform *p, unsigned line);
/** Hold a line or not: *asserted is what the source did last. */
void vplatform_level(struct vplatform *p, unsigned line, bool *asserted, bool level);
/** Before anything asks about lines: the one that follows events, which the guest changes without an
 * exit (hvm/vlines.c). */
void vlines_follow_events(struct vplatform *p);
/** The PICs' output has changed. */
void vplatform_extint_changed(struct vplatform *p, bool level);

/** After records were loaded: who holds which line follows from what the sources do. No interrupt
 * comes of it. */
void vplatform_recount(struct vplatform *p);
void vlines_count(struct vplatform *p);
void vhpet_count(struct vplatform *p);
void vpic_set_levels(struct vplatform *p);

/* --- rows of hvm/io.c's table ----------------------------------------------------------------- */
uint64_t vpic_port_read(struct vcpu *v, uint64_t port, unsigned bytes);
void vpic_port_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value);
uint64_t vpit_port_read(struct vcpu *v, uint64_t port, unsigned bytes);
void vpit_port_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value);
uint64_t vrtc_port_read(struct vcpu *v, uint64_t port, unsigned bytes);
void vrtc_port_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value);
uint64_t vpm_port_read(struct vcpu *v, uint64_t port, unsigned bytes);
void vpm_port_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value);
uint64_t vhpet_page_read(struct vcpu *v, uint64_t address, unsigned bytes);
void vhpet_page_write(struct vcpu *v, uint64_t address, unsigned bytes, uint64_t value);
uint64_t vioapic_page_read(struct vcpu *v, uint64_t address, unsigned bytes);
void vioapic_page_write(struct vcpu *v, uint64_t address, unsigned bytes, uint64_t value);
/** Without the lock: it may power the domain off. */
uint64_t vpm_control_read(struct vcpu *v, uint64_t port, unsigned bytes);
void vpm_control_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value);

/* --- devices ---------------------------------------------------------------------------------- */
void vpic_init(struct vplatform *p);
void vpic_line(struct vplatform *p, unsigned irq, bool level);
/** The processor takes the PICs' interrupt: its vector; the one of a spurious interrupt if there is
 * none any more. */
uint8_t vpic_acknowledge(struct vplatform *p);

void vioapic_init(struct vplatform *p);
/** A pin's level has changed. */
void vioapic_line(struct vplatform *p, unsigned pin, bool level);
void vioapic_eoi(struct vplatform *p, uint8_t vector);

/** The timers are the domain's, on this CPU; the devices' ends wait for those that run, and are
 * called without the lock. */
void vpit_init(struct vplatform *p);
void vpit_destroy(struct vplatform *p);
/** Without the lock: does the access choose, read or write none of the clock's own registers? */
bool vrtc_is_memory(const struct vcpu *v, const struct hvm_io *io);
void vrtc_init(struct vplatform *p);
void vrtc_destroy(struct vplatform *p);
void vpm_init(struct vplatform *p);
void vpm_destroy(struct vplatform *p);
void vhpet_init(struct vplatform *p, bool present);
void vhpet_destroy(struct vplatform *p);
/** Does it take the PIT's and the clock's places, whose interrupts go nowhere then? */
bool vhpet_is_legacy(const struct vplatform *p);
/** Somebody presses a button: an event of PM1, which interrupts the guest if it wants to know.
 * Without the lock. */
enum vpm_button { VPM_POWER, VPM_SLEEP };
void vpm_press(struct vplatform *p, enum vpm_button button);

#endif
