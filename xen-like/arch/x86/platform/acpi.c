/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the ACPI tables that a hypervisor needs: MADT (processors, interrupt controllers), FADT
 * (power, timer), HPET, MCFG. Every table's length and checksum are checked before its contents are
 * believed; a bad table is named and left out.
 */
#include <arch/acpi.h>
#include <arch/hvmap.h>
#include <hv/printk.h>
#include <hv/string.h>

#define TABLE_MAX_BYTES (16UL << 20)

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t checksum2, reserved[3];
} __attribute__((packed));

struct table {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

struct fadt {
    struct table head;
    uint32_t facs, dsdt;
    uint8_t model, profile;
    uint16_t sci;
    uint32_t smi_cmd;
    uint8_t enable, disable, s4bios, pstate;
    uint32_t pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt, pm2_cnt, pm_tmr, gpe0, gpe1;
    uint8_t pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len, gpe0_len, gpe1_len, gpe1_base, cst;
    uint16_t lvl2, lvl3, flush_size, flush_stride;
    uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
    uint16_t iapc_boot;
    uint8_t reserved;
    uint32_t flags;
    struct acpi_address reset_reg;
    uint8_t reset_value;
    uint16_t arm_boot;
    uint8_t minor;
    uint64_t x_facs, x_dsdt;
} __attribute__((packed));
#define FADT_TMR_32BIT (1u << 8)
#define FADT_RESET_REG (1u << 10)

struct madt {
    struct table head;
    uint32_t lapic_addr, flags;
} __attribute__((packed));

struct hpet_table {
    struct table head;
    uint32_t id;
    struct acpi_address base;
} __attribute__((packed));

struct mcfg_table {
    struct table head;
    uint64_t reserved;
    struct {
        uint64_t addr;
        uint16_t segment;
        uint8_t first, last;
        uint32_t reserved;
    } __attribute__((packed)) e[];
} __attribute__((packed));

struct acpi_info acpi_info;

static bool sums_to_zero(const void *p, size_t bytes)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < bytes; i++)
        sum += ((const uint8_t *)p)[i];
    return sum == 0;
}

/* --- tables by kind --------------------------------------------------------------------------- */
static void madt_cpu(uint32_t apic_id, uint32_t acpi_id, uint32_t flags)
{
    if (!(flags & 3) || apic_id == 0xffffffff) /* neither enabled nor can it ever be */
        return;
    if (acpi_info.nr_cpus < ACPI_MAX_CPUS)
        acpi_info.cpus[acpi_info.nr_cpus++] = (struct acpi_cpu){ apic_id, acpi_id, flags & 1 };
}

static uint32_t u32_at(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static uint64_t u64_at(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static void madt_override(const uint8_t *e)
{
    unsigned flags = e[8] | e[9] << 8;

    /* polarity 3 and trigger 3 say low and level; 0 means as the bus has it, ISA: high and edge */
    if (acpi_info.nr_overrides < ACPI_MAX_OVERRIDES)
        acpi_info.overrides[acpi_info.nr_overrides++] = (struct acpi_override){
            .isa_irq = e[3],
            .gsi = u32_at(e + 4),
            .active_low = (flags & 3) == 3,
            .level = (flags >> 2 & 3) == 3,
        };
}

static void madt_entry(const uint8_t *e, unsigned bytes)
{
    if (e[0] == 0 && bytes >= 8)
        madt_cpu(e[3] == 0xff ? 0xffffffff : e[3], e[2], u32_at(e + 4));
    else if (e[0] == 9 && bytes >= 16)
        madt_cpu(u32_at(e + 4), u32_at(e + 12), u32_at(e + 8));
    else if (e[0] == 2 && bytes >= 10)
        madt_override(e);
    else if (e[0] == 5 && bytes >= 12)
        acpi_info.lapic_addr = u64_at(e + 4);
    else if (e[0] == 1 && bytes >= 12 && acpi_info.nr_ioapics < ACPI_MAX_IOAPICS)
        acpi_info.ioapics[acpi_info.nr_ioapics++] =
            (struct acpi_ioapic){ e[2], u32_at(e + 8), u32_at(e + 4) };
}

static void parse_madt(const struct table *t)
{
    const uint8_t *p = (const uint8_t *)t;

    if (t->length < sizeof(struct madt))
        return;
    acpi_info.lapic_addr = ((const struct madt *)t)->lapic_addr;
    for (uint32_t off = sizeof(struct madt); off + 2 <= t->length;) {
        unsigned bytes = p[off + 1];

        if (bytes < 2 || off + bytes > t->length)
            break;
        madt_entry(p + off, bytes);
        off += bytes;
    }
}

static void parse_hpet(const struct table *t)
{
    const struct hpet_table *h = (const void *)t;

    if (t->length >= sizeof(*h) && h->base.space == 0)
        acpi_info.hpet_addr = h->base.addr;
}

static void parse_mcfg(const struct table *t)
{
    const struct mcfg_table *m = (const void *)t;
    unsigned n = t->length < sizeof(*m) ? 0 : (t->length - sizeof(*m)) / sizeof(m->e[0]);

    for (unsigned i = 0; i < n && acpi_info.nr_mcfg < ACPI_MAX_MCFG; i++)
        if (m->e[i].first <= m->e[i].last)
            acpi_info.mcfg[acpi_info.nr_mcfg++] =
                (struct acpi_mcfg){ m->e[i].addr, m->e[i].segment, m->e[i].first, m->e[i].last };
}

/* --- power-off -------------------------------------------------------------------------------- */
/* An integer in AML's encoding; bytes used, 0 if it is none. */
static unsigned aml_byte(const uint8_t *p, const uint8_t *end, uint8_t *v)
{
    if (p < end && (*p == 0x00 || *p == 0x01)) {
        *v = *p;
        return 1;
    }
    if (end - p >= 2 && *p == 0x0a) {
        *v = p[1];
        return 2;
    }
    return 0;
}

/* Name(\_S5, Package(){a, b, ...}): the DSDT's bytes are searched for it; the interpreter is Dom0's
 * business. */
static void parse_dsdt(const struct table *t)
{
    const uint8_t *p = (const uint8_t *)(t + 1), *end = (const uint8_t *)t + t->length;

    for (; end - p >= 12; p++) {
        const uint8_t *q = p + 4;
        unsigned used;
        uint8_t a, b;

        if (memcmp(p, "_S5_", 4) || *q++ != 0x12)
            continue;
        q += 1 + (*q >> 6); /* package length */
        q += 1;             /* number of elements */
        if (q >= end || !(used = aml_byte(q, end, &a)) || !aml_byte(q + used, end, &b))
            continue;
        acpi_info.s5_known = true;
        acpi_info.s5_type_a = a;
        acpi_info.s5_type_b = b;
        return;
    }
}

static const struct table *map_table(uint64_t addr);

static void parse_fadt(const struct table *t)
{
    const struct fadt *f = (const void *)t;
    uint64_t dsdt_addr;
    const struct table *dsdt;

    if (t->length < offsetof(struct fadt, iapc_boot))
        return;
    acpi_info.sci = f->sci;
    acpi_info.pm1a_cnt = f->pm1a_cnt;
    acpi_info.pm1b_cnt = f->pm1b_cnt;
    if (f->pm_tmr_len == 4)
        acpi_info.pm_timer = f->pm_tmr;
    dsdt_addr = f->dsdt;
    if (t->length >= offsetof(struct fadt, arm_boot)) {
        acpi_info.pm_timer_32bit = f->flags & FADT_TMR_32BIT;
        acpi_info.reset_supported = f->flags & FADT_RESET_REG;
        acpi_info.reset_reg = f->reset_reg;
        acpi_info.reset_value = f->reset_value;
    }
    if (t->length >= sizeof(*f) && f->x_dsdt)
        dsdt_addr = f->x_dsdt;
    dsdt = dsdt_addr ? map_table(dsdt_addr) : NULL;
    if (dsdt)
        parse_dsdt(dsdt);
}

static const struct {
    char signature[4];
    void (*parse)(const struct table *t);
} parsers[] = {
    { { 'A', 'P', 'I', 'C' }, parse_madt },
    { { 'F', 'A', 'C', 'P' }, parse_fadt },
    { { 'H', 'P', 'E', 'T' }, parse_hpet },
    { { 'M', 'C', 'F', 'G' }, parse_mcfg },
};

/* --- finding them ----------------------------------------------------------------------------- */
/* A table with a believable length and a right checksum, else NULL. */
static const struct table *map_table(uint64_t addr)
{
    const struct table *t = firmware_map(addr, sizeof(*t));

    if (!t || t->length < sizeof(*t) || t->length > TABLE_MAX_BYTES) {
        printk(LOG_WARNING, "ACPI: no table at %#lx\n", addr);
        return NULL;
    }
    t = firmware_map(addr, t->length);
    if (t && sums_to_zero(t, t->length))
        return t;
    printk(LOG_WARNING, "ACPI: table at %#lx has a wrong checksum\n", addr);
    return NULL;
}

static void parse_table(uint64_t addr)
{
    const struct table *t = firmware_map(addr, sizeof(*t));

    if (!t)
        return;
    for (unsigned i = 0; i < ARRAY_SIZE(parsers); i++) {
        if (memcmp(t->signature, parsers[i].signature, 4))
            continue;
        t = map_table(addr);
        if (t)
            parsers[i].parse(t);
        return;
    }
}

static bool rsdp_valid(const struct rsdp *r)
{
    return !memcmp(r->signature, "RSD PTR ", 8) && sums_to_zero(r, 20) &&
           (r->revision < 2 ||
            (r->length >= sizeof(*r) && r->length <= 64 && sums_to_zero(r, r->length)));
}

static const struct rsdp *search_rsdp(uint64_t start, uint64_t end)
{
    for (uint64_t a = start; a + sizeof(struct rsdp) <= end; a += 16)
        if (rsdp_valid(maddr_to_virt(a)))
            return maddr_to_virt(a);
    return NULL;
}

static const struct rsdp *search_bios(void)
{
    const struct rsdp *r = NULL;
    uint64_t ebda;
    uint16_t segment;

    memcpy(&segment, maddr_to_virt(0x40e), 2);
    ebda = (uint64_t)segment << 4;
    if (ebda >= 0x400 && ebda < 0xa0000)
        r = search_rsdp(ROUND_UP(ebda, 16), ebda + 1024);
    return r ? r : search_rsdp(0xe0000, 0x100000);
}

static const struct rsdp *find_rsdp(uint64_t hint, bool bios)
{
    const struct rsdp *r = hint ? firmware_map(hint, sizeof(*r)) : NULL;

    if (r && rsdp_valid(r))
        return r;
    return bios ? search_bios() : NULL;
}

void acpi_init(uint64_t rsdp_hint, bool bios)
{
    const struct rsdp *r = find_rsdp(rsdp_hint, bios);
    bool xsdt = r && r->revision >= 2 && r->xsdt;
    const struct table *root = r ? map_table(xsdt ? r->xsdt : r->rsdt) : NULL;
    size_t entry = xsdt ? 8 : 4;

    if (!root) {
        printk(LOG_WARNING, "ACPI: no tables: one CPU, no IO-APIC, no power-off\n");
        return;
    }
    acpi_info.present = true;
    for (size_t off = sizeof(*root); off + entry <= root->length; off += entry) {
        const uint8_t *p = (const uint8_t *)root + off;

        parse_table(xsdt ? u64_at(p) : u32_at(p));
    }
    printk(LOG_INFO, "ACPI: %u CPUs, %u IO-APICs, HPET at %#lx, PM timer at port %#x\n",
           acpi_info.nr_cpus, acpi_info.nr_ioapics, acpi_info.hpet_addr, acpi_info.pm_timer);
}
