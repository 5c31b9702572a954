/* SPDX-License-Identifier: GPL-2.0-only */
#include "acpi.h"

#include <string.h>

#define LAPIC_BASE  0xfee00000U
#define APIC_ID(v)  ((v) * 2)       /* as the hypervisor numbers them */
#define CPU_ENABLED 1U

/* Flags of the FADT: WBINVD works, no power or sleep button, no fixed hardware. */
#define FADT_WBINVD           (1U << 0)
#define FADT_NO_POWER_BUTTON  (1U << 4)
#define FADT_NO_SLEEP_BUTTON  (1U << 5)
#define FADT_HARDWARE_REDUCED (1U << 20)
/* Its boot flags: do not look for VGA, message interrupts are fine, no CMOS clock. */
#define BOOT_NO_VGA  (1U << 2)
#define BOOT_NO_CMOS (1U << 5)

struct header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision;
    char creator[4];
    uint32_t creator_revision;
} __attribute__((packed));

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt, length;
    uint64_t xsdt;
    uint8_t full_checksum, reserved[3];
} __attribute__((packed));

struct xsdt {
    struct header h;
    uint64_t tables[2];
} __attribute__((packed));

/* Revision 6; what is not named is not there in hardware-reduced systems. */
struct fadt {
    struct header h;
    uint32_t facs, dsdt;
    uint8_t not_here[109 - 44];
    uint16_t boot_flags;
    uint8_t reserved;
    uint32_t flags;
    uint8_t not_here_either[140 - 116];
    uint64_t dsdt_address;
    uint8_t gas[268 - 148];
    uint64_t hypervisor;
} __attribute__((packed));

_Static_assert(sizeof(struct fadt) == 276, "a FADT of revision 6 has 276 bytes");

struct madt {
    struct header h;
    uint32_t lapic, flags;
    struct {
        uint8_t type, length, processor, apic_id;
        uint32_t flags;
    } __attribute__((packed)) cpus[];
} __attribute__((packed));

static uint8_t checksum(const void *data, size_t bytes)
{
    const uint8_t *p = data;
    uint8_t sum = 0;

    while (bytes--)
        sum += *p++;
    return -sum;
}

static void seal(struct header *h, const char *signature, uint8_t revision, uint32_t length)
{
    memcpy(h->signature, signature, sizeof(h->signature));
    memcpy(h->oem, "XENLKE", sizeof(h->oem));
    memcpy(h->oem_table, "XEN-LIKE", sizeof(h->oem_table));
    memcpy(h->creator, "XLKE", sizeof(h->creator));
    h->oem_revision = h->creator_revision = 1;
    h->revision = revision;
    h->length = length;
    h->checksum = checksum(h, length);
}

static size_t write_madt(struct madt *m, uint32_t vcpus)
{
    size_t bytes = sizeof(*m) + vcpus * sizeof(m->cpus[0]);

    m->lapic = LAPIC_BASE;
    for (uint32_t v = 0; v < vcpus; v++) {
        m->cpus[v].length = sizeof(m->cpus[0]);
        m->cpus[v].processor = v;
        m->cpus[v].apic_id = APIC_ID(v);
        m->cpus[v].flags = CPU_ENABLED;
    }
    seal(&m->h, "APIC", 4, bytes);
    return bytes;
}

size_t acpi_write(void *page, uint64_t at, uint32_t vcpus)
{
    struct {
        struct rsdp rsdp;
        uint32_t pad;
        struct xsdt xsdt;
        uint32_t pad2;
        struct fadt fadt;
        uint32_t pad3;
        struct header dsdt; /* an empty one */
        uint32_t pad4;
        struct madt madt;
    } __attribute__((packed)) *all = page;
    uint64_t dsdt = at + ((char *)&all->dsdt - (char *)page);

    memcpy(all->rsdp.signature, "RSD PTR ", sizeof(all->rsdp.signature));
    memcpy(all->rsdp.oem, "XENLKE", sizeof(all->rsdp.oem));
    all->rsdp.revision = 2;
    all->rsdp.length = sizeof(all->rsdp);
    all->rsdp.xsdt = at + ((char *)&all->xsdt - (char *)page);
    all->rsdp.checksum = checksum(&all->rsdp, 20);
    all->rsdp.full_checksum = checksum(&all->rsdp, sizeof(all->rsdp));
    all->xsdt.tables[0] = at + ((char *)&all->fadt - (char *)page);
    all->xsdt.tables[1] = at + ((char *)&all->madt - (char *)page);
    seal(&all->xsdt.h, "XSDT", 1, sizeof(all->xsdt));
    all->fadt.dsdt = dsdt;
    all->fadt.dsdt_address = dsdt;
    all->fadt.boot_flags = BOOT_NO_VGA | BOOT_NO_CMOS;
    all->fadt.flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON |
                      FADT_HARDWARE_REDUCED;
    seal(&all->fadt.h, "FACP", 6, sizeof(all->fadt));
    seal(&all->dsdt, "DSDT", 2, sizeof(all->dsdt));
    return sizeof(*all) + write_madt(&all->madt, vcpus) - sizeof(all->madt);
}
