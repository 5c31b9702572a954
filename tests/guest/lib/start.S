/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry points of a small PV kernel: the first instruction, further vcpus, exceptions, callbacks,
 * and the ELF notes that tell the hypervisor how to start it.
 *
 * Every entry ends with the same frame (struct trap_frame in guest.h):
 *   saved registers, vector, error code, rip, cs, rflags, rsp, ss
 * The hypervisor pushed rcx and r11 on top of what the processor pushes; they go back to their
 * registers at once.
 */
#include "layout.h"

    .macro NOTE type, kind, value:vararg
    .pushsection .note.xen, "a", @note
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \kind \value
2:  .balign 4
    .popsection
    .endm

    NOTE 6, .asciz, "xen-like test"
    NOTE 8, .asciz, "generic"
    NOTE 5, .asciz, "xen-3.0"
    NOTE 3, .quad, VIRT_BASE
    NOTE 4, .quad, VIRT_BASE
    NOTE 1, .quad, _start
    NOTE 2, .quad, hypercall_page
    NOTE 9, .asciz, "yes"
    NOTE 10, .asciz, "!writable_page_tables|pae_pgdir_above_4gb"
    NOTE 17, .quad, 0x801

    .text
    .globl _start
_start:
    cld
    lea stacks + STACK_BYTES(%rip), %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi
    call guest_start
1:  jmp 1b

/* void vcpu_entry(unsigned vcpu): where a second vcpu starts, rsp and rdi set by its context */
    .globl vcpu_entry
vcpu_entry:
    xor %ebp, %ebp
    call vcpu_main
1:  jmp 1b

/* ---- entries without an error code, and with one */
    .macro ENTRY_PLAIN name, vector
    .globl \name
\name:
    mov (%rsp), %rcx
    mov 8(%rsp), %r11
    add $16, %rsp
    push $0
    push $\vector
    jmp common
    .endm

    .macro ENTRY_ERROR name, vector
    .globl \name
\name:
    mov (%rsp), %rcx
    mov 8(%rsp), %r11
    add $16, %rsp
    push $\vector
    jmp common
    .endm

#define HAS_ERROR_CODE(v) (v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21)

    .macro EXCEPTION vector
    .if HAS_ERROR_CODE(\vector)
    ENTRY_ERROR entry_\vector, \vector
    .else
    ENTRY_PLAIN entry_\vector, \vector
    .endif
    .pushsection .rodata.entries, "a"
    .quad entry_\vector
    .popsection
    .endm

    .pushsection .rodata.entries, "a"
    .globl exception_entries
    .balign 8
exception_entries:
    .popsection

    .altmacro
    .set vector, 0
    .rept NR_EXCEPTIONS
    EXCEPTION %vector
    .set vector, vector + 1
    .endr
    .noaltmacro

    ENTRY_PLAIN entry_event, VEC_EVENT
    ENTRY_PLAIN entry_syscall, VEC_SYSCALL
    ENTRY_PLAIN entry_syscall32, VEC_SYSCALL32
    ENTRY_PLAIN entry_sysenter, VEC_SYSENTER
    ENTRY_PLAIN entry_nmi, VEC_NMI_CALLBACK
    ENTRY_PLAIN entry_soft_80, 0x80
    ENTRY_PLAIN entry_other, VEC_OTHER

/* The failsafe callback also has ds, es, fs, gs, which could not be loaded. */
    .globl entry_failsafe
entry_failsafe:
    mov (%rsp), %rcx
    mov 8(%rsp), %r11
    add $48, %rsp
    push $0
    push $VEC_FAILSAFE
common:
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, %rdi
    cld
    mov %rsp, %rbp
    and $-16, %rsp
    call trap_handler
    mov %rbp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
    add $16, %rsp
/* The iret hypercall wants rax, r11, rcx and flags on top of the processor's frame. */
    push $0
    push %rcx
    push %r11
    push %rax
    mov $23, %eax
    syscall
    ud2

/* void iret_to(const uint64_t frame[5], uint64_t flags, uint64_t rdi): iret hypercall with the
 * frame rip, cs, rflags, rsp, ss; never returns. All other registers become recognizable values. */
    .globl iret_to
iret_to:
    push 32(%rdi)
    push 24(%rdi)
    push 16(%rdi)
    push 8(%rdi)
    push 0(%rdi)
    push %rsi
    push $0x1c1c        /* rcx */
    push $0x1b1b        /* r11 */
    push $0x1a1a        /* rax */
    mov %rdx, %rdi
    mov $23, %eax
    syscall
    ud2

/* int catch_save(struct catch *): keeps where to go on after a fault; 0 now, 1 after a fault */
    .globl catch_save
catch_save:
    mov %rbx, 0(%rdi)
    mov %rbp, 8(%rdi)
    mov %r12, 16(%rdi)
    mov %r13, 24(%rdi)
    mov %r14, 32(%rdi)
    mov %r15, 40(%rdi)
    lea 8(%rsp), %rax
    mov %rax, 48(%rdi)
    mov (%rsp), %rax
    mov %rax, 56(%rdi)
    xor %eax, %eax
    ret

/* User mode: calls the function in rdi, and leaves by syscall with its result in rax. */
    .globl user_entry
user_entry:
    call *%rdi
    mov %rax, %rdi
    mov $USER_RETURN, %eax
    syscall
    ud2

    .balign 4096
    .globl hypercall_page
hypercall_page:
    .skip 4096

    .bss
    .balign STACK_BYTES
    .globl stacks
stacks:
    .skip STACK_BYTES * NR_VCPUS
    .section .note.GNU-stack, "", @progbits
