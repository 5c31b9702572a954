/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF loader, which reads Dom0's kernel in ring 0 and guests' kernels in Dom0, and the layout
 * that libctrl makes of the result. Whatever elf_parse accepts is inside the file and in order; a
 * layout that fits is inside the guest's memory.
 */
#include "fuzz.h"

#include <hv/elf.h>
#include <layout.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE       4096UL
#define MOST_PAGES 8192UL /* of guests whose page tables are written */

static void check_segment(const struct elf_image *img, unsigned i)
{
    const struct elf_segment *s = &img->segments[i];

    FUZZ_CHECK(s->offset <= img->size && s->file_size <= img->size - s->offset,
               "segment %u is not in the file", i);
    FUZZ_CHECK(s->mem_size && s->file_size <= s->mem_size, "segment %u has a wrong size", i);
    FUZZ_CHECK(s->phys >= img->phys_start && s->phys + s->mem_size > s->phys &&
                   s->phys + s->mem_size <= img->phys_end,
               "segment %u is not in the range", i);
    FUZZ_CHECK(s->virt >= img->virt_start && s->virt + s->mem_size <= img->virt_end,
               "segment %u is not in the virtual range", i);
    for (unsigned j = 0; j < i; j++) {
        const struct elf_segment *t = &img->segments[j];

        FUZZ_CHECK(s->phys >= t->phys + t->mem_size || t->phys >= s->phys + s->mem_size,
                   "segments %u and %u overlap", i, j);
    }
}

static void check_strings(const struct elf_notes *n)
{
    const char *const all[] = { n->guest_os, n->guest_version, n->xen_version,
                                n->loader,   n->pae_mode,      n->features };

    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        FUZZ_CHECK(memchr(all[i], 0, ELF_STRING_MAX), "string %u has no end", i);
}

static void check_image(const struct elf_image *img)
{
    FUZZ_CHECK(img->nr_segments >= 1 && img->nr_segments <= ELF_MAX_SEGMENTS, "%u segments",
               img->nr_segments);
    for (unsigned i = 0; i < img->nr_segments; i++)
        check_segment(img, i);
    check_strings(&img->notes);
    FUZZ_CHECK(img->notes.entry >= img->virt_start && img->notes.entry < img->virt_end,
               "entry outside");
}

static uint64_t *memory;
static uint64_t nr_pages;

static uint64_t *page_at(void *arg, uint64_t pfn)
{
    FUZZ_CHECK(pfn < nr_pages, "a table in page %lu of %lu", pfn, nr_pages);
    return memory + pfn * 512;
}

static void write_tables(const struct pv_layout *l)
{
    uint64_t mfns[MOST_PAGES];

    for (uint64_t i = 0; i < l->nr_pages; i++)
        mfns[i] = i + 1;
    nr_pages = l->nr_pages;
    memory = mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        fuzz_fail("no memory for a guest");
    pv_layout_write_tables(l, mfns, page_at, NULL);
    munmap(memory, nr_pages * PAGE);
}

static void lay_out(const struct elf_image *img, uint64_t ramdisk, uint64_t pages)
{
    struct pv_layout l;
    uint64_t need = 0, more;
    enum layout_error err = pv_layout_compute(&l, img, ramdisk, pages, &need);

    if (err == LAYOUT_NO_ROOM) {
        FUZZ_CHECK(need > pages, "%lu pages do not do, %lu would", pages, need);
        pages = need;
        err = pv_layout_compute(&l, img, ramdisk, pages, &more);
        FUZZ_CHECK(err != LAYOUT_NO_ROOM, "%lu pages do not do either", need);
    }
    if (err)
        return;
    FUZZ_CHECK(l.mapped <= pages && l.low.first + l.low.count <= pages &&
                   l.high.first + l.high.count <= pages,
               "the layout leaves the guest's memory");
    if (pages <= MOST_PAGES)
        write_tables(&l);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct elf_image img;
    uint64_t ramdisk = fuzz_number(), pages = fuzz_number();
    size_t left = fuzz_left();

    if (elf_parse(&img, data + size - left, left))
        return;
    check_image(&img);
    lay_out(&img, ramdisk, pages);
}
