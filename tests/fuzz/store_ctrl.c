/* SPDX-License-Identifier: GPL-2.0-only */
#include "store_ctrl.h"

#include <ctrl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct store_guest store_guests[STORE_GUESTS];
bool store_event_of_death;
static int next_port = 100;

void store_ctrl_begin(void)
{
    for (unsigned i = 0; i < STORE_GUESTS; i++)
        store_guests[i] = (struct store_guest){ .page = calloc(1, sizeof(*store_guests[0].page)),
                                                .port = -1 };
}

void store_ctrl_end(void)
{
    for (unsigned i = 0; i < STORE_GUESTS; i++) {
        FUZZ_CHECK(!store_guests[i].mapped && store_guests[i].port < 0,
                   "the ring of guest %u is not let go", i + 1);
        free(store_guests[i].page);
    }
}

static struct store_guest *guest(uint32_t domid)
{
    return domid >= 1 && domid <= STORE_GUESTS ? &store_guests[domid - 1] : NULL;
}

int ctrl_open(struct ctrl **out)
{
    *out = NULL;
    return 0;
}

const char *ctrl_error(struct ctrl *h)
{
    return "an error";
}

int ctrl_domain_info(struct ctrl *h, uint32_t domid, struct ctrl_domain_info *info)
{
    struct store_guest *g = guest(domid);

    if (!g || g->gone)
        return -ESRCH;
    *info = (struct ctrl_domain_info){ .domid = domid, .dying = g->dying, .shutdown = g->shutdown };
    memcpy(info->handle, g->handle, sizeof(info->handle));
    return 0;
}

static int map(uint32_t domid, void **addr)
{
    struct store_guest *g = guest(domid);

    if (!g || g->gone || g->mapped)
        return -EINVAL;
    g->mapped = true;
    *addr = g->page;
    return 0;
}

static void unmap(void *addr)
{
    for (unsigned i = 0; i < STORE_GUESTS; i++)
        if (store_guests[i].page == addr)
            store_guests[i].mapped = false;
}

int ctrl_map_foreign(struct ctrl *h, uint32_t domid, int prot, const uint64_t *mfns, size_t count,
                     void **addr)
{
    return map(domid, addr);
}

void ctrl_unmap(void *addr, size_t count)
{
    unmap(addr);
}

int ctrl_gnttab_open(struct ctrl_gnttab **out)
{
    *out = (struct ctrl_gnttab *)&store_guests;
    return 0;
}

int ctrl_gnttab_map(struct ctrl_gnttab *g, uint32_t domid, const uint32_t *refs, size_t count,
                    int prot, void **addr)
{
    return map(domid, addr);
}

int ctrl_gnttab_unmap(struct ctrl_gnttab *g, void *addr, size_t count)
{
    unmap(addr);
    return 0;
}

int ctrl_evtchn_open(struct ctrl_evtchn **out)
{
    *out = (struct ctrl_evtchn *)&store_guests;
    return 0;
}

int ctrl_evtchn_fd(const struct ctrl_evtchn *e)
{
    return -1;
}

int ctrl_evtchn_bind_virq(struct ctrl_evtchn *e, uint32_t virq)
{
    return 1;
}

int ctrl_evtchn_bind_interdomain(struct ctrl_evtchn *e, uint32_t remote, uint32_t remote_port)
{
    struct store_guest *g = guest(remote);

    if (!g || g->gone || remote_port == 0)
        return -EINVAL;
    g->port = next_port++;
    g->masked = false;
    if (g->event)
        *g->event = true; /* as the hypervisor does */
    return g->port;
}

int ctrl_evtchn_unbind(struct ctrl_evtchn *e, uint32_t port)
{
    for (unsigned i = 0; i < STORE_GUESTS; i++)
        if (store_guests[i].port == (int)port)
            store_guests[i].port = -1;
    return 0;
}

int ctrl_evtchn_notify(struct ctrl_evtchn *e, uint32_t port)
{
    for (unsigned i = 0; i < STORE_GUESTS; i++)
        if (store_guests[i].port == (int)port && store_guests[i].told)
            *store_guests[i].told = true;
    return 0;
}

int ctrl_evtchn_unmask(struct ctrl_evtchn *e, uint32_t port)
{
    for (unsigned i = 0; i < STORE_GUESTS; i++)
        if (store_guests[i].port == (int)port)
            store_guests[i].masked = false;
    return 0;
}

static bool take_event(struct store_guest *g)
{
    if (g->port < 0 || g->masked || (g->event && !*g->event))
        return false;
    if (g->event)
        *g->event = false;
    return g->masked = true;
}

int ctrl_evtchn_pending(struct ctrl_evtchn *e, uint32_t *ports, unsigned int max)
{
    unsigned n = 0;

    if (store_event_of_death)
        ports[n++] = 1;
    store_event_of_death = false;
    for (unsigned i = 0; i < STORE_GUESTS && n < max; i++)
        if (take_event(&store_guests[i]))
            ports[n++] = store_guests[i].port;
    return n;
}
