/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many thousand random operations on a few pages: pinned as tables of any level, unpinned, mapped
 * writable or read-only at several places, written by mmu_update and by plain stores, with entries
 * that name each other, page tables of the running kernel, and frames of nobody.
 *
 * Whatever is accepted, a pinned page is never mapped writable at the same time; and when all pins
 * and mappings are taken back, every page is an ordinary one again: no count was lost or kept.
 */
#include <guest.h>

#define PAGES 12
#define WINDOWS 6
#define STEPS 250000

static uint64_t *pages[PAGES];   /* own mappings are read-only while the test runs */
static uint8_t *windows[WINDOWS];
static int mapped[WINDOWS];      /* page that is there writable, or -1 */
static bool pinned[PAGES];
static unsigned counts[8];

static uint32_t random_number(uint32_t limit)
{
    static uint64_t state = 0x123456789abcdefUL;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16) % limit;
}

static uint64_t random_entry(void)
{
    static const uint64_t flags[] = {PTE_RW, PTE_RO, PTE_RW, PTE_P, PTE_RW | PTE_PSE,
                                     PTE_RW | PTE_NX, PTE_RW | PTE_PCD, 0};
    uint64_t frame;

    switch (random_number(10)) {
    case 0: frame = top_table_mfn(); break;
    case 1: frame = entry_maddr(pages[0], 1) >> 12; break;
    case 2: frame = ((uint64_t)random_number(1u << 20) << 20) + 0x100000; break;
    default: frame = virt_to_mfn(pages[random_number(PAGES)]);
    }
    return frame << 12 | flags[random_number(ARRAY_SIZE(flags))];
}

static void pin(unsigned n)
{
    if (!mmuext(MMUEXT_PIN_L1_TABLE + random_number(4), virt_to_mfn(pages[n]), 0)) {
        if (pinned[n])
            failure("page %u was pinned twice", n);
        pinned[n] = true;
        counts[0]++;
    }
}

static void unpin(unsigned n)
{
    long result = mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(pages[n]), 0);

    if ((result == 0) != pinned[n])
        failure("unpin of page %u gives %ld", n, result);
    pinned[n] = false;
    counts[1]++;
}

static void map(unsigned n, unsigned w)
{
    if (!map_mfn(windows[w], virt_to_mfn(pages[n]), PTE_RW)) {
        mapped[w] = (int)n;
        counts[2]++;
    }
}

static void drop(unsigned w)
{
    if (unmap(windows[w]))
        failure("a window could not be unmapped");
    mapped[w] = -1;
}

static void store(unsigned w)
{
    volatile uint64_t *at = (volatile uint64_t *)windows[w] + random_number(512);

    if (mapped[w] < 0)
        return;
    counts[3]++;
    *at = random_number(3) ? 0 : random_entry();
}

static void update(unsigned n)
{
    uint64_t maddr = virt_to_mfn(pages[n]) << 12 | random_number(512) * 8;

    counts[4] += !pte_write(maddr, random_number(2) ? 0 : random_entry());
}

static void clear(unsigned n)
{
    counts[5] += !mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(pages[n]), 0);
}

static void step(void)
{
    unsigned n = random_number(PAGES), w = random_number(WINDOWS);

    switch (random_number(10)) {
    case 0: case 1: pin(n); break;
    case 2: unpin(n); break;
    case 3: map(n, w); break;
    case 4: drop(w); break;
    case 5: case 6: store(w); break;
    case 7: case 8: update(n); break;
    default: clear(n);
    }
    for (w = 0; w < WINDOWS; w++)
        if (mapped[w] >= 0 && pinned[mapped[w]])
            failure("page %d is pinned and mapped writable", mapped[w]);
}

static void check_ordinary(unsigned n)
{
    if (page_protect(pages[n], PTE_RW)) {
        failure("page %u is still something else", n);
        return;
    }
    memset(pages[n], 0, PAGE_SIZE);
    CHECK_EQ(page_protect(pages[n], PTE_RO), 0);
    for (unsigned level = 0; level < 4; level++) { /* nothing keeps it writable either */
        CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE + level, virt_to_mfn(pages[n]), 0), 0);
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(pages[n]), 0), 0);
    }
    CHECK_EQ(page_protect(pages[n], PTE_RW), 0);
    page_free(pages[n]);
}

GUEST_TEST("random operations on page types")
{
    for (unsigned n = 0; n < PAGES; n++) {
        pages[n] = page_alloc();
        CHECK_EQ(page_protect(pages[n], PTE_RO), 0);
    }
    for (unsigned w = 0; w < WINDOWS; w++) {
        windows[w] = window_alloc();
        mapped[w] = -1;
    }
    for (unsigned i = 0; i < STEPS; i++)
        step();
    printk("pins %u, unpins %u, maps %u, stores %u, updates %u, clears %u\n", counts[0], counts[1],
           counts[2], counts[3], counts[4], counts[5]);
    for (unsigned w = 0; w < WINDOWS; w++)
        window_free(windows[w]);
    for (unsigned n = 0; n < PAGES; n++)
        if (pinned[n])
            unpin(n);
    for (unsigned n = 0; n < PAGES; n++)
        check_ordinary(n);
}
