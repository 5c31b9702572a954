/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF loader against good images, and against images made to hurt it. Images are parsed from
 * allocations of exactly their size, so that the sanitizer sees every byte read beyond the end.
 */
#include "image.h"

#include <hv/elf.h>

#include <check.h>
#include <stdlib.h>

static struct image m;
static struct elf_image out;

static enum elf_error parse_size(size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    enum elf_error err;

    memcpy(copy, m.bytes, size);
    err = elf_parse(&out, copy, size);
    if (!err) {
        for (unsigned int i = 0; i < out.nr_segments; i++) {
            const struct elf_segment *s = &out.segments[i];

            ck_assert_uint_le(s->offset, size);
            ck_assert_uint_le(s->file_size, size - s->offset);
            ck_assert_uint_le(s->file_size, s->mem_size);
            ck_assert_uint_ge(s->phys, out.phys_start);
            ck_assert_uint_le(s->phys + s->mem_size, out.phys_end);
        }
        ck_assert_uint_ge(out.notes.entry, out.virt_start);
        ck_assert_uint_lt(out.notes.entry, out.virt_end);
    }
    free(copy);
    return err;
}

static enum elf_error parse(void)
{
    return parse_size(IMAGE_SIZE);
}

START_TEST(good_image)
{
    image_make(&m);
    ck_assert_int_eq(parse(), ELF_OK);
    ck_assert_uint_eq(out.nr_segments, 1);
    ck_assert_uint_eq(out.phys_start, 0x100000);
    ck_assert_uint_eq(out.phys_end, 0x103000);
    ck_assert_uint_eq(out.virt_start, IMAGE_BASE + 0x100000);
    ck_assert_uint_eq(out.notes.entry, IMAGE_BASE + 0x100010);
    ck_assert_str_eq(out.notes.xen_version, "xen-3.0");
}
END_TEST

START_TEST(entry_of_the_header_without_note)
{
    image_make(&m);
    m.notes -= 24;      /* the entry note is the last */
    image_phdr(&m, 1)->filesz = m.notes;
    ck_assert_int_eq(parse(), ELF_OK);
    ck_assert_uint_eq(out.notes.entry, IMAGE_BASE + 0x100000);
}
END_TEST

START_TEST(all_notes)
{
    const uint64_t valid[2] = { 1, 1 };

    image_make(&m);
    image_number_note(&m, 2, IMAGE_BASE + 0x101000);
    image_note(&m, 6, "linux", 6);
    image_note(&m, 8, "generic", 8);
    image_note(&m, 9, "yes", 4);
    image_note(&m, 10, "!writable_page_tables|pae_pgdir_above_4gb|new_thing", 52);
    image_number_note(&m, 12, 0xffff800000000000ULL);
    image_note(&m, 13, valid, 16);
    image_note(&m, 14, "\1\0\0\0", 4);
    image_number_note(&m, 15, 0x8000000000ULL);
    image_note(&m, 16, "\1\0\0\0", 4);
    image_note(&m, 17, "\1\x88\0\0", 4);
    image_note(&m, 18, "\0\0\x10\0", 4);
    ck_assert_int_eq(parse(), ELF_OK);
    ck_assert_uint_eq(out.notes.hypercall_page, IMAGE_BASE + 0x101000);
    ck_assert_str_eq(out.notes.guest_os, "linux");
    ck_assert_str_eq(out.notes.pae_mode, "yes");
    ck_assert_uint_eq(out.notes.features_required, 1 << 0);
    ck_assert_uint_eq(out.notes.features_supported, 1 << 0 | 1 << 4 | 0x8801);
    ck_assert_uint_eq(out.notes.l1_mfn_valid_mask, 1);
    ck_assert_uint_eq(out.notes.suspend_cancel, 1);
    ck_assert_uint_eq(out.notes.init_p2m, 0x8000000000ULL);
    ck_assert(out.notes.mod_start_pfn);
    ck_assert_uint_eq(out.notes.phys32_entry, 0x100000);
    ck_assert(elf_has_note(&out, ELF_NOTE_INIT_P2M));
    ck_assert(!elf_has_note(&out, ELF_NOTE_BSD_SYMTAB));
}
END_TEST

START_TEST(cut_at_every_byte)
{
    image_make(&m);
    for (size_t size = 0; size < IMAGE_SIZE; size++)
        ck_assert_int_ne(parse_size(size), ELF_OK);
    ck_assert_int_eq(parse_size(IMAGE_SIZE), ELF_OK);
}
END_TEST

/* Every byte of headers and notes replaced by values that are likely to hurt: no crash, and what is
 * accepted is sound (parse_size checks it). */
START_TEST(every_byte_changed)
{
    static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

    for (size_t at = 0; at < IMAGE_NOTES + 256; at++) {
        for (size_t v = 0; v < sizeof(values); v++) {
            image_make(&m);
            m.bytes[at] = values[v];
            parse();
        }
    }
}
END_TEST

/* Every aligned 8 bytes of the headers replaced by values that overflow sums. */
START_TEST(every_word_changed)
{
    static const uint64_t values[] = {
        0, 1, 0xfff, IMAGE_SIZE, 1ULL << 31, 1ULL << 32, 1ULL << 46, 1ULL << 63, ~0ULL, ~0xfffULL,
        -(uint64_t)IMAGE_CODE, -(uint64_t)IMAGE_PADDR, IMAGE_BASE,
    };

    for (size_t at = 0; at < IMAGE_NOTES + 256; at += 8) {
        for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            image_make(&m);
            image_put(&m, at, values[v], 8);
            parse();
        }
    }
}
END_TEST

START_TEST(wrong_kinds)
{
    image_make(&m);
    m.bytes[1] = 'X';
    ck_assert_int_eq(parse(), ELF_NOT_ELF);
    ck_assert_int_eq(parse_size(20), ELF_TOO_SHORT);
    image_make(&m);
    m.bytes[4] = 1;
    ck_assert_int_eq(parse(), ELF_NOT_64BIT);
    image_make(&m);
    m.bytes[18] = 183;
    ck_assert_int_eq(parse(), ELF_NOT_X86_64);
    image_make(&m);
    m.bytes[16] = 1;
    ck_assert_int_eq(parse(), ELF_NOT_EXECUTABLE);
    memset(&m, 0, sizeof(m));
    m.bytes[0x1fe] = 0x55;
    m.bytes[0x1ff] = 0xaa;
    memcpy(m.bytes + 0x202, "HdrS", 4);
    ck_assert_int_eq(parse(), ELF_IS_BZIMAGE);
}
END_TEST

START_TEST(no_xen_note)
{
    image_make(&m);
    image_phdr(&m, 1)->type = 0;
    ck_assert_int_eq(parse(), ELF_NO_XEN_NOTE);
    image_make(&m);
    for (size_t at = IMAGE_NOTES; at + 4 < IMAGE_NOTES + m.notes; at++)
        if (!memcmp(m.bytes + at, "Xen", 4))
            m.bytes[at] = 'Y';
    ck_assert_int_eq(parse(), ELF_NO_XEN_NOTE);
}
END_TEST

START_TEST(bad_segments)
{
    image_make(&m);
    image_phdr(&m, 0)->filesz = 0x4000;
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
    image_make(&m);
    image_phdr(&m, 0)->memsz = 0x1000;
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
    image_make(&m);
    image_phdr(&m, 0)->offset = ~0ULL - 0x100;
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
    image_make(&m);
    image_phdr(&m, 0)->paddr = ~0ULL - 0x100;
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
    image_make(&m);
    image_phdr(&m, 0)->memsz = ~0ULL;
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
    image_make(&m);
    image_phdr(&m, 0)->type = 0;
    ck_assert_int_eq(parse(), ELF_NO_SEGMENT);
}
END_TEST

START_TEST(overlapping_segments)
{
    image_make(&m);
    image_add_phdr(&m, 1, IMAGE_CODE, IMAGE_PADDR + 0x2fff, 1, 0x1000);
    ck_assert_int_eq(parse(), ELF_SEGMENTS_OVERLAP);
    image_make(&m);
    image_add_phdr(&m, 1, IMAGE_CODE, IMAGE_PADDR - 0x800, 0x10, 0x1000);
    ck_assert_int_eq(parse(), ELF_SEGMENTS_OVERLAP);
    image_make(&m);
    image_add_phdr(&m, 1, IMAGE_CODE, IMAGE_PADDR + 0x3000, 1, 0x1000);
    ck_assert_int_eq(parse(), ELF_OK);
    ck_assert_uint_eq(out.nr_segments, 2);
}
END_TEST

START_TEST(too_many_segments)
{
    image_make(&m);
    image_phdr(&m, 1)->offset = IMAGE_CODE; /* headers need the room: notes move */
    memcpy(m.bytes + IMAGE_CODE, m.bytes + IMAGE_NOTES, m.notes);
    for (unsigned int i = 0; i < ELF_MAX_SEGMENTS; i++)
        image_add_phdr(&m, 1, IMAGE_CODE, 0x1000000 + i * 0x1000, 1, 0x1000);
    ck_assert_int_eq(parse(), ELF_BAD_HEADERS);
}
END_TEST

START_TEST(bad_addresses)
{
    image_make(&m);
    image_number_note(&m, 3, 0xffff800000000000ULL);    /* the hypervisor's hole */
    image_number_note(&m, 1, 0xffff800000100000ULL);
    ck_assert_int_eq(parse(), ELF_BAD_ADDRESS);
    image_make(&m);
    image_number_note(&m, 3, 0x00007ffffff00000ULL);    /* runs out of the lower half */
    ck_assert_int_eq(parse(), ELF_BAD_ADDRESS);
    image_make(&m);
    image_number_note(&m, 3, ~0ULL - 0xfff);            /* wraps around */
    ck_assert_int_eq(parse(), ELF_BAD_ADDRESS);
    image_make(&m);
    image_number_note(&m, 15, 0xffff800000000000ULL);
    ck_assert_int_eq(parse(), ELF_BAD_ADDRESS);
    image_make(&m);
    image_number_note(&m, 15, 0x8000000001ULL);
    ck_assert_int_eq(parse(), ELF_BAD_ADDRESS);
}
END_TEST

START_TEST(bad_entry_and_page)
{
    image_make(&m);
    image_number_note(&m, 1, IMAGE_BASE);
    ck_assert_int_eq(parse(), ELF_BAD_ENTRY);
    image_make(&m);
    image_number_note(&m, 1, IMAGE_BASE + 0x103000);
    ck_assert_int_eq(parse(), ELF_BAD_ENTRY);
    image_make(&m);
    image_number_note(&m, 2, IMAGE_BASE + 0x101008);
    ck_assert_int_eq(parse(), ELF_BAD_HYPERCALL_PAGE);
    image_make(&m);
    image_number_note(&m, 2, IMAGE_BASE + 0x103000);
    ck_assert_int_eq(parse(), ELF_BAD_HYPERCALL_PAGE);
}
END_TEST

START_TEST(bad_notes)
{
    image_make(&m);
    image_note(&m, 15, "abc", 3);
    ck_assert_int_eq(parse(), ELF_BAD_NOTE);
    image_make(&m);
    image_note(&m, 13, "abcdefg", 7);
    ck_assert_int_eq(parse(), ELF_BAD_NOTE);
    image_make(&m);
    image_note(&m, 5, "xen-4.0", 8);
    ck_assert_int_eq(parse(), ELF_WRONG_XEN_VERSION);
    image_make(&m); /* a name and a description of 4 GiB end the list */
    image_put(&m, IMAGE_NOTES + m.notes, ~0ULL, 8);
    image_phdr(&m, 1)->filesz += 64;
    ck_assert_int_eq(parse(), ELF_OK);
}
END_TEST

START_TEST(long_strings_are_cut)
{
    char text[300];

    memset(text, 'a', sizeof(text));
    image_make(&m);
    image_note(&m, 6, text, sizeof(text));
    image_note(&m, 10, text, sizeof(text));
    ck_assert_int_eq(parse(), ELF_OK);
    ck_assert_uint_eq(strlen(out.notes.guest_os), ELF_STRING_MAX - 1);
}
END_TEST

START_TEST(every_error_has_a_text)
{
    for (int e = ELF_OK; e <= ELF_BAD_HYPERCALL_PAGE; e++)
        ck_assert_uint_gt(strlen(elf_error_text(e)), 5);
    ck_assert_str_eq(elf_error_text(999), "unknown error");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("elf");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, good_image);
    tcase_add_test(t, entry_of_the_header_without_note);
    tcase_add_test(t, all_notes);
    tcase_add_test(t, cut_at_every_byte);
    tcase_add_test(t, every_byte_changed);
    tcase_add_test(t, every_word_changed);
    tcase_add_test(t, wrong_kinds);
    tcase_add_test(t, no_xen_note);
    tcase_add_test(t, bad_segments);
    tcase_add_test(t, overlapping_segments);
    tcase_add_test(t, too_many_segments);
    tcase_add_test(t, bad_addresses);
    tcase_add_test(t, bad_entry_and_page);
    tcase_add_test(t, bad_notes);
    tcase_add_test(t, long_strings_are_cut);
    tcase_add_test(t, every_error_has_a_text);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
