/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels: the two-level ABI, and the upcall. */
#include "guest.h"

volatile unsigned event_count[EVTCHN_2L_NR_CHANNELS];
volatile unsigned upcall_count;
static upcall_t *hook;

void upcall(void);

void upcall_hook(upcall_t *new_hook)
{
    hook = new_hook;
}

static uint64_t take_word(volatile uint64_t *word, uint64_t bits)
{
    return __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST) & bits;
}

static void scan(void)
{
    vcpu_info_t *info = vcpu_info();
    uint64_t selected = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);

    for (unsigned w = 0; w < 64; w++) {
        uint64_t pending;

        if (!(selected >> w & 1))
            continue;
        pending = take_word(&shared_info->evtchn_pending[w], ~shared_info->evtchn_mask[w]);
        for (unsigned b = 0; b < 64; b++)
            if (pending >> b & 1)
                event_count[w * 64 + b]++;
    }
}

void upcall(void)
{
    __atomic_fetch_add(&upcall_count, 1, __ATOMIC_SEQ_CST);
    while (__atomic_exchange_n(&vcpu_info()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST)) {
        if (hook)
            hook();
        else
            scan();
    }
}

/* An event that became pending while they were masked needs a push: any hypercall gives one. */
void events_on(void)
{
    vcpu_info_t *info = vcpu_info();

    *(volatile uint8_t *)&info->evtchn_upcall_mask = 0;
    barrier();
    if (*(volatile uint8_t *)&info->evtchn_upcall_pending)
        hyp_xen_version(XENVER_version, NULL);
}

void events_off(void)
{
    *(volatile uint8_t *)&vcpu_info()->evtchn_upcall_mask = 1;
    barrier();
}

void event_mask(evtchn_port_t port, bool masked)
{
    uint64_t bit = 1UL << port % 64;
    evtchn_unmask_t unmask = {port};

    if (masked)
        __atomic_fetch_or(&shared_info->evtchn_mask[port / 64], bit, __ATOMIC_SEQ_CST);
    else
        hyp_event_channel_op(EVTCHNOP_unmask, &unmask); /* also delivers what is pending */
}

bool event_pending(evtchn_port_t port)
{
    return *(volatile uint64_t *)&shared_info->evtchn_pending[port / 64] >> port % 64 & 1;
}

void event_clear(evtchn_port_t port)
{
    take_word(&shared_info->evtchn_pending[port / 64], 1UL << port % 64);
}

long event_close(evtchn_port_t port)
{
    evtchn_close_t arg = {port};
    long result = hyp_event_channel_op(EVTCHNOP_close, &arg);

    if (!result) {
        event_mask(port, true);
        event_clear(port);
        event_count[port] = 0;
    }
    return result;
}

long event_send(evtchn_port_t port)
{
    evtchn_send_t arg = {port};

    return hyp_event_channel_op(EVTCHNOP_send, &arg);
}

long event_status(evtchn_port_t port, evtchn_status_t *status)
{
    *status = (evtchn_status_t){.dom = DOMID_SELF, .port = port};
    return hyp_event_channel_op(EVTCHNOP_status, status);
}

evtchn_port_t bind_virq(unsigned virq, unsigned vcpu)
{
    evtchn_bind_virq_t arg = {.virq = virq, .vcpu = vcpu};

    if (!CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_virq, &arg), 0))
        return 0;
    event_clear(arg.port);
    event_count[arg.port] = 0;
    return arg.port;
}

evtchn_port_t bind_ipi(unsigned vcpu)
{
    evtchn_bind_ipi_t arg = {.vcpu = vcpu};

    if (!CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_ipi, &arg), 0))
        return 0;
    event_clear(arg.port);
    event_count[arg.port] = 0;
    return arg.port;
}

evtchn_port_t alloc_unbound(domid_t remote)
{
    evtchn_alloc_unbound_t arg = {.dom = DOMID_SELF, .remote_dom = remote};

    if (!CHECK_EQ(hyp_event_channel_op(EVTCHNOP_alloc_unbound, &arg), 0))
        return 0;
    return arg.port;
}

bool event_wait(evtchn_port_t port, uint64_t ns)
{
    uint64_t end = now() + ns;

    events_on();
    while (!event_count[port] && now() < end)
        relax();
    events_off();
    return event_count[port] != 0;
}
