/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that takes all it can get and gives nothing back: its memory up to the limit, every page
 * that is left pinned as a page table, every entry of a grant table grown to its limit, as many
 * mappings of a neighbour's grant as there are handles for, every event channel, descriptor tables
 * of its pages and a loaded LDT on each vcpu, registered areas, timers, watchdogs. With
 * hold=1 on the command line it then waits to be destroyed (tests/system/hostile.py); without, and
 * as Dom0, the test is skipped.
 *
 * Expected: each of them ends with an error, not with somebody else's memory; when the domain is
 * destroyed all of it is free again, and the neighbour's grant is not in use any more.
 */
#include <guest.h>

#define BYSTANDER 1
#define PTE_TABLES 20 /* of 512 grant mappings each */
#define ENDLESS 100000
#define LDT_ENTRIES 512

static struct {
    unsigned pages, pins, grants, mappings, ports, links;
} got;

static uint64_t *tables[PTE_TABLES];

static void take_memory(void)
{
    xen_pfn_t frame = 0;
    xen_memory_reservation_t r = {.extent_start = HANDLE(&frame), .nr_extents = 1,
                                  .domid = DOMID_SELF};

    while (got.pages < ENDLESS && hyp_memory_op(XENMEM_populate_physmap, &r) == 1) {
        got.pages++;
        frame = start_info->nr_pages + got.pages;
    }
}

static void take_grants(void)
{
    static xen_pfn_t frames[64];
    gnttab_query_size_t size = {.dom = DOMID_SELF};
    gnttab_setup_table_t setup = {.dom = DOMID_SELF, .frame_list = HANDLE(frames)};
    grant_entry_v1_t *table = window_alloc();

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_query_size, &size, 1), 0);
    setup.nr_frames = size.max_nr_frames < ARRAY_SIZE(frames) ? size.max_nr_frames
                                                              : ARRAY_SIZE(frames);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    for (unsigned f = 0; f < setup.nr_frames; f++) {
        CHECK_EQ(map_mfn(table, frames[f], PTE_RW), 0);
        for (unsigned i = 0; i < PAGE_SIZE / sizeof(*table); i++, got.grants++)
            table[i] = (grant_entry_v1_t){GTF_permit_access, BYSTANDER,
                                          (uint32_t)virt_to_mfn(tables[0])};
    }
}

/* Entries of tables that no address space uses hold the mappings. */
static long map_one(uint64_t pte)
{
    gnttab_map_grant_ref_t map = {.host_addr = pte, .ref = 8 + own_domid(), .dom = BYSTANDER,
                                  .flags = GNTMAP_host_map | GNTMAP_contains_pte};
    long rc = hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);

    return rc ? rc : map.status;
}

static void take_mappings(void)
{
    for (unsigned t = 0; t < PTE_TABLES; t++) {
        CHECK_EQ(page_protect(tables[t], PTE_RO), 0);
        CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(tables[t]), 0), 0);
        for (unsigned i = 0; i < 512; i++, got.mappings++)
            if (map_one(virt_to_mfn(tables[t]) << 12 | i * 8))
                return;
    }
}

static void take_ports(void)
{
    for (evtchn_port_t port = 1; port < 256; port++) {
        evtchn_bind_interdomain_t bind = {.remote_dom = BYSTANDER, .remote_port = port};

        got.links += !hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind);
    }
    while (got.ports < ENDLESS) {
        evtchn_alloc_unbound_t unbound = {.dom = DOMID_SELF, .remote_dom = (domid_t)got.ports};

        if (hyp_event_channel_op(EVTCHNOP_alloc_unbound, &unbound))
            break;
        got.ports++;
    }
}

/* On each vcpu: tables of descriptors, a selector of them loaded, a timer, an area. */
static void take_vcpu(void *unused)
{
    static uint8_t *gdt, *ldt;
    static vcpu_runstate_info_t area[NR_VCPUS];
    vcpu_register_runstate_memory_area_t where = {.addr.h = HANDLE(&area[self()->id])};
    vcpu_set_periodic_timer_t period = {.period_ns = MS};
    xen_pfn_t frame;

    (void)unused;
    if (!gdt) {
        gdt = page_alloc();
        ldt = page_alloc();
        page_protect(gdt, PTE_RO);
        page_protect(ldt, PTE_RO);
    }
    frame = virt_to_mfn(gdt);
    CHECK_EQ(hyp_set_gdt(&frame, 512), 0);
    CHECK_EQ(mmuext(MMUEXT_SET_LDT, (uint64_t)ldt, LDT_ENTRIES), 0);
    (void)FAULT_OF(asm volatile("mov %0, %%es" ::"r"(7)));
    hyp_vcpu_op(VCPUOP_register_runstate_memory_area, self()->id, &where);
    hyp_vcpu_op(VCPUOP_set_periodic_timer, self()->id, &period);
}

static void take_watchdogs(void)
{
    sched_watchdog_t w = {.timeout = 1000000};

    while (hyp_sched_op(SCHEDOP_watchdog, &w) > 0)
        ;
}

static void take_pins(void)
{
    while (pages_free()) {
        void *page = page_alloc();

        page_protect(page, PTE_RO);
        got.pins += !mmuext(MMUEXT_PIN_L1_TABLE + got.pins % 4, virt_to_mfn(page), 0);
    }
}

GUEST_TEST("a guest that holds everything it can get")
{
    if (is_dom0() || !option("hold")) {
        skip("for an unprivileged guest, with hold=1");
        return;
    }
    for (unsigned t = 0; t < PTE_TABLES; t++)
        tables[t] = page_alloc();
    take_memory();
    take_grants();
    take_mappings();
    take_ports();
    take_vcpu(NULL);
    for (unsigned v = 1; v < vcpus_present(); v++)
        if (vcpu_start(v, take_vcpu, NULL))
            CHECK(vcpu_wait(v));
    take_watchdogs();
    take_pins();
    printk("hoard: %u pages, %u pins, %u grants, %u mappings, %u ports, %u links\n", got.pages,
           got.pins, got.grants, got.mappings, got.ports, got.links);
    for (;;)
        hyp_sched_op(SCHEDOP_yield, NULL);
}
