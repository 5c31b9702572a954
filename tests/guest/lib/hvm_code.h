/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code for hardware guests (hvm.h) that goes through probes: instructions, and what becomes of them,
 * which the guest writes down as one byte: the vector of an exception or interrupt, else NONE.
 */
#ifndef GUEST_HVM_CODE_H
#define GUEST_HVM_CODE_H

#include "hvm.h"

#define NONE 0xff

/* The stub of a vector drops what the processor has put on the stack, and goes on at ebx. */
#define PROBE(name, text, ...)                      \
    "   mov $2f - code_" name " + 0x1000, %ebx\n"   \
    "   " text "\n"                                 \
    "   movb $0xff, (%edi)\n"                       \
    "   inc %edi\n"                                 \
    "2:\n"

/** A guest code_NAME from PROBES(PROBE, name, A, S, F); pop and jump: names of registers. */
#define HVM_GUEST(name, bits, PROBES, A, S, F, pop, jump) \
    asm(".pushsection .rodata\n"                          \
        ".balign 16\n"                                    \
        ".code" bits "\n"                                 \
        "code_" name ": jmp 1f\n"                         \
        ".set vector, 0\n"                                \
        ".rept 50\n"                                      \
        ".balign 16\n"                                    \
        "   push $vector\n"                               \
        "   jmp 3f\n"                                     \
        ".set vector, vector + 1\n"                       \
        ".endr\n"                                         \
        "3: pop %" pop "\n"                               \
        "   mov %al, (%edi)\n"                            \
        "   inc %edi\n"                                   \
        "   mov $0xbff0, %esp\n"                          \
        "   jmp *%" jump "\n"                             \
        "1:\n"                                            \
        PROBES(PROBE, name, A, S, F)                      \
        "   cli\n"                                        \
        "   hlt\n"                                        \
        "code_" name "_end:\n"                            \
        ".code64\n"                                       \
        ".popsection\n")

/** Of guests "real", "protected", "pae" and "long": where they begin and end, by mode. */
#define HVM_GUESTS_BY_MODE(name)                                                                   \
    extern const uint8_t code_real[], code_real_end[], code_protected[], code_protected_end[],     \
        code_pae[], code_pae_end[], code_long[], code_long_end[];                                  \
    static const uint8_t *const name[HVM_MODES][2] = {                                             \
        {code_real, code_real_end},                                                                \
        {code_protected, code_protected_end},                                                      \
        {code_pae, code_pae_end},                                                                  \
        {code_long, code_long_end},                                                                \
    }

#endif
