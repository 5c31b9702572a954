/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free-running counters of known rate, for measuring the others against: HPET, ACPI PM timer, and
 * the PIT, which every machine has.
 */
#include <arch/acpi.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/platform.h>
#include <hv/printk.h>

#define HPET_CAPABILITIES  0x00
#define HPET_PERIOD        0x04 /* femtoseconds for each tick */
#define HPET_CONFIG        0x10
#define HPET_COUNTER       0xf0
#define HPET_CONFIG_ENABLE 1
#define HPET_PERIOD_MAX    100000000u
#define FS_PER_S           1000000000000000UL

#define PM_TIMER_HZ  3579545
#define PIT_HZ       1193182
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_GATE     0x61

static volatile uint32_t *hpet;

static uint64_t hpet_read(void) { return hpet[HPET_COUNTER / 4]; }
static uint64_t pm_timer_read(void) { return inl(acpi_info.pm_timer); }

static uint64_t pit_read(void)
{
    unsigned low;

    outb(PIT_COMMAND, 0x80); /* latch channel 2 */
    low = inb(PIT_CHANNEL2);
    return (uint16_t) - (low | inb(PIT_CHANNEL2) << 8); /* it counts down */
}

static bool hpet_find(struct timer_source *s)
{
    uint32_t period;

    if (!acpi_info.hpet_addr)
        return false;
    hpet = iomap(acpi_info.hpet_addr, 0x400);
    if (!hpet)
        return false;
    period = hpet[HPET_PERIOD / 4];
    if (!period || period > HPET_PERIOD_MAX)
        return false;
    hpet[HPET_CONFIG / 4] |= HPET_CONFIG_ENABLE;
    *s = (struct timer_source){ "HPET", FS_PER_S / period, 0xffffffff, hpet_read };
    return true;
}

static bool pm_timer_find(struct timer_source *s)
{
    if (!acpi_info.pm_timer)
        return false;
    *s = (struct timer_source){ "ACPI PM timer", PM_TIMER_HZ,
                                acpi_info.pm_timer_32bit ? 0xffffffff : 0xffffff, pm_timer_read };
    return true;
}

static void pit_start(struct timer_source *s)
{
    outb(PIT_GATE, (inb(PIT_GATE) & ~2) | 1); /* gate on, speaker off */
    outb(PIT_COMMAND, 0xb4);                  /* channel 2, 16 bits, mode 2 */
    outb(PIT_CHANNEL2, 0);
    outb(PIT_CHANNEL2, 0);
    *s = (struct timer_source){ "PIT", PIT_HZ, 0xffff, pit_read };
}

const struct timer_source *timer_source_find(void)
{
    static struct timer_source source;

    if (!source.read && !hpet_find(&source) && !pm_timer_find(&source))
        pit_start(&source);
    return &source;
}
