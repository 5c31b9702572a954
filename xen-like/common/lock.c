/* SPDX-License-Identifier: GPL-2.0-only */
/* Ticket spinlocks, and in debug builds the check of the lock order. */
#include <arch/cpu.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/lock.h>
#include <hv/perf.h>
#include <hv/printk.h>

enum how { IN_ORDER, AS_SECOND_OF_PAIR, BY_TRYING };

#ifdef DEBUG

#define MAX_HELD 16

/**
 * What one CPU holds, innermost last. Entries below `base` belong to code that an interrupt
 * stopped.
 */
static struct held_locks {
    unsigned nr, base;
    struct spinlock *lock[MAX_HELD];
} __attribute__((aligned(64))) held_locks[MAX_CPUS];

/* Written without a lock: both only ever gain bits, and a race only delays a complaint. */
static uint32_t levels_in_irq;    /* taken inside an interrupt, or under a level that is */
static uint32_t levels_with_irqs; /* taken while interrupts were on */
static uint32_t levels_told;      /* complained about */
static bool check_off;

static void check_irq_use(const struct held_locks *h, const struct spinlock *l)
{
    uint32_t bit = 1u << l->level;
    bool inherits = h->nr > h->base && levels_in_irq >> h->lock[h->nr - 1]->level & 1;

    if (h->base || inherits) {
        if (!(levels_in_irq & bit))
            levels_in_irq |= bit;
    } else if (irqs_enabled() && !(levels_with_irqs & bit)) {
        levels_with_irqs |= bit;
    }
    if (levels_in_irq & levels_with_irqs & bit & ~levels_told) {
        /* a possible deadlock, not one that has happened: the machine goes on */
        levels_told |= bit;
        printk(LOG_ERR, "lock level %u is used in interrupts but also taken with interrupts on\n",
               l->level);
        arch_show_execution_state();
    }
}

/** Interrupts are off in here, so that an interrupt never sees half an entry. */
static void note_locked(struct spinlock *l, enum how how)
{
    struct held_locks *h = &held_locks[this_cpu()];

    if (check_off)
        return;
    check_irq_use(h, l);
    unsigned long flags = irq_save();
    for (unsigned i = h->base; i < h->nr && how != BY_TRYING; i++)
        if (h->lock[i]->level > l->level || (h->lock[i]->level == l->level && how == IN_ORDER)) {
            check_off = true;
            panic("lock order: level %u taken while holding level %u", l->level, h->lock[i]->level);
        }
    BUG_ON(h->nr == MAX_HELD);
    h->lock[h->nr++] = l;
    irq_restore(flags);
}

static void note_unlocked(struct spinlock *l)
{
    struct held_locks *h = &held_locks[this_cpu()];
    unsigned i;

    if (check_off)
        return;
    unsigned long flags = irq_save();
    for (i = h->nr; i > h->base && h->lock[i - 1] != l; i--)
        ;
    if (i == h->base) {
        check_off = true;
        panic("unlock of a lock (level %u) that this CPU does not hold", l->level);
    }
    for (; i < h->nr; i++)
        h->lock[i - 1] = h->lock[i];
    h->nr--;
    irq_restore(flags);
}

unsigned lock_check_irq_enter(void)
{
    struct held_locks *h = &held_locks[this_cpu()];
    unsigned saved = h->base;

    /*
     * base 0 means "not in an interrupt": an interrupt of code that holds nothing leaves a gap of
     * one entry
     */
    if (h->nr == 0)
        h->lock[h->nr++] = NULL;
    h->base = h->nr;
    return saved;
}

void lock_check_irq_exit(unsigned saved)
{
    struct held_locks *h = &held_locks[this_cpu()];

    if (check_off)
        return;
    if (h->nr != h->base) {
        check_off = true;
        panic("interrupt handler left with a lock held (level %u)", h->lock[h->nr - 1]->level);
    }
    if (saved == 0 && h->lock[0] == NULL)
        h->nr = 0;
    h->base = saved;
}

void lock_check_none_held(void)
{
    const struct held_locks *h = &held_locks[this_cpu()];

    if (check_off || h->nr == 0)
        return;
    check_off = true;
    panic("a lock (level %u) is still held after the work that took it", h->lock[h->nr - 1]->level);
}

void lock_check_off(void) { check_off = true; }

#else

static inline void note_locked(struct spinlock *l, enum how how)
{
}

static inline void note_unlocked(struct spinlock *l)
{
}

unsigned lock_check_irq_enter(void) { return 0; }

void lock_check_irq_exit(unsigned saved)
{
}

void lock_check_none_held(void)
{
}

void lock_check_off(void)
{
}

#endif

void spin_init(struct spinlock *l, enum lock_level level)
{
    *l = (struct spinlock)SPINLOCK_INIT(level);
}

static __attribute__((noinline)) void wait_turn(const struct spinlock *l, uint16_t ticket)
{
    unsigned spins = 1;

    for (; __atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket; spins++)
        cpu_relax();
    perf_count(PERF_LOCK_WAITS);
    perf_add(PERF_LOCK_SPINS, spins);
}

static inline void take(struct spinlock *l)
{
    uint16_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_ACQUIRE);

    if (unlikely(__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket))
        wait_turn(l, ticket);
}

void spin_lock(struct spinlock *l)
{
    note_locked(l, IN_ORDER);
    take(l);
}

bool spin_trylock(struct spinlock *l)
{
    struct spinlock seen = { .both = READ_ONCE(l->both) }, taken = seen;

    if (seen.owner != seen.next)
        return false;
    taken.next++;
    if (!__atomic_compare_exchange_n(&l->both, &seen.both, taken.both, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return false;
    note_locked(l, BY_TRYING);
    return true;
}

void spin_unlock(struct spinlock *l)
{
    note_unlocked(l);
    __atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}

unsigned long spin_lock_irqsave(struct spinlock *l)
{
    unsigned long flags = irq_save();

    spin_lock(l);
    return flags;
}

void spin_unlock_irqrestore(struct spinlock *l, unsigned long flags)
{
    spin_unlock(l);
    irq_restore(flags);
}

void spin_lock_pair(struct spinlock *a, struct spinlock *b)
{
    if (a > b) {
        struct spinlock *t = a;
        a = b;
        b = t;
    }
    spin_lock(a);
    if (a != b) {
        note_locked(b, AS_SECOND_OF_PAIR);
        take(b);
    }
}

void spin_unlock_pair(struct spinlock *a, struct spinlock *b)
{
    spin_unlock(a);
    if (a != b)
        spin_unlock(b);
}

bool spin_is_locked(const struct spinlock *l)
{
    struct spinlock seen = { .both = READ_ONCE(l->both) };

    return seen.owner != seen.next;
}
