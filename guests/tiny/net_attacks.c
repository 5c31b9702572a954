/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What no network frontend may do, or what is too much: each ends by being disconnected, unless it
 * returns true.
 */
#include "net.h"

static void make_extra(uint8_t type, uint8_t gso_type, uint16_t gso_size)
{
    volatile struct netif_extra_info *e = (volatile void *)&net_tx->ring[net_asked++ % NET_ENTRIES];

    e->type = type;
    e->flags = 0;
    e->u.gso.size = gso_size;
    e->u.gso.type = gso_type;
    e->u.gso.features = 0;
}

static bool index_that_jumps(void)
{
    net_asked += 1000;
    net_send();
    return false;
}

static bool pages_index_that_jumps(void)
{
    net_rx->req_prod = net_given + 1000;
    notify(net.port);
    return false;
}

static bool page_not_granted(void)
{
    net_request(100, 0)->gref = NO_REF;
    net_send();
    return false;
}

/* Takes its pages back, and makes something come. */
static bool grants_that_vanish(void)
{
    unsigned int bytes;

    for (int i = 0; i < NET_PAGES; i++)
        grant_end(NET_IN_REF + i);
    bytes = net_put_arp_request();
    for (int i = 0; i < 50; i++)
        net_request(bytes, 0);
    net_send();
    return false;
}

static bool piece_beyond_its_page(void)
{
    net_request(1000, 0)->offset = 4000;
    net_send();
    return false;
}

static bool pieces_beyond_their_packet(void)
{
    net_request(100, NETTXF_more_data);
    net_request(200, 0);
    net_send();
    return false;
}

static bool chain_without_end(void)
{
    for (int i = 0; i < 40; i++)
        net_request(i ? 1 : 60000, NETTXF_more_data);
    net_send();
    return false;
}

static bool chain_that_breaks_off(void)
{
    net_request(100, NETTXF_more_data);
    net_send();
    return false;
}

static bool extra_nobody_knows(void)
{
    net_request(100, NETTXF_extra_info);
    make_extra(77, 0, 0);
    net_send();
    return false;
}

static bool segments_of_no_size(void)
{
    net_request(1000, NETTXF_extra_info | NETTXF_csum_blank);
    make_extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_GSO_TYPE_TCPV4, 0);
    net_send();
    return false;
}

static bool segments_of_an_unknown_kind(void)
{
    net_request(1000, NETTXF_extra_info | NETTXF_csum_blank);
    make_extra(XEN_NETIF_EXTRA_TYPE_GSO, 99, 100);
    net_send();
    return false;
}

static bool state_that_jumps(void)
{
    device_put(&net, "state", XenbusStateReconfiguring);
    return false;
}

/* Packets that are none are only refused: too short; no TCP where one is to be cut; no checksum to
 * fill in. */
static bool headers_that_lie(void)
{
    net_send_echo(0);
    net_request(5, 0);
    net_request(1000, NETTXF_extra_info | NETTXF_csum_blank);
    make_extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_GSO_TYPE_TCPV4, 1);
    net_request(1000, NETTXF_csum_blank);
    net_send();
    if (net_await_answers() != 3)
        say("net: WRONG: a packet that is none was not refused\n");
    return true;
}

static bool events_without_reason(void)
{
    for (int i = 0; i < 100000; i++)
        notify(net.port);
    return true;
}

/* As many packets as it can. */
static bool flood(void)
{
    for (int i = 0; i < 200; i++) {
        net_put_header(0x88b5); /* for experiments */
        for (int n = 0; n < NET_ENTRIES / 2; n++)
            net_request(60, 0);
        net_send();
        net_await_answers();
    }
    return true;
}

static bool come_and_go(void)
{
    for (int i = 0; i < 20; i++) {
        net_work(i);
        device_close(&net);
        device_put(&net, "state", XenbusStateInitialising);
        net_connect();
    }
    return true;
}

const struct attack net_attacks[] = {
    { "net=index", index_that_jumps },
    { "net=pages-index", pages_index_that_jumps },
    { "net=grant", page_not_granted },
    { "net=vanish", grants_that_vanish },
    { "net=piece", piece_beyond_its_page },
    { "net=larger", pieces_beyond_their_packet },
    { "net=chain", chain_without_end },
    { "net=half", chain_that_breaks_off },
    { "net=extra", extra_nobody_knows },
    { "net=no-size", segments_of_no_size },
    { "net=unknown-kind", segments_of_an_unknown_kind },
    { "net=state", state_that_jumps },
    { "net=lie", headers_that_lie },
    { "net=events", events_without_reason },
    { "net=flood", flood },
    { "net=come-and-go", come_and_go },
};

const size_t nr_net_attacks = sizeof(net_attacks) / sizeof(net_attacks[0]);
