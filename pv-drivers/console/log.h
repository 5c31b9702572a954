/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log of one guest's console: <dir>/<name>.log, and when that is full <name>.log.1 to .4, 1 being
 * the newest. Together they are never larger than five times the limit.
 */
#ifndef CONSOLE_LOG_H
#define CONSOLE_LOG_H

#include <stddef.h>
#include <stdint.h>

#define LOG_NAME_MAX 64
#define LOG_OLD      4

struct console_log {
    int dir;                    /* directory, not owned */
    int fd;                     /* -1: not open */
    char file[LOG_NAME_MAX + 8];
    uint64_t size, limit;
    uint64_t lost;              /* bytes that could not be written since the last that could */
    uint64_t lost_ever;         /* the same since it was opened */
};

/* `name` is the guest's; what does not belong into a file name is replaced. 0 or -errno. */
int console_log_open(struct console_log *l, int dir, const char *name, uint64_t limit);
void console_log_close(struct console_log *l);

/*
 * Appends everything before it returns. If the disk is full the loss is counted, and noted in the
 * log once there is room again. Returns 0, or -errno for the first failure of a row of them.
 */
int console_log_write(struct console_log *l, const char *buf, size_t len);

/* Makes a file name's stem of a guest's name; out has LOG_NAME_MAX + 1 bytes. */
void console_log_stem(char *out, const char *name);

#endif
