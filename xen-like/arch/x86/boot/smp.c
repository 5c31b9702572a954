/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All CPUs: numbering, starting them, and running functions on them. Intel SDM vol. 3, section 8.4.
 */
#include <arch/acpi.h>
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/features.h>
#include <arch/hvm.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/isolation.h>
#include <arch/irq.h>
#include <arch/mce.h>
#include <arch/mm.h>
#include <arch/percpu.h>
#include <arch/platform.h>
#include <arch/smp.h>
#include <arch/spec.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <public/errno.h>

#define TRAMPOLINE_LIMIT 0xa0000UL
#define INIT_SETTLE_US   10000
#define STARTUP_RETRY_US 2000
#define ANSWER_LIMIT_MS  10000

static unsigned opt_maxcpus = MAX_CPUS;
PARAM_UINT("maxcpus", opt_maxcpus, "use at most this many CPUs");
static bool opt_smp = true;
PARAM_BOOL("smp", opt_smp, "use more than one CPU");

struct cpumask cpu_online;

static uint32_t apic_ids[MAX_CPUS], acpi_ids[MAX_CPUS];
static unsigned nr_possible;

extern char ap_trampoline[], ap_trampoline_end[];
extern uint64_t ap_cr3, ap_stack;

/* --- numbering -------------------------------------------------------------------------------- */
unsigned nr_cpus_possible(void) { return nr_possible; }
uint32_t cpu_apic_id(unsigned cpu) { return apic_ids[cpu]; }
uint32_t cpu_acpi_id(unsigned cpu) { return acpi_ids[cpu]; }

static unsigned cpus_wanted(void) { return opt_smp ? MIN(opt_maxcpus, (unsigned)MAX_CPUS) : 1; }

void smp_enumerate(void)
{
    uint32_t self = lapic_id();
    unsigned unused = 0;

    apic_ids[0] = self;
    nr_possible = 1;
    for (unsigned i = 0; i < acpi_info.nr_cpus; i++) {
        const struct acpi_cpu *c = &acpi_info.cpus[i];

        if (c->apic_id == self) {
            acpi_ids[0] = c->acpi_id;
        } else if (c->enabled && nr_possible < cpus_wanted()) {
            apic_ids[nr_possible] = c->apic_id;
            acpi_ids[nr_possible++] = c->acpi_id;
        } else if (c->enabled) {
            unused++;
        }
    }
    if (unused)
        printk(LOG_INFO, "CPUs: %u are left unused (maxcpus or nosmp)\n", unused);
}

void arch_cpu_topology(unsigned cpu, uint32_t *core, uint32_t *socket)
{
    unsigned shift = 31, smt = 0;

    if (cpuid(0, 0).a >= 0xb && cpuid(0xb, 0).b) {
        smt = cpuid(0xb, 0).a & 31;
        shift = cpuid(0xb, 1).a & 31;
    }
    *core = (apic_ids[cpu] & ((1u << shift) - 1)) >> smt;
    *socket = apic_ids[cpu] >> shift;
}

/* --- starting --------------------------------------------------------------------------------- */
/* Dom0 is not built yet: its modules may lie anywhere. */
static uint64_t find_trampoline_page(void)
{
    for (uint64_t page = TRAMPOLINE_LIMIT - PAGE_SIZE; page >= PAGE_SIZE; page -= PAGE_SIZE)
        if (e820_is_ram(page, PAGE_SIZE) && !boot_has_module(page, PAGE_SIZE))
            return page;
    return 0;
}

/* Page tables for the way to 64 bits: the hypervisor's, and the first piece of the image where it
 * was loaded. */
static int make_start_tables(pte_t *tables[3])
{
    for (unsigned i = 0; i < 3; i++) {
        tables[i] = hv_alloc_pages(0, MEMF_BELOW_4G);
        if (!tables[i])
            return -XEN_ENOMEM;
    }
    copy_page(tables[0], boot_l4);
    tables[0][0] = pte_make(virt_to_mfn(tables[1]), PTE_P | PTE_RW);
    tables[1][0] = pte_make(virt_to_mfn(tables[2]), PTE_P | PTE_RW);
    tables[2][l2_index(IMAGE_PHYS)] = pte_make(maddr_to_mfn(IMAGE_PHYS), PTE_P | PTE_RW | PTE_PS);
    ap_cr3 = virt_to_maddr(tables[0]);
    return 0;
}

static bool wait_online(unsigned cpu, unsigned us)
{
    uint64_t start = rdtsc(), ticks = tsc_hz() / 1000000 * us;

    while (!cpumask_test(&cpu_online, cpu)) {
        if (rdtsc() - start > ticks)
            return false;
        clock_send_beacon();
        cpu_relax();
    }
    return true;
}

static int prepare_cpu(unsigned cpu)
{
    struct cpu_info *info;
    int rc = percpu_area_init(cpu);

    if (!rc)
        rc = isolation_cpu_init(cpu);
    if (!rc)
        rc = sched_cpu_init(cpu);
    if (rc)
        return rc;
    info = percpu_info(cpu);
    info->cpu = cpu;
    info->softirq_pending = &softirq_cpus[cpu].pending;
    info->current_vcpu = dom_idle->vcpu[cpu];
    ap_stack = (uint64_t)info;
    return 0;
}

static void start_cpu(unsigned cpu, uint64_t trampoline)
{
    int rc = prepare_cpu(cpu);

    if (rc) {
        printk(LOG_ERR, "CPU %u: no memory, left out\n", cpu);
        return;
    }
    lapic_send_init(apic_ids[cpu]);
    delay_us(INIT_SETTLE_US);
    lapic_send_startup(apic_ids[cpu], trampoline >> PAGE_SHIFT);
    if (wait_online(cpu, STARTUP_RETRY_US))
        return;
    lapic_send_startup(apic_ids[cpu], trampoline >> PAGE_SHIFT);
    if (wait_online(cpu, ANSWER_LIMIT_MS * 1000))
        return;
    printk(LOG_ERR, "CPU %u (APIC id %u) does not answer, left out\n", cpu, apic_ids[cpu]);
    lapic_send_init(apic_ids[cpu]); /* it must not wake up later in tables that are gone */
}

void smp_bring_up(void)
{
    uint64_t trampoline = find_trampoline_page();
    pte_t *tables[3] = { NULL, NULL, NULL };

    if (nr_possible == 1)
        return;
    if (!trampoline || make_start_tables(tables)) {
        printk(LOG_ERR, "No memory for starting CPUs: running with one\n");
        goto out;
    }
    memcpy(maddr_to_virt(trampoline), ap_trampoline, ap_trampoline_end - ap_trampoline);
    for (unsigned cpu = 1; cpu < nr_possible; cpu++)
        start_cpu(cpu, trampoline);
    printk(LOG_INFO, "CPUs: %u of %u online\n", cpumask_weight(&cpu_online), nr_possible);
out:
    for (unsigned i = 0; i < 3; i++)
        if (tables[i])
            hv_free_page(tables[i]);
}

void ap_main(void)
{
    unsigned cpu = this_cpu();

    write_cr3(hv_maddr(boot_l4));
    get_cpu_info()->cr4 = read_cr4();
    cpu_tables_init(cpu);
    cpu_features_init_cpu();
    spec_init_cpu();
    tlb_leave_guests();
    lapic_init_cpu();
    clock_init_cpu(cpu);
    mce_init_cpu();
    hvm_init_cpu(cpu);
    cpumask_set_atomic(&cpu_online, cpu);
    idle_loop();
}

/* --- calls ------------------------------------------------------------------------------------ */
static struct {
    unsigned busy; /* one call at a time */
    void (*fn)(void *);
    void *arg;
    struct cpumask todo;
} call;

void call_interrupt(void)
{
    unsigned cpu = this_cpu();

    if (!cpumask_test(&call.todo, cpu))
        return;
    call.fn(call.arg);
    cpumask_clear_atomic(&call.todo, cpu);
}

void arch_on_cpus(const struct cpumask *mask, void (*fn)(void *), void *arg)
{
    unsigned cpu, self = this_cpu();
    struct cpumask others;

    while (__atomic_exchange_n(&call.busy, 1, __ATOMIC_ACQUIRE)) {
        if (!irqs_enabled())
            call_interrupt(); /* the one that is busy may wait for this CPU */
        cpu_relax();
    }
    cpumask_and(&others, mask, &cpu_online);
    cpumask_clear(&others, self);
    call.fn = fn;
    call.arg = arg;
    smp_wmb();
    for_each_cpu(cpu, &others)
        cpumask_set_atomic(&call.todo, cpu);
    send_ipi_mask(&others, VECTOR_CALL);
    if (cpumask_test(mask, self))
        fn(arg);
    while (!cpumask_empty(&call.todo))
        cpu_relax();
    __atomic_store_n(&call.busy, 0, __ATOMIC_RELEASE);
}

void arch_send_event_check(unsigned cpu) { send_ipi(cpu, VECTOR_EVENT_CHECK); }
