/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages in and out of one client.
 */
#include "connection.h"
#include "domain.h"
#include "ops.h"
#include "perm.h"
#include "proto.h"
#include "quota.h"
#include "records.h"
#include "ring.h"
#include "throttle.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Units of work that one client gets before the others have their turn: a request is one, and so is
 * each event or removed node that it causes. */
#define FAIR_SHARE   32
#define GUESTS_SHARE 4

static unsigned work;

struct connection *connections;

static struct {
    struct connection *first, **last;
    unsigned count;
} busy = { .last = &busy.first };

struct connection *connection_new(const struct transport *t, struct domain *d)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->transport = t;
    c->fd = -1;
    c->domain = d;
    c->target = UINT32_MAX;
    c->out_last = &c->out_first;
    c->next = connections;
    connections = c;
    return c;
}

/* --- the queue of those that need looking after ---------------------------------------------- */

static void make_busy(struct connection *c)
{
    if (c->busy)
        return;
    c->busy = true;
    c->next_busy = NULL;
    *busy.last = c;
    busy.last = &c->next_busy;
    busy.count++;
}

static void leave_busy(struct connection *c)
{
    struct connection **slot = &busy.first;

    if (!c->busy)
        return;
    while (*slot != c)
        slot = &(*slot)->next_busy;
    *slot = c->next_busy;
    if (!*slot)
        busy.last = slot;
    c->busy = false;
    busy.count--;
}

unsigned connections_busy(void) { return busy.count; }

struct connection *connection_take_busy(void)
{
    struct connection *c = busy.first;

    if (c)
        leave_busy(c);
    return c;
}

/* --- the end --------------------------------------------------------------------------------- */

/* The queue's first message has gone or goes with the rest. */
static void drop_first(struct connection *c)
{
    struct out *o = c->out_first;

    c->out_first = o->next;
    if (!c->out_first)
        c->out_last = &c->out_first;
    c->out_bytes -= o->len;
    c->n_out--;
    if (o->event_of)
        o->event_of->last = NULL;
    free(o);
}

static void drop_output(struct connection *c)
{
    while (c->out_first)
        drop_first(c);
}

void connection_reset(struct connection *c)
{
    leave_busy(c);
    watch_remove_all(c);
    txn_remove_all(c);
    drop_output(c);
    c->in_start = c->in_end = c->taken = c->served = 0;
    c->closing = 0;
    c->broken = false;
}

void connection_free(struct connection *c)
{
    struct connection **slot = &connections;

    while (*slot != c)
        slot = &(*slot)->next;
    *slot = c->next;
    connection_reset(c);
    throttle_forget(c);
    free(c);
}

size_t connection_bytes(const struct connection *c)
{
    size_t bytes = c->domain->bytes + c->watch_bytes + c->out_bytes;

    for (const struct txn *t = c->txns; t; t = t->next)
        bytes += sizeof(*t) + t->bytes + t->changes.bytes;
    return bytes;
}

/* --- output ---------------------------------------------------------------------------------- */

/* An unprivileged client that does not take what it is sent is not fed on. */
static bool over_limit(struct connection *c, size_t more)
{
    if (perm_privileged(c) || c->out_bytes + more <= quota.output_bytes)
        return false;
    quota_refused(c->domain, "output-bytes", c->out_bytes + more);
    return true;
}

static void append(struct connection *c, struct out *o)
{
    *c->out_last = o;
    c->out_last = &o->next;
    c->out_bytes += o->len;
    c->n_out++;
}

static struct out *queue_message(struct connection *c, struct xsd_sockmsg hdr, const void *data)
{
    struct out *o = malloc(sizeof(*o) + sizeof(hdr) + hdr.len);

    make_busy(c);
    if (!o) {
        c->closing = -ENOMEM; /* an answer cannot be left out of the stream */
        return NULL;
    }
    *o = (struct out){ .len = sizeof(hdr) + hdr.len };
    memcpy(o->bytes, &hdr, sizeof(hdr));
    if (hdr.len)
        memcpy(o->bytes + sizeof(hdr), data, hdr.len);
    append(c, o);
    keep_output(c, o->bytes, o->len);
    return o;
}

void send_reply(struct connection *c, uint32_t type, const void *data, size_t len)
{
    struct xsd_sockmsg hdr = {
        .type = type, .req_id = c->hdr.req_id, .tx_id = c->hdr.tx_id, .len = len
    };

    if (len > XENSTORE_PAYLOAD_MAX) {
        send_error(c, E2BIG);
        return;
    }
    queue_message(c, hdr, data);
}

void send_ok(struct connection *c, uint32_t type) { send_reply(c, type, "OK", 3); }

void send_error(struct connection *c, int err)
{
    const char *name = xs_error_name(err);

    send_reply(c, XS_ERROR, name, strlen(name) + 1);
}

void send_event(struct connection *c, struct watch *w, const char *path)
{
    char body[XENSTORE_PAYLOAD_MAX];
    struct xsd_sockmsg hdr = { .type = XS_WATCH_EVENT };
    size_t base = w->relative ? strlen("/local/domain/") : 0, plen, tlen = strlen(w->token) + 1;
    struct out *o;

    if (w->relative) {
        const char *rest = strchr(path + base, '/');

        path = rest ? rest + 1 : "";
    }
    plen = strlen(path) + 1;
    if (plen + tlen > sizeof(body))
        return; /* cannot be: watch_add's callers bound both */
    memcpy(body, path, plen);
    memcpy(body + plen, w->token, tlen);
    hdr.len = plen + tlen;
    o = w->last;
    if (o && o->done == 0 && o->len == sizeof(hdr) + hdr.len &&
        memcmp(o->bytes + sizeof(hdr), body, hdr.len) == 0)
        return;
    if (over_limit(c, sizeof(hdr) + hdr.len)) {
        watch_miss(w, true);
        return;
    }
    o = queue_message(c, hdr, body);
    if (!o)
        return;
    if (w->last)
        w->last->event_of = NULL;
    w->last = o;
    o->event_of = w;
}

static void send_queued(struct connection *c)
{
    while (c->out_first && !c->closing) {
        struct out *o = c->out_first;
        long n = c->transport->write(c, o->bytes + o->done, o->len - o->done);

        if (n == 0)
            return;
        if (n < 0) {
            c->closing = n;
            return;
        }
        o->done += n;
        if (o->done < o->len)
            continue;
        drop_first(c);
    }
}

/* Half of the room is free again: those that have missed something are told so. */
static void send_missed(struct connection *c)
{
    if (c->n_missed == 0 || c->out_bytes > quota.output_bytes / 2)
        return;
    for (struct watch *w = c->watches; w; w = w->next) {
        if (!w->missed)
            continue;
        watch_miss(w, false);
        send_event(c, w, w->path);
    }
    journal_commit();
    send_queued(c);
}

/* What is told to anybody counts before. */
void connection_flush(struct connection *c)
{
    journal_commit();
    if (c->served > 0 && c->transport->served)
        c->transport->served(c, c->served);
    c->served = 0;
    send_queued(c);
    send_missed(c);
    if (c->transport->notify)
        c->transport->notify(c);
    if (c->n_out >= quota.outstanding && !perm_privileged(c))
        quota_refused(c->domain, "outstanding", c->n_out);
}

bool connection_queue(struct connection *c, const char *bytes, size_t len)
{
    struct out *o = malloc(sizeof(*o) + len);

    if (!o)
        return false;
    *o = (struct out){ .len = len };
    memcpy(o->bytes, bytes, len);
    append(c, o);
    return true;
}

bool connection_skip(struct connection *c, size_t len)
{
    while (c->out_first && len >= c->out_first->len) {
        len -= c->out_first->len;
        drop_first(c);
    }
    if (len > 0 && c->out_first)
        c->out_first->done = len;
    return len == 0 || c->out_first;
}

void connection_wake(struct connection *c)
{
    c->drained = false;
    make_busy(c);
}

bool connection_wants_write(const struct connection *c) { return c->out_first != NULL; }

/* --- input ----------------------------------------------------------------------------------- */

static bool next_is_partial(const struct connection *c)
{
    size_t have = c->in_end - c->in_start;
    struct xsd_sockmsg hdr;

    if (have < sizeof(hdr))
        return true;
    memcpy(&hdr, c->in + c->in_start, sizeof(hdr));
    return hdr.len <= XENSTORE_PAYLOAD_MAX && have < sizeof(hdr) + hdr.len;
}

/* The next message of what was read becomes hdr and body: 1; 0 when more is needed; -EPROTO. */
static int next_message(struct connection *c)
{
    if (next_is_partial(c))
        return 0;
    memcpy(&c->hdr, c->in + c->in_start, sizeof(c->hdr));
    if (c->hdr.len > XENSTORE_PAYLOAD_MAX)
        return -EPROTO;
    c->body = c->in + c->in_start + sizeof(c->hdr);
    c->in_start += sizeof(c->hdr) + c->hdr.len;
    return 1;
}

static void message_served(struct connection *c)
{
    c->served += sizeof(c->hdr) + c->hdr.len - c->taken;
    c->taken = 0;
}

/* The rest of a message comes with no event while its beginning lies in the ring: Linux notifies
 * only where all it had written before was taken. */
static void take_part(struct connection *c)
{
    size_t have = c->in_end - c->in_start, more = have - c->taken;

    if (!c->ring || more == 0 || !next_is_partial(c))
        return;
    c->served += more;
    keep_taken(c, c->ring->served_at + c->served, c->in + c->in_start + c->taken, more);
    c->taken = have;
}

/* Read behind what is left over: bytes read, 0 for "not now", -errno. */
static long read_more(struct connection *c)
{
    size_t room = sizeof(c->in) - (c->in_end - c->in_start);
    long n;

    if (c->drained)
        return 0;
    memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
    c->in_end -= c->in_start;
    c->in_start = 0;
    n = c->transport->read(c, c->in + c->in_end, room);
    c->drained = n < (long)room;
    if (n > 0)
        c->in_end += n;
    return n;
}

/* A guest that does not take its answers gets no new requests served: that is its own loss only. */
static bool may_read(const struct connection *c)
{
    return perm_privileged(c) ||
           (c->out_bytes < quota.output_bytes / 2 && c->n_out < quota.outstanding);
}

static unsigned share_of(const struct connection *c)
{
    if (!throttle_allows(c))
        return 0;
    return perm_privileged(c) ? FAIR_SHARE : GUESTS_SHARE;
}

void connection_work(unsigned units) { work += units; }

void connection_serve(struct connection *c)
{
    unsigned share = share_of(c);

    if (c->broken)
        return;
    c->drained = false;
    for (work = 0; work < share && may_read(c) && !c->closing; work++) {
        long ret = next_message(c);

        while (ret == 0 && (ret = read_more(c)) > 0)
            ret = next_message(c);
        if (ret < 0)
            c->closing = ret;
        if (ret <= 0)
            break;
        serve_request(c);
        message_served(c);
    }
    throttle_charge(c, work);
    if (c->ring && c->served > 0)
        keep_served(c, c->ring->served_at + c->served);
    take_part(c);
    connection_flush(c);
    if (c->closing || (connection_has_input(c) && throttle_allows(c)))
        make_busy(c);
    else if (connection_has_input(c))
        throttle_wait(c, false);
}

bool connection_has_input(const struct connection *c)
{
    return !c->broken && may_read(c) && !(c->drained && next_is_partial(c));
}
