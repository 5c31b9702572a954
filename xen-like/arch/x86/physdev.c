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

/* What the commands take, copied in and, if the row says so, back by do_physdev_op. */
union physdev_arg {
    struct physdev_irq_status_query status;
    struct physdev_set_iopl iopl;
    struct physdev_set_iobitmap iobitmap;
    struct physdev_apic apic;
    struct physdev_irq irq;
    struct physdev_eoi eoi;
    struct physdev_pirq_eoi_gmfn eoi_gmfn;
    struct physdev_setup_gsi gsi;
    struct physdev_map_pirq map;
    struct physdev_unmap_pirq unmap;
    struct physdev_get_free_pirq free_pirq;
    struct physdev_manage_pci pci;
    struct physdev_manage_pci_ext pci_ext;
    struct physdev_pci_device device;
    struct physdev_pci_device_add device_add;
    struct physdev_restore_msi msi;
    struct physdev_pci_mmcfg_reserved mmcfg;
};

#define MADE 1 /* a handler's success that its row can undo */
#define MSI_VECTORS_MAX 32 /* of one function: PCI 3.0, 6.8.1.3 */
#define PCI_SBDF(seg, bus, devfn) ((uint32_t)(seg) << 16 | (uint32_t)(bus) << 8 | (devfn))

/* --- interrupts ------------------------------------------------------------------------------- */
static long op_eoi(union physdev_arg *a)
{
    if (a->eoi.irq >= NR_IRQS)
        return -XEN_EINVAL;
    pirq_guest_eoi(current->domain, a->eoi.irq);
    return 0;
}

static long op_unmask_notify(union physdev_arg *a)
{
    for (unsigned i = 0; i < NR_IRQS; i++)
        pirq_guest_eoi(current->domain, i);
    return 0;
}

static long op_irq_status_query(union physdev_arg *a)
{
    bool eoi;
    int rc = pirq_status(current->domain, a->status.irq, &eoi);

    if (!rc)
        a->status.flags = eoi ? XENIRQSTAT_needs_eoi : 0;
    return rc;
}

static long op_pirq_eoi_gmfn(union physdev_arg *a)
{
    return pirq_set_eoi_map(current->domain, gfn(a->eoi_gmfn.gmfn));
}

static long op_alloc_irq_vector(union physdev_arg *a)
{
    int rc = pirq_vector(current->domain, a->irq.irq);

    if (rc < 0)
        return rc;
    a->irq.vector = rc;
    return 0;
}

/* Vectors go with the interrupt; there is nothing to give back by hand. */
static long op_free_irq_vector(union physdev_arg *a) { return 0; }

static long op_apic_read(union physdev_arg *a)
{
    return ioapic_read_reg(a->apic.apic_physbase, a->apic.reg, &a->apic.value);
}

/*
 * Routing is the hypervisor's; setup_gsi says what a domain may say. A write that changes nothing
 * is let pass.
 */
static long op_apic_write(union physdev_arg *a)
{
    uint32_t value;

    if (ioapic_read_reg(a->apic.apic_physbase, a->apic.reg, &value))
        return -XEN_EINVAL;
    return value == a->apic.value ? 0 : -XEN_EPERM;
}

static long op_setup_gsi(union physdev_arg *a)
{
    int rc;

    if (a->gsi.gsi < 0 || a->gsi.triggering > 1 || a->gsi.polarity > 1)
        return -XEN_EINVAL;
    rc = gsi_setup(a->gsi.gsi, a->gsi.triggering, a->gsi.polarity);
    if (!rc)
        pirq_refresh_eoi(current->domain, a->gsi.gsi);
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

static long op_map_pirq(union physdev_arg *a)
{
    struct physdev_map_pirq *m = &a->map;
    struct domain *d;
    bool made = true;
    long rc = policy_target(m->domid, policy_pirq, &d);

    if (rc)
        return rc;
    switch (m->type) {
    case MAP_PIRQ_TYPE_GSI:
        rc = m->index < 0 ? -XEN_EINVAL : pirq_map_gsi(d, m->index, m->pirq, &made);
        break;
    case MAP_PIRQ_TYPE_MSI:
    case MAP_PIRQ_TYPE_MSI_SEG:
    case MAP_PIRQ_TYPE_MULTI_MSI:
        rc = map_msi(d, m);
        break;
    default:
        return -XEN_EINVAL;
    }
    if (rc < 0)
        return rc;
    m->pirq = rc;
    return made ? MADE : 0;
}

static void undo_map_pirq(const union physdev_arg *a)
{
    struct domain *d;

    if (!policy_target(a->map.domid, policy_pirq, &d))
        pirq_unmap(d, a->map.pirq);
}

static long op_unmap_pirq(union physdev_arg *a)
{
    struct domain *d;
    int rc = policy_target(a->unmap.domid, policy_pirq, &d);

    if (rc)
        return rc;
    return a->unmap.pirq < 0 ? -XEN_EINVAL : pirq_unmap(d, a->unmap.pirq);
}

static long op_get_free_pirq(union physdev_arg *a)
{
    int pirq = pirq_reserve(current->domain);

    if (pirq < 0)
        return pirq;
    a->free_pirq.pirq = pirq;
    return MADE;
}

static void undo_free_pirq(const union physdev_arg *a)
{
    pirq_unmap(current->domain, a->free_pirq.pirq);
}

/* --- I/O privilege ---------------------------------------------------------------------------- */
static long op_set_iopl(union physdev_arg *a) { return pv_set_iopl(current, a->iopl.iopl); }

static long op_set_iobitmap(union physdev_arg *a)
{
    return pv_set_iobitmap(current, a->iobitmap.bitmap.addr, a->iobitmap.nr_ports);
}

/* --- PCI -------------------------------------------------------------------------------------- */
/* Devices are looked up in configuration space whenever they are used; announcing one only has to
 * be true. */
static long device_added(uint32_t sbdf) { return pci_exists(sbdf) ? 0 : -XEN_ENODEV; }

static long device_removed(uint32_t sbdf) { return msi_in_use(sbdf) ? -XEN_EBUSY : 0; }

static long op_manage_pci_add(union physdev_arg *a)
{
    return device_added(PCI_SBDF(0, a->pci.bus, a->pci.devfn));
}

static long op_manage_pci_add_ext(union physdev_arg *a)
{
    return device_added(PCI_SBDF(0, a->pci_ext.bus, a->pci_ext.devfn));
}

static long op_manage_pci_remove(union physdev_arg *a)
{
    return device_removed(PCI_SBDF(0, a->pci.bus, a->pci.devfn));
}

static long op_pci_device_add(union physdev_arg *a)
{
    return device_added(PCI_SBDF(a->device_add.seg, a->device_add.bus, a->device_add.devfn));
}

static uint32_t sbdf_of(const struct physdev_pci_device *p)
{
    return PCI_SBDF(p->seg, p->bus, p->devfn);
}

static long op_pci_device_remove(union physdev_arg *a)
{
    return device_removed(sbdf_of(&a->device));
}

static long op_restore_msi(union physdev_arg *a)
{
    return msi_restore(PCI_SBDF(0, a->msi.bus, a->msi.devfn));
}

static long op_restore_msi_ext(union physdev_arg *a) { return msi_restore(sbdf_of(&a->device)); }

/* A device is about to be given to a guest, or comes back: its interrupts must be free. */
static long op_msix(union physdev_arg *a)
{
    uint32_t sbdf = sbdf_of(&a->device);

    if (!pci_exists(sbdf) || !pci_find_cap(sbdf, PCI_CAP_MSIX))
        return -XEN_ENODEV;
    return msi_in_use(sbdf) ? -XEN_EBUSY : 0;
}

static long op_pci_mmcfg_reserved(union physdev_arg *a)
{
    if (!(a->mmcfg.flags & XEN_PCI_MMCFG_RESERVED))
        return 0; /* what the firmware does not reserve is not used */
    return pci_add_mmcfg(a->mmcfg.address, a->mmcfg.segment, a->mmcfg.start_bus, a->mmcfg.end_bus);
}

/* --- the table -------------------------------------------------------------------------------- */
#define HARDWARE 1 /* only for the domain that drives the hardware */
#define ANSWERS  2 /* the argument goes back */
#define BYTES(member) sizeof(((union physdev_arg *)0)->member)

static const struct physdev_row {
    long (*handler)(union physdev_arg *a); /* 0, MADE or -errno */
    uint8_t bytes, flags;
    void (*undo)(const union physdev_arg *a); /* what was made, when nobody can be told */
} rows[] = {
    [PHYSDEVOP_IRQ_UNMASK_NOTIFY] = { op_unmask_notify, 0, 0 },
    [PHYSDEVOP_irq_status_query] = { op_irq_status_query, BYTES(status), ANSWERS },
    [PHYSDEVOP_set_iopl] = { op_set_iopl, BYTES(iopl), 0 },
    [PHYSDEVOP_set_iobitmap] = { op_set_iobitmap, BYTES(iobitmap), 0 },
    [PHYSDEVOP_apic_read] = { op_apic_read, BYTES(apic), HARDWARE | ANSWERS },
    [PHYSDEVOP_apic_write] = { op_apic_write, BYTES(apic), HARDWARE },
    [PHYSDEVOP_alloc_irq_vector] = { op_alloc_irq_vector, BYTES(irq), HARDWARE | ANSWERS },
    [PHYSDEVOP_free_irq_vector] = { op_free_irq_vector, BYTES(irq), HARDWARE },
    [PHYSDEVOP_eoi] = { op_eoi, BYTES(eoi), 0 },
    [PHYSDEVOP_map_pirq] = { op_map_pirq, BYTES(map), HARDWARE | ANSWERS, undo_map_pirq },
    [PHYSDEVOP_unmap_pirq] = { op_unmap_pirq, BYTES(unmap), HARDWARE },
    [PHYSDEVOP_manage_pci_add] = { op_manage_pci_add, BYTES(pci), HARDWARE },
    [PHYSDEVOP_manage_pci_remove] = { op_manage_pci_remove, BYTES(pci), HARDWARE },
    [PHYSDEVOP_manage_pci_add_ext] = { op_manage_pci_add_ext, BYTES(pci_ext), HARDWARE },
    [PHYSDEVOP_restore_msi] = { op_restore_msi, BYTES(msi), HARDWARE },
    [PHYSDEVOP_setup_gsi] = { op_setup_gsi, BYTES(gsi), HARDWARE },
    [PHYSDEVOP_get_free_pirq] = { op_get_free_pirq, BYTES(free_pirq), HARDWARE | ANSWERS,
                                  undo_free_pirq },
    [PHYSDEVOP_pci_mmcfg_reserved] = { op_pci_mmcfg_reserved, BYTES(mmcfg), HARDWARE },
    [PHYSDEVOP_pci_device_add] = { op_pci_device_add, BYTES(device_add), HARDWARE },
    [PHYSDEVOP_pci_device_remove] = { op_pci_device_remove, BYTES(device), HARDWARE },
    [PHYSDEVOP_restore_msi_ext] = { op_restore_msi_ext, BYTES(device), HARDWARE },
    [PHYSDEVOP_pirq_eoi_gmfn_v2] = { op_pirq_eoi_gmfn, BYTES(eoi_gmfn), 0 },
    [PHYSDEVOP_prepare_msix] = { op_msix, BYTES(device), HARDWARE },
    [PHYSDEVOP_release_msix] = { op_msix, BYTES(device), HARDWARE },
};

long do_physdev_op(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    const struct physdev_row *row;
    union physdev_arg a;
    long rc;

    if (cmd >= ARRAY_SIZE(rows) || !rows[cmd].handler)
        return -XEN_ENOSYS;
    row = &rows[cmd];
    if ((row->flags & HARDWARE) && policy_hardware(current->domain))
        return -XEN_EPERM;
    if (copy_from_guest_va(&a, arg, row->bytes))
        return -XEN_EFAULT;
    rc = row->handler(&a);
    if (rc < 0 || !(row->flags & ANSWERS))
        return rc;
    if (!copy_to_guest_va(arg, &a, row->bytes))
        return 0;
    if (rc == MADE)
        row->undo(&a);
    return -XEN_EFAULT;
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
    return -XEN_ENOSYS;
}
