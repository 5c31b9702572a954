/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files for notes.
 */
#include "note_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME 32

static void file_name(char name[NAME], uint32_t domid, uint32_t devid)
{
    snprintf(name, NAME, "%u-%u.note", domid, devid);
}

static int map(int fd, size_t bytes, void **out)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (p == MAP_FAILED)
        return -errno;
    *out = p;
    return 0;
}

int note_file_create(int dir, uint32_t domid, uint32_t devid, size_t bytes, void **out)
{
    char name[NAME];
    int fd, ret;

    file_name(name, domid, devid);
    /* not the same file made shorter: tools may have it mapped */
    if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
        return -errno;
    fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    /* memory for all of it now: there must be no fault later */
    ret = -posix_fallocate(fd, 0, bytes);
    if (!ret)
        ret = map(fd, bytes, out);
    close(fd);
    return ret;
}

int note_file_open(int dir, uint32_t domid, uint32_t devid, size_t bytes, void **out)
{
    struct stat st;
    char name[NAME];
    int fd, ret;

    file_name(name, domid, devid);
    fd = openat(dir, name, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || (size_t)st.st_size != bytes)
        ret = -EPROTO;
    else
        ret = map(fd, bytes, out);
    close(fd);
    return ret;
}

void note_file_close(void *note, size_t bytes)
{
    if (note)
        munmap(note, bytes);
}

void note_file_remove(int dir, uint32_t domid, uint32_t devid)
{
    char name[NAME];

    file_name(name, domid, devid);
    unlinkat(dir, name, 0);
}
