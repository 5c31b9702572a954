/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netd: serves the network devices of all guests. See netd --help.
 */
#include "backend.h"
#include "batch.h"
#include "daemon.h"
#include "vif.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEFAULT_LOG_DIR  "/var/log/xen-like"
#define DEFAULT_RUN_DIR  "/run/xen-like/net"
#define DEFAULT_PID_FILE "/run/xen-like/netd.pid"

static struct batch batch;

static const char usage[] =
    "usage: netd [options]\n"
    "Serves the network devices of all guests: a TAP device on a bridge for each.\n"
    "  -f, --foreground    do not go to the background\n"
    "  -l, --log-dir DIR   messages go to DIR/netd.messages (" DEFAULT_LOG_DIR ")\n"
    "  -r, --run-dir DIR   notes on rings, for a successor if it is killed\n"
    "                      (" DEFAULT_RUN_DIR ")\n"
    "  -p, --pid-file F    (" DEFAULT_PID_FILE ")\n"
    "  -h, --help\n"
    "Exit status: 0 ended by a signal, 1 could not start, 2 wrong usage.\n";

/* Everything that needs privileges, or has to be in the process that goes on. */
static int start(struct backend *b, struct net_env *env)
{
    if (backend_open(b))
        return EXIT_FAILURE;
    env->loop = &b->loop;
    env->events = b->events;
    env->gnttab = b->gnttab;
    env->notes = b->notes;
    if (backend_confine(NULL, 0)) /* its work needs no calls but those of every daemon */
        return EXIT_FAILURE;
    return xenbus_start(&b->loop, &vif_ops, env) ? 0 : daemon_fail("cannot start", ENOMEM);
}

int main(int argc, char **argv)
{
    static struct backend backend = {
        .usage = usage,
        .messages = "netd.messages",
        .log_dir = DEFAULT_LOG_DIR,
        .run_dir = DEFAULT_RUN_DIR,
        .pid_file = DEFAULT_PID_FILE,
    };
    struct net_env env = { .batch = &batch };

    backend_options(&backend, argc, argv);
    umask(077);
    env.taps = taps_start();
    if (!env.taps)
        return daemon_fail("cannot start the process that makes devices", errno);
    if (backend_begin(&backend) || start(&backend, &env))
        return EXIT_FAILURE;
    return backend_run(&backend);
}
