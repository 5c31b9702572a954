/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks code addresses up in the generated symbol table: sorted offsets from the first symbol,
 * where each one's name starts, and the names.  The last entry marks the end of the code.
 */
#include <hv/symbols.h>
#include <hv/types.h>

extern const uint64_t symbol_base;
extern const uint32_t symbol_count;
extern const uint32_t symbol_offsets[];
extern const uint32_t symbol_name_at[];
extern const char symbol_names[];

const char *symbol_lookup(unsigned long addr, unsigned long *off)
{
    uint64_t rel = addr - symbol_base;
    uint32_t lo = 0, hi = symbol_count;

    if (addr < symbol_base || hi < 2 || rel >= symbol_offsets[hi - 1])
        return NULL;

    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (symbol_offsets[mid] <= rel)
            lo = mid;
        else
            hi = mid;
    }

    if (off)
        *off = rel - symbol_offsets[lo];
    return symbol_names + symbol_name_at[lo];
}
