/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xstored: the store's daemon. One thread, one loop: sockets, rings, signals.
 */
#include "connection.h"
#include "domain.h"
#include "ops.h"
#include "quota.h"
#include "xstore.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_SOCKETS 1024

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

/* --- sockets --------------------------------------------------------------------------------- */

static long moved(ssize_t n)
{
    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return n == 0 ? -ECONNRESET : -errno;
}

static long socket_read(struct connection *c, void *buf, size_t len)
{
    return moved(read(c->fd, buf, len));
}

static long socket_write(struct connection *c, const void *buf, size_t len)
{
    return moved(send(c->fd, buf, len, MSG_NOSIGNAL));
}

static const struct transport socket_transport = { socket_read, socket_write };

static int listen_at(const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    char dir[sizeof(sa.sun_path)];
    int fd;

    if (strlen(path) >= sizeof(sa.sun_path))
        return -ENAMETOOLONG;
    strcpy(sa.sun_path, path);
    strcpy(dir, path);
    if (strrchr(dir, '/') && strrchr(dir, '/') != dir) {
        *strrchr(dir, '/') = '\0';
        if (mkdir(dir, 0755) < 0 && errno != EEXIST)
            return -errno;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    unlink(path);
    umask(0177); /* only the superuser may speak for Dom0 */
    if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 64) < 0) {
        int err = errno;

        close(fd);
        return -err;
    }
    return fd;
}

static void accept_client(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct domain *dom0 = domain_get(0);
    struct connection *c = fd >= 0 && dom0 ? connection_new(&socket_transport, dom0) : NULL;

    if (c)
        c->fd = fd;
    else if (fd >= 0)
        close(fd);
}

/* --- the loop -------------------------------------------------------------------------------- */

static void reap_sockets(void)
{
    for (struct connection *c = connections, *next; c; c = next) {
        next = c->next;
        if (c->fd >= 0 && c->closing) {
            close(c->fd);
            connection_free(c);
        }
    }
}

/* Poll set: listener, event channels, then the sockets in `owner`. */
static size_t fill_poll(struct pollfd *p, struct connection **owner, int listener)
{
    size_t n = 2;

    p[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
    p[1] = (struct pollfd){ .fd = domains_fd(), .events = POLLIN };
    for (struct connection *c = connections; c && n < MAX_SOCKETS; c = c->next) {
        if (c->fd < 0)
            continue;
        owner[n] = c;
        p[n++] = (struct pollfd){
            .fd = c->fd,
            .events = POLLIN | (connection_wants_write(c) ? POLLOUT : 0),
        };
    }
    if (n == MAX_SOCKETS)
        p[0].fd = -1; /* full: no new clients for now */
    return n;
}

/* Serve what was left over in the last round; true if there still is some. */
static bool serve_left_over(void)
{
    bool more = false;

    for (struct connection *c = connections; c; c = c->next) {
        if (connection_has_input(c))
            connection_serve(c);
        more |= c->closing || connection_has_input(c);
    }
    return more;
}

static void loop(int listener)
{
    struct connection *owner[MAX_SOCKETS];
    struct pollfd p[MAX_SOCKETS];

    while (!stop) {
        bool more = serve_left_over();
        size_t n = fill_poll(p, owner, listener);

        if (poll(p, n, more ? 0 : -1) < 0) {
            if (errno == EINTR)
                continue;
            perror("xstored: poll");
            return;
        }
        if (p[1].revents)
            domains_events();
        for (size_t i = 2; i < n; i++)
            if (p[i].revents)
                connection_serve(owner[i]);
        /* requests of one client queue events for others */
        for (struct connection *c = connections; c; c = c->next)
            if (connection_wants_write(c))
                connection_flush(c);
        domains_reap();
        reap_sockets();
        if (p[0].revents & POLLIN)
            accept_client(listener);
    }
}

/* --- starting -------------------------------------------------------------------------------- */

static const char usage[] =
    "Usage: xstored [options]\n"
    "The store's daemon: a tree of small values shared by the domains, the tools and the kernel.\n"
    "\n"
    "  -F, --foreground      do not become a daemon\n"
    "  -S, --sockets-only    serve sockets only: no domains (for tests, and without a hypervisor)\n"
    "  -s, --socket PATH     listen there (default " XSTORE_SOCKET ")\n"
    "  -p, --pid-file PATH   write the process number there\n"
    "  -q, --quota NAME=N    limit for each guest: nodes, node-size, perms, watches, "
    "transactions,\n"
    "                        output-bytes\n"
    "  -h, --help            print this\n"
    "\n"
    "Exit status: 0 stopped by a signal; 1 could not start; 2 wrong usage.\n";

struct settings {
    const char *socket, *pid_file;
    bool foreground, sockets_only;
};

static int parse_args(int argc, char **argv, struct settings *s)
{
    static const struct option longs[] = {
        { "foreground", no_argument, NULL, 'F' },
        { "sockets-only", no_argument, NULL, 'S' },
        { "socket", required_argument, NULL, 's' },
        { "pid-file", required_argument, NULL, 'p' },
        { "quota", required_argument, NULL, 'q' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "FSs:p:q:h", longs, NULL)) != -1) {
        switch (c) {
        case 'F': s->foreground = true; break;
        case 'S': s->sockets_only = true; break;
        case 's': s->socket = optarg; break;
        case 'p': s->pid_file = optarg; break;
        case 'q':
            if (!quota_parse(optarg)) {
                fprintf(stderr, "xstored: --quota %s: no such limit, or not a number\n", optarg);
                return 2;
            }
            break;
        case 'h': fputs(usage, stdout); exit(0);
        default: fputs("Try 'xstored --help'.\n", stderr); return 2;
        }
    }
    if (optind == argc)
        return 0;
    fprintf(stderr, "xstored: '%s': no arguments are taken. Try 'xstored --help'.\n", argv[optind]);
    return 2;
}

static bool write_pid(const char *path)
{
    FILE *f = path ? fopen(path, "we") : NULL;

    if (!path)
        return true;
    if (!f) {
        fprintf(stderr, "xstored: %s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(f, "%d\n", getpid());
    return fclose(f) == 0;
}

static bool connect_domains(void)
{
    int ret = domains_open();

    if (ret < 0) {
        fprintf(stderr,
                "xstored: no access to the hypervisor: %s (is this Dom0, are xen-privcmd and "
                "xen-evtchn loaded?)\n",
                strerror(-ret));
        return false;
    }
    ret = domain_connect_kernel();
    if (ret < 0) {
        fprintf(stderr,
                "xstored: no connection to the kernel: %s (is xenfs mounted on /proc/xen?)\n",
                strerror(-ret));
        return false;
    }
    return true;
}

static int start(const struct settings *s)
{
    int listener;

    if (tree_first_nodes() < 0 || !domain_get(0)) {
        fputs("xstored: out of memory\n", stderr);
        return -ENOMEM;
    }
    if (!s->sockets_only && !connect_domains())
        return -ENODEV;
    listener = listen_at(s->socket);
    if (listener < 0) {
        fprintf(stderr, "xstored: cannot listen at %s: %s\n", s->socket, strerror(-listener));
        return listener;
    }
    return write_pid(s->pid_file) ? listener : -EIO;
}

/* Go on in a child; the parent waits until the child can be reached, and exits with its success.
 * Returns the child's end of the pipe. Before any device is opened: mappings of the grant device do
 * not survive a fork. */
static int become_daemon(void)
{
    int fds[2];
    char byte;
    pid_t pid;

    if (pipe(fds) < 0 || (pid = fork()) < 0) {
        perror("xstored: cannot become a daemon");
        exit(1);
    }
    if (pid > 0) {
        close(fds[1]);
        _exit(read(fds[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(fds[0]);
    setsid();
    return fds[1];
}

int main(int argc, char **argv)
{
    struct settings s = { .socket = XSTORE_SOCKET };
    struct sigaction sa = { .sa_handler = on_signal };
    int ret = parse_args(argc, argv, &s), ready = -1, listener;

    if (ret != 0)
        return ret;
    if (!s.foreground)
        ready = become_daemon();
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    listener = start(&s);
    if (listener < 0)
        return 1;
    if (ready >= 0 && (write(ready, "1", 1) != 1 || close(ready) < 0))
        return 1;
    loop(listener);
    unlink(s.socket);
    return 0;
}
