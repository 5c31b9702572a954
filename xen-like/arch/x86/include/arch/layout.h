/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual memory layout. The ABI leaves L4 slots 256..271 (0xffff800000000000 - 0xffff87ffffffffff)
 * to the hypervisor; everything else belongs to PV guests. docs/memory-layout.md draws this. Also
 * included by assembly.
 */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#define HV_L4_FIRST 256 /* slots of every guest's L4 that the hypervisor fills in */
#define HV_L4_LAST  271

#define HV_VIRT_START 0xffff800000000000
#define HV_VIRT_END   0xffff880000000000

/* slot 256: machine-to-physical table, readable by guests (ABI: MACH2PHYS_VIRT_START) */
#define RO_M2P_START  0xffff800000000000
#define RO_M2P_L4     256
/* slot 257: PCI configuration space and other device memory mapped by the hypervisor (uncached) */
#define IOMAP_START   0xffff808000000000
#define IOMAP_END     0xffff80ffffffffff
#define IOMAP_L4      257
/* slot 259: per-CPU: stack with guard page, GDT, IDT, TSS. The only data that a Meltdown-prone CPU
 * keeps mapped for guests */
#define PERCPU_START  0xffff818000000000
#define PERCPU_L4     259
#define PERCPU_STRIDE 0x10000 /* 64 KiB of addresses for each CPU */
/* slot 260: per-domain: GDT and LDT windows of each vcpu; differs between domains */
#define PERDOMAIN_START 0xffff820000000000
#define PERDOMAIN_L4    260
#define PERDOMAIN_VCPU_SHIFT 17 /* 32 pages for each vcpu: 16 GDT, 16 LDT */
/* slot 261: frame table, writable M2P, the image */
#define FRAMETABLE_START 0xffff828000000000
#define M2P_RW_START     0xffff829000000000
#define IMAGE_START      0xffff82d040000000
#define IMAGE_L4         261
/* slots 262..271: all RAM, one to one, never executable */
#define DIRECTMAP_START  0xffff830000000000
#define DIRECTMAP_L4     262
#define DIRECTMAP_SIZE   0x0000050000000000 /* 5 TiB */

/* The image is linked at IMAGE_START and loaded at this physical address (2 MiB aligned, writable
 * text split by pages). */
#define IMAGE_PHYS 0x200000

/*
 * Offsets in a CPU's area. Pages that are not named are not mapped. The stack is aligned to its
 * size, so that struct cpu_info at its very end is found from any stack pointer in it, those of the
 * interrupt stacks included.
 */
#define PERCPU_GDT   0x0000 /* one page */
#define PERCPU_IDT   0x1000 /* one page */
#define PERCPU_TSS   0x2000 /* one page */
#define PERCPU_STACK 0x8000
#define STACK_SIZE   0x8000
#define STACK_IST_NMI                                                                              \
    0x1000 /* ends (initial stack pointers) of the interrupt stacks, from PERCPU_STACK, one page   \
              each */
#define STACK_IST_MCE 0x2000
#define STACK_IST_DF  0x3000
#define STACK_GUARD   0x3000 /* not mapped; the ordinary stack is above it, 16 KiB */

/* Selectors of the hypervisor in its page of the GDT; ring 3's are the ABI's FLAT_* */
#define HV_CS  0xe008
#define HV_DS  0xe010
#define HV_TSS 0xe040
#define HV_LDT 0xe050 /* the running guest's */

#endif
