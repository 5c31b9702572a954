/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What processes that start and end on several CPUs do to their tables: each vcpu builds an address
 * space of its own (a top table with tables of each level below), pins it, adds and removes a
 * further lowest table, unpins it and makes all its pages ordinary ones again, over and over, while
 * the others do the same.
 *
 * Expected: every call succeeds: nobody ever gets in the way of another's tables.
 */
#include <guest.h>

#define VCPUS  4
#define ROUNDS 20
#define LEAVES 6
#define PAGES  (3 + LEAVES) /* L4, L3, L2, L1s; the last L1 comes and goes */

struct space {
    uint64_t *page[PAGES];
    unsigned rounds, errors;
};

static struct space spaces[VCPUS];

static uint64_t entry(const uint64_t *page) { return virt_to_mfn(page) << 12 | PTE_RW; }

/* Asks for a flush on this vcpu only. */
static long protect_page(const uint64_t *page, uint64_t flags)
{
    return hyp_update_va_mapping((uint64_t)page, virt_to_mfn(page) << 12 | flags, UVMF_INVLPG);
}

static bool protect(struct space *s, uint64_t flags)
{
    for (unsigned i = 0; i < PAGES; i++)
        if (protect_page(s->page[i], flags))
            return false;
    return true;
}

static void fill(struct space *s, uint64_t leaf)
{
    s->page[0][0] = entry(s->page[1]);
    s->page[1][0] = entry(s->page[2]);
    for (unsigned i = 0; i < LEAVES - 1; i++) {
        s->page[2][i] = entry(s->page[3 + i]);
        for (unsigned j = 0; j < 64; j++)
            s->page[3 + i][j] = leaf;
    }
}

static bool round_of(struct space *s, uint64_t leaf)
{
    uint64_t top = virt_to_mfn(s->page[0]), last = virt_to_mfn(s->page[PAGES - 1]);
    uint64_t slot = virt_to_mfn(s->page[2]) << 12 | (LEAVES - 1) * 8;

    fill(s, leaf);
    if (!protect(s, PTE_RO) || mmuext(MMUEXT_PIN_L4_TABLE, top, 0))
        return false;
    if (mmuext(MMUEXT_PIN_L1_TABLE, last, 0) || pte_write(slot, last << 12 | PTE_RW) ||
        pte_write(slot, 0) || mmuext(MMUEXT_UNPIN_TABLE, last, 0))
        return false;
    if (mmuext(MMUEXT_UNPIN_TABLE, top, 0) || !protect(s, PTE_RW))
        return false;
    for (unsigned i = 0; i < PAGES; i++)
        memset(s->page[i], 0, PAGE_SIZE);
    return true;
}

static void work(void *arg)
{
    struct space *s = arg;
    uint64_t leaf = entry(s->page[PAGES - 1]) & ~PTE_W;

    for (s->rounds = 0; s->rounds < ROUNDS && !s->errors; s->rounds++)
        s->errors += !round_of(s, leaf);
}

GUEST_TEST("address spaces that come and go on every CPU")
{
    uint64_t start;

    NEEDS_VCPUS(VCPUS);
    for (unsigned v = 0; v < VCPUS; v++)
        for (unsigned i = 0; i < PAGES; i++)
            spaces[v].page[i] = page_alloc();
    start = now();
    for (unsigned v = 1; v < VCPUS; v++)
        CHECK(vcpu_start(v, work, &spaces[v]));
    work(&spaces[0]);
    for (unsigned v = 1; v < VCPUS; v++)
        CHECK(vcpu_wait(v));
    printk("%u rounds on %u vcpus in %lu ms\n", ROUNDS, VCPUS, (now() - start) / MS);
    for (unsigned v = 0; v < VCPUS; v++) {
        CHECK_EQ(spaces[v].errors, 0);
        CHECK_EQ(spaces[v].rounds, ROUNDS);
        for (unsigned i = 0; i < PAGES; i++)
            page_free(spaces[v].page[i]);
    }
}
