/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the boot loader (or the start-up interrupt of another CPU) to C.
 *
 * Multiboot 1 and 2 both enter in 32-bit protected mode without paging, A20 open, EAX a magic
 * number and EBX the address of their information. The first page tables map the first 4 GiB one
 * to one and at the direct map, and 16 MiB of the image where it is linked; mm/hvmap.c replaces
 * them by the real ones. Other CPUs come here with tables of boot/smp.c.
 */
#include <arch/layout.h>

#define PHYS(sym) (sym - head_start + IMAGE_PHYS) /* of any symbol, in code of this section */
#define L3_OF(va) (((va) >> 30) & 511)

#define CR0_BOOT   0x80010033 /* PG WP NE ET MP PE */
#define CR4_BOOT   0x00000020 /* PAE */
#define EFER       0xc0000080
#define EFER_BOOT  0x900      /* NXE LME */

#define MB1_MAGIC  0x1badb002
#define MB1_FLAGS  0x3        /* page-aligned modules, memory information */
#define MB2_MAGIC  0xe85250d6

    .section .text.head, "ax"
    .code32
head_start:
    jmp     boot_entry32

    .balign 4
    .long   MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)

    .balign 8
mb2_header:
    .long   MB2_MAGIC, 0, mb2_end - mb2_header, -(MB2_MAGIC + (mb2_end - mb2_header))
    .short  1, 1                    /* information request, may be ignored: map, ACPI roots, EFI */
    .long   8 + 6 * 4
    .long   6, 14, 15, 11, 12, 17
    .balign 8
    .short  6, 0                    /* modules on page boundaries */
    .long   8
    .balign 8
    .short  0, 0
    .long   8
mb2_end:

    .balign 8
boot_gdt:
    .quad   0
    .quad   0x00cf9b000000ffff      /* 0x08: code, 32 bit */
    .quad   0x00cf93000000ffff      /* 0x10: data */
    .quad   0x00af9b000000ffff      /* 0x18: code, 64 bit */
boot_gdt_end:
    .globl  boot_gdtr
boot_gdtr:
    .short  boot_gdt_end - boot_gdt - 1
    .long   PHYS(boot_gdt)

no_long_mode: .asciz "xen-like: this CPU has no 64-bit mode or no NX\r\n"

    .globl  boot_entry32
boot_entry32:
    cli
    cld
    mov     %eax, %edi
    mov     %ebx, %esi
    lgdt    PHYS(boot_gdtr)
    mov     $0x10, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %ss
    mov     $PHYS(boot_stack) + STACK_SIZE, %esp

    mov     $0x80000000, %eax
    cpuid
    cmp     $0x80000001, %eax
    jb      refuse
    mov     $0x80000001, %eax
    cpuid
    and     $0x20100000, %edx       /* LM, NX */
    cmp     $0x20100000, %edx
    jne     refuse

    /* 2048 pages of 2 MiB from address 0 */
    mov     $PHYS(boot_l2), %ebx
    xor     %ecx, %ecx
1:  mov     %ecx, %eax
    shl     $21, %eax
    or      $0x83, %eax
    mov     %eax, (%ebx, %ecx, 8)
    inc     %ecx
    cmp     $2048, %ecx
    jne     1b
    mov     $PHYS(boot_l2) + 3, %eax
    mov     $PHYS(boot_l3), %ebx
    xor     %ecx, %ecx
1:  mov     %eax, (%ebx, %ecx, 8)
    add     $4096, %eax
    inc     %ecx
    cmp     $4, %ecx
    jne     1b

    /* 8 pages of 2 MiB for the image */
    mov     $PHYS(boot_l2_image), %ebx
    mov     $IMAGE_PHYS + 0x83, %eax
    xor     %ecx, %ecx
1:  mov     %eax, (%ebx, %ecx, 8)
    add     $0x200000, %eax
    inc     %ecx
    cmp     $8, %ecx
    jne     1b
    movl    $PHYS(boot_l2_image) + 3, PHYS(boot_l3_image) + L3_OF(IMAGE_START) * 8

    movl    $PHYS(boot_l3) + 3, PHYS(boot_l4)
    movl    $PHYS(boot_l3) + 3, PHYS(boot_l4) + DIRECTMAP_L4 * 8
    movl    $PHYS(boot_l3_image) + 3, PHYS(boot_l4) + IMAGE_L4 * 8
    mov     $PHYS(boot_l4), %ebx
    mov     $PHYS(boot_entry64), %ebp
    jmp     enable_long_mode

    /* Another CPU, from the trampoline: EBX = its page tables */
    .globl  ap_entry32
ap_entry32:
    mov     $0x10, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %ss
    mov     PHYS(ap_cr3), %ebx
    mov     $PHYS(ap_entry64), %ebp

    /* EBX: page tables, EBP: where to go on */
enable_long_mode:
    mov     $CR4_BOOT, %eax
    mov     %eax, %cr4
    mov     %ebx, %cr3
    mov     $EFER, %ecx
    rdmsr
    or      $EFER_BOOT, %eax
    wrmsr
    mov     $CR0_BOOT, %eax
    mov     %eax, %cr0
    ljmp    $0x18, $PHYS(1f)
    .code64
1:  jmp     *%rbp

boot_entry64:
    movabs  $2f, %rax
    jmp     *%rax
2:  lea     boot_stack + STACK_SIZE - 1024(%rip), %rsp
    xor     %ebp, %ebp
    xor     %eax, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %fs
    mov     %eax, %gs
    mov     %eax, %ss
    mov     %edi, %edi
    mov     %esi, %esi
    call    boot_main
    ud2

ap_entry64:
    movabs  $2f, %rax
    jmp     *%rax
2:  mov     ap_stack(%rip), %rsp
    xor     %ebp, %ebp
    xor     %eax, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %fs
    mov     %eax, %gs
    mov     %eax, %ss
    call    ap_main
    ud2

    .code32
refuse: /* to the first serial port and the text screen */
    mov     $PHYS(no_long_mode), %esi
    mov     $0xb8000, %edi
1:  lodsb
    test    %al, %al
    jz      2f
    mov     $0x3f8, %dx
    outb    %al, %dx
    stosb
    inc     %edi
    jmp     1b
2:  hlt
    jmp     2b

/* Real-mode code, copied to a page below 1 MiB, where another CPU starts */
    .code16
    .globl  ap_trampoline, ap_trampoline_end
ap_trampoline:
    cli
    cld
    mov     %cs, %ax
    mov     %ax, %ds
    lgdtl   ap_gdtr - ap_trampoline
    mov     $1, %eax
    mov     %eax, %cr0
    ljmpl   $0x08, $PHYS(ap_entry32)
    .balign 4
ap_gdtr:
    .short  boot_gdt_end - boot_gdt - 1
    .long   PHYS(boot_gdt)
ap_trampoline_end:

    .code64
    .balign 16
    /* switch_stack(sp, fn): go on in fn on another stack */
    .globl  switch_stack
switch_stack:
    mov     %rdi, %rsp
    xor     %ebp, %ebp
    call    *%rsi
    ud2

    .section .bss.stack, "aw", @nobits
    .balign STACK_SIZE
    .globl  boot_stack
boot_stack:
    .skip   STACK_SIZE

    .section .bss.page_aligned, "aw", @nobits
    .balign 4096
    .globl  boot_l4
boot_l4:
    .skip   4096

    /* given back once hvmap_init has made the real tables */
    .section .boot_bss, "aw", @nobits
    .balign 4096
    .globl  boot_stage_l4
boot_stage_l4:
    .skip   4096
boot_l3:
    .skip   4096
boot_l3_image:
    .skip   4096
boot_l2_image:
    .skip   4096
boot_l2:
    .skip   4 * 4096

    .section .data, "aw"
    .balign 8
    .globl  ap_cr3, ap_stack
ap_cr3:
    .quad   0
ap_stack:
    .quad   0

    .section .note.GNU-stack, "", @progbits
