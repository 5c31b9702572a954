/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notes for a successor.
 */
#include "note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x62644e32u /* changes with the layout */
#define NAME  32

static void file_name(char name[NAME], uint32_t domid, uint32_t devid)
{
    snprintf(name, NAME, "%u-%u.note", domid, devid);
}

static int map(int fd, struct note **out)
{
    struct note *n = mmap(NULL, sizeof(*n), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (n == MAP_FAILED)
        return -errno;
    *out = n;
    return 0;
}

int note_create(int dir, uint32_t domid, uint32_t devid, unsigned int nr_queues, struct note **out)
{
    char name[NAME];
    int fd, ret;

    file_name(name, domid, devid);
    fd = openat(dir, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    /* memory for all of it now: there must be no fault later */
    ret = -posix_fallocate(fd, 0, sizeof(struct note));
    if (!ret)
        ret = map(fd, out);
    close(fd);
    if (ret)
        return ret;
    (*out)->nr_queues = nr_queues;
    __atomic_store_n(&(*out)->magic, MAGIC, __ATOMIC_RELEASE);
    return 0;
}

static bool is_whole(const struct note *n, unsigned int nr_queues)
{
    if (n->magic != MAGIC || n->nr_queues != nr_queues)
        return false;
    for (unsigned int i = 0; i < nr_queues; i++)
        for (unsigned int j = 0; j < QUEUE_ENTRIES; j++)
            if (n->queues[i].requests[j].state > NOTE_ANSWERED ||
                n->queues[i].requests[j].asked.nr_segments > BLOCK_SEGMENTS)
                return false;
    return true;
}

int note_open(int dir, uint32_t domid, uint32_t devid, unsigned int nr_queues, struct note **out)
{
    struct stat st;
    char name[NAME];
    int fd, ret;

    file_name(name, domid, devid);
    fd = openat(dir, name, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ret = fstat(fd, &st) < 0 || st.st_size != sizeof(struct note) ? -EPROTO : map(fd, out);
    close(fd);
    if (ret)
        return ret;
    if (is_whole(*out, nr_queues))
        return 0;
    note_close(*out);
    return -EPROTO;
}

void note_close(struct note *n)
{
    if (n)
        munmap(n, sizeof(*n));
}

void note_remove(int dir, uint32_t domid, uint32_t devid)
{
    char name[NAME];

    file_name(name, domid, devid);
    unlinkat(dir, name, 0);
}
