/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connection to the store.
 */
#include "store_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define RETRY_MS 1000

#define LINK_OF(ptr, member) \
    ((struct store_link *)((char *)(ptr)-offsetof(struct store_link, member)))

static void give_up(struct store_link *l)
{
    xstore_close(l->store);
    l->store = NULL;
    loop_timer_start(&l->retry, RETRY_MS);
}

/* Requests may have brought events in, so the descriptor alone does not tell: all are taken here.
 */
static void store_ready(struct loop_source *s, uint32_t events)
{
    struct store_link *l = LINK_OF(s, source);
    char *path, *token;
    int ret;

    (void)events;
    while ((ret = xstore_next_event(l->store, false, &path, &token)) == 0) {
        l->event(l, path, token);
        free(path);
    }
    if (ret == -EAGAIN)
        return;
    fprintf(stderr, "%s: lost the store, calling it again every second\n",
            program_invocation_short_name);
    loop_remove(l->loop, &l->source);
    give_up(l);
}

static void call_store(struct store_link *l)
{
    int ret = xstore_open(&l->store);

    if (ret) {
        l->store = NULL;
        loop_timer_start(&l->retry, RETRY_MS);
        return;
    }
    ret = l->connected(l);
    if (!ret)
        ret = loop_add(l->loop, &l->source, xstore_fd(l->store), EPOLLIN, store_ready);
    if (ret)
        give_up(l);
    else
        store_ready(&l->source, 0);
}

static void call_again(struct loop_source *s, uint32_t events)
{
    (void)events;
    loop_timer_clear(s);
    call_store(LINK_OF(s, retry));
}

int store_link_start(struct store_link *l, struct loop *loop)
{
    int ret = loop_timer_add(loop, &l->retry, call_again);

    if (ret)
        return ret;
    l->loop = loop;
    call_store(l);
    return 0;
}

void store_link_stop(struct store_link *l)
{
    if (l->store) {
        loop_remove(l->loop, &l->source);
        xstore_close(l->store);
        l->store = NULL;
    }
    loop_remove(l->loop, &l->retry);
    close(l->retry.fd);
}

bool parse_decimal(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        unsigned int digit = (unsigned int)*text - '0';

        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return n <= max;
}

char *store_read(struct store_link *l, const char *path)
{
    char *value;

    if (!l->store || xstore_read(l->store, XSTORE_NO_TXN, path, &value, NULL) < 0)
        return NULL;
    return value;
}

int store_read_number(struct store_link *l, const char *path, uint64_t max, uint64_t *out)
{
    char *value;
    int ret;

    if (!l->store)
        return -ENOTCONN;
    ret = xstore_read(l->store, XSTORE_NO_TXN, path, &value, NULL);
    if (ret < 0)
        return ret;
    ret = parse_decimal(value, max, out) ? 0 : -EINVAL;
    free(value);
    return ret;
}
