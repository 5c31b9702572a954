/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channel operations with each of their allocations failing. With the table of ports used up
 * to its last one, whatever binds a port answers -ENOMEM, and nothing is bound: the same virtual or
 * physical interrupt, or other end, can be bound once the table may grow. FIFO's set-up fails and
 * the two-level ABI goes on.
 */
#include <guest.h>

#define MOST_PORTS 1024 /* far more than the table grows to here */
#define GSI        9

static domid_t domid;
static evtchn_port_t theirs, bound, fillers[MOST_PORTS];
static unsigned nr_fillers;
static void *control;

static long close_port(evtchn_port_t port)
{
    evtchn_close_t op = {port};

    return hyp_event_channel_op(EVTCHNOP_close, &op);
}

static void close_bound(void)
{
    CHECK_EQ(close_port(bound), 0);
}

static long unbound_of(domid_t of, evtchn_port_t *port)
{
    evtchn_alloc_unbound_t op = {.dom = of, .remote_dom = 0};
    long result = hyp_event_channel_op(EVTCHNOP_alloc_unbound, &op);

    *port = op.port;
    return result;
}

static long unbound_own(void) { return unbound_of(DOMID_SELF, &bound); }

static long interdomain(void)
{
    evtchn_bind_interdomain_t op = {.remote_dom = domid, .remote_port = theirs};
    long result = hyp_event_channel_op(EVTCHNOP_bind_interdomain, &op);

    bound = op.local_port;
    return result;
}

static long virq(void)
{
    evtchn_bind_virq_t op = {.virq = VIRQ_DEBUG};
    long result = hyp_event_channel_op(EVTCHNOP_bind_virq, &op);

    bound = op.port;
    return result;
}

static long ipi(void)
{
    evtchn_bind_ipi_t op = {0};
    long result = hyp_event_channel_op(EVTCHNOP_bind_ipi, &op);

    bound = op.port;
    return result;
}

static long pirq(void)
{
    evtchn_bind_pirq_t op = {.pirq = GSI};
    long result = hyp_event_channel_op(EVTCHNOP_bind_pirq, &op);

    bound = op.port;
    return result;
}

static long fifo(void)
{
    evtchn_init_control_t op = {.control_gfn = virt_to_mfn(control)};

    return hyp_event_channel_op(EVTCHNOP_init_control, &op);
}

static void fifo_end(void)
{
    evtchn_reset_t op = {.dom = DOMID_SELF};

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &op), 0);
}

static const struct fault_case binding[] = {
    {.name = "alloc_unbound", .act = unbound_own, .undo = close_bound, .kept = KEPT_ON_SUCCESS},
    {.name = "bind_interdomain", .act = interdomain, .undo = close_bound,
     .kept = KEPT_ON_SUCCESS},
    {.name = "bind_virq", .act = virq, .undo = close_bound, .kept = KEPT_ON_SUCCESS},
    {.name = "bind_ipi", .act = ipi, .undo = close_bound, .kept = KEPT_ON_SUCCESS},
    {.name = "bind_pirq", .act = pirq, .undo = close_bound,
     .kept = KEPT_ON_FAILURE | KEPT_ON_SUCCESS},
};
static const struct fault_case controlling = {.name = "init_control", .act = fifo,
                                              .undo = fifo_end};

/* Takes every port that is left without growing the table. */
static void use_up(void)
{
    long result;

    do {
        fault_arm(1, 1);
        result = unbound_own();
        if (!result)
            fillers[nr_fillers++] = bound;
    } while (!result && nr_fillers < MOST_PORTS);
    fault_disarm();
    CHECK_EQ(result, -XEN_ENOMEM);
}

/* Each binding makes Dom0's table grow for good: not again when the test is repeated. */
static void check_binding(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    for (unsigned i = 0; i < ARRAY_SIZE(binding); i++) {
        use_up();
        CHECK(fault_each(&binding[i]) >= 1);
        while (nr_fillers > 0)
            CHECK_EQ(close_port(fillers[--nr_fillers]), 0);
    }
}

GUEST_TEST("event channels while allocations fail")
{
    NEEDS_FAULTS();
    control = page_alloc();
    CHECK_EQ(fault_each(&controlling), 2);
    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(unbound_of(domid, &theirs), 0);
    check_binding();
    CHECK_EQ(domain_destroy(domid), 0);
    page_free(control);
}
