/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network devices and the store. In our directory the tools write
 *   vifname   name of the TAP device        bridge   the bridge that it joins
 *   rate      bytes,microseconds: what the guest may send
 *   ip        addresses that it may send from
 *   mtu       of the TAP device (these three may be missing)
 *   statistics   "now": what went through; the answer, here: NAME=NUMBER and others
 * and we what the frontend has to know.
 */
#include "vif.h"
#include "note_file.h"
#include "queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PORT 131071 /* of the FIFO ABI */

#define VIF_OF(ptr, member) ((struct vif *)((char *)(ptr)-offsetof(struct vif, member)))

/* ---- without events ---- */

static void serve(struct vif *v)
{
    for (unsigned int i = 0; i < v->nr_queues; i++) {
        queue_send(v->queues[i]);
        queue_receive(v->queues[i]);
    }
}

static void serve_again(struct loop_source *s, uint32_t events)
{
    (void)events;
    loop_wake_clear(s);
    serve(VIF_OF(s, again));
}

static void paid(struct loop_source *s, uint32_t events)
{
    (void)events;
    loop_timer_clear(s);
    serve(VIF_OF(s, paid));
}

void vif_wait_for_rate(struct vif *v, unsigned int ms) { loop_timer_start(&v->paid, ms); }

static bool any_starved(const struct vif *v)
{
    for (unsigned int i = 0; i < v->nr_queues; i++)
        if (v->queues[i]->starved)
            return true;
    return false;
}

void vif_watch_starved(struct vif *v)
{
    if (any_starved(v)) {
        if (!v->watched)
            loop_timer_start(&v->stall, STALL_MS);
        v->watched = true;
    } else if (v->stalled) {
        v->stalled = false;
        tap_set_carrier(v->tap, true);
        xenbus_say(&v->dev, "it takes packets again");
    }
}

/* What waits for a guest that takes nothing is given up, and no more comes. */
static void give_up(struct vif *v, struct queue *q)
{
    if (!v->stalled) {
        xenbus_say(&v->dev, "it takes no packets: its carrier is off");
        tap_set_carrier(v->tap, false);
    }
    v->stalled = true;
    queue_drop_all(q);
}

static void stall(struct loop_source *s, uint32_t events)
{
    struct vif *v = VIF_OF(s, stall);

    (void)events;
    loop_timer_clear(s);
    v->watched = false;
    for (unsigned int i = 0; i < v->nr_queues; i++) {
        struct queue *q = v->queues[i];

        if (q->starved && q->starved_long)
            give_up(v, q);
        q->starved_long = q->starved;
    }
    vif_watch_starved(v);
}

/* ---- offering ---- */

static struct xenbus_device *make_vif(struct xenbus *bus)
{
    struct vif *v = calloc(1, sizeof(*v));

    if (!v)
        return NULL;
    v->env = xenbus_context(bus);
    v->tap = -1;
    return &v->dev;
}

static int start(struct vif *v)
{
    struct loop *l = v->env->loop;
    int ret = loop_wake_add(l, &v->again, serve_again);

    if (ret)
        return ret;
    ret = loop_timer_add(l, &v->paid, paid);
    if (ret)
        goto remove_again;
    ret = loop_timer_add(l, &v->stall, stall);
    if (ret)
        goto remove_paid;
    v->started = true;
    return 0;

remove_paid:
    loop_wake_remove(l, &v->paid);
remove_again:
    loop_wake_remove(l, &v->again);
    return ret;
}

static bool take_name(struct vif *v, const char *node, char name[TAP_NAME])
{
    char *text = xenbus_read(&v->dev, node);
    bool good = text && *text && strlen(text) < TAP_NAME && !strpbrk(text, "/%");

    if (good)
        strcpy(name, text);
    else
        xenbus_break(&v->dev, "its node \"%s\" is %s", node, text ? "no device's name" : "missing");
    free(text);
    return good;
}

static bool take_rate(struct vif *v)
{
    char *text = xenbus_read(&v->dev, "rate");
    bool good = !text || rate_parse(&v->rate, text);

    if (!good)
        xenbus_break(&v->dev, "its node \"rate\" is not BYTES,MICROSECONDS");
    free(text);
    return good;
}

static bool take_mtu(struct vif *v)
{
    char *text = xenbus_read(&v->dev, "mtu");
    uint64_t mtu = 0;
    bool good = !text || parse_decimal(text, UINT16_MAX, &mtu);

    if (!good)
        xenbus_break(&v->dev, "its node \"mtu\" is no number of bytes");
    v->name.mtu = mtu;
    free(text);
    return good;
}

static bool take_filter(struct vif *v)
{
    char *text = xenbus_read(&v->dev, "ip");
    bool good = !text || filter_parse(&v->filter, text);

    if (!good)
        xenbus_break(&v->dev, "its node \"ip\" has no addresses, or too many");
    free(text);
    return good;
}

static bool open_tap(struct vif *v)
{
    char why[TAP_WHY];

    v->tap = taps_open(v->env->taps, &v->name, why);
    /* a predecessor's device may be there for a moment still */
    if (v->tap < 0 && !(v->tap == -EBUSY && v->dev.before))
        xenbus_break(&v->dev, "%s", why);
    return v->tap >= 0;
}

static bool offer(struct xenbus_device *dev)
{
    static const char *const features[] = {
        "feature-sg",
        "feature-gso-tcpv4",
        "feature-gso-tcpv6",
        "feature-ipv6-csum-offload",
        "feature-rx-copy",
        "feature-split-event-channels",
        "feature-multicast-control",
    };
    struct vif *v = (struct vif *)dev;

    if (!v->started && start(v)) {
        xenbus_break(dev, "no descriptors for it");
        return false;
    }
    if (!take_name(v, "vifname", v->name.name) || !take_name(v, "bridge", v->name.bridge) ||
        !take_rate(v) || !take_mtu(v) || !take_filter(v))
        return false;
    if (v->tap < 0 && !open_tap(v))
        return false;
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        xenbus_write(dev, features[i], "1");
    xenbus_write(dev, "multi-queue-max-queues", "%u", VIF_QUEUES);
    xenbus_write(dev, "carrier", "1");
    return true;
}

/* ---- attaching ---- */

/* A frontend's flag: 0 or not; 0 if it is missing. */
static bool take_flag(struct vif *v, const char *node, bool *out)
{
    uint64_t n;

    if (!xenbus_take_number(&v->dev, node, UINT32_MAX, 0, &n))
        return false;
    *out = n != 0;
    return true;
}

static bool take_features(struct vif *v)
{
    bool copy, notify, no_checksum, ipv6_checksum, tso4, tso6, multicast;

    if (!take_flag(v, "request-rx-copy", &copy) || !take_flag(v, "feature-rx-notify", &notify) ||
        !take_flag(v, "feature-no-csum-offload", &no_checksum) ||
        !take_flag(v, "feature-ipv6-csum-offload", &ipv6_checksum) ||
        !take_flag(v, "feature-sg", &v->scatter) || !take_flag(v, "feature-gso-tcpv4", &tso4) ||
        !take_flag(v, "feature-gso-tcpv6", &tso6) ||
        !take_flag(v, "request-multicast-control", &multicast))
        return false;
    if (!copy || !notify) {
        xenbus_break(&v->dev, "it lacks %s", copy ? "feature-rx-notify" : "request-rx-copy");
        return false;
    }
    /* the kernel cannot be told which of the two IPs' sums are for the guest to fill in */
    v->offload.checksum = !no_checksum && ipv6_checksum;
    v->offload.tso4 = v->offload.checksum && v->scatter && tso4;
    v->offload.tso6 = v->offload.checksum && v->scatter && tso6;
    v->room = v->scatter ? PACKET_PIECES : 1;
    v->multicast = (struct multicast){ .on = multicast };
    return true;
}

static bool open_note(struct vif *v)
{
    int (*open)(int, uint32_t, uint32_t, size_t, void **) =
        v->dev.before ? note_file_open : note_file_create;
    void *p;
    int ret = open(v->env->notes, v->dev.domid, v->dev.devid, sizeof(*v->note), &p);

    if (ret)
        xenbus_break(&v->dev, "the note of its rings cannot be used: %s", strerror(-ret));
    else
        v->note = p;
    return ret == 0;
}

/* A queue's node of the frontend's. */
static bool take_queue_number(struct vif *v, unsigned int i, unsigned int of, const char *name,
                              uint64_t max, uint32_t *out)
{
    char node[48], prefix[16] = "";
    uint64_t n;

    if (of > 1)
        snprintf(prefix, sizeof(prefix), "queue-%u/", i);
    snprintf(node, sizeof(node), "%s%s", prefix, name);
    if (!xenbus_take_number(&v->dev, node, max, UINT64_MAX, &n))
        return false;
    *out = n;
    return true;
}

static bool has_one_port(struct vif *v, unsigned int i, unsigned int of)
{
    char node[48];
    char *text;
    bool there;

    snprintf(node, sizeof(node), of > 1 ? "queue-%u/event-channel" : "event-channel", i);
    text = xenbus_read_front(&v->dev, node);
    there = text != NULL;
    free(text);
    return there;
}

static bool take_ports(struct vif *v, unsigned int i, unsigned int of, struct queue_config *c)
{
    if (!has_one_port(v, i, of))
        return take_queue_number(v, i, of, "event-channel-tx", MAX_PORT, &c->tx_port) &&
               take_queue_number(v, i, of, "event-channel-rx", MAX_PORT, &c->rx_port);
    if (!take_queue_number(v, i, of, "event-channel", MAX_PORT, &c->tx_port))
        return false;
    c->rx_port = c->tx_port;
    return true;
}

/* The device's first queue is there; others are made as the frontend wants them. */
static bool get_tap(struct vif *v, unsigned int i, int *tap)
{
    struct tap_request more = v->name;
    char why[TAP_WHY];

    *more.bridge = '\0';
    *tap = i == 0 ? v->tap : taps_open(v->env->taps, &more, why);
    if (*tap < 0)
        xenbus_break(&v->dev, "%s", why);
    return *tap >= 0;
}

static bool open_queue(struct vif *v, unsigned int i, unsigned int of)
{
    struct queue_config c = {
        .tx_note = &v->note->tx[i],
        .rx_note = &v->note->rx[i],
        .taken_over = v->dev.before,
    };
    int ret;

    if (!take_queue_number(v, i, of, "tx-ring-ref", UINT32_MAX, &c.tx_ref) ||
        !take_queue_number(v, i, of, "rx-ring-ref", UINT32_MAX, &c.rx_ref) ||
        !take_ports(v, i, of, &c) || !get_tap(v, i, &c.tap))
        return false;
    ret = queue_open(v, &c, &v->queues[i]);
    if (ret) {
        xenbus_break(&v->dev, "its rings %u and %u with ports %u and %u cannot be reached: %s",
                     c.tx_ref, c.rx_ref, c.tx_port, c.rx_port, strerror(-ret));
        if (i > 0)
            close(c.tap);
        return false;
    }
    v->nr_queues++;
    return true;
}

static bool attach(struct xenbus_device *dev)
{
    struct vif *v = (struct vif *)dev;
    uint64_t queues;
    int ret;

    if (!take_features(v) ||
        !xenbus_take_number(dev, "multi-queue-num-queues", VIF_QUEUES, 1, &queues))
        return false;
    if (queues == 0) {
        xenbus_break(dev, "it wants no queue at all");
        return false;
    }
    if (!open_note(v))
        return false;
    ret = tap_set_offload(v->tap, v->offload);
    if (ret) {
        xenbus_break(dev, "the TAP device cannot be set: %s", strerror(-ret));
        return false;
    }
    for (unsigned int i = 0; i < queues; i++)
        if (!open_queue(v, i, queues))
            return false;
    xenbus_say(dev, "%s: %s on %s, %u queue%s", dev->before ? "taken over" : "connected",
               v->name.name, v->name.bridge, v->nr_queues, v->nr_queues > 1 ? "s" : "");
    tap_set_carrier(v->tap, true);
    for (unsigned int i = 0; i < v->nr_queues && dev->before; i++)
        queue_notify(v->queues[i]);
    loop_wake(&v->again); /* its first packets may be there already */
    return true;
}

/* ---- letting go ---- */

static void detach(struct xenbus_device *dev)
{
    struct vif *v = (struct vif *)dev;

    tap_set_carrier(v->tap, false);
    if (v->nr_queues)
        queue_drop_all(v->queues[0]);
    for (unsigned int i = 0; i < v->nr_queues; i++) {
        int tap = queue_close(v->queues[i]);

        if (i > 0)
            close(tap);
    }
    if (v->note && (v->note->counts.rx_dropped || v->note->counts.tx_errors))
        xenbus_say(dev, "%" PRIu64 " packets to it were dropped, %" PRIu64 " of its own were none",
                   v->note->counts.rx_dropped, v->note->counts.tx_errors);
    v->nr_queues = 0;
    v->stalled = false;
    note_file_close(v->note, sizeof(*v->note));
    v->note = NULL;
    note_file_remove(v->env->notes, dev->domid, dev->devid);
    xenbus_detached(dev);
}

static void free_vif(struct xenbus_device *dev)
{
    struct vif *v = (struct vif *)dev;

    if (v->started) {
        loop_wake_remove(v->env->loop, &v->again);
        loop_wake_remove(v->env->loop, &v->paid);
        loop_wake_remove(v->env->loop, &v->stall);
    }
    if (v->tap >= 0)
        close(v->tap);
    note_file_remove(v->env->notes, dev->domid, dev->devid); /* if it was not used */
    free(v);
}

/* ---- statistics ---- */

/* A device that is not connected has none. */
static void told(struct xenbus_device *dev, const char *node)
{
    static const struct vif_counts none;
    const struct vif *v = (struct vif *)dev;
    const struct vif_counts *c = v->note ? &v->note->counts : &none;
    char *text;

    if (strcmp(node, "statistics") != 0)
        return;
    text = xenbus_read(dev, node);
    if (text && strcmp(text, "now") == 0)
        xenbus_write(dev, node,
                     "tx_packets=%" PRIu64 " tx_bytes=%" PRIu64 " tx_errors=%" PRIu64
                     " rx_packets=%" PRIu64 " rx_bytes=%" PRIu64 " rx_dropped=%" PRIu64,
                     c->tx_packets, c->tx_bytes, c->tx_errors, c->rx_packets, c->rx_bytes,
                     c->rx_dropped);
    free(text);
}

const struct xenbus_ops vif_ops = {
    .type = "netd",
    .make = make_vif,
    .offer = offer,
    .attach = attach,
    .detach = detach,
    .told = told,
    .free = free_vif,
};
