/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-500 (row 24): a grant copy looked its frame up twice, and used one answer for the check and
 * the other for the copy.
 *
 * One vcpu copies without end: to a frame by its number, and to a grant. The other turns the frame
 * into a page table and back, and lets the grant name now an ordinary page, now a page table. While
 * a page is a table no copy may write to it; in the end nobody holds any of them.
 */
#include <guest.h>

#define REF 35
#define PATTERN 0x2UL /* an entry that is not present: nothing breaks if it comes into a table */

static uint64_t *source, *page, *table;
static volatile unsigned copied, refused;
static unsigned held, changed;

static void copy(uint16_t flags)
{
    gnttab_copy_t op = {.source = {.u.gmfn = virt_to_mfn(source), .domid = DOMID_SELF},
                        .dest = {.u.gmfn = virt_to_mfn(page), .domid = DOMID_SELF},
                        .len = PAGE_SIZE, .flags = flags, .status = 99};

    if (flags & GNTCOPY_dest_gref)
        op.dest.u.ref = REF;
    if (flags & GNTCOPY_dest_gref)
        op.dest.domid = own_domid();
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_copy, &op, 1), 0);
    if (op.status == GNTST_okay)
        copied++;
    else
        refused++;
}

static void copier(void)
{
    for (unsigned i = 0; i < 10; i++) {
        copy(0);
        copy(GNTCOPY_dest_gref);
    }
}

static unsigned words_of(const uint64_t *at, uint64_t value)
{
    unsigned n = 0;

    for (unsigned i = 0; i < 512; i += 51)
        n += *(const volatile uint64_t *)&at[i] == value;
    return n;
}

static void one_round(void)
{
    volatile grant_entry_v1_t *entry = &grant_table()[REF];
    uint64_t mfn = virt_to_mfn(page);
    unsigned before;

    for (unsigned i = 0; i < 20; i++) {
        entry->frame = (uint32_t)virt_to_mfn(i & 1 ? page : table);
        relax();
    }
    if (mmuext(MMUEXT_CLEAR_PAGE, mfn, 0) || mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0))
        return; /* a copy is writing just now */
    held++;
    before = words_of(page, PATTERN);
    for (unsigned i = 0; i < 50; i++) {
        changed += words_of(page, PATTERN) != before;
        relax();
    }
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
}

GUEST_TEST("race: grant copies to a page that becomes a table")
{
    NEEDS_VCPUS(2);
    source = page_alloc();
    page = page_alloc();
    table = page_alloc();
    for (unsigned i = 0; i < 512; i++)
        source[i] = PATTERN;
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    CHECK_EQ(page_protect(table, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table), 0), 0);
    grant(REF, page, own_domid(), 0);
    copied = refused = held = changed = 0;
    do
        race(one_round, copier, 40);
    while (!copied || !held);
    printk("copied %u, refused %u, table %u times\n", copied, refused, held);
    CHECK_EQ(changed, 0);
    CHECK_EQ(words_of(table, PATTERN), 0);
    CHECK(grant_end(REF));
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table), 0), 0);
    CHECK_EQ(page_protect(table, PTE_RW), 0);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    page_free(table);
    page_free(page);
    page_free(source);
}
