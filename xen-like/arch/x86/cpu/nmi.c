/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Non-maskable interrupts: a CPU that crashes stops the others by one; any other comes from the
 * board, and ends the machine or is told to Dom0, as the option says. On a stack of its own, and
 * possibly in the middle of anything: nothing in do_nmi takes a lock; what does is left to a
 * softirq.
 */
#include <arch/cpu.h>
#include <arch/insn.h>
#include <arch/irq.h>
#include <arch/mce.h>
#include <arch/pv.h>
#include <arch/smp.h>
#include <arch/traps.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <public/errno.h>
#include <public/nmi.h>

#define PORT_NMI_REASON 0x61
#define REASON_SERR     0x80 /* uncorrectable memory or bus error */
#define REASON_IOCHK    0x40
#define SERR_OFF        0x04 /* clears it, too */
#define IOCHK_OFF       0x08
#define SPEAKER_BITS    0x03 /* to be kept */

static bool stopping;
static enum { NMI_DOM0, NMI_IGNORE, NMI_FATAL } opt_nmi = NMI_DOM0;
static uint64_t reasons; /* XEN_NMIREASON_* since the softirq ran last; atomic */

static int parse_nmi(const char *s)
{
    static const char *const names[] = { "dom0", "ignore", "fatal" };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(s, names[i])) {
            opt_nmi = i;
            return 0;
        }
    return -XEN_EINVAL;
}
PARAM_FN("nmi", parse_nmi, "an NMI of the board: dom0, ignore or fatal");

void stop_other_cpus(void)
{
    WRITE_ONCE(stopping, true);
    lapic_send_nmi_others();
}

static const char *describe(uint64_t reason)
{
    return reason & XEN_NMIREASON_pci_serr   ? "memory or bus error (SERR)"
           : reason & XEN_NMIREASON_io_error ? "I/O check"
                                             : "of unknown origin";
}

static void tell_dom0(void)
{
    uint64_t seen = __atomic_exchange_n(&reasons, 0, __ATOMIC_SEQ_CST);
    struct domain *d = hardware_domain;

    if (!seen)
        return;
    printk(LOG_WARNING, "NMI %s\n", describe(seen));
    if (opt_nmi != NMI_DOM0 || !d || !d->vcpu[0])
        return;
    __atomic_fetch_or(&d->shared_info->arch.nmi_reason, seen, __ATOMIC_SEQ_CST);
    pv_raise_nmi(d->vcpu[0]);
}

void nmi_init(void) { softirq_open(SOFTIRQ_NMI, tell_dom0); }

/* What raised it is cleared, or it would come again at once; a bus error is not reported again. */
static void clear_source(uint8_t reason)
{
    uint8_t keep = reason & SPEAKER_BITS;

    if (reason & REASON_SERR)
        keep |= SERR_OFF;
    if (reason & REASON_IOCHK)
        outb(PORT_NMI_REASON, keep | IOCHK_OFF);
    outb(PORT_NMI_REASON, keep);
}

void do_nmi(struct cpu_user_regs *regs)
{
    uint64_t seen = XEN_NMIREASON_unknown;
    uint8_t reason;

    if (READ_ONCE(stopping))
        for (;;)
            __asm__ volatile("cli; hlt");
    reason = inb(PORT_NMI_REASON);
    if (reason & (REASON_SERR | REASON_IOCHK)) {
        seen = (reason & REASON_SERR ? XEN_NMIREASON_pci_serr : 0) |
               (reason & REASON_IOCHK ? XEN_NMIREASON_io_error : 0);
        clear_source(reason);
    }
    if (opt_nmi == NMI_FATAL)
        crash(regs, "NMI %s (port 0x61: %#x)", describe(seen), reason);
    __atomic_fetch_or(&reasons, seen, __ATOMIC_SEQ_CST);
    softirq_raise(SOFTIRQ_NMI);
    lapic_send_self(VECTOR_EVENT_CHECK); /* the way back from here looks at no softirqs */
}
