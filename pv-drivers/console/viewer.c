/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Viewers of a console.
 */
#include "viewer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void scrollback_add(struct scrollback *s, const char *buf, size_t len)
{
    while (len) {
        size_t at = s->end % SCROLLBACK_SIZE, n = SCROLLBACK_SIZE - at;

        if (n > len)
            n = len;
        memcpy(s->bytes + at, buf, n);
        s->end += n;
        buf += n;
        len -= n;
    }
}

uint64_t scrollback_start(const struct scrollback *s)
{
    return s->end > SCROLLBACK_SIZE ? s->end - SCROLLBACK_SIZE : 0;
}

/* A viewer that was too slow is told so; the log has everything. */
static void skip_lost(struct viewer *v, const struct scrollback *s)
{
    uint64_t start = scrollback_start(s);
    char text[80];
    int n;

    if (v->at >= start)
        return;
    n = snprintf(text, sizeof(text), "\r\n[consoled: %llu bytes skipped, see the log]\r\n",
                 (unsigned long long)(start - v->at));
    v->at = start;
    if (write(v->source.fd, text, n) < 0)
        return; /* no room even for this: nothing is lost by it */
}

int viewer_send(struct viewer *v, const struct scrollback *s)
{
    skip_lost(v, s);
    while (v->at < s->end) {
        size_t at = v->at % SCROLLBACK_SIZE, len = SCROLLBACK_SIZE - at;
        ssize_t n;

        if (len > s->end - v->at)
            len = s->end - v->at;
        n = write(v->source.fd, s->bytes + at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        v->at += n;
    }
    return 1;
}
