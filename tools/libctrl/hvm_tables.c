/* SPDX-License-Identifier: GPL-2.0-only */
#include "hvm_tables.h"
#include "acpi_tables.h"

#include <string.h>

#define PAGE_SHIFT 12

/* -- room -- */

void *table_get(struct table_space *s, size_t bytes, size_t align)
{
    size_t start = (s->used + align - 1) & ~(align - 1);

    s->used = start + bytes;
    return s->base + start;
}

uint64_t table_address(const struct table_space *s, const void *p)
{
    return s->at + ((const char *)p - s->base);
}

/* -- PCI interrupts without ACPI (PCI BIOS specification 2.1, "$PIR") -- */

#define PIR_SLOTS 31            /* 1 to 31: all but the host bridge */

struct pir {
    char signature[4];
    uint16_t version, bytes;
    uint8_t router_bus, router_devfn;
    uint16_t exclusive_irqs;
    uint32_t router_like, miniport;
    uint8_t reserved[11], checksum;
    struct {
        uint8_t bus, devfn;
        struct {
            uint8_t link;
            uint16_t irqs;
        } __attribute__((packed)) pins[4];
        uint8_t slot, reserved;
    } __attribute__((packed)) slots[PIR_SLOTS];
} __attribute__((packed));

uint64_t pir_write(struct table_space *s)
{
    struct pir *p = table_get(s, sizeof(*p), 16);

    memcpy(p->signature, "$PIR", sizeof(p->signature));
    p->version = 0x100;
    p->bytes = sizeof(*p);
    p->router_devfn = PLATFORM_PIIX3_DEVFN;
    p->router_like = 0x70008086;
    for (unsigned int i = 0; i < PIR_SLOTS; i++) {
        p->slots[i].devfn = (i + 1) << 3;
        for (unsigned int pin = 0; pin < 4; pin++) {
            p->slots[i].pins[pin].link = PLATFORM_PIIX3_LINKS + PLATFORM_LINK(i + 1, pin);
            p->slots[i].pins[pin].irqs = PLATFORM_LINK_MASK;
        }
    }
    p->checksum = table_checksum(p, sizeof(*p));
    return table_address(s, p);
}

/* -- what SeaBIOS is told -- */

#define E820_RAM      1
#define E820_RESERVED 2

struct e820_entry {
    uint64_t address, size;
    uint32_t type;
} __attribute__((packed));

/* The first part is SeaBIOS's interface; the rest it finds by that. */
struct firmware_info {
    char signature[14];
    uint8_t length, checksum;
    uint32_t tables, nr_tables;
    uint32_t e820, nr_e820;
    uint32_t table_list[3];
    struct e820_entry map[4];
} __attribute__((packed));

#define FIRMWARE_INFO_BYTES offsetof(struct firmware_info, table_list)

static void add_to_map(struct firmware_info *f, uint64_t first, uint64_t end, uint32_t type)
{
    if (end > first)
        f->map[f->nr_e820++] = (struct e820_entry){ first, end - first, type };
}

static void write_info(struct firmware_info *f, const struct hvm_machine *m, const uint64_t *tables,
                       unsigned int nr_tables)
{
    memcpy(f->signature, "XenHVMSeaBIOS", sizeof(f->signature));
    f->length = FIRMWARE_INFO_BYTES;
    f->tables = PLATFORM_FIRMWARE_INFO + offsetof(struct firmware_info, table_list);
    f->e820 = PLATFORM_FIRMWARE_INFO + offsetof(struct firmware_info, map);
    for (unsigned int i = 0; i < nr_tables; i++)
        f->table_list[f->nr_tables++] = tables[i];
    add_to_map(f, 0, 0xa0000, E820_RAM);
    add_to_map(f, 0x100000, m->low.count << PAGE_SHIFT, E820_RAM);
    add_to_map(f, PLATFORM_BOARD, 1ULL << 32, E820_RESERVED);
    add_to_map(f, m->high.first << PAGE_SHIFT, (m->high.first + m->high.count) << PAGE_SHIFT,
               E820_RAM);
    f->checksum = table_checksum(f, FIRMWARE_INFO_BYTES);
}

size_t hvm_tables_write(const struct hvm_machine *m, void *info, void *board, void *tables)
{
    struct table_space s = { .base = tables, .at = PLATFORM_TABLES };
    uint64_t list[3];
    unsigned int n = 0;

    if (m->acpi)
        list[n++] = acpi_hvm_write(&s, m);
    list[n++] = smbios_write(&s, m);
    list[n++] = pir_write(&s);
    *(struct hvm_board *)board = (struct hvm_board){
        .hole_first = m->hole,
        .hole_last = PLATFORM_BOARD - 1,
        .hole64_first = m->hole64,
        .hole64_mb = m->hole64_mb,
        .hpet = m->hpet,
        .serial = m->serial,
    };
    write_info(info, m, list, n);
    return s.used;
}
