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
        queues_publish(&m.env);
}

/* ---- the store and the device */

void xenbus_break(struct xenbus_device *d, const char *fmt, ...)
{
    static char why[200];
    va_list ap;

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

void disk_drained(struct disk *d)
{
    (void)d;
    m.drained = true;
}

bool disk_event(struct event_port *p)
{
    bool worked = queue_serve((struct queue *)((char *)p - offsetof(struct queue, port)));

    queues_publish(&m.env);
    return worked;
}

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
    int ret;

    must(loop_init(&m.loop));
    must(events_open(&m.env.events));
    must(events_start(m.env.events, &m.loop));
    m.env.loop = &m.loop;
    m.env.dirty = NULL;
    m.disk.kept = kept_grants_new(NULL, FAKE_DOMID, QUEUE_PAGES);
    must(!m.disk.kept);
    must(loop_wake_add(&m.loop, &m.disk.again, again));
    ret = queue_open(&m.disk, RING_REF, GUEST_PORT, &m.note->queues[0], &m.disk.queues[0]);
    m.disk.nr_queues = ret == 0;
    return ret;
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
        .read_only = read_only,
    };
    m.disk.env = &m.env;
    m.disk.dev.domid = FAKE_DOMID;
    m.disk.target = &m.target;
    m.disk.persistent = persistent;
    must(begin());
    m.ring = (struct blkif_sring *)fake.memory[RING_REF];
}

/* Memory of the dead goes with their process. */
static void bury(void)
{
    if (m.disk.nr_queues) {
        queue_stop(m.disk.queues[0]);
        queue_close(m.disk.queues[0]);
    }
    kept_grants_free(m.disk.kept);
    loop_wake_remove(&m.loop, &m.disk.again);
    events_close(m.env.events);
    close(m.loop.epoll);
}

int block_machine_again(void)
{
    int ret;

    bury();
    m.nr_pending = 0;
    m.disk.in_flight = 0;
    m.disk.barrier = NULL;
    ret = begin();
    if (ret)
        return ret;
    queue_restart(m.disk.queues[0], false);
    queue_restart(m.disk.queues[0], true);
    return 0;
}

void block_machine_end(void)
{
    queues_publish(&m.env);
    m.disk.detaching = true;
    if (m.disk.in_flight == 0)
        m.drained = true;
    while (m.nr_pending)
        target_finish(0, 0);
    must(!m.drained);
    bury();
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
