/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console rings.
 */
#include "ring.h"

#include <errno.h>
#include <string.h>

static uint32_t load(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *p, uint32_t v)
{
    __atomic_store_n(p, v, __ATOMIC_SEQ_CST);
}

void console_ring_attach(struct console_ring *r, struct xencons_interface *page)
{
    r->page = page;
    r->out_cons = load(&page->out_cons);
    r->in_prod = load(&page->in_prod);
}

ssize_t console_ring_peek(struct console_ring *r, char buf[CONSOLE_OUT_SIZE])
{
    uint32_t prod = load(&r->page->out_prod), count = prod - r->out_cons;
    uint32_t at = r->out_cons % CONSOLE_OUT_SIZE, first = CONSOLE_OUT_SIZE - at;

    if (count > CONSOLE_OUT_SIZE) {
        r->out_cons = prod;
        store(&r->page->out_cons, prod);
        return -EPROTO;
    }
    if (first > count)
        first = count;
    memcpy(buf, r->page->out + at, first);
    memcpy(buf + first, r->page->out, count - first);
    return count;
}

void console_ring_consume(struct console_ring *r, size_t n)
{
    r->out_cons += n;
    store(&r->page->out_cons, r->out_cons);
}

ssize_t console_ring_write(struct console_ring *r, const char *buf, size_t len)
{
    uint32_t used = r->in_prod - load(&r->page->in_cons);
    uint32_t at = r->in_prod % CONSOLE_IN_SIZE, first = CONSOLE_IN_SIZE - at;

    if (used > CONSOLE_IN_SIZE)
        return -EPROTO;
    if (len > CONSOLE_IN_SIZE - used)
        len = CONSOLE_IN_SIZE - used;
    if (first > len)
        first = len;
    memcpy(r->page->in + at, buf, first);
    memcpy(r->page->in, buf + first, len - first);
    r->in_prod += len;
    store(&r->page->in_prod, r->in_prod);
    return len;
}
