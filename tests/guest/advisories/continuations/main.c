/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-296 (row 13): a hypercall that gave way built its continuation with a wrong description of
 * its arguments, and the hypervisor's own check of that stopped the machine: VCPUOP_initialise with
 * a page-table root that takes long to check.
 *
 * Here each call that can give way is interrupted, alone and inside a multicall, in ways that a
 * guest can arrange: an event is pending when it begins. Its result and its effect must be those of
 * one call. Then the forms that only a continuation has are called directly by the guest: progress
 * beyond the end, in the command's upper bits, with counts that wrap.
 */
#include <guest.h>

#define N 64

static unsigned upcalls;

static void count_upcall(void)
{
    upcalls++;
}

static void interrupt_soon(void)
{
    vcpu_info()->evtchn_upcall_pending = 1;
    *(volatile uint8_t *)&vcpu_info()->evtchn_upcall_mask = 0;
}

/* The call, interrupted: from the stack and from a list. Both results must be `want`. */
static void interrupted(const char *name, long want, unsigned op, uint64_t a, uint64_t b,
                        uint64_t c, uint64_t d)
{
    multicall_entry_t call[] = {{.op = __HYPERVISOR_xen_version, .args = {XENVER_pagesize}},
                                {.op = op, .args = {a, b, c, d}},
                                {.op = __HYPERVISOR_xen_version, .args = {XENVER_pagesize}}};
    long result;

    interrupt_soon();
    result = hypercall(op, a, b, c, d, 0);
    events_off();
    if (result != want)
        failure("%s gives %ld, not %ld", name, result, want);
    interrupt_soon();
    CHECK_EQ(hyp_multicall(call, 3), 0);
    events_off();
    if ((long)call[1].result != want || call[2].result != PAGE_SIZE)
        failure("%s in a list gives %ld, not %ld", name, (long)call[1].result, want);
}

static void check_mmu(void)
{
    static mmu_update_t updates[N];
    static struct mmuext_op ops[N];
    uint8_t *page = page_alloc(), *window = window_alloc();
    unsigned done = 99;

    for (unsigned i = 0; i < N; i++) {
        updates[i] = (mmu_update_t){entry_maddr(window, 1), virt_to_mfn(page) << 12 | PTE_RW};
        ops[i] = (struct mmuext_op){.cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = virt_to_mfn(page)};
    }
    interrupted("mmu_update", 0, __HYPERVISOR_mmu_update, (uint64_t)updates, N, (uint64_t)&done,
                DOMID_SELF);
    CHECK_EQ(done, N);
    interrupted("mmuext_op", 0, __HYPERVISOR_mmuext_op, (uint64_t)ops, N, (uint64_t)&done,
                DOMID_SELF);
    CHECK_EQ(done, N);
    window_free(window);
    page_free(page);
}

static void check_memory(void)
{
    static xen_pfn_t frames[N];
    xen_memory_reservation_t r = {.extent_start = HANDLE(frames), .nr_extents = N,
                                  .domid = DOMID_SELF};
    long got;

    for (unsigned i = 0; i < N; i++)
        frames[i] = ~0UL;
    interrupted("decrease_reservation of nothing", 0, __HYPERVISOR_memory_op,
                XENMEM_decrease_reservation, (uint64_t)&r, 0, 0);
    interrupt_soon();
    got = hyp_memory_op(XENMEM_increase_reservation, &r);
    events_off();
    CHECK(got == 0 || got == N); /* a guest may have no room above what it has */
    r.nr_extents = (xen_ulong_t)got;
    interrupt_soon();
    CHECK_EQ(hyp_memory_op(XENMEM_decrease_reservation, &r), got);
    events_off();
}

static void check_grants(void)
{
    static gnttab_map_grant_ref_t maps[N + 1]; /* the last is not named */
    static gnttab_copy_t copies[N + 1];
    static gnttab_swap_grant_ref_t swaps[N + 1];
    unsigned wrong = 0;

    grant_table();
    for (unsigned i = 0; i <= N; i++) {
        maps[i] = (gnttab_map_grant_ref_t){.ref = 40, .dom = own_domid(), .flags = GNTMAP_host_map,
                                           .status = 99};
        copies[i] = (gnttab_copy_t){.len = 0xffff, .status = 99};
        swaps[i] = (gnttab_swap_grant_ref_t){.ref_a = 40, .ref_b = 41, .status = 99};
    }
    interrupted("map_grant_ref", 0, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref,
                (uint64_t)maps, N, 0);
    interrupted("grant copy", 0, __HYPERVISOR_grant_table_op, GNTTABOP_copy, (uint64_t)copies, N,
                0);
    interrupted("swap_grant_ref", 0, __HYPERVISOR_grant_table_op, GNTTABOP_swap_grant_ref,
                (uint64_t)swaps, N, 0);
    for (unsigned i = 0; i < N; i++)
        wrong += maps[i].status >= 0 || copies[i].status != GNTST_bad_copy_arg || swaps[i].status;
    CHECK_EQ(wrong, 0);
    CHECK(maps[N].status == 99 && copies[N].status == 99 && swaps[N].status == 99);
}

static void check_tables(void)
{
    trap_info_t table[NR_EXCEPTIONS + 2];

    trap_entries(table);
    interrupted("set_trap_table", 0, __HYPERVISOR_set_trap_table, (uint64_t)table, 0, 0, 0);
    interrupted("console_io", 0, __HYPERVISOR_console_io, CONSOLEIO_write, 0, (uint64_t)table, 0);
}

static void nothing(void *unused)
{
    (void)unused;
}

/* A vcpu that is there already (-EEXIST), one that is not, and one with a root that is no table. */
static void check_initialise(void)
{
    static vcpu_guest_context_t context;

    if (vcpus_present() < 2)
        return;
    CHECK(vcpu_start(1, nothing, NULL) && vcpu_wait(1));
    vcpu_context(&context, 1, (uint64_t)vcpu_entry, 0);
    interrupted("initialise", -XEN_EEXIST, __HYPERVISOR_vcpu_op, VCPUOP_initialise, 1,
                (uint64_t)&context, 0);
    interrupted("initialise", -XEN_ENOENT, __HYPERVISOR_vcpu_op, VCPUOP_initialise, 99,
                (uint64_t)&context, 0);
}

/* As the hypervisor would go on with them: progress that no call has made. */
static void check_forged(void)
{
    static xen_pfn_t frames[1] = {~0UL};
    xen_memory_reservation_t r = {.extent_start = HANDLE(frames), .nr_extents = 1,
                                  .domid = DOMID_SELF};
    mmu_update_t update = {0, 0};
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};
    struct xen_memory_domain self_domain = {DOMID_SELF};
    long before = hyp_memory_op(XENMEM_current_reservation, &self_domain);
    unsigned done = ~0U;

    for (unsigned shift = 7; shift < 32; shift++) /* that many are done, it says: none is left */
        CHECK_EQ(hyp_memory_op(XENMEM_decrease_reservation | 1U << shift, &r), 1L << (shift - 6));
    CHECK_EQ(hyp_memory_op(XENMEM_current_reservation, &self_domain), before);
    CHECK(hyp_mmu_update(&update, 1U << 31 | 0, &done, DOMID_SELF) <= 0);
    CHECK_EQ(done, ~0U);
    CHECK(hyp_mmu_update(&update, ~0U, (void *)HYPERVISOR_VIRT_START, DOMID_SELF) < 0);
    CHECK_EQ(hyp_mmuext_op(&op, 1U << 31 | 1, &done, DOMID_SELF), 0);
    CHECK_EQ(done, 0); /* what it was, and one more */
    CHECK(hypercall(__HYPERVISOR_set_trap_table, ~0UL - 7, 0, 0, 0, 0) < 0);
}

GUEST_TEST("XSA-296: calls that give way, and forged continuations")
{
    upcalls = 0;
    upcall_hook(count_upcall);
    check_mmu();
    check_memory();
    check_grants();
    check_tables();
    check_initialise();
    check_forged();
    upcall_hook(NULL);
    callbacks_register();
    CHECK(upcalls > 10);
}
