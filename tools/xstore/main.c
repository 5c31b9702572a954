/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xstored: the store's daemon. One thread, one loop: sockets, rings, signals.
 */
#include "connection.h"
#include "domain.h"
#include "journal.h"
#include "notify.h"
#include "ops.h"
#include "quota.h"
#include "records.h"
#include "throttle.h"
#include "upgrade.h"
#include "xstore.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL        "/run/xenstored/journal"
#define MAX_SOCKETS    1024
#define EVENTS_AT_ONCE 64
#define THROTTLE_TURN  5 /* milliseconds until those who wait are looked at */

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

static const struct transport socket_transport = { .read = socket_read, .write = socket_write };

static int make_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = strndup(path, slash ? slash - path : 0);
    int ret = !dir ? -ENOMEM : *dir && mkdir(dir, 0755) < 0 && errno != EEXIST ? -errno : 0;

    free(dir);
    return ret;
}

/* The socket takes its place when it can be connected to: clients find an old one or this. */
static int listen_at(const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    int fd;

    if (strlen(path) + sizeof(".new") > sizeof(sa.sun_path))
        return -ENAMETOOLONG;
    strcat(strcpy(sa.sun_path, path), ".new");
    fd = make_directory_of(path);
    if (fd < 0)
        return fd;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    unlink(sa.sun_path);
    umask(0177); /* only the superuser may speak for Dom0 */
    if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 64) < 0 ||
        rename(sa.sun_path, path) < 0) {
        int err = errno;

        close(fd);
        return -err;
    }
    return fd;
}

/* --- the loop -------------------------------------------------------------------------------- */

static struct {
    int epoll, listener;
    unsigned sockets;
} poller;

/* What is waited for tells its kind by an address: of this, of the listener, or of a connection. */
static char domains_source;

static int wait_for(int op, int fd, uint32_t events, void *source)
{
    struct epoll_event e = { .events = events, .data.ptr = source };

    return epoll_ctl(poller.epoll, op, fd, &e) < 0 ? -errno : 0;
}

/* No new clients while there are too many. */
static void listen_if_room(void)
{
    wait_for(EPOLL_CTL_MOD, poller.listener, poller.sockets < MAX_SOCKETS ? EPOLLIN : 0,
             &poller.listener);
}

static void accept_client(void)
{
    int fd = accept4(poller.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct domain *dom0 = domain_get(0);
    struct connection *c = fd >= 0 && dom0 ? connection_new(&socket_transport, dom0) : NULL;

    if (c && wait_for(EPOLL_CTL_ADD, fd, EPOLLIN, c) == 0) {
        c->fd = fd;
        if (++poller.sockets == MAX_SOCKETS)
            listen_if_room();
        return;
    }
    if (c)
        connection_free(c);
    if (fd >= 0)
        close(fd);
}

static void end_connection(struct connection *c)
{
    if (c->fd < 0) {
        domain_cut_off(c->domain);
        return;
    }
    close(c->fd);
    connection_free(c);
    if (poller.sockets-- == MAX_SOCKETS)
        listen_if_room();
}

/* A socket that takes no more is waited for; a guest notifies when it has taken from its ring. */
static void wait_for_output(struct connection *c)
{
    bool wanted = connection_wants_write(c);

    if (c->fd < 0 || wanted == c->polled_for_out)
        return;
    if (wait_for(EPOLL_CTL_MOD, c->fd, EPOLLIN | (wanted ? EPOLLOUT : 0), c) == 0)
        c->polled_for_out = wanted;
}

static void serve_socket(struct connection *c)
{
    connection_serve(c);
    wait_for_output(c);
}

/* One turn of those that need looking after now; what they do to others waits for the next. */
static void look_after_busy(void)
{
    struct connection *c;

    for (unsigned n = connections_busy(); n && (c = connection_take_busy()); n--) {
        if (connection_has_input(c))
            connection_serve(c);
        else
            connection_flush(c);
        if (c->closing)
            end_connection(c);
        else
            wait_for_output(c);
    }
}

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* The service manager hears that the loop turns, as often as it wants to. */
static void tell_alive(int manager, uint64_t now)
{
    static uint64_t told;
    uint64_t period = notify_period() * 1000000ull;

    if (manager < 0 || !period || now - told < period)
        return;
    told = now;
    notify_send(manager, "WATCHDOG=1");
}

static int patience(int manager)
{
    if (connections_busy())
        return 0;
    if (throttle_waits())
        return THROTTLE_TURN;
    return manager >= 0 && notify_period() ? (int)notify_period() : -1;
}

static void loop(int manager)
{
    struct epoll_event ready[EVENTS_AT_ONCE];

    while (!stop) {
        int n = epoll_wait(poller.epoll, ready, EVENTS_AT_ONCE, patience(manager));
        uint64_t now = nanoseconds(CLOCK_MONOTONIC);

        throttle_tick(now);
        tell_alive(manager, now);
        if (n < 0 && errno != EINTR) {
            perror("xstored: epoll_wait");
            return;
        }
        /* no connection ends before all were served: the sources stay what they are */
        for (int i = 0; i < n; i++) {
            if (ready[i].data.ptr == &poller.listener)
                accept_client();
            else if (ready[i].data.ptr == &domains_source)
                domains_events();
            else
                serve_socket(ready[i].data.ptr);
        }
        throttle_release();
        look_after_busy();
        journal_tidy();
        upgrade_now();
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
    "  -j, --journal PATH    keep the state there, for the next xstored of this boot (default\n"
    "                        " JOURNAL ")\n"
    "  -p, --pid-file PATH   write the process number there\n"
    "  -q, --quota NAME=N    limit for each guest: nodes, node-size, perms, watches, "
    "transactions,\n"
    "                        outstanding, output-bytes, bytes, rate\n"
    "      --can-read FORMAT  exit with 0 if this xstored can read a journal of this format\n"
    "  -h, --help            print this\n"
    "\n"
    "Exit status: 0 stopped by a signal; 1 could not start; 2 wrong usage.\n";

struct settings {
    const char *socket, *journal, *pid_file;
    bool foreground, sockets_only;
};

static int parse_args(int argc, char **argv, struct settings *s)
{
    static const struct option longs[] = {
        { "foreground", no_argument, NULL, 'F' },
        { "sockets-only", no_argument, NULL, 'S' },
        { "socket", required_argument, NULL, 's' },
        { "journal", required_argument, NULL, 'j' },
        { "pid-file", required_argument, NULL, 'p' },
        { "quota", required_argument, NULL, 'q' },
        { "can-read", required_argument, NULL, 'r' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "FSs:j:p:q:h", longs, NULL)) != -1) {
        switch (c) {
        case 'F': s->foreground = true; break;
        case 'S': s->sockets_only = true; break;
        case 's': s->socket = optarg; break;
        case 'j': s->journal = optarg; break;
        case 'p': s->pid_file = optarg; break;
        case 'q':
            if (!quota_parse(optarg)) {
                fprintf(stderr, "xstored: --quota %s: no such limit, or not a number\n", optarg);
                return 2;
            }
            break;
        case 'r': exit(atoi(optarg) == JOURNAL_FORMAT ? 0 : 1);
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
    domains_resume();
    ret = domain_connect_kernel();
    if (ret < 0) {
        fprintf(stderr,
                "xstored: no connection to the kernel: %s (is xenfs mounted on /proc/xen?)\n",
                strerror(-ret));
        return false;
    }
    return true;
}

static int start_poller(const char *socket_path)
{
    int ret = listen_at(socket_path);

    if (ret < 0) {
        fprintf(stderr, "xstored: cannot listen at %s: %s\n", socket_path, strerror(-ret));
        return ret;
    }
    poller.listener = ret;
    poller.epoll = epoll_create1(EPOLL_CLOEXEC);
    ret = poller.epoll < 0 ? -errno
                           : wait_for(EPOLL_CTL_ADD, poller.listener, EPOLLIN, &poller.listener);
    if (ret == 0 && domains_fd() >= 0)
        ret = wait_for(EPOLL_CTL_ADD, domains_fd(), EPOLLIN, &domains_source);
    if (ret < 0)
        fprintf(stderr, "xstored: cannot wait for events: %s\n", strerror(-ret));
    return ret;
}

static int open_journal(const char *path)
{
    uint64_t lost;
    int ret = make_directory_of(path);

    if (ret == 0)
        ret = journal_open(path, &records, &lost);
    if (ret == -EBUSY)
        fprintf(stderr, "xstored: %s is in use: another xstored is running\n", path);
    else if (ret == -EPROTO)
        fprintf(stderr, "xstored: %s is of another version of xstored\n", path);
    else if (ret < 0)
        fprintf(stderr, "xstored: cannot open %s: %s\n", path, strerror(-ret));
    else if (lost > 0)
        fprintf(stderr, "xstored: %s is damaged: its last %llu bytes are lost\n", path,
                (unsigned long long)lost);
    return ret;
}

static int start(const struct settings *s)
{
    int ret = table_init(&tree);

    /* a nanosecond is less than a change takes */
    generations_begin(nanoseconds(CLOCK_BOOTTIME));
    if (ret == 0)
        ret = open_journal(s->journal);
    if (ret < 0)
        return ret;
    if (records_link_nodes() < 0 || tree_first_nodes() < 0 || !domain_get(0)) {
        fputs("xstored: out of memory\n", stderr);
        return -ENOMEM;
    }
    if (!s->sockets_only && !connect_domains())
        return -ENODEV;
    journal_commit();
    ret = start_poller(s->socket);
    if (ret < 0)
        return ret;
    return write_pid(s->pid_file) ? 0 : -EIO;
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
    struct settings s = { .socket = XSTORE_SOCKET, .journal = JOURNAL };
    struct sigaction sa = { .sa_handler = on_signal };
    int ret = parse_args(argc, argv, &s), ready = -1, manager;

    if (ret != 0)
        return ret;
    upgrade_begin(argc, argv);
    if (!s.foreground)
        ready = become_daemon();
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    if (start(&s) < 0)
        return 1;
    if (ready >= 0 && (write(ready, "1", 1) != 1 || close(ready) < 0))
        return 1;
    ret = notify_open(&manager);
    if (ret < 0)
        fprintf(stderr, "xstored: the service manager does not listen: %s\n", strerror(-ret));
    notify_send(manager, "READY=1");
    loop(manager);
    unlink(s.socket);
    return 0;
}
