/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains that stop: by their own wish, by their controller's, or because they did something
 * unforgivable.
 *
 * A shutdown takes no lock, since a domain may have to be crashed from anywhere: whoever sets
 * is_shutting_down first does the rest. A guest that its controller suspends comes to rest before
 * that, vcpu by vcpu.
 */
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <public/sched.h>

#define CRASH_REBOOT_DELAY_MS 5000

static const char *reason_name(unsigned reason)
{
    static const char *const names[] = {
        [SHUTDOWN_poweroff] = "power off", [SHUTDOWN_reboot] = "reboot",
        [SHUTDOWN_suspend] = "suspend",    [SHUTDOWN_crash] = "crash",
        [SHUTDOWN_watchdog] = "watchdog",  [SHUTDOWN_soft_reset] = "soft reset",
    };
    return reason < ARRAY_SIZE(names) ? names[reason] : "unknown reason";
}

/* The machine goes the way of the domain that drives it. */
static void machine_follow(unsigned reason)
{
    printk(LOG_INFO, "hardware domain shut down: %s\n", reason_name(reason));
    switch (reason) {
    case SHUTDOWN_poweroff:
        machine_poweroff();
    case SHUTDOWN_reboot:
        machine_restart(0);
    default:
        if (opt_noreboot)
            machine_halt();
        machine_restart(CRASH_REBOOT_DELAY_MS);
    }
}

static void hold(struct vcpu *v)
{
    if (!__atomic_exchange_n(&v->paused_for_shutdown, true, __ATOMIC_SEQ_CST))
        vcpu_pause_nosync(v);
}

static void hold_vcpus(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v)
        hold(v);
}

static bool all_held(const struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v)
        if (!__atomic_load_n(&v->paused_for_shutdown, __ATOMIC_SEQ_CST))
            return false;
    return true;
}

int domain_shutdown(struct domain *d, unsigned reason)
{
    if (__atomic_exchange_n(&d->is_shutting_down, true, __ATOMIC_SEQ_CST))
        return 0;
    if (d->shutdown_code == SHUTDOWN_CODE_INVALID)
        d->shutdown_code = reason;
    if (d == hardware_domain)
        machine_follow(d->shutdown_code);

    hold_vcpus(d);
    __atomic_store_n(&d->is_shut_down, true, __ATOMIC_RELEASE);
    if (d->shutdown_code == SHUTDOWN_suspend && d->suspend_port)
        evtchn_notify_remote(d, d->suspend_port);
    else
        send_global_virq(VIRQ_DOM_EXC);
    return 0;
}

int domain_suspend(struct domain *d)
{
    struct vcpu *v;
    bool all;

    domain_pause(d);
    spin_lock(&d->lock);
    WRITE_ONCE(d->is_suspending, true);
    for_each_vcpu(d, v)
        if (!arch_vcpu_stops_later(v))
            hold(v);
    all = all_held(d);
    spin_unlock(&d->lock);
    domain_unpause(d);
    return all ? domain_shutdown(d, SHUTDOWN_suspend) : 0;
}

/* It runs: whoever changes is_suspending has paused it. */
void vcpu_stopped(void)
{
    struct domain *d = current->domain;

    if (!READ_ONCE(d->is_suspending))
        return;
    hold(current);
    if (all_held(d))
        domain_shutdown(d, SHUTDOWN_suspend);
}

/* True if nobody shuts it down, nor will. */
static bool stop_suspending(struct domain *d)
{
    return d->is_suspending && !__atomic_exchange_n(&d->is_shutting_down, true, __ATOMIC_SEQ_CST);
}

void domain_resume(struct domain *d)
{
    struct vcpu *v;

    domain_pause(d);
    spin_lock(&d->lock);
    if (d->dying == DOMDYING_alive && (d->is_shut_down || stop_suspending(d))) {
        d->shutdown_code = SHUTDOWN_CODE_INVALID;
        WRITE_ONCE(d->is_suspending, false);
        for_each_vcpu(d, v)
            if (__atomic_exchange_n(&v->paused_for_shutdown, false, __ATOMIC_SEQ_CST))
                vcpu_unpause(v);
        d->is_shut_down = false;
        __atomic_store_n(&d->is_shutting_down, false, __ATOMIC_RELEASE);
    }
    spin_unlock(&d->lock);
    domain_unpause(d);
}

void domain_crash(struct domain *d, const char *why, ...)
{
    char text[160];
    va_list ap;

    if (READ_ONCE(d->is_shutting_down))
        return;
    va_start(ap, why);
    vsnprintf(text, sizeof(text), why, ap);
    va_end(ap);
    printk(LOG_WARNING, "domain %u crashed: %s\n", d->id, text);
    if (d == current->domain)
        arch_dump_vcpu(current);
    domain_shutdown(d, SHUTDOWN_crash);
}
