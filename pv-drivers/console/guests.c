/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The set of guests follows the store. /local/domain/N/console tells where a guest's console is:
 *   port   the guest's event channel       type   "xenconsoled" (or nothing) if it is for us
 *   tty    written here: the pseudo terminal; by then the socket is there as well
 * A guest without `port` yet is watched until it has one. When the connection to the store is lost
 * the consoles go on, and the store is called again every second.
 */
#include "guests.h"

#include "store_link.h"

#include <public/grant_table.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 64

#define ALL_OF(ptr, member) ((struct guests *)((char *)(ptr)-offsetof(struct guests, member)))

struct guests {
    const struct console_env *env;
    struct store_link link;
    struct guest *list;
};

/* ---- what the store says of a guest ---- */

static char *read_key(struct guests *all, uint32_t domid, const char *key)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
    return store_read(&all->link, path);
}

/* The guest's console port, if it has a console and it is ours to serve. */
static bool find_port(struct guests *all, uint32_t domid, uint64_t *port)
{
    char *type = read_key(all, domid, "console/type");
    bool ours = !type || strcmp(type, "xenconsoled") == 0;
    char *text = ours ? read_key(all, domid, "console/port") : NULL;
    bool found = text && parse_decimal(text, UINT32_MAX, port);

    free(type);
    free(text);
    return found;
}

static void watch_guest(struct guests *all, const struct guest *g, bool on)
{
    char path[PATH_SIZE], token[16];

    if (!all->link.store)
        return;
    snprintf(path, sizeof(path), "/local/domain/%u/console", g->domid);
    snprintf(token, sizeof(token), "%u", g->domid);
    if (on)
        xstore_watch(all->link.store, path, token);
    else
        xstore_unwatch(all->link.store, path, token);
}

/* The terminal belongs to its guest's subtree, but the guest has no business in changing it. */
static void publish_tty(struct guests *all, const struct guest *g)
{
    const struct xstore_perm perms[] = { { .domid = 0 }, { .domid = g->domid, .read = true } };
    char path[PATH_SIZE];
    const char *tty = guest_tty(g);
    int ret;

    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", g->domid);
    ret = xstore_write(all->link.store, XSTORE_NO_TXN, path, tty ? tty : "", tty ? strlen(tty) : 0);
    if (!ret)
        ret = xstore_set_perms(all->link.store, XSTORE_NO_TXN, path, perms, 2);
    if (ret)
        guest_say(g, "cannot publish its terminal: %s", strerror(-ret));
}

static void try_connect(struct guests *all, struct guest *g)
{
    char *name, fallback[24];
    uint64_t port;
    int ret;

    if (g->connected || !find_port(all, g->domid, &port))
        return;
    name = read_key(all, g->domid, "name");
    snprintf(fallback, sizeof(fallback), "domain-%u", g->domid);
    ret = guest_connect(g, name && *name ? name : fallback, GNTTAB_RESERVED_CONSOLE, port);
    free(name);
    if (ret) {
        if (!g->told)
            guest_say(g, "cannot connect to its console: %s", strerror(-ret));
        g->told = true;
        return;
    }
    publish_tty(all, g);
    watch_guest(all, g, false);
}

/* ---- which guests there are ---- */

static struct guest *find(struct guests *all, uint32_t domid)
{
    struct guest *g = all->list;

    while (g && g->domid != domid)
        g = g->next;
    return g;
}

static void add(struct guests *all, uint32_t domid)
{
    struct guest *g = guest_new(all->env, domid, 0);

    if (!g) {
        fprintf(stderr, "consoled: no memory for domain %u\n", domid);
        return;
    }
    g->next = all->list;
    all->list = g;
    watch_guest(all, g, true); /* its first event comes at once and connects */
}

static void drop(struct guests *all, struct guest **link)
{
    struct guest *g = *link;

    *link = g->next;
    if (!g->connected)
        watch_guest(all, g, false);
    guest_free(g);
}

static void scan(struct guests *all)
{
    char **names;
    int n = xstore_directory(all->link.store, XSTORE_NO_TXN, "/local/domain", &names);

    for (int i = 0; i < n; i++) {
        uint64_t domid;

        if (parse_decimal(names[i], UINT32_MAX, &domid) && domid != 0 && !find(all, domid))
            add(all, domid);
    }
    if (n >= 0)
        free(names);
}

/*
 * A guest that is gone is no longer introduced, whether or not its nodes are still there. One that
 * is not introduced yet is found again when it is.
 */
static void drop_gone(struct guests *all)
{
    struct guest **link = &all->list;

    while (*link) {
        struct guest *g = *link;

        if (xstore_is_introduced(all->link.store, g->domid) == 0)
            drop(all, link);
        else
            link = &g->next;
    }
}

/* ---- the store ---- */

static void store_event(struct store_link *l, const char *path, const char *token)
{
    struct guests *all = ALL_OF(l, link);
    struct guest *g;
    uint64_t domid;

    (void)path;
    if (strcmp(token, "introduced") == 0) {
        scan(all);
    } else if (strcmp(token, "released") == 0) {
        drop_gone(all);
    } else if (parse_decimal(token, UINT32_MAX, &domid)) {
        g = find(all, domid);
        if (g)
            try_connect(all, g);
    }
}

/* A new connection has no watches. */
static int connected(struct store_link *l)
{
    struct guests *all = ALL_OF(l, link);
    int ret = xstore_watch(l->store, "@introduceDomain", "introduced");

    if (!ret)
        ret = xstore_watch(l->store, "@releaseDomain", "released");
    if (ret)
        return ret;
    for (struct guest *g = all->list; g; g = g->next)
        if (!g->connected)
            watch_guest(all, g, true);
    return 0;
}

/* ---- start and stop ---- */

struct guests *guests_start(const struct console_env *env)
{
    struct guests *all = calloc(1, sizeof(*all));

    if (!all)
        return NULL;
    all->env = env;
    all->link.connected = connected;
    all->link.event = store_event;
    if (store_link_start(&all->link, env->loop)) {
        free(all);
        return NULL;
    }
    return all;
}

void guests_stop(struct guests *all)
{
    while (all->list)
        drop(all, &all->list);
    store_link_stop(&all->link);
    free(all);
}
