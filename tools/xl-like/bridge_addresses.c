/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses and routes that come to a bridge.
 *
 * Of an uplink that becomes a port they are: IPv4 addresses, IPv6 addresses that somebody has
 * set, and the routes that somebody has set. What the kernel made of those it makes anew; what it
 * was told by routers (IPv6) the bridge is told as well.
 */
#include "bridge.h"
#include "report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_TEXT (INET6_ADDRSTRLEN + 4)

/* Messages of the kernel's, which are kept. */
struct list {
    uint32_t index; /* those of this device */
    struct nlmsghdr **items;
    unsigned int count;
};

static int keep(struct list *l, const struct nlmsghdr *h)
{
    struct nlmsghdr **items = reallocarray(l->items, l->count + 1, sizeof(*items));

    if (!items)
        return -ENOMEM;
    l->items = items;
    items[l->count] = malloc(h->nlmsg_len);
    if (!items[l->count])
        return -ENOMEM;
    memcpy(items[l->count++], h, h->nlmsg_len);
    return 0;
}

static void release(struct list *l)
{
    for (unsigned int i = 0; i < l->count; i++)
        free(l->items[i]);
    free(l->items);
}

static int gather(struct bridge_setup *s, struct list *l, uint16_t type, size_t size,
                  int (*each)(const struct nlmsghdr *h, void *arg))
{
    static const char any[sizeof(struct rtmsg)];
    struct rt_message m;
    int ret;

    rt_begin(&m, type, 0, any, size);
    ret = l->index ? rt_dump(s->socket, &m, each, l) : 0;
    if (ret == -EMLINK)
        report_error("a route goes several ways, one of them %s: it has to be moved by hand",
                     s->uplink.name);
    else if (ret)
        report_error("cannot ask the kernel for addresses and routes: %s", strerror(-ret));
    return ret ? XL_FAILED : XL_OK;
}

/* --- addresses -------------------------------------------------------------------------------- */

static const struct rtattr *local_of(const struct nlmsghdr *h)
{
    const struct rtattr *a = rt_find(h, sizeof(struct ifaddrmsg), IFA_LOCAL);

    return a ? a : rt_find(h, sizeof(struct ifaddrmsg), IFA_ADDRESS);
}

static const char *address_text(char text[ADDRESS_TEXT], const struct nlmsghdr *h)
{
    const struct ifaddrmsg *i = NLMSG_DATA(h);
    const struct rtattr *a = local_of(h);
    char ip[INET6_ADDRSTRLEN] = "?";

    if (a)
        inet_ntop(i->ifa_family, RTA_DATA(a), ip, sizeof(ip));
    snprintf(text, ADDRESS_TEXT, "%s/%u", ip, i->ifa_prefixlen);
    return text;
}

static int each_address(const struct nlmsghdr *h, void *arg)
{
    const struct ifaddrmsg *i = NLMSG_DATA(h);
    struct list *l = arg;
    bool set = i->ifa_family == AF_INET ||
               (i->ifa_scope != RT_SCOPE_LINK && i->ifa_flags & IFA_F_PERMANENT);

    return i->ifa_index == l->index && set && local_of(h) ? keep(l, h) : 0;
}

static int gather_addresses(struct bridge_setup *s, struct list *l, uint32_t index)
{
    *l = (struct list){ .index = index };
    return gather(s, l, RTM_GETADDR, sizeof(struct ifaddrmsg), each_address);
}

/* A label is the device's name. */
static void copy_address(struct rt_message *m, uint16_t type, const struct nlmsghdr *from,
                         uint32_t index)
{
    uint16_t flags = type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;

    rt_copy(m, type, flags, from, sizeof(struct ifaddrmsg), IFA_LABEL);
    ((struct ifaddrmsg *)NLMSG_DATA(&m->header))->ifa_index = index;
}

static int plan_copy(struct bridge_setup *s, const struct nlmsghdr *h, const struct bridge_link *on,
                     bool give)
{
    char text[ADDRESS_TEXT];
    struct bridge_change *c = bridge_change(s, "%s address %s %s %s", give ? "set" : "remove",
                                            address_text(text, h), give ? "on" : "from", on->name);

    if (!c)
        return XL_FAILED;
    copy_address(&c->go, give ? RTM_NEWADDR : RTM_DELADDR, h, on->index);
    copy_address(&c->back, give ? RTM_DELADDR : RTM_NEWADDR, h, on->index);
    return XL_OK;
}

/* --- an address of its own -------------------------------------------------------------------- */

/* IP/BITS as the message that would add it. */
static bool parse_address(struct rt_message *m, const char *text, uint32_t index)
{
    const char *slash = strchr(text, '/');
    struct ifaddrmsg i = { .ifa_index = index };
    char ip[INET6_ADDRSTRLEN], *end;
    unsigned char bytes[16];
    size_t size;

    if (!slash || slash - text >= (int)sizeof(ip))
        return false;
    snprintf(ip, sizeof(ip), "%.*s", (int)(slash - text), text);
    i.ifa_family = strchr(ip, ':') ? AF_INET6 : AF_INET;
    size = i.ifa_family == AF_INET6 ? 16 : 4;
    i.ifa_prefixlen = strtoul(slash + 1, &end, 10);
    if (inet_pton(i.ifa_family, ip, bytes) != 1 || slash[1] < '0' || slash[1] > '9' || *end ||
        strlen(slash) > 4 || strtoul(slash + 1, NULL, 10) > size * 8)
        return false;
    rt_begin(m, RTM_NEWADDR, 0, &i, sizeof(i));
    rt_add(m, IFA_LOCAL, bytes, size);
    rt_add(m, IFA_ADDRESS, bytes, size);
    if (i.ifa_family == AF_INET && i.ifa_prefixlen < 31) {
        uint32_t broadcast;

        memcpy(&broadcast, bytes, sizeof(broadcast));
        broadcast |= htonl(i.ifa_prefixlen ? (1u << (32 - i.ifa_prefixlen)) - 1 : UINT32_MAX);
        rt_add(m, IFA_BROADCAST, &broadcast, sizeof(broadcast));
    }
    return true;
}

static bool has_address(const struct list *l, const struct nlmsghdr *wanted)
{
    char ours[ADDRESS_TEXT], its[ADDRESS_TEXT];

    address_text(ours, wanted);
    for (unsigned int i = 0; i < l->count; i++)
        if (strcmp(ours, address_text(its, l->items[i])) == 0)
            return true;
    return false;
}

int bridge_plan_address(struct bridge_setup *s, const char *address)
{
    struct rt_message wanted;
    struct list there;
    int ret = gather_addresses(s, &there, s->bridge.index);

    if (ret == XL_OK && parse_address(&wanted, address, s->bridge.index) &&
        !has_address(&there, &wanted.header))
        ret = plan_copy(s, &wanted.header, &s->bridge, true);
    release(&there);
    return ret;
}

static int check_uplink(struct bridge_setup *s)
{
    struct list addresses;
    char text[ADDRESS_TEXT];
    int ret = gather_addresses(s, &addresses, s->uplink.index);

    if (ret == XL_OK && addresses.count > 0) {
        report_error("%s has addresses (%s), which do not work on a port of a bridge",
                     s->uplink.name, address_text(text, addresses.items[0]));
        report_hint("--move takes them and their routes to the bridge");
        ret = XL_FAILED;
    }
    release(&addresses);
    return ret;
}

int bridge_check_addresses(struct bridge_setup *s)
{
    struct rt_message m;

    for (unsigned int i = 0; i < s->wish->nr_addresses; i++)
        if (!parse_address(&m, s->wish->addresses[i], 0)) {
            report_error("'%s' is no address with its number of network bits, like 10.0.0.1/24",
                         s->wish->addresses[i]);
            return XL_USAGE;
        }
    return s->wish->move ? XL_OK : check_uplink(s);
}

/* --- routes ----------------------------------------------------------------------------------- */

static bool goes_several_ways(const struct nlmsghdr *h, uint32_t index)
{
    const struct rtattr *a = rt_find(h, sizeof(struct rtmsg), RTA_MULTIPATH);
    const struct rtnexthop *n = a ? RTA_DATA(a) : NULL;
    int left = a ? (int)RTA_PAYLOAD(a) : 0;

    for (; left > 0 && RTNH_OK(n, left); left -= RTNH_ALIGN(n->rtnh_len), n = RTNH_NEXT(n))
        if ((uint32_t)n->rtnh_ifindex == index)
            return true;
    return false;
}

static int each_route(const struct nlmsghdr *h, void *arg)
{
    const struct rtmsg *r = NLMSG_DATA(h);
    struct list *l = arg;
    bool set = r->rtm_protocol != RTPROT_KERNEL && r->rtm_protocol != RTPROT_RA &&
               r->rtm_table != RT_TABLE_LOCAL && !(r->rtm_flags & RTM_F_CLONED);

    if (goes_several_ways(h, l->index))
        return -EMLINK;
    return set && rt_find_u32(h, sizeof(*r), RTA_OIF) == l->index ? keep(l, h) : 0;
}

static bool has_gateway(const struct nlmsghdr *h)
{
    return rt_find(h, sizeof(struct rtmsg), RTA_GATEWAY) ||
           rt_find(h, sizeof(struct rtmsg), RTA_VIA);
}

static void route_text(char text[ADDRESS_TEXT], const struct nlmsghdr *h)
{
    const struct rtmsg *r = NLMSG_DATA(h);
    const struct rtattr *to = rt_find(h, sizeof(*r), RTA_DST);
    char ip[INET6_ADDRSTRLEN] = "default";

    if (to)
        inet_ntop(r->rtm_family, RTA_DATA(to), ip, sizeof(ip));
    if (to)
        snprintf(text, ADDRESS_TEXT, "%s/%u", ip, r->rtm_dst_len);
    else
        snprintf(text, ADDRESS_TEXT, "%s", ip);
}

static void copy_route(struct rt_message *m, uint16_t type, const struct nlmsghdr *from,
                       uint32_t index)
{
    uint16_t flags = type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0;
    struct rtmsg *r = NLMSG_DATA(&m->header);

    rt_copy(m, type, flags, from, sizeof(*r), RTA_OIF);
    rt_add(m, RTA_OIF, &index, sizeof(index));
    r->rtm_flags &= RTNH_F_ONLINK; /* others are what the kernel found */
}

static int plan_route(struct bridge_setup *s, const struct nlmsghdr *h,
                      const struct bridge_link *on, bool give)
{
    struct bridge_change *c;
    char text[ADDRESS_TEXT];

    route_text(text, h);
    c = bridge_change(s, "%s route %s %s %s", give ? "set" : "remove", text, give ? "on" : "from",
                      on->name);
    if (!c)
        return XL_FAILED;
    copy_route(&c->go, give ? RTM_NEWROUTE : RTM_DELROUTE, h, on->index);
    copy_route(&c->back, give ? RTM_DELROUTE : RTM_NEWROUTE, h, on->index);
    return XL_OK;
}

/* Those with or without a gateway; a gateway has to be reached by the others. */
static int plan_routes(struct bridge_setup *s, const struct list *l, const struct bridge_link *on,
                       bool give, bool gateway)
{
    int ret = XL_OK;

    for (unsigned int i = 0; i < l->count && ret == XL_OK; i++)
        if (has_gateway(l->items[i]) == gateway)
            ret = plan_route(s, l->items[i], on, give);
    return ret;
}

/* --- moving ----------------------------------------------------------------------------------- */

/* The other way round than they came: the first address of a network takes others with it. */
static int plan_taking(struct bridge_setup *s, const struct list *addresses,
                       const struct list *routes)
{
    int ret = plan_routes(s, routes, &s->uplink, false, true);

    if (ret == XL_OK)
        ret = plan_routes(s, routes, &s->uplink, false, false);
    for (unsigned int i = addresses->count; i > 0 && ret == XL_OK; i--)
        ret = plan_copy(s, addresses->items[i - 1], &s->uplink, false);
    return ret;
}

static int plan_giving(struct bridge_setup *s, const struct list *addresses,
                       const struct list *routes)
{
    int ret = XL_OK;

    for (unsigned int i = 0; i < addresses->count && ret == XL_OK; i++)
        ret = plan_copy(s, addresses->items[i], &s->bridge, true);
    if (ret == XL_OK)
        ret = plan_routes(s, routes, &s->bridge, true, false);
    return ret == XL_OK ? plan_routes(s, routes, &s->bridge, true, true) : ret;
}

int bridge_plan_move(struct bridge_setup *s)
{
    struct list addresses, routes = { .index = s->uplink.index };
    int ret = gather_addresses(s, &addresses, s->uplink.index);

    if (ret == XL_OK)
        ret = gather(s, &routes, RTM_GETROUTE, sizeof(struct rtmsg), each_route);
    if (ret == XL_OK)
        ret = plan_taking(s, &addresses, &routes);
    if (ret == XL_OK)
        ret = plan_giving(s, &addresses, &routes);
    release(&addresses);
    release(&routes);
    return ret;
}
