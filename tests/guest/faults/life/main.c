/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's whole life, cut short wherever it can be. It is made in a dozen steps, as toolstacks
 * do: memory, vcpus, tables written through foreign mappings and pinned, a context, a grant and a
 * port that Dom0 uses. Then
 *
 * - the n-th allocation of its making fails, for every n;
 * - it is destroyed after the n-th step, for every n;
 * - it is destroyed from within its making, at the n-th point where one of the steps can be
 *   interrupted, for every n: what is left of the step meets a domain that dies or is gone;
 * - its end is interrupted at the n-th point, for every n, and everything that a toolstack can do
 *   to a domain is done to the dying one.
 *
 * Each time all memory of the machine is there again, exactly, and no domain is left.
 */
#include <guest.h>

#define PAGES    200
#define VCPUS    3
#define GUEST_VA 0x400000UL
#define REF      8

static domid_t domid;
static uint64_t mfns[PAGES];
static void *data, *table; /* what Dom0 maps of it: page 0 by a grant, its grant table */
static grant_handle_t handle;
static evtchn_port_t port;

/* ---- making it: each step answers an error, or 0 */

static long made(void)
{
    struct xen_domctl op = {.u.createdomain = {.max_vcpus = VCPUS, .max_evtchn_port = 1023,
                                               .max_grant_frames = 4, .max_maptrack_frames = 4,
                                               .grant_opts = XEN_DOMCTL_GRANT_version(1)}};
    long result = domctl(&op, XEN_DOMCTL_createdomain, 0);

    if (!result)
        domid = op.domain;
    return result;
}

static long limited(void)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = PAGES * 4};

    return domctl(&op, XEN_DOMCTL_max_mem, domid);
}

static long with_vcpus(void)
{
    struct xen_domctl op = {.u.max_vcpus.max = VCPUS};

    return domctl(&op, XEN_DOMCTL_max_vcpus, domid);
}

static long claimed(void)
{
    xen_memory_reservation_t r = {.nr_extents = PAGES, .domid = domid};

    return hyp_memory_op(XENMEM_claim_pages, &r);
}

static long populated(void)
{
    long done = domain_populate(domid, 0, PAGES, mfns);

    return done == PAGES ? 0 : done < 0 ? done : -XEN_ENOMEM;
}

static long map_foreign(void *window, uint64_t mfn)
{
    return hyp_update_va_mapping_otherdomain((uint64_t)window, mfn << 12 | PTE_RW, UVMF_INVLPG,
                                             domid);
}

static long write_entries(unsigned page, unsigned first, unsigned count, uint64_t mfn,
                          uint64_t flags)
{
    uint64_t *window = window_alloc();
    long result = map_foreign(window, mfns[page]);

    if (!result) {
        memset(window, 0, PAGE_SIZE);
        for (unsigned i = 0; i < count; i++)
            window[first + i] = (mfn ? mfn : mfns[i + 5]) << 12 | flags;
    }
    window_free(window);
    return result;
}

/* Pages 1 to 4 are its tables of levels 1 to 4; the first maps all pages from the fifth on. */
static long tables_written(void)
{
    long result = write_entries(1, 0, PAGES - 5, 0, PTE_RW);

    result = result ? result : write_entries(2, GUEST_VA >> 21, 1, mfns[1], PTE_RW);
    result = result ? result : write_entries(3, 0, 1, mfns[2], PTE_RW);
    return result ? result : write_entries(4, 0, 1, mfns[3], PTE_RW);
}

static long pinned(void)
{
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = mfns[4]};

    return hyp_mmuext_op(&pin, 1, NULL, domid);
}

static long context_set(void)
{
    static vcpu_guest_context_t context;
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = 0, .ctxt = HANDLE(&context)}};

    vcpu_context(&context, 0, GUEST_VA, GUEST_VA + 0x1e00);
    memset(context.trap_ctxt, 0, sizeof(context.trap_ctxt));
    context.ctrlreg[3] = xen_pfn_to_cr3(mfns[4]);
    context.ctrlreg[1] = 0;
    context.gdt_frames[0] = mfns[0];
    context.gdt_ents = 512;
    return domctl(&op, XEN_DOMCTL_setvcpucontext, domid);
}

static long table_mapped(void)
{
    xen_pfn_t frame = 0;
    xen_mem_acquire_resource_t r = {.domid = domid, .type = XENMEM_resource_grant_table,
                                    .nr_frames = 1, .frame_list = HANDLE(&frame)};
    long result = hyp_memory_op(XENMEM_acquire_resource, &r);

    return result ? result : map_foreign(table, frame);
}

static long granted(void)
{
    gnttab_map_grant_ref_t op = {.host_addr = (uint64_t)data, .flags = GNTMAP_host_map,
                                 .ref = REF, .dom = domid};
    long result;

    if (!can_write(table))
        return -XEN_ENOENT; /* the domain went while the table was being mapped */
    ((grant_entry_v1_t *)table)[REF] = (grant_entry_v1_t){.frame = (uint32_t)mfns[9],
                                                          .flags = GTF_permit_access};
    result = hyp_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);
    if (!result && !op.status)
        handle = op.handle;
    return result ? result : op.status;
}

static long connected(void)
{
    evtchn_alloc_unbound_t unbound = {.dom = domid};
    evtchn_bind_interdomain_t bind = {.remote_dom = domid};
    long result = hyp_event_channel_op(EVTCHNOP_alloc_unbound, &unbound);

    if (result)
        return result;
    bind.remote_port = unbound.port;
    result = hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind);
    port = result ? 0 : bind.local_port;
    return result;
}

static long (*const steps[])(void) = {made, limited, with_vcpus, claimed, populated,
                                      tables_written, pinned, context_set, table_mapped, granted,
                                      connected};

static long make(unsigned count)
{
    long result = 0;

    domid = 0;
    handle = ~0U;
    port = 0;
    for (unsigned i = 0; i < count && !result; i++)
        result = steps[i]();
    return result;
}

/* ---- ending it */

static void let_go(void)
{
    gnttab_unmap_grant_ref_t op = {.host_addr = (uint64_t)data, .handle = handle};

    if (handle != ~0U) {
        CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
        CHECK_EQ(op.status, GNTST_okay);
    }
    if (port)
        CHECK_EQ(event_close(port), 0);
    unmap(table);
}

static void destroy(void)
{
    struct xen_domctl op = {0};
    long result = domid ? domctl(&op, XEN_DOMCTL_destroydomain, domid) : 0;

    if (result != -XEN_ESRCH) /* interrupted and ended from there */
        CHECK_EQ(result, 0);
}

static void end(const struct usage *before, const char *what, unsigned n)
{
    struct xen_domctl_getdomaininfo info;
    char text[60];

    destroy();
    let_go();
    snprint(text, sizeof(text), "%s %u", what, n);
    if (usage_same(before, text))
        CHECK(!domid || !domain_info(domid, &info));
}

static void check_failing(const struct usage *before)
{
    uint64_t failed = 1;
    unsigned n;

    for (n = 1; failed; n++) {
        fault_arm(n, 1);
        long result = make(ARRAY_SIZE(steps));
        failed = fault_disarm();
        if (failed)
            CHECK(result == -XEN_ENOMEM || result == GNTST_no_space);
        else
            CHECK_EQ(result, 0);
        end(before, "failing allocation", n);
    }
    printk("%u allocations\n", n - 2);
}

static void check_abandoned(const struct usage *before)
{
    for (unsigned n = 1; n <= ARRAY_SIZE(steps); n++) {
        CHECK_EQ(make(n), 0);
        end(before, "made to step", n);
    }
}

/* ---- interrupted: the hook runs where an operation gave way */

static unsigned interrupts;

static void destroy_there(void)
{
    if (interrupts++)
        return;
    events_off();
    destroy();
    events_on();
}

static void check_destroyed_within(const struct usage *before)
{
    unsigned n = 1;
    bool more = true;

    upcall_hook(destroy_there);
    for (; more; n++) {
        interrupts = 0;
        fault_interrupt(n);
        events_on();
        make(ARRAY_SIZE(steps));
        events_off();
        more = fault_interrupted(n);
        CHECK_EQ(!more, !interrupts);
        end(before, "destroyed within its making", n);
    }
    upcall_hook(NULL);
    printk("%u points of its making\n", n - 2);
    CHECK(n > 5);
}

static long control(unsigned cmd, struct xen_domctl op)
{
    return domctl(&op, cmd, domid);
}

/* What would keep it, or give it something, must fail; it must all end in any case. */
static void use_dying(void)
{
    evtchn_alloc_unbound_t unbound = {.dom = domid};
    gnttab_setup_table_t setup = {.dom = domid, .nr_frames = 4};
    domid_t other;
    uint64_t frame;

    if (interrupts++)
        return;
    control(XEN_DOMCTL_pausedomain, (struct xen_domctl){0});
    control(XEN_DOMCTL_unpausedomain, (struct xen_domctl){0});
    control(XEN_DOMCTL_resumedomain, (struct xen_domctl){0});
    control(XEN_DOMCTL_max_mem, (struct xen_domctl){.u.max_mem.max_memkb = 1 << 20});
    control(XEN_DOMCTL_subscribe, (struct xen_domctl){.u.subscribe.port = 1});
    CHECK(control(XEN_DOMCTL_set_virq_handler,
                  (struct xen_domctl){.u.set_virq_handler.virq = VIRQ_ARGO}) < 0);
    CHECK(control(XEN_DOMCTL_set_target, (struct xen_domctl){.u.set_target.target = 0}) < 0);
    CHECK(control(XEN_DOMCTL_setvcpucontext, (struct xen_domctl){0}) < 0);
    CHECK_EQ(domain_create(domid, &other), -XEN_EEXIST);
    CHECK(domain_populate(domid, 0, 1, &frame) <= 0);
    CHECK(claimed() < 0);
    CHECK(context_set() < 0);
    CHECK(pinned() < 0);
    hyp_event_channel_op(EVTCHNOP_alloc_unbound, &unbound); /* may be before the ports are closed */
    CHECK(hyp_grant_table_op(GNTTABOP_setup_table, &setup, 1) || setup.status);
}

static void check_end_interrupted(const struct usage *before, upcall_t *hook)
{
    unsigned n = 1;
    bool more = true;

    upcall_hook(hook);
    for (; more; n++) {
        CHECK_EQ(make(ARRAY_SIZE(steps)), 0);
        interrupts = 0;
        fault_interrupt(n);
        events_on();
        destroy();
        events_off();
        more = fault_interrupted(n);
        CHECK_EQ(!more, !interrupts);
        end(before, "end interrupted at", n);
    }
    upcall_hook(NULL);
    printk("%u points of its end\n", n - 2);
    CHECK(n > 10);
}

GUEST_TEST("a domain's life, cut short everywhere")
{
    struct usage before;

    NEEDS_FAULTS();
    data = window_alloc();
    table = window_alloc();
    CHECK_EQ(make(ARRAY_SIZE(steps)), 0); /* Dom0's own tables grow with the first one */
    destroy();
    let_go();
    before = usage_now();
    check_failing(&before);
    check_abandoned(&before);
    check_destroyed_within(&before);
    check_end_interrupted(&before, use_dying);
    check_end_interrupted(&before, destroy_there);
    window_free(table);
    window_free(data);
}
