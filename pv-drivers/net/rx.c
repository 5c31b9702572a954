/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets to the guest.
 */
#include "batch.h"
#include "queue.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#define TURNS 8
#define PAGE  4096

/* More than a TAP holds. */
#define DROP_MAX 8192

/* ---- one packet ---- */

/* Its length, or 0 if there is none now. */
static size_t read_packet(struct queue *q, struct virtio_net_hdr *h, uint8_t *data)
{
    struct iovec iov[] = { { h, sizeof(*h) }, { data, PACKET_MAX } };
    ssize_t n = readv(q->tap, iov, 2);

    if (n > (ssize_t)sizeof(*h))
        return n - sizeof(*h);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        xenbus_break(&q->vif->dev, "its TAP device cannot be read: %s", strerror(errno));
    return 0;
}

static uint8_t gso_type(const struct virtio_net_hdr *h)
{
    switch (h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4: return XEN_NETIF_GSO_TYPE_TCPV4;
    case VIRTIO_NET_HDR_GSO_TCPV6: return XEN_NETIF_GSO_TYPE_TCPV6;
    default: return XEN_NETIF_GSO_TYPE_NONE;
    }
}

static uint16_t first_flags(const struct virtio_net_hdr *h)
{
    if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
        return NETRXF_csum_blank | NETRXF_data_validated;
    return h->flags & VIRTIO_NET_HDR_F_DATA_VALID ? NETRXF_data_validated : 0;
}

/* Takes a page of the guest's for a response, which the caller fills. */
static struct netif_rx_request take_page(struct queue *q, struct batch *b)
{
    struct netif_rx_request request;

    back_ring_take(&q->rx.ring, &request);
    b->answers[b->nr_answers++] = (struct netif_tx_response){ request.id, NETIF_RSP_DROPPED };
    return request;
}

static void put_segmentation(struct queue *q, struct batch *b, uint8_t type, uint16_t size)
{
    struct netif_extra_info info = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

    info.u.gso.size = size;
    info.u.gso.type = type;
    memcpy(&b->responses[b->nr_answers], &info, sizeof(info));
    take_page(q, b);
}

static void put_packet(struct queue *q, struct batch *b, const struct virtio_net_hdr *h,
                       size_t bytes)
{
    struct vif_counts *counts = &q->vif->note->counts;
    uint8_t type = gso_type(h);
    uint16_t flags = first_flags(h) | (type ? NETRXF_extra_info : 0);

    for (size_t done = 0; done < bytes; flags = 0) {
        size_t part = bytes - done < PAGE ? bytes - done : PAGE;
        unsigned int at = b->nr_answers;
        struct netif_rx_request page = take_page(q, b);

        if (done + part < bytes)
            flags |= NETRXF_more_data;
        b->responses[at] = (struct netif_rx_response){ page.id, 0, flags, part };
        b->pieces[b->nr_pieces++] = (struct ctrl_gnttab_piece){
            page.gref,
            0,
            part,
            b->data + b->used + done,
        };
        if (flags & NETRXF_extra_info)
            put_segmentation(q, b, type, h->gso_size);
        done += part;
    }
    b->used = batch_page_end(b->used + bytes);
    counts->rx_packets++;
    counts->rx_bytes += bytes;
}

static unsigned int slots_for(const struct virtio_net_hdr *h, size_t bytes)
{
    return (bytes + PAGE - 1) / PAGE + (gso_type(h) != XEN_NETIF_GSO_TYPE_NONE);
}

/* ---- many ---- */

static bool is_full(const struct batch *b)
{
    return b->nr_packets == BATCH_PACKETS || b->nr_pieces + PACKET_PIECES > CTRL_GNTTAB_PIECES;
}

/* Reads packets while each may be as large as any; false if there are no more. */
static bool fill_batch(struct queue *q, struct batch *b, unsigned int waiting)
{
    struct vif *v = q->vif;

    batch_clear(b);
    while (!is_full(b) && waiting - b->nr_answers >= v->room) {
        struct virtio_net_hdr h;
        uint8_t *data = b->data + b->used;
        size_t bytes = read_packet(q, &h, data);

        if (bytes == 0)
            return false;
        b->nr_packets++;
        if (bytes < PACKET_MIN || !multicast_wants(&v->multicast, data) ||
            slots_for(&h, bytes) > v->room)
            v->note->counts.rx_dropped++;
        else
            put_packet(q, b, &h, bytes);
    }
    return true;
}

static void answer_batch(struct queue *q, struct batch *b)
{
    net_ring_promise(&q->rx, b->answers, b->nr_answers);
    for (unsigned int i = 0; i < b->nr_answers; i++)
        back_ring_put(&q->rx.ring, &b->responses[i], sizeof(b->responses[i]));
    if (back_ring_publish(&q->rx.ring))
        event_notify(q->one_port ? &q->tx_port : &q->rx_port);
}

/* False: there were no more packets. */
static bool move_batch(struct queue *q, unsigned int waiting)
{
    struct batch *b = q->vif->env->batch;
    bool more = fill_batch(q, b, waiting);

    if (q->vif->dev.broken || b->nr_answers == 0)
        return more;
    if (ctrl_gnttab_copy(q->vif->env->gnttab, q->vif->dev.domid, b->pieces, b->nr_pieces, true)) {
        xenbus_break(&q->vif->dev, "a page it granted for packets cannot be written");
        return false;
    }
    answer_batch(q, b);
    return more;
}

/* Without room for a packet none is read: it stays in the kernel's queue, which is bounded. */
static void set_starved(struct queue *q, bool starved)
{
    if (q->starved == starved)
        return;
    q->starved = starved;
    q->starved_long = false;
    loop_wait_for(q->vif->env->loop, &q->readable, starved ? 0 : EPOLLIN);
    vif_watch_starved(q->vif);
}

bool queue_receive(struct queue *q)
{
    struct vif *v = q->vif;
    bool worked = false;

    for (int turn = 0; turn < TURNS && !v->dev.broken; turn++) {
        int waiting = back_ring_waiting(&q->rx.ring);

        if (waiting < 0) {
            xenbus_break(&v->dev, "the index of its pages for packets is impossible");
        } else if ((unsigned int)waiting < v->room) {
            set_starved(q, true);
            if (back_ring_sleep(&q->rx.ring, v->room))
                return worked;
        } else {
            set_starved(q, false);
            worked = true;
            if (!move_batch(q, waiting))
                return true;
        }
    }
    loop_wake(&v->again);
    return worked;
}

void queue_drop_all(struct queue *q)
{
    struct virtio_net_hdr h;

    for (int i = 0; i < DROP_MAX && read_packet(q, &h, q->vif->env->batch->data); i++)
        q->vif->note->counts.rx_dropped++;
}
