/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loader says: to the hypervisor's log, by port 0xe9. */
#ifndef FIRMWARE_CONSOLE_H
#define FIRMWARE_CONSOLE_H

#include <stdint.h>

void print(const char *text);
/* In hexadecimal, with no leading zeroes. */
void print_hex(uint64_t n);

#endif
