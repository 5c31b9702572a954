/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_update (xen.h): writes page-table entries, each checked. A good entry maps; the number done
 * comes back, also when the list stops at a bad one. MMU_PT_UPDATE_PRESERVE_AD keeps accessed and
 * dirty bits. Refused: a frame that is not the caller's, one beyond the machine, an entry address
 * that is not in a page table, not 8-byte aligned, a handle that
 * cannot be read.
 */
#include <guest.h>

static uint8_t *page, *window;
static uint64_t maddr;

static long update(uint64_t ptr, uint64_t value)
{
    mmu_update_t request = {ptr, value};

    return hyp_mmu_update(&request, 1, NULL, DOMID_SELF);
}

static void check_good(void)
{
    uint64_t mfn = virt_to_mfn(page), *entry = entry_of(window, 1);

    page[5] = 0x5a;
    CHECK_EQ(update(maddr, mfn << 12 | PTE_RW), 0);
    CHECK_EQ(window[5], 0x5a);
    window[5] = 0xa5;
    CHECK_EQ(page[5], 0xa5);
    CHECK_EQ(update(maddr, mfn << 12 | PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window, 0), 0);
    CHECK_FAULT(FAULT(VEC_PF, PF_PROT | PF_WRITE), *(volatile uint8_t *)window = 1);
    CHECK_EQ(update(maddr, mfn << 12 | (PTE_RW & ~(PTE_A | PTE_D))), 0);
    CHECK_EQ(mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window, 0), 0);
    window[5] = 1;
    CHECK_EQ(*(volatile uint64_t *)entry & (PTE_A | PTE_D), PTE_A | PTE_D);
    CHECK_EQ(update(maddr | MMU_PT_UPDATE_PRESERVE_AD,
                    mfn << 12 | (PTE_RW & ~(PTE_A | PTE_D)) | 0x200), 0);
    CHECK_EQ(*(volatile uint64_t *)entry & (PTE_A | PTE_D | 0x200), PTE_A | PTE_D | 0x200);
    CHECK_EQ(update(maddr | MMU_PT_UPDATE_NO_TRANSLATE, mfn << 12 | PTE_RW), 0);
    CHECK_EQ(update(maddr, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window, 0), 0);
    CHECK_FAULT(FAULT(VEC_PF, 0), (void)*(volatile uint8_t *)window);
    CHECK_EQ(update(maddr, 0xabcdef0123456000), 0); /* not present: anything goes */
    CHECK_EQ(update(maddr, 0), 0);
}

static void check_list(void)
{
    uint64_t mfn = virt_to_mfn(page);
    mmu_update_t list[3] = {{maddr, mfn << 12 | PTE_RW}, {maddr, 1UL << 51 | PTE_RW},
                            {maddr, mfn << 12 | PTE_RO}};
    unsigned done = 99;

    CHECK(hyp_mmu_update(list, 3, &done, DOMID_SELF) < 0);
    CHECK_EQ(done, 1);
    CHECK_EQ(*entry_of(window, 1) & PTE_W, PTE_W);
    list[1].val = 0;
    CHECK_EQ(hyp_mmu_update(list, 3, &done, DOMID_SELF), 0);
    CHECK_EQ(done, 3);
    CHECK_EQ(hyp_mmu_update(list, 0, &done, DOMID_SELF), 0);
    CHECK_EQ(done, 0);
    CHECK_EQ(update(maddr, 0), 0);
}

static void check_refused(void)
{
    uint64_t mfn = virt_to_mfn(page), max = hyp_memory_op(XENMEM_maximum_ram_page, NULL);
    long result;

    CHECK(update(maddr, 0xfffffffffUL << 12 | PTE_RW) < 0);
    CHECK(update(maddr, 0xffffffffffUL << 12 | PTE_RW) < 0);
    if (!is_dom0()) /* Dom0 may map device memory, which this could be */
        CHECK(update(maddr, (max + 0x1000000) << 12 | PTE_RW) < 0);
    CHECK_EQ(update(maddr | 3, mfn << 12 | PTE_RW), 0);
    CHECK_EQ(update(maddr, 0), 0);
    CHECK(update(maddr | 4, mfn << 12 | PTE_RW) < 0);
    /* bit 7 in an L1 is PAT: memory types may be kept from those who have no devices */
    result = update(maddr, mfn << 12 | PTE_RW | PTE_PSE);
    CHECK(result == 0 || (result == -XEN_EINVAL && !is_dom0()));
    CHECK_EQ(update(maddr, 0), 0);
    CHECK_EQ(update(maddr, mfn << 12 | PTE_RW | 1UL << 54), 0); /* software's bits */
    CHECK_EQ(update(maddr, 0), 0);
    CHECK_EQ(update(max << 12, 0), -XEN_EINVAL);
    CHECK_EQ(update(~0UL << 12, 0), -XEN_EINVAL);
    CHECK(!(*entry_of(window, 1) & PTE_P));
}

/* An ordinary page is no table: the write happens only if the page may be written. */
static void check_plain_page(void)
{
    CHECK_EQ(update(virt_to_mfn(page) << 12 | 64, 0x1122334455667788), 0);
    CHECK_EQ(*(uint64_t *)(page + 64), 0x1122334455667788);
}

static void check_handles(void)
{
    mmu_update_t request = {maddr, 0};

    CHECK_EQ(hyp_mmu_update(NULL, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    CHECK_EQ(hyp_mmu_update((void *)HYPERVISOR_VIRT_START, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    CHECK_EQ(hyp_mmu_update((void *)0x8000000000000000UL, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    CHECK_EQ(hyp_mmu_update(&request, 1, NULL, 0x7000), -XEN_ESRCH);
}

GUEST_TEST("mmu_update: good, bad and hostile entries")
{
    page = page_alloc();
    window = window_alloc();
    maddr = entry_maddr(window, 1);
    check_good();
    check_list();
    check_refused();
    check_plain_page();
    check_handles();
    window_free(window);
    page_free(page);
}
