/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysctl: the control domain asks about the machine and the hypervisor. One row per operation; what
 * is not in the table is the architecture's, or is not there.
 */
#include <hv/arch.h>
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/perf.h>
#include <hv/policy.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/statistics.h>
#include <hv/string.h>

#define MAX_DEBUG_KEYS 64

/* --- log and keys ----------------------------------------------------------------------------- */

static long readconsole(struct xen_sysctl *op)
{
    return console_readconsole(&op->u.readconsole);
}

static long debug_keys(struct xen_sysctl *op)
{
    char keys[MAX_DEBUG_KEYS];
    uint32_t nr = op->u.debug_keys.nr_keys;

    if (nr > sizeof(keys))
        return -XEN_EINVAL;
    if (copy_from_guest_va(keys, op->u.debug_keys.keys.addr, nr))
        return -XEN_EFAULT;
    for (uint32_t i = 0; i < nr; i++)
        keyhandler_key(keys[i]);
    return 0;
}

/* One value for each CPU on line. */
static int copy_counter(const struct xen_sysctl_perfc_op *p, enum perf_counter c, unsigned cpus)
{
    struct xen_sysctl_perfc_desc desc = { .nr_vals = cpus };
    unsigned cpu, i = c * cpus;

    snprintf(desc.name, sizeof(desc.name), "%s", perf_name(c));
    if (!guest_handle_is_null(p->desc) && copy_to_guest_at(p->desc, c, &desc))
        return -XEN_EFAULT;
    if (guest_handle_is_null(p->val))
        return 0;
    for_each_cpu(cpu, &cpu_online) {
        uint32_t value = perf_read(c, cpu);

        if (copy_to_guest_at(p->val, i++, &value))
            return -XEN_EFAULT;
    }
    return 0;
}

static long perfc(struct xen_sysctl *op)
{
    struct xen_sysctl_perfc_op *p = &op->u.perfc_op;
    unsigned cpus = cpumask_weight(&cpu_online);
    int rc = 0;

    if (p->cmd != XEN_SYSCTL_PERFCOP_reset && p->cmd != XEN_SYSCTL_PERFCOP_query)
        return -XEN_EINVAL;
    for (unsigned c = 0; c < PERF_COUNTERS && !rc; c++)
        rc = copy_counter(p, c, cpus);
    if (!rc && p->cmd == XEN_SYSCTL_PERFCOP_reset)
        perf_reset();
    p->nr_counters = PERF_COUNTERS;
    p->nr_vals = PERF_COUNTERS * cpus;
    return rc;
}

/* --- the machine ------------------------------------------------------------------------------ */

/* Sizes of the levels of the machine's topology, from the places of its CPUs. */
static void measure_topology(struct xen_sysctl_physinfo *info)
{
    uint32_t core, socket, core0, socket0, sockets_seen = 0;
    unsigned cpu, nr = cpumask_weight(&cpu_online), threads = 0, last_socket = ~0U;

    arch_cpu_topology(cpumask_next(&cpu_online, 0), &core0, &socket0);
    for_each_cpu(cpu, &cpu_online) {
        arch_cpu_topology(cpu, &core, &socket);
        threads += core == core0 && socket == socket0;
        sockets_seen += socket != last_socket;
        last_socket = socket;
    }
    info->threads_per_core = MAX(threads, 1U);
    info->cores_per_socket = MAX(nr / info->threads_per_core / MAX(sockets_seen, 1U), 1U);
}

static long physinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_physinfo *info = &op->u.physinfo;

    *info = (struct xen_sysctl_physinfo){
        .nr_cpus = cpumask_weight(&cpu_online),
        .max_cpu_id = cpumask_last(&cpu_online),
        .nr_nodes = 1,
        .cpu_khz = arch_cpu_khz(),
        .capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1,
        .total_pages = arch_ram_pages(),
        .free_pages = free_page_count(),
        .scrub_pages = dirty_page_count(),
        .outstanding_pages = claimed_page_count(),
        .max_mfn = max_page - 1,
    };
    measure_topology(info);
    arch_physinfo(info);
    return 0;
}

static long getcpuinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
    uint32_t nr = MIN(g->max_cpus, cpumask_last(&cpu_online) + 1);

    for (uint32_t cpu = 0; cpu < nr; cpu++) {
        struct xen_sysctl_cpuinfo info = { 0 };

        if (cpumask_test(&cpu_online, cpu))
            info.idletime = cpu_idle_time(cpu);
        if (copy_to_guest_at(g->info, cpu, &info))
            return -XEN_EFAULT;
    }
    g->nr_cpus = nr;
    return 0;
}

/* Free memory is not counted by address: only a width that holds all of it can be answered. */
static bool holds_all_memory(unsigned bits)
{
    if (bits == 0 || bits >= 64)
        return true;
    return bits > PAGE_SHIFT && max_page <= 1UL << (bits - PAGE_SHIFT);
}

static long availheap(struct xen_sysctl *op)
{
    struct xen_sysctl_availheap *a = &op->u.availheap;

    if (a->node != -1 && a->node != 0)
        return -XEN_EINVAL;
    if (a->min_bitwidth > PAGE_SHIFT || !holds_all_memory(a->max_bitwidth))
        return -XEN_EOPNOTSUPP;
    a->avail_bytes = (uint64_t)free_page_count() << PAGE_SHIFT;
    return 0;
}

static long cputopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
    uint32_t nr = cpumask_last(&cpu_online) + 1;

    if (!guest_handle_is_null(t->cputopo)) {
        for (uint32_t cpu = 0; cpu < MIN(nr, t->num_cpus); cpu++) {
            struct xen_sysctl_cputopo topo = { XEN_INVALID_CORE_ID, XEN_INVALID_SOCKET_ID,
                                               XEN_INVALID_NODE_ID };

            if (cpumask_test(&cpu_online, cpu)) {
                arch_cpu_topology(cpu, &topo.core, &topo.socket);
                topo.node = 0;
            }
            if (copy_to_guest_at(t->cputopo, cpu, &topo))
                return -XEN_EFAULT;
        }
    }
    t->num_cpus = nr;
    return 0;
}

/* All memory is one node. */
static long numainfo(struct xen_sysctl *op)
{
    struct xen_sysctl_numainfo *n = &op->u.numainfo;
    uint32_t self = 10; /* distance of a node to itself, by ACPI's convention */
    struct xen_sysctl_meminfo info = {
        .memsize = (uint64_t)arch_ram_pages() << PAGE_SHIFT,
        .memfree = (uint64_t)free_page_count() << PAGE_SHIFT,
    };

    if (n->num_nodes > 0) {
        if (!guest_handle_is_null(n->meminfo) && copy_to_guest(n->meminfo, &info))
            return -XEN_EFAULT;
        if (!guest_handle_is_null(n->distance) && copy_to_guest(n->distance, &self))
            return -XEN_EFAULT;
    }
    n->num_nodes = 1;
    return 0;
}

/* No device is known to be near a node. */
static long pcitopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_pcitopoinfo *p = &op->u.pcitopoinfo;
    uint32_t node = XEN_INVALID_DEV;

    if (guest_handle_is_null(p->devs) || guest_handle_is_null(p->nodes))
        return -XEN_EINVAL;
    for (uint32_t i = 0; i < p->num_devs; i++) {
        if (i && hypercall_preempt_check()) {
            p->num_devs = i;
            break;
        }
        if (copy_to_guest_at(p->nodes, i, &node))
            return -XEN_EFAULT;
    }
    return 0;
}

/* --- domains and scheduling ------------------------------------------------------------------- */

static long getdomaininfolist(struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
    struct domain *d = domain_first_from(l->first_domain);
    uint32_t n = 0;

    for (; d && n < l->max_domains; d = domain_next(d)) {
        struct xen_domctl_getdomaininfo info;

        domain_describe(d, &info);
        if (copy_to_guest_at(l->buffer, n, &info))
            return -XEN_EFAULT;
        n++;
    }
    l->num_domains = n;
    return 0;
}

static long sched_id(struct xen_sysctl *op)
{
    op->u.sched_id.sched_id = sched_policy()->id;
    return 0;
}

static long scheduler_op(struct xen_sysctl *op)
{
    struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;

    if (s->cpupool_id || s->sched_id != sched_policy()->id ||
        (s->cmd != XEN_SYSCTL_SCHEDOP_putinfo && s->cmd != XEN_SYSCTL_SCHEDOP_getinfo))
        return -XEN_EINVAL;
    return sched_policy()->adjust_global ? sched_policy()->adjust_global(s) : -XEN_EOPNOTSUPP;
}

/* One pool, number 0, holds all CPUs. */
static long pool_info(struct xen_sysctl_cpupool_op *p)
{
    if (p->cpupool_id != 0 && p->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY)
        return -XEN_ENOENT;
    p->cpupool_id = 0;
    p->sched_id = sched_policy()->id;
    p->n_dom = domain_count();
    return cpumask_to_bitmap(&p->cpumap, &cpu_online);
}

static long cpupool_op(struct xen_sysctl *op)
{
    struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;
    struct cpumask none;

    switch (p->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        return pool_info(p);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        cpumask_zero(&none);
        return cpumask_to_bitmap(&p->cpumap, &none);
    default:
        return -XEN_EOPNOTSUPP;
    }
}

/* --- xen-like's own --------------------------------------------------------------------------- */

static long statistics(struct xen_sysctl *op)
{
    struct xen_sysctl_statistics s;

    _Static_assert(sizeof(s) <= sizeof(op->u), "in u");
    statistics_describe(&s);
    memcpy(&op->u, &s, sizeof(s));
    return 0;
}

/* --- dispatch --------------------------------------------------------------------------------- */

static long not_there(struct xen_sysctl *op) { return -XEN_EOPNOTSUPP; }

static const struct sysctl_row rows[] = {
    [XEN_SYSCTL_readconsole] = { readconsole, CONTROL_ANSWERS },
    [XEN_SYSCTL_physinfo] = { physinfo, CONTROL_ANSWERS },
    [XEN_SYSCTL_sched_id] = { sched_id, CONTROL_ANSWERS },
    [XEN_SYSCTL_perfc_op] = { perfc, CONTROL_ANSWERS },
    [XEN_SYSCTL_getdomaininfolist] = { getdomaininfolist, CONTROL_ANSWERS },
    [XEN_SYSCTL_debug_keys] = { debug_keys },
    [XEN_SYSCTL_getcpuinfo] = { getcpuinfo, CONTROL_ANSWERS },
    [XEN_SYSCTL_availheap] = { availheap, CONTROL_ANSWERS },
    [XEN_SYSCTL_cputopoinfo] = { cputopoinfo, CONTROL_ANSWERS },
    [XEN_SYSCTL_numainfo] = { numainfo, CONTROL_ANSWERS },
    [XEN_SYSCTL_cpupool_op] = { cpupool_op, CONTROL_ANSWERS },
    [XEN_SYSCTL_scheduler_op] = { scheduler_op, CONTROL_ANSWERS },
    [XEN_SYSCTL_pcitopoinfo] = { pcitopoinfo, CONTROL_ANSWERS },
    [XEN_SYSCTL_cpu_hotplug] = { not_there },
    [XEN_SYSCTL_coverage_op] = { not_there },
    [XEN_SYSCTL_livepatch_op] = { not_there },
    [XEN_SYSCTL_psr_cmt_op] = { not_there },
    [XEN_SYSCTL_psr_alloc] = { not_there },
};

static const struct sysctl_row *find_row(uint32_t cmd)
{
    static const struct sysctl_row statistics_row = { statistics, CONTROL_ANSWERS };

    if (cmd == XEN_SYSCTL_statistics)
        return &statistics_row;
    return cmd < ARRAY_SIZE(rows) && rows[cmd].fn ? &rows[cmd] : arch_sysctl(cmd);
}

long do_sysctl(uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    const struct sysctl_row *row;
    struct xen_sysctl op;
    long rc;

    if (policy_host(current->domain))
        return -XEN_EPERM;
    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return -XEN_EACCES;
    row = find_row(op.cmd);
    if (!row)
        return -XEN_ENOSYS;
    rc = row->fn(&op);
    if (rc == -XEN_ERESTART)
        return hypercall_restart(__HYPERVISOR_sysctl, arg);
    if ((row->flags & CONTROL_ANSWERS) && copy_to_guest_va(arg, &op, sizeof(op)) && !rc)
        return -XEN_EFAULT;
    return rc;
}
