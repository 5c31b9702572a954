/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: all of the daemon but its main loop's poll. Dom0's tools speak over a socket, three
 * guests over rings whose bytes and indices they change at will; guests are introduced, shut down,
 * die and come again under their numbers. Messages are put together from the words of the protocol
 * or are any bytes. After each step the tree is whole, what is counted against quotas is what there
 * is, and nobody's output exceeds its limit.
 */
#include "store_ctrl.h"

#include <connection.h>
#include <domain.h>
#include <ops.h>
#include <perm.h>
#include <quota.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Dom0's socket: what the input puts into it, and a client that takes some of the answers -- */

static char socket_in[8192];
static size_t socket_in_len;
static struct connection *dom0;

static long socket_read(struct connection *c, void *buf, size_t len)
{
    if (len > socket_in_len)
        len = socket_in_len;
    memcpy(buf, socket_in, len);
    memmove(socket_in, socket_in + len, socket_in_len - len);
    socket_in_len -= len;
    return len;
}

static long socket_write(struct connection *c, const void *buf, size_t len)
{
    volatile char last = ((const char *)buf)[len - 1]; /* all of it is there */

    (void)last;
    return fuzz_one_in(8) ? (long)(len + 1) / 2 : (long)len;
}

static const struct transport socket_transport = { .read = socket_read, .write = socket_write };

static void connect_dom0(void)
{
    socket_in_len = 0;
    dom0 = connection_new(&socket_transport, domain_get(0));
    dom0->fd = 0;
}

/* --- messages --------------------------------------------------------------------------------- */

struct message {
    struct xsd_sockmsg hdr;
    char body[512];
};

static void add_word(struct message *m)
{
    static const char *const words[] = {
        "/", "/a", "/a/b", "/a/b/c", "data", "data/x", "/local/domain/1", "/local/domain/2/data",
        "/local/domain/3/x", "@introduceDomain", "@releaseDomain", "@x", "T", "F", "1", "2", "3",
        "0", "n1", "r2", "b3", "w0", "n0", "token", "", "/tool", "quota", "stat", "99999", "n40000",
        "/a/b/c/d/e/f/g/h", "//", "/a/", "r65535",
    };
    const char *w = words[fuzz_below(sizeof(words) / sizeof(words[0]))];
    size_t n = strlen(w) + (fuzz_one_in(16) ? 0 : 1);

    if (m->hdr.len + n > sizeof(m->body))
        return;
    memcpy(m->body + m->hdr.len, w, n);
    m->hdr.len += n;
}

static struct message make_message(void)
{
    struct message m = { .hdr = { .type = fuzz_below(24), .tx_id = 0 } };
    unsigned how = fuzz_byte();

    if (how & 1)
        m.hdr.tx_id = 1 + (how >> 1 & 3);
    for (unsigned words = how >> 3 & 3; words > 0; words--)
        add_word(&m);
    if (how >> 5 == 7)
        for (unsigned n = fuzz_below(64); n > 0; n--)
            m.body[m.hdr.len++ % sizeof(m.body)] = fuzz_byte();
    if (m.hdr.len > sizeof(m.body))
        m.hdr.len = sizeof(m.body);
    return m;
}

/* The length that the header tells may be another. */
static size_t spoil(struct message *m)
{
    size_t bytes = sizeof(m->hdr) + m->hdr.len;

    if (fuzz_one_in(32))
        m->hdr.len = fuzz_number();
    return bytes;
}

static void step_dom0_speaks(void)
{
    struct message m = make_message();
    size_t n = spoil(&m);

    if (socket_in_len + n > sizeof(socket_in))
        return;
    memcpy(socket_in + socket_in_len, &m, n);
    socket_in_len += n;
}

/* Room in the ring or not: a guest writes where it likes. */
static void step_guest_speaks(void)
{
    struct xenstore_domain_interface *p = store_guests[fuzz_below(STORE_GUESTS)].page;
    struct message m = make_message();
    size_t n = spoil(&m);

    for (size_t i = 0; i < n; i++)
        p->req[MASK_XENSTORE_IDX(p->req_prod + i)] = ((char *)&m)[i];
    p->req_prod += n;
    if (!fuzz_one_in(4))
        p->rsp_cons = p->rsp_prod; /* takes its answers */
}

static void step_guest_scribbles(void)
{
    struct xenstore_domain_interface *p = store_guests[fuzz_below(STORE_GUESTS)].page;
    uint32_t *const index[] = { &p->req_cons, &p->req_prod, &p->rsp_cons, &p->rsp_prod,
                                &p->connection, &p->error };
    uint32_t *at = index[fuzz_below(6)];

    *at = fuzz_byte() & 1 ? *at + fuzz_byte() : (uint32_t)fuzz_number();
}

static void introduce(unsigned domid)
{
    char body[32];
    int n = snprintf(body, sizeof(body), "%u%c1%c5", domid, 0, 0);
    struct xsd_sockmsg hdr = { .type = XS_INTRODUCE, .len = n + 1 };

    if (socket_in_len + sizeof(hdr) + hdr.len > sizeof(socket_in))
        return;
    memcpy(socket_in + socket_in_len, &hdr, sizeof(hdr));
    memcpy(socket_in + socket_in_len + sizeof(hdr), body, hdr.len);
    socket_in_len += sizeof(hdr) + hdr.len;
}

static void step_life(void)
{
    unsigned n = fuzz_below(STORE_GUESTS), what = fuzz_below(5);
    struct store_guest *g = &store_guests[n];

    if (what == 0)
        introduce(n + 1);
    else if (what == 1)
        g->shutdown = true;
    else if (what == 2)
        g->dying = true;
    else if (what == 3)
        g->gone = true;
    else if (!g->mapped)
        g->gone = g->dying = g->shutdown = false; /* another one of the number */
    store_event_of_death = true;
}

static void step_reconnect(void)
{
    dom0->closing = -ECONNRESET;
}

/* --- the daemon's loop ------------------------------------------------------------------------ */

static void serve(void)
{
    struct connection *c;

    domains_events();
    connection_serve(dom0);
    for (unsigned n = connections_busy(); n && (c = connection_take_busy()); n--) {
        if (connection_has_input(c))
            connection_serve(c);
        else
            connection_flush(c);
        if (c->closing && c != dom0)
            domain_cut_off(c->domain);
    }
    if (dom0->closing) {
        connection_free(dom0);
        connect_dom0();
    }
}

/* --- what must be true ------------------------------------------------------------------------ */

static void check_children(struct node *n)
{
    const struct node *before = NULL;
    unsigned count = 0;

    for (const struct node *c = n->first; c; before = c, c = c->next, count++) {
        FUZZ_CHECK(table_find(&tree, c->path) == c, "%s is listed and not there", c->path);
        FUZZ_CHECK(c->parent == n && c->prev == before, "%s: wrong links", c->path);
    }
    FUZZ_CHECK(n->last == before && n->n_children == count, "%s: wrong list", n->path);
}

static int owned[STORE_GUESTS + 1];
static size_t owned_bytes[STORE_GUESTS + 1];

static void check_node(struct node *n, void *arg)
{
    uint32_t owner = perm_owner(n);

    FUZZ_CHECK(n->n_perms >= 1, "%s has no owner", n->path);
    if (owner <= STORE_GUESTS) {
        owned[owner]++;
        owned_bytes[owner] += node_bytes(n);
    }
    check_children(n);
    if (n->path[0] == '/' && n->path[1]) {
        char above[4096];

        path_parent(n->path, above);
        FUZZ_CHECK(n->parent && n->parent == table_find(&tree, above),
                   "%s is not linked to its parent", n->path);
    }
}

static size_t check_txn(const struct txn *t)
{
    size_t bytes = 0;

    for (const struct entry *e = t->first; e; e = e->next)
        bytes += sizeof(*e) + strlen(e->path) + 1 + (e->mine ? node_bytes(e->mine) : 0);
    FUZZ_CHECK(t->bytes == bytes, "a transaction of %zu bytes, counted %zu", bytes, t->bytes);
    for (const struct change *c = t->changes.first; c; c = c->next)
        bytes += sizeof(*c) + strlen(c->path) + 1;
    return sizeof(*t) + bytes;
}

static void check_connection(const struct connection *c)
{
    unsigned watches = 0, txns = 0, messages = 0;
    size_t out = 0, bytes = c->domain->bytes;

    for (const struct watch *w = c->watches; w; w = w->next, watches++)
        bytes += sizeof(*w) + strlen(w->path) + strlen(w->token) + 2;
    for (const struct txn *t = c->txns; t; t = t->next, txns++)
        bytes += check_txn(t);
    for (const struct out *o = c->out_first; o; o = o->next, messages++)
        out += o->len;
    FUZZ_CHECK(connection_bytes(c) == bytes + out && c->n_out == messages,
               "domain %u: counted %zu bytes, %u messages; there are %zu, %u", c->domain->domid,
               connection_bytes(c), c->n_out, bytes + out, messages);
    FUZZ_CHECK(c->n_watches == watches && c->n_txns == txns && c->out_bytes == out,
               "domain %u: counted %u watches, %u transactions, %zu bytes; there are %u, %u, %zu",
               c->domain->domid, c->n_watches, c->n_txns, c->out_bytes, watches, txns, out);
    if (perm_privileged(c))
        return;
    FUZZ_CHECK(watches <= quota.watches && txns <= quota.txns &&
                   out <= quota.output_bytes + XENSTORE_PAYLOAD_MAX + sizeof(struct xsd_sockmsg),
               "domain %u is over its limits", c->domain->domid);
}

static void check_all(void)
{
    memset(owned, 0, sizeof(owned));
    memset(owned_bytes, 0, sizeof(owned_bytes));
    table_each(&tree, check_node, NULL);
    for (uint32_t id = 1; id <= STORE_GUESTS; id++)
        if (domain_life(id))
            FUZZ_CHECK(domain_get(id)->nodes == owned[id] &&
                           domain_get(id)->bytes == owned_bytes[id],
                       "domain %u: counted %d nodes of %zu bytes, owns %d of %zu", id,
                       domain_get(id)->nodes, domain_get(id)->bytes, owned[id],
                       owned_bytes[id]);
    for (const struct connection *c = connections; c; c = c->next)
        check_connection(c);
}

/* --- one input -------------------------------------------------------------------------------- */

static void begin(void)
{
    store_ctrl_begin();
    quota.nodes = 12;
    quota.node_size = 200;
    quota.watches = 4;
    quota.txns = 3;
    quota.output_bytes = 1024;
    quota.outstanding = 5;
    quota.bytes = 3000;
    quota.rate = 0; /* there is no clock */
    if (tree_first_nodes() || domains_open())
        fuzz_fail("the store does not start");
    connect_dom0();
    introduce(1);
    introduce(2);
    serve();
}

static void end(void)
{
    for (unsigned i = 0; i < STORE_GUESTS; i++)
        store_guests[i].gone = true;
    store_event_of_death = true;
    domains_events();
    domains_events();
    connection_free(dom0);
    FUZZ_CHECK(!connections, "a connection is left");
    table_free(&tree);
    store_ctrl_end();
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static void (*const steps[])(void) = { step_dom0_speaks, step_dom0_speaks, step_guest_speaks,
                                           step_guest_speaks, step_guest_speaks,
                                           step_guest_scribbles, step_life, step_reconnect };

    begin();
    while (fuzz_left()) {
        steps[fuzz_below(8)]();
        serve();
        check_all();
    }
    end();
}
