/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bridges and their ports.
 */
#include "bridge.h"
#include "report.h"

#include <errno.h>
#include <net/if_arp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bridge_change *bridge_change(struct bridge_setup *s, const char *fmt, ...)
{
    struct bridge_change *c;
    va_list ap;

    if (s->nr_changes == s->room) {
        unsigned int room = s->room ? 2 * s->room : 16;

        c = reallocarray(s->changes, room, sizeof(*c));
        if (!c) {
            report_error("out of memory");
            return NULL;
        }
        s->changes = c;
        s->room = room;
    }
    c = &s->changes[s->nr_changes++];
    va_start(ap, fmt);
    vsnprintf(c->text, sizeof(c->text), fmt, ap);
    va_end(ap);
    return c;
}

/* --- what is there ---------------------------------------------------------------------------- */

static void take_kind(struct bridge_link *l, const struct nlmsghdr *h)
{
    const struct rtattr *info = rt_find(h, sizeof(struct ifinfomsg), IFLA_LINKINFO);
    struct rtattr *a = info ? RTA_DATA(info) : NULL;
    int left = info ? (int)RTA_PAYLOAD(info) : 0;

    for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == IFLA_INFO_KIND)
            snprintf(l->kind, sizeof(l->kind), "%.*s", (int)RTA_PAYLOAD(a), (char *)RTA_DATA(a));
}

static void take_link(struct bridge_link *l, const struct nlmsghdr *h)
{
    const struct ifinfomsg *i = NLMSG_DATA(h);
    const struct rtattr *mac = rt_find(h, sizeof(*i), IFLA_ADDRESS);

    l->index = i->ifi_index;
    l->flags = i->ifi_flags;
    l->ethernet = i->ifi_type == ARPHRD_ETHER;
    l->master = rt_find_u32(h, sizeof(*i), IFLA_MASTER);
    if (mac && RTA_PAYLOAD(mac) == sizeof(l->mac))
        memcpy(l->mac, RTA_DATA(mac), sizeof(l->mac));
    take_kind(l, h);
}

static int each_link(const struct nlmsghdr *h, void *arg)
{
    const struct rtattr *name = rt_find(h, sizeof(struct ifinfomsg), IFLA_IFNAME);
    struct bridge_setup *s = arg;

    if (name && strcmp(RTA_DATA(name), s->bridge.name) == 0)
        take_link(&s->bridge, h);
    if (name && strcmp(RTA_DATA(name), s->uplink.name) == 0)
        take_link(&s->uplink, h);
    return 0;
}

static int look(struct bridge_setup *s)
{
    struct ifinfomsg any = { .ifi_family = AF_UNSPEC };
    struct rt_message m;
    int ret;

    rt_begin(&m, RTM_GETLINK, 0, &any, sizeof(any));
    ret = rt_dump(s->socket, &m, each_link, s);
    if (ret)
        report_error("cannot ask the kernel for its network devices: %s", strerror(-ret));
    return ret ? XL_FAILED : XL_OK;
}

/* What speaks against it; NULL: nothing. */
static const char *objection(const struct bridge_link *bridge, const struct bridge_link *up)
{
    if (!up->index)
        return "there is no such device";
    if (!up->ethernet || up->flags & IFF_LOOPBACK)
        return "it is no Ethernet device";
    if (strcmp(up->kind, "bridge") == 0)
        return "it is a bridge itself";
    if (up->master && up->master != bridge->index)
        return "it is a port of another device already";
    return NULL;
}

static int check(const struct bridge_setup *s)
{
    const char *why = s->wish->uplink ? objection(&s->bridge, &s->uplink) : NULL;

    if (s->bridge.index && strcmp(s->bridge.kind, "bridge") != 0) {
        report_error("%s is there, and is no bridge", s->bridge.name);
        return XL_FAILED;
    }
    if (why)
        report_error("%s cannot be the uplink: %s", s->uplink.name, why);
    return why ? XL_FAILED : XL_OK;
}

/* --- changes to devices ----------------------------------------------------------------------- */

/* With the uplink's address: who knows the host by it goes on to. */
static int plan_bridge(struct bridge_setup *s)
{
    struct ifinfomsg none = { .ifi_family = AF_UNSPEC };
    const char *name = s->bridge.name;
    struct bridge_change *c = bridge_change(s, "make bridge %s", name);
    struct rtattr *info;

    if (!c)
        return XL_FAILED;
    rt_begin(&c->go, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &none, sizeof(none));
    rt_add(&c->go, IFLA_IFNAME, name, strlen(name) + 1);
    if (s->uplink.index)
        rt_add(&c->go, IFLA_ADDRESS, s->uplink.mac, sizeof(s->uplink.mac));
    info = rt_begin_nest(&c->go, IFLA_LINKINFO);
    rt_add(&c->go, IFLA_INFO_KIND, "bridge", strlen("bridge"));
    rt_end_nest(&c->go, info);
    rt_begin(&c->back, RTM_DELLINK, 0, &none, sizeof(none));
    rt_add(&c->back, IFLA_IFNAME, name, strlen(name) + 1);
    return XL_OK;
}

static int plan_up(struct bridge_setup *s, const struct bridge_link *l)
{
    struct ifinfomsg up = { .ifi_index = l->index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
    struct ifinfomsg down = { .ifi_index = l->index, .ifi_change = IFF_UP };
    struct bridge_change *c;

    if (l->flags & IFF_UP)
        return XL_OK;
    c = bridge_change(s, "bring up %s", l->name);
    if (!c)
        return XL_FAILED;
    rt_begin(&c->go, RTM_NEWLINK, 0, &up, sizeof(up));
    rt_begin(&c->back, RTM_NEWLINK, 0, &down, sizeof(down));
    return XL_OK;
}

static int plan_join(struct bridge_setup *s)
{
    struct ifinfomsg link = { .ifi_index = s->uplink.index };
    uint32_t none = 0;
    struct bridge_change *c;

    if (s->uplink.master)
        return XL_OK;
    c = bridge_change(s, "make %s a port of %s", s->uplink.name, s->bridge.name);
    if (!c)
        return XL_FAILED;
    rt_begin(&c->go, RTM_NEWLINK, 0, &link, sizeof(link));
    rt_add(&c->go, IFLA_MASTER, &s->bridge.index, sizeof(s->bridge.index));
    rt_begin(&c->back, RTM_NEWLINK, 0, &link, sizeof(link));
    rt_add(&c->back, IFLA_MASTER, &none, sizeof(none));
    return XL_OK;
}

static int plan_rest(struct bridge_setup *s)
{
    int ret = plan_up(s, &s->bridge);

    for (unsigned int i = 0; i < s->wish->nr_addresses && ret == XL_OK; i++)
        ret = bridge_plan_address(s, s->wish->addresses[i]);
    if (ret != XL_OK || !s->uplink.index)
        return ret;
    ret = plan_up(s, &s->uplink);
    if (ret == XL_OK)
        ret = plan_join(s);
    return ret == XL_OK && s->wish->move ? bridge_plan_move(s) : ret;
}

/* --- doing it --------------------------------------------------------------------------------- */

static void take_back(struct bridge_setup *s)
{
    bool all = true;

    while (s->done > 0) {
        struct bridge_change *c = &s->changes[--s->done];
        int ret = rt_request(s->socket, &c->back);

        if (ret)
            report_warning("cannot take back \"%s\": %s", c->text, strerror(-ret));
        all &= ret == 0;
    }
    if (all)
        report_hint("everything is as it was before");
}

static int go(struct bridge_setup *s)
{
    while (s->done < s->nr_changes && !s->wish->dry) {
        struct bridge_change *c = &s->changes[s->done];
        int ret = rt_request(s->socket, &c->go);

        if (ret) {
            report_error("cannot %s: %s", c->text, strerror(-ret));
            return XL_FAILED;
        }
        s->done++;
    }
    return XL_OK;
}

/* The bridge first: only then it has the index that all else names. */
static int set_up(struct bridge_setup *s)
{
    int ret = look(s);

    if (ret == XL_OK)
        ret = check(s);
    if (ret == XL_OK)
        ret = bridge_check_addresses(s);
    if (ret == XL_OK && !s->bridge.index) {
        ret = plan_bridge(s);
        if (ret == XL_OK)
            ret = go(s);
        if (ret == XL_OK)
            ret = look(s);
    }
    if (ret == XL_OK)
        ret = plan_rest(s);
    return ret == XL_OK ? go(s) : ret;
}

/* Whoever is connected through the uplink may lose the terminal meanwhile; it ends whole, or back
 * at its beginning. */
int bridge_set_up(struct bridge_setup *s, const struct bridge_wish *wish)
{
    sigset_t all, before;
    int ret;

    *s = (struct bridge_setup){ .wish = wish };
    snprintf(s->bridge.name, sizeof(s->bridge.name), "%s", wish->bridge);
    if (wish->uplink)
        snprintf(s->uplink.name, sizeof(s->uplink.name), "%s", wish->uplink);
    s->socket = rt_open();
    if (s->socket < 0) {
        report_error("cannot reach the kernel's network: %s", strerror(-s->socket));
        return XL_FAILED;
    }
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    ret = set_up(s);
    if (ret != XL_OK && s->done > 0)
        take_back(s);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ret;
}

void bridge_release(struct bridge_setup *s)
{
    if (s->socket >= 0)
        close(s->socket);
    free(s->changes);
}
