/* SPDX-License-Identifier: MIT */
/*
 * CPUID leaves by which a guest finds the hypervisor: the first of 0x40000000, 0x40000100, ...
 * whose ebx, ecx, edx hold the signature; eax there is the last leaf.
 *   + 1: eax: version, major << 16 | minor
 *   + 2: eax: number of hypercall pages (1); ebx: MSR that places one; ecx: XEN_CPUID_FEAT1_*
 *   + 3: subleaf 0: eax: bit 0 TSC is emulated, bit 1 host TSC is reliable, bit 2 RDTSCP; ebx: TSC
 *        mode; ecx: kHz; edx: incarnation. Subleaf 1: eax, ebx: offset; ecx: multiplier; edx:
 *        shift. Subleaf 2: eax: host's kHz
 *   + 4: HVM: eax: XEN_HVM_CPUID_*; ebx: vcpu; ecx: domain
 *   + 5: PV: eax: last subleaf; ebx: bits 7:0 width of a machine address
 */
#ifndef XEN_PUBLIC_ARCH_X86_CPUID_H
#define XEN_PUBLIC_ARCH_X86_CPUID_H

#define XEN_CPUID_FIRST_LEAF    0x40000000
#define XEN_CPUID_LEAF(i)       (XEN_CPUID_FIRST_LEAF + (i))
#define XEN_CPUID_MAX_NUM_LEAVES 5

/* "XenVMMXenVMM" */
#define XEN_CPUID_SIGNATURE_EBX 0x566e6558
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e

/** MMU_PT_UPDATE_PRESERVE_AD is served. */
#define _XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 0
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD  (1u << 0)

#define XEN_HVM_CPUID_APIC_ACCESS_VIRT (1u << 0) /* local APIC in hardware */
#define XEN_HVM_CPUID_X2APIC_VIRT      (1u << 1) /* x2APIC in hardware */
#define XEN_HVM_CPUID_IOMMU_MAPPINGS   (1u << 2) /* devices can reach granted pages */
#define XEN_HVM_CPUID_VCPU_ID_PRESENT  (1u << 3) /* ebx is valid */
#define XEN_HVM_CPUID_DOMID_PRESENT    (1u << 4) /* ecx is valid */
#define XEN_HVM_CPUID_EXT_DEST_ID      (1u << 5) /* 15-bit interrupt destinations */
#define XEN_HVM_CPUID_UPCALL_VECTOR    (1u << 6) /* per-vcpu vectors work with pirqs */

#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK (0xffu << 0)

#endif
