/* SPDX-License-Identifier: GPL-2.0-only */
/* From the first C instruction to Dom0: every step of the start, in its order. Read this first. */
#include <arch/acpi.h>
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/efi.h>
#include <arch/features.h>
#include <arch/hvm.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/irq.h>
#include <arch/mce.h>
#include <arch/mm.h>
#include <arch/pci.h>
#include <arch/percpu.h>
#include <arch/platform.h>
#include <arch/pv.h>
#include <arch/smp.h>
#include <arch/traps.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/page_alloc.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/timer.h>
#include <hv/version.h>

__attribute__((noreturn)) void switch_stack(struct cpu_info *sp, void (*fn)(void));

static uint64_t start_tsc;

static void announce(void)
{
    printk(LOG_INFO, "xen-like, loaded by %s, command line: %s\n", boot_info.loader,
           boot_info.cmdline);
    e820_print();
    for (unsigned i = 0; i < boot_info.nr_modules; i++)
        printk(LOG_INFO, "Module %u: %lu bytes at %#lx: %s\n", i, boot_info.modules[i].bytes,
               boot_info.modules[i].start, boot_info.modules[i].cmdline);
}

/* --- 1: on the boot stack, with the boot page tables ------------------------------------------ */
static void on_own_stack(void);

void boot_main(uint32_t magic, uint32_t info)
{
    const char *error;

    start_tsc = rdtsc();
    get_cpu_info()->softirq_pending = &softirq_cpus[0].pending;
    error = multiboot_parse(magic, info);
    params_parse(boot_info.cmdline);
    version_set_command_line(boot_info.cmdline);
    console_hw_init();
    if (error)
        panic("cannot start: the boot loader gave %s", error);
    announce();
    hvmap_init(&boot_info);
    switch_stack(percpu_info(0), on_own_stack);
}

/* --- 2: CPU 0 on its own stack, all memory mapped --------------------------------------------- */
static void init_cpu0(void)
{
    get_cpu_info()->cr4 = read_cr4();
    cpu_tables_init(0); /* exceptions are told from here on */
    cpu_features_init();
    console_late_init();
}

static void init_platform(void)
{
    efi_init(&boot_info);
    acpi_init(boot_info.rsdp ? boot_info.rsdp : efi_rsdp(), !boot_info.efi);
    irq_init();
    pic_silence();
    lapic_init();
    smp_enumerate();
    ioapic_init();
    pci_init();
    clock_init();
}

static void init_core(void)
{
    cpumask_set(&cpu_online, 0);
    rcu_init();
    timer_subsystem_init();
    sched_init();
    domains_init();
    if (sched_cpu_init(0))
        panic("no memory for CPU 0's idle vcpu");
    get_cpu_info()->current_vcpu = dom_idle->vcpu[0];
    mm_init();
    hvm_init();
    policy_init();
    mce_init_cpu();
    nmi_init();
    set_wallclock(cmos_read_time(), 0, now());
}

static void start_dom0(void)
{
    struct domain *dom0;

    dom0 = dom0_create_and_build(&boot_info);
    boot_release_modules();
    vga_release();
    printk(LOG_INFO, "Dom0 starts, %lu ticks of the TSC after the hypervisor; %lu MiB are free\n",
           rdtsc() - start_tsc, free_page_count() >> (20 - PAGE_SHIFT));
    domain_unpause_by_control(dom0);
}

static void on_own_stack(void)
{
    init_cpu0();
    init_platform();
    init_core();
    irq_enable();
    uart_irq_init();
    smp_bring_up();
    start_dom0();
    idle_loop();
}
