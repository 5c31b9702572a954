/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and block devices.
 *
 * The lock belongs to the open file, which lives as long as the kernel works on a request of ours,
 * even if we were killed in the meantime. So a successor that has the lock knows that no write of
 * its predecessor comes late.
 */
#include "target.h"
#include "uring.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct targets {
    struct uring *uring;
};

struct target_file {
    struct target target;
    struct uring *uring;
    int fd;
};

static void start(struct target *t, struct target_op *op)
{
    struct target_file *f = (struct target_file *)t;

    uring_queue(f->uring, f->fd, op);
}

static void close_file(struct target *t)
{
    struct target_file *f = (struct target_file *)t;

    close(f->fd);
    free(f);
}

static int measure(struct target *t)
{
    int fd = ((struct target_file *)t)->fd;
    uint64_t bytes;
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    bytes = st.st_size;
    if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, &bytes) < 0)
        return -errno;
    if (bytes < BLOCK_SECTOR)
        return -EINVAL;
    t->sectors = bytes / BLOCK_SECTOR;
    return 0;
}

static const struct target_ops file_ops = {
    .measure = measure,
    .start = start,
    .close = close_file,
};

/* Sectors have to be read one by one into memory aligned like them; where that needs the page
 * cache, it is used. True if it is. */
static bool choose_cache(int fd)
{
    static char sector[BLOCK_SECTOR] __attribute__((aligned(BLOCK_SECTOR)));
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_DIRECT) < 0)
        return true;
    if (pread(fd, sector, sizeof(sector), BLOCK_SECTOR) >= 0)
        return false;
    fcntl(fd, F_SETFL, flags);
    return true;
}

/* What the device can do, from the kernel. */
static void look_at_device(struct target *t, int fd, dev_t dev)
{
    unsigned int physical, discard;
    char path[80];
    FILE *f;

    if (ioctl(fd, BLKPBSZGET, &physical) == 0)
        t->physical_sector = physical;
    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/discard_granularity", major(dev),
             minor(dev));
    f = fopen(path, "re");
    if (f && fscanf(f, "%u", &discard) == 1)
        t->discard = discard;
    if (f)
        fclose(f);
}

/* Behind its end there is nothing to lose. */
static void look_at_file(struct target *t, int fd, off_t size)
{
    if (!t->read_only && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, size, 4096) == 0)
        t->discard = 4096;
}

static int look_at(struct target_file *t, const char **why)
{
    struct stat st;
    int ret;

    if (fstat(t->fd, &st) < 0)
        return -errno;
    *why = "is neither a file nor a block device";
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return -EINVAL;
    *why = "is smaller than a sector, or has no size";
    ret = measure(&t->target);
    if (ret)
        return ret;
    t->target.physical_sector = BLOCK_SECTOR;
    if (S_ISREG(st.st_mode))
        look_at_file(&t->target, t->fd, st.st_size);
    else
        look_at_device(&t->target, t->fd, st.st_rdev);
    return 0;
}

int targets_start(struct loop *l, const struct buffers *buffers, void (*batch_done)(void *context),
                  void *context, struct targets **out)
{
    struct targets *all = calloc(1, sizeof(*all));
    int ret = all ? uring_start(l, buffers, batch_done, context, &all->uring) : -ENOMEM;

    if (ret)
        free(all);
    else
        *out = all;
    return ret;
}

void targets_submit(struct targets *all) { uring_submit(all->uring); }

/* A file is opened past the page cache if its file system can do that (O_DIRECT), and locked: one
 * disk may write to it, or several may read. */
int target_open(struct targets *all, const char *path, bool read_only, struct target **t,
                const char **why)
{
    struct target_file *f = calloc(1, sizeof(*f));
    int ret;

    *why = "cannot be opened";
    if (!f)
        return -ENOMEM;
    f->target.ops = &file_ops;
    f->target.read_only = read_only;
    f->target.sync = true;
    f->uring = all->uring;
    /* not blocking: it may be a pipe that nobody writes to */
    f->fd = open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0) {
        ret = -errno;
        goto free;
    }
    ret = look_at(f, why);
    if (ret)
        goto close;
    if (flock(f->fd, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0) {
        *why = "is in use by another disk";
        ret = errno == EWOULDBLOCK ? -EBUSY : -errno;
        goto close;
    }
    fcntl(f->fd, F_SETFL, fcntl(f->fd, F_GETFL) & ~O_NONBLOCK);
    f->target.cached = choose_cache(f->fd);
    *t = &f->target;
    return 0;

close:
    close(f->fd);
free:
    free(f);
    return ret;
}
