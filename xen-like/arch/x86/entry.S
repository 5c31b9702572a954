/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways into the hypervisor and back: system calls, exceptions, interrupts. Assembly saves,
 * switches and jumps; what it all means is in traps.c, hypercall.c and pv/.
 *
 * While a CPU runs a guest, its stack is empty: `cpu_info.guest` at the stack's end is the frame
 * that the next entry fills. On all paths here %rsp points at a struct cpu_user_regs; FRAME_*
 * reach the rest of struct cpu_info from the guest's frame.
 *
 * Guest kernel and guest user both run in ring 3. The two paths that a guest's own system calls
 * take, user to guest kernel (user_syscall) and back (iret_fast), touch only the registers that
 * they need and call no C.
 *
 * Speculation: after saving, paths into C clear the registers that hold guest values, so that no
 * mispredicted code of ours computes addresses from them; indices of tables are masked; indirect
 * calls go through a return (INDIRECT_CALL). Isolation (Meltdown, mm/isolation.c): where it is on,
 * a guest runs on a root in which only this section, the CPU's own area and the guest's memory are
 * mapped. Until cpu_info.hv_cr3 is loaded nothing else may be touched, nor after guest_cr3 is. The
 * two short paths are not taken then.
 */
#include <arch/layout.h>
#include <arch/extable.h>
#include <arch/isolation.h>
#include <arch/smap.h>
#include <arch/spec_asm.h>
#include <public/xen.h>
#include <asm_offsets.h>

/* entry_vector: entered by, and may leave by, SYSCALL/SYSRET: rcx and r11 need not survive */
#define FRAME_SYSCALL 0x100

/* Address of a CPU's guest frame: a constant */
#define FRAME_OF(cpu) (PERCPU_START + (cpu) * PERCPU_STRIDE + PERCPU_STACK + STACK_SIZE - \
                       CPUINFO_SIZE + CPUINFO_guest)

#define RFLAGS_FIXED 0x2
#define RFLAGS_TF    0x100
#define RFLAGS_IF    0x200
#define RFLAGS_DF    0x400
#define RFLAGS_IOPL  0x3000
#define RFLAGS_NT    0x4000
#define RFLAGS_RF    0x10000
#define RFLAGS_VM    0x20000
#define RFLAGS_AC    0x40000

        .section .text.entry, "ax"

        .macro SAVE_CALLER_SAVED_ARGS
        mov %rdi, REGS_rdi(%rsp)
        mov %rsi, REGS_rsi(%rsp)
        mov %r8, REGS_r8(%rsp)
        mov %r9, REGS_r9(%rsp)
        mov %r10, REGS_r10(%rsp)
        .endm

        .macro SAVE_CALLEE_SAVED
        mov %rbp, REGS_rbp(%rsp)
        mov %r12, REGS_r12(%rsp)
        mov %r13, REGS_r13(%rsp)
        mov %r14, REGS_r14(%rsp)
        mov %r15, REGS_r15(%rsp)
        .endm

        .macro PUSH_ALL /* below the error code */
        .irp reg, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
        push %\reg
        .endr
        .endm

        .macro POP_ALL /* leaves %rsp at the error code */
        .irp reg, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
        pop %\reg
        .endr
        .endm

        .macro CLEAR_CALLEE_SAVED
        .irp reg, ebx, ebp, r12d, r13d, r14d, r15d
        xor %\reg, %\reg
        .endr
        .endm

        .macro CLEAR_ALL
        CLEAR_CALLEE_SAVED
        .irp reg, eax, ecx, edx, esi, r8d, r9d, r10d, r11d
        xor %\reg, %\reg
        .endr
        .endm

        .macro LOAD_HV_ROOT reg /* %rsp is at the guest's frame */
        mov FRAME_hv_cr3(%rsp), \reg
        mov \reg, %cr3
        .endm

        .macro LOAD_HV_ROOT_ANYWHERE /* from any depth of any of the CPU's stacks; uses %rdi */
        mov $-STACK_SIZE, %rdi
        and %rsp, %rdi
        mov (STACK_SIZE - CPUINFO_SIZE + CPUINFO_hv_cr3)(%rdi), %rdi
        mov %rdi, %cr3
        .endm

        /* call *%rax, without a prediction that a guest can have trained */
        .macro INDIRECT_CALL_RAX
        call thunk_rax
        .endm

        .balign 8
        .globl verw_selector
verw_selector:
        .quad HV_DS

thunk_rax:
        call 1f
2:      pause
        lfence
        jmp 2b
1:      mov %rax, (%rsp)
        ret

/* --- SYSCALL ---------------------------------------------------------------------------------- */

/*
 * LSTAR of each CPU points to its own stub: no register is free and the stack pointer is still the
 * guest's, but the address of the CPU's frame is a constant here.
 */
        .macro STUBS_OF entry
        .set cpu, 0
        .rept 128
        .balign 64
        .set frame, FRAME_OF(cpu)
        movabs %rax, frame + REGS_rax
        mov %rsp, %rax
        movabs $frame, %rsp
        jmp \entry
        .set cpu, cpu + 1
        .endr
        .balign 64
\entry:
        mov %rax, REGS_rsp(%rsp)
        mov %rcx, REGS_rip(%rsp)
        mov %r11, REGS_rflags(%rsp)
        mov %rdx, REGS_rdx(%rsp)
        mov %rbx, REGS_rbx(%rsp)
        .endm

        .balign 64
        .globl syscall_stubs
syscall_stubs:
        STUBS_OF syscall_entry
        IF_ISOLATING 1f
        LOAD_HV_ROOT %rdx
        mov FRAME_current(%rsp), %rdx
        cmpb $0, VCPU_kernel_mode(%rdx)
        je user_syscall         /* there is no fast_syscall_sp: goes the long way */
        jmp hypercall
1:      mov FRAME_current(%rsp), %rdx
        cmpb $0, VCPU_kernel_mode(%rdx)
        je user_syscall
        cmpq $__HYPERVISOR_iret, REGS_rax(%rsp)
        je iret_fast

hypercall: /* rdx: vcpu; the frame holds rax, rdx, rbx, rip, rflags, rsp */
        SAVE_CALLER_SAVED_ARGS
        SAVE_CALLEE_SAVED
        mov %rcx, REGS_rcx(%rsp)
        mov %r11, REGS_r11(%rsp)
        movl $FRAME_SYSCALL, REGS_entry_vector(%rsp)
        movq $FLAT_KERNEL_CS64, REGS_cs(%rsp)
        movq $FLAT_KERNEL_SS64, REGS_ss(%rsp)
        CLEAR_CALLEE_SAVED
        mov VCPU_statistics(%rdx), %rax
        incq STATISTICS_hypercalls(%rax)
        mov REGS_rax(%rsp), %rax
        mov REGS_rdx(%rsp), %rdx
        mov %r10, %rcx
        cmp $64, %rax
        jae bad_hypercall
        sbb %r10, %r10          /* all ones; nought if the comparison was mispredicted */
        and %r10, %rax
        shl $5, %eax
        lea hypercall_table(%rip), %rbx
        mov HC_entry(%rbx, %rax), %rax
        sti
        INDIRECT_CALL_RAX
hypercall_done:
        mov %rax, REGS_rax(%rsp)

/*
 * Back to the guest whose frame %rsp points at, after what is pending has been seen to. Everything
 * is in the frame.
 */
        .globl exit_to_guest
exit_to_guest:
        cli
        mov FRAME_softirq(%rsp), %rax
        cmpq $0, (%rax)
        jne run_softirqs
        mov FRAME_current(%rsp), %rbx
        cmpw $0, VCPU_nmi_mce(%rbx)
        jne deliver_events
        mov VCPU_vcpu_info(%rbx), %rax
        cmpb $0, VCPUINFO_pending(%rax)
        je restore_guest
        cmpb $0, VCPUINFO_mask(%rax)
        je deliver_events

restore_guest:
        .globl restore_guest_jump, restore_guest_verw
restore_guest_jump:
        IF_ISOLATING 1f
        mov FRAME_guest_cr3(%rsp), %rax
        mov %rax, %cr3          /* from here on only the frame and this code are there */
restore_guest_verw:             /* what follows touches the guest's own registers only */
        CLEAR_BUFFERS
1:      cmpl $FRAME_SYSCALL, REGS_entry_vector(%rsp)
        jne restore_by_iret
        mov REGS_rip(%rsp), %rcx
        mov %rcx, %rax
        shl $16, %rax
        sar $16, %rax
        cmp %rcx, %rax
        jne restore_by_iret     /* SYSRET there faults in ring 0, on the guest's stack */
        mov REGS_r15(%rsp), %r15
        mov REGS_r14(%rsp), %r14
        mov REGS_r13(%rsp), %r13
        mov REGS_r12(%rsp), %r12
        mov REGS_rbp(%rsp), %rbp
        mov REGS_rbx(%rsp), %rbx
        mov REGS_r10(%rsp), %r10
        mov REGS_r9(%rsp), %r9
        mov REGS_r8(%rsp), %r8
        mov REGS_rax(%rsp), %rax
        mov REGS_rdx(%rsp), %rdx
        mov REGS_rsi(%rsp), %rsi
        mov REGS_rdi(%rsp), %rdi
        mov REGS_rflags(%rsp), %r11
        mov REGS_rsp(%rsp), %rsp
        sysretq

        .globl restore_by_iret
restore_by_iret:
        POP_ALL
        add $8, %rsp
        .globl guest_iretq
guest_iretq: /* a fault here is the guest's: traps.c enters its failsafe callback */
        iretq

bad_hypercall:
        movq $-38, REGS_rax(%rsp) /* ENOSYS */
        jmp exit_to_guest

run_softirqs:
        sti
        call softirq_run
        jmp exit_to_guest

deliver_events:
        mov %rsp, %rsi
        mov %rbx, %rdi
        call pv_deliver_events  /* interrupts stay off: what it looks at cannot change */
        mov FRAME_softirq(%rsp), %rax
        cmpq $0, (%rax)         /* the domain may have been crashed */
        je restore_guest
        jmp run_softirqs

/*
 * A system call of guest user mode: straight on to the guest kernel's handler, as the processor
 * would, with the frame that it expects on its own stack. rdx: vcpu; rcx: user rip; r11: user
 * rflags.
 */
user_syscall:
        mov VCPU_fast_syscall_sp(%rdx), %rbx
        test %rbx, %rbx
        jz user_syscall_slow
        cmpb $0, VCPU_areas_stale(%rdx)
        jne user_syscall_slow
        mov VCPU_guest_table(%rdx), %rax
        shl $12, %rax
        mov %rax, %cr3
        mov %rax, VCPU_cr3(%rdx)
        movb $1, VCPU_kernel_mode(%rdx)
        swapgs
        mov REGS_rsp(%rsp), %rax
        STAC
11:     movq $FLAT_USER_SS64, -8(%rbx)
12:     mov %rax, -16(%rbx)
13:     mov %r11, -24(%rbx)
14:     movq $FLAT_USER_CS64, -32(%rbx)
15:     mov %rcx, -40(%rbx)
16:     mov %r11, -48(%rbx)
17:     mov %rcx, -56(%rbx)
        mov VCPU_vcpu_info(%rdx), %rax
        mov VCPUINFO_mask(%rax), %cl
18:     mov %cl, -28(%rbx)      /* saved_upcall_mask, in the word of cs */
        CLAC
        cmpb $0, VCPU_syscall_disables_events(%rdx)
        je 1f
        movb $1, VCPUINFO_mask(%rax)
1:      and $~(RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC), %r11d
        mov VCPU_syscall_callback(%rdx), %rcx /* canonical: checked when it was registered */
        lea -56(%rbx), %rax
        mov %rax, REGS_rsp(%rsp)
        mov REGS_rax(%rsp), %rax
        mov REGS_rbx(%rsp), %rbx
        mov REGS_rdx(%rsp), %rdx
        mov REGS_rsp(%rsp), %rsp
        sysretq
        .irp at, 11b, 12b, 13b, 14b, 15b, 16b, 17b, 18b
        EXTABLE(\at, user_syscall_fault)
        .endr

user_syscall_slow:
        call complete_user_frame
        sti
        mov FRAME_current(%rsp), %rdi
        mov %rsp, %rsi
        call pv_syscall_from_user
        jmp exit_to_guest

user_syscall_fault: /* the guest kernel's stack cannot be written */
        CLAC
        call complete_user_frame
        sti
        mov FRAME_current(%rsp), %rdi
        call pv_bad_kernel_stack
        jmp exit_to_guest

complete_user_frame: /* one word on the stack; rax, rbx, rdx, rip, rflags, rsp are in the frame */
        add $8, %rsp
        SAVE_CALLER_SAVED_ARGS
        SAVE_CALLEE_SAVED
        mov REGS_rip(%rsp), %rcx
        mov %rcx, REGS_rcx(%rsp)
        mov REGS_rflags(%rsp), %rcx
        mov %rcx, REGS_r11(%rsp)
        movl $0, REGS_entry_vector(%rsp)
        movq $FLAT_USER_CS64, REGS_cs(%rsp)
        movq $FLAT_USER_SS64, REGS_ss(%rsp)
        CLEAR_ALL
        sub $8, %rsp
        ret

/* The iret hypercall: rax is the guest's rsp, where a struct iret_context stands; rdx: vcpu. */
iret_fast:
        mov %rax, %rbx
        sar $43, %rbx
        cmp $-16, %rbx          /* HV_VIRT_START to HV_VIRT_END */
        je hypercall
        cmpl $0, VCPU_nmi_mce(%rdx)
        jne hypercall
        STAC
21:     mov IRET_rip(%rax), %rbx
        mov %rbx, REGS_rip(%rsp)
22:     mov IRET_rsp(%rax), %rbx
        mov %rbx, REGS_rsp(%rsp)
23:     movzwl IRET_ss(%rax), %ebx
        or $3, %ebx
        mov %rbx, REGS_ss(%rsp)
24:     mov IRET_rcx(%rax), %rbx
        mov %rbx, REGS_rcx(%rsp)
25:     mov IRET_r11(%rax), %rbx
        mov %rbx, REGS_r11(%rsp)
26:     mov IRET_flags(%rax), %r11
27:     mov IRET_rflags(%rax), %ecx
28:     movzwl IRET_cs(%rax), %ebx
29:     mov IRET_rax(%rax), %rax
        CLAC
        mov %rax, REGS_rax(%rsp)
        mov %ebx, %eax
        or $3, %eax
        mov %rax, REGS_cs(%rsp)
        mov %ecx, %eax
        and $~(RFLAGS_IOPL | RFLAGS_VM | RFLAGS_NT), %eax
        or $(RFLAGS_IF | RFLAGS_FIXED), %eax
        mov %rax, REGS_rflags(%rsp)
        and $VGCF_in_syscall, %r11d /* the same bit as FRAME_SYSCALL */
        mov %r11d, REGS_entry_vector(%rsp)
        and $3, %ebx
        cmp $3, %ebx
        jne 1f

        /* to user mode */
        mov VCPU_guest_table_user(%rdx), %rbx
        test %rbx, %rbx
        jz iret_without_user_table
        shl $12, %rbx
        mov %rbx, %cr3
        mov %rbx, VCPU_cr3(%rdx)
        movb $0, VCPU_kernel_mode(%rdx)
        swapgs

1:      mov VCPU_vcpu_info(%rdx), %rbx
        test $RFLAGS_IF, %ecx
        setz VCPUINFO_mask(%rbx)
        jz 2f
        cmpb $0, VCPUINFO_pending(%rbx)
        jne iret_with_events
2:      mov REGS_rdx(%rsp), %rdx
        mov REGS_rbx(%rsp), %rbx
        test %r11d, %r11d
        jz 3f
        mov REGS_rip(%rsp), %rcx
        mov %rcx, %rax
        shl $16, %rax
        sar $16, %rax
        cmp %rcx, %rax
        jne 3f
        cmpl $FLAT_USER_CS64, REGS_cs(%rsp)
        jne 3f
        cmpl $FLAT_USER_SS64, REGS_ss(%rsp)
        jne 3f
        mov REGS_rax(%rsp), %rax
        mov REGS_rflags(%rsp), %r11
        mov REGS_rsp(%rsp), %rsp
        sysretq
3:      mov REGS_rax(%rsp), %rax
        mov REGS_rcx(%rsp), %rcx
        mov REGS_r11(%rsp), %r11
        add $REGS_rip, %rsp
        .globl guest_iretq_fast
guest_iretq_fast:
        iretq
        .irp at, 21b, 22b, 23b, 24b, 25b, 26b, 27b, 28b, 29b
        EXTABLE(\at, iret_fault)
        .endr

iret_with_events: /* the frame is complete but for what never left its registers */
        cmpl $FLAT_USER_CS64, REGS_cs(%rsp)
        jne 1f
        cmpl $FLAT_USER_SS64, REGS_ss(%rsp)
        je 2f
1:      movl $0, REGS_entry_vector(%rsp)
2:      SAVE_CALLER_SAVED_ARGS
        SAVE_CALLEE_SAVED
        jmp exit_to_guest

iret_fault:
        CLAC
iret_without_user_table:
        SAVE_CALLER_SAVED_ARGS
        SAVE_CALLEE_SAVED
        CLEAR_ALL
        movl $0, REGS_entry_vector(%rsp)
        sti
        mov FRAME_current(%rsp), %rdi
        call pv_bad_iret
        jmp exit_to_guest

/*
 * 32-bit system calls: the processor gives nothing to find the guest's mode by but these entries
 * of their own.
 */
        .balign 64
        .globl syscall32_stubs
syscall32_stubs:
        STUBS_OF syscall32_entry
        IF_ISOLATING 1f
        LOAD_HV_ROOT %rdx
1:      call complete_user_frame
        movq $FLAT_USER_CS32, REGS_cs(%rsp)
        movq $FLAT_USER_SS32, REGS_ss(%rsp)
        sti
        mov FRAME_current(%rsp), %rdi
        mov %rsp, %rsi
        call pv_syscall32
        jmp exit_to_guest

/*
 * SYSENTER: rsp is SYSENTER_ESP, the end of the stack's guest frame; it tells neither rip nor rsp
 * of the caller.
 */
        .globl sysenter_entry
sysenter_entry:
        pushq $FLAT_USER_SS64
        pushq $0
        pushfq
        pushq $3
        pushq $0
        pushq $0
        pushq $RFLAGS_FIXED     /* SYSENTER leaves the caller's NT, TF and DF */
        popfq
        orl $RFLAGS_IF, REGS_rflags - REGS_error_code(%rsp)
        PUSH_ALL
        IF_ISOLATING 1f
        LOAD_HV_ROOT %rdi
1:      movl $0, REGS_entry_vector(%rsp)
        CLEAR_ALL
        CLAC
        cld
        sti
        mov FRAME_current(%rsp), %rdi
        mov %rsp, %rsi
        call pv_sysenter
        jmp exit_to_guest

/* --- exceptions and interrupts ---------------------------------------------------------------- */

        .macro VECTOR name, nr, has_error, target
        .globl \name
\name:
        .if \has_error == 0
        pushq $0
        .endif
        movl $\nr, 4(%rsp)
        jmp \target
        .endm

        VECTOR exc_divide, 0, 0, exception
        VECTOR exc_int3, 3, 0, exception
        VECTOR exc_overflow, 4, 0, exception
        VECTOR exc_bounds, 5, 0, exception
        VECTOR exc_invalid_op, 6, 0, exception
        VECTOR exc_no_device, 7, 0, exception
        VECTOR exc_coproc_overrun, 9, 0, exception
        VECTOR exc_invalid_tss, 10, 1, exception
        VECTOR exc_no_segment, 11, 1, exception
        VECTOR exc_stack, 12, 1, exception
        VECTOR exc_protection, 13, 1, exception
        VECTOR exc_page_fault, 14, 1, page_fault
        VECTOR exc_spurious, 15, 0, exception
        VECTOR exc_x87, 16, 0, exception
        VECTOR exc_alignment, 17, 1, exception
        VECTOR exc_simd, 19, 0, exception
        VECTOR exc_control, 21, 1, exception
        VECTOR exc_int80, 0x80, 0, exception
        VECTOR exc_reserved, 31, 0, exception

        .macro ENTER_C
        PUSH_ALL
        IF_ISOLATING 773f
        LOAD_HV_ROOT_ANYWHERE
773:    cld
        CLAC
        CLEAR_ALL
        mov %rsp, %rdi
        .endm

        /* As ENTER_C where the entry may have hit the last instructions before a guest: %rbx keeps
         * the root. */
        .macro ENTER_C_KEEPING_ROOT
        PUSH_ALL
        cld
        CLAC
        CLEAR_ALL
        IF_ISOLATING 773f
        mov %cr3, %rbx
        LOAD_HV_ROOT_ANYWHERE
773:    mov %rsp, %rdi
        .endm

        .macro RESTORE_ROOT
        IF_ISOLATING 774f
        mov %rbx, %cr3
774:    CLEAR_BUFFERS
        .endm

page_fault:
        ENTER_C
        call do_page_fault
        jmp return_from_trap

exception:
        ENTER_C
        call do_exception
return_from_trap:
        testb $3, REGS_cs(%rsp)
        jnz exit_to_guest
return_to_hv:
        POP_ALL
        add $8, %rsp
        iretq

        .balign 16
        .globl irq_stubs
irq_stubs: /* of vectors 0x20 to 0xff, 16 bytes each */
        .set vec, 0x20
        .rept 0xe0
        .balign 16
        pushq $0
        movl $vec, 4(%rsp)
        jmp irq_entry
        .set vec, vec + 1
        .endr

        .balign 16
irq_entry:
        ENTER_C
        call do_irq
        jmp return_from_trap

/*
 * On stacks of their own (IST): they may arrive where %rsp is still the guest's. NMI and machine
 * check return to exactly where they came from.
 */
        .macro IST_VECTOR name, nr, handler
        .globl \name
\name:
        pushq $0
        movl $\nr, 4(%rsp)
        ENTER_C_KEEPING_ROOT
        call \handler
        RESTORE_ROOT
        jmp return_to_hv
        .endm
        IST_VECTOR exc_nmi, 2, do_nmi
        IST_VECTOR exc_machine_check, 18, do_machine_check

        .globl exc_double_fault
exc_double_fault:
        movl $8, 4(%rsp)
        ENTER_C
        call do_double_fault
        ud2

/*
 * #DB is delayed past SYSCALL by MOV SS, hence its own stack; from a guest it goes on as an
 * ordinary exception.
 */
        .globl exc_debug
exc_debug:
        pushq $0
        movl $1, 4(%rsp)
        ENTER_C_KEEPING_ROOT
        testb $3, REGS_cs(%rsp)
        jz 1f
        mov $-STACK_SIZE, %rsi
        and %rsp, %rsi
        lea (STACK_SIZE - CPUINFO_SIZE + CPUINFO_guest)(%rsi), %rdi
        mov %rdi, %rdx
        mov %rsp, %rsi
        mov $(REGS_es / 8), %ecx
        rep movsq
        mov %rdx, %rsp
        mov %rsp, %rdi
        call do_exception
        jmp exit_to_guest
1:      call do_debug_in_hv
        RESTORE_ROOT
        jmp return_to_hv

/* --- ways that C takes ------------------------------------------------------------------------ */

        .macro STACK_TO_GUEST_FRAME
        mov $-STACK_SIZE, %rax
        and %rax, %rsp
        add $(STACK_SIZE - CPUINFO_SIZE + CPUINFO_guest), %rsp
        .endm

/* void leave_to_guest(void), noreturn: forget the stack, enter the current vcpu's guest */
        .globl leave_to_guest
leave_to_guest:
        STACK_TO_GUEST_FRAME
        xor %ebp, %ebp
        jmp exit_to_guest

/*
 * void leave_to(void (*fn)(void)), noreturn: forget the stack, call a function that does not return
 */
        .globl leave_to
leave_to:
        STACK_TO_GUEST_FRAME
        xor %ebp, %ebp
        mov %rdi, %rax
        INDIRECT_CALL_RAX
        ud2

/*
 * int guest_write_words(uint64_t dst, const uint64_t *src, unsigned n): 8-byte words to guest
 * memory whose range the caller has checked; 0, or -1 after a fault.
 */
        .globl guest_write_words
guest_write_words:
        mov %edx, %ecx
        STAC
31:     rep movsq
        CLAC
        xor %eax, %eax
        ret
32:     CLAC
        mov $-1, %eax
        ret
        EXTABLE(31b, 32b)

        .section .note.GNU-stack, "", @progbits
