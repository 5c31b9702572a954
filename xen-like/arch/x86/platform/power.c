/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of the machine's run: power-off by the ACPI fixed registers, restart by whatever works
 * first.
 */
#include <arch/acpi.h>
#include <arch/cpu.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/mce.h>
#include <arch/pci.h>
#include <arch/platform.h>
#include <hv/arch.h>
#include <hv/printk.h>
#include <public/errno.h>

#define SLP_TYP_SHIFT 10
#define SLP_EN        (1u << 13)
#define SETTLE_MS     1000

static void delay_ms(unsigned ms)
{
    delay_us(ms * 1000); /* in one piece: delays only ever get longer, and many add up */
}

void machine_halt(void)
{
    irq_disable();
    stop_other_cpus();
    for (;;)
        __asm__ volatile("cli; hlt");
}

int acpi_enter_s5(uint16_t pm1a_val, uint16_t pm1b_val)
{
    if (!acpi_info.pm1a_cnt)
        return -XEN_ENODEV;
    printk(LOG_INFO, "Power off.\n");
    irq_disable();
    stop_other_cpus();
    outw(acpi_info.pm1a_cnt, pm1a_val | SLP_EN);
    if (acpi_info.pm1b_cnt)
        outw(acpi_info.pm1b_cnt, pm1b_val | SLP_EN);
    delay_ms(SETTLE_MS);
    return -XEN_EIO;
}

void machine_poweroff(void)
{
    if (acpi_info.s5_known)
        acpi_enter_s5(acpi_info.s5_type_a << SLP_TYP_SHIFT, acpi_info.s5_type_b << SLP_TYP_SHIFT);
    printk(LOG_ERR, "The machine cannot switch itself off: stopped.\n");
    machine_halt();
}

/* --- restart, in the order in which they are tried -------------------------------------------- */
static void reset_by_acpi(void)
{
    const struct acpi_address *r = &acpi_info.reset_reg;

    if (!acpi_info.reset_supported)
        return;
    if (r->space == 1) {
        outb(r->addr, acpi_info.reset_value);
    } else if (r->space == 0) {
        volatile uint8_t *p = iomap(r->addr, 1);

        if (p)
            *p = acpi_info.reset_value;
    } else if (r->space == 2) { /* device, function and register of bus 0 */
        pci_write((uint32_t)((r->addr >> 32 & 0x1f) << 3 | (r->addr >> 16 & 7)), r->addr & 0xfff, 1,
                  acpi_info.reset_value);
    }
}

static void reset_by_keyboard_controller(void)
{
    for (unsigned i = 0; i < 10000 && inb(0x64) & 2; i++)
        cpu_relax();
    outb(0x64, 0xfe);
}

static void reset_by_chipset(void)
{
    outb(0xcf9, 2);
    outb(0xcf9, 6);
}

static void reset_by_triple_fault(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = { 0, 0 };

    __asm__ volatile("lidt %0; int3" ::"m"(none));
}

static void (*const resets[])(void) = {
    reset_by_acpi,
    reset_by_keyboard_controller,
    reset_by_chipset,
    reset_by_triple_fault,
};

void machine_restart(unsigned delay)
{
    irq_disable();
    stop_other_cpus();
    delay_ms(delay);
    for (unsigned i = 0; i < ARRAY_SIZE(resets); i++) {
        resets[i]();
        delay_ms(50);
    }
    machine_halt();
}
