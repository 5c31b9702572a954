/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a vcpu may run: hard and soft affinity, and its way to another CPU when it has to leave. */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/sched.h>
#include <hv/vcpu.h>
#include <public/errno.h>

void sched_finish_migration(struct vcpu *v)
{
    unsigned target = sched_policy()->pick_cpu(v);
    bool done = false, moved = false;

    while (!done) {
        unsigned long flags = irq_save();
        struct spinlock *from = sched_cpu_lock(READ_ONCE(v->processor));
        struct spinlock *to = sched_cpu_lock(target);
        spin_lock_pair(from, to);
        if (from == sched_cpu_lock(v->processor)) {
            done = true;
            if (READ_ONCE(v->pause_flags) & VPF_MIGRATING && !v->running) {
                moved = v->processor != target;
                WRITE_ONCE(v->processor, target);
                __atomic_fetch_and(&v->pause_flags, ~VPF_MIGRATING, __ATOMIC_SEQ_CST);
            }
        }
        spin_unlock_pair(from, to);
        irq_restore(flags);
    }
    if (moved) {
        vcpu_timers_migrate(v, target);
        evtchn_move_pirqs(v);
    }
    vcpu_wake(v);
}

static void migrate(struct vcpu *v)
{
    __atomic_fetch_or(&v->pause_flags, VPF_MIGRATING, __ATOMIC_SEQ_CST);
    vcpu_sleep_nosync(v);
    /* if it still runs, sched_context_saved does this */
    if (!__atomic_load_n(&v->running, __ATOMIC_SEQ_CST))
        sched_finish_migration(v);
}

/** Under the lock. True when the vcpu has to leave its CPU. */
static bool change_affinity(struct vcpu *v, const struct cpumask *m)
{
    v->hard_affinity = *m;
    return !cpumask_test(m, v->processor);
}

int vcpu_set_hard_affinity(struct vcpu *v, const struct cpumask *m)
{
    unsigned long flags;
    bool misplaced = false;

    if (!cpumask_intersects(m, &cpu_online))
        return -XEN_EINVAL;
    struct spinlock *lock = sched_lock_vcpu(v, &flags);
    if (v->pin_overridden)
        v->saved_affinity = *m;
    else
        misplaced = change_affinity(v, m);
    spin_unlock_irqrestore(lock, flags);
    if (misplaced)
        migrate(v);
    return 0;
}

/** Under the lock. */
static int override_affinity(struct vcpu *v, int cpu, bool *misplaced)
{
    struct cpumask one = { { 0 } };

    if (cpu < 0) {
        if (!v->pin_overridden)
            return -XEN_EINVAL;
        v->pin_overridden = false;
        *misplaced = change_affinity(v, &v->saved_affinity);
        return 0;
    }
    if (v->pin_overridden)
        return -XEN_EBUSY;
    cpumask_set(&one, (unsigned)cpu);
    v->saved_affinity = v->hard_affinity;
    v->pin_overridden = true;
    *misplaced = change_affinity(v, &one);
    return 0;
}

int vcpu_pin_override(struct vcpu *v, int cpu)
{
    unsigned long flags;
    bool misplaced = false;

    if (cpu >= MAX_CPUS || (cpu >= 0 && !cpumask_test(&cpu_online, (unsigned)cpu)))
        return -XEN_EINVAL;
    struct spinlock *lock = sched_lock_vcpu(v, &flags);
    int err = override_affinity(v, cpu, &misplaced);
    spin_unlock_irqrestore(lock, flags);
    if (misplaced)
        migrate(v);
    return err;
}

int vcpu_set_soft_affinity(struct vcpu *v, const struct cpumask *m)
{
    unsigned long flags;

    if (cpumask_empty(m))
        return -XEN_EINVAL;
    struct spinlock *lock = sched_lock_vcpu(v, &flags);
    v->soft_affinity = *m;
    spin_unlock_irqrestore(lock, flags);
    return 0;
}
