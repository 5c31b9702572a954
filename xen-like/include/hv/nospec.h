/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Indices that guests choose (Spectre v1). After a check of bounds that was mispredicted the
 * processor goes on for a while with an index out of bounds; where the word it finds there becomes
 * an address, a guest can read from the cache what it was.
 */
#ifndef HV_NOSPEC_H
#define HV_NOSPEC_H

/** `i` if i < n (which has been checked), also when the check was mispredicted: then 0. n > 0. */
static inline unsigned long index_nospec(unsigned long i, unsigned long n)
{
    unsigned long past = i | (n - 1 - i); /* its top bit says that i is too large */

    __asm__("" : "+r"(past)); /* what the compiler knows from the check must not remove this */
    return i & ~(unsigned long)((long)past >> 63);
}

#endif
