/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-185 and XSA-240 (rows 3 and 7): tables that name themselves or others of their level. A
 * 32-bit guest on a 64-bit hypervisor got a recursive L3 past the check and with it a writable view
 * of its tables; linear page tables that were nested without limit overflowed the stack when they
 * were let go.
 *
 * This hypervisor has neither 32-bit guests nor linear page tables. Here: Dom0 asks for a 32-bit
 * guest; tables of each level that name themselves, each other, or one of a higher level are pinned
 * or updated so, writable and read-only; a chain of many is built. All is refused, and the pages
 * are ordinary ones afterwards.
 */
#include <guest.h>

#define CHAIN 32

static uint64_t *tables[CHAIN];

static long pin(int level, const void *table)
{
    return mmuext(MMUEXT_PIN_L1_TABLE + (unsigned)level - 1, virt_to_mfn(table), 0);
}

/* All else becomes empty: an L4 keeps what the hypervisor had in its slots. */
static void entry_becomes(uint64_t *table, uint64_t entry)
{
    CHECK_EQ(page_protect(table, PTE_RW), 0);
    memset(table, 0, PAGE_SIZE);
    table[0] = entry;
    CHECK_EQ(page_protect(table, PTE_RO), 0);
}

static void check_level(int level, uint64_t flags)
{
    uint64_t self_mfn = virt_to_mfn(tables[0]), maddr = self_mfn << 12 | 8;

    entry_becomes(tables[0], self_mfn << 12 | flags);
    CHECK(pin(level, tables[0]) < 0);
    entry_becomes(tables[0], virt_to_mfn(tables[1]) << 12 | flags);
    entry_becomes(tables[1], self_mfn << 12 | flags);
    if (level > 2 || (flags & PTE_W)) /* an L1 may map it to be read */
        CHECK(pin(level, tables[0]) < 0); /* two that name each other */
    entry_becomes(tables[0], 0);
    entry_becomes(tables[1], 0);

    CHECK_EQ(pin(level, tables[0]), 0);
    CHECK_EQ(pin(level, tables[1]), 0);
    CHECK(pte_write(maddr, self_mfn << 12 | flags) < 0);
    CHECK(pte_write(maddr, virt_to_mfn(tables[1]) << 12 | flags) < 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(tables[1]), 0), 0);
    for (int higher = level + 1; higher <= 4; higher++) {
        CHECK_EQ(pin(higher, tables[1]), 0);
        CHECK(pte_write(maddr, virt_to_mfn(tables[1]) << 12 | flags) < 0);
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(tables[1]), 0), 0);
    }
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, self_mfn, 0), 0);
    entry_becomes(tables[0], 0);
    entry_becomes(tables[1], 0);
}

/* Each is a table of the level already, and would name the next one. */
static void check_chain(int level)
{
    for (int i = 0; i < CHAIN; i++)
        CHECK_EQ(pin(level, tables[i]), 0);
    for (int i = 0; i < CHAIN - 1; i++)
        CHECK(pte_write(virt_to_mfn(tables[i]) << 12 | 8,
                        virt_to_mfn(tables[i + 1]) << 12 | PTE_RO) < 0);
    for (int i = 0; i < CHAIN; i++)
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(tables[i]), 0), 0);
}

static void check_live(void)
{
    uint64_t l4 = top_table_mfn(), l3 = entry_maddr(tables[0], 3) >> 12;

    CHECK(pte_write(l4 << 12 | 300 * 8, l4 << 12 | PTE_RO) < 0);
    CHECK(pte_write(l4 << 12 | 300 * 8, l4 << 12 | PTE_RW) < 0);
    CHECK(pte_write(l3 << 12 | 5 * 8, l3 << 12 | PTE_RO) < 0);
    CHECK(pte_write(l3 << 12 | 5 * 8, l4 << 12 | PTE_RO) < 0);
}

static void check_32bit(void)
{
    struct xen_domctl op = {.u.address_size.size = 32};
    char capabilities[1024];
    domid_t domid;

    CHECK_EQ(hyp_xen_version(XENVER_capabilities, capabilities), 0);
    for (const char *at = capabilities; *at; at++)
        if (!strncmp(at, "x86_32", 6))
            failure("32-bit guests are offered: %s", capabilities);
    if (!is_dom0())
        return;
    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK(domctl(&op, XEN_DOMCTL_set_address_size, domid) < 0);
    CHECK_EQ(domain_destroy(domid), 0);
}

GUEST_TEST("XSA-185, 240: tables that name themselves")
{
    for (int i = 0; i < CHAIN; i++) {
        tables[i] = page_alloc();
        CHECK_EQ(page_protect(tables[i], PTE_RO), 0);
    }
    for (int level = 2; level <= 4; level++) {
        check_level(level, PTE_RO);
        check_level(level, PTE_RW);
        check_chain(level);
    }
    check_live();
    check_32bit();
    for (int i = 0; i < CHAIN; i++) {
        CHECK_EQ(page_protect(tables[i], PTE_RW), 0);
        page_free(tables[i]);
    }
}
