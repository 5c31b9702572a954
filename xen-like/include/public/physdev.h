/* SPDX-License-Identifier: MIT */
/*
 * physdev_op(cmd, arg): physical interrupts, I/O privilege and PCI devices of a domain that drives
 * hardware. A "pirq" is the domain's own number for a physical interrupt. -EPERM without the
 * privilege, -ENOSYS for an unknown command.
 */
#ifndef XEN_PUBLIC_PHYSDEV_H
#define XEN_PUBLIC_PHYSDEV_H

#include "xen.h"

#define PHYSDEVOP_IRQ_UNMASK_NOTIFY   4  /* old name of eoi, for all interrupts */
#define PHYSDEVOP_irq_status_query    5
#define PHYSDEVOP_set_iopl            6
#define PHYSDEVOP_set_iobitmap        7
#define PHYSDEVOP_apic_read           8
#define PHYSDEVOP_apic_write          9
#define PHYSDEVOP_alloc_irq_vector    10
#define PHYSDEVOP_free_irq_vector     11
#define PHYSDEVOP_eoi                 12
#define PHYSDEVOP_map_pirq            13
#define PHYSDEVOP_unmap_pirq          14
#define PHYSDEVOP_manage_pci_add      15
#define PHYSDEVOP_manage_pci_remove   16
#define PHYSDEVOP_pirq_eoi_gmfn_v1    17
#define PHYSDEVOP_restore_msi         19
#define PHYSDEVOP_manage_pci_add_ext  20
#define PHYSDEVOP_setup_gsi           21
#define PHYSDEVOP_get_free_pirq       23
#define PHYSDEVOP_pci_mmcfg_reserved  24
#define PHYSDEVOP_pci_device_add      25
#define PHYSDEVOP_pci_device_remove   26
#define PHYSDEVOP_restore_msi_ext     27
#define PHYSDEVOP_pirq_eoi_gmfn_v2    28
#define PHYSDEVOP_pirq_eoi_gmfn       PHYSDEVOP_pirq_eoi_gmfn_v2
#define PHYSDEVOP_dbgp_op             29
#define PHYSDEVOP_prepare_msix        30
#define PHYSDEVOP_release_msix        31

/* physdev_irq_status_query.flags */
#define _XENIRQSTAT_needs_eoi 0 /* PHYSDEVOP_eoi is due after each interrupt */
#define XENIRQSTAT_needs_eoi  (1U << _XENIRQSTAT_needs_eoi)
#define _XENIRQSTAT_shared    1 /* bound by several domains */
#define XENIRQSTAT_shared     (1U << _XENIRQSTAT_shared)

/* physdev_map_pirq.type */
#define MAP_PIRQ_TYPE_MSI       0x0
#define MAP_PIRQ_TYPE_GSI       0x1
#define MAP_PIRQ_TYPE_UNKNOWN   0x2
#define MAP_PIRQ_TYPE_MSI_SEG   0x3
#define MAP_PIRQ_TYPE_MULTI_MSI 0x4

/* physdev_pci_mmcfg_reserved.flags: firmware reserves the range. */
#define XEN_PCI_MMCFG_RESERVED 0x1

/* physdev_pci_device_add.flags */
#define XEN_PCI_DEV_EXTFN  0x1 /* extended function */
#define XEN_PCI_DEV_VIRTFN 0x2 /* virtual function; physfn is valid */
#define XEN_PCI_DEV_PXM    0x4 /* optarr[0] is the proximity domain */

/* physdev_dbgp_op: a reset of the EHCI debug port is coming, or over. */
#define PHYSDEVOP_DBGP_RESET_PREPARE 1
#define PHYSDEVOP_DBGP_RESET_DONE    2
#define PHYSDEVOP_DBGP_BUS_UNKNOWN   0
#define PHYSDEVOP_DBGP_BUS_PCI       1

#ifndef __ASSEMBLER__

/** The guest has served an interrupt. */
struct physdev_eoi {
    uint32_t irq; /* IN: pirq */
};
typedef struct physdev_eoi physdev_eoi_t;

/** Share a page with one bit per pirq: eoi is needed. v2 does not unmask on eoi, v1 does. */
struct physdev_pirq_eoi_gmfn {
    xen_pfn_t gmfn; /* IN: guest frame */
};
typedef struct physdev_pirq_eoi_gmfn physdev_pirq_eoi_gmfn_t;

/** How a pirq is to be handled. */
struct physdev_irq_status_query {
    uint32_t irq;   /* IN: pirq */
    uint32_t flags; /* OUT: XENIRQSTAT_* */
};
typedef struct physdev_irq_status_query physdev_irq_status_query_t;

/** I/O privilege level of the calling vcpu. */
struct physdev_set_iopl {
    uint32_t iopl; /* IN: 0 to 3 */
};
typedef struct physdev_set_iopl physdev_set_iopl_t;

/** I/O permission bitmap of user mode: one bit per port, 0 allows. */
struct physdev_set_iobitmap {
    xen_guest_handle_t bitmap; /* IN */
    uint32_t nr_ports;         /* IN: at most 65536 */
};
typedef struct physdev_set_iobitmap physdev_set_iobitmap_t;

/** Read or write an IO-APIC register. */
struct physdev_apic {
    uint64_t apic_physbase; /* IN: physical address of the IO-APIC */
    uint32_t reg;           /* IN */
    uint32_t value;         /* IN for write, OUT for read */
};
typedef struct physdev_apic physdev_apic_t;

/** Allocate a vector for a line interrupt. */
struct physdev_irq {
    uint32_t irq;    /* IN */
    uint32_t vector; /* OUT */
};
typedef struct physdev_irq physdev_irq_t;

/** Map a line interrupt or an MSI to a pirq of domid. */
struct physdev_map_pirq {
    domid_t domid;       /* IN */
    int32_t type;        /* IN: MAP_PIRQ_TYPE_* */
    int32_t index;       /* IN: GSI */
    int32_t pirq;        /* IN/OUT: negative: choose one */
    int32_t bus;         /* IN: PCI bus, segment << 16 for MSI_SEG and MULTI_MSI */
    int32_t devfn;       /* IN */
    int32_t entry_nr;    /* IN: MSI-X entry; IN/OUT: number of vectors for MULTI_MSI */
    uint64_t table_base; /* IN: physical address of the MSI-X table, 0 for MSI */
};
typedef struct physdev_map_pirq physdev_map_pirq_t;

/** Undo map_pirq. */
struct physdev_unmap_pirq {
    domid_t domid; /* IN */
    int32_t pirq;  /* IN */
};
typedef struct physdev_unmap_pirq physdev_unmap_pirq_t;

/** Tell of a PCI device of segment 0 (add, remove). */
struct physdev_manage_pci {
    uint8_t bus;   /* IN */
    uint8_t devfn; /* IN */
};
typedef struct physdev_manage_pci physdev_manage_pci_t;

/** Write back the MSI registers of a device of segment 0, after a reset. */
struct physdev_restore_msi {
    uint8_t bus;   /* IN */
    uint8_t devfn; /* IN */
};
typedef struct physdev_restore_msi physdev_restore_msi_t;

/** As physdev_manage_pci, with what kind of function it is. */
struct physdev_manage_pci_ext {
    uint8_t bus;        /* IN */
    uint8_t devfn;      /* IN */
    uint32_t is_extfn;  /* IN */
    uint32_t is_virtfn; /* IN */
    struct {
        uint8_t bus;
        uint8_t devfn;
    } physfn; /* IN */
};
typedef struct physdev_manage_pci_ext physdev_manage_pci_ext_t;

/** Trigger mode and polarity of a line, as ACPI gives them. */
struct physdev_setup_gsi {
    int32_t gsi;        /* IN */
    uint8_t triggering; /* IN: 0 edge, 1 level */
    uint8_t polarity;   /* IN: 0 high, 1 low */
};
typedef struct physdev_setup_gsi physdev_setup_gsi_t;

/** A pirq that is not in use; it stays reserved. */
struct physdev_get_free_pirq {
    int32_t type;  /* IN: MAP_PIRQ_TYPE_GSI or MSI */
    uint32_t pirq; /* OUT */
};
typedef struct physdev_get_free_pirq physdev_get_free_pirq_t;

/** Where the configuration space of a range of buses is mapped, and whether to trust it. */
struct physdev_pci_mmcfg_reserved {
    uint64_t address; /* IN: physical */
    uint16_t segment; /* IN */
    uint8_t start_bus; /* IN */
    uint8_t end_bus;  /* IN */
    uint32_t flags;   /* IN: XEN_PCI_MMCFG_* */
};
typedef struct physdev_pci_mmcfg_reserved physdev_pci_mmcfg_reserved_t;

/** Tell of a PCI device. */
struct physdev_pci_device_add {
    uint16_t seg;   /* IN */
    uint8_t bus;    /* IN */
    uint8_t devfn;  /* IN */
    uint32_t flags; /* IN: XEN_PCI_DEV_* */
    struct {
        uint8_t bus;
        uint8_t devfn;
    } physfn;          /* IN */
    uint32_t optarr[]; /* IN: as flags say */
};
typedef struct physdev_pci_device_add physdev_pci_device_add_t;

/** A PCI device: IN of pci_device_remove, restore_msi_ext, prepare_msix, release_msix. */
struct physdev_pci_device {
    uint16_t seg;
    uint8_t bus;
    uint8_t devfn;
};
typedef struct physdev_pci_device physdev_pci_device_t;

/** See PHYSDEVOP_DBGP_*. */
struct physdev_dbgp_op {
    uint8_t op;  /* IN */
    uint8_t bus; /* IN */
    union {
        physdev_pci_device_t pci;
    } u; /* IN */
};
typedef struct physdev_dbgp_op physdev_dbgp_op_t;

/** Argument of the old call physdev_op_compat, which has the command inside. */
struct physdev_op {
    uint32_t cmd;
    union {
        physdev_irq_status_query_t irq_status_query;
        physdev_set_iopl_t set_iopl;
        physdev_set_iobitmap_t set_iobitmap;
        physdev_apic_t apic_op;
        physdev_irq_t irq_op;
    } u;
};
typedef struct physdev_op physdev_op_t;

#endif /* !__ASSEMBLER__ */
#endif
