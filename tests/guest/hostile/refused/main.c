/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that belongs to Dom0, tried by a guest that is not: every operation of domctl, sysctl,
 * platform_op, mca and physdev_op by its number, on itself and on others; every call that takes a
 * domain, for the domains that are there, that are not, and that stand for something; interrupts,
 * the machine's console, other domains' end; every I/O port, every model specific register of the
 * ranges that exist.
 *
 * Expected: an error, never 0 or more (what is allowed to everybody is in the lists by name). The
 * guest cannot even tell more than who is there. A bound global interrupt (some hypervisors let
 * everybody bind one) stays silent. As Dom0 the test is skipped: it would be obeyed.
 */
#include <guest.h>

#define BYSTANDER 1
#define MAX_CMD 130 /* beyond the last of each list */

static union {
    struct xen_domctl domctl;
    struct xen_sysctl sysctl;
    struct xen_platform_op platform;
    uint8_t bytes[PAGE_SIZE];
} arg __attribute__((aligned(4096)));

static const domid_t others[] = {0, BYSTANDER, 2000, DOMID_FIRST_RESERVED + 3, DOMID_IO, DOMID_XEN,
                                 DOMID_COW, DOMID_INVALID, DOMID_IDLE};

static void want_refusal(long result, const char *what, unsigned cmd, unsigned domid)
{
    if (result >= 0)
        failure("%s %u for domain %u gives %ld", what, cmd, domid, result);
}

/* A page of the same byte: as flags, counts, addresses and frames of all kinds. */
static void *argument(uint8_t byte)
{
    memset(&arg, byte, sizeof(arg));
    return &arg;
}

/* ---- calls that are Dom0's as a whole */

static void try_control(uint8_t byte)
{
    for (unsigned cmd = 0; cmd < MAX_CMD; cmd++) {
        for (unsigned i = 0; i <= ARRAY_SIZE(others); i++) {
            domid_t domid = i < ARRAY_SIZE(others) ? others[i] : own_domid();

            argument(byte);
            want_refusal(domctl(&arg.domctl, cmd, domid), "domctl", cmd, domid);
        }
        argument(byte);
        want_refusal(sysctl(&arg.sysctl, cmd), "sysctl", cmd, 0);
        argument(byte);
        want_refusal(platform(&arg.platform, cmd), "platform_op", cmd, 0);
        want_refusal(hypercall(__HYPERVISOR_arch_0, (uint64_t)argument(byte), cmd, 0, 0, 0), "mca",
                     cmd, 0);
        want_refusal(hypercall(__HYPERVISOR_kexec_op, cmd, (uint64_t)&arg, 0, 0, 0), "kexec", cmd,
                     0);
        want_refusal(hypercall(__HYPERVISOR_xenpmu_op, cmd, (uint64_t)&arg, 0, 0, 0), "pmu", cmd,
                     0);
    }
}

/* What a guest may do with its own interrupts and ports, of which it has none. */
static bool physdev_is_own(unsigned cmd)
{
    return cmd == PHYSDEVOP_set_iopl || cmd == PHYSDEVOP_set_iobitmap || cmd == PHYSDEVOP_eoi ||
           cmd == PHYSDEVOP_IRQ_UNMASK_NOTIFY || cmd == PHYSDEVOP_irq_status_query;
}

static void try_physdev(uint8_t byte)
{
    for (unsigned cmd = 0; cmd < MAX_CMD; cmd++)
        if (!physdev_is_own(cmd))
            want_refusal(hyp_physdev_op(cmd, argument(byte)), "physdev_op", cmd, 0);
}

/* ---- calls that name a domain */

static void try_memory(domid_t domid)
{
    static const unsigned with_reservation[] = {XENMEM_increase_reservation, XENMEM_claim_pages,
                                                XENMEM_decrease_reservation,
                                                XENMEM_populate_physmap};
    static const unsigned with_domid[] = {
        XENMEM_current_reservation, XENMEM_maximum_reservation, XENMEM_maximum_gpfn,
        XENMEM_add_to_physmap,      XENMEM_remove_from_physmap, XENMEM_set_memory_map,
        XENMEM_set_pod_target,      XENMEM_get_pod_target,      XENMEM_add_to_physmap_batch,
        XENMEM_access_op,           XENMEM_paging_op,           XENMEM_sharing_op,
        XENMEM_get_vnumainfo,       XENMEM_acquire_resource,
    };
    xen_pfn_t frames[2] = {5, 6};

    for (unsigned i = 0; i < ARRAY_SIZE(with_reservation); i++) {
        xen_memory_reservation_t r = {.extent_start = HANDLE(frames), .nr_extents = 1,
                                      .domid = domid};

        want_refusal(hyp_memory_op(with_reservation[i], &r), "memory_op", with_reservation[i],
                     domid);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(with_domid); i++) {
        argument(0);
        *(domid_t *)&arg = domid; /* the first field of each of them */
        want_refusal(hyp_memory_op(with_domid[i], &arg), "memory_op", with_domid[i], domid);
    }
}

static void try_memory_map(void)
{
    static const unsigned host[] = {XENMEM_machine_memory_map, XENMEM_machphys_mfn_list,
                                    XENMEM_machphys_compat_mfn_list};

    for (unsigned i = 0; i < ARRAY_SIZE(host); i++) {
        xen_machphys_mfn_list_t list = {.max_extents = 1, .extent_start = HANDLE(&arg)};

        want_refusal(hyp_memory_op(host[i], &list), "memory_op", host[i], 0);
    }
}

/* DOMID_IO stands for device memory, which a guest may have been given: the frames are refused. */
static void try_tables(domid_t domid)
{
    void *window = window_alloc();

    for (unsigned cmd = 0; cmd < 24; cmd++) {
        struct mmuext_op op = {.cmd = cmd, .arg1.mfn = top_table_mfn(),
                               .arg2.src_mfn = 1};

        if (domid != DOMID_IO || cmd > MMUEXT_NEW_BASEPTR)
            want_refusal(hyp_mmuext_op(&op, 1, NULL, domid), "mmuext_op", cmd, domid);
    }
    for (unsigned cmd = MMU_NORMAL_PT_UPDATE; cmd <= 3; cmd++) {
        mmu_update_t request = {entry_maddr(window, 1) | cmd, 0x1000 | PTE_RW};

        want_refusal(hyp_mmu_update(&request, 1, NULL, domid), "mmu_update", cmd, domid);
        want_refusal(hyp_mmu_update(&request, 1, NULL,
                                    (own_domid() + 1u) << 16 | domid), "mmu_update of", cmd, domid);
    }
    want_refusal(hyp_update_va_mapping_otherdomain((uint64_t)window, 0x1000 | PTE_RW, 0, domid),
                 "update_va_mapping_otherdomain", 0, domid);
    window_free(window);
}

static void try_grants(domid_t domid)
{
    xen_pfn_t frame;
    gnttab_setup_table_t setup = {.dom = domid, .nr_frames = 1, .frame_list = HANDLE(&frame)};
    gnttab_query_size_t size = {.dom = domid};
    gnttab_dump_table_t dump = {.dom = domid};
    gnttab_copy_t copy = {.source = {.u.gmfn = 1, .domid = domid},
                          .dest = {.u.gmfn = virt_to_mfn(&arg), .domid = DOMID_SELF}, .len = 8};

    if (!hyp_grant_table_op(GNTTABOP_setup_table, &setup, 1))
        want_refusal(setup.status, "setup_table", 0, domid);
    if (!hyp_grant_table_op(GNTTABOP_query_size, &size, 1))
        want_refusal(size.status, "query_size", 0, domid);
    if (!hyp_grant_table_op(GNTTABOP_dump_table, &dump, 1))
        want_refusal(dump.status, "dump_table", 0, domid);
    if (!hyp_grant_table_op(GNTTABOP_copy, &copy, 1))
        want_refusal(copy.status, "copy from", 0, domid);
    copy.dest = copy.source;
    copy.source.domid = DOMID_SELF;
    copy.source.u.gmfn = virt_to_mfn(&arg);
    if (!hyp_grant_table_op(GNTTABOP_copy, &copy, 1))
        want_refusal(copy.status, "copy to", 0, domid);
}

static void try_events(domid_t domid)
{
    evtchn_alloc_unbound_t unbound = {.dom = domid, .remote_dom = DOMID_SELF};
    evtchn_status_t status = {.dom = domid, .port = 1};
    evtchn_reset_t reset = {.dom = domid};
    sched_remote_shutdown_t end = {.domain_id = domid, .reason = SHUTDOWN_crash};

    want_refusal(hyp_event_channel_op(EVTCHNOP_alloc_unbound, &unbound), "alloc_unbound", 0, domid);
    want_refusal(hyp_event_channel_op(EVTCHNOP_status, &status), "status", 0, domid);
    want_refusal(hyp_event_channel_op(EVTCHNOP_reset, &reset), "reset", 0, domid);
    want_refusal(hyp_sched_op(SCHEDOP_remote_shutdown, &end), "remote_shutdown", 0, domid);
    want_refusal(hypercall(__HYPERVISOR_dm_op, domid, 1, (uint64_t)&arg, 0, 0), "dm_op", 0, domid);
}

static void try_others(domid_t domid)
{
    try_memory(domid);
    try_tables(domid);
    try_grants(domid);
    try_events(domid);
}

/* ---- the machine's interrupts and console */

static void try_interrupts(void)
{
    for (uint32_t pirq = 0; pirq < 300; pirq++) {
        evtchn_bind_pirq_t bind = {.pirq = pirq};

        want_refusal(hyp_event_channel_op(EVTCHNOP_bind_pirq, &bind), "bind_pirq", pirq, 0);
    }
}

static void try_console(void)
{
    struct sched_pin_override pin = {.pcpu = 0};

    want_refusal(hyp_console_io(CONSOLEIO_read, 16, &arg), "console read", 0, 0);
    want_refusal(hyp_sched_op(SCHEDOP_pin_override, &pin), "pin_override", 0, 0);
    for (unsigned cmd = 2; cmd < 10; cmd++)
        want_refusal(hyp_console_io(cmd, 16, &arg), "console_io", cmd, 0);
}

static bool is_global(unsigned virq)
{
    return virq == VIRQ_CONSOLE || virq == VIRQ_DOM_EXC || virq == VIRQ_TBUF ||
           virq == VIRQ_DEBUGGER || virq == VIRQ_CON_RING || virq == VIRQ_PCPU_STATE ||
           virq == VIRQ_MEM_EVENT || virq == VIRQ_ARGO || virq == VIRQ_ENOMEM ||
           virq >= VIRQ_ARCH_0;
}

/* Bound while all the rest is tried, which the hypervisor may have logged: no event comes. */
static void bind_global(evtchn_port_t *ports)
{
    for (unsigned virq = 0; virq < NR_VIRQS; virq++) {
        evtchn_bind_virq_t bind = {.virq = virq};

        if (is_global(virq) && !hyp_event_channel_op(EVTCHNOP_bind_virq, &bind))
            ports[virq] = bind.port;
    }
}

static void check_global(const evtchn_port_t *ports)
{
    for (unsigned virq = 0; virq < NR_VIRQS; virq++) {
        if (!ports[virq])
            continue;
        if (event_pending(ports[virq]))
            failure("global interrupt %u arrives", virq);
        event_close(ports[virq]);
    }
}

/* ---- the processor */

/* With I/O privilege over its own user mode a guest reaches no port of the machine's. */
static void try_ports(void)
{
    physdev_set_iopl_t iopl = {.iopl = 3};
    unsigned reads = 0;
    uint8_t value = 0;

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
    for (unsigned port = 0; port < 0x10000; port++) {
        if (FAULT_OF(value = inb((uint16_t)port)) == NO_FAULT && value != 0xff)
            reads++;
        (void)FAULT_OF(outb((uint16_t)port, 0));
    }
    CHECK_EQ(reads, 0);
    iopl.iopl = 0;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
}

static const struct {
    uint32_t first, last;
} msr_ranges[] = {{0, 0x1fff}, {0x40000000, 0x400001ff}, {0xc0000000, 0xc0000fff},
                  {0xc0010000, 0xc0010fff}, {0xc0011000, 0xc00110ff}, {0xfffffff0, 0xffffffff}};

/* The segment bases are the guest's; the hypercall page is tried in test hostile/handles. */
static bool msr_is_own(uint32_t msr)
{
    return (msr >= 0xc0000100 && msr <= 0xc0000102) || msr == 0x40000000;
}

/* A write is refused or changes nothing; the time stamp counter goes on by itself. */
static void try_msr(uint32_t msr)
{
    static const uint64_t values[] = {0, ~0UL, 1, 1UL << 63, 0x0007040600070406UL};
    uint64_t before = 0, after = 0;
    bool readable = FAULT_OF(before = rdmsr(msr)) == NO_FAULT;

    for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
        (void)FAULT_OF(wrmsr(msr, values[i]));
    if (!readable)
        return;
    if (FAULT_OF(after = rdmsr(msr)) != NO_FAULT || (after != before && msr != 0x10))
        failure("MSR %x was %lx, is %lx", msr, before, after);
}

static void try_msrs(void)
{
    for (unsigned r = 0; r < ARRAY_SIZE(msr_ranges); r++)
        for (uint32_t msr = msr_ranges[r].first; ; msr++) {
            if (!msr_is_own(msr))
                try_msr(msr);
            if (msr == msr_ranges[r].last)
                break;
        }
}

GUEST_TEST("privileged operations by a guest that has no privilege")
{
    evtchn_port_t ports[NR_VIRQS] = {0};
    static const uint8_t bytes[] = {0, 1, 0xff};

    if (is_dom0()) {
        skip("it would be obeyed");
        return;
    }
    bind_global(ports);
    for (unsigned i = 0; i < ARRAY_SIZE(bytes); i++) {
        try_control(bytes[i]);
        try_physdev(bytes[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
        try_others(others[i]);
    try_memory_map();
    try_interrupts();
    try_console();
    try_ports();
    try_msrs();
    check_global(ports);
}
