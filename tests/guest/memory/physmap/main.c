/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * add_to_physmap and remove_from_physmap change a guest physical map, which a PV guest does not
 * have: shared info and grant frames are refused or accepted only as bookkeeping, never with an
 * effect on the caller's memory. Wrong spaces and domains are errors (memory.h).
 */
#include <guest.h>

GUEST_TEST("physical map operations of a PV guest")
{
    uint8_t *page = page_alloc();
    uint64_t pfn = virt_to_pfn(page), mfn = virt_to_mfn(page);
    xen_add_to_physmap_t add = {.domid = 0x7000, .space = XENMAPSPACE_shared_info, .gpfn = pfn};
    xen_remove_from_physmap_t remove = {.domid = 0x7000, .gpfn = pfn};

    CHECK_EQ(hyp_memory_op(XENMEM_add_to_physmap, &add), -XEN_ESRCH);
    CHECK_EQ(hyp_memory_op(XENMEM_remove_from_physmap, &remove), -XEN_ESRCH);
    CHECK_EQ(hyp_memory_op(XENMEM_add_to_physmap, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_memory_op(XENMEM_remove_from_physmap, NULL), -XEN_EFAULT);
    add.domid = DOMID_SELF;
    add.space = 99;
    CHECK(hyp_memory_op(XENMEM_add_to_physmap, &add) < 0);
    page[0] = 0x5a;
    CHECK_EQ(mfn_to_pfn(mfn), pfn);
    CHECK(can_write(page));
    CHECK_EQ(page[0], 0x5a);
    page_free(page);
}
