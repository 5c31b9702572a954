/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network devices as netd serves them, from their nodes in the store to the TAP: they come, carry
 * packets and go, in every order and against the rules, and a guest takes no packets. After each
 * nothing is left: no page, port, node, watch, descriptor or note.
 */
#include "fake_ctrl.h"
#include "fake_store.h"

#include "batch.h"
#include "vif.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define FRONT "/local/domain/7/device/vif/0"
#define BACK  "/local/domain/0/backend/netd/7/0"

#define FIRST_RING 8   /* pages: two for each queue */
#define FIRST_PORT 5   /* ports: the same */
#define DATA_REF   100 /* a page for sending, and those behind it for getting */

static struct loop loop;
static struct net_env env;
static struct xenbus *bus;
static struct batch batch;
static char dir[] = "/tmp/test_vif.XXXXXX";

/* ---- TAP devices: sockets, of which the other end is the wire */

static int wires[VIF_QUEUES];
static unsigned int nr_wires;
static bool carrier;
static struct vif *vif; /* the one there is */
static struct tap_offload offload;

int taps_open(struct taps *t, const struct tap_request *r, char why[TAP_WHY])
{
    int ends[2];

    (void)t;
    if (strcmp(r->bridge, "nobr0") == 0) {
        strcpy(why, "no such bridge");
        return -ENODEV;
    }
    ck_assert_uint_eq(*r->bridge == '\0', nr_wires > 0); /* the first is a device, others queues */
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                     0);
    wires[nr_wires++] = ends[0];
    return ends[1];
}

int tap_set_offload(int fd, struct tap_offload o)
{
    (void)fd;
    offload = o;
    return 0;
}

void tap_set_carrier(int fd, bool on)
{
    (void)fd;
    carrier = on;
}

/* Of those that netd has closed, but for the first `kept`. */
static void forget_wires(unsigned int kept)
{
    char byte;

    while (nr_wires > kept) {
        ck_assert_int_eq(recv(wires[--nr_wires], &byte, 1, 0), 0);
        close(wires[nr_wires]);
    }
}

/* ---- the world */

static void settle(void)
{
    struct epoll_event ev;

    while (epoll_wait(loop.epoll, &ev, 1, 0) == 1) {
        struct loop_source *s = ev.data.ptr;

        s->ready(s, ev.events);
    }
}

static unsigned int entries(const char *path)
{
    DIR *d = opendir(path);
    unsigned int n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void put(const char *half, const char *node, const char *value)
{
    char path[120];

    snprintf(path, sizeof(path), "%s/%s", half, node);
    fake_store_write(path, value);
}

static void put_number(const char *half, const char *node, unsigned int n)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", n);
    put(half, node, text);
}

static int state(void)
{
    const char *text = fake_store_read(BACK "/state");

    return text ? atoi(text) : -1;
}

static void guest_goes_to(enum xenbus_state s)
{
    put_number(FRONT, "state", s);
    settle();
}

static void tools_attach(const char *bridge)
{
    put_number(FRONT, "state", XenbusStateInitialising);
    put(BACK, "frontend", FRONT);
    put(BACK, "online", "1");
    put(BACK, "vifname", "vif7.0");
    put(BACK, "bridge", bridge);
    put_number(BACK, "state", XenbusStateInitialising);
    settle();
}

static void tools_remove(void)
{
    fake_store_rm(FRONT);
    fake_store_rm(BACK);
    settle();
    forget_wires(0);
}

/* ---- a frontend */

static unsigned int nr_queues;
static bool one_port;

static struct netif_tx_sring *tx(unsigned int i)
{
    return (struct netif_tx_sring *)fake.memory[FIRST_RING + 2 * i];
}

static struct netif_rx_sring *rx(unsigned int i)
{
    return (struct netif_rx_sring *)fake.memory[FIRST_RING + 2 * i + 1];
}

static void put_queue(unsigned int i)
{
    char half[80] = FRONT;

    if (nr_queues > 1)
        snprintf(half, sizeof(half), FRONT "/queue-%u", i);
    put_number(half, "tx-ring-ref", FIRST_RING + 2 * i);
    put_number(half, "rx-ring-ref", FIRST_RING + 2 * i + 1);
    if (one_port) {
        put_number(half, "event-channel", FIRST_PORT + 2 * i);
    } else {
        put_number(half, "event-channel-tx", FIRST_PORT + 2 * i);
        put_number(half, "event-channel-rx", FIRST_PORT + 2 * i + 1);
    }
}

static void put_particulars(void)
{
    static const char *const flags[] = { "request-rx-copy",   "feature-rx-notify",
                                         "feature-sg",        "feature-ipv6-csum-offload",
                                         "feature-gso-tcpv4", "feature-gso-tcpv6" };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        put(FRONT, flags[i], "1");
    put_number(FRONT, "multi-queue-num-queues", nr_queues);
    for (unsigned int i = 0; i < nr_queues; i++) {
        memset(tx(i), 0, 4096);
        memset(rx(i), 0, 4096);
        put_queue(i);
    }
}

static void give_room(unsigned int i, unsigned int pages)
{
    while (pages--) {
        unsigned int at = rx(i)->req_prod++ % RING_SLOTS;

        rx(i)->ring[at].req = (struct netif_rx_request){ at, 0, DATA_REF + 1 + at };
    }
    fake_event(FIRST_PORT + 2 * i + !one_port);
}

static void guest_connects(void)
{
    fake_store_rm(FRONT); /* what it wrote before */
    put_number(FRONT, "state", XenbusStateInitialising);
    nr_queues = 1 + rand() % VIF_QUEUES;
    one_port = rand() % 2;
    put_particulars();
    guest_goes_to(XenbusStateConnected);
    ck_assert_int_eq(state(), XenbusStateConnected);
    ck_assert_uint_eq(nr_wires, nr_queues);
    ck_assert(carrier && offload.checksum && offload.tso4 && offload.tso6);
    for (unsigned int i = 0; i < nr_queues; i++)
        give_room(i, RING_SLOTS / 2);
    settle();
}

/* A packet each way through each queue. */
static void guest_works(void)
{
    uint8_t packet[200];
    struct virtio_net_hdr h = { 0 };
    struct iovec iov[] = { { &h, sizeof(h) }, { packet, sizeof(packet) } };

    for (unsigned int i = 0; i < nr_queues; i++) {
        RING_IDX before = rx(i)->rsp_prod;
        unsigned int slot = tx(i)->req_prod++ % RING_SLOTS;

        memset(fake.memory[DATA_REF], rand(), 200);
        tx(i)->ring[slot].req = (struct netif_tx_request){ DATA_REF, 0, 0, slot, 200 };
        fake_event(FIRST_PORT + 2 * i);
        settle();
        ck_assert_int_eq(tx(i)->ring[slot].rsp.status, NETIF_RSP_OKAY);
        ck_assert_int_eq(readv(wires[i], iov, 2), sizeof(h) + 200);
        ck_assert_mem_eq(packet, fake.memory[DATA_REF], 200);
        ck_assert_int_eq(writev(wires[i], iov, 2), sizeof(h) + 200);
        settle();
        ck_assert_uint_eq(rx(i)->rsp_prod, before + 1);
        ck_assert_mem_eq(packet, fake.memory[DATA_REF + 1 + before % RING_SLOTS], 200);
    }
}

static void is_disconnected(void)
{
    ck_assert_int_eq(state(), XenbusStateClosed);
    ck_assert_ptr_nonnull(fake_store_read(BACK "/error"));
    ck_assert_uint_eq(fake.mapped + fake.bound, 0);
    guest_goes_to(XenbusStateInitialising); /* is not talked to again */
    ck_assert_int_eq(state(), XenbusStateClosed);
}

/* What went through each queue, so often. */
static void expect_statistics(unsigned int times)
{
    char text[200];
    unsigned int n = times * nr_queues;

    snprintf(text, sizeof(text),
             "tx_packets=%u tx_bytes=%u tx_errors=0 rx_packets=%u rx_bytes=%u rx_dropped=0", n,
             200 * n, n, 200 * n);
    put(BACK, "statistics", "now");
    settle();
    ck_assert_str_eq(fake_store_read(BACK "/statistics"), text);
}

/* ---- the ways of a device */

static void is_asked_to_go(void)
{
    expect_statistics(0);
    guest_connects();
    guest_works();
    guest_works();
    expect_statistics(2);
    put(BACK, "online", "0");
    settle();
    ck_assert_int_eq(state(), XenbusStateClosing);
    guest_works();
    guest_goes_to(XenbusStateClosed);
    ck_assert_int_eq(state(), XenbusStateClosed);
    ck_assert(!carrier);
}

static void closes_and_comes_again(void)
{
    for (int i = 0; i < 3; i++) {
        guest_connects();
        guest_works();
        guest_goes_to(XenbusStateClosing);
        guest_goes_to(XenbusStateClosed);
        ck_assert_int_eq(state(), XenbusStateClosed);
        forget_wires(1);
        guest_goes_to(XenbusStateInitialising);
        ck_assert_int_eq(state(), XenbusStateInitWait);
    }
}

static void never_connects(void)
{
    put(BACK, "online", "0");
    settle();
    ck_assert_int_eq(state(), XenbusStateClosed);
}

static void vanishes_at_work(void)
{
    guest_connects();
    tx(0)->req_prod++;
    fake_event(FIRST_PORT);
    fake_store_rm(FRONT);
}

static void breaks_its_ring(void)
{
    guest_connects();
    guest_works();
    tx(0)->req_prod += 1000;
    fake_event(FIRST_PORT);
    settle();
    is_disconnected();
}

static void loses_its_tap(void)
{
    guest_connects();
    close(wires[--nr_wires]);
    settle();
    is_disconnected();
}

static void writes_nonsense(void)
{
    static const char *const nodes[][2] = {
        { "tx-ring-ref", "9x" },
        { "rx-ring-ref", "" },
        { "event-channel-tx", "-1" },
        { "event-channel-rx", "140000" },
        { "state", "9" },
        { "event-channel", "x" },
        { "feature-sg", "yes" },
        { "multi-queue-num-queues", "0" },
        { "rx-ring-ref", "99999" },
        { "multi-queue-num-queues", "2" },
        { "event-channel-rx", "64" },
        { "multi-queue-num-queues", "5" },
        { "request-rx-copy", "0" },
        { "feature-rx-notify", "0" },
    };
    size_t i = rand() % (sizeof(nodes) / sizeof(nodes[0]));

    nr_queues = 1;
    one_port = false;
    put_particulars();
    put(FRONT, nodes[i][0], nodes[i][1]);
    if (strcmp(nodes[i][0], "state") != 0)
        put_number(FRONT, "state", XenbusStateConnected);
    settle();
    is_disconnected();
}

/* Its packets wait in the TAP for some time, then they are dropped and its carrier is off, until it
 * has room. */
static void takes_no_packets(void)
{
    uint8_t packet[100] = { 0 };

    guest_connects();
    guest_works();
    rx(0)->req_prod = rx(0)->rsp_prod; /* it takes its pages back: netd has not begun with them */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 20; i++)
            ck_assert_int_eq(send(wires[0], packet, sizeof(packet), 0), sizeof(packet));
        settle();
        ck_assert(carrier);
        vif->stall.ready(&vif->stall, EPOLLIN); /* the timer, before its time */
        ck_assert(carrier);
        vif->stall.ready(&vif->stall, EPOLLIN);
        ck_assert(!carrier);
        ck_assert_uint_eq(vif->note->counts.rx_dropped, 20 * (round + 1));
        give_room(0, PACKET_PIECES);
        settle();
        ck_assert(carrier);
        ck_assert_int_eq(send(wires[0], packet, sizeof(packet), 0), sizeof(packet));
        settle();
        ck_assert_int_eq(rx(0)->ring[(rx(0)->rsp_prod - 1) % RING_SLOTS].rsp.status,
                         sizeof(packet) - sizeof(struct virtio_net_hdr));
        rx(0)->req_prod = rx(0)->rsp_prod;
    }
}

static const struct {
    void (*way)(void);
    unsigned int rounds;
} ways[] = {
    { is_asked_to_go, 1000 },  { closes_and_comes_again, 50 }, { never_connects, 50 },
    { vanishes_at_work, 100 }, { breaks_its_ring, 50 },        { loses_its_tap, 20 },
    { writes_nonsense, 100 },  { takes_no_packets, 2 },
};

/* ---- */

static struct xenbus_device *make(struct xenbus *bus)
{
    struct xenbus_device *d = vif_ops.make(bus);

    vif = (struct vif *)d;
    return d;
}

static void start(void)
{
    static struct xenbus_ops ops;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
    fake_store_reset();
    ck_assert_int_eq(loop_init(&loop), 0);
    env = (struct net_env){ .loop = &loop, .batch = &batch };
    env.notes = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(events_open(&env.events), 0);
    ck_assert_int_eq(events_start(env.events, &loop), 0);
    stderr = fopen("/dev/null", "w"); /* what netd says of each; sanitizers say it elsewhere */
    ops = vif_ops;
    ops.make = make;
    bus = xenbus_start(&loop, &ops, &env);
    ck_assert_ptr_nonnull(bus);
    settle();
}

static void end(void)
{
    rmdir(dir);
    fake_end();
    ck_assert_ptr_eq(xenbus_context(bus), &env); /* it lives as long as its process */
}

START_TEST(nothing_is_left_of_a_device)
{
    unsigned int watches = fake_store_watches(), files = entries("/proc/self/fd");

    srand(_i);
    for (unsigned int round = 0; round < ways[_i].rounds; round++) {
        tools_attach("xenbr0");
        ck_assert_int_eq(state(), XenbusStateInitWait);
        ways[_i].way();
        settle();
        tools_remove();
        ck_assert_uint_eq(fake.mapped + fake.bound + fake_store_nodes(), 0);
        ck_assert_uint_eq(fake_store_watches(), watches);
        ck_assert_uint_eq(entries("/proc/self/fd"), files);
        ck_assert_uint_eq(entries(dir), 2);
    }
}
END_TEST

START_TEST(a_device_that_cannot_be_made)
{
    static const char *const wrong[][2] = {
        { "bridge", "nobr0" },
        { "bridge", "" },
        { "vifname", "a/b" },
        { "vifname", "x%d" },
        { "rate", "fast" },
        { "ip", "10.0.0" },
        { "bridge", "a234567890123456" },
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        put(BACK, wrong[i][0], wrong[i][1]);
        put_number(FRONT, "state", XenbusStateInitialising);
        if (strcmp(wrong[i][0], "vifname") != 0)
            put(BACK, "vifname", "vif7.0");
        if (strcmp(wrong[i][0], "bridge") != 0)
            put(BACK, "bridge", "xenbr0");
        put(BACK, "frontend", FRONT);
        settle();
        ck_assert_int_eq(state(), XenbusStateClosed);
        ck_assert_ptr_nonnull(fake_store_read(BACK "/error"));
        tools_remove();
        ck_assert_uint_eq(fake_store_nodes(), 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pv-drivers/net/vif");
    TCase *t = tcase_create("ways");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, start, end);
    tcase_add_loop_test(t, nothing_is_left_of_a_device, 0, sizeof(ways) / sizeof(ways[0]));
    tcase_add_test(t, a_device_that_cannot_be_made);
    tcase_set_timeout(t, 300);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
