/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device model says, which may be as much as its guest likes: it writes into a pipe, which
 * xl-like, and later the guest's monitor, empties into a log of bounded size.
 */
#include "device_model.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOG_BYTES (256 << 10) /* of one life */

static struct {
    int from, to;   /* pipe and log; -1: none */
    size_t written; /* to the log */
    char last[256]; /* its last line, or what there is of it */
    size_t len;
} said = { .from = -1, .to = -1 };

int device_model_messages(void) { return said.from; }

void device_model_leave_messages(void)
{
    if (said.from >= 0)
        close(said.from);
    if (said.to >= 0)
        close(said.to);
    said.from = said.to = -1;
}

static void remember(const char *text, size_t n)
{
    for (; n > 0; n--, text++) {
        if (*text == '\n' || *text == '\r')
            said.len = 0;
        else if (said.len < sizeof(said.last) - 1) {
            said.last[said.len++] = *text >= ' ' && *text <= '~' ? *text : '?';
            said.last[said.len] = '\0';
        }
    }
}

static void keep(const char *text, size_t n)
{
    static const char full[] = "\n(more is not kept)\n";

    if (said.to < 0 || said.written >= LOG_BYTES)
        return;
    said.written += n;
    if (write(said.to, text, n) < 0 ||
        (said.written >= LOG_BYTES && write(said.to, full, sizeof(full) - 1) < 0))
        said.written = LOG_BYTES; /* the disk is full: that is no reason to fail */
}

bool device_model_take_messages(void)
{
    char text[4096];
    ssize_t n = said.from >= 0 ? read(said.from, text, sizeof(text)) : 0;

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0) {
        device_model_leave_messages();
        return false;
    }
    remember(text, n);
    keep(text, n);
    return true;
}

const char *device_model_last_message(void) { return said.last; }

int device_model_open_messages(const char *log)
{
    int ends[2];

    device_model_leave_messages();
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    said.from = ends[0];
    said.to = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
    said.written = said.len = 0;
    said.last[0] = '\0';
    return ends[1];
}
