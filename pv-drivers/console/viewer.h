/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Those who look at a guest's console: programs connected to its socket, and its pseudo terminal.
 * All of them read from the guest's scrollback, each at its own pace; who is too slow skips a part.
 */
#ifndef CONSOLE_VIEWER_H
#define CONSOLE_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"

#define SCROLLBACK_SIZE (64 * 1024)

/* The newest output: byte n of all that was ever put out is at n modulo the size. */
struct scrollback {
    uint64_t end;
    char bytes[SCROLLBACK_SIZE];
};

void scrollback_add(struct scrollback *s, const char *buf, size_t len);

/* First byte that is still there. */
uint64_t scrollback_start(const struct scrollback *s);

struct guest;

struct viewer {
    struct loop_source source;
    struct guest *guest;
    struct viewer *next;
    uint64_t at;                /* next byte of the scrollback to send */
    int slave;                  /* pseudo terminal: the other end, kept open; else -1 */
    bool deaf;                  /* has hung up: is sent nothing more */
    bool parked;                /* the same, and not in the loop until there is room for its input */
};

/*
 * Sends what the viewer has not seen. Returns 1 if it has all, 0 if it cannot take more now, -errno
 * if it is gone.
 */
int viewer_send(struct viewer *v, const struct scrollback *s);

#endif
