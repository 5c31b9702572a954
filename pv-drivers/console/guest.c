/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Consoles of guests. Output goes ring -> log -> scrollback, and is taken from the ring only then,
 * so that a daemon that is killed in between loses nothing. Viewers never hold a guest up. Input is
 * held back at its source when the guest does not take it.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

const char *const console_calls[CONSOLE_CALLS] = {
    "bind", "listen", "accept4", /* the socket */
    "readlink",                  /* the terminal's name */
    "renameat",                  /* rotation */
};

struct guest *guests_connected;

#define GUEST_OF(ptr, member) ((struct guest *)((char *)(ptr) - offsetof(struct guest, member)))

void guest_say(const struct guest *g, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fprintf(stderr, "consoled: domain %u: ", g->domid);
    if (g->number)
        fprintf(stderr, "console %u: ", g->number);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

/* ---- viewers ---- */

static void viewer_free(struct viewer *v)
{
    struct guest *g = v->guest;
    struct viewer **p = &g->viewers;

    while (*p != v)
        p = &(*p)->next;
    *p = v->next;
    g->nr_viewers--;
    loop_remove(g->env->loop, &v->source);
    close(v->source.fd);
    free(v);
}

static uint32_t input_events(const struct guest *g)
{
    return g->input_len < INPUT_SIZE ? EPOLLIN : 0;
}

static void viewer_ready(struct loop_source *s, uint32_t events);

/* Sends what there is. One that has hung up is sent nothing, but what it typed is still taken. */
static void viewer_update(struct viewer *v)
{
    struct guest *g = v->guest;
    int ret = v->deaf ? 1 : viewer_send(v, &g->scrollback);

    if (ret < 0 && v != &g->pty)
        v->deaf = true;
    if (v->parked && g->input_len < INPUT_SIZE)
        v->parked = loop_add(g->env->loop, &v->source, v->source.fd, EPOLLIN, viewer_ready) != 0;
    if (v->parked)
        return;
    loop_wait_for(g->env->loop, &v->source, input_events(g) | (ret == 0 ? EPOLLOUT : 0));
}

static void update_all(struct guest *g)
{
    viewer_update(&g->pty);
    for (struct viewer *v = g->viewers; v; v = v->next)
        viewer_update(v);
}

static void record(struct guest *g, const char *buf, size_t len)
{
    int ret = console_log_write(&g->log, buf, len);

    if (ret)
        guest_say(g, "cannot write its log: %s", strerror(-ret));
    scrollback_add(&g->scrollback, buf, len);
}

static void let_go(struct guest *g)
{
    event_unbind(&g->port);
    ctrl_gnttab_unmap(g->env->gnttab, g->ring.page, 1);
}

/* It is not listened to any more; what it has said before stays, for those who look. */
static void break_off(struct guest *g, const char *why)
{
    char text[100];

    guest_say(g, "disconnected: %s", why);
    record(g, text, snprintf(text, sizeof(text), "\r\n[consoled: disconnected: %s]\r\n", why));
    g->broken = true;
    let_go(g);
    update_all(g);
    if (g->disconnected)
        g->disconnected(g, why);
}

static void flush_input(struct guest *g)
{
    ssize_t n = g->broken ? 0 : console_ring_write(&g->ring, g->input, g->input_len);

    if (n < 0)
        break_off(g, "the index of its input is impossible");
    if (n <= 0)
        return;
    g->given += n;
    memmove(g->input, g->input + n, g->input_len - n);
    g->input_len -= n;
    event_notify(&g->port);
}

/* False if the viewer is gone. */
static bool take_input(struct viewer *v)
{
    struct guest *g = v->guest;
    ssize_t n;

    if (g->input_len == INPUT_SIZE)
        return true;
    n = read(v->source.fd, g->input + g->input_len, INPUT_SIZE - g->input_len);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    g->input_len += n;
    flush_input(g);
    return true;
}

static void viewer_ready(struct loop_source *s, uint32_t events)
{
    struct viewer *v = (struct viewer *)s;
    struct guest *g = v->guest;
    bool was_full = g->input_len == INPUT_SIZE;
    bool gone = false;

    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        gone = !take_input(v);
    if (gone && v != &g->pty) {
        viewer_free(v);
        return;
    }
    /* A hang-up would be reported without end until what was typed before has found room. */
    if (was_full && events & (EPOLLERR | EPOLLHUP) && v != &g->pty) {
        loop_remove(g->env->loop, &v->source);
        v->parked = true;
        return;
    }
    if (was_full != (g->input_len == INPUT_SIZE))
        update_all(g);
    else
        viewer_update(v);
}

static void accept_viewer(struct loop_source *s, uint32_t events)
{
    struct guest *g = GUEST_OF(s, listener);
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct viewer *v;

    (void)events;
    if (fd < 0)
        return;
    v = g->nr_viewers < MAX_VIEWERS ? calloc(1, sizeof(*v)) : NULL;
    if (!v || loop_add(g->env->loop, &v->source, fd, input_events(g), viewer_ready)) {
        free(v);
        close(fd);
        return;
    }
    v->guest = g;
    v->slave = -1;
    v->at = scrollback_start(&g->scrollback);
    v->next = g->viewers;
    g->viewers = v;
    g->nr_viewers++;
    viewer_update(v);
}

/* ---- the guest's side ---- */

static void take_output(struct guest *g)
{
    char buf[CONSOLE_OUT_SIZE];
    ssize_t n = g->broken ? 0 : console_ring_peek(&g->ring, buf);

    if (n < 0)
        break_off(g, "the index of its output is impossible");
    if (n <= 0)
        return;
    record(g, buf, n);
    g->taken += n;
    console_ring_consume(&g->ring, n);
    event_notify(&g->port);
    update_all(g);
}

static void serve(struct guest *g)
{
    bool was_full = g->input_len == INPUT_SIZE;

    if (g->input_len)
        flush_input(g);
    take_output(g);
    if (was_full && g->input_len < INPUT_SIZE)
        update_all(g);
}

bool guest_event(struct event_port *p)
{
    serve(GUEST_OF(p, port));
    return false;
}

/* ---- connecting ---- */

static int open_pty(struct guest *g)
{
    struct termios raw;
    int master, slave, ret;

    if (openpty(&master, &slave, NULL, NULL, NULL) < 0)
        return -errno;
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    fcntl(master, F_SETFL, O_NONBLOCK);
    if (tcgetattr(slave, &raw) == 0) {
        cfmakeraw(&raw);
        tcsetattr(slave, TCSANOW, &raw);
    }
    g->pty = (struct viewer){ .guest = g, .slave = slave };
    ret = loop_add(g->env->loop, &g->pty.source, master, EPOLLIN, viewer_ready);
    if (ret) {
        close(master);
        close(slave);
    }
    return ret;
}

static void close_pty(struct guest *g)
{
    loop_remove(g->env->loop, &g->pty.source);
    close(g->pty.source.fd);
    close(g->pty.slave);
}

static struct sockaddr_un address_of(const struct console_env *env, const char *name)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", env->run_path, name);
    return a;
}

int guest_listen(const struct console_env *env, const char *name)
{
    struct sockaddr_un a = address_of(env, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    unlink(a.sun_path);
    if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0) {
        int err = errno;

        close(fd);
        return -err;
    }
    return fd;
}

static void socket_name(const struct guest *g, char name[24])
{
    snprintf(name, 24, g->number ? "%u-%u" : "%u", g->domid, g->number);
}

static int open_socket(struct guest *g)
{
    char name[24];
    int fd, ret;

    socket_name(g, name);
    fd = guest_listen(g->env, name);
    if (fd < 0)
        return fd;
    ret = loop_add(g->env->loop, &g->listener, fd, EPOLLIN, accept_viewer);
    if (ret)
        close(fd);
    return ret;
}

static void close_socket(struct guest *g)
{
    struct sockaddr_un a;
    char name[24];

    loop_remove(g->env->loop, &g->listener);
    close(g->listener.fd);
    socket_name(g, name);
    a = address_of(g->env, name);
    unlink(a.sun_path);
}

static int map_ring(struct guest *g, uint32_t ref)
{
    void *page;
    int ret = ctrl_gnttab_map(g->env->gnttab, g->domid, &ref, 1, PROT_READ | PROT_WRITE, &page);

    if (ret)
        return ret;
    console_ring_attach(&g->ring, page);
    return 0;
}

struct guest *guest_new(const struct console_env *env, uint32_t domid, uint32_t number)
{
    struct guest *g = calloc(1, sizeof(*g));

    if (g) {
        g->env = env;
        g->domid = domid;
        g->number = number;
    }
    return g;
}

static int connect_outside(struct guest *g, const char *name)
{
    int ret = console_log_open(&g->log, g->env->log_dir, name, g->env->log_limit);

    if (ret) /* goes on without: a guest needs its console more than its log */
        guest_say(g, "cannot open its log: %s", strerror(-ret));
    ret = open_pty(g);
    if (ret)
        goto close_log;
    ret = open_socket(g);
    if (ret)
        goto close_pty;
    return 0;

close_pty:
    close_pty(g);
close_log:
    console_log_close(&g->log);
    return ret;
}

int guest_connect(struct guest *g, const char *name, uint32_t ref, uint32_t remote_port)
{
    int ret = map_ring(g, ref);

    if (ret)
        return ret;
    ret = event_bind(g->env->events, &g->port, g->domid, remote_port, guest_event);
    if (ret)
        goto unmap;
    ret = connect_outside(g, name);
    if (ret)
        goto unbind;
    g->connected = true;
    g->next_connected = guests_connected;
    guests_connected = g;
    serve(g);
    return 0;

unbind:
    event_unbind(&g->port);
unmap:
    ctrl_gnttab_unmap(g->env->gnttab, g->ring.page, 1);
    return ret;
}

static void disconnect(struct guest *g)
{
    struct guest **p = &guests_connected;

    while (*p != g)
        p = &(*p)->next_connected;
    *p = g->next_connected;
    take_output(g);
    while (g->viewers)
        viewer_free(g->viewers);
    close_socket(g);
    close_pty(g);
    console_log_close(&g->log);
    if (!g->broken)
        let_go(g);
}

void guest_free(struct guest *g)
{
    if (g->connected)
        disconnect(g);
    free(g);
}

const char *guest_tty(const struct guest *g)
{
    return ttyname(g->pty.slave);
}
