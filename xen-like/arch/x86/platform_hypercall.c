/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op: what Dom0's kernel asks of the machine and tells about it. The table of the
 * hypercalls has checked the caller.
 */
#include <arch/cpu.h>
#include <arch/efi.h>
#include <arch/features.h>
#include <arch/hypercall.h>
#include <arch/insn.h>
#include <arch/platform.h>
#include <arch/smp.h>
#include <hv/arch.h>
#include <hv/cpumask.h>
#include <hv/guest_access.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/timer.h>
#include <public/errno.h>
#include <public/platform.h>

static long settime64(struct xen_platform_op *op)
{
    const struct xenpf_settime64 *t = &op->u.settime64;

    if (t->mbz || t->nsecs >= NS_PER_S)
        return -XEN_EINVAL;
    set_wallclock(t->secs, t->nsecs, t->system_time);
    return 0;
}

static long settime32(struct xen_platform_op *op)
{
    const struct xenpf_settime32 *t = &op->u.settime32;

    if (t->nsecs >= NS_PER_S)
        return -XEN_EINVAL;
    set_wallclock(t->secs, t->nsecs, t->system_time);
    return 0;
}

/* Multiboot hands on nothing of the BIOS: no disks, no screen data */
static long firmware_info(struct xen_platform_op *op)
{
    switch (op->u.firmware_info.type) {
    case XEN_FW_DISK_INFO:
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO: return -XEN_ESRCH;
    case XEN_FW_EFI_INFO:
        return efi_info(op->u.firmware_info.index, &op->u.firmware_info.u.efi_info);
    case XEN_FW_KBD_SHIFT_FLAGS:
        op->u.firmware_info.u.kbd_shift_flags = 0;
        return 0;
    default: return -XEN_EINVAL;
    }
}

static long efi_services_call(struct xen_platform_op *op)
{
    return efi_runtime_call(&op->u.efi_runtime_call);
}

static long enter_acpi_sleep(struct xen_platform_op *op)
{
    const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;

    if (s->sleep_state != 5 || (s->flags & XENPF_ACPI_SLEEP_EXTENDED))
        return -XEN_EOPNOTSUPP;
    return acpi_enter_s5(s->val_a, s->val_b);
}

static long get_cpuinfo(struct xen_platform_op *op)
{
    struct xenpf_pcpuinfo *i = &op->u.pcpu_info;

    i->max_present = nr_cpus_possible() - 1;
    if (i->xen_cpuid >= nr_cpus_possible()) {
        i->flags = XEN_PCPU_FLAGS_INVALID;
        return 0;
    }
    i->apic_id = cpu_apic_id(i->xen_cpuid);
    i->acpi_id = cpu_acpi_id(i->xen_cpuid);
    i->flags = cpumask_test(&cpu_online, i->xen_cpuid) ? XEN_PCPU_FLAGS_ONLINE : 0;
    return 0;
}

static long get_cpu_version(struct xen_platform_op *op)
{
    struct xenpf_pcpu_version *p = &op->u.pcpu_version;
    struct cpuid_regs r = cpuid(0, 0);
    uint32_t sig = cpu_features.signature, family = sig >> 8 & 0xf;

    p->max_present = cpumask_last(&cpu_online);
    if (p->xen_cpuid >= MAX_CPUS || !cpumask_test(&cpu_online, p->xen_cpuid)) {
        memset(p->vendor_id, 0, sizeof(p->vendor_id));
        p->family = p->model = p->stepping = 0;
        return 0;
    }
    memcpy(p->vendor_id, &r.b, 4);
    memcpy(p->vendor_id + 4, &r.d, 4);
    memcpy(p->vendor_id + 8, &r.c, 4);
    p->family = family == 0xf ? family + (sig >> 20 & 0xff) : family;
    p->model = (sig >> 4 & 0xf) | (family == 6 || family == 0xf ? sig >> 12 & 0xf0 : 0);
    p->stepping = sig & 0xf;
    return 0;
}

static long getidletime(struct xen_platform_op *op)
{
    struct xenpf_getidletime *g = &op->u.getidletime;

    for (uint32_t cpu = 0; cpu < MIN(g->cpumap_nr_cpus, (uint32_t)MAX_CPUS); cpu++) {
        uint64_t idle;
        uint8_t byte;

        if (copy_from_guest_va(&byte, g->cpumap_bitmap.addr + cpu / 8, 1))
            return -XEN_EFAULT;
        if (!(byte >> (cpu % 8) & 1))
            continue;
        if (!cpumask_test(&cpu_online, cpu)) {
            byte &= ~(1u << (cpu % 8));
            if (copy_to_guest_va(g->cpumap_bitmap.addr + cpu / 8, &byte, 1))
                return -XEN_EFAULT;
            continue;
        }
        idle = cpu_idle_time(cpu);
        if (copy_to_guest_at(g->idletime, cpu, &idle))
            return -XEN_EFAULT;
    }
    g->now = now();
    return 0;
}

/* Idle states and frequencies are the processor's own business here: what Dom0 uploads is taken
 * note of by type only */
static long set_processor_pminfo(struct xen_platform_op *op)
{
    switch (op->u.set_pminfo.type) {
    case XEN_PM_CX:
    case XEN_PM_PX:
    case XEN_PM_TX:
    case XEN_PM_PDC: return -XEN_EOPNOTSUPP;
    default: return -XEN_EINVAL;
    }
}

static long not_served(struct xen_platform_op *op) { return -XEN_EOPNOTSUPP; }

static const struct {
    long (*fn)(struct xen_platform_op *op);
    bool answers; /* the structure goes back, also after an error */
} rows[] = {
    [XENPF_settime32] = { settime32, false },
    [XENPF_settime64] = { settime64, false },
    [XENPF_firmware_info] = { firmware_info, true },
    [XENPF_enter_acpi_sleep] = { enter_acpi_sleep, false },
    [XENPF_get_cpuinfo] = { get_cpuinfo, true },
    [XENPF_get_cpu_version] = { get_cpu_version, true },
    [XENPF_getidletime] = { getidletime, true },
    [XENPF_set_processor_pminfo] = { set_processor_pminfo, false },
    [XENPF_add_memtype] = { not_served, false },
    [XENPF_del_memtype] = { not_served, false },
    [XENPF_read_memtype] = { not_served, false },
    [XENPF_microcode_update] = { not_served, false },
    [XENPF_efi_runtime_call] = { efi_services_call, true },
    [XENPF_change_freq] = { not_served, false },
    [XENPF_cpu_online] = { not_served, false },
    [XENPF_cpu_offline] = { not_served, false },
    [XENPF_cpu_hotadd] = { not_served, false },
    [XENPF_mem_hotadd] = { not_served, false },
    [XENPF_core_parking] = { not_served, false },
    [XENPF_resource_op] = { not_served, false },
};

long do_platform_op(uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    struct xen_platform_op op;
    long rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    if (op.interface_version != XENPF_INTERFACE_VERSION)
        return -XEN_EACCES;
    if (op.cmd >= ARRAY_SIZE(rows) || !rows[op.cmd].fn)
        return -XEN_ENOSYS;
    rc = rows[op.cmd].fn(&op);
    if (rows[op.cmd].answers && copy_to_guest_va(arg, &op, sizeof(op)) && !rc)
        return -XEN_EFAULT;
    return rc;
}
