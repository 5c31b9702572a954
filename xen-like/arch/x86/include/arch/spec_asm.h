/* SPDX-License-Identifier: GPL-2.0-only */
/* For assembly: what the ways to a guest do against speculation (cpu/spec.c). */

        /*
         * VERW with a memory operand empties the buffers that MDS and its relatives read
         * (cpu/spec.c makes it a nop on other processors); the operand is a selector that can be
         * written to. Changes the flags.
         */
        .macro CLEAR_BUFFERS
775:    verw verw_selector(%rip)
        .pushsection .verw_sites, "a"
        .balign 8
        .quad 775b
        .popsection
        .endm
