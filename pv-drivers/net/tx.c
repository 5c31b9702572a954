/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets from the guest.
 */
#include "batch.h"
#include "queue.h"

#include <string.h>
#include <sys/uio.h>
#include <time.h>

/* Batches in one go, so that one guest does not hold up the others. */
#define TURNS 8

static uint64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

static bool malformed(struct queue *q, const char *why)
{
    xenbus_break(&q->vif->dev, "it sent %s", why);
    return false;
}

/* Takes one packet of the `waiting` requests. A frontend shows a packet only when it is whole. */
static bool take_packet(struct queue *q, struct tx_packet *p, unsigned int *waiting)
{
    union netif_tx_sring_entry copy;
    enum tx_verdict verdict;
    const char *why;

    memset(p, 0, sizeof(*p));
    do {
        if (*waiting == 0)
            return malformed(q, "a packet that does not end");
        back_ring_take(&q->tx.ring, &copy);
        --*waiting;
        verdict = tx_packet_slot(p, &copy, &why);
    } while (verdict == TX_MORE);
    return verdict == TX_WHOLE || malformed(q, why);
}

/* Of what comes before its first whole page: headers, and the rest of another page. */
static unsigned int bytes_before_pages(const struct tx_packet *p)
{
    unsigned int bytes = 0;

    for (unsigned int i = 0; i < p->nr_pieces && p->pieces[i].bytes < BATCH_PAGE; i++)
        bytes += p->pieces[i].bytes;
    return bytes;
}

/* Whole pages of the guest's become whole pages of ours. */
static void plan_copies(struct batch *b, const struct tx_packet *p)
{
    unsigned int before = bytes_before_pages(p);

    b->used = batch_page_end(b->used + before) - before;
    b->starts[p - b->packets] = b->used;
    for (unsigned int i = 0; i < p->nr_pieces; i++) {
        const struct packet_piece *piece = &p->pieces[i];

        if (piece->bytes == 0)
            continue;
        b->pieces[b->nr_pieces++] = (struct ctrl_gnttab_piece){
            piece->ref,
            piece->offset,
            piece->bytes,
            b->data + b->used,
        };
        b->used += piece->bytes;
    }
}

/* As many packets as fit. */
static bool take_batch(struct queue *q, struct batch *b, unsigned int waiting)
{
    batch_clear(b);
    while (waiting && b->nr_packets < BATCH_PACKETS &&
           b->nr_pieces + PACKET_PIECES <= CTRL_GNTTAB_PIECES &&
           b->nr_answers + PACKET_SLOTS <= RING_SLOTS) {
        struct tx_packet *p = &b->packets[b->nr_packets++];

        if (!take_packet(q, p, &waiting))
            return false;
        if (p->multicast.type == XEN_NETIF_EXTRA_TYPE_NONE)
            plan_copies(b, p);
        b->nr_answers += p->nr_slots;
    }
    return true;
}

static void change_multicast(struct vif *v, const struct tx_packet *p)
{
    if (p->multicast.type == XEN_NETIF_EXTRA_TYPE_MCAST_DEL)
        multicast_remove(&v->multicast, p->multicast.u.mcast.addr);
    else if (!multicast_add(&v->multicast, p->multicast.u.mcast.addr))
        xenbus_say(&v->dev, "no room for another multicast group");
}

/* A packet that the guest may not send, or the kernel cannot take, is lost, as on any network. */
static bool send_packet(struct queue *q, const struct tx_packet *p, uint8_t *data)
{
    struct virtio_net_hdr header;
    struct iovec iov[] = { { &header, sizeof(header) }, { data, p->bytes } };

    return filter_allows(&q->vif->filter, data, p->bytes) && tx_packet_header(p, data, &header) &&
           writev(q->tap, iov, 2) >= 0;
}

static void count(struct vif_counts *c, const struct tx_packet *p, bool sent)
{
    if (sent) {
        c->tx_packets++;
        c->tx_bytes += p->bytes;
    } else {
        c->tx_errors++;
    }
}

static void send_batch(struct queue *q, struct batch *b)
{
    for (unsigned int i = 0; i < b->nr_packets; i++) {
        struct tx_packet *p = &b->packets[i];
        bool sent;

        if (p->multicast.type != XEN_NETIF_EXTRA_TYPE_NONE) {
            change_multicast(q->vif, p);
            continue;
        }
        sent = send_packet(q, p, b->data + b->starts[i]);
        if (!sent)
            p->answers[0].status = NETIF_RSP_ERROR;
        count(&q->vif->note->counts, p, sent);
        rate_spend(&q->vif->rate, p->bytes);
    }
}

static void answer_batch(struct queue *q, struct batch *b)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < b->nr_packets; i++) {
        memcpy(b->answers + n, b->packets[i].answers,
               b->packets[i].nr_slots * sizeof(b->answers[0]));
        n += b->packets[i].nr_slots;
    }
    net_ring_promise(&q->tx, b->answers, n);
    for (unsigned int i = 0; i < n; i++)
        back_ring_put(&q->tx.ring, &b->answers[i], sizeof(b->answers[i]));
    if (back_ring_publish(&q->tx.ring))
        event_notify(&q->tx_port);
}

static void move_batch(struct queue *q, unsigned int waiting)
{
    struct batch *b = q->vif->env->batch;

    if (!take_batch(q, b, waiting))
        return;
    if (b->nr_pieces &&
        ctrl_gnttab_copy(q->vif->env->gnttab, q->vif->dev.domid, b->pieces, b->nr_pieces, false)) {
        malformed(q, "a packet in pages that it does not grant");
        return;
    }
    send_batch(q, b);
    answer_batch(q, b);
}

/* False: it has to wait, and will be served again. */
static bool may_send(struct vif *v)
{
    unsigned int ms = rate_wait(&v->rate, v->rate.bytes ? now_us() : 0);

    if (ms)
        vif_wait_for_rate(v, ms);
    return ms == 0;
}

bool queue_send(struct queue *q)
{
    struct vif *v = q->vif;
    bool worked = false;

    for (int turn = 0; turn < TURNS && !v->dev.broken; turn++) {
        int waiting = back_ring_waiting(&q->tx.ring);

        if (waiting < 0) {
            xenbus_break(&v->dev, "the index of its packets is impossible");
        } else if (waiting == 0) {
            if (back_ring_sleep(&q->tx.ring, 1))
                return worked;
        } else {
            worked = true;
            if (!may_send(v))
                return true;
            move_batch(q, waiting);
        }
    }
    loop_wake(&v->again);
    return worked;
}
