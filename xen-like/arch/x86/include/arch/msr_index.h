/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific registers that the hypervisor or its guests use. (Intel SDM volume 4; AMD APM
 * volume 2, appendix A)
 */
#ifndef ARCH_MSR_INDEX_H
#define ARCH_MSR_INDEX_H

#define MSR_TSC                 0x00000010
#define MSR_APIC_BASE           0x0000001b
#define MSR_FEATURE_CONTROL     0x0000003a
#define MSR_SPEC_CTRL           0x00000048
#define MSR_PRED_CMD            0x00000049
#define MSR_UCODE_REV           0x0000008b
#define MSR_PLATFORM_INFO       0x000000ce
#define MSR_ARCH_CAPABILITIES   0x0000010a
#define MSR_FLUSH_CMD           0x0000010b
#define MSR_MISC_FEATURES       0x00000140 /* MISC_FEATURES_ENABLES: CPUID faulting */
#define MSR_SYSENTER_CS         0x00000174
#define MSR_SYSENTER_ESP        0x00000175
#define MSR_SYSENTER_EIP        0x00000176
#define MSR_MCG_CAP             0x00000179
#define MSR_MCG_STATUS          0x0000017a
#define MSR_MISC_ENABLE         0x000001a0
#define MSR_PAT                 0x00000277
#define MSR_VMX_BASIC           0x00000480
#define MSR_VMX_PIN             0x00000481
#define MSR_VMX_PRIMARY         0x00000482
#define MSR_VMX_EXIT            0x00000483
#define MSR_VMX_ENTRY           0x00000484
#define MSR_VMX_MISC            0x00000485
#define MSR_VMX_CR0_FIXED0      0x00000486 /* FIXED1 is the next */
#define MSR_VMX_CR4_FIXED0      0x00000488
#define MSR_VMX_SECONDARY       0x0000048b
#define MSR_VMX_EPT_VPID        0x0000048c
#define MSR_VMX_TRUE_PIN        0x0000048d
#define MSR_VMX_TRUE_PRIMARY    0x0000048e
#define MSR_VMX_TRUE_EXIT       0x0000048f
#define MSR_VMX_TRUE_ENTRY      0x00000490
#define MSR_TSC_DEADLINE        0x000006e0
#define MSR_XSS                 0x00000da0
#define MSR_EFER                0xc0000080
#define MSR_STAR                0xc0000081
#define MSR_LSTAR               0xc0000082
#define MSR_CSTAR               0xc0000083
#define MSR_SFMASK              0xc0000084
#define MSR_FS_BASE             0xc0000100
#define MSR_GS_BASE             0xc0000101
#define MSR_KERNEL_GS_BASE      0xc0000102
#define MSR_TSC_AUX             0xc0000103
#define MSR_AMD_HWCR            0xc0010015
#define MSR_AMD_SYSCFG          0xc0010010
#define MSR_AMD_NB_CFG          0xc001001f

#define EFER_SCE   0x001UL
#define EFER_LME   0x100UL
#define EFER_LMA   0x400UL
#define EFER_NX    0x800UL
#define EFER_FFXSE 0x4000UL

#define CR0_PE 0x1UL
#define CR0_MP 0x2UL
#define CR0_EM 0x4UL
#define CR0_TS 0x8UL
#define CR0_ET 0x10UL
#define CR0_NE 0x20UL
#define CR0_WP 0x10000UL
#define CR0_AM 0x40000UL
#define CR0_NW 0x20000000UL
#define CR0_CD 0x40000000UL
#define CR0_PG 0x80000000UL

#define CR4_TSD      0x4UL
#define CR4_DE       0x8UL
#define CR4_PAE      0x20UL
#define CR4_MCE      0x40UL
#define CR4_PGE      0x80UL
#define CR4_OSFXSR   0x200UL
#define CR4_OSXMMEXCPT 0x400UL
#define CR4_UMIP     0x800UL
#define CR4_VMXE     0x2000UL
#define CR4_SMXE     0x4000UL
#define CR4_FSGSBASE 0x10000UL
#define CR4_PCIDE    0x20000UL
#define CR4_OSXSAVE  0x40000UL
#define CR4_SMEP     0x100000UL
#define CR4_SMAP     0x200000UL

#endif
