/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI of a guest with a PC's devices (ACPI 6.1, chapter 5.2; IA-PC HPET 1.0a, 3.2.4). */
#include "acpi_tables.h"
#include "firmware_images.h"
#include "hvm_tables.h"

#include <string.h>

#define MAX_TABLES 3

/* More of the MADT. */
#define MADT_IOAPIC   1
#define MADT_OVERRIDE 2
#define MADT_NMI      4

#define ISA_IRQS      16
#define IRQ_TIMER     0
#define PIN_TIMER     2     /* of the IO-APIC */
#define LOW_LEVEL     0xf   /* active low, level-triggered */
#define LINT_NMI      1
#define ALL_CPUS      0xff

#define HPET_ID 0x8086a201  /* Intel, legacy replacement, 64 bits, 3 timers, revision 1 */

struct rsdt {
    struct acpi_header h;
    uint32_t tables[MAX_TABLES];
} __attribute__((packed));

struct xsdt {
    struct acpi_header h;
    uint64_t tables[MAX_TABLES];
} __attribute__((packed));

struct facs {
    char signature[4];
    uint32_t length, hardware_signature, waking_vector, lock, flags;
    uint64_t waking_vector_64;
    uint8_t version, reserved[31];
} __attribute__((packed));

struct madt_ioapic {
    uint8_t type, length, id, reserved;
    uint32_t address, first_gsi;
} __attribute__((packed));

struct madt_override {
    uint8_t type, length, bus, irq;
    uint32_t gsi;
    uint16_t flags;
} __attribute__((packed));

struct madt_nmi {
    uint8_t type, length, processor;
    uint16_t flags;
    uint8_t lint;
} __attribute__((packed));

struct hpet {
    struct acpi_header h;
    uint32_t id;
    struct acpi_gas base;
    uint8_t number;
    uint16_t min_ticks;
    uint8_t attributes;
} __attribute__((packed));

/* -- the MADT -- */

static size_t madt_bytes(const struct hvm_machine *m)
{
    return sizeof(struct acpi_madt) + m->vcpus * sizeof(struct acpi_madt_cpu) +
           sizeof(struct madt_ioapic) + ISA_IRQS * sizeof(struct madt_override) +
           sizeof(struct madt_nmi);
}

static struct madt_override *add_override(struct madt_override *o, uint8_t irq, uint32_t gsi,
                                          uint16_t flags)
{
    *o = (struct madt_override){ MADT_OVERRIDE, sizeof(*o), 0, irq, gsi, flags };
    return o + 1;
}

static struct acpi_header *write_madt(struct table_space *s, const struct hvm_machine *m)
{
    struct acpi_madt *madt = table_get(s, madt_bytes(m), 16);
    struct madt_ioapic *ioapic = acpi_write_cpus(madt, m->vcpus);
    struct madt_override *o = (void *)(ioapic + 1);
    struct madt_nmi *nmi;

    madt->flags = MADT_PCAT;
    *ioapic = (struct madt_ioapic){ MADT_IOAPIC, sizeof(*ioapic), PLATFORM_IOAPIC_ID, 0,
                                    PLATFORM_IOAPIC, 0 };
    o = add_override(o, IRQ_TIMER, PIN_TIMER, 0);
    for (unsigned int irq = 1; irq < ISA_IRQS; irq++)
        if (irq == PLATFORM_SCI || PLATFORM_LINK_MASK & 1U << irq)
            o = add_override(o, irq, irq, LOW_LEVEL);
    nmi = (void *)o;
    *nmi = (struct madt_nmi){ MADT_NMI, sizeof(*nmi), ALL_CPUS, 0, LINT_NMI };
    acpi_seal(&madt->h, "APIC", 4, (char *)(nmi + 1) - (char *)madt);
    return &madt->h;
}

/* -- the others -- */

static struct acpi_gas port(uint64_t address, unsigned int bytes)
{
    return (struct acpi_gas){ .space = ACPI_SPACE_IO, .bits = 8 * bytes, .address = address };
}

static uint64_t write_dsdt(struct table_space *s)
{
    void *dsdt = table_get(s, firmware_dsdt_end - firmware_dsdt, 16);

    memcpy(dsdt, firmware_dsdt, firmware_dsdt_end - firmware_dsdt);
    return table_address(s, dsdt);
}

static uint64_t write_facs(struct table_space *s)
{
    struct facs *f = table_get(s, sizeof(*f), 64);

    memcpy(f->signature, "FACS", sizeof(f->signature));
    f->length = sizeof(*f);
    f->version = 2;
    return table_address(s, f);
}

/* ACPI mode is always on: there is no command to switch it on with. */
static struct acpi_header *write_fadt(struct table_space *s)
{
    uint64_t dsdt = write_dsdt(s), facs = write_facs(s);
    struct acpi_fadt *f = table_get(s, sizeof(*f), 16);

    f->facs = facs; /* one of the two addresses: the other has to be 0 */
    f->dsdt = f->dsdt_address = dsdt;
    f->sci = PLATFORM_SCI;
    f->pm1a_event = PLATFORM_PM_EVENT;
    f->pm1_event_bytes = 4;
    f->x_pm1a_event = port(PLATFORM_PM_EVENT, 4);
    f->pm1a_control = PLATFORM_PM_CONTROL;
    f->pm1_control_bytes = 2;
    f->x_pm1a_control = port(PLATFORM_PM_CONTROL, 2);
    f->pm_timer = PLATFORM_PM_TIMER;
    f->pm_timer_bytes = 4;
    f->x_pm_timer = port(PLATFORM_PM_TIMER, 4);
    f->gpe0 = PLATFORM_GPE;
    f->gpe0_bytes = PLATFORM_GPE_BYTES;
    f->x_gpe0 = port(PLATFORM_GPE, PLATFORM_GPE_BYTES);
    f->c2_latency = f->c3_latency = 0xffff; /* neither */
    f->boot_flags = BOOT_LEGACY | BOOT_8042;
    f->flags = FADT_WBINVD | FADT_C1 | FADT_NO_RTC_WAKE | FADT_TIMER_32 | FADT_PHYSICAL_APIC;
    acpi_seal(&f->h, "FACP", 6, sizeof(*f));
    return &f->h;
}

static struct acpi_header *write_hpet(struct table_space *s)
{
    struct hpet *t = table_get(s, sizeof(*t), 16);

    t->id = HPET_ID;
    t->base.space = ACPI_SPACE_MEMORY;
    t->base.bits = 64;
    t->base.address = PLATFORM_HPET;
    acpi_seal(&t->h, "HPET", 1, sizeof(*t));
    return &t->h;
}

uint64_t acpi_hvm_write(struct table_space *s, const struct hvm_machine *m)
{
    struct acpi_rsdp *rsdp = table_get(s, sizeof(*rsdp), 16);
    struct rsdt *rsdt = table_get(s, sizeof(*rsdt), 16);
    struct xsdt *xsdt = table_get(s, sizeof(*xsdt), 16);
    struct acpi_header *tables[MAX_TABLES];
    unsigned int n = 0;

    tables[n++] = write_fadt(s);
    tables[n++] = write_madt(s, m);
    if (m->hpet)
        tables[n++] = write_hpet(s);
    for (unsigned int i = 0; i < n; i++)
        rsdt->tables[i] = xsdt->tables[i] = table_address(s, tables[i]);
    acpi_seal(&rsdt->h, "RSDT", 1, offsetof(struct rsdt, tables[n]));
    acpi_seal(&xsdt->h, "XSDT", 1, offsetof(struct xsdt, tables[n]));
    acpi_seal_rsdp(rsdp, table_address(s, rsdt), table_address(s, xsdt));
    return table_address(s, rsdp);
}
