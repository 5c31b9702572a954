/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netd's queue, while the frontend changes any index, any byte of its rings, takes back grants,
 * packets of any kind come from the network, and netd dies.
 *
 * Whatever the guest does: what is sent for it is no longer than it may be, its headers lie within
 * it, a device that is broken sends nothing; afterwards nothing is mapped or bound.
 */
#include "fuzz.h"

#include <net_machine.h>
#include <string.h>

static uint32_t some_ref(uint32_t base)
{
    return fuzz_one_in(16) ? (uint32_t)fuzz_number() : base + fuzz_below(48);
}

/* ---- the guest */

static void scribble_index(void)
{
    uint32_t *const index[] = { &m.tx->req_prod,  &m.tx->req_event, &m.tx->rsp_prod,
                                &m.tx->rsp_event, &m.rx->req_prod,  &m.rx->req_event,
                                &m.rx->rsp_prod,  &m.rx->rsp_event };
    uint32_t *at = index[fuzz_below(8)];

    *at = fuzz_byte() & 1 ? *at + fuzz_byte() : (uint32_t)fuzz_number();
}

static void scribble_bytes(void)
{
    uint8_t *page = fake.memory[fuzz_byte() & 1 ? TX_REF : RX_REF];

    page[fuzz_bytes(2) % 4096] = fuzz_byte();
}

static void put_extra(void)
{
    struct netif_extra_info info = { .type = fuzz_one_in(8) ? fuzz_byte() : 1 + fuzz_below(3) };

    info.flags = fuzz_one_in(8);
    if (info.type == XEN_NETIF_EXTRA_TYPE_GSO) {
        info.u.gso.type = fuzz_one_in(8) ? fuzz_byte() : 1 + fuzz_below(2);
        info.u.gso.size = fuzz_bytes(2);
    }
    memcpy(front_tx(), &info, sizeof(info));
}

/* The start of a packet's first page: headers that are nearly right. */
static void put_headers(uint32_t ref)
{
    uint8_t *p = fake.memory[ref % FAKE_PAGES];
    unsigned int kind = fuzz_byte(), at = 14;

    memset(p, 0, 128);
    if (kind & 1) {
        p[12] = 0x81;
        at += 4;
    }
    p[at - 2] = kind & 2 ? 0x86 : 0x08;
    p[at - 1] = kind & 2 ? 0xdd : 0x00;
    p[at] = kind & 2 ? 0x60 : 0x45 + (kind >> 6);
    p[at + (kind & 2 ? 6 : 9)] = kind & 4 ? 17 : 6;
    if (fuzz_one_in(4))
        p[fuzz_below(128)] = fuzz_byte();
}

static void ask(void)
{
    unsigned int pieces = fuzz_one_in(16) ? fuzz_below(24) : fuzz_below(4), extra = fuzz_one_in(3);
    unsigned int size = fuzz_one_in(8) ? fuzz_bytes(2) : 60 + fuzz_bytes(2) % 4000;
    struct netif_tx_request *r = front_tx();

    *r = (struct netif_tx_request){ some_ref(DATA_REF), 0, fuzz_below(4), fuzz_byte(), size };
    if (fuzz_one_in(4))
        r->offset = fuzz_bytes(2);
    put_headers(r->gref);
    if (extra) {
        r->flags |= NETTXF_extra_info;
        put_extra();
    }
    while (pieces--) {
        r->flags |= NETTXF_more_data;
        r = front_tx();
        *r = (struct netif_tx_request){ some_ref(DATA_REF), 0, 0, fuzz_byte(), fuzz_byte() };
        if (fuzz_one_in(8))
            r->size = fuzz_bytes(2);
    }
    front_show();
}

static void give_room(void)
{
    for (unsigned int n = fuzz_below(40); n; n--)
        *front_rx() = (struct netif_rx_request){ fuzz_byte(), 0, some_ref(ROOM_REF) };
    front_show();
}

static void revoke(void)
{
    uint32_t ref = some_ref(fuzz_byte() & 1 ? DATA_REF : ROOM_REF) % FAKE_PAGES;

    fake.revoked[ref] = !fake.revoked[ref];
}

/* ---- the network, and we */

static uint8_t packet[PACKET_MAX];

static void arrive(void)
{
    struct virtio_net_hdr h = {
        .flags = fuzz_byte(),
        .gso_type = fuzz_one_in(4) ? fuzz_byte() : 0,
        .gso_size = fuzz_byte(),
    };

    memset(packet, fuzz_byte(), 6);
    wire_put(&h, packet, fuzz_one_in(4) ? fuzz_bytes(2) + 1 : 60);
}

static void check_sent(bool was_broken)
{
    struct virtio_net_hdr h;
    int n;

    while ((n = wire_take(&h, packet)) >= 0) {
        FUZZ_CHECK(!was_broken, "a broken device sends");
        FUZZ_CHECK(n >= PACKET_MIN && n <= XEN_NETIF_MAX_TX_SIZE, "a packet of %d bytes", n);
        FUZZ_CHECK(!(h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
                       h.csum_start + h.csum_offset + 2 <= n,
                   "a checksum at %u + %u of %d", h.csum_start, h.csum_offset, n);
        FUZZ_CHECK(!h.gso_type || (h.gso_size && h.hdr_len <= n), "headers of %u bytes in %d",
                   h.hdr_len, n);
    }
}

static void serve(void)
{
    bool was_broken = m.broken;

    queue_send(m.vif.queues[0]);
    check_sent(was_broken);
    queue_receive(m.vif.queues[0]);
}

/* We are killed, perhaps while answers were put, and a successor goes on. */
static void another(void)
{
    static const struct netif_tx_response answers[8];

    if (m.broken)
        return;
    if (fuzz_one_in(2))
        net_ring_promise(fuzz_byte() & 1 ? &m.vif.queues[0]->tx : &m.vif.queues[0]->rx, answers,
                         fuzz_below(9));
    net_machine_again();
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static void (*const steps[])(void) = {
        ask,    give_room, serve,          arrive,         ask,    serve,   give_room,
        arrive, serve,     scribble_index, scribble_bytes, revoke, another,
    };
    unsigned int kind = fuzz_byte();

    (void)data;
    (void)size;
    net_machine_start(kind & 1);
    m.vif.multicast.on = kind & 2;
    if (kind & 4)
        filter_parse(&m.vif.filter, "0.0.0.0 ::");
    while (fuzz_left())
        steps[fuzz_below(sizeof(steps) / sizeof(steps[0]))]();
    net_machine_end();
}
