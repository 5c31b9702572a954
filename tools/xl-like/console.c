/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console: the terminal on a guest's console. From consoled's socket, which sends the newest output
 * first and takes several viewers; with another console daemon, from the pseudo terminal that the
 * store names.
 */
#include "guest.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define CONSOLE_DIR "/run/xen-like/console"
#define ESCAPE      0x1d /* Ctrl-] */
/* The daemon needs a moment to find a new guest. */
#define OPEN_TRIES 100
#define TRY_MS     100

static struct termios saved;
static bool raw;

static void restore_terminal(void)
{
    if (raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    raw = false;
}

static void set_raw(void)
{
    struct termios t;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) < 0)
        return;
    t = saved;
    cfmakeraw(&t);
    raw = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
    atexit(restore_terminal);
}

static int open_socket(uint32_t domid, uint32_t number)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(sa.sun_path, sizeof(sa.sun_path), number ? CONSOLE_DIR "/%u-%u" : CONSOLE_DIR "/%u",
             domid, number);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Where the store has a console's nodes. */
static void node_of(char path[80], uint32_t domid, enum console_kind kind, uint32_t number,
                    const char *node)
{
    if (kind == CONSOLE_SERIAL)
        snprintf(path, 80, "/local/domain/%u/serial/%u/%s", domid, number, node);
    else if (number)
        snprintf(path, 80, "/local/domain/%u/device/console/%u/%s", domid, number, node);
    else
        snprintf(path, 80, "/local/domain/%u/console/%s", domid, node);
}

static int open_tty(uint32_t domid, enum console_kind kind, uint32_t number)
{
    char path[80], *tty;
    struct termios t;
    int fd;

    node_of(path, domid, kind, number, "tty");
    if (xstore_read(host_store(), XSTORE_NO_TXN, path, &tty, NULL) < 0)
        return -1;
    fd = *tty ? open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    free(tty);
    if (fd >= 0 && tcgetattr(fd, &t) == 0) {
        cfmakeraw(&t);
        tcsetattr(fd, TCSANOW, &t);
    }
    return fd;
}

static int open_console(uint32_t domid, enum console_kind kind, uint32_t number)
{
    struct ctrl_domain_info info;

    for (int i = 0; i < OPEN_TRIES; i++) {
        int fd = kind == CONSOLE_PV ? open_socket(domid, number) : -1;

        if (fd < 0)
            fd = open_tty(domid, kind, number);
        if (fd >= 0)
            return fd;
        if (ctrl_domain_info(host_ctrl(), domid, &info) < 0)
            break;
        poll(NULL, 0, TRY_MS);
    }
    return -1;
}

static bool write_all(int fd, const char *buf, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, buf, len);

        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            struct pollfd p = { .fd = fd, .events = POLLOUT };

            poll(&p, 1, -1);
            continue;
        }
        if (n <= 0)
            return false;
        buf += n;
        len -= n;
    }
    return true;
}

/* Keyboard to guest: false when the user leaves. */
static bool forward_input(int fd, struct pollfd *keyboard)
{
    char buf[512], *escape;
    ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

    if (n <= 0) { /* no more input, but output is still looked at */
        keyboard->fd = -1;
        return true;
    }
    escape = memchr(buf, ESCAPE, n);
    return write_all(fd, buf, escape ? escape - buf : n) && !escape;
}

static bool forward_output(int fd)
{
    char buf[4096];
    ssize_t n = read(fd, buf, sizeof(buf));

    return n > 0 && write_all(STDOUT_FILENO, buf, n);
}

/* Also ends when the domain is gone: a pseudo terminal alone may not tell. */
static void forward(int fd, uint32_t domid)
{
    struct pollfd p[3] = {
        { .fd = fd, .events = POLLIN },
        { .fd = STDIN_FILENO, .events = POLLIN },
        { .fd = xstore_fd(host_store()), .events = POLLIN },
    };
    struct ctrl_domain_info info;
    char *path, *token;

    for (;;) {
        if (poll(p, 3, -1) < 0 && errno != EINTR)
            return;
        if ((p[0].revents & (POLLIN | POLLHUP | POLLERR)) && !forward_output(fd))
            return;
        if ((p[1].revents & (POLLIN | POLLHUP)) && !forward_input(fd, &p[1]))
            return;
        if (!p[2].revents)
            continue;
        while (xstore_next_event(host_store(), false, &path, &token) == 0)
            free(path);
        if (ctrl_domain_info(host_ctrl(), domid, &info) < 0 || info.dying)
            return;
    }
}

static bool has_console(uint32_t domid, enum console_kind kind, uint32_t number)
{
    char path[80], *backend;

    node_of(path, domid, kind, number, kind == CONSOLE_SERIAL ? "tty" : "backend");
    if (xstore_read(host_store(), XSTORE_NO_TXN, path, &backend, NULL) < 0)
        return false;
    free(backend);
    return true;
}

/* The first console of each guest is there, or comes. */
static int check_console(uint32_t domid, enum console_kind kind, uint32_t number)
{
    if (kind == CONSOLE_PV && number == 0)
        return XL_OK;
    if (has_console(domid, kind, number))
        return XL_OK;
    if (kind == CONSOLE_PV) {
        report_error("domain %u has no console %u", domid, number);
        report_hint("`channel` in guest.cfg gives a guest further consoles");
    } else {
        report_error("domain %u has no serial port %u with a terminal's other end", domid, number);
        report_hint("serial=\"pty\" in guest.cfg gives one to a guest of type hvm");
    }
    return XL_FAILED;
}

int console_attach(uint32_t domid, enum console_kind kind, uint32_t number)
{
    int fd;

    if (!host_ctrl() || !host_store())
        return XL_NO_HOST;
    if (check_console(domid, kind, number) != XL_OK)
        return XL_FAILED;
    fd = open_console(domid, kind, number);
    if (fd < 0) {
        report_error("domain %u has no console that can be opened", domid);
        report_hint("is consoled running? (`pidof consoled`)");
        return XL_FAILED;
    }
    if (xstore_watch(host_store(), "@releaseDomain", "console") < 0) {
        report_error("console: the store refuses a watch");
        close(fd);
        return XL_FAILED;
    }
    if (isatty(STDIN_FILENO))
        fprintf(stderr, "Console of domain %u; Ctrl-] leaves it.\n", domid);
    signal(SIGPIPE, SIG_IGN);
    set_raw();
    forward(fd, domid);
    restore_terminal();
    close(fd);
    return XL_OK;
}

static bool parse_number(const char *text, uint32_t *number)
{
    char *end;

    *number = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *number < 1000;
}

int verb_console(int argc, char **argv)
{
    const char *type = "pv";
    uint32_t number = 0;
    unsigned domid;
    int c, ret;

    while ((c = getopt(argc, argv, "t:n:")) != -1) {
        if (c == 't')
            type = optarg;
        if (c == '?' || (c == 'n' && !parse_number(optarg, &number)))
            return usage_error("console");
    }
    if (strcmp(type, "pv") != 0 && strcmp(type, "serial") != 0)
        return usage_error("console");
    argv[optind - 1] = argv[0];
    ret = one_domain(argc - optind + 1, argv + optind - 1, &domid);
    if (ret != XL_OK)
        return ret;
    if (domid == 0) {
        report_error("console: Domain-0's console is the machine's own");
        return XL_FAILED;
    }
    return console_attach(domid, strcmp(type, "serial") == 0 ? CONSOLE_SERIAL : CONSOLE_PV,
                          number);
}
