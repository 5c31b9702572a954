/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-214 and XSA-217 (row 6): a page that went to another owner (by page transfer) kept the type
 * that it had been checked as, or mappings of its former owner.
 *
 * There is no page transfer here: GNTTABOP_transfer answers -ENOSYS. The other ways on which pages
 * change hands are the balloon, exchange and the end of a domain. Here: pages are given back while
 * they are tables of each level, pinned, or mapped writable; nothing that comes in return may be
 * anything but an empty page without a type. Then, as Dom0: a domain ends while a page of its is
 * mapped here; the page must not come into other hands before the mapping is gone.
 */
#include <guest.h>

#define ROUNDS 16

static long reservation(unsigned cmd, xen_pfn_t *frame)
{
    xen_memory_reservation_t r = {.extent_start = HANDLE(frame), .nr_extents = 1,
                                  .domid = DOMID_SELF};

    return hyp_memory_op(cmd, &r);
}

/* The page's frame is given back, with what holds it (a pin), which then is let go. */
static void give_back(uint8_t *page, unsigned pin_level)
{
    xen_pfn_t frame = virt_to_mfn(page), old = frame;

    memset(page, 0, PAGE_SIZE);
    page[4095] = 0; /* a table without entries */
    if (pin_level) {
        CHECK_EQ(page_protect(page, PTE_RO), 0);
        CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE + pin_level - 1, old, 0), 0);
    } else
        memset(page, 0xa5, PAGE_SIZE);
    CHECK_EQ(reservation(XENMEM_decrease_reservation, &frame), 1);
    if (pin_level) {
        CHECK(page_protect(page, PTE_RW) < 0); /* it still is a table */
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, old, 0), 0);
    }
    CHECK_EQ(unmap(page), 0);
    CHECK(map_mfn(page, old, PTE_RO) < 0);
    CHECK(mmuext(MMUEXT_PIN_L1_TABLE, old, 0) < 0);
}

static void take_another(uint8_t *page)
{
    xen_pfn_t frame = virt_to_pfn(page), pfn = frame;

    CHECK_EQ(reservation(XENMEM_populate_physmap, &frame), 1);
    p2m()[pfn] = frame;
    CHECK(mmuext(MMUEXT_UNPIN_TABLE, frame, 0) < 0);
    CHECK_EQ(map_mfn(page, frame, PTE_RW), 0); /* it is no table */
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (page[i])
            failure("byte %u of a new page is %x", i, page[i]);
}

static void check_transfer(void)
{
    uint8_t *page = page_alloc();
    gnttab_transfer_t transfer = {.mfn = virt_to_mfn(page), .domid = own_domid(), .ref = 9,
                                  .status = 99};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_transfer, &transfer, 1), -XEN_ENOSYS);
    CHECK_EQ(transfer.status, 99);
    CHECK(can_write(page));
    page_free(page);
}

/* A domain's page is mapped here; the domain ends. Then its frame is nobody else's. */
static void check_end_of_domain(void)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = 1024};
    volatile uint8_t *window = window_alloc();
    uint64_t mfn, others[128];
    domid_t first, second;

    CHECK_EQ(domain_create(0, &first), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, first), 0);
    CHECK_EQ(domain_populate(first, 0, 1, &mfn), 1);
    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, mfn << 12 | PTE_RW, UVMF_INVLPG,
                                               first), 0);
    *window = 0x66;
    CHECK_EQ(domctl(&(struct xen_domctl){0}, XEN_DOMCTL_destroydomain, first), 0);
    CHECK_EQ(domain_create(0, &second), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, second), 0);
    CHECK_EQ(domain_populate(second, 0, ARRAY_SIZE(others), others), ARRAY_SIZE(others));
    for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
        CHECK(others[i] != mfn);
    CHECK_EQ(*window, 0x66);
    window_free((void *)window);
    CHECK(hyp_update_va_mapping_otherdomain((uint64_t)others, mfn << 12 | PTE_RW, UVMF_INVLPG,
                                            first) < 0);
    CHECK_EQ(domain_destroy(second), 0);
}

GUEST_TEST("XSA-214, 217: pages that change hands")
{
    uint8_t *page = page_alloc();

    check_transfer();
    for (unsigned i = 0; i < ROUNDS; i++) {
        give_back(page, i % 5);
        take_another(page);
    }
    page_free(page);
    if (is_dom0())
        check_end_of_domain();
}
