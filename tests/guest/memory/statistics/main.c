/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of statistics (public/statistics.h) as a tool uses it: Dom0 maps its pages to read and
 * finds its own vcpu, whose calls and events count exactly, and whose time runs; a new domain has
 * entries while it lives. The pages cannot be mapped to be written, nor be had by anybody else.
 */
#include <guest.h>
#include <public/statistics.h>

#define MAX_FRAMES 8
#define PER_PAGE   (4096 / sizeof(struct xen_vcpu_statistics))

static const volatile struct xen_vcpu_statistics *pages[MAX_FRAMES];
static xen_pfn_t frames[MAX_FRAMES];
static struct xen_sysctl op;

static struct xen_sysctl_statistics table(void)
{
    struct xen_sysctl_statistics s;

    memset(&op, 0, sizeof(op));
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_statistics), 0);
    memcpy(&s, &op.u, sizeof(s));
    return s;
}

static long acquire(unsigned count)
{
    xen_mem_acquire_resource_t r = {.domid = DOMID_XEN, .type = XENMEM_resource_statistics,
                                    .nr_frames = count, .frame_list = HANDLE(frames)};

    return hyp_memory_op(XENMEM_acquire_resource, &r);
}

static long map(void *window, uint64_t mfn, uint64_t flags)
{
    return hyp_update_va_mapping_otherdomain((uint64_t)window, mfn << 12 | flags, UVMF_INVLPG,
                                             DOMID_XEN);
}

/* The entry of a vcpu, NULL if there is none. */
static const volatile struct xen_vcpu_statistics *find(domid_t domid, unsigned vcpu, unsigned nr)
{
    for (unsigned i = 0; i < nr * PER_PAGE; i++) {
        const volatile struct xen_vcpu_statistics *s = &pages[i / PER_PAGE][i % PER_PAGE];

        if (s->domid == domid && s->vcpu == vcpu)
            return s;
    }
    return NULL;
}

static void check_other(unsigned nr)
{
    struct xen_domctl create = {.u.max_vcpus.max = 1};
    domid_t domid;

    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK(!find(domid, 0, nr));
    CHECK_EQ(domctl(&create, XEN_DOMCTL_max_vcpus, domid), 0);
    CHECK(find(domid, 0, nr) != NULL);
    CHECK_EQ(domain_destroy(domid), 0);
    CHECK(WAIT_FOR(!find(domid, 0, nr))); /* it is freed a moment after it has left the list */
}

static void check_counts(const volatile struct xen_vcpu_statistics *own)
{
    evtchn_port_t port = bind_ipi(0);
    uint64_t calls, events, running = own->running, entered = own->entered;
    struct xen_sysctl_statistics s = table();

    CHECK_EQ(own->state, RUNSTATE_running);
    CHECK(s.now >= entered);
    calls = own->hypercalls;
    events = own->events;
    for (unsigned i = 0; i < 10; i++)
        hyp_xen_version(XENVER_version, NULL);
    CHECK_EQ(own->hypercalls, calls + 10);
    event_mask(port, true);
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ(event_send(port), 0);
    CHECK_EQ(own->events, events + 5);
    CHECK(own->running + (table().now - own->entered) > running + (s.now - entered));
    CHECK_EQ(event_close(port), 0);
}

GUEST_TEST("statistics: Dom0 reads what its vcpus and others did")
{
    struct xen_sysctl_statistics s;

    if (!is_dom0()) {
        CHECK_EQ(acquire(1), -XEN_EPERM);
        return;
    }
    memset(&op, 0, sizeof(op));
    if (sysctl(&op, XEN_SYSCTL_statistics) == -XEN_ENOSYS)
        return skip("this hypervisor publishes none");
    s = table();
    CHECK_EQ(s.entry_size, sizeof(struct xen_vcpu_statistics));
    CHECK(s.nr_frames >= 1 && s.nr_frames <= MAX_FRAMES);
    CHECK_EQ(acquire(s.nr_frames), 0);
    for (unsigned i = 0; i < s.nr_frames; i++) {
        pages[i] = window_alloc();
        CHECK(map((void *)pages[i], frames[i], PTE_RW) < 0);
        CHECK_EQ(map((void *)pages[i], frames[i], PTE_RO), 0);
        CHECK(!can_write((void *)pages[i]));
    }
    CHECK(find(0, 0, s.nr_frames) != NULL);
    check_counts(find(0, 0, s.nr_frames));
    check_other(s.nr_frames);
    for (unsigned i = 0; i < s.nr_frames; i++)
        window_free((void *)pages[i]);
}
