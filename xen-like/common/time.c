/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time as guests see it: the time page of each vcpu, the wall clock, the timers of a vcpu, and the
 * areas in guest memory that the hypervisor keeps up to date for it (runstate, second time page).
 *
 * A time page holds a point in time and a scale, and stays true while the vcpu is on CPUs with that
 * clock. So it is written when the vcpu is first switched in, and again when it comes to another.
 */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/sched.h>
#include <hv/timer.h>
#include <hv/vcpu.h>
#include <public/vcpu.h>

/* Wall clock: ns since 1970 at system time 0. */
static uint64_t wall_base;

/* --- time pages ------------------------------------------------------------------------------- */

static void fill(struct vcpu_time_info *t, const struct vcpu_time_info *from)
{
    t->tsc_timestamp = from->tsc_timestamp;
    t->system_time = from->system_time;
    t->tsc_to_system_mul = from->tsc_to_system_mul;
    t->tsc_shift = from->tsc_shift;
    t->flags = from->flags;
}

/* A guest that scribbles over its own version only confuses itself. */
static void write_page(struct vcpu_time_info *t, const struct vcpu_time_info *from)
{
    uint32_t version = (READ_ONCE(t->version) + 1) | 1;

    WRITE_ONCE(t->version, version);
    smp_wmb();
    fill(t, from);
    smp_wmb();
    WRITE_ONCE(t->version, version + 1);
}

void vcpu_time_update(struct vcpu *v)
{
    struct vcpu_time_info info = { 0 };

    if (!vcpu_has_info(v))
        return;
    v->time_clock = arch_clock_id();
    arch_time_info(v, &info);
    write_page(&v->vcpu_info->time, &info);
}

/* --- areas in guest memory -------------------------------------------------------------------- */

/* Of 32-bit code: words of 8 bytes are not aligned to as many. */
struct narrow_runstate {
    uint32_t state;
    uint64_t state_entry_time, time[4];
} __attribute__((packed));

static void put_entry_time(const struct vcpu *v, uint64_t value)
{
    uint64_t at = v->domain->is_narrow ? offsetof(struct narrow_runstate, state_entry_time) :
                                         offsetof(struct vcpu_runstate_info, state_entry_time);

    copy_to_guest_va(v->runstate_guest + at, &value, sizeof(value));
    smp_wmb();
}

int vcpu_put_runstate(const struct vcpu *v, uint64_t area, const struct vcpu_runstate_info *info)
{
    struct narrow_runstate narrow = { .state = info->state,
                                      .state_entry_time = info->state_entry_time };

    if (likely(!v->domain->is_narrow))
        return copy_to_guest_va(area, info, sizeof(*info));
    __builtin_memcpy(narrow.time, info->time, sizeof(narrow.time));
    return copy_to_guest_va(area, &narrow, sizeof(narrow));
}

/* An area that cannot be written is the guest's own loss. */
static void write_runstate(struct vcpu *v)
{
    struct vcpu_runstate_info info = v->runstate;
    uint64_t entered = info.state_entry_time;

    if (!(v->domain->vm_assist & 1UL << VMASST_TYPE_runstate_update_flag)) {
        vcpu_put_runstate(v, v->runstate_guest, &info);
        return;
    }
    info.state_entry_time |= XEN_RUNSTATE_UPDATE;
    put_entry_time(v, info.state_entry_time);
    vcpu_put_runstate(v, v->runstate_guest, &info);
    smp_wmb();
    put_entry_time(v, entered);
}

static void put_version(uint64_t area, uint32_t version)
{
    copy_to_guest_va(area + offsetof(struct vcpu_time_info, version), &version, sizeof(version));
    smp_wmb();
}

static void write_time_area(struct vcpu *v)
{
    struct vcpu_time_info info = { 0 };
    uint32_t version = v->vcpu_info->time.version & ~1U;

    arch_time_info(v, &info);
    info.version = version + 1;
    put_version(v->time_guest, info.version);
    copy_to_guest_va(v->time_guest, &info, sizeof(info));
    smp_wmb();
    put_version(v->time_guest, version + 2);
}

static void update_runstate_area(struct vcpu *v)
{
    if (v->runstate_guest && arch_vcpu_kernel_reachable(v))
        write_runstate(v);
    else if (v->runstate_guest)
        v->areas_stale = true;
}

void vcpu_update_stale_areas(struct vcpu *v)
{
    v->areas_stale = false;
    if (v->runstate_guest)
        write_runstate(v);
    if (v->time_guest)
        write_time_area(v);
}

void vcpu_update_time_area(struct vcpu *v)
{
    if (v->time_guest && arch_vcpu_kernel_reachable(v))
        write_time_area(v);
    else if (v->time_guest)
        v->areas_stale = true;
}

/* --- timers ----------------------------------------------------------------------------------- */

static void singleshot_expired(void *data) { send_vcpu_virq(data, VIRQ_TIMER); }

static void poll_expired(void *data) { evtchn_poll_timeout(data); }

/* While the vcpu is off its CPU ticks are not counted: the next one is due when it comes back. */
static void periodic_expired(void *data)
{
    struct vcpu *v = data;

    if (!READ_ONCE(v->running) || !v->periodic_period)
        return;
    send_vcpu_virq(v, VIRQ_TIMER);
    v->periodic_last = now();
    timer_set(&v->periodic_timer, v->periodic_last + v->periodic_period);
}

static void resume_periodic(struct vcpu *v)
{
    s_time_t t = now();

    if (t - v->periodic_last >= (s_time_t)v->periodic_period) {
        send_vcpu_virq(v, VIRQ_TIMER);
        v->periodic_last = t;
    }
    timer_set(&v->periodic_timer, v->periodic_last + v->periodic_period);
}

void vcpu_timers_init(struct vcpu *v)
{
    timer_init(&v->periodic_timer, periodic_expired, v, v->processor);
    timer_init(&v->singleshot_timer, singleshot_expired, v, v->processor);
    timer_init(&v->poll_timer, poll_expired, v, v->processor);
}

void vcpu_timers_destroy(struct vcpu *v)
{
    struct timer *timers[] = { &v->periodic_timer, &v->singleshot_timer, &v->poll_timer };

    for (unsigned i = 0; i < ARRAY_SIZE(timers); i++)
        if (!timers[i]->killed)
            timer_kill(timers[i]);
}

void vcpu_timers_migrate(struct vcpu *v, unsigned cpu)
{
    timer_migrate(&v->periodic_timer, cpu);
    timer_migrate(&v->singleshot_timer, cpu);
    timer_migrate(&v->poll_timer, cpu);
}

int vcpu_set_periodic(struct vcpu *v, uint64_t period)
{
    if (period && (period < (uint64_t)NS_PER_MS || period > INT64_MAX / 2))
        return -XEN_EINVAL;
    spin_lock(&v->lock);
    timer_stop(&v->periodic_timer);
    v->periodic_period = period;
    v->periodic_last = now();
    if (period)
        timer_set(&v->periodic_timer, v->periodic_last + period);
    spin_unlock(&v->lock);
    return 0;
}

void vcpu_time_switch_in(struct vcpu *v)
{
    if (unlikely(v->time_clock != arch_clock_id())) {
        vcpu_time_update(v);
        vcpu_update_time_area(v);
    }
    if (v->runstate_guest)
        update_runstate_area(v);
    if (unlikely(v->periodic_period))
        resume_periodic(v);
}

void vcpu_time_switch_out(struct vcpu *v)
{
    if (unlikely(v->periodic_period))
        timer_stop(&v->periodic_timer);
}

/** 0 stops the timer; a time that has passed makes it expire at once. */
long do_set_timer_op(uint64_t timeout, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                     uint64_t a6)
{
    struct vcpu *v = current;

    if (timeout == 0)
        timer_stop(&v->singleshot_timer);
    else
        timer_set(&v->singleshot_timer, timeout > INT64_MAX ? STIME_MAX : (s_time_t)timeout);
    return 0;
}

/* --- wall clock ------------------------------------------------------------------------------- */

/* Where 32-bit code has it in the shared page, and its upper half (in the x86 part, words on). */
#define NARROW_CLOCK 2304
#define NARROW_HIGH  9

/* Four words from the version on: version, seconds, ns; the seconds' upper half is `high` words on. */
static void put_wallclock(uint32_t *words, unsigned high, uint64_t sec, uint32_t ns)
{
    uint32_t version = (READ_ONCE(words[0]) + 1) | 1;

    WRITE_ONCE(words[0], version);
    smp_wmb();
    words[1] = sec;
    words[high] = sec >> 32;
    words[2] = ns;
    smp_wmb();
    WRITE_ONCE(words[0], version + 1);
}

void update_wallclock(struct domain *d)
{
    uint64_t base = READ_ONCE(wall_base), sec = base / NS_PER_S + d->time_offset_seconds;
    struct shared_info *si;

    spin_lock(&d->lock);
    si = d->shared_info;
    if (si && d->is_narrow)
        put_wallclock((uint32_t *)((char *)si + NARROW_CLOCK), NARROW_HIGH, sec, base % NS_PER_S);
    else if (si)
        put_wallclock(&si->wc_version, 3, sec, base % NS_PER_S);
    spin_unlock(&d->lock);
}

uint64_t wallclock_now(void) { return READ_ONCE(wall_base) + (uint64_t)now(); }

void set_wallclock(uint64_t sec, uint32_t nsec, uint64_t system_time_base)
{
    WRITE_ONCE(wall_base, sec * NS_PER_S + nsec - system_time_base);
    for (struct domain *d = domain_first_from(0); d; d = domain_next(d))
        update_wallclock(d);
}
