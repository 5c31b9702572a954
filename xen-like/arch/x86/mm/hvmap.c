/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own address space (docs/memory-layout.md), built once at boot:
 *   - the image, each section with its own permission,
 *   - the direct map of RAM and ACPI memory, never executable, read-only where the image's code and
 * constants lie,
 *   - the frame table, and the M2P table twice (writable, and read-only for guests).
 * Frames that are no RAM share three read-only pages of frame table and one of M2P, so that holes
 * cost nothing. What is free afterwards goes to the page allocator.
 */
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/percpu.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <public/errno.h>

#define MIB      0x100000UL
#define L2_BYTES (1UL << 21)

#define BOOT_MAPPED (4UL << 30) /* head.S maps this much at the direct map */
#define LOW_MEMORY  MIB         /* kept for firmware and for starting CPUs */
#define RAM_LIMIT   ((uint64_t)DIRECTMAP_SIZE)

#define PTE_HV    (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
#define PTE_HV_RO (PTE_P | PTE_A | PTE_NX)
#define PTE_HV_RX (PTE_P | PTE_A)

/* 24-byte entries repeat after three pages */
#define HOLE_PAGES 3

struct range {
    uint64_t start, end;
};

static struct range free_ranges[BOOT_MAX_E820 + BOOT_MAX_MODULES + 2];
static unsigned nr_free_ranges;
static struct range mapped[BOOT_MAX_E820]; /* what the direct map holds */
static unsigned nr_mapped;
static bool allocator_ready;
static uint64_t global_flag; /* PTE_G where user mode may see the hypervisor's translations */

extern char boot_stack[];
extern pte_t boot_stage_l4[PT_ENTRIES];

/* --- memory before the allocator -------------------------------------------------------------- */
static void exclude(uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < nr_free_ranges; i++) {
        struct range *r = &free_ranges[i];

        if (start >= r->end || end <= r->start)
            continue;
        if (start > r->start && end < r->end) {
            BUG_ON(nr_free_ranges == ARRAY_SIZE(free_ranges));
            free_ranges[nr_free_ranges++] = (struct range){ end, r->end };
            r->end = start;
        } else if (start > r->start) {
            r->end = start;
        } else {
            r->start = MIN(end, r->end);
        }
    }
}

static void find_free_memory(const struct boot_info *bi)
{
    for (unsigned i = 0; i < bi->nr_e820; i++) {
        const struct e820_entry *e = &bi->e820[i];
        struct range r = { ROUND_UP(e->start, PAGE_SIZE),
                           ROUND_DOWN(e->start + e->bytes, PAGE_SIZE) };

        if (e->type == E820_RAM && r.start < r.end && r.start < RAM_LIMIT)
            free_ranges[nr_free_ranges++] = (struct range){ r.start, MIN(r.end, RAM_LIMIT) };
    }
    exclude(0, LOW_MEMORY);
    exclude(IMAGE_PHYS, IMAGE_PHYS + (image_end - image_start));
    for (unsigned i = 0; i < bi->nr_modules; i++)
        exclude(ROUND_DOWN(bi->modules[i].start, PAGE_SIZE),
                ROUND_UP(bi->modules[i].start + bi->modules[i].bytes, PAGE_SIZE));
}

/* The highest free memory that the boot page tables map; `bytes` is also the alignment. 0 if there
 * is none. */
static uint64_t boot_alloc(uint64_t bytes)
{
    struct range *best = NULL;
    uint64_t at = 0;

    for (unsigned i = 0; i < nr_free_ranges; i++) {
        struct range *r = &free_ranges[i];
        uint64_t top = ROUND_DOWN(MIN(r->end, BOOT_MAPPED), bytes);

        if (top >= r->start + bytes && top - bytes >= at) {
            best = r;
            at = top - bytes;
        }
    }
    if (!best)
        return 0;
    exclude(at, at + bytes);
    return at;
}

static uint64_t boot_alloc_or_die(uint64_t bytes)
{
    uint64_t at = boot_alloc(bytes);

    if (!at)
        panic("not enough memory below 4 GiB for the hypervisor's tables");
    return at;
}

pte_t *hv_new_table(void)
{
    pte_t *t;

    if (allocator_ready)
        return hv_alloc_page();
    t = maddr_to_virt(boot_alloc_or_die(PAGE_SIZE));
    clear_page(t);
    return t;
}

/* --- image and direct map --------------------------------------------------------------------- */
static uint64_t image_maddr(const char *p) { return p - image_start + IMAGE_PHYS; }

static void map_image(void)
{
    hv_map_range(VA(image_start), image_maddr(image_start), image_text_end - image_start,
                 PTE_HV_RX | global_flag);
    hv_map_range(VA(image_text_end), image_maddr(image_text_end), image_rodata_end - image_text_end,
                 PTE_HV_RO | global_flag);
    hv_map_range(VA(image_rodata_end), image_maddr(image_rodata_end),
                 image_data_end - image_rodata_end, PTE_HV | global_flag);
}

static bool belongs_in_directmap(uint32_t type)
{
    return type == E820_RAM || type == E820_ACPI || type == E820_NVS;
}

static void add_mapped(uint64_t start, uint64_t end)
{
    start = ROUND_DOWN(start, PAGE_SIZE);
    end = MIN(ROUND_UP(end, PAGE_SIZE), RAM_LIMIT);
    if (nr_mapped && start <= mapped[nr_mapped - 1].end)
        mapped[nr_mapped - 1].end = MAX(end, mapped[nr_mapped - 1].end);
    else if (start < end)
        mapped[nr_mapped++] = (struct range){ start, end };
}

static void map_direct(uint64_t start, uint64_t end, uint64_t flags)
{
    if (start < end)
        hv_map_range(DIRECTMAP_START + start, start, end - start, flags | global_flag);
}

static void map_directmap(const struct boot_info *bi)
{
    uint64_t ro_start = IMAGE_PHYS, ro_end = image_maddr(image_rodata_end);

    add_mapped(0, LOW_MEMORY);
    for (unsigned i = 0; i < bi->nr_e820; i++)
        if (belongs_in_directmap(bi->e820[i].type))
            add_mapped(bi->e820[i].start, bi->e820[i].start + bi->e820[i].bytes);

    for (unsigned i = 0; i < nr_mapped; i++) {
        uint64_t start = mapped[i].start, end = mapped[i].end;

        map_direct(start, MIN(end, ro_start), PTE_HV);
        map_direct(MAX(start, ro_start), MIN(end, ro_end), PTE_HV_RO);
        map_direct(MAX(start, ro_end), end, PTE_HV);
    }
}

bool in_directmap(uint64_t maddr, size_t bytes)
{
    for (unsigned i = 0; i < nr_mapped; i++)
        if (maddr >= mapped[i].start && maddr < mapped[i].end && bytes <= mapped[i].end - maddr)
            return true;
    return false;
}

/* --- frame table and M2P ---------------------------------------------------------------------- */
static bool frames_hold_ram(uint64_t first, uint64_t last)
{
    for (unsigned i = 0; i < boot_info.nr_e820; i++) {
        const struct e820_entry *e = &boot_info.e820[i];

        if (e->type == E820_RAM && e->start >> PAGE_SHIFT <= last &&
            (e->start + e->bytes - 1) >> PAGE_SHIFT >= first)
            return true;
    }
    return false;
}

/* Does [off, off + bytes) of a table with entries of `entry` bytes describe RAM, in part at least?
 */
static bool table_piece_needed(uint64_t off, uint64_t bytes, size_t entry)
{
    return frames_hold_ram(off / entry, (off + bytes - 1) / entry);
}

/* Of a machine with less than 64 MiB, which cannot spare a big page for its M2P. */
#define SMALL_TABLE ((64UL << 20 >> PAGE_SHIFT) * sizeof(uint64_t))

/*
 * One big page if memory for it is there. A table that domains map too (`shared`) has them wherever
 * it has anything: the interface names one frame for each. Others have them where all of it is
 * needed.
 */
static bool map_table_2m(bool shared, uint64_t off, uint64_t total, size_t entry, uint64_t *pa)
{
    if (shared && total >= SMALL_TABLE && table_piece_needed(off, L2_BYTES, entry)) {
        *pa = boot_alloc(L2_BYTES);
        return *pa != 0;
    }
    if (total - off < L2_BYTES)
        return false;
    for (uint64_t o = 0; o < L2_BYTES; o += PAGE_SIZE)
        if (!table_piece_needed(off + o, PAGE_SIZE, entry))
            return false;
    *pa = boot_alloc(L2_BYTES);
    return *pa != 0;
}

/* Memory behind a table at `va` (and, read-only for guests, at `alias`). `holes`: pages that stand
 * for what is no RAM. */
static void map_table(uint64_t va, uint64_t alias, uint64_t bytes, size_t entry,
                      const uint64_t *holes, unsigned nr_holes)
{
    for (uint64_t off = 0, step; off < bytes; off += step) {
        uint64_t pa, flags = PTE_HV | global_flag;

        if (!(off & (L2_BYTES - 1)) && map_table_2m(alias, off, bytes, entry, &pa)) {
            step = L2_BYTES;
        } else {
            bool needed = table_piece_needed(off, PAGE_SIZE, entry);

            step = PAGE_SIZE;
            pa = needed ? boot_alloc_or_die(PAGE_SIZE) : holes[off / PAGE_SIZE % nr_holes];
            if (!needed)
                flags &= ~(PTE_RW | PTE_D);
        }
        hv_map_range(va + off, pa, step, flags);
        if (alias)
            hv_map_range(alias + off, pa, step, PTE_P | PTE_A | PTE_US | PTE_NX);
    }
}

static const struct page hole_entry = { 0, 0, PGC_RESERVED | (uint64_t)DOMID_IO << PGC_OWNER_SHIFT,
                                        0 };

static void map_frame_table(void)
{
    uint64_t holes[HOLE_PAGES];
    uint64_t bytes = ROUND_UP(max_page * sizeof(struct page), PAGE_SIZE);

    for (unsigned i = 0; i < HOLE_PAGES; i++) {
        uint64_t *words;

        holes[i] = boot_alloc_or_die(PAGE_SIZE);
        words = maddr_to_virt(holes[i]);
        for (unsigned w = 0; w < PAGE_SIZE / 8; w++)
            words[w] = ((const uint64_t *)&hole_entry)[(i * (PAGE_SIZE / 8) + w) % 3];
    }
    map_table(FRAMETABLE_START, 0, bytes, sizeof(struct page), holes, HOLE_PAGES);
}

static void map_m2p(void)
{
    uint64_t hole = boot_alloc_or_die(PAGE_SIZE);

    __builtin_memset(maddr_to_virt(hole), 0xff, PAGE_SIZE);
    map_table(M2P_RW_START, RO_M2P_START, ROUND_UP(max_page * 8, PAGE_SIZE), 8, &hole, 1);
}

static void mark_frames(uint64_t start, uint64_t end, domid_t owner)
{
    for (uint64_t n = start >> PAGE_SHIFT; n < end >> PAGE_SHIFT; n++)
        frame_table[n] =
            (struct page){ .count = PGC_RESERVED | (uint64_t)owner << PGC_OWNER_SHIFT };
}

/* Bytes of the M2P from `off` on that are mapped by one entry. */
static uint64_t m2p_piece(uint64_t off)
{
    return *hv_entry(M2P_RW_START + off, 2) & PTE_PS ? L2_BYTES : PAGE_SIZE;
}

/* Fills the parts of both tables that are not shared hole pages. */
static void init_tables(void)
{
    uint64_t frames_per_group = PAGE_SIZE * HOLE_PAGES / sizeof(struct page);

    for (uint64_t n = 0; n < max_page; n += frames_per_group) {
        uint64_t *e = (uint64_t *)&frame_table[n];

        /* page by page: one of the three may be a hole page */
        for (unsigned i = 0; i < HOLE_PAGES; i++) {
            uint64_t off = n * sizeof(struct page) + i * PAGE_SIZE;

            if (off >= max_page * sizeof(struct page) ||
                !table_piece_needed(off, PAGE_SIZE, sizeof(struct page)))
                continue;
            for (unsigned w = i * (PAGE_SIZE / 8); w < (i + 1) * (PAGE_SIZE / 8); w++)
                e[w] = ((const uint64_t *)&hole_entry)[w % 3];
        }
    }
    for (uint64_t off = 0, bytes; off < max_page * 8; off += bytes) {
        bytes = m2p_piece(off);
        if (bytes == L2_BYTES || table_piece_needed(off, PAGE_SIZE, 8))
            __builtin_memset((char *)M2P_RW_START + off, 0xff, bytes);
    }

    for (unsigned i = 0; i < boot_info.nr_e820; i++) {
        const struct e820_entry *e = &boot_info.e820[i];

        if (e->type ==
            E820_RAM) /* the first MiB counts as device memory, as Dom0's firmware code expects */
            mark_frames(MAX(ROUND_UP(e->start, PAGE_SIZE), LOW_MEMORY),
                        ROUND_DOWN(e->start + e->bytes, PAGE_SIZE), DOMID_INVALID);
    }
}

/* Dom0 may map the M2P's frames: they belong to DOMID_XEN. */
static void mark_m2p_frames(void)
{
    for (uint64_t off = 0, bytes; off < max_page * 8; off += bytes) {
        uint64_t at = mfn_to_maddr(pte_mfn(hv_pte(M2P_RW_START + off)));

        bytes = m2p_piece(off);
        if (bytes == L2_BYTES || table_piece_needed(off, PAGE_SIZE, 8))
            mark_frames(at, at + bytes, DOMID_XEN);
    }
}

/* --- per-CPU areas ---------------------------------------------------------------------------- */
static bool percpu_page_mapped(unsigned off)
{
    return off <= PERCPU_TSS || (off >= PERCPU_STACK && off != PERCPU_STACK + STACK_GUARD);
}

int percpu_area_init(unsigned cpu)
{
    for (unsigned off = 0; off < PERCPU_STRIDE; off += PAGE_SIZE) {
        void *page;

        if (!percpu_page_mapped(off))
            continue;
        page = hv_new_table();
        if (!page || hv_map_range(percpu_area(cpu) + off, virt_to_maddr(page), PAGE_SIZE,
                                  PTE_HV | global_flag))
            return -XEN_ENOMEM;
    }
    return 0;
}

/* CPU 0 runs on the boot stack already: the same memory, at its own place. */
static void map_cpu0(void)
{
    for (unsigned off = 0; off < PERCPU_STACK; off += PAGE_SIZE)
        if (percpu_page_mapped(off))
            hv_map_range(percpu_area(0) + off, virt_to_maddr(hv_new_table()), PAGE_SIZE,
                         PTE_HV | global_flag);
    for (unsigned off = 0; off < STACK_SIZE; off += PAGE_SIZE)
        if (percpu_page_mapped(PERCPU_STACK + off))
            hv_map_range(percpu_area(0) + PERCPU_STACK + off, hv_maddr(boot_stack + off), PAGE_SIZE,
                         PTE_HV | global_flag);
}

/* --- device memory ---------------------------------------------------------------------------- */
static struct spinlock iomap_lock = SPINLOCK_INIT(LOCK_IOMAP);
static uint64_t iomap_next = IOMAP_START;

static void *map_device(uint64_t maddr, size_t bytes, uint64_t cache_flags)
{
    uint64_t offset = maddr & (PAGE_SIZE - 1), size = ROUND_UP(bytes + offset, PAGE_SIZE), va;
    unsigned long flags;
    int rc = -1;

    flags = spin_lock_irqsave(&iomap_lock);
    va = iomap_next;
    if (size >= bytes && size <= IOMAP_END - va)
        rc = 0;
    for (uint64_t off = 0; !rc && off < size; off += PAGE_SIZE)
        rc = hv_map_range(va + off, maddr - offset + off, PAGE_SIZE, PTE_HV | cache_flags);
    if (!rc)
        iomap_next += size;
    spin_unlock_irqrestore(&iomap_lock, flags);
    return rc ? NULL : (char *)va + offset;
}

void *iomap(uint64_t maddr, size_t bytes) { return map_device(maddr, bytes, PTE_PCD | PTE_PWT); }

const void *firmware_map(uint64_t maddr, size_t bytes)
{
    if (in_directmap(maddr, bytes))
        return maddr_to_virt(maddr);
    return map_device(maddr, bytes, 0);
}

/* --- addresses -------------------------------------------------------------------------------- */
uint64_t hv_maddr(const void *va)
{
    const char *p = va;

    if (p >= image_start && p < image_end)
        return image_maddr(p);
    return virt_to_maddr(va);
}

/* --- the whole -------------------------------------------------------------------------------- */
/* A CPU that lets user mode read supervisor memory (Meltdown) must not keep these translations
 * across a switch. */
bool cpu_is_meltdown_prone(void)
{
    struct cpuid_regs r = cpuid(0, 0);
    bool intel = r.b == 0x756e6547; /* "Genu" */

    if (!intel)
        return false;
    if (r.a < 7 || !(cpuid(7, 0).d & (1u << 29))) /* no ARCH_CAPABILITIES */
        return true;
    return !(rdmsr(0x10a) & 1); /* RDCL_NO */
}

/* Sub-tables of the hypervisor's slots must exist before any guest's L4 copies the slots. */
static void make_l3_tables(void)
{
    unsigned last = l4_index(DIRECTMAP_START + MIN(mapped[nr_mapped - 1].end, RAM_LIMIT) - 1);

    hv_table_below(&boot_l4[RO_M2P_L4]);
    hv_table_below(&boot_l4[IOMAP_L4]);
    hv_table_below(&boot_l4[PERCPU_L4]);
    for (unsigned i = DIRECTMAP_L4; i <= last; i++)
        hv_table_below(&boot_l4[i]);
}

static void feed_allocator(void)
{
    for (unsigned i = 0; i < nr_free_ranges; i++)
        if (free_ranges[i].start < free_ranges[i].end)
            page_alloc_add(maddr_to_mfn(free_ranges[i].start), maddr_to_mfn(free_ranges[i].end),
                           true);
    allocator_ready = true;
}

static pte_t *build_l4(const struct boot_info *bi)
{
    /* keep running on a copy of the boot tables while the real ones are built in boot_l4 */
    copy_page(boot_stage_l4, boot_l4);
    write_cr3(hv_maddr(boot_stage_l4));
    clear_page(boot_l4);

    find_free_memory(bi);
    frame_table = (struct page *)FRAMETABLE_START;
    max_page = MIN(e820_ram_end(), RAM_LIMIT) >> PAGE_SHIFT;
    map_image();
    map_directmap(bi);
    make_l3_tables();
    map_frame_table();
    map_m2p();
    map_cpu0();
    return boot_l4;
}

void hvmap_init(const struct boot_info *bi)
{
    global_flag = cpu_is_meltdown_prone() ? 0 : PTE_G;

    write_cr3(hv_maddr(build_l4(bi)));
    init_tables();
    mark_m2p_frames();
    feed_allocator();
    page_alloc_add(maddr_to_mfn(image_maddr(image_boot_start)),
                   maddr_to_mfn(image_maddr(image_end)), true);
}

/* Frames that Dom0 has taken over are no longer reserved. */
static void release_module(const struct boot_module *m)
{
    mfn_t at = maddr_to_mfn(m->start), end = maddr_to_mfn(ROUND_UP(m->start + m->bytes, PAGE_SIZE)),
          first;

    while (at.n < end.n) {
        for (first = at; at.n < end.n && (mfn_to_page(at)->count & PGC_RESERVED); at.n++)
            ;
        if (at.n > first.n)
            page_alloc_add(first, at, true);
        else
            at.n++;
    }
}

void boot_release_modules(void)
{
    for (unsigned i = 0; i < boot_info.nr_modules; i++)
        if (boot_info.modules[i].start >= LOW_MEMORY)
            release_module(&boot_info.modules[i]);
}
