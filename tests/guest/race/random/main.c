/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random page-type operations of two vcpus on the same few pages at the same time (advisories 299,
 * 309, 310: counts around validation that is interrupted, or races with another). Nothing is
 * expected of a single call. When both have stopped, and all pins and mappings are taken back,
 * every page must be an ordinary one again, and may become a table of each level: no count was
 * lost, none was kept.
 */
#include <guest.h>

#define PAGES 6
#define WINDOWS 3

static uint64_t *pages[PAGES];
static uint8_t *windows[2][WINDOWS];

static uint64_t random_entry(void)
{
    uint64_t mfn = virt_to_mfn(pages[random_below(PAGES)]);

    return mfn << 12 | (random_below(2) ? PTE_RW : PTE_RO);
}

static void store(uint8_t *window, unsigned index, uint64_t value)
{
    ((volatile uint64_t *)window)[index] = value;
}

static void step(unsigned who)
{
    uint64_t mfn = virt_to_mfn(pages[random_below(PAGES)]);
    uint8_t *window = windows[who][random_below(WINDOWS)];
    unsigned index = random_below(512);
    uint64_t entry = random_below(2) ? 0 : random_entry();

    switch (random_below(8)) {
    case 0: case 1:
        mmuext(MMUEXT_PIN_L1_TABLE + random_below(4), mfn, 0);
        break;
    case 2: case 3:
        mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
        break;
    case 4:
        hyp_update_va_mapping((uint64_t)window, mfn << 12 | PTE_RW, UVMF_NONE);
        break;
    case 5:
        hyp_update_va_mapping((uint64_t)window, 0, UVMF_NONE);
        break;
    case 6:
        FAULT_OF(store(window, index, entry & ~PTE_P));
        break;
    default:
        pte_write(mfn << 12 | index * 8, entry);
    }
}

static void here(void)
{
    step(0);
}

static void there(void)
{
    step(1);
}

static void check_ordinary(uint64_t *page, unsigned n)
{
    uint64_t mfn = virt_to_mfn(page);

    if (page_protect(page, PTE_RW)) {
        failure("page %u is still something else", n);
        return;
    }
    memset(page, 0, PAGE_SIZE);
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    for (unsigned level = 0; level < 4; level++) {
        CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE + level, mfn, 0), 0);
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
    }
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    page_free(page);
}

GUEST_TEST("race: random operations on page types")
{
    NEEDS_VCPUS(2);
    for (unsigned n = 0; n < PAGES; n++) {
        pages[n] = page_alloc();
        CHECK_EQ(page_protect(pages[n], PTE_RO), 0);
    }
    for (unsigned w = 0; w < 2 * WINDOWS; w++)
        windows[w & 1][w / 2] = window_alloc();
    race(here, there, 1500);
    for (unsigned w = 0; w < 2 * WINDOWS; w++)
        window_free(windows[w & 1][w / 2]);
    for (unsigned n = 0; n < PAGES; n++)
        mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(pages[n]), 0);
    for (unsigned n = 0; n < PAGES; n++)
        check_ordinary(pages[n], n);
}
