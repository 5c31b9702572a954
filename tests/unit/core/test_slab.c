/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's small and large objects.
 */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include <hv/arch.h>
#include <hv/page_alloc.h>

#define FRAMES 2048

static void setup(void)
{
    fake_cpus_init(1);
    fake_memory_init(FRAMES);
    page_alloc_add(mfn(1), mfn(FRAMES), true);
    memset(mfn_to_virt(mfn(1)), 0xee, (FRAMES - 1) * PAGE_SIZE);
}

static bool is_zero(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((const char *)p)[i])
            return false;
    return true;
}

START_TEST(objects_are_zero_aligned_and_apart)
{
    static const size_t sizes[] = { 1, 16, 17, 64, 65, 100, 192, 193, 500, 769, 1024, 2000, 2048,
                                    2049, 4096, 5000, 40000 };

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        char *a = hv_zalloc(sizes[i]), *b = hv_zalloc(sizes[i]);
        ck_assert_ptr_nonnull(a);
        ck_assert_ptr_nonnull(b);
        ck_assert(is_zero(a, sizes[i]) && is_zero(b, sizes[i]));
        ck_assert_uint_eq((uintptr_t)a % 16, 0);
        if (sizes[i] > 32)
            ck_assert_uint_eq((uintptr_t)a % 64, 0);
        memset(a, 0x55, sizes[i]);
        ck_assert(is_zero(b, sizes[i]));
        hv_free(b);
        hv_free(a);
        a = hv_zalloc(sizes[i]);
        ck_assert(is_zero(a, sizes[i]));
        hv_free(a);
    }
    ck_assert_uint_eq(hv_alloc_bytes(), 0);
}
END_TEST

START_TEST(large_objects_take_only_the_pages_they_need)
{
    unsigned long before = free_page_count();
    void *p = hv_zalloc(5 * PAGE_SIZE);

    ck_assert_uint_eq(before - free_page_count(), 5);
    ck_assert_uint_eq(hv_heap_pages(), 5);
    hv_free(p);
    ck_assert_uint_eq(free_page_count(), before);
    ck_assert_ptr_null(hv_zalloc(FRAMES * PAGE_SIZE));
    ck_assert_ptr_null(hv_zalloc(~0ul));
    ck_assert_ptr_null(hv_zalloc_array(1ul << 33, 1ul << 33));
    ck_assert_uint_eq(free_page_count(), before);
}
END_TEST

START_TEST(pages_come_back)
{
    static void *p[4000];
    unsigned long before = free_page_count();

    srandom(3);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 4000; i++)
            ck_assert_ptr_nonnull(p[i] = hv_zalloc(1 + (size_t)random() % 1000));
        for (unsigned i = 0; i < 4000; i++) {
            unsigned j = i + (unsigned)random() % (4000 - i);
            hv_free(p[j]);
            p[j] = p[i];
        }
        ck_assert_uint_eq(before - free_page_count(), hv_heap_pages());
        ck_assert_uint_eq(hv_alloc_bytes(), 0);
        /* at most one empty page is kept for each object size */
        ck_assert_uint_le(before - free_page_count(), 11);
    }
}
END_TEST

START_TEST(out_of_memory)
{
    unsigned long n = 0;
    void *list = NULL, *p;

    while ((p = hv_zalloc(2048)) != NULL) {
        *(void **)p = list;
        list = p;
        n++;
    }
    ck_assert_uint_eq(n, 2 * (FRAMES - 1));
    while (list) {
        p = *(void **)list;
        hv_free(list);
        list = p;
    }
    ck_assert_uint_ge(free_page_count(), FRAMES - 2);
    hv_free(NULL);
}
END_TEST

START_TEST(wrong_frees_are_noticed)
{
    char *a = hv_zalloc(100), *b = hv_zalloc(100);

    EXPECT_PANIC(hv_free(a + 8));
    hv_free(a);
    hv_free(b);
    EXPECT_PANIC(hv_free(b));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("slab");
    TCase *t = tcase_create("slab");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, objects_are_zero_aligned_and_apart);
    tcase_add_test(t, large_objects_take_only_the_pages_they_need);
    tcase_add_test(t, pages_come_back);
    tcase_add_test(t, out_of_memory);
    tcase_add_test(t, wrong_frees_are_noticed);
    suite_add_tcase(s, t);
    return s;
}
