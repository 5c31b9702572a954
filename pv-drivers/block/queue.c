/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues of requests.
 *
 * A barrier waits until nothing else of the disk is in flight, then syncs and writes through; no
 * other request is taken meanwhile.
 */
#include "data.h"
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Requests taken in one go, so that one disk does not hold up the others. */
#define BUDGET (2 * QUEUE_ENTRIES)

/* ---- answers ---- */

/* A later write of ours is in the note only if this one is. */
static void write_note(uint32_t *field, uint32_t value)
{
    __atomic_store_n(field, value, __ATOMIC_RELEASE);
}

static void release(struct request *r)
{
    data_release(r);
    write_note(&r->note->state, NOTE_FREE);
    r->next = r->queue->free;
    r->queue->free = r;
}

static void make_dirty(struct queue *q)
{
    struct unpublished *u = q->all->unpublished;

    if (q->dirty)
        return;
    q->dirty = true;
    q->next_dirty = u->first;
    u->first = q;
}

/* Puts the answer that its note says into the ring. */
static void put_answer(struct request *r)
{
    struct queue *q = r->queue;
    struct blkif_response response = {
        .id = r->note->asked.id,
        .operation = r->note->asked.operation,
        .status = r->note->status,
    };

    back_ring_put(&q->ring, &response, sizeof(response));
    r->next = q->answered;
    q->answered = r;
    make_dirty(q);
}

static void count(struct disk_counts *c, const struct block_request *asked)
{
    switch (asked->operation) {
    case BLKIF_OP_READ:
        c->reads++;
        c->read_sectors += asked->nr_sectors;
        break;
    case BLKIF_OP_WRITE:
    case BLKIF_OP_WRITE_BARRIER:
        c->writes++;
        c->written_sectors += asked->nr_sectors;
        break;
    case BLKIF_OP_FLUSH_DISKCACHE: c->flushes++; break;
    case BLKIF_OP_DISCARD: c->discards++; break;
    }
}

static void answer(struct request *r, int status)
{
    struct disk_counts *counts = r->queue->all->counts;

    if (status == BLKIF_RSP_OKAY)
        count(counts, &r->note->asked);
    else
        counts->failed++;
    r->note->status = status;
    r->note->index = r->queue->ring.rsp_prod;
    write_note(&r->note->state, NOTE_ANSWERED);
    put_answer(r);
}

/* Only when the note says that answers were published may their requests' places be used again. */
static void publish(struct queue *q)
{
    bool wanted = back_ring_publish(&q->ring);

    write_note(&q->note->rsp_prod, q->ring.published);
    while (q->answered) {
        struct request *r = q->answered;

        q->answered = r->next;
        release(r);
    }
    if (wanted)
        event_notify(&q->port);
}

void queues_publish(struct unpublished *u)
{
    while (u->first) {
        struct queue *q = u->first;

        u->first = q->next_dirty;
        q->dirty = false;
        publish(q);
    }
}

/* ---- requests ---- */

static void break_off(struct disk_queues *all, const char *why)
{
    all->broken = true;
    all->owner->broken(all, why);
}

static void start_barrier(struct disk_queues *all)
{
    all->in_flight = 1;
    target_start(all->target, &all->barrier->op);
}

/* The target has done with it. */
static void complete(struct request *r, int err)
{
    struct disk_queues *all = r->queue->all;

    all->in_flight--;
    if (r == all->barrier) {
        all->barrier = NULL;
        loop_wake(all->again);
    }
    if (all->detaching) {
        release(r);
        if (all->in_flight == 0)
            all->owner->drained(all);
        return;
    }
    if (err)
        all->owner->failed(all, &r->note->asked, err);
    else if (data_deliver(r)) {
        break_off(all, "a page it granted for a read cannot be written");
        err = -EFAULT;
    }
    answer(r, err ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY);
    if (all->barrier && all->in_flight == 0)
        start_barrier(all);
}

static void finished(struct target_op *op, int err)
{
    struct request *r = (struct request *)op;

    if (!err && op->action == TARGET_SYNC && r->note->asked.nr_segments > 0) {
        op->action = TARGET_WRITE_THROUGH;
        target_start(r->queue->all->target, op);
        return;
    }
    complete(r, err);
}

static const enum target_action actions[] = {
    [BLKIF_OP_READ] = TARGET_READ,          [BLKIF_OP_WRITE] = TARGET_WRITE,
    [BLKIF_OP_WRITE_BARRIER] = TARGET_SYNC, [BLKIF_OP_FLUSH_DISKCACHE] = TARGET_SYNC,
    [BLKIF_OP_DISCARD] = TARGET_DISCARD,
};

static bool is_allowed(const struct target *t, uint8_t operation)
{
    return !t->read_only || operation == BLKIF_OP_READ || operation == BLKIF_OP_FLUSH_DISKCACHE;
}

static bool is_offered(const struct target *t, uint8_t operation)
{
    if (operation == BLKIF_OP_DISCARD)
        return t->discard;
    return t->sync || actions[operation] != TARGET_SYNC;
}

/* Gives it to the target. */
static void perform(struct request *r)
{
    struct disk_queues *all = r->queue->all;
    struct target *t = all->target;

    if (r->note->asked.unsupported || !is_offered(t, r->note->asked.operation)) {
        answer(r, BLKIF_RSP_EOPNOTSUPP);
        return;
    }
    if (!is_allowed(t, r->note->asked.operation) ||
        !block_request_fits(&r->note->asked, t->sectors)) {
        answer(r, BLKIF_RSP_ERROR);
        return;
    }
    r->op = (struct target_op){
        .action = actions[r->note->asked.operation],
        .offset = r->note->asked.sector * BLOCK_SECTOR,
        .bytes = r->note->asked.nr_sectors * BLOCK_SECTOR,
        .finished = finished,
    };
    if (r->note->asked.nr_segments && data_find(r)) {
        break_off(all, "a page of a request cannot be reached: it is not granted");
        answer(r, BLKIF_RSP_ERROR);
        return;
    }
    if (r->note->asked.operation == BLKIF_OP_WRITE_BARRIER) {
        all->barrier = r;
        if (all->in_flight == 0)
            start_barrier(all);
        return;
    }
    all->in_flight++;
    target_start(t, &r->op);
}

static enum block_verdict look_at(struct request *r, const char **why)
{
    struct blkif_request_segment segments[BLOCK_SEGMENTS];
    union blkif_sring_entry copy;
    enum block_verdict v;

    back_ring_take(&r->queue->ring, &copy);
    v = block_request_parse(&r->note->asked, &copy, why);
    if (v != BLOCK_INDIRECT)
        return v;
    if (data_read_segments(r, segments)) {
        *why = "a page of indirect segments is not granted";
        return BLOCK_MALFORMED;
    }
    return block_request_segments(&r->note->asked, segments, why);
}

/* The note has it whole before it says so, and only then counts it. */
static void take(struct queue *q)
{
    struct request *r = q->free;
    const char *why;

    r->note->index = q->ring.req_cons;
    if (look_at(r, &why) != BLOCK_GOOD) {
        break_off(q->all, why);
        return;
    }
    q->free = r->next;
    write_note(&r->note->state, NOTE_TAKEN);
    write_note(&q->note->req_cons, q->ring.req_cons);
    perform(r);
}

/* ---- the ring ---- */

static bool may_take(const struct queue *q)
{
    return !q->all->broken && !q->all->detaching && !q->all->barrier;
}

bool queue_serve(struct queue *q)
{
    unsigned int budget = BUDGET;

    while (may_take(q)) {
        int waiting = back_ring_waiting(&q->ring);

        if (waiting < 0) {
            break_off(q->all, "the index of its requests is impossible");
        } else if (waiting == 0) {
            if (back_ring_sleep(&q->ring, 1))
                break;
        } else if (budget == 0) {
            loop_wake(q->all->again);
            break;
        } else {
            take(q);
            budget--;
        }
    }
    return budget < BUDGET;
}

/* ---- after a predecessor ---- */

/* Those of its answers that the frontend has got are done. How many are left; -EPROTO. */
static int forget_published(struct queue *q)
{
    struct note_queue *note = q->note;
    RING_IDX shown = back_ring_shown(&q->ring) - note->rsp_prod;
    unsigned int answered = 0;

    for (unsigned int i = 0; i < QUEUE_ENTRIES; i++) {
        struct note_request *r = &note->requests[i];
        uint32_t at = r->index - note->rsp_prod;

        if (r->state != NOTE_ANSWERED)
            continue;
        answered += at < QUEUE_ENTRIES; /* others were published before the note said so */
        if (at < shown || at >= QUEUE_ENTRIES)
            r->state = NOTE_FREE;
    }
    if (shown > answered)
        return -EPROTO;
    write_note(&note->rsp_prod, note->rsp_prod + shown);
    return answered - shown;
}

static struct request *answered_as(struct queue *q, RING_IDX index)
{
    for (unsigned int i = 0; i < QUEUE_ENTRIES; i++) {
        struct request *r = &q->requests[i];

        if (r->note->state == NOTE_ANSWERED && r->note->index == index)
            return r;
    }
    return NULL;
}

static void count_last_taken(struct note_queue *note)
{
    for (unsigned int i = 0; i < QUEUE_ENTRIES; i++) {
        if (note->requests[i].state == NOTE_TAKEN && note->requests[i].index == note->req_cons) {
            write_note(&note->req_cons, note->req_cons + 1);
            return;
        }
    }
}

/* Brings ring, requests and note to where they were. */
static int recover(struct queue *q)
{
    int left = forget_published(q);

    if (left < 0)
        return left;
    count_last_taken(q->note);
    q->ring.req_cons = q->note->req_cons;
    q->ring.rsp_prod = q->ring.published = q->note->rsp_prod;
    for (int i = 0; i < QUEUE_ENTRIES; i++)
        if (q->requests[i].note->state == NOTE_FREE)
            release(&q->requests[i]);
    for (int i = 0; i < left; i++) {
        struct request *r = answered_as(q, q->ring.rsp_prod);

        if (!r)
            return -EPROTO;
        put_answer(r);
    }
    return 0;
}

static void restart(struct queue *q, bool barrier)
{
    for (unsigned int i = 0; i < QUEUE_ENTRIES; i++) {
        struct request *r = &q->requests[i];
        bool is_barrier = r->note->asked.operation == BLKIF_OP_WRITE_BARRIER;

        if (r->note->state == NOTE_TAKEN && is_barrier == barrier && !q->all->broken)
            perform(r);
    }
}

void queues_restart(struct disk_queues *all)
{
    for (int barrier = 0; barrier <= 1; barrier++)
        for (unsigned int i = 0; i < all->count; i++)
            restart(all->queues[i], barrier);
    for (unsigned int i = 0; i < all->count; i++)
        event_notify(&all->queues[i]->port); /* the frontend may have missed one */
}

/* ---- begin and end ---- */

static void forget_dirty(struct queue *q)
{
    struct queue **p = &q->all->unpublished->first;

    while (*p && *p != q)
        p = &(*p)->next_dirty;
    if (*p)
        *p = q->next_dirty;
}

int queue_open(struct disk_queues *all, uint32_t ring_ref, uint32_t port, struct note_queue *note)
{
    struct queue *q = calloc(1, sizeof(*q));
    int ret;

    if (!q)
        return -ENOMEM;
    q->all = all;
    q->note = note;
    for (int i = 0; i < QUEUE_ENTRIES; i++) {
        q->requests[i].queue = q;
        q->requests[i].note = &note->requests[i];
    }
    ret = ctrl_gnttab_map(all->gnttab, all->domid, &ring_ref, 1, PROT_READ | PROT_WRITE, &q->page);
    if (ret)
        goto free;
    back_ring_attach(&q->ring, q->page, GRANT_PAGE, sizeof(union blkif_sring_entry), note->req_cons,
                     note->rsp_prod);
    ret = recover(q);
    if (!ret)
        ret = event_bind(all->events, &q->port, all->domid, port, all->owner->event);
    if (ret)
        goto unmap;
    all->queues[all->count++] = q;
    return 0;

unmap:
    forget_dirty(q);
    ctrl_gnttab_unmap(all->gnttab, q->page, 1);
free:
    free(q);
    return ret;
}

void queues_detach(struct disk_queues *all)
{
    all->detaching = true;
    for (unsigned int i = 0; i < all->count; i++)
        event_unbind(&all->queues[i]->port);
    if (all->in_flight == 0)
        all->owner->drained(all);
}

static void close_queue(struct queue *q)
{
    ctrl_gnttab_unmap(q->all->gnttab, q->page, 1);
    for (int i = 0; i < QUEUE_ENTRIES; i++)
        data_release(&q->requests[i]);
    free(q);
}

void queues_close(struct disk_queues *all)
{
    for (unsigned int i = 0; i < all->count; i++)
        close_queue(all->queues[i]);
    all->count = 0;
    all->barrier = NULL;
    all->broken = all->detaching = false;
}
