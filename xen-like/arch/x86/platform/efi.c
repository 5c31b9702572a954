/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an EFI firmware left: system table, configuration tables, memory map. An address is followed
 * only into memory that the firmware's own map says it keeps.
 */
#include <arch/efi.h>
#include <arch/features.h>
#include <arch/hvmap.h>
#include <hv/guest_access.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <public/errno.h>

#define SYSTEM_TABLE_SIGNATURE     0x5453595320494249UL /* "IBI SYST" */
#define RUNTIME_SERVICES_SIGNATURE 0x56524553544e5552UL /* "RUNTSERV" */
#define VENDOR_MAX                 100                  /* characters, with the zero at the end */
#define CONFIG_TABLES_MAX          1024
#define MAPPED_MAX                 (1UL << 30) /* for services: 2 MiB of page tables */
#define ADDRESS_MAX                (1UL << 47) /* where the hypervisor's half begins */

struct system_table {
    struct efi_table_head head;
    uint64_t vendor;
    uint32_t firmware_revision, padding;
    uint64_t console[6], runtime, boot, nr_config, config;
};

struct config_table {
    struct xenpf_efi_guid guid;
    uint64_t table;
};

static const struct xenpf_efi_guid acpi_guids[] = {
    { 0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } }, /* 2.0 */
    { 0xeb9d2d30, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } }, /* 1.0 */
};

static const struct boot_info *map; /* the memory map is there */
static struct system_table system;  /* valid if its revision is not 0 */
static uint16_t vendor[VENDOR_MAX];

static bool opt_services = true;

/* efi=rs|no-rs */
static int parse_efi(const char *s)
{
    if (strcmp(s, "rs") && strcmp(s, "no-rs"))
        return -XEN_EINVAL;
    opt_services = s[0] == 'r';
    return 0;
}
PARAM_FN("efi", parse_efi, "rs, no-rs: call the firmware's runtime services for Dom0, or never");

/* --- memory ----------------------------------------------------------------------------------- */
const struct efi_region *efi_region_of(uint64_t addr, uint64_t bytes)
{
    for (unsigned i = 0; map && i < map->nr_efi_regions; i++) {
        const struct efi_region *r = &map->efi_regions[i];

        if (addr >= r->start && addr - r->start < r->bytes && bytes <= r->start + r->bytes - addr)
            return r;
    }
    return NULL;
}

static bool is_kept(const struct efi_region *r) { return r->attributes & EFI_MEMORY_RUNTIME; }

/* The processor has such addresses, and nobody else uses them. */
static bool is_sound(const struct efi_region *r)
{
    uint64_t limit = MIN(1UL << cpu_features.phys_bits, ADDRESS_MAX);

    return r->start + r->bytes <= limit && !e820_has_ram(r->start, r->bytes);
}

/* Something of the firmware's, NULL if it is not where firmware may have it. */
static const void *kept_memory(uint64_t addr, uint64_t bytes)
{
    const struct efi_region *r = efi_region_of(addr, bytes);

    return r && is_kept(r) && is_sound(r) ? firmware_map(addr, bytes) : NULL;
}

/* --- tables ----------------------------------------------------------------------------------- */
static bool read_table(void *to, uint64_t addr, size_t bytes, uint64_t signature)
{
    const struct efi_table_head *head = addr ? kept_memory(addr, bytes) : NULL;

    if (!head || head->signature != signature)
        return false;
    memcpy(to, head, MIN((size_t)head->bytes, bytes));
    return head->bytes >= sizeof(*head);
}

static void read_vendor(void)
{
    const struct efi_region *r = efi_region_of(system.vendor, sizeof(vendor[0]));
    uint64_t room = r ? (r->start + r->bytes - system.vendor) / sizeof(vendor[0]) : 0;
    unsigned n = MIN(room, VENDOR_MAX - 1UL);
    const uint16_t *name = n ? kept_memory(system.vendor, n * sizeof(*name)) : NULL;

    for (unsigned i = 0; name && i < n && name[i]; i++)
        vendor[i] = name[i];
}

/* NULL if what runtime services need can be mapped: it is the firmware's alone, not too much. */
static const char *check_regions(const struct boot_info *bi)
{
    uint64_t bytes = 0;

    if (bi->efi_regions_lost)
        return "the memory map is damaged or too long";
    for (unsigned i = 0; i < bi->nr_efi_regions; i++) {
        const struct efi_region *r = &bi->efi_regions[i];

        if (!is_kept(r))
            continue;
        if (!is_sound(r))
            return "their memory is called free, or beyond what the processor can address";
        if (r->bytes > MAPPED_MAX - bytes)
            return "they want too much memory";
        bytes += r->bytes;
    }
    return NULL;
}

/* Every function of the table, as far as it goes, is the firmware's code. */
static bool functions_ok(const struct efi_runtime_services *s)
{
    const uint64_t *f = &s->get_time, *end = (const uint64_t *)(s + 1);

    for (; f < end; f++) {
        const struct efi_region *r = efi_region_of(*f, 1);

        if (*f && (!r || r->type != EFI_RUNTIME_CODE || !is_kept(r)))
            return false;
    }
    return true;
}

static const char *services_init(const struct boot_info *bi)
{
    static struct efi_runtime_services services;
    const char *why_not;

    if (!opt_services)
        return "efi=no-rs";
    if (!read_table(&services, system.runtime, sizeof(services), RUNTIME_SERVICES_SIGNATURE))
        return "their table is not in the firmware's memory";
    why_not = check_regions(bi);
    if (why_not)
        return why_not;
    if (!functions_ok(&services))
        return "not all of them are the firmware's code";
    return efi_services_init(bi, &services) ? "no memory for their page tables" : NULL;
}

void efi_init(const struct boot_info *bi)
{
    const char *why_not;

    if (!bi->efi)
        return;
    map = bi;
    if (!read_table(&system, bi->efi_system_table, sizeof(system), SYSTEM_TABLE_SIGNATURE)) {
        memset(&system, 0, sizeof(system));
        printk(LOG_WARNING, "EFI: no system table of 64 bits at %#lx\n", bi->efi_system_table);
        return;
    }
    read_vendor();
    why_not = services_init(bi);
    printk(LOG_INFO, "EFI %u.%u: %u regions of memory, %lu tables; runtime services %s%s\n",
           system.head.revision >> 16, (system.head.revision & 0xffff) / 10, bi->nr_efi_regions,
           system.nr_config, why_not ? "are not used: " : "serve Dom0", why_not ? why_not : "");
}

uint64_t efi_rsdp(void)
{
    uint64_t n = system.nr_config <= CONFIG_TABLES_MAX ? system.nr_config : 0;
    const struct config_table *t = n ? kept_memory(system.config, n * sizeof(*t)) : NULL;

    for (unsigned g = 0; t && g < ARRAY_SIZE(acpi_guids); g++)
        for (uint64_t i = 0; i < n; i++)
            if (!memcmp(&t[i].guid, &acpi_guids[g], sizeof(t[i].guid)))
                return t[i].table;
    return 0;
}

/* --- what Dom0 asks --------------------------------------------------------------------------- */
static long tell_version(union xenpf_efi_info *info)
{
    info->version = system.head.revision;
    return 0;
}

static long tell_config(union xenpf_efi_info *info)
{
    info->cfg.addr = system.config;
    info->cfg.nent = system.nr_config;
    return 0;
}

/* As much of the name as there is room for; its zero too, if that fits. */
static long tell_vendor(union xenpf_efi_info *info)
{
    size_t room = info->vendor.bufsz / sizeof(vendor[0]), n = 0;

    info->vendor.revision = system.firmware_revision;
    while (n < room && n < VENDOR_MAX && (!n || vendor[n - 1]))
        n++;
    return copy_to_guest_va(info->vendor.name.addr, vendor, n * sizeof(vendor[0])) ? -XEN_EFAULT
                                                                                   : 0;
}

/* The region around an address, from there on, and no more than was asked for. */
static long tell_memory(union xenpf_efi_info *info)
{
    const struct efi_region *r = efi_region_of(info->mem.addr, 0);

    if (!r)
        return -XEN_ESRCH;
    info->mem.size = MIN(info->mem.size, r->start + r->bytes - info->mem.addr);
    info->mem.attr = r->attributes;
    info->mem.type = r->type;
    return 0;
}

static long tell_services_version(union xenpf_efi_info *info)
{
    if (!efi_services())
        return -XEN_EOPNOTSUPP;
    info->version = efi_services()->head.revision;
    return 0;
}

/* Boot services would know these: they had ended before the hypervisor was entered. */
static long no_roms(union xenpf_efi_info *info) { return -XEN_ESRCH; }
static long no_properties(union xenpf_efi_info *info) { return -XEN_ENODATA; }

static long (*const tellers[])(union xenpf_efi_info *info) = {
    [XEN_FW_EFI_VERSION] = tell_version,
    [XEN_FW_EFI_CONFIG_TABLE] = tell_config,
    [XEN_FW_EFI_VENDOR] = tell_vendor,
    [XEN_FW_EFI_MEM_INFO] = tell_memory,
    [XEN_FW_EFI_RT_VERSION] = tell_services_version,
    [XEN_FW_EFI_PCI_ROM] = no_roms,
    [XEN_FW_EFI_APPLE_PROPERTIES] = no_properties,
};

long efi_info(uint32_t index, union xenpf_efi_info *info)
{
    if (!system.head.revision)
        return -XEN_ENODEV;
    return index < ARRAY_SIZE(tellers) ? tellers[index](info) : -XEN_EINVAL;
}
