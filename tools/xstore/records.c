/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of the journal: made from the daemon's state, and taken in again.
 */
#include "records.h"
#include "domain.h"
#include "ops.h"
#include "perm.h"
#include "proto.h"
#include "quota.h"
#include "ring.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODE = 1,   /* path, number of permissions, permissions, value */
    REMOVAL,    /* path */
    DOMAIN,     /* struct domain_record */
    CONNECTION, /* struct connection_record, input, output */
    SERVED,     /* struct moved_record */
    TAKEN,      /* struct moved_record, input */
    OUTPUT,     /* struct moved_record, output */
    WATCH,      /* struct moved_record (.at: RELATIVE, MISSED), path, token */
    UNWATCH,
    TXN, /* struct moved_record (.at: its number) */
    TXN_END,
    QUOTA, /* "name=n" */
};

struct perm_record {
    uint64_t life;
    uint32_t domid;
    uint8_t read, write, unused[2];
};

struct domain_record {
    uint64_t life, ring_mfn;
    uint32_t domid, remote_port;
    uint8_t handle[16];
    uint8_t introduced, shutdown_told, unused[6];
};

struct connection_record {
    uint64_t target_life;
    uint32_t domid, target;
    uint32_t served_at, sent_at, next_txn;
    uint32_t taken, broken, unused;
};

struct moved_record {
    uint32_t domid, at;
};
#define RELATIVE 1u
#define MISSED   2u

/* --- making ---------------------------------------------------------------------------------- */

static char *put(char *to, const void *bytes, size_t len)
{
    memcpy(to, bytes, len);
    return to + len;
}

void keep_node(const struct node *n)
{
    size_t path = strlen(n->path) + 1;
    uint32_t count = n->n_perms;
    char *to =
        journal_begin(NODE, path + sizeof(count) + count * sizeof(struct perm_record) + n->len);

    if (!to)
        return;
    to = put(to, n->path, path);
    to = put(to, &count, sizeof(count));
    for (unsigned i = 0; i < count; i++) {
        const struct perm *p = &n->perms[i];
        struct perm_record r = { p->life, p->domid, p->read, p->write, { 0 } };

        to = put(to, &r, sizeof(r));
    }
    put(to, n->value, n->len);
    journal_end();
}

static void keep_bytes(uint32_t type, const void *head, size_t head_len, const void *bytes,
                       size_t len)
{
    char *to = journal_begin(type, head_len + len);

    if (!to)
        return;
    to = put(to, head, head_len);
    if (len > 0)
        put(to, bytes, len);
    journal_end();
}

void keep_removal(const char *path) { keep_bytes(REMOVAL, path, strlen(path) + 1, NULL, 0); }

void keep_domain(const struct domain *d)
{
    struct domain_record r = { .life = d->life,
                               .ring_mfn = d->ring_mfn,
                               .domid = d->domid,
                               .remote_port = d->remote_port,
                               .introduced = d->introduced,
                               .shutdown_told = d->shutdown_told };

    memcpy(r.handle, d->handle, sizeof(r.handle));
    keep_bytes(DOMAIN, &r, sizeof(r), NULL, 0);
}

static void keep_moved(uint32_t type, const struct connection *c, uint32_t at, const void *bytes,
                       size_t len)
{
    struct moved_record r = { c->domain->domid, at };

    if (c->kept)
        keep_bytes(type, &r, sizeof(r), bytes, len);
}

void keep_served(const struct connection *c, uint32_t served_at)
{
    keep_moved(SERVED, c, served_at, NULL, 0);
}

void keep_taken(const struct connection *c, uint32_t served_at, const char *bytes, size_t len)
{
    keep_moved(TAKEN, c, served_at, bytes, len);
}

void keep_output(const struct connection *c, const char *bytes, size_t len)
{
    keep_moved(OUTPUT, c, 0, bytes, len);
}

void keep_watch(const struct watch *w, bool there)
{
    struct moved_record r = { w->conn->domain->domid,
                              (w->relative ? RELATIVE : 0) | (w->missed ? MISSED : 0) };
    size_t path = strlen(w->path) + 1, token = strlen(w->token) + 1;
    char *to =
        w->conn->kept ? journal_begin(there ? WATCH : UNWATCH, sizeof(r) + path + token) : NULL;

    if (!to)
        return;
    to = put(to, &r, sizeof(r));
    to = put(to, w->path, path);
    put(to, w->token, token);
    journal_end();
}

void keep_txn(const struct connection *c, uint32_t id, bool there)
{
    keep_moved(there ? TXN : TXN_END, c, id, NULL, 0);
}

void keep_quota(const char *setting) { keep_bytes(QUOTA, setting, strlen(setting) + 1, NULL, 0); }

void keep_connection(const struct connection *c)
{
    struct connection_record r = { .target_life = c->target_life,
                                   .domid = c->domain->domid,
                                   .target = c->target,
                                   .served_at = c->ring ? c->ring->served_at : c->resume.served_at,
                                   .sent_at = c->ring ? c->ring->sent_at : c->resume.sent_at,
                                   .next_txn = c->next_txn,
                                   .taken = c->taken,
                                   .broken = c->broken };
    size_t left = c->out_bytes - (c->out_first ? c->out_first->done : 0);
    char *to = c->kept ? journal_begin(CONNECTION, sizeof(r) + r.taken + left) : NULL;

    if (!to)
        return;
    to = put(to, &r, sizeof(r));
    to = put(to, c->in + c->in_start, c->taken);
    for (const struct out *o = c->out_first; o; o = o->next)
        to = put(to, o->bytes + o->done, o->len - o->done);
    journal_end();
    for (const struct watch *w = c->watches; w; w = w->next)
        keep_watch(w, true);
    for (const struct txn *t = c->txns; t; t = t->next)
        keep_txn(c, t->id, true);
}

/* --- all of it, in parts ---------------------------------------------------------------------- */

#define NUMBERS_AT_ONCE 256

/* Where the writing has come to: domains with their connections, then the table's buckets. */
static struct {
    uint32_t domid;
    size_t bucket, n_buckets;
} cursor;

static bool write_part(bool anew)
{
    if (anew) {
        memset(&cursor, 0, sizeof(cursor));
        quota_each_set(keep_quota);
    }
    for (unsigned i = 0; i < NUMBERS_AT_ONCE && cursor.domid < DOMAIN_NUMBERS; i++) {
        const struct domain *d = domain_known(cursor.domid++);

        if (!d)
            continue;
        keep_domain(d);
        if (!d->conn)
            continue;
        keep_connection(d->conn);
        return true;
    }
    if (cursor.domid < DOMAIN_NUMBERS)
        return true;
    if (cursor.n_buckets != tree.n_buckets) {
        cursor.n_buckets = tree.n_buckets;
        cursor.bucket = 0;
    }
    for (const struct node *n = tree.bucket[cursor.bucket]; n; n = n->chain)
        keep_node(n);
    return ++cursor.bucket < tree.n_buckets;
}

/* --- taking in -------------------------------------------------------------------------------- */

static bool get(const char **from, const char *end, void *to, size_t len)
{
    if ((size_t)(end - *from) < len)
        return false;
    memcpy(to, *from, len);
    *from += len;
    return true;
}

/* A string that has its end in the record. */
static const char *get_string(const char **from, const char *end)
{
    const char *s = *from, *zero = memchr(s, '\0', end - s);

    if (!zero || zero - s >= XENSTORE_PAYLOAD_MAX)
        return NULL;
    *from = zero + 1;
    return s;
}

static int load_node(const char *at, const char *end)
{
    const char *path = get_string(&at, end);
    struct perm perms[XENSTORE_PAYLOAD_MAX / 3];
    struct perm_record p;
    struct node *n;
    uint32_t count;

    if (!path || !get(&at, end, &count, sizeof(count)) || count < 1 ||
        count > sizeof(perms) / sizeof(perms[0]))
        return -EINVAL;
    for (uint32_t i = 0; i < count; i++) {
        if (!get(&at, end, &p, sizeof(p)))
            return -EINVAL;
        perms[i] = (struct perm){ p.domid, p.life, p.read, p.write };
    }
    n = table_find(&tree, path);
    if (!n) {
        n = node_new(path);
        if (!n || table_insert(&tree, n, NULL) < 0) {
            node_free(n);
            return -ENOMEM;
        }
    }
    if (node_set_value(n, at, end - at) < 0)
        return -ENOMEM;
    return node_set_perms(n, perms, count);
}

static int load_removal(const char *at, const char *end)
{
    const char *path = get_string(&at, end);
    struct node *n = path ? table_find(&tree, path) : NULL;

    if (n)
        table_remove(&tree, n);
    return path ? 0 : -EINVAL;
}

static int load_domain(const char *at, const char *end)
{
    struct domain_record r;
    struct domain d = { 0 };

    if (!get(&at, end, &r, sizeof(r)) || r.domid >= DOMAIN_NUMBERS)
        return -EINVAL;
    d.domid = r.domid;
    d.life = r.life;
    d.ring_mfn = r.ring_mfn;
    d.remote_port = r.remote_port;
    d.introduced = r.introduced;
    d.shutdown_told = r.shutdown_told;
    memcpy(d.handle, r.handle, sizeof(d.handle));
    domain_restore(&d);
    return 0;
}

static struct connection *connection_of(uint32_t domid)
{
    struct domain *d = domain_known(domid);

    return d ? d->conn : NULL;
}

static int load_connection(const char *at, const char *end)
{
    struct connection_record r;
    struct connection *c;

    if (!get(&at, end, &r, sizeof(r)) || r.domid >= DOMAIN_NUMBERS || r.taken > sizeof(c->in) ||
        r.taken > (size_t)(end - at))
        return -EINVAL;
    c = connection_of(r.domid);
    if (!c)
        c = domain_restore_connection(r.domid);
    if (!c)
        return -ENOMEM;
    connection_reset(c);
    c->target = r.target;
    c->target_life = r.target_life;
    c->next_txn = r.next_txn;
    c->broken = r.broken;
    c->resume.served_at = r.served_at;
    c->resume.sent_at = r.sent_at;
    memcpy(c->in, at, r.taken);
    c->in_end = c->taken = r.taken;
    return connection_queue(c, at + r.taken, end - at - r.taken) ? 0 : -ENOMEM;
}

/* Of a connection that is not known, all is said where it is. */
static int load_moved(uint32_t type, const char *at, const char *end)
{
    struct moved_record r;
    struct connection *c;

    if (!get(&at, end, &r, sizeof(r)))
        return -EINVAL;
    c = connection_of(r.domid);
    if (!c)
        return 0;
    if (type == OUTPUT)
        return connection_queue(c, at, end - at) ? 0 : -ENOMEM;
    c->resume.served_at = r.at;
    if (type == SERVED) {
        c->in_end = c->taken = 0;
        return 0;
    }
    if ((size_t)(end - at) > sizeof(c->in) - c->in_end)
        return -EINVAL;
    memcpy(c->in + c->in_end, at, end - at);
    c->taken = c->in_end += end - at;
    return 0;
}

static int load_watch(uint32_t type, const char *at, const char *end)
{
    const char *path, *token;
    struct moved_record r;
    struct connection *c;

    if (!get(&at, end, &r, sizeof(r)))
        return -EINVAL;
    path = get_string(&at, end);
    token = path ? get_string(&at, end) : NULL;
    if (!token)
        return -EINVAL;
    c = connection_of(r.domid);
    if (c && type == WATCH)
        return watch_restore(c, path, token, r.at & RELATIVE, r.at & MISSED);
    if (c)
        watch_remove(c, path, token);
    return 0;
}

static int load_txn(uint32_t type, const char *at, const char *end)
{
    struct moved_record r;
    struct connection *c;

    if (!get(&at, end, &r, sizeof(r)))
        return -EINVAL;
    c = connection_of(r.domid);
    if (c && type == TXN)
        return txn_restore(c, r.at);
    if (c)
        txn_end(c, r.at);
    return 0;
}

static int load_quota(const char *at, const char *end)
{
    const char *setting = get_string(&at, end);

    return setting && quota_set(setting) ? 0 : -EINVAL;
}

static int load(uint32_t type, const char *data, size_t len)
{
    const char *end = data + len;

    switch (type) {
    case NODE: return load_node(data, end);
    case REMOVAL: return load_removal(data, end);
    case DOMAIN: return load_domain(data, end);
    case CONNECTION: return load_connection(data, end);
    case SERVED:
    case TAKEN:
    case OUTPUT: return load_moved(type, data, end);
    case WATCH:
    case UNWATCH: return load_watch(type, data, end);
    case TXN:
    case TXN_END: return load_txn(type, data, end);
    case QUOTA: return load_quota(data, end);
    default: return -EINVAL;
    }
}

const struct journal_content records = { load, write_part };

/* --- the nodes' places ------------------------------------------------------------------------ */

/* Nodes whose parents a damaged journal has lost get parents that are Dom0's alone. */
static struct node *parent_of(const char *path)
{
    static const struct perm dom0_only = { 0, 0, false, false };
    char above[XS_ABS_PATH_SIZE + 1];
    struct node *parent;

    path_parent(path, above);
    parent = table_find(&tree, above);
    if (parent)
        return parent;
    parent = node_new(above);
    if (!parent || node_set_value(parent, "", 0) < 0 || node_set_perms(parent, &dom0_only, 1) < 0 ||
        table_insert(&tree, parent, NULL) < 0) {
        node_free(parent);
        return NULL;
    }
    return parent;
}

struct all {
    struct node **node;
    size_t count;
};

static void collect(struct node *n, void *arg)
{
    struct all *all = arg;

    all->node[all->count++] = n;
}

int records_link_nodes(void)
{
    struct all all = { .node = calloc(tree.count + 1, sizeof(*all.node)) };
    int ret = all.node ? 0 : -ENOMEM;

    if (ret == 0)
        table_each(&tree, collect, &all);
    for (size_t i = 0; i < all.count && ret == 0; i++) {
        struct node *n = all.node[i];

        account_node(n, 1);
        while (n && n->path[0] == '/' && n->path[1] && !n->parent) {
            struct node *parent = parent_of(n->path);

            if (!parent)
                ret = -ENOMEM;
            else
                node_link(n, parent);
            n = parent;
        }
    }
    free(all.node);
    return ret;
}
