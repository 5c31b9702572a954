/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The set of guests follows the store. /local/domain/N/console tells where a guest's console is:
 *   port   the guest's event channel       type   "xenconsoled" (or nothing) if it is for us
 *   tty    written here: the pseudo terminal; by then the socket is there as well
 * A guest without `port` yet is watched until it has one. When the connection to the store is lost
 * the consoles go on, and the store is called again every second.
 */
#include "guests.h"

#include "xstore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define RETRY_MS   1000
#define PORTS_READ 64
#define PATH_SIZE  64

struct guests {
    const struct console_env *env;
    struct guest *list;
    struct guest **by_port;     /* index: our port */
    uint32_t nr_ports;
    struct loop_source events;  /* event channels */
    struct loop_source period;  /* timer: end of a throttling period */
    bool period_runs;
    struct xstore *store;       /* NULL while it is away */
    struct loop_source store_source;
    struct loop_source retry;   /* timer: call the store again */
};

#define ALL_OF(ptr, member) ((struct guests *)((char *)(ptr) - offsetof(struct guests, member)))

/* ---- events ---- */

static bool remember_port(struct guests *all, struct guest *g)
{
    uint32_t size = all->nr_ports ? all->nr_ports : 256;
    struct guest **table;

    while (size <= g->port)
        size *= 2;
    if (size != all->nr_ports) {
        table = reallocarray(all->by_port, size, sizeof(*table));
        if (!table)
            return false;
        memset(table + all->nr_ports, 0, (size - all->nr_ports) * sizeof(*table));
        all->by_port = table;
        all->nr_ports = size;
    }
    all->by_port[g->port] = g;
    return true;
}

static void start_period(struct guests *all)
{
    if (all->period_runs)
        return;
    all->period_runs = true;
    loop_timer_start(&all->period, PERIOD_MS);
}

static void period_over(struct loop_source *s, uint32_t events)
{
    struct guests *all = ALL_OF(s, period);

    (void)events;
    loop_timer_clear(s);
    all->period_runs = false;
    for (struct guest *g = all->list; g; g = g->next)
        if (g->connected)
            guest_resume(g);
}

static void events_ready(struct loop_source *s, uint32_t events)
{
    struct guests *all = ALL_OF(s, events);
    uint32_t ports[PORTS_READ];
    int n = ctrl_evtchn_pending(all->env->evtchn, ports, PORTS_READ);

    (void)events;
    if (n < 0) { /* nothing can be served without events: whoever watches us starts us again */
        fprintf(stderr, "consoled: cannot read events: %s\n", strerror(-n));
        loop_stop(all->env->loop);
    }
    for (int i = 0; i < n; i++) {
        struct guest *g = ports[i] < all->nr_ports ? all->by_port[ports[i]] : NULL;

        if (!g)
            continue; /* unbound in the meantime */
        guest_event(g);
        start_period(all);
    }
}

/* ---- what the store says of a guest ---- */

static char *read_key(struct guests *all, uint32_t domid, const char *key)
{
    char path[PATH_SIZE], *value;

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
    return xstore_read(all->store, XSTORE_NO_TXN, path, &value, NULL) ? NULL : value;
}

static bool parse_number(const char *text, uint32_t *out)
{
    char *end;
    unsigned long v;

    errno = 0;
    v = strtoul(text, &end, 10);
    if (errno || end == text || *end || v > UINT32_MAX)
        return false;
    *out = v;
    return true;
}

/* The guest's console port, if it has a console and it is ours to serve. */
static bool find_port(struct guests *all, uint32_t domid, uint32_t *port)
{
    char *type = read_key(all, domid, "console/type");
    bool ours = !type || strcmp(type, "xenconsoled") == 0;
    char *text = ours ? read_key(all, domid, "console/port") : NULL;
    bool found = text && parse_number(text, port);

    free(type);
    free(text);
    return found;
}

static void watch_guest(struct guests *all, const struct guest *g, bool on)
{
    char path[PATH_SIZE], token[16];

    snprintf(path, sizeof(path), "/local/domain/%u/console", g->domid);
    snprintf(token, sizeof(token), "%u", g->domid);
    if (on)
        xstore_watch(all->store, path, token);
    else
        xstore_unwatch(all->store, path, token);
}

/* The terminal belongs to its guest's subtree, but the guest has no business in changing it. */
static void publish_tty(struct guests *all, const struct guest *g)
{
    const struct xstore_perm perms[] = { { .domid = 0 }, { .domid = g->domid, .read = true } };
    char path[PATH_SIZE];
    const char *tty = guest_tty(g);
    int ret;

    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", g->domid);
    ret = xstore_write(all->store, XSTORE_NO_TXN, path, tty ? tty : "", tty ? strlen(tty) : 0);
    if (!ret)
        ret = xstore_set_perms(all->store, XSTORE_NO_TXN, path, perms, 2);
    if (ret)
        guest_say(g, "cannot publish its terminal: %s", strerror(-ret));
}

static void try_connect(struct guests *all, struct guest *g)
{
    char *name, fallback[24];
    uint32_t port;
    int ret;

    if (g->connected || !find_port(all, g->domid, &port))
        return;
    name = read_key(all, g->domid, "name");
    snprintf(fallback, sizeof(fallback), "domain-%u", g->domid);
    ret = guest_connect(g, name && *name ? name : fallback, port);
    free(name);
    if (ret) {
        if (!g->told)
            guest_say(g, "cannot connect to its console: %s", strerror(-ret));
        g->told = true;
        return;
    }
    if (!remember_port(all, g))
        guest_say(g, "no memory for its port");
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
    struct guest *g = guest_new(all->env, domid);

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
    if (g->connected)
        all->by_port[g->port] = NULL;
    else if (all->store)
        watch_guest(all, g, false);
    guest_free(g);
}

static void scan(struct guests *all)
{
    char **names;
    int n = xstore_directory(all->store, XSTORE_NO_TXN, "/local/domain", &names);

    for (int i = 0; i < n; i++) {
        uint32_t domid;
        struct guest *g;

        if (!parse_number(names[i], &domid) || domid == 0)
            continue;
        g = find(all, domid);
        if (!g)
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

        if (xstore_is_introduced(all->store, g->domid) == 0)
            drop(all, link);
        else
            link = &g->next;
    }
}

/* ---- the connection to the store ---- */

static void lose_store(struct guests *all)
{
    fprintf(stderr, "consoled: lost the store, calling it again every second\n");
    loop_remove(all->env->loop, &all->store_source);
    xstore_close(all->store);
    all->store = NULL;
    loop_timer_start(&all->retry, RETRY_MS);
}

static void take_event(struct guests *all, const char *token)
{
    struct guest *g;
    uint32_t domid;

    if (strcmp(token, "introduced") == 0) {
        scan(all);
    } else if (strcmp(token, "released") == 0) {
        drop_gone(all);
    } else if (parse_number(token, &domid)) {
        g = find(all, domid);
        if (g)
            try_connect(all, g);
    }
}

/* Requests may have brought events in, so the descriptor does not tell: all are taken here. */
static void store_ready(struct loop_source *s, uint32_t events)
{
    struct guests *all = ALL_OF(s, store_source);
    char *path, *token;
    int ret;

    (void)events;
    while ((ret = xstore_next_event(all->store, false, &path, &token)) == 0) {
        take_event(all, token);
        free(path);
    }
    if (ret != -EAGAIN)
        lose_store(all);
}

static int connect_store(struct guests *all)
{
    int ret = xstore_open(&all->store);

    if (ret)
        return ret;
    ret = xstore_watch(all->store, "@introduceDomain", "introduced");
    if (!ret)
        ret = xstore_watch(all->store, "@releaseDomain", "released");
    if (!ret)
        ret = loop_add(all->env->loop, &all->store_source, xstore_fd(all->store), EPOLLIN,
                       store_ready);
    if (ret) {
        xstore_close(all->store);
        all->store = NULL;
        return ret;
    }
    /* After a restart of the store its clients' watches are gone. */
    for (struct guest *g = all->list; g; g = g->next)
        if (!g->connected)
            watch_guest(all, g, true);
    store_ready(&all->store_source, 0);
    return 0;
}

static void call_store(struct loop_source *s, uint32_t events)
{
    struct guests *all = ALL_OF(s, retry);

    (void)events;
    loop_timer_clear(s);
    if (connect_store(all))
        loop_timer_start(&all->retry, RETRY_MS);
}

/* ---- start and stop ---- */

struct guests *guests_start(const struct console_env *env)
{
    struct guests *all = calloc(1, sizeof(*all));

    if (!all)
        return NULL;
    all->env = env;
    if (loop_timer_add(env->loop, &all->period, period_over) ||
        loop_timer_add(env->loop, &all->retry, call_store) ||
        loop_add(env->loop, &all->events, ctrl_evtchn_fd(env->evtchn), EPOLLIN, events_ready)) {
        free(all);
        return NULL;
    }
    if (connect_store(all))
        loop_timer_start(&all->retry, RETRY_MS);
    return all;
}

void guests_stop(struct guests *all)
{
    while (all->list)
        drop(all, &all->list);
    if (all->store)
        xstore_close(all->store);
    close(all->period.fd);
    close(all->retry.fd);
    free(all->by_port);
    free(all);
}
