/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Table of instructions that are allowed to fault. The linker collects it in no particular order;
 * it is small, and looked up only when something did fault, so it is searched as it is.
 */
#include <arch/extable.h>

struct extable_entry {
    uint64_t at, fixup;
};
extern const struct extable_entry extable_start[], extable_end[];

uint64_t extable_lookup(uint64_t addr)
{
    for (const struct extable_entry *e = extable_start; e < extable_end; e++)
        if (e->at == addr)
            return e->fixup;
    return 0;
}

bool rdmsr_safe(uint32_t msr, uint64_t *value)
{
    uint32_t lo, hi, ok = 1;

    __asm__ volatile("1: rdmsr\n"
                     "2:\n"
                     ".pushsection .text.fixup, \"ax\"\n"
                     "3: xor %2, %2\n"
                     "   xor %0, %0\n"
                     "   xor %1, %1\n"
                     "   jmp 2b\n"
                     ".popsection\n" EXTABLE("1b", "3b")
                     : "=a"(lo), "=d"(hi), "+r"(ok)
                     : "c"(msr));
    *value = (uint64_t)hi << 32 | lo;
    return ok;
}
