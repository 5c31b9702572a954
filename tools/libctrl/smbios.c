/* SPDX-License-Identifier: GPL-2.0-only */
/* What DMI tells an HVM guest about its machine (DSP0134, SMBIOS 2.4). */
#include "acpi_tables.h"
#include "hvm_tables.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


/* Types of structures. */
#define BIOS          0
#define SYSTEM        1
#define CHASSIS       3
#define PROCESSOR     4
#define MEMORY_ARRAY  16
#define MEMORY_DEVICE 17
#define ARRAY_ADDRESS 19
#define BOOT_STATUS   32
#define END           127

#define UNKNOWN       2

struct entry {
    char anchor[4];
    uint8_t checksum, length, major, minor;
    uint16_t largest;
    uint8_t revision, formatted[5];
    char middle_anchor[5];
    uint8_t middle_checksum;
    uint16_t bytes;
    uint32_t address;
    uint16_t count;
    uint8_t bcd;
} __attribute__((packed));

struct bios {
    uint8_t vendor, version;
    uint16_t segment;
    uint8_t date, size;
    uint64_t characteristics;
    uint8_t extension[2], release[4];
} __attribute__((packed));

struct system {
    uint8_t manufacturer, product, version, serial, uuid[16], wake_up, sku, family;
} __attribute__((packed));

struct chassis {
    uint8_t manufacturer, type, version, serial, asset, boot, power, thermal, security;
} __attribute__((packed));

struct processor {
    uint8_t socket, type, family, manufacturer;
    uint64_t id;
    uint8_t version, voltage;
    uint16_t clock, max_speed, speed;
    uint8_t status, upgrade;
    uint16_t l1, l2, l3;
    uint8_t serial, asset, part;
} __attribute__((packed));

struct memory_array {
    uint8_t location, use, correction;
    uint32_t kb;
    uint16_t error, devices;
} __attribute__((packed));

struct memory_device {
    uint16_t array, error, total_width, width, mb;
    uint8_t form, set, locator, bank, type;
    uint16_t detail, speed;
    uint8_t manufacturer, serial, asset, part;
} __attribute__((packed));

struct array_address {
    uint32_t first_kb, last_kb;
    uint16_t array;
    uint8_t width;
} __attribute__((packed));

/* Structures, one after the other. */
struct list {
    struct table_space *s;
    uint16_t count, largest;
};

/* A structure with its strings, which NULL ends. */
static void add(struct list *l, uint8_t type, const void *body, uint8_t bytes, ...)
{
    uint8_t *head = table_get(l->s, 4 + bytes, 1);
    const char *start = (char *)head, *text;
    uint16_t handle = type << 8 | (l->count & 0xff), size;
    va_list strings;
    bool any = false;

    head[0] = type;
    head[1] = 4 + bytes;
    memcpy(head + 2, &handle, sizeof(handle));
    memcpy(head + 4, body, bytes);
    va_start(strings, bytes);
    for (; (text = va_arg(strings, const char *)) != NULL; any = true)
        strcpy(table_get(l->s, strlen(text) + 1, 1), text);
    va_end(strings);
    table_get(l->s, any ? 1 : 2, 1);
    size = l->s->base + l->s->used - start;
    if (size > l->largest)
        l->largest = size;
    l->count++;
}

static void add_machine(struct list *l, const struct hvm_machine *m)
{
    struct bios bios = {
        .vendor = 1, .version = 2, .segment = 0xf000, .date = 3,
        .size = PLATFORM_FIRMWARE_MAX / 65536 - 1,
        .characteristics = 1U << 7 | 1U << 15 | 1U << 16, /* PCI; boot from CD, chosen */
        .extension = { 1, 4 }, /* ACPI; meant for virtual machines */
        .release = { 0xff, 0xff, 0xff, 0xff },
    };
    struct system system = { .manufacturer = 1, .product = 2, .version = 3, .serial = 4,
                             .wake_up = 6 };
    struct chassis chassis = { .manufacturer = 1, .type = 1, .boot = 3, .power = 3, .thermal = 3,
                               .security = UNKNOWN };
    const uint8_t *u = m->uuid;
    char serial[37];

    snprintf(serial, sizeof(serial),
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
             u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
             u[15]);
    memcpy(system.uuid, u, sizeof(system.uuid));
    add(l, BIOS, &bios, sizeof(bios), "SeaBIOS", "xen-like", "11/22/2026", NULL);
    add(l, SYSTEM, &system, sizeof(system), "Xen", "HVM domU", "4.17", serial, NULL);
    add(l, CHASSIS, &chassis, sizeof(chassis), "Xen", NULL);
}

static void add_processors(struct list *l, const struct hvm_machine *m)
{
    struct processor p = {
        .socket = 1, .type = 3, .family = 1, .manufacturer = 2, .status = 0x41, .upgrade = 1,
        .l1 = 0xffff, .l2 = 0xffff, .l3 = 0xffff,
    };
    char socket[16];

    for (uint32_t v = 0; v < m->vcpus; v++) {
        snprintf(socket, sizeof(socket), "CPU %u", v + 1);
        add(l, PROCESSOR, &p, sizeof(p), socket, "Xen", NULL);
    }
}

/* RAM as one array of one module; sizes that a field cannot hold are said to be unknown. */
static void add_memory(struct list *l, const struct hvm_machine *m)
{
    uint64_t kb = (m->low.count + m->high.count) * 4, mb = kb / 1024;
    struct memory_array array = { .location = 1, .use = 3, .correction = 6,
                                  .kb = kb < 0x80000000 ? kb : 0x80000000, .error = 0xfffe,
                                  .devices = 1 };
    struct memory_device device = { .array = MEMORY_ARRAY << 8 | (l->count & 0xff),
                                    .error = 0xfffe, .total_width = 64, .width = 64,
                                    .mb = mb < 0x7fff ? mb : 0xffff, .form = 9, .locator = 1,
                                    .type = 7 };
    struct array_address address = { .last_kb = kb < UINT32_MAX ? kb - 1 : UINT32_MAX,
                                     .array = device.array, .width = 1 };

    add(l, MEMORY_ARRAY, &array, sizeof(array), NULL);
    add(l, MEMORY_DEVICE, &device, sizeof(device), "RAM", NULL);
    add(l, ARRAY_ADDRESS, &address, sizeof(address), NULL);
}

uint64_t smbios_write(struct table_space *s, const struct hvm_machine *m)
{
    static const uint8_t no_errors[7];
    struct entry *e = table_get(s, sizeof(*e), 16);
    struct list l = { .s = s };
    size_t start;

    table_get(s, 0, 16);
    start = s->used;
    add_machine(&l, m);
    add_processors(&l, m);
    add_memory(&l, m);
    add(&l, BOOT_STATUS, no_errors, sizeof(no_errors), NULL);
    add(&l, END, "", 0, NULL);

    memcpy(e->anchor, "_SM_", sizeof(e->anchor));
    memcpy(e->middle_anchor, "_DMI_", sizeof(e->middle_anchor));
    e->length = sizeof(*e);
    e->major = 2;
    e->minor = 4;
    e->bcd = 0x24;
    e->largest = l.largest;
    e->bytes = s->used - start;
    e->address = s->at + start;
    e->count = l.count;
    e->middle_checksum = table_checksum(e->middle_anchor,
                                        sizeof(*e) - offsetof(struct entry, middle_anchor));
    e->checksum = table_checksum(e, sizeof(*e));
    return table_address(s, e);
}
