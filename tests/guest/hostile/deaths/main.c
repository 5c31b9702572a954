/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that dies halfway: one vcpu is busy with some work of many steps, done and undone over
 * and over, and another ends the domain in the middle of it. work=NAME and death=NAME on the
 * command line choose the two (without them, and as Dom0, the test is skipped). With death=none it
 * waits to be destroyed.
 *
 * The work uses what a neighbour offers (test hostile/bystander, domain 1) where it needs somebody
 * else's pages. Expected: the domain goes with all it had, and everybody's memory, ports and grants
 * are what they were; tests/system/hostile.py looks at that.
 */
#include <guest.h>

#define BYSTANDER 1
#define THEIR_REF (8 + own_domid()) /* what the bystander granted to us */
#define L1_TABLES 24
#define PAGES     16
#define ROUNDS    50 /* of the work before the end */

static uint64_t *l1s[L1_TABLES], *l2, *l3, *l4, *nowhere;
static uint8_t *pages[PAGES], *window, *hole;
static volatile unsigned rounds;

/* ---- the works; each leaves things as they were, if it is let to its end */

static void build_tree(void)
{
    l2 = page_alloc();
    l3 = page_alloc();
    l4 = page_alloc();
    nowhere = page_alloc();
    page_protect(nowhere, PTE_RO);
    for (unsigned t = 0; t < L1_TABLES; t++) {
        l1s[t] = page_alloc();
        for (unsigned i = 0; i < 512; i++)
            l1s[t][i] = virt_to_mfn(pages[i % PAGES]) << 12 | PTE_RW;
        l2[t] = virt_to_mfn(l1s[t]) << 12 | PTE_RW;
        page_protect(l1s[t], PTE_RO);
    }
    l3[0] = virt_to_mfn(l2) << 12 | PTE_RW;
    l4[0] = virt_to_mfn(l3) << 12 | PTE_RW;
    l4[511] = ((uint64_t *)start_info->pt_base)[511];
    page_protect(l2, PTE_RO);
    page_protect(l3, PTE_RO);
    page_protect(l4, PTE_RO);
}

static void pins(void)
{
    mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0);
    mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4), 0);
}

static void roots(void)
{
    mmuext(MMUEXT_NEW_BASEPTR, virt_to_mfn(l4), 0);
    mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(l4), 0);
    mmuext(MMUEXT_NEW_BASEPTR, top_table_mfn(), 0);
    mmuext(MMUEXT_NEW_USER_BASEPTR, top_table_mfn(), 0);
}

static void grants(void)
{
    gnttab_map_grant_ref_t map = {.host_addr = (uint64_t)window, .flags = GNTMAP_host_map,
                                  .ref = THEIR_REF, .dom = BYSTANDER};
    gnttab_unmap_grant_ref_t end = {.host_addr = (uint64_t)window};
    gnttab_copy_t copy = {.source = {.u.ref = THEIR_REF, .domid = BYSTANDER},
                          .dest = {.u.gmfn = virt_to_mfn(pages[0]), .domid = DOMID_SELF},
                          .len = PAGE_SIZE, .flags = GNTCOPY_source_gref};

    hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
    hyp_grant_table_op(GNTTABOP_copy, &copy, 1);
    end.handle = map.handle;
    hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &end, 1);
}

static void balloon(void)
{
    xen_pfn_t frames[PAGES];
    xen_memory_reservation_t r = {.extent_start = HANDLE(frames), .nr_extents = PAGES,
                                  .domid = DOMID_SELF};

    for (unsigned i = 0; i < PAGES; i++) {
        frames[i] = p2m()[virt_to_pfn(pages[i])];
        unmap(pages[i]);
    }
    hyp_memory_op(XENMEM_decrease_reservation, &r);
    for (unsigned i = 0; i < PAGES; i++)
        frames[i] = virt_to_pfn(pages[i]);
    hyp_memory_op(XENMEM_populate_physmap, &r);
    for (unsigned i = 0; i < PAGES; i++) {
        p2m()[virt_to_pfn(pages[i])] = frames[i];
        map_mfn(pages[i], frames[i], PTE_RW);
    }
}

static void exchange(void)
{
    xen_pfn_t in[PAGES], out[PAGES];
    xen_memory_exchange_t x = {
        .in = {.extent_start = HANDLE(in), .nr_extents = PAGES, .domid = DOMID_SELF},
        .out = {.extent_start = HANDLE(out), .nr_extents = 1, .extent_order = 4,
                .domid = DOMID_SELF},
    };

    for (unsigned i = 0; i < PAGES; i++) {
        in[i] = p2m()[virt_to_pfn(pages[i])];
        unmap(pages[i]);
    }
    out[0] = virt_to_pfn(pages[0]);
    if (hyp_memory_op(XENMEM_exchange, &x))
        return;
    for (unsigned i = 0; i < PAGES; i++) {
        p2m()[virt_to_pfn(pages[i])] = out[0] + i;
        map_mfn(pages[i], out[0] + i, PTE_RW);
    }
}

static void ports(void)
{
    evtchn_bind_ipi_t ipi = {.vcpu = 0};
    evtchn_bind_interdomain_t bind = {.remote_dom = BYSTANDER};
    evtchn_alloc_unbound_t unbound = {.dom = DOMID_SELF, .remote_dom = BYSTANDER};

    hyp_event_channel_op(EVTCHNOP_bind_ipi, &ipi);
    hyp_event_channel_op(EVTCHNOP_alloc_unbound, &unbound);
    for (bind.remote_port = 1; bind.remote_port < 128; bind.remote_port++)
        if (!hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind))
            break;
    event_send(ipi.port);
    event_close(ipi.port);
    event_close(unbound.port);
    event_close(bind.local_port);
}

static void descriptors(void)
{
    xen_pfn_t frame;

    page_protect(pages[1], PTE_RO);
    frame = virt_to_mfn(pages[1]);
    hyp_set_gdt(&frame, 512);
    mmuext(MMUEXT_SET_LDT, (uint64_t)pages[1], 512);
    (void)FAULT_OF(asm volatile("mov %0, %%es" ::"r"(15)));
    mmuext(MMUEXT_SET_LDT, 0, 0);
    hyp_set_gdt(NULL, 0);
    page_protect(pages[1], PTE_RW);
}

static void lists(void)
{
    uint64_t entry = virt_to_mfn(pages[2]) << 12 | PTE_RW;
    multicall_entry_t calls[] = {
        {.op = __HYPERVISOR_update_va_mapping, .args = {(uint64_t)window, entry, UVMF_NONE}},
        {.op = __HYPERVISOR_xen_version},
        {.op = __HYPERVISOR_update_va_mapping, .args = {(uint64_t)window, 0, UVMF_ALL}},
        {.op = __HYPERVISOR_sched_op, .args = {SCHEDOP_yield}},
    };

    hyp_multicall(calls, ARRAY_SIZE(calls));
}

/* ---- the deaths */

static void shut_down(unsigned reason)
{
    struct sched_shutdown arg = {reason};

    hyp_sched_op(SCHEDOP_shutdown, &arg);
}

static void crash(void)
{
    shut_down(SHUTDOWN_crash);
}

static void poweroff(void)
{
    shut_down(SHUTDOWN_poweroff);
}

/* An exception without a handler. */
static void no_handler(void)
{
    hyp_set_trap_table(NULL);
    asm volatile("ud2");
}

/* An exception whose frame cannot be written. */
static void no_stack(void)
{
    asm volatile("mov %0, %%rsp; ud2" ::"r"(hole));
}

/* A root that maps nothing of this kernel. */
static void no_memory(void)
{
    mmuext(MMUEXT_NEW_BASEPTR, virt_to_mfn(nowhere), 0);
}

static void bad_iret(void)
{
    asm volatile("mov %0, %%rsp; mov %1, %%eax; syscall" ::"r"(hole), "i"(__HYPERVISOR_iret));
}

/* All of its memory is given back, also what is in use: it goes on with it until it ends. */
static void give_all_back(void)
{
    xen_memory_reservation_t r = {.nr_extents = 1, .domid = DOMID_SELF};

    for (uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++) {
        r.extent_start = HANDLE(&p2m()[pfn]);
        hyp_memory_op(XENMEM_decrease_reservation, &r);
    }
    no_handler();
}

/* In the middle of a list whose other calls make and take away. */
static void in_a_list(void)
{
    struct sched_shutdown arg = {SHUTDOWN_crash};
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = virt_to_mfn(l4)};
    gnttab_map_grant_ref_t map = {.host_addr = (uint64_t)hole, .flags = GNTMAP_host_map,
                                  .ref = THEIR_REF, .dom = BYSTANDER};
    multicall_entry_t calls[] = {
        {.op = __HYPERVISOR_grant_table_op, .args = {GNTTABOP_map_grant_ref, (uint64_t)&map, 1}},
        {.op = __HYPERVISOR_mmuext_op, .args = {(uint64_t)&pin, 1, 0, DOMID_SELF}},
        {.op = __HYPERVISOR_sched_op, .args = {SCHEDOP_shutdown, (uint64_t)&arg}},
        {.op = __HYPERVISOR_mmuext_op, .args = {(uint64_t)&pin, 1, 0, DOMID_SELF}},
    };

    hyp_multicall(calls, ARRAY_SIZE(calls));
}

static void watchdog(void)
{
    sched_watchdog_t w = {.timeout = 1};

    hyp_sched_op(SCHEDOP_watchdog, &w);
}

static void none(void)
{
}

struct choice {
    const char *name;
    void (*function)(void);
};

static const struct choice works[] = {
    {"pins", pins},         {"roots", roots},       {"grants", grants},
    {"balloon", balloon},   {"exchange", exchange}, {"ports", ports},
    {"descriptors", descriptors}, {"lists", lists}, {NULL, NULL},
};

static const struct choice deaths[] = {
    {"crash", crash},         {"poweroff", poweroff},   {"no_handler", no_handler},
    {"no_stack", no_stack},   {"no_memory", no_memory}, {"bad_iret", bad_iret},
    {"balloon", give_all_back}, {"list", in_a_list},    {"watchdog", watchdog},
    {"none", none},           {NULL, NULL},
};

static const struct choice *chosen(const char *key, const struct choice *among)
{
    const char *value = option(key);

    for (; value && among->name; among++)
        if (!strncmp(value, among->name, strlen(among->name)))
            return among;
    return NULL;
}

static void work_for_ever(void *work)
{
    for (;; rounds++)
        ((const struct choice *)work)->function();
}

GUEST_TEST("a guest that ends in the middle of its work")
{
    const struct choice *work = chosen("work", works), *death = chosen("death", deaths);

    if (is_dom0() || !work || !death || vcpus_present() < 2) {
        skip("for an unprivileged guest of two vcpus, with work=NAME death=NAME");
        return;
    }
    for (unsigned i = 0; i < PAGES; i++)
        pages[i] = page_alloc();
    window = window_alloc();
    hole = window_alloc();
    build_tree();
    printk("death %s in the middle of %s\n", death->name, work->name);
    vcpu_start(1, work_for_ever, (void *)work);
    while (rounds < ROUNDS)
        hyp_sched_op(SCHEDOP_yield, NULL);
    death->function();
    for (;;)
        hyp_sched_op(SCHEDOP_yield, NULL);
}
