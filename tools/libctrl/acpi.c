/* SPDX-License-Identifier: GPL-2.0-only */
#include "acpi.h"
#include "acpi_tables.h"

#include <string.h>

#define LAPIC_BASE  0xfee00000U
#define APIC_ID(v)  ((v) * 2)       /* as the hypervisor numbers them */
#define CPU_ENABLED 1U

struct xsdt {
    struct acpi_header h;
    uint64_t tables[2];
} __attribute__((packed));

uint8_t table_checksum(const void *data, size_t bytes)
{
    const uint8_t *p = data;
    uint8_t sum = 0;

    while (bytes--)
        sum += *p++;
    return -sum;
}

void acpi_seal(struct acpi_header *h, const char *signature, uint8_t revision, uint32_t length)
{
    memcpy(h->signature, signature, sizeof(h->signature));
    memcpy(h->oem, "XENLKE", sizeof(h->oem));
    memcpy(h->oem_table, "XEN-LIKE", sizeof(h->oem_table));
    memcpy(h->creator, "XLKE", sizeof(h->creator));
    h->oem_revision = h->creator_revision = 1;
    h->revision = revision;
    h->length = length;
    h->checksum = table_checksum(h, length);
}

void acpi_seal_rsdp(struct acpi_rsdp *r, uint32_t rsdt, uint64_t xsdt)
{
    memcpy(r->signature, "RSD PTR ", sizeof(r->signature));
    memcpy(r->oem, "XENLKE", sizeof(r->oem));
    r->revision = 2;
    r->length = sizeof(*r);
    r->rsdt = rsdt;
    r->xsdt = xsdt;
    r->checksum = table_checksum(r, offsetof(struct acpi_rsdp, length));
    r->full_checksum = table_checksum(r, sizeof(*r));
}

void *acpi_write_cpus(struct acpi_madt *m, uint32_t vcpus)
{
    m->lapic = LAPIC_BASE;
    for (uint32_t v = 0; v < vcpus; v++) {
        m->cpus[v].length = sizeof(m->cpus[0]);
        m->cpus[v].processor = v;
        m->cpus[v].apic_id = APIC_ID(v);
        m->cpus[v].flags = CPU_ENABLED;
    }
    return &m->cpus[vcpus];
}

static size_t write_madt(struct acpi_madt *m, uint32_t vcpus)
{
    size_t bytes = (char *)acpi_write_cpus(m, vcpus) - (char *)m;

    acpi_seal(&m->h, "APIC", 4, bytes);
    return bytes;
}

size_t acpi_write(void *page, uint64_t at, uint32_t vcpus)
{
    struct {
        struct acpi_rsdp rsdp;
        uint32_t pad;
        struct xsdt xsdt;
        uint32_t pad2;
        struct acpi_fadt fadt;
        uint32_t pad3;
        struct acpi_header dsdt; /* an empty one */
        uint32_t pad4;
        struct acpi_madt madt;
    } __attribute__((packed)) *all = page;
    uint64_t dsdt = at + ((char *)&all->dsdt - (char *)page);

    acpi_seal_rsdp(&all->rsdp, 0, at + ((char *)&all->xsdt - (char *)page));
    all->xsdt.tables[0] = at + ((char *)&all->fadt - (char *)page);
    all->xsdt.tables[1] = at + ((char *)&all->madt - (char *)page);
    acpi_seal(&all->xsdt.h, "XSDT", 1, sizeof(all->xsdt));
    all->fadt.dsdt = dsdt;
    all->fadt.dsdt_address = dsdt;
    all->fadt.boot_flags = BOOT_NO_VGA | BOOT_NO_CMOS;
    all->fadt.flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON |
                      FADT_HARDWARE_REDUCED;
    acpi_seal(&all->fadt.h, "FACP", 6, sizeof(all->fadt));
    acpi_seal(&all->dsdt, "DSDT", 2, sizeof(all->dsdt));
    return sizeof(*all) + write_madt(&all->madt, vcpus) - sizeof(all->madt);
}
