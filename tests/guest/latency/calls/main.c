/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a hypercall keeps its CPU from a timer that is due. Each of the long ones is issued over
 * and over, at its greatest size, while timers come due at arbitrary moments within; the handler of
 * the timer's event notes how late it is. Time is counted instructions here, so the figures are the
 * same on every host.
 *
 * Expected: never later than LIMIT (docs/latency.md). Each call does what it should, too.
 */
#include <guest.h>

#define LIMIT   500000 /* ns, and so instructions */
#define SAMPLES 60     /* timers that come due within calls of one kind */
#define LISTED  2048
#define TABLES  96
#define GRANTS  128
#define PORTS   512

static volatile uint64_t due, worst, samples;
static uint64_t seed = 0x2545f4914f6cdd1d;

static union {
    mmu_update_t updates[LISTED];
    multicall_entry_t calls[LISTED];
    struct mmuext_op ops[LISTED];
    xen_pfn_t frames[LISTED];
    gnttab_copy_t copies[GRANTS];
    uint64_t info[LISTED];
    char text[65536];
} list __attribute__((aligned(4096)));

static uint64_t *l1[TABLES], *l2, *l3, *l4;
static uint8_t *source, *target;
static xen_pfn_t pages_of_guest[1024];
static domid_t guest;

/* ---- the timer */

static void arm(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    due = now() + 20000 + seed % 100000;
    hyp_set_timer_op(due);
}

static void timer_event(void)
{
    uint64_t late = now() - due;

    shared_info->evtchn_pending[0] = 0;
    vcpu_info()->evtchn_pending_sel = 0;
    samples++;
    if (late > worst)
        worst = late;
    arm();
}

/* One kind of call: once more and once more, until enough timers were seen. */
static void measure(const char *what, bool (*call)(void))
{
    bool good = true;

    samples = worst = 0;
    upcall_hook(timer_event);
    events_on();
    arm();
    for (unsigned i = 0; i < 2000 && samples < SAMPLES && good; i++)
        good = call();
    events_off();
    hyp_set_timer_op(0);
    upcall_hook(NULL);
    printk("%s: at most %lu ns late in %lu timers\n", what, worst, samples);
    if (!good)
        failure("%s: not what was expected", what);
    if (samples < SAMPLES / 2)
        failure("%s: too few timers", what);
    if (worst > LIMIT)
        failure("%s: %lu ns late", what, worst);
}

/* ---- page tables */

static uint64_t entry(const void *page, uint64_t flags) { return virt_to_mfn(page) << 12 | flags; }

static void build_tree(void)
{
    source = page_alloc();
    target = page_alloc();
    l2 = page_alloc();
    l3 = page_alloc();
    l4 = page_alloc();
    for (unsigned i = 0; i < TABLES; i++) {
        l1[i] = page_alloc();
        for (unsigned j = 0; j < 512; j++)
            l1[i][j] = entry(source, PTE_RW);
        l2[i] = entry(l1[i], PTE_RW);
        CHECK_EQ(page_protect(l1[i], PTE_RO), 0);
    }
    l3[0] = entry(l2, PTE_RW);
    l4[0] = entry(l3, PTE_RW);
    CHECK_EQ(page_protect(l2, PTE_RO), 0);
    CHECK_EQ(page_protect(l3, PTE_RO), 0);
    CHECK_EQ(page_protect(l4, PTE_RO), 0);
}

static void drop_tree(void)
{
    uint64_t *const tops[] = {l2, l3, l4};

    for (unsigned i = 0; i < TABLES + 3; i++) {
        uint64_t *page = i < TABLES ? l1[i] : tops[i - TABLES];

        CHECK_EQ(page_protect(page, PTE_RW), 0);
        page_free(page);
    }
    page_free(source);
    page_free(target);
}

static bool pin_tree(void)
{
    return !mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0) &&
           !mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4), 0);
}

static bool update_many(void)
{
    unsigned done = 0;

    for (unsigned i = 0; i < LISTED; i++) {
        list.updates[i].ptr = entry(l1[i % TABLES], i % 512 * 8);
        list.updates[i].val = i & 1 ? entry(target, PTE_RW) : 0;
    }
    return !hyp_mmu_update(list.updates, LISTED, &done, DOMID_SELF) && done == LISTED;
}

static bool pin_many(void)
{
    unsigned done = 0;

    for (unsigned i = 0; i < 2 * TABLES; i++) {
        list.ops[i].cmd = i < TABLES ? MMUEXT_PIN_L1_TABLE : MMUEXT_UNPIN_TABLE;
        list.ops[i].arg1.mfn = virt_to_mfn(l1[i % TABLES]);
    }
    return !hyp_mmuext_op(list.ops, 2 * TABLES, &done, DOMID_SELF) && done == 2 * TABLES;
}

static bool call_many(void)
{
    for (unsigned i = 0; i < LISTED; i++)
        list.calls[i] = (multicall_entry_t){
            .op = __HYPERVISOR_update_va_mapping,
            .args = {(uint64_t)target, entry(target, i & 1 ? PTE_RW : PTE_RO), UVMF_INVLPG}};
    return !hyp_multicall(list.calls, LISTED);
}

/* ---- memory */

static bool reserve(domid_t domid, unsigned count, unsigned order)
{
    xen_memory_reservation_t r = {.extent_start = HANDLE(list.frames), .nr_extents = count,
                                  .extent_order = order, .domid = domid};

    for (unsigned i = 0; i < count; i++)
        list.frames[i] = i << order;
    if (hyp_memory_op(XENMEM_populate_physmap, &r) != count)
        return false;
    for (unsigned i = 0; i < count && order; i++)
        for (unsigned j = 1; j < 1u << order && count << order <= LISTED; j++)
            list.frames[count + i * ((1u << order) - 1) + j - 1] = list.frames[i] + j;
    r.extent_order = 0;
    r.nr_extents = count << order;
    return hyp_memory_op(XENMEM_decrease_reservation, &r) == count << order;
}

static bool reserve_pages(void) { return reserve(guest, LISTED, 0); }
static bool reserve_large(void) { return reserve(guest, LISTED >> 9, 9); }

static bool destroy_with_memory(void)
{
    domid_t domid;
    struct xen_domctl op = {0};

    if (domain_create(0, &domid))
        return false;
    op.u.max_mem.max_memkb = 16384;
    if (domctl(&op, XEN_DOMCTL_max_mem, domid) ||
        domain_populate(domid, 0, LISTED, list.frames) != LISTED)
        return false;
    return !domain_destroy(domid);
}

static bool exchange_pages(void)
{
    static xen_pfn_t out[256];
    struct xen_memory_exchange x = {
        .in = {.extent_start = HANDLE(list.frames), .nr_extents = 8, .domid = DOMID_SELF},
        .out = {.extent_start = HANDLE(out), .nr_extents = 8, .domid = DOMID_SELF}};
    uint8_t *pages[8];
    bool good;

    for (unsigned i = 0; i < 8; i++) {
        pages[i] = page_alloc();
        list.frames[i] = virt_to_mfn(pages[i]);
        out[i] = virt_to_pfn(pages[i]);
        unmap(pages[i]);
    }
    good = !hyp_memory_op(XENMEM_exchange, &x) && x.nr_exchanged == 8;
    for (unsigned i = 0; i < 8; i++) {
        if (good)
            p2m()[virt_to_pfn(pages[i])] = out[i];
        map_mfn(pages[i], virt_to_mfn(pages[i]), PTE_RW);
        page_free(pages[i]);
    }
    return good;
}

/* 512 pages of no address for one block of 2 MiB, which is given back. */
static bool exchange_large(void)
{
    static xen_pfn_t block;
    struct xen_memory_exchange x = {
        .in = {.extent_start = HANDLE(list.frames), .nr_extents = 512, .domid = DOMID_SELF},
        .out = {.extent_start = HANDLE(&block), .nr_extents = 1, .extent_order = 9,
                .domid = DOMID_SELF}};
    xen_memory_reservation_t r = {.extent_start = HANDLE(list.frames), .nr_extents = 512,
                                  .domid = DOMID_SELF};

    if (hyp_memory_op(XENMEM_increase_reservation, &r) != 512)
        return false;
    block = 0xfff00000;
    if (hyp_memory_op(XENMEM_exchange, &x) || x.nr_exchanged != 512)
        return false;
    for (unsigned i = 0; i < 512; i++)
        list.frames[i] = block + i;
    return hyp_memory_op(XENMEM_decrease_reservation, &r) == 512;
}

/* ---- grants, events, console */

static bool copy_many(void)
{
    for (unsigned i = 0; i < GRANTS; i++)
        list.copies[i] = (gnttab_copy_t){
            .source = {.u.gmfn = virt_to_mfn(source), .domid = DOMID_SELF},
            .dest = {.u.gmfn = virt_to_mfn(target), .domid = DOMID_SELF},
            .len = PAGE_SIZE};
    return !hyp_grant_table_op(GNTTABOP_copy, list.copies, GRANTS) && !list.copies[0].status &&
           !list.copies[GRANTS - 1].status;
}

static bool reset_ports(void)
{
    evtchn_reset_t reset = {guest};

    for (unsigned i = 0; i < PORTS; i++) {
        evtchn_alloc_unbound_t alloc = {.dom = guest, .remote_dom = DOMID_SELF};

        if (hyp_event_channel_op(EVTCHNOP_alloc_unbound, &alloc))
            return false;
    }
    return !hyp_event_channel_op(EVTCHNOP_reset, &reset);
}

static bool print_much(void)
{
    memset(list.text, '\r', sizeof(list.text));
    return !hyp_console_io(CONSOLEIO_write, 2048, list.text);
}

static bool read_log(void)
{
    struct xen_sysctl op = {0};

    op.u.readconsole.buffer = HANDLE(list.text);
    op.u.readconsole.count = sizeof(list.text);
    return !sysctl(&op, XEN_SYSCTL_readconsole);
}

/* Asks about pages of the guest; `pages_of_guest` lasts from call to call. */
static bool frame_info(void)
{
    struct xen_domctl op = {0};

    for (unsigned i = 0; i < 1024; i++)
        list.info[i] = pages_of_guest[i];
    op.u.getpageframeinfo3.num = 1024;
    op.u.getpageframeinfo3.array = HANDLE(list.info);
    return !domctl(&op, XEN_DOMCTL_getpageframeinfo3, guest) &&
           list.info[1023] == XEN_DOMCTL_PFINFO_NOTAB;
}

static bool create_with_vcpus(void)
{
    struct xen_domctl op = {
        .u.createdomain = {.max_vcpus = 64, .max_evtchn_port = 1023, .max_grant_frames = 64,
                           .max_maptrack_frames = 64,
                           .grant_opts = XEN_DOMCTL_GRANT_version(1)}};
    domid_t domid;

    if (domctl(&op, XEN_DOMCTL_createdomain, 0))
        return false;
    domid = op.domain;
    memset(&op, 0, sizeof(op));
    op.u.max_vcpus.max = 64;
    return !domctl(&op, XEN_DOMCTL_max_vcpus, domid) && !domain_destroy(domid);
}

static void with_guest(void)
{
    struct xen_domctl op = {0};

    if (!CHECK_EQ(domain_create(0, &guest), 0))
        return;
    op.u.max_mem.max_memkb = 65536;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, guest), 0);
    measure("populate and decrease of pages", reserve_pages);
    measure("populate of 2 MiB", reserve_large);
    CHECK_EQ(domain_populate(guest, 0, 1024, pages_of_guest), 1024);
    measure("getpageframeinfo3", frame_info);
    measure("event channel reset", reset_ports);
    CHECK_EQ(domain_destroy(guest), 0);
    measure("a domain that comes and goes", destroy_with_memory);
}

GUEST_TEST("how long hypercalls keep the CPU from a timer")
{
    evtchn_port_t timer = bind_virq(VIRQ_TIMER, 0);

    NEEDS_DOM0();
    event_mask(timer, false);
    build_tree();
    measure("pin and unpin of a tree", pin_tree);
    measure("mmuext_op with many pins", pin_many);
    CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0), 0);
    measure("mmu_update of many", update_many);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4), 0), 0);
    measure("multicall of many", call_many);
    measure("exchange", exchange_pages);
    measure("exchange for 2 MiB", exchange_large);
    measure("grant copy", copy_many);
    measure("console_io", print_much);
    measure("readconsole", read_log);
    measure("a domain with many vcpus", create_with_vcpus);
    drop_tree();
    with_guest();
    event_close(timer);
}
