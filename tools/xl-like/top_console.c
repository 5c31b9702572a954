/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a guest's console, from its log.
 */
#include "top_detail.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONSOLE_LOGS "/var/log/xen-like/console"
#define CONSOLE_TAIL 4096 /* bytes of the log that are looked at */

/* Leaves out what a terminal would take for a command: ESC [ ... letter, ESC and a letter. */
static void plain_text(char *text)
{
    char *out = text;

    while (*text) {
        if (*text == '\x1b' && text[1] == '[') {
            text += 2;
            text += strspn(text, "0123456789;?");
        } else if (*text == '\x1b' && text[1]) {
            text++;
        } else if (*text != '\r' && *text != '\x1b') {
            *out++ = *text;
        }
        if (*text)
            text++;
    }
    *out = '\0';
}

void console_last_lines(char *text, char lines[CONSOLE_LINES][CONSOLE_COLS])
{
    char *rest = NULL;

    memset(lines, 0, CONSOLE_LINES * CONSOLE_COLS);
    plain_text(text);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        memmove(lines[0], lines[1], (CONSOLE_LINES - 1) * CONSOLE_COLS);
        snprintf(lines[CONSOLE_LINES - 1], CONSOLE_COLS, "%s", line);
    }
}

void console_take(const char *name, char lines[CONSOLE_LINES][CONSOLE_COLS])
{
    char path[128], text[CONSOLE_TAIL + 1];
    struct stat st;
    ssize_t n = -1;
    int fd;

    memset(lines, 0, CONSOLE_LINES * CONSOLE_COLS);
    if (strchr(name, '/'))
        return;
    snprintf(path, sizeof(path), CONSOLE_LOGS "/%s.log", name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        n = pread(fd, text, CONSOLE_TAIL, st.st_size > CONSOLE_TAIL ? st.st_size - CONSOLE_TAIL : 0);
    close(fd);
    if (n < 0)
        return;
    for (ssize_t i = 0; i < n; i++)
        if (!text[i])
            text[i] = ' ';
    text[n] = '\0';
    console_last_lines(text, lines);
}
