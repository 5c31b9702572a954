/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout of PV guests: its rules hold for many kernels and sizes, and a walk through the page
 * tables that it writes, done as a CPU would, finds every page where it should be.
 */
#include "layout.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BASE     0xffffffff80000000ULL
#define MFN_OF(pfn) (0x70000 + (pfn) * 3)

/* For the inner loops, where check's own macros take most of the time. */
#define require(c) do { if (!(c)) ck_abort_msg("failed: %s", #c); } while (0)

static struct elf_image kernel;
static struct pv_layout l;
static uint64_t *memory;        /* the guest's, by pfn */
static uint64_t *mfns;
static uint64_t need;

static void small_kernel(void)
{
    kernel = (struct elf_image){
        .phys_start = 0x100000,
        .phys_end = 0x103100,
        .virt_start = BASE + 0x100000,
        .virt_end = BASE + 0x103100,
    };
    kernel.notes.virt_base = BASE;
}

static void linux_kernel(void)
{
    small_kernel();
    kernel.phys_start = 0x1000000;
    kernel.phys_end = 0x3e00000;
    kernel.notes.init_p2m = 0x8000000000ULL;
    kernel.notes.seen = 1u << ELF_NOTE_INIT_P2M;
    kernel.notes.mod_start_pfn = true;
}

static uint64_t *page(void *arg, uint64_t pfn)
{
    require(arg == &l);
    require(pfn < l.nr_pages);
    return memory + pfn * 512;
}

static void write_tables(void)
{
    memory = calloc(l.nr_pages, 4096);
    mfns = malloc(l.nr_pages * sizeof(*mfns));
    for (uint64_t i = 0; i < l.nr_pages; i++)
        mfns[i] = MFN_OF(i);
    pv_layout_write_tables(&l, mfns, page, &l);
}

static void free_tables(void)
{
    free(memory);
    free(mfns);
}

/* The pfn an address is mapped to, UINT64_MAX if none; *writable as the leaf says. */
static uint64_t walk(uint64_t virt, bool *writable)
{
    uint64_t pfn = l.tables.first;

    for (int level = 3; level >= 0; level--) {
        uint64_t e = memory[pfn * 512 + (virt >> (12 + 9 * level) & 511)];

        if (!(e & 1))
            return UINT64_MAX;
        require((e >> 12) % 3 == 0x70000 % 3);
        pfn = ((e >> 12) - 0x70000) / 3;
        require(pfn < l.nr_pages);
        *writable = e & 2;
    }
    return pfn;
}

static bool is_table(uint64_t pfn)
{
    bool in_p2m_area = l.p2m_apart && pfn >= l.p2m.first + l.p2m.count &&
                       pfn < l.p2m_area.first + l.p2m_area.count;

    return in_p2m_area || (pfn >= l.tables.first && pfn < l.tables.first + l.tables.count);
}

static void check_maps(void)
{
    bool writable = false;

    write_tables();
    for (uint64_t pfn = 0; pfn < l.mapped; pfn++) {
        require(walk(pv_layout_virt(&l, pfn), &writable) == pfn);
        require(writable == !is_table(pfn));
    }
    ck_assert_uint_eq(walk(pv_layout_virt(&l, l.mapped), &writable), UINT64_MAX);
    for (uint64_t i = 0; i < l.p2m.count; i++) {
        require(walk(l.p2m_virt + i * 4096, &writable) == l.p2m.first + i);
        require(writable);
    }
    free_tables();
}

/* No two things share a page, all are inside the guest, and what must be mapped is. */
static void check_ranges(void)
{
    const struct pfn_range all[] = {
        l.kernel, l.ramdisk, l.p2m, l.tables, { l.start_info, 1 }, { l.store, 1 },
        { l.console, 1 }, { l.stack, 1 },
    };
    const size_t n = sizeof(all) / sizeof(all[0]);

    for (size_t i = 0; i < n; i++) {
        require(all[i].first + all[i].count <= l.nr_pages);
        for (size_t j = i + 1; j < n; j++)
            require(all[i].first + all[i].count <= all[j].first ||
                    all[j].first + all[j].count <= all[i].first || !all[i].count ||
                    !all[j].count);
    }
    ck_assert_uint_le(l.stack + 1 + 128, l.mapped);
    ck_assert_uint_le(l.p2m.count * 512, l.nr_pages + 511);
    ck_assert_uint_ge(l.p2m.count * 512, l.nr_pages);
}

START_TEST(small_guest)
{
    small_kernel();
    ck_assert_int_eq(pv_layout_compute(&l, &kernel, 0, 8192, &need), LAYOUT_OK);
    ck_assert_uint_eq(l.kernel.first, 0x100);
    ck_assert_uint_eq(l.kernel.count, 4);
    ck_assert_uint_eq(l.p2m.first, 0x104);
    ck_assert_uint_eq(l.p2m.count, 16);
    ck_assert_uint_eq(l.p2m_virt, BASE + 0x104000);
    ck_assert_uint_eq(l.mapped, 1024);
    ck_assert_uint_eq(l.tables.count, 5);       /* L4, L3, L2, two L1 */
    ck_assert_uint_eq(l.high.count, 0);
    check_ranges();
    check_maps();
}
END_TEST

START_TEST(linux_guest)
{
    linux_kernel();
    ck_assert_int_eq(pv_layout_compute(&l, &kernel, 5437952, 49152, &need), LAYOUT_OK);
    ck_assert(l.p2m_apart && l.ramdisk_apart);
    ck_assert_uint_eq(l.p2m_virt, 0x8000000000ULL);
    ck_assert_uint_eq(l.p2m_area.first, l.mapped);
    ck_assert_uint_eq(l.p2m_area.count, 96 + 3);    /* with its own L1, L2, L3 */
    ck_assert_uint_eq(l.ramdisk.first, l.p2m_area.first + l.p2m_area.count);
    ck_assert_uint_eq(l.ramdisk.count, (5437952 + 4095) / 4096);
    check_ranges();
    check_maps();
}
END_TEST

/* The two maps may share upper tables: list right behind the main map, before it, and far off. */
START_TEST(p2m_anywhere)
{
    static const uint64_t where[] = {
        0x8000000000ULL, 0x1000, 0xffffffff00000000ULL, 0xffffffff80400000ULL + 0x3e00000,
        0xffffffff7ffff000ULL - 0x100000, 0xffff880000000000ULL, 0x7ffffff00000ULL,
    };

    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        linux_kernel();
        kernel.notes.init_p2m = where[i];
        ck_assert_int_eq(pv_layout_compute(&l, &kernel, 12345, 49152, &need), LAYOUT_OK);
        check_ranges();
        check_maps();
    }
}
END_TEST

START_TEST(p2m_in_bad_places)
{
    static const uint64_t where[] = {
        BASE, BASE + 0x1000000, BASE - 0x1000, 0xffff87fffffff000ULL, 0x7ffffffff000ULL,
        0xfffffffffffff000ULL,
    };

    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        linux_kernel();
        kernel.notes.init_p2m = where[i];
        ck_assert_int_eq(pv_layout_compute(&l, &kernel, 0, 49152, &need), LAYOUT_BAD_ADDRESS);
    }
}
END_TEST

/* What is said to be needed is enough, the first time it is said. */
START_TEST(need_is_enough)
{
    static const uint64_t ramdisks[] = { 0, 1, 5437952, 60000000 };

    for (int kind = 0; kind < 2; kind++) {
        for (size_t r = 0; r < sizeof(ramdisks) / sizeof(ramdisks[0]); r++) {
            uint64_t enough;

            kind ? linux_kernel() : small_kernel();
            ck_assert_int_eq(pv_layout_compute(&l, &kernel, ramdisks[r], 1, &enough),
                             LAYOUT_NO_ROOM);
            ck_assert_int_eq(pv_layout_compute(&l, &kernel, ramdisks[r], enough, &need), LAYOUT_OK);
            check_ranges();
        }
    }
}
END_TEST

START_TEST(any_size)
{
    for (uint64_t pages = 1; pages < 3000; pages += 7) {
        enum layout_error err;

        small_kernel();
        err = pv_layout_compute(&l, &kernel, pages * 100, pages, &need);
        if (err == LAYOUT_OK) {
            check_ranges();
            check_maps();
        } else {
            ck_assert_int_eq(err, LAYOUT_NO_ROOM);
        }
    }
}
END_TEST

START_TEST(absurd_sizes)
{
    static const uint64_t sizes[] = { 0, 1, 1ULL << 33, 1ULL << 34, 1ULL << 52, ~0ULL };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
            linux_kernel();
            if (pv_layout_compute(&l, &kernel, sizes[i], sizes[j], &need) == LAYOUT_OK)
                check_ranges();
        }
    }
}
END_TEST

/* A base near the end of the address space leaves no room for large maps. */
START_TEST(map_beyond_the_end)
{
    small_kernel();
    kernel.notes.virt_base = 0xffffffffffc00000ULL;
    ck_assert_int_eq(pv_layout_compute(&l, &kernel, 0, 1024, &need), LAYOUT_OK);
    ck_assert_int_eq(pv_layout_compute(&l, &kernel, 8 << 20, 8192, &need), LAYOUT_BAD_ADDRESS);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("layout");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, small_guest);
    tcase_add_test(t, linux_guest);
    tcase_add_test(t, p2m_anywhere);
    tcase_add_test(t, p2m_in_bad_places);
    tcase_add_test(t, need_is_enough);
    tcase_add_test(t, any_size);
    tcase_add_test(t, absurd_sizes);
    tcase_add_test(t, map_beyond_the_end);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
