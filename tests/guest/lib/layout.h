/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers that assembly and C of the small kernels share. */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#ifdef __ASSEMBLER__
#define VIRT_BASE 0xffffffff80000000
#else
#define VIRT_BASE 0xffffffff80000000UL
#endif

/* Each vcpu's stack: the lower half is for entries from user mode, its first bytes are struct
 * vcpu_self. Aligned to its size. */
#define STACK_BYTES 0x8000
#define NR_VCPUS    4

#define NR_EXCEPTIONS 32

/* "Vectors" of the entries that are no exceptions. */
#define VEC_EVENT        0x100
#define VEC_FAILSAFE     0x101
#define VEC_SYSCALL      0x102
#define VEC_SYSCALL32    0x103
#define VEC_SYSENTER     0x104
#define VEC_NMI_CALLBACK 0x105
#define VEC_OTHER        0x106

/* rax of the syscall by which a user-mode function returns. */
#define USER_RETURN 0x7e57

#endif
