/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may send from which address.
 */
#include "filter.h"
#include "packet.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    ARP_BYTES = 28,
    ARP_SENDER = 14, /* in it */
    IPV4_PROTOCOL = 9,
    IPV4_SOURCE = 12,
    IPV6_BYTES = 40,
    IPV6_SOURCE = 8,
};

bool filter_parse(struct filter *f, const char *text)
{
    char address[INET6_ADDRSTRLEN];

    *f = (struct filter){ 0 };
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        struct filter_address *a = &f->addresses[f->count];
        size_t len = strcspn(text, " ");

        if (f->count == FILTER_MAX || len >= sizeof(address))
            return false;
        memcpy(address, text, len);
        address[len] = '\0';
        a->ipv6 = strchr(address, ':');
        if (inet_pton(a->ipv6 ? AF_INET6 : AF_INET, address, a->bytes) != 1)
            return false;
        f->count++;
        text += len;
    }
    return f->count > 0;
}

static bool is_listed(const struct filter *f, bool ipv6, const uint8_t *source)
{
    for (unsigned int i = 0; i < f->count; i++)
        if (f->addresses[i].ipv6 == ipv6 &&
            memcmp(f->addresses[i].bytes, source, ipv6 ? 16 : 4) == 0)
            return true;
    return false;
}

static bool has_ipv6(const struct filter *f)
{
    for (unsigned int i = 0; i < f->count; i++)
        if (f->addresses[i].ipv6)
            return true;
    return false;
}

static bool is_none(const uint8_t *source) { return memcmp(source, (uint8_t[4]){ 0 }, 4) == 0; }

/* Who has no address yet may ask for one. */
static bool allows_ipv4(const struct filter *f, const uint8_t *ip, size_t bytes)
{
    static const uint8_t dhcp_ports[] = { 0, 68, 0, 67 };
    size_t header;

    if (bytes < 20)
        return false;
    if (is_listed(f, false, ip + IPV4_SOURCE))
        return true;
    header = (ip[0] & 15) * 4;
    return is_none(ip + IPV4_SOURCE) && ip[IPV4_PROTOCOL] == 17 && header >= 20 &&
           header + 4 <= bytes && memcmp(ip + header, dhcp_ports, 4) == 0;
}

static bool allows_arp(const struct filter *f, const uint8_t *arp, size_t bytes)
{
    static const uint8_t ethernet_ipv4[] = { 0, 1, 8, 0, 6, 4 };

    return bytes >= ARP_BYTES && memcmp(arp, ethernet_ipv4, sizeof(ethernet_ipv4)) == 0 &&
           (is_none(arp + ARP_SENDER) || is_listed(f, false, arp + ARP_SENDER));
}

/* Its own addresses of the link are how a guest with IPv6 finds others. */
static bool allows_ipv6(const struct filter *f, const uint8_t *ip, size_t bytes)
{
    static const uint8_t none[16];
    const uint8_t *source = ip + IPV6_SOURCE;

    if (bytes < IPV6_BYTES || !has_ipv6(f))
        return false;
    return is_listed(f, true, source) || memcmp(source, none, 16) == 0 ||
           (source[0] == 0xfe && (source[1] & 0xc0) == 0x80);
}

bool filter_allows(const struct filter *f, const uint8_t *data, size_t bytes)
{
    if (f->count == 0)
        return true;
    if (bytes < PACKET_MIN)
        return false;
    switch (data[12] << 8 | data[13]) {
    case 0x0800: return allows_ipv4(f, data + PACKET_MIN, bytes - PACKET_MIN);
    case 0x0806: return allows_arp(f, data + PACKET_MIN, bytes - PACKET_MIN);
    case 0x86dd: return allows_ipv6(f, data + PACKET_MIN, bytes - PACKET_MIN);
    default: return false;
    }
}
