/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first instruction of the tiny guest, and the ELF notes by which the builder learns how to
 * load it (public/elfnote.h). The hypervisor starts it in 64-bit mode with rsi = start_info, on
 * page tables that map the whole image at VIRT_BASE.
 */
#define VIRT_BASE 0xffffffff80000000

    .macro NOTE type, kind, value:vararg
    .pushsection .note.xen, "a", @note
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \kind \value
2:  .balign 4
    .popsection
    .endm

    NOTE 6, .asciz, "tiny"                  /* GUEST_OS */
    NOTE 8, .asciz, "generic"               /* LOADER */
    NOTE 5, .asciz, "xen-3.0"               /* XEN_VERSION */
    NOTE 3, .quad, VIRT_BASE                /* VIRT_BASE: where physical 0 is mapped */
    NOTE 4, .quad, VIRT_BASE                /* PADDR_OFFSET: our ELF has no physical addresses */
    NOTE 1, .quad, _start                   /* ENTRY */
    NOTE 9, .asciz, "yes"                   /* PAE_MODE */
    NOTE 10, .asciz, "!writable_page_tables|pae_pgdir_above_4gb"

    .text
    .globl _start
_start:
    cld
    lea stack_top(%rip), %rsp
    mov %rsi, %rdi
    call tiny_main
1:  jmp 1b

    .bss
    .balign 4096
    .skip 16384
stack_top:
    .section .note.GNU-stack, "", @progbits
