/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storms: a guest that uses up whatever it can, on all of its vcpus, until it is destroyed. Which
 * one is said by storm=NAME on the command line (without it, and as Dom0, the test is skipped):
 *
 *   spin      nothing but turning, with events masked
 *   timers    one-shot timers and set_timer_op, in the past and in the next moment, over and over
 *   periodic  the shortest period that is accepted on each vcpu, and turning
 *   polls     polls with a time limit that has passed or is next to come
 *   events    sends to Dom0's ends of console and store, and to the bystander's
 *   console   output without end, by the ring to the console daemon
 *   store     requests to the store without end, good ones and bad ones
 *   flushes   TLB flushes of all vcpus, and page-table changes that need them
 *   faults    exceptions, one after the other
 *
 * Expected: Dom0 and the bystander get on with their work; tests/system/hostile.py looks at that.
 */
#include <guest.h>

#include <public/io/console.h>
#include <public/io/xs_wire.h>

#define BYSTANDER 1
#define SOME 64 /* calls between two looks at nothing */

static volatile struct xencons_interface *console_ring;
static volatile struct xenstore_domain_interface *store_ring;
static uint8_t *windows[NR_VCPUS];
static evtchn_port_t neighbour; /* connected with the bystander, or 0 */

static void spin(void)
{
    for (int i = 0; i < 1000; i++)
        relax();
}

static void timers(void)
{
    vcpu_set_singleshot_timer_t shot = {.timeout_abs_ns = now()};

    for (int i = 0; i < SOME; i++) {
        shot.timeout_abs_ns += (uint64_t)i * 50;
        hyp_vcpu_op(VCPUOP_set_singleshot_timer, self()->id, &shot);
        hyp_set_timer_op(shot.timeout_abs_ns - (i & 1 ? 1000000 : 0));
    }
}

static void periodic(void)
{
    vcpu_set_periodic_timer_t period = {.period_ns = 1};

    for (; hyp_vcpu_op(VCPUOP_set_periodic_timer, self()->id, &period); period.period_ns *= 2)
        ;
    spin();
}

static void polls(void)
{
    evtchn_port_t port = start_info->store_evtchn;
    sched_poll_t poll = {.ports = HANDLE(&port), .nr_ports = 1, .timeout = now()};

    for (int i = 0; i < SOME; i++) {
        poll.timeout += (uint64_t)i * 50;
        hyp_sched_op(SCHEDOP_poll, &poll);
    }
}

static void events(void)
{
    for (int i = 0; i < SOME; i++) {
        event_send(start_info->console.domU.evtchn);
        event_send(start_info->store_evtchn);
        if (neighbour)
            event_send(neighbour);
    }
}

/* The ring is said to be full of new bytes, whatever has been taken from it. */
static void console(void)
{
    console_ring->out_prod = console_ring->out_cons + sizeof(console_ring->out);
    event_send(start_info->console.domU.evtchn);
}

/* Bytes of a header that is good or bad: what the daemon answers is thrown away. */
static void store(void)
{
    static const struct xsd_sockmsg requests[] = {
        {.type = XS_DIRECTORY, .len = 2}, {.type = XS_TRANSACTION_START, .len = 1},
        {.type = XS_WATCH, .len = 4},     {.type = 0xffffffff, .len = 8},
    };
    static unsigned n;
    const uint8_t *header = (const uint8_t *)&requests[n++ % ARRAY_SIZE(requests)];
    uint32_t size = sizeof(requests[0]) + ((const struct xsd_sockmsg *)header)->len;
    XENSTORE_RING_IDX at = store_ring->req_prod;

    store_ring->rsp_cons = store_ring->rsp_prod;
    if (store_ring->req_prod - store_ring->req_cons + size <= XENSTORE_RING_SIZE) {
        for (uint32_t i = 0; i < size; i++)
            store_ring->req[MASK_XENSTORE_IDX(at + i)] =
                i < sizeof(requests[0]) ? (char)header[i] : "/\0a"[i % 4];
        barrier();
        store_ring->req_prod = at + size;
    }
    event_send(start_info->store_evtchn);
}

static void flushes(void)
{
    uint8_t *window = windows[self()->id];
    uint64_t entry = virt_to_mfn(memset) << 12 | PTE_RO;

    for (int i = 0; i < SOME; i++) {
        hyp_update_va_mapping((uint64_t)window, entry, UVMF_TLB_FLUSH | UVMF_ALL);
        mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0);
        hyp_update_va_mapping((uint64_t)window, 0, UVMF_INVLPG | UVMF_ALL);
    }
}

static void faults(void)
{
    for (int i = 0; i < SOME; i++) {
        (void)FAULT_OF(asm volatile("ud2"));
        (void)FAULT_OF(wrmsr(0xdeadbeef, 0));
        (void)FAULT_OF(*(volatile uint8_t *)HYPERVISOR_VIRT_START = 0);
    }
}

static const struct storm {
    const char *name;
    void (*some)(void);
} storms[] = {
    {"spin", spin},     {"timers", timers},   {"periodic", periodic},
    {"polls", polls},   {"events", events},   {"console", console},
    {"store", store},   {"flushes", flushes}, {"faults", faults},
};

static const struct storm *chosen(void)
{
    const char *name = option("storm");

    for (unsigned i = 0; name && i < ARRAY_SIZE(storms); i++)
        if (!strncmp(name, storms[i].name, strlen(storms[i].name)))
            return &storms[i];
    return NULL;
}

static void for_ever(void *storm)
{
    for (;;)
        ((const struct storm *)storm)->some();
}

/* The rings are ordinary pages of the guest, mapped where all its memory is. */
static void *ring(uint64_t mfn)
{
    return (void *)(VIRT_BASE + (mfn_to_pfn(mfn) << 12));
}

/* Which of its ports the bystander keeps for us has not been said: all are tried. */
static void connect(void)
{
    for (evtchn_port_t port = 1; port < 256 && !neighbour; port++) {
        evtchn_bind_interdomain_t bind = {.remote_dom = BYSTANDER, .remote_port = port};

        if (!hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind))
            neighbour = bind.local_port;
    }
}

GUEST_TEST("a storm that only ends with the guest")
{
    const struct storm *storm = chosen();

    if (is_dom0() || !storm) {
        skip("for an unprivileged guest, with storm=NAME");
        return;
    }
    console_ring = ring(start_info->console.domU.mfn);
    store_ring = ring(start_info->store_mfn);
    connect();
    for (unsigned v = 0; v < NR_VCPUS; v++)
        windows[v] = window_alloc();
    printk("storm %s begins, %s to the bystander\n", storm->name,
           neighbour ? "connected" : "not connected");
    for (unsigned v = 1; v < vcpus_present(); v++)
        vcpu_start(v, for_ever, (void *)storm);
    for_ever((void *)storm);
}
