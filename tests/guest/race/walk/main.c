/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translations that outlive their tables (XSA-286, row 9). One vcpu goes on using an address, also
 * so that the hypervisor itself walks to it (faults that are spurious, update_va_mapping). The
 * other unhooks a table on the way there, without asking for a flush, makes the table an ordinary
 * page, and writes into it what would lead elsewhere: to a page that it may not write, or to no
 * memory.
 *
 * Expected: when the table has become an ordinary page nothing is written through the address any
 * more: neither its former page, nor the forged one, nor what now stands in the former table.
 */
#include <guest.h>

#define SLOT 8
#define VA ((uint64_t)SLOT << 39 | 5UL << 30 | 6UL << 21 | 7UL << 12)
#define HOLE (0xffffffffffUL << 12 | PTE_RW)

static uint64_t *tables[4]; /* by level, from 1 */
static uint64_t *page, *forbidden;
static volatile unsigned written, refused;
static unsigned changed;

static unsigned index_of(int level)
{
    return level == 1 ? 7 : level == 2 ? 6 : level == 3 ? 5 : SLOT;
}

static uint64_t entry_at(int level)
{
    uint64_t table = level == 4 ? top_table_mfn() : virt_to_mfn(tables[level]);

    return table << 12 | index_of(level) * 8;
}

static void write_there(uint64_t value)
{
    *(volatile uint64_t *)VA = value;
}

/* A read puts the read-only translation into the TLB; the write then faults, for no reason left. */
static void use(void)
{
    uint64_t entry = virt_to_mfn(page) << 12;

    for (unsigned i = 0; i < 20; i++) {
        if (hyp_update_va_mapping(VA, entry | PTE_RO, UVMF_NONE))
            refused++;
        (void)can_read((void *)VA);
        hyp_update_va_mapping(VA, entry | PTE_RW, UVMF_NONE);
        for (unsigned n = 0; n < 4; n++)
            written += FAULT_OF(write_there(written | 2UL)) == NO_FAULT;
    }
}

static void hook(void)
{
    memset(tables[1], 0, PAGE_SIZE);
    tables[1][index_of(1)] = virt_to_mfn(page) << 12 | PTE_RW;
    CHECK_EQ(page_protect(tables[1], PTE_RO), 0);
    for (int level = 2; level < 4; level++) {
        memset(tables[level], 0, PAGE_SIZE);
        tables[level][index_of(level)] = virt_to_mfn(tables[level - 1]) << 12 | PTE_RW;
        CHECK_EQ(page_protect(tables[level], PTE_RO), 0);
    }
    CHECK_EQ(pte_write(entry_at(4), virt_to_mfn(tables[3]) << 12 | PTE_RW), 0);
}

static void forge(int level)
{
    uint64_t forged = level == 1 ? virt_to_mfn(forbidden) << 12 | PTE_RW : HOLE;
    volatile uint64_t *word = (volatile uint64_t *)page, seen;

    for (unsigned i = 0; i < 512; i++)
        tables[level][i] = forged;
    seen = *word;
    for (unsigned i = 0; i < 300; i++) {
        changed += *word != seen;
        changed += ((volatile uint64_t *)tables[level])[index_of(level)] != forged;
        changed += *(volatile uint64_t *)forbidden != 0;
        relax();
    }
}

static void one_round(void)
{
    int from = 2 + (int)random_below(3), level = 1 + (int)random_below((uint32_t)from - 1);
    unsigned uses;

    hook();
    uses = written + random_below(10);
    while (written <= uses)
        relax();
    random_pause();
    CHECK_EQ(pte_write(entry_at(from), 0), 0); /* what it led to is no table any more */
    CHECK_EQ(page_protect(tables[level], PTE_RW), 0);
    forge(level);
    CHECK_EQ(pte_write(entry_at(4), 0), 0);
    for (level = 1; level < 4; level++)
        CHECK_EQ(page_protect(tables[level], PTE_RW), 0);
}

GUEST_TEST("race: an address is used while its tables become something else")
{
    NEEDS_VCPUS(2);
    page = page_alloc();
    forbidden = page_alloc();
    for (int level = 1; level < 4; level++)
        tables[level] = page_alloc();
    written = refused = changed = 0;
    do
        race(one_round, use, 30);
    while (!written);
    printk("written %u times, refused %u times\n", written, refused);
    CHECK_EQ(changed, 0);
    for (int level = 1; level < 4; level++)
        page_free(tables[level]);
    page_free(forbidden);
    page_free(page);
}
