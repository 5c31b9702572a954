/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0's mappings of a hardware guest's memory. A frame is named as the guest numbers it, and the
 * entry holds the machine frame. What was read there is written back, as Linux does to change its
 * flags, by MMU_PT_UPDATE_NO_TRANSLATE, and means the machine frame then; of another domain it is
 * refused. (public/xen.h)
 */
#include <hvm.h>

#define GFN 5

static long update(uint64_t maddr, uint64_t value, domid_t owner)
{
    struct mmu_update u = {maddr, value};

    return hyp_mmu_update(&u, 1, NULL, owner);
}

GUEST_TEST("machine frames in mappings of a hardware guest's memory")
{
    struct xen_domctl op = {.u.max_mem.max_memkb = HVM_PAGES * 4};
    volatile uint64_t *window = window_alloc(), *entry = entry_of((void *)window, 1);
    uint64_t frames[HVM_PAGES], at = entry_maddr((void *)window, 1), by_machine, old;
    domid_t domid;

    NEEDS_HVM();
    CHECK_EQ(hvm_create(&domid, 1, XEN_X86_EMU_LAPIC), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, HVM_PAGES, frames), HVM_PAGES);

    by_machine = at | MMU_PT_UPDATE_NO_TRANSLATE;
    CHECK_EQ(update(at, GFN * PAGE_SIZE | PTE_RW, domid), 0);
    *window = 0x1234;
    old = *entry;
    CHECK(old >> 12 != GFN);
    CHECK_EQ(update(by_machine, old & ~2UL, domid), 0); /* read-only */
    CHECK_EQ(*entry >> 12, old >> 12);
    CHECK(!can_write((void *)window));
    CHECK_EQ(*window, 0x1234);
    CHECK_EQ(update(by_machine, virt_to_mfn(frames) << 12 | PTE_RW, domid), -XEN_EINVAL);
    CHECK_EQ(update(at, GFN * PAGE_SIZE | PTE_RW, domid), 0);
    CHECK_EQ(*window, 0x1234);
    window_free((void *)window);
    CHECK_EQ(domain_destroy(domid), 0);
}
