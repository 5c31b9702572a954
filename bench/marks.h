/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks in measured programs, which bench/plugin sees: around an interval, and for its name.
 *
 * A mark is a 7-byte NOP, 0f 1f 80 imm32, with "mk" in the upper half of its operand and a letter
 * in the lower. It touches no register and no memory and may be executed in any ring. Intervals do
 * not nest; the marks themselves are not counted.
 */
#ifndef BENCH_MARKS_H
#define BENCH_MARKS_H

#define MARK_HIGH  0x6d6b0000
#define MARK_BIT_0 '0'
#define MARK_BIT_1 '1'
#define MARK_NAMED 'n' /* the bits since the last name are the name of the intervals to come */
#define MARK_BEGIN 'b'
#define MARK_END   'e'
#define MARK_EVENT 'x' /* "the machine has come to this point" */

#define MARK(letter) \
    __asm__ volatile(".byte 0x0f, 0x1f, 0x80; .long %c0" ::"i"(MARK_HIGH | (letter)) : "memory")

static inline void mark_name(const char *name)
{
    for (; *name; name++)
        for (int bit = 0; bit < 8; bit++)
            if (*name >> bit & 1)
                MARK(MARK_BIT_1);
            else
                MARK(MARK_BIT_0);
    MARK(MARK_NAMED);
}

#endif
