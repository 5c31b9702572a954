/* SPDX-License-Identifier: MIT */
/*
 * Feature bits: what XENVER_get_features answers, and what a kernel requires or supports in its
 * ELF notes (the name after "XENFEAT_" is the one used in XEN_ELFNOTE_FEATURES).
 */
#ifndef XEN_PUBLIC_FEATURES_H
#define XEN_PUBLIC_FEATURES_H

#define XENFEAT_writable_page_tables       0  /* guest need not write-protect its page tables */
#define XENFEAT_writable_descriptor_tables 1  /* nor its descriptor tables */
#define XENFEAT_auto_translated_physmap    2  /* guest sees pseudo-physical frames only (HVM) */
#define XENFEAT_supervisor_mode_kernel     3  /* kernel runs in ring 0 */
#define XENFEAT_pae_pgdir_above_4gb        4  /* page directories anywhere in memory */
#define XENFEAT_mmu_pt_update_preserve_ad  5  /* MMU_PT_UPDATE_PRESERVE_AD is served */
#define XENFEAT_highmem_assist             6  /* MMUEXT_CLEAR_PAGE and COPY_PAGE are served */
#define XENFEAT_gnttab_map_avail_bits      7  /* GNTMAP_guest_avail_mask bits reach the entry */
#define XENFEAT_hvm_callback_vector        8  /* HVM_PARAM_CALLBACK_TYPE_VECTOR is served */
#define XENFEAT_hvm_safe_pvclock           9  /* HVM guests may use vcpu_time_info */
#define XENFEAT_hvm_pirqs                  10 /* HVM guests may map physical interrupts */
#define XENFEAT_dom0                       11 /* the kernel can be Dom0 */
#define XENFEAT_memory_op_vnode_supported  13 /* XENMEMF_vnode is served */
#define XENFEAT_ARM_SMCCC_supported        14 /* ARM only */
#define XENFEAT_linux_rsdp_unrestricted    15 /* PVH: RSDP may lie anywhere */
#define XENFEAT_not_direct_mapped          16 /* guest frames are not machine frames */
#define XENFEAT_direct_mapped              17 /* guest frames are machine frames */

/** Number of 32-bit words of feature bits. */
#define XENFEAT_NR_SUBMAPS 1

#endif
