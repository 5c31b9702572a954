/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blockd with its surroundings made up.
 */
#include "disk_machine.h"
#include "uring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

struct loop loop;

static struct block_env env;
static struct xenbus *bus;
static char dir[40];

static void must(bool good)
{
    if (!good)
        abort();
}

/* ---- io_uring: operations wait until they are done, one after the other */

static struct target_op *waiting;

int uring_start(struct loop *l, const struct buffers *buffers, void (*batch_done)(void *context),
                void *context, struct uring **out)
{
    (void)l;
    (void)buffers;
    (void)batch_done;
    (void)context;
    *out = NULL;
    return 0;
}

void uring_queue(struct uring *u, int fd, struct target_op *op)
{
    (void)u;
    op->fd = fd;
    op->next = waiting;
    waiting = op;
}

void uring_submit(struct uring *u) { (void)u; }

bool do_one(void)
{
    struct target_op *op = waiting;
    ssize_t n;

    if (!op)
        return false;
    n = op->bytes;
    waiting = op->next;
    if (op->action == TARGET_READ)
        n = preadv(op->fd, op->iov, op->nr_iov, op->offset);
    else if (op->action == TARGET_WRITE)
        n = pwritev(op->fd, op->iov, op->nr_iov, op->offset);
    op->finished(op, n == (ssize_t)op->bytes ? 0 : -EIO);
    queues_publish(&env.unpublished);
    return true;
}

/* ---- the world */

void settle(void)
{
    struct epoll_event ev;

    for (;;) {
        if (epoll_wait(loop.epoll, &ev, 1, 0) == 1) {
            struct loop_source *s = ev.data.ptr;

            s->ready(s, ev.events);
        } else if (!do_one()) {
            return;
        }
    }
}

/* ---- tools and a guest */

struct front disk = { .devid = 51712, .ring_ref = 8, .port = 5, .data_ref = 100 },
             other = { .devid = 51728, .ring_ref = 9, .port = 6, .data_ref = 110 };

void put(const struct front *f, int half, const char *node, const char *fmt, ...)
{
    char path[120], value[80];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    snprintf(path, sizeof(path), "%s/%s", f->half[half], node);
    fake_store_write(path, value);
}

const char *get(const struct front *f, int half, const char *node)
{
    char path[120];

    snprintf(path, sizeof(path), "%s/%s", f->half[half], node);
    return fake_store_read(path);
}

void tools_attach(struct front *f)
{
    static unsigned int instance;

    put(f, FRONT, "state", "%d", XenbusStateInitialising);
    put(f, BACK, "frontend", "%s", f->half[FRONT]);
    put(f, BACK, "instance", "%u", ++instance);
    put(f, BACK, "online", "1");
    put(f, BACK, "mode", "w");
    put(f, BACK, "grants", "%s", rand() % 2 ? "kept" : "copied");
    put(f, BACK, "params", "%s", f->file);
    put(f, BACK, "state", "%d", XenbusStateInitialising);
    settle();
}

void guest_connects(struct front *f)
{
    memset(fake.memory[f->ring_ref], 0, 4096);
    f->ring = (struct blkif_sring *)fake.memory[f->ring_ref];
    f->seen = 0;
    put(f, FRONT, "ring-ref", "%u", f->ring_ref);
    put(f, FRONT, "event-channel", "%u", f->port);
    put(f, FRONT, "protocol", "x86_64-abi");
    put(f, FRONT, "feature-persistent", "%d", rand() % 2);
    put(f, FRONT, "state", "%d", XenbusStateInitialised);
    settle();
}

void guest_asks(struct front *f, uint8_t op, uint32_t ref, unsigned int sector)
{
    f->ring->ring[f->ring->req_prod % QUEUE_ENTRIES].req = (struct blkif_request){
        .operation = op,
        .nr_segments = 1,
        .id = f->ring->req_prod,
        .sector_number = sector,
        .seg = { { ref, 0, 0 } },
    };
    f->ring->req_prod++;
    fake_event(f->port);
}

void tools_remove(struct front *f)
{
    fake_store_rm(f->half[FRONT]);
    fake_store_rm(f->half[BACK]);
    settle();
}

/* ---- the whole */

static void make_disk(struct front *f)
{
    int fd;

    snprintf(f->file, sizeof(f->file), "%s/%u", dir, f->devid);
    snprintf(f->half[FRONT], sizeof(f->half[FRONT]), "/local/domain/%u/device/vbd/%u", FAKE_DOMID,
             f->devid);
    snprintf(f->half[BACK], sizeof(f->half[BACK]), "/local/domain/0/backend/blockd/%u/%u",
             FAKE_DOMID, f->devid);
    fd = open(f->file, O_RDWR | O_CREAT | O_EXCL, 0600);
    must(fd >= 0 && ftruncate(fd, DISK_SECTORS * 512) == 0);
    close(fd);
}

void disk_machine_start(void)
{
    strcpy(dir, "/tmp/disk_machine.XXXXXX");
    must(mkdtemp(dir) != NULL);
    make_disk(&disk);
    make_disk(&other);
    fake_reset();
    fake_store_reset();
    must(loop_init(&loop) == 0);
    env = (struct block_env){ .loop = &loop };
    env.notes = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(events_open(&env.events) == 0);
    must(events_start(env.events, &loop) == 0);
    must(targets_start(&loop, NULL, NULL, NULL, &env.targets) == 0);
    bus = xenbus_start(&loop, &disk_ops, &env);
    must(bus != NULL);
    settle();
}

void disk_machine_end(void)
{
    xenbus_stop(bus);
    events_close(env.events);
    free(env.targets);
    close(env.notes);
    close(loop.epoll);
    fake_store_reset();
    fake_end();
    unlink(disk.file);
    unlink(other.file);
    must(rmdir(dir) == 0);
}

unsigned int disk_machine_files(void)
{
    DIR *d = opendir(dir);
    unsigned int n = 0;
    struct dirent *e;

    while ((e = readdir(d)))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}
