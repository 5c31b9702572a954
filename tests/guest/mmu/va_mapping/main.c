/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * update_va_mapping (xen.h): writes the L1 entry of one of the caller's addresses and flushes as
 * the flags say. An address with no L1 table is -EINVAL, one in the hypervisor's range is refused,
 * a vcpu bitmap that cannot be read is -EFAULT. The same with another domain as owner of the
 * frame.
 */
#include <guest.h>

static uint8_t *a, *b, *window;

static void check_flushes(void)
{
    uint64_t mask = 3;
    static const uint64_t flags[] = {UVMF_TLB_FLUSH | UVMF_LOCAL, UVMF_TLB_FLUSH | UVMF_ALL,
                                     UVMF_INVLPG | UVMF_LOCAL, UVMF_INVLPG | UVMF_ALL};

    for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
        CHECK_EQ(hyp_update_va_mapping((uint64_t)window, virt_to_mfn(a) << 12 | PTE_RW, flags[i]),
                 0);
        CHECK_EQ(*window, 'a');
        CHECK_EQ(hyp_update_va_mapping((uint64_t)window, virt_to_mfn(b) << 12 | PTE_RW, flags[i]),
                 0);
        CHECK_EQ(*(volatile uint8_t *)window, 'b');
    }
    CHECK_EQ(hyp_update_va_mapping((uint64_t)window, virt_to_mfn(a) << 12 | PTE_RW,
                                   UVMF_INVLPG | UVMF_MULTI | (uint64_t)&mask), 0);
    CHECK_EQ(*(volatile uint8_t *)window, 'a');
    CHECK_EQ(hyp_update_va_mapping((uint64_t)window, virt_to_mfn(b) << 12 | PTE_RW,
                                   UVMF_TLB_FLUSH | UVMF_MULTI | (uint64_t)&mask), 0);
    CHECK_EQ(*(volatile uint8_t *)window, 'b');
    CHECK_EQ(hyp_update_va_mapping((uint64_t)window, virt_to_mfn(a) << 12 | PTE_RW,
                                   UVMF_INVLPG | UVMF_MULTI | 0x1000), -XEN_EFAULT);
}

static void check_refused(void)
{
    uint64_t entry = virt_to_mfn(a) << 12 | PTE_RW;

    CHECK_EQ(hyp_update_va_mapping(0x1000, entry, UVMF_INVLPG), -XEN_EINVAL);
    CHECK_EQ(hyp_update_va_mapping(HYPERVISOR_VIRT_START, entry, UVMF_INVLPG), -XEN_EINVAL);
    CHECK_EQ(hyp_update_va_mapping(HYPERVISOR_VIRT_END - 4096, entry, 0), -XEN_EINVAL);
    CHECK_EQ(hyp_update_va_mapping(0x0000900000000000UL, entry, 0), -XEN_EINVAL);
    CHECK(hyp_update_va_mapping((uint64_t)window, 1UL << 51 | PTE_RW, 0) < 0);
    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, entry, UVMF_INVLPG, 0x7000),
             -XEN_ESRCH);
}

GUEST_TEST("update_va_mapping: flushes and refusals")
{
    a = page_alloc();
    b = page_alloc();
    window = window_alloc();
    *a = 'a';
    *b = 'b';
    check_flushes();
    check_refused();
    window_free(window);
    page_free(a);
    page_free(b);
}
