/* SPDX-License-Identifier: GPL-2.0-only */
/* System time, by the vcpu's time page and the processor's counter. */
#include "guest.h"

uint64_t now(void)
{
    const volatile vcpu_time_info_t *t = &vcpu_info()->time;
    uint64_t delta, result;
    uint32_t version;

    do {
        version = t->version;
        barrier();
        delta = rdtsc() - t->tsc_timestamp;
        delta = t->tsc_shift >= 0 ? delta << t->tsc_shift : delta >> -t->tsc_shift;
        result = t->system_time +
                 (uint64_t)((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
        barrier();
    } while ((version & 1) || version != t->version);
    return result;
}

void busy_wait(uint64_t ns)
{
    uint64_t end = now() + ns;

    while (now() < end)
        relax();
}

void sleep(uint64_t ns)
{
    sched_poll_t poll = {.nr_ports = 0, .timeout = now() + ns};

    do { /* any event may end the sleep */
        hyp_sched_op(SCHEDOP_poll, &poll);
    } while (now() < poll.timeout);
}
