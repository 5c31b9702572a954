/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory map: sorted, without overlaps, adjacent ranges of one type joined. */
#include <arch/boot.h>
#include <hv/printk.h>

static const char *const type_names[] = {
    "hole", "RAM", "reserved", "ACPI data", "ACPI NVS", "unusable",
};

static const char *type_name(uint32_t type)
{
    return type < ARRAY_SIZE(type_names) ? type_names[type] : "reserved (unknown type)";
}

/* Where two entries overlap the one that is not RAM counts; among those the greater type. */
static uint32_t stronger(uint32_t a, uint32_t b)
{
    return a == E820_RAM ? b : b == E820_RAM ? a : MAX(a, b);
}

static uint32_t type_in(const struct e820_entry *map, unsigned n, uint64_t addr)
{
    uint32_t type = 0;

    for (unsigned i = 0; i < n; i++)
        if (addr >= map[i].start && addr - map[i].start < map[i].bytes)
            type = type ? stronger(type, map[i].type) : map[i].type;
    return type;
}

static void sort_points(uint64_t *p, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        uint64_t v = p[i];
        unsigned j = i;

        for (; j && p[j - 1] > v; j--)
            p[j] = p[j - 1];
        p[j] = v;
    }
}

void e820_normalise(struct boot_info *bi)
{
    static struct e820_entry in[BOOT_MAX_E820];
    static uint64_t points[2 * BOOT_MAX_E820];
    unsigned n = bi->nr_e820, out = 0;

    for (unsigned i = 0; i < n; i++) {
        in[i] = bi->e820[i];
        points[2 * i] = in[i].start;
        points[2 * i + 1] = in[i].start + in[i].bytes;
    }
    sort_points(points, 2 * n);

    for (unsigned i = 0; i + 1 < 2 * n; i++) {
        uint64_t bytes = points[i + 1] - points[i];
        uint32_t type = type_in(in, n, points[i]);
        struct e820_entry *last = out ? &bi->e820[out - 1] : NULL;

        if (!bytes || !type)
            continue;
        if (last && last->type == type && last->start + last->bytes == points[i])
            last->bytes += bytes;
        else if (out < BOOT_MAX_E820)
            bi->e820[out++] = (struct e820_entry){ points[i], bytes, type };
    }
    bi->nr_e820 = out;
}

uint32_t e820_type_at(uint64_t addr) { return type_in(boot_info.e820, boot_info.nr_e820, addr); }

bool e820_is_ram(uint64_t start, uint64_t bytes)
{
    for (unsigned i = 0; i < boot_info.nr_e820; i++) {
        const struct e820_entry *e = &boot_info.e820[i];

        if (e->type == E820_RAM && start >= e->start && bytes <= e->bytes &&
            start - e->start <= e->bytes - bytes)
            return true;
    }
    return false;
}

bool e820_has_ram(uint64_t start, uint64_t bytes)
{
    for (unsigned i = 0; i < boot_info.nr_e820; i++) {
        const struct e820_entry *e = &boot_info.e820[i];

        if (e->type == E820_RAM && start < e->start + e->bytes && e->start < start + bytes)
            return true;
    }
    return false;
}

uint64_t e820_ram_end(void)
{
    for (unsigned i = boot_info.nr_e820; i-- > 0;)
        if (boot_info.e820[i].type == E820_RAM)
            return boot_info.e820[i].start + boot_info.e820[i].bytes;
    return 0;
}

void e820_print(void)
{
    printk(LOG_INFO, "Memory map:\n");
    for (unsigned i = 0; i < boot_info.nr_e820; i++) {
        const struct e820_entry *e = &boot_info.e820[i];

        printk(LOG_INFO, "  %012lx - %012lx %s\n", e->start, e->start + e->bytes - 1,
               type_name(e->type));
    }
}
