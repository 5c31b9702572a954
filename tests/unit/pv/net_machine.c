/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real queue and rings, on a fake guest, a fake store, and a socket.
 */
#include "net_machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct net_machine m;

static RING_IDX tx_prod, rx_prod; /* slots filled, shown or not */

/* ---- the store and the device */

void xenbus_break(struct xenbus_device *d, const char *fmt, ...)
{
    static char why[200];
    va_list ap;

    if (d->broken)
        return;
    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    d->broken = true;
    m.broken = why;
}

void xenbus_say(struct xenbus_device *d, const char *fmt, ...)
{
    (void)d;
    (void)fmt;
}

void vif_wait_for_rate(struct vif *v, unsigned int ms)
{
    (void)v;
    m.rate_ms = ms;
}

void vif_watch_starved(struct vif *v)
{
    (void)v;
    m.starved_watches++;
}

/* ---- the whole */

static void must(int ret)
{
    if (ret)
        abort();
}

static void again(struct loop_source *s, uint32_t events)
{
    (void)events;
    loop_wake_clear(s);
    queue_send(m.vif.queues[0]);
    queue_receive(m.vif.queues[0]);
}

/* What a process of netd has. */
static void begin(bool taken_over)
{
    struct queue_config c = {
        .tx_ref = TX_REF,
        .rx_ref = RX_REF,
        .tx_port = TX_PORT,
        .rx_port = m.vif.scatter ? RX_PORT : TX_PORT,
        .tap = m.tap,
        .tx_note = &m.vif.note->tx[0],
        .rx_note = &m.vif.note->rx[0],
        .taken_over = taken_over,
    };

    must(loop_init(&m.loop));
    must(events_open(&m.env.events));
    must(events_start(m.env.events, &m.loop));
    m.env.loop = &m.loop;
    must(loop_wake_add(&m.loop, &m.vif.again, again));
    must(queue_open(&m.vif, &c, &m.vif.queues[0]));
    m.vif.nr_queues = 1;
}

void net_machine_start(bool simple)
{
    int ends[2];

    fake_reset();
    m = (struct net_machine){ 0 };
    tx_prod = rx_prod = 0;
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
    m.tap = ends[0];
    m.wire = ends[1];
    m.vif.note =
        mmap(NULL, sizeof(struct note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(m.vif.note == MAP_FAILED);
    m.env.batch = aligned_alloc(BATCH_PAGE, sizeof(struct batch));
    must(!m.env.batch);
    m.vif.env = &m.env;
    m.vif.dev.domid = FAKE_DOMID;
    m.vif.scatter = !simple;
    m.vif.room = simple ? 1 : PACKET_PIECES;
    begin(false);
    m.tx = (struct netif_tx_sring *)fake.memory[TX_REF];
    m.rx = (struct netif_rx_sring *)fake.memory[RX_REF];
}

/* Memory of the dead goes with their process. */
static void bury(void)
{
    must(queue_close(m.vif.queues[0]) != m.tap);
    loop_wake_remove(&m.loop, &m.vif.again);
    events_close(m.env.events);
    close(m.loop.epoll);
}

void net_machine_again(void)
{
    bury();
    begin(true);
}

void net_machine_end(void)
{
    bury();
    close(m.tap);
    close(m.wire);
    free(m.env.batch);
    munmap(m.vif.note, sizeof(struct note));
    must(fake.mapped != 0 || fake.bound != 0);
    fake_end();
}

/* ---- the frontend */

struct netif_tx_request *front_tx(void) { return &m.tx->ring[tx_prod++ % RING_SLOTS].req; }

struct netif_rx_request *front_rx(void) { return &m.rx->ring[rx_prod++ % RING_SLOTS].req; }

void front_show(void)
{
    __atomic_store_n(&m.tx->req_prod, tx_prod, __ATOMIC_RELEASE);
    __atomic_store_n(&m.rx->req_prod, rx_prod, __ATOMIC_RELEASE);
}

/* ---- the wire */

bool wire_put(const struct virtio_net_hdr *h, const void *data, size_t bytes)
{
    struct iovec iov[] = { { (void *)h, sizeof(*h) }, { (void *)data, bytes } };

    return writev(m.wire, iov, 2) >= 0;
}

int wire_take(struct virtio_net_hdr *h, uint8_t data[PACKET_MAX])
{
    struct iovec iov[] = { { h, sizeof(*h) }, { data, PACKET_MAX } };
    ssize_t n = readv(m.wire, iov, 2);

    return n < 0 ? -1 : n - (int)sizeof(*h);
}
