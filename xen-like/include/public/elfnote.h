/* SPDX-License-Identifier: MIT */
/*
 * ELF notes (name "Xen") by which a kernel tells how it wants to be loaded and started. Numeric
 * notes hold 4 or 8 bytes, strings are zero-terminated.
 */
#ifndef XEN_PUBLIC_ELFNOTE_H
#define XEN_PUBLIC_ELFNOTE_H

#define XEN_ELFNOTE_INFO               0  /* free text */
#define XEN_ELFNOTE_ENTRY              1  /* linear address of the first instruction (PV) */
#define XEN_ELFNOTE_HYPERCALL_PAGE     2  /* linear address of the page to fill in */
#define XEN_ELFNOTE_VIRT_BASE          3  /* linear address that physical 0 is mapped at */
#define XEN_ELFNOTE_PADDR_OFFSET       4  /* subtract from ELF physical addresses */
#define XEN_ELFNOTE_XEN_VERSION        5  /* string: interface, "xen-3.0" */
#define XEN_ELFNOTE_GUEST_OS           6  /* string */
#define XEN_ELFNOTE_GUEST_VERSION      7  /* string */
#define XEN_ELFNOTE_LOADER             8  /* string: loader to use, "generic" */
#define XEN_ELFNOTE_PAE_MODE           9  /* string: "yes", "no", "bimodal" (32 bit) */
#define XEN_ELFNOTE_FEATURES           10 /* string: names, | between, ! in front: required */
#define XEN_ELFNOTE_BSD_SYMTAB         11 /* string: "yes": load the symbol table */
#define XEN_ELFNOTE_HV_START_LOW       12 /* lowest address the hypervisor may use */
#define XEN_ELFNOTE_L1_MFN_VALID       13 /* pairs of mask and value of a valid L1 entry */
#define XEN_ELFNOTE_SUSPEND_CANCEL     14 /* number: 1: suspend returns 1 when cancelled */
#define XEN_ELFNOTE_INIT_P2M           15 /* linear address to map the pfn-to-mfn list at */
#define XEN_ELFNOTE_MOD_START_PFN      16 /* number: 1: the module may stay unmapped */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17 /* number: bits XENFEAT_* */
#define XEN_ELFNOTE_PHYS32_ENTRY       18 /* physical address of the 32-bit entry (PVH) */
#define XEN_ELFNOTE_MAX                XEN_ELFNOTE_PHYS32_ENTRY

/* In crash dumps. */
#define XEN_ELFNOTE_CRASH_INFO 0x1000001
#define XEN_ELFNOTE_CRASH_REGS 0x1000002

/* In core dumps of a domain. */
#define XEN_ELFNOTE_DUMPCORE_NONE           0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER         0x2000001
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION    0x2000002
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION 0x2000003

#endif
