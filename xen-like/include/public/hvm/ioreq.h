/* SPDX-License-Identifier: MIT */
/*
 * Requests of the hypervisor to a device model (ioreq server): one slot per vcpu for requests that
 * the vcpu waits for, and a ring of buffered writes that it does not.
 *
 * Slot: the hypervisor fills it, state READY, sends vp_eport; the server takes it INPROCESS, does
 * it, state IORESP_READY, sends vp_eport.
 */
#ifndef XEN_PUBLIC_HVM_IOREQ_H
#define XEN_PUBLIC_HVM_IOREQ_H

/* ioreq.dir */
#define IOREQ_WRITE 0
#define IOREQ_READ  1

/* ioreq.state */
#define STATE_IOREQ_NONE      0
#define STATE_IOREQ_READY     1
#define STATE_IOREQ_INPROCESS 2
#define STATE_IORESP_READY    3

/* ioreq.type */
#define IOREQ_TYPE_PIO        0
#define IOREQ_TYPE_COPY       1 /* memory */
#define IOREQ_TYPE_PCI_CONFIG 2 /* addr: segment 63:48, bus 47:40, devfn 39:32, offset 31:0 */
#define IOREQ_TYPE_TIMEOFFSET 7 /* data: seconds that the guest moved its clock by */
#define IOREQ_TYPE_INVALIDATE 8 /* drop cached mappings of guest memory */

/** Entries of the buffered ring. */
#define IOREQ_BUFFER_SLOT_NUM 511

/* ACPI registers of an HVM guest, by HVM_PARAM_ACPI_IOPORTS_LOCATION. */
#define ACPI_PM1A_EVT_BLK_ADDRESS_V0 0x1f40
#define ACPI_PM1A_CNT_BLK_ADDRESS_V0 (ACPI_PM1A_EVT_BLK_ADDRESS_V0 + 0x04)
#define ACPI_PM_TMR_BLK_ADDRESS_V0   (ACPI_PM1A_EVT_BLK_ADDRESS_V0 + 0x08)
#define ACPI_GPE0_BLK_ADDRESS_V0     (ACPI_PM_TMR_BLK_ADDRESS_V0 + 0x20)
#define ACPI_GPE0_BLK_LEN_V0         0x08
#define ACPI_PM1A_EVT_BLK_ADDRESS_V1 0xb000
#define ACPI_PM1A_CNT_BLK_ADDRESS_V1 (ACPI_PM1A_EVT_BLK_ADDRESS_V1 + 0x04)
#define ACPI_PM_TMR_BLK_ADDRESS_V1   (ACPI_PM1A_EVT_BLK_ADDRESS_V1 + 0x08)
#define ACPI_GPE0_BLK_ADDRESS_V1     0xafe0
#define ACPI_GPE0_BLK_LEN_V1         0x04

#ifndef __ASSEMBLER__

#include <stdint.h>

struct ioreq {
    uint64_t addr;     /* port, physical address or PCI register */
    uint64_t data;     /* value, or guest physical address of values */
    uint32_t count;    /* repetitions */
    uint32_t size;     /* bytes of each */
    uint32_t vp_eport; /* event channel of this slot */
    uint16_t _pad0;
    uint8_t state:4;
    uint8_t data_is_ptr:1;
    uint8_t dir:1;
    uint8_t df:1;      /* repetitions go downwards */
    uint8_t _pad1:1;
    uint8_t type;
};
typedef struct ioreq ioreq_t;

struct shared_iopage {
    struct ioreq vcpu_ioreq[1]; /* one per vcpu */
};
typedef struct shared_iopage shared_iopage_t;

/** A buffered write of up to 8 bytes below 1 MiB; 8 bytes take two entries. */
struct buf_ioreq {
    uint8_t type;
    uint8_t pad:1;
    uint8_t dir:1;
    uint8_t size:2; /* log2 of bytes */
    uint32_t addr:20;
    uint32_t data;
};
typedef struct buf_ioreq buf_ioreq_t;

/** Indices run freely, modulo IOREQ_BUFFER_SLOT_NUM. */
struct buffered_iopage {
    uint32_t read_pointer;
    uint32_t write_pointer;
    buf_ioreq_t buf_ioreq[IOREQ_BUFFER_SLOT_NUM];
};
typedef struct buffered_iopage buffered_iopage_t;

#endif /* !__ASSEMBLER__ */
#endif
