/* SPDX-License-Identifier: GPL-2.0-only */
/* The end: say what happened and where, then restart or stop the machine. */
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/params.h>
#include <hv/printk.h>

#define RESTART_DELAY_MS 5000

bool opt_noreboot;
PARAM_BOOL("noreboot", opt_noreboot, "stop instead of restarting after a crash");

static void show_current(void)
{
    const struct vcpu *v = current;

    if (!v)
        return;
    if (v->domain && vcpu_is_idle(v))
        printk(LOG_ERR, "CPU %u was idle\n", this_cpu());
    else if (v->domain)
        printk(LOG_ERR, "CPU %u was running d%uv%u\n", this_cpu(), v->domain->id, v->id);
}

/* It failed again while telling about the first failure, or, the third time, while restarting. */
__attribute__((noreturn)) static void end_after_second_failure(void)
{
    static bool restarting;

    if (opt_noreboot || restarting)
        machine_halt();
    restarting = true;
    machine_restart(RESTART_DELAY_MS);
}

void panic(const char *fmt, ...)
{
    static int panicking_cpu = -1;
    int none = -1, self = (int)this_cpu();
    char message[256];
    va_list ap;

    irq_disable();
    if (!try_cmpxchg(&panicking_cpu, &none, self)) {
        if (none == self)
            end_after_second_failure();
        for (;;)
            cpu_relax();
    }
    lock_check_off();
    console_force();
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    printk(LOG_ERR, "\n");
    printk(LOG_ERR, "****************************************\n");
    printk(LOG_ERR, "Panic on CPU %u: %s\n", this_cpu(), message);
    show_current();
    arch_show_execution_state();
    printk(LOG_ERR, "****************************************\n");
    if (opt_noreboot) {
        printk(LOG_ERR, "Stopped (noreboot).\n");
        machine_halt();
    }
    printk(LOG_ERR, "Restart in %u seconds.\n", RESTART_DELAY_MS / 1000);
    machine_restart(RESTART_DELAY_MS);
}
