/* SPDX-License-Identifier: GPL-2.0-only */
/* What a CPU does when no guest wants it: clean free memory, then wait for interrupts. */
#include <arch/cpu.h>
#include <arch/smp.h>
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <hv/softirq.h>

/* For an interrupt. */
static void wait(void)
{
    irq_disable();
    /* sti takes effect after the next instruction, so no interrupt is missed in between */
    if (!softirq_pending(this_cpu()))
        __asm__ volatile("sti; hlt" ::: "memory");
    irq_enable();
}

void idle_loop(void)
{
    irq_enable();
    for (;;) {
        softirq_run();
        if (!page_scrub_some())
            wait();
    }
}
