/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a backend starts.
 */
#include "backend.h"
#include "calls.h"
#include "daemon.h"

#include <notify.h>

#include <stdio.h>
#include <stdlib.h>

void backend_options(struct backend *b, int argc, char **argv)
{
    const struct option longs[] = {
        { "foreground", no_argument, NULL, 'f' },    { "log-dir", required_argument, NULL, 'l' },
        { "run-dir", required_argument, NULL, 'r' }, { "pid-file", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },          b->own,
        { 0 },
    };
    const char letters[] = { 'f', 'l', ':', 'r', ':', 'p', ':', 'h', b->own.val, ':', '\0' };
    int c;

    while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (c == b->own.val && b->take(optarg))
            continue;
        switch (c) {
        case 'f': b->foreground = true; break;
        case 'l': b->log_dir = optarg; break;
        case 'r': b->run_dir = optarg; break;
        case 'p': b->pid_file = optarg; break;
        case 'h': fputs(b->usage, stdout); exit(0);
        default: fputs(b->usage, stderr); exit(2);
        }
    }
    if (optind != argc) {
        fputs(b->usage, stderr);
        exit(2);
    }
}

int backend_begin(struct backend *b)
{
    int pid_file, ret;

    b->logs = daemon_open_dir(b->log_dir);
    if (b->logs < 0)
        return daemon_fail(b->log_dir, -b->logs);
    b->notes = daemon_open_dir(b->run_dir);
    if (b->notes < 0)
        return daemon_fail(b->run_dir, -b->notes);
    pid_file = daemon_lock_pid_file(b->pid_file);
    if (pid_file < 0)
        return daemon_fail(b->pid_file, -pid_file);
    daemon_allow_many_files();
    if (!b->foreground && (ret = daemon_to_background(b->logs, b->messages)))
        return daemon_fail("cannot go to the background", -ret);
    daemon_write_pid(pid_file);
    return 0;
}

int backend_open(struct backend *b)
{
    int ret = loop_init(&b->loop);

    if (ret)
        return daemon_fail("epoll", -ret);
    ret = daemon_catch_signals(&b->loop);
    if (ret)
        return daemon_fail("signalfd", -ret);
    ret = notify_open(&b->notify);
    if (ret)
        return daemon_fail("the service manager", -ret);
    ret = events_open(&b->events);
    if (!ret)
        ret = events_start(b->events, &b->loop);
    if (ret)
        return daemon_fail("/dev/xen/evtchn", -ret);
    ret = ctrl_gnttab_open(&b->gnttab);
    return ret ? daemon_fail("/dev/xen/gntdev", -ret) : 0;
}

int backend_confine(const char *const *calls, size_t count)
{
    int ret = daemon_drop_capabilities();

    if (ret)
        return daemon_fail("cannot drop capabilities", -ret);
    ret = calls_limit(calls, count);
    return ret ? daemon_fail("cannot limit its system calls", -ret) : 0;
}

static void tell_alive(struct loop_source *s, uint32_t events)
{
    struct backend *b = (struct backend *)((char *)s - offsetof(struct backend, alive));

    (void)events;
    loop_timer_clear(s);
    notify_send(b->notify, "WATCHDOG=1");
    loop_timer_start(s, notify_period());
}

int backend_run(struct backend *b)
{
    int ret = 0;

    if (b->notify >= 0 && notify_period()) {
        ret = loop_timer_add(&b->loop, &b->alive, tell_alive);
        if (!ret)
            loop_timer_start(&b->alive, notify_period());
    }
    if (!ret) {
        notify_send(b->notify, "READY=1");
        ret = loop_run(&b->loop);
    }
    return ret ? daemon_fail("cannot go on", -ret) : 0;
}
