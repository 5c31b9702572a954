/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into a hardware guest and back. As with PV guests the stack is empty while the guest runs, and
 * its general registers are saved in the frame at the stack's end; VMCS_HOST_RSP points into it,
 * at the word above them.
 *
 * Nothing of a guest's registers is left when C is called. The return stack is filled after an
 * exit, since what the guest left in it would be predicted from.
 */
#include <arch/layout.h>
#include <arch/spec_asm.h>
#include <public/xen.h>
#include <asm_offsets.h>

        .macro FOR_ALL_REGISTERS what
        .irp reg, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
        \what %\reg
        .endr
        .endm

        .section .text.entry, "ax"

        .globl vmx_exit_entry
vmx_exit_entry:
        FOR_ALL_REGISTERS push
        .irp reg, eax, ebx, ecx, edx, esi, edi, ebp, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d
        xor %\reg, %\reg
        .endr
        call spec_fill_return_stack
        mov %rsp, %rdi
        call vmx_handle_exit

/* rsp: the frame; interrupts on or off */
resume:
        cli
        mov FRAME_softirq(%rsp), %rax
        cmpq $0, (%rax)
        jne run_softirqs
        mov %rsp, %rdi
        call vmx_prepare_entry
        test %al, %al
        jz run_softirqs
        CLEAR_BUFFERS
        mov FRAME_current(%rsp), %rax
        mov VCPU_hvm(%rax), %rax
        cmpb $0, HVM_launched(%rax)
        movb $1, HVM_launched(%rax)
        .irp reg, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
        pop %\reg
        .endr
        je 1f
        vmresume
        jmp failed
1:      vmlaunch
failed: /* nothing was entered: the registers are the guest's, the stack is as VMCS_HOST_RSP says */
        FOR_ALL_REGISTERS push
        call vmx_entry_failed
        jmp resume

run_softirqs:
        sti
        call softirq_run
        jmp resume

/* void vmx_enter(void), noreturn */
        .globl vmx_enter
vmx_enter:
        mov $-STACK_SIZE, %rax
        and %rax, %rsp
        add $(STACK_SIZE - CPUINFO_SIZE + CPUINFO_guest), %rsp
        xor %ebp, %ebp
        jmp resume

        .section .note.GNU-stack, "", @progbits
