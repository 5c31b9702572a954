/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_op: a vcpu gives way, sleeps or polls; a domain shuts down or keeps a watchdog. */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/policy.h>
#include <hv/sched.h>
#include <hv/timer.h>
#include <hv/vcpu.h>
#include <public/sched.h>

/* --- watchdogs -------------------------------------------------------------------------------- */

struct watchdog {
    struct timer timer;
};

static void watchdog_expired(void *data) { domain_shutdown(data, SHUTDOWN_watchdog); }

/* LOCK_DOMAIN is held. */
static int watchdogs_alloc(struct domain *d)
{
    if (d->watchdogs)
        return 0;
    d->watchdogs = hv_zalloc_array(DOMAIN_WATCHDOGS, sizeof(*d->watchdogs));
    if (!d->watchdogs)
        return -XEN_ENOMEM;
    for (unsigned i = 0; i < DOMAIN_WATCHDOGS; i++)
        timer_init(&d->watchdogs[i].timer, watchdog_expired, d, this_cpu());
    return 0;
}

void watchdogs_kill(struct domain *d)
{
    if (!d->watchdogs)
        return;
    for (unsigned i = 0; i < DOMAIN_WATCHDOGS; i++)
        timer_kill(&d->watchdogs[i].timer);
    hv_free(d->watchdogs);
    d->watchdogs = NULL;
}

static s_time_t seconds_from_now(uint32_t s) { return now() + s * NS_PER_S; }

/* LOCK_DOMAIN is held. */
static long watchdog_start(struct domain *d, uint32_t timeout)
{
    int rc = watchdogs_alloc(d);

    if (rc)
        return rc;
    for (unsigned i = 0; i < DOMAIN_WATCHDOGS; i++) {
        if (d->watchdogs_in_use & 1U << i)
            continue;
        d->watchdogs_in_use |= 1U << i;
        timer_set(&d->watchdogs[i].timer, seconds_from_now(timeout));
        return i + 1;
    }
    return -XEN_ENOSPC;
}

/* LOCK_DOMAIN is held. */
static long watchdog_change(struct domain *d, uint32_t id, uint32_t timeout)
{
    if (id > DOMAIN_WATCHDOGS || !(d->watchdogs_in_use & 1U << (id - 1)))
        return -XEN_EINVAL;
    if (timeout) {
        timer_set(&d->watchdogs[id - 1].timer, seconds_from_now(timeout));
    } else {
        d->watchdogs_in_use &= ~(1U << (id - 1));
        timer_stop(&d->watchdogs[id - 1].timer);
    }
    return 0;
}

static long op_watchdog(uint64_t arg)
{
    struct domain *d = current->domain;
    struct sched_watchdog w;
    long rc;

    if (copy_from_guest_va(&w, arg, sizeof(w)))
        return -XEN_EFAULT;
    if (w.id == 0 && w.timeout == 0)
        return -XEN_EINVAL;
    spin_lock(&d->lock);
    rc = w.id ? watchdog_change(d, w.id, w.timeout) : watchdog_start(d, w.timeout);
    spin_unlock(&d->lock);
    return rc;
}

/* --- the other operations --------------------------------------------------------------------- */

static long op_yield(uint64_t arg)
{
    vcpu_yield();
    return 0;
}

static long op_block(uint64_t arg)
{
    vcpu_block();
    return 0;
}

static long op_shutdown(uint64_t arg)
{
    struct sched_shutdown s;

    if (copy_from_guest_va(&s, arg, sizeof(s)))
        return -XEN_EFAULT;
    return domain_shutdown(current->domain, s.reason & XEN_DOMINF_shutdownmask);
}

static long op_shutdown_code(uint64_t arg)
{
    struct domain *d = current->domain;
    struct sched_shutdown s;

    if (copy_from_guest_va(&s, arg, sizeof(s)))
        return -XEN_EFAULT;
    spin_lock(&d->lock);
    if (!d->is_shutting_down)
        d->shutdown_code = s.reason & XEN_DOMINF_shutdownmask;
    spin_unlock(&d->lock);
    return 0;
}

static long op_poll(uint64_t arg)
{
    struct sched_poll p;

    if (copy_from_guest_va(&p, arg, sizeof(p)))
        return -XEN_EFAULT;
    return evtchn_poll(&p);
}

static long op_remote_shutdown(uint64_t arg)
{
    struct sched_remote_shutdown s;
    struct domain *d;
    int rc;

    if (copy_from_guest_va(&s, arg, sizeof(s)))
        return -XEN_EFAULT;
    if (s.domain_id == DOMID_SELF)
        return -XEN_ESRCH;
    rc = policy_target(s.domain_id, policy_memory, &d);
    if (rc || d == current->domain)
        return rc ? rc : -XEN_EPERM;
    s.reason &= XEN_DOMINF_shutdownmask;
    return s.reason == SHUTDOWN_suspend ? domain_suspend(d) : domain_shutdown(d, s.reason);
}

/* For firmware calls that have to be made on one CPU. */
static long op_pin_override(uint64_t arg)
{
    struct sched_pin_override pin;

    if (policy_hardware(current->domain))
        return -XEN_EPERM;
    if (copy_from_guest_va(&pin, arg, sizeof(pin)))
        return -XEN_EFAULT;
    return vcpu_pin_override(current, pin.pcpu);
}

static long (*const sched_ops[])(uint64_t) = {
    [SCHEDOP_yield] = op_yield,
    [SCHEDOP_block] = op_block,
    [SCHEDOP_shutdown] = op_shutdown,
    [SCHEDOP_poll] = op_poll,
    [SCHEDOP_remote_shutdown] = op_remote_shutdown,
    [SCHEDOP_shutdown_code] = op_shutdown_code,
    [SCHEDOP_watchdog] = op_watchdog,
    [SCHEDOP_pin_override] = op_pin_override,
};

long do_sched_op(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    cmd = (uint32_t)cmd;
    return cmd < ARRAY_SIZE(sched_ops) ? sched_ops[cmd](arg) : -XEN_ENOSYS;
}

/** The call of before 3.0.2: the shutdown reason comes in the register. */
long do_sched_op_compat(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5,
                        uint64_t a6)
{
    switch ((uint32_t)cmd) {
    case SCHEDOP_yield:
        return op_yield(0);
    case SCHEDOP_block:
        return op_block(0);
    case SCHEDOP_shutdown:
        return domain_shutdown(current->domain, arg & XEN_DOMINF_shutdownmask);
    default:
        return -XEN_ENOSYS;
    }
}
