/* SPDX-License-Identifier: GPL-2.0-only */
/* What of the machine Dom0 must not touch, because the hypervisor drives it. */
#include <arch/acpi.h>
#include <arch/platform.h>
#include <hv/domain.h>
#include <hv/rangeset.h>

#define LAPIC_FIRST 0xfee00 /* frames of the local APICs and of MSI messages */
#define LAPIC_LAST  0xfeeff

static const struct {
    uint16_t first, last;
} ports[] = {
    { 0x20, 0x21 },
    { 0xa0, 0xa1 },
    { 0x4d0, 0x4d1 }, /* 8259s */
    { 0x40, 0x43 },   /* PIT */
};

static int deny_ports(struct domain *d)
{
    int rc = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(ports) && !rc; i++)
        rc = rangeset_remove(d->arch.ioport_caps, ports[i].first, ports[i].last);
    if (!rc && uart_port())
        rc = rangeset_remove(d->arch.ioport_caps, uart_port(), uart_port() + 7);
    return rc;
}

static int deny_memory(struct domain *d)
{
    int rc = rangeset_remove(d->iomem_caps, LAPIC_FIRST, LAPIC_LAST);

    for (unsigned i = 0; i < acpi_info.nr_ioapics && !rc; i++) {
        uint64_t frame = acpi_info.ioapics[i].addr >> PAGE_SHIFT;

        rc = rangeset_remove(d->iomem_caps, frame, frame);
    }
    return rc;
}

int platform_deny_dom0(struct domain *d)
{
    int rc = deny_ports(d);

    return rc ? rc : deny_memory(d);
}
