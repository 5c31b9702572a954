/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels with both ABIs and a hostile guest: the first guest has its FIFO control blocks
 * and an array of event words, the second one may do as it likes; ports between all, while event
 * words, heads and bitmaps change between the calls and in them.
 */
#include "calls.h"

#include <public/event_channel.h>

static void set_up_fifo(domid_t id)
{
    struct domain *d = domain_lookup(id);

    svc_become(d, 0);
    for (unsigned v = 0; v < 2; v++) {
        struct evtchn_init_control *op = (void *)services_args;

        *op = (struct evtchn_init_control){ .control_gfn = svc_frame(d, 0),
                                            .offset = v * 128,
                                            .vcpu = v };
        FUZZ_CHECK(!CALL(event_channel_op, EVTCHNOP_init_control, (uint64_t)op, 0),
                   "no control block for vcpu %u", v);
    }
    *(struct evtchn_expand_array *)services_args =
        (struct evtchn_expand_array){ .array_gfn = svc_frame(d, 1) };
    FUZZ_CHECK(!CALL(event_channel_op, EVTCHNOP_expand_array, (uint64_t)services_args, 0),
               "no event words");
}

static void steps(void)
{
    static const struct call_table *const tables[] = { &event_calls };

    set_up_fifo(1);
    calls_run(tables, ARRAY_SIZE(tables));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    services_fuzz(steps);
}
