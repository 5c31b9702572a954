/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * consoled's side of a guest's console page, while the guest changes any index and any byte between
 * the calls, and attaches again as after a daemon's restart. The page is an allocation of its size.
 */
#include "fuzz.h"

#include <errno.h>
#include <ring.h>
#include <stdlib.h>
#include <string.h>

static struct xencons_interface *page;
static struct console_ring ring;

/* The guest's doing. */
static void scribble(void)
{
    uint32_t *const index[] = { &page->in_cons, &page->in_prod, &page->out_cons, &page->out_prod };
    uint32_t *at = index[fuzz_below(4)];

    *at = fuzz_byte() & 1 ? *at + fuzz_byte() : (uint32_t)fuzz_number();
}

static void take(void)
{
    char *buf = malloc(CONSOLE_OUT_SIZE);
    ssize_t n = console_ring_peek(&ring, buf);

    FUZZ_CHECK(n <= (ssize_t)CONSOLE_OUT_SIZE, "%zd bytes of output", n);
    if (n > 0)
        console_ring_consume(&ring, fuzz_below(n + 1));
    else if (n < 0)
        FUZZ_CHECK(console_ring_peek(&ring, buf) == 0, "a broken ring stays broken");
    free(buf);
}

static void give(void)
{
    size_t len = fuzz_bytes(2) % 3000;
    char *buf = calloc(1, len + 1);
    ssize_t n;

    n = console_ring_write(&ring, buf, len);
    FUZZ_CHECK(n == -EPROTO || (n >= 0 && n <= (ssize_t)len && n <= (ssize_t)CONSOLE_IN_SIZE),
               "%zd of %zu bytes of input", n, len);
    free(buf);
}

static void attach(void)
{
    console_ring_attach(&ring, page);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static void (*const steps[])(void) = { scribble, take, give, scribble, take, give, attach };

    page = calloc(1, sizeof(*page));
    attach();
    while (fuzz_left())
        steps[fuzz_below(7)]();
    free(page);
}
