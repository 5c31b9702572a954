/* SPDX-License-Identifier: GPL-2.0-only */
#include "console.h"
#include "io.h"

#define PORT_LOG 0xe9

void print(const char *text)
{
    while (*text)
        out8(PORT_LOG, *text++);
}

void print_hex(uint64_t n)
{
    unsigned int digits = 1;

    while (digits < 16 && n >> 4 * digits)
        digits++;
    while (digits--)
        out8(PORT_LOG, "0123456789abcdef"[n >> 4 * digits & 15]);
}
