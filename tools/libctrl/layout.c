/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout of a new PV guest.
 */
#include "layout.h"

#define PAGE_SHIFT 12
#define ENTRY_BITS 9
#define ENTRIES    (1UL << ENTRY_BITS)

/* The ABI promises this much free memory, mapped, behind the boot stack, ... */
#define SPARE_PAGES (512 * 1024 >> PAGE_SHIFT)
/* ... and maps whole regions of this size. */
#define REGION_PAGES (4 * 1024 * 1024 >> PAGE_SHIFT)

/* Nothing is larger than this; keeps all sums far from overflow. */
#define PAGES_LIMIT (1ULL << 34)

/* What a guest may use of the address space. */
#define LOWER_HALF_END 0x0000800000000000ULL
#define HOLE_END       0xffff880000000000ULL

/* Page-table entries: present, writable, user, accessed, dirty. */
#define PTE_P 0x01
#define PTE_W 0x02
#define PTE_U 0x04
#define PTE_A 0x20
#define PTE_D 0x40

#define LEAF_FLAGS  (PTE_P | PTE_A | PTE_D)
#define TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes >> PAGE_SHIFT) + !!(bytes & ((1UL << PAGE_SHIFT) - 1));
}

static uint64_t round_up(uint64_t n, uint64_t align)
{
    return (n + align - 1) / align * align;
}

/* ---- which tables ---- */

/* Address bits below the index of a table of this level (0: L1). */
static unsigned int table_shift(unsigned int level)
{
    return PAGE_SHIFT + ENTRY_BITS * (level + 1);
}

static uint64_t table_index(uint64_t virt, unsigned int level)
{
    unsigned int shift = table_shift(level);

    return level == TABLE_LEVELS - 1 ? 0 : virt >> shift;
}

/* Tables of one level for [start, last], leaving out those that `other` has. */
static struct table_range range_for(uint64_t start, uint64_t last, unsigned int level,
                                    const struct table_set *other)
{
    uint64_t from = table_index(start, level), to = table_index(last, level);
    const struct table_range *o = other ? &other->level[level] : NULL;

    if (o && o->count) {
        uint64_t o_last = o->first_index + o->count - 1;

        if (from >= o->first_index && to <= o_last)
            return (struct table_range){ 0 };
        if (from >= o->first_index && from <= o_last)
            from = o_last + 1;
        if (to >= o->first_index && to <= o_last)
            to = o->first_index - 1;
    }
    return (struct table_range){ .first_index = from, .count = to - from + 1 };
}

/* Count the tables; pages are given to them from first_pfn on, highest level first. */
static void count_tables(struct table_set *set, uint64_t start, uint64_t pages, uint64_t first_pfn,
                         const struct table_set *other)
{
    uint64_t last = start + (pages << PAGE_SHIFT) - 1;

    set->count = 0;
    for (int level = TABLE_LEVELS - 1; level >= 0; level--) {
        set->level[level] = range_for(start, last, level, other);
        set->level[level].first_pfn = first_pfn + set->count;
        set->count += set->level[level].count;
    }
}

/* ---- where things lie ---- */

static bool usable(uint64_t start, uint64_t pages)
{
    uint64_t last = start + (pages << PAGE_SHIFT) - 1;

    return last >= start && (last < LOWER_HALF_END || start >= HOLE_END);
}

static struct pfn_range take(uint64_t *next, uint64_t count)
{
    struct pfn_range r = { .first = *next, .count = count };

    *next += count;
    return r;
}

/* Pages to map when `used` are in use: spare ones included, whole regions unless memory ends. */
static uint64_t map_size(uint64_t used, uint64_t nr_pages)
{
    uint64_t size = round_up(used + SPARE_PAGES, REGION_PAGES);

    return size > nr_pages && used + SPARE_PAGES <= nr_pages ? nr_pages : size;
}

/*
 * Tables, boot stack and spare pages: more tables may mean a larger map, which may need more
 * tables. False if the map would leave the address space.
 */
static bool place_tables(struct pv_layout *l, uint64_t *next)
{
    uint64_t first = *next, used;

    l->mapped = map_size(first + 1, l->nr_pages);
    for (;;) {
        if (!usable(l->virt_base, l->mapped))
            return false;
        count_tables(&l->main_tables, l->virt_base, l->mapped, first, NULL);
        used = first + l->main_tables.count + 1;
        if (map_size(used, l->nr_pages) <= l->mapped)
            break;
        l->mapped = map_size(used, l->nr_pages);
    }
    l->tables = take(next, l->main_tables.count);
    l->stack = take(next, 1).first;
    return true;
}

static bool place_mapped(struct pv_layout *l, const struct elf_image *k, uint64_t ramdisk_pages,
                         uint64_t p2m_pages)
{
    uint64_t next = pages_of(k->phys_end);

    l->kernel.first = k->phys_start >> PAGE_SHIFT;
    l->kernel.count = next - l->kernel.first;
    if (!l->ramdisk_apart)
        l->ramdisk = take(&next, ramdisk_pages);
    if (!l->p2m_apart) {
        l->p2m = take(&next, p2m_pages);
        l->p2m_virt = pv_layout_virt(l, l->p2m.first);
    }
    l->start_info = take(&next, 1).first;
    l->store = take(&next, 1).first;
    l->console = take(&next, 1).first;
    if (!place_tables(l, &next))
        return false;
    l->low = (struct pfn_range){ .first = l->kernel.first, .count = next - l->kernel.first };
    return true;
}

/* Whether the p2m list has a place in the address space that is its own. */
static bool p2m_fits(const struct pv_layout *l, uint64_t p2m_pages)
{
    uint64_t main_end = l->virt_base + (l->mapped << PAGE_SHIFT);

    return usable(l->p2m_virt, p2m_pages) &&
           (l->p2m_virt >= main_end ||
            l->virt_base >= l->p2m_virt + (p2m_pages << PAGE_SHIFT));
}

static bool place_apart(struct pv_layout *l, uint64_t ramdisk_pages, uint64_t p2m_pages)
{
    uint64_t next = l->mapped;

    l->high.first = next;
    if (l->p2m_apart) {
        if (!p2m_fits(l, p2m_pages))
            return false;
        l->p2m_area.first = next;
        l->p2m = take(&next, p2m_pages);
        count_tables(&l->p2m_tables, l->p2m_virt, p2m_pages, next, &l->main_tables);
        next += l->p2m_tables.count;
        l->p2m_area.count = next - l->p2m_area.first;
    }
    if (l->ramdisk_apart)
        l->ramdisk = take(&next, ramdisk_pages);
    l->high.count = next - l->high.first;
    return true;
}

/* With LAYOUT_NO_ROOM *need is more than nr_pages, but may not be enough yet. */
static enum layout_error lay_out(struct pv_layout *l, const struct elf_image *kernel,
                                 uint64_t ramdisk_pages, uint64_t nr_pages, uint64_t *need)
{
    uint64_t p2m_pages = pages_of(nr_pages * sizeof(uint64_t));

    *need = 0;
    if (!nr_pages || nr_pages > PAGES_LIMIT)
        return LAYOUT_BAD_ADDRESS;
    *l = (struct pv_layout){
        .nr_pages = nr_pages,
        .virt_base = kernel->notes.virt_base,
        .p2m_apart = elf_has_note(kernel, ELF_NOTE_INIT_P2M),
        .p2m_virt = kernel->notes.init_p2m,
        .ramdisk_apart = kernel->notes.mod_start_pfn,
    };
    *need = pages_of(kernel->phys_end) + ramdisk_pages + p2m_pages + SPARE_PAGES;
    if (*need > nr_pages)
        return LAYOUT_NO_ROOM;
    if (!place_mapped(l, kernel, ramdisk_pages, p2m_pages) ||
        !place_apart(l, ramdisk_pages, p2m_pages))
        return LAYOUT_BAD_ADDRESS;
    *need = l->high.first + l->high.count;
    if (*need <= nr_pages)
        return LAYOUT_OK;
    if (l->high.count)
        *need = round_up(l->stack + 1 + SPARE_PAGES, REGION_PAGES) + l->high.count;
    return LAYOUT_NO_ROOM;
}

enum layout_error pv_layout_compute(struct pv_layout *l, const struct elf_image *kernel,
                                    uint64_t ramdisk_bytes, uint64_t nr_pages, uint64_t *need)
{
    uint64_t ramdisk_pages = pages_of(ramdisk_bytes), enough;
    enum layout_error err = lay_out(l, kernel, ramdisk_pages, nr_pages, need);

    if (err != LAYOUT_NO_ROOM)
        return err;
    do { /* a larger guest needs larger tables and a longer list */
        enough = *need;
    } while (lay_out(l, kernel, ramdisk_pages, enough, need) == LAYOUT_NO_ROOM);
    *need = enough;
    return LAYOUT_NO_ROOM;
}

/* ---- what is in the tables ---- */

struct writer {
    const struct pv_layout *l;
    const uint64_t *mfns;
    uint64_t *(*page)(void *arg, uint64_t pfn);
    void *arg;
};

/* The table of this level for an address, whichever set has it. */
static uint64_t table_pfn(const struct pv_layout *l, uint64_t virt, unsigned int level)
{
    uint64_t index = table_index(virt, level);
    const struct table_range *r = &l->main_tables.level[level];

    if (index < r->first_index || index - r->first_index >= r->count)
        r = &l->p2m_tables.level[level];
    return r->first_pfn + (index - r->first_index);
}

static uint64_t *entry_of(const struct writer *w, uint64_t virt, unsigned int level)
{
    uint64_t *table = w->page(w->arg, table_pfn(w->l, virt, level));

    return &table[virt >> (PAGE_SHIFT + ENTRY_BITS * level) & (ENTRIES - 1)];
}

static uint64_t pte(const struct writer *w, uint64_t pfn, uint64_t flags)
{
    return w->mfns[pfn] << PAGE_SHIFT | flags;
}

/* Entries of the higher levels that point to the tables of a set. */
static void write_links(const struct writer *w, const struct table_set *set)
{
    for (unsigned int level = 0; level + 1 < TABLE_LEVELS; level++) {
        const struct table_range *r = &set->level[level];

        for (uint64_t i = 0; i < r->count; i++) {
            uint64_t virt = (r->first_index + i) << table_shift(level);

            *entry_of(w, virt, level + 1) = pte(w, r->first_pfn + i, TABLE_FLAGS);
        }
    }
}

static bool in_range(const struct pfn_range *r, uint64_t pfn)
{
    return pfn >= r->first && pfn - r->first < r->count;
}

/* Map pfns [first, first + count) at virt, one L1 table after the other; page tables read-only. */
static void write_leaves(const struct writer *w, uint64_t virt, uint64_t first, uint64_t count)
{
    uint64_t *entry = NULL;

    for (uint64_t i = 0; i < count; i++, entry++) {
        uint64_t va = virt + (i << PAGE_SHIFT), pfn = first + i;

        if (!entry || !(va >> PAGE_SHIFT & (ENTRIES - 1)))
            entry = entry_of(w, va, 0);
        *entry = pte(w, pfn, in_range(&w->l->tables, pfn) ? LEAF_FLAGS : LEAF_FLAGS | PTE_W);
    }
}

void pv_layout_write_tables(const struct pv_layout *l, const uint64_t *mfns,
                            uint64_t *(*page)(void *arg, uint64_t pfn), void *arg)
{
    struct writer w = { .l = l, .mfns = mfns, .page = page, .arg = arg };

    write_links(&w, &l->main_tables);
    write_leaves(&w, l->virt_base, 0, l->mapped);
    if (l->p2m_apart) {
        write_links(&w, &l->p2m_tables);
        write_leaves(&w, l->p2m_virt, l->p2m.first, l->p2m.count);
    }
}
