/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-242 (row 8): the last type reference of a page was dropped by a function that did not do what
 * belongs to a last one, so pages and domains stayed for ever.
 *
 * Here a page is used as a table or writable, given up to the balloon while that is its only hold,
 * and the use is ended in each way there is: the entry cleared or replaced by mmu_update,
 * update_va_mapping, a plain store, a grant's mapping; the table that names it unpinned; another
 * root loaded; as Dom0 also from outside. After each the frame must not be the domain's any more
 * (the leak check sees that it is free), and a domain that ends is gone.
 */
#include <guest.h>

#define REF 21
#define SLOT 7

static uint64_t *l1, *l2, *other;

static void gone(void *page, uint64_t old, int line)
{
    if (!map_mfn(page, old, PTE_RO))
        report(STATUS_FAILURE, __FILE__, line, "frame %lx is still the domain's", old);
    page_refill(page);
    memset(page, 0, PAGE_SIZE);
}
#define GONE(page, old) gone(page, old, __LINE__)

static void pin_l2(void)
{
    CHECK_EQ(page_protect(l1, PTE_RO), 0);
    CHECK_EQ(page_protect(l2, PTE_RW), 0);
    l2[SLOT] = virt_to_mfn(l1) << 12 | PTE_RW;
    CHECK_EQ(page_protect(l2, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L2_TABLE, virt_to_mfn(l2), 0), 0);
}

static void check_tables(void)
{
    uint64_t at = virt_to_mfn(l2) << 12 | SLOT * 8;
    uint64_t old;

    pin_l2();
    old = page_give_up(l1);
    CHECK_EQ(pte_write(at, 0), 0);
    GONE(l1, old);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2), 0), 0);

    pin_l2();
    old = page_give_up(l1);
    CHECK_EQ(page_protect(other, PTE_RO), 0);
    CHECK_EQ(pte_write(at, virt_to_mfn(other) << 12 | PTE_RW), 0);
    GONE(l1, old);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2), 0), 0);
    CHECK_EQ(page_protect(other, PTE_RW), 0);

    pin_l2();
    old = page_give_up(l1);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2), 0), 0);
    GONE(l1, old);
    CHECK_EQ(page_protect(l2, PTE_RW), 0);
    l2[SLOT] = 0;
}

static void check_roots(unsigned cmd)
{
    uint64_t old;

    other[511] = ((uint64_t *)start_info->pt_base)[511];
    CHECK_EQ(page_protect(other, PTE_RO), 0);
    CHECK_EQ(mmuext(cmd, virt_to_mfn(other), 0), 0);
    old = page_give_up(other);
    CHECK_EQ(mmuext(cmd, top_table_mfn(), 0), 0);
    GONE(other, old);
}

static void grant_over(void *window)
{
    gnttab_map_grant_ref_t map = {.host_addr = (uint64_t)window, .flags = GNTMAP_host_map,
                                  .ref = REF, .dom = own_domid()};
    gnttab_unmap_grant_ref_t back = {.host_addr = (uint64_t)window};

    grant(REF, l1, own_domid(), 0);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1), 0);
    CHECK_EQ(map.status, GNTST_okay);
    back.handle = map.handle;
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &back, 1), 0);
    CHECK_EQ(back.status, GNTST_okay);
    CHECK(grant_end(REF));
}

static void exchange(volatile uint64_t *entry, uint64_t value)
{
    uint64_t seen = *entry;

    CHECK(__atomic_compare_exchange_n(entry, &seen, value, false, __ATOMIC_SEQ_CST,
                                      __ATOMIC_SEQ_CST));
}

static void check_writable(void)
{
    uint8_t *window = window_alloc();
    volatile uint64_t *entry = entry_of(window, 1);
    uint64_t next = virt_to_mfn(l1) << 12 | PTE_RW;

    for (unsigned way = 0; way < 8; way++) {
        uint64_t old;

        CHECK_EQ(page_protect(other, PTE_RW), 0);
        CHECK_EQ(map_mfn(window, virt_to_mfn(other), PTE_RW), 0);
        old = page_give_up(other);
        switch (way) {
        case 0: CHECK_EQ(unmap(window), 0); break;
        case 1: CHECK_EQ(pte_write(entry_maddr(window, 1), 0), 0); break;
        case 2: CHECK_FAULT(NO_FAULT, *entry = 0); break;
        case 3: CHECK_EQ(hyp_update_va_mapping((uint64_t)window, next, UVMF_INVLPG), 0); break;
        case 4: CHECK_EQ(pte_write(entry_maddr(window, 1), next), 0); break;
        case 5: CHECK_FAULT(NO_FAULT, *entry = next); break;
        case 6: CHECK_FAULT(NO_FAULT, exchange(entry, next)); break;
        default: grant_over(window);
        }
        GONE(other, old);
        CHECK_EQ(unmap(window), 0);
    }
    window_free(window);
}

/* A domain whose tables Dom0 builds, changes and leaves as they are. */
static void check_foreign(void)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = 64};
    mmu_update_t write = {.val = 0};
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L2_TABLE};
    uint64_t mfns[4];
    uint64_t *window = window_alloc();
    domid_t domid;

    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, 4, mfns), 4);
    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, mfns[0] << 12 | PTE_RW,
                                               UVMF_INVLPG, domid), 0);
    for (unsigned i = 1; i < 4; i++)
        window[i] = mfns[i] << 12 | PTE_RW;
    CHECK_EQ(unmap(window), 0);
    pin.arg1.mfn = mfns[0];
    CHECK_EQ(hyp_mmuext_op(&pin, 1, NULL, domid), 0);
    write.ptr = mfns[0] << 12 | 8;
    CHECK_EQ(hyp_mmu_update(&write, 1, NULL, (domid + 1u) << 16 | domid), 0);
    CHECK_EQ(domain_destroy(domid), 0);
    window_free(window);
}

GUEST_TEST("XSA-242: every way to drop the last reference")
{
    l1 = page_alloc();
    l2 = page_alloc();
    other = page_alloc();
    check_tables();
    check_roots(MMUEXT_NEW_BASEPTR);
    check_roots(MMUEXT_NEW_USER_BASEPTR);
    check_writable();
    if (is_dom0())
        check_foreign();
    CHECK_EQ(page_protect(l2, PTE_RW), 0);
    page_free(other);
    page_free(l2);
    page_free(l1);
}
