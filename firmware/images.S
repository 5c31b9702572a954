/* SPDX-License-Identifier: GPL-2.0-only */
/* The loader and the DSDT as data for programs on the host (tools/libctrl/firmware_images.h). */
    .section .rodata
    .globl firmware_loader, firmware_loader_end, firmware_dsdt, firmware_dsdt_end
    .balign 16
firmware_loader:
    .incbin "loader.elf64"
firmware_loader_end:
    .balign 16
firmware_dsdt:
    .incbin "dsdt.aml"
firmware_dsdt_end:

    .section .note.GNU-stack, "", @progbits
