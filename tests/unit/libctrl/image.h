/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small PV kernel images for tests, made by hand: headers, notes, one page of code.
 */
#ifndef TEST_IMAGE_H
#define TEST_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IMAGE_BASE  0xffffffff80000000ULL
#define IMAGE_PADDR 0x100000ULL
#define IMAGE_NOTES 0x400
#define IMAGE_CODE  0x1000
#define IMAGE_SIZE  0x3000

struct image_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct image {
    uint8_t bytes[IMAGE_SIZE];
    size_t notes;               /* bytes of notes so far */
    unsigned int nr_phdrs;
};

static inline struct image_phdr *image_phdr(struct image *m, unsigned int i)
{
    return (struct image_phdr *)(m->bytes + 64) + i;
}

static inline void image_put(struct image *m, size_t at, uint64_t value, size_t len)
{
    memcpy(m->bytes + at, &value, len);
}

static inline struct image_phdr *image_add_phdr(struct image *m, uint32_t type, uint64_t offset,
                                                uint64_t paddr, uint64_t filesz, uint64_t memsz)
{
    struct image_phdr *p = image_phdr(m, m->nr_phdrs++);

    *p = (struct image_phdr){
        .type = type,
        .offset = offset,
        .vaddr = IMAGE_BASE + paddr,
        .paddr = paddr,
        .filesz = filesz,
        .memsz = memsz,
    };
    image_put(m, 56, m->nr_phdrs, 2);
    return p;
}

static inline void image_note(struct image *m, uint32_t type, const void *desc, uint32_t len)
{
    size_t at = IMAGE_NOTES + m->notes;

    image_put(m, at, 4, 4);
    image_put(m, at + 4, len, 4);
    image_put(m, at + 8, type, 4);
    memcpy(m->bytes + at + 12, "Xen", 4);
    memcpy(m->bytes + at + 16, desc, len);
    m->notes += 16 + ((len + 3) & ~3u);
    image_phdr(m, 1)->filesz = image_phdr(m, 1)->memsz = m->notes;
}

static inline void image_number_note(struct image *m, uint32_t type, uint64_t value)
{
    image_note(m, type, &value, sizeof(value));
}

/* Two pages of code at 1 MiB, three in memory; entry at its start; the notes every kernel has. */
static inline void image_make(struct image *m)
{
    memset(m, 0, sizeof(*m));
    memcpy(m->bytes, "\x7f" "ELF\2\1\1", 7);
    image_put(m, 16, 2, 2);     /* executable */
    image_put(m, 18, 62, 2);    /* x86-64 */
    image_put(m, 20, 1, 4);
    image_put(m, 24, IMAGE_BASE + IMAGE_PADDR, 8);
    image_put(m, 32, 64, 8);    /* program headers */
    image_put(m, 54, 56, 2);
    image_add_phdr(m, 1, IMAGE_CODE, IMAGE_PADDR, 0x2000, 0x3000);
    image_add_phdr(m, 4, IMAGE_NOTES, 0, 0, 0);
    image_note(m, 5, "xen-3.0", 8);
    image_number_note(m, 3, IMAGE_BASE);
    image_number_note(m, 4, 0);
    image_number_note(m, 1, IMAGE_BASE + IMAGE_PADDR + 0x10);
}

#endif
