/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cache attributes of mappings of RAM (advisory 402): what a guest writes past the cache could be
 * other than what was checked. A domain without ports and device memory gets -EINVAL for each of
 * the three bits, whichever way the entry is made; Dom0, which has devices, may set them, and the
 * page can be a table and writable again afterwards. A domain that Dom0 builds is judged by its own
 * rights, which a port changes.
 */
#include <guest.h>

#define PTE_PAT PTE_PSE

static const uint64_t attributes[] = {PTE_PWT, PTE_PCD, PTE_PAT, PTE_PCD | PTE_PWT};

/* By va_mapping, by mmu_update, by a write to the table, and in a new table. */
static void check_own(uint64_t bits, long want)
{
    uint64_t *page = page_alloc(), *table = page_alloc(), *window = window_alloc();
    uint64_t entry = virt_to_mfn(page) << 12 | PTE_RW | bits;

    CHECK_EQ(map_mfn(window, virt_to_mfn(page), PTE_RW | bits), want);
    CHECK_EQ(can_write(window), !want);
    CHECK_EQ(unmap(window), 0);
    CHECK_EQ(pte_write(entry_maddr(window, 1), entry), want);
    CHECK_EQ(unmap(window), 0);
    if (want)
        CHECK(FAULT_OF(*(volatile uint64_t *)entry_of(window, 1) = entry) != NO_FAULT);
    else
        CHECK_FAULT(NO_FAULT, *(volatile uint64_t *)entry_of(window, 1) = entry);
    CHECK_EQ(unmap(window), 0);
    table[3] = entry;
    CHECK_EQ(page_protect(table, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table), 0), want);
    if (!want)
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table), 0), 0);
    CHECK_EQ(page_protect(table, PTE_RW), 0);
    window_free(window);
    page_free(table);
    page_free(page);
}

/* Written past the cache, then a table: the check sees what was written. */
static void check_written(void)
{
    uint64_t *page = page_alloc(), *window = window_alloc();

    CHECK_EQ(map_mfn(window, virt_to_mfn(page), PTE_RW | PTE_PCD | PTE_PWT), 0);
    window[5] = entry_maddr(page, 1) | PTE_RW; /* a table, writable */
    CHECK_EQ(unmap(window), 0);
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    CHECK(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page), 0) < 0);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    page[5] = 0;
    window_free(window);
    page_free(page);
}

static long pin(domid_t domid, uint64_t mfn, unsigned cmd)
{
    mmuext_op_t op = {.cmd = cmd, .arg1.mfn = mfn};

    return hyp_mmuext_op(&op, 1, NULL, domid);
}

static void check_other(void)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = 16};
    static uint64_t mfns[2];
    uint64_t *window = window_alloc();
    domid_t domid;

    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, 2, mfns), 2);
    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, mfns[0] << 12 | PTE_RW,
                                               UVMF_INVLPG, domid), 0);
    window[0] = mfns[1] << 12 | PTE_RW | PTE_PCD;
    CHECK_EQ(unmap(window), 0);
    CHECK_EQ(pin(domid, mfns[0], MMUEXT_PIN_L1_TABLE), -XEN_EINVAL);
    op.u.ioport_permission =
        (struct xen_domctl_ioport_permission){.first_port = 0x80, .nr_ports = 1, .allow_access = 1};
    CHECK_EQ(domctl(&op, XEN_DOMCTL_ioport_permission, domid), 0);
    CHECK_EQ(pin(domid, mfns[0], MMUEXT_PIN_L1_TABLE), 0);
    CHECK_EQ(pin(domid, mfns[0], MMUEXT_UNPIN_TABLE), 0);
    window_free(window);
    CHECK_EQ(domain_destroy(domid), 0);
}

GUEST_TEST("caching: only domains with devices map RAM uncached")
{
    for (unsigned i = 0; i < ARRAY_SIZE(attributes); i++)
        check_own(attributes[i], is_dom0() ? 0 : -XEN_EINVAL);
    if (is_dom0()) {
        check_written();
        check_other();
    }
}
