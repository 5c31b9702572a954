/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that are being given to guests: a locked file for each, in a directory of root's.
 */
#include "name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LEN 160

static void lock_path(char path[PATH_LEN], const char *dir, const char *name)
{
    snprintf(path, PATH_LEN, "%s/%s.lock", dir, name);
}

/* Locked, and still the file that others would open: whoever had it last has removed its own. */
static int lock(int fd)
{
    struct stat st;

    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    return st.st_nlink ? 0 : -EAGAIN;
}

int name_take(const char *dir, const char *name)
{
    char path[PATH_LEN];
    int fd, ret;

    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return -errno;
    lock_path(path, dir, name);
    do {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return -errno;
        ret = lock(fd);
        if (ret < 0)
            close(fd);
    } while (ret == -EAGAIN);
    return ret < 0 ? ret : fd;
}

void name_release(const char *dir, const char *name, int fd)
{
    char path[PATH_LEN];

    lock_path(path, dir, name);
    unlink(path); /* before the lock ends: nobody removes the file of the next one */
    close(fd);
}

const char *name_error(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    size_t length = strlen(name);

    if (length == 0 || length > 63)
        return "it must have 1 to 63 characters";
    if (strspn(name, letters) != length)
        return "letters, digits and . _ + - are allowed";
    if (strspn(name, "0123456789") == length)
        return "a number would be taken for a domain's id";
    return NULL;
}
