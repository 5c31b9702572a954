/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logs with rotation by size.
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void console_log_stem(char *out, const char *name)
{
    size_t i;

    for (i = 0; i < LOG_NAME_MAX && name[i]; i++) {
        unsigned char c = name[i];

        out[i] = c <= ' ' || c == '/' || c == 0x7f || (c == '.' && i == 0) ? '_' : c;
    }
    if (i == 0)
        out[i++] = '_';
    out[i] = 0;
}

static int open_file(struct console_log *l)
{
    struct stat st;

    l->fd = openat(l->dir, l->file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (l->fd < 0)
        return -errno;
    l->size = fstat(l->fd, &st) == 0 ? st.st_size : 0;
    return 0;
}

int console_log_open(struct console_log *l, int dir, const char *name, uint64_t limit)
{
    char stem[LOG_NAME_MAX + 1];

    *l = (struct console_log){ .dir = dir, .fd = -1, .limit = limit };
    console_log_stem(stem, name);
    snprintf(l->file, sizeof(l->file), "%s.log", stem);
    return open_file(l);
}

void console_log_close(struct console_log *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

static void rotate(struct console_log *l)
{
    char from[sizeof(l->file) + 12], to[sizeof(l->file) + 12];

    for (int i = LOG_OLD; i > 1; i--) {
        snprintf(from, sizeof(from), "%s.%d", l->file, i - 1);
        snprintf(to, sizeof(to), "%s.%d", l->file, i);
        renameat(l->dir, from, l->dir, to);
    }
    snprintf(to, sizeof(to), "%s.1", l->file);
    if (renameat(l->dir, l->file, l->dir, to) < 0)
        return;
    close(l->fd);
    open_file(l);
}

static void lose(struct console_log *l, size_t len)
{
    l->lost += len;
    l->lost_ever += len;
}

static int write_all(struct console_log *l, const char *buf, size_t len)
{
    while (len) {
        ssize_t n = write(l->fd, buf, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            lose(l, len);
            return -errno;
        }
        buf += n;
        len -= n;
        l->size += n;
    }
    return 0;
}

static int note_loss(struct console_log *l)
{
    char text[80];
    uint64_t lost = l->lost, ever = l->lost_ever;
    int ret, n = snprintf(text, sizeof(text), "\n[consoled: %llu bytes could not be written]\n",
                          (unsigned long long)lost);

    ret = write_all(l, text, n);
    l->lost = ret ? lost : 0;
    l->lost_ever = ever;
    return ret;
}

int console_log_write(struct console_log *l, const char *buf, size_t len)
{
    bool failing = l->lost > 0;
    int ret = 0;

    if (l->fd < 0)
        ret = open_file(l);
    if (!ret && failing)
        ret = note_loss(l);
    if (ret) {
        lose(l, len);
        return failing ? 0 : ret;
    }
    ret = write_all(l, buf, len);
    if (!ret && l->size >= l->limit)
        rotate(l);
    return ret;
}
