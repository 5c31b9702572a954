/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Non-maskable interrupts: a CPU that crashes stops the others by one; any other comes from the
 * board. On a stack of its own, and possibly in the middle of anything: nothing here takes a lock.
 */
#include <arch/cpu.h>
#include <arch/insn.h>
#include <arch/irq.h>
#include <arch/smp.h>
#include <arch/traps.h>
#include <hv/bug.h>
#include <hv/params.h>
#include <hv/string.h>
#include <hv/types.h>
#include <public/errno.h>

#define PORT_NMI_REASON 0x61
#define REASON_MEMORY   0x80 /* SERR: uncorrectable memory or bus error */
#define REASON_IO       0x40 /* IOCHK */

static bool stopping;
static bool opt_fatal;

static int parse_nmi(const char *s)
{
    if (strcmp(s, "fatal") && strcmp(s, "ignore"))
        return -XEN_EINVAL;
    opt_fatal = !strcmp(s, "fatal");
    return 0;
}
PARAM_FN("nmi", parse_nmi, "an NMI of unknown origin: fatal or ignore");

void stop_other_cpus(void)
{
    WRITE_ONCE(stopping, true);
    lapic_send_nmi_others();
}

void do_nmi(struct cpu_user_regs *regs)
{
    uint8_t reason;

    if (READ_ONCE(stopping))
        for (;;)
            __asm__ volatile("cli; hlt");
    reason = inb(PORT_NMI_REASON);
    if (reason & REASON_MEMORY)
        crash(regs, "NMI: memory or bus error (port 0x61: %#x)", reason);
    if (reason & REASON_IO)
        crash(regs, "NMI: I/O check (port 0x61: %#x)", reason);
    if (opt_fatal)
        crash(regs, "NMI of unknown origin");
}
