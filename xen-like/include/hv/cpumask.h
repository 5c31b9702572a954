/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of physical CPUs. Plain operations are not atomic; the *_atomic ones are. */
#ifndef HV_CPUMASK_H
#define HV_CPUMASK_H

#include <hv/types.h>

#define CPUMASK_WORDS (MAX_CPUS / 64)

struct cpumask {
    uint64_t bits[CPUMASK_WORDS];
};

/** CPUs that are up and schedule. Written only by bring-up and take-down. */
extern struct cpumask cpu_online;

static inline bool cpumask_test(const struct cpumask *m, unsigned cpu)
{
    return READ_ONCE(m->bits[cpu / 64]) >> (cpu % 64) & 1;
}
static inline void cpumask_set(struct cpumask *m, unsigned cpu)
{
    m->bits[cpu / 64] |= 1UL << (cpu % 64);
}
static inline void cpumask_clear(struct cpumask *m, unsigned cpu)
{
    m->bits[cpu / 64] &= ~(1UL << (cpu % 64));
}
static inline void cpumask_set_atomic(struct cpumask *m, unsigned cpu)
{
    __atomic_fetch_or(&m->bits[cpu / 64], 1UL << (cpu % 64), __ATOMIC_SEQ_CST);
}
static inline void cpumask_clear_atomic(struct cpumask *m, unsigned cpu)
{
    __atomic_fetch_and(&m->bits[cpu / 64], ~(1UL << (cpu % 64)), __ATOMIC_SEQ_CST);
}
static inline void cpumask_zero(struct cpumask *m)
{
    for (unsigned i = 0; i < CPUMASK_WORDS; i++)
        m->bits[i] = 0;
}
static inline void cpumask_fill(struct cpumask *m)
{
    for (unsigned i = 0; i < CPUMASK_WORDS; i++)
        m->bits[i] = ~0UL;
}
static inline void cpumask_and(struct cpumask *d, const struct cpumask *a, const struct cpumask *b)
{
    for (unsigned i = 0; i < CPUMASK_WORDS; i++)
        d->bits[i] = a->bits[i] & b->bits[i];
}
static inline void cpumask_or(struct cpumask *d, const struct cpumask *a, const struct cpumask *b)
{
    for (unsigned i = 0; i < CPUMASK_WORDS; i++)
        d->bits[i] = a->bits[i] | b->bits[i];
}
static inline bool cpumask_empty(const struct cpumask *m)
{
    for (unsigned i = 0; i < CPUMASK_WORDS; i++)
        if (m->bits[i])
            return false;
    return true;
}
static inline bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b)
{
    for (unsigned i = 0; i < CPUMASK_WORDS; i++)
        if (a->bits[i] & b->bits[i])
            return true;
    return false;
}
/** First CPU of the set that is >= `from`, or MAX_CPUS. */
static inline unsigned cpumask_next(const struct cpumask *m, unsigned from)
{
    for (unsigned cpu = from; cpu < MAX_CPUS; cpu = (cpu / 64 + 1) * 64) {
        uint64_t w = m->bits[cpu / 64] >> (cpu % 64);
        if (w)
            return cpu + __builtin_ctzl(w);
    }
    return MAX_CPUS;
}
static inline unsigned cpumask_weight(const struct cpumask *m)
{
    unsigned n = 0;
    for (unsigned i = 0; i < CPUMASK_WORDS; i++)
        for (unsigned b = 0; b < 64; b++)
            n += m->bits[i] >> b & 1;
    return n;
}
#define for_each_cpu(cpu, mask) \
    for ((cpu) = cpumask_next(mask, 0); (cpu) < MAX_CPUS; (cpu) = cpumask_next(mask, (cpu) + 1))
/** The highest CPU of a set that is not empty. */
static inline unsigned cpumask_last(const struct cpumask *m)
{
    unsigned cpu, last = 0;

    for_each_cpu(cpu, m)
        last = cpu;
    return last;
}

#endif
