/* SPDX-License-Identifier: GPL-2.0-only */
#include "reference.h"

#include <errno.h>
#include <public/io/xs_wire.h>
#include <stdlib.h>
#include <string.h>

enum { READ = 1, WRITE = 2, OWN = 4 };

static struct ref_node *find(struct ref_store *s, const char *path)
{
    for (unsigned i = 0; i < s->count; i++)
        if (strcmp(s->node[i].path, path) == 0)
            return &s->node[i];
    return NULL;
}

static void parent_of(const char *path, char *out)
{
    size_t len = strrchr(path, '/') - path;

    memmove(out, path, len);
    out[len] = '\0';
    if (len == 0)
        strcpy(out, "/");
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct ref_node *)a)->path, ((const struct ref_node *)b)->path);
}

static struct ref_node *add(struct ref_store *s, const char *path)
{
    struct ref_node *n = &s->node[s->count++];

    if (s->count == REF_NODES)
        abort();
    memset(n, 0, sizeof(*n));
    strcpy(n->path, path);
    return n;
}

void ref_init(struct ref_store *s, const char *const *paths, unsigned n)
{
    s->count = 0;
    for (unsigned i = 0; i < n; i++)
        strcpy(add(s, paths[i])->perms[0], "n0");
    qsort(s->node, s->count, sizeof(s->node[0]), by_path);
}

static unsigned rights(const struct ref_node *n, uint32_t domid)
{
    const char *use = n->perms[0];

    if (domid == 0 || (uint32_t)atoi(n->perms[0] + 1) == domid)
        return READ | WRITE | OWN;
    for (int i = 1; i < REF_PERMS && n->perms[i][0]; i++) {
        if ((uint32_t)atoi(n->perms[i] + 1) == domid) {
            use = n->perms[i];
            break;
        }
    }
    return (*use == 'r' || *use == 'b' ? READ : 0) | (*use == 'w' || *use == 'b' ? WRITE : 0);
}

/* The node, or the nearest one above that is there. */
static struct ref_node *nearest(struct ref_store *s, const char *path)
{
    char at[64];
    struct ref_node *n;

    strcpy(at, path);
    while (!(n = find(s, at)))
        parent_of(at, at);
    return n;
}

static void create(struct ref_store *s, const char *path, uint32_t domid)
{
    char above[64];
    struct ref_node *n;

    parent_of(path, above);
    if (!find(s, above))
        create(s, above, domid);
    n = add(s, path);
    memcpy(n->perms, find(s, above)->perms, sizeof(n->perms));
    if (domid)
        n->perms[0][1] = '0' + domid;
    qsort(s->node, s->count, sizeof(s->node[0]), by_path);
}

static bool below(const char *path, const char *top)
{
    size_t len = strlen(top);

    return strncmp(path, top, len) == 0 && (path[len] == '/' || !path[len]);
}

static void remove_all(struct ref_store *s, const char *path)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < s->count; i++)
        if (!below(s->node[i].path, path))
            s->node[kept++] = s->node[i];
    s->count = kept;
}

static void list(struct ref_store *s, const char *path, char *answer)
{
    char above[64];

    for (unsigned i = 0; i < s->count; i++) {
        if (s->node[i].path[0] != '/' || !s->node[i].path[1])
            continue;
        parent_of(s->node[i].path, above);
        if (strcmp(above, path) == 0)
            strcat(strcat(answer, strrchr(s->node[i].path, '/') + 1), "|");
    }
}

int ref_do(struct ref_store *s, const struct ref_op *op, char answer[4096])
{
    bool looks = op->type == XS_READ || op->type == XS_DIRECTORY || op->type == XS_GET_PERMS;
    unsigned need = looks ? READ : op->type == XS_SET_PERMS ? WRITE | OWN : WRITE;
    struct ref_node *n = nearest(s, op->path);
    bool there = strcmp(n->path, op->path) == 0;
    char above[64];

    answer[0] = '\0';
    if ((rights(n, op->domid) & need) != need)
        return EACCES;
    if (!there && op->type != XS_WRITE && op->type != XS_MKDIR && op->type != XS_RM)
        return ENOENT;
    switch (op->type) {
    case XS_READ: strcat(strcpy(answer, n->value), "|"); return 0;
    case XS_DIRECTORY: list(s, op->path, answer); return 0;
    case XS_GET_PERMS:
        for (int i = 0; i < REF_PERMS && n->perms[i][0]; i++)
            strcat(strcat(answer, n->perms[i]), "|");
        return 0;
    case XS_RM:
        parent_of(op->path, above);
        if (!there && !find(s, above))
            return ENOENT;
        remove_all(s, op->path);
        return 0;
    case XS_SET_PERMS:
        if (op->domid && (uint32_t)atoi(op->perms[0] + 1) != (uint32_t)atoi(n->perms[0] + 1))
            return EPERM;
        memcpy(n->perms, op->perms, sizeof(n->perms));
        return 0;
    }
    if (!there)
        create(s, op->path, op->domid);
    if (op->type == XS_WRITE)
        strcpy(find(s, op->path)->value, op->value);
    return 0;
}
