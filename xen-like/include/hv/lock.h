/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket spinlocks with one lock order.
 *
 * Every lock has a level; a CPU may take only a lock whose level is greater than that of every lock
 * it holds (spin_lock_pair takes two of one level in address order). Debug builds check this at
 * each acquisition. A lock that is ever taken in interrupt context is taken with the _irqsave form
 * everywhere.
 */
#ifndef HV_LOCK_H
#define HV_LOCK_H

#include <hv/types.h>

/** The lock order, outermost first. */
enum lock_level {
    LOCK_DOMCTL,        /* one domctl/sysctl that changes the set of domains at a time */
    LOCK_DOMAIN_LIST,   /* hash and list of domains */
    LOCK_DOMAIN,        /* struct domain: life cycle, pause counts, rangesets */
    LOCK_VCPU,          /* struct vcpu: registration of areas, vcpu_op */
    LOCK_IOREQ,         /* a hardware guest's device models */
    LOCK_MM,            /* PV: serialises page-table updates of one domain (arch/x86/mm) */
    LOCK_GRANT_TABLE,   /* a domain's grant table */
    LOCK_MAPTRACK,
    LOCK_EVENT,         /* a domain's ports: bind, close, reset */
    LOCK_EVENT_CHANNEL, /* one port, send path */
    LOCK_EVENT_QUEUE,   /* one FIFO queue */
    LOCK_PIRQ_MAP,      /* which interrupt a domain's pirq is, MSIs (arch/x86/irq) */
    LOCK_STATISTICS,    /* which entry of the table of statistics is whose */
    LOCK_PAGE_LIST,     /* a domain's page lists and totals */
    LOCK_RANGESET,      /* what a domain may use: ports, interrupts, device memory */
    LOCK_PIRQ,          /* physical interrupt descriptors */
    LOCK_EFI,           /* a call of the firmware's services (arch/x86/platform) */
    LOCK_HVM_DEVICES,   /* a hardware guest's interrupt controllers, timers, clock */
    LOCK_IOMAP,         /* hypervisor's mappings of device memory */
    LOCK_SCHED,         /* one CPU's run queue */
    LOCK_TIMER,         /* one CPU's timers */
    LOCK_HEAP,          /* page allocator */
    LOCK_SLAB,
    LOCK_RCU,           /* objects waiting for a quiescent state */
    LOCK_PLATFORM,      /* IO-APIC, PCI config, vectors: taken in interrupts */
    LOCK_GUEST_CONSOLE, /* the unfinished line of a domain's console output */
    LOCK_CONSOLE,       /* ring and serial port: last, so that printk works anywhere */
    LOCK_LEVELS
};

struct spinlock {
    union {
        struct {
            uint16_t owner, next; /* ticket being served, ticket to hand out */
        };
        uint32_t both;
    };
    uint8_t level; /* enum lock_level */
};

#define SPINLOCK_INIT(lvl) { .level = (lvl) }

/* common/lock.c */
void spin_init(struct spinlock *l, enum lock_level level);
void spin_lock(struct spinlock *l);
bool spin_trylock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
/** Disable interrupts, then lock; returns the flags for spin_unlock_irqrestore. */
unsigned long spin_lock_irqsave(struct spinlock *l);
void spin_unlock_irqrestore(struct spinlock *l, unsigned long flags);
/** Take two locks of one level (which may be the same lock) in address order. */
void spin_lock_pair(struct spinlock *a, struct spinlock *b);
void spin_unlock_pair(struct spinlock *a, struct spinlock *b);
bool spin_is_locked(const struct spinlock *l);

/**
 * The order check (debug builds; else nothing). An interrupt handler has an order of its own:
 * do_irq brackets it with these. A level that is taken inside an interrupt, or under such a level,
 * must never be taken with interrupts on.
 */
unsigned lock_check_irq_enter(void);
void lock_check_irq_exit(unsigned saved);
/** This CPU is between two pieces of work, neither in a hypercall nor in an interrupt: it panics if
 * it holds a lock. */
void lock_check_none_held(void);
/** The machine is crashing: no more checks. */
void lock_check_off(void);

#endif
