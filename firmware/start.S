/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the loader begins: 32-bit protected mode, flat segments, no paging, hvm_start_info in EBX
 * (public/hvm/start_info.h). And where it ends: real mode.
 */
#define NOTE_PHYS32_ENTRY 18
#define CR0_PE            1

/* Below 1 MiB, where nobody has anything yet: the way to real mode, and the stack there. */
#define REAL_CODE  0x8000
#define REAL_STACK 0x7c00

    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 8, NOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long start, 0

    .text
    .globl start
start:
    cld
    lgdt gdt_register
    ljmp $0x08, $1f
1:  mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $stack_end, %esp
    push %ebx
    call loader
2:  cli
    hlt
    jmp 2b

/* void enter_firmware(void): to F000:FFF0, where a processor begins after reset. */
    .globl enter_firmware
enter_firmware:
    cli
    mov $real_mode, %esi
    mov $REAL_CODE, %edi
    mov $(real_mode_end - real_mode), %ecx
    rep movsb
    lidt idt_register
    mov $0x20, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ss
    ljmp $0x18, $REAL_CODE

/* At REAL_CODE by then. */
    .code16
real_mode:
    mov %cr0, %eax
    and $~CR0_PE, %al
    mov %eax, %cr0
    ljmp $0, $(REAL_CODE + 1f - real_mode)
1:  xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %fs
    mov %ax, %gs
    mov %ax, %ss
    mov $REAL_STACK, %esp
    ljmp $0xf000, $0xfff0
real_mode_end:

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* 0x08: code, 32 bits, flat */
    .quad 0x00cf93000000ffff    /* 0x10: data */
    .quad 0x00009b000000ffff    /* 0x18: code, 16 bits, base 0, 64 KiB */
    .quad 0x000093000000ffff    /* 0x20: data */
gdt_end:
gdt_register:
    .word gdt_end - gdt - 1
    .long gdt
idt_register:
    .word 0x3ff
    .long 0

    .bss
    .balign 16
    .skip 4096
stack_end:

    .section .note.GNU-stack, "", @progbits
