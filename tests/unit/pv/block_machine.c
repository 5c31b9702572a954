/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real queue, ring and grants, on a fake guest, a fake target and a fake store.
 */
#include "block_machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct block_machine m;

/* ---- the target */

static void start(struct target *t, struct target_op *op)
{
    (void)t;
    if (m.nr_pending == QUEUE_ENTRIES)
        abort();
    m.pending[m.nr_pending++] = op;
}

static const struct target_ops fake_target = { .start = start };

static void move_data(struct target_op *op)
{
    uint8_t *at = m.medium + op->offset;
    uint64_t bytes = 0;

    for (unsigned int i = 0; i < op->nr_iov; i++) {
        if (op->action == TARGET_READ)
            memcpy(op->iov[i].iov_base, at + bytes, op->iov[i].iov_len);
        else
            memcpy(at + bytes, op->iov[i].iov_base, op->iov[i].iov_len);
        bytes += op->iov[i].iov_len;
    }
    if (bytes != op->bytes || op->offset + bytes > DISK_SECTORS * BLOCK_SECTOR)
        abort();
}

void target_finish(unsigned int i, int err)
{
    struct target_op *op = m.pending[i];

    m.pending[i] = m.pending[--m.nr_pending];
    if (!err && op->action <= TARGET_WRITE_THROUGH)
        move_data(op);
    m.syncs += op->action == TARGET_SYNC;
    m.discards += op->action == TARGET_DISCARD;
    op->finished(op, err);
    if (!m.lazy)
        queues_publish(&m.unpublished);
}

/* ---- the disk */

static void broken(struct disk_queues *all, const char *why)
{
    (void)all;
    m.broken = why;
}

static void failed(struct disk_queues *all, const struct block_request *asked, int err)
{
    (void)all;
    (void)asked;
    (void)err;
}

static void drained(struct disk_queues *all)
{
    (void)all;
    m.drained = true;
}

static bool event(struct event_port *p)
{
    bool worked = queue_serve((struct queue *)((char *)p - offsetof(struct queue, port)));

    queues_publish(&m.unpublished);
    return worked;
}

static const struct queue_owner owner = {
    .event = event,
    .drained = drained,
    .broken = broken,
    .failed = failed,
};

static void again(struct loop_source *s, uint32_t events)
{
    (void)s;
    (void)events;
}

/* ---- the whole */

static void must(int ret)
{
    if (ret)
        abort();
}

static void *shared_memory(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    must(p == MAP_FAILED);
    return p;
}

/* What a process of blockd has. */
static int begin(void)
{
    bool persistent = m.queues.persistent;

    must(loop_init(&m.loop));
    must(loop_wake_add(&m.loop, &m.again, again));
    m.unpublished.first = NULL;
    m.queues = (struct disk_queues){
        .owner = &owner,
        .unpublished = &m.unpublished,
        .buffers = &m.buffers,
        .again = &m.again,
        .target = &m.target,
        .counts = &m.note->counts,
        .domid = FAKE_DOMID,
        .persistent = persistent,
        .kept = kept_grants_new(NULL, FAKE_DOMID, QUEUE_PAGES),
    };
    must(!m.queues.kept);
    must(events_open(&m.queues.events));
    must(events_start(m.queues.events, &m.loop));
    return queue_open(&m.queues, RING_REF, GUEST_PORT, &m.note->queues[0]);
}

void block_machine_start(bool persistent, bool read_only)
{
    fake_reset();
    m = (struct block_machine){ 0 };
    m.medium = shared_memory(DISK_SECTORS * BLOCK_SECTOR);
    m.note = shared_memory(sizeof(*m.note));
    m.target = (struct target){
        .ops = &fake_target,
        .sectors = DISK_SECTORS,
        .discard = 4096,
        .sync = true,
        .read_only = read_only,
    };
    m.queues.persistent = persistent;
    must(begin());
    m.ring = (struct blkif_sring *)fake.memory[RING_REF];
}

static void end(void)
{
    queues_close(&m.queues);
    kept_grants_free(m.queues.kept);
    loop_wake_remove(&m.loop, &m.again);
    events_close(m.queues.events);
    close(m.loop.epoll);
}

/* Memory of the dead goes with their process, and what the kernel knows of it. */
int block_machine_again(void)
{
    int ret;

    for (unsigned int i = 0; i < m.queues.count; i++)
        event_unbind(&m.queues.queues[i]->port);
    end();
    m.nr_pending = 0;
    ret = begin();
    if (ret == 0)
        queues_restart(&m.queues);
    return ret;
}

void block_machine_end(void)
{
    queues_publish(&m.unpublished);
    queues_detach(&m.queues);
    while (m.nr_pending)
        target_finish(0, 0);
    must(!m.drained);
    end();
    munmap(m.medium, DISK_SECTORS * BLOCK_SECTOR);
    munmap(m.note, sizeof(*m.note));
    must(fake.mapped != 0 || fake.bound != 0);
    fake_end();
}

union blkif_sring_entry *front_next(void)
{
    return &m.ring->ring[m.ring->req_prod % QUEUE_ENTRIES];
}

void front_push(void) { m.ring->req_prod++; }
