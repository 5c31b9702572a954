/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug keys: one row for each, reached by Ctrl-A three times on the serial console or by
 * XEN_SYSCTL_debug_keys. They run as a softirq, so they may take locks.
 */
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <hv/perf.h>
#include <hv/printk.h>
#include <hv/rangeset.h>
#include <hv/sched.h>

static void key_help(void);

static const char *vcpu_state(const struct vcpu *v)
{
    static const char *const names[] = { "running", "runnable", "blocked", "offline" };

    return (unsigned)v->runstate.state < ARRAY_SIZE(names) ? names[v->runstate.state] : "?";
}

static void dump_domain(const struct domain *d)
{
    const struct vcpu *v;

    printk(LOG_ERR, "d%u: %s%s%srefs=%d pauses=%d pages=%lu/%lu shared=%lu dying=%d\n", d->id,
           d->is_control ? "control " : "", d->is_hardware ? "hardware " : "",
           d->is_shut_down ? "shut-down " : "",
           d->refcount, d->pause_count, d->tot_pages, d->max_pages, d->hv_pages.count, d->dying);
    for_each_vcpu(d, v)
        printk(LOG_ERR, "  v%u: CPU %u %s flags=%#x pauses=%d upcall pending=%u masked=%lu\n",
               v->id, v->processor,
               vcpu_state(v), v->pause_flags, v->pause_count, v->vcpu_info->evtchn_upcall_pending,
               (unsigned long)v->vcpu_info->evtchn_upcall_mask);
}

static void key_domains(void)
{
    const struct domain *d;

    for (domid_t id = 0; (d = domain_first_from(id)) != NULL; id = d->id + 1)
        dump_domain(d);
}

static void key_permissions(void)
{
    const struct domain *d;

    for (domid_t id = 0; (d = domain_first_from(id)) != NULL; id = d->id + 1) {
        printk(LOG_ERR, "d%u may use\n", d->id);
        rangeset_print(d->iomem_caps);
        rangeset_print(d->irq_caps);
    }
}

static void key_memory(void)
{
    printk(LOG_ERR, "pages: %lu total, %lu free of which %lu to be scrubbed, %lu claimed\n",
           arch_ram_pages(), free_page_count(), dirty_page_count(), claimed_page_count());
    printk(LOG_ERR, "heap objects: %lu bytes in %lu pages\n", hv_alloc_bytes(), hv_heap_pages());
}

static void dump_this_cpu(void *unused)
{
    printk(LOG_ERR, "CPU %u:\n", this_cpu());
    if (vcpu_is_idle(current))
        arch_show_execution_state();
    else
        arch_dump_vcpu(current);
}

static void key_registers(void) { arch_on_cpus(&cpu_online, dump_this_cpu, NULL); }

static void key_run_queues(void)
{
    unsigned cpu;

    printk(LOG_ERR, "scheduler %s\n", sched_policy()->name);
    for_each_cpu(cpu, &cpu_online)
        if (sched_policy()->dump)
            sched_policy()->dump(cpu);
}

static void key_time(void)
{
    unsigned cpu;
    s_time_t t = now();

    printk(LOG_ERR, "up %lld.%03lld s\n", (long long)(t / NS_PER_S),
           (long long)(t % NS_PER_S / NS_PER_MS));
    for_each_cpu(cpu, &cpu_online)
        printk(LOG_ERR, "CPU %u: idle %lld ms\n", cpu, (long long)(cpu_idle_time(cpu) / NS_PER_MS));
}

static void key_counters(void)
{
    unsigned cpu;

    for (unsigned c = 0; c < PERF_COUNTERS; c++) {
        uint64_t sum = 0;

        for_each_cpu(cpu, &cpu_online)
            sum += perf_read(c, cpu);
        printk(LOG_ERR, "%s: %lu\n", perf_name(c), sum);
    }
}

static void key_restart(void) { machine_restart(0); }

static const struct {
    char key;
    void (*fn)(void);
    const char *help;
} handlers[] = {
    { 'h', key_help, "this list" },
    { 'c', key_counters, "counters of events" },
    { 'd', key_registers, "registers of every CPU" },
    { 'm', key_memory, "memory in use" },
    { 'p', key_permissions, "device memory and interrupts that domains may use" },
    { 'q', key_domains, "domains and vcpus" },
    { 'r', key_run_queues, "run queues" },
    { 't', key_time, "time" },
    { 'R', key_restart, "restart the machine" },
};

static void key_help(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(handlers); i++)
        printk(LOG_ERR, "key '%c': %s\n", handlers[i].key, handlers[i].help);
}

void keyhandler_key(char c)
{
    for (unsigned i = 0; i < ARRAY_SIZE(handlers); i++)
        if (handlers[i].key == c) {
            printk(LOG_ERR, "'%c' pressed: %s\n", c, handlers[i].help);
            handlers[i].fn();
            return;
        }
    printk(LOG_ERR, "no debug key '%c' (h for help)\n", c >= ' ' && c <= '~' ? c : '?');
}
