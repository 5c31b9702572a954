/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev_op: real interrupts, I/O privilege and PCI devices. One row for each command; who may
 * call which stands in the row.
 */
#include <arch/cpu.h>
#include <arch/hypercall.h>
#include <arch/pci.h>
#include <arch/pirq.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/guest_access.h>
#include <hv/policy.h>
#include <hv/printk.h>
#include <hv/rangeset.h>
#include <public/event_channel.h>
#include <public/physdev.h>

typedef xen_guest_handle_t arg_t;

#define MSI_VECTORS_MAX 32 /* of one function: PCI 3.0, 6.8.1.3 */
#define PCI_SBDF(seg, bus, devfn) ((uint32_t)(seg) << 16 | (uint32_t)(bus) << 8 | (devfn))

/* --- interrupts ------------------------------------------------------------------------------- */
static long op_eoi(arg_t arg)
{
    struct physdev_eoi eoi;

    if (copy_from_guest(&eoi, arg))
        return -XEN_EFAULT;
    if (eoi.irq >= NR_IRQS)
        return -XEN_EINVAL;
    pirq_guest_eoi(current->domain, eoi.irq);
    return 0;
}

static long op_unmask_notify(arg_t arg)
{
    (void)arg;
    for (unsigned i = 0; i < NR_IRQS; i++)
        pirq_guest_eoi(current->domain, i);
    return 0;
}

static long op_irq_status_query(arg_t arg)
{
    struct physdev_irq_status_query q;
    bool eoi;
    int rc;

    if (copy_from_guest(&q, arg))
        return -XEN_EFAULT;
    rc = pirq_status(current->domain, q.irq, &eoi);
    if (rc)
        return rc;
    q.flags = eoi ? XENIRQSTAT_needs_eoi : 0;
    return copy_to_guest(arg, &q) ? -XEN_EFAULT : 0;
}

static long op_pirq_eoi_gmfn(arg_t arg)
{
    struct physdev_pirq_eoi_gmfn g;

    if (copy_from_guest(&g, arg))
        return -XEN_EFAULT;
    return pirq_set_eoi_map(current->domain, gfn(g.gmfn));
}

static long op_alloc_irq_vector(arg_t arg)
{
    struct physdev_irq irq;
    int rc;

    if (copy_from_guest(&irq, arg))
        return -XEN_EFAULT;
    rc = pirq_vector(current->domain, irq.irq);
    if (rc < 0)
        return rc;
    irq.vector = rc;
    return copy_to_guest(arg, &irq) ? -XEN_EFAULT : 0;
}

static long op_free_irq_vector(arg_t arg)
{
    struct physdev_irq irq;

    /* vectors go with the interrupt; there is nothing to give back by hand */
    return copy_from_guest(&irq, arg) ? -XEN_EFAULT : 0;
}

static long op_apic_read(arg_t arg)
{
    struct physdev_apic apic;
    int rc;

    if (copy_from_guest(&apic, arg))
        return -XEN_EFAULT;
    rc = ioapic_read_reg(apic.apic_physbase, apic.reg, &apic.value);
    if (rc)
        return rc;
    return copy_to_guest(arg, &apic) ? -XEN_EFAULT : 0;
}

static long op_apic_write(arg_t arg)
{
    struct physdev_apic apic;
    uint32_t value;

    /* routing is the hypervisor's; setup_gsi says what a domain may say. A write that changes
     * nothing is let pass. */
    if (copy_from_guest(&apic, arg))
        return -XEN_EFAULT;
    if (ioapic_read_reg(apic.apic_physbase, apic.reg, &value))
        return -XEN_EINVAL;
    return value == apic.value ? 0 : -XEN_EPERM;
}

static long op_setup_gsi(arg_t arg)
{
    struct physdev_setup_gsi s;
    int rc;

    if (copy_from_guest(&s, arg))
        return -XEN_EFAULT;
    if (s.gsi < 0 || s.triggering > 1 || s.polarity > 1)
        return -XEN_EINVAL;
    rc = gsi_setup(s.gsi, s.triggering, s.polarity);
    if (!rc)
        pirq_refresh_eoi(current->domain, s.gsi);
    return rc;
}

static long map_msi(struct domain *d, struct physdev_map_pirq *m)
{
    struct msi_request req = { .entry = m->entry_nr, .table_base = m->table_base };
    unsigned segment = m->type == MAP_PIRQ_TYPE_MSI ? 0 : (uint32_t)m->bus >> 16;

    if (m->devfn < 0 || m->devfn > 0xff || m->entry_nr < 0)
        return -XEN_EINVAL;
    if (m->type == MAP_PIRQ_TYPE_MULTI_MSI) {
        req.entry = 0;
        if (m->entry_nr < 1 || m->entry_nr > MSI_VECTORS_MAX)
            return -XEN_EDOM;
        /*
         * As Xen without interrupt remapping: the vectors of one MSI share address and upper data
         * bits, so they could not be moved to CPUs one by one. Drivers then take one vector.
         */
        if (m->entry_nr > 1)
            return -XEN_EOPNOTSUPP;
    }
    req.sbdf = PCI_SBDF(segment, m->bus & 0xff, m->devfn);
    return pirq_map_msi(d, &req, m->pirq);
}

static long op_map_pirq(arg_t arg)
{
    struct physdev_map_pirq m;
    struct domain *d;
    long rc;

    if (copy_from_guest(&m, arg))
        return -XEN_EFAULT;
    d = domain_lookup(m.domid);
    if (!d)
        return -XEN_ESRCH;
    if (d != current->domain && policy_control(current->domain, d))
        return -XEN_EPERM;

    switch (m.type) {
    case MAP_PIRQ_TYPE_GSI:
        rc = m.index < 0 ? -XEN_EINVAL : pirq_map_gsi(d, m.index, m.pirq);
        break;
    case MAP_PIRQ_TYPE_MSI:
    case MAP_PIRQ_TYPE_MSI_SEG:
    case MAP_PIRQ_TYPE_MULTI_MSI:
        rc = map_msi(d, &m);
        break;
    default:
        return -XEN_EINVAL;
    }
    if (rc < 0)
        return rc;
    m.pirq = rc;
    if (!copy_to_guest(arg, &m))
        return 0;
    pirq_unmap(d, m.pirq);
    return -XEN_EFAULT;
}

static long op_unmap_pirq(arg_t arg)
{
    struct physdev_unmap_pirq u;
    struct domain *d;

    if (copy_from_guest(&u, arg))
        return -XEN_EFAULT;
    d = domain_lookup(u.domid);
    if (!d)
        return -XEN_ESRCH;
    if (d != current->domain && policy_control(current->domain, d))
        return -XEN_EPERM;
    return u.pirq < 0 ? -XEN_EINVAL : pirq_unmap(d, u.pirq);
}

static long op_get_free_pirq(arg_t arg)
{
    struct physdev_get_free_pirq f;
    int pirq;

    if (copy_from_guest(&f, arg))
        return -XEN_EFAULT;
    pirq = pirq_reserve(current->domain);
    if (pirq < 0)
        return pirq;
    f.pirq = pirq;
    return copy_to_guest(arg, &f) ? -XEN_EFAULT : 0;
}

/* --- I/O privilege ---------------------------------------------------------------------------- */
static long op_set_iopl(arg_t arg)
{
    struct physdev_set_iopl s;

    if (copy_from_guest(&s, arg))
        return -XEN_EFAULT;
    return pv_set_iopl(current, s.iopl);
}

static long op_set_iobitmap(arg_t arg)
{
    struct physdev_set_iobitmap s;

    if (copy_from_guest(&s, arg))
        return -XEN_EFAULT;
    return pv_set_iobitmap(current, s.bitmap.addr, s.nr_ports);
}

/* --- PCI -------------------------------------------------------------------------------------- */
/* Devices are looked up in configuration space whenever they are used; announcing one only has to
 * be true. */
static long device_added(uint32_t sbdf) { return pci_exists(sbdf) ? 0 : -XEN_ENODEV; }

static long device_removed(uint32_t sbdf) { return msi_in_use(sbdf) ? -XEN_EBUSY : 0; }

static long op_manage_pci_add(arg_t arg)
{
    struct physdev_manage_pci p;

    return copy_from_guest(&p, arg) ? -XEN_EFAULT : device_added(PCI_SBDF(0, p.bus, p.devfn));
}

static long op_manage_pci_add_ext(arg_t arg)
{
    struct physdev_manage_pci_ext p;

    return copy_from_guest(&p, arg) ? -XEN_EFAULT : device_added(PCI_SBDF(0, p.bus, p.devfn));
}

static long op_manage_pci_remove(arg_t arg)
{
    struct physdev_manage_pci p;

    return copy_from_guest(&p, arg) ? -XEN_EFAULT : device_removed(PCI_SBDF(0, p.bus, p.devfn));
}

static long op_pci_device_add(arg_t arg)
{
    struct physdev_pci_device_add p;

    return copy_from_guest(&p, arg) ? -XEN_EFAULT : device_added(PCI_SBDF(p.seg, p.bus, p.devfn));
}

static long op_pci_device_remove(arg_t arg)
{
    struct physdev_pci_device p;

    return copy_from_guest(&p, arg) ? -XEN_EFAULT : device_removed(PCI_SBDF(p.seg, p.bus, p.devfn));
}

static long op_restore_msi(arg_t arg)
{
    struct physdev_restore_msi p;

    return copy_from_guest(&p, arg) ? -XEN_EFAULT : msi_restore(PCI_SBDF(0, p.bus, p.devfn));
}

static long op_restore_msi_ext(arg_t arg)
{
    struct physdev_pci_device p;

    return copy_from_guest(&p, arg) ? -XEN_EFAULT : msi_restore(PCI_SBDF(p.seg, p.bus, p.devfn));
}

/* A device is about to be given to a guest, or comes back: its interrupts must be free. */
static long op_msix(arg_t arg)
{
    struct physdev_pci_device p;
    uint32_t sbdf;

    if (copy_from_guest(&p, arg))
        return -XEN_EFAULT;
    sbdf = PCI_SBDF(p.seg, p.bus, p.devfn);
    if (!pci_exists(sbdf) || !pci_find_cap(sbdf, PCI_CAP_MSIX))
        return -XEN_ENODEV;
    return msi_in_use(sbdf) ? -XEN_EBUSY : 0;
}

static long op_pci_mmcfg_reserved(arg_t arg)
{
    struct physdev_pci_mmcfg_reserved m;

    if (copy_from_guest(&m, arg))
        return -XEN_EFAULT;
    if (!(m.flags & XEN_PCI_MMCFG_RESERVED))
        return 0; /* what the firmware does not reserve is not used */
    return pci_add_mmcfg(m.address, m.segment, m.start_bus, m.end_bus);
}

/* --- the table -------------------------------------------------------------------------------- */
static const struct {
    long (*handler)(arg_t arg);
    bool hardware; /* only for the domain that drives the hardware */
} ops[] = {
    [PHYSDEVOP_IRQ_UNMASK_NOTIFY] = { op_unmask_notify, false },
    [PHYSDEVOP_irq_status_query] = { op_irq_status_query, false },
    [PHYSDEVOP_set_iopl] = { op_set_iopl, false },
    [PHYSDEVOP_set_iobitmap] = { op_set_iobitmap, false },
    [PHYSDEVOP_apic_read] = { op_apic_read, true },
    [PHYSDEVOP_apic_write] = { op_apic_write, true },
    [PHYSDEVOP_alloc_irq_vector] = { op_alloc_irq_vector, true },
    [PHYSDEVOP_free_irq_vector] = { op_free_irq_vector, true },
    [PHYSDEVOP_eoi] = { op_eoi, false },
    [PHYSDEVOP_map_pirq] = { op_map_pirq, true },
    [PHYSDEVOP_unmap_pirq] = { op_unmap_pirq, true },
    [PHYSDEVOP_manage_pci_add] = { op_manage_pci_add, true },
    [PHYSDEVOP_manage_pci_remove] = { op_manage_pci_remove, true },
    [PHYSDEVOP_manage_pci_add_ext] = { op_manage_pci_add_ext, true },
    [PHYSDEVOP_restore_msi] = { op_restore_msi, true },
    [PHYSDEVOP_setup_gsi] = { op_setup_gsi, true },
    [PHYSDEVOP_get_free_pirq] = { op_get_free_pirq, true },
    [PHYSDEVOP_pci_mmcfg_reserved] = { op_pci_mmcfg_reserved, true },
    [PHYSDEVOP_pci_device_add] = { op_pci_device_add, true },
    [PHYSDEVOP_pci_device_remove] = { op_pci_device_remove, true },
    [PHYSDEVOP_restore_msi_ext] = { op_restore_msi_ext, true },
    [PHYSDEVOP_pirq_eoi_gmfn_v2] = { op_pirq_eoi_gmfn, false },
    [PHYSDEVOP_prepare_msix] = { op_msix, true },
    [PHYSDEVOP_release_msix] = { op_msix, true },
};

long do_physdev_op(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    (void)a3, (void)a4, (void)a5, (void)a6;
    if (cmd >= ARRAY_SIZE(ops) || !ops[cmd].handler)
        return -XEN_ENOSYS;
    if (ops[cmd].hardware && policy_hardware(current->domain))
        return -XEN_EPERM;
    return ops[cmd].handler((arg_t){ .addr = arg });
}

/** The old form: the command stands before its argument in memory. */
long do_physdev_op_compat(uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                          uint64_t a6)
{
    uint32_t cmd;

    if (copy_from_guest_va(&cmd, arg, sizeof(cmd)))
        return -XEN_EFAULT;
    switch (cmd) {
    case PHYSDEVOP_IRQ_UNMASK_NOTIFY:
    case PHYSDEVOP_irq_status_query:
    case PHYSDEVOP_set_iopl:
    case PHYSDEVOP_set_iobitmap:
    case PHYSDEVOP_apic_read:
    case PHYSDEVOP_apic_write:
    case PHYSDEVOP_alloc_irq_vector:
    case PHYSDEVOP_free_irq_vector:
        return do_physdev_op(cmd, arg + offsetof(struct physdev_op, u), a2, a3, a4, a5);
    }
    (void)a6;
    return -XEN_ENOSYS;
}
