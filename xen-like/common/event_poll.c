/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SCHEDOP_poll: a vcpu sleeps until one of some ports is pending, masked or not, or until a time.
 *
 * The vcpu is blocked as by SCHEDOP_block, so any event for it wakes it as well; it then looks
 * again. A bit in the domain's poll_mask says that it polls; it may outlive the sleep, which costs
 * one needless wake-up.
 */
#include <hv/arch.h>
#include <hv/event_port.h>
#include <hv/guest_access.h>
#include <hv/sched.h>
#include <public/errno.h>
#include <public/sched.h>

#define MAX_POLLED 128

static void set_polling(struct vcpu *v)
{
    __atomic_fetch_or(&v->domain->evtchn->poll_mask[v->id / 64], 1UL << v->id % 64,
                      __ATOMIC_SEQ_CST);
}

static bool clear_polling(struct vcpu *v)
{
    uint64_t bit = 1UL << v->id % 64;

    return __atomic_fetch_and(&v->domain->evtchn->poll_mask[v->id / 64], ~bit, __ATOMIC_SEQ_CST) &
           bit;
}

void evtchn_check_pollers(struct domain *d, unsigned port)
{
    for (unsigned word = 0; word < ARRAY_SIZE(d->evtchn->poll_mask); word++) {
        uint64_t mask = READ_ONCE(d->evtchn->poll_mask[word]);

        for (; mask; mask &= mask - 1) {
            struct vcpu *v = d->vcpu[word * 64 + __builtin_ctzl(mask)];
            unsigned wanted = READ_ONCE(v->poll_port);

            if ((wanted == 0 || wanted == port) && clear_polling(v))
                vcpu_unblock(v);
        }
    }
}

void evtchn_poll_timeout(struct vcpu *v)
{
    if (clear_polling(v))
        vcpu_unblock(v);
}

/* 1 if one is pending, 0 if none is, -errno. */
static int any_pending(const struct domain *d, const evtchn_port_t *ports, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++) {
        if (!port_lookup(d->evtchn, ports[i]))
            return -XEN_EINVAL;
        if (port_is_pending(d, ports[i]))
            return 1;
    }
    return 0;
}

long evtchn_poll(const struct sched_poll *poll)
{
    struct vcpu *v = current;
    evtchn_port_t ports[MAX_POLLED];
    int rc;

    if (poll->nr_ports > MAX_POLLED)
        return -XEN_EINVAL;
    if (copy_from_guest_va(ports, poll->ports.addr, poll->nr_ports * sizeof(ports[0])))
        return -XEN_EFAULT;

    /* announce first, look then, so that no event falls between */
    WRITE_ONCE(v->poll_port, poll->nr_ports == 1 ? ports[0] : 0);
    __atomic_fetch_or(&v->pause_flags, VPF_BLOCKED, __ATOMIC_SEQ_CST);
    set_polling(v);
    rc = any_pending(v->domain, ports, poll->nr_ports);
    if (rc == 0 && arch_interrupted())
        rc = 1;
    if (rc) {
        clear_polling(v);
        __atomic_fetch_and(&v->pause_flags, ~VPF_BLOCKED, __ATOMIC_SEQ_CST);
        return rc < 0 ? rc : 0;
    }
    if (poll->timeout)
        timer_set(&v->poll_timer, poll->timeout > INT64_MAX ? STIME_MAX : (s_time_t)poll->timeout);
    else
        timer_stop(&v->poll_timer);
    vcpu_sleep_nosync(v);
    return 0;
}
