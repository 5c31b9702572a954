/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every sub-operation that takes a pointer gets pointers that it must not follow: null, unaligned,
 * not canonical, into the hypervisor's range, past the end of memory, a page that may only be read,
 * a structure that runs from a good page into a hole. None may succeed in writing there or take the
 * hypervisor down; results are errors, or 0 where nothing is written or read.
 *
 * Afterwards the machine-to-physical table is what it was, and the next call works.
 */
#include <guest.h>

struct target {
    unsigned number, first, last; /* hypercall, sub-operations */
    uint64_t skip;                /* bits: sub-operations without a pointer */
};

static const struct target targets[] = {
    {__HYPERVISOR_memory_op, 0, 28, 1 << XENMEM_maximum_ram_page |
                                        1 << XENMEM_get_sharing_freed_pages |
                                        1 << XENMEM_get_sharing_shared_pages},
    {__HYPERVISOR_xen_version, 1, 9, 1 << XENVER_pagesize},
    {__HYPERVISOR_physdev_op, 4, 31, 0},
    {__HYPERVISOR_event_channel_op, 0, 13, 0},
    {__HYPERVISOR_callback_op, 0, 1, 0},
    {__HYPERVISOR_nmi_op, 0, 0, 0},
    {__HYPERVISOR_sched_op, 2, 7, 0},
    {__HYPERVISOR_hvm_op, 0, 25, 1 << HVMOP_flush_tlbs | 1 << HVMOP_guest_request_vm_event},
};

/* Calls whose first argument is the pointer, the others what is given here. */
static const struct {
    unsigned number;
    uint64_t b, c, d;
} plain[] = {
    {__HYPERVISOR_mmu_update, 1, 0, DOMID_SELF}, {__HYPERVISOR_mmuext_op, 1, 0, DOMID_SELF},
    {__HYPERVISOR_multicall, 1, 0, 0},           {__HYPERVISOR_set_gdt, 1, 0, 0},
    {__HYPERVISOR_platform_op, 0, 0, 0},         {__HYPERVISOR_sysctl, 0, 0, 0},
    {__HYPERVISOR_domctl, 0, 0, 0},              {__HYPERVISOR_event_channel_op_compat, 0, 0, 0},
    {__HYPERVISOR_physdev_op_compat, 0, 0, 0},
};

static uint64_t pointers[16];
static unsigned nr_pointers;
static uint8_t *page, *hole;

static void find_pointers(void)
{
    static const uint64_t fixed[] = {0, 1, 0x1000, 0x8000000000000000UL, 0x00007fffffffffffUL,
                                     HYPERVISOR_VIRT_START, HYPERVISOR_VIRT_START + 0x123,
                                     HYPERVISOR_VIRT_START - 4, HYPERVISOR_VIRT_END - 8, ~0UL,
                                     ~7UL};

    for (unsigned i = 0; i < ARRAY_SIZE(fixed); i++)
        pointers[nr_pointers++] = fixed[i];
    pointers[nr_pointers++] = (uint64_t)hole - 1; /* runs into the hole */
}

static void try_sub_operations(void)
{
    for (unsigned t = 0; t < ARRAY_SIZE(targets); t++)
        for (unsigned cmd = targets[t].first; cmd <= targets[t].last; cmd++)
            for (unsigned i = 0; i < nr_pointers && !(targets[t].skip >> cmd & 1); i++) {
                long result = hypercall(targets[t].number, cmd, pointers[i], 0, 0, 0);

                if (result > 0)
                    failure("hypercall %u.%u at %lx gives %ld", targets[t].number, cmd,
                            pointers[i], result);
            }
}

static void try_plain(void)
{
    for (unsigned t = 0; t < ARRAY_SIZE(plain); t++)
        for (unsigned i = 0; i < nr_pointers; i++)
            if (hypercall(plain[t].number, pointers[i], plain[t].b, plain[t].c, plain[t].d, 0) >= 0)
                failure("hypercall %u at %lx succeeds", plain[t].number, pointers[i]);
}

static void try_arrays(void)
{
    for (unsigned cmd = 0; cmd <= GNTTABOP_cache_flush; cmd++)
        for (unsigned i = 0; i < nr_pointers; i++)
            if (hyp_grant_table_op(cmd, (void *)pointers[i], 1) >= 0)
                failure("grant_table_op %u at %lx succeeds", cmd, pointers[i]);
    for (unsigned i = 0; i < nr_pointers; i++)
        if (hyp_console_io(CONSOLEIO_write, 8, (void *)pointers[i]) >= 0)
            failure("console_io at %lx succeeds", pointers[i]);
}

/* With zeros these end the guest, or let it sleep for ever. */
static bool stops_guest(unsigned number, unsigned cmd)
{
    return number == __HYPERVISOR_sched_op && (cmd == SCHEDOP_shutdown || cmd == SCHEDOP_poll);
}

static bool is_open(evtchn_port_t port)
{
    evtchn_status_t status;

    return !event_status(port, &status) && status.status != EVTCHNSTAT_closed;
}

/* Every sub-operation on a structure of zeros; Dom0 would be obeyed in too much. A port is bound
 * even if its number cannot be told. */
static void try_all_read_only(uint8_t *window)
{
    uint64_t open = 0;

    for (evtchn_port_t port = 1; port < 64; port++)
        open |= (uint64_t)is_open(port) << port;
    for (unsigned t = 0; t < ARRAY_SIZE(targets); t++)
        for (unsigned cmd = targets[t].first; cmd <= targets[t].last; cmd++)
            if (!stops_guest(targets[t].number, cmd))
                hypercall(targets[t].number, cmd, (uint64_t)window, 0, 0, 0);
    for (unsigned cmd = 0; cmd <= GNTTABOP_cache_flush; cmd++)
        hyp_grant_table_op(cmd, window, 1);
    for (unsigned t = 0; t < ARRAY_SIZE(plain); t++)
        hypercall(plain[t].number, (uint64_t)window, plain[t].b, (uint64_t)window, plain[t].d, 0);
    for (evtchn_port_t port = 1; port < 64; port++)
        if (is_open(port) && !(open >> port & 1))
            event_close(port);
}

/* Results that would be stored into a page that may only be read. */
static void try_read_only(void)
{
    static const unsigned commands[] = {XENVER_extraversion, XENVER_compile_info,
                                        XENVER_capabilities, XENVER_changeset,
                                        XENVER_platform_parameters, XENVER_commandline};
    uint8_t *window = window_alloc();

    CHECK_EQ(map_mfn(window, virt_to_mfn(page), PTE_RO), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
        CHECK_EQ(hyp_xen_version(commands[i], window), -XEN_EFAULT);
    if (!is_dom0())
        try_all_read_only(window);
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (page[i])
            failure("byte %u was written through a read-only mapping", i);
    window_free(window);
}

GUEST_TEST("hostile pointers to everything that takes one")
{
    uint64_t *m2p = (uint64_t *)MACH2PHYS_VIRT_START, before[64];

    page = page_alloc();
    hole = window_alloc(); /* what is before it is another window's place, or a page */
    memcpy(before, m2p, sizeof(before));
    find_pointers();
    try_sub_operations();
    try_plain();
    try_arrays();
    try_read_only();
    CHECK(!memcmp(before, m2p, sizeof(before)));
    CHECK_EQ(hyp_xen_version(XENVER_version, NULL), 4 << 16 | 17);
    callbacks_register();
    window_free(hole);
    page_free(page);
}
