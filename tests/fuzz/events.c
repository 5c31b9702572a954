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

/* A port of each, connected. */
static void connect(domid_t a, domid_t b)
{
    struct evtchn_alloc_unbound *alloc = (void *)services_args;
    struct evtchn_bind_interdomain *bind = (void *)(alloc + 1);

    services_run(a, 0);
    *alloc = (struct evtchn_alloc_unbound){ .dom = DOMID_SELF, .remote_dom = b };
    FUZZ_CHECK(!CALL(event_channel_op, EVTCHNOP_alloc_unbound, (uint64_t)alloc, 0), "no port");
    services_run(b, 0);
    *bind = (struct evtchn_bind_interdomain){ .remote_dom = a, .remote_port = alloc->port };
    FUZZ_CHECK(!CALL(event_channel_op, EVTCHNOP_bind_interdomain, (uint64_t)bind, 0),
               "no connection");
}

static void steps(void)
{
    static const struct call_table *const tables[] = { &event_calls };

    connect(0, 1);
    connect(1, 2);
    connect(2, 0);
    set_up_fifo(1);
    calls_run(tables, ARRAY_SIZE(tables));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    services_fuzz(steps);
}
