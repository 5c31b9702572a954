/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MMU_MACHPHYS_UPDATE sets the machine-to-physical entry of one of the caller's frames (xen.h).
 * Any value goes for an own frame; another's frame, or one that does not exist, is refused and its
 * entry unchanged.
 */
#include <guest.h>

static long update(uint64_t mfn, uint64_t pfn)
{
    mmu_update_t request = {mfn << 12 | MMU_MACHPHYS_UPDATE, pfn};

    return hyp_mmu_update(&request, 1, NULL, DOMID_SELF);
}

GUEST_TEST("machine-to-physical entries")
{
    uint8_t *page = page_alloc();
    uint64_t mfn = virt_to_mfn(page), pfn = virt_to_pfn(page);

    CHECK_EQ(mfn_to_pfn(mfn), pfn);
    CHECK_EQ(update(mfn, 0x123456), 0);
    CHECK_EQ(*(volatile uint64_t *)(MACH2PHYS_VIRT_START + mfn * 8), 0x123456);
    CHECK_EQ(update(mfn, pfn), 0);
    CHECK_EQ(mfn_to_pfn(mfn), pfn);
    CHECK(update(0, 1) < 0);
    CHECK_EQ(update(~0UL >> 12, 1), -XEN_EINVAL);
    CHECK_EQ(update(hyp_memory_op(XENMEM_maximum_ram_page, NULL) + 0x10000, 1), -XEN_EINVAL);
    page_free(page);
}
