/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ballooning: a PV guest gives a page back by decrease_reservation and takes one by
 * populate_physmap or increase_reservation (memory.h). The calls return how many extents were
 * done, so a list with a bad member stops there. A page that is still mapped is counted as given
 * back, but goes only when its last mapping does. Memory beyond the domain's limit is refused: 0
 * done. Handles that cannot be read or written, extent orders and counts beyond all bounds,
 * unknown domains: an error or 0 done, and no page lost.
 */
#include <guest.h>

static xen_pfn_t list[64];

static long reservation(unsigned cmd, const void *at, uint64_t count, unsigned order, domid_t domid)
{
    xen_memory_reservation_t r = {.extent_start = HANDLE(at), .nr_extents = count,
                                  .extent_order = order, .domid = domid};

    return hyp_memory_op(cmd, &r);
}

/* Gives the frame of a page away and gets another one in its place. */
static void check_round(void)
{
    uint8_t *page = page_alloc();
    uint64_t pfn = virt_to_pfn(page), old = virt_to_mfn(page);

    list[0] = old;
    CHECK_EQ(reservation(XENMEM_decrease_reservation, list, 1, 0, DOMID_SELF), 1);
    CHECK(can_write(page)); /* still mapped: it goes when the mapping does */
    CHECK_EQ(unmap(page), 0);
    CHECK(map_mfn(page, old, PTE_RW) < 0);
    list[0] = pfn;
    CHECK_EQ(reservation(XENMEM_populate_physmap, list, 1, 0, DOMID_SELF), 1);
    CHECK_EQ(mfn_to_pfn(list[0]), pfn);
    p2m()[pfn] = list[0];
    CHECK_EQ(map_mfn(page, list[0], PTE_RW), 0);
    CHECK(can_write(page));
    page_free(page);
}

static void check_increase(void)
{
    struct xen_memory_domain self_domain = {DOMID_SELF};
    long before = hyp_memory_op(XENMEM_current_reservation, &self_domain);

    if (hyp_memory_op(XENMEM_maximum_reservation, &self_domain) < before + 8)
        return; /* the toolstack leaves no room above what the guest has */
    CHECK_EQ(reservation(XENMEM_increase_reservation, list, 8, 0, DOMID_SELF), 8);
    CHECK_EQ(hyp_memory_op(XENMEM_current_reservation, &self_domain), before + 8);
    list[20] = list[3];
    list[3] = ~0UL; /* the list stops at a bad member */
    CHECK_EQ(reservation(XENMEM_decrease_reservation, list, 8, 0, DOMID_SELF), 3);
    list[3] = list[20];
    CHECK_EQ(reservation(XENMEM_decrease_reservation, list + 3, 5, 0, DOMID_SELF), 5);
    CHECK_EQ(reservation(XENMEM_decrease_reservation, list, 1, 0, DOMID_SELF), 0);
    CHECK_EQ(hyp_memory_op(XENMEM_current_reservation, &self_domain), before);
}

static void check_limit(void)
{
    struct xen_memory_domain self_domain = {DOMID_SELF};
    static xen_pfn_t many[16384];
    long before = hyp_memory_op(XENMEM_current_reservation, &self_domain);
    long max = hyp_memory_op(XENMEM_maximum_reservation, &self_domain), got;

    if (max - before >= (long)ARRAY_SIZE(many)) {
        printk("no limit in reach: %ld of %ld pages\n", before, max);
        return;
    }
    got = reservation(XENMEM_increase_reservation, many, ARRAY_SIZE(many), 0, DOMID_SELF);
    CHECK_EQ(got, max - before);
    CHECK_EQ(hyp_memory_op(XENMEM_current_reservation, &self_domain), max);
    list[0] = 0x7000;
    CHECK_EQ(reservation(XENMEM_populate_physmap, list, 1, 0, DOMID_SELF), 0);
    CHECK_EQ(reservation(XENMEM_decrease_reservation, many, got, 0, DOMID_SELF), got);
}

static void check_errors(void)
{
    CHECK(hyp_memory_op(XENMEM_increase_reservation, NULL) <= 0);
    CHECK(hyp_memory_op(XENMEM_increase_reservation, (void *)HYPERVISOR_VIRT_START) <= 0);
    CHECK_EQ(reservation(XENMEM_decrease_reservation, (void *)0x1000, 1, 0, DOMID_SELF), 0);
    CHECK_EQ(reservation(XENMEM_populate_physmap, (void *)0x1000, 1, 0, DOMID_SELF), 0);
    CHECK_EQ(reservation(XENMEM_populate_physmap, (void *)0x8000000000000000UL, 1, 0, DOMID_SELF),
             0);
    CHECK_EQ(reservation(XENMEM_decrease_reservation, list, 0, 0, DOMID_SELF), 0);
    CHECK_EQ(reservation(XENMEM_decrease_reservation, list, 1UL << 62, 0, DOMID_SELF), 0);
    CHECK_EQ(reservation(XENMEM_increase_reservation, list, 1, 40, DOMID_SELF), 0);
    CHECK_EQ(reservation(XENMEM_increase_reservation, list, 1, 63, DOMID_SELF), 0);
    CHECK_EQ(reservation(XENMEM_increase_reservation, list, 1, 64, DOMID_SELF), 0);
    CHECK_EQ(reservation(XENMEM_increase_reservation, list, 1, ~0U, DOMID_SELF), 0);
    CHECK(reservation(XENMEM_decrease_reservation, list, 1, 0, 0x7000) <= 0);
    CHECK(reservation(XENMEM_populate_physmap, list, 1, 0, DOMID_XEN) <= 0);
}

/* A window into the hypervisor's own address space must not be written as a list. */
static void check_hypervisor_list(void)
{
    CHECK_EQ(reservation(XENMEM_increase_reservation, (void *)MACH2PHYS_VIRT_START, 1, 0,
                         DOMID_SELF), 0);
    CHECK_EQ(reservation(XENMEM_increase_reservation, (void *)(HYPERVISOR_VIRT_END - 8), 1, 0,
                         DOMID_SELF), 0);
}

GUEST_TEST("balloon down and up, limits and wrong lists")
{
    struct xen_memory_domain self_domain = {DOMID_SELF};
    long before = hyp_memory_op(XENMEM_current_reservation, &self_domain);

    check_round();
    check_increase();
    check_limit();
    check_errors();
    check_hypervisor_list();
    CHECK_EQ(hyp_memory_op(XENMEM_current_reservation, &self_domain), before);
}
