/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks and the store. In our directory the tools write
 *   params   what is behind it        mode   "r" or "w"        device-type   "disk" or "cdrom"
 *   grants   "kept": the frontend may leave its pages granted; they stay mapped then; "copied":
 *            the hypervisor copies them; not there: what is cheaper for the target
 *   resize   "now": see how large the target is; the answer, here: "done", or what went wrong
 *   statistics   "now": how much was done; the answer, here: NAME=NUMBER and others
 * and we what the frontend has to know.
 */
#include "disk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PORT 131071 /* of the FIFO ABI */

/* ---- offering ---- */

static struct xenbus_device *make_disk(struct xenbus *bus)
{
    struct disk *d = calloc(1, sizeof(*d));

    if (d)
        d->env = xenbus_context(bus);
    return d ? &d->dev : NULL;
}

static bool node_is(struct disk *d, const char *node, const char *value)
{
    char *text = xenbus_read(&d->dev, node);
    bool same = text && strcmp(text, value) == 0;

    free(text);
    return same;
}

/* Starts and publishes what serving queues has brought. */
static void settle(struct block_env *env)
{
    targets_submit(env->targets);
    queues_publish(&env->unpublished);
}

static void serve_again(struct loop_source *s, uint32_t events)
{
    struct disk *d = (struct disk *)((char *)s - offsetof(struct disk, again));

    (void)events;
    loop_wake_clear(s);
    for (unsigned int i = 0; i < d->queues.count; i++)
        queue_serve(d->queues.queues[i]);
    settle(d->env);
}

static void write_size(struct disk *d)
{
    xenbus_write(&d->dev, "sectors", "%llu", (unsigned long long)d->target->sectors);
    if (node_is(d, "resize", "now"))
        xenbus_write(&d->dev, "resize", "done");
}

static void resized(struct target *t)
{
    struct disk *d = t->owner;

    xenbus_say(&d->dev, "has %llu sectors now", (unsigned long long)t->sectors);
    write_size(d);
    xenbus_announce(&d->dev);
}

static bool open_target(struct disk *d)
{
    char *params = xenbus_read(&d->dev, "params");
    const char *why = "";
    int ret;

    if (!params) {
        xenbus_break(&d->dev, "no target: its node \"params\" is missing");
        return false;
    }
    ret = target_open(d->env->targets, params, !node_is(d, "mode", "w"), &d->opening, &why);
    if (ret == 0) {
        d->target = d->opening;
        d->target->owner = d;
        d->target->resized = resized;
        d->opening = NULL;
    } else if (ret != -EINPROGRESS && !(d->dev.before && (ret == -EBUSY || ret == -ENOTCONN))) {
        /* what a predecessor had will be there again in a moment */
        xenbus_break(&d->dev, "%.100s: %s (%s)", params, why, strerror(-ret));
    }
    free(params);
    return ret == 0;
}

/* Others may read the target of a read-only disk too, so its lock does not tell that a dead
 * predecessor's reads are over: they must not go into the guest's pages, so none is kept. If nobody
 * says which, the cheaper way is taken: from the page cache the kernel copies to pages that stay
 * mapped as to any; for a device to reach them, it would have to look up each of them. */
static bool may_keep_grants(struct disk *d)
{
    if (d->target->read_only)
        return false;
    return node_is(d, "grants", "kept") || (d->target->cached && !node_is(d, "grants", "copied"));
}

/* A disk that is not connected has none. */
static void tell_statistics(struct disk *d)
{
    static const struct disk_counts none;
    const struct disk_counts *c = d->note ? &d->note->counts : &none;

    xenbus_write(&d->dev, "statistics",
                 "reads=%" PRIu64 " writes=%" PRIu64 " flushes=%" PRIu64 " discards=%" PRIu64
                 " failed=%" PRIu64 " read_sectors=%" PRIu64 " written_sectors=%" PRIu64,
                 c->reads, c->writes, c->flushes, c->discards, c->failed, c->read_sectors,
                 c->written_sectors);
}

/* The target's size has changed, perhaps. */
static void resize(struct disk *d)
{
    struct xenbus_device *dev = &d->dev;
    int ret;

    if (!d->target && !dev->broken)
        return; /* it will be answered when there is one */
    ret = dev->broken ? -EIO : target_measure(d->target);
    if (ret == 0)
        resized(d->target);
    else if (ret != -EINPROGRESS)
        xenbus_write(dev, "resize", "the target cannot be measured: %s", strerror(-ret));
}

static void told(struct xenbus_device *dev, const char *node)
{
    static const struct {
        const char *node;
        void (*answer)(struct disk *d);
    } asked[] = { { "resize", resize }, { "statistics", tell_statistics } };
    struct disk *d = (struct disk *)dev;

    for (unsigned int i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        if (strcmp(node, asked[i].node) == 0 && node_is(d, node, "now"))
            asked[i].answer(d);
}

static bool offer(struct xenbus_device *dev)
{
    struct disk *d = (struct disk *)dev;
    unsigned int info = 0;

    if (!d->started && loop_wake_add(d->env->loop, &d->again, serve_again)) {
        xenbus_break(dev, "no descriptor for it");
        return false;
    }
    d->started = true;
    if (!d->target && !open_target(d))
        return false;
    if (d->target->read_only)
        info |= VDISK_READONLY;
    if (node_is(d, "device-type", "cdrom"))
        info |= VDISK_CDROM;
    write_size(d);
    xenbus_write(dev, "sector-size", "%u", BLOCK_SECTOR);
    xenbus_write(dev, "physical-sector-size", "%u", d->target->physical_sector);
    xenbus_write(dev, "info", "%u", info);
    xenbus_write(dev, "feature-flush-cache", "%d", d->target->sync);
    xenbus_write(dev, "feature-barrier", "%d", d->target->sync);
    xenbus_write(dev, "feature-persistent", "%d", may_keep_grants(d));
    xenbus_write(dev, "feature-max-indirect-segments", "%u", BLOCK_SEGMENTS);
    xenbus_write(dev, "multi-queue-max-queues", "%u", DISK_QUEUES);
    if (d->target->discard && !d->target->read_only) {
        xenbus_write(dev, "discard-granularity", "%u", d->target->discard);
        xenbus_write(dev, "discard-alignment", "0");
        xenbus_write(dev, "feature-discard", "1");
    }
    return true;
}

/* ---- what the frontend wants ---- */

static bool open_queue(struct disk *d, unsigned int i, unsigned int of)
{
    char prefix[16] = "", node[40];
    uint64_t ref, port;
    int ret;

    if (of > 1)
        snprintf(prefix, sizeof(prefix), "queue-%u/", i);
    snprintf(node, sizeof(node), "%sring-ref", prefix);
    if (!xenbus_take_number(&d->dev, node, UINT32_MAX, UINT64_MAX, &ref))
        return false;
    snprintf(node, sizeof(node), "%sevent-channel", prefix);
    if (!xenbus_take_number(&d->dev, node, MAX_PORT, UINT64_MAX, &port))
        return false;
    ret = queue_open(&d->queues, ref, port, &d->note->queues[i]);
    if (ret)
        xenbus_break(&d->dev, "its ring %u with port %u cannot be reached: %s", (unsigned int)ref,
                     (unsigned int)port, strerror(-ret));
    return ret == 0;
}

static bool speaks_our_protocol(struct disk *d)
{
    char *protocol = xenbus_read_front(&d->dev, "protocol");
    bool ours = !protocol || strcmp(protocol, "x86_64-abi") == 0;
    uint64_t order;

    if (!ours)
        xenbus_break(&d->dev, "its protocol is not x86_64-abi");
    free(protocol);
    return ours && xenbus_take_number(&d->dev, "ring-page-order", 0, 0, &order);
}

static bool open_note(struct disk *d, unsigned int queues)
{
    int (*open)(int, uint32_t, uint32_t, unsigned int, struct note **) =
        d->dev.before ? note_open : note_create;
    int ret = open(d->env->notes, d->dev.domid, d->dev.devid, queues, &d->note);

    if (ret)
        xenbus_break(&d->dev, "the note of its requests cannot be used: %s", strerror(-ret));
    return ret == 0;
}

/* ---- what happens to its queues ---- */

#define DISK_OF(ptr, member) ((struct disk *)((char *)(ptr)-offsetof(struct disk, member)))

static bool queue_event(struct event_port *p)
{
    struct queue *q = (struct queue *)((char *)p - offsetof(struct queue, port));
    bool worked = queue_serve(q);

    settle(DISK_OF(q->all, queues)->env);
    return worked;
}

static void queues_drained(struct disk_queues *all)
{
    struct disk *d = DISK_OF(all, queues);

    queues_close(all);
    kept_grants_free(all->kept);
    all->kept = NULL;
    note_close(d->note);
    d->note = NULL;
    note_remove(d->env->notes, d->dev.domid, d->dev.devid);
    xenbus_detached(&d->dev);
}

static void queues_broken(struct disk_queues *all, const char *why)
{
    xenbus_break(&DISK_OF(all, queues)->dev, "%s", why);
}

static void operation_failed(struct disk_queues *all, const struct block_request *asked, int err)
{
    xenbus_say(&DISK_OF(all, queues)->dev, "operation %u at sector %llu: %s", asked->operation,
               (unsigned long long)asked->sector, strerror(-err));
}

static const struct queue_owner queue_owner = {
    .event = queue_event,
    .drained = queues_drained,
    .broken = queues_broken,
    .failed = operation_failed,
};

/* ---- attaching and letting go ---- */

static void prepare_queues(struct disk *d)
{
    d->queues = (struct disk_queues){
        .owner = &queue_owner,
        .events = d->env->events,
        .gnttab = d->env->gnttab,
        .unpublished = &d->env->unpublished,
        .buffers = &d->env->buffers,
        .again = &d->again,
        .target = d->target,
        .domid = d->dev.domid,
    };
}

static bool prepare_grants(struct disk *d, unsigned int count, bool persistent)
{
    d->queues.persistent = persistent && may_keep_grants(d);
    if (!d->queues.persistent)
        return true;
    d->queues.kept = kept_grants_new(d->env->gnttab, d->dev.domid, count * QUEUE_PAGES);
    if (!d->queues.kept)
        xenbus_break(&d->dev, "no memory");
    return d->queues.kept != NULL;
}

static bool attach(struct xenbus_device *dev)
{
    struct disk *d = (struct disk *)dev;
    uint64_t count, persistent;

    prepare_queues(d);
    if (!speaks_our_protocol(d) ||
        !xenbus_take_number(&d->dev, "multi-queue-num-queues", DISK_QUEUES, 1, &count) ||
        !xenbus_take_number(&d->dev, "feature-persistent", UINT32_MAX, 0, &persistent))
        return false;
    if (count == 0) {
        xenbus_break(dev, "it wants no queue at all");
        return false;
    }
    if (!prepare_grants(d, count, persistent) || !open_note(d, count))
        return false;
    d->queues.counts = &d->note->counts;
    for (unsigned int i = 0; i < count; i++)
        if (!open_queue(d, i, count))
            return false;
    xenbus_say(dev, "%s: %u queue%s%s", dev->before ? "taken over" : "connected", d->queues.count,
               d->queues.count > 1 ? "s" : "", d->queues.persistent ? ", persistent grants" : "");
    if (dev->before) {
        queues_restart(&d->queues);
        xenbus_announce(dev); /* nobody looked at the target's size meanwhile */
    }
    loop_wake(&d->again); /* its first requests may be there already */
    return true;
}

static void detach(struct xenbus_device *dev)
{
    struct disk *d = (struct disk *)dev;

    queues_publish(&d->env->unpublished);
    queues_detach(&d->queues);
    target_abandon(d->target);
    settle(d->env);
}

static void free_disk(struct xenbus_device *dev)
{
    struct disk *d = (struct disk *)dev;

    if (d->started)
        loop_wake_remove(d->env->loop, &d->again);
    if (d->target)
        target_close(d->target);
    if (d->opening)
        target_close(d->opening);
    note_remove(d->env->notes, dev->domid, dev->devid); /* of a predecessor, if it was not used */
    free(d);
}

struct xenbus_ops disk_ops = {
    .type = "blockd",
    .make = make_disk,
    .offer = offer,
    .attach = attach,
    .detach = detach,
    .told = told,
    .free = free_disk,
};
