/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: vectors, local APIC, IO-APICs, MSI, and the physical interrupts ("pirqs") that
 * domains bind.
 */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <hv/cpumask.h>
#include <hv/types.h>

struct cpu_user_regs;
struct domain;

/* Vectors. Those of devices are the same on every CPU; 0x80 and 0x82 are software interrupts of
 * guests. */
#define VECTOR_LEGACY_FIRST 0x20 /* the masked 8259s: spurious interrupts only */
#define VECTOR_LEGACY_LAST  0x2f
#define VECTOR_DEVICE_FIRST 0x30
#define VECTOR_DEVICE_LAST  0xef
#define VECTOR_EVENT_CHECK  0xf8
#define VECTOR_CALL         0xf9
#define VECTOR_TLB_FLUSH    0xfa
#define VECTOR_TIMER        0xfb
#define VECTOR_ERROR        0xfe
#define VECTOR_SPURIOUS     0xff

/* Interrupt numbers: GSIs first, then MSIs as they are allocated. */
#define MAX_GSIS 256
#define NR_IRQS  512

/** From entry.S: regs->entry_vector says which. Interrupts off. */
void do_irq(struct cpu_user_regs *regs);
/** Handlers of the hypervisor's own vectors (TLB flush: mm/tlb.c). */
void tlb_flush_interrupt(void);

/* --- local APIC (irq/lapic.c) ----------------------------------------------------------------- */
/** Find and enable this CPU's local APIC; CPU 0 first, which also decides between xAPIC and x2APIC.
 */
void lapic_init(void);
void lapic_init_cpu(void);
uint32_t lapic_id(void);
void lapic_eoi(void);
void send_ipi(unsigned cpu, uint8_t vector);
void send_ipi_mask(const struct cpumask *mask,
                   uint8_t vector); /* the sender's own bit is ignored */
/** Make each of them call tlb_flush_interrupt. */
void send_tlb_ipi(const struct cpumask *cpus);
/** INIT and start-up interrupts for bringing up CPUs. */
void lapic_send_init(uint32_t apic_id);
void lapic_send_startup(uint32_t apic_id, uint8_t page);
/** Everyone else stops for good (panic, restart). */
void lapic_send_nmi_others(void);
/** An interrupt for this CPU; may be called from an NMI. Nothing before lapic_init. */
void lapic_send_self(uint8_t vector);
/** Timer: counts down at lapic_timer_hz once started. */
void lapic_timer_start(uint32_t count);
uint32_t lapic_timer_read(void);
void lapic_timer_use_deadline(void);

/* --- descriptors (irq/irq.c) ------------------------------------------------------------------ */
/** How an interrupt is masked and steered. Called under the descriptor's lock. */
struct irq_chip {
    const char *name;
    void (*mask)(unsigned irq);
    void (*unmask)(unsigned irq);
    void (*route)(unsigned irq, uint8_t vector,
                  unsigned cpu); /* program vector and destination, leave it masked or not */
};

void irq_init(void);
/** A handler of the hypervisor for a GSI: called with interrupts off. 0 or -errno (-EBUSY, -EINVAL,
 * -ENOSPC). */
int irq_bind_hv(unsigned gsi, void (*fn)(void *), void *arg);
bool irq_is_hv(unsigned irq);
/** A free number for an MSI with this chip, or -ENOSPC. */
int irq_alloc_msi(const struct irq_chip *chip);
void irq_free_msi(unsigned irq);
/** The vector of an interrupt, allocated at the first call; or -ENOSPC. */
int irq_vector(unsigned irq);
void irq_set_chip(unsigned irq, const struct irq_chip *chip, bool level);
bool irq_exists(unsigned irq);
bool irq_is_level(unsigned irq);
void irq_set_level(unsigned irq, bool level);
/** Deliver to a domain's pirq, unmask. 0, -EBUSY when it is bound already. */
int irq_bind_guest(unsigned irq, struct domain *d, unsigned pirq, unsigned cpu);
void irq_unbind_guest(unsigned irq);
/** The guest is done with a level interrupt: unmask. */
void irq_guest_eoi(unsigned irq);
void irq_set_cpu(unsigned irq, unsigned cpu);
/** Program the hardware again, after a device reset. */
void irq_reroute(unsigned irq);

/* --- IO-APIC (irq/ioapic.c) ------------------------------------------------------------------- */
void ioapic_init(void);
/** Mask the 8259s; before the local APIC is told not to listen to them, so that no request is left
 * over. */
void pic_silence(void);
/** GSI behind an ISA interrupt number. */
unsigned isa_to_gsi(unsigned isa_irq);
unsigned nr_gsis(void);
/** Set trigger mode and polarity, before first use. -EINVAL for no such GSI, -EEXIST if it is the
 * hypervisor's. */
int gsi_setup(unsigned gsi, bool level, bool active_low);
/** Registers as Dom0 reads them: -EINVAL for an address that is no IO-APIC. */
int ioapic_read_reg(uint64_t base, uint32_t reg, uint32_t *value);
bool maddr_is_ioapic(uint64_t maddr);

/* --- MSI (irq/msi.c) -------------------------------------------------------------------------- */
struct msi_request {
    uint32_t sbdf;       /* segment << 16 | bus << 8 | devfn */
    unsigned entry;      /* MSI-X: which entry */
    uint64_t table_base; /* 0: MSI, else MSI-X */
};
/** Allocate an interrupt and program the device with it, masked: its number, or -ENODEV, -EINVAL,
 * -ENOSPC, ... */
int msi_setup(const struct msi_request *req);
void msi_release(unsigned irq);
/** Write the messages of a device again. -ESRCH if it has none. */
int msi_restore(uint32_t sbdf);
bool msi_in_use(uint32_t sbdf);

/* --- pirqs (irq/pirq.c); the rest is in hv/arch.h --------------------------------------------- */
int pirq_domain_init(struct domain *d);
/** Unmap all and drop the shared page; a domain that dies calls this before its memory is taken.
 * May be called again. */
void pirq_domain_release(struct domain *d);
void pirq_domain_free(struct domain *d);

#endif
