/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linked at IMAGE_START, loaded at IMAGE_PHYS. One segment for each protection; pages of two
 * protections are never shared.
 */
#include <arch/layout.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(boot_entry32)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
}

SECTIONS
{
    . = IMAGE_START;
    image_start = .;
    .text : AT(ADDR(.text) - IMAGE_START + IMAGE_PHYS) {
        *(.text.head)
        . = ALIGN(4096);
        entry_text_start = .;
        *(.text.entry)
        . = ALIGN(4096);
        entry_text_end = .;
        *(.text .text.*)
        _etext = .;
    } :text
    . = ALIGN(4096);
    image_text_end = .;

    .rodata : AT(ADDR(.rodata) - IMAGE_START + IMAGE_PHYS) {
        . = ALIGN(32);
        __start_hv_params = .;
        KEEP(*(hv_params))
        __stop_hv_params = .;
        . = ALIGN(16);
        extable_start = .;
        KEEP(*(.extable))
        extable_end = .;
        smap_sites_start = .;
        KEEP(*(.smap_sites))
        smap_sites_end = .;
        isolation_sites_start = .;
        KEEP(*(.isolation_sites))
        isolation_sites_end = .;
        verw_sites_start = .;
        KEEP(*(.verw_sites))
        verw_sites_end = .;
        *(.rodata .rodata.*)
        *(.data.rel.ro .data.rel.ro.*)
        *(.got .got.plt)
    } :rodata
    . = ALIGN(4096);
    image_rodata_end = .;

    .data : AT(ADDR(.data) - IMAGE_START + IMAGE_PHYS) {
        *(.data.page_aligned)
        *(.data .data.*)
    } :data
    .bss (NOLOAD) : AT(ADDR(.bss) - IMAGE_START + IMAGE_PHYS) {
        . = ALIGN(STACK_SIZE);
        *(.bss.stack)
        *(.bss.page_aligned)
        *(.bss .bss.*)
        . = ALIGN(4096);
        image_boot_start = .;
        *(.boot_bss)
        . = ALIGN(4096);
    } :data
    image_data_end = .;
    image_end = .;

    ASSERT(image_end - image_start <= 0x1000000, "the boot page tables map 16 MiB of the image")
    /DISCARD/ : {
        *(.comment) *(.eh_frame) *(.note .note.*) *(.interp)
        *(.dynamic) *(.dynsym) *(.dynstr) *(.hash) *(.gnu.hash)
    }
}
