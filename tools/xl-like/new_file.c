/* SPDX-License-Identifier: GPL-2.0-only */
#include "new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int new_file_open(struct new_file *f, const char *path)
{
    f->path = path;
    if (asprintf(&f->partial, "%s.partial-XXXXXX", path) < 0)
        return -ENOMEM;
    f->fd = mkostemp(f->partial, O_CLOEXEC);
    if (f->fd < 0) {
        int err = errno;

        free(f->partial);
        return -err;
    }
    return 0;
}

static void close_file(struct new_file *f)
{
    close(f->fd);
    free(f->partial);
}

int new_file_keep(struct new_file *f)
{
    int ret = fsync(f->fd) < 0 || rename(f->partial, f->path) < 0 ? -errno : 0;

    if (ret)
        unlink(f->partial);
    close_file(f);
    return ret;
}

void new_file_drop(struct new_file *f)
{
    unlink(f->partial);
    close_file(f);
}
