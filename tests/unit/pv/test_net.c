/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netd's queues: packets of every kind in both directions, what is asked of the kernel for them, a
 * guest that takes none, a netd that dies; and frontends that do what they may not.
 */
#include "net_machine.h"

#include <check.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct queue *q;
static RING_IDX tx_seen, rx_seen; /* responses */
static uint8_t packet[PACKET_MAX];
static struct virtio_net_hdr header;

static void start(bool simple)
{
    net_machine_start(simple);
    q = m.vif.queues[0];
    tx_seen = rx_seen = 0;
}

static void fill(void *p, size_t bytes, unsigned int seed)
{
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)p)[i] = (i * 7 + i / 512 + seed) & 0xff;
}

static bool is_all(const uint8_t *data, size_t bytes, uint8_t value)
{
    size_t i = 0;

    while (i < bytes && data[i] == value)
        i++;
    return i == bytes;
}

/* One request; a packet of many is made of several. */
static void ask(uint16_t id, uint16_t offset, uint16_t size, uint16_t flags)
{
    *front_tx() = (struct netif_tx_request){ DATA_REF + id, offset, flags, id, size };
}

static void ask_extra(struct netif_extra_info info) { memcpy(front_tx(), &info, sizeof(info)); }

static void send(void)
{
    front_show();
    queue_send(q);
}

static void expect_tx(uint16_t id, int16_t status)
{
    struct netif_tx_response r;

    ck_assert_uint_ne(tx_seen, m.tx->rsp_prod);
    r = m.tx->ring[tx_seen++ % RING_SLOTS].rsp;
    if (status != NETIF_RSP_NULL)
        ck_assert_uint_eq(r.id, id);
    ck_assert_int_eq(r.status, status);
}

static void no_more_answers(void)
{
    ck_assert_uint_eq(tx_seen, m.tx->rsp_prod);
    ck_assert_uint_eq(tx_seen, m.tx->req_prod);
}

/* ---- from the guest */

START_TEST(one_page)
{
    start(_i);
    fill(fake.memory[DATA_REF + 3], 4096, 1);
    m.tx->rsp_event = 1;
    ask(3, 100, 1000, 0);
    send();
    ck_assert_int_eq(wire_take(&header, packet), 1000);
    ck_assert_mem_eq(packet, fake.memory[DATA_REF + 3] + 100, 1000);
    ck_assert_mem_eq(&header, &(struct virtio_net_hdr){ 0 }, sizeof(header));
    ck_assert_int_eq(wire_take(&header, packet), -1);
    expect_tx(3, NETIF_RSP_OKAY);
    no_more_answers();
    ck_assert_uint_eq(fake.notified[TX_PORT], 1);
    ck_assert_uint_eq(m.tx->req_event, m.tx->req_prod + 1);
    ck_assert_uint_eq(fake.copies, 1);
    net_machine_end();
}
END_TEST

START_TEST(many_pages)
{
    start(false);
    for (int i = 0; i < 4; i++)
        fill(fake.memory[DATA_REF + i], 4096, i);
    ask(0, 4000, 96 + 4096 + 0 + 5, NETTXF_more_data);
    ask(1, 0, 4096, NETTXF_more_data);
    ask(2, 7, 0, NETTXF_more_data);
    ask(3, 9, 5, 0);
    ask(1, 50, 60, 0); /* a second packet of the same batch */
    send();
    ck_assert_int_eq(wire_take(&header, packet), 96 + 4096 + 5);
    ck_assert_mem_eq(packet, fake.memory[DATA_REF] + 4000, 96);
    ck_assert_mem_eq(packet + 96, fake.memory[DATA_REF + 1], 4096);
    ck_assert_mem_eq(packet + 96 + 4096, fake.memory[DATA_REF + 3] + 9, 5);
    ck_assert_int_eq(wire_take(&header, packet), 60);
    for (int i = 0; i < 4; i++)
        expect_tx(i, NETIF_RSP_OKAY);
    expect_tx(1, NETIF_RSP_OKAY);
    no_more_answers();
    ck_assert_uint_eq(fake.copies, 1);
    net_machine_end();
}
END_TEST

/* Headers of a packet: tags, then IP of a version with options, then TCP or UDP. */
static unsigned int put_headers(uint8_t *p, unsigned int tags, int version, unsigned int options,
                                uint8_t protocol)
{
    static const uint8_t tag[] = { 0x81, 0x00, 0x00, 0x05 };
    unsigned int at = 12;

    memset(p, 0, 4096);
    for (unsigned int i = 0; i < tags; i++, at += 4)
        memcpy(p + at, tag, 4);
    p[at++] = version == 4 ? 0x08 : 0x86;
    p[at++] = version == 4 ? 0x00 : 0xdd;
    if (version == 4) {
        p[at] = 0x45 + options;
        p[at + 9] = protocol;
        at += 20 + options * 4;
    } else {
        p[at] = 0x60;
        p[at + 6] = options ? 0 : protocol;
        at += 40;
        for (unsigned int i = 0; i < options; i++, at += 16) {
            p[at] = i + 1 < options ? 60 : protocol;
            p[at + 1] = 1;
        }
    }
    p[at + 12] = 0x50; /* of TCP: five words of header */
    return at;
}

static const struct {
    unsigned int tags;
    int version;
    unsigned int options;
    uint8_t protocol;
    unsigned int offset;
} blank[] = {
    { 0, 4, 0, 6, 16 }, { 0, 4, 10, 6, 16 }, { 1, 4, 0, 17, 6 }, { 2, 4, 0, 6, 16 },
    { 0, 6, 0, 6, 16 }, { 0, 6, 2, 17, 6 },  { 1, 6, 3, 6, 16 },
};

START_TEST(blank_checksums)
{
    unsigned int at;

    start(false);
    at = put_headers(fake.memory[DATA_REF], blank[_i].tags, blank[_i].version, blank[_i].options,
                     blank[_i].protocol);
    ask(0, 0, 600, NETTXF_csum_blank | NETTXF_data_validated);
    send();
    ck_assert_int_eq(wire_take(&header, packet), 600);
    ck_assert_uint_eq(header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
    ck_assert_uint_eq(header.csum_start, at);
    ck_assert_uint_eq(header.csum_offset, blank[_i].offset);
    ck_assert_uint_eq(header.gso_type, VIRTIO_NET_HDR_GSO_NONE);
    expect_tx(0, NETIF_RSP_OKAY);
    net_machine_end();
}
END_TEST

/* Two packets as Linux makes them: headers, the rest of a page, whole pages, the start of one. Only
 * what is no whole page may lie in two of ours. */
START_TEST(pages_stay_pages)
{
    start(false);
    for (int i = 0; i < 2; i++) {
        ask(0, 0, 66 + 1000 + 3 * 4096 + 500, NETTXF_more_data);
        ask(1, 3096, 1000, NETTXF_more_data);
        for (int n = 2; n < 5; n++)
            ask(n, 0, 4096, NETTXF_more_data);
        ask(5, 0, 500, 0);
    }
    send();
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(wire_take(&header, packet), 66 + 1000 + 3 * 4096 + 500);
    ck_assert_mem_eq(packet + 1066, fake.memory[DATA_REF + 2], 4096);
    ck_assert_uint_eq(fake.split, 0);
    net_machine_end();
}
END_TEST

static struct netif_extra_info gso(uint8_t type, uint16_t size)
{
    struct netif_extra_info info = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

    info.u.gso.type = type;
    info.u.gso.size = size;
    return info;
}

START_TEST(large_packets)
{
    int version = _i ? 6 : 4;
    unsigned int at;

    start(false);
    at = put_headers(fake.memory[DATA_REF], 0, version, 0, 6);
    ask(0, 0, 65535, NETTXF_csum_blank | NETTXF_extra_info | NETTXF_more_data);
    ask_extra(gso(_i ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4, 1448));
    for (int i = 1; i < 16; i++)
        ask(i, 0, 4096, i < 15 ? NETTXF_more_data : 0);
    send();
    ck_assert_int_eq(wire_take(&header, packet), 65535);
    ck_assert_uint_eq(header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
    ck_assert_uint_eq(header.gso_type, _i ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4);
    ck_assert_uint_eq(header.gso_size, 1448);
    ck_assert_uint_eq(header.hdr_len, at + 20);
    ck_assert_uint_eq(fake.split, 0);
    expect_tx(0, NETIF_RSP_OKAY);
    expect_tx(0, NETIF_RSP_NULL);
    for (int i = 1; i < 16; i++)
        expect_tx(i, NETIF_RSP_OKAY);
    no_more_answers();
    net_machine_end();
}
END_TEST

/* Packets that are none are answered so, and nothing else comes of them. */
static const struct {
    const char *what;
    uint16_t size, flags;
    uint8_t gso_type; /* 0: no extra info */
    int version;
    uint8_t protocol;
} none[] = {
    { "shorter than a header", 13, 0, 0, 4, 6 },
    { "a checksum of nothing", 600, NETTXF_csum_blank, 0, 4, 1 },
    { "a checksum behind its end", 40, NETTXF_csum_blank, 0, 4, 6 },
    { "large without a blank checksum", 600, 0, XEN_NETIF_GSO_TYPE_TCPV4, 4, 6 },
    { "large UDP", 600, NETTXF_csum_blank, XEN_NETIF_GSO_TYPE_TCPV4, 4, 17 },
    { "the other IP", 600, NETTXF_csum_blank, XEN_NETIF_GSO_TYPE_TCPV6, 4, 6 },
    { "the other IP", 600, NETTXF_csum_blank, XEN_NETIF_GSO_TYPE_TCPV4, 6, 6 },
};

START_TEST(no_packets)
{
    bool extra = none[_i].gso_type;

    start(false);
    put_headers(fake.memory[DATA_REF], 0, none[_i].version, 0, none[_i].protocol);
    ask(0, 0, none[_i].size, none[_i].flags | (extra ? NETTXF_extra_info : 0));
    if (extra)
        ask_extra(gso(none[_i].gso_type, 1448));
    ask(1, 0, 100, 0);
    send();
    ck_assert_int_eq(wire_take(&header, packet), 100);
    ck_assert_int_eq(wire_take(&header, packet), -1);
    expect_tx(0, NETIF_RSP_ERROR);
    if (extra)
        expect_tx(0, NETIF_RSP_NULL);
    expect_tx(1, NETIF_RSP_OKAY);
    ck_assert_ptr_null(m.broken);
    ck_assert_uint_eq(m.vif.note->counts.tx_errors, 1);
    net_machine_end();
}
END_TEST

START_TEST(a_full_ring_again_and_again)
{
    start(false);
    for (unsigned int round = 0; round < 10; round++) {
        for (unsigned int i = 0; i < RING_SLOTS; i++)
            ask(i, 0, 60, 0);
        send();
        for (unsigned int i = 0; i < RING_SLOTS; i++) {
            expect_tx(i, NETIF_RSP_OKAY);
            ck_assert_int_eq(wire_take(&header, packet), 60);
        }
        no_more_answers();
    }
    net_machine_end();
}
END_TEST

START_TEST(what_is_over_the_rate_waits)
{
    start(false);
    ck_assert(rate_parse(&m.vif.rate, "1000,60000000"));
    ask(0, 0, 900, 0);
    send();
    ask(1, 0, 900, 0); /* begun with credit left */
    send();
    ck_assert_uint_eq(m.rate_ms, 0);
    ask(2, 0, 900, 0);
    send();
    ck_assert_uint_gt(m.rate_ms, 0);
    expect_tx(0, NETIF_RSP_OKAY);
    expect_tx(1, NETIF_RSP_OKAY);
    ck_assert_uint_eq(tx_seen, m.tx->rsp_prod);
    m.vif.rate.credit = 1;
    queue_send(q);
    expect_tx(2, NETIF_RSP_OKAY);
    no_more_answers();
    net_machine_end();
}
END_TEST

/* A packet of a type whose source, at some place, is an address. */
static bool may_send(const char *list, unsigned int type, unsigned int at, const void *source,
                     unsigned int bytes)
{
    struct filter f;

    ck_assert(filter_parse(&f, list));
    packet[12] = type >> 8;
    packet[13] = type;
    memcpy(packet + at, source, bytes);
    return filter_allows(&f, packet, 60);
}

START_TEST(addresses_that_a_guest_may_use)
{
    static const uint8_t arp[] = { 0, 1, 8, 0, 6, 4, 0, 1 }, dhcp[] = { 0, 68, 0, 67 };
    static const char list[] = "10.0.0.1 10.0.0.2 fd00::1";
    static const uint8_t fd1[16] = { 0xfd, [15] = 1 }, fd2[16] = { 0xfd, [15] = 2 },
                         link[16] = { 0xfe, 0x80, [15] = 9 }, none[16];
    struct filter f;

    memset(packet, 0, 60);
    packet[14] = 0x45;
    ck_assert(may_send(list, 0x0800, 26, "\x0a\0\0\2", 4));
    ck_assert(!may_send(list, 0x0800, 26, "\x0a\0\0\3", 4));
    ck_assert(!may_send(list, 0x0800, 26, none, 4));
    packet[23] = 17;
    memcpy(packet + 34, dhcp, 4);
    ck_assert(may_send(list, 0x0800, 26, none, 4));
    ck_assert(!may_send(list, 0x8100, 26, "\x0a\0\0\2", 4)); /* nothing else, tags neither */
    memcpy(packet + 14, arp, sizeof(arp));
    ck_assert(may_send(list, 0x0806, 28, "\x0a\0\0\1", 4));
    ck_assert(!may_send(list, 0x0806, 28, "\x0a\0\0\4", 4));
    ck_assert(may_send(list, 0x0806, 28, none, 4));
    ck_assert(may_send(list, 0x86dd, 22, fd1, 16));
    ck_assert(!may_send(list, 0x86dd, 22, fd2, 16));
    ck_assert(may_send(list, 0x86dd, 22, link, 16));
    ck_assert(!may_send("10.0.0.1", 0x86dd, 22, link, 16));
    ck_assert(filter_parse(&f, list));
    for (size_t bytes = 0; bytes < 33; bytes++) /* too short for any source */
        ck_assert(!filter_allows(&f, packet, bytes));
    ck_assert(!filter_parse(&f, "") && !filter_parse(&f, "10.0.0.1 x"));
    ck_assert(!filter_parse(&f, "1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 "
                                "1.1.1.1"));
}
END_TEST

START_TEST(what_it_may_not_send_is_lost)
{
    start(false);
    ck_assert(filter_parse(&m.vif.filter, "10.0.0.1"));
    put_headers(fake.memory[DATA_REF], 0, 4, 0, 6);
    ask(0, 0, 600, 0);
    send();
    expect_tx(0, NETIF_RSP_ERROR);
    memcpy(fake.memory[DATA_REF] + 26, "\x0a\0\0\1", 4);
    ask(0, 0, 600, 0);
    send();
    expect_tx(0, NETIF_RSP_OKAY);
    ck_assert_int_eq(wire_take(&header, packet), 600);
    ck_assert_int_eq(wire_take(&header, packet), -1);
    net_machine_end();
}
END_TEST

START_TEST(rates)
{
    struct rate r;

    ck_assert(!rate_parse(&r, "") && !rate_parse(&r, "5") && !rate_parse(&r, "0,5"));
    ck_assert(!rate_parse(&r, "5,0") && !rate_parse(&r, "5,6x") && !rate_parse(&r, "-5,6"));
    ck_assert(!rate_parse(&r, "5,99999999999"));
    ck_assert(rate_parse(&r, "1000,50000"));
    ck_assert_uint_eq(rate_wait(&r, 1000000), 0);
    rate_spend(&r, 3500); /* a debt of 2500: three intervals */
    ck_assert_uint_eq(rate_wait(&r, 1000000), 150);
    ck_assert_uint_eq(rate_wait(&r, 1100000), 50);
    ck_assert_uint_eq(rate_wait(&r, 1150000), 0);
    rate_spend(&r, 500);
    ck_assert_uint_eq(rate_wait(&r, 1150000), 50);
    ck_assert_uint_eq(rate_wait(&r, 900000000), 0); /* an hour is worth no more than an interval */
    ck_assert_int_eq(r.credit, 1000);
}
END_TEST

/* ---- frontends that do what they may not */

static void unended(void) { ask(0, 0, 100, NETTXF_more_data); }

static void unended_extra(void) { ask(0, 0, 100, NETTXF_extra_info); }

static void too_many_pieces(void)
{
    for (int i = 0; i <= PACKET_PIECES; i++)
        ask(i, 0, i ? 10 : 1000, i < PACKET_PIECES ? NETTXF_more_data : 0);
}

static void leaves_its_page(void) { ask(0, 4000, 97, 0); }

static void later_leaves_its_page(void)
{
    ask(0, 0, 1000, NETTXF_more_data);
    ask(1, 4090, 7, 0);
}

static void pieces_too_large(void)
{
    ask(0, 0, 1000, NETTXF_more_data);
    ask(1, 0, 600, NETTXF_more_data);
    ask(2, 0, 401, 0);
}

static void with_extra(struct netif_extra_info info)
{
    ask(0, 0, 100, NETTXF_extra_info);
    ask_extra(info);
}

static void unknown_extra(void) { with_extra((struct netif_extra_info){ .type = 9 }); }

static void no_extra(void) { with_extra((struct netif_extra_info){ .type = 0 }); }

static void hash(void)
{
    with_extra((struct netif_extra_info){ .type = XEN_NETIF_EXTRA_TYPE_HASH });
}

static void unknown_gso(void) { with_extra(gso(3, 1448)); }

static void segments_of_nothing(void) { with_extra(gso(XEN_NETIF_GSO_TYPE_TCPV4, 0)); }

static void too_much_extra(void)
{
    struct netif_extra_info info = gso(XEN_NETIF_GSO_TYPE_TCPV4, 100);

    info.flags = XEN_NETIF_EXTRA_FLAG_MORE;
    with_extra(info);
    for (int i = 0; i < 5; i++)
        ask_extra(info);
}

static void not_granted(void)
{
    ask(0, 0, 100, 0);
    fake.revoked[DATA_REF] = true;
}

static const struct {
    void (*make)(void);
    const char *why;
} bad[] = {
    { unended, "a packet that does not end" },
    { unended_extra, "a packet that does not end" },
    { too_many_pieces, "too many pieces" },
    { leaves_its_page, "leaves its page" },
    { later_leaves_its_page, "leaves its page" },
    { pieces_too_large, "pieces larger than their packet" },
    { unknown_extra, "extra info that was not offered" },
    { no_extra, "extra info that was not offered" },
    { hash, "extra info that was not offered" },
    { unknown_gso, "segmentation of a kind" },
    { segments_of_nothing, "segments of no size" },
    { too_much_extra, "too much extra info" },
    { not_granted, "does not grant" },
};

START_TEST(disconnected)
{
    start(false);
    bad[_i].make();
    send();
    ck_assert_ptr_nonnull(m.broken);
    ck_assert_msg(strstr(m.broken, bad[_i].why) != NULL, "%s", m.broken);
    ck_assert_int_eq(wire_take(&header, packet), -1);
    ck_assert_uint_eq(m.tx->rsp_prod, 0);
    fake.revoked[DATA_REF] = false;
    ask(9, 0, 100, 0);
    send(); /* nothing is taken any more */
    ck_assert_int_eq(wire_take(&header, packet), -1);
    net_machine_end();
}
END_TEST

START_TEST(impossible_indices)
{
    start(false);
    if (_i)
        m.rx->req_prod = RING_SLOTS + 1;
    else
        m.tx->req_prod = RING_SLOTS + 1;
    queue_send(q);
    queue_receive(q);
    ck_assert_msg(m.broken && strstr(m.broken, "is impossible"), "%s", m.broken);
    net_machine_end();
}
END_TEST

/* ---- to the guest */

static void give_room(unsigned int pages)
{
    for (unsigned int i = 0; i < pages; i++) {
        struct netif_rx_request *r = front_rx();
        unsigned int at = (union netif_rx_sring_entry *)r - m.rx->ring;

        *r = (struct netif_rx_request){ .id = at, .gref = ROOM_REF + at };
    }
    front_show();
}

static struct netif_rx_response expect_rx(uint16_t flags, int16_t status)
{
    struct netif_rx_response r;

    ck_assert_uint_ne(rx_seen, m.rx->rsp_prod);
    r = m.rx->ring[rx_seen % RING_SLOTS].rsp;
    ck_assert_uint_eq(r.id, rx_seen % RING_SLOTS);
    ck_assert_uint_eq(r.offset, 0);
    ck_assert_uint_eq(r.flags, flags);
    ck_assert_int_eq(r.status, status);
    rx_seen++;
    return r;
}

START_TEST(small_packets_to_the_guest)
{
    static const struct {
        uint8_t from;
        uint16_t to;
    } flags[] = {
        { 0, 0 },
        { VIRTIO_NET_HDR_F_NEEDS_CSUM, NETRXF_csum_blank | NETRXF_data_validated },
        { VIRTIO_NET_HDR_F_DATA_VALID, NETRXF_data_validated },
    };
    struct virtio_net_hdr h = { .flags = flags[_i].from };

    start(false);
    give_room(RING_SLOTS);
    m.rx->rsp_event = 1;
    fill(packet, 1514, 4);
    packet[0] = 0;
    wire_put(&h, packet, 1514);
    wire_put(&h, packet, 60);
    queue_receive(q);
    expect_rx(flags[_i].to, 1514);
    expect_rx(flags[_i].to, 60);
    ck_assert_uint_eq(rx_seen, m.rx->rsp_prod);
    ck_assert_mem_eq(fake.memory[ROOM_REF], packet, 1514);
    ck_assert_mem_eq(fake.memory[ROOM_REF + 1], packet, 60);
    ck_assert_uint_eq(fake.memory[ROOM_REF + 1][60], 0);
    ck_assert_uint_eq(fake.notified[RX_PORT], 1);
    ck_assert_uint_eq(fake.copies, 1);
    net_machine_end();
}
END_TEST

START_TEST(large_packets_to_the_guest)
{
    struct virtio_net_hdr h = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .gso_type = _i ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4,
        .gso_size = 1400,
    };
    struct netif_extra_info info;

    start(false);
    give_room(RING_SLOTS);
    fill(packet, 65549, 4);
    packet[0] = 0;
    wire_put(&h, packet, 65549);
    queue_receive(q);
    expect_rx(NETRXF_csum_blank | NETRXF_data_validated | NETRXF_extra_info | NETRXF_more_data,
              4096);
    memcpy(&info, &m.rx->ring[rx_seen++], sizeof(info));
    ck_assert_uint_eq(info.type, XEN_NETIF_EXTRA_TYPE_GSO);
    ck_assert_uint_eq(info.flags, 0);
    ck_assert_uint_eq(info.u.gso.size, 1400);
    ck_assert_uint_eq(info.u.gso.type, _i ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4);
    for (int i = 0; i < 15; i++)
        expect_rx(NETRXF_more_data, 4096);
    expect_rx(0, 13);
    ck_assert_uint_eq(rx_seen, m.rx->rsp_prod);
    ck_assert_mem_eq(fake.memory[ROOM_REF], packet, 4096); /* the page behind it is that of the */
    ck_assert_mem_eq(fake.memory[ROOM_REF + 2], packet + 4096, 15 * 4096 + 13); /* extra info */
    net_machine_end();
}
END_TEST

/* Without room nothing is read; the frontend is asked for an event when there is enough. */
START_TEST(a_guest_without_room)
{
    struct virtio_net_hdr h = { 0 };
    unsigned int room = _i ? 1 : PACKET_PIECES;

    start(_i);
    wire_put(&h, packet, 60);
    ck_assert(!queue_receive(q));
    ck_assert(q->starved);
    ck_assert_uint_eq(m.starved_watches, 1);
    ck_assert_uint_eq(m.rx->req_event, room);
    give_room(room - 1);
    queue_receive(q);
    ck_assert(q->starved);
    give_room(1);
    ck_assert(queue_receive(q));
    ck_assert_uint_eq(m.rx->rsp_prod, 1);
    ck_assert_uint_eq(m.starved_watches, 3); /* it was, was not, and is again */
    net_machine_end();
}
END_TEST

START_TEST(what_a_simple_guest_cannot_take_is_dropped)
{
    struct virtio_net_hdr h = { 0 };

    start(true);
    give_room(RING_SLOTS);
    wire_put(&h, packet, 4097);
    wire_put(&h, packet, 4096);
    queue_receive(q);
    expect_rx(0, 4096);
    ck_assert_uint_eq(rx_seen, m.rx->rsp_prod);
    ck_assert_uint_eq(m.vif.note->counts.rx_dropped, 1);
    ck_assert_uint_eq(fake.notified[TX_PORT], 0); /* it did not ask for an event */
    net_machine_end();
}
END_TEST

START_TEST(room_that_is_not_granted)
{
    struct virtio_net_hdr h = { 0 };

    start(false);
    give_room(RING_SLOTS);
    fake.revoked[ROOM_REF] = true;
    wire_put(&h, packet, 60);
    queue_receive(q);
    ck_assert_msg(m.broken && strstr(m.broken, "cannot be written"), "%s", m.broken);
    ck_assert_uint_eq(m.rx->rsp_prod, 0);
    net_machine_end();
}
END_TEST

START_TEST(what_waits_for_nobody_is_dropped)
{
    struct virtio_net_hdr h = { 0 };

    start(false);
    for (int i = 0; i < 5; i++)
        wire_put(&h, packet, 60);
    queue_drop_all(q);
    ck_assert_uint_eq(m.vif.note->counts.rx_dropped, 5);
    give_room(RING_SLOTS);
    queue_receive(q);
    ck_assert_uint_eq(m.rx->rsp_prod, 0);
    net_machine_end();
}
END_TEST

static void change_group(uint8_t type, uint8_t last)
{
    struct netif_extra_info info = { .type = type };

    memcpy(info.u.mcast.addr, (uint8_t[]){ 0x33, 0x33, 0, 0, 0, last }, 6);
    with_extra(info);
    send();
    expect_tx(0, NETIF_RSP_OKAY);
    expect_tx(0, NETIF_RSP_NULL);
}

static unsigned int arrives(const uint8_t to[6])
{
    struct virtio_net_hdr h = { 0 };
    RING_IDX before = m.rx->rsp_prod;

    memcpy(packet, to, 6);
    wire_put(&h, packet, 60);
    queue_receive(q);
    return m.rx->rsp_prod - before;
}

START_TEST(multicast_groups)
{
    static const uint8_t group[] = { 0x33, 0x33, 0, 0, 0, 1 }, all[] = "\xff\xff\xff\xff\xff\xff",
                         one[] = { 2, 0, 0, 0, 0, 1 };

    start(false);
    give_room(RING_SLOTS);
    ck_assert_uint_eq(arrives(group), 1); /* it did not ask for this control */
    m.vif.multicast.on = true;
    ck_assert_uint_eq(arrives(group), 0);
    ck_assert_uint_eq(arrives(all), 1);
    ck_assert_uint_eq(arrives(one), 1);
    change_group(XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 1);
    change_group(XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 2);
    change_group(XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 2);
    ck_assert_uint_eq(m.vif.multicast.count, 2);
    ck_assert_uint_eq(arrives(group), 1);
    change_group(XEN_NETIF_EXTRA_TYPE_MCAST_DEL, 1);
    change_group(XEN_NETIF_EXTRA_TYPE_MCAST_DEL, 9);
    ck_assert_uint_eq(arrives(group), 0);
    for (int i = 0; i < 100; i++)
        change_group(XEN_NETIF_EXTRA_TYPE_MCAST_ADD, i);
    ck_assert_uint_eq(m.vif.multicast.count, MULTICAST_MAX);
    ck_assert_int_eq(wire_take(&header, packet), -1); /* they are no packets */
    ck_assert_ptr_null(m.broken);
    net_machine_end();
}
END_TEST

/* ---- killed, and begun again */

/* Death while answers were put: they lie in the ring and are not published. */
START_TEST(died_while_it_answered)
{
    static const struct netif_tx_response answers[] = { { 4, NETIF_RSP_OKAY },
                                                        { 0, NETIF_RSP_NULL },
                                                        { 6, NETIF_RSP_ERROR } };
    static const struct netif_tx_response room[] = { { 0, NETIF_RSP_DROPPED },
                                                     { 1, NETIF_RSP_DROPPED } };
    struct virtio_net_hdr h = { 0 };

    start(false);
    give_room(RING_SLOTS);
    for (int i = 0; i < 4; i++)
        ask(4 + i, 0, 60, 0);
    front_show();
    net_ring_promise(&q->tx, answers, 3);
    net_ring_promise(&q->rx, room, 2);
    for (int i = 0; i < _i; i++) { /* as many of them as it got to */
        m.tx->ring[i].rsp = answers[i];
        m.rx->ring[i % 2].rsp = (struct netif_rx_response){ i % 2, 0, 7, 99 };
    }
    net_machine_again();
    q = m.vif.queues[0];
    expect_tx(4, NETIF_RSP_OKAY);
    expect_tx(0, NETIF_RSP_NULL);
    expect_tx(6, NETIF_RSP_ERROR);
    ck_assert_uint_eq(tx_seen, m.tx->rsp_prod);
    expect_rx(0, NETIF_RSP_DROPPED);
    expect_rx(0, NETIF_RSP_DROPPED);
    ck_assert_uint_eq(rx_seen, m.rx->rsp_prod);
    send(); /* what was not begun is sent now */
    ck_assert_int_eq(wire_take(&header, packet), 60);
    expect_tx(7, NETIF_RSP_OKAY);
    no_more_answers();
    wire_put(&h, packet, 60);
    queue_receive(q);
    expect_rx(0, 60);
    ck_assert_ptr_null(m.broken);
    net_machine_end();
}
END_TEST

/* ring.c's function, with a death behind its n-th call */
static unsigned int die_after;

void __real_back_ring_put(struct back_ring *r, const void *response, size_t bytes);
void __wrap_back_ring_put(struct back_ring *r, const void *response, size_t bytes);

void __wrap_back_ring_put(struct back_ring *r, const void *response, size_t bytes)
{
    __real_back_ring_put(r, response, bytes);
    if (die_after && --die_after == 0)
        _exit(9);
}

static void serve_and_die(unsigned int after)
{
    pid_t pid = fork();
    int status;

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        die_after = after;
        queue_send(q);
        queue_receive(q);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(WEXITSTATUS(status), 9);
}

/* Death after each answer, of either ring: nobody is given a page that was asked for nothing, and
 * no slot is lost. */
START_TEST(died_after_an_answer)
{
    struct virtio_net_hdr h = { 0 };

    start(false);
    give_room(RING_SLOTS);
    for (int i = 0; i < 4; i++) {
        memset(fake.memory[DATA_REF + i], 'a' + i, 4096);
        ask(i, 0, i % 2 ? 500 : 1500, i % 2 ? 0 : NETTXF_more_data);
    }
    front_show();
    fill(packet, 9000, 5);
    packet[0] = 0;
    wire_put(&h, packet, 9000);
    wire_put(&h, packet, 60);
    serve_and_die(_i + 1);
    net_machine_again();
    q = m.vif.queues[0];
    queue_send(q);
    queue_receive(q);
    for (int i = 0; i < 4; i++)
        expect_tx(i, NETIF_RSP_OKAY);
    no_more_answers();
    for (int i = 0; i < 4; i += 2) {
        ck_assert_int_eq(wire_take(&header, packet), 1500);
        ck_assert(is_all(packet, 1000, 'a' + i) && is_all(packet + 1000, 500, 'a' + i + 1));
    }
    ck_assert_int_eq(wire_take(&header, packet), -1); /* none was sent twice */
    if (_i >= 4) { /* it was giving the guest its packets: they are lost, the pages are not */
        for (int i = 0; i < 4; i++)
            expect_rx(0, NETIF_RSP_DROPPED);
    } else {
        expect_rx(NETRXF_more_data, 4096);
        expect_rx(NETRXF_more_data, 4096);
        expect_rx(0, 808);
        expect_rx(0, 60);
    }
    packet[0] = 0;
    wire_put(&h, packet, 70);
    queue_receive(q);
    expect_rx(0, 70);
    ck_assert_ptr_null(m.broken);
    net_machine_end();
}
END_TEST

/* The frontend has changed what the dead one had published: it may be broken, nobody else. */
START_TEST(note_and_ring_disagree)
{
    start(false);
    give_room(RING_SLOTS);
    ask(4, 0, 60, 0);
    send();
    m.tx->rsp_prod += 1000000 * _i + 1;
    m.rx->rsp_prod -= 1000000 * _i + 1;
    net_machine_again();
    q = m.vif.queues[0];
    queue_send(q);
    queue_receive(q);
    net_machine_end();
}
END_TEST

/*
 * A frontend and a wire in this process, served by another one that is killed again and again.
 * Every packet has a number; some are lost or come twice then, none is damaged, no slot is lost,
 * and no answer is for something else.
 */
#define KILLS 30

static uint32_t tx_number, rx_number, got_number;
static RING_IDX tx_asked;

_Noreturn static void serve_for_ever(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    net_machine_again();
    while (!m.broken) {
        queue_send(m.vif.queues[0]);
        queue_receive(m.vif.queues[0]);
    }
    _exit(1);
}

static void talk_tx(void)
{
    uint16_t bytes = 100 + rand() % 4000;

    while (tx_seen != __atomic_load_n(&m.tx->rsp_prod, __ATOMIC_ACQUIRE)) {
        uint16_t id = tx_seen % RING_SLOTS;
        int16_t status = m.tx->ring[id].rsp.status;

        expect_tx(id, status == NETIF_RSP_ERROR ? status : NETIF_RSP_OKAY); /* the wire is full */
    }
    if (tx_asked - tx_seen > RING_SLOTS - 2)
        return;
    for (unsigned int piece = 0; piece < 2; piece++, tx_asked++) {
        uint16_t id = tx_asked % RING_SLOTS;

        memset(fake.memory[DATA_REF + id], ++tx_number / 2 & 0xff, 4096);
        ask(id, 0, piece ? 50 : bytes, piece ? 0 : NETTXF_more_data);
    }
}

static void talk_wire(void)
{
    struct virtio_net_hdr h = { 0 };
    int n;

    memset(packet, ++rx_number & 0xff, 6100);
    packet[0] = 0;
    wire_put(&h, packet, 100 + rand() % 6000); /* or it is full */
    n = wire_take(&h, packet);
    if (n < 0)
        return;
    ck_assert_int_ge(n, 100);
    ck_assert(is_all(packet, n - 50, packet[0])); /* its first piece, and its second */
    ck_assert(is_all(packet + n - 50, 50, packet[n - 1]));
    got_number++;
}

static void talk_rx(void)
{
    while (rx_seen != __atomic_load_n(&m.rx->rsp_prod, __ATOMIC_ACQUIRE)) {
        struct netif_rx_response r = m.rx->ring[rx_seen % RING_SLOTS].rsp;
        const uint8_t *data = fake.memory[ROOM_REF + rx_seen % RING_SLOTS];

        ck_assert_uint_eq(r.id, rx_seen % RING_SLOTS);
        ck_assert_int_ne(r.status, 0);
        ck_assert(r.status < 0 || is_all(data + 1, r.status - 1, data[r.status - 1]));
        rx_seen++;
        give_room(1);
    }
}

START_TEST(killed_at_any_moment)
{
    start(false);
    give_room(RING_SLOTS);
    for (unsigned int kill_nr = 0; kill_nr < KILLS; kill_nr++) {
        uint32_t until = got_number + 1 + rand() % 50;
        RING_IDX rx_until = rx_seen + rand() % 50;
        pid_t pid = fork();
        int status;

        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            serve_for_ever();
        while (got_number < until || (int)(rx_until - rx_seen) > 0) {
            talk_tx();
            front_show();
            talk_wire();
            talk_rx();
            sched_yield();
        }
        kill(pid, SIGKILL);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(WIFSIGNALED(status) ? WTERMSIG(status) : -1, SIGKILL);
    }
}
END_TEST

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

int main(void)
{
    Suite *s = suite_create("pv-drivers/net");
    TCase *good = tcase_create("good"), *hostile = tcase_create("bad"),
          *killed = tcase_create("killed");
    SRunner *r;
    int failed;

    tcase_add_loop_test(good, one_page, 0, 2);
    tcase_add_test(good, many_pages);
    tcase_add_test(good, pages_stay_pages);
    tcase_add_loop_test(good, blank_checksums, 0, LEN(blank));
    tcase_add_loop_test(good, large_packets, 0, 2);
    tcase_add_loop_test(good, no_packets, 0, LEN(none));
    tcase_add_test(good, a_full_ring_again_and_again);
    tcase_add_test(good, what_is_over_the_rate_waits);
    tcase_add_test(good, addresses_that_a_guest_may_use);
    tcase_add_test(good, what_it_may_not_send_is_lost);
    tcase_add_test(good, rates);
    tcase_add_loop_test(good, small_packets_to_the_guest, 0, 3);
    tcase_add_loop_test(good, large_packets_to_the_guest, 0, 2);
    tcase_add_loop_test(good, a_guest_without_room, 0, 2);
    tcase_add_test(good, what_a_simple_guest_cannot_take_is_dropped);
    tcase_add_test(good, what_waits_for_nobody_is_dropped);
    tcase_add_test(good, multicast_groups);
    suite_add_tcase(s, good);
    tcase_add_loop_test(hostile, disconnected, 0, LEN(bad));
    tcase_add_loop_test(hostile, impossible_indices, 0, 2);
    tcase_add_test(hostile, room_that_is_not_granted);
    suite_add_tcase(s, hostile);
    tcase_add_loop_test(killed, died_while_it_answered, 0, 4);
    tcase_add_loop_test(killed, died_after_an_answer, 0, 8);
    tcase_add_loop_test(killed, note_and_ring_disagree, 0, 2);
    tcase_add_test(killed, killed_at_any_moment);
    tcase_set_timeout(killed, 300);
    suite_add_tcase(s, killed);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
