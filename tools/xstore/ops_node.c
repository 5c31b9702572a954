/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on nodes.
 */
#include "ops.h"
#include "request.h"
#include "domain.h"
#include "perm.h"
#include "quota.h"
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- quotas ---------------------------------------------------------------------------------- */

static int check_size(const struct connection *c, size_t size)
{
    if (perm_privileged(c) || size <= quota.node_size)
        return 0;
    quota_refused(c->domain, "node-size", size);
    return -ENOSPC;
}

static int check_count(const struct request *r, unsigned more)
{
    const struct txn *t = r->view.txn;
    int nodes = r->conn->domain->nodes + (t ? t->nodes_added : 0) + (int)more;

    if (perm_privileged(r->conn) || nodes <= (int)quota.nodes)
        return 0;
    quota_refused(r->conn->domain, "nodes", nodes);
    return -ENOSPC;
}

/* --- helpers on nodes ------------------------------------------------------------------------ */

/* Resolve the first string and demand rights on the node. That a node is missing is told (-ENOENT)
 * only to those who have the rights on the nearest node above it; others get -EACCES. */
static int find_node(struct request *r, unsigned rights)
{
    char above[XS_ABS_PATH_SIZE + 1];
    const struct node *n;
    int err = absolute_path(r->conn, r->arg[0], r->path);

    if (err < 0)
        return err;
    r->node = view_get(&r->view, r->path, &err);
    if (err < 0)
        return err;
    if (r->node)
        return (perm_of(r->conn, r->node) & rights) == rights ? 0 : -EACCES;
    strcpy(above, r->path);
    for (n = NULL; !n && above[0] == '/' && above[1] != '\0';) {
        path_parent(above, above);
        n = view_get(&r->view, above, &err);
        if (err < 0)
            return err;
    }
    return n && (perm_of(r->conn, n) & rights) == rights ? -ENOENT : -EACCES;
}

static int note_change(struct request *r, const char *path)
{
    if (r->view.txn)
        return changes_add(&r->view.txn->changes, path, false, false);
    watch_fire(&r->view, path, false);
    return 0;
}

/* A node is about to go, alone or as part of the subtree that is removed. */
static int note_removal(const struct node *n, void *arg)
{
    struct request *r = arg;
    bool exact = strcmp(n->path, r->path) != 0;

    connection_work(1);
    if (r->view.txn)
        return changes_add(&r->view.txn->changes, n->path, exact, true);
    watch_fire(&r->view, n->path, exact);
    return 0;
}

/* Permissions of a new node: those of the node above, owned by its maker if that is a guest. */
static int inherit_perms(struct request *r, struct node *n, const struct node *parent)
{
    int ret = node_set_perms(n, parent->perms, parent->n_perms);

    if (ret == 0 && !perm_privileged(r->conn)) {
        n->perms[0].domid = r->conn->domain->domid;
        n->perms[0].life = r->conn->domain->life;
    }
    return ret;
}

static int add_node(struct request *r, const char *path, const struct node *parent,
                    const void *value, size_t len)
{
    struct node *n = node_new(path);
    int ret = n ? node_set_value(n, value, len) : -ENOMEM;

    if (ret == 0)
        ret = inherit_perms(r, n, parent);
    if (ret == 0)
        ret = view_add(&r->view, parent->path, n);
    if (ret < 0)
        node_free(n);
    return ret;
}

static int quietly(const struct node *n, void *arg)
{
    (void)n;
    (void)arg;
    return 0;
}

/* What create_node has made goes again: the node whose path is `top` bytes of the request's, and
 * what is below it. Not in a transaction, which is not committed after such a failure. */
static void unmake(struct request *r, size_t top)
{
    char path[XS_ABS_PATH_SIZE + 1];

    if (r->view.txn || top == 0)
        return;
    memcpy(path, r->path, top);
    path[top] = '\0';
    view_remove(&r->view, path, quietly, NULL);
}

/* Make r->path and what is missing above it. The caller may write the nearest node above. */
static int create_node(struct request *r, const void *value, size_t len)
{
    char at[XS_ABS_PATH_SIZE + 1];
    const struct node *above = NULL;
    unsigned missing = 0;
    size_t top = 0;
    int err, ret;

    strcpy(at, r->path);
    while (!above) {
        path_parent(at, at);
        missing++;
        above = view_get(&r->view, at, &err);
        if (err < 0)
            return err;
    }
    if (!(perm_of(r->conn, above) & MAY_WRITE))
        return -EACCES;
    ret = check_size(r->conn, strlen(r->path) + len + above->n_perms * sizeof(uint32_t));
    if (ret == 0)
        ret = check_count(r, missing);
    if (ret == 0)
        ret = quota_check_bytes(r->conn, missing * (node_bytes(above) + strlen(r->path)) + len);
    if (ret < 0)
        return ret;
    while (missing > 0) {
        size_t from = strlen(at) > 1 ? strlen(at) : 0, part;

        part = strcspn(r->path + from + 1, "/");
        memcpy(at, r->path, from + 1 + part);
        at[from + 1 + part] = '\0';
        missing--;
        ret = add_node(r, at, above, missing ? "" : value, missing ? 0 : len);
        if (ret < 0) {
            unmake(r, top);
            return ret;
        }
        top = top ? top : from + 1 + part;
        above = view_get(&r->view, at, &err);
        if (!above)
            return err < 0 ? err : -EIO;
    }
    return 0;
}

/* --- operations on nodes --------------------------------------------------------------------- */

int op_read(struct request *r)
{
    int ret = find_node(r, MAY_READ);

    if (ret == 0)
        send_reply(r->conn, XS_READ, r->node->value, r->node->len);
    return ret;
}

/* Names from `offset` on, as many as fit. */
struct listing {
    char buf[XENSTORE_PAYLOAD_MAX];
    size_t len, room; /* of buf */
    size_t pos, offset;
    bool more;
};

static bool list_name(const char *name, void *arg)
{
    struct listing *l = arg;
    size_t size = strlen(name) + 1;

    if (l->pos >= l->offset) {
        l->more = size > l->room - l->len;
        if (l->more)
            return false;
        memcpy(l->buf + l->len, name, size);
        l->len += size;
    }
    l->pos += size;
    return true;
}

int op_directory(struct request *r)
{
    struct listing l = { .room = sizeof(l.buf) };
    int ret = find_node(r, MAY_READ);

    if (ret == 0)
        ret = view_list(&r->view, r->path, list_name, &l);
    if (ret == 0 && l.more)
        ret = -E2BIG;
    if (ret == 0)
        send_reply(r->conn, XS_DIRECTORY, l.buf, l.len);
    return ret;
}

/* A client that reads a long list goes on where its last part ended, if the list is the same. */
static void list_from_cursor(struct request *r, uint64_t generation, struct listing *l)
{
    struct cursor *k = &r->conn->cursor;
    const struct node *c = r->node->first;

    if (k->generation == generation && k->offset == l->offset) {
        c = k->next;
        l->pos = l->offset;
    }
    while (c && list_name(c->name, l))
        c = c->next;
    *k = (struct cursor){ generation, l->pos, c };
}

int op_directory_part(struct request *r)
{
    struct listing l = { .room = sizeof(l.buf) - 1 };
    int ret = find_node(r, MAY_READ);
    uint64_t generation, offset;

    if (ret < 0)
        return ret;
    if (!xs_parse_number(r->arg[1], UINT32_MAX, &offset))
        return -EINVAL;
    l.offset = offset;
    generation = view_list_generation(&r->view, r->path, &ret);
    l.len = snprintf(l.buf, sizeof(l.buf), "%llu", (unsigned long long)generation) + 1;
    if (r->view.txn && ret == 0)
        ret = view_list(&r->view, r->path, list_name, &l);
    else if (ret == 0)
        list_from_cursor(r, generation, &l);
    if (ret < 0)
        return ret;
    if (!l.more)
        l.buf[l.len++] = '\0';
    send_reply(r->conn, XS_DIRECTORY_PART, l.buf, l.len);
    return 0;
}

/* Replace the value of the node that find_node has found. */
static int change_value(struct request *r)
{
    int ret = check_size(r->conn, node_size(r->node) - r->node->len + r->rest_len);

    return ret < 0 ? ret : view_set_value(&r->view, r->path, r->rest, r->rest_len);
}

int op_write(struct request *r)
{
    int ret = find_node(r, MAY_WRITE);

    if (is_special(r->path))
        return -EINVAL;
    if (ret == 0)
        ret = change_value(r);
    else if (ret == -ENOENT)
        ret = create_node(r, r->rest, r->rest_len);
    if (ret == 0)
        ret = note_change(r, r->path);
    if (ret == 0)
        send_ok(r->conn, XS_WRITE);
    return ret;
}

int op_mkdir(struct request *r)
{
    int ret = find_node(r, MAY_WRITE);

    if (ret == -ENOENT) {
        ret = create_node(r, "", 0);
        if (ret == 0)
            ret = note_change(r, r->path);
    }
    if (ret == 0)
        send_ok(r->conn, XS_MKDIR);
    return ret;
}

int op_rm(struct request *r)
{
    char parent[XS_ABS_PATH_SIZE + 1];
    int ret = find_node(r, MAY_WRITE), err;

    if (strcmp(r->path, "/") == 0 || is_special(r->path))
        return -EINVAL;
    if (ret == -ENOENT) {
        path_parent(r->path, parent);
        ret = view_get(&r->view, parent, &err) ? 0 : -ENOENT; /* gone already is as good */
    } else if (ret == 0) {
        ret = view_remove(&r->view, r->path, note_removal, r);
    }
    if (ret == 0)
        send_ok(r->conn, XS_RM);
    return ret;
}

int op_get_perms(struct request *r)
{
    char buf[XENSTORE_PAYLOAD_MAX];
    int ret = find_node(r, MAY_READ);
    size_t len = 0;

    if (ret < 0)
        return ret;
    for (unsigned i = 0; i < r->node->n_perms && sizeof(buf) - len > 16; i++) {
        const struct perm *p = &r->node->perms[i];

        if (i > 0 && !perm_alive(p))
            continue;
        len += snprintf(buf + len, sizeof(buf) - len, "%c%u", xs_perm_letter(p->read, p->write),
                        i == 0 ? perm_owner(r->node) : p->domid) +
               1;
    }
    send_reply(r->conn, XS_GET_PERMS, buf, len);
    return 0;
}

static int parse_perms(struct request *r, struct perm *perms, unsigned max, unsigned *n)
{
    int count = xs_count_strings(r->rest, r->rest_len);
    const char *p = r->rest;

    if (count < 1)
        return -EINVAL;
    if ((unsigned)count > max) {
        quota_refused(r->conn->domain, "perms", count);
        return -ENOSPC;
    }
    for (int i = 0; i < count; i++, p += strlen(p) + 1) {
        struct domain *d;

        if (!xs_parse_perm(p, &perms[i].domid, &perms[i].read, &perms[i].write))
            return -EINVAL;
        d = domain_get(perms[i].domid);
        if (!d)
            return -ENOMEM;
        perms[i].life = d->life;
    }
    *n = count;
    return 0;
}

int op_set_perms(struct request *r)
{
    struct perm perms[XENSTORE_PAYLOAD_MAX / 3];
    bool privileged = perm_privileged(r->conn);
    int ret = find_node(r, MAY_WRITE | MAY_OWN);
    unsigned count = 0;

    if (ret == 0)
        ret = parse_perms(r, perms, privileged ? sizeof(perms) / sizeof(perms[0]) : quota.perms,
                          &count);
    if (ret < 0)
        return ret;
    if (!privileged && perms[0].domid != perm_owner(r->node))
        return -EPERM; /* a guest must not give its nodes, and their count, to another */
    ret = view_set_perms(&r->view, r->path, perms, count);
    if (ret == 0)
        ret = note_change(r, r->path);
    if (ret == 0)
        send_ok(r->conn, XS_SET_PERMS);
    return ret;
}
