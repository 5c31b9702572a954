/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network frontend: all that a guest has to do to use a network device.
 *
 *   - its directory in the store, device/vif/NUMBER, says where the backend's is, and its address;
 *   - it grants the backend a page for each of two rings, and pages for packets;
 *   - it writes what these are into its directory, and that it is connected;
 *   - to send, it names pages with a packet in them: the backend answers when it has it; to get
 *     packets, it names empty pages, and the backend answers with what is in them now.
 *
 * net=work does that: it asks for 10.9.0.1 by ARP, sends it echo requests from 10.9.0.N, N being
 * the last byte of its hardware address, and checks what comes back, in round after round. With
 * net=ATTACK it does something that no frontend may do, or that would be too much, and says what
 * came of it. It takes packets of one page and wants all checksums made.
 */
#include "net.h"

#define SECOND 1000000000ull
#define ECHO   1000 /* bytes that have to come back */
#define MAC    6

static union {
    struct netif_tx_sring ring;
    uint8_t page[PAGE];
} shared_tx __attribute__((aligned(PAGE)));
static union {
    struct netif_rx_sring ring;
    uint8_t page[PAGE];
} shared_rx __attribute__((aligned(PAGE)));
static uint8_t out[PAGE] __attribute__((aligned(PAGE)));
static uint8_t in[NET_PAGES][PAGE] __attribute__((aligned(PAGE)));
volatile struct netif_tx_sring *const net_tx = &shared_tx.ring;
volatile struct netif_rx_sring *const net_rx = &shared_rx.ring;

struct device net;
RING_IDX net_asked, net_given;
static RING_IDX answered; /* slots that are free again */
static RING_IDX got;      /* pages that came back with something in them */

static uint8_t our_mac[MAC], their_mac[MAC];
static uint8_t our_ip[4] = { 10, 9, 0, 0 };
static const uint8_t their_ip[4] = { 10, 9, 0, 1 };
static bool mac_known;

/* ---- connecting */

static void give_page(uint16_t id)
{
    volatile struct netif_rx_request *r = &net_rx->ring[net_given++ % NET_ENTRIES].req;

    r->id = id;
    r->gref = NET_IN_REF + id;
}

void net_connect(void)
{
    device_await(&net, XenbusStateInitWait);
    net_asked = answered = net_given = got = 0;
    net_tx->req_prod = net_tx->rsp_prod = net_rx->rsp_prod = 0;
    net_tx->req_event = net_tx->rsp_event = net_rx->req_event = net_rx->rsp_event = 1;
    for (int i = 0; i < NET_PAGES; i++)
        give_page(i);
    net_rx->req_prod = net_given;
    device_make_port(&net);
    device_put(&net, "tx-ring-ref", NET_TX_REF);
    device_put(&net, "rx-ring-ref", NET_RX_REF);
    device_put(&net, "event-channel", net.port);
    device_put(&net, "request-rx-copy", 1);
    device_put(&net, "feature-rx-notify", 1);
    device_put(&net, "feature-no-csum-offload", 1);
    device_put(&net, "state", XenbusStateConnected);
    device_await_connected(&net);
}

static void grant_all(void)
{
    grant(NET_TX_REF, &shared_tx);
    grant(NET_RX_REF, &shared_rx);
    grant(NET_OUT_REF, out);
    for (int i = 0; i < NET_PAGES; i++)
        grant(NET_IN_REF + i, in[i]);
}

static unsigned int digit(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

static void read_mac(void)
{
    char text[24] = { 0 };

    device_text(&net, "mac", text, sizeof(text));
    for (int i = 0; i < MAC; i++)
        our_mac[i] = digit(text[3 * i]) << 4 | digit(text[3 * i + 1]);
    our_ip[3] = our_mac[MAC - 1];
}

/* ---- sending */

/* A piece of a packet, which is in out[], not yet told of. The first says how long all is. */
volatile struct netif_tx_request *net_request(unsigned int bytes, uint16_t flags)
{
    volatile struct netif_tx_request *r = &net_tx->ring[net_asked % NET_ENTRIES].req;

    r->gref = NET_OUT_REF;
    r->offset = 0;
    r->flags = flags;
    r->id = net_asked++;
    r->size = bytes;
    return r;
}

void net_send(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
    net_tx->req_prod = net_asked;
    notify(net.port);
}

/* How many of the answers were no success. */
unsigned int net_await_answers(void)
{
    unsigned int failures = 0;

    while (answered != net_asked) {
        net_tx->rsp_event = answered + 1;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (net_tx->rsp_prod == answered) {
            wait_for(&net.port, 1);
            continue;
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        failures += net_tx->ring[answered++ % NET_ENTRIES].rsp.status == NETIF_RSP_ERROR;
    }
    return failures;
}

static void send_out(unsigned int bytes)
{
    net_request(bytes, 0);
    net_send();
    if (net_await_answers())
        say("net: WRONG: a packet was refused\n");
}

/* ---- getting */

static void show_pages(RING_IDX before)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
    net_rx->req_prod = net_given;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (net_given - net_rx->req_event < net_given - before)
        notify(net.port);
}

static bool await_packet(uint64_t until)
{
    for (;;) {
        net_rx->rsp_event = got + 1;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (net_rx->rsp_prod != got)
            break;
        if (time_now() >= until)
            return false;
        wait_until(&net.port, 1, until);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return true;
}

/* A packet's bytes; 0: none came until then. */
static unsigned int receive(uint8_t to[PAGE], uint64_t until)
{
    int bytes = 0; /* less: it was lost on its way here */

    while (bytes <= 0 && await_packet(until)) {
        unsigned int id = net_rx->ring[got % NET_ENTRIES].rsp.id;
        RING_IDX before = net_given;

        bytes = net_rx->ring[got++ % NET_ENTRIES].rsp.status;
        for (int i = 0; i < bytes; i++)
            to[i] = in[id][i];
        give_page(id);
        show_pages(before);
    }
    return bytes > 0 ? (unsigned int)bytes : 0;
}

/* ---- packets */

static void copy(uint8_t *to, const uint8_t *from, unsigned int bytes)
{
    while (bytes--)
        *to++ = *from++;
}

static bool equal(const uint8_t *a, const uint8_t *b, unsigned int bytes)
{
    while (bytes && *a == *b)
        a++, b++, bytes--;
    return bytes == 0;
}

static void put16(uint8_t *to, unsigned int n)
{
    to[0] = n >> 8;
    to[1] = n;
}

/* The Internet checksum; 0 over what has its own in it. */
static unsigned int checksum(const uint8_t *data, unsigned int bytes)
{
    unsigned int sum = 0;

    for (unsigned int i = 0; i + 1 < bytes; i += 2)
        sum += data[i] << 8 | data[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static void put_ethernet(const uint8_t to[MAC], unsigned int type)
{
    copy(out, to, MAC);
    copy(out + 6, our_mac, MAC);
    put16(out + 12, type);
}

void net_put_header(unsigned int type) { put_ethernet(their_mac, type); }

static const uint8_t everybody[MAC] = { 255, 255, 255, 255, 255, 255 };
static const uint8_t arp_start[] = { 0, 1, 8, 0, 6, 4, 0 };

enum { ARP_REQUEST = 1, ARP_REPLY = 2, ARP_BYTES = 42 };

static void put_arp(const uint8_t to[MAC], int operation)
{
    put_ethernet(to, 0x0806);
    copy(out + 14, arp_start, sizeof(arp_start));
    out[21] = operation;
    copy(out + 22, our_mac, MAC);
    copy(out + 28, our_ip, 4);
    copy(out + 32, to, MAC);
    copy(out + 38, their_ip, 4);
}

unsigned int net_put_arp_request(void)
{
    put_arp(everybody, ARP_REQUEST);
    return ARP_BYTES;
}

static void take_arp(const uint8_t *packet)
{
    if (!equal(packet + 14, arp_start, sizeof(arp_start)) || !equal(packet + 28, their_ip, 4) ||
        !equal(packet + 38, our_ip, 4))
        return;
    copy(their_mac, packet + 22, MAC);
    mac_known = true;
    if (packet[21] != ARP_REQUEST)
        return;
    put_arp(their_mac, ARP_REPLY);
    send_out(ARP_BYTES);
}

enum { IP = 14, ICMP = 34, ECHO_DATA = 42, ECHO_REQUEST = 8 };

static uint8_t echo_byte(uint64_t round, unsigned int i) { return round * 31 + i / 256 + i; }

void net_send_echo(uint64_t round)
{
    static const uint8_t header[] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0 };

    put_ethernet(their_mac, 0x0800);
    copy(out + IP, header, sizeof(header));
    put16(out + IP + 2, ECHO_DATA - IP + ECHO);
    copy(out + IP + 12, our_ip, 4);
    copy(out + IP + 16, their_ip, 4);
    put16(out + IP + 10, checksum(out + IP, 20));
    put16(out + ICMP, ECHO_REQUEST << 8);
    put16(out + ICMP + 2, 0);
    put16(out + ICMP + 4, 1);
    put16(out + ICMP + 6, round);
    for (unsigned int i = 0; i < ECHO; i++)
        out[ECHO_DATA + i] = echo_byte(round, i);
    put16(out + ICMP + 2, checksum(out + ICMP, ECHO_DATA - ICMP + ECHO));
    send_out(ECHO_DATA + ECHO);
}

/* The answer to this round's request; what is older, and others' packets, are nothing. */
static bool is_echo(const uint8_t *packet, unsigned int bytes, uint64_t round)
{
    uint8_t number[2];

    put16(number, round);
    if (bytes < ECHO_DATA + ECHO || !equal(packet + IP + 12, their_ip, 4) || packet[IP + 9] != 1 ||
        packet[ICMP] != 0 || !equal(packet + ICMP + 6, number, 2))
        return false;
    if (checksum(packet + ICMP, ECHO_DATA - ICMP + ECHO))
        say("net: WRONG: a checksum\n");
    for (unsigned int i = 0; i < ECHO; i++)
        if (packet[ECHO_DATA + i] != echo_byte(round, i)) {
            say_number("net: WRONG: byte ", i, "\n");
            break;
        }
    return true;
}

/* As on any network, a packet may be lost: what has had no answer for a second is sent again. */
void net_work(uint64_t round)
{
    static uint8_t packet[PAGE];

    for (;;) {
        uint64_t until = time_now() + SECOND;
        unsigned int bytes;

        if (mac_known)
            net_send_echo(round);
        else
            send_out(net_put_arp_request());
        while ((bytes = receive(packet, until))) {
            bool knew = mac_known;

            if (packet[12] == 8 && packet[13] == 6)
                take_arp(packet);
            else if (packet[12] == 8 && packet[13] == 0 && is_echo(packet, bytes, round))
                return;
            if (mac_known && !knew)
                break;
        }
    }
}

/* ---- */

void use_network(void)
{
    if (!device_find(&net, "vif")) {
        say("net: there is none\n");
        return;
    }
    read_mac();
    grant_all();
    net_connect();
    net_work(0);
    say("net: connected\n");
    device_try(&net, "net", net_attacks, nr_net_attacks, net_work);
}
