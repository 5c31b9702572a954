/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets from guests.
 */
#include "packet.h"

#include <string.h>

#define PAGE 4096

/* ---- slots ---- */

static enum tx_verdict malformed(const char **why, const char *text)
{
    *why = text;
    return TX_MALFORMED;
}

static bool in_page(const struct packet_piece *piece)
{
    return piece->offset + piece->bytes <= PAGE;
}

/* The first request says how long the packet is; what is left of that is its own part. */
static enum tx_verdict progress(struct tx_packet *p, const char **why)
{
    if (p->extra || p->more)
        return TX_MORE;
    return in_page(&p->pieces[0]) ? TX_WHOLE : malformed(why, "a piece that leaves its page");
}

static enum tx_verdict take_data(struct tx_packet *p, const struct netif_tx_request *r,
                                 const char **why)
{
    struct packet_piece *piece = &p->pieces[p->nr_pieces];

    if (p->nr_pieces == PACKET_PIECES)
        return malformed(why, "a packet of too many pieces");
    *piece = (struct packet_piece){ r->gref, r->offset, r->size };
    p->answers[p->nr_slots++] = (struct netif_tx_response){ r->id, NETIF_RSP_OKAY };
    p->more = r->flags & NETTXF_more_data;
    if (p->nr_pieces++ == 0) {
        p->flags = r->flags;
        p->bytes = r->size;
        p->extra = r->flags & NETTXF_extra_info;
        return progress(p, why);
    }
    if (!in_page(piece))
        return malformed(why, "a piece that leaves its page");
    if (piece->bytes > p->pieces[0].bytes)
        return malformed(why, "pieces larger than their packet");
    p->pieces[0].bytes -= piece->bytes;
    return progress(p, why);
}

static enum tx_verdict take_extra(struct tx_packet *p, const struct netif_extra_info *info,
                                  const char **why)
{
    if (p->nr_extras++ == PACKET_EXTRAS)
        return malformed(why, "too much extra info for a packet");
    p->answers[p->nr_slots++] = (struct netif_tx_response){ 0, NETIF_RSP_NULL };
    p->extra = info->flags & XEN_NETIF_EXTRA_FLAG_MORE;
    switch (info->type) {
    case XEN_NETIF_EXTRA_TYPE_GSO:
        p->gso_type = info->u.gso.type;
        p->gso_size = info->u.gso.size;
        if (p->gso_type != XEN_NETIF_GSO_TYPE_TCPV4 && p->gso_type != XEN_NETIF_GSO_TYPE_TCPV6)
            return malformed(why, "segmentation of a kind that was not offered");
        if (p->gso_size == 0)
            return malformed(why, "segments of no size");
        return progress(p, why);
    case XEN_NETIF_EXTRA_TYPE_MCAST_ADD:
    case XEN_NETIF_EXTRA_TYPE_MCAST_DEL: p->multicast = *info; return progress(p, why);
    default: return malformed(why, "extra info that was not offered");
    }
}

enum tx_verdict tx_packet_slot(struct tx_packet *p, const union netif_tx_sring_entry *copy,
                               const char **why)
{
    struct netif_extra_info info;

    if (!p->extra)
        return take_data(p, &copy->req, why);
    memcpy(&info, copy, sizeof(info));
    return take_extra(p, &info, why);
}

/* ---- headers ---- */

enum {
    ETHERTYPE_AT = 12,
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    TYPE_SERVICE_VLAN = 0x88a8,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    OPTIONS_HOP_BY_HOP = 0,
    OPTIONS_ROUTING = 43,
    OPTIONS_DESTINATION = 60,
    TCP_CHECKSUM = 16, /* offsets in the headers */
    UDP_CHECKSUM = 6,
    TCP_LENGTH = 12,
};

static unsigned int be16(const uint8_t *p) { return p[0] << 8 | p[1]; }

/* Where the network header begins; its type. */
static size_t skip_ethernet(const uint8_t *data, size_t bytes, unsigned int *type)
{
    size_t at = ETHERTYPE_AT;

    *type = 0;
    for (int tags = 0; tags <= 2 && at + 2 <= bytes; tags++, at += 4) {
        *type = be16(data + at);
        if (*type != TYPE_VLAN && *type != TYPE_SERVICE_VLAN)
            return at + 2;
    }
    return bytes;
}

/* Where the transport header begins, 0 if there is none; its protocol. */
static size_t skip_ipv4(const uint8_t *data, size_t at, size_t bytes, unsigned int *protocol)
{
    size_t header;

    if (at + 20 > bytes || data[at] >> 4 != 4)
        return 0;
    header = (data[at] & 15) * 4;
    if (header < 20 || be16(data + at + 6) & 0x3fff) /* a fragment */
        return 0;
    *protocol = data[at + 9];
    return at + header;
}

static size_t skip_ipv6(const uint8_t *data, size_t at, size_t bytes, unsigned int *protocol)
{
    if (at + 40 > bytes || data[at] >> 4 != 6)
        return 0;
    *protocol = data[at + 6];
    at += 40;
    while (*protocol == OPTIONS_HOP_BY_HOP || *protocol == OPTIONS_ROUTING ||
           *protocol == OPTIONS_DESTINATION) {
        if (at + 2 > bytes)
            return 0;
        *protocol = data[at];
        at += (data[at + 1] + 1) * 8;
    }
    return at;
}

bool packet_transport(const uint8_t *data, size_t bytes, struct packet_transport *out)
{
    unsigned int type, protocol = 0;
    size_t at = skip_ethernet(data, bytes, &type);

    out->ipv6 = type == TYPE_IPV6;
    if (type == TYPE_IPV4)
        at = skip_ipv4(data, at, bytes, &protocol);
    else if (type == TYPE_IPV6)
        at = skip_ipv6(data, at, bytes, &protocol);
    else
        return false;
    if (at == 0 || (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP))
        return false;
    out->tcp = protocol == PROTOCOL_TCP;
    out->start = at;
    out->offset = out->tcp ? TCP_CHECKSUM : UDP_CHECKSUM;
    return at + (out->tcp ? 20 : 8) <= bytes;
}

/* Large packets are cut by the kernel: where its headers end must be known. */
static bool set_segmentation(const struct tx_packet *p, const uint8_t *data,
                             const struct packet_transport *t, struct virtio_net_hdr *h)
{
    bool ipv6 = p->gso_type == XEN_NETIF_GSO_TYPE_TCPV6;
    unsigned int tcp_bytes = (data[t->start + TCP_LENGTH] >> 4) * 4;

    if (!t->tcp || t->ipv6 != ipv6 || tcp_bytes < 20 || t->start + tcp_bytes > p->bytes)
        return false;
    h->gso_type = ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
    h->gso_size = p->gso_size;
    h->hdr_len = t->start + tcp_bytes;
    return true;
}

bool tx_packet_header(const struct tx_packet *p, const uint8_t *data, struct virtio_net_hdr *h)
{
    struct packet_transport t;

    *h = (struct virtio_net_hdr){ 0 };
    if (p->bytes < PACKET_MIN)
        return false;
    if (!(p->flags & NETTXF_csum_blank))
        return !p->gso_type;
    if (!packet_transport(data, p->bytes, &t))
        return false;
    h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    h->csum_start = t.start;
    h->csum_offset = t.offset;
    return !p->gso_type || set_segmentation(p, data, &t, h);
}
