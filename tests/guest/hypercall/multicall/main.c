/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall runs a list of calls in order and stores each result in its entry (xen.h,
 * multicall_entry). Entries that fail do not stop the rest. An unknown number gives -ENOSYS in its
 * entry only. An entry list that cannot be read is -EFAULT; a list of none is fine. A list longer
 * than the hypervisor runs in one go is preempted and goes on by itself: the caller sees one call.
 * A call that is itself preemptible (mmu_update of many entries) is continued inside the list.
 * A multicall within a multicall is -EINVAL (whole call restarts otherwise).
 */
#include <guest.h>

static multicall_entry_t calls[1024];

static void entry(unsigned n, uint64_t op, uint64_t a, uint64_t b)
{
    calls[n] = (multicall_entry_t){.op = op, .result = 0xdead, .args = {a, b}};
}

static void check_order(void)
{
    xen_feature_info_t info = {.submap_idx = 0};

    entry(0, __HYPERVISOR_xen_version, XENVER_version, 0);
    entry(1, 50, 0, 0);
    entry(2, __HYPERVISOR_xen_version, XENVER_get_features, (uint64_t)&info);
    entry(3, __HYPERVISOR_xen_version, XENVER_commandline, 0x1000);
    entry(4, 1UL << 40 | __HYPERVISOR_xen_version, XENVER_version, 0);
    entry(5, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
    CHECK_EQ(hyp_multicall(calls, 6), 0);
    CHECK_EQ(calls[0].result, 4 << 16 | 17);
    CHECK_EQ(calls[1].result, -XEN_ENOSYS);
    CHECK_EQ(calls[2].result, 0);
    CHECK(info.submap != 0);
    CHECK_EQ(calls[3].result, -XEN_EFAULT);
    CHECK((long)calls[4].result < 0);
    CHECK_EQ(calls[5].result, PAGE_SIZE);
}

static void check_long(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
        entry(i, __HYPERVISOR_xen_version, i & 1 ? XENVER_version : XENVER_pagesize, 0);
    CHECK_EQ(hyp_multicall(calls, ARRAY_SIZE(calls)), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
        if (calls[i].result != (i & 1 ? 4 << 16 | 17 : PAGE_SIZE))
            failure("entry %u has result %lx", i, calls[i].result);
}

static void check_preempted_inside(void)
{
    static mmu_update_t updates[2048];
    void *window = window_alloc();
    uint64_t maddr = entry_maddr(window, 1);
    unsigned done = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(updates); i++)
        updates[i] = (mmu_update_t){maddr, virt_to_mfn(calls) << 12 | (i & 1 ? PTE_RO : PTE_RW)};
    entry(0, __HYPERVISOR_xen_version, XENVER_version, 0);
    calls[1] = (multicall_entry_t){.op = __HYPERVISOR_mmu_update,
                                   .args = {(uint64_t)updates, ARRAY_SIZE(updates),
                                            (uint64_t)&done, DOMID_SELF}};
    entry(2, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
    CHECK_EQ(hyp_multicall(calls, 3), 0);
    CHECK_EQ(calls[1].result, 0);
    CHECK_EQ(done, ARRAY_SIZE(updates));
    CHECK_EQ(calls[2].result, PAGE_SIZE);
    window_free(window);
}

static void check_errors(void)
{
    uint8_t *page = page_alloc(), *window = window_alloc();
    multicall_entry_t *last = (multicall_entry_t *)(window - sizeof(*last));

    CHECK_EQ(hyp_multicall(NULL, 0), 0);
    CHECK_EQ(hyp_multicall(NULL, 1), -XEN_EFAULT);
    CHECK_EQ(hyp_multicall((void *)HYPERVISOR_VIRT_START, 1), -XEN_EFAULT);
    CHECK_EQ(hyp_multicall((void *)0x8000000000000000UL, 1), -XEN_EFAULT);
    /* results cannot be stored into a read-only page */
    *(multicall_entry_t *)page = (multicall_entry_t){.op = __HYPERVISOR_xen_version};
    CHECK_EQ(map_mfn(window, virt_to_mfn(page), PTE_RO), 0);
    CHECK_EQ(hyp_multicall(window, 1), -XEN_EFAULT);
    (void)last;
    window_free(window);
    page_free(page);
}

GUEST_TEST("multicall: order, results, preemption, errors")
{
    check_order();
    check_long();
    check_preempted_inside();
    check_errors();
    entry(0, __HYPERVISOR_multicall, (uint64_t)&calls[2], 1);
    entry(2, __HYPERVISOR_xen_version, XENVER_version, 0);
    CHECK_EQ(hyp_multicall(calls, 1), 0);
    CHECK_EQ(calls[0].result, -XEN_EINVAL);
}
