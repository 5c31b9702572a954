/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads what the boot loader left in memory: multiboot 1 (QEMU's -kernel, GRUB's `multiboot`) and
 * multiboot 2 (GRUB's `multiboot2`). Everything that is kept is copied, so that the loader's memory
 * can be used. Lengths are checked before anything behind them is read; all of it lies below 4 GiB,
 * where the boot page tables map it.
 */
#include <arch/boot.h>
#include <arch/hvmap.h>
#include <public/xen.h>

#define MB1_BOOT_MAGIC 0x2badb002
#define MB2_BOOT_MAGIC 0x36d76289

#define MB1_HAS_CMDLINE (1u << 2)
#define MB1_HAS_MODULES (1u << 3)
#define MB1_HAS_MMAP    (1u << 6)
#define MB1_HAS_LOADER  (1u << 9)

struct mb1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
    uint32_t mmap_length, mmap_addr, drives_length, drives_addr, config_table, loader_name;
};
struct mb1_module {
    uint32_t start, end, string, reserved;
} __attribute__((packed)); /* the loader chooses the address */
struct mb1_mmap {
    uint32_t size; /* of what follows */
    uint64_t addr, len;
    uint32_t type;
} __attribute__((packed));

enum mb2_tag_type {
    MB2_END = 0,
    MB2_CMDLINE = 1,
    MB2_LOADER = 2,
    MB2_MODULE = 3,
    MB2_MMAP = 6,
    MB2_EFI32 = 11,
    MB2_EFI64 = 12,
    MB2_ACPI_OLD = 14,
    MB2_ACPI_NEW = 15,
    MB2_EFI_MMAP = 17
};
struct mb2_tag {
    uint32_t type, size;
};
struct mb2_module {
    struct mb2_tag tag;
    uint32_t start, end;
    char string[];
};
struct mb2_mmap { /* of EFI's map, too */
    struct mb2_tag tag;
    uint32_t entry_size, entry_version;
};
struct mb2_mmap_entry {
    uint64_t addr, len;
    uint32_t type, zero;
} __attribute__((packed)); /* the loader chooses the distance between entries */

struct mb2_efi64 {
    struct mb2_tag tag;
    uint64_t system_table;
};
struct mb2_efi_entry { /* EFI_MEMORY_DESCRIPTOR */
    uint32_t type, padding;
    uint64_t start, virtual, pages, attributes;
} __attribute__((packed)); /* the firmware chooses the distance between entries */

struct boot_info boot_info;

static char strings[BOOT_STRINGS_MAX];
static unsigned strings_used;
static uint8_t rsdp_copy_v2[36],
    rsdp_copy_v1[36]; /* the multiboot 2 tags hold copies of the root pointer */

/* A copy of at most `max` bytes of a string; cut where the room ends. */
static const char *keep_string(const char *s, size_t max)
{
    size_t room = sizeof(strings) - strings_used, n = 0;
    char *to = strings + strings_used;

    if (room < 2)
        return "";
    while (n < max && n < room - 1 && s[n]) {
        to[n] = s[n];
        n++;
    }
    to[n] = '\0';
    strings_used += n + 1;
    return to;
}

static void add_e820(uint64_t start, uint64_t bytes, uint32_t type)
{
    if (boot_info.nr_e820 < BOOT_MAX_E820 && bytes && start + bytes > start)
        boot_info.e820[boot_info.nr_e820++] = (struct e820_entry){ start, bytes, type };
}

static const char *add_module(uint32_t start, uint32_t end, const char *string, size_t max)
{
    if (boot_info.nr_modules == BOOT_MAX_MODULES)
        return "more modules than this hypervisor takes";
    if (end < start)
        return "a module that ends before it starts";
    boot_info.modules[boot_info.nr_modules++] =
        (struct boot_module){ start, end - start, keep_string(string, max) };
    return NULL;
}

/* --- multiboot 1 ------------------------------------------------------------------------------ */
static const void *low(uint32_t addr) { return maddr_to_virt(addr); }

static const char *mb1_parse(const struct mb1_info *mb)
{
    const char *error = NULL;

    if (mb->flags & MB1_HAS_CMDLINE)
        boot_info.cmdline = keep_string(low(mb->cmdline), BOOT_CMDLINE_MAX);
    if (mb->flags & MB1_HAS_LOADER)
        boot_info.loader = keep_string(low(mb->loader_name), 64);
    if (mb->flags & MB1_HAS_MODULES) {
        const struct mb1_module *m = low(mb->mods_addr);

        for (uint32_t i = 0; i < mb->mods_count && !error; i++)
            error = add_module(m[i].start, m[i].end, m[i].string ? low(m[i].string) : "",
                               BOOT_CMDLINE_MAX);
    }
    if (!(mb->flags & MB1_HAS_MMAP))
        return "the boot loader gave no memory map";

    for (uint64_t off = 0; off + sizeof(struct mb1_mmap) <= mb->mmap_length;) {
        const struct mb1_mmap *e = low(mb->mmap_addr + off);

        add_e820(e->addr, e->len, e->type);
        off += (uint64_t)e->size + sizeof(e->size);
    }
    return error;
}

/* --- multiboot 2 ------------------------------------------------------------------------------ */
static void mb2_mmap(const struct mb2_mmap *m)
{
    uint64_t end = m->tag.size;

    if (end < sizeof(*m) || m->entry_size < sizeof(struct mb2_mmap_entry))
        return;
    for (uint64_t off = sizeof(*m); off + m->entry_size <= end; off += m->entry_size) {
        const struct mb2_mmap_entry *e = (const void *)((const char *)m + off);

        add_e820(e->addr, e->len, e->type);
    }
}

static void mb2_rsdp(const struct mb2_tag *tag, uint8_t *copy, size_t max)
{
    size_t bytes = MIN(tag->size - sizeof(*tag), max);

    for (size_t i = 0; i < bytes; i++)
        copy[i] = ((const uint8_t *)(tag + 1))[i];
    boot_info.rsdp = hv_maddr(copy);
}

static void add_efi_region(const struct mb2_efi_entry *e)
{
    uint64_t bytes = e->pages << PAGE_SHIFT;

    if (!e->pages)
        return;
    if (boot_info.nr_efi_regions == BOOT_MAX_EFI_REGIONS || bytes >> PAGE_SHIFT != e->pages ||
        (e->start & (PAGE_SIZE - 1)) || e->start + bytes <= e->start)
        boot_info.efi_regions_lost++;
    else
        boot_info.efi_regions[boot_info.nr_efi_regions++] =
            (struct efi_region){ e->start, bytes, e->attributes, e->type };
}

static void mb2_efi_mmap(const struct mb2_mmap *m)
{
    uint64_t end = m->tag.size;

    if (end < sizeof(*m) || m->entry_size < sizeof(struct mb2_efi_entry)) {
        boot_info.efi_regions_lost++;
        return;
    }
    for (uint64_t off = sizeof(*m); off + m->entry_size <= end; off += m->entry_size)
        add_efi_region((const void *)((const char *)m + off));
}

static void mb2_efi64(const struct mb2_efi64 *e)
{
    boot_info.efi = true;
    if (e->tag.size >= sizeof(*e))
        boot_info.efi_system_table = e->system_table;
}

static const char *mb2_tag(const struct mb2_tag *tag)
{
    const char *text = (const char *)(tag + 1);
    size_t bytes = tag->size - sizeof(*tag);

    switch (tag->type) {
    case MB2_CMDLINE:
        boot_info.cmdline = keep_string(text, bytes);
        break;
    case MB2_LOADER:
        boot_info.loader = keep_string(text, bytes);
        break;
    case MB2_MODULE: {
        const struct mb2_module *m = (const void *)tag;

        if (tag->size < sizeof(*m))
            return "a module tag that is too short";
        return add_module(m->start, m->end, m->string, tag->size - sizeof(*m));
    }
    case MB2_MMAP:
        mb2_mmap((const void *)tag);
        break;
    case MB2_ACPI_OLD:
        if (!boot_info.rsdp)
            mb2_rsdp(tag, rsdp_copy_v1, 20);
        break;
    case MB2_ACPI_NEW:
        mb2_rsdp(tag, rsdp_copy_v2, 36);
        break;
    case MB2_EFI32:
        boot_info.efi = true;
        break;
    case MB2_EFI64:
        mb2_efi64((const void *)tag);
        break;
    case MB2_EFI_MMAP:
        mb2_efi_mmap((const void *)tag);
        break;
    }
    return NULL;
}

static const char *mb2_parse(uint32_t info)
{
    uint32_t total = *(const uint32_t *)low(info);

    for (uint64_t off = 8; off + sizeof(struct mb2_tag) <= total;) {
        const struct mb2_tag *tag = low(info + off);
        const char *error;

        if (tag->type == MB2_END)
            return NULL;
        if (tag->size < sizeof(*tag) || off + tag->size > total)
            return "a boot information tag that goes beyond its end";
        error = mb2_tag(tag);
        if (error)
            return error;
        off += ROUND_UP(tag->size, 8);
    }
    return "boot information without an end";
}

/* --- checks ----------------------------------------------------------------------------------- */
static bool overlap(uint64_t a, uint64_t abytes, uint64_t b, uint64_t bbytes)
{
    return a < b + bbytes && b < a + abytes;
}

bool boot_has_module(uint64_t start, uint64_t bytes)
{
    for (unsigned i = 0; i < boot_info.nr_modules; i++)
        if (overlap(start, bytes, boot_info.modules[i].start, boot_info.modules[i].bytes))
            return true;
    return false;
}

static const char *check_modules(void)
{
    uint64_t image_bytes = image_end - image_start;

    for (unsigned i = 0; i < boot_info.nr_modules; i++) {
        const struct boot_module *m = &boot_info.modules[i];

        if (!e820_is_ram(m->start, m->bytes))
            return "a module outside of RAM";
        if (overlap(m->start, m->bytes, IMAGE_PHYS, image_bytes))
            return "a module over the hypervisor";
        for (unsigned j = 0; j < i; j++)
            if (overlap(m->start, m->bytes, boot_info.modules[j].start, boot_info.modules[j].bytes))
                return "modules that overlap";
    }
    return NULL;
}

/* GRUB hands over arguments alone; other loaders put the file's name before them. */
static void strip_file_names(void)
{
    static const char grub[] = "GRUB";
    const char **lines[BOOT_MAX_MODULES + 1];
    unsigned n = 0;

    for (unsigned i = 0; i < sizeof(grub) - 1; i++)
        if (boot_info.loader[i] != grub[i])
            goto strip;
    return;
strip:
    lines[n++] = &boot_info.cmdline;
    for (unsigned i = 0; i < boot_info.nr_modules; i++)
        lines[n++] = &boot_info.modules[i].cmdline;
    while (n-- > 0) {
        while (**lines[n] && **lines[n] != ' ')
            ++*lines[n];
        while (**lines[n] == ' ')
            ++*lines[n];
    }
}

const char *multiboot_parse(uint32_t magic, uint32_t info)
{
    const char *error = "an unknown boot loader (neither multiboot 1 nor 2)";

    boot_info.cmdline = boot_info.loader = "";
    if (magic == MB1_BOOT_MAGIC)
        error = mb1_parse(low(info));
    else if (magic == MB2_BOOT_MAGIC)
        error = mb2_parse(info);
    if (error)
        return error;

    strip_file_names();
    e820_normalise(&boot_info);
    if (!e820_is_ram(IMAGE_PHYS, image_end - image_start))
        return "no RAM where the hypervisor was loaded";
    return check_modules();
}
