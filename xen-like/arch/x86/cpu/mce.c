/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine checks. One after which the CPU cannot go on ends the machine with the banks in the log.
 * What was corrected, or left the context whole, stays in the banks; every CPU looks at its own
 * from time to time, logs them and tells Dom0. Intel SDM vol. 3, chapter 15.
 */
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/insn.h>
#include <arch/mce.h>
#include <arch/smp.h>
#include <arch/traps.h>
#include <hv/bug.h>
#include <hv/event_channel.h>
#include <hv/printk.h>
#include <hv/timer.h>
#include <public/arch-x86/xen-mca.h>

#define MSR_MCG_CAP      0x179
#define MSR_MCG_STATUS   0x17a
#define MSR_MC_CTL(b)    (0x400 + 4 * (b))
#define MSR_MC_STATUS(b) (0x401 + 4 * (b))
#define MSR_MC_ADDR(b)   (0x402 + 4 * (b))

#define MCG_RIPV       (1UL << 0)
#define MC_VALID       (1UL << 63)
#define MC_OVERFLOW    (1UL << 62)
#define MC_UNCORRECTED (1UL << 61)
#define MC_ADDR_VALID  (1UL << 58)
#define MC_CORRUPT     (1UL << 57)
#define MAX_BANKS      32
#define POLL_PERIOD    (8 * NS_PER_S)

#define CPUID1D_MCE (1u << 7)
#define CPUID1D_MCA (1u << 14)

static unsigned nr_banks; /* 0: no machine check architecture */
static struct timer poll_timers[MAX_CPUS];

static void print_bank(const struct mcinfo_bank *b)
{
    printk(LOG_ERR, "CPU %u: machine check bank %u: status %016lx address %lx (%s%s)\n", this_cpu(),
           b->mc_bank, b->mc_status, b->mc_addr,
           b->mc_status & MC_UNCORRECTED ? "uncorrected" : "corrected",
           b->mc_status & MC_OVERFLOW ? ", others lost" : "");
}

/* Append a part to a report; false when it is full. */
static bool append(struct mc_info *info, size_t *used, const void *part, size_t bytes)
{
    if (bytes > sizeof(info->mi_data) - *used) {
        info->flags |= MCINFO_FLAGS_UNCOMPLETE;
        return false;
    }
    __builtin_memcpy((char *)info->mi_data + *used, part, bytes);
    *used += bytes;
    info->mi_nentries++;
    return true;
}

static void begin_report(struct mc_info *info, size_t *used)
{
    struct mcinfo_global g = {
        .common = { MC_TYPE_GLOBAL, sizeof(g) },
        .mc_domid = DOMID_INVALID,
        .mc_vcpuid = XEN_MC_VCPUID_INVALID,
        .mc_apicid = cpu_apic_id(this_cpu()),
        .mc_flags = MC_FLAG_CORRECTABLE | MC_FLAG_POLLED,
        .mc_gstatus = rdmsr(MSR_MCG_STATUS),
    };

    *info = (struct mc_info){ 0 };
    *used = 0;
    append(info, used, &g, sizeof(g));
}

/* Logs this CPU's banks, puts them into a report and clears them; true if there was anything. */
static bool report_banks(struct mc_info *info)
{
    bool any = false;
    size_t used;

    begin_report(info, &used);
    for (unsigned b = 0; b < nr_banks; b++) {
        struct mcinfo_bank bank = {
            .common = { MC_TYPE_BANK, sizeof(bank) },
            .mc_bank = b,
            .mc_domid = DOMID_INVALID,
            .mc_status = rdmsr(MSR_MC_STATUS(b)),
            .mc_tsc = rdtsc(),
        };

        if (!(bank.mc_status & MC_VALID))
            continue;
        if (bank.mc_status & MC_ADDR_VALID)
            bank.mc_addr = rdmsr(MSR_MC_ADDR(b));
        print_bank(&bank);
        append(info, &used, &bank, sizeof(bank));
        wrmsr(MSR_MC_STATUS(b), 0);
        any = true;
    }
    return any;
}

void do_machine_check(struct cpu_user_regs *regs)
{
    bool fatal = !nr_banks || !(rdmsr(MSR_MCG_STATUS) & MCG_RIPV);

    for (unsigned b = 0; b < nr_banks; b++) {
        uint64_t status = rdmsr(MSR_MC_STATUS(b));

        if ((status & MC_VALID) && (status & (MC_CORRUPT | MC_UNCORRECTED)))
            fatal = true;
    }
    if (fatal) {
        struct mc_info unused;

        console_force();
        report_banks(&unused);
        crash(regs, "machine check");
    }
    wrmsr(MSR_MCG_STATUS, 0); /* the poll finds the banks */
}

static void poll(void *unused)
{
    struct mc_info info;

    if (report_banks(&info)) {
        mca_report(&info);
        send_global_virq(VIRQ_MCA);
    }
    timer_set(&poll_timers[this_cpu()], now() + POLL_PERIOD);
}

/* Emulated processors may tell of the architecture and not have its registers. */
static unsigned count_banks(void)
{
    uint64_t cap;

    if (~cpuid(1, 0).d & (CPUID1D_MCE | CPUID1D_MCA) || !rdmsr_safe(MSR_MCG_CAP, &cap))
        return 0;
    return MIN((unsigned)(cap & 0xff), (unsigned)MAX_BANKS);
}

void mce_init_cpu(void)
{
    unsigned cpu = this_cpu();

    if (cpu == 0)
        nr_banks = count_banks();
    if (!nr_banks)
        return;
    for (unsigned b = 0; b < nr_banks; b++)
        wrmsr(MSR_MC_CTL(b), ~0UL);
    timer_init(&poll_timers[cpu], poll, NULL, cpu);
    poll(NULL); /* what ended the machine's last run may be in the banks */
}
