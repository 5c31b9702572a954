/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 300 domains made and destroyed one after the other, each abandoned at another step of its making:
 * bare, with vcpus, with memory, with its grant table grown, with ports that Dom0 is connected to,
 * with a page that Dom0 has mapped. After some rounds to fill caches the machine has as many free
 * pages before as after. Also says how much a paused domain takes beyond its own memory.
 */
#include <guest.h>

#define ROUNDS 300
#define WARM   20
#define PAGES  32
#define STEPS  6

static uint64_t mfns[PAGES];

static void give_vcpus(domid_t domid)
{
    struct xen_domctl op = {.u.max_vcpus.max = 1};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, domid), 0);
}

static void give_memory(domid_t domid)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = PAGES * 4};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, PAGES, mfns), PAGES);
}

static void grow_grants(domid_t domid)
{
    xen_pfn_t frames[2];
    struct xen_mem_acquire_resource a = {.domid = domid,
                                         .type = XENMEM_resource_grant_table,
                                         .nr_frames = 2,
                                         .frame_list = {(uint64_t)frames}};

    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &a), 0);
}

static evtchn_port_t connect(domid_t domid)
{
    struct evtchn_alloc_unbound unbound = {.dom = domid, .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain bind = {.remote_dom = domid};

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_alloc_unbound, &unbound), 0);
    bind.remote_port = unbound.port;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
    return bind.local_port;
}

static void *map_page(domid_t domid)
{
    void *window = window_alloc();

    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, mfns[3] << 12 | PTE_RW,
                                               UVMF_INVLPG, domid), 0);
    return window;
}

static void one_round(unsigned steps)
{
    struct evtchn_close close = {0};
    void *window = NULL;
    domid_t domid;

    CHECK_EQ(domain_create(0, &domid), 0);
    if (steps >= 1)
        give_vcpus(domid);
    if (steps >= 2)
        give_memory(domid);
    if (steps >= 3)
        grow_grants(domid);
    if (steps >= 4)
        close.port = connect(domid);
    if (steps >= 5) {
        struct xen_domctl op = {0};

        /* the husk stays until the page is let go of */
        window = map_page(domid);
        CHECK_EQ(domctl(&op, XEN_DOMCTL_destroydomain, domid), 0);
        window_free(window);
    }
    if (domain_destroy(domid) != 0 && steps < 5)
        failure("destroying a domain abandoned at step %u failed", steps);
    if (close.port)
        CHECK_EQ(hyp_event_channel_op(EVTCHNOP_close, &close), 0);
}

/* What is left of the last domain goes when every CPU has passed through a guest. */
static uint64_t settled_free_pages(uint64_t expected)
{
    uint64_t pages;

    WAIT_FOR((pages = host_free_pages()) >= expected);
    return pages;
}

GUEST_TEST("300 domains, made to some step and destroyed")
{
    uint64_t before = 0, after;
    domid_t domid;

    NEEDS_DOM0();
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i == WARM)
            before = host_free_pages();
        one_round(i % STEPS);
    }
    after = settled_free_pages(before);
    /* objects share pages, so how many pages are in use may differ by one or two */
    CHECK(after + 2 >= before);

    CHECK_EQ(domain_create(0, &domid), 0);
    give_vcpus(domid);
    give_memory(domid);
    grow_grants(domid);
    printk("a paused domain takes %lu pages beyond its own memory\n",
           after - host_free_pages() - PAGES);
    CHECK_EQ(domain_destroy(domid), 0);
}
