/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator: buddy system, address limits, scrubbing, domain accounts, batches, shared
 * pages, claims.
 */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include <hv/arch.h>
#include <hv/buddy.h>
#include <hv/page_alloc.h>
#include <public/errno.h>

#define FRAMES 4096

static void setup(void)
{
    fake_cpus_init(1);
    fake_memory_init(FRAMES);
}

static void add_all(bool dirty)
{
    page_alloc_add(mfn(0), mfn(FRAMES), dirty);
}

START_TEST(frame_zero_is_never_given_out)
{
    add_all(false);
    ck_assert_uint_eq(free_page_count(), FRAMES - 1);
    for (unsigned i = 0; i < FRAMES - 1; i++) {
        struct page *pg = buddy_take(NULL, 0, 0);
        ck_assert_ptr_nonnull(pg);
        ck_assert_uint_ne(page_to_mfn(pg).n, 0);
        ck_assert_uint_eq(pg->count, PGC_UNOWNED);
    }
    ck_assert_ptr_null(buddy_take(NULL, 0, 0));
    ck_assert_uint_eq(free_page_count(), 0);
}
END_TEST

START_TEST(blocks_are_aligned_and_merge_again)
{
    struct page *pg[12];

    add_all(false);
    for (unsigned o = 0; o < 11; o++) {
        pg[o] = buddy_take(NULL, o, 0);
        ck_assert_ptr_nonnull(pg[o]);
        ck_assert_uint_eq(page_to_mfn(pg[o]).n & ((1ul << o) - 1), 0);
    }
    for (unsigned o = 0; o < 11; o++)
        buddy_give(pg[o], o, false);
    ck_assert_uint_eq(free_page_count(), FRAMES - 1);
    /* only if everything was merged is there a block of half of all memory */
    ck_assert_ptr_nonnull(buddy_take(NULL, 11, 0));
}
END_TEST

START_TEST(address_limit)
{
    add_all(false);
    for (unsigned bits = PAGE_SHIFT + 1; bits < PAGE_SHIFT + 12; bits++) {
        struct page *pg = buddy_take(NULL, 0, MEMF_BELOW(bits));
        ck_assert_ptr_nonnull(pg);
        ck_assert_uint_lt(page_to_mfn(pg).n, 1ul << (bits - PAGE_SHIFT));
    }
    ck_assert_ptr_null(buddy_take(NULL, 0, MEMF_BELOW(PAGE_SHIFT)));
    ck_assert_ptr_null(buddy_take(NULL, 9, MEMF_BELOW(PAGE_SHIFT + 9)));
}
END_TEST

START_TEST(memory_above_4g_is_taken_first)
{
    unsigned long top = (4ul << 30 >> PAGE_SHIFT) + 1024;

    fake_memory_init(top);
    page_alloc_add(mfn(1024), mfn(2048), false);
    page_alloc_add(mfn(top - 1024), mfn(top), true);
    for (unsigned i = 0; i < 1024; i++)
        ck_assert_uint_ge(page_to_mfn(buddy_take(NULL, 0, 0)).n, top - 1024);
    ck_assert_uint_lt(page_to_mfn(buddy_take(NULL, 0, 0)).n, 2048);
    ck_assert_ptr_nonnull(buddy_take(NULL, 0, MEMF_BELOW_4G));
}
END_TEST

START_TEST(dirty_memory_is_scrubbed_before_use)
{
    struct page *pg;
    char *va;

    add_all(true);
    ck_assert_uint_eq(dirty_page_count(), FRAMES - 1);
    memset(mfn_to_virt(mfn(1)), 0xee, (FRAMES - 1) * PAGE_SIZE);
    va = hv_alloc_pages(2, 0);
    for (unsigned i = 0; i < 4 * PAGE_SIZE; i++)
        ck_assert_int_eq(va[i], 0);
    ck_assert_uint_eq(fake_clears, 4);
    va = hv_alloc_pages(0, MEMF_NO_SCRUB);
    ck_assert_int_eq((unsigned char)va[0], 0xee);
    pg = mfn_to_page(virt_to_mfn(va));
    ck_assert_uint_eq(pg->count, PGC_UNOWNED);
    ck_assert_uint_eq(dirty_page_count(), FRAMES - 1 - 5);
}
END_TEST

START_TEST(idle_scrubbing_cleans_everything)
{
    add_all(true);
    memset(mfn_to_virt(mfn(1)), 0xee, (FRAMES - 1) * PAGE_SIZE);
    while (page_scrub_some())
        ck_assert_uint_eq(free_page_count(), FRAMES - 1);
    ck_assert_uint_eq(dirty_page_count(), 0);
    ck_assert_uint_eq(fake_clears, FRAMES - 1);
    ck_assert(!page_scrub_some());
    ck_assert_ptr_nonnull(buddy_take(NULL, 11, 0));
    ck_assert_uint_eq(fake_clears, FRAMES - 1);
}
END_TEST

START_TEST(clean_pages_are_preferred)
{
    struct page *pg[64];

    add_all(false);
    for (unsigned i = 0; i < 64; i++)
        pg[i] = buddy_take(NULL, 0, 0);
    for (unsigned i = 0; i < 64; i += 2)
        buddy_give(pg[i], 0, true);
    for (unsigned i = 0; i < 1000; i++)
        buddy_take(NULL, 0, 0);
    ck_assert_uint_eq(fake_clears, 0);
    ck_assert_uint_eq(dirty_page_count(), 32);
}
END_TEST

START_TEST(clean_and_dirty_neighbours_make_a_large_block)
{
    struct page *block, *other;

    page_alloc_add(mfn(1024), mfn(2048), false);
    block = buddy_take(NULL, 10, 0);
    ck_assert_ptr_nonnull(block);
    for (unsigned i = 0; i < 1024; i++)
        buddy_give(block + i, 0, i % 3 == 0);
    other = buddy_take(NULL, 10, 0);
    ck_assert_ptr_eq(block, other);
    ck_assert_uint_eq(free_page_count(), 0);
    ck_assert_uint_eq(dirty_page_count(), 0);
}
END_TEST

START_TEST(ranges_of_any_alignment_are_given)
{
    page_alloc_add(mfn(3), mfn(1000), false);
    page_alloc_add(mfn(1000), mfn(1001), false);
    page_alloc_add(mfn(1001), mfn(1001), false);
    ck_assert_uint_eq(free_page_count(), 998);
    page_alloc_add(mfn(1001), mfn(2048), false);
    ck_assert_ptr_nonnull(buddy_take(NULL, 10, 0));
}
END_TEST

/* --- random operations against a map of who has what ------------------------------------------ */

START_TEST(random_operations_keep_the_books)
{
    static struct { struct page *pg; unsigned order; } held[512];
    static uint8_t taken[FRAMES];
    unsigned nr = 0;
    unsigned long held_pages = 0;

    srandom(1);
    memset(taken, 0, sizeof(taken));
    add_all(true);
    for (unsigned step = 0; step < 20000; step++) {
        if (nr && (nr == 512 || random() % 2)) {
            unsigned i = (unsigned)random() % nr;
            for (unsigned long k = 0; k < 1ul << held[i].order; k++)
                taken[page_to_mfn(held[i].pg).n + k] = 0;
            held_pages -= 1ul << held[i].order;
            buddy_give(held[i].pg, held[i].order, random() % 2);
            held[i] = held[--nr];
        } else {
            unsigned order = (unsigned)random() % 7,
                flags = random() % 4 ? 0 : MEMF_BELOW(20 + random() % 6);
            struct page *pg = buddy_take(NULL, order, flags);
            if (!pg)
                continue;
            unsigned long f = page_to_mfn(pg).n;
            ck_assert_uint_eq(f & ((1ul << order) - 1), 0);
            for (unsigned long k = 0; k < 1ul << order; k++) {
                ck_assert_uint_eq(taken[f + k], 0);
                taken[f + k] = 1;
            }
            held[nr].pg = pg;
            held[nr++].order = order;
            held_pages += 1ul << order;
        }
        if (step % 16 == 0)
            page_scrub_some();
        ck_assert_uint_eq(free_page_count(), FRAMES - 1 - held_pages);
        ck_assert_uint_le(dirty_page_count(), free_page_count());
    }
    while (nr--)
        buddy_give(held[nr].pg, held[nr].order, true);
    while (page_scrub_some())
        ;
    ck_assert_uint_eq(free_page_count(), FRAMES - 1);
    ck_assert_ptr_nonnull(buddy_take(NULL, 11, 0));
}
END_TEST

/* --- domains ---------------------------------------------------------------------------------- */

START_TEST(domain_pages_are_counted_and_returned)
{
    struct domain *d = fake_domain(5, 1);
    struct page *pg;

    add_all(false);
    pg = domain_alloc_pages(d, 3, 0);
    ck_assert_ptr_nonnull(pg);
    ck_assert_uint_eq(d->tot_pages, 8);
    ck_assert_uint_eq(d->pages.count, 8);
    ck_assert_int_eq(d->refcount, 2);
    for (unsigned i = 0; i < 8; i++) {
        ck_assert_uint_eq(page_owner_id(pg + i), 5);
        ck_assert_uint_eq(pg[i].count & (PGC_ALLOCATED | PGC_COUNT_MASK), PGC_ALLOCATED | 1);
        ck_assert_uint_eq(pg[i].type, 0);
        ck_assert(page_put_allocated(pg + i));
        ck_assert(!(pg[i].count & PGC_ALLOCATED));
    }
    ck_assert_uint_eq(d->tot_pages, 0);
    ck_assert_uint_eq(d->pages.first, 0);
    ck_assert_int_eq(d->refcount, 1);
    ck_assert_uint_eq(free_page_count(), FRAMES - 1);
    ck_assert_uint_eq(dirty_page_count(), 8);
    fake_domain_free(d);
}
END_TEST

START_TEST(references_keep_a_page)
{
    struct domain *d = fake_domain(5, 1), *e = fake_domain(6, 1);
    struct page *pg;

    add_all(false);
    pg = domain_alloc_pages(d, 0, 0);
    ck_assert(page_get(pg, d));
    ck_assert(!page_get(pg, e));
    ck_assert(page_get(pg, d));
    ck_assert(page_put_allocated(pg));
    ck_assert(!page_put_allocated(pg));
    page_put(pg);
    ck_assert_uint_eq(d->tot_pages, 1);
    page_put(pg);
    ck_assert_uint_eq(d->tot_pages, 0);
    ck_assert(!page_get(pg, d));
    fake_domain_free(e);
    fake_domain_free(d);
}
END_TEST

START_TEST(count_does_not_overflow)
{
    struct domain *d = fake_domain(5, 1);
    struct page *pg;

    add_all(false);
    pg = domain_alloc_pages(d, 0, 0);
    pg->count |= PGC_COUNT_MASK;
    ck_assert(!page_get(pg, d));
    pg->count -= PGC_COUNT_MASK - 1;
    page_put_allocated(pg);
    fake_domain_free(d);
}
END_TEST

START_TEST(limit_and_dying)
{
    struct domain *d = fake_domain(5, 1);
    struct page *pg, *out[16];

    add_all(false);
    d->max_pages = 10;
    ck_assert_ptr_null(domain_alloc_pages(d, 4, 0));
    pg = domain_alloc_pages(d, 3, 0);
    ck_assert_ptr_nonnull(pg);
    ck_assert_ptr_null(domain_alloc_pages(d, 3, 0));
    ck_assert_uint_eq(free_page_count(), FRAMES - 1 - 8);
    ck_assert_uint_eq(domain_alloc_batch(d, out, 16, 0), 2);
    ck_assert_ptr_nonnull(domain_alloc_pages(d, 0, MEMF_NO_REFCOUNT));
    pg = domain_alloc_pages(NULL, 0, 0);
    ck_assert_int_eq(domain_assign_pages(d, pg, 0, 0), -XEN_E2BIG);
    d->dying = DOMDYING_dying;
    ck_assert_int_eq(domain_assign_pages(d, pg, 0, 0), -XEN_EINVAL);
    ck_assert_ptr_null(domain_alloc_pages(d, 0, 0));
    ck_assert_uint_eq(domain_alloc_batch(d, out, 1, 0), 0);
    free_anon_pages(pg, 0);
    ck_assert_uint_eq(d->tot_pages, 11);
    ck_assert_uint_eq(free_page_count(), FRAMES - 1 - 11);
    fake_domain_free(d);
}
END_TEST

START_TEST(batches)
{
    static struct page *out[FRAMES];
    struct domain *d = fake_domain(5, 1);
    struct page_batch b = { 0 };
    unsigned n;

    page_alloc_add(mfn(1024), mfn(3000), true);
    n = domain_alloc_batch(d, out, 1500, 0);
    ck_assert_uint_eq(n, 1500);
    ck_assert_uint_eq(d->tot_pages, 1500);
    ck_assert_uint_eq(fake_clears, 1500);
    ck_assert_uint_lt(fake_flushes, 40);
    n += domain_alloc_batch(d, out + n, 1500, 0);
    ck_assert_uint_eq(n, 1976);
    ck_assert_uint_eq(free_page_count(), 0);
    for (unsigned i = 0; i < n; i++) {
        ck_assert_uint_eq(page_owner_id(out[i]), 5);
        __atomic_fetch_and(&out[i]->count, ~PGC_ALLOCATED, __ATOMIC_SEQ_CST);
        page_put_batch(out[i], &b);
    }
    page_batch_flush(&b);
    ck_assert_uint_eq(d->tot_pages, 0);
    ck_assert_int_eq(d->refcount, 1);
    ck_assert_uint_eq(free_page_count(), 1976);
    ck_assert_ptr_nonnull(buddy_take(NULL, 10, 0));
    fake_domain_free(d);
}
END_TEST

START_TEST(giving_up)
{
    static struct page *out[3];
    struct domain *d = fake_domain(5, 1);
    struct page_batch b = { 0 };

    add_all(false);
    ck_assert_uint_eq(domain_alloc_batch(d, out, 3, 0), 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(page_get(out[i], d));
    ck_assert(page_get(out[1], d)); /* somebody uses it */
    ck_assert(page_put_allocated(out[2]));
    ck_assert(page_give_up(out[0], &b));
    ck_assert(page_give_up(out[1], &b));
    ck_assert(!page_give_up(out[2], &b)); /* the owner's reference went before */
    page_batch_flush(&b);
    ck_assert_uint_eq(d->tot_pages, 1);
    ck_assert_uint_eq(out[1]->count & (PGC_COUNT_MASK | PGC_ALLOCATED), 1);
    page_put(out[1]);
    ck_assert_uint_eq(d->tot_pages, 0);
    ck_assert_uint_eq(free_page_count(), FRAMES - 1);
    fake_domain_free(d);
}
END_TEST

START_TEST(shared_pages)
{
    struct domain *d = fake_domain(5, 1);
    void *va;
    struct page *pg;

    add_all(false);
    va = hv_alloc_page();
    pg = mfn_to_page(virt_to_mfn(va));
    set_m2p(page_to_mfn(pg), pfn(7)); /* of a guest before this one */
    page_share_with(va, d, false);
    ck_assert_uint_eq(get_m2p(page_to_mfn(pg)).n, INVALID_M2P);
    ck_assert_uint_eq(pg->type, PGT_NONE | 1);
    ck_assert_int_eq(d->refcount, 2);
    ck_assert_uint_eq(d->hv_pages.count, 1);
    ck_assert_uint_eq(d->tot_pages, 0);
    ck_assert(page_get(pg, d));
    ck_assert_int_eq(page_unshare(va, d), -XEN_EBUSY);
    page_put(pg);
    ck_assert_int_eq(page_unshare(va, d), 0);
    ck_assert_int_eq(d->refcount, 1);
    ck_assert_uint_eq(pg->count, PGC_UNOWNED);
    page_share_with(va, d, true);
    ck_assert_uint_eq(pg->type & PGT_TYPE_MASK, PGT_WRITABLE);
    ck_assert(page_get(pg, d));
    ck_assert(page_put_allocated(pg));
    ck_assert_uint_eq(free_page_count(), FRAMES - 2);
    page_put(pg); /* the last one frees it */
    ck_assert_uint_eq(free_page_count(), FRAMES - 1);
    ck_assert_int_eq(d->refcount, 1);
    fake_domain_free(d);
}
END_TEST

START_TEST(claims_are_kept_for_their_domain)
{
    struct domain *d = fake_domain(5, 1), *e = fake_domain(6, 1);

    page_alloc_add(mfn(1024), mfn(1124), false);
    d->max_pages = 200;
    ck_assert_int_eq(domain_set_claim(d, 201), -XEN_EINVAL);
    ck_assert_int_eq(domain_set_claim(d, 101), -XEN_ENOMEM);
    ck_assert_int_eq(domain_set_claim(d, 90), 0);
    ck_assert_int_eq(domain_set_claim(d, 95), -XEN_EINVAL);
    ck_assert_uint_eq(claimed_page_count(), 90);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_ptr_nonnull(domain_alloc_pages(e, 0, 0));
    ck_assert_ptr_null(domain_alloc_pages(e, 0, 0));
    ck_assert_ptr_null(hv_alloc_page());
    for (unsigned i = 0; i < 80; i++)
        ck_assert_ptr_nonnull(domain_alloc_pages(d, 0, 0));
    ck_assert_uint_eq(claimed_page_count(), 10);
    ck_assert_int_eq(domain_set_claim(d, 0), 0);
    ck_assert_uint_eq(claimed_page_count(), 0);
    ck_assert_ptr_nonnull(domain_alloc_pages(e, 0, 0));
    fake_domain_free(e);
    fake_domain_free(d);
}
END_TEST

START_TEST(double_free_is_noticed)
{
    void *va;

    add_all(false);
    va = hv_alloc_page();
    hv_free_page(va);
    EXPECT_PANIC(hv_free_page(va));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("page_alloc");
    TCase *t = tcase_create("page_alloc");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, frame_zero_is_never_given_out);
    tcase_add_test(t, blocks_are_aligned_and_merge_again);
    tcase_add_test(t, address_limit);
    tcase_add_test(t, memory_above_4g_is_taken_first);
    tcase_add_test(t, dirty_memory_is_scrubbed_before_use);
    tcase_add_test(t, idle_scrubbing_cleans_everything);
    tcase_add_test(t, clean_pages_are_preferred);
    tcase_add_test(t, clean_and_dirty_neighbours_make_a_large_block);
    tcase_add_test(t, ranges_of_any_alignment_are_given);
    tcase_add_test(t, random_operations_keep_the_books);
    tcase_add_test(t, domain_pages_are_counted_and_returned);
    tcase_add_test(t, references_keep_a_page);
    tcase_add_test(t, count_does_not_overflow);
    tcase_add_test(t, limit_and_dying);
    tcase_add_test(t, batches);
    tcase_add_test(t, giving_up);
    tcase_add_test(t, shared_pages);
    tcase_add_test(t, claims_are_kept_for_their_domain);
    tcase_add_test(t, double_free_is_noticed);
    suite_add_tcase(s, t);
    return s;
}
