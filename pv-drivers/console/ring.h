/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two byte rings of a guest's console page. The guest shares the page and may write anything to
 * it at any time: each index is read once and checked, and our own side of it is kept here.
 */
#ifndef CONSOLE_RING_H
#define CONSOLE_RING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <public/io/console.h>

struct console_ring {
    struct xencons_interface *page;
    uint32_t out_cons, in_prod;
};

#define CONSOLE_OUT_SIZE sizeof(((struct xencons_interface *)0)->out)
#define CONSOLE_IN_SIZE  sizeof(((struct xencons_interface *)0)->in)

/* Takes over where a former daemon, or nobody, left off. */
void console_ring_attach(struct console_ring *r, struct xencons_interface *page);

/*
 * Copies what the guest has put out into buf, without taking it from the ring. Returns the number
 * of bytes, or -EPROTO if the guest's index is impossible; then all of the ring is given up, so
 * that the next call starts afresh.
 */
ssize_t console_ring_peek(struct console_ring *r, char buf[CONSOLE_OUT_SIZE]);

/* Takes n bytes, which were peeked at, from the ring. */
void console_ring_consume(struct console_ring *r, size_t n);

/* Puts up to len bytes into the guest's input; returns how many, or -EPROTO if its index is
 * impossible. */
ssize_t console_ring_write(struct console_ring *r, const char *buf, size_t len);

#endif
